/* SPDX-License-Identifier: GPL-2.0-only */
#include "mm/vmap_area.h"

#include <stdlib.h>

#include "base/rng.h"

#include "testlib.h"

#define PAGE	((uint64_t)BA_PAGE_SIZE)
#define ROOM	2000u

/* A space with its tables, and the last object that was made up. */
struct space {
	struct ba_vmap_space space;
	struct ba_vmap_area areas[ROOM];
	struct ba_vmap_pool pools[4 * BA_VMAP_POOLS];
	struct ba_vmap map;
	uint64_t object;
	uint64_t freed;			/* objects given back */
};

static struct space *new_space(const struct ba_profile *profile, uint32_t cpus)
{
	struct space *s = calloc(1, sizeof(*s));

	if (!s)
		exit(2);
	s->map = (struct ba_vmap){ &s->space, s->areas, s->pools };
	s->object = 1;
	ba_vmap_init(&s->map, profile, cpus, ROOM, 1);
	return s;
}

static uint32_t fresh(struct space *s)
{
	return ba_vmap_new(&s->map, ++s->object);
}

static void bury_all(struct space *s)
{
	uint64_t object;
	cpu_t cpu;

	while (ba_vmap_next_dead(&s->map, &object, &cpu))
		s->freed++;
}

/* As alloc_vmap_area does; 0 when there is no hole. */
static uint64_t get_on(struct space *s, cpu_t cpu, uint64_t pages,
		       uint64_t align)
{
	struct ba_vmap_request request = { pages * PAGE, align,
					   BA_VMALLOC_START, BA_VMALLOC_END };
	uint32_t id = ba_vmap_take_pooled(&s->map, cpu, &request);

	if (id)
		return s->areas[id].start;
	id = fresh(s);
	if (!s->space.spare[cpu])
		ba_vmap_give_spare(&s->map, cpu, fresh(s));
	if (!ba_vmap_place(&s->map, cpu, id, &request)) {
		ba_vmap_drop(&s->map, cpu, id);
		bury_all(s);
		return 0;
	}
	bury_all(s);
	return s->areas[id].start;
}

/* Page number in the range of the area; -1: there is no hole. */
static int64_t get(struct space *s, uint64_t pages)
{
	uint64_t start = get_on(s, 0, pages, 1);

	return start ? (int64_t)((start - BA_VMALLOC_START) / PAGE) : -1;
}

static void put_on(struct space *s, cpu_t cpu, uint64_t page)
{
	uint32_t id = ba_vmap_find(&s->map, BA_VMALLOC_START + page * PAGE);

	if (!id)
		exit(2);
	ba_vmap_free_lazily(&s->map, cpu, id);
	bury_all(s);
}

static void drain(struct space *s)
{
	ba_vmap_drain(&s->map, 0);
	bury_all(s);
}

/* Nothing is busy in a new space; nothing outside is. */
TEST(find_what_is_not_there)
{
	struct space *s = new_space(&ba_profile_6_12L, 4);
	uint32_t node = 9;

	CHECK_EQ(ba_vmap_find(&s->map, BA_VMALLOC_START), BA_VMAP_NONE);
	CHECK_EQ(ba_vmap_find(&s->map, 0), BA_VMAP_NONE);
	CHECK_EQ(ba_vmap_find(&s->map, UINT64_MAX), BA_VMAP_NONE);
	CHECK(!ba_vmap_is_lazy(&s->map, BA_VMALLOC_START));
	CHECK_EQ(ba_vmap_next(&s->map, BA_VMAP_BUSY, &node, 0), BA_VMAP_NONE);
	get(s, 3);
	/* only where an area begins */
	CHECK_EQ(ba_vmap_find(&s->map, BA_VMALLOC_START + PAGE), BA_VMAP_NONE);
	CHECK_STR_EQ(ba_vmap_check(&s->map), NULL);
	free(s);
}

/* More than the range holds, and what would end behind it: no hole. */
TEST(too_large)
{
	struct space *s = new_space(&ba_profile_6_1L, 1);
	uint64_t all = BA_VMALLOC_SIZE / PAGE;

	CHECK_EQ(get(s, all + 1), -1);
	/* the last page is not whole: the range ends a byte too early */
	CHECK_EQ(get(s, all), -1);
	CHECK_EQ(get(s, all - 1), 0);
	CHECK_EQ(get(s, 1), -1);
	CHECK_STR_EQ(ba_vmap_check(&s->map), NULL);
	free(s);
}

/* Holes are cut from below; what is freed is not reused before a purge. */
TEST(lowest_first_and_lazily_freed)
{
	struct space *s = new_space(&ba_profile_6_1L, 1);

	CHECK_EQ(get(s, 3), 0);
	CHECK_EQ(get(s, 2), 3);
	CHECK_EQ(get(s, 5), 5);
	put_on(s, 0, 3);
	CHECK_EQ(s->space.lazy_pages, 2);
	CHECK(ba_vmap_is_lazy(&s->map, BA_VMALLOC_START + 4 * PAGE));
	CHECK_EQ(get(s, 2), 10);
	drain(s);
	CHECK_EQ(s->space.lazy_pages, 0);
	CHECK_EQ(s->space.purges, 1);
	CHECK_EQ(get(s, 1), 3);
	CHECK_EQ(get(s, 2), 12);
	CHECK_EQ(get(s, 1), 4);
	CHECK_STR_EQ(ba_vmap_check(&s->map), NULL);
	free(s);
}

/* In 6.1 lazily freed neighbours are one area at once, and cost one object. */
TEST(lazy_neighbours)
{
	const struct ba_profile *profile[] = { &ba_profile_6_1L,
					       &ba_profile_6_12L };

	for (uint32_t i = 0; i < 2; i++) {
		struct space *s = new_space(profile[i], 1);
		uint32_t node, nr = 0, id = 0;
		uint64_t freed;

		for (uint32_t k = 0; k < 4; k++)
			get(s, 2);
		freed = s->freed;
		put_on(s, 0, 0);
		put_on(s, 0, 4);
		put_on(s, 0, 2);
		CHECK_EQ(s->freed - freed, i ? 0 : 2);
		while ((id = ba_vmap_next(&s->map, BA_VMAP_LAZY, &node, id)))
			nr++;
		CHECK_EQ(nr, i ? 3 : 1);
		CHECK_EQ(s->space.lazy_pages, 6);
		CHECK_STR_EQ(ba_vmap_check(&s->map), NULL);
		free(s);
	}
}

/* One more page than fls(CPUs) * 32 MiB makes a drain due. */
TEST(threshold)
{
	struct space *s = new_space(&ba_profile_6_1L, 4);

	CHECK_EQ(s->space.lazy_max, 3 * 8192);
	get(s, 3 * 8192);
	get(s, 1);
	put_on(s, 0, 0);
	CHECK(!s->space.drain_wanted);
	put_on(s, 0, 3 * 8192);
	CHECK(s->space.drain_wanted);
	drain(s);
	CHECK(!s->space.drain_wanted);
	CHECK_EQ(get(s, 1), 0);
	free(s);
}

/* 6.12: a purge fills the pool of the CPU that asked; its last is first out. */
TEST(pools)
{
	struct space *s = new_space(&ba_profile_6_12L, 2);
	uint64_t at[3];

	for (uint32_t i = 0; i < 3; i++)
		at[i] = get_on(s, 1, 4, 1);
	for (uint32_t i = 0; i < 3; i++)
		put_on(s, 0, (at[i] - BA_VMALLOC_START) / PAGE);
	drain(s);
	CHECK_EQ(ba_vmap_count_pooled(&s->map), 3);
	CHECK_STR_EQ(ba_vmap_check(&s->map), NULL);
	/* the other CPU's pool is empty, other sizes are not in it */
	CHECK_EQ(get_on(s, 0, 4, 1), at[2] + 4 * PAGE);
	CHECK_EQ(get_on(s, 1, 5, 1), at[2] + 8 * PAGE);
	CHECK_EQ(get_on(s, 1, 4, 1), at[2]);
	/* a head that is not aligned goes to the tail, and a hole is cut */
	CHECK_EQ(get_on(s, 1, 4, 8 * PAGE) % (8 * PAGE), 0);
	CHECK_EQ(get_on(s, 1, 4, 1), at[0]);
	CHECK_EQ(get_on(s, 1, 4, 1), at[1]);
	CHECK_EQ(ba_vmap_count_pooled(&s->map), 0);
	CHECK_STR_EQ(ba_vmap_check(&s->map), NULL);
	free(s);
}

/* A purge takes a quarter of a pool, all of one below four; the last all. */
TEST(pools_decay)
{
	struct space *s = new_space(&ba_profile_6_12L, 2);
	uint64_t nine[9], three[3];

	for (uint32_t i = 0; i < 9; i++)
		nine[i] = get_on(s, 0, 2, 1);
	for (uint32_t i = 0; i < 3; i++)
		three[i] = get_on(s, 0, 3, 1);
	for (uint32_t i = 0; i < 9; i++)
		put_on(s, 0, (nine[i] - BA_VMALLOC_START) / PAGE);
	for (uint32_t i = 0; i < 3; i++)
		put_on(s, 0, (three[i] - BA_VMALLOC_START) / PAGE);
	drain(s);
	CHECK_EQ(ba_vmap_count_pooled(&s->map), 12);
	/* nothing to purge, yet pools decay: 9 - 2 and 3 - 3 */
	drain(s);
	CHECK_EQ(s->space.purges, 1);
	CHECK_EQ(ba_vmap_count_pooled(&s->map), 7);
	CHECK_STR_EQ(ba_vmap_check(&s->map), NULL);
	ba_vmap_decay_all(&s->map, 0);
	bury_all(s);
	CHECK_EQ(ba_vmap_count_pooled(&s->map), 0);
	CHECK_EQ(get(s, 20), 0);
	CHECK_STR_EQ(ba_vmap_check(&s->map), NULL);
	free(s);
}

/* An area of more than 256 pages goes to no pool, nor any of one CPU. */
TEST(what_is_not_pooled)
{
	struct space *s = new_space(&ba_profile_6_12L, 2);
	struct space *one = new_space(&ba_profile_6_12L, 1);

	get(s, 257);
	get(s, 256);
	put_on(s, 0, 0);
	put_on(s, 0, 257);
	drain(s);
	CHECK_EQ(ba_vmap_count_pooled(&s->map), 1);
	get(one, 2);
	put_on(one, 0, 0);
	drain(one);
	CHECK_EQ(ba_vmap_count_pooled(&one->map), 0);
	free(s);
	free(one);
}

/* Helpers purge the first nodes when much waits: their CPUs free objects. */
TEST(helpers)
{
	struct space *s = new_space(&ba_profile_6_12L, 4);
	uint64_t at[3], object;
	bool on[4] = { false };
	cpu_t cpu;

	for (cpu_t i = 0; i < 3; i++)
		at[i] = get_on(s, i, 3 * 8192, 1);
	get(s, 1);
	for (uint32_t i = 0; i < 3; i++)
		put_on(s, 3, (at[i] - BA_VMALLOC_START) / PAGE);
	ba_vmap_drain(&s->map, 3);
	while (ba_vmap_next_dead(&s->map, &object, &cpu))
		on[cpu] = true;
	/* three nodes, two helpers; the own part had none to merge with */
	CHECK(on[0] && on[1] && !on[2] && !on[3]);
	CHECK_STR_EQ(ba_vmap_check(&s->map), NULL);
	free(s);
}

/* Every fault of the tables is found, and named. */
TEST(check_names_what_is_broken)
{
	struct space *s = new_space(&ba_profile_6_12L, 2);
	uint32_t id;

	get(s, 3);
	get(s, 3);
	put_on(s, 0, 0);
	s->space.lazy_pages++;
	CHECK(strncmp(ba_vmap_check(&s->map), "V2", 2) == 0);
	s->space.lazy_pages--;
	id = ba_vmap_find(&s->map, BA_VMALLOC_START + 3 * PAGE);
	s->areas[id].state = BA_VMAP_FREE;
	CHECK(strncmp(ba_vmap_check(&s->map), "V1", 2) == 0);
	s->areas[id].state = BA_VMAP_BUSY;
	fresh(s);
	CHECK(strncmp(ba_vmap_check(&s->map), "V1", 2) == 0);
	s->space.nr_areas--;
	s->pools[5].len = 1;
	CHECK(strncmp(ba_vmap_check(&s->map), "V6", 2) == 0);
	s->pools[5].len = 0;
	CHECK_STR_EQ(ba_vmap_check(&s->map), NULL);
	free(s);
}

/* Objects: as many as records in use, and none lost; V1..V6 all the way. */
static void churn(const struct ba_profile *profile, uint32_t cpus)
{
	struct space *s = new_space(profile, cpus);
	uint64_t page[200] = { 0 };
	bool in[200] = { false };
	struct ba_rng rng;

	ba_rng_init(&rng, 5, cpus);
	for (uint32_t step = 0; step < 30000; step++) {
		uint32_t i = ba_rng_below(&rng, 200);
		cpu_t cpu = (cpu_t)ba_rng_below(&rng, cpus);
		uint64_t pages = 2 + ba_rng_below(&rng, 300);
		uint64_t align = PAGE << ba_rng_below(&rng, 4);

		if (in[i]) {
			put_on(s, cpu, page[i]);
		} else {
			uint64_t start = get_on(s, cpu, pages, align);

			REQUIRE(start && start % align == 0);
			page[i] = (start - BA_VMALLOC_START) / PAGE;
		}
		in[i] = !in[i];
		if (s->space.drain_wanted)
			drain(s);
		if (ba_rng_below(&rng, 500) == 0) {
			ba_vmap_purge_all(&s->map, cpu);
			bury_all(s);
		}
		if (step % 100 == 0)
			REQUIRE(!ba_vmap_check(&s->map));
		REQUIRE(s->object - s->freed ==
			s->space.nr_areas - 1 - s->space.nr_unused);
	}
	CHECK(s->space.purges > 60);
	free(s);
}

TEST(random_6_1)
{
	churn(&ba_profile_6_1L, 2);
}

TEST(random_6_12)
{
	churn(&ba_profile_6_12L, 1);
	churn(&ba_profile_6_12L, 4);
}
