/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * node - memory nodes, their zones, and the order in which zones are tried.
 *
 *	node 0: zonelist  Normal(0) DMA32(0) DMA(0) | Normal(1)
 *	                  own zones, highest first    next node
 *
 * A request names the highest zone it can use; higher ones are skipped.
 *
 * Models: pg_data_t, struct zonelist, include/linux/mmzone.h;
 *	build_zonelists, build_zonerefs_node, find_next_best_node,
 *	mm/page_alloc.c (6.1, 6.12).
 * Simplified: nodes are at distance 10 from themselves and 20 from each
 *	other; every node has CPUs or none has a preference.
 *
 * Invariants:
 *   N1 a zonelist holds each populated zone at most once, and every zone of
 *      its own node before any other.
 *   N2 preferred[] agrees with zone[]: both are built together.
 *   N3 by_gfp is the table of the architecture's zones.
 */
#ifndef BA_MM_NODE_H
#define BA_MM_NODE_H

#include "mm/zone.h"

#define BA_NO_ZONE 0xffu

struct ba_zonelist {
	uint8_t zone[BA_ZONE_MAX];	/* zone ids in the order to try */
	uint8_t nr;			/* zones of all nodes */
	uint8_t nr_local;		/* zones of this node: the first ones */
	uint8_t by_gfp[BA_GFP_ZONE_BITS + 1]; /* for ba_gfp_zone */
	uint8_t preferred[BA_ZONES_PER_NODE]; /* by highest zone: the first
					 * of this node's zones it may use,
					 * or BA_NO_ZONE */
};

/* The pages of a node that reclaim may take (mm/lru.h). */
struct ba_lruvec {
	struct ba_list list[BA_NR_LRU];	/* heads of blocks; newest first */
	int64_t nr[BA_NR_LRU];		/* pages */
	uint64_t anon_cost, file_cost;	/* of reclaim lately: mm/reclaim.h */
};

enum ba_kswapd_state {
	BA_KSWAPD_ASLEEP,
	BA_KSWAPD_NAPPING,	/* for 100 ms */
	BA_KSWAPD_BALANCING,
};

/* Where a node's kswapd stands between two rounds (mm/kswapd.h). */
struct ba_balance {
	uint8_t state;			/* enum ba_kswapd_state */
	bool woken;			/* since it naps or sleeps */
	uint8_t alloc_order;		/* asked for */
	uint8_t order;			/* that it still reclaims for */
	int8_t priority;		/* of the next round */
	bool boosted;			/* it began with zones boosted */
	bool no_cache_trim_mode;
	bool cache_trim_mode_failed;
	uint64_t boost;			/* pages still to be freed for that */
	uint64_t nr_reclaimed;		/* pages, since it began */
};

struct ba_node {
	bool online;
	ba_lock_t kswapd_lock;		/* of what wakes kswapd and kcompactd */
	uint64_t start_pfn;
	uint64_t spanned;		/* pages */
	uint64_t present;		/* pages */
	uint64_t totalreserve;		/* pages */
	int32_t kswapd_order;		/* largest order asked for, 0: none */
	int32_t kswapd_highest_zoneidx;	/* highest zone asked for; none: the
					 * number of zone types */
	int32_t kswapd_runs_for;	/* highest zone of its last run */
	bool kswapd_awake;		/* its thresholds hold */
	bool kcompactd_woken;		/* some zone is worth a run at once */
	uint8_t reclaim_flags;		/* mm/shrink.h */
	int32_t kswapd_failures;	/* runs since one that freed a page */
	struct ba_balance kswapd;	/* what it is at */
	uint64_t kswapd_next_ns;	/* not before this time, on the machine's
					 * clock; UINT64_MAX: when woken */
	int32_t kcompactd_max_order;	/* largest order asked for, 0: none */
	int32_t kcompactd_highest_zoneidx; /* lowest of those asked for */
	uint64_t proactive_ns;		/* not before this time: mm/kcompactd.h */
	struct ba_lruvec lruvec;
	struct ba_zonelist zonelist;
};

/* At work, and not between two naps. */
static inline bool ba_kswapd_is_running(const struct ba_node *node)
{
	return node->kswapd.state == BA_KSWAPD_BALANCING;
}

/* All the memory of a machine. */
struct ba_nodes {
	uint8_t arch;			/* enum ba_arch */
	uint8_t nr_zones;
	uint8_t nr_nodes;
	uint8_t nr_cpus;
	uint8_t cpu_node[BA_CPU_MAX];	/* node of each CPU */
	pfn_t end;			/* first frame past every zone */
	struct ba_node node[BA_NODE_MAX];
	struct ba_zone zone[BA_ZONE_MAX];
};

static inline const struct ba_zone_types *
ba_nodes_types(const struct ba_nodes *nodes)
{
	return &ba_zone_types[nodes->arch];
}

/* Build the zonelist of every node from the zones that have pages. */
void ba_nodes_build_zonelists(struct ba_nodes *nodes);

/* The zone of a frame's pageblock, which may begin or end inside it; or NULL. */
static inline struct ba_zone *
ba_nodes_zone_of_pageblock(const struct ba_ctx *ctx, struct ba_nodes *nodes,
			   pfn_t pfn)
{
	uint8_t id;

	if (ba_unlikely(pfn >= nodes->end))
		return NULL;
	id = ctx->pageblocks[ba_pageblock_nr(pfn)].zone;
	return ba_likely(id != BA_PAGEBLOCK_NO_ZONE) ? &nodes->zone[id - 1u] :
						       NULL;
}

/* The zone that spans a frame; NULL for a hole. */
static inline struct ba_zone *ba_nodes_zone_of(const struct ba_ctx *ctx,
					       struct ba_nodes *nodes,
					       pfn_t pfn)
{
	struct ba_zone *zone = ba_nodes_zone_of_pageblock(ctx, nodes, pfn);

	return ba_likely(zone && ba_zone_spans(zone, pfn)) ? zone : NULL;
}

/* A walk over the zones that a request may use, in zonelist order. */
struct ba_walk {
	const struct ba_zonelist *list;
	uint8_t at, end;	/* positions in the zonelist */
	uint8_t highest_zoneidx;
};

static inline struct ba_walk ba_walk_start(const struct ba_nodes *nodes,
					   const struct ba_alloc *request)
{
	const struct ba_zonelist *list = &nodes->node[request->node].zonelist;

	return (struct ba_walk){
		.list = list,
		.end = request->gfp & BA_GFP_THISNODE ? list->nr_local :
							list->nr,
		.highest_zoneidx = request->highest_zoneidx,
	};
}

/* The next zone, or NULL behind the last. */
static inline struct ba_zone *ba_walk_next(struct ba_nodes *nodes,
					   struct ba_walk *walk)
{
	while (walk->at < walk->end) {
		struct ba_zone *zone =
			&nodes->zone[walk->list->zone[walk->at++]];

		if (ba_likely(zone->index <= walk->highest_zoneidx))
			return zone;
	}
	return NULL;
}

/* The zone that the request would rather have; NULL: none it may use. */
static inline struct ba_zone *ba_preferred_zone(struct ba_nodes *nodes,
						const struct ba_alloc *request)
{
	const struct ba_zonelist *list = &nodes->node[request->node].zonelist;
	uint8_t id = list->preferred[request->highest_zoneidx];
	struct ba_walk walk;

	if (ba_likely(id != BA_NO_ZONE))
		return &nodes->zone[id];
	walk = ba_walk_start(nodes, request);
	return ba_walk_next(nodes, &walk);
}

#endif
