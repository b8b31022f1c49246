// SPDX-License-Identifier: GPL-2.0-only
#include "mm/rmap.h"

uint32_t ba_rmap_new(struct ba_ctx *ctx, order_t order, bool anon, uint8_t mm)
{
	struct ba_vm *vm = ctx->vm;
	uint32_t h = vm->free_handle;

	if (h)
		vm->free_handle = ctx->handles[h].pfn;
	else
		h = ++vm->nr_handles;
	ctx->handles[h] = (struct ba_handle){
		.pfn = BA_PFN_NONE,
		.state = BA_HANDLE_EVICTED,
		.order = order,
		.anon = anon,
		.mm = mm,
	};
	return h;
}

static void free_swap(struct ba_ctx *ctx, const struct ba_handle *h)
{
	if (h->state == BA_HANDLE_SWAPPED)
		ctx->vm->swap_free += UINT64_C(1) << h->order;
}

void ba_rmap_forget(struct ba_ctx *ctx, uint32_t handle)
{
	struct ba_handle *h = &ctx->handles[handle];

	free_swap(ctx, h);
	*h = (struct ba_handle){ .pfn = ctx->vm->free_handle };
	ctx->vm->free_handle = handle;
}

void ba_rmap_set(struct ba_ctx *ctx, uint32_t handle, pfn_t pfn)
{
	struct ba_handle *h = &ctx->handles[handle];
	struct ba_frame *f = &ctx->frames[pfn];

	free_swap(ctx, h);
	h->pfn = pfn;
	h->state = BA_HANDLE_RESIDENT;
	f->owner = handle;
	f->flags |= BA_FRAME_HANDLE;
	f->use = h->anon ? BA_USE_ANON : 0;
}

void ba_rmap_unset(struct ba_ctx *ctx, uint32_t handle,
		   enum ba_handle_state state)
{
	struct ba_handle *h = &ctx->handles[handle];
	struct ba_frame *f = &ctx->frames[h->pfn];

	if (state == BA_HANDLE_SWAPPED)
		ctx->vm->swap_free -= UINT64_C(1) << h->order;
	f->owner = 0;
	f->flags &= (uint8_t)~BA_FRAME_HANDLE;
	h->pfn = BA_PFN_NONE;
	h->state = (uint8_t)state;
}

void ba_rmap_move(struct ba_ctx *ctx, pfn_t from, pfn_t to)
{
	struct ba_frame *f = &ctx->frames[from], *t = &ctx->frames[to];

	t->owner = f->owner;
	t->use = f->use;
	t->flags |= BA_FRAME_HANDLE;
	ctx->handles[f->owner].pfn = to;
	f->owner = 0;
	f->flags &= (uint8_t)~BA_FRAME_HANDLE;
}

static const char *check_resident(const struct ba_ctx *ctx, uint32_t handle)
{
	const struct ba_handle *h = &ctx->handles[handle];
	const struct ba_frame *f = &ctx->frames[h->pfn];

	if (f->owner != handle || f->state != BA_FRAME_USED ||
	    !(f->flags & BA_FRAME_HANDLE) || !(f->flags & BA_FRAME_HEAD) ||
	    f->order != h->order)
		return "R1: a handle's frame does not know it";
	return NULL;
}

const char *ba_rmap_check(const struct ba_ctx *ctx)
{
	const struct ba_vm *vm = ctx->vm;
	uint64_t swapped = 0;

	for (uint32_t i = 1; i <= vm->nr_handles; i++) {
		const struct ba_handle *h = &ctx->handles[i];
		const char *wrong = NULL;

		if (h->state == BA_HANDLE_SWAPPED)
			swapped += UINT64_C(1) << h->order;
		if (h->state == BA_HANDLE_RESIDENT)
			wrong = check_resident(ctx, i);
		if (wrong)
			return wrong;
	}
	if (vm->swap_free > vm->swap_total)
		return "V1: more swap is free than there is";
	if (vm->swap_total - vm->swap_free != swapped)
		return "V2: swap in use is not what handles hold";
	return NULL;
}
