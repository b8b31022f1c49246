/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kvmalloc - memory for who does not care whether its frames are adjacent.
 *
 *	size <= 4096          kmalloc, as hard as gfp says
 *	size > 4096           kmalloc, which is not to retry
 *	                        | no memory
 *	                      vmalloc, 2 MiB at a time if it is as large
 *
 * Models: kvfree, mm/util.c (6.1, 6.12); kvmalloc_node, mm/util.c (6.1);
 *	__kvmalloc_node_noprof, mm/util.c (6.12).
 *
 * Invariants:
 *   K1 an address tells who gave it: vmalloc's lie in a range of their own.
 */
#ifndef BA_MM_KVMALLOC_H
#define BA_MM_KVMALLOC_H

#include "mm/vmalloc.h"

/*
 * Memory at *address, or 0 there and the reason in ctx->result. Errors as of
 * ba_vmalloc, where that is asked.
 */
enum ba_status ba_kvmalloc(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   uint64_t size, gfp_t gfp, uint8_t node,
			   uint64_t *address);

/* Errors as of ba_vfree for vmalloc's addresses, of ba_kfree for others. */
enum ba_status ba_kvfree(struct ba_ctx *ctx, struct ba_nodes *nodes,
			 uint64_t address, pfn_t *bad);

#endif
