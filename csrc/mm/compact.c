// SPDX-License-Identifier: GPL-2.0-only
#include "mm/compact.h"

void ba_compact_begin(struct ba_compact *cc, struct ba_zone *zone,
		      pfn_t migrate_pfn, pfn_t free_pfn)
{
	cc->zone = zone;
	cc->finish_block = false;
	cc->migrate_pfn = migrate_pfn;
	cc->free_pfn = free_pfn;
	cc->last_migrated = 0;
	cc->fast_start = 0;
	cc->barren = 0;
	cc->nr_migrate = cc->nr_free = 0;
	cc->migrate_scanned = cc->free_scanned = cc->isolated = 0;
	ba_list_init(&cc->sources);
	for (unsigned int order = 0; order < BA_NR_ORDERS; order++)
		ba_list_init(&cc->lists[order]);
}

void ba_compact_met(struct ba_compact *cc)
{
	struct ba_zone *zone = cc->zone;

	zone->compact.migrate[0] = zone->buddy.start;
	zone->compact.migrate[1] = zone->buddy.start;
	zone->compact.free = ba_pageblock_start(zone->buddy.end - 1);
	if (cc->direct)
		zone->compact.blockskip_flush = 1;
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

/*
 * Is the pageblock of pfn worth a scan, by a sample of its pages? Then its
 * skip bit is cleared.
 */
static bool unskip(struct ba_ctx *ctx, const struct ba_zone *zone, pfn_t pfn,
		   bool as_source, bool as_target)
{
	pfn_t at = ba_pageblock_start(pfn), end = ba_pageblock_end(pfn);

	if (ba_compact_is_huge_page(ctx, at))
		return false;
	if (as_source && as_target &&
	    !ba_pageblock_is_skipped(ctx->pageblocks, pfn))
		return true;
	if (!as_source &&
	    ba_pageblock_type(ctx->pageblocks, pfn) != BA_MT_MOVABLE)
		return false;
	if (at < zone->buddy.start)
		at = zone->buddy.start;
	if (end > zone->buddy.end)
		end = zone->buddy.end;
	for (; at < end; at += 1u << BA_COSTLY_ORDER) {
		const struct ba_frame f = ba_look(ctx, at);

		if ((as_source && f.state == BA_FRAME_USED &&
		     f.flags & BA_FRAME_MOVABLE) ||
		    (as_target && f.state == BA_FRAME_BUDDY)) {
			ba_pageblock_clear_skip(ctx->pageblocks, pfn);
			return true;
		}
	}
	return false;
}

void ba_compact_flush_skips(struct ba_ctx *ctx, struct ba_zone *zone)
{
	struct ba_compact_zone *cached = &zone->compact;
	pfn_t low = zone->buddy.start, high = zone->buddy.end - 1;
	pfn_t source = high, target = low;
	bool source_set = false, target_set = false;

	if (!cached->blockskip_flush)
		return;
	cached->blockskip_flush = 0;
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

void ba_compact_flush_node(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   uint8_t node)
{
	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		if (nodes->zone[id].node == node)
			ba_compact_flush_skips(ctx, &nodes->zone[id]);
}
