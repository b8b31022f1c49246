// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_page_threads - one arena, several host threads at once, each pinned to
 * a CPU of its own and with a simulated CPU of its own.
 *
 *	bench_page_threads ROUNDS STEPS ORDER THREADS,... WORKLOAD,... BACKEND...
 *		one line for each figure: workload, backend, threads, round,
 *		CPU ns an operation, wall ns an operation; and of a
 *		backend that counts them `waits`, the same, the lock, waits of
 *		a million operations
 *
 * CPU ns is what one thread spends for one of its own operations; wall ns is
 * the time from the first start to the last end over all operations of all
 * threads, so it halves when two threads do not disturb each other. A round
 * is cut into slices that all threads begin together, short ones, so that on a
 * busy machine some run alone: of these counts the median of the CPU's time
 * and the shortest wall time. A bulk workload is one slice.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "page_driver.h"
#include "ticks.h"

#define BACKENDS_MAX	32
#define SLICES		9u

struct worker {
	struct run *run;
	pthread_barrier_t *barrier;
	uint32_t user, slices, steps;	/* steps of a slice */
	enum workload workload;
	uint64_t cpu[SLICES], start[SLICES], end[SLICES];	/* ns */
};

static void pin(uint32_t user)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(user % (uint32_t)(cpus > 0 ? cpus : 1), &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

static void *work(void *argument)
{
	struct worker *w = argument;
	uint64_t cpu;

	pin(w->user);
	if (w->workload < BULK_ALLOC)
		timed(w->run, w->user, w->workload, w->steps / 16);
	for (uint32_t i = 0; i < w->slices; i++) {
		pthread_barrier_wait(w->barrier);
		w->start[i] = clock_ns(CLOCK_MONOTONIC);
		cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
		timed(w->run, w->user, w->workload, w->steps);
		w->cpu[i] = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
		w->end[i] = clock_ns(CLOCK_MONOTONIC);
	}
	return NULL;
}

static bool run_workers(struct run *run, enum workload workload,
			uint32_t steps, struct worker *workers)
{
	pthread_t threads[USERS_MAX];
	pthread_barrier_t barrier;
	uint32_t nr = run->nr_users;
	uint32_t all = run_steps(run, workload, steps);
	uint32_t slices = all == steps ? SLICES : 1;

	pthread_barrier_init(&barrier, NULL, nr);
	for (uint32_t i = 0; i < nr; i++) {
		workers[i] = (struct worker){
			.run = run, .barrier = &barrier, .user = i,
			.slices = slices, .steps = all / slices,
			.workload = workload,
		};
		if (pthread_create(&threads[i], NULL, work, &workers[i]))
			return false;
	}
	for (uint32_t i = 0; i < nr; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&barrier);
	return true;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* CPU time of all threads and wall time, of one slice; ns. */
static void summarize(const struct worker *w, uint32_t nr, uint64_t *cpu,
		      uint64_t *wall)
{
	uint64_t all[SLICES] = { 0 };

	*wall = UINT64_MAX;
	for (uint32_t s = 0; s < w->slices; s++) {
		uint64_t start = UINT64_MAX, end = 0;

		for (uint32_t i = 0; i < nr; i++) {
			all[s] += w[i].cpu[s];
			if (w[i].start[s] < start)
				start = w[i].start[s];
			if (w[i].end[s] > end)
				end = w[i].end[s];
		}
		if (end - start < *wall)
			*wall = end - start;
	}
	qsort(all, w->slices, sizeof(*all), compare);
	*cpu = all[w->slices / 2];
}

/* Of each kind of lock that was waited for: waits of a million operations. */
static void tell_waits(const struct run *run, enum workload workload,
		       unsigned long round, double ops)
{
	const char *name;
	uint64_t waits;

	if (!run->backend->calls->waits)
		return;
	for (uint32_t kind = 0;
	     run->backend->calls->waits(run->arena, kind, &name, &waits);
	     kind++)
		if (waits)
			printf("waits %s %s %u %lu %s %.3f\n",
			       workload_name(workload), run->backend->name,
			       run->nr_users, round, name,
			       (double)waits / ops * 1e6);
}

static bool measure(const struct backend *b, enum workload workload,
		    uint32_t nr, unsigned long round, uint32_t steps,
		    uint32_t order)
{
	struct worker workers[USERS_MAX];
	uint64_t cpu, wall;
	struct run run;
	double ops;

	if (!run_create(&run, b, order, nr))
		return fprintf(stderr, "%s: no arena\n", b->name), false;
	run_prepare(&run, workload);
	if (!run_workers(&run, workload, steps, workers))
		return false;
	summarize(workers, nr, &cpu, &wall);
	ops = (double)workers[0].steps * workload_ops(workload) * nr;
	printf("%s %s %u %lu %.4f %.4f\n", workload_name(workload), b->name,
	       nr, round, (double)cpu / ops, (double)wall / ops);
	tell_waits(&run, workload, round, ops * workers[0].slices);
	run_destroy(&run);
	return true;
}

/* All numbers of threads, of a list between commas. */
static bool each_number(const char *numbers, const struct backend *b,
			enum workload workload, unsigned long round,
			uint32_t steps, uint32_t order)
{
	for (const char *at = numbers; *at;) {
		char *end;
		unsigned long nr = strtoul(at, &end, 10);

		if (!nr || nr > USERS_MAX ||
		    !measure(b, workload, (uint32_t)nr, round, steps, order))
			return false;
		at = *end ? end + 1 : end;
	}
	return true;
}

int main(int argc, char **argv)
{
	static struct backend backends[BACKENDS_MAX];
	unsigned long nr = argc > 6 ? (unsigned long)argc - 6 : 0;
	bool good = nr > 0 && nr <= BACKENDS_MAX;
	char *names = argv[5];

	for (unsigned long i = 0; good && i < nr; i++)
		good = backend_load(&backends[i], argv[6 + i]);
	for (char *name; good && (name = strsep(&names, ",")) != NULL;) {
		enum workload workload = workload_find(name);
		unsigned long rounds = strtoul(argv[1], NULL, 10);

		good = workload != NR_WORKLOADS;
		for (unsigned long i = 0; good && i < rounds * nr; i++)
			/* another one first in each round */
			good = each_number(argv[4],
					   &backends[(i + i / nr) % nr],
					   workload, i / nr,
					   (uint32_t)atol(argv[2]),
					   (uint32_t)atol(argv[3]));
	}
	if (!good)
		fprintf(stderr, "bench_page_threads: wrong arguments, or no memory\n");
	return good ? 0 : 2;
}
