/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arena - the one range of addresses that holds all of a machine.
 *
 * The range is reserved whole and costs nothing until touched: a machine of
 * 1 TiB takes the host memory of the parts that it uses. Nothing in it is a
 * pointer, so a copy is a memcpy and equality a memcmp, of touched pages:
 *
 *	base                                        base + size
 *	| config zones |  ....  |  frame table  |  ....  |
 *	 ##############           ##    #   ####           # touched
 *	 ^ copied, compared, hashed; the rest reads as 0
 *
 * Which pages were touched the host kernel tells (base/touched.h). Where it
 * does not, all count as touched: the results are the same, only slower.
 *
 * Invariants:
 *   N1 a new arena reads as 0 throughout.
 *   N2 a page of zeros equals, and hashes like, a page never touched.
 *   N3 base is aligned to the host's page, size is a multiple of it.
 */
#ifndef BA_BASE_ARENA_H
#define BA_BASE_ARENA_H

#include "base/status.h"
#include "base/types.h"

struct ba_arena {
	uint8_t *base;
	size_t size;		/* bytes */
	size_t used;		/* bytes from base; the owner says that nothing
				 * behind was ever touched */
};

/*
 * Reserve at least `size` bytes, all 0. BA_EINVAL for a size of 0 or one
 * that cannot be rounded up to whole pages, BA_ENOMEM when the host refuses.
 */
enum ba_status ba_arena_create(size_t size, struct ba_arena *ret);
void ba_arena_destroy(struct ba_arena *arena);

/*
 * Bytes [from, to) will be touched nearly all, and in no order: the host
 * should back them by huge pages of its own, if it can. Neighbours less than
 * 2 MiB away may be touched with them.
 */
void ba_arena_prefer_huge(const struct ba_arena *arena, size_t from,
			  size_t to);

/* The same of whole host pages that are in no arena. */
void ba_prefer_huge(void *start, size_t size);

/* Make *ret a new arena of the same size and contents. */
enum ba_status ba_arena_copy(const struct ba_arena *from,
			     struct ba_arena *ret);

/* True when sizes and contents are equal. */
bool ba_arena_equal(const struct ba_arena *a, const struct ba_arena *b);

/* A number that depends on size and contents only; not cryptographic. */
uint64_t ba_arena_hash(const struct ba_arena *arena);

/* Bytes of host memory in use, in whole pages; `size` when unknown. */
size_t ba_arena_touched(const struct ba_arena *arena);

#endif
