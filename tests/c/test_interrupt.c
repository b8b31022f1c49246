// SPDX-License-Identifier: GPL-2.0-only
#include "sim/interrupt.h"

#include "exact.h"

/*
 *	.....  free A      A is on the list already
 *	..s..  free B
 *	.....  alloc B     what was freed last
 *	.....  alloc A
 */
TEST(a_free_reached_its_list_before_the_interrupt)
{
	pfn_t a, b;

	start(1);
	a = tape_alloc(t, TAPE_MOVABLE, 0);
	b = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_free(t, a, 0);
	tape_irq(t, 1, 0);
	tape_free(t, b, 0);
	tape_irq(t, 0, 0);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), b);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), a);
	stop_exact(0);
}

/*
 *	.....  free A      printed, not on the list yet
 *	..s..  free B
 *	                   now A is
 *	.....  alloc A
 *	.....  alloc B
 */
TEST(a_free_reached_its_list_after_the_interrupt)
{
	pfn_t a, b;

	start(1);
	a = tape_alloc(t, TAPE_MOVABLE, 0);
	b = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_free_line(t, a, 0);
	tape_irq(t, 1, 0);
	tape_free(t, b, 0);
	tape_irq(t, 0, 0);
	tape_put(t, a);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), a);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), b);
	stop_exact(1);
}

/*
 * The same with the end of a batched free:
 *
 *	.....  free A, free C
 *	.....  batched A   not on the list yet
 *	..h..  free B
 *	.....  batched C
 *	.....  alloc C, alloc A, alloc B
 */
TEST(the_end_of_a_batch_reached_its_list_after_the_interrupt)
{
	pfn_t a, b, c;

	start(1);
	a = tape_alloc(t, TAPE_MOVABLE, 0);
	b = tape_alloc(t, TAPE_MOVABLE, 0);
	c = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_free_line(t, a, 0);
	tape_free_line(t, c, 0);
	tape_line(t, BA_OP_PAGE_FREE_BATCHED, a, 0);
	tape_irq(t, 2, 0);
	tape_free(t, b, 0);
	tape_irq(t, 0, 0);
	tape_put(t, a);
	tape_batched(t, c);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), c);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), a);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), b);
	stop_exact(1);
}

/*
 *	.....  free A
 *	..s..  alloc A     so it was on the list
 */
TEST(an_interrupt_takes_the_page_just_freed)
{
	pfn_t a;

	start(1);
	a = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_free(t, a, 0);
	tape_irq(t, 1, 0);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), a);
	tape_irq(t, 0, 0);
	tape_alloc(t, TAPE_MOVABLE, 0);
	stop_exact(0);
}

/*
 *	.....  free A
 *	..s..  alloc B     so A was not on the list
 *	.....  alloc A
 */
TEST(an_interrupt_does_not_find_the_page_just_freed)
{
	pfn_t a;

	start(1);
	a = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_free_line(t, a, 0);
	tape_irq(t, 1, 0);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), a + 1);
	tape_irq(t, 0, 0);
	tape_put(t, a);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), a);
	stop_exact(1);
}

/* An interrupt that touches another list decides nothing. */
TEST(an_interrupt_on_another_list)
{
	pfn_t a, b;

	start(1);
	a = tape_alloc(t, TAPE_MOVABLE, 0);
	b = tape_alloc(t, BA_GFP_KERNEL, 0);
	tape_free(t, a, 0);
	tape_irq(t, 1, 0);
	tape_free(t, b, 0);
	CHECK_EQ(tape_alloc(t, BA_GFP_KERNEL, 0), b);
	tape_irq(t, 0, 0);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), a);
	stop_exact(0);
}

/* Free until `left` more pages start a drain. */
static void fill_pcp(int32_t left)
{
	struct ba_pcp *pcp = &t->nodes->zone[1].pcp[0];
	pfn_t pages[512];
	size_t nr = 0;

	while (nr < 512)
		pages[nr++] = tape_alloc(t, TAPE_MOVABLE, 0);
	while (nr > 0 && pcp->high - pcp->count > left)
		tape_free(t, pages[--nr], 0);
	CHECK_EQ(pcp->high - pcp->count, left);
	tape_restart(t);
	tape_kprobes(t);
}

/*
 *	.....  free A           causes the drain below, not the one of B
 *	..s..  free B
 *	.....  pcpu_drain ...
 */
TEST(a_drain_tells_which_free_caused_it)
{
	pfn_t a = 4096, b = 4097;

	start(1);
	fill_pcp(2);
	tape_free_line(t, a, 0);
	tape_irq(t, 1, 0);
	tape_free(t, b, 0);
	tape_irq(t, 0, 0);
	tape_put(t, a);
	CHECK_EQ(t->e[t->nr - 1].op, BA_OP_PCPU_DRAIN);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), a);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), b);
	stop_exact(1);
}

/* Here the interrupt's free drains: the task's came before. */
TEST(a_drain_of_the_interrupt)
{
	pfn_t a = 4096, b = 4097;

	start(1);
	fill_pcp(2);
	tape_free(t, a, 0);
	tape_irq(t, 1, 0);
	tape_free(t, b, 0);
	CHECK_EQ(t->e[t->nr - 1].op, BA_OP_PCPU_DRAIN);
	tape_irq(t, 0, 0);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), b);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), a);
	stop_exact(0);
}

/* Two movable pages, an order-2 block, and lists that its free empties. */
static void drained_by(pfn_t *a, pfn_t *b, pfn_t *block)
{
	start(1);
	tape_alloc(t, BA_GFP_KERNEL | BA_GFP_RECLAIMABLE, 0);
	*a = tape_alloc(t, TAPE_MOVABLE, 0);
	*b = tape_alloc(t, TAPE_MOVABLE, 0);
	*block = tape_alloc(t, BA_GFP_KERNEL, 2);
	t->nodes->zone[1].pcp[0].free_factor = 4;
	tape_restart(t);
	tape_kprobes(t);
}

/*
 *	.....  free A             not on the list yet
 *	..s..  free of a block    empties this list and others
 *	                          now A is
 *	.....  alloc A
 */
TEST(a_drain_of_the_interrupt_leaves_the_page_out)
{
	pfn_t a, b, block;

	drained_by(&a, &b, &block);
	tape_free_line(t, a, 0);
	tape_irq(t, 1, 0);
	tape_free(t, block, 2);
	CHECK_EQ(t->nodes->zone[1].pcp[0].count, 0);
	tape_irq(t, 0, 0);
	tape_put(t, a);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), a);
	stop_exact(1);
}

/* The same where the last page drained is one that the interrupt freed. */
TEST(a_drain_of_the_interrupt_takes_a_later_page)
{
	pfn_t a, b, block, other;

	drained_by(&a, &b, &block);
	other = tape_alloc(t, BA_GFP_KERNEL, 2);
	tape_free_line(t, a, 0);
	tape_irq(t, 1, 0);
	tape_free(t, b, 0);
	tape_free(t, block, 2);
	tape_irq(t, 0, 0);
	tape_put(t, a);
	tape_free(t, other, 2);
	CHECK_EQ(t->e[t->nr - 1].addr, a);
	stop_exact(1);
}

/* It reaches its list after the interrupt, and then another task runs. */
TEST(a_page_reached_its_list_before_another_task_ran)
{
	pfn_t a, b, block;

	drained_by(&a, &b, &block);
	tape_free_line(t, a, 0);
	tape_irq(t, 1, 0);
	tape_free(t, block, 2);
	tape_put(t, a);
	tape_on(t, 0, 2);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), a);
	tape_on(t, 0, 1);
	tape_free(t, b, 0);
	stop_exact(1);
}

/*
 *	.....  free A
 *	..s..  free B, free of a block, which drains both
 *	       alloc A, alloc B    by another task, from the buddy lists
 */
TEST(a_drain_of_the_interrupt_takes_the_page)
{
	pfn_t a, b, block;

	drained_by(&a, &b, &block);
	tape_free(t, a, 0);
	tape_irq(t, 1, 0);
	tape_free(t, b, 0);
	tape_free(t, block, 2);
	CHECK_EQ(t->nodes->zone[1].pcp[0].count, 0);
	tape_on(t, 0, 2);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), a);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), b);
	stop_exact(0);
}

/*
 *	.....  alloc A
 *	                   B taken, not printed yet
 *	..s..  alloc C
 *	.....  alloc B
 */
TEST(an_allocation_came_before_the_interrupt)
{
	pfn_t b;

	start(1);
	tape_alloc(t, TAPE_MOVABLE, 0);
	b = tape_take(t, TAPE_MOVABLE, 0);
	tape_irq(t, 1, 0);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), b + 1);
	tape_irq(t, 0, 0);
	tape_alloc_line(t, b, TAPE_MOVABLE, 0);
	stop_exact(1);
}

/* The same where the interrupt frees a page, and the other way round. */
TEST(an_allocation_before_or_after_a_free_of_the_interrupt)
{
	pfn_t a, b;

	start(1);
	a = tape_alloc(t, TAPE_MOVABLE, 0);
	b = tape_take(t, TAPE_MOVABLE, 0);
	tape_irq(t, 1, 0);
	tape_free(t, a, 0);
	tape_irq(t, 0, 0);
	tape_alloc_line(t, b, TAPE_MOVABLE, 0);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), a);
	stop_exact(1);

	start(1);
	a = tape_alloc(t, TAPE_MOVABLE, 0);
	tape_irq(t, 1, 0);
	tape_free(t, a, 0);
	tape_irq(t, 0, 0);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), a);
	stop_exact(0);
}

/* Pages that wait on another list than TAPE_MOVABLE when freed. */
static void kernel_pages(pfn_t *pages, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		pages[i] = tape_alloc(t, BA_GFP_KERNEL, 0);
	fill_pcp(2);
}

/*
 *	.....  alloc A
 *	                   B taken, not printed yet: one page less
 *	..s..  free of four kernel pages, of which the last drains
 *	.....  alloc B
 */
TEST(a_drain_of_the_interrupt_came_after_an_allocation)
{
	pfn_t pages[4], b;

	start(1);
	kernel_pages(pages, 4);
	tape_alloc(t, TAPE_MOVABLE, 0);
	b = tape_take(t, TAPE_MOVABLE, 0);
	tape_irq(t, 1, 0);
	for (size_t i = 0; i < 4; i++) {
		CHECK(t->e[t->nr - 1].op != BA_OP_PCPU_DRAIN);
		tape_free(t, pages[i], 0);
	}
	CHECK_EQ(t->e[t->nr - 1].op, BA_OP_PCPU_DRAIN);
	tape_irq(t, 0, 0);
	tape_alloc_line(t, b, TAPE_MOVABLE, 0);
	stop_exact(1);
}

/* The same where B is taken after the third of three has drained. */
TEST(a_drain_of_the_interrupt_came_before_an_allocation)
{
	pfn_t pages[3];

	start(1);
	kernel_pages(pages, 3);
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_irq(t, 1, 0);
	for (size_t i = 0; i < 3; i++)
		tape_free(t, pages[i], 0);
	CHECK_EQ(t->e[t->nr - 1].op, BA_OP_PCPU_DRAIN);
	tape_irq(t, 0, 0);
	tape_alloc(t, TAPE_MOVABLE, 0);
	stop_exact(0);
}

/*
 *	.....  alloc A
 *	..s..  alloc B     in their order
 *	.....  alloc C
 */
TEST(an_allocation_came_after_the_interrupt)
{
	start(1);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4096);
	tape_irq(t, 1, 0);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4097);
	tape_irq(t, 0, 0);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4098);
	stop_exact(0);
}

/*
 *	.....  zone_locked B C D     a refill, then the interrupt
 *	..s..  alloc C
 *	.....  alloc B
 */
TEST(an_interrupt_between_a_refill_and_its_line)
{
	pfn_t b;

	start(1);
	b = tape_take(t, TAPE_MOVABLE, 0);
	tape_irq(t, 1, 0);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), b + 1);
	tape_irq(t, 0, 0);
	tape_alloc_line(t, b, TAPE_MOVABLE, 0);
	stop_exact(1);
}
