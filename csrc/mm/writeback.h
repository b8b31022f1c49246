/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * writeback - dirty pages on their way to the disk. Each takes the same time,
 * so they arrive in the order in which they were sent.
 *
 *	now                       due in writeback_ns
 *	 |--------------------------------------|
 *	queue:  [page 7] [page 9] [page 3]   <- new
 *	         ^ done first: clean; to the tail of its list, or reclaim takes
 *	           it at its next look, when it was marked RECLAIM
 *
 * Models: folio_start_writeback, folio_end_writeback, mm/page-writeback.c and
 *	mm/filemap.c; folio_rotate_reclaimable, mm/swap.c (6.1, 6.12).
 * Simplified: one device of constant latency and any throughput, with a queue
 *	of BA_WRITEBACK_MAX pages; beyond it a page stays dirty.
 *
 * Invariants:
 *   K1 a handle in the queue is that of a page with BA_USE_WRITEBACK, or of
 *      one that was freed meanwhile and does not count.
 *   K2 due times do not fall from head to tail.
 */
#ifndef BA_MM_WRITEBACK_H
#define BA_MM_WRITEBACK_H

#include "mm/lru.h"

#define BA_WRITEBACK_MAX 8192u		/* pages on their way; a power of 2 */

struct ba_writeback {
	uint64_t due_ns;	/* on the machine's clock */
	uint32_t handle;	/* 0: forgotten */
	uint32_t reserved;
};

#endif
