/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/hist.h"

#include <string.h>

#define MILLION 1000000u

void ba_hist_init(struct ba_hist *hist)
{
	memset(hist, 0, sizeof(*hist));
	hist->min = UINT64_MAX;
}

uint64_t ba_hist_bucket_first(uint32_t bucket)
{
	uint32_t shift, part;

	if (bucket < BA_HIST_EXACT)
		return bucket;
	shift = bucket / BA_HIST_PER_DOUBLING - 1;
	part = bucket % BA_HIST_PER_DOUBLING + BA_HIST_PER_DOUBLING;
	return (uint64_t)part << shift;
}

uint64_t ba_hist_bucket_last(uint32_t bucket)
{
	uint32_t shift = 0;

	if (bucket >= BA_HIST_EXACT)
		shift = bucket / BA_HIST_PER_DOUBLING - 1;
	return ba_hist_bucket_first(bucket) + ((UINT64_C(1) << shift) - 1);
}

void ba_hist_merge(struct ba_hist *hist, const struct ba_hist *from)
{
	uint32_t i;

	for (i = 0; i < BA_HIST_BUCKETS; i++)
		hist->counts[i] += from->counts[i];
	hist->total += from->total;
	hist->sum += from->sum;
	if (from->min < hist->min)
		hist->min = from->min;
	if (from->max > hist->max)
		hist->max = from->max;
}

/* ceil(total * per_million / 1000000) without leaving 64 bits */
static uint64_t rank_of(uint64_t total, uint32_t per_million)
{
	uint64_t whole = total / MILLION * per_million;
	uint64_t rest = total % MILLION * per_million;

	return whole + (rest + MILLION - 1) / MILLION;
}

uint64_t ba_hist_percentile(const struct ba_hist *hist, uint32_t per_million)
{
	uint64_t rank, seen = 0, value;
	uint32_t i;

	if (!hist->total)
		return 0;
	if (!per_million)
		return hist->min;
	if (per_million >= MILLION)
		return hist->max;
	rank = rank_of(hist->total, per_million);
	for (i = 0; i < BA_HIST_BUCKETS; i++) {
		seen += hist->counts[i];
		if (seen >= rank)
			break;
	}
	value = ba_hist_bucket_last(i);
	return value < hist->max ? value : hist->max;
}
