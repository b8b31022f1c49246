// SPDX-License-Identifier: GPL-2.0-only
#include "mm/kmem_cache.h"

struct ba_object_at ba_object_find(const struct ba_ctx *ctx,
				   const struct ba_nodes *nodes,
				   uint64_t address)
{
	return ba_object_locate(ctx, nodes, address);
}
