// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_slab - small objects through the model's kmalloc and kfree, and
 * through the malloc and free of processes, in turns.
 *
 *	bench_slab rounds ROUNDS STEPS
 *		one line for each figure: workload, backend, round, ns
 *	bench_slab once WORKLOAD BACKEND STEPS
 *		that workload alone, inside timed(), for a profiler to count
 *
 * Times are of the thread's CPU clock. A step is an allocation and a free, in
 * the bulk workloads one of the two; of these there are at most BULK steps.
 * All backends are called the same way and built with the same flags; size
 * and flags are hidden from the compiler. The mallocs are loaded beside the
 * process's own, which they would replace if they were linked.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/machine.h"

#define PAGES	262144u		/* 1 GiB */
#define BYTES	64u
#define BATCH	64u
#define LIVE	16384u
#define BULK	1000000u
#define MIXED	100000u		/* objects in use */
#define SIZES	65536u		/* different requests of the mix */
#define LEAST	8.0		/* bytes, the most is 1024 times that */
#define RATIO	1.0001057714595807	/* the SIZES-th root of 1024 */

#define always_inline	inline __attribute__((always_inline))

/* The compiler may not know the value of x. */
#define hide(x)		__asm__ __volatile__("" : "+r"(x))

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static always_inline uint32_t next_random(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

enum backend {
	NONE, MODEL, MODEL_LOCKED, MIMALLOC, GLIBC, JEMALLOC, TCMALLOC,
	NR_BACKENDS
};

static const char *const backend_name[NR_BACKENDS] = {
	"none", "model", "model_locked", "mimalloc", "glibc", "jemalloc",
	"tcmalloc",
};

/* Where Debian has the mallocs, and what these call their functions. */
static const struct peer_source {
	const char *library;
	const char *alloc, *free;
} peer_source[NR_BACKENDS] = {
	[MIMALLOC] = { "libmimalloc.so.2", "mi_malloc", "mi_free" },
	[GLIBC] = { "libc.so.6", "malloc", "free" },
	[JEMALLOC] = { "libjemalloc.so.2", "malloc", "free" },
	[TCMALLOC] = { "libtcmalloc_minimal.so.4", "tc_malloc", "tc_free" },
};

enum workload {
	HOT, HOT_1K, BATCHES, RANDOM, BULK_ALLOC, BULK_FREE_IN_ORDER,
	BULK_FREE_RANDOM, MIX, NR_WORKLOADS
};

static const char *const workload_name[NR_WORKLOADS] = {
	"hot", "hot_1k", "batches", "random", "bulk_alloc",
	"bulk_free_in_order", "bulk_free_random", "mix",
};

struct peer {
	void *(*alloc)(size_t size);	/* NULL: not installed */
	void (*free)(void *memory);
};

/* An allocator and what it is driven with. */
struct arena {
	struct ba_machine machine;
	struct ba_nodes *nodes;
	struct ba_ctx ctx;
	struct peer peer;
	uint64_t null;
	uint32_t random;
	uint32_t live;			/* objects in use between steps */
	uint64_t address[BULK];		/* of these */
	uint16_t size[SIZES];		/* of requests, bytes */
};

static struct peer peers[NR_BACKENDS];

static void find_peers(void)
{
	for (unsigned int b = 0; b < NR_BACKENDS; b++) {
		const struct peer_source *source = &peer_source[b];
		void *library;

		if (!source->library)
			continue;
		library = dlopen(source->library,
				 RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
		if (!library) {
			fprintf(stderr, "bench_slab: no %s: %s\n",
				backend_name[b], dlerror());
			continue;
		}
		*(void **)&peers[b].alloc = dlsym(library, source->alloc);
		*(void **)&peers[b].free = dlsym(library, source->free);
		if (!peers[b].free)
			peers[b].alloc = NULL;
	}
}

static bool is_model(enum backend backend)
{
	return backend == MODEL || backend == MODEL_LOCKED;
}

static bool is_there(enum backend backend)
{
	return !peer_source[backend].library || peers[backend].alloc;
}

static void create(struct arena *a, enum backend backend)
{
	struct ba_config config;

	a->random = 2463534242u;
	a->peer = peers[backend];
	if (!is_model(backend))
		return;
	ba_config_init(&config);
	config.memory_pages = PAGES;
	config.shared = backend == MODEL_LOCKED;
	if (ba_machine_create(&config, &a->machine, NULL, 0) != BA_OK)
		exit(2);
	a->nodes = ba_machine_nodes(&a->machine);
	a->ctx = ba_machine_ctx(&a->machine, 0);
}

static always_inline uint64_t alloc_one(struct arena *a, enum backend backend,
					uint64_t size)
{
	gfp_t gfp = BA_GFP_KERNEL;

	hide(size);
	hide(gfp);
	if (is_model(backend)) {
		ba_charge_init(&a->ctx.charge);
		return ba_kmalloc(&a->ctx, a->nodes, size, gfp, BA_ANY_NODE);
	}
	if (backend != NONE)
		return (uintptr_t)a->peer.alloc(size);
	hide(a->null);
	return a->null++;
}

static always_inline void free_one(struct arena *a, enum backend backend,
				   uint64_t address)
{
	if (is_model(backend)) {
		if (ba_kfree(&a->ctx, a->nodes, address))
			abort();
	} else if (backend != NONE) {
		a->peer.free((void *)(uintptr_t)address);
	} else {
		hide(address);
	}
}

static always_inline void run_hot(struct arena *a, enum backend backend,
				  uint64_t size, uint32_t steps)
{
	while (steps--) {
		uint64_t address = alloc_one(a, backend, size);

		hide(address);
		free_one(a, backend, address);
	}
}

static always_inline void run_batches(struct arena *a, enum backend backend,
				      uint32_t steps)
{
	for (uint32_t n = 0; n < steps; n += BATCH) {
		for (uint32_t i = 0; i < BATCH; i++)
			a->address[i] = alloc_one(a, backend, BYTES);
		for (uint32_t i = 0; i < BATCH; i++)
			free_one(a, backend, a->address[i]);
	}
}

/* Free one of the live objects and take another in its stead. */
static always_inline void run_random(struct arena *a, enum backend backend,
				     bool mix, uint32_t steps)
{
	uint32_t random = a->random;

	while (steps--) {
		uint32_t i = next_random(&random) % (mix ? MIXED : LIVE);

		free_one(a, backend, a->address[i]);
		a->address[i] = alloc_one(a, backend,
					  mix ? a->size[steps % SIZES] : BYTES);
	}
	a->random = random;
}

static always_inline void run_bulk_alloc(struct arena *a, enum backend backend,
					 uint32_t steps)
{
	for (uint32_t i = 0; i < steps; i++)
		a->address[i] = alloc_one(a, backend, BYTES);
}

static always_inline void run_bulk_free(struct arena *a, enum backend backend,
					uint32_t steps)
{
	for (uint32_t i = 0; i < steps; i++)
		free_one(a, backend, a->address[i]);
}

static always_inline void run(struct arena *a, enum backend backend,
			      enum workload workload, uint32_t steps)
{
	switch (workload) {
	case HOT:
		run_hot(a, backend, BYTES, steps);
		break;
	case HOT_1K:
		run_hot(a, backend, 1024, steps);
		break;
	case BATCHES:
		run_batches(a, backend, steps);
		break;
	case RANDOM:
		run_random(a, backend, false, steps);
		break;
	case BULK_ALLOC:
		run_bulk_alloc(a, backend, steps);
		break;
	case BULK_FREE_IN_ORDER:
	case BULK_FREE_RANDOM:
		run_bulk_free(a, backend, steps);
		break;
	case MIX:
		run_random(a, backend, true, steps);
		break;
	case NR_WORKLOADS:
		break;
	}
}

/* Each kind of backend has its own copy of the loops. */
static ba_noinline void drive(struct arena *a, enum backend backend,
			      enum workload workload, uint32_t steps)
{
	if (is_model(backend))
		run(a, MODEL, workload, steps);
	else if (backend != NONE)
		run(a, GLIBC, workload, steps);
	else
		run(a, NONE, workload, steps);
}

void timed(struct arena *a, enum backend backend, enum workload workload,
	   uint32_t steps);

/* Keeps its name, so that a profiler can be told to count inside it only. */
__attribute__((noinline, used))
void timed(struct arena *a, enum backend backend, enum workload workload,
	   uint32_t steps)
{
	drive(a, backend, workload, steps);
	hide(steps);	/* not a tail call: timed() ends here */
}

static void shuffle(struct arena *a, uint32_t nr)
{
	for (uint32_t i = nr; i > 1; i--) {
		uint32_t j = next_random(&a->random) % i;
		uint64_t address = a->address[j];

		a->address[j] = a->address[i - 1];
		a->address[i - 1] = address;
	}
}

static bool frees_bulk(enum workload workload)
{
	return workload == BULK_FREE_IN_ORDER || workload == BULK_FREE_RANDOM;
}

/* Bring the allocator to where the workload begins; */
static void prepare(struct arena *a, enum backend backend,
		    enum workload workload, uint32_t steps)
{
	a->live = 0;
	if (workload == RANDOM) {
		a->live = LIVE;
		drive(a, backend, BULK_ALLOC, a->live);
	} else if (workload == MIX) {
		a->live = MIXED;
		for (uint32_t i = 0; i < MIXED; i++)
			a->address[i] = is_model(backend) ?
				alloc_one(a, MODEL, a->size[i % SIZES]) :
				backend == NONE ? i :
				alloc_one(a, GLIBC, a->size[i % SIZES]);
	} else if (frees_bulk(workload)) {
		drive(a, backend, BULK_ALLOC, steps);
		if (workload == BULK_FREE_RANDOM)
			shuffle(a, steps);
	}
}

/* and once through it, so that memory is mapped and caches are filled; */
static void warm_up(struct arena *a, enum backend backend,
		    enum workload workload, uint32_t steps)
{
	drive(a, backend, workload, steps);
	if (workload == BULK_ALLOC)
		drive(a, backend, BULK_FREE_IN_ORDER, steps);
	else if (frees_bulk(workload))
		prepare(a, backend, workload, steps);
}

/* and the way back. */
static void tidy(struct arena *a, enum backend backend, enum workload workload,
		 uint32_t steps)
{
	drive(a, backend, BULK_FREE_IN_ORDER,
	      workload == BULK_ALLOC ? steps : a->live);
	if (is_model(backend))
		ba_machine_destroy(&a->machine);
}

/* Time of all the steps, ns. */
static uint64_t measure(struct arena *a, enum backend backend,
			enum workload workload, uint32_t steps)
{
	bool bulk = workload == BULK_ALLOC || frees_bulk(workload);
	uint64_t start, end;

	create(a, backend);
	prepare(a, backend, workload, steps);
	warm_up(a, backend, workload, bulk ? steps : steps / 8);
	start = cpu_ns();
	timed(a, backend, workload, steps);
	end = cpu_ns();
	tidy(a, backend, workload, steps);
	return end - start;
}

/* Steps of a workload where so many are asked for. */
static uint32_t steps_of(enum workload workload, uint32_t steps)
{
	bool bulk = workload == BULK_ALLOC || frees_bulk(workload);

	return bulk && steps > BULK ? BULK : steps;
}

static void rounds(struct arena *a, uint32_t nr_rounds, uint32_t asked)
{
	for (uint32_t round = 0; round < nr_rounds; round++)
		for (unsigned int i = 0; i < NR_WORKLOADS * NR_BACKENDS; i++) {
			enum workload w = (enum workload)(i / NR_BACKENDS);
			/* another one first in each round */
			enum backend b = (enum backend)((i + round) %
							NR_BACKENDS);
			uint32_t steps = steps_of(w, asked);

			if (!is_there(b))
				continue;
			printf("%s %s %u %.4f\n", workload_name[w],
			       backend_name[b], round,
			       (double)measure(a, b, w, steps) / steps);
			fflush(stdout);
		}
}

static unsigned int find(const char *const *names, unsigned int nr,
			 const char *name)
{
	unsigned int i = 0;

	while (i < nr && strcmp(names[i], name) != 0)
		i++;
	return i;
}

static bool once(struct arena *a, char **argv)
{
	unsigned int w = find(workload_name, NR_WORKLOADS, argv[0]);
	unsigned int b = find(backend_name, NR_BACKENDS, argv[1]);

	if (w == NR_WORKLOADS || b == NR_BACKENDS || !is_there((enum backend)b))
		return false;
	measure(a, (enum backend)b, (enum workload)w,
		steps_of((enum workload)w,
			 (uint32_t)strtoul(argv[2], NULL, 10)));
	return true;
}

/* As many of 8 to 16 bytes as of 4096 to 8192, and so on, in random order. */
static void draw_sizes(struct arena *a)
{
	uint32_t random = 2463534242u;
	double bytes = LEAST;

	for (uint32_t i = 0; i < SIZES; i++) {
		uint32_t j = next_random(&random) % (i + 1);

		a->size[i] = a->size[j];
		a->size[j] = (uint16_t)bytes;
		bytes *= RATIO;
	}
}

int main(int argc, char **argv)
{
	static struct arena arena;
	bool good = false;

	find_peers();
	draw_sizes(&arena);
	if (argc == 4 && !strcmp(argv[1], "rounds")) {
		rounds(&arena, (uint32_t)strtoul(argv[2], NULL, 10),
		       (uint32_t)strtoul(argv[3], NULL, 10));
		good = true;
	} else if (argc == 5 && !strcmp(argv[1], "once")) {
		good = once(&arena, argv + 2);
	}
	if (!good)
		fprintf(stderr, "bench_slab: wrong arguments\n");
	return good ? 0 : 2;
}
