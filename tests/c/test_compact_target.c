// SPDX-License-Identifier: GPL-2.0-only
#include "mm/compact_target.h"

#include "run.h"

static pfn_t next_page(struct run *run)
{
	ba_compact_isolate(&run->rig->ctx, &run->cc);
	return ba_compact_alloc(&run->rig->ctx, &run->cc, 0);
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
	run.zone->compact.free = 512;
	CHECK_EQ(ba_compact_release(&run.rig->ctx, &run.cc), 6018);
	CHECK_EQ(run.zone->compact.free, 5632);
	CHECK_EQ(run.rig->frames[6018].state, BA_FRAME_USED);
	CHECK_EQ(run.rig->frames[6018].order, 1);
	CHECK_EQ(run.rig->frames[6018].flags, BA_FRAME_HEAD);
	CHECK_EQ(ba_compact_release(&run.rig->ctx, &run.cc), BA_PFN_NONE);
	CHECK_EQ(run.cc.nr_free, 0);
	stop(&run);
}

/* 6.12 counts what it steps over, and steps over nothing past the end. */
TEST(a_compound_page_of_two_pageblocks_is_scanned_to_the_end)
{
	for (int old = 0; old < 2; old++) {
		struct run run;

		start(&run, old);
		run.cc.order = BA_COMPACT_WHOLE;
		run.cc.nr_migrate = 1;
		run.cc.migrate_pfn = 6656;
		run.rig->frames[7168].order = 10;
		run.rig->frames[7168].flags = BA_FRAME_HEAD | BA_FRAME_COMPOUND;
		run.cc.free_pfn = 7168;
		ba_compact_isolate(&run.rig->ctx, &run.cc);
		CHECK_EQ(run.cc.free_scanned, old ? 1 : 512);
		stop(&run);
	}
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
	CHECK_EQ(run.zone->compact.free, 6144);
	stop(&run);
}

/* Scanners that have met: nothing is good enough, yet the lists turn. */
TEST(a_search_behind_the_migrate_scanner_turns_the_lists)
{
	struct run run;
	struct ba_list *free;
	pfn_t tail;

	start(&run, false);
	run.cc.order = 4;
	run.cc.search_order = 2;
	run.cc.fast_fails = 8;	/* a limit of one entry */
	put(&run, 5128, 2);
	put(&run, 5640, 2);
	free = &run.zone->buddy.area[2].list[BA_MT_MOVABLE];
	tail = free->tail;
	CHECK(tail != ba_list_first(free));
	run.cc.free_pfn = 4608;
	run.cc.migrate_pfn = 5120;
	run.zone->compact.init_free = 8192;
	CHECK_EQ(next_page(&run), BA_PFN_NONE);
	CHECK_EQ(ba_list_first(free), tail);
	CHECK_EQ(run.cc.fast_fails, 9);
	stop(&run);
}
