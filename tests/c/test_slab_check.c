// SPDX-License-Identifier: GPL-2.0-only
/* Each invariant of slabs, broken on purpose: its number is reported. */
#include "mm/slab_check.h"

#include "mm/shrinker.h"

#include "slabs.h"

static uint16_t id, checked;
static uint64_t o[10], p[3], large;
static struct ba_kmem_cache *c;

/*
 * Two objects a slab:
 *	pairs    CPU 0: c[0] and, on the stack, d; node: b a; e is full
 *	checked  f is full, g is on the node's list
 * "pairs" is also called "alias".
 */
static void scene(void)
{
	start(slabs_config());
	id = cache("pairs", 2048);
	CHECK_EQ(cache("alias", 2041), id);
	c = ba_cache_at(&ctx, id);
	limit(id, 4, 4);
	take_all(id, o, 10);
	give(o[0]);
	give(o[2]);
	flush(id, 0);
	give(o[4]);
	take(id);
	give(o[4]);
	give(o[6]);
	checked = cache_with("checked", 1800, BA_SLAB_CONSISTENCY_CHECKS);
	take_all(checked, p, 3);
	large = ba_kmalloc(&ctx, nodes, 9000, BA_GFP_KERNEL, BA_ANY_NODE);
}

static void end(void)
{
	ba_machine_destroy(&machine);
}

/* Is the violation with that number found, and nothing changed? */
static void finds(const char *number)
{
	uint64_t before = ba_machine_hash(&machine);
	const char *sentence = ba_caches_check(&ctx, nodes);

	if (!CHECK(sentence && strncmp(sentence, number, 2) == 0 &&
		   sentence[2] == ':'))
		printf("#   %s: reported %s\n", number,
		       sentence ? sentence : "nothing");
	CHECK_EQ(ba_machine_hash(&machine), before);
}

static struct ba_slab *record(char name)
{
	return &ba_slabs(&ctx)[slab(name)];
}

static struct ba_object *object(char name, unsigned int index)
{
	return &ba_objects_of(&ctx, slab(name))[index];
}

TEST(slabs_in_order)
{
	scene();
	CHECK_STR_EQ(cpu_text(id, 0), "c[0] d");
	CHECK_STR_EQ(node_text(id, 0), "b a");
	CHECK_STR_EQ(node_text(checked, 0), "g");
	CHECK_STR_EQ(slab_list_text(&ba_cache_at(&ctx, checked)->node[0].full),
		     "f");
	CHECK_STR_EQ(ba_caches_check(&ctx, nodes), NULL);
	stop();
}

/* The machine's own check has it. */
TEST(a_machine_with_broken_slabs)
{
	uint8_t zone = 77;
	const char *sentence;

	scene();
	ba_cache_cpu(&ctx, id, 0)->inuse++;
	sentence = ba_machine_check(&machine, &zone);
	CHECK(sentence && strncmp(sentence, "K5", 2) == 0);
	CHECK_EQ(zone, 255);
	end();
}

TEST(l1_objects_in_use)
{
	scene();
	record('e')->inuse--;
	finds("L1");
	record('e')->inuse++;
	record('a')->inuse++;
	finds("L1");
	end();
}

TEST(l1_a_lock_is_held)
{
	scene();
	c->node[0].lock.word = 1;
	finds("L1");
	c->node[0].lock.word = 0;
	ctx.caches->pool.lock.word = 1;
	finds("L1");
	end();
}

TEST(l2_chains)
{
	scene();
	object('e', 0)->next = BA_OBJECT_NONE;	/* free, on no chain */
	finds("L2");
	object('e', 0)->next = BA_OBJECT_USED;
	object('a', 0)->next = 1;		/* a ring */
	finds("L2");
	object('a', 0)->next = 3;		/* there are two */
	finds("L2");
	object('a', 0)->next = BA_OBJECT_NONE;
	object('c', 0)->next = 1;		/* the CPU's, a ring */
	finds("L2");
	object('c', 0)->next = BA_OBJECT_NONE;
	/* on the CPU's chain and on the slab's */
	record('c')->freelist = ba_cache_cpu(&ctx, id, 0)->freelist;
	record('c')->inuse--;
	finds("L2");
	end();
}

TEST(n1_an_object_in_use_on_a_chain)
{
	scene();
	object('a', 0)->next = 2;
	finds("N1");
	object('a', 0)->next = BA_OBJECT_NONE;
	ba_cache_cpu(&ctx, id, 0)->freelist = 2;
	finds("N1");
	end();
}

TEST(l3_frames_of_slabs)
{
	pfn_t page;

	scene();
	ctx.frames[slab('e')].flags &= (uint8_t)~BA_FRAME_SLAB;
	finds("L3");
	ctx.frames[slab('e')].flags |= BA_FRAME_SLAB;
	ctx.frames[slab('e')].order = 1;
	finds("L3");
	ctx.frames[slab('e')].order = 0;
	record('e')->start = BA_PAGE_SIZE;
	finds("L3");
	record('e')->start = 0;
	record('e')->cache = 900;
	finds("L3");
	record('e')->cache = (uint16_t)(id + 1);
	record('e')->objects = 3;
	finds("L3");
	record('e')->objects = 2;
	record('e')->node = 1;
	finds("L3");
	record('e')->node = 0;
	ctx.frames[slab('e')].flags = BA_FRAME_SLAB;
	finds("L3");
	ctx.frames[slab('e')].flags |= BA_FRAME_HEAD;
	page = ba_alloc_pages(&ctx, nodes, BA_GFP_KERNEL, 0, 0);
	ctx.frames[page].flags |= BA_FRAME_SLAB;
	finds("L3");
	end();
}

TEST(l3_later_frames_of_slabs)
{
	struct ba_config config = slabs_config();

	config.slub_max_order = 3;
	start(config);
	take(cache("large", 3000));
	record('a')[7].start = 6 * BA_PAGE_SIZE;
	finds("L3");
	record('a')[7].start = 7 * BA_PAGE_SIZE;
	record('a')[3].cache++;
	finds("L3");
	end();
}

TEST(l4_the_way_from_a_frame_to_its_objects)
{
	struct ba_config config = slabs_config();

	config.slub_max_order = 3;
	start(config);
	take(cache("large", 3000));
	record('a')[7].run++;
	finds("L4");
	record('a')[7].run--;
	record('a')[7].list++;
	finds("L4");
	record('a')[7].list--;
	record('a')->reciprocal--;
	finds("L4");
	record('a')->reciprocal++;
	record('a')[1].reciprocal = 0;
	finds("L4");
	record('a')[1].reciprocal = c->reciprocal;
	record('a')[1].objects--;
	finds("L4");
	end();
}

TEST(k1_places)
{
	scene();
	record('e')->place = BA_SLAB_CPU;
	finds("K1");
	record('e')->place = 9;
	finds("K1");
	record('e')->place = BA_SLAB_FULL;
	record('a')->place = BA_SLAB_CPU_PARTIAL;
	finds("K1");
	record('a')->place = BA_SLAB_NODE_PARTIAL;
	CHECK_STR_EQ(ba_caches_check(&ctx, nodes), NULL);
	/* on no list */
	ba_list_del(&c->node[0].partial, ba_frame_links(ctx.frames),
		    slab('a'));
	finds("K1");
	/* on another node's list */
	ba_list_add_tail(&c->node[0].full, ba_frame_links(ctx.frames),
			 slab('a'));
	finds("K1");
	end();
}

TEST(k1_lists)
{
	scene();
	c->node[0].partial.count++;
	finds("K1");
	c->node[0].partial.count--;
	ba_cache_cpu(&ctx, id, 0)->nr_partial--;
	finds("K1");
	ba_cache_cpu(&ctx, id, 0)->nr_partial += 2;
	finds("K1");
	ba_cache_cpu(&ctx, id, 0)->nr_partial--;
	ba_cache_cpu(&ctx, id, 0)->base++;
	finds("K6");
	ba_cache_cpu(&ctx, id, 0)->base--;
	ba_cache_cpu(&ctx, id, 0)->run++;
	finds("K6");
	ba_cache_cpu(&ctx, id, 0)->run--;
	c->node[0].stack_slabs++;
	finds("K1");
	c->node[0].stack_slabs--;
	/* a stack of two CPUs */
	ba_cache_cpu(&ctx, id, 1)->partial = ba_cache_cpu(&ctx, id, 0)->partial;
	ba_cache_cpu(&ctx, id, 1)->nr_partial = 1;
	finds("K1");
	ba_cache_cpu(&ctx, id, 1)->partial = 0;
	ba_cache_cpu(&ctx, id, 1)->nr_partial = 0;
	ba_cache_cpu(&ctx, id, 1)->freelist = 1;
	finds("K6");
	end();
}

TEST(k2_free_objects_of_listed_slabs)
{
	scene();
	record('d')->freelist = BA_OBJECT_NONE;
	finds("K2");
	record('d')->freelist = 1;
	record('e')->freelist = 1;
	finds("K2");
	record('e')->freelist = BA_OBJECT_NONE;
	record('g')->place = BA_SLAB_CPU;
	finds("K2");
	end();
}

TEST(k3_counters_of_a_node)
{
	scene();
	c->node[0].nr_slabs++;
	finds("K3");
	/* another cache's error does not make up for it */
	ba_cache_at(&ctx, checked)->node[0].nr_slabs--;
	finds("K3");
	ba_cache_at(&ctx, checked)->node[0].nr_slabs++;
	c->node[0].nr_slabs--;
	c->node[0].total_objects--;
	finds("K3");
	end();
}

TEST(k4_empty_slabs_of_a_node)
{
	scene();
	give(o[1]);
	give(o[3]);
	CHECK_STR_EQ(ba_caches_check(&ctx, nodes), NULL);
	limit(id, 1, 4);
	finds("K4");
	end();
}

TEST(k5_objects_of_owners)
{
	scene();
	ba_cache_cpu(&ctx, id, 1)->inuse--;
	finds("K5");
	ba_cache_cpu(&ctx, id, 0)->inuse++;
	CHECK_STR_EQ(ba_caches_check(&ctx, nodes), NULL);
	ba_cache_cpu(&ctx, id, 0)->slack++;
	finds("K5");
	ba_cache_cpu(&ctx, id, 0)->slack--;
	*object('e', 1) = ba_object_used(5);
	finds("K5");
	end();
}

TEST(c1_the_caches_by_age)
{
	uint16_t older;

	scene();
	older = c->older;
	c->older = BA_CACHE_NONE;
	finds("C1");
	c->older = older;
	ctx.caches->newest = id;
	finds("C1");
	ctx.caches->newest = checked;
	c->newer = id;
	finds("C1");
	c->newer = BA_CACHE_NONE;
	ctx.caches->newest = id;
	finds("C1");
	end();
}

TEST(c2_makers_of_a_cache)
{
	scene();
	c->refcount = 4;
	finds("C2");
	c->refcount = 1;	/* "pairs" has been given up, "alias" not */
	CHECK_STR_EQ(ba_caches_check(&ctx, nodes), NULL);
	c->refcount = 2;
	ctx.caches->alias[0].name[0] = '\0';
	ctx.caches->alias[0].cache = checked;
	finds("C2");
	c->recorded = 1;	/* its other maker's name is not in a state */
	CHECK_STR_EQ(ba_caches_check(&ctx, nodes), NULL);
	c->refcount = 0;
	finds("C2");
	end();
}

TEST(p1_runs_of_the_pool)
{
	static const uint16_t sequence[] = { 1, 0 };
	struct ba_slab_pool *pool;
	uint32_t run;

	scene();
	pool = &ctx.caches->pool;
	run = ba_pool_take(pool, 1, false);
	finds("P1");
	ba_pool_give(pool, run, 1, false);
	CHECK_STR_EQ(ba_caches_check(&ctx, nodes), NULL);
	CHECK_EQ(ba_kmem_cache_set_sequence(&ctx, id, sequence, 2), BA_OK);
	CHECK_STR_EQ(ba_caches_check(&ctx, nodes), NULL);
	ba_pool_give(pool, c->random_run, 2, false);	/* two owners */
	finds("P1");
	end();

	scene();
	pool = &ctx.caches->pool;
	run = record('e')->run;
	record('e')->run = record('f')->run;
	CHECK(ba_caches_check(&ctx, nodes) != NULL);
	record('e')->run = pool->used;
	finds("P1");
	record('e')->run = run;
	run = ba_pool_take(pool, 1, false);
	ba_pool_give(pool, run, 1, false);
	*(uint32_t *)(void *)ba_pool_run(pool, run) = run;	/* a ring */
	finds("P1");
	end();
}

TEST(m1_pages_of_kmalloc)
{
	struct ba_frame *f;

	scene();
	f = &ctx.frames[(large - ctx.caches->page_offset) >> 12];
	f->owner = 16385;
	finds("M1");
	f->owner = 0;
	finds("M1");
	f->owner = 16384;
	CHECK_STR_EQ(ba_caches_check(&ctx, nodes), NULL);
	f->flags &= (uint8_t)~BA_FRAME_HEAD;
	finds("M1");
	end();
}

TEST(o1_o2_lists_of_unused_objects)
{
	struct ba_object_link *link;
	struct ba_object_list *list;

	start(slabs_config());
	id = cache_with("dentries", 1000, BA_SLAB_RECLAIM_ACCOUNT);
	CHECK_EQ(ba_shrinker_register(&ctx, id, 2, 128), BA_OK);
	take_all(id, o, 4);
	for (unsigned int i = 0; i < 3; i++)
		ba_object_unuse(&ctx, ba_object_find(&ctx, nodes, o[i]));
	CHECK_STR_EQ(ba_caches_check(&ctx, nodes), NULL);
	list = &ba_cache_at(&ctx, id)->shrinker.node[0].lru;
	list->count++;
	finds("O1");
	list->count -= 2;
	finds("O1");
	list->count++;
	list->last--;
	finds("O1");
	list->last++;
	link = ba_object_link(&ctx, ba_object_find(&ctx, nodes, o[1]));
	link->prev = 4;
	finds("O1");
	link->prev = 1;
	link->flags = BA_OBJECT_UNUSED;
	finds("O1");
	link->flags |= BA_OBJECT_LISTED;
	CHECK_STR_EQ(ba_caches_check(&ctx, nodes), NULL);
	give(o[3]);
	link = ba_object_link(&ctx, ba_object_find(&ctx, nodes, o[3]));
	link->flags |= BA_OBJECT_LISTED;
	finds("O2");
	end();
}
