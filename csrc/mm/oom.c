// SPDX-License-Identifier: GPL-2.0-only
#include "mm/oom.h"

#define NR_MM 256u

static void count_points(const struct ba_ctx *ctx, uint64_t points[NR_MM])
{
	for (uint32_t i = 1; i <= ctx->vm->nr_handles; i++) {
		const struct ba_handle *h = &ctx->handles[i];

		if (h->state == BA_HANDLE_RESIDENT ||
		    h->state == BA_HANDLE_SWAPPED)
			points[h->mm] += UINT64_C(1) << h->order;
	}
}

uint64_t ba_oom_points(const struct ba_ctx *ctx, uint8_t mm)
{
	uint64_t points[NR_MM] = { 0 };

	count_points(ctx, points);
	return points[mm];
}

bool ba_oom_kill(struct ba_ctx *ctx, struct ba_nodes *nodes)
{
	uint64_t points[NR_MM] = { 0 };
	unsigned int victim = 0;

	count_points(ctx, points);
	points[0] = 0;
	for (unsigned int mm = 1; mm < NR_MM; mm++)
		if (points[mm] && points[mm] >= points[victim])
			victim = mm;
	if (!victim)
		return false;
	for (uint32_t i = 1; i <= ctx->vm->nr_handles; i++)
		if (ctx->handles[i].state != BA_HANDLE_FREE &&
		    ctx->handles[i].mm == victim)
			ba_user_release(ctx, nodes, i);
	if (victim == ctx->mm)
		ctx->killed = true;
	ba_vm_count(ctx, BA_VM_oom_kill, 1);
	return true;
}
