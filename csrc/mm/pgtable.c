// SPDX-License-Identifier: GPL-2.0-only
#include "mm/pgtable.h"

#include <string.h>

#define TOP_SHIFT	30u	/* addresses of a word of the top */
#define LARGE_SHIFT	21u	/* and of one of a table below it */
#define LARGE		0x80000000u	/* a large entry: its frame / 512 */

static uint32_t *entry_of(const struct ba_pgtable *pt, uint32_t table,
			  uint64_t address, unsigned int shift)
{
	return &pt->entries[table * (size_t)BA_PGTABLE_ENTRIES +
			    (address >> shift) % BA_PGTABLE_ENTRIES];
}

static uint32_t *top_of(const struct ba_pgtable *pt, uint64_t address)
{
	return &pt->top[(address - BA_VMALLOC_START) >> TOP_SHIFT];
}

/* The word for the 2 MiB around an address; NULL: there is no table for it. */
static uint32_t *middle_of(const struct ba_pgtable *pt, uint64_t address)
{
	uint32_t table = *top_of(pt, address);

	return table ? entry_of(pt, table, address, LARGE_SHIFT) : NULL;
}

uint32_t ba_pgtable_room(const struct ba_pgtable *pt)
{
	return pt->state->max_tables - pt->state->nr_tables +
	       pt->state->nr_unused;
}

uint64_t ba_pgtable_most(uint64_t pages)
{
	uint64_t tables = pages / BA_PGTABLE_ENTRIES + 2;

	return tables + tables / BA_PGTABLE_ENTRIES + 2;
}

/* ---- tables ------------------------------------------------------ */

/* The table that *word names, which may come into being; 0: no memory. */
static uint32_t need_table(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   struct ba_pgtable *pt, uint32_t *word, gfp_t gfp)
{
	struct ba_pgtable_state *state = pt->state;
	uint32_t table = state->unused;
	pfn_t page;

	if (*word)
		return *word;
	page = ba_alloc_pages(ctx, nodes, gfp, 0, nodes->cpu_node[ctx->cpu]);
	if (page == BA_PFN_NONE)
		return 0;
	if (table) {
		state->unused = pt->pages[table];
		state->nr_unused--;
	} else {
		table = state->nr_tables++;
	}
	pt->pages[table] = page;
	*word = table;
	return table;
}

/* An empty table goes, and its page with it. */
static void drop_table(struct ba_ctx *ctx, struct ba_nodes *nodes,
		       struct ba_pgtable *pt, uint32_t *word)
{
	struct ba_pgtable_state *state = pt->state;
	uint32_t table = *word;

	/* a page that somebody else has freed stays free */
	(void)ba_free_pages(ctx, nodes, pt->pages[table], 0);
	pt->pages[table] = state->unused;
	state->unused = table;
	state->nr_unused++;
	*word = 0;
}

bool ba_pgtable_map(struct ba_ctx *ctx, struct ba_nodes *nodes,
		    struct ba_pgtable *pt, uint64_t address, pfn_t pfn,
		    gfp_t gfp)
{
	uint32_t table = need_table(ctx, nodes, pt, top_of(pt, address), gfp);

	if (!table)
		return false;
	table = need_table(ctx, nodes, pt,
			   entry_of(pt, table, address, LARGE_SHIFT), gfp);
	if (!table)
		return false;
	*entry_of(pt, table, address, BA_PAGE_SHIFT) = pfn + 1;
	return true;
}

bool ba_pgtable_map_large(struct ba_ctx *ctx, struct ba_nodes *nodes,
			  struct ba_pgtable *pt, uint64_t address, pfn_t pfn,
			  gfp_t gfp)
{
	uint32_t table = need_table(ctx, nodes, pt, top_of(pt, address), gfp);
	uint32_t *word;

	if (!table)
		return false;
	word = entry_of(pt, table, address, LARGE_SHIFT);
	if (*word)
		drop_table(ctx, nodes, pt, word);
	*word = LARGE | pfn / BA_PGTABLE_LARGE_PAGES;
	return true;
}

void ba_pgtable_unmap(struct ba_pgtable *pt, uint64_t start, uint64_t end)
{
	uint64_t large = UINT64_C(1) << LARGE_SHIFT, next;

	for (; start < end; start = next) {
		uint32_t *word = middle_of(pt, start);
		uint64_t pages;

		next = (start | (large - 1)) + 1;
		if (next > end)
			next = end;
		pages = (next - start) / BA_PAGE_SIZE;
		if (!word || !*word)
			continue;
		if (*word & LARGE)
			*word = 0;
		else
			memset(entry_of(pt, *word, start, BA_PAGE_SHIFT), 0,
			       pages * sizeof(*pt->entries));
	}
}

pfn_t ba_pgtable_lookup(const struct ba_pgtable *pt, uint64_t address)
{
	const uint32_t *word;

	if (address < BA_VMALLOC_START || address >= BA_VMALLOC_END)
		return BA_PFN_NONE;
	word = middle_of(pt, address);
	if (!word || !*word)
		return BA_PFN_NONE;
	if (*word & LARGE)
		return (*word & ~LARGE) * BA_PGTABLE_LARGE_PAGES +
		       (pfn_t)(address >> BA_PAGE_SHIFT) %
		       BA_PGTABLE_LARGE_PAGES;
	/* 0, nothing mapped, becomes BA_PFN_NONE */
	return *entry_of(pt, *word, address, BA_PAGE_SHIFT) - 1;
}

uint64_t ba_pgtable_count(const struct ba_pgtable *pt)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < BA_PGTABLE_TOP * BA_PGTABLE_ENTRIES; i++) {
		uint32_t table = pt->top[i / BA_PGTABLE_ENTRIES];
		uint32_t word;

		if (!table) {
			i |= BA_PGTABLE_ENTRIES - 1;
			continue;
		}
		word = pt->entries[table * (size_t)BA_PGTABLE_ENTRIES +
				   i % BA_PGTABLE_ENTRIES];
		if (word & LARGE)
			count += BA_PGTABLE_LARGE_PAGES;
		for (uint32_t k = 0; word && !(word & LARGE) &&
		     k < BA_PGTABLE_ENTRIES; k++)
			count += entry_of(pt, word, 0, 0)[k] != 0;
	}
	return count;
}

/* ---- check ------------------------------------------------------- */

static bool is_table(const struct ba_pgtable *pt, pfn_t end, uint32_t table)
{
	return table < pt->state->nr_tables && pt->pages[table] < end;
}

static const char *check_frames(const struct ba_pgtable *pt, uint32_t table,
				pfn_t end)
{
	const uint32_t *entry = entry_of(pt, table, 0, 0);

	for (uint32_t i = 0; i < BA_PGTABLE_ENTRIES; i++)
		if (entry[i] > end)
			return "P2: an entry names no frame";
	return NULL;
}

/* A table of the middle level and those below it; *met counts them. */
static const char *check_middle(const struct ba_pgtable *pt, uint32_t table,
				pfn_t end, uint32_t *met)
{
	const uint32_t *entry = entry_of(pt, table, 0, 0);
	const char *wrong = NULL;

	for (uint32_t i = 0; !wrong && i < BA_PGTABLE_ENTRIES; i++) {
		if (!entry[i])
			continue;
		if (entry[i] & LARGE) {
			if ((entry[i] & ~LARGE) >
			    end / BA_PGTABLE_LARGE_PAGES)
				wrong = "P2: a large entry names no frames";
			continue;
		}
		if (!is_table(pt, end, entry[i]))
			return "P1: an entry names no table";
		++*met;
		wrong = check_frames(pt, entry[i], end);
	}
	return wrong;
}

const char *ba_pgtable_check(const struct ba_pgtable *pt, pfn_t end)
{
	const struct ba_pgtable_state *state = pt->state;
	const char *wrong = NULL;
	uint32_t met = 0;

	if (state->nr_tables <= 1)
		return NULL;
	for (uint32_t i = 0; !wrong && i < BA_PGTABLE_TOP; i++) {
		if (!pt->top[i])
			continue;
		if (!is_table(pt, end, pt->top[i]))
			return "P1: the top names no table";
		met++;
		wrong = check_middle(pt, pt->top[i], end, &met);
	}
	if (!wrong && met != state->nr_tables - 1 - state->nr_unused)
		wrong = "P1: a table is reached twice, or not at all";
	return wrong;
}
