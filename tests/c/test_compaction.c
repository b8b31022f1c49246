// SPDX-License-Identifier: GPL-2.0-only
#include "mm/compaction.h"

#include "rig.h"

#define M BA_MT_MOVABLE

/* A zone of 16 pageblocks with a run in it, for a request of order 9. */
struct run {
	struct rig *rig;
	struct ba_zone *zone;
	struct ba_compact_cached cached;
	struct ba_compact cc;
};

/* 6.1 when `old`, else 6.12. Scanners at 0 and 7680. */
static void start(struct run *run, bool old)
{
	run->rig = rig_new(0, 8192);
	run->rig->profile = old ? ba_profile_6_1L : ba_profile_6_12L;
	run->rig->trace.kinds = 0;
	run->zone = calloc(1, sizeof(*run->zone));
	if (!run->zone)
		exit(2);
	ba_zone_init(run->zone, 0, 0, BA_ZONE_NORMAL, 0, 8192, 1);
	run->zone->wmark.managed = 8192;
	run->zone->buddy.free_pages.global = 1000000;
	run->zone->buddy.free_pages.threshold[0] = RIG_THRESHOLD;
	run->cached = (struct ba_compact_cached){ .free = 7680,
						  .init_free = 8000 };
	ba_compact_begin(&run->cc, run->zone, &run->cached, 0, 7680);
	run->cc.order = 9;
	run->cc.search_order = 9;
	run->cc.sync = true;
}

static void stop(struct run *run)
{
	free(run->zone);
	free(run->rig);
}

static void put(struct run *run, pfn_t pfn, order_t order)
{
	ba_buddy_load(&run->rig->ctx, &run->zone->buddy, pfn, order, M);
}

static const char *list(struct run *run, order_t order)
{
	return rig_text(run->rig, &run->zone->buddy.area[order].list[M]);
}

static pfn_t next_page(struct run *run)
{
	ba_compact_isolate(&run->rig->ctx, &run->cc);
	return ba_compact_alloc(&run->rig->ctx, &run->cc);
}

/* In the upper quarter: taken at once; what the walk passed stays in front. */
TEST(the_free_search_takes_a_high_block_and_turns_the_list)
{
	struct run run;

	start(&run, true);
	run.cc.nr_migrate = 1;
	put(&run, 100, 0);
	put(&run, 6000, 0);
	put(&run, 200, 0);
	put(&run, 300, 0);
	CHECK_EQ(next_page(&run), 6000);
	CHECK_STR_EQ(list(&run, 0), "200 300 100");
	CHECK_EQ(run.rig->frames[6000].state, BA_FRAME_USED);
	CHECK_EQ(run.cc.search_order, 0);
	CHECK_EQ(run.cc.nr_free, 0);
	stop(&run);
}

TEST(the_free_search_makes_do_with_the_best_of_the_upper_half)
{
	struct run run;

	start(&run, true);
	run.cc.nr_migrate = 1;
	put(&run, 4000, 0);
	put(&run, 100, 0);
	put(&run, 4500, 0);
	put(&run, 200, 0);
	CHECK_EQ(next_page(&run), 4500);
	CHECK_STR_EQ(list(&run, 0), "200 4000 100");
	stop(&run);
}

/* After failures it looks at one entry, takes nothing, and yet turns. */
TEST(the_free_search_turns_the_list_though_it_takes_nothing)
{
	struct run run;

	start(&run, true);
	run.cc.nr_migrate = 1;
	run.cc.fast_fails = 6;
	put(&run, 100, 0);
	put(&run, 200, 0);
	put(&run, 300, 0);
	run.cc.migrate_pfn = 1024;	/* the slow scan stays above */
	CHECK_EQ(next_page(&run), BA_PFN_NONE);
	CHECK_STR_EQ(list(&run, 0), "300 100 200");
	CHECK_EQ(run.cc.fast_fails, 7);
	stop(&run);
}

/* A walk past the last entry turns nothing. */
TEST(a_whole_walk_leaves_the_list)
{
	struct run run;

	start(&run, true);
	run.cc.nr_migrate = 1;
	run.cc.migrate_pfn = 1024;
	put(&run, 100, 0);
	put(&run, 200, 0);
	CHECK_EQ(next_page(&run), BA_PFN_NONE);
	CHECK_STR_EQ(list(&run, 0), "100 200");
	stop(&run);
}

TEST(in_6_1_the_pages_of_the_blocks_come_last_first)
{
	struct run run;

	start(&run, true);
	run.cc.nr_migrate = 4;
	put(&run, 6016, 1);
	put(&run, 6100, 0);
	CHECK_EQ(next_page(&run), 6100);	/* isolated second */
	CHECK_EQ(next_page(&run), 6017);
	ba_compact_free(&run.rig->ctx, &run.cc, 6017);
	CHECK_EQ(next_page(&run), 6017);
	CHECK_EQ(next_page(&run), 6016);
	stop(&run);
}

TEST(in_6_12_the_smallest_block_serves_first_from_its_start)
{
	struct run run;

	start(&run, false);
	run.cc.nr_migrate = 6;
	put(&run, 6016, 2);
	put(&run, 6100, 0);
	CHECK_EQ(next_page(&run), 6100);
	CHECK_EQ(next_page(&run), 6016);
	CHECK_EQ(next_page(&run), 6017);
	CHECK_EQ(run.cc.nr_migrate, 3);
	ba_compact_release(&run.rig->ctx, &run.cc);
	CHECK_EQ(run.rig->frames[6018].state, BA_FRAME_USED);
	CHECK_EQ(run.rig->frames[6018].order, 1);
	CHECK_EQ(run.rig->frames[6018].flags, BA_FRAME_HEAD);
	CHECK_EQ(run.cc.nr_free, 0);
	stop(&run);
}

TEST(the_source_search_turns_the_list_and_marks_the_block_in_6_1)
{
	for (int old = 0; old < 2; old++) {
		struct run run;

		start(&run, old);
		put(&run, 4096, 3);
		put(&run, 520, 3);
		put(&run, 1024, 3);
		run.cc.last_migrated = 4096;
		ba_compact_find_source(&run.rig->ctx, &run.cc);
		CHECK_EQ(run.cc.migrate_pfn, 512);
		CHECK_STR_EQ(list(&run, 3), "1024 4096 520");
		CHECK_EQ(run.rig->pageblocks[1].flags,
			 old ? M | BA_PAGEBLOCK_SKIP : M);
		stop(&run);
	}
}

/* Without a free block to begin with: the next pageblock that is no skip. */
TEST(the_source_is_looked_for_block_by_block)
{
	struct run run;

	start(&run, true);
	run.cc.last_migrated = 4096;
	run.rig->pageblocks[0].flags |= BA_PAGEBLOCK_SKIP;
	run.rig->pageblocks[1].flags |= BA_PAGEBLOCK_SKIP;
	run.rig->frames[1024].order = 9;	/* a huge page is no source */
	run.rig->frames[1024].flags = BA_FRAME_HEAD | BA_FRAME_COMPOUND;
	ba_compact_find_source(&run.rig->ctx, &run.cc);
	CHECK_EQ(run.cc.migrate_pfn, 1536);
	CHECK_EQ(run.cached.migrate[1], 2048);
	CHECK_EQ(run.cc.fast_fails, 1);
	stop(&run);
}

TEST(a_block_without_pages_to_move_is_skipped_from_now_on)
{
	struct run run;

	start(&run, true);
	ba_compact_took_source(&run.rig->ctx, &run.cc, 512, 1024, 0);
	CHECK_EQ(run.rig->pageblocks[1].flags, M | BA_PAGEBLOCK_SKIP);
	CHECK_EQ(run.cached.migrate[1], 1536);
	/* 6.1 marks a block with pages only if its first page is one */
	ba_compact_took_source(&run.rig->ctx, &run.cc, 1024, 1100, 32);
	CHECK_EQ(run.rig->pageblocks[2].flags, M);
	run.rig->frames[1536].flags = BA_FRAME_HEAD | BA_FRAME_MOVABLE;
	ba_compact_took_source(&run.rig->ctx, &run.cc, 1536, 1568, 32);
	CHECK_EQ(run.rig->pageblocks[3].flags, M | BA_PAGEBLOCK_SKIP);
	CHECK_EQ(run.cc.nr_migrate, 32);
	stop(&run);
}

TEST(the_lists_are_drained_once_the_scanner_has_left_the_block)
{
	struct run run;

	start(&run, true);
	run.cc.start_pfn = 512;
	ba_compact_took_source(&run.rig->ctx, &run.cc, 512, 600, 32);
	CHECK(!ba_compact_wants_drain(&run.cc));
	ba_compact_took_source(&run.rig->ctx, &run.cc, 600, 1024, 4);
	CHECK(ba_compact_wants_drain(&run.cc));
	CHECK(!ba_compact_wants_drain(&run.cc));
	stop(&run);
}

TEST(skip_bits_are_cleared_where_a_scan_is_worth_it)
{
	struct run run;
	struct ba_pageblock *blocks;

	start(&run, true);
	blocks = run.rig->pageblocks;
	for (int i = 0; i < 16; i++)
		blocks[i].flags |= BA_PAGEBLOCK_SKIP;
	run.rig->frames[1024 + 8].flags = BA_FRAME_MOVABLE;
	run.rig->frames[1536 + 9].flags = BA_FRAME_MOVABLE;	/* no sample */
	put(&run, 6656 + 16, 1);
	ba_compact_flush_skips(&run.rig->ctx, run.zone, &run.cached);
	CHECK_EQ(blocks[2].flags, M | BA_PAGEBLOCK_SKIP);
	run.cached.blockskip_flush = true;
	ba_compact_flush_skips(&run.rig->ctx, run.zone, &run.cached);
	CHECK(!run.cached.blockskip_flush);
	CHECK_EQ(blocks[2].flags, M);
	CHECK_EQ(blocks[3].flags, M | BA_PAGEBLOCK_SKIP);
	CHECK_EQ(blocks[13].flags, M);
	CHECK_EQ(blocks[12].flags, M | BA_PAGEBLOCK_SKIP);
	CHECK_EQ(run.cached.init_migrate, 1024);
	CHECK_EQ(run.cached.migrate[1], 1024);
	CHECK_EQ(run.cached.init_free, 6656 + 511);
	CHECK_EQ(run.cached.free, 6656 + 511);
	stop(&run);
}

/* Twice the stride after each pageblock in vain, and over compound pages. */
TEST(the_linear_scan_takes_longer_strides)
{
	struct run run;

	start(&run, true);
	run.cc.order = BA_COMPACT_WHOLE;
	run.cc.nr_migrate = 2;
	put(&run, 6657, 0);	/* third pageblock: stride 4 misses it */
	run.rig->frames[6144].order = 2;
	run.rig->frames[6144].flags = BA_FRAME_HEAD | BA_FRAME_COMPOUND;
	put(&run, 6155, 0);	/* after it: 6144 + 3 + 8 */
	put(&run, 5632, 9);	/* too large to be a target */
	put(&run, 5128, 0);	/* stride 1 again after a find */
	CHECK_EQ(next_page(&run), 5128);
	CHECK_EQ(next_page(&run), 6155);
	CHECK_STR_EQ(list(&run, 0), "6657");
	CHECK_EQ(run.cc.free_pfn, 5129);
	CHECK_EQ(run.cached.free, 6144);
	stop(&run);
}
