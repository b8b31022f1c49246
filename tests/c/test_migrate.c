// SPDX-License-Identifier: GPL-2.0-only
#include "mm/migrate.h"

#include "hand.h"

#define LIST(h) hand_list(&(h), &(h).zone->pcp[0].list[BA_MT_MOVABLE])

/*
 * Three pages, the list as the scanner leaves it, and free pages 7680, 7682,
 * 7684 on the run's own list.
 */
static struct ba_compact three(struct hand *h, uint32_t handle[3],
			       unsigned int free)
{
	struct ba_compact cc = { .order = 2, .search_order = 2,
				 .mode = BA_COMPACT_SYNC };

	for (unsigned int i = 0; i < 3; i++)
		handle[i] = hand_user(h, 512 + i, 0, true);
	ba_rmap_use(&h->ctx, 513, BA_USE_DIRTY | BA_USE_REFERENCED, 0);
	for (unsigned int i = 0; i < free; i++)
		hand_free(h, 7680 + 2 * i, 0);
	hand_reserve(h, 2048, 3);
	ba_compact_begin(&cc, h->zone, 512, 7680);
	ba_compact_turn(&cc);
	ba_compact_isolate_source(&h->ctx, h->nodes, &cc);
	return cc;
}

/*
 * Both take 7684 first (the tail of the list) and then the pageblock from its
 * start; 6.1 hands out the last first, 6.12 the first.
 */
TEST(pages_move_and_their_handles_follow)
{
	for (int old = 0; old < 2; old++) {
		struct hand h = hand_new(old);
		uint32_t a[3];
		struct ba_compact cc = three(&h, a, 3);
		struct ba_migrated done = ba_migrate_pages(&h.ctx, h.nodes,
							   &cc);

		CHECK_EQ(done.failed, 0);
		CHECK(!done.no_target);
		CHECK_EQ(hand_pfn(&h, a[2]), old ? 7682 : 7684);
		CHECK_EQ(hand_pfn(&h, a[1]), 7680);
		CHECK_EQ(hand_pfn(&h, a[0]), old ? 7684 : 7682);
		CHECK_EQ(h.ctx.frames[7680].use,
			 BA_USE_ANON | BA_USE_DIRTY | BA_USE_REFERENCED);
		CHECK_EQ(h.ctx.frames[7680].flags,
			 BA_FRAME_HEAD | BA_FRAME_MOVABLE | BA_FRAME_LRU |
			 BA_FRAME_HANDLE);
		CHECK_STR_EQ(hand_lru(&h, BA_LRU_INACTIVE_ANON),
			     old ? "7684 7680 7682" : "7682 7680 7684");
		CHECK_STR_EQ(LIST(h), "512 513 514");
		CHECK_EQ(h.ctx.vm->event[BA_VM_pgmigrate_success], 3);
		CHECK_EQ(h.ctx.charge.latency_ns >= 3 * BA_COST_MIGRATE_PAGE,
			 1);
		CHECK_STR_EQ(hand_check(&h), NULL);
		hand_stop(&h);
	}
}

TEST(without_a_target_the_rest_stays)
{
	for (int old = 0; old < 2; old++) {
		struct hand h = hand_new(old);
		uint32_t a[3];
		struct ba_compact cc = three(&h, a, 1);
		struct ba_migrated done = ba_migrate_pages(&h.ctx, h.nodes,
							   &cc);

		CHECK_EQ(done.failed, 2);
		CHECK(done.no_target);
		CHECK_EQ(hand_pfn(&h, a[2]), 7680);
		CHECK_STR_EQ(hand_list(&h, &cc.sources), "513 512");
		/* 512 was not tried */
		CHECK_EQ(h.ctx.vm->event[BA_VM_pgmigrate_fail], 1);
		ba_compact_put_back(&h.ctx, h.nodes, &cc);
		CHECK_STR_EQ(hand_check(&h), NULL);
		hand_stop(&h);
	}
}

/* compact_memory waits for it: 1 ms, in which all of the queue is written. */
TEST(a_page_under_writeback_comes_last)
{
	struct hand h = hand_new(true);
	uint32_t a[3];
	struct ba_compact cc;

	hand_user(&h, 1024, 0, true);
	sent(&h.ctx, 1024);
	cc = three(&h, a, 3);
	ba_rmap_use(&h.ctx, 514, BA_USE_RECLAIM, 0);
	sent(&h.ctx, 514);
	ba_migrate_pages(&h.ctx, h.nodes, &cc);
	CHECK_EQ(hand_pfn(&h, a[1]), 7682);
	CHECK_EQ(hand_pfn(&h, a[0]), 7680);
	CHECK_EQ(hand_pfn(&h, a[2]), 7684);
	CHECK_EQ(h.ctx.frames[7684].use, BA_USE_ANON);
	CHECK_EQ(h.ctx.frames[1024].use, BA_USE_ANON);
	CHECK_EQ(h.ctx.vm->now_ns, 1000000);
	CHECK_STR_EQ(LIST(h), "514 512 513");
	CHECK_STR_EQ(hand_lru(&h, BA_LRU_INACTIVE_ANON),
		     "7684 7680 7682 1024");
	CHECK_STR_EQ(hand_check(&h), NULL);
	hand_stop(&h);
}

/* One free page: 514 is left for the end, 513 moves, 512 has no target. */
TEST(a_page_left_for_the_end_that_never_comes_has_failed)
{
	for (int old = 0; old < 2; old++) {
		struct hand h = hand_new(old);
		uint32_t a[3];
		struct ba_compact cc = three(&h, a, 1);

		sent(&h.ctx, 514);
		ba_migrate_pages(&h.ctx, h.nodes, &cc);
		CHECK_EQ(hand_pfn(&h, a[1]), 7680);
		CHECK_EQ(h.ctx.vm->event[BA_VM_pgmigrate_fail], 2);
		ba_compact_put_back(&h.ctx, h.nodes, &cc);
		CHECK_STR_EQ(hand_check(&h), NULL);
		hand_stop(&h);
	}
}

/* 6.12: a page of 4 frames needs a block of 4; without one it stays. */
TEST(a_large_page_moves_as_one)
{
	for (int room = 0; room < 2; room++) {
		struct hand h = hand_new(false);
		struct ba_compact cc = { .order = 9, .search_order = 9,
					 .mode = BA_COMPACT_SYNC_LIGHT };
		uint32_t small = hand_user(&h, 512, 0, false);
		uint32_t large = hand_user(&h, 516, 2, true);
		struct ba_migrated done;

		hand_free(&h, 7680, room ? 3 : 1);
		hand_reserve(&h, 2048, 3);
		ba_compact_begin(&cc, h.zone, 512, 7680);
		ba_compact_turn(&cc);
		ba_compact_isolate_source(&h.ctx, h.nodes, &cc);
		CHECK_STR_EQ(hand_list(&h, &cc.sources), "516 512");
		done = ba_migrate_pages(&h.ctx, h.nodes, &cc);
		CHECK_EQ(done.failed, room ? 0 : 4);
		CHECK(!done.no_target);
		CHECK_EQ(hand_pfn(&h, large), room ? 7680 : 516);
		CHECK_EQ(hand_pfn(&h, small), room ? 7684 : 7680);
		if (room) {
			CHECK_EQ(h.ctx.frames[7680].order, 2);
			CHECK(h.ctx.frames[7680].flags & BA_FRAME_COMPOUND);
			CHECK(h.ctx.frames[7683].flags & BA_FRAME_MOVABLE);
			CHECK(!(h.ctx.frames[519].flags & BA_FRAME_MOVABLE));
		}
		ba_compact_put_back(&h.ctx, h.nodes, &cc);
		for (pfn_t pfn; (pfn = ba_compact_release(&h.ctx, &cc)) !=
				BA_PFN_NONE;)
			ba_free_pages(&h.ctx, h.nodes, pfn,
				      h.ctx.frames[pfn].order);
		CHECK_STR_EQ(hand_check(&h), NULL);
		hand_stop(&h);
	}
}

/* A backed machine: what a page holds moves with it, and other frames keep. */
TEST(bytes_move_with_their_pages)
{
	for (int old = 0; old < 2; old++) {
		struct hand h = hand_made(old, true);
		struct ba_compact cc;
		uint32_t a[3];

		h.ctx = ba_machine_ctx(&h.m, 0);
		cc = three(&h, a, 3);
		for (unsigned int i = 0; i < 3; i++)
			memset(ba_memory_at(h.ctx.memory, 512 + i),
			       0x10 + (int)i, BA_PAGE_SIZE);
		memset(ba_memory_at(h.ctx.memory, 7681), 0xee, BA_PAGE_SIZE);
		CHECK_EQ(ba_migrate_pages(&h.ctx, h.nodes, &cc).failed, 0);
		for (unsigned int i = 0; i < 3; i++) {
			const uint8_t *at = ba_memory_at(h.ctx.memory,
							 hand_pfn(&h, a[i]));

			CHECK(hand_pfn(&h, a[i]) >= 7680);
			CHECK(at[0] == 0x10 + i &&
			      at[BA_PAGE_SIZE - 1] == 0x10 + i);
		}
		CHECK_EQ(ba_memory_at(h.ctx.memory, 7681)[9], 0xee);
		CHECK_STR_EQ(hand_check(&h), NULL);
		hand_stop(&h);
	}
}
