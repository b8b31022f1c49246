// SPDX-License-Identifier: GPL-2.0-only
#include "mm/slab_pool.h"

#include <stdlib.h>

#include "testlib.h"

/* A pool and, behind it, its range. */
static struct ba_slab_pool *pool_of(uint32_t lines)
{
	struct ba_slab_pool *pool = calloc(1, sizeof(*pool) +
		(size_t)lines * BA_POOL_LINE * BA_POOL_RECORD);

	if (!pool)
		exit(2);
	pool->offset = sizeof(*pool);
	pool->lines = lines;
	return pool;
}

/* 1..32 records are a line, 33..64 two, 65..128 four. */
TEST(runs_are_powers_of_two_from_the_front)
{
	struct ba_slab_pool *pool = pool_of(16);

	CHECK_EQ(ba_pool_take(pool, 1, false), 0);
	CHECK_EQ(ba_pool_take(pool, 33, false), 1);
	CHECK_EQ(ba_pool_take(pool, 128, false), 3);
	CHECK_EQ(ba_pool_take(pool, 32, false), 7);
	CHECK_EQ(pool->used, 8);
	CHECK((char *)ba_pool_run(pool, 3) - (char *)ba_pool_run(pool, 1) ==
	      128);
	free(pool);
}

TEST(a_run_given_back_is_the_next_of_its_size)
{
	struct ba_slab_pool *pool = pool_of(16);
	uint32_t a = ba_pool_take(pool, 40, false);
	uint32_t b = ba_pool_take(pool, 40, false);

	ba_pool_give(pool, a, 40, false);
	ba_pool_give(pool, b, 40, false);
	CHECK_EQ(ba_pool_take(pool, 32, false), 4);
	CHECK_EQ(ba_pool_take(pool, 64, false), b);
	CHECK_EQ(ba_pool_take(pool, 33, false), a);
	CHECK_EQ(pool->used, 5);
	free(pool);
}

/*
 *	range | 0 1 2 3 | 4 5 6 7 |	full; the run at 4 is free
 *	take 1 line: 4; left are 5, and 6 7
 */
TEST(when_the_range_is_used_up_larger_runs_are_cut)
{
	struct ba_slab_pool *pool = pool_of(8);

	CHECK_EQ(ba_pool_take(pool, 128, false), 0);
	CHECK_EQ(ba_pool_take(pool, 128, false), 4);
	CHECK_EQ(ba_pool_take(pool, 1, false), BA_POOL_NONE);
	ba_pool_give(pool, 4, 128, false);
	CHECK_EQ(ba_pool_take(pool, 1, false), 4);
	CHECK_EQ(ba_pool_take(pool, 128, false), BA_POOL_NONE);
	CHECK_EQ(ba_pool_take(pool, 64, false), 6);
	CHECK_EQ(ba_pool_take(pool, 32, false), 5);
	CHECK_EQ(ba_pool_take(pool, 32, false), BA_POOL_NONE);
	CHECK_EQ(pool->used, 8);
	free(pool);
}

/* What is left at the end is too short for the run: it stays unused. */
TEST(a_rest_that_is_too_short_is_no_run)
{
	struct ba_slab_pool *pool = pool_of(3);

	CHECK_EQ(ba_pool_take(pool, 1, false), 0);
	CHECK_EQ(ba_pool_take(pool, 128, false), BA_POOL_NONE);
	CHECK_EQ(pool->used, 1);
	CHECK_EQ(ba_pool_take(pool, 64, false), 1);
	CHECK_EQ(pool->used, 3);
	free(pool);
}

/* Each line has one owner at a time, whatever is taken and given back. */
TEST(random_runs_never_overlap)
{
	enum { LINES = 4096, RUNS = 64 };
	struct ba_slab_pool *pool = pool_of(LINES);
	static uint8_t owner[LINES];
	struct { uint32_t run, records; } held[RUNS] = { { 0, 0 } };
	struct ba_rng rng;

	ba_rng_init(&rng, 1, 0);
	for (unsigned int n = 0; n < 20000; n++) {
		unsigned int i = ba_rng_below(&rng, RUNS);
		uint32_t lines = 1;

		if (!held[i].records) {
			held[i].records = 1 + ba_rng_below(&rng, 1u << (1 +
				ba_rng_below(&rng, 10)));
			held[i].run = ba_pool_take(pool, held[i].records, true);
			if (held[i].run == BA_POOL_NONE) {
				held[i].records = 0;
				continue;
			}
		} else {
			ba_pool_give(pool, held[i].run, held[i].records, true);
		}
		while (lines * BA_POOL_LINE < held[i].records)
			lines *= 2;
		REQUIRE(held[i].run + lines <= pool->used);
		REQUIRE(owner[held[i].run] == 0 || owner[held[i].run] == i + 1);
		if (owner[held[i].run] == i + 1) {
			memset(owner + held[i].run, 0, lines);
			held[i].records = 0;
			continue;
		}
		for (uint32_t l = held[i].run; l < held[i].run + lines; l++) {
			REQUIRE(!owner[l]);
			owner[l] = (uint8_t)(i + 1);
		}
	}
	CHECK(pool->used <= LINES);
	CHECK_EQ(pool->lock.word, 0);
	free(pool);
}

/* For objects of 8 bytes in every frame. */
TEST(a_machine_has_room_for_its_smallest_objects)
{
	CHECK(ba_pool_lines_for(1000) * UINT64_C(16) >= 1000 * 512);
	CHECK(ba_pool_lines_for(UINT64_C(1) << 32) < BA_POOL_NONE);
}
