// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_page_alloc - one page at a time through the model and through its
 * peers, over the same number of frames, in turns.
 *
 *	bench_page_alloc rounds ROUNDS PAIRS
 *		one line for each figure: workload, backend, round, ns
 *	bench_page_alloc once WORKLOAD BACKEND N
 *		that workload alone, inside timed(), for a profiler to count
 *
 * Times are of the thread's CPU clock. All backends are called the same way
 * and built with the same flags; a request's flags and order are hidden from
 * the compiler, so that none of it is worked out when compiling.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/machine.h"
#include "textbook_buddy.h"
#include "textbook_tree.h"

#define ORDER		18u		/* 1 GiB of frames of 4 KiB */
#define FRAMES		(1u << ORDER)
#define FILL		(FRAMES / 16 * 15) /* above the model's watermarks */
#define HALF		(FRAMES / 2)
#define NO_FRAME	UINT32_MAX

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

/* An allocator and what it is driven with. */
struct arena {
	struct ba_machine machine;
	struct ba_nodes *nodes;
	struct ba_ctx ctx;
	struct tree *tree;
	struct textbook_buddy *buddy;
	uint32_t null;
	uint32_t live[FRAMES];		/* frames handed out */
	uint32_t nr_live;
	uint32_t random;
};

enum backend { NONE, MODEL, MODEL_LOCKED, TREE, BUDDY, NR_BACKENDS };

static const char *const backend_name[NR_BACKENDS] = {
	"none", "model", "model_locked", "textbook_tree", "textbook_buddy",
};

static bool create_model(struct arena *a, bool shared)
{
	struct ba_config config;

	ba_config_init(&config);
	config.memory_pages = FRAMES;
	config.shared = shared;
	if (ba_machine_create(&config, &a->machine, NULL, 0) != BA_OK)
		return false;
	a->nodes = ba_machine_nodes(&a->machine);
	a->ctx = ba_machine_ctx(&a->machine, 0);
	return true;
}

static bool create(struct arena *a, enum backend backend)
{
	memset(a, 0, sizeof(*a));
	a->random = 2463534242u;
	switch (backend) {
	case MODEL:
	case MODEL_LOCKED:
		return create_model(a, backend == MODEL_LOCKED);
	case TREE:
		a->tree = tree_create(ORDER);
		return a->tree != NULL;
	case BUDDY:
		a->buddy = textbook_create(FRAMES, BA_ORDER_MAX);
		return a->buddy != NULL;
	case NONE:
	case NR_BACKENDS:
		break;
	}
	return backend == NONE;
}

static void destroy(struct arena *a, enum backend backend)
{
	if (backend == TREE)
		tree_destroy(a->tree);
	else if (backend == BUDDY)
		textbook_destroy(a->buddy);
	else if (backend != NONE)
		ba_machine_destroy(&a->machine);
}

/* One frame, or NO_FRAME; each backend names none by the same value. */
static always_inline uint32_t alloc_one(struct arena *a, enum backend backend)
{
	uint32_t gfp = BA_GFP_KERNEL, order = 0;

	hide(gfp);
	hide(order);
	switch (backend) {
	case MODEL:
	case MODEL_LOCKED:
		ba_charge_init(&a->ctx.charge);
		return ba_alloc_pages(&a->ctx, a->nodes, gfp, (order_t)order,
				      0);
	case TREE:
		return tree_alloc(a->tree, order);
	case BUDDY:
		return textbook_alloc(a->buddy, order);
	case NONE:
	case NR_BACKENDS:
		break;
	}
	hide(a->null);
	return a->null++ % FRAMES;
}

static always_inline void free_one(struct arena *a, enum backend backend,
				   uint32_t frame)
{
	uint32_t order = 0;

	hide(order);
	switch (backend) {
	case MODEL:
	case MODEL_LOCKED:
		if (ba_free_pages(&a->ctx, a->nodes, frame, (order_t)order))
			abort();
		return;
	case TREE:
		tree_free(a->tree, frame);
		return;
	case BUDDY:
		textbook_free(a->buddy, frame, order);
		return;
	case NONE:
	case NR_BACKENDS:
		break;
	}
	hide(frame);
}

enum workload {
	HOT_EMPTY, HOT_HALF, RANDOM_HALF, BULK_ALLOC, BULK_FREE_IN_ORDER,
	BULK_FREE_RANDOM, NR_WORKLOADS
};

static const char *const workload_name[NR_WORKLOADS] = {
	"hot_empty", "hot_half", "random_half", "bulk_alloc",
	"bulk_free_in_order", "bulk_free_random",
};

static always_inline void run_hot(struct arena *a, enum backend backend,
				  uint32_t n)
{
	while (n--) {
		uint32_t frame = alloc_one(a, backend);

		hide(frame);
		free_one(a, backend, frame);
	}
}

/* Free one of the live frames and take another in its stead. */
static always_inline void run_random(struct arena *a, enum backend backend,
				     uint32_t n)
{
	uint32_t random = a->random;

	while (n--) {
		uint32_t i = (uint32_t)(((uint64_t)next_random(&random) *
					 a->nr_live) >> 32);

		free_one(a, backend, a->live[i]);
		a->live[i] = alloc_one(a, backend);
	}
	a->random = random;
}

static always_inline void run_alloc(struct arena *a, enum backend backend,
				    uint32_t n)
{
	while (n--) {
		uint32_t frame = alloc_one(a, backend);

		if (frame == NO_FRAME)
			abort();
		a->live[a->nr_live++] = frame;
	}
}

/* From the first live frame on, which are lost by this. */
static always_inline void run_free(struct arena *a, enum backend backend,
				   uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		free_one(a, backend, a->live[i]);
}

static always_inline void run(struct arena *a, enum backend backend,
			      enum workload workload, uint32_t n)
{
	if (workload == HOT_EMPTY || workload == HOT_HALF)
		run_hot(a, backend, n);
	else if (workload == RANDOM_HALF)
		run_random(a, backend, n);
	else if (workload == BULK_ALLOC)
		run_alloc(a, backend, n);
	else
		run_free(a, backend, n);
}

/* Each backend has its own copy of the loops. */
static ba_noinline void drive(struct arena *a, enum backend backend,
			      enum workload workload, uint32_t n)
{
	switch (backend) {
	case MODEL:
	case MODEL_LOCKED:
		run(a, MODEL, workload, n);
		break;
	case TREE:
		run(a, TREE, workload, n);
		break;
	case BUDDY:
		run(a, BUDDY, workload, n);
		break;
	case NONE:
	case NR_BACKENDS:
		run(a, NONE, workload, n);
		break;
	}
}

void timed(struct arena *a, enum backend backend, enum workload workload,
	   uint32_t n);

/* Keeps its name, so that a profiler can be told to count inside it only. */
__attribute__((noinline, used))
void timed(struct arena *a, enum backend backend, enum workload workload,
	   uint32_t n)
{
	drive(a, backend, workload, n);
	hide(n);	/* not a tail call: timed() ends here */
}

static void shuffle(struct arena *a)
{
	for (uint32_t i = a->nr_live; i > 1; i--) {
		uint32_t k = (uint32_t)(((uint64_t)next_random(&a->random) *
					 i) >> 32);
		uint32_t frame = a->live[i - 1];

		a->live[i - 1] = a->live[k];
		a->live[k] = frame;
	}
}

/* Bring a new arena to where the workload begins. */
static void prepare(struct arena *a, enum backend backend,
		    enum workload workload)
{
	if (workload == HOT_EMPTY || workload == BULK_ALLOC)
		return;
	drive(a, backend, BULK_ALLOC, FILL);
	if (workload == BULK_FREE_IN_ORDER)
		return;
	shuffle(a);
	if (workload == BULK_FREE_RANDOM)
		return;
	while (a->nr_live > HALF)
		free_one(a, backend, a->live[--a->nr_live]);
}

static uint32_t steps(enum workload workload, uint32_t pairs)
{
	return workload >= BULK_ALLOC ? FILL : pairs;
}

static bool measure(struct arena *a, enum backend backend,
		    enum workload workload, uint32_t round, uint32_t pairs)
{
	uint32_t n = steps(workload, pairs);
	uint64_t start;

	if (!create(a, backend))
		return false;
	prepare(a, backend, workload);
	if (workload < BULK_ALLOC)
		drive(a, backend, workload, n / 16);	/* warm up */
	start = cpu_ns();
	timed(a, backend, workload, n);
	printf("%s %s %u %.4f\n", workload_name[workload],
	       backend_name[backend], round,
	       (double)(cpu_ns() - start) / n);
	destroy(a, backend);
	return true;
}

static bool rounds(struct arena *a, uint32_t nr_rounds, uint32_t pairs)
{
	for (uint32_t round = 0; round < nr_rounds; round++)
		for (unsigned int w = 0; w < NR_WORKLOADS; w++)
			for (unsigned int i = 0; i < NR_BACKENDS; i++) {
				/* another one first in each round */
				unsigned int b = (i + round) % NR_BACKENDS;

				if (!measure(a, (enum backend)b,
					     (enum workload)w, round, pairs))
					return false;
			}
	return true;
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
	uint32_t n = (uint32_t)strtoul(argv[2], NULL, 10);

	if (w == NR_WORKLOADS || b == NR_BACKENDS)
		return false;
	if (!create(a, (enum backend)b))
		return false;
	prepare(a, (enum backend)b, (enum workload)w);
	timed(a, (enum backend)b, (enum workload)w,
	      n < FILL ? n : steps((enum workload)w, n));
	destroy(a, (enum backend)b);
	return true;
}

int main(int argc, char **argv)
{
	struct arena *a = malloc(sizeof(*a));
	const char *wrong = textbook_selftest();
	bool good = false;

	if (wrong || !tree_selftest()) {
		fprintf(stderr, "a peer is wrong: %s\n",
			wrong ? wrong : "textbook_tree");
		return 1;
	}
	if (a && argc == 4 && !strcmp(argv[1], "rounds"))
		good = rounds(a, (uint32_t)strtoul(argv[2], NULL, 10),
			      (uint32_t)strtoul(argv[3], NULL, 10));
	else if (a && argc == 5 && !strcmp(argv[1], "once"))
		good = once(a, argv + 2);
	free(a);
	if (!good)
		fprintf(stderr, "bench_page_alloc: wrong arguments, or no memory\n");
	return good ? 0 : 2;
}
