/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lru - the pages that reclaim may take, in the order in which it takes them.
 *
 *	           head (newest)              tail (reclaim begins here)
 *	active     [] [] [] [] [] --> deactivated when inactive is short
 *	                                |
 *	inactive   [] [] [] [] <--------+     --> isolated, then freed, written,
 *	           ^ new pages                    or put back
 *
 * Four such lists a node: anonymous pages and page cache, active and inactive.
 * A block of several pages stands once and counts as its pages.
 *
 * Models: struct lruvec, enum lru_list, include/linux/mmzone.h; folio_add_lru,
 *	folio_mark_accessed, folio_activate, folio_rotate_reclaimable,
 *	lru_note_cost, mm/swap.c; zone_reclaimable_pages, mm/vmscan.c (6.1,
 *	6.12).
 * Profiles: lru_cost_rotations, reclaimable_counts_free.
 * Simplified: no batches by CPU before a list is changed, no memory cgroups,
 *	no unevictable pages, no multi-generational LRU, no record of
 *	evicted pages (mm/workingset.c), so that a page read again costs
 *	nothing here and is not active at once.
 *
 * Invariants:
 *   U1 each element heads a block in use with BA_FRAME_LRU and BA_FRAME_HANDLE
 *      whose bits name that list.
 *   U2 nr[] are the pages on list[], and the sums of the zones' nr_lru[].
 */
#ifndef BA_MM_LRU_H
#define BA_MM_LRU_H

#include "mm/node.h"
#include "mm/rmap.h"

/* The list that a page's bits name. */
static inline enum ba_lru_list ba_lru_of(const struct ba_frame *f)
{
	unsigned int active = f->use & BA_USE_ACTIVE ? 1 : 0;

	return (enum ba_lru_list)(active + (f->use & BA_USE_ANON ?
			BA_LRU_INACTIVE_ANON : BA_LRU_INACTIVE_FILE));
}

static inline bool ba_lru_is_file(enum ba_lru_list lru)
{
	return lru >= BA_LRU_INACTIVE_FILE;
}

/* May anonymous pages go anywhere? */
static inline bool ba_can_reclaim_anon(const struct ba_ctx *ctx)
{
	return ctx->vm->swap_free > 0;
}

/* Pages of the zone that reclaim could come by at best. */
uint64_t ba_zone_reclaimable_pages(const struct ba_ctx *ctx,
				   const struct ba_zone *zone);

void ba_lru_init(struct ba_lruvec *lruvec);

/* On the list that its bits name, at the head or the tail. */
void ba_lru_add(struct ba_ctx *ctx, struct ba_nodes *nodes, pfn_t pfn);
void ba_lru_add_tail(struct ba_ctx *ctx, struct ba_nodes *nodes, pfn_t pfn);

/* Off its list. Pre: it is on one. */
void ba_lru_del(struct ba_ctx *ctx, struct ba_nodes *nodes, pfn_t pfn);

/* Touched by a system call: referenced, and active the second time. */
void ba_lru_mark_accessed(struct ba_ctx *ctx, struct ba_nodes *nodes,
			  pfn_t pfn);

/*
 * Reclaim had to work for pages of one kind: `written` pages went to disk and
 * `rotated` were looked at in vain. It turns to the other kind the more, and
 * forgets half of it all once the sum is a quarter of the listed pages.
 */
void ba_lru_note_cost(const struct ba_ctx *ctx, struct ba_lruvec *lruvec,
		      bool file, uint64_t written, uint64_t rotated);

/*
 * It is written and was to go then: to the tail of its inactive list, unless
 * it is page cache that is dirty again, or on no list.
 */
void ba_lru_rotate(struct ba_ctx *ctx, struct ba_nodes *nodes, pfn_t pfn);

/* NULL, or the invariant that does not hold, as a sentence. */
const char *ba_lru_check(const struct ba_ctx *ctx,
			 const struct ba_nodes *nodes);

#endif
