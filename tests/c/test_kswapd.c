// SPDX-License-Identifier: GPL-2.0-only
#include "mm/kswapd.h"

#include "booted.h"

#define NONE_ASKED	5	/* MAX_NR_ZONES */

static struct ba_machine machine;
static struct ba_nodes *nodes;
static struct ba_node *node;

/* Node 0: zones DMA (0), DMA32 (1), Normal (2); node 1, if any: (3). */
static void start(uint32_t cpus, uint32_t nr_nodes)
{
	machine = booted((1u << 20) + nr_nodes * 65536, cpus, nr_nodes);
	nodes = ba_machine_nodes(&machine);
	node = &nodes->node[0];
}

static void stop(void)
{
	ba_machine_destroy(&machine);
}

static void wake(uint8_t zone, order_t order, uint8_t highest)
{
	struct ba_ctx ctx = ba_machine_ctx(&machine, 0);

	ctx.traced = true;
	ba_kswapd_wake(&ctx, nodes, &nodes->zone[zone], 0, order, highest);
}

static bool active(uint8_t zone)
{
	return nodes->zone[zone].wmark.flags & BA_ZONE_RECLAIM_ACTIVE;
}

/*
 *	asked for           remembered: order, highest zone
 *	                                0      none
 *	order 3, DMA32                  3      DMA32
 *	order 1, Normal                 3      Normal
 *	order 4, DMA                    4      Normal
 */
TEST(a_wake_remembers_the_largest_order_and_the_highest_zone)
{
	start(1, 1);
	CHECK_EQ(node->kswapd_order, 0);
	CHECK_EQ(node->kswapd_highest_zoneidx, NONE_ASKED);
	wake(2, 3, BA_ZONE_DMA32);
	CHECK_EQ(node->kswapd_order, 3);
	CHECK_EQ(node->kswapd_highest_zoneidx, BA_ZONE_DMA32);
	wake(2, 1, BA_ZONE_NORMAL);
	CHECK_EQ(node->kswapd_order, 3);
	CHECK_EQ(node->kswapd_highest_zoneidx, BA_ZONE_NORMAL);
	wake(0, 4, BA_ZONE_DMA);
	CHECK_EQ(node->kswapd_order, 4);
	CHECK_EQ(node->kswapd_highest_zoneidx, BA_ZONE_NORMAL);
	stop();
}

/* A 32-bit kernel has four zones, so four stands for none. */
TEST(none_asked_for_in_a_32_bit_kernel)
{
	struct ba_config config;

	ba_config_init(&config);
	config.memory_pages = 1u << 18;
	config.arch = BA_ARCH_I386;
	REQUIRE(ba_machine_create(&config, &machine, NULL, 0) == BA_OK);
	nodes = ba_machine_nodes(&machine);
	node = &nodes->node[0];
	CHECK_EQ(node->kswapd_highest_zoneidx, 4);
	wake(2, 0, BA_ZONE_I386_HIGHMEM);
	CHECK_EQ(node->kswapd_highest_zoneidx, BA_ZONE_I386_HIGHMEM);
	ba_kswapd_begin(nodes, 0);
	CHECK_EQ(node->kswapd_highest_zoneidx, 4);
	CHECK_EQ(node->kswapd_runs_for, BA_ZONE_I386_HIGHMEM);
	CHECK(active(0) && active(1) && active(2));
	ba_kswapd_end(nodes, 0);
	ba_kswapd_begin(nodes, 0);
	CHECK_EQ(node->kswapd_runs_for, BA_ZONE_I386_HIGHMEM);
	stop();
}

/* Zone DMA (0) counts as a zone: it is not "none". */
TEST(the_lowest_zone_can_be_the_highest_asked_for)
{
	start(1, 1);
	wake(0, 0, BA_ZONE_DMA);
	CHECK_EQ(node->kswapd_highest_zoneidx, BA_ZONE_DMA);
	ba_kswapd_begin(nodes, 0);
	CHECK(active(0) && !active(1) && !active(2));
	stop();
}

/* A zone without managed pages wakes nobody. */
TEST(a_zone_without_pages_wakes_nobody)
{
	start(1, 1);
	nodes->zone[2].wmark.managed = 0;
	wake(2, 3, BA_ZONE_NORMAL);
	CHECK_EQ(node->kswapd_order, 0);
	CHECK_EQ(node->kswapd_highest_zoneidx, NONE_ASKED);
	stop();
}

/*
 *	              DMA      DMA32    Normal
 *	wake DMA32
 *	begin         active   active   -         nothing asked for any more
 *	end           -        -        -
 *	begin         active   active   -         without a wake: as before
 */
TEST(the_zones_up_to_the_highest_are_active)
{
	start(1, 1);
	wake(1, 2, BA_ZONE_DMA32);
	CHECK(!active(0) && !active(1) && !active(2));
	ba_kswapd_begin(nodes, 0);
	CHECK(active(0) && active(1) && !active(2));
	CHECK_EQ(node->kswapd_runs_for, BA_ZONE_DMA32);
	CHECK_EQ(node->kswapd_order, 0);
	CHECK_EQ(node->kswapd_highest_zoneidx, NONE_ASKED);
	ba_kswapd_end(nodes, 0);
	CHECK(!active(0) && !active(1) && !active(2));
	ba_kswapd_begin(nodes, 0);
	CHECK(active(0) && active(1) && !active(2));
	stop();
}

/* W3: each node's kswapd has its own zones and its own memory of wakes. */
TEST(w3_another_node_is_left_alone)
{
	start(2, 2);
	wake(0, 3, BA_ZONE_NORMAL);
	CHECK_EQ(nodes->node[1].kswapd_order, 0);
	ba_kswapd_begin(nodes, 0);
	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		CHECK_EQ(active(id), nodes->zone[id].node == 0);
	ba_kswapd_end(nodes, 1);
	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		CHECK_EQ(active(id), nodes->zone[id].node == 0);
	ba_kswapd_end(nodes, 0);
	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		CHECK(!active(id));
	stop();
}

/*
 *	boost of DMA32     1024 at begin, + 512 meanwhile, end: 512
 *	boost of Normal    2048, above the zones of this run: stays
 */
TEST(the_end_pays_off_the_boost_of_the_beginning)
{
	struct ba_wmark *dma32, *normal;

	start(1, 1);
	dma32 = &nodes->zone[1].wmark;
	normal = &nodes->zone[2].wmark;
	dma32->boost = 1024;
	normal->boost = 2048;
	wake(1, 0, BA_ZONE_DMA32);
	ba_kswapd_begin(nodes, 0);
	CHECK_EQ(dma32->boost, 1024);
	CHECK_EQ(dma32->boost_noted, 1024);
	CHECK_EQ(normal->boost_noted, 0);
	dma32->boost += 512;
	ba_kswapd_end(nodes, 0);
	CHECK_EQ(dma32->boost, 512);
	CHECK_EQ(dma32->boost_noted, 0);
	CHECK_EQ(normal->boost, 2048);
	/* an end without a beginning pays nothing */
	ba_kswapd_end(nodes, 0);
	CHECK_EQ(dma32->boost, 512);
	stop();
}

/* If the boost sank meanwhile, it ends at none, not below. */
TEST(a_boost_never_gets_negative)
{
	struct ba_wmark *dma32;

	start(1, 1);
	dma32 = &nodes->zone[1].wmark;
	dma32->boost = 1024;
	wake(1, 0, BA_ZONE_DMA32);
	ba_kswapd_begin(nodes, 0);
	dma32->boost = 100;
	ba_kswapd_end(nodes, 0);
	CHECK_EQ(dma32->boost, 0);
	stop();
}

static void check_thresholds(const struct ba_zone *zone, uint16_t threshold)
{
	for (cpu_t cpu = 0; cpu < nodes->nr_cpus; cpu++)
		CHECK_EQ(zone->buddy.free_pages.threshold[cpu], threshold);
}

/*
 * 2 CPUs; DMA32 has managed / 2^15 = 31 units of 128 MiB:
 *	asleep   2 * fls(2) * (1 + fls(31)) = 24
 *	awake    (low - min) / 2 CPUs, at most 125
 * A zone without a drift mark keeps what it has.
 */
TEST(thresholds_shrink_while_kswapd_is_awake)
{
	struct ba_zone *dma32;

	start(2, 1);
	dma32 = &nodes->zone[1];
	check_thresholds(dma32, 24);
	dma32->wmark.mark[BA_WMARK_MIN] = 1000;
	dma32->wmark.mark[BA_WMARK_LOW] = 1010;
	nodes->zone[2].wmark.drift_mark = 0;
	nodes->zone[2].buddy.free_pages.threshold[0] = 77;
	nodes->zone[2].buddy.free_pages.threshold[1] = 77;

	dma32->wmark.drift_mark = 0;
	ba_kswapd_thresholds(nodes, 0);
	CHECK(node->kswapd_awake);
	check_thresholds(dma32, 24);
	ba_kswapd_thresholds(nodes, 0);
	CHECK(!node->kswapd_awake);

	dma32->wmark.drift_mark = 1100;
	ba_kswapd_thresholds(nodes, 0);
	CHECK(node->kswapd_awake);
	check_thresholds(dma32, 5);
	check_thresholds(&nodes->zone[2], 77);
	dma32->wmark.mark[BA_WMARK_LOW] = 2000;
	ba_kswapd_thresholds(nodes, 0);
	CHECK(!node->kswapd_awake);
	check_thresholds(dma32, 24);
	ba_kswapd_thresholds(nodes, 0);
	check_thresholds(dma32, 125);
	stop();
}

/* Each node has thresholds of its own. */
TEST(thresholds_of_another_node_stay)
{
	start(2, 2);
	for (uint8_t id = 0; id < nodes->nr_zones; id++) {
		nodes->zone[id].wmark.drift_mark = 1;
		nodes->zone[id].buddy.free_pages.threshold[1] = 99;
	}
	ba_kswapd_thresholds(nodes, 1);
	CHECK(!nodes->node[0].kswapd_awake);
	CHECK(nodes->node[1].kswapd_awake);
	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		CHECK_EQ(nodes->zone[id].buddy.free_pages.threshold[1] == 99,
			 nodes->zone[id].node == 0);
	stop();
}
