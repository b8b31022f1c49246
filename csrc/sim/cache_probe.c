// SPDX-License-Identifier: GPL-2.0-only
#include "sim/cache_probe.h"

#include <string.h>

#include "base/touched.h"

/* Partial slabs of a node that 6.12 looks at for slabinfo. */
#define SCAN_MAX 10000u

/*
 * Slabs are of two kinds: of `order`, or of min_order with fewer objects. How
 * many there are of each follows from the number of slabs and of objects.
 */
uint64_t ba_cache_probe_pages(const struct ba_kmem_cache *cache, uint8_t id)
{
	const struct ba_slab_layout *layout = &cache->layout;
	const struct ba_cache_node *node = &cache->node[id];
	uint32_t more = (uint32_t)layout->objects - layout->min_objects;
	uint64_t large = node->nr_slabs;

	if (more)
		large = (node->total_objects -
			 (uint64_t)node->nr_slabs * layout->min_objects) / more;
	return (large << layout->order) +
	       ((node->nr_slabs - large) << layout->min_order);
}

static uint64_t free_of(const struct ba_ctx *ctx, pfn_t head)
{
	const struct ba_slab *slab = &ba_slabs(ctx)[head];

	return (uint64_t)slab->objects - slab->inuse;
}

/* count_partial(n, count_free) */
static uint64_t count_free(const struct ba_ctx *ctx,
			   const struct ba_cache_node *node)
{
	const struct ba_link *links = ba_frame_links(ctx->frames);
	uint64_t free = 0;

	for (pfn_t head = ba_list_first(&node->partial); head != BA_PFN_NONE;
	     head = ba_list_next(links, head))
		free += free_of(ctx, head);
	return free;
}

/* count_partial_free_approx: of a long list, both ends stand for the whole. */
static uint64_t count_free_approx(const struct ba_ctx *ctx,
				  const struct ba_cache_node *node)
{
	const struct ba_link *links = ba_frame_links(ctx->frames);
	pfn_t first = ba_list_first(&node->partial);
	pfn_t last = ba_list_last(&node->partial);
	uint64_t nr = node->partial.count, free = 0;

	if (nr <= SCAN_MAX)
		return count_free(ctx, node);
	for (uint32_t i = 0; i < SCAN_MAX / 2; i++) {
		free += free_of(ctx, first) + free_of(ctx, last);
		first = ba_list_next(links, first);
		last = ba_list_prev(links, last);
	}
	free = free / SCAN_MAX * nr + free % SCAN_MAX * nr / SCAN_MAX;
	return free < node->total_objects ? free : node->total_objects;
}

static void add_node(const struct ba_ctx *ctx, struct ba_cache_probe *sum,
		     const struct ba_kmem_cache *cache, uint8_t id)
{
	const struct ba_cache_node *node = &cache->node[id];
	uint64_t free = count_free(ctx, node);
	uint64_t listed = 0;
	const struct ba_link *links = ba_frame_links(ctx->frames);

	for (pfn_t head = ba_list_first(&node->partial); head != BA_PFN_NONE;
	     head = ba_list_next(links, head))
		listed += ba_slabs(ctx)[head].inuse;
	sum->slabs += node->nr_slabs;
	sum->partial += node->partial.count;
	sum->total_objects += node->total_objects;
	sum->objects += node->total_objects - free;
	sum->objects_partial += listed;
	if (ctx->profile->slab_count_approx)
		free = count_free_approx(ctx, node);
	sum->active_objs += node->total_objects - free;
	sum->pages += ba_cache_probe_pages(cache, id);
}

void ba_cache_probe(const struct ba_machine *machine, uint16_t id,
		    struct ba_cache_probe *ret)
{
	const struct ba_nodes *nodes = ba_machine_nodes(machine);
	struct ba_ctx ctx = ba_machine_ctx(machine, 0);
	const struct ba_kmem_cache *cache = ba_cache_at(&ctx, id);
	int64_t used = 0, slack = 0;

	*ret = (struct ba_cache_probe){ .slabs = 0 };
	for (uint8_t node = 0; node < BA_NODE_MAX; node++)
		add_node(&ctx, ret, cache, node);
	for (cpu_t cpu = 0; cpu < nodes->nr_cpus; cpu++) {
		const struct ba_cache_cpu *c = ba_cache_cpu(&ctx, id, cpu);

		used += c->inuse;
		slack += c->slack;
		ret->slabs_cpu_partial += c->nr_partial;
		/* a stack counts only below a slab: show_slab_objects */
		if (c->slab)
			ret->cpu_slabs += 1u + c->nr_partial;
	}
	ret->used = (uint64_t)used;
	ret->requested = (uint64_t)(used * cache->layout.object_size - slack);
}

static void add_caches(const struct ba_ctx *ctx,
		       struct ba_node_slab_probe ret[BA_NODE_MAX])
{
	for (uint16_t id = 0; id < ctx->caches->nr; id++) {
		const struct ba_kmem_cache *cache = ba_cache_at(ctx, id);
		bool reclaimable = cache->layout.flags &
				   BA_SLAB_RECLAIM_ACCOUNT;

		if (!ba_cache_exists(ctx, id))
			continue;
		for (uint8_t node = 0; node < BA_NODE_MAX; node++) {
			uint64_t pages = ba_cache_probe_pages(cache, node);

			if (reclaimable)
				ret[node].reclaimable += pages;
			else
				ret[node].unreclaimable += pages;
		}
	}
}

void ba_node_slab_probe(const struct ba_machine *machine,
			struct ba_node_slab_probe ret[BA_NODE_MAX])
{
	struct ba_nodes *nodes = ba_machine_nodes(machine);
	struct ba_ctx ctx = ba_machine_ctx(machine, 0);
	const size_t size = sizeof(struct ba_frame);
	struct ba_touched touched;
	uint64_t pfn;

	memset(ret, 0, BA_NODE_MAX * sizeof(*ret));
	add_caches(&ctx, ret);
	ba_touched_init(&touched, ctx.frames, nodes->end * size);
	for (pfn = ba_touched_record(&touched, 0, size); pfn < nodes->end;
	     pfn = ba_touched_record(&touched, pfn + 1, size)) {
		const struct ba_frame *f = &ctx.frames[pfn];
		struct ba_node_slab_probe *node;

		if (f->state != BA_FRAME_USED ||
		    !(f->flags & BA_FRAME_KMALLOC))
			continue;
		node = &ret[ba_nodes_zone_of(&ctx, nodes, (pfn_t)pfn)->node];
		node->large++;
		node->large_pages += UINT64_C(1) << f->order;
		node->large_requested += f->owner;
		node->unreclaimable += UINT64_C(1) << f->order;
	}
	ba_touched_deinit(&touched);
}
