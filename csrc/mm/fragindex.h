/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fragindex - how far free memory is cut up, as the kernel's indices say.
 *
 *	free                 order wanted   unusable   index
 *	512 single pages     9              1000        997   fragmentation
 *	1 single page        9              1000         -1   lack of memory
 *	a block of order 9   9                 0      -1000   it would do
 *
 * Models: fill_contig_page_info, unusable_free_index, __fragmentation_index,
 *	extfrag_for_order, mm/vmstat.c (6.1, 6.12).
 *
 * Invariants:
 *   I1 nr_free counts blocks of every migratetype, ISOLATE too.
 */
#ifndef BA_MM_FRAGINDEX_H
#define BA_MM_FRAGINDEX_H

#include "mm/buddy.h"

/* 0..1000: part of the free memory that no request of the order can use. */
int32_t ba_unusable_free_index(const uint64_t nr_free[BA_NR_ORDERS],
			       order_t order);

/* -1000 if such a block is free, else from lack of memory to fragmentation. */
int32_t ba_fragmentation_index(const uint64_t nr_free[BA_NR_ORDERS],
			       order_t order);

/* The first of them in per cent, 0 without free memory. */
uint32_t ba_extfrag_for_order(const uint64_t nr_free[BA_NR_ORDERS],
			      order_t order);

static inline void ba_buddy_nr_free(const struct ba_buddy *buddy,
				    uint64_t ret[BA_NR_ORDERS])
{
	for (unsigned int order = 0; order < BA_NR_ORDERS; order++)
		ret[order] = BA_PEEK(buddy->area[order].nr_free);
}

#endif
