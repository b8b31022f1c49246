/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fallback - what happens when the lists of the requested migratetype are
 * empty: a block of another type is taken, and perhaps its whole pageblock.
 *
 * Pages that cannot move (UNMOVABLE, RECLAIMABLE) are kept apart from those
 * that can, or free memory would end up as single pages between immovable
 * ones. So the largest block of the other type is preferred, and if enough
 * of its pageblock is free or of the same kind, the pageblock changes sides:
 *
 *	request UNMOVABLE, its lists empty
 *	pageblock of type MOVABLE:  |..free 256..|.uu.free 128..|mmmm|
 *	free + alike >= 256 pages -> every free block moves to the UNMOVABLE
 *	lists and the pageblock becomes UNMOVABLE
 *
 * Models: __rmqueue, __rmqueue_fallback, find_suitable_fallback,
 *	can_steal_fallback, steal_suitable_fallback, fallbacks[],
 *	mm/page_alloc.c (6.1); __rmqueue, __rmqueue_claim, __rmqueue_steal,
 *	try_to_steal_block, mm/page_alloc.c (6.12.111).
 * Profiles: fallback.
 * Simplified: no CMA.
 *
 * Invariants:
 *   F1 HIGHATOMIC and ISOLATE are neither served nor robbed by a fallback.
 *   F2 after a fallback succeeds, the requester's lists hold a sufficient
 *      block (6.1), or the block has been handed out (6.12).
 */
#ifndef BA_MM_FALLBACK_H
#define BA_MM_FALLBACK_H

#include "mm/buddy.h"
#include "mm/wmark.h"

/*
 * 6.12: how far a refill had to go for its last page. The next page begins
 * the search there, so once a refill steals it goes on stealing.
 */
enum ba_rmqueue_mode { BA_RMQUEUE_NORMAL, BA_RMQUEUE_STEAL };

/*
 * One block of `order` for a request of type `type`, by smallest fit or
 * fallback; BA_PFN_NONE when there is none. *mode is NORMAL at the first
 * block taken under one hold of the lock, and kept until the last. Zone lock
 * held. The counter is the caller's business, as in ba_buddy_take.
 */
pfn_t ba_rmqueue(struct ba_ctx *ctx, struct ba_buddy *buddy,
		 struct ba_wmark *w, order_t order, uint8_t type,
		 unsigned int alloc_flags, enum ba_rmqueue_mode *mode);

/*
 * The same for up to `nr` > 0 blocks, which are adjacent and ascend from
 * *ret; the number of them. There may be more to have: 0 says not.
 */
uint32_t ba_rmqueue_run(struct ba_ctx *ctx, struct ba_buddy *buddy,
			struct ba_wmark *w, order_t order, uint8_t type,
			unsigned int alloc_flags, enum ba_rmqueue_mode *mode,
			uint32_t nr, pfn_t *ret);

/*
 * Has the list of another type a block of just this order, with which a
 * request of type `start` would claim the whole pageblock?
 */
bool ba_fallback_claims(const struct ba_ctx *ctx,
			const struct ba_buddy *buddy, order_t order,
			uint8_t start);

#endif
