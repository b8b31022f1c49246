/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * freelist - one look at the zones that a request may use: the first that
 * holds the watermark which the request's flags name gives the block.
 *
 *	zonelist   Normal        DMA32        DMA
 *	           below mark -> above mark
 *	                         block        not asked
 *
 * In a replay that knows which zone served (ctx->told), the counter of a zone
 * gives way within its thresholds, if that makes the answer agree.
 *
 * With NOFRAGMENT the first round takes another zone rather than mix types;
 * a second round without it follows.
 *
 * Models: get_page_from_freelist, wake_all_kswapds, mm/page_alloc.c (6.1,
 *	6.12).
 * Profiles: below_high, boost_wake_needs_kswapd, nonblock_flags.
 * Simplified: no cpusets, no spreading of dirty pages, no node reclaim.
 *
 * Invariants:
 *   L1 a block comes from a zone whose index is at most highest_zoneidx, and
 *      with THISNODE from the request's node.
 */
#ifndef BA_MM_FREELIST_H
#define BA_MM_FREELIST_H

#include "mm/kswapd.h"

/* A request for the fast path, before NOFRAGMENT. */
static inline struct ba_alloc ba_request(const struct ba_ctx *ctx,
					 const struct ba_nodes *nodes,
					 uint32_t gfp, order_t order,
					 uint8_t node)
{
	const struct ba_zonelist *list = &nodes->node[node].zonelist;

	return (struct ba_alloc){
		.gfp = gfp,
		.order = order,
		.type = ba_unlikely(ctx->mobility_disabled) ? BA_MT_UNMOVABLE :
			(uint8_t)ba_gfp_migratetype(gfp),
		.highest_zoneidx = ba_gfp_zone(list->by_gfp, gfp),
		.node = node,
		.flags = BA_ALLOC_WMARK_LOW,
	};
}

/* Does the zone hold its mark `index`, a BA_WMARK_*, for the request? */
static inline bool ba_above_mark(const struct ba_ctx *ctx,
				 const struct ba_zone *zone,
				 const struct ba_alloc *request,
				 unsigned int index)
{
	return ba_wmark_fast(ctx, &zone->buddy, &zone->wmark, request->order,
			     ba_wmark_pages(&zone->wmark, index),
			     request->highest_zoneidx, request->flags,
			     request->gfp);
}

/*
 * A block, or BA_PFN_NONE with the reason in ctx->result; request->flags may
 * have lost NOFRAGMENT.
 */
pfn_t ba_get_page_from_freelist(struct ba_ctx *ctx, struct ba_nodes *nodes,
				struct ba_alloc *request);

/*
 * What such a look leaves behind when no zone holds the mark: 6.12 remembers
 * those below their high mark. It ends at a zone that does.
 */
void ba_refused_by_zones(const struct ba_ctx *ctx, struct ba_nodes *nodes,
			 const struct ba_alloc *request);

/* Wake kswapd, once for each node that the walk comes to. */
void ba_wake_all_kswapds(const struct ba_ctx *ctx, struct ba_nodes *nodes,
			 const struct ba_alloc *request);

#endif
