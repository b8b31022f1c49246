// SPDX-License-Identifier: GPL-2.0-only
#include "textbook_tree.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct tree {
	pthread_mutex_t mutex;
	unsigned int order;	/* of the root */
	uint8_t *longest;	/* nodes from 1 on: order plus one, 0 none */
};

static uint8_t larger(uint8_t a, uint8_t b)
{
	return a > b ? a : b;
}

struct tree *tree_create(unsigned int order)
{
	struct tree *tree = malloc(sizeof(*tree));
	size_t nodes = (size_t)2 << order;

	if (!tree)
		return NULL;
	tree->order = order;
	tree->longest = malloc(nodes);
	if (!tree->longest || pthread_mutex_init(&tree->mutex, NULL)) {
		free(tree->longest);
		free(tree);
		return NULL;
	}
	for (unsigned int level = 0; level <= order; level++)
		memset(tree->longest + ((size_t)1 << level),
		       (int)(order - level + 1), (size_t)1 << level);
	return tree;
}

void tree_destroy(struct tree *tree)
{
	pthread_mutex_destroy(&tree->mutex);
	free(tree->longest);
	free(tree);
}

uint32_t tree_alloc(struct tree *tree, unsigned int order)
{
	uint8_t *longest = tree->longest, want = (uint8_t)(order + 1);
	uint32_t frame = TREE_NONE;
	size_t node = 1;

	pthread_mutex_lock(&tree->mutex);
	if (longest[1] >= want) {
		for (unsigned int at = tree->order; at > order; at--)
			node = 2 * node + (longest[2 * node] < want);
		longest[node] = 0;
		frame = (uint32_t)((node << order) - ((size_t)1 << tree->order));
		while (node /= 2)
			longest[node] = larger(longest[2 * node],
					       longest[2 * node + 1]);
	}
	pthread_mutex_unlock(&tree->mutex);
	return frame;
}

void tree_free(struct tree *tree, uint32_t frame)
{
	uint8_t *longest = tree->longest, whole = 1;
	size_t node = ((size_t)1 << tree->order) + frame;

	pthread_mutex_lock(&tree->mutex);
	for (; longest[node]; node /= 2)
		whole++;
	longest[node] = whole;
	while (node /= 2) {
		uint8_t left = longest[2 * node], right = longest[2 * node + 1];

		whole++;
		longest[node] = left == right && left + 1 == whole ?
				whole : larger(left, right);
	}
	pthread_mutex_unlock(&tree->mutex);
}

bool tree_selftest(void)
{
	enum { ORDER = 8, FRAMES = 1 << ORDER };
	struct tree *tree = tree_create(ORDER);
	uint8_t owner[FRAMES] = { 0 };
	uint32_t start[32], seed = 1;
	unsigned int order[32], live = 0;
	bool good = tree != NULL;

	for (unsigned int i = 0; good && i < 20000; i++) {
		seed = seed * 1664525u + 1013904223u;
		if (live < 32 && seed >> 31) {
			order[live] = (seed >> 8) % 5;
			start[live] = tree_alloc(tree, order[live]);
			if (start[live] == TREE_NONE)
				continue;
			for (uint32_t f = 0; f < 1u << order[live]; f++)
				good &= owner[start[live] + f]++ == 0;
			live++;
		} else if (live) {
			unsigned int k = (seed >> 8) % live--;

			for (uint32_t f = 0; f < 1u << order[k]; f++)
				owner[start[k] + f] = 0;
			tree_free(tree, start[k]);
			start[k] = start[live];
			order[k] = order[live];
		}
	}
	while (good && live--)
		tree_free(tree, start[live]);
	good = good && tree_alloc(tree, ORDER) == 0;
	if (tree)
		tree_destroy(tree);
	return good;
}
