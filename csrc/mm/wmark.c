// SPDX-License-Identifier: GPL-2.0-only
#include "mm/wmark.h"

/* x * n / d without overflow of the product, as mult_frac does it. */
static uint64_t mult_frac(uint64_t x, uint64_t n, uint64_t d)
{
	return x / d * n + x % d * n / d;
}

static int64_t unusable_free(const struct ba_ctx *ctx,
			     const struct ba_buddy *buddy,
			     const struct ba_wmark *w, unsigned int order,
			     unsigned int alloc_flags)
{
	int64_t unusable = (1 << order) - 1;
	unsigned int reserves = ctx->profile->nonblock_flags ?
		BA_ALLOC_RESERVES : BA_ALLOC_HARDER | BA_ALLOC_OOM;

	if (ba_likely(!(alloc_flags & reserves))) {
		if (!ctx->profile->reserve_counts_free)
			return unusable + ba_wmark_reserved(w);
		for (unsigned int o = 0; o < BA_NR_ORDERS; o++)
			unusable += (int64_t)BA_PEEK(buddy->area[o]
				.list[BA_MT_HIGHATOMIC].count) << o;
	}
	return unusable;
}

/* The part of the mark that a privileged request may use up. */
static int64_t discount(const struct ba_ctx *ctx, int64_t min,
			unsigned int alloc_flags)
{
	if (!ctx->profile->nonblock_flags) {
		if (alloc_flags & BA_ALLOC_HIGH)
			min -= min / 2;
		if (alloc_flags & BA_ALLOC_OOM)
			min -= min / 2;
		else if (alloc_flags & BA_ALLOC_HARDER)
			min -= min / 4;
		return min;
	}
	if (alloc_flags & BA_ALLOC_MIN_RESERVE) {
		min -= min / 2;
		if (alloc_flags & BA_ALLOC_NON_BLOCK)
			min -= min / 4;
	}
	if (alloc_flags & BA_ALLOC_OOM)
		min -= min / 2;
	return min;
}

static bool has_block(const struct ba_ctx *ctx, const struct ba_buddy *buddy,
		      order_t order, unsigned int alloc_flags)
{
	unsigned int atomic = ctx->profile->nonblock_flags ?
		BA_ALLOC_HIGHATOMIC | BA_ALLOC_OOM :
		BA_ALLOC_HARDER | BA_ALLOC_OOM;
	uint32_t nonempty = 0;

	for (unsigned int type = 0; type < BA_MT_PCPTYPES; type++)
		nonempty |= BA_PEEK(buddy->nonempty[type]);
	if (alloc_flags & atomic)
		nonempty |= BA_PEEK(buddy->nonempty[BA_MT_HIGHATOMIC]);
	return nonempty >> order;
}

bool ba_wmark_ok(const struct ba_ctx *ctx, const struct ba_buddy *buddy,
		 const struct ba_wmark *w, order_t order, int64_t mark,
		 unsigned int highest_zoneidx, unsigned int alloc_flags,
		 int64_t free)
{
	int64_t min = discount(ctx, mark, alloc_flags);

	free -= unusable_free(ctx, buddy, w, order, alloc_flags);
	if (free <= min + w->lowmem_reserve[highest_zoneidx])
		return false;
	return order == 0 || has_block(ctx, buddy, order, alloc_flags);
}

bool ba_wmark_fast(const struct ba_ctx *ctx, const struct ba_buddy *buddy,
		   const struct ba_wmark *w, order_t order, int64_t mark,
		   unsigned int highest_zoneidx, unsigned int alloc_flags,
		   uint32_t gfp)
{
	int64_t free = ba_vmstat_read(&buddy->free_pages);
	bool atomic;

	if (order == 0) {
		int64_t reserved = unusable_free(ctx, buddy, w, 0, alloc_flags);
		int64_t usable = free - (free < reserved ? free : reserved);

		if (usable > mark + w->lowmem_reserve[highest_zoneidx])
			return true;
	}
	if (ba_wmark_ok(ctx, buddy, w, order, mark, highest_zoneidx,
			alloc_flags, free))
		return true;

	atomic = ctx->profile->boost_retry_by_reserve ?
		(alloc_flags & BA_ALLOC_MIN_RESERVE) != 0 :
		(gfp & BA_GFP_ATOMIC) != 0;
	if (order == 0 && atomic && BA_PEEK(w->boost) &&
	    (alloc_flags & BA_ALLOC_WMARK_MASK) == BA_WMARK_MIN)
		return ba_wmark_ok(ctx, buddy, w, order, w->mark[BA_WMARK_MIN],
				   highest_zoneidx, alloc_flags, free);
	return false;
}

bool ba_wmark_ok_safe(const struct ba_ctx *ctx, const struct ba_buddy *buddy,
		      const struct ba_wmark *w, order_t order, int64_t mark,
		      unsigned int highest_zoneidx)
{
	int64_t free = ba_vmstat_read(&buddy->free_pages);

	if (w->drift_mark && (uint64_t)free < w->drift_mark)
		free = ba_vmstat_sum(&buddy->free_pages);
	return ba_wmark_ok(ctx, buddy, w, order, mark, highest_zoneidx, 0,
			   free);
}

bool ba_wmark_boost(const struct ba_ctx *ctx, struct ba_wmark *w)
{
	int64_t max, boost;

	if (!ctx->watermark_boost_factor)
		return false;
	/* small zones would run out of memory by the boost alone */
	if (4 * (int64_t)BA_PAGEBLOCK_PAGES > w->managed)
		return false;
	max = (int64_t)mult_frac((uint64_t)w->mark[BA_WMARK_HIGH],
				 ctx->watermark_boost_factor, 10000);
	if (!max)
		return false;
	if (max < (int64_t)BA_PAGEBLOCK_PAGES)
		max = BA_PAGEBLOCK_PAGES;
	boost = w->boost + BA_PAGEBLOCK_PAGES;
	w->boost = boost < max ? boost : max;
	return true;
}

void ba_wmark_setup(struct ba_wmark *w, uint64_t pages_min, uint64_t lowmem,
		    uint32_t watermark_scale_factor, bool own_min)
{
	uint64_t managed = (uint64_t)w->managed;
	uint64_t share = lowmem ? pages_min * managed / lowmem : 0;
	uint64_t min = share, distance;

	if (own_min) {
		min = managed / 1024;
		min = min < 32 ? 32 : min > 128 ? 128 : min;
	}
	distance = mult_frac(managed, watermark_scale_factor, 10000);
	if (distance < share / 4)
		distance = share / 4;
	w->boost = 0;
	w->mark[BA_WMARK_MIN] = (int64_t)min;
	w->mark[BA_WMARK_LOW] = (int64_t)(min + distance);
	w->mark[BA_WMARK_HIGH] = (int64_t)(min + 2 * distance);
}

static uint64_t int_sqrt(uint64_t x)
{
	uint64_t root = 0;

	for (uint64_t bit = (uint64_t)1 << 31; bit; bit >>= 1)
		if ((root + bit) * (root + bit) <= x)
			root += bit;
	return root;
}

uint32_t ba_wmark_min_free_kbytes(uint64_t lowmem)
{
	uint64_t kbytes = int_sqrt(lowmem * (BA_PAGE_SIZE / 1024) * 16);

	if (kbytes < 128)
		return 128;
	return (uint32_t)(kbytes > 262144 ? 262144 : kbytes);
}

const char *ba_wmark_check(const struct ba_wmark *w)
{
	if (w->mark[BA_WMARK_MIN] > w->mark[BA_WMARK_LOW] ||
	    w->mark[BA_WMARK_LOW] > w->mark[BA_WMARK_HIGH])
		return "W1: the watermarks are out of order";
	if (w->boost < 0)
		return "W2: the watermark boost is negative";
	return NULL;
}
