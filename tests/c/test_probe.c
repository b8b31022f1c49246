// SPDX-License-Identifier: GPL-2.0-only
#include "sim/probe.h"

#include "booted.h"

/* Words of a row by their names in the header. */
static uint32_t free_blocks(const uint32_t *zone, order_t order, uint8_t type)
{
	return zone[order * BA_NR_MT + type];
}

/*
 *	64 MiB, 2 CPUs: DMA and DMA32; one movable page is taken by CPU 1
 */
TEST(a_sample_row)
{
	struct ba_machine m = booted(16384, 2, 1);
	struct ba_ctx ctx = ba_machine_ctx(&m, 1);
	size_t words = ba_probe_zone_words(&m);
	uint32_t row[200];
	const uint32_t *dma32 = row + words;
	uint64_t before = 0;

	CHECK_EQ(words, 55 + 5 + 1 + 2);
	CHECK_EQ(ba_probe_row_words(&m), 2 * words);
	CHECK_EQ(ba_alloc_pages(&ctx, ba_machine_nodes(&m),
				BA_GFP_HIGHUSER_MOVABLE, 0, 0), 4096);
	ba_pageblock_set_type(ctx.pageblocks, 512, BA_MT_RECLAIMABLE);
	before = ba_machine_hash(&m);
	ba_probe_sample(&m, row);
	CHECK_EQ(ba_machine_hash(&m), before);	/* Q1 */

	CHECK_EQ(free_blocks(row, 10, BA_MT_MOVABLE), 3);
	CHECK_EQ(free_blocks(row, 0, BA_MT_MOVABLE), 1);
	CHECK_EQ(row[55 + BA_MT_MOVABLE], 7);
	CHECK_EQ(row[55 + BA_MT_RECLAIMABLE], 1);
	CHECK_EQ(row[60], 4095);

	/* a batch of 3 was fetched: 4096 taken, 4097 4098 wait on CPU 1 */
	CHECK_EQ(free_blocks(dma32, 10, BA_MT_MOVABLE), 11);
	CHECK_EQ(free_blocks(dma32, 0, BA_MT_MOVABLE), 1);
	CHECK_EQ(dma32[55 + BA_MT_MOVABLE], 24);
	CHECK_EQ(dma32[60], 12288 - 3);
	CHECK_EQ(dma32[61], 0);
	CHECK_EQ(dma32[62], 2);
	ba_machine_destroy(&m);
}

/* Q2: free_pages leaves ISOLATE out, as the kernel's counter does. */
TEST(q2_free_pages_without_isolate)
{
	struct ba_machine m = booted(16384, 1, 1);
	struct ba_ctx ctx = ba_machine_ctx(&m, 0);
	struct ba_buddy *buddy = &zone_at(&m, 0)->buddy;
	uint32_t row[200], sum = 0;

	ba_buddy_move(&ctx, buddy, 1024, BA_MT_ISOLATE);
	ba_probe_sample(&m, row);
	CHECK_EQ(free_blocks(row, 10, BA_MT_ISOLATE), 1);
	CHECK_EQ(row[60], 4095 - 1024);
	for (order_t order = 0; order < BA_NR_ORDERS; order++)
		for (uint8_t type = 0; type < BA_MT_ISOLATE; type++)
			sum += free_blocks(row, order, type) << order;
	CHECK_EQ(sum, row[60]);
	ba_machine_destroy(&m);
}

/* A page of user memory, taken for `gfp`; its first frame. */
static pfn_t user_block(const struct ba_machine *m, uint32_t gfp, order_t order,
			bool anon, uint8_t use)
{
	struct ba_ctx ctx = ba_machine_ctx(m, 0);
	pfn_t pfn = ba_alloc_pages(&ctx, ba_machine_nodes(m), gfp, order, 0);

	ba_rmap_set(&ctx, ba_rmap_new(&ctx, order, anon, 0), pfn);
	ba_rmap_use(&ctx, pfn, use, 0);
	return pfn;
}

/*
 * Q3: a page counts where it lies; of dirty ones, page cache only. A page that
 * is written to while it is being written counts in both.
 */
TEST(q3_pages_that_wait_for_the_disk)
{
	struct ba_machine m = booted(16384, 1, 1);
	struct ba_ctx ctx = ba_machine_ctx(&m, 0);
	struct ba_probe_pending zone[BA_ZONE_MAX];
	uint32_t high = BA_GFP_HIGHUSER_MOVABLE, low = BA_GFP_DMA | BA_GFP_KERNEL;
	const uint8_t both = BA_USE_DIRTY | BA_USE_WRITEBACK;
	uint64_t before;

	CHECK(user_block(&m, low, 0, false, BA_USE_DIRTY) < 4096);
	CHECK(user_block(&m, high, 2, false, BA_USE_DIRTY) >= 4096);
	user_block(&m, high, 0, false, both);
	user_block(&m, high, 3, true, both);
	user_block(&m, high, 0, true, 0);
	/* gone again: its handle counts no more */
	ba_rmap_unset(&ctx, ba_rmap_of(&ctx, user_block(&m, high, 0, false,
							both)),
		      BA_HANDLE_EVICTED);
	before = ba_machine_hash(&m);
	ba_probe_pending(&m, zone);
	CHECK_EQ(ba_machine_hash(&m), before);	/* Q1 */

	CHECK_EQ(zone[0].dirty, 1);
	CHECK_EQ(zone[0].writeback, 0);
	CHECK_EQ(zone[1].dirty, 4 + 1);
	CHECK_EQ(zone[1].writeback, 1 + 8);
	CHECK_EQ(zone[2].dirty, 0);
	CHECK_EQ(zone[0].dirty + zone[1].dirty, ctx.vm->nr_dirty);
	CHECK_EQ(zone[0].writeback + zone[1].writeback, ctx.vm->nr_writeback);
	ba_machine_destroy(&m);
}

static void check_frame(struct ba_probe_frame f, uint8_t state, uint8_t order,
			uint8_t flags)
{
	CHECK_EQ(f.state, state);
	CHECK_EQ(f.order, order);
	CHECK_EQ(f.flags, flags);
}

/*
 *	4096 [order 2, movable]  4100 [order 2, PCP]  4104 [order 3, BUDDY]
 *	4112 USED, unknown
 */
TEST(frames_are_told_by_their_blocks)
{
	struct ba_machine m = booted(16384, 1, 1);
	struct ba_ctx ctx = ba_machine_ctx(&m, 0);
	struct ba_probe_frame f[24];

	CHECK_EQ(ba_alloc_pages(&ctx, ba_machine_nodes(&m),
				BA_GFP_HIGHUSER_MOVABLE, 2, 0), 4096);
	ba_buddy_remove(&ctx, &zone_at(&m, 1)->buddy, 4112);
	ba_probe_frames(&m, 4096, 24, f);
	check_frame(f[0], BA_PROBE_USED, 2, BA_PROBE_HEAD | BA_PROBE_MOVABLE);
	check_frame(f[3], BA_PROBE_USED, 2, BA_PROBE_MOVABLE);
	check_frame(f[4], BA_PROBE_PCP, 2, BA_PROBE_HEAD);
	check_frame(f[7], BA_PROBE_PCP, 2, 0);
	check_frame(f[8], BA_PROBE_BUDDY, 3, BA_PROBE_HEAD);
	check_frame(f[15], BA_PROBE_BUDDY, 3, 0);
	check_frame(f[16], BA_PROBE_USED, 255, 0);
	CHECK_EQ(f[0].zone, 1);
	CHECK_EQ(f[0].node, 0);
	CHECK_EQ(f[0].migratetype, BA_MT_MOVABLE);

	/* a window that begins inside a block */
	ba_probe_frames(&m, 4107, 2, f);
	check_frame(f[0], BA_PROBE_BUDDY, 3, 0);
	ctx.frames[4112].state = BA_FRAME_ISOLATED;
	ctx.frames[4112].order = 4;
	ba_probe_frames(&m, 4113, 1, f);
	check_frame(f[0], BA_PROBE_ISOLATED, 4, 0);
	ba_machine_destroy(&m);
}

/* Frame 0 and frames past the end are holes. */
TEST(holes)
{
	struct ba_machine m = booted(100, 1, 1);
	struct ba_probe_frame f[2000];

	ba_probe_frames(&m, 0, 2000, f);
	check_frame(f[0], BA_PROBE_HOLE, 255, 0);
	CHECK_EQ(f[0].zone, 255);
	CHECK_EQ(f[0].migratetype, 255);
	check_frame(f[1], BA_PROBE_BUDDY, 0, BA_PROBE_HEAD);
	check_frame(f[99], BA_PROBE_BUDDY, 2, 0);
	check_frame(f[100], BA_PROBE_HOLE, 255, 0);
	check_frame(f[1999], BA_PROBE_HOLE, 255, 0);
	ba_probe_frames(&m, BA_PFN_NONE - 1, 3, f);
	check_frame(f[2], BA_PROBE_HOLE, 255, 0);
	ba_machine_destroy(&m);
}
