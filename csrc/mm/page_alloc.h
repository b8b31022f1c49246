/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_alloc - alloc_pages and free_pages: from a request's flags to a zone
 * and a block, and back.
 *
 *	gfp --> highest zone, migratetype, ALLOC flags
 *	 |
 *	 +- fast path   each zone of the zonelist: above LOW? take a block
 *	 |              (from Normal without mixing types first: NOFRAGMENT)
 *	 +- slow path   the same down to MIN, with the discounts that the
 *	                request's flags allow
 *
 * Models: __alloc_pages, prepare_alloc_pages, alloc_flags_nofragment,
 *	get_page_from_freelist, gfp_to_alloc_flags, __alloc_pages_slowpath,
 *	should_reclaim_retry,
 *	__alloc_pages_bulk, free_pages_prepare, free_unref_page,
 *	__free_pages_ok, free_unref_page_list, split_page,
 *	mm/page_alloc.c (6.1).
 * Profiles: nonblock_flags, highatomic_needs_high, below_high,
 *	boost_wake_needs_kswapd, list_type_is_pageblock.
 * Simplified: no cpusets, no spreading of dirty pages, no node reclaim; the
 *	slow path reclaims nothing and kills nobody: it goes on as the kernel
 *	does when reclaim makes no progress.
 *
 * Invariants:
 *   A1 a block that was handed out begins at a frame that says USED, HEAD
 *      and its order, and none of its frames is on a list.
 *   A2 a frame that says FREEING is on no list and belongs to nobody.
 */
#ifndef BA_MM_PAGE_ALLOC_H
#define BA_MM_PAGE_ALLOC_H

#include "mm/kswapd.h"

/*
 * One block of 1 << order frames for `gfp`, preferably from `node`;
 * BA_PFN_NONE and the reason in ctx->result when the model has none. Pre:
 * ba_gfp_valid(gfp).
 */
pfn_t ba_alloc_pages(struct ba_ctx *ctx, struct ba_nodes *nodes,
		     uint32_t gfp, order_t order, uint8_t node);

/*
 * Would the fast path take the block from a zone of that very node? Reads
 * watermarks only.
 */
bool ba_node_would_serve(const struct ba_ctx *ctx, struct ba_nodes *nodes,
			 uint32_t gfp, order_t order, uint8_t node);

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

/*
 * Free a block: prepare and commit in one. BA_EFRAME, BA_EDOUBLEFREE or
 * BA_EORDER, and nothing changed, when the frame does not begin a block of
 * that order that is in use.
 */
enum ba_status ba_free_pages(struct ba_ctx *ctx, struct ba_nodes *nodes,
			     pfn_t pfn, order_t order);

/* Hand out a block that ctx->capture has kept for this request. */
void ba_alloc_captured(struct ba_ctx *ctx, pfn_t pfn, order_t order,
		       uint32_t gfp);

/*
 * The two halves of a free. Between them the block belongs to nobody: a
 * batched free prepares all its pages before it commits the first.
 */
enum ba_status ba_free_prepare(struct ba_ctx *ctx, struct ba_nodes *nodes,
			       pfn_t pfn, order_t order);
void ba_free_commit(struct ba_ctx *ctx, struct ba_nodes *nodes, pfn_t pfn);

/* The second half past the per-CPU lists; flags: BA_BUDDY_TO_TAIL. */
void ba_free_commit_direct(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   pfn_t pfn, unsigned int flags);

/*
 * Free `nr` pages of order 0 as one batch. Stops at the first page that
 * cannot be freed, before anything is changed, and gives its index in *bad.
 */
enum ba_status ba_free_pages_list(struct ba_ctx *ctx, struct ba_nodes *nodes,
				  const pfn_t *pfns, uint32_t nr,
				  uint32_t *bad);

/*
 * Make a block in use into single pages that are freed one by one. Same
 * errors as ba_free_pages.
 */
enum ba_status ba_split_page(struct ba_ctx *ctx, struct ba_nodes *nodes,
			     pfn_t pfn, order_t order);

/* Drain the per-CPU lists of every CPU and zone (drain_all_pages). */
void ba_drain_all_pages(struct ba_ctx *ctx, struct ba_nodes *nodes);

/* Drain those of one CPU (drain_pages). */
void ba_drain_pages(struct ba_ctx *ctx, struct ba_nodes *nodes, cpu_t cpu);

#endif
