/* SPDX-License-Identifier: GPL-2.0-only */
#include "sim/state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/message.h"
#include "mm/zone.h"
#include "mm/zonetype.h"

struct ba_state *ba_state_create(void)
{
	return calloc(1, sizeof(struct ba_state));
}

void ba_state_destroy(struct ba_state *state)
{
	if (!state)
		return;
	free(state->lists);
	free(state->pfns);
	free(state->pageblocks);
	free(state->movable);
	ba_slab_state_deinit(&state->slabs);
	free(state);
}

/* The array with room for one more element; NULL without memory. */
static void *grown(void *array, uint32_t nr, uint32_t *cap, size_t size)
{
	uint32_t wanted = *cap ? *cap * 2 : 64;
	void *bigger;

	if (nr < *cap)
		return array;
	if (wanted < *cap)
		return NULL;
	bigger = realloc(array, wanted * size);
	if (bigger)
		*cap = wanted;
	return bigger;
}

enum ba_status ba_state_add_list(struct ba_state *state,
				 const struct ba_state_list *list)
{
	struct ba_state_list *lists = grown(state->lists, state->nr_lists,
					    &state->cap_lists, sizeof(*lists));

	if (!lists)
		return BA_ENOMEM;
	state->lists = lists;
	lists[state->nr_lists++] = *list;
	return BA_OK;
}

enum ba_status ba_state_add_pfn(struct ba_state *state, pfn_t pfn)
{
	pfn_t *pfns = grown(state->pfns, state->nr_pfns, &state->cap_pfns,
			    sizeof(*pfns));

	if (!pfns)
		return BA_ENOMEM;
	state->pfns = pfns;
	pfns[state->nr_pfns++] = pfn;
	return BA_OK;
}

enum ba_status ba_state_add_pageblock(struct ba_state *state, uint8_t flags)
{
	uint8_t *blocks = grown(state->pageblocks, state->nr_pageblocks,
				&state->cap_pageblocks, sizeof(*blocks));

	if (!blocks)
		return BA_ENOMEM;
	state->pageblocks = blocks;
	blocks[state->nr_pageblocks++] = flags;
	return BA_OK;
}

enum ba_status ba_state_add_movable(struct ba_state *state, uint64_t pfn,
				    uint64_t count)
{
	struct ba_state_range *ranges =
		grown(state->movable, state->nr_movable, &state->cap_movable,
		      sizeof(*ranges));

	if (!ranges)
		return BA_ENOMEM;
	state->movable = ranges;
	ranges[state->nr_movable].pfn = pfn;
	ranges[state->nr_movable++].count = count;
	return BA_OK;
}

/* What a check reads, and where it says what is wrong. */
struct check {
	const struct ba_state *state;
	char *message;
	size_t size;
};

__attribute__((format(printf, 3, 4)))
static enum ba_status broken(const struct check *check, uint32_t line,
			     const char *format, ...)
{
	va_list args;

	va_start(args, format);
	ba_message(check->message, check->size, line, format, args);
	va_end(args);
	return BA_ESTATE;
}

/* T6 and T9 */
static enum ba_status check_zone_type(const struct check *check,
				      const struct ba_state_zone *zone)
{
	const struct ba_zone_types *types = &ba_zone_types[check->state->arch];
	const char *name = ba_zone_type_name(types, zone->index);

	if (zone->node >= BA_NODE_MAX || !name)
		return broken(check, 0, "T6: zone %s has node %u and index "
			      "%u; this model has %u nodes with %u zones (%s)",
			      zone->name, zone->node, zone->index,
			      BA_NODE_MAX, types->nr, types->arch);
	if (strcmp(zone->name, name))
		return broken(check, 0, "T9: zone %u of node %u is named %s, "
			      "in an %s kernel with %u zones it is %s; take "
			      "the state again", zone->index, zone->node,
			      zone->name, types->arch, types->nr, name);
	return BA_OK;
}

static enum ba_status check_zones(const struct check *check)
{
	const struct ba_state *state = check->state;
	enum ba_status status;

	for (uint32_t i = 0; i < state->nr_zones; i++) {
		const struct ba_state_zone *zone = &state->zones[i];
		const struct ba_state_zone *last = i ? zone - 1 : zone;
		uint64_t end = zone->start_pfn + zone->spanned;

		status = check_zone_type(check, zone);
		if (status != BA_OK)
			return status;
		if (zone->compact.defer_shift > BA_COMPACT_DEFER_SHIFT_MAX)
			return broken(check, 0, "T6: zone %s has defer_shift %"
				      PRIu32 "; the kernel goes to %u",
				      zone->name, zone->compact.defer_shift,
				      BA_COMPACT_DEFER_SHIFT_MAX);
		if (end < zone->start_pfn || end > BA_PFN_NONE)
			return broken(check, 0, "T5: zone %s ends at frame %"
				      PRIu64 ", beyond 16 TiB", zone->name,
				      end);
		if (i == 0)
			continue;
		if (last->node > zone->node ||
		    (last->node == zone->node && last->index >= zone->index))
			return broken(check, 0, "T5: zone %u of node %u stands "
				      "behind zone %u of node %u; order zones "
				      "by node and index", zone->index,
				      zone->node, last->index, last->node);
		if (last->start_pfn + last->spanned > zone->start_pfn)
			return broken(check, 0, "T5: zone %s of node %u begins "
				      "at frame %" PRIu64 " inside the zone "
				      "before it; take the state again",
				      zone->name, zone->node, zone->start_pfn);
	}
	return BA_OK;
}

static enum ba_status check_pageblocks(const struct check *check)
{
	const struct ba_state *state = check->state;

	for (uint32_t i = 0; i < state->nr_zones; i++) {
		const struct ba_state_zone *zone = &state->zones[i];
		uint64_t first = zone->pageblock_first_pfn;
		uint64_t end = zone->start_pfn + zone->spanned;

		if (zone->spanned == 0)
			continue;
		if (zone->pageblock_first > state->nr_pageblocks ||
		    zone->pageblock_count >
		    state->nr_pageblocks - zone->pageblock_first ||
		    first % BA_PAGEBLOCK_PAGES || first > zone->start_pfn ||
		    first + (uint64_t)zone->pageblock_count *
		    BA_PAGEBLOCK_PAGES < end)
			return broken(check, 0, "T8: the %u pageblocks from "
				      "frame %" PRIu64 " do not cover zone %s "
				      "of node %u; take the state again",
				      zone->pageblock_count, first, zone->name,
				      zone->node);
		for (uint32_t j = 0; j < zone->pageblock_count; j++) {
			uint8_t flags = state->pageblocks[
				zone->pageblock_first + j];

			if (flags != BA_STATE_HOLE &&
			    ((flags & 7u) >= BA_NR_MT || flags > 15))
				return broken(check, 0, "T6: pageblock %u of "
					      "zone %s has flags %#x; "
					      "migratetypes go to %u", j,
					      zone->name, flags, BA_NR_MT - 1);
		}
	}
	return BA_OK;
}

static order_t list_order(const struct ba_state_list *list)
{
	return list->kind == BA_STATE_FREE ? list->order
					   : ba_pcp_order(list->index);
}

static enum ba_status check_list(const struct check *check,
				 const struct ba_state_list *list)
{
	const struct ba_state *state = check->state;
	const struct ba_state_zone *zone;
	order_t order;

	if (list->zone >= state->nr_zones)
		return broken(check, list->line, "T6: a list of zone %u of %u",
			      list->zone, state->nr_zones);
	if (list->first > state->nr_pfns || list->count == 0 ||
	    list->count > state->nr_pfns - list->first)
		return broken(check, list->line, "T7: a list of %u blocks from "
			      "%u, %u are there", list->count, list->first,
			      state->nr_pfns);
	if (list->kind == BA_STATE_FREE ? list->order > BA_ORDER_MAX ||
	    list->migratetype >= BA_NR_MT : list->cpu >= state->cpus ||
	    list->index >= BA_NR_PCP_LISTS)
		return broken(check, list->line, "T6: order %u, type %u, CPU "
			      "%u or index %u of a list is out of range",
			      list->order, list->migratetype, list->cpu,
			      list->index);
	zone = &state->zones[list->zone];
	order = list_order(list);
	for (uint32_t i = 0; i < list->count; i++) {
		uint64_t pfn = state->pfns[list->first + i];
		uint64_t pages = (uint64_t)1 << order;

		if (pfn % pages || pfn < zone->start_pfn ||
		    pfn + pages > zone->start_pfn + zone->spanned)
			return broken(check, list->line, "T2: frame %" PRIx64
				      " does not begin a block of order %u in "
				      "zone %s of node %u; take the state "
				      "again", pfn, order, zone->name,
				      zone->node);
	}
	return BA_OK;
}

/* T7: a list is known by its zone and order and type, or CPU and index. */
static enum ba_status check_lists(const struct check *check)
{
	const struct ba_state *state = check->state;
	size_t per_zone = BA_NR_ORDERS * 8u + state->cpus * 16u;
	uint8_t *seen = calloc(state->nr_zones + 1u, per_zone);
	enum ba_status status = seen ? BA_OK : BA_ENOMEM;

	for (uint32_t i = 0; status == BA_OK && i < state->nr_lists; i++) {
		const struct ba_state_list *list = &state->lists[i];
		size_t key;

		status = check_list(check, list);
		if (status != BA_OK)
			break;
		key = list->zone * per_zone;
		if (list->kind == BA_STATE_FREE)
			key += list->order * 8u + list->migratetype;
		else
			key += BA_NR_ORDERS * 8u + list->cpu * 16u +
			       list->index;
		if (seen[key])
			status = broken(check, list->line, "T7: this list of "
					"zone %s occurs a second time; take "
					"the state again",
					state->zones[list->zone].name);
		seen[key] = 1;
	}
	free(seen);
	return status;
}

/* T3 and T4: the counters say what the lists have. */
static enum ba_status check_counts(const struct check *check)
{
	const struct ba_state *state = check->state;

	for (uint32_t z = 0; z < state->nr_zones; z++) {
		const struct ba_state_zone *zone = &state->zones[z];
		uint64_t blocks[BA_NR_ORDERS] = { 0 };
		int64_t pages[BA_CPU_MAX] = { 0 };

		for (uint32_t i = 0; i < state->nr_lists; i++) {
			const struct ba_state_list *list = &state->lists[i];

			if (list->zone != z)
				continue;
			if (list->kind == BA_STATE_FREE)
				blocks[list->order] += list->count;
			else
				pages[list->cpu] += (int64_t)list->count <<
						    list_order(list);
		}
		for (unsigned int o = 0; o < BA_NR_ORDERS; o++)
			if (blocks[o] != zone->nr_free[o])
				return broken(check, 0, "T3: zone %s of node "
					      "%u counts %" PRIu64 " free "
					      "blocks of order %u, its lists "
					      "have %" PRIu64 "; take the "
					      "state again", zone->name,
					      zone->node, zone->nr_free[o], o,
					      blocks[o]);
		for (uint32_t c = 0; c < state->cpus; c++)
			if (pages[c] != zone->pcp[c].count)
				return broken(check, 0, "T4: CPU %u counts %"
					      PRId32 " pages of zone %s of "
					      "node %u, its lists have %"
					      PRId64 "; take the state again",
					      c, zone->pcp[c].count,
					      zone->name, zone->node,
					      pages[c]);
	}
	return BA_OK;
}

struct block {
	pfn_t pfn;
	uint32_t pages;
	uint32_t line;		/* of its list or slab */
};

static int by_pfn(const void *a, const void *b)
{
	const struct block *x = a, *y = b;

	if (x->pfn != y->pfn)
		return x->pfn < y->pfn ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

/* Every block of a list, then every slab; their number. */
static size_t fill_blocks(const struct ba_state *state, struct block *blocks)
{
	size_t nr = 0;

	for (uint32_t i = 0; i < state->nr_lists; i++) {
		const struct ba_state_list *list = &state->lists[i];

		for (uint32_t j = 0; j < list->count; j++)
			blocks[nr++] = (struct block){
				state->pfns[list->first + j],
				1u << list_order(list), list->line };
	}
	for (uint32_t i = 0; i < state->slabs.nr_slabs; i++) {
		const struct ba_slab_state_slab *slab = &state->slabs.slabs[i];

		blocks[nr++] = (struct block){ slab->pfn, 1u << slab->order,
					       slab->line };
	}
	return nr;
}

/* T1: sorted by frame, no block reaches into the next. */
static enum ba_status check_overlap(const struct check *check)
{
	const struct ba_state *state = check->state;
	enum ba_status status = BA_OK;
	struct block *blocks;
	size_t nr = state->slabs.nr_slabs;

	for (uint32_t i = 0; i < state->nr_lists; i++)
		nr += state->lists[i].count;
	if (nr == 0)
		return BA_OK;
	blocks = calloc(nr, sizeof(*blocks));
	if (!blocks)
		return BA_ENOMEM;
	nr = fill_blocks(state, blocks);
	qsort(blocks, nr, sizeof(*blocks), by_pfn);
	for (size_t i = 1; i < nr && status == BA_OK; i++) {
		const struct block *a = &blocks[i - 1], *b = &blocks[i];

		if (b->pfn - a->pfn >= a->pages)
			continue;
		status = broken(check, b->line,
				"T1: frame %" PRIx32 " stands on a list or in "
				"a slab already (line %" PRIu32 "); take the "
				"state again", b->pfn, a->line);
	}
	free(blocks);
	return status;
}

enum ba_status ba_state_check(const struct ba_state *state, char *message,
			      size_t message_size)
{
	const struct check check = { state, message, message_size };
	enum ba_status status = BA_OK;

	if (message && message_size)
		message[0] = '\0';
	if (state->cpus == 0 || state->cpus > BA_CPU_MAX)
		return broken(&check, 0, "T6: %u CPUs; this model has 1 to %u",
			      state->cpus, BA_CPU_MAX);
	if (state->arch >= BA_NR_ARCH)
		return broken(&check, 0, "T6: architecture number %u; there "
			      "are %d", state->arch, BA_NR_ARCH);
	if (state->nr_nodes > BA_NODE_MAX || state->nr_zones > BA_ZONE_MAX)
		return broken(&check, 0, "T6: %u nodes and %u zones; this "
			      "model has up to %u and %u", state->nr_nodes,
			      state->nr_zones, BA_NODE_MAX, BA_ZONE_MAX);
	status = check_zones(&check);
	if (status == BA_OK)
		status = check_pageblocks(&check);
	if (status == BA_OK)
		status = check_lists(&check);
	if (status == BA_OK)
		status = check_counts(&check);
	if (status == BA_OK)
		status = check_overlap(&check);
	if (status == BA_OK)
		status = ba_slab_state_check(&state->slabs, message,
					     message_size);
	return status;
}
