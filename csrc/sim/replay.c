// SPDX-License-Identifier: GPL-2.0-only
#include "sim/replay.h"

#include <stdlib.h>
#include <string.h>

#include "sim/lookahead.h"
#include "sim/probe.h"

/* At this preemption depth an interrupt found the per-CPU lock taken. */
#define PCP_LOCKED_DEPTH 3u

/* Tracepoints of one operation: fallbacks are few, drains are long. */
#define TRACE_BUFFER_FEW 4096u
#define TRACE_BUFFER_ALL 262144u

/* ba_frame.owner of a page that was taken silently. */
#define OWNER_SILENT 1u

/* A bulk allocation under way on a CPU. */
struct bulk {
	bool active;
	uint32_t gfp;
	uint32_t nr;		/* pages wanted */
	uint32_t singles;	/* of these, seen as mm_page_alloc */
	uint16_t task;
};

/* The block that alloc_pages_exact may be giving the surplus of back. */
struct exact {
	uint64_t start;		/* recorded head of the block */
	uint64_t next;		/* recorded frame to be freed next; 0: any */
	uint64_t end;		/* first recorded frame past it; 0: no block */
	uint16_t task;
};

/* A free whose page reaches its list only after an interrupt. */
struct deferred {
	bool active;
	size_t until;		/* line before which it is done */
	pfn_t pfn;		/* the model's frame */
};

struct percpu {
	uint8_t next_decay;	/* zone of the next decay line */
	struct bulk bulk;
	struct exact exact;
	struct deferred deferred;
};

/* Growing array of records for the caller. */
struct samples {
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
	pfn_t *silent;		/* frames taken silently, latest last */
	size_t nr_silent, cap_silent;
	bool final;		/* the end of the trace is in view */
	struct percpu cpu[BA_CPU_MAX];
	struct samples samples;
	struct ba_replay_fallback *fallbacks;
	size_t nr_fallbacks, cap_fallbacks;
	struct ba_outcome *outcomes;	/* of the call under way */
	size_t nr_outcomes;
	size_t done_before;		/* events done by the last call */
	enum ba_status status;		/* BA_OK, or why the replay stops */
};

/* Make room for one more element; false when the host has no memory. */
static bool grow(void *array, size_t *cap, size_t nr, size_t size)
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

static pfn_t nr_frames(const struct ba_replay *r)
{
	return r->la.nr_frames;
}

/* ---- set-up -------------------------------------------------------- */

static void see_start(struct ba_replay *r)
{
	for (pfn_t pfn = 0; pfn < nr_frames(r); pfn++) {
		const struct ba_frame *f = &r->ctx.frames[pfn];

		r->model_of[pfn] = pfn;
		if (f->state == BA_FRAME_USED)
			r->la.frame[pfn] = BA_SEEN_USED;
		if (f->state != BA_FRAME_BUDDY && f->state != BA_FRAME_PCP)
			continue;
		/* the rest of a free block is free as well */
		for (pfn_t i = 0; i < 1u << f->order; i++) {
			r->la.frame[pfn + i] = 0;
			r->model_of[pfn + i] = pfn + i;
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
	r->ctx = ba_machine_ctx(machine, 0);
	r->ctx.trace = &r->trace;
	r->trace.cap = options->trace_kinds ? TRACE_BUFFER_ALL :
					      TRACE_BUFFER_FEW;
	r->trace_events = calloc(r->trace.cap, sizeof(*r->trace_events));
	r->trace.events = r->trace_events;
	r->trace.kinds = (uint8_t)(BA_TP_EXTFRAG | options->trace_kinds);
	r->score.first_mismatch = UINT64_MAX;
	r->score.first_bad_free = UINT64_MAX;
	r->samples.words = ba_probe_row_words(machine);
	r->model_of = calloc(frames, sizeof(*r->model_of));
	if (!r->model_of || !r->trace_events ||
	    ba_lookahead_init(&r->la, frames) != BA_OK) {
		ba_replay_destroy(r);
		return BA_ENOMEM;
	}
	see_start(r);
	*ret = r;
	return BA_OK;
}

void ba_replay_destroy(struct ba_replay *r)
{
	if (!r)
		return;
	ba_lookahead_deinit(&r->la);
	free(r->trace_events);
	free(r->model_of);
	free(r->silent);
	free(r->samples.stamps);
	free(r->samples.rows);
	free(r->fallbacks);
	free(r);
}

/* ---- one operation's context and what it leaves behind -------------- */

/*
 * An interrupt at a depth at which the per-CPU lock may be held. It may be
 * another lock as well; what becomes of the page tells.
 */
static bool pcp_is_busy(const struct ba_replay *r, const struct ba_event *e)
{
	size_t i = (size_t)(e - r->la.events);

	if (e->op == BA_OP_PAGE_ALLOC)
		return ba_lookahead_from_buddy(&r->la, i);
	if (e->op == BA_OP_PAGE_FREE)
		return ba_lookahead_freed_to(&r->la, i) != BA_FREED_PCP;
	return true;
}

static inline void begin(struct ba_replay *r, const struct ba_event *e)
{
	unsigned int level = ba_event_level(e);

	r->ctx.cpu = e->cpu < r->nodes->nr_cpus ? e->cpu : 0;
	r->ctx.interrupt = level > 0;
	r->ctx.pcp_busy = ba_unlikely(level > 0 &&
				      ba_event_depth(e) >= PCP_LOCKED_DEPTH) &&
			  pcp_is_busy(r, e);
	ba_charge_init(&r->ctx.charge);
}

static void keep_fallbacks(struct ba_replay *r, uint64_t event)
{
	for (uint32_t i = 0; i < r->trace.nr; i++) {
		if (!grow(&r->fallbacks, &r->cap_fallbacks, r->nr_fallbacks,
			  sizeof(*r->fallbacks))) {
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
	struct samples *s = &r->samples;
	size_t cap = s->cap;

	if (!grow(&s->stamps, &cap, s->nr, 2 * sizeof(*s->stamps)) ||
	    !grow(&s->rows, &s->cap, s->nr, s->words * sizeof(*s->rows))) {
		r->status = BA_ENOMEM;
		return;
	}
	s->stamps[2 * s->nr] = event;
	s->stamps[2 * s->nr + 1] = ts_ns;
	ba_probe_sample(r->machine, s->rows + s->nr * s->words);
	s->nr++;
}

static inline void sample_if_due(struct ba_replay *r, uint64_t event,
				 uint64_t ts_ns)
{
	struct samples *s = &r->samples;

	if (r->options.sample_events && event >= s->next_event) {
		sample(r, event, ts_ns);
		s->next_event = event + r->options.sample_events;
	}
	if (r->options.sample_ns && ts_ns >= s->next_ns) {
		sample(r, event, ts_ns);
		s->next_ns = ts_ns + r->options.sample_ns;
	}
}

/* ---- silent operations ---------------------------------------------- */

static void remember_silent(struct ba_replay *r, pfn_t pfn)
{
	if (!grow(&r->silent, &r->cap_silent, r->nr_silent,
		  sizeof(*r->silent))) {
		r->status = BA_ENOMEM;
		return;
	}
	r->silent[r->nr_silent++] = pfn;
	r->ctx.frames[pfn].owner = OWNER_SILENT;
}

static void took_silent(struct ba_replay *r, pfn_t pfn)
{
	r->la.frame[pfn] &= (uint8_t)~BA_SEEN_SILENT;
	remember_silent(r, pfn);
	r->score.silent_inferred++;
}

/* A silently taken frame that no line has named yet, or BA_PFN_NONE. */
static pfn_t recall_silent(struct ba_replay *r)
{
	while (r->nr_silent) {
		pfn_t pfn = r->silent[--r->nr_silent];

		if (r->ctx.frames[pfn].owner == OWNER_SILENT)
			return pfn;
	}
	return BA_PFN_NONE;
}

/*
 * Was this free page taken in silence before request i? It was if a later
 * line frees it, or if it is the model's choice, not the kernel's, and no
 * later line speaks of it: on a list it would have been taken or drained.
 */
/* No lines tell of silent operations. */
static inline bool infers(const struct ba_replay *r)
{
	return r->options.standard || !r->la.kprobes;
}

static bool was_silent(const struct ba_replay *r, size_t i, pfn_t pfn)
{
	return r->la.frame[pfn] & BA_SEEN_SILENT ||
	       (r->final && ba_lookahead_forgotten(&r->la, i, pfn));
}

/* Take such pages off the head of the list that served request i. */
static void take_silent_heads(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	uint8_t type = r->ctx.mobility_disabled ? BA_MT_UNMOVABLE :
		       (uint8_t)ba_gfp_migratetype(e->gfp);
	struct ba_zone *zone = e->addr >= nr_frames(r) ? NULL :
		ba_nodes_zone_of(&r->ctx, r->nodes, (pfn_t)e->addr);
	struct ba_pcp *pcp;
	const struct ba_list *list;
	pfn_t pfn;

	if (!zone)
		return;
	pcp = &zone->pcp[r->ctx.cpu];
	list = &pcp->list[ba_pcp_index(r->ctx.profile, 0, type)];
	while (list->count && ba_list_first(list) != e->addr &&
	       was_silent(r, i, ba_list_first(list))) {
		if (!ba_pcp_alloc_bulk(&r->ctx, &zone->buddy, &zone->wmark,
				       pcp, type, BA_ALLOC_WMARK_LOW, 1,
				       &pfn))
			return;
		took_silent(r, pfn);
	}
}

/* A page freed that was never seen allocated, and that the model has not
 * given away: the model allocates one by its own choice. */
static pfn_t infer_silent(struct ba_replay *r, const struct ba_event *e)
{
	uint32_t gfp = BA_GFP_KERNEL;
	pfn_t pfn;

	if (ba_pageblock_type(r->ctx.pageblocks, (pfn_t)e->addr) ==
	    BA_MT_MOVABLE)
		gfp = BA_GFP_HIGHUSER_MOVABLE;
	pfn = ba_alloc_pages(&r->ctx, r->nodes, gfp, e->order,
			     r->nodes->cpu_node[r->ctx.cpu]);
	if (pfn != BA_PFN_NONE)
		r->score.silent_inferred += 1u << e->order;
	return pfn;
}

static void bulk_enter(struct ba_replay *r, const struct ba_event *e)
{
	r->cpu[r->ctx.cpu].bulk = (struct bulk){
		.active = true, .gfp = e->gfp, .nr = e->arg,
		.task = e->task };
}

static void bulk_exit(struct ba_replay *r, const struct ba_event *e)
{
	struct bulk *bulk = &r->cpu[r->ctx.cpu].bulk;
	uint32_t left = bulk->active && e->arg > bulk->singles ?
			e->arg - bulk->singles : 0;
	pfn_t pfns[64];

	/* a call that only gave single pages has its lines already */
	while (left && r->status == BA_OK) {
		uint32_t want = left < 64 ? left : 64;
		struct ba_bulk got = ba_alloc_pages_bulk(
			&r->ctx, r->nodes, bulk->gfp,
			r->nodes->cpu_node[r->ctx.cpu], want, pfns);

		for (uint32_t i = 0; i < got.got; i++)
			remember_silent(r, pfns[i]);
		r->score.silent_traced += got.got;
		if (got.got < want)
			break;
		left -= got.got;
	}
	bulk->active = false;
}

/* ---- allocations ----------------------------------------------------- */

static void score_alloc(struct ba_replay *r, size_t i, pfn_t pfn)
{
	const struct ba_event *e = &r->la.events[i];
	uint64_t recorded = e->addr;
	uint64_t model = pfn == BA_PFN_NONE ? BA_ADDR_NONE : pfn;

	r->score.allocations++;
	r->score.failed += pfn == BA_PFN_NONE;
	if (ba_likely(recorded == model)) {
		r->score.exact++;
		return;
	}
	if (r->score.first_mismatch == UINT64_MAX) {
		r->score.first_mismatch = r->la.base + i;
		r->score.first_mismatch_recorded_pfn = recorded;
		r->score.first_mismatch_model_pfn = model;
	}
}

static void put_outcome(struct ba_replay *r, size_t i, pfn_t pfn,
			enum ba_result result)
{
	const struct ba_event *e = &r->la.events[i];
	const struct ba_zone *zone = pfn == BA_PFN_NONE ? NULL :
		ba_nodes_zone_of(&r->ctx, r->nodes, pfn);

	r->outcomes[r->nr_outcomes++] = (struct ba_outcome){
		.pfn = pfn == BA_PFN_NONE ? BA_ADDR_NONE : pfn,
		.recorded_pfn = e->addr,
		.event = (uint32_t)(r->la.base + i),
		.latency_ns = r->ctx.charge.latency_ns,
		.path = r->ctx.charge.path,
		.result = (uint8_t)result,
		.zone = zone ? zone->id : 255,
		.order = e->order,
		.split_order = r->ctx.charge.split_order,
		.fallback = r->ctx.charge.fallback,
		.migratetype = e->migratetype,
	};
}

/* Lines from now on call this block by the recorded frames. */
static void bind(struct ba_replay *r, uint64_t recorded, pfn_t pfn,
		 unsigned int order)
{
	for (uint32_t k = 0; k < 1u << order; k++)
		if (recorded + k < nr_frames(r))
			r->model_of[recorded + k] = pfn + k;
}

/* The kernel had no page, or took one and could not charge it. */
static void alloc_nothing(struct ba_replay *r, size_t i, pfn_t pfn)
{
	const struct ba_event *e = &r->la.events[i];

	if (pfn != BA_PFN_NONE) {
		ba_free_pages(&r->ctx, r->nodes, pfn, e->order);
		score_alloc(r, i, pfn);
	} else {
		r->score.allocations++;
		r->score.exact++;
	}
	put_outcome(r, i, pfn, r->ctx.result);
}

static inline pfn_t alloc(struct ba_replay *r, const struct ba_event *e)
{
	return ba_alloc_pages(&r->ctx, r->nodes, e->gfp, e->order,
			      r->nodes->cpu_node[r->ctx.cpu]);
}

/* The model's choice for request i, when silent operations must be guessed. */
static pfn_t alloc_past_silent(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	pfn_t pfn;

	take_silent_heads(r, i);
	pfn = alloc(r, e);
	/* a refill may have brought pages that were taken in silence */
	while (pfn != BA_PFN_NONE && pfn != e->addr && was_silent(r, i, pfn)) {
		took_silent(r, pfn);
		pfn = alloc(r, e);
	}
	return pfn;
}

static void do_alloc(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	struct percpu *cpu = &r->cpu[r->ctx.cpu];
	pfn_t pfn;

	pfn = infers(r) && e->order == 0 ? alloc_past_silent(r, i) :
					  alloc(r, e);
	if (ba_unlikely(e->addr == BA_ADDR_NONE)) {
		alloc_nothing(r, i, pfn);
		return;
	}
	if (cpu->bulk.active && cpu->bulk.task == e->task &&
	    !r->ctx.interrupt)
		cpu->bulk.singles++;
	score_alloc(r, i, pfn);
	put_outcome(r, i, pfn, r->ctx.result);
	if (pfn != BA_PFN_NONE)
		bind(r, e->addr, pfn, e->order);
	cpu->exact = (struct exact){ .task = e->task, .start = e->addr };
	if (e->order > 0 && !(e->gfp & BA_GFP_COMP))
		cpu->exact.end = e->addr + ((uint64_t)1 << e->order);
}

/* ---- frees ------------------------------------------------------------ */

static void bad_free(struct ba_replay *r, size_t i, enum ba_status status)
{
	r->score.bad_frees++;
	if (r->score.first_bad_free == UINT64_MAX) {
		r->score.first_bad_free = r->la.base + i;
		r->score.first_bad_free_status = status;
	}
	if (r->options.strict)
		r->status = status;
}

/*
 * Part of a larger block is freed: the trace has no line for the split.
 * Nothing is known of the block's pieces from now on.
 */
static void forget_block(struct ba_replay *r, pfn_t pfn)
{
	for (unsigned int order = 0; order < BA_NR_ORDERS; order++) {
		pfn_t head = pfn & ~((1u << order) - 1u);
		struct ba_frame *f = &r->ctx.frames[head];

		if (f->state == BA_FRAME_USED && f->flags & BA_FRAME_HEAD &&
		    head + (1u << f->order) > pfn)
			f->flags &= (uint8_t)~BA_FRAME_HEAD;
	}
}

/* The model's frame that a line calls `addr`; BA_PFN_NONE: none. */
static pfn_t find_freed(struct ba_replay *r, const struct ba_event *e)
{
	pfn_t pfn = r->model_of[e->addr];

	if (ba_likely(r->ctx.frames[pfn].state == BA_FRAME_USED &&
		      ba_page_free_head(r->ctx.frames, pfn) == BA_PFN_NONE))
		return pfn;
	pfn = e->order == 0 ? recall_silent(r) : BA_PFN_NONE;
	return pfn != BA_PFN_NONE ? pfn : infer_silent(r, e);
}

static pfn_t prepare_free(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	enum ba_status status;
	pfn_t pfn;

	if (e->addr >= nr_frames(r)) {
		bad_free(r, i, BA_EFRAME);
		return BA_PFN_NONE;
	}
	pfn = find_freed(r, e);
	if (pfn == BA_PFN_NONE) {
		bad_free(r, i, BA_EDOUBLEFREE);
		return BA_PFN_NONE;
	}
	status = ba_free_prepare(&r->ctx, r->nodes, pfn, e->order);
	if (ba_unlikely(status == BA_EORDER)) {
		forget_block(r, pfn);
		status = ba_free_prepare(&r->ctx, r->nodes, pfn, e->order);
	}
	if (ba_unlikely(status != BA_OK)) {
		bad_free(r, i, status);
		return BA_PFN_NONE;
	}
	bind(r, e->addr, pfn, e->order);
	r->ctx.frames[pfn].owner = 0;
	if (r->la.hints[i] & BA_HINT_SILENT)
		r->la.frame[e->addr] |= BA_SEEN_SILENT;
	return pfn;
}

/* Is this the next page of the surplus of alloc_pages_exact? */
static bool is_surplus(struct ba_replay *r, const struct ba_event *e)
{
	struct exact *exact = &r->cpu[r->ctx.cpu].exact;
	bool inside = e->addr > exact->start && e->addr < exact->end;

	if (!exact->end || e->order != 0 || e->task != exact->task || !inside)
		return false;
	if (exact->next && e->addr != exact->next)
		return false;
	exact->next = e->addr + 1;
	return true;
}

static void do_free(struct ba_replay *r, size_t i, bool surplus)
{
	pfn_t pfn = prepare_free(r, i);

	if (pfn == BA_PFN_NONE || r->la.hints[i] & BA_HINT_BATCHED)
		return;
	if (surplus)
		ba_free_commit_direct(&r->ctx, r->nodes, pfn,
				      BA_BUDDY_TO_TAIL);
	else
		ba_free_commit(&r->ctx, r->nodes, pfn);
}

static void do_free_batched(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	pfn_t pfn;

	if (e->addr >= nr_frames(r))
		return;
	pfn = r->model_of[e->addr];
	/* without its mm_page_free there is nothing to finish */
	if (r->ctx.frames[pfn].flags & BA_FRAME_FREEING)
		ba_free_commit(&r->ctx, r->nodes, pfn);
}

/* ---- other events ----------------------------------------------------- */

static void fold(struct ba_replay *r)
{
	for (uint8_t id = 0; id < r->nodes->nr_zones; id++)
		ba_vmstat_fold(&r->nodes->zone[id].buddy.free_pages,
			       r->ctx.cpu);
	r->cpu[r->ctx.cpu].next_decay = 0;
}

/* One line for each populated zone, in order, after that CPU's vmfold. */
static void decay(struct ba_replay *r)
{
	uint8_t *id = &r->cpu[r->ctx.cpu].next_decay;
	struct ba_zone *zone;

	while (*id < r->nodes->nr_zones && !r->nodes->zone[*id].present)
		(*id)++;
	if (*id == r->nodes->nr_zones)
		return;
	zone = &r->nodes->zone[(*id)++];
	ba_pcp_decay(&r->ctx, &zone->buddy, &zone->pcp[r->ctx.cpu]);
}

static void split(struct ba_replay *r, const struct ba_event *e)
{
	if (e->addr < nr_frames(r))
		ba_split_page(&r->ctx, r->nodes, r->model_of[e->addr],
			      e->order);
}

/* The zone of the block that the next line of this CPU drains, or NULL. */
static void drain(struct ba_replay *r, size_t i)
{
	size_t k = ba_lookahead_next(&r->la, i);
	struct ba_zone *zone;

	if (k == BA_LOOKAHEAD_NONE ||
	    r->la.events[k].op != BA_OP_PCPU_DRAIN ||
	    r->la.events[k].addr >= nr_frames(r))
		return;
	zone = ba_nodes_zone_of(&r->ctx, r->nodes,
				(pfn_t)r->la.events[k].addr);
	if (zone)
		ba_pcp_drain(&r->ctx, &zone->buddy,
			     &zone->pcp[r->ctx.cpu]);
}

static void do_other(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];

	if (e->op == BA_OP_LOST)
		r->score.lost_events += e->arg;
	if (r->options.standard)
		return;
	if (e->op == BA_OP_BULK_ENTER)
		bulk_enter(r, e);
	else if (e->op == BA_OP_BULK_EXIT)
		bulk_exit(r, e);
	else if (e->op == BA_OP_VMFOLD || e->op == BA_OP_QUIET_VMSTAT)
		fold(r);
	else if (e->op == BA_OP_DECAY)
		decay(r);
	else if (e->op == BA_OP_SPLITPAGE)
		split(r, e);
	else if (e->op == BA_OP_DRAIN)
		drain(r, i);
}

/* ---- the order of operations ------------------------------------------- */

static void execute(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];

	begin(r, e);
	if (e->op == BA_OP_PAGE_ALLOC)
		do_alloc(r, i);
	else if (e->op == BA_OP_PAGE_FREE)
		do_free(r, i, is_surplus(r, e));
	else if (e->op == BA_OP_PAGE_FREE_BATCHED)
		do_free_batched(r, i);
	else if (e->op != BA_OP_ZONE_LOCKED && e->op != BA_OP_PCPU_DRAIN &&
		 e->op != BA_OP_EXTFRAG)
		do_other(r, i);
	if (ba_unlikely(r->trace.nr))
		keep_fallbacks(r, r->la.base + i);
	r->la.hints[i] |= BA_HINT_DONE;
}

/* The per-CPU list that a line's page belongs to, or NULL. */
static const struct ba_list *list_of(struct ba_replay *r,
				     const struct ba_event *e)
{
	struct ba_zone *zone;
	uint8_t type = e->migratetype;

	if (e->addr >= nr_frames(r) || !ba_pcp_allowed(e->order))
		return NULL;
	zone = ba_nodes_zone_of(&r->ctx, r->nodes, (pfn_t)e->addr);
	if (e->op != BA_OP_PAGE_ALLOC)
		type = ba_pageblock_type(r->ctx.pageblocks, (pfn_t)e->addr);
	if (type >= BA_MT_PCPTYPES)
		type = BA_MT_MOVABLE;
	if (!zone || e->cpu >= r->nodes->nr_cpus)
		return NULL;
	return &zone->pcp[e->cpu].list[ba_pcp_index(r->ctx.profile, e->order,
						    type)];
}

/* Does this line of an interrupt change per-CPU list `list`? */
static bool touches(struct ba_replay *r, const struct ba_event *e,
		    const struct ba_list *list)
{
	return (e->op == BA_OP_PAGE_ALLOC || e->op == BA_OP_PAGE_FREE) &&
	       ba_event_depth(e) < PCP_LOCKED_DEPTH && list_of(r, e) == list;
}

/*
 * Line i frees a page, then an interrupt comes, which ends at `resume`. Did
 * the page reach its list only after the interrupt?
 */
static bool free_comes_later(struct ba_replay *r, size_t i, size_t resume)
{
	const struct ba_event *events = r->la.events;
	const struct ba_list *list = list_of(r, &events[i]);

	if (events[resume].op == BA_OP_PCPU_DRAIN)
		return true;	/* the drain that this free causes */
	for (size_t k = i + 1; k < resume; k++) {
		int nearer;

		if (!ba_event_interrupts(&events[k], &events[i]) ||
		    !touches(r, &events[k], list))
			continue;
		if (events[k].op == BA_OP_PAGE_ALLOC)
			return events[k].addr != events[i].addr;
		nearer = ba_lookahead_nearer(&r->la, resume, events[i].addr,
					     events[k].addr);
		if (nearer)
			return nearer < 0;
	}
	return false;
}

/*
 * An interrupt comes after line i; line `resume` then says what its task had
 * allocated. Was that before the interrupt?
 */
static bool alloc_came_earlier(struct ba_replay *r, size_t i, size_t resume)
{
	const struct ba_event *events = r->la.events;
	const struct ba_list *list = list_of(r, &events[resume]);

	if (events[resume].op != BA_OP_PAGE_ALLOC || !list)
		return false;
	if (events[i].op == BA_OP_ZONE_LOCKED)
		return true;	/* the refill for it */
	if (!list->count || ba_list_first(list) != events[resume].addr)
		return false;
	for (size_t k = i + 1; k < resume; k++)
		if (ba_event_interrupts(&events[k], &events[i]) &&
		    touches(r, &events[k], list))
			return true;
	return false;
}

static void commit_deferred(struct ba_replay *r, struct percpu *cpu, size_t i)
{
	begin(r, &r->la.events[i]);
	cpu->deferred.active = false;
	ba_free_commit(&r->ctx, r->nodes, cpu->deferred.pfn);
	r->score.reordered++;
}

/* Only prepare the free of line i; its page reaches a list before `until`. */
static void defer(struct ba_replay *r, size_t i, size_t until)
{
	const struct ba_event *e = &r->la.events[i];
	struct percpu *cpu = &r->cpu[e->cpu];
	pfn_t pfn = BA_PFN_NONE;

	begin(r, e);
	if (e->op == BA_OP_PAGE_FREE)
		pfn = prepare_free(r, i);
	else if (e->addr < nr_frames(r) &&
		 r->ctx.frames[r->model_of[e->addr]].flags & BA_FRAME_FREEING)
		pfn = r->model_of[e->addr];
	if (pfn != BA_PFN_NONE)
		cpu->deferred = (struct deferred){ true, until, pfn };
	r->la.hints[i] |= BA_HINT_DONE;
}

static bool is_commit(const struct ba_replay *r, size_t i)
{
	uint8_t op = r->la.events[i].op;

	return op == BA_OP_PAGE_FREE_BATCHED ||
	       (op == BA_OP_PAGE_FREE && !(r->la.hints[i] & BA_HINT_BATCHED));
}

/* Line i is followed by an interrupt, after which `resume` goes on. */
static void execute_interrupted(struct ba_replay *r, size_t i, size_t resume)
{
	struct percpu *cpu = &r->cpu[r->la.events[i].cpu];

	if (is_commit(r, i) && !cpu->deferred.active &&
	    free_comes_later(r, i, resume)) {
		defer(r, i, resume);
		return;
	}
	if (!(r->la.hints[i] & BA_HINT_DONE))
		execute(r, i);
	if (!(r->la.hints[resume] & BA_HINT_DONE) &&
	    alloc_came_earlier(r, i, resume)) {
		execute(r, resume);
		r->score.reordered++;
	}
}

static inline void step(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	struct percpu *cpu = &r->cpu[e->cpu < BA_CPU_MAX ? e->cpu : 0];
	size_t resume;

	if (ba_unlikely(cpu->deferred.active && cpu->deferred.until == i))
		commit_deferred(r, cpu, i);
	resume = ba_lookahead_resume(&r->la, i);
	if (ba_unlikely(resume != BA_LOOKAHEAD_NONE &&
			e->cpu < r->nodes->nr_cpus))
		execute_interrupted(r, i, resume);
	else if (!(r->la.hints[i] & BA_HINT_DONE))
		execute(r, i);
}

enum ba_status ba_replay_run(struct ba_replay *r,
			     const struct ba_event *events, size_t nr,
			     size_t max, bool final, size_t *done,
			     struct ba_outcome *outcomes,
			     size_t *nr_outcomes)
{
	size_t stop = nr;
	enum ba_status status;
	size_t i;

	r->outcomes = outcomes;
	r->nr_outcomes = 0;
	r->status = BA_OK;
	r->final = final;
	status = ba_lookahead_view(&r->la, r->done_before, events, nr);
	if (status != BA_OK)
		return status;
	if (!final)
		stop = nr > BA_REPLAY_LOOKAHEAD ? nr - BA_REPLAY_LOOKAHEAD : 0;
	if (stop > max)
		stop = max;
	for (i = 0; i < stop && r->status == BA_OK; i++) {
		step(r, i);
		sample_if_due(r, r->la.base + i, events[i].ts_ns);
	}
	r->score.events += i;
	r->done_before = i;
	*done = i;
	*nr_outcomes = r->nr_outcomes;
	return r->status;
}

const struct ba_replay_score *ba_replay_score(const struct ba_replay *replay)
{
	return &replay->score;
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
