// SPDX-License-Identifier: GPL-2.0-only
#include "mm/buddy.h"

#include "base/rng.h"

#include "rig.h"

#define U BA_MT_UNMOVABLE
#define M BA_MT_MOVABLE
#define R BA_MT_RECLAIMABLE
#define H BA_MT_HIGHATOMIC

static const char *check(struct rig *rig)
{
	return ba_buddy_check(&rig->ctx, &rig->buddy);
}

/*
 * The textbook's 64 units: requests of 8, 8 and 4, then all freed.
 *
 *	start    |                        64                       |
 *	8        |A   8|   8  |     16     |            32         |
 *	8        |A    |B     |     16     |            32         |
 *	4        |A    |B     |C 4| 4|  8  |            32         |
 *	free A   |  8  |B     |C  | 4|  8  |            32         |
 *	free B   |     16     |C  | 4|  8  |            32         |
 *	free C   |                        64                       |
 */
TEST(textbook_64_units_8_8_4)
{
	struct rig *rig = rig_new(0, 64);

	rig_put(rig, 0, 6, M);
	CHECK_EQ(rig_take(rig, 3, M), 0);
	CHECK_STR_EQ(rig_list(rig, 3, M), "8");
	CHECK_STR_EQ(rig_list(rig, 4, M), "16");
	CHECK_STR_EQ(rig_list(rig, 5, M), "32");
	CHECK_EQ(rig_take(rig, 3, M), 8);
	CHECK_STR_EQ(rig_list(rig, 3, M), "");
	CHECK_EQ(rig_take(rig, 2, M), 16);
	CHECK_STR_EQ(rig_list(rig, 2, M), "20");
	CHECK_STR_EQ(rig_list(rig, 3, M), "24");
	CHECK_OK(check(rig));

	rig_free(rig, 0, 3, M);
	CHECK_STR_EQ(rig_list(rig, 3, M), "0 24");
	CHECK_OK(check(rig));
	rig_free(rig, 8, 3, M);
	CHECK_STR_EQ(rig_list(rig, 3, M), "24");
	CHECK_STR_EQ(rig_list(rig, 4, M), "0");
	CHECK_OK(check(rig));
	rig_free(rig, 16, 2, M);
	CHECK_STR_EQ(rig_list(rig, 6, M), "0");
	for (order_t order = 0; order < 6; order++)
		CHECK_EQ(rig->buddy.area[order].nr_free, 0);
	CHECK_OK(check(rig));
	free(rig);
}

/* What is foretold of a row of requests is what they get. */
TEST(outlook_is_what_is_taken)
{
	static const size_t blocks[] = { 35, 17, 8 };
	struct rig *rig = rig_new(0, 256);
	struct ba_buddy_outlook outlook;

	rig_put(rig, 128, 4, M);
	rig_put(rig, 8, 1, M);
	rig_put(rig, 64, 3, M);
	rig_put(rig, 32, 3, M);
	rig_put(rig, 0, 0, M);
	for (order_t order = 0; order < 3; order++) {
		pfn_t expected[40];
		size_t nr = 0;

		outlook = ba_buddy_outlook(order, M);
		while (nr < 40 && (expected[nr] = ba_buddy_outlook_next(
			&rig->ctx, &rig->buddy, &outlook)) != BA_PFN_NONE)
			nr++;
		CHECK_EQ(nr, blocks[order]);
		for (size_t i = 0; i < nr; i++)
			CHECK_EQ(rig_take(rig, order, M), expected[i]);
		CHECK_EQ(rig_take(rig, order, M), BA_PFN_NONE);
		while (nr-- > 0)
			rig_free(rig, expected[nr], order, M);
	}
	free(rig);
}

/*
 * 128 KiB asked for when only a 256 KiB block is free, then freed.
 *
 *	frame  64              96             128
 *	       |      256 KiB (order 6)        |
 *	       |   taken       | 128 KiB free  |
 *	       |      256 KiB (order 6)        |
 */
TEST(textbook_128_kib_of_256_kib)
{
	struct rig *rig = rig_new(64, 128);

	rig_put(rig, 64, 6, M);
	CHECK_EQ(rig_take(rig, 5, M), 64);
	CHECK_STR_EQ(rig_list(rig, 5, M), "96");
	CHECK_STR_EQ(rig_list(rig, 6, M), "");
	CHECK_EQ(rig->ctx.charge.split_order, 6);
	CHECK_EQ(ba_vmstat_sum(&rig->buddy.free_pages), 32);
	CHECK_OK(check(rig));

	rig_free(rig, 64, 5, M);
	CHECK_STR_EQ(rig_list(rig, 6, M), "64");
	CHECK_STR_EQ(rig_list(rig, 5, M), "");
	CHECK_EQ(ba_vmstat_sum(&rig->buddy.free_pages), 64);
	CHECK_OK(check(rig));
	free(rig);
}

/*
 *	before   order 3: 8
 *	after    order 2: 12    order 1: 10    order 0: 9    taken: 8
 */
TEST(the_picture_of_the_header)
{
	struct rig *rig = rig_new(8, 16);

	rig_put(rig, 8, 3, R);
	CHECK_EQ(rig_take(rig, 0, R), 8);
	CHECK_STR_EQ(rig_list(rig, 2, R), "12");
	CHECK_STR_EQ(rig_list(rig, 1, R), "10");
	CHECK_STR_EQ(rig_list(rig, 0, R), "9");
	CHECK_EQ(rig->frames[8].state, BA_FRAME_USED);
	CHECK_EQ(rig->frames[8].type, R);
	CHECK_OK(check(rig));
	free(rig);
}

/* The next small pages come in ascending order from one block. */
TEST(remainders_are_taken_upwards)
{
	struct rig *rig = rig_new(0, 16);

	rig_put(rig, 0, 4, M);
	for (pfn_t pfn = 0; pfn < 16; pfn++)
		CHECK_EQ(rig_take(rig, 0, M), pfn);
	CHECK_EQ(rig_take(rig, 0, M), BA_PFN_NONE);
	CHECK_EQ(rig->trace.nr, 16);
	CHECK_EQ(rig->trace.events[3].kind, BA_TP_ZONE_LOCKED);
	CHECK_EQ(rig->trace.events[3].pfn, 3);
	CHECK_EQ(rig->trace.events[3].refill, 1);
	free(rig);
}

/*
 * Freeing 0 (order 2). Its buddy 4 is in use; the buddy of its parent is 8.
 *
 *	 0      4      8            16
 *	|free? | used |  8: free    |   -> tail: 0 may soon merge twice
 *	|free? | used |  8: used    |   -> head
 */
TEST(a_block_whose_parents_buddy_is_free_goes_to_the_tail)
{
	struct rig *rig = rig_new(0, 64);

	rig_put(rig, 16, 2, M);
	rig_put(rig, 8, 3, M);
	rig_free(rig, 0, 2, M);
	CHECK_STR_EQ(rig_list(rig, 2, M), "16 0");
	CHECK_OK(check(rig));
	free(rig);

	rig = rig_new(0, 64);
	rig_put(rig, 16, 2, M);
	rig_free(rig, 0, 2, M);
	CHECK_STR_EQ(rig_list(rig, 2, M), "0 16");
	free(rig);
}

/* The parent's buddy must be whole: two free halves that are not joined. */
TEST(a_parents_buddy_of_another_order_does_not_count)
{
	struct rig *rig = rig_new(0, 64);

	rig_put(rig, 16, 2, M);
	rig_put(rig, 8, 2, M);
	rig_free(rig, 0, 2, M);
	CHECK_STR_EQ(rig_list(rig, 2, M), "0 16 8");
	free(rig);
}

/* The rule looks at the block after merging, at its new order. */
TEST(the_tail_rule_applies_to_the_merged_block)
{
	struct rig *rig = rig_new(0, 64);

	rig_put(rig, 32, 3, M);
	rig_put(rig, 4, 2, M);
	rig_put(rig, 16, 4, M);
	rig_free(rig, 0, 2, M);
	CHECK_STR_EQ(rig_list(rig, 3, M), "32 0");
	CHECK_OK(check(rig));
	free(rig);
}

/* Order 9: at the head, even if the parent's buddy (order 10) is free. */
TEST(orders_9_and_10_go_to_the_head)
{
	struct rig *rig = rig_new(0, 4096);

	rig_put(rig, 3072, 9, M);
	rig_put(rig, 1024, 10, M);
	rig_free(rig, 0, 9, M);
	CHECK_STR_EQ(rig_list(rig, 9, M), "0 3072");
	rig_free(rig, 512, 9, M);
	CHECK_STR_EQ(rig_list(rig, 10, M), "0 1024");
	CHECK_OK(check(rig));
	free(rig);
}

TEST(to_tail_overrides_the_rule)
{
	struct rig *rig = rig_new(0, 64);

	rig_put(rig, 16, 2, M);
	ba_buddy_free(&rig->ctx, &rig->buddy, 0, 2, M, BA_BUDDY_TO_TAIL);
	CHECK_STR_EQ(rig_list(rig, 2, M), "16 0");
	free(rig);
}

/*
 *	frame   0         1
 *	        free, M   freed as U    -> order 1 on the list of U
 */
TEST(below_the_pageblock_order_types_merge)
{
	struct rig *rig = rig_new(0, 64);

	rig_put(rig, 0, 0, M);
	rig_free(rig, 1, 0, U);
	CHECK_STR_EQ(rig_list(rig, 0, M), "");
	CHECK_STR_EQ(rig_list(rig, 1, U), "0");
	CHECK_EQ(rig_block(rig, 0), M);
	CHECK_OK(check(rig));

	rig_free(rig, 2, 0, H);
	rig_free(rig, 3, 0, H);
	CHECK_STR_EQ(rig_list(rig, 2, H), "0");
	CHECK_OK(check(rig));
	free(rig);
}

/*
 *	pageblock  0: MOVABLE, free     1: freed as
 *	                                   HIGHATOMIC  -> apart
 *	                                   UNMOVABLE   -> order 10
 */
TEST(from_the_pageblock_order_on_highatomic_stays_apart)
{
	struct rig *rig = rig_new(0, 4096);

	ba_pageblock_set_type(rig->pageblocks, 512, H);
	rig_put(rig, 0, 9, M);
	rig_free(rig, 512, 9, H);
	CHECK_STR_EQ(rig_list(rig, 9, M), "0");
	CHECK_STR_EQ(rig_list(rig, 9, H), "512");
	CHECK_OK(check(rig));

	/* neither does a movable block join a HIGHATOMIC pageblock */
	ba_pageblock_set_type(rig->pageblocks, 1024, H);
	rig_put(rig, 1024, 9, H);
	rig_free(rig, 1536, 9, M);
	CHECK_STR_EQ(rig_list(rig, 9, H), "512 1024");
	free(rig);
}

TEST(mergeable_pageblocks_become_an_order_10_block)
{
	struct rig *rig = rig_new(0, 4096);

	ba_pageblock_set_type(rig->pageblocks, 512, U);
	rig_put(rig, 0, 9, M);
	rig_free(rig, 512, 9, U);
	CHECK_STR_EQ(rig_list(rig, 10, U), "0");
	CHECK_EQ(rig_block(rig, 0), M);
	CHECK_EQ(rig_block(rig, 512), U);
	free(rig);

	/* in 6.12 the buddy's pageblock takes the type */
	rig = rig_new(0, 4096);
	rig->profile = ba_profile_6_12L;
	ba_pageblock_set_type(rig->pageblocks, 512, U);
	rig_put(rig, 0, 9, M);
	rig_free(rig, 512, 9, U);
	CHECK_STR_EQ(rig_list(rig, 10, U), "0");
	CHECK_EQ(rig_block(rig, 0), U);
	free(rig);
}

/* Two free order-10 blocks stay two: there is no order 11. */
TEST(the_largest_order_does_not_merge)
{
	struct rig *rig = rig_new(0, 4096);

	rig_put(rig, 0, 10, M);
	rig_free(rig, 1024, 10, M);
	CHECK_STR_EQ(rig_list(rig, 10, M), "1024 0");
	CHECK_OK(check(rig));
	free(rig);
}

/* A free frame past the range belongs to another zone: never merged. */
TEST(nothing_merges_across_the_end_of_the_range)
{
	struct rig *rig = rig_new(1, 65);

	rig->frames[0].state = BA_FRAME_BUDDY;
	rig->frames[65].state = BA_FRAME_BUDDY;
	rig_free(rig, 1, 0, M);
	rig_free(rig, 64, 0, M);
	CHECK_STR_EQ(rig_list(rig, 0, M), "64 1");
	CHECK_OK(check(rig));
	free(rig);
}

/* ISOLATE pages are on a list, and not in the counter. */
TEST(isolated_pages_are_not_counted)
{
	struct rig *rig = rig_new(0, 64);

	rig_free(rig, 8, 3, BA_MT_ISOLATE);
	CHECK_EQ(ba_vmstat_sum(&rig->buddy.free_pages), 0);
	CHECK_OK(check(rig));
	free(rig);
}

/*
 *	pageblock 0:  | 0 free o3 | 8..15 used, movable | 16 free o4 | used ...
 */
TEST(a_pageblock_is_counted_and_moved)
{
	struct rig *rig = rig_new(0, 1024);
	struct ba_buddy_census census;

	rig_put(rig, 16, 4, M);
	rig_put(rig, 0, 3, M);
	rig_put(rig, 512, 3, R);
	ba_page_set_movable(rig->frames, 8, 3, true);
	census = ba_buddy_pageblock(&rig->ctx, &rig->buddy, 20, R, false);
	CHECK_EQ(census.free, 24);
	CHECK_EQ(census.movable, 8);
	CHECK_STR_EQ(rig_list(rig, 4, M), "16");

	census = ba_buddy_pageblock(&rig->ctx, &rig->buddy, 20, R, true);
	CHECK_EQ(census.free, 24);
	CHECK_STR_EQ(rig_list(rig, 3, M), "");
	CHECK_STR_EQ(rig_list(rig, 3, R), "512 0");
	CHECK_STR_EQ(rig_list(rig, 4, R), "16");
	CHECK_EQ(rig_block(rig, 0), M);
	CHECK_OK(check(rig));
	free(rig);
}

/*
 *	range [256, 768): pageblock 0 begins before it, 1 ends behind it
 */
TEST(pageblocks_at_the_ends_of_the_range)
{
	struct rig *rig = rig_new(256, 768);
	struct ba_buddy_census census;

	rig_put(rig, 256, 3, M);
	rig_put(rig, 264, 3, M);
	census = ba_buddy_pageblock(&rig->ctx, &rig->buddy, 264, U, true);
	CHECK_EQ(census.free, 8);	/* from the block itself on */
	CHECK_STR_EQ(rig_list(rig, 3, M), "256");
	rig_put(rig, 512, 3, M);
	census = ba_buddy_pageblock(&rig->ctx, &rig->buddy, 512, U, true);
	CHECK_EQ(census.free, 0);
	CHECK_STR_EQ(rig_list(rig, 3, M), "256 512");
	free(rig);
}

/*
 *	8 [order 3]: carve order 1 -> taken 8, remainders 10 (o1), 12 (o2) as R
 */
TEST(carve_remove_and_move_name_the_block)
{
	struct rig *rig = rig_new(0, 64);

	rig_put(rig, 8, 3, M);
	rig_put(rig, 16, 3, M);
	rig_put(rig, 40, 3, M);
	ba_buddy_carve(&rig->ctx, &rig->buddy, 8, 1, R);
	ba_vmstat_mod(&rig->buddy.free_pages, 0, -2);
	CHECK_STR_EQ(rig_list(rig, 1, R), "10");
	CHECK_STR_EQ(rig_list(rig, 2, R), "12");
	CHECK_OK(check(rig));
	ba_buddy_move(&rig->ctx, &rig->buddy, 16, U);
	CHECK_STR_EQ(rig_list(rig, 3, U), "16");
	ba_buddy_remove(&rig->ctx, &rig->buddy, 40);
	CHECK_STR_EQ(rig_list(rig, 3, M), "");
	CHECK_EQ(rig->frames[40].state, BA_FRAME_USED);
	CHECK_OK(check(rig));
	free(rig);
}

/* 6.12 counts in the list operation itself, 6.1 leaves it to the caller. */
TEST(the_counter_follows_the_profile)
{
	struct rig *rig = rig_new(0, 64);

	rig_put(rig, 0, 6, M);
	ba_buddy_take(&rig->ctx, &rig->buddy, 3, M);
	CHECK_EQ(ba_vmstat_sum(&rig->buddy.free_pages), 64);
	rig->profile.per_op_free_counter = 1;
	ba_buddy_take(&rig->ctx, &rig->buddy, 3, M);
	CHECK_EQ(ba_vmstat_sum(&rig->buddy.free_pages), 56);
	free(rig);
}

/*
 *	order 3 at 8, three pages: 8 9 10 are taken, 11 and 12 are left
 */
TEST(a_run_is_what_single_takes_would_be)
{
	struct rig *rig = rig_new(0, 64);
	pfn_t pfn;

	rig_put(rig, 8, 3, M);
	CHECK_EQ(ba_buddy_take_run(&rig->ctx, &rig->buddy, 0, M, 3, &pfn), 3);
	CHECK_EQ(pfn, 8);
	CHECK_STR_EQ(rig_list(rig, 0, M), "11");
	CHECK_STR_EQ(rig_list(rig, 1, M), "");
	CHECK_STR_EQ(rig_list(rig, 2, M), "12");
	CHECK_EQ(rig->trace.nr, 3);
	CHECK_EQ(rig->events[2].pfn, 10);
	CHECK_EQ(rig->ctx.charge.split_order, 3);
	CHECK_EQ(rig->ctx.charge.latency_ns, 4 * BA_COST_SPLIT_LEVEL);
	CHECK_EQ(ba_buddy_take_run(&rig->ctx, &rig->buddy, 0, M, 9, &pfn), 1);
	CHECK_EQ(ba_buddy_take_run(&rig->ctx, &rig->buddy, 0, M, 9, &pfn), 4);
	CHECK_EQ(ba_buddy_take_run(&rig->ctx, &rig->buddy, 0, M, 9, &pfn), 0);
	free(rig);
}

static bool same_lists(struct rig *a, struct rig *b)
{
	bool same = a->ctx.charge.latency_ns == b->ctx.charge.latency_ns &&
		    a->ctx.charge.path == b->ctx.charge.path &&
		    a->buddy.free_pages.global == b->buddy.free_pages.global &&
		    a->buddy.free_pages.diff[0] == b->buddy.free_pages.diff[0];

	for (order_t order = 0; order < BA_NR_ORDERS && same; order++)
		same = strcmp(rig_list(a, order, M), rig_list(b, order, M)) == 0;
	return same;
}

/* The first of them is the oldest. */
static void free_as_list(struct rig *rig, pfn_t pfn, order_t order, uint32_t nr)
{
	struct ba_list list;

	ba_list_init(&list);
	for (; nr > 0; nr--, pfn += 1u << order) {
		rig->frames[pfn].word = ba_frame_word(BA_FRAME_PCP, order, M,
						      0);
		ba_list_add_head(&list, ba_frame_links(rig->frames), pfn);
	}
	ba_buddy_free_list(&rig->ctx, &rig->buddy, &list, order, list.count);
	CHECK_EQ(list.count, 0);
	CHECK(ba_list_empty(&list));
}

/* Runs and single blocks of two equal ranges leave equal lists and charges. */
TEST(runs_and_single_blocks_come_to_the_same)
{
	for (uint32_t seed = 0; seed < 64; seed++) {
		struct rig *one = rig_new(0, 256), *run = rig_new(0, 256);
		order_t order = (order_t)(seed % 3);
		pfn_t step = 1u << order;
		struct ba_rng rng;

		ba_rng_init(&rng, seed, 0);
		one->profile.per_op_free_counter =
			run->profile.per_op_free_counter = seed & 1;
		rig_put(one, 0, 8, M);
		rig_put(run, 0, 8, M);
		for (uint32_t i = 0; i < 60; i++) {
			uint32_t nr = 1u << ba_rng_below(&rng, 4);
			pfn_t pfn = BA_PFN_NONE;

			nr = ba_buddy_take_run(&run->ctx, &run->buddy, order,
					       M, nr, &pfn);
			for (uint32_t k = 0; k < nr; k++)
				REQUIRE(ba_buddy_take(&one->ctx, &one->buddy,
						      order, M) ==
					pfn + k * step);
			REQUIRE(same_lists(one, run));
			if (!nr || ba_rng_below(&rng, 2))
				continue;
			free_as_list(run, pfn, order, nr);
			for (uint32_t k = 0; k < nr; k++)
				rig_free(one, pfn + k * step, order, M);
			REQUIRE(same_lists(one, run));
		}
		free(one);
		free(run);
	}
}

/* The same of pages in any order, up to the end of a range that is not even. */
TEST(scattered_pages_of_a_list_come_to_single_frees)
{
	for (uint32_t seed = 0; seed < 64; seed++) {
		struct rig *one = rig_new(0, 255), *all = rig_new(0, 255);
		pfn_t pfns[255];
		struct ba_list list;
		struct ba_rng rng;

		ba_rng_init(&rng, seed, 0);
		ba_list_init(&list);
		for (pfn_t i = 0; i < 255; i++) {
			pfn_t k = ba_rng_below(&rng, i + 1);

			pfns[i] = pfns[k];
			pfns[k] = i;
		}
		for (pfn_t i = 0; i < 200; i++) {
			rig_free(one, pfns[i], 0, M);
			all->frames[pfns[i]].word =
				ba_frame_word(BA_FRAME_PCP, 0, M, 0);
			ba_list_add_head(&list, ba_frame_links(all->frames),
					 pfns[i]);
		}
		ba_buddy_free_list(&all->ctx, &all->buddy, &list, 0, 150);
		REQUIRE(list.count == 50);
		REQUIRE(ba_list_last(&list) == pfns[150]);
		ba_buddy_free_list(&all->ctx, &all->buddy, &list, 0, 50);
		REQUIRE(list.count == 0);
		REQUIRE(same_lists(one, all));
		REQUIRE(!ba_buddy_check(&all->ctx, &all->buddy));
		free(one);
		free(all);
	}
}

/* Each invariant, broken on purpose. */
TEST(b1_misaligned_or_outside)
{
	struct rig *rig = rig_new(0, 64);

	rig_put(rig, 3, 1, M);
	CHECK_BROKEN(check(rig), "B1");
	free(rig);
	rig = rig_new(0, 60);
	rig_put(rig, 56, 3, M);
	CHECK_BROKEN(check(rig), "B1");
	free(rig);
}

/*
 *	max blocks   |  0  |  1  |  2  |  3  |  4  |  5  |  6  |  7  |
 *	list         0 1 2 3 4 5 6 7  -  5 from the middle, 0 by a request,
 *	             7 off the tail and back to the head, 5 to the tail
 */
TEST(max_blocks_are_linked_in_their_own_table)
{
	struct rig *rig = rig_new(0, RIG_FRAMES);
	static const struct ba_frame zero;

	for (pfn_t pfn = 0; pfn < RIG_FRAMES; pfn += BA_MAX_BLOCK_PAGES)
		rig_put(rig, pfn, 10, M);
	CHECK_STR_EQ(rig_list(rig, 10, M),
		     "0 1024 2048 3072 4096 5120 6144 7168");
	for (pfn_t pfn = 0; pfn < RIG_FRAMES; pfn++)
		CHECK(!memcmp(&rig->frames[pfn], &zero, sizeof(zero)));
	CHECK_OK(check(rig));

	ba_buddy_remove(&rig->ctx, &rig->buddy, 5120);
	CHECK_EQ(rig->frames[5120].state, BA_FRAME_USED);
	CHECK_EQ(rig_take(rig, 0, M), 0);
	CHECK_STR_EQ(rig_list(rig, 10, M),
		     "1024 2048 3072 4096 6144 7168");
	CHECK_STR_EQ(rig_list(rig, 9, M), "512");
	ba_buddy_remove(&rig->ctx, &rig->buddy, 7168);
	rig_free(rig, 7168, 10, M);
	CHECK_OK(check(rig));
	ba_buddy_free(&rig->ctx, &rig->buddy, 5120, 10, M, BA_BUDDY_TO_TAIL);
	CHECK_STR_EQ(rig_list(rig, 10, M),
		     "7168 1024 2048 3072 4096 6144 5120");
	ba_buddy_move(&rig->ctx, &rig->buddy, 3072, U);
	CHECK_STR_EQ(rig_list(rig, 10, U), "3072");
	CHECK_EQ(rig_take(rig, 10, U), 3072);
	CHECK_EQ(ba_buddy_peek(&rig->buddy, 10, U), BA_PFN_NONE);
	CHECK_STR_EQ(rig_list(rig, 10, M),
		     "7168 1024 2048 4096 6144 5120");
	CHECK_OK(check(rig));
	free(rig);
}

/* Pages that merge to a max block leave nothing in its first frame. */
TEST(a_max_block_made_by_merging)
{
	struct rig *rig = rig_new(0, 2048);
	pfn_t pages[BA_MAX_BLOCK_PAGES];

	rig_put(rig, 0, 10, M);
	rig_put(rig, 1024, 10, M);
	for (unsigned int i = 0; i < BA_MAX_BLOCK_PAGES; i++)
		pages[i] = rig_take(rig, 0, M);
	CHECK_EQ(pages[7], 7);
	CHECK_STR_EQ(rig_list(rig, 10, M), "1024");
	rig->frames[0].flags = BA_FRAME_HEAD;
	for (unsigned int i = BA_MAX_BLOCK_PAGES; i--;)
		rig_free(rig, pages[i], 0, M);
	CHECK_STR_EQ(rig_list(rig, 10, M), "0 1024");
	CHECK_EQ(rig->frames[0].word, 0);
	CHECK_EQ(ba_free_head(&rig->ctx, 1023), 0);
	CHECK_OK(check(rig));
	free(rig);
}

TEST(b2_buddies_not_merged)
{
	struct rig *rig = rig_new(0, 64);

	rig_put(rig, 0, 0, M);
	rig_put(rig, 1, 0, U);
	CHECK_BROKEN(check(rig), "B2");
	free(rig);
}

TEST(b3_a_block_inside_a_block)
{
	struct rig *rig = rig_new(0, 64);

	rig_put(rig, 0, 3, M);
	rig_put(rig, 4, 1, M);
	CHECK_BROKEN(check(rig), "B3");
	free(rig);
}

TEST(b4_nr_free_nonempty_and_lengths)
{
	struct rig *rig = rig_new(0, 64);

	rig_put(rig, 0, 3, M);
	rig->buddy.area[3].nr_free++;
	CHECK_BROKEN(check(rig), "B4");
	rig->buddy.area[3].nr_free--;
	CHECK_OK(check(rig));
	rig->buddy.nonempty[R] |= 1u << 5;
	CHECK_BROKEN(check(rig), "B4");
	rig->buddy.nonempty[R] = 0;
	rig->buddy.area[3].list[M].count = 2;
	CHECK_BROKEN(check(rig), "B4");
	free(rig);
}

TEST(b5_a_descriptor_that_disagrees)
{
	struct rig *rig = rig_new(0, 64);

	rig_put(rig, 0, 3, M);
	rig->frames[0].type = R;
	CHECK_BROKEN(check(rig), "B5");
	rig->frames[0].type = M;
	rig->frames[0].order = 2;
	CHECK_BROKEN(check(rig), "B5");
	rig->frames[0].order = 3;
	rig->frames[0].state = BA_FRAME_PCP;
	CHECK_BROKEN(check(rig), "B5");
	free(rig);
}

TEST(b6_the_counter_disagrees)
{
	struct rig *rig = rig_new(0, 64);

	rig_put(rig, 0, 3, M);
	rig->buddy.free_pages.diff[0] = 1;
	CHECK_BROKEN(check(rig), "B6");
	rig->buddy.free_pages.global--;
	CHECK_OK(check(rig));
	free(rig);
}
