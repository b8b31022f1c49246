// SPDX-License-Identifier: GPL-2.0-only
#include "mm/kvmalloc.h"

#define VMALLOC_MAX	UINT64_C(0x7fffffff)	/* bytes: INT_MAX */

/* kmalloc is not to try hard where vmalloc can help. */
static gfp_t kmalloc_gfp(uint64_t size, gfp_t gfp)
{
	if (size <= BA_PAGE_SIZE)
		return gfp;
	gfp |= BA_GFP_NOWARN;
	if (!(gfp & BA_GFP_RETRY_MAYFAIL))
		gfp |= BA_GFP_NORETRY;
	return gfp & ~BA_GFP_NOFAIL;
}

enum ba_status ba_kvmalloc(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   uint64_t size, gfp_t gfp, uint8_t node,
			   uint64_t *address)
{
	struct ba_vmalloc_request request = {
		.size = size, .align = 1, .gfp = gfp, .node = node,
		.flags = BA_VM_ALLOW_HUGE };

	*address = ba_kmalloc(ctx, nodes, size, kmalloc_gfp(size, gfp), node);
	if (*address || size <= BA_PAGE_SIZE ||
	    !(gfp & BA_GFP_DIRECT_RECLAIM) || size > VMALLOC_MAX)
		return BA_OK;
	return ba_vmalloc(ctx, nodes, &request, address);
}

enum ba_status ba_kvfree(struct ba_ctx *ctx, struct ba_nodes *nodes,
			 uint64_t address, pfn_t *bad)
{
	if (ba_is_vmalloc(address))
		return ba_vfree(ctx, nodes, address, bad);
	*bad = BA_PFN_NONE;
	return ba_kfree(ctx, nodes, address);
}
