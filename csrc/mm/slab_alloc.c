// SPDX-License-Identifier: GPL-2.0-only
#include "mm/slab_alloc.h"

#include <string.h>

#include "mm/object_bytes.h"
#include "mm/slab_debug.h"

/* What a slab's pages take over from the request (new_slab). */
#define GFP_OF_REQUEST							\
	(BA_GFP_RECLAIM | BA_GFP_HIGH | BA_GFP_IO | BA_GFP_FS |		\
	 BA_GFP_NOWARN | BA_GFP_RETRY_MAYFAIL | BA_GFP_NOFAIL |		\
	 BA_GFP_NORETRY | BA_GFP_MEMALLOC | BA_GFP_NOMEMALLOC |		\
	 BA_GFP_HARDWALL | BA_GFP_THISNODE)

static gfp_t gfp_of_slab(const struct ba_ctx *ctx,
			 const struct ba_kmem_cache *cache, gfp_t gfp)
{
	gfp_t mask = GFP_OF_REQUEST;

	if (!ctx->profile->gfp_layout)
		mask |= BA_GFP_ATOMIC;
	return (gfp & mask) | cache->layout.allocflags;
}

/* An object of a cache with debugging, off its chain. */
static uint64_t hand_out(struct ba_ctx *ctx,
			 const struct ba_slab_request *request,
			 struct ba_object *object, pfn_t head, uint16_t place)
{
	struct ba_kmem_cache *cache = ba_cache_at(ctx, request->cache);

	ba_use_begins(ba_cache_this_cpu(ctx, request->cache), object,
		      request->slack);
	return ba_object_address(ctx, cache, head, place - 1u);
}

/* The slab, which has free objects, becomes the CPU's with all of them. */
static void set_cpu_slab(struct ba_ctx *ctx, struct ba_cache_cpu *cpu,
			 pfn_t head)
{
	cpu->freelist = ba_take_freelist(&ba_slabs(ctx)[head]);
	ba_cpu_set_slab(ctx, cpu, head);
}

/* Steps 2 and 3, on whatever node. */
static bool refill(const struct ba_ctx *ctx, struct ba_cache_cpu *cpu)
{
	return ba_refill_from_slab(ctx, cpu) || ba_refill_from_stack(ctx, cpu);
}

/* The same on that node; slabs of others leave the CPU. */
static bool refill_on_node(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   const struct ba_slab_request *request, uint8_t node)
{
	struct ba_cache_cpu *cpu = ba_cache_this_cpu(ctx, request->cache);
	pfn_t head;

	if (cpu->slab && ba_slabs(ctx)[cpu->slab].node != node)
		ba_cache_deactivate(ctx, nodes, request->cache, ctx->cpu);
	if (ba_refill_from_slab(ctx, cpu))
		return true;
	ba_cpu_clear_slab(cpu);
	while ((head = cpu->partial) && ba_slabs(ctx)[head].node != node) {
		cpu->partial = ba_slabs(ctx)[head].next;
		cpu->nr_partial--;
		ba_cache_put_node(ctx, nodes, request->cache, head);
	}
	return ba_refill_from_stack(ctx, cpu);
}

/* All its objects count as used: nobody gets one of an overwritten slab. */
static void take_out_of_use(struct ba_ctx *ctx, struct ba_cache_node *node,
			    pfn_t head)
{
	struct ba_slab *slab = &ba_slabs(ctx)[head];

	if (slab->place == BA_SLAB_NODE_PARTIAL)
		ba_cache_remove_partial(ctx, node, head);
	ba_list_add_head(&node->full, ba_frame_links(ctx->frames), head);
	slab->inuse = slab->objects;
	slab->freelist = BA_OBJECT_NONE;
	slab->lost = 1;
}

/*
 * One object of the first slab on the list, of a cache with debugging; 0: it
 * was written to while it was free.
 */
static uint64_t take_single(struct ba_ctx *ctx,
			    const struct ba_slab_request *request,
			    struct ba_cache_node *node)
{
	pfn_t head = ba_list_first(&node->partial);
	struct ba_slab *slab = &ba_slabs(ctx)[head];
	uint16_t place = slab->freelist;
	struct ba_object *object = &ba_objects_of(ctx, head)[place - 1];

	if (!ba_slab_debug_take(ctx, request->cache, head, place - 1u)) {
		take_out_of_use(ctx, node, head);
		return 0;
	}
	slab->freelist = object->next;
	if (++slab->inuse == slab->objects) {
		ba_cache_remove_partial(ctx, node, head);
		ba_list_add_head(&node->full, ba_frame_links(ctx->frames),
				 head);
	}
	return hand_out(ctx, request, object, head, place);
}

/* The first slab becomes the CPU's, some more go on its stack. */
static void take_slabs(struct ba_ctx *ctx, uint16_t cache,
		       struct ba_cache_node *node)
{
	struct ba_cache_cpu *cpu = ba_cache_this_cpu(ctx, cache);
	uint32_t most = node->stack_slabs / 2 + 1u;
	pfn_t head = ba_list_first(&node->partial);

	ba_cache_remove_partial(ctx, node, head);
	set_cpu_slab(ctx, cpu, head);
	if (!node->stack_slabs && !ctx->profile->slab_stack_one_more)
		return;
	while (most-- && !ba_list_empty(&node->partial)) {
		head = ba_list_first(&node->partial);
		ba_cache_remove_partial(ctx, node, head);
		ba_slabs(ctx)[head].place = BA_SLAB_CPU_PARTIAL;
		ba_cache_put_partial(ctx, cpu, &ba_slabs(ctx)[head]);
	}
}

/* get_partial_node; 0: the node has no partial slab. */
static uint64_t take_from_node(struct ba_ctx *ctx,
			       const struct ba_slab_request *request,
			       uint8_t id)
{
	struct ba_kmem_cache *cache = ba_cache_at(ctx, request->cache);
	struct ba_cache_node *node = &cache->node[id];
	uint64_t address = 0;

	if (!BA_PEEK(node->partial.count))
		return 0;
	ba_lock(&node->lock, ctx->shared);
	while (!address && !ba_list_empty(&node->partial)) {
		if (ba_cache_debugs(cache)) {
			address = take_single(ctx, request, node);
		} else {
			take_slabs(ctx, request->cache, node);
			address = ba_cpu_pop(ctx, ba_cache_this_cpu(
				ctx, request->cache), request->slack);
		}
	}
	ba_unlock(&node->lock, ctx->shared);
	return address;
}

/* get_any_partial: nodes with more than they must keep, nearest first. */
static uint64_t take_from_any(struct ba_ctx *ctx, struct ba_nodes *nodes,
			      const struct ba_slab_request *request)
{
	const struct ba_kmem_cache *cache = ba_cache_at(ctx, request->cache);
	const struct ba_zonelist *list =
		&nodes->node[nodes->cpu_node[ctx->cpu]].zonelist;
	uint8_t highest = ba_gfp_zone(list->by_gfp, request->gfp);

	for (uint8_t i = 0; i < list->nr; i++) {
		const struct ba_zone *zone = &nodes->zone[list->zone[i]];
		uint64_t address;

		if (zone->index > highest ||
		    BA_PEEK(cache->node[zone->node].partial.count) <=
			    cache->layout.min_partial)
			continue;
		address = take_from_node(ctx, request, zone->node);
		if (address)
			return address;
	}
	return 0;
}

/* Steps 4 and 5. `only`: that node and no other. */
static uint64_t take_partial(struct ba_ctx *ctx, struct ba_nodes *nodes,
			     const struct ba_slab_request *request,
			     uint8_t node, bool only)
{
	uint8_t first = node == BA_ANY_NODE ? nodes->cpu_node[ctx->cpu] : node;
	uint64_t address = take_from_node(ctx, request, first);

	if (address || only || nodes->nr_nodes == 1)
		return address;
	return take_from_any(ctx, nodes, request);
}

/* Memory that slabs can be of: N_NORMAL_MEMORY, not HighMem nor Movable. */
static bool has_normal_memory(const struct ba_nodes *nodes, uint8_t node)
{
	const struct ba_zonelist *list = &nodes->node[node].zonelist;
	uint8_t highest = ba_gfp_zone(list->by_gfp, BA_GFP_KERNEL);

	for (uint8_t i = 0; i < list->nr_local; i++)
		if (nodes->zone[list->zone[i]].index <= highest)
			return true;
	return false;
}

/* A node without such memory is no wish. */
static uint8_t wanted_node(const struct ba_nodes *nodes, uint8_t node)
{
	if (node == BA_ANY_NODE || node >= BA_NODE_MAX ||
	    !nodes->node[node].online || !has_normal_memory(nodes, node))
		return BA_ANY_NODE;
	return node;
}

/* Is a named node first tried alone, without effort? (6.12) */
static bool tries_node_first(const struct ba_ctx *ctx, gfp_t gfp,
			     uint8_t node)
{
	return ctx->profile->slab_node_first && node != BA_ANY_NODE &&
	       !(gfp & BA_GFP_THISNODE);
}

uint64_t ba_slab_alloc_old(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   const struct ba_slab_request *request)
{
	const struct ba_kmem_cache *cache = ba_cache_at(ctx, request->cache);
	struct ba_cache_cpu *cpu = ba_cache_this_cpu(ctx, request->cache);
	uint8_t node = wanted_node(nodes, request->node);
	bool only = node != BA_ANY_NODE;

	if (!ba_cache_debugs(cache) &&
	    (node == BA_ANY_NODE ?
		     refill(ctx, cpu) :
		     refill_on_node(ctx, nodes, request, node)))
		return ba_cpu_pop(ctx, cpu, request->slack);
	return take_partial(ctx, nodes, request, node, only);
}

/* From the supply of a replay, the latest that fits; BA_PFN_NONE: none does. */
static pfn_t supplied(struct ba_slab_supply *supply, order_t order)
{
	for (uint32_t i = supply->nr; i-- > 0;) {
		pfn_t pfn = supply->page[i].pfn;

		if (supply->page[i].order != order)
			continue;
		supply->nr--;
		for (; i < supply->nr; i++)
			supply->page[i] = supply->page[i + 1];
		return pfn;
	}
	supply->wanted = true;
	supply->wanted_order = order;
	return BA_PFN_NONE;
}

static pfn_t slab_pages(struct ba_ctx *ctx, struct ba_nodes *nodes, gfp_t gfp,
			order_t order, uint8_t node)
{
	if (ctx->slab_supply)
		return supplied(ctx->slab_supply, order);
	return ba_alloc_pages(ctx, nodes, gfp, order,
			      node == BA_ANY_NODE ? nodes->cpu_node[ctx->cpu] :
						    node);
}

static uint32_t random_below(struct ba_ctx *ctx, uint32_t end)
{
	uint32_t number;

	ba_take_lock(ctx, &ctx->caches->lock, BA_LEVEL_LEAF);
	number = ba_rng_below(&ctx->caches->rng, end);
	ba_drop_lock(ctx, &ctx->caches->lock, BA_LEVEL_LEAF);
	return number;
}

static struct ba_slab_sequence sequence_of(struct ba_ctx *ctx, uint16_t id,
					   uint32_t objects)
{
	const struct ba_kmem_cache *cache = ba_cache_at(ctx, id);
	struct ba_slab_sequence sequence = { .nr = cache->random_nr };

	if (!cache->random_nr || objects < 2)
		return sequence;
	sequence.index = ba_random_sequence(ctx, cache);
	if (ctx->slab_supply && ctx->slab_supply->start < cache->random_nr)
		sequence.start = ctx->slab_supply->start;
	else
		sequence.start = random_below(ctx, cache->random_nr);
	return sequence;
}

bool ba_slab_claim(struct ba_ctx *ctx, uint16_t id, pfn_t head, order_t order,
		   uint8_t node, uint16_t objects)
{
	const struct ba_kmem_cache *cache = ba_cache_at(ctx, id);
	struct ba_slab *slab = &ba_slabs(ctx)[head];
	uint32_t records = ba_cache_records(cache, objects);
	uint32_t run = ba_pool_take(&ctx->caches->pool, records, ctx->shared);

	if (run == BA_POOL_NONE)
		return false;
	/* the caller fills the records of objects, and links are to be 0 */
	if (ba_unlikely(records > objects))
		memset(ba_pool_run(&ctx->caches->pool, run), 0,
		       records * BA_POOL_RECORD);
	*slab = (struct ba_slab){
		.reciprocal = ba_cache_is_special(cache) ? 0 :
							   cache->reciprocal,
		.run = run,
		.objects = objects,
		.cache = (uint16_t)(id + 1u),
		.list = ba_list_line(ctx->caches, &cache->node[node]),
		.place = BA_SLAB_FULL,
		.order = order & 0xfu,
		.node = node & 0xfu,
	};
	for (uint32_t i = 1; i < 1u << order; i++) {
		slab[i] = *slab;
		slab[i].start = i << BA_PAGE_SHIFT;
	}
	ctx->frames[head].flags |= BA_FRAME_SLAB;
	return true;
}

/*
 * The block becomes a slab of the cache, all objects free, on no list. False:
 * there is no room for their records.
 */
static bool make_slab(struct ba_ctx *ctx, struct ba_nodes *nodes, uint16_t id,
		      pfn_t head, order_t order)
{
	struct ba_kmem_cache *cache = ba_cache_at(ctx, id);
	uint8_t node = ba_nodes_zone_of(ctx, nodes, head)->node;
	uint16_t objects = order == cache->layout.order ?
				   cache->layout.objects :
				   cache->layout.min_objects;

	if (!ba_slab_claim(ctx, id, head, order, node, objects))
		return false;
	ba_slabs(ctx)[head].freelist =
		ba_slab_thread(ba_objects_of(ctx, head), objects,
			       sequence_of(ctx, id, objects));
	ba_slab_debug_new(ctx, id, head);
	ba_object_bytes_construct(ctx, id, head);
	ba_lock(&cache->node[node].lock, ctx->shared);
	cache->node[node].nr_slabs++;
	cache->node[node].total_objects += objects;
	ba_unlock(&cache->node[node].lock, ctx->shared);
	return true;
}

gfp_t ba_slab_gfp(const struct ba_ctx *ctx, uint16_t id, gfp_t asked)
{
	const struct ba_kmem_cache *cache = ba_cache_at(ctx, id);
	gfp_t gfp = (gfp_of_slab(ctx, cache, asked) | BA_GFP_NOWARN |
		     BA_GFP_NORETRY) & ~(gfp_t)BA_GFP_NOFAIL;

	if (gfp & BA_GFP_DIRECT_RECLAIM &&
	    cache->layout.order > cache->layout.min_order)
		gfp = (gfp | BA_GFP_NOMEMALLOC) & ~(gfp_t)BA_GFP_RECLAIM;
	return gfp;
}

/* allocate_slab: at `order` without effort, then at min_order with all of it. */
static pfn_t allocate_slab(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   uint16_t id, gfp_t asked, uint8_t node)
{
	const struct ba_slab_layout *layout = &ba_cache_at(ctx, id)->layout;
	order_t order = layout->order;
	pfn_t head = slab_pages(ctx, nodes, ba_slab_gfp(ctx, id, asked), order,
				node);

	if (head == BA_PFN_NONE) {
		order = layout->min_order;
		head = slab_pages(ctx, nodes,
				  gfp_of_slab(ctx, ba_cache_at(ctx, id), asked),
				  order, node);
	}
	if (head == BA_PFN_NONE || make_slab(ctx, nodes, id, head, order))
		return head;
	ctx->result = BA_RESULT_TABLE_FULL;
	if (!ctx->slab_supply)
		ba_free_pages(ctx, nodes, head, order);
	return BA_PFN_NONE;
}

pfn_t ba_slab_new(struct ba_ctx *ctx, struct ba_nodes *nodes,
		  const struct ba_slab_request *request)
{
	uint8_t node = wanted_node(nodes, request->node);

	return allocate_slab(ctx, nodes, request->cache, request->gfp, node);
}

/* The first object of a new slab of a cache with debugging. */
static uint64_t single_from_new(struct ba_ctx *ctx,
				const struct ba_slab_request *request,
				pfn_t head)
{
	struct ba_slab *slab = &ba_slabs(ctx)[head];
	struct ba_cache_node *node =
		&ba_cache_at(ctx, request->cache)->node[slab->node];
	uint16_t place = slab->freelist;
	struct ba_object *object = &ba_objects_of(ctx, head)[place - 1];

	ba_slab_debug_take(ctx, request->cache, head, place - 1u);
	slab->freelist = object->next;
	slab->inuse = 1;
	ba_lock(&node->lock, ctx->shared);
	if (slab->inuse == slab->objects)
		ba_list_add_head(&node->full, ba_frame_links(ctx->frames),
				 head);
	else
		ba_cache_add_partial(ctx, node, head, false);
	ba_unlock(&node->lock, ctx->shared);
	return hand_out(ctx, request, object, head, place);
}

uint64_t ba_slab_alloc_new(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   const struct ba_slab_request *request, pfn_t head)
{
	struct ba_cache_cpu *cpu = ba_cache_this_cpu(ctx, request->cache);

	if (ba_cache_debugs(ba_cache_at(ctx, request->cache)))
		return single_from_new(ctx, request, head);
	if (cpu->slab)
		ba_cache_deactivate(ctx, nodes, request->cache, ctx->cpu);
	set_cpu_slab(ctx, cpu, head);
	return ba_cpu_pop(ctx, cpu, request->slack);
}

/* Steps 4 to 6 on that very node, without effort (6.12). */
static uint64_t alloc_on_node(struct ba_ctx *ctx, struct ba_nodes *nodes,
			      const struct ba_slab_request *request)
{
	gfp_t gfp = BA_GFP_NOWAIT_6_12 | BA_GFP_THISNODE;
	pfn_t head = allocate_slab(ctx, nodes, request->cache, gfp,
				   request->node);

	return head == BA_PFN_NONE ?
		       0 : ba_slab_alloc_new(ctx, nodes, request, head);
}

/* Steps 1 to 6. */
static uint64_t alloc_object(struct ba_ctx *ctx, struct ba_nodes *nodes,
			     const struct ba_slab_request *request)
{
	uint64_t address = ba_slab_alloc_old(ctx, nodes, request);
	uint8_t node;
	pfn_t head;

	if (address)
		return address;
	node = wanted_node(nodes, request->node);
	if (tries_node_first(ctx, request->gfp, node)) {
		address = alloc_on_node(ctx, nodes, request);
		if (!address)
			address = take_partial(ctx, nodes, request, node,
					       false);
		if (address)
			return address;
	}
	head = ba_slab_new(ctx, nodes, request);
	return head == BA_PFN_NONE ?
		       0 : ba_slab_alloc_new(ctx, nodes, request, head);
}

uint64_t ba_slab_alloc_missed(struct ba_ctx *ctx, struct ba_nodes *nodes,
			      const struct ba_slab_request *request)
{
	uint64_t address;

	ctx->result = BA_RESULT_OK;
	address = alloc_object(ctx, nodes, request);
	if (address && ctx->clears)
		ba_object_bytes_alloc(ctx, ba_cache_at(ctx, request->cache),
				      address, request->gfp);
	return address;
}

uint64_t ba_kmem_cache_alloc(struct ba_ctx *ctx, struct ba_nodes *nodes,
			     const struct ba_slab_request *request)
{
	if (ba_likely(request->node == BA_ANY_NODE)) {
		struct ba_cache_cpu *cpu = ba_cache_this_cpu(ctx, request->cache);
		uint64_t address;

		if (ba_slab_hits(ctx, cpu)) {
			ctx->result = BA_RESULT_OK;
			return ba_cpu_pop(ctx, cpu, request->slack);
		}
		address = ba_slab_alloc_near(ctx, cpu, request->slack);
		if (address)
			return address;
	}
	return ba_slab_alloc_missed(ctx, nodes, request);
}

bool ba_kmem_cache_alloc_bulk(struct ba_ctx *ctx, struct ba_nodes *nodes,
			      const struct ba_slab_request *request,
			      uint32_t nr, uint64_t *addresses)
{
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t bad;

		addresses[i] = ba_kmem_cache_alloc(ctx, nodes, request);
		if (addresses[i])
			continue;
		ba_kmem_cache_free_bulk(ctx, nodes, request->cache, addresses,
					i, &bad);
		return false;
	}
	return true;
}
