/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * object_lru - objects that nobody uses but that are kept in case somebody
 * will again, as dentries and inodes are: one list a node, oldest first, of
 * each cache with a shrinker (mm/shrinker.h).
 *
 *	unuse    on the list's end, if it is on none; else it is REFERENCED
 *	use      stays on the list until reclaim meets it
 *	free     off the list
 *
 * Behind the records of a slab's objects such a cache has one link an object:
 *
 *	run   | record 0 | record 1 | ... | link 0 | link 1 | ...
 *	        2 bytes                     16 bytes
 *
 * Models: struct list_lru, include/linux/list_lru.h; list_lru_add,
 *	list_lru_del, mm/list_lru.c; retain_dentry, fs/dcache.c (6.1, 6.12).
 * Simplified: an object is used or not; there are no counts of users.
 *
 * Invariants:
 *   O1 an object says LISTED exactly if it is on the list of its slab's node.
 *   O2 only an object that its owner has is on a list.
 */
#ifndef BA_MM_OBJECT_LRU_H
#define BA_MM_OBJECT_LRU_H

#include "mm/kmem_cache.h"

#define BA_OBJECT_LISTED	0x1u
#define BA_OBJECT_UNUSED	0x2u
#define BA_OBJECT_REFERENCED	0x4u

struct ba_object_link {
	pfn_t next_head, prev_head;	/* slabs of the neighbours */
	uint16_t next, prev;		/* places in them; NONE at the ends */
	uint16_t flags;			/* BA_OBJECT_* */
	uint16_t unused;		/* 0 */
};
BA_STATIC_ASSERT(sizeof(struct ba_object_link) ==
		 BA_LINK_RECORDS * BA_POOL_RECORD, "a few records");

struct ba_object_link *ba_object_link(const struct ba_ctx *ctx,
				      struct ba_object_at at);

/* The oldest object of the node's list; head is BA_PFN_NONE: it is empty. */
struct ba_object_at ba_object_lru_first(const struct ba_ctx *ctx,
					uint16_t cache, uint8_t node);

/*
 * Pre: the object is in use, of a cache with a shrinker. On a shared machine
 * reclaim may free what is unused at any moment: to use or to free it again,
 * the machine must be had alone.
 */
void ba_object_unuse(struct ba_ctx *ctx, struct ba_object_at at);
void ba_object_use(struct ba_ctx *ctx, struct ba_object_at at);

/* What comes of an object whose owner frees it: as ba_object_lru_del. */
void ba_object_lru_forget(struct ba_ctx *ctx, struct ba_object_at at);

/* ---- with the lock of the node's list (struct ba_shrinker) held -------- */

/* Off the list, if it is on it; nothing is known of the object then. */
void ba_object_lru_del(struct ba_ctx *ctx, struct ba_object_at at);

/* From the list's beginning to its end. Pre: it is on the list. */
void ba_object_lru_rotate(struct ba_ctx *ctx, struct ba_object_at at);

#endif
