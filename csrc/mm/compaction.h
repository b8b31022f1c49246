/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compaction - whether a zone is compacted, for how long, and what came of
 * it: for a request that finds no block of its order, and for kcompactd.
 *
 *	request of order 9
 *	  for each zone   deferred? -- suitable? -- run -- result
 *	                     |            |                  |
 *	                  DEFERRED     SKIPPED    SUCCESS: a block is free, or
 *	                               SUCCESS             was captured
 *	                                          COMPLETE: scanners met; put
 *	                                                    off the next ones
 *
 *	one turn of a run   finished? -> isolate 32 pages -> move them ->
 *	                    drain the CPU's list -> captured?
 *
 * Deferral: each failure doubles the number of requests of that order and
 * above that are turned away before the next try, up to 64.
 *
 * Models: try_to_compact_pages, compact_zone_order, compact_zone,
 *	compact_finished, compaction_suitable, compaction_zonelist_suitable,
 *	defer_compaction, compaction_deferred, compaction_defer_reset,
 *	compaction_restarting, mm/compaction.c; enum compact_result,
 *	enum compact_priority, include/linux/compaction.h (6.1, 6.12);
 *	compaction_suit_allocation_order, mm/compaction.c (6.12).
 * Profiles: compact_keeps_orders.
 * Simplified: nobody contends with a run or interrupts it, and it takes no
 *	time on the machine's clock but what it waits for writeback. Where
 *	6.1.0 would search the same pageblocks for ever, which 6.1.12 mended,
 *	the run ends as CONTENDED. No cpusets.
 *
 * Invariants:
 *   O5 after a run each page has its handle, in the same zone as before.
 */
#ifndef BA_MM_COMPACTION_H
#define BA_MM_COMPACTION_H

#include "mm/migrate.h"

/* X(NAME) - how a run ended; the larger one counts for several zones */
#define BA_COMPACT_RESULTS(X)						\
	X(NOT_SUITABLE_ZONE) X(SKIPPED) X(DEFERRED) X(NO_SUITABLE_PAGE)	\
	X(CONTINUE) X(COMPLETE) X(PARTIAL_SKIPPED) X(CONTENDED) X(SUCCESS)

enum ba_compact_result {
#define X(name) BA_COMPACT_##name,
	BA_COMPACT_RESULTS(X)
#undef X
};

/* How hard a request tries. */
enum ba_compact_priority {
	BA_COMPACT_PRIO_SYNC_FULL,	/* whole zone, no skip bits, any type */
	BA_COMPACT_PRIO_SYNC_LIGHT,
	BA_COMPACT_PRIO_ASYNC,
};

/* May a request of these flags compact (gfp_compaction_allowed)? */
static inline bool ba_compaction_allowed(const struct ba_ctx *ctx, gfp_t gfp)
{
	return ctx->vm->compaction &&
	       (gfp & BA_GFP_IO || !ctx->profile->compact_needs_io);
}

/* Free pages beyond a mark that let compaction of the order begin. */
static inline uint64_t ba_compact_gap(order_t order)
{
	return UINT64_C(2) << order;
}

/*
 * Compact for a request, zone after zone. *captured is the block that the run
 * kept for it, in use and not yet prepared (ba_alloc_captured), or
 * BA_PFN_NONE. The caller counts compact_stall, compact_success and
 * compact_fail, and if the request is served clears the zone's
 * blockskip_flush and calls ba_compaction_defer_reset.
 */
enum ba_compact_result
ba_try_to_compact_pages(struct ba_ctx *ctx, struct ba_nodes *nodes,
			const struct ba_alloc *request,
			enum ba_compact_priority prio, pfn_t *captured);

/*
 * SUCCESS: the zone holds the mark that alloc_flags names, and has such a
 * block. SKIPPED: too few free pages to move others to, or too few in all.
 * CONTINUE: compaction may help. alloc_flags 0 stands for MIN.
 */
enum ba_compact_result
ba_compaction_suitable(const struct ba_ctx *ctx, const struct ba_zone *zone,
		       order_t order, unsigned int alloc_flags,
		       uint8_t highest_zoneidx);

/* Would a zone be suitable if some of what is reclaimable were free? */
bool ba_compaction_zonelist_suitable(const struct ba_ctx *ctx,
				     struct ba_nodes *nodes,
				     const struct ba_alloc *request);

/* Put off requests of the order and above. */
void ba_compaction_defer(struct ba_zone *zone, order_t order);

/* Is this one put off? Counts it. */
bool ba_compaction_deferred(struct ba_zone *zone, order_t order);

/* No more of that: a run ended well, or even the request was served. */
void ba_compaction_defer_reset(struct ba_zone *zone, order_t order,
			       bool served);

/* One run over a zone, for what cc says. cc->zone and positions are set. */
enum ba_compact_result ba_compact_zone(struct ba_ctx *ctx,
				       struct ba_nodes *nodes,
				       struct ba_compact *cc,
				       struct ba_zone *zone);

/* Per cent: what proactive compaction brings a zone down to. */
uint32_t ba_fragmentation_score_zone(const struct ba_zone *zone);
uint32_t ba_fragmentation_score_wmark(const struct ba_ctx *ctx, bool low);

#endif
