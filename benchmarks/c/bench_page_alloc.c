// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_page_alloc - one call at a time through page backends, over the same
 * number of frames, in turns.
 *
 *	bench_page_alloc rounds ROUNDS STEPS ORDER WORKLOAD,... BACKEND...
 *		one line for each figure: workload, backend, round, ns an
 *		operation; and with `failed` for the round, what failed of a
 *		million requests
 *	bench_page_alloc once WORKLOAD STEPS ORDER BACKEND
 *		that workload alone, inside timed(), for a profiler to count;
 *		prints the operations
 *
 * An operation is one allocation or one free. Times are of the thread's CPU
 * clock. Memory is 1 << ORDER frames.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "page_driver.h"
#include "ticks.h"

#define BACKENDS_MAX	16

static bool measure(const struct backend *b, enum workload workload,
		    unsigned long round, uint32_t steps, uint32_t order)
{
	struct run run;
	uint64_t start, ns;
	uint32_t n, ops;

	if (!run_create(&run, b, order, 1))
		return fprintf(stderr, "%s: no arena\n", b->name), false;
	run_prepare(&run, workload);
	n = run_steps(&run, workload, steps);
	if (n == steps)
		timed(&run, 0, workload, n / 16);	/* warm up */
	run.users[0].failed = 0;
	start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	timed(&run, 0, workload, n);
	ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
	ops = workload_ops(workload);
	printf("%s %s %lu %.4f\n", workload_name(workload), b->name, round,
	       (double)ns / n / ops);
	if (workload >= MIXED && round == 0)
		printf("%s %s failed %.1f\n", workload_name(workload), b->name,
		       (double)run.users[0].failed / n * 2e6);
	run_destroy(&run);
	return true;
}

static bool rounds(unsigned long nr_rounds, uint32_t steps, uint32_t order,
		   char *workloads, const struct backend *backends,
		   unsigned long nr)
{
	for (char *name; (name = strsep(&workloads, ",")) != NULL;) {
		enum workload workload = workload_find(name);

		if (workload == NR_WORKLOADS)
			return false;
		for (unsigned long round = 0; round < nr_rounds; round++)
			for (unsigned long i = 0; i < nr; i++)
				/* another one first in each round */
				if (!measure(&backends[(i + round) % nr],
					     workload, round, steps, order))
					return false;
	}
	return true;
}

static bool once(enum workload workload, uint32_t steps, uint32_t order,
		 const struct backend *b)
{
	struct run run;
	uint32_t n;

	if (workload == NR_WORKLOADS || !run_create(&run, b, order, 1))
		return false;
	run_prepare(&run, workload);
	n = run_steps(&run, workload, steps);
	timed(&run, 0, workload, n);
	printf("%u\n", n * workload_ops(workload));
	run_destroy(&run);
	return true;
}

static uint32_t number(const char *word)
{
	return (uint32_t)strtoul(word, NULL, 10);
}

int main(int argc, char **argv)
{
	static struct backend backends[BACKENDS_MAX];
	bool is_once = argc == 6 && !strcmp(argv[1], "once");
	int first = is_once ? 5 : 6, nr = argc - first;
	bool good = nr > 0 && nr <= BACKENDS_MAX;

	for (int i = 0; good && i < nr; i++)
		good = backend_load(&backends[i], argv[first + i]);
	if (good && is_once)
		good = once(workload_find(argv[2]), number(argv[3]),
			    number(argv[4]), &backends[0]);
	else if (good)
		good = rounds(number(argv[2]), number(argv[3]),
			      number(argv[4]), argv[5], backends,
			      (unsigned long)nr);
	if (!good)
		fprintf(stderr, "bench_page_alloc: wrong arguments, or no memory\n");
	return good ? 0 : 2;
}
