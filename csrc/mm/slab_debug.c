// SPDX-License-Identifier: GPL-2.0-only
#include "mm/slab_debug.h"

#include <string.h>

#include "mm/memory.h"

/* include/linux/poison.h */
#define POISON_INUSE	0x5a	/* never an object's */
#define POISON_FREE	0x6b	/* of a free object */
#define POISON_END	0xa5	/* its last byte */
#define RED_INACTIVE	0xbb	/* around a free object */
#define RED_ACTIVE	0xcc	/* around one in use */

static uint8_t *bytes_of(const struct ba_ctx *ctx,
			 const struct ba_kmem_cache *cache, pfn_t head,
			 uint32_t index)
{
	return ba_memory_at(ctx->memory, head) +
	       (size_t)index * cache->layout.size +
	       cache->layout.red_left_pad;
}

static void init_object(const struct ba_slab_layout *l, uint8_t *p,
			uint8_t red)
{
	if (l->flags & BA_SLAB_RED_ZONE)
		memset(p - l->red_left_pad, red, l->red_left_pad);
	if (l->flags & BA_SLAB_OBJECT_POISON) {
		memset(p, POISON_FREE, l->object_size - 1);
		p[l->object_size - 1] = POISON_END;
	}
	if (l->flags & BA_SLAB_RED_ZONE)
		memset(p + l->object_size, red, l->inuse - l->object_size);
}

static void report(const struct ba_ctx *ctx, struct ba_slab_report found)
{
	struct ba_caches *caches = ctx->caches;

	ba_lock(&caches->lock, ctx->shared);
	caches->report[caches->nr_reports++ % BA_SLAB_REPORTS] = found;
	ba_unlock(&caches->lock, ctx->shared);
}

/* Are `nr` bytes all `value`? If not they are made so. */
static bool check_bytes(const struct ba_ctx *ctx, struct ba_object_at at,
			enum ba_slab_fault what, uint8_t *start, uint8_t value,
			uint32_t nr)
{
	uint32_t first = 0, end = nr;

	while (first < nr && start[first] == value)
		first++;
	if (first == nr)
		return true;
	while (start[end - 1] == value)
		end--;
	report(ctx, (struct ba_slab_report){
		.address = ctx->caches->page_offset +
			   (uint64_t)(start + first - ctx->memory->direct),
		.object = ba_object_address(ctx, ba_cache_at(ctx, at.cache),
					    at.head, at.index),
		.bytes = end - first, .cache = at.cache,
		.what = (uint8_t)what, .found = start[first],
		.expected = value });
	memset(start + first, value, end - first);
	return false;
}

/* check_object; `red` tells whether it should be free or in use. */
static bool check_object(const struct ba_ctx *ctx, struct ba_object_at at,
			 uint8_t red)
{
	const struct ba_slab_layout *l = &ba_cache_at(ctx, at.cache)->layout;
	uint8_t *p = bytes_of(ctx, ba_cache_at(ctx, at.cache), at.head,
			      at.index);
	uint8_t *end = p + l->object_size;
	uint32_t behind = l->inuse - l->object_size;

	if (l->flags & BA_SLAB_RED_ZONE) {
		if (!check_bytes(ctx, at, BA_FAULT_LEFT, p - l->red_left_pad,
				 red, l->red_left_pad) ||
		    !check_bytes(ctx, at, BA_FAULT_RIGHT, end, red, behind))
			return false;
	} else if (l->flags & BA_SLAB_POISON) {
		check_bytes(ctx, at, BA_FAULT_PADDING, end, POISON_INUSE,
			    behind);
	}
	if (red == RED_ACTIVE || !(l->flags & BA_SLAB_OBJECT_POISON))
		return true;
	return check_bytes(ctx, at, BA_FAULT_POISON, p, POISON_FREE,
			   l->object_size - 1) &&
	       check_bytes(ctx, at, BA_FAULT_END, end - 1, POISON_END, 1);
}

static bool checks(const struct ba_ctx *ctx, uint16_t cache)
{
	return ctx->memory && ba_cache_at(ctx, cache)->layout.flags &
				      BA_SLAB_CONSISTENCY_CHECKS;
}

void ba_slab_debug_new(const struct ba_ctx *ctx, uint16_t id, pfn_t head)
{
	const struct ba_kmem_cache *cache = ba_cache_at(ctx, id);
	const struct ba_slab *slab = &ba_slabs(ctx)[head];

	if (!ctx->memory || !ba_cache_debugs(cache))
		return;
	if (cache->layout.flags & BA_SLAB_POISON)
		memset(ba_memory_at(ctx->memory, head), POISON_INUSE,
		       (size_t)BA_PAGE_SIZE << slab->order);
	for (uint32_t i = 0; i < slab->objects; i++)
		init_object(&cache->layout, bytes_of(ctx, cache, head, i),
			    RED_INACTIVE);
}

bool ba_slab_debug_take(const struct ba_ctx *ctx, uint16_t id, pfn_t head,
			  uint32_t index)
{
	const struct ba_kmem_cache *cache = ba_cache_at(ctx, id);
	struct ba_object_at at = { .head = head, .index = index, .cache = id,
				   .exact = true };

	if (!ctx->memory)
		return true;
	if (checks(ctx, id) && !check_object(ctx, at, RED_INACTIVE))
		return false;
	init_object(&cache->layout, bytes_of(ctx, cache, head, index),
		    RED_ACTIVE);
	return true;
}

bool ba_slab_debug_intact(const struct ba_ctx *ctx, struct ba_object_at at)
{
	return !checks(ctx, at.cache) || check_object(ctx, at, RED_ACTIVE);
}

void ba_slab_debug_give(const struct ba_ctx *ctx, struct ba_object_at at)
{
	const struct ba_kmem_cache *cache = ba_cache_at(ctx, at.cache);

	if (ctx->memory && ba_cache_debugs(cache))
		init_object(&cache->layout,
			    bytes_of(ctx, cache, at.head, at.index),
			    RED_INACTIVE);
}

void ba_slab_debug_gone(const struct ba_ctx *ctx, uint16_t id, pfn_t head)
{
	struct ba_object_at at = { .head = head, .cache = id, .exact = true };

	if (!checks(ctx, id))
		return;
	for (; at.index < ba_slabs(ctx)[head].objects; at.index++)
		check_object(ctx, at, RED_INACTIVE);
}
