// SPDX-License-Identifier: GPL-2.0-only
#include "mm/rmap.h"

#include "mm/memory.h"

/* V4 */
static void note_bytes(struct ba_ctx *ctx, enum ba_status status)
{
	if (ba_unlikely(status != BA_OK))
		ctx->vm->bytes_lost = true;
}

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

static void free_slots(struct ba_ctx *ctx, struct ba_handle *h)
{
	if (h->swap)
		ctx->vm->swap_free += UINT64_C(1) << h->order;
	h->swap = 0;
}

void ba_rmap_forget(struct ba_ctx *ctx, uint32_t handle)
{
	struct ba_handle *h = &ctx->handles[handle];

	free_slots(ctx, h);
	if (ctx->memory)
		ba_memory_forget(ctx->memory, handle, h->order);
	*h = (struct ba_handle){ .pfn = ctx->vm->free_handle };
	ctx->vm->free_handle = handle;
}

void ba_rmap_set(struct ba_ctx *ctx, uint32_t handle, pfn_t pfn)
{
	struct ba_handle *h = &ctx->handles[handle];
	struct ba_frame *f = &ctx->frames[pfn];

	h->pfn = pfn;
	h->state = BA_HANDLE_RESIDENT;
	f->owner = handle;
	f->flags |= BA_FRAME_HANDLE;
	f->use = h->anon ? BA_USE_ANON : 0;
	if (ctx->memory)
		note_bytes(ctx, ba_memory_bring_in(ctx->memory, handle,
						   h->order, pfn));
}

void ba_rmap_use(struct ba_ctx *ctx, pfn_t pfn, uint8_t set, uint8_t clear)
{
	struct ba_frame *f = &ctx->frames[pfn];
	uint8_t use = (uint8_t)((f->use & ~clear) | set);
	uint8_t changed = f->use ^ use;
	uint64_t pages = UINT64_C(1) << f->order;

	if (changed & BA_USE_DIRTY && !(use & BA_USE_ANON))
		ctx->vm->nr_dirty += use & BA_USE_DIRTY ? pages : -pages;
	if (changed & BA_USE_WRITEBACK)
		ctx->vm->nr_writeback += use & BA_USE_WRITEBACK ? pages :
								  -pages;
	f->use = use;
}

bool ba_rmap_add_to_swap(struct ba_ctx *ctx, uint32_t handle)
{
	struct ba_handle *h = &ctx->handles[handle];
	uint64_t pages = UINT64_C(1) << h->order;

	if (ctx->vm->swap_free < pages)
		return false;
	ctx->vm->swap_free -= pages;
	h->swap = 1;
	ba_rmap_use(ctx, h->pfn, BA_USE_DIRTY, 0);
	return true;
}

void ba_rmap_free_swap(struct ba_ctx *ctx, uint32_t handle)
{
	struct ba_handle *h = &ctx->handles[handle];

	if (!h->swap || ctx->frames[h->pfn].use & BA_USE_WRITEBACK)
		return;
	free_slots(ctx, h);
	ba_rmap_use(ctx, h->pfn, BA_USE_DIRTY, 0);
}

void ba_rmap_dirty(struct ba_ctx *ctx, uint32_t handle)
{
	const struct ba_handle *h = &ctx->handles[handle];

	if (!h->anon && !(ctx->frames[h->pfn].use & BA_USE_DIRTY))
		ba_vm_count(ctx, BA_VM_nr_dirtied, UINT64_C(1) << h->order);
	ba_rmap_free_swap(ctx, handle);
	ba_rmap_use(ctx, h->pfn, BA_USE_DIRTY, h->anon ? 0 : BA_USE_RECLAIM);
}

void ba_rmap_unset(struct ba_ctx *ctx, uint32_t handle,
		   enum ba_handle_state state)
{
	struct ba_handle *h = &ctx->handles[handle];
	struct ba_frame *f = &ctx->frames[h->pfn];

	ba_rmap_use(ctx, h->pfn, 0, BA_USE_DIRTY | BA_USE_WRITEBACK);
	if (ctx->memory)
		note_bytes(ctx, ba_memory_put_out(ctx->memory, h->pfn,
						  h->order, handle));
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
	if (ctx->memory)
		ba_memory_copy_frames(ctx->memory, from, to, 1u << f->order);
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

static const char *check_handle(const struct ba_ctx *ctx, uint32_t handle)
{
	const struct ba_handle *h = &ctx->handles[handle];

	if (h->state == BA_HANDLE_SWAPPED && !h->swap)
		return "R3: a swapped page has no swap";
	if (h->swap && (!h->anon || (h->state != BA_HANDLE_SWAPPED &&
				     h->state != BA_HANDLE_RESIDENT)))
		return "R3: a handle has swap that it cannot have";
	return h->state == BA_HANDLE_RESIDENT ? check_resident(ctx, handle) :
						NULL;
}

/* What the handles add up to: swap slots, dirty page cache, writeback. */
struct sums {
	uint64_t swap, dirty, writeback;	/* pages */
};

static void add_handle(const struct ba_ctx *ctx, const struct ba_handle *h,
		       struct sums *sums)
{
	uint64_t pages = UINT64_C(1) << h->order;
	uint8_t use;

	if (h->swap)
		sums->swap += pages;
	if (h->state != BA_HANDLE_RESIDENT)
		return;
	use = ctx->frames[h->pfn].use;
	if (use & BA_USE_DIRTY && !h->anon)
		sums->dirty += pages;
	if (use & BA_USE_WRITEBACK)
		sums->writeback += pages;
}

const char *ba_rmap_check(const struct ba_ctx *ctx)
{
	const struct ba_vm *vm = ctx->vm;
	struct sums sums = { 0, 0, 0 };

	for (uint32_t i = 1; i <= vm->nr_handles; i++) {
		const char *wrong = check_handle(ctx, i);

		if (wrong)
			return wrong;
		add_handle(ctx, &ctx->handles[i], &sums);
	}
	if (vm->swap_free > vm->swap_total)
		return "V1: more swap is free than there is";
	if (vm->swap_total - vm->swap_free != sums.swap)
		return "V2: swap in use is not what handles hold";
	if (vm->nr_dirty != sums.dirty || vm->nr_writeback != sums.writeback)
		return "V3: dirty pages or pages being written are miscounted";
	if (vm->bytes_lost)
		return "V4: the host had no memory for bytes of user memory";
	return NULL;
}
