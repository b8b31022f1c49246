/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_alloc - alloc_pages: from a request's flags to a zone and a block.
 *
 *	gfp --> highest zone, migratetype, ALLOC flags
 *	 |
 *	 +- fast path   each zone of the zonelist: above LOW? take a block
 *	 |              (from Normal without mixing types first: NOFRAGMENT)
 *	 +- slow path   the same down to MIN, with the discounts that the
 *	                request's flags allow
 *
 * Models: __alloc_pages, prepare_alloc_pages, alloc_flags_nofragment,
 *	__alloc_pages_bulk, post_alloc_hook, mm/page_alloc.c; want_init_on_alloc,
 *	include/linux/mm.h (6.1).
 *
 * Invariants:
 *   A1 a block that was handed out begins at a frame that says USED, HEAD
 *      and its order, and none of its frames is on a list.
 */
#ifndef BA_MM_PAGE_ALLOC_H
#define BA_MM_PAGE_ALLOC_H

#include "mm/page_free.h"
#include "mm/slowpath.h"

/*
 * One block of 1 << order frames for `gfp`, preferably from `node`;
 * BA_PFN_NONE and the reason in ctx->result when the model has none. Pre:
 * ba_gfp_valid(gfp).
 */
pfn_t ba_alloc_pages(struct ba_ctx *ctx, struct ba_nodes *nodes,
		     uint32_t gfp, order_t order, uint8_t node);

/* The fast path of such a request, which the kernel saw fail just now. */
void ba_alloc_pages_refused(const struct ba_ctx *ctx, struct ba_nodes *nodes,
			    uint32_t gfp, order_t order, uint8_t node);

/*
 * The rest of such a request whose fast path failed before now: the low mark
 * is not asked about again.
 */
pfn_t ba_alloc_pages_late(struct ba_ctx *ctx, struct ba_nodes *nodes,
			  uint32_t gfp, order_t order, uint8_t node);

/*
 * Would the fast path take the block from a zone of that very node? Reads
 * watermarks only.
 */
bool ba_node_would_serve(const struct ba_ctx *ctx, struct ba_nodes *nodes,
			 uint32_t gfp, order_t order, uint8_t node);

/*
 * The zone that would be asked first for the block, by watermarks alone: on
 * the fast path, or else at the slow path's first look. NULL: none.
 */
struct ba_zone *ba_zone_that_serves(const struct ba_ctx *ctx,
				    struct ba_nodes *nodes, uint32_t gfp,
				    order_t order, uint8_t node);

/*
 * Wake kswapd as this request does if the fast path cannot serve it; nothing
 * else happens.
 */
void ba_wake_kswapds_for(const struct ba_ctx *ctx, struct ba_nodes *nodes,
			 uint32_t gfp, order_t order, uint8_t node);

/* What a bulk allocation returned. */
struct ba_bulk {
	uint32_t got;		/* pages in pfns[] */
	bool single;		/* the last of them came from ba_alloc_pages,
				 * which the kernel's trace shows */
};

/* Up to `nr` pages of order 0, in the order in which they were taken. */
struct ba_bulk ba_alloc_pages_bulk(struct ba_ctx *ctx, struct ba_nodes *nodes,
				   uint32_t gfp, uint8_t node, uint32_t nr,
				   pfn_t *pfns);

/* Hand out a block that ctx->capture has kept for this request. */
void ba_alloc_captured(struct ba_ctx *ctx, pfn_t pfn, order_t order,
		       uint32_t gfp);

#endif
