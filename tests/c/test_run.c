// SPDX-License-Identifier: GPL-2.0-only
#include "sim/run.h"

#include "tape.h"

#define PAGES	16384u		/* DMA 1..4095, DMA32 4096..16383 */

TEST(an_array_grows_and_keeps_what_it_has)
{
	uint32_t *array = NULL;
	size_t cap = 0;

	for (uint32_t i = 0; i < 1000; i++) {
		CHECK(ba_run_grow(&array, &cap, i, sizeof(*array)));
		CHECK(cap > i);
		array[i] = i;
	}
	for (uint32_t i = 0; i < 1000; i++)
		CHECK_EQ(array[i], i);
	free(array);
}

/* K1: a frame that got another name is not found by its old one. */
TEST(a_frame_has_one_name)
{
	enum { FRAMES = 16 };
	struct ba_run_name names[FRAMES];
	struct ba_replay *r = calloc(1, sizeof(*r));

	CHECK(r != NULL);
	r->names = names;
	r->la.nr_frames = FRAMES;
	for (uint32_t i = 0; i < FRAMES; i++)
		names[i] = (struct ba_run_name){ i, i };
	ba_run_bind(r, 4, 8, 1);
	CHECK_EQ(names[4].model, 8);
	CHECK_EQ(names[5].model, 9);
	CHECK_EQ(names[8].name, 4);
	ba_run_bind(r, 2, 8, 0);
	CHECK_EQ(names[4].model, 8);
	CHECK_EQ(names[names[4].model].name, 2);
	/* a name outside the machine stands for nothing */
	ba_run_bind(r, FRAMES - 1, 0, 1);
	CHECK_EQ(names[FRAMES - 1].model, 0);
	CHECK_EQ(names[1].name, 1);
	free(r);
}

/* Samples every 10 events, and every 3 ticks. */
TEST(samples_are_due_by_number_and_by_time)
{
	struct tape *t = tape_new(PAGES, 1, 1);
	struct ba_replay_options by_number = { .sample_events = 10 };
	struct ba_replay_options by_time = { .sample_ns = 3 * TAPE_TICK };
	struct play p;

	for (unsigned int i = 0; i < 15; i++)
		tape_free(t, tape_alloc(t, TAPE_MOVABLE, 4), 4);
	p = play(t, by_number);
	CHECK_EQ(p.replay->samples.nr, (t->nr + 9) / 10);
	CHECK_EQ(p.replay->samples.stamps[2], 10);
	play_end(&p);
	p = play(t, by_time);
	CHECK_EQ(p.replay->samples.nr, (t->nr + 2) / 3);
	CHECK_EQ(p.replay->samples.stamps[3], t->e[3].ts_ns);
	play_end(&p);
	tape_end(t);
}
