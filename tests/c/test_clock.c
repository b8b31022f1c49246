// SPDX-License-Identifier: GPL-2.0-only
#include "sim/clock.h"

#include "mm/fault.h"

#include "pages.h"

#define MS	UINT64_C(1000000)
#define SECOND	(1000 * MS)

static const struct ba_mapping clean = { .anon = false };
static const struct ba_mapping dirty = { .anon = false, .dirty = true };

/* Memory full of page cache, down to the low mark: kswapd is woken. */
static void fill(const struct ba_mapping *mapping)
{
	while (!(ctx.charge.path & BA_STEP_SLOWPATH))
		REQUIRE(ba_fault_new(&ctx, nodes, mapping));
	ba_charge_init(&ctx.charge);
}

TEST(time_passes)
{
	start(PAGES);
	CHECK_EQ(ctx.vm->now_ns, 0);
	ba_clock_advance(&machine, 5 * MS);
	ba_clock_advance(&machine, 0);
	CHECK_EQ(ctx.vm->now_ns, 5 * MS);
	ba_clock_advance(&machine, 3600 * SECOND);
	CHECK_EQ(ctx.vm->now_ns, 5 * MS + 3600 * SECOND);
	CHECK_EQ(free_pages(), PAGES - 1);
	stop();
}

/* Nothing happens between calls; with time kswapd brings the zones to HIGH. */
TEST(kswapd_has_time_only_while_time_passes)
{
	const struct ba_wmark *w;

	start(PAGES);
	w = &nodes->zone[1].wmark;
	fill(&clean);
	CHECK_EQ(ctx.vm->event[BA_VM_pgsteal_kswapd], 0);
	ba_clock_advance(&machine, 50 * MS);
	CHECK(ctx.vm->event[BA_VM_pgsteal_kswapd] > 0);
	CHECK(ba_vmstat_sum(&nodes->zone[1].buddy.free_pages) >=
	      w->mark[BA_WMARK_HIGH]);
	CHECK_EQ(ctx.vm->event[BA_VM_pageoutrun], 1);
	/* after its nap it sleeps for good */
	ba_clock_advance(&machine, SECOND);
	CHECK(!nodes->node[0].kswapd_awake);
	CHECK_EQ(nodes->node[0].kswapd_next_ns, UINT64_MAX);
	stop();
}

/* A dirty page is clean writeback_usecs after the flusher's next turn. */
TEST(dirty_pages_are_written_in_time)
{
	uint32_t handle;
	const struct ba_frame *f;

	start(PAGES);
	ba_clock_advance(&machine, SECOND);
	handle = ba_fault_new(&ctx, nodes, &dirty);
	f = &ctx.frames[ctx.handles[handle].pfn];
	ba_clock_advance(&machine, 3 * SECOND);
	CHECK(f->use & BA_USE_DIRTY);
	ba_clock_advance(&machine, SECOND);	/* 5 s: it begins */
	CHECK(f->use & BA_USE_WRITEBACK);
	ba_clock_advance(&machine, ctx.vm->writeback_ns - 1);
	CHECK(f->use & BA_USE_WRITEBACK);
	ba_clock_advance(&machine, 1);
	CHECK(!(f->use & (BA_USE_WRITEBACK | BA_USE_DIRTY)));
	CHECK_EQ(ctx.vm->event[BA_VM_nr_written], 1);
	stop();
}

/* Each second the vmstat worker folds what a CPU keeps to itself. */
TEST(counters_are_folded_every_second)
{
	struct ba_vmstat *stat;

	start(PAGES);
	ba_clock_advance(&machine, SECOND / 2);
	stat = &nodes->zone[1].buddy.free_pages;
	CHECK_EQ(alloc(MOVABLE, 4), 4096);
	stat->global += 3;		/* as if they had been its own */
	stat->diff[0] = (int16_t)(stat->diff[0] - 3);
	ba_clock_advance(&machine, SECOND / 2 - 1);
	CHECK(stat->diff[0]);
	ba_clock_advance(&machine, 1);
	CHECK_EQ(stat->diff[0], 0);
	CHECK_EQ(ba_vmstat_sum(stat), PAGES - 4096 - 16);
	stop();
}

/* C2: it does not matter in how many steps time passes. */
TEST(time_is_the_same_in_one_piece_or_many)
{
	struct ba_machine whole;

	start(PAGES);
	fill(&dirty);
	CHECK_EQ(ba_machine_copy(&machine, &whole), BA_OK);
	ba_clock_advance(&whole, 10 * SECOND);
	for (int i = 0; i < 1000; i++)
		ba_clock_advance(&machine, 10 * MS);
	CHECK(ba_machine_equal(&machine, &whole));
	CHECK(ctx.vm->event[BA_VM_pgsteal_kswapd] > 0);
	ba_machine_destroy(&whole);
	stop();
}

/* A request of order 4 that may not sleep has kcompactd look for it. */
TEST(kcompactd_works_for_those_who_cannot_wait)
{
	start(PAGES);
	ba_clock_advance(&machine, MS);	/* past the first of its times */
	scatter();
	CHECK_EQ(alloc(BA_GFP_NOWAIT_6_1, 4), BA_PFN_NONE);
	CHECK_EQ(ctx.vm->event[BA_VM_compact_daemon_wake], 0);
	ba_clock_advance(&machine, SECOND / 4);
	CHECK(ctx.vm->event[BA_VM_compact_daemon_wake] > 0);
	CHECK(ctx.vm->event[BA_VM_pgmigrate_success] > 0);
	CHECK(alloc(BA_GFP_NOWAIT_6_1, 4) != BA_PFN_NONE);
	stop();
}
