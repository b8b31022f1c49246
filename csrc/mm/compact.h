/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compact - one run of memory compaction over a zone: what it is for, where
 * its two scanners stand, and where the next one goes on.
 *
 *	zone start                                        zone end
 *	|  migrate scanner -->                <-- free scanner   |
 *	|  pages in use are moved from here ... to free ones here |
 *
 * The run is over when the scanners meet. Pageblocks in which one of them
 * found nothing get a skip bit, and both remember in the zone how far they
 * came; when they have met, the next run begins at the zone's ends again, and
 * before kswapd sleeps the skip bits are looked at anew.
 *
 * Models: struct compact_control, compact_scanners_met, mm/internal.h and
 *	mm/compaction.c; reset_cached_positions, __reset_isolation_pfn,
 *	reset_isolation_suitable, mm/compaction.c (6.1, 6.12).
 * Profiles: compact_keeps_orders also stands for the smaller differences of
 *	6.12 in all files named compact*.
 * Simplified: locks are never contended and no signal ends a run. Holes in a
 *	zone are scanned like pages in use. PageLRU is BA_FRAME_MOVABLE.
 *
 * Invariants:
 *   O1 lists[] and sources are empty before a run and after it.
 */
#ifndef BA_MM_COMPACT_H
#define BA_MM_COMPACT_H

#include "mm/node.h"

#define BA_COMPACT_WHOLE -1	/* order of a run that serves no request */
#define BA_COMPACT_CLUSTER 32u	/* COMPACT_CLUSTER_MAX */

/* What a run waits for (enum migrate_mode). */
enum ba_compact_mode {
	BA_COMPACT_ASYNC,	/* nothing */
	BA_COMPACT_SYNC_LIGHT,	/* not for writeback */
	BA_COMPACT_SYNC,
};

struct ba_compact {
	struct ba_zone *zone;
	int order;		/* of the request, or BA_COMPACT_WHOLE */
	uint8_t type;		/* its migratetype */
	uint8_t mode;		/* enum ba_compact_mode */
	uint8_t highest_zoneidx; /* of the request */
	unsigned int alloc_flags; /* of the request */
	bool no_fs;		/* it lacks __GFP_FS: page cache stays, and
				 * what is in the swap cache */
	bool direct;		/* by the request itself, not by kcompactd */
	bool proactive;		/* until the zone's score is low */
	bool whole_zone;	/* from one end to the other */
	bool ignore_skip;	/* skip bits hold nothing back */
	bool ignore_type;	/* pageblocks of any type are targets */
	bool finish_block;	/* all of the pageblock, not 32 pages */
	bool same_cached;	/* no page found yet: what holds for ASYNC holds
				 * for the other modes */
	pfn_t migrate_pfn, free_pfn;	/* the scanners */
	pfn_t start_pfn;	/* migrate_pfn when this turn began */
	pfn_t last_migrated;	/* 0: nothing since the last drain */
	pfn_t fast_start;	/* 0: unknown, BA_PFN_NONE: used up */
	int search_order;	/* where the next fast search begins */
	uint32_t fast_fails;
	uint32_t barren;	/* turns in a row that found no page */
	bool looking;		/* for free pages: the lists are searched, and
				 * no pageblock yet */
	pfn_t around;		/* block that they had; BA_PFN_NONE: none */
	uint32_t nr_migrate;	/* pages to be moved */
	uint32_t nr_free;
	uint64_t migrate_scanned; /* pages, and entries of free lists */
	uint64_t free_scanned;
	uint64_t isolated;	/* pages, of both kinds */
	struct ba_list sources;	/* pages to be moved, the last found first */
	struct ba_list lists[BA_NR_ORDERS];	/* its own free blocks */
};

/*
 * The run begins in a zone with the scanners at these frames. What it is for
 * has been set; fast_fails and search_order are kept from zone to zone.
 */
void ba_compact_begin(struct ba_compact *cc, struct ba_zone *zone,
		      pfn_t migrate_pfn, pfn_t free_pfn);

static inline bool ba_compact_scanners_met(const struct ba_compact *cc)
{
	return ba_pageblock_nr(cc->free_pfn) <=
	       ba_pageblock_nr(cc->migrate_pfn);
}

/* The scanners have met: the next run begins at the zone's ends. */
void ba_compact_met(struct ba_compact *cc);

/*
 * Is the CPU's own list of the zone to be drained now, because the scanner
 * has left the block that it moved pages from? Says so once.
 */
bool ba_compact_wants_drain(struct ba_compact *cc);

/*
 * If blockskip_flush says so, clear the skip bits of pageblocks with pages to
 * move or to move them to, and begin there again: before kswapd sleeps, and
 * when compaction has been put off for the longest time.
 */
void ba_compact_flush_skips(struct ba_ctx *ctx, struct ba_zone *zone);

/* The same for all zones of a node (reset_isolation_suitable). */
void ba_compact_flush_node(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   uint8_t node);

/* The pageblock's first frame inside the zone, and the one behind its last. */
static inline pfn_t ba_compact_start_in_zone(const struct ba_compact *cc,
					     pfn_t pfn)
{
	pfn_t start = ba_pageblock_start(pfn);

	return start < cc->zone->buddy.start ? cc->zone->buddy.start : start;
}

static inline pfn_t ba_compact_end_in_zone(const struct ba_compact *cc,
					   pfn_t pfn)
{
	pfn_t end = ba_pageblock_end(pfn);

	return end > cc->zone->buddy.end ? cc->zone->buddy.end : end;
}

/*
 * Does a compound page fill the pageblock, one of order 10 also as its second
 * half? Then nothing is moved from there, and nothing to it.
 */
static inline bool ba_compact_is_huge_page(const struct ba_ctx *ctx,
					   pfn_t pfn)
{
	for (unsigned int order = BA_PAGEBLOCK_ORDER; order < BA_NR_ORDERS;
	     order++) {
		pfn_t head = pfn & ~((1u << order) - 1u);
		const struct ba_frame f = ba_frame_peek(&ctx->frames[head]);

		if (ba_frame_is_compound(&f) && f.order >= order)
			return true;
	}
	return false;
}

/* Entries that a fast search looks at, fewer after each failure. */
static inline uint32_t ba_compact_scan_limit(const struct ba_compact *cc)
{
	return (cc->fast_fails < 32 ?
		BA_COMPACT_CLUSTER >> cc->fast_fails : 0) + 1;
}

/* Of an order that a run can fall short of: below the largest. */
static inline struct ba_list *ba_compact_movable_list(struct ba_compact *cc,
						      int order)
{
	return &cc->zone->buddy.area[order].list[BA_MT_MOVABLE];
}

#endif
