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

		if ((BA_PEEK(buddy->nonempty[type]) >> order) & 1u)
			return type;
	}
	return NO_TYPE;
}

bool ba_fallback_claims(const struct ba_ctx *ctx,
			const struct ba_buddy *buddy, order_t order,
			uint8_t start)
{
	return find_fallback(buddy, order, start) != NO_TYPE &&
	       can_steal(ctx, order, start);
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
		ba_wmark_set(ctx, w, BA_ZONE_BOOSTED_WATERMARK);
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

/*
 * A block of `order` is found where pages on LRU lists count, and the model
 * says `claims`. The line of this fallback knows: it names that block's order
 * and what came of it, or a smaller one, if this block was left.
 */
static ba_noinline bool told_claim(const struct ba_ctx *ctx, order_t order,
				   uint8_t block_type, bool claims)
{
	struct ba_told_fallbacks *told = ctx->told_fallbacks;
	bool claimed;

	if (told->next >= told->nr || told->fallback[told->next].order > order)
		return claims;
	claimed = told->fallback[told->next].order == order &&
		  told->fallback[told->next].type == block_type &&
		  told->fallback[told->next].claimed;
	told->corrected += claimed != claims;
	return claimed;
}

static bool claims(const struct ba_ctx *ctx, struct ba_buddy_census census,
		   order_t order, uint8_t start, uint8_t block_type)
{
	bool enough = census.free + alike_pages(census, start, block_type) >=
		      BA_PAGEBLOCK_PAGES / 2;

	if (ctx->mobility_disabled || census.free >= BA_PAGEBLOCK_PAGES / 2)
		return true;
	if (ba_unlikely(ctx->told_fallbacks) &&
	    (start == BA_MT_MOVABLE || block_type == BA_MT_MOVABLE))
		return told_claim(ctx, order, block_type, enough);
	return enough;
}

/* 6.1: move the block found, or its pageblock, to the requester's lists. */
static void steal(struct ba_ctx *ctx, struct ba_buddy *buddy,
		  struct ba_wmark *w, pfn_t pfn, uint8_t start,
		  unsigned int alloc_flags, bool whole)
{
	order_t order = ba_descriptor(ctx, pfn)->order;
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
	if (claims(ctx, census, order, start, block_type))
		ba_pageblock_set_type(ctx->pageblocks, pfn, start);
}

static void emit_extfrag(struct ba_ctx *ctx, const struct ba_buddy *buddy,
			 pfn_t pfn, order_t order, uint8_t start,
			 struct found found)
{
	ba_charge_fallback(&ctx->charge, found.type);
	if (ba_unlikely(ctx->told_fallbacks))
		ctx->told_fallbacks->next++;
	ba_tp_emit(ctx->trace, (struct ba_tp_event){
		.kind = BA_TP_EXTFRAG, .pfn = pfn, .order = order,
		.migratetype = start, .zone = buddy->zone,
		.fallback_order = (uint8_t)found.order,
		.fallback_migratetype = found.type,
		.change_ownership =
			ba_pageblock_type(ctx->pageblocks, pfn) == start });
}

static inline pfn_t first_of(const struct ba_buddy *buddy, struct found found)
{
	return ba_buddy_first(buddy, (order_t)found.order, found.type);
}

/* 6.1: blocks move to the requester's lists, then the smallest fit serves. */
static pfn_t fallback_move(struct ba_ctx *ctx, struct ba_buddy *buddy,
			   struct ba_wmark *w, order_t order, uint8_t start,
			   unsigned int alloc_flags)
{
	struct found found = find_largest(ctx, buddy, order, start,
					  alloc_flags);
	pfn_t pfn;

	if (found.type == NO_TYPE)
		return BA_PFN_NONE;
	pfn = first_of(buddy, found);
	steal(ctx, buddy, w, pfn, start, alloc_flags, found.whole);
	emit_extfrag(ctx, buddy, pfn, order, start, found);
	return ba_buddy_take(ctx, buddy, order, start);
}

/* 6.12: the requester takes a block of pageblock size or more for itself. */
static pfn_t claim_large(struct ba_ctx *ctx, struct ba_buddy *buddy,
			 pfn_t pfn, order_t order, uint8_t start)
{
	order_t found = ba_descriptor(ctx, pfn)->order;

	ba_pageblock_set_range(ctx->pageblocks, pfn, found, start);
	ba_buddy_claim(ctx, buddy, pfn, order, start);
	return pfn;
}

/*
 * 6.12: if enough of the pageblock is free or of the requester's kind, its
 * free blocks change lists and the smallest fit serves; else nothing moves.
 */
static pfn_t claim_block(struct ba_ctx *ctx, struct ba_buddy *buddy,
			 struct ba_wmark *w, pfn_t pfn, order_t order,
			 uint8_t start, unsigned int alloc_flags, bool whole)
{
	uint8_t block_type = ba_pageblock_type(ctx->pageblocks, pfn);
	struct ba_buddy_census census;

	if (block_type == BA_MT_HIGHATOMIC)
		return BA_PFN_NONE;
	if (ba_descriptor(ctx, pfn)->order >= BA_PAGEBLOCK_ORDER)
		return claim_large(ctx, buddy, pfn, order, start);
	boost(ctx, w, alloc_flags);
	if (!whole || !ba_buddy_spans_pageblock(buddy, pfn))
		return BA_PFN_NONE;
	census = ba_buddy_pageblock(ctx, buddy, pfn, start, false);
	if (!claims(ctx, census, ctx->frames[pfn].order, start, block_type))
		return BA_PFN_NONE;
	ba_buddy_pageblock(ctx, buddy, pfn, start, true);
	ba_pageblock_set_type(ctx->pageblocks, pfn, start);
	return ba_buddy_take(ctx, buddy, order, start);
}

/* 6.12: cut the block out of another type's, and leave the rest there. */
static pfn_t take_found(struct ba_ctx *ctx, struct ba_buddy *buddy,
			order_t order, struct found found)
{
	pfn_t pfn = first_of(buddy, found);

	ba_buddy_carve(ctx, buddy, pfn, order, found.type);
	return pfn;
}

/* 6.12.0: claim the pageblock, or take the block that was found. */
static pfn_t fallback_claim_or_take(struct ba_ctx *ctx,
				    struct ba_buddy *buddy,
				    struct ba_wmark *w, order_t order,
				    uint8_t start, unsigned int alloc_flags)
{
	struct found found = find_largest(ctx, buddy, order, start,
					  alloc_flags);
	pfn_t pfn;

	if (found.type == NO_TYPE)
		return BA_PFN_NONE;
	pfn = claim_block(ctx, buddy, w, first_of(buddy, found), order, start,
			  alloc_flags, found.whole);
	if (pfn == BA_PFN_NONE)
		pfn = take_found(ctx, buddy, order, found);
	emit_extfrag(ctx, buddy, pfn, order, start, found);
	return pfn;
}

/* 6.12L: one candidate of each order, from the largest down. */
static pfn_t claim(struct ba_ctx *ctx, struct ba_buddy *buddy,
		   struct ba_wmark *w, order_t order, uint8_t start,
		   unsigned int alloc_flags)
{
	unsigned int min = order;

	if (order < BA_PAGEBLOCK_ORDER && alloc_flags & BA_ALLOC_NOFRAGMENT)
		min = BA_PAGEBLOCK_ORDER;
	for (unsigned int o = BA_NR_ORDERS; o-- > min;) {
		struct found found = { o, find_fallback(buddy, o, start),
				       true };
		pfn_t pfn;

		if (found.type == NO_TYPE)
			continue;
		if (!can_steal(ctx, o, start))
			break;
		pfn = claim_block(ctx, buddy, w, first_of(buddy, found), order,
				  start, alloc_flags, true);
		if (pfn == BA_PFN_NONE)
			continue;
		emit_extfrag(ctx, buddy, pfn, order, start, found);
		return pfn;
	}
	return BA_PFN_NONE;
}

/* 6.12L: the smallest block of another type. */
static pfn_t steal_smallest(struct ba_ctx *ctx, struct ba_buddy *buddy,
			    order_t order, uint8_t start)
{
	struct found found = find_smallest(ctx, buddy, order, start);
	pfn_t pfn;

	if (found.type == NO_TYPE)
		return BA_PFN_NONE;
	pfn = take_found(ctx, buddy, order, found);
	emit_extfrag(ctx, buddy, pfn, order, start, found);
	return pfn;
}

static pfn_t fallback_claim_steal(struct ba_ctx *ctx, struct ba_buddy *buddy,
				  struct ba_wmark *w, order_t order,
				  uint8_t start, unsigned int alloc_flags,
				  enum ba_rmqueue_mode *mode)
{
	pfn_t pfn;

	if (*mode != BA_RMQUEUE_STEAL) {
		pfn = claim(ctx, buddy, w, order, start, alloc_flags);
		if (pfn != BA_PFN_NONE) {
			*mode = BA_RMQUEUE_NORMAL;
			return pfn;
		}
	}
	if (alloc_flags & BA_ALLOC_NOFRAGMENT)
		return BA_PFN_NONE;
	pfn = steal_smallest(ctx, buddy, order, start);
	if (pfn != BA_PFN_NONE)
		*mode = BA_RMQUEUE_STEAL;
	return pfn;
}

/* A block of another type, of which only PCPTYPES are served. */
static ba_noinline pfn_t fallback(struct ba_ctx *ctx, struct ba_buddy *buddy,
				  struct ba_wmark *w, order_t order,
				  uint8_t type, unsigned int alloc_flags,
				  enum ba_rmqueue_mode *mode)
{
	if (type >= BA_MT_PCPTYPES)
		return BA_PFN_NONE;
	switch ((enum ba_fallback_policy)ctx->profile->fallback) {
	case BA_FALLBACK_6_1:
		return fallback_move(ctx, buddy, w, order, type, alloc_flags);
	case BA_FALLBACK_6_12_0:
		return fallback_claim_or_take(ctx, buddy, w, order, type,
					      alloc_flags);
	case BA_FALLBACK_CLAIM_STEAL:
		break;
	}
	return fallback_claim_steal(ctx, buddy, w, order, type, alloc_flags,
				    mode);
}

pfn_t ba_rmqueue(struct ba_ctx *ctx, struct ba_buddy *buddy,
		 struct ba_wmark *w, order_t order, uint8_t type,
		 unsigned int alloc_flags, enum ba_rmqueue_mode *mode)
{
	pfn_t pfn = BA_PFN_NONE;

	ba_rmqueue_run(ctx, buddy, w, order, type, alloc_flags, mode, 1, &pfn);
	return pfn;
}

uint32_t ba_rmqueue_run(struct ba_ctx *ctx, struct ba_buddy *buddy,
			struct ba_wmark *w, order_t order, uint8_t type,
			unsigned int alloc_flags, enum ba_rmqueue_mode *mode,
			uint32_t nr, pfn_t *ret)
{
	uint32_t got = 0;

	if (ba_likely(*mode == BA_RMQUEUE_NORMAL))
		got = ba_buddy_take_run(ctx, buddy, order, type, nr, ret);
	if (ba_likely(got))
		return got;
	*ret = fallback(ctx, buddy, w, order, type, alloc_flags, mode);
	return *ret != BA_PFN_NONE;
}
