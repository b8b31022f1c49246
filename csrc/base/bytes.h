/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bytes - a chunk of 4096 bytes: is it all zero, and what does it hash to.
 *
 * Both are what an arena and the memory of a backed machine are compared
 * and hashed by. A chunk of zeros is skipped, so that what was never touched
 * and what was set back to 0 look alike.
 *
 *	chunk   | w0 w1 w2 w3 | w4 w5 w6 w7 | ...     words of 8 bytes
 *	lane       0  1  2  3    0  1  2  3           four products at once
 *
 * Not cryptographic.
 *
 * Invariants:
 *   B1 equal bytes and an equal seed give an equal hash.
 */
#ifndef BA_BASE_BYTES_H
#define BA_BASE_BYTES_H

#include <string.h>

#include "base/types.h"

#define BA_CHUNK 4096u		/* bytes; divides a host page */

/* Stops at the first words that are not 0. Pre: size % 32 == 0. */
static inline bool ba_bytes_all_zero(const uint8_t *bytes, size_t size)
{
	uint64_t word[4];

	for (size_t i = 0; i < size; i += sizeof(word)) {
		memcpy(word, bytes + i, sizeof(word));
		if (word[0] | word[1] | word[2] | word[3])
			return false;
	}
	return true;
}

static inline uint64_t ba_hash_mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ (hash >> 29);
}

/* Four lanes, so that the multiplications overlap. */
static inline uint64_t ba_hash_chunk(uint64_t hash, const uint8_t *bytes)
{
	uint64_t lane[4] = { hash, 1, 2, 3 };
	uint64_t word[4];

	for (size_t i = 0; i < BA_CHUNK; i += sizeof(word)) {
		memcpy(word, bytes + i, sizeof(word));
		for (size_t k = 0; k < 4; k++)
			lane[k] = ba_hash_mix(lane[k], word[k]);
	}
	hash = ba_hash_mix(lane[0], lane[1]);
	return ba_hash_mix(ba_hash_mix(hash, lane[2]), lane[3]);
}

#endif
