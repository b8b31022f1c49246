// SPDX-License-Identifier: GPL-2.0-only
/* Where an object goes that is freed, and the slab that it was part of. */
#include "mm/slab_free.h"

#include "slabs.h"

static uint16_t id;
static uint64_t o[64];

/* A cache with two objects a slab: o[0] and o[1] are a0 and a1, and so on. */
static void pairs(uint32_t objects)
{
	start(slabs_config());
	id = cache("pairs", 2048);
	limit(id, 2, 2);
	take_all(id, o, objects);
}

/* free an object of this CPU's slab: front of the CPU's freelist */
TEST(an_object_of_this_cpus_slab)
{
	pairs(2);
	CHECK_STR_EQ(cpu_text(id, 0), "a[]");
	give(o[1]);
	CHECK_STR_EQ(cpu_text(id, 0), "a[1]");
	give(o[0]);
	CHECK_STR_EQ(cpu_text(id, 0), "a[0 1]");
	CHECK_STR_EQ(own_text('a'), "");
	CHECK_EQ(ba_slabs(&ctx)[slab('a')].inuse, 2);	/* L1 */
	CHECK_STR_EQ(object_text(take(id)), "a0");
	stop();
}

/* free an object of another CPU's slab: front of the slab's own freelist */
TEST(an_object_of_another_cpus_slab)
{
	pairs(2);
	on_cpu(1);
	give(o[0]);
	give(o[1]);
	CHECK_STR_EQ(cpu_text(id, 0), "a[]");
	CHECK_STR_EQ(own_text('a'), "1 0");
	CHECK_EQ(ba_slabs(&ctx)[slab('a')].inuse, 0);
	CHECK_EQ(ba_slabs(&ctx)[slab('a')].place, BA_SLAB_CPU);
	CHECK_STR_EQ(cpu_text(id, 1), "-");
	stop();
}

/* a full slab: it goes on the stack of the CPU that frees, the last on top */
TEST(an_object_of_a_full_slab)
{
	pairs(6);
	give(o[1]);
	CHECK_STR_EQ(cpu_text(id, 0), "c[] a");
	CHECK_STR_EQ(own_text('a'), "1");
	give(o[2]);
	CHECK_STR_EQ(cpu_text(id, 0), "c[] b a");
	CHECK_EQ(ba_slabs(&ctx)[slab('b')].place, BA_SLAB_CPU_PARTIAL);
	stop();
}

/* a slab on a stack, this CPU's or not: it stays there, even empty */
TEST(an_object_of_a_slab_on_a_stack)
{
	pairs(6);
	limit(id, 0, 2);
	give(o[0]);
	on_cpu(1);
	give(o[1]);
	CHECK_STR_EQ(cpu_text(id, 0), "c[] a");
	CHECK_STR_EQ(cpu_text(id, 1), "-");
	CHECK_STR_EQ(own_text('a'), "1 0");
	CHECK_EQ(slabs_on(id, 0), 3);
	stop();
}

/*
 * a slab on the node's list: it stays where it is, unless that leaves it
 * empty and the node has min_partial slabs, this one counted
 *
 *	node  a b c, each half free    min_partial 3 keeps b, 2 does not
 */
TEST(an_object_of_a_slab_on_the_nodes_list)
{
	for (uint16_t min_partial = 2; min_partial <= 4; min_partial++) {
		pairs(8);
		limit(id, min_partial, 8);
		give(o[4]);
		give(o[2]);
		give(o[0]);
		flush(id, 0);
		CHECK_STR_EQ(node_text(id, 0), "a b c");
		give(o[3]);
		CHECK_STR_EQ(node_text(id, 0),
			     min_partial <= 3 ? "a c" : "a b c");
		CHECK_EQ(slabs_on(id, 0), min_partial <= 3 ? 3 : 4);
		stop();
	}
}

/* A slab whose pages went back is no slab: its frame is handed out again. */
TEST(the_pages_of_a_slab_that_is_given_back)
{
	pfn_t head;

	pairs(4);
	limit(id, 0, 8);
	give(o[0]);
	flush(id, 0);
	head = slab('a');
	CHECK_EQ(ctx.frames[head].flags, BA_FRAME_HEAD | BA_FRAME_SLAB);
	CHECK_EQ(ba_free_pages(&ctx, nodes, head, 0), BA_ESLAB);
	give(o[1]);
	CHECK_EQ(ba_slabs(&ctx)[head].cache, 0);
	CHECK_EQ(ctx.frames[head].flags, 0);
	CHECK_EQ(ba_cache_at(&ctx, id)->node[0].total_objects, 2);
	CHECK_EQ(ba_alloc_pages(&ctx, nodes, BA_GFP_KERNEL, 0, 0), head);
	CHECK_EQ(ba_free_pages(&ctx, nodes, head, 0), BA_OK);
	CHECK_EQ(ba_kmem_cache_free(&ctx, nodes, BA_CACHE_NONE, o[0]),
		 BA_EFOREIGN);
	stop();
}

/*
 *	stack  b a, of at most 2; a free in c comes
 *	node   b a at its tail, the top first; the stack is c alone
 */
TEST(a_full_stack_goes_to_the_nodes_list)
{
	pairs(10);
	give(o[8]);
	give(o[0]);
	flush(id, 0);
	CHECK_STR_EQ(node_text(id, 0), "e a");
	take_all(id, o + 10, 2);
	CHECK_STR_EQ(cpu_text(id, 0), "a[]");
	give(o[2]);
	give(o[4]);
	CHECK_STR_EQ(cpu_text(id, 0), "a[] c b");
	give(o[6]);
	CHECK_STR_EQ(cpu_text(id, 0), "a[] d");
	CHECK_STR_EQ(node_text(id, 0), "c b");
	stop();
}

/*
 *	stack  d c b a, all empty but c; min_partial 1
 *	node   d (there is room), c; b and a have to go: a first, then b
 */
TEST(empty_slabs_of_a_full_stack)
{
	struct ba_slab_supply supply = { .nr = 0, .start = UINT32_MAX };

	pairs(12);
	limit(id, 1, 4);
	for (unsigned int i = 0; i < 8; i++)
		if (i != 5)
			give(o[i]);
	CHECK_STR_EQ(cpu_text(id, 0), "f[] d c b a");
	ctx.slab_supply = &supply;
	give(o[8]);
	ctx.slab_supply = NULL;
	CHECK_STR_EQ(cpu_text(id, 0), "f[] e");
	CHECK_STR_EQ(node_text(id, 0), "d c");
	CHECK_STR_EQ(given_text(&supply), "a b");
	CHECK_EQ(slabs_on(id, 0), 4);
	CHECK_EQ(ba_free_pages(&ctx, nodes, slab('a'), 0), BA_OK);
	CHECK_EQ(ba_free_pages(&ctx, nodes, slab('b'), 0), BA_OK);
	stop();
}

/* cpu_partial_slabs 0: each slab that comes pushes the one before it off. */
TEST(a_stack_without_room)
{
	pairs(8);
	limit(id, 2, 0);
	give(o[0]);
	CHECK_STR_EQ(cpu_text(id, 0), "d[] a");
	give(o[2]);
	CHECK_STR_EQ(cpu_text(id, 0), "d[] b");
	CHECK_STR_EQ(node_text(id, 0), "a");
	stop();
}

/* Nothing was freed from afar: the slab goes to the head. */
TEST(a_cpu_gives_its_slab_up_to_the_head)
{
	pairs(6);
	give(o[0]);
	give(o[2]);
	flush(id, 0);
	CHECK_STR_EQ(node_text(id, 0), "b a");
	on_cpu(1);
	o[6] = take(id);
	CHECK_STR_EQ(cpu_text(id, 1), "b[] a");
	give(o[6]);
	ba_cache_deactivate(&ctx, nodes, id, 1);
	CHECK_STR_EQ(cpu_text(id, 1), "- a");
	give(o[4]);
	ba_cache_flush_cpu(&ctx, nodes, id, 1);
	CHECK_STR_EQ(node_text(id, 0), "b c a");
	stop();
}

/*
 * Objects were freed from afar: the slab goes to the tail, and what the CPU
 * had of its freelist stands before them.
 */
TEST(a_cpu_gives_its_slab_up_to_the_tail)
{
	start(slabs_config());
	id = cache("fours", 1024);
	limit(id, 4, 4);
	take_all(id, o, 12);
	give(o[0]);
	give(o[4]);
	give(o[9]);
	give(o[10]);
	on_cpu(1);
	give(o[11]);
	give(o[8]);
	CHECK_STR_EQ(cpu_text(id, 0), "c[2 1] b a");
	CHECK_STR_EQ(own_text('c'), "0 3");
	flush(id, 0);
	CHECK_STR_EQ(node_text(id, 0), "c b a");
	CHECK_STR_EQ(own_text('c'), "2 1 0 3");
	stop();

	start(slabs_config());
	id = cache("fours", 1024);
	limit(id, 4, 4);
	take_all(id, o, 8);
	give(o[0]);
	flush(id, 0);
	CHECK_STR_EQ(node_text(id, 0), "a");
	take_all(id, o + 8, 2);
	CHECK_STR_EQ(cpu_text(id, 0), "c[1 2 3]");
	give(o[0]);
	on_cpu(1);
	give(o[4]);
	give(o[9]);
	flush(id, 1);
	CHECK_STR_EQ(node_text(id, 0), "b");
	ba_cache_deactivate(&ctx, nodes, id, 0);
	CHECK_STR_EQ(node_text(id, 0), "b c");
	CHECK_STR_EQ(own_text('c'), "1 2 3 0");
	stop();
}

/* A full slab goes on no list. */
TEST(a_cpu_gives_up_a_full_slab)
{
	pairs(2);
	flush(id, 0);
	CHECK_STR_EQ(cpu_text(id, 0), "-");
	CHECK_STR_EQ(node_text(id, 0), "");
	CHECK_EQ(ba_slabs(&ctx)[slab('a')].place, BA_SLAB_FULL);
	CHECK_EQ(slabs_on(id, 0), 1);
	stop();
}

/* An empty one goes back if the node has min_partial others. */
TEST(a_cpu_gives_up_an_empty_slab)
{
	for (uint16_t min_partial = 1; min_partial <= 2; min_partial++) {
		pairs(4);
		limit(id, min_partial, 2);
		on_cpu(1);
		take_all(id, o + 4, 2);
		on_cpu(0);
		give(o[0]);
		flush(id, 0);
		CHECK_STR_EQ(node_text(id, 0), "a");
		on_cpu(1);
		give(o[4]);
		give(o[5]);
		CHECK_STR_EQ(cpu_text(id, 1), "c[1 0]");
		flush(id, 1);
		CHECK_STR_EQ(node_text(id, 0), min_partial == 1 ? "a" : "c a");
		CHECK_EQ(slabs_on(id, 0), min_partial == 1 ? 2 : 3);
		stop();
	}
}

/*
 *	objects of 1024 bytes, 4 a slab; free ones: a 1, b 3, c 4, d 1, e 4, f 3
 *	after shrink  d a (1 free each, latest first) f b; c and e are gone,
 *	              the one met last first
 */
TEST(shrink_sorts_and_frees)
{
	struct ba_slab_supply supply = { .nr = 0, .start = UINT32_MAX };
	static const uint8_t freed[] = { 1, 3, 4, 1, 4, 3 };

	start(slabs_config());
	id = cache("fours", 1024);
	limit(id, 9, 9);
	take_all(id, o, 28);
	for (unsigned int s = 6; s-- > 0;)
		for (unsigned int i = 0; i < freed[s]; i++)
			give(o[4 * s + i]);
	CHECK_STR_EQ(cpu_text(id, 0), "g[] a b c d e f");
	ctx.slab_supply = &supply;
	CHECK(ba_kmem_cache_shrink(&ctx, nodes, id));
	ctx.slab_supply = NULL;
	CHECK_STR_EQ(cpu_text(id, 0), "-");
	CHECK_STR_EQ(node_text(id, 0), "d a f b");
	CHECK_STR_EQ(given_text(&supply), "e c");
	CHECK_EQ(slabs_on(id, 0), 5);
	CHECK_EQ(ba_free_pages(&ctx, nodes, slab('c'), 0), BA_OK);
	CHECK_EQ(ba_free_pages(&ctx, nodes, slab('e'), 0), BA_OK);
	stop();
}

/*
 * Slabs of 64 objects: those with more than 32 free ones stay in their order,
 * behind the others.
 */
TEST(shrink_does_not_sort_nearly_empty_slabs)
{
	static const uint8_t freed[] = { 40, 33, 32, 50, 2 };
	uint64_t all[6 * 64];

	start(slabs_config());
	id = cache("small", 64);
	limit(id, 9, 9);
	take_all(id, all, 6 * 64);
	for (unsigned int s = 5; s-- > 0;)
		for (unsigned int i = 0; i < freed[s]; i++)
			give(all[64 * s + i]);
	CHECK_STR_EQ(cpu_text(id, 0), "f[] a b c d e");
	CHECK(ba_kmem_cache_shrink(&ctx, nodes, id));
	CHECK_STR_EQ(node_text(id, 0), "e c a b d");
	stop();
}

/* Nothing in use: all goes, from every CPU, whatever min_partial says. */
TEST(shrink_of_an_idle_cache_leaves_nothing)
{
	pairs(6);
	on_cpu(1);
	take_all(id, o + 6, 1);
	for (unsigned int i = 0; i < 7; i++)
		give(o[i]);
	CHECK(!ba_kmem_cache_shrink(&ctx, nodes, id));
	CHECK_STR_EQ(cpu_text(id, 0), "-");
	CHECK_STR_EQ(cpu_text(id, 1), "-");
	CHECK_STR_EQ(node_text(id, 0), "");
	CHECK_EQ(slabs_on(id, 0), 0);
	CHECK_EQ(in_use(id), 0);
	CHECK(!ba_kmem_cache_shrink(&ctx, nodes, id));
	stop();
}

/*
 * With debugging no CPU has a slab: objects come one by one from the head of
 * the list, a full slab leaves it, and comes back at its tail.
 */
TEST(a_cache_with_debugging_has_node_lists_only)
{
	start(slabs_config());
	id = cache_with("checked", 1200, BA_SLAB_CONSISTENCY_CHECKS);
	CHECK_EQ(ba_cache_at(&ctx, id)->layout.objects, 3);
	take_all(id, o, 8);
	CHECK_STR_EQ(object_text(o[7]), "c1");
	CHECK_STR_EQ(node_text(id, 0), "c");
	CHECK_STR_EQ(slab_list_text(&ba_cache_at(&ctx, id)->node[0].full),
		     "b a");
	CHECK_STR_EQ(cpu_text(id, 0), "-");
	give(o[1]);
	give(o[4]);
	CHECK_STR_EQ(node_text(id, 0), "c a b");
	CHECK_STR_EQ(slab_list_text(&ba_cache_at(&ctx, id)->node[0].full), "");
	give(o[0]);
	CHECK_STR_EQ(node_text(id, 0), "c a b");
	CHECK_STR_EQ(own_text('a'), "0 1");
	CHECK_STR_EQ(object_text(take(id)), "c2");
	CHECK_STR_EQ(object_text(take(id)), "a0");
	CHECK_EQ(ba_slabs(&ctx)[slab('a')].inuse, 2);
	stop();
}

/*
 *	b half free, a full, both of one object less than full; min_partial 1
 *	a empties: b is there, so a goes; b empties: it counts itself, and goes
 */
TEST(empty_slabs_of_a_cache_with_debugging)
{
	start(slabs_config());
	id = cache_with("checked", 1800, BA_SLAB_CONSISTENCY_CHECKS);
	limit(id, 1, 0);
	take_all(id, o, 3);
	CHECK_STR_EQ(node_text(id, 0), "b");
	give(o[0]);
	CHECK_STR_EQ(node_text(id, 0), "b a");
	give(o[1]);
	CHECK_STR_EQ(node_text(id, 0), "b");
	give(o[2]);
	CHECK_STR_EQ(node_text(id, 0), "");
	CHECK_EQ(slabs_on(id, 0), 0);
	stop();

	/* one object a slab: full, then empty at once */
	start(slabs_config());
	id = cache_with("checked", 4000, BA_SLAB_CONSISTENCY_CHECKS);
	limit(id, 1, 0);
	take_all(id, o, 2);
	CHECK_STR_EQ(node_text(id, 0), "");
	give(o[0]);
	CHECK_STR_EQ(node_text(id, 0), "a");
	give(o[1]);
	CHECK_STR_EQ(node_text(id, 0), "a");
	CHECK_EQ(slabs_on(id, 0), 1);
	stop();
}

/* A left red zone stands before each object. */
TEST(a_red_zone_shifts_the_objects)
{
	uint64_t first;

	start(slabs_config());
	id = cache_with("guarded", 64, BA_SLAB_RED_ZONE);
	take_all(id, o, 2);
	first = ctx.caches->page_offset + ((uint64_t)slab('a') << 12);
	CHECK_EQ(ba_cache_at(&ctx, id)->layout.size, 88);
	CHECK_EQ(o[0], first + 8);
	CHECK_EQ(o[1], first + 88 + 8);
	CHECK_EQ(ba_kmem_cache_free(&ctx, nodes, id, first), BA_EFOREIGN);
	give(o[0]);
	stop();
}

/*
 * From the last of the array: c1 c0, then b1 and, past one of a, b0, then a0
 * and a1. Of each slab the array's last is the first to be handed out again.
 */
TEST(a_bulk_free_goes_slab_by_slab_from_the_end)
{
	uint32_t bad = 77;

	pairs(8);
	limit(id, 9, 9);
	{
		uint64_t array[] = { o[1], o[2], o[0], o[3], o[4], o[5] };

		CHECK_EQ(ba_kmem_cache_free_bulk(&ctx, nodes, id, array, 6,
						 &bad), BA_OK);
	}
	CHECK_EQ(bad, 77);
	CHECK_STR_EQ(cpu_text(id, 0), "d[] a b c");
	CHECK_STR_EQ(own_text('c'), "1 0");
	CHECK_STR_EQ(own_text('b'), "1 0");
	CHECK_STR_EQ(own_text('a'), "0 1");
	CHECK_EQ(in_use(id), 2);
	stop();
}

/*
 * Three objects of other slabs end the search: d0 lies too far from d1, and
 * comes in a group of its own.
 *
 *	d0 | c0 b0 a0 | d1    groups: d1; a0; b0; c0; d0
 *	d0 | b0 a0 | d1       groups: d1 d0; b0; a0, which took d0's place
 */
TEST(a_bulk_free_looks_three_objects_ahead)
{
	uint32_t bad;

	pairs(10);
	limit(id, 9, 9);
	{
		uint64_t array[] = { o[6], o[4], o[2], o[0], o[7] };

		CHECK_EQ(ba_kmem_cache_free_bulk(&ctx, nodes, id, array, 5,
						 &bad), BA_OK);
	}
	CHECK_STR_EQ(own_text('d'), "0 1");
	CHECK_STR_EQ(cpu_text(id, 0), "e[] c b a d");
	stop();

	pairs(10);
	limit(id, 9, 9);
	{
		uint64_t array[] = { o[6], o[2], o[0], o[7] };

		CHECK_EQ(ba_kmem_cache_free_bulk(&ctx, nodes, id, array, 4,
						 &bad), BA_OK);
	}
	CHECK_STR_EQ(own_text('d'), "1 0");
	CHECK_STR_EQ(cpu_text(id, 0), "e[] a b d");
	stop();
}

/* All of the CPU's slab at once: in front of what it had. */
TEST(a_bulk_free_to_the_cpus_slab)
{
	uint32_t bad;

	start(slabs_config());
	id = cache("fours", 1024);
	take_all(id, o, 4);
	give(o[2]);
	{
		uint64_t array[] = { o[3], o[0], o[1] };

		CHECK_EQ(ba_kmem_cache_free_bulk(&ctx, nodes, id, array, 3,
						 &bad), BA_OK);
	}
	CHECK_STR_EQ(cpu_text(id, 0), "a[1 0 3 2]");
	stop();
}

/* An array with a bad address changes nothing. */
TEST(a_bulk_free_of_what_cannot_be_freed)
{
	uint64_t hash;
	uint32_t bad = 77;

	pairs(4);
	give(o[1]);
	hash = ba_machine_hash(&machine);
	{
		uint64_t array[] = { o[0], o[2], o[1], o[3] };

		CHECK_EQ(ba_kmem_cache_free_bulk(&ctx, nodes, id, array, 4,
						 &bad), BA_EOBJECTFREE);
		CHECK_EQ(bad, 2);
		CHECK_EQ(ba_machine_hash(&machine), hash);
	}
	{
		uint64_t array[] = { o[0], o[2], o[0] };

		CHECK_EQ(ba_kmem_cache_free_bulk(&ctx, nodes, id, array, 3,
						 &bad), BA_EOBJECTFREE);
		CHECK_EQ(bad, 2);
		CHECK_EQ(ba_machine_hash(&machine), hash);
	}
	{
		uint64_t array[] = { o[0], o[2] + 8 };

		CHECK_EQ(ba_kmem_cache_free_bulk(&ctx, nodes, id, array, 2,
						 &bad), BA_EFOREIGN);
		CHECK_EQ(bad, 1);
		CHECK_EQ(ba_machine_hash(&machine), hash);
	}
	stop();
}

/* Every wrong address is found, and nothing changes. */
TEST(what_is_no_object_in_use)
{
	uint64_t base, hash;
	uint16_t other;
	pfn_t page;

	pairs(3);
	other = cache("other", 96);
	page = ba_alloc_pages(&ctx, nodes, BA_GFP_KERNEL, 0, 0);
	base = ctx.caches->page_offset;
	give(o[1]);
	hash = ba_machine_hash(&machine);
	CHECK_EQ(ba_kmem_cache_free(&ctx, nodes, id, o[1]), BA_EOBJECTFREE);
	CHECK_EQ(ba_kmem_cache_free(&ctx, nodes, id, o[2] + 2048),
		 BA_EOBJECTFREE);	/* of the CPU's freelist */
	CHECK_EQ(ba_kmem_cache_free(&ctx, nodes, other, o[0]), BA_EWRONGCACHE);
	CHECK_EQ(ba_kmem_cache_free(&ctx, nodes, id, o[0] + 1), BA_EFOREIGN);
	CHECK_EQ(ba_kmem_cache_free(&ctx, nodes, id,
				    base + ((uint64_t)page << 12)),
		 BA_EFOREIGN);
	CHECK_EQ(ba_kmem_cache_free(&ctx, nodes, id,
				    base + ((uint64_t)SLABS_PAGES << 12)),
		 BA_EFOREIGN);
	CHECK_EQ(ba_kmem_cache_free(&ctx, nodes, id, base - 4096),
		 BA_EFOREIGN);
	CHECK_EQ(ba_kmem_cache_free(&ctx, nodes, id, 0), BA_EFOREIGN);
	CHECK_EQ(ba_machine_hash(&machine), hash);
	CHECK_EQ(ba_free_pages(&ctx, nodes, page, 0), BA_OK);
	stop();
}

/* What owners have is counted by the CPU that acts: sums are right. */
TEST(objects_in_use_and_their_slack)
{
	struct ba_slab_request request = { .gfp = BA_GFP_KERNEL,
					   .node = BA_ANY_NODE, .slack = 24 };
	uint64_t address;

	start(slabs_config());
	request.cache = cache("slack", 64);
	address = ba_kmem_cache_alloc(&ctx, nodes, &request);
	CHECK_EQ(ba_cache_cpu(&ctx, request.cache, 0)->inuse, 1);
	CHECK_EQ(ba_cache_cpu(&ctx, request.cache, 0)->slack, 24);
	on_cpu(1);
	give(address);
	CHECK_EQ(ba_cache_cpu(&ctx, request.cache, 1)->inuse, -1);
	CHECK_EQ(ba_cache_cpu(&ctx, request.cache, 1)->slack, -24);
	CHECK_EQ(in_use(request.cache), 0);
	stop();
}

/* A bulk that is refused leaves an object its slack; another ends it. */
TEST(a_bulk_free_of_objects_with_slack)
{
	struct ba_slab_request request = { .gfp = BA_GFP_KERNEL,
					   .node = BA_ANY_NODE, .slack = 24 };
	uint64_t address, again[2];
	uint32_t bad = 77;

	start(slabs_config());
	request.cache = cache("slack", 64);
	address = ba_kmem_cache_alloc(&ctx, nodes, &request);
	again[0] = again[1] = address;
	CHECK_EQ(ba_kmem_cache_free_bulk(&ctx, nodes, request.cache, again, 2,
					 &bad), BA_EOBJECTFREE);
	CHECK_EQ(bad, 1);
	CHECK_EQ(ba_cache_cpu(&ctx, request.cache, 0)->slack, 24);
	CHECK_EQ(ba_kmem_cache_free_bulk(&ctx, nodes, request.cache, again, 1,
					 &bad), BA_OK);
	CHECK_EQ(ba_cache_cpu(&ctx, request.cache, 0)->slack, 0);
	CHECK_EQ(ba_cache_cpu(&ctx, request.cache, 0)->inuse, 0);
	stop();
}

/* More than a record can say is counted as the most that it can. */
TEST(slack_has_a_largest_value)
{
	CHECK_EQ(ba_slack(128, 100), 28);
	CHECK_EQ(ba_slack(100, 128), 0);
	CHECK_EQ(ba_slack(32768, 1), 32767);
	CHECK_EQ(ba_slack(1 << 20, 1), 32767);
	CHECK_EQ(ba_object_slack(ba_object_used(32767)), 32767);
	CHECK(ba_object_is_used(ba_object_used(0)));
}

/* Each node has its own list. */
TEST(a_slab_goes_to_the_list_of_its_own_node)
{
	struct ba_config config = slabs_config();

	config.nr_nodes = 2;
	start(config);
	id = cache("pairs", 2048);
	limit(id, 2, 2);
	o[0] = take_on(id, BA_GFP_KERNEL, 0);
	o[1] = take_on(id, BA_GFP_KERNEL, 1);
	CHECK_STR_EQ(cpu_text(id, 0), "b[1]");
	CHECK_STR_EQ(node_text(id, 0), "a");
	flush(id, 0);
	CHECK_STR_EQ(node_text(id, 0), "a");
	CHECK_STR_EQ(node_text(id, 1), "b");
	CHECK_EQ(slabs_on(id, 0), 1);
	CHECK_EQ(slabs_on(id, 1), 1);
	stop();
}
