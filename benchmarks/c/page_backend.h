/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_backend - what the shared object of a page allocator has for the
 * programs that measure it.
 *
 *	program ---- dlopen ----> backend.so
 *	bench_page_alloc.c	    page_backend = { create, own, drive, ... }
 *	users, clocks	  	    the loops of page_loops.h with the
 *			    	    allocator compiled into them
 *
 * So every allocator runs in the same loops, each built as is best for it,
 * and no call through a pointer is in what is measured.
 */
#ifndef BA_BENCH_PAGE_BACKEND_H
#define BA_BENCH_PAGE_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#define NO_FRAME	UINT32_MAX
#define USERS_MAX	8u
#define STAMPS_MAX	(1u << 16)

/* The compiler may not know the value of x. */
#define hide(x)		__asm__ __volatile__("" : "+r"(x))

#define always_inline	inline __attribute__((always_inline))

enum workload {
	HOT_EMPTY, HOT_HALF, RANDOM_HALF, BULK_ALLOC, BULK_FREE_IN_ORDER,
	BULK_FREE_RANDOM, MIXED, MIXED_GEOMETRIC, NR_WORKLOADS
};

/* Clock ticks that single calls took. */
struct stamps {
	uint32_t nr;
	uint32_t ticks[STAMPS_MAX];
};

/* One host thread and what it holds, on cache lines of its own. */
struct user {
	void *arena;			/* the backend's, shared by all users */
	void *own;			/* the backend's, of this user alone */
	uint32_t *live;			/* frame | order << 28 of each block */
	uint32_t nr_live;
	uint32_t used;			/* frames in blocks of MIXED */
	uint32_t fill;			/* frames MIXED keeps in use */
	uint32_t random;
	uint32_t null;
	uint64_t failed;		/* requests of MIXED without a block */
	struct stamps *alloc, *free;	/* NULL but for drive_stamped */
} __attribute__((aligned(128)));

struct page_backend {
	/* 1 << order frames, all free; NULL: no memory, or cannot be. */
	void *(*create)(uint32_t order, uint32_t users, const char *variant);
	void *(*own)(void *arena, uint32_t user);
	void (*drive)(struct user *u, enum workload workload, uint32_t n);
	/* the same with one call in 64 between two looks at the clock */
	void (*drive_stamped)(struct user *u, enum workload workload,
			      uint32_t n);
	void (*destroy)(void *arena);
	/* Times that a lock was found taken, by its kind; false: no more kinds. */
	bool (*waits)(void *arena, uint32_t kind, const char **name,
		      uint64_t *ret);
};

static always_inline uint32_t next_random(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

/* One of the numbers below n. */
static always_inline uint32_t random_below(uint32_t *x, uint32_t n)
{
	return (uint32_t)(((uint64_t)next_random(x) * n) >> 32);
}

#endif
