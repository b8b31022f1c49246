// SPDX-License-Identifier: GPL-2.0-only
#include "mm/page_alloc.h"

#define MAX_RECLAIM_RETRIES 16u

/* A walk over the zones that a request may use, in zonelist order. */
struct walk {
	const struct ba_zonelist *list;
	uint8_t at, end;	/* positions in the zonelist */
	uint8_t highest_zoneidx;
};

static inline struct walk walk_start(const struct ba_nodes *nodes,
				     const struct ba_alloc *request)
{
	const struct ba_zonelist *list = &nodes->node[request->node].zonelist;

	return (struct walk){
		.list = list,
		.end = request->gfp & BA_GFP_THISNODE ? list->nr_local :
							list->nr,
		.highest_zoneidx = request->highest_zoneidx,
	};
}

static inline struct ba_zone *walk_next(struct ba_nodes *nodes,
					struct walk *walk)
{
	while (walk->at < walk->end) {
		struct ba_zone *zone =
			&nodes->zone[walk->list->zone[walk->at++]];

		if (ba_likely(zone->index <= walk->highest_zoneidx))
			return zone;
	}
	return NULL;
}

static inline struct ba_zone *preferred_zone(struct ba_nodes *nodes,
					     const struct ba_alloc *request)
{
	struct walk walk = walk_start(nodes, request);

	return walk_next(nodes, &walk);
}

static inline struct ba_alloc prepare(const struct ba_ctx *ctx, uint32_t gfp,
				      order_t order, uint8_t node)
{
	return (struct ba_alloc){
		.gfp = gfp,
		.order = order,
		.type = ba_unlikely(ctx->mobility_disabled) ? BA_MT_UNMOVABLE :
			(uint8_t)ba_gfp_migratetype(gfp),
		.highest_zoneidx = (uint8_t)ba_gfp_zone(gfp),
		.node = node,
		.flags = BA_ALLOC_WMARK_LOW,
	};
}

static bool dma32_populated(const struct ba_nodes *nodes, uint8_t node)
{
	const struct ba_zonelist *list = &nodes->node[node].zonelist;

	for (uint8_t i = 0; i < list->nr_local; i++)
		if (nodes->zone[list->zone[i]].index == BA_ZONE_DMA32)
			return true;
	return false;
}

/*
 * From Normal, a lower zone is used before types are mixed; not so when the
 * preferred zone is a low one already.
 */
static unsigned int nofragment(const struct ba_nodes *nodes,
			       const struct ba_zone *zone, uint32_t gfp)
{
	unsigned int flags = gfp & BA_GFP_KSWAPD_RECLAIM;

	if (!zone || zone->index != BA_ZONE_NORMAL)
		return flags;
	if (nodes->nr_nodes > 1 && !dma32_populated(nodes, zone->node))
		return flags;
	return flags | BA_ALLOC_NOFRAGMENT;
}

static bool reserves_pageblock(const struct ba_ctx *ctx,
			       const struct ba_alloc *request)
{
	if (ctx->profile->nonblock_flags)
		return request->flags & BA_ALLOC_HIGHATOMIC;
	return request->order > 0 && request->flags & BA_ALLOC_HARDER;
}

static inline bool above_mark(const struct ba_ctx *ctx,
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
 * 6.12: a zone above its high mark is taken without another test; one that
 * sinks below it is remembered, so that frees shorten the per-CPU lists.
 */
static bool above_high(const struct ba_ctx *ctx, struct ba_zone *zone,
		       const struct ba_alloc *request)
{
	if (zone->wmark.flags & BA_ZONE_BELOW_HIGH)
		return false;
	if (above_mark(ctx, zone, request, BA_WMARK_HIGH))
		return true;
	zone->wmark.flags |= BA_ZONE_BELOW_HIGH;
	return false;
}

static inline bool may_take(const struct ba_ctx *ctx, struct ba_zone *zone,
			    const struct ba_alloc *request)
{
	if (ctx->profile->below_high && above_high(ctx, zone, request))
		return true;
	return above_mark(ctx, zone, request,
			  request->flags & BA_ALLOC_WMARK_MASK) ||
	       request->flags & BA_ALLOC_NO_WATERMARKS;
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
	if (ba_unlikely(zone->wmark.flags & BA_ZONE_BOOSTED_WATERMARK) &&
	    (!ctx->profile->boost_wake_needs_kswapd ||
	     request->flags & BA_ALLOC_KSWAPD)) {
		zone->wmark.flags &= ~BA_ZONE_BOOSTED_WATERMARK;
		ba_kswapd_wake(nodes, zone, 0, zone->index);
	}
	if (pfn != BA_PFN_NONE && ba_unlikely(reserves_pageblock(ctx, request)))
		ba_zone_reserve_highatomic(ctx, zone, pfn, request->order);
	return pfn;
}

/* get_page_from_freelist */
static pfn_t from_freelist(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   struct ba_alloc *request)
{
	struct walk walk = walk_start(nodes, request);
	struct ba_zone *first = NULL, *zone;

	while ((zone = walk_next(nodes, &walk))) {
		pfn_t pfn;

		if (!first)
			first = zone;
		else if (request->flags & BA_ALLOC_NOFRAGMENT &&
			 zone->node != first->node)
			break;	/* locality counts more than mixing types */
		pfn = try_zone(ctx, nodes, zone, request);
		if (pfn != BA_PFN_NONE) {
			if (zone != first)
				ba_charge_step(&ctx->charge,
					       BA_STEP_ZONE_FALLBACK);
			return pfn;
		}
	}
	if (!(request->flags & BA_ALLOC_NOFRAGMENT))
		return BA_PFN_NONE;
	request->flags &= ~BA_ALLOC_NOFRAGMENT;
	return from_freelist(ctx, nodes, request);
}

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

/* wake_all_kswapds: once for each node that the walk comes to. */
static void wake_kswapds(struct ba_nodes *nodes,
			 const struct ba_alloc *request)
{
	struct walk walk = walk_start(nodes, request);
	struct ba_zone *zone;
	uint32_t last = UINT32_MAX;

	while ((zone = walk_next(nodes, &walk))) {
		if (zone->node == last || zone->wmark.managed == 0)
			continue;
		ba_kswapd_wake(nodes, zone, request->order,
			       request->highest_zoneidx);
		last = zone->node;
	}
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
	struct walk walk = walk_start(nodes, request);
	struct ba_zone *zone;

	while (rounds <= MAX_RECLAIM_RETRIES &&
	       (zone = walk_next(nodes, &walk))) {
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
	walk = walk_start(nodes, request);
	while ((zone = walk_next(nodes, &walk)))
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
		pfn_t pfn = from_freelist(ctx, nodes, request);

		if (pfn != BA_PFN_NONE)
			return pfn;
	}
	request->flags = BA_ALLOC_WMARK_HIGH | BA_ALLOC_CPUSET;
	request->gfp &= ~BA_GFP_DIRECT_RECLAIM;
	return from_freelist(ctx, nodes, request);
}

static pfn_t slow_path(struct ba_ctx *ctx, struct ba_nodes *nodes,
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
		wake_kswapds(nodes, request);
	ctx->result = BA_RESULT_NOMEM_WATERMARK;
	pfn = from_freelist(ctx, nodes, request);
	if (pfn != BA_PFN_NONE)
		return pfn;
	/* once more before reclaim would begin, perhaps with more rights */
	if (request->gfp & BA_GFP_MEMALLOC &&
	    !(request->gfp & BA_GFP_NOMEMALLOC))
		request->flags = BA_ALLOC_NO_WATERMARKS |
			(request->flags & BA_ALLOC_KSWAPD);
	pfn = from_freelist(ctx, nodes, request);
	if (pfn == BA_PFN_NONE && !ctx->traced)
		pfn = nothing_reclaimed(ctx, nodes, request);
	return pfn;
}

/* Hand a block out: its head knows its order, its frames if they can move. */
static inline void prep_new_page(struct ba_ctx *ctx, pfn_t pfn, order_t order,
				 uint32_t gfp)
{
	struct ba_frame *f = &ctx->frames[pfn];

	f->flags = BA_FRAME_HEAD;
	f->order = order;
	if (order > 0 && gfp & BA_GFP_COMP)
		f->flags |= BA_FRAME_COMPOUND;
	if (!ba_gfp_is_lru(gfp))
		return;
	f->flags |= BA_FRAME_MOVABLE;
	if (order > 0)
		ba_page_set_movable(ctx->frames, pfn, order, true);
}

void ba_alloc_captured(struct ba_ctx *ctx, pfn_t pfn, order_t order,
		       uint32_t gfp)
{
	ctx->result = BA_RESULT_OK;
	prep_new_page(ctx, pfn, order, gfp);
}

/* __alloc_pages */
static ba_noinline pfn_t alloc_pages(struct ba_ctx *ctx,
				     struct ba_nodes *nodes, uint32_t gfp,
				     order_t order, uint8_t node)
{
	struct ba_alloc request = prepare(ctx, gfp, order, node);
	pfn_t pfn;

	if (order > BA_ORDER_MAX) {
		ctx->result = BA_RESULT_TOO_LARGE;
		return BA_PFN_NONE;
	}
	ctx->result = BA_RESULT_NOMEM_WATERMARK;
	request.flags |= nofragment(nodes, preferred_zone(nodes, &request),
				    gfp);
	pfn = from_freelist(ctx, nodes, &request);
	if (ba_unlikely(pfn == BA_PFN_NONE))
		pfn = slow_path(ctx, nodes, &request);
	if (pfn != BA_PFN_NONE) {
		ctx->result = BA_RESULT_OK;
		prep_new_page(ctx, pfn, order, gfp);
	}
	return pfn;
}

void ba_wake_kswapds_for(const struct ba_ctx *ctx, struct ba_nodes *nodes,
			 uint32_t gfp, order_t order, uint8_t node)
{
	struct ba_alloc request = prepare(ctx, gfp, order, node);
	struct walk walk = walk_start(nodes, &request);
	struct ba_zone *zone;

	if (!(gfp & BA_GFP_KSWAPD_RECLAIM))
		return;
	while ((zone = walk_next(nodes, &walk)))
		if (above_mark(ctx, zone, &request, BA_WMARK_LOW))
			return;
	wake_kswapds(nodes, &request);
}

bool ba_node_would_serve(const struct ba_ctx *ctx, struct ba_nodes *nodes,
			 uint32_t gfp, order_t order, uint8_t node)
{
	struct ba_alloc request = prepare(ctx, gfp, order, node);
	struct walk walk = walk_start(nodes, &request);
	struct ba_zone *zone;

	walk.end = walk.list->nr_local;
	while ((zone = walk_next(nodes, &walk)))
		if (above_mark(ctx, zone, &request, BA_WMARK_LOW))
			return true;
	return false;
}

/*
 * What nearly every request of order 0 comes to: the preferred zone has
 * memory and a page waits on this CPU's list. BA_PFN_NONE, and nothing done,
 * for any other.
 */
static inline pfn_t alloc_hit(struct ba_ctx *ctx, struct ba_nodes *nodes,
			      uint32_t gfp, uint8_t node)
{
	struct ba_alloc request = prepare(ctx, gfp, 0, node);
	const struct ba_zonelist *zonelist = &nodes->node[node].zonelist;
	uint8_t id = zonelist->preferred[request.highest_zoneidx];
	struct ba_zone *zone = &nodes->zone[id];
	struct ba_pcp *pcp;
	struct ba_frame *f;
	uint8_t flags = BA_FRAME_HEAD;
	pfn_t pfn;

	if (ba_unlikely(id == BA_NO_ZONE))
		return BA_PFN_NONE;
	ba_keep_pointer(zone);
	if (ba_unlikely(!ba_wmark_quick(ctx, &zone->buddy, &zone->wmark,
					request.highest_zoneidx)))
		return BA_PFN_NONE;
	pcp = &zone->pcp[ctx->cpu];
	ba_keep_pointer(pcp);
	pfn = ba_pcp_hit(ctx, pcp, request.type);
	if (ba_unlikely(pfn == BA_PFN_NONE))
		return BA_PFN_NONE;
	ba_charge_step(&ctx->charge, BA_STEP_PCP_HIT);
	ctx->result = BA_RESULT_OK;
	if (ba_gfp_is_lru(gfp))
		flags |= BA_FRAME_MOVABLE;
	f = &ctx->frames[pfn];
	f->word = (f->word & ba_frame_word(0, 0, 0xff, 0)) |
		  ba_frame_word(BA_FRAME_USED, 0, 0, flags);
	return pfn;
}

pfn_t ba_alloc_pages(struct ba_ctx *ctx, struct ba_nodes *nodes,
		     uint32_t gfp, order_t order, uint8_t node)
{
	if (ba_likely(order == 0)) {
		pfn_t pfn = alloc_hit(ctx, nodes, gfp, node);

		if (ba_likely(pfn != BA_PFN_NONE))
			return pfn;
	}
	return alloc_pages(ctx, nodes, gfp, order, node);
}

/* The zone that a bulk allocation takes all its pages from, or NULL. */
static struct ba_zone *bulk_zone(struct ba_ctx *ctx, struct ba_nodes *nodes,
				 const struct ba_alloc *request, uint32_t nr)
{
	struct walk walk = walk_start(nodes, request);
	struct ba_zone *first = preferred_zone(nodes, request), *zone;

	while ((zone = walk_next(nodes, &walk))) {
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
	struct ba_alloc request = prepare(ctx, gfp, 0, node);
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

/* Is the frame inside a block that another frame heads? */
static bool inside_other_block(const struct ba_frame *frames, pfn_t pfn)
{
	for (unsigned int order = 1; order < BA_NR_ORDERS; order++) {
		pfn_t head = pfn & ~((1u << order) - 1u);
		const struct ba_frame *f = &frames[head];

		if (head != pfn && f->state == BA_FRAME_USED &&
		    f->flags & (BA_FRAME_HEAD | BA_FRAME_FREEING) &&
		    head + (1u << f->order) > pfn)
			return true;
	}
	return false;
}

/*
 * A frame in use whose head nobody has seen handed out: it was allocated
 * before the machine's first event. Such a block may have any order, as long
 * as none of its frames is known to be something else.
 */
static enum ba_status check_unknown(const struct ba_ctx *ctx, pfn_t pfn,
				    order_t order)
{
	if (ba_page_free_head(ctx->frames, pfn) != BA_PFN_NONE)
		return BA_EDOUBLEFREE;
	if (inside_other_block(ctx->frames, pfn))
		return BA_EORDER;
	for (pfn_t i = pfn; i < pfn + (1u << order); i++) {
		if (ctx->frames[i].state != BA_FRAME_USED)
			return BA_EDOUBLEFREE;
		if (ctx->frames[i].flags & (BA_FRAME_HEAD | BA_FRAME_FREEING))
			return BA_EORDER;
	}
	return BA_OK;
}

static inline enum ba_status check_owned(const struct ba_ctx *ctx, pfn_t pfn,
					 order_t order)
{
	const struct ba_frame *f = &ctx->frames[pfn];

	if (ba_unlikely(f->state != BA_FRAME_USED ||
			f->flags & BA_FRAME_FREEING))
		return BA_EDOUBLEFREE;
	if (ba_likely(f->flags & BA_FRAME_HEAD))
		return f->order == order ? BA_OK : BA_EORDER;
	return check_unknown(ctx, pfn, order);
}

static inline enum ba_status check_range(const struct ba_ctx *ctx,
					 struct ba_nodes *nodes, pfn_t pfn,
					 order_t order)
{
	const struct ba_zone *zone = ba_nodes_zone_of(ctx, nodes, pfn);

	if (order > BA_ORDER_MAX || pfn & ((1u << order) - 1u))
		return BA_EINVAL;
	if (!zone || !ba_zone_spans(zone, pfn + (1u << order) - 1))
		return BA_EFRAME;
	return check_owned(ctx, pfn, order);
}

enum ba_status ba_free_prepare(struct ba_ctx *ctx, struct ba_nodes *nodes,
			       pfn_t pfn, order_t order)
{
	enum ba_status status = check_range(ctx, nodes, pfn, order);
	struct ba_frame *f = &ctx->frames[pfn];

	if (ba_unlikely(status != BA_OK))
		return status;
	f->flags |= BA_FRAME_FREEING;
	f->order = order;
	f->type = ba_pageblock_type(ctx->pageblocks, pfn);
	return BA_OK;
}

static inline void forget_owner(struct ba_ctx *ctx, pfn_t pfn)
{
	struct ba_frame *f = &ctx->frames[pfn];

	/* 6.12 looks at the pageblock only when it knows the list */
	if (ctx->profile->list_type_is_pageblock)
		f->type = ba_pageblock_type(ctx->pageblocks, pfn);
	if (f->order > 0)
		ba_page_set_movable(ctx->frames, pfn, f->order, false);
	f->flags = 0;
}

void ba_free_commit(struct ba_ctx *ctx, struct ba_nodes *nodes, pfn_t pfn)
{
	struct ba_frame *f = &ctx->frames[pfn];
	struct ba_zone *zone = ba_nodes_zone_of(ctx, nodes, pfn);

	forget_owner(ctx, pfn);
	ba_zone_free(ctx, zone, pfn, f->order, f->type);
}

void ba_free_commit_direct(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   pfn_t pfn, unsigned int flags)
{
	struct ba_frame *f = &ctx->frames[pfn];
	struct ba_zone *zone = ba_nodes_zone_of(ctx, nodes, pfn);

	forget_owner(ctx, pfn);
	ba_zone_free_direct(ctx, zone, pfn, f->order, f->type, flags);
}

static ba_noinline enum ba_status free_pages(struct ba_ctx *ctx,
					     struct ba_nodes *nodes,
					     pfn_t pfn, order_t order)
{
	enum ba_status status = ba_free_prepare(ctx, nodes, pfn, order);

	if (ba_likely(status == BA_OK))
		ba_free_commit(ctx, nodes, pfn);
	return status;
}

/*
 * What nearly every free of order 0 comes to: a page that was handed out, and
 * room for it on this CPU's list. False, and nothing done, for any other.
 */
static inline bool free_hit(struct ba_ctx *ctx, struct ba_nodes *nodes,
			    pfn_t pfn)
{
	/* a page that was handed out lies in the zone of its pageblock */
	struct ba_zone *zone = ba_nodes_zone_of_pageblock(ctx, nodes, pfn);
	struct ba_frame *f = &ctx->frames[pfn];
	struct ba_pcp *pcp;
	uint8_t type;

	/* any type, movable or not */
	if (ba_unlikely(!zone || (f->word & ~ba_frame_word(0, 0, 0xff,
							   BA_FRAME_MOVABLE)) !=
				 ba_frame_word(BA_FRAME_USED, 0, 0,
					       BA_FRAME_HEAD)))
		return false;
	type = ba_pageblock_type(ctx->pageblocks, pfn);
	pcp = &zone->pcp[ctx->cpu];
	ba_keep_pointer(pcp);
	if (ba_unlikely(type >= BA_MT_PCPTYPES ||
			!ba_pcp_put(ctx, &zone->wmark, pcp, pfn, type)))
		return false;
	ba_charge_units(&ctx->charge, BA_COST_FREE, 1);
	return true;
}

enum ba_status ba_free_pages(struct ba_ctx *ctx, struct ba_nodes *nodes,
			     pfn_t pfn, order_t order)
{
	if (ba_likely(order == 0) && ba_likely(free_hit(ctx, nodes, pfn)))
		return BA_OK;
	return free_pages(ctx, nodes, pfn, order);
}

enum ba_status ba_free_pages_list(struct ba_ctx *ctx, struct ba_nodes *nodes,
				  const pfn_t *pfns, uint32_t nr,
				  uint32_t *bad)
{
	for (uint32_t i = 0; i < nr; i++) {
		enum ba_status status = ba_free_prepare(ctx, nodes, pfns[i],
							0);

		if (status == BA_OK)
			continue;
		*bad = i;
		while (i-- > 0)
			ctx->frames[pfns[i]].flags &=
				(uint8_t)~BA_FRAME_FREEING;
		return status;
	}
	for (uint32_t i = 0; i < nr; i++)
		ba_free_commit(ctx, nodes, pfns[i]);
	return BA_OK;
}

enum ba_status ba_split_page(struct ba_ctx *ctx, struct ba_nodes *nodes,
			     pfn_t pfn, order_t order)
{
	enum ba_status status = check_range(ctx, nodes, pfn, order);

	if (status != BA_OK)
		return status;
	for (pfn_t i = pfn; i < pfn + (1u << order); i++) {
		ctx->frames[i].flags |= BA_FRAME_HEAD;
		ctx->frames[i].order = 0;
	}
	return BA_OK;
}

void ba_drain_pages(struct ba_ctx *ctx, struct ba_nodes *nodes, cpu_t cpu)
{
	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		ba_pcp_drain(ctx, &nodes->zone[id].buddy,
			     &nodes->zone[id].pcp[cpu]);
}

void ba_drain_all_pages(struct ba_ctx *ctx, struct ba_nodes *nodes)
{
	ba_charge_step(&ctx->charge, BA_STEP_DRAIN);
	for (cpu_t cpu = 0; cpu < nodes->nr_cpus; cpu++)
		ba_drain_pages(ctx, nodes, cpu);
}
