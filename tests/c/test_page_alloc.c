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

/*
 * 1 GiB of 32 bits: DMA (0), Normal (1), HighMem (2). The kernel's own pages
 * never come from HighMem; those of user space come from below when it is
 * used up to its low mark. GFP_DMA32 has no zone of its own.
 */
TEST(highmem_serves_user_space_only)
{
	struct ba_config config;
	const struct ba_wmark *w;
	pfn_t pfn;

	ba_config_init(&config);
	config.memory_pages = 1u << 18;
	config.arch = BA_ARCH_I386;
	REQUIRE(ba_machine_create(&config, &machine, NULL, 0) == BA_OK);
	nodes = ba_machine_nodes(&machine);
	ctx = ba_machine_ctx(&machine, 0);

	CHECK(alloc(MOVABLE, 0) >= nodes->zone[2].buddy.start);
	CHECK(alloc(BA_GFP_HIGHUSER, 0) >= nodes->zone[2].buddy.start);
	CHECK(ba_zone_spans(&nodes->zone[1], alloc(BA_GFP_USER, 3)));
	CHECK(ba_zone_spans(&nodes->zone[1], alloc(BA_GFP_KERNEL, 0)));
	CHECK(ba_zone_spans(&nodes->zone[1],
			    alloc(BA_GFP_KERNEL | BA_GFP_DMA32, 0)));
	CHECK(ba_zone_spans(&nodes->zone[0],
			    alloc(BA_GFP_KERNEL | BA_GFP_DMA, 0)));
	do
		pfn = alloc(MOVABLE, 6);
	while (pfn >= nodes->zone[2].buddy.start);
	CHECK(ba_zone_spans(&nodes->zone[1], pfn));
	w = &nodes->zone[2].wmark;
	CHECK(ba_vmstat_sum(&nodes->zone[2].buddy.free_pages) <=
	      w->mark[BA_WMARK_LOW] + 64);
	/* and leave Normal its reserve for requests that need it */
	do
		pfn = alloc(MOVABLE | BA_GFP_NORETRY, 6);
	while (pfn != BA_PFN_NONE);
	w = &nodes->zone[1].wmark;
	CHECK(w->lowmem_reserve[BA_ZONE_I386_HIGHMEM] > 0);
	CHECK(ba_vmstat_sum(&nodes->zone[1].buddy.free_pages) >
	      w->mark[BA_WMARK_MIN] +
	      w->lowmem_reserve[BA_ZONE_I386_HIGHMEM]);
	CHECK(alloc(BA_GFP_KERNEL, 6) < nodes->zone[2].buddy.start);
	stop();
}

/*
 * Only where there is a DMA32 is a request kept from mixing types at first:
 * a 32-bit kernel takes a movable block of Normal, not one of DMA.
 */
TEST(nofragment_needs_dma32)
{
	struct ba_config config;

	ba_config_init(&config);
	config.memory_pages = 5120;
	config.arch = BA_ARCH_I386;
	REQUIRE(ba_machine_create(&config, &machine, NULL, 0) == BA_OK);
	nodes = ba_machine_nodes(&machine);
	ctx = ba_machine_ctx(&machine, 0);
	/* no block of Normal is left that is large enough to be claimed */
	CHECK_EQ(alloc(BA_GFP_HIGHUSER_MOVABLE, 9), 4096);
	CHECK_EQ(alloc(BA_GFP_HIGHUSER_MOVABLE, 8), 4608);
	CHECK(ba_zone_spans(&nodes->zone[1], alloc(BA_GFP_KERNEL, 0)));
	CHECK(ctx.charge.path & BA_STEP_FALLBACK);
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

/* The block that is handed out next was just freed, full of 0xee. */
static pfn_t alloc_again(uint32_t gfp, order_t order)
{
	pfn_t pfn = alloc(gfp, order);

	fill_block(pfn, order, 0xee);
	CHECK_EQ(release(pfn, order), BA_OK);
	CHECK_EQ(alloc(gfp, order), pfn);
	return pfn;
}

/* A backed machine: stale bytes for who did not ask for zeros, as in Linux. */
TEST(zeroed_blocks_read_as_zero)
{
	static const order_t orders[] = { 0, 1, 3, 9, 10 };

	start_backed(false, false);
	for (size_t i = 0; i < sizeof(orders); i++) {
		order_t order = orders[i];

		CHECK(block_holds(alloc_again(BA_GFP_KERNEL, order), order,
				  0xee));
		CHECK(block_holds(alloc_again(BA_GFP_KERNEL | BA_GFP_ZERO,
					      order), order, 0));
	}
	stop();
}

TEST(init_on_alloc_clears_for_everybody)
{
	for (int on = 0; on < 2; on++) {
		start_backed(on, false);
		CHECK(block_holds(alloc_again(BA_GFP_KERNEL, 0), 0,
				  on ? 0 : 0xee));
		CHECK(block_holds(alloc_again(MOVABLE, 3), 3, on ? 0 : 0xee));
		ba_charge_init(&ctx.charge);
		alloc_again(BA_GFP_KERNEL, 4);
		CHECK_EQ(ctx.charge.latency_ns >= 32 * BA_COST_CLEAR_PAGE, on);
		stop();
	}
}

/* All pages of a bulk are cleared, and so is a single one. */
TEST(a_bulk_is_cleared)
{
	struct ba_bulk bulk;
	pfn_t pfns[10];
	uint32_t bad;

	start_backed(false, false);
	bulk = ba_alloc_pages_bulk(&ctx, nodes, MOVABLE, 0, 10, pfns);
	REQUIRE(bulk.got == 10);
	for (uint32_t i = 0; i < 10; i++)
		fill_block(pfns[i], 0, 0xee);
	CHECK_EQ(ba_free_pages_list(&ctx, nodes, pfns, 10, &bad), BA_OK);
	bulk = ba_alloc_pages_bulk(&ctx, nodes, MOVABLE | BA_GFP_ZERO, 0, 5,
				   pfns);
	REQUIRE(bulk.got == 5);
	for (uint32_t i = 0; i < 5; i++)
		CHECK(block_holds(pfns[i], 0, 0));
	bulk = ba_alloc_pages_bulk(&ctx, nodes, MOVABLE, 0, 5, pfns);
	REQUIRE(bulk.got == 5);
	for (uint32_t i = 0; i < 5; i++)
		CHECK(block_holds(pfns[i], 0, 0xee));
	stop();
}
