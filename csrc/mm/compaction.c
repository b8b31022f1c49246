// SPDX-License-Identifier: GPL-2.0-only
#include "mm/compaction.h"

#include "mm/fallback.h"
#include "mm/fragindex.h"

#define HPAGE_ORDER BA_PAGEBLOCK_ORDER	/* COMPACTION_HPAGE_ORDER */

/* ---- deferral ---------------------------------------------------------- */

void ba_compaction_defer(struct ba_zone *zone, order_t order)
{
	struct ba_compact_zone *c = &zone->compact;

	c->considered = 0;
	if (order < c->order_failed)
		c->order_failed = order;
	if (c->defer_shift < BA_COMPACT_DEFER_SHIFT_MAX)
		c->defer_shift++;
}

bool ba_compaction_deferred(struct ba_zone *zone, order_t order)
{
	struct ba_compact_zone *c = &zone->compact;
	uint32_t limit = 1u << c->defer_shift;

	if (order < c->order_failed)
		return false;
	if (++c->considered < limit)
		return true;
	c->considered = limit;
	return false;
}

void ba_compaction_defer_reset(struct ba_zone *zone, order_t order,
			       bool served)
{
	struct ba_compact_zone *c = &zone->compact;

	if (served) {
		c->considered = 0;
		c->defer_shift = 0;
	}
	if (order >= c->order_failed)
		c->order_failed = order + 1;
}

/* Is this the first try after the longest deferral? */
static bool is_restarting(const struct ba_zone *zone, int order)
{
	const struct ba_compact_zone *c = &zone->compact;

	return order >= c->order_failed &&
	       c->defer_shift == BA_COMPACT_DEFER_SHIFT_MAX &&
	       c->considered >= 1u << c->defer_shift;
}

/* ---- suitability ------------------------------------------------------- */

/* Does the zone hold the mark that alloc_flags names for that order? */
static bool has_block(const struct ba_ctx *ctx, const struct ba_zone *zone,
		      order_t order, unsigned int alloc_flags,
		      uint8_t highest_zoneidx)
{
	int64_t mark = ba_wmark_pages(&zone->wmark,
				      alloc_flags & BA_ALLOC_WMARK_MASK);

	return ba_wmark_ok(ctx, &zone->buddy, &zone->wmark, order, mark,
			   highest_zoneidx, alloc_flags,
			   ba_vmstat_read(&zone->buddy.free_pages));
}

/* Are `free` pages enough, with those to move others to? */
static bool has_targets(const struct ba_ctx *ctx, const struct ba_zone *zone,
			order_t order, uint8_t highest_zoneidx, int64_t free)
{
	unsigned int index = order > BA_COSTLY_ORDER ? BA_WMARK_LOW :
							BA_WMARK_MIN;
	int64_t mark = ba_wmark_pages(&zone->wmark, index) +
		       (int64_t)ba_compact_gap(order);

	return ba_wmark_ok(ctx, &zone->buddy, &zone->wmark, 0, mark,
			   highest_zoneidx, BA_ALLOC_CMA, free);
}

/* For a large order: is memory rather short than cut up? */
static bool lacks_memory(const struct ba_ctx *ctx, const struct ba_zone *zone,
			 order_t order)
{
	uint64_t nr_free[BA_NR_ORDERS];
	int32_t index;

	if (order <= BA_COSTLY_ORDER)
		return false;
	ba_buddy_nr_free(&zone->buddy, nr_free);
	index = ba_fragmentation_index(nr_free, order);
	return index >= 0 && (uint32_t)index <= ctx->vm->extfrag_threshold;
}

enum ba_compact_result
ba_compaction_suitable(const struct ba_ctx *ctx, const struct ba_zone *zone,
		       order_t order, unsigned int alloc_flags,
		       uint8_t highest_zoneidx)
{
	int64_t free = ba_vmstat_read(&zone->buddy.free_pages);

	if (!ctx->vm->compaction)
		return BA_COMPACT_SKIPPED;
	if (has_block(ctx, zone, order, alloc_flags, highest_zoneidx))
		return BA_COMPACT_SUCCESS;
	if (!has_targets(ctx, zone, order, highest_zoneidx, free) ||
	    lacks_memory(ctx, zone, order))
		return BA_COMPACT_SKIPPED;
	return BA_COMPACT_CONTINUE;
}

bool ba_compaction_zonelist_suitable(const struct ba_ctx *ctx,
				     struct ba_nodes *nodes,
				     const struct ba_alloc *request)
{
	struct ba_walk walk = ba_walk_start(nodes, request);
	struct ba_zone *zone;

	if (!ctx->vm->compaction)
		return false;
	while ((zone = ba_walk_next(nodes, &walk))) {
		int64_t free = ba_vmstat_sum(&zone->buddy.free_pages);

		/* 6.1: a zone that needs no compaction does not count */
		if (!ctx->profile->compact_keeps_orders &&
		    has_block(ctx, zone, request->order, request->flags,
			      request->highest_zoneidx))
			continue;
		if (free < 0)
			free = 0;
		free += (int64_t)ba_zone_reclaimable_pages(ctx, zone) /
			request->order;
		if (has_targets(ctx, zone, request->order,
				request->highest_zoneidx, free))
			return true;
	}
	return false;
}

/* ---- proactive scores -------------------------------------------------- */

uint32_t ba_fragmentation_score_zone(const struct ba_zone *zone)
{
	uint64_t nr_free[BA_NR_ORDERS];

	ba_buddy_nr_free(&zone->buddy, nr_free);
	return ba_extfrag_for_order(nr_free, HPAGE_ORDER);
}

uint32_t ba_fragmentation_score_wmark(const struct ba_ctx *ctx, bool low)
{
	uint32_t mark = 100 - ctx->vm->compaction_proactiveness;

	if (mark < 5)
		mark = 5;
	if (low)
		return mark;
	return mark + 10 < 100 ? mark + 10 : 100;
}

/* ---- one run ----------------------------------------------------------- */

/* Could the request be served from the free lists as they are? */
static bool is_served(const struct ba_ctx *ctx, const struct ba_compact *cc)
{
	const struct ba_buddy *buddy = &cc->zone->buddy;

	for (int order = cc->order; order < (int)BA_NR_ORDERS; order++)
		if ((BA_PEEK(buddy->nonempty[cc->type]) >> order) & 1u ||
		    ba_fallback_claims(ctx, buddy, (order_t)order, cc->type))
			return true;
	return false;
}

static enum ba_compact_result finished(const struct ba_ctx *ctx,
				       const struct ba_nodes *nodes,
				       struct ba_compact *cc)
{
	if (ba_compact_scanners_met(cc)) {
		ba_compact_met(cc);
		return cc->whole_zone ? BA_COMPACT_COMPLETE :
					BA_COMPACT_PARTIAL_SKIPPED;
	}
	if (cc->proactive) {
		if (ba_kswapd_is_running(&nodes->node[cc->zone->node]))
			return BA_COMPACT_PARTIAL_SKIPPED;
		return ba_fragmentation_score_zone(cc->zone) >
			       ba_fragmentation_score_wmark(ctx, true) ?
			BA_COMPACT_CONTINUE : BA_COMPACT_SUCCESS;
	}
	/* a pageblock that was begun is finished first */
	if (cc->order == BA_COMPACT_WHOLE ||
	    cc->migrate_pfn != ba_pageblock_start(cc->migrate_pfn))
		return BA_COMPACT_CONTINUE;
	return is_served(ctx, cc) ? BA_COMPACT_SUCCESS : BA_COMPACT_CONTINUE;
}

/* Where the scanners begin: at the zone's ends, or where they were. */
static void set_scanners(struct ba_compact *cc, struct ba_zone *zone)
{
	struct ba_compact_zone *cached = &zone->compact;
	pfn_t start = zone->buddy.start, end = zone->buddy.end;
	uint64_t migrate = start, free = ba_pageblock_start(end - 1);

	if (!cc->whole_zone) {
		if (cached->free < start || cached->free >= end)
			cached->free = free;
		free = cached->free;
		migrate = cached->migrate[cc->mode != BA_COMPACT_ASYNC];
		if (migrate < start || migrate >= end)
			migrate = cached->migrate[0] = cached->migrate[1] =
				start;
		if (migrate <= cached->init_migrate)
			cc->whole_zone = true;
	}
	ba_compact_begin(cc, zone, (pfn_t)migrate, (pfn_t)free);
	cc->same_cached = cc->mode == BA_COMPACT_ASYNC &&
			  cached->migrate[0] == cached->migrate[1];
}

static bool has_captured(const struct ba_ctx *ctx)
{
	return ctx->capture && ctx->capture->pfn != BA_PFN_NONE;
}

/*
 * A turn without a page marks a pageblock or goes past one. 6.1.0 may also
 * find the same ones for ever, marking none: no run has that many turns.
 */
static bool is_stuck(struct ba_compact *cc)
{
	pfn_t pages = cc->zone->buddy.end - cc->zone->buddy.start;

	return ++cc->barren > 2 * (pages / BA_PAGEBLOCK_PAGES + 2);
}

/* Isolate and move, pageblock by pageblock while some fail (6.12). */
static enum ba_compact_result isolate_and_move(struct ba_ctx *ctx,
					       struct ba_nodes *nodes,
					       struct ba_compact *cc)
{
	struct ba_compact_zone *cached = &cc->zone->compact;
	struct ba_migrated migrated;

	do {
		if (ba_compact_find_source(ctx, cc))
			ba_compact_isolate_source(ctx, nodes, cc);
		if (!cc->nr_migrate) {
			if (cc->same_cached)
				cached->migrate[1] = cached->migrate[0];
			return is_stuck(cc) ? BA_COMPACT_CONTENDED :
					      BA_COMPACT_CONTINUE;
		}
		cc->same_cached = false;
		cc->barren = 0;
		migrated = ba_migrate_pages(ctx, nodes, cc);
		ba_compact_put_back(ctx, nodes, cc);
		if (migrated.no_target && !ba_compact_scanners_met(cc))
			return BA_COMPACT_CONTENDED;
	} while (ba_compact_migrated(ctx, cc, migrated.failed));
	if (ctx->profile->compact_keeps_orders && has_captured(ctx))
		return BA_COMPACT_SUCCESS;
	return BA_COMPACT_CONTINUE;
}

static enum ba_compact_result turn(struct ba_ctx *ctx, struct ba_nodes *nodes,
				   struct ba_compact *cc)
{
	enum ba_compact_result result;

	ba_compact_turn(cc);
	result = isolate_and_move(ctx, nodes, cc);
	if (result != BA_COMPACT_CONTINUE)
		return result;
	if (ba_compact_wants_drain(cc))
		ba_pcp_drain(ctx, &cc->zone->buddy, &cc->zone->pcp[ctx->cpu]);
	if (!ctx->profile->compact_keeps_orders && has_captured(ctx))
		return BA_COMPACT_SUCCESS;
	return BA_COMPACT_CONTINUE;
}

static void free_left(struct ba_ctx *ctx, struct ba_nodes *nodes,
		      struct ba_compact *cc)
{
	pfn_t pfn = ba_compact_release(ctx, cc);

	for (; pfn != BA_PFN_NONE; pfn = ba_compact_release(ctx, cc))
		ba_free_pages(ctx, nodes, pfn, ctx->frames[pfn].order);
}

static void account(struct ba_ctx *ctx, const struct ba_compact *cc)
{
	ba_vm_count(ctx, BA_VM_compact_migrate_scanned, cc->migrate_scanned);
	ba_vm_count(ctx, BA_VM_compact_free_scanned, cc->free_scanned);
	ba_vm_count(ctx, BA_VM_compact_isolated, cc->isolated);
	ba_charge_ns(&ctx->charge, BA_COST_CENSUS_PAGE *
		     ((uint64_t)cc->migrate_scanned + cc->free_scanned));
}

enum ba_compact_result ba_compact_zone(struct ba_ctx *ctx,
				       struct ba_nodes *nodes,
				       struct ba_compact *cc,
				       struct ba_zone *zone)
{
	enum ba_compact_result result = BA_COMPACT_CONTINUE;

	if (cc->order != BA_COMPACT_WHOLE)
		result = ba_compaction_suitable(ctx, zone, (order_t)cc->order,
						cc->alloc_flags,
						cc->highest_zoneidx);
	if (result != BA_COMPACT_CONTINUE)
		return result;
	if (is_restarting(zone, cc->order))
		ba_compact_flush_skips(ctx, zone);
	ba_charge_step(&ctx->charge, BA_STEP_COMPACTION);
	set_scanners(cc, zone);
	do {
		result = finished(ctx, nodes, cc);
		if (result == BA_COMPACT_CONTINUE)
			result = turn(ctx, nodes, cc);
	} while (result == BA_COMPACT_CONTINUE);
	free_left(ctx, nodes, cc);
	account(ctx, cc);
	return result;
}

/* ---- for a request ----------------------------------------------------- */

/* One zone; a block that is freed meanwhile may be kept for the request. */
static enum ba_compact_result compact_for(struct ba_ctx *ctx,
					  struct ba_nodes *nodes,
					  const struct ba_alloc *request,
					  enum ba_compact_priority prio,
					  struct ba_zone *zone,
					  pfn_t *captured)
{
	bool full = prio == BA_COMPACT_PRIO_SYNC_FULL;
	struct ba_compact cc = {
		.order = request->order,
		.search_order = request->order,
		.type = request->type,
		.mode = prio == BA_COMPACT_PRIO_ASYNC ? BA_COMPACT_ASYNC :
							BA_COMPACT_SYNC_LIGHT,
		.highest_zoneidx = request->highest_zoneidx,
		.alloc_flags = request->flags,
		.no_fs = !(request->gfp & BA_GFP_FS),
		.direct = true,
		.whole_zone = full,
		.ignore_skip = full,
		.ignore_type = full };
	struct ba_capture capture = {
		.zone = zone->id, .order = request->order,
		.type = request->type, .pfn = BA_PFN_NONE };
	enum ba_compact_result result;

	ctx->capture = &capture;
	result = ba_compact_zone(ctx, nodes, &cc, zone);
	ctx->capture = NULL;
	*captured = capture.pfn;
	return capture.pfn != BA_PFN_NONE ? BA_COMPACT_SUCCESS : result;
}

enum ba_compact_result
ba_try_to_compact_pages(struct ba_ctx *ctx, struct ba_nodes *nodes,
			const struct ba_alloc *request,
			enum ba_compact_priority prio, pfn_t *captured)
{
	struct ba_walk walk = ba_walk_start(nodes, request);
	enum ba_compact_result best = BA_COMPACT_SKIPPED;
	struct ba_zone *zone;

	*captured = BA_PFN_NONE;
	if (!(request->gfp & BA_GFP_IO) || !ctx->vm->compaction)
		return BA_COMPACT_SKIPPED;
	while ((zone = ba_walk_next(nodes, &walk))) {
		enum ba_compact_result result = BA_COMPACT_DEFERRED;

		if (prio == BA_COMPACT_PRIO_SYNC_FULL ||
		    !ba_compaction_deferred(zone, request->order))
			result = compact_for(ctx, nodes, request, prio, zone,
					     captured);
		if (result > best)
			best = result;
		if (result == BA_COMPACT_SUCCESS) {
			ba_compaction_defer_reset(zone, request->order, false);
			break;
		}
		if (prio != BA_COMPACT_PRIO_ASYNC &&
		    (result == BA_COMPACT_COMPLETE ||
		     result == BA_COMPACT_PARTIAL_SKIPPED))
			ba_compaction_defer(zone, request->order);
	}
	return best;
}
