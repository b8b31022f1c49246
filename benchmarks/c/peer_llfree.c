// SPDX-License-Identifier: GPL-2.0-only
/*
 * peer_llfree - llfree-c as a page backend; the include path leads to its
 * source tree, whose files are built together with this one. Each user is a
 * core to it. It has atomics instead of locks, always.
 */
#include <stdlib.h>

#include "llfree.h"
#include "llfree_inner.h"

#include "page_backend.h"

/* A user's part, on cache lines of its own. */
struct core {
	llfree_t *llfree;
	size_t core, cores;
} __attribute__((aligned(128)));

struct arena {
	llfree_t llfree;
	llfree_meta_t meta;
	struct core core[USERS_MAX];
};

static uint8_t *memory_of(size_t size)
{
	size_t rounded = (size + LLFREE_CACHE_SIZE - 1) / LLFREE_CACHE_SIZE *
			 LLFREE_CACHE_SIZE;

	return aligned_alloc(LLFREE_CACHE_SIZE, rounded + LLFREE_CACHE_SIZE);
}

static void arena_destroy(void *arena)
{
	struct arena *a = arena;

	free(a->meta.local);
	free(a->meta.trees);
	free(a->meta.lower);
	free(a);
}

static void *arena_create(uint32_t order, uint32_t users, const char *variant)
{
	size_t frames = (size_t)1 << order;
	llfree_classing_t classing = llfree_classing_simple(users);
	llfree_meta_size_t size = llfree_metadata_size(&classing, frames);
	struct arena *a = aligned_alloc(128, sizeof(*a));

	(void)variant;
	if (!a)
		return NULL;
	for (uint32_t i = 0; i < users; i++)
		a->core[i] = (struct core){ &a->llfree, i, users };
	a->meta = (llfree_meta_t){ .local = memory_of(size.local),
				   .trees = memory_of(size.trees),
				   .lower = memory_of(size.lower) };
	if (!a->meta.local || !a->meta.trees || !a->meta.lower ||
	    !llfree_is_ok(llfree_init(&a->llfree, frames, LLFREE_INIT_FREE,
				      a->meta, &classing))) {
		arena_destroy(a);
		return NULL;
	}
	return a;
}

static void *arena_own(void *arena, uint32_t user)
{
	return &((struct arena *)arena)->core[user];
}

static always_inline uint32_t alloc_one(struct user *u, uint32_t order)
{
	struct core *c = u->own;
	llfree_result_t got = llfree_get(
		c->llfree, frame_id_none(),
		llfree_simple_request(c->cores, (uint8_t)order, c->core));

	return llfree_is_ok(got) ? (uint32_t)got.frame.value : NO_FRAME;
}

static always_inline void free_one(struct user *u, uint32_t frame,
				   uint32_t order)
{
	struct core *c = u->own;

	if (!llfree_is_ok(llfree_put(
		    c->llfree, frame_id(frame),
		    llfree_simple_request(c->cores, (uint8_t)order, c->core))))
		__builtin_trap();
}

#include "page_loops.h"
