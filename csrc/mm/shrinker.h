/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shrinker - reclaim of slab objects: how many unused objects of a cache are
 * looked at for the memory that is wanted, and which of them go.
 *
 *	1000 unused objects, seeks 2, priority 12 .. 0:
 *	  to look at   4 * (1000 >> priority) / 2, and what was put off before
 *	  done         in batches of 128; what is less is put off until later,
 *	               unless it is all there are
 *
 *	an object met       in use       off the list
 *	                    REFERENCED   once more round
 *	                    else         freed
 *
 * Pages that this frees count as reclaimed.
 *
 * Models: shrink_slab, do_shrink_slab, mm/vmscan.c (6.1), mm/shrinker.c
 *	(6.12); drop_slab, drop_slab_node, mm/vmscan.c; dentry_lru_isolate,
 *	fs/dcache.c; super_cache_scan, super_cache_count, fs/super.c (6.1,
 *	6.12).
 * Simplified: every cache with a shrinker is one of a file system: a request
 *	without __GFP_FS cannot have its objects freed, and vfs_cache_pressure
 *	holds for it. Objects are freed as soon as they are met.
 *
 * Invariants:
 *   S1 what was put off is at most twice the unused objects there were.
 */
#ifndef BA_MM_SHRINKER_H
#define BA_MM_SHRINKER_H

#include "mm/slab_free.h"

#define BA_SHRINK_SEEKS	2u		/* DEFAULT_SEEKS */
#define BA_SHRINK_BATCH	128u		/* SHRINK_BATCH */

/*
 * Give a cache a shrinker; `seeks` is the effort to make an object again, 0:
 * none. BA_EINUSE when it has slabs, other makers, or a shrinker; BA_EINVAL for
 * a batch of 0 and for slabs of too many objects.
 */
enum ba_status ba_shrinker_register(struct ba_ctx *ctx, uint16_t cache,
				    uint32_t seeks, uint32_t batch);

/*
 * One call of all shrinkers for a node, at a priority of 0 (everything) to 12;
 * objects freed. The pages are in ctx->reclaimed_slab.
 */
uint64_t ba_shrink_slab(struct ba_ctx *ctx, struct ba_nodes *nodes,
			uint8_t node, gfp_t gfp, int priority);

/* Free all that can be freed: bit 1 of drop_caches. */
void ba_drop_slab(struct ba_ctx *ctx, struct ba_nodes *nodes);

#endif
