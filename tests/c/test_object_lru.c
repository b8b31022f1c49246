// SPDX-License-Identifier: GPL-2.0-only
#include "mm/object_lru.h"

#include "mm/shrinker.h"

#include "one_cache.h"

static uint64_t a, b, c;

static void start_lru(void)
{
	start_with(4096, 192, BA_SLAB_RECLAIM_ACCOUNT);
	CHECK_EQ(ba_shrinker_register(&ctx, cache, BA_SHRINK_SEEKS,
				      BA_SHRINK_BATCH), BA_OK);
	a = new_object();
	b = new_object();
	c = new_object();
}

static struct ba_object_list *list(void)
{
	return &ba_cache_at(&ctx, cache)->shrinker.node[0].lru;
}

/* The object at the list's beginning, which then leaves it; 0: empty. */
static uint64_t next_of_list(void)
{
	struct ba_object_at first = ba_object_lru_first(&ctx, cache, 0);

	if (first.head == BA_PFN_NONE)
		return 0;
	ba_object_lru_del(&ctx, first);
	return ba_object_address(&ctx, ba_cache_at(&ctx, cache), first.head,
				 first.index);
}

/* unuse b, a, c:  b - a - c */
TEST(unused_objects_wait_in_their_order)
{
	start_lru();
	CHECK_EQ(next_of_list(), 0);
	ba_object_unuse(&ctx, at(b));
	ba_object_unuse(&ctx, at(a));
	ba_object_unuse(&ctx, at(c));
	CHECK_EQ(list()->count, 3);
	CHECK_EQ(next_of_list(), b);
	CHECK_EQ(next_of_list(), a);
	CHECK_EQ(next_of_list(), c);
	CHECK_EQ(next_of_list(), 0);
	CHECK_EQ(list()->count, 0);
	stop();
}

/* unuse a, b; unuse a again: its place stays, it is REFERENCED. */
TEST(unused_twice_is_referenced)
{
	start_lru();
	ba_object_unuse(&ctx, at(a));
	ba_object_unuse(&ctx, at(b));
	CHECK(!(ba_object_link(&ctx, at(a))->flags & BA_OBJECT_REFERENCED));
	ba_object_unuse(&ctx, at(a));
	CHECK(ba_object_link(&ctx, at(a))->flags & BA_OBJECT_REFERENCED);
	CHECK_EQ(list()->count, 2);
	CHECK_EQ(next_of_list(), a);
	stop();
}

/* a - b - c, rotate a:  b - c - a */
TEST(rotate_moves_to_the_end)
{
	start_lru();
	ba_object_unuse(&ctx, at(a));
	ba_object_unuse(&ctx, at(b));
	ba_object_unuse(&ctx, at(c));
	ba_object_lru_rotate(&ctx, at(a));
	CHECK_EQ(next_of_list(), b);
	CHECK_EQ(next_of_list(), c);
	CHECK_EQ(next_of_list(), a);
	stop();
}

/* a - b - c, free b: a - c; its slot, used again, is on no list. */
TEST(a_freed_object_leaves_the_list)
{
	start_lru();
	ba_object_unuse(&ctx, at(a));
	ba_object_unuse(&ctx, at(b));
	ba_object_unuse(&ctx, at(c));
	CHECK_EQ(ba_kmem_cache_free(&ctx, nodes, cache, b), BA_OK);
	CHECK_EQ(list()->count, 2);
	CHECK_EQ(new_object(), b);
	CHECK_EQ(ba_object_link(&ctx, at(b))->flags, 0);
	CHECK_EQ(next_of_list(), a);
	CHECK_EQ(next_of_list(), c);
	stop();
}
