/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pgtable - the page tables of the addresses that vmalloc gives out: which
 * frame lies at which address, and the pages that the tables themselves take.
 *
 *	address - start      38 .. 30          29 .. 21          20 .. 12
 *	               top:  one word for      a word for        a word for
 *	                     each 1 GiB   -->  each 2 MiB   -->  each page
 *	                     since boot        1 page, when      1 page, when
 *	                                       first needed      first needed
 *	                                           |
 *	                                           +--> 512 frames at once: a
 *	                                                large entry, no table
 *
 * A table comes into being when an address below it is mapped for the first
 * time, and stays when nothing is mapped there any more. Only a large entry
 * that takes the place of an empty table gives its page back.
 *
 * Models: vmap_pages_range_noflush, vmap_pages_pte_range,
 *	vmap_try_huge_pmd, vunmap_range_noflush, vmalloc_to_page, mm/vmalloc.c
 *	(6.1, 6.12). x86-64 with four levels; the two upper ones exist since
 *	boot for all of the range.
 * Simplified: a table is asked for with GFP_KERNEL and ZERO; 6.12 adds COMP,
 *	which means nothing for one page. No flags in an entry, no TLB.
 *
 * Invariants:
 *   P1 every table that is somebody's is reached from above, once.
 *   P2 an entry is 0, the number of a table, or a frame that there is.
 */
#ifndef BA_MM_PGTABLE_H
#define BA_MM_PGTABLE_H

#include "mm/page_alloc.h"
#include "mm/vmap_area.h"

#define BA_PGTABLE_ENTRIES 512u
#define BA_PGTABLE_LARGE_PAGES 512u	/* frames of a large entry: 2 MiB */
#define BA_PGTABLE_TOP	((uint32_t)(BA_VMALLOC_SIZE >> 30))

/* Counts; tables are numbered from 1 on. */
struct ba_pgtable_state {
	uint32_t nr_tables;		/* ever used, 0 too */
	uint32_t max_tables;
	uint32_t unused;		/* first that is nobody's; 0: none */
	uint32_t nr_unused;
};

/* The tables, for one call into the model: it may hold pointers. */
struct ba_pgtable {
	struct ba_pgtable_state *state;
	uint32_t *top;			/* [BA_PGTABLE_TOP], tables; 0: none */
	uint32_t *entries;		/* [max_tables * BA_PGTABLE_ENTRIES] */
	pfn_t *pages;			/* [max_tables]: the page of a table */
};

/* Tables that can still come into being. */
uint32_t ba_pgtable_room(const struct ba_pgtable *pt);

/* The most that `pages` pages at adjacent addresses may need. */
uint64_t ba_pgtable_most(uint64_t pages);

/*
 * Map a frame at an address, or 512 of them, from a multiple of 512 on, at a
 * multiple of 2 MiB. False, with the reason in ctx->result, when there is no
 * page for a table. Pre: nothing is mapped there, ba_pgtable_room suffices.
 */
bool ba_pgtable_map(struct ba_ctx *ctx, struct ba_nodes *nodes,
		    struct ba_pgtable *pt, uint64_t address, pfn_t pfn,
		    gfp_t gfp);
bool ba_pgtable_map_large(struct ba_ctx *ctx, struct ba_nodes *nodes,
			  struct ba_pgtable *pt, uint64_t address, pfn_t pfn,
			  gfp_t gfp);

/* Let nothing be mapped at [start, end) any more. */
void ba_pgtable_unmap(struct ba_pgtable *pt, uint64_t start, uint64_t end);

/* The frame at an address; BA_PFN_NONE. */
pfn_t ba_pgtable_lookup(const struct ba_pgtable *pt, uint64_t address);

/* Pages that have a frame. */
uint64_t ba_pgtable_count(const struct ba_pgtable *pt);

/* NULL, or the sentence of the first of P1, P2 that does not hold. */
const char *ba_pgtable_check(const struct ba_pgtable *pt, pfn_t end);

#endif
