// SPDX-License-Identifier: GPL-2.0-only
#include "sim/sizing.h"

#include <stdlib.h>

#include "testlib.h"

/* What a recorded kernel computed for one zone. */
struct recorded {
	uint8_t node, index;
	int64_t managed;		/* pages, when it did */
	int64_t marks[BA_NR_WMARK];
	int64_t reserve[BA_ZONES_PER_NODE];
	int32_t high, high_max, batch;	/* high_max 0: 6.1 */
};

struct kernel {
	const struct ba_profile *profile;
	uint32_t cpus, nodes;
	uint32_t min_free_kbytes;	/* 0: the kernel's own choice */
	struct recorded zone[4];	/* the first without pages ends them */
};

static struct ba_nodes *nodes_of(const struct kernel *kernel)
{
	struct ba_nodes *nodes = calloc(1, sizeof(*nodes));

	if (!nodes)
		exit(2);
	nodes->nr_cpus = (uint8_t)kernel->cpus;
	nodes->nr_nodes = (uint8_t)kernel->nodes;
	for (cpu_t cpu = 0; cpu < kernel->cpus; cpu++)
		nodes->cpu_node[cpu] =
			(uint8_t)(cpu * kernel->nodes / kernel->cpus);
	for (const struct recorded *r = kernel->zone; r->managed; r++) {
		struct ba_zone *zone = &nodes->zone[nodes->nr_zones++];

		zone->node = r->node;
		zone->index = r->index;
		zone->nr_cpus = (uint8_t)kernel->cpus;
		zone->wmark.managed = r->managed;
	}
	return nodes;
}

static struct ba_config config_of(const struct kernel *kernel)
{
	struct ba_config config;

	ba_config_init(&config);
	config.profile = *kernel->profile;
	config.min_free_kbytes = kernel->min_free_kbytes;
	return config;
}

static void check_zone(const struct ba_zone *zone, const struct recorded *r,
		       uint32_t cpus)
{
	for (unsigned int m = 0; m < BA_NR_WMARK; m++)
		CHECK_EQ(zone->wmark.mark[m], r->marks[m]);
	for (unsigned int j = 0; j < BA_ZONES_PER_NODE; j++)
		CHECK_EQ(zone->wmark.lowmem_reserve[j], r->reserve[j]);
	for (cpu_t cpu = 0; cpu < cpus; cpu++) {
		const struct ba_pcp *pcp = &zone->pcp[cpu];

		CHECK_EQ(pcp->batch, r->batch);
		CHECK_EQ(r->high_max ? pcp->high_min : pcp->high, r->high);
		CHECK_EQ(pcp->high_max, r->high_max);
	}
}

static void check(const struct kernel *kernel)
{
	struct ba_nodes *nodes = nodes_of(kernel);
	struct ba_config config = config_of(kernel);
	uint64_t pages_min;

	ba_sizing_boot(nodes, &config);
	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		check_zone(&nodes->zone[id], &kernel->zone[id], kernel->cpus);

	/* G2: the marks give away what they were computed from */
	pages_min = ba_sizing_pages_min(nodes, &config);
	ba_sizing_wmarks(nodes, &config, pages_min);
	ba_sizing_reserves(nodes, &config);
	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		check_zone(&nodes->zone[id], &kernel->zone[id], kernel->cpus);
	free(nodes);
}

/* 512 MiB less what a virtual machine keeps: no huge pages by default. */
TEST(recorded_6_1_of_512_mib)
{
	check(&(struct kernel){ &ba_profile_6_1L, 1, 1, 0, {
		{ 0, BA_ZONE_DMA, 3840, { 22, 27, 32 },
		  { 0, 422, 422, 422, 422 }, 27, 0, 1 },
		{ 0, BA_ZONE_DMA32, 108287, { 646, 807, 968 },
		  { 0 }, 807, 0, 31 } } });
}

/* Two CPUs share the high mark; huge pages take 5 % of memory. */
TEST(recorded_6_1_of_two_cpus)
{
	check(&(struct kernel){ &ba_profile_6_1L, 2, 1, 0, {
		{ 0, BA_ZONE_DMA, 3840, { 190, 237, 284 },
		  { 0, 673, 673, 673, 673 }, 118, 0, 1 },
		{ 0, BA_ZONE_DMA32, 172435, { 8559, 10698, 12837 },
		  { 0 }, 5349, 0, 31 } } });
}

/* Each node's CPU has the high mark of its zones to itself. */
TEST(recorded_6_1_of_two_nodes)
{
	check(&(struct kernel){ &ba_profile_6_1L, 2, 2, 0, {
		{ 0, BA_ZONE_DMA, 3840, { 190, 237, 284 },
		  { 0, 361, 361, 361, 361 }, 237, 0, 1 },
		{ 0, BA_ZONE_DMA32, 92563, { 4594, 5742, 6890 },
		  { 0 }, 5742, 0, 31 },
		{ 1, BA_ZONE_DMA32, 80213, { 3981, 4976, 5971 },
		  { 0 }, 4976, 0, 15 } } });
}

/* Huge pages want 11 pageblocks for each of three zones. */
TEST(recorded_6_1_of_three_zones)
{
	check(&(struct kernel){ &ba_profile_6_1L, 1, 1, 0, {
		{ 0, BA_ZONE_DMA, 3840, { 51, 63, 75 },
		  { 0, 2927, 4882, 4882, 4882 }, 63, 0, 1 },
		{ 0, BA_ZONE_DMA32, 749567, { 10100, 12625, 15150 },
		  { 0, 0, 1954, 1954, 1954 }, 12625, 0, 63 },
		{ 0, BA_ZONE_NORMAL, 500419, { 6743, 8428, 10113 },
		  { 0 }, 8428, 0, 63 } } });
}

/* 6.12 has two bounds: the low mark, and an eighth of the zone. */
TEST(recorded_6_12_of_512_mib)
{
	check(&(struct kernel){ &ba_profile_6_12L, 1, 1, 0, {
		{ 0, BA_ZONE_DMA, 3840, { 22, 27, 32 },
		  { 0, 430, 430, 430, 430 }, 27, 480, 1 },
		{ 0, BA_ZONE_DMA32, 110231, { 652, 815, 978 },
		  { 0 }, 815, 13778, 31 } } });
}

TEST(recorded_6_12_of_three_zones)
{
	check(&(struct kernel){ &ba_profile_6_12L, 1, 1, 0, {
		{ 0, BA_ZONE_DMA, 3840, { 51, 63, 75 },
		  { 0, 2979, 4890, 4890, 4890 }, 63, 480, 1 },
		{ 0, BA_ZONE_DMA32, 762847, { 10263, 12828, 15393 },
		  { 0, 0, 1910, 1910, 1910 }, 12828, 95355, 63 },
		{ 0, BA_ZONE_NORMAL, 489151, { 6581, 8226, 9871 },
		  { 0 }, 8226, 61143, 63 } } });
}

/*
 * Movable: 6.1 counts it as low memory, 6.12 gives it a min of its own,
 * managed / 1024 within 32..128, and shares the rest among the others. No
 * request of a lower zone reaches it, so DMA32 keeps 60000 / 256 for it.
 */
TEST(movable_has_a_min_of_its_own_in_6_12)
{
	struct kernel kernel = { &ba_profile_6_1L, 1, 1, 4000, {
		{ 0, BA_ZONE_DMA32, 40000, { 400, 500, 600 },
		  { 0, 0, 0, 234, 234 }, 500, 0, 7 },
		{ 0, BA_ZONE_MOVABLE, 60000, { 600, 750, 900 },
		  { 0 }, 750, 0, 15 } } };

	kernel.zone[0].batch = ba_pcp_batch(40000);
	kernel.zone[1].batch = ba_pcp_batch(60000);
	check(&kernel);

	kernel.profile = &ba_profile_6_12L;
	kernel.zone[0] = (struct recorded){ 0, BA_ZONE_DMA32, 40000,
		{ 1000, 1250, 1500 }, { 0, 0, 0, 234, 234 }, 1250, 5000,
		ba_pcp_batch(40000) };
	kernel.zone[1] = (struct recorded){ 0, BA_ZONE_MOVABLE, 60000,
		{ 58, 433, 808 }, { 0 }, 433, 7500, ba_pcp_batch(60000) };
	check(&kernel);
}

/* G1 */
TEST(g1_min_marks_sum_up)
{
	for (uint32_t kbytes = 128; kbytes < 40000; kbytes += 333) {
		struct kernel kernel = { &ba_profile_6_1L, 1, 1, kbytes, {
			{ .index = BA_ZONE_DMA, .managed = 3840 },
			{ .index = BA_ZONE_DMA32, .managed = 77777 },
			{ .index = BA_ZONE_NORMAL, .managed = 12345 } } };
		struct ba_config config = config_of(&kernel);
		struct ba_nodes *nodes = nodes_of(&kernel);
		int64_t sum = 0;

		ba_sizing_boot(nodes, &config);
		for (uint8_t id = 0; id < 3; id++)
			sum += nodes->zone[id].wmark.mark[BA_WMARK_MIN];
		CHECK(sum <= kbytes / 4 && sum > kbytes / 4 - 3);
		CHECK_EQ(ba_sizing_managed(nodes), 3840 + 77777 + 12345);
		free(nodes);
	}
}

TEST(marks_that_are_no_shares_are_summed)
{
	struct kernel kernel = { &ba_profile_6_1L, 1, 1, 0, {
		{ .index = BA_ZONE_DMA, .managed = 3840 },
		{ .index = BA_ZONE_DMA32, .managed = 3840 } } };
	struct ba_config config = config_of(&kernel);
	struct ba_nodes *nodes = nodes_of(&kernel);

	CHECK_EQ(ba_sizing_pages_min(nodes, &config), 0);
	nodes->zone[0].wmark.mark[BA_WMARK_MIN] = 700;
	nodes->zone[1].wmark.mark[BA_WMARK_MIN] = 7;
	CHECK_EQ(ba_sizing_pages_min(nodes, &config), 707);
	nodes->zone[0].wmark.managed = nodes->zone[1].wmark.managed = 0;
	CHECK_EQ(ba_sizing_pages_min(nodes, &config), 0);
	free(nodes);
}
