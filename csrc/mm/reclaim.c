// SPDX-License-Identifier: GPL-2.0-only
#include "mm/reclaim.h"

#include <string.h>

#include "mm/shrinker.h"

#define TICK_NS		UINT64_C(4000000)	/* HZ=250 */
#define THROTTLE_NS	UINT64_C(100000000)	/* HZ/10 */

/*
 * The target is reached and both kinds of pages have counts left: leave the
 * kind with less, and of the other scan as large a part as of that one.
 */
static void trim_counts(uint64_t nr[BA_NR_LRU],
			const uint64_t targets[BA_NR_LRU])
{
	uint64_t anon = nr[BA_LRU_INACTIVE_ANON] + nr[BA_LRU_ACTIVE_ANON];
	uint64_t file = nr[BA_LRU_INACTIVE_FILE] + nr[BA_LRU_ACTIVE_FILE];
	unsigned int less = file > anon ? BA_LRU_INACTIVE_ANON :
					  BA_LRU_INACTIVE_FILE;
	unsigned int more = file > anon ? BA_LRU_INACTIVE_FILE :
					  BA_LRU_INACTIVE_ANON;
	uint64_t left = (file > anon ? anon : file) * 100 /
			(targets[less] + targets[less + 1] + 1);

	nr[less] = 0;
	nr[less + 1] = 0;
	for (unsigned int lru = more; lru <= more + 1; lru++) {
		uint64_t scanned = targets[lru] - nr[lru];
		uint64_t target = targets[lru] * (100 - left) / 100;

		nr[lru] = target < scanned ? 0 : target - scanned;
	}
}

/* As for a request of the block layer: until the first page is written. */
static void wait_for_room(struct ba_ctx *ctx, struct ba_nodes *nodes)
{
	uint64_t due = ba_writeback_due_of(ctx, 1);

	if (due != UINT64_MAX && due > ctx->vm->now_ns)
		ba_writeback_wait(ctx, nodes, due - ctx->vm->now_ns);
}

/*
 * A batch of each list that has counts left. A request's work takes its time,
 * in which pages are written; kswapd is put off afterwards (sim/clock.h), and
 * goes no further than the queue has room.
 */
static uint64_t shrink_lists(struct ba_ctx *ctx, struct ba_nodes *nodes,
			     uint8_t node, uint64_t nr[BA_NR_LRU],
			     struct ba_scan *sc)
{
	uint64_t reclaimed = 0;

	for (unsigned int lru = 0; lru < BA_NR_LRU; lru++) {
		uint32_t before_ns = ctx->charge.latency_ns;
		uint64_t scan = nr[lru] < BA_SWAP_CLUSTER_MAX ?
			nr[lru] : BA_SWAP_CLUSTER_MAX;

		if (!scan)
			continue;
		nr[lru] -= scan;
		reclaimed += ba_shrink_list(ctx, nodes, node,
					    (enum ba_lru_list)lru, scan, sc);
		if (sc->kswapd) {
			if (sc->queue_full)
				break;
			continue;
		}
		ba_writeback_pass(ctx, nodes,
				  ctx->charge.latency_ns - before_ns);
		if (sc->queue_full)
			wait_for_room(ctx, nodes);
		sc->queue_full = false;
	}
	return reclaimed;
}

static void shrink_lruvec(struct ba_ctx *ctx, struct ba_nodes *nodes,
			  uint8_t node, struct ba_scan *sc)
{
	bool to_the_end = !sc->kswapd && sc->priority == BA_DEF_PRIORITY;
	uint64_t nr[BA_NR_LRU], targets[BA_NR_LRU];
	uint64_t reclaimed = 0;

	ba_get_scan_count(ctx, nodes, node, sc, nr);
	for (unsigned int lru = 0; lru < BA_NR_LRU; lru++)
		targets[lru] = nr[lru];
	while (nr[BA_LRU_INACTIVE_ANON] || nr[BA_LRU_ACTIVE_FILE] ||
	       nr[BA_LRU_INACTIVE_FILE]) {
		reclaimed += shrink_lists(ctx, nodes, node, nr, sc);
		if (sc->queue_full)
			break;
		if (reclaimed < sc->nr_to_reclaim || to_the_end)
			continue;
		if (!(nr[BA_LRU_INACTIVE_FILE] + nr[BA_LRU_ACTIVE_FILE]) ||
		    !(nr[BA_LRU_INACTIVE_ANON] + nr[BA_LRU_ACTIVE_ANON]))
			break;
		trim_counts(nr, targets);
	}
	sc->nr_reclaimed += reclaimed;
	ba_age_anon(ctx, nodes, node, sc);
}

/* Slab objects too; what slabs give back counts as reclaimed. */
static void shrink_objects(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   uint8_t node, struct ba_scan *sc)
{
	uint32_t before = ctx->reclaimed_slab;

	ba_shrink_slab(ctx, nodes, node, sc->gfp, sc->priority);
	sc->nr_reclaimed += ctx->reclaimed_slab - before;
}

/* Is the request one that compaction serves after some reclaim? */
static bool in_reclaim_compaction(const struct ba_ctx *ctx,
				  const struct ba_scan *sc)
{
	return sc->order && ba_compaction_allowed(ctx, sc->gfp) &&
	       (sc->order > BA_COSTLY_ORDER ||
		sc->priority < BA_DEF_PRIORITY - 2);
}

/* Go on with the node, so that compaction will find pages enough? */
static bool should_continue_reclaim(const struct ba_ctx *ctx,
				    const struct ba_nodes *nodes,
				    uint8_t node, uint64_t reclaimed,
				    const struct ba_scan *sc)
{
	const int64_t *nr = nodes->node[node].lruvec.nr;
	int64_t inactive = nr[BA_LRU_INACTIVE_FILE];

	if (!in_reclaim_compaction(ctx, sc) || !reclaimed)
		return false;
	for (uint8_t id = 0; id < nodes->nr_zones; id++) {
		const struct ba_zone *zone = &nodes->zone[id];

		if (zone->node == node && zone->index <= sc->reclaim_idx &&
		    zone->wmark.managed &&
		    ba_compaction_suitable(ctx, zone, sc->order, 0,
					   sc->reclaim_idx) !=
			    BA_COMPACT_SKIPPED)
			return false;
	}
	if (ba_can_reclaim_anon(ctx))
		inactive += nr[BA_LRU_INACTIVE_ANON];
	return (uint64_t)inactive > ba_compact_gap(sc->order);
}

/*
 * The node's kswapd meets pages being written for the second time: it waits
 * until 33 pages are written, for 100 ms at most.
 */
static void throttle_kswapd(const struct ba_ctx *ctx, struct ba_node *node)
{
	uint64_t end = ctx->vm->now_ns + THROTTLE_NS;
	uint64_t due = ba_writeback_due_of(ctx, BA_SWAP_CLUSTER_MAX + 1);

	node->kswapd_next_ns = due < end ? due : end;
}

/* What kswapd learns about dirty pages, for itself and for the others. */
static void note_dirty(const struct ba_ctx *ctx, struct ba_node *node,
		       const struct ba_scan *sc)
{
	if (sc->nr.writeback && sc->nr.writeback == sc->nr.taken)
		node->reclaim_flags |= BA_NODE_WRITEBACK;
	if (sc->nr.unqueued_dirty == sc->nr.file_taken)
		node->reclaim_flags |= BA_NODE_DIRTY;
	if (sc->queue_full)
		node->kswapd_next_ns = ba_writeback_due_of(ctx, 1);
	if (sc->nr.immediate)
		throttle_kswapd(ctx, node);
	if (sc->nr.dirty && sc->nr.dirty == sc->nr.congested)
		node->reclaim_flags |= BA_NODE_CONGESTED;
}

/* Is most of the memory not on its way to disk, so that waiting is no use? */
static bool skip_throttle_noprogress(const struct ba_ctx *ctx,
				     const struct ba_nodes *nodes,
				     uint8_t node)
{
	uint64_t pending = ctx->vm->nr_dirty + ctx->vm->nr_writeback;
	uint64_t reclaimable = 0;

	if (nodes->node[node].kswapd_failures >= BA_MAX_RECLAIM_RETRIES)
		return true;
	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		if (nodes->zone[id].wmark.managed)
			reclaimable += ba_zone_reclaimable_pages(
				ctx, &nodes->zone[id]);
	return 2 * pending <= reclaimable;
}

/* reclaim_throttle of a request: congested, or no progress */
static void throttle(struct ba_ctx *ctx, struct ba_nodes *nodes, uint8_t node)
{
	if (!skip_throttle_noprogress(ctx, nodes, node))
		ba_writeback_wait(ctx, nodes, TICK_NS);
}

void ba_shrink_node(struct ba_ctx *ctx, struct ba_nodes *nodes, uint8_t id,
		    struct ba_scan *sc)
{
	struct ba_node *node = &nodes->node[id];
	bool progress = false;
	uint64_t before;

	do {
		before = sc->nr_reclaimed;
		ba_charge_ns(&ctx->charge, BA_COST_RECLAIM_ROUND);
		memset(&sc->nr, 0, sizeof(sc->nr));
		ba_prepare_scan_count(ctx, nodes, id, sc);
		shrink_lruvec(ctx, nodes, id, sc);
		shrink_objects(ctx, nodes, id, sc);
		if (sc->nr_reclaimed > before)
			progress = true;
		if (sc->kswapd)
			note_dirty(ctx, node, sc);
		else if (node->reclaim_flags & BA_NODE_CONGESTED)
			throttle(ctx, nodes, id);
	} while (should_continue_reclaim(ctx, nodes, id,
					 sc->nr_reclaimed - before, sc));
	if (progress)
		node->kswapd_failures = 0;
	else if (sc->cache_trim_mode)
		sc->cache_trim_mode_failed = true;
}

/* Has the zone so much free memory that compaction should have its turn? */
static bool compaction_ready(const struct ba_ctx *ctx,
			     const struct ba_zone *zone,
			     const struct ba_scan *sc)
{
	int64_t mark = ba_wmark_pages(&zone->wmark, BA_WMARK_HIGH) +
		       (int64_t)ba_compact_gap(sc->order);
	enum ba_compact_result suitable;

	if (!ba_compaction_allowed(ctx, sc->gfp))
		return false;
	suitable = ba_compaction_suitable(ctx, zone, sc->order, 0,
					  sc->reclaim_idx);
	if (suitable != BA_COMPACT_CONTINUE)
		return suitable == BA_COMPACT_SUCCESS;
	return ba_wmark_ok_safe(ctx, &zone->buddy, &zone->wmark, 0, mark,
				sc->reclaim_idx);
}

static void shrink_zones(struct ba_ctx *ctx, struct ba_nodes *nodes,
			 const struct ba_alloc *request, struct ba_scan *sc)
{
	struct ba_walk walk = ba_walk_start(nodes, request);
	const struct ba_zone *zone;
	uint32_t first = UINT32_MAX, last = UINT32_MAX;

	while ((zone = ba_walk_next(nodes, &walk))) {
		if (sc->order > BA_COSTLY_ORDER &&
		    compaction_ready(ctx, zone, sc)) {
			sc->compaction_ready = true;
			continue;
		}
		if (first == UINT32_MAX)
			first = zone->node;
		if (zone->node == last)
			continue;
		last = zone->node;
		ba_shrink_node(ctx, nodes, zone->node, sc);
	}
	/* consider_reclaim_throttle */
	if (first != UINT32_MAX && sc->priority == 1 && !sc->nr_reclaimed)
		throttle(ctx, nodes, (uint8_t)first);
}

/* From priority 12 down until enough is freed; is there reason to stop? */
static bool reclaim_zones(struct ba_ctx *ctx, struct ba_nodes *nodes,
			  const struct ba_alloc *request, struct ba_scan *sc)
{
	ba_vm_count(ctx, BA_VM_allocstall, 1);
	for (sc->priority = BA_DEF_PRIORITY; sc->priority >= 0;
	     sc->priority--) {
		sc->nr_scanned = 0;
		shrink_zones(ctx, nodes, request, sc);
		if (sc->nr_reclaimed >= sc->nr_to_reclaim ||
		    sc->compaction_ready)
			break;
	}
	return sc->nr_reclaimed || sc->compaction_ready;
}

uint32_t ba_try_to_free_pages(struct ba_ctx *ctx, struct ba_nodes *nodes,
			      const struct ba_alloc *request)
{
	struct ba_scan sc = {
		.nr_to_reclaim = BA_SWAP_CLUSTER_MAX,
		.gfp = request->gfp,
		.order = request->order,
		.reclaim_idx = request->highest_zoneidx,
		.may_writepage = true,
		.may_swap = true,
	};

	ba_charge_step(&ctx->charge, BA_STEP_DIRECT_RECLAIM);
	if (!reclaim_zones(ctx, nodes, request, &sc) &&
	    !(ctx->profile->reclaim_full_walk &&
	      reclaim_zones(ctx, nodes, request, &sc)) &&
	    sc.skipped_deactivate) {
		sc.force_deactivate = true;
		reclaim_zones(ctx, nodes, request, &sc);
	}
	if (sc.nr_reclaimed)
		return (uint32_t)sc.nr_reclaimed;
	return sc.compaction_ready;
}
