// SPDX-License-Identifier: GPL-2.0-only
#include "mm/compact.h"

#include "run.h"

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
	ba_compact_flush_skips(&run.rig->ctx, run.zone);
	CHECK_EQ(blocks[2].flags, M | BA_PAGEBLOCK_SKIP);
	run.zone->compact.blockskip_flush = true;
	ba_compact_flush_skips(&run.rig->ctx, run.zone);
	CHECK_EQ(run.zone->compact.blockskip_flush, 0);
	CHECK_EQ(blocks[2].flags, M);
	CHECK_EQ(blocks[3].flags, M | BA_PAGEBLOCK_SKIP);
	CHECK_EQ(blocks[13].flags, M);
	CHECK_EQ(blocks[12].flags, M | BA_PAGEBLOCK_SKIP);
	CHECK_EQ(run.zone->compact.init_migrate, 1024);
	CHECK_EQ(run.zone->compact.migrate[1], 1024);
	CHECK_EQ(run.zone->compact.init_free, 6656 + 511);
	CHECK_EQ(run.zone->compact.free, 6656 + 511);
	stop(&run);
}
