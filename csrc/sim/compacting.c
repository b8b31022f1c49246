// SPDX-License-Identifier: GPL-2.0-only
#include "sim/compacting.h"

static struct ba_compact_run *find(struct ba_compacting *c, uint16_t task)
{
	for (uint32_t i = 0; i < BA_COMPACT_RUNS; i++)
		if (c->run[i].phase != BA_COMPACT_NONE &&
		    c->run[i].task == task)
			return &c->run[i];
	return NULL;
}

/* The task's slot, a new one if it has none; NULL when all are in use. */
static struct ba_compact_run *slot(struct ba_compacting *c, uint16_t task)
{
	struct ba_compact_run *run = find(c, task);

	for (uint32_t i = 0; i < BA_COMPACT_RUNS && !run; i++)
		if (c->run[i].phase == BA_COMPACT_NONE) {
			run = &c->run[i];
			*run = (struct ba_compact_run){
				.task = task, .capture.pfn = BA_PFN_NONE };
			c->nr++;
		}
	return run;
}

static void drop(struct ba_compacting *c, struct ba_compact_run *run)
{
	run->phase = BA_COMPACT_NONE;
	c->nr--;
}

static bool is_active(const struct ba_compact_run *run)
{
	return run && run->phase > BA_COMPACT_ASKED;
}

static void asked(struct ba_compacting *c, const struct ba_event *e)
{
	struct ba_compact_run *run = slot(c, e->task);

	if (!run || is_active(run))
		return;
	/* the line of the request that captured a block was lost */
	if (run->order != e->order)
		run->capture.pfn = BA_PFN_NONE;
	run->phase = BA_COMPACT_ASKED;
	run->direct = true;
	run->priority = (uint8_t)e->arg;
	run->gfp = e->gfp;
	run->order = e->order;
}

static void begin(struct ba_compacting *c, struct ba_ctx *ctx,
		  struct ba_machine *machine, const struct ba_event *e)
{
	struct ba_nodes *nodes = ba_machine_nodes(machine);
	struct ba_compact_run *run = slot(c, e->task);
	struct ba_zone *zone = e->arg < nodes->end ?
		ba_nodes_zone_of(ctx, nodes, e->arg) : NULL;
	pfn_t migrate_pfn = (pfn_t)e->addr;
	pfn_t free_pfn = (pfn_t)(e->addr >> 32);

	if (!run || is_active(run))
		return;
	/* a zone that the machine has otherwise */
	if (!zone || !ba_zone_spans(zone, migrate_pfn) ||
	    !ba_zone_spans(zone, free_pfn)) {
		if (!run->direct)
			drop(c, run);
		return;
	}
	run->cc = (struct ba_compact){
		.order = BA_COMPACT_WHOLE,
		.type = (uint8_t)ba_gfp_migratetype(run->gfp),
		.mode = e->migratetype ? BA_COMPACT_SYNC_LIGHT :
					 BA_COMPACT_ASYNC,
		.direct = run->direct };
	ba_compact_begin(&run->cc, zone, migrate_pfn, free_pfn);
	run->last_target = BA_ADDR_NONE;
	run->capture = (struct ba_capture){
		.zone = zone->id, .order = run->order, .type = run->cc.type,
		.pfn = run->capture.pfn };
	run->phase = BA_COMPACT_BEGUN;
}

static void release(struct ba_compact_run *run, struct ba_ctx *ctx)
{
	pfn_t pfn = ba_compact_release(ctx, &run->cc);

	for (; pfn != BA_PFN_NONE; pfn = ba_compact_release(ctx, &run->cc))
		ctx->frames[pfn].owner = BA_OWNER_LEFT | run->batch;
	run->phase = BA_COMPACT_RELEASED;
}

/* The order of a run is known from the first of these lines. */
static void finished(struct ba_compact_run *run, struct ba_ctx *ctx,
		     const struct ba_event *e)
{
	struct ba_compact *cc = &run->cc;

	if (run->phase == BA_COMPACT_BEGUN) {
		bool all = e->order >= BA_NR_ORDERS ||
			   (run->direct && run->priority == 0);

		cc->order = e->order < BA_NR_ORDERS ? e->order :
						      BA_COMPACT_WHOLE;
		cc->search_order = cc->order;
		cc->ignore_skip = all;
		cc->ignore_type = all && run->direct;
	}
	run->phase = BA_COMPACT_SOURCE;
	ba_compact_wants_drain(cc);
	if (e->arg) {
		ba_compact_turn(cc);
		ba_compact_find_source(ctx, cc);
		return;
	}
	if (ba_compact_scanners_met(cc))
		ba_compact_met(cc);
	release(run, ctx);
}

static uint32_t target_owner(const struct ba_compact_run *run)
{
	return BA_OWNER_TARGET | run->batch;
}

/* Was the page handed out for this batch, and is it in use since then? */
static bool is_target(const struct ba_compact_run *run,
		      const struct ba_frame *f)
{
	return f->state == BA_FRAME_USED &&
	       (f->owner & ~BA_OWNER_UNNAMED) == target_owner(run);
}

static bool is_on_lru(const struct ba_frame *f)
{
	return f->state == BA_FRAME_USED && f->flags & BA_FRAME_MOVABLE;
}

/*
 * While a page waits to be moved it is on no LRU list. Which pages those are
 * is known if there are as many as the line says.
 */
static void hide_sources(struct ba_compact_run *run, struct ba_ctx *ctx,
			 uint32_t taken)
{
	uint32_t seen = 0;

	for (pfn_t pfn = run->source; pfn < run->source_end; pfn++)
		seen += is_on_lru(&ctx->frames[pfn]);
	if (seen != taken)
		return;
	for (pfn_t pfn = run->source; pfn < run->source_end; pfn++) {
		struct ba_frame *f = &ctx->frames[pfn];

		if (!is_on_lru(f))
			continue;
		f->flags &= (uint8_t)~BA_FRAME_MOVABLE;
		f->owner = BA_OWNER_SOURCE | run->batch |
			(ba_owner_is_silent(f->owner) ? BA_OWNER_UNNAMED : 0);
	}
}

/* Those that have not moved are back on it. */
static void show_sources(struct ba_compact_run *run, struct ba_ctx *ctx)
{
	for (pfn_t pfn = run->source; pfn < run->source_end; pfn++) {
		struct ba_frame *f = &ctx->frames[pfn];

		if (ba_descriptor(ctx, pfn)->state != BA_FRAME_USED ||
		    (f->owner & ~BA_OWNER_UNNAMED) !=
			    (BA_OWNER_SOURCE | run->batch))
			continue;
		f->flags |= BA_FRAME_MOVABLE;
		f->owner = ba_owner_is_silent(f->owner) ? BA_OWNER_SILENT : 0;
	}
	run->source_end = run->source;
}

/* The kernel has freed all of it: so does the model, had it other frames. */
static void free_left(struct ba_compact_run *run, struct ba_ctx *ctx,
		      struct ba_nodes *nodes)
{
	const struct ba_buddy *buddy = &run->cc.zone->buddy;

	for (pfn_t pfn = buddy->start; pfn < buddy->end; pfn++) {
		struct ba_frame *f = &ctx->frames[pfn];

		if (ba_descriptor(ctx, pfn)->state != BA_FRAME_USED ||
		    f->owner != (BA_OWNER_LEFT | run->batch))
			continue;
		f->owner = 0;
		ba_free_pages(ctx, nodes, pfn, f->order);
	}
}

static void end(struct ba_compacting *c, struct ba_compact_run *run,
		struct ba_ctx *ctx, struct ba_machine *machine)
{
	show_sources(run, ctx);
	release(run, ctx);
	free_left(run, ctx, ba_machine_nodes(machine));
	run->ran = true;
	if (run->direct)
		run->phase = BA_COMPACT_ASKED;
	else
		drop(c, run);
}

static void look(struct ba_compact_run *run, struct ba_ctx *ctx)
{
	if (run->phase != BA_COMPACT_MOVING || run->looking)
		return;
	run->looking = true;
	ba_compact_isolate(ctx, &run->cc);
}

/*
 * The first block of a search is that of the free lists, if they had one. The
 * rest of it comes with the next line: another task may have run meanwhile.
 */
static void look_first(struct ba_compact_run *run, struct ba_ctx *ctx,
		       const struct ba_event *e)
{
	if (run->phase != BA_COMPACT_MOVING || run->looking)
		return;
	run->looking = true;
	ba_compact_isolate_fast(ctx, &run->cc);
	if (e->op == BA_OP_ISOLATE && !run->cc.nr_free)
		ba_compact_isolate_rest(ctx, &run->cc);
}

static void migrated(struct ba_compact_run *run, struct ba_ctx *ctx,
		     const struct ba_event *e)
{
	/* 6.1 says nothing when the last page did not move */
	if (e->arg && !run->moved && run->last_given != BA_PFN_NONE &&
	    !ctx->profile->compact_keeps_orders &&
	    is_target(run, ba_descriptor(ctx, run->last_given))) {
		ctx->frames[run->last_given].owner = 0;
		ba_compact_free(ctx, &run->cc, run->last_given);
	}
	show_sources(run, ctx);
	ba_compact_migrated(ctx, &run->cc, e->arg);
	run->phase = BA_COMPACT_SOURCE;
	run->looking = false;
	run->last_target = BA_ADDR_NONE;
}

static void took_source(struct ba_compacting *c, struct ba_compact_run *run,
			struct ba_ctx *ctx, const struct ba_event *e)
{
	pfn_t start = (pfn_t)e->addr;
	pfn_t end = (pfn_t)(e->addr >> 32);

	if (!ba_zone_spans(run->cc.zone, start) ||
	    ba_pageblock_start(start) + BA_PAGEBLOCK_PAGES < end ||
	    end > run->cc.zone->buddy.end)
		return;
	ba_compact_took_source(ctx, &run->cc, start, end, e->arg);
	run->phase = e->arg ? BA_COMPACT_MOVING : BA_COMPACT_SOURCE;
	run->looking = false;
	run->last_given = BA_PFN_NONE;
	show_sources(run, ctx);
	run->batch = ++c->batches % BA_OWNER_BATCHES;
	run->source = start;
	run->source_end = end;
	run->left = e->arg;
	hide_sources(run, ctx, e->arg);
}

void ba_compacting_line(struct ba_compacting *c, struct ba_ctx *ctx,
			struct ba_machine *machine, const struct ba_event *e)
{
	struct ba_compact_run *run;

	if (e->op == BA_OP_COMPACTION_TRY) {
		asked(c, e);
		return;
	}
	if (e->op == BA_OP_COMPACTION_BEGIN) {
		begin(c, ctx, machine, e);
		return;
	}
	run = c->nr ? find(c, e->task) : NULL;
	/* what the request gets after that, it owes to reclaim */
	if (run && e->op == BA_OP_RECLAIM_BEGIN)
		run->ran = false;
	if (!is_active(run) || e->op == BA_OP_RECLAIM_BEGIN)
		return;
	if (e->op != BA_OP_COMPACTION_FAST_FREE)
		ba_compact_isolate_rest(ctx, &run->cc);
	if (e->op == BA_OP_COMPACTION_FINISHED)
		finished(run, ctx, e);
	else if (e->op == BA_OP_COMPACTION_END)
		end(c, run, ctx, machine);
	else if (e->op == BA_OP_COMPACTION_SOURCE)
		took_source(c, run, ctx, e);
	else if (e->op == BA_OP_COMPACTION_MIGRATED)
		migrated(run, ctx, e);
	else if (e->op == BA_OP_COMPACTION_FREE)
		look(run, ctx);
	else
		look_first(run, ctx, e);
}

pfn_t ba_compacting_target(struct ba_compacting *c, struct ba_ctx *ctx,
			   const struct ba_event *e)
{
	struct ba_compact_run *run = c->nr ? find(c, e->task) : NULL;

	if (!is_active(run) || run->phase != BA_COMPACT_MOVING)
		return BA_PFN_NONE;
	ba_compact_isolate_rest(ctx, &run->cc);
	/* the page before did not move there: 6.1 gives the frame back */
	if (e->addr != BA_ADDR_NONE && e->addr == run->last_target)
		return run->last_given;
	look(run, ctx);
	run->looking = false;
	run->moved = false;
	run->last_target = e->addr;
	run->last_given = ba_compact_alloc(ctx, &run->cc, 0);
	if (run->last_given != BA_PFN_NONE)
		ctx->frames[run->last_given].owner = target_owner(run);
	return run->last_given;
}

struct ba_capture *ba_compacting_capture(struct ba_compacting *c,
					 const struct ba_event *e)
{
	struct ba_compact_run *run = find(c, e->task);

	return is_active(run) && run->direct ? &run->capture : NULL;
}

bool ba_compacting_allocates(struct ba_compacting *c, const struct ba_event *e,
			     pfn_t *captured)
{
	struct ba_compact_run *run = find(c, e->task);

	*captured = BA_PFN_NONE;
	if (!run || run->phase != BA_COMPACT_ASKED)
		return false;
	if (e->order == run->order)
		*captured = run->capture.pfn;
	drop(c, run);
	return run->ran;
}

/*
 * Several lines may tell of one search; all were done at the first. A search
 * of the free lists has one line, the linear one goes on where it stopped.
 */
static bool is_new_search(const struct ba_compact_run *run,
			  const struct ba_event *e)
{
	pfn_t start = (pfn_t)e->addr, at = run->cc.free_pfn;

	if (e->op == BA_OP_COMPACTION_FAST_FREE)
		return true;
	return e->op == BA_OP_COMPACTION_FREE && run->cc.order <= 0 &&
	       (start == at ||
		ba_pageblock_start(start) < ba_pageblock_start(at));
}

uint32_t ba_compacting_targets_due(struct ba_compacting *c, struct ba_ctx *ctx,
				   const struct ba_event *e)
{
	struct ba_compact_run *run = c->nr ? find(c, e->task) : NULL;
	uint32_t due;

	if (!is_active(run) || run->phase != BA_COMPACT_MOVING)
		return 0;
	ba_compact_isolate_rest(ctx, &run->cc);
	/* a page that was not moved had asked for one too, if in vain */
	if (e->op == BA_OP_COMPACTION_MIGRATED && e->arg && !run->cc.nr_free)
		look(run, ctx);
	due = run->left < run->cc.nr_free ? run->left : run->cc.nr_free;
	if (e->op == BA_OP_PAGE_FREE) {
		if (e->addr < run->source || e->addr >= run->source_end)
			return 0;
		if (ctx->profile->compact_keeps_orders)
			return due;
		look(run, ctx);
		run->looking = false;
		return run->cc.nr_free ? 1 : 0;
	}
	if (!ctx->profile->compact_keeps_orders || !is_new_search(run, e))
		return 0;
	run->looking = false;
	return due;
}

pfn_t ba_compacting_infer_target(struct ba_compacting *c, struct ba_ctx *ctx,
				 const struct ba_event *e)
{
	struct ba_compact_run *run = find(c, e->task);

	pfn_t pfn = ba_compact_alloc(ctx, &run->cc, 0);

	if (run->left)
		run->left--;
	if (pfn != BA_PFN_NONE)
		ctx->frames[pfn].owner = target_owner(run) | BA_OWNER_UNNAMED;
	/* who asks next looks for more */
	if (!run->cc.nr_free)
		run->looking = false;
	return pfn;
}

void ba_compacting_moves_on(struct ba_compacting *c, struct ba_ctx *ctx,
			    const struct ba_event *e)
{
	struct ba_compact_run *run = find(c, e->task);

	if (is_active(run) && !ctx->profile->compact_keeps_orders &&
	    run->left && !run->cc.nr_free &&
	    e->addr >= run->source && e->addr < run->source_end)
		look_first(run, ctx, e);
}

void ba_compacting_will_stay(struct ba_compacting *c, const struct ba_event *e,
			     uint32_t pages)
{
	struct ba_compact_run *run = c->nr ? find(c, e->task) : NULL;

	if (is_active(run) && run->phase == BA_COMPACT_MOVING)
		run->left -= pages < run->left ? pages : run->left;
}

bool ba_compacting_frees(struct ba_compacting *c, struct ba_ctx *ctx,
			 const struct ba_event *e, pfn_t pfn)
{
	struct ba_compact_run *run = find(c, e->task);
	struct ba_frame *f = &ctx->frames[pfn];

	if (!is_active(run))
		return false;
	ba_compact_isolate_rest(ctx, &run->cc);
	run->moved = true;
	if (run->phase == BA_COMPACT_MOVING &&
	    ctx->profile->compact_keeps_orders &&
	    ba_page_isolated_head(ctx->frames, pfn) != BA_PFN_NONE)
		return true;	/* it was a target for a page that stays */
	if (f->state == BA_FRAME_ISOLATED)
		release(run, ctx);
	else if (run->phase == BA_COMPACT_MOVING &&
		 is_target(run, ba_descriptor(ctx, pfn)) &&
		 ctx->profile->compact_keeps_orders) {
		f->owner = 0;
		run->last_target = BA_ADDR_NONE;
		ba_compact_free(ctx, &run->cc, pfn);
		return true;
	}
	return false;
}
