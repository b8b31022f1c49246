/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_loops - the workloads, to be compiled together with an allocator. The
 * file that includes this has defined
 *
 *	void *arena_create(uint32_t order, uint32_t users, const char *variant)
 *	void *arena_own(void *arena, uint32_t user)
 *	void arena_destroy(void *arena)
 *	uint32_t alloc_one(struct user *u, uint32_t order)	or NO_FRAME
 *	void free_one(struct user *u, uint32_t frame, uint32_t order)
 *
 * and if it has locks whose waits are counted, BACKEND_WAITS; if a thread
 * must enter and leave it, BACKEND_ENTER and BACKEND_LEAVE;
 *
 * and gets page_backend. An order is hidden from the compiler, so that none
 * of a request is worked out when compiling.
 *
 * What one step is: of HOT_* and RANDOM_HALF an allocation and a free, of the
 * others one of both.
 */
#ifndef BA_BENCH_PAGE_LOOPS_H
#define BA_BENCH_PAGE_LOOPS_H

#include <stddef.h>

#include "page_backend.h"
#include "ticks.h"

#define ORDER_SHIFT	28u
#define FRAME_MASK	((1u << ORDER_SHIFT) - 1u)
#define ORDERS		10u	/* of MIXED: 0 to 9 */

static always_inline void keep(struct stamps *s, uint64_t start)
{
	uint64_t end = ticks();

	if (s->nr < STAMPS_MAX)
		s->ticks[s->nr++] = (uint32_t)(end - start);
}

static always_inline uint32_t take(struct user *u, uint32_t order, bool stamp)
{
	uint64_t start = stamp ? ticks() : 0;
	uint32_t frame;

	hide(order);
	frame = alloc_one(u, order);
	if (stamp)
		keep(u->alloc, start);
	return frame;
}

static always_inline void give(struct user *u, uint32_t frame, uint32_t order,
			       bool stamp)
{
	uint64_t start = stamp ? ticks() : 0;

	hide(order);
	free_one(u, frame, order);
	if (stamp)
		keep(u->free, start);
}

static always_inline void run_hot(struct user *u, uint32_t n, bool stamped)
{
	while (n--) {
		uint32_t frame = take(u, 0, stamped && n % 128 == 0);

		hide(frame);
		give(u, frame, 0, stamped && n % 128 == 64);
	}
}

/* Free one of the live frames and take another in its stead. */
static always_inline void run_random(struct user *u, uint32_t n, bool stamped)
{
	uint32_t random = u->random;

	while (n--) {
		uint32_t i = random_below(&random, u->nr_live);

		give(u, u->live[i], 0, stamped && n % 128 == 64);
		u->live[i] = take(u, 0, stamped && n % 128 == 0);
	}
	u->random = random;
}

static always_inline void run_alloc(struct user *u, uint32_t n, bool stamped)
{
	while (n--) {
		uint32_t frame = take(u, 0, stamped && n % 64 == 0);

		if (frame == NO_FRAME)
			__builtin_trap();
		u->live[u->nr_live++] = frame;
	}
}

/* From the first live frame on, which are lost by this. */
static always_inline void run_free(struct user *u, uint32_t n, bool stamped)
{
	for (uint32_t i = 0; i < n; i++)
		give(u, u->live[i], 0, stamped && i % 64 == 0);
}

static always_inline void mixed_alloc(struct user *u, uint32_t *random,
				      bool geometric, bool stamp)
{
	uint32_t order, frame;

	if (geometric)	/* each order half as often as the one below it */
		order = (uint32_t)__builtin_ctz(next_random(random) |
						1u << (ORDERS - 1));
	else
		order = random_below(random, ORDERS);
	frame = take(u, order, stamp);
	if (frame == NO_FRAME) {
		u->failed++;
		return;
	}
	u->live[u->nr_live++] = frame | order << ORDER_SHIFT;
	u->used += 1u << order;
}

/* Below the fill take a block of a random order, else free a random one. */
static always_inline void run_mixed(struct user *u, uint32_t n, bool geometric,
				    bool stamped)
{
	uint32_t random = u->random;

	while (n--) {
		bool stamp = stamped && n % 64 == 0;
		uint32_t i, block;

		if (u->used < u->fill || !u->nr_live) {
			mixed_alloc(u, &random, geometric, stamp);
			continue;
		}
		i = random_below(&random, u->nr_live);
		block = u->live[i];
		u->live[i] = u->live[--u->nr_live];
		u->used -= 1u << (block >> ORDER_SHIFT);
		give(u, block & FRAME_MASK, block >> ORDER_SHIFT, stamp);
	}
	u->random = random;
}

static always_inline void run(struct user *u, enum workload workload,
			      uint32_t n, bool stamped)
{
	if (workload == HOT_EMPTY || workload == HOT_HALF)
		run_hot(u, n, stamped);
	else if (workload == RANDOM_HALF)
		run_random(u, n, stamped);
	else if (workload == BULK_ALLOC)
		run_alloc(u, n, stamped);
	else if (workload == MIXED || workload == MIXED_GEOMETRIC)
		run_mixed(u, n, workload == MIXED_GEOMETRIC, stamped);
	else
		run_free(u, n, stamped);
}

#ifndef BACKEND_ENTER
#define BACKEND_ENTER(u)	((void)(u))
#define BACKEND_LEAVE(u)	((void)(u))
#endif
#ifndef BACKEND_WAITS
#define BACKEND_WAITS		NULL
#endif

static void drive(struct user *u, enum workload workload, uint32_t n)
{
	BACKEND_ENTER(u);
	run(u, workload, n, false);
	BACKEND_LEAVE(u);
}

static void drive_stamped(struct user *u, enum workload workload, uint32_t n)
{
	BACKEND_ENTER(u);
	run(u, workload, n, true);
	BACKEND_LEAVE(u);
}

__attribute__((visibility("default")))
extern const struct page_backend page_backend;
const struct page_backend page_backend = {
	.create = arena_create,
	.own = arena_own,
	.drive = drive,
	.drive_stamped = drive_stamped,
	.destroy = arena_destroy,
	.waits = BACKEND_WAITS,
};

#endif
