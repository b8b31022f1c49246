/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/hmap.h"

#include <stdlib.h>
#include <string.h>

#define LOG2_CAPACITY_MIN 6u
#define LOG2_CAPACITY_MAX 40u

/* Fibonacci hashing: the top bits of the product depend on the whole key. */
static inline uint64_t home_of(const struct ba_hmap *map, uint64_t key)
{
	return (key * UINT64_C(0x9e3779b97f4a7c15)) >> map->shift;
}

/* The slot that holds the key, or the free one where it would go. */
static inline struct ba_hmap_slot *slot_of(const struct ba_hmap *map,
					   uint64_t key)
{
	uint64_t i = home_of(map, key);

	while (map->slots[i].used && map->slots[i].key != key)
		i = (i + 1) & map->mask;
	return &map->slots[i];
}

void ba_hmap_init(struct ba_hmap *map)
{
	memset(map, 0, sizeof(*map));
}

void ba_hmap_deinit(struct ba_hmap *map)
{
	free(map->slots);
	ba_hmap_init(map);
}

static enum ba_status resize(struct ba_hmap *map, uint32_t log2_capacity)
{
	struct ba_hmap wider = { .count = map->count };
	size_t capacity = (size_t)1 << log2_capacity;
	uint64_t i;

	wider.mask = capacity - 1;
	wider.shift = 64u - log2_capacity;
	wider.slots = calloc(capacity, sizeof(*wider.slots));
	if (!wider.slots)
		return BA_ENOMEM;
	for (i = 0; map->slots && i <= map->mask; i++) {
		if (map->slots[i].used)
			*slot_of(&wider, map->slots[i].key) = map->slots[i];
	}
	free(map->slots);
	*map = wider;
	return BA_OK;
}

enum ba_status ba_hmap_reserve(struct ba_hmap *map, uint64_t count)
{
	uint32_t log2_capacity = LOG2_CAPACITY_MIN;

	if (map->slots && count <= (map->mask + 1) / 2)
		return BA_OK;
	while ((UINT64_C(1) << log2_capacity) / 2 < count) {
		if (++log2_capacity > LOG2_CAPACITY_MAX)
			return BA_ENOMEM;
	}
	return resize(map, log2_capacity);
}

void ba_hmap_clear(struct ba_hmap *map)
{
	if (map->slots)
		memset(map->slots, 0, (map->mask + 1) * sizeof(*map->slots));
	map->count = 0;
}

enum ba_status ba_hmap_put(struct ba_hmap *map, uint64_t key, uint32_t value)
{
	enum ba_status status = ba_hmap_reserve(map, map->count + 1);
	struct ba_hmap_slot *slot;

	if (status != BA_OK)
		return status;
	slot = slot_of(map, key);
	map->count += !slot->used;
	slot->key = key;
	slot->value = value;
	slot->used = 1;
	return BA_OK;
}

bool ba_hmap_get(const struct ba_hmap *map, uint64_t key, uint32_t *ret)
{
	const struct ba_hmap_slot *slot;

	if (!map->count)
		return false;
	slot = slot_of(map, key);
	if (!slot->used)
		return false;
	if (ret)
		*ret = slot->value;
	return true;
}

/* Pull back every later slot of the run that may stand in the hole. */
static void close_hole(struct ba_hmap *map, uint64_t hole)
{
	struct ba_hmap_slot *slots = map->slots;
	uint64_t i = hole;

	for (;;) {
		uint64_t from_home, from_hole;

		i = (i + 1) & map->mask;
		if (!slots[i].used)
			break;
		from_home = (i - home_of(map, slots[i].key)) & map->mask;
		from_hole = (i - hole) & map->mask;
		if (from_home >= from_hole) {
			slots[hole] = slots[i];
			hole = i;
		}
	}
	memset(&slots[hole], 0, sizeof(slots[hole]));
}

bool ba_hmap_del(struct ba_hmap *map, uint64_t key, uint32_t *ret)
{
	struct ba_hmap_slot *slot;

	if (!map->count)
		return false;
	slot = slot_of(map, key);
	if (!slot->used)
		return false;
	if (ret)
		*ret = slot->value;
	close_hole(map, (uint64_t)(slot - map->slots));
	map->count--;
	return true;
}

bool ba_hmap_next(const struct ba_hmap *map, uint64_t *cursor,
		  uint64_t *ret_key, uint32_t *ret_value)
{
	while (map->slots && *cursor <= map->mask) {
		const struct ba_hmap_slot *slot = &map->slots[(*cursor)++];

		if (slot->used) {
			*ret_key = slot->key;
			*ret_value = slot->value;
			return true;
		}
	}
	return false;
}

bool ba_hmap_check(const struct ba_hmap *map)
{
	uint64_t i, used = 0;

	if (!map->slots)
		return !map->count && !map->mask;
	if ((map->mask & (map->mask + 1)) ||
	    map->mask + 1 != UINT64_C(1) << (64u - map->shift))
		return false;
	for (i = 0; i <= map->mask; i++) {
		const struct ba_hmap_slot *slot = &map->slots[i];

		used += slot->used;
		if (slot->used && slot_of(map, slot->key) != slot)
			return false;
	}
	return used == map->count && used <= (map->mask + 1) / 2;
}
