/* SPDX-License-Identifier: GPL-2.0-only */
/* booted - a freshly booted machine in one call, for tests. */
#ifndef BA_TESTS_BOOTED_H
#define BA_TESTS_BOOTED_H

#include <stdlib.h>

#include "sim/machine.h"

#include "testlib.h"

static inline struct ba_machine booted_with(const struct ba_config *config)
{
	struct ba_machine machine;
	char message[200] = "";

	if (ba_machine_create(config, &machine, message, sizeof(message)) !=
	    BA_OK) {
		printf("# no machine: %s\n", message);
		exit(2);
	}
	return machine;
}

static inline struct ba_machine booted(uint64_t pages, uint32_t cpus,
				       uint32_t nodes)
{
	struct ba_config config;

	ba_config_init(&config);
	config.memory_pages = pages;
	config.nr_cpus = cpus;
	config.nr_nodes = nodes;
	return booted_with(&config);
}

static inline struct ba_zone *zone_at(const struct ba_machine *machine,
				      unsigned int id)
{
	return &ba_machine_nodes(machine)->zone[id];
}

#endif
