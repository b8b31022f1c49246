// SPDX-License-Identifier: GPL-2.0-only
#include "mm/compact_target.h"

/* Put a block on one of the run's own lists. */
static void keep(struct ba_ctx *ctx, struct ba_compact *cc, pfn_t pfn,
		 unsigned int order, bool to_tail)
{
	struct ba_link *links = ba_frame_links(ctx->frames);
	struct ba_list *list = &cc->lists[order];

	/* 6.1 lines up all of them, until they are split */
	if (!ctx->profile->compact_keeps_orders)
		list = &cc->lists[0];
	ctx->frames[pfn].state = BA_FRAME_ISOLATED;
	ctx->frames[pfn].order = (uint8_t)order;
	if (to_tail)
		ba_list_add_tail(list, links, pfn);
	else
		ba_list_add_head(list, links, pfn);
	cc->nr_free += 1u << order;
}

/* Take the free block at pfn; false when memory is too short for that, or
 * another CPU took it meanwhile. */
static bool take(struct ba_ctx *ctx, struct ba_compact *cc, pfn_t pfn)
{
	unsigned int order;

	if (!ba_zone_isolate(ctx, cc->zone, pfn))
		return false;
	order = ctx->frames[pfn].order;
	keep(ctx, cc, pfn, order, true);
	cc->isolated += 1u << order;
	cc->free_scanned += (1u << order) - 1;
	return true;
}

static bool is_free(const struct ba_ctx *ctx, pfn_t pfn)
{
	return ba_look(ctx, pfn).state == BA_FRAME_BUDDY;
}

/* Free blocks of [*start, end) until there are enough; *start moves on. */
static uint32_t isolate_block(struct ba_ctx *ctx, struct ba_compact *cc,
			      pfn_t *start, pfn_t end, pfn_t stride)
{
	uint32_t before = cc->nr_free;
	pfn_t pfn = *start;

	for (; pfn < end; pfn += stride) {
		const struct ba_frame f = ba_look(ctx, pfn);
		uint32_t pages = 1u << f.order;

		cc->free_scanned++;
		if (ba_frame_is_compound(&f) &&
		    (!ctx->profile->compact_keeps_orders ||
		     pfn + pages <= end)) {
			pfn += pages - 1;
			if (ctx->profile->compact_keeps_orders)
				cc->free_scanned += pages - 1;
		}
		if (f.state != BA_FRAME_BUDDY)
			continue;
		if (!take(ctx, cc, pfn)) {
			if (is_free(ctx, pfn))
				break;
			continue;
		}
		pages = 1u << ctx->frames[pfn].order;
		if (cc->nr_migrate <= cc->nr_free) {
			pfn += pages;
			break;
		}
		pfn += pages - 1;
	}
	*start = pfn < end ? pfn : end;
	return cc->nr_free - before;
}

static bool is_target(const struct ba_ctx *ctx, const struct ba_compact *cc,
		      pfn_t pfn)
{
	const struct ba_frame f = ba_look(ctx, pfn);
	int order = BA_PAGEBLOCK_ORDER;

	if (ctx->profile->compact_keeps_orders && cc->order > 0)
		order = cc->order;
	if (f.state == BA_FRAME_BUDDY && f.order >= order)
		return false;
	return cc->ignore_type ||
	       ba_pageblock_type(ctx->pageblocks, pfn) == BA_MT_MOVABLE;
}

/* The pageblock around a page that was found fast, `taken` pages from it. */
static void isolate_around(struct ba_ctx *ctx, struct ba_compact *cc,
			   pfn_t pfn, uint32_t taken)
{
	pfn_t block = ba_compact_start_in_zone(cc, pfn);
	pfn_t end = ba_compact_end_in_zone(cc, pfn);
	pfn_t start = block;

	if (cc->nr_free >= cc->nr_migrate ||
	    (cc->direct && cc->mode == BA_COMPACT_ASYNC))
		return;
	if (!ctx->profile->compact_one_pass) {
		if (start != pfn) {
			isolate_block(ctx, cc, &start, pfn, 1);
			if (cc->nr_free >= cc->nr_migrate)
				return;
		}
		start = pfn + taken;
	}
	if (start < end)
		isolate_block(ctx, cc, &start, end, 1);
	if (ctx->profile->compact_keeps_orders ? start == end :
						 cc->nr_free < cc->nr_migrate)
		ba_pageblock_set_skip(ctx->pageblocks, block);
}

struct fast_search {
	uint32_t limit;		/* entries of one list */
	pfn_t low, min;		/* good enough; good if there is no better */
	pfn_t highest;		/* pageblock of the highest block seen; 0 */
	bool enough;		/* the last list was walked to the limit */
};

/* One list, from its tail. The block to take, or BA_PFN_NONE. */
static pfn_t search_free(struct ba_ctx *ctx, struct ba_compact *cc,
			 struct fast_search *s, int order)
{
	struct ba_list *list = ba_compact_movable_list(cc, order);
	struct ba_link *links = ba_frame_links(ctx->frames);
	pfn_t found = BA_PFN_NONE, high = 0, i;
	uint32_t scanned = 0;

	ba_buddy_lock(&cc->zone->buddy, ctx);
	for (i = list->tail; i != BA_PFN_NONE; i = ba_list_prev(links, i)) {
		scanned++;
		if (i >= s->highest)
			s->highest = ba_compact_start_in_zone(cc, i);
		if (i >= s->low) {
			cc->fast_fails = 0;
			cc->search_order = order;
			found = i;
			break;
		}
		if (i >= s->min && i > high) {
			high = i;
			s->limit >>= 1;
		}
		if (scanned >= s->limit)
			break;
	}
	if (found == BA_PFN_NONE && high)
		found = i = high;
	if (i != BA_PFN_NONE)
		ba_list_rotate_to_head(list, links, i);
	ba_buddy_unlock(&cc->zone->buddy, ctx);
	s->enough = scanned >= s->limit;
	cc->free_scanned += scanned;
	return found;
}

/* Round robin downwards; -1 after a whole round. */
static int next_order(struct ba_compact *cc, int order)
{
	if (--order < 0)
		order = cc->order - 1;
	if (order != cc->search_order)
		return order;
	if (--cc->search_order < 0)
		cc->search_order = cc->order - 1;
	return -1;
}

static pfn_t search_orders(struct ba_ctx *ctx, struct ba_compact *cc,
			   struct fast_search *s)
{
	pfn_t found = BA_PFN_NONE;
	int order;

	if (cc->search_order > cc->order - 1)
		cc->search_order = cc->order - 1;
	for (order = cc->search_order; found == BA_PFN_NONE && order >= 0;
	     order = next_order(cc, order)) {
		if (!BA_PEEK(cc->zone->buddy.area[order].nr_free))
			continue;
		found = search_free(ctx, cc, s, order);
		if (found != BA_PFN_NONE && !take(ctx, cc, found)) {
			order = cc->search_order + 1;
			found = BA_PFN_NONE;
		}
		if (ctx->profile->compact_keeps_orders &&
		    cc->nr_free >= cc->nr_migrate)
			break;
		if (s->enough)
			s->limit = s->limit > 1 ? s->limit >> 1 : 1;
	}
	return found;
}

/* Nothing found in the free lists, and the scan is at its start. */
static pfn_t start_scan(struct ba_ctx *ctx, struct ba_compact *cc,
			const struct fast_search *s)
{
	pfn_t pfn = s->min;

	if (s->highest >= s->min) {
		cc->free_pfn = s->highest;
		return s->highest;
	}
	if (!cc->direct || pfn == BA_PFN_NONE)
		return BA_PFN_NONE;
	cc->free_pfn = pfn;
	if (!ba_zone_spans(cc->zone, pfn) ||
	    (ctx->profile->compact_keeps_orders && !is_target(ctx, cc, pfn)))
		return BA_PFN_NONE;
	return pfn;
}

static void isolate_fast(struct ba_ctx *ctx, struct ba_compact *cc)
{
	pfn_t distance = cc->free_pfn - cc->migrate_pfn;
	bool at_start = cc->free_pfn >= cc->zone->compact.init_free;
	struct fast_search s = {
		.limit = at_start ? BA_PAGEBLOCK_PAGES >> 1 :
				    ba_compact_scan_limit(cc) >> 1,
		.low = ba_pageblock_start(cc->free_pfn - (distance >> 2)),
		.min = ba_pageblock_start(cc->free_pfn - (distance >> 1)) };
	pfn_t found;

	/* scanners that have met leave nothing good enough, but lists turn */
	if (cc->free_pfn < cc->migrate_pfn)
		s.low = s.min = BA_PFN_NONE;
	if (!s.limit)
		s.limit = 1;
	found = search_orders(ctx, cc, &s);
	if (found == BA_PFN_NONE) {
		cc->fast_fails++;
		if (at_start)
			found = start_scan(ctx, cc, &s);
	}
	if (s.highest && s.highest >= cc->zone->compact.free)
		cc->zone->compact.free =
			(uint64_t)s.highest - BA_PAGEBLOCK_PAGES;
	cc->around = found;
}

/* All of this pageblock has been scanned: the next run begins below it. */
static void scanned_all(struct ba_ctx *ctx, struct ba_compact *cc, pfn_t block)
{
	uint64_t next = block;

	if (ctx->profile->compact_keeps_orders)
		next -= BA_PAGEBLOCK_PAGES;
	ba_pageblock_set_skip(ctx->pageblocks, block);
	if (next < cc->zone->compact.free)
		cc->zone->compact.free = next;
}

/* Pageblock after pageblock, downwards to that of the migrate scanner. */
static void isolate_linear(struct ba_ctx *ctx, struct ba_compact *cc)
{
	pfn_t low = ba_pageblock_end(cc->migrate_pfn);
	pfn_t block = ba_pageblock_start(cc->free_pfn);
	pfn_t at = cc->free_pfn;
	pfn_t stride = cc->mode != BA_COMPACT_ASYNC ? 1 : BA_COMPACT_CLUSTER;

	for (; block >= low; at = block -= BA_PAGEBLOCK_PAGES) {
		pfn_t end = ba_compact_end_in_zone(cc, block);
		uint32_t got;

		if (!ba_zone_spans(cc->zone, block) ||
		    !is_target(ctx, cc, block) ||
		    (!cc->ignore_skip &&
		     ba_pageblock_is_skipped(ctx->pageblocks, block)))
			continue;
		got = isolate_block(ctx, cc, &at, end, stride);
		if (at == end)
			scanned_all(ctx, cc, block);
		if (cc->nr_free >= cc->nr_migrate) {
			if (at >= end)
				at = block - BA_PAGEBLOCK_PAGES;
			break;
		}
		if (at < end)
			break;
		stride = got ? 1 : stride << 1;
		if (stride > BA_COMPACT_CLUSTER)
			stride = BA_COMPACT_CLUSTER;
	}
	cc->free_pfn = at;
}

/* 6.1: the blocks become single pages, the last one in front. */
static void split_blocks(struct ba_ctx *ctx, struct ba_compact *cc)
{
	struct ba_link *links = ba_frame_links(ctx->frames);
	struct ba_list blocks = cc->lists[0];

	ba_list_init(&cc->lists[0]);
	cc->nr_free = 0;
	while (!ba_list_empty(&blocks)) {
		pfn_t pfn = ba_list_pop_head(&blocks, links);
		uint32_t pages = 1u << ctx->frames[pfn].order;

		for (uint32_t i = 0; i < pages; i++)
			keep(ctx, cc, pfn + i, 0, false);
	}
}

static void search_lists(struct ba_ctx *ctx, struct ba_compact *cc)
{
	cc->looking = true;
	cc->around = BA_PFN_NONE;
	if (cc->order > 0)
		isolate_fast(ctx, cc);
}

void ba_compact_isolate_fast(struct ba_ctx *ctx, struct ba_compact *cc)
{
	if (!cc->nr_free)
		search_lists(ctx, cc);
}

void ba_compact_isolate_rest(struct ba_ctx *ctx, struct ba_compact *cc)
{
	if (!cc->looking)
		return;
	cc->looking = false;
	if (cc->around != BA_PFN_NONE)
		isolate_around(ctx, cc, cc->around, cc->nr_free);
	if (!cc->nr_free)
		isolate_linear(ctx, cc);
	if (!ctx->profile->compact_keeps_orders)
		split_blocks(ctx, cc);
}

static void isolate(struct ba_ctx *ctx, struct ba_compact *cc)
{
	search_lists(ctx, cc);
	ba_compact_isolate_rest(ctx, cc);
}

void ba_compact_isolate(struct ba_ctx *ctx, struct ba_compact *cc)
{
	if (!cc->nr_free)
		isolate(ctx, cc);
}

/* ---- the run's own free pages ----------------------------------------- */

static void hand_out(struct ba_ctx *ctx, pfn_t pfn, uint8_t flags)
{
	ctx->frames[pfn].state = BA_FRAME_USED;
	ctx->frames[pfn].flags = flags;
}

pfn_t ba_compact_alloc(struct ba_ctx *ctx, struct ba_compact *cc,
		       order_t order)
{
	struct ba_link *links = ba_frame_links(ctx->frames);
	unsigned int from = order;
	pfn_t pfn;

	while (from < BA_NR_ORDERS && ba_list_empty(&cc->lists[from]))
		from++;
	if (from == BA_NR_ORDERS)
		return BA_PFN_NONE;
	pfn = ba_list_pop_head(&cc->lists[from], links);
	cc->nr_free -= 1u << from;
	while (from-- > order)
		keep(ctx, cc, pfn + (1u << from), from, false);
	ctx->frames[pfn].order = order;
	hand_out(ctx, pfn, order ? BA_FRAME_HEAD | BA_FRAME_COMPOUND :
				   BA_FRAME_HEAD);
	ba_page_set_movable(ctx->frames, pfn, order, true);
	if (ctx->profile->compact_keeps_orders)
		cc->nr_migrate -= 1u << order;
	return pfn;
}

pfn_t ba_compact_target(struct ba_ctx *ctx, struct ba_compact *cc,
			order_t order)
{
	pfn_t pfn = ba_compact_alloc(ctx, cc, order);

	if (pfn != BA_PFN_NONE)
		return pfn;
	isolate(ctx, cc);
	return ba_compact_alloc(ctx, cc, order);
}

void ba_compact_free(struct ba_ctx *ctx, struct ba_compact *cc, pfn_t pfn)
{
	order_t order = ctx->frames[pfn].order;

	ba_page_set_movable(ctx->frames, pfn, order, false);
	ctx->frames[pfn].flags = 0;
	keep(ctx, cc, pfn, order, false);
	if (ctx->profile->compact_keeps_orders)
		cc->nr_migrate += 1u << order;
}

pfn_t ba_compact_release(struct ba_ctx *ctx, struct ba_compact *cc)
{
	struct ba_link *links = ba_frame_links(ctx->frames);
	uint64_t *cached = &cc->zone->compact.free;
	unsigned int order = 0;
	pfn_t pfn;

	while (order < BA_NR_ORDERS && ba_list_empty(&cc->lists[order]))
		order++;
	if (order == BA_NR_ORDERS)
		return BA_PFN_NONE;
	pfn = ba_list_pop_head(&cc->lists[order], links);
	cc->nr_free -= 1u << order;
	hand_out(ctx, pfn, BA_FRAME_HEAD);
	if (ba_pageblock_start(pfn) > *cached)
		*cached = ba_pageblock_start(pfn);
	return pfn;
}
