// SPDX-License-Identifier: GPL-2.0-only
#include "mm/slab_pool.h"

#define LINES_PER_FRAME (2u * BA_OBJECTS_PER_FRAME / BA_POOL_LINE)

uint32_t ba_pool_lines_for(uint64_t frames)
{
	uint64_t lines = frames * LINES_PER_FRAME;

	return lines < UINT32_MAX ? (uint32_t)lines + 1 : UINT32_MAX;
}

void ba_pool_init(struct ba_slab_pool *pool, uint64_t offset, uint32_t lines)
{
	pool->offset = offset;
	pool->lines = lines;
	pool->used = 1;
}

static unsigned int order_of(uint32_t records)
{
	unsigned int k = 0;

	while (BA_POOL_LINE << k < records)
		k++;
	return k;
}

uint32_t ba_pool_lines(uint32_t records)
{
	return 1u << order_of(records);
}

/* The link of a free run is its first word. */
static uint32_t *link_of(struct ba_slab_pool *pool, uint32_t run)
{
	return ba_pool_run(pool, run);
}

uint32_t ba_pool_next_free(struct ba_slab_pool *pool, uint32_t run)
{
	return *link_of(pool, run);
}

static void put(struct ba_slab_pool *pool, uint32_t run, unsigned int k)
{
	*link_of(pool, run) = pool->free[k];
	pool->free[k] = run;
}

/* A free run of 2^k lines, cut from a larger one if need be. */
static uint32_t take_free(struct ba_slab_pool *pool, unsigned int k)
{
	unsigned int from = k;
	uint32_t run;

	while (from < BA_POOL_ORDERS && !pool->free[from])
		from++;
	if (from == BA_POOL_ORDERS)
		return BA_POOL_NONE;
	run = pool->free[from];
	pool->free[from] = *link_of(pool, run);
	while (from-- > k)
		put(pool, run + (1u << from), from);
	return run;
}

uint32_t ba_pool_take(struct ba_slab_pool *pool, uint32_t records, bool shared)
{
	unsigned int k = order_of(records);
	uint32_t run = BA_POOL_NONE;

	ba_lock(&pool->lock, shared);
	if (!pool->free[k] && pool->lines - pool->used >= 1u << k) {
		run = pool->used;
		pool->used += 1u << k;
	} else {
		run = take_free(pool, k);
	}
	ba_unlock(&pool->lock, shared);
	return run;
}

void ba_pool_give(struct ba_slab_pool *pool, uint32_t run, uint32_t records,
		  bool shared)
{
	ba_lock(&pool->lock, shared);
	put(pool, run, order_of(records));
	ba_unlock(&pool->lock, shared);
}
