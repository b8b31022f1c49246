/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lookahead - what the later lines of a trace tell about an earlier one: is
 * a free finished by a batch, was a page taken in silence, and which of two
 * operations came first.
 *
 *	line  1  mm_page_free          0x10   <-- hint: batched (line 3)
 *	line  2  mm_page_free          0x11   <-- hint: batched (line 4)
 *	line  3  mm_page_free_batched  0x10
 *	line  4  mm_page_free_batched  0x11   <-- hint: silent (line 9 frees
 *	  ...                                     0x11, no line allocates it)
 *	line  9  mm_page_free          0x11
 *
 * Each line that comes into view is linked once: its frames are followed
 * through a table of what the trace has said of them so far.
 *
 * An interrupt shows as lines of a higher context with the pid of the task
 * that it interrupts, and lasts until that task's next line:
 *
 *	..... task 7  mm_page_free  A      printed, A not yet on its list?
 *	..s1. task 7  mm_page_free  B  \   the interrupt
 *	..s1. task 7  mm_page_alloc C  /
 *	..... task 7  mm_page_alloc D      D taken before the interrupt?
 *
 * Models: nothing of the kernel's, but the order of its tracepoints.
 * Simplified: a hint that would need a line more than the window ahead is
 *	not given.
 *
 * Invariants:
 *   L1 hints[i] and rank[i] belong to events[i]; every event in view is
 *      linked once.
 *   L2 used[pfn] is what the lines linked so far say of the frame.
 */
#ifndef BA_SIM_LOOKAHEAD_H
#define BA_SIM_LOOKAHEAD_H

#include "base/hmap.h"
#include "sim/event.h"

/* Bits of a hint. */
#define BA_HINT_BATCHED	0x01u	/* the free is finished by a later line */
#define BA_HINT_SILENT	0x02u	/* a frame of this free, or the one of this
				 * refill, is taken silently before the trace
				 * mentions it again */
#define BA_HINT_DONE	0x04u	/* done already, out of its line's order */
#define BA_HINT_DIRECT	0x10u	/* it ends at the buddy lists, with the later
				 * free_one line of its page */
#define BA_HINT_UNSURE	0x20u	/* kswapd on another CPU begins or ends its run
				 * between its lines about this one */
#define BA_HINT_BALANCED 0x08u	/* kswapd's run may end with this line */
#define BA_HINT_SLAB	0x40u	/* its block becomes a slab, or was one */

#define BA_HINT_ASKS	0x80u	/* other tasks run after it, then its own takes
				 * a block that becomes a slab */

/* Bits of ba_lookahead.frame[]. */
#define BA_SEEN_USED	0x01u	/* in use, as far as linked */
#define BA_SEEN_SILENT	0x02u	/* will be taken silently: see serve.c */
#define BA_SEEN_LISTED	0x04u	/* on a per-CPU list at the start */
#define BA_SEEN_EARLY	0x08u	/* its free stands before its allocation */
#define BA_SEEN_SLAB	0x10u	/* of a slab, as far as linked */
#define BA_SEEN_FREED	0x20u	/* has bits in ba_lookahead_slabs.freed */

#define BA_LOOKAHEAD_NONE SIZE_MAX

/* Lines looked at to find the next refill of a list. */
#define BA_REFILL_AHEAD	8192u

/* What was linked last of a frame: low bits of a line's number, plus one; 0:
 * none. */
struct ba_lookahead_last {
	uint32_t free;			/* its free */
	uint32_t line;			/* the line that speaks of it at all */
};

struct ba_lookahead {
	const struct ba_event *events;	/* in view */
	size_t nr;
	uint8_t *hints;			/* one for each event in view */
	uint32_t *rank;			/* mm_page_alloc lines before each event
					 * since the first one of the trace */
	size_t cap;
	uint64_t base;			/* number of events[0] */
	size_t linked;			/* events in view that are linked */
	uint8_t *frame;			/* BA_SEEN_*, by frame number */
	struct ba_lookahead_last *last;	/* by frame number */
	pfn_t nr_frames;
	bool standard;			/* kprobe events do not count */
	bool drains;			/* an mm_page_pcpu_drain was linked */
	bool refills;			/* an mm_page_alloc_zone_locked was */
	bool kprobes;			/* a kprobe event was linked */
	bool free_ones;			/* one of these was free_one */
	bool balance[BA_CPU_MAX];	/* its last line is kswapd's balance */
	uint32_t balances;		/* CPUs of which that is so */
	uint16_t kswapd[BA_NODE_MAX];	/* tasks that woke or slept as kswapd */
	uint32_t nr_kswapds;
	uint32_t allocations;		/* mm_page_alloc lines linked */
	struct ba_lookahead_slabs *slabs; /* NULL: slab lines say nothing */
};

#define BA_LOOKAHEAD_NAMES 512u

/* What slab lines say of frames and caches, where they name real addresses. */
struct ba_lookahead_slabs {
	uint64_t page_offset;		/* kernel address of frame 0 */
	uint64_t *freed;		/* one bit for every 8 bytes of memory:
					 * an object there was freed last */
	/* caches, by the number of their name, with objects that were freed
	 * twice: between, they were allocated in silence */
	bool silent[BA_LOOKAHEAD_NAMES];
	bool hashed;			/* a line names no address in memory */
	struct ba_hmap last_alloc;	/* hashed: number of the line that
					 * allocated the object, low 32 bits;
					 * all ones: it was freed last */
	struct ba_hmap freed_as;	/* by that number: name of the cache
					 * that a later line frees it to */
};

/* Does the line name an object by a hashed address? */
static inline bool ba_lookahead_hashed(const struct ba_lookahead *la,
				       const struct ba_event *e)
{
	return e->addr > 16 &&
	       (e->addr - la->slabs->page_offset) >> BA_PAGE_SHIFT >=
		       la->nr_frames;
}

enum ba_status ba_lookahead_init(struct ba_lookahead *la, pfn_t nr_frames);
void ba_lookahead_deinit(struct ba_lookahead *la);

/* Slab lines count from now on. Before the first view. */
enum ba_status ba_lookahead_with_slabs(struct ba_lookahead *la,
				       uint64_t page_offset);

/* The first `done` events are behind us; `events` are in view now. */
enum ba_status ba_lookahead_view(struct ba_lookahead *la, size_t done,
				 const struct ba_event *events, size_t nr);

/* The frame that a slab line's object is in; nr_frames: not in memory. */
static inline pfn_t ba_lookahead_frame(const struct ba_lookahead *la,
				       const struct ba_event *e)
{
	uint64_t pfn = (e->addr - la->slabs->page_offset) >> BA_PAGE_SHIFT;

	return pfn < la->nr_frames ? (pfn_t)pfn : la->nr_frames;
}

static inline bool ba_event_is_slab(const struct ba_event *e)
{
	return e->op >= BA_OP_KMALLOC && e->op <= BA_OP_CACHE_FREE;
}

static inline bool ba_event_is_slab_alloc(const struct ba_event *e)
{
	return e->op == BA_OP_KMALLOC || e->op == BA_OP_CACHE_ALLOC;
}

/* Context of a line: 0 task, 1 softirq, 2 hardirq, 3 NMI. */
static inline unsigned int ba_event_level(const struct ba_event *e)
{
	if (ba_likely(!(e->context & BA_CTX_LEVEL)))
		return 0;
	if (e->context & BA_CTX_NMI)
		return 3;
	return e->context & BA_CTX_HARDIRQ ? 2 : 1;
}

/* Preemption depth of a line, 0 where the trace has no such column. */
static inline unsigned int ba_event_depth(const struct ba_event *e)
{
	unsigned int depth = e->context >> BA_CTX_DEPTH_SHIFT;

	return depth == BA_CTX_DEPTH_UNKNOWN ? 0 : depth;
}

/* Does line `inner` interrupt the context of line `outer`? */
static inline bool ba_event_interrupts(const struct ba_event *inner,
				       const struct ba_event *outer)
{
	return inner->task == outer->task && inner->cpu == outer->cpu &&
	       ba_event_level(inner) > ba_event_level(outer);
}

/* mm_page_alloc lines before line i, or before the end of the view. */
static inline uint32_t ba_lookahead_rank(const struct ba_lookahead *la,
					 size_t i)
{
	return i < la->linked ? la->rank[i] : la->allocations;
}

/*
 * Did a line speak of the frame, or was it on a per-CPU list at the start,
 * and does no line in view from line i on speak of it?
 */
static inline bool ba_lookahead_forgotten(const struct ba_lookahead *la,
					  size_t i, pfn_t pfn)
{
	uint32_t age = (uint32_t)(la->base + la->linked) + 1 -
		       la->last[pfn].line;

	if (la->last[pfn].line == 0)
		return la->frame[pfn] & BA_SEEN_LISTED;
	return age > la->linked - i;
}

/* The next line of the same CPU; BA_LOOKAHEAD_NONE past the view. */
size_t ba_lookahead_next(const struct ba_lookahead *la, size_t i);

/*
 * The next line of the same context as line i: its CPU and task, not in an
 * interrupt of it. BA_LOOKAHEAD_NONE when another task runs first.
 */
size_t ba_lookahead_own_far(const struct ba_lookahead *la, size_t i);

static inline size_t ba_lookahead_own(const struct ba_lookahead *la, size_t i)
{
	const struct ba_event *e = &la->events[i], *n = e + 1;

	/* most often it is the next line of all */
	if (ba_likely(i + 1 < la->nr && n->cpu == e->cpu &&
		      n->task == e->task &&
		      !((n->context ^ e->context) & BA_CTX_LEVEL) &&
		      !la->standard))
		return i + 1;
	return ba_lookahead_own_far(la, i);
}

/* The same, but a line of another task that runs first also counts. */
size_t ba_lookahead_after(const struct ba_lookahead *la, size_t i);

/* Does a line that counts stand between lines i and `own`? */
bool ba_lookahead_apart(const struct ba_lookahead *la, size_t i, size_t own);

/* Is the next line of that CPU in an interrupt of the context of line i? */
bool ba_lookahead_interrupted(const struct ba_lookahead *la, size_t i);

/*
 * The line with which the context of `level` goes on that line i interrupts;
 * BA_LOOKAHEAD_NONE when another task runs first.
 */
size_t ba_lookahead_resumed(const struct ba_lookahead *la, size_t i,
			    unsigned int level);

/* The next mm_page_alloc line of a task after line i, out of interrupts. */
size_t ba_lookahead_next_alloc(const struct ba_lookahead *la, size_t i,
			       uint16_t task);

/*
 * Line i is of kswapd at work: its last line before it sleeps or wakes again,
 * as far as is seen from there; line i if it has no other.
 */
size_t ba_lookahead_balanced(const struct ba_lookahead *la, size_t i);

/*
 * Where the page that line i frees went, by the next line that speaks of it:
 * one that was drained from a per-CPU list, or is allocated without leaving
 * the buddy lists first, had waited per CPU. Where free_one lines are
 * recorded, these tell.
 */
enum ba_freed_to { BA_FREED_UNKNOWN, BA_FREED_PCP, BA_FREED_BUDDY };
enum ba_freed_to ba_lookahead_freed_to(const struct ba_lookahead *la,
				       size_t i);

/*
 * Did the page that line i allocates come straight from the buddy lists? Its
 * own zone_locked or extfrag line then stands just before it.
 */
bool ba_lookahead_from_buddy(const struct ba_lookahead *la, size_t i);

/*
 * Which of two frames that wait on one per-CPU list lies nearer to its head,
 * by the first later line that takes one of them: -1 `a`, 1 `b`, 0 unknown.
 */
int ba_lookahead_nearer(const struct ba_lookahead *la, size_t from,
			uint64_t a, uint64_t b);

#endif
