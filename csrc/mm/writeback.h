/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * writeback - dirty pages on their way to the disk. Each takes the same time,
 * so they arrive in the order in which they were sent.
 *
 *	now                       due in writeback_ns
 *	 |--------------------------------------|
 *	queue:  [page 7] [page 9] [page 3]   <- new
 *	         ^ done first: clean; to the tail of its list, so that reclaim
 *	           takes it at its next look, when it was marked RECLAIM
 *
 * Anonymous pages are sent by reclaim, to their swap slots. The page cache is
 * written by the flusher: at times when nobody waits for it, and whenever
 * reclaim met nothing but dirty pages. It has work only while time passes, so
 * it begins at the next step of the clock.
 *
 * Models: folio_clear_dirty_for_io, mm/page-writeback.c; folio_end_writeback,
 *	mm/filemap.c; wakeup_flusher_threads, fs/fs-writeback.c (6.1, 6.12).
 * Simplified: one device of constant latency and any throughput, with a queue
 *	of BA_WRITEBACK_MAX pages; beyond it a page stays dirty. Where the
 *	block layer stops who writes, reclaim ends its batch, and kswapd its
 *	round, before it waits until the first page is written. The flusher
 *	goes by the LRU lists, from their tails, not by inodes; a page has no
 *	time at which it became dirty, and who makes pages dirty is never slowed
 *	down (balance_dirty_pages).
 *
 * Invariants:
 *   K1 a handle in the queue is RESIDENT with BA_USE_WRITEBACK and stands
 *      there once; every page with WRITEBACK is in the queue.
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

/* Has the queue no room? */
static inline bool ba_writeback_full(const struct ba_vm *vm)
{
	return vm->writeback_tail - vm->writeback_head == BA_WRITEBACK_MAX;
}

/*
 * Send a page: DIRTY becomes WRITEBACK. False, and nothing done, if the queue
 * is full. Pre: it has a handle, is DIRTY and not under WRITEBACK.
 */
bool ba_writeback_start(struct ba_ctx *ctx, pfn_t pfn);

/* Its owner gives the page up: take it out of the queue, if it is there. */
void ba_writeback_forget(struct ba_ctx *ctx, uint32_t handle);

/*
 * Start writing up to `nr` dirty pages of the node's page cache, from the
 * tails of its lists, inactive ones first; how many were started.
 */
uint64_t ba_writeback_flush(struct ba_ctx *ctx, struct ba_nodes *nodes,
			    uint8_t node, uint64_t nr);

/* All of the page cache that is dirty now is to be written, without delay. */
void ba_writeback_wake_flusher(struct ba_ctx *ctx);

/* What is due at the machine's time is done; then the flusher, if woken. */
void ba_writeback_run(struct ba_ctx *ctx, struct ba_nodes *nodes);

/*
 * When ba_writeback_run has something to do, on the machine's clock: now, if
 * the flusher was woken and has room; UINT64_MAX: never.
 */
uint64_t ba_writeback_next_due(const struct ba_ctx *ctx);

/* When the n-th page from now on will be written, n > 0; or UINT64_MAX. */
uint64_t ba_writeback_due_of(const struct ba_ctx *ctx, uint32_t n);

/* Let the clock run for `ns`: the time that a task's own work took. */
void ba_writeback_pass(struct ba_ctx *ctx, struct ba_nodes *nodes,
		       uint64_t ns);

/* The same for a task that waits, and is charged for it. */
void ba_writeback_wait(struct ba_ctx *ctx, struct ba_nodes *nodes,
		       uint64_t ns);

/* NULL, or the invariant that does not hold, as a sentence. */
const char *ba_writeback_check(const struct ba_ctx *ctx);

#endif
