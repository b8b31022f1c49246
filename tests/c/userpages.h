/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * userpages - user memory on the machine of pages.h: each page has a handle,
 * 1, 2, 3 ... in the order of creation, and stands on an LRU list.
 *
 *	start(PAGES);
 *	user_page(0, 0);			1: page cache, inactive
 *	user_page(BA_USE_ANON, BA_USE_YOUNG);	2: anonymous, touched
 *	CHECK_STR_EQ(lru(BA_LRU_INACTIVE_FILE), "1");
 */
#ifndef BA_TESTS_USERPAGES_H
#define BA_TESTS_USERPAGES_H

#include "mm/writeback.h"

#include "pages.h"

#define FILE_PAGE 0
#define ANON_PAGE BA_USE_ANON

/* A block for `gfp` with a handle, kind and bits, at the head of its list. */
static inline uint32_t user_block(uint32_t gfp, order_t order, uint8_t kind,
				  uint8_t use)
{
	pfn_t pfn = alloc(gfp, order);
	uint32_t handle;

	if (pfn == BA_PFN_NONE)
		return 0;
	handle = ba_rmap_new(&ctx, order, kind == ANON_PAGE, 0);
	ba_rmap_set(&ctx, handle, pfn);
	ba_rmap_use(&ctx, pfn, use, 0);
	ba_lru_add(&ctx, nodes, pfn);
	return handle;
}

static inline uint32_t user_page(uint8_t kind, uint8_t use)
{
	return user_block(MOVABLE, 0, kind, use);
}

static inline void user_pages(uint32_t nr, uint8_t kind, uint8_t use)
{
	while (nr-- > 0)
		user_page(kind, use);
}

static inline pfn_t pfn_of(uint32_t handle)
{
	return ctx.handles[handle].pfn;
}

static inline uint8_t use_of(uint32_t handle)
{
	return ctx.frames[pfn_of(handle)].use;
}

static inline uint8_t state_of(uint32_t handle)
{
	return ctx.handles[handle].state;
}

/* The handles of a list of node 0 from head to tail; until the next call. */
static inline const char *lru(enum ba_lru_list list)
{
	static char text[512];
	size_t len = 0;

	text[0] = '\0';
	for (pfn_t pfn = nodes->node[0].lruvec.list[list].head;
	     pfn != BA_PFN_NONE && len < 500;
	     pfn = ba_list_next(ba_frame_links(ctx.frames), pfn))
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"%s%u", len ? " " : "",
					ctx.frames[pfn].owner);
	return text;
}

static inline int64_t lru_pages(enum ba_lru_list list)
{
	return nodes->node[0].lruvec.nr[list];
}

static inline void give_swap(uint64_t pages)
{
	ctx.vm->swap_total += pages;
	ctx.vm->swap_free += pages;
}

static inline uint64_t counted(enum ba_vm_event event)
{
	return ctx.vm->event[event];
}

/* The number at the beginning of an invariant's sentence, as in "B4". */
static inline bool names(const char *sentence, const char *number)
{
	return sentence && strncmp(sentence, number, strlen(number)) == 0 &&
	       sentence[strlen(number)] == ':';
}

#endif
