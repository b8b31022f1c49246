// SPDX-License-Identifier: GPL-2.0-only
#include "mm/reclaim.h"

#include "base/rng.h"
#include "mm/kswapd.h"
#include "userpages.h"

static struct ba_profile profile;

static void begin(void)
{
	start(PAGES);
	profile = ba_profile_6_1L;
	ctx.profile = &profile;
	ctx.vm->writeback_ns = 1000000;
	ba_charge_init(&ctx.charge);
}

/* Direct reclaim for a request of these flags and order. */
static uint32_t reclaim(uint32_t gfp, order_t order)
{
	struct ba_alloc request = {
		.gfp = gfp, .order = order,
		.highest_zoneidx = ba_gfp_zone(ba_nodes_types(nodes)->by_gfp,
					       gfp) };

	return ba_try_to_free_pages(&ctx, nodes, &request);
}

TEST(what_could_be_reclaimed_at_best)
{
	const struct ba_zone *zone;

	begin();
	zone = &nodes->zone[1];
	CHECK_EQ(ba_zone_reclaimable_pages(&ctx, zone),
		 ba_vmstat_sum(&zone->buddy.free_pages));
	profile.reclaimable_counts_free = 0;
	CHECK_EQ(ba_zone_reclaimable_pages(&ctx, zone), 0);
	user_pages(3, FILE_PAGE, 0);
	user_pages(4, FILE_PAGE, BA_USE_ACTIVE);
	user_pages(5, ANON_PAGE, 0);
	user_pages(6, ANON_PAGE, BA_USE_ACTIVE);
	CHECK_EQ(ba_zone_reclaimable_pages(&ctx, zone), 7);
	give_swap(1);
	CHECK_EQ(ba_zone_reclaimable_pages(&ctx, zone), 18);
	stop();
}

/*
 * 256 clean inactive pages, 32 wanted. At priority p 1/2^p of what is left:
 *
 *	p       12..9  8  7  6  5  4   3
 *	freed      0   1  1  3  7  15  28      55 in all
 */
TEST(priorities_go_down_until_enough_is_freed)
{
	begin();
	user_pages(256, FILE_PAGE, 0);
	CHECK_EQ(reclaim(BA_GFP_KERNEL, 0), 55);
	CHECK_EQ(lru_pages(BA_LRU_INACTIVE_FILE), 201);
	CHECK_EQ(counted(BA_VM_allocstall), 1);
	CHECK_EQ(counted(BA_VM_pgscan_direct), 55);
	CHECK_EQ(counted(BA_VM_pgsteal_direct), 55);
	/* and what draining the CPU's list costs, which the frees fill */
	CHECK(ctx.charge.path & BA_STEP_DIRECT_RECLAIM);
	CHECK(ctx.charge.latency_ns >= 500 + 10 * BA_COST_RECLAIM_ROUND +
	      55 * (BA_COST_SCAN_PAGE + BA_COST_RECLAIM_PAGE + BA_COST_FREE));
	/* the oldest went */
	CHECK_EQ(state_of(55), BA_HANDLE_EVICTED);
	CHECK_EQ(state_of(56), BA_HANDLE_RESIDENT);
	stop();
}

/* 64 pages of DMA and 512 of DMA32: a request for DMA takes none of these. */
TEST(rc1_pages_of_higher_zones_are_not_reclaimed)
{
	begin();
	for (unsigned int i = 0; i < 64; i++)
		user_block(BA_GFP_DMA, 0, FILE_PAGE, 0);
	user_pages(512, FILE_PAGE, 0);
	CHECK(reclaim(BA_GFP_KERNEL | BA_GFP_DMA, 0) >= 32);
	CHECK(nodes->zone[0].nr_lru[BA_LRU_INACTIVE_FILE] <= 32);
	CHECK_EQ(nodes->zone[1].nr_lru[BA_LRU_INACTIVE_FILE], 512);
	stop();
}

/* Without swap anonymous pages are not even looked at; 6.12 tries twice. */
TEST(nothing_to_reclaim_is_no_progress)
{
	begin();
	user_pages(200, ANON_PAGE, 0);
	CHECK_EQ(reclaim(BA_GFP_KERNEL, 0), 0);
	CHECK_EQ(counted(BA_VM_allocstall), 1);
	CHECK_EQ(counted(BA_VM_pgscan_direct), 0);
	CHECK_EQ(ctx.vm->now_ns, 0);
	profile = ba_profile_6_12L;
	CHECK_EQ(reclaim(BA_GFP_KERNEL, 0), 0);
	CHECK_EQ(counted(BA_VM_allocstall), 3);
	CHECK_EQ(lru_pages(BA_LRU_INACTIVE_ANON), 200);
	stop();
}

/*
 * A request for DMA, where all pages are active. The node has inactive pages
 * enough, in DMA32, so the active ones are spared; nothing is freed. The
 * second time they are deactivated by force, and go.
 */
TEST(spared_active_pages_are_deactivated_by_force)
{
	begin();
	for (unsigned int i = 0; i < 64; i++)
		user_block(BA_GFP_DMA, 0, FILE_PAGE, BA_USE_ACTIVE);
	user_pages(300, FILE_PAGE, 0);
	CHECK(reclaim(BA_GFP_KERNEL | BA_GFP_DMA, 0) > 0);
	CHECK_EQ(counted(BA_VM_allocstall), 2);
	CHECK(counted(BA_VM_pgdeactivate) > 0);
	CHECK_EQ(nodes->zone[1].nr_lru[BA_LRU_INACTIVE_FILE], 300);
	stop();
}

/* In ticks of 4 ms; the work in between takes far less than one. */
static uint64_t ticks_waited(void)
{
	return ctx.vm->now_ns / 4000000;
}

/*
 * Nothing but dirty page cache: the flusher is woken, and at priority 1 the
 * request waits a tick of 4 ms, in which all of it is written. Priority 0
 * finds clean pages. (Zone DMA without a page on a list would count as
 * reclaimable with all its free pages, and nobody would wait.)
 */
TEST(a_request_waits_for_writes)
{
	begin();
	profile.reclaimable_counts_free = 0;
	user_pages(64, FILE_PAGE, BA_USE_DIRTY);
	CHECK(reclaim(BA_GFP_KERNEL, 0) >= 32);
	CHECK_EQ(ticks_waited(), 1);
	CHECK(ctx.charge.latency_ns >= 4000000);
	CHECK_EQ(counted(BA_VM_allocstall), 1);
	CHECK_EQ(ctx.vm->nr_dirty + ctx.vm->nr_writeback, 0);
	stop();
}

/* A slow device: it waits once a round of priorities, and gives up. */
TEST(a_request_does_not_wait_for_ever)
{
	begin();
	profile.reclaimable_counts_free = 0;
	ctx.vm->writeback_ns = UINT64_C(10000000000);
	user_pages(64, FILE_PAGE, BA_USE_DIRTY);
	CHECK_EQ(reclaim(BA_GFP_KERNEL, 0), 0);
	CHECK(counted(BA_VM_allocstall) > 0);
	CHECK_EQ(ticks_waited(), counted(BA_VM_allocstall));
	CHECK_EQ(ctx.vm->nr_writeback, 64);
	stop();
}

/*
 * More anonymous pages than the queue holds, on a slow device: the request
 * waits until the first ones are written, and has pages then.
 */
TEST(a_request_waits_for_room_in_the_queue)
{
	begin();
	ctx.vm->writeback_ns = 300000000;
	give_swap(PAGES);
	user_pages(BA_WRITEBACK_MAX + 100, ANON_PAGE, 0);
	CHECK(reclaim(BA_GFP_KERNEL, 0) >= 32);
	CHECK(ctx.vm->now_ns >= 300000000);
	CHECK(ctx.charge.latency_ns >= 300000000);
	stop();
}

/*
 * GFP_NOIO frees neither dirty page cache nor anonymous pages. With 16 dirty
 * pages of 32 that could be reclaimed time would not help; of 31 it might.
 */
TEST(no_wait_where_little_is_being_written)
{
	begin();
	profile.reclaimable_counts_free = 0;
	give_swap(100);
	user_pages(16, FILE_PAGE, BA_USE_DIRTY);
	user_pages(16, ANON_PAGE, 0);
	CHECK_EQ(reclaim(BA_GFP_NOIO, 0), 0);
	CHECK_EQ(ticks_waited(), 0);
	stop();
	begin();
	profile.reclaimable_counts_free = 0;
	give_swap(100);
	user_pages(16, FILE_PAGE, BA_USE_DIRTY);
	user_pages(15, ANON_PAGE, 0);
	reclaim(BA_GFP_NOIO, 0);
	CHECK(ticks_waited() > 0);
	stop();
}

/* GFP_NOFS takes clean page cache but writes none of it. */
TEST(a_request_without_fs_leaves_dirty_page_cache)
{
	begin();
	user_pages(100, FILE_PAGE, BA_USE_DIRTY);
	user_pages(100, FILE_PAGE, 0);
	ctx.vm->writeback_ns = UINT64_C(10000000000);
	CHECK(reclaim(BA_GFP_NOFS, 0) >= 32);
	CHECK_EQ(ctx.vm->nr_dirty + ctx.vm->nr_writeback, 100);
	stop();
}

/*
 * Both kinds, kswapd at priority 0, target 32: 320 anonymous pages with a
 * copy on swap, 640 of the page cache, all of them to be scanned.
 *
 *	1st round    32 anonymous, 32 page cache: target reached
 *	left         288 and 608: the anonymous ones are left, 89 % of them
 *	             page cache: to 11 %, 70 of 640, of which 32 are done
 *	2nd, 3rd     32 and 6 of the page cache; reached again: the end
 */
TEST(after_the_target_the_rest_is_cut_in_proportion)
{
	struct ba_scan sc = {
		.gfp = BA_GFP_KERNEL, .reclaim_idx = BA_ZONE_NORMAL,
		.kswapd = true, .may_swap = true, .may_writepage = true,
		.nr_to_reclaim = 32 };

	begin();
	give_swap(1000);
	user_pages(320, ANON_PAGE, 0);
	for (uint32_t handle = 1; handle <= 320; handle++) {
		ba_rmap_add_to_swap(&ctx, handle);
		ba_rmap_use(&ctx, pfn_of(handle), 0, BA_USE_DIRTY);
	}
	user_pages(640, FILE_PAGE, 0);
	ba_shrink_node(&ctx, nodes, 0, &sc);
	CHECK_EQ(lru_pages(BA_LRU_INACTIVE_ANON), 288);
	CHECK_EQ(lru_pages(BA_LRU_INACTIVE_FILE), 576);
	CHECK_EQ(sc.nr_reclaimed, 96);
	stop();
}

/*
 * 270336 pages of the cache: 66 of them are the count at priority 12, and all
 * are freed, though 32 would do. At 11, 131 of those left; two batches do.
 */
TEST(a_request_at_priority_12_goes_on_to_the_end)
{
	struct ba_scan sc = {
		.gfp = BA_GFP_KERNEL, .reclaim_idx = BA_ZONE_NORMAL,
		.priority = BA_DEF_PRIORITY, .may_swap = true,
		.may_writepage = true, .nr_to_reclaim = 33 };

	start(300000);
	user_pages(270336, FILE_PAGE, 0);
	ba_shrink_node(&ctx, nodes, 0, &sc);
	CHECK_EQ(sc.nr_reclaimed, 66);
	sc.nr_reclaimed = 0;
	sc.priority = BA_DEF_PRIORITY - 1;
	ba_shrink_node(&ctx, nodes, 0, &sc);
	CHECK_EQ(sc.nr_reclaimed, 64);
	stop();
}

/* kswapd notes what it meets on the node. */
TEST(kswapd_learns_about_dirty_pages)
{
	struct ba_scan sc = {
		.gfp = BA_GFP_KERNEL, .reclaim_idx = BA_ZONE_NORMAL,
		.kswapd = true, .may_swap = true, .may_writepage = true,
		.nr_to_reclaim = 32, .force_deactivate = true };
	struct ba_node *node;

	begin();
	node = &nodes->node[0];
	user_pages(32, FILE_PAGE, BA_USE_DIRTY);
	ba_shrink_node(&ctx, nodes, 0, &sc);
	CHECK_EQ(node->reclaim_flags, BA_NODE_DIRTY);
	CHECK_EQ(ba_writeback_flush(&ctx, nodes, 0, 100), 32);
	/* seen again under writeback, for the second time: congested */
	ba_shrink_node(&ctx, nodes, 0, &sc);	/* back to inactive */
	ba_shrink_node(&ctx, nodes, 0, &sc);
	CHECK(node->reclaim_flags & BA_NODE_WRITEBACK);
	CHECK(node->reclaim_flags & BA_NODE_CONGESTED);
	CHECK_EQ(node->kswapd_next_ns, UINT64_MAX);
	/* and once more: kswapd waits, here until the only write is due */
	ba_shrink_node(&ctx, nodes, 0, &sc);
	ba_shrink_node(&ctx, nodes, 0, &sc);
	CHECK_EQ(node->kswapd_next_ns, 100000000);
	node->reclaim_flags = 0;
	node->kswapd_next_ns = UINT64_MAX;
	stop();
}

/* kswapd stops there, too: its next round begins after the first write. */
TEST(kswapd_waits_for_room_in_the_queue)
{
	struct ba_scan sc = {
		.gfp = BA_GFP_KERNEL, .reclaim_idx = BA_ZONE_NORMAL,
		.kswapd = true, .may_swap = true, .may_writepage = true,
		.nr_to_reclaim = 32 };

	begin();
	give_swap(PAGES);
	user_pages(BA_WRITEBACK_MAX, ANON_PAGE, 0);
	ba_shrink_node(&ctx, nodes, 0, &sc);
	CHECK_EQ(nodes->node[0].kswapd_next_ns, UINT64_MAX);
	user_pages(1000, ANON_PAGE, 0);
	sc.nr_scanned = 0;
	ba_shrink_node(&ctx, nodes, 0, &sc);
	CHECK_EQ(nodes->node[0].kswapd_next_ns, 1000000);
	/* those on their way, and one batch of those behind them */
	CHECK_EQ(sc.nr_scanned, BA_WRITEBACK_MAX + 32);
	nodes->node[0].kswapd_next_ns = UINT64_MAX;
	stop();
}

/*
 * Order 9 on an empty machine: compaction has room enough, so nothing is
 * reclaimed; order 3 is reclaimed for as order 0 is.
 */
TEST(costly_orders_are_left_to_compaction)
{
	begin();
	user_pages(256, FILE_PAGE, 0);
	CHECK_EQ(reclaim(BA_GFP_KERNEL, 9), 1);
	CHECK_EQ(lru_pages(BA_LRU_INACTIVE_FILE), 256);
	CHECK_EQ(reclaim(BA_GFP_KERNEL, 3), 55);
	/* it may not compact without __GFP_IO */
	CHECK(reclaim(BA_GFP_NOIO, 9) > 1);
	stop();
}

/* Direct reclaim that frees something gives kswapd new hope. */
TEST(progress_revives_kswapd)
{
	begin();
	nodes->node[0].kswapd_failures = 16;
	CHECK_EQ(reclaim(BA_GFP_KERNEL, 0), 0);
	CHECK_EQ(nodes->node[0].kswapd_failures, 16);
	user_pages(100, FILE_PAGE, 0);
	CHECK(reclaim(BA_GFP_KERNEL, 0) > 0);
	CHECK_EQ(nodes->node[0].kswapd_failures, 0);
	stop();
}

#define STEPS	ROUNDS(120000u)
#define EVERY	80u	/* steps from one check to the next */

static uint32_t below(struct ba_rng *rng, uint32_t n)
{
	return (uint32_t)(ba_rng_next(rng) % n);
}

static void give_up(uint32_t handle)
{
	pfn_t pfn = pfn_of(handle);
	order_t order = ctx.handles[handle].order;

	if (state_of(handle) == BA_HANDLE_RESIDENT) {
		ba_writeback_forget(&ctx, handle);
		ba_lru_del(&ctx, nodes, pfn);
		ba_rmap_unset(&ctx, handle, BA_HANDLE_EVICTED);
		CHECK_EQ(release(pfn, order), BA_OK);
	}
	ba_rmap_forget(&ctx, handle);
}

/* Read or write, and read back what was reclaimed if there is memory. */
static void touch(struct ba_rng *rng, uint32_t handle)
{
	pfn_t pfn;

	if (state_of(handle) != BA_HANDLE_RESIDENT) {
		pfn = alloc(MOVABLE, ctx.handles[handle].order);
		if (pfn == BA_PFN_NONE)
			return;
		ba_rmap_set(&ctx, handle, pfn);
		ba_lru_add(&ctx, nodes, pfn);
	}
	if (below(rng, 2))
		ba_rmap_dirty(&ctx, handle);
	if (use_of(handle) & BA_USE_ANON || below(rng, 3) == 0)
		ba_rmap_use(&ctx, pfn_of(handle), BA_USE_YOUNG, 0);
	else
		ba_lru_mark_accessed(&ctx, nodes, pfn_of(handle));
}

static void reclaim_something(struct ba_rng *rng)
{
	static const uint32_t gfp[] = {
		BA_GFP_KERNEL, BA_GFP_NOFS, BA_GFP_NOIO,
		BA_GFP_KERNEL | BA_GFP_DMA };

	reclaim(gfp[below(rng, 4)], (order_t)below(rng, 10));
}

/* kswapd, the writes and time. */
static void background(struct ba_rng *rng)
{
	uint64_t due = ba_writeback_next_due(&ctx);

	if (below(rng, 40) == 0)
		nodes->zone[1].wmark.boost = 600;
	if (below(rng, 2))
		ba_kswapd_wake(&ctx, nodes, &nodes->zone[1], BA_GFP_KERNEL,
			       (order_t)below(rng, 4), BA_ZONE_NORMAL);
	if (due < ctx.vm->now_ns + 3000000)
		ctx.vm->now_ns = due > ctx.vm->now_ns ? due : ctx.vm->now_ns;
	else
		ctx.vm->now_ns += below(rng, 3000000);
	ba_writeback_run(&ctx, nodes);
	ba_kswapd_step(&ctx, nodes, 0);
	if (below(rng, 50) == 0)
		ba_writeback_flush(&ctx, nodes, 0, below(rng, 2000));
}

static void random_step(struct ba_rng *rng, uint32_t *handles, uint32_t max)
{
	uint32_t *handle = &handles[below(rng, max)];
	uint32_t what = below(rng, 100);

	if (what < 10)
		background(rng);
	else if (what < 12)
		reclaim_something(rng);
	else if (!*handle && below(rng, 300) == 0)
		*handle = user_block(MOVABLE | BA_GFP_COMP, 9, ANON_PAGE, 0);
	else if (!*handle)
		*handle = user_page(below(rng, 2) ? ANON_PAGE : FILE_PAGE, 0);
	else if (what < 40) {
		give_up(*handle);
		*handle = 0;
	} else
		touch(rng, *handle);
}

/* All invariants, and no page is lost: R1, U1, U2, V1..V3, K1, K2 ... */
static bool all_is_well(int64_t pages)
{
	const char *broken;
	uint8_t zone;
	int64_t resident = 0;

	broken = ba_machine_check(&machine, &zone);
	for (uint32_t i = 1; i <= ctx.vm->nr_handles; i++)
		if (state_of(i) == BA_HANDLE_RESIDENT)
			resident += INT64_C(1) << ctx.handles[i].order;
	return CHECK_STR_EQ(broken, NULL) &&
	       CHECK_EQ(free_pages() + resident, pages);
}

static void random_work(const struct ba_profile *of, uint64_t seed,
			uint64_t swap)
{
	static uint32_t handles[20000];
	struct ba_rng rng;
	int64_t pages;

	begin();
	profile = *of;
	give_swap(swap);
	ba_rng_init(&rng, seed, 0);
	memset(handles, 0, sizeof(handles));
	pages = free_pages();
	/* memory nearly full, so that there is something to reclaim */
	for (uint32_t i = 0; i < 15500; i++)
		handles[i] = user_page(below(&rng, 3) ? FILE_PAGE : ANON_PAGE,
				       0);
	for (uint32_t step = 0; step < STEPS; step += EVERY) {
		for (unsigned int i = 0; i < EVERY; i++)
			random_step(&rng, handles, 20000);
		if (!all_is_well(pages))
			break;
	}
	CHECK(counted(BA_VM_pgsteal_direct) > 0);
	CHECK(counted(BA_VM_pgsteal_kswapd) > 0);
	CHECK((counted(BA_VM_pswpout) > 0) == (swap > 0));
	stop();
}

TEST(random_work_with_swap)
{
	random_work(&ba_profile_6_1L, 1, 3000);
}

TEST(random_work_without_swap)
{
	random_work(&ba_profile_6_12L, 2, 0);
}

TEST(random_work_with_much_swap)
{
	random_work(&ba_profile_6_12L, 3, 100000);
}
