/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slab_pool - where the records of objects lie: runs of 2^k lines, each line
 * 32 records, taken from the front of one range and used again by size.
 *
 *	range   | - | run of 4 lines | 1 | 1 | run of 2 | run of 4 | unused ...
 *	free[2]      -> the first run of 4                 used: up to here ^
 *
 * A slab's run is given back with the slab. What lies behind `used` was never
 * touched, so that a copy of the machine need not look at it.
 *
 * Models: nothing; the kernel has these chains in the objects.
 *
 * Invariants:
 *   P1 a run of 2^k lines that is free is on free[k], linked through its first
 *      word; every other run from line 1 to `used` has one owner.
 */
#ifndef BA_MM_SLAB_POOL_H
#define BA_MM_SLAB_POOL_H

#include "base/lock.h"
#include "mm/slab.h"

#define BA_POOL_RECORD	2u		/* bytes: struct ba_object */
#define BA_POOL_LINE	32u		/* records */
#define BA_POOL_ORDERS	12u		/* 2^11 lines: 65,536 records */
#define BA_POOL_NONE	0u		/* no run: the first line is not used */

struct ba_slab_pool {
	uint64_t offset;		/* bytes from here to the range */
	uint32_t lines;			/* of the range */
	uint32_t used;			/* lines, with the first one */
	uint32_t free[BA_POOL_ORDERS];	/* first free run, or NONE */
	ba_lock_t lock;
};

static inline void *ba_pool_run(struct ba_slab_pool *pool, uint32_t run)
{
	return (char *)pool + pool->offset +
	       (size_t)run * BA_POOL_LINE * BA_POOL_RECORD;
}

/* Lines that a machine of so many frames reserves: for its smallest objects. */
uint32_t ba_pool_lines_for(uint64_t frames);

/* Lines of a run for so many records. */
uint32_t ba_pool_lines(uint32_t records);

/* A pool of so many lines, that far from itself; the rest of it is 0. */
void ba_pool_init(struct ba_slab_pool *pool, uint64_t offset, uint32_t lines);

/* The free run after that one, or NONE. Pre: it is free. */
uint32_t ba_pool_next_free(struct ba_slab_pool *pool, uint32_t run);

/* A run for `records` records; BA_POOL_NONE when the range is full. */
uint32_t ba_pool_take(struct ba_slab_pool *pool, uint32_t records,
		      bool shared);

/* Pre: taken for as many records. */
void ba_pool_give(struct ba_slab_pool *pool, uint32_t run, uint32_t records,
		  bool shared);

#endif
