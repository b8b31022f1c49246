// SPDX-License-Identifier: GPL-2.0-only
#include "mm/compact_source.h"

#include "hand.h"
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

/* A compound page of order 10 has two pageblocks; neither is looked at. */
TEST(the_second_half_of_a_page_of_order_10_is_no_source)
{
	struct run run;

	start(&run, true);
	run.cc.order = BA_COMPACT_WHOLE;
	run.cc.migrate_pfn = 1024;
	run.rig->frames[1024].order = 10;
	run.rig->frames[1024].flags = BA_FRAME_HEAD | BA_FRAME_COMPOUND;
	CHECK(ba_compact_find_source(&run.rig->ctx, &run.cc));
	CHECK_EQ(run.cc.migrate_pfn, 2048);
	CHECK_EQ(run.zone->compact.migrate[1], 2560);
	CHECK(!ba_pageblock_is_skipped(run.rig->pageblocks, 1536));
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

/* ---- on the model's own pages ------------------------------------------ */

/* A run at the beginning of pageblock 1. */
static struct ba_compact at_512(struct hand *h, int order, bool direct,
				enum ba_compact_mode mode)
{
	struct ba_compact cc = { .order = order, .search_order = order,
				 .type = M, .direct = direct,
				 .mode = (uint8_t)mode };

	ba_compact_begin(&cc, h->zone, 512, 7680);
	ba_compact_turn(&cc);
	return cc;
}

TEST(only_user_pages_are_taken_last_first)
{
	for (int mode = BA_COMPACT_ASYNC; mode <= BA_COMPACT_SYNC; mode++) {
		struct hand h = hand_new(true);
		struct ba_compact cc = at_512(&h, 4, false,
					      (enum ba_compact_mode)mode);

		hand_user(&h, 512, 0, true);	/* 513 stays */
		hand_user(&h, 514, 0, false);
		hand_free(&h, 516, 1);
		hand_user(&h, 518, 0, true);
		hand_user(&h, 519, 0, true);
		sent(&h.ctx, 519);
		ba_rmap_use(&h.ctx, 514, BA_USE_DIRTY, 0);
		ba_compact_isolate_source(&h.ctx, h.nodes, &cc);
		CHECK_STR_EQ(hand_list(&h, &cc.sources),
			     mode == BA_COMPACT_SYNC ? "519 518 514 512" :
						       "518 514 512");
		CHECK_EQ(cc.nr_migrate, mode == BA_COMPACT_SYNC ? 4 : 3);
		CHECK_EQ(cc.migrate_pfn, 1024);
		CHECK_EQ(cc.last_migrated, 512);
		/* but the second frame of the free block */
		CHECK_EQ(cc.migrate_scanned, 511);
		CHECK_STR_EQ(hand_lru(&h, BA_LRU_INACTIVE_FILE), "");
		CHECK_EQ(h.zone->nr_lru[BA_LRU_INACTIVE_ANON],
			 mode == BA_COMPACT_SYNC ? 0 : 1);
		/* back in the order of the list: the last is newest */
		ba_compact_put_back(&h.ctx, h.nodes, &cc);
		CHECK_STR_EQ(hand_lru(&h, BA_LRU_INACTIVE_ANON),
			     "512 518 519");
		CHECK_EQ(cc.nr_migrate, 0);
		CHECK_STR_EQ(hand_check(&h), NULL);
		hand_stop(&h);
	}
}

TEST(without_fs_page_cache_and_swap_cache_stay)
{
	struct hand h = hand_new(true);
	struct ba_compact cc = at_512(&h, 4, false, BA_COMPACT_SYNC_LIGHT);

	cc.no_fs = true;
	hand_user(&h, 512, 0, false);
	hand_user(&h, 513, 0, true);
	h.ctx.vm->swap_free = h.ctx.vm->swap_total = 1;
	CHECK(ba_rmap_add_to_swap(&h.ctx, hand_user(&h, 514, 0, true)));
	ba_compact_isolate_source(&h.ctx, h.nodes, &cc);
	CHECK_STR_EQ(hand_list(&h, &cc.sources), "513");
	ba_compact_put_back(&h.ctx, h.nodes, &cc);
	hand_stop(&h);
}

/* 32 pages at a time; but all of a pageblock that is to be finished. */
TEST(the_scan_stops_after_32_pages)
{
	struct hand h = hand_new(true);
	struct ba_compact cc = at_512(&h, 4, false, BA_COMPACT_SYNC_LIGHT);
	struct ba_pageblock *blocks = h.ctx.pageblocks;

	for (pfn_t pfn = 512; pfn < 552; pfn++)
		hand_user(&h, pfn, 0, true);
	ba_compact_isolate_source(&h.ctx, h.nodes, &cc);
	CHECK_EQ(cc.nr_migrate, 32);
	CHECK_EQ(cc.migrate_pfn, 544);
	CHECK_EQ(h.zone->compact.migrate[1], 0);
	CHECK_EQ(blocks[1].flags, M | BA_PAGEBLOCK_SKIP);
	ba_compact_put_back(&h.ctx, h.nodes, &cc);
	blocks[1].flags = M;
	cc.migrate_pfn = 512;
	cc.finish_block = true;
	ba_compact_isolate_source(&h.ctx, h.nodes, &cc);
	CHECK_EQ(cc.nr_migrate, 40);
	CHECK_EQ(cc.migrate_pfn, 1024);
	CHECK_EQ(h.zone->compact.migrate[0], 1536);
	CHECK_EQ(h.zone->compact.migrate[1], 1536);
	ba_compact_put_back(&h.ctx, h.nodes, &cc);
	hand_stop(&h);
}

/* 6.1 marks only a first frame that is taken, 6.12 the block that it begins. */
TEST(the_skip_bit_at_the_first_page_taken)
{
	for (int old = 0; old < 2; old++) {
		struct hand h = hand_new(old);
		struct ba_compact cc = at_512(&h, 4, false,
					      BA_COMPACT_SYNC_LIGHT);

		hand_user(&h, 520, 0, true);
		ba_compact_isolate_source(&h.ctx, h.nodes, &cc);
		CHECK_EQ(cc.nr_migrate, 1);
		CHECK_EQ(h.ctx.pageblocks[1].flags,
			 old ? M : M | BA_PAGEBLOCK_SKIP);
		ba_compact_put_back(&h.ctx, h.nodes, &cc);
		hand_stop(&h);
	}
}

/*
 * An asynchronous request of order 2 moves all of a block of four or none:
 *	512 513 [514 stays] 515  |  516 free  |  520 521 522 523
 */
TEST(a_block_with_a_frame_that_stays_is_left_alone)
{
	struct hand h = hand_new(true);
	struct ba_compact cc = at_512(&h, 2, true, BA_COMPACT_ASYNC);

	hand_user(&h, 512, 0, true);
	hand_user(&h, 513, 0, true);
	hand_user(&h, 515, 0, true);
	hand_free(&h, 516, 2);
	for (pfn_t pfn = 520; pfn < 530; pfn++)
		hand_user(&h, pfn, 0, true);
	ba_compact_isolate_source(&h.ctx, h.nodes, &cc);
	CHECK_STR_EQ(hand_list(&h, &cc.sources), "523 522 521 520");
	CHECK_EQ(cc.migrate_pfn, 524);
	CHECK_EQ(cc.nr_migrate, 4);
	ba_compact_put_back(&h.ctx, h.nodes, &cc);
	/* one of them could not be moved: 6.1 goes on behind the block */
	cc.migrate_pfn = 522;
	CHECK(!ba_compact_migrated(&h.ctx, &cc, 1));
	CHECK_EQ(cc.migrate_pfn, 524);
	CHECK_EQ(cc.last_migrated, 0);
	hand_stop(&h);
}

/* 6.1 moves no compound page, 6.12 those below the order asked for. */
TEST(large_pages_below_the_order_are_taken_in_6_12)
{
	for (int old = 0; old < 2; old++)
		for (int order = 2; order <= 3; order++) {
			struct hand h = hand_new(old);
			struct ba_compact cc = at_512(&h, order, false,
						      BA_COMPACT_SYNC_LIGHT);

			hand_user(&h, 512, 2, true);
			hand_user(&h, 516, 0, true);
			ba_compact_isolate_source(&h.ctx, h.nodes, &cc);
			CHECK_STR_EQ(hand_list(&h, &cc.sources),
				     !old && order == 3 ? "516 512" : "516");
			CHECK_EQ(cc.nr_migrate, !old && order == 3 ? 5 : 1);
			ba_compact_put_back(&h.ctx, h.nodes, &cc);
			CHECK_STR_EQ(hand_check(&h), NULL);
			hand_stop(&h);
		}
}

/* 6.12: after a failure the rest of the pageblock at once, and only once. */
TEST(in_6_12_a_pageblock_with_a_failure_is_finished)
{
	struct hand h = hand_new(false);
	struct ba_compact cc = at_512(&h, 9, true, BA_COMPACT_SYNC_LIGHT);

	cc.migrate_pfn = 600;
	cc.last_migrated = 512;
	CHECK(ba_compact_migrated(&h.ctx, &cc, 1));
	CHECK(cc.finish_block);
	CHECK_EQ(cc.last_migrated, 0);
	CHECK(!ba_compact_migrated(&h.ctx, &cc, 1));
	cc.finish_block = false;
	cc.migrate_pfn = 1024;
	CHECK(!ba_compact_migrated(&h.ctx, &cc, 1));
	hand_stop(&h);
}

/* 6.1: the search marks the block that it finds, and the scan passes by. */
TEST(in_6_1_a_block_that_is_found_fast_is_not_scanned)
{
	for (int old = 0; old < 2; old++) {
		struct hand h = hand_new(old);
		struct ba_compact cc = at_512(&h, 9, false,
					      BA_COMPACT_SYNC_LIGHT);

		cc.migrate_pfn = 0;
		cc.last_migrated = 4096;
		ba_compact_turn(&cc);
		hand_user(&h, 1024, 0, true);
		hand_free(&h, 1032, 3);
		CHECK(ba_compact_find_source(&h.ctx, &cc));
		CHECK_EQ(cc.migrate_pfn, 1024);
		ba_compact_isolate_source(&h.ctx, h.nodes, &cc);
		CHECK_EQ(cc.nr_migrate, old ? 0 : 1);
		CHECK_EQ(cc.migrate_pfn, 1536);
		CHECK_EQ(h.zone->compact.migrate[1], old ? 2048 : 0);
		ba_compact_put_back(&h.ctx, h.nodes, &cc);
		hand_stop(&h);
	}
}
