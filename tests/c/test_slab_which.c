/* SPDX-License-Identifier: GPL-2.0-only */
#include "sim/slab_which.h"

#include "testlib.h"

#include "slab_tape.h"

static const char *const two_names[] = { "first", "second" };

/* A recorded cache whose objects are as large as those of another. */
static uint16_t cache_like(const char *name, uint32_t flags)
{
	struct ba_slab_spec spec = { .object_size = SIZE,
				     .flags = flags | BA_SLAB_NO_MERGE };
	struct ba_ctx ctx = tape_ctx(t);
	uint16_t id = BA_CACHE_NONE;

	CHECK_EQ(ba_kmem_cache_create(&ctx, name, &spec, &id), BA_OK);
	ba_cache_at(&ctx, id)->recorded = 0x1000u + id;
	return id;
}

/* The replay, before its first line is served. */
static struct ba_replay *replay_of_two(void)
{
	struct ba_replay_options options = {
		.slab_mode = BA_SLAB_MODE_OBSERVED, .cache_names = two_names,
		.nr_cache_names = 2 };

	p = play_new(t, options);
	p.replay->final = true;
	CHECK_EQ(ba_lookahead_view(&p.replay->la, 0, t->e, t->nr), BA_OK);
	return p.replay;
}

static uint64_t at_frame(pfn_t pfn, uint32_t index)
{
	return tape_ctx(t).caches->page_offset +
	       ((uint64_t)pfn << BA_PAGE_SHIFT) + index * SIZE;
}

TEST(kmalloc_by_its_size_class)
{
	struct ba_replay *r;

	start(1);
	tape_line(t, BA_OP_KMALLOC, at_frame(200, 0), 0)->arg = 900;
	tape_line(t, BA_OP_KMALLOC, at_frame(300, 0), 0)->arg = 9000;
	r = replay_of_two();
	CHECK_STR_EQ(ba_cache_at(&r->ctx, ba_slab_cache_of(r, 1))->name,
		     "kmalloc-1k");
	CHECK_EQ(ba_slab_cache_of(r, 2), BA_CACHE_NONE);
	stop();
}

TEST(of_two_alike_the_one_that_a_later_free_names)
{
	struct ba_replay *r;
	uint16_t second;

	start(1);
	cache_like(two_names[0], 0);
	second = cache_like(two_names[1], 0);
	tape_restart(t);
	tape_kprobes(t);
	line_alloc(at_frame(200, 1));			/* line 1 */
	line_free(at_frame(201, 0));			/* another frame */
	tape_line(t, BA_OP_CACHE_FREE, at_frame(200, 3), 0)->arg = 2;
	tape_line(t, BA_OP_KFREE, at_frame(200, 2), 0);	/* line 4 */
	r = replay_of_two();
	CHECK_EQ(ba_slab_cache_of(r, 1), second);
	/* the frame is of that cache now, until its pages go */
	CHECK_EQ(ba_slab_cache_of(r, 4), second);
	ba_slab_forget_caches(r, &(struct ba_event){ .addr = 200 });
	CHECK_EQ(ba_slab_cache_of(r, 4), BA_CACHE_NONE);
	stop();
}

#define MANY 400000u
#define AHEAD 65536u	/* lines */

/* What a plain search finds: the number of the first name, 0 for none. */
static uint32_t plain_search(const struct ba_replay *r,
			     const struct ba_event *e, size_t i, pfn_t pfn)
{
	for (size_t k = i + 1; k < i + AHEAD && k < MANY; k++) {
		if (e[k].op == BA_OP_PAGE_FREE && e[k].addr <= pfn &&
		    e[k].addr + (1u << e[k].order) > pfn)
			return 0;
		if (e[k].op == BA_OP_CACHE_FREE && e[k].arg &&
		    ba_lookahead_frame(&r->la, &e[k]) == pfn)
			return e[k].arg;
	}
	return 0;
}

/* A line of one of 64 frames, of which the first are spoken of far more. */
static void random_line(struct ba_rng *rng, struct ba_event *e)
{
	uint32_t frame = ba_rng_below(rng, 1u << ba_rng_below(rng, 7));
	uint32_t what = ba_rng_below(rng, 1000);

	*e = (struct ba_event){ .op = BA_OP_KFREE, .addr = at_frame(900, 0) };
	if (what < 2) {
		e->op = BA_OP_PAGE_FREE;
		e->order = (uint8_t)ba_rng_below(rng, 2);
		e->addr = 200 + (frame & ~(uint32_t)e->order);
	} else if (what < 200) {
		e->op = BA_OP_CACHE_ALLOC;
		e->addr = at_frame(200 + ba_rng_below(rng, 64), 0);
		e->arg = SIZE | SIZE << 16;
	} else if (what < 210) {
		e->op = BA_OP_CACHE_FREE;
		e->addr = at_frame(200 + frame, ba_rng_below(rng, 4));
		e->arg = ba_rng_below(rng, 3);
	}
}

/* Asked for lines one after the other, and for any line before or behind. */
TEST(of_many_lines_the_first_that_names_the_cache)
{
	struct ba_event *e = calloc(MANY, sizeof(*e));
	uint32_t found[3] = { 0, 0, 0 };
	struct ba_rng rng;
	struct ba_replay *r;
	uint16_t id[3];

	REQUIRE(e != NULL);
	start(1);
	id[0] = id[1] = cache_like(two_names[0], 0);
	id[2] = cache_like(two_names[1], 0);
	tape_restart(t);
	tape_kprobes(t);
	ba_rng_init(&rng, 7, 0);
	r = replay_of_two();
	for (size_t i = 0; i < MANY; i++)
		random_line(&rng, &e[i]);
	CHECK_EQ(ba_lookahead_view(&r->la, r->la.nr, e, MANY), BA_OK);
	for (uint32_t n = 0; n < 3000; n++) {
		size_t i = n < 1500 ? n * (MANY / 1500) :
				      ba_rng_below(&rng, MANY);
		uint32_t number;
		pfn_t pfn;

		if (e[i].op != BA_OP_CACHE_ALLOC)
			continue;
		pfn = ba_lookahead_frame(&r->la, &e[i]);
		number = plain_search(r, e, i, pfn);
		if (!CHECK_EQ(ba_slab_cache_of(r, i), id[number]))
			printf("# line %zu, frame %u\n", i, pfn);
		found[number]++;
		ba_slab_forget_caches(r, &(struct ba_event){ .addr = pfn });
	}
	if (!CHECK(found[0] > 50 && found[1] > 50 && found[2] > 50))
		printf("# %u %u %u\n", found[0], found[1], found[2]);
	stop();
	free(e);
}

TEST(accounted_objects_are_of_accounted_caches)
{
	struct ba_replay *r;
	uint16_t second;

	start(1);
	cache_like(two_names[0], 0);
	second = cache_like(two_names[1], BA_SLAB_ACCOUNT);
	tape_restart(t);
	tape_kprobes(t);
	line_alloc(at_frame(200, 1));
	t->e[t->nr - 1].migratetype = 1;
	r = replay_of_two();
	CHECK_EQ(ba_slab_cache_of(r, 1), second);
	stop();
}

/* A cache that nobody has recorded is made: by its name, or by its size. */
TEST(caches_that_lines_show)
{
	const struct ba_kmem_cache *cache;
	struct ba_replay *r;
	uint16_t id;

	start(1);
	line_alloc(at_frame(200, 1));
	tape_line(t, BA_OP_CACHE_FREE, at_frame(200, 3), 0)->arg = 2;
	line_alloc(at_frame(400, 1));
	t->e[t->nr - 1].arg = 90 | 96 << 16;
	tape_line(t, BA_OP_KFREE, at_frame(500, 0), 0);
	tape_line(t, BA_OP_KMALLOC, at_frame(500, 1), 0)->arg = 1000;
	r = replay_of_two();
	CHECK_EQ(ba_slab_cache_of(r, 2), BA_CACHE_NONE);
	id = ba_slab_cache_of(r, 1);
	REQUIRE(id != BA_CACHE_NONE);
	CHECK_STR_EQ(ba_cache_at(&r->ctx, id)->name, "second");
	id = ba_slab_cache_of(r, 3);
	REQUIRE(id != BA_CACHE_NONE);
	cache = ba_cache_at(&r->ctx, id);
	CHECK_STR_EQ(cache->name, "unnamed-96-90");
	CHECK_EQ(cache->layout.size, 96);
	CHECK_EQ(cache->layout.object_size, 90);
	CHECK(r->slab->loose[id] && !r->slab->known[id][0]);
	CHECK_STR_EQ(ba_cache_at(&r->ctx, ba_slab_cache_of(r, 4))->name,
		     "kmalloc-1k");
	stop();
}

TEST(the_line_that_a_block_is_for)
{
	struct ba_replay *r;
	uint16_t id;
	size_t k;

	start(1);
	id = thing(true, 0);
	tape_line(t, BA_OP_PAGE_ALLOC, 200, 0);		/* line 1 */
	tape_irq(t, 1, 0);
	line_alloc(at_frame(300, 0));
	tape_irq(t, 0, 0);
	line_alloc(at_frame(200, 0));			/* line 3 */
	tape_line(t, BA_OP_PAGE_ALLOC, 201, 0);		/* line 4 */
	line_alloc(at_frame(200, 1));
	line_alloc(at_frame(201, 1));			/* line 6 */
	r = replay_of_two();
	CHECK_EQ(ba_slab_line_for(r, 1), 3);
	CHECK_EQ(ba_slab_line_for(r, 4), BA_LOOKAHEAD_NONE);
	CHECK_EQ(ba_slab_first_line(r, 4), 6);
	CHECK_EQ(ba_slab_cache_for(r, 1, &k), id);
	CHECK_EQ(k, 3);
	CHECK_EQ(ba_slab_cache_for(r, 4, &k), BA_CACHE_NONE);
	CHECK(r->la.hints[1] & BA_HINT_SLAB && r->la.hints[4] & BA_HINT_SLAB);
	stop();
}

/*
 * line 1: no name in sight. line 3 frees an object of that slab by name 1: the
 * cache has that name now, and line 4, elsewhere, which is freed by it, too.
 */
TEST(a_cache_that_gets_its_name_later)
{
	struct ba_replay *r;
	uint16_t id;

	start(1);
	line_alloc(at_frame(200, 1));
	tape_line(t, BA_OP_PAGE_ALLOC, 300, 0);
	tape_line(t, BA_OP_CACHE_FREE, at_frame(200, 1), 0)->arg = 1;
	line_alloc(at_frame(400, 1));
	tape_line(t, BA_OP_CACHE_FREE, at_frame(400, 1), 0)->arg = 1;
	r = replay_of_two();
	t->e[3].arg = 0;	/* as if it were too far ahead to be seen */
	id = ba_slab_cache_of(r, 1);
	REQUIRE(id != BA_CACHE_NONE);
	CHECK_STR_EQ(ba_cache_at(&r->ctx, id)->name, "unnamed-1024-1024");
	t->e[3].arg = 1;
	CHECK_EQ(ba_slab_cache_of(r, 3), id);
	CHECK_EQ(ba_slab_cache_of(r, 4), id);
	stop();
}
