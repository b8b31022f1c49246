/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * standing - how each task that asks for memory stands: has its request been
 * refused above the low mark already, and may it use the reserves?
 *
 *	line of task 7                  its next mm_page_alloc
 *	mm_vmscan_direct_reclaim_begin  of another request: NO_WATERMARKS
 *	mm_vmscan_direct_reclaim_end    of that request: late; if no page was
 *	                                reclaimed and it is NORETRY, refused
 *	mm_compaction_try_to_compact_pages             late
 *	balance ... balance_end         NO_WATERMARKS (kswapd)
 *	mark_victim: pid=7              ALLOC_OOM
 *
 * A request is one line of the trace, printed when it is served, but it may
 * have begun long before: it reclaimed or compacted, slept, other tasks ran.
 * Then it takes a page of the first zone above the min mark, though a later
 * zone may be above the low mark by now.
 *
 * Models: __alloc_pages_direct_reclaim, __alloc_pages_direct_compact,
 *	__alloc_pages_slowpath,
 *	__gfp_pfmemalloc_flags, mm/page_alloc.c; balance_pgdat, mm/vmscan.c;
 *	mark_oom_victim, mm/oom_kill.c (6.1, 6.12).
 * Simplified: tasks are told apart by the low 16 bits of their pid, and the
 *	threads of a victim are not known to be it. What a request allocates
 *	while it compacts is not told from the request itself.
 *
 * Invariants:
 *   S1 nr is the number of tasks of which anything is known.
 */
#ifndef BA_SIM_STANDING_H
#define BA_SIM_STANDING_H

#include "mm/context.h"
#include "sim/event.h"

/* Bits of ba_standing.of[]; the low four: order of the late request + 1. */
#define BA_STANDING_LATE	0x0fu
#define BA_STANDING_RECLAIMS	0x10u	/* PF_MEMALLOC */
#define BA_STANDING_VICTIM	0x20u	/* of the OOM killer */
#define BA_STANDING_BARREN	0x40u	/* it has reclaimed nothing */

struct ba_standing {
	uint32_t nr;
	uint8_t of[UINT16_MAX + 1];	/* by task */
};

/* Any line; the ones above change something. */
void ba_standing_line(struct ba_standing *s, const struct ba_event *e);

/* Is line e, of a request, that of one that was refused before? */
bool ba_standing_is_late(const struct ba_standing *s,
			 const struct ba_event *e);

/*
 * Has the kernel given the request of line e up without another look at the
 * zones? One that may not retry ends with a reclaim that frees nothing.
 */
bool ba_standing_is_refused(const struct ba_standing *s,
			    const struct ba_event *e);

/* BA_ALLOC_* that the kernel grants the task of line e; 0: none. */
unsigned int ba_standing_rights(const struct ba_standing *s,
				const struct ba_event *e);

/* The request of line e is served, or refused for good. */
void ba_standing_served(struct ba_standing *s, const struct ba_event *e);

#endif
