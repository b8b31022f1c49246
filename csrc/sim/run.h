/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * run - a replay under way: what it keeps from line to line, and the context
 * in which a line acts.
 *
 *	recorded frame --names[].model--> the model's frame
 *	               <--names[].name---
 *
 * A line acts on the CPU that printed it. One of an interrupt finds the
 * per-CPU lock taken when it comes between lines that the interrupted task
 * printed under that lock:
 *
 *	...2.  mm_page_free_batched A      the lock is taken from here
 *	..s2.  mm_page_free B              goes straight to the buddy lists
 *	...2.  mm_page_free_batched C      to here
 *
 * So does a free of a task, when another CPU drains these lists meanwhile.
 *
 * Models: pcp_spin_trylock, free_unref_page_list, mm/page_alloc.c (6.1);
 *	free_unref_folios, mm/page_alloc.c (6.12).
 *
 * Invariants:
 *   K1 a recorded frame stands for the model's frame names[].model only while
 *      names[].name of that says so: two of them never stand for one.
 */
#ifndef BA_SIM_RUN_H
#define BA_SIM_RUN_H

#include "sim/compacting.h"
#include "sim/lookahead.h"
#include "sim/machine.h"
#include "sim/standing.h"
#include "sim/tally.h"

/*
 * At this preemption depth an interrupt may find the per-CPU lock taken: the
 * lock counts twice, and so do others.
 */
#define BA_PCP_LOCKED_DEPTH 2u

#define BA_NR_LEVELS 4u		/* task, softirq, hardirq, NMI */

/* A bulk allocation under way, in which others may run. */
struct ba_run_bulk {
	uint32_t gfp;
	uint32_t singles;	/* pages of it, seen as mm_page_alloc */
	bool served;		/* its pages are taken already */
	uint8_t node;		/* that it names, or that of the CPU */
	uint8_t level;		/* of its context; of the task: 0 */
	uint16_t task;
	cpu_t cpu;		/* on which it began; a task may move */
};

/* The block that alloc_pages_exact may be giving the surplus of back. */
struct ba_run_exact {
	uint64_t start;		/* recorded head of the block */
	uint64_t next;		/* recorded frame to be freed next; 0: any */
	uint64_t end;		/* first recorded frame past it; 0: no block */
	uint16_t task;
};

/* A free whose page reaches its list later than its line stands. */
struct ba_run_deferred {
	bool active;
	uint64_t line;		/* number of that line */
	uint64_t until;		/* number of the line before which it is done */
	pfn_t pfn;		/* the model's frame */
	bool interrupt;		/* context of that line: see ba_ctx */
	bool pcp_busy;
	bool direct;		/* waits for the zone lock, not the list */
};

struct ba_run_cpu {
	uint8_t next_decay;	/* zone of the next decay line */
	uint16_t fold_task;	/* task of the last vmfold line */
	bool folding;		/* that task has not done anything else since */
	uint64_t drains_at;	/* number of the first line of the drain under
				 * way, plus one; 0: none */
	uint8_t expired;	/* zone whose lists it drained last; 255: none */
	int32_t decayed;	/* pages that the last decay has drained, whose
				 * lines are still to come */
	struct ba_run_exact exact;
	struct ba_run_deferred deferred;
	uint16_t task;		/* of its last line */
	uint16_t other_task;	/* of the last line of another task */
	bool has_other;		/* there was one */
	bool switches;		/* its last line says that another runs next */
	bool other_switches;	/* so did that of the other task */
	/* line after which each context was interrupted last */
	struct ba_event outer[BA_NR_LEVELS];
	uint8_t outers;		/* bit l: that of level l is known */
	/* number of the line that ends the operation under a zone lock whose
	 * lines are being read, by context; earlier ones say nothing new */
	uint64_t covered[BA_NR_LEVELS];
};

/*
 * An operation under the zone lock whose lines are being read; while there is
 * none, the counters before the line that may begin one. By zone.
 */
struct ba_moment_op {
	uint64_t until;		/* number of its last line; 0: none */
	uint16_t task;
	uint8_t level;
	int64_t hidden[BA_ZONE_MAX];	/* what others have to add to global */
	int64_t boost[BA_ZONE_MAX];	/* and to the boost */
	uint32_t flags[BA_ZONE_MAX];	/* of the zone, before it */
	uint16_t clears;	/* zones whose BELOW_HIGH it clears at its end */
	int32_t diff[BA_ZONE_MAX];
	uint16_t threshold[BA_ZONE_MAX];
};

/* What a watermark is tested against, by zone. */
struct ba_moment_view {
	int64_t pages[BA_ZONE_MAX];	/* that others see in the counter */
	int64_t boost[BA_ZONE_MAX];	/* pages */
};

/* What a CPU has seen since its last line. */
struct ba_moment_past {
	struct ba_moment_view last;	/* just after that */
	struct ba_moment_view least;	/* with the fewest pages above boosts */
	struct ba_moment_view most;
	bool known;			/* it has one */
	bool moved;			/* something has changed since */
};

struct ba_moment {
	struct ba_moment_op op[BA_CPU_MAX];
	uint32_t nr_ops;	/* under way */
	bool told;		/* one has shown more since `shown` */
	uint16_t below;		/* zones that have BELOW_HIGH, by the last line */
	uint16_t doubted;	/* of these, set by a request that may have
				 * tested its mark before others changed it */
	struct ba_moment_view shown;	/* counters after the last line */
	/* since the last line of a task of a CPU [0], of any context [1] */
	struct ba_moment_past past[BA_CPU_MAX][2];
	bool shifted;
	struct ba_moment_view shift;	/* what was added meanwhile */
	struct ba_zone *spared;		/* RECLAIM_ACTIVE but for one free */
};

/* Growing array of records for the caller. */
struct ba_run_samples {
	uint64_t *stamps;
	uint32_t *rows;
	size_t nr, cap, words;
};

/* Which frame is meant: looked up together, so that one line of a host's cache
 * has both. */
struct ba_run_name {
	uint32_t model;		/* of a recorded frame: the model's */
	uint32_t name;		/* of the model's: the recorded one that lines
				 * call it by; BA_PFN_NONE: none */
};

struct ba_slab_replay;			/* sim/slab_replay.c */

struct ba_replay {
	struct ba_machine *machine;
	struct ba_nodes *nodes;
	struct ba_replay_options options;
	struct ba_replay_score score;
	struct ba_lookahead la;
	struct ba_ctx ctx;
	struct ba_tp_buffer trace;
	struct ba_tp_event *trace_events;
	struct ba_run_name *names; /* by frame */
	pfn_t *silent;		/* frames taken silently, latest last */
	size_t nr_silent, cap_silent;
	bool final;		/* the end of the trace is in view */
	struct ba_run_cpu cpu[BA_CPU_MAX];
	struct ba_run_bulk *bulks;	/* under way, one of each context */
	size_t nr_bulks, cap_bulks;
	struct ba_compacting compacting;
	struct ba_standing standing;
	struct ba_moment moment;
	struct ba_run_samples samples;
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
	uint64_t next_sample;		/* line due for one; all ones: none */
	uint64_t next_sample_ns;	/* the same by time */
	enum ba_status status;		/* BA_OK, or why the replay stops */
	struct ba_slab_replay *slab;	/* NULL: slab lines are not served */
	uint64_t untied;		/* lines below this number have no
					 * other CPU's line at their time */
	struct ba_told told;		/* see sim/told.h */
	struct ba_told_fallbacks told_fallbacks;
	size_t told_from;		/* line at which told.drain begins */
	/* number of the first line past the drain whose lines are being read,
	 * by CPU and context: see sim/told.h */
	uint64_t drained[BA_CPU_MAX][BA_NR_LEVELS];
};

/* Make room for one more element; false when the host has no memory. */
bool ba_run_grow(void *array, size_t *cap, size_t nr, size_t size);

/* Lines from now on call this block by the recorded frames. */
void ba_run_bind(struct ba_replay *r, uint64_t recorded, pfn_t pfn,
		 unsigned int order);

/* The model's own extfrag events since the last call are those of `event`. */
void ba_run_keep_fallbacks(struct ba_replay *r, uint64_t event);

/* Line i is due for a sample, by its number or time: see ba_run_sample. */
void ba_run_sample_due(struct ba_replay *r, size_t i);

/* A silent operation has taken this frame: by events, or as was inferred. */
void ba_run_remember_silent(struct ba_replay *r, pfn_t pfn);
void ba_run_took_silent(struct ba_replay *r, pfn_t pfn);

/* An interrupt comes after line i. */
void ba_run_interrupted(struct ba_replay *r, size_t i);

/* The last line of the frees of line i's batch, whose pages go to their lists
 * after it; line i if it is in none. */
size_t ba_run_batch_end(const struct ba_replay *r, size_t i);

/*
 * Line i frees a page, another CPU drains these per-CPU lists meanwhile, and
 * holds their lock: has the page gone to the buddy lists?
 */
bool ba_run_finds_drain(const struct ba_replay *r, size_t i);

/* ba_run_pcp_busy, for a line that is deep enough in an interrupt. */
bool ba_run_interrupt_finds_pcp_busy(const struct ba_replay *r, size_t i);

/* Does line i find the per-CPU lock of its zone taken? */
static inline bool ba_run_pcp_busy(const struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];

	if (ba_unlikely(r->nodes->nr_cpus > 1) && ba_run_finds_drain(r, i))
		return true;
	if (ba_likely(!ba_event_level(e) ||
		      ba_event_depth(e) < BA_PCP_LOCKED_DEPTH))
		return false;
	return ba_run_interrupt_finds_pcp_busy(r, i);
}

/* What is done from now on is done by line `e`. */
static inline void ba_run_begin(struct ba_replay *r, const struct ba_event *e)
{
	ba_set_cpu(&r->ctx, e->cpu < r->nodes->nr_cpus ? e->cpu : 0);
	r->ctx.interrupt = ba_event_level(e) > 0;
	r->ctx.pcp_busy = ba_run_pcp_busy(r, (size_t)(e - r->la.events));
	r->ctx.capture = ba_unlikely(r->compacting.nr) ?
		ba_compacting_capture(&r->compacting, e) : NULL;
	ba_charge_init(&r->ctx.charge);
}

static inline void ba_run_sample(struct ba_replay *r, size_t i)
{
	if (ba_unlikely(r->la.base + i >= r->next_sample ||
			r->la.events[i].ts_ns >= r->next_sample_ns))
		ba_run_sample_due(r, i);
}

static inline pfn_t ba_run_nr_frames(const struct ba_replay *r)
{
	return r->la.nr_frames;
}

/* No lines tell of silent operations. */
static inline bool ba_run_infers(const struct ba_replay *r)
{
	return r->options.standard || !r->la.kprobes;
}

/* Does line i say that a page gets on a list? */
static inline bool ba_run_is_commit(const struct ba_replay *r, size_t i)
{
	uint8_t op = r->la.events[i].op;

	return op == BA_OP_PAGE_FREE_BATCHED ||
	       (op == BA_OP_PAGE_FREE &&
		!(r->la.hints[i] & (BA_HINT_BATCHED | BA_HINT_DIRECT)));
}

static inline bool ba_run_is_done(const struct ba_replay *r, size_t i)
{
	return r->la.hints[i] & BA_HINT_DONE;
}

#endif
