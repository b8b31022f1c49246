/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reclaim - memory is short: which nodes are shrunk, how far, and when to give
 * up. For a request that may wait (direct reclaim), and as the tool of kswapd.
 *
 *	request: 32 pages, please
 *	  priority 12, 11, ... 0     each time twice as much of every list
 *	    each node of the zonelist, once
 *	      scan counts (mm/scan_count.h)
 *	      rounds of 32 pages of each list (mm/shrink.h):
 *	        inactive anon, active anon, inactive file, active file
 *	  32 pages freed: done          nothing freed at all: once more, with
 *	                                active pages deactivated by force
 *
 * At priority 12 a direct reclaimer goes on to the end of its scan counts even
 * after 32 pages. Later, and in kswapd, the rest of the counts is cut down so
 * that both kinds were scanned in proportion, and the smaller one is left.
 *
 * Models: try_to_free_pages, do_try_to_free_pages, shrink_zones, shrink_node,
 *	shrink_lruvec, should_continue_reclaim, in_reclaim_compaction,
 *	compaction_ready, reclaim_throttle, skip_throttle_noprogress,
 *	consider_reclaim_throttle, mm/vmscan.c (6.1, 6.12).
 * Profiles: compact_needs_io, reclaim_full_walk.
 * Simplified: while a request reclaims or waits, only writeback goes on; it
 *	waits for ticks of 4 ms (HZ=250). No throttling on the reserves
 *	(throttle_direct_reclaim). No shrinkers of slab caches. Dirty pages
 *	and writeback are counted for the machine, not for each node; kswapd
 *	that waits for 33 pages takes a huge page for one.
 *
 * Invariants:
 *   RC1 pages are taken from zones up to reclaim_idx only.
 */
#ifndef BA_MM_RECLAIM_H
#define BA_MM_RECLAIM_H

#include "mm/compaction.h"
#include "mm/shrink.h"

#define BA_MAX_RECLAIM_RETRIES 16

/*
 * Reclaim for a request, with its flags, order, highest zone and zonelist;
 * pages freed, or 1 if instead of that it had better compact.
 */
uint32_t ba_try_to_free_pages(struct ba_ctx *ctx, struct ba_nodes *nodes,
			      const struct ba_alloc *request);

/* One round over a node. In kswapd it may put off the node's next round. */
void ba_shrink_node(struct ba_ctx *ctx, struct ba_nodes *nodes, uint8_t node,
		    struct ba_scan *sc);

#endif
