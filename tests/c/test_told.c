// SPDX-License-Identifier: GPL-2.0-only
#include "sim/told.h"

#include "tape.h"

#define PAGES	16384u		/* DMA 1..4095, DMA32 4096..16383 */

static const struct ba_replay_options strict = { .strict = true };

static struct tape *t;

static void start(void)
{
	t = tape_new(PAGES, 1, 1);
}

static struct ba_pcp *pcp_of(pfn_t pfn, struct ba_zone **zone)
{
	struct ba_ctx ctx = tape_ctx(t);

	*zone = ba_nodes_zone_of(&ctx, t->nodes, pfn);
	return &(*zone)->pcp[t->cpu];
}

/* Every frame as recorded, with these counts. */
static void check_exact(const struct play *p, uint64_t amounts,
			uint64_t drains, uint64_t silent)
{
	CHECK_EQ(p->status, BA_OK);
	CHECK_EQ(p->done, t->nr);
	CHECK_EQ(p->score->exact, p->score->allocations);
	CHECK_EQ(p->score->bad_frees, 0);
	CHECK_EQ(p->score->amounts_inferred, amounts);
	CHECK_EQ(p->score->drains_inferred, drains);
	CHECK_EQ(p->score->silent_inferred, silent);
}

/* And the end state as well. */
static void stop_exact(uint64_t amounts, uint64_t drains)
{
	struct play p = play(t, strict);

	check_exact(&p, amounts, drains, 0);
	CHECK(ba_machine_equal(&t->machine, p.machine));
	play_end(&p);
	tape_end(t);
}

/* Take `nr` pages, then free them, the last one first. */
static void take_and_free(pfn_t *pfns, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		pfns[i] = tape_alloc(t, TAPE_MOVABLE, 0);
	for (uint32_t i = nr; i-- > 0;)
		tape_free(t, pfns[i], 0);
}

TEST(amounts_as_the_model_has_them_are_not_counted)
{
	pfn_t pfns[600];

	start();
	take_and_free(pfns, 600);
	stop_exact(0, 0);
}

/* Another task drains all lists: nothing else in the trace says so. */
TEST(lines_that_follow_from_no_free_are_a_drain)
{
	pfn_t pfns[40];
	struct ba_zone *zone;
	struct ba_pcp *pcp;
	struct ba_ctx ctx;

	start();
	take_and_free(pfns, 40);
	tape_on(t, 0, 9);
	ctx = tape_ctx(t);
	pcp = pcp_of(pfns[0], &zone);
	CHECK(pcp->count > 0);
	ba_pcp_drain(&ctx, &zone->buddy, pcp);
	tape_lock_lines(t);
	tape_on(t, 0, 1);
	take_and_free(pfns, 40);
	stop_exact(0, 1);
}

/* A lower high mark than the replay's shows when a free drains early. */
TEST(a_drain_takes_as_many_pages_as_it_has_lines)
{
	pfn_t pfns[80];
	struct ba_zone *zone;
	struct ba_pcp *pcp;

	start();
	take_and_free(pfns, 2);
	pcp = pcp_of(pfns[0], &zone);
	pcp->high = pcp->high_min = pcp->high_max = 70;
	for (int i = 0; i < 4; i++)
		take_and_free(pfns, 80);
	pcp->high = 0;		/* no part of what is compared */
	{
		struct play p = play(t, strict);

		CHECK_EQ(p.status, BA_OK);
		CHECK_EQ(p.score->exact, p.score->allocations);
		CHECK(p.score->amounts_inferred > 0);
		CHECK_EQ(p.score->drains_inferred, 0);
		play_end(&p);
	}
	tape_end(t);
}

/* A bulk allocation empties a list and refills it; no line is its own. */
TEST(a_refill_that_belongs_to_no_request_is_a_silent_one)
{
	pfn_t first, pfns[64];
	struct ba_zone *zone;
	struct ba_pcp *pcp;
	struct ba_ctx ctx;
	uint32_t left, got;

	start();
	first = tape_alloc(t, BA_GFP_KERNEL, 0);
	ctx = tape_ctx(t);
	pcp = pcp_of(first, &zone);
	left = pcp->list[ba_pcp_index(ctx.profile, 0, BA_MT_UNMOVABLE)].count;
	CHECK(left < 63);
	got = ba_pcp_alloc_bulk(&ctx, &zone->buddy, &zone->wmark, pcp,
				BA_MT_UNMOVABLE, BA_ALLOC_WMARK_LOW, left + 1,
				pfns);
	CHECK_EQ(got, left + 1);
	tape_lock_lines(t);
	tape_alloc(t, BA_GFP_KERNEL, 3);
	tape_alloc(t, BA_GFP_KERNEL, 0);
	{
		struct play p = play(t, strict);

		check_exact(&p, 0, 0, left + 1);
		play_end(&p);
	}
	tape_end(t);
}

/* Unmovable pages without lines of their own, so many that the list is
 * refilled: the lines of that. */
static uint32_t bulk_with_refill(pfn_t of)
{
	struct ba_ctx ctx = tape_ctx(t);
	struct ba_zone *zone;
	struct ba_pcp *pcp = pcp_of(of, &zone);
	uint32_t nr = pcp->list[ba_pcp_index(ctx.profile, 0,
					     BA_MT_UNMOVABLE)].count + 1;
	pfn_t pfns[64];

	CHECK(nr <= 64);
	nr = nr < 64 ? nr : 64;
	CHECK_EQ(ba_pcp_alloc_bulk(&ctx, &zone->buddy, &zone->wmark, pcp,
				   BA_MT_UNMOVABLE, BA_ALLOC_WMARK_LOW, nr,
				   pfns), nr);
	tape_lock_lines(t);
	return nr;
}

/*
 *	task 1  zone_locked ...		a bulk allocation's, from DMA
 *	task 2  mm_page_alloc		another task runs, in DMA32
 */
TEST(a_silent_refill_before_another_task_runs)
{
	uint32_t nr;
	struct play p;

	start();
	tape_alloc(t, BA_GFP_KERNEL, 0);
	nr = bulk_with_refill(16);
	tape_on(t, 0, 2);
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_alloc(t, BA_GFP_KERNEL, 0);
	p = play(t, strict);
	check_exact(&p, 0, 0, nr);
	CHECK_EQ(zone_at(p.machine, 0)->pcp[0].count,
		 zone_at(&t->machine, 0)->pcp[0].count);
	play_end(&p);
	tape_end(t);
}

/*
 *	task 1  zone_locked A ...	a request, which then sleeps
 *	task 2  mm_page_alloc B
 *	task 1  mm_page_alloc A		its own line
 */
TEST(a_refill_whose_request_sleeps_is_not_silent)
{
	pfn_t pfn;

	start();
	pfn = tape_take(t, BA_GFP_KERNEL, 0);
	CHECK(t->nr > 1);
	tape_on(t, 0, 2);
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_on(t, 0, 1);
	tape_alloc_line(t, pfn, BA_GFP_KERNEL, 0);
	stop_exact(0, 0);
}

/* A recorded frame in such lines says whose lists they mean, no more. */
TEST(frames_of_the_lines_do_not_steer)
{
	pfn_t pfns[40];
	struct ba_zone *zone;
	struct ba_pcp *pcp;
	struct ba_ctx ctx;
	uint32_t before;

	start();
	take_and_free(pfns, 40);
	ctx = tape_ctx(t);
	pcp = pcp_of(pfns[0], &zone);
	before = (uint32_t)t->nr;
	ba_pcp_drain(&ctx, &zone->buddy, pcp);
	tape_lock_lines(t);
	for (uint32_t i = before; i < t->nr; i++)
		t->e[i].addr = 8192 + i;
	tape_on(t, 0, 2);
	take_and_free(pfns, 40);
	{
		struct play p = play(t, strict);

		CHECK_PLAYED(t, &p);
		play_end(&p);
	}
	tape_end(t);
}

/*
 *	free                 drains nothing
 *	pcpu_drain ...       all pages, from the first list on: not the free's
 */
TEST(a_drain_of_all_lists_right_after_a_free)
{
	pfn_t pfns[40];
	struct ba_zone *zone;
	struct ba_pcp *pcp;
	struct ba_ctx ctx;

	start();
	tape_free(t, tape_alloc(t, BA_GFP_KERNEL, 0), 0);
	take_and_free(pfns, 40);
	ctx = tape_ctx(t);
	pcp = pcp_of(pfns[0], &zone);
	CHECK(pcp->list[0].count > 0 && pcp->list[1].count > 0);
	ba_pcp_drain(&ctx, &zone->buddy, pcp);
	tape_lock_lines(t);
	CHECK_EQ(pcp->count, 0);
	take_and_free(pfns, 40);
	stop_exact(0, 1);
}

/*
 * 6.12: the vmstat worker folds the counters, lowers the high mark and drains
 * what is above. The drain is seen, and tells of the rest.
 */
TEST(a_drain_that_leaves_pages_is_the_vmstat_workers)
{
	pfn_t pfns[200];
	struct ba_vmstat *dma;
	struct ba_zone *zone;
	struct ba_pcp *pcp;
	struct ba_ctx ctx;

	t = tape_new_6_12(PAGES, 1);
	take_and_free(pfns, 200);
	pcp = pcp_of(pfns[0], &zone);
	pcp->high_min = 8;
	pcp->high = pcp->count;
	CHECK(pcp->count > 100);
	dma = &t->nodes->zone[0].buddy.free_pages;
	dma->diff[0] = 2;
	dma->global -= 2;
	tape_restart(t);
	tape_on(t, 0, 9);
	ctx = tape_ctx(t);
	for (uint8_t id = 0; id < t->nodes->nr_zones; id++)
		ba_vmstat_fold(&t->nodes->zone[id].buddy.free_pages, 0);
	ba_pcp_decay(&ctx, &zone->buddy, pcp);
	tape_lock_lines(t);
	CHECK_EQ(t->e[t->nr - 1].op, BA_OP_PCPU_DRAIN);
	CHECK(pcp->count > 8);
	tape_on(t, 0, 1);
	take_and_free(pfns, 100);
	stop_exact(0, 1);
}

/* Events that a trace lacks altogether tell no amounts. */
TEST(a_trace_without_the_lines_of_refills_and_drains)
{
	pfn_t pfns[600];
	size_t kept = 0, extfrags = 0, drains = 0;
	struct ba_pcp *pcp;

	t = tape_new_6_12(PAGES, 1);
	pcp = &t->nodes->zone[1].pcp[0];
	pcp->high = pcp->high_min = pcp->high_max = 100;
	tape_restart(t);
	for (int i = 0; i < 2; i++) {
		tape_alloc(t, BA_GFP_KERNEL | BA_GFP_RECLAIMABLE, 3);
		take_and_free(pfns, 600);
	}
	for (size_t i = 0; i < t->nr; i++) {
		drains += t->e[i].op == BA_OP_PCPU_DRAIN;
		if (t->e[i].op == BA_OP_ZONE_LOCKED ||
		    t->e[i].op == BA_OP_PCPU_DRAIN)
			continue;
		extfrags += t->e[i].op == BA_OP_EXTFRAG;
		t->e[kept++] = t->e[i];
	}
	CHECK(extfrags > 0 && drains > 0 && kept + drains < t->nr);
	t->nr = kept;
	stop_exact(0, 0);
}

/* Refills that take blocks of other types: each block counts once. */
TEST(fallbacks_of_a_refill)
{
	static const uint32_t gfp[] = {
		BA_GFP_KERNEL, BA_GFP_KERNEL | BA_GFP_RECLAIMABLE };
	size_t extfrags = 0;

	for (int late = 0; late < 2; late++) {
		t = late ? tape_new_6_12(PAGES, 1) : tape_new(PAGES, 1, 1);
		for (int i = 0; i < 2000; i++)
			tape_alloc(t, gfp[i % 2], (order_t)(i / 10 % 4));
		for (size_t i = 0; i < t->nr; i++)
			extfrags += t->e[i].op == BA_OP_EXTFRAG;
		CHECK(extfrags > 2);
		stop_exact(0, 0);
	}
}

/*
 * Memory is full of movable pages but for a few blocks. In the trace's machine
 * they are being reclaimed, and so the kernel claims a pageblock.
 */
static void claimed(bool kprobes)
{
	pfn_t blocks[256];
	uint32_t nr = 0;
	struct play p;

	t = tape_new_6_12(PAGES, 1);
	do
		blocks[nr] = tape_alloc(t, TAPE_MOVABLE, 6);
	while (blocks[nr] != BA_PFN_NONE && ++nr < 256);
	for (uint32_t i = 0; i + 8 < nr; i += 8)
		tape_free(t, blocks[i], 6);
	tape_restart(t);
	if (kprobes)
		tape_kprobes(t);
	for (pfn_t pfn = 1; pfn < PAGES; pfn++)
		tape_ctx(t).frames[pfn].flags &=
			(uint8_t)~BA_FRAME_MOVABLE;
	for (int i = 0; i < 500; i++)
		tape_alloc(t, BA_GFP_KERNEL, 0);
	p = play(t, strict);
	check_exact(&p, 0, 0, 0);
	CHECK(p.score->claims_inferred > 0);
	play_end(&p);
	tape_end(t);
}

TEST(lines_tell_of_claims)
{
	claimed(false);
	claimed(true);
}

/*
 *	free, order 9        the rule says 31 pages, or a block more
 *	pcpu_drain, order 9  512 pages
 */
TEST(a_line_of_a_large_block_that_agrees)
{
	pfn_t pfns[8];
	struct ba_pcp *pcp;
	size_t drains = 0;

	t = tape_new(PAGES, 1, 1);
	pcp = &t->nodes->zone[1].pcp[0];
	pcp->high = 3000;
	tape_restart(t);
	for (int i = 0; i < 8; i++)
		pfns[i] = tape_alloc(t, TAPE_MOVABLE | BA_GFP_COMP, 9);
	for (int i = 0; i < 8; i++)
		tape_free(t, pfns[i], 9);
	for (size_t i = 0; i < t->nr; i++)
		drains += t->e[i].op == BA_OP_PCPU_DRAIN;
	CHECK(drains > 0 && drains < 8);
	stop_exact(0, 0);
}

/* drain_all_pages: the lists of CPU 0, and of CPU 1, in one go. */
TEST(a_drain_of_the_lists_of_two_cpus)
{
	struct ba_zone *zone;
	struct ba_ctx ctx;

	t = tape_new(PAGES, 2, 1);
	tape_on(t, 0, 5);
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_on(t, 1, 6);
	tape_alloc(t, TAPE_MOVABLE, 0);
	ctx = tape_ctx(t);
	zone = &t->nodes->zone[1];
	for (cpu_t cpu = 0; cpu < 2; cpu++) {
		CHECK(zone->pcp[cpu].count > 0);
		ba_pcp_drain(&ctx, &zone->buddy, &zone->pcp[cpu]);
	}
	tape_lock_lines(t);
	tape_alloc(t, TAPE_MOVABLE, 0);
	stop_exact(0, 2);
}

/*
 *	zone_locked, alloc      the list was empty: all its pages were taken,
 *	...                     though nothing frees them, and a later line
 *	free_batched A, B, ...  speaks of them
 */
TEST(a_refill_says_that_its_list_was_empty)
{
	pfn_t first, pfns[64];
	struct ba_zone *zone;
	struct ba_pcp *pcp;
	struct ba_ctx ctx;
	uint32_t left;
	struct play p;

	start();
	first = tape_alloc(t, BA_GFP_KERNEL, 0);
	ctx = tape_ctx(t);
	pcp = pcp_of(first, &zone);
	left = pcp->list[0].count;
	CHECK(left > 1 && left < 64);
	CHECK_EQ(ba_pcp_alloc_bulk(&ctx, &zone->buddy, &zone->wmark, pcp,
				   BA_MT_UNMOVABLE, BA_ALLOC_WMARK_LOW, left,
				   pfns), left);
	tape_alloc(t, BA_GFP_KERNEL, 0);
	CHECK(t->nr > 2 && t->e[t->nr - 2].op == BA_OP_ZONE_LOCKED);
	for (uint32_t i = 0; i < left; i++)
		tape_line(t, BA_OP_PAGE_FREE_BATCHED, pfns[i], 0);
	p = play(t, strict);
	check_exact(&p, 0, 0, left);
	play_end(&p);
	tape_end(t);
}

#define DMA_MOVABLE	(BA_GFP_DMA | BA_GFP_MOVABLE)

/*
 * The CPU has pages of both zones; DMA32 is a page above its low mark, and two
 * pages below it once the CPU has folded its counter.
 */
static struct ba_zone *start_at_mark(void)
{
	struct ba_zone *dma32;

	start();
	dma32 = &t->nodes->zone[1];
	tape_free(t, tape_alloc(t, TAPE_MOVABLE, 0), 0);
	tape_free(t, tape_alloc(t, DMA_MOVABLE, 0), 0);
	for (uint8_t id = 0; id < 2; id++) {
		struct ba_vmstat *stat = &t->nodes->zone[id].buddy.free_pages;

		ba_vmstat_fold(stat, 0);
		stat->threshold[0] = 100;
		memset(t->nodes->zone[id].wmark.lowmem_reserve, 0,
		       sizeof(t->nodes->zone[id].wmark.lowmem_reserve));
	}
	dma32->buddy.free_pages.global += 3;
	dma32->buddy.free_pages.diff[0] = -3;
	for (unsigned int i = 0; i < BA_NR_WMARK; i++)
		dma32->wmark.mark[i] = dma32->buddy.free_pages.global - 1;
	tape_restart(t);
	return dma32;
}

static void fold_all(void)
{
	for (uint8_t id = 0; id < t->nodes->nr_zones; id++)
		ba_vmstat_fold(&t->nodes->zone[id].buddy.free_pages, 0);
}

static void alloc_up_to_refill(const struct ba_zone *zone)
{
	do
		CHECK(ba_zone_spans(zone, tape_alloc(t, TAPE_MOVABLE, 0)));
	while (t->nr < 2 || t->e[t->nr - 2].op != BA_OP_ZONE_LOCKED);
}

/*
 *	mm_page_alloc           of DMA32
 *	(the vmstat worker)     DMA32 is below its mark
 *	mm_page_alloc ...       of DMA: hits, as many as its list has
 *	zone_locked ...         of DMA
 */
TEST(the_next_refill_tells_of_which_zone_hits_were)
{
	for (unsigned int before = 0; before < 3; before++) {
		struct play p;

		start_at_mark();
		for (unsigned int i = 0; i < before; i++)
			tape_alloc(t, TAPE_MOVABLE, 0);
		fold_all();
		alloc_up_to_refill(&t->nodes->zone[0]);
		p = play(t, strict);
		CHECK_PLAYED(t, &p);
		CHECK_EQ(p.score->folds_inferred, 1);
		play_end(&p);
		if (before) {
			/* how many hits there were counts, not of what */
			uint64_t addr = t->e[0].addr;

			t->e[0].addr = t->e[before].addr;
			t->e[before].addr = addr;
			/* no page is taken for one that was in silence */
			for (pfn_t i = 0; i < 8; i++) {
				tape_line(t, BA_OP_PAGE_FREE_BATCHED, 1 + i, 0);
				tape_line(t, BA_OP_PAGE_FREE_BATCHED, 4096 + i,
					  0);
			}
			p = play(t, strict);
			CHECK_EQ(p.score->exact, p.score->allocations - 2);
			CHECK(ba_machine_equal(&t->machine, p.machine));
			play_end(&p);
		}
		tape_end(t);
	}
}

TEST(hits_that_agree_with_the_next_refill_need_no_fold)
{
	struct ba_zone *dma32 = start_at_mark();
	struct play p;

	alloc_up_to_refill(dma32);
	p = play(t, strict);
	CHECK_PLAYED(t, &p);
	CHECK_EQ(p.score->folds_inferred, 0);
	play_end(&p);
	tape_end(t);
}

/* Pages that come to the list meanwhile are taken, too. */
TEST(frees_before_the_next_refill_count)
{
	struct ba_zone *dma32 = start_at_mark();
	struct ba_ctx ctx = tape_ctx(t);
	struct play p;
	pfn_t pfn;

	pfn = ba_alloc_pages(&ctx, t->nodes, DMA_MOVABLE, 0, 0);
	t->trace.nr = 0;
	tape_restart(t);
	tape_alloc(t, TAPE_MOVABLE, 0);
	fold_all();
	CHECK(!ba_zone_spans(dma32, tape_alloc(t, TAPE_MOVABLE, 0)));
	tape_free(t, pfn, 0);
	alloc_up_to_refill(&t->nodes->zone[0]);
	p = play(t, strict);
	CHECK_PLAYED(t, &p);
	CHECK_EQ(p.score->folds_inferred, 1);
	play_end(&p);
	tape_end(t);
}

/* The lines of a refill name the zone themselves. */
TEST(a_refill_tells_of_which_zone_it_is)
{
	struct ba_zone *dma32 = start_at_mark();
	struct play p;

	fold_all();
	CHECK(!ba_zone_spans(dma32, tape_alloc(t, BA_GFP_KERNEL, 0)));
	CHECK_EQ(t->e[t->nr - 2].op, BA_OP_ZONE_LOCKED);
	p = play(t, strict);
	CHECK_PLAYED(t, &p);
	CHECK_EQ(p.score->folds_inferred, 1);
	play_end(&p);
	tape_end(t);
}

/* It was served by its min mark: no counter has to give way for the low one. */
TEST(a_zone_that_agrees_by_a_lower_mark)
{
	struct ba_zone *dma32 = start_at_mark();
	struct play p;

	fold_all();
	for (uint8_t id = 0; id < 2; id++) {
		struct ba_zone *zone = &t->nodes->zone[id];

		zone->wmark.mark[BA_WMARK_MIN] = 10;
		for (unsigned int i = BA_WMARK_LOW; i < BA_NR_WMARK; i++)
			zone->wmark.mark[i] =
				zone->buddy.free_pages.global + 2;
	}
	tape_restart(t);
	CHECK(ba_zone_spans(dma32, tape_alloc(t, BA_GFP_KERNEL, 0)));
	CHECK_EQ(t->e[t->nr - 2].op, BA_OP_ZONE_LOCKED);
	p = play(t, strict);
	CHECK_PLAYED(t, &p);
	CHECK_EQ(p.score->folds_inferred, 0);
	play_end(&p);
	tape_end(t);
}
