// SPDX-License-Identifier: GPL-2.0-only
#include "mm/node.h"

#include <stdlib.h>

#include "testlib.h"

static struct ba_nodes *nodes;

static void add_zone(uint8_t node, uint8_t index, uint64_t present)
{
	struct ba_zone *zone = &nodes->zone[nodes->nr_zones];

	zone->id = nodes->nr_zones++;
	zone->node = node;
	zone->index = index;
	zone->present = present;
	nodes->node[node].online = true;
}

static void reset(uint8_t nr_cpus)
{
	free(nodes);
	nodes = calloc(1, sizeof(*nodes));
	if (!nodes)
		exit(2);
	nodes->nr_cpus = nr_cpus;
}

/* "2 1 0 | 3": zone ids, the bar before other nodes' zones. */
static const char *zonelist(uint8_t node)
{
	static char text[128];
	const struct ba_zonelist *list = &nodes->node[node].zonelist;
	size_t len = 0;

	text[0] = '\0';
	for (uint8_t i = 0; i < list->nr; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"%s%s%u", i ? " " : "",
					i == list->nr_local ? "| " : "",
					list->zone[i]);
	return text;
}

/* One node: highest zone first, empty zones left out. */
TEST(one_node)
{
	reset(1);
	add_zone(0, BA_ZONE_DMA, 100);
	add_zone(0, BA_ZONE_DMA32, 100);
	add_zone(0, BA_ZONE_NORMAL, 100);
	add_zone(0, BA_ZONE_MOVABLE, 0);
	ba_nodes_build_zonelists(nodes);
	CHECK_STR_EQ(zonelist(0), "2 1 0");
	CHECK_EQ(nodes->node[0].zonelist.nr_local, 3);
}

/* A 32-bit kernel: what a request may use, and what it would rather have. */
TEST(highmem)
{
	const struct ba_zonelist *list;

	reset(1);
	nodes->arch = BA_ARCH_I386;
	add_zone(0, BA_ZONE_I386_DMA, 100);
	add_zone(0, BA_ZONE_I386_NORMAL, 100);
	add_zone(0, BA_ZONE_I386_HIGHMEM, 100);
	ba_nodes_build_zonelists(nodes);
	CHECK_STR_EQ(zonelist(0), "2 1 0");
	list = &nodes->node[0].zonelist;
	CHECK_EQ(list->preferred[ba_gfp_zone(list->by_gfp,
					     BA_GFP_HIGHUSER_MOVABLE)], 2);
	CHECK_EQ(list->preferred[ba_gfp_zone(list->by_gfp,
					     BA_GFP_HIGHUSER)], 2);
	CHECK_EQ(list->preferred[ba_gfp_zone(list->by_gfp, BA_GFP_KERNEL)],
		 1);
	CHECK_EQ(list->preferred[ba_gfp_zone(list->by_gfp, BA_GFP_DMA32)], 1);
	CHECK_EQ(list->preferred[ba_gfp_zone(list->by_gfp, BA_GFP_DMA)], 0);
}

/*
 *	node 0: DMA(0) DMA32(1)    node 1: DMA32(2), as recorded with two nodes
 */
TEST(two_nodes_begin_with_their_own_zones)
{
	reset(2);
	nodes->cpu_node[1] = 1;
	add_zone(0, BA_ZONE_DMA, 100);
	add_zone(0, BA_ZONE_DMA32, 100);
	add_zone(1, BA_ZONE_DMA32, 100);
	ba_nodes_build_zonelists(nodes);
	CHECK_STR_EQ(zonelist(0), "1 0 | 2");
	CHECK_STR_EQ(zonelist(1), "2 | 1 0");
}

/*
 * Four nodes at equal distances: after the own node those behind it, then
 * those before it; who was first choice once is a later choice next time.
 *
 *	node 0: 0 1 2 3     node 2: 2 3 0 1
 *	node 1: 1 2 3 0     node 3: 3 0 1 2
 */
TEST(four_nodes_take_turns)
{
	reset(4);
	for (uint8_t node = 0; node < 4; node++) {
		nodes->cpu_node[node] = node;
		add_zone(node, BA_ZONE_NORMAL, 100);
	}
	ba_nodes_build_zonelists(nodes);
	CHECK_STR_EQ(zonelist(0), "0 | 1 2 3");
	CHECK_STR_EQ(zonelist(1), "1 | 2 3 0");
	CHECK_STR_EQ(zonelist(2), "2 | 3 0 1");
	CHECK_STR_EQ(zonelist(3), "3 | 0 1 2");
}

/* A node without CPUs is preferred over one that has some. */
TEST(a_node_without_cpus_comes_first)
{
	reset(2);
	nodes->cpu_node[0] = 0;
	nodes->cpu_node[1] = 1;
	for (uint8_t node = 0; node < 3; node++)
		add_zone(node, BA_ZONE_NORMAL, 100);
	ba_nodes_build_zonelists(nodes);
	CHECK_STR_EQ(zonelist(0), "0 | 2 1");
}

/*
 *	frame    0 | 1 ... 511 | 512 ... 1023 | 1024 ... 1535 | 1536
 *	         - |   zone 0  |    zone 1    |     hole      | end
 */
TEST(the_zone_of_a_frame)
{
	static struct ba_pageblock blocks[4] = { { 0, 1 }, { 0, 2 } };
	struct ba_ctx ctx = { .pageblocks = blocks };

	reset(1);
	add_zone(0, BA_ZONE_DMA, 511);
	add_zone(0, BA_ZONE_DMA32, 512);
	nodes->zone[0].buddy.start = 1;
	nodes->zone[0].buddy.end = 512;
	nodes->zone[1].buddy.start = 512;
	nodes->zone[1].buddy.end = 1024;
	nodes->end = 1536;
	CHECK(!ba_nodes_zone_of(&ctx, nodes, 0));
	CHECK(ba_nodes_zone_of(&ctx, nodes, 1) == &nodes->zone[0]);
	CHECK(ba_nodes_zone_of(&ctx, nodes, 511) == &nodes->zone[0]);
	CHECK(ba_nodes_zone_of(&ctx, nodes, 512) == &nodes->zone[1]);
	CHECK(!ba_nodes_zone_of(&ctx, nodes, 1024));
	CHECK(!ba_nodes_zone_of(&ctx, nodes, 1536));
	CHECK(!ba_nodes_zone_of(&ctx, nodes, BA_PFN_NONE));
	free(nodes);
	nodes = NULL;
}
