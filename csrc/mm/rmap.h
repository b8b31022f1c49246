/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rmap - from a frame to the user memory in it, and back: the handle by which
 * an owner knows its page while reclaim and compaction move it about.
 *
 *	handle 7 -> frame 4711     frame[4711].owner -> 7      RESIDENT
 *	compaction moves the page:
 *	handle 7 -> frame  812     frame[ 812].owner -> 7
 *	reclaim takes it:
 *	handle 7 -> none           on swap (SWAPPED), or to be read from its
 *	                           file again (EVICTED)
 *
 * Only a page with a handle is ever moved or reclaimed. What alloc_pages
 * returned is pinned: its owner knows the frame number.
 *
 * Models: struct address_space and struct anon_vma with the walks over them,
 *	mm/rmap.c; struct swap_info_struct as a count, include/linux/swap.h
 *	(6.1, 6.12).
 * Simplified: a page has one owner, which is an mm for anonymous memory and
 *	nobody for the page cache.
 *
 * Invariants:
 *   R1 handle h is RESIDENT exactly if frames[pfn].owner is h and the frame
 *      heads a block of the handle's order in use with BA_FRAME_HANDLE.
 *   R2 handle 0 is none.
 */
#ifndef BA_MM_RMAP_H
#define BA_MM_RMAP_H

#include "mm/vm.h"

enum ba_handle_state {
	BA_HANDLE_FREE,		/* nobody's; pfn is the next free handle */
	BA_HANDLE_RESIDENT,
	BA_HANDLE_SWAPPED,	/* anonymous, in swap space */
	BA_HANDLE_EVICTED,	/* page cache, to be read again */
};

struct ba_handle {
	pfn_t pfn;		/* RESIDENT: the head; else BA_PFN_NONE */
	uint8_t state;		/* enum ba_handle_state */
	uint8_t order;
	uint8_t anon;		/* 1: anonymous, 0: page cache */
	uint8_t mm;		/* address space that the OOM killer counts it
				 * for; 0: none */
};
BA_STATIC_ASSERT(sizeof(struct ba_handle) == 8, "one word a handle");

#define BA_HANDLES_MAX 0x40000000u	/* sim/compacting.h has the bits above */

/* Has the table no room for one more handle? */
static inline bool ba_rmap_full(const struct ba_ctx *ctx)
{
	return !ctx->vm->free_handle &&
	       ctx->vm->nr_handles + 1 >= ctx->vm->max_handles;
}

/* A new handle of a page that is not resident yet. Pre: !ba_rmap_full. */
uint32_t ba_rmap_new(struct ba_ctx *ctx, order_t order, bool anon, uint8_t mm);

/* It is nobody's any more. Pre: not RESIDENT. Frees its swap space. */
void ba_rmap_forget(struct ba_ctx *ctx, uint32_t handle);

/* The page of the handle lies at pfn now. Pre: not RESIDENT. */
void ba_rmap_set(struct ba_ctx *ctx, uint32_t handle, pfn_t pfn);

/*
 * The page leaves its frame: `state` SWAPPED or EVICTED. SWAPPED takes
 * 1 << order pages of swap, which the caller has seen to be there.
 */
void ba_rmap_unset(struct ba_ctx *ctx, uint32_t handle,
		   enum ba_handle_state state);

/* Page and its BA_USE_* bits from one block in use to another. */
void ba_rmap_move(struct ba_ctx *ctx, pfn_t from, pfn_t to);

/* The handle of a frame in use, or 0. */
static inline uint32_t ba_rmap_of(const struct ba_ctx *ctx, pfn_t pfn)
{
	const struct ba_frame *f = &ctx->frames[pfn];

	return f->flags & BA_FRAME_HANDLE ? f->owner : 0;
}

/* NULL, or the invariant that does not hold, as a sentence. */
const char *ba_rmap_check(const struct ba_ctx *ctx);

#endif
