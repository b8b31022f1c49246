/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host - what the host refuses, found out without the library. Not every host
 * has 64 GiB of addresses for a program: a limit, strict overcommit or a tool
 * that runs the program may be in the way. A test of a large size asks first,
 * and expects of the library the size where there is room and BA_ENOMEM where
 * there is none:
 *
 *	status = host_maps(size, PROT_READ | PROT_WRITE) ? BA_OK : BA_ENOMEM;
 *	CHECK_EQ(ba_arena_create(size, &arena), status);
 *
 * The file must define _GNU_SOURCE before it includes anything.
 */
#ifndef BA_TESTS_HOST_H
#define BA_TESTS_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>

/*
 * Would a private mapping of `size` bytes succeed now? PROT_NONE asks for the
 * addresses only, as a mapping of a file without pages needs them.
 */
static inline bool host_maps(size_t size, int prot)
{
	void *at = mmap(NULL, size, prot,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED) {
		printf("# the host refuses a mapping of %zu MiB\n", size >> 20);
		return false;
	}
	munmap(at, size);
	return true;
}

#endif
