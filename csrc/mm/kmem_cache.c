// SPDX-License-Identifier: GPL-2.0-only
#include "mm/kmem_cache.h"

struct ba_object_at ba_object_find(const struct ba_ctx *ctx,
				   const struct ba_nodes *nodes,
				   uint64_t address)
{
	struct ba_object_at at = { .head = BA_PFN_NONE };
	uint64_t offset = address - ctx->caches->page_offset;
	const struct ba_kmem_cache *cache;
	const struct ba_slab *slab;
	uint32_t in_slab, in_object;

	if (ba_unlikely(offset >= (uint64_t)nodes->end << BA_PAGE_SHIFT))
		return at;
	slab = &ba_slabs(ctx)[offset >> BA_PAGE_SHIFT];
	if (ba_unlikely(!slab->cache))
		return at;
	at.head = (pfn_t)(offset >> BA_PAGE_SHIFT) - slab->back;
	slab = &ba_slabs(ctx)[at.head];
	at.cache = (uint16_t)(slab->cache - 1);
	cache = ba_cache_at(ctx, at.cache);
	in_slab = (uint32_t)(offset - ((uint64_t)at.head << BA_PAGE_SHIFT));
	at.index = ba_slab_index(cache->reciprocal, in_slab);
	in_object = in_slab - at.index * cache->layout.size;
	at.exact = at.index < slab->objects &&
		   in_object == cache->layout.red_left_pad;
	return at;
}
