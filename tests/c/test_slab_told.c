/* SPDX-License-Identifier: GPL-2.0-only */
#include "mm/slab_told.h"

#include "testlib.h"

#include "slab_tape.h"

static struct ba_ctx ctx;
static uint16_t id;
static uint64_t object[6];

static pfn_t slab_of(uint64_t address)
{
	return ba_object_find(&ctx, t->nodes, address).head;
}

/* A full slab, and the CPU's with two objects in use, in its order 0 3 1 2. */
static void two_slabs(void)
{
	start(1);
	id = thing(true, 0);
	ctx = tape_ctx(t);
	for (int i = 0; i < 6; i++)
		object[i] = take(id);
	ctx.slab_supply = &supply;
	supply.nr_given_back = 0;
}

static void end(void)
{
	CHECK_EQ(supply.nr_given_back, 0);
	tape_end(t);
}

TEST(what_comes_next)
{
	two_slabs();
	for (int i = 0; i < 2; i++) {
		uint64_t next = ba_slab_next(&ctx, t->nodes, id);

		CHECK(next != 0);
		CHECK_EQ(take(id), next);
	}
	CHECK_EQ(ba_slab_next(&ctx, t->nodes, id), 0);
	/* what is freed into the slab of a stack comes next */
	give(object[1], false);
	CHECK_EQ(ba_slab_next(&ctx, t->nodes, id), object[1]);
	CHECK_EQ(take(id), object[1]);
	end();
}

TEST(an_object_out_of_its_turn)
{
	struct ba_object_at at;
	uint64_t next, last;

	two_slabs();
	next = ba_slab_next(&ctx, t->nodes, id);
	at = ba_object_find(&ctx, t->nodes, next);
	/* 0 3 are in use, then 1, then 2 */
	CHECK_EQ(at.index, 1);
	last = next + SIZE;
	at = ba_object_find(&ctx, t->nodes, last);
	CHECK(ba_slab_object_free(&ctx, at));
	ba_slab_to_front(&ctx, at);
	CHECK_EQ(ba_slab_next(&ctx, t->nodes, id), last);
	ba_slab_to_front(&ctx, ba_object_find(&ctx, t->nodes, next));
	ba_slab_take(&ctx, at);
	CHECK(!ba_slab_object_free(&ctx, at));
	CHECK_EQ(take(id), next);
	CHECK_EQ(ba_slab_next(&ctx, t->nodes, id), 0);
	end();
}

TEST(the_last_free_object_of_a_partial_slab)
{
	two_slabs();
	give(object[0], false);
	CHECK_EQ(ba_cache_cpu(&ctx, id, 0)->nr_partial, 1);
	ba_slab_take(&ctx, ba_object_find(&ctx, t->nodes, object[0]));
	CHECK_EQ(ba_cache_cpu(&ctx, id, 0)->nr_partial, 0);
	CHECK_EQ(ba_slabs(&ctx)[slab_of(object[0])].place, BA_SLAB_FULL);
	end();
}

TEST(a_slab_becomes_the_cpus)
{
	pfn_t first, second;

	two_slabs();
	first = slab_of(object[0]);
	second = slab_of(object[5]);
	give(object[0], false);
	ba_slab_to_cpu(&ctx, t->nodes, first);
	CHECK_EQ(ba_cache_cpu(&ctx, id, 0)->slab, first);
	CHECK_EQ(ba_slab_next(&ctx, t->nodes, id), object[0]);
	/* the one before has free objects, and is the node's */
	CHECK_EQ(ba_slabs(&ctx)[second].place, BA_SLAB_NODE_PARTIAL);
	CHECK_EQ(ba_slabs(&ctx)[second].inuse, 2);
	ba_slab_to_cpu(&ctx, t->nodes, first);
	CHECK_EQ(ba_cache_cpu(&ctx, id, 0)->slab, first);
	end();
}

TEST(a_slab_that_nobody_knew)
{
	pfn_t pfn;

	two_slabs();
	pfn = tape_take(t, GFP, 0);
	CHECK(ba_slab_adopt(&ctx, t->nodes, id, pfn, 0));
	CHECK_EQ(ba_slabs(&ctx)[pfn].inuse, 4);
	CHECK_EQ(ba_cache_at(&ctx, id)->node[0].nr_slabs, 3);
	CHECK_EQ(ba_cache_cpu(&ctx, id, 0)->inuse, 10);
	CHECK(!ba_slab_adopt(&ctx, t->nodes, id, pfn, 0));
	/* a free frame is nobody's */
	pfn = tape_take(t, GFP, 0);
	tape_free(t, pfn, 0);
	CHECK(!ba_slab_adopt(&ctx, t->nodes, id, pfn, 0));
	CHECK(!ba_slab_adopt(&ctx, t->nodes, id, PAGES, 0));
	/* nor is a part of a larger block, or more than one block */
	pfn = tape_take(t, GFP, 1);
	CHECK(!ba_slab_adopt(&ctx, t->nodes, id, pfn, 0));
	CHECK(!ba_slab_adopt(&ctx, t->nodes, id, pfn + 1, 0));
	CHECK(!ba_slab_adopt(&ctx, t->nodes, id, pfn & ~3u, 2));
	end();
}

TEST(slabs_that_are_gone)
{
	const struct ba_kmem_cache *cache;
	pfn_t first;

	two_slabs();
	cache = ba_cache_at(&ctx, id);
	first = slab_of(object[0]);
	give(object[0], false);
	ba_slab_drop(&ctx, first);	/* off the stack */
	CHECK_EQ(ba_cache_cpu(&ctx, id, 0)->partial, 0);
	CHECK_EQ(cache->node[0].nr_slabs, 1);
	CHECK_EQ(cache->node[0].total_objects, 4);
	CHECK_EQ(ba_cache_cpu(&ctx, id, 0)->inuse, 2);
	CHECK_EQ(slab_of(object[0]), BA_PFN_NONE);
	CHECK_EQ(ctx.frames[first].state, BA_FRAME_USED);
	CHECK(!(ctx.frames[first].flags & BA_FRAME_SLAB));
	CHECK_EQ(ba_slab_count(&ctx), 1);
	ba_slab_drop_all(&ctx, t->nodes);
	CHECK_EQ(ba_slab_count(&ctx), 0);
	CHECK_EQ(ba_cache_cpu(&ctx, id, 0)->slab, 0);
	CHECK_EQ(cache->node[0].nr_slabs, 0);
	CHECK_EQ(ba_cache_cpu(&ctx, id, 0)->inuse, 0);
	CHECK_EQ(ba_slab_next(&ctx, t->nodes, id), 0);
	end();
}
