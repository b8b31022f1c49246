// SPDX-License-Identifier: GPL-2.0-only
#include "mm/scan_count.h"

#define PAGES_PER_GIB	(UINT64_C(1) << (30 - BA_PAGE_SHIFT))
#define MAX_SWAPPINESS	200u

bool ba_inactive_is_low(const struct ba_lruvec *lruvec,
			enum ba_lru_list inactive)
{
	uint64_t few = (uint64_t)lruvec->nr[inactive];
	uint64_t many = (uint64_t)lruvec->nr[inactive + 1];
	uint64_t gib = (few + many) / PAGES_PER_GIB;
	uint64_t ratio = 1;	/* the root of 10 times the GiB, at least 1 */

	while ((ratio + 1) * (ratio + 1) <= 10 * gib)
		ratio++;
	return few * ratio < many;
}

/* Has the node so little page cache that taking more of it would thrash? */
static bool file_is_tiny(const struct ba_nodes *nodes, uint8_t node,
			 const struct ba_scan *sc)
{
	const int64_t *nr = nodes->node[node].lruvec.nr;
	int64_t high = 0, free = 0;

	for (uint8_t id = 0; id < nodes->nr_zones; id++) {
		const struct ba_zone *zone = &nodes->zone[id];

		if (zone->node != node)
			continue;
		free += ba_vmstat_read(&zone->buddy.free_pages);
		if (zone->wmark.managed)
			high += ba_wmark_pages(&zone->wmark, BA_WMARK_HIGH);
	}
	return nr[BA_LRU_INACTIVE_FILE] + nr[BA_LRU_ACTIVE_FILE] + free <=
		       high &&
	       !sc->may_deactivate[0] &&
	       nr[BA_LRU_INACTIVE_ANON] >> sc->priority;
}

void ba_prepare_scan_count(const struct ba_ctx *ctx,
			   const struct ba_nodes *nodes, uint8_t node,
			   struct ba_scan *sc)
{
	const struct ba_lruvec *lruvec = &nodes->node[node].lruvec;

	sc->anon_cost = lruvec->anon_cost;
	sc->file_cost = lruvec->file_cost;
	sc->may_deactivate[0] = sc->force_deactivate ||
		ba_inactive_is_low(lruvec, BA_LRU_INACTIVE_ANON);
	sc->may_deactivate[1] = sc->force_deactivate ||
		ba_inactive_is_low(lruvec, BA_LRU_INACTIVE_FILE);
	sc->cache_trim_mode =
		lruvec->nr[BA_LRU_INACTIVE_FILE] >> sc->priority &&
		!sc->may_deactivate[1] &&
		!(ctx->profile->trim_mode_retry && sc->no_cache_trim_mode);
	sc->file_is_tiny = file_is_tiny(nodes, node, sc);
}

/* How a round's work is dealt to anonymous pages [0] and page cache [1]. */
struct share {
	uint64_t part[2];
	uint64_t whole;
};

static const struct share all_anon = { { 1, 0 }, 1 };
static const struct share all_file = { { 0, 1 }, 1 };
static const struct share alike = { { 1, 1 }, 1 };

/* By swappiness and by what each kind has cost lately. */
static struct share by_cost(const struct ba_ctx *ctx, const struct ba_scan *sc)
{
	uint64_t total = sc->anon_cost + sc->file_cost;
	uint64_t anon = total + sc->anon_cost;
	uint64_t file = total + sc->file_cost;
	uint64_t swappiness = ctx->vm->swappiness;
	struct share share;

	total = anon + file;
	share.part[0] = swappiness * (total + 1) / (anon + 1);
	share.part[1] = (MAX_SWAPPINESS - swappiness) * (total + 1) /
			(file + 1);
	share.whole = share.part[0] + share.part[1];
	return share;
}

static struct share scan_balance(const struct ba_ctx *ctx,
				 const struct ba_scan *sc)
{
	if (!sc->may_swap || !ba_can_reclaim_anon(ctx))
		return all_file;
	if (!sc->priority && ctx->vm->swappiness)
		return alike;
	if (sc->file_is_tiny)
		return all_anon;
	if (sc->cache_trim_mode)
		return all_file;
	return by_cost(ctx, sc);
}

/* Pages of the node's list that lie in zones up to reclaim_idx. */
static uint64_t eligible_pages(const struct ba_nodes *nodes, uint8_t node,
			       unsigned int lru, uint8_t reclaim_idx)
{
	int64_t pages = 0;

	for (uint8_t id = 0; id < nodes->nr_zones; id++) {
		const struct ba_zone *zone = &nodes->zone[id];

		if (zone->node == node && zone->index <= reclaim_idx &&
		    zone->wmark.managed)
			pages += zone->nr_lru[lru];
	}
	return (uint64_t)pages;
}

void ba_get_scan_count(const struct ba_ctx *ctx, const struct ba_nodes *nodes,
		       uint8_t node, const struct ba_scan *sc,
		       uint64_t nr[BA_NR_LRU])
{
	struct share share = scan_balance(ctx, sc);

	for (unsigned int lru = 0; lru < BA_NR_LRU; lru++) {
		uint64_t pages = eligible_pages(nodes, node, lru,
						sc->reclaim_idx);
		bool file = ba_lru_is_file((enum ba_lru_list)lru);

		nr[lru] = (pages >> sc->priority) * share.part[file] /
			  share.whole;
	}
}
