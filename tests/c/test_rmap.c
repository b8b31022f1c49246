// SPDX-License-Identifier: GPL-2.0-only
#include "mm/rmap.h"

#include "userpages.h"

/*
 *	new new      1 2
 *	forget 1     next: 1 again
 */
TEST(r2_handles_begin_at_1_and_are_used_again)
{
	start(PAGES);
	CHECK_EQ(ba_rmap_new(&ctx, 0, true, 3), 1);
	CHECK_EQ(ba_rmap_new(&ctx, 0, false, 0), 2);
	CHECK_EQ(ctx.handles[1].anon, 1);
	CHECK_EQ(ctx.handles[1].mm, 3);
	CHECK_EQ(ctx.handles[2].anon, 0);
	ba_rmap_forget(&ctx, 1);
	CHECK_EQ(ctx.handles[1].state, BA_HANDLE_FREE);
	CHECK_EQ(ba_rmap_new(&ctx, 9, true, 0), 1);
	CHECK_EQ(ba_rmap_new(&ctx, 0, true, 0), 3);
	stop();
}

TEST(r1_handle_and_frame_know_each_other)
{
	uint32_t handle;
	pfn_t pfn;

	start(PAGES);
	pfn = alloc(MOVABLE, 0);
	handle = ba_rmap_new(&ctx, 0, true, 0);
	CHECK_EQ(state_of(handle), BA_HANDLE_EVICTED);
	CHECK_EQ(ba_rmap_of(&ctx, pfn), 0);
	ba_rmap_set(&ctx, handle, pfn);
	CHECK_EQ(state_of(handle), BA_HANDLE_RESIDENT);
	CHECK_EQ(ba_rmap_of(&ctx, pfn), handle);
	CHECK_EQ(use_of(handle), BA_USE_ANON);
	/* the frame cannot be freed by its number */
	CHECK_EQ(release(pfn, 0), BA_EHANDLE);
	ba_rmap_unset(&ctx, handle, BA_HANDLE_EVICTED);
	CHECK_EQ(ba_rmap_of(&ctx, pfn), 0);
	CHECK_EQ(pfn_of(handle), BA_PFN_NONE);
	CHECK_EQ(release(pfn, 0), BA_OK);
	stop();
}

TEST(a_moved_page_keeps_handle_and_bits)
{
	uint32_t handle;
	pfn_t from, to;

	start(PAGES);
	handle = user_page(FILE_PAGE, BA_USE_DIRTY | BA_USE_REFERENCED);
	from = pfn_of(handle);
	ba_lru_del(&ctx, nodes, from);
	to = alloc(MOVABLE, 0);
	ba_rmap_move(&ctx, from, to);
	ba_lru_add(&ctx, nodes, to);
	CHECK_EQ(pfn_of(handle), to);
	CHECK_EQ(use_of(handle), BA_USE_DIRTY | BA_USE_REFERENCED);
	CHECK_EQ(ctx.vm->nr_dirty, 1);
	CHECK_EQ(release(from, 0), BA_OK);
	stop();
}

/*
 *	swap of 2 slots     free
 *	add_to_swap 1        1     1 is dirty: it is to be written
 *	1 goes to swap       1
 *	1 comes back         1     clean: may go without a write
 *	1 is written to      2     its copy is worthless
 */
TEST(v2_a_slot_is_kept_until_the_page_is_written_to)
{
	pfn_t pfn;

	start(PAGES);
	give_swap(2);
	user_page(ANON_PAGE, 0);
	CHECK(ba_rmap_add_to_swap(&ctx, 1));
	CHECK_EQ(ctx.vm->swap_free, 1);
	CHECK_EQ(use_of(1), BA_USE_ANON | BA_USE_DIRTY);
	pfn = pfn_of(1);
	ba_lru_del(&ctx, nodes, pfn);
	ba_rmap_unset(&ctx, 1, BA_HANDLE_SWAPPED);
	CHECK_EQ(release(pfn, 0), BA_OK);
	CHECK_EQ(ctx.vm->swap_free, 1);
	CHECK_STR_EQ(ba_rmap_check(&ctx), NULL);

	pfn = alloc(MOVABLE, 0);
	ba_rmap_set(&ctx, 1, pfn);
	ba_lru_add(&ctx, nodes, pfn);
	CHECK_EQ(ctx.vm->swap_free, 1);
	CHECK_EQ(use_of(1), BA_USE_ANON);
	ba_rmap_dirty(&ctx, 1);
	CHECK_EQ(ctx.vm->swap_free, 2);
	CHECK_EQ(use_of(1), BA_USE_ANON | BA_USE_DIRTY);
	stop();
}

TEST(a_page_given_up_gives_its_slot_back)
{
	pfn_t pfn;

	start(PAGES);
	give_swap(8);
	user_pages(2, ANON_PAGE, 0);
	CHECK(ba_rmap_add_to_swap(&ctx, 1) && ba_rmap_add_to_swap(&ctx, 2));
	CHECK_EQ(ctx.vm->swap_free, 6);
	for (uint32_t handle = 1; handle <= 2; handle++) {
		pfn = pfn_of(handle);
		ba_lru_del(&ctx, nodes, pfn);
		ba_rmap_unset(&ctx, handle, handle == 1 ? BA_HANDLE_EVICTED :
							  BA_HANDLE_SWAPPED);
		ba_rmap_forget(&ctx, handle);
		CHECK_EQ(release(pfn, 0), BA_OK);
	}
	CHECK_EQ(ctx.vm->swap_free, 8);
	stop();
}

/* A huge page has 512 slots or none. */
TEST(v1_swap_is_not_overdrawn)
{
	start(PAGES);
	give_swap(513);
	user_block(MOVABLE | BA_GFP_COMP, 9, ANON_PAGE, 0);
	user_page(ANON_PAGE, 0);
	user_page(ANON_PAGE, 0);
	CHECK(ba_rmap_add_to_swap(&ctx, 2));
	CHECK(ba_rmap_add_to_swap(&ctx, 1));
	CHECK_EQ(ctx.vm->swap_free, 0);
	CHECK(!ba_rmap_add_to_swap(&ctx, 3));
	CHECK_EQ(use_of(3), BA_USE_ANON);
	CHECK_EQ(ctx.handles[3].swap, 0);
	ba_rmap_free_swap(&ctx, 1);
	CHECK_EQ(ctx.vm->swap_free, 512);
	/* the same once more changes nothing */
	ba_rmap_free_swap(&ctx, 1);
	CHECK_EQ(ctx.vm->swap_free, 512);
	stop();
}

TEST(a_slot_that_is_being_written_stays)
{
	start(PAGES);
	give_swap(1);
	user_page(ANON_PAGE, 0);
	ba_rmap_add_to_swap(&ctx, 1);
	ba_writeback_start(&ctx, pfn_of(1));
	ba_rmap_dirty(&ctx, 1);
	CHECK_EQ(ctx.vm->swap_free, 0);
	CHECK_EQ(use_of(1), BA_USE_ANON | BA_USE_DIRTY | BA_USE_WRITEBACK);
	stop();
}

/*
 *	                          nr_dirty  nr_writeback
 *	page cache dirty (1)         1
 *	anonymous dirty (2)          1
 *	huge page of cache dirty   513
 *	1 under writeback          512          1
 *	1 dirty again as well      513          1
 *	1 given up                 512          0
 */
TEST(v3_dirty_and_writeback_are_counted)
{
	pfn_t pfn;

	start(PAGES);
	user_page(FILE_PAGE, 0);
	user_page(ANON_PAGE, 0);
	user_block(MOVABLE | BA_GFP_COMP, 9, FILE_PAGE, 0);
	ba_rmap_dirty(&ctx, 1);
	ba_rmap_dirty(&ctx, 1);
	ba_rmap_dirty(&ctx, 2);
	CHECK_EQ(ctx.vm->nr_dirty, 1);
	CHECK_EQ(counted(BA_VM_nr_dirtied), 1);
	ba_rmap_dirty(&ctx, 3);
	CHECK_EQ(ctx.vm->nr_dirty, 513);
	ba_writeback_start(&ctx, pfn_of(1));
	CHECK_EQ(ctx.vm->nr_dirty, 512);
	CHECK_EQ(ctx.vm->nr_writeback, 1);
	ba_rmap_dirty(&ctx, 1);
	CHECK_EQ(ctx.vm->nr_dirty, 513);
	CHECK_EQ(ctx.vm->nr_writeback, 1);
	CHECK_STR_EQ(ba_rmap_check(&ctx), NULL);
	pfn = pfn_of(1);
	ba_writeback_forget(&ctx, 1);
	ba_lru_del(&ctx, nodes, pfn);
	ba_rmap_unset(&ctx, 1, BA_HANDLE_EVICTED);
	CHECK_EQ(release(pfn, 0), BA_OK);
	CHECK_EQ(ctx.vm->nr_dirty, 512);
	CHECK_EQ(ctx.vm->nr_writeback, 0);
	stop();
}

/* PG_reclaim says that a page is no longer wanted: a write takes it back. */
TEST(a_page_written_to_is_wanted_again)
{
	start(PAGES);
	user_page(FILE_PAGE, BA_USE_RECLAIM);
	ba_rmap_dirty(&ctx, 1);
	CHECK_EQ(use_of(1), BA_USE_DIRTY);
	stop();
}

TEST(broken_invariants_are_named)
{
	start(PAGES);
	give_swap(4);
	user_page(ANON_PAGE, 0);
	user_page(FILE_PAGE, 0);
	ba_rmap_add_to_swap(&ctx, 1);
	CHECK_STR_EQ(ba_rmap_check(&ctx), NULL);
	ctx.frames[pfn_of(2)].owner = 1;
	CHECK(names(ba_rmap_check(&ctx), "R1"));
	ctx.frames[pfn_of(2)].owner = 2;
	ctx.handles[2].order = 1;
	CHECK(names(ba_rmap_check(&ctx), "R1"));
	ctx.handles[2].order = 0;
	ctx.handles[2].swap = 1;
	CHECK(names(ba_rmap_check(&ctx), "R3"));
	ctx.handles[2].swap = 0;
	ctx.vm->swap_free = 5;
	CHECK(names(ba_rmap_check(&ctx), "V1"));
	ctx.vm->swap_free = 4;
	CHECK(names(ba_rmap_check(&ctx), "V2"));
	ctx.vm->swap_free = 3;
	ctx.vm->nr_dirty = 1;
	CHECK(names(ba_rmap_check(&ctx), "V3"));
	ctx.vm->nr_dirty = 0;
	stop();
}

/*
 *	frame 1   0x11 -> unset, the frame is used by another, set to frame 2
 *	frame 2   0xee ->                                       0x11
 */
TEST(bytes_follow_their_handle)
{
	static const order_t orders[] = { 0, BA_PAGEBLOCK_ORDER };

	start_backed(false, false);
	for (unsigned int i = 0; i < 2; i++) {
		uint32_t handle = user_block(MOVABLE, orders[i], ANON_PAGE, 0);
		pfn_t from = pfn_of(handle), to = alloc(MOVABLE, orders[i]);

		give_swap(1u << orders[i]);
		CHECK(block_holds(from, orders[i], 0));
		fill_block(from, orders[i], 0x11);
		fill_block(to, orders[i], 0xee);
		CHECK(ba_rmap_add_to_swap(&ctx, handle));
		ba_lru_del(&ctx, nodes, from);
		ba_rmap_unset(&ctx, handle, BA_HANDLE_SWAPPED);
		fill_block(from, orders[i], 0x22);
		ba_rmap_set(&ctx, handle, to);
		CHECK(block_holds(to, orders[i], 0x11));
		ba_rmap_move(&ctx, to, from);
		CHECK(block_holds(from, orders[i], 0x11));
		ba_rmap_unset(&ctx, handle, BA_HANDLE_SWAPPED);
		ba_rmap_forget(&ctx, handle);
		CHECK_EQ(release(from, orders[i]), BA_OK);
		CHECK_EQ(release(to, orders[i]), BA_OK);
		/* the next owner of that number has none of it */
		handle = ba_rmap_new(&ctx, orders[i], true, 0);
		to = alloc(MOVABLE, orders[i]);
		ba_rmap_set(&ctx, handle, to);
		CHECK(block_holds(to, orders[i], 0));
		ba_rmap_unset(&ctx, handle, BA_HANDLE_EVICTED);
		ba_rmap_forget(&ctx, handle);
		CHECK_EQ(release(to, orders[i]), BA_OK);
	}
	stop();
}

TEST(v4_lost_bytes_are_told)
{
	start_backed(false, false);
	ctx.vm->bytes_lost = true;
	CHECK(names(ba_rmap_check(&ctx), "V4"));
	ctx.vm->bytes_lost = false;
	stop();
}
