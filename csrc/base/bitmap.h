/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bitmap - an array of bits in words of 64, and the search for the next one.
 *
 *	bit     0   1   2  ...  63 | 64  65 ...
 *	word   [        0         ] [     1   ...
 *
 * Models: find_next_bit, include/linux/find.h (6.1, 6.12).
 *
 * Invariants:
 *   M1 bits at or past the given number of bits are never read as results.
 */
#ifndef BA_BASE_BITMAP_H
#define BA_BASE_BITMAP_H

#include "base/types.h"

#define BA_BITS_PER_WORD 64u
#define BA_BITMAP_WORDS(bits) \
	(((size_t)(bits) + BA_BITS_PER_WORD - 1) / BA_BITS_PER_WORD)

static inline uint64_t ba_bit_mask(size_t bit)
{
	return UINT64_C(1) << (bit % BA_BITS_PER_WORD);
}

static inline bool ba_bit_test(const uint64_t *map, size_t bit)
{
	return (map[bit / BA_BITS_PER_WORD] & ba_bit_mask(bit)) != 0;
}

static inline void ba_bit_set(uint64_t *map, size_t bit)
{
	map[bit / BA_BITS_PER_WORD] |= ba_bit_mask(bit);
}

static inline void ba_bit_clear(uint64_t *map, size_t bit)
{
	map[bit / BA_BITS_PER_WORD] &= ~ba_bit_mask(bit);
}

static inline void ba_bit_assign(uint64_t *map, size_t bit, bool value)
{
	if (value)
		ba_bit_set(map, bit);
	else
		ba_bit_clear(map, bit);
}

/* First bit that differs from those of `flip` (0 or all ones), or `bits`. */
static inline size_t ba_bit_search(const uint64_t *map, size_t bits,
				   size_t from, uint64_t flip)
{
	size_t word = from / BA_BITS_PER_WORD;
	size_t words = BA_BITMAP_WORDS(bits);
	uint64_t value;
	size_t bit;

	if (from >= bits)
		return bits;
	value = (map[word] ^ flip) & ~(ba_bit_mask(from) - 1);
	while (!value) {
		if (++word == words)
			return bits;
		value = map[word] ^ flip;
	}
	bit = word * BA_BITS_PER_WORD + (size_t)__builtin_ctzll(value);
	return bit < bits ? bit : bits;
}

/* First set (clear) bit at or past `from`; `bits` when there is none. */
static inline size_t ba_bit_next_set(const uint64_t *map, size_t bits,
				     size_t from)
{
	return ba_bit_search(map, bits, from, 0);
}

static inline size_t ba_bit_next_clear(const uint64_t *map, size_t bits,
				       size_t from)
{
	return ba_bit_search(map, bits, from, UINT64_MAX);
}

/* Number of set bits below `bits`. */
static inline size_t ba_bit_count(const uint64_t *map, size_t bits)
{
	size_t full = bits / BA_BITS_PER_WORD;
	size_t count = 0;
	size_t i;

	for (i = 0; i < full; i++)
		count += (size_t)__builtin_popcountll(map[i]);
	if (bits % BA_BITS_PER_WORD)
		count += (size_t)__builtin_popcountll(
			map[full] & (ba_bit_mask(bits) - 1));
	return count;
}

#endif
