// SPDX-License-Identifier: GPL-2.0-only
#include "mm/migrate.h"

/* A page that a run has to wait for comes last. */
static bool comes_last(const struct ba_ctx *ctx, pfn_t pfn)
{
	return ctx->frames[pfn].use & BA_USE_WRITEBACK;
}

/* folio_wait_writeback: until the queue has come to it. */
static void wait_until_written(struct ba_ctx *ctx, struct ba_nodes *nodes,
			       pfn_t pfn)
{
	while (ctx->frames[pfn].use & BA_USE_WRITEBACK) {
		uint64_t due = ba_writeback_due_of(ctx, 1);
		uint64_t now = ctx->vm->now_ns;

		ba_writeback_wait(ctx, nodes, due > now ? due - now : 0);
	}
}

/* The page goes to `to`, its old frame to whoever asks next. */
static void move(struct ba_ctx *ctx, struct ba_nodes *nodes, pfn_t from,
		 pfn_t to)
{
	order_t order = ctx->frames[from].order;

	wait_until_written(ctx, nodes, from);
	ba_rmap_move(ctx, from, to);
	ba_lru_add(ctx, nodes, to);
	ba_free_pages(ctx, nodes, from, order);
	ba_charge_ns(&ctx->charge, (uint64_t)BA_COST_MIGRATE_PAGE << order);
	ba_vm_count(ctx, BA_VM_pgmigrate_success, UINT64_C(1) << order);
}

/* 6.12: the targets of a batch wait beside their pages. */
struct batch {
	struct ba_list pages, targets;
};

static void move_batch(struct ba_ctx *ctx, struct ba_nodes *nodes,
		       struct batch *b)
{
	struct ba_link *links = ba_frame_links(ctx->frames);

	while (!ba_list_empty(&b->pages)) {
		pfn_t from = ba_list_pop_head(&b->pages, links);

		move(ctx, nodes, from, ba_list_pop_head(&b->targets, links));
	}
}

/*
 * Once over the sources: those that come last, or the others. False when the
 * free scanner has nothing left: pages behind that one are not tried, and do
 * not count as failed, but those do that were left for the end.
 */
static bool pass(struct ba_ctx *ctx, struct ba_nodes *nodes,
		 struct ba_compact *cc, bool last)
{
	struct ba_link *links = ba_frame_links(ctx->frames);
	uint64_t failed = 0, waiting = 0;
	struct batch b;
	bool more = true;
	pfn_t next;

	ba_list_init(&b.pages);
	ba_list_init(&b.targets);
	for (pfn_t from = ba_list_first(&cc->sources);
	     more && from != BA_PFN_NONE; from = next) {
		order_t order = ctx->frames[from].order;
		pfn_t to;

		next = ba_list_next(links, from);
		if (comes_last(ctx, from) != last) {
			waiting += UINT64_C(1) << order;
			continue;
		}
		to = ba_compact_target(ctx, cc, order);
		if (to == BA_PFN_NONE) {
			more = order > 0;
			failed += UINT64_C(1) << order;
			continue;
		}
		ba_list_del(&cc->sources, links, from);
		ba_list_add_tail(&b.pages, links, from);
		ba_list_add_tail(&b.targets, links, to);
		if (!ctx->profile->compact_keeps_orders || last)
			move_batch(ctx, nodes, &b);
	}
	move_batch(ctx, nodes, &b);
	ba_vm_count(ctx, BA_VM_pgmigrate_fail,
		    failed + (more || last ? 0 : waiting));
	return more;
}

struct ba_migrated ba_migrate_pages(struct ba_ctx *ctx,
				    struct ba_nodes *nodes,
				    struct ba_compact *cc)
{
	struct ba_link *links = ba_frame_links(ctx->frames);
	struct ba_migrated ret = { 0, false };

	ret.no_target = !pass(ctx, nodes, cc, false) ||
			!pass(ctx, nodes, cc, true);
	for (pfn_t pfn = ba_list_first(&cc->sources); pfn != BA_PFN_NONE;
	     pfn = ba_list_next(links, pfn))
		ret.failed += 1u << ctx->frames[pfn].order;
	return ret;
}
