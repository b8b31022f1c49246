/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * textbook_buddy - the buddy allocator of every course on operating systems,
 * as a peer for the benchmarks: one doubly linked free list for each order,
 * halving on alloc, joining on free, one mutex around each call.
 *
 *	64 frames, alloc(3):   order 6 |64                              |
 *	                       order 5 |                |32             |
 *	                       order 4 |        |16     |
 *	                       order 3 |used|8  |
 *
 * It knows no zones, migratetypes, per-CPU lists or watermarks. It is written
 * to be as fast as this plain design allows: 12 bytes a frame, indices, no
 * searching of lists, no host allocation after creation.
 *
 * Invariants:
 *   X1 a free block of order o starts at a multiple of 2^o and its first
 *      frame alone is marked, with o.
 *   X2 two free buddies of one order below the largest never both exist.
 *   X3 the blocks on the lists have nr_free frames together.
 */
#ifndef TEXTBOOK_BUDDY_H
#define TEXTBOOK_BUDDY_H

#include <stdint.h>

#define TEXTBOOK_NONE UINT32_MAX	/* no frame */
#define TEXTBOOK_ORDERS 32u

struct textbook_buddy;

/*
 * An allocator of frames 0 .. nr_frames - 1, all free, in blocks of at most
 * 2^max_order frames, max_order < TEXTBOOK_ORDERS. NULL if the host has no
 * memory.
 */
struct textbook_buddy *textbook_create(uint32_t nr_frames,
				       unsigned int max_order);
void textbook_destroy(struct textbook_buddy *buddy);

/* First frame of a block of 2^order frames; TEXTBOOK_NONE if there is none. */
uint32_t textbook_alloc(struct textbook_buddy *buddy, unsigned int order);

/* Give back a block with the order it was asked for. */
void textbook_free(struct textbook_buddy *buddy, uint32_t frame,
		   unsigned int order);

uint32_t textbook_nr_free(const struct textbook_buddy *buddy);

/* NULL, or the sentence of the first invariant that does not hold. */
const char *textbook_check(const struct textbook_buddy *buddy);

/*
 * Try it out before its times are believed: the course example, then random
 * allocations and frees that must never overlap and must all come back.
 * NULL, or what went wrong.
 */
const char *textbook_selftest(void);

#endif
