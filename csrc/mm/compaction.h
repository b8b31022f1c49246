/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compaction - one run of memory compaction over a zone: where its two
 * scanners stand, which free blocks it takes for itself, and how its searches
 * turn the free lists.
 *
 *	zone start                                        zone end
 *	|  migrate scanner -->                <-- free scanner   |
 *	|  pages in use are moved from here ... to free ones here |
 *
 * Most of it is silent, and yet it changes what is allocated next: a block
 * that the free scanner takes leaves its list without an event, and a search
 * of list L[order][MOVABLE] rotates the list even if it takes nothing:
 *
 *	free search   walks from the tail, stops at 4:   1 2 3 [4] 5
 *	              the stop becomes the head:         4 5 1 2 3
 *	source search walks from the head, stops at 2:   1 [2] 3 4 5
 *	              the stop becomes the tail:         3 4 5 1 2
 *
 * Models: compact_zone, fast_find_migrateblock, isolate_migratepages,
 *	fast_isolate_freepages, isolate_freepages, isolate_freepages_block,
 *	compaction_alloc, compaction_free, reset_isolation_suitable,
 *	mm/compaction.c; struct
 *	compact_control, mm/internal.h (6.1, 6.12); split_map_pages,
 *	release_freepages, mm/compaction.c (6.1); release_free_list,
 *	mm/compaction.c (6.12).
 * Profiles: compact_one_pass, compact_fast_sets_skip. compact_keeps_orders
 *	also stands for the smaller differences of 6.12: a free block of the
 *	request's own order is no target, targets are counted off the pages to
 *	migrate, a search ends once it has enough.
 * Simplified: which pages can be migrated is what the caller says; pages
 *	from before a recording are not known as compound; holes in a zone are
 *	scanned like pages in use; locks are never contended.
 *
 * Invariants:
 *   O1 each frame on lists[] heads a block of that order, in state ISOLATED.
 *   O2 nr_free is the number of pages on lists[].
 */
#ifndef BA_MM_COMPACTION_H
#define BA_MM_COMPACTION_H

#include "mm/zone.h"

#define BA_COMPACT_WHOLE -1	/* order of a run that serves no request */

/* Where the next run in the zone goes on. */
struct ba_compact_cached {
	pfn_t free;
	pfn_t migrate[2];	/* asynchronous, synchronous */
	pfn_t init_migrate;	/* first pageblocks that are worth a scan */
	pfn_t init_free;
	bool blockskip_flush;	/* a request's run has met its own end: the skip
				 * bits are worth a new look */
};

struct ba_compact {
	struct ba_zone *zone;
	struct ba_compact_cached *cached;
	int order;		/* of the request, or BA_COMPACT_WHOLE */
	uint8_t type;		/* its migratetype */
	bool sync;
	bool direct;		/* by the request itself, not by kcompactd */
	bool ignore_skip;	/* skip bits hold nothing back */
	bool ignore_type;	/* pageblocks of any type are targets */
	bool finish_block;	/* all of the pageblock, not 32 pages */
	pfn_t migrate_pfn, free_pfn;	/* the scanners */
	pfn_t start_pfn;	/* migrate_pfn when this turn began */
	pfn_t last_migrated;	/* 0: nothing since the last drain */
	pfn_t fast_start;	/* 0: unknown, BA_PFN_NONE: used up */
	int search_order;	/* where the next fast search begins */
	uint32_t fast_fails;
	uint32_t nr_migrate;	/* pages to be moved */
	uint32_t nr_free;
	struct ba_list lists[BA_NR_ORDERS];	/* its own free blocks */
};

/* A new run, as mm_compaction_begin tells of it. */
void ba_compact_begin(struct ba_compact *cc, struct ba_zone *zone,
		      struct ba_compact_cached *cached, pfn_t migrate_pfn,
		      pfn_t free_pfn);

/*
 * A turn begins: move migrate_pfn to where pages are to be looked for, after
 * a fast search of the free lists where that is allowed.
 */
void ba_compact_find_source(struct ba_ctx *ctx, struct ba_compact *cc);

/* `taken` pages of [start, end) were taken off the LRU lists, to be moved. */
void ba_compact_took_source(struct ba_ctx *ctx, struct ba_compact *cc,
			    pfn_t start, pfn_t end, uint32_t taken);

/* The pages have been moved, except `failed` of them. */
void ba_compact_migrated(struct ba_ctx *ctx, struct ba_compact *cc,
			 uint32_t failed);

/*
 * Is the CPU's own list of the zone to be drained now, because the scanner
 * has left the block that it moved pages from? Says so once.
 */
bool ba_compact_wants_drain(struct ba_compact *cc);

/*
 * Before kswapd sleeps: if blockskip_flush says so, clear the skip bits of
 * pageblocks with pages to move or to move them to, and begin there again.
 */
void ba_compact_flush_skips(struct ba_ctx *ctx, const struct ba_zone *zone,
			    struct ba_compact_cached *cached);

/* The scanners have met. */
void ba_compact_met(struct ba_compact *cc);

/* If no free page is at hand, look for some. */
void ba_compact_isolate(struct ba_ctx *ctx, struct ba_compact *cc);

/* One of them, to move a page to; in use from now on. BA_PFN_NONE: none. */
pfn_t ba_compact_alloc(struct ba_ctx *ctx, struct ba_compact *cc);

/* The page moved nowhere: back to the run's own free pages. */
void ba_compact_free(struct ba_ctx *ctx, struct ba_compact *cc, pfn_t pfn);

/*
 * The run is over: its free blocks become blocks in use that the caller
 * frees, in the order of the lists.
 */
void ba_compact_release(struct ba_ctx *ctx, struct ba_compact *cc);

#endif
