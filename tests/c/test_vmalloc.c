/* SPDX-License-Identifier: GPL-2.0-only */
#include "mm/vmalloc.h"

#include "base/rng.h"
#include "sim/check.h"

#include "booted.h"

#define PAGE	((uint64_t)BA_PAGE_SIZE)
#define MIB	(UINT64_C(1) << 20)

enum { PAGES = 65536 };		/* 256 MiB */

struct own {
	struct ba_machine machine;
	struct ba_ctx ctx;
	struct ba_nodes *nodes;
	struct ba_vmalloc *v;
};

static struct own *boot(const char *profile, uint32_t cpus)
{
	struct own *o = calloc(1, sizeof(*o));
	struct ba_config config;

	ba_config_init(&config);
	config.memory_pages = PAGES;
	config.nr_cpus = cpus;
	if (!o || ba_profile_by_name(profile, &config.profile) != BA_OK ||
	    ba_machine_create(&config, &o->machine, NULL, 0) != BA_OK)
		exit(2);
	o->ctx = ba_machine_ctx(&o->machine, 0);
	o->nodes = ba_machine_nodes(&o->machine);
	o->v = o->ctx.vmalloc;
	return o;
}

static void shut(struct own *o)
{
	uint8_t zone;

	CHECK_STR_EQ(ba_machine_check(&o->machine, &zone), NULL);
	ba_machine_destroy(&o->machine);
	free(o);
}

static enum ba_status get_as(struct own *o, uint64_t size, uint64_t align,
			     uint32_t flags, uint64_t *address)
{
	struct ba_vmalloc_request request = {
		.size = size, .align = align, .gfp = BA_GFP_KERNEL,
		.node = BA_ANY_NODE, .flags = flags };

	return ba_vmalloc(&o->ctx, o->nodes, &request, address);
}

static uint64_t get(struct own *o, uint64_t size)
{
	uint64_t address;

	CHECK_EQ(get_as(o, size, 1, 0, &address), BA_OK);
	return address;
}

static enum ba_status put(struct own *o, uint64_t address)
{
	pfn_t bad;

	return ba_vfree(&o->ctx, o->nodes, address, &bad);
}

/* Sizes, alignments and machines that there cannot be. */
TEST(bad_requests)
{
	struct own *o = boot("6.1L", 1);
	uint64_t address = 7;

	CHECK_EQ(get_as(o, 0, 1, 0, &address), BA_EINVAL);
	CHECK_EQ(address, 0);
	CHECK_EQ(get_as(o, PAGES * PAGE + PAGE, 1, 0, &address), BA_EINVAL);
	CHECK_EQ(get_as(o, UINT64_MAX, 1, 0, &address), BA_EINVAL);
	CHECK_EQ(get_as(o, PAGE, 0, 0, &address), BA_EINVAL);
	CHECK_EQ(get_as(o, PAGE, 3, 0, &address), BA_EINVAL);
	CHECK_EQ(o->v->space.nr_areas, 0);
	o->nodes->arch = BA_ARCH_I386;
	CHECK_EQ(get_as(o, PAGE, 1, 0, &address), BA_EINVAL);
	o->nodes->arch = BA_ARCH_X86_64;
	shut(o);
}

/* What is no area, no more one, or another call's. */
TEST(bad_frees)
{
	struct own *o = boot("6.1L", 1);
	uint64_t a, b;
	pfn_t bad, own = 4711;

	CHECK_EQ(put(o, 0), BA_OK);
	CHECK_EQ(put(o, BA_VMALLOC_START), BA_ENOAREA);
	CHECK_EQ(put(o, 4096), BA_ENOAREA);
	CHECK_EQ(put(o, UINT64_MAX), BA_ENOAREA);
	CHECK_EQ(ba_vunmap(&o->ctx, o->nodes, 4096), BA_ENOAREA);
	a = get(o, 3 * PAGE);
	CHECK_EQ(put(o, a + PAGE), BA_ENOAREA);
	CHECK_EQ(put(o, a + 1), BA_ENOAREA);
	CHECK_EQ(ba_vunmap(&o->ctx, o->nodes, a), BA_EAREA);
	REQUIRE(ba_vmap(&o->ctx, o->nodes, &own, 1, &b, &bad) == BA_OK);
	CHECK_EQ(put(o, b), BA_EAREA);
	CHECK_EQ(ba_vunmap(&o->ctx, o->nodes, b), BA_OK);
	CHECK_EQ(ba_vunmap(&o->ctx, o->nodes, b), BA_EAREAFREE);
	CHECK_EQ(put(o, a), BA_OK);
	CHECK_EQ(put(o, a), BA_EAREAFREE);
	CHECK_EQ(o->v->nr_pages, 0);
	shut(o);
}

/* A data page that somebody else freed: named, and nothing is freed. */
TEST(page_freed_by_somebody_else)
{
	struct own *o = boot("6.1L", 1);
	uint64_t a = get(o, 3 * PAGE);
	pfn_t page = ba_vmalloc_to_pfn(o->v, a + PAGE), bad;

	REQUIRE(ba_free_pages(&o->ctx, o->nodes, page, 0) == BA_OK);
	CHECK_EQ(ba_vfree(&o->ctx, o->nodes, a, &bad), BA_EORDER);
	CHECK_EQ(bad, page);
	CHECK_EQ(o->v->nr_pages, 3);
	CHECK_EQ(ba_vmalloc_to_pfn(o->v, a + PAGE), page);
	REQUIRE(ba_alloc_pages(&o->ctx, o->nodes, BA_GFP_KERNEL, 0, 0) ==
		page);
	CHECK_EQ(put(o, a), BA_OK);
	shut(o);
}

TEST(bad_frames_for_vmap)
{
	struct own *o = boot("6.1L", 1);
	pfn_t pfns[3] = { 5, PAGES + 1, 6 }, bad;
	uint64_t a = 9;

	CHECK_EQ(ba_vmap(&o->ctx, o->nodes, pfns, 0, &a, &bad), BA_EINVAL);
	CHECK_EQ(ba_vmap(&o->ctx, o->nodes, pfns, 3, &a, &bad), BA_EFRAME);
	CHECK_EQ(bad, PAGES + 1);
	CHECK_EQ(a, 0);
	CHECK_EQ(o->v->space.nr_areas, 0);
	shut(o);
}

/* A table that might not suffice is said before anything is done. */
TEST(full_tables)
{
	struct own *o = boot("6.1L", 1);
	uint64_t a, hash;

	get(o, PAGE);
	o->v->space.max_areas = o->v->space.nr_areas + 2;
	hash = ba_machine_hash(&o->machine);
	CHECK_EQ(get_as(o, PAGE, 1, 0, &a), BA_OK);
	CHECK_EQ(a, 0);
	CHECK_EQ(o->ctx.result, BA_RESULT_TABLE_FULL);
	CHECK_EQ(ba_machine_hash(&o->machine), hash);
	o->v->space.max_areas += 100;
	o->v->pgtable.max_tables = o->v->pgtable.nr_tables + 1;
	CHECK_EQ(get_as(o, PAGE, 1, 0, &a), BA_OK);
	CHECK_EQ(a, 0);
	CHECK_EQ(o->ctx.result, BA_RESULT_TABLE_FULL);
	shut(o);
}

/* Adjacent addresses, a frame of its own for each, a guard page behind. */
TEST(area_and_frames)
{
	struct own *o = boot("6.1L", 1);
	struct ba_vmalloc_info info;
	uint64_t a = get(o, 5 * PAGE - 100), b = get(o, 1);
	bool seen[PAGES] = { false };

	CHECK_EQ(a, BA_VMALLOC_START);
	CHECK_EQ(b, a + 6 * PAGE);
	REQUIRE(ba_vmalloc_find(o->v, a, &info));
	CHECK_EQ(info.end - info.start, 6 * PAGE);
	CHECK_EQ(info.vm->nr_pages, 5);
	CHECK_EQ(info.vm->requested, 5 * PAGE - 100);
	CHECK_EQ(info.vm->flags, BA_VM_ALLOC);
	CHECK(!ba_vmalloc_find(o->v, a + PAGE, &info));
	for (uint32_t i = 0; i < 5; i++) {
		pfn_t pfn = ba_vmalloc_to_pfn(o->v, a + i * PAGE);

		REQUIRE(pfn < PAGES);
		CHECK(!seen[pfn]);
		seen[pfn] = true;
		CHECK_EQ(o->ctx.frames[pfn].state, BA_FRAME_USED);
	}
	CHECK_EQ(ba_vmalloc_to_pfn(o->v, a + 5 * PAGE), BA_PFN_NONE);
	CHECK_EQ(o->v->nr_pages, 6);
	CHECK_EQ(put(o, a), BA_OK);
	CHECK_EQ(ba_vmalloc_to_pfn(o->v, a), BA_PFN_NONE);
	CHECK_EQ(o->v->nr_pages, 1);
	shut(o);
}

/* vmap shows frames where they are asked for, one twice, and frees none. */
TEST(vmap_of_given_frames)
{
	struct own *o = boot("6.12L", 2);
	pfn_t pfns[4], bad;
	uint64_t a;

	for (uint32_t i = 0; i < 3; i++)
		pfns[i] = ba_alloc_pages(&o->ctx, o->nodes, BA_GFP_KERNEL, 0,
					 0);
	pfns[3] = pfns[0];
	REQUIRE(ba_vmap(&o->ctx, o->nodes, pfns, 4, &a, &bad) == BA_OK);
	for (uint32_t i = 0; i < 4; i++)
		CHECK_EQ(ba_vmalloc_to_pfn(o->v, a + i * PAGE), pfns[i]);
	CHECK_EQ(o->v->nr_pages, 0);
	CHECK_EQ(ba_vunmap(&o->ctx, o->nodes, a), BA_OK);
	for (uint32_t i = 0; i < 3; i++)
		CHECK_EQ(ba_free_pages(&o->ctx, o->nodes, pfns[i], 0), BA_OK);
	shut(o);
}

/* Beyond 512 pages the array is vmalloc'ed: its area is the next one. */
TEST(vmalloced_array)
{
	struct own *o = boot("6.1L", 1);
	struct ba_vmalloc_info info, array;
	uint64_t a = get(o, 512 * PAGE), b = get(o, 513 * PAGE);

	REQUIRE(ba_vmalloc_find(o->v, a, &info));
	CHECK(!(info.vm->flags & BA_VM_VPAGES));
	REQUIRE(ba_vmalloc_find(o->v, b, &info));
	CHECK(info.vm->flags & BA_VM_VPAGES);
	CHECK_EQ(info.vm->pages, b + 514 * PAGE);
	REQUIRE(ba_vmalloc_find(o->v, info.vm->pages, &array));
	CHECK_EQ(array.vm->nr_pages, 2);
	CHECK_EQ(array.vm->requested, 513 * 8);
	CHECK_EQ(o->v->nr_pages, 512 + 513 + 2);
	CHECK_EQ(put(o, b), BA_OK);
	CHECK_EQ(o->v->nr_pages, 512);
	CHECK(!ba_vmalloc_find(o->v, array.start, &info));
	shut(o);
}

/* Too little memory: all that was had is given back, and why is known. */
TEST(undone_without_memory)
{
	struct own *o = boot("6.1L", 1);
	struct ba_vmalloc_walk walk = { .node = 0 };
	struct ba_vmalloc_info info;
	uint64_t a, first = get(o, PAGE);

	while (ba_alloc_pages(&o->ctx, o->nodes, BA_GFP_NOWAIT_6_1, 10, 0) !=
	       BA_PFN_NONE)
		;
	CHECK_EQ(get_as(o, 20 * MIB, 1, 0, &a), BA_OK);
	CHECK_EQ(a, 0);
	CHECK(o->ctx.result != BA_RESULT_OK);
	CHECK_EQ(o->v->nr_pages, 1);
	REQUIRE(ba_vmalloc_next(o->v, &walk, &info));
	CHECK_EQ(info.start, first);
	REQUIRE(ba_vmalloc_next(o->v, &walk, &info));
	CHECK(!info.vm);
	shut(o);
}

/* 6.12: what its pools keep is given up on demand. */
TEST(drop_pools)
{
	struct own *o = boot("6.12L", 2);
	uint64_t a = get(o, 3 * PAGE), b = get(o, 3 * PAGE);
	struct ba_vmalloc_stat stat;

	CHECK_EQ(put(o, a), BA_OK);
	CHECK_EQ(put(o, b), BA_OK);
	ba_vm_unmap_aliases(&o->ctx, o->nodes);
	ba_vmalloc_stat(o->v, &stat);
	CHECK_EQ(stat.pooled, 2);
	ba_vmalloc_drop_pools(&o->ctx, o->nodes);
	ba_vmalloc_stat(o->v, &stat);
	CHECK_EQ(stat.pooled, 0);
	CHECK_EQ(get(o, 7 * PAGE), a);
	shut(o);
}

/* With 2 MiB at a time: aligned, split, and mapped by large entries. */
TEST(large_pages)
{
	struct own *o = boot("6.1L", 1);
	uint64_t a = get(o, PAGE), b;
	pfn_t pfn;

	REQUIRE(get_as(o, 3 * MIB, 1, BA_VM_ALLOW_HUGE, &b) == BA_OK);
	CHECK_EQ(b % (2 * MIB), 0);
	CHECK(b > a);
	pfn = ba_vmalloc_to_pfn(o->v, b);
	CHECK_EQ(pfn % 512, 0);
	for (uint32_t i = 0; i < 512; i++)
		CHECK_EQ(ba_vmalloc_to_pfn(o->v, b + i * PAGE), pfn + i);
	CHECK_EQ(o->v->nr_pages, 1 + 1024 + 2);
	CHECK_EQ(put(o, b), BA_OK);
	CHECK_EQ(o->v->nr_pages, 1);
	/* below 2 MiB the flag means nothing */
	REQUIRE(get_as(o, 2 * MIB - 1, 1, BA_VM_ALLOW_HUGE, &b) == BA_OK);
	CHECK_EQ(o->v->nr_pages, 1 + 512);
	shut(o);
}

/* No block of 2 MiB is left: the same in single pages. */
TEST(large_pages_become_small)
{
	struct own *o = boot("6.1L", 1);
	pfn_t pfn, last = BA_PFN_NONE;
	uint64_t a;

	/* all memory in single pages, every other one free again */
	while ((pfn = ba_alloc_pages(&o->ctx, o->nodes, BA_GFP_NOWAIT_6_1, 0,
				     0)) != BA_PFN_NONE) {
		o->ctx.frames[pfn].owner = last;
		last = pfn;
	}
	for (; last != BA_PFN_NONE; last = pfn) {
		pfn = o->ctx.frames[last].owner;
		o->ctx.frames[last].owner = 0;
		if (last % 2)
			(void)ba_free_pages(&o->ctx, o->nodes, last, 0);
	}
	REQUIRE(get_as(o, 4 * MIB, 1, BA_VM_ALLOW_HUGE, &a) == BA_OK);
	REQUIRE(a);
	CHECK_EQ(ba_vmalloc_to_pfn(o->v, a) % 2, 1);
	CHECK_EQ(o->v->nr_pages, 1024 + 2);
	shut(o);
}

/* An address is not used again before the purge that the threshold causes. */
TEST(lazily_freed_until_the_threshold)
{
	struct own *o = boot("6.1L", 1);
	uint64_t a = get(o, 90 * MIB), b;

	CHECK_EQ(o->v->space.lazy_max, 8192);
	CHECK_EQ(put(o, a), BA_OK);
	/* 90 MiB are beyond 32: purged at once */
	CHECK_EQ(o->v->space.purges, 1);
	CHECK_EQ(get(o, PAGE), a);
	b = get(o, 20 * MIB);
	CHECK_EQ(put(o, b), BA_OK);
	CHECK_EQ(o->v->space.purges, 1);
	CHECK(get(o, 20 * MIB) > b);
	shut(o);
}

/* Objects of a cache that somebody has. */
static int64_t inuse(const struct own *o, uint16_t cache)
{
	int64_t sum = 0;

	for (cpu_t cpu = 0; cpu < BA_CPU_MAX; cpu++)
		sum += ba_cache_cpu(&o->ctx, cache, cpu)->inuse;
	return sum;
}

/*
 * An area costs a vm_struct and an array of pages, and a vmap_area beside the
 * hole below and that above it. All but these come back.
 */
TEST(objects_of_an_area)
{
	static const char *const profile[] = { "6.1L", "6.12L" };

	for (uint32_t i = 0; i < 2; i++) {
		struct own *o = boot(profile[i], 1);
		uint16_t vm = ba_kmalloc_cache(&o->ctx, i ? 72 : 64,
					       BA_GFP_KERNEL);
		uint16_t array = ba_kmalloc_cache(&o->ctx, 200 * 8,
						  BA_GFP_KERNEL);
		uint64_t a = get(o, 200 * PAGE);
		struct ba_vmalloc_info info;

		CHECK_EQ(inuse(o, o->v->area_cache), 3);
		CHECK_EQ(inuse(o, vm), 1);
		CHECK_EQ(inuse(o, array), 1);
		REQUIRE(ba_vmalloc_find(o->v, a, &info));
		CHECK_EQ(ba_object_find(&o->ctx, o->nodes, info.vm->object)
				 .cache, vm);
		CHECK_EQ(ba_object_find(&o->ctx, o->nodes, info.vm->pages)
				 .cache, array);
		/* the next cut is at an edge: no spare is used */
		CHECK_EQ(put(o, get(o, PAGE)), BA_OK);
		CHECK_EQ(inuse(o, o->v->area_cache), 5);
		CHECK_EQ(put(o, a), BA_OK);
		CHECK_EQ(inuse(o, vm), 0);
		CHECK_EQ(inuse(o, array), 0);
		/* lazily freed neighbours become one in 6.1 */
		CHECK_EQ(inuse(o, o->v->area_cache), i ? 5 : 4);
		shut(o);
	}
}

/* What vmalloc asks for, asked for by hand: bulk data pages, then tables. */
static void by_hand(struct own *o, uint32_t nr, uint64_t *vm, uint64_t *array,
		    pfn_t *pfns)
{
	const gfp_t gfp = BA_GFP_KERNEL | BA_GFP_ZERO;
	struct ba_slab_spec spec = { .object_size = 64, .align = 8,
				     .flags = BA_SLAB_PANIC };
	struct ba_slab_request area = { .gfp = BA_GFP_NOWAIT_6_1,
					.node = BA_ANY_NODE };
	uint32_t got = 0;

	(void)ba_kmem_cache_create(&o->ctx, "vmap_area", &spec, &area.cache);
	(void)ba_kmem_cache_alloc(&o->ctx, o->nodes, &area);
	area.gfp = BA_GFP_KERNEL;
	*vm = ba_kmalloc(&o->ctx, o->nodes, 64, gfp, BA_ANY_NODE);
	(void)ba_kmem_cache_alloc(&o->ctx, o->nodes, &area);
	(void)ba_kmem_cache_alloc(&o->ctx, o->nodes, &area);
	*array = ba_kmalloc(&o->ctx, o->nodes, nr * 8, gfp, BA_ANY_NODE);
	while (got < nr)
		got += ba_alloc_pages_bulk(&o->ctx, o->nodes,
					   BA_GFP_KERNEL | BA_GFP_HIGHMEM |
					   BA_GFP_NOWARN, 0,
					   nr - got < 100 ? nr - got : 100,
					   pfns + got).got;
	for (uint32_t i = 0; i < 2; i++)
		(void)ba_alloc_pages(&o->ctx, o->nodes, gfp, 0, 0);
}

/* The order of requests: frames and free lists are those of such calls. */
TEST(order_of_requests)
{
	enum { NR = 250 };
	struct own *o = boot("6.1L", 1), *hand = boot("6.1L", 1);
	uint64_t a = get(o, NR * PAGE), vm, array;
	struct ba_vmalloc_info info;
	pfn_t pfns[NR];

	by_hand(hand, NR, &vm, &array, pfns);
	REQUIRE(ba_vmalloc_find(o->v, a, &info));
	CHECK_EQ(info.vm->object, vm);
	CHECK_EQ(info.vm->pages, array);
	for (uint32_t i = 0; i < NR; i++)
		CHECK_EQ(ba_vmalloc_to_pfn(o->v, a + i * PAGE), pfns[i]);
	CHECK(memcmp(o->nodes, hand->nodes, sizeof(*o->nodes)) == 0);
	CHECK(memcmp(o->ctx.frames, hand->ctx.frames,
		     PAGES * sizeof(*o->ctx.frames)) == 0);
	shut(hand);
	shut(o);
}

/* A part laid out for another machine is told from one's own. */
TEST(layout)
{
	struct own *o = boot("6.12L", 4);

	CHECK(ba_vmalloc_fits(o->v, PAGES, 4));
	CHECK(!ba_vmalloc_fits(o->v, PAGES + 1024, 4));
	CHECK(!ba_vmalloc_fits(o->v, PAGES, 2));
	get(o, PAGE);
	CHECK(ba_vmalloc_fits(o->v, PAGES, 4));
	o->v->space.nr_areas = o->v->space.max_areas + 1;
	CHECK(!ba_vmalloc_fits(o->v, PAGES, 4));
	o->v->space.nr_areas = 4;
	CHECK_EQ(o->v->bytes, ba_vmalloc_bytes(PAGES, 4));
	shut(o);
}

/* Sizes of all kinds come and go; W1..W4 all the way. */
static void churn(const char *profile, uint32_t cpus)
{
	struct own *o = boot(profile, cpus);
	uint64_t address[64] = { 0 };
	struct ba_rng rng;
	uint8_t zone;

	ba_rng_init(&rng, 3, cpus);
	for (uint32_t step = 0; step < 4000; step++) {
		uint32_t i = ba_rng_below(&rng, 64);
		bool large = ba_rng_below(&rng, 40) == 0;
		uint64_t size = 1 + ba_rng_below(&rng, large ? 5000000 :
							       100000);

		ba_set_cpu(&o->ctx, (cpu_t)ba_rng_below(&rng, cpus));
		if (address[i])
			CHECK_EQ(put(o, address[i]), BA_OK);
		address[i] = 0;
		CHECK_EQ(get_as(o, size,
				PAGE << ba_rng_below(&rng, 4),
				large ? BA_VM_ALLOW_HUGE : 0, &address[i]),
			 BA_OK);
		REQUIRE(address[i]);
		if (step % 200 == 0)
			REQUIRE(!ba_machine_check(&o->machine, &zone));
	}
	for (uint32_t i = 0; i < 64; i++)
		CHECK_EQ(put(o, address[i]), BA_OK);
	CHECK_EQ(o->v->nr_pages, 0);
	CHECK(o->v->space.purges > 5);
	shut(o);
}

TEST(random_6_1)
{
	churn("6.1L", 2);
}

TEST(random_6_12)
{
	churn("6.12L", 1);
	churn("6.12L", 3);
}
