/* SPDX-License-Identifier: GPL-2.0-only */
#include "sim/slab_pages.h"

#include "testlib.h"

#include "slab_tape.h"

/* One slab is full: the next object needs another. */
static uint16_t full_slab(uint32_t flags, uint64_t *object)
{
	uint16_t id = thing(true, flags);

	for (int i = 0; i < 4; i++)
		object[i] = alloc(id);
	return id;
}

/* The trace takes pages for a slab, and the model's cache needs none. */
TEST(pages_that_the_model_does_not_ask_for)
{
	uint64_t first, place;
	uint16_t id;
	pfn_t pfn;

	for (int mode = BA_SLAB_MODE_OBSERVED; mode <= BA_SLAB_MODE_DRIVEN;
	     mode++) {
		start(1);
		id = thing(true, 0);
		first = alloc(id);
		pfn = tape_alloc(t, ba_slab_gfp(&(struct ba_ctx){
			.caches = tape_ctx(t).caches,
			.profile = tape_ctx(t).profile }, id, GFP), 0);
		place = tape_ctx(t).caches->page_offset +
			((uint64_t)pfn << BA_PAGE_SHIFT);
		line_alloc(place);
		play_slabs((enum ba_slab_mode)mode);
		CHECK_EQ(score->slab_pages, 2);
		CHECK_EQ(score->slab_pages_exact, 1);
		CHECK_EQ(score->slab_pages_extra, 0);
		CHECK_EQ(score->allocations, 2);
		CHECK_EQ(score->same_slab, 1);
		CHECK_EQ(p.score->allocations, 2);
		CHECK_EQ(p.score->exact, mode == BA_SLAB_MODE_OBSERVED ? 2 : 1);
		if (mode == BA_SLAB_MODE_DRIVEN)
			CHECK_EQ(p.outcomes[1].result, BA_RESULT_NOT_ASKED);
		CHECK(first != place);
		stop();
	}
}

/* Driven, the model's cache needs pages where the trace has none. */
TEST(pages_without_a_line)
{
	uint64_t object[4];

	start(1);
	full_slab(0, object);
	/* the kernel would have had to free this one first */
	line_alloc(object[2]);
	play_slabs(BA_SLAB_MODE_DRIVEN);
	CHECK_EQ(score->allocations, 5);
	CHECK_EQ(score->same_slab, 4);
	CHECK_EQ(score->slab_pages, 1);
	CHECK_EQ(score->slab_pages_extra, 1);
	stop();
}

/* Driven, the model keeps a slab that the trace frees. */
TEST(pages_that_the_model_keeps)
{
	uint64_t object[4];
	pfn_t pfn;

	for (int mode = BA_SLAB_MODE_OBSERVED; mode <= BA_SLAB_MODE_DRIVEN;
	     mode++) {
		start(1);
		full_slab(0, object);
		pfn = (pfn_t)((object[0] - tape_ctx(t).caches->page_offset) >>
			      BA_PAGE_SHIFT);
		tape_line(t, BA_OP_PAGE_FREE, pfn, 0);
		play_slabs((enum ba_slab_mode)mode);
		CHECK_EQ(score->slab_pages, 2);
		CHECK_EQ(score->slab_pages_exact, 1);
		CHECK_EQ(p.score->bad_frees, 0);
		CHECK_EQ(ba_slabs(&(struct ba_ctx){ .caches = ba_machine_ctx(
			p.machine, 0).caches })[pfn].cache != 0,
			 mode == BA_SLAB_MODE_DRIVEN);
		stop();
	}
}

/* Another task runs, and frees, after the cache has asked for its pages. */
TEST(asked_before_another_task_ran)
{
	uint64_t object[4];
	uint16_t id;

	for (int mode = BA_SLAB_MODE_OBSERVED; mode <= BA_SLAB_MODE_DRIVEN;
	     mode++) {
		struct ba_slab_request request = { .gfp = GFP,
						   .node = BA_ANY_NODE };
		struct ba_ctx ctx;
		uint64_t address;
		pfn_t pfn, head;

		start(1);
		id = full_slab(0, object);
		request.cache = id;
		ctx = tape_ctx(t);
		CHECK_EQ(ba_slab_alloc_old(&ctx, t->nodes, &request), 0);
		tape_on(t, 0, 9);
		release(object[1]);
		tape_on(t, 0, 1);
		pfn = tape_alloc(t, ba_slab_gfp(&ctx, id, GFP), 0);
		ctx = tape_ctx(t);
		ctx.slab_supply = &supply;
		supply.start = 1;
		supply.nr = 1;
		supply.page[0].order = 0;
		supply.page[0].pfn = pfn;
		head = ba_slab_new(&ctx, t->nodes, &request);
		address = ba_slab_alloc_new(&ctx, t->nodes, &request, head);
		line_alloc(address);
		alloc(id);
		play_slabs((enum ba_slab_mode)mode);
		CHECK_SLABS();
		stop();
	}
}

/* A slab of a cache of TYPESAFE_BY_RCU goes back later, by an interrupt. */
TEST(pages_given_back_after_a_grace_period)
{
	uint64_t object[5], more;
	uint16_t id;
	pfn_t pfn;

	for (int mode = BA_SLAB_MODE_OBSERVED; mode <= BA_SLAB_MODE_DRIVEN;
	     mode++) {
		start(1);
		id = full_slab(BA_SLAB_TYPESAFE_BY_RCU, object);
		for (int i = 0; i < 4; i++)
			more = alloc(id);
		object[4] = alloc(id);
		for (int i = 0; i < 4; i++)
			release(object[i]);
		/* the stack has the first slab, and room for one */
		line_free(more);
		give(more, false);
		REQUIRE(supply.nr_given_back == 1);
		pfn = supply.given_back[0].pfn;
		alloc(id);
		tape_irq(t, 1, 0);
		tape_free(t, pfn, 0);
		play_slabs((enum ba_slab_mode)mode);
		CHECK_SLABS();
		CHECK_EQ(score->slab_pages, 4);
		stop();
	}
}
