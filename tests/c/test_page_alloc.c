// SPDX-License-Identifier: GPL-2.0-only
#include "mm/page_alloc.h"

#include "pages.h"

/*
 *	movable page, order 0: the highest zone, its first block, refilled by
 *	a batch of 3
 */
TEST(a_page_of_each_kind)
{
	start(PAGES);
	CHECK_EQ(alloc(MOVABLE, 0), 4096);
	CHECK_EQ(ctx.result, BA_RESULT_OK);
	CHECK_EQ(ctx.frames[4096].flags, BA_FRAME_HEAD | BA_FRAME_MOVABLE);
	CHECK_EQ(ctx.charge.path & BA_STEP_PCP_HIT, BA_STEP_PCP_HIT);
	CHECK_EQ(alloc(MOVABLE, 0), 4097);

	/* an unmovable one claims the largest block of the movable */
	CHECK_EQ(alloc(BA_GFP_KERNEL, 0), 5120);
	CHECK_EQ(ctx.frames[5120].flags, BA_FRAME_HEAD);
	CHECK_EQ(ba_pageblock_type(ctx.pageblocks, 5120), BA_MT_UNMOVABLE);

	/* for DMA below 16 MiB */
	CHECK_EQ(alloc(BA_GFP_KERNEL | BA_GFP_DMA, 0), 1024);
	CHECK_EQ(free_pages(), PAGES - 1 - 4);
	stop();
}

/* What it costs with ZERO, less what the next one costs without. */
static uint32_t price_of_zero(order_t order)
{
	uint32_t zeroed;

	alloc(MOVABLE, order);
	ba_charge_init(&ctx.charge);
	alloc(MOVABLE | BA_GFP_ZERO, order);
	zeroed = ctx.charge.latency_ns;
	ba_charge_init(&ctx.charge);
	alloc(MOVABLE, order);
	return zeroed - ctx.charge.latency_ns;
}

TEST(each_page_that_is_cleared_is_charged)
{
	start(PAGES);
	CHECK_EQ(price_of_zero(0), BA_COST_CLEAR_PAGE);
	CHECK_EQ(price_of_zero(10), 1024 * BA_COST_CLEAR_PAGE);
	stop();
}

/* A movable block marks all its frames until it is freed. */
TEST(the_frames_of_a_movable_block_are_marked)
{
	start(PAGES);
	CHECK_EQ(alloc(MOVABLE, 3), 4096);
	CHECK_EQ(ctx.frames[4103].flags, BA_FRAME_MOVABLE);
	CHECK_EQ(release(4096, 3), BA_OK);
	CHECK_EQ(ctx.frames[4103].flags, 0);
	CHECK_EQ(free_pages(), PAGES - 1);
	stop();
}

TEST(beyond_the_largest_order)
{
	start(PAGES);
	CHECK_EQ(alloc(MOVABLE, 11), BA_PFN_NONE);
	CHECK_EQ(ctx.result, BA_RESULT_TOO_LARGE);
	stop();
}

/* Pages of a bulk come from the per-CPU list, in order; nothing is single. */
TEST(a_bulk_allocation)
{
	struct ba_bulk bulk;
	pfn_t pfns[10];

	start(PAGES);
	bulk = ba_alloc_pages_bulk(&ctx, nodes, MOVABLE, 0, 10, pfns);
	CHECK_EQ(bulk.got, 10);
	CHECK(!bulk.single);
	for (pfn_t i = 0; i < 10; i++) {
		CHECK_EQ(pfns[i], 4096 + i);
		CHECK(ctx.frames[pfns[i]].flags & BA_FRAME_HEAD);
	}
	/* one page, or charged to a cgroup: an ordinary allocation */
	bulk = ba_alloc_pages_bulk(&ctx, nodes, MOVABLE, 0, 1, pfns);
	CHECK(bulk.single && bulk.got == 1);
	bulk = ba_alloc_pages_bulk(&ctx, nodes, MOVABLE | BA_GFP_ACCOUNT, 0,
				   4, pfns);
	CHECK(bulk.single && bulk.got == 1);
	bulk = ba_alloc_pages_bulk(&ctx, nodes, MOVABLE, 0, 0, pfns);
	CHECK(!bulk.single && bulk.got == 0);
	stop();
}
