/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/ilist.h"

#include "base/rng.h"

#include "testlib.h"

#define NR 32u

/* A descriptor as the frame table has it: the link, then other fields. */
struct element {
	struct ba_link link;
	uint64_t payload;
};
BA_STATIC_ASSERT(sizeof(struct element) == BA_LINK_STRIDE, "stride");

struct table {
	struct element element[NR];
	struct ba_list list;
};

static struct ba_link *links_of(struct table *table)
{
	return &table->element[0].link;
}

static void table_init(struct table *table)
{
	unsigned int i;

	memset(table, 0xa5, sizeof(*table));
	for (i = 0; i < NR; i++)
		table->element[i].payload = i;
	ba_list_init(&table->list);
}

/* The list, walked both ways, is `nr` elements in this order. */
static bool holds(struct table *table, const uint32_t *order, uint32_t nr)
{
	const struct ba_link *links = links_of(table);
	uint32_t at = ba_list_first(&table->list);
	uint32_t i;

	for (i = 0; i < nr; i++) {
		if (at != order[i])
			return false;
		at = ba_list_next(links, at);
	}
	if (at != BA_PFN_NONE)
		return false;
	at = ba_list_last(&table->list);
	for (i = nr; i-- > 0;) {
		if (at != order[i])
			return false;
		at = ba_list_prev(links, at);
	}
	return at == BA_PFN_NONE && table->list.count == nr &&
	       ba_list_check(&table->list, links, NR);
}

#define HOLDS(table, ...)						\
	holds((table), (const uint32_t[]){ __VA_ARGS__ },		\
	      (uint32_t)(sizeof((const uint32_t[]){ __VA_ARGS__ }) /	\
			 sizeof(uint32_t)))

static void fill_tail(struct table *table, uint32_t nr)
{
	uint32_t i;

	for (i = 1; i <= nr; i++)
		ba_list_add_tail(&table->list, links_of(table), i);
}

/* I1: nothing, then one element, then nothing again. */
TEST(i1_empty_list)
{
	struct table t;

	table_init(&t);
	CHECK(ba_list_empty(&t.list));
	CHECK(holds(&t, NULL, 0));
	ba_list_add_head(&t.list, links_of(&t), 5);
	CHECK(!ba_list_empty(&t.list));
	CHECK(HOLDS(&t, 5));
	ba_list_del(&t.list, links_of(&t), 5);
	CHECK(ba_list_empty(&t.list));
	CHECK(holds(&t, NULL, 0));
}

/* head 3 -> 7 -> 0 -> 9 tail: element 0 is as good as any. */
TEST(add_at_both_ends)
{
	struct table t;

	table_init(&t);
	ba_list_add_head(&t.list, links_of(&t), 7);
	ba_list_add_head(&t.list, links_of(&t), 3);
	ba_list_add_tail(&t.list, links_of(&t), 0);
	ba_list_add_tail(&t.list, links_of(&t), 9);
	CHECK(HOLDS(&t, 3, 7, 0, 9));
	CHECK_EQ(t.element[7].payload, 7);
}

/* 1 2 3 4 5: take out the middle, the head and the tail. */
TEST(delete_anywhere)
{
	struct table t;

	table_init(&t);
	fill_tail(&t, 5);
	ba_list_del(&t.list, links_of(&t), 3);
	CHECK(HOLDS(&t, 1, 2, 4, 5));
	ba_list_del(&t.list, links_of(&t), 1);
	CHECK(HOLDS(&t, 2, 4, 5));
	ba_list_del(&t.list, links_of(&t), 5);
	CHECK(HOLDS(&t, 2, 4));
#if BA_DEBUG >= 1
	CHECK_EQ(t.element[3].link.next, BA_PFN_NONE);
	CHECK_EQ(t.element[3].link.prev, BA_PFN_NONE);
#endif
}

/* 1 2 [3] 4 5 -> 3 4 5 1 2; the head stays where it is; [2] comes round. */
TEST(rotate_to_head)
{
	struct table t;

	table_init(&t);
	fill_tail(&t, 5);
	ba_list_rotate_to_head(&t.list, links_of(&t), 3);
	CHECK(HOLDS(&t, 3, 4, 5, 1, 2));
	ba_list_rotate_to_head(&t.list, links_of(&t), 3);
	CHECK(HOLDS(&t, 3, 4, 5, 1, 2));
	ba_list_rotate_to_head(&t.list, links_of(&t), 2);
	CHECK(HOLDS(&t, 2, 3, 4, 5, 1));
}

TEST(rotate_a_list_of_one)
{
	struct table t;

	table_init(&t);
	fill_tail(&t, 1);
	ba_list_rotate_to_head(&t.list, links_of(&t), 1);
	CHECK(HOLDS(&t, 1));
}

/* Each of I1..I4 is broken once; ba_list_check must see it. */
TEST(check_sees_each_broken_invariant)
{
	struct table t;

#define BROKEN(spoil)							\
	do {								\
		table_init(&t);						\
		fill_tail(&t, 4);					\
		CHECK(ba_list_check(&t.list, links_of(&t), NR));	\
		spoil;							\
		CHECK(!ba_list_check(&t.list, links_of(&t), NR));	\
	} while (0)

	BROKEN(t.list.head = BA_PFN_NONE);
	BROKEN(t.list.count = 0);
	BROKEN(t.list.tail = 3);
	BROKEN(t.element[1].link.prev = 4);
	BROKEN(t.element[4].link.next = 1);
	BROKEN(t.element[4].link.next = 2);
	BROKEN(t.element[3].link.prev = 1);
	BROKEN(t.element[2].link.next = NR);
	BROKEN(t.list.count = 5);
	BROKEN(t.list.count = 3);
#undef BROKEN
}

/* Expect that an element at the limit is refused before it is read. */
TEST(check_stays_inside_the_table)
{
	struct table t;

	table_init(&t);
	fill_tail(&t, 4);
	CHECK(ba_list_check(&t.list, links_of(&t), 5));
	CHECK(!ba_list_check(&t.list, links_of(&t), 4));
}

/* 1 2 3 4, then 6 8 10 at once; the end is cut off again, then all of it. */
TEST(a_run_is_appended_and_the_end_cut_off)
{
	struct table t;

	table_init(&t);
	fill_tail(&t, 4);
	ba_list_add_run(&t.list, links_of(&t), 6, 2, 3);
	CHECK(holds(&t, (uint32_t[]){ 1, 2, 3, 4, 6, 8, 10 }, 7));
	ba_list_end_at(&t.list, links_of(&t), 3, 4);
	CHECK(holds(&t, (uint32_t[]){ 1, 2, 3 }, 3));
	ba_list_end_at(&t.list, links_of(&t), BA_PFN_NONE, 3);
	CHECK(holds(&t, NULL, 0));
	ba_list_add_run(&t.list, links_of(&t), 5, 1, 2);
	CHECK(holds(&t, (uint32_t[]){ 5, 6 }, 2));
}

static uint32_t index_of(const uint32_t *order, uint32_t nr, uint32_t i)
{
	uint32_t at = 0;

	while (at < nr && order[at] != i)
		at++;
	return at;
}

/* Random operations, the list beside a plain array that is shifted. */
TEST(random_operations_match_an_array)
{
	uint32_t order[NR], other[NR], nr = 0, step;
	struct ba_rng rng;
	struct table t;

	table_init(&t);
	ba_rng_init(&rng, 1, 0);
	for (step = 0; step < 5000; step++) {
		uint32_t i = ba_rng_below(&rng, NR);
		uint32_t at = index_of(order, nr, i), k;

		if (at == nr && ba_rng_below(&rng, 2)) {
			ba_list_add_tail(&t.list, links_of(&t), i);
			order[nr++] = i;
		} else if (at == nr) {
			ba_list_add_head(&t.list, links_of(&t), i);
			memmove(order + 1, order, nr++ * sizeof(*order));
			order[0] = i;
		} else if (ba_rng_below(&rng, 2)) {
			ba_list_del(&t.list, links_of(&t), i);
			nr--;
			memmove(order + at, order + at + 1,
				(nr - at) * sizeof(*order));
		} else {
			ba_list_rotate_to_head(&t.list, links_of(&t), i);
			for (k = 0; k < nr; k++)
				other[k] = order[(at + k) % nr];
			memcpy(order, other, nr * sizeof(*order));
		}
		REQUIRE(holds(&t, order, nr));
	}
}
