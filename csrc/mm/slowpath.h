/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slowpath - what follows when no zone held the low watermark.
 *
 *	wake kswapd; look again, down to MIN and the request's discounts
 *	 |   large blocks: compact at once
 *	 v
 *	.-> look -> may not sleep? fail
 *	|   reclaim 32 pages -> look; give reserves back, drain -> look
 *	|   compact -> look
 *	'-- as long as there is hope; else the OOM killer; else fail
 *
 * In a replay the trace tells what reclaim and compaction did (ctx->traced),
 * and a request ends where they would begin. One that must not fail then has
 * all of the reserves, as after the OOM killer's turn.
 *
 * Models: gfp_to_alloc_flags, __alloc_pages_slowpath,
 *	__alloc_pages_direct_reclaim, __alloc_pages_direct_compact,
 *	__gfp_pfmemalloc_flags, should_reclaim_retry, should_compact_retry,
 *	__alloc_pages_may_oom, mm/page_alloc.c (6.1, 6.12).
 * Profiles: nonblock_flags, highatomic_needs_high, unreserve_on_refusal,
 *	compact_needs_io, thisnode_gives_up.
 * Simplified: kswapd has no time while a request retries, so a boost that it
 *	would pay off meanwhile counts until the machine's clock moves on. No
 *	cpusets and no memory policies, so nothing changes them meanwhile and
 *	no restart is needed. No task has rights by its
 *	priority; in a replay they come with the request (ctx->rights), else
 *	the victim of the OOM killer alone has any. Nobody else has the OOM
 *	lock; where the kernel panics, as it finds nobody to kill, the request
 *	ends as OOM. One that the kernel would try to serve for ever
 *	(__GFP_NOFAIL, or without __GFP_FS) ends as ENDLESS after 64 rounds in
 *	which nothing was reclaimed and nobody killed.
 *	should_compact_retry is that of 6.12, which says the same as 6.1's of
 *	all results that a run can have. Without CONFIG_COMPACTION 6.1.0 is as
 *	6.1.84: a request that cannot compact is not tried again for that.
 *
 * Invariants:
 *   S1 a request without __GFP_DIRECT_RECLAIM never reclaims or compacts.
 *   S2 a request with __GFP_NOFAIL that may reclaim ends with a block or as
 *      ENDLESS.
 *   S3 a task that the OOM killer took gets no other one killed.
 */
#ifndef BA_MM_SLOWPATH_H
#define BA_MM_SLOWPATH_H

#include "mm/freelist.h"
#include "mm/oom.h"
#include "mm/reclaim.h"

/* A block, or BA_PFN_NONE with the reason in ctx->result. */
pfn_t ba_alloc_pages_slowpath(struct ba_ctx *ctx, struct ba_nodes *nodes,
			      struct ba_alloc *request);

/* The zone that its first look would find above the mark, or NULL. */
struct ba_zone *ba_slowpath_zone(const struct ba_ctx *ctx,
				 struct ba_nodes *nodes,
				 const struct ba_alloc *request);

#endif
