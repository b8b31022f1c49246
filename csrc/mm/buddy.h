/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * buddy - free blocks of a range of frames: taken by splitting larger ones,
 * given back by merging with their buddies.
 *
 * Free blocks stand on one list for each order and migratetype. A request of
 * order o takes the head of the smallest sufficient list; a block that is too
 * large is halved until it fits, and each upper half is put at the head of
 * its list. Taking order 0 out of a free block of order 3 at frame 8:
 *
 *	before   order 3: 8
 *	after    order 2: 12    order 1: 10    order 0: 9    taken: 8
 *
 * A block that is freed merges with its buddy, the block whose number differs
 * in bit `order` only, as long as that buddy is free and whole.
 *
 * Models: __rmqueue_smallest, expand, __free_one_page, buddy_merge_likely,
 *	compaction_capture, move_freepages_block, mm/page_alloc.c;
 *	find_buddy_page_pfn, mm/internal.h (6.1, 6.12).
 * Profiles: list_type_is_pageblock: in 6.12 merging
 *	across types re-types the buddy's pageblock, and an order-10 block is
 *	freed as two pageblocks. per_op_free_counter.
 * Simplified: guard pages, shuffling and page reporting are off.
 *
 * Invariants:
 *   B1 a free block of order o starts at a multiple of 2^o inside the range.
 *   B2 two free buddies of one order below the pageblock order are never
 *      both on the lists, whatever their types.
 *   B3 no frame lies in two free blocks.
 *   B4 nr_free of an order is the sum of the lengths of its lists, and bit o
 *      of `nonempty[t]` says whether list (o, t) has a block.
 *   B5 the descriptor of a free block (ba_descriptor) says BUDDY, its order
 *      and the type of the list it is on.
 *   B6 the counter, with the differences of all CPUs, is the number of pages
 *      on the lists (mm/vmstat.h C1).
 */
#ifndef BA_MM_BUDDY_H
#define BA_MM_BUDDY_H

#include "base/lock.h"
#include "base/status.h"
#include "mm/context.h"
#include "mm/gfp.h"
#include "mm/vmstat.h"

struct ba_free_area {
	struct ba_list list[BA_NR_MT];	/* blocks, by migratetype: their first
					 * frames, or of the largest order the
					 * numbers of max blocks (mm/page.h) */
	uint32_t nr_free;		/* blocks, over all types */
};

struct ba_buddy {
	ba_lock_t lock;			/* the zone lock: protects all below */
	uint8_t zone;			/* index of the zone it belongs to */
	pfn_t start, end;		/* the range, [start, end) */
	uint16_t nonempty[BA_NR_MT];	/* bit o: list of order o has a block */
	struct ba_free_area area[BA_NR_ORDERS];
	struct ba_vmstat free_pages;	/* NR_FREE_PAGES */
};

/* Frames from `start` on: one comparison says whether one of them is meant. */
struct ba_range {
	pfn_t start, pages;
};

static inline struct ba_range ba_buddy_range(const struct ba_buddy *buddy)
{
	return (struct ba_range){ buddy->start, buddy->end - buddy->start };
}

#define BA_BUDDY_TO_TAIL 0x1u		/* FPI_TO_TAIL */

void ba_buddy_init(struct ba_buddy *buddy, uint8_t zone, pfn_t start,
		   pfn_t end);

static inline void ba_buddy_lock(struct ba_buddy *buddy, struct ba_ctx *ctx)
{
	ba_take_lock(ctx, &buddy->lock, BA_LEVEL_ZONE);
}

static inline void ba_buddy_unlock(struct ba_buddy *buddy, struct ba_ctx *ctx)
{
	ba_drop_lock(ctx, &buddy->lock, BA_LEVEL_ZONE);
}

/*
 * Free a block: merge upwards and put the result on the list of type `type`.
 * Adds to the counter. Pre: the block is in the range, aligned, in use. Lock
 * held. Charges one merge step for each buddy it takes. What ctx->capture
 * waits for goes there and on no list.
 */
void ba_buddy_free(struct ba_ctx *ctx, struct ba_buddy *buddy, pfn_t pfn,
		   order_t order, uint8_t type, unsigned int flags);

/* The same by one without the lock. */
void ba_buddy_free_locked(struct ba_ctx *ctx, struct ba_buddy *buddy,
			  pfn_t pfn, order_t order, uint8_t type);

/*
 * ba_buddy_free for the `nr` oldest blocks of a CPU's list of that order, from
 * its tail on, each to the list of its own type. Blocks that lie side by side
 * and were put there one after the other are joined without a look at any
 * list: before all of an aligned larger block is free it cannot merge with
 * anything outside, so what they come to is put on its list once.
 */
void ba_buddy_free_list(struct ba_ctx *ctx, struct ba_buddy *buddy,
			struct ba_list *list, order_t order, uint32_t nr);

/*
 * The block of order `order` with the smallest sufficient free block of type
 * `type`, split as needed; BA_PFN_NONE when there is none. Emits zone_locked
 * and leaves the type in the block's descriptor. The counter is left to the
 * caller unless the profile counts each list operation. Lock held.
 */
pfn_t ba_buddy_take(struct ba_ctx *ctx, struct ba_buddy *buddy, order_t order,
		    uint8_t type);

/*
 * The same by one without the lock, for whom the counter is seen to as well;
 * the descriptor is left to him.
 */
pfn_t ba_buddy_take_locked(struct ba_ctx *ctx, struct ba_buddy *buddy,
			    order_t order, uint8_t type);

/*
 * ba_buddy_take as often as one free block lasts, at most `nr` > 0 times:
 * adjacent blocks in ascending order, the first of them in *ret. The number
 * taken; 0: there is none.
 *
 *	nr 3, order 0, a free block of order 3 at 8:
 *	taken 8, 9, 10    left 11 (order 0), 12 (order 2)
 *
 * No smaller block of the type is free, so the rest stands at the head of
 * each list wherever its cuts were made, and cutting once is enough. Only
 * the first block's descriptor is brought up to date.
 */
uint32_t ba_buddy_take_run(struct ba_ctx *ctx, struct ba_buddy *buddy,
			   order_t order, uint8_t type, uint32_t nr,
			   pfn_t *ret);

/*
 * Cut `order` out of the free block at `pfn`, which is taken off its list;
 * remainders go to the heads of the lists of type `type`. Lock held.
 */
void ba_buddy_carve(struct ba_ctx *ctx, struct ba_buddy *buddy, pfn_t pfn,
		    order_t order, uint8_t type);

/*
 * The same where the remainders become the requester's: 6.12 counts the whole
 * block out and the remainders in. Lock held.
 */
void ba_buddy_claim(struct ba_ctx *ctx, struct ba_buddy *buddy, pfn_t pfn,
		    order_t order, uint8_t type);

/* Does the range hold the whole pageblock of `pfn`? */
static inline bool ba_buddy_spans_pageblock(const struct ba_buddy *buddy,
					    pfn_t pfn)
{
	pfn_t start = ba_pageblock_start(pfn);

	return start >= buddy->start &&
	       start + BA_PAGEBLOCK_PAGES <= buddy->end;
}

/* Take the free block at `pfn` off its list, whole and silently. Lock held. */
void ba_buddy_remove(struct ba_ctx *ctx, struct ba_buddy *buddy, pfn_t pfn);

/* Move the free block at `pfn` to the tail of the list of type `type`. */
void ba_buddy_move(struct ba_ctx *ctx, struct ba_buddy *buddy, pfn_t pfn,
		   uint8_t type);

/* What is found in one pageblock. */
struct ba_buddy_census {
	uint32_t free;		/* pages in free blocks whose head lies in it */
	uint32_t movable;	/* pages in use that could be migrated */
};

/*
 * Count the pageblock of `pfn`; with `move`, also move each free block in it,
 * in ascending order, to the tail of its list of type `type`. A pageblock
 * that reaches past the range's end gives zero and moves nothing; one that
 * begins before the range is counted from `pfn` on. Lock held.
 */
struct ba_buddy_census ba_buddy_pageblock(struct ba_ctx *ctx,
					  struct ba_buddy *buddy, pfn_t pfn,
					  uint8_t type, bool move);

/*
 * Append a block to the tail of a list as it is, without merging or counting
 * in the free counter's differences: how a recorded state is loaded.
 */
void ba_buddy_load(struct ba_ctx *ctx, struct ba_buddy *buddy, pfn_t pfn,
		   order_t order, uint8_t type);

/* NULL, or the invariant that does not hold, as a sentence. */
const char *ba_buddy_check(struct ba_ctx *ctx, struct ba_buddy *buddy);

/*
 * First frame of a block that stands on a list of that order as `entry`. On
 * any other list than a buddy's an entry is a frame: order 0.
 */
static inline pfn_t ba_buddy_pfn(uint32_t entry, order_t order)
{
	return order == BA_ORDER_MAX && entry != BA_PFN_NONE ?
		ba_max_block_start(entry) : entry;
}

/* The head of a list, or BA_PFN_NONE. */
static inline pfn_t ba_buddy_first(const struct ba_buddy *buddy, order_t order,
				   uint8_t type)
{
	return ba_buddy_pfn(ba_list_first(&buddy->area[order].list[type]),
			    order);
}

/* The block behind the free block at `pfn`, or BA_PFN_NONE. */
static inline pfn_t ba_buddy_next(const struct ba_ctx *ctx, pfn_t pfn,
				  order_t order)
{
	if (order < BA_ORDER_MAX)
		return ctx->frames[pfn].link.next;
	return ba_buddy_pfn(ctx->max_blocks[ba_max_block_nr(pfn)].link.next,
			    order);
}

/* The frame that ba_buddy_take would give now, or BA_PFN_NONE. */
static inline pfn_t ba_buddy_peek(const struct ba_buddy *buddy, order_t order,
				  uint8_t type)
{
	uint32_t fit = (uint32_t)buddy->nonempty[type] >> order;

	if (!fit)
		return BA_PFN_NONE;
	return ba_buddy_first(buddy, (order_t)(order + __builtin_ctz(fit)),
			      type);
}

/*
 * The blocks that one ba_buddy_take after the other would give if nothing
 * else changed the lists. They come block by block and in ascending order
 * within each, since a split puts the rest where the next one looks first.
 */
struct ba_buddy_outlook {
	order_t order;			/* of the requests */
	uint8_t type;
	order_t from;			/* order of the free block at `block` */
	pfn_t block;			/* BA_PFN_NONE: none looked at yet */
	pfn_t next;			/* what comes next of it */
};

static inline struct ba_buddy_outlook ba_buddy_outlook(order_t order,
						       uint8_t type)
{
	return (struct ba_buddy_outlook){ .order = order, .type = type,
					  .from = order,
					  .block = BA_PFN_NONE };
}

/* The next of these blocks, or BA_PFN_NONE. */
pfn_t ba_buddy_outlook_next(const struct ba_ctx *ctx,
			    const struct ba_buddy *buddy,
			    struct ba_buddy_outlook *o);

#endif
