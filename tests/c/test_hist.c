/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/hist.h"

#include <stdlib.h>

#include "base/rng.h"

#include "testlib.h"

static struct ba_hist *new_hist(void)
{
	struct ba_hist *hist = malloc(sizeof(*hist));

	if (!hist)
		exit(2);
	ba_hist_init(hist);
	return hist;
}

/* Buckets lie end to end from 0 to 2^64 - 1, each within 1/128; H3. */
TEST(h3_buckets_tile_all_numbers)
{
	uint64_t first, last, expected = 0;
	uint32_t i;

	for (i = 0; i < BA_HIST_BUCKETS; i++) {
		first = ba_hist_bucket_first(i);
		last = ba_hist_bucket_last(i);
		REQUIRE(first == expected && last >= first);
		REQUIRE((last - first) <= first / 128);
		CHECK_EQ(ba_hist_bucket(first), i);
		CHECK_EQ(ba_hist_bucket(last), i);
		expected = last + 1;
	}
	CHECK_EQ(last, UINT64_MAX);
}

/* 255 | 256 257 | 258 ...: the picture of the header. */
TEST(buckets_around_the_first_doubling)
{
	CHECK_EQ(ba_hist_bucket(255), 255);
	CHECK_EQ(ba_hist_bucket(256), 256);
	CHECK_EQ(ba_hist_bucket(257), 256);
	CHECK_EQ(ba_hist_bucket(258), 257);
	CHECK_EQ(ba_hist_bucket(511), 383);
	CHECK_EQ(ba_hist_bucket(512), 384);
	CHECK_EQ(ba_hist_bucket(UINT64_MAX), BA_HIST_BUCKETS - 1);
}

/* H2: an empty one answers 0. */
TEST(h2_empty_histogram)
{
	struct ba_hist *hist = new_hist();

	CHECK_EQ(hist->total, 0);
	CHECK_EQ(hist->min, UINT64_MAX);
	CHECK_EQ(ba_hist_percentile(hist, 500000), 0);
	ba_hist_add_n(hist, 9, 0);
	CHECK_EQ(hist->min, UINT64_MAX);
	free(hist);
}

/* 1 .. 100: the 50th is 50, the 99th 99; below 256 all are exact. */
TEST(percentiles_of_one_to_hundred)
{
	struct ba_hist *hist = new_hist();
	uint64_t i;

	for (i = 1; i <= 100; i++)
		ba_hist_add(hist, i);
	CHECK_EQ(ba_hist_percentile(hist, 0), 1);
	CHECK_EQ(ba_hist_percentile(hist, 500000), 50);
	CHECK_EQ(ba_hist_percentile(hist, 500001), 51);
	CHECK_EQ(ba_hist_percentile(hist, 990000), 99);
	CHECK_EQ(ba_hist_percentile(hist, 1000000), 100);
	CHECK_EQ(ba_hist_percentile(hist, UINT32_MAX), 100);
	CHECK_EQ(hist->sum, 5050);
	free(hist);
}

/* One value of 1000003 ns: a bucket is 4096 wide, the maximum is exact. */
TEST(percentile_does_not_exceed_the_maximum)
{
	struct ba_hist *hist = new_hist();

	ba_hist_add(hist, 1000003);
	CHECK_EQ(ba_hist_percentile(hist, 500000), 1000003);
	ba_hist_add_n(hist, UINT64_MAX, 2);
	CHECK_EQ(ba_hist_percentile(hist, 999999), UINT64_MAX);
	free(hist);
}

/* Counts near 2^64 must not wrap in the rank: a fast path hit 2^60 times. */
TEST(percentile_of_huge_counts)
{
	struct ba_hist *hist = new_hist();

	ba_hist_add_n(hist, 10, UINT64_C(3) << 60);
	ba_hist_add_n(hist, 200, UINT64_C(1) << 60);
	CHECK_EQ(ba_hist_percentile(hist, 750000), 10);
	CHECK_EQ(ba_hist_percentile(hist, 750001), 200);
	free(hist);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Random values of all sizes: never below the sorted one, 1/128 above. */
TEST(percentiles_match_sorted_values)
{
	enum { NR = 4000 };
	struct ba_hist *hist = new_hist();
	uint64_t *values = malloc(NR * sizeof(*values));
	struct ba_rng rng;
	uint32_t i;

	REQUIRE(values);
	ba_rng_init(&rng, 3, 0);
	for (i = 0; i < NR; i++) {
		values[i] = ba_rng_next(&rng) >> ba_rng_below(&rng, 64);
		ba_hist_add(hist, values[i]);
	}
	qsort(values, NR, sizeof(*values), by_value);
	for (i = 1; i <= 1000; i++) {
		uint64_t exact = values[i * NR / 1000 - 1];
		uint64_t got = ba_hist_percentile(hist, i * 1000);

		CHECK(got >= exact && got - exact <= exact / 128);
	}
	free(values);
	free(hist);
}

/* H1: one half here, one half there, merged, equals all in one. */
TEST(h1_merge_equals_adding_all)
{
	struct ba_hist *all = new_hist(), *odd = new_hist();
	struct ba_hist *even = new_hist();
	uint64_t i, sum = 0;

	for (i = 0; i < 1000; i++) {
		ba_hist_add(all, i * i);
		ba_hist_add(i % 2 ? odd : even, i * i);
	}
	ba_hist_merge(even, odd);
	CHECK(memcmp(even, all, sizeof(*all)) == 0);
	for (i = 0; i < BA_HIST_BUCKETS; i++)
		sum += even->counts[i];
	CHECK_EQ(sum, even->total);
	free(all);
	free(odd);
	free(even);
}
