// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_slab - 64 bytes at a time through the model's kmalloc and kfree, and
 * through the malloc and free of a process, in turns.
 *
 *	bench_slab rounds ROUNDS PAIRS
 *		one line for each figure: workload, backend, round, ns
 *	bench_slab once WORKLOAD BACKEND PAIRS
 *		that workload alone, inside timed(), for a profiler to count
 *
 * Times are of the thread's CPU clock, for an allocation and a free together.
 * All backends are called the same way and built with the same flags; size
 * and flags are hidden from the compiler. mimalloc is loaded beside the
 * process's own malloc, which it would replace if it were linked.
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

enum backend { NONE, MODEL, MODEL_LOCKED, MIMALLOC, GLIBC, NR_BACKENDS };

static const char *const backend_name[NR_BACKENDS] = {
	"none", "model", "model_locked", "mimalloc", "glibc",
};

enum workload { HOT, BATCHES, RANDOM, NR_WORKLOADS };

static const char *const workload_name[NR_WORKLOADS] = {
	"hot", "batches", "random",
};

/* An allocator and what it is driven with. */
struct arena {
	struct ba_machine machine;
	struct ba_nodes *nodes;
	struct ba_ctx ctx;
	void *(*mi_malloc)(size_t size);
	void (*mi_free)(void *memory);
	uint64_t null;
	uint64_t live[LIVE];		/* addresses of objects in use */
	uint32_t random;
};

/* mimalloc's functions; false: it is not installed. */
static bool find_mimalloc(struct arena *a)
{
	void *library = dlopen("libmimalloc.so.2", RTLD_NOW | RTLD_LOCAL);

	if (!library)
		library = dlopen("libmimalloc.so", RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return false;
	*(void **)&a->mi_malloc = dlsym(library, "mi_malloc");
	*(void **)&a->mi_free = dlsym(library, "mi_free");
	return a->mi_malloc && a->mi_free;
}

static void create(struct arena *a, enum backend backend)
{
	struct ba_config config;

	a->random = 2463534242u;
	if (backend != MODEL && backend != MODEL_LOCKED)
		return;
	ba_config_init(&config);
	config.memory_pages = PAGES;
	config.shared = backend == MODEL_LOCKED;
	if (ba_machine_create(&config, &a->machine, NULL, 0) != BA_OK)
		exit(2);
	a->nodes = ba_machine_nodes(&a->machine);
	a->ctx = ba_machine_ctx(&a->machine, 0);
}

static always_inline uint64_t alloc_one(struct arena *a, enum backend backend)
{
	uint64_t size = BYTES;
	gfp_t gfp = BA_GFP_KERNEL;

	hide(size);
	hide(gfp);
	switch (backend) {
	case MODEL:
	case MODEL_LOCKED:
		ba_charge_init(&a->ctx.charge);
		return ba_kmalloc(&a->ctx, a->nodes, size, gfp, BA_ANY_NODE);
	case MIMALLOC:
		return (uintptr_t)a->mi_malloc(size);
	case GLIBC:
		return (uintptr_t)malloc(size);
	case NONE:
	case NR_BACKENDS:
		break;
	}
	hide(a->null);
	return a->null++;
}

static always_inline void free_one(struct arena *a, enum backend backend,
				   uint64_t address)
{
	switch (backend) {
	case MODEL:
	case MODEL_LOCKED:
		if (ba_kfree(&a->ctx, a->nodes, address))
			abort();
		return;
	case MIMALLOC:
		a->mi_free((void *)(uintptr_t)address);
		return;
	case GLIBC:
		free((void *)(uintptr_t)address);
		return;
	case NONE:
	case NR_BACKENDS:
		break;
	}
	hide(address);
}

static always_inline void run_hot(struct arena *a, enum backend backend,
				  uint32_t pairs)
{
	while (pairs--) {
		uint64_t address = alloc_one(a, backend);

		hide(address);
		free_one(a, backend, address);
	}
}

static always_inline void run_batches(struct arena *a, enum backend backend,
				      uint32_t pairs)
{
	for (uint32_t n = 0; n < pairs; n += BATCH) {
		for (uint32_t i = 0; i < BATCH; i++)
			a->live[i] = alloc_one(a, backend);
		for (uint32_t i = 0; i < BATCH; i++)
			free_one(a, backend, a->live[i]);
	}
}

/* Free one of the live objects and take another in its stead. */
static always_inline void run_random(struct arena *a, enum backend backend,
				     uint32_t pairs)
{
	uint32_t random = a->random;

	while (pairs--) {
		uint32_t i = next_random(&random) % LIVE;

		free_one(a, backend, a->live[i]);
		a->live[i] = alloc_one(a, backend);
	}
	a->random = random;
}

static always_inline void run(struct arena *a, enum backend backend,
			      enum workload workload, uint32_t pairs)
{
	if (workload == HOT)
		run_hot(a, backend, pairs);
	else if (workload == BATCHES)
		run_batches(a, backend, pairs);
	else
		run_random(a, backend, pairs);
}

/* Each backend has its own copy of the loops. */
static ba_noinline void drive(struct arena *a, enum backend backend,
			      enum workload workload, uint32_t pairs)
{
	switch (backend) {
	case MODEL:
	case MODEL_LOCKED:
		run(a, MODEL, workload, pairs);
		break;
	case MIMALLOC:
		run(a, MIMALLOC, workload, pairs);
		break;
	case GLIBC:
		run(a, GLIBC, workload, pairs);
		break;
	case NONE:
	case NR_BACKENDS:
		run(a, NONE, workload, pairs);
		break;
	}
}

void timed(struct arena *a, enum backend backend, enum workload workload,
	   uint32_t pairs);

/* Keeps its name, so that a profiler can be told to count inside it only. */
__attribute__((noinline, used))
void timed(struct arena *a, enum backend backend, enum workload workload,
	   uint32_t pairs)
{
	drive(a, backend, workload, pairs);
	hide(pairs);	/* not a tail call: timed() ends here */
}

/* Bring the allocator to where the workload begins; and the way back. */
static void prepare(struct arena *a, enum backend backend,
		    enum workload workload)
{
	for (uint32_t i = 0; workload == RANDOM && i < LIVE; i++)
		a->live[i] = alloc_one(a, backend);
}

static void tidy(struct arena *a, enum backend backend,
		 enum workload workload)
{
	for (uint32_t i = 0; workload == RANDOM && i < LIVE; i++)
		free_one(a, backend, a->live[i]);
	if (backend == MODEL || backend == MODEL_LOCKED)
		ba_machine_destroy(&a->machine);
}

static void measure(struct arena *a, enum backend backend,
		    enum workload workload, uint32_t round, uint32_t pairs)
{
	uint64_t start;

	create(a, backend);
	prepare(a, backend, workload);
	drive(a, backend, workload, pairs / 16);	/* warm up */
	start = cpu_ns();
	timed(a, backend, workload, pairs);
	printf("%s %s %u %.4f\n", workload_name[workload],
	       backend_name[backend], round,
	       (double)(cpu_ns() - start) / pairs);
	tidy(a, backend, workload);
}

static void rounds(struct arena *a, uint32_t nr_rounds, uint32_t pairs)
{
	for (uint32_t round = 0; round < nr_rounds; round++)
		for (unsigned int w = 0; w < NR_WORKLOADS; w++)
			for (unsigned int i = 0; i < NR_BACKENDS; i++) {
				/* another one first in each round */
				unsigned int b = (i + round) % NR_BACKENDS;

				if (b != MIMALLOC || a->mi_malloc)
					measure(a, (enum backend)b,
						(enum workload)w, round,
						pairs);
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

	if (w == NR_WORKLOADS || b == NR_BACKENDS ||
	    (b == MIMALLOC && !a->mi_malloc))
		return false;
	create(a, (enum backend)b);
	prepare(a, (enum backend)b, (enum workload)w);
	drive(a, (enum backend)b, (enum workload)w, BATCH);
	timed(a, (enum backend)b, (enum workload)w,
	      (uint32_t)strtoul(argv[2], NULL, 10));
	tidy(a, (enum backend)b, (enum workload)w);
	return true;
}

int main(int argc, char **argv)
{
	static struct arena arena;
	bool good = false;

	find_mimalloc(&arena);
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
