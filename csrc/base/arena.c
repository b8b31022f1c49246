/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "base/arena.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/touched.h"

#define HUGE_PAGE ((uintptr_t)2 << 20)	/* of most hosts */

static size_t host_page(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
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

void ba_arena_prefer_huge(const struct ba_arena *arena, size_t from,
			  size_t to)
{
	uintptr_t base = (uintptr_t)arena->base;
	uintptr_t start = (base + from) & ~(HUGE_PAGE - 1);
	uintptr_t end = (base + to + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);

	if (start < base)
		start = base;
	if (end > base + arena->size)
		end = base + arena->size;
	ba_prefer_huge(arena->base + (start - base), end - start);
}

void ba_prefer_huge(void *start, size_t size)
{
	/* a host that has none says so, which changes nothing */
	(void)madvise(start, size, MADV_HUGEPAGE);
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
	size_t page = host_page();
	struct ba_touched touched;

	if (status != BA_OK)
		return status;
	ret->used = from->used;
	ba_touched_init(&touched, from->base, from->used);
	for (size_t at = ba_touched_next(&touched, 0); at < from->used;
	     at = ba_touched_next(&touched, at + page))
		if (!ba_bytes_all_zero(from->base + at, page))
			memcpy(ret->base + at, from->base + at, page);
	ba_touched_deinit(&touched);
	return BA_OK;
}

bool ba_arena_equal(const struct ba_arena *a, const struct ba_arena *b)
{
	size_t used = a->used > b->used ? a->used : b->used;
	size_t page = host_page(), at, in_a, in_b;
	struct ba_touched of_a, of_b;
	bool equal = true;

	if (a->size != b->size)
		return false;
	ba_touched_init(&of_a, a->base, used);
	ba_touched_init(&of_b, b->base, used);
	for (at = 0; equal && at < used; at += page) {
		in_a = ba_touched_next(&of_a, at);
		in_b = ba_touched_next(&of_b, at);
		at = in_a < in_b ? in_a : in_b;
		if (at == used)
			break;
		if (in_a == in_b)
			equal = memcmp(a->base + at, b->base + at, page) == 0;
		else	/* the other reads as 0 */
			equal = ba_bytes_all_zero((at == in_a ? a : b)->base +
						  at, page);
	}
	ba_touched_deinit(&of_a);
	ba_touched_deinit(&of_b);
	return equal;
}

/* By chunk of 4096 bytes, so that the host's page size does not matter. */
uint64_t ba_arena_hash(const struct ba_arena *arena)
{
	uint64_t hash = ba_hash_mix(UINT64_C(0x6275646479), arena->size);
	struct ba_touched touched;

	ba_touched_init(&touched, arena->base, arena->used);
	for (size_t at = ba_touched_next(&touched, 0); at < arena->used;
	     at = ba_touched_next(&touched, at + BA_CHUNK)) {
		if (ba_bytes_all_zero(arena->base + at, BA_CHUNK))
			continue;
		hash = ba_hash_mix(hash, at);
		hash = ba_hash_chunk(hash, arena->base + at);
	}
	ba_touched_deinit(&touched);
	return hash;
}

size_t ba_arena_touched(const struct ba_arena *arena)
{
	size_t page = host_page(), pages = 0;
	struct ba_touched touched;

	ba_touched_init(&touched, arena->base, arena->used);
	for (size_t at = ba_touched_next(&touched, 0); at < arena->used;
	     at = ba_touched_next(&touched, at + page))
		pages++;
	ba_touched_deinit(&touched);
	return pages * page;
}
