// SPDX-License-Identifier: GPL-2.0-only
#include "mm/wmark.h"

#include "rig.h"

#define NORMAL BA_ZONE_NORMAL

/* Marks 100, 125, 150; reserve 40 toward Movable; `free` pages of order 0. */
static struct rig *rig_with(int64_t free_pages)
{
	struct rig *rig = rig_new(0, 4096);

	rig->w.managed = 4096;
	rig->w.mark[BA_WMARK_MIN] = 100;
	rig->w.mark[BA_WMARK_LOW] = 125;
	rig->w.mark[BA_WMARK_HIGH] = 150;
	rig->w.lowmem_reserve[BA_ZONE_MOVABLE] = 40;
	rig->buddy.free_pages.global = free_pages;
	return rig;
}

static bool ok(const struct rig *rig, order_t order, int64_t mark,
	       unsigned int zoneidx, unsigned int flags)
{
	return ba_wmark_ok(&rig->ctx, &rig->buddy, &rig->w, order, mark,
			   zoneidx, flags, rig->buddy.free_pages.global);
}

/* The smallest number of free pages with which the test says yes. */
static int64_t needed(const struct ba_profile *profile, int64_t reserved,
		      order_t order, int64_t mark, unsigned int zoneidx,
		      unsigned int flags)
{
	struct rig *rig = rig_with(0);
	int64_t *pages = &rig->buddy.free_pages.global;
	int64_t ret;

	rig->profile = *profile;
	rig->w.reserved_highatomic = reserved;
	ba_buddy_load(&rig->ctx, &rig->buddy, 0, 10, BA_MT_MOVABLE);
	while (*pages < 4096 && !ok(rig, order, mark, zoneidx, flags))
		(*pages)++;
	ret = *pages;
	free(rig);
	return ret;
}

/*
 * mark 100; `h` = half, `q` = another quarter, as flags allow
 *
 *	                       6.1.0   6.1L
 *	nothing                 101     101
 *	HIGH / MIN_RESERVE       51      51	100 - 50
 *	 and HARDER / NON_BLOCK  39      39	50 - 12
 *	HARDER / NON_BLOCK       76     101	100 - 25; none
 *	OOM                      51      51
 *	HIGH and OOM             26      26
 */
TEST(discounts_by_flag_and_profile)
{
	static const struct {
		unsigned int flags;
		int64_t first, late;
	} cases[] = {
		{ 0, 101, 101 },
		{ BA_ALLOC_MIN_RESERVE, 51, 51 },
		{ BA_ALLOC_MIN_RESERVE | BA_ALLOC_NON_BLOCK, 39, 39 },
		{ BA_ALLOC_NON_BLOCK, 76, 101 },
		{ BA_ALLOC_OOM, 51, 51 },
		{ BA_ALLOC_MIN_RESERVE | BA_ALLOC_OOM, 26, 26 },
		{ BA_ALLOC_KSWAPD | BA_ALLOC_NOFRAGMENT, 101, 101 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_EQ(needed(&ba_profile_6_1_0, 0, 0, 100, NORMAL,
				cases[i].flags), cases[i].first);
		CHECK_EQ(needed(&ba_profile_6_1L, 0, 0, 100, NORMAL,
				cases[i].flags), cases[i].late);
	}
}

/*
 *	mark 100 + reserve[Movable] 40      a request that could use Movable
 *	mark 100 + 2^order - 1              a block of that order
 *	mark 100 + reserved high-order 512  unless it may use that reserve
 */
TEST(what_is_added_to_the_mark)
{
	const struct ba_profile *p = &ba_profile_6_1L;

	CHECK_EQ(needed(p, 0, 0, 100, BA_ZONE_MOVABLE, 0), 141);
	CHECK_EQ(needed(p, 0, 3, 100, NORMAL, 0), 108);
	CHECK_EQ(needed(p, 512, 0, 100, NORMAL, 0), 613);
	CHECK_EQ(needed(p, 512, 0, 100, NORMAL, BA_ALLOC_OOM), 51);
	CHECK_EQ(needed(p, 512, 0, 100, NORMAL, BA_ALLOC_NON_BLOCK), 101);
	CHECK_EQ(needed(&ba_profile_6_1_0, 512, 0, 100, NORMAL,
			BA_ALLOC_HIGH), 563);
	/* 6.12 deducts the free pages of the reserve: here none */
	CHECK_EQ(needed(&ba_profile_6_12L, 512, 0, 100, NORMAL, 0), 101);
}

TEST(free_reserve_pages_are_deducted_in_6_12)
{
	struct rig *rig = rig_with(200);

	rig->profile = ba_profile_6_12L;
	ba_buddy_load(&rig->ctx, &rig->buddy, 0, 6, BA_MT_HIGHATOMIC);
	ba_buddy_load(&rig->ctx, &rig->buddy, 64, 5, BA_MT_HIGHATOMIC);
	CHECK(!ok(rig, 0, 104, NORMAL, 0));	/* 200 - 96 */
	CHECK(ok(rig, 0, 103, NORMAL, 0));
	free(rig);
}

/*
 * 1000 pages are free; order 3 is asked for:
 *
 *	only order 2                  no
 *	order 3 RECLAIMABLE           yes: a fallback would find it
 *	order 3 HIGHATOMIC            only for requests that may use it
 *	order 3 ISOLATE               no
 */
TEST(a_block_of_the_order_must_exist)
{
	struct rig *rig = rig_with(1000);

	ba_buddy_load(&rig->ctx, &rig->buddy, 0, 2, BA_MT_MOVABLE);
	CHECK(ok(rig, 2, 100, NORMAL, 0));
	CHECK(!ok(rig, 3, 100, NORMAL, 0));
	ba_buddy_load(&rig->ctx, &rig->buddy, 8, 3, BA_MT_ISOLATE);
	CHECK(!ok(rig, 3, 100, NORMAL, BA_ALLOC_OOM));
	ba_buddy_load(&rig->ctx, &rig->buddy, 16, 3, BA_MT_HIGHATOMIC);
	CHECK(!ok(rig, 3, 100, NORMAL, 0));
	CHECK(!ok(rig, 3, 100, NORMAL, BA_ALLOC_NON_BLOCK));
	CHECK(ok(rig, 3, 100, NORMAL, BA_ALLOC_HIGHATOMIC));
	CHECK(ok(rig, 3, 100, NORMAL, BA_ALLOC_OOM));
	rig->profile = ba_profile_6_1_0;
	CHECK(ok(rig, 3, 100, NORMAL, BA_ALLOC_HARDER));
	ba_buddy_load(&rig->ctx, &rig->buddy, 32, 4, BA_MT_RECLAIMABLE);
	CHECK(ok(rig, 3, 100, NORMAL, 0));
	free(rig);
}

static bool fast(const struct rig *rig, order_t order, unsigned int index,
		 unsigned int flags, uint32_t gfp)
{
	return ba_wmark_fast(&rig->ctx, &rig->buddy, &rig->w, order,
			     ba_wmark_pages(&rig->w, index), NORMAL,
			     flags | index, gfp);
}

/*
 *	free 110, marks 100 + boost 60: below, but an atomic request for one
 *	page may look past the boost at MIN
 */
TEST(an_atomic_request_ignores_the_boost)
{
	struct rig *rig = rig_with(110);

	CHECK(fast(rig, 0, BA_WMARK_MIN, 0, 0));
	rig->w.boost = 60;
	CHECK(!fast(rig, 0, BA_WMARK_MIN, 0, BA_GFP_KERNEL));
	CHECK(fast(rig, 0, BA_WMARK_MIN, 0, BA_GFP_ATOMIC_6_1));
	CHECK(!fast(rig, 0, BA_WMARK_LOW, 0, BA_GFP_ATOMIC_6_1));
	ba_buddy_load(&rig->ctx, &rig->buddy, 0, 6, BA_MT_MOVABLE);
	CHECK(!fast(rig, 1, BA_WMARK_MIN, 0, BA_GFP_ATOMIC_6_1));
	free(rig);
}

/* In 6.12 the flag of the attempt decides, not a GFP bit. */
TEST(in_6_12_the_reserve_flag_ignores_the_boost)
{
	struct rig *rig = rig_with(110);

	rig->profile = ba_profile_6_12L;
	rig->w.boost = 160;	/* half of 260 is still 130 */
	CHECK(!fast(rig, 0, BA_WMARK_MIN, 0, BA_GFP_ATOMIC_6_1));
	CHECK(fast(rig, 0, BA_WMARK_MIN, BA_ALLOC_MIN_RESERVE,
		   BA_GFP_ATOMIC_6_12));
	free(rig);
}

/* The short cut is strict: equal to the mark is not above it. */
TEST(equal_to_the_mark_is_not_enough)
{
	struct rig *rig = rig_with(125);

	CHECK(!fast(rig, 0, BA_WMARK_LOW, 0, 0));
	rig->buddy.free_pages.global = 126;
	CHECK(fast(rig, 0, BA_WMARK_LOW, 0, 0));
	/* what CPUs have not yet added does not count */
	rig->buddy.free_pages.global = 120;
	rig->buddy.free_pages.diff[0] = 20;
	CHECK(!fast(rig, 0, BA_WMARK_LOW, 0, 0));
	free(rig);
}

/*
 *	high 1000, factor 15000: at most 1500, by 512: 512 1024 1500 1500
 *	high 150:                at most max(225, 512): 512 512
 */
TEST(boost_grows_by_pageblocks_up_to_its_limit)
{
	static const int64_t expected[] = { 512, 1024, 1500, 1500 };
	struct rig *rig = rig_with(0);

	rig->w.mark[BA_WMARK_HIGH] = 1000;
	for (size_t i = 0; i < 4; i++) {
		CHECK(ba_wmark_boost(&rig->ctx, &rig->w));
		CHECK_EQ(rig->w.boost, expected[i]);
	}
	rig->w.boost = 0;
	rig->w.mark[BA_WMARK_HIGH] = 150;
	CHECK(ba_wmark_boost(&rig->ctx, &rig->w));
	CHECK(ba_wmark_boost(&rig->ctx, &rig->w));
	CHECK_EQ(rig->w.boost, 512);
	free(rig);
}

TEST(no_boost_when_off_or_the_zone_is_small)
{
	struct rig *rig = rig_with(0);

	rig->ctx.watermark_boost_factor = 0;
	CHECK(!ba_wmark_boost(&rig->ctx, &rig->w));
	rig->ctx.watermark_boost_factor = 15000;
	rig->w.managed = 2047;
	CHECK(!ba_wmark_boost(&rig->ctx, &rig->w));
	rig->w.managed = 2048;
	rig->w.mark[BA_WMARK_HIGH] = 0;
	CHECK(!ba_wmark_boost(&rig->ctx, &rig->w));
	rig->w.mark[BA_WMARK_HIGH] = 1;
	CHECK(ba_wmark_boost(&rig->ctx, &rig->w));
	CHECK_EQ(rig->w.boost, 512);
	free(rig);
}

/*
 * pages_min 1000 over 100000 pages of memory:
 *
 *	managed  share  min  low   high   distance
 *	 50000    500   500  625    750   500/4 > 50000/1000
 *	100000   1000  1000 1250   1500   1000/4
 *	 50000   scale 200: 50000 * 200 / 10000 = 1000 per step
 *	 50000   unbounded: min 50000/1024 = 48
 *	500000   unbounded: min at most 128
 */
TEST(marks_from_min_free_and_scale)
{
	static const struct {
		int64_t managed;
		uint32_t scale;
		bool unbounded;
		int64_t marks[3];
	} cases[] = {
		{ 50000, 10, false, { 500, 625, 750 } },
		{ 100000, 10, false, { 1000, 1250, 1500 } },
		{ 50000, 200, false, { 500, 1500, 2500 } },
		{ 50000, 10, true, { 48, 173, 298 } },
		{ 10000, 10, true, { 32, 57, 82 } },
		{ 500000, 10, true, { 128, 1378, 2628 } },
		{ 0, 10, false, { 0, 0, 0 } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ba_wmark w = { .managed = cases[i].managed,
				      .boost = 99 };

		ba_wmark_setup(&w, 1000, 100000, cases[i].scale,
			       cases[i].unbounded);
		for (unsigned int m = 0; m < BA_NR_WMARK; m++)
			CHECK_EQ(w.mark[m], cases[i].marks[m]);
		CHECK_EQ(w.boost, 0);
		CHECK_OK(ba_wmark_check(&w));
	}
}

/* sqrt(16 * KiB): 4 GiB -> 8192 KiB; limits 128 and 262144. */
TEST(min_free_kbytes_by_formula)
{
	CHECK_EQ(ba_wmark_min_free_kbytes(1u << 20), 8192);
	CHECK_EQ(ba_wmark_min_free_kbytes(1u << 18), 4096);
	CHECK_EQ(ba_wmark_min_free_kbytes(0), 128);
	CHECK_EQ(ba_wmark_min_free_kbytes(64), 128);
	CHECK_EQ(ba_wmark_min_free_kbytes(UINT64_C(1) << 34), 262144);
	CHECK_EQ(ba_wmark_min_free_kbytes(117098), 2737);
}

TEST(w1_marks_out_of_order)
{
	struct ba_wmark w = { .mark = { 10, 20, 30 } };

	CHECK_OK(ba_wmark_check(&w));
	w.mark[BA_WMARK_MIN] = 21;
	CHECK_BROKEN(ba_wmark_check(&w), "W1");
	w.mark[BA_WMARK_MIN] = 10;
	w.mark[BA_WMARK_HIGH] = 19;
	CHECK_BROKEN(ba_wmark_check(&w), "W1");
}

TEST(w2_negative_boost)
{
	struct ba_wmark w = { .boost = -1 };

	CHECK_BROKEN(ba_wmark_check(&w), "W2");
}
