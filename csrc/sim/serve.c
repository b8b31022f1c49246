// SPDX-License-Identifier: GPL-2.0-only
#include "sim/serve.h"

#include "sim/slab_replay.h"

/* ---- silent operations ---------------------------------------------- */

/* A silently taken frame that no line has named yet, or BA_PFN_NONE. */
static pfn_t recall_silent(struct ba_replay *r)
{
	while (r->nr_silent) {
		pfn_t pfn = r->silent[--r->nr_silent];

		if (ba_owner_is_silent(r->ctx.frames[pfn].owner))
			return pfn;
	}
	return BA_PFN_NONE;
}

/*
 * Was this free page, which the model would hand out now, taken in silence
 * before line i? It was if a later line frees it without one that allocates
 * it, or if lines (or the start) put it on a list and none from this one to
 * the last speaks of it: next in turn, it would be handed out or drained.
 */
static bool was_silent(const struct ba_replay *r, size_t i, pfn_t pfn)
{
	return r->la.frame[pfn] & BA_SEEN_SILENT ||
	       (r->final && ba_lookahead_forgotten(&r->la, i, pfn));
}

bool ba_serve_take_silent(struct ba_replay *r, struct ba_zone *zone,
			  uint8_t type)
{
	pfn_t pfn;

	if (!ba_pcp_alloc_bulk(&r->ctx, &zone->buddy, &zone->wmark,
			       &zone->pcp[r->ctx.cpu], type,
			       BA_ALLOC_WMARK_LOW, 1, &pfn))
		return false;
	ba_run_took_silent(r, pfn);
	return true;
}

/* Take such pages off the head of the list that served request i. */
static void take_silent_heads(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	uint8_t type = r->ctx.mobility_disabled ? BA_MT_UNMOVABLE :
		       (uint8_t)ba_gfp_migratetype(e->gfp);
	struct ba_zone *zone = e->addr >= ba_run_nr_frames(r) ? NULL :
		ba_nodes_zone_of(&r->ctx, r->nodes, (pfn_t)e->addr);
	const struct ba_list *list;

	if (!zone)
		return;
	list = &zone->pcp[r->ctx.cpu].list[ba_pcp_index(r->ctx.profile, 0,
							 type)];
	while (list->count && was_silent(r, i, ba_list_first(list)))
		if (!ba_serve_take_silent(r, zone, type))
			return;
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

/* The bulk allocation in which the context of line e is; NULL: in none. */
static struct ba_run_bulk *bulk_of(const struct ba_replay *r,
				   const struct ba_event *e)
{
	unsigned int level = ba_event_level(e);

	for (size_t i = 0; i < r->nr_bulks; i++) {
		struct ba_run_bulk *bulk = &r->bulks[i];

		if (bulk->task == e->task && bulk->level == level &&
		    (bulk->cpu == e->cpu || (!level && e->task)))
			return bulk;
	}
	return NULL;
}

static void bulk_enter(struct ba_replay *r, const struct ba_event *e)
{
	struct ba_run_bulk *bulk = bulk_of(r, e);

	if (!bulk) {
		if (!ba_run_grow(&r->bulks, &r->cap_bulks, r->nr_bulks,
				 sizeof(*r->bulks))) {
			r->status = BA_ENOMEM;
			return;
		}
		bulk = &r->bulks[r->nr_bulks++];
	}
	*bulk = (struct ba_run_bulk){
		.gfp = e->gfp, .task = e->task, .cpu = e->cpu,
		.level = (uint8_t)ba_event_level(e),
		.node = e->addr < r->nodes->nr_nodes ? (uint8_t)e->addr :
			r->nodes->cpu_node[r->ctx.cpu] };
}

void ba_serve_bulk(struct ba_replay *r, size_t exit)
{
	const struct ba_event *e = &r->la.events[exit];
	struct ba_run_bulk *bulk = bulk_of(r, e);
	uint32_t left;
	pfn_t pfns[64];

	if (!bulk || bulk->served)
		return;
	left = e->arg > bulk->singles ? e->arg - bulk->singles : 0;
	ba_run_begin(r, e);
	bulk->served = true;
	/* a call that only gave single pages has its lines already */
	while (left && r->status == BA_OK) {
		uint32_t want = left < 64 ? left : 64;
		struct ba_bulk got = ba_alloc_pages_bulk(
			&r->ctx, r->nodes, bulk->gfp, bulk->node, want, pfns);

		for (uint32_t i = 0; i < got.got; i++)
			ba_run_remember_silent(r, pfns[i]);
		r->score.silent_traced += got.got;
		if (got.got < want)
			break;
		left -= got.got;
	}
	if (ba_unlikely(r->trace.nr))
		ba_run_keep_fallbacks(r, r->la.base + exit);
}

/* ---- allocations ----------------------------------------------------- */

/* Line i was served with `pfn` where the kernel had `recorded`. */
static void score_alloc(struct ba_replay *r, size_t i, uint64_t recorded,
			pfn_t pfn)
{
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

	struct ba_outcome outcome = {
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

	if (ba_likely(i < r->stop))
		r->outcomes[r->la.rank[i] - r->first_rank] = outcome;
	else if (ba_run_grow(&r->early, &r->cap_early, r->nr_early,
			       sizeof(*r->early)))
		r->early[r->nr_early++] = outcome;
	else
		r->status = BA_ENOMEM;
}

void ba_serve_begin(struct ba_replay *r, size_t stop,
		    struct ba_outcome *outcomes)
{
	size_t kept = 0;

	r->outcomes = outcomes;
	r->stop = stop;
	r->first_rank = ba_lookahead_rank(&r->la, 0);
	for (size_t k = 0; k < r->nr_early; k++) {
		uint32_t i = r->early[k].event - (uint32_t)r->la.base;

		if (i < stop)
			outcomes[r->la.rank[i] - r->first_rank] = r->early[k];
		else
			r->early[kept++] = r->early[k];
	}
	r->nr_early = kept;
}

/* The kernel had no page, or took one and could not charge it. */
static void alloc_nothing(struct ba_replay *r, size_t i, pfn_t pfn)
{
	const struct ba_event *e = &r->la.events[i];

	if (pfn != BA_PFN_NONE) {
		ba_free_pages(&r->ctx, r->nodes, pfn, e->order);
		score_alloc(r, i, BA_ADDR_NONE, pfn);
	} else {
		r->score.allocations++;
		r->score.exact++;
	}
	put_outcome(r, i, pfn, r->ctx.result);
}

/*
 * The node that a request names is not in the trace. It is that of its CPU,
 * unless the page came from another one although the CPU's own node would
 * have served it, or no other than the one named may serve it: then the request
 * must have named that other node.
 */
static uint8_t request_node(struct ba_replay *r, const struct ba_event *e)
{
	uint8_t local = r->nodes->cpu_node[r->ctx.cpu];
	const struct ba_zone *zone;

	if (ba_likely(r->nodes->nr_nodes == 1) || e->addr >= ba_run_nr_frames(r))
		return local;
	zone = ba_nodes_zone_of(&r->ctx, r->nodes, (pfn_t)e->addr);
	if (!zone || zone->node == local)
		return local;
	if (!(e->gfp & BA_GFP_THISNODE) &&
	    !ba_node_would_serve(&r->ctx, r->nodes, e->gfp, e->order, local))
		return local;
	r->score.nodes_inferred++;
	return zone->node;
}

/* A request of a task of which other lines have told. */
static ba_noinline pfn_t request_of_known(struct ba_replay *r,
					  const struct ba_event *e)
{
	uint8_t node = request_node(r, e);
	pfn_t pfn;

	if (ba_standing_is_refused(&r->standing, e)) {
		r->ctx.result = BA_RESULT_NOMEM_WATERMARK;
		return BA_PFN_NONE;
	}
	r->ctx.rights = ba_standing_rights(&r->standing, e);
	pfn = ba_standing_is_late(&r->standing, e) ?
		ba_alloc_pages_late(&r->ctx, r->nodes, e->gfp, e->order,
				    node) :
		ba_alloc_pages(&r->ctx, r->nodes, e->gfp, e->order, node);
	r->ctx.rights = 0;
	return pfn;
}

static inline pfn_t request(struct ba_replay *r, const struct ba_event *e)
{
	if (ba_unlikely(r->standing.nr) && !r->ctx.interrupt &&
	    r->standing.of[e->task])
		return request_of_known(r, e);
	return ba_alloc_pages(&r->ctx, r->nodes, e->gfp, e->order,
			      request_node(r, e));
}

static void fold(struct ba_replay *r, cpu_t cpu)
{
	for (uint8_t id = 0; id < r->nodes->nr_zones; id++)
		ba_vmstat_fold(&r->nodes->zone[id].buddy.free_pages, cpu);
}

/*
 * The kernel served request `e`, the model has no zone above its mark. The
 * free pages are the same; what no line tells is when the vmstat worker adds
 * a CPU's counter differences to the zone's counter: it has.
 */
static ba_noinline pfn_t request_after_fold(struct ba_replay *r,
					    const struct ba_event *e)
{
	pfn_t pfn;

	for (cpu_t cpu = 0; cpu < r->nodes->nr_cpus; cpu++)
		fold(r, cpu);
	pfn = request(r, e);
	r->score.folds_inferred += pfn != BA_PFN_NONE;
	return pfn;
}

/* The zone that would serve request `e` as the counters are is the told one. */
static bool agrees(struct ba_replay *r, const struct ba_event *e)
{
	uint64_t nodes = r->score.nodes_inferred;
	const struct ba_zone *zone =
		ba_zone_that_serves(&r->ctx, r->nodes, e->gfp, e->order,
				    request_node(r, e));

	r->score.nodes_inferred = nodes;
	return r->told.zone == (int32_t)(zone ? zone->id : BA_NO_ZONE);
}

/* Would it be, had the vmstat worker of some CPU, or all, folded? Then so. */
static bool agrees_after_fold(struct ba_replay *r, const struct ba_event *e)
{
	struct ba_vmstat before[BA_ZONE_MAX];

	for (uint8_t id = 0; id < r->nodes->nr_zones; id++)
		before[id] = r->nodes->zone[id].buddy.free_pages;
	for (cpu_t cpu = 0; cpu < r->nodes->nr_cpus; cpu++) {
		fold(r, cpu);
		if (agrees(r, e))
			return true;
	}
	for (uint8_t id = 0; id < r->nodes->nr_zones; id++)
		r->nodes->zone[id].buddy.free_pages = before[id];
	return false;
}

/*
 * Later lines tell the zone that served request `e`, or that none did. If it
 * would not do so as the counters are, these have been folded unseen, now or
 * once before: then they give way (mm/freelist.h).
 */
static ba_noinline pfn_t request_told(struct ba_replay *r,
				      const struct ba_event *e)
{
	struct ba_told *before = r->ctx.told;
	int32_t zone = r->told.zone;
	pfn_t pfn;

	r->ctx.told = &r->told;
	if (!r->standing.of[e->task]) {
		bool agreed = agrees(r, e);

		if (!agreed && agrees_after_fold(r, e)) {
			r->score.folds_inferred++;
			agreed = true;
		}
		/* it may do so by a lower mark: nothing gives way */
		if (agreed) {
			r->ctx.told = before;
			r->told.zone = -1;
		}
	}
	pfn = request(r, e);
	r->told.zone = zone;
	r->score.folds_inferred += r->told.counters;
	r->told.counters = 0;
	r->ctx.told = before;
	return pfn;
}

static inline pfn_t alloc(struct ba_replay *r, const struct ba_event *e)
{
	pfn_t pfn = ba_unlikely(r->told.zone >= 0) ? request_told(r, e) :
						     request(r, e);

	if (ba_unlikely(pfn == BA_PFN_NONE) && ba_run_infers(r) &&
	    e->addr != BA_ADDR_NONE)
		pfn = request_after_fold(r, e);
	return pfn;
}

/* The model's choice for request i, when silent operations must be guessed. */
static pfn_t alloc_past_silent(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	pfn_t pfn;

	take_silent_heads(r, i);
	pfn = alloc(r, e);
	/* a refill may have brought pages that were taken in silence */
	while (pfn != BA_PFN_NONE && was_silent(r, i, pfn)) {
		ba_run_took_silent(r, pfn);
		pfn = alloc(r, e);
	}
	return pfn;
}

static inline pfn_t alloc_uncompacted(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];

	return ba_run_infers(r) && e->order == 0 ?
		alloc_past_silent(r, i) : alloc(r, e);
}

/* The request may have compacted memory, and captured its block there. */
static pfn_t alloc_after_compaction(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	pfn_t captured, pfn;
	bool ran = ba_compacting_allocates(&r->compacting, e, &captured);

	pfn = captured;
	if (captured != BA_PFN_NONE)
		ba_alloc_captured(&r->ctx, captured, e->order, e->gfp);
	else
		pfn = alloc_uncompacted(r, i);
	if (ran && pfn != BA_PFN_NONE)
		ba_nodes_zone_of(&r->ctx, r->nodes, pfn)
			->compact.blockskip_flush = 0;
	return pfn;
}

static void do_alloc(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	struct ba_run_cpu *cpu = &r->cpu[r->ctx.cpu];
	pfn_t pfn;

	if (ba_unlikely(r->compacting.nr) && !r->ctx.interrupt)
		pfn = alloc_after_compaction(r, i);
	else
		pfn = alloc_uncompacted(r, i);
	if (ba_unlikely(r->standing.nr) && !r->ctx.interrupt)
		ba_standing_served(&r->standing, e);
	if (ba_unlikely(e->addr == BA_ADDR_NONE)) {
		alloc_nothing(r, i, pfn);
		return;
	}
	if (ba_unlikely(r->nr_bulks) && bulk_of(r, e))
		bulk_of(r, e)->singles++;
	score_alloc(r, i, e->addr, pfn);
	put_outcome(r, i, pfn, r->ctx.result);
	if (pfn != BA_PFN_NONE)
		ba_run_bind(r, e->addr, pfn, e->order);
	cpu->exact = (struct ba_run_exact){ .task = e->task, .start = e->addr };
	if (pfn != BA_PFN_NONE && e->order > 0 && !(e->gfp & BA_GFP_COMP))
		cpu->exact.end = e->addr + ((uint64_t)1 << e->order);
}

/* The kernel took a block here for a slab, the model needs none. */
static void skip_alloc(struct ba_replay *r, size_t i)
{
	score_alloc(r, i, r->la.events[i].addr, BA_PFN_NONE);
	put_outcome(r, i, BA_PFN_NONE, BA_RESULT_NOT_ASKED);
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
 * Nothing is known of the block's pieces from now on, but that they are no
 * compound page any more.
 */
static void forget_block(struct ba_replay *r, pfn_t pfn)
{
	for (unsigned int order = 0; order < BA_NR_ORDERS; order++) {
		pfn_t head = pfn & ~((1u << order) - 1u);
		struct ba_frame *f = &r->ctx.frames[head];

		if (f->state == BA_FRAME_USED && f->flags & BA_FRAME_HEAD &&
		    head + (1u << f->order) > pfn)
			f->flags &= (uint8_t)~(BA_FRAME_HEAD |
					       BA_FRAME_COMPOUND);
	}
}

/* Does the name stand for a page in use? */
static inline bool is_named(const struct ba_replay *r, uint64_t addr)
{
	pfn_t pfn = r->names[addr].model;
	const struct ba_frame *f = &r->ctx.frames[pfn];

	/* only a head in use says so itself */
	return r->names[pfn].name == addr && f->state == BA_FRAME_USED &&
	       (ba_likely(f->flags & BA_FRAME_HEAD) ||
		ba_free_head(&r->ctx, pfn) == BA_PFN_NONE);
}

/* Has compaction taken this free frame, and not used it? */
static inline bool is_left(const struct ba_replay *r, uint64_t addr)
{
	const struct ba_frame *f = ba_descriptor(&r->ctx, (pfn_t)addr);

	return f->state == BA_FRAME_USED &&
	       (f->owner & BA_OWNER_LEFT) == BA_OWNER_LEFT;
}

static bool is_silent(const struct ba_replay *r, uint64_t addr)
{
	return ba_owner_is_silent(r->ctx.frames[addr].owner);
}

bool ba_serve_knows(const struct ba_replay *r, uint64_t addr)
{
	return is_named(r, addr) || is_left(r, addr) ||
	       is_silent(r, addr);
}

/* The model's frame that a line calls `addr`; BA_PFN_NONE: none. */
static pfn_t find_freed(struct ba_replay *r, const struct ba_event *e)
{
	pfn_t pfn = r->names[e->addr].model;

	if (ba_likely(is_named(r, e->addr)))
		return pfn;
	if (is_left(r, e->addr) || (e->order == 0 && is_silent(r, e->addr)))
		return (pfn_t)e->addr;
	pfn = e->order == 0 ? recall_silent(r) : BA_PFN_NONE;
	if (pfn != BA_PFN_NONE || !ba_run_infers(r))
		return pfn;
	return infer_silent(r, e);
}

/* Pages moved, as line e shows, to others that no line names. */
static void infer_targets(struct ba_replay *r, const struct ba_event *e)
{
	uint32_t due = ba_compacting_targets_due(&r->compacting, &r->ctx, e);
	uint32_t owner;

	for (; due; due--) {
		pfn_t pfn = ba_compacting_infer_target(&r->compacting, &r->ctx,
						       e);

		if (pfn == BA_PFN_NONE)
			return;
		owner = r->ctx.frames[pfn].owner;
		ba_run_bind(r, pfn, pfn, 0);
		ba_run_took_silent(r, pfn);
		r->ctx.frames[pfn].owner = owner;
	}
}

/*
 * Pages of the source that line i names which stay where they are, and had no
 * target when the first one moved: those that failed, less the targets that
 * were given back after that.
 */
static uint32_t staying(const struct ba_replay *r, size_t i)
{
	const struct ba_event *source = &r->la.events[i];
	uint64_t end = source->addr >> 32;
	uint32_t returned = 0;
	bool moved = false;

	for (size_t k = i + 1; k < r->la.nr; k++) {
		const struct ba_event *e = &r->la.events[k];
		bool inside = e->addr >= (source->addr & UINT32_MAX) &&
			      e->addr < end;

		if (e->task != source->task || ba_event_level(e))
			continue;
		if (e->op == BA_OP_COMPACTION_MIGRATED)
			return e->arg > returned ? e->arg - returned : 0;
		if (e->op == BA_OP_COMPACTION_FINISHED ||
		    e->op == BA_OP_COMPACTION_END)
			break;
		moved |= e->op == BA_OP_PAGE_FREE && inside;
		returned += e->op == BA_OP_PAGE_FREE && !inside && moved;
	}
	return 0;
}

static pfn_t prepare_free(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	enum ba_status status;
	pfn_t pfn;

	if (e->addr >= ba_run_nr_frames(r)) {
		bad_free(r, i, BA_EFRAME);
		return BA_PFN_NONE;
	}
	if (ba_unlikely(r->slab) && !ba_slab_page_goes(r, i))
		return BA_PFN_NONE;
	if (ba_unlikely(r->compacting.nr) && !r->ctx.interrupt &&
	    ba_run_infers(r))
		infer_targets(r, e);
	if (ba_unlikely(r->compacting.nr) && !r->ctx.interrupt &&
	    ba_compacting_frees(&r->compacting, &r->ctx, e,
				r->names[e->addr].model))
		return BA_PFN_NONE;
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
	ba_run_bind(r, e->addr, pfn, e->order);
	r->ctx.frames[pfn].owner = 0;
	if (r->la.hints[i] & BA_HINT_SILENT)
		r->la.frame[e->addr] |= BA_SEEN_SILENT;
	return pfn;
}

/* Is this the next page of the surplus of alloc_pages_exact? */
static bool is_surplus(struct ba_replay *r, const struct ba_event *e)
{
	struct ba_run_exact *exact = &r->cpu[r->ctx.cpu].exact;
	bool inside = e->addr > exact->start && e->addr < exact->end;

	if (!exact->end || e->order != 0 || e->task != exact->task || !inside)
		return false;
	if (exact->next && e->addr != exact->next)
		return false;
	exact->next = e->addr + 1;
	return true;
}

/*
 * A page that was taken but could not be charged to its memory cgroup is
 * freed, then mm_page_alloc names no page. That line, or none.
 */
static size_t refused_charge(const struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i], *alloc;
	size_t own;

	if (ba_likely(e->addr >= ba_run_nr_frames(r) || ba_serve_knows(r, e->addr)))
		return BA_LOOKAHEAD_NONE;
	own = ba_lookahead_own(&r->la, i);
	if (own == BA_LOOKAHEAD_NONE || r->la.hints[own] & BA_HINT_DONE)
		return BA_LOOKAHEAD_NONE;
	alloc = &r->la.events[own];
	return alloc->op == BA_OP_PAGE_ALLOC && alloc->addr == BA_ADDR_NONE &&
	       alloc->order == e->order && alloc->gfp & BA_GFP_ACCOUNT ?
		own : BA_LOOKAHEAD_NONE;
}

/*
 * Take the page for that request, by the model's own choice; exact if it is
 * the one that line i frees.
 */
static void take_uncharged(struct ba_replay *r, size_t i, size_t request)
{
	const struct ba_event *e = &r->la.events[i];
	pfn_t pfn = alloc(r, &r->la.events[request]);

	r->la.hints[request] |= BA_HINT_DONE;
	score_alloc(r, request, e->addr, pfn);
	put_outcome(r, request, BA_PFN_NONE,
		    pfn == BA_PFN_NONE ? r->ctx.result : BA_RESULT_CHARGE);
	if (pfn != BA_PFN_NONE)
		ba_run_bind(r, e->addr, pfn, e->order);
}

static void do_free(struct ba_replay *r, size_t i, bool surplus)
{
	size_t request = refused_charge(r, i);
	pfn_t pfn;

	if (ba_unlikely(request != BA_LOOKAHEAD_NONE))
		take_uncharged(r, i, request);
	pfn = prepare_free(r, i);
	if (pfn == BA_PFN_NONE || r->la.hints[i] & (BA_HINT_BATCHED | BA_HINT_DIRECT))
		return;
	if (surplus)
		ba_free_commit_direct(&r->ctx, r->nodes, pfn,
				      BA_BUDDY_TO_TAIL);
	else
		ba_free_commit(&r->ctx, r->nodes, pfn);
}

/* Is the page of that name prepared to be freed, and on no list yet? */
static bool is_freeing(const struct ba_replay *r, uint64_t addr)
{
	return addr < ba_run_nr_frames(r) &&
	       r->ctx.frames[r->names[addr].model].flags & BA_FRAME_FREEING;
}

static void do_free_batched(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];

	/* without its mm_page_free there is nothing to finish */
	if (is_freeing(r, e->addr))
		ba_free_commit(&r->ctx, r->nodes, r->names[e->addr].model);
}

bool ba_serve_ends_direct(const struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	const struct ba_run_deferred *deferred =
		&r->cpu[e->cpu < r->nodes->nr_cpus ? e->cpu : 0].deferred;

	return is_freeing(r, e->addr) &&
	       !(deferred->active && deferred->pfn == r->names[e->addr].model);
}

static void do_free_one(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];

	if (!ba_serve_ends_direct(r, i))
		return;
	r->ctx.pcp_busy = true;
	ba_free_commit(&r->ctx, r->nodes, r->names[e->addr].model);
}

static void bulk_exit(struct ba_replay *r, size_t i)
{
	struct ba_run_bulk *bulk;

	ba_serve_bulk(r, i);
	bulk = bulk_of(r, &r->la.events[i]);
	if (bulk)
		*bulk = r->bulks[--r->nr_bulks];
}

static void split(struct ba_replay *r, const struct ba_event *e)
{
	if (e->addr < ba_run_nr_frames(r))
		ba_split_page(&r->ctx, r->nodes, r->names[e->addr].model,
			      e->order);
}

static bool is_compaction(const struct ba_event *e)
{
	return e->op >= BA_OP_COMPACTION_TRY &&
	       e->op <= BA_OP_COMPACTION_MIGRATED;
}

static void compaction(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];

	if (ba_run_infers(r))
		infer_targets(r, e);
	ba_compacting_line(&r->compacting, &r->ctx, r->machine, e);
	if (ba_run_infers(r) && e->op == BA_OP_COMPACTION_SOURCE &&
	    r->ctx.profile->compact_keeps_orders)
		ba_compacting_will_stay(&r->compacting, e, staying(r, i));
}

static void do_other(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];

	if (e->op == BA_OP_LOST)
		r->score.lost_events += e->arg;
	ba_standing_line(&r->standing, e);
	if (e->op == BA_OP_RECLAIM_BEGIN || e->op == BA_OP_COMPACTION_TRY)
		ba_alloc_pages_refused(&r->ctx, r->nodes, e->gfp, e->order,
				       r->nodes->cpu_node[r->ctx.cpu]);
	if (e->op == BA_OP_RECLAIM_BEGIN)
		ba_compacting_line(&r->compacting, &r->ctx, r->machine, e);
	if (is_compaction(e)) {
		compaction(r, i);
		return;
	}
	ba_background_kswapd_line(r, i);
	if (r->options.standard)
		return;
	if (e->op == BA_OP_BULK_ENTER)
		bulk_enter(r, e);
	else if (e->op == BA_OP_BULK_EXIT)
		bulk_exit(r, i);
	else if (e->op == BA_OP_SPLITPAGE)
		split(r, e);
	else if (e->op == BA_OP_FREE_ONE)
		do_free_one(r, i);
	else
		ba_background_line(r, i);
}

static inline void free_line(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];

	do_free(r, i, is_surplus(r, e));
	if (ba_unlikely(r->compacting.nr) && ba_run_infers(r) &&
	    !r->ctx.interrupt)
		ba_compacting_moves_on(&r->compacting, &r->ctx, e);
}

static inline void serve_alloc(struct ba_replay *r, size_t i)
{
	bool slab = ba_unlikely(r->slab) &&
		    (r->la.hints[i] & BA_HINT_SLAB ||
		     (r->options.slab_mode == BA_SLAB_MODE_DRIVEN &&
		      r->la.slabs->hashed && ba_slab_looks_asked(r, i)));

	if (ba_unlikely(slab && !ba_slab_page_wanted(r, i))) {
		skip_alloc(r, i);
		return;
	}
	do_alloc(r, i);
	if (ba_unlikely(slab))
		ba_slab_page_came(r, i);
}

void ba_serve(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];

	ba_run_begin(r, e);
	if (e->op == BA_OP_PAGE_ALLOC)
		serve_alloc(r, i);
	else if (e->op == BA_OP_PAGE_FREE)
		free_line(r, i);
	else if (e->op == BA_OP_PAGE_FREE_BATCHED)
		do_free_batched(r, i);
	else if (e->op == BA_OP_PCPU_DRAIN)
		ba_background_drain_line(r, i);
	else if (!ba_event_is_slab(e))
		do_other(r, i);
	else if (r->slab)
		ba_slab_line(r, i);
	if (ba_unlikely(r->cpu[r->ctx.cpu].folding) &&
	    r->cpu[r->ctx.cpu].fold_task == e->task &&
	    (e->op == BA_OP_PAGE_ALLOC || e->op == BA_OP_PAGE_FREE))
		r->cpu[r->ctx.cpu].folding = false;
	if (ba_unlikely(r->trace.nr))
		ba_run_keep_fallbacks(r, r->la.base + i);
	r->la.hints[i] |= BA_HINT_DONE;
}

void ba_serve_deferred(struct ba_replay *r, cpu_t cpu)
{
	struct ba_run_deferred *deferred = &r->cpu[cpu].deferred;

	ba_set_cpu(&r->ctx, cpu);
	r->ctx.interrupt = deferred->interrupt;
	r->ctx.pcp_busy = deferred->pcp_busy;
	ba_charge_init(&r->ctx.charge);
	deferred->active = false;
	ba_free_commit(&r->ctx, r->nodes, deferred->pfn);
	if (ba_unlikely(r->trace.nr))
		ba_run_keep_fallbacks(r, deferred->line);
}

void ba_serve_defer(struct ba_replay *r, size_t i, size_t until, bool direct)
{
	const struct ba_event *e = &r->la.events[i];
	struct ba_run_cpu *cpu = &r->cpu[e->cpu];
	pfn_t pfn = BA_PFN_NONE;

	ba_run_begin(r, e);
	if (e->op == BA_OP_PAGE_FREE)
		pfn = prepare_free(r, i);
	else if (is_freeing(r, e->addr))
		pfn = r->names[e->addr].model;
	if (pfn != BA_PFN_NONE)
		cpu->deferred = (struct ba_run_deferred){
			true, r->la.base + i, r->la.base + until, pfn,
			r->ctx.interrupt,
			r->ctx.pcp_busy || e->op == BA_OP_FREE_ONE,
			direct };
	r->la.hints[i] |= BA_HINT_DONE;
}
