// SPDX-License-Identifier: GPL-2.0-only
#include "mm/scan_count.h"

#include "pages.h"

/* Round numbers: lists that no page stands on, in zone DMA32. */
static void lists(int64_t inactive_anon, int64_t active_anon,
		  int64_t inactive_file, int64_t active_file)
{
	const int64_t nr[BA_NR_LRU] = { inactive_anon, active_anon,
					inactive_file, active_file };

	for (unsigned int lru = 0; lru < BA_NR_LRU; lru++) {
		nodes->zone[1].nr_lru[lru] = nr[lru];
		nodes->node[0].lruvec.nr[lru] = nr[lru];
	}
}

static struct ba_scan scan_at(int priority)
{
	return (struct ba_scan){
		.priority = (int8_t)priority, .may_swap = true,
		.may_writepage = true, .reclaim_idx = BA_ZONE_NORMAL };
}

/* The four counts, "inactive_anon active_anon inactive_file active_file". */
static const char *counts(struct ba_scan *sc)
{
	static char text[100];
	uint64_t nr[BA_NR_LRU];

	ba_prepare_scan_count(&ctx, nodes, 0, sc);
	ba_get_scan_count(&ctx, nodes, 0, sc, nr);
	snprintf(text, sizeof(text),
		 "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
		 nr[0], nr[1], nr[2], nr[3]);
	return text;
}

static void begin(uint64_t swap)
{
	start(PAGES);
	ctx.vm->swap_total = ctx.vm->swap_free = swap;
}

static void end(void)
{
	lists(0, 0, 0, 0);
	stop();
}

/*
 * Both kinds, priority 6: a 64th of each list is 320 160 640 1280.
 *
 *	swappiness 60, no costs     60/200 and 140/200
 *	swappiness 100              a half each
 *	swappiness 0                nothing anonymous
 *	swappiness 200              no page cache
 */
TEST(counts_are_dealt_by_swappiness)
{
	struct ba_scan sc = scan_at(6);

	begin(1000);
	lists(20480, 10240, 40960, 81920);
	CHECK_STR_EQ(counts(&sc), "96 48 448 896");
	ctx.vm->swappiness = 100;
	CHECK_STR_EQ(counts(&sc), "160 80 320 640");
	ctx.vm->swappiness = 0;
	CHECK_STR_EQ(counts(&sc), "0 0 640 1280");
	ctx.vm->swappiness = 200;
	CHECK_STR_EQ(counts(&sc), "320 160 0 0");
	end();
}

/*
 *	costs 300 and 100: T = 400, A = 700, F = 500, their sum 1200
 *	anonymous   60 * 1201 / 701 = 102
 *	page cache 140 * 1201 / 501 = 335           of 437
 *	320 * 102 / 437 = 74   160 -> 37   640 * 335 / 437 = 490   1280 -> 981
 */
TEST(counts_are_dealt_by_cost)
{
	struct ba_scan sc = scan_at(6);

	begin(1000);
	lists(20480, 10240, 40960, 81920);
	nodes->node[0].lruvec.anon_cost = 300;
	nodes->node[0].lruvec.file_cost = 100;
	CHECK_STR_EQ(counts(&sc), "74 37 490 981");
	end();
}

/* Each priority doubles them; a list below 4096 pages has none at first. */
TEST(counts_double_with_each_priority)
{
	struct ba_scan sc = scan_at(12);

	begin(0);
	lists(0, 0, 4095, 8192);
	CHECK_STR_EQ(counts(&sc), "0 0 0 2");
	sc.priority = 11;
	CHECK_STR_EQ(counts(&sc), "0 0 1 4");
	sc.priority = 1;
	CHECK_STR_EQ(counts(&sc), "0 0 2047 4096");
	sc.priority = 0;
	CHECK_STR_EQ(counts(&sc), "0 0 4095 8192");
	end();
}

TEST(without_swap_anonymous_pages_are_let_alone)
{
	struct ba_scan sc = scan_at(0);

	begin(0);
	lists(640, 640, 640, 640);
	CHECK_STR_EQ(counts(&sc), "0 0 640 640");
	/* all of it in use is no swap either; nor is a boost's reclaim */
	ctx.vm->swap_total = 100;
	CHECK_STR_EQ(counts(&sc), "0 0 640 640");
	ctx.vm->swap_free = 100;
	CHECK_STR_EQ(counts(&sc), "640 640 640 640");
	sc.may_swap = false;
	CHECK_STR_EQ(counts(&sc), "0 0 640 640");
	end();
}

/* At the last priority all is taken alike, unless swappiness is 0. */
TEST(the_last_priority_takes_all)
{
	struct ba_scan sc = scan_at(0);

	begin(1000);
	lists(640, 320, 64, 32);
	CHECK_STR_EQ(counts(&sc), "640 320 64 32");
	ctx.vm->swappiness = 0;
	CHECK_STR_EQ(counts(&sc), "0 0 64 32");
	end();
}

/*
 * As many inactive as active pages of the cache: they suffice, and anonymous
 * pages are spared. In 6.12 kswapd can do without that mode.
 */
TEST(much_inactive_page_cache_is_trimmed_first)
{
	struct ba_scan sc = scan_at(6);

	begin(1000);
	lists(20480, 10240, 40960, 40960);
	CHECK_STR_EQ(counts(&sc), "0 0 640 640");
	CHECK(sc.cache_trim_mode);
	CHECK(!sc.may_deactivate[1]);
	sc.no_cache_trim_mode = true;
	CHECK_STR_EQ(counts(&sc), "0 0 640 640");
	ctx.profile = &ba_profile_6_12L;
	CHECK_STR_EQ(counts(&sc), "96 48 448 448");
	sc.no_cache_trim_mode = false;
	sc.force_deactivate = true;
	CHECK_STR_EQ(counts(&sc), "96 48 448 448");
	CHECK(sc.may_deactivate[0] && sc.may_deactivate[1]);
	/* fewer than 64 inactive pages are no plenty at priority 6 */
	sc.force_deactivate = false;
	lists(20480, 10240, 63, 63);
	CHECK_STR_EQ(counts(&sc), "96 48 0 0");
	CHECK(!sc.cache_trim_mode);
	end();
}

/*
 * Page cache and free pages together below the high marks: only anonymous
 * pages are looked at, if enough of them are inactive.
 */
TEST(a_tiny_page_cache_is_spared)
{
	struct ba_scan sc = scan_at(6);
	int64_t high, free = 0;

	begin(1000);
	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		free += ba_vmstat_read(&nodes->zone[id].buddy.free_pages);
	lists(20480, 10240, 40960, 81920);
	CHECK_STR_EQ(counts(&sc), "96 48 448 896");
	high = free + 40960 + 81920 -
	       nodes->zone[0].wmark.mark[BA_WMARK_HIGH];
	nodes->zone[1].wmark.mark[BA_WMARK_HIGH] = high - 1;
	CHECK_STR_EQ(counts(&sc), "96 48 448 896");
	nodes->zone[1].wmark.mark[BA_WMARK_HIGH] = high;
	CHECK_STR_EQ(counts(&sc), "320 160 0 0");
	/* a boost raises the mark, too */
	nodes->zone[1].wmark.mark[BA_WMARK_HIGH] = high - 10;
	nodes->zone[1].wmark.boost = 10;
	CHECK_STR_EQ(counts(&sc), "320 160 0 0");
	/* too few inactive ones: they are to be deactivated first */
	lists(10240, 20480, 40960, 81920);
	CHECK_STR_EQ(counts(&sc), "48 96 448 896");
	nodes->zone[1].wmark.boost = 0;
	end();
}

/* SC1: a request for DMA does not count the pages of DMA32. */
TEST(sc1_pages_of_higher_zones_do_not_count)
{
	struct ba_scan sc = scan_at(0);

	begin(0);
	lists(0, 0, 640, 320);
	nodes->zone[0].nr_lru[BA_LRU_INACTIVE_FILE] = 50;
	nodes->node[0].lruvec.nr[BA_LRU_INACTIVE_FILE] = 690;
	CHECK_STR_EQ(counts(&sc), "0 0 690 320");
	sc.reclaim_idx = BA_ZONE_DMA;
	CHECK_STR_EQ(counts(&sc), "0 0 50 0");
	nodes->zone[0].nr_lru[BA_LRU_INACTIVE_FILE] = 0;
	end();
}

/*
 *	both lists     ratio          inactive is low below
 *	< 1 GiB          1              a half
 *	1 GiB            3 (root 10)    a quarter
 *	10 GiB          10 (root 100)   an eleventh
 */
TEST(the_larger_the_memory_the_smaller_the_inactive_list)
{
	struct ba_lruvec lruvec = { .nr = { 99, 100, 100, 100 } };

	CHECK(ba_inactive_is_low(&lruvec, BA_LRU_INACTIVE_ANON));
	CHECK(!ba_inactive_is_low(&lruvec, BA_LRU_INACTIVE_FILE));
	lruvec.nr[BA_LRU_INACTIVE_FILE] = 65535;
	lruvec.nr[BA_LRU_ACTIVE_FILE] = 196609;
	CHECK(ba_inactive_is_low(&lruvec, BA_LRU_INACTIVE_FILE));
	lruvec.nr[BA_LRU_INACTIVE_FILE] = 65536;
	lruvec.nr[BA_LRU_ACTIVE_FILE] = 196608;
	CHECK(!ba_inactive_is_low(&lruvec, BA_LRU_INACTIVE_FILE));
	/* one page less is no GiB */
	lruvec.nr[BA_LRU_ACTIVE_FILE] = 196607;
	CHECK(ba_inactive_is_low(&lruvec, BA_LRU_INACTIVE_FILE));
	lruvec.nr[BA_LRU_INACTIVE_FILE] = 238312;
	lruvec.nr[BA_LRU_ACTIVE_FILE] = 2383128;
	CHECK(ba_inactive_is_low(&lruvec, BA_LRU_INACTIVE_FILE));
	lruvec.nr[BA_LRU_INACTIVE_FILE] = 238313;
	CHECK(!ba_inactive_is_low(&lruvec, BA_LRU_INACTIVE_FILE));
}
