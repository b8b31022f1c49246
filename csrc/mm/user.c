// SPDX-License-Identifier: GPL-2.0-only
#include "mm/user.h"

bool ba_user_has(const struct ba_ctx *ctx, uint32_t handle)
{
	return handle && handle <= BA_PEEK(ctx->vm->nr_handles) &&
	       BA_PEEK(ctx->handles[handle].state) != BA_HANDLE_FREE;
}

/* Off its list and out of its frame, which is freed. */
static void evict(struct ba_ctx *ctx, struct ba_nodes *nodes, uint32_t handle)
{
	pfn_t pfn = ctx->handles[handle].pfn;
	order_t order = ctx->handles[handle].order;

	ba_writeback_forget(ctx, handle);
	if (ctx->frames[pfn].flags & BA_FRAME_LRU)
		ba_lru_del(ctx, nodes, pfn);
	ba_rmap_unset(ctx, handle, BA_HANDLE_EVICTED);
	ba_free_pages(ctx, nodes, pfn, order);
}

void ba_user_release(struct ba_ctx *ctx, struct ba_nodes *nodes,
		     uint32_t handle)
{
	bool taken = ba_vm_lock(ctx);

	if (ctx->handles[handle].state == BA_HANDLE_RESIDENT)
		evict(ctx, nodes, handle);
	if (ba_likely(ctx->handles[handle].state != BA_HANDLE_FREE))
		ba_rmap_forget(ctx, handle);
	ba_vm_unlock(ctx, taken);
}

uint64_t ba_user_drop_caches(struct ba_ctx *ctx, struct ba_nodes *nodes)
{
	bool taken = ba_vm_lock(ctx);
	uint64_t pages = 0;

	for (uint32_t i = 1; i <= ctx->vm->nr_handles; i++) {
		const struct ba_handle *h = &ctx->handles[i];

		if (h->state != BA_HANDLE_RESIDENT || h->anon ||
		    ctx->frames[h->pfn].use &
		    (BA_USE_DIRTY | BA_USE_WRITEBACK))
			continue;
		pages += UINT64_C(1) << h->order;
		evict(ctx, nodes, i);
	}
	ba_vm_unlock(ctx, taken);
	return pages;
}
