// SPDX-License-Identifier: GPL-2.0-only
#include "sim/serve.h"

#include "played.h"

static const struct ba_replay_options none;
static const struct ba_replay_options standard = { .standard = true };

static void alloc_line(uint64_t pfn, order_t order)
{
	tape_alloc_line(t, pfn, TAPE_MOVABLE | BA_GFP_COMP, order);
}

static void free_line(uint64_t pfn, order_t order)
{
	tape_line(t, BA_OP_PAGE_FREE, pfn, order);
}

static void batched_line(uint64_t pfn)
{
	tape_line(t, BA_OP_PAGE_FREE_BATCHED, pfn, 0);
}

/*
 *	alloc  orders 0 1 2 3 4 9 10, unmovable, reclaimable, movable
 *	free   all of them
 */
TEST(requests_of_every_order_and_type)
{
	static const uint32_t gfp[] = {
		BA_GFP_KERNEL, TAPE_MOVABLE,
		BA_GFP_KERNEL | BA_GFP_RECLAIMABLE,
		BA_GFP_KERNEL | BA_GFP_DMA,
	};
	static const order_t orders[] = { 0, 1, 2, 3, 4, 9, 10 };
	pfn_t got[28];
	size_t nr = 0;

	start(1);
	for (size_t i = 0; i < 28; i++)
		got[i] = tape_alloc(t, gfp[i % 4] | BA_GFP_COMP,
				    orders[i / 4]);
	for (size_t i = 0; i < 28; i++)
		if (got[i] != BA_PFN_NONE && ++nr)
			tape_free(t, got[i], orders[i / 4]);
	CHECK(nr > 20);
	play_exactly();
	CHECK_EQ(p.score->allocations, 28);
	CHECK_EQ(p.score->silent_traced + p.score->silent_inferred, 0);
	CHECK_EQ(p.score->reordered, 0);
	stop();
}

/*
 *	line              model
 *	1 alloc 5000      4096    a mismatch
 *	2 alloc 4096      4097    named by a frame that is another's here
 *	3 free  5000      frees 4096
 *	4 alloc 4096'     4096    what was freed last; not 4097
 *	5 free  4096      frees 4096: line 4 gave the name away
 *	6 alloc 7000      4096
 */
TEST(after_a_mismatch_the_model_keeps_its_own_choice)
{
	static const uint64_t model[] = { 4096, 4097, 4096, 4096 };
	static const uint64_t recorded[] = { 5000, 4096, 4096, 7000 };
	static const uint32_t event[] = { 1, 2, 4, 6 };

	start(1);
	alloc_line(5000, 0);
	alloc_line(4096, 0);
	free_line(5000, 0);
	alloc_line(4096, 0);
	free_line(4096, 0);
	alloc_line(7000, 0);
	p = play(t, strict);
	CHECK_EQ(p.status, BA_OK);
	CHECK_EQ(p.nr, 4);
	for (size_t i = 0; i < 4; i++) {
		CHECK_EQ(play_pfn(&p, i), model[i]);
		CHECK_EQ(p.outcomes[i].recorded_pfn, recorded[i]);
		CHECK_EQ(p.outcomes[i].event, event[i]);
		CHECK_EQ(p.outcomes[i].result, BA_RESULT_OK);
	}
	CHECK_EQ(p.score->allocations, 4);
	CHECK_EQ(p.score->exact, 1);
	CHECK_EQ(p.score->failed, 0);
	CHECK_EQ(p.score->bad_frees, 0);
	CHECK_EQ(p.score->first_mismatch, 1);
	CHECK_EQ(p.score->first_mismatch_recorded_pfn, 5000);
	CHECK_EQ(p.score->first_mismatch_model_pfn, 4096);
	CHECK_EQ(frame(4096)->state, BA_FRAME_USED);
	CHECK_EQ(frame(4097)->state, BA_FRAME_USED);
	CHECK_EQ(frame(5000)->state, BA_FRAME_USED);
	CHECK_EQ(frame(7000)->state, BA_FRAME_USED);
	stop();
}

/*
 *	alloc 8000, order 2     model  4096 4097 4098 4099
 *	free  8001, order 0                 ^        part of the block
 *	free  8002, order 1                      ^----^
 *	free  8000, order 0            ^
 */
TEST(a_part_of_a_block_is_freed)
{
	start(1);
	alloc_line(8000, 2);
	t->e[0].gfp |= BA_GFP_COMP;
	free_line(8001, 0);
	p = play(t, strict);
	CHECK_EQ(p.status, BA_OK);
	CHECK_EQ(frame(4097)->state, BA_FRAME_PCP);
	CHECK_EQ(frame(4096)->state, BA_FRAME_USED);
	CHECK_EQ(frame(4096)->flags & (BA_FRAME_HEAD | BA_FRAME_COMPOUND), 0);
	play_end(&p);

	free_line(8002, 1);
	free_line(8000, 0);
	p = play(t, strict);
	CHECK_EQ(p.status, BA_OK);
	CHECK_EQ(p.score->bad_frees, 0);
	CHECK_EQ(p.score->exact, 0);
	CHECK_EQ(frame(4096)->state, BA_FRAME_PCP);
	CHECK_EQ(frame(4098)->state, BA_FRAME_PCP);
	CHECK_EQ(frame(4098)->order, 1);
	stop();
}

/*
 *	mm_page_free          4096 4097 4098     prepared
 *	mm_page_free_batched  4097 4096 4098     each reaches the list here
 *	alloc                 4098 4096 4097     last in, first out
 */
TEST(a_batched_free_counts_where_it_is_finished)
{
	pfn_t pfn[3];

	start(1);
	for (size_t i = 0; i < 3; i++)
		pfn[i] = tape_alloc(t, TAPE_MOVABLE, 0);
	for (size_t i = 0; i < 3; i++)
		tape_free_line(t, pfn[i], 0);
	tape_batched(t, pfn[1]);
	tape_batched(t, pfn[0]);
	tape_batched(t, pfn[2]);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), pfn[2]);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), pfn[0]);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), pfn[1]);
	play_exactly();
	stop();
}

/* On CPU 1 finished what CPU 0 began: the page is CPU 1's. */
TEST(a_batch_is_finished_on_the_cpu_of_its_line)
{
	pfn_t pfn;

	start(2);
	pfn = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_free_line(t, pfn, 0);
	tape_on(t, 1, 2);
	tape_batched(t, pfn);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), pfn);
	play_exactly();
	stop();
}

/*
 *	free 4096 ... (no mm_page_free_batched)   a free of its own
 *	mm_page_free_batched 4096, 4097, 16384    nothing to finish
 */
TEST(the_end_of_a_batch_without_its_beginning)
{
	pfn_t pfn;

	start(1);
	pfn = tape_alloc(t, TAPE_MOVABLE, 0);
	batched_line(pfn);
	batched_line(4097);
	batched_line(PAGES);
	batched_line(BA_ADDR_NONE);
	tape_free(t, pfn, 0);
	p = play(t, strict);
	CHECK_PLAYED(t, &p);
	stop();
}

/* A bulk allocation of the recording machine: no mm_page_alloc lines. */
static uint32_t bulk(uint32_t gfp, uint32_t nr, pfn_t *pfns)
{
	struct ba_ctx ctx = tape_ctx(t);
	struct ba_event *e = tape_line(t, BA_OP_BULK_ENTER, BA_ADDR_NONE, 0);
	struct ba_bulk got;

	e->gfp = gfp;
	e->arg = nr;
	got = ba_alloc_pages_bulk(&ctx, t->nodes, gfp, 0, nr, pfns);
	tape_lock_lines(t);
	if (got.single)
		tape_alloc_line(t, pfns[0], gfp, 0);
	tape_line(t, BA_OP_BULK_EXIT, 0, 0)->arg = got.got;
	return got.got;
}

/*
 *	bulk_enter nr=100
 *	  zone_locked ...          34 refills of 3
 *	bulk_exit nr=100           100 pages in silence
 *	free of each               known, though no line allocated them
 *	alloc                      in step
 */
TEST(a_bulk_allocation_is_silent)
{
	pfn_t pfns[100];

	start(1);
	CHECK_EQ(bulk(TAPE_MOVABLE, 100, pfns), 100);
	tape_alloc(t, TAPE_MOVABLE, 0);
	for (size_t i = 0; i < 100; i++)
		tape_free(t, pfns[i], 0);
	tape_alloc(t, TAPE_MOVABLE, 0);
	play_exactly();
	CHECK_EQ(p.score->silent_traced, 100);
	CHECK_EQ(p.score->silent_inferred, 0);
	CHECK_EQ(p.score->reordered, 0);
	stop();
}

/*
 *	bulk_enter nr=4, charged to a cgroup: page by page
 *	  mm_page_alloc 4096
 *	bulk_exit nr=1             this page has its line
 */
TEST(a_bulk_allocation_of_single_pages_has_lines)
{
	pfn_t pfns[4];

	start(1);
	CHECK_EQ(bulk(TAPE_MOVABLE | BA_GFP_ACCOUNT, 4, pfns), 1);
	tape_free(t, pfns[0], 0);
	play_exactly();
	CHECK_EQ(p.score->silent_traced, 0);
	CHECK_EQ(p.score->allocations, 1);
	stop();
}

/*
 *	task 1  bulk_enter nr=2
 *	 softirq  mm_page_alloc    of the interrupt: no page of the bulk
 *	task 1  bulk_exit nr=2
 */
TEST(an_interrupt_takes_no_part_in_a_bulk_allocation)
{
	pfn_t pfns[3];
	struct ba_ctx ctx;
	struct ba_event *e;

	start(1);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4096);
	e = tape_line(t, BA_OP_BULK_ENTER, BA_ADDR_NONE, 0);
	e->gfp = TAPE_MOVABLE;
	e->arg = 2;
	tape_irq(t, 1, 0);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4097);
	tape_irq(t, 0, 0);
	ctx = tape_ctx(t);
	CHECK_EQ(ba_alloc_pages_bulk(&ctx, t->nodes, TAPE_MOVABLE, 0, 2,
				     pfns).got, 2);
	tape_lock_lines(t);
	tape_line(t, BA_OP_BULK_EXIT, 0, 0)->arg = 2;
	tape_free(t, pfns[0], 0);
	tape_free(t, pfns[1], 0);
	play_exactly();
	CHECK_EQ(p.score->silent_traced, 2);
	stop();
}

/*
 *	task 5  bulk_enter nr=4
 *	task 6  bulk_enter nr=4, bulk_exit nr=4
 *	task 5  bulk_exit nr=4        its pages are the later ones
 */
TEST(bulk_allocations_of_tasks_that_take_turns)
{
	pfn_t first[4], second[4];
	struct ba_ctx ctx;
	struct ba_event *e;

	start(2);
	tape_on(t, 0, 5);
	e = tape_line(t, BA_OP_BULK_ENTER, BA_ADDR_NONE, 0);
	e->gfp = TAPE_MOVABLE;
	e->arg = 4;
	tape_on(t, 0, 6);
	CHECK_EQ(bulk(BA_GFP_KERNEL, 4, first), 4);
	/* a task may have moved when it goes on */
	tape_on(t, 1, 5);
	ctx = tape_ctx(t);
	CHECK_EQ(ba_alloc_pages_bulk(&ctx, t->nodes, TAPE_MOVABLE, 0, 4,
				     second).got, 4);
	tape_lock_lines(t);
	tape_line(t, BA_OP_BULK_EXIT, 0, 0)->arg = 4;
	for (size_t i = 0; i < 4; i++) {
		tape_free(t, first[i], 0);
		tape_free(t, second[i], 0);
	}
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_alloc(t, BA_GFP_KERNEL, 0);
	play_exactly();
	CHECK_EQ(p.score->silent_traced, 8);
	CHECK_EQ(p.score->silent_inferred, 0);
	stop();
}

/*
 * A block of order 3, not compound, of which five pages are wanted:
 *
 *	4096 4097 4098 4099 4100 | 4101 4102 4103
 *	splitpage                  free free free    to the tails of the
 *	                                             buddy lists, at once
 *	free 4096: an ordinary free, to the per-CPU list
 */
TEST(the_surplus_of_alloc_pages_exact_passes_the_pcp)
{
	struct ba_ctx ctx;
	pfn_t pfn;

	start(1);
	tape_alloc(t, TAPE_MOVABLE, 0);
	pfn = tape_alloc(t, TAPE_MOVABLE, 3);
	tape_line(t, BA_OP_SPLITPAGE, pfn, 3);
	ctx = tape_ctx(t);
	CHECK_EQ(ba_split_page(&ctx, t->nodes, pfn, 3), BA_OK);
	for (pfn_t i = pfn + 5; i < pfn + 8; i++) {
		tape_free_line(t, i, 0);
		ba_free_commit_direct(&ctx, t->nodes, i, BA_BUDDY_TO_TAIL);
	}
	tape_free(t, pfn, 0);
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_alloc(t, TAPE_MOVABLE, 2);
	play_exactly();
	stop();
}

/*
 *	alloc 8000 order 2, task 1 (model: 4096)
 *
 *	free 8003 by task 2            no surplus: another task
 *	free 8000 by task 1            no surplus: the head
 *	free 8001, then 8003 (again)   not the next page
 */
TEST(what_is_no_surplus)
{
	start(1);
	tape_alloc_line(t, 8000, TAPE_MOVABLE, 2);
	tape_on(t, 0, 2);
	free_line(8003, 0);
	tape_on(t, 0, 1);
	free_line(8000, 0);
	p = play(t, strict);
	CHECK_EQ(frame(4099)->state, BA_FRAME_PCP);
	CHECK_EQ(frame(4096)->state, BA_FRAME_PCP);
	stop();

	start(1);
	tape_alloc_line(t, 8000, TAPE_MOVABLE, 2);
	free_line(8001, 0);
	free_line(8003, 0);
	p = play(t, strict);
	CHECK_EQ(frame(4097)->state, BA_FRAME_BUDDY);
	CHECK_EQ(frame(4099)->state, BA_FRAME_PCP);
	stop();

	/* a compound block is never given back in parts like that */
	start(1);
	alloc_line(8000, 2);
	free_line(8003, 0);
	p = play(t, strict);
	CHECK_EQ(frame(4099)->state, BA_FRAME_PCP);
	stop();
}

/* Memory is gone in both: a failed request is exact, and an outcome. */
TEST(a_request_that_both_refuse)
{
	start(1);
	while (tape_take(t, BA_GFP_KERNEL | BA_GFP_MEMALLOC, 10) !=
	       BA_PFN_NONE)
		;
	tape_restart(t);
	tape_kprobes(t);
	CHECK_EQ(tape_alloc(t, BA_GFP_KERNEL, 10), BA_PFN_NONE);
	play_exactly();
	CHECK_EQ(p.nr, 1);
	CHECK_EQ(p.score->failed, 0);
	CHECK_EQ(play_pfn(&p, 0), BA_ADDR_NONE);
	CHECK_EQ(p.outcomes[0].recorded_pfn, BA_ADDR_NONE);
	CHECK(p.outcomes[0].result == BA_RESULT_NOMEM_WATERMARK ||
	      p.outcomes[0].result == BA_RESULT_NOMEM_FRAGMENTED);
	CHECK_EQ(p.outcomes[0].zone, 255);
	CHECK_EQ(p.outcomes[0].order, 10);
	stop();
}

/* The model has no page where the kernel had one: failed, and a mismatch. */
TEST(a_request_that_only_the_model_refuses)
{
	start(1);
	while (tape_take(t, BA_GFP_KERNEL | BA_GFP_MEMALLOC, 10) !=
	       BA_PFN_NONE)
		;
	tape_restart(t);
	tape_kprobes(t);
	tape_alloc_line(t, 8192, BA_GFP_KERNEL, 10);
	p = play(t, none);
	CHECK_EQ(p.score->failed, 1);
	CHECK_EQ(p.score->exact, 0);
	CHECK_EQ(p.score->first_mismatch_recorded_pfn, 8192);
	CHECK_EQ(p.score->first_mismatch_model_pfn, BA_ADDR_NONE);
	CHECK_EQ(play_pfn(&p, 0), BA_ADDR_NONE);
	stop();
}

/*
 *	mm_page_alloc of no page, though the model has one: it gives it back
 *	mm_page_alloc            4096: nothing was lost
 */
TEST(a_request_that_only_the_kernel_refuses)
{
	start(1);
	tape_alloc_line(t, BA_ADDR_NONE, TAPE_MOVABLE, 0);
	alloc_line(4096, 0);
	p = play(t, strict);
	CHECK_EQ(p.status, BA_OK);
	CHECK_EQ(p.nr, 2);
	CHECK_EQ(p.score->allocations, 2);
	CHECK_EQ(p.score->failed, 0);
	CHECK_EQ(p.outcomes[0].recorded_pfn, BA_ADDR_NONE);
	CHECK_EQ(play_pfn(&p, 1), 4096);
	stop();
}

/*
 * The charge is refused:
 *
 *	mm_page_free   4096      never seen allocated
 *	mm_page_alloc  no page
 *	mm_page_alloc  4096
 */
TEST(a_page_that_could_not_be_charged_is_free_again)
{
	pfn_t pfn;

	start(1);
	pfn = tape_take(t, TAPE_MOVABLE | BA_GFP_ACCOUNT, 0);
	tape_free(t, pfn, 0);
	tape_alloc_line(t, BA_ADDR_NONE, TAPE_MOVABLE | BA_GFP_ACCOUNT, 0);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), pfn);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), pfn + 1);
	p = play(t, strict);
	CHECK_EQ(p.status, BA_OK);
	CHECK_EQ(p.score->allocations, 3);
	CHECK_EQ(p.score->exact, 3);
	CHECK_EQ(p.score->bad_frees, 0);
	CHECK_EQ(p.outcomes[0].result, BA_RESULT_CHARGE);
	CHECK_EQ(p.outcomes[0].pfn, BA_ADDR_NONE);
	CHECK_EQ(play_pfn(&p, 1), pfn);
	CHECK_EQ(play_pfn(&p, 2), pfn + 1);
	CHECK(ba_machine_equal(&t->machine, p.machine));
	stop();
}

/*
 *	0 mark       1 free 16384 (the first frame past the last zone)
 *	2 free 0 (in no zone)         3 alloc 4096
 *
 *	strict: stops behind line 1   else: counted, line 3 is served
 */
TEST(a_free_outside_every_zone)
{
	start(1);
	free_line(PAGES, 0);
	free_line(0, 0);
	alloc_line(4096, 0);
	p = play(t, strict);
	CHECK_EQ(p.status, BA_EFRAME);
	CHECK_EQ(p.done, 2);
	CHECK_EQ(p.nr, 0);
	CHECK_EQ(p.score->bad_frees, 1);
	CHECK_EQ(p.score->first_bad_free, 1);
	CHECK_EQ(p.score->first_bad_free_status, BA_EFRAME);
	/* and it can go on from there */
	play_on(&p, t, t->nr, t->nr);
	CHECK_EQ(p.status, BA_EFRAME);
	CHECK_EQ(p.done, 3);
	play_on(&p, t, t->nr, t->nr);
	CHECK_EQ(p.status, BA_OK);
	CHECK_EQ(p.nr, 1);
	CHECK_EQ(p.score->first_bad_free, 1);
	play_end(&p);

	p = play(t, none);
	CHECK_EQ(p.status, BA_OK);
	CHECK_EQ(p.score->bad_frees, 2);
	CHECK_EQ(p.score->first_bad_free, 1);
	CHECK_EQ(p.score->events, t->nr);
	CHECK_EQ(p.score->exact, 1);
	stop();
}

/*
 * Memory is full but for the free block 8192, order 3, which lies below every
 * watermark. Free 8195 or all of it: it is free already, and there is nothing
 * to take in its stead.
 */
TEST(a_free_of_a_free_frame)
{
	struct ba_ctx ctx;

	start(1);
	while (tape_take(t, TAPE_MOVABLE | BA_GFP_MEMALLOC, 10) !=
	       BA_PFN_NONE)
		;
	while (tape_take(t, TAPE_MOVABLE | BA_GFP_MEMALLOC, 0) != BA_PFN_NONE)
		;
	ctx = tape_ctx(t);
	CHECK_EQ(ba_split_page(&ctx, t->nodes, 8192, 10), BA_OK);
	for (pfn_t pfn = 8192; pfn < 8200; pfn++) {
		CHECK_EQ(ba_free_prepare(&ctx, t->nodes, pfn, 0), BA_OK);
		ba_free_commit_direct(&ctx, t->nodes, pfn, 0);
	}
	tape_restart(t);
	tape_kprobes(t);
	free_line(8195, 0);
	free_line(8192, 3);
	p = play(t, strict);
	CHECK_EQ(p.status, BA_EDOUBLEFREE);
	CHECK_EQ(p.score->first_bad_free, 1);
	play_end(&p);
	p = play(t, none);
	CHECK_EQ(p.status, BA_OK);
	CHECK_EQ(p.score->bad_frees, 2);
	CHECK_EQ(p.score->first_bad_free_status, BA_EDOUBLEFREE);
	CHECK_EQ(p.score->silent_inferred, 0);
	CHECK_EQ(zone_at(p.machine, 1)->buddy.area[3].nr_free, 1);
	stop();
}

/*
 *	alloc 4096, order 0
 *	free  4096, order 1    cannot be: 4097 waits on a list
 *	free  4096, order 0    what is in use is still in use
 *	alloc 4104, order 3
 *	free  4105, order 1    cannot be: no block begins there
 */
TEST(a_free_of_no_block)
{
	size_t first;

	start(1);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4096);
	first = t->nr;
	free_line(4096, 1);
	tape_free(t, 4096, 0);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE | BA_GFP_COMP, 3), 4104);
	free_line(4105, 1);
	p = play(t, none);
	CHECK_EQ(p.status, BA_OK);
	CHECK_EQ(p.score->bad_frees, 2);
	CHECK_EQ(p.score->first_bad_free, first);
	CHECK_EQ(p.score->first_bad_free_status, BA_EDOUBLEFREE);
	CHECK_EQ(p.score->exact, 2);
	CHECK_EQ(frame(4096)->state, BA_FRAME_PCP);
	CHECK_EQ(frame(4105)->state, BA_FRAME_USED);
	stop();
}

/*
 * A page that was free at the start is freed, in a trace that tells nothing
 * of silent operations: some page was taken in silence, here by the model's
 * own choice, and is freed.
 */
TEST(a_free_without_an_allocation_takes_a_page_of_the_models_choice)
{
	start(1);
	free_line(9000, 0);
	alloc_line(4096, 0);
	p = play(t, standard);
	CHECK_EQ(p.status, BA_OK);
	CHECK_EQ(p.score->silent_inferred, 1);
	CHECK_EQ(p.score->exact, 1);
	CHECK_EQ(frame(4096)->state, BA_FRAME_USED);
	stop();
}

/* Requests of CPUs that the machine has not are CPU 0's. */
TEST(cpus_that_the_machine_has_not)
{
	start(2);
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_alloc(t, TAPE_MOVABLE, 0);
	for (size_t i = 1; i < t->nr; i++)
		t->e[i].cpu = i % 2 ? 2 : 5000;
	p = play(t, strict);
	CHECK_PLAYED(t, &p);
	stop();
}

/* [LOST n EVENTS] lines are summed up. */
TEST(lost_events_are_counted)
{
	start(1);
	tape_line(t, BA_OP_LOST, 0, 0)->arg = 12;
	tape_line(t, BA_OP_LOST, 0, 0)->arg = UINT32_MAX;
	play_exactly();
	CHECK_EQ(p.score->lost_events, 12 + (uint64_t)UINT32_MAX);
	play_end(&p);
	p = play(t, (struct ba_replay_options){ .standard = true });
	CHECK_EQ(p.score->lost_events, 12 + (uint64_t)UINT32_MAX);
	stop();
}

/*
 * 6.12, no decay lines: the high mark has sunk meanwhile, as shows when a
 * free starts a drain.
 */
TEST(a_high_mark_that_sank_unseen)
{
	struct ba_pcp *pcp;
	pfn_t pages[64];

	t = tape_new_6_12(PAGES, 1);
	pcp = &t->nodes->zone[1].pcp[0];
	pcp->high_min = 8;
	pcp->high_max = 200;
	pcp->high = 100;
	for (size_t i = 0; i < 64; i++)
		pages[i] = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_restart(t);
	for (size_t i = 0; i < 32; i++)
		tape_free(t, pages[i], 0);
	pcp->high = pcp->count + 2;
	for (size_t i = 32; i < 64; i++)
		tape_free(t, pages[i], 0);
	for (size_t i = 0; i < 32; i++)
		tape_alloc(t, TAPE_MOVABLE, 0);
	p = play(t, standard);
	CHECK_PLAYED(t, &p);
	stop();
}

/*
 *	2 nodes, CPU 0 of node 0
 *	alloc from node 1, though node 0 has memory: it named node 1
 */
TEST(the_node_of_a_request)
{
	struct ba_ctx ctx;
	pfn_t pfn;

	t = tape_new(2 * 98304, 2, 2);
	tape_kprobes(t);
	tape_alloc(t, TAPE_MOVABLE, 0);
	ctx = tape_ctx(t);
	pfn = ba_alloc_pages(&ctx, t->nodes, TAPE_MOVABLE, 0, 1);
	CHECK_EQ(pfn, 98304);
	tape_lock_lines(t);
	tape_alloc_line(t, pfn, TAPE_MOVABLE, 0);
	tape_alloc(t, TAPE_MOVABLE, 0);
	play_exactly();
	CHECK_EQ(p.score->nodes_inferred, 1);
	CHECK_EQ(p.outcomes[1].zone, 2);
	stop();
}

/*
 *	node 0, of CPU 0, is below its low marks: it would serve nothing above
 *	alloc from node 1 of __GFP_THISNODE: it named node 1
 */
TEST(a_request_for_one_node_alone_names_it)
{
	const uint32_t gfp = TAPE_MOVABLE | BA_GFP_THISNODE;
	struct ba_ctx ctx;
	pfn_t pfn;

	t = tape_new(2 * 98304, 2, 2);
	for (uint8_t z = 0; z < 2; z++)
		for (unsigned int mark = BA_WMARK_LOW; mark < BA_NR_WMARK; mark++)
			t->nodes->zone[z].wmark.mark[mark] = INT32_MAX;
	tape_restart(t);
	tape_kprobes(t);
	ctx = tape_ctx(t);
	pfn = ba_alloc_pages(&ctx, t->nodes, gfp, 0, 1);
	CHECK_EQ(pfn, 98304);
	tape_lock_lines(t);
	tape_alloc_line(t, pfn, gfp, 0);
	play_exactly();
	CHECK_EQ(p.score->nodes_inferred, 1);
	stop();
}

/* In standard mode no kprobe event has an effect. */
TEST(standard_mode_knows_no_kprobe_events)
{
	static const enum ba_op ops[] = {
		BA_OP_BULK_ENTER, BA_OP_BULK_EXIT, BA_OP_VMFOLD,
		BA_OP_QUIET_VMSTAT, BA_OP_BALANCE, BA_OP_BALANCE_END,
		BA_OP_THRESHOLD, BA_OP_DECAY, BA_OP_DRAIN, BA_OP_ISOLATE,
		BA_OP_ISOLATE_EXIT, BA_OP_MIGRATE_TARGET, BA_OP_SPLITPAGE,
	};

	start(1);
	tape_alloc(t, BA_GFP_KERNEL, 0);
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		struct ba_event *e = tape_line(t, ops[i], 5120, 0);

		e->arg = 5;
		e->gfp = BA_GFP_KERNEL;
	}
	tape_line(t, BA_OP_THRESHOLD, 0, 0);
	tape_line(t, BA_OP_BALANCE, 0, 0);
	p = play(t, (struct ba_replay_options){ .standard = true });
	CHECK_PLAYED(t, &p);
	CHECK_EQ(p.score->silent_traced, 0);
	stop();
}

TEST(bulk_lines_of_a_cpu_that_the_machine_has_not)
{
	start(1);
	t->cpu = 5000;
	tape_line(t, BA_OP_BULK_ENTER, BA_ADDR_NONE, 0)->arg = 0;
	tape_line(t, BA_OP_BULK_EXIT, 0, 0)->arg = 0;
	play_exactly();
	stop();
}

TEST(an_allocation_beyond_the_largest_order)
{
	start(1);
	tape_alloc_line(t, 4096, TAPE_MOVABLE, 200);
	p = play(t, none);
	CHECK_EQ(p.score->failed, 1);
	CHECK_EQ(p.outcomes[0].result, BA_RESULT_TOO_LARGE);
	stop();
}

/*
 * Every zone is below its low mark, and by its counter below the min mark
 * too, which 2 of 3 pages that the CPU has not folded lie above.
 */
static void start_unfolded(void)
{
	t = tape_new(PAGES, 1, 1);
	for (uint8_t id = 0; id < t->nodes->nr_zones; id++) {
		struct ba_zone *zone = &t->nodes->zone[id];
		struct ba_vmstat *free_pages = &zone->buddy.free_pages;

		if (!zone->present)
			continue;
		ba_vmstat_fold(free_pages, 0);
		for (unsigned int i = 0; i < BA_NR_WMARK; i++)
			zone->wmark.mark[i] = free_pages->global - 18 + 100 * i;
		memset(zone->wmark.lowmem_reserve, 0,
		       sizeof(zone->wmark.lowmem_reserve));
		free_pages->global -= 3;
		free_pages->diff[0] = 3;
	}
	tape_restart(t);
}

static void fold(void)
{
	for (uint8_t id = 0; id < t->nodes->nr_zones; id++)
		ba_vmstat_fold(&t->nodes->zone[id].buddy.free_pages, 0);
}

/* The vmstat worker folded the counters; only the success tells. */
TEST(a_request_that_a_fold_unseen_let_through)
{
	pfn_t pfn;

	start_unfolded();
	fold();
	pfn = tape_alloc(t, TAPE_MOVABLE, 4);
	CHECK(pfn != BA_PFN_NONE);
	play_exactly();
	CHECK_EQ(p.score->folds_inferred, 1);
	play_end(&p);
	/* whatever frame is recorded, the choice is the same */
	t->e[t->nr - 1].addr = 16;
	p = play(t, none);
	CHECK_EQ(play_pfn(&p, 0), pfn);
	CHECK_EQ(p.score->folds_inferred, 1);
	CHECK_EQ(p.score->exact, 0);
	stop();
}

/* Where the kernel refused as well, or folds have lines, nothing is folded. */
TEST(a_request_refused_for_want_of_a_fold)
{
	start_unfolded();
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 4), BA_PFN_NONE);
	play_exactly();
	CHECK_EQ(p.score->folds_inferred, 0);
	CHECK_EQ(zone_at(p.machine, 1)->buddy.free_pages.diff[0], 3);
	play_end(&p);
	tape_kprobes(t);
	tape_alloc_line(t, 8192, TAPE_MOVABLE, 4);
	p = play(t, none);
	CHECK_EQ(p.score->failed, 1);
	CHECK_EQ(p.score->folds_inferred, 0);
	CHECK_EQ(zone_at(p.machine, 1)->buddy.free_pages.diff[0], 3);
	stop();
}

static void compaction_line(enum ba_op op, uint64_t addr, uint32_t arg)
{
	struct ba_event *e = tape_line(t, op, addr, 9);

	e->arg = arg;
	e->migratetype = 1;
}

/*
 *	compaction isolates free pages, moves a page to one of them
 *	free F, none of them    it gives back what it did not need
 *
 * No line ever named F, nor the one that was needed.
 */
TEST(a_page_that_compaction_did_not_need)
{
	pfn_t base, left;

	t = tape_new(PAGES, 1, 1);
	base = tape_alloc(t, TAPE_MOVABLE, 4);
	CHECK_EQ(base % 1024, 0);
	left = base + 500;
	tape_restart(t);
	tape_on(t, 0, 28);
	compaction_line(BA_OP_COMPACTION_BEGIN,
			base | (uint64_t)(base + 512) << 32, base);
	compaction_line(BA_OP_COMPACTION_FINISHED, 0, 1);
	compaction_line(BA_OP_COMPACTION_SOURCE,
			base | (uint64_t)(base + 16) << 32, 2);
	free_line(base, 4);
	compaction_line(BA_OP_COMPACTION_FINISHED, 0, 0);
	free_line(left, 0);
	p = play(t, strict);
	CHECK_EQ(p.status, BA_OK);
	CHECK_EQ(p.score->silent_inferred, 1);
	CHECK_EQ(frame(left)->state, BA_FRAME_PCP);
	CHECK_EQ(frame(base + 511)->state, BA_FRAME_USED);
	CHECK(ba_owner_is_silent(frame(base + 511)->owner));
	stop();
}
