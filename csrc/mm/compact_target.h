/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compact_target - the free scanner of a run of compaction: which free blocks
 * it takes for itself, and the lists on which they wait to be moved to.
 *
 * All of it is silent, and yet it changes what is allocated next: a block
 * that the scanner takes leaves its list without an event, and a search of
 * list L[order][MOVABLE] rotates the list even if it takes nothing:
 *
 *	walks from the tail, stops at 4:   1 2 3 [4] 5
 *	the stop becomes the head:         4 5 1 2 3
 *
 * Models: fast_isolate_freepages, fast_isolate_around, isolate_freepages,
 *	isolate_freepages_block, compaction_alloc, compaction_free,
 *	suitable_migration_target, mm/compaction.c (6.1, 6.12);
 *	split_map_pages, release_freepages, mm/compaction.c (6.1);
 *	release_free_list, mm/compaction.c (6.12).
 * Profiles: compact_one_pass, compact_keeps_orders: a free block of the
 *	request's own order is no target, targets are counted off the pages to
 *	migrate, a search ends once it has enough.
 * Simplified: pages from before a recording are not known as compound.
 *
 * Invariants:
 *   O2 each frame on lists[] heads a block of that order, in state ISOLATED.
 *   O3 nr_free is the number of pages on lists[].
 */
#ifndef BA_MM_COMPACT_TARGET_H
#define BA_MM_COMPACT_TARGET_H

#include "mm/compact.h"

/* If no free page is at hand, look for some. */
void ba_compact_isolate(struct ba_ctx *ctx, struct ba_compact *cc);

/*
 * The same in two steps, since others may change the free lists between them:
 * the search of the lists, and that of whole pageblocks, which does nothing
 * without the first.
 */
void ba_compact_isolate_fast(struct ba_ctx *ctx, struct ba_compact *cc);
void ba_compact_isolate_rest(struct ba_ctx *ctx, struct ba_compact *cc);

/*
 * One block of those at hand, to move a page to; in use from now on.
 * BA_PFN_NONE: none is large enough.
 */
pfn_t ba_compact_alloc(struct ba_ctx *ctx, struct ba_compact *cc,
		       order_t order);

/* The same, after a search if there is none. */
pfn_t ba_compact_target(struct ba_ctx *ctx, struct ba_compact *cc,
			order_t order);

/* The page moved nowhere: back to the run's own free pages. */
void ba_compact_free(struct ba_ctx *ctx, struct ba_compact *cc, pfn_t pfn);

/*
 * The run is over: the next of its free blocks, in the order of the lists,
 * becomes a block in use that the caller frees. BA_PFN_NONE: no more.
 */
pfn_t ba_compact_release(struct ba_ctx *ctx, struct ba_compact *cc);

#endif
