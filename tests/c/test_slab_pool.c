// SPDX-License-Identifier: GPL-2.0-only
#include "mm/slab_pool.h"

#include <stdlib.h>

#include "testlib.h"

/* A pool and, behind it, its range: lines 1 to `lines`, and one before. */
static struct ba_slab_pool *pool_of(uint32_t lines)
{
	struct ba_slab_pool *pool = calloc(1, sizeof(*pool) +
		(lines + (size_t)1) * BA_POOL_LINE * BA_POOL_RECORD);

	if (!pool)
		exit(2);
	ba_pool_init(pool, sizeof(*pool), lines + 1);
	return pool;
}

/* 1..32 records are a line, 33..64 two, 65..128 four. */
TEST(runs_are_powers_of_two_from_the_front)
{
	struct ba_slab_pool *pool = pool_of(16);

	CHECK_EQ(ba_pool_take(pool, 1, false), 1);
	CHECK_EQ(ba_pool_take(pool, 33, false), 2);
	CHECK_EQ(ba_pool_take(pool, 128, false), 4);
	CHECK_EQ(ba_pool_take(pool, 32, false), 8);
	CHECK_EQ(pool->used, 9);
	CHECK((char *)ba_pool_run(pool, 4) - (char *)ba_pool_run(pool, 2) ==
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
	CHECK_EQ(ba_pool_take(pool, 32, false), 5);
	CHECK_EQ(ba_pool_take(pool, 64, false), b);
	CHECK_EQ(ba_pool_take(pool, 33, false), a);
	CHECK_EQ(pool->used, 6);
	free(pool);
}

/*
 *	range | 1 2 3 4 | 5 6 7 8 |	full; the run at 5 is free
 *	take 1 line: 5; left are 6, and 7 8
 */
TEST(when_the_range_is_used_up_larger_runs_are_cut)
{
	struct ba_slab_pool *pool = pool_of(8);

	CHECK_EQ(ba_pool_take(pool, 128, false), 1);
	CHECK_EQ(ba_pool_take(pool, 128, false), 5);
	CHECK_EQ(ba_pool_take(pool, 1, false), BA_POOL_NONE);
	ba_pool_give(pool, 5, 128, false);
	CHECK_EQ(ba_pool_take(pool, 1, false), 5);
	CHECK_EQ(ba_pool_take(pool, 128, false), BA_POOL_NONE);
	CHECK_EQ(ba_pool_take(pool, 64, false), 7);
	CHECK_EQ(ba_pool_take(pool, 32, false), 6);
	CHECK_EQ(ba_pool_take(pool, 32, false), BA_POOL_NONE);
	CHECK_EQ(pool->used, 9);
	free(pool);
}

/* What is left at the end is too short for the run: it stays unused. */
TEST(a_rest_that_is_too_short_is_no_run)
{
	struct ba_slab_pool *pool = pool_of(3);

	CHECK_EQ(ba_pool_take(pool, 1, false), 1);
	CHECK_EQ(ba_pool_take(pool, 128, false), BA_POOL_NONE);
	CHECK_EQ(pool->used, 2);
	CHECK_EQ(ba_pool_take(pool, 64, false), 2);
	CHECK_EQ(pool->used, 4);
	free(pool);
}

/* Each line has one owner at a time, whatever is taken and given back. */
TEST(random_runs_never_overlap)
{
	enum { LINES = 4096, RUNS = 64 };
	struct ba_slab_pool *pool = pool_of(LINES);
	static uint8_t owner[LINES + 1];
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
	CHECK(pool->used <= LINES + 1);
	CHECK_EQ(pool->lock.word, 0);
	free(pool);
}

/* For objects of 8 bytes in every frame. */
TEST(a_machine_has_room_for_its_smallest_objects)
{
	CHECK((ba_pool_lines_for(1000) - 1) * UINT64_C(32) >= 1000 * 512);
	CHECK_EQ(ba_pool_lines_for(UINT64_C(1) << 32), UINT32_MAX);
}
