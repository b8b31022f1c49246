/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slab_told - slabs put right by what a trace tells of them: where a model
 * that follows the kernel sees that the kernel did something else.
 *
 *	the kernel handed out object 5     ba_slab_take: off whatever chain
 *	of slab 0x1a0                      ba_slab_to_cpu: it was the CPU's slab
 *	an object of 0x2c8 is freed,       ba_slab_adopt: a slab all the time,
 *	which is no slab here              every object in use
 *	the pages of 0x110 are freed       ba_slab_drop
 *
 * Models: nothing that the kernel does; struct slab, mm/slab.h (6.1, 6.12).
 *
 * Invariants:
 *   O1 what is changed keeps K1 .. K5 of mm/kmem_cache.h.
 */
#ifndef BA_MM_SLAB_TOLD_H
#define BA_MM_SLAB_TOLD_H

#include "mm/slab_alloc.h"

/*
 * The object that the cache would hand out to ctx->cpu next, for any node; 0:
 * a new slab would be needed.
 */
uint64_t ba_slab_next(const struct ba_ctx *ctx, const struct ba_nodes *nodes,
		      uint16_t cache);

/* Is it free? Pre: at.exact. */
bool ba_slab_object_free(const struct ba_ctx *ctx, struct ba_object_at at);

/* A free object is in use from now on. Pre: at.exact, and free. */
void ba_slab_take(struct ba_ctx *ctx, struct ba_object_at at);

/* It becomes the first of its chain. Pre: at.exact, and free. */
void ba_slab_to_front(struct ba_ctx *ctx, struct ba_object_at at);

/* The slab is the one that ctx->cpu allocates from; the one before is given
 * up. Pre: no other CPU's slab. */
void ba_slab_to_cpu(struct ba_ctx *ctx, struct ba_nodes *nodes, pfn_t head);

/*
 * The block of frames in use is a slab of the cache, with every object in
 * use. False: there is no room for their records, or a frame of it is not in
 * use, of another slab or of another block.
 */
bool ba_slab_adopt(struct ba_ctx *ctx, struct ba_nodes *nodes, uint16_t cache,
		   pfn_t head, order_t order);

/* It is a slab no more, whatever its objects were; its frames stay in use. */
void ba_slab_drop(struct ba_ctx *ctx, pfn_t head);

/* The slabs of all caches. */
uint32_t ba_slab_count(const struct ba_ctx *ctx);

/* They are slabs no more. Looks at no frame behind the last of them. */
void ba_slab_drop_all(struct ba_ctx *ctx, const struct ba_nodes *nodes);

#endif
