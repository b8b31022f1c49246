// SPDX-License-Identifier: GPL-2.0-only
#include "mm/slowpath.h"

#define MAX_COMPACT_RETRIES 16u

/*
 * Rounds without a page reclaimed or a task killed after which a request
 * counts as one that the kernel would try to serve for ever.
 */
#define ENDLESS_ROUNDS (4 * BA_MAX_RECLAIM_RETRIES)

/* What the rounds of one request have come to. */
struct effort {
	int no_progress_loops;
	int idle_rounds;	/* since the last gain */
	uint64_t gained;		/* pages reclaimed and tasks killed */
	uint32_t reclaimed;		/* pages, of the last round */
	enum ba_compact_priority priority;
	enum ba_compact_result compacted;
	unsigned int compaction_retries;
};

/* gfp_to_alloc_flags: how far below LOW the slow path may go. */
static unsigned int slow_flags(const struct ba_ctx *ctx,
			       const struct ba_alloc *request)
{
	uint32_t gfp = request->gfp;
	unsigned int flags = BA_ALLOC_WMARK_MIN | BA_ALLOC_CPUSET |
		(gfp & (BA_GFP_HIGH | BA_GFP_KSWAPD_RECLAIM));

	if (!ctx->profile->nonblock_flags) {
		if (gfp & BA_GFP_ATOMIC && !(gfp & BA_GFP_NOMEMALLOC))
			flags |= BA_ALLOC_HARDER;
		return flags;
	}
	if (gfp & BA_GFP_DIRECT_RECLAIM || gfp & BA_GFP_NOMEMALLOC)
		return flags;
	flags |= BA_ALLOC_NON_BLOCK;
	if (request->order > 0 && (!ctx->profile->highatomic_needs_high ||
				   gfp & BA_GFP_HIGH))
		flags |= BA_ALLOC_HIGHATOMIC;
	return flags;
}

/* Has the OOM killer taken the task that asks? */
static bool is_victim(const struct ba_ctx *ctx)
{
	return ctx->mm && ctx->killed;
}

/* Requests that may use the reserves do not compact or reclaim for them. */
static unsigned int reserve_flags(const struct ba_ctx *ctx,
				  const struct ba_alloc *request)
{
	if (request->gfp & BA_GFP_NOMEMALLOC)
		return 0;
	if (request->gfp & BA_GFP_MEMALLOC)
		return BA_ALLOC_NO_WATERMARKS;
	if (is_victim(ctx))
		return BA_ALLOC_OOM;
	return ctx->interrupt ? 0 : ctx->rights;
}

/* __alloc_pages_direct_compact. The VM lock is ours. */
static pfn_t compact_and_take(struct ba_ctx *ctx, struct ba_nodes *nodes,
			    struct ba_alloc *request, struct effort *effort)
{
	pfn_t pfn = BA_PFN_NONE;
	struct ba_zone *zone;

	effort->compacted = ba_try_to_compact_pages(ctx, nodes, request,
						    effort->priority, &pfn);
	if (effort->compacted == BA_COMPACT_SKIPPED)
		return BA_PFN_NONE;
	ba_vm_count(ctx, BA_VM_compact_stall, 1);
	if (pfn == BA_PFN_NONE)
		pfn = ba_get_page_from_freelist(ctx, nodes, request);
	if (pfn == BA_PFN_NONE) {
		ba_vm_count(ctx, BA_VM_compact_fail, 1);
		return BA_PFN_NONE;
	}
	zone = ba_nodes_zone_of(ctx, nodes, pfn);
	zone->compact.blockskip_flush = 0;
	ba_compaction_defer_reset(zone, request->order, true);
	ba_vm_count(ctx, BA_VM_compact_success, 1);
	return pfn;
}

static pfn_t direct_compact(struct ba_ctx *ctx, struct ba_nodes *nodes,
			    struct ba_alloc *request, struct effort *effort)
{
	bool taken;
	pfn_t pfn;

	if (request->order == 0)
		return BA_PFN_NONE;
	taken = ba_vm_lock(ctx);
	pfn = compact_and_take(ctx, nodes, request, effort);
	ba_vm_unlock(ctx, taken);
	return pfn;
}

static bool unreserve_highatomic(struct ba_ctx *ctx, struct ba_nodes *nodes,
				 const struct ba_alloc *request, bool force)
{
	struct ba_walk walk = ba_walk_start(nodes, request);
	struct ba_zone *zone;

	while ((zone = ba_walk_next(nodes, &walk)))
		if (ba_zone_unreserve_highatomic(ctx, zone, request->type,
						 force))
			return true;
	return false;
}

/* __alloc_pages_direct_reclaim */
static pfn_t direct_reclaim(struct ba_ctx *ctx, struct ba_nodes *nodes,
			    struct ba_alloc *request, struct effort *effort)
{
	bool taken = ba_vm_lock(ctx);
	pfn_t pfn;

	effort->reclaimed = ba_try_to_free_pages(ctx, nodes, request);
	ba_vm_unlock(ctx, taken);
	if (!effort->reclaimed)
		return BA_PFN_NONE;
	pfn = ba_get_page_from_freelist(ctx, nodes, request);
	if (pfn != BA_PFN_NONE)
		return pfn;
	/* what was freed may wait on per-CPU lists, or be reserved */
	unreserve_highatomic(ctx, nodes, request, false);
	ba_drain_all_pages(ctx, nodes);
	return ba_get_page_from_freelist(ctx, nodes, request);
}

/* Would some zone do if all that can be reclaimed were free? */
static bool reclaim_may_help(struct ba_ctx *ctx, struct ba_nodes *nodes,
			     const struct ba_alloc *request)
{
	struct ba_walk walk = ba_walk_start(nodes, request);
	struct ba_zone *zone;

	while ((zone = ba_walk_next(nodes, &walk))) {
		int64_t free = ba_vmstat_sum(&zone->buddy.free_pages);

		if (free < 0)
			free = 0;
		free += (int64_t)ba_zone_reclaimable_pages(ctx, zone);
		if (ba_wmark_ok(ctx, &zone->buddy, &zone->wmark,
				request->order,
				ba_wmark_pages(&zone->wmark, BA_WMARK_MIN),
				request->highest_zoneidx, request->flags,
				free))
			return true;
	}
	return false;
}

static bool should_reclaim_retry(struct ba_ctx *ctx, struct ba_nodes *nodes,
				 const struct ba_alloc *request,
				 struct effort *effort)
{
	if (effort->reclaimed && request->order <= BA_COSTLY_ORDER)
		effort->no_progress_loops = 0;
	else
		effort->no_progress_loops++;
	if (effort->no_progress_loops <= BA_MAX_RECLAIM_RETRIES) {
		if (reclaim_may_help(ctx, nodes, request))
			return true;
		if (!ctx->profile->unreserve_on_refusal)
			return false;
	}
	return unreserve_highatomic(ctx, nodes, request, true);
}

static bool should_compact_retry(struct ba_ctx *ctx, struct ba_nodes *nodes,
				 const struct ba_alloc *request,
				 struct effort *effort)
{
	bool costly = request->order > BA_COSTLY_ORDER;
	unsigned int retries = costly ? MAX_COMPACT_RETRIES / 4 :
					MAX_COMPACT_RETRIES;
	enum ba_compact_priority most = costly ? BA_COMPACT_PRIO_SYNC_LIGHT :
						 BA_COMPACT_PRIO_SYNC_FULL;

	if (request->order == 0 || is_victim(ctx))
		return false;
	if (effort->compacted == BA_COMPACT_SKIPPED)
		return ba_compaction_zonelist_suitable(ctx, nodes, request);
	if (effort->compacted == BA_COMPACT_SUCCESS &&
	    ++effort->compaction_retries <= retries)
		return true;
	if (effort->priority <= most)
		return false;
	effort->priority--;
	effort->compaction_retries = 0;
	return true;
}

/* All of the reserves, for a request that must not fail. */
static pfn_t without_marks(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   const struct ba_alloc *request)
{
	struct ba_alloc last = *request;

	last.flags = BA_ALLOC_NO_WATERMARKS;
	return ba_get_page_from_freelist(ctx, nodes, &last);
}

/* __alloc_pages_may_oom; *again: something was killed, or nobody may say no */
static pfn_t may_oom(struct ba_ctx *ctx, struct ba_nodes *nodes,
		     struct ba_alloc *request, bool *again)
{
	struct ba_alloc last = *request;
	bool taken;
	pfn_t pfn;

	*again = false;
	last.flags = BA_ALLOC_WMARK_HIGH | BA_ALLOC_CPUSET;
	last.gfp &= ~BA_GFP_DIRECT_RECLAIM;
	pfn = ba_get_page_from_freelist(ctx, nodes, &last);
	if (pfn != BA_PFN_NONE || request->order > BA_COSTLY_ORDER ||
	    request->gfp & (BA_GFP_RETRY_MAYFAIL | BA_GFP_THISNODE) ||
	    request->highest_zoneidx < ba_nodes_types(nodes)->normal)
		return pfn;
	/* without __GFP_FS reclaim was half-hearted: no reason to kill */
	taken = ba_vm_lock(ctx);
	*again = is_victim(ctx) || !(request->gfp & BA_GFP_FS) ||
		 ba_oom_kill(ctx, nodes);
	ba_vm_unlock(ctx, taken);
	if (!*again)
		ctx->result = BA_RESULT_OOM;
	return request->gfp & BA_GFP_NOFAIL ?
		       without_marks(ctx, nodes, request) : BA_PFN_NONE;
}

/*
 * One round: reclaim, compact, and if neither helped whether to go on.
 */
static pfn_t try_harder(struct ba_ctx *ctx, struct ba_nodes *nodes,
			struct ba_alloc *request, struct effort *effort,
			bool *again)
{
	uint32_t gfp = request->gfp;
	pfn_t pfn = direct_reclaim(ctx, nodes, request, effort);
	bool taken;

	*again = false;
	if (pfn == BA_PFN_NONE)
		pfn = direct_compact(ctx, nodes, request, effort);
	if (pfn != BA_PFN_NONE || gfp & BA_GFP_NORETRY)
		return pfn;
	if (request->order > BA_COSTLY_ORDER &&
	    (!ba_compaction_allowed(ctx, gfp) || !(gfp & BA_GFP_RETRY_MAYFAIL)))
		return BA_PFN_NONE;
	taken = ba_vm_lock(ctx);
	*again = should_reclaim_retry(ctx, nodes, request, effort) ||
		 (effort->reclaimed && ba_compaction_allowed(ctx, gfp) &&
		  should_compact_retry(ctx, nodes, request, effort));
	ba_vm_unlock(ctx, taken);
	if (*again)
		return BA_PFN_NONE;
	pfn = may_oom(ctx, nodes, request, again);
	/* a victim has had its try at the reserves */
	if (is_victim(ctx) && (request->flags & BA_ALLOC_OOM ||
			       gfp & BA_GFP_NOMEMALLOC))
		*again = false;
	if (*again)
		effort->no_progress_loops = 0;
	return pfn;
}

/* A request that must not fail gets part of the reserves. */
static pfn_t help_nofail(struct ba_ctx *ctx, struct ba_nodes *nodes,
			 const struct ba_alloc *request)
{
	struct ba_alloc helped = *request;

	helped.flags = ctx->profile->nonblock_flags ? BA_ALLOC_MIN_RESERVE :
						      BA_ALLOC_HARDER;
	return ba_get_page_from_freelist(ctx, nodes, &helped);
}

/* By the pages that it freed: reclaim also calls it progress to say no. */
static bool is_endless(const struct ba_ctx *ctx, struct effort *effort)
{
	const uint64_t *event = ctx->vm->event;
	uint64_t gained = __atomic_load_n(&event[BA_VM_pgsteal_direct],
					  __ATOMIC_RELAXED) +
			  __atomic_load_n(&event[BA_VM_oom_kill],
					  __ATOMIC_RELAXED);

	if (effort->gained != gained)
		effort->idle_rounds = 0;
	effort->gained = gained;
	return ++effort->idle_rounds > ENDLESS_ROUNDS;
}

/* The rounds of a request that may reclaim, or the one of any other. */
static pfn_t rounds(struct ba_ctx *ctx, struct ba_nodes *nodes,
		    struct ba_alloc *request, struct effort *effort)
{
	bool again;

	for (;;) {
		unsigned int reserves = reserve_flags(ctx, request);
		pfn_t pfn;

		if (request->flags & BA_ALLOC_KSWAPD)
			ba_wake_all_kswapds(ctx, nodes, request);
		if (reserves)
			request->flags = reserves |
				(request->flags & BA_ALLOC_KSWAPD);
		pfn = ba_get_page_from_freelist(ctx, nodes, request);
		if (pfn != BA_PFN_NONE ||
		    !(request->gfp & BA_GFP_DIRECT_RECLAIM))
			return pfn;
		/* reclaim was in vain, or there would be a page above a mark */
		if (ctx->traced)
			return request->gfp & BA_GFP_NOFAIL ?
				without_marks(ctx, nodes, request) : pfn;
		pfn = try_harder(ctx, nodes, request, effort, &again);
		if (pfn == BA_PFN_NONE && !again &&
		    request->gfp & BA_GFP_NOFAIL) {
			pfn = help_nofail(ctx, nodes, request);
			again = true;
		}
		if (pfn != BA_PFN_NONE || !again)
			return pfn;
		if (is_endless(ctx, effort)) {
			ctx->result = BA_RESULT_ENDLESS;
			return BA_PFN_NONE;
		}
	}
}

/*
 * Compaction before reclaim, for blocks that memory may well hold the pages
 * of. True: the request is not worth more than this; *pfn: its block.
 */
static bool compact_first(struct ba_ctx *ctx, struct ba_nodes *nodes,
			  struct ba_alloc *request, struct effort *effort,
			  pfn_t *pfn)
{
	bool costly = request->order > BA_COSTLY_ORDER;
	uint32_t gfp = request->gfp;

	if (!(gfp & BA_GFP_DIRECT_RECLAIM) || !ba_compaction_allowed(ctx, gfp) ||
	    reserve_flags(ctx, request) || ctx->traced ||
	    !(costly || (request->order > 0 &&
			 request->type != BA_MT_MOVABLE)))
		return false;
	effort->priority = BA_COMPACT_PRIO_ASYNC;
	*pfn = direct_compact(ctx, nodes, request, effort);
	effort->priority = BA_COMPACT_PRIO_SYNC_LIGHT;
	if (*pfn != BA_PFN_NONE)
		return true;
	if (!costly || !(gfp & BA_GFP_NORETRY))
		return false;
	if (effort->compacted == BA_COMPACT_SKIPPED ||
	    effort->compacted == BA_COMPACT_DEFERRED ||
	    (ctx->profile->thisnode_gives_up && gfp & BA_GFP_THISNODE))
		return true;
	effort->priority = BA_COMPACT_PRIO_ASYNC;
	return false;
}

struct ba_zone *ba_slowpath_zone(const struct ba_ctx *ctx,
				 struct ba_nodes *nodes,
				 const struct ba_alloc *request)
{
	struct ba_alloc slow = *request;
	struct ba_walk walk = ba_walk_start(nodes, request);
	struct ba_zone *zone;

	slow.flags = slow_flags(ctx, request);
	while ((zone = ba_walk_next(nodes, &walk)))
		if (ba_above_mark(ctx, zone, &slow,
				  slow.flags & BA_ALLOC_WMARK_MASK))
			return zone;
	return NULL;
}

ba_noinline pfn_t ba_alloc_pages_slowpath(struct ba_ctx *ctx,
					  struct ba_nodes *nodes,
					  struct ba_alloc *request)
{
	struct effort effort = { .priority = BA_COMPACT_PRIO_SYNC_LIGHT,
				 .compacted = BA_COMPACT_SKIPPED };
	bool nofail = request->gfp & BA_GFP_NOFAIL;
	pfn_t pfn;

	ba_charge_step(&ctx->charge, BA_STEP_SLOWPATH);
	/* the kernel warns of both together and goes on without ATOMIC */
	if (ctx->profile->gfp_layout == BA_GFP_6_1 &&
	    request->gfp & BA_GFP_DIRECT_RECLAIM)
		request->gfp &= ~BA_GFP_ATOMIC;
	request->flags = slow_flags(ctx, request);
	ctx->result = BA_RESULT_NOMEM_WATERMARK;
	if (!ba_preferred_zone(nodes, request) && !nofail)
		return BA_PFN_NONE;
	if (request->flags & BA_ALLOC_KSWAPD)
		ba_wake_all_kswapds(ctx, nodes, request);
	pfn = ba_get_page_from_freelist(ctx, nodes, request);
	if (pfn != BA_PFN_NONE)
		return pfn;
	if (compact_first(ctx, nodes, request, &effort, &pfn)) {
		if (pfn == BA_PFN_NONE && nofail)
			pfn = help_nofail(ctx, nodes, request);
		if (pfn != BA_PFN_NONE || !nofail)
			return pfn;
	}
	return rounds(ctx, nodes, request, &effort);
}
