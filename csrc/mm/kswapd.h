/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kswapd - the node's background reclaimer as the allocator sees it: who
 * wakes it and for what, and what changes while it works.
 *
 *	request below LOW, or a fallback boosted a zone
 *	  --> wake: remembers the largest order and the highest zone asked for
 *	begin: zones up to that one are RECLAIM_ACTIVE (short per-CPU lists),
 *	       their boosts are noted
 *	end:   RECLAIM_ACTIVE ends, the noted boosts are paid off
 *
 * While it is awake the counters of free pages fold sooner, so that the
 * watermarks are seen more exactly.
 *
 * Models: wakeup_kswapd, kswapd, balance_pgdat, kswapd_highest_zoneidx,
 *	mm/vmscan.c; wake_all_kswapds, mm/page_alloc.c;
 *	set_pgdat_percpu_threshold, mm/vmstat.c (6.1, 6.12).
 * Simplified: what it frees comes from the trace that is replayed.
 *
 * Invariants:
 *   W3 a zone is RECLAIM_ACTIVE only between begin and end of its node.
 */
#ifndef BA_MM_KSWAPD_H
#define BA_MM_KSWAPD_H

#include "mm/node.h"

/* Ask the zone's node to reclaim for a request. */
void ba_kswapd_wake(struct ba_nodes *nodes, const struct ba_zone *zone,
		    order_t order, uint8_t highest_zoneidx);

/* The node's kswapd begins to balance, and is done. */
void ba_kswapd_begin(struct ba_nodes *nodes, uint8_t node);
void ba_kswapd_end(struct ba_nodes *nodes, uint8_t node);

/* It has woken up for good, or goes to sleep: other thresholds hold. */
void ba_kswapd_thresholds(struct ba_nodes *nodes, uint8_t node);

#endif
