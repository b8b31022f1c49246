// SPDX-License-Identifier: GPL-2.0-only
#include "mm/slab.h"

#include "testlib.h"

#define ASCENDING ((struct ba_slab_sequence){ .index = NULL })

/* Objects of a chain, "0 3 1"; until the next call. */
static const char *chain(const struct ba_object *objects, uint16_t first)
{
	static char text[256];
	size_t len = 0;

	text[0] = '\0';
	for (uint16_t at = first; at && len < 240; at = objects[at - 1].next)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					len ? " %u" : "%u", at - 1u);
	return text;
}

TEST(an_ordinary_slab_is_chained_upwards)
{
	struct ba_object objects[4] = { { 0 } };

	CHECK_EQ(ba_slab_thread(objects, 4, ASCENDING), 1);
	CHECK_STR_EQ(chain(objects, 1), "0 1 2 3");
	CHECK_EQ(ba_slab_thread(objects, 1, ASCENDING), 1);
	CHECK_STR_EQ(chain(objects, 1), "0");
}

/* sequence 2 0 3 1, from its position 3: 1, then round to 2 0 3 */
TEST(a_sequence_is_gone_round_from_its_start)
{
	static const uint16_t index[] = { 2, 0, 3, 1 };
	struct ba_object objects[4] = { { 0 } };
	uint16_t first = ba_slab_thread(objects, 4, (struct ba_slab_sequence){
		.index = index, .nr = 4, .start = 3 });

	CHECK_STR_EQ(chain(objects, first), "1 2 0 3");
}

/* A slab of the least order has objects 0 and 1 only. */
TEST(a_smaller_slab_leaves_indices_out)
{
	static const uint16_t index[] = { 2, 0, 3, 1 };
	struct ba_object objects[4] = { { 0 } };
	uint16_t first = ba_slab_thread(objects, 2, (struct ba_slab_sequence){
		.index = index, .nr = 4, .start = 2 });

	CHECK_STR_EQ(chain(objects, first), "1 0");
	first = ba_slab_thread(objects, 2, (struct ba_slab_sequence){
		.index = index, .nr = 4, .start = 0 });
	CHECK_STR_EQ(chain(objects, first), "0 1");
	CHECK_EQ(objects[2].next, 0);
	CHECK_EQ(objects[3].next, 0);
}

TEST(a_shuffle_is_a_permutation_and_follows_its_seed)
{
	uint16_t a[100], b[100], seen[100] = { 0 };
	struct ba_rng rng;

	ba_rng_init(&rng, 1, 0);
	ba_slab_shuffle(a, 100, &rng);
	for (unsigned int i = 0; i < 100; i++) {
		REQUIRE(a[i] < 100);
		CHECK_EQ(seen[a[i]]++, 0);
	}
	ba_rng_init(&rng, 1, 0);
	ba_slab_shuffle(b, 100, &rng);
	CHECK_EQ(memcmp(a, b, sizeof(a)), 0);
	ba_slab_shuffle(b, 100, &rng);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	ba_slab_shuffle(b, 1, &rng);
	CHECK_EQ(b[0], 0);
}

TEST(each_order_of_three_comes_up)
{
	unsigned int times[27] = { 0 };
	struct ba_rng rng;

	ba_rng_init(&rng, 3, 0);
	for (unsigned int i = 0; i < 6000; i++) {
		uint16_t a[3];

		ba_slab_shuffle(a, 3, &rng);
		times[a[0] * 9 + a[1] * 3 + a[2]]++;
	}
	for (unsigned int i = 0; i < 27; i++)
		CHECK(!times[i] || (times[i] > 850 && times[i] < 1150));
	CHECK(times[0 * 9 + 1 * 3 + 2] && times[2 * 9 + 1 * 3 + 0]);
}

/* 2 -> 0 -> 1 */
TEST(a_chain_has_a_length_and_an_end)
{
	struct ba_object objects[3] = { { .next = 2 }, { .next = 0 },
					{ .next = 1 } };
	uint16_t last;

	CHECK_EQ(ba_slab_chain_length(objects, 3, &last), 3);
	CHECK_EQ(last, 2);
	CHECK_EQ(ba_slab_chain_length(objects, 2, &last), 1);
	CHECK_EQ(last, 2);
	CHECK_EQ(ba_slab_chain_length(objects, BA_OBJECT_NONE, &last), 0);
	CHECK_EQ(last, BA_OBJECT_NONE);
}

/* Is it in slot i, and does that begin there? */
static bool in_slot(uint64_t reciprocal, uint32_t offset, uint32_t i,
		    bool first)
{
	bool begins;

	return ba_slab_index(reciprocal, offset, &begins) == i &&
	       begins == first;
}

/* The first two and the last byte of each object of the largest slab. */
TEST(an_offset_is_divided_exactly)
{
	bool begins;

	for (uint32_t size = 8; size <= 4u << 20;
	     size += size < 8192 ? 8 : 4096) {
		uint64_t reciprocal = ba_slab_reciprocal(size);

		for (uint32_t i = 0; (i + 1) * size <= 4u << 20; i++) {
			uint32_t at = i * size;

			if (in_slot(reciprocal, at, i, true) &&
			    in_slot(reciprocal, at + 1, i, false) &&
			    in_slot(reciprocal, at + size - 1, i, false))
				continue;
			CHECK_EQ(ba_slab_index(reciprocal, at, &begins), i);
			CHECK_EQ(size, 0);
			return;
		}
	}
	/* nothing begins where there is no slab */
	ba_slab_index(0, 0, &begins);
	CHECK(!begins);
}
