// SPDX-License-Identifier: GPL-2.0-only
#include "mm/node.h"

#include <string.h>

#define NO_NODE 0xffu

/* Append the node's populated zones, highest first. */
static void add_node(const struct ba_nodes *nodes, struct ba_zonelist *list,
		     uint8_t node)
{
	for (unsigned int index = BA_ZONES_PER_NODE; index-- > 0;)
		for (uint8_t id = 0; id < nodes->nr_zones; id++) {
			const struct ba_zone *zone = &nodes->zone[id];

			if (zone->node == node && zone->index == index &&
			    zone->present)
				list->zone[list->nr++] = id;
		}
}

static bool node_has_cpu(const struct ba_nodes *nodes, uint8_t node)
{
	for (cpu_t cpu = 0; cpu < nodes->nr_cpus; cpu++)
		if (nodes->cpu_node[cpu] == node)
			return true;
	return false;
}

/*
 * The unused node nearest to `local`: with equal distances the kernel
 * prefers nodes after the local one, then those without CPUs, then those
 * that fewer others fall back to.
 */
static uint8_t next_node(const struct ba_nodes *nodes, uint8_t local,
			 const bool *used, const uint32_t *load)
{
	uint8_t best = NO_NODE;
	uint32_t best_value = UINT32_MAX;

	for (uint8_t n = 0; n < BA_NODE_MAX; n++) {
		uint32_t value;

		if (used[n] || !nodes->node[n].online)
			continue;
		value = (20u + (n < local) + node_has_cpu(nodes, n)) *
			BA_NODE_MAX + load[n];
		if (value < best_value) {
			best_value = value;
			best = n;
		}
	}
	return best;
}

static void set_preferred(const struct ba_nodes *nodes,
			  struct ba_zonelist *list)
{
	for (uint8_t highest = 0; highest < BA_ZONES_PER_NODE; highest++) {
		uint8_t i = 0;

		while (i < list->nr_local &&
		       nodes->zone[list->zone[i]].index > highest)
			i++;
		list->preferred[highest] = i < list->nr_local ? list->zone[i] :
							  BA_NO_ZONE;
	}
}

void ba_nodes_build_zonelists(struct ba_nodes *nodes)
{
	uint32_t load[BA_NODE_MAX] = { 0 };

	for (uint8_t local = 0; local < BA_NODE_MAX; local++) {
		struct ba_zonelist *list = &nodes->node[local].zonelist;
		bool used[BA_NODE_MAX] = { false };
		bool first = true;

		if (!nodes->node[local].online)
			continue;
		memcpy(list->by_gfp, ba_nodes_types(nodes)->by_gfp,
		       sizeof(list->by_gfp));
		list->nr = 0;
		add_node(nodes, list, local);
		list->nr_local = list->nr;
		used[local] = true;
		for (;;) {
			uint8_t n = next_node(nodes, local, used, load);

			if (n == NO_NODE)
				break;
			/* the first of a group of equal distance */
			load[n] += first;
			first = false;
			used[n] = true;
			add_node(nodes, list, n);
		}
		set_preferred(nodes, list);
	}
}
