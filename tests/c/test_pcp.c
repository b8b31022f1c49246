// SPDX-License-Identifier: GPL-2.0-only
#include "mm/pcp.h"

#include "rig.h"

#define U BA_MT_UNMOVABLE
#define M BA_MT_MOVABLE
#define R BA_MT_RECLAIMABLE
#define H BA_MT_HIGHATOMIC

static pfn_t alloc(struct rig *rig, order_t order, uint8_t type)
{
	return ba_pcp_alloc(&rig->ctx, &rig->buddy, &rig->w, &rig->pcp, order,
			    type, 0);
}

static void release(struct rig *rig, pfn_t pfn, order_t order, uint8_t type)
{
	CHECK(ba_pcp_free(&rig->ctx, &rig->buddy, &rig->w, &rig->pcp, pfn,
			  order, type));
}

static const char *check(struct rig *rig)
{
	const char *broken = ba_buddy_check(&rig->ctx, &rig->buddy);

	return broken ? broken : ba_pcp_check(&rig->ctx, &rig->pcp, 8192);
}

/* Pages freed to the buddy lists so far, in order, as "3 1 2". */
static const char *drained(struct rig *rig)
{
	size_t len = 0;

	rig->text[0] = '\0';
	for (uint32_t i = 0; i < rig->trace.nr; i++)
		if (rig->events[i].kind == BA_TP_PCPU_DRAIN)
			len += (size_t)snprintf(rig->text + len, 512 - len,
						"%s%u", len ? " " : "",
						rig->events[i].pfn);
	return rig->text;
}

/*
 *	buddy  order 4: 0        batch 4
 *	refill                   pcp: 0 1 2 3    the head is the first taken
 *	alloc -> 0               pcp: 1 2 3
 */
TEST(a_refill_keeps_the_order_of_taking)
{
	struct rig *rig = rig_new(0, 64);

	rig_put(rig, 0, 4, M);
	CHECK_EQ(alloc(rig, 0, M), 0);
	CHECK_STR_EQ(rig_pcp_list(rig, 1), "1 2 3");
	CHECK_EQ(rig->pcp.count, 3);
	CHECK_EQ(ba_vmstat_sum(&rig->buddy.free_pages), 12);
	CHECK_EQ(alloc(rig, 0, M), 1);
	CHECK_EQ(rig->frames[1].state, BA_FRAME_USED);
	CHECK_EQ(rig->frames[2].state, BA_FRAME_PCP);
	CHECK_OK(check(rig));
	free(rig);
}

/* A page freed last is handed out first. */
TEST(the_last_page_freed_is_the_first_handed_out)
{
	struct rig *rig = rig_new(0, 64);

	release(rig, 5, 0, M);
	release(rig, 9, 0, M);
	CHECK_STR_EQ(rig_pcp_list(rig, 1), "9 5");
	CHECK_EQ(alloc(rig, 0, M), 9);
	CHECK_EQ(alloc(rig, 0, M), 5);
	free(rig);
}

/*
 *	batch 63:  order   0   1   2   3   9
 *	           blocks 63  31  15   7   2
 */
TEST(a_refill_of_larger_blocks_is_shorter)
{
	static const struct { order_t order; int32_t blocks; } cases[] = {
		{ 0, 63 }, { 1, 31 }, { 2, 15 }, { 3, 7 }, { 9, 2 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig *rig = rig_new(0, 8192);

		ba_pcp_init(&rig->pcp, 100000, 63);
		for (pfn_t pfn = 0; pfn < 8192; pfn += 1024)
			rig_put(rig, pfn, 10, M);
		CHECK_EQ(alloc(rig, cases[i].order, M), 0);
		CHECK_EQ(rig->pcp.count,
			 (cases[i].blocks - 1) << cases[i].order);
		CHECK_OK(check(rig));
		free(rig);
	}
}

/* A batch of 1 brings one block, whatever its order. */
TEST(a_batch_of_one)
{
	struct rig *rig = rig_new(0, 64);

	ba_pcp_init(&rig->pcp, 4, 1);
	rig_put(rig, 0, 5, M);
	CHECK_EQ(alloc(rig, 2, M), 0);
	CHECK_EQ(rig->pcp.count, 0);
	CHECK_STR_EQ(rig_list(rig, 2, M), "4");
	free(rig);
}

/* What is there is what comes; then nothing. */
TEST(a_refill_takes_what_there_is)
{
	struct rig *rig = rig_new(0, 64);

	rig_put(rig, 8, 1, M);
	CHECK_EQ(alloc(rig, 0, M), 8);
	CHECK_EQ(alloc(rig, 0, M), 9);
	CHECK_EQ(alloc(rig, 0, M), BA_PFN_NONE);
	CHECK_EQ(rig->pcp.count, 0);
	CHECK_OK(check(rig));
	free(rig);
}

/*
 *	high 8, batch 4; frees of 1 3 5 ... 15
 *	list  15 13 11 9 7 5 3 1    count 8 reaches high: the 4 oldest go
 *	drain 1 3 5 7
 */
TEST(a_drain_takes_the_oldest_pages)
{
	struct rig *rig = rig_new(0, 64);

	ba_pcp_init(&rig->pcp, 8, 4);
	for (pfn_t pfn = 1; pfn < 16; pfn += 2)
		release(rig, pfn, 0, M);
	CHECK_STR_EQ(drained(rig), "1 3 5 7");
	CHECK_STR_EQ(rig_pcp_list(rig, 1), "15 13 11 9");
	CHECK_EQ(rig->pcp.count, 4);
	CHECK_OK(check(rig));
	free(rig);
}

/*
 *	lists   U: 34 30 24 5 2   M: 20 8   R: 14
 *	high 8, batch 4: the free of 20 (M) drains four
 *	drain   from M on, list by list: 8 20, then R 14, then round to U 2
 */
TEST(a_drain_goes_list_by_list_from_the_freed_pages)
{
	struct rig *rig = rig_new(0, 64);

	static const pfn_t unmovable[] = { 2, 5, 24, 30, 34 };

	ba_pcp_init(&rig->pcp, 8, 4);
	for (size_t i = 0; i < 5; i++)
		release(rig, unmovable[i], 0, U);
	release(rig, 14, 0, R);
	release(rig, 8, 0, M);
	release(rig, 20, 0, M);
	CHECK_STR_EQ(drained(rig), "8 20 14 2");
	CHECK_EQ(rig->pcp.count, 4);
	CHECK_STR_EQ(rig_pcp_list(rig, 0), "34 30 24 5");
	CHECK_STR_EQ(rig_list(rig, 0, U), "2");
	CHECK_STR_EQ(rig_list(rig, 0, R), "14");
	free(rig);
}

/* Only frees: high 64, batch 4. Each drain doubles, up to high - batch. */
TEST(free_factor_doubles_each_drain)
{
	static const int32_t drains[] = { 4, 8, 16, 32, 60, 60 };
	struct rig *rig = rig_new(0, 8192);
	pfn_t pfn = 0;

	ba_pcp_init(&rig->pcp, 64, 4);
	for (size_t i = 0; i < sizeof(drains) / sizeof(drains[0]); i++) {
		while (rig->pcp.count < 63) {
			release(rig, pfn, 0, M);
			pfn += 2;
		}
		release(rig, pfn, 0, M);
		pfn += 2;
		CHECK_EQ(rig->pcp.count, 64 - drains[i]);
	}
	CHECK_EQ(rig->pcp.free_factor, 4);
	CHECK_OK(check(rig));
	/* an allocation halves what has grown */
	alloc(rig, 0, M);
	CHECK_EQ(rig->pcp.free_factor, 2);
	free(rig);
}

/* With batch 1 and high 4096 the factor would pass 5: 6.1L stops there. */
TEST(free_factor_is_capped_in_late_6_1)
{
	for (uint8_t capped = 0; capped < 2; capped++) {
		struct rig *rig = rig_new(0, 8192);
		pfn_t pfn = 0;

		rig->profile.free_factor_capped = capped;
		ba_pcp_init(&rig->pcp, 1024, 1);
		for (unsigned int i = 0; i < 8; i++)
			do {
				release(rig, pfn, 0, M);
				pfn += 2;
			} while (rig->pcp.count < 1023);
		for (unsigned int i = 0; i < 1200; i++, pfn += 2)
			release(rig, pfn, 0, M);
		CHECK(capped ? rig->pcp.free_factor == 5 :
			       rig->pcp.free_factor > 5);
		free(rig);
	}
}

/*
 *	free_factor > 0: the CPU has been freeing a lot; a block of order 1
 *	then empties everything
 */
TEST(a_high_order_free_after_many_frees_drains_all)
{
	struct rig *rig = rig_new(0, 64);

	release(rig, 1, 0, M);
	release(rig, 3, 0, R);
	release(rig, 8, 1, M);
	CHECK_EQ(rig->pcp.count, 4);
	rig->pcp.free_factor = 1;
	release(rig, 12, 1, M);
	CHECK_EQ(rig->pcp.count, 0);
	CHECK_STR_EQ(drained(rig), "8 12 1 3");
	CHECK_OK(check(rig));
	free(rig);
}

/* A huge page is not of those orders: order 9 drains in the usual way. */
TEST(a_huge_page_does_not_drain_all)
{
	struct rig *rig = rig_new(0, 8192);

	ba_pcp_init(&rig->pcp, 2000, 4);
	rig->pcp.free_factor = 1;
	release(rig, 512, 9, M);
	CHECK_EQ(rig->pcp.count, 512);
	free(rig);
}

/* While kswapd works the lists hold four batches at most. */
TEST(reclaim_shortens_the_lists)
{
	struct rig *rig = rig_new(0, 512);

	ba_pcp_init(&rig->pcp, 100, 4);
	rig->w.flags = BA_ZONE_RECLAIM_ACTIVE;
	for (pfn_t pfn = 0; pfn < 32; pfn += 2)
		release(rig, pfn, 0, M);
	CHECK_EQ(rig->pcp.count, 12);
	free(rig);
}

/* high 0: each free drains one page at once. */
TEST(a_high_of_zero_keeps_nothing)
{
	struct rig *rig = rig_new(0, 64);

	ba_pcp_init(&rig->pcp, 0, 1);
	release(rig, 5, 0, M);
	CHECK_EQ(rig->pcp.count, 0);
	CHECK_STR_EQ(rig_list(rig, 0, M), "5");
	free(rig);
}

/*
 *	index       12        13
 *	thp_lists 1 U, M, R
 *	thp_lists 2 U, R      M
 */
TEST(huge_pages_have_one_list_or_two)
{
	struct rig *rig = rig_new(0, 8192);

	ba_pcp_init(&rig->pcp, 10000, 4);
	release(rig, 512, 9, M);
	release(rig, 1024, 9, U);
	release(rig, 1536, 9, R);
	CHECK_STR_EQ(rig_pcp_list(rig, 12), "1536 1024");
	CHECK_STR_EQ(rig_pcp_list(rig, 13), "512");
	CHECK_EQ(rig->pcp.count, 1536);
	CHECK_OK(check(rig));
	CHECK_EQ(alloc(rig, 9, M), 512);
	free(rig);

	rig = rig_new(0, 8192);
	rig->profile = ba_profile_6_1_0;
	ba_pcp_init(&rig->pcp, 10000, 4);
	release(rig, 512, 9, M);
	release(rig, 1024, 9, U);
	CHECK_STR_EQ(rig_pcp_list(rig, 12), "1024 512");
	CHECK_STR_EQ(rig_pcp_list(rig, 13), "");
	free(rig);
}

/* HIGHATOMIC waits among the movable ones and returns to its own. */
TEST(a_highatomic_page_returns_to_its_type)
{
	struct rig *rig = rig_new(0, 64);

	release(rig, 5, 0, H);
	CHECK_STR_EQ(rig_pcp_list(rig, 1), "5");
	ba_pcp_drain(&rig->ctx, &rig->buddy, &rig->pcp);
	CHECK_STR_EQ(rig_list(rig, 0, H), "5");
	free(rig);
}

/* A refilled page that is not used returns to the list it came from. */
TEST(an_unused_page_returns_to_the_list_it_came_from)
{
	struct rig *rig = rig_new(0, 64);

	ba_pageblock_set_type(rig->pageblocks, 0, U);
	rig_put(rig, 0, 2, M);
	CHECK_EQ(alloc(rig, 0, M), 0);
	ba_pcp_drain(&rig->ctx, &rig->buddy, &rig->pcp);
	CHECK_STR_EQ(rig_list(rig, 1, M), "2");
	CHECK_STR_EQ(rig_list(rig, 0, M), "1");
	CHECK_OK(check(rig));
	free(rig);

	/* in 6.12 to that of its pageblock */
	rig = rig_new(0, 64);
	rig->profile = ba_profile_6_12L;
	rig->pcp.high_min = rig->pcp.high_max = 16;
	release(rig, 5, 0, M);
	ba_pageblock_set_type(rig->pageblocks, 0, R);
	ba_pcp_drain(&rig->ctx, &rig->buddy, &rig->pcp);
	CHECK_STR_EQ(rig_list(rig, 0, R), "5");
	free(rig);
}

/*
 *	list 0 (U): 100 pages, list 1 (M): 100 pages; batch 1
 *	in chunks of 32: list 0 first, again from list 0 each time
 */
TEST(a_full_drain_empties_every_list)
{
	for (uint8_t chunks = 0; chunks < 2; chunks++) {
		struct rig *rig = rig_new(0, 8192);

		rig->profile.drain_in_chunks = chunks;
		ba_pcp_init(&rig->pcp, 10000, 1);
		for (pfn_t pfn = 0; pfn < 400; pfn += 4) {
			release(rig, pfn, 0, U);
			release(rig, pfn + 2, 0, M);
		}
		ba_pcp_drain(&rig->ctx, &rig->buddy, &rig->pcp);
		CHECK_EQ(rig->pcp.count, 0);
		CHECK_EQ(ba_vmstat_sum(&rig->buddy.free_pages), 200);
		CHECK_EQ(rig->events[0].pfn, 0);
		CHECK_EQ(rig->events[100].pfn, 2);
		CHECK_OK(check(rig));
		free(rig);
	}
}

/* An interrupt that finds the lock taken gets nothing, changes nothing. */
TEST(a_busy_lock_refuses_both_ways)
{
	struct rig *rig = rig_new(0, 64);

	rig_put(rig, 0, 4, M);
	rig->ctx.pcp_busy = true;
	rig->pcp.free_factor = 2;
	CHECK_EQ(alloc(rig, 0, M), BA_PFN_NONE);
	CHECK(!ba_pcp_free(&rig->ctx, &rig->buddy, &rig->w, &rig->pcp, 20, 0,
			   M));
	CHECK_EQ(rig->pcp.count, 0);
	CHECK_EQ(rig->pcp.free_factor, 2);
	CHECK_EQ(rig->frames[20].state, BA_FRAME_USED);
	free(rig);
}

/* A bulk allocation takes the same pages and leaves free_factor alone. */
TEST(bulk_takes_in_order)
{
	struct rig *rig = rig_new(0, 64);
	pfn_t got[8];

	rig_put(rig, 0, 3, M);
	rig->pcp.free_factor = 2;
	CHECK_EQ(ba_pcp_alloc_bulk(&rig->ctx, &rig->buddy, &rig->w, &rig->pcp,
				   M, 0, 6, got), 6);
	for (pfn_t pfn = 0; pfn < 6; pfn++)
		CHECK_EQ(got[pfn], pfn);
	CHECK_STR_EQ(rig_pcp_list(rig, 1), "6 7");
	CHECK_EQ(rig->pcp.free_factor, 2);
	CHECK_EQ(ba_pcp_alloc_bulk(&rig->ctx, &rig->buddy, &rig->w, &rig->pcp,
				   M, 0, 6, got), 2);
	free(rig);
}

/* Loaded blocks stand in the order of the file, with index and type. */
TEST(loading_appends)
{
	struct rig *rig = rig_new(0, 64);

	ba_pcp_load(&rig->ctx, &rig->pcp, 9, 1, M);
	ba_pcp_load(&rig->ctx, &rig->pcp, 4, 1, H);
	ba_pcp_load(&rig->ctx, &rig->pcp, 16, 10, M);
	CHECK_STR_EQ(rig_pcp_list(rig, 1), "9 4");
	CHECK_EQ(rig->pcp.count, 10);
	CHECK_EQ(rig->frames[16].order, 3);
	CHECK_EQ(rig->frames[4].type, H);
	CHECK_OK(check(rig));
	free(rig);
}

/* Zones of the recorded kernels and round sizes: managed pages, batch. */
TEST(batches_by_zone_size)
{
	static const struct { uint64_t managed; int32_t batch; } cases[] = {
		{ 64, 1 }, { 3840, 1 }, { 16384, 3 }, { 32768, 7 },
		{ 65536, 15 }, { 85293, 15 }, { 98304, 31 }, { 113258, 31 },
		{ 131072, 31 }, { 196608, 63 }, { 262144, 63 },
		{ 754596, 63 }, { UINT64_C(1) << 30, 63 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_EQ(ba_pcp_batch(cases[i].managed), cases[i].batch);
	CHECK_EQ(ba_pcp_high(807, 1, 31), 807);
	CHECK_EQ(ba_pcp_high(807, 2, 31), 403);
	CHECK_EQ(ba_pcp_high(27, 1, 31), 124);
}

TEST(p1_count_and_links)
{
	struct rig *rig = rig_new(0, 64);

	release(rig, 5, 0, M);
	release(rig, 9, 0, M);
	rig->pcp.count++;
	CHECK_BROKEN(check(rig), "P1");
	rig->pcp.count--;
	rig->frames[5].link.prev = 3;
	CHECK_BROKEN(check(rig), "P1");
	free(rig);
}

TEST(p2_order_and_state)
{
	struct rig *rig = rig_new(0, 64);

	release(rig, 8, 0, M);
	rig->frames[8].order = 1;
	CHECK_BROKEN(check(rig), "P2");
	rig->frames[8].order = 0;
	rig->frames[8].state = BA_FRAME_USED;
	CHECK_BROKEN(check(rig), "P2");
	free(rig);
}

static struct rig *rig_6_12(void)
{
	struct rig *rig = rig_new(0, 8192);

	rig->profile = ba_profile_6_12L;
	rig->pcp.high = 0;
	rig->pcp.high_min = 16;
	rig->pcp.high_max = 64;
	return rig;
}

/*
 *	6.12, batch 4, high between 16 and 64
 *	16 frees: high is 16, count reaches it; 12 go; high grows to 16 + 4
 */
TEST(frees_raise_high_in_6_12)
{
	struct rig *rig = rig_6_12();

	for (pfn_t pfn = 0; pfn < 32; pfn += 2)
		release(rig, pfn, 0, M);
	CHECK_EQ(rig->pcp.count, 4);
	CHECK_EQ(rig->pcp.free_count, 16);
	CHECK_EQ(rig->pcp.high, 20);
	CHECK_OK(check(rig));
	free(rig);
}

/*
 *	6.12: refills of 4, 8, 16 pages; high grows by each
 */
TEST(allocations_raise_the_refill_in_6_12)
{
	static const int32_t refills[] = { 4, 8, 16 }, highs[] = { 20, 28, 44 };
	struct rig *rig = rig_6_12();

	rig_put(rig, 0, 10, M);
	for (size_t i = 0; i < 3; i++) {
		alloc(rig, 0, M);
		CHECK_EQ(rig->pcp.count, refills[i] - 1);
		CHECK_EQ(rig->pcp.alloc_factor, i + 1);
		CHECK_EQ(rig->pcp.high, highs[i]);
		while (rig->pcp.count > 0)
			alloc(rig, 0, M);
	}
	/* a free halves it */
	release(rig, 1, 0, M);
	CHECK_EQ(rig->pcp.alloc_factor, 1);
	CHECK_OK(check(rig));
	free(rig);
}

/* What is foreseen for a copy of the list set happens. */
static void foresee(struct rig *rig, uint32_t reclaim)
{
	pfn_t pfn = 0;

	rig->w.flags |= reclaim;
	for (int i = 0; i < 400; i++) {
		struct ba_pcp copy = rig->pcp;
		int32_t nr, before = rig->pcp.count;

		if (i % 5 == 4 && rig->pcp.list[M].count) {
			ba_pcp_foresee_alloc(&copy, 0);
			alloc(rig, 0, M);
			CHECK_EQ(copy.count, rig->pcp.count);
		} else {
			order_t order = i % 7 == 0;

			nr = ba_pcp_foresee_free(&rig->ctx, &rig->w, &copy,
						 order);
			release(rig, pfn, order, M);
			pfn += 4;
			CHECK_EQ(rig->pcp.count <= before, nr > 0);
			/* the last block may have two pages */
			nr = copy.count - nr - rig->pcp.count;
			CHECK(nr == 0 || nr == 1);
		}
		CHECK_EQ(copy.high, rig->pcp.high);
		CHECK_EQ(copy.free_count, rig->pcp.free_count);
		CHECK_EQ(copy.free_factor, rig->pcp.free_factor);
	}
	free(rig);
}

TEST(a_drain_is_foreseen)
{
	foresee(rig_new(0, 8192), 0);
	foresee(rig_new(0, 8192), BA_ZONE_RECLAIM_ACTIVE);
	foresee(rig_6_12(), 0);
	foresee(rig_6_12(), BA_ZONE_RECLAIM_ACTIVE);
}

/*
 * A trace tells 2 blocks where the batch is 4, and 3 pages where a free at
 * high would drain 4: so many, and the oldest.
 */
TEST(told_amounts_have_the_last_word)
{
	struct rig *rig = rig_new(0, 8192);
	struct ba_told told = { .refill = 2, .drain = -1 };

	rig_put(rig, 0, 10, M);
	rig->ctx.told = &told;
	alloc(rig, 0, M);
	CHECK_EQ(rig->pcp.count, 1);
	CHECK_EQ(told.corrected, 1);
	told.refill = -1;
	for (pfn_t pfn = 4096; rig->pcp.count < 15; pfn += 2)
		release(rig, pfn, 0, M);
	CHECK_EQ(told.corrected, 1);
	told.drain = 3;
	told.drain_last = 1;
	release(rig, 6000, 0, M);
	CHECK_EQ(rig->pcp.count, 13);
	CHECK_EQ(told.drained, 3);
	CHECK_EQ(told.corrected, 2);
	CHECK_STR_EQ(drained(rig), "1 4096 4098");
	/* none, though the list set is full */
	told.drain = 0;
	for (pfn_t pfn = 7000; pfn < 7010; pfn += 2)
		release(rig, pfn, 0, M);
	CHECK_EQ(rig->pcp.count, 18);
	CHECK_EQ(told.drained, 0);
	CHECK_OK(check(rig));
	free(rig);
}

/* 8 pages told in blocks of 4 are the 5 that the rule asks for. */
TEST(a_told_drain_ends_with_a_block)
{
	struct rig *rig = rig_new(0, 8192);
	struct ba_told told = { .refill = -1, .drain = 8, .drain_last = 4 };

	rig->pcp.batch = 5;
	for (pfn_t pfn = 0; pfn < 12; pfn += 4)
		release(rig, pfn, 2, M);
	rig->ctx.told = &told;
	release(rig, 12, 2, M);
	CHECK_EQ(rig->pcp.count, 8);
	CHECK_EQ(told.corrected, 0);
	CHECK_OK(check(rig));
	free(rig);
}

/* All of 6 pages told where a free drains none: another drain's lines. */
TEST(a_free_does_not_drain_the_last_page)
{
	struct rig *rig = rig_new(0, 8192);
	struct ba_told told = { .refill = -1, .drain = 6, .drain_last = 1 };

	for (pfn_t pfn = 0; pfn < 10; pfn += 2)
		release(rig, pfn, 0, M);
	rig->ctx.told = &told;
	release(rig, 10, 0, M);
	CHECK_EQ(rig->pcp.count, 6);
	CHECK_EQ(told.drained, 0);
	CHECK_EQ(told.corrected, 0);
	free(rig);
}

/*
 *	6.12, high 40: a free drains 14 of 18, so high had sunk to 18; that
 *	drain raises it to the frees before it and a batch, 18 + 4
 *	then a free of page 22 does not drain: high is above that
 */
TEST(a_told_drain_shows_where_high_is_in_6_12)
{
	struct rig *rig = rig_6_12();
	struct ba_told told = { .refill = -1, .drain = -1 };

	rig->pcp.high = 40;
	for (pfn_t pfn = 0; pfn < 34; pfn += 2)
		release(rig, pfn, 0, M);
	CHECK_EQ(rig->pcp.count, 17);
	rig->ctx.told = &told;
	told.drain = 14;
	told.drain_last = 1;
	release(rig, 100, 0, M);
	CHECK_EQ(rig->pcp.count, 4);
	CHECK_EQ(rig->pcp.high, 22);
	CHECK_EQ(told.corrected, 1);
	told.drain = 0;
	for (pfn_t pfn = 200; rig->pcp.count < 23; pfn += 2)
		release(rig, pfn, 0, M);
	CHECK_EQ(rig->pcp.high, 24);
	CHECK_OK(check(rig));
	free(rig);
}

/* 6.12: a refill of 16 is the third in a row, and the next one brings 32. */
TEST(a_told_refill_shows_the_factor_in_6_12)
{
	struct rig *rig = rig_6_12();
	struct ba_told told = { .refill = 16, .drain = -1 };

	rig_put(rig, 0, 10, M);
	rig->ctx.told = &told;
	alloc(rig, 0, M);
	CHECK_EQ(rig->pcp.count, 15);
	CHECK_EQ(rig->pcp.alloc_factor, 3);
	CHECK_EQ(told.corrected, 1);
	CHECK_OK(check(rig));
	free(rig);
}

/* So many pages, from the first list on. */
TEST(a_drain_of_some_pages)
{
	struct rig *rig = rig_new(0, 8192);

	for (pfn_t pfn = 0; pfn < 6; pfn += 2)
		release(rig, pfn, 0, M);
	for (pfn_t pfn = 512; pfn < 516; pfn += 2)
		release(rig, pfn, 0, U);
	ba_pcp_drain_some(&rig->ctx, &rig->buddy, &rig->pcp, 3);
	CHECK_STR_EQ(drained(rig), "512 514 0");
	ba_pcp_drain_some(&rig->ctx, &rig->buddy, &rig->pcp, 3);
	CHECK_EQ(rig->pcp.count, 0);
	CHECK_OK(check(rig));
	free(rig);
}
