// SPDX-License-Identifier: GPL-2.0-only
#include "sim/replay.h"

#include <stdlib.h>

#include "sim/order.h"
#include "sim/probe.h"
#include "sim/serve.h"
#include "sim/slab_replay.h"
#include "sim/told.h"

/* Tracepoints of one operation: fallbacks are few, drains are long. */
#define TRACE_BUFFER_FEW 4096u
#define TRACE_BUFFER_ALL 262144u

/* Lines by which their records are fetched before they are served. */
#define FRAMES_AHEAD 16u
#define OBJECTS_AHEAD 8u

static void see_start(struct ba_replay *r)
{
	for (pfn_t pfn = 0; pfn < r->la.nr_frames; pfn++) {
		const struct ba_frame *f = ba_descriptor(&r->ctx, pfn);

		r->names[pfn].model = pfn;
		r->names[pfn].name = pfn;
		if (f->state == BA_FRAME_USED)
			r->la.frame[pfn] = BA_SEEN_USED;
		if (f->state != BA_FRAME_BUDDY && f->state != BA_FRAME_PCP)
			continue;
		/* the rest of a free block is free as well */
		for (pfn_t i = 0; i < 1u << f->order; i++) {
			r->la.frame[pfn + i] = f->state == BA_FRAME_PCP ?
				BA_SEEN_LISTED : 0;
			r->names[pfn + i].model = pfn + i;
			r->names[pfn + i].name = BA_PFN_NONE;
		}
		pfn += (1u << f->order) - 1;
	}
}

enum ba_status ba_replay_create(struct ba_machine *machine,
				const struct ba_replay_options *options,
				struct ba_replay **ret)
{
	struct ba_replay *r = calloc(1, sizeof(*r));
	pfn_t frames = ba_machine_nodes(machine)->end;

	if (!r)
		return BA_ENOMEM;
	r->machine = machine;
	r->nodes = ba_machine_nodes(machine);
	r->options = *options;
	ba_told_done(r);
	r->ctx = ba_machine_ctx(machine, 0);
	r->ctx.traced = true;
	r->ctx.trace = &r->trace;
	r->trace.cap = options->trace_kinds ? TRACE_BUFFER_ALL :
					      TRACE_BUFFER_FEW;
	r->trace_events = calloc(r->trace.cap, sizeof(*r->trace_events));
	r->trace.events = r->trace_events;
	r->trace.kinds = (uint8_t)(BA_TP_EXTFRAG | options->trace_kinds);
	r->score.first_mismatch = UINT64_MAX;
	r->score.first_bad_free = UINT64_MAX;
	r->samples.words = ba_probe_row_words(machine);
	r->next_sample = options->sample_events ? 0 : UINT64_MAX;
	r->next_sample_ns = options->sample_ns ? 0 : UINT64_MAX;
	r->names = calloc(frames, sizeof(*r->names));
	if (!r->names || !r->trace_events ||
	    ba_lookahead_init(&r->la, frames) != BA_OK) {
		ba_replay_destroy(r);
		return BA_ENOMEM;
	}
	r->la.standard = options->standard;
	see_start(r);
	if (ba_slab_replay_create(r) != BA_OK) {
		ba_replay_destroy(r);
		return BA_ENOMEM;
	}
	*ret = r;
	return BA_OK;
}

void ba_replay_destroy(struct ba_replay *r)
{
	if (!r)
		return;
	ba_slab_replay_destroy(r);
	ba_lookahead_deinit(&r->la);
	free(r->trace_events);
	free(r->names);
	free(r->silent);
	free(r->bulks);
	free(r->samples.stamps);
	free(r->samples.rows);
	free(r->fallbacks);
	free(r->early);
	free(r);
}

/*
 * What line i will look at is brought into the host's cache some lines before:
 * the records of its frame, or of the slab and the object at its address.
 */
static inline void fetch_frame(const struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	uint64_t pfn = e->addr;

	if (ba_unlikely(r->slab) && ba_event_is_slab(e))
		pfn = ba_lookahead_frame(&r->la, e);
	if (pfn >= r->la.nr_frames)
		return;
	ba_prefetch(&r->ctx.frames[pfn]);
	ba_prefetch(&r->names[pfn]);
	if (ba_unlikely(r->slab)) {
		ba_prefetch(&ba_slabs(&r->ctx)[pfn]);
		ba_prefetch(&r->slab->cache_at[pfn]);
	}
}

static inline void fetch_object(const struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	struct ba_object_at at;

	if (!ba_event_is_slab(e))
		return;
	at = ba_object_find(&r->ctx, r->nodes, e->addr);
	if (at.head == BA_PFN_NONE)
		return;
	ba_prefetch(ba_objects_of(&r->ctx, at.head) + at.index);
}

static inline void fetch_ahead(const struct ba_replay *r, size_t i)
{
	fetch_frame(r, i + FRAMES_AHEAD);
	if (ba_unlikely(r->slab))
		fetch_object(r, i + OBJECTS_AHEAD);
}

enum ba_status ba_replay_run(struct ba_replay *r,
			     const struct ba_event *events, size_t nr,
			     size_t max, bool final, size_t *done,
			     struct ba_outcome *outcomes,
			     size_t *nr_outcomes)
{
	size_t fetched = nr > FRAMES_AHEAD ? nr - FRAMES_AHEAD : 0;
	size_t stop = nr;
	enum ba_status status;
	size_t i;

	r->status = BA_OK;
	r->final = final;
	status = ba_lookahead_view(&r->la, r->done_before, events, nr);
	if (status != BA_OK)
		return status;
	if (!final)
		stop = nr > BA_REPLAY_LOOKAHEAD ? nr - BA_REPLAY_LOOKAHEAD : 0;
	if (stop > max)
		stop = max;
	ba_serve_begin(r, stop, outcomes);
	for (i = 0; i < stop && r->status == BA_OK;) {
		if (ba_likely(i < fetched))
			fetch_ahead(r, i);
		i += ba_order_step(r, i, stop);
		/* not in the middle of lines that belong together */
		if (ba_likely(r->la.base + i >= r->tied_until))
			ba_run_sample(r, i - 1);
	}
	r->score.events += i;
	r->done_before = i;
	*done = i;
	*nr_outcomes = ba_lookahead_rank(&r->la, i) - r->first_rank;
	return r->status;
}

const struct ba_replay_score *ba_replay_score(const struct ba_replay *replay)
{
	return &replay->score;
}

const struct ba_slab_score *
ba_replay_slab_score(const struct ba_replay *replay)
{
	return ba_slab_replay_score(replay);
}

struct ba_replay_samples ba_replay_samples(const struct ba_replay *replay)
{
	return (struct ba_replay_samples){
		.stamps = replay->samples.stamps,
		.rows = replay->samples.rows,
		.nr = replay->samples.nr,
	};
}

void ba_replay_samples_clear(struct ba_replay *replay)
{
	replay->samples.nr = 0;
}

const struct ba_replay_fallback *
ba_replay_fallbacks(const struct ba_replay *replay, size_t *nr)
{
	*nr = replay->nr_fallbacks;
	return replay->fallbacks;
}

void ba_replay_fallbacks_clear(struct ba_replay *replay)
{
	replay->nr_fallbacks = 0;
}
