// SPDX-License-Identifier: GPL-2.0-only
/* kswapd by itself, on a machine of 64 MiB: zones DMA (0) and DMA32 (1). */
#include "mm/kswapd.h"

#include "userpages.h"

static struct ba_node *node;

static bool active(uint8_t zone)
{
	return nodes->zone[zone].wmark.flags & BA_ZONE_RECLAIM_ACTIVE;
}

static struct ba_profile profile;

static void begin(uint32_t nr_user_pages)
{
	start(PAGES);
	profile = ba_profile_6_1L;
	ctx.profile = &profile;
	node = &nodes->node[0];
	user_pages(nr_user_pages, FILE_PAGE, 0);
}

static uint64_t high_marks(void)
{
	return (uint64_t)(nodes->zone[0].wmark.mark[BA_WMARK_HIGH] +
			  nodes->zone[1].wmark.mark[BA_WMARK_HIGH]);
}

/* No zone has free pages enough any more: the marks are raised. */
static void make_short(void)
{
	for (uint8_t id = 0; id < 2; id++) {
		struct ba_zone *zone = &nodes->zone[id];
		int64_t free = ba_vmstat_sum(&zone->buddy.free_pages);

		zone->wmark.mark[BA_WMARK_HIGH] = free + 10;
		for (unsigned int i = 0; i < BA_ZONES_PER_NODE; i++)
			zone->wmark.lowmem_reserve[i] = 0;
	}
}

static void wake_for(uint32_t gfp, order_t order)
{
	ba_kswapd_wake(&ctx, nodes, &nodes->zone[1], gfp, order,
		       BA_ZONE_NORMAL);
}

static bool step(void)
{
	return ba_kswapd_step(&ctx, nodes, 0);
}

/* A step when its time has come. */
static bool turn(void)
{
	if (node->kswapd_next_ns != UINT64_MAX &&
	    node->kswapd_next_ns > ctx.vm->now_ns)
		ctx.vm->now_ns = node->kswapd_next_ns;
	return step();
}

/* Steps until it naps or sleeps; how many. Its time passes. */
static unsigned int steps(void)
{
	unsigned int n = 0;

	do {
		n++;
	} while (turn() && n < 10000);
	return n;
}

static void nap(void)
{
	CHECK_EQ(node->kswapd.state, BA_KSWAPD_NAPPING);
	ctx.vm->now_ns = node->kswapd_next_ns;
}

/* W4: it sleeps, and a wake without need is remembered at most. */
TEST(w4_nobody_wakes_it_while_a_zone_is_balanced)
{
	begin(10);
	CHECK_EQ(node->kswapd_next_ns, UINT64_MAX);
	CHECK(!step());
	wake_for(BA_GFP_KERNEL, 2);
	CHECK_EQ(node->kswapd_order, 2);
	CHECK_EQ(node->kswapd_next_ns, UINT64_MAX);
	CHECK(!step());
	/* one zone above its mark will do */
	nodes->zone[1].wmark.mark[BA_WMARK_HIGH] = 1 << 20;
	nodes->zone[0].wmark.lowmem_reserve[BA_ZONE_NORMAL] = 0;
	wake_for(BA_GFP_KERNEL, 0);
	CHECK_EQ(node->kswapd_next_ns, UINT64_MAX);
	/* a boost wakes it all the same */
	nodes->zone[1].wmark.boost = 1;
	ctx.vm->now_ns = 77;
	wake_for(BA_GFP_KERNEL, 0);
	CHECK_EQ(node->kswapd_next_ns, 77);
	stop();
}

/*
 *	wake     begins: thresholds, pageoutrun
 *	rounds   until a zone holds its mark again
 *	nap      100 ms, and it looks again
 *	sleep    thresholds, until it is woken
 */
TEST(a_run_ends_when_a_zone_is_balanced)
{
	begin(12000);
	make_short();
	ctx.vm->now_ns = 5000;
	wake_for(BA_GFP_KERNEL, 0);
	CHECK_EQ(node->kswapd_next_ns, 5000);
	CHECK(step());
	CHECK(node->kswapd_awake);
	CHECK(active(0) && active(1));
	CHECK_EQ(counted(BA_VM_pageoutrun), 1);
	CHECK_EQ(counted(BA_VM_pgsteal_kswapd), 0);
	CHECK(step());		/* a round */
	CHECK(counted(BA_VM_pgsteal_kswapd) > 0);
	CHECK(node->kswapd_next_ns > 5000);
	/* its time has not come: nothing happens */
	CHECK(step());
	node->reclaim_flags = BA_NODE_DIRTY;
	steps();
	CHECK_EQ(node->reclaim_flags, 0);
	CHECK(ba_pgdat_balanced(&ctx, nodes, 0, 0, BA_ZONE_NORMAL));
	CHECK(!active(0) && !active(1));
	CHECK_EQ(node->kswapd_failures, 0);
	CHECK_EQ(node->kswapd.state, BA_KSWAPD_NAPPING);
	CHECK_EQ(node->kswapd_next_ns, ctx.vm->now_ns + 100000000);
	CHECK(node->kswapd_awake);
	nap();
	CHECK(!step());
	CHECK_EQ(node->kswapd.state, BA_KSWAPD_ASLEEP);
	CHECK_EQ(node->kswapd_next_ns, UINT64_MAX);
	CHECK(!node->kswapd_awake);
	CHECK_EQ(counted(BA_VM_pageoutrun), 1);
	stop();
}

/* Woken from its nap it begins at once; the mark was hit quickly. */
TEST(a_nap_may_be_short)
{
	begin(12000);
	make_short();
	wake_for(BA_GFP_KERNEL, 0);
	steps();
	make_short();
	wake_for(BA_GFP_KERNEL | BA_GFP_DMA, 1);
	CHECK_EQ(node->kswapd_next_ns, ctx.vm->now_ns);
	CHECK(step());
	CHECK_EQ(counted(BA_VM_kswapd_low_wmark_hit_quickly), 1);
	CHECK_EQ(counted(BA_VM_pageoutrun), 2);
	CHECK_EQ(node->kswapd.alloc_order, 1);
	CHECK_EQ(node->kswapd_order, 0);
	/* out of balance when the nap ends: the same without a wake */
	steps();
	make_short();
	nap();
	CHECK(step());
	CHECK_EQ(counted(BA_VM_kswapd_high_wmark_hit_quickly), 1);
	CHECK_EQ(counted(BA_VM_pageoutrun), 3);
	stop();
}

/*
 * Only boosts, 100 pages of them: they are reclaimed from clean page cache,
 * nothing is written or swapped, and the boosts are paid off. More of the
 * cache is active than inactive, so anonymous pages would be looked at too.
 * With priorities 12, 11 and 10 a round frees 1, 2 or 4 pages of 4900.
 */
TEST(a_boost_is_reclaimed_for_without_io)
{
	begin(4900);
	user_pages(5200, FILE_PAGE, BA_USE_ACTIVE);
	give_swap(1000);
	user_pages(4200, ANON_PAGE, 0);
	nodes->zone[1].wmark.boost = 100;
	wake_for(0, 0);
	CHECK(step());
	CHECK(node->kswapd.boosted);
	CHECK_EQ(node->kswapd.boost, 100);
	nodes->zone[1].wmark.boost += 7;	/* meanwhile */
	while (turn())
		CHECK(node->kswapd.priority >= BA_DEF_PRIORITY - 2);
	CHECK(counted(BA_VM_pgsteal_kswapd) >= 100);
	CHECK(counted(BA_VM_pgsteal_kswapd) < 104);
	CHECK_EQ(counted(BA_VM_pgsteal_kswapd), counted(BA_VM_pgsteal_file));
	CHECK_EQ(counted(BA_VM_pgscan_anon), 0);
	CHECK_EQ(counted(BA_VM_nr_vmscan_write), 0);
	CHECK_EQ(nodes->zone[1].wmark.boost, 7);
	nodes->zone[1].wmark.boost = 0;
	stop();
}

/*
 * Nothing is freed for a boost, as in a round at priority 12 over a list of
 * fewer than 4096 pages: it gives up after that round.
 */
TEST(a_boost_is_not_worth_much)
{
	begin(4095);
	nodes->zone[1].wmark.boost = 300;
	wake_for(0, 0);
	CHECK(step());
	CHECK(!step());
	CHECK_EQ(node->kswapd_failures, 1);
	CHECK_EQ(nodes->zone[1].wmark.boost, 0);
	CHECK_EQ(node->kswapd.state, BA_KSWAPD_NAPPING);
	stop();
}

/* Short of memory is worse: then a boost is forgotten, and priorities sink. */
TEST(a_boost_is_forgotten_where_memory_is_short)
{
	begin(0);
	make_short();
	nodes->zone[1].wmark.boost = 300;
	wake_for(0, 0);
	CHECK(step());
	CHECK(step());
	CHECK_EQ(node->kswapd.boost, 0);
	CHECK(node->kswapd.boosted);
	CHECK_EQ(node->kswapd.priority, BA_DEF_PRIORITY - 1);
	CHECK_EQ(nodes->zone[1].wmark.boost, 300);
	for (unsigned int i = 0; i < 10; i++)
		CHECK(turn());
	CHECK_EQ(node->kswapd_failures, 0);
	CHECK(turn());		/* the last priority, and the next run */
	CHECK_EQ(node->kswapd_failures, 1);
	CHECK_EQ(nodes->zone[1].wmark.boost, 0);
	stop();
}

/* 16 runs without a page freed, one after the other: hopeless. */
TEST(a_hopeless_node_is_left_to_direct_reclaim)
{
	begin(0);
	make_short();
	wake_for(BA_GFP_KERNEL, 0);
	CHECK_EQ(steps(), 1 + 16 * 12);
	CHECK_EQ(node->kswapd_failures, 16);
	CHECK_EQ(counted(BA_VM_pageoutrun), 16);
	CHECK_EQ(counted(BA_VM_kswapd_high_wmark_hit_quickly), 15);
	nap();
	CHECK(!step());
	CHECK_EQ(node->kswapd.state, BA_KSWAPD_ASLEEP);
	wake_for(BA_GFP_KERNEL, 0);
	CHECK_EQ(node->kswapd_next_ns, UINT64_MAX);
	stop();
}

/*
 * Anonymous pages with swap, and page cache in plenty that is in use all the
 * time: trim mode looks at the latter only. In 6.12 a run that freed nothing
 * so goes once through the priorities again, without that mode.
 */
TEST(trim_mode_is_given_up)
{
	begin(0);
	profile = ba_profile_6_12L;
	node->kswapd.state = BA_KSWAPD_BALANCING;
	node->kswapd.priority = 1;
	node->kswapd.cache_trim_mode_failed = true;
	node->kswapd_runs_for = BA_ZONE_NORMAL;
	node->kswapd_next_ns = 0;
	make_short();
	CHECK(step());
	CHECK(node->kswapd.no_cache_trim_mode);
	CHECK_EQ(node->kswapd.priority, BA_DEF_PRIORITY);
	CHECK_EQ(node->kswapd_failures, 0);
	for (unsigned int i = 0; i < 12; i++)
		CHECK(turn());
	CHECK_EQ(node->kswapd_failures, 1);
	CHECK(!node->kswapd.no_cache_trim_mode);
	/* not if something was freed all the same */
	node->kswapd.priority = 1;
	node->kswapd.cache_trim_mode_failed = true;
	node->kswapd.nr_reclaimed = 5;
	CHECK(turn());
	CHECK(!node->kswapd.no_cache_trim_mode);
	CHECK_EQ(node->kswapd_failures, 1);
	CHECK_EQ(counted(BA_VM_pageoutrun), 2);
	stop();
}

/*
 * A round at priority 12 over 200 active anonymous pages: their counts are 0,
 * but 32 are deactivated before and 32 after it, while there is swap.
 */
TEST(each_round_lets_anonymous_pages_age)
{
	begin(0);
	give_swap(1000);
	user_pages(200, ANON_PAGE, BA_USE_ACTIVE);
	make_short();
	wake_for(BA_GFP_KERNEL, 0);
	CHECK(step());
	CHECK(step());
	CHECK_EQ(counted(BA_VM_pgdeactivate), 64);
	CHECK_EQ(counted(BA_VM_pgscan_anon), 0);
	stop();
}

/*
 * Order 4, and no such block for want of memory: after twice its pages, 32,
 * were freed order 0 will do.
 */
TEST(a_large_order_is_not_insisted_on)
{
	begin(12000);
	make_short();
	wake_for(BA_GFP_KERNEL, 4);
	CHECK(step());
	CHECK_EQ(node->kswapd.alloc_order, 4);
	CHECK_EQ(node->kswapd.order, 4);
	CHECK(turn());
	CHECK(node->kswapd.nr_reclaimed < 32 || node->kswapd.order == 0);
	steps();
	CHECK(node->kswapd.nr_reclaimed >= 32);
	CHECK_EQ(node->kswapd.order, 0);
	CHECK_EQ(node->kswapd.alloc_order, 4);
	stop();
}

/* High marks of 100 and 200 pages: enough after 10 batches of 32. */
TEST(a_round_has_the_high_marks_for_its_target)
{
	uint64_t before, marks;

	begin(12000);
	make_short();
	nodes->zone[0].wmark.mark[BA_WMARK_HIGH] = 100;
	nodes->zone[0].wmark.lowmem_reserve[BA_ZONE_NORMAL] = 1 << 20;
	nodes->zone[1].wmark.mark[BA_WMARK_HIGH] = 200;
	nodes->zone[1].wmark.lowmem_reserve[BA_ZONE_NORMAL] = 1 << 20;
	marks = high_marks();
	CHECK_EQ(marks, 300);
	wake_for(BA_GFP_KERNEL, 0);
	step();
	node->kswapd.priority = 1;	/* half of the lists at once */
	node->kswapd_next_ns = 0;
	before = counted(BA_VM_pgsteal_kswapd);
	step();
	CHECK_EQ(counted(BA_VM_pgsteal_kswapd) - before, 320);
	/* it has looked at as many pages as it wants: no lower priority */
	CHECK_EQ(node->kswapd.priority, 1);
	nodes->zone[0].wmark.mark[BA_WMARK_HIGH] = 1 << 20;
	nodes->zone[1].wmark.mark[BA_WMARK_HIGH] = 1 << 20;
	stop();
}

/*
 *	balanced, order 3 asked for    kcompactd may bring such a block together,
 *	                               unless the request can do so itself
 *	a run for a boost ends         for a whole pageblock
 *	a run for order 4 settles for  for order 4
 *	less, and ends
 *	a run for order 4 ends well    not at all
 */
TEST(kcompactd_is_woken_when_memory_is_free)
{
	begin(12000);
	wake_for(BA_GFP_KERNEL, 3);
	CHECK_EQ(node->kcompactd_max_order, 0);
	wake_for(BA_GFP_KSWAPD_RECLAIM, 3);
	CHECK_EQ(node->kcompactd_max_order, 3);
	node->kcompactd_max_order = 0;
	node->kswapd_order = 0;
	nodes->zone[1].wmark.boost = 10;
	wake_for(0, 0);
	steps();
	CHECK_EQ(node->kcompactd_max_order, BA_PAGEBLOCK_ORDER);
	nap();
	step();
	node->kcompactd_max_order = 0;
	make_short();
	wake_for(BA_GFP_KERNEL, 4);
	steps();
	CHECK_EQ(node->kswapd.order, 0);
	CHECK_EQ(node->kcompactd_max_order, 4);
	nap();
	step();
	node->kcompactd_max_order = 0;
	make_short();
	wake_for(BA_GFP_KERNEL, 4);
	CHECK(step());
	nodes->zone[1].wmark.mark[BA_WMARK_HIGH] -= 11;
	steps();
	CHECK_EQ(node->kcompactd_max_order, 0);
	stop();
}

/* One that is woken and has not run yet remembers the order, and no more. */
TEST(a_second_wake_is_for_the_same_run)
{
	begin(12000);
	nodes->zone[1].wmark.boost = 10;
	wake_for(BA_GFP_KERNEL, 0);
	CHECK(node->kswapd.woken);
	nodes->zone[1].wmark.boost = 0;
	wake_for(BA_GFP_KSWAPD_RECLAIM, 3);
	CHECK_EQ(node->kswapd_order, 3);
	CHECK_EQ(node->kcompactd_max_order, 0);
	stop();
}

/* In a replay nothing of this happens: the trace says what kswapd does. */
TEST(a_traced_kswapd_only_remembers)
{
	begin(0);
	make_short();
	ctx.traced = true;
	wake_for(BA_GFP_KERNEL, 3);
	CHECK_EQ(node->kswapd_order, 3);
	CHECK_EQ(node->kswapd_next_ns, UINT64_MAX);
	CHECK(!node->kswapd.woken);
	stop();
}
