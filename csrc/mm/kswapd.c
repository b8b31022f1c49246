// SPDX-License-Identifier: GPL-2.0-only
#include "mm/kswapd.h"

#define NO_ZONEIDX ((int32_t)BA_ZONES_PER_NODE)	/* MAX_NR_ZONES: none asked */

void ba_kswapd_wake(struct ba_nodes *nodes, const struct ba_zone *zone,
		    order_t order, uint8_t highest_zoneidx)
{
	struct ba_node *node = &nodes->node[zone->node];

	if (zone->wmark.managed == 0)
		return;
	if (node->kswapd_highest_zoneidx == NO_ZONEIDX ||
	    node->kswapd_highest_zoneidx < highest_zoneidx)
		node->kswapd_highest_zoneidx = highest_zoneidx;
	if (node->kswapd_order < order)
		node->kswapd_order = order;
}

void ba_kswapd_begin(struct ba_nodes *nodes, uint8_t id)
{
	struct ba_node *node = &nodes->node[id];

	if (node->kswapd_highest_zoneidx != NO_ZONEIDX)
		node->kswapd_runs_for = node->kswapd_highest_zoneidx;
	node->kswapd_highest_zoneidx = NO_ZONEIDX;
	node->kswapd_order = 0;
	for (uint8_t z = 0; z < nodes->nr_zones; z++) {
		struct ba_zone *zone = &nodes->zone[z];

		if (zone->node != id || zone->index > node->kswapd_runs_for)
			continue;
		zone->wmark.flags |= BA_ZONE_RECLAIM_ACTIVE;
		zone->wmark.boost_noted = zone->wmark.boost;
	}
}

void ba_kswapd_end(struct ba_nodes *nodes, uint8_t id)
{
	for (uint8_t z = 0; z < nodes->nr_zones; z++) {
		struct ba_wmark *w = &nodes->zone[z].wmark;

		if (nodes->zone[z].node != id ||
		    !(w->flags & BA_ZONE_RECLAIM_ACTIVE))
			continue;
		w->flags &= ~BA_ZONE_RECLAIM_ACTIVE;
		w->boost -= w->boost < w->boost_noted ? w->boost :
							w->boost_noted;
		w->boost_noted = 0;
	}
}

void ba_kswapd_thresholds(struct ba_nodes *nodes, uint8_t id)
{
	struct ba_node *node = &nodes->node[id];

	node->kswapd_awake = !node->kswapd_awake;
	for (uint8_t z = 0; z < nodes->nr_zones; z++) {
		struct ba_zone *zone = &nodes->zone[z];
		const int64_t *mark = zone->wmark.mark;
		uint16_t threshold;

		/* where the error cannot matter, nothing changes */
		if (zone->node != id || zone->wmark.drift_mark == 0)
			continue;
		threshold = node->kswapd_awake ?
			ba_vmstat_pressure_threshold(
				(uint64_t)mark[BA_WMARK_LOW],
				(uint64_t)mark[BA_WMARK_MIN],
				nodes->nr_cpus) :
			ba_vmstat_normal_threshold(
				(uint64_t)zone->wmark.managed,
				nodes->nr_cpus);
		for (cpu_t cpu = 0; cpu < nodes->nr_cpus; cpu++)
			zone->buddy.free_pages.threshold[cpu] = threshold;
	}
}
