/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmalloc - memory of any size: from the cache of the next larger class, or
 * from the page allocator.
 *
 *	bytes   1..8  9..16  ..32  ..64  ..96  ..128  ..192  ..256  ... ..8192
 *	class      3      4     5     6     1      7      2      8          13
 *	above 8192 bytes: 2^order pages, up to 4 MiB
 *
 *	first of gfp's flags   caches
 *	DMA                    dma-kmalloc-*
 *	RECLAIMABLE            kmalloc-rcl-*
 *	ACCOUNT                kmalloc-cg-*
 *	none of them           kmalloc-*
 *
 * Models: __do_kmalloc_node, __kmalloc_large_node, kfree, free_large_kmalloc,
 *	krealloc, kmalloc_slab, mm/slab_common.c (6.1); __do_kmalloc_node,
 *	___kmalloc_large_node, kfree, free_large_kmalloc, mm/slub.c (6.12);
 *	krealloc_noprof, mm/slab_common.c (6.12); ksize, kmalloc_size_roundup,
 *	create_kmalloc_caches, new_kmalloc_cache, mm/slab_common.c (6.1, 6.12);
 *	kmalloc_type, kmalloc_array, include/linux/slab.h (6.1).
 * Profiles: kmalloc_powers_last, kmalloc_divisor_align.
 * Simplified: no random copies of the caches (RANDOM_KMALLOC_CACHES), no
 *	buckets of a caller's own (SLAB_BUCKETS); kfree_bulk of large ones and
 *	objects together does not take them in turn.
 *
 * Invariants:
 *   M1 a block of pages that kmalloc handed out says KMALLOC and how many bytes
 *      were asked for; its link leads nowhere; it has no object's address.
 */
#ifndef BA_MM_KMALLOC_H
#define BA_MM_KMALLOC_H

#include "mm/slab_alloc.h"
#include "mm/slab_common.h"

#define BA_ZERO_SIZE_PTR	UINT64_C(16)	/* kmalloc of no bytes */
#define BA_KMALLOC_CACHE_MAX	8192u		/* bytes; more: pages */
#define BA_KMALLOC_MAX		(BA_PAGE_SIZE << BA_ORDER_MAX)

/* Make the caches, as a booting kernel does. Pre: there are none. */
enum ba_status ba_kmalloc_boot(struct ba_ctx *ctx);

/* The caches that have the names of kmalloc's are. */
void ba_kmalloc_find(struct ba_ctx *ctx);

/* The cache that serves such a request; BA_CACHE_NONE: pages do. */
uint16_t ba_kmalloc_cache(const struct ba_ctx *ctx, uint64_t size, gfp_t gfp);

/*
 * Address of at least `size` bytes; BA_ZERO_SIZE_PTR for none; 0, and the
 * reason in ctx->result, when there is no memory. node: or BA_ANY_NODE.
 */
uint64_t ba_kmalloc(struct ba_ctx *ctx, struct ba_nodes *nodes, uint64_t size,
		    gfp_t gfp, uint8_t node);

/*
 * Give it back, whatever cache it is of; nothing for 0 and BA_ZERO_SIZE_PTR.
 * BA_EFOREIGN or BA_EOBJECTFREE, and nothing changed, when it is not in use.
 */
enum ba_status ba_kfree(struct ba_ctx *ctx, struct ba_nodes *nodes,
			uint64_t address);

/*
 * Give back many: objects as ba_kmem_cache_free_bulk does, then the large ones,
 * the last of the array first. The array is used up. Stops before the first
 * change at addresses[*bad], which is not in use or stands twice.
 */
enum ba_status ba_kfree_bulk(struct ba_ctx *ctx, struct ba_nodes *nodes,
			     uint64_t *addresses, uint32_t nr, uint32_t *bad);

/*
 * Bytes that the owner may use, in *ret; 0 for 0 and BA_ZERO_SIZE_PTR. Errors
 * as of ba_kfree.
 */
enum ba_status ba_ksize(const struct ba_ctx *ctx, struct ba_nodes *nodes,
			uint64_t address, uint64_t *ret);

/*
 * The same memory with room for `size` bytes, in place if there is; 0 bytes:
 * freed. *ret is 0, and the old memory untouched, when there is none to be had.
 * Errors as of ba_kfree.
 */
enum ba_status ba_krealloc(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   uint64_t address, uint64_t size, gfp_t gfp,
			   uint64_t *ret);

/* What kmalloc(size) really gives: kmalloc_size_roundup. */
uint64_t ba_kmalloc_size_roundup(const struct ba_ctx *ctx, uint64_t size);

#endif
