// SPDX-License-Identifier: GPL-2.0-only
#include "mm/vmstat.h"

#define THRESHOLD_MAX 125u

static uint32_t fls64(uint64_t x)
{
	return x ? 64u - (uint32_t)__builtin_clzll(x) : 0u;
}

/*
 * After the first step the difference is within the threshold, and every so
 * many steps it passes it: what they fold is known without taking them.
 */
void ba_vmstat_mod_each(struct ba_vmstat *stat, cpu_t cpu, int32_t delta,
			uint32_t nr)
{
	uint32_t step = (uint32_t)(delta < 0 ? -delta : delta), first, period;
	uint32_t room = stat->threshold[cpu];
	int32_t x;

	if (!nr || !delta)
		return;
	ba_vmstat_mod(stat, cpu, delta);
	if (--nr == 0)
		return;
	x = stat->diff[cpu];
	first = (room - (uint32_t)(delta < 0 ? -x : x)) / step + 1;
	period = room / step + 1;
	if (nr >= first) {
		nr -= first;
		ba_vmstat_add(stat, x + delta * (int64_t)
			      (first + nr / period * period));
		nr %= period;
		x = 0;
	}
	stat->diff[cpu] = (int16_t)(x + delta * (int32_t)nr);
}

int64_t ba_vmstat_sum(const struct ba_vmstat *stat)
{
	int64_t sum = __atomic_load_n(&stat->global, __ATOMIC_RELAXED);

	for (cpu_t cpu = 0; cpu < BA_CPU_MAX; cpu++)
		sum += BA_PEEK(stat->diff[cpu]);
	return sum;
}

void ba_vmstat_fold(struct ba_vmstat *stat, cpu_t cpu)
{
	ba_vmstat_add(stat, stat->diff[cpu]);
	stat->diff[cpu] = 0;
}

uint16_t ba_vmstat_normal_threshold(uint64_t managed, uint32_t cpus)
{
	/* managed >> 15 is the zone's size in units of 128 MiB */
	uint32_t t = 2u * fls64(cpus) * (1u + fls64(managed >> 15));

	return (uint16_t)(t < THRESHOLD_MAX ? t : THRESHOLD_MAX);
}

uint16_t ba_vmstat_pressure_threshold(uint64_t low, uint64_t min,
				      uint32_t cpus)
{
	uint64_t t = (low - min) / cpus;

	if (t < 1)
		t = 1;
	return (uint16_t)(t < THRESHOLD_MAX ? t : THRESHOLD_MAX);
}
