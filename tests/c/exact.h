/* SPDX-License-Identifier: GPL-2.0-only */
/* exact - a tape that must be replayed exactly, at once and line by line. */
#ifndef BA_TESTS_EXACT_H
#define BA_TESTS_EXACT_H

#include "taped.h"

/* Outcomes are those of the mm_page_alloc lines, in their order. */
static inline void check_outcomes(const struct play *p)
{
	size_t k = 0;

	for (size_t i = 0; i < t->nr; i++) {
		if (t->e[i].op != BA_OP_PAGE_ALLOC)
			continue;
		CHECK_EQ(p->outcomes[k].event, i);
		CHECK_EQ(p->outcomes[k].recorded_pfn, t->e[i].addr);
		k++;
	}
	CHECK_EQ(p->nr, k);
}

/* The replay is exact, at once and line by line, and moved `reordered`. */
static inline void stop_exact(uint64_t reordered)
{
	struct play p = play(t, strict);

	CHECK_PLAYED(t, &p);
	CHECK_EQ(p.score->reordered, reordered);
	check_outcomes(&p);
	play_end(&p);

	p = play_new(t, strict);
	while (p.done < t->nr && p.status == BA_OK)
		play_on(&p, t, t->nr, 1);
	CHECK_PLAYED(t, &p);
	CHECK_EQ(p.score->reordered, reordered);
	check_outcomes(&p);
	play_end(&p);
	tape_end(t);
}

#endif
