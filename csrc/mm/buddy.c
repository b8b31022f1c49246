// SPDX-License-Identifier: GPL-2.0-only
#include "mm/buddy.h"

#include <string.h>

void ba_buddy_init(struct ba_buddy *buddy, uint8_t zone, pfn_t start,
		   pfn_t end)
{
	/* member by member: padding must not differ between equal machines */
	memset(buddy, 0, sizeof(*buddy));
	buddy->zone = zone;
	buddy->start = start;
	buddy->end = end;
	for (unsigned int order = 0; order < BA_NR_ORDERS; order++)
		for (unsigned int type = 0; type < BA_NR_MT; type++)
			ba_list_init(&buddy->area[order].list[type]);
}

/* Free, whole and of this zone: the test of page_is_buddy. */
static inline bool is_free_block(const struct ba_frame *frames,
				 struct ba_range range, pfn_t pfn,
				 unsigned int order)
{
	const uint32_t mask = ba_frame_word(0xff, 0xff, 0, 0);

	return pfn - range.start < range.pages &&
	       (BA_PEEK(frames[pfn].word) & mask) ==
		       ba_frame_word(BA_FRAME_BUDDY, (uint8_t)order, 0, 0);
}

/* Entry `i` of `table`, which describes blocks of that order. */
static inline void add_entry(struct ba_buddy *buddy, struct ba_frame *table,
			     uint32_t i, unsigned int order, uint8_t type,
			     unsigned int end)
{
	struct ba_free_area *area = &buddy->area[order];
	struct ba_list *list = &area->list[type];

	ba_keep_pointer(list);
	table[i].word = ba_frame_word(BA_FRAME_BUDDY, (uint8_t)order, type, 0);
	if (ba_unlikely(ba_list_add(list, ba_frame_links(table), i, end)))
		buddy->nonempty[type] |= (uint16_t)(1u << order);
	area->nr_free++;
}

static inline void del_entry(struct ba_buddy *buddy, struct ba_frame *table,
			     uint32_t i, unsigned int order)
{
	struct ba_free_area *area = &buddy->area[order];
	uint8_t type = table[i].type;
	struct ba_list *list = &area->list[type];

	ba_keep_pointer(list);
	ba_list_del(list, ba_frame_links(table), i);
	table[i].state = BA_FRAME_USED;
	area->nr_free--;
	if (ba_unlikely(list->count == 0))
		buddy->nonempty[type] &= (uint16_t)~(1u << order);
}

static inline void list_add(struct ba_ctx *ctx, struct ba_buddy *buddy,
			    pfn_t pfn, unsigned int order, uint8_t type,
			    unsigned int end)
{
	if (ba_unlikely(order == BA_ORDER_MAX))
		add_entry(buddy, ctx->max_blocks, ba_max_block_nr(pfn),
			  BA_ORDER_MAX, type, end);
	else
		add_entry(buddy, ctx->frames, pfn, order, type, end);
}

static inline void list_del(struct ba_ctx *ctx, struct ba_buddy *buddy,
			    pfn_t pfn, unsigned int order)
{
	if (ba_unlikely(order == BA_ORDER_MAX))
		del_entry(buddy, ctx->max_blocks, ba_max_block_nr(pfn),
			  BA_ORDER_MAX);
	else
		del_entry(buddy, ctx->frames, pfn, order);
}

/* Take the first block of a list that has one. */
static inline uint32_t pop_entry(struct ba_buddy *buddy,
				 struct ba_frame *table, unsigned int order,
				 uint8_t type)
{
	struct ba_free_area *area = &buddy->area[order];
	struct ba_list *list = &area->list[type];
	uint32_t i;

	ba_keep_pointer(list);
	i = ba_list_pop_head(list, ba_frame_links(table));
	table[i].state = BA_FRAME_USED;
	area->nr_free--;
	if (ba_list_empty(list))
		buddy->nonempty[type] &= (uint16_t)~(1u << order);
	return i;
}

static inline pfn_t pop(struct ba_ctx *ctx, struct ba_buddy *buddy,
			unsigned int order, uint8_t type)
{
	if (ba_unlikely(order == BA_ORDER_MAX))
		return ba_max_block_start(pop_entry(buddy, ctx->max_blocks,
						    BA_ORDER_MAX, type));
	return pop_entry(buddy, ctx->frames, order, type);
}

/* The kernel counts a list operation at once in 6.12, a whole refill in 6.1. */
static inline void count_ops(struct ba_ctx *ctx, struct ba_buddy *buddy,
			     int32_t pages, uint32_t nr)
{
	if (ctx->profile->per_op_free_counter)
		ba_vmstat_mod_each(&buddy->free_pages, ctx->cpu, pages, nr);
}

static inline void count_op(struct ba_ctx *ctx, struct ba_buddy *buddy,
			    int32_t pages)
{
	if (ctx->profile->per_op_free_counter)
		ba_vmstat_mod(&buddy->free_pages, ctx->cpu, pages);
}

/*
 * Whole pageblocks merge only with their like; in 6.12 the buddy takes over
 * the type.
 */
static ba_noinline bool may_merge_pageblocks(struct ba_ctx *ctx, pfn_t bpfn,
					     uint8_t type)
{
	uint8_t btype = ba_pageblock_type(ctx->pageblocks, bpfn);

	if (btype != type && (btype >= BA_MT_PCPTYPES ||
			      type >= BA_MT_PCPTYPES))
		return false;
	if (ctx->profile->list_type_is_pageblock)
		ba_pageblock_set_type(ctx->pageblocks, bpfn, type);
	return true;
}

/*
 * compaction_capture: the task that compacts the zone keeps the first block
 * that gets the order it wants. Other requests may not eat into a MOVABLE
 * pageblock in this way.
 */
static ba_noinline bool capture(struct ba_ctx *ctx, struct ba_buddy *buddy,
				pfn_t pfn, unsigned int order, uint8_t type)
{
	struct ba_capture *c = ctx->capture;

	if (c->pfn != BA_PFN_NONE || c->zone != buddy->zone ||
	    c->order != order || type == BA_MT_ISOLATE)
		return false;
	if (order < BA_PAGEBLOCK_ORDER && type == BA_MT_MOVABLE &&
	    (!ctx->profile->compact_keeps_orders || c->type != type))
		return false;
	c->pfn = pfn;
	ctx->frames[pfn].state = BA_FRAME_USED;
	ctx->frames[pfn].order = (uint8_t)order;
	ctx->frames[pfn].flags = 0;
	ba_vmstat_mod(&buddy->free_pages, ctx->cpu, -(1 << order));
	return true;
}

/* A pageblock or more: the rest of merge(), which says what this returns. */
static ba_noinline unsigned int
merge_pageblocks(struct ba_ctx *ctx, struct ba_buddy *buddy, pfn_t pfn,
		 unsigned int order, uint8_t type, unsigned int end,
		 bool captures)
{
	struct ba_range range = ba_buddy_range(buddy);

	while (order < BA_ORDER_MAX) {
		pfn_t bpfn = pfn ^ (1u << order);

		if (captures && capture(ctx, buddy, pfn, order, type))
			return 0;
		if (!is_free_block(ctx->frames, range, bpfn, order) ||
		    !may_merge_pageblocks(ctx, bpfn, type))
			break;
		del_entry(buddy, ctx->frames, bpfn, order);
		pfn &= bpfn;
		order++;
	}
	/* described elsewhere from now on (mm/page.h G4) */
	if (order == BA_ORDER_MAX)
		ctx->frames[pfn].word = 0;
	list_add(ctx, buddy, pfn, order, type, end);
	return order;
}

/*
 * Merge a block that is counted already, and put the result at that end of
 * its list; its order, 0 if it was captured. `captures`: there is a
 * ctx->capture.
 */
static ba_always_inline unsigned int
merge(struct ba_ctx *ctx, struct ba_buddy *buddy, pfn_t pfn,
      unsigned int order, uint8_t type, unsigned int end, bool captures)
{
	struct ba_range range = ba_buddy_range(buddy);
	struct ba_frame *frames = ctx->frames;
	pfn_t bpfn;

	for (;; order++) {
		if (ba_unlikely(order >= BA_PAGEBLOCK_ORDER))
			return merge_pageblocks(ctx, buddy, pfn, order, type,
						end, captures);
		if (captures && capture(ctx, buddy, pfn, order, type))
			return 0;
		bpfn = pfn ^ (1u << order);
		if (!is_free_block(frames, range, bpfn, order))
			break;
		del_entry(buddy, frames, bpfn, order);
		pfn &= bpfn;
	}
	/*
	 * When the parent's buddy is free, this block may soon merge twice:
	 * the tail keeps it from being handed out before that.
	 */
	end |= is_free_block(frames, range, (pfn & bpfn) ^ (2u << order),
			     order + 1);
	add_entry(buddy, frames, pfn, order, type, end);
	return order;
}

/* The merges to be charged for a block that is of order `to` now. */
static inline uint32_t merges(unsigned int from, unsigned int to)
{
	return to > from ? to - from : 0;
}

static ba_noinline void free_captured(struct ba_ctx *ctx,
				      struct ba_buddy *buddy, pfn_t pfn,
				      order_t order, uint8_t type,
				      unsigned int end)
{
	ba_charge_units(&ctx->charge, BA_COST_MERGE_LEVEL,
			merges(order, merge(ctx, buddy, pfn, order, type, end,
					    true)));
}

static ba_always_inline void free_block(struct ba_ctx *ctx,
					struct ba_buddy *buddy, pfn_t pfn,
					order_t order, uint8_t type,
					unsigned int end)
{
	if (ba_likely(type != BA_MT_ISOLATE))
		ba_vmstat_mod(&buddy->free_pages, ctx->cpu, 1 << order);
	if (ba_unlikely(ctx->capture))
		free_captured(ctx, buddy, pfn, order, type, end);
	else
		ba_charge_units(&ctx->charge, BA_COST_MERGE_LEVEL,
				merge(ctx, buddy, pfn, order, type, end,
				      false) - order);
}

void ba_buddy_free(struct ba_ctx *ctx, struct ba_buddy *buddy, pfn_t pfn,
		   order_t order, uint8_t type, unsigned int flags)
{
	BA_STATIC_ASSERT(BA_BUDDY_TO_TAIL == BA_LIST_TAIL, "an end");

	free_block(ctx, buddy, pfn, order, type, flags);
}

void ba_buddy_free_locked(struct ba_ctx *ctx, struct ba_buddy *buddy,
			  pfn_t pfn, order_t order, uint8_t type)
{
	ba_keep_pointer(buddy);
	ba_buddy_lock(buddy, ctx);
	free_block(ctx, buddy, pfn, order, type, BA_LIST_HEAD);
	ba_buddy_unlock(buddy, ctx);
}

/*
 * How many blocks of a CPU's list from `first` on towards its head, at most
 * `most`, are adjacent and ascend, are alike, and make up an aligned larger
 * block, a pageblock at most: what was freed as it was allocated merges in
 * large pieces. They say USED afterwards.
 */
static inline uint32_t take_run_off(struct ba_frame *frames, pfn_t first,
				    order_t order, uint32_t most)
{
	uint32_t word = frames[first].word, nr = 1, limit;
	pfn_t step = 1u << order, pfn = first, aligned;

	aligned = first | BA_PAGEBLOCK_PAGES;
	limit = (aligned & -aligned) >> order;
	if (limit > most)
		limit = most;
	while (nr < limit && frames[pfn].link.prev == pfn + step &&
	       frames[pfn + step].word == word) {
		pfn += step;
		nr++;
	}
	nr = 1u << (31 - __builtin_clz(nr));
	for (uint32_t i = 0; i < nr; i++)
		frames[first + (i << order)].state = BA_FRAME_USED;
	return nr;
}

static ba_noinline void trace_drain(struct ba_ctx *ctx,
				    const struct ba_buddy *buddy, pfn_t pfn,
				    order_t order, uint8_t type, uint32_t nr)
{
	for (; nr > 0; nr--, pfn += 1u << order)
		ba_tp_emit(ctx->trace, (struct ba_tp_event){
			.kind = BA_TP_PCPU_DRAIN, .pfn = pfn, .order = order,
			.migratetype = type, .zone = buddy->zone });
}

/* One by one: ctx->capture would not see what is inside a run. */
static ba_noinline void free_list_captured(struct ba_ctx *ctx,
					   struct ba_buddy *buddy,
					   struct ba_list *list, order_t order,
					   uint32_t nr)
{
	for (; nr > 0; nr--) {
		pfn_t pfn = ba_list_last(list);
		struct ba_frame *f = &ctx->frames[pfn];
		uint8_t type = f->type;

		ba_list_del(list, ba_frame_links(ctx->frames), pfn);
		f->state = BA_FRAME_USED;
		if (ctx->profile->list_type_is_pageblock)
			type = ba_pageblock_type(ctx->pageblocks, pfn);
		ba_buddy_free(ctx, buddy, pfn, order, type, 0);
		trace_drain(ctx, buddy, pfn, order, type, 1);
	}
}

/*
 * Pages that are freed at random have their buddies, and these their
 * neighbours, in lines that no near cache has. The list says which pages come
 * next: what a page's first merges would touch is fetched while others are
 * merged. BA_PFN_NONE: too few of them are left.
 */
#define AHEAD	8u			/* pages between these two */

static inline pfn_t look_ahead(const struct ba_frame *frames, pfn_t pfn,
			       uint32_t left)
{
	if (left <= AHEAD)
		return BA_PFN_NONE;
	for (uint32_t i = 0; i < AHEAD && pfn != BA_PFN_NONE; i++)
		pfn = frames[pfn].link.prev;
	return pfn;
}

/*
 * For a page of order 0; the one that follows it on the list. Its buddy may be
 * anybody's, whose links lead to no place that matters.
 */
static inline pfn_t fetch_for(const struct ba_frame *frames, pfn_t pfn)
{
	const struct ba_link *buddy = &frames[pfn ^ 1u].link;

	ba_prefetch(&frames[BA_PEEK(buddy->prev)]);
	ba_prefetch(&frames[BA_PEEK(buddy->next)]);
	ba_prefetch(&frames[pfn ^ 4u]);
	return frames[pfn].link.prev;
}

/*
 * The list's end moves once, after the last: each block is found by the one
 * before it, and nothing else is to be waited for.
 */
static ba_always_inline void free_list(struct ba_ctx *ctx,
				       struct ba_buddy *buddy,
				       struct ba_list *list, order_t order,
				       uint32_t nr)
{
	bool by_pageblock = ctx->profile->list_type_is_pageblock;
	struct ba_frame *frames = ctx->frames;
	uint32_t isolated = 0, merged = 0, run;
	pfn_t pfn = ba_list_last(list), before;
	pfn_t ahead = look_ahead(frames, pfn, order ? 0 : nr);
	const pfn_t fetchable = buddy->end & ~7u; /* all that it looks at */

	for (uint32_t left = nr; left > 0; left -= run, pfn = before) {
		uint8_t type = frames[pfn].type;
		unsigned int from = order;

		run = 1;
		before = frames[pfn].link.prev;
		if (before == pfn + (1u << order)) {
			run = take_run_off(frames, pfn, order, left);
			before = frames[pfn + ((run - 1) << order)].link.prev;
			from += (unsigned int)__builtin_ctz(run);
			ahead = look_ahead(frames, before,
					   order ? 0 : left - run);
		} else {
			frames[pfn].state = BA_FRAME_USED;
			if (order == 0 && ahead < fetchable)
				ahead = fetch_for(frames, ahead);
		}
		if (by_pageblock)
			type = ba_pageblock_type(ctx->pageblocks, pfn);
		if (ba_unlikely(type == BA_MT_ISOLATE))
			isolated += run;
		merged += run - 1 +
			  merge(ctx, buddy, pfn, from, type, BA_LIST_HEAD,
				false) - from;
		if (ba_unlikely(ctx->trace))
			trace_drain(ctx, buddy, pfn, order, type, run);
	}
	ba_list_end_at(list, ba_frame_links(frames), pfn, nr);
	ba_vmstat_mod_each(&buddy->free_pages, ctx->cpu, 1 << order,
			   nr - isolated);
	ba_charge_units(&ctx->charge, BA_COST_MERGE_LEVEL, merged);
}

void ba_buddy_free_list(struct ba_ctx *ctx, struct ba_buddy *buddy,
			struct ba_list *list, order_t order, uint32_t nr)
{
	if (ba_unlikely(ctx->capture))
		free_list_captured(ctx, buddy, list, order, nr);
	else if (order == 0)
		free_list(ctx, buddy, list, 0, nr);
	else
		free_list(ctx, buddy, list, order, nr);
}

/* The rest of a free block of order `high`, without its first `nr` of `low`. */
static inline void expand(struct ba_ctx *ctx, struct ba_buddy *buddy,
			  pfn_t pfn, unsigned int low, unsigned int high,
			  uint8_t type, uint32_t nr)
{
	pfn_t rest = nr << low;

	if (low == high)
		return;
	ba_charge_split(&ctx->charge, high, low);
	/* of the other nr - 1, each power of two in their number is cut once
	 * less than it has blocks (Legendre) */
	if (nr > 1)
		ba_charge_units(&ctx->charge, BA_COST_SPLIT_LEVEL, nr - 1 -
				(uint32_t)__builtin_popcount(nr - 1));
	for (; rest >> high == 0; rest += rest & -rest)
		add_entry(buddy, ctx->frames, pfn + rest,
			  (unsigned int)__builtin_ctz(rest), type,
			  BA_LIST_HEAD);
}

/* Mark a block as taken, with the type to which a per-CPU page returns. */
static inline void set_taken(struct ba_ctx *ctx, pfn_t pfn, order_t order,
			     uint8_t type)
{
	ctx->frames[pfn].order = order;
	ctx->frames[pfn].type = type;
}

static bool is_percpu_refill(order_t order, uint8_t type)
{
	return (order <= 3 || order == BA_PAGEBLOCK_ORDER) &&
	       type < BA_MT_PCPTYPES;
}

/* ba_buddy_take_run, but for the counter and the block's descriptor. */
static ba_always_inline uint32_t take_run(struct ba_ctx *ctx,
					  struct ba_buddy *buddy,
					  order_t order, uint8_t type,
					  uint32_t nr, pfn_t *ret)
{
	uint32_t fit = (uint32_t)buddy->nonempty[type] >> order;
	unsigned int above = (unsigned int)__builtin_ctz(fit | 1u << 31);
	unsigned int found = order + above;
	pfn_t pfn;

	if (!fit)
		return 0;
	pfn = pop(ctx, buddy, found, type);
	if (nr > 1u << above)
		nr = 1u << above;
	expand(ctx, buddy, pfn, order, found, type, nr);
	for (uint32_t i = 0; ba_unlikely(ctx->trace) && i < nr; i++)
		ba_tp_emit(ctx->trace, (struct ba_tp_event){
			.kind = BA_TP_ZONE_LOCKED, .pfn = pfn + (i << order),
			.order = order, .migratetype = type,
			.zone = buddy->zone,
			.refill = is_percpu_refill(order, type) });
	*ret = pfn;
	return nr;
}

uint32_t ba_buddy_take_run(struct ba_ctx *ctx, struct ba_buddy *buddy,
			   order_t order, uint8_t type, uint32_t nr,
			   pfn_t *ret)
{
	nr = take_run(ctx, buddy, order, type, nr, ret);
	if (nr) {
		set_taken(ctx, *ret, order, type);
		count_ops(ctx, buddy, -(1 << order), nr);
	}
	return nr;
}

pfn_t ba_buddy_take(struct ba_ctx *ctx, struct ba_buddy *buddy, order_t order,
		    uint8_t type)
{
	pfn_t pfn = BA_PFN_NONE;

	ba_buddy_take_run(ctx, buddy, order, type, 1, &pfn);
	return pfn;
}

pfn_t ba_buddy_take_locked(struct ba_ctx *ctx, struct ba_buddy *buddy,
			   order_t order, uint8_t type)
{
	pfn_t pfn = BA_PFN_NONE;

	ba_buddy_lock(buddy, ctx);
	if (ba_likely(take_run(ctx, buddy, order, type, 1, &pfn)))
		ba_vmstat_mod(&buddy->free_pages, ctx->cpu, -(1 << order));
	ba_buddy_unlock(buddy, ctx);
	return pfn;
}

void ba_buddy_carve(struct ba_ctx *ctx, struct ba_buddy *buddy, pfn_t pfn,
		    order_t order, uint8_t type)
{
	unsigned int found = ba_descriptor(ctx, pfn)->order;

	list_del(ctx, buddy, pfn, found);
	expand(ctx, buddy, pfn, order, found, type, 1);
	set_taken(ctx, pfn, order, type);
	count_op(ctx, buddy, -(1 << order));
}

void ba_buddy_claim(struct ba_ctx *ctx, struct ba_buddy *buddy, pfn_t pfn,
		    order_t order, uint8_t type)
{
	unsigned int found = ba_descriptor(ctx, pfn)->order;

	list_del(ctx, buddy, pfn, found);
	count_op(ctx, buddy, -(1 << found));
	expand(ctx, buddy, pfn, order, found, type, 1);
	set_taken(ctx, pfn, order, type);
	if (found > order)
		count_op(ctx, buddy, (1 << found) - (1 << order));
}

void ba_buddy_remove(struct ba_ctx *ctx, struct ba_buddy *buddy, pfn_t pfn)
{
	unsigned int order = ba_descriptor(ctx, pfn)->order;

	list_del(ctx, buddy, pfn, order);
	ba_vmstat_mod(&buddy->free_pages, ctx->cpu, -(1 << order));
}

void ba_buddy_move(struct ba_ctx *ctx, struct ba_buddy *buddy, pfn_t pfn,
		   uint8_t type)
{
	unsigned int order = ba_descriptor(ctx, pfn)->order;

	list_del(ctx, buddy, pfn, order);
	list_add(ctx, buddy, pfn, order, type, BA_LIST_TAIL);
	/* 6.12 counts out of one type and into the other: the sum stays, but
	 * more of it may be folded into the counter afterwards */
	count_op(ctx, buddy, -(1 << order));
	count_op(ctx, buddy, 1 << order);
}

struct ba_buddy_census ba_buddy_pageblock(struct ba_ctx *ctx,
					  struct ba_buddy *buddy, pfn_t pfn,
					  uint8_t type, bool move)
{
	struct ba_buddy_census census = { 0, 0 };
	pfn_t at = ba_pageblock_start(pfn);
	pfn_t end = at + BA_PAGEBLOCK_PAGES;
	pfn_t pages;

	if (at < buddy->start)
		at = pfn;
	if (end > buddy->end)
		return census;

	ba_charge_units(&ctx->charge, BA_COST_CENSUS_PAGE, end - at);
	while (at < end) {
		const struct ba_frame f = ba_look(ctx, at);

		if (f.state != BA_FRAME_BUDDY) {
			if ((f.flags & (BA_FRAME_MOVABLE | BA_FRAME_FREEING)) ==
			    BA_FRAME_MOVABLE)
				census.movable++;
			at++;
			continue;
		}
		pages = 1u << f.order;
		census.free += pages;
		if (move) {
			ba_charge_units(&ctx->charge, BA_COST_MOVE_BLOCK, 1);
			ba_buddy_move(ctx, buddy, at, type);
		}
		at += pages;
	}
	return census;
}

void ba_buddy_load(struct ba_ctx *ctx, struct ba_buddy *buddy, pfn_t pfn,
		   order_t order, uint8_t type)
{
	list_add(ctx, buddy, pfn, order, type, BA_LIST_TAIL);
}

/* B1, B3 and B5 of one list; adds its pages to *pages. */
static const char *check_list(struct ba_ctx *ctx, struct ba_buddy *buddy,
			      unsigned int order, uint8_t type,
			      int64_t *pages)
{
	const struct ba_list *list = &buddy->area[order].list[type];
	bool max = order == BA_ORDER_MAX;
	pfn_t pfn;

	if (!ba_list_check(list, ba_frame_links(max ? ctx->max_blocks :
						      ctx->frames),
			   max ? ba_max_block_nr(buddy->end) : buddy->end))
		return "B4: a free list's links or length are wrong";
	if ((list->count != 0) !=
	    (((unsigned int)buddy->nonempty[type] >> order) & 1u))
		return "B4: `nonempty` disagrees with a free list";
	for (pfn = ba_buddy_first(buddy, (order_t)order, type);
	     pfn != BA_PFN_NONE;
	     pfn = ba_buddy_next(ctx, pfn, (order_t)order)) {
		const struct ba_frame *f = ba_descriptor(ctx, pfn);

		if (pfn & ((1u << order) - 1u) || pfn < buddy->start ||
		    pfn + (1u << order) > buddy->end)
			return "B1: a free block is misaligned or outside its zone";
		if (f->state != BA_FRAME_BUDDY || f->order != order ||
		    f->type != type)
			return "B5: a free block's descriptor disagrees with its list";
		if (order < BA_PAGEBLOCK_ORDER &&
		    is_free_block(ctx->frames, ba_buddy_range(buddy),
				  pfn ^ (1u << order), order))
			return "B2: two free buddies were not merged";
		/* of max blocks most frames were never touched: sim/check.h */
		for (pfn_t i = pfn + 1; !max && i < pfn + (1u << order); i++)
			if (ctx->frames[i].state != BA_FRAME_USED)
				return "B3: a frame lies in two free blocks";
		if (type != BA_MT_ISOLATE)
			*pages += (int64_t)1 << order;
	}
	return NULL;
}

const char *ba_buddy_check(struct ba_ctx *ctx, struct ba_buddy *buddy)
{
	int64_t pages = 0;

	for (unsigned int order = 0; order < BA_NR_ORDERS; order++) {
		uint32_t nr = 0;

		for (uint8_t type = 0; type < BA_NR_MT; type++) {
			const char *broken = check_list(ctx, buddy, order,
							type, &pages);
			if (broken)
				return broken;
			nr += buddy->area[order].list[type].count;
		}
		if (nr != buddy->area[order].nr_free)
			return "B4: nr_free differs from the lengths of the lists";
	}
	if (pages != ba_vmstat_sum(&buddy->free_pages))
		return "B6: the free-page counter differs from the free lists";
	return NULL;
}

pfn_t ba_buddy_outlook_next(const struct ba_ctx *ctx,
			    const struct ba_buddy *buddy,
			    struct ba_buddy_outlook *o)
{
	pfn_t pfn;

	if (o->block != BA_PFN_NONE && o->next < o->block + (1u << o->from)) {
		pfn = o->next;
		o->next += 1u << o->order;
		return pfn;
	}
	if (o->block != BA_PFN_NONE) {
		o->block = ba_buddy_next(ctx, o->block, o->from);
		if (o->block == BA_PFN_NONE)
			o->from++;
	}
	while (o->block == BA_PFN_NONE && o->from < BA_NR_ORDERS) {
		o->block = ba_buddy_first(buddy, o->from, o->type);
		if (o->block == BA_PFN_NONE)
			o->from++;
	}
	if (o->block == BA_PFN_NONE)
		return BA_PFN_NONE;
	o->next = o->block + (1u << o->order);
	return o->block;
}
