// SPDX-License-Identifier: GPL-2.0-only
#include "textbook_buddy.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NOT_FREE UINT8_MAX	/* not the first frame of a free block */

struct frame {
	uint32_t prev;
	uint32_t next;
	uint8_t order;		/* of the free block it begins, or NOT_FREE */
};

struct textbook_buddy {
	pthread_mutex_t lock;
	unsigned int max_order;
	uint32_t nr_frames;
	uint32_t nr_free;			/* frames */
	uint32_t head[TEXTBOOK_ORDERS];		/* first block of each order */
	struct frame frames[];
};

static void push(struct textbook_buddy *buddy, uint32_t at, unsigned int order)
{
	struct frame *frame = &buddy->frames[at];
	uint32_t next = buddy->head[order];

	frame->order = (uint8_t)order;
	frame->prev = TEXTBOOK_NONE;
	frame->next = next;
	if (next != TEXTBOOK_NONE)
		buddy->frames[next].prev = at;
	buddy->head[order] = at;
}

static void unlink_block(struct textbook_buddy *buddy, uint32_t at)
{
	struct frame *frame = &buddy->frames[at];

	if (frame->prev != TEXTBOOK_NONE)
		buddy->frames[frame->prev].next = frame->next;
	else
		buddy->head[frame->order] = frame->next;
	if (frame->next != TEXTBOOK_NONE)
		buddy->frames[frame->next].prev = frame->prev;
	frame->order = NOT_FREE;
}

/* Put all frames on the lists, in the largest blocks that fit. */
static void fill(struct textbook_buddy *buddy)
{
	uint32_t at = 0;

	while (at < buddy->nr_frames) {
		unsigned int order = buddy->max_order;

		while (at & ((1u << order) - 1) ||
		       buddy->nr_frames - at < 1u << order)
			order--;
		push(buddy, at, order);
		at += 1u << order;
	}
	buddy->nr_free = buddy->nr_frames;
}

struct textbook_buddy *textbook_create(uint32_t nr_frames,
				       unsigned int max_order)
{
	struct textbook_buddy *buddy;
	unsigned int order;
	uint32_t i;

	if (max_order >= TEXTBOOK_ORDERS)
		return NULL;
	buddy = malloc(sizeof(*buddy) +
		       (size_t)nr_frames * sizeof(buddy->frames[0]));
	if (!buddy)
		return NULL;
	if (pthread_mutex_init(&buddy->lock, NULL)) {
		free(buddy);
		return NULL;
	}
	buddy->max_order = max_order;
	buddy->nr_frames = nr_frames;
	for (order = 0; order < TEXTBOOK_ORDERS; order++)
		buddy->head[order] = TEXTBOOK_NONE;
	for (i = 0; i < nr_frames; i++)
		buddy->frames[i].order = NOT_FREE;
	fill(buddy);
	return buddy;
}

void textbook_destroy(struct textbook_buddy *buddy)
{
	if (!buddy)
		return;
	pthread_mutex_destroy(&buddy->lock);
	free(buddy);
}

static uint32_t take(struct textbook_buddy *buddy, unsigned int order)
{
	unsigned int found = order;
	uint32_t at;

	while (found <= buddy->max_order && buddy->head[found] == TEXTBOOK_NONE)
		found++;
	if (found > buddy->max_order)
		return TEXTBOOK_NONE;
	at = buddy->head[found];
	unlink_block(buddy, at);
	while (found > order) {
		found--;
		push(buddy, at + (1u << found), found);
	}
	buddy->nr_free -= 1u << order;
	return at;
}

uint32_t textbook_alloc(struct textbook_buddy *buddy, unsigned int order)
{
	uint32_t at;

	pthread_mutex_lock(&buddy->lock);
	at = take(buddy, order);
	pthread_mutex_unlock(&buddy->lock);
	return at;
}

static void put(struct textbook_buddy *buddy, uint32_t at, unsigned int order)
{
	buddy->nr_free += 1u << order;
	while (order < buddy->max_order) {
		uint32_t other = at ^ (1u << order);

		if (other >= buddy->nr_frames ||
		    buddy->frames[other].order != order)
			break;
		unlink_block(buddy, other);
		at &= other;
		order++;
	}
	push(buddy, at, order);
}

void textbook_free(struct textbook_buddy *buddy, uint32_t frame,
		   unsigned int order)
{
	pthread_mutex_lock(&buddy->lock);
	put(buddy, frame, order);
	pthread_mutex_unlock(&buddy->lock);
}

uint32_t textbook_nr_free(const struct textbook_buddy *buddy)
{
	return buddy->nr_free;
}

static const char *check_block(const struct textbook_buddy *buddy, uint32_t at,
			       unsigned int order)
{
	uint32_t other = at ^ (1u << order);

	if (buddy->frames[at].order != order || at & ((1u << order) - 1) ||
	    buddy->nr_frames - at < 1u << order)
		return "X1: a free block is marked or placed wrongly";
	if (order < buddy->max_order && other < buddy->nr_frames &&
	    buddy->frames[other].order == order)
		return "X2: two free buddies were not joined";
	return NULL;
}

const char *textbook_check(const struct textbook_buddy *buddy)
{
	const char *wrong = NULL;
	uint64_t free_frames = 0;
	uint64_t listed = 0, marked = 0;
	unsigned int order;
	uint32_t at;

	for (order = 0; order <= buddy->max_order && !wrong; order++) {
		for (at = buddy->head[order]; at != TEXTBOOK_NONE && !wrong;
		     at = buddy->frames[at].next) {
			wrong = check_block(buddy, at, order);
			free_frames += 1u << order;
			if (++listed > buddy->nr_frames)
				return "X1: a list runs in a circle";
		}
	}
	for (at = 0; at < buddy->nr_frames; at++)
		marked += buddy->frames[at].order != NOT_FREE;
	if (!wrong && marked != listed)
		wrong = "X1: a marked block is on no list";
	if (!wrong && free_frames != buddy->nr_free)
		wrong = "X3: the lists do not hold nr_free frames";
	return wrong;
}

/* 64 units: 8, 8 and 4 are cut from the left and all join again. */
static const char *course_example(void)
{
	struct textbook_buddy *buddy = textbook_create(64, 6);
	const char *wrong = NULL;
	uint32_t a, b, c;

	if (!buddy)
		return "no memory";
	a = textbook_alloc(buddy, 3);
	b = textbook_alloc(buddy, 3);
	c = textbook_alloc(buddy, 2);
	if (a != 0 || b != 8 || c != 16 || textbook_nr_free(buddy) != 44)
		wrong = "the course example got other blocks than 0, 8, 16";
	textbook_free(buddy, b, 3);
	textbook_free(buddy, c, 2);
	textbook_free(buddy, a, 3);
	if (!wrong && textbook_alloc(buddy, 6) != 0)
		wrong = "the course example did not join to 64 units";
	textbook_destroy(buddy);
	return wrong;
}

#define TEST_FRAMES 3000u	/* not a power of two */
#define TEST_BLOCKS 400u

struct block {
	uint32_t at;		/* TEXTBOOK_NONE: not held */
	unsigned int order;
};

/* Mark the frames of a block as used or free; false if they were already. */
static bool mark(uint8_t *used, const struct block *block, uint8_t value)
{
	uint32_t i;

	for (i = block->at; i < block->at + (1u << block->order); i++) {
		if (i >= TEST_FRAMES || used[i] == value)
			return false;
		used[i] = value;
	}
	return true;
}

static const char *random_steps(struct textbook_buddy *buddy,
				struct block *blocks, uint8_t *used)
{
	uint32_t random = 1, i;

	for (i = 0; i < 20000; i++) {
		struct block *block;

		random = random * 1664525u + 1013904223u;
		block = &blocks[(random >> 8) % TEST_BLOCKS];
		if (block->at == TEXTBOOK_NONE) {
			block->order = (random >> 20) % 6;
			block->at = textbook_alloc(buddy, block->order);
			if (block->at != TEXTBOOK_NONE && !mark(used, block, 1))
				return "two blocks overlap";
		} else {
			mark(used, block, 0);
			textbook_free(buddy, block->at, block->order);
			block->at = TEXTBOOK_NONE;
		}
		if (i % 1000 == 0 && textbook_check(buddy))
			return textbook_check(buddy);
	}
	return NULL;
}

static const char *random_example(void)
{
	struct textbook_buddy *buddy = textbook_create(TEST_FRAMES, 10);
	struct block blocks[TEST_BLOCKS];
	uint8_t used[TEST_FRAMES];
	const char *wrong;
	unsigned int i;

	if (!buddy)
		return "no memory";
	memset(used, 0, sizeof(used));
	for (i = 0; i < TEST_BLOCKS; i++)
		blocks[i].at = TEXTBOOK_NONE;
	wrong = random_steps(buddy, blocks, used);
	for (i = 0; i < TEST_BLOCKS; i++) {
		if (blocks[i].at != TEXTBOOK_NONE)
			textbook_free(buddy, blocks[i].at, blocks[i].order);
	}
	if (!wrong)
		wrong = textbook_check(buddy);
	if (!wrong && textbook_nr_free(buddy) != TEST_FRAMES)
		wrong = "frames were lost";
	textbook_destroy(buddy);
	return wrong;
}

const char *textbook_selftest(void)
{
	const char *wrong = course_example();

	return wrong ? wrong : random_example();
}
