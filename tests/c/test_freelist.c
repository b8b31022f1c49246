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
			ba_list_first(&normal->buddy.area[9]
				      .list[BA_MT_MOVABLE]));
	CHECK_EQ(release(normal->buddy.end - 256, 8), BA_OK);
	ba_charge_init(&ctx.charge);
	pfn = alloc(BA_GFP_KERNEL, 0);
	CHECK(ba_zone_spans(&nodes->zone[1], pfn));
	CHECK(ctx.charge.path & BA_STEP_ZONE_FALLBACK);
	/* a movable page is at home there */
	CHECK(ba_zone_spans(normal, alloc(MOVABLE, 0)));
	stop();
}
