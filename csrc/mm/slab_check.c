// SPDX-License-Identifier: GPL-2.0-only
#include "mm/slab_check.h"

#include <string.h>

#include "base/bitmap.h"
#include "base/touched.h"

/* What the walk over the frames found, less what the caches' books say. */
struct balance {
	uint64_t slabs;		/* by cache and node: K3 */
	uint64_t objects;	/* the same */
	uint64_t used;		/* by cache: K5 */
	uint64_t slack;		/* bytes, by cache: K5 */
	uint64_t listed;	/* slabs that are on a list: K1 */
	uint64_t unused;	/* objects that are on a list: O1 */
	uint64_t runs;		/* beginnings less ends: P1 */
};

static uint64_t weight(uint64_t x)
{
	return ba_splitmix64(&x);
}

static uint64_t node_weight(uint16_t cache, uint8_t node)
{
	return weight((uint64_t)cache * BA_NODE_MAX + node);
}

static uint64_t object_weight(pfn_t head, uint32_t index)
{
	return weight((uint64_t)head << 16 | index);
}

/* Where each run begins another must end, but at both ends of the pool. */
static void add_run(struct balance *b, uint32_t run, uint32_t records)
{
	b->runs += weight(run) - weight((uint64_t)run +
					ba_pool_lines(records));
}

/* Mark and count the objects of a chain. */
static const char *mark_chain(const struct ba_object *objects, uint32_t nr,
			      uint16_t first, uint64_t *seen, uint32_t *length)
{
	*length = 0;
	for (uint16_t at = first; at != BA_OBJECT_NONE;
	     at = objects[at - 1].next) {
		if (at >= BA_OBJECT_USED)
			return "N1: an object in use is on a chain";
		if (at > nr || ba_bit_test(seen, at - 1u))
			return "L2: a chain leaves its slab or meets an object twice";
		ba_bit_set(seen, at - 1u);
		++*length;
	}
	return NULL;
}

/* The CPU whose slab it is, or the number of CPUs. */
static cpu_t cpu_of(const struct ba_ctx *ctx, const struct ba_nodes *nodes,
		    uint16_t id, pfn_t head)
{
	cpu_t cpu = 0;

	while (cpu < nodes->nr_cpus &&
	       ba_cache_cpu(ctx, id, cpu)->slab != head)
		cpu++;
	return cpu;
}

/* Objects on a list of unused ones; false: one of them is free. */
static bool add_unused(const struct ba_ctx *ctx, uint16_t id, pfn_t head,
		       struct balance *b)
{
	const struct ba_object *objects = ba_objects_of(ctx, head);
	struct ba_object_at at = { .head = head, .cache = id };

	for (; at.index < ba_slabs(ctx)[head].objects; at.index++) {
		if (!(ba_object_link(ctx, at)->flags & BA_OBJECT_LISTED))
			continue;
		if (!ba_object_is_used(objects[at.index]))
			return false;
		b->unused += object_weight(head, at.index);
	}
	return true;
}

/* The records of a slab with `free` objects on chains, none of them twice. */
static const char *check_records(const struct ba_ctx *ctx, uint16_t id,
				 pfn_t head, uint32_t free, struct balance *b)
{
	struct ba_object *objects = ba_objects_of(ctx, head);
	uint32_t nr = ba_slabs(ctx)[head].objects, used = 0;
	uint64_t slack = 0;

	for (uint32_t i = 0; i < nr; i++) {
		if (!ba_object_is_used(objects[i]))
			continue;
		used++;
		slack += ba_object_slack(objects[i]);
	}
	/* none that is in use can be a link of a chain */
	if (used + free != nr && !(ba_slabs(ctx)[head].lost && used + free < nr))
		return "L2: a free object is on no chain";
	b->used += weight(id) * used;
	b->slack += weight(id) * slack;
	if (ba_cache_at(ctx, id)->shrinker.registered &&
	    !add_unused(ctx, id, head, b))
		return "O2: an object on a list of unused ones is free";
	return NULL;
}

static const char *check_objects(const struct ba_ctx *ctx,
				 const struct ba_nodes *nodes, uint16_t id,
				 pfn_t head, struct balance *b)
{
	const struct ba_slab *slab = &ba_slabs(ctx)[head];
	const struct ba_object *objects = ba_objects_of(ctx, head);
	uint64_t seen[BA_BITMAP_WORDS(BA_SLAB_OBJECTS_MAX)];
	cpu_t cpu = cpu_of(ctx, nodes, id, head);
	uint32_t own, on_cpu = 0;
	const char *broken;

	for (size_t i = 0; i < BA_BITMAP_WORDS(slab->objects); i++)
		seen[i] = 0;
	broken = mark_chain(objects, slab->objects, slab->freelist, seen, &own);
	if (!broken && own + slab->inuse != slab->objects)
		broken = "L1: a slab has not the objects in use that it counts";
	if (!broken && cpu < nodes->nr_cpus)
		broken = mark_chain(objects, slab->objects,
				    ba_cache_cpu(ctx, id, cpu)->freelist,
				    seen, &on_cpu);
	return broken ? broken :
			check_records(ctx, id, head, own + on_cpu, b);
}

/* A slab and its place; which lists have it is for the caches' walk. */
static const char *check_place(const struct ba_kmem_cache *cache,
			       const struct ba_slab *slab)
{
	switch ((enum ba_slab_place)slab->place) {
	case BA_SLAB_FULL:
		return slab->freelist ?
			"K2: a slab that says FULL has a free object" : NULL;
	case BA_SLAB_CPU:
		return ba_cache_debugs(cache) ?
			"K2: a cache with debugging has a CPU's slab" : NULL;
	case BA_SLAB_CPU_PARTIAL:
	case BA_SLAB_NODE_PARTIAL:
		return slab->freelist ? NULL :
			"K2: a slab on a list has no free object";
	}
	return "K1: a slab says of itself what cannot be";
}

static bool is_size_of(const struct ba_slab_layout *layout,
		       const struct ba_slab *slab)
{
	return (slab->order == layout->order &&
		slab->objects == layout->objects) ||
	       (slab->order == layout->min_order &&
		slab->objects == layout->min_objects);
}

static bool leads_to_objects(const struct ba_kmem_cache *cache,
			     const struct ba_slab *head,
			     const struct ba_slab *frame)
{
	return frame->reciprocal ==
		       (ba_cache_is_special(cache) ? 0 : cache->reciprocal) &&
	       frame->objects == head->objects && frame->run == head->run &&
	       frame->list == head->list;
}

static const char *check_slab(const struct ba_ctx *ctx, struct ba_nodes *nodes,
			      pfn_t head, struct balance *b)
{
	const struct ba_slab *slab = &ba_slabs(ctx)[head];
	const struct ba_frame *f = &ctx->frames[head];
	const uint8_t flags = BA_FRAME_HEAD | BA_FRAME_SLAB;
	uint16_t id = (uint16_t)(slab->cache - 1);
	const struct ba_kmem_cache *cache;
	const struct ba_zone *zone = ba_nodes_zone_of(ctx, nodes, head);
	const char *broken;
	uint32_t records;

	if (slab->start || !ba_cache_exists(ctx, id))
		return "L3: a frame is of a slab without a head or a cache";
	cache = ba_cache_at(ctx, id);
	records = ba_cache_records(cache, slab->objects);
	if (!is_size_of(&cache->layout, slab) ||
	    (uint64_t)head + (1u << slab->order) > nodes->end)
		return "L3: a slab has not its cache's size";
	for (uint32_t i = 0; i < 1u << slab->order; i++)
		if (slab[i].cache != slab->cache ||
		    slab[i].start != i << BA_PAGE_SHIFT)
			return "L3: a frame of a slab does not lead to its head";
	for (uint32_t i = 0; i < 1u << slab->order; i++)
		if (!leads_to_objects(cache, slab, &slab[i]))
			return "L4: a frame of a slab does not lead to its objects";
	if (f->state != BA_FRAME_USED || (f->flags & flags) != flags ||
	    f->flags & BA_FRAME_KMALLOC || f->order != slab->order)
		return "L3: a slab's frame is not in use as one";
	if (!zone || zone->node != slab->node ||
	    ba_slab_node(ctx, slab) != &cache->node[slab->node])
		return "L3: a slab is of another node than its frames";
	if (!slab->run || slab->run + (uint64_t)ba_pool_lines(records) >
				  ctx->caches->pool.used)
		return "P1: a slab's records lie outside the pool";
	broken = check_place(cache, slab);
	if (broken)
		return broken;
	b->slabs += node_weight(id, slab->node);
	b->objects += node_weight(id, slab->node) * slab->objects;
	if (slab->place != BA_SLAB_FULL || ba_cache_debugs(cache))
		b->listed += weight(head);
	add_run(b, slab->run, records);
	return check_objects(ctx, nodes, id, head, b);
}

/* A frame of no slab, that says SLAB or KMALLOC. */
static const char *check_other(const struct ba_frame *f)
{
	if (f->flags & BA_FRAME_SLAB)
		return "L3: a frame says SLAB and is of no slab";
	if (!(f->flags & BA_FRAME_HEAD) || !f->owner ||
	    f->owner > BA_PAGE_SIZE << f->order)
		return "M1: pages of kmalloc begin nowhere, or are too few";
	return NULL;
}

static const char *check_slabs(const struct ba_ctx *ctx,
			       struct ba_nodes *nodes, struct balance *b)
{
	const struct ba_slab *slabs = ba_slabs(ctx);
	const size_t size = sizeof(*slabs);
	const char *broken = NULL;
	struct ba_touched touched;
	uint64_t pfn;

	ba_touched_init(&touched, slabs, nodes->end * size);
	for (pfn = ba_touched_record(&touched, 0, size);
	     pfn < nodes->end && !broken;
	     pfn = ba_touched_record(&touched, pfn + 1, size))
		if (slabs[pfn].cache) {
			broken = check_slab(ctx, nodes, (pfn_t)pfn, b);
			pfn += (1u << slabs[pfn].order) - 1;
		}
	ba_touched_deinit(&touched);
	return broken;
}

static const char *check_others(const struct ba_ctx *ctx,
				const struct ba_nodes *nodes)
{
	const struct ba_slab *slabs = ba_slabs(ctx);
	const size_t size = sizeof(struct ba_frame);
	const char *broken = NULL;
	struct ba_touched touched;
	uint64_t pfn;

	ba_touched_init(&touched, ctx->frames, nodes->end * size);
	for (pfn = ba_touched_record(&touched, 0, size);
	     pfn < nodes->end && !broken;
	     pfn = ba_touched_record(&touched, pfn + 1, size)) {
		const struct ba_frame *f = &ctx->frames[pfn];

		if (f->flags & (BA_FRAME_SLAB | BA_FRAME_KMALLOC) &&
		    f->state == BA_FRAME_USED && !slabs[pfn].cache)
			broken = check_other(f);
	}
	ba_touched_deinit(&touched);
	return broken;
}

/* Is it a slab of that cache and node, with that place? Then it is listed. */
static bool is_slab_of(const struct ba_ctx *ctx, uint16_t id, pfn_t head,
		       enum ba_slab_place place, struct balance *b)
{
	const struct ba_slab *slab = &ba_slabs(ctx)[head];

	b->listed -= weight(head);
	return slab->cache == id + 1u && !slab->start && slab->place == place;
}

/* Every slab of a node's list; how many of them are empty. */
static const char *check_list(const struct ba_ctx *ctx,
			      const struct ba_nodes *nodes, uint16_t id,
			      uint8_t node, bool full, struct balance *b)
{
	const struct ba_kmem_cache *cache = ba_cache_at(ctx, id);
	const struct ba_list *list = full ? &cache->node[node].full :
					    &cache->node[node].partial;
	const struct ba_link *links = ba_frame_links(ctx->frames);
	uint32_t empty = 0;

	if (!ba_list_check(list, links, nodes->end))
		return "K1: a node's list of slabs is broken";
	for (pfn_t head = ba_list_first(list); head != BA_PFN_NONE;
	     head = ba_list_next(links, head)) {
		if (!is_slab_of(ctx, id, head, full ? BA_SLAB_FULL :
						      BA_SLAB_NODE_PARTIAL,
				b) || ba_slabs(ctx)[head].node != node)
			return "K1: a node's list has what is no such slab";
		empty += !ba_slabs(ctx)[head].inuse;
	}
	return empty > cache->layout.min_partial ?
		"K4: a node keeps more empty slabs than it may" : NULL;
}

/* The list of objects that reclaim may free. */
static const char *check_unused(const struct ba_ctx *ctx,
				const struct ba_nodes *nodes, uint16_t id,
				uint8_t node, struct balance *b)
{
	const struct ba_object_list *list =
		&ba_cache_at(ctx, id)->shrinker.node[node].lru;
	struct ba_object_link end = { .next = list->first,
				      .next_head = list->first_head };
	const struct ba_object_link *link = &end;
	pfn_t head = 0;
	uint16_t place = BA_OBJECT_NONE;

	for (uint32_t i = 0; i < list->count; i++) {
		struct ba_object_at at = { .head = link->next_head,
					   .index = link->next - 1u };
		const struct ba_slab *slab;

		if (link->next == BA_OBJECT_NONE || at.head >= nodes->end)
			return "O1: a list of unused objects leads nowhere";
		slab = &ba_slabs(ctx)[at.head];
		if (slab->cache != id + 1u || slab->node != node ||
		    at.index >= slab->objects)
			return "O1: a list has an object of other slabs";
		link = ba_object_link(ctx, at);
		if (link->prev != place || link->prev_head != head)
			return "O1: a list of unused objects does not lead back";
		place = (uint16_t)(at.index + 1);
		head = at.head;
		b->unused -= object_weight(head, at.index);
	}
	return list->count && (list->last != place || list->last_head != head) ?
		"O1: a list of unused objects has another end" : NULL;
}

static const char *check_cpu(const struct ba_ctx *ctx,
			     const struct ba_nodes *nodes, uint16_t id,
			     cpu_t cpu, struct balance *b)
{
	const struct ba_cache_cpu *c = ba_cache_cpu(ctx, id, cpu);
	struct ba_cache_cpu right = *c;
	pfn_t head = c->partial;

	b->used -= weight(id) * (uint64_t)c->inuse;
	b->slack -= weight(id) * (uint64_t)c->slack;
	if (c->slab >= nodes->end ||
	    (c->slab && !is_slab_of(ctx, id, c->slab, BA_SLAB_CPU, b)))
		return "K1: a CPU's slab is no such slab";
	if (c->slab)
		ba_cpu_set_slab(ctx, &right, c->slab);
	else
		ba_cpu_clear_slab(&right);
	if (memcmp(c, &right, sizeof(right)) != 0)
		return "K6: what a CPU knows of its slab is wrong";
	for (uint32_t i = 0; i < c->nr_partial; i++) {
		if (!head || head >= nodes->end ||
		    !is_slab_of(ctx, id, head, BA_SLAB_CPU_PARTIAL, b))
			return "K1: a CPU's stack has what is no such slab";
		head = ba_slabs(ctx)[head].next;
	}
	return head ? "K1: a CPU's stack has more slabs than it counts" : NULL;
}

static const char *check_node(const struct ba_ctx *ctx,
			      const struct ba_nodes *nodes, uint16_t id,
			      uint8_t i, struct balance *b)
{
	const struct ba_kmem_cache *cache = ba_cache_at(ctx, id);
	const struct ba_cache_node *node = &cache->node[i];
	uint64_t by = node_weight(id, i);
	const char *broken;

	if (node->lock.word || cache->shrinker.node[i].lock.word)
		return "L1: a lock of slabs is taken while nobody runs";
	if (node->stack_slabs != cache->layout.cpu_partial_slabs)
		return "K1: a node has another length of stacks than its cache";
	b->slabs -= by * node->nr_slabs;
	b->objects -= by * node->total_objects;
	broken = check_list(ctx, nodes, id, i, false, b);
	if (!broken)
		broken = check_list(ctx, nodes, id, i, true, b);
	return broken ? broken : check_unused(ctx, nodes, id, i, b);
}

static const char *check_cache(const struct ba_ctx *ctx,
			       const struct ba_nodes *nodes, uint16_t id,
			       struct balance *b)
{
	const struct ba_kmem_cache *cache = ba_cache_at(ctx, id);
	const char *broken = NULL;

	for (uint8_t i = 0; i < BA_NODE_MAX && !broken; i++)
		if (nodes->node[i].online)
			broken = check_node(ctx, nodes, id, i, b);
	for (cpu_t cpu = 0; cpu < nodes->nr_cpus && !broken; cpu++)
		broken = check_cpu(ctx, nodes, id, cpu, b);
	if (cache->random_nr)
		add_run(b, cache->random_run, cache->random_nr);
	if (cache->ctor_bytes)
		add_run(b, cache->ctor_run, ba_records_for(cache->ctor_bytes));
	return broken;
}

static uint32_t aliases_of(const struct ba_caches *caches, uint16_t id)
{
	uint32_t nr = 0;

	for (uint16_t i = 0; i < caches->nr_aliases; i++)
		nr += caches->alias[i].name[0] && caches->alias[i].cache == id;
	return nr;
}

/* C1 and C2. */
static const char *check_table(const struct ba_caches *caches)
{
	uint16_t older = BA_CACHE_NONE;
	uint32_t nr = 0;

	for (uint16_t id = caches->oldest; id != BA_CACHE_NONE;
	     id = caches->cache[id].newer) {
		const struct ba_kmem_cache *cache;
		uint32_t aliases = aliases_of(caches, id);

		if (id >= caches->nr || nr++ == caches->nr ||
		    caches->cache[id].older != older)
			return "C1: the caches are not linked by age";
		cache = &caches->cache[id];
		if (cache->refcount <= 0 ||
		    aliases > (uint32_t)cache->refcount ||
		    (!cache->recorded &&
		     aliases + 1 < (uint32_t)cache->refcount))
			return "C2: a cache has not the makers that it counts";
		older = id;
	}
	if (older != caches->newest)
		return "C1: the newest cache is not the last by age";
	for (uint16_t id = 0; id < caches->nr; id++)
		nr -= caches->cache[id].refcount > 0;
	return nr ? "C1: a cache is not linked with the others" : NULL;
}

/* The free runs of the pool, and its ends. */
static const char *check_pool(struct ba_slab_pool *pool, struct balance *b)
{
	uint32_t left = pool->used;

	if (pool->lock.word)
		return "L1: the pool's lock is taken while nobody runs";
	if (pool->used > pool->lines)
		return "P1: the pool is used beyond its end";
	for (unsigned int k = 0; k < BA_POOL_ORDERS; k++)
		for (uint32_t run = pool->free[k]; run;) {
			if (run >= pool->used || !left--)
				return "P1: a list of free runs is broken";
			add_run(b, run, BA_POOL_LINE << k);
			run = ba_pool_next_free(pool, run);
		}
	b->runs -= weight(1) - weight(pool->used);
	return NULL;
}

static const char *check_balance(const struct balance *b)
{
	if (b->listed)
		return "K1: a slab is on no list, on two, or on another than it says";
	if (b->slabs || b->objects)
		return "K3: a node has not the slabs or objects that it counts";
	if (b->used || b->slack)
		return "K5: owners have not the objects or bytes that are counted";
	if (b->unused)
		return "O1: an object says LISTED and is on no list, or the other way round";
	if (b->runs)
		return "P1: a run of records has no owner, or two";
	return NULL;
}

const char *ba_caches_check(const struct ba_ctx *ctx, struct ba_nodes *nodes)
{
	struct ba_caches *caches = ctx->caches;
	struct balance b = { 0 };
	const char *broken = check_table(caches);

	if (!broken)
		broken = check_slabs(ctx, nodes, &b);
	if (!broken)
		broken = check_others(ctx, nodes);
	for (uint16_t id = 0; id < caches->nr && !broken; id++)
		if (ba_cache_exists(ctx, id))
			broken = check_cache(ctx, nodes, id, &b);
	if (!broken)
		broken = check_pool(&caches->pool, &b);
	return broken ? broken : check_balance(&b);
}
