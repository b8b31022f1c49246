/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slowpath - what follows when no zone held the low watermark.
 *
 * Models: gfp_to_alloc_flags, __alloc_pages_slowpath, should_reclaim_retry,
 *	mm/page_alloc.c (6.1, 6.12).
 * Profiles: nonblock_flags, highatomic_needs_high, unreserve_on_refusal,
 *	compact_needs_io.
 *
 * Invariants:
 *   S1 a request without __GFP_DIRECT_RECLAIM never reclaims or compacts.
 */
#ifndef BA_MM_SLOWPATH_H
#define BA_MM_SLOWPATH_H

#include "mm/freelist.h"

/* A block, or BA_PFN_NONE with the reason in ctx->result. */
pfn_t ba_alloc_pages_slowpath(struct ba_ctx *ctx, struct ba_nodes *nodes,
			      struct ba_alloc *request);

#endif
