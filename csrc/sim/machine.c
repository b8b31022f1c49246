// SPDX-License-Identifier: GPL-2.0-only
#include "sim/machine.h"

#include <stdio.h>
#include <string.h>

#include "mm/kcompactd.h"
#include "mm/shrinker.h"
#include "mm/user.h"
#include "sim/sizing.h"

#define NODE_ALIGN	BA_MAX_BLOCK_PAGES	/* each has one node */

/*
 * What a kernel without address randomization says of itself. One of 32 bits
 * has no vmemmap: where its array of struct page lies depends on its memory.
 */
static const struct {
	uint64_t vmemmap, page_offset;
	uint32_t page_size;
} addresses[BA_NR_ARCH] = {
	[BA_ARCH_X86_64] = { UINT64_C(0xffffea0000000000),
			     UINT64_C(0xffff888000000000), 64 },
	[BA_ARCH_I386] = { 0, UINT64_C(0xc0000000), 40 },
};

#define HANDLES_PER_FRAME 2u	/* user pages, resident or not */

#define MIGRATE_TYPES	5u	/* of a kernel with ISOLATE, without CMA */

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
	to->arch = from->arch;
	to->shared = from->shared;
	to->backed = from->backed;
	to->profile = from->profile;
#define X(name, min, max, value, text) to->name = from->name;
	BA_CONFIG_ITEMS(X)
#undef X
}

static uint64_t swap_pages(const struct ba_config *config)
{
	return (uint64_t)config->swap * 1024 / BA_PAGE_SIZE;
}

/* What reclaim and compaction read of the config. */
static void set_tunables(struct ba_vm *vm, const struct ba_config *config)
{
	vm->writeback_ns = config->writeback_usecs * UINT64_C(1000);
	vm->swappiness = config->swappiness;
	vm->vfs_cache_pressure = config->vfs_cache_pressure;
	vm->thp_enabled = config->transparent_hugepage_enabled;
	vm->thp_defrag = config->transparent_hugepage_defrag;
	vm->extfrag_threshold = config->extfrag_threshold;
	vm->compaction_proactiveness = config->compaction_proactiveness;
	vm->compaction = config->compaction;
}

/* Room in the table of user memory. */
static uint64_t handles_of(uint64_t frames, const struct ba_config *config)
{
	uint64_t handles = HANDLES_PER_FRAME * frames + swap_pages(config);

	return handles > BA_HANDLES_MAX ? BA_HANDLES_MAX : handles;
}

static void set_vm(struct ba_vm *vm, const struct ba_config *config,
		   uint64_t max_handles)
{
	set_tunables(vm, config);
	vm->swap_total = vm->swap_free = swap_pages(config);
	vm->max_handles = (uint32_t)max_handles;
}

/* The arena and, for a backed machine, its memory. */
static enum ba_status create_storage(uint64_t arena_size, bool backed,
				     pfn_t end, uint64_t max_handles,
				     struct ba_machine *ret)
{
	enum ba_status status = ba_arena_create(arena_size, &ret->arena);

	ret->memory = (struct ba_memory){ .direct = NULL };
	memset(&ret->cpus, 0, sizeof(ret->cpus));
	if (status != BA_OK || !backed)
		return status;
	status = ba_memory_create(end, max_handles, &ret->memory);
	if (status != BA_OK)
		ba_arena_destroy(&ret->arena);
	return status;
}

/* Bytes from the table of caches to the pool, behind the records of slabs. */
static uint64_t pool_at(uint64_t frames)
{
	return BA_SLABS_OFFSET + align_up(frames * sizeof(struct ba_slab),
				     BA_PAGE_SIZE);
}

static uint64_t pool_bytes(uint32_t lines)
{
	return (uint64_t)lines * BA_POOL_LINE * BA_POOL_RECORD;
}

static uint64_t caches_bytes(uint64_t frames)
{
	return pool_at(frames) + pool_bytes(ba_pool_lines_for(frames));
}

/* Machines up to this size have frame tables that fill up soon. */
#define HUGE_TABLE_FRAMES ((uint64_t)1 << 22)

/*
 * The frame table is read all over: a host page for 256 frames costs a fault
 * each, and a miss in the host's TLB at nearly every step. So are the records
 * of slabs and of their objects, once there are any. The tables of a larger
 * machine may stay empty for the most part, and cost what is touched.
 */
static void prefer_huge(const struct ba_machine *m, uint64_t frames)
{
	const struct ba_body *body = ba_machine_body(m);

	if (frames > HUGE_TABLE_FRAMES)
		return;
	ba_arena_prefer_huge(&m->arena, body->frames_offset,
			     body->frames_offset +
			     frames * sizeof(struct ba_frame));
	ba_arena_prefer_huge(&m->arena, body->caches_offset + BA_SLABS_OFFSET,
			     body->caches_offset + caches_bytes(frames));
}

static void init_caches(const struct ba_machine *m, uint64_t frames)
{
	const struct ba_body *body = ba_machine_body(m);
	struct ba_caches *caches =
		(void *)(m->arena.base + body->caches_offset);
	struct ba_slab_boot boot = ba_slab_boot(body->config.nr_cpus);

	boot.min_objects = body->config.slub_min_objects;
	boot.min_order = (order_t)body->config.slub_min_order;
	boot.max_order = (order_t)body->config.slub_max_order;
	boot.debug = body->config.slub_debug;
	boot.nomerge = body->config.slab_nomerge;
	ba_caches_init(caches, &boot, addresses[body->config.arch].page_offset);
	caches->freelist_random = body->config.slab_freelist_random;
	ba_pool_init(&caches->pool,
		     pool_at(frames) - offsetof(struct ba_caches, pool),
		     ba_pool_lines_for(frames));
}

/* The caches that every kernel has; what cannot have them is no machine. */
static enum ba_status boot_caches(struct ba_machine *machine)
{
	struct ba_ctx ctx = ba_machine_ctx(machine, 0);
	enum ba_status status = ba_kmalloc_boot(&ctx);

	if (status != BA_OK)
		ba_machine_destroy(machine);
	return status;
}

struct ba_arena ba_machine_arena(const struct ba_machine *m)
{
	const struct ba_body *body = ba_machine_body(m);
	struct ba_arena arena = m->arena;
	const struct ba_caches *caches;

	if (!arena.base)
		return arena;
	caches = (void *)(arena.base + body->caches_offset);
	arena.used = body->caches_offset +
		     offsetof(struct ba_caches, pool) + caches->pool.offset +
		     pool_bytes(caches->pool.used);
	return arena;
}

enum ba_status ba_machine_create_empty(const struct ba_config *config,
				       pfn_t end, struct ba_machine *ret)
{
	uint64_t frames = align_up(end, NODE_ALIGN);
	uint64_t pageblocks_offset = align_up(sizeof(struct ba_body),
					      BA_PAGE_SIZE);
	uint64_t max_blocks_offset = align_up(
		pageblocks_offset + frames / BA_PAGEBLOCK_PAGES *
		sizeof(struct ba_pageblock), BA_PAGE_SIZE);
	uint64_t frames_offset = align_up(
		max_blocks_offset + frames / BA_MAX_BLOCK_PAGES *
		sizeof(struct ba_frame), BA_PAGE_SIZE);
	uint64_t handles_offset = frames_offset +
				  frames * sizeof(struct ba_frame);
	uint64_t max_handles = handles_of(frames, config);
	uint64_t writeback_offset = align_up(
		handles_offset + max_handles * sizeof(struct ba_handle),
		BA_PAGE_SIZE);
	uint64_t vmalloc_offset = align_up(
		writeback_offset + BA_WRITEBACK_MAX *
		sizeof(struct ba_writeback), BA_PAGE_SIZE);
	uint64_t caches_offset = vmalloc_offset +
				 ba_vmalloc_bytes(frames, config->nr_cpus);
	struct ba_body *body;
	enum ba_status status;

	status = create_storage(caches_offset + caches_bytes(frames),
				config->backed, end, max_handles, ret);
	if (status != BA_OK)
		return status;
	body = ba_machine_body(ret);
	set_config(&body->config, config);
	body->pageblocks_offset = pageblocks_offset;
	body->max_blocks_offset = max_blocks_offset;
	body->frames_offset = frames_offset;
	body->handles_offset = handles_offset;
	body->writeback_offset = writeback_offset;
	body->vmalloc_offset = vmalloc_offset;
	ba_vmalloc_layout((void *)(ret->arena.base + vmalloc_offset), frames,
			  config->nr_cpus);
	body->caches_offset = caches_offset;
	prefer_huge(ret, frames);
	init_caches(ret, frames);
	set_vm(&body->vm, &body->config, max_handles);
	body->nodes.arch = (uint8_t)config->arch;
	body->nodes.nr_nodes = (uint8_t)config->nr_nodes;
	body->nodes.nr_cpus = (uint8_t)config->nr_cpus;
	body->nodes.end = end;
	for (uint8_t id = 0; id < BA_NODE_MAX; id++)
		ba_lru_init(&body->nodes.node[id].lruvec);
	for (cpu_t cpu = 0; cpu < config->nr_cpus; cpu++)
		body->nodes.cpu_node[cpu] = (uint8_t)
			(cpu * config->nr_nodes / config->nr_cpus);
	return boot_caches(ret);
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

/*
 * Give one node `share` of the `core` pages that any request may use; the
 * number it took. The zones below the highest have nothing but such pages.
 * *movable: where the rest of the node begins.
 */
static uint64_t take_core(const struct ba_node *node, uint64_t lowest,
			  uint64_t share, uint64_t core, uint64_t *movable)
{
	uint64_t start = node->start_pfn, end = start + node->spanned;
	uint64_t below = 0, size;

	if (start < *movable)
		start = *movable;
	if (start >= end)
		return 0;
	if (start < lowest) {
		below = (end < lowest ? end : lowest) - start;
		share -= below < share ? below : share;
		start += below;
	}
	size = end - start < share ? end - start : share;
	*movable = start + size;
	return below + size < core ? below + size : core;
}

static uint64_t pages_of(uint32_t kbytes)
{
	return (uint64_t)kbytes * 1024 / BA_PAGE_SIZE;
}

/*
 * Pages that any request may use, by kernelcore or by what movablecore leaves
 * of `pages`, whichever is more; 0: all of them.
 */
static uint64_t core_pages(const struct ba_config *config, uint64_t pages)
{
	uint64_t core = pages_of(config->kernelcore);
	uint64_t movable = align_up(pages_of(config->movablecore), NODE_ALIGN);

	if (movable && movable < pages && pages - movable > core)
		core = pages - movable;
	return core < pages ? core : 0;
}

/* Where Movable begins in each node; 0: it has none. */
static void place_movable(const struct ba_nodes *nodes,
			  const struct ba_config *config,
			  uint64_t movable[BA_NODE_MAX])
{
	const struct ba_zone_types *types = ba_nodes_types(nodes);
	unsigned int highest = ba_zone_type_highest(types, nodes->end);
	uint64_t lowest = highest ? types->end[highest - 1] : 1;
	uint64_t core = core_pages(config, config->memory_pages - 1);

	memset(movable, 0, BA_NODE_MAX * sizeof(movable[0]));
	if (!core)
		return;
	/* what a small node could not take is spread over the others */
	for (uint32_t n = config->nr_nodes;
	     n && (n == config->nr_nodes || core > n); n--) {
		uint64_t share = core / n;

		for (uint8_t id = 0; id < config->nr_nodes; id++) {
			if (core < share)
				share = core / n;
			core -= take_core(&nodes->node[id], lowest, share,
					  core, &movable[id]);
		}
	}
	for (uint8_t id = 0; id < config->nr_nodes; id++) {
		movable[id] = align_up(movable[id], NODE_ALIGN);
		if (movable[id] >= nodes->node[id].start_pfn +
				   nodes->node[id].spanned)
			movable[id] = 0;
	}
}

static void boot_zone(struct ba_machine *machine, uint8_t node, uint8_t index,
		      pfn_t start, pfn_t end)
{
	struct ba_zone *zone = ba_machine_add_zone(machine, node, index,
						   start, end);

	zone->present = end - start;
	zone->wmark.managed = end - start;
}

/* The zones of one node, each the part that lies in its addresses. */
static void boot_zones(struct ba_machine *machine, uint8_t id, pfn_t movable)
{
	const struct ba_nodes *nodes = ba_machine_nodes(machine);
	const struct ba_zone_types *types = ba_nodes_types(nodes);
	const struct ba_node *node = &nodes->node[id];
	pfn_t at = (pfn_t)node->start_pfn;
	pfn_t node_end = (pfn_t)(node->start_pfn + node->spanned);
	pfn_t end = movable ? movable : node_end;

	for (uint8_t index = 0; types->end[index]; index++) {
		pfn_t to = end < types->end[index] ? end : types->end[index];

		if (at >= to)
			continue;
		boot_zone(machine, id, index, at, to);
		at = to;
	}
	if (movable)
		boot_zone(machine, id, BA_ZONE_MOVABLE, movable, node_end);
}

static void boot_node(struct ba_node *node, uint8_t arch, pfn_t start,
		      pfn_t end)
{
	node->online = true;
	node->start_pfn = start;
	node->spanned = node->present = end - start;
	node->kswapd_highest_zoneidx = ba_zone_types[arch].nr;
	node->kswapd_next_ns = UINT64_MAX;
}

static void boot_nodes(struct ba_machine *machine)
{
	const struct ba_config *config = &ba_machine_body(machine)->config;
	struct ba_nodes *nodes = ba_machine_nodes(machine);
	uint64_t movable[BA_NODE_MAX];
	pfn_t pages = (pfn_t)config->memory_pages;
	pfn_t share = pages;

	if (config->nr_nodes > 1)
		share = pages / config->nr_nodes / NODE_ALIGN * NODE_ALIGN;
	for (uint8_t id = 0; id < config->nr_nodes; id++) {
		bool last = id + 1u == config->nr_nodes;

		/* frame 0 is reserved */
		boot_node(&nodes->node[id], nodes->arch, id ? id * share : 1,
			  last ? pages : (id + 1u) * share);
	}
	place_movable(nodes, config, movable);
	for (uint8_t id = 0; id < config->nr_nodes; id++)
		boot_zones(machine, id, (pfn_t)movable[id]);
	ba_nodes_build_zonelists(nodes);
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

/* A release that has this profile (ba_profile_for_kernel). */
static const char *kernel_of(const struct ba_profile *profile)
{
	if (memcmp(profile, &ba_profile_6_1_0, sizeof(*profile)) == 0)
		return "6.1.0";
	if (memcmp(profile, &ba_profile_6_12_0, sizeof(*profile)) == 0)
		return "6.12.0";
	return profile->gfp_layout == BA_GFP_6_12 ? "6.12.111" : "6.1.192";
}

/* The zones' own copies of what the per-CPU sets were given. */
static void note_sizes(struct ba_body *body)
{
	struct ba_recorded *recorded = &body->recorded;
	const struct ba_nodes *nodes = &body->nodes;
	bool tuned = body->config.profile.pcp_auto_tune;

	recorded->totalreserve = 0;
	for (uint8_t id = 0; id < BA_NODE_MAX; id++)
		recorded->totalreserve += nodes->node[id].totalreserve;
	for (uint8_t id = 0; id < nodes->nr_zones; id++) {
		const struct ba_pcp *pcp = &nodes->zone[id].pcp[0];

		recorded->pcp_high[id] = tuned ? pcp->high_max : pcp->high;
		recorded->pcp_batch[id] = pcp->batch;
	}
}

static void boot_recorded(struct ba_body *body)
{
	struct ba_recorded *recorded = &body->recorded;
	const struct ba_profile *profile = &body->config.profile;

	strcpy(recorded->kernel, kernel_of(profile));
	recorded->numa_nodes = body->config.nr_nodes;
	recorded->pcp_fields = profile->pcp_auto_tune ? BA_STATE_PCP_6_12 :
							BA_STATE_PCP_6_1;
	recorded->vmemmap = addresses[body->config.arch].vmemmap;
	recorded->page_offset = addresses[body->config.arch].page_offset;
	recorded->page_size = addresses[body->config.arch].page_size;
	for (uint8_t id = 0; id < body->nodes.nr_zones; id++)
		strcpy(recorded->zone_name[id],
		       ba_zone_type_name(ba_nodes_types(&body->nodes),
					 body->nodes.zone[id].index));
}

static void boot(struct ba_machine *machine)
{
	struct ba_body *body = ba_machine_body(machine);
	struct ba_nodes *nodes = &body->nodes;
	struct ba_ctx ctx = ba_machine_ctx(machine, 0);

	boot_nodes(machine);
	/* decided before there are watermarks: the high marks count as 0 */
	body->mobility_disabled = ba_sizing_managed(nodes) <
				  BA_PAGEBLOCK_PAGES * MIGRATE_TYPES;
	ba_sizing_boot(nodes, &body->config);
	boot_recorded(body);
	note_sizes(body);
	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		boot_free_lists(&ctx, &nodes->zone[id]);
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

static bool any_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

/* All pages that can be moved, out of the way (compact_nodes). */
static void compact_memory(struct ba_machine *machine)
{
	struct ba_nodes *nodes = ba_machine_nodes(machine);
	struct ba_ctx ctx = ba_machine_ctx(machine, 0);

	for (uint8_t id = 0; id < BA_NODE_MAX; id++)
		if (nodes->node[id].online)
			ba_compact_node(&ctx, nodes, id);
}

/* Bit 0: page cache. Bit 1: slab objects that nobody uses. */
static void drop_caches(struct ba_machine *machine, long what)
{
	struct ba_ctx ctx = ba_machine_ctx(machine, 0);

	if (what & 1)
		ba_user_drop_caches(&ctx, ba_machine_nodes(machine));
	if (what & 2) {
		ba_vmalloc_drop_pools(&ctx, ba_machine_nodes(machine));
		ba_drop_slab(&ctx, ba_machine_nodes(machine));
	}
}

static enum ba_status trigger(struct ba_machine *machine, const char *name,
			      long value, char *message, size_t message_size)
{
	bool compact = strcmp(name, "compact_memory") == 0;

	if (value < 1 || value > (compact ? 1 : 4)) {
		if (message && message_size)
			snprintf(message, message_size, "%s is %ld; give %s",
				 name, value, compact ? "1" : "1 to 4");
		return BA_EINVAL;
	}
	if (compact)
		compact_memory(machine);
	else
		drop_caches(machine, value);
	return BA_OK;
}

enum ba_status ba_machine_sysctl(struct ba_machine *machine, const char *name,
				 long value, char *message,
				 size_t message_size)
{
	static const char *const marks[] = {
		"min_free_kbytes", "watermark_scale_factor", NULL };
	static const char *const reserves[] = {
		"lowmem_reserve_ratio_dma", "lowmem_reserve_ratio_dma32",
		"lowmem_reserve_ratio_normal",
		"lowmem_reserve_ratio_highmem", NULL };
	static const char *const pcps[] = {
		"percpu_pagelist_high_fraction", NULL };
	static const char *const others[] = {
		"watermark_boost_factor", "extfrag_threshold",
		"compaction_proactiveness", "swappiness",
		"vfs_cache_pressure", "writeback_usecs", "transparent_hugepage_enabled",
		"transparent_hugepage_defrag", NULL };
	static const char *const triggers[] = {
		"compact_memory", "drop_caches", NULL };
	struct ba_body *body = ba_machine_body(machine);
	struct ba_config config = body->config;
	uint64_t pages_min = ba_sizing_pages_min(&body->nodes, &config);
	enum ba_status status;

	if (any_of(name, triggers))
		return trigger(machine, name, value, message, message_size);
	status = ba_config_set(&config, name, value, message, message_size);
	if (status != BA_OK)
		return status;
	if (!any_of(name, marks) && !any_of(name, reserves) &&
	    !any_of(name, pcps) && !any_of(name, others)) {
		if (message && message_size)
			snprintf(message, message_size, "%s is no sysctl; give"
				 " it when the machine is made", name);
		return BA_EINVAL;
	}
	set_config(&body->config, &config);
	set_tunables(&body->vm, &config);
	if (strcmp(name, "min_free_kbytes") == 0)
		pages_min = (uint64_t)value * 1024 / BA_PAGE_SIZE;
	if (any_of(name, marks))
		ba_sizing_wmarks(&body->nodes, &config, pages_min);
	else if (any_of(name, reserves))
		ba_sizing_reserves(&body->nodes, &config);
	else if (any_of(name, pcps))
		ba_sizing_pcps(&body->nodes, &config);
	else
		return BA_OK;
	note_sizes(body);
	return BA_OK;
}

void ba_machine_stop(struct ba_machine *m)
{
	const struct ba_body *body = ba_machine_body(m);

	for (cpu_t cpu = 0; body->config.shared && cpu < body->nodes.nr_cpus;
	     cpu++)
		ba_lock(&m->cpus.cpu[cpu].lock, true);
}

void ba_machine_resume(struct ba_machine *m)
{
	const struct ba_body *body = ba_machine_body(m);

	for (cpu_t cpu = 0; body->config.shared && cpu < body->nodes.nr_cpus;
	     cpu++)
		ba_unlock(&m->cpus.cpu[cpu].lock, true);
}

void ba_machine_destroy(struct ba_machine *machine)
{
	ba_arena_destroy(&machine->arena);
	ba_memory_destroy(&machine->memory);
}

enum ba_status ba_machine_copy(const struct ba_machine *from,
			       struct ba_machine *ret)
{
	struct ba_arena arena = ba_machine_arena(from);
	enum ba_status status = ba_arena_copy(&arena, &ret->arena);

	ret->memory = (struct ba_memory){ .direct = NULL };
	memset(&ret->cpus, 0, sizeof(ret->cpus));
	if (status != BA_OK || !from->memory.direct)
		return status;
	status = ba_memory_copy(&from->memory, &ret->memory);
	if (status != BA_OK)
		ba_arena_destroy(&ret->arena);
	return status;
}

bool ba_machine_equal(const struct ba_machine *a, const struct ba_machine *b)
{
	struct ba_arena in_a = ba_machine_arena(a), in_b = ba_machine_arena(b);

	/* one that is backed differs in its config from one that is not */
	return ba_arena_equal(&in_a, &in_b) &&
	       (!a->memory.direct || ba_memory_equal(&a->memory, &b->memory));
}

uint64_t ba_machine_hash(const struct ba_machine *machine)
{
	struct ba_arena arena = ba_machine_arena(machine);
	uint64_t hash = ba_arena_hash(&arena);

	return machine->memory.direct ?
		ba_hash_mix(hash, ba_memory_hash(&machine->memory)) : hash;
}
