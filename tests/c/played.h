/* SPDX-License-Identifier: GPL-2.0-only */
/* played - a tape and its replay, which the test looks at. */
#ifndef BA_TESTS_PLAYED_H
#define BA_TESTS_PLAYED_H

#include "taped.h"

static struct play p;

static inline void stop(void)
{
	play_end(&p);
	tape_end(t);
}

static inline void play_exactly(void)
{
	p = play(t, strict);
	CHECK_PLAYED(t, &p);
}

static inline struct ba_frame *frame(pfn_t pfn)
{
	struct ba_ctx ctx = ba_machine_ctx(p.machine, 0);

	return &ctx.frames[pfn];
}

#endif
