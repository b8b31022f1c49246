// SPDX-License-Identifier: GPL-2.0-only
/* From where an object comes, and the pages of a new slab. */
#include "mm/slab_alloc.h"

#include "slabs.h"

static uint16_t id;
static uint64_t o[64];

static void pairs(uint32_t objects)
{
	start(slabs_config());
	id = cache("pairs", 2048);
	limit(id, 2, 2);
	take_all(id, o, objects);
}

static struct ba_config old_or_new(bool old)
{
	struct ba_config config = slabs_config();

	config.profile = old ? ba_profile_6_1L : ba_profile_6_12L;
	return config;
}

/* 1: the CPU's freelist, the last freed first; it keeps its slab when empty */
TEST(from_the_cpus_freelist)
{
	pairs(2);
	give(o[0]);
	give(o[1]);
	CHECK_STR_EQ(object_text(take(id)), "a1");
	CHECK_STR_EQ(object_text(take(id)), "a0");
	CHECK_STR_EQ(cpu_text(id, 0), "a[]");
	stop();
}

/* 2: what others freed into the CPU's slab, all of it at once */
TEST(from_the_rest_of_the_cpus_slab)
{
	pairs(2);
	on_cpu(1);
	give(o[0]);
	give(o[1]);
	on_cpu(0);
	CHECK_STR_EQ(object_text(take(id)), "a1");
	CHECK_STR_EQ(cpu_text(id, 0), "a[0]");
	CHECK_STR_EQ(own_text('a'), "");
	CHECK_EQ(ba_slabs(&ctx)[slab('a')].inuse, 2);
	stop();
}

/* 3: the top of the CPU's stack; the slab before it is full, on no list */
TEST(from_the_cpus_stack)
{
	pairs(6);
	give(o[0]);
	give(o[2]);
	CHECK_STR_EQ(cpu_text(id, 0), "c[] b a");
	CHECK_STR_EQ(object_text(take(id)), "b0");
	CHECK_STR_EQ(cpu_text(id, 0), "b[] a");
	CHECK_EQ(ba_slabs(&ctx)[slab('c')].place, BA_SLAB_FULL);
	CHECK_STR_EQ(object_text(take(id)), "a0");
	CHECK_STR_EQ(cpu_text(id, 0), "a[]");
	stop();
}

/*
 * 4: the head of the node's list becomes the CPU's slab; of the others half
 * of what the stack holds and one more go on it
 *
 *	cpu_partial_slabs         0  1  2  3  4
 *	slabs on the stack, 6.1   1  1  2  2  3
 *	                    6.12  0  1  2  2  3
 */
TEST(from_the_nodes_list)
{
	static const char *const cpu[] = { "e[1] d", "e[1] d", "e[1] c d",
					   "e[1] c d", "e[1] b c d" };
	static const char *const node[] = { "c b a", "c b a", "b a", "b a",
					    "a" };

	for (unsigned int i = 0; i < 10; i++) {
		uint16_t slabs = (uint16_t)(i % 5);
		bool one_less = i == 5;

		start(old_or_new(i < 5));
		id = cache("threes", 1200);
		limit(id, 9, 9);
		take_all(id, o, 18);
		for (unsigned int s = 0; s < 5; s++) {
			give(o[3 * s + 1]);
			give(o[3 * s]);
		}
		CHECK_STR_EQ(cpu_text(id, 0), "f[] e d c b a");
		flush(id, 0);
		CHECK_STR_EQ(node_text(id, 0), "e d c b a");
		limit(id, 9, slabs);
		CHECK_STR_EQ(object_text(take(id)), "e0");
		CHECK_STR_EQ(cpu_text(id, 0), one_less ? "e[1]" : cpu[slabs]);
		CHECK_STR_EQ(node_text(id, 0),
			     one_less ? "d c b a" : node[slabs]);
		stop();
	}
}

/* A stack that is over-full by step 4 is emptied by the next free. */
TEST(the_stack_may_grow_past_its_limit)
{
	pairs(10);
	limit(id, 9, 9);
	for (unsigned int i = 0; i < 8; i += 2)
		give(o[i]);
	flush(id, 0);
	CHECK_STR_EQ(node_text(id, 0), "d c b a");
	limit(id, 9, 1);
	CHECK_STR_EQ(object_text(take(id)), "d0");
	CHECK_STR_EQ(cpu_text(id, 0), "d[] c");
	give(o[8]);
	CHECK_STR_EQ(cpu_text(id, 0), "d[] e");
	CHECK_STR_EQ(node_text(id, 0), "b a c");
	stop();
}

/* 6: new slabs, whose objects are handed out upwards */
TEST(from_a_new_slab)
{
	start(slabs_config());
	id = cache("fours", 1024);
	CHECK_STR_EQ(object_text(take(id)), "a0");
	CHECK_STR_EQ(cpu_text(id, 0), "a[1 2 3]");
	CHECK_STR_EQ(object_text(take(id)), "a1");
	CHECK_EQ(slabs_on(id, 0), 1);
	CHECK_EQ(ba_cache_at(&ctx, id)->node[0].total_objects, 4);
	CHECK_EQ(ctx.frames[slab('a')].flags, BA_FRAME_HEAD | BA_FRAME_SLAB);
	stop();
}

/* Another CPU's objects are not taken. */
TEST(each_cpu_has_its_own_slab)
{
	pairs(1);
	on_cpu(1);
	CHECK_STR_EQ(object_text(take(id)), "b0");
	CHECK_STR_EQ(cpu_text(id, 0), "a[1]");
	CHECK_STR_EQ(cpu_text(id, 1), "b[1]");
	stop();
}

/* The CPU's slab is of the wrong node: it goes to its node's list. */
TEST(a_named_node_is_kept_to)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct ba_config config = old_or_new(!i);

		config.nr_nodes = 2;
		start(config);
		id = cache("pairs", 2048);
		limit(id, 9, 9);
		o[0] = take_on(id, BA_GFP_KERNEL, 0);
		CHECK_STR_EQ(cpu_text(id, 0), "a[1]");
		o[1] = take_on(id, BA_GFP_KERNEL, 1);
		CHECK_STR_EQ(cpu_text(id, 0), "b[1]");
		CHECK_STR_EQ(node_text(id, 0), "a");
		/* any node: what is there; node 0: the slab on its list */
		o[2] = take(id);
		CHECK_STR_EQ(object_text(o[2]), "b1");
		o[3] = take_on(id, BA_GFP_KERNEL, 0);
		CHECK_STR_EQ(object_text(o[3]), "a1");
		CHECK_STR_EQ(cpu_text(id, 0), "a[]");
		/* a node that there is not is no wish */
		o[4] = take_on(id, BA_GFP_KERNEL, 7);
		CHECK_STR_EQ(object_text(o[4]), "c0");
		CHECK_EQ(ba_slabs(&ctx)[slab('c')].node, 0);
		o[5] = take_on(id, BA_GFP_KERNEL, 7);
		CHECK_STR_EQ(object_text(o[5]), "c1");
		stop();
	}
}

/* Node 1 of a kernel of 32 bits is all HighMem: no wish for slabs. */
TEST(a_node_without_normal_memory_is_no_wish)
{
	struct ba_config config = slabs_config();

	config.arch = BA_ARCH_I386;
	config.memory_pages = 524288;
	config.nr_nodes = 2;
	start(config);
	id = cache("pairs", 2048);
	o[0] = take_on(id, BA_GFP_KERNEL, 1);
	CHECK_EQ(ba_slabs(&ctx)[slab('a')].node, 0);
	CHECK_STR_EQ(object_text(take_on(id, BA_GFP_KERNEL, 1)), "a1");
	CHECK_STR_EQ(node_text(id, 0), "");
	stop();
}

/*
 * The stack holds slabs of both nodes: those of the wrong one are put on
 * their list's tail on the way.
 */
TEST(slabs_of_a_stack_that_are_of_another_node)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct ba_config config = old_or_new(!i);

		config.nr_nodes = 2;
		start(config);
		id = cache("pairs", 2048);
		limit(id, 9, 9);
		for (unsigned int n = 0; n < 6; n++)
			o[n] = take_on(id, BA_GFP_KERNEL, n < 2);
		CHECK_STR_EQ(cpu_text(id, 0), "c[]");
		give(o[0]);
		give(o[2]);
		CHECK_STR_EQ(cpu_text(id, 0), "c[] b a");
		CHECK_STR_EQ(object_text(take_on(id, BA_GFP_KERNEL, 1)), "a0");
		CHECK_STR_EQ(cpu_text(id, 0), "a[]");
		CHECK_STR_EQ(node_text(id, 0), "b");
		stop();
	}
}

/*
 * 5: node 0 has no partial slab, node 1 has two; they are taken if that is
 * more than min_partial. A named node is not left for another one's partial
 * slabs in 6.1; in 6.12 only once the node has no page.
 */
TEST(from_another_nodes_list)
{
	for (uint16_t min_partial = 1; min_partial <= 2; min_partial++) {
		struct ba_config config = slabs_config();
		const char *other = min_partial == 1 ? "b1" : "c0";

		config.nr_nodes = 2;
		start(config);
		id = cache("pairs", 2048);
		limit(id, min_partial, 9);
		o[0] = take_on(id, BA_GFP_KERNEL, 1);
		flush(id, 0);
		o[1] = take_on(id, BA_GFP_KERNEL, 1);
		o[2] = take_on(id, BA_GFP_KERNEL, 1);
		flush(id, 0);
		CHECK_STR_EQ(node_text(id, 1), "b");
		give(o[0]);
		flush(id, 0);
		CHECK_STR_EQ(node_text(id, 1), "b a");
		CHECK_STR_EQ(object_text(take(id)), other);
		stop();
	}
}

TEST(a_named_node_is_not_left_for_partial_slabs)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct ba_config config = old_or_new(!i);

		config.nr_nodes = 2;
		start(config);
		id = cache("pairs", 2048);
		limit(id, 0, 9);
		o[0] = take_on(id, BA_GFP_KERNEL, 1);
		flush(id, 0);
		CHECK_STR_EQ(node_text(id, 1), "a");
		CHECK_STR_EQ(object_text(take_on(id, BA_GFP_KERNEL, 0)), "b0");
		CHECK_EQ(ba_slabs(&ctx)[slab('b')].node, 0);
		stop();
	}
}

/* All of a node's pages, as far as such a request may have them. */
static void use_up(uint8_t node)
{
	while (ba_alloc_pages(&ctx, nodes, BA_GFP_KERNEL | BA_GFP_MEMALLOC |
			      BA_GFP_THISNODE | BA_GFP_NORETRY, 0, node) !=
	       BA_PFN_NONE)
		;
}

/*
 * Node 0 has no page. 6.1: a new slab of node 1; 6.12: first the partial slabs
 * of node 1. With THISNODE: none.
 */
TEST(a_named_node_without_memory)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct ba_config config = old_or_new(!i);

		config.nr_nodes = 2;
		start(config);
		id = cache("pairs", 2048);
		limit(id, 0, 9);
		o[0] = take_on(id, BA_GFP_KERNEL, 1);
		flush(id, 0);
		use_up(0);
		CHECK_EQ(take_on(id, BA_GFP_KERNEL | BA_GFP_THISNODE, 0), 0);
		CHECK(ctx.result != BA_RESULT_OK);
		CHECK_STR_EQ(object_text(take_on(id, BA_GFP_KERNEL, 0)),
			     i ? "a1" : "b0");
		stop();
	}
}

/*
 * A page of the list of order 0 is there, but no block of order 1: the slab
 * is of its least order, with half the objects.
 */
TEST(a_smaller_slab_when_memory_is_short)
{
	struct ba_config config = slabs_config();
	const struct ba_kmem_cache *c;
	pfn_t page;

	config.slub_max_order = 1;
	start(config);
	id = cache("fours", 2000);
	c = ba_cache_at(&ctx, id);
	CHECK_EQ(c->layout.order, 1);
	CHECK_EQ(c->layout.objects, 4);
	CHECK_EQ(c->layout.min_objects, 2);
	page = ba_alloc_pages(&ctx, nodes, BA_GFP_KERNEL, 0, 0);
	use_up(0);
	CHECK_EQ(ba_free_pages(&ctx, nodes, page, 0), BA_OK);
	o[0] = take_on(id, BA_GFP_KERNEL | BA_GFP_MEMALLOC, BA_ANY_NODE);
	REQUIRE(o[0]);
	CHECK_EQ(slab('a'), page);
	CHECK_EQ(ba_slabs(&ctx)[page].order, 0);
	CHECK_STR_EQ(cpu_text(id, 0), "a[1]");
	CHECK_EQ(c->node[0].total_objects, 2);
	CHECK_EQ(take_on(id, BA_GFP_KERNEL | BA_GFP_MEMALLOC, BA_ANY_NODE),
		 o[0] + 2000);
	CHECK_EQ(take_on(id, BA_GFP_KERNEL | BA_GFP_NORETRY, BA_ANY_NODE), 0);
	CHECK(ctx.result != BA_RESULT_OK);
	CHECK_EQ(in_use(id), 2);
	give(o[0]);
	stop();
}

/* The pages that a slab asks for, as the replay's supply sees it. */
TEST(the_orders_that_are_asked_for)
{
	struct ba_slab_supply supply = { .nr = 0, .start = UINT32_MAX };
	struct ba_config config = slabs_config();

	config.slub_max_order = 1;
	start(config);
	id = cache("fours", 2000);
	ctx.slab_supply = &supply;
	CHECK_EQ(take_on(id, BA_GFP_KERNEL, BA_ANY_NODE), 0);
	CHECK(supply.wanted);
	CHECK_EQ(supply.wanted_order, 0);
	/* the latest of its order is taken */
	supply.page[0].pfn = 5000;
	supply.page[0].order = 1;
	supply.page[1].pfn = 5002;
	supply.page[1].order = 1;
	supply.page[2].pfn = 5004;
	supply.page[2].order = 0;
	supply.nr = 3;
	CHECK_EQ(ba_slab_new(&ctx, nodes, &(struct ba_slab_request){
		.cache = id, .gfp = BA_GFP_KERNEL, .node = BA_ANY_NODE }),
		 5002);
	CHECK_EQ(supply.nr, 2);
	CHECK_EQ(supply.page[0].pfn, 5000);
	CHECK_EQ(supply.page[1].pfn, 5004);
	CHECK_EQ(ba_slab_back(&ba_slabs(&ctx)[5003]), 1);
	ba_machine_destroy(&machine);
}

/*
 * Reclaimable caches ask for reclaimable pages; nothing of the request but how
 * hard to try and where gets through.
 */
TEST(the_pages_of_a_reclaimable_cache)
{
	start(slabs_config());
	id = cache_with("inodes", 1024, BA_SLAB_RECLAIM_ACCOUNT);
	o[0] = take_on(id, BA_GFP_KERNEL | BA_GFP_ZERO | BA_GFP_MOVABLE,
		       BA_ANY_NODE);
	CHECK_EQ(ba_pageblock_type(ctx.pageblocks, slab('a')),
		 BA_MT_RECLAIMABLE);
	CHECK(!(ctx.frames[slab('a')].flags & BA_FRAME_COMPOUND));
	id = cache("plain", 1024);
	o[1] = take_on(id, BA_GFP_HIGHUSER_MOVABLE | BA_GFP_DMA, BA_ANY_NODE);
	CHECK_EQ(ba_pageblock_type(ctx.pageblocks, slab('b')),
		 BA_MT_UNMOVABLE);
	CHECK(!(ctx.frames[slab('b')].flags & BA_FRAME_MOVABLE));
	CHECK(slab('b') >= 4096);
	id = cache_with("dma", 1024, BA_SLAB_CACHE_DMA);
	o[2] = take(id);
	CHECK(slab('c') < 4096);
	stop();
}

/* A slab of several pages is one compound page; a single page never is. */
TEST(the_pages_of_a_slab_are_compound)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct ba_config config = old_or_new(!i);

		config.slub_max_order = 1;
		start(config);
		take(cache("one page", 128));
		take(cache("two pages", 2000));
		CHECK(!(ctx.frames[slab('a')].flags & BA_FRAME_COMPOUND));
		CHECK(ctx.frames[slab('b')].flags & BA_FRAME_COMPOUND);
		stop();
	}
}

/* A given sequence, a given start: 3 1 0 2, from its position 2. */
TEST(objects_in_a_given_order)
{
	static const uint16_t sequence[] = { 3, 1, 0, 2 };
	struct ba_slab_supply supply = { .nr = 1, .start = 2 };

	start(slabs_config());
	id = cache("fours", 1024);
	CHECK_EQ(ba_kmem_cache_set_sequence(&ctx, id, sequence, 4), BA_OK);
	supply.page[0].pfn = ba_alloc_pages(&ctx, nodes, BA_GFP_KERNEL, 0, 0);
	supply.page[0].order = 0;
	ctx.slab_supply = &supply;
	CHECK_STR_EQ(object_text(take(id)), "a0");
	CHECK_STR_EQ(cpu_text(id, 0), "a[2 3 1]");
	stop();
}

/* Each slab begins somewhere else, and goes round the same sequence. */
TEST(objects_in_a_random_order)
{
	struct ba_config config = slabs_config();
	const uint16_t *sequence;
	unsigned int starts[8] = { 0 }, used = 0;

	config.slab_freelist_random = 1;
	start(config);
	id = cache("eights", 512);
	sequence = ba_random_sequence(&ctx, ba_cache_at(&ctx, id));
	for (unsigned int n = 0; n < 64; n++) {
		uint64_t first = take(id), address;
		uint32_t at = 0, index = ba_object_find(&ctx, nodes,
							first).index;

		while (at < 8 && sequence[at] != index)
			at++;
		REQUIRE(at < 8);
		starts[at]++;
		for (unsigned int i = 1; i < 8; i++) {
			address = take(id);
			CHECK_EQ(ba_object_find(&ctx, nodes, address).index,
				 sequence[(at + i) % 8]);
		}
	}
	for (unsigned int i = 0; i < 8; i++)
		used += starts[i] > 0;
	CHECK(used > 4);
	stop();
}

/* All or nothing: with pages for three slabs of two there are no ten. */
TEST(a_bulk_gives_all_or_nothing)
{
	const struct ba_slab_request request = {
		.gfp = BA_GFP_KERNEL | BA_GFP_MEMALLOC, .node = BA_ANY_NODE };
	struct ba_slab_request of_pairs = request;
	pfn_t page[3];

	start(slabs_config());
	id = cache("pairs", 2048);
	limit(id, 9, 9);
	of_pairs.cache = id;
	CHECK(ba_kmem_cache_alloc_bulk(&ctx, nodes, &of_pairs, 3, o));
	for (unsigned int i = 0; i < 3; i++)
		letter(head_of(o[i]));
	CHECK_STR_EQ(object_text(o[0]), "a0");
	CHECK_STR_EQ(object_text(o[1]), "a1");
	CHECK_STR_EQ(object_text(o[2]), "b0");
	for (unsigned int i = 0; i < 3; i++)
		page[i] = ba_alloc_pages(&ctx, nodes, BA_GFP_KERNEL, 0, 0);
	use_up(0);
	for (unsigned int i = 0; i < 3; i++)
		CHECK_EQ(ba_free_pages(&ctx, nodes, page[i], 0), BA_OK);
	CHECK(!ba_kmem_cache_alloc_bulk(&ctx, nodes, &of_pairs, 10, o + 3));
	CHECK_EQ(in_use(id), 3);
	CHECK(ba_kmem_cache_alloc_bulk(&ctx, nodes, &of_pairs, 7, o + 3));
	CHECK_EQ(in_use(id), 10);
	stop();
}

/* The parts, with others at work between them: the new slab is no one's yet. */
TEST(another_slab_came_meanwhile)
{
	const struct ba_slab_request request = { .gfp = BA_GFP_KERNEL,
						 .node = BA_ANY_NODE };
	struct ba_slab_request of_pairs = request;
	pfn_t head;

	start(slabs_config());
	id = cache("pairs", 2048);
	of_pairs.cache = id;
	CHECK_EQ(ba_slab_alloc_old(&ctx, nodes, &of_pairs), 0);
	head = ba_slab_new(&ctx, nodes, &of_pairs);
	REQUIRE(head != BA_PFN_NONE);
	CHECK_EQ(ba_slabs(&ctx)[head].place, BA_SLAB_FULL);
	CHECK_STR_EQ(object_text(take(id)), "a0");
	o[0] = ba_slab_alloc_new(&ctx, nodes, &of_pairs, head);
	letter(head);
	CHECK_STR_EQ(object_text(o[0]), "b0");
	CHECK_STR_EQ(cpu_text(id, 0), "b[1]");
	CHECK_STR_EQ(node_text(id, 0), "a");
	stop();
}

/* No room for the records of objects: the page is not kept. */
TEST(a_full_pool)
{
	struct ba_slab_pool *pool;
	uint32_t lines;

	start(slabs_config());
	id = cache("pairs", 2048);
	pool = &ctx.caches->pool;
	lines = pool->lines;
	pool->lines = pool->used;
	CHECK_EQ(take_on(id, BA_GFP_KERNEL, BA_ANY_NODE), 0);
	CHECK_EQ(ctx.result, BA_RESULT_TABLE_FULL);
	CHECK_EQ(slabs_on(id, 0), 0);
	pool->lines = lines;
	CHECK(take(id));
	stop();
}
