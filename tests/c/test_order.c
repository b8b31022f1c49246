// SPDX-License-Identifier: GPL-2.0-only
#include "sim/order.h"

#include "exact.h"

/* What an interrupt does that finds the per-CPU lock taken. */
static struct ba_ctx busy_ctx(void)
{
	struct ba_ctx ctx = tape_ctx(t);

	ctx.pcp_busy = true;
	return ctx;
}

/*
 *	..s3.  free A          past the per-CPU lists
 *	.....  zone_locked A   ... as is seen later
 */
TEST(a_free_that_finds_the_lock_taken)
{
	struct ba_ctx ctx;
	pfn_t a;

	start(1);
	a = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_irq(t, 1, BA_PCP_LOCKED_DEPTH);
	tape_free_line(t, a, 0);
	ctx = busy_ctx();
	ba_free_commit(&ctx, t->nodes, a);
	CHECK_EQ(ctx.frames[a].state, BA_FRAME_BUDDY);
	tape_irq(t, 0, 0);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), a + 1);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), a + 2);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), a);
	stop_exact(0);
}

/* Another lock made the depth: the page is handed out from the list. */
TEST(a_free_at_that_depth_that_gets_the_lock)
{
	pfn_t a;

	start(1);
	a = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_irq(t, 1, BA_PCP_LOCKED_DEPTH);
	tape_free(t, a, 0);
	tape_irq(t, 0, 0);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), a);
	stop_exact(0);
}

/* The page that this interrupt frees goes past the per-CPU lists. */
static void free_past_pcp(pfn_t pfn)
{
	struct ba_ctx ctx = busy_ctx();

	ba_free_commit(&ctx, t->nodes, pfn);
	CHECK_EQ(ctx.frames[pfn].state, BA_FRAME_BUDDY);
}

/*
 *	...2.  batched A       the lock is taken from here
 *	..s2.  free B          nothing is said of B again
 *	...2.  batched C       to here
 */
TEST(a_free_between_the_lines_of_a_batch)
{
	pfn_t a, b, c;

	start(1);
	a = tape_alloc(t, TAPE_MOVABLE, 0);
	b = tape_alloc(t, TAPE_MOVABLE, 0);
	c = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_free_line(t, a, 0);
	tape_free_line(t, c, 0);
	tape_irq(t, 0, BA_PCP_LOCKED_DEPTH);
	tape_batched(t, a);
	tape_irq(t, 1, BA_PCP_LOCKED_DEPTH);
	tape_free_line(t, b, 0);
	free_past_pcp(b);
	tape_irq(t, 0, BA_PCP_LOCKED_DEPTH);
	tape_batched(t, c);
	stop_exact(0);
}

/* 6.1.0 has interrupts off while it holds the lock: none finds it taken. */
TEST(a_free_between_the_lines_of_a_batch_before_trylock)
{
	pfn_t a, b, c;

	start(1);
	ba_machine_body(&t->machine)->config.profile.pcp_trylock = 0;
	a = tape_alloc(t, TAPE_MOVABLE, 0);
	b = tape_alloc(t, TAPE_MOVABLE, 0);
	c = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_restart(t);
	tape_kprobes(t);
	tape_free_line(t, a, 0);
	tape_free_line(t, c, 0);
	tape_irq(t, 0, BA_PCP_LOCKED_DEPTH);
	tape_batched(t, a);
	tape_irq(t, 1, BA_PCP_LOCKED_DEPTH);
	tape_free(t, b, 0);
	tape_irq(t, 0, BA_PCP_LOCKED_DEPTH);
	tape_batched(t, c);
	stop_exact(0);
}

/* The same after the batch: some other lock made the depth. */
TEST(a_free_after_the_lines_of_a_batch)
{
	pfn_t a, b, c;

	start(1);
	a = tape_alloc(t, TAPE_MOVABLE, 0);
	b = tape_alloc(t, TAPE_MOVABLE, 0);
	c = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_free_line(t, a, 0);
	tape_irq(t, 0, BA_PCP_LOCKED_DEPTH);
	tape_batched(t, a);
	tape_irq(t, 1, BA_PCP_LOCKED_DEPTH);
	tape_free(t, b, 0);
	tape_irq(t, 0, 0);
	tape_free(t, c, 0);
	stop_exact(0);
}

/*
 *	..s3.  free A
 *	..s3.  free_one A      past the per-CPU lists
 *	..s3.  free B          not
 */
TEST(free_one_names_the_frees_past_the_lists)
{
	pfn_t a, b;

	start(1);
	a = tape_alloc(t, TAPE_MOVABLE, 0);
	b = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_irq(t, 1, BA_PCP_LOCKED_DEPTH + 1);
	tape_free_line(t, a, 0);
	tape_line(t, BA_OP_FREE_ONE, a, 0);
	free_past_pcp(a);
	tape_free(t, b, 0);
	stop_exact(0);
}

/* A task may be at any depth: it has the lock to itself. */
TEST(a_task_never_finds_the_lock_taken)
{
	pfn_t a;

	start(1);
	a = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_irq(t, 0, 5);
	tape_free(t, a, 0);
	stop_exact(0);
}

/*
 *	..s3.  zone_locked A   one page straight from the buddy lists, though
 *	..s3.  alloc A         the per-CPU list has some
 */
TEST(an_allocation_that_finds_the_lock_taken)
{
	struct ba_ctx ctx;
	pfn_t a;

	start(1);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4096);
	tape_irq(t, 1, BA_PCP_LOCKED_DEPTH);
	ctx = busy_ctx();
	a = ba_alloc_pages(&ctx, t->nodes, TAPE_MOVABLE, 0, 0);
	CHECK_EQ(a, 4099);
	tape_lock_lines(t);
	tape_alloc_line(t, a, TAPE_MOVABLE, 0);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4097);
	tape_irq(t, 0, 0);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4098);
	stop_exact(0);
}

/*
 *	CPU 0  zone_locked A B C
 *	CPU 1  zone_locked D E F
 *	CPU 1  alloc D
 *	CPU 0  alloc A             its refill stands first
 */
TEST(a_refill_of_another_cpu_before_the_allocation_is_printed)
{
	pfn_t a;

	start(2);
	tape_on(t, 0, 5);
	a = tape_take(t, TAPE_MOVABLE, 0);
	tape_on(t, 1, 6);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), a + 3);
	tape_on(t, 0, 5);
	tape_alloc_line(t, a, TAPE_MOVABLE, 0);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), a + 1);
	stop_exact(1);
}

/* Both CPUs have refilled before either line is printed. */
TEST(refills_of_two_cpus_before_the_allocations_are_printed)
{
	pfn_t a, b;

	start(2);
	tape_on(t, 0, 5);
	a = tape_take(t, TAPE_MOVABLE, 0);
	tape_on(t, 1, 6);
	b = tape_take(t, TAPE_MOVABLE, 0);
	tape_alloc_line(t, b, TAPE_MOVABLE, 0);
	tape_on(t, 0, 5);
	tape_alloc_line(t, a, TAPE_MOVABLE, 0);
	tape_alloc(t, TAPE_MOVABLE, 0);
	stop_exact(1);
}

/*
 *	CPU 0  zone_locked A B C
 *	CPU 0  another task: the rest of the operation is not in view
 */
TEST(a_refill_whose_allocation_is_not_to_be_found)
{
	struct play p;

	start(1);
	tape_on(t, 0, 5);
	tape_take(t, TAPE_MOVABLE, 0);
	tape_on(t, 0, 6);
	CHECK_EQ(tape_alloc(t, BA_GFP_KERNEL | BA_GFP_DMA, 0), 1024);
	p = play(t, strict);
	CHECK_EQ(p.status, BA_OK);
	CHECK_EQ(p.score->exact, 1);
	CHECK_EQ(p.score->reordered, 0);
	CHECK_EQ(zone_at(p.machine, 1)->pcp[0].count, 0);
	play_end(&p);
	tape_end(t);
}

/*
 *	zone_locked 4099..4101, order 0     no line asks for this refill
 *	zone_locked 4112, order 4
 *	alloc 4112, order 4
 *
 * A bulk allocation took 4097 and 4098, which were left, and 4099.
 */
TEST(a_refill_of_a_bulk_allocation_without_kprobes)
{
	struct ba_ctx ctx;
	pfn_t pages[3];

	t = tape_new(PAGES, 1, 1);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4096);
	ctx = tape_ctx(t);
	CHECK_EQ(ba_alloc_pages_bulk(&ctx, t->nodes, TAPE_MOVABLE, 0, 3,
				     pages).got, 3);
	CHECK_EQ(pages[2], 4099);
	tape_lock_lines(t);
	CHECK_EQ(t->e[t->nr - 1].op, BA_OP_ZONE_LOCKED);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 4), 4112);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4100);
	for (size_t i = 0; i < 3; i++)
		tape_free(t, pages[i], 0);
	stop_exact(0);
}

/* Give lines [from, nr) one time stamp, and sort them by CPU. */
static void tie(size_t from)
{
	struct ba_event lines[64];
	size_t nr = 0;

	for (uint16_t cpu = 0; cpu < 4; cpu++)
		for (size_t i = from; i < t->nr && nr < 64; i++)
			if (t->e[i].cpu == cpu)
				lines[nr++] = t->e[i];
	CHECK_EQ(nr, t->nr - from);
	for (size_t i = from; i < t->nr; i++) {
		t->e[i] = lines[i - from];
		t->e[i].ts_ns = t->ts_ns;
	}
}

/* The replay of tied lines is exact, all at once. */
static void stop_tied(void)
{
	struct play p = play(t, strict);

	CHECK_PLAYED(t, &p);
	check_outcomes(&p);
	play_end(&p);
	tape_end(t);
}

/*
 *	in truth                    in the trace, one time stamp
 *	CPU 1  zone_locked 4096..   CPU 0  zone_locked 4099..
 *	CPU 1  alloc 4096           CPU 0  alloc 4099
 *	CPU 0  zone_locked 4099..   CPU 1  zone_locked 4096..
 *	CPU 0  alloc 4099           CPU 1  alloc 4096
 */
TEST(ties_of_two_refills)
{
	start(2);
	tape_on(t, 1, 6);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4096);
	tape_on(t, 0, 5);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4099);
	tie(1);
	stop_tied();
}

/*
 *	in truth                           in the trace, one time stamp
 *	CPU 1  free 4096, order 4          CPU 0  zone_locked 4127 4096 4097
 *	CPU 0  zone_locked 4127 4096 4097  CPU 1  free 4096, order 4
 *
 * The first block of the refill is the same without the free.
 */
TEST(a_tie_of_a_refill_whose_first_block_fits)
{
	size_t from;

	start(2);
	tape_on(t, 1, 6);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 4), 4096);
	tape_on(t, 0, 5);
	for (pfn_t pfn = 4112; pfn < 4127; pfn++)
		CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), pfn);
	from = t->nr;
	tape_on(t, 1, 6);
	tape_free(t, 4096, 4);
	tape_on(t, 0, 5);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4127);
	tie(from);
	CHECK_EQ(t->e[from].op, BA_OP_ZONE_LOCKED);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4096);
	stop_tied();
}

/*
 *	in truth              in the trace, one time stamp
 *	CPU 1  alloc A        CPU 0  free A     nobody has allocated it yet
 *	CPU 0  free A         CPU 1  alloc A
 */
TEST(a_tie_of_a_free_and_its_allocation)
{
	pfn_t a;
	size_t from;

	start(2);
	tape_on(t, 1, 6);
	tape_alloc(t, TAPE_MOVABLE, 0);
	from = t->nr;
	a = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_on(t, 0, 5);
	tape_free(t, a, 0);
	tie(from);
	CHECK_EQ(t->e[from].op, BA_OP_PAGE_FREE);
	tape_alloc(t, TAPE_MOVABLE, 0);
	stop_tied();
}

/* The same without kprobe events: the page was not taken in silence. */
TEST(a_tie_of_a_free_and_its_allocation_without_kprobes)
{
	struct play p;
	pfn_t a;

	t = tape_new(PAGES, 2, 1);
	tape_on(t, 1, 6);
	a = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_on(t, 0, 5);
	tape_free(t, a, 0);
	tie(0);
	CHECK_EQ(t->e[0].op, BA_OP_PAGE_FREE);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), a);
	p = play(t, strict);
	CHECK_PLAYED(t, &p);
	CHECK_EQ(p.score->silent_inferred, 0);
	play_end(&p);
	tape_end(t);
}

/*
 * A tie that no order explains is served in the order of its lines, each line
 * once: both refills name frames that the model would not take.
 */
TEST(a_tie_without_a_solution)
{
	struct play p;

	start(2);
	for (uint16_t cpu = 0; cpu < 2; cpu++) {
		tape_on(t, cpu, (uint16_t)(cpu + 5));
		tape_line(t, BA_OP_ZONE_LOCKED, 9000, 0)->migratetype =
			BA_MT_MOVABLE;
		tape_alloc_line(t, 9000 + cpu, TAPE_MOVABLE, 0);
	}
	tie(1);
	p = play(t, strict);
	CHECK_EQ(p.status, BA_OK);
	CHECK_EQ(p.done, t->nr);
	CHECK_EQ(p.score->allocations, 2);
	CHECK_EQ(p.score->exact, 0);
	CHECK_EQ(play_pfn(&p, 0), 4096);
	CHECK_EQ(play_pfn(&p, 1), 4099);
	check_outcomes(&p);
	play_end(&p);
	tape_end(t);
}

/* Lines of a CPU the machine has not are never tied. */
TEST(a_tie_with_a_cpu_that_the_machine_has_not)
{
	struct play p;

	start(2);
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_on(t, 3, 9);
	tape_line(t, BA_OP_SNAP, 0, 0);
	tie(1);
	p = play(t, strict);
	CHECK_PLAYED(t, &p);
	play_end(&p);
	tape_end(t);
}

/*
 *	.....  free A     printed
 *	..s..  free B     printed
 *	..h..  free C
 *	                  B, then A reach the list
 */
TEST(a_free_in_an_interrupt_of_an_interrupted_free)
{
	pfn_t page[3];

	start(1);
	for (size_t i = 0; i < 3; i++)
		page[i] = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_free_line(t, page[0], 0);
	tape_irq(t, 1, 0);
	tape_free(t, page[1], 0);
	tape_irq(t, 2, 0);
	tape_free(t, page[2], 0);
	tape_irq(t, 0, 0);
	tape_put(t, page[0]);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), page[0]);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), page[2]);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), page[1]);
	stop_exact(1);
}

/* Four CPUs, in the opposite order. */
TEST(ties_of_four_cpus)
{
	start(4);
	for (uint16_t cpu = 4; cpu-- > 0;) {
		tape_on(t, cpu, (uint16_t)(cpu + 5));
		tape_alloc(t, TAPE_MOVABLE, 0);
	}
	tie(1);
	stop_tied();
}


/*
 *	.....  alloc X
 *	..h..  alloc A     A was still on the list
 *	..h..  free A
 *	.....  alloc A
 */
TEST(an_interrupt_takes_and_gives_back_the_page)
{
	start(1);
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_irq(t, 2, 0);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4097);
	tape_free(t, 4097, 0);
	tape_irq(t, 0, 0);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4097);
	stop_exact(0);
}

/*
 *	.....  free A, free B    a batch
 *	.....  free_one A        the per-CPU lock was taken just then
 *	.....  batched B
 */
TEST(a_page_of_a_batch_that_finds_the_lock_taken)
{
	struct ba_ctx ctx;
	pfn_t page[4];

	t = tape_new_6_12(PAGES, 1);
	tape_kprobes(t);
	for (size_t i = 0; i < 4; i++)
		page[i] = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_free_line(t, page[1], 0);
	tape_free_line(t, page[2], 0);
	tape_line(t, BA_OP_FREE_ONE, page[1], 0);
	ctx = tape_ctx(t);
	ba_free_commit_direct(&ctx, t->nodes, page[1], 0);
	tape_batched(t, page[2]);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), page[2]);
	stop_exact(0);
}

/*
 *	CPU 0                       CPU 1
 *	                            free A, free B
 *	drain
 *	mm_page_pcpu_drain          free_one A     waits for the zone lock
 *	mm_page_pcpu_drain          A is free now,
 *	zone_locked
 *	mm_page_alloc               or now
 *	                            batched B
 */
static void free_that_waits(bool first)
{
	struct ba_ctx ctx;
	pfn_t page[4], got;
	size_t line;

	t = tape_new_6_12(PAGES, 2);
	tape_kprobes(t);
	tape_on(t, 0, 5);
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_on(t, 1, 6);
	for (size_t i = 0; i < 4; i++)
		page[i] = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_free_line(t, page[1], 0);
	tape_free_line(t, page[2], 0);
	tape_on(t, 0, 5);
	tape_line(t, BA_OP_DRAIN, 0, 0);
	ctx = tape_ctx(t);
	ba_pcp_drain(&ctx, &zone_at(&t->machine, 1)->buddy,
		     &zone_at(&t->machine, 1)->pcp[0]);
	tape_lock_lines(t);
	line = t->nr - 1;
	CHECK_EQ(t->e[line - 1].op, BA_OP_PCPU_DRAIN);
	tape_on(t, 1, 6);
	tape_line(t, BA_OP_FREE_ONE, page[1], 0);
	tape_move(t, line + 1, line);
	ctx = tape_ctx(t);
	if (first)
		ba_free_commit_direct(&ctx, t->nodes, page[1], 0);
	tape_on(t, 0, 5);
	got = tape_alloc(t, TAPE_MOVABLE, 0);
	CHECK_EQ(got == page[1], first);
	if (!first)
		ba_free_commit_direct(&ctx, t->nodes, page[1], 0);
	tape_on(t, 1, 6);
	tape_batched(t, page[2]);
	stop_exact(1);
}

TEST(a_free_waits_for_another_cpus_zone_lock)
{
	free_that_waits(true);
	free_that_waits(false);
}

/* The same without a batch: the free of a block that has no per-CPU list. */
TEST(a_free_of_a_large_block_waits_for_another_cpus_zone_lock)
{
	struct ba_ctx ctx;
	pfn_t block;
	size_t line;

	t = tape_new_6_12(PAGES, 2);
	tape_kprobes(t);
	tape_on(t, 0, 5);
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_on(t, 1, 6);
	tape_alloc(t, TAPE_MOVABLE, 4);
	block = tape_alloc(t, TAPE_MOVABLE, 4);
	tape_alloc(t, TAPE_MOVABLE, 4);
	tape_on(t, 0, 5);
	tape_line(t, BA_OP_DRAIN, 0, 0);
	ctx = tape_ctx(t);
	ba_pcp_drain(&ctx, &zone_at(&t->machine, 1)->buddy,
		     &zone_at(&t->machine, 1)->pcp[0]);
	tape_lock_lines(t);
	line = t->nr - 1;
	tape_on(t, 1, 6);
	tape_free_line(t, block, 4);
	tape_line(t, BA_OP_FREE_ONE, block, 4);
	tape_move(t, line + 1, line);
	tape_move(t, line + 2, line + 1);
	tape_on(t, 0, 5);
	CHECK(tape_alloc(t, TAPE_MOVABLE, 4) != block);
	tape_on(t, 1, 6);
	tape_put(t, block);
	tape_line(t, BA_OP_KFREE, 0, 0);
	stop_exact(1);
}

/*
 *	CPU 0                       CPU 1
 *	                            free A, free B: a batch
 *	drain of CPU 1's lists
 *	mm_page_pcpu_drain          finds their lock taken: A waits for the
 *	mm_page_pcpu_drain          zone lock, then it is on the buddy lists
 *	                            batched B
 *	                            zone_locked A
 */
static void free_beside_a_drain(bool finds, bool batch)
{
	struct ba_zone *zone;
	struct ba_ctx ctx;
	pfn_t page[4];

	t = tape_new(PAGES, 2, 1);
	zone = zone_at(&t->machine, 1);
	tape_kprobes(t);
	tape_on(t, 1, 6);
	for (size_t i = 0; i < 4; i++)
		page[i] = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_free_line(t, page[1], 0);
	if (batch)
		tape_free_line(t, page[2], 0);
	if (!finds)
		tape_put(t, page[1]);
	tape_on(t, 0, 5);
	tape_line(t, BA_OP_DRAIN, 0, 0);
	ctx = tape_ctx(t);
	ba_pcp_drain(&ctx, &zone->buddy, &zone->pcp[1]);
	tape_lock_lines(t);
	tape_on(t, 1, 6);
	ctx = tape_ctx(t);
	if (finds)
		ba_free_commit_direct(&ctx, t->nodes, page[1], 0);
	if (batch) {
		tape_batched(t, page[2]);
		CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), page[2]);
	}
	tape_line(t, BA_OP_KFREE, 0, 0);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), page[1]);
	stop_exact(finds);
}

TEST(a_free_that_finds_its_lists_drained_by_another_cpu)
{
	free_beside_a_drain(true, false);
	free_beside_a_drain(false, false);
	free_beside_a_drain(true, true);
}
