/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slab_pages - page lines that slabs cause: did the model's cache ask for the
 * block as well, or give it back?
 *
 *	mm_page_alloc 0x24b0     the cache has nothing left: it asks; the block
 *	                         waits
 *	kmem_cache_alloc         the block is a slab, the object its first
 *	...
 *	kmem_cache_free          the last object: the slab is given up
 *	mm_page_free 0x24b0      its block, at its event
 *
 * Observed, the block is the trace's to give and to take. Driven, a line is
 * served only if a cache of the model asks for just that order with just those
 * flags, or gives back a block of that order; what it does besides has no
 * line.
 *
 * A cache asks before the line of its pages is printed. If another task or an
 * interrupt frees objects to it in between, it has asked all the same.
 *
 * Models: the order of tracepoints in ___slab_alloc, allocate_slab and
 *	free_slab, mm/slub.c (6.1, 6.12).
 * Simplified: silent frees happen when the pages of their slab are freed.
 *
 * Invariants:
 *   E1 observed: a page that the trace gives to a slab, or takes from one, is
 *      a slab's in the model in between.
 */
#ifndef BA_SIM_SLAB_PAGES_H
#define BA_SIM_SLAB_PAGES_H

#include "sim/slab_order.h"
#include "sim/slab_which.h"

/*
 * Others run after line i. If the next line of its task is that of pages for a
 * slab, these were asked for before, should the cache have nothing left now.
 */
void ba_slab_before_others(struct ba_replay *r, size_t i);

/*
 * Line i allocates a block for a slab: is it to be served? If so, and when it
 * has been, the block waits for its slab.
 */
bool ba_slab_page_wanted(struct ba_replay *r, size_t i);
void ba_slab_page_came(struct ba_replay *r, size_t i);

/* Line i frees a block that may be a slab's: is it to be served? */
bool ba_slab_page_goes(struct ba_replay *r, size_t i);

/*
 * The block becomes a slab of the cache, and an object of it, the one that
 * line e names, is handed out. False: no slab of this cache is of that order.
 */
bool ba_slab_make(struct ba_replay *r, const struct ba_event *e,
		  uint16_t cache, const struct ba_slab_block *block);

#endif
