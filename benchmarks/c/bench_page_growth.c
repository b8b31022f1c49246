// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_page_growth - what an operation costs on half-full machines of
 * several sizes, in turns.
 *
 *	bench_page_growth ROUNDS STEPS BACKEND ORDER...
 *		one line for each figure: workload, order, round, ns an
 *		operation, of hot_half and random_half
 *
 * A machine has 1 << ORDER frames. All of them stay, so that a large one is
 * filled only once; the backend must be one that can have several.
 */
#include <stdio.h>
#include <stdlib.h>

#include "page_driver.h"
#include "ticks.h"

#define SIZES_MAX	32

static void measure(struct run *run, enum workload workload,
		    unsigned long round, uint32_t steps)
{
	uint64_t start;

	timed(run, 0, workload, steps / 16);	/* warm up */
	start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	timed(run, 0, workload, steps);
	printf("%s %u %lu %.4f\n", workload_name(workload), run->order, round,
	       (double)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - start) / steps /
	       workload_ops(workload));
}

int main(int argc, char **argv)
{
	static struct run runs[SIZES_MAX];
	static struct backend backend;
	int nr = argc - 4;
	uint32_t steps;

	if (nr < 1 || nr > SIZES_MAX || !backend_load(&backend, argv[3]))
		return fprintf(stderr, "bench_page_growth: wrong arguments\n"), 2;
	steps = (uint32_t)strtoul(argv[2], NULL, 10);
	for (int i = 0; i < nr; i++) {
		uint32_t order = (uint32_t)strtoul(argv[4 + i], NULL, 10);

		if (!run_create(&runs[i], &backend, order, 1)) {
			fprintf(stderr, "%s: no arena of 2^%u frames\n",
				backend.name, order);
			return 2;
		}
		run_prepare(&runs[i], RANDOM_HALF);
	}
	for (unsigned long round = 0; round < strtoul(argv[1], NULL, 10);
	     round++)
		for (int i = 0; i < nr; i++) {
			struct run *run = &runs[((unsigned long)i + round) %
						(unsigned long)nr];

			measure(run, HOT_HALF, round, steps);
			measure(run, RANDOM_HALF, round, steps);
		}
	for (int i = 0; i < nr; i++)
		run_destroy(&runs[i]);
	return 0;
}
