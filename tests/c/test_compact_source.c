// SPDX-License-Identifier: GPL-2.0-only
#include "mm/compact_source.h"

#include "run.h"

TEST(the_source_search_turns_the_list_and_marks_the_block_in_6_1)
{
	for (int old = 0; old < 2; old++) {
		struct run run;

		start(&run, old);
		put(&run, 4096, 3);
		put(&run, 520, 3);
		put(&run, 1024, 3);
		run.cc.last_migrated = 4096;
		ba_compact_turn(&run.cc);
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
	ba_compact_turn(&run.cc);
	ba_compact_find_source(&run.rig->ctx, &run.cc);
	CHECK_EQ(run.cc.migrate_pfn, 1536);
	CHECK_EQ(run.zone->compact.migrate[1], 2048);
	CHECK_EQ(run.cc.fast_fails, 1);
	stop(&run);
}

TEST(a_block_without_pages_to_move_is_skipped_from_now_on)
{
	struct run run;

	start(&run, true);
	ba_compact_took_source(&run.rig->ctx, &run.cc, 512, 1024, 0);
	CHECK_EQ(run.rig->pageblocks[1].flags, M | BA_PAGEBLOCK_SKIP);
	CHECK_EQ(run.zone->compact.migrate[1], 1536);
	/* 6.1 marks a block with pages only if its first page is one */
	ba_compact_took_source(&run.rig->ctx, &run.cc, 1024, 1100, 32);
	CHECK_EQ(run.rig->pageblocks[2].flags, M);
	run.rig->frames[1536].flags = BA_FRAME_HEAD | BA_FRAME_MOVABLE;
	ba_compact_took_source(&run.rig->ctx, &run.cc, 1536, 1568, 32);
	CHECK_EQ(run.rig->pageblocks[3].flags, M | BA_PAGEBLOCK_SKIP);
	CHECK_EQ(run.cc.nr_migrate, 32);
	stop(&run);
}
