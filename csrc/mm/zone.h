/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * zone - a range of frames with one purpose (DMA, DMA32, Normal, Movable),
 * made of the parts below it: buddy lists, watermarks, per-CPU lists, and
 * the reserve for high-order atomic requests.
 *
 *	zone Normal
 *	+-----------+  +--------+  +-------+ +-------+
 *	| buddy     |  | wmark  |  | pcp 0 | | pcp 1 | ...  one per CPU
 *	| + lock    |  |        |  +-------+ +-------+
 *	+-----------+  +--------+
 *
 * Models: struct zone, include/linux/mmzone.h; rmqueue, rmqueue_buddy,
 *	__isolate_free_page,
 *	free_unref_page, free_one_page, free_unref_page_list,
 *	reserve_highatomic_pageblock, unreserve_highatomic_pageblock,
 *	mm/page_alloc.c (6.1).
 * Profiles: nonblock_flags, trylock_keeps_type, reserve_limit_rounded,
 *	unreserve_range, whole_block_moves, isolate_moves_block,
 *	split_large_frees.
 * Simplified: pages never fail their sanity checks.
 *
 * Invariants:
 *   Z1 reserved_highatomic is a number of pages not above the limit and is
 *      never negative.
 *   Z2 compact.defer_shift is at most BA_COMPACT_DEFER_SHIFT_MAX.
 *   Z3 the parts' own invariants hold.
 */
#ifndef BA_MM_ZONE_H
#define BA_MM_ZONE_H

#include "mm/pcp.h"

/* X(NAME, name) - the lists of reclaimable pages (mm/lru.h). */
#define BA_LRU_LISTS(X)							\
	X(INACTIVE_ANON, inactive_anon) X(ACTIVE_ANON, active_anon)	\
	X(INACTIVE_FILE, inactive_file) X(ACTIVE_FILE, active_file)

enum ba_lru_list {
#define X(name, text) BA_LRU_##name,
	BA_LRU_LISTS(X)
#undef X
	BA_NR_LRU
};

#define BA_COMPACT_DEFER_SHIFT_MAX 6u	/* COMPACT_MAX_DEFER_SHIFT */

/* What compaction remembers of a zone between its runs (mm/compact.h). */
struct ba_compact_zone {
	uint64_t free;		/* where the next run goes on: frames */
	uint64_t migrate[2];	/* asynchronous, synchronous */
	uint64_t init_migrate;	/* first pageblocks that are worth a scan */
	uint64_t init_free;
	uint32_t considered;	/* requests since the last deferral */
	uint32_t defer_shift;	/* 1 << this many of them are put off */
	int32_t order_failed;	/* smallest order that is put off */
	uint32_t blockskip_flush; /* 1: a request's run has met its own end: the
				 * skip bits are worth a new look */
};

struct ba_zone {
	uint8_t id;		/* index into the machine's zones */
	uint8_t node;
	uint8_t index;		/* type: mm/zonetype.h */
	uint8_t nr_cpus;
	uint64_t present;	/* pages that exist */
	int64_t nr_lru[BA_NR_LRU];	/* pages on the node's lists */
	struct ba_buddy buddy;
	struct ba_wmark wmark;
	struct ba_pcp pcp[BA_CPU_MAX];
	struct ba_compact_zone compact;
};

/* What the caller of an allocation wants, worked out once. */
struct ba_alloc {
	uint32_t gfp;
	order_t order;
	uint8_t type;			/* migratetype */
	uint8_t highest_zoneidx;
	uint8_t node;			/* preferred node */
	unsigned int flags;		/* BA_ALLOC_* */
};

void ba_zone_init(struct ba_zone *zone, uint8_t id, uint8_t node,
		  uint8_t index, pfn_t start, pfn_t end, uint8_t nr_cpus);

static inline pfn_t ba_zone_start(const struct ba_zone *zone)
{
	return zone->buddy.start;
}

static inline bool ba_zone_spans(const struct ba_zone *zone, pfn_t pfn)
{
	return pfn >= zone->buddy.start && pfn < zone->buddy.end;
}

/*
 * A block from this zone, from the CPU's lists if it may be, else from the
 * buddy lists; BA_PFN_NONE. The watermark has been tested by the caller.
 */
pfn_t ba_zone_alloc(struct ba_ctx *ctx, struct ba_zone *zone,
		    const struct ba_alloc *request);

/*
 * Give a block back: to the CPU's lists, or to the buddy lists when its
 * order is not kept per CPU or the lists' lock is busy. `type` is the type
 * of its pageblock at the time of the free.
 */
void ba_zone_free(struct ba_ctx *ctx, struct ba_zone *zone, pfn_t pfn,
		  order_t order, uint8_t type);

/* Give a block straight to the buddy lists. */
void ba_zone_free_direct(struct ba_ctx *ctx, struct ba_zone *zone, pfn_t pfn,
			 order_t order, uint8_t type, unsigned int flags);

/* Keep the pageblock of a high-order atomic allocation for its like. */
void ba_zone_reserve_highatomic(struct ba_ctx *ctx, struct ba_zone *zone,
				pfn_t pfn, order_t order);

/*
 * Give one reserved pageblock back for requests of type `type`; true if free
 * pages moved. Without `force` the last pageblock stays reserved.
 */
bool ba_zone_unreserve_highatomic(struct ba_ctx *ctx, struct ba_zone *zone,
				  uint8_t type, bool force);

/*
 * Take a whole free block off its list, silently, for compaction. Its
 * pageblocks become MOVABLE if it covers most of one. False, and nothing
 * done, if the zone is too short of memory (__isolate_free_page), or the
 * block is free no more.
 */
bool ba_zone_isolate(struct ba_ctx *ctx, struct ba_zone *zone, pfn_t pfn);

/* NULL, or the invariant that does not hold, as a sentence. */
const char *ba_zone_check(struct ba_ctx *ctx, struct ba_zone *zone);

#endif
