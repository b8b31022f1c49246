// SPDX-License-Identifier: GPL-2.0-only
#include "sim/lookahead.h"

#include <stdlib.h>
#include <string.h>

#include "mm/kmalloc.h"

/* Lines looked at to find which of two frames is taken first. */
#define LINES_AHEAD 65536u

/* Lines looked at for the one of a task before others ran. */
#define SWITCH_AHEAD 4096u

/* Lines by which their records are fetched before they are linked. */
#define LINKS_AHEAD 16u

#define WORDS_PER_FRAME (BA_PAGE_SIZE / 8u / 64u)	/* a bit for 8 bytes */

enum ba_status ba_lookahead_init(struct ba_lookahead *la, pfn_t nr_frames)
{
	*la = (struct ba_lookahead){ .nr_frames = nr_frames };
	la->frame = calloc(nr_frames, sizeof(*la->frame));
	la->last = calloc(nr_frames, sizeof(*la->last));
	if (!la->frame || !la->last) {
		ba_lookahead_deinit(la);
		return BA_ENOMEM;
	}
	return BA_OK;
}

void ba_lookahead_deinit(struct ba_lookahead *la)
{
	free(la->frame);
	free(la->last);
	free(la->hints);
	free(la->rank);
	if (la->slabs) {
		ba_hmap_deinit(&la->slabs->last_alloc);
		ba_hmap_deinit(&la->slabs->freed_as);
		free(la->slabs->freed);
	}
	free(la->slabs);
	*la = (struct ba_lookahead){ .nr_frames = 0 };
}

enum ba_status ba_lookahead_with_slabs(struct ba_lookahead *la,
				       uint64_t page_offset)
{
	struct ba_lookahead_slabs *slabs = calloc(1, sizeof(*slabs));

	if (!slabs)
		return BA_ENOMEM;
	slabs->page_offset = page_offset;
	slabs->freed = calloc((size_t)la->nr_frames * WORDS_PER_FRAME,
			      sizeof(*slabs->freed));
	if (!slabs->freed) {
		free(slabs);
		return BA_ENOMEM;
	}
	la->slabs = slabs;
	return BA_OK;
}

/* The hint of a frame's last free, if that line is still in view. */
static uint8_t *hint_of_free(struct ba_lookahead *la, pfn_t pfn)
{
	uint32_t back = (uint32_t)(la->base + la->linked) + 1 -
			la->last[pfn].free;

	if (la->last[pfn].free == 0 || back > la->linked)
		return NULL;
	return &la->hints[la->linked - back];
}

/* The last line that speaks of the frame, if it is still in view. */
static size_t last_line(const struct ba_lookahead *la, pfn_t pfn)
{
	uint32_t back = (uint32_t)(la->base + la->linked) + 1 -
			la->last[pfn].line;

	return la->last[pfn].line == 0 || back > la->linked ?
		BA_LOOKAHEAD_NONE : la->linked - back;
}

/*
 * A page that the trace has not seen allocated is freed. It was taken from a
 * per-CPU list, since the refill that brought it or else since its last
 * free; if it was drained since, or never was on one, compaction has taken it.
 */
static void link_silent(struct ba_lookahead *la, pfn_t pfn)
{
	size_t last = last_line(la, pfn);
	const struct ba_event *e =
		last == BA_LOOKAHEAD_NONE ? NULL : &la->events[last];
	uint8_t *hint = hint_of_free(la, pfn);

	if (e && e->op == BA_OP_PCPU_DRAIN)
		return;
	/* on a buddy list since the start, and no refill brought it */
	if (la->refills && !la->last[pfn].line &&
	    !(la->frame[pfn] & BA_SEEN_LISTED))
		return;
	if (e && e->op == BA_OP_ZONE_LOCKED && e->order == 0)
		hint = &la->hints[last];
	if (hint)
		*hint |= BA_HINT_SILENT;
	else
		la->frame[pfn] |= BA_SEEN_SILENT;
}

static inline void link_alloc(struct ba_lookahead *la, pfn_t pfn)
{
	if (ba_likely(!(la->frame[pfn] & BA_SEEN_EARLY)))
		la->frame[pfn] |= BA_SEEN_USED;
	else
		la->frame[pfn] &= (uint8_t)~BA_SEEN_EARLY;
}

/*
 * Does a line of another CPU with the same time stamp allocate the page? It
 * stands after line `e`, which frees it, because that CPU comes later.
 */
static bool stands_early(const struct ba_lookahead *la,
			 const struct ba_event *e)
{
	const struct ba_event *end = la->events + la->nr;

	for (const struct ba_event *k = e + 1;
	     k < end && k->ts_ns == e->ts_ns; k++)
		if (k->op == BA_OP_PAGE_ALLOC && k->addr == e->addr &&
		    k->order == e->order)
			return k->cpu != e->cpu;
	return false;
}

static inline void link_free(struct ba_lookahead *la, pfn_t pfn, bool early)
{
	if (ba_unlikely(early))
		la->frame[pfn] |= BA_SEEN_EARLY;
	else if (ba_unlikely(!(la->frame[pfn] & BA_SEEN_USED)))
		link_silent(la, pfn);
	la->frame[pfn] &= (uint8_t)~BA_SEEN_USED;
	la->last[pfn].free = (uint32_t)(la->base + la->linked) + 1;
}

static void link_batched(struct ba_lookahead *la, pfn_t pfn)
{
	uint8_t *hint = hint_of_free(la, pfn);

	if (hint)
		*hint |= BA_HINT_BATCHED;
}

/*
 * The page goes to the buddy lists: at its mm_page_free, or when that is one
 * of a batch, here.
 */
static void link_direct(struct ba_lookahead *la, const struct ba_event *e)
{
	uint8_t *hint = hint_of_free(la, (pfn_t)e->addr);
	const struct ba_event *k;

	if (!hint || la->standard)
		return;
	k = &la->events[hint - la->hints];
	if (k->cpu == e->cpu && k->task == e->task &&
	    ba_event_level(k) == ba_event_level(e) &&
	    ba_lookahead_own(la, (size_t)(hint - la->hints)) != la->linked)
		*hint |= BA_HINT_DIRECT;
}

/*
 * Line k takes a block for a slab. If others ran before it, the task's line
 * before them, of the same context.
 */
static void link_asking(struct ba_lookahead *la, size_t k)
{
	const struct ba_event *e = &la->events[k];
	size_t first = k > SWITCH_AHEAD ? k - SWITCH_AHEAD : 0;

	for (size_t i = k; i-- > first;) {
		const struct ba_event *p = &la->events[i];

		if (p->task != e->task || p->cpu != e->cpu ||
		    ba_event_level(p) != ba_event_level(e))
			continue;
		if (p[1].task != p->task ||
		    ba_event_level(&p[1]) != ba_event_level(p))
			la->hints[i] |= BA_HINT_ASKS;
		return;
	}
}

/* Its block is of a slab since the line that allocated it. */
static void link_slab_frame(struct ba_lookahead *la, pfn_t pfn)
{
	size_t last = last_line(la, pfn);
	const struct ba_event *e;

	la->frame[pfn] |= BA_SEEN_SLAB;
	if (last == BA_LOOKAHEAD_NONE ||
	    la->events[last].op != BA_OP_PAGE_ALLOC)
		return;
	e = &la->events[last];
	la->hints[last] |= BA_HINT_SLAB;
	link_asking(la, last);
	for (uint64_t k = e->addr; k < e->addr + ((uint64_t)1 << e->order); k++)
		la->frame[k] |= BA_SEEN_SLAB;
}

/* What names an object for lack of its address; without memory, nothing. */
static void link_hashed(struct ba_lookahead *la, const struct ba_event *e)
{
	struct ba_lookahead_slabs *slabs = la->slabs;
	uint32_t number = UINT32_MAX;
	bool named = e->op == BA_OP_CACHE_FREE && e->arg &&
		     e->arg < BA_LOOKAHEAD_NAMES;

	slabs->hashed = true;
	if (ba_event_is_slab_alloc(e)) {
		(void)!ba_hmap_put(&slabs->last_alloc, e->addr,
				   (uint32_t)(la->base + la->linked));
		return;
	}
	if (ba_hmap_get(&slabs->last_alloc, e->addr, &number) && named) {
		if (number == UINT32_MAX)
			slabs->silent[e->arg] = true;
		else
			(void)!ba_hmap_put(&slabs->freed_as, number, e->arg);
	}
	(void)!ba_hmap_put(&slabs->last_alloc, e->addr, UINT32_MAX);
}

static ba_noinline void link_slab_line(struct ba_lookahead *la,
				       const struct ba_event *e)
{
	struct ba_lookahead_slabs *slabs = la->slabs;
	pfn_t pfn = ba_lookahead_frame(la, e);
	uint64_t at = (e->addr - slabs->page_offset) / 8;
	uint64_t bit = UINT64_C(1) << at % 64;

	if (ba_lookahead_hashed(la, e))
		link_hashed(la, e);
	/* what no slab is large enough for are pages */
	if (pfn == la->nr_frames ||
	    (e->op == BA_OP_KMALLOC && e->arg > BA_KMALLOC_CACHE_MAX))
		return;
	if (e->op != BA_OP_KFREE && !(la->frame[pfn] & BA_SEEN_SLAB))
		link_slab_frame(la, pfn);
	if (ba_event_is_slab_alloc(e)) {
		slabs->freed[at / 64] &= ~bit;
		return;
	}
	if (e->op == BA_OP_CACHE_FREE && slabs->freed[at / 64] & bit &&
	    e->arg < BA_LOOKAHEAD_NAMES)
		slabs->silent[e->arg] = true;
	slabs->freed[at / 64] |= bit;
	la->frame[pfn] |= BA_SEEN_FREED;
}

/* Line e takes the block [pfn, end) from the page allocator, or frees it. */
static void link_slab_block(struct ba_lookahead *la, const struct ba_event *e,
			    pfn_t pfn, pfn_t end)
{
	uint64_t *freed = la->slabs->freed;
	uint8_t seen = 0;

	for (; pfn < end; pfn++) {
		seen |= la->frame[pfn];
		if (la->frame[pfn] & BA_SEEN_FREED)
			memset(&freed[(size_t)pfn * WORDS_PER_FRAME], 0,
			       WORDS_PER_FRAME * sizeof(*freed));
		la->frame[pfn] &= (uint8_t)~(BA_SEEN_SLAB | BA_SEEN_FREED);
	}
	if (e->op == BA_OP_PAGE_FREE && seen & BA_SEEN_SLAB)
		la->hints[la->linked] |= BA_HINT_SLAB;
}

/*
 * A run of kswapd may have begun before the trace: it ended with the last
 * line before the first one in which that kswapd wakes or sleeps.
 */
static void link_kswapd(struct ba_lookahead *la, const struct ba_event *e)
{
	for (uint32_t i = 0; i < la->nr_kswapds; i++)
		if (la->kswapd[i] == e->task)
			return;
	if (la->nr_kswapds == BA_NODE_MAX)
		return;
	la->kswapd[la->nr_kswapds++] = e->task;
	for (size_t k = la->linked; k-- > 0;) {
		if (la->events[k].task != e->task ||
		    (la->standard && ba_op_is_kprobe(la->events[k].op)))
			continue;
		la->hints[k] |= BA_HINT_BALANCED;
		return;
	}
}

/*
 * kswapd begins its run between its line balance and the next of its CPU. It
 * ends it between its last line, but for the one that wakes kcompactd, and
 * balance_end.
 */
static void end_balance(struct ba_lookahead *la, const struct ba_event *e)
{
	for (size_t k = la->linked; k-- > 0;) {
		if (la->events[k].cpu != e->cpu)
			la->hints[k] |= BA_HINT_UNSURE;
		else if (la->events[k].op != BA_OP_KCOMPACTD_WAKEUP ||
			 la->events[k].task != e->task)
			break;
	}
}

static ba_noinline void link_balance(struct ba_lookahead *la,
				     const struct ba_event *e)
{
	bool *begun;

	if (e->cpu >= BA_CPU_MAX || la->standard)
		return;
	begun = &la->balance[e->cpu];
	if (e->op == BA_OP_BALANCE_END || *begun)
		end_balance(la, e);
	la->balances -= *begun;
	*begun = e->op == BA_OP_BALANCE;
	la->balances += *begun;
}

/* The page events are the first of enum ba_op. */
static inline bool speaks_of_frames(const struct ba_event *e)
{
	return e->op <= BA_OP_PCPU_DRAIN;
}

static inline void link_page_line(struct ba_lookahead *la,
				  const struct ba_event *e)
{
	uint32_t number = (uint32_t)(la->base + la->linked) + 1;
	uint64_t end = e->addr + ((uint64_t)1 << (e->order & 15u));
	pfn_t pfn = (pfn_t)e->addr;
	bool early;

	la->allocations += e->op == BA_OP_PAGE_ALLOC;
	if (ba_unlikely(e->addr >= la->nr_frames || end > la->nr_frames))
		return;
	if (e->op == BA_OP_PAGE_ALLOC) {
		if (ba_unlikely(la->slabs))
			link_slab_block(la, e, pfn, (pfn_t)end);
		do {
			link_alloc(la, pfn);
			la->last[pfn].line = number;
		} while (ba_unlikely(++pfn < end));
		return;
	}
	if (e->op == BA_OP_PAGE_FREE) {
		if (ba_unlikely(la->slabs))
			link_slab_block(la, e, pfn, (pfn_t)end);
		early = !(la->frame[pfn] & BA_SEEN_USED) &&
			stands_early(la, e);
		do {
			link_free(la, pfn, early);
			la->last[pfn].line = number;
		} while (ba_unlikely(++pfn < end));
		return;
	}
	if (e->op == BA_OP_PAGE_FREE_BATCHED)
		link_batched(la, pfn);
	else if (e->op == BA_OP_PCPU_DRAIN)
		la->drains = true;
	else
		la->refills = true;
	do
		la->last[pfn].line = number;
	while (ba_unlikely(++pfn < end));
}

static ba_noinline void link_other_line(struct ba_lookahead *la,
					const struct ba_event *e)
{
	if (e->op == BA_OP_KSWAPD_WAKE || e->op == BA_OP_KSWAPD_SLEEP)
		link_kswapd(la, e);
	la->kprobes |= ba_op_is_kprobe(e->op);
	la->free_ones |= e->op == BA_OP_FREE_ONE;
	if (e->op == BA_OP_FREE_ONE && e->addr < la->nr_frames)
		link_direct(la, e);
}

static inline void link_event(struct ba_lookahead *la,
			      const struct ba_event *e)
{
	if (ba_unlikely(la->balances || e->op == BA_OP_BALANCE_END ||
			e->op == BA_OP_BALANCE))
		link_balance(la, e);
	if (ba_likely(speaks_of_frames(e)))
		link_page_line(la, e);
	else if (!ba_event_is_slab(e))
		link_other_line(la, e);
	else if (la->slabs)
		link_slab_line(la, e);
}

/* Bring what line e will look at into the host's cache. */
static inline void fetch(const struct ba_lookahead *la,
			 const struct ba_event *e)
{
	uint64_t pfn = e->addr;

	if (ba_unlikely(la->slabs) && ba_event_is_slab(e)) {
		pfn = ba_lookahead_frame(la, e);
		if (pfn == la->nr_frames)
			return;
		ba_prefetch(&la->slabs->freed[
			(e->addr - la->slabs->page_offset) / 512]);
		ba_prefetch(&la->frame[pfn]);
	} else if (ba_likely(pfn < la->nr_frames)) {
		ba_prefetch(&la->last[pfn]);
		ba_prefetch(&la->frame[pfn]);
	}
}

static bool make_room(struct ba_lookahead *la, size_t nr)
{
	uint8_t *hints = realloc(la->hints, nr);
	uint32_t *rank;

	if (!hints)
		return false;
	la->hints = hints;
	rank = realloc(la->rank, nr * sizeof(*rank));
	if (!rank)
		return false;
	la->rank = rank;
	la->cap = nr;
	return true;
}

enum ba_status ba_lookahead_view(struct ba_lookahead *la, size_t done,
				 const struct ba_event *events, size_t nr)
{
	if (nr > la->cap && !make_room(la, nr))
		return BA_ENOMEM;
	la->linked -= done;
	la->base += done;
	if (done) {
		memmove(la->hints, la->hints + done, la->linked);
		memmove(la->rank, la->rank + done,
			la->linked * sizeof(*la->rank));
	}
	la->events = events;
	la->nr = nr;
	for (; la->linked < nr; la->linked++) {
		if (ba_likely(la->linked + LINKS_AHEAD < nr))
			fetch(la, &events[la->linked + LINKS_AHEAD]);
		la->hints[la->linked] = 0;
		la->rank[la->linked] = la->allocations;
		link_event(la, &events[la->linked]);
	}
	return BA_OK;
}

static inline size_t next(const struct ba_lookahead *la, size_t i,
			  bool standard)
{
	for (size_t k = i + 1; k < la->nr; k++)
		if (la->events[k].cpu == la->events[i].cpu &&
		    !(standard && ba_op_is_kprobe(la->events[k].op)))
			return k;
	return BA_LOOKAHEAD_NONE;
}

size_t ba_lookahead_next(const struct ba_lookahead *la, size_t i)
{
	return next(la, i, la->standard);
}

bool ba_lookahead_interrupted(const struct ba_lookahead *la, size_t i)
{
	size_t k = ba_lookahead_next(la, i);

	return k != BA_LOOKAHEAD_NONE &&
	       ba_event_interrupts(&la->events[k], &la->events[i]);
}

static inline size_t after(const struct ba_lookahead *la, size_t i,
			   bool standard)
{
	size_t k = next(la, i, standard);

	while (k != BA_LOOKAHEAD_NONE &&
	       ba_event_interrupts(&la->events[k], &la->events[i]))
		k = next(la, k, standard);
	return k;
}

static inline size_t own(const struct ba_lookahead *la, size_t i,
			 bool standard)
{
	size_t k = after(la, i, standard);

	if (k == BA_LOOKAHEAD_NONE ||
	    la->events[k].task != la->events[i].task)
		return BA_LOOKAHEAD_NONE;
	return k;
}

size_t ba_lookahead_after(const struct ba_lookahead *la, size_t i)
{
	return after(la, i, la->standard);
}

size_t ba_lookahead_own_far(const struct ba_lookahead *la, size_t i)
{
	return own(la, i, la->standard);
}

bool ba_lookahead_apart(const struct ba_lookahead *la, size_t i, size_t own)
{
	size_t k = i + 1;

	while (la->standard && k < own && k < la->nr &&
	       ba_op_is_kprobe(la->events[k].op))
		k++;
	return k != own;
}

static size_t view_end(const struct ba_lookahead *la, size_t from)
{
	return la->nr - from < LINES_AHEAD ? la->nr : from + LINES_AHEAD;
}

size_t ba_lookahead_resumed(const struct ba_lookahead *la, size_t i,
			    unsigned int level)
{
	uint16_t task = la->events[i].task;
	size_t k = ba_lookahead_next(la, i);

	while (k != BA_LOOKAHEAD_NONE && la->events[k].task == task &&
	       ba_event_level(&la->events[k]) > level)
		k = ba_lookahead_next(la, k);
	if (k == BA_LOOKAHEAD_NONE || la->events[k].task != task)
		return BA_LOOKAHEAD_NONE;
	return k;
}

/* By the next line of its CPU. */
static enum ba_freed_to named_freed_to(const struct ba_lookahead *la, size_t i)
{
	size_t k = ba_lookahead_next(la, i);

	return k != BA_LOOKAHEAD_NONE &&
	       la->events[k].op == BA_OP_FREE_ONE &&
	       la->events[k].addr == la->events[i].addr ?
		BA_FREED_BUDDY : BA_FREED_PCP;
}

enum ba_freed_to ba_lookahead_freed_to(const struct ba_lookahead *la,
				       size_t i)
{
	uint64_t addr = la->events[i].addr;

	if (la->free_ones && !la->standard)
		return named_freed_to(la, i);
	if (addr >= la->nr_frames ||
	    la->last[addr].line == (uint32_t)(la->base + i) + 1)
		return BA_FREED_UNKNOWN;
	for (size_t k = i + 1; k < la->nr; k++) {
		const struct ba_event *e = &la->events[k];

		if (e->addr != addr)
			continue;
		if (e->op == BA_OP_PCPU_DRAIN || e->op == BA_OP_PAGE_ALLOC)
			return BA_FREED_PCP;
		if (e->op == BA_OP_ZONE_LOCKED || e->op == BA_OP_EXTFRAG)
			return BA_FREED_BUDDY;
	}
	return BA_FREED_UNKNOWN;
}

size_t ba_lookahead_next_alloc(const struct ba_lookahead *la, size_t i,
			       uint16_t task)
{
	for (size_t k = i + 1; k < view_end(la, i); k++) {
		const struct ba_event *e = &la->events[k];

		if (e->task == task && e->op == BA_OP_PAGE_ALLOC &&
		    ba_event_level(e) == 0)
			return k;
	}
	return BA_LOOKAHEAD_NONE;
}

size_t ba_lookahead_balanced(const struct ba_lookahead *la, size_t i)
{
	size_t last = i;

	for (size_t k = i + 1; k < view_end(la, i); k++) {
		const struct ba_event *e = &la->events[k];

		if (e->task != la->events[i].task)
			continue;
		if (e->op == BA_OP_KSWAPD_WAKE || e->op == BA_OP_KSWAPD_SLEEP)
			break;
		if (!la->standard || !ba_op_is_kprobe(e->op))
			last = k;
	}
	return last;
}

bool ba_lookahead_from_buddy(const struct ba_lookahead *la, size_t i)
{
	for (size_t k = i; k-- > 0;) {
		const struct ba_event *e = &la->events[k];

		if (e->cpu != la->events[i].cpu)
			continue;
		return e->addr == la->events[i].addr &&
		       (e->op == BA_OP_ZONE_LOCKED || e->op == BA_OP_EXTFRAG);
	}
	return false;
}

/* Is the next line that speaks of a frame, from line `from` on, its free? */
static bool freed_next(const struct ba_lookahead *la, size_t from,
		       uint64_t addr)
{
	for (size_t k = from; k < view_end(la, from); k++)
		if (la->events[k].addr == addr &&
		    speaks_of_frames(&la->events[k]))
			return la->events[k].op == BA_OP_PAGE_FREE;
	return false;
}

int ba_lookahead_nearer(const struct ba_lookahead *la, size_t from,
			uint64_t a, uint64_t b)
{
	for (size_t k = from; k < view_end(la, from); k++) {
		const struct ba_event *e = &la->events[k];
		bool is_a = e->addr == a, is_b = e->addr == b;
		int first = is_a ? -1 : 1;

		if ((!is_a && !is_b) || !speaks_of_frames(e))
			continue;
		/* one that is freed again was taken in silence: no telling */
		if (e->op == BA_OP_PAGE_FREE ||
		    freed_next(la, k + 1, is_a ? b : a))
			return 0;
		if (e->op == BA_OP_PAGE_ALLOC)
			return first;
		if (e->op == BA_OP_PCPU_DRAIN)	/* drained from the tail */
			return -first;
	}
	return 0;
}
