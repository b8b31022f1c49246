/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * synthetic - a trace of any length, made by a machine of our own: random
 * requests are served by the model, and each gives the events that the kernel
 * would print. A replay from the same start state must be exact, so every
 * figure of its speed is also a test.
 *
 *	seed -> request -> model -> zone_locked ..  mm_page_alloc  kmalloc
 *	        (a burst of 1 to 32 of one kind by one of 8 tasks)
 *
 * One CPU, 2 GiB, kernel 6.1, random slab order. The machine fills up to
 * SYNTHETIC_BLOCKS blocks of pages and SYNTHETIC_OBJECTS objects in use and
 * stays there: below that 5 of 8 bursts allocate, above it 3 of 8. A burst is
 * of pages or of objects, one as likely as the other. What is freed is any one
 * of all in use, each as likely, so that hardly anything is in a host's cache.
 *
 *	blocks of pages		order 0: 90 %, 1..3: 3 % each, 4..9: 1 % in all;
 *				six kinds of flags, movable ones half of them
 *	frees of pages		a burst in four as a batch of order-0 pages
 *	objects			half by kmalloc, of 8 B to 4 KiB, sizes that
 *				double equally likely; half of 8 named caches
 *	each second		the vmstat worker folds the counters (vmfold)
 *	time			1 to 5 us between two events
 *
 * Invariants:
 *   Y1 the events depend on the seed only, not on how many are asked for.
 */
#ifndef BA_BENCH_SYNTHETIC_H
#define BA_BENCH_SYNTHETIC_H

#include <stdio.h>

#include "base/rng.h"
#include "mm/slab_alloc.h"
#include "sim/lookahead.h"
#include "sim/machine.h"

#define SYNTHETIC_BLOCKS 110000u
#define SYNTHETIC_OBJECTS 120000u
#define SYNTHETIC_CACHES 8u
#define SYNTHETIC_BUFFER 65536u

/* A block of pages, or an object of a cache. */
struct synthetic_page {
	pfn_t pfn;
	order_t order;
};

struct synthetic_object {
	uint64_t address;
	uint8_t name;		/* number of its cache's name; 0: kmalloc's */
};

struct synthetic {
	struct ba_machine start;	/* what the trace begins with */
	struct ba_machine machine;
	struct ba_ctx ctx;
	struct ba_nodes *nodes;
	struct ba_rng rng;
	struct ba_slab_supply supply;
	struct ba_tp_buffer trace;
	struct ba_tp_event lines[4096];
	uint16_t caches[SYNTHETIC_CACHES];
	uint64_t ts_ns, next_fold;
	uint16_t task;
	struct synthetic_page pages[SYNTHETIC_BLOCKS * 2];
	struct synthetic_object objects[SYNTHETIC_OBJECTS * 2];
	uint32_t nr_pages, nr_objects;
	struct ba_event events[SYNTHETIC_BUFFER];
	size_t nr_events, taken;
};

/* The names of its caches, by number - 1. */
extern const char *const synthetic_names[SYNTHETIC_CACHES];

/* NULL when the host has no memory. */
struct synthetic *synthetic_create(uint64_t seed);
void synthetic_destroy(struct synthetic *s);

/* The next `nr` events of the trace. */
void synthetic_take(struct synthetic *s, struct ba_event *events, size_t nr);

/* Its start state, in the form of state.start.txt; false: not written. */
bool synthetic_write_state(const struct synthetic *s, FILE *file);

/* One event as a line of text, of the kernel's trace file or of perf script. */
void synthetic_print(const struct synthetic *s, const struct ba_event *e,
		     bool perf, FILE *file);

#endif
