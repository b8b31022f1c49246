/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tape - a machine that prints the lines of a trace while it works, as the
 * kernel would, and a replay of these lines on a machine of the same start.
 *
 *	struct tape *t = tape_new(16384, 2, 1);	64 MiB, 2 CPUs, 1 node
 *	tape_on(t, 1, 7);			CPU 1 runs task 7
 *	pfn = tape_alloc(t, BA_GFP_KERNEL, 0);	zone_locked ..., mm_page_alloc
 *	tape_irq(t, 1, 0);			a softirq interrupts task 7
 *
 *	struct play p = play(t, (struct ba_replay_options){ .strict = true });
 *	CHECK_PLAYED(t, &p);			each frame, and the end state
 *
 * A line can also be written by hand: tape_line.
 */
#ifndef BA_TESTS_TAPE_H
#define BA_TESTS_TAPE_H

#include "sim/check.h"
#include "sim/replay.h"

#include "booted.h"

#define TAPE_TICK	100u	/* ns from one line to the next */
#define TAPE_TP_MAX	8192u
#define TAPE_MOVABLE	BA_GFP_HIGHUSER_MOVABLE

struct tape {
	struct ba_machine machine;	/* that records */
	struct ba_machine start;	/* as it was before the first line */
	struct ba_nodes *nodes;
	struct ba_event *e;
	size_t nr, cap;
	uint64_t ts_ns, tick;
	uint16_t cpu, task;
	uint8_t context;		/* BA_CTX_* of the lines to come */
	struct ba_tp_event tp[TAPE_TP_MAX];
	struct ba_tp_buffer trace;
};

/* What has been done so far becomes the start; its lines are forgotten. */
static inline void tape_restart(struct tape *t)
{
	ba_machine_destroy(&t->start);
	if (ba_machine_copy(&t->machine, &t->start) != BA_OK)
		exit(2);
	t->nr = 0;
}

static inline struct tape *tape_new(uint64_t pages, uint32_t cpus,
				    uint32_t nodes)
{
	struct tape *t = calloc(1, sizeof(*t));

	if (!t)
		exit(2);
	t->machine = booted(pages, cpus, nodes);
	t->start = booted(64, 1, 1);
	t->nodes = ba_machine_nodes(&t->machine);
	t->trace = (struct ba_tp_buffer){
		.events = t->tp, .cap = TAPE_TP_MAX,
		.kinds = BA_TP_ZONE_LOCKED | BA_TP_PCPU_DRAIN | BA_TP_EXTFRAG };
	t->tick = TAPE_TICK;
	t->task = 1;
	tape_restart(t);
	return t;
}

/* The same of a late 6.12. */
static inline struct tape *tape_new_6_12_nodes(uint64_t pages, uint32_t cpus,
					       uint32_t nodes)
{
	struct tape *t = tape_new(pages, cpus, nodes);
	struct ba_config config;
	char message[200];

	ba_machine_destroy(&t->machine);
	ba_config_init(&config);
	config.memory_pages = pages;
	config.nr_cpus = cpus;
	config.nr_nodes = nodes;
	config.profile = ba_profile_6_12L;
	CHECK_EQ(ba_machine_create(&config, &t->machine, message,
				   sizeof(message)), BA_OK);
	t->nodes = ba_machine_nodes(&t->machine);
	tape_restart(t);
	return t;
}

static inline struct tape *tape_new_6_12(uint64_t pages, uint32_t cpus)
{
	return tape_new_6_12_nodes(pages, cpus, 1);
}

static inline void tape_end(struct tape *t)
{
	uint8_t zone;

	CHECK_STR_EQ(ba_machine_check(&t->machine, &zone), NULL);
	ba_machine_destroy(&t->machine);
	ba_machine_destroy(&t->start);
	free(t->e);
	free(t);
}

/* The lines to come are of this task, out of interrupts. */
static inline void tape_on(struct tape *t, uint16_t cpu, uint16_t task)
{
	t->cpu = cpu;
	t->task = task;
	t->context = 0;
}

/* They are of an interrupt: level 1 softirq, 2 hardirq, 3 NMI; 0 ends it. */
static inline void tape_irq(struct tape *t, unsigned int level,
			    unsigned int depth)
{
	static const uint8_t bits[] = { 0, BA_CTX_SOFTIRQ, BA_CTX_HARDIRQ,
					BA_CTX_NMI };

	t->context = (uint8_t)(bits[level] | depth << BA_CTX_DEPTH_SHIFT);
}

static inline struct ba_event *tape_line(struct tape *t, enum ba_op op,
					 uint64_t addr, uint8_t order)
{
	if (t->nr == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 256;
		t->e = realloc(t->e, t->cap * sizeof(*t->e));
		if (!t->e)
			exit(2);
	}
	t->ts_ns += t->tick;
	t->e[t->nr] = (struct ba_event){
		.ts_ns = t->ts_ns, .addr = addr, .cpu = t->cpu,
		.task = t->task, .op = (uint8_t)op, .order = order,
		.context = t->context };
	return &t->e[t->nr++];
}

/* This trace has kprobe events: silent operations need not be guessed. */
static inline void tape_kprobes(struct tape *t)
{
	tape_line(t, BA_OP_UNRESERVE_HA, 0, 0);
}

static inline void tape_alloc_line(struct tape *t, uint64_t pfn, uint32_t gfp,
				   order_t order)
{
	struct ba_event *e = tape_line(t, BA_OP_PAGE_ALLOC, pfn, order);

	e->gfp = gfp;
	e->migratetype = (uint8_t)ba_gfp_migratetype(gfp);
}

static inline struct ba_ctx tape_ctx(struct tape *t)
{
	struct ba_ctx ctx = ba_machine_ctx(&t->machine, t->cpu);

	ctx.trace = &t->trace;
	ctx.traced = true;
	ctx.interrupt = t->context & (BA_CTX_SOFTIRQ | BA_CTX_HARDIRQ |
				      BA_CTX_NMI);
	return ctx;
}

/* The lines that were printed under the zone lock. */
static inline void tape_lock_lines(struct tape *t)
{
	for (uint32_t i = 0; i < t->trace.nr; i++) {
		const struct ba_tp_event *tp = &t->tp[i];
		enum ba_op op = tp->kind == BA_TP_ZONE_LOCKED ?
			BA_OP_ZONE_LOCKED : tp->kind == BA_TP_PCPU_DRAIN ?
			BA_OP_PCPU_DRAIN : BA_OP_EXTFRAG;

		struct ba_event *e = tape_line(t, op, tp->pfn, tp->order);

		e->migratetype = tp->migratetype;
		if (op == BA_OP_EXTFRAG)
			e->arg = tp->fallback_order |
				 (uint32_t)tp->fallback_migratetype << 8 |
				 (uint32_t)tp->change_ownership << 16;
	}
	t->trace.nr = 0;
}

/* An allocation whose mm_page_alloc is not printed (yet). */
static inline pfn_t tape_take(struct tape *t, uint32_t gfp, order_t order)
{
	struct ba_ctx ctx = tape_ctx(t);
	pfn_t pfn = ba_alloc_pages(&ctx, t->nodes, gfp, order,
				   t->nodes->cpu_node[t->cpu]);

	tape_lock_lines(t);
	return pfn;
}

static inline pfn_t tape_alloc(struct tape *t, uint32_t gfp, order_t order)
{
	pfn_t pfn = tape_take(t, gfp, order);

	tape_alloc_line(t, pfn == BA_PFN_NONE ? BA_ADDR_NONE : pfn, gfp,
			order);
	return pfn;
}

/* mm_page_free is printed; the page is on no list yet. */
static inline void tape_free_line(struct tape *t, pfn_t pfn, order_t order)
{
	struct ba_ctx ctx = tape_ctx(t);

	tape_line(t, BA_OP_PAGE_FREE, pfn, order);
	CHECK_EQ(ba_free_prepare(&ctx, t->nodes, pfn, order), BA_OK);
}

/* Now it is. */
static inline void tape_put(struct tape *t, pfn_t pfn)
{
	struct ba_ctx ctx = tape_ctx(t);

	ba_free_commit(&ctx, t->nodes, pfn);
	tape_lock_lines(t);
}

static inline void tape_free(struct tape *t, pfn_t pfn, order_t order)
{
	tape_free_line(t, pfn, order);
	tape_put(t, pfn);
}

static inline void tape_batched(struct tape *t, pfn_t pfn)
{
	tape_line(t, BA_OP_PAGE_FREE_BATCHED, pfn, 0);
	tape_put(t, pfn);
}

/* Line `from` becomes line `to`; times are as if all were printed so. */
static inline void tape_move(struct tape *t, size_t from, size_t to)
{
	struct ba_event line = t->e[from];

	while (from != to) {
		size_t next = from < to ? from + 1 : from - 1;

		t->e[from] = t->e[next];
		from = next;
	}
	t->e[to] = line;
	for (size_t i = 0; i < t->nr; i++)
		t->e[i].ts_ns = (i + 1) * t->tick;
}

struct play {
	struct ba_machine *machine;	/* that replays */
	struct ba_replay *replay;
	const struct ba_replay_score *score;
	struct ba_outcome *outcomes;
	size_t nr;			/* outcomes */
	size_t done;			/* events */
	enum ba_status status;
};

static inline struct play play_new(const struct tape *t,
				   struct ba_replay_options options)
{
	struct play p = { .status = BA_OK };

	p.machine = calloc(1, sizeof(*p.machine));
	p.outcomes = calloc(t->nr + 1, sizeof(*p.outcomes));
	if (!p.machine || !p.outcomes ||
	    ba_machine_copy(&t->start, p.machine) != BA_OK ||
	    ba_replay_create(p.machine, &options, &p.replay) != BA_OK)
		exit(2);
	p.score = ba_replay_score(p.replay);
	return p;
}

/* At most `max` more events, with those before `view` in view. */
static inline void play_on(struct play *p, const struct tape *t, size_t view,
			   size_t max)
{
	size_t done = 0, nr = 0;

	p->status = ba_replay_run(p->replay, t->e + p->done, view - p->done,
				  max, view == t->nr, &done,
				  p->outcomes + p->nr, &nr);
	p->done += done;
	p->nr += nr;
}

static inline struct play play(const struct tape *t,
			       struct ba_replay_options options)
{
	struct play p = play_new(t, options);

	play_on(&p, t, t->nr, t->nr);
	return p;
}

static inline void play_end(struct play *p)
{
	uint8_t zone;

	CHECK_STR_EQ(ba_machine_check(p->machine, &zone), NULL);
	ba_replay_destroy(p->replay);
	ba_machine_destroy(p->machine);
	free(p->machine);
	free(p->outcomes);
}

/* The model's frame of the i-th mm_page_alloc line. */
static inline uint64_t play_pfn(const struct play *p, size_t i)
{
	return i < p->nr ? p->outcomes[i].pfn : 0;
}

/* Every line done, every frame the recorded one, and the same machine. */
#define CHECK_PLAYED(t, p) \
	do { \
		CHECK_EQ((p)->status, BA_OK); \
		CHECK_EQ((p)->done, (t)->nr); \
		CHECK_EQ((p)->score->events, (t)->nr); \
		CHECK_EQ((p)->score->exact, (p)->score->allocations); \
		CHECK_EQ((p)->score->allocations, (p)->nr); \
		CHECK_EQ((p)->score->first_mismatch, UINT64_MAX); \
		CHECK_EQ((p)->score->bad_frees, 0); \
		CHECK(ba_machine_equal(&(t)->machine, (p)->machine)); \
	} while (0)

#endif
