/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slab_replay - the slab lines of a trace, served by the model's caches.
 *
 *	kmem_cache_alloc ptr=..24b0180   is it the object that the model's
 *	                                 cache would hand out?
 *	kmem_cache_free ptr=..24b0180    the model's object of that name goes
 *	                                 back to its slab
 *
 * The line of an allocation is printed after the object is taken, that of a
 * free before it is given back. Pages lie between (sim/slab_pages.h).
 *
 * Observed, the recorded object is taken if the model's was another, so that
 * each line is a question of its own. Driven, the model goes on with its own
 * choice, as it does with pages (sim/replay.h), and asks for its own pages.
 *
 * What a trace does not say, and what is done about it:
 *
 * - The cache of a line: see sim/slab_which.h.
 * - The order of a new slab's objects. Where the cache's random sequence is
 *   recorded, its start is that of the slab's first object; else it is learnt
 *   (sim/slab_order.h). What could not be known counts as unknowable
 *   (`address_unknowable`).
 * - The lists of a cache when the state has none. They are known from its first
 *   new slab on: a cache makes one when it has no free object left. A slab
 *   that was full then shows by the first object freed in it.
 * - Silent operations: kmem_cache_alloc_bulk and kmem_cache_free_bulk print no
 *   line. A cache of which an object is freed twice has such. There an object
 *   that is freed while it is free has been allocated before, one that is
 *   allocated while in use has been freed, those that would have been next
 *   were taken as well, and a slab whose pages are freed was emptied
 *   (`silent_objects`).
 * - An interrupt between an allocation and its line: the allocation came
 *   first if the cache has the recorded object next before the interrupt's
 *   lines, and these touch the cache (`reordered`).
 *
 * Models: the places of the tracepoints in slab_alloc_node, mm/slub.c (6.1,
 *	6.12), and kfree, mm/slab_common.c (6.1) or mm/slub.c (6.12).
 * Simplified: the moment of silent frees is that at which they show. A hashed
 *	address names an object, but not its place: nothing is compared.
 *	Driven, the model hands out its own, and page lines count as a cache's
 *	if it would ask just so for the next object of their context; of
 *	objects older than the trace no free is known.
 *
 * Invariants:
 *   W1 same_address + address_unknowable <= same_slab <= allocations.
 */
#ifndef BA_SIM_SLAB_REPLAY_H
#define BA_SIM_SLAB_REPLAY_H

#include "sim/slab_pages.h"

/* Serve slab line i. */
void ba_slab_line(struct ba_replay *r, size_t i);

/*
 * An interrupt comes after line i; line `own` then says what its task had
 * allocated. Was that before the interrupt?
 */
bool ba_slab_alloc_earlier(struct ba_replay *r, size_t i, size_t own);

#endif
