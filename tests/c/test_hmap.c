/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/hmap.h"

#include <stdlib.h>

#include "base/rng.h"

#include "testlib.h"

/* Nothing put, nothing found, nothing owned. */
TEST(empty_map)
{
	struct ba_hmap map;
	uint64_t cursor = 0, key;
	uint32_t value = 7;

	ba_hmap_init(&map);
	CHECK(!ba_hmap_get(&map, 0, &value));
	CHECK(!ba_hmap_del(&map, 0, &value));
	CHECK(!ba_hmap_next(&map, &cursor, &key, &value));
	CHECK_EQ(value, 7);
	CHECK(!map.slots);
	CHECK(ba_hmap_check(&map));
	ba_hmap_clear(&map);
	ba_hmap_deinit(&map);
}

/* Every number is a key: 0 and all ones too; a second put replaces. */
TEST(any_key_put_get_del)
{
	static const uint64_t keys[] = { 0, UINT64_MAX, 1, 0x8000000000000000 };
	struct ba_hmap map;
	uint32_t i, value;

	ba_hmap_init(&map);
	for (i = 0; i < 4; i++) {
		CHECK_EQ(ba_hmap_put(&map, keys[i], i), BA_OK);
		CHECK_EQ(ba_hmap_put(&map, keys[i], i + 100), BA_OK);
	}
	CHECK_EQ(map.count, 4);
	for (i = 0; i < 4; i++) {
		CHECK(ba_hmap_get(&map, keys[i], &value));
		CHECK_EQ(value, i + 100);
		CHECK(ba_hmap_del(&map, keys[i], i % 2 ? &value : NULL));
		CHECK(!ba_hmap_get(&map, keys[i], NULL));
	}
	CHECK_EQ(map.count, 0);
	CHECK(ba_hmap_check(&map));
	ba_hmap_deinit(&map);
}

/* P1: growth keeps every key, and half of the slots free. */
TEST(p1_grows_and_keeps_all)
{
	enum { NR = 5000 };
	struct ba_hmap map;
	uint32_t value;
	uint64_t i;

	ba_hmap_init(&map);
	for (i = 0; i < NR; i++)
		REQUIRE(!ba_hmap_put(&map, i << 12, (uint32_t)i));
	CHECK_EQ(map.count, NR);
	CHECK(map.mask + 1 >= 2 * NR);
	for (i = 0; i < NR; i++) {
		CHECK(ba_hmap_get(&map, i << 12, &value));
		CHECK_EQ(value, i);
	}
	CHECK(!ba_hmap_get(&map, 1, &value));
	CHECK(ba_hmap_check(&map));
	ba_hmap_deinit(&map);
}

TEST(reserve_and_clear)
{
	struct ba_hmap map;
	uint64_t mask;

	ba_hmap_init(&map);
	CHECK_EQ(ba_hmap_reserve(&map, 1000), BA_OK);
	mask = map.mask;
	CHECK_EQ(mask, 2047);
	CHECK_EQ(ba_hmap_put(&map, 5, 6), BA_OK);
	ba_hmap_clear(&map);
	CHECK_EQ(map.count, 0);
	CHECK_EQ(map.mask, mask);
	CHECK(!ba_hmap_get(&map, 5, NULL));
	CHECK_EQ(ba_hmap_reserve(&map, UINT64_MAX), BA_ENOMEM);
	CHECK(ba_hmap_check(&map));
	ba_hmap_deinit(&map);
}

/* Each key is met once, with its value. */
TEST(next_visits_every_key_once)
{
	bool seen[100] = { false };
	uint64_t cursor = 0, key, i;
	uint32_t value, visits = 0;
	struct ba_hmap map;

	ba_hmap_init(&map);
	for (i = 0; i < 100; i++)
		REQUIRE(!ba_hmap_put(&map, i * 977, (uint32_t)i));
	while (ba_hmap_next(&map, &cursor, &key, &value)) {
		REQUIRE(value < 100);
		CHECK_EQ(key, value * 977u);
		CHECK(!seen[value]);
		seen[value] = true;
		visits++;
	}
	CHECK_EQ(visits, 100);
	ba_hmap_deinit(&map);
}

/*
 * P2 under churn: few keys, many runs and holes, runs that wrap around the
 * last slot; a plain array of all keys decides who is right.
 */
TEST(p2_random_operations_match_an_array)
{
	enum { KEYS = 64 };
	uint32_t expected[KEYS] = { 0 }, value, step;
	struct ba_hmap map;
	struct ba_rng rng;

	ba_hmap_init(&map);
	ba_rng_init(&rng, 4, 0);
	for (step = 1; step <= 20000; step++) {
		uint32_t key = ba_rng_below(&rng, KEYS);
		bool had = expected[key] != 0;

		value = 0;
		if (ba_rng_below(&rng, 2)) {
			REQUIRE(!ba_hmap_put(&map, key, step));
			expected[key] = step;
		} else {
			REQUIRE(ba_hmap_del(&map, key, &value) == had);
			REQUIRE(value == expected[key]);
			expected[key] = 0;
		}
		key = ba_rng_below(&rng, KEYS);
		had = expected[key] != 0;
		value = 0;
		REQUIRE(ba_hmap_get(&map, key, &value) == had);
		REQUIRE(value == expected[key]);
		REQUIRE(ba_hmap_check(&map));
	}
	ba_hmap_deinit(&map);
}

/* A key moved behind a free slot, a wrong count: the check must see both. */
TEST(check_sees_a_broken_map)
{
	struct ba_hmap map;
	uint64_t i, from;

	ba_hmap_init(&map);
	REQUIRE(!ba_hmap_put(&map, 1, 1));
	CHECK(ba_hmap_check(&map));
	map.count = 2;
	CHECK(!ba_hmap_check(&map));
	map.count = 1;
	for (i = 0; i <= map.mask && !map.slots[i].used; i++)
		;
	from = i;
	map.slots[(from + 5) & map.mask] = map.slots[from];
	map.slots[from].used = 0;
	CHECK(!ba_hmap_check(&map));
	ba_hmap_deinit(&map);
}
