/* SPDX-License-Identifier: GPL-2.0-only */
#include "sim/state.h"

#include "mm/zonetype.h"

#include "testlib.h"

static char message[200];

static void add_list(struct ba_state *state, struct ba_state_list list,
		     const pfn_t *pfns, uint32_t count)
{
	list.first = state->nr_pfns;
	list.count = count;
	for (uint32_t i = 0; i < count; i++)
		CHECK_EQ(ba_state_add_pfn(state, pfns[i]), BA_OK);
	CHECK_EQ(ba_state_add_list(state, &list), BA_OK);
}

/*
 * Two zones of a machine with one CPU:
 *
 *	DMA  1..1023	free order 2: 8, 4	CPU 0 list 0: 20, 21
 *	DMA32 1024..	free order 10: 1024
 */
static struct ba_state *machine(void)
{
	struct ba_state *state = ba_state_create();
	const pfn_t blocks[] = { 8, 4 }, pages[] = { 20, 21 }, big[] = { 1024 };

	state->cpus = 1;
	state->nr_nodes = 1;
	state->nr_zones = 2;
	strcpy(state->zones[0].name, "DMA");
	state->zones[0].start_pfn = 1;
	state->zones[0].spanned = 1023;
	state->zones[0].pageblock_count = 2;
	state->zones[0].nr_free[2] = 2;
	state->zones[0].pcp[0].count = 2;
	strcpy(state->zones[1].name, "DMA32");
	state->zones[1].index = 1;
	state->zones[1].start_pfn = 1024;
	state->zones[1].spanned = 1024;
	state->zones[1].pageblock_first_pfn = 1024;
	state->zones[1].pageblock_first = 2;
	state->zones[1].pageblock_count = 2;
	state->zones[1].nr_free[10] = 1;
	for (int i = 0; i < 4; i++)
		CHECK_EQ(ba_state_add_pageblock(state, 1), BA_OK);
	add_list(state, (struct ba_state_list){ .kind = BA_STATE_FREE,
		 .order = 2, .migratetype = 1, .line = 9 }, blocks, 2);
	add_list(state, (struct ba_state_list){ .kind = BA_STATE_PCP,
		 .line = 11 }, pages, 2);
	add_list(state, (struct ba_state_list){ .kind = BA_STATE_FREE,
		 .zone = 1, .order = 10, .line = 15 }, big, 1);
	return state;
}

static bool refused(struct ba_state *state, const char *part)
{
	enum ba_status status = ba_state_check(state, message,
					       sizeof(message));
	bool named = strstr(message, part) != NULL;

	if (status != BA_ESTATE || !named)
		printf("# status %d, message '%s'\n", status, message);
	/* and without a place for the message */
	CHECK_EQ(ba_state_check(state, NULL, 0), status);
	ba_state_destroy(state);
	return status == BA_ESTATE && named;
}

TEST(a_sound_state_passes)
{
	struct ba_state *state = machine();

	CHECK_EQ(ba_state_check(state, message, sizeof(message)), BA_OK);
	CHECK_STR_EQ(message, "");
	ba_state_destroy(state);
	ba_state_destroy(NULL);
}

TEST(arrays_grow)
{
	struct ba_state *state = ba_state_create();

	for (uint32_t i = 0; i < 1000; i++) {
		CHECK_EQ(ba_state_add_pfn(state, i), BA_OK);
		CHECK_EQ(ba_state_add_movable(state, i, 2 * i), BA_OK);
	}
	CHECK_EQ(state->nr_pfns, 1000);
	CHECK_EQ(state->pfns[999], 999);
	CHECK_EQ(state->movable[999].count, 1998);
	ba_state_destroy(state);
}

TEST(T1_a_frame_on_two_lists)
{
	struct ba_state *state = machine();

	state->pfns[3] = 20;	/* twice on one list */
	CHECK(refused(state, "line 11: T1: frame 14 "));
	state = machine();
	state->pfns[2] = 11;	/* inside the block 8..11 */
	CHECK(refused(state, "line 11: T1: frame b stands on a list or in a "
		      "slab already (line 9)"));
}

TEST(T2_blocks_lie_in_their_zone_on_their_boundary)
{
	struct ba_state *state = machine();

	state->pfns[0] = 9;
	CHECK(refused(state, "line 9: T2: frame 9 "));
	state = machine();
	state->pfns[0] = 0;
	CHECK(refused(state, "T2"));
	state = machine();
	state->pfns[2] = 1024;
	CHECK(refused(state, "line 11: T2: frame 400 "));
	state = machine();
	state->zones[1].spanned = 1023;
	CHECK(refused(state, "line 15: T2"));
}

TEST(T3_T4_counters_equal_the_lists)
{
	struct ba_state *state = machine();

	state->zones[0].nr_free[2] = 3;
	CHECK(refused(state, "T3: zone DMA of node 0 counts 3 free blocks of "
		      "order 2, its lists have 2"));
	state = machine();
	state->zones[0].pcp[0].count = 5;
	CHECK(refused(state, "T4: CPU 0 counts 5"));
}

TEST(T5_zones_are_sorted_and_apart)
{
	struct ba_state *state = machine();

	state->zones[1].index = 0;
	strcpy(state->zones[1].name, "DMA");
	CHECK(refused(state, "T5"));
	state = machine();
	state->zones[0].spanned = 1024;
	CHECK(refused(state, "T5: zone DMA32 of node 0 begins at frame 1024 "
		      "inside"));
	state = machine();
	state->zones[1].spanned = UINT64_MAX;
	CHECK(refused(state, "T5"));
}

TEST(T6_ranges)
{
	struct ba_state *state = machine();

	state->cpus = 65;
	CHECK(refused(state, "T6: 65 CPUs"));
	state = machine();
	state->lists[0].order = 11;
	CHECK(refused(state, "line 9: T6: order 11"));
	state = machine();
	state->lists[1].index = 14;
	CHECK(refused(state, "T6"));
	state = machine();
	state->lists[1].zone = 200;
	CHECK(refused(state, "T6"));
	state = machine();
	state->pageblocks[1] = 5;
	CHECK(refused(state, "T6: pageblock 1 of zone DMA has flags 0x5"));
	state = machine();
	state->zones[1].compact.defer_shift = 7;
	CHECK(refused(state, "T6: zone DMA32 has defer_shift 7"));
	state = machine();
	state->nr_zones = BA_ZONE_MAX + 1;
	CHECK(refused(state, "T6"));
}

TEST(T7_lists_occur_once_and_are_not_empty)
{
	struct ba_state *state = machine();

	state->lists[0].count = 0;
	CHECK(refused(state, "line 9: T7"));
	state = machine();
	add_list(state, (struct ba_state_list){ .kind = BA_STATE_FREE,
		 .order = 2, .migratetype = 1, .line = 10 },
		 (const pfn_t[]){ 16 }, 1);
	CHECK(refused(state, "line 10: T7"));
}

/* Index 1 is DMA32 or, in a 32-bit kernel, Normal. */
TEST(T9_names_are_those_of_the_architecture)
{
	struct ba_state *state = machine();

	state->arch = BA_ARCH_I386;
	CHECK(refused(state, "T9: zone 1 of node 0 is named DMA32, in an i386 "
		      "kernel with 4 zones it is Normal"));
	state = machine();
	state->zones[1].index = 5;
	CHECK(refused(state, "T6: zone DMA32 has node 0 and index 5"));
	state = machine();
	state->arch = BA_NR_ARCH;
	CHECK(refused(state, "T6: architecture number 2"));
	state = machine();
	state->arch = BA_ARCH_I386;
	strcpy(state->zones[1].name, "Normal");
	CHECK_EQ(ba_state_check(state, message, sizeof(message)), BA_OK);
	ba_state_destroy(state);
}

TEST(T8_pageblocks_cover_their_zone)
{
	struct ba_state *state = machine();

	state->zones[1].pageblock_count = 1;
	CHECK(refused(state, "T8"));
	state = machine();
	state->zones[1].pageblock_first = 3;
	CHECK(refused(state, "T8"));
	state = machine();
	state->pageblocks[3] = BA_STATE_HOLE;
	CHECK_EQ(ba_state_check(state, message, sizeof(message)), BA_OK);
	ba_state_destroy(state);
}
