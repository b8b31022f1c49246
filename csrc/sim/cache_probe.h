/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cache_probe - the counts of a slab cache, as /sys/kernel/slab and
 * /proc/slabinfo have them, and what the kernel has no count of: the bytes
 * that its owners asked for; and the memory of a node that slabs and large
 * kmallocs have.
 *
 *	slabs 6       CPU 0     | slab | stack: 2 |    cpu_slabs 3
 *	              node 0    | partial list: 1 |    partial 1
 *	              no list   | full: 2         |
 *	objects       total_objects less what is free on the partial lists
 *	used          the objects that owners have: objects less what is free in
 *	              the slabs that CPUs hold
 *	bytes   | asked for | slack of objects | rest of slots and slabs |
 *	        |<---- used * object_size ---->|
 *	        |<---------------- pages * 4096 ------------------------>|
 *
 * Models: show_slab_objects, slabs_cpu_partial_show, count_partial,
 *	get_slabinfo, mm/slub.c (6.1, 6.12); count_partial_free_approx,
 *	mm/slub.c (6.12); cache_vmstat_idx, mm/slab.h (6.1, 6.12);
 *	__kmalloc_large_node, mm/slab_common.c (6.1); ___kmalloc_large_node,
 *	mm/slub.c (6.12).
 * Profiles: profile.slab_count_approx.
 * Simplified: taken between two events, never in the middle of one.
 *
 * Invariants:
 *   Q1 a probe changes nothing.
 *   Q2 used <= objects <= total_objects, partial + cpu_slabs <= slabs.
 */
#ifndef BA_SIM_CACHE_PROBE_H
#define BA_SIM_CACHE_PROBE_H

#include "sim/machine.h"

struct ba_cache_probe {
	uint64_t slabs;
	uint64_t partial;		/* slabs on the nodes' lists */
	uint64_t cpu_slabs;		/* that CPUs hold: own and on stacks */
	uint64_t slabs_cpu_partial;	/* on stacks */
	uint64_t objects;
	uint64_t objects_partial;	/* in use, of partial slabs */
	uint64_t total_objects;
	uint64_t active_objs;		/* `objects` as slabinfo counts it */
	uint64_t used;
	uint64_t requested;		/* bytes that owners asked for */
	uint64_t pages;			/* frames */
};

/* Pre: the cache exists. */
void ba_cache_probe(const struct ba_machine *machine, uint16_t cache,
		    struct ba_cache_probe *ret);

/* What a node's memory is to slabs and to kmalloc. */
struct ba_node_slab_probe {
	uint64_t reclaimable;		/* frames of caches of that kind */
	uint64_t unreclaimable;		/* of others, and of large kmallocs */
	uint64_t large;			/* kmallocs above the largest class */
	uint64_t large_pages;		/* their frames */
	uint64_t large_requested;	/* bytes that were asked for */
};

/* Of every node; one without memory has nothing. Looks at every frame. */
void ba_node_slab_probe(const struct ba_machine *machine,
			struct ba_node_slab_probe ret[BA_NODE_MAX]);

/* Frames of one node that are slabs of the cache. */
uint64_t ba_cache_probe_pages(const struct ba_kmem_cache *cache, uint8_t node);

#endif
