/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmap_tree - areas of kernel addresses in a red-black tree by address, each
 * node knowing the largest area below it, so that the lowest hole that is
 * large enough is found without a look at the others.
 *
 *	             [60..80) most 40           search for 30 pages:
 *	            /                \          left: at most 20, so not there
 *	   [10..30) most 20     [100..140) 40   [60..80) holds only 20
 *	                        /        \      right: [100..140) it is
 *	                 [90..95) 5   [200..210) 10
 *
 * A node is a number into one array, 0 is no node; nothing is a pointer.
 *
 * A request whose alignment is more than a page looks for size + align - 1,
 * which fits wherever it lies. So a hole that fits only because it begins
 * well is passed over, unless the way through the tree leads over it: what
 * is found then depends on the shape of the tree, and the tree is balanced by
 * the kernel's rules, not by others as good.
 *
 * Models: struct vmap_area, include/linux/vmalloc.h; insert_vmap_area,
 *	merge_or_add_vmap_area, find_vmap_lowest_match, is_within_this_va,
 *	__find_vmap_area, mm/vmalloc.c; rb_insert_augmented,
 *	rb_erase_augmented, include/linux/rbtree_augmented.h (6.1, 6.12).
 * Simplified: neighbours are found in the tree; the kernel has a list as
 *	well.
 *
 * Invariants:
 *   T1 areas of one tree are not empty and do not overlap; a node's left is
 *      below it, its right above.
 *   T2 `most` of a node is the largest size of it and the nodes below.
 *   T3 the root is black, a red node has no red child, and every way down
 *      meets the same number of black nodes.
 *   T4 the parent of a node's child is that node, that of the root 0.
 */
#ifndef BA_MM_VMAP_TREE_H
#define BA_MM_VMAP_TREE_H

#include "base/types.h"

#define BA_VMAP_NONE	0u		/* no area */

struct ba_vmap_area {
	uint64_t start, end;		/* addresses [start, end), bytes */
	uint64_t object;		/* address of the kernel's vmap_area */
	uint64_t most;			/* T2, bytes */
	uint32_t parent, left, right;	/* in its tree; areas by number */
	uint32_t next;			/* on a list, in no tree */
	uint8_t red;			/* T3 */
	uint8_t tag;			/* 1 + vmap node of the CPU that asked;
					 * 0: none (mm/vmap_area.h) */
	uint8_t state;			/* enum ba_vmap_state */
	uint8_t reserved[5];
};

/* A request: `size` bytes at a multiple of `align` in [lo, hi). */
struct ba_vmap_request {
	uint64_t size;			/* bytes, whole pages */
	uint64_t align;			/* a power of two, bytes */
	uint64_t lo, hi;
};

static inline uint64_t ba_vmap_size(const struct ba_vmap_area *area)
{
	return area->end - area->start;
}

/* Put an area into the tree. Pre: T1 holds with it. */
void ba_vmap_tree_insert(struct ba_vmap_area *areas, uint32_t *root,
			 uint32_t id);

/* Take an area out of its tree. */
void ba_vmap_tree_erase(struct ba_vmap_area *areas, uint32_t *root,
			uint32_t id);

/* After the size of an area in the tree has changed: T2 again. */
void ba_vmap_tree_resized(struct ba_vmap_area *areas, uint32_t id);

/* The area that contains an address; BA_VMAP_NONE when none does. */
uint32_t ba_vmap_tree_find(const struct ba_vmap_area *areas, uint32_t root,
			   uint64_t address);

/* The area with the lowest address, and the one that follows an area. */
uint32_t ba_vmap_tree_first(const struct ba_vmap_area *areas, uint32_t root);
uint32_t ba_vmap_tree_next(const struct ba_vmap_area *areas, uint32_t id);

/*
 * The areas that end at or before `start` and begin at or after it, as near
 * as can be; BA_VMAP_NONE at the edges. Pre: no area contains `start`.
 */
void ba_vmap_tree_around(const struct ba_vmap_area *areas, uint32_t root,
			 uint64_t start, uint32_t *before, uint32_t *after);

/* Where the request would begin in that area; false when it does not fit. */
bool ba_vmap_fits(const struct ba_vmap_area *area,
		  const struct ba_vmap_request *request, uint64_t *start);

/*
 * The area that the kernel finds for a request; BA_VMAP_NONE when it finds
 * none. Looks at the lower end of the range only; its upper end is the
 * caller's.
 */
uint32_t ba_vmap_tree_lowest(const struct ba_vmap_area *areas, uint32_t root,
			     const struct ba_vmap_request *request);

/* NULL, or the sentence of the first of T1..T4 that does not hold; O(n). */
const char *ba_vmap_tree_check(const struct ba_vmap_area *areas,
			       uint32_t root, uint32_t limit);

#endif
