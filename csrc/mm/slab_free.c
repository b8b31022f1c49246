// SPDX-License-Identifier: GPL-2.0-only
#include "mm/slab_free.h"

#include "mm/slab_debug.h"
#include "mm/object_bytes.h"

/* Slabs with up to this many free objects are sorted by shrink. */
#define SHRINK_PROMOTE_MAX 32u

/* How far ahead a bulk free looks for objects of the same slab. */
#define BULK_LOOKAHEAD 3u

/* What an owner may say of the object that it gives back. */
static inline enum ba_status check_free(const struct ba_ctx *ctx,
					struct ba_object_at at,
					uint16_t cache)
{
	if (ba_unlikely(at.head == BA_PFN_NONE || !at.exact))
		return BA_EFOREIGN;
	if (ba_unlikely(cache != BA_CACHE_NONE && cache != at.cache))
		return BA_EWRONGCACHE;
	if (ba_unlikely(!ba_object_is_used(ba_objects_of(ctx,
							 at.head)[at.index])))
		return BA_EOBJECTFREE;
	if (ba_unlikely(ctx->memory) && !ba_slab_debug_intact(ctx, at))
		return BA_EOVERWRITTEN;
	return BA_OK;
}

static struct ba_cache_node *node_of(const struct ba_ctx *ctx, uint16_t cache,
				     pfn_t head)
{
	return &ba_cache_at(ctx, cache)->node[ba_slabs(ctx)[head].node];
}

void ba_cache_add_partial(struct ba_ctx *ctx, struct ba_cache_node *node,
			  pfn_t head, bool tail)
{
	struct ba_link *links = ba_frame_links(ctx->frames);

	ba_slabs(ctx)[head].place = BA_SLAB_NODE_PARTIAL;
	if (tail)
		ba_list_add_tail(&node->partial, links, head);
	else
		ba_list_add_head(&node->partial, links, head);
}

void ba_cache_remove_partial(struct ba_ctx *ctx, struct ba_cache_node *node,
			     pfn_t head)
{
	ba_list_del(&node->partial, ba_frame_links(ctx->frames), head);
	ba_slabs(ctx)[head].place = BA_SLAB_FULL;
}

/* In a replay the trace frees the pages; else they are freed now. */
static void give_back(struct ba_ctx *ctx, struct ba_nodes *nodes, pfn_t head,
		      order_t order)
{
	struct ba_slab_supply *supply = ctx->slab_supply;

	if (!supply) {
		ba_free_pages(ctx, nodes, head, order);
		return;
	}
	if (supply->nr_given_back == BA_SUPPLY_MAX)
		return;
	supply->given_back[supply->nr_given_back].pfn = head;
	supply->given_back[supply->nr_given_back++].order = order;
}

/* discard_slab. Pre: on no list, all objects free. */
static void discard(struct ba_ctx *ctx, struct ba_nodes *nodes,
		    uint16_t cache, pfn_t head)
{
	struct ba_cache_node *node = node_of(ctx, cache, head);
	struct ba_slab *slab = &ba_slabs(ctx)[head];
	order_t order = slab->order;

	ba_slab_debug_gone(ctx, cache, head);
	ba_lock(&node->lock, ctx->shared);
	node->nr_slabs--;
	node->total_objects -= slab->objects;
	ba_unlock(&node->lock, ctx->shared);
	ba_pool_give(&ctx->caches->pool, slab->run,
		     ba_cache_records(ba_cache_at(ctx, cache), slab->objects),
		     ctx->shared);
	ctx->reclaimed_slab += 1u << order;
	for (uint32_t i = 0; i < 1u << order; i++)
		slab[i] = (struct ba_slab){ 0 };
	ctx->frames[head].flags &= (uint8_t)~BA_FRAME_SLAB;
	give_back(ctx, nodes, head, order);
}

/* A chain of them. */
static void discard_all(struct ba_ctx *ctx, struct ba_nodes *nodes,
			uint16_t cache, pfn_t first)
{
	pfn_t next;

	for (pfn_t head = first; head; head = next) {
		next = ba_slabs(ctx)[head].next;
		discard(ctx, nodes, cache, head);
	}
}

/* Is a slab without objects in use too many for its node? */
static bool is_surplus(const struct ba_ctx *ctx, uint16_t cache,
		       const struct ba_cache_node *node, pfn_t head)
{
	return !ba_slabs(ctx)[head].inuse &&
	       node->partial.count >=
		       ba_cache_at(ctx, cache)->layout.min_partial;
}

/* Slabs of a stack to their nodes, the top first: __put_partials. */
static void put_nodes(struct ba_ctx *ctx, struct ba_nodes *nodes,
		      uint16_t cache, pfn_t top)
{
	struct ba_cache_node *locked = NULL;
	pfn_t surplus = 0, next;

	for (pfn_t head = top; head; head = next) {
		struct ba_slab *slab = &ba_slabs(ctx)[head];
		struct ba_cache_node *node = ba_slab_node(ctx, slab);

		next = slab->next;
		if (node != locked) {
			if (locked)
				ba_unlock(&locked->lock, ctx->shared);
			ba_lock(&node->lock, ctx->shared);
			locked = node;
		}
		if (is_surplus(ctx, cache, node, head)) {
			slab->next = surplus;
			surplus = head;
		} else {
			ba_cache_add_partial(ctx, node, head, true);
		}
	}
	if (locked)
		ba_unlock(&locked->lock, ctx->shared);
	discard_all(ctx, nodes, cache, surplus);
}

void ba_cache_put_node(struct ba_ctx *ctx, struct ba_nodes *nodes,
		       uint16_t cache, pfn_t head)
{
	ba_slabs(ctx)[head].next = 0;
	put_nodes(ctx, nodes, cache, head);
}

enum ba_status ba_cache_restart_stack(struct ba_ctx *ctx,
				      struct ba_nodes *nodes,
				      struct ba_cache_cpu *cpu,
				      struct ba_slab *slab)
{
	pfn_t old = cpu->partial;

	slab->next = 0;
	cpu->partial = ba_slab_head(ctx, slab);
	cpu->nr_partial = 1;
	put_nodes(ctx, nodes, (uint16_t)(slab->cache - 1u), old);
	return BA_OK;
}

enum ba_status ba_cache_empty_partial(struct ba_ctx *ctx,
				      struct ba_nodes *nodes,
				      struct ba_slab *slab)
{
	uint16_t cache = (uint16_t)(slab->cache - 1u);
	struct ba_cache_node *node = ba_slab_node(ctx, slab);
	pfn_t head = ba_slab_head(ctx, slab);
	bool surplus = is_surplus(ctx, cache, node, head);

	if (surplus)
		ba_cache_remove_partial(ctx, node, head);
	ba_unlock(&node->lock, ctx->shared);
	if (surplus)
		discard(ctx, nodes, cache, head);
	return BA_OK;
}

enum ba_status ba_slab_free_waits(struct ba_ctx *ctx, struct ba_nodes *nodes,
				  struct ba_slab *slab, uint32_t first,
				  struct ba_object *last, uint32_t nr)
{
	struct ba_cache_node *node = ba_slab_node(ctx, slab);

	ba_lock_wait(&node->lock);
	return ba_slab_free_locked(ctx, nodes, node, ba_slab_cpu(ctx, slab),
				   slab, first, last, nr);
}

/* The same in a cache with debugging: free_to_partial_list. */
static void free_debug(struct ba_ctx *ctx, struct ba_nodes *nodes,
		       uint16_t cache, pfn_t head, uint16_t first,
		       uint16_t last, uint32_t nr)
{
	struct ba_cache_node *node = node_of(ctx, cache, head);
	struct ba_slab *slab = &ba_slabs(ctx)[head];
	bool was_full, surplus;

	ba_lock(&node->lock, ctx->shared);
	ba_objects_of(ctx, head)[last - 1].next = slab->freelist;
	slab->freelist = first;
	slab->inuse = (uint16_t)(slab->inuse - nr);
	surplus = is_surplus(ctx, cache, node, head);
	was_full = slab->place == BA_SLAB_FULL;
	if (was_full) {
		ba_list_del(&node->full, ba_frame_links(ctx->frames), head);
		if (!surplus)
			ba_cache_add_partial(ctx, node, head, true);
	} else if (surplus) {
		ba_cache_remove_partial(ctx, node, head);
	}
	ba_unlock(&node->lock, ctx->shared);
	if (surplus)
		discard(ctx, nodes, cache, head);
}

/* do_slab_free of a chain whose objects say no more USED. */
static inline void free_chain(struct ba_ctx *ctx, struct ba_nodes *nodes,
			      uint16_t cache, pfn_t head, uint16_t first,
			      uint16_t last, uint32_t nr)
{
	struct ba_kmem_cache *c = ba_cache_at(ctx, cache);
	struct ba_cache_cpu *cpu = ba_cache_this_cpu(ctx, cache);

	if (ba_likely(cpu->slab == head)) {
		ba_objects_of(ctx, head)[last - 1].next = cpu->freelist;
		cpu->freelist = first;
	} else if (ba_cache_debugs(c)) {
		free_debug(ctx, nodes, cache, head, first, last, nr);
	} else {
		ba_slab_free_slow(ctx, nodes, cpu, &ba_slabs(ctx)[head], first,
				  ba_objects_of(ctx, head) + last - 1, nr);
	}
}

/* What few objects want: off a list, or their bytes filled or cleared. */
static ba_noinline void end_special_use(struct ba_ctx *ctx,
					struct ba_object_at at)
{
	const struct ba_kmem_cache *cache = ba_cache_at(ctx, at.cache);

	if (cache->shrinker.registered)
		ba_object_lru_forget(ctx, at);
	if (ctx->memory)
		ba_slab_debug_give(ctx, at);
	ba_object_bytes_free(ctx, cache,
			     ba_object_address(ctx, cache, at.head, at.index));
}

/* The owner's part of an object's record, at the end of its use. */
static inline void end_use(struct ba_ctx *ctx, struct ba_object_at at,
			   uint16_t next)
{
	struct ba_object *object = &ba_objects_of(ctx, at.head)[at.index];
	struct ba_kmem_cache *cache = ba_cache_at(ctx, at.cache);
	struct ba_cache_cpu *cpu = ba_cache_this_cpu(ctx, at.cache);

	if (ba_unlikely(ba_cache_is_special(cache)))
		end_special_use(ctx, at);
	ba_use_ends(cpu, object);
	object->next = next;
}

enum ba_status ba_slab_free_other(struct ba_ctx *ctx, struct ba_nodes *nodes,
				  uint16_t cache, uint64_t address)
{
	struct ba_object_at at = ba_object_locate(ctx, nodes, address);
	enum ba_status status = check_free(ctx, at, cache);
	uint16_t place = (uint16_t)(at.index + 1);

	if (ba_unlikely(status != BA_OK))
		return status;
	end_use(ctx, at, BA_OBJECT_NONE);
	free_chain(ctx, nodes, at.cache, at.head, place, place, 1);
	return BA_OK;
}

enum ba_status ba_kmem_cache_free(struct ba_ctx *ctx, struct ba_nodes *nodes,
				  uint16_t cache, uint64_t address)
{
	uint64_t index;
	struct ba_slab *frame = ba_object_plain(ctx, nodes, address, &index);

	if (ba_unlikely(!frame))
		return ba_slab_free_other(ctx, nodes, cache, address);
	if (ba_unlikely(cache + 1u != frame->cache && cache != BA_CACHE_NONE))
		return BA_EWRONGCACHE;
	return ba_slab_free_plain(ctx, nodes, frame, index);
}

/*
 * Marks all as not in use, though their slack stays; undone at the first that
 * cannot be freed: *bad says which.
 */
static enum ba_status check_bulk(struct ba_ctx *ctx, struct ba_nodes *nodes,
				 uint16_t cache, const uint64_t *addresses,
				 uint32_t nr, uint32_t *bad)
{
	for (uint32_t i = 0; i < nr; i++) {
		struct ba_object_at at = ba_object_find(ctx, nodes,
							addresses[i]);
		enum ba_status status = check_free(ctx, at, cache);

		if (status == BA_OK) {
			ba_objects_of(ctx, at.head)[at.index].next &=
				BA_SLACK_MAX;
			continue;
		}
		*bad = i;
		while (i-- > 0) {
			at = ba_object_find(ctx, nodes, addresses[i]);
			ba_objects_of(ctx, at.head)[at.index].next |=
				BA_OBJECT_USED;
		}
		return status;
	}
	return BA_OK;
}

/*
 * The objects of the last one's slab among the array's last, as one chain that
 * begins with the last one: build_detached_freelist and the hook that turns
 * its list round. What it skips moves up. How many remain.
 */
static uint32_t free_group(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   uint64_t *addresses, uint32_t nr)
{
	struct ba_object_at at = ba_object_find(ctx, nodes, addresses[--nr]);
	struct ba_object *objects = ba_objects_of(ctx, at.head);
	uint16_t first = (uint16_t)(at.index + 1), last = first;
	uint32_t same = nr, count = 1, misses = BULK_LOOKAHEAD;
	pfn_t head = at.head;

	end_use(ctx, at, BA_OBJECT_NONE);
	for (uint32_t i = nr; i-- > 0;) {
		at = ba_object_find(ctx, nodes, addresses[i]);
		if (at.head != head) {
			if (!--misses)
				break;
			continue;
		}
		end_use(ctx, at, BA_OBJECT_NONE);
		objects[last - 1].next = (uint16_t)(at.index + 1);
		last = (uint16_t)(at.index + 1);
		count++;
		addresses[i] = addresses[--same];
	}
	free_chain(ctx, nodes, (uint16_t)(ba_slabs(ctx)[head].cache - 1), head,
		   first, last, count);
	return same;
}

enum ba_status ba_kmem_cache_free_bulk(struct ba_ctx *ctx,
				       struct ba_nodes *nodes, uint16_t cache,
				       uint64_t *addresses, uint32_t nr,
				       uint32_t *bad)
{
	enum ba_status status = check_bulk(ctx, nodes, cache, addresses, nr,
					   bad);

	if (status != BA_OK)
		return status;
	while (nr)
		nr = free_group(ctx, nodes, addresses, nr);
	return BA_OK;
}

void ba_cache_deactivate(struct ba_ctx *ctx, struct ba_nodes *nodes,
			 uint16_t cache, cpu_t cpu)
{
	struct ba_cache_cpu *c = ba_cache_cpu(ctx, cache, cpu);
	pfn_t head = c->slab;
	struct ba_object *objects = ba_objects_of(ctx, head);
	struct ba_cache_node *node = node_of(ctx, cache, head);
	struct ba_slab *slab = &ba_slabs(ctx)[head];
	bool remote, surplus;
	uint16_t last;
	uint32_t nr = ba_slab_chain_length(objects, c->freelist, &last);

	ba_lock(&node->lock, ctx->shared);
	remote = slab->freelist != BA_OBJECT_NONE;
	if (nr) {
		objects[last - 1].next = slab->freelist;
		slab->freelist = c->freelist;
		slab->inuse = (uint16_t)(slab->inuse - nr);
	}
	ba_cpu_clear_slab(c);
	slab->place = BA_SLAB_FULL;
	surplus = is_surplus(ctx, cache, node, head);
	if (!surplus && slab->freelist != BA_OBJECT_NONE)
		ba_cache_add_partial(ctx, node, head, remote);
	ba_unlock(&node->lock, ctx->shared);
	if (surplus)
		discard(ctx, nodes, cache, head);
}

void ba_cache_flush_cpu(struct ba_ctx *ctx, struct ba_nodes *nodes,
			uint16_t cache, cpu_t cpu)
{
	struct ba_cache_cpu *c = ba_cache_cpu(ctx, cache, cpu);
	pfn_t top;

	if (c->slab)
		ba_cache_deactivate(ctx, nodes, cache, cpu);
	top = c->partial;
	c->partial = 0;
	c->nr_partial = 0;
	put_nodes(ctx, nodes, cache, top);
}

/* Empty slabs leave the list: a chain of them, the last of the list first. */
static pfn_t take_empty(struct ba_ctx *ctx, struct ba_cache_node *node)
{
	pfn_t empty = 0, next;

	for (pfn_t head = ba_list_first(&node->partial); head != BA_PFN_NONE;
	     head = next) {
		next = ba_list_next(ba_frame_links(ctx->frames), head);
		if (ba_slabs(ctx)[head].inuse)
			continue;
		ba_cache_remove_partial(ctx, node, head);
		ba_slabs(ctx)[head].next = empty;
		empty = head;
	}
	return empty;
}

/* Those with few free objects to the front, of equal ones the last first. */
static void sort_partial(struct ba_ctx *ctx, struct ba_cache_node *node)
{
	struct ba_link *links = ba_frame_links(ctx->frames);
	struct ba_list sorted[SHRINK_PROMOTE_MAX];
	pfn_t next;

	for (uint32_t i = 0; i < SHRINK_PROMOTE_MAX; i++)
		ba_list_init(&sorted[i]);
	for (pfn_t head = ba_list_first(&node->partial); head != BA_PFN_NONE;
	     head = next) {
		const struct ba_slab *slab = &ba_slabs(ctx)[head];
		uint32_t free = (uint32_t)slab->objects - slab->inuse;

		next = ba_list_next(links, head);
		if (free > SHRINK_PROMOTE_MAX)
			continue;
		ba_list_del(&node->partial, links, head);
		ba_list_add_head(&sorted[free - 1], links, head);
	}
	for (uint32_t i = SHRINK_PROMOTE_MAX; i-- > 0;)
		while (!ba_list_empty(&sorted[i])) {
			pfn_t head = ba_list_last(&sorted[i]);

			ba_list_del(&sorted[i], links, head);
			ba_list_add_head(&node->partial, links, head);
		}
}

void ba_cache_flush_all(struct ba_ctx *ctx, struct ba_nodes *nodes,
			uint16_t cache)
{
	cpu_t here = ctx->cpu;

	for (cpu_t cpu = 0; cpu < nodes->nr_cpus; cpu++) {
		ba_move_to_cpu(ctx, cpu);
		ba_cache_flush_cpu(ctx, nodes, cache, cpu);
	}
	ba_move_to_cpu(ctx, here);
}

bool ba_kmem_cache_shrink(struct ba_ctx *ctx, struct ba_nodes *nodes,
			  uint16_t cache)
{
	struct ba_kmem_cache *c = ba_cache_at(ctx, cache);
	bool remain = false;

	ba_cache_flush_all(ctx, nodes, cache);
	for (uint8_t id = 0; id < BA_NODE_MAX; id++) {
		pfn_t empty;

		if (!nodes->node[id].online)
			continue;
		ba_lock(&c->node[id].lock, ctx->shared);
		empty = take_empty(ctx, &c->node[id]);
		sort_partial(ctx, &c->node[id]);
		ba_unlock(&c->node[id].lock, ctx->shared);
		discard_all(ctx, nodes, cache, empty);
		remain |= BA_PEEK(c->node[id].nr_slabs) > 0;
	}
	return remain;
}

bool ba_cache_shutdown(struct ba_ctx *ctx, struct ba_nodes *nodes,
		       uint16_t cache)
{
	struct ba_kmem_cache *c = ba_cache_at(ctx, cache);
	bool remain = false;

	for (uint8_t id = 0; id < BA_NODE_MAX && !remain; id++) {
		pfn_t empty;

		ba_lock(&c->node[id].lock, ctx->shared);
		empty = take_empty(ctx, &c->node[id]);
		ba_unlock(&c->node[id].lock, ctx->shared);
		discard_all(ctx, nodes, cache, empty);
		remain = c->node[id].nr_slabs > 0;
	}
	return !remain;
}
