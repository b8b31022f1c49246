// SPDX-License-Identifier: GPL-2.0-only
#include "sim/told.h"

static struct ba_zone *zone_of(struct ba_replay *r, uint64_t pfn)
{
	return pfn < r->la.nr_frames ?
		ba_nodes_zone_of(&r->ctx, r->nodes, (pfn_t)pfn) : NULL;
}

/*
 * The pages that drain lines of one zone say, from line k of a context on, up
 * to `most` or a block more; *last is the last of these lines.
 */
static int32_t drained_pages(struct ba_replay *r, size_t k,
			     const struct ba_zone *zone, int32_t most,
			     size_t *last)
{
	int32_t pages = 0;

	while (pages < most && k != BA_LOOKAHEAD_NONE &&
	       r->la.events[k].op == BA_OP_PCPU_DRAIN &&
	       r->la.events[k].order < BA_NR_ORDERS &&
	       zone_of(r, r->la.events[k].addr) == zone) {
		pages += 1 << r->la.events[k].order;
		*last = k;
		k = ba_lookahead_own(&r->la, k);
	}
	return pages;
}

void ba_told_free(struct ba_replay *r, uint64_t pfn, size_t own)
{
	const struct ba_zone *zone;
	size_t last;

	zone = r->la.drains ? zone_of(r, pfn) : NULL;
	if (!zone)
		return;
	r->ctx.told = &r->told;
	r->told.drain = drained_pages(r, own, zone, INT32_MAX, &last);
	/* none at all: as if the last block were of one page */
	r->told.drain_last = r->told.drain ?
		1 << r->la.events[last].order : 1;
	r->told_from = own;
}

/* The lines of the drain that a free made are done. */
static void skip_drained(struct ba_replay *r)
{
	const struct ba_event *e = &r->la.events[r->told_from];
	size_t last;

	if (r->told.drain > 0 && r->told.drained > 0 &&
	    drained_pages(r, r->told_from, zone_of(r, e->addr),
			  r->told.drained, &last))
		r->drained[e->cpu][ba_event_level(e)] = r->la.base + last + 1;
}

void ba_told_done(struct ba_replay *r)
{
	skip_drained(r);
	r->score.amounts_inferred += r->told.corrected;
	r->told = (struct ba_told){ .zone = -1, .refill = -1, .drain = -1 };
	r->ctx.told = NULL;
}

/* The CPU on whose list of that zone the frame waits, or `cpu`. */
static cpu_t cpu_of(const struct ba_replay *r, struct ba_zone *zone,
		    const struct ba_event *e, cpu_t cpu)
{
	const struct ba_link *links = ba_frame_links(r->ctx.frames);

	for (cpu_t c = 0; c < r->nodes->nr_cpus; c++)
		for (unsigned int i = 0; i < BA_NR_PCP_LISTS; i++) {
			pfn_t pfn = ba_list_first(&zone->pcp[c].list[i]);

			for (; pfn != BA_PFN_NONE && r->nodes->nr_cpus > 1;
			     pfn = ba_list_next(links, pfn))
				if (pfn == e->addr)
					return c;
		}
	return cpu;
}

/*
 * 6.12: the vmstat worker folds the counters of its CPU, then lowers the high
 * mark of a list set and drains what lies above.
 */
static void decay(struct ba_replay *r, struct ba_zone *zone,
		  struct ba_pcp *pcp, int32_t pages)
{
	for (uint8_t id = 0; id < r->nodes->nr_zones; id++)
		ba_vmstat_fold(&r->nodes->zone[id].buddy.free_pages,
			       r->ctx.cpu);
	ba_pcp_drain_some(&r->ctx, &zone->buddy, pcp, pages);
	if (pcp->high > pcp->count)
		pcp->high = pcp->count > pcp->high_min ? pcp->count :
							 pcp->high_min;
}

void ba_told_drain(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	uint64_t *drained = &r->drained[e->cpu][ba_event_level(e)];
	struct ba_zone *zone = zone_of(r, e->addr);
	struct ba_pcp *pcp;
	size_t last = i;
	int32_t pages;

	if (r->la.base + i < *drained || !zone)
		return;
	ba_set_cpu(&r->ctx, e->cpu);
	pcp = &zone->pcp[cpu_of(r, zone, e, e->cpu)];
	/* the rest may be another CPU's */
	pages = drained_pages(r, i, zone, pcp->count ? pcp->count : INT32_MAX,
			      &last);
	*drained = r->la.base + last + 1;
	r->score.drains_inferred++;
	if (r->ctx.profile->pcp_auto_tune && pages < pcp->count)
		decay(r, zone, pcp, pages);
	else
		ba_pcp_drain_some(&r->ctx, &zone->buddy, pcp, pages);
}

void ba_told_fallbacks(struct ba_replay *r, size_t i, size_t k)
{
	struct ba_told_fallbacks *told = &r->told_fallbacks;

	*told = (struct ba_told_fallbacks){ .nr = 0 };
	for (; i != k && told->nr < BA_TOLD_FALLBACKS;
	     i = ba_lookahead_own(&r->la, i)) {
		const struct ba_event *e = &r->la.events[i];

		if (e->op != BA_OP_EXTFRAG)
			continue;
		told->fallback[told->nr].order = (order_t)(e->arg & 255u);
		told->fallback[told->nr].type = (uint8_t)(e->arg >> 8 & 255u);
		told->fallback[told->nr].claimed = e->arg >> 16 & 1u;
		told->nr++;
	}
	r->ctx.told_fallbacks = told->nr ? told : NULL;
}

void ba_told_fallbacks_done(struct ba_replay *r)
{
	r->score.claims_inferred += r->told_fallbacks.corrected;
	r->told_fallbacks.corrected = 0;
	r->ctx.told_fallbacks = NULL;
}

/* Lines that speak of one list: a refill of it, or one block. */
struct group {
	struct ba_zone *zone;
	uint8_t order, migratetype;
	int32_t blocks;
};

static bool is_of_group(struct ba_replay *r, const struct group *g,
			const struct ba_event *e)
{
	return zone_of(r, e->addr) == g->zone && e->order == g->order &&
	       e->migratetype == g->migratetype;
}

/* Does line k, after line `before`, speak of one more block? In 6.12 extfrag
 * comes after zone_locked, or alone; in 6.1 before it. */
static bool is_another(const struct ba_replay *r, size_t before, size_t k)
{
	const struct ba_event *e = &r->la.events[k], *b = &r->la.events[before];

	if (e->op == BA_OP_ZONE_LOCKED)
		return true;
	return r->ctx.profile->fallback != BA_FALLBACK_6_1 &&
	       (before == k || b->op != BA_OP_ZONE_LOCKED ||
		b->addr != e->addr);
}

/* The lines of one list from line i on; the line after them. */
static size_t read_group(struct ba_replay *r, size_t i, size_t k,
			 struct group *g)
{
	const struct ba_event *e = &r->la.events[i];
	size_t before = i;

	*g = (struct group){ zone_of(r, e->addr), e->order, e->migratetype, 0 };
	while (i != k && is_of_group(r, g, &r->la.events[i])) {
		g->blocks += is_another(r, before, i);
		if (r->la.hints[i] & BA_HINT_SILENT)
			r->la.frame[r->la.events[i].addr] |= BA_SEEN_SILENT;
		before = i;
		i = ba_lookahead_own(&r->la, i);
	}
	return i;
}

static void empty_list(struct ba_replay *r, const struct group *g)
{
	const struct ba_list *list = &g->zone->pcp[r->ctx.cpu].list[
		ba_pcp_index(r->ctx.profile, 0, g->migratetype)];

	while (list->count && ba_serve_take_silent(r, g->zone, g->migratetype))
		;
}

void ba_told_refill(struct ba_replay *r, size_t i, size_t k, size_t asker)
{
	const struct ba_event *request = asker == BA_LOOKAHEAD_NONE ?
		NULL : &r->la.events[asker];
	struct group g;

	if (request && request->op != BA_OP_PAGE_ALLOC)
		request = NULL;
	if (!r->la.refills)
		return;
	ba_set_cpu(&r->ctx, r->la.events[i].cpu);
	while (i != k) {
		i = read_group(r, i, k, &g);
		if (!g.zone || !ba_pcp_allowed(g.order) ||
		    g.migratetype >= BA_MT_PCPTYPES)
			continue;
		r->told.refill = g.blocks;
		r->ctx.told = &r->told;
		if (g.order == 0)
			empty_list(r, &g);
		if (g.order == 0 &&
		    (i != k || !request || request->order != 0))
			ba_serve_take_silent(r, g.zone, g.migratetype);
	}
	if (!request || request->order != g.order)
		r->told.refill = -1;
}

/* The list of `zone` that serves such a request on its CPU. */
static const struct ba_list *list_for(const struct ba_replay *r,
				      const struct ba_zone *zone,
				      const struct ba_event *e)
{
	uint8_t type = r->ctx.mobility_disabled ? BA_MT_UNMOVABLE :
		       (uint8_t)ba_gfp_migratetype(e->gfp);

	return &zone->pcp[e->cpu].list[ba_pcp_index(r->ctx.profile, e->order,
						    type)];
}

/* Does line k put a page on such a list? */
static bool is_put(struct ba_replay *r, const struct ba_event *e, size_t k,
		   const struct ba_zone *zone)
{
	const struct ba_event *n = &r->la.events[k];
	uint8_t type;
	pfn_t pfn;

	if (n->order != e->order || n->addr >= r->la.nr_frames ||
	    !ba_run_is_commit(r, k))
		return false;
	pfn = r->names[n->addr].model;
	type = ba_pageblock_type(r->ctx.pageblocks, pfn);
	if (type >= BA_MT_PCPTYPES)
		type = BA_MT_MOVABLE;
	return type == e->migratetype && ba_zone_spans(zone, pfn);
}

/*
 * The zone whose list the CPU refills next, of those that request i may have
 * taken from; *hits requests take from them until then, put[] pages come to
 * them. NULL: not to be seen, or drained before.
 */
static struct ba_zone *next_refill(struct ba_replay *r, size_t i, int32_t *hits,
				   int32_t *put)
{
	const struct ba_event *e = &r->la.events[i];
	size_t k = ba_lookahead_next(&r->la, i);

	*hits = 1;
	for (; k - i < BA_REFILL_AHEAD; k = ba_lookahead_next(&r->la, k)) {
		const struct ba_event *n = &r->la.events[k];
		bool alike = n->order == e->order &&
			     n->migratetype == e->migratetype;

		if (n->op == BA_OP_ZONE_LOCKED && alike)
			return zone_of(r, n->addr);
		if (n->op == BA_OP_PCPU_DRAIN && alike)
			return NULL;
		*hits += n->op == BA_OP_PAGE_ALLOC && alike &&
			 n->addr != BA_ADDR_NONE;
		for (uint8_t z = 0; z < r->nodes->nr_zones; z++)
			put[z] += is_put(r, e, k, &r->nodes->zone[z]);
	}
	return NULL;
}

/*
 * The zones that the free page counters may leave open, since what the CPUs
 * have not added to them yet is not known: the first that would serve the
 * request if all stood as high as can be, and the one if that stood low.
 */
static void open_zones(struct ba_replay *r, const struct ba_event *e,
		       struct ba_zone *open[2])
{
	uint8_t node = r->nodes->cpu_node[e->cpu];
	int64_t before[BA_ZONE_MAX], slack[BA_ZONE_MAX] = { 0 };

	for (uint8_t z = 0; z < r->nodes->nr_zones; z++) {
		struct ba_vmstat *stat = &r->nodes->zone[z].buddy.free_pages;

		before[z] = stat->global;
		for (cpu_t cpu = 0; cpu < r->nodes->nr_cpus; cpu++) {
			slack[z] += stat->threshold[cpu];
			stat->global += stat->diff[cpu];
		}
		stat->global += slack[z];
	}
	open[0] = ba_zone_that_serves(&r->ctx, r->nodes, e->gfp, e->order,
				      node);
	if (open[0])
		open[0]->buddy.free_pages.global -= 2 * slack[open[0]->id];
	open[1] = ba_zone_that_serves(&r->ctx, r->nodes, e->gfp, e->order,
				      node);
	for (uint8_t z = 0; z < r->nodes->nr_zones; z++)
		r->nodes->zone[z].buddy.free_pages.global = before[z];
}

/* Is its first zone so far above the marks that what CPUs keep is all one? */
static bool is_far_above(struct ba_replay *r, const struct ba_event *e)
{
	struct ba_alloc request = ba_request(&r->ctx, r->nodes, e->gfp,
					     e->order,
					     r->nodes->cpu_node[e->cpu]);
	const struct ba_zone *zone = ba_preferred_zone(r->nodes, &request);
	const struct ba_wmark *w = &zone->wmark;
	int64_t pages = zone->buddy.free_pages.global -
			ba_wmark_pages(w, BA_WMARK_HIGH) -
			w->lowmem_reserve[request.highest_zoneidx] -
			w->reserved_highatomic;

	for (cpu_t cpu = 0; cpu < r->nodes->nr_cpus; cpu++)
		pages -= 2 * zone->buddy.free_pages.threshold[cpu];
	return pages > 1 << e->order;
}

/*
 * Request i took from a list of its CPU, of one of two zones. The last hits
 * before the next refill of one of them were that one's, as many as it had.
 */
static struct ba_zone *zone_of_hit(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	int32_t hits, put[BA_ZONE_MAX] = { 0 };
	struct ba_zone *open[2], *next;
	bool first;

	if (ba_likely(is_far_above(r, e)))
		return NULL;
	open_zones(r, e, open);
	if (!open[0] || open[0] == open[1])
		return NULL;
	if (!open[1] || !list_for(r, open[1], e)->count)
		return open[0];
	if (!list_for(r, open[0], e)->count)
		return open[1];
	next = next_refill(r, i, &hits, put);
	if (next != open[0] && next != open[1])
		return NULL;
	first = next == open[0];
	if (hits > (int32_t)list_for(r, next, e)->count + put[next->id])
		first = !first;
	return open[!first];
}

void ba_told_zone(struct ba_replay *r, size_t i, size_t request)
{
	const struct ba_event *e = &r->la.events[request];
	const struct ba_zone *zone = NULL;

	r->told.zone = -1;
	if (!r->la.refills || e->op != BA_OP_PAGE_ALLOC)
		return;
	if (e->addr == BA_ADDR_NONE) {
		if (!(e->gfp & BA_GFP_ACCOUNT))
			r->told.zone = BA_NO_ZONE;
		return;
	}
	for (; i != request && i != BA_LOOKAHEAD_NONE;
	     i = ba_lookahead_own(&r->la, i)) {
		const struct ba_event *l = &r->la.events[i];

		if (l->op == BA_OP_ZONE_LOCKED && l->order == e->order &&
		    l->migratetype == e->migratetype)
			zone = zone_of(r, l->addr);
	}
	if (!zone && i == request && ba_pcp_allowed(e->order) &&
	    !r->standing.of[e->task])
		zone = zone_of_hit(r, request);
	if (zone)
		r->told.zone = zone->id;
}
