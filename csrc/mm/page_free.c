// SPDX-License-Identifier: GPL-2.0-only
#include "mm/page_free.h"

#include "mm/memory.h"

/* Is the frame inside a block that another frame heads? */
static bool inside_other_block(const struct ba_frame *frames, pfn_t pfn)
{
	for (unsigned int order = 1; order < BA_NR_ORDERS; order++) {
		pfn_t head = pfn & ~((1u << order) - 1u);
		const struct ba_frame f = ba_frame_peek(&frames[head]);

		if (head != pfn && f.state == BA_FRAME_USED &&
		    f.flags & (BA_FRAME_HEAD | BA_FRAME_FREEING) &&
		    head + (1u << f.order) > pfn)
			return true;
	}
	return false;
}

/*
 * A frame in use whose head nobody has seen handed out: it was allocated
 * before the machine's first event. Such a block may have any order, as long
 * as none of its frames is known to be something else.
 */
static enum ba_status check_unknown(const struct ba_ctx *ctx, pfn_t pfn,
				    order_t order)
{
	if (ba_free_head(ctx, pfn) != BA_PFN_NONE ||
	    ba_page_isolated_head(ctx->frames, pfn) != BA_PFN_NONE)
		return BA_EDOUBLEFREE;
	if (inside_other_block(ctx->frames, pfn))
		return BA_EORDER;
	for (pfn_t i = pfn; i < pfn + (1u << order); i++) {
		const struct ba_frame f = ba_frame_peek(&ctx->frames[i]);

		if (f.state != BA_FRAME_USED)
			return BA_EDOUBLEFREE;
		if (f.flags & (BA_FRAME_HEAD | BA_FRAME_FREEING))
			return BA_EORDER;
	}
	return BA_OK;
}

static inline enum ba_status check_owned(const struct ba_ctx *ctx, pfn_t pfn,
					 order_t order)
{
	const struct ba_frame f = ba_frame_peek(&ctx->frames[pfn]);

	if (ba_unlikely(f.state != BA_FRAME_USED ||
			f.flags & BA_FRAME_FREEING))
		return BA_EDOUBLEFREE;
	if (ba_unlikely(f.flags & BA_FRAME_HANDLE))
		return BA_EHANDLE;
	if (ba_unlikely(f.flags & (BA_FRAME_SLAB | BA_FRAME_KMALLOC)))
		return BA_ESLAB;
	if (ba_likely(f.flags & BA_FRAME_HEAD))
		return f.order == order ? BA_OK : BA_EORDER;
	return check_unknown(ctx, pfn, order);
}

/* May the block be freed? *ret: its zone. */
static inline enum ba_status check_range(const struct ba_ctx *ctx,
					 struct ba_nodes *nodes, pfn_t pfn,
					 order_t order, struct ba_zone **ret)
{
	struct ba_zone *zone = ba_nodes_zone_of(ctx, nodes, pfn);

	if (order > BA_ORDER_MAX || pfn & ((1u << order) - 1u))
		return BA_EINVAL;
	if (!zone || pfn + (1u << order) > zone->buddy.end)
		return BA_EFRAME;
	*ret = zone;
	return check_owned(ctx, pfn, order);
}

enum ba_status ba_free_prepare(struct ba_ctx *ctx, struct ba_nodes *nodes,
			       pfn_t pfn, order_t order)
{
	struct ba_zone *zone;
	enum ba_status status = check_range(ctx, nodes, pfn, order, &zone);
	struct ba_frame *f = &ctx->frames[pfn];

	if (ba_unlikely(status != BA_OK))
		return status;
	f->flags |= BA_FRAME_FREEING;
	f->order = order;
	f->type = ba_pageblock_type(ctx->pageblocks, pfn);
	return BA_OK;
}

static void clear_block(struct ba_ctx *ctx, pfn_t pfn, order_t order)
{
	ba_charge_units(&ctx->charge, BA_COST_CLEAR_PAGE, 1u << order);
	if (ctx->memory)
		ba_memory_zero(ctx->memory, pfn, 1u << order);
}

/* G3; of a block that nobody saw handed out, any frame may be. */
static inline bool may_have_movable(const struct ba_frame *head)
{
	return head->flags & BA_FRAME_MOVABLE || !(head->flags & BA_FRAME_HEAD);
}

static inline void forget_owner(struct ba_ctx *ctx, pfn_t pfn, order_t order)
{
	struct ba_frame *f = &ctx->frames[pfn];

	if (order > 0 && may_have_movable(f))
		ba_page_set_movable(ctx->frames, pfn, order, false);
	f->flags = 0;
	if (ba_unlikely(ctx->init_on_free))
		clear_block(ctx, pfn, order);
}

/* Of a block that is prepared. */
static uint8_t type_of(const struct ba_ctx *ctx, pfn_t pfn)
{
	/* 6.12 looks at the pageblock only when it knows the list */
	return ctx->profile->list_type_is_pageblock ?
		ba_pageblock_type(ctx->pageblocks, pfn) :
		ctx->frames[pfn].type;
}

void ba_free_commit(struct ba_ctx *ctx, struct ba_nodes *nodes, pfn_t pfn)
{
	struct ba_zone *zone = ba_nodes_zone_of(ctx, nodes, pfn);
	order_t order = ctx->frames[pfn].order;

	forget_owner(ctx, pfn, order);
	ba_zone_free(ctx, zone, pfn, order, type_of(ctx, pfn));
}

void ba_free_commit_direct(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   pfn_t pfn, unsigned int flags)
{
	struct ba_zone *zone = ba_nodes_zone_of(ctx, nodes, pfn);
	order_t order = ctx->frames[pfn].order;

	forget_owner(ctx, pfn, order);
	ba_zone_free_direct(ctx, zone, pfn, order, type_of(ctx, pfn), flags);
}

/* Prepare and commit, with nothing in between that could look. */
static ba_noinline enum ba_status free_pages(struct ba_ctx *ctx,
					     struct ba_nodes *nodes,
					     pfn_t pfn, order_t order)
{
	struct ba_zone *zone;
	enum ba_status status = check_range(ctx, nodes, pfn, order, &zone);

	if (ba_unlikely(status != BA_OK))
		return status;
	forget_owner(ctx, pfn, order);
	ba_zone_free(ctx, zone, pfn, order,
		     ba_pageblock_type(ctx->pageblocks, pfn));
	return BA_OK;
}

/* Is it a block that was handed out, and to be freed in the usual way? */
static ba_always_inline bool is_usual(const struct ba_ctx *ctx,
				      const struct ba_nodes *nodes, pfn_t pfn,
				      order_t order, unsigned int freeing)
{
	/* a page may be movable; a larger block must not, but be compound */
	uint8_t either = order ? BA_FRAME_COMPOUND : BA_FRAME_MOVABLE;

	return pfn < nodes->end && !ctx->unusual_free &&
	       (BA_PEEK(ctx->frames[pfn].word) &
		~ba_frame_word(0, 0, 0xff, either)) ==
	       ba_frame_word(BA_FRAME_USED, order, 0,
			     (uint8_t)(BA_FRAME_HEAD | freeing));
}

/* A block that was handed out lies in the zone of its pageblock. */
static ba_always_inline struct ba_zone *usual_zone(const struct ba_ctx *ctx,
						   struct ba_nodes *nodes,
						   pfn_t pfn)
{
	return &nodes->zone[ctx->pageblocks[ba_pageblock_nr(pfn)].zone - 1u];
}

/*
 * What nearly every free of an order that is kept per CPU comes to: a block
 * that was handed out, and room for it on this CPU's list. False, and nothing
 * done, for any other. freeing: 0, or BA_FRAME_FREEING of one that is prepared.
 */
static ba_always_inline bool free_hit(struct ba_ctx *ctx,
				      struct ba_nodes *nodes, pfn_t pfn,
				      order_t order, unsigned int freeing)
{
	struct ba_zone *zone;
	struct ba_pcp *pcp;
	uint8_t type;

	if (ba_unlikely(!is_usual(ctx, nodes, pfn, order, freeing)))
		return false;
	zone = usual_zone(ctx, nodes, pfn);
	ba_keep_pointer(zone);
	type = freeing ? type_of(ctx, pfn) :
			 ba_pageblock_type(ctx->pageblocks, pfn);
	pcp = &zone->pcp[ctx->cpu];
	ba_keep_pointer(pcp);
	if (ba_unlikely(type >= BA_MT_PCPTYPES ||
			!ba_pcp_put(ctx, &zone->wmark, pcp, pfn, order, type)))
		return false;
	ba_charge_units(&ctx->charge, BA_COST_FREE, 1);
	return true;
}

static ba_noinline enum ba_status free_kept(struct ba_ctx *ctx,
					    struct ba_nodes *nodes, pfn_t pfn,
					    order_t order)
{
	return ba_likely(free_hit(ctx, nodes, pfn, order, 0)) ? BA_OK :
		free_pages(ctx, nodes, pfn, order);
}

/* The other orders: to the zone's lists. */
static ba_noinline enum ba_status free_direct(struct ba_ctx *ctx,
					      struct ba_nodes *nodes,
					      pfn_t pfn, order_t order)
{
	struct ba_zone *zone;

	/* of a block that is larger each pageblock may be of another type */
	if (ba_unlikely(order > BA_PAGEBLOCK_ORDER ||
			!is_usual(ctx, nodes, pfn, order, 0)))
		return free_pages(ctx, nodes, pfn, order);
	ctx->frames[pfn].flags = 0;
	zone = usual_zone(ctx, nodes, pfn);
	ba_charge_units(&ctx->charge, BA_COST_FREE_BUDDY, 1);
	ba_buddy_free_locked(ctx, &zone->buddy, pfn, order,
			     ba_pageblock_type(ctx->pageblocks, pfn));
	return BA_OK;
}

/* The larger orders apart: they take registers that order 0 need not save. */
enum ba_status ba_free_pages(struct ba_ctx *ctx, struct ba_nodes *nodes,
			     pfn_t pfn, order_t order)
{
	if (ba_unlikely(order > 0))
		return ba_pcp_allowed(order) ?
			free_kept(ctx, nodes, pfn, order) :
			free_direct(ctx, nodes, pfn, order);
	return ba_likely(free_hit(ctx, nodes, pfn, 0, 0)) ? BA_OK :
		free_pages(ctx, nodes, pfn, 0);
}

/* ba_free_prepare of a page in a list; false, and nothing done, if unusual. */
static ba_always_inline bool prepare_hit(struct ba_ctx *ctx,
					 const struct ba_nodes *nodes,
					 pfn_t pfn)
{
	struct ba_frame *f = &ctx->frames[pfn];

	if (ba_unlikely(!is_usual(ctx, nodes, pfn, 0, 0)))
		return false;
	f->word = ba_frame_word(BA_FRAME_USED, 0,
				ba_pageblock_type(ctx->pageblocks, pfn),
				(uint8_t)(f->flags | BA_FRAME_FREEING));
	return true;
}

enum ba_status ba_free_pages_list(struct ba_ctx *ctx, struct ba_nodes *nodes,
				  const pfn_t *pfns, uint32_t nr,
				  uint32_t *bad)
{
	for (uint32_t i = 0; i < nr; i++) {
		enum ba_status status;

		if (ba_likely(prepare_hit(ctx, nodes, pfns[i])))
			continue;
		status = ba_free_prepare(ctx, nodes, pfns[i], 0);
		if (status == BA_OK)
			continue;
		*bad = i;
		while (i-- > 0)
			ctx->frames[pfns[i]].flags &=
				(uint8_t)~BA_FRAME_FREEING;
		return status;
	}
	for (uint32_t i = 0; i < nr; i++)
		if (ba_unlikely(!free_hit(ctx, nodes, pfns[i], 0,
					  BA_FRAME_FREEING)))
			ba_free_commit(ctx, nodes, pfns[i]);
	return BA_OK;
}

enum ba_status ba_split_page(struct ba_ctx *ctx, struct ba_nodes *nodes,
			     pfn_t pfn, order_t order)
{
	struct ba_zone *zone;
	enum ba_status status = check_range(ctx, nodes, pfn, order, &zone);

	if (status != BA_OK)
		return status;
	for (pfn_t i = pfn; i < pfn + (1u << order); i++) {
		ctx->frames[i].flags |= BA_FRAME_HEAD;
		ctx->frames[i].order = 0;
	}
	return BA_OK;
}

void ba_drain_pages(struct ba_ctx *ctx, struct ba_nodes *nodes, cpu_t cpu)
{
	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		ba_pcp_drain(ctx, &nodes->zone[id].buddy,
			     &nodes->zone[id].pcp[cpu]);
}

void ba_drain_all_pages(struct ba_ctx *ctx, struct ba_nodes *nodes)
{
	ba_charge_step(&ctx->charge, BA_STEP_DRAIN);
	for (cpu_t cpu = 0; cpu < nodes->nr_cpus; cpu++)
		ba_drain_pages(ctx, nodes, cpu);
}
