// SPDX-License-Identifier: GPL-2.0-only
/* Each invariant of a machine, broken on purpose: its number is reported. */
#include "sim/check.h"

#include "booted.h"

static struct ba_machine machine;
static struct ba_nodes *nodes;
static struct ba_ctx ctx;

/* 64 MiB: DMA and DMA32; 4096 [order 3] is in use, 4104 4105 wait per CPU. */
static void start(void)
{
	machine = booted(16384, 2, 1);
	nodes = ba_machine_nodes(&machine);
	ctx = ba_machine_ctx(&machine, 0);
	CHECK_EQ(ba_alloc_pages(&ctx, nodes, BA_GFP_HIGHUSER_MOVABLE, 3, 0),
		 4096);
}

/* Is the violation with that number found, in that zone? */
static void finds(const char *number, uint8_t zone)
{
	uint8_t found = 77;
	const char *sentence = ba_machine_check(&machine, &found);
	uint64_t before = ba_machine_hash(&machine);

	if (!CHECK(sentence && strncmp(sentence, number, strlen(number)) == 0 &&
		   sentence[strlen(number)] == ':'))
		printf("#   %s: reported %s\n", number,
		       sentence ? sentence : "nothing");
	CHECK_EQ(found, zone);
	CHECK_EQ(ba_machine_hash(&machine), before);	/* Y1 */
}

static void stop(void)
{
	ba_machine_destroy(&machine);
}

static pfn_t first_free(order_t order)
{
	return ba_buddy_first(&nodes->zone[1].buddy, order, BA_MT_MOVABLE);
}

TEST(a_machine_in_order)
{
	uint8_t zone = 77;

	start();
	CHECK_STR_EQ(ba_machine_check(&machine, &zone), NULL);
	CHECK_EQ(zone, 255);
	stop();
}

TEST(m3_broken)
{
	start();
	ba_mark_broken(&ba_machine_body(&machine)->broken);
	finds("M3", 255);
	stop();
}

TEST(l1_a_lock_is_held)
{
	start();
	nodes->zone[0].buddy.lock.word = 1;
	finds("L1", 0);
	nodes->zone[0].buddy.lock.word = 0;
	nodes->zone[1].pcp[1].lock.word = 1;
	finds("L1", 1);
	stop();
}

/* What the modules check themselves is reached through the machine. */
TEST(the_modules_own_checks)
{
	start();
	nodes->zone[1].buddy.area[10].nr_free++;
	finds("B4", 1);
	nodes->zone[1].buddy.area[10].nr_free--;
	nodes->zone[1].buddy.free_pages.global++;
	finds("B6", 1);
	nodes->zone[1].buddy.free_pages.global--;
	nodes->zone[1].pcp[0].count++;
	finds("P1", 1);
	nodes->zone[1].pcp[0].count--;
	nodes->zone[0].wmark.mark[BA_WMARK_MIN] = 1000000;
	finds("W1", 0);
	nodes->zone[0].wmark.mark[BA_WMARK_MIN] = 0;
	nodes->zone[0].wmark.boost = -1;
	finds("W2", 0);
	nodes->zone[0].wmark.boost = 0;
	nodes->zone[0].wmark.reserved_highatomic = -1;
	finds("Z1", 0);
	stop();
}

TEST(b1_b2_b3_b5_of_a_machine)
{
	pfn_t pfn;

	start();
	pfn = first_free(10);
	ctx.max_blocks[ba_max_block_nr(pfn)].type = BA_MT_UNMOVABLE;
	finds("B5", 1);
	ctx.max_blocks[ba_max_block_nr(pfn)].type = BA_MT_MOVABLE;
	ctx.frames[pfn + 5].state = BA_FRAME_BUDDY;
	finds("B3", 1);
	ctx.frames[pfn + 5].state = BA_FRAME_USED;
	ba_buddy_load(&ctx, &nodes->zone[1].buddy, 4097, 1, BA_MT_MOVABLE);
	finds("B1", 1);
	stop();

	start();
	ba_buddy_load(&ctx, &nodes->zone[1].buddy, 4096, 0, BA_MT_MOVABLE);
	ba_buddy_load(&ctx, &nodes->zone[1].buddy, 4097, 0, BA_MT_MOVABLE);
	finds("B2", 1);
	stop();
}

TEST(p2_a_page_of_another_zone)
{
	struct ba_pcp *pcp;

	start();
	pcp = &nodes->zone[1].pcp[0];
	ba_buddy_remove(&ctx, &nodes->zone[0].buddy, 1);
	ba_pcp_load(&ctx, pcp, 1, 1, BA_MT_MOVABLE);
	finds("P2", 1);
	stop();
}

TEST(k1_no_such_type)
{
	start();
	ctx.pageblocks[9].flags = 5;
	finds("K1", 1);
	ctx.pageblocks[9].flags = BA_MT_ISOLATE | BA_PAGEBLOCK_SKIP;
	CHECK_STR_EQ(ba_machine_check(&machine, &(uint8_t){ 0 }), NULL);
	stop();
}

TEST(k2_another_zone)
{
	start();
	ctx.pageblocks[9].zone = 1;
	finds("K2", 1);
	ctx.pageblocks[9].zone = 99;
	finds("K2", 1);
	stop();
}

/* A frame that says it is free and stands on no list. */
TEST(g2_a_stray_frame)
{
	static const uint8_t states[] = { BA_FRAME_BUDDY, BA_FRAME_PCP };

	for (size_t i = 0; i < 2; i++) {
		start();
		CHECK_EQ(ba_free_prepare(&ctx, nodes, 4096, 3), BA_OK);
		ctx.frames[4096].flags = 0;
		ctx.frames[4096].state = states[i];
		finds("G2", 1);
		stop();
	}
	start();
	ctx.frames[4096].order = 11;
	finds("G2", 1);
	stop();
}

/*
 *	a block in use inside a free one; a free one inside a block in use;
 *	two blocks in use that overlap
 */
TEST(a1_overlaps)
{
	pfn_t pfn;

	start();
	pfn = first_free(10);
	ctx.frames[pfn + 8].flags = BA_FRAME_HEAD;
	finds("A1", 1);
	stop();

	start();
	ctx.frames[4096].order = 4;	/* now reaches over 4104 (PCP) */
	finds("A1", 1);
	stop();

	start();
	ctx.frames[4098].flags = BA_FRAME_HEAD;
	finds("A1", 1);
	stop();
}

TEST(a2_freeing_and_on_a_list)
{
	start();
	ctx.max_blocks[ba_max_block_nr(first_free(10))].flags =
		BA_FRAME_FREEING;
	finds("A2", 1);
	stop();
}

TEST(g4_a_max_block_described_twice)
{
	pfn_t pfn;

	start();
	pfn = first_free(10);
	ctx.frames[pfn].state = BA_FRAME_BUDDY;
	finds("G4", 1);
	ctx.frames[pfn].state = BA_FRAME_USED;
	ctx.frames[pfn].flags = BA_FRAME_HEAD;
	finds("G4", 1);
	ctx.frames[pfn].flags = 0;
	CHECK_STR_EQ(ba_machine_check(&machine, &(uint8_t){ 0 }), NULL);
	stop();
}

TEST(n1_zonelists)
{
	struct ba_zonelist *list;

	start();
	list = &nodes->node[0].zonelist;
	list->zone[1] = list->zone[0];
	finds("N1", 255);
	list->zone[1] = 9;
	finds("N1", 255);
	list->zone[1] = 0;
	list->nr_local = 1;
	finds("N1", 255);
	stop();
}

TEST(n3_zones_of_requests)
{
	start();
	nodes->node[0].zonelist.by_gfp[2] = BA_ZONE_MOVABLE;
	finds("N3", 255);
	stop();
}
