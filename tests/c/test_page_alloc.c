// SPDX-License-Identifier: GPL-2.0-only
#include "mm/page_alloc.h"

#include "sim/check.h"

#include "booted.h"

#define PAGES	16384u		/* DMA 1..4095, DMA32 4096..16383 */
#define MOVABLE	BA_GFP_HIGHUSER_MOVABLE

/* One machine of 64 MiB and the context of its CPU 0. */
static struct ba_machine machine;
static struct ba_nodes *nodes;
static struct ba_ctx ctx;

static void start(uint64_t pages)
{
	machine = booted(pages, 1, 1);
	nodes = ba_machine_nodes(&machine);
	ctx = ba_machine_ctx(&machine, 0);
}

static void stop(void)
{
	uint8_t zone;

	CHECK_STR_EQ(ba_machine_check(&machine, &zone), NULL);
	ba_machine_destroy(&machine);
}

static pfn_t alloc(uint32_t gfp, order_t order)
{
	return ba_alloc_pages(&ctx, nodes, gfp, order, 0);
}

static enum ba_status release(pfn_t pfn, order_t order)
{
	return ba_free_pages(&ctx, nodes, pfn, order);
}

static int64_t free_pages(void)
{
	int64_t sum = 0;

	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		sum += ba_vmstat_sum(&nodes->zone[id].buddy.free_pages) +
		       nodes->zone[id].pcp[0].count;
	return sum;
}

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

TEST(beyond_the_largest_order)
{
	start(PAGES);
	CHECK_EQ(alloc(MOVABLE, 11), BA_PFN_NONE);
	CHECK_EQ(ctx.result, BA_RESULT_TOO_LARGE);
	stop();
}

/*
 * Order 10 until no zone can give one: DMA32 has 12, DMA 3 of which the
 * reserve keeps some. Then all come back.
 */
TEST(memory_runs_out_and_comes_back)
{
	pfn_t got[20], pfn;
	size_t nr = 0;

	start(PAGES);
	while (nr < 20 && (pfn = alloc(MOVABLE, 10)) != BA_PFN_NONE)
		got[nr++] = pfn;
	CHECK(nr >= 11 && nr <= 15);
	CHECK(ctx.result == BA_RESULT_NOMEM_WATERMARK ||
	      ctx.result == BA_RESULT_NOMEM_FRAGMENTED);
	CHECK(ctx.charge.path & BA_STEP_SLOWPATH);
	CHECK_EQ(free_pages(), (int64_t)(PAGES - 1 - nr * 1024));
	while (nr > 0)
		CHECK_EQ(release(got[--nr], 10), BA_OK);
	CHECK_EQ(free_pages(), PAGES - 1);
	stop();
}

/* Each kind of request stops at its own mark: ordinary, atomic, reserves. */
TEST(who_may_go_how_deep)
{
	int64_t left[3];
	static const uint32_t gfp[3] = {
		BA_GFP_KERNEL, BA_GFP_ATOMIC_6_1,
		BA_GFP_KERNEL | BA_GFP_MEMALLOC,
	};

	start(PAGES);
	for (size_t i = 0; i < 3; i++) {
		while (alloc(gfp[i], 0) != BA_PFN_NONE)
			;
		left[i] = free_pages();
	}
	CHECK(left[0] > left[1] && left[1] > left[2]);
	CHECK_EQ(left[2], 0);
	CHECK(left[0] >= nodes->zone[0].wmark.mark[BA_WMARK_MIN] +
			 nodes->zone[1].wmark.mark[BA_WMARK_MIN]);
	stop();
}

/*
 *	Normal: its free memory is one movable block of order 8
 *	request: an unmovable page. It would have to break into a movable
 *	pageblock of Normal; a whole one of DMA32 is better.
 */
TEST(another_zone_before_mixing_types)
{
	struct ba_zone *normal;
	pfn_t pfn;

	start((1u << 20) + 4096);
	normal = &nodes->zone[2];
	for (int i = 0; i < 3; i++)
		CHECK(ba_zone_spans(normal, alloc(MOVABLE, 10)));
	CHECK(ba_zone_spans(normal, alloc(MOVABLE, 9)));
	ba_drain_all_pages(&ctx, nodes);
	ba_buddy_remove(&ctx, &normal->buddy,
			ba_list_first(&normal->buddy.area[9]
				      .list[BA_MT_MOVABLE]));
	CHECK_EQ(release(normal->buddy.end - 256, 8), BA_OK);
	ba_charge_init(&ctx.charge);
	pfn = alloc(BA_GFP_KERNEL, 0);
	CHECK(ba_zone_spans(&nodes->zone[1], pfn));
	CHECK(ctx.charge.path & BA_STEP_ZONE_FALLBACK);
	/* a movable page is at home there */
	CHECK(ba_zone_spans(normal, alloc(MOVABLE, 0)));
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
