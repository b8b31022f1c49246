/* SPDX-License-Identifier: GPL-2.0-only */
/* pages - one machine of 64 MiB, and pages of it in one word. */
#ifndef BA_TESTS_PAGES_H
#define BA_TESTS_PAGES_H

#include "mm/fault.h"
#include "sim/check.h"

#include "booted.h"

#define PAGES	16384u		/* DMA 1..4095, DMA32 4096..16383 */
#define MOVABLE	BA_GFP_HIGHUSER_MOVABLE

/* One machine of 64 MiB and the context of its CPU 0. */
static struct ba_machine machine;
static struct ba_nodes *nodes;
static struct ba_ctx ctx;

static inline void start(uint64_t pages)
{
	machine = booted(pages, 1, 1);
	nodes = ba_machine_nodes(&machine);
	ctx = ba_machine_ctx(&machine, 0);
}

/* The same with bytes behind the frames. */
static inline void start_backed(bool init_on_alloc, bool init_on_free)
{
	struct ba_config config;

	ba_config_init(&config);
	config.memory_pages = PAGES;
	config.backed = true;
	config.init_on_alloc = init_on_alloc;
	config.init_on_free = init_on_free;
	machine = booted_with(&config);
	nodes = ba_machine_nodes(&machine);
	ctx = ba_machine_ctx(&machine, 0);
}

/* Fill a block with a byte that is not 0. */
static inline void fill_block(pfn_t pfn, order_t order, uint8_t byte)
{
	memset(ba_memory_at(ctx.memory, pfn), byte,
	       (size_t)BA_PAGE_SIZE << order);
}

/* Are all its bytes that one? */
static inline bool block_holds(pfn_t pfn, order_t order, uint8_t byte)
{
	const uint8_t *bytes = ba_memory_at(ctx.memory, pfn);

	for (size_t i = 0; i < (size_t)BA_PAGE_SIZE << order; i++)
		if (bytes[i] != byte)
			return false;
	return true;
}

static inline void stop(void)
{
	uint8_t zone;

	CHECK_STR_EQ(ba_machine_check(&machine, &zone), NULL);
	ba_machine_destroy(&machine);
}

static inline pfn_t alloc(uint32_t gfp, order_t order)
{
	return ba_alloc_pages(&ctx, nodes, gfp, order, 0);
}

static inline enum ba_status release(pfn_t pfn, order_t order)
{
	return ba_free_pages(&ctx, nodes, pfn, order);
}

static inline int64_t free_pages(void)
{
	int64_t sum = 0;

	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		sum += ba_vmstat_sum(&nodes->zone[id].buddy.free_pages) +
		       nodes->zone[id].pcp[0].count;
	return sum;
}

/*
 * Movable pages in every second frame of those that are not the kernel's: no
 * block of order 1 is free.
 */
static inline void scatter(void)
{
	const struct ba_mapping mapping = { .anon = true };
	uint32_t handle[PAGES], nr = 0;

	while (nr < PAGES &&
	       (handle[nr] = ba_fault_new(&ctx, nodes, &mapping)))
		nr++;
	while (alloc(BA_GFP_KERNEL | BA_GFP_MEMALLOC, 0) != BA_PFN_NONE)
		;
	for (uint32_t i = 0; i < nr; i++)
		if (ctx.handles[handle[i]].pfn & 1)
			ba_user_release(&ctx, nodes, handle[i]);
	ba_drain_all_pages(&ctx, nodes);
}

#endif
