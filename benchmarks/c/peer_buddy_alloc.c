// SPDX-License-Identifier: GPL-2.0-only
/*
 * peer_buddy_alloc - spaskalev's buddy_alloc as a page backend; the include
 * path leads to its source tree. Its bookkeeping lies beside the memory,
 * which is only an address range here. The variant `mutex` puts one around
 * each call: it has no locks of its own.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define BUDDY_ALLOC_IMPLEMENTATION
#include "buddy_alloc.h"

#include "page_backend.h"

#define SHIFT	12u

struct arena {
	struct buddy *buddy;
	unsigned char *at, *main;
	size_t size;
	bool locked;
	pthread_mutex_t mutex;
};

static void arena_destroy(void *arena)
{
	struct arena *a = arena;

	if (a->main != MAP_FAILED)
		munmap(a->main, a->size);
	pthread_mutex_destroy(&a->mutex);
	free(a->at);
	free(a);
}

static void *arena_create(uint32_t order, uint32_t users, const char *variant)
{
	struct arena *a = calloc(1, sizeof(*a));

	(void)users;
	if (!a)
		return NULL;
	a->locked = !strcmp(variant, "mutex");
	pthread_mutex_init(&a->mutex, NULL);
	a->size = (size_t)1 << (order + SHIFT);
	a->at = malloc(buddy_sizeof_alignment(a->size, 1u << SHIFT));
	a->main = mmap(NULL, a->size, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (a->at && a->main != MAP_FAILED)
		a->buddy = buddy_init_alignment(a->at, a->main, a->size,
						1u << SHIFT);
	if (!a->buddy) {
		arena_destroy(a);
		return NULL;
	}
	return a;
}

static void *arena_own(void *arena, uint32_t user)
{
	(void)user;
	return arena;
}

static always_inline uint32_t alloc_one(struct user *u, uint32_t order)
{
	struct arena *a = u->own;
	unsigned char *block;

	if (a->locked)
		pthread_mutex_lock(&a->mutex);
	block = buddy_malloc(a->buddy, (size_t)1 << (order + SHIFT));
	if (a->locked)
		pthread_mutex_unlock(&a->mutex);
	return block ? (uint32_t)((size_t)(block - a->main) >> SHIFT) :
		       NO_FRAME;
}

static always_inline void free_one(struct user *u, uint32_t frame,
				   uint32_t order)
{
	struct arena *a = u->own;

	(void)order;
	if (a->locked)
		pthread_mutex_lock(&a->mutex);
	buddy_free(a->buddy, a->main + ((size_t)frame << SHIFT));
	if (a->locked)
		pthread_mutex_unlock(&a->mutex);
}

#include "page_loops.h"
