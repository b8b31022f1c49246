/* SPDX-License-Identifier: GPL-2.0-only */
#include "sim/slab_replay.h"

#include "testlib.h"

#include "slab_tape.h"

/* Nine objects: three slabs; then all are freed, and pages go back. */
static void nine_objects(uint16_t id)
{
	uint64_t object[9];

	for (int i = 0; i < 9; i++)
		object[i] = alloc(id);
	for (int i = 0; i < 9; i++)
		release(object[i]);
	for (int i = 0; i < 5; i++)
		alloc(id);
}

TEST(lines_that_agree)
{
	for (int mode = BA_SLAB_MODE_OBSERVED; mode <= BA_SLAB_MODE_DRIVEN;
	     mode++) {
		start(1);
		nine_objects(thing(true, 0));
		play_slabs((enum ba_slab_mode)mode);
		CHECK_SLABS();
		CHECK_EQ(score->allocations, 14);
		CHECK_EQ(score->frees, 9);
		CHECK_EQ(score->address_unknowable, 3);
		CHECK(score->slab_pages > 3);
		stop();
	}
}

TEST(without_slab_lines_the_frames_are_just_used)
{
	start(1);
	nine_objects(thing(true, 0));
	tape_restart(t);
	tape_kprobes(t);
	tape_free(t, tape_alloc(t, GFP, 0), 0);
	play_slabs(BA_SLAB_MODE_OFF);
	CHECK_EQ(p.score->exact, 1);
	CHECK(!score);
	CHECK(!ba_machine_equal(&t->machine, p.machine));
	stop();
}

/* Thousands of random lines, on one CPU or on two. */
static void random_lines(uint16_t cpus, uint32_t ops)
{
	uint16_t id = thing(true, 0);
	uint64_t held[64];
	struct ba_rng rng;
	uint32_t nr = 0;

	ba_cache_at(&(struct ba_ctx){ .caches = tape_ctx(t).caches }, id)
		->layout.min_partial = 2;
	ba_cache_set_stack(ba_cache_at(&(struct ba_ctx){
		.caches = tape_ctx(t).caches }, id), 3);
	tape_restart(t);
	tape_kprobes(t);
	ba_rng_init(&rng, 7, cpus);
	for (uint32_t i = 0; i < ops; i++) {
		uint32_t at = ba_rng_below(&rng, 64);

		tape_on(t, (uint16_t)ba_rng_below(&rng, cpus), 1);
		t->task = (uint16_t)(t->cpu + 1u);
		/* grows and shrinks in turn */
		if (nr < 64 && (at >= nr || (i / 200) % 2)) {
			held[nr++] = alloc(id);
		} else {
			at %= nr;
			release(held[at]);
			held[at] = held[--nr];
		}
	}
}

TEST(random_lines_of_one_and_of_two_cpus)
{
	for (uint16_t cpus = 1; cpus <= 2; cpus++)
		for (int mode = BA_SLAB_MODE_OBSERVED;
		     mode <= BA_SLAB_MODE_DRIVEN; mode++) {
			start(cpus);
			random_lines(cpus, 3000);
			play_slabs((enum ba_slab_mode)mode);
			CHECK_SLABS();
			CHECK(score->slab_pages > 20);
			stop();
		}
}

/* The trace has another object of the same slab than the model. */
TEST(another_object_of_the_slab)
{
	uint64_t first;
	uint16_t id;

	start(1);
	id = thing(true, 0);
	first = alloc(id);
	line_alloc(first + SIZE);	/* object 1: the last in the sequence */
	play_slabs(BA_SLAB_MODE_OBSERVED);
	CHECK_EQ(score->allocations, 2);
	CHECK_EQ(score->same_slab, 2);
	CHECK_EQ(score->same_address, 0);
	CHECK_EQ(score->address_unknowable, 1);
	CHECK_EQ(score->first_mismatch, t->nr - 1);
	/* the recorded object was taken */
	REQUIRE(p.machine);
	{
		struct ba_ctx ctx = ba_machine_ctx(p.machine, 0);
		struct ba_object_at at = ba_object_find(
			&ctx, ba_machine_nodes(p.machine), first + SIZE);

		CHECK(!ba_slab_object_free(&ctx, at));
	}
	play_end(&p);
	/* driven, the model keeps its own; the lines' name is another */
	line_free(first + SIZE);
	give(take(id), false);
	play_slabs(BA_SLAB_MODE_DRIVEN);
	CHECK_EQ(score->same_slab, 2);
	CHECK_EQ(score->same_address, 0);
	CHECK_EQ(score->frees, 1);
	CHECK_EQ(score->unknown_frees, 0);
	CHECK(ba_machine_equal(&t->machine, p.machine));
	stop();
}

TEST(an_object_of_another_slab)
{
	uint64_t object[5];
	uint16_t id;

	start(1);
	id = thing(true, 0);
	for (int i = 0; i < 5; i++)
		object[i] = alloc(id);
	release(object[1]);		/* of the first slab, which was full */
	line_alloc(object[1]);		/* the CPU's slab has three left */
	play_slabs(BA_SLAB_MODE_OBSERVED);
	CHECK_EQ(score->allocations, 6);
	CHECK_EQ(score->same_slab, 5);
	CHECK(score->first_mismatch != UINT64_MAX);
	stop();
}

/* Objects are taken and given back by bulk calls, which print nothing. */
TEST(silent_operations)
{
	uint64_t a, b, c;
	uint16_t id;

	start(1);
	id = thing(true, 0);
	a = alloc(id);
	b = take(id);
	release(b);			/* freed, but not seen allocated */
	CHECK_EQ(take(id), b);
	release(b);			/* twice: the cache has silent calls */
	CHECK_EQ(take(id), b);
	c = alloc(id);			/* not the next one: b is in use */
	CHECK(c != b && c != a);
	give(a, false);
	CHECK_EQ(alloc(id), a);		/* in use for all that lines say */
	play_slabs(BA_SLAB_MODE_OBSERVED);
	CHECK_SLABS();
	CHECK_EQ(score->allocations, 3);
	CHECK_EQ(score->silent_objects, 4);
	stop();
}

/* The pages of a slab are freed whose objects were freed in silence. */
TEST(a_slab_emptied_in_silence)
{
	uint64_t object[9];
	uint16_t id;

	start(1);
	id = thing(true, 0);
	for (int i = 0; i < 9; i++)
		object[i] = alloc(id);
	release(object[8]);
	CHECK_EQ(take(id), object[8]);
	release(object[8]);
	for (int i = 0; i < 4; i++)
		give(object[i], false);
	/* the second slab takes the first one's place on the stack */
	release(object[4]);
	CHECK_EQ(t->e[t->nr - 1].op, BA_OP_PAGE_FREE);
	play_slabs(BA_SLAB_MODE_OBSERVED);
	CHECK_EQ(score->slab_pages, 4);
	CHECK_EQ(score->slab_pages_exact, 4);
	CHECK_EQ(score->silent_objects, 5);
	CHECK_EQ(p.score->bad_frees, 0);
	stop();
}

/* Caches that the state does not have are known from their first new slab. */
TEST(unknown_caches)
{
	uint64_t old[4], object;
	uint16_t id;

	start(1);
	id = thing(false, 0);
	for (int i = 0; i < 4; i++)
		old[i] = alloc(id);
	tape_restart(t);		/* one slab, and it is full */
	{
		struct ba_ctx ctx = ba_machine_ctx(&t->start, 0);

		ba_slab_drop_all(&ctx, ba_machine_nodes(&t->start));
		ba_caches_forget(&ctx);
	}
	tape_kprobes(t);
	tape_line(t, BA_OP_CACHE_FREE, old[0] - 64 * BA_PAGE_SIZE, 0)->arg = 1;
	object = alloc(id);		/* a new slab: now the cache is known */
	release(old[2]);		/* the old one shows */
	for (int i = 0; i < 3; i++)
		alloc(id);
	CHECK_EQ(alloc(id), old[2]);
	release(object);
	play_slabs(BA_SLAB_MODE_OBSERVED);
	CHECK_EQ(score->allocations, 5);
	CHECK_EQ(score->same_slab, 5);
	CHECK_EQ(score->same_address, 1);
	CHECK_EQ(score->address_unknowable, 4);
	CHECK_EQ(score->frees, 3);
	CHECK_EQ(score->unknown_frees, 1);
	CHECK_EQ(score->slab_pages_exact, 1);
	stop();
}

/* A softirq frees between an allocation and its line. */
TEST(an_interrupt_before_the_line)
{
	uint64_t a, b;
	uint16_t id;

	start(1);
	id = thing(true, 0);
	a = alloc(id);
	b = take(id);
	tape_irq(t, 1, 0);
	release(a);
	tape_irq(t, 0, 0);
	line_alloc(b);
	play_slabs(BA_SLAB_MODE_OBSERVED);
	CHECK_SLABS();
	CHECK_EQ(score->reordered, 1);
	stop();
}

TEST(addresses_that_are_no_objects)
{
	start(1);
	thing(true, 0);
	tape_line(t, BA_OP_KFREE, 0, 0);
	tape_line(t, BA_OP_KFREE, 16, 0);
	line_free(0x12345678);		/* hashed */
	line_alloc(0x12345678);
	tape_line(t, BA_OP_KMALLOC, 0x87654321, 0)->arg = 1u << 20;
	play_slabs(BA_SLAB_MODE_OBSERVED);
	CHECK_EQ(score->allocations, 0);
	CHECK_EQ(score->unchecked, 1);
	CHECK_EQ(score->frees, 1);
	CHECK_EQ(score->unknown_frees, 1);
	stop();
}

/* Addresses are hashed: they name objects, and nothing is known of slabs. */
TEST(hashed_addresses)
{
	for (int mode = BA_SLAB_MODE_OBSERVED; mode <= BA_SLAB_MODE_DRIVEN;
	     mode++) {
		bool driven = mode == BA_SLAB_MODE_DRIVEN;

		start(1);
		random_lines(1, 3000);
		for (size_t i = 0; i < t->nr; i++)
			if (ba_event_is_slab(&t->e[i]))
				t->e[i].addr = t->e[i].addr >> 3 & UINT32_MAX;
		play_slabs((enum ba_slab_mode)mode);
		CHECK_EQ(p.score->exact, p.score->allocations);
		CHECK_EQ(p.score->bad_frees, 0);
		CHECK_EQ(score->allocations, 0);
		CHECK_EQ(score->same_slab, 0);
		CHECK(score->unchecked > 1000);
		CHECK_EQ(score->unknown_frees, driven ? 0 : score->frees);
		CHECK_EQ(score->slab_pages > 20, driven);
		CHECK_EQ(score->slab_pages_exact, score->slab_pages);
		CHECK_EQ(score->slab_pages_extra, 0);
		stop();
	}
}
