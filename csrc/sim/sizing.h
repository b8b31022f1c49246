/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sizing - how much each zone keeps free and how much each CPU may keep for
 * itself: from the zones' managed pages, the CPUs and the sysctls.
 *
 *	managed pages --min_free_kbytes--------> min --scale factor--> low, high
 *	              --lowmem_reserve_ratio---> lowmem_reserve
 *	              --------------------------> batch --+
 *	low, CPUs of the node ------------------> high  <-+  of a per-CPU set
 *
 * A kernel does this at boot, while its own init code and the initial file
 * system still occupy pages that it gives back a moment later. What it
 * computed stays: recorded marks follow from fewer managed pages than the
 * zone has in the end.
 *
 * min_free_kbytes is shared out among the zones of low memory. HighMem is no
 * such zone and has a small min of its own, and so has Movable where it was
 * cut from HighMem.
 *
 * Models: calculate_min_free_kbytes, setup_per_zone_wmarks,
 *	setup_per_zone_lowmem_reserve, calculate_totalreserve_pages,
 *	zone_set_pageset_high_and_batch, mm/page_alloc.c;
 *	refresh_zone_stat_thresholds, mm/vmstat.c;
 *	set_recommended_min_free_kbytes, mm/khugepaged.c; is_highmem,
 *	include/linux/mmzone.h (6.1, 6.12).
 * Profiles: wmark_movable_small (Movable never counts as low memory),
 *	lowmem_reserve_zero_empty, pcp_auto_tune.
 * Simplified: all CPUs are online when it happens.
 *
 * Invariants:
 *   G1 the min marks of low memory sum up to pages_min, less under a page for
 *      each zone.
 *   G2 computing again from the same numbers changes nothing.
 */
#ifndef BA_SIM_SIZING_H
#define BA_SIM_SIZING_H

#include "mm/node.h"
#include "sim/config.h"

/* Managed pages of all zones. */
uint64_t ba_sizing_managed(const struct ba_nodes *nodes);

/*
 * min_free_kbytes / 4 in pages, as the min marks give it away: the smallest
 * number whose shares they are; their sum if they are no such shares.
 */
uint64_t ba_sizing_pages_min(const struct ba_nodes *nodes,
			     const struct ba_config *config);

/* All of it, as at boot: also the thresholds of the counters. */
void ba_sizing_boot(struct ba_nodes *nodes, const struct ba_config *config);

/*
 * Marks (boost cleared), reserves of the nodes and per-CPU sets for
 * `pages_min` pages of all lowmem zones.
 */
void ba_sizing_wmarks(struct ba_nodes *nodes, const struct ba_config *config,
		      uint64_t pages_min);

/* lowmem_reserve of each zone, and the reserves of the nodes. */
void ba_sizing_reserves(struct ba_nodes *nodes,
			const struct ba_config *config);

/* batch, high and their bounds of each per-CPU set. */
void ba_sizing_pcps(struct ba_nodes *nodes, const struct ba_config *config);

#endif
