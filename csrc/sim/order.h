/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * order - when each line of a trace is served. Most are served where they
 * stand; some stand before or after the moment of their operation.
 *
 *	line                     operation          served
 *	mm_page_free             the page's way     at the pcpu_drain lines it
 *	                         to a list follows  causes, else here
 *	zone_locked (several)    a refill, under    here: the mm_page_alloc that
 *	                         the zone lock      needed it
 *	mm_page_alloc            has happened       here, if not done above
 *	free_one, in a batch     straight to the    here, or when another CPU
 *	                         buddy lists        lets go of the zone lock
 *
 * Lines printed under the zone lock (zone_locked, extfrag, pcpu_drain) stand
 * in the order of the operations, across CPUs and interrupts. So what has
 * such lines is served at the first of them. Where an interrupt comes and
 * there are none, sim/interrupt.h tells whether its operations came before
 * or after. What comes after it was done before another task ran.
 *
 * A page that is freed to the buddy lists while another CPU's lines are those
 * of an operation under the zone lock waits for the lock, at the latest until
 * the next line of its own CPU. A refill of another CPU that begins meanwhile
 * tells by its frames whether the page has got there. A page of a batch goes
 * there, by a free_one line, when another CPU drains these per-CPU lists and
 * holds their lock. Any other page goes there if such drain lines stand before
 * the next line of its CPU and later lines show it on the buddy lists.
 *
 * Lines of several CPUs with one time stamp stand sorted by CPU. Each CPU's
 * own lines are in order; between CPUs the zone's free lists tell: a refill
 * whose frames are not those that the model would take waits until another
 * CPU has got to the point where they are.
 *
 * Models: the places of the tracepoints in mm/page_alloc.c: rmqueue_bulk,
 *	free_pcppages_bulk, free_unref_page_commit, mm/page_alloc.c (6.1,
 *	6.12); free_unref_folios, free_one_page, mm/page_alloc.c (6.12).
 * Simplified: direct frees of two CPUs are taken in the order of their lines;
 *	without free_one lines a page of a batch never goes past the lists.
 *
 * Invariants:
 *   D1 every line is served once.
 *   D2 a line served out of its place counts as reordered if something that
 *      is not of its own context stands between.
 */
#ifndef BA_SIM_ORDER_H
#define BA_SIM_ORDER_H

#include "sim/serve.h"

/* Serve line i, and what has to be served with it. */
void ba_order_line(struct ba_replay *r, size_t i);

/* ba_order_step on a machine with several CPUs. */
size_t ba_order_ties(struct ba_replay *r, size_t i, size_t stop);

/*
 * Serve the next lines from line i on: one, or, where lines of several CPUs
 * have the same time stamp, all of these, also past `stop`. The number of
 * lines up to `stop` that need not be served again.
 */
static inline size_t ba_order_step(struct ba_replay *r, size_t i, size_t stop)
{
	if (ba_unlikely(r->nodes->nr_cpus > 1))
		return ba_order_ties(r, i, stop);
	ba_order_line(r, i);
	return 1;
}

#endif
