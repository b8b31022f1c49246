/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * touched - which pages of a range of addresses were ever written, so that a
 * walk over a table that is mostly empty passes over what is.
 *
 *	range     |    |####|    |    |    |##  |    |    |    |
 *	            ^    ^         ^         ^    ^
 *	next of     at   at        ................   size: nothing more
 *
 * The host kernel tells (/proc/self/pagemap, bits 63 present and 62 swapped).
 * Where it does not, every page counts as touched: what is found is the same,
 * only slower. A page that was only read counts as touched too.
 *
 * Invariants:
 *   W1 a byte that is not 0 lies in a page that counts as touched, if the
 *      range was all 0 when it was mapped.
 */
#ifndef BA_BASE_TOUCHED_H
#define BA_BASE_TOUCHED_H

#include "base/types.h"

#define BA_TOUCHED_PAGES 4096u	/* host pages looked up at once */

struct ba_touched {
	const uint8_t *base;
	size_t size;			/* bytes of the range */
	size_t page;			/* bytes of a host page */
	int fd;				/* pagemap; -1: cannot be read */
	size_t first;			/* host page of entry[0] */
	size_t nr;			/* entries looked up */
	size_t gap;			/* bytes: [gap, from) is untouched, */
	size_t from, to;		/* [from, to) is touched */
	uint64_t entry[BA_TOUCHED_PAGES]; /* 0: untouched */
};

/* A walk over `size` bytes from `base`; both may lie anywhere. */
void ba_touched_init(struct ba_touched *t, const void *base, size_t size);
void ba_touched_deinit(struct ba_touched *t);

/* Find the next touched pages from `at` on. */
void ba_touched_find(struct ba_touched *t, size_t at);

/*
 * The first byte from `at` on that lies in a touched page, counted from the
 * range's base; its size, or what lies behind, if there is none. A walk that
 * asks for ascending `at`, as often as it likes, looks at each page once.
 */
static inline size_t ba_touched_next(struct ba_touched *t, size_t at)
{
	if (at < t->gap || at >= t->to)
		ba_touched_find(t, at);
	return at < t->from ? t->from : at;
}

/*
 * The same for a table of records of `size` bytes: the number of the first
 * from record `i` on that may hold anything but zeros, or how many there are.
 */
static inline uint64_t ba_touched_record(struct ba_touched *t, uint64_t i,
					 size_t size)
{
	return ba_touched_next(t, i * size) / size;
}

#endif
