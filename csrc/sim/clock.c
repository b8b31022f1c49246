// SPDX-License-Identifier: GPL-2.0-only
#include "sim/clock.h"

#define SECOND		UINT64_C(1000000000)
#define STAT_INTERVAL	SECOND			/* sysctl_stat_interval */
#define FLUSH_INTERVAL	(5 * SECOND)		/* dirty_writeback_centisecs */
#define EXPIRE_RUNS	3			/* until a remote list is drained */

/* The context of a thread that runs on the node's first CPU. */
static struct ba_ctx thread_on(const struct ba_machine *machine, uint8_t node)
{
	const struct ba_nodes *nodes = ba_machine_nodes(machine);
	cpu_t cpu = 0;

	while (cpu + 1u < nodes->nr_cpus && nodes->cpu_node[cpu] != node)
		cpu++;
	return ba_machine_ctx(machine, nodes->cpu_node[cpu] == node ? cpu : 0);
}

/* A list of another node that was left alone gives a batch back. */
static void expire(struct ba_ctx *ctx, struct ba_nodes *nodes,
		   struct ba_zone *zone)
{
	struct ba_pcp *pcp = &zone->pcp[ctx->cpu];

	if (!pcp->expire || !pcp->count)
		return;
	if (zone->node == nodes->cpu_node[ctx->cpu])
		pcp->expire = 0;
	else if (--pcp->expire == 0)
		ba_pcp_expire(ctx, &zone->buddy, pcp);
}

/* One CPU's vmstat worker (refresh_cpu_vm_stats). */
static void vmstat_update(struct ba_ctx *ctx, struct ba_nodes *nodes)
{
	for (uint8_t id = 0; id < nodes->nr_zones; id++) {
		struct ba_zone *zone = &nodes->zone[id];
		struct ba_vmstat *free = &zone->buddy.free_pages;
		struct ba_pcp *pcp = &zone->pcp[ctx->cpu];

		if (!zone->present)
			continue;
		if (free->diff[ctx->cpu])
			pcp->expire = EXPIRE_RUNS;
		ba_buddy_lock(&zone->buddy, ctx);
		ba_vmstat_fold(free, ctx->cpu);
		ba_buddy_unlock(&zone->buddy, ctx);
		if (ctx->profile->pcp_auto_tune)
			ba_pcp_decay(ctx, &zone->buddy, pcp);
		expire(ctx, nodes, zone);
	}
}

static void vmstat_workers(struct ba_machine *machine)
{
	struct ba_nodes *nodes = ba_machine_nodes(machine);

	for (cpu_t cpu = 0; cpu < nodes->nr_cpus; cpu++) {
		struct ba_ctx ctx = ba_machine_ctx(machine, cpu);

		vmstat_update(&ctx, nodes);
	}
}

static void kcompactd(struct ba_ctx *ctx, struct ba_nodes *nodes, uint8_t node,
		      bool tick)
{
	if (nodes->node[node].kcompactd_woken)
		ba_kcompactd_run(ctx, nodes, node);
	else if (tick)
		ba_kcompactd_tick(ctx, nodes, node);
}

static bool due(uint64_t *next_ns, uint64_t now, uint64_t interval)
{
	if (*next_ns > now)
		return false;
	*next_ns = now + interval;
	return true;
}

/* All that is due at the machine's time. */
static void run_due(struct ba_machine *machine)
{
	struct ba_nodes *nodes = ba_machine_nodes(machine);
	struct ba_vm *vm = &ba_machine_body(machine)->vm;
	struct ba_ctx ctx = ba_machine_ctx(machine, 0);
	bool tick = due(&vm->next_compact_ns, vm->now_ns,
			BA_KCOMPACTD_INTERVAL_NS);

	if (due(&vm->next_flush_ns, vm->now_ns, FLUSH_INTERVAL))
		ba_writeback_wake_flusher(&ctx);
	ba_writeback_run(&ctx, nodes);
	for (uint8_t id = 0; id < BA_NODE_MAX; id++) {
		struct ba_ctx thread = thread_on(machine, id);

		if (!nodes->node[id].online)
			continue;
		ba_kswapd_step(&thread, nodes, id);
		kcompactd(&thread, nodes, id, tick);
	}
	if (due(&vm->next_stat_ns, vm->now_ns, STAT_INTERVAL))
		vmstat_workers(machine);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* When the next thing happens of itself. */
static uint64_t next_due(const struct ba_machine *machine)
{
	const struct ba_body *body = ba_machine_body(machine);
	const struct ba_ctx ctx = ba_machine_ctx(machine, 0);
	uint64_t next = least(ba_writeback_next_due(&ctx),
			      body->vm.next_stat_ns);

	next = least(next, body->vm.next_flush_ns);
	next = least(next, body->vm.next_compact_ns);
	for (uint8_t id = 0; id < BA_NODE_MAX; id++) {
		const struct ba_node *node = &body->nodes.node[id];

		if (!node->online)
			continue;
		next = least(next, node->kswapd_next_ns);
		if (node->kcompactd_woken && body->vm.compaction)
			next = body->vm.now_ns;
	}
	return next;
}

void ba_clock_advance(struct ba_machine *machine, uint64_t ns)
{
	struct ba_vm *vm = &ba_machine_body(machine)->vm;
	uint64_t end = vm->now_ns + ns, next;

	while ((next = next_due(machine)) <= end) {
		if (next > vm->now_ns)
			vm->now_ns = next;
		run_due(machine);
	}
	vm->now_ns = end;
}
