// SPDX-License-Identifier: GPL-2.0-only
#include "mm/zone.h"

#include "rig.h"

#define U BA_MT_UNMOVABLE
#define M BA_MT_MOVABLE
#define H BA_MT_HIGHATOMIC

/* The rig's frames under one zone of 8192 frames, one CPU. */
static struct ba_zone *zone_new(struct rig *rig)
{
	struct ba_zone *zone = calloc(1, sizeof(*zone));

	if (!zone)
		exit(2);
	ba_zone_init(zone, 0, 0, BA_ZONE_NORMAL, 0, 8192, 1);
	ba_pcp_init(&zone->pcp[0], 16, 4);
	zone->present = 8192;
	zone->wmark.managed = 8192;
	zone->buddy.free_pages.threshold[0] = RIG_THRESHOLD;
	rig->trace.kinds = 0;
	return zone;
}

static void put(struct rig *rig, struct ba_zone *zone, pfn_t pfn,
		order_t order, uint8_t type)
{
	ba_buddy_load(&rig->ctx, &zone->buddy, pfn, order, type);
	zone->buddy.free_pages.global += (int64_t)1 << order;
}

static const char *list(struct rig *rig, struct ba_zone *zone, order_t order,
			uint8_t type)
{
	return rig_text(rig, &zone->buddy.area[order].list[type], order);
}

static void discard(struct rig *rig, struct ba_zone *zone)
{
	CHECK_OK(ba_zone_check(&rig->ctx, zone));
	free(zone);
	free(rig);
}

/* Orders 0..3 and 9 go through the per-CPU lists, 4 and 10 past them. */
TEST(the_order_decides_between_pcp_and_buddy)
{
	for (order_t order = 0; order <= BA_ORDER_MAX; order++) {
		struct rig *rig = rig_new(0, 8192);
		struct ba_zone *zone = zone_new(rig);
		struct ba_alloc request = { .order = order, .type = M };
		bool pcp = order <= 3 || order == 9;

		for (pfn_t pfn = 0; pfn < 8192; pfn += 1024)
			put(rig, zone, pfn, 10, M);
		CHECK_EQ(ba_zone_alloc(&rig->ctx, zone, &request), 0);
		CHECK_EQ((rig->ctx.charge.path & BA_STEP_PCP_HIT) != 0, pcp);
		CHECK_EQ((rig->ctx.charge.path & BA_STEP_BUDDY) != 0, !pcp);
		CHECK_EQ(zone->pcp[0].count != 0, pcp);
		discard(rig, zone);
	}
}

/* A busy per-CPU lock: both ways go straight to the buddy lists. */
TEST(a_busy_pcp_sends_to_the_buddy_lists)
{
	struct rig *rig = rig_new(0, 8192);
	struct ba_zone *zone = zone_new(rig);
	struct ba_alloc request = { .order = 0, .type = M };

	put(rig, zone, 0, 1, M);
	rig->ctx.pcp_busy = true;
	CHECK_EQ(ba_zone_alloc(&rig->ctx, zone, &request), 0);
	CHECK_STR_EQ(list(rig, zone, 0, M), "1");
	ba_zone_free(&rig->ctx, zone, 0, 0, M);
	CHECK_STR_EQ(list(rig, zone, 1, M), "0");
	CHECK_EQ(zone->pcp[0].count, 0);
	discard(rig, zone);
}

/* 6.1.0 forgets there that a page was HIGHATOMIC. */
TEST(a_highatomic_page_freed_past_a_busy_pcp)
{
	for (uint8_t keeps = 0; keeps < 2; keeps++) {
		struct rig *rig = rig_new(0, 8192);
		struct ba_zone *zone = zone_new(rig);

		rig->profile.trylock_keeps_type = keeps;
		rig->ctx.pcp_busy = true;
		ba_zone_free(&rig->ctx, zone, 8, 0, H);
		CHECK_STR_EQ(list(rig, zone, 0, keeps ? H : M), "8");
		discard(rig, zone);
	}
}

/* ISOLATE is never kept per CPU. */
TEST(an_isolated_page_goes_to_the_buddy_lists)
{
	struct rig *rig = rig_new(0, 8192);
	struct ba_zone *zone = zone_new(rig);

	ba_zone_free(&rig->ctx, zone, 8, 0, BA_MT_ISOLATE);
	CHECK_STR_EQ(list(rig, zone, 0, BA_MT_ISOLATE), "8");
	discard(rig, zone);
}

/*
 *	list H: 512 [o9]   list U: 1024 [o9]   order 4, UNMOVABLE
 *
 *	flags            profile  from
 *	none             both     U
 *	HIGHATOMIC       6.1L     H first
 *	HARDER           6.1.0    H first
 *	NON_BLOCK        6.1L     U; H when there is nothing else
 */
TEST(who_may_use_the_high_order_reserve)
{
	static const struct {
		const struct ba_profile *profile;
		unsigned int flags;
		bool others;		/* is there an unmovable block? */
		pfn_t pfn;
	} cases[] = {
		{ &ba_profile_6_1L, 0, true, 1024 },
		{ &ba_profile_6_1L, 0, false, BA_PFN_NONE },
		{ &ba_profile_6_1L, BA_ALLOC_HIGHATOMIC, true, 512 },
		{ &ba_profile_6_1_0, BA_ALLOC_HARDER, true, 512 },
		{ &ba_profile_6_1L, BA_ALLOC_NON_BLOCK, true, 1024 },
		{ &ba_profile_6_1L, BA_ALLOC_NON_BLOCK, false, 512 },
		{ &ba_profile_6_1_0, BA_ALLOC_OOM, false, BA_PFN_NONE },
		{ &ba_profile_6_1L, BA_ALLOC_OOM, false, 512 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig *rig = rig_new(0, 8192);
		struct ba_zone *zone = zone_new(rig);
		struct ba_alloc request = { .order = 4, .type = U,
					    .flags = cases[i].flags };

		rig->profile = *cases[i].profile;
		ba_pageblock_set_type(rig->pageblocks, 512, H);
		put(rig, zone, 512, 9, H);
		if (cases[i].others)
			put(rig, zone, 1024, 9, U);
		CHECK_EQ(ba_zone_alloc(&rig->ctx, zone, &request),
			 cases[i].pfn);
		discard(rig, zone);
	}
}

/*
 *	pageblock 1 is reserved: its free blocks change lists, 512 pages count
 *	managed 8192: the limit is 81 + 512, so a second one, and no third
 */
TEST(reserving_stops_at_the_limit)
{
	struct rig *rig = rig_new(0, 8192);
	struct ba_zone *zone = zone_new(rig);

	put(rig, zone, 520, 3, M);
	ba_zone_reserve_highatomic(&rig->ctx, zone, 512, 1);
	CHECK_EQ(zone->wmark.reserved_highatomic, 512);
	CHECK_EQ(rig_block(rig, 512), H);
	CHECK_STR_EQ(list(rig, zone, 3, H), "520");
	/* the same pageblock again: nothing */
	ba_zone_reserve_highatomic(&rig->ctx, zone, 600, 1);
	CHECK_EQ(zone->wmark.reserved_highatomic, 512);
	ba_zone_reserve_highatomic(&rig->ctx, zone, 1024, 1);
	CHECK_EQ(zone->wmark.reserved_highatomic, 1024);
	ba_zone_reserve_highatomic(&rig->ctx, zone, 2048, 1);
	CHECK_EQ(zone->wmark.reserved_highatomic, 1024);
	CHECK_EQ(rig_block(rig, 2048), M);
	discard(rig, zone);
}

/* Given back for the type that asks; the last one only by force. */
TEST(unreserving_gives_a_pageblock_to_the_asking_type)
{
	struct rig *rig = rig_new(0, 8192);
	struct ba_zone *zone = zone_new(rig);

	put(rig, zone, 512, 4, M);
	ba_zone_reserve_highatomic(&rig->ctx, zone, 512, 1);
	CHECK(!ba_zone_unreserve_highatomic(&rig->ctx, zone, U, false));
	CHECK_EQ(rig_block(rig, 512), H);
	CHECK(ba_zone_unreserve_highatomic(&rig->ctx, zone, U, true));
	CHECK_EQ(rig_block(rig, 512), U);
	CHECK_EQ(zone->wmark.reserved_highatomic, 0);
	CHECK_STR_EQ(list(rig, zone, 4, U), "512");
	CHECK(!ba_zone_unreserve_highatomic(&rig->ctx, zone, U, true));
	discard(rig, zone);
}

TEST(z1_a_negative_reserve)
{
	struct rig *rig = rig_new(0, 8192);
	struct ba_zone *zone = zone_new(rig);

	zone->wmark.reserved_highatomic = -512;
	CHECK_BROKEN(ba_zone_check(&rig->ctx, zone), "Z1");
	zone->wmark.reserved_highatomic = 0;
	discard(rig, zone);
}

TEST(z2_too_long_a_deferral)
{
	struct rig *rig = rig_new(0, 8192);
	struct ba_zone *zone = zone_new(rig);

	zone->compact.defer_shift = 6;
	CHECK_OK(ba_zone_check(&rig->ctx, zone));
	zone->compact.defer_shift = 7;
	CHECK_BROKEN(ba_zone_check(&rig->ctx, zone), "Z2");
	zone->compact.defer_shift = 0;
	discard(rig, zone);
}

/* Z3: what a part of the zone finds is passed on. */
TEST(z3_the_parts_are_checked)
{
	struct rig *rig = rig_new(0, 8192);
	struct ba_zone *zone = zone_new(rig);

	zone->pcp[0].count = 1;
	CHECK_BROKEN(ba_zone_check(&rig->ctx, zone), "P1");
	zone->pcp[0].count = 0;
	zone->wmark.boost = -1;
	CHECK_BROKEN(ba_zone_check(&rig->ctx, zone), "W2");
	zone->wmark.boost = 0;
	zone->buddy.free_pages.global = 1;
	CHECK_BROKEN(ba_zone_check(&rig->ctx, zone), "B6");
	zone->buddy.free_pages.global = 0;
	discard(rig, zone);
}
