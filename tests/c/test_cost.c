/* SPDX-License-Identifier: GPL-2.0-only */
#include "mm/cost.h"

#include "testlib.h"

TEST(a_new_charge_is_empty)
{
	struct ba_charge charge;

	ba_charge_init(&charge);
	CHECK_EQ(charge.latency_ns, 0);
	CHECK_EQ(charge.path, 0);
	CHECK_EQ(charge.split_order, BA_CHARGE_NONE);
	CHECK_EQ(charge.fallback, BA_CHARGE_NONE);
	CHECK_EQ(sizeof(charge), 8);
}

/* C1, C2: each step gives its own bit and its own price. */
TEST(c1_c2_every_step_is_one_bit_and_one_price)
{
	unsigned int i, all = 0;
	uint32_t sum = 0;
	struct ba_charge total;

	ba_charge_init(&total);
	for (i = 0; i < BA_NR_STEPS; i++) {
		struct ba_charge charge;

		ba_charge_init(&charge);
		ba_charge_step(&charge, (enum ba_step)(1 << i));
		CHECK_EQ(charge.path, 1u << i);
		CHECK_EQ(charge.latency_ns, ba_step_ns(i));
		ba_charge_step(&total, (enum ba_step)(1 << i));
		all |= 1u << i;
		sum += ba_step_ns(i);
	}
	CHECK_EQ(total.path, all);
	CHECK_EQ(total.latency_ns, sum);
}

TEST(c3_a_pair_costs_what_was_published)
{
	struct ba_charge charge;

	ba_charge_init(&charge);
	ba_charge_step(&charge, BA_STEP_PCP_HIT);
	ba_charge_units(&charge, BA_COST_FREE, 1);
	CHECK_EQ(charge.latency_ns, 40);
}

/* The examples at the head of the header. */
TEST(examples)
{
	struct ba_charge charge;

	ba_charge_init(&charge);
	ba_charge_step(&charge, BA_STEP_PCP_HIT);
	ba_charge_step(&charge, BA_STEP_PCP_REFILL);
	ba_charge_units(&charge, BA_COST_REFILL_PAGE, 63);
	ba_charge_split(&charge, 10, 0);
	ba_charge_split(&charge, 1, 0);
	CHECK_EQ(charge.latency_ns, 1115);
	CHECK_EQ(charge.path, BA_STEP_PCP_HIT | BA_STEP_PCP_REFILL |
		 BA_STEP_SPLIT);
	CHECK_EQ(charge.split_order, 10);

	ba_charge_init(&charge);
	ba_charge_step(&charge, BA_STEP_SLOWPATH);
	ba_charge_step(&charge, BA_STEP_DIRECT_RECLAIM);
	ba_charge_units(&charge, BA_COST_RECLAIM_ROUND, 1);
	ba_charge_ns(&charge, 32 * BA_COST_SCAN_PAGE);
	ba_charge_ns(&charge, 32 * BA_COST_RECLAIM_PAGE);
	ba_charge_units(&charge, BA_COST_FREE, 32);
	ba_charge_step(&charge, BA_STEP_PCP_HIT);
	CHECK_EQ(charge.latency_ns, 17598);
}

/* C2: a request that waited for ever still has room for its steps. */
TEST(c2_time_stops_at_four_seconds)
{
	struct ba_charge charge;

	ba_charge_init(&charge);
	ba_charge_step(&charge, BA_STEP_SLOWPATH);
	ba_charge_ns(&charge, 3999999749);
	CHECK_EQ(charge.latency_ns, 3999999999);
	ba_charge_ns(&charge, 2);
	CHECK_EQ(charge.latency_ns, 4000000000);
	ba_charge_ns(&charge, UINT64_C(1) << 40);
	CHECK_EQ(charge.latency_ns, 4000000000);
	ba_charge_step(&charge, BA_STEP_PCP_HIT);
	CHECK_EQ(charge.latency_ns, 4000000022);
}

TEST(a_block_of_the_right_size_is_not_cut)
{
	struct ba_charge charge;

	ba_charge_init(&charge);
	ba_charge_split(&charge, 3, 3);
	CHECK_EQ(charge.latency_ns, 0);
	CHECK_EQ(charge.path, 0);
	CHECK_EQ(charge.split_order, BA_CHARGE_NONE);
}

TEST(the_first_fallback_is_kept)
{
	struct ba_charge charge;

	ba_charge_init(&charge);
	ba_charge_fallback(&charge, 2);
	ba_charge_fallback(&charge, 0);
	CHECK_EQ(charge.fallback, 2);
	CHECK_EQ(charge.path, BA_STEP_FALLBACK);
	CHECK_EQ(charge.latency_ns, 2 * 84);
}

/* What the paths are for: each further step away costs more. */
TEST(paths_are_ordered)
{
	uint32_t hit = ba_step_ns(BA_STEP_INDEX_PCP_HIT);
	uint32_t refill = hit + ba_step_ns(BA_STEP_INDEX_PCP_REFILL) +
			  BA_COST_REFILL_PAGE;
	uint32_t slow = hit + ba_step_ns(BA_STEP_INDEX_SLOWPATH);

	CHECK(hit < ba_step_ns(BA_STEP_INDEX_BUDDY));
	CHECK(hit < refill && refill < slow);
	CHECK(slow < ba_step_ns(BA_STEP_INDEX_DIRECT_RECLAIM));
	CHECK(BA_COST_FREE < BA_COST_FREE_BUDDY);
}

TEST(names_and_ends_of_the_lists)
{
	unsigned int i;

	CHECK_STR_EQ(ba_step_name(0), "PCP_HIT");
	CHECK_STR_EQ(ba_step_name(BA_NR_STEPS - 1), "WATERMARK_RETRY");
	for (i = 0; i < BA_NR_STEPS; i++)
		CHECK(ba_step_text(i) && ba_step_text(i)[0]);
	CHECK_STR_EQ(ba_step_name(BA_NR_STEPS), NULL);
	CHECK_STR_EQ(ba_step_text(BA_NR_STEPS), NULL);
	CHECK_EQ(ba_step_ns(BA_NR_STEPS), 0);

	CHECK_STR_EQ(ba_unit_cost_name(0), "REFILL_PAGE");
	for (i = 0; ba_unit_cost_name(i); i++) {
		CHECK(ba_unit_cost_text(i)[0]);
		CHECK(ba_unit_cost_ns(i) > 0);
	}
	CHECK_EQ(i, 14);
	CHECK_STR_EQ(ba_unit_cost_text(i), NULL);
	CHECK_EQ(ba_unit_cost_ns(i), 0);
}
