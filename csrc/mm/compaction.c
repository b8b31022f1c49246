// SPDX-License-Identifier: GPL-2.0-only
#include "mm/compaction.h"

#define CLUSTER_MAX 32u			/* COMPACT_CLUSTER_MAX */
#define COSTLY_ORDER 3			/* PAGE_ALLOC_COSTLY_ORDER */

static pfn_t block_end(pfn_t pfn)
{
	return ba_pageblock_start(pfn) + BA_PAGEBLOCK_PAGES;
}

/* The pageblock's first frame inside the zone. */
static pfn_t start_in_zone(const struct ba_compact *cc, pfn_t pfn)
{
	pfn_t start = ba_pageblock_start(pfn);

	return start < cc->zone->buddy.start ? cc->zone->buddy.start : start;
}

static pfn_t end_in_zone(const struct ba_compact *cc, pfn_t pfn)
{
	pfn_t end = block_end(pfn);

	return end > cc->zone->buddy.end ? cc->zone->buddy.end : end;
}

static bool is_skipped(const struct ba_ctx *ctx, pfn_t pfn)
{
	return ctx->pageblocks[ba_pageblock_nr(pfn)].flags & BA_PAGEBLOCK_SKIP;
}

static void set_skip(struct ba_ctx *ctx, pfn_t pfn)
{
	ctx->pageblocks[ba_pageblock_nr(pfn)].flags |= BA_PAGEBLOCK_SKIP;
}

static struct ba_list *movable_list(struct ba_compact *cc, int order)
{
	return &cc->zone->buddy.area[order].list[BA_MT_MOVABLE];
}

/* Entries that a fast search looks at, fewer after each failure. */
static uint32_t scan_limit(const struct ba_compact *cc)
{
	return (cc->fast_fails < 32 ? CLUSTER_MAX >> cc->fast_fails : 0) + 1;
}

void ba_compact_begin(struct ba_compact *cc, struct ba_zone *zone,
		      struct ba_compact_cached *cached, pfn_t migrate_pfn,
		      pfn_t free_pfn)
{
	*cc = (struct ba_compact){
		.zone = zone, .cached = cached, .order = BA_COMPACT_WHOLE,
		.migrate_pfn = migrate_pfn, .free_pfn = free_pfn };
	for (unsigned int order = 0; order < BA_NR_ORDERS; order++)
		ba_list_init(&cc->lists[order]);
}

/* ---- the migrate scanner --------------------------------------------- */

/* Where a fast search found a block with free pages before, once. */
static pfn_t earlier_start(struct ba_compact *cc)
{
	if (cc->fast_start && cc->fast_start != BA_PFN_NONE) {
		cc->migrate_pfn = cc->fast_start;
		cc->fast_start = BA_PFN_NONE;
	}
	return cc->migrate_pfn;
}

static bool may_search_fast(const struct ba_ctx *ctx,
			    const struct ba_compact *cc)
{
	pfn_t pfn = cc->migrate_pfn;

	if (cc->ignore_skip || cc->order <= COSTLY_ORDER)
		return false;
	if (cc->finish_block && ctx->profile->compact_keeps_orders)
		return false;
	if (pfn != cc->zone->buddy.start && pfn != ba_pageblock_start(pfn))
		return false;
	return !cc->direct || cc->type == BA_MT_MOVABLE;
}

/* Make element i the tail: what stands behind it goes before the head. */
static void rotate_to_tail(struct ba_ctx *ctx, struct ba_list *list, pfn_t i)
{
	struct ba_link *links = ba_frame_links(ctx->frames);
	pfn_t next = ba_list_next(links, i);

	if (next != BA_PFN_NONE)
		ba_list_rotate_to_head(list, links, next);
}

/* One list, from its head; a block below `high` that is not skipped. */
static pfn_t search_source(struct ba_ctx *ctx, struct ba_list *list,
			   pfn_t high, uint32_t *scanned, uint32_t limit)
{
	const struct ba_link *links = ba_frame_links(ctx->frames);

	for (pfn_t i = list->head; i != BA_PFN_NONE;
	     i = ba_list_next(links, i)) {
		if ((*scanned)++ >= limit) {
			rotate_to_tail(ctx, list, i);
			return BA_PFN_NONE;
		}
		if (i < high && !is_skipped(ctx, i)) {
			rotate_to_tail(ctx, list, i);
			return i;
		}
	}
	return BA_PFN_NONE;
}

/* A pageblock with large free blocks has few pages to move. */
static pfn_t find_fast(struct ba_ctx *ctx, struct ba_compact *cc)
{
	pfn_t distance = (cc->free_pfn - cc->migrate_pfn) >> 1;
	uint32_t limit = scan_limit(cc), scanned = 0;
	pfn_t high, found = BA_PFN_NONE;

	if (cc->migrate_pfn != cc->zone->buddy.start)
		distance >>= 2;
	high = ba_pageblock_start(cc->migrate_pfn + distance);
	for (int order = cc->order - 1; order >= COSTLY_ORDER &&
	     found == BA_PFN_NONE && scanned < limit; order--)
		found = search_source(ctx, movable_list(cc, order), high,
				      &scanned, limit);
	if (found == BA_PFN_NONE) {
		cc->fast_fails++;
		return earlier_start(cc);
	}
	if (cc->fast_start != BA_PFN_NONE &&
	    (!cc->fast_start || found < cc->fast_start))
		cc->fast_start = found;
	cc->fast_fails = 0;
	if (ctx->profile->compact_fast_sets_skip)
		set_skip(ctx, found);
	return start_in_zone(cc, found);
}

static bool is_compound(const struct ba_frame *f)
{
	return f->state == BA_FRAME_USED && f->flags & BA_FRAME_COMPOUND;
}

static bool is_huge_page(const struct ba_ctx *ctx, pfn_t pfn)
{
	const struct ba_frame *f = &ctx->frames[pfn];

	return is_compound(f) && f->order >= BA_PAGEBLOCK_ORDER;
}

static bool is_source(const struct ba_ctx *ctx, const struct ba_compact *cc,
		      pfn_t pfn)
{
	if (is_huge_page(ctx, pfn))
		return false;
	return cc->sync || !cc->direct ||
	       ba_pageblock_type(ctx->pageblocks, pfn) == cc->type;
}

static void cache_migrate(struct ba_compact *cc, pfn_t pfn)
{
	pfn_t end = block_end(pfn);

	if (end > cc->cached->migrate[0])
		cc->cached->migrate[0] = end;
	if (cc->sync && end > cc->cached->migrate[1])
		cc->cached->migrate[1] = end;
}

/* The scan always looks at a pageblock's skip bit when it enters it. */
static bool enters_block(const struct ba_ctx *ctx, const struct ba_compact *cc,
			 pfn_t pfn)
{
	return pfn == ba_pageblock_start(pfn) ||
	       (ctx->profile->compact_keeps_orders &&
		pfn == cc->zone->buddy.start);
}

void ba_compact_find_source(struct ba_ctx *ctx, struct ba_compact *cc)
{
	pfn_t pfn = cc->migrate_pfn;
	bool found_fast = false;

	cc->start_pfn = pfn;
	cc->finish_block = ba_pageblock_start(cc->last_migrated) ==
			   ba_pageblock_start(pfn);
	if (cc->free_pfn < cc->migrate_pfn)
		return;
	if (may_search_fast(ctx, cc)) {
		pfn = find_fast(ctx, cc);
		found_fast = pfn != cc->migrate_pfn && !cc->fast_fails;
	}
	for (; block_end(pfn) <= cc->free_pfn; found_fast = false,
	     pfn = cc->migrate_pfn = block_end(pfn)) {
		if (enters_block(ctx, cc, pfn) && !found_fast &&
		    !cc->ignore_skip && is_skipped(ctx, pfn))
			continue;
		if (is_source(ctx, cc, pfn)) {
			cc->migrate_pfn = pfn;
			return;
		}
		cache_migrate(cc, block_end(pfn));
	}
}

/* Does the scan mark the pageblock when it takes its first page? */
static bool marks_at_first(const struct ba_ctx *ctx,
			   const struct ba_compact *cc, pfn_t start)
{
	const struct ba_frame *f = &ctx->frames[start];

	if (cc->ignore_skip)
		return false;
	/* 6.1 only if that page is the pageblock's first */
	return ctx->profile->compact_keeps_orders ||
	       (f->state == BA_FRAME_USED && f->flags & BA_FRAME_MOVABLE);
}

void ba_compact_took_source(struct ba_ctx *ctx, struct ba_compact *cc,
			    pfn_t start, pfn_t end, uint32_t taken)
{
	bool whole = end == block_end(start) &&
		     (!taken || cc->finish_block);
	bool entered = enters_block(ctx, cc, start);

	if (taken && entered && marks_at_first(ctx, cc, start))
		set_skip(ctx, start);
	if (whole && entered && !taken)
		set_skip(ctx, start);
	if (whole)
		cache_migrate(cc, end);
	cc->migrate_pfn = end;
	cc->nr_migrate = taken;
	if (taken)
		cc->last_migrated = ctx->profile->compact_keeps_orders ?
			start_in_zone(cc, end - 1) : cc->start_pfn;
}

void ba_compact_migrated(struct ba_ctx *ctx, struct ba_compact *cc,
			 uint32_t failed)
{
	bool huge = cc->order == (int)BA_PAGEBLOCK_ORDER;
	pfn_t pfn = cc->migrate_pfn;

	cc->nr_migrate = 0;
	if (!failed)
		return;
	if (ctx->profile->compact_keeps_orders) {
		/* the rest of the pageblock follows at once */
		if (pfn != ba_pageblock_start(pfn) && !cc->ignore_skip &&
		    !cc->finish_block) {
			cc->finish_block = true;
			if (huge)
				cc->last_migrated = 0;
		}
	} else if (cc->direct && !cc->sync && cc->order >= 0) {
		pfn_t mask = (1u << cc->order) - 1u;

		cc->migrate_pfn = ((pfn - 1) | mask) + 1;
		cc->last_migrated = 0;
	}
}

bool ba_compact_wants_drain(struct ba_compact *cc)
{
	pfn_t mask;

	if (cc->order <= 0 || !cc->last_migrated)
		return false;
	mask = (1u << cc->order) - 1u;
	if (cc->last_migrated >= (cc->migrate_pfn & ~mask))
		return false;
	cc->last_migrated = 0;
	return true;
}

void ba_compact_met(struct ba_compact *cc)
{
	cc->cached->migrate[0] = cc->zone->buddy.start;
	cc->cached->migrate[1] = cc->zone->buddy.start;
	cc->cached->free = ba_pageblock_start(cc->zone->buddy.end - 1);
	if (cc->direct)
		cc->cached->blockskip_flush = true;
}

/* ---- skip bits, anew ---------------------------------------------------- */

/*
 * Is the pageblock of pfn worth a scan, by a sample of its pages? Then its
 * skip bit is cleared.
 */
static bool unskip(struct ba_ctx *ctx, const struct ba_zone *zone, pfn_t pfn,
		   bool as_source, bool as_target)
{
	pfn_t at = ba_pageblock_start(pfn), end = block_end(pfn);

	if (is_huge_page(ctx, at))
		return false;
	if (as_source && as_target && !is_skipped(ctx, pfn))
		return true;
	if (!as_source &&
	    ba_pageblock_type(ctx->pageblocks, pfn) != BA_MT_MOVABLE)
		return false;
	if (at < zone->buddy.start)
		at = zone->buddy.start;
	if (end > zone->buddy.end)
		end = zone->buddy.end;
	for (; at < end; at += 1u << COSTLY_ORDER) {
		const struct ba_frame *f = &ctx->frames[at];

		if ((as_source && f->state == BA_FRAME_USED &&
		     f->flags & BA_FRAME_MOVABLE) ||
		    (as_target && f->state == BA_FRAME_BUDDY)) {
			ctx->pageblocks[ba_pageblock_nr(pfn)].flags &=
				(uint8_t)~BA_PAGEBLOCK_SKIP;
			return true;
		}
	}
	return false;
}

void ba_compact_flush_skips(struct ba_ctx *ctx, const struct ba_zone *zone,
			    struct ba_compact_cached *cached)
{
	pfn_t low = zone->buddy.start, high = zone->buddy.end - 1;
	pfn_t source = high, target = low;
	bool source_set = false, target_set = false;

	if (!cached->blockskip_flush)
		return;
	cached->blockskip_flush = false;
	for (; low < high; low += BA_PAGEBLOCK_PAGES,
	     high -= BA_PAGEBLOCK_PAGES) {
		if (unskip(ctx, zone, low, true, source_set) && low < source) {
			source_set = true;
			source = low;
			cached->init_migrate = low;
			cached->migrate[0] = cached->migrate[1] = low;
		}
		if (unskip(ctx, zone, high, target_set, true) &&
		    high > target) {
			target_set = true;
			target = high;
			cached->init_free = cached->free = high;
		}
		if (high < BA_PAGEBLOCK_PAGES)
			break;
	}
	if (source >= target) {
		cached->migrate[0] = cached->migrate[1] = low;
		cached->free = high;
	}
}

/* ---- the free scanner ------------------------------------------------- */

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

/* Take the free block at pfn; false when memory is too short for that. */
static bool take(struct ba_ctx *ctx, struct ba_compact *cc, pfn_t pfn)
{
	unsigned int order = ctx->frames[pfn].order;

	if (!ba_zone_isolate(ctx, cc->zone, pfn))
		return false;
	keep(ctx, cc, pfn, order, true);
	return true;
}

/* Free blocks of [*start, end) until there are enough; *start moves on. */
static uint32_t isolate_block(struct ba_ctx *ctx, struct ba_compact *cc,
			      pfn_t *start, pfn_t end, pfn_t stride)
{
	uint32_t before = cc->nr_free;
	pfn_t pfn = *start;

	for (; pfn < end; pfn += stride) {
		const struct ba_frame *f = &ctx->frames[pfn];
		uint32_t pages = 1u << f->order;

		if (is_compound(f))
			pfn += pages - 1;
		if (f->state != BA_FRAME_BUDDY)
			continue;
		if (!take(ctx, cc, pfn))
			break;
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
	const struct ba_frame *f = &ctx->frames[pfn];
	int order = BA_PAGEBLOCK_ORDER;

	if (ctx->profile->compact_keeps_orders && cc->order > 0)
		order = cc->order;
	if (f->state == BA_FRAME_BUDDY && f->order >= order)
		return false;
	return cc->ignore_type ||
	       ba_pageblock_type(ctx->pageblocks, pfn) == BA_MT_MOVABLE;
}

/* The pageblock around a page that was found fast, `taken` pages from it. */
static void isolate_around(struct ba_ctx *ctx, struct ba_compact *cc,
			   pfn_t pfn, uint32_t taken)
{
	pfn_t block = start_in_zone(cc, pfn);
	pfn_t end = end_in_zone(cc, pfn);
	pfn_t start = block;

	if (cc->nr_free >= cc->nr_migrate || (cc->direct && !cc->sync))
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
		set_skip(ctx, block);
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
	struct ba_list *list = movable_list(cc, order);
	struct ba_link *links = ba_frame_links(ctx->frames);
	pfn_t found = BA_PFN_NONE, high = 0, i;
	uint32_t scanned = 0;

	for (i = list->tail; i != BA_PFN_NONE; i = ba_list_prev(links, i)) {
		scanned++;
		if (i >= s->highest)
			s->highest = start_in_zone(cc, i);
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
	s->enough = scanned >= s->limit;
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
		if (!cc->zone->buddy.area[order].nr_free)
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
	if (!cc->direct)
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
	bool at_start = cc->free_pfn >= cc->cached->init_free;
	struct fast_search s = {
		.limit = at_start ? BA_PAGEBLOCK_PAGES >> 1 :
				    scan_limit(cc) >> 1,
		.low = ba_pageblock_start(cc->free_pfn - (distance >> 2)),
		.min = ba_pageblock_start(cc->free_pfn - (distance >> 1)) };
	pfn_t found;

	if (cc->order <= 0 || cc->free_pfn < cc->migrate_pfn)
		return;
	if (!s.limit)
		s.limit = 1;
	found = search_orders(ctx, cc, &s);
	if (found == BA_PFN_NONE) {
		cc->fast_fails++;
		if (at_start)
			found = start_scan(ctx, cc, &s);
	}
	if (s.highest && s.highest >= cc->cached->free)
		cc->cached->free = s.highest - BA_PAGEBLOCK_PAGES;
	if (found != BA_PFN_NONE)
		isolate_around(ctx, cc, found, cc->nr_free);
}

/* All of this pageblock has been scanned: the next run begins below it. */
static void scanned_all(struct ba_ctx *ctx, struct ba_compact *cc, pfn_t block)
{
	pfn_t next = block;

	if (ctx->profile->compact_keeps_orders)
		next -= BA_PAGEBLOCK_PAGES;
	set_skip(ctx, block);
	if (next < cc->cached->free)
		cc->cached->free = next;
}

/* Pageblock after pageblock, downwards to that of the migrate scanner. */
static void isolate_linear(struct ba_ctx *ctx, struct ba_compact *cc)
{
	pfn_t low = block_end(cc->migrate_pfn);
	pfn_t block = ba_pageblock_start(cc->free_pfn);
	pfn_t at = cc->free_pfn;
	pfn_t stride = cc->sync ? 1 : CLUSTER_MAX;

	for (; block >= low; at = block -= BA_PAGEBLOCK_PAGES) {
		pfn_t end = end_in_zone(cc, block);
		uint32_t got;

		if (!ba_zone_spans(cc->zone, block) ||
		    !is_target(ctx, cc, block) ||
		    (!cc->ignore_skip && is_skipped(ctx, block)))
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
		if (stride > CLUSTER_MAX)
			stride = CLUSTER_MAX;
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

void ba_compact_isolate(struct ba_ctx *ctx, struct ba_compact *cc)
{
	if (cc->nr_free)
		return;
	isolate_fast(ctx, cc);
	if (!cc->nr_free)
		isolate_linear(ctx, cc);
	if (!ctx->profile->compact_keeps_orders)
		split_blocks(ctx, cc);
}

/* ---- the run's own free pages ----------------------------------------- */

static void hand_out(struct ba_ctx *ctx, pfn_t pfn, uint8_t flags)
{
	ctx->frames[pfn].state = BA_FRAME_USED;
	ctx->frames[pfn].flags = flags;
}

pfn_t ba_compact_alloc(struct ba_ctx *ctx, struct ba_compact *cc)
{
	struct ba_link *links = ba_frame_links(ctx->frames);
	unsigned int order = 0;
	pfn_t pfn;

	while (order < BA_NR_ORDERS && ba_list_empty(&cc->lists[order]))
		order++;
	if (order == BA_NR_ORDERS)
		return BA_PFN_NONE;
	pfn = ba_list_pop_head(&cc->lists[order], links);
	cc->nr_free -= 1u << order;
	while (order-- > 0)
		keep(ctx, cc, pfn + (1u << order), order, false);
	ctx->frames[pfn].order = 0;
	hand_out(ctx, pfn, BA_FRAME_HEAD | BA_FRAME_MOVABLE);
	if (ctx->profile->compact_keeps_orders)
		cc->nr_migrate--;
	return pfn;
}

void ba_compact_free(struct ba_ctx *ctx, struct ba_compact *cc, pfn_t pfn)
{
	ctx->frames[pfn].flags = 0;
	keep(ctx, cc, pfn, 0, false);
	if (ctx->profile->compact_keeps_orders)
		cc->nr_migrate++;
}

void ba_compact_release(struct ba_ctx *ctx, struct ba_compact *cc)
{
	struct ba_link *links = ba_frame_links(ctx->frames);
	pfn_t highest = 0;

	for (unsigned int order = 0; order < BA_NR_ORDERS; order++)
		while (!ba_list_empty(&cc->lists[order])) {
			pfn_t pfn = ba_list_pop_head(&cc->lists[order], links);

			hand_out(ctx, pfn, BA_FRAME_HEAD);
			if (pfn > highest)
				highest = pfn;
		}
	cc->nr_free = 0;
	if (highest && ba_pageblock_start(highest) > cc->cached->free)
		cc->cached->free = ba_pageblock_start(highest);
}
