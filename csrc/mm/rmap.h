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
 * A swap slot is taken when reclaim decides to swap the page out, and stays
 * its own until the page is written to again or given up:
 *
 *	RESIDENT --add_to_swap--> RESIDENT, swap --written, freed--> SWAPPED
 *	             its slot is             ^                          |
 *	             being written           '------- read again -------'
 *	                                     clean: may go without a write
 *
 * Models: struct address_space, include/linux/fs.h; struct anon_vma,
 *	include/linux/rmap.h, and the walks over them, mm/rmap.c; struct
 *	swap_info_struct as a count, include/linux/swap.h;
 *	add_to_swap, mm/swap_state.c; folio_free_swap, mm/swapfile.c;
 *	folio_mark_dirty, folio_clear_dirty_for_io, mm/page-writeback.c (6.1,
 *	6.12).
 * Simplified: a page has one owner, which is an mm for anonymous memory and
 *	nobody for the page cache. A huge page needs as many free slots, which
 *	need not be adjacent.
 *
 * Invariants:
 *   R1 handle h is RESIDENT exactly if frames[pfn].owner is h and the frame
 *      heads a block of the handle's order in use with BA_FRAME_HANDLE.
 *   R2 handle 0 is none.
 *   R3 only anonymous pages have swap; what is SWAPPED has it.
 */
#ifndef BA_MM_RMAP_H
#define BA_MM_RMAP_H

#include "mm/vm.h"

/*
 * X(NAME, "name")
 *
 *   FREE      nobody's; pfn is the next free handle
 *   SWAPPED   anonymous, in swap space
 *   EVICTED   page cache, to be read again
 */
#define BA_HANDLE_STATES(X)						\
	X(FREE, "free") X(RESIDENT, "resident") X(SWAPPED, "swapped")	\
	X(EVICTED, "evicted")

enum ba_handle_state {
#define X(name, text) BA_HANDLE_##name,
	BA_HANDLE_STATES(X)
#undef X
};

struct ba_handle {
	pfn_t pfn;		/* RESIDENT: the head; else BA_PFN_NONE */
	uint8_t state;		/* enum ba_handle_state */
	uint8_t order;
	uint8_t anon : 1;	/* 1: anonymous, 0: page cache */
	uint8_t swap : 1;	/* 1 << order swap slots are its own */
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

/*
 * It is nobody's any more, and its bytes are forgotten. Pre: not RESIDENT.
 * Frees its swap space.
 */
void ba_rmap_forget(struct ba_ctx *ctx, uint32_t handle);

/*
 * The page of the handle lies at pfn now, neither dirty nor active. It keeps
 * its swap slots. A backed machine fills the frame with what the handle holds,
 * or with 0. Pre: not RESIDENT.
 */
void ba_rmap_set(struct ba_ctx *ctx, uint32_t handle, pfn_t pfn);

/* Swap slots for a page that is RESIDENT, which is DIRTY then; or false. */
bool ba_rmap_add_to_swap(struct ba_ctx *ctx, uint32_t handle);

/*
 * Give the slots of a page back, which is DIRTY then; nothing without slots
 * and while they are being written.
 */
void ba_rmap_free_swap(struct ba_ctx *ctx, uint32_t handle);

/*
 * Its owner writes to a RESIDENT page: DIRTY, its copy on swap worthless. Page
 * cache is no longer to go when it is written; of a write to anonymous memory
 * nobody hears before reclaim asks its mapping.
 */
void ba_rmap_dirty(struct ba_ctx *ctx, uint32_t handle);

/*
 * Set some BA_USE_* bits of a page with a handle and clear others. DIRTY and
 * WRITEBACK are changed by nothing else: V3.
 */
void ba_rmap_use(struct ba_ctx *ctx, pfn_t pfn, uint8_t set, uint8_t clear);

/*
 * The page leaves its frame: `state` SWAPPED, if it has swap, or EVICTED,
 * which an owner also uses on the way to ba_rmap_forget.
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
