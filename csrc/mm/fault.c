// SPDX-License-Identifier: GPL-2.0-only
#include "mm/fault.h"

/* The mapping's or the system call's mark on a page that is there. */
static void mark(struct ba_ctx *ctx, struct ba_nodes *nodes, pfn_t pfn,
		 bool write)
{
	struct ba_frame *f = &ctx->frames[pfn];

	if (write)
		ba_rmap_dirty(ctx, f->owner);
	if (f->use & BA_USE_ANON)
		f->use |= BA_USE_YOUNG;
	else if (!write)
		ba_lru_mark_accessed(ctx, nodes, pfn);
}

/* Into a block just allocated: mapped, or in the page cache, and listed. */
static void settle(struct ba_ctx *ctx, struct ba_nodes *nodes, uint32_t handle,
		   pfn_t pfn, bool write)
{
	ba_rmap_set(ctx, handle, pfn);
	if (ba_vm_swap_full(ctx->vm))
		ba_rmap_free_swap(ctx, handle);
	ba_lru_add(ctx, nodes, pfn);
	mark(ctx, nodes, pfn, write);
}

/*
 * For a task with that mm. When the OOM killer takes it, the task dies before
 * it uses the block.
 */
static pfn_t alloc_for(struct ba_ctx *ctx, struct ba_nodes *nodes, uint8_t mm,
		       uint32_t gfp, order_t order, uint8_t node)
{
	pfn_t pfn;

	ctx->mm = mm;
	ctx->killed = false;
	pfn = ba_alloc_pages(ctx, nodes, gfp, order, node);
	ctx->mm = 0;
	if (ba_likely(!ctx->killed))
		return pfn;
	if (pfn != BA_PFN_NONE)
		ba_free_pages(ctx, nodes, pfn, order);
	ctx->result = BA_RESULT_KILLED;
	return BA_PFN_NONE;
}

/* The request may have let the OOM killer work: the handle comes after it. */
static uint32_t new_page(struct ba_ctx *ctx, struct ba_nodes *nodes,
			 const struct ba_mapping *mapping)
{
	uint32_t gfp = mapping->anon ? BA_GFP_HIGHUSER_MOVABLE | BA_GFP_ZERO :
				       BA_GFP_HIGHUSER_MOVABLE;
	uint32_t handle;
	pfn_t pfn;

	ctx->result = BA_RESULT_OK;
	if (ba_rmap_full(ctx))
		return 0;
	pfn = alloc_for(ctx, nodes, mapping->mm, gfp, 0, mapping->node);
	if (pfn == BA_PFN_NONE)
		return 0;
	handle = ba_rmap_new(ctx, 0, mapping->anon, mapping->mm);
	settle(ctx, nodes, handle, pfn, mapping->dirty);
	return handle;
}

uint32_t ba_fault_new(struct ba_ctx *ctx, struct ba_nodes *nodes,
		      const struct ba_mapping *mapping)
{
	bool taken = ba_vm_lock(ctx);
	uint32_t handle = new_page(ctx, nodes, mapping);

	ba_vm_unlock(ctx, taken);
	return handle;
}

uint32_t ba_thp_gfp(const struct ba_ctx *ctx, bool madvised)
{
	const uint32_t light = BA_GFP_TRANSHUGE_LIGHT;

	if (ctx->vm->thp_enabled == BA_THP_NEVER ||
	    (ctx->vm->thp_enabled == BA_THP_MADVISE && !madvised))
		return 0;
	switch ((enum ba_thp_defrag)ctx->vm->thp_defrag) {
	case BA_THP_DEFRAG_ALWAYS:
		return BA_GFP_TRANSHUGE | (madvised ? 0 : BA_GFP_NORETRY);
	case BA_THP_DEFRAG_DEFER:
		return light | BA_GFP_KSWAPD_RECLAIM;
	case BA_THP_DEFRAG_DEFER_MADVISE:
		return light | (madvised ? BA_GFP_DIRECT_RECLAIM :
					   BA_GFP_KSWAPD_RECLAIM);
	case BA_THP_DEFRAG_MADVISE:
		return light | (madvised ? BA_GFP_DIRECT_RECLAIM : 0);
	case BA_THP_DEFRAG_NEVER:
	case BA_NR_THP_DEFRAG:
		break;
	}
	return light;
}

/* On the preferred node with little effort, then with all that it may. */
static pfn_t alloc_huge(struct ba_ctx *ctx, struct ba_nodes *nodes,
			uint32_t gfp, uint8_t node)
{
	pfn_t pfn = ba_alloc_pages(ctx, nodes, gfp | BA_GFP_THISNODE |
				   BA_GFP_NORETRY, BA_PAGEBLOCK_ORDER, node);

	if (pfn == BA_PFN_NONE && gfp & BA_GFP_DIRECT_RECLAIM)
		pfn = ba_alloc_pages(ctx, nodes, gfp, BA_PAGEBLOCK_ORDER,
				     node);
	return pfn;
}

static uint32_t new_huge(struct ba_ctx *ctx, struct ba_nodes *nodes,
			 const struct ba_mapping *mapping)
{
	uint32_t gfp = ba_thp_gfp(ctx, mapping->madvised), handle;
	pfn_t pfn = BA_PFN_NONE;

	ctx->result = BA_RESULT_OK;
	if (ba_rmap_full(ctx))
		return 0;
	ctx->result = BA_RESULT_NOMEM_WATERMARK;
	if (gfp)
		pfn = alloc_huge(ctx, nodes, gfp, mapping->node);
	if (pfn == BA_PFN_NONE) {
		ba_vm_count(ctx, BA_VM_thp_fault_fallback, 1);
		return 0;
	}
	ba_vm_count(ctx, BA_VM_thp_fault_alloc, 1);
	handle = ba_rmap_new(ctx, BA_PAGEBLOCK_ORDER, true, mapping->mm);
	settle(ctx, nodes, handle, pfn, true);
	return handle;
}

uint32_t ba_fault_new_huge(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   const struct ba_mapping *mapping)
{
	bool taken = ba_vm_lock(ctx);
	uint32_t handle = new_huge(ctx, nodes, mapping);

	ba_vm_unlock(ctx, taken);
	return handle;
}

static enum ba_touch touch(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   uint32_t handle, bool write, uint8_t node)
{
	const struct ba_handle *h = &ctx->handles[handle];
	bool swapped = h->state == BA_HANDLE_SWAPPED;
	uint32_t gfp = BA_GFP_HIGHUSER_MOVABLE;
	order_t order = h->order;
	pfn_t pfn;

	ctx->result = BA_RESULT_OK;
	if (ba_unlikely(h->state == BA_HANDLE_FREE)) {
		ctx->result = BA_RESULT_KILLED;
		return BA_TOUCH_FAILED;
	}
	if (h->state == BA_HANDLE_RESIDENT) {
		mark(ctx, nodes, h->pfn, write);
		return BA_TOUCH_HIT;
	}
	if (order)
		gfp |= BA_GFP_COMP;
	pfn = alloc_for(ctx, nodes, h->mm, gfp, order, node);
	if (pfn == BA_PFN_NONE)
		return BA_TOUCH_FAILED;
	ba_vm_count(ctx, BA_VM_pgmajfault, 1);
	if (swapped)
		ba_vm_count(ctx, BA_VM_pswpin, UINT64_C(1) << order);
	settle(ctx, nodes, handle, pfn, write);
	return BA_TOUCH_MAJOR;
}

enum ba_touch ba_fault_touch(struct ba_ctx *ctx, struct ba_nodes *nodes,
			     uint32_t handle, bool write, uint8_t node)
{
	bool taken = ba_vm_lock(ctx);
	enum ba_touch ret = touch(ctx, nodes, handle, write, node);

	ba_vm_unlock(ctx, taken);
	return ret;
}
