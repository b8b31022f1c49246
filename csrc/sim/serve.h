/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * serve - one line of a trace, as a request to the model: an allocation, a
 * free or the half of one, a bulk allocation, a drain, a fold of counters.
 * When each is served is decided above (sim/order.h).
 *
 *	recorded frame --model_of[]--> the model's frame
 *	   0x8bef                        0x8bef while in step, else another
 *
 * Models: the places of the tracepoints in mm/page_alloc.c; __alloc_pages,
 *	__alloc_pages_bulk, free_unref_page_list, mm/page_alloc.c (6.1);
 *	__alloc_pages_noprof, alloc_pages_bulk_noprof, free_unref_folios,
 *	mm/page_alloc.c (6.12); free_unref_page, mm/page_alloc.c,
 *	refresh_cpu_vm_stats, mm/vmstat.c (6.1, 6.12).
 * Simplified: the node that a request names is inferred, see request_node.
 *
 * Invariants:
 *   J1 a recorded frame stands for the model's frame model_of[] only while
 *      name_of[] of that frame says so: two of them never stand for one.
 *   J2 a recorded frame number changes no choice of the model (replay.h R2).
 */
#ifndef BA_SIM_SERVE_H
#define BA_SIM_SERVE_H

#include "sim/compacting.h"
#include "sim/lookahead.h"
#include "sim/machine.h"
#include "sim/tally.h"

/*
 * At this preemption depth an interrupt may find the per-CPU lock taken: the
 * lock counts twice, and so do others.
 */
#define BA_PCP_LOCKED_DEPTH 2u

#define BA_NR_LEVELS 4u		/* task, softirq, hardirq, NMI */

/* A bulk allocation under way on a CPU. */
struct ba_serve_bulk {
	bool active;
	uint32_t gfp;
	uint32_t nr;		/* pages wanted */
	uint32_t singles;	/* of these, seen as mm_page_alloc */
	bool served;		/* its pages are taken already */
	uint8_t node;		/* that it names, or that of the CPU */
	uint16_t task;
};

/* The block that alloc_pages_exact may be giving the surplus of back. */
struct ba_serve_exact {
	uint64_t start;		/* recorded head of the block */
	uint64_t next;		/* recorded frame to be freed next; 0: any */
	uint64_t end;		/* first recorded frame past it; 0: no block */
	uint16_t task;
};

/* A free whose page reaches its list later than its line stands. */
struct ba_serve_deferred {
	bool active;
	uint64_t line;		/* number of that line */
	uint64_t until;		/* number of the line before which it is done */
	pfn_t pfn;		/* the model's frame */
	bool interrupt;		/* context of that line: see ba_ctx */
	bool pcp_busy;
};

struct ba_serve_cpu {
	uint8_t next_decay;	/* zone of the next decay line */
	uint16_t fold_task;	/* task of the last vmfold line */
	bool folding;		/* that task has not done anything else since */
	uint8_t expired;	/* zone whose lists it drained last; 255: none */
	struct ba_serve_bulk bulk;
	struct ba_serve_exact exact;
	struct ba_serve_deferred deferred;
	uint16_t task;		/* of its last line */
	uint16_t other_task;	/* of the last line of another task */
	bool has_other;		/* there was one */
	/* line after which each context was interrupted last */
	struct ba_event outer[BA_NR_LEVELS];
	uint8_t outers;		/* bit l: that of level l is known */
	/* number of the line that ends the operation under a zone lock whose
	 * lines are being read, by context; earlier ones say nothing new */
	uint64_t covered[BA_NR_LEVELS];
};

/* Growing array of records for the caller. */
struct ba_serve_samples {
	uint64_t *stamps;
	uint32_t *rows;
	size_t nr, cap, words;
	uint64_t next_event, next_ns;
};

struct ba_replay {
	struct ba_machine *machine;
	struct ba_nodes *nodes;
	struct ba_replay_options options;
	struct ba_replay_score score;
	struct ba_lookahead la;
	struct ba_ctx ctx;
	struct ba_tp_buffer trace;
	struct ba_tp_event *trace_events;
	uint32_t *model_of;	/* recorded frame -> the model's frame */
	uint32_t *name_of;	/* the model's frame -> the recorded one that
				 * lines call it by; BA_PFN_NONE: none */
	pfn_t *silent;		/* frames taken silently, latest last */
	size_t nr_silent, cap_silent;
	bool final;		/* the end of the trace is in view */
	struct ba_serve_cpu cpu[BA_CPU_MAX];
	struct ba_compacting compacting;
	struct ba_serve_samples samples;
	struct ba_replay_fallback *fallbacks;
	size_t nr_fallbacks, cap_fallbacks;
	struct ba_outcome *outcomes;	/* of the lines before `stop` */
	size_t stop;			/* line at which the call under way ends */
	uint32_t first_rank;		/* rank of the first line of the call */
	struct ba_outcome *early;	/* of lines after `stop` */
	size_t nr_early, cap_early;
	size_t done_before;		/* events done by the last call */
	uint64_t tied_until;		/* number of the first line not served
					 * with the lines of its time stamp */
	enum ba_status status;		/* BA_OK, or why the replay stops */
	uint64_t untied;		/* lines below this number have no
					 * other CPU's line at their time */
};

/* Make room for one more element; false when the host has no memory. */
bool ba_serve_grow(void *array, size_t *cap, size_t nr, size_t size);

/* Is there a page in use that lines call by this recorded frame number, or
 * one taken silently that may be it? Pre: addr < la.nr_frames. */
bool ba_serve_knows(const struct ba_replay *r, uint64_t addr);

/* Does line i, of an interrupt, find the per-CPU lock of its zone taken? */
bool ba_serve_pcp_busy(const struct ba_replay *r, size_t i);

/* No lines tell of silent operations. */
static inline bool ba_serve_infers(const struct ba_replay *r)
{
	return r->options.standard || !r->la.kprobes;
}

/*
 * Line i begins a refill for which no line asks: a bulk allocation has used
 * up its per-CPU list, and takes a page of the refill.
 */
void ba_serve_silent_refill(struct ba_replay *r, size_t i);

/* An interrupt comes after line i. */
void ba_serve_interrupted(struct ba_replay *r, size_t i);

/* Serve line i now, and mark it done. */
void ba_serve(struct ba_replay *r, size_t i);

/*
 * Line i, a free or the end of a batched one: do all but put the page on a
 * list, and mark the line done. ba_serve_deferred does the rest for `cpu`,
 * when a line of it that is not before `until` has its turn.
 */
void ba_serve_defer(struct ba_replay *r, size_t i, size_t until);
void ba_serve_deferred(struct ba_replay *r, cpu_t cpu);

static inline bool ba_serve_is_done(const struct ba_replay *r, size_t i)
{
	return r->la.hints[i] & BA_HINT_DONE;
}

/* A new call begins, which ends at `stop`: outcomes of its lines go to
 * `outcomes`, also those that the call before has come to. */
void ba_serve_begin(struct ba_replay *r, size_t stop,
		    struct ba_outcome *outcomes);

/* Serve the bulk allocation that line `exit` ends, if that is not done. */
void ba_serve_bulk(struct ba_replay *r, size_t exit);

/* Take a sample if line i is due for one. */
void ba_serve_sample(struct ba_replay *r, size_t i);

#endif
