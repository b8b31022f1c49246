/* SPDX-License-Identifier: GPL-2.0-only */
#include "mm/vmap_tree.h"

#include "base/rng.h"

#include "testlib.h"

#define PAGE	((uint64_t)BA_PAGE_SIZE)
#define ROOM	600u

static struct ba_vmap_area areas[ROOM];

static void put(uint32_t *root, uint32_t id, uint64_t start, uint64_t end)
{
	areas[id] = (struct ba_vmap_area){ .start = start * PAGE,
					   .end = end * PAGE };
	ba_vmap_tree_insert(areas, root, id);
}

static struct ba_vmap_request ask(uint64_t pages, uint64_t align, uint64_t lo)
{
	return (struct ba_vmap_request){ pages * PAGE, align, lo * PAGE,
					 UINT64_MAX };
}

/* Nothing is found in an empty tree. */
TEST(empty)
{
	struct ba_vmap_request request = ask(1, 1, 0);
	uint32_t before = 7, after = 7;

	CHECK_EQ(ba_vmap_tree_first(areas, 0), BA_VMAP_NONE);
	CHECK_EQ(ba_vmap_tree_find(areas, 0, PAGE), BA_VMAP_NONE);
	CHECK_EQ(ba_vmap_tree_lowest(areas, 0, &request), BA_VMAP_NONE);
	ba_vmap_tree_around(areas, 0, PAGE, &before, &after);
	CHECK_EQ(before, BA_VMAP_NONE);
	CHECK_EQ(after, BA_VMAP_NONE);
	CHECK_STR_EQ(ba_vmap_tree_check(areas, 0, ROOM), NULL);
}

/* A request that runs past the end of all addresses fits nowhere. */
TEST(sums_that_overflow_do_not_fit)
{
	struct ba_vmap_area area = { .start = PAGE, .end = UINT64_MAX };
	struct ba_vmap_request request = ask(1, 1, 0);
	uint64_t start;

	request.size = UINT64_MAX - PAGE + 1;
	CHECK(!ba_vmap_fits(&area, &request, &start));
	request.size = UINT64_MAX - 2 * PAGE;
	CHECK(ba_vmap_fits(&area, &request, &start));
	CHECK_EQ(start, PAGE);
	request.lo = UINT64_MAX - 10;
	request.align = UINT64_C(1) << 63;
	request.size = PAGE;
	CHECK(!ba_vmap_fits(&area, &request, &start));
}

/* The example of the header: 30 pages are found where the picture says. */
TEST(lowest_of_the_picture)
{
	static const uint64_t area[][2] = { { 60, 80 }, { 10, 30 },
					    { 100, 140 }, { 90, 95 },
					    { 200, 210 } };
	struct ba_vmap_request request;
	uint32_t root = 0;

	for (uint32_t i = 0; i < 5; i++)
		put(&root, i + 1, area[i][0], area[i][1]);
	CHECK_EQ(root, 1);
	CHECK_EQ(areas[1].most, 40 * PAGE);
	CHECK_EQ(areas[2].most, 20 * PAGE);
	CHECK_STR_EQ(ba_vmap_tree_check(areas, root, ROOM), NULL);
	request = ask(30, 1, 0);
	CHECK_EQ(ba_vmap_tree_lowest(areas, root, &request), 3);
	request = ask(20, 1, 0);
	CHECK_EQ(ba_vmap_tree_lowest(areas, root, &request), 2);
	request = ask(20, 1, 11);
	CHECK_EQ(ba_vmap_tree_lowest(areas, root, &request), 1);
	request = ask(5, 1, 91);
	CHECK_EQ(ba_vmap_tree_lowest(areas, root, &request), 3);
	request = ask(41, 1, 0);
	CHECK_EQ(ba_vmap_tree_lowest(areas, root, &request), BA_VMAP_NONE);
}

/*
 * Four pages at a multiple of four: a hole of exactly that is passed over
 * below the root, because a search for seven does not go there, and taken
 * where the way leads over it. With the range of just that size it is taken.
 */
TEST(hole_that_fits_by_alignment_only)
{
	struct ba_vmap_request request = ask(4, 4 * PAGE, 0);
	uint32_t root = 0;

	put(&root, 1, 100, 120);
	put(&root, 2, 8, 12);
	CHECK_EQ(ba_vmap_tree_lowest(areas, root, &request), 1);
	request.lo = 8 * PAGE;
	request.hi = 12 * PAGE;
	CHECK_EQ(ba_vmap_tree_lowest(areas, root, &request), 2);
	root = 0;
	put(&root, 1, 8, 12);
	put(&root, 2, 100, 120);
	request = ask(4, 4 * PAGE, 0);
	CHECK_EQ(root, 1);
	CHECK_EQ(ba_vmap_tree_lowest(areas, root, &request), 1);
}

TEST(neighbours_of_a_gap)
{
	uint32_t root = 0, before, after;

	for (uint32_t i = 1; i <= 20; i++)
		put(&root, i, 10 * i, 10 * i + 5);
	ba_vmap_tree_around(areas, root, 55 * PAGE, &before, &after);
	CHECK_EQ(before, 5);
	CHECK_EQ(after, 6);
	ba_vmap_tree_around(areas, root, 2 * PAGE, &before, &after);
	CHECK_EQ(before, BA_VMAP_NONE);
	CHECK_EQ(after, 1);
	ba_vmap_tree_around(areas, root, 300 * PAGE, &before, &after);
	CHECK_EQ(before, 20);
	CHECK_EQ(after, BA_VMAP_NONE);
	CHECK_EQ(ba_vmap_tree_find(areas, root, 54 * PAGE + 17), 5);
	CHECK_EQ(ba_vmap_tree_find(areas, root, 55 * PAGE), BA_VMAP_NONE);
}

/* Each fault is found by the check, and named. */
TEST(check_names_what_is_broken)
{
	uint32_t root = 0, child;

	for (uint32_t i = 1; i <= 7; i++)
		put(&root, i, 10 * i, 10 * i + 5);
	child = areas[root].left;
	areas[child].most++;
	CHECK(strncmp(ba_vmap_tree_check(areas, root, ROOM), "T2", 2) == 0);
	areas[child].most--;
	areas[child].parent = 0;
	CHECK(strncmp(ba_vmap_tree_check(areas, root, 8), "T4", 2) == 0);
	areas[child].parent = root;
	areas[child].red ^= 1;
	CHECK(strncmp(ba_vmap_tree_check(areas, root, ROOM), "T3", 2) == 0);
	areas[child].red ^= 1;
	CHECK_STR_EQ(ba_vmap_tree_check(areas, root, ROOM), NULL);
}

/* Lowest by looking at every area in order. */
static uint32_t linear(uint32_t root, const struct ba_vmap_request *request)
{
	uint64_t start;

	for (uint32_t id = ba_vmap_tree_first(areas, root); id;
	     id = ba_vmap_tree_next(areas, id))
		if (ba_vmap_fits(&areas[id], request, &start))
			return id;
	return BA_VMAP_NONE;
}

/* T1..T4 under 20,000 inserts, erasures and cuts; the lowest is found. */
TEST(random_operations)
{
	uint32_t root = 0, size = 0;
	bool in[ROOM] = { false };
	struct ba_rng rng;

	ba_rng_init(&rng, 14, 0);
	for (uint32_t step = 0; step < 20000; step++) {
		uint32_t id = 1 + ba_rng_below(&rng, ROOM - 1);
		struct ba_vmap_request request =
			ask(1 + ba_rng_below(&rng, 12), 1,
			    ba_rng_below(&rng, ROOM * 12));

		if (!in[id]) {
			put(&root, id, id * 12,
			    id * 12 + 1 + ba_rng_below(&rng, 11));
			in[id] = true;
			size++;
		} else if (ba_rng_below(&rng, 2) &&
			   ba_vmap_size(&areas[id]) > PAGE) {
			areas[id].end -= PAGE;
			ba_vmap_tree_resized(areas, id);
		} else {
			ba_vmap_tree_erase(areas, &root, id);
			in[id] = false;
			size--;
		}
		REQUIRE(ba_vmap_tree_lowest(areas, root, &request) ==
			linear(root, &request));
		if (step % 64)
			continue;
		REQUIRE(!ba_vmap_tree_check(areas, root, ROOM));
		for (id = ba_vmap_tree_first(areas, root); id;
		     id = ba_vmap_tree_next(areas, id))
			size--;
		REQUIRE(size == 0);
		for (id = 0; id < ROOM; id++)
			size += in[id];
	}
}
