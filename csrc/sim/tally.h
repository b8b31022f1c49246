/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tally - what a replay is asked to do, and what it counts while it does it.
 *
 *	line --served--> score    exact or not, silent, reordered, bad frees
 *	            \--> fallback  each event that the model itself would print
 *
 * Models: nothing of the kernel's.
 * Simplified: counts only; the history is in the samples (sim/replay.h).
 *
 * Invariants:
 *   U1 exact <= allocations and failed <= allocations - exact.
 */
#ifndef BA_SIM_TALLY_H
#define BA_SIM_TALLY_H

#include "base/status.h"
#include "mm/tracepoint.h"

/* How a replay takes the slab lines of a trace. */
enum ba_slab_mode {
	BA_SLAB_MODE_OFF,	/* not at all */
	BA_SLAB_MODE_OBSERVED,	/* pages are given as the trace says; each
				 * object is compared, and the recorded one
				 * taken if the model's was another */
	BA_SLAB_MODE_DRIVEN,	/* the model's slabs ask for their pages */
};

struct ba_replay_options {
	bool standard;		/* ignore the kprobe events */
	bool strict;		/* stop at the first free that cannot be */
	uint64_t sample_events;	/* a sample every so many events; 0: none */
	uint64_t sample_ns;	/* or every so many ns of trace time; 0: none */
	uint8_t trace_kinds;	/* tracepoints to keep besides EXTFRAG */
	uint8_t slab_mode;	/* enum ba_slab_mode */
	/* names of caches, by number - 1: see kmem_cache_free in sim/event.h */
	const char *const *cache_names;
	uint32_t nr_cache_names;
};

struct ba_replay_score {
	uint64_t events;
	uint64_t allocations;		/* mm_page_alloc lines */
	uint64_t failed;		/* the model had no page */
	uint64_t exact;			/* the model chose the recorded frame */
	uint64_t silent_traced;		/* silent pages known from events */
	uint64_t silent_inferred;	/* silent pages inferred from frees */
	uint64_t amounts_inferred;	/* refills and drains whose lines tell
					 * another size than the model's */
	uint64_t drains_inferred;	/* drains that follow from no free */
	uint64_t folds_inferred;	/* requests served for a fold unseen */
	uint64_t claims_inferred;	/* pageblocks claimed or not, as told */
	uint64_t reordered;		/* operations moved to their true place */
	uint64_t nodes_inferred;	/* requests that named another CPU's node */
	uint64_t bad_frees;		/* frees that could not be done */
	uint64_t lost_events;		/* from [LOST n EVENTS] lines */
	uint64_t first_bad_free;	/* event number; all ones: none */
	enum ba_status first_bad_free_status;
	uint64_t first_mismatch;	/* event number; all ones: none */
	uint64_t first_mismatch_recorded_pfn;
	uint64_t first_mismatch_model_pfn;
};

/* Slab lines; "known" is a cache whose lists are known at that line. */
struct ba_slab_score {
	uint64_t allocations;		/* objects of known caches allocated */
	uint64_t unchecked;		/* objects of other caches allocated */
	uint64_t frees;			/* objects freed */
	uint64_t unknown_frees;		/* of these, of no slab that is known */
	uint64_t same_slab;		/* the model chose the recorded slab */
	uint64_t same_address;		/* and the recorded object */
	uint64_t address_unknowable;	/* it could not know which object: the
					 * random start of a slab, a hashed
					 * address */
	uint64_t slab_pages;		/* pages taken and given back by slabs */
	uint64_t slab_pages_exact;	/* the model's slabs did so as well */
	uint64_t slab_pages_extra;	/* by the model's slabs, without a line */
	uint64_t silent_objects;	/* objects that changed hands in silence */
	uint64_t reordered;		/* allocations moved before an interrupt */
	uint64_t first_mismatch;	/* event number; all ones: none */
};

/* A fallback the model made, beside the event that caused it. */
struct ba_replay_fallback {
	uint64_t event;			/* event number */
	struct ba_tp_event what;
	uint32_t pad;
};
BA_STATIC_ASSERT(sizeof(struct ba_replay_fallback) == 24, "no padding");

#endif
