/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kswapd - the node's background reclaimer: who wakes it and for what, its
 * rounds, and what changes while it works.
 *
 *	           wake: below LOW, and no zone is balanced, or one is boosted
 *	ASLEEP --------------------------------------------> BALANCING
 *	   ^                                                  | rounds, until a
 *	   | 100 ms, still                  woken meanwhile   | zone is balanced
 *	   | balanced                     .-----------------> | (above HIGH for
 *	   '------------ NAPPING ---------'                   | the order)
 *	                    ^                                 |
 *	                    '---------------------------------'
 *
 *	wake    remembers the largest order and the highest zone asked for
 *	begin   zones up to that one are RECLAIM_ACTIVE (short per-CPU lists),
 *	        their boosts are noted
 *	rounds  priority 12 down to 1; while boosts are all that is left to do,
 *	        not below 10, without swap and without writing
 *	end     RECLAIM_ACTIVE ends, the noted boosts are paid off; kcompactd
 *	        is woken for a whole pageblock if there were any
 *	nap     kcompactd is woken for the order asked for, skip bits are
 *	        looked at anew
 *
 * After 16 runs that freed nothing the node counts as hopeless, and kswapd
 * sleeps until direct reclaim frees something. While it is awake the counters
 * of free pages fold sooner, so that the watermarks are seen more exactly.
 *
 * In a replay the trace tells when it begins and ends (ctx->traced): a wake is
 * only remembered, and there are no rounds.
 *
 * Models: wakeup_kswapd, kswapd, balance_pgdat, kswapd_shrink_node,
 *	kswapd_age_node, pgdat_balanced, pgdat_watermark_boosted,
 *	prepare_kswapd_sleep, kswapd_try_to_sleep, kswapd_highest_zoneidx,
 *	mm/vmscan.c; wake_all_kswapds, mm/page_alloc.c;
 *	set_pgdat_percpu_threshold, mm/vmstat.c (6.1, 6.12).
 * Profiles: trim_mode_retry.
 * Simplified: no memory tiering, no laptop mode, no limit of buffer heads.
 *
 * Invariants:
 *   W3 a zone is RECLAIM_ACTIVE only between begin and end of its node.
 *   W4 a kswapd that is ASLEEP has next_ns UINT64_MAX unless it was woken.
 */
#ifndef BA_MM_KSWAPD_H
#define BA_MM_KSWAPD_H

#include "mm/kcompactd.h"
#include "mm/reclaim.h"

/* Ask the zone's node to reclaim for a request. */
void ba_kswapd_wake(const struct ba_ctx *ctx, struct ba_nodes *nodes,
		    const struct ba_zone *zone, uint32_t gfp, order_t order,
		    uint8_t highest_zoneidx);

/*
 * One round of the node's kswapd, or the end of its nap; does nothing before
 * kswapd_next_ns, which it sets: by the time that the round took, or a wait.
 * True if it has more to do then, false if it naps or sleeps. ctx->cpu is to
 * be one of the node's CPUs, if it has any.
 */
bool ba_kswapd_step(struct ba_ctx *ctx, struct ba_nodes *nodes, uint8_t node);

/* Does a zone up to this one hold HIGH for the order, or is there none? */
bool ba_pgdat_balanced(const struct ba_ctx *ctx, const struct ba_nodes *nodes,
		       uint8_t node, order_t order, uint8_t highest_zoneidx);

/* The node's kswapd begins to balance, and is done. */
void ba_kswapd_begin(struct ba_nodes *nodes, uint8_t node);
void ba_kswapd_end(struct ba_nodes *nodes, uint8_t node);

/* It has woken up for good, or goes to sleep: other thresholds hold. */
void ba_kswapd_thresholds(struct ba_nodes *nodes, uint8_t node);

#endif
