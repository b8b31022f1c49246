/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slab_common - caches are made, found by name, merged and given up.
 *
 *	create "a" 40 bytes   -> cache 57                        refcount 1
 *	create "b" 40 bytes   -> cache 57: merged, "b" is an     refcount 2
 *	                         alias
 *	destroy "a"           -> cache 57 stays for "b"          refcount 1
 *	destroy "b"           -> slabs freed, the cache is gone; or, with
 *	                         objects still in use, it stays
 *
 * Models: find_mergeable, kmem_cache_destroy, mm/slab_common.c;
 *	init_cache_random_seq, mm/slub.c (6.1, 6.12);
 *	kmem_cache_create_usercopy, mm/slab_common.c (6.1);
 *	__kmem_cache_alias, mm/slub.c (6.1); __kmem_cache_create_args,
 *	mm/slab_common.c (6.12).
 * Simplified: the objects that describe a cache (of the caches kmem_cache and
 *	kmem_cache_node) are not allocated; a name can be taken once. A cache
 *	that could not be destroyed stays as it was, so that its objects can
 *	still be freed; the kernel keeps or forgets it, by version, unusable.
 *
 * Invariants:
 *   C1 oldest, newer and older link all caches, by age.
 *   C2 a cache with refcount r has r - 1 aliases, or one more if the maker who
 *      named it gave it up; a recorded cache may have fewer, since a state
 *      does not name them.
 */
#ifndef BA_MM_SLAB_COMMON_H
#define BA_MM_SLAB_COMMON_H

#include "mm/slab_free.h"

/* A machine without caches yet. Pre: all 0. */
void ba_caches_init(struct ba_caches *caches, const struct ba_slab_boot *boot,
		    uint64_t page_offset);

/*
 * Make a cache, or find one that it can be merged with: *ret. BA_EINVAL for a
 * name that is empty, too long or taken, and as ba_slab_layout; BA_ENOMEM when
 * the table of caches is full.
 */
enum ba_status ba_kmem_cache_create(struct ba_ctx *ctx, const char *name,
				    const struct ba_slab_spec *spec,
				    uint16_t *ret);

/*
 * Append a cache, laid out elsewhere, with so many makers: as the newest, one
 * with no other, without a random sequence. BA_EINVAL for a name that is empty
 * or too long, BA_ENOMEM when the table of caches is full.
 */
enum ba_status ba_kmem_cache_load(struct ba_ctx *ctx, const char *name,
				  const struct ba_slab_spec *spec,
				  const struct ba_slab_layout *layout,
				  int32_t refcount, uint16_t *ret);

/* No caches, aliases or sequences any more. Pre: no cache has a slab. */
void ba_caches_forget(struct ba_ctx *ctx);

/* The cache of that name or alias; BA_CACHE_NONE: there is none. */
uint16_t ba_kmem_cache_find(const struct ba_ctx *ctx, const char *name);

/*
 * Bytes of an object that the maker of that name asked for: in a cache that
 * others share, objects are as large as the largest. Pre: it is a name of it.
 */
uint32_t ba_kmem_cache_asked(const struct ba_ctx *ctx, uint16_t cache,
			     const char *name);

/*
 * The maker of that name gives the cache up. BA_EINUSE, and only its empty
 * slabs freed, when it was the last and objects are in use; BA_EINVAL for a
 * cache of kmalloc's.
 */
enum ba_status ba_kmem_cache_destroy(struct ba_ctx *ctx,
				     struct ba_nodes *nodes, uint16_t cache,
				     const char *name);

/*
 * The rest is for a cache that nobody allocates from yet, or a machine that is
 * had alone.
 *
 * New slabs chain their objects in this order, `nr` indices of which each
 * stands once, nr being the objects of a slab; 0: ascending. BA_EINVAL for
 * anything else, BA_ENOMEM when there is no room.
 */
enum ba_status ba_kmem_cache_set_sequence(struct ba_ctx *ctx, uint16_t cache,
					  const uint16_t *index, uint32_t nr);

/* Bytes that a constructor can write: the longest run of the pool. */
#define BA_CTOR_BYTES_MAX						\
	((BA_POOL_LINE << (BA_POOL_ORDERS - 1)) * BA_POOL_RECORD)

/*
 * What the constructor of a cache writes into the beginning of each object of
 * a new slab; nr 0: nothing. BA_EINVAL when the cache was made without a
 * constructor, or for more bytes than an object has or BA_CTOR_BYTES_MAX;
 * BA_EINUSE when it has slabs, BA_ENOMEM when there is no room.
 */
enum ba_status ba_kmem_cache_set_constructor(struct ba_ctx *ctx,
					     uint16_t cache,
					     const uint8_t *bytes,
					     uint32_t nr);

/*
 * Addresses of objects in use, ascending, from frame `from` on: how many of at
 * most `max` were found, and in *next the frame to go on from.
 */
uint32_t ba_kmem_cache_objects(const struct ba_ctx *ctx,
			       const struct ba_nodes *nodes, uint16_t cache,
			       uint64_t *addresses, uint32_t max, pfn_t *from);

#endif
