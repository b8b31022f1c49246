/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * oom - the OOM killer: when nothing can be reclaimed, the address space with
 * the most memory dies.
 *
 *	points of an mm = its pages in memory + its pages on swap
 *
 * Models: out_of_memory, select_bad_process, oom_badness, oom_kill_process,
 *	mm/oom_kill.c (6.1, 6.12).
 * Simplified: an mm is a number that its owner chose, 1 to 255; no task has an
 *	oom_score_adj, page tables are not counted, and the victim's memory is
 *	free at once. Where nobody can be killed the kernel panics; here the
 *	request fails. Of equal ones the highest number dies, as the task that
 *	was started last.
 *
 * Invariants:
 *   O1 a kill releases every handle of exactly one mm.
 */
#ifndef BA_MM_OOM_H
#define BA_MM_OOM_H

#include "mm/user.h"

/* False: no mm has any memory. ctx->killed if it was the task's own. */
bool ba_oom_kill(struct ba_ctx *ctx, struct ba_nodes *nodes);

/* Points of an mm: pages. */
uint64_t ba_oom_points(const struct ba_ctx *ctx, uint8_t mm);

#endif
