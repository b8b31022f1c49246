// SPDX-License-Identifier: GPL-2.0-only
#include "mm/compaction.h"

#include "base/rng.h"
#include "mm/kcompactd.h"
#include "mm/page_alloc.h"
#include "mm/user.h"

#include "hand.h"

#define M BA_MT_MOVABLE
#define THP_GFP (BA_GFP_IO | BA_GFP_FS | BA_GFP_DIRECT_RECLAIM | \
		 BA_GFP_MOVABLE | BA_GFP_HIGHMEM)

static struct ba_alloc request(order_t order, uint8_t type)
{
	return (struct ba_alloc){ .gfp = THP_GFP, .order = order,
				  .type = type,
				  .highest_zoneidx = BA_ZONE_MOVABLE };
}

/*
 * Pageblock 1: in each 8 frames a page and free blocks of 1, 2 and 4.
 * Pageblocks 13 to 15: every other frame is free. The rest stays.
 */
static void fill(struct hand *h, uint32_t handle[64])
{
	for (pfn_t pfn = 6656; pfn < 8192; pfn += 2)
		hand_free(h, pfn, 0);
	for (unsigned int k = 0; k < 64; k++) {
		pfn_t pfn = 512 + 8 * k;

		handle[k] = hand_user(h, pfn, 0, true);
		hand_free(h, pfn + 1, 0);
		hand_free(h, pfn + 2, 1);
		hand_free(h, pfn + 4, 2);
	}
}

/*
 * Two turns of 32 pages. Each looks for 32 targets: one from the tail of the
 * list of order 0 (8190, then 8188), the others from the pageblock around it,
 * 7680, 7682 ... Then the per-CPU list is drained, pageblock 1 is whole, and
 * the request keeps it.
 *
 *	page            512   520 .. 760   768   776 .. 1016
 *	to in 6.1      8190  7680 .. 7740  8188  7742 .. 7802
 *	to in 6.12     7740  7738 .. 8190  7802  7800 .. 8188
 */
TEST(a_request_of_order_9_gets_a_pageblock)
{
	for (int old = 0; old < 2; old++) {
		struct hand h = hand_new(old);
		struct ba_alloc r = request(9, M);
		uint64_t *event = h.ctx.vm->event;
		uint32_t a[64];
		pfn_t got;

		fill(&h, a);
		CHECK_EQ(ba_try_to_compact_pages(&h.ctx, h.nodes, &r,
				BA_COMPACT_PRIO_SYNC_LIGHT, &got),
			 BA_COMPACT_SUCCESS);
		CHECK_EQ(got, 512);
		CHECK_EQ(h.ctx.frames[512].order, 9);
		CHECK_EQ(hand_pfn(&h, a[0]), old ? 8190 : 7740);
		CHECK_EQ(hand_pfn(&h, a[1]), old ? 7680 : 7738);
		CHECK_EQ(hand_pfn(&h, a[31]), old ? 7740 : 8190);
		CHECK_EQ(hand_pfn(&h, a[32]), old ? 8188 : 7802);
		CHECK_EQ(hand_pfn(&h, a[33]), old ? 7742 : 7800);
		CHECK_EQ(hand_pfn(&h, a[63]), old ? 7802 : 8188);
		CHECK_EQ(event[BA_VM_pgmigrate_success], 64);
		CHECK_EQ(event[BA_VM_compact_isolated], 128);
		CHECK_EQ(ba_vmstat_sum(&h.zone->buddy.free_pages),
			 768 + 448 - 512);
		CHECK_EQ(h.zone->compact.order_failed, 10);
		CHECK_EQ(h.zone->pcp[0].count, 0);
		CHECK(h.ctx.charge.path & BA_STEP_COMPACTION);
		CHECK(!h.ctx.capture);
		/* 6.12 sees only after the next page that it has it */
		CHECK_EQ(h.zone->compact.blockskip_flush, old ? 0 : 1);
		ba_alloc_captured(&h.ctx, got, 9, THP_GFP);
		CHECK_STR_EQ(hand_check(&h), NULL);
		hand_stop(&h);
	}
}

/* Nothing to move: the scanners meet, and the next tries are put off. */
TEST(a_run_in_vain_is_put_off)
{
	struct hand h = hand_new(true);
	struct ba_alloc r = request(2, M);
	pfn_t got;

	for (pfn_t pfn = 6656; pfn < 8192; pfn += 2)
		hand_free(&h, pfn, 0);
	for (int prio = BA_COMPACT_PRIO_ASYNC;
	     prio >= BA_COMPACT_PRIO_SYNC_LIGHT; prio--)
		CHECK_EQ(ba_try_to_compact_pages(&h.ctx, h.nodes, &r,
				(enum ba_compact_priority)prio, &got),
			 BA_COMPACT_COMPLETE);
	CHECK_EQ(got, BA_PFN_NONE);
	CHECK_EQ(h.zone->compact.defer_shift, 1);
	CHECK_EQ(h.zone->compact.blockskip_flush, 1);
	CHECK_EQ(h.zone->compact.migrate[0], 0);
	CHECK_EQ(h.zone->compact.free, 7680);
	CHECK_EQ(ba_try_to_compact_pages(&h.ctx, h.nodes, &r,
			BA_COMPACT_PRIO_ASYNC, &got), BA_COMPACT_DEFERRED);
	CHECK_EQ(ba_try_to_compact_pages(&h.ctx, h.nodes, &r,
			BA_COMPACT_PRIO_ASYNC, &got), BA_COMPACT_COMPLETE);
	/* the last try is never put off */
	h.zone->compact.considered = 0;
	CHECK_EQ(ba_try_to_compact_pages(&h.ctx, h.nodes, &r,
			BA_COMPACT_PRIO_SYNC_FULL, &got), BA_COMPACT_COMPLETE);
	CHECK_EQ(h.zone->compact.defer_shift, 2);
	hand_stop(&h);
}

TEST(without_io_or_compaction_nothing_is_tried)
{
	struct hand h = hand_new(true);
	struct ba_alloc r = request(9, M);
	uint32_t a[64];
	pfn_t got;

	fill(&h, a);
	r.gfp &= ~BA_GFP_IO;
	CHECK_EQ(ba_try_to_compact_pages(&h.ctx, h.nodes, &r,
			BA_COMPACT_PRIO_SYNC_LIGHT, &got), BA_COMPACT_SKIPPED);
	r.gfp |= BA_GFP_IO;
	h.ctx.vm->compaction = 0;
	CHECK_EQ(ba_try_to_compact_pages(&h.ctx, h.nodes, &r,
			BA_COMPACT_PRIO_SYNC_LIGHT, &got), BA_COMPACT_SKIPPED);
	CHECK(!ba_compaction_zonelist_suitable(&h.ctx, h.nodes, &r));
	CHECK_EQ(hand_pfn(&h, a[0]), 512);
	hand_stop(&h);
}

/* Considered, shift and order over a row of failures and a success. */
TEST(each_failure_doubles_the_requests_that_are_put_off)
{
	struct hand h = hand_new(true);
	struct ba_compact_zone *c = &h.zone->compact;

	/* at first every order counts as failed, but the first try passes */
	CHECK(!ba_compaction_deferred(h.zone, 3));
	CHECK_EQ(c->considered, 1);
	for (unsigned int n = 1; n <= 8; n++) {
		unsigned int shift = n < 6 ? n : 6, off = 0;

		ba_compaction_defer(h.zone, 3);
		CHECK_EQ(c->defer_shift, shift);
		while (ba_compaction_deferred(h.zone, 3))
			off++;
		CHECK_EQ(off, (1u << shift) - 1);
	}
	CHECK_EQ(c->order_failed, 0);
	ba_compaction_defer_reset(h.zone, 3, false);
	CHECK_EQ(c->order_failed, 4);
	CHECK_EQ(c->defer_shift, 6);
	CHECK(!ba_compaction_deferred(h.zone, 3));
	ba_compaction_defer(h.zone, 2);
	CHECK_EQ(c->order_failed, 2);
	CHECK(ba_compaction_deferred(h.zone, 2));
	CHECK(!ba_compaction_deferred(h.zone, 1));
	ba_compaction_defer_reset(h.zone, 2, true);
	CHECK_EQ(c->order_failed, 3);
	CHECK_EQ(c->defer_shift, 0);
	CHECK_EQ(c->considered, 0);
	hand_stop(&h);
}

/* After the longest deferral the skip bits are looked at anew. */
TEST(a_restart_clears_skip_bits)
{
	for (unsigned int shift = 5; shift <= 6; shift++) {
		struct hand h = hand_new(true);
		struct ba_alloc r = request(9, M);
		uint32_t a[64];
		pfn_t got;

		fill(&h, a);
		for (unsigned int i = 0; i < 16; i++)
			h.ctx.pageblocks[i].flags |= BA_PAGEBLOCK_SKIP;
		h.zone->compact.blockskip_flush = 1;
		h.zone->compact.defer_shift = shift;
		h.zone->compact.considered = (1u << shift) - 1;
		ba_try_to_compact_pages(&h.ctx, h.nodes, &r,
					BA_COMPACT_PRIO_SYNC_LIGHT, &got);
		CHECK_EQ(got, shift == 6 ? 512 : BA_PFN_NONE);
		hand_stop(&h);
	}
}

static enum ba_compact_result suits(struct hand *h, order_t order)
{
	return ba_compaction_suitable(&h->ctx, h->zone, order, 0,
				      BA_ZONE_NORMAL);
}

/*
 * Marks 100, 125, 150. Order 2 needs 100 + 8 pages and one more, order 4
 * 125 + 32 and one more; 158 single pages have the index
 * 1000 - (1000 + 158000/16) / 158 = 932 for order 4.
 */
TEST(the_marks_of_suitability)
{
	struct hand h = hand_new(true);
	pfn_t pfn = 6656;

	h.zone->wmark.mark[BA_WMARK_MIN] = 100;
	h.zone->wmark.mark[BA_WMARK_LOW] = 125;
	h.zone->wmark.mark[BA_WMARK_HIGH] = 150;
	for (int i = 0; i < 108; i++, pfn += 2)
		hand_free(&h, pfn, 0);
	CHECK_EQ(suits(&h, 2), BA_COMPACT_SKIPPED);
	hand_free(&h, pfn, 0);
	CHECK_EQ(suits(&h, 2), BA_COMPACT_CONTINUE);
	h.zone->wmark.boost = 1;
	CHECK_EQ(suits(&h, 2), BA_COMPACT_SKIPPED);
	h.zone->wmark.boost = 0;
	for (int i = 109; i < 157; i++)
		hand_free(&h, pfn += 2, 0);
	CHECK_EQ(suits(&h, 4), BA_COMPACT_SKIPPED);
	hand_free(&h, pfn += 2, 0);
	CHECK_EQ(suits(&h, 4), BA_COMPACT_CONTINUE);
	h.ctx.vm->extfrag_threshold = 931;
	CHECK_EQ(suits(&h, 4), BA_COMPACT_CONTINUE);
	h.ctx.vm->extfrag_threshold = 932;
	CHECK_EQ(suits(&h, 4), BA_COMPACT_SKIPPED);
	CHECK_EQ(suits(&h, 3), BA_COMPACT_CONTINUE);
	hand_free(&h, 1024, 4);
	CHECK_EQ(suits(&h, 4), BA_COMPACT_SUCCESS);
	hand_stop(&h);
}

/* Some of what is reclaimable, 100 / 2 pages, counts as free. */
TEST(what_could_be_reclaimed_makes_a_zone_suitable)
{
	struct hand h = hand_new(true);
	struct ba_alloc r = request(2, M);

	h.zone->wmark.mark[BA_WMARK_MIN] = 100;
	for (pfn_t pfn = 0; pfn < 59; pfn++)
		hand_free(&h, 6656 + 2 * pfn, 0);
	for (pfn_t pfn = 0; pfn < 99; pfn++)
		hand_user(&h, 512 + pfn, 0, false);
	hand_user(&h, 1024, 0, true);
	CHECK(!ba_compaction_zonelist_suitable(&h.ctx, h.nodes, &r));
	h.ctx.vm->swap_free = h.ctx.vm->swap_total = 1;
	CHECK(ba_compaction_zonelist_suitable(&h.ctx, h.nodes, &r));
	/* 6.1: a zone with a block needs none */
	hand_free(&h, 1536, 6);
	CHECK(!ba_compaction_zonelist_suitable(&h.ctx, h.nodes, &r));
	h.ctx.profile = &ba_profile_6_12L;
	CHECK(ba_compaction_zonelist_suitable(&h.ctx, h.nodes, &r));
	hand_stop(&h);
}

/* A block of another type will do if the request would claim its pageblock. */
TEST(a_run_ends_when_a_fallback_would_claim)
{
	for (int type = BA_MT_UNMOVABLE; type <= BA_MT_MOVABLE; type++) {
		struct hand h = hand_new(true);
		struct ba_compact cc = {
			.order = 2, .search_order = 2, .type = (uint8_t)type,
			.direct = true, .mode = BA_COMPACT_SYNC_LIGHT,
			.highest_zoneidx = BA_ZONE_NORMAL };

		/* too few for the watermark of order 2, but such a block */
		h.zone->wmark.mark[BA_WMARK_HIGH] = 5000;
		cc.alloc_flags = BA_ALLOC_WMARK_HIGH;
		for (pfn_t pfn = 6656; pfn < 8192; pfn += 2)
			hand_free(&h, pfn, 0);
		if (type == BA_MT_MOVABLE)
			hand_reserve(&h, 512, 2);
		else
			hand_free(&h, 512, 2);
		CHECK_EQ(ba_compact_zone(&h.ctx, h.nodes, &cc, h.zone),
			 type == BA_MT_MOVABLE ? BA_COMPACT_COMPLETE :
						 BA_COMPACT_SUCCESS);
		hand_stop(&h);
	}
}

/* Scanners that stand outside the zone begin at its ends. */
TEST(cached_positions_that_cannot_be_are_forgotten)
{
	struct hand h = hand_new(true);
	struct ba_compact cc = { .order = 2, .search_order = 2, .type = M,
				 .mode = BA_COMPACT_SYNC_LIGHT };

	for (pfn_t pfn = 6656; pfn < 8192; pfn += 2)
		hand_free(&h, pfn, 0);
	h.zone->compact.free = UINT64_MAX - 511;
	h.zone->compact.migrate[0] = h.zone->compact.migrate[1] = 8192;
	h.zone->compact.init_migrate = 0;
	CHECK_EQ(ba_compact_zone(&h.ctx, h.nodes, &cc, h.zone),
		 BA_COMPACT_COMPLETE);
	/* not from the zone's start: the run has not seen all of it */
	h.zone->compact.migrate[1] = 1024;
	cc.whole_zone = false;
	CHECK_EQ(ba_compact_zone(&h.ctx, h.nodes, &cc, h.zone),
		 BA_COMPACT_PARTIAL_SKIPPED);
	hand_stop(&h);
}

/*
 * 109 pages free, min 100: eight can be taken, the ninth may not. The other
 * twelve pages stay, untried but one, although the scanners are far apart.
 * (Earlier tries mark the pageblock and look further, until the scanners
 * meet.)
 */
TEST(a_run_ends_when_no_more_pages_can_be_taken)
{
	struct hand h = hand_new(true);
	struct ba_alloc r = request(2, M);
	pfn_t got;

	for (int mark = BA_WMARK_MIN; mark <= BA_WMARK_HIGH; mark++)
		h.zone->wmark.mark[mark] = 100;
	h.zone->buddy.free_pages.threshold[0] = 0;
	for (pfn_t i = 0; i < 109; i++)
		hand_free(&h, 6656 + 2 * i, 0);
	for (pfn_t i = 0; i < 20; i++)
		hand_user(&h, 513 + 2 * i, 0, true);
	CHECK_EQ(ba_try_to_compact_pages(&h.ctx, h.nodes, &r,
			BA_COMPACT_PRIO_SYNC_FULL, &got),
		 BA_COMPACT_CONTENDED);
	CHECK_EQ(h.ctx.vm->event[BA_VM_pgmigrate_success], 8);
	CHECK_EQ(h.ctx.vm->event[BA_VM_pgmigrate_fail], 1);
	CHECK_EQ(h.zone->compact.defer_shift, 0);
	CHECK_STR_EQ(hand_check(&h), NULL);
	hand_stop(&h);
}

/*
 * Pageblocks 0 to 2 have no page for anyone: synchronous runs need not look
 * there either. What follows the first page found holds for this mode alone.
 */
TEST(both_positions_go_on_until_a_page_is_found)
{
	struct hand h = hand_new(true);
	struct ba_alloc r = request(2, M);
	pfn_t got;

	for (pfn_t pfn = 6656; pfn < 8192; pfn += 2)
		hand_free(&h, pfn, 0);
	for (pfn_t pfn = 1536; pfn < 1540; pfn++)
		hand_user(&h, pfn, 0, true);
	CHECK_EQ(ba_try_to_compact_pages(&h.ctx, h.nodes, &r,
			BA_COMPACT_PRIO_ASYNC, &got), BA_COMPACT_SUCCESS);
	CHECK_EQ(h.ctx.frames[1536].state, BA_FRAME_BUDDY);
	CHECK_EQ(h.ctx.frames[1536].order, 2);
	CHECK_EQ(got, BA_PFN_NONE);	/* 6.1 keeps no small MOVABLE block */
	CHECK_EQ(h.zone->compact.migrate[0], 2560);
	CHECK_EQ(h.zone->compact.migrate[1], 2048);
	hand_stop(&h);
}

/* The first 32 pages would do, but a pageblock is finished once begun. */
TEST(a_pageblock_is_finished)
{
	struct hand h = hand_new(true);
	struct ba_alloc r = request(2, M);
	pfn_t got;

	for (pfn_t pfn = 6656; pfn < 8192; pfn += 2)
		hand_free(&h, pfn, 0);
	for (pfn_t pfn = 512; pfn < 552; pfn++)
		hand_user(&h, pfn, 0, true);
	CHECK_EQ(ba_try_to_compact_pages(&h.ctx, h.nodes, &r,
			BA_COMPACT_PRIO_SYNC_LIGHT, &got),
		 BA_COMPACT_SUCCESS);
	CHECK_EQ(h.ctx.vm->event[BA_VM_pgmigrate_success], 40);
	hand_stop(&h);
}

/*
 * Marked pageblocks, and targets of another type only. Where the lists are
 * empty the scan begins in the middle, at 4096.
 */
TEST(the_last_try_ignores_skip_bits_and_types)
{
	for (int prio = BA_COMPACT_PRIO_SYNC_FULL;
	     prio <= BA_COMPACT_PRIO_SYNC_LIGHT; prio++) {
		struct hand h = hand_new(true);
		struct ba_alloc r = request(2, M);
		bool full = prio == BA_COMPACT_PRIO_SYNC_FULL;
		uint32_t a = hand_user(&h, 512, 0, true);
		pfn_t got;

		for (pfn_t pfn = 2048; pfn < 2560; pfn += 2)
			hand_reserve(&h, pfn, 0);
		for (unsigned int i = 0; i < 16; i++)
			h.ctx.pageblocks[i].flags |= BA_PAGEBLOCK_SKIP;
		CHECK_EQ(ba_try_to_compact_pages(&h.ctx, h.nodes, &r,
				(enum ba_compact_priority)prio, &got),
			 BA_COMPACT_COMPLETE);
		CHECK_EQ(hand_pfn(&h, a), full ? 2048 : 512);
		CHECK_STR_EQ(hand_check(&h), NULL);
		hand_stop(&h);
	}
}

TEST(a_request_without_fs_moves_no_page_cache)
{
	for (int fs = 0; fs < 2; fs++) {
		struct hand h = hand_new(true);
		struct ba_alloc r = request(2, M);
		uint32_t a = hand_user(&h, 512, 0, false);
		pfn_t got;

		for (pfn_t pfn = 6656; pfn < 8192; pfn += 2)
			hand_free(&h, pfn, 0);
		if (!fs)
			r.gfp &= ~BA_GFP_FS;
		ba_try_to_compact_pages(&h.ctx, h.nodes, &r,
					BA_COMPACT_PRIO_SYNC_LIGHT, &got);
		CHECK_EQ(hand_pfn(&h, a) == 512, !fs);
		hand_stop(&h);
	}
}

/* DMA32 is put off, DMA too short of memory: the larger result counts. */
TEST(the_best_result_of_the_zones)
{
	struct ba_config config;
	struct ba_machine m;
	struct ba_alloc r = request(2, M);
	struct ba_nodes *nodes;
	struct ba_ctx ctx;
	pfn_t got;

	ba_config_init(&config);
	config.memory_pages = 8192;
	REQUIRE(ba_machine_create(&config, &m, NULL, 0) == BA_OK);
	nodes = ba_machine_nodes(&m);
	ctx = ba_machine_ctx(&m, 0);
	nodes->zone[1].compact.defer_shift = 1;
	nodes->zone[0].wmark.mark[BA_WMARK_MIN] = 8192;
	r.flags = BA_ALLOC_WMARK_MIN;
	CHECK_EQ(ba_try_to_compact_pages(&ctx, nodes, &r,
			BA_COMPACT_PRIO_ASYNC, &got), BA_COMPACT_DEFERRED);
	CHECK_EQ(ba_try_to_compact_pages(&ctx, nodes, &r,
			BA_COMPACT_PRIO_ASYNC, &got), BA_COMPACT_SUCCESS);
	ba_machine_destroy(&m);
}

/*
 * 6.1.0: an asynchronous request of order 4 takes 528 up and gives it back
 * for the frame behind it, which leaves pageblock 1 unmarked; the free block
 * in it is found again and again.
 */
TEST(a_search_that_turns_in_a_circle_ends)
{
	struct hand h = hand_new(true);
	struct ba_alloc r = request(4, M);
	struct ba_profile old = ba_profile_6_1_0;
	pfn_t got;

	h.ctx.profile = &old;
	for (pfn_t pfn = 6656; pfn < 8192; pfn += 2)
		hand_free(&h, pfn, 0);
	hand_user(&h, 528, 0, true);
	hand_free(&h, 544, 3);
	h.zone->compact.migrate[0] = 1024;
	CHECK_EQ(ba_try_to_compact_pages(&h.ctx, h.nodes, &r,
			BA_COMPACT_PRIO_ASYNC, &got), BA_COMPACT_CONTENDED);
	CHECK_STR_EQ(hand_check(&h), NULL);
	hand_stop(&h);
}

/* ---- anything at all ---------------------------------------------------- */

#define OWNED_MAX 8192u

struct owned {
	uint32_t handle;	/* 0: pinned */
	pfn_t pfn;		/* of pinned ones */
	order_t order;
};

struct world {
	struct ba_machine m;
	struct ba_ctx ctx;
	struct ba_nodes *nodes;
	struct ba_rng rng;
	struct owned owned[OWNED_MAX];
	uint32_t nr;
	uint64_t pages;		/* of the machine's zones */
};

static uint32_t below(struct world *w, uint32_t bound)
{
	return ba_rng_below(&w->rng, bound);
}

static uint64_t free_pages(const struct world *w)
{
	uint64_t pages = 0;

	for (uint8_t z = 0; z < w->nodes->nr_zones; z++) {
		const struct ba_zone *zone = &w->nodes->zone[z];

		for (unsigned int o = 0; o < BA_NR_ORDERS; o++)
			pages += (uint64_t)zone->buddy.area[o].nr_free << o;
		for (cpu_t cpu = 0; cpu < w->nodes->nr_cpus; cpu++)
			pages += (uint64_t)zone->pcp[cpu].count;
	}
	return pages;
}

static void keep(struct world *w, pfn_t pfn, order_t order, bool user)
{
	struct owned *o = &w->owned[w->nr++];

	*o = (struct owned){ .pfn = pfn, .order = order };
	if (!user)
		return;
	o->handle = ba_rmap_new(&w->ctx, order, below(w, 2), 1);
	ba_rmap_set(&w->ctx, o->handle, pfn);
	ba_rmap_use(&w->ctx, pfn, (uint8_t)(below(w, 2) * BA_USE_ACTIVE |
					    below(w, 2) * BA_USE_DIRTY), 0);
	if (below(w, 20) == 0)
		sent(&w->ctx, pfn);
	ba_lru_add(&w->ctx, w->nodes, pfn);
}

/* False when memory is full. */
static bool grow(struct world *w)
{
	static const uint32_t gfp[] = { 0x140ccau, 0xcc0u, 0x40cd0u };
	uint32_t kind = below(w, 64) ? 0 : 1 + below(w, 2);
	order_t order = (order_t)(below(w, 100) ? 0 : below(w, 4));
	uint32_t flags = gfp[kind] & ~(uint32_t)BA_GFP_DIRECT_RECLAIM;
	pfn_t pfn;

	if (order)
		flags |= BA_GFP_COMP;
	if (w->nr == OWNED_MAX)
		return false;
	pfn = ba_alloc_pages(&w->ctx, w->nodes, flags, order, 0);
	if (pfn != BA_PFN_NONE)
		keep(w, pfn, order, kind == 0);
	return pfn != BA_PFN_NONE;
}

static void shrink(struct world *w)
{
	struct owned *o;

	if (!w->nr)
		return;
	o = &w->owned[below(w, w->nr)];
	if (o->handle)
		ba_user_release(&w->ctx, w->nodes, o->handle);
	else
		CHECK_EQ(ba_free_pages(&w->ctx, w->nodes, o->pfn, o->order),
			 BA_OK);
	*o = w->owned[--w->nr];
}

/* One run of any kind; what a request captures is its own. */
static void compact(struct world *w)
{
	order_t order = (order_t)(below(w, 2) ? 9 : 1 + below(w, 10));
	struct ba_alloc r = request(order, below(w, 3) ? M : BA_MT_UNMOVABLE);
	pfn_t got = BA_PFN_NONE;

	if (below(w, 2))
		ba_writeback_wait(&w->ctx, w->nodes,
				  BA_KCOMPACTD_INTERVAL_NS);
	w->ctx.vm->compaction_proactiveness = below(w, 101);
	if (below(w, 2))
		r.gfp &= ~BA_GFP_FS;
	switch (below(w, 8)) {
	case 0:
		ba_compact_node(&w->ctx, w->nodes, 0);
		break;
	case 1:
		ba_kcompactd_wake(&w->ctx, w->nodes, 0, r.order,
				  BA_ZONE_NORMAL);
		ba_kcompactd_run(&w->ctx, w->nodes, 0);
		break;
	case 2:
		ba_kcompactd_tick(&w->ctx, w->nodes, 0);
		break;
	case 3:
		ba_compact_flush_node(&w->ctx, w->nodes, 0);
		break;
	default:
		ba_try_to_compact_pages(&w->ctx, w->nodes, &r,
			(enum ba_compact_priority)below(w, 3), &got);
	}
	if (got == BA_PFN_NONE)
		return;
	ba_alloc_captured(&w->ctx, got, r.order, 0xcc0u);
	CHECK_EQ(ba_free_pages(&w->ctx, w->nodes, got, r.order), BA_OK);
}

static void check(struct world *w, const char *profile)
{
	uint64_t owned = 0;
	uint8_t zone;

	for (uint32_t i = 0; i < w->nr; i++)
		owned += UINT64_C(1) << w->owned[i].order;
	if (!CHECK_STR_EQ(ba_machine_check(&w->m, &zone), NULL) ||
	    !CHECK_EQ(free_pages(w) + owned, w->pages))
		printf("# profile %s\n", profile);
}

TEST(random_work_loses_no_page)
{
	struct world *w = calloc(1, sizeof(*w));

	for (unsigned int p = 0; w && p < BA_NR_PROFILES; p++) {
		const char *profile = ba_profile_name_at(p);
		struct ba_config config;

		ba_config_init(&config);
		config.memory_pages = 8192;
		config.nr_cpus = 2;
		ba_profile_by_name(profile, &config.profile);
		REQUIRE(ba_machine_create(&config, &w->m, NULL, 0) == BA_OK);
		w->nodes = ba_machine_nodes(&w->m);
		w->nr = 0;
		ba_rng_init(&w->rng, 7, p);
		w->ctx = ba_machine_ctx(&w->m, 0);
		w->pages = free_pages(w);
		for (uint32_t i = 0; i < ROUNDS(200u); i++) {
			uint32_t n;

			w->ctx = ba_machine_ctx(&w->m, (cpu_t)below(w, 2));
			/* full, and then with holes */
			while (grow(w))
				;
			for (n = below(w, w->nr / 2); n > 0; n--)
				shrink(w);
			for (n = below(w, 4); n > 0; n--)
				compact(w);
			check(w, profile);
		}
		CHECK(w->ctx.vm->event[BA_VM_pgmigrate_success] >
		      ROUNDS(10000u));
		ba_machine_destroy(&w->m);
	}
	free(w);
}
