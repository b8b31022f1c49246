// SPDX-License-Identifier: GPL-2.0-only
#include "mm/shrink.h"

/* What a batch met, in pages. */
struct reclaim_stat {
	uint64_t dirty, unqueued_dirty, congested;
	uint64_t writeback, immediate, pageout;
	uint64_t activated;
};

enum verdict { RECLAIM, KEEP, ACTIVATE };

/* What folio_check_references says. */
enum references { NOT_TOUCHED, TOUCHED_BY_CALL, TOUCHED, TOUCHED_AGAIN };

/* Pages that go back to the allocator together. */
struct batch {
	uint32_t nr;
	pfn_t pfns[BA_SWAP_CLUSTER_MAX];
};

#define FOLIO_BATCH 31u		/* PAGEVEC_SIZE: 6.12 frees so many at a time */

static uint64_t pages_of(const struct ba_ctx *ctx, pfn_t pfn)
{
	return UINT64_C(1) << ctx->frames[pfn].order;
}

static struct ba_zone *zone_of(const struct ba_ctx *ctx,
			       struct ba_nodes *nodes, pfn_t pfn)
{
	return ba_nodes_zone_of(ctx, nodes, pfn);
}

/* Pages met on the way that lie too high: to the head, the order kept. */
static void put_skipped_back(struct ba_ctx *ctx, struct ba_list *src,
			     struct ba_list *skipped)
{
	struct ba_link *links = ba_frame_links(ctx->frames);

	while (!ba_list_empty(skipped))
		ba_list_add_head(src, links, ba_list_pop_head(skipped, links));
}

/*
 * Up to `nr_to_scan` pages from the tail of a list, in that order, into
 * `taken`; how many pages. *scanned counts those of too high zones as well,
 * which nr_to_scan does not.
 */
static uint64_t isolate(struct ba_ctx *ctx, struct ba_nodes *nodes,
			uint8_t node, enum ba_lru_list lru,
			uint64_t nr_to_scan, const struct ba_scan *sc,
			struct ba_list *taken, uint64_t *scanned)
{
	struct ba_list *src = &nodes->node[node].lruvec.list[lru];
	struct ba_link *links = ba_frame_links(ctx->frames);
	uint64_t nr_taken = 0, nr_skipped = 0;
	struct ba_list skipped;

	ba_list_init(taken);
	ba_list_init(&skipped);
	while (nr_taken < nr_to_scan && !ba_list_empty(src)) {
		pfn_t pfn = ba_list_last(src);

		if (zone_of(ctx, nodes, pfn)->index > sc->reclaim_idx) {
			ba_list_del(src, links, pfn);
			ba_list_add_tail(&skipped, links, pfn);
			nr_skipped += pages_of(ctx, pfn);
			continue;
		}
		ba_lru_del(ctx, nodes, pfn);
		ba_list_add_tail(taken, links, pfn);
		nr_taken += pages_of(ctx, pfn);
	}
	put_skipped_back(ctx, src, &skipped);
	ba_vm_count(ctx, BA_VM_pgscan_skip, nr_skipped);
	*scanned = nr_taken + nr_skipped;
	ba_charge_ns(&ctx->charge, *scanned * BA_COST_SCAN_PAGE);
	return nr_taken;
}

/* Back to the lists that their bits name now; how many pages. */
static uint64_t put_back(struct ba_ctx *ctx, struct ba_nodes *nodes,
			 struct ba_list *kept)
{
	uint64_t pages = 0;

	while (!ba_list_empty(kept)) {
		pfn_t pfn = ba_list_pop_head(kept,
					     ba_frame_links(ctx->frames));

		ba_lru_add(ctx, nodes, pfn);
		pages += pages_of(ctx, pfn);
	}
	return pages;
}

/* free_unref_folios: orders without per-CPU lists go while others wait. */
static void free_folios(struct ba_ctx *ctx, struct ba_nodes *nodes,
			const struct batch *batch)
{
	bool waits[BA_SWAP_CLUSTER_MAX];

	for (uint32_t i = 0; i < batch->nr; i++) {
		order_t order = ctx->frames[batch->pfns[i]].order;

		ba_free_prepare(ctx, nodes, batch->pfns[i], order);
		waits[i] = ba_pcp_allowed(order);
		if (!waits[i])
			ba_free_commit_direct(ctx, nodes, batch->pfns[i], 0);
	}
	for (uint32_t i = 0; i < batch->nr; i++)
		if (waits[i])
			ba_free_commit(ctx, nodes, batch->pfns[i]);
}

/* free_unref_page_list of a list to whose head pages were added. */
static void free_reversed(struct ba_ctx *ctx, struct ba_nodes *nodes,
			  const struct batch *batch)
{
	pfn_t pfns[BA_SWAP_CLUSTER_MAX];
	uint32_t bad;

	for (uint32_t i = 0; i < batch->nr; i++)
		pfns[i] = batch->pfns[batch->nr - 1 - i];
	ba_free_pages_list(ctx, nodes, pfns, batch->nr, &bad);
}

static void flush(struct ba_ctx *ctx, struct ba_nodes *nodes,
		  struct batch *batch)
{
	if (ctx->profile->batched_folios)
		free_folios(ctx, nodes, batch);
	else
		free_reversed(ctx, nodes, batch);
	batch->nr = 0;
}

/* The page leaves its owner, and its frame is free or soon will be. */
static void free_page(struct ba_ctx *ctx, struct ba_nodes *nodes,
		      struct batch *batch, pfn_t pfn)
{
	const struct ba_frame *f = &ctx->frames[pfn];

	ba_charge_ns(&ctx->charge, BA_COST_RECLAIM_PAGE * pages_of(ctx, pfn));
	ba_rmap_unset(ctx, f->owner, f->use & BA_USE_ANON ?
		      BA_HANDLE_SWAPPED : BA_HANDLE_EVICTED);
	if (f->order > 0 && !ctx->profile->batched_folios) {
		ba_free_pages(ctx, nodes, pfn, f->order);
		return;
	}
	batch->pfns[batch->nr++] = pfn;
	if (ctx->profile->batched_folios && batch->nr == FOLIO_BATCH)
		flush(ctx, nodes, batch);
}

/* The accessed bit of the mapping is cleared, and the mark of system calls. */
static enum references check_references(struct ba_ctx *ctx, pfn_t pfn)
{
	struct ba_frame *f = &ctx->frames[pfn];
	bool young = f->use & BA_USE_YOUNG;
	bool referenced = f->use & BA_USE_REFERENCED;

	f->use &= (uint8_t)~(BA_USE_YOUNG | BA_USE_REFERENCED);
	if (young) {
		f->use |= BA_USE_REFERENCED;
		return referenced ? TOUCHED_AGAIN : TOUCHED;
	}
	return referenced && !(f->use & BA_USE_ANON) ? TOUCHED_BY_CALL :
						       NOT_TOUCHED;
}

/* Dirty page cache and such under writeback decide about waiting later. */
static void count_dirty(const struct ba_frame *f, uint64_t pages,
			struct reclaim_stat *stat)
{
	bool dirty = f->use & BA_USE_DIRTY;
	bool writeback = f->use & BA_USE_WRITEBACK;

	if (f->use & BA_USE_ANON)
		return;
	if (dirty || writeback)
		stat->dirty += pages;
	if (dirty && !writeback)
		stat->unqueued_dirty += pages;
	if (writeback && f->use & BA_USE_RECLAIM)
		stat->congested += pages;
}

/* It is out of the way until it is written, and goes then. */
static enum verdict meet_writeback(struct ba_ctx *ctx,
				   const struct ba_node *node, pfn_t pfn,
				   const struct ba_scan *sc,
				   struct reclaim_stat *stat)
{
	struct ba_frame *f = &ctx->frames[pfn];

	if (sc->kswapd && f->use & BA_USE_RECLAIM &&
	    node->reclaim_flags & BA_NODE_WRITEBACK) {
		stat->immediate += pages_of(ctx, pfn);
		return ACTIVATE;
	}
	f->use |= BA_USE_RECLAIM;
	stat->writeback += pages_of(ctx, pfn);
	return ACTIVATE;
}

/* Dirty page cache: may this reclaimer write it? */
static bool leave_to_flusher(const struct ba_node *node,
			     const struct ba_frame *f,
			     const struct ba_scan *sc)
{
	return !(f->use & BA_USE_ANON) &&
	       (!sc->kswapd || !(f->use & BA_USE_RECLAIM) ||
		!(node->reclaim_flags & BA_NODE_DIRTY));
}

static bool may_enter_fs(const struct ba_frame *f, const struct ba_scan *sc)
{
	return sc->gfp & BA_GFP_FS ||
	       (f->use & BA_USE_ANON && sc->gfp & BA_GFP_IO);
}

/* pageout: on its way to the disk, or still here. */
static enum verdict pageout(struct ba_ctx *ctx, pfn_t pfn,
			    struct ba_scan *sc, struct reclaim_stat *stat)
{
	struct ba_frame *f = &ctx->frames[pfn];

	if (!(f->use & BA_USE_ANON) && !ctx->profile->file_writepage)
		return ACTIVATE;
	if (!ba_writeback_start(ctx, pfn)) {
		sc->queue_full = true;
		return KEEP;
	}
	f->use |= BA_USE_RECLAIM;
	ba_vm_count(ctx, BA_VM_nr_vmscan_write, pages_of(ctx, pfn));
	stat->pageout += pages_of(ctx, pfn);
	return KEEP;
}

static enum verdict meet_dirty(struct ba_ctx *ctx, const struct ba_node *node,
			       pfn_t pfn, struct ba_scan *sc,
			       enum references references,
			       struct reclaim_stat *stat)
{
	struct ba_frame *f = &ctx->frames[pfn];

	if (leave_to_flusher(node, f, sc)) {
		ba_vm_count(ctx, BA_VM_nr_vmscan_immediate_reclaim,
			    pages_of(ctx, pfn));
		f->use |= BA_USE_RECLAIM;
		return ACTIVATE;
	}
	if (references == TOUCHED_BY_CALL || !may_enter_fs(f, sc) ||
	    !sc->may_writepage)
		return KEEP;
	return pageout(ctx, pfn, sc, stat);
}

/* Which way does the page go? */
static enum verdict judge(struct ba_ctx *ctx, const struct ba_node *node,
			  pfn_t pfn, struct ba_scan *sc,
			  struct reclaim_stat *stat)
{
	const struct ba_frame *f = &ctx->frames[pfn];
	enum references references;

	count_dirty(f, pages_of(ctx, pfn), stat);
	if (f->use & BA_USE_WRITEBACK)
		return meet_writeback(ctx, node, pfn, sc, stat);
	references = check_references(ctx, pfn);
	if (references == TOUCHED_AGAIN)
		return ACTIVATE;
	if (references == TOUCHED)
		return KEEP;
	if (f->use & BA_USE_ANON && !ctx->handles[f->owner].swap) {
		if (!(sc->gfp & BA_GFP_IO))
			return KEEP;
		/* no slot for a page that could not be sent to it */
		if (ba_writeback_full(ctx->vm)) {
			sc->queue_full = true;
			return KEEP;
		}
		if (!ba_rmap_add_to_swap(ctx, f->owner))
			return ACTIVATE;
	}
	if (f->use & BA_USE_DIRTY)
		return meet_dirty(ctx, node, pfn, sc, references, stat);
	return RECLAIM;
}

static void activate(struct ba_ctx *ctx, pfn_t pfn, struct reclaim_stat *stat)
{
	struct ba_frame *f = &ctx->frames[pfn];

	if (ba_vm_swap_full(ctx->vm))
		ba_rmap_free_swap(ctx, f->owner);
	f->use |= BA_USE_ACTIVE;
	stat->activated += pages_of(ctx, pfn);
}

/* shrink_folio_list: `taken` keeps what is not freed; pages freed. */
static uint64_t shrink_taken(struct ba_ctx *ctx, struct ba_nodes *nodes,
			     const struct ba_node *node,
			     struct ba_list *taken, struct ba_scan *sc,
			     struct reclaim_stat *stat)
{
	struct ba_link *links = ba_frame_links(ctx->frames);
	struct batch batch = { .nr = 0 };
	uint64_t reclaimed = 0;
	struct ba_list kept;

	ba_list_init(&kept);
	while (!ba_list_empty(taken)) {
		pfn_t pfn = ba_list_pop_head(taken, links);
		enum verdict verdict = judge(ctx, node, pfn, sc, stat);
		uint64_t pages = pages_of(ctx, pfn);

		sc->nr_scanned += pages;
		if (verdict == RECLAIM) {
			free_page(ctx, nodes, &batch, pfn);
			reclaimed += pages;
			continue;
		}
		if (verdict == ACTIVATE)
			activate(ctx, pfn, stat);
		ba_list_add_tail(&kept, links, pfn);
	}
	flush(ctx, nodes, &batch);
	ba_vm_count(ctx, BA_VM_pgactivate, stat->activated);
	*taken = kept;
	return reclaimed;
}

static void count_scan(const struct ba_ctx *ctx, const struct ba_scan *sc,
		       bool file, uint64_t scanned, uint64_t reclaimed)
{
	ba_vm_count(ctx, sc->kswapd ? BA_VM_pgscan_kswapd :
				      BA_VM_pgscan_direct, scanned);
	ba_vm_count(ctx, file ? BA_VM_pgscan_file : BA_VM_pgscan_anon,
		    scanned);
	ba_vm_count(ctx, sc->kswapd ? BA_VM_pgsteal_kswapd :
				      BA_VM_pgsteal_direct, reclaimed);
	ba_vm_count(ctx, file ? BA_VM_pgsteal_file : BA_VM_pgsteal_anon,
		    reclaimed);
}

static void add_stat(struct ba_scan *sc, const struct reclaim_stat *stat,
		     bool file, uint64_t taken)
{
	sc->nr.dirty += stat->dirty;
	sc->nr.congested += stat->congested;
	sc->nr.unqueued_dirty += stat->unqueued_dirty;
	sc->nr.writeback += stat->writeback;
	sc->nr.immediate += stat->immediate;
	sc->nr.taken += taken;
	if (file)
		sc->nr.file_taken += taken;
}

static uint64_t shrink_inactive_list(struct ba_ctx *ctx,
				     struct ba_nodes *nodes, uint8_t id,
				     enum ba_lru_list lru,
				     uint64_t nr_to_scan, struct ba_scan *sc)
{
	struct ba_node *node = &nodes->node[id];
	struct reclaim_stat stat = { .dirty = 0 };
	bool file = ba_lru_is_file(lru);
	uint64_t taken, scanned, reclaimed = 0;
	struct ba_list list;

	taken = isolate(ctx, nodes, id, lru, nr_to_scan, sc, &list, &scanned);
	if (taken) {
		reclaimed = shrink_taken(ctx, nodes, node, &list, sc, &stat);
		put_back(ctx, nodes, &list);
	}
	count_scan(ctx, sc, file, scanned, reclaimed);
	if (!taken)
		return 0;
	ba_lru_note_cost(ctx, &node->lruvec, file, stat.pageout,
			 scanned - reclaimed);
	if (stat.unqueued_dirty == taken)
		ba_writeback_wake_flusher(ctx);
	add_stat(sc, &stat, file, taken);
	return reclaimed;
}

static void shrink_active_list(struct ba_ctx *ctx, struct ba_nodes *nodes,
			       uint8_t node, enum ba_lru_list lru,
			       uint64_t nr_to_scan, const struct ba_scan *sc)
{
	struct ba_link *links = ba_frame_links(ctx->frames);
	struct ba_list list;
	uint64_t scanned;

	isolate(ctx, nodes, node, lru, nr_to_scan, sc, &list, &scanned);
	ba_vm_count(ctx, BA_VM_pgrefill, scanned);
	for (pfn_t pfn = list.head; pfn != BA_PFN_NONE;
	     pfn = ba_list_next(links, pfn))
		ctx->frames[pfn].use &=
			(uint8_t)~(BA_USE_ACTIVE | BA_USE_YOUNG);
	ba_vm_count(ctx, BA_VM_pgdeactivate, put_back(ctx, nodes, &list));
}

uint64_t ba_shrink_list(struct ba_ctx *ctx, struct ba_nodes *nodes,
			uint8_t node, enum ba_lru_list lru,
			uint64_t nr_to_scan, struct ba_scan *sc)
{
	if (lru == BA_LRU_INACTIVE_ANON || lru == BA_LRU_INACTIVE_FILE)
		return shrink_inactive_list(ctx, nodes, node, lru, nr_to_scan,
					    sc);
	if (sc->may_deactivate[ba_lru_is_file(lru)])
		shrink_active_list(ctx, nodes, node, lru, nr_to_scan, sc);
	else
		sc->skipped_deactivate = true;
	return 0;
}

void ba_age_anon(struct ba_ctx *ctx, struct ba_nodes *nodes, uint8_t node,
		 struct ba_scan *sc)
{
	if (ctx->vm->swap_total &&
	    ba_inactive_is_low(&nodes->node[node].lruvec,
			       BA_LRU_INACTIVE_ANON))
		shrink_active_list(ctx, nodes, node, BA_LRU_ACTIVE_ANON,
				   BA_SWAP_CLUSTER_MAX, sc);
}
