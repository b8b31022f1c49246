/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_free - free_pages and its like: the owner's word is checked, then the
 * block goes to this CPU's list or to the buddy lists.
 *
 *	prepare   is it the head of a block in use, of that order?  -> FREEING
 *	commit    per-CPU list, or buddy lists                      -> free
 *
 * Models: free_pages_prepare, free_unref_page, __free_pages_ok,
 *	free_unref_page_list, split_page, drain_all_pages, drain_pages,
 *	mm/page_alloc.c; want_init_on_free, include/linux/mm.h (6.1).
 * Profiles: list_type_is_pageblock.
 *
 * Invariants:
 *   A2 a frame that says FREEING is on no list and belongs to nobody.
 */
#ifndef BA_MM_PAGE_FREE_H
#define BA_MM_PAGE_FREE_H

#include "mm/node.h"

/*
 * Free a block: prepare and commit in one. BA_EFRAME, BA_EDOUBLEFREE,
 * BA_EORDER, BA_EHANDLE or BA_ESLAB, and nothing changed, when the frame does not begin a block of
 * that order that is in use.
 */
enum ba_status ba_free_pages(struct ba_ctx *ctx, struct ba_nodes *nodes,
			     pfn_t pfn, order_t order);

/*
 * The two halves of a free. Between them the block belongs to nobody: a
 * batched free prepares all its pages before it commits the first.
 */
enum ba_status ba_free_prepare(struct ba_ctx *ctx, struct ba_nodes *nodes,
			       pfn_t pfn, order_t order);
void ba_free_commit(struct ba_ctx *ctx, struct ba_nodes *nodes, pfn_t pfn);

/* The second half past the per-CPU lists; flags: BA_BUDDY_TO_TAIL. */
void ba_free_commit_direct(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   pfn_t pfn, unsigned int flags);

/*
 * Free `nr` pages of order 0 as one batch. Stops at the first page that
 * cannot be freed, before anything is changed, and gives its index in *bad.
 */
enum ba_status ba_free_pages_list(struct ba_ctx *ctx, struct ba_nodes *nodes,
				  const pfn_t *pfns, uint32_t nr,
				  uint32_t *bad);

/*
 * Make a block in use into single pages that are freed one by one. Same
 * errors as ba_free_pages.
 */
enum ba_status ba_split_page(struct ba_ctx *ctx, struct ba_nodes *nodes,
			     pfn_t pfn, order_t order);

/* Drain the per-CPU lists of every CPU and zone (drain_all_pages). */
void ba_drain_all_pages(struct ba_ctx *ctx, struct ba_nodes *nodes);

/* Drain those of one CPU (drain_pages). */
void ba_drain_pages(struct ba_ctx *ctx, struct ba_nodes *nodes, cpu_t cpu);

#endif
