/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compacting - the runs of compaction that a trace shows, each of which the
 * model makes as well, so that its free lists turn as the kernel's did.
 *
 *	line of a task                     what the model does
 *	mm_compaction_begin                a new run
 *	mm_compaction_finished: goes on    looks for a source of pages
 *	..._isolate_migratepages           takes those off the LRU lists
 *	isolate, ..._isolate_freepages     looks for free pages: at the first of
 *	                                   them in the free lists, at the task's
 *	                                   next line in pageblocks
 *	migrate_target                     hands one out
 *	mm_page_free of a target           6.12: takes it back (compaction_free)
 *	mm_page_free of one of those left  gives them all back
 *	mm_compaction_end                  forgets the run; what it has left and
 *	                                   no line has freed is freed
 *	mm_page_alloc                      of a request that compacted: a block
 *	                                   that was captured, if there is one
 *
 * Models: compact_zone_order, try_to_compact_pages, kcompactd_do_work,
 *	mm/compaction.c (6.1, 6.12), as far as they set up a run.
 * Simplified: a run without an order (compact_memory, proactive) and a
 *	request's last try ignore skip bits; deferral follows the trace; a
 *	target counts as one page.
 *
 * Invariants:
 *   T1 a run belongs to one task, and a task has at most one.
 */
#ifndef BA_SIM_COMPACTING_H
#define BA_SIM_COMPACTING_H

#include "mm/compact_source.h"
#include "mm/compact_target.h"
#include "mm/page_free.h"
#include "sim/event.h"
#include "sim/machine.h"

#define BA_COMPACT_RUNS 8u	/* at one time; further ones are not modelled */

/* ba_frame.owner of a page that was taken silently. */
#define BA_OWNER_SILENT 1u

/* ba_frame.owner of a target, and of a page that is to be moved: this bit,
 * and the number of the batch. */
#define BA_OWNER_TARGET 0x80000000u
#define BA_OWNER_SOURCE 0x40000000u
#define BA_OWNER_LEFT 0xc0000000u	/* a free block that a run gives back */
#define BA_OWNER_UNNAMED 0x20000000u	/* beside the first two: no line has
					 * named the page yet */
#define BA_OWNER_BATCHES BA_OWNER_UNNAMED

/* Has the page been taken silently, and by what line is not known? */
static inline bool ba_owner_is_silent(uint32_t owner)
{
	return owner == BA_OWNER_SILENT ||
	       (owner & BA_OWNER_UNNAMED &&
		(owner & BA_OWNER_LEFT) != BA_OWNER_LEFT);
}

enum ba_compact_phase {
	BA_COMPACT_NONE,	/* the slot is free */
	BA_COMPACT_ASKED,	/* a request is about to compact a zone */
	BA_COMPACT_BEGUN,	/* its first mm_compaction_finished is ahead */
	BA_COMPACT_SOURCE,	/* looks for pages to move */
	BA_COMPACT_MOVING,	/* moves them */
	BA_COMPACT_RELEASED,	/* its free pages go back */
};

struct ba_compact_run {
	enum ba_compact_phase phase;
	uint16_t task;
	bool direct;		/* for a request of the task's own */
	uint8_t priority;	/* of that: 0 is its last try */
	uint32_t gfp;		/* of that */
	order_t order;		/* of that */
	struct ba_capture capture;	/* for that */
	bool ran;		/* a run for the request has ended */
	bool looking;		/* free pages were looked for, and no page
				 * moved to one yet */
	bool moved;		/* the task freed a page after last_target */
	uint64_t last_target;	/* recorded frame; BA_ADDR_NONE: none */
	pfn_t last_given;	/* the model's frame for it */
	uint32_t left;		/* pages of the batch without a target */
	uint32_t batch;		/* number of this batch of pages to move */
	pfn_t source, source_end;	/* where they are */
	struct ba_compact cc;
};

struct ba_compacting {
	uint32_t nr;		/* slots in use */
	uint32_t batches;	/* of pages to move, so far */
	struct ba_compact_run run[BA_COMPACT_RUNS];
};

/* One of the mm_compaction_* lines, or isolate. */
void ba_compacting_line(struct ba_compacting *c, struct ba_ctx *ctx,
			struct ba_machine *machine, const struct ba_event *e);

/*
 * No lines tell of targets: how many of them the run has handed out just
 * before line e, one of these:
 *	6.1	mm_page_free		a page that has moved: one
 *	6.12	mm_page_free		the first one: one for each page
 *		..._isolate_freepages	a new search: all it had
 *	both	..._migratepages	pages have stayed: none, but who was the
 *				last to ask has looked for more in vain
 * ba_compacting_infer_target gives them.
 */
uint32_t ba_compacting_targets_due(struct ba_compacting *c, struct ba_ctx *ctx,
				   const struct ba_event *e);
pfn_t ba_compacting_infer_target(struct ba_compacting *c, struct ba_ctx *ctx,
				 const struct ba_event *e);

/*
 * The page that line e frees has moved, to the last of the free pages: the
 * next page to be moved asks at once, before another task runs.
 */
void ba_compacting_moves_on(struct ba_compacting *c, struct ba_ctx *ctx,
			    const struct ba_event *e);

/*
 * After the line of a source: so many of its pages will stay where they are.
 * Each asks for a target, but has given it back when the next one asks.
 */
void ba_compacting_will_stay(struct ba_compacting *c, const struct ba_event *e,
			     uint32_t pages);

/* The frame that the run moves a page to where the trace says e->addr;
 * BA_PFN_NONE when no run is under way or it has none. */
pfn_t ba_compacting_target(struct ba_compacting *c, struct ba_ctx *ctx,
			   const struct ba_event *e);

/* Where blocks go that are freed while e's task compacts; NULL: nowhere. */
struct ba_capture *ba_compacting_capture(struct ba_compacting *c,
					 const struct ba_event *e);

/*
 * The task's request is served, no more runs for it. True if there was one;
 * *captured is the block that it captured, or BA_PFN_NONE.
 */
bool ba_compacting_allocates(struct ba_compacting *c, const struct ba_event *e,
			     pfn_t *captured);

/*
 * The task is about to free the model's frame pfn. True: it goes to nobody
 * but back to the task's run, which had it as a target.
 */
bool ba_compacting_frees(struct ba_compacting *c, struct ba_ctx *ctx,
			 const struct ba_event *e, pfn_t pfn);

#endif
