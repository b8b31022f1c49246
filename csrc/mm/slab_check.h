/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slab_check - the books of all caches, recounted from the frames up.
 *
 *	walk over frames   slabs, their objects and chains     + sums
 *	walk over caches   lists, stacks, counters, runs       - sums
 *	both agree         every sum is 0
 *
 * What is counted is multiplied by a weight of its cache, node or slab first:
 * one number then stands for all counters of a kind, and no two errors make
 * up for each other. So a check needs no memory, whatever the machine's size.
 *
 * Models: nothing; it is the model's own conscience.
 *
 * Invariants: those of mm/slab.h, slab_pool.h, kmem_cache.h, object_lru.h,
 *	slab_alloc.h, slab_common.h and kmalloc.h.
 */
#ifndef BA_MM_SLAB_CHECK_H
#define BA_MM_SLAB_CHECK_H

#include "mm/kmalloc.h"
#include "mm/object_lru.h"

/*
 * NULL, or the sentence of the first invariant that does not hold. Pre: nobody
 * is at work on the machine.
 */
const char *ba_caches_check(const struct ba_ctx *ctx, struct ba_nodes *nodes);

#endif
