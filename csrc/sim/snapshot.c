// SPDX-License-Identifier: GPL-2.0-only
#include "sim/snapshot.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/message.h"
#include "base/touched.h"
#include "sim/slab_snapshot.h"

#define PAGES_MAX	((int64_t)UINT32_MAX)	/* of any count or mark */
#define BATCH_MAX	32767
#define FREE_FACTOR_MAX	15	/* batch << factor stays below 2^31 */
#define ZFLAGS		(BA_ZONE_BOOSTED_WATERMARK | \
			 BA_ZONE_RECLAIM_ACTIVE | BA_ZONE_BELOW_HIGH)

/* A machine being loaded, and where to say why it cannot be. */
struct load {
	const struct ba_state *state;
	struct ba_machine *machine;
	struct ba_ctx ctx;
	char *message;
	size_t size;
};

__attribute__((format(printf, 2, 3)))
static enum ba_status refuse(const struct load *load, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	ba_message(load->message, load->size, 0, format, args);
	va_end(args);
	return BA_ESTATE;
}

static bool in(int64_t value, int64_t min, int64_t max)
{
	return value >= min && value <= max;
}

static enum ba_status check_head(const struct load *load)
{
	const struct ba_state *state = load->state;

	if (state->nr_orders != BA_NR_ORDERS ||
	    state->nr_migratetypes != BA_NR_MT ||
	    state->pageblock_order != BA_PAGEBLOCK_ORDER)
		return refuse(load, "the state has %" PRIu32 " orders, %"
			      PRIu32 " migratetypes and pageblock order %"
			      PRIu32 "; this model has %u, %u and %u",
			      state->nr_orders, state->nr_migratetypes,
			      state->pageblock_order, BA_NR_ORDERS, BA_NR_MT,
			      BA_PAGEBLOCK_ORDER);
	if (state->nr_zones == 0 || state->nr_nodes == 0)
		return refuse(load, "the state has no zone; take the state "
			      "again");
	return BA_OK;
}

static const struct ba_state_node *node_of(const struct ba_state *state,
					   uint8_t id)
{
	for (uint32_t i = 0; i < state->nr_nodes; i++)
		if (state->nodes[i].id == id)
			return &state->nodes[i];
	return NULL;
}

/* Numbers that fit a machine and cannot make its arithmetic overflow. */
static enum ba_status check_zone(const struct load *load,
				 const struct ba_state_zone *z)
{
	bool ok = z->managed <= PAGES_MAX && z->present <= PAGES_MAX &&
		  z->boost <= PAGES_MAX && z->highatomic <= PAGES_MAX &&
		  in(z->free_pages, -PAGES_MAX, PAGES_MAX);

	for (unsigned int i = 0; i < BA_NR_WMARK; i++)
		ok = ok && z->wmark[i] <= PAGES_MAX;
	for (unsigned int i = 0; i < BA_ZONES_PER_NODE; i++)
		ok = ok && z->lowmem_reserve[i] <= PAGES_MAX;
	for (uint32_t c = 0; c < load->state->cpus; c++) {
		const struct ba_state_pcp *p = &z->pcp[c];

		ok = ok && in(z->cpu_threshold[c], 0, INT16_MAX) &&
		     in(z->cpu_diff[c], INT8_MIN, INT8_MAX) &&
		     in(p->batch, 1, BATCH_MAX) && p->high >= 0 &&
		     p->high_min >= 0 && p->high_max >= 0 &&
		     in(p->free_factor, 0, FREE_FACTOR_MAX) &&
		     in(p->free_count, 0, INT16_MAX) &&
		     in(p->alloc_factor, 0, FREE_FACTOR_MAX) &&
		     in(p->flags, 0, UINT8_MAX);
	}
	if (!ok)
		return refuse(load, "zone %s of node %u has a number that no "
			      "kernel has there (a mark, reserve, counter or "
			      "per-CPU field); take the state again", z->name,
			      z->node);
	if (!node_of(load->state, z->node))
		return refuse(load, "zone %s is of node %u, which the state "
			      "does not have; take the state again", z->name,
			      z->node);
	return BA_OK;
}

static enum ba_status check(const struct load *load)
{
	const struct ba_state *state = load->state;
	enum ba_status status = ba_state_check(state, load->message,
					       load->size);

	if (status == BA_OK)
		status = check_head(load);
	for (uint32_t i = 0; i < state->nr_nodes && status == BA_OK; i++)
		if (state->nodes[i].id >= BA_NODE_MAX)
			return refuse(load, "node %u; this model has nodes 0 "
				      "to %u", state->nodes[i].id,
				      BA_NODE_MAX - 1);
	for (uint32_t i = 0; i < state->nr_zones && status == BA_OK; i++)
		status = check_zone(load, &state->zones[i]);
	return status;
}

static enum ba_status create(struct load *load,
			     const struct ba_config *config)
{
	const struct ba_state *state = load->state;
	struct ba_config own = *config;
	uint64_t end = 0;

	for (uint32_t i = 0; i < state->nr_zones; i++) {
		const struct ba_state_zone *z = &state->zones[i];

		if (z->start_pfn + z->spanned > end)
			end = z->start_pfn + z->spanned;
	}
	if (end > BA_CONFIG_PAGES_MAX)
		return refuse(load, "a zone ends at frame %" PRIu64 "; this "
			      "model ends at %u", end, BA_CONFIG_PAGES_MAX);
	own.memory_pages = end;
	own.nr_cpus = state->cpus;
	own.nr_nodes = state->nr_nodes;
	own.arch = state->arch;
	return ba_machine_create_empty(&own, (pfn_t)end, load->machine);
}

static void load_head(const struct load *load)
{
	const struct ba_state *state = load->state;
	struct ba_body *body = ba_machine_body(load->machine);
	struct ba_recorded *r = &body->recorded;
	struct ba_nodes *nodes = &body->nodes;

	r->valid = true;
	snprintf(r->kernel, sizeof(r->kernel), "%s", state->kernel);
	r->cpu = state->cpu;
	r->numa_nodes = state->numa_nodes;
	r->pcp_fields = state->pcp_fields;
	r->vmemmap = state->vmemmap;
	r->page_offset = state->page_offset;
	ba_machine_ctx(load->machine, 0).caches->page_offset =
		state->page_offset;
	r->page_size = state->page_size;
	r->totalreserve = state->totalreserve;
	body->mobility_disabled = state->mobility_disabled;
	for (uint32_t i = 0; i < state->nr_nodes; i++) {
		const struct ba_state_node *from = &state->nodes[i];
		struct ba_node *to = &nodes->node[from->id];

		to->online = true;
		to->start_pfn = from->start_pfn;
		to->spanned = from->spanned;
		to->present = from->present;
		to->totalreserve = from->totalreserve;
		to->kswapd_order = from->kswapd_order;
		to->kswapd_highest_zoneidx = from->kswapd_highest_zoneidx;
		to->kswapd_failures = from->kswapd_failures;
	}
	/* the n-th node need not be node n */
	for (cpu_t cpu = 0; cpu < nodes->nr_cpus; cpu++)
		nodes->cpu_node[cpu] = state->nodes[nodes->cpu_node[cpu]].id;
}

static void load_pageblocks(const struct load *load,
			    const struct ba_state_zone *from,
			    const struct ba_zone *zone)
{
	uint64_t pfn = from->pageblock_first_pfn;

	for (uint32_t i = 0; i < from->pageblock_count; i++) {
		uint8_t flags = load->state->pageblocks[from->pageblock_first +
							i];
		struct ba_pageblock *b;

		if (pfn >= zone->buddy.end)
			break;
		b = &load->ctx.pageblocks[ba_pageblock_nr((pfn_t)pfn)];
		pfn += BA_PAGEBLOCK_PAGES;
		if (b->zone != zone->id + 1)
			continue;
		if (flags == BA_STATE_HOLE) {
			b->flags = 0;
			b->zone = BA_PAGEBLOCK_NO_ZONE;
		} else {
			b->flags = flags;
		}
	}
}

static void load_wmark(const struct ba_state_zone *from, struct ba_wmark *w)
{
	for (unsigned int i = 0; i < BA_NR_WMARK; i++)
		w->mark[i] = (int64_t)from->wmark[i];
	for (unsigned int i = 0; i < BA_ZONES_PER_NODE; i++)
		w->lowmem_reserve[i] = (int64_t)from->lowmem_reserve[i];
	w->boost = (int64_t)from->boost;
	w->managed = (int64_t)from->managed;
	w->reserved_highatomic = (int64_t)from->highatomic;
	w->flags = (uint32_t)from->zflags & ZFLAGS;
	w->drift_mark = from->drift_mark;
}

static void load_cpus(const struct ba_state_zone *from, struct ba_zone *zone)
{
	for (cpu_t c = 0; c < zone->nr_cpus; c++) {
		const struct ba_state_pcp *p = &from->pcp[c];
		struct ba_pcp *pcp = &zone->pcp[c];

		zone->buddy.free_pages.diff[c] = (int16_t)from->cpu_diff[c];
		zone->buddy.free_pages.threshold[c] =
			(uint16_t)from->cpu_threshold[c];
		pcp->high = p->high;
		pcp->batch = p->batch;
		pcp->high_min = p->high_min;
		pcp->high_max = p->high_max;
		pcp->free_count = (int16_t)p->free_count;
		pcp->free_factor = (int16_t)p->free_factor;
		pcp->alloc_factor = (uint8_t)p->alloc_factor;
		pcp->flags = (uint8_t)p->flags;
	}
}

static void load_compact(const struct ba_state_compact *from,
			 struct ba_compact_zone *to)
{
	to->free = from->free_pfn;
	to->migrate[0] = from->migrate_pfn[0];
	to->migrate[1] = from->migrate_pfn[1];
	to->init_migrate = from->init_migrate_pfn;
	to->init_free = from->init_free_pfn;
	to->considered = from->considered;
	to->defer_shift = from->defer_shift;
	to->order_failed = from->order_failed;
	to->blockskip_flush = from->blockskip_flush;
}

static void load_zone(const struct load *load,
		      const struct ba_state_zone *from)
{
	struct ba_recorded *r = &ba_machine_body(load->machine)->recorded;
	struct ba_zone *zone =
		ba_machine_add_zone(load->machine, from->node, from->index,
				    (pfn_t)from->start_pfn,
				    (pfn_t)(from->start_pfn + from->spanned));

	zone->present = from->present;
	zone->buddy.free_pages.global = from->free_pages;
	load_pageblocks(load, from, zone);
	load_wmark(from, &zone->wmark);
	load_cpus(from, zone);
	snprintf(r->zone_name[zone->id], BA_STATE_NAME_LEN, "%s", from->name);
	r->zflags[zone->id] = from->zflags & ~(uint64_t)ZFLAGS;
	r->pcp_high[zone->id] = from->pcp_high;
	r->pcp_batch[zone->id] = from->pcp_batch;
	load_compact(&from->compact, &zone->compact);
}

/*
 * The type to which a per-CPU page returns. The list tells it, but that
 * HighAtomic pages wait on the Movable list, and huge pages share lists.
 */
static uint8_t pcp_type(const struct ba_ctx *ctx, unsigned int index,
			pfn_t pfn)
{
	uint8_t block = ba_pageblock_type(ctx->pageblocks, pfn);

	if (index < BA_PCP_THP) {
		uint8_t type = (uint8_t)(index % BA_MT_PCPTYPES);

		return type == BA_MT_MOVABLE && block == BA_MT_HIGHATOMIC ?
			block : type;
	}
	if (index > BA_PCP_THP)
		return block == BA_MT_HIGHATOMIC ? block : BA_MT_MOVABLE;
	if (ctx->profile->thp_lists == 2 &&
	    (block == BA_MT_MOVABLE || block >= BA_MT_PCPTYPES))
		return BA_MT_UNMOVABLE;
	return block;
}

static enum ba_status load_list(struct load *load,
				const struct ba_state_list *list)
{
	struct ba_nodes *nodes = ba_machine_nodes(load->machine);
	struct ba_zone *zone = &nodes->zone[list->zone];
	struct ba_ctx *ctx = &load->ctx;

	for (uint32_t i = 0; i < list->count; i++) {
		pfn_t pfn = load->state->pfns[list->first + i];

		if (ba_nodes_zone_of(ctx, nodes, pfn) != zone)
			return refuse(load, "line %" PRIu32 ": K2: frame %"
				      PRIx32 " lies in a pageblock that is "
				      "not of zone %u; take the state again",
				      list->line, pfn, list->zone);
		if (list->kind == BA_STATE_FREE)
			ba_buddy_load(ctx, &zone->buddy, pfn, list->order,
				      list->migratetype);
		else
			ba_pcp_load(ctx, &zone->pcp[list->cpu], pfn,
				    list->index,
				    pcp_type(ctx, list->index, pfn));
	}
	return BA_OK;
}

static enum ba_status load_movable(const struct load *load)
{
	pfn_t end = ba_machine_nodes(load->machine)->end;

	for (uint32_t i = 0; i < load->state->nr_movable; i++) {
		const struct ba_state_range *range = &load->state->movable[i];

		if (range->count > end || range->pfn > end - range->count)
			return refuse(load, "T6: movable frames %" PRIx64 "+%"
				      PRIx64 " lie outside every zone; take "
				      "the state again", range->pfn,
				      range->count);
		for (uint64_t k = 0; k < range->count; k++)
			load->ctx.frames[range->pfn + k].flags |=
				BA_FRAME_MOVABLE;
	}
	return BA_OK;
}

enum ba_status ba_snapshot_load(const struct ba_state *state,
				const struct ba_config *config,
				struct ba_machine *ret, char *message,
				size_t message_size)
{
	struct load load = { .state = state, .machine = ret,
			     .message = message, .size = message_size };
	enum ba_status status = check(&load);

	if (status == BA_OK)
		status = create(&load, config);
	if (status != BA_OK)
		return status;
	load.ctx = ba_machine_ctx(ret, 0);
	load_head(&load);
	for (uint32_t i = 0; i < state->nr_zones; i++)
		load_zone(&load, &state->zones[i]);
	ba_nodes_build_zonelists(ba_machine_nodes(ret));
	for (uint32_t i = 0; i < state->nr_lists && status == BA_OK; i++)
		status = load_list(&load, &state->lists[i]);
	if (status == BA_OK)
		status = load_movable(&load);
	if (status == BA_OK)
		status = ba_slab_snapshot_load(&state->slabs, ret, message,
					       message_size);
	if (status != BA_OK)
		ba_machine_destroy(ret);
	return status;
}

/* A machine being written down. */
struct take {
	struct ba_state *state;
	const struct ba_body *body;
	struct ba_touched *touched;	/* of the frame table */
	struct ba_ctx ctx;
};

static void take_head(const struct take *take)
{
	const struct ba_recorded *r = &take->body->recorded;
	struct ba_state *state = take->state;

	state->arch = take->body->nodes.arch;
	memcpy(state->kernel, r->kernel, sizeof(state->kernel));
	state->nr_orders = BA_NR_ORDERS;
	state->nr_migratetypes = BA_NR_MT;
	state->pageblock_order = BA_PAGEBLOCK_ORDER;
	state->cpu = r->cpu;
	state->vmemmap = r->vmemmap;
	state->page_offset = r->page_offset;
	state->page_size = r->page_size;
	state->cpus = take->body->nodes.nr_cpus;
	state->numa_nodes = r->numa_nodes;
	state->totalreserve = r->totalreserve;
	state->mobility_disabled = take->body->mobility_disabled;
	state->pcp_fields = r->pcp_fields;
}

static enum ba_status take_list(const struct take *take,
				const struct ba_list *list,
				struct ba_state_list what)
{
	enum ba_status status;

	if (list->count == 0)
		return BA_OK;
	what.first = take->state->nr_pfns;
	what.count = list->count;
	status = ba_state_add_list(take->state, &what);
	for (pfn_t pfn = ba_buddy_pfn(ba_list_first(list), what.order);
	     pfn != BA_PFN_NONE && status == BA_OK;
	     pfn = ba_buddy_next(&take->ctx, pfn, what.order))
		status = ba_state_add_pfn(take->state, pfn);
	return status;
}

static enum ba_status take_lists(const struct take *take,
				 const struct ba_zone *zone,
				 struct ba_state_zone *to)
{
	enum ba_status status = BA_OK;

	for (uint8_t o = 0; o < BA_NR_ORDERS; o++) {
		to->nr_free[o] = zone->buddy.area[o].nr_free;
		for (uint8_t t = 0; t < BA_NR_MT && status == BA_OK; t++)
			status = take_list(take, &zone->buddy.area[o].list[t],
				(struct ba_state_list){
					.kind = BA_STATE_FREE,
					.zone = zone->id, .order = o,
					.migratetype = t });
	}
	for (cpu_t c = 0; c < zone->nr_cpus; c++)
		for (uint8_t i = 0; i < BA_NR_PCP_LISTS && status == BA_OK;
		     i++)
			status = take_list(take, &zone->pcp[c].list[i],
				(struct ba_state_list){
					.kind = BA_STATE_PCP,
					.zone = zone->id, .index = i,
					.cpu = c });
	return status;
}

static enum ba_status take_pageblocks(const struct take *take,
				      const struct ba_zone *zone,
				      struct ba_state_zone *to)
{
	uint64_t at = ba_pageblock_start(ba_zone_start(zone));
	enum ba_status status = BA_OK;

	to->pageblock_first_pfn = at;
	to->pageblock_first = take->state->nr_pageblocks;
	for (; at < zone->buddy.end && status == BA_OK;
	     at += BA_PAGEBLOCK_PAGES) {
		const struct ba_pageblock *b =
			&take->ctx.pageblocks[ba_pageblock_nr((pfn_t)at)];

		status = ba_state_add_pageblock(take->state,
			b->zone == BA_PAGEBLOCK_NO_ZONE ? BA_STATE_HOLE :
							  b->flags);
		to->pageblock_count++;
	}
	return status;
}

static void take_cpus(const struct ba_zone *zone, struct ba_state_zone *to)
{
	const struct ba_vmstat *stat = &zone->buddy.free_pages;

	to->free_pages = stat->global;
	for (cpu_t c = 0; c < zone->nr_cpus; c++) {
		const struct ba_pcp *pcp = &zone->pcp[c];

		to->cpu_diff[c] = stat->diff[c];
		to->cpu_threshold[c] = stat->threshold[c];
		to->pcp[c] = (struct ba_state_pcp){
			.cpu = c, .count = pcp->count, .high = pcp->high,
			.batch = pcp->batch, .free_factor = pcp->free_factor,
			.high_min = pcp->high_min, .high_max = pcp->high_max,
			.flags = pcp->flags,
			.alloc_factor = pcp->alloc_factor,
			.free_count = pcp->free_count };
	}
}

static void take_wmark(const struct ba_wmark *w, struct ba_state_zone *to)
{
	for (unsigned int i = 0; i < BA_NR_WMARK; i++)
		to->wmark[i] = (uint64_t)w->mark[i];
	for (unsigned int i = 0; i < BA_ZONES_PER_NODE; i++)
		to->lowmem_reserve[i] = (uint64_t)w->lowmem_reserve[i];
	to->boost = (uint64_t)w->boost;
	to->managed = (uint64_t)w->managed;
	to->highatomic = (uint64_t)w->reserved_highatomic;
	to->drift_mark = w->drift_mark;
}

static void take_compact(const struct ba_compact_zone *from,
			 struct ba_state_compact *to)
{
	to->free_pfn = from->free;
	to->migrate_pfn[0] = from->migrate[0];
	to->migrate_pfn[1] = from->migrate[1];
	to->init_migrate_pfn = from->init_migrate;
	to->init_free_pfn = from->init_free;
	to->considered = from->considered;
	to->defer_shift = from->defer_shift;
	to->order_failed = from->order_failed;
	to->blockskip_flush = from->blockskip_flush;
}

static enum ba_status take_zone(const struct take *take,
				const struct ba_zone *zone)
{
	const struct ba_recorded *r = &take->body->recorded;
	struct ba_state_zone *to = &take->state->zones[zone->id];
	enum ba_status status;

	to->node = zone->node;
	to->index = zone->index;
	memcpy(to->name, r->zone_name[zone->id], sizeof(to->name));
	to->start_pfn = ba_zone_start(zone);
	to->spanned = zone->buddy.end - zone->buddy.start;
	to->present = zone->present;
	to->zflags = r->zflags[zone->id] | zone->wmark.flags;
	to->pcp_high = r->pcp_high[zone->id];
	to->pcp_batch = r->pcp_batch[zone->id];
	take_compact(&zone->compact, &to->compact);
	take_wmark(&zone->wmark, to);
	take_cpus(zone, to);
	status = take_pageblocks(take, zone, to);
	return status == BA_OK ? take_lists(take, zone, to) : status;
}

static bool is_movable(const struct take *take, uint64_t pfn)
{
	return take->ctx.frames[pfn].flags & BA_FRAME_MOVABLE;
}

/* The first frame from `pfn` on that is (not) movable, or `end`. */
static uint64_t next_frame(const struct take *take, uint64_t pfn, uint64_t end,
			   bool movable)
{
	for (; pfn < end; pfn++) {
		uint64_t block;

		if (movable)
			pfn = ba_touched_record(take->touched, pfn,
						sizeof(struct ba_frame));
		if (pfn >= end)
			break;
		block = ba_pageblock_nr((pfn_t)pfn);
		if (movable && take->ctx.pageblocks[block].zone ==
			       BA_PAGEBLOCK_NO_ZONE)
			pfn = (block + 1) * BA_PAGEBLOCK_PAGES - 1;
		else if (is_movable(take, pfn) == movable)
			return pfn;
	}
	return end;
}

static enum ba_status take_node(const struct take *take, uint8_t id,
				struct ba_state_node *to)
{
	const struct ba_node *node = &take->body->nodes.node[id];
	uint64_t end = node->start_pfn + node->spanned;
	uint64_t at, to_pfn;
	enum ba_status status = BA_OK;

	*to = (struct ba_state_node){
		.id = id, .start_pfn = node->start_pfn,
		.spanned = node->spanned, .present = node->present,
		.kswapd_order = node->kswapd_order,
		.kswapd_highest_zoneidx = node->kswapd_highest_zoneidx,
		.kswapd_failures = node->kswapd_failures,
		.totalreserve = node->totalreserve,
		.movable_first = take->state->nr_movable };
	if (end > take->body->nodes.end)
		end = take->body->nodes.end;
	at = next_frame(take, node->start_pfn, end, true);
	while (at < end && status == BA_OK) {
		to_pfn = next_frame(take, at, end, false);
		status = ba_state_add_movable(take->state, at, to_pfn - at);
		to->movable_count++;
		at = next_frame(take, to_pfn, end, true);
	}
	return status;
}

enum ba_status ba_snapshot_take(const struct ba_machine *machine,
				struct ba_state *state)
{
	const struct ba_body *body = ba_machine_body(machine);
	struct ba_touched touched;
	struct take take = { .state = state, .body = body,
			     .touched = &touched,
			     .ctx = ba_machine_ctx(machine, 0) };
	enum ba_status status = BA_OK;

	take_head(&take);
	ba_touched_init(&touched, take.ctx.frames,
			body->nodes.end * sizeof(struct ba_frame));
	for (uint8_t id = 0; id < BA_NODE_MAX && status == BA_OK; id++)
		if (body->nodes.node[id].online)
			status = take_node(&take, id,
					   &state->nodes[state->nr_nodes++]);
	ba_touched_deinit(&touched);
	for (uint8_t id = 0; id < body->nodes.nr_zones && status == BA_OK;
	     id++) {
		state->nr_zones++;
		status = take_zone(&take, &body->nodes.zone[id]);
	}
	return status != BA_OK ? status :
				 ba_slab_snapshot_take(machine, &state->slabs);
}

/* The list of `state` that is the same list as `like`, of zone `zone`. */
static const struct ba_state_list *
find_list(const struct ba_state *state, uint32_t zone,
	  const struct ba_state_list *like)
{
	for (uint32_t i = 0; i < state->nr_lists; i++) {
		const struct ba_state_list *l = &state->lists[i];

		if (l->kind != like->kind || l->zone != zone || !l->count)
			continue;
		if (l->kind == BA_STATE_FREE ?
		    l->order == like->order &&
		    l->migratetype == like->migratetype :
		    l->cpu == like->cpu && l->index == like->index)
			return l;
	}
	return NULL;
}

/* The index of the zone of `state` that is zone `z`; nr_zones: none. */
static uint32_t find_zone(const struct ba_state *state,
			  const struct ba_state_zone *z)
{
	uint32_t i = 0;

	while (i < state->nr_zones && (state->zones[i].node != z->node ||
				       state->zones[i].index != z->index))
		i++;
	return i;
}

static bool same_frames(const struct ba_state *a,
			const struct ba_state_list *la,
			const struct ba_state *b,
			const struct ba_state_list *lb)
{
	return la->count == lb->count &&
	       memcmp(&a->pfns[la->first], &b->pfns[lb->first],
		      la->count * sizeof(a->pfns[0])) == 0;
}

/*
 * Count the lists of `a` against those of `b`; those that both have only if
 * `both`, so that a second call with the states swapped completes the union.
 */
static void compare_lists(const struct ba_state *a, const struct ba_state *b,
			  bool both, struct ba_snapshot_score *score)
{
	for (uint32_t i = 0; i < a->nr_lists; i++) {
		const struct ba_state_list *la = &a->lists[i];
		uint32_t zone = find_zone(b, &a->zones[la->zone]);
		const struct ba_state_list *lb = find_list(b, zone, la);
		bool same = lb && same_frames(a, la, b, lb);

		if (!la->count || (lb && !both))
			continue;
		if (la->kind == BA_STATE_FREE) {
			score->free_lists++;
			score->free_lists_identical += same;
		} else {
			score->pcp_lists++;
			score->pcp_lists_identical += same;
		}
	}
}

static uint8_t type_of(uint8_t flags)
{
	return flags == BA_STATE_HOLE ? flags :
					flags & BA_PAGEBLOCK_TYPE_MASK;
}

static void compare_pageblocks(const struct ba_state *a,
			       const struct ba_state_zone *za,
			       const struct ba_state *b,
			       const struct ba_state_zone *zb,
			       struct ba_snapshot_score *score)
{
	uint64_t first = za->pageblock_first_pfn;

	for (uint32_t i = 0; i < za->pageblock_count; i++) {
		uint64_t pfn = first + (uint64_t)i * BA_PAGEBLOCK_PAGES;
		uint64_t j = (pfn - zb->pageblock_first_pfn) /
			     BA_PAGEBLOCK_PAGES;

		score->pageblocks++;
		if (pfn < zb->pageblock_first_pfn || j >= zb->pageblock_count)
			continue;
		score->pageblocks_identical +=
			type_of(a->pageblocks[za->pageblock_first + i]) ==
			type_of(b->pageblocks[zb->pageblock_first + j]);
	}
}

struct ba_snapshot_score ba_snapshot_compare(const struct ba_state *a,
					     const struct ba_state *b)
{
	struct ba_snapshot_score score = { 0 };

	compare_lists(a, b, true, &score);
	compare_lists(b, a, false, &score);
	for (uint32_t i = 0; i < a->nr_zones; i++) {
		uint32_t j = find_zone(b, &a->zones[i]);

		if (j < b->nr_zones)
			compare_pageblocks(a, &a->zones[i], b, &b->zones[j],
					   &score);
	}
	return score;
}
