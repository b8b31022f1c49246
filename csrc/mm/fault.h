/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fault - user memory comes into being when it is first touched, and comes
 * back when it is touched after it was reclaimed.
 *
 *	anonymous memory   GFP_HIGHUSER_MOVABLE, zeroed; its mapping says that
 *	                   it was touched (YOUNG)
 *	page cache         GFP_HIGHUSER_MOVABLE; read for the first time it is
 *	                   REFERENCED, for the second time active; to be
 *	                   written makes it neither
 *	huge page          order 9, as hard as `defrag` says; else the caller
 *	                   takes small ones
 *
 * Models: do_anonymous_page, do_swap_page, mm/memory.c; filemap_add_folio,
 *	filemap_read, generic_perform_write, mm/filemap.c; vma_thp_gfp_mask,
 *	do_huge_pmd_anonymous_page, mm/huge_memory.c (6.1, 6.12).
 * Simplified: anonymous memory is mapped once; page cache is read and written
 *	by system calls, and a read from the disk counts as pgmajfault as if
 *	it were mapped. No readahead, no khugepaged, no __GFP_WRITE for pages
 *	to be written. A page that comes back from swap keeps its slot until it
 *	is written to (the kernel: until that write is swapped out again, if it
 *	was read first), or loses it at once when more than half of the swap is
 *	in use. A huge page comes back whole, by one request of order 9; the
 *	kernel reads small pages, one by one.
 *
 * Invariants:
 *   F1 a touched handle is RESIDENT, on the list of its bits, or the result
 *      says why not and nothing has changed.
 */
#ifndef BA_MM_FAULT_H
#define BA_MM_FAULT_H

#include "mm/page_alloc.h"

/* /sys/kernel/mm/transparent_hugepage/defrag, in the kernel's order. */
enum ba_thp_defrag {
	BA_THP_DEFRAG_ALWAYS,
	BA_THP_DEFRAG_DEFER,
	BA_THP_DEFRAG_DEFER_MADVISE,
	BA_THP_DEFRAG_MADVISE,
	BA_THP_DEFRAG_NEVER,
	BA_NR_THP_DEFRAG
};

/* /sys/kernel/mm/transparent_hugepage/enabled */
enum ba_thp_enabled {
	BA_THP_ALWAYS,
	BA_THP_MADVISE,
	BA_THP_NEVER,
	BA_NR_THP_ENABLED
};

/* What is to be made. */
struct ba_mapping {
	bool anon;		/* anonymous, else page cache */
	bool dirty;		/* page cache: made by a write */
	bool madvised;		/* MADV_HUGEPAGE */
	uint8_t mm;		/* for the OOM killer; 0: nobody's */
	uint8_t node;		/* preferred */
};

/* The GFP flags of a huge page's request; 0: the settings allow none. */
uint32_t ba_thp_gfp(const struct ba_ctx *ctx, bool madvised);

/*
 * A new page, touched once; its handle, or 0 with the reason in ctx->result:
 * KILLED when the OOM killer took this mm, and all its handles, to make room.
 * ctx->result is OK and the handle 0 when there are no more handles.
 */
uint32_t ba_fault_new(struct ba_ctx *ctx, struct ba_nodes *nodes,
		      const struct ba_mapping *mapping);

/* The same as one anonymous block of order 9. Pre: mapping->anon. */
uint32_t ba_fault_new_huge(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   const struct ba_mapping *mapping);

enum ba_touch { BA_TOUCH_HIT, BA_TOUCH_MAJOR, BA_TOUCH_FAILED };

/*
 * Touch a page, reading or writing. MAJOR: it had to be read from swap or its
 * file; FAILED: there was no memory for it, see ctx->result; when that is
 * KILLED, the handle is nobody's any more: the OOM killer took its mm, now or
 * on a shared machine since ba_user_has was asked.
 */
enum ba_touch ba_fault_touch(struct ba_ctx *ctx, struct ba_nodes *nodes,
			     uint32_t handle, bool write, uint8_t node);

#endif
