// SPDX-License-Identifier: GPL-2.0-only
#include "mm/fallback.h"
#include "mm/pcp.h"

void ba_pcp_init(struct ba_pcp *pcp, int32_t high, int32_t batch)
{
	*pcp = (struct ba_pcp){ .high = high, .batch = batch };
	for (unsigned int i = 0; i < BA_NR_PCP_LISTS; i++)
		ba_list_init(&pcp->list[i]);
}

/* The interrupted task holds the lock; or, on a shared machine, a drain. */
static inline bool trylock(struct ba_ctx *ctx, struct ba_pcp *pcp)
{
	return !ctx->pcp_busy && ba_trylock(&pcp->lock, ctx->shared);
}

static inline void unlock(struct ba_ctx *ctx, struct ba_pcp *pcp)
{
	ba_unlock(&pcp->lock, ctx->shared);
}

static inline void push_tail(struct ba_ctx *ctx, struct ba_list *list,
			     pfn_t pfn)
{
	ctx->frames[pfn].state = BA_FRAME_PCP;
	ba_list_add_tail(list, ba_frame_links(ctx->frames), pfn);
}

/* rmqueue_bulk: the list's order is the order in which blocks were taken. */
static int32_t refill(struct ba_ctx *ctx, struct ba_buddy *buddy,
		      struct ba_wmark *w, struct ba_list *list, order_t order,
		      int32_t nr, uint8_t type, unsigned int alloc_flags)
{
	int32_t got = 0;

	ba_buddy_lock(buddy, ctx);
	while (got < nr) {
		pfn_t pfn = ba_rmqueue(ctx, buddy, w, order, type,
				       alloc_flags);

		if (pfn == BA_PFN_NONE)
			break;
		push_tail(ctx, list, pfn);
		got++;
	}
	if (!ctx->profile->per_op_free_counter)
		ba_vmstat_mod(&buddy->free_pages, ctx->cpu, -(got << order));
	ba_buddy_unlock(buddy, ctx);
	ba_charge_step(&ctx->charge, BA_STEP_PCP_REFILL);
	ba_charge_units(&ctx->charge, BA_COST_REFILL_PAGE, (uint32_t)got);
	return got;
}

static int32_t nr_pcp_alloc(const struct ba_pcp *pcp, order_t order)
{
	int32_t nr = pcp->batch;

	if (nr > 1) {
		nr >>= order;
		if (nr < 2)
			nr = 2;
	}
	return nr;
}

static inline pfn_t take(struct ba_ctx *ctx, struct ba_buddy *buddy,
			 struct ba_wmark *w, struct ba_pcp *pcp, order_t order,
			 uint8_t type, unsigned int alloc_flags)
{
	struct ba_list *list =
		&pcp->list[ba_pcp_index(ctx->profile, order, type)];
	pfn_t pfn;

	if (list->count == 0) {
		pcp->count += refill(ctx, buddy, w, list, order,
				     nr_pcp_alloc(pcp, order), type,
				     alloc_flags) << order;
		if (list->count == 0)
			return BA_PFN_NONE;
	}
	pfn = ba_list_first(list);
	ba_list_del(list, ba_frame_links(ctx->frames), pfn);
	ctx->frames[pfn].state = BA_FRAME_USED;
	pcp->count -= 1 << order;
	return pfn;
}

pfn_t ba_pcp_alloc(struct ba_ctx *ctx, struct ba_buddy *buddy,
		   struct ba_wmark *w, struct ba_pcp *pcp, order_t order,
		   uint8_t type, unsigned int alloc_flags)
{
	pfn_t pfn;

	if (ba_unlikely(!trylock(ctx, pcp)))
		return BA_PFN_NONE;
	pcp->free_factor >>= 1;
	pfn = take(ctx, buddy, w, pcp, order, type, alloc_flags);
	unlock(ctx, pcp);
	return pfn;
}

uint32_t ba_pcp_alloc_bulk(struct ba_ctx *ctx, struct ba_buddy *buddy,
			   struct ba_wmark *w, struct ba_pcp *pcp,
			   uint8_t type, unsigned int alloc_flags,
			   uint32_t nr, pfn_t *ret)
{
	uint32_t got = 0;

	if (!trylock(ctx, pcp))
		return 0;
	while (got < nr) {
		pfn_t pfn = take(ctx, buddy, w, pcp, 0, type, alloc_flags);

		if (pfn == BA_PFN_NONE)
			break;
		ret[got++] = pfn;
	}
	unlock(ctx, pcp);
	return got;
}

/* Free the oldest block of list `index`; the pages it had. */
static int32_t drain_one(struct ba_ctx *ctx, struct ba_buddy *buddy,
			 struct ba_pcp *pcp, unsigned int index)
{
	struct ba_list *list = &pcp->list[index];
	pfn_t pfn = ba_list_last(list);
	struct ba_frame *f = &ctx->frames[pfn];
	order_t order = f->order;
	uint8_t type = f->type;

	if (ctx->profile->list_type_is_pageblock)
		type = ba_pageblock_type(ctx->pageblocks, pfn);
	ba_list_del(list, ba_frame_links(ctx->frames), pfn);
	f->state = BA_FRAME_USED;
	ba_buddy_free(ctx, buddy, pfn, order, type, 0);
	ba_tp_emit(ctx->trace, (struct ba_tp_event){
		.kind = BA_TP_PCPU_DRAIN, .pfn = pfn, .order = order,
		.migratetype = type, .zone = buddy->zone });
	return 1 << order;
}

/*
 * free_pcppages_bulk: empty list after list from their tails, beginning with
 * `index`, until `nr` pages are freed.
 */
static void drain(struct ba_ctx *ctx, struct ba_buddy *buddy,
		  struct ba_pcp *pcp, int32_t nr, unsigned int index)
{
	if (nr > pcp->count)
		nr = pcp->count;
	ba_charge_units(&ctx->charge, BA_COST_DRAIN_PAGE, (uint32_t)nr);
	ba_buddy_lock(buddy, ctx);
	while (nr > 0) {
		while (nr > 0 && pcp->list[index].count) {
			int32_t pages = drain_one(ctx, buddy, pcp, index);

			nr -= pages;
			pcp->count -= pages;
		}
		if (++index == BA_NR_PCP_LISTS)
			index = 0;
	}
	ba_buddy_unlock(buddy, ctx);
}

static int32_t nr_pcp_high(const struct ba_pcp *pcp, const struct ba_wmark *w,
			   bool free_high)
{
	if (pcp->high == 0 || free_high)
		return 0;
	if (w->flags & BA_ZONE_RECLAIM_ACTIVE && pcp->batch << 2 < pcp->high)
		return pcp->batch << 2;
	return pcp->high;
}

static int32_t nr_pcp_free(struct ba_ctx *ctx, struct ba_pcp *pcp,
			   int32_t high, bool free_high)
{
	int32_t nr, max = high - pcp->batch;

	if (free_high)
		return pcp->count;
	if (high < pcp->batch)
		return 1;
	nr = pcp->batch << pcp->free_factor;
	if (nr < max && (!ctx->profile->free_factor_capped ||
			 pcp->free_factor < (int16_t)BA_PCP_BATCH_SCALE_MAX))
		pcp->free_factor++;
	if (nr > max)
		nr = max;
	return nr < pcp->batch ? pcp->batch : nr;
}

static inline void commit(struct ba_ctx *ctx, struct ba_buddy *buddy,
			  struct ba_wmark *w, struct ba_pcp *pcp, pfn_t pfn,
			  order_t order, uint8_t type)
{
	uint8_t list_type = type < BA_MT_PCPTYPES ? type : BA_MT_MOVABLE;
	unsigned int index = ba_pcp_index(ctx->profile, order, list_type);
	struct ba_frame *f = &ctx->frames[pfn];
	bool free_high;
	int32_t high;

	f->state = BA_FRAME_PCP;
	f->order = order;
	f->type = type;
	ba_list_add_head(&pcp->list[index], ba_frame_links(ctx->frames), pfn);
	pcp->count += 1 << order;

	free_high = pcp->free_factor && order && order <= BA_PCP_MAX_ORDER;
	high = nr_pcp_high(pcp, w, free_high);
	if (ba_unlikely(pcp->count >= high))
		drain(ctx, buddy, pcp, nr_pcp_free(ctx, pcp, high, free_high),
		      index);
}

bool ba_pcp_free(struct ba_ctx *ctx, struct ba_buddy *buddy,
		 struct ba_wmark *w, struct ba_pcp *pcp, pfn_t pfn,
		 order_t order, uint8_t type)
{
	if (ba_unlikely(!trylock(ctx, pcp)))
		return false;
	commit(ctx, buddy, w, pcp, pfn, order, type);
	unlock(ctx, pcp);
	return true;
}

void ba_pcp_drain(struct ba_ctx *ctx, struct ba_buddy *buddy,
		  struct ba_pcp *pcp)
{
	ba_lock(&pcp->lock, ctx->shared);
	while (pcp->count > 0) {
		int32_t chunk = pcp->count;

		if (ctx->profile->drain_in_chunks &&
		    chunk > pcp->batch << BA_PCP_BATCH_SCALE_MAX)
			chunk = pcp->batch << BA_PCP_BATCH_SCALE_MAX;
		drain(ctx, buddy, pcp, chunk, 0);
	}
	unlock(ctx, pcp);
}

void ba_pcp_load(struct ba_ctx *ctx, struct ba_pcp *pcp, pfn_t pfn,
		 unsigned int index, uint8_t type)
{
	ctx->frames[pfn].order = ba_pcp_order(index);
	ctx->frames[pfn].type = type;
	push_tail(ctx, &pcp->list[index], pfn);
	pcp->count += 1 << ba_pcp_order(index);
}

int32_t ba_pcp_batch(uint64_t managed)
{
	uint64_t b = managed >> 10;

	if (b > 256)
		b = 256;
	b /= 4;
	if (b < 1)
		b = 1;
	b += b / 2;
	/* one less than a power of two, so that batches do not line up */
	b = ((uint64_t)1 << (63 - __builtin_clzll(b))) - 1;
	return b < 1 ? 1 : (int32_t)b;
}

int32_t ba_pcp_high(uint64_t total, uint32_t cpus, int32_t batch)
{
	int32_t high = (int32_t)(total / cpus);

	return high < batch * 4 ? batch * 4 : high;
}

const char *ba_pcp_check(struct ba_ctx *ctx, struct ba_pcp *pcp, pfn_t limit)
{
	const struct ba_link *links = ba_frame_links(ctx->frames);
	int64_t pages = 0;

	for (unsigned int i = 0; i < BA_NR_PCP_LISTS; i++) {
		struct ba_list *list = &pcp->list[i];
		pfn_t pfn = ba_list_first(list);

		if (!ba_list_check(list, ba_frame_links(ctx->frames), limit))
			return "P1: a per-CPU list's links or length are wrong";
		for (; pfn != BA_PFN_NONE; pfn = ba_list_next(links, pfn)) {
			const struct ba_frame *f = &ctx->frames[pfn];

			if (f->state != BA_FRAME_PCP ||
			    f->order != ba_pcp_order(i))
				return "P2: a page's descriptor disagrees with its per-CPU list";
			pages += (int64_t)1 << f->order;
		}
	}
	if (pages != pcp->count)
		return "P1: count differs from the pages on the per-CPU lists";
	return NULL;
}
