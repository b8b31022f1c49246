// SPDX-License-Identifier: GPL-2.0-only
#include "sim/moment.h"

static bool tells_a_block(const struct ba_event *e)
{
	return e->op == BA_OP_ZONE_LOCKED || e->op == BA_OP_PCPU_DRAIN;
}

/* Do lines `a` and `b` of one context belong to one operation? */
static bool same_operation(const struct ba_event *a, const struct ba_event *b)
{
	bool drain = a->op != BA_OP_ZONE_LOCKED && a->op != BA_OP_EXTFRAG;

	return drain ? b->op == BA_OP_PCPU_DRAIN :
		       b->op == BA_OP_ZONE_LOCKED || b->op == BA_OP_EXTFRAG;
}

static struct ba_vmstat *counter(struct ba_replay *r, uint8_t zone)
{
	return &r->nodes->zone[zone].buddy.free_pages;
}

/* What line e tells of its CPU's operation shows from now on. */
static void tell(struct ba_replay *r, struct ba_moment_op *op,
		 const struct ba_event *e)
{
	int32_t pages = e->op == BA_OP_PCPU_DRAIN ? 1 << (e->order & 15u) :
						    -(1 << (e->order & 15u));
	const struct ba_zone *zone = e->addr >= ba_run_nr_frames(r) ? NULL :
		ba_nodes_zone_of(&r->ctx, r->nodes, (pfn_t)e->addr);

	r->moment.told = true;
	/* part of a pageblock claims it: the boost comes with it */
	if (zone && e->op == BA_OP_EXTFRAG && e->arg >> 16 & 1u &&
	    (e->arg & 255u) < BA_PAGEBLOCK_ORDER)
		op->boost[zone->id] = 0;
	if (!zone || !tells_a_block(e) ||
	    (pages < 0 && !r->ctx.profile->per_op_free_counter))
		return;
	pages += op->diff[zone->id];
	if (pages > op->threshold[zone->id] ||
	    pages < -(int32_t)op->threshold[zone->id]) {
		op->hidden[zone->id] += pages;
		pages = 0;
	}
	op->diff[zone->id] = pages;
}

static void end_op(struct ba_replay *r, struct ba_moment_op *op)
{
	for (uint8_t z = 0; z < r->nodes->nr_zones; z++)
		if (op->clears & 1u << z)
			ba_wmark_clear(&r->ctx, &r->nodes->zone[z].wmark,
				       BA_ZONE_BELOW_HIGH);
	op->clears = 0;
	r->moment.told = true;
	op->until = 0;
	r->moment.nr_ops--;
}

void ba_moment_before_line(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	struct ba_moment_op *op = &r->moment.op[e->cpu];

	if (op->until) {
		if (r->la.base + i >= op->until)
			end_op(r, op);
		else if (e->task == op->task &&
			 ba_event_level(e) == op->level)
			tell(r, op, e);
		return;
	}
	for (uint8_t z = 0; z < r->nodes->nr_zones; z++) {
		const struct ba_vmstat *stat = counter(r, z);

		op->hidden[z] = stat->global;
		op->boost[z] = r->nodes->zone[z].wmark.boost;
		op->flags[z] = r->nodes->zone[z].wmark.flags;
		op->diff[z] = stat->diff[e->cpu];
		op->threshold[z] = stat->threshold[e->cpu];
	}
}

/* Line i began an operation under the zone lock, and others ran meanwhile. */
static void begin_op(struct ba_replay *r, struct ba_moment_op *op, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	size_t k = i, next;
	bool apart = false;

	while ((next = ba_lookahead_own(&r->la, k)) != BA_LOOKAHEAD_NONE &&
	       same_operation(e, &r->la.events[next])) {
		apart |= next != k + 1;
		k = next;
	}
	if (!apart)
		return;
	op->until = r->la.base + k;
	op->task = e->task;
	op->level = (uint8_t)ba_event_level(e);
	r->moment.nr_ops++;
	for (uint8_t z = 0; z < r->nodes->nr_zones; z++) {
		struct ba_wmark *w = &r->nodes->zone[z].wmark;

		op->hidden[z] -= counter(r, z)->global;
		op->boost[z] -= w->boost;
		if (op->flags[z] & ~w->flags & BA_ZONE_BELOW_HIGH) {
			op->clears |= (uint16_t)(1u << z);
			ba_wmark_set(&r->ctx, w, BA_ZONE_BELOW_HIGH);
		}
	}
	tell(r, op, e);
}

static bool has_changed(struct ba_replay *r, const struct ba_moment_op *op,
			cpu_t cpu)
{
	for (uint8_t z = 0; z < r->nodes->nr_zones; z++)
		if (op->hidden[z] != counter(r, z)->global ||
		    op->diff[z] != counter(r, z)->diff[cpu])
			return true;
	return false;
}

/* The counter as another CPU than `cpu` sees it. */
static int64_t visible(struct ba_replay *r, uint8_t zone, cpu_t cpu)
{
	int64_t pages = counter(r, zone)->global;

	if (ba_likely(!r->moment.nr_ops))
		return pages;
	for (cpu_t other = 0; other < r->nodes->nr_cpus; other++)
		if (other != cpu && r->moment.op[other].until)
			pages += r->moment.op[other].hidden[zone];
	return pages;
}

static int64_t visible_boost(struct ba_replay *r, uint8_t zone, cpu_t cpu)
{
	int64_t pages = r->nodes->zone[zone].wmark.boost;

	for (cpu_t other = 0; other < r->nodes->nr_cpus; other++)
		if (other != cpu && r->moment.op[other].until)
			pages += r->moment.op[other].boost[zone];
	return pages < 0 ? 0 : pages;
}

static void view(struct ba_replay *r, cpu_t cpu, struct ba_moment_view *now)
{
	for (uint8_t z = 0; z < r->nodes->nr_zones; z++) {
		now->pages[z] = visible(r, z, cpu);
		now->boost[z] = visible_boost(r, z, cpu);
	}
}

static void copy(const struct ba_replay *r, struct ba_moment_view *to,
		 const struct ba_moment_view *from)
{
	for (uint8_t z = 0; z < r->nodes->nr_zones; z++) {
		to->pages[z] = from->pages[z];
		to->boost[z] = from->boost[z];
	}
}

static int64_t total(const struct ba_replay *r,
		     const struct ba_moment_view *seen)
{
	int64_t pages = 0;

	for (uint8_t z = 0; z < r->nodes->nr_zones; z++)
		pages += seen->pages[z] - seen->boost[z];
	return pages;
}

/* Has the last line changed what others see? */
static bool shows(struct ba_replay *r)
{
	struct ba_moment_view *shown = &r->moment.shown;
	bool changed = r->moment.told;

	r->moment.told = false;
	for (uint8_t z = 0; z < r->nodes->nr_zones; z++) {
		int64_t pages = counter(r, z)->global;
		int64_t boost = r->nodes->zone[z].wmark.boost;

		changed |= shown->pages[z] != pages || shown->boost[z] != boost;
		shown->pages[z] = pages;
		shown->boost[z] = boost;
	}
	return changed;
}

/* What has been done until now, a CPU may have seen. */
static void widen(struct ba_replay *r, cpu_t cpu)
{
	struct ba_moment_view now;
	int64_t pages;

	view(r, cpu, &now);
	pages = total(r, &now);
	for (unsigned int any = 0; any < 2; any++) {
		struct ba_moment_past *past = &r->moment.past[cpu][any];

		past->moved = true;
		if (pages < total(r, &past->least))
			copy(r, &past->least, &now);
		if (pages > total(r, &past->most))
			copy(r, &past->most, &now);
	}
}

static void begin_past(struct ba_replay *r, struct ba_moment_past *past,
		       cpu_t cpu)
{
	if (past->known && !past->moved)
		return;
	past->known = true;
	past->moved = false;
	view(r, cpu, &past->last);
	copy(r, &past->least, &past->last);
	copy(r, &past->most, &past->last);
}

/*
 * A request that sets BELOW_HIGH may have tested the mark before others did
 * what they did since its CPU's last line.
 */
static void doubt_flags(struct ba_replay *r, const struct ba_event *e)
{
	const struct ba_moment_past *past =
		&r->moment.past[e->cpu][ba_event_level(e) > 0];
	uint16_t below = 0, set;

	for (uint8_t z = 0; z < r->nodes->nr_zones; z++)
		if (ba_wmark_has(&r->nodes->zone[z].wmark, BA_ZONE_BELOW_HIGH))
			below |= (uint16_t)(1u << z);
	set = below & (uint16_t)~r->moment.below;
	r->moment.doubted &= below;
	if (past->known && past->moved)
		r->moment.doubted |= set;
	r->moment.below = below;
}

void ba_moment_after_line(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	struct ba_moment_op *op = &r->moment.op[e->cpu];

	if (r->ctx.profile->below_high)
		doubt_flags(r, e);
	if (!op->until && has_changed(r, op, e->cpu))
		begin_op(r, op, i);
	if (ba_unlikely(shows(r)))
		for (cpu_t cpu = 0; cpu < r->nodes->nr_cpus; cpu++)
			widen(r, cpu);
	if (r->la.standard && ba_op_is_kprobe(e->op))
		return;
	begin_past(r, &r->moment.past[e->cpu][1], e->cpu);
	if (!ba_event_level(e))
		begin_past(r, &r->moment.past[e->cpu][0], e->cpu);
}

/* The blocks that wait on the CPU's list for such a request. */
static uint32_t waiting(const struct ba_replay *r, const struct ba_zone *zone,
			const struct ba_event *e)
{
	return zone->pcp[e->cpu].list[
		ba_pcp_index(r->ctx.profile, e->order,
			     r->ctx.mobility_disabled ? BA_MT_UNMOVABLE :
			     (uint8_t)ba_gfp_migratetype(e->gfp))].count;
}

/* Could the zone have served the request with the lines that it has? */
static bool agrees(struct ba_replay *r, const struct ba_zone *zone,
		   size_t first, size_t request)
{
	const struct ba_event *e = &r->la.events[request];
	uint64_t addr = BA_ADDR_NONE;

	/* one that is not accounted for fails only when no zone serves it */
	if (!zone || (e->addr == BA_ADDR_NONE && !(e->gfp & BA_GFP_ACCOUNT)))
		return !zone && e->addr == BA_ADDR_NONE;
	for (size_t k = first; k != request && k != BA_LOOKAHEAD_NONE;
	     k = ba_lookahead_own(&r->la, k))
		if (tells_a_block(&r->la.events[k]))
			addr = r->la.events[k].addr;
	if (addr < ba_run_nr_frames(r))
		return ba_zone_spans(zone, (pfn_t)addr);
	return ba_pcp_allowed(e->order) && waiting(r, zone, e);
}

static struct ba_zone *zone_for(struct ba_replay *r, const struct ba_event *e)
{
	return ba_zone_that_serves(&r->ctx, r->nodes, e->gfp, e->order,
				   r->nodes->cpu_node[e->cpu]);
}

/* Is a block of that order and type kept on the list that `e` takes from? */
static bool is_alike(const struct ba_replay *r, const struct ba_event *e,
		     order_t order, uint8_t type)
{
	return order == e->order &&
	       (r->ctx.mobility_disabled ||
		(type < BA_MT_PCPTYPES ? type : BA_MT_MOVABLE) ==
			(uint8_t)ba_gfp_migratetype(e->gfp));
}

/*
 * Line n frees a page into one of the lists that request `e` takes from, or
 * drains one: blocks that its zone's list has more. *zone: that zone.
 */
static int32_t put(struct ba_replay *r, const struct ba_event *e,
		   const struct ba_event *n, const struct ba_zone **zone)
{
	bool drain = n->op == BA_OP_PCPU_DRAIN;

	*zone = NULL;
	if ((!drain && n->op != BA_OP_PAGE_FREE) ||
	    n->addr >= ba_run_nr_frames(r) ||
	    !is_alike(r, e, n->order, drain ? n->migratetype :
		      ba_pageblock_type(r->ctx.pageblocks, (pfn_t)n->addr)))
		return 0;
	*zone = ba_nodes_zone_of(&r->ctx, r->nodes, (pfn_t)n->addr);
	return drain ? -1 : 1;
}

/*
 * The zone whose list the CPU refills next, of those that such a request takes
 * from; *hits of its blocks are handed out until then, less those that are
 * freed into it meanwhile. NULL: not known.
 */
static const struct ba_zone *next_refill(struct ba_replay *r, size_t request,
					 int32_t *hits)
{
	const struct ba_event *e = &r->la.events[request];
	int32_t more[BA_ZONE_MAX] = { 0 };
	const struct ba_zone *zone;
	size_t k = ba_lookahead_next(&r->la, request);

	*hits = 0;
	for (; k - request < BA_REFILL_AHEAD; k = ba_lookahead_next(&r->la, k)) {
		const struct ba_event *n = &r->la.events[k];
		bool alike = n->order == e->order &&
			     n->migratetype == e->migratetype;
		int32_t blocks = put(r, e, n, &zone);

		if (zone)
			more[zone->id] += blocks;
		if (n->op == BA_OP_ZONE_LOCKED && alike) {
			zone = n->addr >= ba_run_nr_frames(r) ? NULL :
				ba_nodes_zone_of(&r->ctx, r->nodes,
						 (pfn_t)n->addr);
			*hits -= zone ? more[zone->id] : 0;
			return zone;
		}
		*hits += n->op == BA_OP_PAGE_ALLOC && alike;
		if (n->op == BA_OP_DRAIN)
			return NULL;
	}
	return NULL;
}

/*
 * The request was a hit, and two zones may have served it. Does the refill of
 * one of their lists come as if it had been `zone`, and not `other`?
 */
static bool is_told(struct ba_replay *r, const struct ba_zone *zone,
		    const struct ba_zone *other, size_t request)
{
	const struct ba_event *e = &r->la.events[request];
	int32_t hits;
	const struct ba_zone *next = next_refill(r, request, &hits);

	if (next == zone)
		return hits + 1 == (int32_t)waiting(r, zone, e);
	return next && next == other && hits == (int32_t)waiting(r, other, e);
}

/* Let the counters and boosts be those of `to`. */
static void shift_to(struct ba_replay *r, const struct ba_moment_view *to)
{
	struct ba_moment_view *shift = &r->moment.shift;

	for (uint8_t z = 0; z < r->nodes->nr_zones; z++) {
		int64_t *global = &counter(r, z)->global;
		int64_t *boost = &r->nodes->zone[z].wmark.boost;

		shift->pages[z] += to->pages[z] - *global;
		*global = to->pages[z];
		shift->boost[z] += to->boost[z] - *boost;
		*boost = to->boost[z];
	}
	r->moment.shifted = true;
}

static bool differ(const struct ba_replay *r, const struct ba_moment_view *a,
		   const struct ba_moment_view *b)
{
	for (uint8_t z = 0; z < r->nodes->nr_zones; z++)
		if (a->pages[z] != b->pages[z] || a->boost[z] != b->boost[z])
			return true;
	return false;
}

/* May the request have been tested when the CPU saw `seen`? Then so be it. */
static bool tested_then(struct ba_replay *r, const struct ba_moment_view *seen,
			size_t first, size_t request)
{
	shift_to(r, seen);
	return agrees(r, zone_for(r, &r->la.events[request]), first, request);
}

/*
 * `zone` may serve the request now. But had it been tested when the CPU saw
 * `then`, another would have, and later lines say that this one did.
 */
static bool tested_before(struct ba_replay *r, const struct ba_moment_view *now,
			  const struct ba_moment_view *then,
			  const struct ba_zone *zone, size_t request)
{
	const struct ba_zone *other;

	if (!differ(r, now, then))
		return false;
	shift_to(r, then);
	other = zone_for(r, &r->la.events[request]);
	if (other && other != zone &&
	    agrees(r, other, request, request) &&
	    is_told(r, other, zone, request))
		return true;
	shift_to(r, now);
	return false;
}

bool ba_moment_choose(struct ba_replay *r, size_t first, size_t request)
{
	const struct ba_event *e = &r->la.events[request];
	const struct ba_moment_past *past =
		&r->moment.past[e->cpu][ba_event_level(e) > 0];
	struct ba_moment_view now;
	const struct ba_zone *zone;

	view(r, e->cpu, &now);
	if (r->moment.nr_ops)
		shift_to(r, &now);
	if (!past->known || !past->moved)
		return false;
	zone = zone_for(r, e);
	if (agrees(r, zone, first, request))
		return first == request &&
		       tested_before(r, &now, &past->last, zone, request);
	if (tested_then(r, &past->last, first, request) ||
	    tested_then(r, &past->least, first, request) ||
	    tested_then(r, &past->most, first, request))
		return true;
	shift_to(r, &now);
	return false;
}

/* Do the drain lines of a context from line k on speak of `pages`? */
static bool drains(struct ba_replay *r, size_t k, const struct ba_zone *zone,
		   int32_t pages)
{
	while (k != BA_LOOKAHEAD_NONE &&
	       r->la.events[k].op == BA_OP_PCPU_DRAIN &&
	       r->la.events[k].addr < ba_run_nr_frames(r) &&
	       ba_zone_spans(zone, (pfn_t)r->la.events[k].addr)) {
		if (pages <= 0)
			return false;
		pages -= 1 << (r->la.events[k].order & 15u);
		k = ba_lookahead_own(&r->la, k);
	}
	return pages <= 0;
}

/* Does the free of line i drain what the lines from `own` on say? */
static bool drains_as_told(struct ba_replay *r, size_t i, size_t own,
			   const struct ba_zone *zone)
{
	const struct ba_event *e = &r->la.events[i];
	struct ba_pcp copy = zone->pcp[e->cpu];

	return drains(r, own, zone,
		      ba_pcp_foresee_free(&r->ctx, &zone->wmark, &copy,
					  e->order));
}

/* The zone of line i's page, if its free drains another number than told. */
static struct ba_zone *drains_otherwise(struct ba_replay *r, size_t i,
					size_t own)
{
	const struct ba_event *e = &r->la.events[i];
	struct ba_zone *zone = e->addr >= ba_run_nr_frames(r) ? NULL :
		ba_nodes_zone_of(&r->ctx, r->nodes, r->names[e->addr].model);

	return zone && ba_pcp_allowed(e->order) &&
	       !drains_as_told(r, i, own, zone) ? zone : NULL;
}

/* So near its high mark that a test of another moment may end otherwise? */
static bool is_near_high(const struct ba_replay *r, const struct ba_zone *zone)
{
	const struct ba_vmstat *stat = &zone->buddy.free_pages;
	int64_t above = stat->global -
			ba_wmark_pages(&zone->wmark, BA_WMARK_HIGH);
	int64_t most = 0;

	for (cpu_t cpu = 0; cpu < r->nodes->nr_cpus; cpu++)
		most += stat->threshold[cpu];
	return above <= most && -above <= most;
}

bool ba_moment_choose_high(struct ba_replay *r, size_t i, size_t own)
{
	struct ba_zone *zone;

	if (r->nodes->nr_cpus == 1 || !r->ctx.profile->below_high)
		return false;
	zone = drains_otherwise(r, i, own);
	if (!zone || (!(r->moment.doubted & 1u << zone->id) &&
		      !is_near_high(r, zone)))
		return false;
	zone->wmark.flags ^= BA_ZONE_BELOW_HIGH;
	if (drains_as_told(r, i, own, zone))
		return true;
	zone->wmark.flags ^= BA_ZONE_BELOW_HIGH;
	return false;
}

bool ba_moment_choose_kswapd(struct ba_replay *r, size_t i, size_t own)
{
	struct ba_zone *zone = drains_otherwise(r, i, own);

	if (!zone || !(zone->wmark.flags & BA_ZONE_RECLAIM_ACTIVE))
		return false;
	zone->wmark.flags &= ~BA_ZONE_RECLAIM_ACTIVE;
	r->moment.spared = zone;
	if (drains_as_told(r, i, own, zone))
		return true;
	ba_moment_restore(r);
	return false;
}

void ba_moment_restore(struct ba_replay *r)
{
	if (ba_unlikely(r->moment.spared)) {
		r->moment.spared->wmark.flags |= BA_ZONE_RECLAIM_ACTIVE;
		r->moment.spared = NULL;
	}
	if (ba_likely(!r->moment.shifted))
		return;
	r->moment.shifted = false;
	for (uint8_t z = 0; z < r->nodes->nr_zones; z++) {
		counter(r, z)->global -= r->moment.shift.pages[z];
		r->nodes->zone[z].wmark.boost -= r->moment.shift.boost[z];
	}
	r->moment.shift = (struct ba_moment_view){ .pages = { 0 } };
}
