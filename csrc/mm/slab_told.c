// SPDX-License-Identifier: GPL-2.0-only
#include "mm/slab_told.h"

static uint64_t address_of(const struct ba_ctx *ctx, uint16_t cache,
			   pfn_t head, uint16_t place)
{
	return ba_object_address(ctx, ba_cache_at(ctx, cache), head,
				 place - 1u);
}

uint64_t ba_slab_next(const struct ba_ctx *ctx, const struct ba_nodes *nodes,
		      uint16_t cache)
{
	const struct ba_kmem_cache *c = ba_cache_at(ctx, cache);
	const struct ba_cache_cpu *cpu = ba_cache_this_cpu(ctx, cache);
	const struct ba_list *partial =
		&c->node[nodes->cpu_node[ctx->cpu]].partial;
	pfn_t head = cpu->slab;

	if (cpu->freelist)
		return address_of(ctx, cache, head, cpu->freelist);
	if (!head || !ba_slabs(ctx)[head].freelist)
		head = cpu->partial;
	if (!head && !ba_list_empty(partial))
		head = ba_list_first(partial);
	return head ? address_of(ctx, cache, head,
				 ba_slabs(ctx)[head].freelist) : 0;
}

bool ba_slab_object_free(const struct ba_ctx *ctx, struct ba_object_at at)
{
	return !ba_object_is_used(ba_objects_of(ctx, at.head)[at.index]);
}

/* The CPU whose slab it is; BA_CPU_MAX: none's. */
static cpu_t cpu_of(const struct ba_ctx *ctx, uint16_t id, pfn_t head)
{
	cpu_t cpu = 0;

	while (cpu < BA_CPU_MAX && ba_cache_cpu(ctx, id, cpu)->slab != head)
		cpu++;
	return cpu;
}

/* Take a place out of the chain that begins with *first, if it is there. */
static bool unlink_place(struct ba_object *objects, uint16_t *first,
			 uint16_t place)
{
	for (uint16_t *at = first; *at != BA_OBJECT_NONE;
	     at = &objects[*at - 1].next) {
		if (*at != place)
			continue;
		*at = objects[place - 1].next;
		return true;
	}
	return false;
}

/* Off the stack of the CPU that has it there. */
static void remove_from_stack(struct ba_ctx *ctx, uint16_t id, pfn_t head)
{
	for (cpu_t cpu = 0; cpu < BA_CPU_MAX; cpu++) {
		pfn_t *at = &ba_cache_cpu(ctx, id, cpu)->partial;

		while (*at && *at != head)
			at = &ba_slabs(ctx)[*at].next;
		if (!*at)
			continue;
		*at = ba_slabs(ctx)[head].next;
		ba_cache_cpu(ctx, id, cpu)->nr_partial--;
		return;
	}
}

/* Off its list; it is on none from now on. */
static void remove_from_list(struct ba_ctx *ctx, pfn_t head)
{
	struct ba_slab *slab = &ba_slabs(ctx)[head];
	uint16_t id = (uint16_t)(slab->cache - 1u);
	struct ba_cache_node *node = ba_slab_node(ctx, slab);

	if (slab->place == BA_SLAB_NODE_PARTIAL)
		ba_cache_remove_partial(ctx, node, head);
	else if (slab->place == BA_SLAB_CPU_PARTIAL)
		remove_from_stack(ctx, id, head);
	else if (slab->place == BA_SLAB_FULL &&
		 ba_cache_debugs(ba_cache_at(ctx, id)))
		ba_list_del(&node->full, ba_frame_links(ctx->frames), head);
	slab->place = BA_SLAB_FULL;
}

/* The chain that a free object is on, and the slab's own if `own`. */
static uint16_t *chain_of(struct ba_ctx *ctx, struct ba_object_at at,
			  bool *own)
{
	const struct ba_object *objects = ba_objects_of(ctx, at.head);
	cpu_t cpu = cpu_of(ctx, at.cache, at.head);

	*own = false;
	if (cpu < BA_CPU_MAX)
		for (uint16_t place = ba_cache_cpu(ctx, at.cache,
						   cpu)->freelist;
		     place != BA_OBJECT_NONE; place = objects[place - 1].next)
			if (place == at.index + 1u)
				return &ba_cache_cpu(ctx, at.cache,
						     cpu)->freelist;
	*own = true;
	return &ba_slabs(ctx)[at.head].freelist;
}

void ba_slab_take(struct ba_ctx *ctx, struct ba_object_at at)
{
	struct ba_object *objects = ba_objects_of(ctx, at.head);
	struct ba_slab *slab = &ba_slabs(ctx)[at.head];
	bool own;
	uint16_t *chain = chain_of(ctx, at, &own);

	unlink_place(objects, chain, (uint16_t)(at.index + 1u));
	ba_use_begins(ba_cache_this_cpu(ctx, at.cache), &objects[at.index],
		      0);
	if (!own)
		return;
	slab->inuse++;
	if (!slab->freelist && slab->place != BA_SLAB_CPU)
		remove_from_list(ctx, at.head);
}

void ba_slab_to_front(struct ba_ctx *ctx, struct ba_object_at at)
{
	struct ba_object *objects = ba_objects_of(ctx, at.head);
	bool own;
	uint16_t *chain = chain_of(ctx, at, &own);

	unlink_place(objects, chain, (uint16_t)(at.index + 1u));
	objects[at.index].next = *chain;
	*chain = (uint16_t)(at.index + 1u);
}

void ba_slab_to_cpu(struct ba_ctx *ctx, struct ba_nodes *nodes, pfn_t head)
{
	struct ba_slab *slab = &ba_slabs(ctx)[head];
	uint16_t id = (uint16_t)(slab->cache - 1u);
	struct ba_cache_cpu *cpu = ba_cache_this_cpu(ctx, id);

	if (cpu->slab == head)
		return;
	remove_from_list(ctx, head);
	if (cpu->slab)
		ba_cache_deactivate(ctx, nodes, id, ctx->cpu);
	ba_cpu_set_slab(ctx, cpu, head);
	cpu->freelist = slab->freelist;
	slab->freelist = BA_OBJECT_NONE;
	slab->inuse = slab->objects;
	slab->place = BA_SLAB_CPU;
}

static bool is_head(const struct ba_frame *f)
{
	return f->state == BA_FRAME_USED && f->flags & BA_FRAME_HEAD;
}

/* May the block be one in use? No frame of it is free, of a slab, or of a block
 * that is known to be another. */
static bool may_be_block(const struct ba_ctx *ctx, pfn_t head, order_t order)
{
	for (pfn_t pfn = head; pfn < head + (1u << order); pfn++)
		if (ba_slabs(ctx)[pfn].cache ||
		    ba_free_head(ctx, pfn) != BA_PFN_NONE ||
		    (is_head(&ctx->frames[pfn]) &&
		     (pfn != head || ctx->frames[pfn].order != order)))
			return false;
	for (unsigned int o = 1; o < BA_NR_ORDERS; o++) {
		pfn_t other = head & ~((1u << o) - 1u);

		if (other != head && is_head(&ctx->frames[other]) &&
		    other + (1u << ctx->frames[other].order) > head)
			return false;
	}
	return true;
}

bool ba_slab_adopt(struct ba_ctx *ctx, struct ba_nodes *nodes, uint16_t id,
		   pfn_t head, order_t order)
{
	struct ba_kmem_cache *cache = ba_cache_at(ctx, id);
	uint64_t end = (uint64_t)head + (1u << order);
	const struct ba_zone *zone = end <= nodes->end ?
		ba_nodes_zone_of(ctx, nodes, head) : NULL;
	uint16_t objects = order == cache->layout.order ?
				   cache->layout.objects :
				   cache->layout.min_objects;

	if (!zone || !may_be_block(ctx, head, order))
		return false;
	if (!ba_slab_claim(ctx, id, head, order, zone->node, objects))
		return false;
	ctx->frames[head].order = order;
	ctx->frames[head].flags |= BA_FRAME_HEAD;
	if (order)
		ctx->frames[head].flags |= BA_FRAME_COMPOUND;
	for (uint32_t i = 0; i < objects; i++)
		ba_objects_of(ctx, head)[i] = ba_object_used(0);
	ba_slabs(ctx)[head].inuse = objects;
	cache->node[zone->node].nr_slabs++;
	cache->node[zone->node].total_objects += objects;
	ba_cache_this_cpu(ctx, id)->inuse += objects;
	return true;
}

void ba_slab_drop(struct ba_ctx *ctx, pfn_t head)
{
	struct ba_slab *slab = &ba_slabs(ctx)[head];
	uint16_t id = (uint16_t)(slab->cache - 1u);
	struct ba_kmem_cache *cache = ba_cache_at(ctx, id);
	struct ba_object *objects = ba_objects_of(ctx, head);
	cpu_t cpu = cpu_of(ctx, id, head);
	order_t order = slab->order;

	for (uint32_t i = 0; i < slab->objects; i++)
		if (ba_object_is_used(objects[i]))
			ba_use_ends(ba_cache_this_cpu(ctx, id), &objects[i]);
	if (cpu < BA_CPU_MAX)
		ba_cpu_clear_slab(ba_cache_cpu(ctx, id, cpu));
	else
		remove_from_list(ctx, head);
	cache->node[slab->node].nr_slabs--;
	cache->node[slab->node].total_objects -= slab->objects;
	ba_pool_give(&ctx->caches->pool, slab->run,
		     ba_cache_records(cache, slab->objects), ctx->shared);
	for (uint32_t i = 0; i < 1u << order; i++)
		slab[i] = (struct ba_slab){ 0 };
	ctx->frames[head].flags &= (uint8_t)~BA_FRAME_SLAB;
}

uint32_t ba_slab_count(const struct ba_ctx *ctx)
{
	uint32_t nr = 0;

	for (uint16_t id = 0; id < ctx->caches->nr; id++)
		for (uint8_t node = 0; ba_cache_exists(ctx, id) &&
				       node < BA_NODE_MAX; node++)
			nr += ba_cache_at(ctx, id)->node[node].nr_slabs;
	return nr;
}

void ba_slab_drop_all(struct ba_ctx *ctx, const struct ba_nodes *nodes)
{
	uint32_t left = ba_slab_count(ctx);

	for (pfn_t pfn = 0; left && pfn < nodes->end; pfn++) {
		if (!ba_slabs(ctx)[pfn].cache)
			continue;
		ba_slab_drop(ctx, pfn);
		left--;
	}
}
