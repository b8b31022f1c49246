/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slab_state - the slab caches of a machine caught standing still: a part of
 * a recorded state (sim/state.h) that only some recordings have.
 *
 *	caches[]  dentry  random, of objects --> indices[] 2 4 5 14 10 ...
 *	cpus[]    CPU 0: slab 2560, its lockless list --> indices[] 0 11 7
 *	                 partial slabs, first to last --> pfns[]  1cb4 1cb5
 *	nodes[]   node 0: partial slabs, first to last -> pfns[]  13f0
 *	slabs[]   2560 order 0 of dentry, its own list -> indices[] 4 9
 *
 * Objects of a slab are known by their index: 0 at its first byte, 1 one
 * object size behind it.
 *
 * Models: struct kmem_cache, struct kmem_cache_cpu, include/linux/slub_def.h;
 *	struct kmem_cache_node, struct slab, mm/slab.h (6.1).
 *
 * Invariants (checked by ba_slab_state_check):
 *   C1 caches have distinct addresses; their objects fit into their slabs.
 *   C2 a random order is a permutation of the cache's objects, or empty.
 *   C3 a slab belongs to a cache of the state, lies at a multiple of its size
 *      behind the slab before it, and its objects fit.
 *   C4 an object is free once: on the slab's own list or on the lockless list
 *      of the CPU that has the slab; inuse counts those not on its own list.
 *   C5 a slab is the slab of one CPU or on one list of its cache, or on none;
 *      those that CPUs have are frozen and no others.
 *   C6 nr_partial is the length of the node's list; nr_slabs and
 *      total_objects of all nodes are those of the cache's slabs.
 */
#ifndef BA_SIM_SLAB_STATE_H
#define BA_SIM_SLAB_STATE_H

#include "base/status.h"
#include "base/types.h"

#define BA_SLAB_STATE_NAME_LEN 64

/*
 * X(member, kind): numbers of a cache in the order of its line; kind 'd'
 * decimal, 'x' hexadecimal.
 */
#define BA_SLAB_STATE_FIELDS(X)						\
	X(size, 'd')							\
	X(object_size, 'd')						\
	X(offset, 'd')							\
	X(inuse, 'd')							\
	X(align, 'd')							\
	X(flags, 'x')							\
	X(order, 'd')							\
	X(objects, 'd')							\
	X(min_order, 'd')						\
	X(min_objects, 'd')						\
	X(min_partial, 'd')						\
	X(cpu_partial, 'd')						\
	X(cpu_partial_slabs, 'd')					\
	X(allocflags, 'x')						\
	X(refcount, 'd')						\
	X(ctor, 'd')							\
	X(useroffset, 'd')						\
	X(usersize, 'd')

/* Some elements of indices[] or pfns[]. */
struct ba_slab_state_run {
	uint32_t first;
	uint32_t count;
};

struct ba_slab_state_cache {
	uint64_t addr;			/* of the kernel's struct kmem_cache */
	char name[BA_SLAB_STATE_NAME_LEN];
	/* sizes and offsets in bytes; refcount -1: never merged, others >= 0 */
#define X(member, kind) int64_t member;
	BA_SLAB_STATE_FIELDS(X)
#undef X
	struct ba_slab_state_run random; /* of indices[]: objects in order */
	uint32_t line;			/* of the file, for messages; 0: none */
};

/* What one CPU has of a cache. */
struct ba_slab_state_cpu {
	uint32_t cache;			/* index into caches[] */
	uint16_t cpu;
	bool has_slab;
	pfn_t pfn;			/* its slab, if it has one */
	struct ba_slab_state_run free;	/* of indices[]: its lockless list */
	struct ba_slab_state_run partial; /* of pfns[] */
	uint32_t line;
};

/* What one node has of a cache. */
struct ba_slab_state_node {
	uint32_t cache;			/* index into caches[] */
	uint8_t node;
	uint64_t nr_partial;
	uint64_t nr_slabs;
	uint64_t total_objects;
	struct ba_slab_state_run partial; /* of pfns[] */
	uint32_t line;
};

struct ba_slab_state_slab {
	pfn_t pfn;			/* of its head */
	uint8_t order;
	bool frozen;
	uint16_t inuse;			/* objects not on its own list */
	uint16_t objects;
	uint32_t cache;			/* index into caches[] */
	struct ba_slab_state_run free;	/* of indices[]: its own list */
	uint32_t line;
};

/* All zeros: no caches are known. The arrays grow by doubling. */
struct ba_slab_state {
	struct ba_slab_state_cache *caches;
	uint32_t nr_caches, cap_caches;
	struct ba_slab_state_cpu *cpus;		/* by cache, then by CPU */
	uint32_t nr_cpus, cap_cpus;
	struct ba_slab_state_node *nodes;	/* by cache, then by node */
	uint32_t nr_nodes, cap_nodes;
	struct ba_slab_state_slab *slabs;	/* by frame */
	uint32_t nr_slabs, cap_slabs;
	uint16_t *indices;
	uint32_t nr_indices, cap_indices;
	pfn_t *pfns;
	uint32_t nr_pfns, cap_pfns;
};

void ba_slab_state_deinit(struct ba_slab_state *state);

/* Append one element; BA_ENOMEM when the host has no memory. */
enum ba_status ba_slab_state_add_cache(struct ba_slab_state *state,
				       const struct ba_slab_state_cache *cache);
enum ba_status ba_slab_state_add_cpu(struct ba_slab_state *state,
				     const struct ba_slab_state_cpu *cpu);
enum ba_status ba_slab_state_add_node(struct ba_slab_state *state,
				      const struct ba_slab_state_node *node);
enum ba_status ba_slab_state_add_slab(struct ba_slab_state *state,
				      const struct ba_slab_state_slab *slab);
enum ba_status ba_slab_state_add_index(struct ba_slab_state *state,
				       uint16_t index);
enum ba_status ba_slab_state_add_pfn(struct ba_slab_state *state, pfn_t pfn);

/* The cache of that address; nr_caches when there is none. */
uint32_t ba_slab_state_find_cache(const struct ba_slab_state *state,
				  uint64_t addr);

/* The slab with that head, by bisection; NULL when there is none. */
const struct ba_slab_state_slab *
ba_slab_state_find_slab(const struct ba_slab_state *state, pfn_t pfn);

/*
 * Check C1..C6. On BA_ESTATE, `message` (if not NULL) says which, with the
 * values and, where known, the line of the file.
 */
enum ba_status ba_slab_state_check(const struct ba_slab_state *state,
				   char *message, size_t message_size);

#endif
