/* SPDX-License-Identifier: GPL-2.0-only */
#include "sim/slab_order.h"

#include "testlib.h"

#include "slab_tape.h"

/* Four objects of a new slab, in the order 2 0 3 1 from `first` on. */
static void new_slab(uint16_t id, uint32_t first, uint64_t *object)
{
	for (uint32_t i = 0; i < 4; i++) {
		begin = first;
		object[i] = alloc(id);
	}
}

/* A cache with a sequence that the replay has to find out. */
static uint16_t unrecorded(void)
{
	uint16_t id = thing(true, 0);
	struct ba_ctx ctx = ba_machine_ctx(&t->start, 0);

	ba_caches_forget(&ctx);
	return id;
}

TEST(a_sequence_is_learnt)
{
	uint64_t object[4][4];
	uint16_t id;

	for (int mode = BA_SLAB_MODE_OBSERVED; mode <= BA_SLAB_MODE_DRIVEN;
	     mode++) {
		start(1);
		id = unrecorded();
		/* 0 3 1 2: nothing is known; 3 1 2 0: not what follows 2 */
		new_slab(id, 1, object[0]);
		new_slab(id, 2, object[1]);
		/* 2 0 3 1 and 1 2 0 3 */
		new_slab(id, 0, object[2]);
		new_slab(id, 3, object[3]);
		release(object[2][1]);
		alloc(id);
		/* a free names the cache of its slab */
		for (int i = 0; i < 4; i++)
			release(object[i][3]);
		play_slabs((enum ba_slab_mode)mode);
		CHECK_EQ(score->allocations, 17);
		CHECK_EQ(score->same_slab, 17);
		CHECK_EQ(score->address_unknowable, 4 + 2 + 1 + 1);
		CHECK_EQ(score->same_address, 17 - 8);
		CHECK_EQ(score->first_mismatch, UINT64_MAX);
		stop();
	}
}

TEST(freed_objects_come_before_the_fresh_ones)
{
	uint64_t object[4], other[2];
	uint16_t id;

	start(1);
	id = unrecorded();
	new_slab(id, 0, object);
	begin = 0;
	other[0] = alloc(id);		/* 2 */
	other[1] = alloc(id);		/* 0: learnt */
	release(other[0]);
	CHECK_EQ(alloc(id), other[0]);
	alloc(id);			/* 3, as learnt, and not 1 */
	release(object[0]);		/* names the cache */
	play_slabs(BA_SLAB_MODE_OBSERVED);
	CHECK_EQ(score->allocations, 8);
	CHECK_EQ(score->address_unknowable, 5);
	CHECK_EQ(score->same_address, 3);
	stop();
}

/* Q1 */
TEST(a_slab_in_another_order_is_a_mismatch)
{
	uint64_t object[4], first;
	uint16_t id;

	start(1);
	id = unrecorded();
	new_slab(id, 0, object);
	begin = 0;
	first = alloc(id);
	line_alloc(first + SIZE);	/* 3 where 2 is followed by 0 */
	play_slabs(BA_SLAB_MODE_OBSERVED);
	CHECK_EQ(score->same_slab, 6);
	CHECK_EQ(score->same_address, 0);
	CHECK_EQ(score->address_unknowable, 5);
	CHECK_EQ(score->first_mismatch, t->nr - 1);
	stop();
}

TEST(slabs_without_fresh_objects)
{
	uint64_t object[4];
	struct ba_object_at at;

	start(1);
	new_slab(thing(true, 0), 0, object);
	tape_restart(t);
	tape_kprobes(t);
	p = play_new(t, (struct ba_replay_options){
		.slab_mode = BA_SLAB_MODE_OBSERVED });
	at = ba_slab_find(p.replay, object[3]);
	p.replay->slab->loose[at.cache] = true;
	CHECK(ba_slab_order_taken(p.replay, at));
	ba_kmem_cache_free(&p.replay->ctx, p.replay->nodes, at.cache,
			   object[3]);
	ba_slab_order_begin(p.replay, at.cache, at.head, at.index);
	at.index = at.index ? 0 : 1;
	CHECK(!ba_slab_order_taken(p.replay, at));
	CHECK(ba_slab_order_taken(p.replay, at));
	at.index = 3;
	ba_slab_order_end(p.replay, at.head);
	CHECK(ba_slab_order_taken(p.replay, at));
	stop();
}
