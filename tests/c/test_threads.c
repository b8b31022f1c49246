/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads drive one machine at once, each on a CPU of its own, one on a CPU
 * that it shares with another. What they get they note in maps of their own,
 * so that a page or an object that is handed out twice is seen; some of it
 * goes from hand to hand and is freed on another CPU. At the end all is given
 * back, every invariant holds and no page is lost.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "mm/fault.h"
#include "mm/kvmalloc.h"
#include "mm/object_lru.h"
#include "mm/shrinker.h"
#include "mm/slab_alloc.h"
#include "mm/slab_common.h"
#include "mm/user.h"
#include "sim/check.h"
#include "sim/clock.h"
#include "sim/machine.h"
#include "sim/waits.h"

#include "booted.h"

#define NR_CPUS		4u
#define NR_WORKERS	5u	/* the last shares CPU 0 */
#define NR_SLOTS	512u	/* things that a worker has at most */
#define NR_MAIL		32u
#define NR_CACHES	4u
#define TURN		32u	/* calls between enter and leave */
#define TURNS		ROUNDS(600u)
#define WORD		8u	/* bytes: no object is smaller */
#define VMALLOC_PAGES	(1u << 18)

enum kind { NOTHING, PAGES, OBJECT, KMALLOC, AREA, MAP, EITHER, USER, NR_KINDS };

struct thing {
	enum kind kind;
	uint64_t at;		/* frame, address or handle */
	uint64_t size;		/* order, bytes or pages */
	uint16_t cache;
};

static struct ba_machine machine;
static struct ba_nodes *nodes;
static uint16_t caches[NR_CACHES], with_shrinker;
static _Atomic uint8_t *frames_taken, *words_taken, *areas_taken;
static _Atomic(struct thing *) mail[NR_MAIL];
static atomic_uint twice;	/* things handed out while somebody had them */
static atomic_uint refused;	/* things of ours that were not taken back */
static atomic_uint broken;	/* checks that failed */
static atomic_bool over;

struct worker {
	pthread_t thread;
	struct ba_ctx ctx;
	cpu_t cpu;
	uint64_t random;
	unsigned int kinds;	/* bits: what it asks for */
	unsigned int nr;	/* of the worker */
	struct thing slot[NR_SLOTS];
	uint32_t nr_lives;		/* caches of its own so far */
};

static uint32_t below(struct worker *w, uint32_t end)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return (uint32_t)(w->random >> 20) % end;
}

/* ---- whose is it --------------------------------------------------- */

static void claim(_Atomic uint8_t *map, uint64_t from, uint64_t nr)
{
	for (uint64_t i = from; i < from + nr; i++)
		if (atomic_exchange_explicit(&map[i], 1, memory_order_relaxed))
			twice++;
}

static void disclaim(_Atomic uint8_t *map, uint64_t from, uint64_t nr)
{
	for (uint64_t i = from; i < from + nr; i++)
		if (!atomic_exchange_explicit(&map[i], 0, memory_order_relaxed))
			twice++;
}

static uint64_t word_of(const struct worker *w, uint64_t address)
{
	return (address - w->ctx.caches->page_offset) / WORD;
}

static void mark(const struct worker *w, const struct thing *t, bool ours)
{
	void (*note)(_Atomic uint8_t *, uint64_t, uint64_t) =
		ours ? claim : disclaim;
	uint64_t pages = (t->size + BA_PAGE_SIZE - 1) / BA_PAGE_SIZE;

	if (t->kind == PAGES)
		note(frames_taken, t->at, UINT64_C(1) << t->size);
	else if (t->kind == AREA || t->kind == MAP ||
		 (t->kind == EITHER && ba_is_vmalloc(t->at)))
		note(areas_taken, (t->at - BA_VMALLOC_START) / BA_PAGE_SIZE,
		     pages);
	else if (t->kind != USER)
		note(words_taken, word_of(w, t->at), (t->size + WORD - 1) /
						     WORD);
}

/* With bytes: the owner's mark, in the first word of what it has. */
static void write_mark(const struct worker *w, const struct thing *t)
{
	uint64_t address = t->at;

	if (!w->ctx.memory || (t->kind != PAGES && t->kind != OBJECT &&
			       t->kind != KMALLOC))
		return;
	if (t->kind == PAGES)
		memset(ba_memory_at(w->ctx.memory, (pfn_t)t->at), 0x5a, 64);
	else
		memset(w->ctx.memory->direct + word_of(w, address) * WORD,
		       0xa5, WORD);
}

static void check_mark(const struct worker *w, const struct thing *t)
{
	const uint8_t *bytes;

	if (!w->ctx.memory || (t->kind != PAGES && t->kind != OBJECT &&
			       t->kind != KMALLOC))
		return;
	bytes = t->kind == PAGES ? ba_memory_at(w->ctx.memory, (pfn_t)t->at) :
				   w->ctx.memory->direct +
				   word_of(w, t->at) * WORD;
	if (bytes[0] != (t->kind == PAGES ? 0x5a : 0xa5))
		twice++;
}

/* ---- asking ---------------------------------------------------------- */

static uint32_t any_gfp(struct worker *w)
{
	static const uint32_t gfps[] = {
		BA_GFP_KERNEL, BA_GFP_KERNEL | BA_GFP_RECLAIMABLE,
		BA_GFP_HIGHUSER_MOVABLE, BA_GFP_HIGHUSER_MOVABLE | BA_GFP_COMP,
		BA_GFP_ATOMIC_6_12, BA_GFP_NOWAIT_6_1,
		BA_GFP_KERNEL | BA_GFP_ZERO | BA_GFP_NORETRY,
	};

	return gfps[below(w, sizeof(gfps) / sizeof(*gfps))];
}

static struct thing get_pages(struct worker *w)
{
	struct thing t = { .kind = PAGES };
	order_t order = (order_t)(below(w, 8) ? below(w, 4) : below(w, 11));
	pfn_t pfn = ba_alloc_pages(&w->ctx, nodes, any_gfp(w), order, 0);

	if (pfn == BA_PFN_NONE)
		return (struct thing){ .kind = NOTHING };
	t.at = pfn;
	t.size = order;
	return t;
}

static struct thing get_object(struct worker *w)
{
	struct thing t = { .kind = OBJECT,
			   .cache = caches[below(w, NR_CACHES)] };
	struct ba_slab_request request = { .cache = t.cache,
					   .node = BA_ANY_NODE,
					   .gfp = BA_GFP_KERNEL };

	t.at = ba_kmem_cache_alloc(&w->ctx, nodes, &request);
	t.size = ba_cache_at(&w->ctx, t.cache)->spec.object_size;
	return t.at ? t : (struct thing){ .kind = NOTHING };
}

static struct thing get_kmalloc(struct worker *w)
{
	struct thing t = { .kind = KMALLOC, .size = 1 + below(w, 300) };
	uint32_t gfp = below(w, 4) ? BA_GFP_KERNEL : BA_GFP_KERNEL_ACCOUNT;

	if (!below(w, 8))
		t.size = 1 + below(w, 20000);
	t.at = ba_kmalloc(&w->ctx, nodes, t.size, gfp, BA_ANY_NODE);
	return t.at ? t : (struct thing){ .kind = NOTHING };
}

static struct thing get_area(struct worker *w)
{
	struct ba_vmalloc_request request = {
		.size = 1 + below(w, 40 * BA_PAGE_SIZE), .align = 1,
		.gfp = BA_GFP_KERNEL, .node = BA_ANY_NODE };
	struct thing t = { .kind = AREA, .size = request.size };

	if (ba_vmalloc(&w->ctx, nodes, &request, &t.at) != BA_OK)
		refused++;
	return t.at ? t : (struct thing){ .kind = NOTHING };
}

static struct thing get_map(struct worker *w)
{
	pfn_t pfns[3] = { 1000, 2000, 3000 }, bad;
	struct thing t = { .kind = MAP, .size = sizeof(pfns) / sizeof(*pfns) *
						BA_PAGE_SIZE };

	if (ba_vmap(&w->ctx, nodes, pfns, 3, &t.at, &bad) != BA_OK)
		refused++;
	return t.at ? t : (struct thing){ .kind = NOTHING };
}

static struct thing get_either(struct worker *w)
{
	struct thing t = { .kind = EITHER,
			   .size = 1 + below(w, 8 * BA_PAGE_SIZE) };

	if (!below(w, 8))
		t.size = 3 << 20;
	if (ba_kvmalloc(&w->ctx, nodes, t.size, BA_GFP_KERNEL, BA_ANY_NODE,
			&t.at) != BA_OK)
		refused++;
	return t.at ? t : (struct thing){ .kind = NOTHING };
}

static struct thing get_user(struct worker *w)
{
	struct ba_mapping mapping = { .anon = below(w, 2), .dirty = below(w, 2),
				      .madvised = true };
	struct thing t = { .kind = USER };

	if (below(w, 40)) {
		t.at = ba_fault_new(&w->ctx, nodes, &mapping);
	} else {
		mapping.anon = true;
		t.at = ba_fault_new_huge(&w->ctx, nodes, &mapping);
	}
	return t.at ? t : (struct thing){ .kind = NOTHING };
}

static struct thing get(struct worker *w)
{
	enum kind kind = PAGES;

	do {
		kind = (enum kind)(1 + below(w, NR_KINDS - 1));
	} while (!(w->kinds >> kind & 1u));
	switch (kind) {
	case PAGES:
		return get_pages(w);
	case OBJECT:
		return get_object(w);
	case KMALLOC:
		return get_kmalloc(w);
	case AREA:
		return get_area(w);
	case MAP:
		return get_map(w);
	case EITHER:
		return get_either(w);
	case USER:
		return get_user(w);
	case NOTHING:
	case NR_KINDS:
		break;
	}
	return (struct thing){ .kind = NOTHING };
}

/* ---- giving back ----------------------------------------------------- */

static void put(struct worker *w, struct thing *t)
{
	enum ba_status status = BA_OK;
	pfn_t bad;

	if (t->kind == NOTHING)
		return;
	check_mark(w, t);
	mark(w, t, false);
	if (t->kind == PAGES)
		status = ba_free_pages(&w->ctx, nodes, (pfn_t)t->at,
				       (order_t)t->size);
	else if (t->kind == OBJECT)
		status = ba_kmem_cache_free(&w->ctx, nodes, t->cache, t->at);
	else if (t->kind == KMALLOC)
		status = ba_kfree(&w->ctx, nodes, t->at);
	else if (t->kind == AREA)
		status = ba_vfree(&w->ctx, nodes, t->at, &bad);
	else if (t->kind == MAP)
		status = ba_vunmap(&w->ctx, nodes, t->at);
	else if (t->kind == EITHER)
		status = ba_kvfree(&w->ctx, nodes, t->at, &bad);
	else
		ba_user_release(&w->ctx, nodes, (uint32_t)t->at);
	refused += status != BA_OK;
	t->kind = NOTHING;
}

/* Ours goes into a letter box, what lay there is ours. */
static void swap(struct worker *w, struct thing *t)
{
	struct thing *letter = malloc(sizeof(*letter)), *got;

	if (!letter)
		exit(2);
	*letter = *t;
	got = atomic_exchange(&mail[below(w, NR_MAIL)], letter);
	*t = got ? *got : (struct thing){ .kind = NOTHING };
	free(got);
}

/* ---- many at once ---------------------------------------------------- */

#define BATCH 40u

static void bulk_of_pages(struct worker *w)
{
	pfn_t pfns[BATCH];
	uint32_t bad;
	struct ba_bulk bulk = ba_alloc_pages_bulk(&w->ctx, nodes, BA_GFP_KERNEL,
						  0, BATCH, pfns);

	for (uint32_t i = 0; i < bulk.got; i++)
		claim(frames_taken, pfns[i], 1);
	for (uint32_t i = 0; i < bulk.got; i++)
		disclaim(frames_taken, pfns[i], 1);
	refused += ba_free_pages_list(&w->ctx, nodes, pfns, bulk.got, &bad) !=
		   BA_OK;
}

static void bulk_of_objects(struct worker *w)
{
	struct ba_slab_request request = { .cache = caches[below(w, NR_CACHES)],
					   .node = BA_ANY_NODE,
					   .gfp = BA_GFP_KERNEL };
	uint64_t at[BATCH];
	uint32_t bad;

	if (!ba_kmem_cache_alloc_bulk(&w->ctx, nodes, &request, BATCH, at))
		return;
	for (uint32_t i = 0; i < BATCH; i++)
		claim(words_taken, word_of(w, at[i]), 1);
	for (uint32_t i = 0; i < BATCH; i++)
		disclaim(words_taken, word_of(w, at[i]), 1);
	refused += ba_kmem_cache_free_bulk(&w->ctx, nodes, request.cache, at,
					   BATCH, &bad) != BA_OK;
}

/* A cache of its own, some of which are merged with others'. */
static void life_of_a_cache(struct worker *w)
{
	struct ba_slab_spec spec = { .object_size = 64 + 8 * below(w, 12) };
	struct ba_slab_request request = { .node = BA_ANY_NODE,
					   .gfp = BA_GFP_KERNEL };
	uint64_t at[BATCH];
	char name[BA_CACHE_NAME];
	uint32_t nr = 0;

	/* a name of an earlier life may live on, if others were merged with it */
	snprintf(name, sizeof(name), "of-%u-%u", w->nr, w->nr_lives++);
	if (ba_kmem_cache_create(&w->ctx, name, &spec, &request.cache) !=
	    BA_OK) {
		refused++;
		return;
	}
	while (nr < BATCH &&
	       (at[nr] = ba_kmem_cache_alloc(&w->ctx, nodes, &request)))
		nr++;
	if (ba_kmem_cache_find(&w->ctx, name) != request.cache)
		refused++;
	while (nr--)
		refused += ba_kmem_cache_free(&w->ctx, nodes, request.cache,
					      at[nr]) != BA_OK;
	refused += ba_kmem_cache_destroy(&w->ctx, nodes, request.cache, name) !=
		   BA_OK;
}

/* Objects that are left to reclaim. */
static void leave_objects(struct worker *w)
{
	struct ba_slab_request request = { .cache = with_shrinker,
					   .node = BA_ANY_NODE,
					   .gfp = BA_GFP_KERNEL };

	for (uint32_t i = 0; i < BATCH; i++) {
		uint64_t at = ba_kmem_cache_alloc(&w->ctx, nodes, &request);

		if (!at)
			return;
		if (i % 4)
			ba_object_unuse(&w->ctx, ba_object_find(&w->ctx, nodes,
								at));
		else
			refused += ba_kmem_cache_free(&w->ctx, nodes,
						      with_shrinker, at) !=
				   BA_OK;
	}
}

static void now_and_then(struct worker *w)
{
	if (w->kinds >> PAGES & 1u)
		bulk_of_pages(w);
	if (w->kinds >> OBJECT & 1u) {
		bulk_of_objects(w);
		life_of_a_cache(w);
		if (!w->ctx.memory)
			leave_objects(w);
		if (!below(w, 4))
			ba_kmem_cache_shrink(&w->ctx, nodes,
					     caches[below(w, NR_CACHES)]);
	}
	if (w->kinds >> AREA & 1u)
		ba_vm_unmap_aliases(&w->ctx, nodes);
	if (w->kinds >> PAGES & 1u && !below(w, 8))
		ba_drain_all_pages(&w->ctx, nodes);
}

/* ---- the workers ----------------------------------------------------- */

static void resize(struct worker *w, struct thing *t)
{
	uint64_t size = 1 + below(w, 300), at;
	struct thing old = *t;

	mark(w, &old, false);
	if (ba_krealloc(&w->ctx, nodes, t->at, size, BA_GFP_KERNEL, &at) !=
	    BA_OK)
		refused++;
	if (at) {
		t->at = at;
		t->size = size;
	}
	mark(w, t, true);
	write_mark(w, t);
}

static void act(struct worker *w)
{
	struct thing *t = &w->slot[below(w, NR_SLOTS)];

	if (t->kind == NOTHING) {
		*t = get(w);
		if (t->kind != NOTHING) {
			mark(w, t, true);
			write_mark(w, t);
		}
	} else if (t->kind == USER && below(w, 4)) {
		ba_fault_touch(&w->ctx, nodes, (uint32_t)t->at, below(w, 2),
			       0);
	} else if (t->kind == KMALLOC && !below(w, 4)) {
		resize(w, t);
	} else if (!below(w, 4)) {
		swap(w, t);
	} else {
		put(w, t);
	}
}

static void *work(void *arg)
{
	struct worker *w = arg;

	for (unsigned int turn = 0; turn < TURNS; turn++) {
		w->ctx = ba_machine_enter(&machine, w->cpu);
		for (unsigned int i = 0; i < TURN; i++)
			act(w);
		if (!below(w, 4))
			now_and_then(w);
		ba_machine_leave(&w->ctx);
	}
	w->ctx = ba_machine_enter(&machine, w->cpu);
	for (unsigned int i = 0; i < NR_SLOTS; i++)
		put(w, &w->slot[i]);
	ba_machine_leave(&w->ctx);
	return NULL;
}

/* One who now and then wants the machine alone. */
static void *supervise(void *arg)
{
	unsigned int nr = 0;

	(void)arg;
	while (!over) {
		struct ba_waits waits[64];
		struct ba_machine copy;
		uint8_t zone;

		ba_waits(&machine, waits, 64);
		ba_machine_stop(&machine);
		broken += ba_machine_check(&machine, &zone) != NULL;
		ba_clock_advance(&machine, 300000000);
		if (++nr % 8 == 0) {
			if (ba_machine_copy(&machine, &copy) != BA_OK ||
			    !ba_machine_equal(&machine, &copy))
				broken++;
			ba_machine_destroy(&copy);
			ba_machine_sysctl(&machine, "drop_caches", 2, NULL, 0);
		}
		ba_machine_resume(&machine);
		for (int i = 0; i < 20 && !over; i++)
			sched_yield();
	}
	return NULL;
}

/* ---- a stress -------------------------------------------------------- */

static void make_caches(bool shrinker)
{
	static const uint32_t sizes[NR_CACHES] = { 24, 200, 1000, 5000 };
	struct ba_ctx ctx = ba_machine_enter(&machine, 0);

	for (unsigned int i = 0; i < NR_CACHES; i++) {
		struct ba_slab_spec spec = { .object_size = sizes[i] };
		char name[BA_CACHE_NAME];

		if (i == 1)
			spec.flags = BA_SLAB_CONSISTENCY_CHECKS;
		snprintf(name, sizeof(name), "test-%u", sizes[i]);
		if (ba_kmem_cache_create(&ctx, name, &spec, &caches[i]) !=
		    BA_OK)
			exit(2);
	}
	if (shrinker) {
		struct ba_slab_spec spec = { .object_size = 192,
					     .flags = BA_SLAB_NO_MERGE };

		if (ba_kmem_cache_create(&ctx, "left", &spec,
					 &with_shrinker) != BA_OK ||
		    ba_shrinker_register(&ctx, with_shrinker, 2, 128) != BA_OK)
			exit(2);
	}
	ba_machine_leave(&ctx);
}

/* Frames in use that no slab and no page table has. */
static int64_t lost_pages(void)
{
	struct ba_ctx ctx = ba_machine_ctx(&machine, 0);
	struct ba_vmalloc_stat stat;
	int64_t pages = 0;

	ba_vmalloc_stat(ctx.vmalloc, &stat);
	for (uint8_t id = 0; id < nodes->nr_zones; id++) {
		const struct ba_zone *zone = &nodes->zone[id];

		pages += zone->wmark.managed -
			 ba_vmstat_sum(&zone->buddy.free_pages);
		for (cpu_t cpu = 0; cpu < NR_CPUS; cpu++)
			pages -= zone->pcp[cpu].count;
	}
	for (pfn_t pfn = 0; pfn < nodes->end; pfn++)
		pages -= ba_slabs(&ctx)[pfn].cache != 0;
	return pages - (int64_t)stat.page_tables;
}

static int64_t objects_in_use(uint16_t cache)
{
	struct ba_ctx ctx = ba_machine_ctx(&machine, 0);
	int64_t nr = 0;

	for (cpu_t cpu = 0; cpu < NR_CPUS; cpu++)
		nr += ba_cache_cpu(&ctx, cache, cpu)->inuse;
	return nr;
}

static void *map_of(size_t bytes)
{
	void *map = calloc(bytes, 1);

	if (!map)
		exit(2);
	return map;
}

static void begin(const struct ba_config *config)
{
	machine = booted_with(config);
	nodes = ba_machine_nodes(&machine);
	frames_taken = map_of(nodes->end);
	words_taken = map_of((size_t)nodes->end * BA_PAGE_SIZE / WORD);
	areas_taken = map_of(VMALLOC_PAGES);
	twice = refused = broken = 0;
	over = false;
	make_caches(!config->backed);
}

static void end(void)
{
	uint8_t zone;

	for (unsigned int i = 0; i < NR_CACHES; i++) {
		struct ba_ctx ctx = ba_machine_enter(&machine, 0);

		CHECK_EQ(objects_in_use(caches[i]), 0);
		CHECK(!ba_kmem_cache_shrink(&ctx, nodes, caches[i]));
		ba_machine_leave(&ctx);
	}
	CHECK_EQ(twice, 0);
	CHECK_EQ(refused, 0);
	CHECK_EQ(broken, 0);
	CHECK_STR_EQ(ba_machine_check(&machine, &zone), NULL);
	CHECK_EQ(lost_pages(), 0);
	free((void *)frames_taken);
	free((void *)words_taken);
	free((void *)areas_taken);
	ba_machine_destroy(&machine);
}

static struct worker workers[NR_WORKERS];

static void empty_mail(void)
{
	struct worker *w = &workers[0];

	w->ctx = ba_machine_enter(&machine, 0);
	for (unsigned int i = 0; i < NR_MAIL; i++) {
		struct thing *t = atomic_exchange(&mail[i], NULL);

		if (t)
			put(w, t);
		free(t);
	}
	ba_machine_leave(&w->ctx);
}

static void stress(const struct ba_config *config, unsigned int kinds)
{
	pthread_t supervisor;

	begin(config);
	memset(workers, 0, sizeof(workers));
	for (unsigned int i = 0; i < NR_WORKERS; i++) {
		workers[i].nr = i;
		workers[i].cpu = (cpu_t)(i % NR_CPUS);
		workers[i].random = 88172645463325252u + i;
		workers[i].kinds = kinds;
		REQUIRE(!pthread_create(&workers[i].thread, NULL, work,
					&workers[i]));
	}
	REQUIRE(!pthread_create(&supervisor, NULL, supervise, NULL));
	for (unsigned int i = 0; i < NR_WORKERS; i++)
		REQUIRE(!pthread_join(workers[i].thread, NULL));
	over = true;
	REQUIRE(!pthread_join(supervisor, NULL));
	empty_mail();
	end();
}

static struct ba_config shared_config(const struct ba_profile *profile)
{
	struct ba_config config;

	ba_config_init(&config);
	config.memory_pages = 16384;
	config.nr_cpus = NR_CPUS;
	config.shared = true;
	config.profile = *profile;
	config.slab_freelist_random = 1;
	return config;
}

#define KIND(kind) (1u << (kind))
#define KERNELS(kind_mask)						\
	struct ba_config of_6_1 = shared_config(&ba_profile_6_1L);	\
	struct ba_config of_6_12 = shared_config(&ba_profile_6_12L);	\
									\
	stress(&of_6_1, kind_mask);					\
	stress(&of_6_12, kind_mask)

TEST(pages)
{
	KERNELS(KIND(PAGES));
}

TEST(objects_and_caches)
{
	KERNELS(KIND(OBJECT) | KIND(KMALLOC));
}

TEST(areas)
{
	KERNELS(KIND(AREA) | KIND(MAP) | KIND(EITHER));
}

TEST(user_memory_under_pressure)
{
	struct ba_config config = shared_config(&ba_profile_6_1L);

	config.memory_pages = 4096;
	config.swap = 16384;
	stress(&config, KIND(USER) | KIND(PAGES));
	config.profile = ba_profile_6_12L;
	stress(&config, KIND(USER) | KIND(PAGES));
}

TEST(all_of_it)
{
	struct ba_config config = shared_config(&ba_profile_6_1L);

	config.memory_pages = 8192;
	config.swap = 16384;
	stress(&config, ~0u);
	config.profile = ba_profile_6_12L;
	config.nr_nodes = 2;
	stress(&config, ~0u);
}

TEST(all_of_it_with_bytes)
{
	struct ba_config config = shared_config(&ba_profile_6_1L);

	if (!ba_memory_possible())
		return;
	config.backed = true;
	config.init_on_alloc = 1;
	config.memory_pages = 8192;
	config.swap = 16384;
	stress(&config, ~0u);
}
