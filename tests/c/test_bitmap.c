/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/bitmap.h"

#include "base/rng.h"

#include "testlib.h"

#define BITS 200u

/* Bits 0, 63 | 64, 127 | 128, 199 stand at the edges of words. */
TEST(set_clear_assign_at_word_edges)
{
	static const size_t edges[] = { 0, 63, 64, 127, 128, 199 };
	uint64_t map[BA_BITMAP_WORDS(BITS)] = { 0 };
	size_t i;

	CHECK_EQ(sizeof(map), 4 * sizeof(uint64_t));
	for (i = 0; i < 6; i++) {
		CHECK(!ba_bit_test(map, edges[i]));
		ba_bit_set(map, edges[i]);
		CHECK(ba_bit_test(map, edges[i]));
		CHECK_EQ(ba_bit_count(map, BITS), i + 1);
	}
	ba_bit_clear(map, 64);
	CHECK(!ba_bit_test(map, 64) && ba_bit_test(map, 63));
	ba_bit_assign(map, 64, true);
	ba_bit_assign(map, 63, false);
	CHECK(ba_bit_test(map, 64) && !ba_bit_test(map, 63));
	CHECK_EQ(ba_bit_count(map, BITS), 5);
}

TEST(words_for_bits)
{
	CHECK_EQ(BA_BITMAP_WORDS(0), 0);
	CHECK_EQ(BA_BITMAP_WORDS(1), 1);
	CHECK_EQ(BA_BITMAP_WORDS(64), 1);
	CHECK_EQ(BA_BITMAP_WORDS(65), 2);
}

/* M1: bit 100 is set, but a map of 100 bits ends before it. */
TEST(m1_bits_past_the_end_do_not_count)
{
	uint64_t map[2] = { 0 };

	ba_bit_set(map, 100);
	CHECK_EQ(ba_bit_next_set(map, 100, 0), 100);
	CHECK_EQ(ba_bit_next_set(map, 101, 0), 100);
	CHECK_EQ(ba_bit_count(map, 100), 0);
	CHECK_EQ(ba_bit_next_set(map, 100, 100), 100);
	CHECK_EQ(ba_bit_next_set(map, 0, 0), 0);
	memset(map, 0xff, sizeof(map));
	CHECK_EQ(ba_bit_next_clear(map, 128, 3), 128);
}

/* Search and count, against a look at every bit. */
TEST(search_matches_a_slow_one)
{
	uint64_t map[BA_BITMAP_WORDS(BITS)] = { 0 };
	size_t from, set, clear, count;
	struct ba_rng rng;
	uint32_t round, i;

	ba_rng_init(&rng, 2, 0);
	for (round = 0; round < 50; round++) {
		for (i = 0; i < BITS; i++)
			ba_bit_assign(map, i,
				      ba_rng_below(&rng, 50) < round);
		count = 0;
		set = clear = BITS;
		for (from = BITS; from-- > 0;) {
			if (ba_bit_test(map, from)) {
				set = from;
				count++;
			} else {
				clear = from;
			}
			CHECK_EQ(ba_bit_next_set(map, BITS, from), set);
			CHECK_EQ(ba_bit_next_clear(map, BITS, from), clear);
		}
		CHECK_EQ(ba_bit_count(map, BITS), count);
	}
}
