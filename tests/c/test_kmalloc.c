// SPDX-License-Identifier: GPL-2.0-only
/* Memory of any size: classes, kinds, pages, and what is given back. */
#include "mm/kmalloc.h"

#include <pthread.h>

#include "slabs.h"

static uint64_t get(uint64_t size, gfp_t gfp)
{
	return ba_kmalloc(&ctx, nodes, size, gfp, BA_ANY_NODE);
}

static enum ba_status put(uint64_t address)
{
	return ba_kfree(&ctx, nodes, address);
}

static const char *name_for(uint64_t size, gfp_t gfp)
{
	uint16_t id = ba_kmalloc_cache(&ctx, size, gfp);

	return id == BA_CACHE_NONE ? "none" : ba_cache_at(&ctx, id)->name;
}

/* Names from the oldest cache on, "kmalloc-8 kmalloc-16 ...". */
static bool begins_with(const char *names)
{
	char all[2048] = "";

	for (uint16_t id = ctx.caches->oldest; id != BA_CACHE_NONE;
	     id = ctx.caches->cache[id].newer) {
		strcat(all, ctx.caches->cache[id].name);
		strcat(all, " ");
	}
	return strstr(all, names) != NULL;
}

TEST(the_classes)
{
	static const struct { uint32_t from, to; const char *name; } row[] = {
		{ 1, 8, "kmalloc-8" }, { 9, 16, "kmalloc-16" },
		{ 17, 32, "kmalloc-32" }, { 33, 64, "kmalloc-64" },
		{ 65, 96, "kmalloc-96" }, { 97, 128, "kmalloc-128" },
		{ 129, 192, "kmalloc-192" }, { 193, 256, "kmalloc-256" },
		{ 257, 512, "kmalloc-512" }, { 513, 1024, "kmalloc-1k" },
		{ 1025, 2048, "kmalloc-2k" }, { 2049, 4096, "kmalloc-4k" },
		{ 4097, 8192, "kmalloc-8k" },
	};

	start(slabs_config());
	CHECK_STR_EQ(name_for(0, BA_GFP_KERNEL), "none");
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		for (uint32_t size = row[i].from; size <= row[i].to; size++) {
			uint64_t address;

			if (strcmp(name_for(size, BA_GFP_KERNEL), row[i].name))
				CHECK_STR_EQ(name_for(size, BA_GFP_KERNEL),
					     row[i].name);
			address = get(size, BA_GFP_KERNEL);
			CHECK_EQ(ba_object_find(&ctx, nodes, address).cache,
				 ba_kmalloc_cache(&ctx, size, BA_GFP_KERNEL));
			CHECK_EQ(put(address), BA_OK);
		}
	CHECK_STR_EQ(name_for(8193, BA_GFP_KERNEL), "none");
	stop();
}

/* The first that is set: DMA, RECLAIMABLE, ACCOUNT. */
TEST(the_kinds)
{
	start(slabs_config());
	CHECK_STR_EQ(name_for(100, BA_GFP_KERNEL), "kmalloc-128");
	CHECK_STR_EQ(name_for(100, BA_GFP_KERNEL | BA_GFP_ACCOUNT),
		     "kmalloc-cg-128");
	CHECK_STR_EQ(name_for(100, BA_GFP_KERNEL | BA_GFP_RECLAIMABLE),
		     "kmalloc-rcl-128");
	CHECK_STR_EQ(name_for(100, BA_GFP_KERNEL | BA_GFP_DMA),
		     "dma-kmalloc-128");
	CHECK_STR_EQ(name_for(100, BA_GFP_KERNEL | BA_GFP_ACCOUNT |
			      BA_GFP_RECLAIMABLE), "kmalloc-rcl-128");
	CHECK_STR_EQ(name_for(100, BA_GFP_KERNEL | BA_GFP_ACCOUNT |
			      BA_GFP_RECLAIMABLE | BA_GFP_DMA),
		     "dma-kmalloc-128");
	stop();
}

/* A booting kernel makes them in this order, which merging walks. */
TEST(the_order_of_the_caches)
{
	struct ba_config config = slabs_config();

	start(config);
	CHECK(begins_with("kmalloc-8 kmalloc-16 kmalloc-32 kmalloc-64 "
			  "kmalloc-96 kmalloc-128 kmalloc-192 kmalloc-256 "));
	CHECK(begins_with("kmalloc-8k kmalloc-cg-8 "));
	CHECK(begins_with("kmalloc-cg-8k kmalloc-rcl-8 "));
	CHECK(begins_with("kmalloc-rcl-8k dma-kmalloc-8 "));
	stop();

	config.profile = ba_profile_6_12L;
	start(config);
	CHECK(begins_with("kmalloc-96 kmalloc-192 kmalloc-8 kmalloc-16 "
			  "kmalloc-32 kmalloc-64 kmalloc-128 kmalloc-256 "));
	CHECK(begins_with("kmalloc-8k kmalloc-rcl-96 "));
	CHECK(begins_with("kmalloc-rcl-8k dma-kmalloc-96 "));
	CHECK(begins_with("dma-kmalloc-8k kmalloc-cg-96 "));
	stop();
}

/* 96 and 192: on 8 bytes in 6.1, on 32 and 64 in 6.12. */
TEST(alignment_of_the_classes)
{
	struct ba_config config = slabs_config();

	for (unsigned int i = 0; i < 2; i++) {
		if (i)
			config.profile = ba_profile_6_12L;
		start(config);
		for (uint32_t size = 8; size <= 8192; size *= 2)
			CHECK_EQ(ba_cache_at(&ctx, ba_kmalloc_cache(&ctx, size,
				 BA_GFP_KERNEL))->layout.align, size);
		CHECK_EQ(ba_cache_at(&ctx, ba_kmalloc_cache(&ctx, 96,
			 BA_GFP_KERNEL))->layout.align, i ? 32 : 8);
		CHECK_EQ(ba_cache_at(&ctx, ba_kmalloc_cache(&ctx, 192,
			 BA_GFP_KERNEL))->layout.align, i ? 64 : 8);
		stop();
	}
}

/* No bytes: an address that is no memory. */
TEST(no_bytes)
{
	uint64_t bytes = 77;

	start(slabs_config());
	CHECK_EQ(get(0, BA_GFP_KERNEL), BA_ZERO_SIZE_PTR);
	CHECK_EQ(ctx.result, BA_RESULT_OK);
	CHECK_EQ(put(BA_ZERO_SIZE_PTR), BA_OK);
	CHECK_EQ(put(0), BA_OK);
	CHECK_EQ(put(8), BA_EFOREIGN);
	CHECK_EQ(ba_ksize(&ctx, nodes, BA_ZERO_SIZE_PTR, &bytes), BA_OK);
	CHECK_EQ(bytes, 0);
	stop();
}

/* Above two pages: whole blocks, 3 pages are 4. */
TEST(large_memory_is_pages)
{
	uint64_t address, bytes;
	pfn_t pfn;

	start(slabs_config());
	address = get(8193, BA_GFP_KERNEL);
	pfn = (pfn_t)((address - ctx.caches->page_offset) >> 12);
	CHECK_EQ(ctx.frames[pfn].order, 2);
	CHECK_EQ(ctx.frames[pfn].flags, BA_FRAME_HEAD | BA_FRAME_COMPOUND |
					BA_FRAME_KMALLOC);
	CHECK_EQ(ctx.frames[pfn].owner, 8193);
	CHECK_EQ(ba_ksize(&ctx, nodes, address, &bytes), BA_OK);
	CHECK_EQ(bytes, 16384);
	CHECK_EQ(ba_free_pages(&ctx, nodes, pfn, 2), BA_ESLAB);
	CHECK_EQ(put(address + 4096), BA_EFOREIGN);
	CHECK_EQ(put(address + 8), BA_EFOREIGN);
	CHECK_EQ(put(address), BA_OK);
	CHECK_EQ(ctx.frames[pfn].flags, 0);
	CHECK_EQ(ctx.frames[pfn].owner, 0);
	CHECK_EQ(put(address), BA_EFOREIGN);
	stop();
}

TEST(the_largest_memory)
{
	uint64_t address;

	start(slabs_config());
	address = get(4 << 20, BA_GFP_KERNEL);
	CHECK(address);
	CHECK_EQ(put(address), BA_OK);
	CHECK_EQ(get((4 << 20) + 1, BA_GFP_KERNEL), 0);
	CHECK_EQ(ctx.result, BA_RESULT_TOO_LARGE);
	CHECK_EQ(get(UINT64_MAX, BA_GFP_KERNEL), 0);
	stop();
}

TEST(what_is_no_memory_of_kmalloc)
{
	uint64_t address, page, bytes, hash;
	pfn_t pfn;

	start(slabs_config());
	address = get(100, BA_GFP_KERNEL);
	pfn = ba_alloc_pages(&ctx, nodes, BA_GFP_KERNEL, 0, 0);
	page = ctx.caches->page_offset + ((uint64_t)pfn << 12);
	hash = ba_machine_hash(&machine);
	CHECK_EQ(put(page), BA_EFOREIGN);
	CHECK_EQ(put(address + 1), BA_EFOREIGN);
	CHECK_EQ(put(address + 128), BA_EOBJECTFREE);
	CHECK_EQ(put(UINT64_C(0xffffffff81000000)), BA_EFOREIGN);
	CHECK_EQ(put(UINT64_MAX), BA_EFOREIGN);
	CHECK_EQ(ba_ksize(&ctx, nodes, page, &bytes), BA_EFOREIGN);
	CHECK_EQ(ba_ksize(&ctx, nodes, address + 128, &bytes), BA_EOBJECTFREE);
	CHECK_EQ(ba_krealloc(&ctx, nodes, page, 5, BA_GFP_KERNEL, &bytes),
		 BA_EFOREIGN);
	CHECK_EQ(bytes, 0);
	CHECK_EQ(ba_machine_hash(&machine), hash);
	CHECK_EQ(put(address), BA_OK);
	CHECK_EQ(put(address), BA_EOBJECTFREE);
	CHECK_EQ(ba_free_pages(&ctx, nodes, pfn, 0), BA_OK);
	stop();
}

/* Any object may be given back by kfree, of whatever cache. */
TEST(an_object_of_a_named_cache)
{
	uint16_t id;
	uint64_t bytes, address;

	start(slabs_config());
	id = cache("named", 1700);
	address = take(id);
	CHECK_EQ(ba_ksize(&ctx, nodes, address, &bytes), BA_OK);
	CHECK_EQ(bytes, 1704);
	CHECK_EQ(put(address), BA_OK);
	CHECK_EQ(in_use(id), 0);
	stop();
}

/* kmalloc(100) leaves 28 of 128 bytes unused. */
TEST(what_nobody_asked_for_is_counted)
{
	const struct ba_cache_cpu *cpu;
	uint64_t address;

	start(slabs_config());
	cpu = ba_cache_cpu(&ctx, ba_kmalloc_cache(&ctx, 100, BA_GFP_KERNEL),
			   0);
	address = get(100, BA_GFP_KERNEL);
	get(128, BA_GFP_KERNEL);
	CHECK_EQ(cpu->inuse, 2);
	CHECK_EQ(cpu->slack, 28);
	CHECK_EQ(put(address), BA_OK);
	CHECK_EQ(cpu->inuse, 1);
	CHECK_EQ(cpu->slack, 0);
	stop();
}

/* In place as long as it fits, even far smaller; else new, then free. */
/* Objects and large memory together; all of them or none. */
TEST(many_are_given_back)
{
	uint64_t all[6], given[6];
	uint32_t bad = 99;

	start(slabs_config());
	for (uint32_t i = 0; i < 4; i++)
		all[i] = get(i % 2 ? 20000 : 100, BA_GFP_KERNEL);
	all[4] = 0;
	all[5] = BA_ZERO_SIZE_PTR;
	memcpy(given, all, sizeof(all));
	given[4] = all[1];		/* a large one twice */
	CHECK_EQ(ba_kfree_bulk(&ctx, nodes, given, 6, &bad), BA_EFOREIGN);
	CHECK_EQ(given[bad], all[1]);
	memcpy(given, all, sizeof(all));
	given[4] = all[2];		/* an object twice */
	CHECK_EQ(ba_kfree_bulk(&ctx, nodes, given, 6, &bad), BA_EOBJECTFREE);
	CHECK_EQ(given[bad], all[2]);
	memcpy(given, all, sizeof(all));
	CHECK_EQ(ba_kfree_bulk(&ctx, nodes, given, 6, &bad), BA_OK);
	for (uint32_t i = 0; i < 4; i++)
		CHECK(put(all[i]) != BA_OK);
	/* the last of the array is the first to be had again */
	CHECK_EQ(get(100, BA_GFP_KERNEL), all[2]);
	CHECK_EQ(get(20000, BA_GFP_KERNEL), all[1]);
	stop();
}

TEST(krealloc_of_objects)
{
	const struct ba_cache_cpu *cpu;
	uint64_t address, ret;

	start(slabs_config());
	cpu = ba_cache_cpu(&ctx, ba_kmalloc_cache(&ctx, 100, BA_GFP_KERNEL),
			   0);
	address = get(100, BA_GFP_KERNEL);
	CHECK_EQ(ba_krealloc(&ctx, nodes, address, 128, BA_GFP_KERNEL, &ret),
		 BA_OK);
	CHECK_EQ(ret, address);
	CHECK_EQ(cpu->slack, 0);
	CHECK_EQ(ba_krealloc(&ctx, nodes, address, 1, BA_GFP_KERNEL, &ret),
		 BA_OK);
	CHECK_EQ(ret, address);
	CHECK_EQ(cpu->slack, 127);
	CHECK_EQ(ba_krealloc(&ctx, nodes, address, 129, BA_GFP_KERNEL, &ret),
		 BA_OK);
	CHECK_STR_EQ(ba_cache_at(&ctx, ba_object_find(&ctx, nodes, ret).cache)
		     ->name, "kmalloc-192");
	CHECK_EQ(cpu->inuse, 0);
	CHECK_EQ(cpu->slack, 0);
	CHECK_EQ(put(address), BA_EOBJECTFREE);
	CHECK_EQ(put(ret), BA_OK);
	stop();
}

TEST(krealloc_of_nothing_and_to_nothing)
{
	uint64_t address, ret;

	start(slabs_config());
	CHECK_EQ(ba_krealloc(&ctx, nodes, 0, 50, BA_GFP_KERNEL, &address),
		 BA_OK);
	CHECK(address > BA_ZERO_SIZE_PTR);
	CHECK_EQ(ba_krealloc(&ctx, nodes, address, 0, BA_GFP_KERNEL, &ret),
		 BA_OK);
	CHECK_EQ(ret, BA_ZERO_SIZE_PTR);
	CHECK_EQ(put(address), BA_EOBJECTFREE);
	CHECK_EQ(ba_krealloc(&ctx, nodes, BA_ZERO_SIZE_PTR, 50, BA_GFP_KERNEL,
			     &ret), BA_OK);
	CHECK_EQ(ret, address);
	CHECK_EQ(put(ret), BA_OK);
	stop();
}

/* From an object to pages and back; within its pages it stays. */
TEST(krealloc_of_large_memory)
{
	uint64_t address, large, ret;
	pfn_t pfn;

	start(slabs_config());
	address = get(8192, BA_GFP_KERNEL);
	CHECK_EQ(ba_krealloc(&ctx, nodes, address, 9000, BA_GFP_KERNEL,
			     &large), BA_OK);
	CHECK(large != address);
	CHECK_EQ(put(address), BA_EOBJECTFREE);
	pfn = (pfn_t)((large - ctx.caches->page_offset) >> 12);
	CHECK_EQ(ba_krealloc(&ctx, nodes, large, 16384, BA_GFP_KERNEL, &ret),
		 BA_OK);
	CHECK_EQ(ret, large);
	CHECK_EQ(ctx.frames[pfn].owner, 16384);
	CHECK_EQ(ba_krealloc(&ctx, nodes, large, 10, BA_GFP_KERNEL, &ret),
		 BA_OK);
	CHECK_EQ(ret, large);
	CHECK_EQ(ba_krealloc(&ctx, nodes, large, 16385, BA_GFP_KERNEL, &ret),
		 BA_OK);
	CHECK(ret != large);
	CHECK_EQ(put(large), BA_EFOREIGN);
	CHECK_EQ(put(ret), BA_OK);
	stop();
}

/* There is no memory for more: the old object is as it was. */
TEST(krealloc_that_fails)
{
	uint64_t address, ret = 77;
	struct ba_object *object;
	struct ba_object_at at;

	start(slabs_config());
	address = get(100, BA_GFP_KERNEL);
	at = ba_object_find(&ctx, nodes, address);
	object = &ba_objects_of(&ctx, at.head)[at.index];
	CHECK_EQ(ba_krealloc(&ctx, nodes, address, (4 << 20) + 1,
			     BA_GFP_KERNEL, &ret), BA_OK);
	CHECK_EQ(ret, 0);
	CHECK_EQ(ctx.result, BA_RESULT_TOO_LARGE);
	CHECK(ba_object_is_used(*object));
	CHECK_EQ(ba_object_slack(*object), 28);
	CHECK_EQ(put(address), BA_OK);
	stop();
}

TEST(what_a_size_becomes)
{
	static const struct { uint64_t size, is; } row[] = {
		{ 0, 0 }, { 1, 8 }, { 65, 96 }, { 97, 128 }, { 8192, 8192 },
		{ 8193, 16384 }, { 16385, 32768 }, { 4 << 20, 4 << 20 },
		{ (4 << 20) + 1, (4 << 20) + 1 },
	};

	start(slabs_config());
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		CHECK_EQ(ba_kmalloc_size_roundup(&ctx, row[i].size),
			 row[i].is);
	stop();
}

/* On the node that is named, objects and pages. */
TEST(memory_of_a_node)
{
	struct ba_config config = slabs_config();

	config.nr_nodes = 2;
	start(config);
	for (uint8_t node = 0; node < 2; node++)
		for (uint64_t size = 100; size < 20000; size += 19000) {
			uint64_t address = ba_kmalloc(&ctx, nodes, size,
						      BA_GFP_KERNEL, node);
			pfn_t pfn = (pfn_t)((address -
				ctx.caches->page_offset) >> 12);

			CHECK_EQ(ba_nodes_zone_of(&ctx, nodes, pfn)->node,
				 node);
		}
	stop();
}

#define SLOTS 1024u

static uint64_t slot[SLOTS];

/* Allocates, and frees what it or the other thread put into that slot. */
static void *churn(void *cpu)
{
	struct ba_ctx own = ba_machine_ctx(&machine, *(cpu_t *)cpu);
	struct ba_rng rng;

	ba_rng_init(&rng, 1, own.cpu);
	for (uint32_t i = 0; i < 100000; i++) {
		uint64_t address = ba_kmalloc(&own, nodes,
					      1 + ba_rng_below(&rng, 600),
					      BA_GFP_KERNEL, BA_ANY_NODE);

		if (!address)
			return cpu;
		address = __atomic_exchange_n(&slot[ba_rng_below(&rng, SLOTS)],
					      address, __ATOMIC_ACQ_REL);
		if (address && ba_kfree(&own, nodes, address) != BA_OK)
			return cpu;
	}
	return NULL;
}

/* Two CPUs that free each other's objects: nothing is lost. */
TEST(two_host_threads)
{
	struct ba_config config = slabs_config();
	cpu_t cpu[2] = { 0, 1 };
	pthread_t thread[2];
	void *failed;

	config.shared = true;
	start(config);
	for (unsigned int i = 0; i < 2; i++)
		REQUIRE(!pthread_create(&thread[i], NULL, churn, &cpu[i]));
	for (unsigned int i = 0; i < 2; i++) {
		CHECK_EQ(pthread_join(thread[i], &failed), 0);
		CHECK(!failed);
	}
	for (unsigned int i = 0; i < SLOTS; i++)
		CHECK_EQ(put(slot[i]), BA_OK);
	stop();
}
