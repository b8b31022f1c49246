// SPDX-License-Identifier: GPL-2.0-only
#include "mm/slowpath.h"

#include "mm/fault.h"

#include "pages.h"

/*
 * Order 10 until no zone can give one: DMA32 has 12, DMA 3 of which the
 * reserve keeps some. Then all come back.
 */
TEST(memory_runs_out_and_comes_back)
{
	pfn_t got[20], pfn;
	size_t nr = 0;

	start(PAGES);
	while (nr < 20 && (pfn = alloc(MOVABLE, 10)) != BA_PFN_NONE)
		got[nr++] = pfn;
	CHECK(nr >= 11 && nr <= 15);
	CHECK(ctx.result == BA_RESULT_NOMEM_WATERMARK ||
	      ctx.result == BA_RESULT_NOMEM_FRAGMENTED);
	CHECK(ctx.charge.path & BA_STEP_SLOWPATH);
	CHECK_EQ(free_pages(), (int64_t)(PAGES - 1 - nr * 1024));
	while (nr > 0)
		CHECK_EQ(release(got[--nr], 10), BA_OK);
	CHECK_EQ(free_pages(), PAGES - 1);
	stop();
}

/* Each kind of request stops at its own mark: ordinary, atomic, reserves. */
TEST(who_may_go_how_deep)
{
	int64_t left[3];
	static const uint32_t gfp[3] = {
		BA_GFP_KERNEL, BA_GFP_ATOMIC_6_1,
		BA_GFP_KERNEL | BA_GFP_MEMALLOC,
	};

	start(PAGES);
	for (size_t i = 0; i < 3; i++) {
		while (alloc(gfp[i], 0) != BA_PFN_NONE)
			;
		left[i] = free_pages();
	}
	CHECK(left[0] > left[1] && left[1] > left[2]);
	CHECK_EQ(left[2], 0);
	CHECK(left[0] >= nodes->zone[0].wmark.mark[BA_WMARK_MIN] +
			 nodes->zone[1].wmark.mark[BA_WMARK_MIN]);
	stop();
}

/* Fill memory with pages of the page cache until none is free above LOW. */
static uint32_t fill(bool dirty)
{
	const struct ba_mapping mapping = { .dirty = dirty };
	uint32_t nr = 0;

	while (nr < PAGES && !(ctx.charge.path & BA_STEP_SLOWPATH)) {
		if (!ba_fault_new(&ctx, nodes, &mapping))
			break;
		nr++;
	}
	ba_charge_init(&ctx.charge);
	return nr;
}

/*
 * Memory is full of clean page cache. Who may sleep gets a page of it, who may
 * not ends at its watermark.
 */
TEST(who_may_sleep_reclaims)
{
	uint64_t stolen, stalls;

	start(PAGES);
	ctx.watermark_boost_factor = 0;	/* 32 pages are enough then */
	fill(false);
	while (alloc(BA_GFP_NOWAIT_6_1, 0) != BA_PFN_NONE)
		;
	CHECK_EQ(ctx.result, BA_RESULT_NOMEM_WATERMARK);
	CHECK(!(ctx.charge.path & BA_STEP_DIRECT_RECLAIM));
	stolen = ctx.vm->event[BA_VM_pgsteal_direct];
	stalls = ctx.vm->event[BA_VM_allocstall];
	CHECK(alloc(BA_GFP_KERNEL, 0) != BA_PFN_NONE);
	CHECK(ctx.charge.path & BA_STEP_DIRECT_RECLAIM);
	CHECK(ctx.vm->event[BA_VM_pgsteal_direct] >= stolen + 32);
	CHECK_EQ(ctx.vm->event[BA_VM_allocstall], stalls + 1);
	stop();
}

/* Nothing to reclaim: each kind of request ends in its own way. */
TEST(nothing_to_reclaim)
{
	start(PAGES);
	while (alloc(BA_GFP_KERNEL, 0) != BA_PFN_NONE)
		;
	CHECK_EQ(ctx.result, BA_RESULT_OOM);
	CHECK_EQ(alloc(BA_GFP_KERNEL | BA_GFP_NORETRY, 0), BA_PFN_NONE);
	CHECK_EQ(ctx.result, BA_RESULT_NOMEM_WATERMARK);
	CHECK_EQ(alloc(BA_GFP_KERNEL | BA_GFP_RETRY_MAYFAIL, 0), BA_PFN_NONE);
	CHECK_EQ(ctx.result, BA_RESULT_NOMEM_WATERMARK);
	CHECK_EQ(alloc(BA_GFP_NOFS, 0), BA_PFN_NONE);
	CHECK_EQ(ctx.result, BA_RESULT_ENDLESS);
	stop();
}

/* It may take half of MIN, then all of it; then it is tried for ever. */
TEST(a_request_that_must_not_fail)
{
	uint32_t nr = 0;

	start(PAGES);
	while (alloc(BA_GFP_KERNEL, 0) != BA_PFN_NONE)
		;
	while (alloc(BA_GFP_KERNEL | BA_GFP_NOFAIL, 0) != BA_PFN_NONE)
		nr++;
	CHECK(nr > 0);
	CHECK_EQ(ctx.result, BA_RESULT_ENDLESS);
	CHECK_EQ(free_pages(), 0);
	stop();
}

/* In a replay reclaim was in vain, and the OOM killer's turn came: all of MIN. */
TEST(a_traced_request_that_must_not_fail)
{
	start(PAGES);
	ctx.traced = true;
	while (alloc(BA_GFP_KERNEL, 0) != BA_PFN_NONE)
		;
	CHECK(free_pages() > 0);
	while (alloc(BA_GFP_KERNEL | BA_GFP_NOFAIL, 0) != BA_PFN_NONE)
		;
	CHECK_EQ(free_pages(), 0);
	CHECK_EQ(ctx.vm->event[BA_VM_allocstall], 0);
	stop();
}

/* No reclaim helps against anonymous memory without swap: the owner dies. */
TEST(the_oom_killer_makes_room)
{
	const struct ba_mapping small = { .anon = true, .mm = 1 };
	const struct ba_mapping large = { .anon = true, .mm = 2 };

	start(PAGES);
	for (int i = 0; i < 100; i++)
		CHECK(ba_fault_new(&ctx, nodes, &small));
	while (ba_fault_new(&ctx, nodes, &large))
		;
	CHECK_EQ(ctx.result, BA_RESULT_KILLED);
	CHECK_EQ(ba_oom_points(&ctx, 1), 100);
	CHECK_EQ(ba_oom_points(&ctx, 2), 0);
	CHECK_EQ(ctx.vm->event[BA_VM_oom_kill], 1);
	stop();
}

/*
 * Movable pages in every second frame of those that are not the kernel's: no
 * block of order 1 is free. A request for a larger one compacts, if it may.
 */
TEST(a_block_out_of_scattered_pages)
{
	start(PAGES);
	scatter();
	CHECK_EQ(alloc(BA_GFP_NOWAIT_6_1, 3), BA_PFN_NONE);
	CHECK_EQ(ctx.result, BA_RESULT_NOMEM_WATERMARK);
	CHECK_EQ(ctx.vm->event[BA_VM_pgmigrate_success], 0);
	CHECK(alloc(BA_GFP_KERNEL, 3) != BA_PFN_NONE);
	CHECK(ctx.vm->event[BA_VM_pgmigrate_success] > 0);
	CHECK_EQ(ctx.vm->event[BA_VM_compact_success], 1);
	CHECK(ctx.charge.path & BA_STEP_COMPACTION);
	stop();
}

static void task_of_one_page(uint8_t mm)
{
	const struct ba_mapping mapping = { .anon = true, .mm = mm };

	CHECK(ba_fault_new(&ctx, nodes, &mapping));
}

/* All that a request with these flags can have becomes the kernel's. */
static void use_up(uint32_t gfp)
{
	while (alloc(gfp | BA_GFP_NORETRY, 0) != BA_PFN_NONE)
		;
}

/*
 * Memory is below its MIN mark and the task that asks is killed: it may use
 * half of that then, asks once more and has its page, to die with.
 */
TEST(a_victim_may_use_reserves)
{
	const struct ba_mapping own = { .anon = true, .mm = 2 };

	start(PAGES);
	task_of_one_page(1);
	task_of_one_page(2);
	use_up(BA_GFP_KERNEL);
	for (int i = 0; i < 50; i++)
		CHECK(alloc(BA_GFP_KERNEL | BA_GFP_HIGH, 0) != BA_PFN_NONE);
	CHECK(!ba_fault_new(&ctx, nodes, &own));
	CHECK_EQ(ctx.result, BA_RESULT_KILLED);
	CHECK_EQ(ctx.vm->event[BA_VM_oom_kill], 1);
	CHECK_EQ(ba_oom_points(&ctx, 1), 1);
	stop();
}

/* There are no reserves either: it fails, and the other task stays. */
TEST(a_victim_gets_nobody_else_killed)
{
	const struct ba_mapping own = { .anon = true, .mm = 2 };
	uint64_t stalls;

	start(PAGES);
	task_of_one_page(1);
	task_of_one_page(2);
	use_up(BA_GFP_KERNEL | BA_GFP_MEMALLOC);
	stalls = ctx.vm->event[BA_VM_allocstall];
	CHECK(!ba_fault_new(&ctx, nodes, &own));
	CHECK_EQ(ctx.result, BA_RESULT_KILLED);
	CHECK_EQ(ctx.vm->event[BA_VM_oom_kill], 1);
	CHECK_EQ(ctx.vm->event[BA_VM_allocstall], stalls + 2);
	CHECK_EQ(ba_oom_points(&ctx, 1), 1);
	stop();
}

/* A page each, and far more needed: all die, and it is no endless request. */
TEST(as_many_die_as_it_takes)
{
	start(PAGES);
	for (unsigned int mm = 1; mm < 256; mm++)
		task_of_one_page((uint8_t)mm);
	use_up(BA_GFP_KERNEL | BA_GFP_MEMALLOC);
	CHECK_EQ(alloc(BA_GFP_KERNEL, 0), BA_PFN_NONE);
	CHECK_EQ(ctx.result, BA_RESULT_OOM);
	CHECK_EQ(ctx.vm->event[BA_VM_oom_kill], 255);
	stop();
}

/* NORETRY ends a large request early, but not one that must not fail. */
TEST(a_large_request_that_must_not_fail)
{
	const uint32_t gfp = BA_GFP_KERNEL | BA_GFP_NORETRY;
	uint32_t nr = 0;

	start(PAGES);
	while (alloc(gfp, 4) != BA_PFN_NONE)
		;
	while (alloc(gfp | BA_GFP_NOFAIL, 4) != BA_PFN_NONE)
		nr++;
	CHECK(nr > 0);
	CHECK_EQ(ctx.result, BA_RESULT_ENDLESS);
	stop();
}

/* Node 1 has no zone DMA: nothing can be done for who wants only that. */
TEST(no_zone_to_reclaim)
{
	const uint32_t gfp = BA_GFP_KERNEL | BA_GFP_DMA | BA_GFP_THISNODE;

	machine = booted(PAGES, 1, 2);
	nodes = ba_machine_nodes(&machine);
	ctx = ba_machine_ctx(&machine, 0);
	CHECK(ba_alloc_pages(&ctx, nodes, gfp, 0, 0) != BA_PFN_NONE);
	CHECK_EQ(ba_alloc_pages(&ctx, nodes, gfp, 0, 1), BA_PFN_NONE);
	CHECK_EQ(ctx.result, BA_RESULT_NOMEM_WATERMARK);
	CHECK(!(ctx.charge.path & BA_STEP_DIRECT_RECLAIM));
	CHECK_EQ(ba_alloc_pages(&ctx, nodes, gfp | BA_GFP_NOFAIL, 0, 1),
		 BA_PFN_NONE);
	CHECK_EQ(ctx.result, BA_RESULT_ENDLESS);
	stop();
}
