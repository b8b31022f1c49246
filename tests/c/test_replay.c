// SPDX-License-Identifier: GPL-2.0-only
#include "sim/replay.h"

#include "base/rng.h"
#include "sim/probe.h"

#include "tape.h"

#define PAGES	16384u		/* DMA 1..4095, DMA32 4096..16383 */
#define KEPT	512u		/* blocks that a workload holds at most */

static const struct ba_replay_options none;

static struct tape *t;

static void start(uint32_t cpus)
{
	t = tape_new(PAGES, cpus, 1);
}

/* ---- a workload -------------------------------------------------------- */

struct block {
	pfn_t pfn;
	order_t order;
};

static struct block kept[KEPT];
static uint32_t nr_kept;
static struct ba_rng rng;

static uint32_t some_gfp(void)
{
	static const uint32_t gfp[] = {
		TAPE_MOVABLE, BA_GFP_KERNEL, TAPE_MOVABLE,
		BA_GFP_KERNEL | BA_GFP_RECLAIMABLE, BA_GFP_KERNEL | BA_GFP_DMA,
	};

	return gfp[ba_rng_below(&rng, 5)] | BA_GFP_COMP;
}

static void keep(pfn_t pfn, order_t order)
{
	if (pfn != BA_PFN_NONE)
		kept[nr_kept++] = (struct block){ pfn, order };
}

static struct block drop(void)
{
	uint32_t i = ba_rng_below(&rng, nr_kept);
	struct block block = kept[i];

	kept[i] = kept[--nr_kept];
	return block;
}

static void alloc_some(void)
{
	static const order_t orders[] = { 0, 0, 0, 0, 0, 0, 1, 2, 3, 5 };
	order_t order = orders[ba_rng_below(&rng, 10)];

	if (nr_kept < KEPT)
		keep(tape_alloc(t, some_gfp(), order), order);
}

static void free_some(void)
{
	struct block block;

	if (!nr_kept)
		return;
	block = drop();
	tape_free(t, block.pfn, block.order);
}

/* Up to 15 single pages as a batch. */
static void free_batch(void)
{
	pfn_t pages[15];
	uint32_t nr = 0;

	for (uint32_t i = 0; i < 15 && nr_kept; i++) {
		struct block block = drop();

		if (block.order == 0)
			pages[nr++] = block.pfn;
		else
			keep(block.pfn, block.order);
	}
	for (uint32_t i = 0; i < nr; i++)
		tape_free_line(t, pages[i], 0);
	for (uint32_t i = nr; i-- > 0;)
		tape_batched(t, pages[i]);
}

static void bulk_some(void)
{
	struct ba_ctx ctx = tape_ctx(t);
	struct ba_event *e = tape_line(t, BA_OP_BULK_ENTER, BA_ADDR_NONE, 0);
	uint32_t nr = 2 + ba_rng_below(&rng, 20);
	struct ba_bulk got;
	pfn_t pages[22];

	e->gfp = BA_GFP_KERNEL;
	e->arg = nr;
	got = ba_alloc_pages_bulk(&ctx, t->nodes, BA_GFP_KERNEL, 0, nr, pages);
	tape_lock_lines(t);
	if (got.single)
		tape_alloc_line(t, pages[0], BA_GFP_KERNEL, 0);
	tape_line(t, BA_OP_BULK_EXIT, 0, 0)->arg = got.got;
	for (uint32_t i = 0; i < got.got; i++)
		keep(pages[i], 0);
}

#define BULKS	   0x1u		/* with bulk allocations, and their lines */
#define INTERRUPTS 0x2u		/* some operations are in interrupts */

/* Whole operations on random CPUs; all is freed at last. */
static void work(uint32_t cpus, size_t lines, uint64_t seed,
		 unsigned int flags)
{
	ba_rng_init(&rng, seed, 0);
	nr_kept = 0;
	if (flags & BULKS)
		tape_kprobes(t);
	while (t->nr < lines) {
		uint16_t cpu = (uint16_t)ba_rng_below(&rng, cpus);
		uint32_t task = 10 + 2u * cpu + ba_rng_below(&rng, 2);
		uint32_t what = ba_rng_below(&rng, 16);
		uint32_t level = ba_rng_below(&rng, 16);

		tape_on(t, cpu, (uint16_t)task);
		if (flags & INTERRUPTS && (level == 1 || level == 2))
			tape_irq(t, level, what % 2);
		if (what == 0)
			free_batch();
		else if (what == 1 && flags & BULKS && !t->context &&
			 nr_kept + 22 <= KEPT)
			bulk_some();
		else if (what < 8)
			free_some();
		else
			alloc_some();
	}
	tape_irq(t, 0, 0);
	while (nr_kept)
		free_some();
}

/* ---- scores ------------------------------------------------------------ */

/* R1, for any replay. */
static void check_r1(const struct play *p)
{
	const struct ba_replay_score *s = p->score;
	uint64_t exact = 0, failed = 0;

	for (size_t i = 0; i < p->nr; i++) {
		exact += p->outcomes[i].pfn == p->outcomes[i].recorded_pfn;
		failed += p->outcomes[i].pfn == BA_ADDR_NONE &&
			  p->outcomes[i].recorded_pfn != BA_ADDR_NONE;
	}
	CHECK_EQ(s->allocations, p->nr);
	CHECK_EQ(s->exact, exact);
	CHECK_EQ(s->failed, failed);
	CHECK(s->failed <= s->allocations - s->exact);
	CHECK_EQ(s->exact == s->allocations,
		 s->first_mismatch == UINT64_MAX);
}

/* Whatever the kernel did, the same machine does again. */
TEST(a_recorded_workload_is_replayed_exactly)
{
	for (uint32_t cpus = 1; cpus <= 4; cpus += 3)
		for (uint64_t seed = 1; seed <= 5; seed++) {
			struct play p;

			start(cpus);
			work(cpus, 4000, seed, BULKS);
			p = play(t, none);
			CHECK_PLAYED(t, &p);
			CHECK(p.score->silent_traced > 100);
			CHECK_EQ(p.score->silent_inferred, 0);
			check_r1(&p);
			play_end(&p);
			tape_end(t);
		}
}

/* A trace without any line. */
TEST(nothing_to_replay)
{
	struct play p;

	start(1);
	p = play(t, none);
	CHECK_PLAYED(t, &p);
	CHECK_EQ(p.nr, 0);
	play_on(&p, t, 0, 100);
	CHECK_EQ(p.status, BA_OK);
	CHECK_EQ(p.done, 0);
	play_end(&p);
	tape_end(t);
}

/*
 * The recording machine has other pages free than the model: nothing is
 * exact, every line is served all the same.
 */
TEST(a_replay_out_of_step)
{
	struct play p;

	start(2);
	for (int i = 0; i < 3; i++)
		tape_take(t, BA_GFP_KERNEL, 10);
	t->nr = 0;
	tape_kprobes(t);
	work(2, 4000, 1, INTERRUPTS);
	p = play(t, none);
	CHECK_EQ(p.status, BA_OK);
	CHECK_EQ(p.done, t->nr);
	CHECK(p.score->exact < p.score->allocations / 2);
	CHECK_EQ(p.score->bad_frees, 0);
	check_r1(&p);
	play_end(&p);
	tape_end(t);
}

/* ---- silent operations that no line tells of --------------------------- */

/*
 *	alloc 4096      zone_locked 4096 4097 4098
 *	                (4097 taken in silence)
 *	alloc 4098
 *	free  4097      <-- it must have been taken before
 */
TEST(a_page_freed_without_having_been_allocated)
{
	struct play p;

	start(1);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4096);
	CHECK_EQ(tape_take(t, TAPE_MOVABLE, 0), 4097);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4098);
	tape_free(t, 4097, 0);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4097);
	p = play(t, none);
	CHECK_PLAYED(t, &p);
	CHECK_EQ(p.score->silent_inferred, 1);
	CHECK_EQ(p.score->silent_traced, 0);
	play_end(&p);
	tape_end(t);
}

/*
 *	alloc 4096, free 4096
 *	                (4096 taken in silence again)
 *	alloc 4097
 *	free  4096      <-- freed twice
 */
TEST(a_page_freed_twice)
{
	struct play p;

	start(1);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4096);
	tape_free(t, 4096, 0);
	CHECK_EQ(tape_take(t, TAPE_MOVABLE, 0), 4096);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4097);
	tape_free(t, 4096, 0);
	p = play(t, none);
	CHECK_PLAYED(t, &p);
	CHECK_EQ(p.score->silent_inferred, 1);
	play_end(&p);
	tape_end(t);
}

/*
 *	alloc 4096      zone_locked 4096 4097 4098
 *	                (4097 taken in silence, for good)
 *	alloc 4098      4097 was next in turn; no line speaks of it any more
 */
TEST(a_page_forgotten_at_the_head_of_its_list)
{
	struct play p;

	start(1);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4096);
	CHECK_EQ(tape_take(t, TAPE_MOVABLE, 0), 4097);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4098);
	p = play(t, none);
	CHECK_EQ(p.score->exact, 2);
	CHECK_EQ(p.score->silent_inferred, 1);
	CHECK_EQ(zone_at(p.machine, 1)->pcp[0].count, 0);
	play_end(&p);
	tape_end(t);
}

/* The same with a page that waited per CPU when the trace began. */
TEST(a_page_forgotten_since_the_start)
{
	struct play p;

	start(1);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4096);
	tape_restart(t);
	CHECK_EQ(tape_take(t, TAPE_MOVABLE, 0), 4097);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4098);
	p = play(t, none);
	CHECK_EQ(p.score->exact, 1);
	CHECK_EQ(p.score->silent_inferred, 1);
	play_end(&p);
	tape_end(t);
}

/*
 * With lines for silent operations nothing is guessed, unless these lines
 * are to be ignored.
 */
TEST(standard_mode_guesses_though_there_are_kprobe_events)
{
	struct play p;

	start(1);
	tape_kprobes(t);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4096);
	CHECK_EQ(tape_take(t, TAPE_MOVABLE, 0), 4097);
	CHECK_EQ(tape_alloc(t, TAPE_MOVABLE, 0), 4098);
	p = play(t, none);
	CHECK_EQ(p.score->exact, 1);
	CHECK_EQ(p.score->silent_inferred, 0);
	play_end(&p);
	p = play(t, (struct ba_replay_options){ .standard = true });
	CHECK_EQ(p.score->exact, 2);
	CHECK_EQ(p.score->silent_inferred, 1);
	play_end(&p);
	tape_end(t);
}

/* The pages of a bulk allocation, without its lines, found by their frees. */
TEST(a_bulk_allocation_in_standard_mode)
{
	static const struct ba_replay_options standard = { .standard = true };
	struct ba_event *e;
	struct ba_ctx ctx;
	struct play p;
	pfn_t pages[10];

	start(1);
	tape_alloc(t, TAPE_MOVABLE, 0);
	e = tape_line(t, BA_OP_BULK_ENTER, BA_ADDR_NONE, 0);
	e->gfp = TAPE_MOVABLE;
	e->arg = 10;
	ctx = tape_ctx(t);
	CHECK_EQ(ba_alloc_pages_bulk(&ctx, t->nodes, TAPE_MOVABLE, 0, 10,
				     pages).got, 10);
	tape_lock_lines(t);
	tape_line(t, BA_OP_BULK_EXIT, 0, 0)->arg = 10;
	tape_alloc(t, TAPE_MOVABLE, 0);
	tape_alloc(t, TAPE_MOVABLE, 0);
	for (size_t i = 0; i < 10; i++)
		tape_free(t, pages[i], 0);
	tape_alloc(t, TAPE_MOVABLE, 0);
	p = play(t, standard);
	CHECK_PLAYED(t, &p);
	CHECK_EQ(p.score->silent_inferred, 10);
	CHECK_EQ(p.score->silent_traced, 0);
	play_end(&p);
	tape_end(t);
}

/* ---- samples and fallbacks --------------------------------------------- */

/* Stamps of the samples are `every` lines apart, from the first line on. */
static void check_stamps(const struct play *p, size_t every)
{
	struct ba_replay_samples s = ba_replay_samples(p->replay);

	CHECK_EQ(s.nr, (t->nr + every - 1) / every);
	for (size_t i = 0; i < s.nr; i++) {
		CHECK_EQ(s.stamps[2 * i], i * every);
		CHECK_EQ(s.stamps[2 * i + 1], t->e[i * every].ts_ns);
	}
}

TEST(samples_by_events)
{
	struct ba_replay_options options = { .sample_events = 10 };
	struct play p;

	start(2);
	work(2, 1005, 3, BULKS);
	p = play(t, options);
	check_stamps(&p, 10);
	ba_replay_samples_clear(p.replay);
	CHECK_EQ(ba_replay_samples(p.replay).nr, 0);
	play_end(&p);
	options.sample_events = 1;
	p = play(t, options);
	check_stamps(&p, 1);
	play_end(&p);
	tape_end(t);
}

/* A line every 100 ns, a sample every 1000. */
TEST(samples_by_time)
{
	struct play p;

	start(2);
	work(2, 1005, 3, BULKS);
	p = play(t, (struct ba_replay_options){
		.sample_ns = 10 * TAPE_TICK });
	check_stamps(&p, 10);
	play_end(&p);

	/* a gap in time makes one sample, not many */
	for (size_t i = 500; i < t->nr; i++)
		t->e[i].ts_ns += 1000000000;
	p = play(t, (struct ba_replay_options){
		.sample_ns = 500 * TAPE_TICK });
	CHECK_EQ(ba_replay_samples(p.replay).nr,
		 1 + (t->nr - 500 + 499) / 500);
	CHECK_EQ(ba_replay_samples(p.replay).stamps[2], 500);
	play_end(&p);

	/* both at once */
	p = play(t, (struct ba_replay_options){
		.sample_events = t->nr, .sample_ns = UINT64_MAX / 2 });
	CHECK_EQ(ba_replay_samples(p.replay).nr, 2);
	play_end(&p);
	tape_end(t);
}

/* A row is the machine after the sample's line. */
TEST(rows_of_samples)
{
	struct ba_replay_samples s;
	struct play p;
	size_t words;
	uint32_t *row;

	start(1);
	words = ba_probe_row_words(&t->machine);
	row = calloc(words, sizeof(*row));
	REQUIRE(row);
	tape_kprobes(t);
	tape_alloc(t, TAPE_MOVABLE, 3);
	tape_alloc(t, BA_GFP_KERNEL, 9);
	p = play(t, (struct ba_replay_options){ .sample_events = 1 });
	s = ba_replay_samples(p.replay);
	REQUIRE(s.nr == t->nr);
	ba_probe_sample(&t->start, row);
	CHECK(memcmp(s.rows, row, words * sizeof(*row)) == 0);
	ba_probe_sample(&t->machine, row);
	CHECK(memcmp(s.rows + (s.nr - 1) * words, row,
		     words * sizeof(*row)) == 0);
	CHECK(memcmp(s.rows, row, words * sizeof(*row)) != 0);
	play_end(&p);
	free(row);
	tape_end(t);
}

/*
 *	0 alloc movable, with 3 zone_locked lines before
 *	4 extfrag, zone_locked: an unmovable page from a movable block
 *	  alloc             <-- the fallback is this line's
 */
TEST(a_fallback_belongs_to_the_line_of_its_request)
{
	const struct ba_replay_fallback *f;
	struct play p;
	size_t nr;

	start(1);
	tape_alloc(t, TAPE_MOVABLE, 0);
	CHECK_EQ(tape_alloc(t, BA_GFP_KERNEL, 0), 5120);
	p = play(t, none);
	CHECK_PLAYED(t, &p);
	f = ba_replay_fallbacks(p.replay, &nr);
	REQUIRE(nr == 1);
	CHECK_EQ(f->event, t->nr - 1);
	CHECK_EQ(f->what.kind, BA_TP_EXTFRAG);
	CHECK_EQ(f->what.pfn, 5120);
	CHECK_EQ(f->what.order, 0);
	CHECK_EQ(f->what.migratetype, BA_MT_UNMOVABLE);
	CHECK_EQ(f->what.fallback_order, 10);
	CHECK_EQ(f->what.fallback_migratetype, BA_MT_MOVABLE);
	CHECK_EQ(f->what.change_ownership, 1);
	CHECK_EQ(p.outcomes[1].fallback, BA_MT_MOVABLE);
	CHECK_EQ(p.outcomes[0].fallback, 255);
	ba_replay_fallbacks_clear(p.replay);
	ba_replay_fallbacks(p.replay, &nr);
	CHECK_EQ(nr, 0);
	play_end(&p);
	tape_end(t);
}

/* All tracepoints, if asked for: those of the recording machine, in order. */
TEST(other_tracepoints_are_kept_on_request)
{
	const struct ba_replay_fallback *f;
	struct play p;
	size_t nr, k = 0;

	start(2);
	work(2, 5000, 4, BULKS);
	p = play(t, (struct ba_replay_options){
		.trace_kinds = BA_TP_ZONE_LOCKED | BA_TP_PCPU_DRAIN });
	CHECK_PLAYED(t, &p);
	f = ba_replay_fallbacks(p.replay, &nr);
	for (size_t i = 0; i < t->nr && k < nr; i++) {
		if (t->e[i].op != BA_OP_ZONE_LOCKED &&
		    t->e[i].op != BA_OP_PCPU_DRAIN &&
		    t->e[i].op != BA_OP_EXTFRAG)
			continue;
		CHECK_EQ(f[k].what.pfn, t->e[i].addr);
		CHECK_EQ(f[k].what.migratetype, t->e[i].migratetype);
		k++;
	}
	CHECK_EQ(k, nr);
	CHECK(nr > 1000);
	play_end(&p);
	tape_end(t);
}

/* ---- slices (R3) ------------------------------------------------------- */

/* Two replays came to the same. */
static void check_same(const struct play *a, const struct play *b)
{
	struct ba_replay_samples sa = ba_replay_samples(a->replay);
	struct ba_replay_samples sb = ba_replay_samples(b->replay);
	size_t words = ba_probe_row_words(a->machine);
	size_t fa, fb;
	const struct ba_replay_fallback *la = ba_replay_fallbacks(a->replay,
								  &fa);
	const struct ba_replay_fallback *lb = ba_replay_fallbacks(b->replay,
								  &fb);

	CHECK_EQ(b->status, BA_OK);
	CHECK_EQ(a->done, b->done);
	REQUIRE(a->nr == b->nr && sa.nr == sb.nr && fa == fb);
	CHECK(memcmp(a->outcomes, b->outcomes,
		     a->nr * sizeof(*a->outcomes)) == 0);
	CHECK(memcmp(a->score, b->score, sizeof(*a->score)) == 0);
	CHECK(memcmp(sa.stamps, sb.stamps,
		     2 * sa.nr * sizeof(*sa.stamps)) == 0);
	CHECK(memcmp(sa.rows, sb.rows, sa.nr * words * sizeof(*sa.rows)) == 0);
	CHECK(fa == 0 || memcmp(la, lb, fa * sizeof(*la)) == 0);
	CHECK_EQ(ba_machine_hash(a->machine), ba_machine_hash(b->machine));
}

/* All at once, and in slices of 1, 7 and 1000 lines. */
static void check_slices(struct ba_replay_options options)
{
	static const size_t slices[] = { 1, 7, 1000 };
	struct play whole = play(t, options);

	CHECK_EQ(whole.done, t->nr);
	for (size_t i = 0; i < 3; i++) {
		struct play p = play_new(t, options);

		while (p.done < t->nr && p.status == BA_OK)
			play_on(&p, t, t->nr, slices[i]);
		check_same(&whole, &p);
		play_end(&p);
	}
	play_end(&whole);
}

TEST(r3_slices)
{
	struct ba_replay_options options = {
		.sample_events = 13, .sample_ns = 1700 };

	start(2);
	work(2, 5000, 7, BULKS | INTERRUPTS);
	for (size_t i = 0; i < t->nr; i++)	/* ten lines share a stamp */
		t->e[i].ts_ns = t->e[i].ts_ns / 1000 * 1000;
	check_slices(options);
	options.standard = true;
	check_slices(options);
	tape_end(t);
}

/* Out of step, and with silence to be guessed. */
TEST(r3_slices_out_of_step)
{
	struct ba_replay_options options = { .sample_events = 13 };

	start(2);
	for (int i = 0; i < 3; i++)
		tape_take(t, BA_GFP_KERNEL, 10);
	t->nr = 0;
	work(2, 5000, 8, INTERRUPTS);
	check_slices(options);
	for (size_t i = 0; i < t->nr; i += 11)
		t->e[i].op = BA_OP_SNAP;	/* lines that are missing */
	check_slices(options);
	tape_end(t);
}

/*
 * A window that slides over the trace: what is kept back is passed again,
 * with more behind it.
 */
TEST(r3_streaming)
{
	struct ba_replay_options options = { .sample_events = 1009 };
	struct play whole, p;

	start(2);
	work(2, BA_REPLAY_LOOKAHEAD + 20000, 9, BULKS | INTERRUPTS);
	whole = play(t, options);
	CHECK_EQ(whole.done, t->nr);
	p = play_new(t, options);
	play_on(&p, t, BA_REPLAY_LOOKAHEAD, SIZE_MAX);
	CHECK_EQ(p.done, 0);
	while (p.done < t->nr && p.status == BA_OK) {
		size_t view = p.done + BA_REPLAY_LOOKAHEAD + 3000, before;

		if (view > t->nr)
			view = t->nr;
		before = p.done;
		play_on(&p, t, view, SIZE_MAX);
		CHECK_EQ(p.done, view == t->nr ? t->nr : before + 3000);
		REQUIRE(p.done > before);
	}
	check_same(&whole, &p);
	play_end(&p);
	play_end(&whole);
	tape_end(t);
}
