/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmstat - the counter of free pages as the allocator reads it.
 *
 * Each CPU collects its changes in a small difference of its own and adds it
 * to the zone's counter only when it grows past a threshold. The allocator
 * compares the *counter* with the watermarks, so it sees free memory with an
 * error of up to threshold pages per CPU; near a watermark that error decides
 * which zone serves a request.
 *
 *	free pages in truth  =  global  +  diff[0] + diff[1] + ...
 *	what is compared     =  max(global, 0)
 *
 * Models: __mod_zone_page_state, refresh_cpu_vm_stats,
 *	calculate_normal_threshold, calculate_pressure_threshold,
 *	mm/vmstat.c; zone_page_state, include/linux/vmstat.h (6.1, 6.12).
 * Simplified: only NR_FREE_PAGES is modelled this way.
 *
 * Invariants:
 *   C1 global plus all differences is the number of pages on the free lists.
 *   C2 a change leaves its CPU's difference within the threshold of that
 *      moment; a threshold that sinks later folds nothing.
 *   C3 the counter changes under the zone lock only, or where one call has
 *      the machine alone.
 */
#ifndef BA_MM_VMSTAT_H
#define BA_MM_VMSTAT_H

#include "base/lock.h"

struct ba_vmstat {
	int64_t global;			/* pages */
	int16_t diff[BA_CPU_MAX];	/* pages not yet in global */
	uint16_t threshold[BA_CPU_MAX];	/* pages */
};

/*
 * The counter's only writers: under the zone lock, so an addition needs no
 * atomic read-modify-write. Readers have no lock.
 */
static inline void ba_vmstat_add(struct ba_vmstat *stat, int64_t pages)
{
	__atomic_store_n(&stat->global, stat->global + pages,
			 __ATOMIC_RELAXED);
}

/* Add `delta` pages on behalf of `cpu`. */
static inline void ba_vmstat_mod(struct ba_vmstat *stat, cpu_t cpu,
				 int32_t delta)
{
	int32_t x = stat->diff[cpu] + delta;
	int32_t t = stat->threshold[cpu];

	if (x > t || x < -t) {
		ba_vmstat_add(stat, x);
		x = 0;
	}
	stat->diff[cpu] = (int16_t)x;
}

/* The same `nr` times one after the other: delta is 1 << order or its like. */
void ba_vmstat_mod_each(struct ba_vmstat *stat, cpu_t cpu, int32_t delta,
			uint32_t nr);

/* Free pages as a watermark test sees them. */
static inline int64_t ba_vmstat_read(const struct ba_vmstat *stat)
{
	int64_t v = __atomic_load_n(&stat->global, __ATOMIC_RELAXED);

	return v < 0 ? 0 : v;
}

/* Free pages in truth. */
int64_t ba_vmstat_sum(const struct ba_vmstat *stat);

/* Fold one CPU's difference into the counter. Zone lock held. */
void ba_vmstat_fold(struct ba_vmstat *stat, cpu_t cpu);

/*
 * The threshold of a zone of `managed` pages on a machine with `cpus` CPUs
 * online, 1..125 pages.
 */
uint16_t ba_vmstat_normal_threshold(uint64_t managed, uint32_t cpus);

/* The smaller one that holds while kswapd is awake, 1..125 pages. */
uint16_t ba_vmstat_pressure_threshold(uint64_t low, uint64_t min,
				      uint32_t cpus);

#endif
