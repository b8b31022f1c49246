// SPDX-License-Identifier: GPL-2.0-only
#include "mm/kcompactd.h"

#include "hand.h"

#define SECOND UINT64_C(1000000000)

/* Pageblock 1: 64 pages, the rest of it free; 768 targets above. */
static void fill(struct hand *h)
{
	for (pfn_t pfn = 6656; pfn < 8192; pfn += 2)
		hand_free(h, pfn, 0);
	for (pfn_t pfn = 512; pfn < 1024; pfn += 8) {
		hand_user(h, pfn, 0, true);
		hand_free(h, pfn + 1, 0);
		hand_free(h, pfn + 2, 1);
		hand_free(h, pfn + 4, 2);
	}
}

TEST(it_makes_what_was_asked_for)
{
	for (int old = 0; old < 2; old++) {
		struct hand h = hand_new(old);

		fill(&h);
		CHECK(!ba_kcompactd_run(&h.ctx, h.nodes, 0));
		ba_kcompactd_wake(&h.ctx, h.nodes, 0, 0, BA_ZONE_NORMAL);
		CHECK(!ba_kcompactd_run(&h.ctx, h.nodes, 0));
		ba_kcompactd_wake(&h.ctx, h.nodes, 0, 9, BA_ZONE_NORMAL);
		CHECK(ba_kcompactd_run(&h.ctx, h.nodes, 0));
		CHECK_EQ(h.zone->buddy.area[9].nr_free, 1);
		CHECK_EQ(h.ctx.frames[512].state, BA_FRAME_BUDDY);
		CHECK_EQ(h.zone->compact.order_failed, 10);
		CHECK_EQ(h.nodes->node[0].kcompactd_max_order, 0);
		CHECK_EQ(h.ctx.vm->event[BA_VM_compact_daemon_wake], 1);
		/* a thread of the kernel captures nothing, and clears no skip
		 * bits */
		CHECK_EQ(h.zone->compact.blockskip_flush, 0);
		CHECK_STR_EQ(hand_check(&h), NULL);
		hand_stop(&h);
	}
}

/* The largest order, and the lowest of the zones asked for. */
TEST(several_ask_for_different_things)
{
	struct hand h = hand_new(true);
	struct ba_node *node = &h.nodes->node[0];

	ba_kcompactd_wake(&h.ctx, h.nodes, 0, 4, BA_ZONE_MOVABLE);
	CHECK_EQ(node->kcompactd_highest_zoneidx, BA_ZONE_NORMAL);
	ba_kcompactd_wake(&h.ctx, h.nodes, 0, 9, BA_ZONE_DMA32);
	ba_kcompactd_wake(&h.ctx, h.nodes, 0, 2, BA_ZONE_NORMAL);
	CHECK_EQ(node->kcompactd_max_order, 9);
	CHECK_EQ(node->kcompactd_highest_zoneidx, BA_ZONE_DMA32);
	fill(&h);
	/* zone Normal is above that */
	CHECK(ba_kcompactd_run(&h.ctx, h.nodes, 0));
	CHECK_EQ(h.zone->buddy.area[9].nr_free, 0);
	ba_kcompactd_wake(&h.ctx, h.nodes, 0, 9, BA_ZONE_NORMAL);
	CHECK_EQ(node->kcompactd_highest_zoneidx, BA_ZONE_NORMAL);
	hand_stop(&h);
}

/*
 * Nobody wakes it while no zone is suitable: it looks at its next interval,
 * and that counts for deferral. Later it is woken by whoever asks.
 */
TEST(it_is_not_woken_in_vain)
{
	struct hand h = hand_new(true);
	struct ba_node *node = &h.nodes->node[0];
	uint64_t *wakes = &h.ctx.vm->event[BA_VM_compact_daemon_wake];

	fill(&h);
	h.zone->wmark.mark[BA_WMARK_LOW] = 5000;
	ba_kcompactd_wake(&h.ctx, h.nodes, 0, 9, BA_ZONE_NORMAL);
	CHECK(!node->kcompactd_woken);
	CHECK_EQ(node->kcompactd_max_order, 9);
	h.ctx.vm->compaction_proactiveness = 0;
	ba_kcompactd_tick(&h.ctx, h.nodes, 0);
	CHECK_EQ(*wakes, 0);
	h.ctx.vm->compaction_proactiveness = 20;
	ba_kcompactd_tick(&h.ctx, h.nodes, 0);
	CHECK_EQ(*wakes, 1);
	CHECK_EQ(h.zone->compact.considered, 1);
	CHECK_EQ(node->kcompactd_max_order, 0);
	/* the score asks for a run, but not in the same interval */
	CHECK_EQ(h.ctx.vm->event[BA_VM_pgmigrate_success], 0);
	h.zone->wmark.mark[BA_WMARK_LOW] = 0;
	/* zone Normal is above that */
	ba_kcompactd_wake(&h.ctx, h.nodes, 0, 9, BA_ZONE_DMA32);
	CHECK(!node->kcompactd_woken);
	node->kcompactd_max_order = 0;
	ba_kcompactd_wake(&h.ctx, h.nodes, 0, 9, BA_ZONE_NORMAL);
	CHECK(node->kcompactd_woken);
	CHECK(ba_kcompactd_run(&h.ctx, h.nodes, 0));
	CHECK(!node->kcompactd_woken);
	hand_stop(&h);
}

/* In vain: every CPU's list is given back, and the next run put off. */
TEST(a_failure_drains_and_defers)
{
	struct hand h = hand_new(true);
	uint32_t handle;

	for (pfn_t pfn = 6656; pfn < 8192; pfn += 2)
		hand_free(&h, pfn, 0);
	handle = hand_user(&h, 1000, 0, true);
	ba_lru_del(&h.ctx, h.nodes, 1000);
	ba_rmap_unset(&h.ctx, handle, BA_HANDLE_EVICTED);
	ba_free_pages(&h.ctx, h.nodes, 1000, 0);
	CHECK_EQ(h.zone->pcp[0].count, 1);
	ba_kcompactd_wake(&h.ctx, h.nodes, 0, 3, BA_ZONE_NORMAL);
	CHECK(ba_kcompactd_run(&h.ctx, h.nodes, 0));
	CHECK_EQ(h.zone->pcp[0].count, 0);
	CHECK_EQ(h.zone->compact.defer_shift, 1);
	CHECK_EQ(h.zone->compact.order_failed, 0);
	/* the second is turned away, the third is not */
	for (uint32_t i = 2; i <= 3; i++) {
		ba_kcompactd_wake(&h.ctx, h.nodes, 0, 3, BA_ZONE_NORMAL);
		CHECK(ba_kcompactd_run(&h.ctx, h.nodes, 0));
		CHECK_EQ(h.zone->compact.defer_shift, i - 1);
	}
	hand_stop(&h);
}

/* 768 + 448 pages free and no block of order 9: 100 % of 8192 of 8193. */
TEST(the_score_of_a_node)
{
	struct hand h = hand_new(true);

	CHECK_EQ(ba_fragmentation_score_node(h.nodes, 0), 0);
	fill(&h);
	CHECK_EQ(ba_fragmentation_score_zone(h.zone), 100);
	CHECK_EQ(ba_fragmentation_score_node(h.nodes, 0), 99);
	/* 512 of 1728 pages are a block: 1216 / 1728 = 70 % */
	hand_free(&h, 1024, 9);
	CHECK_EQ(ba_fragmentation_score_zone(h.zone), 70);
	CHECK_EQ(ba_fragmentation_score_node(h.nodes, 0), 69);
	h.ctx.vm->compaction_proactiveness = 20;
	CHECK_EQ(ba_fragmentation_score_wmark(&h.ctx, true), 80);
	CHECK_EQ(ba_fragmentation_score_wmark(&h.ctx, false), 90);
	h.ctx.vm->compaction_proactiveness = 100;
	CHECK_EQ(ba_fragmentation_score_wmark(&h.ctx, true), 5);
	CHECK_EQ(ba_fragmentation_score_wmark(&h.ctx, false), 15);
	h.ctx.vm->compaction_proactiveness = 5;
	CHECK_EQ(ba_fragmentation_score_wmark(&h.ctx, false), 100);
	hand_stop(&h);
}

/*
 * Whole runs drain no per-CPU list: only what goes past it merges. With a
 * list that holds nothing pageblock 1 becomes a block, and the score falls
 * to (1216 - 512) / 1216 = 57 %.
 */
TEST(ahead_of_need_while_the_score_is_high)
{
	struct hand h = hand_new(true);

	ba_pcp_init(&h.zone->pcp[0], 0, 1);
	fill(&h);
	h.ctx.vm->compaction_proactiveness = 0;
	ba_kcompactd_tick(&h.ctx, h.nodes, 0);
	CHECK_EQ(h.ctx.vm->event[BA_VM_pgmigrate_success], 0);
	h.ctx.vm->compaction_proactiveness = 20;
	h.nodes->node[0].kswapd.state = BA_KSWAPD_BALANCING;
	ba_kcompactd_tick(&h.ctx, h.nodes, 0);
	CHECK_EQ(h.ctx.vm->event[BA_VM_pgmigrate_success], 0);
	h.nodes->node[0].kswapd.state = BA_KSWAPD_NAPPING;
	ba_kcompactd_tick(&h.ctx, h.nodes, 0);
	CHECK_EQ(h.ctx.vm->event[BA_VM_pgmigrate_success], 64);
	CHECK_EQ(ba_fragmentation_score_zone(h.zone), 57);
	CHECK_EQ(h.nodes->node[0].proactive_ns, 0);
	CHECK_STR_EQ(hand_check(&h), NULL);
	hand_stop(&h);
}

/* Nothing can be moved: the next one 64 intervals later, or after a run. */
TEST(ahead_of_need_in_vain_is_put_off)
{
	struct hand h = hand_new(true);
	uint64_t *scanned = &h.ctx.vm->event[BA_VM_compact_migrate_scanned];
	uint64_t once;

	for (pfn_t pfn = 6656; pfn < 8192; pfn += 2)
		hand_free(&h, pfn, 0);
	ba_kcompactd_tick(&h.ctx, h.nodes, 0);
	once = *scanned;
	CHECK(once > 0);
	CHECK_EQ(h.nodes->node[0].proactive_ns, 32 * SECOND);
	h.ctx.vm->now_ns = 32 * SECOND - 1;
	ba_kcompactd_tick(&h.ctx, h.nodes, 0);
	CHECK_EQ(*scanned, once);
	h.ctx.vm->now_ns = 32 * SECOND;
	ba_kcompactd_tick(&h.ctx, h.nodes, 0);
	CHECK_EQ(*scanned, 2 * once);
	ba_kcompactd_wake(&h.ctx, h.nodes, 0, 10, BA_ZONE_DMA);
	ba_kcompactd_run(&h.ctx, h.nodes, 0);
	CHECK_EQ(h.nodes->node[0].proactive_ns, 0);
	hand_stop(&h);
}

/* compact_memory moves pages under writeback too, past all skip bits. */
TEST(the_sysctl_compacts_all)
{
	struct hand h = hand_new(true);

	fill(&h);
	sent(&h.ctx, 512);
	for (unsigned int i = 0; i < 16; i++)
		h.ctx.pageblocks[i].flags |= BA_PAGEBLOCK_SKIP;
	ba_compact_node(&h.ctx, h.nodes, 0);
	CHECK_EQ(h.ctx.vm->event[BA_VM_pgmigrate_success], 64);
	ba_pcp_drain(&h.ctx, &h.zone->buddy, &h.zone->pcp[0]);
	CHECK_EQ(h.ctx.frames[512].state, BA_FRAME_BUDDY);
	CHECK_EQ(h.ctx.frames[512].order, 9);
	CHECK_STR_EQ(hand_check(&h), NULL);
	hand_stop(&h);
}
