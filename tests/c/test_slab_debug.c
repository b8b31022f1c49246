// SPDX-License-Identifier: GPL-2.0-only
#include "mm/slab_debug.h"

#include <string.h>

#include "mm/memory.h"
#include "sim/check.h"
#include "sim/machine.h"

#include "testlib.h"

#define DEBUG (BA_SLAB_RED_ZONE | BA_SLAB_POISON | BA_SLAB_CONSISTENCY_CHECKS)

static struct ba_machine machine;
static struct ba_nodes *nodes;
static struct ba_ctx ctx;
static uint16_t id;

/* A backed machine and a cache of objects of 100 bytes. */
static void start(uint32_t flags)
{
	struct ba_slab_spec spec = { .object_size = 100, .flags = flags };
	struct ba_config config;

	ba_config_init(&config);
	config.memory_pages = 4096;
	config.backed = true;
	CHECK_EQ(ba_machine_create(&config, &machine, NULL, 0), BA_OK);
	nodes = ba_machine_nodes(&machine);
	ctx = ba_machine_ctx(&machine, 0);
	CHECK_EQ(ba_kmem_cache_create(&ctx, "test", &spec, &id), BA_OK);
}

static void stop(void)
{
	uint8_t zone;

	CHECK_STR_EQ(ba_machine_check(&machine, &zone), NULL);
	ba_machine_destroy(&machine);
}

static uint64_t take(gfp_t gfp)
{
	const struct ba_slab_request request = {
		.cache = id, .node = BA_ANY_NODE, .gfp = gfp };

	return ba_kmem_cache_alloc(&ctx, nodes, &request);
}

static enum ba_status give(uint64_t address)
{
	return ba_kmem_cache_free(&ctx, nodes, id, address);
}

static uint8_t *bytes(uint64_t address)
{
	return machine.memory.direct + (address - ctx.caches->page_offset);
}

static bool all(const uint8_t *p, uint8_t value, size_t nr)
{
	while (nr && *p == value) {
		p++;
		nr--;
	}
	return !nr;
}

static const struct ba_slab_report *last(void)
{
	return &ctx.caches->report[(ctx.caches->nr_reports - 1) %
				   BA_SLAB_REPORTS];
}

/* | cc .. | 6b .. a5 | cc .. |, and around a free one bb */
TEST(zones_and_poison)
{
	const struct ba_slab_layout *l;
	uint64_t a, b;

	start(DEBUG);
	l = &ba_cache_at(&ctx, id)->layout;
	a = take(BA_GFP_KERNEL);
	b = take(BA_GFP_KERNEL);
	CHECK(all(bytes(a) - l->red_left_pad, 0xcc, l->red_left_pad));
	CHECK(all(bytes(a), 0x6b, 99));
	CHECK_EQ(bytes(a)[99], 0xa5);
	CHECK(all(bytes(a) + 100, 0xcc, l->inuse - 100));
	memset(bytes(b), 1, 100);
	CHECK_EQ(give(b), BA_OK);
	CHECK(all(bytes(b), 0x6b, 99));
	CHECK(all(bytes(b) + 100, 0xbb, l->inuse - 100));
	CHECK_EQ(ctx.caches->nr_reports, 0);
	stop();
}

/* One byte too many: the free is refused, reported, and possible afterwards. */
TEST(a_write_behind_the_object)
{
	uint64_t a;

	start(DEBUG);
	a = take(BA_GFP_KERNEL);
	memset(bytes(a), 7, 102);
	CHECK_EQ(give(a), BA_EOVERWRITTEN);
	CHECK_EQ(ctx.caches->nr_reports, 1);
	CHECK_EQ(last()->what, BA_FAULT_RIGHT);
	CHECK_EQ(last()->address, a + 100);
	CHECK_EQ(last()->object, a);
	CHECK_EQ(last()->bytes, 2);
	CHECK_EQ(last()->found, 7);
	CHECK_EQ(last()->expected, 0xcc);
	CHECK_EQ(give(a), BA_OK);
	stop();
}

TEST(a_write_before_the_object)
{
	uint64_t a;

	start(DEBUG);
	a = take(BA_GFP_KERNEL);
	bytes(a)[-1] = 9;
	CHECK_EQ(give(a), BA_EOVERWRITTEN);
	CHECK_EQ(last()->what, BA_FAULT_LEFT);
	CHECK_EQ(last()->address, a - 1);
	stop();
}

/* Written after the free: found when it would be handed out again. */
TEST(use_after_free)
{
	uint64_t a, b;

	start(DEBUG);
	a = take(BA_GFP_KERNEL);
	CHECK_EQ(give(a), BA_OK);
	bytes(a)[10] = 0;
	b = take(BA_GFP_KERNEL);
	CHECK(b);
	CHECK(ba_object_find(&ctx, nodes, b).head !=
	      ba_object_find(&ctx, nodes, a).head);
	CHECK_EQ(ctx.caches->nr_reports, 1);
	CHECK_EQ(last()->what, BA_FAULT_POISON);
	CHECK_EQ(last()->address, a + 10);
	stop();
}

/* A free object of a slab that goes was written to: a report, no more. */
TEST(use_after_free_of_a_slab_that_goes)
{
	uint64_t a;

	start(DEBUG);
	a = take(BA_GFP_KERNEL);
	CHECK_EQ(give(a), BA_OK);
	bytes(a)[99] = 0;
	CHECK(!ba_kmem_cache_shrink(&ctx, nodes, id));
	CHECK_EQ(last()->what, BA_FAULT_END);
	CHECK_EQ(ba_slabs(&ctx)[(a - ctx.caches->page_offset) >>
				BA_PAGE_SHIFT].cache, 0);
	stop();
}

/* Poison alone: the gap behind the object is 5a; nothing is refused for it. */
TEST(padding_without_red_zones)
{
	uint64_t a;

	start(BA_SLAB_POISON | BA_SLAB_CONSISTENCY_CHECKS);
	a = take(BA_GFP_KERNEL);
	CHECK(all(bytes(a) + 100, 0x5a, 4));
	bytes(a)[101] = 1;
	CHECK_EQ(give(a), BA_OK);
	CHECK_EQ(ctx.caches->nr_reports, 1);
	CHECK_EQ(last()->what, BA_FAULT_PADDING);
	stop();
}

/* Without CONSISTENCY_CHECKS nobody looks. */
TEST(zones_that_are_not_looked_at)
{
	uint64_t a;

	start(BA_SLAB_RED_ZONE);
	a = take(BA_GFP_KERNEL);
	bytes(a)[100] = 1;
	CHECK_EQ(give(a), BA_OK);
	CHECK_EQ(ctx.caches->nr_reports, 0);
	stop();
}
