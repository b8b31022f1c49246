// SPDX-License-Identifier: GPL-2.0-only
#include "sim/machine.h"

#include <string.h>

#define NODE_ALIGN	1024u	/* a largest block has one node */
#define DMA_END		4096u	/* 16 MiB */
#define DMA32_END	(1u << 20)	/* 4 GiB */

/* What a kernel without address randomization says of itself (x86-64). */
#define VMEMMAP		UINT64_C(0xffffea0000000000)
#define PAGE_OFFSET	UINT64_C(0xffff888000000000)
#define STRUCT_PAGE_SIZE 64u

#define MIGRATE_TYPES	5u	/* of a kernel with ISOLATE, without CMA */
#define THP_MIN_PAGES	131072u	/* 512 MiB: huge pages are off below */

static uint64_t align_up(uint64_t x, uint64_t step)
{
	return (x + step - 1) / step * step;
}

/* Member by member: padding would make equal machines differ (M2). */
static void set_config(struct ba_config *to, const struct ba_config *from)
{
	to->memory_pages = from->memory_pages;
	to->nr_cpus = from->nr_cpus;
	to->nr_nodes = from->nr_nodes;
	to->shared = from->shared;
	to->profile = from->profile;
#define X(name, min, max, value, text) to->name = from->name;
	BA_CONFIG_ITEMS(X)
#undef X
}

enum ba_status ba_machine_create_empty(const struct ba_config *config,
				       pfn_t end, struct ba_machine *ret)
{
	uint64_t frames = align_up(end, NODE_ALIGN);
	uint64_t pageblocks_offset = align_up(sizeof(struct ba_body),
					      BA_PAGE_SIZE);
	uint64_t frames_offset = align_up(
		pageblocks_offset + frames / BA_PAGEBLOCK_PAGES *
		sizeof(struct ba_pageblock), BA_PAGE_SIZE);
	struct ba_body *body;
	enum ba_status status;

	status = ba_arena_create(frames_offset +
				 frames * sizeof(struct ba_frame),
				 &ret->arena);
	if (status != BA_OK)
		return status;
	body = ba_machine_body(ret);
	set_config(&body->config, config);
	body->pageblocks_offset = pageblocks_offset;
	body->frames_offset = frames_offset;
	body->nodes.nr_nodes = (uint8_t)config->nr_nodes;
	body->nodes.nr_cpus = (uint8_t)config->nr_cpus;
	body->nodes.end = end;
	for (cpu_t cpu = 0; cpu < config->nr_cpus; cpu++)
		body->nodes.cpu_node[cpu] = (uint8_t)
			(cpu * config->nr_nodes / config->nr_cpus);
	return BA_OK;
}

/* K2; a zone that ends inside a pageblock has it until a later one does. */
static void claim_pageblocks(const struct ba_ctx *ctx,
			     const struct ba_zone *zone)
{
	uint64_t end = zone->buddy.end;
	uint64_t at = ba_pageblock_start(ba_zone_start(zone));

	for (; at < end; at += BA_PAGEBLOCK_PAGES) {
		struct ba_pageblock *b =
			&ctx->pageblocks[ba_pageblock_nr((pfn_t)at)];

		if (b->zone != BA_PAGEBLOCK_NO_ZONE &&
		    at + BA_PAGEBLOCK_PAGES > end)
			continue;
		b->zone = (uint8_t)(zone->id + 1);
		b->flags = BA_MT_MOVABLE;
	}
}

struct ba_zone *ba_machine_add_zone(struct ba_machine *machine, uint8_t node,
				    uint8_t index, pfn_t start, pfn_t end)
{
	struct ba_nodes *nodes = ba_machine_nodes(machine);
	struct ba_ctx ctx = ba_machine_ctx(machine, 0);
	struct ba_zone *zone = &nodes->zone[nodes->nr_zones];

	ba_zone_init(zone, nodes->nr_zones++, node, index, start, end,
		     nodes->nr_cpus);
	claim_pageblocks(&ctx, zone);
	return zone;
}

/* The zones of one node, each the part that lies in its addresses. */
static void boot_node(struct ba_machine *machine, uint8_t id, pfn_t start,
		      pfn_t end)
{
	static const pfn_t zone_end[] = { DMA_END, DMA32_END, BA_PFN_NONE };
	struct ba_node *node = &ba_machine_nodes(machine)->node[id];
	pfn_t at = start;

	node->online = true;
	node->start_pfn = start;
	node->spanned = node->present = end - start;
	node->kswapd_highest_zoneidx = BA_ZONES_PER_NODE;
	for (uint8_t index = BA_ZONE_DMA; index <= BA_ZONE_NORMAL; index++) {
		pfn_t to = end < zone_end[index] ? end : zone_end[index];
		struct ba_zone *zone;

		if (at >= to)
			continue;
		zone = ba_machine_add_zone(machine, id, index, at, to);
		zone->present = to - at;
		zone->wmark.managed = to - at;
		at = to;
	}
}

static void boot_nodes(struct ba_machine *machine)
{
	const struct ba_config *config = &ba_machine_body(machine)->config;
	pfn_t pages = (pfn_t)config->memory_pages;
	pfn_t share = pages;

	if (config->nr_nodes > 1)
		share = pages / config->nr_nodes / NODE_ALIGN * NODE_ALIGN;
	for (uint8_t id = 0; id < config->nr_nodes; id++) {
		bool last = id + 1u == config->nr_nodes;

		/* frame 0 is reserved */
		boot_node(machine, id, id ? id * share : 1,
			  last ? pages : (id + 1u) * share);
	}
	ba_nodes_build_zonelists(ba_machine_nodes(machine));
}

/* Frames into the free lists, as largest aligned blocks, ascending. */
static void boot_free_lists(struct ba_ctx *ctx, struct ba_zone *zone)
{
	pfn_t at = zone->buddy.start, end = zone->buddy.end;

	while (at < end) {
		unsigned int order = (unsigned int)__builtin_ctz(at);

		if (order > BA_ORDER_MAX)
			order = BA_ORDER_MAX;
		while (end - at < 1u << order)
			order--;
		ba_buddy_load(ctx, &zone->buddy, at, (order_t)order,
			      BA_MT_MOVABLE);
		at += 1u << order;
	}
	zone->buddy.free_pages.global = end - zone->buddy.start;
}

static uint64_t managed_pages(const struct ba_nodes *nodes)
{
	uint64_t sum = 0;

	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		sum += (uint64_t)nodes->zone[id].wmark.managed;
	return sum;
}

static void setup_wmarks(struct ba_nodes *nodes, uint64_t min_free_kbytes,
			 uint32_t watermark_scale_factor)
{
	uint64_t lowmem = managed_pages(nodes);

	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		ba_wmark_setup(&nodes->zone[id].wmark,
			       min_free_kbytes * 1024 / BA_PAGE_SIZE, lowmem,
			       watermark_scale_factor, false);
}

/*
 * Huge pages want two free pageblocks in each zone, and one for each pair of
 * types that may mix (9), but no more than 5 % of memory: KiB.
 */
static uint64_t thp_min_free_kbytes(const struct ba_nodes *nodes)
{
	uint64_t usable = 0, wanted;

	for (uint8_t id = 0; id < nodes->nr_zones; id++) {
		const struct ba_wmark *w = &nodes->zone[id].wmark;
		int64_t pages = w->managed - w->mark[BA_WMARK_HIGH];

		if (pages > 0)
			usable += (uint64_t)pages;
	}
	wanted = (uint64_t)BA_PAGEBLOCK_PAGES * nodes->nr_zones *
		(2 + BA_MT_PCPTYPES * BA_MT_PCPTYPES);
	if (wanted > usable / 20)
		wanted = usable / 20;
	return wanted * (BA_PAGE_SIZE / 1024);
}

/* Where the sum of all CPUs' differences could hide a breach of LOW. */
static void setup_thresholds(struct ba_zone *zone)
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

static void boot_wmarks(struct ba_body *body)
{
	struct ba_nodes *nodes = &body->nodes;
	uint32_t factor = body->config.watermark_scale_factor;
	uint64_t kbytes = body->config.min_free_kbytes, thp;

	if (!kbytes)
		kbytes = ba_wmark_min_free_kbytes(managed_pages(nodes));
	setup_wmarks(nodes, kbytes, factor);
	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		setup_thresholds(&nodes->zone[id]);
	if (body->config.min_free_kbytes ||
	    managed_pages(nodes) < THP_MIN_PAGES)
		return;
	thp = thp_min_free_kbytes(nodes);
	if (thp > kbytes)
		setup_wmarks(nodes, thp, factor);
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

static void boot_lowmem_reserve(struct ba_body *body, struct ba_zone *zone)
{
	const struct ba_config *config = &body->config;
	const uint32_t ratio[BA_ZONES_PER_NODE] = {
		config->lowmem_reserve_ratio_dma,
		config->lowmem_reserve_ratio_dma32,
		config->lowmem_reserve_ratio_normal,
	};
	int64_t managed[BA_ZONES_PER_NODE], above = 0;

	managed_by_index(&body->nodes, zone->node, managed);
	for (unsigned int j = zone->index + 1u; j < BA_ZONES_PER_NODE; j++) {
		above += managed[j];
		if (!ratio[zone->index] ||
		    (config->profile.lowmem_reserve_zero_empty && !managed[j]))
			continue;
		zone->wmark.lowmem_reserve[j] = above / ratio[zone->index];
	}
}

static uint32_t cpus_of_node(const struct ba_nodes *nodes, uint8_t node)
{
	uint32_t cpus = 0;

	for (cpu_t cpu = 0; cpu < nodes->nr_cpus; cpu++)
		cpus += nodes->cpu_node[cpu] == node;
	return cpus ? cpus : nodes->nr_cpus;
}

static void boot_pcps(struct ba_body *body, struct ba_zone *zone)
{
	uint32_t fraction = body->config.percpu_pagelist_high_fraction;
	uint64_t managed = (uint64_t)zone->wmark.managed;
	uint32_t cpus = cpus_of_node(&body->nodes, zone->node);
	int32_t batch = ba_pcp_batch(managed);
	int32_t high = ba_pcp_high(fraction ? managed / fraction :
				   (uint64_t)zone->wmark.mark[BA_WMARK_LOW],
				   cpus, batch);
	int32_t high_max = fraction ? high :
				      ba_pcp_high(managed / 8, cpus, batch);
	bool tuned = body->config.profile.pcp_auto_tune;

	for (cpu_t cpu = 0; cpu < zone->nr_cpus; cpu++) {
		struct ba_pcp *pcp = &zone->pcp[cpu];

		pcp->batch = batch;
		pcp->high = tuned ? 0 : high;	/* set at first use */
		pcp->high_min = tuned ? high : 0;
		pcp->high_max = tuned ? high_max : 0;
	}
	body->recorded.pcp_high[zone->id] = tuned ? high_max : high;
	body->recorded.pcp_batch[zone->id] = batch;
}

/* Pages that ordinary requests cannot have (calculate_totalreserve_pages). */
static void boot_totalreserve(struct ba_body *body, const struct ba_zone *zone)
{
	const struct ba_wmark *w = &zone->wmark;
	int64_t reserve = 0;

	for (unsigned int j = zone->index; j < BA_ZONES_PER_NODE; j++)
		if (w->lowmem_reserve[j] > reserve)
			reserve = w->lowmem_reserve[j];
	reserve += w->mark[BA_WMARK_HIGH];
	if (reserve > w->managed)
		reserve = w->managed;
	body->nodes.node[zone->node].totalreserve += (uint64_t)reserve;
	body->recorded.totalreserve += (uint64_t)reserve;
}

/* A release that has this profile (ba_profile_for_kernel). */
static const char *kernel_of(const struct ba_profile *profile)
{
	if (memcmp(profile, &ba_profile_6_1_0, sizeof(*profile)) == 0)
		return "6.1.0";
	if (memcmp(profile, &ba_profile_6_12_0, sizeof(*profile)) == 0)
		return "6.12.0";
	return profile->gfp_layout == BA_GFP_6_12 ? "6.12.111" : "6.1.192";
}

static void boot_recorded(struct ba_body *body)
{
	struct ba_recorded *recorded = &body->recorded;
	const struct ba_profile *profile = &body->config.profile;

	strcpy(recorded->kernel, kernel_of(profile));
	recorded->numa_nodes = body->config.nr_nodes;
	recorded->pcp_fields = profile->pcp_auto_tune ? BA_STATE_PCP_6_12 :
							BA_STATE_PCP_6_1;
	recorded->vmemmap = VMEMMAP;
	recorded->page_offset = PAGE_OFFSET;
	recorded->page_size = STRUCT_PAGE_SIZE;
	for (uint8_t id = 0; id < body->nodes.nr_zones; id++)
		strcpy(recorded->zone_name[id],
		       ba_zone_type_name(body->nodes.zone[id].index));
}

static void boot(struct ba_machine *machine)
{
	struct ba_body *body = ba_machine_body(machine);
	struct ba_nodes *nodes = &body->nodes;
	struct ba_ctx ctx = ba_machine_ctx(machine, 0);

	boot_nodes(machine);
	/* decided before there are watermarks: the high marks count as 0 */
	body->mobility_disabled = managed_pages(nodes) <
				  BA_PAGEBLOCK_PAGES * MIGRATE_TYPES;
	boot_wmarks(body);
	boot_recorded(body);
	for (uint8_t id = 0; id < nodes->nr_zones; id++) {
		struct ba_zone *zone = &nodes->zone[id];

		boot_lowmem_reserve(body, zone);
		boot_totalreserve(body, zone);
		boot_pcps(body, zone);
		boot_free_lists(&ctx, zone);
	}
}

enum ba_status ba_machine_create(const struct ba_config *config,
				 struct ba_machine *ret, char *message,
				 size_t message_size)
{
	enum ba_status status = ba_config_check(config, message, message_size);

	if (status != BA_OK)
		return status;
	status = ba_machine_create_empty(config, (pfn_t)config->memory_pages,
					 ret);
	if (status == BA_OK)
		boot(ret);
	return status;
}

void ba_machine_destroy(struct ba_machine *machine)
{
	ba_arena_destroy(&machine->arena);
}

enum ba_status ba_machine_copy(const struct ba_machine *from,
			       struct ba_machine *ret)
{
	return ba_arena_copy(&from->arena, &ret->arena);
}

bool ba_machine_equal(const struct ba_machine *a, const struct ba_machine *b)
{
	return ba_arena_equal(&a->arena, &b->arena);
}

uint64_t ba_machine_hash(const struct ba_machine *machine)
{
	return ba_arena_hash(&machine->arena);
}
