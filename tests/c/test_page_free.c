// SPDX-License-Identifier: GPL-2.0-only
#include "mm/page_free.h"

#include "pages.h"

/*
 *	4096 [order 2 in use]
 *
 *	free 4096 order 1   EORDER       free 4097 order 0   EORDER
 *	free 4096 order 2   OK           and again           EDOUBLEFREE
 *	free 0, 16384       EFRAME       free 4097 order 2   EINVAL
 */
TEST(frees_that_cannot_be)
{
	start(PAGES);
	CHECK_EQ(alloc(MOVABLE, 2), 4096);
	CHECK_EQ(release(4096, 1), BA_EORDER);
	CHECK_EQ(release(4096, 3), BA_EORDER);
	CHECK_EQ(release(4097, 0), BA_EORDER);
	CHECK_EQ(release(4097, 2), BA_EINVAL);
	CHECK_EQ(release(4096, 11), BA_EINVAL);
	CHECK_EQ(release(0, 0), BA_EFRAME);
	CHECK_EQ(release(PAGES, 0), BA_EFRAME);
	CHECK_EQ(release(BA_PFN_NONE, 0), BA_EFRAME);
	CHECK_EQ(release(8192, 0), BA_EDOUBLEFREE);
	CHECK_EQ(release(8193, 0), BA_EDOUBLEFREE);
	CHECK_EQ(free_pages(), PAGES - 1 - 4);
	CHECK_EQ(release(4096, 2), BA_OK);
	CHECK_EQ(release(4096, 2), BA_EDOUBLEFREE);
	CHECK_EQ(free_pages(), PAGES - 1);
	stop();
}

/* Frames in use of whom nothing is known may be freed as any block. */
TEST(a_block_of_an_unknown_owner_is_freed_in_any_order)
{
	struct ba_zone *zone;

	start(PAGES);
	zone = &nodes->zone[1];
	ba_buddy_remove(&ctx, &zone->buddy, 4096);
	CHECK_EQ(release(4096, 3), BA_OK);
	CHECK_EQ(release(4104, 0), BA_OK);
	CHECK_EQ(release(4096, 4), BA_EDOUBLEFREE);
	CHECK_EQ(release(4112, 4), BA_OK);
	CHECK_EQ(free_pages(), PAGES - 1 - 1024 + 8 + 1 + 16);
	stop();
}

/*
 * Frames 4096..5119 in use, owners unknown. Blocks between the halves of
 * their frees:
 *
 *	4098 order 0   then 4096 order 3   EORDER: it has 4098 in it
 *	4112 order 3   then 4114 order 0   EORDER: it is in there
 *	               or 4112 again       EDOUBLEFREE
 */
TEST(unknown_blocks_that_overlap_cannot_both_be_freed)
{
	static const struct { pfn_t pfn; order_t order; } bad[] = {
		{ 4096, 3 }, { 4098, 1 }, { 4096, 10 },
		{ 4114, 0 }, { 4119, 0 }, { 4112, 2 }, { 4112, 4 },
	};
	uint64_t before;

	start(PAGES);
	ba_buddy_remove(&ctx, &nodes->zone[1].buddy, 4096);
	CHECK_EQ(ba_free_prepare(&ctx, nodes, 4098, 0), BA_OK);
	CHECK_EQ(ba_free_prepare(&ctx, nodes, 4112, 3), BA_OK);
	before = ba_machine_hash(&machine);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enum ba_status status = ba_free_prepare(&ctx, nodes,
							bad[i].pfn,
							bad[i].order);

		CHECK(status == BA_EORDER || status == BA_EDOUBLEFREE);
	}
	CHECK_EQ(ba_free_prepare(&ctx, nodes, 4112, 3), BA_EDOUBLEFREE);
	CHECK_EQ(ba_machine_hash(&machine), before);
	/* their neighbours can */
	CHECK_EQ(release(4099, 0), BA_OK);
	CHECK_EQ(release(4120, 3), BA_OK);
	ba_free_commit(&ctx, nodes, 4098);
	ba_free_commit(&ctx, nodes, 4112);
	CHECK_EQ(free_pages(), PAGES - 1 - 1024 + 1 + 1 + 8 + 8);
	/* as they cannot once the block is free */
	CHECK_EQ(release(4114, 0), BA_EDOUBLEFREE);
	CHECK_EQ(release(4096, 2), BA_EDOUBLEFREE);
	stop();
}

/* Between its two halves a free belongs to nobody. */
TEST(a_free_in_two_halves)
{
	start(PAGES);
	CHECK_EQ(alloc(MOVABLE, 0), 4096);
	CHECK_EQ(ba_free_prepare(&ctx, nodes, 4096, 0), BA_OK);
	CHECK_EQ(ba_free_prepare(&ctx, nodes, 4096, 0), BA_EDOUBLEFREE);
	CHECK_EQ(free_pages(), PAGES - 1 - 1);
	ba_free_commit(&ctx, nodes, 4096);
	CHECK_EQ(free_pages(), PAGES - 1);
	CHECK_EQ(ctx.frames[4096].state, BA_FRAME_PCP);
	stop();
}

TEST(a_direct_free_passes_the_pcp)
{
	start(PAGES);
	CHECK_EQ(alloc(MOVABLE, 0), 4096);
	CHECK_EQ(ba_free_prepare(&ctx, nodes, 4096, 0), BA_OK);
	ba_free_commit_direct(&ctx, nodes, 4096, BA_BUDDY_TO_TAIL);
	CHECK_EQ(ctx.frames[4096].state, BA_FRAME_BUDDY);
	stop();
}

/* A batch with a page that cannot be freed changes nothing. */
TEST(a_batch_is_freed_whole_or_not_at_all)
{
	pfn_t pfns[3];
	uint32_t bad = 99;

	start(PAGES);
	pfns[0] = alloc(MOVABLE, 0);
	pfns[1] = alloc(MOVABLE, 0);
	pfns[2] = 9000;
	CHECK_EQ(ba_free_pages_list(&ctx, nodes, pfns, 3, &bad),
		 BA_EDOUBLEFREE);
	CHECK_EQ(bad, 2);
	CHECK_EQ(free_pages(), PAGES - 1 - 2);
	pfns[2] = pfns[0];
	CHECK_EQ(ba_free_pages_list(&ctx, nodes, pfns, 3, &bad),
		 BA_EDOUBLEFREE);
	CHECK_EQ(bad, 2);
	CHECK_EQ(ba_free_pages_list(&ctx, nodes, pfns, 2, &bad), BA_OK);
	CHECK_EQ(free_pages(), PAGES - 1);
	stop();
}

/*
 *	4096 [order 2] -> split -> 4096 4097 4098 4099, each freed alone
 */
TEST(a_split_block_is_freed_page_by_page)
{
	start(PAGES);
	CHECK_EQ(alloc(MOVABLE, 2), 4096);
	CHECK_EQ(ba_split_page(&ctx, nodes, 4096, 3), BA_EORDER);
	CHECK_EQ(ba_split_page(&ctx, nodes, 4096, 2), BA_OK);
	CHECK_EQ(release(4096, 2), BA_EORDER);
	for (pfn_t pfn = 4096; pfn < 4100; pfn++)
		CHECK_EQ(release(pfn, 0), BA_OK);
	CHECK_EQ(free_pages(), PAGES - 1);
	stop();
}

/* Draining joins what the per-CPU lists held apart. */
TEST(draining_merges_all_memory_again)
{
	pfn_t pfns[64];

	start(PAGES);
	for (size_t i = 0; i < 64; i++)
		pfns[i] = alloc(MOVABLE, 0);
	for (size_t i = 0; i < 64; i++)
		CHECK_EQ(release(pfns[i], 0), BA_OK);
	ba_drain_all_pages(&ctx, nodes);
	CHECK_EQ(nodes->zone[1].pcp[0].count, 0);
	CHECK_EQ(nodes->zone[1].buddy.area[10].nr_free, 12);
	CHECK_EQ(nodes->zone[1].buddy.area[0].nr_free, 0);
	stop();
}

/*
 * The bytes go with the free, by whatever way, and nothing is left to clear
 * for who asks for zeros.
 */
TEST(init_on_free_clears_what_is_freed)
{
	for (int on = 0; on < 2; on++) {
		pfn_t pfns[4];
		uint32_t bad;

		start_backed(true, on);
		for (order_t order = 0; order < 3; order++)
			pfns[order] = alloc(MOVABLE, order);
		pfns[3] = alloc(MOVABLE, 0);
		for (order_t i = 0; i < 4; i++)
			fill_block(pfns[i], i % 3, 0xee);
		ba_charge_init(&ctx.charge);
		CHECK_EQ(release(pfns[0], 0), BA_OK);
		CHECK_EQ(release(pfns[1], 1), BA_OK);
		CHECK_EQ(ba_free_prepare(&ctx, nodes, pfns[2], 2), BA_OK);
		CHECK(block_holds(pfns[2], 2, 0xee));
		ba_free_commit_direct(&ctx, nodes, pfns[2], 0);
		CHECK_EQ(ba_free_pages_list(&ctx, nodes, &pfns[3], 1, &bad),
			 BA_OK);
		for (order_t i = 0; i < 4; i++)
			CHECK(block_holds(pfns[i], i % 3, on ? 0 : 0xee));
		CHECK_EQ(ctx.charge.latency_ns >= 8 * BA_COST_CLEAR_PAGE, on);
		ba_charge_init(&ctx.charge);
		CHECK_EQ(alloc(MOVABLE | BA_GFP_ZERO, 0), pfns[3]);
		CHECK_EQ(ctx.charge.latency_ns < BA_COST_CLEAR_PAGE, on);
		stop();
	}
}
