// SPDX-License-Identifier: GPL-2.0-only
#include "mm/page_alloc.h"

#include "mm/memory.h"

static bool dma32_populated(const struct ba_nodes *nodes, uint8_t node)
{
	const struct ba_zonelist *list = &nodes->node[node].zonelist;

	for (uint8_t i = 0; i < list->nr_local; i++)
		if (nodes->zone[list->zone[i]].index == BA_ZONE_DMA32)
			return true;
	return false;
}

/*
 * From Normal, DMA32 is used before types are mixed; not so when the
 * preferred zone is a low one already, or the kernel has no DMA32.
 */
static unsigned int nofragment(const struct ba_nodes *nodes,
			       const struct ba_zone *zone, uint32_t gfp)
{
	unsigned int flags = gfp & BA_GFP_KSWAPD_RECLAIM;

	if (nodes->arch != BA_ARCH_X86_64 || !zone ||
	    zone->index != BA_ZONE_NORMAL)
		return flags;
	if (nodes->nr_nodes > 1 && !dma32_populated(nodes, zone->node))
		return flags;
	return flags | BA_ALLOC_NOFRAGMENT;
}

/* Is a block for such a request to be cleared? */
static bool wants_clear(const struct ba_ctx *ctx, uint32_t gfp)
{
	return (gfp & BA_GFP_ZERO || ctx->init_on_alloc) &&
	       !ctx->init_on_free;
}

/* Charged whether there are bytes to clear or not. */
static ba_noinline void clear_block(struct ba_ctx *ctx, pfn_t pfn,
				    order_t order)
{
	ba_charge_units(&ctx->charge, BA_COST_CLEAR_PAGE, 1u << order);
	if (ctx->memory)
		ba_memory_zero(ctx->memory, pfn, 1u << order);
}

/* Its head knows a block's order, each of its frames if it can move. */
static ba_always_inline void set_owned(struct ba_frame *frames, pfn_t pfn,
				       order_t order, uint32_t gfp)
{
	bool movable = ba_gfp_is_lru(gfp);
	uint8_t flags = movable ? BA_FRAME_HEAD | BA_FRAME_MOVABLE :
				  BA_FRAME_HEAD;

	if (order > 0)
		flags |= (uint8_t)((gfp & BA_GFP_COMP) / BA_GFP_COMP *
				   BA_FRAME_COMPOUND);
	frames[pfn].word = ba_frame_word(BA_FRAME_USED, order, 0, flags);
	if (order > 0 && movable)
		ba_page_set_movable(frames, pfn, order, true);
}

/* Hand a block out. */
static inline void prep_new_page(struct ba_ctx *ctx, pfn_t pfn, order_t order,
				 uint32_t gfp)
{
	if (wants_clear(ctx, gfp))
		clear_block(ctx, pfn, order);
	set_owned(ctx->frames, pfn, order, gfp);
}

void ba_alloc_captured(struct ba_ctx *ctx, pfn_t pfn, order_t order,
		       uint32_t gfp)
{
	ctx->result = BA_RESULT_OK;
	prep_new_page(ctx, pfn, order, gfp);
}

/* __alloc_pages; `late`: the fast path has failed before now */
static ba_noinline pfn_t alloc_pages(struct ba_ctx *ctx,
				     struct ba_nodes *nodes, uint32_t gfp,
				     order_t order, uint8_t node, bool late)
{
	struct ba_alloc request = ba_request(ctx, nodes, gfp, order, node);
	pfn_t pfn;

	if (order > BA_ORDER_MAX) {
		ctx->result = BA_RESULT_TOO_LARGE;
		return BA_PFN_NONE;
	}
	ctx->result = BA_RESULT_NOMEM_WATERMARK;
	request.flags |= nofragment(nodes, ba_preferred_zone(nodes, &request),
				    gfp);
	pfn = late ? BA_PFN_NONE :
		ba_get_page_from_freelist(ctx, nodes, &request);
	if (ba_unlikely(pfn == BA_PFN_NONE))
		pfn = ba_alloc_pages_slowpath(ctx, nodes, &request);
	if (pfn != BA_PFN_NONE) {
		ctx->result = BA_RESULT_OK;
		prep_new_page(ctx, pfn, order, gfp);
	}
	return pfn;
}

/* The first zone of the walk that the fast path could take, or NULL. */
static struct ba_zone *above_low(const struct ba_ctx *ctx,
				 struct ba_nodes *nodes,
				 const struct ba_alloc *request,
				 struct ba_walk walk)
{
	struct ba_zone *zone;

	while ((zone = ba_walk_next(nodes, &walk)))
		if (ba_above_mark(ctx, zone, request, BA_WMARK_LOW))
			return zone;
	return NULL;
}

void ba_wake_kswapds_for(const struct ba_ctx *ctx, struct ba_nodes *nodes,
			 uint32_t gfp, order_t order, uint8_t node)
{
	struct ba_alloc request = ba_request(ctx, nodes, gfp, order, node);

	if (gfp & BA_GFP_KSWAPD_RECLAIM &&
	    !above_low(ctx, nodes, &request, ba_walk_start(nodes, &request)))
		ba_wake_all_kswapds(ctx, nodes, &request);
}

struct ba_zone *ba_zone_that_serves(const struct ba_ctx *ctx,
				    struct ba_nodes *nodes, uint32_t gfp,
				    order_t order, uint8_t node)
{
	struct ba_alloc request = ba_request(ctx, nodes, gfp, order, node);
	struct ba_zone *zone = above_low(ctx, nodes, &request,
					 ba_walk_start(nodes, &request));

	return zone ? zone : ba_slowpath_zone(ctx, nodes, &request);
}

bool ba_node_would_serve(const struct ba_ctx *ctx, struct ba_nodes *nodes,
			 uint32_t gfp, order_t order, uint8_t node)
{
	struct ba_alloc request = ba_request(ctx, nodes, gfp, order, node);
	struct ba_walk walk = ba_walk_start(nodes, &request);

	walk.end = walk.list->nr_local;
	return above_low(ctx, nodes, &request, walk) != NULL;
}

/*
 * Is it nearly every request: for the preferred zone, and to clear the block
 * is a charge at most? *zone: that zone.
 */
static ba_always_inline bool
is_usual(const struct ba_ctx *ctx, struct ba_nodes *nodes, uint32_t gfp,
	 uint8_t node, unsigned int *highest_zoneidx, struct ba_zone **zone)
{
	const struct ba_zonelist *zonelist = &nodes->node[node].zonelist;
	uint8_t id;

	ba_keep_pointer(zonelist);
	*highest_zoneidx = ba_gfp_zone(zonelist->by_gfp, gfp);
	id = zonelist->preferred[*highest_zoneidx];
	*zone = &nodes->zone[id];
	ba_keep_pointer(*zone);
	return ba_likely(id != BA_NO_ZONE && !ctx->unusual &&
			 (!ctx->told || ctx->told->zone == id));
}

static ba_always_inline pfn_t hand_out(struct ba_ctx *ctx, pfn_t pfn,
				       order_t order, uint32_t gfp)
{
	if (gfp & BA_GFP_ZERO)
		ba_charge_units(&ctx->charge, BA_COST_CLEAR_PAGE, 1u << order);
	ctx->result = BA_RESULT_OK;
	set_owned(ctx->frames, pfn, order, gfp);
	return pfn;
}

/*
 * What nearly every request of an order that is kept per CPU comes to: its
 * usual zone has memory, and a block waits on this CPU's list. BA_PFN_NONE,
 * and nothing done, for any other.
 */
static ba_always_inline pfn_t alloc_hit(struct ba_ctx *ctx,
					struct ba_nodes *nodes, uint32_t gfp,
					order_t order, uint8_t node)
{
	unsigned int highest_zoneidx;
	struct ba_zone *zone;
	struct ba_pcp *pcp;
	pfn_t pfn;

	if (ba_unlikely(!is_usual(ctx, nodes, gfp, node, &highest_zoneidx,
				  &zone) ||
			(!ba_wmark_quick(&zone->buddy, &zone->wmark, order,
					 highest_zoneidx) &&
			 (order > 0 ||
			  !ba_wmark_short(ctx, &zone->buddy, &zone->wmark,
					  highest_zoneidx)))))
		return BA_PFN_NONE;
	pcp = &zone->pcp[ctx->cpu];
	ba_keep_pointer(pcp);
	pfn = ba_pcp_hit(ctx, pcp, order, (uint8_t)ba_gfp_migratetype(gfp));
	if (ba_unlikely(pfn == BA_PFN_NONE))
		return BA_PFN_NONE;
	ba_charge_step(&ctx->charge, BA_STEP_PCP_HIT);
	return hand_out(ctx, pfn, order, gfp);
}

static ba_noinline pfn_t alloc_kept(struct ba_ctx *ctx,
				    struct ba_nodes *nodes, uint32_t gfp,
				    order_t order, uint8_t node)
{
	pfn_t pfn = alloc_hit(ctx, nodes, gfp, order, node);

	return ba_likely(pfn != BA_PFN_NONE) ? pfn :
		alloc_pages(ctx, nodes, gfp, order, node, false);
}

/* The other orders: a list of the usual zone has a block for most. */
static ba_noinline pfn_t alloc_direct(struct ba_ctx *ctx,
				      struct ba_nodes *nodes, uint32_t gfp,
				      order_t order, uint8_t node)
{
	unsigned int highest_zoneidx;
	pfn_t pfn = BA_PFN_NONE;
	struct ba_zone *zone;

	if (ba_likely(is_usual(ctx, nodes, gfp, node, &highest_zoneidx,
			       &zone) &&
		      order <= BA_ORDER_MAX &&
		      ba_wmark_plenty(&zone->buddy, &zone->wmark, order,
				      highest_zoneidx)))
		pfn = ba_buddy_take_locked(ctx, &zone->buddy, order,
					    (uint8_t)ba_gfp_migratetype(gfp));
	if (ba_unlikely(pfn == BA_PFN_NONE))
		return alloc_pages(ctx, nodes, gfp, order, node, false);
	ba_charge_step(&ctx->charge, BA_STEP_BUDDY);
	return hand_out(ctx, pfn, order, gfp);
}

/* The larger orders apart: they take registers that order 0 need not save. */
pfn_t ba_alloc_pages(struct ba_ctx *ctx, struct ba_nodes *nodes,
		     uint32_t gfp, order_t order, uint8_t node)
{
	pfn_t pfn;

	if (ba_unlikely(order > 0))
		return ba_pcp_allowed(order) ?
			alloc_kept(ctx, nodes, gfp, order, node) :
			alloc_direct(ctx, nodes, gfp, order, node);
	pfn = alloc_hit(ctx, nodes, gfp, 0, node);
	return ba_likely(pfn != BA_PFN_NONE) ? pfn :
		alloc_pages(ctx, nodes, gfp, 0, node, false);
}

void ba_alloc_pages_refused(const struct ba_ctx *ctx, struct ba_nodes *nodes,
			    uint32_t gfp, order_t order, uint8_t node)
{
	struct ba_alloc request = ba_request(ctx, nodes, gfp, order, node);

	ba_refused_by_zones(ctx, nodes, &request);
}

pfn_t ba_alloc_pages_late(struct ba_ctx *ctx, struct ba_nodes *nodes,
			  uint32_t gfp, order_t order, uint8_t node)
{
	return alloc_pages(ctx, nodes, gfp, order, node, true);
}

/* The zone that a bulk allocation takes all its pages from, or NULL. */
static struct ba_zone *bulk_zone(struct ba_ctx *ctx, struct ba_nodes *nodes,
				 const struct ba_alloc *request, uint32_t nr)
{
	struct ba_walk walk = ba_walk_start(nodes, request);
	struct ba_zone *first = ba_preferred_zone(nodes, request), *zone;

	while ((zone = ba_walk_next(nodes, &walk))) {
		int64_t mark = ba_wmark_pages(&zone->wmark, BA_WMARK_LOW) + nr;

		if (zone->node != first->node)
			return NULL;
		if (ba_wmark_fast(ctx, &zone->buddy, &zone->wmark, 0, mark,
				  first->index, request->flags, request->gfp))
			return zone;
	}
	return NULL;
}

struct ba_bulk ba_alloc_pages_bulk(struct ba_ctx *ctx, struct ba_nodes *nodes,
				   uint32_t gfp, uint8_t node, uint32_t nr,
				   pfn_t *pfns)
{
	struct ba_alloc request = ba_request(ctx, nodes, gfp, 0, node);
	struct ba_bulk bulk = { 0, false };
	struct ba_zone *zone = NULL;

	ba_charge_step(&ctx->charge, BA_STEP_BULK);
	/* charged to a memory cgroup, or one page only: page by page */
	if (!(gfp & BA_GFP_ACCOUNT) && nr > 1)
		zone = bulk_zone(ctx, nodes, &request, nr);
	if (zone)
		bulk.got = ba_pcp_alloc_bulk(ctx, &zone->buddy, &zone->wmark,
					     &zone->pcp[ctx->cpu],
					     request.type, request.flags, nr,
					     pfns);
	for (uint32_t i = 0; i < bulk.got; i++)
		prep_new_page(ctx, pfns[i], 0, gfp);
	if (bulk.got == 0 && nr > 0) {
		pfns[0] = ba_alloc_pages(ctx, nodes, gfp, 0, node);
		bulk.single = true;
		bulk.got = pfns[0] != BA_PFN_NONE;
	}
	return bulk;
}
