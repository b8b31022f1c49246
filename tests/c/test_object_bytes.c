/* SPDX-License-Identifier: GPL-2.0-only */
#include "mm/object_bytes.h"

#include "mm/memory.h"
#include "slabs.h"

static void start_backed(bool init_on_alloc, bool init_on_free)
{
	struct ba_config config = slabs_config();

	config.backed = true;
	config.init_on_alloc = init_on_alloc;
	config.init_on_free = init_on_free;
	start(config);
}

static uint8_t *at(uint64_t address)
{
	return ctx.memory->direct + (address - ctx.caches->page_offset);
}

static bool holds(uint64_t address, uint64_t size, uint8_t byte)
{
	for (uint64_t i = 0; i < size; i++)
		if (at(address)[i] != byte)
			return false;
	return true;
}

static uint64_t get(uint64_t size, gfp_t gfp)
{
	return ba_kmalloc(&ctx, nodes, size, gfp, BA_ANY_NODE);
}

/*
 *	slab   | a | b | c |       all written, b freed and handed out again
 */
TEST(j1_a_zeroed_object_is_cleared_and_no_other)
{
	uint64_t a, b, c;

	start_backed(false, false);
	a = get(64, BA_GFP_KERNEL);
	b = get(64, BA_GFP_KERNEL);
	c = get(64, BA_GFP_KERNEL);
	CHECK(b == a + 64 && c == b + 64);
	memset(at(a), 0xee, 192);
	CHECK_EQ(ba_kfree(&ctx, nodes, b), BA_OK);
	CHECK_EQ(get(60, BA_GFP_KERNEL), b);
	CHECK(holds(b, 64, 0xee));
	CHECK_EQ(ba_kfree(&ctx, nodes, b), BA_OK);
	CHECK_EQ(get(60, BA_GFP_KERNEL | BA_GFP_ZERO), b);
	CHECK(holds(b, 64, 0));
	CHECK(holds(a, 64, 0xee) && holds(c, 64, 0xee));
	stop();
}

static uint16_t cache_like(const char *name, uint32_t flags, bool ctor)
{
	struct ba_slab_spec spec = { .object_size = 100, .flags = flags,
				     .ctor = ctor };
	uint16_t id = BA_CACHE_NONE;

	CHECK_EQ(ba_kmem_cache_create(&ctx, name, &spec, &id), BA_OK);
	return id;
}

/* The object that a cache hands out after that same one was written, freed. */
static uint64_t again(uint16_t id, gfp_t gfp)
{
	const struct ba_slab_request request = { .cache = id, .gfp = gfp,
						 .node = BA_ANY_NODE };
	uint64_t address = ba_kmem_cache_alloc(&ctx, nodes, &request);

	memset(at(address), 0xee, 100);
	CHECK_EQ(ba_kmem_cache_free(&ctx, nodes, id, address), BA_OK);
	CHECK_EQ(ba_kmem_cache_alloc(&ctx, nodes, &request), address);
	return address;
}

/*
 *	                  plain  with ctor  RCU  |  __GFP_ZERO: plain ctor RCU
 *	none              old    old        old  |              0     0    0
 *	init_on_alloc     0      old        old  |              0     old  0
 *	init_on_free      0      old        old  |              0     0    0
 */
TEST(what_the_boot_options_clear)
{
	for (int i = 0; i < 3; i++) {
		uint16_t plain, ctor, rcu;

		start_backed(i == 1, i == 2);
		plain = cache_like("plain", 0, false);
		ctor = cache_like("made", 0, true);
		rcu = cache_like("rcu", BA_SLAB_TYPESAFE_BY_RCU, false);
		CHECK(holds(again(plain, 0), 100, i ? 0 : 0xee));
		CHECK(holds(again(ctor, 0), 100, 0xee));
		CHECK(holds(again(rcu, 0), 100, 0xee));
		CHECK(holds(again(plain, BA_GFP_ZERO), 100, 0));
		CHECK(holds(again(ctor, BA_GFP_ZERO), 100, i == 1 ? 0xee : 0));
		CHECK(holds(again(rcu, BA_GFP_ZERO), 100, 0));
		stop();
	}
}

/* 8 KiB are an object, 9 KiB three pages: kmalloc_large clears pages. */
TEST(large_memory_is_cleared)
{
	start_backed(false, false);
	for (uint64_t size = 8192; size <= 9216; size += 1024) {
		uint64_t address = get(size, BA_GFP_KERNEL);

		memset(at(address), 0xee, size);
		CHECK_EQ(ba_kfree(&ctx, nodes, address), BA_OK);
		CHECK_EQ(get(size, BA_GFP_KERNEL | BA_GFP_ZERO), address);
		CHECK(holds(address, size, 0));
	}
	stop();
}

/*
 *	50 of 64 bytes -> 64 in place -> 200, moved -> 9000, in pages of its own
 *	                                            -> 30, in place
 */
TEST(krealloc_keeps_the_contents)
{
	uint64_t address, next;

	start_backed(false, false);
	address = get(50, BA_GFP_KERNEL);
	memset(at(address), 0x11, 64);
	CHECK_EQ(ba_krealloc(&ctx, nodes, address, 64, BA_GFP_KERNEL, &next),
		 BA_OK);
	CHECK_EQ(next, address);
	CHECK_EQ(ba_krealloc(&ctx, nodes, address, 200, BA_GFP_KERNEL, &next),
		 BA_OK);
	CHECK(next != address);
	CHECK(holds(next, 64, 0x11));
	address = next;
	CHECK_EQ(ba_krealloc(&ctx, nodes, address, 9000, BA_GFP_KERNEL, &next),
		 BA_OK);
	CHECK(holds(next, 64, 0x11));
	CHECK_EQ(ba_krealloc(&ctx, nodes, next, 30,
			     BA_GFP_KERNEL | BA_GFP_ZERO, &address), BA_OK);
	CHECK_EQ(address, next);
	CHECK(holds(address, 30, 0x11));
	CHECK(holds(address + 30, 9000 - 30, 0));
	CHECK_EQ(ba_krealloc(&ctx, nodes, address, 0, BA_GFP_KERNEL, &next),
		 BA_OK);
	CHECK_EQ(next, BA_ZERO_SIZE_PTR);
	stop();
}

/*
 *	new slab   | 1 2 3 0 .. | 1 2 3 0 .. | ...      a written, freed, taken
 */
TEST(a_constructor_writes_once)
{
	static const uint8_t bytes[] = { 1, 2, 3 };
	struct ba_slab_request request = { .node = BA_ANY_NODE,
					   .gfp = BA_GFP_KERNEL };
	uint64_t a, b;

	start_backed(true, false);
	request.cache = cache_like("plain", 0, false);
	CHECK_EQ(ba_kmem_cache_set_constructor(&ctx, request.cache, bytes, 3),
		 BA_EINVAL);
	request.cache = cache_like("constructed", 0, true);
	CHECK_EQ(ba_kmem_cache_set_constructor(&ctx, request.cache, bytes, 101),
		 BA_EINVAL);
	CHECK_EQ(ba_kmem_cache_set_constructor(&ctx, request.cache, bytes, 2),
		 BA_OK);
	CHECK_EQ(ba_kmem_cache_set_constructor(&ctx, request.cache, bytes, 3),
		 BA_OK);
	a = ba_kmem_cache_alloc(&ctx, nodes, &request);
	b = ba_kmem_cache_alloc(&ctx, nodes, &request);
	CHECK(!memcmp(at(a), bytes, 3) && !memcmp(at(b), bytes, 3));
	CHECK_EQ(at(b)[3], 0);
	at(a)[0] = 9;
	CHECK_EQ(ba_kmem_cache_free(&ctx, nodes, request.cache, a), BA_OK);
	CHECK_EQ(ba_kmem_cache_alloc(&ctx, nodes, &request), a);
	CHECK_EQ(at(a)[0], 9);
	CHECK_EQ(ba_kmem_cache_set_constructor(&ctx, request.cache, bytes, 1),
		 BA_EINUSE);
	CHECK_EQ(ba_kmem_cache_free(&ctx, nodes, request.cache, a), BA_OK);
	CHECK_EQ(ba_kmem_cache_free(&ctx, nodes, request.cache, b), BA_OK);
	CHECK_EQ(ba_kmem_cache_destroy(&ctx, nodes, request.cache,
				       "constructed"), BA_OK);
	stop();
}
