// SPDX-License-Identifier: GPL-2.0-only
#include "mm/zone.h"
#include "mm/fallback.h"

void ba_zone_init(struct ba_zone *zone, uint8_t id, uint8_t node,
		  uint8_t index, pfn_t start, pfn_t end, uint8_t nr_cpus)
{
	zone->id = id;
	zone->node = node;
	zone->index = index;
	zone->nr_cpus = nr_cpus;
	ba_buddy_init(&zone->buddy, id, start, end);
	for (cpu_t cpu = 0; cpu < nr_cpus; cpu++)
		ba_pcp_init(&zone->pcp[cpu], 0, 1);
}

static bool wants_highatomic_first(const struct ba_ctx *ctx,
				   const struct ba_alloc *request)
{
	if (ctx->profile->nonblock_flags)
		return request->flags & BA_ALLOC_HIGHATOMIC;
	return request->order > 0 && request->flags & BA_ALLOC_HARDER;
}

static bool wants_highatomic_last(const struct ba_ctx *ctx,
				  const struct ba_alloc *request)
{
	return ctx->profile->nonblock_flags &&
	       request->flags & (BA_ALLOC_OOM | BA_ALLOC_NON_BLOCK);
}

/* rmqueue_buddy */
static pfn_t alloc_buddy(struct ba_ctx *ctx, struct ba_zone *zone,
			 const struct ba_alloc *request)
{
	struct ba_buddy *buddy = &zone->buddy;
	enum ba_rmqueue_mode mode = BA_RMQUEUE_NORMAL;
	pfn_t pfn = BA_PFN_NONE;

	ba_charge_step(&ctx->charge, BA_STEP_BUDDY);
	ba_buddy_lock(buddy, ctx);
	if (wants_highatomic_first(ctx, request)) {
		ba_charge_step(&ctx->charge, BA_STEP_HIGHATOMIC);
		pfn = ba_buddy_take(ctx, buddy, request->order,
				    BA_MT_HIGHATOMIC);
	}
	if (pfn == BA_PFN_NONE)
		pfn = ba_rmqueue(ctx, buddy, &zone->wmark, request->order,
				 request->type, request->flags, &mode);
	if (pfn == BA_PFN_NONE && wants_highatomic_last(ctx, request)) {
		ba_charge_step(&ctx->charge, BA_STEP_HIGHATOMIC);
		pfn = ba_buddy_take(ctx, buddy, request->order,
				    BA_MT_HIGHATOMIC);
	}
	if (pfn != BA_PFN_NONE && !ctx->profile->per_op_free_counter)
		ba_vmstat_mod(&buddy->free_pages, ctx->cpu,
			      -(1 << request->order));
	ba_buddy_unlock(buddy, ctx);
	return pfn;
}

pfn_t ba_zone_alloc(struct ba_ctx *ctx, struct ba_zone *zone,
		    const struct ba_alloc *request)
{
	pfn_t pfn = BA_PFN_NONE;

	if (ba_pcp_allowed(request->order)) {
		pfn = ba_pcp_alloc(ctx, &zone->buddy, &zone->wmark,
				   &zone->pcp[ctx->cpu], request->order,
				   request->type, request->flags);
		if (pfn != BA_PFN_NONE)
			ba_charge_step(&ctx->charge, BA_STEP_PCP_HIT);
	}
	if (pfn == BA_PFN_NONE)
		pfn = alloc_buddy(ctx, zone, request);
	return pfn;
}

/* 6.12: each pageblock of a large block has its own type (split_large_buddy). */
static void free_pageblocks(struct ba_ctx *ctx, struct ba_zone *zone,
			    pfn_t pfn, order_t order, unsigned int flags)
{
	pfn_t end = pfn + (1u << order);

	for (; pfn < end; pfn += BA_PAGEBLOCK_PAGES)
		ba_buddy_free(ctx, &zone->buddy, pfn, BA_PAGEBLOCK_ORDER,
			      ba_pageblock_type(ctx->pageblocks, pfn), flags);
}

void ba_zone_free_direct(struct ba_ctx *ctx, struct ba_zone *zone, pfn_t pfn,
			 order_t order, uint8_t type, unsigned int flags)
{
	ba_charge_units(&ctx->charge, BA_COST_FREE_BUDDY, 1);
	ba_buddy_lock(&zone->buddy, ctx);
	if (ctx->profile->split_large_frees && order > BA_PAGEBLOCK_ORDER)
		free_pageblocks(ctx, zone, pfn, order, flags);
	else
		ba_buddy_free(ctx, &zone->buddy, pfn, order, type, flags);
	ba_buddy_unlock(&zone->buddy, ctx);
}

void ba_zone_free(struct ba_ctx *ctx, struct ba_zone *zone, pfn_t pfn,
		  order_t order, uint8_t type)
{
	if (ba_pcp_allowed(order) && type != BA_MT_ISOLATE) {
		if (ba_likely(ba_pcp_free(ctx, &zone->buddy, &zone->wmark,
					  &zone->pcp[ctx->cpu], pfn, order,
					  type))) {
			ba_charge_units(&ctx->charge, BA_COST_FREE, 1);
			return;
		}
		if (!ctx->profile->trylock_keeps_type &&
		    type >= BA_MT_PCPTYPES)
			type = BA_MT_MOVABLE;
	}
	ba_zone_free_direct(ctx, zone, pfn, order, type, 0);
}

/* Pages that may be reserved: about 1 % of the zone and a pageblock. */
static int64_t reserve_limit(const struct ba_ctx *ctx,
			     const struct ba_zone *zone)
{
	int64_t share = zone->wmark.managed / 100;

	if (!ctx->profile->reserve_limit_rounded)
		return share + BA_PAGEBLOCK_PAGES;
	if (share < (int64_t)BA_PAGEBLOCK_PAGES)
		return 0;
	return (share + BA_PAGEBLOCK_PAGES - 1) / BA_PAGEBLOCK_PAGES *
	       BA_PAGEBLOCK_PAGES;
}

/* The pageblock of the allocation, or, in 6.12, all of a larger block. */
static void reserve(struct ba_ctx *ctx, struct ba_zone *zone, pfn_t pfn,
		    order_t order)
{
	int64_t *reserved = &zone->wmark.reserved_highatomic;

	if (ctx->profile->unreserve_range && order >= BA_PAGEBLOCK_ORDER) {
		ba_pageblock_set_range(ctx->pageblocks, pfn, order,
				       BA_MT_HIGHATOMIC);
		*reserved += 1 << order;
		return;
	}
	if (ctx->profile->whole_block_moves &&
	    !ba_buddy_spans_pageblock(&zone->buddy, pfn))
		return;
	*reserved += BA_PAGEBLOCK_PAGES;
	ba_buddy_pageblock(ctx, &zone->buddy, pfn, BA_MT_HIGHATOMIC, true);
	ba_pageblock_set_type(ctx->pageblocks, pfn, BA_MT_HIGHATOMIC);
}

void ba_zone_reserve_highatomic(struct ba_ctx *ctx, struct ba_zone *zone,
				pfn_t pfn, order_t order)
{
	int64_t limit = reserve_limit(ctx, zone);

	if (ba_wmark_reserved(&zone->wmark) >= limit)
		return;
	ba_buddy_lock(&zone->buddy, ctx);
	if (zone->wmark.reserved_highatomic < limit &&
	    ba_pageblock_type(ctx->pageblocks, pfn) < BA_MT_PCPTYPES)
		reserve(ctx, zone, pfn, order);
	ba_buddy_unlock(&zone->buddy, ctx);
}

/* The pageblock of one free block back to type `type`; pages that moved. */
static uint32_t unreserve_one(struct ba_ctx *ctx, struct ba_zone *zone,
			      pfn_t pfn, uint8_t type)
{
	int64_t *reserved = &zone->wmark.reserved_highatomic;
	order_t order = ba_descriptor(ctx, pfn)->order;
	bool range = ctx->profile->unreserve_range &&
		     order >= BA_PAGEBLOCK_ORDER;
	int64_t size = range ? 1 << order : (int64_t)BA_PAGEBLOCK_PAGES;
	uint32_t moved;

	if (ba_pageblock_type(ctx->pageblocks, pfn) == BA_MT_HIGHATOMIC)
		*reserved -= *reserved < size ? *reserved : size;
	if (range) {
		ba_buddy_move(ctx, &zone->buddy, pfn, type);
		ba_pageblock_set_range(ctx->pageblocks, pfn, order, type);
		return 1u << order;
	}
	moved = ba_buddy_pageblock(ctx, &zone->buddy, pfn, type, true).free;
	ba_pageblock_set_type(ctx->pageblocks, pfn, type);
	return moved;
}

bool ba_zone_unreserve_highatomic(struct ba_ctx *ctx, struct ba_zone *zone,
				  uint8_t type, bool force)
{
	bool moved = false;

	if (!force &&
	    ba_wmark_reserved(&zone->wmark) <= (int64_t)BA_PAGEBLOCK_PAGES)
		return false;
	ba_buddy_lock(&zone->buddy, ctx);
	for (order_t order = 0; order < BA_NR_ORDERS && !moved; order++) {
		pfn_t pfn = ba_buddy_first(&zone->buddy, order,
					   BA_MT_HIGHATOMIC);

		if (pfn != BA_PFN_NONE)
			moved = unreserve_one(ctx, zone, pfn, type);
	}
	ba_buddy_unlock(&zone->buddy, ctx);
	return moved;
}

/* Compaction makes room for movable pages only. */
static void isolate_types(struct ba_ctx *ctx, struct ba_zone *zone, pfn_t pfn,
			  order_t order)
{
	pfn_t end = pfn + (1u << order);

	for (; pfn < end; pfn += BA_PAGEBLOCK_PAGES) {
		if (ba_pageblock_type(ctx->pageblocks, pfn) >= BA_MT_PCPTYPES)
			continue;
		if (ctx->profile->isolate_moves_block) {
			if (!ba_buddy_spans_pageblock(&zone->buddy, pfn))
				continue;
			ba_buddy_pageblock(ctx, &zone->buddy, pfn,
					   BA_MT_MOVABLE, true);
		}
		ba_pageblock_set_type(ctx->pageblocks, pfn, BA_MT_MOVABLE);
	}
}

bool ba_zone_isolate(struct ba_ctx *ctx, struct ba_zone *zone, pfn_t pfn)
{
	const struct ba_frame *f;
	int64_t mark = zone->wmark.mark[BA_WMARK_MIN];
	bool free;
	order_t order;

	ba_buddy_lock(&zone->buddy, ctx);
	f = ba_descriptor(ctx, pfn);
	free = BA_PEEK(f->state) == BA_FRAME_BUDDY;
	order = free ? f->order : 0;
	mark += 1 << order;
	if (free && ba_pageblock_type(ctx->pageblocks, pfn) != BA_MT_ISOLATE)
		free = ba_wmark_ok(ctx, &zone->buddy, &zone->wmark, 0, mark, 0,
				   0, ba_vmstat_read(&zone->buddy.free_pages));
	if (free) {
		ba_buddy_remove(ctx, &zone->buddy, pfn);
		if (order >= BA_PAGEBLOCK_ORDER - 1)
			isolate_types(ctx, zone, pfn, order);
		ctx->frames[pfn].order = order;
	}
	ba_buddy_unlock(&zone->buddy, ctx);
	return free;
}

const char *ba_zone_check(struct ba_ctx *ctx, struct ba_zone *zone)
{
	const char *broken = ba_buddy_check(ctx, &zone->buddy);

	if (!broken)
		broken = ba_wmark_check(&zone->wmark);
	if (!broken && zone->wmark.reserved_highatomic < 0)
		broken = "Z1: the high-order atomic reserve is negative";
	if (!broken && zone->compact.defer_shift > BA_COMPACT_DEFER_SHIFT_MAX)
		broken = "Z2: compaction is put off for longer than it may be";
	for (cpu_t cpu = 0; cpu < zone->nr_cpus && !broken; cpu++)
		broken = ba_pcp_check(ctx, &zone->pcp[cpu], zone->buddy.end);
	return broken;
}
