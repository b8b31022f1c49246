/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/rng.h"

#include "testlib.h"

/* The first outputs of the published splitmix64 for the seed 1234567. */
TEST(splitmix64_published_values)
{
	uint64_t x = 1234567;

	CHECK_EQ(ba_splitmix64(&x), UINT64_C(6457827717110365317));
	CHECK_EQ(ba_splitmix64(&x), UINT64_C(3203168211198807973));
	CHECK_EQ(ba_splitmix64(&x), UINT64_C(9817491932198370423));
}

/* The first outputs of the published xoshiro256** for the state 1 2 3 4. */
TEST(xoshiro_published_values)
{
	struct ba_rng rng = { { 1, 2, 3, 4 } };

	CHECK_EQ(ba_rng_next(&rng), 11520);
	CHECK_EQ(ba_rng_next(&rng), 0);
	CHECK_EQ(ba_rng_next(&rng), 1509978240);
	CHECK_EQ(ba_rng_next(&rng), UINT64_C(1215971899390074240));
}

/* Same seed and stream: the same. Another seed or another CPU: others. */
TEST(streams_are_reproducible_and_apart)
{
	struct ba_rng a, b, cpu, seed;
	uint32_t same_cpu = 0, same_seed = 0, i;

	ba_rng_init(&a, 42, 3);
	ba_rng_init(&b, 42, 3);
	ba_rng_init(&cpu, 42, 4);
	ba_rng_init(&seed, 43, 3);
	for (i = 0; i < 1000; i++) {
		uint64_t value = ba_rng_next(&a);

		CHECK_EQ(ba_rng_next(&b), value);
		same_cpu += ba_rng_next(&cpu) == value;
		same_seed += ba_rng_next(&seed) == value;
	}
	CHECK_EQ(same_cpu, 0);
	CHECK_EQ(same_seed, 0);
}

/* R1 for the seeds that tempt it. */
TEST(r1_state_is_never_all_zero)
{
	struct ba_rng rng;
	uint32_t stream;

	for (stream = 0; stream < 64; stream++) {
		ba_rng_init(&rng, 0, stream);
		CHECK(rng.s[0] | rng.s[1] | rng.s[2] | rng.s[3]);
	}
}

/* 60000 throws of a die: each face 10000 times, give or take 6 sigma. */
TEST(below_is_in_range_and_even)
{
	uint32_t faces[6] = { 0 };
	struct ba_rng rng;
	uint32_t i, face;

	ba_rng_init(&rng, 7, 0);
	for (i = 0; i < 60000; i++) {
		face = ba_rng_below(&rng, 6);
		REQUIRE(face < 6);
		faces[face]++;
	}
	for (i = 0; i < 6; i++)
		CHECK(faces[i] > 9450 && faces[i] < 10550);
	CHECK_EQ(ba_rng_below(&rng, 0), 0);
	CHECK_EQ(ba_rng_below(&rng, 1), 0);
}

/* Two thirds of 2^32, where a plain modulo favours the lower half 2 : 1. */
TEST(below_has_no_bias_for_large_bounds)
{
	uint32_t bound = 2863311530u, low = 0, i;
	struct ba_rng rng;

	ba_rng_init(&rng, 8, 0);
	for (i = 0; i < 10000; i++)
		low += ba_rng_below(&rng, bound) < bound / 2;
	CHECK(low > 4700 && low < 5300);
}
