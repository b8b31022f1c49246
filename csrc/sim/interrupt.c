// SPDX-License-Identifier: GPL-2.0-only
#include "sim/interrupt.h"

/* The per-CPU list that a line's page belongs to, or NULL. */
static const struct ba_list *list_of(struct ba_replay *r,
				     const struct ba_event *e)
{
	struct ba_zone *zone;
	uint8_t type = e->migratetype;

	if (e->addr >= r->la.nr_frames || !ba_pcp_allowed(e->order))
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

/* Does line i, of an interrupt, change per-CPU list `list`? */
static bool touches(struct ba_replay *r, size_t i, const struct ba_list *list)
{
	const struct ba_event *e = &r->la.events[i];

	return (e->op == BA_OP_PAGE_ALLOC || e->op == BA_OP_PAGE_FREE) &&
	       list_of(r, e) == list && !ba_run_pcp_busy(r, i);
}

/* Line k drains `list`: does the same drain then take from another one? */
static bool drain_moves_on(struct ba_replay *r, size_t k,
			   const struct ba_list *list)
{
	const struct ba_event *e = &r->la.events[k], *n;
	size_t own = ba_lookahead_own(&r->la, k);

	if (own == BA_LOOKAHEAD_NONE)
		return false;
	n = &r->la.events[own];
	return n->op == BA_OP_PCPU_DRAIN && n->addr < r->la.nr_frames &&
	       ba_nodes_zone_of(&r->ctx, r->nodes, (pfn_t)n->addr) ==
	       ba_nodes_zone_of(&r->ctx, r->nodes, (pfn_t)e->addr) &&
	       list_of(r, n) != list;
}

/*
 * Line i frees a page to `list`, then an interrupt comes, up to line `end`,
 * and drains that list. Negative if it passed the page's turn, which comes
 * after all that is on the list now; positive if it drained the page.
 */
static int drained_in(struct ba_replay *r, size_t i, size_t end,
		      const struct ba_list *list)
{
	const struct ba_event *events = r->la.events;
	uint32_t drained = 0;

	for (size_t k = i + 1; k < end; k++) {
		if (!ba_event_interrupts(&events[k], &events[i]) ||
		    events[k].op != BA_OP_PCPU_DRAIN ||
		    list_of(r, &events[k]) != list)
			continue;
		if (events[k].addr == events[i].addr)
			return 1;
		if (++drained > list->count ||
		    (drained == list->count && drain_moves_on(r, k, list)))
			return -1;
	}
	return 0;
}

bool ba_interrupt_free_later(struct ba_replay *r, size_t i, size_t end)
{
	const struct ba_event *events = r->la.events;
	const struct ba_list *list = list_of(r, &events[i]);
	int told = list ? drained_in(r, i, end, list) : 1;

	for (size_t k = i + 1; k < end && !told; k++) {
		if (!ba_event_interrupts(&events[k], &events[i]) ||
		    !touches(r, k, list))
			continue;
		if (events[k].op == BA_OP_PAGE_ALLOC)
			return events[k].addr != events[i].addr;
		told = ba_lookahead_nearer(&r->la, end, events[i].addr,
					   events[k].addr);
	}
	return told < 0;
}

/* Line k of an interrupt, if it puts a block on the lists of `zone`. */
static bool is_put(struct ba_replay *r, size_t k, const struct ba_zone *zone)
{
	const struct ba_event *e = &r->la.events[k];

	return ba_run_is_commit(r, k) && list_of(r, e) && !ba_run_pcp_busy(r, k) &&
	       ba_nodes_zone_of(&r->ctx, r->nodes, (pfn_t)e->addr) == zone;
}

static bool drains_next(struct ba_replay *r, size_t k)
{
	size_t own = ba_lookahead_own(&r->la, k);

	return own != BA_LOOKAHEAD_NONE &&
	       r->la.events[own].op == BA_OP_PCPU_DRAIN;
}

/*
 * An interrupt comes after line i, up to line `end`. The first of its frees
 * that drains: by the lines, or as foreseen for list set `copy`; where it
 * allocates a page before, or at the end, nothing more is known.
 */
static size_t first_drain(struct ba_replay *r, size_t i, size_t end,
			  const struct ba_zone *zone, struct ba_pcp *copy)
{
	const struct ba_event *events = r->la.events;

	for (size_t k = i + 1; k < end; k++) {
		if (!ba_event_interrupts(&events[k], &events[i]))
			continue;
		if (events[k].op == BA_OP_PAGE_ALLOC)
			return k;
		if (!is_put(r, k, zone))
			continue;
		if (copy ? ba_pcp_foresee_free(&r->ctx, &zone->wmark, copy,
					       events[k].order) > 0 :
			   drains_next(r, k))
			return k;
	}
	return end;
}

/*
 * An interrupt comes after line i; line `own` then says what its task had
 * allocated. Do the interrupt's frees drain as they would without that page
 * on the lists, and not as they would with it?
 */
static bool drains_without(struct ba_replay *r, size_t i, size_t own)
{
	const struct ba_event *e = &r->la.events[own];
	const struct ba_zone *zone = ba_nodes_zone_of(&r->ctx, r->nodes,
						      (pfn_t)e->addr);
	struct ba_pcp with = zone->pcp[e->cpu], without = with;
	size_t recorded = first_drain(r, i, own, zone, NULL);

	ba_pcp_foresee_alloc(&without, e->order);
	return first_drain(r, i, own, zone, &with) != recorded &&
	       first_drain(r, i, own, zone, &without) == recorded;
}

bool ba_interrupt_alloc_earlier(struct ba_replay *r, size_t i, size_t own)
{
	const struct ba_event *events = r->la.events;
	const struct ba_list *list = list_of(r, &events[own]);
	bool earlier = false;

	if (events[own].op != BA_OP_PAGE_ALLOC || !list || !list->count ||
	    ba_list_first(list) != events[own].addr)
		return false;
	for (size_t k = i + 1; k < own; k++) {
		if (!ba_event_interrupts(&events[k], &events[i]) ||
		    !touches(r, k, list))
			continue;
		/* the interrupt found that page still on the list */
		if (events[k].op == BA_OP_PAGE_ALLOC &&
		    events[k].addr == events[own].addr)
			return false;
		earlier = true;
	}
	return earlier || drains_without(r, i, own);
}
