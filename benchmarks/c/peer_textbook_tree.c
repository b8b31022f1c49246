// SPDX-License-Identifier: GPL-2.0-only
/* peer_textbook_tree - textbook_tree.h as a page backend. */
#include <stdlib.h>

#include "page_backend.h"
#include "textbook_tree.h"

static void *arena_create(uint32_t order, uint32_t users, const char *variant)
{
	(void)users;
	(void)variant;
	return tree_selftest() ? tree_create(order) : NULL;
}

static void *arena_own(void *arena, uint32_t user)
{
	(void)user;
	return arena;
}

static void arena_destroy(void *arena)
{
	tree_destroy(arena);
}

static always_inline uint32_t alloc_one(struct user *u, uint32_t order)
{
	return tree_alloc(u->own, order);
}

static always_inline void free_one(struct user *u, uint32_t frame,
				   uint32_t order)
{
	(void)order;
	tree_free(u->own, frame);
}

#include "page_loops.h"
