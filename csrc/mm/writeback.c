// SPDX-License-Identifier: GPL-2.0-only
#include "mm/writeback.h"

/* The place of number i in the ring. */
static struct ba_writeback *at(const struct ba_ctx *ctx, uint64_t i)
{
	return &ctx->writeback[i & (BA_WRITEBACK_MAX - 1)];
}

bool ba_writeback_start(struct ba_ctx *ctx, pfn_t pfn)
{
	const struct ba_frame *f = &ctx->frames[pfn];
	struct ba_vm *vm = ctx->vm;

	if (ba_writeback_full(vm))
		return false;
	if (f->use & BA_USE_ANON) {
		ba_vm_count(ctx, BA_VM_pswpout, UINT64_C(1) << f->order);
		ba_vm_count(ctx, BA_VM_thp_swpout,
			    f->order == BA_PAGEBLOCK_ORDER);
	}
	*at(ctx, vm->writeback_tail++) = (struct ba_writeback){
		.due_ns = vm->now_ns + vm->writeback_ns,
		.handle = f->owner,
	};
	ba_rmap_use(ctx, pfn, BA_USE_WRITEBACK, BA_USE_DIRTY);
	return true;
}

/* Places at the head that nothing waits in. */
static void drop_forgotten(struct ba_ctx *ctx)
{
	struct ba_vm *vm = ctx->vm;

	while (vm->writeback_head < vm->writeback_tail &&
	       !at(ctx, vm->writeback_head)->handle)
		vm->writeback_head++;
}

void ba_writeback_forget(struct ba_ctx *ctx, uint32_t handle)
{
	const struct ba_handle *h = &ctx->handles[handle];
	struct ba_vm *vm = ctx->vm;
	uint64_t i = vm->writeback_head;

	if (h->state != BA_HANDLE_RESIDENT ||
	    !(ctx->frames[h->pfn].use & BA_USE_WRITEBACK))
		return;
	while (i < vm->writeback_tail && at(ctx, i)->handle != handle)
		i++;
	at(ctx, i)->handle = 0;
	ba_rmap_use(ctx, h->pfn, 0, BA_USE_WRITEBACK);
	drop_forgotten(ctx);
}

/* folio_end_writeback */
static void end_writeback(struct ba_ctx *ctx, struct ba_nodes *nodes,
			  pfn_t pfn)
{
	const struct ba_frame *f = &ctx->frames[pfn];
	bool reclaim = f->use & BA_USE_RECLAIM;

	ba_rmap_use(ctx, pfn, 0, BA_USE_WRITEBACK | BA_USE_RECLAIM);
	if (reclaim)
		ba_lru_rotate(ctx, nodes, pfn);
	ba_vm_count(ctx, BA_VM_nr_written, UINT64_C(1) << f->order);
}

/* From the tail of one list. */
static uint64_t flush_list(struct ba_ctx *ctx, const struct ba_list *list,
			   uint64_t nr)
{
	const struct ba_link *links = ba_frame_links(ctx->frames);
	uint64_t started = 0;

	for (pfn_t pfn = ba_list_last(list);
	     pfn != BA_PFN_NONE && started < nr && ctx->vm->nr_dirty;
	     pfn = ba_list_prev(links, pfn)) {
		uint8_t use = ctx->frames[pfn].use;

		if (!(use & BA_USE_DIRTY) || use & BA_USE_WRITEBACK)
			continue;
		if (!ba_writeback_start(ctx, pfn))
			break;
		started += UINT64_C(1) << ctx->frames[pfn].order;
	}
	return started;
}

uint64_t ba_writeback_flush(struct ba_ctx *ctx, struct ba_nodes *nodes,
			    uint8_t node, uint64_t nr)
{
	const struct ba_lruvec *lruvec = &nodes->node[node].lruvec;
	uint64_t started;

	started = flush_list(ctx, &lruvec->list[BA_LRU_INACTIVE_FILE], nr);
	if (started < nr)
		started += flush_list(ctx, &lruvec->list[BA_LRU_ACTIVE_FILE],
				      nr - started);
	return started;
}

void ba_writeback_wake_flusher(struct ba_ctx *ctx)
{
	ctx->vm->flush_wanted = true;
}

void ba_writeback_run(struct ba_ctx *ctx, struct ba_nodes *nodes)
{
	struct ba_vm *vm = ctx->vm;

	while (vm->writeback_head < vm->writeback_tail) {
		const struct ba_writeback *w = at(ctx, vm->writeback_head);

		if (w->handle && w->due_ns > vm->now_ns)
			break;
		vm->writeback_head++;
		if (w->handle)
			end_writeback(ctx, nodes, ctx->handles[w->handle].pfn);
	}
	if (!vm->flush_wanted || ba_writeback_full(vm))
		return;
	for (uint8_t node = 0; node < nodes->nr_nodes; node++)
		ba_writeback_flush(ctx, nodes, node, UINT64_MAX);
	/* the rest waits for room */
	vm->flush_wanted = ba_writeback_full(vm);
}

uint64_t ba_writeback_next_due(const struct ba_ctx *ctx)
{
	const struct ba_vm *vm = ctx->vm;

	if (vm->flush_wanted && !ba_writeback_full(vm))
		return vm->now_ns;
	return ba_writeback_due_of(ctx, 1);
}

uint64_t ba_writeback_due_of(const struct ba_ctx *ctx, uint32_t n)
{
	const struct ba_vm *vm = ctx->vm;

	for (uint64_t i = vm->writeback_head; i < vm->writeback_tail; i++)
		if (at(ctx, i)->handle && --n == 0)
			return at(ctx, i)->due_ns;
	return UINT64_MAX;
}

void ba_writeback_pass(struct ba_ctx *ctx, struct ba_nodes *nodes, uint64_t ns)
{
	struct ba_vm *vm = ctx->vm;
	uint64_t end = vm->now_ns + ns;
	uint64_t due;

	while ((due = ba_writeback_next_due(ctx)) <= end) {
		if (due > vm->now_ns)
			vm->now_ns = due;
		ba_writeback_run(ctx, nodes);
	}
	vm->now_ns = end;
}

void ba_writeback_wait(struct ba_ctx *ctx, struct ba_nodes *nodes, uint64_t ns)
{
	ba_writeback_pass(ctx, nodes, ns);
	ba_charge_ns(&ctx->charge, ns);
}

/* All handles of pages under writeback, added up. */
static uint64_t written_handles(const struct ba_ctx *ctx)
{
	uint64_t sum = 0;

	for (uint32_t i = 1; i <= ctx->vm->nr_handles; i++) {
		const struct ba_handle *h = &ctx->handles[i];

		if (h->state == BA_HANDLE_RESIDENT &&
		    ctx->frames[h->pfn].use & BA_USE_WRITEBACK)
			sum += i;
	}
	return sum;
}

const char *ba_writeback_check(const struct ba_ctx *ctx)
{
	const struct ba_vm *vm = ctx->vm;
	uint64_t due = 0, pages = 0, sum = 0;

	for (uint64_t i = vm->writeback_head; i < vm->writeback_tail; i++) {
		const struct ba_writeback *w = at(ctx, i);
		const struct ba_handle *h = &ctx->handles[w->handle];

		if (w->due_ns < due)
			return "K2: a page is written before its forerunner";
		due = w->due_ns;
		if (!w->handle)
			continue;
		if (w->handle > vm->nr_handles ||
		    h->state != BA_HANDLE_RESIDENT ||
		    !(ctx->frames[h->pfn].use & BA_USE_WRITEBACK))
			return "K1: a page in the queue is not being written";
		pages += UINT64_C(1) << h->order;
		sum += w->handle;
	}
	return pages == vm->nr_writeback && sum == written_handles(ctx) ? NULL :
		"K1: the queue has not the pages that are being written";
}
