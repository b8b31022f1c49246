// SPDX-License-Identifier: GPL-2.0-only
#include "mm/compact_source.h"

/* ---- where to look ---------------------------------------------------- */

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

	if (cc->ignore_skip || cc->order <= (int)BA_COSTLY_ORDER)
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
		if (i < high && !ba_pageblock_is_skipped(ctx->pageblocks, i)) {
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
	uint32_t limit = ba_compact_scan_limit(cc), scanned = 0;
	pfn_t high, found = BA_PFN_NONE;

	if (cc->migrate_pfn != cc->zone->buddy.start)
		distance >>= 2;
	high = ba_pageblock_start(cc->migrate_pfn + distance);
	ba_buddy_lock(&cc->zone->buddy, ctx);
	for (int order = cc->order - 1; order >= (int)BA_COSTLY_ORDER &&
	     found == BA_PFN_NONE && scanned < limit; order--)
		found = search_source(ctx, ba_compact_movable_list(cc, order),
				      high, &scanned, limit);
	ba_buddy_unlock(&cc->zone->buddy, ctx);
	cc->migrate_scanned += scanned;
	if (found == BA_PFN_NONE) {
		cc->fast_fails++;
		return earlier_start(cc);
	}
	if (cc->fast_start != BA_PFN_NONE &&
	    (!cc->fast_start || found < cc->fast_start))
		cc->fast_start = found;
	cc->fast_fails = 0;
	if (ctx->profile->compact_fast_sets_skip)
		ba_pageblock_set_skip(ctx->pageblocks, found);
	return ba_compact_start_in_zone(cc, found);
}

static bool is_source(const struct ba_ctx *ctx, const struct ba_compact *cc,
		      pfn_t pfn)
{
	if (ba_compact_is_huge_page(ctx, pfn))
		return false;
	return cc->mode != BA_COMPACT_ASYNC || !cc->direct ||
	       ba_pageblock_type(ctx->pageblocks, pfn) == cc->type;
}

static void cache_migrate(struct ba_compact *cc, pfn_t pfn)
{
	pfn_t end = ba_pageblock_end(pfn);

	if (end > cc->zone->compact.migrate[0])
		cc->zone->compact.migrate[0] = end;
	if (cc->mode != BA_COMPACT_ASYNC && end > cc->zone->compact.migrate[1])
		cc->zone->compact.migrate[1] = end;
}

/* The scan always looks at a pageblock's skip bit when it enters it. */
static bool enters_block(const struct ba_ctx *ctx, const struct ba_compact *cc,
			 pfn_t pfn)
{
	return pfn == ba_pageblock_start(pfn) ||
	       (ctx->profile->compact_keeps_orders &&
		pfn == cc->zone->buddy.start);
}

void ba_compact_turn(struct ba_compact *cc)
{
	cc->start_pfn = cc->migrate_pfn;
	cc->finish_block = ba_pageblock_start(cc->last_migrated) ==
			   ba_pageblock_start(cc->migrate_pfn);
}

bool ba_compact_find_source(struct ba_ctx *ctx, struct ba_compact *cc)
{
	pfn_t pfn = cc->migrate_pfn;
	bool found_fast = false;

	if (cc->free_pfn < cc->migrate_pfn)
		return false;
	if (may_search_fast(ctx, cc)) {
		pfn = find_fast(ctx, cc);
		found_fast = pfn != cc->migrate_pfn && !cc->fast_fails;
	}
	for (; ba_pageblock_end(pfn) <= cc->free_pfn; found_fast = false,
	     pfn = cc->migrate_pfn = ba_pageblock_end(pfn)) {
		if (enters_block(ctx, cc, pfn) && !found_fast &&
		    !cc->ignore_skip &&
		    ba_pageblock_is_skipped(ctx->pageblocks, pfn))
			continue;
		if (is_source(ctx, cc, pfn)) {
			cc->migrate_pfn = pfn;
			return true;
		}
		cache_migrate(cc, ba_pageblock_end(pfn));
	}
	return false;
}

/* ---- what to take ------------------------------------------------------ */

/* The scanner stands behind the `taken` pages that it took. */
static void stand_at(const struct ba_ctx *ctx, struct ba_compact *cc,
		     pfn_t pfn, uint32_t taken)
{
	cc->migrate_pfn = pfn;
	cc->nr_migrate = taken;
	if (taken)
		cc->last_migrated = ctx->profile->compact_keeps_orders ?
			ba_compact_start_in_zone(cc, pfn - 1) : cc->start_pfn;
}

/* A scan of the rest of one pageblock. */
struct scan {
	pfn_t at, end;
	pfn_t next_skip;	/* end of the block of the request's order */
	bool all_or_none;	/* of the pages of such a block */
	bool entered;		/* at the pageblock's first frame */
	bool marked;		/* its skip bit has been seen to */
	uint32_t taken;		/* pages */
};

static pfn_t order_end(const struct ba_compact *cc, pfn_t pfn)
{
	pfn_t mask = (1u << cc->order) - 1u;

	return (pfn | mask) + 1;
}

/* Does a page of that order stay where it is? */
static bool is_too_large(const struct ba_ctx *ctx,
			 const struct ba_compact *cc, order_t order)
{
	if (!ctx->profile->compact_keeps_orders)
		return true;
	return order >= BA_PAGEBLOCK_ORDER ||
	       (cc->order >= 0 && order >= cc->order);
}

/* Of a file, or in the swap cache (folio_mapping)? */
static bool has_mapping(const struct ba_ctx *ctx, const struct ba_frame *f)
{
	return !(f->use & BA_USE_ANON) || ctx->handles[f->owner].swap;
}

static bool can_take(const struct ba_ctx *ctx, const struct ba_compact *cc,
		     pfn_t pfn)
{
	const struct ba_frame *f = &ctx->frames[pfn];
	const struct ba_frame seen = ba_frame_peek(f);

	/* what is on an LRU list stays as it is while the VM lock is ours */
	if (seen.state != BA_FRAME_USED || !(seen.flags & BA_FRAME_LRU))
		return false;
	if (cc->no_fs && has_mapping(ctx, f))
		return false;
	return cc->mode == BA_COMPACT_SYNC || !(f->use & BA_USE_WRITEBACK);
}

/* A frame of the block stays in use: the others need not be moved. */
static void give_up_order(struct ba_ctx *ctx, struct ba_nodes *nodes,
			  struct ba_compact *cc, struct scan *s)
{
	if (!s->all_or_none)
		return;
	ba_compact_put_back(ctx, nodes, cc);
	s->taken = 0;
	if (s->at < s->next_skip)
		s->at = s->next_skip - 1;
}

static void step_over(const struct ba_ctx *ctx, struct ba_compact *cc,
		      struct scan *s, order_t order)
{
	s->at += (1u << order) - 1;
	if (ctx->profile->compact_keeps_orders)
		cc->migrate_scanned += (1u << order) - 1;
}

static void mark_at_first(struct ba_ctx *ctx, const struct ba_compact *cc,
			  struct scan *s)
{
	bool may = s->entered;

	/* 6.1 only if that page is the pageblock's first */
	if (!ctx->profile->compact_keeps_orders)
		may = s->at == ba_pageblock_start(s->at);
	else if (!may)
		return;
	s->marked = true;
	if (may && !cc->ignore_skip)
		ba_pageblock_set_skip(ctx->pageblocks, s->at);
}

static void take_page(struct ba_ctx *ctx, struct ba_nodes *nodes,
		      struct ba_compact *cc, struct scan *s)
{
	order_t order = ctx->frames[s->at].order;

	if (!s->marked)
		mark_at_first(ctx, cc, s);
	ba_lru_del(ctx, nodes, s->at);
	ba_list_add_head(&cc->sources, ba_frame_links(ctx->frames), s->at);
	cc->nr_migrate += 1u << order;
	s->taken += 1u << order;
	step_over(ctx, cc, s, order);
}

/* One frame; false when the scan is to end behind it. */
static bool scan_frame(struct ba_ctx *ctx, struct ba_nodes *nodes,
		       struct ba_compact *cc, struct scan *s)
{
	const struct ba_frame f = ba_look(ctx, s->at);

	cc->migrate_scanned++;
	if (!s->entered && enters_block(ctx, cc, s->at)) {
		/* 6.1 comes here with blocks that it has marked itself */
		if (!cc->ignore_skip &&
		    ba_pageblock_is_skipped(ctx->pageblocks, s->at)) {
			s->at = s->end;
			return false;
		}
		s->entered = true;
	}
	if (f.state == BA_FRAME_BUDDY) {
		step_over(ctx, cc, s, f.order);
	} else if (ba_frame_is_compound(&f) &&
		   is_too_large(ctx, cc, f.order)) {
		step_over(ctx, cc, s, f.order);
		give_up_order(ctx, nodes, cc, s);
	} else if (can_take(ctx, cc, s->at)) {
		take_page(ctx, nodes, cc, s);
	} else {
		give_up_order(ctx, nodes, cc, s);
	}
	return cc->nr_migrate < BA_COMPACT_CLUSTER || cc->finish_block;
}

void ba_compact_isolate_source(struct ba_ctx *ctx, struct ba_nodes *nodes,
			       struct ba_compact *cc)
{
	struct scan s = { .at = cc->migrate_pfn,
			  .end = ba_pageblock_end(cc->migrate_pfn) };
	bool more = true;

	s.all_or_none = cc->direct && cc->mode == BA_COMPACT_ASYNC;
	if (s.all_or_none)
		s.next_skip = order_end(cc, s.at);
	for (; more && s.at < s.end; s.at++) {
		if (s.all_or_none && s.at >= s.next_skip) {
			if (s.taken)
				break;
			s.next_skip = order_end(cc, s.at);
		}
		more = scan_frame(ctx, nodes, cc, &s);
	}
	if (s.at > s.end)
		s.at = s.end;
	if (s.at == s.end && (!s.taken || cc->finish_block)) {
		if (s.entered && !s.marked)
			ba_pageblock_set_skip(ctx->pageblocks, s.end - 1);
		cache_migrate(cc, s.end);
	}
	cc->isolated += s.taken;
	stand_at(ctx, cc, s.at, s.taken);
}

void ba_compact_put_back(struct ba_ctx *ctx, struct ba_nodes *nodes,
			 struct ba_compact *cc)
{
	struct ba_link *links = ba_frame_links(ctx->frames);

	while (!ba_list_empty(&cc->sources))
		ba_lru_add(ctx, nodes, ba_list_pop_head(&cc->sources, links));
	cc->nr_migrate = 0;
}

/* ---- a replay ---------------------------------------------------------- */

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

/*
 * No page of the block was taken in the end. Had one been, and was given back
 * for another that stays where it is? Then 6.1 has seen to the skip bit
 * before, and set it only if that page was the pageblock's first.
 */
static bool took_in_vain(const struct ba_ctx *ctx, const struct ba_compact *cc,
			 pfn_t start, pfn_t end)
{
	if (ctx->profile->compact_keeps_orders || !cc->direct ||
	    cc->mode != BA_COMPACT_ASYNC || cc->order < 0)
		return false;
	for (pfn_t pfn = start; pfn < end; pfn++) {
		const struct ba_frame *f = ba_descriptor(ctx, pfn);
		bool compound = ba_frame_is_compound(f);

		if (f->state == BA_FRAME_USED && !compound &&
		    f->flags & BA_FRAME_MOVABLE)
			return pfn != ba_pageblock_start(pfn);
		if (f->state == BA_FRAME_BUDDY || compound)
			pfn += (1u << f->order) - 1;
		if (f->state != BA_FRAME_BUDDY)
			pfn = order_end(cc, pfn) - 1;
	}
	return false;
}

void ba_compact_took_source(struct ba_ctx *ctx, struct ba_compact *cc,
			    pfn_t start, pfn_t end, uint32_t taken)
{
	bool whole = end == ba_pageblock_end(start) &&
		     (!taken || cc->finish_block);
	bool entered = enters_block(ctx, cc, start);

	if (taken && entered && marks_at_first(ctx, cc, start))
		ba_pageblock_set_skip(ctx->pageblocks, start);
	if (whole && entered && !taken && !took_in_vain(ctx, cc, start, end))
		ba_pageblock_set_skip(ctx->pageblocks, start);
	if (whole)
		cache_migrate(cc, end);
	stand_at(ctx, cc, end, taken);
}

/* ---- afterwards -------------------------------------------------------- */

bool ba_compact_migrated(struct ba_ctx *ctx, struct ba_compact *cc,
			 uint32_t failed)
{
	pfn_t pfn = cc->migrate_pfn;

	cc->nr_migrate = 0;
	if (!failed)
		return false;
	if (ctx->profile->compact_keeps_orders) {
		if (pfn == ba_pageblock_start(pfn) || cc->ignore_skip ||
		    cc->finish_block)
			return false;
		cc->finish_block = true;
		if (cc->order == (int)BA_PAGEBLOCK_ORDER)
			cc->last_migrated = 0;
		return true;
	}
	if (cc->direct && cc->mode == BA_COMPACT_ASYNC && cc->order >= 0) {
		cc->migrate_pfn = order_end(cc, pfn - 1);
		cc->last_migrated = 0;
	}
	return false;
}
