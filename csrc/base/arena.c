/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "base/arena.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"

#define PAGEMAP_USED	(UINT64_C(3) << 62)	/* present or swapped */
#define BLOCK_PAGES	4096u			/* host pages looked up at once */

/* Which pages of an arena are touched, one block of pages at a time. */
struct walk {
	const struct ba_arena *arena;
	int fd;				/* pagemap; -1: cannot be read */
	size_t page;			/* bytes of a host page */
	size_t pages;			/* host pages to be looked at */
	uint64_t entry[BLOCK_PAGES];	/* 0: untouched */
};

static size_t host_page(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static void walk_init(struct walk *walk, const struct ba_arena *arena,
		      size_t used)
{
	walk->arena = arena;
	walk->fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	walk->page = host_page();
	walk->pages = (used + walk->page - 1) / walk->page;
}

static void walk_deinit(struct walk *walk)
{
	if (walk->fd >= 0)
		close(walk->fd);
}

/* Fill entry[] for the pages from `first` on; returns how many there are. */
static size_t walk_block(struct walk *walk, size_t first)
{
	size_t left = walk->pages - first;
	size_t nr = left < BLOCK_PAGES ? left : BLOCK_PAGES;
	size_t known = 0, i;

	if (walk->fd >= 0) {
		size_t at = (uintptr_t)walk->arena->base / walk->page + first;
		ssize_t got = pread(walk->fd, walk->entry,
				    nr * sizeof(walk->entry[0]),
				    (off_t)(at * sizeof(walk->entry[0])));

		if (got > 0)
			known = (size_t)got / sizeof(walk->entry[0]);
	}
	for (i = 0; i < known; i++)
		walk->entry[i] &= PAGEMAP_USED;
	for (; i < nr; i++)
		walk->entry[i] = PAGEMAP_USED;
	return nr;
}

enum ba_status ba_arena_create(size_t size, struct ba_arena *ret)
{
	size_t page = host_page();
	void *base;

	*ret = (struct ba_arena){ 0 };
	if (!size || size > PTRDIFF_MAX - page)
		return BA_EINVAL;
	size = (size + page - 1) / page * page;
	base = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return BA_ENOMEM;
	ret->base = base;
	ret->size = ret->used = size;
	return BA_OK;
}

void ba_arena_destroy(struct ba_arena *arena)
{
	if (arena->base)
		munmap(arena->base, arena->size);
	*arena = (struct ba_arena){ 0 };
}

enum ba_status ba_arena_copy(const struct ba_arena *from,
			     struct ba_arena *ret)
{
	enum ba_status status = ba_arena_create(from->size, ret);
	struct walk walk;
	size_t first, nr, i;

	if (status != BA_OK)
		return status;
	ret->used = from->used;
	walk_init(&walk, from, from->used);
	for (first = 0; first < walk.pages; first += nr) {
		nr = walk_block(&walk, first);
		for (i = 0; i < nr; i++) {
			size_t at = (first + i) * walk.page;

			if (walk.entry[i] &&
			    !ba_bytes_all_zero(from->base + at, walk.page))
				memcpy(ret->base + at, from->base + at,
				       walk.page);
		}
	}
	walk_deinit(&walk);
	return BA_OK;
}

/* Page i of the current block of both; `at` is its byte offset. */
static bool page_equal(const struct walk *a, const struct walk *b, size_t i,
		       size_t at)
{
	const uint8_t *in_a = a->arena->base + at;
	const uint8_t *in_b = b->arena->base + at;

	if (a->entry[i] && b->entry[i])
		return memcmp(in_a, in_b, a->page) == 0;
	if (a->entry[i])
		return ba_bytes_all_zero(in_a, a->page);
	if (b->entry[i])
		return ba_bytes_all_zero(in_b, b->page);
	return true;
}

bool ba_arena_equal(const struct ba_arena *a, const struct ba_arena *b)
{
	size_t used = a->used > b->used ? a->used : b->used;
	struct walk in_a, in_b;
	size_t first, nr, i;
	bool equal = true;

	if (a->size != b->size)
		return false;
	walk_init(&in_a, a, used);
	walk_init(&in_b, b, used);
	for (first = 0; equal && first < in_a.pages; first += nr) {
		nr = walk_block(&in_a, first);
		walk_block(&in_b, first);
		for (i = 0; equal && i < nr; i++)
			equal = page_equal(&in_a, &in_b, i,
					   (first + i) * in_a.page);
	}
	walk_deinit(&in_a);
	walk_deinit(&in_b);
	return equal;
}

/* By chunk of 4096 bytes, so that the host's page size does not matter. */
uint64_t ba_arena_hash(const struct ba_arena *arena)
{
	uint64_t hash = ba_hash_mix(UINT64_C(0x6275646479), arena->size);
	struct walk walk;
	size_t first, nr, i, at;

	walk_init(&walk, arena, arena->used);
	for (first = 0; first < walk.pages; first += nr) {
		nr = walk_block(&walk, first);
		for (i = 0; i < nr * walk.page; i += BA_CHUNK) {
			if (!walk.entry[i / walk.page])
				continue;
			at = first * walk.page + i;
			if (ba_bytes_all_zero(arena->base + at, BA_CHUNK))
				continue;
			hash = ba_hash_mix(hash, at);
			hash = ba_hash_chunk(hash, arena->base + at);
		}
	}
	walk_deinit(&walk);
	return hash;
}

size_t ba_arena_touched(const struct ba_arena *arena)
{
	struct walk walk;
	size_t first, nr, i, pages = 0;

	walk_init(&walk, arena, arena->used);
	for (first = 0; first < walk.pages; first += nr) {
		nr = walk_block(&walk, first);
		for (i = 0; i < nr; i++)
			pages += walk.entry[i] != 0;
	}
	walk_deinit(&walk);
	return pages * walk.page;
}
