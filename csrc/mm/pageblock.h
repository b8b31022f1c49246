/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pageblock - what is known of each run of 512 frames: the migratetype that
 * its pages are meant for, a hint for compaction, and its zone.
 *
 *	frames    0..511   512..1023  1024..1535
 *	type    UNMOVABLE   MOVABLE    MOVABLE
 *
 * Models: get_pfnblock_flags_mask, set_pageblock_migratetype,
 *	mm/page_alloc.c; include/linux/pageblock-flags.h (6.1, 6.12).
 * Simplified: a pageblock has one zone. Where a zone begins inside one (DMA
 *	begins at frame 1) the frames before it are in no zone and never used.
 *
 * Invariants:
 *   K1 the type is one of enum ba_migratetype.
 *   K2 `zone` is the index of the zone that spans the block's last frame,
 *      or BA_PAGEBLOCK_NO_ZONE.
 *   K3 the type changes under the lock of the pageblock's zone, the skip bit
 *      under that of compaction: each leaves the other's bits as they are.
 */
#ifndef BA_MM_PAGEBLOCK_H
#define BA_MM_PAGEBLOCK_H

#include "base/lock.h"
#include "mm/gfp.h"

#define BA_PAGEBLOCK_TYPE_MASK	0x07u
#define BA_PAGEBLOCK_SKIP	0x08u
#define BA_PAGEBLOCK_NO_ZONE	0u	/* zone indices are stored plus one */

struct ba_pageblock {
	uint8_t flags;		/* migratetype | BA_PAGEBLOCK_SKIP */
	uint8_t zone;		/* index of the zone, plus one */
};

static inline uint32_t ba_pageblock_nr(pfn_t pfn)
{
	return pfn >> BA_PAGEBLOCK_ORDER;
}

static inline pfn_t ba_pageblock_start(pfn_t pfn)
{
	return pfn & ~(BA_PAGEBLOCK_PAGES - 1u);
}

static inline pfn_t ba_pageblock_end(pfn_t pfn)
{
	return ba_pageblock_start(pfn) + BA_PAGEBLOCK_PAGES;
}

static inline uint8_t ba_pageblock_flags(const struct ba_pageblock *b)
{
	return BA_PEEK(b->flags);
}

static inline uint8_t ba_pageblock_type(const struct ba_pageblock *blocks,
					pfn_t pfn)
{
	return ba_pageblock_flags(&blocks[ba_pageblock_nr(pfn)]) &
	       BA_PAGEBLOCK_TYPE_MASK;
}

static inline void ba_pageblock_set_type(struct ba_pageblock *blocks,
					 pfn_t pfn, uint8_t type)
{
	struct ba_pageblock *b = &blocks[ba_pageblock_nr(pfn)];

	uint8_t was = ba_pageblock_type(blocks, pfn);

	if (was != type)
		__atomic_fetch_xor(&b->flags, was ^ type, __ATOMIC_RELAXED);
}

static inline bool ba_pageblock_is_skipped(const struct ba_pageblock *blocks,
					   pfn_t pfn)
{
	return ba_pageblock_flags(&blocks[ba_pageblock_nr(pfn)]) &
	       BA_PAGEBLOCK_SKIP;
}

static inline void ba_pageblock_set_skip(struct ba_pageblock *blocks,
					 pfn_t pfn)
{
	if (!ba_pageblock_is_skipped(blocks, pfn))
		__atomic_fetch_or(&blocks[ba_pageblock_nr(pfn)].flags,
				  BA_PAGEBLOCK_SKIP, __ATOMIC_RELAXED);
}

static inline void ba_pageblock_clear_skip(struct ba_pageblock *blocks,
					   pfn_t pfn)
{
	if (ba_pageblock_is_skipped(blocks, pfn))
		__atomic_fetch_and(&blocks[ba_pageblock_nr(pfn)].flags,
				   (uint8_t)~BA_PAGEBLOCK_SKIP,
				   __ATOMIC_RELAXED);
}

/* Give every pageblock of a block of order >= 9 one type. */
static inline void ba_pageblock_set_range(struct ba_pageblock *blocks,
					  pfn_t pfn, order_t order,
					  uint8_t type)
{
	for (pfn_t p = pfn; p < pfn + (1u << order); p += BA_PAGEBLOCK_PAGES)
		ba_pageblock_set_type(blocks, p, type);
}

#endif
