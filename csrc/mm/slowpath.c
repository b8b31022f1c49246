// SPDX-License-Identifier: GPL-2.0-only
#include "mm/slowpath.h"

#define MAX_RECLAIM_RETRIES 16u

/* gfp_to_alloc_flags: how far below LOW the slow path may go. */
static unsigned int slow_flags(const struct ba_ctx *ctx,
			       const struct ba_alloc *request)
{
	uint32_t gfp = request->gfp;
	unsigned int flags = BA_ALLOC_WMARK_MIN | BA_ALLOC_CPUSET |
		(gfp & (BA_GFP_HIGH | BA_GFP_KSWAPD_RECLAIM));

	if (!ctx->profile->nonblock_flags) {
		if (gfp & BA_GFP_ATOMIC && !(gfp & BA_GFP_NOMEMALLOC))
			flags |= BA_ALLOC_HARDER;
		return flags;
	}
	if (gfp & BA_GFP_DIRECT_RECLAIM || gfp & BA_GFP_NOMEMALLOC)
		return flags;
	flags |= BA_ALLOC_NON_BLOCK;
	if (request->order > 0 && (!ctx->profile->highatomic_needs_high ||
				   gfp & BA_GFP_HIGH))
		flags |= BA_ALLOC_HIGHATOMIC;
	return flags;
}

/* Does the kernel try again although reclaim freed nothing? */
static bool may_retry(const struct ba_ctx *ctx, const struct ba_alloc *request)
{
	uint32_t gfp = request->gfp;

	if (!(gfp & BA_GFP_DIRECT_RECLAIM) || gfp & BA_GFP_NORETRY)
		return false;
	if (request->order <= BA_PCP_MAX_ORDER)
		return true;
	return gfp & BA_GFP_RETRY_MAYFAIL &&
	       (gfp & BA_GFP_IO || !ctx->profile->compact_needs_io);
}

/*
 * should_reclaim_retry with nothing reclaimable: again while a zone would do
 * if all counters were folded, or while high-order reserve can be given back.
 */
static bool should_retry(struct ba_ctx *ctx, struct ba_nodes *nodes,
			 const struct ba_alloc *request, unsigned int rounds)
{
	struct ba_walk walk = ba_walk_start(nodes, request);
	struct ba_zone *zone;

	while (rounds <= MAX_RECLAIM_RETRIES &&
	       (zone = ba_walk_next(nodes, &walk))) {
		int64_t free = ba_vmstat_sum(&zone->buddy.free_pages);

		if (ba_wmark_ok(ctx, &zone->buddy, &zone->wmark,
				request->order,
				ba_wmark_pages(&zone->wmark, BA_WMARK_MIN),
				request->highest_zoneidx, request->flags,
				free < 0 ? 0 : free))
			return true;
	}
	if (!ctx->profile->unreserve_on_refusal &&
	    rounds <= MAX_RECLAIM_RETRIES)
		return false;
	walk = ba_walk_start(nodes, request);
	while ((zone = ba_walk_next(nodes, &walk)))
		if (ba_zone_unreserve_highatomic(ctx, zone, request->type,
						 true))
			return true;
	return false;
}

/*
 * The rest of the slow path where reclaim finds nothing: retries, then a
 * last look at the high mark before the OOM killer would be called.
 */
static pfn_t nothing_reclaimed(struct ba_ctx *ctx, struct ba_nodes *nodes,
			       struct ba_alloc *request)
{
	unsigned int rounds = 0;

	if (!may_retry(ctx, request))
		return BA_PFN_NONE;
	while (should_retry(ctx, nodes, request, ++rounds)) {
		pfn_t pfn = ba_get_page_from_freelist(ctx, nodes, request);

		if (pfn != BA_PFN_NONE)
			return pfn;
	}
	request->flags = BA_ALLOC_WMARK_HIGH | BA_ALLOC_CPUSET;
	request->gfp &= ~BA_GFP_DIRECT_RECLAIM;
	return ba_get_page_from_freelist(ctx, nodes, request);
}

pfn_t ba_alloc_pages_slowpath(struct ba_ctx *ctx, struct ba_nodes *nodes,
			      struct ba_alloc *request)
{
	pfn_t pfn;

	ba_charge_step(&ctx->charge, BA_STEP_SLOWPATH);
	/* the kernel warns of both together and goes on without ATOMIC */
	if (ctx->profile->gfp_layout == BA_GFP_6_1 &&
	    request->gfp & BA_GFP_DIRECT_RECLAIM)
		request->gfp &= ~BA_GFP_ATOMIC;
	request->flags = slow_flags(ctx, request);
	if (request->flags & BA_ALLOC_KSWAPD)
		ba_wake_all_kswapds(nodes, request);
	ctx->result = BA_RESULT_NOMEM_WATERMARK;
	pfn = ba_get_page_from_freelist(ctx, nodes, request);
	if (pfn != BA_PFN_NONE)
		return pfn;
	/* once more before reclaim would begin, perhaps with more rights */
	if (request->gfp & BA_GFP_MEMALLOC &&
	    !(request->gfp & BA_GFP_NOMEMALLOC))
		request->flags = BA_ALLOC_NO_WATERMARKS |
			(request->flags & BA_ALLOC_KSWAPD);
	pfn = ba_get_page_from_freelist(ctx, nodes, request);
	if (pfn == BA_PFN_NONE && !ctx->traced)
		pfn = nothing_reclaimed(ctx, nodes, request);
	return pfn;
}

