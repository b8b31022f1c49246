/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "base/touched.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "base/arena.h"

#include "host.h"
#include "testlib.h"

#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)

/* Also the largest page a host may use. */
#define FAR (2 * MIB)

static struct ba_arena arena;
static struct ba_touched touched;

static void start(size_t size, size_t from)
{
	if (ba_arena_create(size, &arena))
		exit(2);
	ba_touched_init(&touched, arena.base + from, size - from);
}

static void stop(void)
{
	ba_touched_deinit(&touched);
	ba_arena_destroy(&arena);
}

/*
 *	|  |##|  |  |  |##|  |   each FAR bytes: the page of a byte is found
 */
TEST(w1_pages_that_were_written)
{
	size_t at;

	start(16 * FAR, 0);
	CHECK_EQ(ba_touched_next(&touched, 0), 16 * FAR);
	stop();

	start(16 * FAR, 0);
	arena.base[FAR + 8] = 1;
	arena.base[5 * FAR] = 1;
	at = ba_touched_next(&touched, 0);
	CHECK(at <= FAR + 8 && at > 0);
	CHECK_EQ(ba_touched_next(&touched, FAR + 8), FAR + 8);
	at = ba_touched_next(&touched, 3 * FAR);
	CHECK(at <= 5 * FAR && at > 3 * FAR);
	CHECK_EQ(ba_touched_next(&touched, 7 * FAR), 16 * FAR);
	/* and back again */
	CHECK_EQ(ba_touched_next(&touched, FAR + 9), FAR + 9);
	stop();
}

/* A range that begins inside a page, and one that ends there. */
TEST(a_range_may_lie_anywhere)
{
	start(4 * FAR, 100);
	arena.base[50] = 1;
	CHECK_EQ(ba_touched_next(&touched, 0), 0);
	CHECK_EQ(ba_touched_next(&touched, 7), 7);
	CHECK_EQ(ba_touched_next(&touched, FAR), 4 * FAR - 100);
	stop();

	start(4 * FAR, 0);
	ba_touched_deinit(&touched);
	arena.base[200] = 1;
	ba_touched_init(&touched, arena.base, 50);
	CHECK_EQ(ba_touched_next(&touched, 3), 3);
	CHECK_EQ(ba_touched_next(&touched, 50), 50);
	stop();
}

/* Records of 24 bytes: one that reaches into a touched page is found. */
TEST(records)
{
	uint64_t record = FAR / 24, found;

	start(64 * FAR, 0);
	CHECK_EQ(ba_touched_record(&touched, 0, 16), 64 * FAR / 16);
	stop();

	start(64 * FAR, 0);
	arena.base[FAR] = 1;
	found = ba_touched_record(&touched, 0, 24);
	CHECK(found <= record && found > 0);
	CHECK_EQ(ba_touched_record(&touched, record, 24), record);
	stop();
}

/* More pages than are looked up at once, and none of them becomes touched. */
static void walk_over(size_t size)
{
	size_t before;

	start(size, 0);
	arena.base[size - GIB] = 1;
	before = ba_arena_touched(&arena);
	CHECK(ba_touched_next(&touched, 0) > size - 2 * GIB);
	CHECK_EQ(ba_arena_touched(&arena), before);
	stop();
}

TEST(a_walk_over_much_touches_nothing)
{
	walk_over(4 * GIB);
	if (host_maps(64 * GIB, PROT_READ | PROT_WRITE))
		walk_over(64 * GIB);
	else
		CHECK_EQ(ba_arena_create(64 * GIB, &arena), BA_ENOMEM);
}

TEST(everything_where_pagemap_cannot_be_read)
{
	struct rlimit before, none;

	REQUIRE(!getrlimit(RLIMIT_NOFILE, &before));
	none = before;
	none.rlim_cur = 0;
	REQUIRE(!setrlimit(RLIMIT_NOFILE, &none));
	start(4 * FAR, 0);
	CHECK_EQ(ba_touched_next(&touched, 0), 0);
	CHECK_EQ(ba_touched_next(&touched, FAR + 5), FAR + 5);
	CHECK_EQ(ba_touched_next(&touched, 4 * FAR), 4 * FAR);
	stop();
	CHECK(!setrlimit(RLIMIT_NOFILE, &before));
}
