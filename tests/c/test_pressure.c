// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random work on a machine that is short of memory, with slabs, reclaim,
 * compaction, swap, huge pages and the OOM killer at work. Again and again
 * every invariant is recounted, and no page is lost:
 *
 *	free + blocks of the kernel + slabs and large kmallocs
 *	     + resident user pages = all pages
 *
 * The full work is recounted after each step. To recount takes as long as a
 * hundred steps; so where less is done (ROUNDS) it happens after each step in
 * the beginning, later after each that treats the machine as a whole, and else
 * after every 32nd. When something is broken the same steps are done once
 * more, and recounted after each since all was well: the report of that second
 * run names the step that breaks it.
 */
#include "sim/clock.h"

#include <stdlib.h>

#include "base/rng.h"
#include "mm/fault.h"
#include "mm/shrinker.h"
#include "sim/check.h"

#include "booted.h"

#define STEPS	ROUNDS(500000u)
#define FIRST	ROUNDS(5000u)	/* steps that are recounted one by one */
#define EVERY	(TESTLIB_EFFORT < 100 ? 32u : 1u) /* from one to the next */

#define BLOCKS	512u		/* blocks of the kernel at one time */
#define OBJECTS	128u		/* objects and kmallocs at one time */
#define CACHES	4u
#define DENTRIES 200u		/* objects that only reclaim frees */
#define USERS	4096u		/* handles that the test knows */

struct block {
	pfn_t pfn;
	order_t order;
};

struct object {
	uint64_t address;		/* 0: none */
	uint16_t cache;			/* BA_CACHE_NONE: of kmalloc */
};

struct work {
	struct ba_machine machine;
	struct ba_nodes *nodes;
	struct ba_rng rng;
	struct block block[BLOCKS];
	struct object object[OBJECTS];
	uint16_t cache[CACHES], dentries;
	uint32_t handle[USERS];
	uint64_t pages;			/* of the machine */
};

static uint32_t below(struct work *w, uint32_t n)
{
	return ba_rng_below(&w->rng, n);
}

static uint64_t kernel_pages(const struct work *w)
{
	uint64_t pages = 0;

	for (uint32_t i = 0; i < BLOCKS; i++)
		if (w->block[i].pfn != BA_PFN_NONE)
			pages += UINT64_C(1) << w->block[i].order;
	return pages;
}

static uint64_t object_pages(const struct work *w, const struct ba_ctx *ctx)
{
	uint64_t pages = 0;

	for (pfn_t pfn = 0; pfn < w->nodes->end; pfn++) {
		const struct ba_frame *f = &ctx->frames[pfn];

		pages += ba_slabs(ctx)[pfn].cache != 0;
		if (f->state == BA_FRAME_USED && f->flags & BA_FRAME_KMALLOC)
			pages += UINT64_C(1) << f->order;
	}
	return pages;
}

static uint64_t user_pages(const struct ba_ctx *ctx)
{
	uint64_t pages = 0;

	for (uint32_t i = 1; i <= ctx->vm->nr_handles; i++)
		if (ctx->handles[i].state == BA_HANDLE_RESIDENT)
			pages += UINT64_C(1) << ctx->handles[i].order;
	return pages;
}

static uint64_t free_pages(const struct work *w)
{
	uint64_t pages = 0;

	for (uint8_t id = 0; id < w->nodes->nr_zones; id++) {
		const struct ba_zone *zone = &w->nodes->zone[id];

		pages += (uint64_t)ba_vmstat_sum(&zone->buddy.free_pages);
		for (cpu_t cpu = 0; cpu < w->nodes->nr_cpus; cpu++)
			pages += (uint64_t)zone->pcp[cpu].count;
	}
	return pages;
}

static void kernel_step(struct work *w, struct ba_ctx *ctx)
{
	static const uint32_t gfps[] = {
		BA_GFP_KERNEL, BA_GFP_KERNEL | BA_GFP_RECLAIMABLE,
		BA_GFP_NOFS, BA_GFP_NOIO, BA_GFP_KERNEL | BA_GFP_NORETRY,
		BA_GFP_KERNEL | BA_GFP_RETRY_MAYFAIL,
		BA_GFP_KSWAPD_RECLAIM | BA_GFP_HIGH, 0,
		BA_GFP_KERNEL | BA_GFP_MEMALLOC, BA_GFP_KERNEL | BA_GFP_DMA,
		BA_GFP_KERNEL | BA_GFP_NOFAIL,
	};
	struct block *b = &w->block[below(w, BLOCKS)];

	if (b->pfn != BA_PFN_NONE) {
		CHECK_EQ(ba_free_pages(ctx, w->nodes, b->pfn, b->order), BA_OK);
		b->pfn = BA_PFN_NONE;
		return;
	}
	b->order = (order_t)(below(w, 4) ? below(w, 3) : below(w, 11));
	b->pfn = ba_alloc_pages(ctx, w->nodes,
				gfps[below(w, sizeof(gfps) / sizeof(*gfps))],
				b->order,
				(uint8_t)below(w, w->nodes->nr_nodes));
}

static gfp_t slab_gfp(struct work *w)
{
	static const gfp_t gfps[] = {
		BA_GFP_KERNEL, BA_GFP_KERNEL, BA_GFP_KERNEL | BA_GFP_ACCOUNT,
		BA_GFP_KERNEL | BA_GFP_RECLAIMABLE, BA_GFP_NOFS,
		BA_GFP_KERNEL | BA_GFP_DMA, BA_GFP_NOWAIT_6_1,
		BA_GFP_KERNEL | BA_GFP_THISNODE,
	};

	return gfps[below(w, sizeof(gfps) / sizeof(*gfps))];
}

static uint8_t some_node(struct work *w)
{
	return below(w, 2) ? BA_ANY_NODE :
			     (uint8_t)below(w, w->nodes->nr_nodes);
}

/* Bytes of a kmalloc: mostly objects, of which a slab has 64 at most. */
static uint32_t some_size(struct work *w)
{
	return 33 + below(w, 32u << below(w, 11));
}

static void new_object(struct work *w, struct ba_ctx *ctx, struct object *o)
{
	struct ba_slab_request request = { .gfp = slab_gfp(w),
					   .node = some_node(w) };

	o->cache = BA_CACHE_NONE;
	if (below(w, 2)) {
		request.cache = o->cache = w->cache[below(w, CACHES)];
		request.slack = (uint16_t)below(w, 8);
		o->address = ba_kmem_cache_alloc(ctx, w->nodes, &request);
	} else {
		o->address = ba_kmalloc(ctx, w->nodes, some_size(w),
					request.gfp, request.node);
	}
}

/* Resized or freed; what has been freed cannot be freed again. */
static void old_object(struct work *w, struct ba_ctx *ctx, struct object *o)
{
	uint64_t address = o->address;

	if (o->cache == BA_CACHE_NONE && !below(w, 4)) {
		CHECK_EQ(ba_krealloc(ctx, w->nodes, address, some_size(w),
				     slab_gfp(w), &o->address), BA_OK);
		if (!o->address)
			o->address = address;
		return;
	}
	if (o->cache == BA_CACHE_NONE || below(w, 2))
		CHECK_EQ(ba_kfree(ctx, w->nodes, address), BA_OK);
	else
		CHECK_EQ(ba_kmem_cache_free(ctx, w->nodes, o->cache, address),
			 BA_OK);
	CHECK(ba_kfree(ctx, w->nodes, address) != BA_OK);
	o->address = 0;
}

/* An object that is kept until reclaim wants its page. */
static void new_dentry(struct work *w, struct ba_ctx *ctx)
{
	struct ba_slab_request request = { .cache = w->dentries,
					   .gfp = BA_GFP_KERNEL,
					   .node = some_node(w) };
	int64_t nr = 0;
	uint64_t address;

	for (cpu_t cpu = 0; cpu < w->nodes->nr_cpus; cpu++)
		nr += ba_cache_cpu(ctx, w->dentries, cpu)->inuse;
	if (nr >= DENTRIES)
		return;
	address = ba_kmem_cache_alloc(ctx, w->nodes, &request);
	if (address)
		ba_object_unuse(ctx, ba_object_find(ctx, w->nodes, address));
}

/* Some at once, and some of these back at once. */
static void bulk_step(struct work *w, struct ba_ctx *ctx)
{
	struct ba_slab_request request = { .cache = w->cache[below(w, CACHES)],
					   .gfp = slab_gfp(w),
					   .node = BA_ANY_NODE };
	uint32_t nr = 1 + below(w, 40), bad;
	uint64_t address[40];

	if (ba_kmem_cache_alloc_bulk(ctx, w->nodes, &request, nr, address))
		CHECK_EQ(ba_kmem_cache_free_bulk(ctx, w->nodes, BA_CACHE_NONE,
						 address, nr, &bad), BA_OK);
}

static void slab_step(struct work *w, struct ba_ctx *ctx)
{
	for (uint32_t n = below(w, 8); n > 0; n--) {
		struct object *o = &w->object[below(w, OBJECTS)];

		if (!below(w, 16))
			bulk_step(w, ctx);
		else if (!below(w, 4))
			new_dentry(w, ctx);
		else if (o->address)
			old_object(w, ctx, o);
		else
			new_object(w, ctx, o);
	}
}

static uint32_t new_user(struct work *w, struct ba_ctx *ctx)
{
	const struct ba_mapping mapping = {
		.anon = below(w, 2), .dirty = below(w, 2),
		.madvised = below(w, 2), .mm = (uint8_t)below(w, 5),
		.node = (uint8_t)below(w, w->nodes->nr_nodes) };

	if (mapping.anon && !below(w, 8))
		return ba_fault_new_huge(ctx, w->nodes, &mapping);
	return ba_fault_new(ctx, w->nodes, &mapping);
}

static void user_step(struct work *w, struct ba_ctx *ctx)
{
	for (uint32_t n = below(w, 16); n > 0; n--) {
		uint32_t *handle = &w->handle[below(w, USERS)];

		/* the OOM killer takes some, and others get their numbers */
		if (!ba_user_has(ctx, *handle))
			*handle = new_user(w, ctx);
		else if (below(w, 8))
			ba_fault_touch(ctx, w->nodes, *handle, below(w, 2), 0);
		else
			ba_user_release(ctx, w->nodes, *handle);
	}
}

static void rare_step(struct work *w, struct ba_ctx *ctx)
{
	switch (below(w, 6)) {
	case 0:
		ba_user_drop_caches(ctx, w->nodes);
		break;
	case 4:
		ba_kmem_cache_shrink(ctx, w->nodes,
				     w->cache[below(w, CACHES)]);
		break;
	case 5:
		ba_drop_slab(ctx, w->nodes);
		break;
	case 1:
		ba_compact_node(ctx, w->nodes,
				(uint8_t)below(w, w->nodes->nr_nodes));
		break;
	case 2:
		ctx->vm->thp_defrag = below(w, BA_NR_THP_DEFRAG);
		ctx->vm->swappiness = below(w, 201);
		break;
	default:
		ba_drain_all_pages(ctx, w->nodes);
	}
}

/* True when it treats the machine as a whole. */
static bool step(struct work *w)
{
	struct ba_ctx ctx = ba_machine_ctx(&w->machine,
					   (cpu_t)below(w, w->nodes->nr_cpus));
	uint32_t what = below(w, 1000);

	if (what < 300)
		kernel_step(w, &ctx);
	else if (what < 600)
		user_step(w, &ctx);
	else if (what < 900)
		slab_step(w, &ctx);
	else if (what < 995)
		ba_clock_advance(&w->machine, below(w, 20000000));
	else
		rare_step(w, &ctx);
	return what >= 995;
}

/* False at the first step that breaks something. */
static bool holds(const struct work *w, uint32_t i)
{
	const struct ba_ctx ctx = ba_machine_ctx(&w->machine, 0);
	uint8_t zone = 0;
	const char *broken = ba_machine_check(&w->machine, &zone);

	if (broken)
		printf("# step %u, zone %u\n", i, (unsigned int)zone);
	return CHECK_STR_EQ(broken, NULL) &&
	       CHECK_EQ(free_pages(w) + kernel_pages(w) +
			object_pages(w, &ctx) + user_pages(&ctx), w->pages);
}

static void make_caches(struct work *w)
{
	static const struct ba_slab_spec specs[CACHES] = {
		{ .object_size = 100 },
		{ .object_size = 1700, .flags = BA_SLAB_HWCACHE_ALIGN },
		{ .object_size = 600, .flags = BA_SLAB_RED_ZONE },
		{ .object_size = 5000, .flags = BA_SLAB_ACCOUNT },
	}, dentries = { .object_size = 192, .flags = BA_SLAB_RECLAIM_ACCOUNT };
	struct ba_ctx ctx = ba_machine_ctx(&w->machine, 0);
	char name[16];

	for (unsigned int i = 0; i < CACHES; i++) {
		snprintf(name, sizeof(name), "cache %u", i);
		CHECK_EQ(ba_kmem_cache_create(&ctx, name, &specs[i],
					      &w->cache[i]), BA_OK);
	}
	CHECK_EQ(ba_kmem_cache_create(&ctx, "dentries", &dentries,
				      &w->dentries), BA_OK);
	CHECK_EQ(ba_shrinker_register(&ctx, w->dentries, BA_SHRINK_SEEKS,
				      BA_SHRINK_BATCH), BA_OK);
}

static struct work *begin(const struct ba_config *config)
{
	struct work *w = calloc(1, sizeof(*w));

	if (!w)
		exit(2);
	w->machine = booted_with(config);
	w->nodes = ba_machine_nodes(&w->machine);
	ba_rng_init(&w->rng, config->nr_nodes, 0);
	for (uint32_t i = 0; i < BLOCKS; i++)
		w->block[i].pfn = BA_PFN_NONE;
	make_caches(w);
	w->pages = free_pages(w);
	return w;
}

static void end(struct work *w)
{
	ba_machine_destroy(&w->machine);
	free(w);
}

/*
 * All steps, from `each` on recounted one by one. When one breaks something
 * that is seen: the step from which on it was not looked for; else STEPS.
 */
static uint32_t work_on(struct work *w, uint32_t each)
{
	uint32_t from = 0;

	for (uint32_t i = 0; i < STEPS; i++) {
		bool whole = step(w);

		if (!whole && i >= FIRST && i < each && i % EVERY &&
		    i != STEPS - 1)
			continue;
		if (!holds(w, i))
			return from;
		from = i + 1;
	}
	return from;
}

/* All of it was at work. */
static void check_events(const struct work *w)
{
	static const enum ba_vm_event worked[] = {
		BA_VM_pswpin, BA_VM_pswpout, BA_VM_pgsteal_kswapd,
		BA_VM_pgsteal_direct, BA_VM_pgsteal_anon, BA_VM_pgsteal_file,
		BA_VM_slabs_scanned, BA_VM_oom_kill, BA_VM_pgmigrate_success,
		BA_VM_compact_stall, BA_VM_compact_daemon_wake,
		BA_VM_thp_fault_alloc, BA_VM_thp_swpout,
	};
	const uint64_t *counted = ba_machine_body(&w->machine)->vm.event;

	for (size_t i = 0; i < sizeof(worked) / sizeof(*worked); i++)
		if (!CHECK(counted[worked[i]] > 0))
			printf("# %s is 0\n", ba_vm_event_name(worked[i]));
}

static void run(const char *profile, uint32_t cpus, uint32_t nodes)
{
	struct ba_config config;
	struct work *w;
	uint32_t from;

	ba_config_init(&config);
	config.memory_pages = 6144;
	config.nr_cpus = cpus;
	config.nr_nodes = nodes;
	config.swap = 8192;
	config.slab_freelist_random = 1;
	CHECK_EQ(ba_profile_by_name(profile, &config.profile), BA_OK);
	w = begin(&config);
	from = work_on(w, STEPS);
	if (from == STEPS) {
		check_events(w);
	} else {
		end(w);
		w = begin(&config);
		work_on(w, from);
	}
	end(w);
}

TEST(one_node_of_6_1)
{
	run("6.1L", 1, 1);
}

TEST(two_nodes_of_6_12)
{
	run("6.12L", 2, 2);
}
