/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmap_area - the addresses that vmalloc gives out: which are free, which are
 * in use, and which were freed but may still stand in a CPU's TLB.
 *
 *	            place (lowest hole)         free_lazily
 *	  FREE ------------------------> BUSY ---------------> LAZY
 *	   ^  ^                            ^                     |
 *	   |  |            take_pooled     |        purge        |
 *	   |  +---- decay ---- POOLED -----+    (one TLB flush   |
 *	   |                     ^               for all)        |
 *	   +---------------------+-------------------------------+
 *
 * An address that was freed is not given out again before a purge, which
 * comes when more than lazy_max pages wait, or when no hole is left. In 6.12
 * a machine of several CPUs keeps areas in `nodes`, one for each CPU: busy
 * areas by their address, lazily freed ones by the CPU that asked for them,
 * and a purge puts these into pools of their node, a list for each size up to
 * 256 pages, where the next request of that size finds them without a search.
 *
 * Each area is described by an object of the kernel's cache vmap_area, whose
 * address a record keeps. When areas merge, one object is left over: such
 * records are DEAD, and the caller gives their objects back in the order in
 * which they died. Cutting a hole in two takes an object more: the spare that
 * a CPU has ready for that.
 *
 * Models: alloc_vmap_area, __alloc_vmap_area, free_vmap_area_noflush,
 *	__purge_vmap_area_lazy, lazy_max_pages, vmap_init_free_space,
 *	mm/vmalloc.c (6.1, 6.12); adjust_va_to_fit_type, mm/vmalloc.c (6.1);
 *	va_clip, node_alloc, node_pool_add_va, node_pool_del_va,
 *	decay_va_pool_node, purge_vmap_node, vmap_init_nodes,
 *	vmap_node_shrink_scan, mm/vmalloc.c (6.12).
 * Profiles: vmap_nodes.
 * Simplified: no vm_map_ram, so no fragmented blocks to purge, and no
 *	notifiers that give addresses back. Work items of a purge run after
 *	the purge's own part, each on its CPU.
 *
 * Invariants:
 *   V1 every record below nr_areas is in one place: a tree, a pool, a CPU's
 *      spare, the dead, or the records that nobody has.
 *   V2 lazy_pages is the pages of all LAZY areas, guard pages too.
 *   V3 areas of all kinds together cover each address from 1 up to the last
 *      but one exactly once.
 *   V4 in 6.1 no two LAZY areas touch, in both no two FREE ones.
 *   V5 a busy area lies in the tree of its address's node.
 *   V6 a pool has `len` areas, all of its size.
 */
#ifndef BA_MM_VMAP_AREA_H
#define BA_MM_VMAP_AREA_H

#include "mm/profile.h"
#include "mm/vmap_tree.h"

#define BA_VMALLOC_START UINT64_C(0xffffc90000000000)
#define BA_VMALLOC_SIZE	(UINT64_C(32) << 40)		/* bytes: 32 TiB */
#define BA_VMALLOC_END	(BA_VMALLOC_START + BA_VMALLOC_SIZE - 1)

#define BA_VMAP_POOLS	256u	/* of one node: areas of 1..256 pages */
#define BA_VMAP_ZONE	16u	/* pages of addresses that have one node */

enum ba_vmap_state {
	BA_VMAP_UNUSED,		/* nobody's record */
	BA_VMAP_FREE,
	BA_VMAP_BUSY,
	BA_VMAP_LAZY,
	BA_VMAP_POOLED,
	BA_VMAP_SPARE,		/* no addresses: an object for a cut */
	BA_VMAP_DEAD,		/* no addresses: an object to be freed */
};

/* Areas of one size, first in, last out but for those turned. */
struct ba_vmap_pool {
	uint32_t head, tail;	/* areas by number; 0: none */
	uint32_t len;
};

struct ba_vmap_node {
	uint32_t busy, lazy;	/* roots (mm/vmap_tree.h) */
};

struct ba_vmap_space {
	uint64_t start, end;	/* what vmalloc gives out: [start, end) */
	uint64_t lazy_pages;	/* V2 */
	uint64_t lazy_max;	/* pages that may wait */
	uint64_t purges;	/* since boot, those that flushed TLBs */
	uint32_t free;		/* root */
	uint32_t nr_areas;	/* records ever used, record 0 too */
	uint32_t max_areas;	/* room in the table */
	uint32_t unused;	/* first of the records below nr_areas that
				 * nobody has */
	uint32_t nr_unused;
	uint32_t dead, dead_tail;
	uint32_t nr_nodes;	/* 1: no pools */
	uint32_t merge_lazy;	/* 6.1: lazy neighbours become one */
	uint32_t drain_wanted;	/* more than lazy_max wait: a purge is due */
	uint32_t spare[BA_CPU_MAX];
	struct ba_vmap_node node[BA_CPU_MAX];
};

/* The tables, for one call into the model: it may hold pointers. */
struct ba_vmap {
	struct ba_vmap_space *space;
	struct ba_vmap_area *areas;	/* [max_areas] */
	struct ba_vmap_pool *pools;	/* [nr_nodes * BA_VMAP_POOLS] */
};

/*
 * Begin with one hole, from 1 to the last address but one, described by
 * `object`. Pre: *map->space is all 0, and room for one area at least.
 */
void ba_vmap_init(struct ba_vmap *map, const struct ba_profile *profile,
		  uint32_t nr_cpus, uint32_t max_areas, uint64_t object);

/* Records that can still be had. */
uint32_t ba_vmap_room(const struct ba_vmap *map);

/* A record for a new object. Pre: ba_vmap_room is not 0. */
uint32_t ba_vmap_new(struct ba_vmap *map, uint64_t object);

/* Give such a record back, unplaced: it is DEAD. */
void ba_vmap_drop(struct ba_vmap *map, cpu_t cpu, uint32_t id);

/* Let `id`, a new record, be the CPU's spare. Pre: it has none. */
void ba_vmap_give_spare(struct ba_vmap *map, cpu_t cpu, uint32_t id);

/* A pooled area for the request, now BUSY; BA_VMAP_NONE: search for one. */
uint32_t ba_vmap_take_pooled(struct ba_vmap *map, cpu_t cpu,
			     const struct ba_vmap_request *request);

/*
 * Put `id`, a new record, over the lowest hole that is found: BUSY. False,
 * and nothing changed, when there is none. Pre: the CPU has a spare.
 */
bool ba_vmap_place(struct ba_vmap *map, cpu_t cpu, uint32_t id,
		   const struct ba_vmap_request *request);

/* The busy area that begins there; BA_VMAP_NONE. */
uint32_t ba_vmap_find(const struct ba_vmap *map, uint64_t start);

/* Does a lazily freed area hold that address? */
bool ba_vmap_is_lazy(const struct ba_vmap *map, uint64_t address);

/* A busy area is given up; drain_wanted may be set. */
void ba_vmap_free_lazily(struct ba_vmap *map, cpu_t cpu, uint32_t id);

/* The work item that is due when drain_wanted is set. */
void ba_vmap_drain(struct ba_vmap *map, cpu_t cpu);

/* All lazily freed and all pooled areas become free: no hole was left. */
void ba_vmap_purge_all(struct ba_vmap *map, cpu_t cpu);

/* Areas in pools, and all of them made free: what 6.12's shrinker does. */
uint64_t ba_vmap_count_pooled(const struct ba_vmap *map);
void ba_vmap_decay_all(struct ba_vmap *map, cpu_t cpu);

/* The next object to be freed and the CPU that does it; false: no more. */
bool ba_vmap_next_dead(struct ba_vmap *map, uint64_t *object, cpu_t *cpu);

/*
 * The areas in use, or the lazily freed ones, in the order in which
 * /proc/vmallocinfo has them: of node 0 by address, of node 1 by address ...
 * The first for `id` BA_VMAP_NONE; BA_VMAP_NONE after the last.
 */
uint32_t ba_vmap_next(const struct ba_vmap *map, enum ba_vmap_state state,
		      uint32_t *node, uint32_t id);

/* NULL, or the sentence of the first of V1..V6, T1..T4 that does not hold. */
const char *ba_vmap_check(const struct ba_vmap *map);

#endif
