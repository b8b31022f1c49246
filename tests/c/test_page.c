// SPDX-License-Identifier: GPL-2.0-only
#include "mm/page.h"

#include "testlib.h"

static struct ba_frame frames[64];
static const struct ba_frame none[1];	/* no max block is free */

static void reset(void)
{
	memset(frames, 0, sizeof(frames));
}

static void head(pfn_t pfn, uint8_t state, order_t order)
{
	frames[pfn].state = state;
	frames[pfn].order = order;
}

/*
 *	8 [BUDDY, order 3 ........] 16 [PCP, order 1] 18 USED
 */
TEST(the_head_of_a_free_block_is_found_from_each_of_its_frames)
{
	reset();
	head(8, BA_FRAME_BUDDY, 3);
	head(16, BA_FRAME_PCP, 1);
	for (pfn_t pfn = 8; pfn < 16; pfn++)
		CHECK_EQ(ba_page_free_head(frames, none, pfn), 8);
	CHECK_EQ(ba_page_free_head(frames, none, 16), 16);
	CHECK_EQ(ba_page_free_head(frames, none, 17), 16);
	CHECK_EQ(ba_page_free_head(frames, none, 18), BA_PFN_NONE);
	CHECK_EQ(ba_page_free_head(frames, none, 7), BA_PFN_NONE);
}

/* One that compaction has is another matter. */
TEST(the_head_of_an_isolated_block)
{
	reset();
	head(8, BA_FRAME_ISOLATED, 3);
	head(16, BA_FRAME_PCP, 1);
	CHECK_EQ(ba_page_isolated_head(frames, 13), 8);
	CHECK_EQ(ba_page_free_head(frames, none, 13), BA_PFN_NONE);
	CHECK_EQ(ba_page_isolated_head(frames, 17), BA_PFN_NONE);
}

/*
 *	0 [order 0] 1 USED: a small block at a multiple of 32 says nothing of 1
 */
TEST(a_head_does_not_reach_beyond_its_order)
{
	reset();
	head(0, BA_FRAME_BUDDY, 0);
	CHECK_EQ(ba_page_free_head(frames, none, 0), 0);
	CHECK_EQ(ba_page_free_head(frames, none, 1), BA_PFN_NONE);
	CHECK_EQ(ba_page_free_head(frames, none, 31), BA_PFN_NONE);
}

/*
 *	max blocks  0 USED, 1 BUDDY: frames 1024..2047 are free, all zeros here
 */
TEST(a_free_max_block_is_described_in_its_own_table)
{
	static struct ba_frame many[3 * BA_MAX_BLOCK_PAGES];
	struct ba_frame blocks[3] = {
		[1] = { .state = BA_FRAME_BUDDY, .order = BA_ORDER_MAX } };

	CHECK_EQ(ba_page_free_head(many, blocks, 1023), BA_PFN_NONE);
	CHECK_EQ(ba_page_free_head(many, blocks, 1024), 1024);
	CHECK_EQ(ba_page_free_head(many, blocks, 2047), 1024);
	CHECK_EQ(ba_page_free_head(many, blocks, 2048), BA_PFN_NONE);
	CHECK(ba_frame_at(many, blocks, 0) == &many[0]);
	CHECK(ba_frame_at(many, blocks, 1024) == &blocks[1]);
	CHECK(ba_frame_at(many, blocks, 1025) == &many[1025]);
	CHECK(ba_frame_at(many, blocks, 2048) == &many[2048]);
}

/*
 *	0 [USED, HEAD, order 2: an allocation] is no free block
 */
TEST(a_block_in_use_is_not_found)
{
	reset();
	head(0, BA_FRAME_USED, 2);
	frames[0].flags = BA_FRAME_HEAD;
	for (pfn_t pfn = 0; pfn < 4; pfn++)
		CHECK_EQ(ba_page_free_head(frames, none, pfn), BA_PFN_NONE);
}

/*
 *	 7   8 9 10 11   12
 *	 -   M M M  M    -
 */
TEST(movable_is_set_on_each_frame_and_leaves_other_flags)
{
	reset();
	frames[8].flags = BA_FRAME_HEAD;
	ba_page_set_movable(frames, 8, 2, true);
	CHECK_EQ(frames[8].flags, BA_FRAME_HEAD | BA_FRAME_MOVABLE);
	CHECK_EQ(frames[11].flags, BA_FRAME_MOVABLE);
	CHECK_EQ(frames[7].flags, 0);
	CHECK_EQ(frames[12].flags, 0);
	ba_page_set_movable(frames, 8, 2, false);
	CHECK_EQ(frames[8].flags, BA_FRAME_HEAD);
	CHECK_EQ(frames[11].flags, 0);
}

/* The links stand first, one descriptor apart: what base/ilist.h works on. */
TEST(g1_links_are_one_descriptor_apart)
{
	struct ba_link *links = ba_frame_links(frames);

	CHECK_EQ(sizeof(struct ba_frame), BA_LINK_STRIDE);
	CHECK((void *)ba_link_at(links, 5) == (void *)&frames[5]);
}
