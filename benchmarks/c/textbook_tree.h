/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * textbook_tree - the buddy allocator as most courses draw it: a complete
 * binary tree over the frames, each node holding the order of the largest
 * free block below it, one mutex around each call.
 *
 *	order 2           [2]
 *	order 1       [1]     [1]		0 = nothing free below
 *	order 0     [0] [0] [0] [0]		values are stored plus one
 *
 * Allocation walks from the root to a node of the order, free walks from the
 * leaf up; both then mend the path to the root. A peer for measurements, not
 * part of the model.
 *
 * Invariants:
 *   X1 a node says the larger of its children, or its own order when both
 *      halves are free and whole.
 */
#ifndef BA_BENCH_TEXTBOOK_TREE_H
#define BA_BENCH_TEXTBOOK_TREE_H

#include <stdbool.h>
#include <stdint.h>

#define TREE_NONE UINT32_MAX

struct tree;

/* Over 1 << order frames, all free; NULL when the host has no memory. */
struct tree *tree_create(unsigned int order);
void tree_destroy(struct tree *tree);

/* First frame of a block, or TREE_NONE. */
uint32_t tree_alloc(struct tree *tree, unsigned int order);

/* Free the block that begins at `frame`. */
void tree_free(struct tree *tree, uint32_t frame);

/* A short run of random requests on a small tree, checked for overlap. */
bool tree_selftest(void);

#endif
