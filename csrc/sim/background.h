/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * background - what the kernel does on its own account and no request asks
 * for: the vmstat worker, kswapd, drains of per-CPU lists, compaction. Their
 * lines tell when; what it does to the lists is the model's.
 *
 *	vmfold, decay              counters are folded, high marks sink
 *	balance, balance_end       kswapd is at work
 *	drain, mm_page_pcpu_drain  whose lists are drained, see below; at the
 *	                           second line, as others may run before
 *	isolate, migrate_target    compaction (sim/compacting.h)
 *	mm_vmscan_kswapd_wake,     kswapd is at work, without kprobe events:
 *	mm_vmscan_kswapd_sleep     from the first to its last line before the
 *	                           next of them
 *
 * Models: refresh_cpu_vm_stats, quiet_vmstat, mm/vmstat.c; drain_pages_zone,
 *	__drain_all_pages, mm/page_alloc.c; balance_pgdat, mm/vmscan.c (6.1,
 *	6.12); decay_pcp_high, mm/page_alloc.c (6.12).
 * Simplified: whether the request that woke kswapd is the last one with a line
 *	or the next is told by the last one's flags, if it is an allocation;
 *	a drain is of the lists whose turn the first drained page is;
 *	kswapd that prints nothing at its end ends too early.
 *
 * Invariants:
 *   L1 nothing here hands a page out or scores one.
 */
#ifndef BA_SIM_BACKGROUND_H
#define BA_SIM_BACKGROUND_H

#include "sim/run.h"

/*
 * Line i may be one of the last two, which tell what kswapd does if there are
 * no kprobe events; fully asleep it has other thresholds.
 */
void ba_background_kswapd_line(struct ba_replay *r, size_t i);

/* Line i of kswapd has been served; its run ends unless more lines follow. */
void ba_background_balanced(struct ba_replay *r, size_t i);

/* Line i is one of those above, or of no concern. */
void ba_background_line(struct ba_replay *r, size_t i);

/*
 * Line i is a mm_page_pcpu_drain. Most follow from a free or a drain that has
 * been served; from the others a drain is known.
 */
void ba_background_drain_line(struct ba_replay *r, size_t i);

/* May something be known from it, a drain line of a CPU of the machine? */
static inline bool ba_background_drain_tells(const struct ba_replay *r,
					     size_t i)
{
	const struct ba_run_cpu *cpu = &r->cpu[r->la.events[i].cpu];

	return (cpu->folding || cpu->drains_at == r->la.base + i + 1) &&
	       !ba_run_infers(r);
}

#endif
