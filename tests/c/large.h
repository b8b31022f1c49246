/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * large - a machine so large that a host may refuse its addresses (host.h).
 *
 *	if (!large_boots(&config, &machine))
 *		return;
 */
#ifndef BA_TESTS_LARGE_H
#define BA_TESTS_LARGE_H

#include "sim/machine.h"

#include "booted.h"
#include "host.h"

#define LARGE_PART ((uint64_t)1 << 20)	/* frames that every host has room for */

/*
 * Bytes of addresses that are enough for a machine of `config`: an arena
 * grows no faster than its frames, so from that of a smaller machine.
 */
static inline size_t large_bytes(const struct ba_config *config)
{
	uint64_t parts = (config->memory_pages + LARGE_PART - 1) / LARGE_PART;
	struct ba_config part = *config;
	struct ba_machine machine;
	size_t bytes;

	part.memory_pages = LARGE_PART;
	machine = booted_with(&part);
	bytes = machine.arena.size;
	if (config->backed)
		bytes += LARGE_PART * BA_PAGE_SIZE;
	ba_machine_destroy(&machine);
	return parts * bytes;
}

/*
 * It must boot where that many bytes can be mapped. Where they cannot, and
 * the machine does not boot, that must be for want of memory, with nothing
 * left behind; then false.
 */
static inline bool large_boots(const struct ba_config *config,
			       struct ba_machine *machine)
{
	size_t bytes = large_bytes(config);
	bool maps = host_maps(bytes, PROT_READ | PROT_WRITE);
	enum ba_status status = ba_machine_create(config, machine, NULL, 0);

	if (status == BA_OK) {
		CHECK(machine->arena.size <= bytes);
		return true;
	}
	CHECK(!maps);
	CHECK_EQ(status, BA_ENOMEM);
	CHECK(!machine->arena.base && !machine->memory.direct);
	return false;
}

#endif
