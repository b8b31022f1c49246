/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wmark - how much of a zone must stay free: watermarks, their boost after a
 * fallback, the reserve that keeps low zones for those who need them, and
 * the flags of a zone that go with them.
 *
 *	pages free
 *	  |  above HIGH   kswapd sleeps
 *	  |-- HIGH ----
 *	  |               kswapd works until HIGH is reached
 *	  |-- LOW -----   an ordinary request wakes kswapd below this
 *	  |               the slow path may go on down to MIN
 *	  |-- MIN -----   below: only atomic requests, memory reserves, OOM
 *	  0
 *
 * A request also leaves lowmem_reserve[highest zone it could use] untouched,
 * so that a request that fits into Normal does not use up DMA32.
 *
 * Models: __zone_watermark_ok, zone_watermark_fast, zone_watermark_ok_safe,
 *	__zone_watermark_unusable_free, boost_watermark,
 *	__setup_per_zone_wmarks, setup_per_zone_lowmem_reserve,
 *	mm/page_alloc.c; enum zone_flags, include/linux/mmzone.h (6.1, 6.12).
 * Profiles: nonblock_flags (which discounts a request gets),
 *	reserve_counts_free, lowmem_reserve_zero_empty.
 * Simplified: no CMA. No memory tiering, so PROMO is a mark nobody tests.
 *
 * Invariants:
 *   W1 min <= low <= high.
 *   W2 boost is at most the larger of 512 pages and the boost factor's share
 *      of the high mark at the time of the boost.
 */
#ifndef BA_MM_WMARK_H
#define BA_MM_WMARK_H

#include "mm/buddy.h"
#include "mm/zonetype.h"

enum ba_wmark_index { BA_WMARK_MIN, BA_WMARK_LOW, BA_WMARK_HIGH,
		      BA_NR_WMARK };

/* Bits of ba_wmark.flags, numbered as in enum zone_flags. */
#define BA_ZONE_BOOSTED_WATERMARK 0x1u	/* wake kswapd at the next allocation */
#define BA_ZONE_RECLAIM_ACTIVE	  0x2u	/* kswapd balances: short pcp lists */
#define BA_ZONE_BELOW_HIGH	  0x4u	/* 6.12: below the high mark lately */

struct ba_wmark {
	int64_t mark[BA_NR_WMARK];	/* pages, without boost */
	int64_t boost;			/* pages added to each mark */
	int64_t boost_noted;		/* of it, when kswapd began to balance */
	int64_t lowmem_reserve[BA_ZONES_PER_NODE]; /* pages, by highest zone */
	int64_t managed;		/* pages the zone's allocator owns */
	int64_t reserved_highatomic;	/* pages in HIGHATOMIC pageblocks */
	uint32_t flags;			/* BA_ZONE_* */
	uint64_t drift_mark;		/* pages; 0: none */
};

static inline int64_t ba_wmark_pages(const struct ba_wmark *w,
				     unsigned int index)
{
	return w->mark[index] + BA_PEEK(w->boost);
}

/* Pages in HIGHATOMIC pageblocks, as one without the zone lock sees them. */
static inline int64_t ba_wmark_reserved(const struct ba_wmark *w)
{
	return BA_PEEK(w->reserved_highatomic);
}

/* Is one of those bits set? They change without a lock: set_bit, clear_bit. */
static inline bool ba_wmark_has(const struct ba_wmark *w, uint32_t flags)
{
	return BA_PEEK(w->flags) & flags;
}

static inline void ba_wmark_set(const struct ba_ctx *ctx, struct ba_wmark *w,
				uint32_t flags)
{
	if (ba_unlikely(ctx->shared))
		__atomic_fetch_or(&w->flags, flags, __ATOMIC_RELAXED);
	else
		w->flags |= flags;
}

static inline void ba_wmark_clear(const struct ba_ctx *ctx,
				  struct ba_wmark *w, uint32_t flags)
{
	if (ba_unlikely(ctx->shared))
		__atomic_fetch_and(&w->flags, ~flags, __ATOMIC_RELAXED);
	else
		w->flags &= ~flags;
}

/*
 * Would `free` pages, less what this request must leave, satisfy `mark`, and
 * is there a block of that order? Lists are read without the zone lock, as
 * in the kernel.
 */
bool ba_wmark_ok(const struct ba_ctx *ctx, const struct ba_buddy *buddy,
		 const struct ba_wmark *w, order_t order, int64_t mark,
		 unsigned int highest_zoneidx, unsigned int alloc_flags,
		 int64_t free);

/*
 * The test of the allocation path: a short cut for order 0, then ba_wmark_ok,
 * then for atomic requests once more without the boost.
 */
bool ba_wmark_fast(const struct ba_ctx *ctx, const struct ba_buddy *buddy,
		   const struct ba_wmark *w, order_t order, int64_t mark,
		   unsigned int highest_zoneidx, unsigned int alloc_flags,
		   uint32_t gfp);

/*
 * ba_wmark_ok without discounts for the zone's free pages, counted exactly
 * where the counter's error could matter.
 */
bool ba_wmark_ok_safe(const struct ba_ctx *ctx, const struct ba_buddy *buddy,
		      const struct ba_wmark *w, order_t order, int64_t mark,
		      unsigned int highest_zoneidx);

/*
 * Short cuts of ba_wmark_fast without discounts. True only if that would be;
 * false says nothing, and also stands for a zone with a boost to be seen to.
 * The quick one is for a zone with plenty of memory, above its high mark in
 * every profile, and no block in reserve; the short one is for order 0 and
 * the low mark. Plenty is what the quick one asks for but the block, for a
 * caller that takes one from a list of PCPTYPES or none.
 */
static inline bool ba_wmark_plenty(const struct ba_buddy *buddy,
				   const struct ba_wmark *w, order_t order,
				   unsigned int highest_zoneidx)
{
	int64_t block = (1 << order) - 1;

	return !BA_PEEK(buddy->nonempty[BA_MT_HIGHATOMIC]) &&
	       !ba_wmark_has(w, BA_ZONE_BOOSTED_WATERMARK) &&
	       __atomic_load_n(&buddy->free_pages.global, __ATOMIC_RELAXED) >
		       ba_wmark_pages(w, BA_WMARK_HIGH) + block +
		       ba_wmark_reserved(w) +
		       w->lowmem_reserve[highest_zoneidx];
}

static inline bool ba_wmark_quick(const struct ba_buddy *buddy,
				  const struct ba_wmark *w, order_t order,
				  unsigned int highest_zoneidx)
{
	const uint16_t *nonempty = buddy->nonempty;

	return ba_wmark_plenty(buddy, w, order, highest_zoneidx) &&
	       (order == 0 || (BA_PEEK(nonempty[BA_MT_UNMOVABLE]) |
			       BA_PEEK(nonempty[BA_MT_MOVABLE]) |
			       BA_PEEK(nonempty[BA_MT_RECLAIMABLE])) >> order);
}

static inline bool ba_wmark_short(const struct ba_ctx *ctx,
				  const struct ba_buddy *buddy,
				  const struct ba_wmark *w,
				  unsigned int highest_zoneidx)
{
	int64_t mark = ba_wmark_pages(w, BA_WMARK_LOW);

	if (ctx->profile->below_high && !ba_wmark_has(w, BA_ZONE_BELOW_HIGH))
		mark = ba_wmark_pages(w, BA_WMARK_HIGH);
	if (!ctx->profile->reserve_counts_free)
		mark += ba_wmark_reserved(w);
	else if (BA_PEEK(buddy->nonempty[BA_MT_HIGHATOMIC]))
		return false;
	return !ba_wmark_has(w, BA_ZONE_BOOSTED_WATERMARK) &&
	       __atomic_load_n(&buddy->free_pages.global, __ATOMIC_RELAXED) >
		       mark + w->lowmem_reserve[highest_zoneidx];
}

/*
 * Raise the boost by one pageblock after a fallback that mixes types. False
 * when boosting is off or the zone too small.
 */
bool ba_wmark_boost(const struct ba_ctx *ctx, struct ba_wmark *w);

/*
 * Set min, low and high of one zone from its share of `pages_min` (pages,
 * over all `lowmem` managed pages) and the scale factor (1/10000 of the
 * zone). `own_min`: of HighMem or Movable, managed/1024 within 32..128 pages.
 * Clears the boost.
 */
void ba_wmark_setup(struct ba_wmark *w, uint64_t pages_min, uint64_t lowmem,
		    uint32_t watermark_scale_factor, bool own_min);

/*
 * min_free_kbytes as the kernel chooses it at boot for `lowmem` managed
 * pages: the square root of 16 times their KiB, within 128..262144.
 */
uint32_t ba_wmark_min_free_kbytes(uint64_t lowmem);

/* NULL, or the invariant that does not hold, as a sentence. */
const char *ba_wmark_check(const struct ba_wmark *w);

#endif
