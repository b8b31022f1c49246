/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * waits - every lock of a machine, and how often a thread had to wait for it.
 *
 *	name        place               waits  spins
 *	cpu         CPU 0                   0      0
 *	vm                                 12   5120
 *	pcp         CPU 1, zone 0           0      0
 *	zone        zone 0                311  20411
 *	list        cache 7, node 0         4    130
 *
 * A wait is a lock found taken by one who wanted it, tries that gave up at
 * once among them; its spins are the looks at it until it was free.
 *
 * Models: nothing; the kernel can be built with statistics of its locks.
 * Simplified: acquisitions are not counted, nor how long a lock was held.
 *
 * Invariants:
 *   W1 every lock stands once, in an order that only new caches change.
 *   W2 the counts go on modulo 2^32: a difference of two readings is right
 *      while it is below that.
 */
#ifndef BA_SIM_WAITS_H
#define BA_SIM_WAITS_H

#include "sim/machine.h"

/* X(NAME, "name", "what it protects") */
#define BA_LOCK_KINDS(X)						\
	X(CPU, "cpu", "what a CPU has: one thread acts for it")		\
	X(VMALLOC, "vmalloc", "addresses and page tables of vmalloc")	\
	X(VM, "vm", "user memory, reclaim and compaction")		\
	X(SLAB, "slab_mutex", "the table of slab caches")		\
	X(RANDOM, "random", "random numbers and reports of the caches")	\
	X(POOL, "slab_pool", "where the records of objects lie")	\
	X(KSWAPD, "kswapd", "who wakes a node's kswapd")		\
	X(ZONE, "zone", "free lists of a zone")				\
	X(PCP, "pcp", "a CPU's lists of pages in a zone")		\
	X(LIST, "list", "slabs of a cache on a node")			\
	X(LRU, "list_lru", "a cache's objects that reclaim may free")

enum ba_lock_kind {
#define X(kind, name, text) BA_LOCK_##kind,
	BA_LOCK_KINDS(X)
#undef X
	BA_NR_LOCK_KINDS
};

#define BA_NO_PLACE UINT16_MAX

struct ba_waits {
	uint8_t kind;		/* enum ba_lock_kind */
	uint8_t unused;		/* 0 */
	uint16_t cpu;		/* where it is, as far as its kind says; */
	uint16_t node;		/* else BA_NO_PLACE */
	uint16_t zone;
	uint16_t cache;
	uint16_t unused2;	/* 0 */
	uint32_t waits;
	uint32_t spins;
};

/*
 * All locks, into ret[] as far as there is room; how many there are. May be
 * called while threads use the machine; a cache that is made or given up
 * meanwhile may be missing.
 */
uint32_t ba_waits(struct ba_machine *machine, struct ba_waits *ret,
		  uint32_t room);

/* Count from 0 again. The machine must be had alone. */
void ba_waits_clear(struct ba_machine *machine);

/* "zone"; NULL out of range. */
const char *ba_lock_name(unsigned int kind);

/* What it protects, as a phrase; NULL out of range. */
const char *ba_lock_text(unsigned int kind);

#endif
