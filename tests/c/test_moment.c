// SPDX-License-Identifier: GPL-2.0-only
#include "sim/moment.h"

#include "tape.h"

#define PAGES	16384u		/* DMA 1..4095, DMA32 4096..16383 */
#define PAGES_MORE	3	/* that DMA32 has before CPU 1 refills */
#define DMA_MOVABLE (BA_GFP_KERNEL | BA_GFP_MOVABLE | BA_GFP_DMA)

static const struct ba_replay_options strict = { .strict = true };

static struct tape *t;
static struct ba_zone *dma32;
static pfn_t first;			/* that CPU 0 has taken, of DMA32 */

enum { CPU0_DMA = 1, CPU1_DMA32 = 2 };

/*
 * Two CPUs; CPU 0 has pages on its list of DMA32, others as `lists` says.
 * Counters are exact, and DMA32 holds its low mark by `above` pages.
 */
static void start(bool is_6_12, unsigned int lists, int64_t above)
{
	t = is_6_12 ? tape_new_6_12(PAGES, 2) : tape_new(PAGES, 2, 1);
	for (uint8_t z = 0; z < t->nodes->nr_zones; z++)
		for (cpu_t cpu = 0; cpu < 2; cpu++)
			t->nodes->zone[z].buddy.free_pages.threshold[cpu] = 0;
	dma32 = &t->nodes->zone[1];
	tape_on(t, 0, 5);
	first = tape_alloc(t, TAPE_MOVABLE, 0);
	if (lists & CPU0_DMA)
		tape_free(t, tape_alloc(t, DMA_MOVABLE, 0), 0);
	if (lists & CPU1_DMA32) {
		tape_on(t, 1, 6);
		tape_alloc(t, TAPE_MOVABLE, 0);
	}
	t->nodes->node[0].kswapd_runs_for = dma32->index;
	dma32->wmark.mark[BA_WMARK_LOW] =
		ba_vmstat_read(&dma32->buddy.free_pages) - above;
	dma32->wmark.mark[BA_WMARK_HIGH] =
		dma32->wmark.mark[BA_WMARK_LOW] + 1000;
	tape_restart(t);
	tape_kprobes(t);
}

/* Exact, and as many lines served as of an earlier moment. */
static void stop(uint64_t reordered)
{
	struct play p = play(t, strict);

	CHECK_PLAYED(t, &p);
	CHECK_EQ(p.score->reordered, reordered);
	play_end(&p);
	tape_end(t);
}

static bool in_dma32(pfn_t pfn)
{
	return ba_zone_spans(dma32, pfn);
}

/*
 *	CPU 0                        CPU 1
 *	                             zone_locked   \
 *	                             zone_locked    | a refill
 *	mm_page_alloc, after `told`  zone_locked   /
 *	                             mm_page_alloc
 *
 * DMA32 is below its mark when two pages are counted. CPU 0 has pages of both
 * zones: lines do not tell which one it took, the counter does.
 */
static void refill_under_way(bool is_6_12, size_t told,
			     bool holds)
{
	start(is_6_12, CPU0_DMA, 2);
	tape_on(t, 0, 5);
	if (holds)
		CHECK(in_dma32(tape_alloc(t, TAPE_MOVABLE, 0)));
	tape_on(t, 1, 6);
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_on(t, 0, 5);
	if (!holds)
		CHECK(!in_dma32(tape_alloc(t, TAPE_MOVABLE, 0)));
	CHECK_EQ(t->nr, 1 + 3 + 2);
	tape_move(t, holds ? 1 : t->nr - 1, 1 + told);
	CHECK_EQ(t->e[1 + told].op, BA_OP_PAGE_ALLOC);
	/* the refill was served before the line of its request */
	stop(1);
}

TEST(a_refill_of_another_cpu_counts_page_by_page_in_6_12)
{
	refill_under_way(true, 1, true);
	refill_under_way(true, 2, false);
	refill_under_way(true, 3, false);
}

TEST(a_refill_of_another_cpu_counts_at_its_end_in_6_1)
{
	refill_under_way(false, 1, true);
	refill_under_way(false, 2, true);
	refill_under_way(false, 3, false);
}

/*
 * The same with a drain: DMA32 comes above its mark with the second page.
 */
static void drain_under_way(bool is_6_12, size_t told,
			    bool holds)
{
	struct ba_ctx ctx;

	start(is_6_12, CPU0_DMA | CPU1_DMA32, -1);
	tape_on(t, 0, 5);
	if (!holds)
		CHECK(!in_dma32(tape_alloc(t, TAPE_MOVABLE, 0)));
	tape_on(t, 1, 6);
	tape_line(t, BA_OP_DRAIN, 0, 0);
	ctx = tape_ctx(t);
	ba_pcp_drain(&ctx, &dma32->buddy, &dma32->pcp[1]);
	tape_lock_lines(t);
	CHECK_EQ(t->e[t->nr - 1].op, BA_OP_PCPU_DRAIN);
	CHECK_EQ(t->e[t->nr - 2].op, BA_OP_PCPU_DRAIN);
	tape_on(t, 0, 5);
	if (holds)
		CHECK(in_dma32(tape_alloc(t, TAPE_MOVABLE, 0)));
	tape_move(t, holds ? t->nr - 1 : 1, 2 + told);
	CHECK_EQ(t->e[2 + told].op, BA_OP_PAGE_ALLOC);
	stop(0);
}

TEST(a_drain_of_another_cpu_counts_page_by_page)
{
	drain_under_way(false, 1, false);
	drain_under_way(false, 2, true);
	drain_under_way(true, 1, false);
	drain_under_way(true, 2, true);
}

/*
 *	CPU 0  mm_page_alloc
 *	CPU 0  (tests DMA32: above its mark)
 *	CPU 1  zone_locked, mm_page_alloc     not any more
 *	CPU 0  mm_page_alloc                  a hit, and only DMA32 has one
 */
TEST(a_hit_that_was_tested_before_another_cpu_refilled)
{
	start(false, 0, 2);
	tape_on(t, 0, 5);
	CHECK(in_dma32(tape_alloc(t, TAPE_MOVABLE, 0)));
	CHECK(in_dma32(tape_alloc(t, TAPE_MOVABLE, 0)));
	tape_on(t, 1, 6);
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_move(t, 2, t->nr - 1);
	stop(1);
}

/*
 * The same, and CPU 0's list of DMA32 is empty: its lines say that it refilled
 * this one.
 */
TEST(a_refill_that_was_tested_before_another_cpu_refilled)
{
	start(false, 0, 2);
	tape_on(t, 0, 5);
	tape_line(t, BA_OP_KFREE, 0, 0);
	tape_on(t, 1, 6);
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_on(t, 0, 5);
	dma32->buddy.free_pages.global += PAGES_MORE;
	CHECK(in_dma32(tape_alloc(t, BA_GFP_KERNEL, 0)));
	dma32->buddy.free_pages.global -= PAGES_MORE;
	stop(1);
}

/* And here they say that it refilled the one of DMA: the test came after. */
TEST(a_refill_that_was_tested_after_another_cpu_refilled)
{
	start(false, 0, 2);
	tape_on(t, 0, 5);
	tape_line(t, BA_OP_KFREE, 0, 0);
	tape_on(t, 1, 6);
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_on(t, 0, 5);
	CHECK(!in_dma32(tape_alloc(t, TAPE_MOVABLE, 0)));
	stop(0);
}

/*
 * Neither at the line before nor at its own, but in between:
 *
 *	CPU 0  kfree
 *	CPU 1  takes so much that DMA32 is below its mark
 *	CPU 0  (tests DMA32)
 *	CPU 1  gives it back
 *	CPU 0  zone_locked of DMA, mm_page_alloc
 */
TEST(a_test_between_two_operations_of_another_cpu)
{
	struct ba_ctx ctx;
	size_t line, nr;

	start(false, 0, 2);
	tape_on(t, 0, 5);
	tape_line(t, BA_OP_KFREE, 0, 0);
	tape_on(t, 1, 6);
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_on(t, 0, 5);
	line = t->nr;
	CHECK(!in_dma32(tape_alloc(t, TAPE_MOVABLE, 0)));
	nr = t->nr - line;
	tape_on(t, 1, 6);
	tape_line(t, BA_OP_DRAIN, 0, 0);
	ctx = tape_ctx(t);
	ba_pcp_drain(&ctx, &dma32->buddy, &dma32->pcp[1]);
	tape_lock_lines(t);
	while (nr--)
		tape_move(t, line, t->nr - 1);
	stop(1);
}

/*
 * CPU 0 has pages of both zones, and no lines of its own: its next refill says
 * how many were taken from that list.
 *
 *	CPU 0  (tests DMA32)
 *	CPU 1  zone_locked, mm_page_alloc
 *	CPU 0  (or tests DMA32 now), mm_page_alloc
 *	CPU 0  mm_page_alloc ...
 *	CPU 0  zone_locked, mm_page_alloc
 */
static void next_refill_tells(bool frees)
{
	for (unsigned int before = 0; before < 2; before++) {
		start(false, CPU0_DMA, 2);
		tape_on(t, 0, 5);
		tape_line(t, BA_OP_KFREE, 0, 0);
		if (before)
			CHECK(in_dma32(tape_alloc(t, TAPE_MOVABLE, 0)));
		tape_on(t, 1, 6);
		tape_alloc(t, TAPE_MOVABLE, 0);
		if (before)
			tape_move(t, 2, t->nr - 1);
		tape_on(t, 0, 5);
		if (frees)
			tape_free(t, first, 0);
		while (t->e[t->nr - 1].cpu || t->e[t->nr - 2].cpu ||
		       t->e[t->nr - 2].op != BA_OP_ZONE_LOCKED)
			CHECK(!in_dma32(tape_alloc(t, TAPE_MOVABLE, 0)));
		stop(before);
	}
}

TEST(a_hit_of_which_the_next_refill_tells)
{
	next_refill_tells(false);
}

/* What the CPU frees meanwhile goes to the list of another zone. */
TEST(a_free_before_the_refill_that_tells)
{
	next_refill_tells(true);
}

/*
 *	CPU 0  kfree
 *	CPU 1  zone_locked, mm_page_alloc     DMA32 is below its mark
 *	CPU 0  mm_page_alloc of no page       it was tested after that
 */
TEST(a_failure_that_was_tested_after_another_cpu_refilled)
{
	start(false, 0, 2);
	dma32->wmark.mark[BA_WMARK_MIN] = dma32->wmark.mark[BA_WMARK_LOW];
	for (unsigned int mark = 0; mark < BA_NR_WMARK; mark++)
		t->nodes->zone[0].wmark.mark[mark] = PAGES;
	tape_restart(t);
	tape_kprobes(t);
	tape_on(t, 0, 5);
	tape_line(t, BA_OP_KFREE, 0, 0);
	tape_on(t, 1, 6);
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_on(t, 0, 5);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE & ~BA_GFP_DIRECT_RECLAIM, 0),
		 BA_PFN_NONE);
	stop(0);
}

/* An interrupt began after the last line of its CPU, whoever printed it. */
TEST(the_test_of_an_interrupt_comes_after_the_line_before_it)
{
	start(false, 0, 2);
	tape_on(t, 0, 5);
	tape_line(t, BA_OP_KFREE, 0, 0);
	tape_on(t, 1, 6);
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_on(t, 0, 5);
	tape_irq(t, 1, 0);
	tape_line(t, BA_OP_KFREE, 0, 0);
	dma32->buddy.free_pages.global += PAGES_MORE;
	CHECK(in_dma32(tape_alloc(t, TAPE_MOVABLE, 0)));
	dma32->buddy.free_pages.global -= PAGES_MORE;
	{
		struct play p = play(t, strict);

		CHECK_EQ(p.score->reordered, 0);
		CHECK_EQ(p.score->exact, p.score->allocations - 1);
		play_end(&p);
	}
	/* the task itself was stopped all the while */
	t->e[t->nr - 1].context = 0;
	stop(1);
}

/*
 *	CPU 0  (tests DMA32: below its boosted mark)
 *	CPU 1  balance, balance_end      the boost is paid off
 *	CPU 0  zone_locked of DMA ...
 *	       mm_page_alloc
 */
TEST(a_boost_that_was_paid_off_after_the_test)
{
	struct ba_ctx ctx;
	size_t lines;

	start(false, 0, 2);
	dma32->wmark.boost = 100;
	tape_restart(t);
	tape_kprobes(t);
	tape_on(t, 0, 5);
	tape_line(t, BA_OP_KFREE, 0, 0);
	CHECK(!in_dma32(tape_alloc(t, TAPE_MOVABLE, 0)));
	lines = t->nr - 2;
	tape_on(t, 1, 6);
	tape_line(t, BA_OP_BALANCE, 0, 0);
	ba_kswapd_begin(t->nodes, 0);
	tape_line(t, BA_OP_BALANCE_END, 0, 0);
	ba_kswapd_end(t->nodes, 0);
	ctx = tape_ctx(t);
	ba_compact_flush_node(&ctx, t->nodes, 0);
	CHECK_EQ(dma32->wmark.boost, 0);
	while (lines--)
		tape_move(t, 2, t->nr - 1);
	CHECK_EQ(t->e[t->nr - 1].op, BA_OP_PAGE_ALLOC);
	stop(1);
}

/*
 *	CPU 0                        CPU 1
 *	                             balance
 *	                             kfree
 *	                             (the zones are not reclaimed any more)
 *	free: drains up to high,
 *	and not before               mm_compaction_wakeup_kcompactd
 *	                             balance_end
 */
TEST(frees_while_kswapd_ends_its_run)
{
	enum { NR = 20 };
	struct ba_ctx ctx;
	pfn_t page[NR];
	size_t lines;

	start(false, 0, 5000);
	tape_on(t, 0, 5);
	for (size_t i = 0; i < NR; i++)
		page[i] = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_on(t, 1, 6);
	tape_line(t, BA_OP_BALANCE, 0, 0);
	ba_kswapd_begin(t->nodes, 0);
	tape_line(t, BA_OP_KFREE, 0, 0);
	ba_kswapd_end(t->nodes, 0);
	ctx = tape_ctx(t);
	ba_compact_flush_node(&ctx, t->nodes, 0);
	tape_on(t, 0, 5);
	lines = t->nr;
	for (size_t i = 0; i < NR; i++)
		tape_free(t, page[i], 0);
	CHECK_EQ(t->nr, lines + NR);
	tape_on(t, 1, 6);
	tape_line(t, BA_OP_KCOMPACTD_WAKEUP, 0, 0);
	tape_line(t, BA_OP_BALANCE_END, 0, 0);
	/* at work it would have kept the list below 4 batches */
	{
		struct play p = play(t, strict);

		CHECK_PLAYED(t, &p);
		CHECK(p.score->reordered > 0);
		play_end(&p);
	}
	/* a line of kswapd at work after them: its end comes later still */
	t->e[t->nr - 2].op = BA_OP_KFREE;
	{
		struct play p = play(t, strict);

		CHECK_EQ(p.score->reordered, 0);
		CHECK(!ba_machine_equal(&t->machine, p.machine));
		play_end(&p);
	}
	tape_end(t);
}

/*
 *	CPU 0                   CPU 1
 *	                        zone_locked
 *	mm_page_alloc           (has not boosted the watermarks yet)
 *	                        mm_page_alloc_extfrag: claims a pageblock
 *	                        zone_locked ...
 */
TEST(a_refill_that_boosts_after_the_test)
{
	start(true, CPU0_DMA, 50);
	tape_on(t, 1, 6);
	/* nothing but parts of Movable pageblocks is free */
	while (dma32->buddy.area[9].list[BA_MT_MOVABLE].count +
	       dma32->buddy.area[10].list[BA_MT_MOVABLE].count)
		tape_alloc(t, TAPE_MOVABLE, 8);
	CHECK_EQ(dma32->buddy.nonempty[BA_MT_UNMOVABLE], 0);
	CHECK_EQ(dma32->wmark.boost, 0);
	dma32->wmark.mark[BA_WMARK_LOW] =
		ba_vmstat_read(&dma32->buddy.free_pages) - 50;
	tape_restart(t);
	tape_kprobes(t);
	tape_on(t, 0, 5);
	CHECK(in_dma32(tape_alloc(t, TAPE_MOVABLE, 0)));
	tape_on(t, 1, 6);
	tape_alloc(t, BA_GFP_KERNEL, 0);
	CHECK(dma32->wmark.boost > 50);
	tape_move(t, 1, 2);
	CHECK_EQ(t->e[1].op, BA_OP_ZONE_LOCKED);
	CHECK_EQ(t->e[3].op, BA_OP_EXTFRAG);
	/* the refill alone was served before the line of its request */
	stop(1);
}
