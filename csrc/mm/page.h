/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page - the frame table: one descriptor of 16 bytes for every page frame;
 * and beside it the table of max blocks, one for every 2^BA_ORDER_MAX frames.
 *
 * A block of 2^order frames is described by its first frame, the head; the
 * descriptors of the other frames of a block are not kept up to date, as in
 * the kernel. A descriptor of all zeros means "in use, nothing known", so
 * frames that were allocated before a recording began, and frames that no
 * one has touched, need no set-up and cost no host memory.
 *
 *	pfn       8      9      10     11     12
 *	state   BUDDY    -      -      -     USED
 *	order     2                            0
 *	          \_____ one free block ____/
 *
 * The blocks of the largest order are what all memory is made of when a
 * machine starts: 2^18 of them in 1 TiB. Were each described by its first
 * frame, one descriptor in every 16 KiB of the frame table, their lists alone
 * would touch a quarter of it. So a max block that is free is described, and
 * linked, in a table of its own, where its neighbours are next to it; its
 * frames have descriptors of zeros until it is taken:
 *
 *	max_blocks  | 0 | 1 | 2 | 3 |  ...	16 bytes each, by pfn >> 10
 *	              |   USED: look in the frame table
 *	             BUDDY: the 1024 frames from 0 on are one free block
 *
 * Models: struct page, include/linux/mm_types.h; PageBuddy,
 *	include/linux/page-flags.h; buddy_order, mm/internal.h; page->index as
 *	"pcp type", set_pcppage_migratetype, mm/page_alloc.c (6.1).
 * Simplified: reference counts, mappings and most page flags are left out;
 *	PageLRU and __PageMovable are one flag, BA_FRAME_MOVABLE. The kernel
 *	links max blocks as it links all others.
 *
 * Invariants:
 *   G1 a descriptor has 16 bytes and begins with its links (base/ilist.h).
 *   G2 a frame is on a list exactly if its state is BUDDY, PCP or ISOLATED, or
 *      USED with BA_FRAME_LRU, or USED and being moved (mm/compaction.h), or
 *      USED with BA_FRAME_SLAB: lists of slabs (mm/kmem_cache.h).
 *   G3 a block that was handed out has movable frames only if its head is one.
 *   G4 a max block's descriptor is BUDDY, of order BA_ORDER_MAX, exactly
 *      while the block is on a free list; all its frames' are USED then.
 */
#ifndef BA_MM_PAGE_H
#define BA_MM_PAGE_H

#include "base/ilist.h"
#include "base/lock.h"
#include "base/types.h"

enum ba_frame_state {
	BA_FRAME_USED,		/* allocated, or not the head of its block */
	BA_FRAME_BUDDY,		/* head of a block on a buddy free list */
	BA_FRAME_PCP,		/* head of a block on a per-CPU list */
	BA_FRAME_ISOLATED,	/* head of a free block that a run of compaction
				 * keeps for itself (mm/compaction.h) */
};

#define BA_FRAME_HEAD	 0x01u	/* USED: begins an allocation of `order` */
#define BA_FRAME_MOVABLE 0x02u	/* on an LRU list or movable by a driver */
#define BA_FRAME_FREEING 0x04u	/* freed by its owner, on no list yet */
#define BA_FRAME_COMPOUND 0x08u	/* head of a compound page */
#define BA_FRAME_LRU	 0x10u	/* USED head: on an LRU list (mm/lru.h) */
#define BA_FRAME_HANDLE	 0x20u	/* USED head: owner is a handle (mm/rmap.h) */
#define BA_FRAME_SLAB	 0x40u	/* USED head: of a slab (mm/slab.h) */
#define BA_FRAME_KMALLOC 0x80u	/* USED head: a large kmalloc, whose size in
				 * bytes is `owner` (mm/kmalloc.h) */

/* How user memory is used: bits of `use` of a head with HANDLE. */
#define BA_USE_ACTIVE	  0x01u	/* PG_active */
#define BA_USE_ANON	  0x02u	/* PG_swapbacked: anonymous; else page cache */
#define BA_USE_REFERENCED 0x04u	/* PG_referenced */
#define BA_USE_YOUNG	  0x08u	/* touched through a mapping since reclaim
				 * looked last: the accessed bit of its PTE */
#define BA_USE_DIRTY	  0x10u	/* must be written before it can go */
#define BA_USE_WRITEBACK  0x20u	/* is being written */
#define BA_USE_RECLAIM	  0x40u	/* PG_reclaim: goes as soon as it is written */

struct ba_frame {
	struct ba_link link;	/* neighbours on the list, by frame number */
	union {
		struct {
			uint8_t state;	/* enum ba_frame_state */
			uint8_t order;	/* of the block it heads */
			union {
				uint8_t type;	/* migratetype of its list, or
						 * of the list to which a
						 * per-CPU page returns */
				uint8_t use;	/* BA_USE_* */
			};
			uint8_t flags;	/* BA_FRAME_* */
		};
		uint32_t word;	/* the four at once: ba_frame_word */
	};
	uint32_t owner;		/* for the layers above; 0: none */
};
BA_STATIC_ASSERT(sizeof(struct ba_frame) == 16, "G1");
BA_STATIC_ASSERT(offsetof(struct ba_frame, link) == 0, "G1");

/* state, order, type and flags as they lie in memory: one load or store. */
static inline uint32_t ba_frame_word(uint8_t state, uint8_t order,
				     uint8_t type, uint8_t flags)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return state | (uint32_t)order << 8 | (uint32_t)type << 16 |
	       (uint32_t)flags << 24;
#else
	return (uint32_t)state << 24 | (uint32_t)order << 16 |
	       (uint32_t)type << 8 | flags;
#endif
}

/*
 * What a frame says that may be somebody else's: state, order, type, flags.
 * Only under the lock that the state goes with will it still be so.
 */
static inline struct ba_frame ba_frame_peek(const struct ba_frame *f)
{
	return (struct ba_frame){ .word = BA_PEEK(f->word) };
}

static inline bool ba_frame_is_compound(const struct ba_frame *f)
{
	return f->state == BA_FRAME_USED && f->flags & BA_FRAME_COMPOUND;
}

/* The link table that ilist works on. */
static inline struct ba_link *ba_frame_links(struct ba_frame *frames)
{
	return &frames->link;
}

#define BA_MAX_BLOCK_PAGES	(1u << BA_ORDER_MAX)

static inline uint32_t ba_max_block_nr(pfn_t pfn)
{
	return pfn >> BA_ORDER_MAX;
}

static inline pfn_t ba_max_block_start(uint32_t nr)
{
	return nr << BA_ORDER_MAX;
}

/*
 * The descriptor of a frame, wherever it is kept: that of its max block if a
 * free one begins there.
 */
static inline const struct ba_frame *
ba_frame_at(const struct ba_frame *frames, const struct ba_frame *max_blocks,
	    pfn_t pfn)
{
	const struct ba_frame *block = &max_blocks[ba_max_block_nr(pfn)];

	return pfn % BA_MAX_BLOCK_PAGES == 0 &&
	       BA_PEEK(block->state) == BA_FRAME_BUDDY ? block : &frames[pfn];
}

/*
 * The head of the free block that contains `pfn`, or BA_PFN_NONE. Looks at
 * one candidate per order: a block of order o can only begin at a multiple
 * of 2^o.
 */
pfn_t ba_page_free_head(const struct ba_frame *frames,
			const struct ba_frame *max_blocks, pfn_t pfn);

/* The same for a block that a run of compaction has. */
pfn_t ba_page_isolated_head(const struct ba_frame *frames, pfn_t pfn);

/*
 * The head of the block in use that contains `pfn`, or BA_PFN_NONE: the frame
 * is free, or in a block that was allocated before the machine knew of it.
 */
pfn_t ba_page_used_head(const struct ba_frame *frames, pfn_t pfn);

/* Set or clear BA_FRAME_MOVABLE on each of the 1 << order frames. */
void ba_page_set_movable(struct ba_frame *frames, pfn_t pfn, order_t order,
			 bool movable);

#endif
