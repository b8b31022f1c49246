// SPDX-License-Identifier: GPL-2.0-only
#include "mm/kcompactd.h"

static bool is_populated(const struct ba_zone *zone, uint8_t node)
{
	return zone->node == node && zone->present > 0;
}

/* The node's highest zone that has memory. */
static uint8_t top_zoneidx(const struct ba_nodes *nodes, uint8_t node)
{
	uint8_t top = 0;

	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		if (is_populated(&nodes->zone[id], node) &&
		    nodes->zone[id].index > top)
			top = nodes->zone[id].index;
	return top;
}

/* Is one of the zones asked for worth a run (kcompactd_node_suitable)? */
static bool is_suitable(const struct ba_ctx *ctx, const struct ba_nodes *nodes,
			uint8_t id)
{
	const struct ba_node *node = &nodes->node[id];
	uint8_t highest = (uint8_t)node->kcompactd_highest_zoneidx;

	for (uint8_t z = 0; z < nodes->nr_zones; z++) {
		const struct ba_zone *zone = &nodes->zone[z];

		if (is_populated(zone, id) && zone->index <= highest &&
		    ba_compaction_suitable(ctx, zone,
					   (order_t)node->kcompactd_max_order,
					   BA_ALLOC_WMARK_MIN, highest) ==
			    BA_COMPACT_CONTINUE)
			return true;
	}
	return false;
}

void ba_kcompactd_wake(const struct ba_ctx *ctx, struct ba_nodes *nodes,
		       uint8_t id, order_t order, uint8_t highest_zoneidx)
{
	struct ba_node *node = &nodes->node[id];

	if (!order)
		return;
	if (node->kcompactd_max_order == 0)
		node->kcompactd_highest_zoneidx = top_zoneidx(nodes, id);
	if (highest_zoneidx < node->kcompactd_highest_zoneidx)
		node->kcompactd_highest_zoneidx = highest_zoneidx;
	if (order > node->kcompactd_max_order)
		node->kcompactd_max_order = order;
	if (is_suitable(ctx, nodes, id))
		node->kcompactd_woken = true;
}

/* What kcompactd does with one zone for the order that was asked for. */
static void compact_for_order(struct ba_ctx *ctx, struct ba_nodes *nodes,
			      struct ba_compact *cc, struct ba_zone *zone)
{
	order_t order = (order_t)cc->order;
	enum ba_compact_result result;

	if (ba_compaction_deferred(zone, order) ||
	    ba_compaction_suitable(ctx, zone, order, BA_ALLOC_WMARK_MIN,
				   zone->index) != BA_COMPACT_CONTINUE)
		return;
	result = ba_compact_zone(ctx, nodes, cc, zone);
	if (result == BA_COMPACT_SUCCESS) {
		ba_compaction_defer_reset(zone, order, false);
	} else if (result == BA_COMPACT_PARTIAL_SKIPPED ||
		   result == BA_COMPACT_COMPLETE) {
		/* free pages may be stranded on per-CPU lists */
		for (cpu_t cpu = 0; cpu < nodes->nr_cpus; cpu++)
			ba_pcp_drain(ctx, &zone->buddy, &zone->pcp[cpu]);
		ba_compaction_defer(zone, order);
	}
}

bool ba_kcompactd_run(struct ba_ctx *ctx, struct ba_nodes *nodes, uint8_t id)
{
	struct ba_node *node = &nodes->node[id];
	struct ba_compact cc = {
		.order = node->kcompactd_max_order,
		.search_order = node->kcompactd_max_order,
		.type = BA_MT_UNMOVABLE,
		.mode = BA_COMPACT_SYNC_LIGHT,
		.highest_zoneidx = (uint8_t)node->kcompactd_highest_zoneidx };

	if (node->kcompactd_max_order == 0 || !ctx->vm->compaction)
		return false;
	ba_vm_count(ctx, BA_VM_compact_daemon_wake, 1);
	for (uint8_t z = 0; z < nodes->nr_zones; z++) {
		struct ba_zone *zone = &nodes->zone[z];

		if (is_populated(zone, id) &&
		    zone->index <= cc.highest_zoneidx)
			compact_for_order(ctx, nodes, &cc, zone);
	}
	node->kcompactd_max_order = 0;
	node->kcompactd_woken = false;
	node->proactive_ns = 0;
	return true;
}

/* All zones of the node, for no request. */
static void compact_whole(struct ba_ctx *ctx, struct ba_nodes *nodes,
			  uint8_t id, bool proactive)
{
	struct ba_compact cc = {
		.order = BA_COMPACT_WHOLE,
		.type = BA_MT_UNMOVABLE,
		.mode = proactive ? BA_COMPACT_SYNC_LIGHT : BA_COMPACT_SYNC,
		.proactive = proactive,
		.whole_zone = true,
		.ignore_skip = true };

	for (uint8_t z = 0; z < nodes->nr_zones; z++)
		if (is_populated(&nodes->zone[z], id))
			ba_compact_zone(ctx, nodes, &cc, &nodes->zone[z]);
}

uint32_t ba_fragmentation_score_node(const struct ba_nodes *nodes, uint8_t id)
{
	uint64_t pages = nodes->node[id].present + 1, score = 0;

	for (uint8_t z = 0; z < nodes->nr_zones; z++) {
		const struct ba_zone *zone = &nodes->zone[z];

		if (is_populated(zone, id))
			score += zone->present *
				 ba_fragmentation_score_zone(zone) / pages;
	}
	return (uint32_t)score;
}

void ba_kcompactd_tick(struct ba_ctx *ctx, struct ba_nodes *nodes, uint8_t id)
{
	struct ba_node *node = &nodes->node[id];
	uint64_t now = ctx->vm->now_ns;
	uint32_t before;

	if (!ctx->vm->compaction || !ctx->vm->compaction_proactiveness ||
	    now < node->proactive_ns)
		return;
	if (ba_kcompactd_run(ctx, nodes, id) || ba_kswapd_is_running(node))
		return;
	before = ba_fragmentation_score_node(nodes, id);
	if (before <= ba_fragmentation_score_wmark(ctx, false))
		return;
	compact_whole(ctx, nodes, id, true);
	if (ba_fragmentation_score_node(nodes, id) >= before)
		node->proactive_ns =
			now + (BA_KCOMPACTD_INTERVAL_NS <<
			       BA_COMPACT_DEFER_SHIFT_MAX);
}

void ba_compact_node(struct ba_ctx *ctx, struct ba_nodes *nodes, uint8_t id)
{
	if (ctx->vm->compaction)
		compact_whole(ctx, nodes, id, false);
}
