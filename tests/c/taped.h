/* SPDX-License-Identifier: GPL-2.0-only */
/* taped - one tape, on which silent operations have lines of their own. */
#ifndef BA_TESTS_TAPED_H
#define BA_TESTS_TAPED_H

#include "tape.h"

#define PAGES	16384u		/* DMA 1..4095, DMA32 4096..16383 */

static const struct ba_replay_options strict = { .strict = true };

static struct tape *t;

static inline void start(uint32_t cpus)
{
	t = tape_new(PAGES, cpus, 1);
	tape_kprobes(t);
}

#endif
