/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * serve - one line of a trace, as a request to the model: an allocation, a
 * free or the half of one, a bulk allocation. What the kernel does unasked is
 * sim/background.h's, when each is served is decided above (sim/order.h).
 *
 *	recorded frame --names[].model--> the model's frame
 *	   0x8bef                        0x8bef while in step, else another
 *
 * Models: the places of the tracepoints in mm/page_alloc.c; __alloc_pages,
 *	__alloc_pages_bulk, free_unref_page_list, mm/page_alloc.c (6.1);
 *	__alloc_pages_noprof, alloc_pages_bulk_noprof, free_unref_folios,
 *	mm/page_alloc.c (6.12); free_unref_page, mm/page_alloc.c (6.1, 6.12).
 * Simplified: the node that a request names is inferred, see request_node.
 *
 * Invariants:
 *   J1 a recorded frame number changes no choice of the model (replay.h R2).
 */
#ifndef BA_SIM_SERVE_H
#define BA_SIM_SERVE_H

#include "sim/background.h"

/* Is there a page in use that lines call by this recorded frame number, or
 * one taken silently that may be it? Pre: addr < la.nr_frames. */
bool ba_serve_knows(const struct ba_replay *r, uint64_t addr);

/*
 * Line i, a free_one: is its page one of a batch, which goes to the buddy lists
 * here? Any other went with its mm_page_free.
 */
bool ba_serve_ends_direct(const struct ba_replay *r, size_t i);

/* Take a page of this CPU's list of that zone and type, which no line tells;
 * false when there is none. */
bool ba_serve_take_silent(struct ba_replay *r, struct ba_zone *zone,
			  uint8_t type);

/* Serve line i now, and mark it done. */
void ba_serve(struct ba_replay *r, size_t i);

/*
 * Line i, a free or the end of a batched one: do all but put the page on a
 * list, and mark the line done. ba_serve_deferred does the rest for `cpu`,
 * when a line of it that is not before `until` has its turn; or earlier, if
 * the page goes `direct` to the buddy lists, when a line of another CPU shows
 * it there.
 */
void ba_serve_defer(struct ba_replay *r, size_t i, size_t until, bool direct);
void ba_serve_deferred(struct ba_replay *r, cpu_t cpu);

/* A new call begins, which ends at `stop`: outcomes of its lines go to
 * `outcomes`, also those that the call before has come to. */
void ba_serve_begin(struct ba_replay *r, size_t stop,
		    struct ba_outcome *outcomes);

/* Serve the bulk allocation that line `exit` ends, if that is not done. */
void ba_serve_bulk(struct ba_replay *r, size_t exit);

#endif
