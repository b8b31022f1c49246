// SPDX-License-Identifier: GPL-2.0-only
#include "mm/kswapd.h"

#define NAP_NS	UINT64_C(100000000)		/* HZ/10 */

/* What stands for no zone asked for: MAX_NR_ZONES. */
static int32_t no_zoneidx(const struct ba_nodes *nodes)
{
	return ba_nodes_types(nodes)->nr;
}

/* Does the node have this zone, with pages, up to the highest? */
static bool counts(const struct ba_zone *zone, uint8_t node,
		   unsigned int highest_zoneidx)
{
	return zone->node == node && zone->index <= highest_zoneidx &&
	       zone->wmark.managed;
}

bool ba_pgdat_balanced(const struct ba_ctx *ctx, const struct ba_nodes *nodes,
		       uint8_t node, order_t order, uint8_t highest_zoneidx)
{
	bool none = true;

	for (uint8_t id = 0; id < nodes->nr_zones; id++) {
		const struct ba_zone *zone = &nodes->zone[id];
		const struct ba_wmark *w = &zone->wmark;

		if (!counts(zone, node, highest_zoneidx))
			continue;
		if (ba_wmark_ok_safe(ctx, &zone->buddy, w, order,
				     ba_wmark_pages(w, BA_WMARK_HIGH),
				     highest_zoneidx))
			return true;
		none = false;
	}
	return none;
}

/* Pages of boost of the node's zones (pgdat_watermark_boosted). */
static uint64_t boosts(const struct ba_nodes *nodes, uint8_t node,
		       uint8_t highest_zoneidx)
{
	int64_t pages = 0;

	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		if (counts(&nodes->zone[id], node, highest_zoneidx))
			pages += BA_PEEK(nodes->zone[id].wmark.boost);
	return (uint64_t)pages;
}

static void remember(const struct ba_nodes *nodes, struct ba_node *node,
		     order_t order, uint8_t highest_zoneidx)
{
	if (node->kswapd_highest_zoneidx == no_zoneidx(nodes) ||
	    node->kswapd_highest_zoneidx < highest_zoneidx)
		node->kswapd_highest_zoneidx = highest_zoneidx;
	if (node->kswapd_order < order)
		node->kswapd_order = order;
}

/* wakeup_kswapd, with the node's lock held. */
static void wake(const struct ba_ctx *ctx, struct ba_nodes *nodes,
		 const struct ba_zone *zone, uint32_t gfp, order_t order,
		 uint8_t highest_zoneidx)
{
	struct ba_node *node = &nodes->node[zone->node];

	remember(nodes, node, order, highest_zoneidx);
	/* who runs, or is about to, does not wait to be woken */
	if (ctx->traced || node->kswapd.woken ||
	    node->kswapd.state == BA_KSWAPD_BALANCING)
		return;
	if (BA_PEEK(node->kswapd_failures) >= BA_MAX_RECLAIM_RETRIES ||
	    (ba_pgdat_balanced(ctx, nodes, zone->node, order,
			       highest_zoneidx) &&
	     !boosts(nodes, zone->node, highest_zoneidx))) {
		/* memory there is, but perhaps in pieces */
		if (!(gfp & BA_GFP_DIRECT_RECLAIM))
			ba_kcompactd_wake(ctx, nodes, zone->node, order,
					  highest_zoneidx);
		return;
	}
	node->kswapd.woken = true;
	node->kswapd_next_ns = BA_PEEK(ctx->vm->now_ns);
}

void ba_kswapd_wake(const struct ba_ctx *ctx, struct ba_nodes *nodes,
		    const struct ba_zone *zone, uint32_t gfp, order_t order,
		    uint8_t highest_zoneidx)
{
	ba_lock_t *lock = &nodes->node[zone->node].kswapd_lock;

	if (zone->wmark.managed == 0)
		return;
	ba_lock(lock, ctx->shared);
	wake(ctx, nodes, zone, gfp, order, highest_zoneidx);
	ba_unlock(lock, ctx->shared);
}

void ba_kswapd_begin(struct ba_nodes *nodes, uint8_t id)
{
	struct ba_node *node = &nodes->node[id];

	if (node->kswapd_highest_zoneidx != no_zoneidx(nodes))
		node->kswapd_runs_for = node->kswapd_highest_zoneidx;
	node->kswapd_highest_zoneidx = no_zoneidx(nodes);
	node->kswapd_order = 0;
	for (uint8_t z = 0; z < nodes->nr_zones; z++) {
		struct ba_zone *zone = &nodes->zone[z];

		if (zone->node != id || zone->index > node->kswapd_runs_for)
			continue;
		zone->wmark.flags |= BA_ZONE_RECLAIM_ACTIVE;
		zone->wmark.boost_noted = zone->wmark.boost;
	}
}

void ba_kswapd_end(struct ba_nodes *nodes, uint8_t id)
{
	for (uint8_t z = 0; z < nodes->nr_zones; z++) {
		struct ba_wmark *w = &nodes->zone[z].wmark;

		if (nodes->zone[z].node != id ||
		    !(w->flags & BA_ZONE_RECLAIM_ACTIVE))
			continue;
		w->flags &= ~BA_ZONE_RECLAIM_ACTIVE;
		w->boost -= w->boost < w->boost_noted ? w->boost :
							w->boost_noted;
		w->boost_noted = 0;
	}
}

void ba_kswapd_thresholds(struct ba_nodes *nodes, uint8_t id)
{
	struct ba_node *node = &nodes->node[id];

	node->kswapd_awake = !node->kswapd_awake;
	for (uint8_t z = 0; z < nodes->nr_zones; z++) {
		struct ba_zone *zone = &nodes->zone[z];
		const int64_t *mark = zone->wmark.mark;
		uint16_t threshold;

		/* where the error cannot matter, nothing changes */
		if (zone->node != id || zone->wmark.drift_mark == 0)
			continue;
		threshold = node->kswapd_awake ?
			ba_vmstat_pressure_threshold(
				(uint64_t)mark[BA_WMARK_LOW],
				(uint64_t)mark[BA_WMARK_MIN],
				nodes->nr_cpus) :
			ba_vmstat_normal_threshold(
				(uint64_t)zone->wmark.managed,
				nodes->nr_cpus);
		for (cpu_t cpu = 0; cpu < nodes->nr_cpus; cpu++)
			zone->buddy.free_pages.threshold[cpu] = threshold;
	}
}

/* balance_pgdat begins. */
static void begin(struct ba_ctx *ctx, struct ba_nodes *nodes, uint8_t id)
{
	struct ba_node *node = &nodes->node[id];
	uint8_t order = (uint8_t)node->kswapd_order;

	ba_kswapd_begin(nodes, id);
	node->kswapd = (struct ba_balance){
		.state = BA_KSWAPD_BALANCING,
		.alloc_order = order,
		.order = order,
		.priority = BA_DEF_PRIORITY,
		.boost = boosts(nodes, id, (uint8_t)node->kswapd_runs_for),
	};
	node->kswapd.boosted = node->kswapd.boost > 0;
	ba_vm_count(ctx, BA_VM_pageoutrun, 1);
}

/* May it sleep? Then what it knows of dirty pages is out of date. */
static bool prepare_sleep(const struct ba_ctx *ctx, struct ba_nodes *nodes,
			  uint8_t id)
{
	struct ba_node *node = &nodes->node[id];

	if (node->kswapd_failures >= BA_MAX_RECLAIM_RETRIES)
		return true;
	if (!ba_pgdat_balanced(ctx, nodes, id, node->kswapd.order,
			       (uint8_t)node->kswapd_runs_for))
		return false;
	node->reclaim_flags = 0;
	return true;
}

/* The highest zone asked for since, or else that of the last run. */
static int32_t highest_zoneidx(const struct ba_nodes *nodes,
			       const struct ba_node *node)
{
	return node->kswapd_highest_zoneidx == no_zoneidx(nodes) ?
		node->kswapd_runs_for : node->kswapd_highest_zoneidx;
}

/*
 * After a run: a nap, if the node is balanced for the order that the run
 * ended with; else the next one. A run that lowered its order is not over for
 * the one that was asked for; another begins with what was asked meanwhile.
 */
static bool try_to_sleep(struct ba_ctx *ctx, struct ba_nodes *nodes,
			 uint8_t id)
{
	struct ba_node *node = &nodes->node[id];

	if (node->kswapd.order >= node->kswapd.alloc_order) {
		node->kswapd.alloc_order = (uint8_t)node->kswapd_order;
		node->kswapd.order = (uint8_t)node->kswapd_order;
		node->kswapd_runs_for = highest_zoneidx(nodes, node);
	}
	if (!prepare_sleep(ctx, nodes, id)) {
		ba_vm_count(ctx, BA_VM_kswapd_high_wmark_hit_quickly, 1);
		begin(ctx, nodes, id);
		return true;
	}
	/* memory is free: time to bring it together */
	ba_compact_flush_node(ctx, nodes, id);
	ba_kcompactd_wake(ctx, nodes, id, node->kswapd.alloc_order,
			  (uint8_t)node->kswapd_runs_for);
	node->kswapd.state = BA_KSWAPD_NAPPING;
	node->kswapd.woken = false;
	node->kswapd_next_ns = ctx->vm->now_ns + NAP_NS;
	return false;
}

/* balance_pgdat is over. */
static bool finish(struct ba_ctx *ctx, struct ba_nodes *nodes, uint8_t id)
{
	const struct ba_node *node = &nodes->node[id];

	ba_kswapd_end(nodes, id);
	/* what was mixed up for want of blocks can be put right now */
	if (node->kswapd.boosted)
		ba_kcompactd_wake(ctx, nodes, id, BA_PAGEBLOCK_ORDER,
				  (uint8_t)node->kswapd_runs_for);
	return try_to_sleep(ctx, nodes, id);
}

/* kswapd_shrink_node; did it look at pages enough? */
static bool shrink(struct ba_ctx *ctx, struct ba_nodes *nodes, uint8_t id,
		   struct ba_scan *sc)
{
	sc->nr_to_reclaim = 0;
	for (uint8_t z = 0; z < nodes->nr_zones; z++) {
		const struct ba_zone *zone = &nodes->zone[z];
		int64_t high = ba_wmark_pages(&zone->wmark, BA_WMARK_HIGH);

		if (counts(zone, id, sc->reclaim_idx))
			sc->nr_to_reclaim += high > BA_SWAP_CLUSTER_MAX ?
				(uint64_t)high : BA_SWAP_CLUSTER_MAX;
	}
	ba_shrink_node(ctx, nodes, id, sc);
	if (sc->order && sc->nr_reclaimed >= ba_compact_gap(sc->order))
		sc->order = 0;
	return sc->nr_scanned >= sc->nr_to_reclaim;
}

/* One round over the node at its priority; pages freed. */
static uint64_t shrink_round(struct ba_ctx *ctx, struct ba_nodes *nodes,
			     uint8_t id, bool *scanned_enough)
{
	struct ba_node *node = &nodes->node[id];
	struct ba_balance *run = &node->kswapd;
	struct ba_scan sc = {
		.gfp = BA_GFP_KERNEL,
		.order = run->order,
		.reclaim_idx = (uint8_t)node->kswapd_runs_for,
		.priority = run->priority,
		.kswapd = true,
		.may_writepage = !run->boost,
		.may_swap = !run->boost,
		.no_cache_trim_mode = run->no_cache_trim_mode,
		.nr_reclaimed = run->nr_reclaimed,
	};
	uint64_t reclaimed;

	ba_age_anon(ctx, nodes, id, &sc);
	*scanned_enough = shrink(ctx, nodes, id, &sc);
	reclaimed = sc.nr_reclaimed - run->nr_reclaimed;
	run->nr_reclaimed = sc.nr_reclaimed;
	run->order = sc.order;
	run->cache_trim_mode_failed |= sc.cache_trim_mode_failed;
	return reclaimed;
}

/*
 * The run has come to its last priority, or freed nothing for a boost. Once
 * more, if all it did was to spare anonymous pages?
 */
static bool run_over(struct ba_ctx *ctx, struct ba_nodes *nodes, uint8_t id)
{
	struct ba_balance *run = &nodes->node[id].kswapd;

	if (ctx->profile->trim_mode_retry && !run->nr_reclaimed &&
	    run->priority < 1 && !run->no_cache_trim_mode &&
	    run->cache_trim_mode_failed) {
		run->no_cache_trim_mode = true;
		run->priority = BA_DEF_PRIORITY;
		return true;
	}
	if (!run->nr_reclaimed)
		nodes->node[id].kswapd_failures++;
	return finish(ctx, nodes, id);
}

/* A turn of balance_pgdat's loop. */
static bool balance(struct ba_ctx *ctx, struct ba_nodes *nodes, uint8_t id)
{
	struct ba_node *node = &nodes->node[id];
	struct ba_balance *run = &node->kswapd;
	bool balanced = ba_pgdat_balanced(ctx, nodes, id, run->order,
					  (uint8_t)node->kswapd_runs_for);
	bool lower = true, scanned_enough;
	uint64_t reclaimed;

	if (!balanced && run->boost) {
		run->boost = 0;
		run->priority = BA_DEF_PRIORITY;
	}
	if (balanced && !run->boost)
		return finish(ctx, nodes, id);
	if (run->boost && run->priority == BA_DEF_PRIORITY - 2)
		lower = false;
	reclaimed = shrink_round(ctx, nodes, id, &scanned_enough);
	if (scanned_enough)
		lower = false;
	run->boost -= run->boost < reclaimed ? run->boost : reclaimed;
	if (run->boost && !reclaimed)
		return run_over(ctx, nodes, id);
	if (lower || !reclaimed)
		run->priority--;
	return run->priority >= 1 ? true : run_over(ctx, nodes, id);
}

/* A recorded machine may say that it is awake already. */
static void set_awake(struct ba_nodes *nodes, uint8_t id, bool awake)
{
	if (nodes->node[id].kswapd_awake != awake)
		ba_kswapd_thresholds(nodes, id);
}

/* The nap is over: to sleep for good, or a new run. */
static bool end_nap(struct ba_ctx *ctx, struct ba_nodes *nodes, uint8_t id)
{
	struct ba_node *node = &nodes->node[id];

	if (node->kswapd.woken) {
		ba_vm_count(ctx, BA_VM_kswapd_low_wmark_hit_quickly, 1);
	} else if (prepare_sleep(ctx, nodes, id)) {
		set_awake(nodes, id, false);
		node->kswapd.state = BA_KSWAPD_ASLEEP;
		return false;
	} else {
		ba_vm_count(ctx, BA_VM_kswapd_high_wmark_hit_quickly, 1);
	}
	begin(ctx, nodes, id);
	return true;
}

static bool step(struct ba_ctx *ctx, struct ba_nodes *nodes, uint8_t id)
{
	struct ba_node *node = &nodes->node[id];

	switch ((enum ba_kswapd_state)node->kswapd.state) {
	case BA_KSWAPD_BALANCING:
		return balance(ctx, nodes, id);
	case BA_KSWAPD_NAPPING:
		return end_nap(ctx, nodes, id);
	case BA_KSWAPD_ASLEEP:
		break;
	}
	if (!node->kswapd.woken)
		return false;
	set_awake(nodes, id, true);
	begin(ctx, nodes, id);
	return true;
}

bool ba_kswapd_step(struct ba_ctx *ctx, struct ba_nodes *nodes, uint8_t id)
{
	struct ba_node *node = &nodes->node[id];
	uint64_t now = ctx->vm->now_ns;
	uint32_t before = ctx->charge.latency_ns;
	bool more;

	if (node->kswapd_next_ns > now)
		return node->kswapd.state == BA_KSWAPD_BALANCING;
	more = step(ctx, nodes, id);
	now += ctx->charge.latency_ns - before;
	if (more && node->kswapd_next_ns < now)
		node->kswapd_next_ns = now;
	if (node->kswapd.state == BA_KSWAPD_ASLEEP)
		node->kswapd_next_ns = UINT64_MAX;
	return more;
}
