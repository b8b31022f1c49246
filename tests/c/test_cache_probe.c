// SPDX-License-Identifier: GPL-2.0-only
#include "sim/cache_probe.h"

#include "booted.h"

#define PAGES 16384u

static uint16_t cache_of(struct ba_ctx *ctx, const char *name, uint32_t size)
{
	struct ba_slab_spec spec = { .object_size = size,
				     .flags = BA_SLAB_NO_MERGE };
	uint16_t id = BA_CACHE_NONE;

	CHECK_EQ(ba_kmem_cache_create(ctx, name, &spec, &id), BA_OK);
	return id;
}

static void take(struct ba_machine *m, cpu_t cpu, uint16_t cache, uint32_t nr,
		 uint64_t *addresses)
{
	struct ba_ctx ctx = ba_machine_ctx(m, cpu);
	struct ba_slab_request request = { .cache = cache,
					   .node = BA_ANY_NODE,
					   .gfp = BA_GFP_KERNEL };

	CHECK(ba_kmem_cache_alloc_bulk(&ctx, ba_machine_nodes(m), &request,
				       nr, addresses));
}

/*
 * Slabs of 16 objects of 1024 bytes:
 *	CPU 0 fills 2 and has 3 objects of a third; CPU 1 has 1 of its own
 *	1 object of each full slab goes back: both on the stack of CPU 0
 */
TEST(counts_of_cpus)
{
	struct ba_machine m = booted(PAGES, 2, 1);
	struct ba_ctx ctx = ba_machine_ctx(&m, 0);
	uint16_t id = cache_of(&ctx, "thing", 1024);
	uint64_t mine[35], other[1], before;
	struct ba_cache_probe p;

	take(&m, 0, id, 35, mine);
	take(&m, 1, id, 1, other);
	CHECK_EQ(ba_kmem_cache_free(&ctx, ba_machine_nodes(&m), id, mine[0]),
		 BA_OK);
	CHECK_EQ(ba_kmem_cache_free(&ctx, ba_machine_nodes(&m), id, mine[16]),
		 BA_OK);
	before = ba_machine_hash(&m);
	ba_cache_probe(&m, id, &p);
	CHECK_EQ(ba_machine_hash(&m), before);		/* Q1 */
	CHECK_EQ(p.slabs, 4);
	CHECK_EQ(p.partial, 0);
	CHECK_EQ(p.slabs_cpu_partial, 2);
	CHECK_EQ(p.cpu_slabs, 4);
	CHECK_EQ(p.total_objects, 64);
	CHECK_EQ(p.objects, 64);
	CHECK_EQ(p.active_objs, 64);
	CHECK_EQ(p.used, 34);
	CHECK_EQ(p.requested, 34 * 1024);
	CHECK_EQ(p.pages, 16);
	ba_machine_destroy(&m);
}

/* A stack of a CPU without a slab is not counted: show_slab_objects. */
TEST(stack_without_a_slab)
{
	struct ba_machine m = booted(PAGES, 2, 1);
	struct ba_ctx ctx = ba_machine_ctx(&m, 1);
	uint16_t id = cache_of(&ctx, "thing", 1024);
	struct ba_cache_probe p;
	uint64_t mine[17];

	take(&m, 0, id, 17, mine);
	CHECK_EQ(ba_kmem_cache_free(&ctx, ba_machine_nodes(&m), id, mine[0]),
		 BA_OK);
	ba_cache_probe(&m, id, &p);
	CHECK_EQ(p.slabs, 2);
	CHECK_EQ(p.cpu_slabs, 1);
	CHECK_EQ(p.slabs_cpu_partial, 1);
	ba_machine_destroy(&m);
}

/* Given up by the CPU, its slab is on the node's list. */
TEST(counts_of_nodes)
{
	struct ba_machine m = booted(PAGES, 1, 1);
	struct ba_ctx ctx = ba_machine_ctx(&m, 0);
	uint16_t id = cache_of(&ctx, "thing", 1024);
	struct ba_cache_probe p;
	uint64_t mine[12];

	CHECK_EQ(ba_cache_at(&ctx, id)->layout.objects, 8);
	take(&m, 0, id, 12, mine);
	ba_cache_flush_cpu(&ctx, ba_machine_nodes(&m), id, 0);
	ba_cache_probe(&m, id, &p);
	CHECK_EQ(p.slabs, 2);
	CHECK_EQ(p.partial, 1);
	CHECK_EQ(p.cpu_slabs, 0);
	CHECK_EQ(p.total_objects, 16);
	CHECK_EQ(p.objects, 12);
	CHECK_EQ(p.objects_partial, 4);
	CHECK_EQ(p.used, 12);
	ba_machine_destroy(&m);
}

/* What kmalloc was asked for, not what its class has. */
TEST(requested_bytes)
{
	struct ba_machine m = booted(PAGES, 1, 1);
	struct ba_ctx ctx = ba_machine_ctx(&m, 0);
	struct ba_nodes *nodes = ba_machine_nodes(&m);
	uint16_t id = ba_kmalloc_cache(&ctx, 100, BA_GFP_KERNEL);
	uint64_t address = ba_kmalloc(&ctx, nodes, 100, BA_GFP_KERNEL,
				      BA_ANY_NODE);
	struct ba_cache_probe p;

	ba_kmalloc(&ctx, nodes, 128, BA_GFP_KERNEL, BA_ANY_NODE);
	ba_cache_probe(&m, id, &p);
	CHECK_EQ(p.used, 2);
	CHECK_EQ(p.requested, 228);
	CHECK_EQ(ba_kfree(&ctx, nodes, address), BA_OK);
	ba_cache_probe(&m, id, &p);
	CHECK_EQ(p.used, 1);
	CHECK_EQ(p.requested, 128);
	ba_machine_destroy(&m);
}

/* Slabs of both orders: 32 KiB of objects of 4 KiB, and single pages. */
TEST(pages_of_two_orders)
{
	struct ba_machine m = booted(PAGES, 1, 1);
	struct ba_ctx ctx = ba_machine_ctx(&m, 0);
	uint16_t id = cache_of(&ctx, "thing", 4096);
	struct ba_kmem_cache *cache = ba_cache_at(&ctx, id);
	uint64_t mine[8];

	CHECK_EQ(cache->layout.order, 3);
	CHECK_EQ(cache->layout.min_order, 0);
	take(&m, 0, id, 8, mine);
	CHECK_EQ(ba_cache_probe_pages(cache, 0), 8);
	cache->node[0].nr_slabs += 3;
	cache->node[0].total_objects += 3;
	CHECK_EQ(ba_cache_probe_pages(cache, 0), 11);
	CHECK_EQ(ba_cache_probe_pages(cache, 1), 0);
	ba_machine_destroy(&m);
}

/* Node 1 gets a slab that can be reclaimed and a large kmalloc. */
TEST(memory_of_nodes)
{
	struct ba_machine m = booted(4 * PAGES, 2, 2);
	struct ba_ctx ctx = ba_machine_ctx(&m, 1);
	struct ba_nodes *nodes = ba_machine_nodes(&m);
	struct ba_node_slab_probe p[BA_NODE_MAX];
	uint64_t large = ba_kmalloc(&ctx, nodes, 9000, BA_GFP_KERNEL, 1);

	CHECK(ba_kmalloc(&ctx, nodes, 64, BA_GFP_KERNEL | BA_GFP_RECLAIMABLE,
			 1));
	CHECK(ba_kmalloc(&ctx, nodes, 64, BA_GFP_KERNEL, 0));
	ba_node_slab_probe(&m, p);
	CHECK_EQ(p[0].unreclaimable, 1);
	CHECK_EQ(p[0].reclaimable, 0);
	CHECK_EQ(p[0].large, 0);
	CHECK_EQ(p[1].unreclaimable, 4);
	CHECK_EQ(p[1].reclaimable, 1);
	CHECK_EQ(p[1].large, 1);
	CHECK_EQ(p[1].large_pages, 4);
	CHECK_EQ(p[1].large_requested, 9000);
	CHECK_EQ(ba_kfree(&ctx, nodes, large), BA_OK);
	ba_node_slab_probe(&m, p);
	CHECK_EQ(p[1].unreclaimable, 0);
	CHECK_EQ(p[1].large, 0);
	ba_machine_destroy(&m);
}

/*
 * 6.12 looks at 5000 slabs from each end of a longer list. Of these 10002, the
 * first two have 1 free object and the others 3:
 * (2 + 9998 * 3) * 10002 / 10000 = 30001, and not 30002.
 */
static uint64_t active_of_long_list(const struct ba_profile *profile)
{
	struct ba_config config;
	struct ba_cache_probe p;
	struct ba_machine m;
	struct ba_ctx ctx;
	uint64_t *all = malloc(10002 * 4 * sizeof(*all));
	uint16_t id;

	ba_config_init(&config);
	config.memory_pages = 4 * PAGES;
	config.profile = *profile;
	config.slub_max_order = 0;
	CHECK_EQ(ba_machine_create(&config, &m, NULL, 0), BA_OK);
	ctx = ba_machine_ctx(&m, 0);
	id = cache_of(&ctx, "thing", 1024);
	CHECK_EQ(ba_cache_at(&ctx, id)->layout.objects, 4);
	take(&m, 0, id, 10002 * 4, all);
	for (uint32_t slab = 0; slab < 10002; slab++)
		for (uint32_t i = 0; i < (slab < 2 ? 1u : 3u); i++)
			CHECK_EQ(ba_kmem_cache_free(&ctx, ba_machine_nodes(&m),
						    id, all[4 * slab + i]),
				 BA_OK);
	ba_cache_flush_cpu(&ctx, ba_machine_nodes(&m), id, 0);
	ba_cache_probe(&m, id, &p);
	CHECK_EQ(p.partial, 10002);
	CHECK_EQ(p.objects, 40008 - 10000 * 3 - 2);
	ba_machine_destroy(&m);
	free(all);
	return p.active_objs;
}

TEST(long_lists_are_estimated_by_6_12)
{
	CHECK_EQ(active_of_long_list(&ba_profile_6_1L),
		 40008 - 10000 * 3 - 2);
	CHECK_EQ(active_of_long_list(&ba_profile_6_12L), 40008 - 30001);
}
