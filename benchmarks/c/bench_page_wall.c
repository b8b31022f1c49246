// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_page_wall - how long single calls take: one in 64 stands between two
 * looks at the processor's counter, whose own time is taken off.
 *
 *	bench_page_wall ROUNDS STEPS ORDER WORKLOAD BACKEND
 *		`plain ROUND ns` and `stamped ROUND ns`: an operation of the
 *		loop without and with stamps, in turns;
 *		`alloc ROUND P ns` and `free ROUND P ns`: P per cent of the
 *		calls took at most that long;
 *		`hist alloc NS COUNT` and `hist free NS COUNT`: calls of all
 *		rounds that took from NS to the next power of 2^(1/4)
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "page_driver.h"
#include "ticks.h"

#define BUCKETS		128u	/* four for each doubling, from 1 ns on */
#define TRIES		10001u

static const double percents[] = { 50, 90, 99, 99.9, 100 };

static struct stamps stamps[2];
static uint64_t buckets[2][BUCKETS];
static const char *const kind[2] = { "alloc", "free" };

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* ns of one tick. */
static double tick_ns(void)
{
	uint64_t ns = clock_ns(CLOCK_MONOTONIC), start = ticks(), now;

	do
		now = clock_ns(CLOCK_MONOTONIC);
	while (now - ns < 50000000);
	return (double)(now - ns) / (double)(ticks() - start);
}

/* Ticks between two looks at the counter with nothing between them. */
static uint32_t empty_ticks(void)
{
	static uint32_t tries[TRIES];

	for (uint32_t i = 0; i < TRIES; i++) {
		uint64_t start = ticks();

		tries[i] = (uint32_t)(ticks() - start);
	}
	qsort(tries, TRIES, sizeof(*tries), compare);
	return tries[TRIES / 2];
}

static void tell(unsigned int which, unsigned long round, double ns)
{
	struct stamps *s = &stamps[which];
	uint32_t empty = empty_ticks();

	qsort(s->ticks, s->nr, sizeof(*s->ticks), compare);
	for (uint32_t i = 0; i < s->nr; i++) {
		uint32_t t = s->ticks[i] > empty ? s->ticks[i] - empty : 0;
		double bucket = t * ns > 1 ? 4 * log2(t * ns) : 0;

		buckets[which][bucket < BUCKETS ? (unsigned int)bucket :
						  BUCKETS - 1]++;
		s->ticks[i] = t;
	}
	for (unsigned int p = 0; p < sizeof(percents) / sizeof(*percents); p++)
		printf("%s %lu %g %.2f\n", kind[which], round, percents[p],
		       s->ticks[(uint32_t)((s->nr - 1) * percents[p] / 100)] *
		       ns);
}

static bool measure(const struct backend *b, enum workload workload,
		    uint32_t order, uint32_t steps, bool stamped,
		    unsigned long round, double ns)
{
	struct run run;
	struct user *u = &run.users[0];
	uint64_t start;
	uint32_t n;

	if (!run_create(&run, b, order, 1))
		return false;
	stamps[0].nr = stamps[1].nr = 0;
	u->alloc = &stamps[0];
	u->free = &stamps[1];
	run_prepare(&run, workload);
	n = run_steps(&run, workload, steps);
	if (n == steps)
		timed(&run, 0, workload, n / 16);	/* warm up */
	start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	if (stamped)
		b->calls->drive_stamped(u, workload, n);
	else
		b->calls->drive(u, workload, n);
	printf("%s %lu %.4f\n", stamped ? "stamped" : "plain", round,
	       (double)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - start) / n /
	       workload_ops(workload));
	for (unsigned int i = 0; i < 2; i++)
		if (stamped && stamps[i].nr)
			tell(i, round, ns);
	run_destroy(&run);
	return true;
}

int main(int argc, char **argv)
{
	static struct backend b;
	bool good = argc == 6 && backend_load(&b, argv[5]);
	enum workload workload = good ? workload_find(argv[4]) : NR_WORKLOADS;
	unsigned long rounds = good ? strtoul(argv[1], NULL, 10) : 0;
	double ns = tick_ns();

	good = workload != NR_WORKLOADS;
	for (unsigned long i = 0; good && i < 2 * rounds; i++)
		good = measure(&b, workload,
			       (uint32_t)strtoul(argv[3], NULL, 10),
			       (uint32_t)strtoul(argv[2], NULL, 10),
			       (i + i / 2) % 2, i / 2, ns);
	for (unsigned int k = 0; good && k < 2; k++)
		for (unsigned int i = 0; i < BUCKETS; i++)
			if (buckets[k][i])
				printf("hist %s %.3f %llu\n", kind[k],
				       exp2(i / 4.0),
				       (unsigned long long)buckets[k][i]);
	if (!good)
		fprintf(stderr, "bench_page_wall: wrong arguments, or no memory\n");
	return good ? 0 : 2;
}
