/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rng - the machine's seeded random numbers, one stream per simulated CPU.
 *
 *	seed, stream --splitmix64--> 4 words --xoshiro256**--> numbers
 *
 * Equal seed and stream give equal numbers on every host. The generators
 * are those of Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators" (2021); the range is Lemire's multiply, "Fast random integer
 * generation in an interval" (2019).
 *
 * Invariants:
 *   R1 the four words are never all 0, or only 0 would follow.
 */
#ifndef BA_BASE_RNG_H
#define BA_BASE_RNG_H

#include "base/types.h"

struct ba_rng {
	uint64_t s[4];
};

/* Step *x and return the next of a sequence that visits every number. */
static inline uint64_t ba_splitmix64(uint64_t *x)
{
	uint64_t z = (*x += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Four successive outputs differ, so at most one is 0: R1 holds. */
static inline void ba_rng_init(struct ba_rng *rng, uint64_t seed,
			       uint32_t stream)
{
	uint64_t mixed = stream;
	uint64_t x = seed ^ ba_splitmix64(&mixed);
	unsigned int i;

	for (i = 0; i < 4; i++)
		rng->s[i] = ba_splitmix64(&x);
}

static inline uint64_t ba_rotl64(uint64_t x, unsigned int by)
{
	return (x << by) | (x >> (64u - by));
}

static inline uint64_t ba_rng_next(struct ba_rng *rng)
{
	uint64_t *s = rng->s;
	uint64_t result = ba_rotl64(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = ba_rotl64(s[3], 45);
	return result;
}

/* A number in [0, bound), each equally likely; 0 when bound is 0. */
static inline uint32_t ba_rng_below(struct ba_rng *rng, uint32_t bound)
{
	uint64_t product;
	uint32_t reject;

	if (!bound)
		return 0;
	product = (ba_rng_next(rng) >> 32) * bound;
	if ((uint32_t)product < bound) {
		reject = (0u - bound) % bound;
		while ((uint32_t)product < reject)
			product = (ba_rng_next(rng) >> 32) * bound;
	}
	return (uint32_t)(product >> 32);
}

#endif
