// SPDX-License-Identifier: GPL-2.0-only
/*
 * peer_none - no allocator: what the loops themselves cost. It names one
 * frame after another, in use or not.
 */
#include <stdlib.h>

#include "page_backend.h"

static void *arena_create(uint32_t order, uint32_t users, const char *variant)
{
	uint32_t *mask = malloc(sizeof(*mask));

	(void)users;
	(void)variant;
	if (mask)
		*mask = (uint32_t)((UINT64_C(1) << order) - 1);
	return mask;
}

static void *arena_own(void *arena, uint32_t user)
{
	(void)user;
	return arena;
}

static void arena_destroy(void *arena)
{
	free(arena);
}

static always_inline uint32_t alloc_one(struct user *u, uint32_t order)
{
	(void)order;
	return u->null++ & *(const uint32_t *)u->own;
}

static always_inline void free_one(struct user *u, uint32_t frame,
				   uint32_t order)
{
	(void)u;
	(void)order;
	hide(frame);
}

#include "page_loops.h"
