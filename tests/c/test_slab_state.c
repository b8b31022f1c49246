/* SPDX-License-Identifier: GPL-2.0-only */
#include "sim/slab_state.h"

#include "testlib.h"

/*
 * One cache, two objects a slab: the CPU has slab 16 and, as partial, slab
 * 17; the node has slab 18; slab 19 is full.
 */
static struct ba_slab_state state;
static char message[300];

static void add_slab(pfn_t pfn, bool frozen, uint32_t first, uint32_t free)
{
	struct ba_slab_state_slab slab = {
		.pfn = pfn, .frozen = frozen, .objects = 2,
		.inuse = (uint16_t)(2 - free), .free = { first, free },
		.line = pfn };

	CHECK_EQ(ba_slab_state_add_slab(&state, &slab), BA_OK);
}

static void make(void)
{
	struct ba_slab_state_cache cache = {
		.addr = 0xff, .name = "a", .size = 2048, .object_size = 2000,
		.objects = 2, .random = { 0, 2 }, .line = 1 };
	struct ba_slab_state_cpu cpu = { .has_slab = true, .pfn = 16,
					 .free = { 2, 1 }, .partial = { 0, 1 },
					 .line = 2 };
	struct ba_slab_state_node node = { .nr_partial = 1, .nr_slabs = 4,
					   .total_objects = 8,
					   .partial = { 1, 1 }, .line = 3 };

	ba_slab_state_deinit(&state);
	for (uint16_t i = 0; i < 6; i++)
		CHECK_EQ(ba_slab_state_add_index(
				 &state, (uint16_t)((i + 1) % 2)), BA_OK);
	CHECK_EQ(ba_slab_state_add_pfn(&state, 17), BA_OK);
	CHECK_EQ(ba_slab_state_add_pfn(&state, 18), BA_OK);
	CHECK_EQ(ba_slab_state_add_cache(&state, &cache), BA_OK);
	CHECK_EQ(ba_slab_state_add_cpu(&state, &cpu), BA_OK);
	CHECK_EQ(ba_slab_state_add_node(&state, &node), BA_OK);
	add_slab(16, true, 3, 1);
	add_slab(17, true, 4, 1);
	add_slab(18, false, 5, 1);
	add_slab(19, false, 0, 0);
}

static bool refused(const char *start)
{
	enum ba_status status = ba_slab_state_check(&state, message,
						    sizeof(message));
	bool ok = status == BA_ESTATE &&
		  strncmp(message, start, strlen(start)) == 0;

	if (!ok)
		printf("# %d '%s'\n", status, message);
	make();
	return ok;
}

TEST(a_sound_state)
{
	make();
	CHECK_EQ(ba_slab_state_check(&state, message, sizeof(message)), BA_OK);
	CHECK_STR_EQ(message, "");
	CHECK_EQ(ba_slab_state_find_cache(&state, 0xff), 0);
	CHECK_EQ(ba_slab_state_find_cache(&state, 0xfe), 1);
	CHECK(ba_slab_state_find_slab(&state, 18) == &state.slabs[2]);
	CHECK(!ba_slab_state_find_slab(&state, 20));
	CHECK_EQ(ba_slab_state_check(&(struct ba_slab_state){ 0 }, NULL, 0),
		 BA_OK);
}

TEST(C1_caches)
{
	make();
	state.caches[0].objects = 3;
	CHECK(refused("line 1: C1: cache a has 3 objects of 2048 bytes"));
	CHECK_EQ(ba_slab_state_add_cache(&state, &state.caches[0]), BA_OK);
	CHECK(refused("line 1: C1: the cache at ff occurs a second time"));
}

TEST(C2_random_orders)
{
	make();
	state.indices[1] = 1;
	CHECK(refused("line 1: C2: object 1 stands twice"));
	state.indices[1] = 2;
	CHECK(refused("line 1: C2: object 2 of a slab with 2 objects"));
	state.caches[0].random.count = 1;
	CHECK(refused("line 1: C2: the random order of cache a has 1 objects"));
}

TEST(C3_slabs)
{
	make();
	state.slabs[1].order = 1;
	CHECK(refused("line 17: C3: a slab of order 1 at frame 11 is not"));
	state.slabs[0].order = 1;
	CHECK(refused("line 17: C3: a slab of order 0 at frame 11"));
	state.slabs[3].objects = 3;
	CHECK(refused("line 19: C3: the slab has 3 objects"));
}

TEST(C4_free_once)
{
	make();
	state.slabs[2].inuse = 2;
	CHECK(refused("line 18: C4: 2 objects in use and 1 free of 2"));
	state.indices[2] = state.indices[3];
	CHECK(refused("line 2: C4: object 0 stands twice"));
}

TEST(C5_one_place)
{
	make();
	state.pfns[1] = 17;
	CHECK(refused("line 3: C5: slab 11 stands at two places"));
	state.pfns[1] = 20;
	CHECK(refused("line 3: C5: frame 14 is no slab of this cache"));
	state.slabs[3].frozen = true;
	CHECK(refused("line 19: C5: slab 13 is frozen, but no CPU has it"));
	state.slabs[1].frozen = false;
	CHECK(refused("line 17: C5: slab 11 is not frozen, but a CPU has it"));
}

TEST(C6_totals)
{
	make();
	state.nodes[0].nr_partial = 2;
	CHECK(refused("line 3: C6: nr_partial 2, the list has 1"));
	state.nodes[0].nr_slabs = 5;
	CHECK(refused("line 1: C6: cache a has 1 slabs and 0 objects more"));
	ba_slab_state_deinit(&state);
}
