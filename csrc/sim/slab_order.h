/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slab_order - in which order a new slab's objects are handed out, when the
 * cache's random sequence was not recorded: learnt from the lines themselves.
 *
 *	the sequence, a ring     2 -> 0 -> 3 -> 1 -> 2, the same for all slabs
 *	first slab               3 1 2 0     3 -> 1, 1 -> 2, 2 -> 0 are learnt
 *	second slab              2 0 ? ..    start 2; 0 foreseen, what follows 0
 *	                                     is still to be learnt
 *
 * An object that was not handed out since its slab is new is fresh. Freed
 * objects come in front of the fresh ones, which keep their order.
 *
 * Models: shuffle_freelist, next_freelist_entry, mm/slub.c (6.1, 6.12).
 * Simplified: of a cache with silent operations nothing is learnt.
 *
 * Invariants:
 *   Q1 what follows an object is learnt once, from the first slab that shows
 *      it; a slab that shows something else is a mismatch.
 */
#ifndef BA_SIM_SLAB_ORDER_H
#define BA_SIM_SLAB_ORDER_H

#include "sim/slab_run.h"

/* A new slab of a cache whose sequence is not known; its first object is the
 * one with this index, which becomes the first of the chain. */
void ba_slab_order_begin(struct ba_replay *r, uint16_t cache, pfn_t head,
			 uint32_t index);

/* No object of the slab with that head is fresh. */
void ba_slab_order_end(struct ba_replay *r, pfn_t head);

/*
 * The object that the cache hands out next, put in front where its order is
 * learnt; 0: it has none. Where it is not, all fresh objects of a slab are
 * alike, and it is the one at `address`, should that be one of them.
 */
uint64_t ba_slab_order_next(struct ba_replay *r, uint16_t cache,
			    uint64_t address);

/*
 * The object is handed out. False: it was fresh, and nothing told that it would
 * be this one.
 */
bool ba_slab_order_taken(struct ba_replay *r, struct ba_object_at at);

#endif
