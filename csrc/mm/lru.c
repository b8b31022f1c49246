// SPDX-License-Identifier: GPL-2.0-only
#include "mm/lru.h"

#define WRITTEN_COST 32u	/* SWAP_CLUSTER_MAX: a page written, in 6.12 */

void ba_lru_init(struct ba_lruvec *lruvec)
{
	for (unsigned int lru = 0; lru < BA_NR_LRU; lru++)
		ba_list_init(&lruvec->list[lru]);
}

/* The list of a page, and its pages counted `sign` times. */
static struct ba_list *list_of(const struct ba_ctx *ctx,
			       struct ba_nodes *nodes, pfn_t pfn, int sign)
{
	const struct ba_frame *f = &ctx->frames[pfn];
	struct ba_zone *zone = ba_nodes_zone_of(ctx, nodes, pfn);
	struct ba_lruvec *lruvec = &nodes->node[zone->node].lruvec;
	enum ba_lru_list lru = ba_lru_of(f);
	int64_t pages = sign * (INT64_C(1) << f->order);

	zone->nr_lru[lru] += pages;
	lruvec->nr[lru] += pages;
	return &lruvec->list[lru];
}

void ba_lru_add(struct ba_ctx *ctx, struct ba_nodes *nodes, pfn_t pfn)
{
	ctx->frames[pfn].flags |= BA_FRAME_LRU;
	ba_list_add_head(list_of(ctx, nodes, pfn, 1),
			 ba_frame_links(ctx->frames), pfn);
}

void ba_lru_add_tail(struct ba_ctx *ctx, struct ba_nodes *nodes, pfn_t pfn)
{
	ctx->frames[pfn].flags |= BA_FRAME_LRU;
	ba_list_add_tail(list_of(ctx, nodes, pfn, 1),
			 ba_frame_links(ctx->frames), pfn);
}

void ba_lru_del(struct ba_ctx *ctx, struct ba_nodes *nodes, pfn_t pfn)
{
	ba_list_del(list_of(ctx, nodes, pfn, -1),
		    ba_frame_links(ctx->frames), pfn);
	ctx->frames[pfn].flags &= (uint8_t)~BA_FRAME_LRU;
}

void ba_lru_mark_accessed(struct ba_ctx *ctx, struct ba_nodes *nodes,
			  pfn_t pfn)
{
	struct ba_frame *f = &ctx->frames[pfn];

	if (!(f->use & BA_USE_REFERENCED)) {
		f->use |= BA_USE_REFERENCED;
		return;
	}
	if (f->use & BA_USE_ACTIVE || !(f->flags & BA_FRAME_LRU))
		return;
	ba_lru_del(ctx, nodes, pfn);
	f->use = (uint8_t)((f->use | BA_USE_ACTIVE) & ~BA_USE_REFERENCED);
	ba_lru_add(ctx, nodes, pfn);
	ba_vm_count(ctx, BA_VM_pgactivate, UINT64_C(1) << f->order);
}

static int64_t listed_pages(const struct ba_lruvec *lruvec)
{
	int64_t pages = 0;

	for (unsigned int lru = 0; lru < BA_NR_LRU; lru++)
		pages += lruvec->nr[lru];
	return pages;
}

void ba_lru_note_cost(const struct ba_ctx *ctx, struct ba_lruvec *lruvec,
		      bool file, uint64_t written, uint64_t rotated)
{
	uint64_t cost = ctx->profile->lru_cost_rotations ?
		written * WRITTEN_COST + rotated : written;

	if (file)
		lruvec->file_cost += cost;
	else
		lruvec->anon_cost += cost;
	if (lruvec->file_cost + lruvec->anon_cost >
	    (uint64_t)listed_pages(lruvec) / 4) {
		lruvec->file_cost /= 2;
		lruvec->anon_cost /= 2;
	}
}

void ba_lru_rotate(struct ba_ctx *ctx, struct ba_nodes *nodes, pfn_t pfn)
{
	struct ba_frame *f = &ctx->frames[pfn];

	/* only the mapping knows of a write to an anonymous page */
	if ((f->use & BA_USE_DIRTY && !(f->use & BA_USE_ANON)) ||
	    !(f->flags & BA_FRAME_LRU))
		return;
	ba_lru_del(ctx, nodes, pfn);
	f->use &= (uint8_t)~BA_USE_ACTIVE;
	ba_lru_add_tail(ctx, nodes, pfn);
	ba_vm_count(ctx, BA_VM_pgrotated, UINT64_C(1) << f->order);
}

uint64_t ba_zone_reclaimable_pages(const struct ba_ctx *ctx,
				   const struct ba_zone *zone)
{
	int64_t pages = zone->nr_lru[BA_LRU_INACTIVE_FILE] +
			zone->nr_lru[BA_LRU_ACTIVE_FILE];

	if (ba_can_reclaim_anon(ctx))
		pages += zone->nr_lru[BA_LRU_INACTIVE_ANON] +
			 zone->nr_lru[BA_LRU_ACTIVE_ANON];
	if (!pages && ctx->profile->reclaimable_counts_free)
		pages = ba_vmstat_sum(&zone->buddy.free_pages);
	return (uint64_t)pages;
}

static const char *check_list(const struct ba_ctx *ctx,
			      const struct ba_lruvec *lruvec,
			      enum ba_lru_list lru)
{
	const struct ba_link *links = ba_frame_links(ctx->frames);
	const uint8_t both = BA_FRAME_LRU | BA_FRAME_HANDLE;
	int64_t pages = 0;

	for (pfn_t pfn = lruvec->list[lru].head; pfn != BA_PFN_NONE;
	     pfn = ba_list_next(links, pfn)) {
		const struct ba_frame *f = &ctx->frames[pfn];

		if (f->state != BA_FRAME_USED || (f->flags & both) != both ||
		    ba_lru_of(f) != lru)
			return "U1: a page is on the wrong LRU list";
		pages += INT64_C(1) << f->order;
	}
	return pages == lruvec->nr[lru] ? NULL :
		"U2: an LRU list has not the pages that are counted";
}

const char *ba_lru_check(const struct ba_ctx *ctx,
			 const struct ba_nodes *nodes)
{
	int64_t rest[BA_NODE_MAX][BA_NR_LRU];

	for (uint8_t id = 0; id < nodes->nr_nodes; id++)
		for (unsigned int lru = 0; lru < BA_NR_LRU; lru++) {
			const char *wrong =
				check_list(ctx, &nodes->node[id].lruvec,
					   (enum ba_lru_list)lru);

			if (wrong)
				return wrong;
			rest[id][lru] = nodes->node[id].lruvec.nr[lru];
		}
	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		for (unsigned int lru = 0; lru < BA_NR_LRU; lru++)
			rest[nodes->zone[id].node][lru] -=
				nodes->zone[id].nr_lru[lru];
	for (uint8_t id = 0; id < nodes->nr_nodes; id++)
		for (unsigned int lru = 0; lru < BA_NR_LRU; lru++)
			if (rest[id][lru])
				return "U2: zones and node disagree on the "
				       "pages of an LRU list";
	return NULL;
}
