// SPDX-License-Identifier: GPL-2.0-only
#include "mm/lru.h"

#include "userpages.h"

/* New pages stand at the head; each kind has lists of its own. */
TEST(u1_a_page_stands_on_the_list_that_its_bits_name)
{
	start(PAGES);
	user_page(FILE_PAGE, 0);
	user_page(FILE_PAGE, 0);
	user_page(ANON_PAGE, 0);
	user_page(ANON_PAGE, BA_USE_ACTIVE);
	user_page(FILE_PAGE, BA_USE_ACTIVE);
	CHECK_STR_EQ(lru(BA_LRU_INACTIVE_FILE), "2 1");
	CHECK_STR_EQ(lru(BA_LRU_ACTIVE_FILE), "5");
	CHECK_STR_EQ(lru(BA_LRU_INACTIVE_ANON), "3");
	CHECK_STR_EQ(lru(BA_LRU_ACTIVE_ANON), "4");
	ba_lru_del(&ctx, nodes, pfn_of(1));
	CHECK_STR_EQ(lru(BA_LRU_INACTIVE_FILE), "2");
	ba_lru_add_tail(&ctx, nodes, pfn_of(1));
	CHECK_STR_EQ(lru(BA_LRU_INACTIVE_FILE), "2 1");
	stop();
}

/* A huge page is one element and 512 pages; DMA is zone 0, DMA32 zone 1. */
TEST(u2_pages_are_counted_by_node_and_zone)
{
	start(PAGES);
	user_block(BA_GFP_DMA, 0, FILE_PAGE, 0);
	user_page(FILE_PAGE, 0);
	user_block(MOVABLE | BA_GFP_COMP, 9, FILE_PAGE, 0);
	CHECK_EQ(lru_pages(BA_LRU_INACTIVE_FILE), 514);
	CHECK_EQ(nodes->zone[0].nr_lru[BA_LRU_INACTIVE_FILE], 1);
	CHECK_EQ(nodes->zone[1].nr_lru[BA_LRU_INACTIVE_FILE], 513);
	CHECK_STR_EQ(lru(BA_LRU_INACTIVE_FILE), "3 2 1");
	stop();
}

/*
 *	touch    bits           list
 *	  -                     inactive
 *	  1      REFERENCED     inactive, where it was
 *	  2      ACTIVE         head of the active list
 *	  3      ACTIVE REFERENCED
 *	  4      the same
 */
TEST(the_second_touch_activates)
{
	start(PAGES);
	user_page(FILE_PAGE, BA_USE_ACTIVE);
	user_page(FILE_PAGE, 0);
	user_page(FILE_PAGE, 0);
	ba_lru_mark_accessed(&ctx, nodes, pfn_of(2));
	CHECK_EQ(use_of(2), BA_USE_REFERENCED);
	CHECK_STR_EQ(lru(BA_LRU_INACTIVE_FILE), "3 2");
	ba_lru_mark_accessed(&ctx, nodes, pfn_of(2));
	CHECK_EQ(use_of(2), BA_USE_ACTIVE);
	CHECK_STR_EQ(lru(BA_LRU_INACTIVE_FILE), "3");
	CHECK_STR_EQ(lru(BA_LRU_ACTIVE_FILE), "2 1");
	CHECK_EQ(counted(BA_VM_pgactivate), 1);
	ba_lru_mark_accessed(&ctx, nodes, pfn_of(2));
	ba_lru_mark_accessed(&ctx, nodes, pfn_of(2));
	CHECK_EQ(use_of(2), BA_USE_ACTIVE | BA_USE_REFERENCED);
	CHECK_STR_EQ(lru(BA_LRU_ACTIVE_FILE), "2 1");
	CHECK_EQ(counted(BA_VM_pgactivate), 1);
	stop();
}

/* An active page goes to the tail of the inactive list, a dirty one nowhere. */
TEST(a_page_that_is_written_goes_to_the_tail)
{
	start(PAGES);
	user_page(FILE_PAGE, 0);
	user_page(FILE_PAGE, BA_USE_ACTIVE);
	user_page(FILE_PAGE, BA_USE_DIRTY);
	ba_lru_rotate(&ctx, nodes, pfn_of(2));
	CHECK_STR_EQ(lru(BA_LRU_INACTIVE_FILE), "3 1 2");
	CHECK_STR_EQ(lru(BA_LRU_ACTIVE_FILE), "");
	CHECK_EQ(use_of(2), 0);
	ba_lru_rotate(&ctx, nodes, pfn_of(3));
	CHECK_STR_EQ(lru(BA_LRU_INACTIVE_FILE), "3 1 2");
	CHECK_EQ(counted(BA_VM_pgrotated), 1);
	stop();
}

/*
 * 800 pages on the lists: more than 200 in both sums halves both.
 *
 *	6.1    cost = pages written         150, 150 + 51 = 201 -> 100
 *	6.12   32 times that, and pages looked at in vain: 6 * 32 + 9 = 201
 */
TEST(costs_are_forgotten_by_and_by)
{
	struct ba_lruvec lruvec = {
		.nr = { 100, 200, 300, 200 }, .anon_cost = 50 };
	struct ba_profile profile = ba_profile_6_1L;

	start(PAGES);
	ctx.profile = &profile;
	ba_lru_note_cost(&ctx, &lruvec, true, 100, 1000);
	CHECK_EQ(lruvec.file_cost, 100);
	CHECK_EQ(lruvec.anon_cost, 50);
	ba_lru_note_cost(&ctx, &lruvec, false, 50, 0);
	CHECK_EQ(lruvec.anon_cost, 100);
	CHECK_EQ(lruvec.file_cost, 100);
	ba_lru_note_cost(&ctx, &lruvec, true, 1, 0);
	CHECK_EQ(lruvec.anon_cost, 50);
	CHECK_EQ(lruvec.file_cost, 50);

	profile = ba_profile_6_12L;
	lruvec.anon_cost = lruvec.file_cost = 0;
	ba_lru_note_cost(&ctx, &lruvec, true, 6, 8);
	CHECK_EQ(lruvec.file_cost, 200);
	ba_lru_note_cost(&ctx, &lruvec, false, 0, 1);
	CHECK_EQ(lruvec.file_cost, 100);
	CHECK_EQ(lruvec.anon_cost, 0);
	ctx.profile = &ba_profile_6_1L;
	stop();
}

TEST(broken_invariants_are_named)
{
	start(PAGES);
	user_page(FILE_PAGE, 0);
	user_page(ANON_PAGE, 0);
	CHECK_STR_EQ(ba_lru_check(&ctx, nodes), NULL);
	ctx.frames[pfn_of(1)].use = BA_USE_ACTIVE;
	CHECK(names(ba_lru_check(&ctx, nodes), "U1"));
	ctx.frames[pfn_of(1)].use = 0;
	ctx.frames[pfn_of(2)].flags &= (uint8_t)~BA_FRAME_HANDLE;
	CHECK(names(ba_lru_check(&ctx, nodes), "U1"));
	ctx.frames[pfn_of(2)].flags |= BA_FRAME_HANDLE;
	nodes->node[0].lruvec.nr[BA_LRU_INACTIVE_ANON]++;
	CHECK(names(ba_lru_check(&ctx, nodes), "U2"));
	nodes->node[0].lruvec.nr[BA_LRU_INACTIVE_ANON]--;
	nodes->zone[0].nr_lru[BA_LRU_ACTIVE_ANON]++;
	CHECK(names(ba_lru_check(&ctx, nodes), "U2"));
	nodes->zone[0].nr_lru[BA_LRU_ACTIVE_ANON]--;
	stop();
}
