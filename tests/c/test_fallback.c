// SPDX-License-Identifier: GPL-2.0-only
/* Each branch of a fallback. Frames not put on a list are in use. */
#include "mm/fallback.h"

#include "rig.h"

#define U BA_MT_UNMOVABLE
#define M BA_MT_MOVABLE
#define R BA_MT_RECLAIMABLE
#define H BA_MT_HIGHATOMIC

static struct rig *rig_zone(void)
{
	struct rig *rig = rig_new(0, 8192);

	rig->w.managed = 8192;
	rig->w.mark[BA_WMARK_HIGH] = 1000;
	return rig;
}

static pfn_t rmqueue(struct rig *rig, order_t order, uint8_t type,
		     unsigned int flags)
{
	enum ba_rmqueue_mode mode = BA_RMQUEUE_NORMAL;
	pfn_t pfn = ba_rmqueue(&rig->ctx, &rig->buddy, &rig->w, order, type,
			       flags, &mode);

	if (!rig->profile.per_op_free_counter && pfn != BA_PFN_NONE)
		ba_vmstat_mod(&rig->buddy.free_pages, 0, -(1 << order));
	CHECK_OK(ba_buddy_check(&rig->ctx, &rig->buddy));
	return pfn;
}

/* The only fallback in the trace; NULL unless there is exactly one. */
static const struct ba_tp_event *extfrag(const struct rig *rig)
{
	const struct ba_tp_event *found = NULL;

	for (uint32_t i = 0; i < rig->trace.nr; i++) {
		if (rig->events[i].kind != BA_TP_EXTFRAG)
			continue;
		if (found)
			return NULL;
		found = &rig->events[i];
	}
	return found;
}

/*
 *	list U empty, list M: 512 [o9]      request U, order 0
 *	-> the pageblock is U, its rest stays on U's lists; no boost
 */
TEST(a_whole_pageblock_changes_its_type)
{
	struct rig *rig = rig_zone();
	const struct ba_tp_event *e;

	rig_put(rig, 512, 9, M);
	CHECK_EQ(rmqueue(rig, 0, U, BA_ALLOC_KSWAPD), 512);
	CHECK_EQ(rig_block(rig, 512), U);
	CHECK_STR_EQ(rig_list(rig, 8, U), "768");
	CHECK_EQ(rig->w.boost, 0);
	CHECK_EQ(rig->ctx.charge.fallback, M);
	e = extfrag(rig);
	REQUIRE(e);
	CHECK_EQ(e->pfn, 512);
	CHECK_EQ(e->order, 0);
	CHECK_EQ(e->fallback_order, 9);
	CHECK_EQ(e->migratetype, U);
	CHECK_EQ(e->fallback_migratetype, M);
	CHECK_EQ(e->change_ownership, 1);
	free(rig);
}

/* Order 10: both pageblocks. */
TEST(both_pageblocks_of_an_order_10_block_change)
{
	struct rig *rig = rig_zone();

	rig_put(rig, 1024, 10, M);
	CHECK_EQ(rmqueue(rig, 9, R, 0), 1024);
	CHECK_EQ(rig_block(rig, 1024), R);
	CHECK_EQ(rig_block(rig, 1536), R);
	CHECK_STR_EQ(rig_list(rig, 9, R), "1536");
	free(rig);
}

/* U looks at R before M; M at R before U; R at U before M. */
TEST(the_order_of_the_fallback_types)
{
	static const uint8_t first[3] = { R, R, U }, then[3] = { M, U, M };

	for (uint8_t type = 0; type < 3; type++) {
		struct rig *rig = rig_zone();

		rig_put(rig, 512, 9, then[type]);
		rig_put(rig, 2048, 9, first[type]);
		CHECK_EQ(rmqueue(rig, 9, type, 0), 2048);
		CHECK_EQ(rmqueue(rig, 9, type, 0), 512);
		CHECK_EQ(rmqueue(rig, 9, type, 0), BA_PFN_NONE);
		free(rig);
	}
}

/* A larger block of the second type wins over a smaller of the first. */
TEST(the_largest_block_is_looked_for_first)
{
	struct rig *rig = rig_zone();

	rig_put(rig, 512, 5, R);
	rig_put(rig, 2048, 9, M);
	CHECK_EQ(rmqueue(rig, 0, U, 0), 2048);
	free(rig);
}

/*
 *	pageblock 1, MOVABLE:  512 [o8 free] 768 [o2 free] 772.. in use, unmov.
 *	request U, order 1: free 260 + alike 252 >= 256 -> all of it is U's,
 *	and the block taken is the smallest that fits: 768, not 512
 */
TEST(a_claimed_pageblock_moves_with_all_its_free_blocks)
{
	struct rig *rig = rig_zone();

	rig_put(rig, 512, 8, M);
	rig_put(rig, 768, 2, M);
	CHECK_EQ(rmqueue(rig, 1, U, BA_ALLOC_KSWAPD), 768);
	CHECK_EQ(rig_block(rig, 512), U);
	CHECK_STR_EQ(rig_list(rig, 8, U), "512");
	CHECK_STR_EQ(rig_list(rig, 1, U), "770");
	CHECK_EQ(rig->w.boost, 512);
	CHECK_EQ(rig->w.flags, BA_ZONE_BOOSTED_WATERMARK);
	REQUIRE(extfrag(rig));
	CHECK_EQ(extfrag(rig)->pfn, 512);
	CHECK_EQ(extfrag(rig)->fallback_order, 8);
	CHECK_EQ(extfrag(rig)->change_ownership, 1);
	free(rig);
}

/* Without ALLOC_KSWAPD there is a boost, and no flag to wake kswapd. */
TEST(the_boosted_flag_needs_kswapd)
{
	struct rig *rig = rig_zone();

	rig_put(rig, 512, 8, M);
	CHECK_EQ(rmqueue(rig, 0, U, 0), 512);
	CHECK_EQ(rig->w.boost, 512);
	CHECK_EQ(rig->w.flags, 0);
	free(rig);
}

/*
 *	pageblock 1, MOVABLE:  512 [o5 free]  544.. in use, all movable
 *	request U: free 32 + alike 0 < 256 -> the blocks move, the type stays
 */
TEST(blocks_stay_moved_when_the_claim_fails)
{
	struct rig *rig = rig_zone();

	rig_put(rig, 512, 5, M);
	rig_put(rig, 768, 2, M);
	for (pfn_t pfn = 512; pfn < 1024; pfn++)
		if (rig->frames[pfn].state == BA_FRAME_USED)
			rig->frames[pfn].flags = BA_FRAME_MOVABLE;
	for (pfn_t pfn = 512; pfn < 544; pfn++)
		rig->frames[pfn].flags = 0;
	CHECK_EQ(rmqueue(rig, 0, U, 0), 768);
	CHECK_EQ(rig_block(rig, 512), M);
	CHECK_STR_EQ(rig_list(rig, 5, U), "512");
	CHECK_STR_EQ(rig_list(rig, 5, M), "");
	REQUIRE(extfrag(rig));
	CHECK_EQ(extfrag(rig)->change_ownership, 0);
	free(rig);
}

/* page_group_by_mobility_disabled: always claimed. */
TEST(without_grouping_every_pageblock_is_claimed)
{
	struct rig *rig = rig_zone();

	rig->ctx.mobility_disabled = true;
	rig_put(rig, 512, 2, M);
	for (pfn_t pfn = 516; pfn < 1024; pfn++)
		rig->frames[pfn].flags = BA_FRAME_MOVABLE;
	CHECK_EQ(rmqueue(rig, 0, U, 0), 512);
	CHECK_EQ(rig_block(rig, 512), U);
	free(rig);
}

/*
 * A movable request claims by the movable pages in use.
 *
 *	pageblock 1, UNMOVABLE:  512 [o7 free] 640 [200 movable] 840.. not
 *	free 128 + movable 200 >= 256
 */
TEST(a_movable_request_counts_movable_pages)
{
	for (uint32_t movable = 127; movable <= 128; movable++) {
		struct rig *rig = rig_zone();

		ba_pageblock_set_type(rig->pageblocks, 512, U);
		rig_put(rig, 512, 7, U);
		for (pfn_t pfn = 640; pfn < 640 + movable; pfn++)
			rig->frames[pfn].flags = BA_FRAME_MOVABLE;
		CHECK_EQ(rmqueue(rig, 0, M, 0), 512);
		CHECK_EQ(rig_block(rig, 512), movable == 128 ? M : U);
		free(rig);
	}
}

/*
 * RECLAIMABLE into an UNMOVABLE pageblock: nobody is alike, 256 free pages
 * are needed.
 */
TEST(between_the_immovable_types_only_free_pages_count)
{
	struct rig *rig = rig_zone();

	ba_pageblock_set_type(rig->pageblocks, 512, U);
	ba_pageblock_set_type(rig->pageblocks, 1024, U);
	rig_put(rig, 512, 7, U);
	CHECK_EQ(rmqueue(rig, 7, R, 0), 512);
	CHECK_EQ(rig_block(rig, 512), U);
	rig_put(rig, 1024, 8, U);
	CHECK_EQ(rmqueue(rig, 7, R, 0), 1024);
	CHECK_EQ(rig_block(rig, 1024), R);
	free(rig);
}

/*
 *	list U: 512 [o3]  1024 [o1]      request M, order 0
 *	order 3 may not claim a pageblock, so the smallest is taken: 1024
 */
TEST(a_movable_request_takes_the_smallest_of_small_blocks)
{
	struct rig *rig = rig_zone();

	rig_put(rig, 512, 3, U);
	rig_put(rig, 1024, 1, U);
	CHECK_EQ(rmqueue(rig, 0, M, 0), 1024);
	CHECK_STR_EQ(rig_list(rig, 0, M), "1025");
	CHECK_STR_EQ(rig_list(rig, 3, U), "512");
	REQUIRE(extfrag(rig));
	CHECK_EQ(extfrag(rig)->fallback_order, 1);
	CHECK_EQ(rig->w.boost, 512);	/* also for a single block */
	free(rig);
}

/* The same request, when the largest is just of the order asked for. */
TEST(a_movable_request_of_that_very_order_takes_it)
{
	struct rig *rig = rig_zone();

	rig_put(rig, 512, 3, U);
	rig_put(rig, 1024, 3, R);
	CHECK_EQ(rmqueue(rig, 3, M, 0), 1024);
	free(rig);
}

/* From order 4 on a movable request may claim. */
TEST(a_movable_request_takes_the_largest_from_order_4_on)
{
	struct rig *rig = rig_zone();

	rig_put(rig, 512, 4, U);
	rig_put(rig, 1024, 1, U);
	CHECK_EQ(rmqueue(rig, 0, M, 0), 512);
	free(rig);
}

/* NOFRAGMENT: nothing below a whole pageblock. */
TEST(nofragment_leaves_parts_of_pageblocks_alone)
{
	struct rig *rig = rig_zone();

	rig_put(rig, 512, 8, M);
	CHECK_EQ(rmqueue(rig, 0, U, BA_ALLOC_NOFRAGMENT), BA_PFN_NONE);
	CHECK_STR_EQ(rig_list(rig, 8, M), "512");
	CHECK_EQ(rig->w.boost, 0);
	rig_put(rig, 1024, 9, M);
	CHECK_EQ(rmqueue(rig, 0, U, BA_ALLOC_NOFRAGMENT), 1024);
	free(rig);
}

/*
 *	pageblock 1 is HIGHATOMIC, yet 512 [o5] stands on list M
 *	-> that block alone, no boost, no new type
 */
TEST(a_highatomic_pageblock_is_never_claimed)
{
	struct rig *rig = rig_zone();

	ba_pageblock_set_type(rig->pageblocks, 512, H);
	rig_put(rig, 512, 5, M);
	rig_put(rig, 768, 2, M);
	CHECK_EQ(rmqueue(rig, 0, U, BA_ALLOC_KSWAPD), 512);
	CHECK_EQ(rig_block(rig, 512), H);
	CHECK_STR_EQ(rig_list(rig, 4, U), "528");
	CHECK_STR_EQ(rig_list(rig, 2, M), "768");
	CHECK_EQ(rig->w.boost, 0);
	free(rig);
}

/*
 *	the zone ends at 768, inside pageblock 1: its census is 0
 *	-> the found block alone
 */
TEST(a_pageblock_that_leaves_the_zone_is_not_claimed)
{
	struct rig *rig = rig_zone();

	rig->buddy.end = 768;
	rig_put(rig, 512, 7, M);
	rig_put(rig, 640, 2, M);
	CHECK_EQ(rmqueue(rig, 0, U, 0), 512);
	CHECK_EQ(rig_block(rig, 512), M);
	CHECK_STR_EQ(rig_list(rig, 2, M), "640");
	CHECK_EQ(rig->w.boost, 512);
	free(rig);
}

/* F1: neither robbed nor served. */
TEST(f1_highatomic_and_isolate_stay_out)
{
	struct rig *rig = rig_zone();

	rig_put(rig, 1024, 9, H);
	ba_buddy_load(&rig->ctx, &rig->buddy, 2048, 9, BA_MT_ISOLATE);
	for (uint8_t type = 0; type < 3; type++)
		CHECK_EQ(rmqueue(rig, 0, type, 0), BA_PFN_NONE);
	rig_put(rig, 4096, 9, M);
	CHECK_EQ(rmqueue(rig, 9, H, 0), 1024);
	CHECK_EQ(rmqueue(rig, 9, H, 0), BA_PFN_NONE);
	free(rig);
}

/* F2: own lists first; no fallback, no event, no charge. */
TEST(own_lists_come_first)
{
	struct rig *rig = rig_zone();

	rig_put(rig, 512, 9, M);
	rig_put(rig, 4096, 0, U);
	CHECK_EQ(rmqueue(rig, 0, U, 0), 4096);
	CHECK(!extfrag(rig));
	CHECK_EQ(rig->ctx.charge.fallback, BA_CHARGE_NONE);
	free(rig);
}

/* How many pages were announced as taken from their own type's lists. */
static unsigned int zone_locked(const struct rig *rig)
{
	unsigned int nr = 0;

	for (uint32_t i = 0; i < rig->trace.nr; i++)
		nr += rig->events[i].kind == BA_TP_ZONE_LOCKED;
	return nr;
}

/* 6.12: a whole pageblock is claimed and cut at once, without zone_locked. */
TEST(a_whole_pageblock_is_claimed_in_6_12)
{
	static const struct ba_profile *const profiles[] = {
		&ba_profile_6_12_0, &ba_profile_6_12L };

	for (size_t i = 0; i < 4; i++) {
		struct rig *rig = rig_zone();

		rig->profile = *profiles[i / 2];
		rig->profile.per_op_free_counter = i % 2;
		rig_put(rig, 1024, 10, M);
		CHECK_EQ(rmqueue(rig, 0, U, 0), 1024);
		CHECK_EQ(rig_block(rig, 1024), U);
		CHECK_EQ(rig_block(rig, 1536), U);
		CHECK_STR_EQ(rig_list(rig, 9, U), "1536");
		CHECK_STR_EQ(rig_list(rig, 0, U), "1025");
		CHECK_EQ(zone_locked(rig), 0);
		REQUIRE(extfrag(rig));
		CHECK_EQ(extfrag(rig)->fallback_order, 10);
		free(rig);
	}
}

/* 6.12: an accepted claim moves the blocks; the smallest fit serves. */
TEST(a_claimed_pageblock_serves_the_smallest_fit_in_6_12)
{
	struct rig *rig = rig_zone();

	rig->profile = ba_profile_6_12L;
	rig_put(rig, 512, 8, M);
	rig_put(rig, 768, 2, M);
	CHECK_EQ(rmqueue(rig, 1, U, BA_ALLOC_KSWAPD), 768);
	CHECK_EQ(rig_block(rig, 512), U);
	CHECK_STR_EQ(rig_list(rig, 8, U), "512");
	CHECK_EQ(zone_locked(rig), 1);
	CHECK_EQ(rig->w.flags, BA_ZONE_BOOSTED_WATERMARK);
	free(rig);
}

static struct rig *rig_that_cannot_claim(const struct ba_profile *profile)
{
	struct rig *rig = rig_zone();

	rig->profile = *profile;
	rig_put(rig, 512, 5, M);
	rig_put(rig, 768, 2, M);
	for (pfn_t pfn = 544; pfn < 1024; pfn++)
		if (pfn < 768 || pfn >= 772)
			rig->frames[pfn].flags = BA_FRAME_MOVABLE;
	return rig;
}

/*
 *	pageblock 1, MOVABLE: 512 [o5 free] 768 [o2 free], else movable pages
 *	request U: the claim fails, no list changes its type
 *
 *	6.12.0  cuts the block that was found, the largest:  512
 *	6.12L   cuts the smallest:                           768
 */
TEST(a_refused_claim_moves_nothing_in_6_12)
{
	struct rig *rig = rig_that_cannot_claim(&ba_profile_6_12_0);

	CHECK_EQ(rmqueue(rig, 0, U, 0), 512);
	CHECK_EQ(rig_block(rig, 512), M);
	CHECK_STR_EQ(rig_list(rig, 4, M), "528");
	CHECK_STR_EQ(rig_list(rig, 2, M), "516 768");
	CHECK_EQ(zone_locked(rig), 0);
	CHECK_EQ(rig->w.boost, 512);
	free(rig);

	rig = rig_that_cannot_claim(&ba_profile_6_12L);
	CHECK_EQ(rmqueue(rig, 0, U, 0), 768);
	CHECK_STR_EQ(rig_list(rig, 5, M), "512");
	CHECK_STR_EQ(rig_list(rig, 1, M), "770");
	CHECK_STR_EQ(rig_list(rig, 0, M), "769");
	CHECK_EQ(zone_locked(rig), 0);
	REQUIRE(extfrag(rig));
	CHECK_EQ(extfrag(rig)->change_ownership, 0);
	free(rig);

	/* NOFRAGMENT forbids the theft */
	rig = rig_that_cannot_claim(&ba_profile_6_12L);
	CHECK_EQ(rmqueue(rig, 0, U, BA_ALLOC_NOFRAGMENT), BA_PFN_NONE);
	free(rig);
}

/* The line of the only fallback says this; the order of what is taken. */
static uint64_t rmqueue_told(struct rig *rig, uint8_t type, order_t order,
			     uint8_t fallback_type, bool claimed)
{
	struct ba_told_fallbacks told = {
		.nr = 1, .fallback = { { order, fallback_type, claimed } } };

	rig->ctx.told_fallbacks = &told;
	CHECK(rmqueue(rig, 0, type, 0) != BA_PFN_NONE);
	CHECK_EQ(told.next, 1);
	rig->ctx.told_fallbacks = NULL;
	return told.corrected;
}

/* Pages are not on LRU lists that look so, or the other way round. */
TEST(a_claim_is_told)
{
	const struct ba_profile *profiles[] = {
		&ba_profile_6_1L, &ba_profile_6_12_0, &ba_profile_6_12L };

	for (size_t i = 0; i < 3; i++) {
		struct rig *rig = rig_that_cannot_claim(profiles[i]);

		CHECK_EQ(rmqueue_told(rig, U, 5, M, true), 1);
		CHECK_EQ(rig_block(rig, 512), U);
		free(rig);

		rig = rig_that_cannot_claim(profiles[i]);
		CHECK_EQ(rmqueue_told(rig, U, 5, M, false), 0);
		CHECK_EQ(rig_block(rig, 512), M);
		free(rig);

		rig = rig_zone();
		rig->profile = *profiles[i];
		rig_put(rig, 512, 5, M);
		CHECK_EQ(rmqueue_told(rig, U, 5, M, false), 1);
		CHECK_EQ(rig_block(rig, 512), M);
		free(rig);
	}
}

/* 6.12L looked at larger blocks first, and left them. */
TEST(a_claim_of_a_smaller_block_is_told)
{
	struct rig *rig = rig_zone();

	rig->profile = ba_profile_6_12L;
	rig_put(rig, 512, 5, M);
	rig_put(rig, 1024, 3, M);
	CHECK_EQ(rmqueue_told(rig, U, 3, M, true), 1);
	CHECK_EQ(rig_block(rig, 512), M);
	CHECK_EQ(rig_block(rig, 1024), U);
	free(rig);
}

/* Where it is known, or the fallback is another one, nothing is. */
TEST(a_claim_is_not_told)
{
	struct rig *rig = rig_zone();

	rig->profile = ba_profile_6_12L;
	rig_put(rig, 512, 8, M);
	CHECK_EQ(rmqueue_told(rig, U, 2, M, false), 0);
	CHECK_EQ(rig_block(rig, 512), U);
	free(rig);

	rig = rig_zone();
	rig->profile = ba_profile_6_12L;
	ba_pageblock_set_type(rig->pageblocks, 512, U);
	rig_put(rig, 512, 7, U);
	CHECK_EQ(rmqueue_told(rig, R, 7, U, true), 0);
	CHECK_EQ(rig_block(rig, 512), U);
	free(rig);

	rig = rig_that_cannot_claim(&ba_profile_6_12L);
	CHECK_EQ(rmqueue_told(rig, U, 6, M, true), 0);
	CHECK_EQ(rig_block(rig, 512), M);
	free(rig);

	rig = rig_that_cannot_claim(&ba_profile_6_12L);
	CHECK_EQ(rmqueue_told(rig, U, 5, R, true), 0);
	CHECK_EQ(rig_block(rig, 512), M);
	free(rig);
}

/* 6.12L: a refill that steals goes on stealing, past its own list. */
TEST(a_refill_that_steals_goes_on_stealing)
{
	struct rig *rig = rig_that_cannot_claim(&ba_profile_6_12L);
	enum ba_rmqueue_mode mode = BA_RMQUEUE_NORMAL;

	CHECK_EQ(ba_rmqueue(&rig->ctx, &rig->buddy, &rig->w, 0, U, 0, &mode),
		 768);
	CHECK_EQ(mode, BA_RMQUEUE_STEAL);
	rig_put(rig, 4096, 0, U);
	CHECK_EQ(ba_rmqueue(&rig->ctx, &rig->buddy, &rig->w, 0, U, 0, &mode),
		 769);
	mode = BA_RMQUEUE_NORMAL;
	CHECK_EQ(ba_rmqueue(&rig->ctx, &rig->buddy, &rig->w, 0, U, 0, &mode),
		 4096);
	free(rig);
}

/* Any size for UNMOVABLE; half a pageblock's order or more for MOVABLE. */
TEST(which_blocks_make_a_request_claim)
{
	struct rig *rig = rig_new(0, 8192);

	rig_put(rig, 512, 2, BA_MT_MOVABLE);
	rig_put(rig, 1024, 3, BA_MT_UNMOVABLE);
	rig_put(rig, 1536, 4, BA_MT_UNMOVABLE);
	rig_put(rig, 2048, 5, BA_MT_HIGHATOMIC);
	CHECK(ba_fallback_claims(&rig->ctx, &rig->buddy, 2, BA_MT_UNMOVABLE));
	CHECK(!ba_fallback_claims(&rig->ctx, &rig->buddy, 1, BA_MT_UNMOVABLE));
	CHECK(!ba_fallback_claims(&rig->ctx, &rig->buddy, 3, BA_MT_MOVABLE));
	CHECK(ba_fallback_claims(&rig->ctx, &rig->buddy, 4, BA_MT_MOVABLE));
	CHECK(!ba_fallback_claims(&rig->ctx, &rig->buddy, 5, BA_MT_MOVABLE));
	free(rig);
}
