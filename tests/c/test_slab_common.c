// SPDX-License-Identifier: GPL-2.0-only
/* Caches are made, merged, found and given up. */
#include "mm/slab_common.h"

#include "slabs.h"

static uint64_t o[64];

/* The caches after those of kmalloc, by age: "pairs fours". */
static const char *own_caches(void)
{
	const struct ba_caches *caches = ctx.caches;
	char *text = slab_text();
	size_t len = 0;

	for (uint16_t id = caches->oldest; id != BA_CACHE_NONE;
	     id = caches->cache[id].newer)
		if (!(caches->cache[id].spec.flags & BA_SLAB_KMALLOC))
			len += (size_t)snprintf(text + len, 512 - len,
						len ? " %s" : "%s",
						caches->cache[id].name);
	return text;
}

static enum ba_status destroy(const char *name)
{
	return ba_kmem_cache_destroy(&ctx, nodes,
				     ba_kmem_cache_find(&ctx, name), name);
}

TEST(a_new_cache)
{
	const struct ba_kmem_cache *c;
	uint16_t id;

	start(slabs_config());
	CHECK_EQ(ba_kmem_cache_find(&ctx, "a"), BA_CACHE_NONE);
	id = cache("a", 700);
	c = ba_cache_at(&ctx, id);
	CHECK_EQ(ba_kmem_cache_find(&ctx, "a"), id);
	CHECK_STR_EQ(c->name, "a");
	CHECK_EQ(c->refcount, 1);
	CHECK_EQ(c->layout.size, 704);
	CHECK_EQ(c->random_nr, 0);
	CHECK(ba_cache_exists(&ctx, id));
	CHECK_STR_EQ(own_caches(), "a");
	cache("b", 900);
	CHECK_STR_EQ(own_caches(), "a b");
	stop();
}

TEST(names_and_sizes_that_cannot_be)
{
	struct ba_slab_spec spec = { .object_size = 700 };
	struct ba_slab_spec none = { .object_size = 0 };
	char longest[BA_CACHE_NAME + 1];
	uint16_t id = 77;

	start(slabs_config());
	memset(longest, 'x', sizeof(longest));
	longest[BA_CACHE_NAME] = '\0';
	cache("a", 700);
	CHECK_EQ(ba_kmem_cache_create(&ctx, "", &spec, &id), BA_EINVAL);
	CHECK_EQ(ba_kmem_cache_create(&ctx, "a", &spec, &id), BA_EINVAL);
	CHECK_EQ(ba_kmem_cache_create(&ctx, longest, &spec, &id), BA_EINVAL);
	CHECK_EQ(ba_kmem_cache_create(&ctx, "b", &none, &id), BA_EINVAL);
	CHECK_EQ(id, 77);
	longest[BA_CACHE_NAME - 1] = '\0';
	CHECK_EQ(ba_kmem_cache_create(&ctx, longest, &spec, &id), BA_OK);
	/* an alias's name is taken too */
	CHECK_EQ(ba_kmem_cache_create(&ctx, longest, &spec, &id), BA_EINVAL);
	stop();
}

/* 700, 701 and 704 bytes all take 704: one cache, the largest object. */
TEST(like_caches_are_one)
{
	const struct ba_kmem_cache *c;
	uint16_t id;

	start(slabs_config());
	id = cache("a", 700);
	c = ba_cache_at(&ctx, id);
	CHECK_EQ(cache("b", 704), id);
	CHECK_EQ(cache("c", 697), id);
	CHECK_EQ(c->refcount, 3);
	CHECK_EQ(c->layout.object_size, 704);
	CHECK_EQ(c->layout.inuse, 704);
	CHECK_STR_EQ(own_caches(), "a");
	CHECK_EQ(ba_kmem_cache_find(&ctx, "c"), id);
	stop();
}

/* The oldest that fits, not the best; 696 fits both. */
TEST(the_oldest_that_fits_is_taken)
{
	uint16_t a, b;

	start(slabs_config());
	a = cache("a", 704);
	b = cache_with("b", 704, BA_SLAB_ACCOUNT);
	CHECK(a != b);
	CHECK_EQ(cache_with("c", 704, BA_SLAB_ACCOUNT), b);
	CHECK_EQ(cache("d", 704), a);
	stop();
}

/* One reason each. */
TEST(caches_that_stay_alone)
{
	struct ba_slab_spec spec = { .object_size = 704 };
	struct ba_slab_spec with;
	struct ba_config config;
	uint16_t a, id;

	start(slabs_config());
	a = cache("a", 704);
	with = spec;
	with.ctor = true;
	CHECK_EQ(ba_kmem_cache_create(&ctx, "b", &with, &id), BA_OK);
	CHECK(id != a);
	with = spec;
	with.usersize = 8;
	CHECK_EQ(ba_kmem_cache_create(&ctx, "c", &with, &id), BA_OK);
	CHECK(id != a);
	/* a region that ends behind the object is none */
	with = spec;
	with.useroffset = 700;
	with.usersize = 8;
	CHECK_EQ(ba_kmem_cache_create(&ctx, "d", &with, &id), BA_OK);
	CHECK_EQ(id, a);
	CHECK(cache_with("e", 704, BA_SLAB_TYPESAFE_BY_RCU) != a);
	CHECK(cache_with("f", 704, BA_SLAB_RECLAIM_ACCOUNT) != a);
	CHECK(cache("g", 712) != a);
	CHECK(cache("h", 696) != a);
	with = spec;
	with.align = 128;
	CHECK_EQ(ba_kmem_cache_create(&ctx, "i", &with, &id), BA_OK);
	CHECK(id != a);
	with.align = 64;		/* 704 is a multiple of 64 */
	CHECK_EQ(ba_kmem_cache_create(&ctx, "j", &with, &id), BA_OK);
	CHECK_EQ(id, a);
	stop();

	config = slabs_config();
	config.slab_nomerge = 1;
	start(config);
	CHECK(cache("a", 704) != cache("b", 704));
	stop();
}

/* kmalloc's caches are nobody else's. */
TEST(no_cache_is_merged_with_one_of_kmalloc)
{
	uint16_t id;

	start(slabs_config());
	id = cache("a", 64);
	CHECK_STR_EQ(ba_cache_at(&ctx, id)->name, "a");
	id = cache_with("b", 64, BA_SLAB_ACCOUNT);
	CHECK_STR_EQ(ba_cache_at(&ctx, id)->name, "b");
	stop();
}

/* Who asked for what, in a cache that several share. */
TEST(each_maker_asked_for_its_own_size)
{
	uint16_t id;

	start(slabs_config());
	id = cache("a", 700);
	CHECK_EQ(cache("b", 704), id);
	CHECK_EQ(ba_cache_at(&ctx, id)->layout.object_size, 704);
	CHECK_EQ(ba_kmem_cache_asked(&ctx, id, "a"), 700);
	CHECK_EQ(ba_kmem_cache_asked(&ctx, id, "b"), 704);
	stop();
}

/* The cache lives as long as one of its makers. */
TEST(makers_give_their_cache_up)
{
	uint16_t id;

	start(slabs_config());
	id = cache("a", 704);
	cache("b", 704);
	o[0] = take(id);
	CHECK_EQ(destroy("a"), BA_OK);
	CHECK_EQ(ba_cache_at(&ctx, id)->refcount, 1);
	CHECK_EQ(slabs_on(id, 0), 1);
	CHECK_EQ(ba_kmem_cache_find(&ctx, "b"), id);
	give(o[0]);
	CHECK_EQ(destroy("b"), BA_OK);
	CHECK(!ba_cache_exists(&ctx, id));
	CHECK_EQ(ba_kmem_cache_find(&ctx, "a"), BA_CACHE_NONE);
	CHECK_EQ(ba_kmem_cache_find(&ctx, "b"), BA_CACHE_NONE);
	CHECK_STR_EQ(own_caches(), "");
	/* its place and the names are free */
	CHECK_EQ(cache("b", 200), id);
	stop();
}

/* An alias that is given up leaves its name, and the others, alone. */
TEST(an_alias_is_given_up)
{
	uint16_t id;

	start(slabs_config());
	id = cache("a", 704);
	cache("b", 704);
	cache("c", 704);
	CHECK_EQ(destroy("b"), BA_OK);
	CHECK_EQ(ba_kmem_cache_find(&ctx, "b"), BA_CACHE_NONE);
	CHECK_EQ(ba_kmem_cache_find(&ctx, "c"), id);
	CHECK_EQ(ba_cache_at(&ctx, id)->refcount, 2);
	CHECK_EQ(cache("b", 704), id);
	stop();
}

/* All pages of an idle cache come back. */
TEST(a_cache_without_objects_is_destroyed)
{
	uint16_t first, id;

	start(slabs_config());
	first = cache("first", 200);
	id = cache("a", 704);
	cache("last", 900);
	take_all(id, o, 12);
	on_cpu(1);
	take_all(id, o + 12, 3);
	for (unsigned int i = 0; i < 15; i++)
		give(o[i]);
	CHECK_EQ(destroy("a"), BA_OK);
	CHECK_STR_EQ(own_caches(), "first last");
	for (unsigned int i = 0; i < nr_named; i++)
		CHECK_EQ(ctx.frames[slab_named[i]].flags, 0);
	CHECK_EQ(destroy("first"), BA_OK);
	CHECK_STR_EQ(own_caches(), "last");
	CHECK(!ba_cache_exists(&ctx, first));
	stop();
}

/* kmalloc's own caches are never given up. */
TEST(a_cache_of_kmalloc_stays)
{
	start(slabs_config());
	CHECK_EQ(destroy("kmalloc-64"), BA_EINVAL);
	CHECK_EQ(destroy("dma-kmalloc-8k"), BA_EINVAL);
	CHECK(ba_kmem_cache_find(&ctx, "kmalloc-64") != BA_CACHE_NONE);
	stop();
}

/* Objects that leak keep the cache; the report names them. */
TEST(a_cache_with_objects_in_use)
{
	uint64_t found[16];
	pfn_t from = 0;
	uint16_t id;

	start(slabs_config());
	id = cache("a", 1300);
	take_all(id, o, 9);
	for (unsigned int i = 0; i < 9; i++)
		if (i != 1 && i != 7)
			give(o[i]);
	CHECK_EQ(destroy("a"), BA_EINUSE);
	CHECK_EQ(slabs_on(id, 0), 2);
	CHECK_EQ(ba_cache_at(&ctx, id)->refcount, 1);
	CHECK_EQ(ba_kmem_cache_objects(&ctx, nodes, id, found, 16, &from), 2);
	CHECK(found[0] < found[1]);
	CHECK((found[0] == o[1] && found[1] == o[7]) ||
	      (found[0] == o[7] && found[1] == o[1]));
	CHECK_EQ(from, nodes->end);
	give(o[1]);
	give(o[7]);
	CHECK_EQ(destroy("a"), BA_OK);
	stop();
}

/*
 * node 0: b with an object in use and, before it, a empty: a goes, and node 1
 * keeps its empty slab c. The list stays in its order.
 */
TEST(a_shutdown_stops_at_the_first_node_with_slabs)
{
	struct ba_config config = slabs_config();
	uint16_t id;

	config.nr_nodes = 2;
	start(config);
	id = cache("pairs", 2048);
	limit(id, 9, 9);
	for (unsigned int i = 0; i < 6; i++)
		o[i] = take_on(id, BA_GFP_KERNEL, i >= 4);
	give(o[0]);
	give(o[1]);
	give(o[2]);
	give(o[4]);
	give(o[5]);
	CHECK_EQ(destroy("pairs"), BA_EINUSE);
	CHECK_STR_EQ(node_text(id, 0), "b");
	CHECK_STR_EQ(node_text(id, 1), "c");
	CHECK_EQ(slabs_on(id, 0), 1);
	CHECK_EQ(slabs_on(id, 1), 1);
	give(o[3]);
	CHECK_EQ(destroy("pairs"), BA_OK);
	stop();
}

/* A shutdown does not sort, as shrink does: a has more free objects than b. */
TEST(a_shutdown_leaves_the_list_in_its_order)
{
	uint16_t id;

	start(slabs_config());
	id = cache("fours", 1024);
	limit(id, 9, 9);
	take_all(id, o, 8);
	give(o[4]);
	for (unsigned int i = 0; i < 3; i++)
		give(o[i]);
	CHECK_STR_EQ(cpu_text(id, 0), "b[0] a");
	CHECK_EQ(destroy("fours"), BA_EINUSE);
	CHECK_STR_EQ(node_text(id, 0), "b a");
	ba_list_rotate_to_head(&ba_cache_at(&ctx, id)->node[0].partial,
			       ba_frame_links(ctx.frames), slab('a'));
	CHECK_EQ(destroy("fours"), BA_EINUSE);
	CHECK_STR_EQ(node_text(id, 0), "a b");
	CHECK(ba_kmem_cache_shrink(&ctx, nodes, id));
	CHECK_STR_EQ(node_text(id, 0), "b a");
	stop();
}

/* Slab by slab, with room for one slab's objects at a time. */
TEST(objects_in_use_piece_by_piece)
{
	uint64_t found[3];
	pfn_t from = 0;
	uint32_t nr, sum = 0;
	uint16_t id;

	start(slabs_config());
	id = cache("threes", 1300);
	take_all(id, o, 8);
	while ((nr = ba_kmem_cache_objects(&ctx, nodes, id, found, 3, &from)))
		sum += nr;
	CHECK_EQ(sum, 8);
	stop();
}

TEST(a_sequence_is_given)
{
	static const uint16_t good[] = { 2, 0, 1 }, twice[] = { 2, 0, 2 },
			      beyond[] = { 3, 0, 1 };
	struct ba_kmem_cache *c;
	uint16_t id;

	start(slabs_config());
	id = cache("threes", 1300);
	c = ba_cache_at(&ctx, id);
	CHECK_EQ(ba_kmem_cache_set_sequence(&ctx, id, good, 2), BA_EINVAL);
	CHECK_EQ(ba_kmem_cache_set_sequence(&ctx, id, twice, 3), BA_EINVAL);
	CHECK_EQ(ba_kmem_cache_set_sequence(&ctx, id, beyond, 3), BA_EINVAL);
	CHECK_EQ(c->random_nr, 0);
	CHECK_EQ(ba_kmem_cache_set_sequence(&ctx, id, good, 3), BA_OK);
	CHECK_EQ(c->random_nr, 3);
	CHECK_EQ(memcmp(ba_random_sequence(&ctx, c), good, sizeof(good)), 0);
	CHECK_EQ(ba_kmem_cache_set_sequence(&ctx, id, NULL, 0), BA_OK);
	CHECK_EQ(c->random_nr, 0);
	take_all(id, o, 2);
	CHECK_STR_EQ(object_text(o[1]), "a1");
	stop();
}

/* A kernel with SLAB_FREELIST_RANDOM: each cache has its own order. */
TEST(new_caches_get_a_random_sequence)
{
	struct ba_config config = slabs_config();
	uint16_t id, other;

	config.slab_freelist_random = 1;
	start(config);
	id = cache("a", 100);
	other = cache_with("b", 104, BA_SLAB_ACCOUNT);
	CHECK_EQ(ba_cache_at(&ctx, id)->random_nr, 39);
	CHECK_EQ(ba_cache_at(&ctx, other)->random_nr, 39);
	CHECK(memcmp(ba_random_sequence(&ctx, ba_cache_at(&ctx, id)),
		     ba_random_sequence(&ctx, ba_cache_at(&ctx, other)),
		     39 * sizeof(uint16_t)) != 0);
	/* one object a slab has no order */
	CHECK_EQ(ba_cache_at(&ctx, cache("c", 4096))->random_nr, 0);
	CHECK_EQ(destroy("a"), BA_OK);
	CHECK_EQ(ba_cache_at(&ctx, id)->random_nr, 0);
	stop();
}

TEST(the_table_of_caches_has_an_end)
{
	struct ba_slab_spec spec = { .object_size = 64, .ctor = true };
	enum ba_status status = BA_OK;
	uint32_t nr = 0;
	char name[16];
	uint16_t id;

	start(slabs_config());
	while (nr <= BA_CACHES_MAX && status == BA_OK) {
		snprintf(name, sizeof(name), "c%u", nr++);
		status = ba_kmem_cache_create(&ctx, name, &spec, &id);
	}
	CHECK_EQ(status, BA_ENOMEM);
	CHECK_EQ(ctx.caches->nr, BA_CACHES_MAX);
	CHECK_EQ(ba_kmem_cache_find(&ctx, name), BA_CACHE_NONE);
	CHECK_EQ(destroy("c7"), BA_OK);
	CHECK_EQ(ba_kmem_cache_create(&ctx, name, &spec, &id), BA_OK);
	stop();
}
