/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slab_tape - a tape of slab lines: a cache of the machine that records works,
 * and its lines and those of its pages are printed, as the kernel would.
 */
#ifndef BA_TESTS_SLAB_TAPE_H
#define BA_TESTS_SLAB_TAPE_H

#include "sim/slab_replay.h"

#include "played.h"

#define SIZE	1024u		/* bytes of an object: 4 a slab */
#define GFP	BA_GFP_KERNEL

static struct ba_slab_supply supply;
static uint32_t begin = 1;	/* in its sequence, of a new slab */
static const struct ba_slab_score *score;
static const char *const cache_names[] = { "thing" };

/*
 * A cache of four objects a slab, in the order 2 0 3 1. Its number is 1. A
 * `recorded` one is of the state.
 */
static inline uint16_t thing(bool recorded, uint32_t flags)
{
	static const uint16_t sequence[] = { 2, 0, 3, 1 };
	struct ba_slab_spec spec = { .object_size = SIZE,
				     .flags = flags | BA_SLAB_NO_MERGE };
	struct ba_ctx ctx = tape_ctx(t);
	struct ba_kmem_cache *cache;
	uint16_t id = BA_CACHE_NONE;

	CHECK_EQ(ba_kmem_cache_create(&ctx, cache_names[0], &spec, &id), BA_OK);
	cache = ba_cache_at(&ctx, id);
	cache->recorded = recorded ? 0x1000 : 0;
	cache->reciprocal = ba_slab_reciprocal(SIZE);
	cache->layout.size = SIZE;
	cache->layout.order = 0;
	cache->layout.objects = 4;
	cache->layout.min_partial = 0;
	ba_cache_set_stack(cache, 1);
	if (recorded)
		CHECK_EQ(ba_kmem_cache_set_sequence(&ctx, id, sequence, 4),
			 BA_OK);
	tape_restart(t);
	tape_kprobes(t);
	return id;
}

/* The line of an allocation that gave `address`. */
static inline void line_alloc(uint64_t address)
{
	struct ba_event *e = tape_line(t, BA_OP_CACHE_ALLOC, address, 0);

	e->arg = SIZE | SIZE << 16;
	e->gfp = GFP;
}

static inline void line_free(uint64_t address)
{
	tape_line(t, BA_OP_CACHE_FREE, address, 0)->arg = 1;
}

/* An object is taken; its line is not printed yet, those of pages are. */
static inline uint64_t take(uint16_t id)
{
	struct ba_slab_request request = { .cache = id, .gfp = GFP,
					   .node = BA_ANY_NODE };
	struct ba_ctx ctx = tape_ctx(t);
	uint64_t address;
	pfn_t head;

	ctx.slab_supply = &supply;
	address = ba_slab_alloc_old(&ctx, t->nodes, &request);
	if (address)
		return address;
	supply.start = begin;
	supply.nr = 1;
	supply.page[0].order = 0;
	supply.page[0].pfn = tape_alloc(t, ba_slab_gfp(&ctx, id, GFP), 0);
	head = ba_slab_new(&ctx, t->nodes, &request);
	return ba_slab_alloc_new(&ctx, t->nodes, &request, head);
}

static inline uint64_t alloc(uint16_t id)
{
	uint64_t address = take(id);

	line_alloc(address);
	return address;
}

/* An object is given back, without a line; so are the pages of its slab, with
 * theirs if `now`. */
static inline void give(uint64_t address, bool now)
{
	struct ba_ctx ctx = tape_ctx(t);

	ctx.slab_supply = &supply;
	supply.nr_given_back = 0;
	CHECK_EQ(ba_kmem_cache_free(&ctx, t->nodes, BA_CACHE_NONE, address),
		 BA_OK);
	for (uint32_t i = 0; now && i < supply.nr_given_back; i++)
		tape_free(t, supply.given_back[i].pfn,
			  supply.given_back[i].order);
}

static inline void release(uint64_t address)
{
	line_free(address);
	give(address, true);
}

static inline void play_slabs(enum ba_slab_mode mode)
{
	struct ba_replay_options options = {
		.strict = true, .slab_mode = (uint8_t)mode,
		.cache_names = cache_names, .nr_cache_names = 1 };

	p = play(t, options);
	score = ba_replay_slab_score(p.replay);
}

/* Every line is as the model would have it. */
#define CHECK_SLABS()							\
	do {								\
		CHECK_PLAYED(t, &p);					\
		CHECK_EQ(score->same_slab, score->allocations);		\
		CHECK_EQ(score->same_address + score->address_unknowable, \
			 score->allocations);				\
		CHECK_EQ(score->slab_pages_exact, score->slab_pages);	\
		CHECK_EQ(score->slab_pages_extra, 0);			\
		CHECK_EQ(score->first_mismatch, UINT64_MAX);		\
	} while (0)

#endif
