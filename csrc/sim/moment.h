/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * moment - the free page counters and boosts that a request on one CPU saw
 * while others changed them, and whether kswapd was at work at a free.
 *
 * A watermark is tested without a lock, before the page is taken and long
 * before mm_page_alloc is printed. Two things come between:
 *
 *	CPU 0                          CPU 1
 *	                               zone_locked  1 \  a refill: served at
 *	mm_page_alloc A                zone_locked  2  | its first line, but
 *	mm_page_alloc B                ...             | the counter falls
 *	                               zone_locked 63 /  line by line
 *
 *	CPU 0                          CPU 1
 *	mm_page_alloc A
 *	  tests, takes B               mm_page_alloc ... the zone sinks below
 *	  (stopped for a while)        mm_page_alloc ... its mark
 *	mm_page_alloc B
 *
 * The first is known from the lines: of an operation under the zone lock
 * others see so much as its lines have told, and its boost from that extfrag
 * line on which claims a pageblock. For the second, the moment of the test lies
 * between the last line of the CPU and the first of the request. It is that of
 * the request's own lines, unless these speak against it: a request without
 * lines printed under the zone lock was a hit of the CPU's list, and one with
 * such lines was served by the zone they name; one that failed, by none. If
 * that could only be so as of the CPU's last line, the counters and boosts of
 * then count; or those of the moment since then with the fewest, or the most,
 * free pages above boosts. If a hit agrees with both lines and different zones
 * would serve it, the next refill of one of their lists tells how many pages
 * were taken from it.
 *
 * A drain in 6.12 may clear BELOW_HIGH when it is done: others see that flag
 * until its last line. A request sets it when it tests the high mark, a while
 * before its own line; whether that was before or after such a drain, the next
 * frees tell by the number of pages that they drain.
 *
 * kswapd prints nothing when it sets or clears RECLAIM_ACTIVE: it begins after
 * its line balance, and ends before balance_end and the line that wakes
 * kcompactd. A free of another CPU meanwhile tells by the number of pages that
 * it drains:
 *
 *	CPU 0                          CPU 1
 *	                               kswapd's last line at work
 *	mm_page_free, no drain         (clears RECLAIM_ACTIVE)
 *	mm_page_free, no drain         mm_compaction_wakeup_kcompactd
 *	                               balance_end
 *
 * Models: where rmqueue_bulk and free_pcppages_bulk change NR_FREE_PAGES, and
 *	zone_watermark_fast reads it, mm/page_alloc.c and include/linux/mmzone.h
 *	(6.1, 6.12);
 *	balance_pgdat, mm/vmscan.c (6.1, 6.12).
 * Profiles: per_op_free_counter.
 * Simplified: of the moments between two lines only these four are tried;
 *	reserves are those of the last.
 *
 * Invariants:
 *   T1 outside ba_moment_choose .. ba_moment_restore the counters, boosts
 *      and flags are those of the model, but for BELOW_HIGH in a drain.
 *   T2 on a machine with one CPU nothing is done here.
 */
#ifndef BA_SIM_MOMENT_H
#define BA_SIM_MOMENT_H

#include "sim/run.h"

/* Line i is next: what it tells of an operation under way, others see now. */
void ba_moment_before_line(struct ba_replay *r, size_t i);

/* It is served: see what it changed, and how much of it shows later. */
void ba_moment_after_line(struct ba_replay *r, size_t i);

/*
 * The request of line `request` is served next, its lines begin with line
 * `first`: let the counters be those that it saw. True: of an earlier moment.
 */
bool ba_moment_choose(struct ba_replay *r, size_t first, size_t request);

/*
 * Line i, which puts a page on a per-CPU list, is served next; `own` is the
 * next line of its context. True: a request has found its zone above the high
 * mark, or below it, at another moment than the model has it from, and
 * BELOW_HIGH is the other way.
 */
bool ba_moment_choose_high(struct ba_replay *r, size_t i, size_t own);

/*
 * Line i, which puts a page on a per-CPU list, is served next; `own` is the
 * next line of its context, and kswapd begins or ends a run about now. True:
 * the zone is not yet, or no longer, being reclaimed.
 */
bool ba_moment_choose_kswapd(struct ba_replay *r, size_t i, size_t own);

/* It is served: give back what the two above took or added. */
void ba_moment_restore(struct ba_replay *r);

#endif
