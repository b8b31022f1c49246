/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ticks - the cheapest clock there is: the processor's own counter, else the
 * kernel's monotonic clock. For single calls, in benchmarks only.
 */
#ifndef BA_BENCH_TICKS_H
#define BA_BENCH_TICKS_H

#include <stdint.h>
#include <time.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint64_t ticks(void)
{
#if defined(__x86_64__)
	return __rdtsc();
#else
	return clock_ns(CLOCK_MONOTONIC);
#endif
}

#endif
