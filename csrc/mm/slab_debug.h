/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slab_debug - in a cache with debugging the allocator fills what nobody may
 * touch, and looks later whether somebody did. It takes real bytes: on a
 * machine that is not backed nothing is filled and nothing found.
 *
 *	                left zone  object            right zone
 *	free object     bb bb ...  6b 6b ... 6b a5   bb bb ...
 *	object in use   cc cc ...  the owner's       cc cc ...
 *
 *	flag               what it does
 *	RED_ZONE           the zones on both sides
 *	POISON             6b .. a5 in free objects, 5a in the gaps between
 *	CONSISTENCY_CHECKS the look, at each allocation and each free
 *
 * Bytes that are found wrong are reported and restored. An object that is to
 * be freed is not; where one is to be allocated, its slab is taken out of use.
 *
 * Models: init_object, check_object, check_bytes_and_report, restore_bytes,
 *	setup_slab_debug, setup_object_debug, alloc_debug_processing,
 *	free_debug_processing, __free_slab, mm/slub.c; include/linux/poison.h
 *	(6.1, 6.12).
 * Simplified: no tracks of users, no free pointers in the objects; a red zone
 *	begins behind the whole object, not behind what kmalloc was asked for
 *	(6.12 with STORE_USER).
 *
 * Invariants:
 *   Z1 without CONSISTENCY_CHECKS nothing is looked at.
 */
#ifndef BA_MM_SLAB_DEBUG_H
#define BA_MM_SLAB_DEBUG_H

#include "mm/kmem_cache.h"

/* A new slab: all its objects are free. */
void ba_slab_debug_new(const struct ba_ctx *ctx, uint16_t cache,
			 pfn_t head);

/*
 * An object of a cache with debugging is to be handed out; false: it was
 * written to while it was free.
 */
bool ba_slab_debug_take(const struct ba_ctx *ctx, uint16_t cache,
			  pfn_t head, uint32_t index);

/* Is what surrounds an object in use as it was? */
bool ba_slab_debug_intact(const struct ba_ctx *ctx,
			    struct ba_object_at at);

/* An object is free from now on. */
void ba_slab_debug_give(const struct ba_ctx *ctx, struct ba_object_at at);

/* A slab goes: was one of its free objects written to? Reports only. */
void ba_slab_debug_gone(const struct ba_ctx *ctx, uint16_t cache,
			  pfn_t head);

#endif
