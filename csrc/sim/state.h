/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * state - a page allocator caught standing still: plain tables that a text
 * reader fills (trace/statefile.h) and a machine is made from, and back.
 *
 *	state file --statefile--> struct ba_state --ba_state_apply--> machine
 *	state file <--statefile-- struct ba_state <--ba_state_capture-- machine
 *
 * Everything of variable length stands in one of four flat arrays; the fixed
 * records point into them by index:
 *
 *	lists[]  {free, zone 1, order 3, type 1, first 7, count 3}
 *	                                               |
 *	pfns[]   ... | 8002 | 1f3c2 | 9504 | ...  <----+
 *
 * Models: struct zone, struct per_cpu_pages, pg_data_t
 *	(include/linux/mmzone.h, 6.1 and 6.12).
 *
 * Invariants (checked by ba_state_check):
 *   T1 a frame stands in at most one list, once.
 *   T2 a block lies inside its zone, starts at a multiple of its size, and
 *      overlaps no other block of any list.
 *   T3 nr_free of an order equals the lengths of its lists.
 *   T4 the count of a per-CPU set equals the pages on its lists.
 *   T5 zones do not overlap and are sorted by node and index.
 *   T6 migratetypes, orders, indices, CPUs and defer_shift are in range.
 *   T7 a list occurs once and is not empty.
 *   T8 a zone's pageblocks begin at or before it and reach its end.
 *   T9 a zone has the name that its index has in this architecture.
 *   T10 the slabs agree with one another (sim/slab_state.h); T1 is true of
 *      their frames too.
 */
#ifndef BA_SIM_STATE_H
#define BA_SIM_STATE_H

#include "base/status.h"
#include "base/types.h"
#include "sim/slab_state.h"

#define BA_STATE_NAME_LEN 16
#define BA_STATE_HOLE	0xffu	/* pageblock of addresses without memory */

enum ba_state_list_kind { BA_STATE_FREE, BA_STATE_PCP };

/* One free list or one per-CPU list; pfns[first .. first+count), from head. */
struct ba_state_list {
	uint8_t kind;		/* enum ba_state_list_kind */
	uint8_t zone;		/* index into zones[] */
	uint8_t order;		/* FREE: order of each block */
	uint8_t migratetype;	/* FREE: type of the list */
	uint8_t index;		/* PCP: index of the per-CPU list */
	uint16_t cpu;		/* PCP: owner */
	uint32_t first;
	uint32_t count;		/* blocks */
	uint32_t line;		/* line of the file, for messages; 0: none */
};

/*
 * X(BIT, member): the fields of a per-CPU set, in the order in which a file
 * has them; which of them a kernel has is in ba_state.pcp_fields.
 */
#define BA_STATE_PCP_FIELDS(X)						\
	X(0, count)							\
	X(1, high)							\
	X(2, batch)							\
	X(3, free_factor)						\
	X(4, high_min)							\
	X(5, high_max)							\
	X(6, flags)							\
	X(7, alloc_factor)						\
	X(8, free_count)

#define BA_STATE_PCP_6_1	0x00fu	/* count .. free_factor */
#define BA_STATE_PCP_6_12	0x1f7u	/* all but free_factor */

/* The per-CPU set of one CPU in one zone; a field the file lacks is 0. */
struct ba_state_pcp {
	uint16_t cpu;
	int32_t count;		/* pages */
	int32_t high;		/* pages */
	int32_t batch;		/* pages */
	int32_t free_factor;	/* 6.1 */
	int32_t high_min;	/* 6.12, pages */
	int32_t high_max;	/* 6.12, pages */
	int32_t flags;		/* 6.12 */
	int32_t alloc_factor;	/* 6.12 */
	int32_t free_count;	/* 6.12 */
};

struct ba_state_compact {
	uint64_t free_pfn;
	uint64_t migrate_pfn[2];	/* async, sync */
	uint64_t init_migrate_pfn;
	uint64_t init_free_pfn;
	uint32_t considered;
	uint32_t defer_shift;
	int32_t order_failed;
	uint32_t blockskip_flush;
};

struct ba_state_zone {
	uint8_t node;
	uint8_t index;			/* type: mm/zonetype.h */
	char name[BA_STATE_NAME_LEN];
	uint64_t start_pfn;
	uint64_t spanned;		/* pages */
	uint64_t present;		/* pages */
	uint64_t managed;		/* pages */
	uint64_t zflags;
	uint64_t wmark[3];		/* min low high, pages, without boost */
	uint64_t boost;			/* pages */
	uint64_t highatomic;		/* pages reserved */
	int64_t pcp_high;		/* pages; the zone's own copy */
	int64_t pcp_batch;		/* pages */
	uint64_t lowmem_reserve[BA_ZONES_PER_NODE]; /* pages */
	int64_t free_pages;		/* global counter, without the diffs */
	int32_t cpu_diff[BA_CPU_MAX];	/* pages not yet added to it */
	int32_t cpu_threshold[BA_CPU_MAX];
	uint64_t drift_mark;		/* pages */
	struct ba_state_compact compact;
	uint64_t nr_free[BA_NR_ORDERS];	/* blocks */
	uint64_t pageblock_first_pfn;
	uint32_t pageblock_first;	/* index into pageblocks[] */
	uint32_t pageblock_count;
	struct ba_state_pcp pcp[BA_CPU_MAX];
};

struct ba_state_node {
	uint8_t id;
	uint64_t start_pfn;
	uint64_t spanned;
	uint64_t present;
	int32_t kswapd_order;
	int32_t kswapd_highest_zoneidx;
	int32_t kswapd_failures;
	uint64_t totalreserve;
	uint32_t movable_first;	/* index into movable[] */
	uint32_t movable_count;
};

struct ba_state_range {
	uint64_t pfn;
	uint64_t count;
};

struct ba_state {
	uint8_t arch;			/* enum ba_arch */
	char kernel[64];		/* "6.1.192" */
	uint32_t nr_orders;
	uint32_t nr_migratetypes;
	uint32_t pageblock_order;
	uint32_t cpu;			/* CPU that took it */
	uint64_t vmemmap;
	uint64_t page_offset;
	uint32_t page_size;		/* bytes of one struct page */
	uint32_t cpus;
	uint32_t numa_nodes;
	uint64_t totalreserve;
	uint32_t mobility_disabled;
	uint32_t pcp_fields;		/* bits of BA_STATE_PCP_FIELDS */

	uint32_t nr_nodes;
	struct ba_state_node nodes[BA_NODE_MAX];
	uint32_t nr_zones;
	struct ba_state_zone zones[BA_ZONE_MAX];

	/* flat arrays; each grows by doubling, owned by the state */
	struct ba_state_list *lists;
	uint32_t nr_lists, cap_lists;
	pfn_t *pfns;
	uint32_t nr_pfns, cap_pfns;
	uint8_t *pageblocks;		/* type | skip << 3, or _HOLE */
	uint32_t nr_pageblocks, cap_pageblocks;
	struct ba_state_range *movable;
	uint32_t nr_movable, cap_movable;

	struct ba_slab_state slabs;	/* of recordings that have them */
};

/* A state is large (about 300 KiB): always on the heap. */
struct ba_state *ba_state_create(void);
void ba_state_destroy(struct ba_state *state);

/* Append one element; BA_ENOMEM when the host has no memory. */
enum ba_status ba_state_add_list(struct ba_state *state,
				 const struct ba_state_list *list);
enum ba_status ba_state_add_pfn(struct ba_state *state, pfn_t pfn);
enum ba_status ba_state_add_pageblock(struct ba_state *state, uint8_t flags);
enum ba_status ba_state_add_movable(struct ba_state *state, uint64_t pfn,
				    uint64_t count);

/*
 * Check T1..T10. On BA_ESTATE, `message` (if not NULL) says which, with the
 * values and, where known, the line of the file.
 */
enum ba_status ba_state_check(const struct ba_state *state, char *message,
			      size_t message_size);

#endif
