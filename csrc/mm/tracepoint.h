/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tracepoint - the events that the model itself would print while it holds
 * a zone lock, in the order in which the kernel prints them. Comparing this
 * sequence with the recorded one finds the first step that differs.
 *
 *	refill:  zone_locked zone_locked ... (one per page)
 *	drain:   pcpu_drain pcpu_drain ...   (one per block)
 *	steal:   extfrag
 *
 * Models: trace_mm_page_alloc_zone_locked, trace_mm_page_pcpu_drain and
 *	trace_mm_page_alloc_extfrag, include/trace/events/kmem.h (6.1, 6.12).
 * Simplified: no time stamps; a full buffer counts what it drops.
 *
 * Invariants:
 *   V1 nr <= cap; events past the capacity only raise `dropped`.
 */
#ifndef BA_MM_TRACEPOINT_H
#define BA_MM_TRACEPOINT_H

#include "base/types.h"

enum ba_tp_kind { BA_TP_ZONE_LOCKED = 1, BA_TP_PCPU_DRAIN = 2, BA_TP_EXTFRAG = 4 };

struct ba_tp_event {
	pfn_t pfn;
	uint8_t kind;			/* enum ba_tp_kind */
	uint8_t order;			/* EXTFRAG: order asked for */
	uint8_t migratetype;		/* EXTFRAG: type asked for */
	uint8_t refill;			/* ZONE_LOCKED: percpu_refill */
	uint8_t fallback_order;		/* EXTFRAG: order of the block found */
	uint8_t fallback_migratetype;	/* EXTFRAG: type it was taken from */
	uint8_t change_ownership;	/* EXTFRAG: pageblock is now of the type */
	uint8_t zone;			/* index of the zone */
};
BA_STATIC_ASSERT(sizeof(struct ba_tp_event) == 12, "no padding");

struct ba_tp_buffer {
	struct ba_tp_event *events;
	uint32_t nr, cap;
	uint32_t dropped;
	uint8_t kinds;			/* which kinds to keep: enum ba_tp_kind */
};

/* Append an event if the buffer exists and keeps that kind. */
static inline void ba_tp_emit(struct ba_tp_buffer *buffer,
			      struct ba_tp_event event)
{
	if (ba_likely(!buffer) || !(buffer->kinds & event.kind))
		return;
	if (buffer->nr == buffer->cap) {
		buffer->dropped++;
		return;
	}
	buffer->events[buffer->nr++] = event;
}

#endif
