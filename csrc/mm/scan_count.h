/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scan_count - how many pages of each LRU list a round of reclaim looks at.
 *
 *	priority 12   1/4096 of each list
 *	priority  6   1/64
 *	priority  0   all of it
 *
 * What is then given to anonymous pages and to the page cache depends on how
 * much of each there is and on what the last rounds cost:
 *
 *	no swap                                  page cache only
 *	priority 0, swappiness not 0             both alike
 *	hardly any page cache left (file_is_tiny) anonymous pages only
 *	inactive page cache in plenty (trim mode) page cache only
 *	else       swappiness : 200 - swappiness, each divided by its cost
 *
 * Models: struct scan_control, get_scan_count, inactive_is_low,
 *	lruvec_lru_size, mm/vmscan.c (6.1, 6.12); prepare_scan_count,
 *	mm/vmscan.c (6.1); prepare_scan_control, mm/vmscan.c (6.12).
 * Profiles: trim_mode_retry.
 * Simplified: no memory cgroups; a refault does not make reclaim deactivate.
 *
 * Invariants:
 *   SC1 no list is given more pages than it has in zones up to reclaim_idx.
 */
#ifndef BA_MM_SCAN_COUNT_H
#define BA_MM_SCAN_COUNT_H

#include "mm/lru.h"

#define BA_SWAP_CLUSTER_MAX	32u	/* pages of a batch */
#define BA_DEF_PRIORITY		12

/* One piece of reclaim: what it may do and how far it has come. */
struct ba_scan {
	uint64_t nr_to_reclaim;		/* pages */
	uint64_t nr_scanned;		/* pages, of this round */
	uint64_t nr_reclaimed;		/* pages, in all */
	uint64_t anon_cost, file_cost;	/* of the node, as the round began */
	struct {
		uint64_t dirty;		/* page cache, dirty or being written */
		uint64_t unqueued_dirty; /* of those, not being written */
		uint64_t congested;	/* of those, met for the second time */
		uint64_t writeback;	/* being written, now marked RECLAIM */
		uint64_t immediate;	/* the same, marked already */
		uint64_t taken;		/* off inactive lists */
		uint64_t file_taken;	/* of those, page cache */
	} nr;				/* pages, of this round */
	uint32_t gfp;			/* of the request */
	order_t order;
	uint8_t reclaim_idx;		/* highest zone to take pages from */
	int8_t priority;		/* 12 .. 0, see above */
	bool kswapd;			/* runs as kswapd, not for a request */
	bool may_writepage;
	bool may_swap;
	bool may_deactivate[2];		/* [0] anonymous, [1] page cache */
	bool force_deactivate;
	bool skipped_deactivate;	/* an active list was spared */
	bool file_is_tiny;
	bool cache_trim_mode;
	bool cache_trim_mode_failed;	/* it found nothing in a round */
	bool no_cache_trim_mode;	/* so it is off */
	bool compaction_ready;		/* a zone has memory enough to compact */
	bool queue_full;		/* a page could not be sent to the disk */
};

/* Are so few pages inactive that active ones are to follow? */
bool ba_inactive_is_low(const struct ba_lruvec *lruvec,
			enum ba_lru_list inactive);

/* A round begins on the node: costs, modes, and what may be deactivated. */
void ba_prepare_scan_count(const struct ba_ctx *ctx,
			   const struct ba_nodes *nodes, uint8_t node,
			   struct ba_scan *sc);

/* Pages of each list to look at in this round. */
void ba_get_scan_count(const struct ba_ctx *ctx, const struct ba_nodes *nodes,
		       uint8_t node, const struct ba_scan *sc,
		       uint64_t nr[BA_NR_LRU]);

#endif
