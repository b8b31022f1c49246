// SPDX-License-Identifier: GPL-2.0-only
#include "mm/shrink.h"

#include "userpages.h"

static struct ba_profile profile;

/* A direct reclaimer of GFP_KERNEL that may do anything. */
static struct ba_scan direct(void)
{
	return (struct ba_scan){
		.gfp = BA_GFP_KERNEL, .reclaim_idx = BA_ZONE_NORMAL,
		.priority = BA_DEF_PRIORITY, .may_swap = true,
		.may_writepage = true, .may_deactivate = { true, true } };
}

static void begin(void)
{
	start(PAGES);
	profile = ba_profile_6_1L;
	ctx.profile = &profile;
}

static uint64_t shrink(enum ba_lru_list list, uint64_t nr, struct ba_scan *sc)
{
	return ba_shrink_list(&ctx, nodes, 0, list, nr, sc);
}

/*
 *	page  bits                 goes
 *	 1                         free
 *	 2    YOUNG                kept: head, and marked
 *	 3    REFERENCED           free: system calls alone do not keep it
 *	 4    YOUNG REFERENCED     active
 *	 5    DIRTY                active, the flusher will see to it
 *	 6                         not looked at: 5 pages are asked for
 */
TEST(page_cache_has_a_second_chance)
{
	struct ba_scan sc = direct();

	begin();
	user_page(FILE_PAGE, 0);
	user_page(FILE_PAGE, BA_USE_YOUNG);
	user_page(FILE_PAGE, BA_USE_REFERENCED);
	user_page(FILE_PAGE, BA_USE_YOUNG | BA_USE_REFERENCED);
	user_page(FILE_PAGE, BA_USE_DIRTY);
	user_page(FILE_PAGE, 0);
	CHECK_EQ(shrink(BA_LRU_INACTIVE_FILE, 5, &sc), 2);
	CHECK_STR_EQ(lru(BA_LRU_INACTIVE_FILE), "2 6");
	CHECK_STR_EQ(lru(BA_LRU_ACTIVE_FILE), "5 4");
	CHECK_EQ(state_of(1), BA_HANDLE_EVICTED);
	CHECK_EQ(state_of(3), BA_HANDLE_EVICTED);
	CHECK_EQ(use_of(2), BA_USE_REFERENCED);
	CHECK_EQ(use_of(4), BA_USE_REFERENCED | BA_USE_ACTIVE);
	CHECK_EQ(use_of(5), BA_USE_DIRTY | BA_USE_RECLAIM | BA_USE_ACTIVE);
	CHECK_EQ(sc.nr_scanned, 5);
	CHECK_EQ(sc.nr.taken, 5);
	CHECK_EQ(sc.nr.file_taken, 5);
	CHECK_EQ(sc.nr.dirty, 1);
	CHECK_EQ(sc.nr.unqueued_dirty, 1);
	CHECK_EQ(counted(BA_VM_pgscan_direct), 5);
	CHECK_EQ(counted(BA_VM_pgscan_file), 5);
	CHECK_EQ(counted(BA_VM_pgsteal_direct), 2);
	CHECK_EQ(counted(BA_VM_pgsteal_file), 2);
	CHECK_EQ(counted(BA_VM_pgactivate), 2);
	CHECK_EQ(counted(BA_VM_nr_vmscan_immediate_reclaim), 1);
	CHECK(!ctx.vm->flush_wanted);
	stop();
}

/* An anonymous page that was touched twice, and one by a call only. */
TEST(anonymous_pages_go_by_their_mappings)
{
	struct ba_scan sc = direct();

	begin();
	give_swap(100);
	user_page(ANON_PAGE, BA_USE_YOUNG);
	user_page(ANON_PAGE, BA_USE_YOUNG | BA_USE_REFERENCED);
	user_page(ANON_PAGE, BA_USE_REFERENCED);
	CHECK_EQ(shrink(BA_LRU_INACTIVE_ANON, 32, &sc), 0);
	CHECK_STR_EQ(lru(BA_LRU_INACTIVE_ANON), "3 1");
	CHECK_STR_EQ(lru(BA_LRU_ACTIVE_ANON), "2");
	CHECK_EQ(use_of(1), BA_USE_ANON | BA_USE_REFERENCED);
	/* 3 is on its way to swap */
	CHECK_EQ(use_of(3), BA_USE_ANON | BA_USE_WRITEBACK | BA_USE_RECLAIM);
	stop();
}

/*
 * Two slots of swap. 1 is sent, 2 is sent, 3 finds none and is activated.
 * When 1 and 2 are written they stand at the tail and go without a write.
 */
TEST(anonymous_pages_are_written_to_swap_and_then_freed)
{
	struct ba_scan sc = direct();
	pfn_t pfn;

	begin();
	ctx.vm->writeback_ns = 1000;
	give_swap(2);
	user_pages(4, ANON_PAGE, 0);
	CHECK_EQ(shrink(BA_LRU_INACTIVE_ANON, 3, &sc), 0);
	CHECK_STR_EQ(lru(BA_LRU_INACTIVE_ANON), "2 1 4");
	CHECK_STR_EQ(lru(BA_LRU_ACTIVE_ANON), "3");
	CHECK_EQ(ctx.vm->swap_free, 0);
	CHECK_EQ(counted(BA_VM_nr_vmscan_write), 2);
	CHECK_EQ(counted(BA_VM_pswpout), 2);
	CHECK_EQ(nodes->node[0].lruvec.anon_cost, 1);	/* 2, halved */
	ctx.vm->now_ns = 1000;
	ba_writeback_run(&ctx, nodes);
	CHECK_STR_EQ(lru(BA_LRU_INACTIVE_ANON), "4 1 2");
	CHECK_EQ(use_of(1), BA_USE_ANON);
	pfn = pfn_of(1);
	CHECK_EQ(shrink(BA_LRU_INACTIVE_ANON, 2, &sc), 2);
	CHECK_EQ(state_of(1), BA_HANDLE_SWAPPED);
	CHECK_EQ(state_of(2), BA_HANDLE_SWAPPED);
	CHECK_EQ(ctx.vm->swap_free, 0);
	CHECK_EQ(counted(BA_VM_pswpout), 2);
	CHECK_EQ(counted(BA_VM_pgsteal_anon), 2);
	/* 1 comes back by a read: it may go again without a write */
	pfn = alloc(MOVABLE, 0);
	ba_rmap_set(&ctx, 1, pfn);
	ba_lru_add_tail(&ctx, nodes, pfn);
	CHECK_EQ(shrink(BA_LRU_INACTIVE_ANON, 1, &sc), 1);
	CHECK_EQ(state_of(1), BA_HANDLE_SWAPPED);
	CHECK_EQ(counted(BA_VM_pswpout), 2);
	stop();
}

/* A page that cannot be sent gets no slot, which another might have used. */
TEST(a_full_queue_takes_no_swap)
{
	struct ba_scan sc = direct();

	begin();
	give_swap(BA_WRITEBACK_MAX + 10);
	user_pages(BA_WRITEBACK_MAX + 2, ANON_PAGE, 0);
	for (uint32_t i = 0; i < BA_WRITEBACK_MAX; i += 32)
		shrink(BA_LRU_INACTIVE_ANON, 32, &sc);
	CHECK(!sc.queue_full);
	shrink(BA_LRU_INACTIVE_ANON, 2, &sc);
	CHECK(sc.queue_full);
	CHECK_EQ(ctx.vm->swap_free, 10);
	CHECK_EQ(ctx.handles[BA_WRITEBACK_MAX + 1].swap, 0);
	stop();
}

/*
 *	request     no slot yet                  slot, dirty
 *	NOIO        kept, and gets no slot       kept
 *	NOFS        sent: swap is no file        sent
 */
TEST(requests_without_io_do_not_swap)
{
	struct ba_scan sc = direct();

	begin();
	give_swap(100);
	user_pages(2, ANON_PAGE, 0);
	ba_rmap_add_to_swap(&ctx, 2);
	sc.gfp = BA_GFP_NOIO;
	CHECK_EQ(shrink(BA_LRU_INACTIVE_ANON, 32, &sc), 0);
	CHECK_STR_EQ(lru(BA_LRU_INACTIVE_ANON), "2 1");
	CHECK_EQ(ctx.vm->swap_free, 99);
	CHECK_EQ(ctx.vm->nr_writeback, 0);
	sc.gfp = BA_GFP_NOFS;
	sc.may_writepage = false;
	CHECK_EQ(shrink(BA_LRU_INACTIVE_ANON, 32, &sc), 0);
	CHECK_EQ(ctx.vm->nr_writeback, 0);
	sc.may_writepage = true;
	CHECK_EQ(shrink(BA_LRU_INACTIVE_ANON, 32, &sc), 0);
	CHECK_EQ(ctx.vm->nr_writeback, 2);
	CHECK_EQ(ctx.vm->swap_free, 98);
	stop();
}

/* Half of the swap in use: who is activated gives its slot back. */
TEST(full_swap_takes_slots_from_active_pages)
{
	struct ba_scan sc = direct();

	begin();
	give_swap(4);
	user_pages(3, ANON_PAGE, BA_USE_YOUNG | BA_USE_REFERENCED);
	for (uint32_t handle = 1; handle <= 3; handle++)
		ba_rmap_add_to_swap(&ctx, handle);
	for (uint32_t handle = 1; handle <= 3; handle++)
		ba_rmap_use(&ctx, pfn_of(handle), 0, BA_USE_DIRTY);
	CHECK_EQ(shrink(BA_LRU_INACTIVE_ANON, 32, &sc), 0);
	CHECK_STR_EQ(lru(BA_LRU_ACTIVE_ANON), "3 2 1");
	/* the first one freed its slot; then just half was in use */
	CHECK_EQ(ctx.vm->swap_free, 2);
	CHECK_EQ(use_of(1), BA_USE_ANON | BA_USE_ACTIVE | BA_USE_REFERENCED |
			    BA_USE_DIRTY);
	CHECK_EQ(ctx.handles[2].swap, 1);
	stop();
}

/*
 * Pages being written are activated, out of the way, and marked. kswapd that
 * meets them for the second time, where all was under writeback, notes that
 * it should wait.
 */
TEST(pages_under_writeback_are_put_off)
{
	struct ba_scan sc = direct();

	begin();
	user_pages(2, FILE_PAGE, BA_USE_DIRTY);
	ba_writeback_start(&ctx, pfn_of(1));
	ba_writeback_start(&ctx, pfn_of(2));
	ba_rmap_use(&ctx, pfn_of(2), BA_USE_RECLAIM, 0);
	CHECK_EQ(shrink(BA_LRU_INACTIVE_FILE, 2, &sc), 0);
	CHECK_STR_EQ(lru(BA_LRU_ACTIVE_FILE), "2 1");
	CHECK_EQ(use_of(1), BA_USE_WRITEBACK | BA_USE_RECLAIM | BA_USE_ACTIVE);
	CHECK_EQ(sc.nr.writeback, 2);
	CHECK_EQ(sc.nr.immediate, 0);
	CHECK_EQ(sc.nr.congested, 1);
	CHECK_EQ(sc.nr.dirty, 2);
	CHECK_EQ(sc.nr.unqueued_dirty, 0);
	/* they are on their way: no work for the flusher */
	CHECK(!ctx.vm->flush_wanted);

	CHECK_EQ(shrink(BA_LRU_ACTIVE_FILE, 2, &sc), 0);
	user_page(FILE_PAGE, BA_USE_DIRTY);
	ba_writeback_start(&ctx, pfn_of(3));
	sc = direct();
	sc.kswapd = true;
	nodes->node[0].reclaim_flags = BA_NODE_WRITEBACK;
	CHECK_EQ(shrink(BA_LRU_INACTIVE_FILE, 3, &sc), 0);
	CHECK_EQ(sc.nr.immediate, 2);
	CHECK_EQ(sc.nr.writeback, 1);
	CHECK_EQ(counted(BA_VM_pgscan_kswapd), 3);
	stop();
}

/* Nothing but dirty pages that nobody writes: the flusher is woken. */
TEST(dirty_page_cache_wakes_the_flusher)
{
	struct ba_scan sc = direct();

	begin();
	user_pages(3, FILE_PAGE, BA_USE_DIRTY);
	CHECK_EQ(shrink(BA_LRU_INACTIVE_FILE, 32, &sc), 0);
	CHECK(ctx.vm->flush_wanted);
	CHECK_EQ(ctx.vm->nr_writeback, 0);
	stop();
}

/*
 * kswapd writes dirty page cache if it sees a page again on a node where all
 * of it was dirty. In 6.12 the file system does not let it: activated.
 */
TEST(kswapd_writes_page_cache_as_a_last_resort)
{
	struct ba_scan sc = direct();
	const uint8_t seen = BA_USE_DIRTY | BA_USE_RECLAIM;

	begin();
	sc.kswapd = true;
	user_page(FILE_PAGE, seen);
	CHECK_EQ(shrink(BA_LRU_INACTIVE_FILE, 32, &sc), 0);
	CHECK_STR_EQ(lru(BA_LRU_ACTIVE_FILE), "1");
	nodes->node[0].reclaim_flags = BA_NODE_DIRTY;
	user_page(FILE_PAGE, seen);
	user_page(FILE_PAGE, BA_USE_DIRTY);
	user_page(FILE_PAGE, seen | BA_USE_REFERENCED);
	CHECK_EQ(shrink(BA_LRU_INACTIVE_FILE, 32, &sc), 0);
	CHECK_EQ(use_of(2), BA_USE_WRITEBACK | BA_USE_RECLAIM);
	CHECK_EQ(use_of(3), seen | BA_USE_ACTIVE);
	/* a call used it: let it stay until the flusher comes */
	CHECK_EQ(use_of(4), seen);
	CHECK_STR_EQ(lru(BA_LRU_INACTIVE_FILE), "4 2");
	CHECK_STR_EQ(lru(BA_LRU_ACTIVE_FILE), "3 1");
	/* not one that may not enter the file system, were there one */
	user_page(FILE_PAGE, seen);
	sc.gfp = BA_GFP_NOFS;
	CHECK_EQ(shrink(BA_LRU_INACTIVE_FILE, 32, &sc), 0);
	CHECK_EQ(use_of(5), seen);
	sc.gfp = BA_GFP_KERNEL;
	profile = ba_profile_6_12L;
	CHECK_EQ(shrink(BA_LRU_INACTIVE_FILE, 32, &sc), 0);
	CHECK_EQ(use_of(5), seen | BA_USE_ACTIVE);
	stop();
}

/*
 * For DMA, pages of DMA32 are passed over and go to the head, in their order;
 * they do not count among the 2 that are asked for.
 *
 *	head 6d 5 4d 3 2 1d tail    d: DMA
 *	1d and 4d are taken, 2 and 3 on the way: head 3 2 6d 5 tail
 */
TEST(pages_of_higher_zones_are_skipped)
{
	struct ba_scan sc = direct();

	begin();
	user_block(BA_GFP_DMA, 0, FILE_PAGE, 0);
	user_page(FILE_PAGE, 0);
	user_page(FILE_PAGE, 0);
	user_block(BA_GFP_DMA, 0, FILE_PAGE, 0);
	user_page(FILE_PAGE, 0);
	user_block(BA_GFP_DMA, 0, FILE_PAGE, 0);
	sc.reclaim_idx = BA_ZONE_DMA;
	CHECK_EQ(shrink(BA_LRU_INACTIVE_FILE, 2, &sc), 2);
	CHECK_EQ(state_of(1), BA_HANDLE_EVICTED);
	CHECK_EQ(state_of(4), BA_HANDLE_EVICTED);
	CHECK_STR_EQ(lru(BA_LRU_INACTIVE_FILE), "3 2 6 5");
	CHECK_EQ(sc.nr_scanned, 2);
	CHECK_EQ(sc.nr.taken, 2);
	CHECK_EQ(counted(BA_VM_pgscan_direct), 4);
	CHECK_EQ(counted(BA_VM_pgscan_skip), 2);
	/* the whole list was passed over: as it was */
	CHECK_EQ(shrink(BA_LRU_INACTIVE_FILE, 32, &sc), 1);
	CHECK_STR_EQ(lru(BA_LRU_INACTIVE_FILE), "3 2 5");
	CHECK_EQ(shrink(BA_LRU_INACTIVE_FILE, 32, &sc), 0);
	CHECK_STR_EQ(lru(BA_LRU_INACTIVE_FILE), "3 2 5");
	stop();
}

/* The mark of a system call stays, that of the mapping does not. */
TEST(an_active_list_gives_its_oldest_pages)
{
	struct ba_scan sc = direct();

	begin();
	user_page(FILE_PAGE, 0);
	user_page(FILE_PAGE, BA_USE_ACTIVE | BA_USE_YOUNG);
	user_page(FILE_PAGE, BA_USE_ACTIVE | BA_USE_REFERENCED);
	user_page(FILE_PAGE, BA_USE_ACTIVE);
	CHECK_EQ(shrink(BA_LRU_ACTIVE_FILE, 2, &sc), 0);
	CHECK_STR_EQ(lru(BA_LRU_ACTIVE_FILE), "4");
	CHECK_STR_EQ(lru(BA_LRU_INACTIVE_FILE), "3 2 1");
	CHECK_EQ(use_of(2), 0);
	CHECK_EQ(use_of(3), BA_USE_REFERENCED);
	CHECK_EQ(counted(BA_VM_pgrefill), 2);
	CHECK_EQ(counted(BA_VM_pgdeactivate), 2);
	CHECK(!sc.skipped_deactivate);
	sc.may_deactivate[1] = false;
	CHECK_EQ(shrink(BA_LRU_ACTIVE_FILE, 2, &sc), 0);
	CHECK_STR_EQ(lru(BA_LRU_ACTIVE_FILE), "4");
	CHECK(sc.skipped_deactivate);
	stop();
}

/* 33 active anonymous pages and none inactive: 32 of them follow. */
TEST(anonymous_pages_age_while_there_is_swap)
{
	struct ba_scan sc = direct();

	begin();
	user_pages(33, ANON_PAGE, BA_USE_ACTIVE);
	ba_age_anon(&ctx, nodes, 0, &sc);
	CHECK_EQ(lru_pages(BA_LRU_ACTIVE_ANON), 33);
	ctx.vm->swap_total = 1;		/* all of it in use does as well */
	ba_age_anon(&ctx, nodes, 0, &sc);
	CHECK_EQ(lru_pages(BA_LRU_ACTIVE_ANON), 1);
	ba_age_anon(&ctx, nodes, 0, &sc);
	CHECK_EQ(lru_pages(BA_LRU_ACTIVE_ANON), 1);
	ctx.vm->swap_total = 0;
	stop();
}

/* The pages of the CPU's movable list, the hottest first, by their places. */
static const char *pcp_list(const pfn_t *pfns, uint32_t nr)
{
	static char text[100];
	const struct ba_list *list =
		&nodes->zone[1].pcp[0].list[BA_MT_MOVABLE];
	size_t len = 0;
	uint32_t seen = 0;

	text[0] = '\0';
	for (pfn_t pfn = list->head; pfn != BA_PFN_NONE && seen < nr;
	     pfn = ba_list_next(ba_frame_links(ctx.frames), pfn), seen++)
		for (uint32_t i = 0; i < nr; i++)
			if (pfns[i] == pfn)
				len += (size_t)snprintf(text + len, 10, "%s%u",
							len ? " " : "", i + 1);
	return text;
}

/*
 * Pages 1, 2, 3 go in this order. 6.1 frees the last one first, so 1 is the
 * hottest on the CPU's list; 6.12 frees them in order.
 */
TEST(freed_pages_reach_the_cpu_in_the_kernels_order)
{
	struct ba_scan sc = direct();
	pfn_t pfns[3];

	begin();
	for (unsigned int i = 0; i < 2; i++) {
		user_pages(3, FILE_PAGE, 0);
		pfns[0] = nodes->node[0].lruvec
			.list[BA_LRU_INACTIVE_FILE].tail;
		pfns[1] = ba_list_prev(ba_frame_links(ctx.frames), pfns[0]);
		pfns[2] = ba_list_prev(ba_frame_links(ctx.frames), pfns[1]);
		CHECK_EQ(shrink(BA_LRU_INACTIVE_FILE, 32, &sc), 3);
		CHECK_STR_EQ(pcp_list(pfns, 3), i ? "3 2 1" : "1 2 3");
		profile.batched_folios = 1;
	}
	stop();
}

/* A huge page counts as 512, is written and freed as one. */
TEST(a_huge_page_goes_as_one)
{
	for (unsigned int batched = 0; batched < 2; batched++) {
		struct ba_scan sc = direct();

		begin();
		profile.batched_folios = (uint8_t)batched;
		ctx.vm->writeback_ns = 1000;
		give_swap(700);
		user_page(ANON_PAGE, 0);
		user_block(MOVABLE | BA_GFP_COMP, 9, ANON_PAGE, 0);
		user_block(MOVABLE | BA_GFP_COMP, 9, ANON_PAGE, 0);
		/* 1 and 512 are more than 32: the third is not looked at */
		CHECK_EQ(shrink(BA_LRU_INACTIVE_ANON, 32, &sc), 0);
		CHECK_EQ(sc.nr_scanned, 513);
		CHECK_EQ(ctx.vm->nr_writeback, 513);
		CHECK_EQ(counted(BA_VM_thp_swpout), 1);
		ba_writeback_wait(&ctx, nodes, 1000);
		CHECK_STR_EQ(lru(BA_LRU_INACTIVE_ANON), "3 1 2");
		CHECK_EQ(shrink(BA_LRU_INACTIVE_ANON, 32, &sc), 512);
		CHECK_EQ(state_of(2), BA_HANDLE_SWAPPED);
		CHECK_EQ(shrink(BA_LRU_INACTIVE_ANON, 32, &sc), 1);
		/* 187 slots are not enough for the other one */
		CHECK_EQ(shrink(BA_LRU_ACTIVE_ANON, 32, &sc), 0);
		CHECK_EQ(shrink(BA_LRU_INACTIVE_ANON, 32, &sc), 0);
		CHECK_STR_EQ(lru(BA_LRU_ACTIVE_ANON), "3");
		CHECK_EQ(ctx.vm->swap_free, 187);
		stop();
	}
}

/* 40 pages: 6.12 frees 31 of them, then the rest of the batch of 32. */
TEST(what_a_batch_costs)
{
	struct ba_scan sc = direct();

	begin();
	user_pages(40, FILE_PAGE, 0);
	profile.batched_folios = 1;
	ctx.charge.latency_ns = 0;
	CHECK_EQ(shrink(BA_LRU_INACTIVE_FILE, 32, &sc), 32);
	CHECK_EQ(lru_pages(BA_LRU_INACTIVE_FILE), 8);
	CHECK(ctx.charge.latency_ns >=
	      32 * (BA_COST_SCAN_PAGE + BA_COST_RECLAIM_PAGE + BA_COST_FREE));
	stop();
}
