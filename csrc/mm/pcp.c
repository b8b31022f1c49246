// SPDX-License-Identifier: GPL-2.0-only
#include "mm/pcp.h"

#include <string.h>

#include "mm/fallback.h"

void ba_pcp_init(struct ba_pcp *pcp, int32_t high, int32_t batch)
{
	memset(pcp, 0, sizeof(*pcp));
	pcp->high = high;
	pcp->batch = batch;
	for (unsigned int i = 0; i < BA_NR_PCP_LISTS; i++)
		ba_list_init(&pcp->list[i]);
}

/* Adjacent blocks of one order and type to the tail of their list. */
static inline void push_run(struct ba_ctx *ctx, struct ba_list *list,
			    pfn_t pfn, order_t order, uint8_t type, uint32_t nr)
{
	struct ba_frame *frames = ctx->frames;
	uint32_t word = ba_frame_word(BA_FRAME_PCP, order, type, 0);

	ba_list_add_run(list, ba_frame_links(frames), pfn, 1u << order, nr);
	for (; nr > 0; nr--, pfn += 1u << order)
		frames[pfn].word = word;
}

/* rmqueue_bulk: the list's order is the order in which blocks were taken. */
static ba_noinline int32_t refill(struct ba_ctx *ctx, struct ba_buddy *buddy,
				  struct ba_wmark *w, struct ba_list *list,
				  order_t order, int32_t nr, uint8_t type,
				  unsigned int alloc_flags)
{
	enum ba_rmqueue_mode mode = BA_RMQUEUE_NORMAL;
	int32_t got = 0;

	ba_buddy_lock(buddy, ctx);
	while (got < nr) {
		pfn_t pfn;
		uint32_t run = ba_rmqueue_run(ctx, buddy, w, order, type,
					      alloc_flags, &mode,
					      (uint32_t)(nr - got), &pfn);

		if (!run)
			break;
		push_run(ctx, list, pfn, order, ctx->frames[pfn].type, run);
		got += (int32_t)run;
	}
	if (!ctx->profile->per_op_free_counter)
		ba_vmstat_mod(&buddy->free_pages, ctx->cpu, -(got << order));
	ba_buddy_unlock(buddy, ctx);
	ba_charge_step(&ctx->charge, BA_STEP_PCP_REFILL);
	ba_charge_units(&ctx->charge, BA_COST_REFILL_PAGE, (uint32_t)got);
	return got;
}

static int32_t max32(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

static int32_t min32(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

/* Bring high within its bounds, which may have moved since. */
static int32_t clamp_high(struct ba_pcp *pcp)
{
	pcp->high = max32(min32(pcp->high, pcp->high_max), pcp->high_min);
	return pcp->high;
}

/* 6.12: a CPU that only allocates gets ever larger batches. */
static int32_t tuned_batch(struct ba_pcp *pcp, const struct ba_wmark *w,
			   order_t order)
{
	int32_t base = pcp->batch, high = clamp_high(pcp), nr, most;

	if (high < base)
		return 1;
	nr = order ? base : base << pcp->alloc_factor;
	if (pcp->high_min != pcp->high_max &&
	    !ba_wmark_has(w, BA_ZONE_BELOW_HIGH)) {
		pcp->high = min32(high + nr, pcp->high_max);
		high = pcp->high;
	}
	if (order)
		return nr;
	most = max32(high - pcp->count - base, base);
	if (nr <= most && pcp->alloc_factor < BA_PCP_BATCH_SCALE_MAX)
		pcp->alloc_factor++;
	return min32(nr, most);
}

/* Blocks that one refill brings. */
static int32_t nr_pcp_alloc(const struct ba_ctx *ctx, struct ba_pcp *pcp,
			    const struct ba_wmark *w, order_t order)
{
	int32_t nr = ctx->profile->pcp_auto_tune ? tuned_batch(pcp, w, order) :
						   pcp->batch;

	return nr > 1 ? max32(nr >> order, 2) : nr;
}

/* A trace has the last word; what led to another amount is brought in line. */
static int32_t told_refill(const struct ba_ctx *ctx, struct ba_pcp *pcp,
			   int32_t nr, order_t order)
{
	int32_t told = ctx->told->refill;

	if (told <= 0 || told == nr)
		return nr;
	ctx->told->corrected++;
	for (uint8_t f = 0; !order && f <= BA_PCP_BATCH_SCALE_MAX; f++)
		if (ctx->profile->pcp_auto_tune && told == pcp->batch << f)
			pcp->alloc_factor = f < BA_PCP_BATCH_SCALE_MAX ?
				(uint8_t)(f + 1) : f;
	return told;
}

static inline pfn_t take(struct ba_ctx *ctx, struct ba_buddy *buddy,
			 struct ba_wmark *w, struct ba_pcp *pcp, order_t order,
			 uint8_t type, unsigned int alloc_flags)
{
	struct ba_list *list =
		&pcp->list[ba_pcp_index(ctx->profile, order, type)];
	pfn_t pfn;

	if (list->count == 0) {
		int32_t nr = nr_pcp_alloc(ctx, pcp, w, order);

		if (ba_unlikely(ctx->told))
			nr = told_refill(ctx, pcp, nr, order);
		pcp->count += refill(ctx, buddy, w, list, order, nr, type,
				     alloc_flags) << order;
		if (list->count == 0)
			return BA_PFN_NONE;
	}
	pfn = ba_list_pop_head(list, ba_frame_links(ctx->frames));
	ctx->frames[pfn].state = BA_FRAME_USED;
	pcp->count -= 1 << order;
	return pfn;
}

pfn_t ba_pcp_alloc(struct ba_ctx *ctx, struct ba_buddy *buddy,
		   struct ba_wmark *w, struct ba_pcp *pcp, order_t order,
		   uint8_t type, unsigned int alloc_flags)
{
	pfn_t pfn;

	if (ba_unlikely(!ba_pcp_trylock(ctx, pcp)))
		return BA_PFN_NONE;
	pcp->free_factor >>= 1;
	pcp->free_count >>= 1;
	pfn = take(ctx, buddy, w, pcp, order, type, alloc_flags);
	ba_pcp_unlock(ctx, pcp);
	return pfn;
}

uint32_t ba_pcp_alloc_bulk(struct ba_ctx *ctx, struct ba_buddy *buddy,
			   struct ba_wmark *w, struct ba_pcp *pcp,
			   uint8_t type, unsigned int alloc_flags,
			   uint32_t nr, pfn_t *ret)
{
	uint32_t got = 0;

	if (!ba_pcp_trylock(ctx, pcp))
		return 0;
	while (got < nr) {
		pfn_t pfn = take(ctx, buddy, w, pcp, 0, type, alloc_flags);

		if (pfn == BA_PFN_NONE)
			break;
		ret[got++] = pfn;
	}
	ba_pcp_unlock(ctx, pcp);
	return got;
}

/*
 * free_pcppages_bulk: empty list after list from their tails, beginning with
 * `index`, until `nr` pages are freed.
 */
static ba_noinline void drain(struct ba_ctx *ctx, struct ba_buddy *buddy,
			      struct ba_pcp *pcp, int32_t nr,
			      unsigned int index)
{
	if (nr > pcp->count)
		nr = pcp->count;
	ba_charge_units(&ctx->charge, BA_COST_DRAIN_PAGE, (uint32_t)nr);
	ba_buddy_lock(buddy, ctx);
	while (nr > 0) {
		struct ba_list *list = &pcp->list[index];
		order_t order = ba_pcp_order(index);
		uint32_t blocks = ((uint32_t)(nr - 1) >> order) + 1;

		if (blocks > list->count)
			blocks = list->count;
		if (blocks)
			ba_buddy_free_list(ctx, buddy, list, order, blocks);
		nr -= (int32_t)(blocks << order);
		pcp->count -= (int32_t)(blocks << order);
		if (++index == BA_NR_PCP_LISTS)
			index = 0;
	}
	ba_buddy_unlock(buddy, ctx);
}

/* 6.1: pages that start a drain. */
static int32_t nr_pcp_high(const struct ba_pcp *pcp, const struct ba_wmark *w,
			   bool free_high)
{
	if (pcp->high == 0 || free_high)
		return 0;
	if (ba_wmark_has(w, BA_ZONE_RECLAIM_ACTIVE))
		return min32(pcp->batch << 2, pcp->high);
	return pcp->high;
}

/* 6.12: the same, and high moves with the frees. */
static int32_t tuned_high(struct ba_pcp *pcp, const struct ba_wmark *w,
			  bool free_high)
{
	int32_t high = clamp_high(pcp), batch = pcp->batch;
	int32_t freed = max32(pcp->free_count, batch);

	if (high == 0)
		return 0;
	if (free_high) {
		pcp->high = max32(high - (batch << BA_PCP_BATCH_SCALE_MAX),
				  pcp->high_min);
		return 0;
	}
	if (ba_wmark_has(w, BA_ZONE_RECLAIM_ACTIVE)) {
		pcp->high = max32(high - freed, pcp->high_min);
		return min32(batch << 2, pcp->high);
	}
	if (pcp->high_min == pcp->high_max)
		return high;
	if (ba_wmark_has(w, BA_ZONE_BELOW_HIGH)) {
		pcp->high = max32(high - freed, pcp->high_min);
		return max32(pcp->count, pcp->high_min);
	}
	if (pcp->count >= high && pcp->high < pcp->free_count + batch)
		pcp->high = max32(min32(pcp->free_count + batch,
					pcp->high_max), pcp->high_min);
	return high;
}

/* Pages that one drain gives back. */
static int32_t nr_pcp_free(struct ba_ctx *ctx, struct ba_pcp *pcp,
			   int32_t high, bool free_high)
{
	bool tuned = ctx->profile->pcp_auto_tune;
	int32_t nr, most = high - pcp->batch;

	if (free_high)
		return tuned ? min32(pcp->count, pcp->batch <<
						 BA_PCP_BATCH_SCALE_MAX) :
			       pcp->count;
	if (high < pcp->batch)
		return 1;
	nr = tuned ? pcp->free_count : pcp->batch << pcp->free_factor;
	if (!tuned && nr < most &&
	    (!ctx->profile->free_factor_capped ||
	     pcp->free_factor < (int16_t)BA_PCP_BATCH_SCALE_MAX))
		pcp->free_factor++;
	return min32(max32(nr, pcp->batch), most);
}

/*
 * The same for a drain of whole blocks: high must have been where it makes
 * one, or not. No free gives everything back where the model gives less:
 * that is its own drain and one of all lists after it.
 */
static int32_t told_drain(const struct ba_ctx *ctx, struct ba_pcp *pcp,
			  const struct ba_wmark *w, int32_t nr)
{
	struct ba_told *told = ctx->told;

	if (told->drain >= 0 && told->drain != pcp->count &&
	    (nr > told->drain || nr <= told->drain - told->drain_last)) {
		told->corrected++;
		if (ctx->profile->pcp_auto_tune && !told->drain != !nr)
			pcp->high = told->drain ? pcp->count : pcp->count + 1;
		if (ctx->profile->pcp_auto_tune && !nr)
			tuned_high(pcp, w, false);
		nr = told->drain;
	}
	told->drained = nr;
	return nr;
}

/* 6.12: do frees of orders 1 to 3 follow each other? */
static bool tuned_free_high(struct ba_pcp *pcp, order_t order)
{
	bool before = pcp->flags & BA_PCPF_PREV_FREE_HIGH_ORDER;

	if (order == 0 || order > BA_PCP_MAX_ORDER) {
		pcp->flags &= (uint8_t)~BA_PCPF_PREV_FREE_HIGH_ORDER;
		return false;
	}
	pcp->flags |= BA_PCPF_PREV_FREE_HIGH_ORDER;
	return before && pcp->free_count >= pcp->batch &&
	       (!(pcp->flags & BA_PCPF_FREE_HIGH_BATCH) ||
		pcp->count >= pcp->batch);
}

/* 6.12: after a drain the zone may be above its high mark again. */
static void test_below_high(struct ba_ctx *ctx, struct ba_buddy *buddy,
			    struct ba_wmark *w)
{
	if (ba_wmark_has(w, BA_ZONE_BELOW_HIGH) &&
	    ba_wmark_ok(ctx, buddy, w, 0, ba_wmark_pages(w, BA_WMARK_HIGH),
			BA_ZONE_MOVABLE, 0, ba_vmstat_read(&buddy->free_pages)))
		ba_wmark_clear(ctx, w, BA_ZONE_BELOW_HIGH);
}

/* Pages that this free makes it drain. */
static inline int32_t tuned_excess(struct ba_ctx *ctx,
				   const struct ba_wmark *w,
				   struct ba_pcp *pcp, order_t order)
{
	bool free_high = tuned_free_high(pcp, order);
	int32_t high;

	if (pcp->free_count < pcp->batch << BA_PCP_BATCH_SCALE_MAX)
		pcp->free_count = (int16_t)(pcp->free_count + (1 << order));
	high = tuned_high(pcp, w, free_high);
	return pcp->count >= high ? nr_pcp_free(ctx, pcp, high, free_high) : 0;
}

static void tuned_overflow(struct ba_ctx *ctx, struct ba_buddy *buddy,
			   struct ba_wmark *w, struct ba_pcp *pcp,
			   order_t order, unsigned int index)
{
	int32_t nr = tuned_excess(ctx, w, pcp, order);

	if (ba_unlikely(ctx->told))
		nr = told_drain(ctx, pcp, w, nr);
	if (nr) {
		drain(ctx, buddy, pcp, nr, index);
		test_below_high(ctx, buddy, w);
	}
}

static inline int32_t excess(struct ba_ctx *ctx, const struct ba_wmark *w,
			     struct ba_pcp *pcp, order_t order)
{
	bool free_high = pcp->free_factor && order &&
			 order <= BA_PCP_MAX_ORDER;
	int32_t high = nr_pcp_high(pcp, w, free_high);

	return ba_unlikely(pcp->count >= high) ?
		nr_pcp_free(ctx, pcp, high, free_high) : 0;
}

static inline void overflow(struct ba_ctx *ctx, struct ba_buddy *buddy,
			    struct ba_wmark *w, struct ba_pcp *pcp,
			    order_t order, unsigned int index)
{
	int32_t nr = excess(ctx, w, pcp, order);

	if (ba_unlikely(ctx->told))
		nr = told_drain(ctx, pcp, w, nr);
	if (ba_unlikely(nr))
		drain(ctx, buddy, pcp, nr, index);
}

void ba_pcp_foresee_alloc(struct ba_pcp *copy, order_t order)
{
	copy->count -= 1 << order;
	copy->free_factor >>= 1;
	copy->free_count >>= 1;
}

int32_t ba_pcp_foresee_free(struct ba_ctx *ctx, const struct ba_wmark *w,
			    struct ba_pcp *copy, order_t order)
{
	copy->count += 1 << order;
	return ctx->profile->pcp_auto_tune ?
		tuned_excess(ctx, w, copy, order) :
		excess(ctx, w, copy, order);
}

static inline void commit(struct ba_ctx *ctx, struct ba_buddy *buddy,
			  struct ba_wmark *w, struct ba_pcp *pcp, pfn_t pfn,
			  order_t order, uint8_t type)
{
	uint8_t list_type = type < BA_MT_PCPTYPES ? type : BA_MT_MOVABLE;
	unsigned int index = ba_pcp_index(ctx->profile, order, list_type);
	struct ba_frame *f = &ctx->frames[pfn];

	f->state = BA_FRAME_PCP;
	f->order = order;
	f->type = type;
	ba_list_add_head(&pcp->list[index], ba_frame_links(ctx->frames), pfn);
	pcp->count += 1 << order;
	if (ctx->profile->pcp_auto_tune) {
		pcp->alloc_factor >>= 1;
		tuned_overflow(ctx, buddy, w, pcp, order, index);
	} else {
		overflow(ctx, buddy, w, pcp, order, index);
	}
}

bool ba_pcp_free(struct ba_ctx *ctx, struct ba_buddy *buddy,
		 struct ba_wmark *w, struct ba_pcp *pcp, pfn_t pfn,
		 order_t order, uint8_t type)
{
	if (ba_unlikely(!ba_pcp_trylock(ctx, pcp)))
		return false;
	commit(ctx, buddy, w, pcp, pfn, order, type);
	ba_pcp_unlock(ctx, pcp);
	return true;
}

void ba_pcp_expire(struct ba_ctx *ctx, struct ba_buddy *buddy,
		   struct ba_pcp *pcp)
{
	ba_take_lock(ctx, &pcp->lock, BA_LEVEL_PCP);
	drain(ctx, buddy, pcp, pcp->batch, 0);
	ba_pcp_unlock(ctx, pcp);
}

void ba_pcp_drain_some(struct ba_ctx *ctx, struct ba_buddy *buddy,
		       struct ba_pcp *pcp, int32_t nr)
{
	ba_take_lock(ctx, &pcp->lock, BA_LEVEL_PCP);
	drain(ctx, buddy, pcp, nr, 0);
	ba_pcp_unlock(ctx, pcp);
}

void ba_pcp_decay(struct ba_ctx *ctx, struct ba_buddy *buddy,
		  struct ba_pcp *pcp)
{
	int32_t chunk = pcp->batch << BA_PCP_BATCH_SCALE_MAX;
	int32_t excess;

	if (pcp->high > pcp->high_min)
		pcp->high = max32(max32(pcp->count - chunk,
					pcp->high - (pcp->high >> 3)),
				  pcp->high_min);
	/* batch by batch, each from list 0 on */
	for (excess = pcp->count - pcp->high; excess > 0;
	     excess -= pcp->batch) {
		ba_take_lock(ctx, &pcp->lock, BA_LEVEL_PCP);
		drain(ctx, buddy, pcp, min32(excess, pcp->batch), 0);
		ba_pcp_unlock(ctx, pcp);
	}
}

void ba_pcp_drain(struct ba_ctx *ctx, struct ba_buddy *buddy,
		  struct ba_pcp *pcp)
{
	ba_take_lock(ctx, &pcp->lock, BA_LEVEL_PCP);
	while (pcp->count > 0) {
		int32_t chunk = pcp->count;

		if (ctx->profile->drain_in_chunks &&
		    chunk > pcp->batch << BA_PCP_BATCH_SCALE_MAX)
			chunk = pcp->batch << BA_PCP_BATCH_SCALE_MAX;
		drain(ctx, buddy, pcp, chunk, 0);
	}
	ba_pcp_unlock(ctx, pcp);
}

void ba_pcp_load(struct ba_ctx *ctx, struct ba_pcp *pcp, pfn_t pfn,
		 unsigned int index, uint8_t type)
{
	push_run(ctx, &pcp->list[index], pfn, ba_pcp_order(index), type, 1);
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
