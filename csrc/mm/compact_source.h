/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compact_source - the migrate scanner of a run of compaction: from which
 * pageblock pages are to be moved, and which of its pages.
 *
 *	frame     512  513  514  515 .. 518  519  520
 *	          LRU   -   LRU   free 2      LRU pinned
 *	sources   519  514  512        taken off the LRU lists, at most 32
 *
 * A search of list L[order][MOVABLE] for a pageblock that is partly free
 * already rotates the list even if it finds nothing:
 *
 *	walks from the head, stops at 2:   1 [2] 3 4 5
 *	the stop becomes the tail:         3 4 5 1 2
 *
 * Models: fast_find_migrateblock, suitable_migration_source,
 *	isolate_migratepages, isolate_migratepages_block, update_cached_migrate,
 *	test_and_set_skip, mm/compaction.c (6.1, 6.12); skip_isolation_on_order,
 *	mm/compaction.c (6.12).
 * Profiles: compact_fast_sets_skip, compact_keeps_orders.
 * Simplified: a page on an LRU list has a handle, is mapped and nowhere
 *	pinned; every file system can move dirty pages; never too many pages
 *	are isolated. In a replay the trace says what was found.
 *
 * Invariants:
 *   O4 each frame on sources heads a page with a handle, in use, on no LRU
 *      list.
 */
#ifndef BA_MM_COMPACT_SOURCE_H
#define BA_MM_COMPACT_SOURCE_H

#include "mm/compact.h"
#include "mm/lru.h"

/* A turn begins. */
void ba_compact_turn(struct ba_compact *cc);

/*
 * Move migrate_pfn to where pages are to be looked for, after a fast search
 * of the free lists where that is allowed. False: nowhere any more.
 */
bool ba_compact_find_source(struct ba_ctx *ctx, struct ba_compact *cc);

/* Take pages there off their LRU lists, in one pageblock: cc->sources. */
void ba_compact_isolate_source(struct ba_ctx *ctx, struct ba_nodes *nodes,
			       struct ba_compact *cc);

/* In a replay: `taken` pages of [start, end) were taken off the LRU lists. */
void ba_compact_took_source(struct ba_ctx *ctx, struct ba_compact *cc,
			    pfn_t start, pfn_t end, uint32_t taken);

/* Those that are on cc->sources go back to their LRU lists. */
void ba_compact_put_back(struct ba_ctx *ctx, struct ba_nodes *nodes,
			 struct ba_compact *cc);

/*
 * The pages have been moved, except `failed` of them. True: the rest of the
 * pageblock is to be isolated at once, without a new turn.
 */
bool ba_compact_migrated(struct ba_ctx *ctx, struct ba_compact *cc,
			 uint32_t failed);

#endif
