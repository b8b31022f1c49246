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
	for (uint8_t z = 0; z < r->nodes->nr_zones; z++)
		op->hidden[z] -= counter(r, z)->global;
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

void ba_moment_after_line(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	struct ba_moment_op *op = &r->moment.op[e->cpu];
	struct ba_moment_past *past = &r->moment.past[e->cpu];

	if (!op->until && has_changed(r, op, e->cpu))
		begin_op(r, op, i);
	if (r->la.standard && ba_op_kind(e->op) == 'k')
		return;
	past->known = true;
	for (uint8_t z = 0; z < r->nodes->nr_zones; z++) {
		past->pages[1][z] = visible(r, z, e->cpu);
		if (!ba_event_level(e))
			past->pages[0][z] = past->pages[1][z];
	}
}

/* Could the zone have served the request with the lines that it has? */
static bool agrees(struct ba_replay *r, const struct ba_zone *zone,
		   size_t first, size_t request)
{
	const struct ba_event *e = &r->la.events[request];
	uint64_t addr = BA_ADDR_NONE;

	if (!zone)
		return false;
	for (size_t k = first; k != request && k != BA_LOOKAHEAD_NONE;
	     k = ba_lookahead_own(&r->la, k))
		if (tells_a_block(&r->la.events[k]))
			addr = r->la.events[k].addr;
	if (addr < ba_run_nr_frames(r))
		return ba_zone_spans(zone, (pfn_t)addr);
	if (!ba_pcp_allowed(e->order))
		return false;
	return zone->pcp[e->cpu].list[
		ba_pcp_index(r->ctx.profile, e->order,
			     r->ctx.mobility_disabled ? BA_MT_UNMOVABLE :
			     (uint8_t)ba_gfp_migratetype(e->gfp))].count;
}

static struct ba_zone *zone_for(struct ba_replay *r, const struct ba_event *e)
{
	return ba_zone_that_serves(&r->ctx, r->nodes, e->gfp, e->order,
				   r->nodes->cpu_node[e->cpu]);
}

/* Let the counters be those of `pages`. */
static void shift_to(struct ba_replay *r, const int64_t *pages)
{
	for (uint8_t z = 0; z < r->nodes->nr_zones; z++) {
		int64_t *global = &counter(r, z)->global;

		r->moment.shift[z] += pages[z] - *global;
		*global = pages[z];
	}
	r->moment.shifted = true;
}

bool ba_moment_choose(struct ba_replay *r, size_t first, size_t request)
{
	const struct ba_event *e = &r->la.events[request];
	const struct ba_moment_past *past = &r->moment.past[e->cpu];
	const int64_t *then = past->pages[ba_event_level(e) > 0];
	int64_t now[BA_ZONE_MAX];
	bool differ = false;

	for (uint8_t z = 0; z < r->nodes->nr_zones; z++) {
		now[z] = visible(r, z, e->cpu);
		differ |= now[z] != then[z];
	}
	if (r->moment.nr_ops)
		shift_to(r, now);
	if (!differ || !past->known ||
	    agrees(r, zone_for(r, e), first, request))
		return false;
	shift_to(r, then);
	if (agrees(r, zone_for(r, e), first, request))
		return true;
	shift_to(r, now);
	return false;
}

void ba_moment_restore(struct ba_replay *r)
{
	if (ba_likely(!r->moment.shifted))
		return;
	r->moment.shifted = false;
	for (uint8_t z = 0; z < r->nodes->nr_zones; z++) {
		counter(r, z)->global -= r->moment.shift[z];
		r->moment.shift[z] = 0;
	}
}
