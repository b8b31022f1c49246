// SPDX-License-Identifier: GPL-2.0-only
#include "mm/fallback.h"

#define NO_TYPE 0xffu

/* Where each type looks when its own lists are empty, best first. */
static const uint8_t fallbacks[BA_MT_PCPTYPES][2] = {
	[BA_MT_UNMOVABLE]   = { BA_MT_RECLAIMABLE, BA_MT_MOVABLE },
	[BA_MT_MOVABLE]	    = { BA_MT_RECLAIMABLE, BA_MT_UNMOVABLE },
	[BA_MT_RECLAIMABLE] = { BA_MT_UNMOVABLE, BA_MT_MOVABLE },
};

/* May the whole pageblock be claimed, and not just the block found? */
static bool can_steal(const struct ba_ctx *ctx, unsigned int order,
		      uint8_t start)
{
	return order >= BA_PAGEBLOCK_ORDER / 2 || start == BA_MT_RECLAIMABLE ||
	       start == BA_MT_UNMOVABLE || ctx->mobility_disabled;
}

static uint8_t find_fallback(const struct ba_buddy *buddy, unsigned int order,
			     uint8_t start)
{
	for (unsigned int i = 0; i < 2; i++) {
		uint8_t type = fallbacks[start][i];

		if ((buddy->nonempty[type] >> order) & 1u)
			return type;
	}
	return NO_TYPE;
}

struct found {
	unsigned int order;
	uint8_t type;		/* NO_TYPE: nothing found */
	bool whole;		/* the pageblock may be claimed */
};

static struct found find_smallest(const struct ba_ctx *ctx,
				  const struct ba_buddy *buddy,
				  order_t order, uint8_t start)
{
	for (unsigned int o = order; o < BA_NR_ORDERS; o++) {
		uint8_t type = find_fallback(buddy, o, start);

		if (type != NO_TYPE)
			return (struct found){ o, type,
					       can_steal(ctx, o, start) };
	}
	return (struct found){ 0, NO_TYPE, false };
}

/*
 * The largest block of another type; but a movable request that may not
 * claim its pageblock takes the smallest, which fragments least.
 */
static struct found find_largest(const struct ba_ctx *ctx,
				 const struct ba_buddy *buddy, order_t order,
				 uint8_t start, unsigned int alloc_flags)
{
	unsigned int min = order;

	if (order < BA_PAGEBLOCK_ORDER &&
	    alloc_flags & BA_ALLOC_NOFRAGMENT)
		min = BA_PAGEBLOCK_ORDER;

	for (unsigned int o = BA_NR_ORDERS; o-- > min;) {
		uint8_t type = find_fallback(buddy, o, start);
		bool whole = can_steal(ctx, o, start);

		if (type == NO_TYPE)
			continue;
		if (!whole && start == BA_MT_MOVABLE && o > order)
			return find_smallest(ctx, buddy, order, start);
		return (struct found){ o, type, whole };
	}
	return (struct found){ 0, NO_TYPE, false };
}

static void boost(struct ba_ctx *ctx, struct ba_wmark *w,
		  unsigned int alloc_flags)
{
	if (ba_wmark_boost(ctx, w) && alloc_flags & BA_ALLOC_KSWAPD)
		w->flags |= BA_ZONE_BOOSTED_WATERMARK;
}

/* Pages in use that are of the requester's kind, as far as one can tell. */
static uint32_t alike_pages(struct ba_buddy_census census, uint8_t start,
			    uint8_t block_type)
{
	if (start == BA_MT_MOVABLE)
		return census.movable;
	if (block_type == BA_MT_MOVABLE)
		return BA_PAGEBLOCK_PAGES - (census.free + census.movable);
	return 0;
}

static bool claims(const struct ba_ctx *ctx, struct ba_buddy_census census,
		   uint8_t start, uint8_t block_type)
{
	return census.free + alike_pages(census, start, block_type) >=
		       BA_PAGEBLOCK_PAGES / 2 ||
	       ctx->mobility_disabled;
}

/* Move the block found, or its pageblock, to the requester's lists. */
static void steal(struct ba_ctx *ctx, struct ba_buddy *buddy,
		  struct ba_wmark *w, pfn_t pfn, uint8_t start,
		  unsigned int alloc_flags, bool whole)
{
	order_t order = ctx->frames[pfn].order;
	uint8_t block_type = ba_pageblock_type(ctx->pageblocks, pfn);
	struct ba_buddy_census census = { 0, 0 };

	if (block_type == BA_MT_HIGHATOMIC) {
		ba_buddy_move(ctx, buddy, pfn, start);
		return;
	}
	if (order >= BA_PAGEBLOCK_ORDER) {
		ba_pageblock_set_range(ctx->pageblocks, pfn, order, start);
		ba_buddy_move(ctx, buddy, pfn, start);
		return;
	}
	boost(ctx, w, alloc_flags);
	if (whole)
		census = ba_buddy_pageblock(ctx, buddy, pfn, start, true);
	if (census.free == 0) {
		ba_buddy_move(ctx, buddy, pfn, start);
		return;
	}
	/* the blocks stay where they are even if the pageblock does not */
	if (claims(ctx, census, start, block_type))
		ba_pageblock_set_type(ctx->pageblocks, pfn, start);
}

static void emit_extfrag(struct ba_ctx *ctx, const struct ba_buddy *buddy,
			 pfn_t pfn, order_t order, uint8_t start,
			 struct found found)
{
	ba_charge_fallback(&ctx->charge, found.type);
	ba_tp_emit(ctx->trace, (struct ba_tp_event){
		.kind = BA_TP_EXTFRAG, .pfn = pfn, .order = order,
		.migratetype = start, .zone = buddy->zone,
		.fallback_order = (uint8_t)found.order,
		.fallback_migratetype = found.type,
		.change_ownership =
			ba_pageblock_type(ctx->pageblocks, pfn) == start });
}

pfn_t ba_rmqueue(struct ba_ctx *ctx, struct ba_buddy *buddy,
		 struct ba_wmark *w, order_t order, uint8_t type,
		 unsigned int alloc_flags)
{
	pfn_t pfn = ba_buddy_take(ctx, buddy, order, type);
	struct found found;

	if (ba_likely(pfn != BA_PFN_NONE) || type >= BA_MT_PCPTYPES)
		return pfn;
	found = find_largest(ctx, buddy, order, type, alloc_flags);
	if (found.type == NO_TYPE)
		return BA_PFN_NONE;
	pfn = ba_list_first(&buddy->area[found.order].list[found.type]);
	steal(ctx, buddy, w, pfn, type, alloc_flags, found.whole);
	emit_extfrag(ctx, buddy, pfn, order, type, found);
	return ba_buddy_take(ctx, buddy, order, type);
}
