/* SPDX-License-Identifier: GPL-2.0-only */
/* run - a zone of 16 pageblocks with a run of compaction in it, for tests. */
#ifndef BA_TESTS_RUN_H
#define BA_TESTS_RUN_H

#include "mm/compact_source.h"
#include "mm/compact_target.h"

#include "rig.h"

#define M BA_MT_MOVABLE

/* For a request of order 9. */
struct run {
	struct rig *rig;
	struct ba_zone *zone;
	struct ba_compact cc;
};

/* 6.1 when `old`, else 6.12. Scanners at 0 and 7680. */
static inline void start(struct run *run, bool old)
{
	run->rig = rig_new(0, 8192);
	run->rig->profile = old ? ba_profile_6_1L : ba_profile_6_12L;
	run->rig->trace.kinds = 0;
	run->zone = calloc(1, sizeof(*run->zone));
	if (!run->zone)
		exit(2);
	ba_zone_init(run->zone, 0, 0, BA_ZONE_NORMAL, 0, 8192, 1);
	run->zone->wmark.managed = 8192;
	run->zone->buddy.free_pages.global = 1000000;
	run->zone->buddy.free_pages.threshold[0] = RIG_THRESHOLD;
	run->zone->compact.free = 7680;
	run->zone->compact.init_free = 8000;
	run->cc = (struct ba_compact){ .order = 9, .search_order = 9,
				       .mode = BA_COMPACT_SYNC_LIGHT };
	ba_compact_begin(&run->cc, run->zone, 0, 7680);
}

static inline void stop(struct run *run)
{
	free(run->zone);
	free(run->rig);
}

static inline void put(struct run *run, pfn_t pfn, order_t order)
{
	ba_buddy_load(&run->rig->ctx, &run->zone->buddy, pfn, order, M);
}

static inline const char *list(struct run *run, order_t order)
{
	return rig_text(run->rig, &run->zone->buddy.area[order].list[M],
			order);
}

#endif
