// SPDX-License-Identifier: GPL-2.0-only
#include "mm/shrinker.h"

#include "mm/vm.h"

/* Records of the longest run of the pool. */
#define RUN_RECORDS_MAX (BA_POOL_LINE << (BA_POOL_ORDERS - 1))

/* Pre: the table of caches is locked. */
static enum ba_status register_shrinker(struct ba_ctx *ctx, uint16_t id,
					uint32_t seeks, uint32_t batch)
{
	struct ba_kmem_cache *cache = ba_cache_at(ctx, id);

	if (!batch ||
	    ba_link_offset(cache->layout.objects) +
	    cache->layout.objects * BA_LINK_RECORDS > RUN_RECORDS_MAX)
		return BA_EINVAL;
	if (cache->shrinker.registered || cache->refcount > 1)
		return BA_EINUSE;
	if (ba_cache_has_slabs(cache))
		return BA_EINUSE;
	cache->shrinker.registered = true;
	__atomic_store_n(&cache->special, true, __ATOMIC_RELAXED);
	cache->shrinker.seeks = seeks;
	cache->shrinker.batch = batch;
	/* nobody else's objects can go with these */
	cache->spec.flags |= BA_SLAB_NO_MERGE;
	cache->layout.flags |= BA_SLAB_NO_MERGE;
	return BA_OK;
}

enum ba_status ba_shrinker_register(struct ba_ctx *ctx, uint16_t id,
				    uint32_t seeks, uint32_t batch)
{
	enum ba_status status;

	ba_take_lock(ctx, &ctx->caches->mutex, BA_LEVEL_SLAB);
	status = register_shrinker(ctx, id, seeks, batch);
	ba_drop_lock(ctx, &ctx->caches->mutex, BA_LEVEL_SLAB);
	return status;
}

/* The oldest of the list leaves its place; is it to be freed? */
static bool isolate(struct ba_ctx *ctx, struct ba_object_at at)
{
	struct ba_object_link *link = ba_object_link(ctx, at);
	bool unused = link->flags & BA_OBJECT_UNUSED;

	if (unused && link->flags & BA_OBJECT_REFERENCED) {
		link->flags &= (uint16_t)~BA_OBJECT_REFERENCED;
		ba_object_lru_rotate(ctx, at);
		return false;
	}
	ba_object_lru_del(ctx, at);
	return unused;
}

/* Look at `nr` objects, the oldest first; how many were freed. */
static uint64_t scan_objects(struct ba_ctx *ctx, struct ba_nodes *nodes,
			     uint16_t id, uint8_t node, uint64_t nr)
{
	struct ba_kmem_cache *cache = ba_cache_at(ctx, id);
	ba_lock_t *lock = &cache->shrinker.node[node].lock;
	uint64_t freed = 0;

	for (; nr; nr--) {
		struct ba_object_at at;
		bool none, idle;

		ba_take_lock(ctx, lock, BA_LEVEL_LEAF);
		at = ba_object_lru_first(ctx, id, node);
		none = at.head == BA_PFN_NONE;
		idle = !none && isolate(ctx, at);
		ba_drop_lock(ctx, lock, BA_LEVEL_LEAF);
		if (none)
			break;
		if (!idle)
			continue;
		ba_kmem_cache_free(ctx, nodes, id,
				   ba_object_address(ctx, cache, at.head,
						     at.index));
		freed++;
	}
	return freed;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How many of `freeable` objects a call is to look at, without old debts. */
static uint64_t new_work(const struct ba_shrinker *shrinker, uint64_t freeable,
			 int priority)
{
	if (!shrinker->seeks)
		return freeable / 2;
	return (freeable >> priority) * 4 / shrinker->seeks;
}

/* do_shrink_slab */
static uint64_t shrink_cache(struct ba_ctx *ctx, struct ba_nodes *nodes,
			     uint16_t id, uint8_t node, gfp_t gfp,
			     int priority)
{
	struct ba_shrinker *shrinker = &ba_cache_at(ctx, id)->shrinker;
	uint64_t *deferred = &shrinker->node[node].nr_deferred;
	uint64_t freeable = (uint64_t)BA_PEEK(shrinker->node[node].lru.count) *
			    ctx->vm->vfs_cache_pressure / 100;
	uint64_t owed = *deferred, delta, scan, scanned = 0, freed = 0;

	if (!freeable)
		return 0;
	delta = new_work(shrinker, freeable, priority);
	scan = least((owed >> priority) + delta, 2 * freeable);
	while (gfp & BA_GFP_FS &&
	       (scan >= shrinker->batch || scan >= freeable)) {
		uint64_t nr = least(shrinker->batch, scan);

		freed += scan_objects(ctx, nodes, id, node, nr);
		ba_vm_count(ctx, BA_VM_slabs_scanned, nr);
		scan -= nr;
		scanned += nr;
	}
	owed = owed + delta > scanned ? owed + delta - scanned : 0;
	*deferred = least(owed, 2 * freeable);
	return freed;
}

uint64_t ba_shrink_slab(struct ba_ctx *ctx, struct ba_nodes *nodes,
			uint8_t node, gfp_t gfp, int priority)
{
	uint64_t freed = 0;

	ba_take_lock(ctx, &ctx->caches->mutex, BA_LEVEL_SLAB);
	for (uint16_t id = ctx->caches->oldest; id != BA_CACHE_NONE;
	     id = ba_cache_at(ctx, id)->newer)
		if (ba_cache_at(ctx, id)->shrinker.registered)
			freed += shrink_cache(ctx, nodes, id, node, gfp,
					      priority);
	ba_drop_lock(ctx, &ctx->caches->mutex, BA_LEVEL_SLAB);
	return freed;
}

/* drop_slab_node: until it is hardly worth it. */
static void drop_slab_node(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   uint8_t node)
{
	unsigned int shift = 0;
	uint64_t freed;

	do {
		freed = ba_shrink_slab(ctx, nodes, node, BA_GFP_KERNEL, 0);
	} while (freed >> shift++ > 1);
}

void ba_drop_slab(struct ba_ctx *ctx, struct ba_nodes *nodes)
{
	for (uint8_t node = 0; node < BA_NODE_MAX; node++)
		if (nodes->node[node].online)
			drop_slab_node(ctx, nodes, node);
}
