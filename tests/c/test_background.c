// SPDX-License-Identifier: GPL-2.0-only
#include "sim/background.h"

#include "played.h"

/*
 * vmfold of CPU 1: its difference joins the counter, CPU 0's stays.
 */
TEST(a_fold_is_of_one_cpu)
{
	struct ba_vmstat *free_pages;

	start(2);
	for (uint16_t cpu = 0; cpu < 2; cpu++) {
		tape_on(t, cpu, (uint16_t)(cpu + 1));
		tape_alloc(t, TAPE_MOVABLE, 0);
	}
	free_pages = &t->nodes->zone[1].buddy.free_pages;
	CHECK_EQ(free_pages->diff[0], -3);
	CHECK_EQ(free_pages->diff[1], -3);
	tape_line(t, BA_OP_VMFOLD, 0, 0);
	for (uint8_t id = 0; id < t->nodes->nr_zones; id++)
		ba_vmstat_fold(&t->nodes->zone[id].buddy.free_pages, 1);
	CHECK_EQ(free_pages->diff[1], 0);
	play_exactly();
	play_end(&p);
	/* in standard mode that line is not there */
	p = play(t, (struct ba_replay_options){ .standard = true });
	CHECK_EQ(zone_at(p.machine, 1)->buddy.free_pages.diff[1], -3);
	stop();
}

/*
 *	drain              pages of DMA32 on CPU 0: all to the buddy lists
 *	  pcpu_drain ...   the next line says which zone
 */
TEST(a_drain_is_of_the_zone_of_its_next_line)
{
	struct ba_ctx ctx;

	start(1);
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_alloc(t, BA_GFP_KERNEL | BA_GFP_DMA, 0);
	tape_line(t, BA_OP_DRAIN, 0, 0);
	ctx = tape_ctx(t);
	ba_pcp_drain(&ctx, &t->nodes->zone[1].buddy, &t->nodes->zone[1].pcp[0]);
	tape_lock_lines(t);
	tape_alloc(t, TAPE_MOVABLE, 0);
	play_exactly();
	stop();
}

/* CPU 0 drains the lists of CPU 1, then its own. */
TEST(a_drain_of_the_lists_of_another_cpu)
{
	start(2);
	for (uint16_t cpu = 0; cpu < 2; cpu++) {
		tape_on(t, cpu, (uint16_t)(cpu + 5));
		tape_alloc(t, TAPE_MOVABLE, 0);
	}
	tape_on(t, 0, 5);
	for (cpu_t owner = 2; owner-- > 0;) {
		struct ba_ctx ctx = tape_ctx(t);

		tape_line(t, BA_OP_DRAIN, 0, 0);
		ba_pcp_drain(&ctx, &t->nodes->zone[1].buddy,
			     &t->nodes->zone[1].pcp[owner]);
		tape_lock_lines(t);
		CHECK_EQ(t->e[t->nr - 1].op, BA_OP_PCPU_DRAIN);
	}
	tape_alloc(t, TAPE_MOVABLE, 0);
	play_exactly();
	stop();
}

/*
 *	CPU 0              CPU 1
 *	drain
 *	                   free A      to its list, which is not locked yet
 *	pcpu_drain A ...
 */
TEST(a_drain_that_begins_after_its_line)
{
	struct ba_ctx ctx;
	pfn_t pfn;

	start(2);
	tape_kprobes(t);
	tape_on(t, 1, 6);
	pfn = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_on(t, 0, 5);
	tape_line(t, BA_OP_DRAIN, 0, 0);
	tape_on(t, 1, 6);
	tape_free(t, pfn, 0);
	tape_on(t, 0, 5);
	ctx = tape_ctx(t);
	ba_pcp_drain(&ctx, &t->nodes->zone[1].buddy, &t->nodes->zone[1].pcp[1]);
	tape_lock_lines(t);
	CHECK_EQ(t->e[t->nr - 1].addr, pfn);
	tape_on(t, 1, 6);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), pfn);
	play_exactly();
	stop();
}

/*
 *	pcpu_drain ...     of CPU 1's lists, by CPU 0: no line says why
 */
TEST(a_drain_that_no_line_announces)
{
	struct ba_ctx ctx;

	t = tape_new(PAGES, 2, 1);
	tape_on(t, 1, 6);
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_on(t, 0, 5);
	ctx = tape_ctx(t);
	ba_pcp_drain(&ctx, &t->nodes->zone[1].buddy, &t->nodes->zone[1].pcp[1]);
	tape_lock_lines(t);
	tape_alloc(t, TAPE_MOVABLE, 0);
	play_exactly();
	stop();
}

/*
 *	vmfold, decay, decay
 *	decay              high of node 1's lists on CPU 0 sinks
 *	  pcpu_drain ...   these are its lines, not of lists whose time is up
 */
TEST(a_decay_of_the_lists_of_another_node)
{
	const struct ba_pcp *of_start;
	pfn_t pfns[200];
	struct ba_zone *zone;
	struct ba_pcp *pcp;
	struct ba_ctx ctx;

	t = tape_new_6_12_nodes(2 * PAGES, 2, 2);
	zone = &t->nodes->zone[t->nodes->nr_zones - 1];
	pcp = &zone->pcp[0];
	ctx = tape_ctx(t);
	for (size_t i = 0; i < 200; i++)
		pfns[i] = ba_alloc_pages(&ctx, t->nodes, TAPE_MOVABLE, 0, 1);
	for (size_t i = 0; i < 200; i++)
		ba_free_pages(&ctx, t->nodes, pfns[i], 0);
	pcp->high_min = 8;
	pcp->high = pcp->count;
	CHECK_EQ(zone->node, 1);
	CHECK(pcp->count > 100);
	tape_restart(t);
	of_start = &zone_at(&t->start, zone->id)->pcp[0];
	tape_kprobes(t);
	tape_on(t, 0, 9);
	ctx = tape_ctx(t);
	tape_line(t, BA_OP_VMFOLD, 0, 0);
	for (uint8_t id = 0; id < t->nodes->nr_zones; id++)
		ba_vmstat_fold(&t->nodes->zone[id].buddy.free_pages, 0);
	for (uint8_t id = 0; id < t->nodes->nr_zones; id++) {
		tape_line(t, BA_OP_DECAY, 0, 0);
		ba_pcp_decay(&ctx, &t->nodes->zone[id].buddy,
			     &t->nodes->zone[id].pcp[0]);
		tape_lock_lines(t);
	}
	CHECK_EQ(t->e[t->nr - 1].op, BA_OP_PCPU_DRAIN);
	CHECK(pcp->count < of_start->count && pcp->count > 8);
	play_exactly();
	stop();
}

/* A drain of nothing has no pcpu_drain line, and does nothing. */
TEST(a_drain_of_nothing)
{
	start(1);
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_line(t, BA_OP_DRAIN, 0, 0);
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_line(t, BA_OP_DRAIN, 0, 0);
	play_exactly();
	CHECK_EQ(zone_at(p.machine, 1)->pcp[0].count, 1);
	stop();
}

/*
 *	isolate 8192 order 10, isolate_exit ret=1024
 *	migrate_target 8192                  movable
 *	free 8193, order 0                   given back
 */
TEST(compaction_isolates_a_block)
{
	struct ba_ctx ctx;

	start(1);
	tape_line(t, BA_OP_ISOLATE, 8192, 10);
	tape_line(t, BA_OP_ISOLATE_EXIT, 0, 0)->arg = 1024;
	ctx = tape_ctx(t);
	CHECK(ba_zone_isolate(&ctx, &t->nodes->zone[1], 8192));
	tape_line(t, BA_OP_MIGRATE_TARGET, 8192, 0);
	ctx.frames[8192].flags |= BA_FRAME_MOVABLE;
	tape_free(t, 8193, 0);
	play_exactly();
	CHECK_EQ(p.score->silent_traced, 1024);
	CHECK(frame(8192)->flags & BA_FRAME_MOVABLE);
	stop();
}

/* Without success, or of a block that is another in the model: nothing. */
TEST(an_isolation_that_failed)
{
	start(1);
	tape_line(t, BA_OP_ISOLATE, 8192, 10);
	tape_line(t, BA_OP_ISOLATE_EXIT, 0, 0)->arg = 0;
	tape_line(t, BA_OP_ISOLATE, 8192, 3);
	tape_line(t, BA_OP_ISOLATE_EXIT, 0, 0)->arg = 8;
	tape_line(t, BA_OP_ISOLATE, PAGES, 3);
	tape_line(t, BA_OP_ISOLATE_EXIT, 0, 0)->arg = 8;
	tape_line(t, BA_OP_ISOLATE, 4097, 10);
	tape_line(t, BA_OP_ISOLATE, 8192, 10);
	tape_line(t, BA_OP_MIGRATE_TARGET, PAGES, 0);
	play_exactly();
	CHECK_EQ(p.score->silent_traced, 0);
	stop();
}

/*
 *	balance       zones up to the one remembered are active
 *	threshold     kswapd is awake
 *	balance_end   over
 */
TEST(kswapd_lines)
{
	struct ba_wmark *w;

	start(1);
	tape_on(t, 0, 40);
	tape_line(t, BA_OP_BALANCE, 0, 0);
	tape_line(t, BA_OP_THRESHOLD, 0, 0);
	p = play(t, strict);
	w = &zone_at(p.machine, 0)->wmark;
	CHECK(w->flags & BA_ZONE_RECLAIM_ACTIVE);
	CHECK(ba_machine_nodes(p.machine)->node[0].kswapd_awake);
	play_end(&p);

	tape_line(t, BA_OP_BALANCE_END, 0, 0);
	tape_line(t, BA_OP_THRESHOLD, 0, 0);
	p = play(t, strict);
	w = &zone_at(p.machine, 0)->wmark;
	CHECK(!(w->flags & BA_ZONE_RECLAIM_ACTIVE));
	CHECK(!ba_machine_nodes(p.machine)->node[0].kswapd_awake);
	stop();
}

/*
 * The request that wakes kswapd has no line yet when kswapd begins:
 *
 *	task 7   any line
 *	task 40  balance             for order 10, zones up to Normal
 *	task 7   mm_page_alloc       order 10, of no page
 */
TEST(kswapd_is_woken_by_a_request_whose_line_comes_later)
{
	struct ba_ctx ctx;

	start(1);
	while (tape_take(t, BA_GFP_KERNEL | BA_GFP_MEMALLOC, 10) !=
	       BA_PFN_NONE)
		;
	t->nodes->node[0].kswapd_highest_zoneidx = 5;
	t->nodes->node[0].kswapd_order = 0;
	tape_restart(t);
	tape_on(t, 0, 7);
	tape_kprobes(t);
	tape_on(t, 0, 40);
	tape_line(t, BA_OP_BALANCE, 0, 0);
	ctx = tape_ctx(t);
	ba_wake_kswapds_for(&ctx, t->nodes, BA_GFP_KERNEL, 10, 0);
	CHECK_EQ(t->nodes->node[0].kswapd_order, 10);
	ba_kswapd_begin(t->nodes, 0);
	tape_on(t, 0, 7);
	CHECK_EQ(tape_alloc(t, BA_GFP_KERNEL, 10), BA_PFN_NONE);
	play_exactly();
	CHECK(zone_at(p.machine, 1)->wmark.flags & BA_ZONE_RECLAIM_ACTIVE);
	stop();
}

/*
 * It has been woken for zone 0. The task before it asks for another page and
 * wakes it again, for all zones; but not if it was to be switched before.
 */
TEST(kswapd_runs_before_the_next_request)
{
	for (uint32_t due = 0; due < 2; due++) {
		struct ba_ctx ctx;

		start(1);
		while (tape_take(t, BA_GFP_KERNEL | BA_GFP_MEMALLOC, 10) !=
		       BA_PFN_NONE)
			;
		t->nodes->node[0].kswapd_highest_zoneidx = 0;
		t->nodes->node[0].kswapd_order = 0;
		tape_restart(t);
		tape_kprobes(t);
		tape_on(t, 0, 7);
		CHECK_EQ(tape_alloc(t, 0, 10), BA_PFN_NONE);
		t->e[t->nr - 1].arg = due;
		CHECK_EQ(t->nodes->node[0].kswapd_highest_zoneidx, 0);
		tape_on(t, 0, 40);
		tape_line(t, BA_OP_BALANCE, 0, 0);
		ctx = tape_ctx(t);
		if (!due)
			ba_wake_kswapds_for(&ctx, t->nodes, BA_GFP_KERNEL, 10,
					    0);
		ba_kswapd_begin(t->nodes, 0);
		tape_on(t, 0, 7);
		CHECK_EQ(tape_alloc(t, BA_GFP_KERNEL, 10), BA_PFN_NONE);
		play_exactly();
		CHECK(zone_at(p.machine, 0)->wmark.flags &
		      BA_ZONE_RECLAIM_ACTIVE);
		CHECK_EQ(!(zone_at(p.machine, 1)->wmark.flags &
			   BA_ZONE_RECLAIM_ACTIVE), due);
		stop();
	}
}

/* kswapd is at work on zone 0, and awake. */
static bool at_work(void)
{
	return zone_at(p.machine, 0)->wmark.flags & BA_ZONE_RECLAIM_ACTIVE;
}

static bool awake(void)
{
	return ba_machine_nodes(p.machine)->node[0].kswapd_awake;
}

/*
 * Without kprobe events:
 *
 *	task 40  kswapd_wake     thresholds of kswapd awake, zones active
 *	task 7   alloc
 *	task 40  free            its last line: over
 *	task 7   alloc
 *	task 40  kswapd_sleep    thresholds of kswapd asleep
 */
TEST(lines_of_kswapd_in_a_trace_without_kprobe_events)
{
	static const bool works[] = { true, true, false, false, false };
	static const bool wakes[] = { true, true, true, true, false };
	pfn_t pfn;

	t = tape_new(PAGES, 1, 1);
	tape_on(t, 0, 7);
	pfn = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_restart(t);
	tape_on(t, 0, 40);
	tape_line(t, BA_OP_KSWAPD_WAKE, 0, 0);
	tape_on(t, 0, 7);
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_on(t, 0, 40);
	tape_free(t, pfn, 0);
	tape_on(t, 0, 7);
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_on(t, 0, 40);
	tape_line(t, BA_OP_KSWAPD_SLEEP, 0, 0);
	CHECK_EQ(t->nr, 5);
	p = play_new(t, strict);
	for (size_t i = 0; i < 5; i++) {
		play_on(&p, t, t->nr, 1);
		CHECK_EQ(at_work(), works[i]);
		CHECK_EQ(awake(), wakes[i]);
	}
	CHECK_EQ(p.score->exact, 2);
	stop();
}

/* kswapd of a node that the machine has not: that of the line's CPU. */
TEST(kswapd_of_another_node)
{
	t = tape_new(2 * 98304, 2, 2);
	tape_on(t, 1, 41);
	tape_line(t, BA_OP_KSWAPD_WAKE, 0, 0)->arg = 0;
	p = play(t, strict);
	CHECK(awake());
	CHECK(!ba_machine_nodes(p.machine)->node[1].kswapd_awake);
	play_end(&p);
	tape_line(t, BA_OP_KSWAPD_WAKE, 0, 0)->arg = 7;
	p = play(t, strict);
	CHECK_EQ(p.status, BA_OK);
	CHECK(awake());
	CHECK(ba_machine_nodes(p.machine)->node[1].kswapd_awake);
	stop();
}

/* With kprobe events these tell when; in standard mode they do not. */
TEST(kprobe_events_have_the_last_word_on_kswapd)
{
	start(1);
	tape_on(t, 0, 40);
	tape_line(t, BA_OP_KSWAPD_WAKE, 0, 0);
	play_exactly();
	CHECK(!awake());
	play_end(&p);
	p = play(t, (struct ba_replay_options){ .standard = true });
	CHECK(awake());
	CHECK(!at_work());
	stop();
}

/* A run that began before the trace: over after kswapd's last line in it. */
TEST(kswapd_at_work_before_the_trace)
{
	pfn_t pfn;

	t = tape_new(PAGES, 1, 1);
	pfn = tape_alloc(t, TAPE_MOVABLE, 0);
	ba_kswapd_begin(t->nodes, 0);
	tape_restart(t);
	tape_on(t, 0, 40);
	tape_free(t, pfn, 0);
	p = play(t, strict);
	CHECK(at_work());
	play_end(&p);
	tape_line(t, BA_OP_KSWAPD_SLEEP, 0, 0);
	p = play_new(t, strict);
	play_on(&p, t, t->nr, 1);
	CHECK(!at_work());
	play_on(&p, t, t->nr, 1);
	stop();
	/* kprobe events would have said so */
	start(1);
	ba_kswapd_begin(t->nodes, 0);
	tape_restart(t);
	tape_on(t, 0, 40);
	tape_line(t, BA_OP_THRESHOLD, 0, 0);
	tape_line(t, BA_OP_KSWAPD_SLEEP, 0, 0);
	p = play(t, strict);
	CHECK(at_work());
	stop();
}
