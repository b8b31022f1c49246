// SPDX-License-Identifier: GPL-2.0-only
#include "mm/vmstat.h"

#include "testlib.h"

/*
 *	threshold 6:  +6 stays in the difference, one more goes to the counter
 *
 *	delta     +4   +2   +1
 *	diff       4    6    0
 *	global     0    0    7
 */
TEST(a_difference_moves_when_it_passes_the_threshold)
{
	struct ba_vmstat stat = { .global = 0, .threshold = { 6 } };

	ba_vmstat_mod(&stat, 0, 4);
	ba_vmstat_mod(&stat, 0, 2);
	CHECK_EQ(stat.global, 0);
	CHECK_EQ(stat.diff[0], 6);
	ba_vmstat_mod(&stat, 0, 1);
	CHECK_EQ(stat.global, 7);
	CHECK_EQ(stat.diff[0], 0);
	ba_vmstat_mod(&stat, 0, -6);
	CHECK_EQ(stat.diff[0], -6);
	ba_vmstat_mod(&stat, 0, -1);
	CHECK_EQ(stat.global, 0);
}

/* C1: what the counter hides, the sum shows; C2 holds after each step. */
TEST(c1_c2_hold_for_two_cpus)
{
	struct ba_vmstat stat = { .global = 100, .threshold = { 3, 5 } };
	int64_t truth = 100;

	for (int32_t i = 0; i < 200; i++) {
		cpu_t cpu = i % 3 == 0;
		int32_t delta = i % 7 - 3;

		ba_vmstat_mod(&stat, cpu, delta);
		truth += delta;
		CHECK_EQ(ba_vmstat_sum(&stat), truth);
		CHECK(stat.diff[cpu] <= stat.threshold[cpu] &&
		      -stat.diff[cpu] <= stat.threshold[cpu]);
	}
}

/* Many changes at once are as many changes. */
TEST(each_of_many_changes_passes_the_threshold_by_itself)
{
	for (uint32_t nr = 0; nr < 40; nr++)
		for (int32_t delta = -9; delta <= 9; delta++) {
			struct ba_vmstat one = { .global = 50, .diff = { 3 },
						 .threshold = { 6 } };
			struct ba_vmstat all = one;

			for (uint32_t i = 0; i < nr; i++)
				ba_vmstat_mod(&one, 0, delta);
			ba_vmstat_mod_each(&all, 0, delta, nr);
			CHECK_EQ(all.global, one.global);
			CHECK_EQ(all.diff[0], one.diff[0]);
		}
}

/* A negative counter reads as no free page; folding loses nothing. */
TEST(reading_stops_at_zero_and_folding_keeps_the_sum)
{
	struct ba_vmstat stat = { .global = -3, .diff = { 0, 5 },
				  .threshold = { 6, 6 } };

	CHECK_EQ(ba_vmstat_read(&stat), 0);
	CHECK_EQ(ba_vmstat_sum(&stat), 2);
	ba_vmstat_fold(&stat, 1);
	CHECK_EQ(stat.global, 2);
	CHECK_EQ(stat.diff[1], 0);
	CHECK_EQ(ba_vmstat_read(&stat), 2);
}

/* Pairs of the recorded kernels: pages managed, CPUs, threshold. */
TEST(thresholds_are_those_of_recorded_zones)
{
	CHECK_EQ(ba_vmstat_normal_threshold(3840, 1), 2);
	CHECK_EQ(ba_vmstat_normal_threshold(113258, 1), 6);
	CHECK_EQ(ba_vmstat_normal_threshold(754596, 1), 12);
	CHECK_EQ(ba_vmstat_normal_threshold(500419, 1), 10);
	CHECK_EQ(ba_vmstat_normal_threshold(3840, 2), 4);
	CHECK_EQ(ba_vmstat_normal_threshold(92563, 2), 12);
	CHECK_EQ(ba_vmstat_normal_threshold(UINT64_C(1) << 32, 64), 125);
}

TEST(pressure_threshold_shares_the_gap_between_low_and_min)
{
	CHECK_EQ(ba_vmstat_pressure_threshold(807, 646, 1), 125);
	CHECK_EQ(ba_vmstat_pressure_threshold(27, 22, 1), 5);
	CHECK_EQ(ba_vmstat_pressure_threshold(27, 22, 2), 2);
	CHECK_EQ(ba_vmstat_pressure_threshold(27, 22, 64), 1);
}
