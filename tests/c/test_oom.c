// SPDX-License-Identifier: GPL-2.0-only
#include "mm/oom.h"

#include "mm/fault.h"

#include "pages.h"

static void grow(uint8_t mm, uint32_t nr)
{
	const struct ba_mapping mapping = { .anon = true, .mm = mm };

	for (uint32_t i = 0; i < nr; i++)
		CHECK(ba_fault_new(&ctx, nodes, &mapping));
}

/*
 *	mm      1    2    3    none
 *	pages   5    9    9    20       3 dies, then 2, then 1, then nobody
 */
TEST(the_largest_dies_and_of_equals_the_last)
{
	static const uint8_t order[3] = { 3, 2, 1 };
	int64_t free_before;

	start(PAGES);
	grow(1, 5);
	grow(2, 9);
	grow(3, 9);
	grow(0, 20);
	CHECK_EQ(ba_oom_points(&ctx, 2), 9);
	for (size_t i = 0; i < 3; i++) {
		uint64_t points = ba_oom_points(&ctx, order[i]);

		free_before = free_pages();
		CHECK(points > 0);
		CHECK(ba_oom_kill(&ctx, nodes));
		CHECK_EQ(ba_oom_points(&ctx, order[i]), 0);
		CHECK_EQ(free_pages(), free_before + (int64_t)points);
		CHECK_EQ(ctx.vm->event[BA_VM_oom_kill], i + 1);
	}
	free_before = free_pages();
	CHECK(!ba_oom_kill(&ctx, nodes));
	CHECK_EQ(free_pages(), free_before);
	stop();
}

/* The task learns of it when it is its own. */
TEST(a_task_that_is_killed)
{
	start(PAGES);
	grow(1, 5);
	grow(2, 3);
	ctx.mm = 2;
	CHECK(ba_oom_kill(&ctx, nodes));
	CHECK(!ctx.killed);
	CHECK(ba_oom_kill(&ctx, nodes));
	CHECK(ctx.killed);
	stop();
}
