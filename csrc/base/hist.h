/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hist - how often which latency, in buckets that widen with the value.
 *
 * Below 256 ns every number has its own bucket. From there each doubling of
 * the value is cut into 128 equal buckets, so that a bucket is never wider
 * than 1/128 of its values: two significant digits, from 0 to 2^64 - 1.
 *
 *	bucket  0 ... 255 | 256 ... 383 | 384 ... 511 | ...
 *	value   0 ... 255 | 256 ... 511 | 512 ... 1023| ...
 *	width       1     |      2      |      4      |
 *
 * The idea is that of HdrHistogram (Gil Tene).
 *
 * Invariants:
 *   H1 total is the sum of the counts.
 *   H2 with total 0: min is all ones, max and sum are 0; else min <= max.
 *   H3 ba_hist_bucket never decreases with its value.
 */
#ifndef BA_BASE_HIST_H
#define BA_BASE_HIST_H

#include "base/types.h"

#define BA_HIST_EXACT	256u		/* values with a bucket of their own */
#define BA_HIST_PER_DOUBLING 128u
#define BA_HIST_BUCKETS	(BA_HIST_EXACT + 56u * BA_HIST_PER_DOUBLING)

/* About 58 KiB: part of a larger object, or on the heap. */
struct ba_hist {
	uint64_t total;			/* values recorded */
	uint64_t min, max;		/* ns, exact */
	uint64_t sum;			/* ns, modulo 2^64 */
	uint64_t counts[BA_HIST_BUCKETS];
};

void ba_hist_init(struct ba_hist *hist);

/* The bucket of a value, and the first and last value of a bucket. */
static inline uint32_t ba_hist_bucket(uint64_t value)
{
	uint32_t shift;

	if (value < BA_HIST_EXACT)
		return (uint32_t)value;
	shift = 56u - (uint32_t)__builtin_clzll(value);
	return shift * BA_HIST_PER_DOUBLING + (uint32_t)(value >> shift);
}

uint64_t ba_hist_bucket_first(uint32_t bucket);
uint64_t ba_hist_bucket_last(uint32_t bucket);

/* Record one value, or the same value n times. */
static inline void ba_hist_add_n(struct ba_hist *hist, uint64_t value,
				 uint64_t n)
{
	if (!n)
		return;
	hist->counts[ba_hist_bucket(value)] += n;
	hist->total += n;
	hist->sum += value * n;
	if (value < hist->min)
		hist->min = value;
	if (value > hist->max)
		hist->max = value;
}

static inline void ba_hist_add(struct ba_hist *hist, uint64_t value)
{
	ba_hist_add_n(hist, value, 1);
}

/* Add all of `from` to `hist`. */
void ba_hist_merge(struct ba_hist *hist, const struct ba_hist *from);

/*
 * The value that per_million / 1000000 of all values do not exceed, at most
 * 1/128 too high: 500000 is the median, 990000 the 99th percentile, 0 the
 * minimum, 1000000 the maximum (both exact). 0 for an empty histogram;
 * per_million above 1000000 counts as 1000000.
 */
uint64_t ba_hist_percentile(const struct ba_hist *hist, uint32_t per_million);

#endif
