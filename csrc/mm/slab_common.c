// SPDX-License-Identifier: GPL-2.0-only
#include "mm/slab_common.h"

#include <string.h>

void ba_caches_init(struct ba_caches *caches, const struct ba_slab_boot *boot,
		    uint64_t page_offset)
{
	caches->boot.nr_cpus = boot->nr_cpus;
	caches->boot.min_objects = boot->min_objects;
	caches->boot.debug = boot->debug;
	caches->boot.min_order = boot->min_order;
	caches->boot.max_order = boot->max_order;
	caches->boot.nomerge = boot->nomerge;
	caches->boot.debug_no_growth = boot->debug_no_growth;
	caches->page_offset = page_offset;
	caches->oldest = caches->newest = BA_CACHE_NONE;
	ba_rng_init(&caches->rng, 0, 0);
}

static uint16_t find_alias(const struct ba_caches *caches, const char *name)
{
	for (uint16_t i = 0; i < caches->nr_aliases; i++)
		if (strcmp(caches->alias[i].name, name) == 0)
			return i;
	return BA_CACHE_NONE;
}

/* Pre: the table of caches is locked. */
static uint16_t find(const struct ba_caches *caches, const char *name)
{
	uint16_t alias;

	if (!name[0])
		return BA_CACHE_NONE;
	for (uint16_t id = caches->newest; id != BA_CACHE_NONE;
	     id = caches->cache[id].older)
		if (strcmp(caches->cache[id].name, name) == 0)
			return id;
	alias = find_alias(caches, name);
	return alias == BA_CACHE_NONE ? alias : caches->alias[alias].cache;
}

uint16_t ba_kmem_cache_find(const struct ba_ctx *ctx, const char *name)
{
	uint16_t id;

	ba_lock(&ctx->caches->mutex, ctx->shared);
	id = find(ctx->caches, name);
	ba_unlock(&ctx->caches->mutex, ctx->shared);
	return id;
}

uint32_t ba_kmem_cache_asked(const struct ba_ctx *ctx, uint16_t cache,
			     const char *name)
{
	uint16_t alias;
	uint32_t asked;

	ba_lock(&ctx->caches->mutex, ctx->shared);
	alias = find_alias(ctx->caches, name);
	asked = alias == BA_CACHE_NONE ?
			ba_cache_at(ctx, cache)->spec.object_size :
			ctx->caches->alias[alias].object_size;
	ba_unlock(&ctx->caches->mutex, ctx->shared);
	return asked;
}

/* find_mergeable: the oldest that has room for such objects. */
static uint16_t find_mergeable(const struct ba_caches *caches,
			       const struct ba_slab_spec *spec)
{
	if (!ba_slab_mergeable(&caches->boot, spec))
		return BA_CACHE_NONE;
	for (uint16_t id = caches->oldest; id != BA_CACHE_NONE;
	     id = caches->cache[id].newer)
		if (!caches->cache[id].dying &&
		    ba_slab_can_merge(&caches->boot, spec,
				      &caches->cache[id].spec,
				      &caches->cache[id].layout))
			return id;
	return BA_CACHE_NONE;
}

/* A place in the table that is nobody's, or BA_CACHE_NONE. */
static uint16_t free_place(struct ba_caches *caches)
{
	for (uint16_t id = 0; id < caches->nr; id++)
		if (!caches->cache[id].refcount)
			return id;
	return caches->nr < BA_CACHES_MAX ? caches->nr++ : BA_CACHE_NONE;
}

static enum ba_status add_alias(struct ba_caches *caches, const char *name,
				uint16_t cache, uint32_t object_size)
{
	uint16_t i;

	for (i = 0; i < caches->nr_aliases && caches->alias[i].name[0]; i++)
		;
	if (i == BA_CACHES_MAX)
		return BA_ENOMEM;
	if (i == caches->nr_aliases)
		caches->nr_aliases++;
	strcpy(caches->alias[i].name, name);
	caches->alias[i].cache = cache;
	caches->alias[i].object_size = object_size;
	return BA_OK;
}

/* Member by member, since padding must stay 0. */
static void set_spec(struct ba_slab_spec *to, const struct ba_slab_spec *from)
{
	to->object_size = from->object_size;
	to->align = from->align;
	to->flags = from->flags;
	to->useroffset = from->useroffset;
	to->usersize = from->usersize;
	to->freeptr_offset = from->freeptr_offset;
	to->has_freeptr_offset = from->has_freeptr_offset;
	to->ctor = from->ctor;
}

static void link_newest(struct ba_caches *caches, uint16_t id)
{
	struct ba_kmem_cache *cache = &caches->cache[id];

	cache->older = caches->newest;
	cache->newer = BA_CACHE_NONE;
	if (caches->newest == BA_CACHE_NONE)
		caches->oldest = id;
	else
		caches->cache[caches->newest].newer = id;
	caches->newest = id;
}

static void unlink_cache(struct ba_caches *caches, uint16_t id)
{
	const struct ba_kmem_cache *cache = &caches->cache[id];

	if (cache->older == BA_CACHE_NONE)
		caches->oldest = cache->newer;
	else
		caches->cache[cache->older].newer = cache->newer;
	if (cache->newer == BA_CACHE_NONE)
		caches->newest = cache->older;
	else
		caches->cache[cache->newer].older = cache->older;
}

/* Room for a sequence as long as a slab's objects; false: there is none. */
static bool make_sequence(struct ba_ctx *ctx, struct ba_kmem_cache *cache)
{
	uint32_t run;

	if (cache->random_nr)
		return true;
	run = ba_pool_take(&ctx->caches->pool, cache->layout.objects,
			   ctx->shared);
	if (run == BA_POOL_NONE)
		return false;
	cache->random_run = run;
	cache->random_nr = cache->layout.objects;
	return true;
}

static void drop_sequence(struct ba_ctx *ctx, struct ba_kmem_cache *cache)
{
	if (cache->random_nr)
		ba_pool_give(&ctx->caches->pool, cache->random_run,
			     cache->random_nr, ctx->shared);
	cache->random_nr = cache->random_run = 0;
}

static void drop_constructor(struct ba_ctx *ctx, struct ba_kmem_cache *cache)
{
	if (cache->ctor_bytes)
		ba_pool_give(&ctx->caches->pool, cache->ctor_run,
			     ba_records_for(cache->ctor_bytes), ctx->shared);
	cache->ctor_bytes = cache->ctor_run = 0;
}

/* The place is that of no cache. */
static void clear_cache(struct ba_caches *caches, uint16_t id)
{
	memset(&caches->cache[id], 0, sizeof(caches->cache[id]));
	for (cpu_t cpu = 0; cpu < caches->boot.nr_cpus; cpu++)
		memset(&caches->cpu[cpu][id], 0, sizeof(caches->cpu[cpu][id]));
}

void ba_caches_forget(struct ba_ctx *ctx)
{
	struct ba_caches *caches = ctx->caches;

	for (uint16_t id = 0; id < caches->nr; id++) {
		drop_sequence(ctx, &caches->cache[id]);
		drop_constructor(ctx, &caches->cache[id]);
		clear_cache(caches, id);
	}
	memset(caches->alias, 0, caches->nr_aliases * sizeof(*caches->alias));
	memset(caches->kmalloc, 0, sizeof(caches->kmalloc));
	caches->nr = caches->nr_aliases = 0;
	caches->oldest = caches->newest = BA_CACHE_NONE;
}

enum ba_status ba_kmem_cache_set_constructor(struct ba_ctx *ctx, uint16_t id,
					     const uint8_t *bytes, uint32_t nr)
{
	struct ba_kmem_cache *cache = ba_cache_at(ctx, id);
	uint32_t run;

	if (!cache->spec.ctor || nr > cache->layout.object_size ||
	    nr > BA_CTOR_BYTES_MAX)
		return BA_EINVAL;
	if (ba_cache_has_slabs(cache))
		return BA_EINUSE;
	drop_constructor(ctx, cache);
	if (!nr)
		return BA_OK;
	run = ba_pool_take(&ctx->caches->pool, ba_records_for(nr), ctx->shared);
	if (run == BA_POOL_NONE)
		return BA_ENOMEM;
	memset(ba_pool_run(&ctx->caches->pool, run), 0,
	       ba_records_for(nr) * BA_POOL_RECORD);
	memcpy(ba_pool_run(&ctx->caches->pool, run), bytes, nr);
	cache->ctor_run = run;
	cache->ctor_bytes = nr;
	return BA_OK;
}

/* init_cache_random_seq */
static void randomize(struct ba_ctx *ctx, struct ba_kmem_cache *cache)
{
	if (!ctx->caches->freelist_random || cache->layout.objects < 2 ||
	    !make_sequence(ctx, cache))
		return;
	ba_take_lock(ctx, &ctx->caches->lock, BA_LEVEL_LEAF);
	ba_slab_shuffle(ba_random_sequence(ctx, cache), cache->random_nr,
			&ctx->caches->rng);
	ba_drop_lock(ctx, &ctx->caches->lock, BA_LEVEL_LEAF);
}

static void init_cache(struct ba_ctx *ctx, uint16_t id, const char *name,
		       const struct ba_slab_spec *spec,
		       const struct ba_slab_layout *layout)
{
	struct ba_kmem_cache *cache = ba_cache_at(ctx, id);

	clear_cache(ctx->caches, id);
	strcpy(cache->name, name);
	set_spec(&cache->spec, spec);
	cache->layout = *layout;
	if (ctx->clears || ba_cache_debugs(cache))
		cache->special = true;
	cache->reciprocal = ba_slab_reciprocal(layout->size);
	cache->refcount = 1;
	cache->serial = ctx->caches->nr_made++;
	for (uint8_t node = 0; node < BA_NODE_MAX; node++) {
		ba_list_init(&cache->node[node].partial);
		ba_list_init(&cache->node[node].full);
	}
	ba_cache_set_stack(cache, layout->cpu_partial_slabs);
	link_newest(ctx->caches, id);
}

/* A region that lies not in the object is none (kmem_cache_create_usercopy). */
static struct ba_slab_spec without_bad_region(const struct ba_slab_spec *spec)
{
	struct ba_slab_spec sane = *spec;

	if (!spec->usersize || spec->usersize > spec->object_size ||
	    spec->useroffset > spec->object_size - spec->usersize)
		sane.useroffset = sane.usersize = 0;
	return sane;
}

/* Pre: the table of caches is locked. */
static enum ba_status create(struct ba_ctx *ctx, const char *name,
			     const struct ba_slab_spec *asked, uint16_t *ret)
{
	struct ba_slab_spec spec = without_bad_region(asked);
	struct ba_slab_layout layout;
	enum ba_status status;
	uint16_t id;

	if (!name[0] || strlen(name) >= BA_CACHE_NAME ||
	    find(ctx->caches, name) != BA_CACHE_NONE)
		return BA_EINVAL;
	memset(&layout, 0, sizeof(layout));
	status = ba_slab_layout(ctx->profile, &spec, &ctx->caches->boot,
				&layout);
	if (status != BA_OK)
		return status;
	id = find_mergeable(ctx->caches, &spec);
	if (id != BA_CACHE_NONE) {
		status = add_alias(ctx->caches, name, id, spec.object_size);
		if (status != BA_OK)
			return status;
		ba_cache_at(ctx, id)->refcount++;
		ba_slab_merge(&ba_cache_at(ctx, id)->layout, &spec);
	} else {
		id = free_place(ctx->caches);
		if (id == BA_CACHE_NONE)
			return BA_ENOMEM;
		init_cache(ctx, id, name, &spec, &layout);
		randomize(ctx, ba_cache_at(ctx, id));
	}
	*ret = id;
	return BA_OK;
}

enum ba_status ba_kmem_cache_create(struct ba_ctx *ctx, const char *name,
				    const struct ba_slab_spec *spec,
				    uint16_t *ret)
{
	enum ba_status status;

	ba_take_lock(ctx, &ctx->caches->mutex, BA_LEVEL_SLAB);
	status = create(ctx, name, spec, ret);
	ba_drop_lock(ctx, &ctx->caches->mutex, BA_LEVEL_SLAB);
	return status;
}

enum ba_status ba_kmem_cache_load(struct ba_ctx *ctx, const char *name,
				  const struct ba_slab_spec *spec,
				  const struct ba_slab_layout *layout,
				  int32_t refcount, uint16_t *ret)
{
	uint16_t id;

	if (!name[0] || strlen(name) >= BA_CACHE_NAME)
		return BA_EINVAL;
	id = free_place(ctx->caches);
	if (id == BA_CACHE_NONE)
		return BA_ENOMEM;
	init_cache(ctx, id, name, spec, layout);
	ba_cache_at(ctx, id)->refcount = refcount;
	*ret = id;
	return BA_OK;
}

/* kmalloc never gives its caches up. */
static bool is_kmallocs(const struct ba_caches *caches, uint16_t id)
{
	for (unsigned int t = 0; t < BA_NR_KMALLOC_TYPES; t++)
		for (unsigned int way = 0; way < BA_KMALLOC_WAYS; way++)
			if (caches->kmalloc[t][way].cache == id + 1u)
				return true;
	return false;
}

/* Pre: the table of caches is locked; the last maker's is flushed. */
static enum ba_status give_up(struct ba_ctx *ctx, struct ba_nodes *nodes,
			      uint16_t id, const char *name)
{
	struct ba_kmem_cache *cache = ba_cache_at(ctx, id);
	uint16_t alias = find_alias(ctx->caches, name);

	if (cache->refcount == 1) {
		if (!ba_cache_shutdown(ctx, nodes, id))
			return BA_EINUSE;
		drop_sequence(ctx, cache);
		drop_constructor(ctx, cache);
		unlink_cache(ctx->caches, id);
		for (uint16_t i = 0; i < ctx->caches->nr_aliases; i++)
			if (ctx->caches->alias[i].cache == id)
				ctx->caches->alias[i].name[0] = '\0';
	}
	if (alias != BA_CACHE_NONE)
		ctx->caches->alias[alias].name[0] = '\0';
	cache->refcount--;
	return BA_OK;
}

/* CPUs are waited for with no lock held: nobody joins the cache meanwhile. */
enum ba_status ba_kmem_cache_destroy(struct ba_ctx *ctx,
				     struct ba_nodes *nodes, uint16_t id,
				     const char *name)
{
	struct ba_kmem_cache *cache = ba_cache_at(ctx, id);
	enum ba_status status;

	if (is_kmallocs(ctx->caches, id))
		return BA_EINVAL;
	ba_take_lock(ctx, &ctx->caches->mutex, BA_LEVEL_SLAB);
	cache->dying = cache->refcount == 1;
	if (cache->dying) {
		ba_drop_lock(ctx, &ctx->caches->mutex, BA_LEVEL_SLAB);
		ba_cache_flush_all(ctx, nodes, id);
		ba_take_lock(ctx, &ctx->caches->mutex, BA_LEVEL_SLAB);
	}
	status = give_up(ctx, nodes, id, name);
	cache->dying = false;
	ba_drop_lock(ctx, &ctx->caches->mutex, BA_LEVEL_SLAB);
	return status;
}

/* Is it a permutation of 0 .. nr - 1? */
static bool is_permutation(const uint16_t *index, uint32_t nr)
{
	uint8_t seen[(BA_SLAB_OBJECTS_MAX + 7u) / 8] = { 0 };

	for (uint32_t i = 0; i < nr; i++) {
		uint8_t bit = (uint8_t)(1u << (index[i] & 7));

		if (index[i] >= nr || seen[index[i] / 8] & bit)
			return false;
		seen[index[i] / 8] |= bit;
	}
	return true;
}

enum ba_status ba_kmem_cache_set_sequence(struct ba_ctx *ctx, uint16_t id,
					  const uint16_t *index, uint32_t nr)
{
	struct ba_kmem_cache *cache = ba_cache_at(ctx, id);

	if (!nr) {
		drop_sequence(ctx, cache);
		return BA_OK;
	}
	if (nr != cache->layout.objects || !is_permutation(index, nr))
		return BA_EINVAL;
	if (!make_sequence(ctx, cache))
		return BA_ENOMEM;
	memcpy(ba_random_sequence(ctx, cache), index, nr * sizeof(*index));
	return BA_OK;
}

uint32_t ba_kmem_cache_objects(const struct ba_ctx *ctx,
			       const struct ba_nodes *nodes, uint16_t id,
			       uint64_t *addresses, uint32_t max, pfn_t *from)
{
	const struct ba_kmem_cache *cache = ba_cache_at(ctx, id);
	uint32_t nr = 0;

	for (; *from < nodes->end; ++*from) {
		const struct ba_slab *slab = &ba_slabs(ctx)[*from];
		const struct ba_object *objects;

		if (slab->cache != id + 1u || slab->start)
			continue;
		if (max - nr < slab->objects)
			break;
		objects = ba_objects_of(ctx, *from);
		for (uint32_t i = 0; i < slab->objects; i++)
			if (ba_object_is_used(objects[i]))
				addresses[nr++] = ba_object_address(
					ctx, cache, *from, i);
	}
	return nr;
}
