/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "base/arena.h"

#include <sys/resource.h>

#include "host.h"
#include "testlib.h"

#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)

/* Also the largest page a host may use: nothing below depends on it. */
#define FAR (2 * MIB)

/* 0 | 0 | ... | 0: a new arena, its size rounded up to pages; N1, N3. */
TEST(n1_new_arena_reads_as_zero)
{
	struct ba_arena arena;
	size_t i, sum = 0;

	REQUIRE(!ba_arena_create(MIB + 1, &arena));
	CHECK(arena.size > MIB && arena.size % BA_PAGE_SIZE == 0);
	CHECK_EQ((uintptr_t)arena.base % BA_PAGE_SIZE, 0);
	for (i = 0; i < arena.size; i++)
		sum += arena.base[i];
	CHECK_EQ(sum, 0);
	ba_arena_destroy(&arena);
	CHECK(!arena.base && !arena.size);
	ba_arena_destroy(&arena);
}

TEST(sizes_that_cannot_be)
{
	struct ba_arena arena;

	CHECK_EQ(ba_arena_create(0, &arena), BA_EINVAL);
	CHECK(!arena.base);
	CHECK_EQ(ba_arena_create(SIZE_MAX, &arena), BA_EINVAL);
	CHECK_EQ(ba_arena_create(PTRDIFF_MAX - 2 * FAR, &arena), BA_ENOMEM);
	CHECK(!arena.base);
}

static void write_few(struct ba_arena *arena)
{
	arena->base[0] = 1;
	memset(arena->base + 5 * FAR + 100, 0x5a, 3 * BA_PAGE_SIZE);
	arena->base[arena->size - 1] = 9;
}

/*
 *	from | 1 |   | 5a5a5a |   |  9 |
 *	copy | 1 |   | 5a5a5a |   |  9 |   equal, then one byte is changed
 */
static void copy_and_compare(size_t size)
{
	struct ba_arena from, copy;
	uint64_t hash;

	REQUIRE(!ba_arena_create(size, &from));
	write_few(&from);
	REQUIRE(!ba_arena_copy(&from, &copy));
	CHECK_EQ(copy.size, from.size);
	CHECK_EQ(copy.base[0], 1);
	CHECK_EQ(copy.base[5 * FAR + 100 + BA_PAGE_SIZE], 0x5a);
	CHECK_EQ(copy.base[copy.size - 1], 9);
	CHECK(ba_arena_equal(&from, &copy));
	hash = ba_arena_hash(&from);
	CHECK_EQ(ba_arena_hash(&copy), hash);
	copy.base[3 * FAR] = 1;
	CHECK(!ba_arena_equal(&from, &copy));
	CHECK(!ba_arena_equal(&copy, &from));
	CHECK(ba_arena_hash(&copy) != hash);
	CHECK_EQ(ba_arena_hash(&from), hash);
	copy.base[3 * FAR] = 0;
	copy.base[0] = 2;
	CHECK(!ba_arena_equal(&from, &copy));
	CHECK(ba_arena_hash(&copy) != hash);
	ba_arena_destroy(&copy);
	ba_arena_destroy(&from);
}

TEST(copy_compare_hash)
{
	copy_and_compare(16 * MIB);
}

/* N2: written and set back to 0, a page is as if never touched. */
TEST(n2_zero_page_is_an_untouched_page)
{
	struct ba_arena a, b, c;

	REQUIRE(!ba_arena_create(16 * MIB, &a));
	REQUIRE(!ba_arena_create(16 * MIB, &b));
	CHECK(ba_arena_equal(&a, &b));
	memset(b.base + FAR, 1, 4 * BA_PAGE_SIZE);
	CHECK(!ba_arena_equal(&a, &b));
	memset(b.base + FAR, 0, 4 * BA_PAGE_SIZE);
	CHECK(ba_arena_equal(&a, &b));
	CHECK(ba_arena_equal(&b, &a));
	CHECK_EQ(ba_arena_hash(&a), ba_arena_hash(&b));
	REQUIRE(!ba_arena_copy(&b, &c));
	CHECK(ba_arena_touched(&c) < ba_arena_touched(&b));
	ba_arena_destroy(&a);
	ba_arena_destroy(&b);
	ba_arena_destroy(&c);
}

/* The same bytes one page further on are another content. */
TEST(hash_depends_on_the_place_and_the_size)
{
	struct ba_arena a, b, c;

	REQUIRE(!ba_arena_create(16 * MIB, &a));
	REQUIRE(!ba_arena_create(16 * MIB, &b));
	REQUIRE(!ba_arena_create(32 * MIB, &c));
	a.base[0] = 1;
	b.base[BA_PAGE_SIZE] = 1;
	c.base[0] = 1;
	CHECK(ba_arena_hash(&a) != ba_arena_hash(&b));
	CHECK(ba_arena_hash(&a) != ba_arena_hash(&c));
	CHECK(!ba_arena_equal(&a, &b));
	CHECK(!ba_arena_equal(&a, &c));
	ba_arena_destroy(&a);
	ba_arena_destroy(&b);
	ba_arena_destroy(&c);
}

/* What the library should say of a mapping of that size. */
static enum ba_status host_status(size_t size)
{
	return host_maps(size, PROT_READ | PROT_WRITE) ? BA_OK : BA_ENOMEM;
}

static void copy_of_few(struct ba_arena *arena)
{
	enum ba_status want = host_status(arena->size);
	struct ba_arena copy;

	CHECK_EQ(ba_arena_copy(arena, &copy), want);
	CHECK_EQ(copy.size, want == BA_OK ? arena->size : 0);
	if (!copy.base)
		return;
	CHECK(ba_arena_touched(&copy) <= 4 * FAR);
	CHECK(ba_arena_equal(arena, &copy));
	CHECK_EQ(ba_arena_hash(arena), ba_arena_hash(&copy));
	ba_arena_destroy(&copy);
}

/* Much reserved, a few pages used: neither it nor its copy fills memory. */
static void costs_what_it_touches(size_t size)
{
	enum ba_status want = host_status(size);
	struct ba_arena arena;
	size_t touched;

	CHECK_EQ(ba_arena_create(size, &arena), want);
	CHECK_EQ(arena.size, want == BA_OK ? size : 0);
	if (!arena.base)
		return;
	CHECK_EQ(ba_arena_touched(&arena), 0);
	write_few(&arena);
	touched = ba_arena_touched(&arena);
	CHECK(touched >= 5 * BA_PAGE_SIZE && touched <= 4 * FAR);
	copy_of_few(&arena);
	ba_arena_destroy(&arena);
}

TEST(huge_arena_costs_what_it_touches)
{
	costs_what_it_touches(4 * GIB);
	costs_what_it_touches(64 * GIB);
}

/*
 * The hint changes no byte, wherever it begins and ends. Whether the host has
 * huge pages cannot be known here.
 */
TEST(bytes_are_the_same_under_huge_pages)
{
	const size_t size = (size_t)5 << 20;
	struct ba_arena plain, huge;

	REQUIRE(ba_arena_create(size, &plain) == BA_OK);
	REQUIRE(ba_arena_create(size, &huge) == BA_OK);
	huge.base[100] = plain.base[100] = 7;
	ba_arena_prefer_huge(&huge, 3 * BA_PAGE_SIZE + 1, size);
	CHECK(ba_arena_equal(&plain, &huge));
	huge.base[size - 1] = plain.base[size - 1] = 9;
	huge.base[size / 2] = plain.base[size / 2] = 8;
	CHECK(ba_arena_equal(&plain, &huge));
	CHECK_EQ(ba_arena_hash(&plain), ba_arena_hash(&huge));
	ba_arena_destroy(&plain);
	ba_arena_destroy(&huge);
}

/* No file can be opened: all pages count as touched, results are the same. */
TEST(works_where_pagemap_cannot_be_read)
{
	struct rlimit before, none;
	struct ba_arena arena;
	uint64_t hash;

	REQUIRE(!ba_arena_create(16 * MIB, &arena));
	write_few(&arena);
	hash = ba_arena_hash(&arena);
	REQUIRE(!getrlimit(RLIMIT_NOFILE, &before));
	none = before;
	none.rlim_cur = 0;
	REQUIRE(!setrlimit(RLIMIT_NOFILE, &none));
	copy_and_compare(16 * MIB);
	CHECK_EQ(ba_arena_touched(&arena), arena.size);
	CHECK_EQ(ba_arena_hash(&arena), hash);
	CHECK(!setrlimit(RLIMIT_NOFILE, &before));
	ba_arena_destroy(&arena);
}
