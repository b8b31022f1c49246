// SPDX-License-Identifier: GPL-2.0-only
#include "sim/sizing.h"

#include <string.h>

#define THP_MIN_PAGES	131072u	/* 512 MiB: huge pages are off below */
#define HIGH_MAX_FRACTION 8u	/* MIN_PERCPU_PAGELIST_HIGH_FRACTION */

uint64_t ba_sizing_managed(const struct ba_nodes *nodes)
{
	uint64_t sum = 0;

	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		sum += (uint64_t)nodes->zone[id].wmark.managed;
	return sum;
}

/* is_highmem: Movable is, where it was cut from HighMem. */
static bool is_highmem(const struct ba_nodes *nodes,
		       const struct ba_zone *zone)
{
	const struct ba_zone_types *types = ba_nodes_types(nodes);

	if (types->highmem == BA_ZONE_INVALID)
		return false;
	return zone->index == types->highmem ||
	       (zone->index == BA_ZONE_MOVABLE &&
		ba_zone_start(zone) >= types->end[types->normal]);
}

/* Has the zone a min of its own, however much memory is kept free? */
static bool own_min(const struct ba_nodes *nodes,
		    const struct ba_config *config,
		    const struct ba_zone *zone)
{
	return is_highmem(nodes, zone) ||
	       (config->profile.wmark_movable_small &&
		zone->index == BA_ZONE_MOVABLE);
}

/* May the kernel itself use its pages at any time (GFP_USER)? */
static bool is_usable(const struct ba_nodes *nodes,
		      const struct ba_zone *zone)
{
	return zone->index <= ba_nodes_types(nodes)->normal;
}

static uint64_t lowmem_pages(const struct ba_nodes *nodes,
			     const struct ba_config *config)
{
	uint64_t sum = 0;

	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		if (!own_min(nodes, config, &nodes->zone[id]))
			sum += (uint64_t)nodes->zone[id].wmark.managed;
	return sum;
}

/* Are the min marks the shares of `pages_min`? */
static bool shares_of(const struct ba_nodes *nodes,
		      const struct ba_config *config, uint64_t pages_min)
{
	uint64_t lowmem = lowmem_pages(nodes, config);

	for (uint8_t id = 0; id < nodes->nr_zones; id++) {
		const struct ba_wmark *w = &nodes->zone[id].wmark;

		if (!own_min(nodes, config, &nodes->zone[id]) &&
		    pages_min * (uint64_t)w->managed / lowmem !=
			    (uint64_t)w->mark[BA_WMARK_MIN])
			return false;
	}
	return true;
}

uint64_t ba_sizing_pages_min(const struct ba_nodes *nodes,
			     const struct ba_config *config)
{
	uint64_t sum = 0;

	if (!lowmem_pages(nodes, config))
		return 0;
	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		if (!own_min(nodes, config, &nodes->zone[id]))
			sum += (uint64_t)nodes->zone[id]
				.wmark.mark[BA_WMARK_MIN];
	/* each zone lost less than a page by rounding */
	for (uint64_t lost = 0; lost < nodes->nr_zones; lost++)
		if (shares_of(nodes, config, sum + lost))
			return sum + lost;
	return sum;
}

static void set_marks(struct ba_nodes *nodes, const struct ba_config *config,
		      uint64_t pages_min)
{
	uint64_t lowmem = lowmem_pages(nodes, config);

	for (uint8_t id = 0; id < nodes->nr_zones; id++) {
		struct ba_zone *zone = &nodes->zone[id];

		ba_wmark_setup(&zone->wmark, pages_min, lowmem,
			       config->watermark_scale_factor,
			       own_min(nodes, config, zone));
	}
}

/* Pages above the high marks that the kernel itself may have. */
static uint64_t usable_pages(const struct ba_nodes *nodes)
{
	uint64_t sum = 0;

	for (uint8_t id = 0; id < nodes->nr_zones; id++) {
		const struct ba_wmark *w = &nodes->zone[id].wmark;
		int64_t pages = w->managed - w->mark[BA_WMARK_HIGH];

		if (is_usable(nodes, &nodes->zone[id]) && pages > 0)
			sum += (uint64_t)pages;
	}
	return sum;
}

/*
 * Huge pages want two free pageblocks in each zone, and one for each pair of
 * types that may mix (9), but no more than 5 % of memory. HighMem and Movable
 * are left out.
 */
static uint64_t thp_pages_min(const struct ba_nodes *nodes)
{
	uint64_t zones = 0, most = usable_pages(nodes) / 20, wanted;

	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		zones += is_usable(nodes, &nodes->zone[id]);
	wanted = (uint64_t)BA_PAGEBLOCK_PAGES * zones *
		(2 + BA_MT_PCPTYPES * BA_MT_PCPTYPES);
	return wanted > most ? most : wanted;
}

/* Where the sum of all CPUs' differences could hide a breach of LOW. */
static void set_thresholds(struct ba_zone *zone)
{
	struct ba_wmark *w = &zone->wmark;
	uint16_t threshold = ba_vmstat_normal_threshold((uint64_t)w->managed,
							zone->nr_cpus);
	int64_t drift = (int64_t)threshold * zone->nr_cpus;

	for (cpu_t cpu = 0; cpu < zone->nr_cpus; cpu++)
		zone->buddy.free_pages.threshold[cpu] = threshold;
	if (drift > w->mark[BA_WMARK_LOW] - w->mark[BA_WMARK_MIN])
		w->drift_mark = (uint64_t)(w->mark[BA_WMARK_HIGH] + drift);
}

/* Managed pages of each zone type of one node. */
static void managed_by_index(const struct ba_nodes *nodes, uint8_t node,
			     int64_t managed[BA_ZONES_PER_NODE])
{
	memset(managed, 0, BA_ZONES_PER_NODE * sizeof(managed[0]));
	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		if (nodes->zone[id].node == node)
			managed[nodes->zone[id].index] =
				nodes->zone[id].wmark.managed;
}

/* sysctl_lowmem_reserve_ratio: Movable has nothing above it. */
static uint32_t reserve_ratio(const struct ba_nodes *nodes,
			      const struct ba_config *config, uint8_t index)
{
	const uint32_t x86_64[BA_ZONES_PER_NODE] = {
		[BA_ZONE_DMA] = config->lowmem_reserve_ratio_dma,
		[BA_ZONE_DMA32] = config->lowmem_reserve_ratio_dma32,
		[BA_ZONE_NORMAL] = config->lowmem_reserve_ratio_normal,
	};
	const uint32_t i386[BA_ZONES_PER_NODE] = {
		[BA_ZONE_I386_DMA] = config->lowmem_reserve_ratio_dma,
		[BA_ZONE_I386_NORMAL] = config->lowmem_reserve_ratio_normal,
		[BA_ZONE_I386_HIGHMEM] = config->lowmem_reserve_ratio_highmem,
	};

	return nodes->arch == BA_ARCH_I386 ? i386[index] : x86_64[index];
}

static void set_reserve(const struct ba_nodes *nodes,
			const struct ba_config *config, struct ba_zone *zone)
{
	uint32_t ratio = reserve_ratio(nodes, config, zone->index);
	int64_t managed[BA_ZONES_PER_NODE], above = 0;

	managed_by_index(nodes, zone->node, managed);
	for (unsigned int j = zone->index + 1u; j < ba_nodes_types(nodes)->nr;
	     j++) {
		bool none = !ratio ||
			(config->profile.lowmem_reserve_zero_empty &&
			 !managed[j]);

		above += managed[j];
		zone->wmark.lowmem_reserve[j] =
			none ? 0 : above / ratio;
	}
}

/* Pages that ordinary requests cannot have. */
static void set_totalreserve(struct ba_nodes *nodes)
{
	for (uint8_t id = 0; id < BA_NODE_MAX; id++)
		nodes->node[id].totalreserve = 0;
	for (uint8_t id = 0; id < nodes->nr_zones; id++) {
		const struct ba_zone *zone = &nodes->zone[id];
		const struct ba_wmark *w = &zone->wmark;
		int64_t reserve = 0;

		for (unsigned int j = zone->index; j < BA_ZONES_PER_NODE; j++)
			if (w->lowmem_reserve[j] > reserve)
				reserve = w->lowmem_reserve[j];
		reserve += w->mark[BA_WMARK_HIGH];
		if (reserve > w->managed)
			reserve = w->managed;
		nodes->node[zone->node].totalreserve += (uint64_t)reserve;
	}
}

static uint32_t cpus_of_node(const struct ba_nodes *nodes, uint8_t node)
{
	uint32_t cpus = 0;

	for (cpu_t cpu = 0; cpu < nodes->nr_cpus; cpu++)
		cpus += nodes->cpu_node[cpu] == node;
	return cpus ? cpus : nodes->nr_cpus;
}

static void set_pcps(const struct ba_nodes *nodes,
		     const struct ba_config *config, struct ba_zone *zone)
{
	uint32_t fraction = config->percpu_pagelist_high_fraction;
	uint64_t managed = (uint64_t)zone->wmark.managed;
	uint32_t cpus = cpus_of_node(nodes, zone->node);
	int32_t batch = ba_pcp_batch(managed);
	int32_t high = ba_pcp_high(fraction ? managed / fraction :
				   (uint64_t)ba_wmark_pages(&zone->wmark,
							    BA_WMARK_LOW),
				   cpus, batch);
	int32_t high_max = fraction ? high :
		ba_pcp_high(managed / HIGH_MAX_FRACTION, cpus, batch);
	bool tuned = config->profile.pcp_auto_tune;

	for (cpu_t cpu = 0; cpu < zone->nr_cpus; cpu++) {
		struct ba_pcp *pcp = &zone->pcp[cpu];

		pcp->batch = batch;
		if (!tuned)
			pcp->high = high;
		/* 6.12: high moves into its bounds at the next use */
		pcp->high_min = tuned ? high : 0;
		pcp->high_max = tuned ? high_max : 0;
	}
}

void ba_sizing_pcps(struct ba_nodes *nodes, const struct ba_config *config)
{
	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		set_pcps(nodes, config, &nodes->zone[id]);
}

void ba_sizing_wmarks(struct ba_nodes *nodes, const struct ba_config *config,
		      uint64_t pages_min)
{
	set_marks(nodes, config, pages_min);
	set_totalreserve(nodes);
	ba_sizing_pcps(nodes, config);
}

void ba_sizing_reserves(struct ba_nodes *nodes,
			const struct ba_config *config)
{
	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		set_reserve(nodes, config, &nodes->zone[id]);
	set_totalreserve(nodes);
}

void ba_sizing_boot(struct ba_nodes *nodes, const struct ba_config *config)
{
	uint64_t kbytes = config->min_free_kbytes, pages_min, thp;

	if (!kbytes)
		kbytes = ba_wmark_min_free_kbytes(usable_pages(nodes));
	pages_min = kbytes * 1024 / BA_PAGE_SIZE;
	set_marks(nodes, config, pages_min);
	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		set_thresholds(&nodes->zone[id]);
	ba_sizing_reserves(nodes, config);
	if (!config->min_free_kbytes &&
	    ba_sizing_managed(nodes) >= THP_MIN_PAGES) {
		thp = thp_pages_min(nodes);
		if (thp > pages_min)
			pages_min = thp;
	}
	ba_sizing_wmarks(nodes, config, pages_min);
}
