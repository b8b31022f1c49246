/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * user - the end of user memory: a page is given up by its owner.
 *
 *	RESIDENT   off its LRU list, the frame freed, the handle nobody's
 *	SWAPPED    its swap space freed
 *	EVICTED    nothing but the handle
 *
 * Models: zap_pte_range, mm/memory.c; truncate_inode_pages_range,
 *	mm/truncate.c; release_pages, mm/swap.c; drop_pagecache_sb,
 *	fs/drop_caches.c (6.1, 6.12).
 * Simplified: pages are freed one by one, not in batches, and at once, even
 *	while they are being written.
 *
 * Invariants:
 *   H1 a released handle is FREE, and nothing else has changed its owner.
 */
#ifndef BA_MM_USER_H
#define BA_MM_USER_H

#include "mm/page_free.h"
#include "mm/writeback.h"

/* Is it a handle that was given out and not released? */
bool ba_user_has(const struct ba_ctx *ctx, uint32_t handle);

/*
 * Pre: ba_user_has, if no other thread's request has let the OOM killer take
 * the handle's mm since; then nothing happens.
 */
void ba_user_release(struct ba_ctx *ctx, struct ba_nodes *nodes,
		     uint32_t handle);

/* Evict all clean pages of the page cache; how many pages that were. */
uint64_t ba_user_drop_caches(struct ba_ctx *ctx, struct ba_nodes *nodes);

#endif
