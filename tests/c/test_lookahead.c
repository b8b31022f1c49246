// SPDX-License-Identifier: GPL-2.0-only
#include "sim/lookahead.h"

#include "testlib.h"

#define FRAMES	64u
#define NONE	BA_LOOKAHEAD_NONE

/* Short names for the lines of a trace. */
#define ALLOC	BA_OP_PAGE_ALLOC
#define FREE	BA_OP_PAGE_FREE
#define BATCHED	BA_OP_PAGE_FREE_BATCHED
#define LOCKED	BA_OP_ZONE_LOCKED
#define DRAIN	BA_OP_PCPU_DRAIN
#define SOFT	BA_CTX_SOFTIRQ
#define HARD	BA_CTX_HARDIRQ

/* A line: what, frame, order. */
#define LINE(what, pfn, o) { .op = (what), .addr = (pfn), .order = (o) }
/* A line of some task on some CPU: CPU, task, context, what, frame. */
#define ON(c, t, ctx, what, pfn) \
	{ .cpu = (c), .task = (t), .context = (ctx), .op = (what), \
	  .addr = (pfn) }

static struct ba_lookahead la;

static void view(size_t done, const struct ba_event *events, size_t nr)
{
	CHECK_EQ(ba_lookahead_view(&la, done, events, nr), BA_OK);
}

static void see(const struct ba_event *events, size_t nr)
{
	CHECK_EQ(ba_lookahead_init(&la, FRAMES), BA_OK);
	view(0, events, nr);
}

#define SEE(events) see((events), sizeof(events) / sizeof((events)[0]))

static void done(void)
{
	ba_lookahead_deinit(&la);
	CHECK(!la.hints && !la.frame && la.nr_frames == 0);
}

/*
 *	0 alloc 16        3 batched 16
 *	1 free  16  <--+  4 free    17   not a batch: finished here
 *	2 free  17  <-----5 batched 17   of line 4, not of line 2
 */
TEST(a_free_is_batched_if_a_later_line_finishes_it)
{
	static const struct ba_event events[] = {
		LINE(ALLOC, 16, 0), LINE(FREE, 16, 0), LINE(FREE, 17, 0),
		LINE(BATCHED, 16, 0), LINE(FREE, 17, 0), LINE(BATCHED, 17, 0),
		LINE(BATCHED, 18, 0),
	};

	SEE(events);
	CHECK_EQ(la.hints[1] & BA_HINT_BATCHED, BA_HINT_BATCHED);
	CHECK_EQ(la.hints[2] & BA_HINT_BATCHED, 0);
	CHECK_EQ(la.hints[4] & BA_HINT_BATCHED, BA_HINT_BATCHED);
	CHECK_EQ(la.hints[0] | la.hints[3] | la.hints[5] | la.hints[6], 0);
	done();
}

/*
 *	frame 8 in use at the start, 9 free
 *
 *	0 free  8   <-- silent: line 3 frees it again, no line allocates it
 *	1 free  9       nobody was seen to take it: silent from the start on
 *	2 alloc 10  4 free 10  <-- not silent, line 5 allocates it
 *	3 free  8   5 alloc 10 6 free 10
 */
TEST(a_page_freed_twice_was_taken_in_silence)
{
	static const struct ba_event events[] = {
		LINE(FREE, 8, 0), LINE(FREE, 9, 0), LINE(ALLOC, 10, 0),
		LINE(FREE, 8, 0), LINE(FREE, 10, 0), LINE(ALLOC, 10, 0),
		LINE(FREE, 10, 0),
	};

	CHECK_EQ(ba_lookahead_init(&la, FRAMES), BA_OK);
	la.frame[8] = BA_SEEN_USED;
	view(0, events, 7);
	CHECK_EQ(la.hints[0], BA_HINT_SILENT);
	CHECK_EQ(la.hints[1] | la.hints[3] | la.hints[4] | la.hints[6], 0);
	CHECK_EQ(la.frame[8], 0);
	CHECK_EQ(la.frame[9], BA_SEEN_SILENT);
	CHECK_EQ(la.frame[10], 0);
	done();
}

/*
 *	0 free  8, order 2   8 9 10 11    <-- silent: one of its frames, 10,
 *	1 alloc 8, order 1   8 9              is freed, not allocated
 *	2 free 10, order 0       10
 */
TEST(every_frame_of_a_block_is_followed)
{
	static const struct ba_event events[] = {
		LINE(FREE, 8, 2), LINE(ALLOC, 8, 1), LINE(FREE, 10, 0),
	};

	CHECK_EQ(ba_lookahead_init(&la, FRAMES), BA_OK);
	for (pfn_t pfn = 8; pfn < 12; pfn++)
		la.frame[pfn] = BA_SEEN_USED;
	view(0, events, 3);
	CHECK_EQ(la.hints[0], BA_HINT_SILENT);
	CHECK_EQ(la.frame[8], BA_SEEN_USED);
	CHECK_EQ(la.frame[9], BA_SEEN_USED);
	CHECK_EQ(la.frame[10], 0);
	CHECK_EQ(la.frame[11], 0);
	done();
}

/* Frames that the machine has not are not followed; nor is an order of 15. */
TEST(lines_of_foreign_frames_say_nothing)
{
	static const struct ba_event events[] = {
		LINE(FREE, FRAMES, 0), LINE(FREE, FRAMES - 1, 1),
		LINE(ALLOC, BA_ADDR_NONE, 0), LINE(FREE, 0, 255),
		LINE(BATCHED, FRAMES - 1, 0), LINE(BATCHED, FRAMES, 0),
		LINE(FREE, FRAMES - 1, 0),
	};

	SEE(events);
	for (size_t i = 0; i < 7; i++)
		CHECK_EQ(la.hints[i], 0);
	for (pfn_t pfn = 0; pfn < FRAMES - 1; pfn++)
		CHECK_EQ(la.frame[pfn], 0);
	CHECK_EQ(la.frame[FRAMES - 1], BA_SEEN_SILENT);
	done();
}

/*
 *	events 0 1 2 3 4 5        view of 0..3, then 2..5, then 6..7
 *	             ^ done
 */
TEST(the_view_slides)
{
	static const struct ba_event events[] = {
		LINE(ALLOC, 1, 0), LINE(FREE, 2, 0), LINE(FREE, 1, 0),
		LINE(FREE, 3, 0), LINE(BATCHED, 1, 0), LINE(ALLOC, 4, 0),
		LINE(BATCHED, 3, 0), LINE(FREE, 2, 0),
	};

	see(events, 4);
	CHECK_EQ(la.hints[2], 0);
	CHECK_EQ(la.rank[3], 1);
	la.hints[3] = BA_HINT_DONE;
	view(2, events + 2, 4);
	CHECK_EQ(la.base, 2);
	CHECK_EQ(la.hints[0], BA_HINT_BATCHED);
	CHECK_EQ(la.hints[1], BA_HINT_DONE);
	CHECK_EQ(la.hints[3], 0);
	CHECK_EQ(ba_lookahead_rank(&la, 0), 1);
	CHECK_EQ(ba_lookahead_rank(&la, 3), 1);
	CHECK_EQ(ba_lookahead_rank(&la, 4), 2);
	/* lines 1 and 3 are out of view: what would be hinted is not */
	view(4, events + 6, 2);
	CHECK_EQ(la.base, 6);
	CHECK_EQ(la.hints[0] | la.hints[1], 0);
	CHECK_EQ(la.rank[0], 2);
	/* frame 2 will be taken in silence, if it is still to come */
	CHECK_EQ(la.frame[2] & BA_SEEN_SILENT, BA_SEEN_SILENT);
	done();
}

/* The same hints whether all is in view at once or a line more each time. */
TEST(a_growing_view_gives_the_same_hints)
{
	struct ba_event events[200];
	uint8_t hints[200];

	for (size_t i = 0; i < 200; i++)
		events[i] = (struct ba_event)LINE(i % 7 == 3 ? ALLOC :
			i % 5 == 2 ? BATCHED : FREE, i * 5 % 16, 0);
	see(events, 200);
	memcpy(hints, la.hints, 200);
	CHECK_EQ(la.rank[199], la.allocations - (events[199].op == ALLOC));
	done();
	CHECK_EQ(ba_lookahead_init(&la, FRAMES), BA_OK);
	for (size_t nr = 1; nr <= 200; nr++)
		view(0, events, nr);
	CHECK(memcmp(hints, la.hints, 200) == 0);
	done();
}

/* mm_page_alloc lines before each line; past the view, all of them. */
TEST(a_rank_counts_allocations)
{
	static const struct ba_event events[] = {
		LINE(FREE, 1, 0), LINE(ALLOC, 1, 0), LINE(ALLOC, 2, 0),
		LINE(FREE, 1, 0), LINE(ALLOC, BA_ADDR_NONE, 0),
	};
	static const uint32_t ranks[] = { 0, 0, 1, 2, 2, 3, 3 };

	SEE(events);
	for (size_t i = 0; i < 7; i++)
		CHECK_EQ(ba_lookahead_rank(&la, i), ranks[i]);
	done();
}

/* kprobe events tell of silent operations; marks and lost lines do not. */
TEST(kprobes_are_noticed)
{
	static const struct ba_event marks[] = {
		LINE(BA_OP_SNAP, 0, 0), LINE(BA_OP_LOST, 0, 0),
		LINE(BA_OP_KMALLOC, 0, 0), LINE(ALLOC, 1, 0),
	};
	static const struct ba_event kprobe[] = { LINE(BA_OP_VMFOLD, 0, 0) };

	SEE(marks);
	CHECK(!la.kprobes);
	view(4, kprobe, 1);
	CHECK(la.kprobes);
	view(1, marks, 4);
	CHECK(la.kprobes);
	done();
}

/*
 *	line  CPU 0             CPU 1
 *	0     free   task 7
 *	1                       free   task 8
 *	2     alloc  task 7
 *	3                       alloc  task 9
 */
TEST(next_and_own_line_of_two_cpus)
{
	static const struct ba_event events[] = {
		ON(0, 7, 0, FREE, 1), ON(1, 8, 0, FREE, 2),
		ON(0, 7, 0, ALLOC, 1), ON(1, 9, 0, ALLOC, 2),
	};

	SEE(events);
	CHECK_EQ(ba_lookahead_next(&la, 0), 2);
	CHECK_EQ(ba_lookahead_own(&la, 0), 2);
	CHECK(!ba_lookahead_interrupted(&la, 0));
	/* another task runs: nothing tells how line 1 went on */
	CHECK_EQ(ba_lookahead_next(&la, 1), 3);
	CHECK_EQ(ba_lookahead_own(&la, 1), NONE);
	CHECK(!ba_lookahead_interrupted(&la, 1));
	CHECK_EQ(ba_lookahead_next(&la, 2), NONE);
	CHECK_EQ(ba_lookahead_own(&la, 2), NONE);
	CHECK(!ba_lookahead_interrupted(&la, 2));
	done();
}

/*
 *	line  CPU 0                       CPU 1
 *	0     .....  task 7  free  1
 *	1     ..s..  task 7  free  2
 *	2     ..h..  task 7  free  3
 *	3                                 ..... task 7  free 9
 *	4     ..h..  task 7  alloc 3
 *	5     ..s..  task 7  alloc 2
 *	6     .....  task 7  alloc 1
 */
TEST(nested_interrupts)
{
	static const struct ba_event events[] = {
		ON(0, 7, 0, FREE, 1), ON(0, 7, SOFT, FREE, 2),
		ON(0, 7, HARD, FREE, 3), ON(1, 7, 0, FREE, 9),
		ON(0, 7, SOFT | HARD, ALLOC, 3), ON(0, 7, SOFT, ALLOC, 2),
		ON(0, 7, 0, ALLOC, 1),
	};

	SEE(events);
	CHECK_EQ(ba_lookahead_own(&la, 0), 6);
	CHECK(ba_lookahead_interrupted(&la, 0));
	CHECK_EQ(ba_lookahead_own(&la, 1), 5);
	CHECK(ba_lookahead_interrupted(&la, 1));
	CHECK_EQ(ba_lookahead_own(&la, 2), 4);
	CHECK(!ba_lookahead_interrupted(&la, 2));
	CHECK_EQ(ba_lookahead_own(&la, 4), 5);
	CHECK(!ba_lookahead_interrupted(&la, 4));
	done();
}

/* A softirq that runs as a task of its own (ksoftirqd) is no interrupt. */
TEST(an_interrupt_has_the_task_it_interrupts)
{
	static const struct ba_event events[] = {
		ON(0, 7, 0, FREE, 1), ON(0, 15, SOFT, FREE, 2),
		ON(0, 7, 0, ALLOC, 2),
	};

	SEE(events);
	CHECK(!ba_lookahead_interrupted(&la, 0));
	CHECK_EQ(ba_lookahead_own(&la, 0), NONE);
	done();
}

/* Bits of the context column to levels and depths. */
TEST(level_and_depth_of_a_line)
{
	struct ba_event e = { .context = BA_CTX_IRQS_OFF };

	CHECK_EQ(ba_event_level(&e), 0);
	CHECK_EQ(ba_event_depth(&e), 0);
	e.context = SOFT | BA_CTX_IRQS_OFF | 3u << BA_CTX_DEPTH_SHIFT;
	CHECK_EQ(ba_event_level(&e), 1);
	CHECK_EQ(ba_event_depth(&e), 3);
	e.context = SOFT | HARD | 14u << BA_CTX_DEPTH_SHIFT;
	CHECK_EQ(ba_event_level(&e), 2);
	CHECK_EQ(ba_event_depth(&e), 14);
	e.context = HARD | BA_CTX_NMI |
		    BA_CTX_DEPTH_UNKNOWN << BA_CTX_DEPTH_SHIFT;
	CHECK_EQ(ba_event_level(&e), 3);
	CHECK_EQ(ba_event_depth(&e), 0);
}

/*
 *	free 1 ... drain 1           it waited per CPU
 *	free 2 ... alloc 2           so did this one
 *	free 3 ... zone_locked 3     it came from the buddy lists again
 *	free 4 ... free 4, extfrag 4 the same
 *	free 5                       nothing tells
 */
TEST(where_a_freed_page_went)
{
	static const struct ba_event events[] = {
		LINE(FREE, 1, 0), LINE(FREE, 2, 0), LINE(FREE, 3, 0),
		LINE(FREE, 4, 0), LINE(FREE, 5, 0), LINE(BATCHED, 3, 0),
		LINE(LOCKED, 3, 0), LINE(ALLOC, 3, 0), LINE(DRAIN, 1, 0),
		LINE(LOCKED, 1, 0), LINE(ALLOC, 2, 0), LINE(FREE, 4, 0),
		LINE(BA_OP_EXTFRAG, 4, 0),
	};

	SEE(events);
	CHECK_EQ(ba_lookahead_freed_to(&la, 0), BA_FREED_PCP);
	CHECK_EQ(ba_lookahead_freed_to(&la, 1), BA_FREED_PCP);
	CHECK_EQ(ba_lookahead_freed_to(&la, 2), BA_FREED_BUDDY);
	CHECK_EQ(ba_lookahead_freed_to(&la, 3), BA_FREED_BUDDY);
	CHECK_EQ(ba_lookahead_freed_to(&la, 4), BA_FREED_UNKNOWN);
	CHECK_EQ(ba_lookahead_freed_to(&la, 12), BA_FREED_UNKNOWN);
	done();
}

/*
 *	0 CPU 0  zone_locked 5     1 CPU 1  free 9
 *	2 CPU 0  alloc 5           <-- from the buddy lists
 *	3 CPU 0  zone_locked 6     4 CPU 0  zone_locked 7
 *	5 CPU 0  alloc 6           <-- a refill: 7 stands between
 *	6 CPU 0  extfrag 8         7 CPU 0  alloc 8   <-- from the buddy lists
 *	8 CPU 1  alloc 3           <-- CPU 1's last line is a free
 */
TEST(a_page_straight_from_the_buddy_lists)
{
	static const struct ba_event events[] = {
		ON(0, 1, 0, LOCKED, 5), ON(1, 2, 0, FREE, 9),
		ON(0, 1, 0, ALLOC, 5), ON(0, 1, 0, LOCKED, 6),
		ON(0, 1, 0, LOCKED, 7), ON(0, 1, 0, ALLOC, 6),
		ON(0, 1, 0, BA_OP_EXTFRAG, 8), ON(0, 1, 0, ALLOC, 8),
		ON(1, 2, 0, ALLOC, 3),
	};

	SEE(events);
	CHECK(ba_lookahead_from_buddy(&la, 2));
	CHECK(!ba_lookahead_from_buddy(&la, 5));
	CHECK(ba_lookahead_from_buddy(&la, 7));
	CHECK(!ba_lookahead_from_buddy(&la, 8));
	CHECK(!ba_lookahead_from_buddy(&la, 0));
	done();
}

/*
 * Frames 1 and 2 wait on a list; its head is handed out, its tail drained.
 *
 *	0 free 1, 1 free 2, 2 alloc 2, 3 alloc 1    2 is nearer to the head
 *	4 drain 3, 5 alloc 4                        4 is nearer than 3
 */
TEST(the_nearer_of_two_frames)
{
	static const struct ba_event events[] = {
		LINE(FREE, 1, 0), LINE(FREE, 2, 0), LINE(ALLOC, 2, 0),
		LINE(ALLOC, 1, 0), LINE(DRAIN, 3, 0), LINE(ALLOC, 4, 0),
	};

	SEE(events);
	CHECK_EQ(ba_lookahead_nearer(&la, 2, 1, 2), 1);
	CHECK_EQ(ba_lookahead_nearer(&la, 2, 2, 1), -1);
	CHECK_EQ(ba_lookahead_nearer(&la, 3, 1, 2), -1);
	CHECK_EQ(ba_lookahead_nearer(&la, 0, 3, 4), 1);
	CHECK_EQ(ba_lookahead_nearer(&la, 0, 4, 3), -1);
	CHECK_EQ(ba_lookahead_nearer(&la, 5, 3, 4), 1);
	CHECK_EQ(ba_lookahead_nearer(&la, 0, 5, 6), 0);
	CHECK_EQ(ba_lookahead_nearer(&la, 6, 1, 2), 0);
	done();
}

/*
 *	0 free 1   1 zone_locked 2   2 alloc 2   3 free 3 | 4 drain 1
 *
 * Frame 4 is on a per-CPU list at the start; no line ever speaks of it. Of 5
 * neither the start nor a line says anything.
 */
TEST(a_frame_is_forgotten_after_its_last_line)
{
	static const struct ba_event events[] = {
		LINE(FREE, 1, 0), LINE(LOCKED, 2, 0), LINE(ALLOC, 2, 0),
		LINE(FREE, 3, 0), LINE(DRAIN, 1, 0),
	};

	CHECK_EQ(ba_lookahead_init(&la, FRAMES), BA_OK);
	la.frame[4] = BA_SEEN_LISTED;
	la.frame[3] = BA_SEEN_LISTED;
	view(0, events, 4);
	CHECK(!ba_lookahead_forgotten(&la, 0, 1));
	CHECK(ba_lookahead_forgotten(&la, 1, 1));
	CHECK(!ba_lookahead_forgotten(&la, 2, 2));
	CHECK(ba_lookahead_forgotten(&la, 3, 2));
	CHECK(!ba_lookahead_forgotten(&la, 0, 3));
	CHECK(ba_lookahead_forgotten(&la, 0, 4));
	CHECK(!ba_lookahead_forgotten(&la, 0, 5));
	/* one line more, two done: frame 1 is spoken of again */
	view(2, events + 2, 3);
	CHECK(!ba_lookahead_forgotten(&la, 2, 1));
	CHECK(ba_lookahead_forgotten(&la, 1, 2));
	CHECK(!ba_lookahead_forgotten(&la, 0, 2));
	CHECK(ba_lookahead_forgotten(&la, 2, 3));
	CHECK(ba_lookahead_forgotten(&la, 0, 4));
	done();
}

/*
 *	0 CPU 0 task 7          free
 *	1 CPU 1 task 8          free
 *	2 CPU 0 task 40         balance
 *	3 CPU 0 task 7 softirq  alloc    not the task's own request
 *	4 CPU 1 task 7          alloc    it moved to another CPU
 *	5 CPU 0 task 40         free
 */
static const struct ba_event balance[] = {
	ON(0, 7, 0, FREE, 1), ON(1, 8, 0, FREE, 2),
	ON(0, 40, 0, BA_OP_BALANCE, 0), ON(0, 7, SOFT, ALLOC, 3),
	ON(1, 7, 0, ALLOC, 4), ON(0, 40, 0, FREE, 5),
};

TEST(what_a_task_asks_for_next)
{
	SEE(balance);
	CHECK_EQ(ba_lookahead_next_alloc(&la, 2, 7), 4);
	CHECK_EQ(ba_lookahead_next_alloc(&la, 4, 7), NONE);
	CHECK_EQ(ba_lookahead_next_alloc(&la, 2, 8), NONE);
	done();
}

/*
 *	1 and 2 on a list, both taken in silence; then 1 is freed again
 */
TEST(a_frame_freed_again_tells_nothing)
{
	static const struct ba_event events[] = {
		LINE(LOCKED, 9, 0), LINE(FREE, 1, 0), LINE(ALLOC, 1, 0),
	};

	SEE(events);
	CHECK_EQ(ba_lookahead_nearer(&la, 0, 1, 2), 0);
	CHECK_EQ(ba_lookahead_nearer(&la, 0, 2, 1), 0);
	CHECK_EQ(ba_lookahead_nearer(&la, 2, 1, 2), -1);
	done();
}

/*
 *	0 task 40  kswapd_wake       5 task 40  kswapd_sleep
 *	1 task 7   free              6 task 40  free       of another run
 *	2 task 40  free              7 task 41  kswapd_wake
 *	3 task 41  kswapd_wake       8 task 41  free
 *	4 task 40  suitable          9 task 41  balance_end
 */
static const struct ba_event kswapds[] = {
	ON(0, 40, 0, BA_OP_KSWAPD_WAKE, 0), ON(0, 7, 0, FREE, 1),
	ON(1, 40, 0, FREE, 2), ON(0, 41, 0, BA_OP_KSWAPD_WAKE, 0),
	ON(0, 40, 0, BA_OP_COMPACTION_SUITABLE, 0),
	ON(0, 40, 0, BA_OP_KSWAPD_SLEEP, 0), ON(0, 40, 0, FREE, 3),
	ON(0, 41, 0, BA_OP_KSWAPD_WAKE, 0), ON(0, 41, 0, FREE, 4),
	ON(0, 41, 0, BA_OP_BALANCE_END, 0),
};

TEST(kswapd_works_until_its_last_line_before_the_next_run)
{
	SEE(kswapds);
	CHECK_EQ(ba_lookahead_balanced(&la, 0), 4);
	CHECK_EQ(ba_lookahead_balanced(&la, 2), 4);
	CHECK_EQ(ba_lookahead_balanced(&la, 4), 4);
	/* a run without a line of its own */
	CHECK_EQ(ba_lookahead_balanced(&la, 3), 3);
	CHECK_EQ(ba_lookahead_balanced(&la, 7), 9);
	/* a trace that has no kprobe events cannot end with one */
	la.standard = true;
	CHECK_EQ(ba_lookahead_balanced(&la, 7), 8);
	done();
}

/* The last line of a long run is found from a line on the way. */
TEST(a_run_of_kswapd_longer_than_the_window)
{
	static struct ba_event events[100000];
	const size_t nr = sizeof(events) / sizeof(events[0]);

	for (size_t i = 0; i < nr; i++)
		events[i] = (struct ba_event){ .op = ALLOC, .task = 7,
					       .addr = FRAMES };
	events[0] = kswapds[0];
	events[50000] = events[90000] = kswapds[2];
	SEE(events);
	CHECK_EQ(ba_lookahead_balanced(&la, 0), 50000);
	CHECK_EQ(ba_lookahead_balanced(&la, 50000), 90000);
	CHECK_EQ(ba_lookahead_balanced(&la, 90000), 90000);
	done();
}

/*
 *	0 free   8                      0 free   8
 *	1 locked 8   <-- silent         1 drain  8   none: compaction took it
 *	2 free   8                      2 free   8
 */
TEST(where_a_silent_page_was_taken_from)
{
	static const struct ba_event refilled[] = {
		LINE(FREE, 8, 0), LINE(LOCKED, 8, 0), LINE(FREE, 8, 0),
	};
	static const struct ba_event drained[] = {
		LINE(FREE, 8, 0), LINE(DRAIN, 8, 0), LINE(FREE, 8, 0),
	};
	static const struct ba_event block[] = {
		LINE(FREE, 8, 0), LINE(LOCKED, 8, 1), LINE(FREE, 8, 0),
	};
	const struct ba_event *traces[] = { refilled, drained, block };
	/* a block that a refill brought is no page of the first list */
	static const size_t hinted[] = { 1, NONE, 0 };

	for (size_t n = 0; n < 3; n++) {
		CHECK_EQ(ba_lookahead_init(&la, FRAMES), BA_OK);
		la.frame[8] = BA_SEEN_USED;
		view(0, traces[n], 3);
		for (size_t i = 0; i < 3; i++)
			CHECK_EQ(la.hints[i], i == hinted[n] ? BA_HINT_SILENT :
							       0);
		CHECK_EQ(la.frame[8], 0);
		done();
	}
}

/* In a standard replay kprobe lines neither come next nor stand between. */
TEST(kprobe_lines_do_not_count_in_standard_mode)
{
	static const struct ba_event events[] = {
		ON(0, 7, 0, FREE, 1), ON(0, 8, 0, BA_OP_VMFOLD, 0),
		ON(0, 7, 0, ALLOC, 1), ON(1, 9, 0, ALLOC, 2),
		ON(0, 7, 0, FREE, 1),
	};

	SEE(events);
	CHECK_EQ(ba_lookahead_next(&la, 0), 1);
	CHECK_EQ(ba_lookahead_own(&la, 0), NONE);
	CHECK(ba_lookahead_apart(&la, 0, 2));
	la.standard = true;
	CHECK_EQ(ba_lookahead_next(&la, 0), 2);
	CHECK_EQ(ba_lookahead_own(&la, 0), 2);
	CHECK(!ba_lookahead_apart(&la, 0, 2));
	CHECK(ba_lookahead_apart(&la, 2, 4));
	CHECK(ba_lookahead_apart(&la, 4, NONE));
	done();
}

TEST(lines_under_the_zone_lock_are_noticed)
{
	static const struct ba_event events[] = {
		LINE(ALLOC, 1, 0), LINE(LOCKED, 2, 0), LINE(DRAIN, 1, 0),
	};

	see(events, 1);
	CHECK(!la.refills && !la.drains);
	view(1, events + 1, 1);
	CHECK(la.refills && !la.drains);
	view(1, events + 2, 1);
	CHECK(la.refills && la.drains);
	done();
}

/*
 * Frames 8 and 9 free at the start, 9 on a per-CPU list; no line brings them
 * to one before they are freed. Where refills have lines, only 9 can have
 * been handed out in silence.
 */
TEST(a_page_that_no_refill_brought_was_not_taken_in_silence)
{
	static const struct ba_event events[] = {
		LINE(LOCKED, 1, 0), LINE(FREE, 8, 0), LINE(FREE, 9, 0),
	};

	for (size_t first = 0; first < 2; first++) {
		CHECK_EQ(ba_lookahead_init(&la, FRAMES), BA_OK);
		la.frame[9] = BA_SEEN_LISTED;
		view(0, events + first, 3 - first);
		CHECK_EQ(la.frame[8], first ? BA_SEEN_SILENT : 0);
		CHECK(la.frame[9] & BA_SEEN_SILENT);
		done();
	}
}

/*
 * kswapd 40 was at work when the trace began: until line 2. Its later runs
 * have a line at their begin. 41 says nothing before it wakes.
 */
TEST(kswapd_at_work_before_the_trace)
{
	static const struct ba_event events[] = {
		ON(0, 40, 0, FREE, 1), ON(0, 7, 0, FREE, 2),
		ON(0, 40, 0, FREE, 3), ON(0, 40, 0, BA_OP_BALANCE_END, 0),
		ON(0, 41, 0, BA_OP_KSWAPD_WAKE, 0),
		ON(0, 40, 0, BA_OP_KSWAPD_SLEEP, 0), ON(0, 40, 0, FREE, 4),
		ON(0, 40, 0, BA_OP_KSWAPD_WAKE, 0),
	};

	CHECK_EQ(ba_lookahead_init(&la, FRAMES), BA_OK);
	la.standard = true;
	view(0, events, 8);
	for (size_t i = 0; i < 8; i++)
		CHECK_EQ(la.hints[i] & BA_HINT_BALANCED,
			 i == 2 ? BA_HINT_BALANCED : 0);
	done();
}

/* A slab line: what, kernel address as frame and bytes behind it, argument. */
#define SLAB(what, pfn, at, a) \
	{ .op = (what), .addr = BASE + (pfn) * BA_PAGE_SIZE + (at), .arg = (a) }
#define BASE	UINT64_C(0xffff888000000000)

/*
 * Blocks that become slabs, and those that no slab line, or only that of a
 * large kmalloc, speaks of.
 */
TEST(blocks_of_slabs)
{
	static const struct ba_event events[] = {
		LINE(ALLOC, 16, 1), LINE(ALLOC, 20, 0), LINE(ALLOC, 24, 2),
		SLAB(BA_OP_CACHE_ALLOC, 17, 64, 0),
		SLAB(BA_OP_KMALLOC, 24, 0, 9000),
		SLAB(BA_OP_KFREE, 20, 0, 0),
		LINE(FREE, 16, 1), LINE(FREE, 20, 0), LINE(FREE, 24, 2),
		LINE(ALLOC, 16, 1), LINE(FREE, 16, 1),
		SLAB(BA_OP_CACHE_FREE, 30, 8, 1), LINE(FREE, 30, 0),
	};

	CHECK_EQ(ba_lookahead_init(&la, FRAMES), BA_OK);
	CHECK_EQ(ba_lookahead_with_slabs(&la, BASE), BA_OK);
	view(0, events, 13);
	for (size_t i = 0; i < 13; i++)
		CHECK_EQ(la.hints[i] & BA_HINT_SLAB,
			 i == 0 || i == 6 || i == 12 ? BA_HINT_SLAB : 0);
	CHECK_EQ(ba_lookahead_frame(&la, &events[3]), 17);
	CHECK_EQ(ba_lookahead_frame(&la, &events[0]), FRAMES);
	done();
}

/* Name 2 is that of a cache of which an object is freed twice in one slab. */
TEST(caches_with_silent_operations)
{
	static const struct ba_event events[] = {
		SLAB(BA_OP_CACHE_FREE, 3, 64, 1),
		SLAB(BA_OP_CACHE_ALLOC, 3, 64, 0),
		SLAB(BA_OP_CACHE_FREE, 3, 64, 1),
		LINE(FREE, 3, 0), LINE(ALLOC, 3, 0),
		SLAB(BA_OP_CACHE_FREE, 3, 64, 1),
		SLAB(BA_OP_CACHE_FREE, 4, 64, 2),
		SLAB(BA_OP_CACHE_FREE, 4, 72, 2),
		SLAB(BA_OP_CACHE_FREE, 4, 64, 2),
	};

	CHECK_EQ(ba_lookahead_init(&la, FRAMES), BA_OK);
	CHECK_EQ(ba_lookahead_with_slabs(&la, BASE), BA_OK);
	view(0, events, 9);
	CHECK(!la.slabs->silent[1] && la.slabs->silent[2]);
	done();
}
