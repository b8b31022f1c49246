// SPDX-License-Identifier: GPL-2.0-only
/*
 * peer_buddy_malloc - evanw's buddy-malloc as a page backend; the include
 * path leads to its source tree. It is a malloc that grows by brk(2), of one
 * heap of at most 2 GiB. Here brk moves within memory that is there and
 * touched already, and a block has room for the 8 bytes it keeps in it.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "page_backend.h"

#define SHIFT		12u
#define ORDER_LIMIT	18u	/* 1 GiB: the heap's last half is one block */
#define HEADER		8u

static unsigned char *heap;
static size_t heap_size;

static int heap_brk(const void *end)
{
	return (size_t)((const unsigned char *)end - heap) > heap_size ? -1 : 0;
}

static void *heap_start(long zero)
{
	(void)zero;
	return heap;
}

#define malloc	peer_malloc
#define free	peer_free
#define brk	heap_brk
#define sbrk	heap_start
void *peer_malloc(size_t request);
void peer_free(void *block);
#include "buddy-malloc.c"
#undef malloc
#undef free
#undef brk
#undef sbrk

static void arena_destroy(void *arena)
{
	munmap(arena, heap_size);
}

/* There is one heap, so one arena at a time. */
static void *arena_create(uint32_t order, uint32_t users, const char *variant)
{
	(void)variant;
	if (order > ORDER_LIMIT || users > 1)
		return NULL;
	heap_size = (size_t)1 << (order + SHIFT);
	heap = mmap(NULL, heap_size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (heap == MAP_FAILED)
		return NULL;
	madvise(heap, heap_size, MADV_HUGEPAGE);
	memset(heap, 0, heap_size);
	base_ptr = NULL;
	memset(node_is_split, 0, sizeof(node_is_split));
	return heap;
}

static void *arena_own(void *arena, uint32_t user)
{
	(void)user;
	return arena;
}

static always_inline uint32_t alloc_one(struct user *u, uint32_t order)
{
	unsigned char *block;

	block = peer_malloc(((size_t)1 << (order + SHIFT)) - HEADER);
	return block ? (uint32_t)((size_t)(block - (unsigned char *)u->own) >>
				  SHIFT) : NO_FRAME;
}

static always_inline void free_one(struct user *u, uint32_t frame,
				   uint32_t order)
{
	(void)order;
	peer_free((unsigned char *)u->own + ((size_t)frame << SHIFT) + HEADER);
}

#include "page_loops.h"
