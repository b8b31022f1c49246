// SPDX-License-Identifier: GPL-2.0-only
/* peer_textbook_buddy - textbook_buddy.h as a page backend. */
#include <stdio.h>

#include "base/types.h"
#include "page_backend.h"
#include "textbook_buddy.h"

static void *arena_create(uint32_t order, uint32_t users, const char *variant)
{
	const char *wrong = textbook_selftest();

	(void)users;
	(void)variant;
	if (wrong)
		return fprintf(stderr, "%s\n", wrong), NULL;
	return textbook_create(1u << order, BA_ORDER_MAX);
}

static void *arena_own(void *arena, uint32_t user)
{
	(void)user;
	return arena;
}

static void arena_destroy(void *arena)
{
	textbook_destroy(arena);
}

static always_inline uint32_t alloc_one(struct user *u, uint32_t order)
{
	return textbook_alloc(u->own, order);
}

static always_inline void free_one(struct user *u, uint32_t frame,
				   uint32_t order)
{
	textbook_free(u->own, frame, order);
}

#include "page_loops.h"
