// SPDX-License-Identifier: GPL-2.0-only
#include "sim/clock.h"

#define SECOND		UINT64_C(1000000000)
#define STAT_INTERVAL	SECOND			/* sysctl_stat_interval */
#define FLUSH_INTERVAL	(5 * SECOND)		/* dirty_writeback_centisecs */
#define PROACTIVE_CHECK	(SECOND / 2)		/* HPAGE_FRAG_CHECK_INTERVAL */
#define EXPIRE_RUNS	3			/* until a remote list is drained */
#define NEVER		UINT64_MAX

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
		ba_vmstat_fold(free, ctx->cpu);
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

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* When the next thing happens of itself. */
static uint64_t next_due(const struct ba_machine *machine)
{
	const struct ba_body *body = ba_machine_body(machine);
	struct ba_ctx ctx = ba_machine_ctx(machine, 0);
	uint64_t due = least(ba_writeback_next_due(&ctx),
			     body->vm.next_stat_ns);

	due = least(due, body->vm.next_flush_ns);
	for (uint8_t id = 0; id < BA_NODE_MAX; id++) {
		const struct ba_node *node = &body->nodes.node[id];

		if (!node->online)
			continue;
		due = least(due, node->kswapd_next_ns);
		due = least(due, node->kcompactd_next_ns);
	}
	return due;
}

static void run_nodes(struct ba_machine *machine)
{
	struct ba_nodes *nodes = ba_machine_nodes(machine);
	uint64_t now = ba_machine_body(machine)->vm.now_ns;

	for (uint8_t id = 0; id < BA_NODE_MAX; id++) {
		struct ba_ctx ctx = thread_on(machine, id);

		if (!nodes->node[id].online)
			continue;
		if (nodes->node[id].kswapd_next_ns <= now)
			ba_kswapd_run(&ctx, nodes, id);
	}
}
