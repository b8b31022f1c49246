// SPDX-License-Identifier: GPL-2.0-only
#include "mm/freelist.h"

static bool reserves_pageblock(const struct ba_ctx *ctx,
			       const struct ba_alloc *request)
{
	if (ctx->profile->nonblock_flags)
		return request->flags & BA_ALLOC_HIGHATOMIC;
	return request->order > 0 && request->flags & BA_ALLOC_HARDER;
}

/*
 * 6.12: a zone above its high mark is taken without another test; one that
 * sinks below it is remembered, so that frees shorten the per-CPU lists.
 */
static bool above_high(const struct ba_ctx *ctx, struct ba_zone *zone,
		       const struct ba_alloc *request)
{
	if (ba_wmark_has(&zone->wmark, BA_ZONE_BELOW_HIGH))
		return false;
	if (ba_above_mark(ctx, zone, request, BA_WMARK_HIGH))
		return true;
	ba_wmark_set(ctx, &zone->wmark, BA_ZONE_BELOW_HIGH);
	return false;
}

/*
 * What a CPU has not added to the zone's counter yet is not in the trace, and
 * may decide whether the zone is above its mark. The zone that served the
 * request is known: if the counter may stand where the answer agrees with
 * that, it does, as near to where the model has it as can be.
 */
static ba_noinline bool told_may_take(const struct ba_ctx *ctx,
				      struct ba_zone *zone,
				      const struct ba_alloc *request,
				      bool above)
{
	unsigned int mark = request->flags & BA_ALLOC_WMARK_MASK;
	struct ba_vmstat *counter = &zone->buddy.free_pages;
	struct ba_vmstat before = *counter;
	int32_t step = above ? 1 : -1;
	cpu_t cpu = 0;

	if (above == (zone->id == ctx->told->zone))
		return above;
	while (cpu < BA_CPU_MAX) {
		int32_t diff = counter->diff[cpu] + step;

		if (diff * step > counter->threshold[cpu]) {
			cpu++;
			continue;
		}
		counter->diff[cpu] = (int16_t)diff;
		counter->global -= step;
		if (ba_above_mark(ctx, zone, request, mark) == above)
			continue;
		ctx->told->counters++;
		return !above;
	}
	*counter = before;
	return above;
}

static bool is_told(const struct ba_ctx *ctx, const struct ba_alloc *request)
{
	return ctx->told && ctx->told->zone >= 0 &&
	       !(request->flags & BA_ALLOC_NO_WATERMARKS);
}

static inline bool may_take(const struct ba_ctx *ctx, struct ba_zone *zone,
			    const struct ba_alloc *request)
{
	bool above = ba_wmark_quick(&zone->buddy, &zone->wmark, request->order,
				    request->highest_zoneidx) ||
		     (ctx->profile->below_high &&
		      above_high(ctx, zone, request)) ||
		     ba_above_mark(ctx, zone, request,
				   request->flags & BA_ALLOC_WMARK_MASK);

	if (ba_unlikely(ctx->told) && is_told(ctx, request))
		above = told_may_take(ctx, zone, request, above);
	return above || request->flags & BA_ALLOC_NO_WATERMARKS;
}

static inline pfn_t try_zone(struct ba_ctx *ctx, struct ba_nodes *nodes,
			     struct ba_zone *zone,
			     const struct ba_alloc *request)
{
	pfn_t pfn;

	if (ba_unlikely(!may_take(ctx, zone, request))) {
		ba_charge_units(&ctx->charge, BA_COST_ZONE_SCAN, 1);
		return BA_PFN_NONE;
	}
	ctx->result = BA_RESULT_NOMEM_FRAGMENTED;
	pfn = ba_zone_alloc(ctx, zone, request);
	if (ba_unlikely(ba_wmark_has(&zone->wmark,
				     BA_ZONE_BOOSTED_WATERMARK)) &&
	    (!ctx->profile->boost_wake_needs_kswapd ||
	     request->flags & BA_ALLOC_KSWAPD)) {
		ba_wmark_clear(ctx, &zone->wmark, BA_ZONE_BOOSTED_WATERMARK);
		ba_kswapd_wake(ctx, nodes, zone, 0, 0, zone->index);
	}
	if (pfn != BA_PFN_NONE && ba_unlikely(reserves_pageblock(ctx, request)))
		ba_zone_reserve_highatomic(ctx, zone, pfn, request->order);
	return pfn;
}

/* The zones behind the first one, which has nothing. */
static ba_noinline pfn_t try_others(struct ba_ctx *ctx, struct ba_nodes *nodes,
				    struct ba_walk walk,
				    const struct ba_zone *first,
				    const struct ba_alloc *request)
{
	struct ba_zone *zone;

	while ((zone = ba_walk_next(nodes, &walk))) {
		pfn_t pfn;

		if (request->flags & BA_ALLOC_NOFRAGMENT &&
		    zone->node != first->node)
			break;	/* locality counts more than mixing types */
		pfn = try_zone(ctx, nodes, zone, request);
		if (pfn != BA_PFN_NONE) {
			ba_charge_step(&ctx->charge, BA_STEP_ZONE_FALLBACK);
			return pfn;
		}
	}
	return BA_PFN_NONE;
}

pfn_t ba_get_page_from_freelist(struct ba_ctx *ctx, struct ba_nodes *nodes,
				struct ba_alloc *request)
{
	for (;;) {
		struct ba_walk walk = ba_walk_start(nodes, request);
		struct ba_zone *first = ba_walk_next(nodes, &walk);
		pfn_t pfn = BA_PFN_NONE;

		if (ba_likely(first))
			pfn = try_zone(ctx, nodes, first, request);
		if (ba_likely(pfn != BA_PFN_NONE))
			return pfn;
		if (first)
			pfn = try_others(ctx, nodes, walk, first, request);
		if (pfn != BA_PFN_NONE ||
		    !(request->flags & BA_ALLOC_NOFRAGMENT))
			return pfn;
		request->flags &= ~BA_ALLOC_NOFRAGMENT;
	}
}

void ba_refused_by_zones(const struct ba_ctx *ctx, struct ba_nodes *nodes,
			 const struct ba_alloc *request)
{
	struct ba_walk walk = ba_walk_start(nodes, request);
	struct ba_zone *zone;

	while ((zone = ba_walk_next(nodes, &walk)))
		if (may_take(ctx, zone, request))
			return;
}

void ba_wake_all_kswapds(const struct ba_ctx *ctx, struct ba_nodes *nodes,
			 const struct ba_alloc *request)
{
	struct ba_walk walk = ba_walk_start(nodes, request);
	struct ba_zone *zone;
	uint32_t last = UINT32_MAX;

	while ((zone = ba_walk_next(nodes, &walk))) {
		if (zone->node == last || zone->wmark.managed == 0)
			continue;
		ba_kswapd_wake(ctx, nodes, zone, request->gfp, request->order,
			       request->highest_zoneidx);
		last = zone->node;
	}
}
