// SPDX-License-Identifier: GPL-2.0-only
#include "mm/writeback.h"

#include "userpages.h"

#define DELAY UINT64_C(1000)	/* ns until a page is written, here */

static void begin(void)
{
	start(PAGES);
	ctx.vm->writeback_ns = DELAY;
}

static void run_at(uint64_t now)
{
	ctx.vm->now_ns = now;
	ba_writeback_run(&ctx, nodes);
}

/*
 *	     0     page 1 sent
 *	   400     page 2 sent
 *	   999     nothing is due
 *	  1000     1 is clean
 *	  1400     2 is clean
 */
TEST(k2_pages_are_written_in_the_order_in_which_they_were_sent)
{
	begin();
	user_page(FILE_PAGE, BA_USE_DIRTY);
	user_page(FILE_PAGE, BA_USE_DIRTY);
	CHECK_EQ(ba_writeback_next_due(&ctx), UINT64_MAX);
	CHECK(ba_writeback_start(&ctx, pfn_of(1)));
	CHECK_EQ(use_of(1), BA_USE_WRITEBACK);
	CHECK_EQ(ba_writeback_next_due(&ctx), 1000);
	run_at(400);
	CHECK(ba_writeback_start(&ctx, pfn_of(2)));
	run_at(999);
	CHECK_EQ(use_of(1), BA_USE_WRITEBACK);
	CHECK_STR_EQ(ba_writeback_check(&ctx), NULL);
	run_at(1000);
	CHECK_EQ(use_of(1), 0);
	CHECK_EQ(use_of(2), BA_USE_WRITEBACK);
	CHECK_EQ(ba_writeback_next_due(&ctx), 1400);
	run_at(5000);
	CHECK_EQ(use_of(2), 0);
	CHECK_EQ(ba_writeback_next_due(&ctx), UINT64_MAX);
	CHECK_EQ(counted(BA_VM_nr_written), 2);
	/* not by reclaim, so they stay where they were */
	CHECK_STR_EQ(lru(BA_LRU_INACTIVE_FILE), "2 1");
	stop();
}

/* RECLAIM: to the tail once it is clean, also from the active list. */
TEST(a_page_that_reclaim_wants_goes_next)
{
	begin();
	user_page(FILE_PAGE, 0);
	user_page(FILE_PAGE, BA_USE_DIRTY | BA_USE_RECLAIM);
	user_page(FILE_PAGE, BA_USE_DIRTY | BA_USE_RECLAIM | BA_USE_ACTIVE);
	user_page(FILE_PAGE, BA_USE_DIRTY | BA_USE_RECLAIM);
	for (uint32_t handle = 2; handle <= 4; handle++)
		CHECK(ba_writeback_start(&ctx, pfn_of(handle)));
	ba_rmap_use(&ctx, pfn_of(4), BA_USE_DIRTY, 0);
	run_at(DELAY);
	CHECK_STR_EQ(lru(BA_LRU_INACTIVE_FILE), "4 1 2 3");
	CHECK_STR_EQ(lru(BA_LRU_ACTIVE_FILE), "");
	CHECK_EQ(use_of(3), 0);
	CHECK_EQ(use_of(4), BA_USE_DIRTY);
	CHECK_EQ(counted(BA_VM_pgrotated), 2);
	stop();
}

/* To its swap slot: then clean, and it keeps the slot. */
TEST(an_anonymous_page_is_written_to_swap)
{
	begin();
	give_swap(600);
	user_page(ANON_PAGE, 0);
	user_block(MOVABLE | BA_GFP_COMP, 9, ANON_PAGE, 0);
	for (uint32_t handle = 1; handle <= 2; handle++) {
		CHECK(ba_rmap_add_to_swap(&ctx, handle));
		CHECK(ba_writeback_start(&ctx, pfn_of(handle)));
	}
	CHECK_EQ(counted(BA_VM_pswpout), 513);
	CHECK_EQ(counted(BA_VM_thp_swpout), 1);
	run_at(DELAY);
	CHECK_EQ(use_of(1), BA_USE_ANON);
	CHECK_EQ(ctx.handles[1].swap, 1);
	CHECK_EQ(ctx.vm->swap_free, 87);
	stop();
}

/* Its mapping knows of the write, but nobody asks it until reclaim does. */
TEST(an_anonymous_page_written_to_meanwhile_goes_to_the_tail)
{
	begin();
	give_swap(1);
	user_pages(3, ANON_PAGE, 0);
	CHECK(ba_rmap_add_to_swap(&ctx, 2));
	CHECK(ba_writeback_start(&ctx, pfn_of(2)));
	ba_rmap_use(&ctx, pfn_of(2), BA_USE_RECLAIM, 0);
	ba_rmap_dirty(&ctx, 2);
	run_at(DELAY);
	CHECK_STR_EQ(lru(BA_LRU_INACTIVE_ANON), "3 1 2");
	CHECK_EQ(use_of(2), BA_USE_ANON | BA_USE_DIRTY);
	stop();
}

/* A page given up is forgotten: its handle may soon be another's. */
TEST(k1_pages_given_up_are_forgotten)
{
	pfn_t pfn;

	begin();
	user_pages(3, FILE_PAGE, BA_USE_DIRTY);
	for (uint32_t handle = 1; handle <= 3; handle++)
		ba_writeback_start(&ctx, pfn_of(handle));
	for (uint32_t handle = 1; handle <= 2; handle++) {
		pfn = pfn_of(3 - handle);
		ba_writeback_forget(&ctx, 3 - handle);
		CHECK_STR_EQ(ba_writeback_check(&ctx), NULL);
		ba_lru_del(&ctx, nodes, pfn);
		ba_rmap_unset(&ctx, 3 - handle, BA_HANDLE_EVICTED);
		ba_rmap_forget(&ctx, 3 - handle);
		CHECK_EQ(release(pfn, 0), BA_OK);
	}
	/* nothing to forget */
	ba_writeback_forget(&ctx, 1);
	CHECK_EQ(user_page(FILE_PAGE, BA_USE_DIRTY), 1);
	ctx.vm->now_ns = 500;
	ba_writeback_start(&ctx, pfn_of(1));
	CHECK_EQ(ba_writeback_due_of(&ctx, 1), 1000);
	CHECK_EQ(ba_writeback_due_of(&ctx, 2), 1500);
	CHECK_EQ(ba_writeback_due_of(&ctx, 3), UINT64_MAX);
	run_at(1000);
	CHECK_EQ(use_of(1), BA_USE_WRITEBACK);
	CHECK_EQ(use_of(3), 0);
	stop();
}

TEST(a_full_queue_takes_nothing)
{
	begin();
	user_pages(BA_WRITEBACK_MAX + 1, FILE_PAGE, BA_USE_DIRTY);
	for (uint32_t handle = 1; handle <= BA_WRITEBACK_MAX; handle++)
		if (!CHECK(ba_writeback_start(&ctx, pfn_of(handle))))
			break;
	CHECK(!ba_writeback_start(&ctx, pfn_of(BA_WRITEBACK_MAX + 1)));
	CHECK_EQ(use_of(BA_WRITEBACK_MAX + 1), BA_USE_DIRTY);
	CHECK_STR_EQ(ba_writeback_check(&ctx), NULL);
	/* the flusher waits for room, and then has the last page written */
	ba_writeback_wake_flusher(&ctx);
	CHECK_EQ(ba_writeback_next_due(&ctx), DELAY);
	run_at(DELAY);
	CHECK_EQ(ctx.vm->nr_writeback, 1);
	CHECK_EQ(ctx.vm->nr_dirty, 0);
	CHECK_EQ(ba_writeback_next_due(&ctx), 2 * DELAY);
	run_at(2 * DELAY);
	CHECK_EQ(ctx.vm->nr_writeback, 0);
	stop();
}

/*
 *	inactive  head 5 3* 2 1* tail    active  head 6* 4* tail   * dirty
 *	flush 3:  1, 3, 4
 */
TEST(the_flusher_begins_at_the_tails_of_the_lists)
{
	const uint8_t dirty = BA_USE_DIRTY, active = BA_USE_ACTIVE;

	begin();
	user_page(FILE_PAGE, dirty);
	user_page(FILE_PAGE, 0);
	user_page(FILE_PAGE, dirty);
	user_page(FILE_PAGE, dirty | active);
	user_page(FILE_PAGE, 0);
	user_page(FILE_PAGE, dirty | active);
	user_page(ANON_PAGE, dirty);
	CHECK_EQ(ba_writeback_flush(&ctx, nodes, 0, 3), 3);
	CHECK_EQ(use_of(1), BA_USE_WRITEBACK);
	CHECK_EQ(use_of(2), 0);
	CHECK_EQ(use_of(3), BA_USE_WRITEBACK);
	CHECK_EQ(use_of(4), BA_USE_WRITEBACK | active);
	CHECK_EQ(use_of(6), dirty | active);
	CHECK_EQ(use_of(7), BA_USE_ANON | dirty);
	CHECK_EQ(ba_writeback_flush(&ctx, nodes, 0, 3), 1);
	CHECK_EQ(ba_writeback_flush(&ctx, nodes, 0, 3), 0);
	stop();
}

/* Woken at 100, it starts at once: at 100 as soon as the clock runs. */
TEST(the_flusher_has_work_once_it_is_woken)
{
	begin();
	user_pages(40, FILE_PAGE, BA_USE_DIRTY);
	ctx.vm->now_ns = 100;
	ba_writeback_wake_flusher(&ctx);
	CHECK_EQ(ctx.vm->nr_writeback, 0);
	CHECK_EQ(ba_writeback_next_due(&ctx), 100);
	ba_writeback_run(&ctx, nodes);
	CHECK_EQ(ctx.vm->nr_writeback, 40);
	CHECK_EQ(ba_writeback_next_due(&ctx), 1100);
	run_at(1100);
	CHECK_EQ(ctx.vm->nr_writeback, 0);
	CHECK_EQ(ba_writeback_next_due(&ctx), UINT64_MAX);
	stop();
}

/* A wait ends when it should, whatever happens in it, and is charged. */
TEST(a_wait_lets_the_writes_go_on)
{
	begin();
	user_pages(2, FILE_PAGE, BA_USE_DIRTY);
	ba_writeback_start(&ctx, pfn_of(1));
	ba_writeback_wake_flusher(&ctx);
	ctx.charge.latency_ns = 0;
	ba_writeback_wait(&ctx, nodes, 999);
	CHECK_EQ(ctx.vm->now_ns, 999);
	CHECK_EQ(ctx.vm->nr_writeback, 2);
	CHECK_EQ(ctx.charge.latency_ns, 999);
	ba_writeback_wait(&ctx, nodes, 1);
	CHECK_EQ(ctx.vm->nr_writeback, 0);
	CHECK_EQ(ctx.charge.latency_ns, 1000);
	/* the time of its own work is charged already */
	ba_writeback_pass(&ctx, nodes, 500);
	CHECK_EQ(ctx.vm->now_ns, 1500);
	CHECK_EQ(ctx.charge.latency_ns, 1000);
	stop();
}

/* A device that takes no time ends all of it in one step. */
TEST(a_device_without_latency)
{
	begin();
	ctx.vm->writeback_ns = 0;
	user_pages(BA_WRITEBACK_MAX + 100, FILE_PAGE, BA_USE_DIRTY);
	ba_writeback_wake_flusher(&ctx);
	ba_writeback_wait(&ctx, nodes, 0);
	CHECK_EQ(ctx.vm->nr_dirty + ctx.vm->nr_writeback, 0);
	CHECK_EQ(ctx.vm->now_ns, 0);
	stop();
}

TEST(broken_invariants_are_named)
{
	begin();
	user_pages(3, FILE_PAGE, BA_USE_DIRTY);
	ba_writeback_start(&ctx, pfn_of(1));
	ba_writeback_start(&ctx, pfn_of(2));
	CHECK_STR_EQ(ba_writeback_check(&ctx), NULL);
	ctx.writeback[1].due_ns--;
	CHECK(names(ba_writeback_check(&ctx), "K2"));
	ctx.writeback[1].due_ns++;
	ctx.writeback[1].handle = 3;
	CHECK(names(ba_writeback_check(&ctx), "K1"));
	ctx.writeback[1].handle = 1;	/* twice, in the place of 2 */
	CHECK(names(ba_writeback_check(&ctx), "K1"));
	ctx.writeback[1].handle = 2;
	ctx.vm->nr_writeback = 3;
	CHECK(names(ba_writeback_check(&ctx), "K1"));
	ctx.vm->nr_writeback = 2;
	ctx.writeback[1].handle = 0;	/* 2 is not in the queue */
	CHECK(names(ba_writeback_check(&ctx), "K1"));
	ctx.writeback[1].handle = 2;
	stop();
}
