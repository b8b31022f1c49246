// SPDX-License-Identifier: GPL-2.0-only
#include "sim/order.h"

#include "sim/interrupt.h"
#include "sim/moment.h"
#include "sim/slab_replay.h"
#include "sim/told.h"

/* Serve the request of line k, whose own lines begin with line i. */
static void serve_request(struct ba_replay *r, size_t i, size_t k)
{
	bool infers = ba_run_infers(r);

	if (ba_likely(r->nodes->nr_cpus == 1 && !infers)) {
		ba_serve(r, k);
		return;
	}
	if (r->nodes->nr_cpus > 1)
		r->score.reordered += ba_moment_choose(r, i, k);
	if (infers)
		ba_told_zone(r, i, k);
	ba_serve(r, k);
	r->told.zone = -1;
	ba_moment_restore(r);
}

static bool is_lock_line(const struct ba_event *e)
{
	return e->op == BA_OP_ZONE_LOCKED || e->op == BA_OP_EXTFRAG;
}

/* Does line i put a page on a list, a per-CPU one or not? */
static bool is_commit(const struct ba_replay *r, size_t i)
{
	return ba_run_is_commit(r, i) ||
	       (r->la.events[i].op == BA_OP_FREE_ONE && !r->la.standard &&
		ba_serve_ends_direct(r, i));
}

/* Would a fallback find the block that this extfrag line names? */
static bool fallback_agrees(const struct ba_buddy *buddy,
			    const struct ba_event *e)
{
	order_t order = (order_t)(e->arg & 255u);
	uint8_t type = (uint8_t)(e->arg >> 8 & 255u);

	return order < BA_NR_ORDERS && type < BA_NR_MT &&
	       ba_buddy_first(buddy, order, type) == e->addr;
}

/*
 * Line i begins an operation under the zone lock: would the model take the
 * blocks that its lines name, as far as the request's own lists reach?
 */
static bool blocks_agree(struct ba_replay *r, size_t i,
			 const struct ba_buddy *buddy)
{
	const struct ba_event *first = &r->la.events[i];
	struct ba_buddy_outlook outlook =
		ba_buddy_outlook(first->order, first->migratetype);

	for (size_t k = i; k != BA_LOOKAHEAD_NONE;
	     k = ba_lookahead_own(&r->la, k)) {
		const struct ba_event *e = &r->la.events[k];
		pfn_t pfn;

		if (e->op == BA_OP_EXTFRAG)
			return k != i || fallback_agrees(buddy, e);
		if (e->op != BA_OP_ZONE_LOCKED || e->order != first->order ||
		    e->migratetype != first->migratetype)
			break;
		pfn = ba_buddy_outlook_next(&r->ctx, buddy, &outlook);
		if (pfn != e->addr)
			return pfn == BA_PFN_NONE;
	}
	return true;
}

/* The zone whose lists line e speaks of, if it may begin a refill. */
static const struct ba_zone *zone_of_line(struct ba_replay *r,
					  const struct ba_event *e)
{
	return e->order < BA_NR_ORDERS && e->migratetype < BA_NR_MT ?
		ba_nodes_zone_of(&r->ctx, r->nodes, (pfn_t)e->addr) : NULL;
}

static void serve_deferred(struct ba_replay *r, cpu_t cpu)
{
	const struct ba_run_deferred *deferred = &r->cpu[cpu].deferred;

	if (ba_run_infers(r))
		ba_told_free(r, deferred->pfn,
			     (size_t)(deferred->until - r->la.base));
	ba_serve_deferred(r, cpu);
	if (ba_run_infers(r))
		ba_told_done(r);
}

/*
 * A refill begins with line i. A page that another CPU wants to free to the
 * buddy lists has got there if the blocks are not those the model would take.
 */
static void let_in(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	const struct ba_zone *zone = zone_of_line(r, e);

	for (cpu_t cpu = 0; cpu < r->nodes->nr_cpus; cpu++) {
		const struct ba_run_deferred *d = &r->cpu[cpu].deferred;

		if (cpu != e->cpu && d->active && d->direct && zone &&
		    ba_zone_spans(zone, d->pfn) &&
		    !blocks_agree(r, i, &zone->buddy))
			serve_deferred(r, cpu);
	}
}

/*
 * Another task runs after the lock lines [i, last]. If a request of which they
 * tell slept before it printed its own line, that line: it names one of their
 * blocks.
 */
static size_t sleeping_request(const struct ba_replay *r, size_t i,
			       size_t last)
{
	size_t k = ba_lookahead_next_alloc(&r->la, last,
					   r->la.events[last].task);

	if (k == BA_LOOKAHEAD_NONE)
		return k;
	while (i != last && r->la.events[i].addr != r->la.events[k].addr)
		i = ba_lookahead_own(&r->la, i);
	return r->la.events[i].addr == r->la.events[k].addr ?
		k : BA_LOOKAHEAD_NONE;
}

/*
 * Lines [i, k) were printed under the zone lock for what line `asker` says,
 * or for what no line says.
 */
static void serve_locked(struct ba_replay *r, size_t i, size_t k, size_t asker,
			 bool foreign)
{
	bool asked = asker != BA_LOOKAHEAD_NONE;

	if (asked && r->la.events[asker].op == BA_OP_BULK_EXIT &&
	    !ba_run_infers(r))
		ba_serve_bulk(r, asker);
	if (asked && ba_run_is_done(r, asker))
		return;
	if (ba_unlikely(ba_run_infers(r)))
		ba_told_refill(r, i, k, asker);
	if (asked && r->la.events[asker].op == BA_OP_PAGE_ALLOC) {
		serve_request(r, i, asker);
		r->score.reordered += foreign;
	}
	if (ba_unlikely(ba_run_infers(r)))
		ba_told_done(r);
}

/* The first line of an operation under the zone lock: serve all of it now. */
static ba_noinline void lock_lines(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	struct ba_run_cpu *cpu = &r->cpu[e->cpu];
	uint64_t *covered = &cpu->covered[ba_event_level(e)];
	bool foreign = false, fallback = false;
	size_t k = i, last = i, asker;

	while (k != BA_LOOKAHEAD_NONE && is_lock_line(&r->la.events[k])) {
		size_t own = ba_lookahead_own(&r->la, k);

		foreign |= own != k + 1 && ba_lookahead_apart(&r->la, k, own);
		fallback |= r->la.events[k].op == BA_OP_EXTFRAG;
		last = k;
		k = own;
	}
	asker = k != BA_LOOKAHEAD_NONE ? k : sleeping_request(r, i, last);
	if (asker == BA_LOOKAHEAD_NONE && !ba_run_infers(r))
		return;
	*covered = r->la.base + last + 1;
	if (r->nodes->nr_cpus > 1)
		let_in(r, i);
	if (ba_unlikely(fallback))
		ba_told_fallbacks(r, i, k);
	serve_locked(r, i, k, asker, foreign || asker != k);
	if (ba_unlikely(fallback))
		ba_told_fallbacks_done(r);
}

static inline void lock_line(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];

	if (ba_unlikely(r->la.base + i >=
			r->cpu[e->cpu].covered[ba_event_level(e)]))
		lock_lines(r, i);
}

static ba_noinline void serve_told(struct ba_replay *r, size_t i, size_t own)
{
	ba_told_free(r, r->la.events[i].addr, own);
	ba_serve(r, i);
	ba_told_done(r);
}

/*
 * Line i frees a page to the buddy lists while another CPU's lines are those
 * of an operation under the zone lock: it waits.
 */
static bool waits_for_zone(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];

	if (r->nodes->nr_cpus == 1)
		return false;
	return ba_run_finds_drain(r, i) ||
	       (r->moment.nr_ops && !r->moment.op[e->cpu].until &&
		(e->op == BA_OP_FREE_ONE || !ba_pcp_allowed(e->order) ||
		 ba_run_pcp_busy(r, i)));
}

/* The line `own` after line i, or the one after that if it is free_one: the
 * zone lock is taken after that line. */
static size_t past_free_one(const struct ba_replay *r, size_t i, size_t own)
{
	const struct ba_event *e = &r->la.events[i];

	if (own == BA_LOOKAHEAD_NONE || e->op == BA_OP_FREE_ONE ||
	    r->la.events[own].op != BA_OP_FREE_ONE ||
	    r->la.events[own].addr != e->addr)
		return own;
	return ba_lookahead_own(&r->la, own);
}

/* Line i puts a page on a list; `own` is the next line of its context. */
static void commit_line(struct ba_replay *r, size_t i, size_t own,
			bool interrupted)
{
	bool later = false, waits = ba_unlikely(waits_for_zone(r, i));
	size_t end;

	if (waits && ba_run_finds_drain(r, i))
		own = ba_lookahead_own(&r->la, ba_run_batch_end(r, i));
	if (waits)
		own = past_free_one(r, i, own);
	end = interrupted && own == BA_LOOKAHEAD_NONE ?
		ba_lookahead_after(&r->la, i) : own;
	if (end != i + 1 && end != BA_LOOKAHEAD_NONE &&
	    ba_lookahead_apart(&r->la, i, end) &&
	    !r->cpu[r->la.events[i].cpu].deferred.active)
		later = (own != BA_LOOKAHEAD_NONE &&
			 (waits || r->la.events[own].op ==
				   BA_OP_PCPU_DRAIN)) ||
			(interrupted && ba_interrupt_free_later(r, i, end));
	if (ba_likely(!later)) {
		if (ba_unlikely(ba_run_infers(r))) {
			serve_told(r, i, own);
			return;
		}
		if (ba_unlikely(r->la.hints[i] & BA_HINT_UNSURE))
			r->score.reordered +=
				ba_moment_choose_kswapd(r, i, own);
		else
			r->score.reordered += ba_moment_choose_high(r, i, own);
		ba_serve(r, i);
		ba_moment_restore(r);
		return;
	}
	ba_serve_defer(r, i, end, waits);
	r->score.reordered++;
}

/* An interrupt comes after line i; line `own` goes on with its context. */
static ba_noinline void before_interrupt(struct ba_replay *r, size_t i,
					 size_t own)
{
	if (own == BA_LOOKAHEAD_NONE || ba_run_is_done(r, own))
		return;
	if (ba_interrupt_alloc_earlier(r, i, own)) {
		serve_request(r, own, own);
		r->score.reordered++;
	} else if (r->slab && ba_slab_alloc_earlier(r, i, own)) {
		ba_serve(r, own);
	}
}

static inline void drain_line(struct ba_replay *r, size_t i)
{
	if (ba_unlikely(ba_run_infers(r)))
		ba_told_drain(r, i);
	if (ba_unlikely(ba_background_drain_tells(r, i)))
		ba_serve(r, i);
	else
		r->la.hints[i] |= BA_HINT_DONE;
}

/* Line i, whose CPU the machine has. */
static inline void step(struct ba_replay *r, size_t i)
{
	size_t own = ba_lookahead_own(&r->la, i);
	bool interrupted = ba_unlikely(own != i + 1) &&
			   ba_lookahead_interrupted(&r->la, i);

	if (ba_unlikely(interrupted))
		ba_run_interrupted(r, i);
	if (is_lock_line(&r->la.events[i])) {
		lock_line(r, i);
	} else if (ba_likely(!ba_run_is_done(r, i))) {
		if (is_commit(r, i)) {
			commit_line(r, i, own, interrupted);
		} else if (r->la.events[i].op == BA_OP_PAGE_ALLOC) {
			serve_request(r, i, i);
		} else if (r->la.events[i].op == BA_OP_PCPU_DRAIN) {
			drain_line(r, i);
		} else {
			ba_serve(r, i);
		}
	}
	if (ba_unlikely(interrupted))
		before_interrupt(r, i, own);
}

static inline void note_task(struct ba_run_cpu *cpu, const struct ba_event *e)
{
	if (ba_unlikely(cpu->task != e->task)) {
		cpu->other_task = cpu->task;
		cpu->other_switches = cpu->switches;
		cpu->has_other = true;
		cpu->task = e->task;
	}
	cpu->switches = e->op == BA_OP_PAGE_ALLOC && e->arg;
}

static ba_noinline void after_line(struct ba_replay *r, size_t i)
{
	if (r->la.hints[i] & BA_HINT_ASKS)
		ba_slab_before_others(r, i);
	if (r->la.hints[i] & BA_HINT_BALANCED && ba_run_infers(r))
		ba_background_balanced(r, i);
}

void ba_order_line(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	struct ba_run_cpu *cpu;

	if (ba_unlikely(e->cpu >= r->nodes->nr_cpus)) {
		ba_serve(r, i);
		return;
	}
	cpu = &r->cpu[e->cpu];
	note_task(cpu, e);
	if (r->nodes->nr_cpus > 1)
		ba_moment_before_line(r, i);
	if (ba_unlikely(cpu->deferred.active &&
			cpu->deferred.until <= r->la.base + i))
		serve_deferred(r, e->cpu);
	step(r, i);
	if (ba_unlikely(r->la.hints[i] & (BA_HINT_ASKS | BA_HINT_BALANCED)))
		after_line(r, i);
	if (r->nodes->nr_cpus > 1)
		ba_moment_after_line(r, i);
}

/* The lines [at, end) have one time stamp; where each CPU has got to. */
struct ties {
	size_t end;
	size_t next[BA_CPU_MAX];	/* its next line; `end`: none left */
};

static size_t next_of_cpu(const struct ba_replay *r, const struct ties *ties,
			  size_t i, cpu_t cpu)
{
	while (i < ties->end && r->la.events[i].cpu != cpu)
		i++;
	return i;
}

static void advance(struct ba_replay *r, struct ties *ties, cpu_t cpu)
{
	size_t i = ties->next[cpu];

	ba_order_line(r, i);
	ties->next[cpu] = next_of_cpu(r, ties, i + 1, cpu);
}

/*
 * May this CPU go on? Not if its next line begins an operation under the
 * zone lock with other blocks than the model would take now, or frees a page
 * that nobody has allocated yet.
 */
static bool agrees(struct ba_replay *r, const struct ties *ties, cpu_t cpu)
{
	size_t i = ties->next[cpu];
	const struct ba_event *e = &r->la.events[i];
	const struct ba_zone *zone;

	if (e->addr >= r->la.nr_frames)
		return true;
	if (e->op == BA_OP_PAGE_FREE)
		return ba_serve_knows(r, e->addr);
	if (!is_lock_line(e) ||
	    r->la.base + i < r->cpu[cpu].covered[ba_event_level(e)])
		return true;
	zone = zone_of_line(r, e);
	return !zone || blocks_agree(r, i, &zone->buddy);
}

/* Let the other CPUs run until `cpu` agrees, or each of them is stuck. */
static void run_others(struct ba_replay *r, struct ties *ties, cpu_t cpu)
{
	bool moved = true;

	/* one that was stuck may go on when another has moved */
	while (moved) {
		moved = false;
		for (cpu_t other = 0; other < r->nodes->nr_cpus; other++) {
			while (other != cpu && ties->next[other] < ties->end &&
			       agrees(r, ties, other)) {
				advance(r, ties, other);
				moved = true;
				if (agrees(r, ties, cpu))
					return;
			}
		}
	}
}

static void serve_ties(struct ba_replay *r, size_t at, size_t end)
{
	struct ties ties = { .end = end };

	for (cpu_t cpu = 0; cpu < r->nodes->nr_cpus; cpu++)
		ties.next[cpu] = next_of_cpu(r, &ties, at, cpu);
	for (cpu_t cpu = 0; cpu < r->nodes->nr_cpus; cpu++)
		while (ties.next[cpu] < end) {
			if (!agrees(r, &ties, cpu))
				run_others(r, &ties, cpu);
			advance(r, &ties, cpu);
		}
}

/*
 * The end of the run of lines with the time stamp of line i, if they are of
 * several CPUs; else line i stands alone.
 */
static size_t ties_end(struct ba_replay *r, size_t i)
{
	const struct ba_event *events = r->la.events;
	bool several = false;
	size_t k = i + 1;

	if (r->la.base + i < r->untied)
		return i + 1;
	for (; k < r->la.nr && events[k].ts_ns == events[i].ts_ns; k++) {
		several |= events[k].cpu != events[i].cpu;
		if (events[k].cpu >= r->nodes->nr_cpus)
			return i + 1;
	}
	if (several)
		return k;
	r->untied = r->la.base + k;
	return i + 1;
}

size_t ba_order_ties(struct ba_replay *r, size_t i, size_t stop)
{
	size_t end = i + 1;

	if (r->la.base + i < r->tied_until) {
		/* served with the first line of its time stamp */
		end = (size_t)(r->tied_until - r->la.base);
		return (end < stop ? end : stop) - i;
	}
	if (r->la.events[i].cpu < r->nodes->nr_cpus)
		end = ties_end(r, i);
	r->tied_until = r->la.base + end;
	if (ba_likely(end == i + 1))
		ba_order_line(r, i);
	else
		serve_ties(r, i, end);
	return (end < stop ? end : stop) - i;
}
