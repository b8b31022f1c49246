/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * object_bytes - what SLUB and kmalloc do to the bytes of a backed machine's
 * objects: clear them when they are handed out or freed, move them.
 *
 *	                    handed out          freed
 *	__GFP_ZERO          cleared
 *	init_on_alloc       cleared
 *	init_on_free                            cleared, with what the allocator
 *	                                        keeps behind the object
 *	a constructor       writes into each object when its slab is new, and
 *	                    never again: owners leave objects as they were
 *
 * The boot options leave objects alone that have to keep their contents, or
 * are filled with a pattern: of caches with a constructor, TYPESAFE_BY_RCU or
 * POISON.
 *
 * Models: slab_want_init_on_alloc, slab_want_init_on_free, mm/slab.h (6.1,
 *	6.12); slab_post_alloc_hook, mm/slab.h (6.1), mm/slub.c (6.12);
 *	slab_free_hook, setup_object, mm/slub.c; __do_krealloc, mm/slab_common.c (6.1, 6.12).
 * Simplified: the chain of the free objects is not written into them, so an
 *	object keeps all its bytes until somebody clears it. A constructor
 *	writes the same bytes into every object; poison and red zones are
 *	mm/slab_debug.h. In a replay nothing is cleared.
 *
 * Invariants:
 *   J1 no byte of another object is changed.
 */
#ifndef BA_MM_OBJECT_BYTES_H
#define BA_MM_OBJECT_BYTES_H

#include "mm/kmem_cache.h"

/* A new slab: its cache's constructor writes into every object. */
void ba_object_bytes_construct(const struct ba_ctx *ctx, uint16_t cache,
			       pfn_t head);

/* The object at `address` is handed out to a request with these flags. */
void ba_object_bytes_alloc(const struct ba_ctx *ctx,
			   const struct ba_kmem_cache *cache, uint64_t address,
			   gfp_t gfp);

/* Its owner has freed it. */
void ba_object_bytes_free(const struct ba_ctx *ctx,
			  const struct ba_kmem_cache *cache, uint64_t address);

/* krealloc: `size` bytes to another place, */
void ba_object_bytes_move(const struct ba_ctx *ctx, uint64_t from, uint64_t to,
			  uint64_t size);

/* or, in place, those from `address` on are spare now. */
void ba_object_bytes_spare(const struct ba_ctx *ctx, uint64_t address,
			   uint64_t size, gfp_t gfp);

#endif
