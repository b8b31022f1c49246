// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "sim/machine.h"

#include "mm/fault.h"
#include "sim/check.h"

#include "large.h"

static void check(const struct ba_machine *machine)
{
	uint8_t zone;

	CHECK_STR_EQ(ba_machine_check(machine, &zone), NULL);
}

/* "64 32 16": the list of one order of MOVABLE, from head to tail. */
static const char *list(const struct ba_machine *machine, unsigned int zone,
			order_t order)
{
	static char text[256];
	struct ba_ctx ctx = ba_machine_ctx(machine, 0);
	const struct ba_buddy *buddy = &zone_at(machine, zone)->buddy;
	pfn_t pfn = ba_buddy_first(buddy, order, BA_MT_MOVABLE);
	size_t len = 0;

	text[0] = '\0';
	for (; pfn != BA_PFN_NONE && len < 200;
	     pfn = ba_buddy_next(&ctx, pfn, order))
		len += (size_t)snprintf(text + len, 256 - len, "%s%u",
					len ? " " : "", pfn);
	return text;
}

static void check_zone(const struct ba_machine *machine, unsigned int id,
		       uint8_t node, uint8_t index, pfn_t start, pfn_t end)
{
	const struct ba_zone *zone = zone_at(machine, id);

	CHECK_EQ(zone->id, id);
	CHECK_EQ(zone->node, node);
	CHECK_EQ(zone->index, index);
	CHECK_EQ(zone->buddy.start, start);
	CHECK_EQ(zone->buddy.end, end);
	CHECK_EQ(zone->present, end - start);
	CHECK_EQ(zone->wmark.managed, end - start);
	CHECK_EQ(ba_vmstat_sum(&zone->buddy.free_pages), end - start);
}

/*
 *	frame  0 | 1 | 2-3 | 4-7 | 8-15 | 16-31 | 32-63 | 64
 *	       -   o0  o1    o2     o3      o4      o5    o0
 */
TEST(a_tiny_machine_is_one_dma_zone)
{
	static const char *const lists[] = { "1 64", "2", "4", "8", "16",
					     "32", "" };
	struct ba_machine m = booted(65, 1, 1);

	CHECK_EQ(ba_machine_nodes(&m)->nr_zones, 1);
	check_zone(&m, 0, 0, BA_ZONE_DMA, 1, 65);
	for (order_t order = 0; order < 7; order++)
		CHECK_STR_EQ(list(&m, 0, order), lists[order]);
	CHECK_EQ(ba_machine_body(&m)->mobility_disabled, 1);
	check(&m);
	ba_machine_destroy(&m);
}

/* 4 GiB and 8 GiB: the pictures of sim/config.h. */
TEST(zones_by_address)
{
	struct ba_machine m = booted(1u << 20, 1, 1);

	CHECK_EQ(ba_machine_nodes(&m)->nr_zones, 2);
	check_zone(&m, 0, 0, BA_ZONE_DMA, 1, 4096);
	check_zone(&m, 1, 0, BA_ZONE_DMA32, 4096, 1u << 20);
	CHECK_STR_EQ(list(&m, 0, 10), "1024 2048 3072");
	ba_machine_destroy(&m);

	m = booted(1u << 21, 1, 1);
	CHECK_EQ(ba_machine_nodes(&m)->nr_zones, 3);
	check_zone(&m, 2, 0, BA_ZONE_NORMAL, 1u << 20, 1u << 21);
	CHECK_EQ(zone_at(&m, 2)->buddy.area[10].nr_free, 1024);
	check(&m);
	ba_machine_destroy(&m);
}

/*
 *	2 x 384 MiB, 2 CPUs    node 0: DMA DMA32 | node 1: DMA32
 */
TEST(nodes_share_memory_and_cpus)
{
	struct ba_machine m = booted(2 * 98304, 5, 2);
	const struct ba_nodes *nodes = ba_machine_nodes(&m);
	static const uint8_t node_of[] = { 0, 0, 0, 1, 1 };

	CHECK_EQ(nodes->nr_zones, 3);
	check_zone(&m, 0, 0, BA_ZONE_DMA, 1, 4096);
	check_zone(&m, 1, 0, BA_ZONE_DMA32, 4096, 98304);
	check_zone(&m, 2, 1, BA_ZONE_DMA32, 98304, 2 * 98304);
	for (cpu_t cpu = 0; cpu < 5; cpu++)
		CHECK_EQ(nodes->cpu_node[cpu], node_of[cpu]);
	CHECK_EQ(nodes->node[1].zonelist.zone[0], 2);
	CHECK_EQ(nodes->node[0].zonelist.zone[0], 1);
	check(&m);
	ba_machine_destroy(&m);

	/* what does not divide goes to the last node */
	m = booted(3 * 1024 + 100, 1, 3);
	check_zone(&m, 0, 0, BA_ZONE_DMA, 1, 1024);
	check_zone(&m, 2, 2, BA_ZONE_DMA, 2048, 3172);
	check(&m);
	ba_machine_destroy(&m);
}

/* Every pageblock is MOVABLE and knows its zone; K1 and K2. */
static struct ba_machine with_movablecore(uint64_t pages, uint32_t nodes,
					  uint32_t kbytes)
{
	struct ba_config config;
	struct ba_machine m;

	ba_config_init(&config);
	config.memory_pages = pages;
	config.nr_nodes = nodes;
	config.movablecore = kbytes;
	if (ba_machine_create(&config, &m, NULL, 0) != BA_OK)
		exit(2);
	return m;
}

/* 6 GiB with movablecore=1G: the last GiB, and Normal ends before it. */
TEST(movablecore_takes_the_end_of_memory)
{
	struct ba_machine m = with_movablecore(6u << 18, 1, 1u << 20);
	static const struct { uint8_t index; pfn_t start, end; } zones[] = {
		{ BA_ZONE_DMA, 1, 4096 },
		{ BA_ZONE_DMA32, 4096, 1u << 20 },
		{ BA_ZONE_NORMAL, 1u << 20, 5u << 18 },
		{ BA_ZONE_MOVABLE, 5u << 18, 6u << 18 },
	};

	REQUIRE(ba_machine_nodes(&m)->nr_zones == 4);
	for (unsigned int id = 0; id < 4; id++) {
		CHECK_EQ(zone_at(&m, id)->index, zones[id].index);
		CHECK_EQ(zone_at(&m, id)->buddy.start, zones[id].start);
		CHECK_EQ(zone_at(&m, id)->buddy.end, zones[id].end);
		CHECK_EQ(zone_at(&m, id)->wmark.managed,
			 zones[id].end - zones[id].start);
	}
	/* movable requests go there first; Normal keeps a reserve from them */
	CHECK_EQ(ba_machine_nodes(&m)->node[0].zonelist.zone[0], 3);
	CHECK_EQ(zone_at(&m, 2)->wmark.lowmem_reserve[BA_ZONE_MOVABLE],
		 (1u << 18) / 32);
	ba_machine_destroy(&m);
}

/*
 * Two nodes of 1 GiB, movablecore=512M: what all may use is spread evenly,
 * 196607 and 196608 pages, and Movable begins at the next 4 MiB.
 */
TEST(movablecore_is_spread_over_the_nodes)
{
	struct ba_machine m = with_movablecore(2u << 18, 2, 1u << 19);

	REQUIRE(ba_machine_nodes(&m)->nr_zones == 5);
	CHECK_EQ(zone_at(&m, 2)->index, BA_ZONE_MOVABLE);
	CHECK_EQ(zone_at(&m, 2)->buddy.start, 196608);
	CHECK_EQ(zone_at(&m, 2)->buddy.end, 1u << 18);
	CHECK_EQ(zone_at(&m, 3)->index, BA_ZONE_DMA32);
	CHECK_EQ(zone_at(&m, 4)->index, BA_ZONE_MOVABLE);
	CHECK_EQ(zone_at(&m, 4)->buddy.start, (1u << 18) + 196608);
	ba_machine_destroy(&m);

	/*
	 * 5 GiB on two nodes, 3 GiB Movable asked for: nothing below 4 GiB
	 * can be, so node 0 gives none and node 1 what lies above.
	 */
	m = with_movablecore(5u << 18, 2, 3u << 20);
	REQUIRE(ba_machine_nodes(&m)->nr_zones == 4);
	CHECK_EQ(zone_at(&m, 2)->index, BA_ZONE_DMA32);
	CHECK_EQ(zone_at(&m, 3)->index, BA_ZONE_MOVABLE);
	CHECK_EQ(zone_at(&m, 3)->buddy.start, 1u << 20);
	ba_machine_destroy(&m);
}

/* A machine of `config`'s zones; ends the program if it cannot be. */
static struct ba_machine made(uint32_t arch, uint64_t pages, uint32_t nodes,
			      uint32_t kernelcore, uint32_t movablecore)
{
	struct ba_config config;
	struct ba_machine m;

	ba_config_init(&config);
	config.arch = arch;
	config.memory_pages = pages;
	config.nr_nodes = nodes;
	config.kernelcore = kernelcore;
	config.movablecore = movablecore;
	if (ba_machine_create(&config, &m, NULL, 0) != BA_OK)
		exit(2);
	return m;
}

/* Where Movable begins; 0: there is none. */
static pfn_t movable_start(struct ba_machine m)
{
	const struct ba_nodes *nodes = ba_machine_nodes(&m);
	const struct ba_zone *last = &nodes->zone[nodes->nr_zones - 1];
	pfn_t start = last->index == BA_ZONE_MOVABLE ? last->buddy.start : 0;

	ba_machine_destroy(&m);
	return start;
}

#define GIB	(1u << 20)	/* KiB */

/*
 * 6 GiB: what any request may use begins at frame 1, so 5 GiB of it end one
 * frame into the 6th, and Movable begins at the next 4 MiB.
 */
TEST(kernelcore_is_what_is_not_movable)
{
	CHECK_EQ(movable_start(made(0, 6u << 18, 1, 5 * GIB, 0)),
		 (5u << 18) + 1024);
	/* nothing below 4 GiB can be Movable: all of Normal is */
	CHECK_EQ(movable_start(made(0, 6u << 18, 1, GIB, 0)), 1u << 20);
	/* all there is: no Movable, as without it */
	CHECK_EQ(movable_start(made(0, 6u << 18, 1, 6 * GIB, 0)), 0);
	/* the last page of low memory is 255 * 4 KiB short of 4 MiB */
	CHECK_EQ(movable_start(made(0, 1u << 18, 1, GIB - 8192, 0)),
		 (1u << 18) - 1024);
}

/* Both options: the one that leaves more to other requests. */
TEST(the_larger_of_kernelcore_and_movablecore_wins)
{
	CHECK_EQ(movable_start(made(0, 6u << 18, 1, 5 * GIB, 2 * GIB)),
		 (5u << 18) + 1024);
	CHECK_EQ(movable_start(made(0, 6u << 18, 1, 5 * GIB, GIB / 2)),
		 11u << 17);
	CHECK_EQ(movable_start(made(0, 6u << 18, 1, 5 * GIB, 6 * GIB)),
		 (5u << 18) + 1024);
}

/*
 * Three nodes of 1 GiB, kernelcore=2G: a third of it from each, 174762 pages;
 * node 0 has a frame less.
 */
TEST(kernelcore_is_spread_over_the_nodes)
{
	struct ba_machine m = made(0, 3u << 18, 3, 2 * GIB, 0);

	REQUIRE(ba_machine_nodes(&m)->nr_zones == 7);
	for (unsigned int id = 2; id < 7; id += 2) {
		pfn_t node = (id / 2 - 1) << 18;

		CHECK_EQ(zone_at(&m, id)->index, BA_ZONE_MOVABLE);
		CHECK_EQ(zone_at(&m, id)->buddy.start, node + 171 * 1024);
		CHECK_EQ(zone_at(&m, id)->buddy.end, node + (1u << 18));
	}
	check(&m);
	ba_machine_destroy(&m);

	/* a small node that is all needed leaves more to the others */
	m = made(0, 2u << 18, 2, 0, 256 * 1024);
	CHECK_EQ(zone_at(&m, 4)->buddy.start, (1u << 18) + 224 * 1024);
	ba_machine_destroy(&m);
}

#define LOWMEM	(896u << 8)	/* frames */

TEST(zones_of_a_32_bit_machine)
{
	struct ba_machine m = made(BA_ARCH_I386, 1u << 19, 1, 0, 0);

	REQUIRE(ba_machine_nodes(&m)->nr_zones == 3);
	check_zone(&m, 0, 0, BA_ZONE_I386_DMA, 1, 4096);
	check_zone(&m, 1, 0, BA_ZONE_I386_NORMAL, 4096, LOWMEM);
	check_zone(&m, 2, 0, BA_ZONE_I386_HIGHMEM, LOWMEM, 1u << 19);
	CHECK_STR_EQ(ba_machine_body(&m)->recorded.zone_name[2], "HighMem");
	check(&m);
	ba_machine_destroy(&m);

	m = made(BA_ARCH_I386, LOWMEM, 1, 0, 0);
	CHECK_EQ(ba_machine_nodes(&m)->nr_zones, 2);
	ba_machine_destroy(&m);
}

/*
 * 2 GiB of 32 bits. At boot sqrt(229375 * 4 * 16) = 3831 KiB = 957 pages of
 * low memory; huge pages want 11264 for its two zones, less than 5 % of the
 * 227943 pages above the high marks.
 *	Normal   11264 * 225280 / 229375 = 11062, step 2765
 *	HighMem  294912 / 1024 > 128, step 11264 * 294912 / 229375 / 4 = 3620
 */
TEST(sizes_of_a_32_bit_machine)
{
	static const int64_t marks[3][BA_NR_WMARK] = {
		{ 201, 251, 301 }, { 11062, 13827, 16592 },
		{ 128, 3748, 7368 } };
	static const int64_t reserve[3][BA_ZONES_PER_NODE] = {
		{ 0, 225280 / 256, 520192 / 256, 520192 / 256 },
		{ 0, 0, 294912 / 32, 294912 / 32 }, { 0 } };

	for (unsigned int late = 0; late < 2; late++) {
		struct ba_config config;
		struct ba_machine m;

		ba_config_init(&config);
		config.arch = BA_ARCH_I386;
		config.memory_pages = 1u << 19;
		if (late)
			config.profile = ba_profile_6_12L;
		REQUIRE(ba_machine_create(&config, &m, NULL, 0) == BA_OK);
		for (unsigned int id = 0; id < 3; id++) {
			const struct ba_wmark *w = &zone_at(&m, id)->wmark;

			for (unsigned int i = 0; i < BA_NR_WMARK; i++)
				CHECK_EQ(w->mark[i], marks[id][i]);
			for (unsigned int j = 0; j < BA_ZONES_PER_NODE; j++)
				CHECK_EQ(w->lowmem_reserve[j], reserve[id][j]);
		}
		CHECK_EQ(zone_at(&m, 2)->pcp[0].batch, 63);
		CHECK_EQ(late ? zone_at(&m, 2)->pcp[0].high_min :
				zone_at(&m, 2)->pcp[0].high, 3748);
		ba_machine_destroy(&m);
	}
}

/* A ratio of HighMem keeps pages for movable requests; 0 by default. */
TEST(highmem_has_a_reserve_ratio)
{
	struct ba_machine m = made(BA_ARCH_I386, 1u << 19, 1, 0, GIB / 4);
	const struct ba_wmark *w = &zone_at(&m, 2)->wmark;

	CHECK_EQ(w->lowmem_reserve[BA_ZONE_MOVABLE], 0);
	CHECK_EQ(ba_machine_sysctl(&m, "lowmem_reserve_ratio_highmem", 64,
				   NULL, 0), BA_OK);
	CHECK_EQ(w->lowmem_reserve[BA_ZONE_MOVABLE], 65536 / 64);
	ba_machine_destroy(&m);
}

/*
 * Movable is cut from the highest zone there is. From HighMem, it is itself
 * no low memory; from Normal, it is, in 6.1.
 */
TEST(movable_of_a_32_bit_machine)
{
	struct ba_machine m = made(BA_ARCH_I386, 1u << 19, 1, 0, GIB / 4);

	REQUIRE(ba_machine_nodes(&m)->nr_zones == 4);
	check_zone(&m, 2, 0, BA_ZONE_I386_HIGHMEM, LOWMEM, 7u << 16);
	check_zone(&m, 3, 0, BA_ZONE_I386_MOVABLE, 7u << 16, 1u << 19);
	CHECK_EQ(zone_at(&m, 3)->wmark.mark[BA_WMARK_MIN], 64);
	CHECK_EQ(zone_at(&m, 0)->wmark.mark[BA_WMARK_MIN] +
		 zone_at(&m, 1)->wmark.mark[BA_WMARK_MIN], 11263);
	ba_machine_destroy(&m);

	m = made(BA_ARCH_I386, 1u << 17, 1, 0, GIB / 8);
	REQUIRE(ba_machine_nodes(&m)->nr_zones == 3);
	check_zone(&m, 2, 0, BA_ZONE_I386_MOVABLE, 3u << 15, 1u << 17);
	CHECK(zone_at(&m, 2)->wmark.mark[BA_WMARK_MIN] > 128);
	ba_machine_destroy(&m);
}

/*
 * Two nodes of 1 GiB, movablecore=256M. 229375 pages from each would do for
 * the rest: node 0 has them below 896 MiB, so all its HighMem is Movable.
 */
TEST(movable_of_32_bit_nodes)
{
	struct ba_machine m = made(BA_ARCH_I386, 1u << 19, 2, 0, GIB / 4);

	REQUIRE(ba_machine_nodes(&m)->nr_zones == 5);
	check_zone(&m, 1, 0, BA_ZONE_I386_NORMAL, 4096, LOWMEM);
	check_zone(&m, 2, 0, BA_ZONE_I386_MOVABLE, LOWMEM, 1u << 18);
	check_zone(&m, 3, 1, BA_ZONE_I386_HIGHMEM, 1u << 18, 480u << 10);
	check_zone(&m, 4, 1, BA_ZONE_I386_MOVABLE, 480u << 10, 1u << 19);
	CHECK_EQ(zone_at(&m, 2)->wmark.mark[BA_WMARK_MIN], 32);
	CHECK_EQ(zone_at(&m, 4)->wmark.mark[BA_WMARK_MIN], 32);
	check(&m);
	ba_machine_destroy(&m);
}

TEST(movablecore_of_all_memory_makes_no_movable_as_in_the_kernel)
{
	struct ba_machine m = with_movablecore(1u << 16, 1, 1u << 18);

	CHECK_EQ(ba_machine_nodes(&m)->nr_zones, 2);
	CHECK_EQ(zone_at(&m, 1)->index, BA_ZONE_DMA32);
	ba_machine_destroy(&m);
}

TEST(pageblocks_at_boot)
{
	struct ba_machine m = booted(8192 + 100, 1, 1);
	struct ba_ctx ctx = ba_machine_ctx(&m, 0);

	for (uint32_t nr = 0; nr < 17; nr++) {
		CHECK_EQ(ctx.pageblocks[nr].flags, BA_MT_MOVABLE);
		CHECK_EQ(ctx.pageblocks[nr].zone, nr < 8 ? 1 : 2);
	}
	CHECK_EQ(ctx.pageblocks[17].zone, BA_PAGEBLOCK_NO_ZONE);
	ba_machine_destroy(&m);
}

/*
 *	zones  [1024, 1300) [1300, 2048)    pageblock 2 is 1024..1535
 *
 * The second zone spans its last frame, so it is that zone's (K2); a zone
 * that ends inside a pageblock nobody else has keeps it.
 */
TEST(k2_a_shared_pageblock_belongs_to_the_zone_of_its_last_frame)
{
	struct ba_config config;
	struct ba_machine m;
	struct ba_ctx ctx;

	ba_config_init(&config);
	REQUIRE(ba_machine_create_empty(&config, 2100, &m) == BA_OK);
	ba_machine_add_zone(&m, 0, BA_ZONE_DMA, 1024, 1300);
	ctx = ba_machine_ctx(&m, 0);
	CHECK_EQ(ctx.pageblocks[2].zone, 1);
	ba_machine_add_zone(&m, 0, BA_ZONE_DMA32, 1300, 2048);
	CHECK_EQ(ctx.pageblocks[2].zone, 2);
	CHECK_EQ(ctx.pageblocks[3].zone, 2);
	ba_machine_add_zone(&m, 0, BA_ZONE_NORMAL, 2048, 2100);
	CHECK_EQ(ctx.pageblocks[4].zone, 3);
	CHECK(ba_nodes_zone_of(&ctx, ba_machine_nodes(&m), 1400) ==
	      zone_at(&m, 1));
	CHECK(!ba_nodes_zone_of(&ctx, ba_machine_nodes(&m), 1200));
	ba_machine_destroy(&m);
}

/*
 * 256 MiB, no huge pages by default:  sqrt(65535 * 4 * 16) = 2047 KiB = 511
 *	DMA   4095: share 31, step 7     DMA32 61440: share 479, step 119
 */
TEST(watermarks_of_a_small_machine)
{
	struct ba_machine m = booted(65536, 1, 1);
	const struct ba_wmark *dma = &zone_at(&m, 0)->wmark;
	const struct ba_wmark *dma32 = &zone_at(&m, 1)->wmark;

	CHECK_EQ(dma->mark[BA_WMARK_MIN], 31);
	CHECK_EQ(dma->mark[BA_WMARK_LOW], 38);
	CHECK_EQ(dma->mark[BA_WMARK_HIGH], 45);
	CHECK_EQ(dma32->mark[BA_WMARK_MIN], 479);
	CHECK_EQ(dma32->mark[BA_WMARK_LOW], 598);
	CHECK_EQ(dma32->mark[BA_WMARK_HIGH], 717);
	/* DMA keeps 61440 / 256 for others; DMA32 has none above it */
	CHECK_EQ(dma->lowmem_reserve[BA_ZONE_DMA], 0);
	for (unsigned int j = BA_ZONE_DMA32; j < BA_ZONES_PER_NODE; j++) {
		CHECK_EQ(dma->lowmem_reserve[j], 240);
		CHECK_EQ(dma32->lowmem_reserve[j], 0);
	}
	CHECK_EQ(ba_machine_nodes(&m)->node[0].totalreserve,
		 45 + 240 + 717);
	CHECK_EQ(zone_at(&m, 1)->pcp[0].batch, 15);
	CHECK_EQ(zone_at(&m, 1)->pcp[0].high, 598);
	CHECK_EQ(zone_at(&m, 0)->pcp[0].batch, 1);
	CHECK_EQ(zone_at(&m, 1)->buddy.free_pages.threshold[0], 4);
	CHECK_EQ(ba_machine_body(&m)->mobility_disabled, 0);
	ba_machine_destroy(&m);
}

static uint64_t min_marks(const struct ba_machine *m)
{
	uint64_t sum = 0;

	for (unsigned int id = 0; id < ba_machine_nodes(m)->nr_zones; id++)
		sum += (uint64_t)zone_at(m, id)->wmark.mark[BA_WMARK_MIN];
	return sum;
}

/*
 * From 512 MiB on huge pages ask for more: 11 pageblocks for each zone, as
 * the recorded kernel with 3 zones and 5 GiB has it: 16896 pages. Marks are
 * rounded down, so up to a page a zone is missing.
 */
TEST(huge_pages_raise_the_watermarks)
{
	struct ba_machine m = booted(5u << 18, 1, 1);

	CHECK(min_marks(&m) <= 16896 && min_marks(&m) >= 16893);
	ba_machine_destroy(&m);

	/* 1 GiB, 2 zones: 5 % of memory less the high marks, not 11264 */
	m = booted(1u << 18, 1, 1);
	CHECK_EQ(min_marks(&m) / 10, 11263 / 10);
	ba_machine_destroy(&m);

	m = booted(1u << 16, 1, 1);
	CHECK(min_marks(&m) < 512);
	ba_machine_destroy(&m);
}

/* 6.12.0 keeps nothing for zones that have no page; reserve ratio 0. */
TEST(lowmem_reserve_follows_profile_and_ratio)
{
	struct ba_config config;
	struct ba_machine m;

	ba_config_init(&config);
	config.memory_pages = 1u << 21;
	config.lowmem_reserve_ratio_dma = 0;
	config.profile = ba_profile_6_12_0;
	REQUIRE(ba_machine_create(&config, &m, NULL, 0) == BA_OK);
	CHECK_EQ(zone_at(&m, 0)->wmark.lowmem_reserve[BA_ZONE_NORMAL], 0);
	CHECK_EQ(zone_at(&m, 1)->wmark.lowmem_reserve[BA_ZONE_NORMAL],
		 (1u << 20) / 256);
	CHECK_EQ(zone_at(&m, 1)->wmark.lowmem_reserve[BA_ZONE_MOVABLE], 0);
	ba_machine_destroy(&m);

	config.profile = ba_profile_6_12L;
	REQUIRE(ba_machine_create(&config, &m, NULL, 0) == BA_OK);
	CHECK_EQ(zone_at(&m, 1)->wmark.lowmem_reserve[BA_ZONE_MOVABLE],
		 (1u << 20) / 256);
	/* 6.12 lets high move between two bounds */
	CHECK_EQ(zone_at(&m, 1)->pcp[0].high_min,
		 zone_at(&m, 1)->wmark.mark[BA_WMARK_LOW]);
	CHECK_EQ(zone_at(&m, 1)->pcp[0].high_max, ((1 << 20) - 4096) / 8);
	ba_machine_destroy(&m);
}

TEST(sysctls_are_used)
{
	struct ba_config config;
	struct ba_machine m;

	ba_config_init(&config);
	config.memory_pages = 65536;
	config.min_free_kbytes = 8192;
	config.watermark_scale_factor = 1000;
	config.percpu_pagelist_high_fraction = 8;
	config.nr_cpus = 4;
	REQUIRE(ba_machine_create(&config, &m, NULL, 0) == BA_OK);
	CHECK_EQ(zone_at(&m, 1)->wmark.mark[BA_WMARK_MIN],
		 2048 * 61440 / 65535);
	CHECK_EQ(zone_at(&m, 1)->wmark.mark[BA_WMARK_LOW],
		 2048 * 61440 / 65535 + 6144);
	CHECK_EQ(zone_at(&m, 1)->pcp[3].high, 61440 / 8 / 4);
	ba_machine_destroy(&m);
}

/* Eight pageblocks of user pages, of which every second one goes again. */
static void punch_holes(struct ba_ctx *ctx, struct ba_nodes *nodes)
{
	static const struct ba_mapping anon = { .anon = true };
	uint32_t pages[8 * BA_PAGEBLOCK_PAGES];

	for (size_t i = 0; i < 8 * BA_PAGEBLOCK_PAGES; i++)
		pages[i] = ba_fault_new(ctx, nodes, &anon);
	for (size_t i = 0; i < 8 * BA_PAGEBLOCK_PAGES; i += 2)
		ba_user_release(ctx, nodes, pages[i]);
}

/* A write of these does something at once; only some values may be written. */
TEST(sysctls_that_are_no_settings)
{
	static const struct ba_mapping file = { .anon = false };
	struct ba_machine m = booted(16384, 1, 1);
	struct ba_ctx ctx = ba_machine_ctx(&m, 0);
	char message[80] = "";
	uint32_t page;

	page = ba_fault_new(&ctx, ba_machine_nodes(&m), &file);
	CHECK_EQ(ba_machine_sysctl(&m, "drop_caches", 0, message,
				   sizeof(message)), BA_EINVAL);
	CHECK_STR_EQ(message, "drop_caches is 0; give 1 to 4");
	CHECK_EQ(ba_machine_sysctl(&m, "drop_caches", 2, NULL, 0), BA_OK);
	CHECK_EQ(ctx.handles[page].state, BA_HANDLE_RESIDENT);
	CHECK_EQ(ba_machine_sysctl(&m, "drop_caches", 3, NULL, 0), BA_OK);
	CHECK_EQ(ctx.handles[page].state, BA_HANDLE_EVICTED);
	CHECK_EQ(ba_machine_sysctl(&m, "compact_memory", 2, message,
				   sizeof(message)), BA_EINVAL);
	CHECK_STR_EQ(message, "compact_memory is 2; give 1");
	punch_holes(&ctx, ba_machine_nodes(&m));
	CHECK_EQ(ba_machine_sysctl(&m, "compact_memory", 1, NULL, 0), BA_OK);
	CHECK(ctx.vm->event[BA_VM_pgmigrate_success] > 500);
	ba_machine_destroy(&m);
}

static void work(const struct ba_machine *m, uint32_t rounds)
{
	struct ba_ctx ctx = ba_machine_ctx(m, 0);
	struct ba_nodes *nodes = ba_machine_nodes(m);
	pfn_t pfns[64];

	for (uint32_t i = 0; i < rounds; i++) {
		uint32_t gfp = i % 3 ? BA_GFP_HIGHUSER_MOVABLE : BA_GFP_KERNEL;

		if (i >= 64)
			ba_free_pages(&ctx, nodes, pfns[i % 64],
				      (order_t)(i % 64 % 4));
		pfns[i % 64] = ba_alloc_pages(&ctx, nodes, gfp,
					      (order_t)(i % 64 % 4), 0);
	}
}

/* Leaves other bytes on the stack, so that padding taken from it differs. */
static void dirty_stack(unsigned char byte)
{
	volatile unsigned char junk[8192];

	for (size_t i = 0; i < sizeof(junk); i++)
		junk[i] = byte;
	CHECK_EQ(junk[100], byte);
}

/* M2: the same history, the same bytes; another one, others. */
TEST(m2_equal_histories_make_equal_machines)
{
	struct ba_machine a, b;

	dirty_stack(0x55);
	a = booted(16384, 2, 1);
	dirty_stack(0xaa);
	b = booted(16384, 2, 1);
	CHECK(ba_machine_equal(&a, &b));
	CHECK_EQ(ba_machine_hash(&a), ba_machine_hash(&b));
	work(&a, 1000);
	CHECK(!ba_machine_equal(&a, &b));
	CHECK(ba_machine_hash(&a) != ba_machine_hash(&b));
	work(&b, 1000);
	CHECK(ba_machine_equal(&a, &b));
	check(&a);
	ba_machine_destroy(&a);
	ba_machine_destroy(&b);
}

/* M1: nothing in a copy points to the original. */
TEST(m1_a_copy_lives_alone)
{
	struct ba_machine a = booted(16384, 1, 1), b;

	work(&a, 200);
	REQUIRE(ba_machine_copy(&a, &b) == BA_OK);
	CHECK(ba_machine_equal(&a, &b));
	work(&a, 500);
	ba_machine_destroy(&a);
	work(&b, 200);
	check(&b);
	ba_machine_destroy(&b);
}

static struct ba_config backed_config(uint64_t pages)
{
	struct ba_config config;

	ba_config_init(&config);
	config.memory_pages = pages;
	config.backed = true;
	return config;
}

static struct ba_machine backed(uint64_t pages)
{
	struct ba_config config = backed_config(pages);

	return booted_with(&config);
}

/* M2: the bytes of its frames are part of a machine's state. */
TEST(m2_bytes_are_state)
{
	struct ba_machine a = backed(16384), b = backed(16384), c;
	struct ba_machine bare = booted(16384, 1, 1);

	CHECK(ba_machine_equal(&a, &b));
	CHECK(!ba_machine_equal(&a, &bare) && !ba_machine_equal(&bare, &a));
	work(&a, 300);
	work(&b, 300);
	CHECK(ba_machine_equal(&a, &b));
	CHECK_EQ(ba_machine_hash(&a), ba_machine_hash(&b));
	ba_memory_at(&a.memory, 9000)[17] = 1;
	CHECK(!ba_machine_equal(&a, &b));
	CHECK(ba_machine_hash(&a) != ba_machine_hash(&b));
	REQUIRE(ba_machine_copy(&a, &c) == BA_OK);
	CHECK(ba_machine_equal(&a, &c));
	CHECK_EQ(ba_machine_hash(&a), ba_machine_hash(&c));
	ba_memory_at(&c.memory, 9000)[17] = 2;
	CHECK_EQ(ba_memory_at(&a.memory, 9000)[17], 1);
	ba_machine_destroy(&a);
	work(&c, 100);
	check(&c);
	ba_machine_destroy(&b);
	ba_machine_destroy(&c);
	ba_machine_destroy(&bare);
}

/* Memory behind frames takes host memory for what is written only. */
static void backed_costs_what_it_touches(pfn_t pages)
{
	struct ba_config config = backed_config(pages);
	struct ba_machine m;

	if (!large_boots(&config, &m))
		return;
	ba_memory_at(&m.memory, pages - 1)[0] = 1;
	CHECK(ba_memory_used(&m.memory) <= 2 * BA_PAGE_SIZE);
	ba_machine_destroy(&m);
}

/* 8 and 64 GiB. */
TEST(a_large_backed_machine_costs_what_it_touches)
{
	backed_costs_what_it_touches(1u << 21);
	backed_costs_what_it_touches(1u << 24);
}

/* No more than a third of its table is touched. */
static void touches_what_it_uses(pfn_t pages)
{
	size_t table = (size_t)pages * sizeof(struct ba_frame);
	struct ba_config config;
	struct ba_machine m;

	ba_config_init(&config);
	config.memory_pages = pages;
	if (!large_boots(&config, &m))
		return;
	CHECK_EQ(zone_at(&m, 2)->buddy.area[10].nr_free,
		 (pages - (1u << 20)) >> 10);
	CHECK(ba_arena_touched(&m.arena) < table / 3);
	ba_machine_destroy(&m);
}

/* 32 and 64 GiB; a smaller table is made of the host's huge pages. */
TEST(a_large_machine_touches_what_it_uses)
{
	touches_what_it_uses(1u << 23);
	touches_what_it_uses(1u << 24);
}

/* Of a machine that is not shared a CPU is entered as often as one likes. */
TEST(enter_of_one_user_is_a_context)
{
	struct ba_machine m = booted(16384, 2, 1);
	struct ba_ctx a = ba_machine_enter(&m, 1);
	struct ba_ctx b = ba_machine_enter(&m, 1);

	CHECK_EQ(a.cpu, 1);
	CHECK(!a.cpus && !b.cpus && !a.shared);
	ba_machine_leave(&a);
	ba_machine_leave(&b);
	ba_machine_stop(&m);
	ba_machine_stop(&m);
	ba_machine_resume(&m);
	check(&m);
	ba_machine_destroy(&m);
}

/* M4: who has it alone has every CPU, of it and not of its copies. */
TEST(m4_a_stopped_machine_has_no_free_cpu)
{
	struct ba_machine m, copy;
	struct ba_config config;
	struct ba_ctx ctx;

	ba_config_init(&config);
	config.memory_pages = 16384;
	config.nr_cpus = 3;
	config.shared = true;
	m = booted_with(&config);
	ba_machine_stop(&m);
	for (cpu_t cpu = 0; cpu < 3; cpu++)
		CHECK(!ba_trylock(&m.cpus.cpu[cpu].lock, true));
	REQUIRE(!ba_machine_copy(&m, &copy));
	CHECK(ba_machine_equal(&m, &copy));
	CHECK_EQ(ba_machine_hash(&m), ba_machine_hash(&copy));
	ctx = ba_machine_enter(&copy, 2);
	CHECK(ctx.cpus == &copy.cpus && ctx.shared);
	ba_machine_leave(&ctx);
	ba_machine_resume(&m);
	ctx = ba_machine_enter(&m, 0);
	CHECK(!ba_trylock(&m.cpus.cpu[0].lock, true));
	ba_move_to_cpu(&ctx, 2);
	CHECK_EQ(ctx.cpu, 2);
	CHECK(ba_trylock(&m.cpus.cpu[0].lock, true));
	CHECK(!ba_trylock(&m.cpus.cpu[2].lock, true));
	ba_unlock(&m.cpus.cpu[0].lock, true);
	ba_machine_leave(&ctx);
	CHECK(ba_trylock(&m.cpus.cpu[2].lock, true));
	ba_machine_destroy(&copy);
	ba_machine_destroy(&m);
}

TEST(a_config_that_cannot_be_is_refused)
{
	struct ba_config config;
	struct ba_machine m;
	char message[200] = "";

	ba_config_init(&config);
	CHECK_EQ(ba_machine_create(&config, &m, message, sizeof(message)),
		 BA_EINVAL);
	CHECK(strstr(message, "0 pages") != NULL);
}
