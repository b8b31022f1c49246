/* SPDX-License-Identifier: GPL-2.0-only */
/* one_cache - a booted machine with one cache, and its objects by name, for tests. */
#ifndef BA_TESTS_ONE_CACHE_H
#define BA_TESTS_ONE_CACHE_H

#include "booted.h"

static struct ba_machine machine;
static struct ba_nodes *nodes;
static struct ba_ctx ctx;
static uint16_t cache;

static inline void start_with(uint64_t pages, uint32_t object_size,
			      uint32_t flags)
{
	struct ba_slab_spec spec = { .object_size = object_size,
				     .flags = flags };

	machine = booted(pages, 2, 1);
	nodes = ba_machine_nodes(&machine);
	ctx = ba_machine_ctx(&machine, 0);
	CHECK_EQ(ba_kmem_cache_create(&ctx, "test", &spec, &cache), BA_OK);
}

static inline void stop(void)
{
	ba_machine_destroy(&machine);
}

static inline uint64_t new_object(void)
{
	const struct ba_slab_request request = {
		.cache = cache, .node = BA_ANY_NODE, .gfp = BA_GFP_KERNEL };

	return ba_kmem_cache_alloc(&ctx, nodes, &request);
}

static inline struct ba_object_at at(uint64_t address)
{
	return ba_object_find(&ctx, nodes, address);
}

#endif
