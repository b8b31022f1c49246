/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hmap - from 64-bit numbers to 32-bit ones; any key may be used.
 *
 * The replay's memory of which of our frames stands for which address of
 * the trace. Open addressing, linear probing; a removal moves the rest of
 * its run up instead of leaving a mark (Knuth, TAOCP 3, 6.4, algorithm R),
 * so look-ups do not slow down with age.
 *
 *	slot    0       1       2       3
 *	      | -     | k5 v5 | k1 v1 | -     |     home of k5 and k1: slot 1
 *
 * It lies on the host's heap, outside the machine: no part of its state.
 *
 * Invariants:
 *   P1 the capacity is 0 or a power of two; at most half of it is used.
 *   P2 no slot between the home of a key and its place is free.
 */
#ifndef BA_BASE_HMAP_H
#define BA_BASE_HMAP_H

#include "base/status.h"
#include "base/types.h"

struct ba_hmap_slot {
	uint64_t key;
	uint32_t value;
	uint32_t used;		/* 0 free, 1 used */
};

struct ba_hmap {
	struct ba_hmap_slot *slots;
	uint64_t mask;		/* capacity - 1; 0 with no slots */
	uint64_t count;		/* keys */
	uint32_t shift;		/* 64 - log2(capacity) */
};

/* An empty map owns no memory until the first put. */
void ba_hmap_init(struct ba_hmap *map);
void ba_hmap_deinit(struct ba_hmap *map);

/* Make room for `count` keys in all. */
enum ba_status ba_hmap_reserve(struct ba_hmap *map, uint64_t count);

/* Forget every key, keep the memory. */
void ba_hmap_clear(struct ba_hmap *map);

/* Set the value of a key. BA_ENOMEM leaves the map as it was. */
enum ba_status ba_hmap_put(struct ba_hmap *map, uint64_t key, uint32_t value);

/* True when the key was there; *ret is its value (ret may be NULL). */
bool ba_hmap_get(const struct ba_hmap *map, uint64_t key, uint32_t *ret);
bool ba_hmap_del(struct ba_hmap *map, uint64_t key, uint32_t *ret);

/*
 * Visit every key once, in no order: start with *cursor 0, until false. The
 * map must not change in between.
 */
bool ba_hmap_next(const struct ba_hmap *map, uint64_t *cursor,
		  uint64_t *ret_key, uint32_t *ret_value);

/* True when P1 and P2 hold; O(capacity). */
bool ba_hmap_check(const struct ba_hmap *map);

#endif
