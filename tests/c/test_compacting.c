// SPDX-License-Identifier: GPL-2.0-only
#include "sim/compacting.h"

#include "booted.h"

#define TASK 28

/* A machine of which one page is used: its block is in pieces. */
static struct ba_machine machine;
static struct ba_ctx ctx;
static struct ba_compacting runs;
static pfn_t base;

static void boot(void)
{
	machine = booted(16384, 1, 1);
	ba_machine_body(&machine)->config.profile = ba_profile_6_1L;
	ctx = ba_machine_ctx(&machine, 0);
	memset(&runs, 0, sizeof(runs));
	base = ba_alloc_pages(&ctx, ba_machine_nodes(&machine),
			      BA_GFP_HIGHUSER_MOVABLE, 4, 0);
	REQUIRE(base != BA_PFN_NONE && base % 1024 == 0);
}

static struct ba_event event(enum ba_op op, uint64_t addr, uint32_t arg)
{
	return (struct ba_event){ .op = (uint8_t)op, .addr = addr,
				  .arg = arg, .task = TASK, .order = 9,
				  .migratetype = 1 };
}

static void line(enum ba_op op, uint64_t addr, uint32_t arg)
{
	struct ba_event e = event(op, addr, arg);

	ba_compacting_line(&runs, &ctx, &machine, &e);
}

static pfn_t target(uint64_t recorded)
{
	struct ba_event e = event(BA_OP_MIGRATE_TARGET, recorded, 0);

	return ba_compacting_target(&runs, &ctx, &e);
}

/* Up to the isolation of two pages in the pageblock of the used ones. */
static void begin(void)
{
	line(BA_OP_COMPACTION_BEGIN, base | (uint64_t)(base + 512) << 32,
	     base);
	line(BA_OP_COMPACTION_FINISHED, 0, 1);
	line(BA_OP_COMPACTION_SOURCE, base | (uint64_t)(base + 16) << 32, 2);
}

static void destroy(void)
{
	ba_machine_destroy(&machine);
}

TEST(a_run_takes_hands_out_and_gives_back)
{
	boot();
	begin();
	CHECK_EQ(runs.nr, 1);
	line(BA_OP_ISOLATE, base + 256, 0);
	CHECK_EQ(ctx.frames[base + 256].state, BA_FRAME_ISOLATED);
	line(BA_OP_ISOLATE, base + 128, 0);	/* of the same search */
	CHECK_EQ(ctx.frames[base + 128].state, BA_FRAME_BUDDY);
	CHECK_EQ(target(base + 511), base + 511);
	CHECK_EQ(target(base + 510), base + 510);
	line(BA_OP_COMPACTION_MIGRATED, 0, 0);
	line(BA_OP_COMPACTION_FINISHED, 0, 0);
	CHECK_EQ(ctx.frames[base + 256].state, BA_FRAME_USED);
	line(BA_OP_COMPACTION_END, 0, 0);
	CHECK_EQ(runs.nr, 0);
	destroy();
}

/*
 * The first block is taken off the free lists, those around it later: what
 * another task takes in between is not there any more.
 */
TEST(another_task_runs_between_the_steps_of_a_search)
{
	for (unsigned int others = 0; others < 2; others++) {
		boot();
		begin();
		runs.run[0].cc.nr_migrate = 300;
		line(BA_OP_ISOLATE, base + 256, 0);
		CHECK_EQ(runs.run[0].cc.nr_free, 256);
		if (others)
			CHECK_EQ(ba_alloc_pages(&ctx,
						ba_machine_nodes(&machine),
						BA_GFP_HIGHUSER_MOVABLE, 4, 0),
				 base + 16);
		line(BA_OP_ISOLATE, base + (others ? 32 : 16), 0);
		CHECK_EQ(runs.run[0].cc.nr_free, others ? 352 : 304);
		destroy();
	}
}

/* 6.1: what a page could not move to serves the next one. */
TEST(a_target_that_was_not_used_comes_again)
{
	boot();
	begin();
	CHECK_EQ(target(base + 511), base + 511);
	CHECK_EQ(target(base + 511), base + 511);
	CHECK_EQ(target(base + 510), base + 510);
	destroy();
}

TEST(a_page_that_waits_to_be_moved_is_on_no_lru_list)
{
	boot();
	line(BA_OP_COMPACTION_BEGIN, base | (uint64_t)(base + 512) << 32,
	     base);
	line(BA_OP_COMPACTION_FINISHED, 0, 1);
	line(BA_OP_COMPACTION_SOURCE, base | (uint64_t)(base + 16) << 32,
	     16);
	for (pfn_t i = 0; i < 16; i++)
		CHECK(!(ctx.frames[base + i].flags & BA_FRAME_MOVABLE));
	ctx.frames[base + 15].state = BA_FRAME_PCP;	/* moved and freed */
	line(BA_OP_COMPACTION_MIGRATED, 0, 15);
	for (pfn_t i = 0; i < 15; i++)
		CHECK(ctx.frames[base + i].flags & BA_FRAME_MOVABLE);
	CHECK(!(ctx.frames[base + 15].flags & BA_FRAME_MOVABLE));
	destroy();
}

/* 6.1: nor does the last one of a batch get lost. */
TEST(the_last_target_of_a_batch_comes_back)
{
	struct ba_event e = event(BA_OP_PAGE_FREE, base, 0);

	boot();
	begin();
	CHECK_EQ(target(base + 511), base + 511);
	CHECK(!ba_compacting_frees(&runs, &ctx, &e, base));
	CHECK_EQ(target(base + 510), base + 510);
	line(BA_OP_COMPACTION_MIGRATED, 0, 1);
	CHECK_EQ(ctx.frames[base + 511].state, BA_FRAME_USED);
	CHECK_EQ(ctx.frames[base + 510].state, BA_FRAME_ISOLATED);
	destroy();
}

/* 6.12 prints a free, although the page goes to no list of the allocator. */
TEST(in_6_12_a_target_is_freed_to_its_run)
{
	struct ba_event e = event(BA_OP_PAGE_FREE, base + 256, 0);

	boot();
	ba_machine_body(&machine)->config.profile = ba_profile_6_12L;
	begin();
	CHECK_EQ(target(base + 256), base + 256);
	CHECK(ba_compacting_frees(&runs, &ctx, &e, base + 256));
	CHECK_EQ(ctx.frames[base + 256].state, BA_FRAME_ISOLATED);
	CHECK_EQ(target(base + 256), base + 256);
	CHECK_EQ(ctx.frames[base + 256].state, BA_FRAME_USED);
	line(BA_OP_COMPACTION_MIGRATED, 0, 0);
	/* of an earlier batch: freed like any page */
	line(BA_OP_COMPACTION_SOURCE, base | (uint64_t)(base + 16) << 32, 2);
	CHECK(!ba_compacting_frees(&runs, &ctx, &e, base + 256));
	destroy();
}

TEST(the_run_ends_with_the_first_page_it_gives_back)
{
	struct ba_event e = event(BA_OP_PAGE_FREE, base + 300, 0);

	boot();
	begin();
	line(BA_OP_ISOLATE, base + 256, 0);
	ba_compacting_frees(&runs, &ctx, &e, base + 3);
	CHECK_EQ(ctx.frames[base + 300].state, BA_FRAME_ISOLATED);
	ba_compacting_frees(&runs, &ctx, &e, base + 300);
	CHECK_EQ(ctx.frames[base + 300].state, BA_FRAME_USED);
	CHECK_EQ(ctx.frames[base + 301].flags, BA_FRAME_HEAD);
	destroy();
}

TEST(a_request_may_compact_several_zones)
{
	pfn_t captured;
	struct ba_event e = event(BA_OP_PAGE_ALLOC, base, 0);

	boot();
	line(BA_OP_COMPACTION_TRY, 0, 2);
	begin();
	CHECK(runs.run[0].cc.direct);
	line(BA_OP_COMPACTION_FINISHED, 0, 0);
	line(BA_OP_COMPACTION_END, 0, 0);
	CHECK_EQ(runs.run[0].phase, BA_COMPACT_ASKED);
	begin();
	/* in the midst of it */
	CHECK(!ba_compacting_allocates(&runs, &e, &captured));
	CHECK_EQ(runs.nr, 1);
	line(BA_OP_COMPACTION_END, 0, 0);
	CHECK(ba_compacting_allocates(&runs, &e, &captured));
	CHECK_EQ(captured, BA_PFN_NONE);
	CHECK_EQ(runs.nr, 0);
	destroy();
}

TEST(a_block_of_the_wanted_order_is_captured)
{
	pfn_t captured;
	struct ba_event e = event(BA_OP_PAGE_ALLOC, base, 0);
	struct ba_nodes *nodes;

	boot();
	nodes = ba_machine_nodes(&machine);
	e.order = 4;
	e.op = BA_OP_COMPACTION_TRY;
	ba_compacting_line(&runs, &ctx, &machine, &e);
	CHECK(!ba_compacting_capture(&runs, &e));
	begin();
	ctx.capture = ba_compacting_capture(&runs, &e);
	REQUIRE(ctx.capture != NULL);
	/* a MOVABLE block is none for an UNMOVABLE request */
	CHECK_EQ(ba_free_pages(&ctx, nodes, base, 4), BA_OK);
	CHECK_EQ(ctx.capture->pfn, BA_PFN_NONE);
	CHECK_EQ(ba_alloc_pages(&ctx, nodes, BA_GFP_HIGHUSER_MOVABLE, 4, 0),
		 base);
	ba_pageblock_set_type(ctx.pageblocks, base, BA_MT_UNMOVABLE);
	CHECK_EQ(ba_free_pages(&ctx, nodes, base, 4), BA_OK);
	CHECK_EQ(ctx.capture->pfn, base);
	ctx.capture = NULL;
	line(BA_OP_COMPACTION_END, 0, 0);
	e.op = BA_OP_PAGE_ALLOC;
	CHECK(ba_compacting_allocates(&runs, &e, &captured));
	CHECK_EQ(captured, base);
	CHECK(!ba_compacting_allocates(&runs, &e, &captured));
	CHECK_EQ(captured, BA_PFN_NONE);
	destroy();
}

/* The line of the request that captured it was lost: not for another order. */
TEST(a_captured_block_whose_request_has_no_line)
{
	pfn_t captured;
	struct ba_event e = event(BA_OP_COMPACTION_TRY, 0, 0);

	boot();
	e.order = 4;
	ba_compacting_line(&runs, &ctx, &machine, &e);
	begin();
	ctx.capture = ba_compacting_capture(&runs, &e);
	REQUIRE(ctx.capture != NULL);
	ba_pageblock_set_type(ctx.pageblocks, base, BA_MT_UNMOVABLE);
	CHECK_EQ(ba_free_pages(&ctx, ba_machine_nodes(&machine), base, 4),
		 BA_OK);
	CHECK_EQ(ctx.capture->pfn, base);
	ctx.capture = NULL;
	line(BA_OP_COMPACTION_END, 0, 0);
	/* the request asks again */
	ba_compacting_line(&runs, &ctx, &machine, &e);
	CHECK_EQ(runs.run[0].capture.pfn, base);
	e.order = 7;
	ba_compacting_line(&runs, &ctx, &machine, &e);
	e.op = BA_OP_PAGE_ALLOC;
	ba_compacting_allocates(&runs, &e, &captured);
	CHECK_EQ(captured, BA_PFN_NONE);
	destroy();
}

static uint32_t due(enum ba_op op, uint64_t addr)
{
	struct ba_event e = event(op, addr, 0);

	return ba_compacting_targets_due(&runs, &ctx, &e);
}

/* Without migrate_target: each page that is freed has moved to a target. */
TEST(in_6_1_a_freed_source_tells_of_a_target)
{
	struct ba_event e = event(BA_OP_PAGE_FREE, base + 1, 0);

	boot();
	CHECK_EQ(due(BA_OP_PAGE_FREE, base + 1), 0);
	begin();
	CHECK_EQ(due(BA_OP_PAGE_FREE, base + 16), 0);	/* no source */
	CHECK_EQ(due(BA_OP_PAGE_FREE, base + 1), 1);
	CHECK_EQ(ba_compacting_infer_target(&runs, &ctx, &e), base + 511);
	CHECK_EQ(due(BA_OP_PAGE_FREE, base), 1);
	CHECK_EQ(ba_compacting_infer_target(&runs, &ctx, &e), base + 510);
	destroy();
}

/* All targets of a batch come before its first free, search after search. */
TEST(in_6_12_a_new_search_tells_that_the_last_one_is_used_up)
{
	struct ba_event e = event(BA_OP_COMPACTION_FAST_FREE, base, 0);

	boot();
	ba_machine_body(&machine)->config.profile = ba_profile_6_12L;
	begin();
	runs.run[0].left = 300;
	runs.run[0].cc.nr_migrate = 300;
	CHECK_EQ(due(BA_OP_COMPACTION_FAST_FREE, base), 0);
	line(BA_OP_COMPACTION_FAST_FREE, base, 0);
	CHECK_EQ(runs.run[0].cc.nr_free, 256);
	CHECK_EQ(due(BA_OP_COMPACTION_FREE, base), 0);	/* same search */
	CHECK_EQ(runs.run[0].cc.nr_free, 304);	/* and 16, and 32 */
	CHECK_EQ(due(BA_OP_PAGE_FREE, base + 15), 300);
	CHECK_EQ(ba_compacting_infer_target(&runs, &ctx, &e), base + 16);
	CHECK_EQ(due(BA_OP_COMPACTION_FAST_FREE, base), 299);
	destroy();
}

/* A page that was not moved asked for a target: the search is made up for. */
TEST(a_search_in_vain_without_a_line)
{
	struct ba_event e = event(BA_OP_COMPACTION_MIGRATED, 0, 1);
	struct ba_compact_run *run = &runs.run[0];

	boot();
	begin();
	CHECK_EQ(due(BA_OP_PAGE_FREE, base + 1), 1);
	run->cc.nr_free = 1;	/* as if this were the last target */
	ba_compacting_infer_target(&runs, &ctx, &e);
	CHECK_EQ(run->cc.nr_free, 0);
	e.arg = 0;
	CHECK_EQ(ba_compacting_targets_due(&runs, &ctx, &e), 0);
	CHECK(!run->looking);
	e.arg = 1;
	CHECK_EQ(ba_compacting_targets_due(&runs, &ctx, &e), 0);
	CHECK(run->looking);
	destroy();
}

/* 6.1: no line tells when the next page finds no target, and looks for more. */
TEST(the_page_after_the_last_target_asks_at_once)
{
	struct ba_event e = event(BA_OP_PAGE_FREE, base + 1, 0);
	struct ba_compact_run *run = &runs.run[0];

	boot();
	e.addr = base + 1;
	begin();
	CHECK_EQ(due(BA_OP_PAGE_FREE, base + 1), 1);
	ba_compacting_moves_on(&runs, &ctx, &e);
	CHECK(!run->looking);
	run->cc.nr_free = 1;	/* as if this were the last target */
	ba_compacting_infer_target(&runs, &ctx, &e);
	CHECK_EQ(run->left, 1);
	e.addr = base + 100;	/* not one of those that are moved */
	ba_compacting_moves_on(&runs, &ctx, &e);
	CHECK(!run->looking);
	e.addr = base + 1;
	ba_compacting_moves_on(&runs, &ctx, &e);
	CHECK(run->looking);
	destroy();
}

/* 6.12: a page that stays gives its target to the next one. */
TEST(a_target_for_a_page_that_stays)
{
	struct ba_event e = event(BA_OP_PAGE_FREE, 0, 0);

	boot();
	ba_machine_body(&machine)->config.profile = ba_profile_6_12L;
	begin();
	ba_compacting_will_stay(&runs, &e, 1);
	line(BA_OP_COMPACTION_FAST_FREE, base, 0);
	CHECK_EQ(ba_page_isolated_head(ctx.frames, base + 300), base + 256);
	CHECK(ba_compacting_frees(&runs, &ctx, &e, base + 300));
	CHECK_EQ(ba_page_isolated_head(ctx.frames, base + 300), base + 256);
	CHECK_EQ(due(BA_OP_PAGE_FREE, base + 1), 1);
	destroy();
}

/* A target is moved on itself, and its owner stays unnamed. */
TEST(a_target_that_is_a_source_later)
{
	struct ba_event e = event(BA_OP_PAGE_FREE, 0, 0);
	pfn_t pfn;

	boot();
	begin();
	e.addr = base + 1;
	CHECK_EQ(due(BA_OP_PAGE_FREE, base + 1), 1);
	pfn = ba_compacting_infer_target(&runs, &ctx, &e);
	CHECK(ba_owner_is_silent(ctx.frames[pfn].owner));
	ctx.frames[pfn].flags |= BA_FRAME_MOVABLE;
	line(BA_OP_COMPACTION_MIGRATED, 0, 0);
	line(BA_OP_COMPACTION_FINISHED, 0, 1);
	line(BA_OP_COMPACTION_SOURCE, pfn | (uint64_t)(pfn + 1) << 32, 1);
	CHECK_EQ(ctx.frames[pfn].owner & BA_OWNER_LEFT, BA_OWNER_SOURCE);
	CHECK(ba_owner_is_silent(ctx.frames[pfn].owner));
	line(BA_OP_COMPACTION_MIGRATED, 0, 1);
	CHECK(ba_owner_is_silent(ctx.frames[pfn].owner));
	destroy();
}

/* What the kernel gave back is free, even if it had other frames. */
TEST(nothing_is_left_after_the_end)
{
	int64_t before;

	boot();
	before = ba_vmstat_read(&zone_at(&machine, 1)->buddy.free_pages);
	begin();
	line(BA_OP_ISOLATE, base + 256, 0);
	line(BA_OP_COMPACTION_FREE, base, 0);
	CHECK_EQ(ctx.frames[base + 300].state, BA_FRAME_ISOLATED);
	line(BA_OP_COMPACTION_MIGRATED, 0, 2);
	line(BA_OP_COMPACTION_FINISHED, 0, 0);
	CHECK_EQ(ctx.frames[base + 300].state, BA_FRAME_USED);
	line(BA_OP_COMPACTION_END, 0, 0);
	CHECK(ctx.frames[base + 300].state != BA_FRAME_USED ||
	      ba_free_head(&ctx, base + 300) != BA_PFN_NONE);
	ba_drain_all_pages(&ctx, ba_machine_nodes(&machine));
	CHECK(before > 0);
	CHECK_EQ(ctx.frames[base + 256].state, BA_FRAME_BUDDY);
	destroy();
}

TEST(lines_without_a_run_change_nothing)
{
	uint64_t before;

	boot();
	before = ba_machine_hash(&machine);
	line(BA_OP_COMPACTION_FINISHED, 0, 1);
	line(BA_OP_COMPACTION_SOURCE, base, 32);
	line(BA_OP_ISOLATE, base + 256, 0);
	line(BA_OP_COMPACTION_END, 0, 0);
	CHECK_EQ(target(base + 511), BA_PFN_NONE);
	CHECK_EQ(ba_machine_hash(&machine), before);
	destroy();
}

/* compact_memory: order -1, no fast search, no attention to skip bits. */
TEST(a_run_without_an_order_takes_the_whole_zone)
{
	struct ba_event e = event(BA_OP_COMPACTION_FINISHED, 0, 1);

	boot();
	e.order = 255;
	line(BA_OP_COMPACTION_BEGIN, base | (uint64_t)(base + 512) << 32,
	     base);
	ba_compacting_line(&runs, &ctx, &machine, &e);
	CHECK_EQ(runs.run[0].cc.order, BA_COMPACT_WHOLE);
	CHECK(runs.run[0].cc.ignore_skip);
	CHECK(!runs.run[0].cc.ignore_type);
	destroy();
}

/* A trace of another machine: no frame outside the zone is looked at. */
TEST(frames_outside_the_zone_start_no_run)
{
	boot();
	line(BA_OP_COMPACTION_BEGIN, base | (uint64_t)1 << 60, base);
	CHECK_EQ(runs.nr, 0);
	line(BA_OP_COMPACTION_BEGIN, base | (uint64_t)base << 32, 1u << 31);
	CHECK_EQ(runs.nr, 0);
	begin();
	line(BA_OP_COMPACTION_SOURCE, 0xffffffff | (uint64_t)0xffffffff << 32,
	     7);
	CHECK_EQ(runs.run[0].cc.nr_migrate, 2);
	destroy();
}
