// SPDX-License-Identifier: GPL-2.0-only
#include "mm/object_bytes.h"

#include <string.h>

#include "mm/memory.h"

static uint8_t *bytes_at(const struct ba_ctx *ctx, uint64_t address)
{
	return ctx->memory->direct + (address - ctx->caches->page_offset);
}

/* May the boot options clear its objects? */
static bool clearable(const struct ba_kmem_cache *cache)
{
	return !cache->spec.ctor &&
	       !(cache->layout.flags &
		 (BA_SLAB_TYPESAFE_BY_RCU | BA_SLAB_POISON));
}

void ba_object_bytes_construct(const struct ba_ctx *ctx, uint16_t id,
			       pfn_t head)
{
	const struct ba_kmem_cache *cache = ba_cache_at(ctx, id);
	uint32_t objects = ba_slabs(ctx)[head].objects;

	if (!ctx->memory || !cache->ctor_bytes)
		return;
	for (uint32_t i = 0; i < objects; i++)
		memcpy(bytes_at(ctx, ba_object_address(ctx, cache, head, i)),
		       ba_pool_run(&ctx->caches->pool, cache->ctor_run),
		       cache->ctor_bytes);
}

void ba_object_bytes_alloc(const struct ba_ctx *ctx,
			   const struct ba_kmem_cache *cache, uint64_t address,
			   gfp_t gfp)
{
	if (!ctx->memory)
		return;
	if (!(gfp & BA_GFP_ZERO) &&
	    !(ctx->init_on_alloc && clearable(cache)))
		return;
	if (cache->spec.ctor && ctx->init_on_alloc)
		return;
	memset(bytes_at(ctx, address), 0,
	       __atomic_load_n(&cache->layout.object_size, __ATOMIC_RELAXED));
}

void ba_object_bytes_free(const struct ba_ctx *ctx,
			  const struct ba_kmem_cache *cache, uint64_t address)
{
	const struct ba_slab_layout *layout = &cache->layout;
	uint32_t whole, inuse;

	if (!ctx->memory || !ctx->init_on_free || !clearable(cache))
		return;
	whole = __atomic_load_n(&layout->object_size, __ATOMIC_RELAXED);
	inuse = __atomic_load_n(&layout->inuse, __ATOMIC_RELAXED);
	memset(bytes_at(ctx, address), 0, whole);
	memset(bytes_at(ctx, address + inuse), 0,
	       layout->size - inuse - layout->red_left_pad);
}

void ba_object_bytes_move(const struct ba_ctx *ctx, uint64_t from, uint64_t to,
			  uint64_t size)
{
	if (ctx->memory)
		memcpy(bytes_at(ctx, to), bytes_at(ctx, from), size);
}

void ba_object_bytes_spare(const struct ba_ctx *ctx, uint64_t address,
			   uint64_t size, gfp_t gfp)
{
	if (ctx->memory && (gfp & BA_GFP_ZERO || ctx->init_on_alloc))
		memset(bytes_at(ctx, address), 0, size);
}
