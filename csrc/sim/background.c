// SPDX-License-Identifier: GPL-2.0-only
#include "sim/background.h"

static void fold(struct ba_replay *r, const struct ba_event *e)
{
	struct ba_run_cpu *cpu = &r->cpu[r->ctx.cpu];

	for (uint8_t id = 0; id < r->nodes->nr_zones; id++)
		ba_vmstat_fold(&r->nodes->zone[id].buddy.free_pages,
			       r->ctx.cpu);
	cpu->next_decay = 0;
	cpu->folding = true;
	cpu->fold_task = e->task;
	cpu->expired = 255;
	cpu->decayed = 0;
}

/*
 * After its fold the vmstat worker drains lists of other nodes whose time is
 * up; that time depends on counters that the model does not have, so the
 * first line of such a drain is the cause. In 6.12 high sinks first, and the
 * lines of the drain that follows from this come before.
 */
static void expire(struct ba_replay *r, const struct ba_event *e)
{
	struct ba_run_cpu *cpu = &r->cpu[r->ctx.cpu];
	struct ba_zone *zone;

	if (!cpu->folding || cpu->fold_task != e->task ||
	    e->addr >= ba_run_nr_frames(r))
		return;
	if (cpu->decayed > 0) {
		cpu->decayed -= 1 << (e->order & 15u);
		return;
	}
	zone = ba_nodes_zone_of(&r->ctx, r->nodes, (pfn_t)e->addr);
	if (!zone || zone->id == cpu->expired ||
	    zone->node == r->nodes->cpu_node[r->ctx.cpu])
		return;
	cpu->expired = zone->id;
	ba_pcp_expire(&r->ctx, &zone->buddy, &zone->pcp[r->ctx.cpu]);
}

/* One line for each populated zone, in order, after that CPU's vmfold. */
static void decay(struct ba_replay *r)
{
	struct ba_run_cpu *cpu = &r->cpu[r->ctx.cpu];
	uint8_t *id = &cpu->next_decay;
	struct ba_zone *zone;

	while (*id < r->nodes->nr_zones && !r->nodes->zone[*id].present)
		(*id)++;
	if (*id == r->nodes->nr_zones)
		return;
	zone = &r->nodes->zone[(*id)++];
	cpu->decayed = zone->pcp[r->ctx.cpu].count;
	ba_pcp_decay(&r->ctx, &zone->buddy, &zone->pcp[r->ctx.cpu]);
	cpu->decayed -= zone->pcp[r->ctx.cpu].count;
}

/*
 * Compaction takes a free block. Its pages are nobody's until one becomes
 * the target of a migration or is freed.
 */
static void isolate(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	size_t own = ba_lookahead_own(&r->la, i);
	const struct ba_frame *f;
	struct ba_zone *zone;
	pfn_t pfn;

	ba_compacting_line(&r->compacting, &r->ctx, r->machine, e);
	if (e->addr >= ba_run_nr_frames(r) || own == BA_LOOKAHEAD_NONE ||
	    r->la.events[own].op != BA_OP_ISOLATE_EXIT ||
	    r->la.events[own].arg == 0)
		return;
	pfn = (pfn_t)e->addr;
	if (r->ctx.frames[pfn].state == BA_FRAME_ISOLATED) {
		r->score.silent_traced += 1u << e->order;
		ba_run_bind(r, e->addr, pfn, e->order);
		return;
	}
	zone = ba_nodes_zone_of(&r->ctx, r->nodes, pfn);
	f = ba_descriptor(&r->ctx, pfn);
	if (!zone || f->state != BA_FRAME_BUDDY || f->order != e->order ||
	    !ba_zone_isolate(&r->ctx, zone, pfn))
		return;
	r->score.silent_traced += 1u << e->order;
	ba_run_bind(r, e->addr, pfn, e->order);
}

/* An isolated page takes the contents of another: it is movable. */
static void migrate_target(struct ba_replay *r, const struct ba_event *e)
{
	pfn_t pfn = ba_compacting_target(&r->compacting, &r->ctx, e);

	if (e->addr >= ba_run_nr_frames(r))
		return;
	if (pfn != BA_PFN_NONE)
		ba_run_bind(r, e->addr, pfn, 0);
	r->ctx.frames[r->names[e->addr].model].flags |= BA_FRAME_MOVABLE;
}

/* What a drain of all lists frees first: the oldest of the first list. */
static pfn_t drained_first(const struct ba_pcp *pcp)
{
	for (unsigned int i = 0; i < BA_NR_PCP_LISTS; i++)
		if (pcp->list[i].count)
			return ba_list_last(&pcp->list[i]);
	return BA_PFN_NONE;
}

/*
 * The line does not say whose lists are drained, nor of which zone: the next
 * one of this CPU names the first block. Another CPU's lists may be drained
 * from here.
 */
static void drain(struct ba_replay *r, const struct ba_event *e)
{
	pfn_t pfn = (pfn_t)e->addr;
	cpu_t owner = r->ctx.cpu;
	struct ba_zone *zone;

	zone = ba_nodes_zone_of(&r->ctx, r->nodes, pfn);
	if (!zone)
		return;
	for (cpu_t cpu = 0; cpu < r->nodes->nr_cpus; cpu++)
		if (drained_first(&zone->pcp[cpu]) == pfn)
			owner = cpu;
	ba_pcp_drain(&r->ctx, &zone->buddy, &zone->pcp[owner]);
}

/*
 * The lists are locked, and drained, between the line and the next of its CPU;
 * others may go on filling them until then.
 */
static void drain_later(struct ba_replay *r, size_t i)
{
	size_t k = ba_lookahead_next(&r->la, i);

	if (k != BA_LOOKAHEAD_NONE &&
	    r->la.events[k].op == BA_OP_PCPU_DRAIN &&
	    r->la.events[k].addr < ba_run_nr_frames(r))
		r->cpu[r->ctx.cpu].drains_at = r->la.base + k + 1;
}

/* Has a request that has its line woken kswapd since its last run? */
static bool is_woken(const struct ba_replay *r, uint8_t node)
{
	return r->nodes->node[node].kswapd_highest_zoneidx !=
	       ba_nodes_types(r->nodes)->nr;
}

/*
 * kswapd begins to balance. The request that woke it, or woke it again, has no
 * line yet: it is the next one of the task that ran before, if no zone would
 * serve it above its low watermark. But when that task's last line says that
 * another runs next, kswapd was woken before and the task asked for no more.
 */
static void balance(struct ba_replay *r, size_t i)
{
	const struct ba_event *events = r->la.events;
	uint8_t node = r->nodes->cpu_node[r->ctx.cpu];
	const struct ba_run_cpu *cpu = &r->cpu[r->ctx.cpu];
	size_t k = BA_LOOKAHEAD_NONE;

	if (cpu->has_other && !(cpu->other_switches && is_woken(r, node)))
		k = ba_lookahead_next_alloc(&r->la, i, cpu->other_task);
	if (k != BA_LOOKAHEAD_NONE)
		ba_wake_kswapds_for(&r->ctx, r->nodes, events[k].gfp,
				    events[k].order, node);
	ba_kswapd_begin(r->nodes, node);
}

static void balance_end(struct ba_replay *r)
{
	uint8_t node = r->nodes->cpu_node[r->ctx.cpu];

	ba_kswapd_end(r->nodes, node);
	ba_compact_flush_node(&r->ctx, r->nodes, node);
}

void ba_background_kswapd_line(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	uint8_t node = e->arg < r->nodes->nr_nodes ? (uint8_t)e->arg :
		r->nodes->cpu_node[r->ctx.cpu];
	bool wakes = e->op == BA_OP_KSWAPD_WAKE;

	if (!ba_run_infers(r) || (!wakes && e->op != BA_OP_KSWAPD_SLEEP))
		return;
	if (r->nodes->node[node].kswapd_awake != wakes)
		ba_kswapd_thresholds(r->nodes, node);
	if (!wakes)
		return;
	balance(r, i);
	r->la.hints[i] |= BA_HINT_BALANCED;
}

void ba_background_balanced(struct ba_replay *r, size_t i)
{
	size_t last = ba_lookahead_balanced(&r->la, i);

	if (last != i) {
		r->la.hints[last] |= BA_HINT_BALANCED;
		return;
	}
	ba_set_cpu(&r->ctx, r->la.events[i].cpu);
	balance_end(r);
}

void ba_background_drain_line(struct ba_replay *r, size_t i)
{
	if (ba_run_infers(r))
		return;
	if (r->cpu[r->ctx.cpu].drains_at == r->la.base + i + 1)
		drain(r, &r->la.events[i]);
	expire(r, &r->la.events[i]);
}

void ba_background_line(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];

	if (e->op == BA_OP_VMFOLD || e->op == BA_OP_QUIET_VMSTAT)
		fold(r, e);
	else if (e->op == BA_OP_BALANCE)
		balance(r, i);
	else if (e->op == BA_OP_BALANCE_END)
		balance_end(r);
	else if (e->op == BA_OP_THRESHOLD)
		ba_kswapd_thresholds(r->nodes, r->nodes->cpu_node[r->ctx.cpu]);
	else if (e->op == BA_OP_DECAY)
		decay(r);
	else if (e->op == BA_OP_DRAIN)
		drain_later(r, i);
	else if (e->op == BA_OP_ISOLATE)
		isolate(r, i);
	else if (e->op == BA_OP_MIGRATE_TARGET)
		migrate_target(r, e);
}
