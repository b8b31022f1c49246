// SPDX-License-Identifier: GPL-2.0-only
#include "sim/run.h"

#include <stdlib.h>
#include <string.h>

#include "sim/probe.h"

bool ba_run_grow(void *array, size_t *cap, size_t nr, size_t size)
{
	size_t want = *cap ? *cap * 2 : 256;
	void *bigger;

	if (nr < *cap)
		return true;
	memcpy(&bigger, array, sizeof(bigger));
	bigger = realloc(bigger, want * size);
	if (!bigger)
		return false;
	memcpy(array, &bigger, sizeof(bigger));
	*cap = want;
	return true;
}

static bool under_pcp_lock(const struct ba_replay *r, const struct ba_event *e,
			   const struct ba_zone *zone)
{
	return (e->op == BA_OP_PAGE_FREE_BATCHED ||
		e->op == BA_OP_PCPU_DRAIN || e->op == BA_OP_ZONE_LOCKED) &&
	       e->addr < ba_run_nr_frames(r) &&
	       ba_nodes_zone_of(&r->ctx, r->nodes, (pfn_t)e->addr) == zone;
}

void ba_run_interrupted(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	struct ba_run_cpu *cpu = &r->cpu[e->cpu];
	unsigned int level = ba_event_level(e);

	cpu->outer[level] = *e;
	cpu->outers &= (uint8_t)((1u << level) - 1u);
	cpu->outers |= (uint8_t)(1u << level);
}

/* The line after which line i, of an interrupt, comes; NULL: not known. */
static const struct ba_event *outer_of(const struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	const struct ba_run_cpu *cpu = &r->cpu[e->cpu];

	for (unsigned int level = ba_event_level(e); level-- > 0;)
		if (cpu->outers & 1u << level)
			return cpu->outer[level].task == e->task ?
				&cpu->outer[level] : NULL;
	return NULL;
}

/*
 * Nothing is known of the page that line i frees: does its interrupt come
 * between lines that the interrupted task printed under the lock? After one
 * of them and at a greater depth than the lock makes, it does so too.
 */
static bool comes_under_pcp_lock(const struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	const struct ba_event *outer = outer_of(r, i);
	const struct ba_zone *zone = e->addr >= ba_run_nr_frames(r) ? NULL :
		ba_nodes_zone_of(&r->ctx, r->nodes, (pfn_t)e->addr);
	size_t resumed;

	if (!outer || !zone || !under_pcp_lock(r, outer, zone))
		return false;
	if (ba_event_depth(e) > BA_PCP_LOCKED_DEPTH)
		return true;
	resumed = ba_lookahead_resumed(&r->la, i, ba_event_level(outer));
	return resumed != BA_LOOKAHEAD_NONE &&
	       under_pcp_lock(r, &r->la.events[resumed], zone);
}

/*
 * Do lines of another CPU that drain lists of that zone stand between line i
 * and the next of its CPU?
 */
static bool drained_by_another(const struct ba_replay *r, size_t i,
			       const struct ba_zone *zone)
{
	const struct ba_event *events = r->la.events;
	size_t next = ba_lookahead_next(&r->la, i);

	for (size_t k = i + 1; k < r->la.nr && k < next; k++)
		if (events[k].op == BA_OP_PCPU_DRAIN &&
		    events[k].addr < ba_run_nr_frames(r) &&
		    ba_zone_spans(zone, (pfn_t)events[k].addr))
			return true;
	return false;
}

size_t ba_run_batch_end(const struct ba_replay *r, size_t i)
{
	size_t last = i, k = i;

	while (k != BA_LOOKAHEAD_NONE &&
	       r->la.events[k].op == BA_OP_PAGE_FREE) {
		last = k;
		k = ba_lookahead_own(&r->la, k);
	}
	return k != BA_LOOKAHEAD_NONE &&
	       r->la.events[k].op == BA_OP_PAGE_FREE_BATCHED ? last : i;
}

bool ba_run_finds_drain(const struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	const struct ba_zone *zone;

	if (e->op != BA_OP_PAGE_FREE || e->cpu >= r->nodes->nr_cpus ||
	    e->addr >= ba_run_nr_frames(r) || !r->ctx.profile->pcp_trylock ||
	    r->la.hints[i] & (BA_HINT_BATCHED | BA_HINT_DIRECT))
		return false;
	zone = ba_nodes_zone_of(&r->ctx, r->nodes, (pfn_t)e->addr);
	return zone && drained_by_another(r, ba_run_batch_end(r, i), zone) &&
	       ba_lookahead_freed_to(&r->la, i) == BA_FREED_BUDDY;
}

bool ba_run_interrupt_finds_pcp_busy(const struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	enum ba_freed_to to;

	/* before, interrupts were off under the lock */
	if (e->cpu >= r->nodes->nr_cpus || !r->ctx.profile->pcp_trylock)
		return false;
	if (e->op == BA_OP_PAGE_ALLOC)
		return ba_lookahead_from_buddy(&r->la, i);
	if (e->op != BA_OP_PAGE_FREE)
		return false;
	to = ba_lookahead_freed_to(&r->la, i);
	return to == BA_FREED_UNKNOWN ? comes_under_pcp_lock(r, i) :
					to == BA_FREED_BUDDY;
}

void ba_run_keep_fallbacks(struct ba_replay *r, uint64_t event)
{
	for (uint32_t i = 0; i < r->trace.nr; i++) {
		if (!ba_run_grow(&r->fallbacks, &r->cap_fallbacks,
				 r->nr_fallbacks, sizeof(*r->fallbacks))) {
			r->status = BA_ENOMEM;
			return;
		}
		r->fallbacks[r->nr_fallbacks++] = (struct ba_replay_fallback){
			.event = event, .what = r->trace_events[i] };
	}
	r->trace.nr = 0;
}

static void sample(struct ba_replay *r, uint64_t event, uint64_t ts_ns)
{
	struct ba_run_samples *s = &r->samples;
	size_t cap = s->cap;

	if (!ba_run_grow(&s->stamps, &cap, s->nr, 2 * sizeof(*s->stamps)) ||
	    !ba_run_grow(&s->rows, &s->cap, s->nr,
			 s->words * sizeof(*s->rows))) {
		r->status = BA_ENOMEM;
		return;
	}
	s->stamps[2 * s->nr] = event;
	s->stamps[2 * s->nr + 1] = ts_ns;
	ba_probe_sample(r->machine, s->rows + s->nr * s->words);
	s->nr++;
}

/* The sum, or the largest number if that is beyond it. */
static uint64_t later(uint64_t now, uint64_t step)
{
	return now + step < now ? UINT64_MAX : now + step;
}

void ba_run_sample_due(struct ba_replay *r, size_t i)
{
	uint64_t event = r->la.base + i, ts_ns = r->la.events[i].ts_ns;

	if (event >= r->next_sample) {
		sample(r, event, ts_ns);
		r->next_sample = later(event, r->options.sample_events);
	}
	if (r->options.sample_ns && ts_ns >= r->next_sample_ns) {
		sample(r, event, ts_ns);
		r->next_sample_ns = later(ts_ns, r->options.sample_ns);
	}
}

void ba_run_bind(struct ba_replay *r, uint64_t recorded, pfn_t pfn,
		 unsigned int order)
{
	for (uint32_t k = 0; k < 1u << order; k++)
		if (recorded + k < ba_run_nr_frames(r)) {
			r->names[recorded + k].model = pfn + k;
			r->names[pfn + k].name = (uint32_t)recorded + k;
		}
}

/* Lines have named, or taken, the others: these are not looked for again. */
static void forget_named(struct ba_replay *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->nr_silent; i++)
		if (ba_owner_is_silent(r->ctx.frames[r->silent[i]].owner))
			r->silent[kept++] = r->silent[i];
	r->nr_silent = kept;
}

void ba_run_remember_silent(struct ba_replay *r, pfn_t pfn)
{
	/* no more of them can be silent than there are frames */
	if (ba_unlikely(r->nr_silent >= r->la.nr_frames))
		forget_named(r);
	if (!ba_run_grow(&r->silent, &r->cap_silent, r->nr_silent,
		  sizeof(*r->silent))) {
		r->status = BA_ENOMEM;
		return;
	}
	r->silent[r->nr_silent++] = pfn;
	r->ctx.frames[pfn].owner = BA_OWNER_SILENT;
	r->names[pfn].name = BA_PFN_NONE;
}

void ba_run_took_silent(struct ba_replay *r, pfn_t pfn)
{
	r->la.frame[pfn] &= (uint8_t)~BA_SEEN_SILENT;
	ba_run_remember_silent(r, pfn);
	r->score.silent_inferred++;
}
