/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * told - what a trace without kprobe events still tells of the per-CPU
 * lists: the lines printed under the zone lock say how many blocks a refill
 * brought or a drain gave back. Which blocks, the model chooses.
 *
 *	mm_page_free   A                 the free of A
 *	mm_page_pcpu_drain  X  \
 *	mm_page_pcpu_drain  Y  /         drains two pages: told.drain = 2
 *	...
 *	mm_page_pcpu_drain  Z            follows no free: somebody drains
 *	...
 *	zone_locked order 0 (8 lines)    nobody's: a bulk allocation's refill
 *	zone_locked order 3 (3 lines) \
 *	mm_page_alloc order 3         /  told.refill = 3
 *
 * The model computes each amount by the kernel's rule, and where it has the
 * state for that the lines only agree. It has not when the vmstat worker has
 * had its turn (6.12), whose second on the trace's clock no line tells: high
 * marks have decayed then. So if a free drains where the model would not,
 * high has come down to where this free makes a drain, and if the model
 * would and the free does not, high is above it. Likewise when kswapd began
 * or ended a run without a line. Each correction is counted.
 *
 * The worker also folds the counters of its CPU, and that decides which zone
 * serves a request when one is near its mark. The lines tell that zone: of a
 * request that refills a list, its own lines name it; for hits the next refill
 * of one of the CPU's lists tells, since that list was empty then:
 *
 *	mm_page_alloc  1	 \ two hits of another zone's list
 *	mm_page_alloc  2	 /
 *	mm_page_alloc  3	 \
 *	mm_page_alloc  4	  > DMA's list had three pages
 *	mm_page_alloc  5	 /
 *	zone_locked ...  of DMA
 *
 * Where the model's zone is another one, or the kernel had no page at all, a
 * fold unseen comes first. If that does not explain it, earlier folds were not
 * as the model has them: the counter that is in the way gives way by as little
 * as can be, within the thresholds of the CPUs (mm/freelist.h).
 *
 * Drain lines that follow from no free, or go on past what a free drains to
 * the last page of the list set, are a drain of their own. If it leaves pages
 * it is the vmstat worker's (6.12), which has then folded the counters too.
 *
 * Every trace tells one thing more: what became of a fallback's pageblock. The
 * kernel claims it if enough of its pages are free or on LRU lists, and a page
 * that kswapd has isolated, or that waits in a CPU's batch, is not. So where
 * such pages count, the extfrag lines of an operation say, in their order, at
 * which order it found its block and whether it claimed the pageblock.
 *
 * Models: the tracepoints of rmqueue_bulk and free_pcppages_bulk,
 *	mm/page_alloc.c (6.1, 6.12); decay_pcp_high, mm/page_alloc.c (6.12).
 * Simplified: two refills of one list in a row, one silent, count as one; the
 *	hits between two refills change zones at most once, and those before a
 *	drain of their lists tell nothing.
 *
 * Invariants:
 *   O1 with kprobe events in use nothing is told but fallbacks.
 *   O2 a frame in these lines says which zone's, and on a machine with
 *      several CPUs which CPU's lists they speak of, no more. That of the
 *      request's own mm_page_alloc says nothing but whether there was one.
 */
#ifndef BA_SIM_TOLD_H
#define BA_SIM_TOLD_H

#include "sim/serve.h"

/*
 * A page of the zone of frame `pfn` is put on a per-CPU list; `own` is the
 * next line of the context. Until ba_told_done, that drains as many pages as
 * the lines from `own` on say, if the trace has such lines at all.
 */
void ba_told_free(struct ba_replay *r, uint64_t pfn, size_t own);

/*
 * The lines [i, k) of one context were printed under the zone lock; line k
 * is the next one of it, BA_LOOKAHEAD_NONE when another task runs first. Line
 * `asker` may be what asked for the last of them, BA_LOOKAHEAD_NONE: none.
 * Serve what these lines say of silent refills. Until ba_told_done, the
 * request refills as they say, if the trace has zone_locked lines at all.
 */
void ba_told_refill(struct ba_replay *r, size_t i, size_t k, size_t asker);

void ba_told_done(struct ba_replay *r);

/*
 * The request of line `request` is served next, its lines begin with line i:
 * r->told.zone is the zone that the lines tell, -1 if they tell none.
 */
void ba_told_zone(struct ba_replay *r, size_t i, size_t request);

/*
 * The extfrag lines among lines [i, k) tell of the fallbacks of what is
 * served next, until ba_told_fallbacks_done. With kprobe events, too.
 */
void ba_told_fallbacks(struct ba_replay *r, size_t i, size_t k);

void ba_told_fallbacks_done(struct ba_replay *r);

/* Line i is a mm_page_pcpu_drain: serve it, if it follows from no free. */
void ba_told_drain(struct ba_replay *r, size_t i);

#endif
