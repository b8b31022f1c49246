/* SPDX-License-Identifier: GPL-2.0-only */
#include "sim/slab_snapshot.h"

#include "testlib.h"

#include "slab_tape.h"

static char message[200];

static struct ba_slab_state taken(const struct ba_machine *machine)
{
	struct ba_slab_state state = { .nr_caches = 0 };

	CHECK_EQ(ba_slab_snapshot_take(machine, &state), BA_OK);
	return state;
}

/* Objects of three slabs; some are free, on every kind of list. */
static uint16_t work(void)
{
	uint64_t object[12];
	uint16_t id = thing(true, BA_SLAB_RECLAIM_ACCOUNT);
	struct ba_ctx ctx = tape_ctx(t);

	ba_cache_at(&ctx, id)->layout.min_partial = 5;
	for (int i = 0; i < 10; i++)
		object[i] = take(id);
	give(object[0], false);
	give(object[4], false);
	give(object[1], false);
	give(object[9], false);
	return id;
}

TEST(Z1_taken_as_loaded)
{
	struct ba_slab_state state, again;
	struct ba_machine machine;
	struct ba_ctx ctx, other;
	uint16_t id;

	start(1);
	id = work();
	other = tape_ctx(t);
	state = taken(&t->machine);
	CHECK_EQ(state.nr_slabs, 3);
	CHECK_EQ(ba_slab_state_check(&state, message, sizeof(message)), BA_OK);
	REQUIRE(ba_machine_copy(&t->machine, &machine) == BA_OK);
	ctx = ba_machine_ctx(&machine, 0);
	ba_slab_drop_all(&ctx, ba_machine_nodes(&machine));
	CHECK_EQ(ba_slab_snapshot_load(&state, &machine, message,
				       sizeof(message)), BA_OK);
	again = taken(&machine);
	CHECK_EQ(again.nr_caches, state.nr_caches);
	CHECK_EQ(again.nr_cpus, state.nr_cpus);
	CHECK_EQ(again.nr_nodes, state.nr_nodes);
	REQUIRE(again.nr_indices == state.nr_indices &&
		again.nr_pfns == state.nr_pfns &&
		again.nr_slabs == state.nr_slabs);
	CHECK(!memcmp(again.indices, state.indices,
		      state.nr_indices * sizeof(*state.indices)));
	CHECK(!memcmp(again.pfns, state.pfns,
		      state.nr_pfns * sizeof(*state.pfns)));
	CHECK(!memcmp(again.slabs, state.slabs,
		      state.nr_slabs * sizeof(*state.slabs)));
	CHECK_STR_EQ(again.caches[0].name, state.caches[0].name);
	CHECK_EQ(again.caches[0].addr, 0x1000);
	/* and the loaded one goes on as the other */
	t->start = (ba_machine_destroy(&t->start), machine);
	CHECK_EQ(ba_slab_next(&ctx, ba_machine_nodes(&machine),
			      ba_kmem_cache_find(&ctx, "thing")),
		 ba_slab_next(&other, t->nodes, id));
	ba_slab_state_deinit(&state);
	ba_slab_state_deinit(&again);
	tape_end(t);
}

TEST(kmalloc_finds_its_caches)
{
	struct ba_slab_state state;
	struct ba_ctx ctx;
	uint64_t address;

	start(1);
	ctx = tape_ctx(t);
	address = ba_kmalloc(&ctx, t->nodes, 100, GFP, BA_ANY_NODE);
	CHECK_EQ(ba_kmalloc(&ctx, t->nodes, 5000, GFP, BA_ANY_NODE) != 0, true);
	state = taken(&t->machine);
	ba_slab_drop_all(&ctx, t->nodes);
	CHECK_EQ(ba_slab_snapshot_load(&state, &t->machine, message,
				       sizeof(message)), BA_OK);
	CHECK_EQ(ba_kfree(&ctx, t->nodes, address), BA_OK);
	CHECK_STR_EQ(ba_cache_at(&ctx, ba_kmalloc_cache(&ctx, 100, GFP))->name,
		     "kmalloc-128");
	ba_slab_state_deinit(&state);
	tape_end(t);
}

TEST(nothing_to_take)
{
	struct ba_slab_state state;

	start(1);
	state = taken(&t->machine);
	CHECK_EQ(state.nr_caches, 0);
	CHECK_EQ(ba_slab_snapshot_load(&state, &t->machine, message,
				       sizeof(message)), BA_OK);
	tape_end(t);
}

static bool refused(const struct ba_slab_state *state, const char *words)
{
	struct ba_machine machine;
	enum ba_status status;
	bool ok;

	if (ba_machine_copy(&t->machine, &machine) != BA_OK)
		return false;
	{
		struct ba_ctx ctx = ba_machine_ctx(&machine, 0);

		ba_slab_drop_all(&ctx, ba_machine_nodes(&machine));
	}
	status = ba_slab_snapshot_load(state, &machine, message,
				       sizeof(message));
	ok = status == BA_ESTATE && strstr(message, words);
	if (!ok)
		printf("# %d '%s'\n", status, message);
	ba_machine_destroy(&machine);
	return ok;
}

TEST(states_that_a_machine_cannot_have)
{
	struct ba_slab_state state;

	start(1);
	work();
	state = taken(&t->machine);
	state.slabs[0].pfn = 0;
	CHECK(refused(&state, "lies in no zone"));
	state.slabs[0].pfn = PAGES;
	CHECK(refused(&state, "lies in no zone"));
	ba_slab_state_deinit(&state);
	state = taken(&t->machine);
	state.cpus[0].cpu = 1;
	CHECK(refused(&state, "CPU 1 of a machine with 1 CPUs"));
	state.cpus[0].cpu = 0;
	state.caches[0].flags |= BA_SLAB_POISON;
	CHECK(refused(&state, "was recorded with slub_debug"));
	ba_slab_state_deinit(&state);
	tape_end(t);
}
