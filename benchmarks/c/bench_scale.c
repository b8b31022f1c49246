// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_scale - what a machine costs before and after its memory is used.
 *
 *	bench_scale sizes		bytes of a frame's record, of an event
 *	bench_scale create PAGES	a machine of so many frames:
 *					wall ns, resident bytes of the process
 *	bench_scale fill PAGES		resident bytes that each frame costs
 *					when 15/16 of them were handed out
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/event.h"
#include "sim/machine.h"
#include "ticks.h"

static char message[256];

/* Bytes of the process that are in memory. */
static uint64_t resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long long all, pages = 0;

	if (!file || fscanf(file, "%llu %llu", &all, &pages) != 2)
		pages = 0;
	if (file)
		fclose(file);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static bool create(uint64_t pages, struct ba_machine *machine)
{
	struct ba_config config;
	uint64_t start;

	ba_config_init(&config);
	config.memory_pages = pages;
	start = clock_ns(CLOCK_MONOTONIC);
	if (ba_machine_create(&config, machine, message, sizeof(message)) !=
	    BA_OK)
		return false;
	printf("%llu ",
	       (unsigned long long)(clock_ns(CLOCK_MONOTONIC) - start));
	return true;
}

static bool fill(uint64_t pages, struct ba_machine *machine)
{
	uint64_t before = resident();
	struct ba_ctx ctx;

	if (!create(pages, machine))
		return false;
	ctx = ba_machine_ctx(machine, 0);
	for (uint64_t i = 0; i < pages / 16 * 15; i++)
		if (ba_alloc_pages(&ctx, ba_machine_nodes(machine),
				   BA_GFP_KERNEL, 0, 0) == BA_PFN_NONE)
			return false;
	printf("%.3f\n", (double)(resident() - before) / (double)pages);
	return true;
}

int main(int argc, char **argv)
{
	struct ba_machine machine;
	bool good = false;

	if (argc == 2 && !strcmp(argv[1], "sizes")) {
		printf("%zu %zu\n", sizeof(struct ba_frame),
		       sizeof(struct ba_event));
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "create")) {
		good = create(strtoull(argv[2], NULL, 10), &machine);
		if (good)
			printf("%llu\n", (unsigned long long)resident());
	} else if (argc == 3 && !strcmp(argv[1], "fill")) {
		good = fill(strtoull(argv[2], NULL, 10), &machine);
	}
	if (!good)
		fprintf(stderr, "bench_scale: %s\n", *message ? message :
			"wrong arguments, or no memory");
	return good ? 0 : 2;
}
