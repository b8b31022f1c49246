/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kcompactd - the node's background compactor: for an order that somebody
 * asked for, and ahead of need when memory is too much cut up.
 *
 *	wake(order 9)          if a zone is suitable now, a run at once: zones
 *	                       up to the one asked for, light
 *	every 500 ms           what was asked for and not done yet; or else,
 *	                       score above the high mark? the whole node, until
 *	                       each zone's score is at the low mark
 *
 *	score of the node      sum over zones of present * unusable % for
 *	                       order 9, by the node's present pages
 *	proactiveness 20       low mark 80, high mark 90
 *
 * Models: wakeup_kcompactd, kcompactd_node_suitable, kcompactd,
 *	kcompactd_do_work, compact_node, fragmentation_score_zone,
 *	fragmentation_score_zone_weighted,
 *	fragmentation_score_node, fragmentation_score_wmark,
 *	should_proactive_compact_node, mm/compaction.c (6.1, 6.12);
 *	proactive_compact_node, mm/compaction.c (6.1).
 * Simplified: the 500 ms do not begin anew after a run that it was woken for,
 *	and a change of compaction_proactiveness does not wake it.
 *
 * Invariants:
 *   O6 kcompactd_highest_zoneidx has a meaning while kcompactd_max_order > 0.
 */
#ifndef BA_MM_KCOMPACTD_H
#define BA_MM_KCOMPACTD_H

#include "mm/compaction.h"

#define BA_KCOMPACTD_INTERVAL_NS UINT64_C(500000000)

/* Ask for a block of that order in the node's zones up to that one. */
void ba_kcompactd_wake(const struct ba_ctx *ctx, struct ba_nodes *nodes,
		       uint8_t node, order_t order, uint8_t highest_zoneidx);

/* Do what was asked for; false if nothing was. */
bool ba_kcompactd_run(struct ba_ctx *ctx, struct ba_nodes *nodes,
		      uint8_t node);

/* 0..100 */
uint32_t ba_fragmentation_score_node(const struct ba_nodes *nodes,
				     uint8_t node);

/*
 * Called every BA_KCOMPACTD_INTERVAL_NS: do what was asked for, or compact the
 * node if its score asks for it. After a run for the score that brought
 * nothing, not for 64 intervals; with proactiveness 0 never.
 */
void ba_kcompactd_tick(struct ba_ctx *ctx, struct ba_nodes *nodes,
		       uint8_t node);

/* The sysctl compact_memory, for one node: all zones, all pages. */
void ba_compact_node(struct ba_ctx *ctx, struct ba_nodes *nodes,
		     uint8_t node);

#endif
