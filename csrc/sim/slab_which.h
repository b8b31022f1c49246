/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slab_which - the cache that a slab line speaks of, and the lines that speak
 * of a slab. Only kmem_cache_free names its cache.
 *
 *	kmalloc ptr=..24b0180 bytes_req=72        the size class: kmalloc-96
 *	kmem_cache_alloc ptr=..24b1300 192 bytes  three caches have such objects
 *	  ...
 *	kmem_cache_free ptr=..24b1480 name=filp   but this slab is of filp
 *
 * A cache that the recorded state does not have is made when a line shows it:
 * the size of its objects decides everything that its lists depend on.
 *
 * Models: kmalloc_slab, mm/slab_common.c (6.1);
 *	trace_kmem_cache_alloc, include/trace/events/kmem.h (6.1, 6.12).
 * Simplified: a slab of min_order is found by its own frames only.
 *
 * Invariants:
 *   I1 a frame keeps its cache until its pages are freed.
 */
#ifndef BA_SIM_SLAB_WHICH_H
#define BA_SIM_SLAB_WHICH_H

#include "sim/slab_run.h"

/* The cache that slab line i speaks of; BA_CACHE_NONE: pages, or unknown. */
uint16_t ba_slab_cache_of(struct ba_replay *r, size_t i);

/*
 * Hashed addresses: does line i allocate a block as a cache would ask for it,
 * whose object the next slab line of its context allocates?
 */
bool ba_slab_looks_asked(struct ba_replay *r, size_t i);

/* The frames of line e, which allocates or frees a block, have none. */
void ba_slab_forget_caches(struct ba_replay *r, const struct ba_event *e);

/* The recorded frames of the block are of that cache. */
void ba_slab_keep_cache(struct ba_replay *r, const struct ba_slab_block *block,
			uint16_t cache);

/*
 * The next slab line of the context of line i, which allocates a block, if that
 * allocates an object in the block; else BA_LOOKAHEAD_NONE: if the block
 * becomes a slab, it does so in silence.
 */
size_t ba_slab_line_for(const struct ba_replay *r, size_t i);

/* The first slab line after line i with an object in the block of line i. */
size_t ba_slab_first_line(const struct ba_replay *r, size_t i);

/* The known cache that makes a slab of the block of line i, and the line of the
 * slab's first object in *k; BA_CACHE_NONE: none is known. */
uint16_t ba_slab_cache_for(struct ba_replay *r, size_t i, size_t *k);

#endif
