/* SPDX-License-Identifier: GPL-2.0-only */
#include "mm/pgtable.h"

#include "booted.h"

#define START	BA_VMALLOC_START
#define PAGE	((uint64_t)BA_PAGE_SIZE)
#define MIB2	(UINT64_C(2) << 20)
#define GFP	(BA_GFP_KERNEL | BA_GFP_ZERO)

enum { TABLES = 8, END = 16384 };

/* A machine for the tables' pages, and tables of the test's own. */
struct own {
	struct ba_machine machine;
	struct ba_ctx ctx;
	struct ba_nodes *nodes;
	struct ba_pgtable_state state;
	uint32_t top[BA_PGTABLE_TOP];
	uint32_t entries[TABLES * BA_PGTABLE_ENTRIES];
	pfn_t pages[TABLES];
	struct ba_pgtable pt;
};

static struct own *new_own(void)
{
	struct own *o = calloc(1, sizeof(*o));

	if (!o)
		exit(2);
	o->machine = booted(END, 1, 1);
	o->ctx = ba_machine_ctx(&o->machine, 0);
	o->nodes = ba_machine_nodes(&o->machine);
	o->state = (struct ba_pgtable_state){ .nr_tables = 1,
					      .max_tables = TABLES };
	o->pt = (struct ba_pgtable){ &o->state, o->top, o->entries,
				     o->pages };
	return o;
}

static void end_own(struct own *o)
{
	ba_machine_destroy(&o->machine);
	free(o);
}

static bool map(struct own *o, uint64_t address, pfn_t pfn)
{
	return ba_pgtable_map(&o->ctx, o->nodes, &o->pt, address, pfn, GFP);
}

static bool map_large(struct own *o, uint64_t address, pfn_t pfn)
{
	return ba_pgtable_map_large(&o->ctx, o->nodes, &o->pt, address, pfn,
				    GFP);
}

/* Nothing is mapped in new tables, below the range, above it, or beside. */
TEST(lookup_of_nothing)
{
	struct own *o = new_own();

	CHECK_EQ(ba_pgtable_lookup(&o->pt, START), BA_PFN_NONE);
	CHECK_EQ(ba_pgtable_lookup(&o->pt, 0), BA_PFN_NONE);
	CHECK_EQ(ba_pgtable_lookup(&o->pt, START - 1), BA_PFN_NONE);
	CHECK_EQ(ba_pgtable_lookup(&o->pt, UINT64_MAX), BA_PFN_NONE);
	ba_pgtable_unmap(&o->pt, START, START + 5 * MIB2);
	CHECK(map(o, START + PAGE, 7));
	CHECK_EQ(ba_pgtable_lookup(&o->pt, START), BA_PFN_NONE);
	CHECK_EQ(ba_pgtable_lookup(&o->pt, START + PAGE - 1), BA_PFN_NONE);
	CHECK_EQ(ba_pgtable_lookup(&o->pt, START + PAGE), 7);
	CHECK_EQ(ba_pgtable_lookup(&o->pt, START + 2 * PAGE - 1), 7);
	CHECK_EQ(ba_pgtable_lookup(&o->pt, START + 2 * PAGE), BA_PFN_NONE);
	CHECK_STR_EQ(ba_pgtable_check(&o->pt, END), NULL);
	end_own(o);
}

/* Without memory for a table nothing is mapped; the reason is known. */
TEST(no_memory)
{
	struct own *o = new_own();

	while (ba_alloc_pages(&o->ctx, o->nodes, BA_GFP_ATOMIC_6_1, 0, 0) !=
	       BA_PFN_NONE)
		;
	CHECK(!ba_pgtable_map(&o->ctx, o->nodes, &o->pt, START, 7,
			      BA_GFP_NOWAIT_6_1));
	CHECK(o->ctx.result != BA_RESULT_OK);
	CHECK_EQ(o->state.nr_tables, 1);
	CHECK_EQ(ba_pgtable_lookup(&o->pt, START), BA_PFN_NONE);
	end_own(o);
}

/* Two tables for the first page, one for each further 2 MiB, and they stay. */
TEST(tables_on_demand)
{
	struct own *o = new_own();

	CHECK_EQ(ba_pgtable_room(&o->pt), TABLES - 1);
	CHECK(map(o, START, 1));
	CHECK_EQ(o->state.nr_tables, 3);
	CHECK(map(o, START + MIB2 - PAGE, 2));
	CHECK_EQ(o->state.nr_tables, 3);
	CHECK(map(o, START + MIB2, 3));
	CHECK_EQ(o->state.nr_tables, 4);
	/* the last page of the range: another GiB */
	CHECK(map(o, START + BA_VMALLOC_SIZE - 2 * PAGE, 4));
	CHECK_EQ(o->state.nr_tables, 6);
	CHECK_EQ(ba_pgtable_count(&o->pt), 4);
	ba_pgtable_unmap(&o->pt, START, START + MIB2);
	CHECK_EQ(ba_pgtable_lookup(&o->pt, START), BA_PFN_NONE);
	CHECK_EQ(ba_pgtable_lookup(&o->pt, START + MIB2), 3);
	CHECK_EQ(ba_pgtable_count(&o->pt), 2);
	CHECK_EQ(o->state.nr_tables, 6);
	CHECK(map(o, START, 5));
	CHECK_EQ(o->state.nr_tables, 6);
	for (uint32_t i = 1; i < 6; i++)
		CHECK_EQ(o->ctx.frames[o->pages[i]].state, BA_FRAME_USED);
	CHECK_STR_EQ(ba_pgtable_check(&o->pt, END), NULL);
	end_own(o);
}

/* A range that begins and ends inside tables loses just its own pages. */
TEST(unmap_a_part)
{
	struct own *o = new_own();

	for (pfn_t i = 0; i < 1024; i++)
		REQUIRE(map(o, START + i * PAGE, 100 + i));
	ba_pgtable_unmap(&o->pt, START + 10 * PAGE, START + 600 * PAGE);
	for (pfn_t i = 0; i < 1024; i++)
		CHECK_EQ(ba_pgtable_lookup(&o->pt, START + i * PAGE),
			 i >= 10 && i < 600 ? BA_PFN_NONE : 100 + i);
	end_own(o);
}

/* A large entry has 512 frames; the empty table in its place is freed. */
TEST(large_entries)
{
	struct own *o = new_own();
	pfn_t page;

	CHECK(map_large(o, START, 1024));
	CHECK_EQ(o->state.nr_tables, 2);
	CHECK_EQ(ba_pgtable_lookup(&o->pt, START), 1024);
	CHECK_EQ(ba_pgtable_lookup(&o->pt, START + 511 * PAGE + 9), 1535);
	CHECK_EQ(ba_pgtable_count(&o->pt), 512);
	CHECK(map(o, START + MIB2, 5));
	page = o->pages[2];
	ba_pgtable_unmap(&o->pt, START, START + 2 * MIB2);
	CHECK_EQ(ba_pgtable_count(&o->pt), 0);
	CHECK(map_large(o, START + MIB2, 2048));
	CHECK(o->ctx.frames[page].state != BA_FRAME_USED);
	CHECK_EQ(o->state.nr_unused, 1);
	CHECK_EQ(ba_pgtable_room(&o->pt), TABLES - 2);
	CHECK_STR_EQ(ba_pgtable_check(&o->pt, END), NULL);
	/* its number is given out again */
	CHECK(map(o, START, 6));
	CHECK_EQ(o->state.nr_tables, 3);
	CHECK_EQ(o->state.nr_unused, 0);
	CHECK_STR_EQ(ba_pgtable_check(&o->pt, END), NULL);
	end_own(o);
}

TEST(check_names_what_is_broken)
{
	struct own *o = new_own();

	REQUIRE(map(o, START, 5));
	o->top[3] = 7;
	CHECK(strncmp(ba_pgtable_check(&o->pt, END), "P1", 2) == 0);
	o->top[3] = 0;
	o->entries[2 * BA_PGTABLE_ENTRIES] = END + 1;
	CHECK(strncmp(ba_pgtable_check(&o->pt, END), "P2", 2) == 0);
	o->entries[2 * BA_PGTABLE_ENTRIES] = 6;
	o->top[0] = 0;
	CHECK(strncmp(ba_pgtable_check(&o->pt, END), "P1", 2) == 0);
	end_own(o);
}
