// SPDX-License-Identifier: GPL-2.0-only
#include "mm/freelist.h"

#include "pages.h"

/*
 *	Normal: its free memory is one movable block of order 8
 *	request: an unmovable page. It would have to break into a movable
 *	pageblock of Normal; a whole one of DMA32 is better.
 */
TEST(another_zone_before_mixing_types)
{
	struct ba_zone *normal;
	pfn_t pfn;

	start((1u << 20) + 4096);
	normal = &nodes->zone[2];
	for (int i = 0; i < 3; i++)
		CHECK(ba_zone_spans(normal, alloc(MOVABLE, 10)));
	CHECK(ba_zone_spans(normal, alloc(MOVABLE, 9)));
	ba_drain_all_pages(&ctx, nodes);
	ba_buddy_remove(&ctx, &normal->buddy,
			ba_buddy_first(&normal->buddy, 9, BA_MT_MOVABLE));
	CHECK_EQ(release(normal->buddy.end - 256, 8), BA_OK);
	ba_charge_init(&ctx.charge);
	pfn = alloc(BA_GFP_KERNEL, 0);
	CHECK(ba_zone_spans(&nodes->zone[1], pfn));
	CHECK(ctx.charge.path & BA_STEP_ZONE_FALLBACK);
	/* a movable page is at home there */
	CHECK(ba_zone_spans(normal, alloc(MOVABLE, 0)));
	stop();
}

/* The low marks of DMA32 and DMA lie `above` pages above their counters. */
static void set_marks(int64_t above)
{
	for (uint8_t id = 0; id < 2; id++) {
		struct ba_zone *zone = &nodes->zone[id];
		struct ba_vmstat *counter = &zone->buddy.free_pages;

		memset(zone->wmark.lowmem_reserve, 0,
		       sizeof(zone->wmark.lowmem_reserve));
		ba_vmstat_fold(counter, 0);
		counter->threshold[0] = 8;
		for (unsigned int i = 0; i < BA_NR_WMARK; i++)
			zone->wmark.mark[i] = counter->global + above;
	}
}

static pfn_t alloc_told(int32_t zone, uint64_t corrected)
{
	struct ba_told told = { .zone = zone, .refill = -1, .drain = -1 };
	pfn_t pfn;

	ctx.told = &told;
	ctx.traced = true;
	pfn = alloc(MOVABLE, 0);
	ctx.told = NULL;
	CHECK_EQ(told.counters, corrected);
	return pfn;
}

/*
 *	DMA32: 3 pages above its mark, and so is DMA
 *	the request was served from DMA: a CPU had not told of 3 pages yet
 */
TEST(a_counter_gives_way_to_the_zone_that_served)
{
	start(PAGES);
	set_marks(-3);
	CHECK(ba_zone_spans(&nodes->zone[1], alloc_told(1, 0)));
	set_marks(-3);
	CHECK(ba_zone_spans(&nodes->zone[0], alloc_told(0, 1)));
	CHECK_EQ(nodes->zone[1].buddy.free_pages.diff[0], 3);
	CHECK_EQ(nodes->zone[1].buddy.free_pages.global,
		 nodes->zone[1].wmark.mark[BA_WMARK_LOW]);
	/* or none was above its mark */
	set_marks(-3);
	CHECK_EQ(alloc_told(BA_NO_ZONE, 2), BA_PFN_NONE);
	/* or one was after all */
	set_marks(3);
	CHECK(ba_zone_spans(&nodes->zone[1], alloc_told(1, 1)));
	stop();
}

/* More than the threshold no CPU keeps to itself. */
TEST(a_counter_gives_way_within_its_threshold)
{
	start(PAGES);
	set_marks(-9);
	CHECK(ba_zone_spans(&nodes->zone[1], alloc_told(0, 0)));
	set_marks(8);
	CHECK_EQ(alloc_told(1, 0), BA_PFN_NONE);
	set_marks(-8);
	CHECK(ba_zone_spans(&nodes->zone[0], alloc_told(0, 1)));
	stop();
}
