/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pcp - the free pages that one CPU keeps for itself in one zone, so that
 * most requests never touch the zone lock.
 *
 * There is a list for each small order and mobile type, and for huge pages:
 *
 *	index    0  1  2 | 3  4  5 | 6  7  8 | 9 10 11 | 12        13
 *	order       0    |    1    |    2    |    3    |      9
 *	type     U  M  R | U  M  R | U  M  R | U  M  R | U or R    M
 *
 *	alloc:  head of the list; empty -> refill `batch` pages at its tail
 *	free:   head of the list; count >= high -> drain from the tail
 *
 * A page freed last is handed out first; pages that go back to the buddy
 * lists are the oldest ones. A CPU that only frees drains ever larger
 * batches: in 6.1 each drain doubles the next by free_factor. In 6.12 the
 * lists tune themselves: high moves between high_min and high_max, refills
 * double by alloc_factor, and a drain gives back what was freed in a row,
 * free_count.
 *
 * Models: rmqueue_pcplist, __rmqueue_pcplist, rmqueue_bulk,
 *	free_unref_page_commit, nr_pcp_free, nr_pcp_high, free_pcppages_bulk,
 *	drain_pages_zone, zone_batchsize, zone_highsize, mm/page_alloc.c
 *	(6.1, 6.12); nr_pcp_alloc, decay_pcp_high, mm/page_alloc.c (6.12).
 * Profiles: thp_lists, free_factor_capped, drain_in_chunks, pcp_auto_tune,
 *	below_high.
 *
 * Invariants:
 *   P1 count is the number of pages on the lists: an order-9 block counts
 *      512.
 *   P2 every block of list i has the order of that list and state PCP.
 *   P3 a free that brings count to high drains; at least one page if high is
 *      larger than batch.
 */
#ifndef BA_MM_PCP_H
#define BA_MM_PCP_H

#include "base/lock.h"
#include "mm/buddy.h"
#include "mm/wmark.h"

#define BA_COSTLY_ORDER 3u		/* PAGE_ALLOC_COSTLY_ORDER */
#define BA_PCP_MAX_ORDER BA_COSTLY_ORDER
#define BA_NR_PCP_LISTS	 14u
#define BA_PCP_THP	 12u		/* first list of order-9 blocks */
#define BA_PCP_BATCH_SCALE_MAX 5u

/* Bits of ba_pcp.flags (6.12). */
#define BA_PCPF_PREV_FREE_HIGH_ORDER 0x1u /* last free: order 1 to 3 */
#define BA_PCPF_FREE_HIGH_BATCH	0x2u	/* small cache: keep a batch of them */

struct ba_pcp {
	_Alignas(BA_CACHE_LINE) ba_lock_t lock;
	int32_t count;		/* pages on all lists */
	int32_t high;		/* pages that start a drain */
	int32_t batch;		/* pages of one refill or drain */
	int32_t high_min;	/* 6.12: bounds of high, pages */
	int32_t high_max;
	int16_t free_count;	/* 6.12: pages freed in a row */
	int16_t free_factor;	/* 6.1: log2 of the next drain, in batches */
	uint8_t alloc_factor;	/* 6.12: log2 of the next refill */
	uint8_t flags;		/* 6.12: PCPF_* */
	uint8_t expire;		/* vmstat runs until a remote drain */
	struct ba_list list[BA_NR_PCP_LISTS];
};

void ba_pcp_init(struct ba_pcp *pcp, int32_t high, int32_t batch);

/* May blocks of that order be kept per CPU? */
static inline bool ba_pcp_allowed(order_t order)
{
	return order <= BA_PCP_MAX_ORDER || order == BA_PAGEBLOCK_ORDER;
}

static inline unsigned int ba_pcp_index(const struct ba_profile *profile,
					order_t order, uint8_t type)
{
	if (ba_likely(order <= BA_PCP_MAX_ORDER))
		return BA_MT_PCPTYPES * order + type;
	return BA_PCP_THP +
	       (profile->thp_lists == 2 && type == BA_MT_MOVABLE);
}

static inline order_t ba_pcp_order(unsigned int index)
{
	return (order_t)(index < BA_PCP_THP ? index / BA_MT_PCPTYPES :
					      BA_PAGEBLOCK_ORDER);
}

/* False if on a shared machine a drain has it. Pre: !ctx->pcp_busy. */
static inline bool ba_pcp_trylock_usual(struct ba_ctx *ctx, struct ba_pcp *pcp)
{
	if (ba_unlikely(!ba_trylock(&pcp->lock, ctx->shared)))
		return false;
	ba_hold(ctx, BA_LEVEL_PCP);
	return true;
}

/* The same; false if the interrupted task has it, too. */
static inline bool ba_pcp_trylock(struct ba_ctx *ctx, struct ba_pcp *pcp)
{
	return ba_likely(!ctx->pcp_busy) && ba_pcp_trylock_usual(ctx, pcp);
}

static inline void ba_pcp_unlock(struct ba_ctx *ctx, struct ba_pcp *pcp)
{
	ba_drop_lock(ctx, &pcp->lock, BA_LEVEL_PCP);
}

/*
 * The short forms of ba_pcp_alloc and ba_pcp_free.
 * They do what the long ones would, or nothing: BA_PFN_NONE when the lock is
 * busy or the list empty; false when the lock is busy or there may be pages
 * to drain. The page's descriptor is the caller's business: state and flags.
 * Pre: !ctx->unusual, and !ctx->unusual_free.
 */
static ba_always_inline pfn_t ba_pcp_hit(struct ba_ctx *ctx,
					 struct ba_pcp *pcp, order_t order,
					 uint8_t type)
{
	struct ba_list *list =
		&pcp->list[ba_pcp_index(ctx->profile, order, type)];
	struct ba_frame *frames = ctx->frames;
	pfn_t pfn = BA_PFN_NONE;

	ba_keep_pointer(list);
	if (ba_unlikely(!ba_pcp_trylock_usual(ctx, pcp)))
		return BA_PFN_NONE;
	if (ba_likely(!ba_list_empty(list))) {
		pcp->count -= 1 << order;
		if (ba_unlikely(pcp->free_factor || pcp->free_count)) {
			pcp->free_factor >>= 1;
			pcp->free_count >>= 1;
		}
		pfn = ba_list_pop_head(list, ba_frame_links(frames));
	}
	ba_pcp_unlock(ctx, pcp);
	return pfn;
}

static ba_always_inline bool ba_pcp_put(struct ba_ctx *ctx,
					const struct ba_wmark *w,
					struct ba_pcp *pcp, pfn_t pfn,
					order_t order, uint8_t type)
{
	struct ba_list *list =
		&pcp->list[ba_pcp_index(ctx->profile, order, type)];
	struct ba_frame *frames = ctx->frames;
	bool room;

	ba_keep_pointer(list);
	if (ba_unlikely(ba_wmark_has(w, BA_ZONE_RECLAIM_ACTIVE) ||
			!ba_pcp_trylock_usual(ctx, pcp)))
		return false;
	/* after frees in a row one of a larger order drains all */
	room = pcp->high - pcp->count > 1 << order &&
	       (order == 0 || !pcp->free_factor);
	if (ba_likely(room)) {
		pcp->count += 1 << order;
		ba_list_add_head(list, ba_frame_links(frames), pfn);
		frames[pfn].word = ba_frame_word(BA_FRAME_PCP, order, type, 0);
	}
	ba_pcp_unlock(ctx, pcp);
	return room;
}

/*
 * One block from this CPU's list, refilled if it is empty. BA_PFN_NONE when
 * the lock is busy or the zone has nothing to refill from.
 */
pfn_t ba_pcp_alloc(struct ba_ctx *ctx, struct ba_buddy *buddy,
		   struct ba_wmark *w, struct ba_pcp *pcp, order_t order,
		   uint8_t type, unsigned int alloc_flags);

/*
 * Up to `nr` pages of order 0 under one lock, without the effect that a
 * single allocation has on free_factor; the number got, in ret[].
 */
uint32_t ba_pcp_alloc_bulk(struct ba_ctx *ctx, struct ba_buddy *buddy,
			   struct ba_wmark *w, struct ba_pcp *pcp,
			   uint8_t type, unsigned int alloc_flags,
			   uint32_t nr, pfn_t *ret);

/*
 * Put a block on this CPU's list and drain if there are too many. `type` is
 * its real migratetype, to which it returns; HIGHATOMIC waits on the MOVABLE
 * list. False, and nothing done, when the lock is busy.
 */
bool ba_pcp_free(struct ba_ctx *ctx, struct ba_buddy *buddy,
		 struct ba_wmark *w, struct ba_pcp *pcp, pfn_t pfn,
		 order_t order, uint8_t type);

/*
 * What taking a block off its list, and freeing one, would do to the counts
 * of a copy of the list set, whose lists stay as they are. The latter returns
 * the pages that would be drained.
 */
void ba_pcp_foresee_alloc(struct ba_pcp *copy, order_t order);
int32_t ba_pcp_foresee_free(struct ba_ctx *ctx, const struct ba_wmark *w,
			    struct ba_pcp *copy, order_t order);

/*
 * The vmstat worker's turn on lists of another node that were left alone for
 * a while: give one batch back (drain_zone_pages).
 */
void ba_pcp_expire(struct ba_ctx *ctx, struct ba_buddy *buddy,
		   struct ba_pcp *pcp);

/* The vmstat worker's turn in 6.12: high sinks back, the excess is freed. */
void ba_pcp_decay(struct ba_ctx *ctx, struct ba_buddy *buddy,
		  struct ba_pcp *pcp);

/* Give `nr` pages back, from the first list on: what those above do, of
 * which only the amount is known. */
void ba_pcp_drain_some(struct ba_ctx *ctx, struct ba_buddy *buddy,
		       struct ba_pcp *pcp, int32_t nr);

/* Give every page back to the buddy lists (drain_pages_zone). */
void ba_pcp_drain(struct ba_ctx *ctx, struct ba_buddy *buddy,
		  struct ba_pcp *pcp);

/* Append a block at the tail of list `index`: how a state is loaded. */
void ba_pcp_load(struct ba_ctx *ctx, struct ba_pcp *pcp, pfn_t pfn,
		 unsigned int index, uint8_t type);

/* The batch of a zone of `managed` pages, 1..63 pages. */
int32_t ba_pcp_batch(uint64_t managed);

/*
 * The high mark: `total` pages (the low watermark, or managed pages divided
 * by percpu_pagelist_high_fraction) shared by `cpus`, at least four batches.
 */
int32_t ba_pcp_high(uint64_t total, uint32_t cpus, int32_t batch);

/* NULL, or the invariant that does not hold, as a sentence. */
const char *ba_pcp_check(struct ba_ctx *ctx, struct ba_pcp *pcp,
			 pfn_t limit);

#endif
