/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/bytes.h"

#include "testlib.h"

/* One byte that is not 0, wherever it stands, is seen. */
TEST(all_zero_looks_at_every_byte)
{
	static uint8_t bytes[BA_CHUNK];

	CHECK(ba_bytes_all_zero(bytes, BA_CHUNK));
	for (uint32_t i = 0; i < BA_CHUNK; i++) {
		bytes[i] = 0x80;
		if (!CHECK(!ba_bytes_all_zero(bytes, BA_CHUNK)))
			break;
		bytes[i] = 0;
	}
}

/* B1; another seed, another byte or another place: another hash. */
TEST(b1_hash_of_a_chunk)
{
	static uint8_t a[BA_CHUNK], b[BA_CHUNK];
	uint64_t hash;

	a[100] = b[100] = 1;
	hash = ba_hash_chunk(7, a);
	CHECK_EQ(ba_hash_chunk(7, b), hash);
	CHECK(ba_hash_chunk(8, a) != hash);
	for (uint32_t i = 0; i < BA_CHUNK; i++) {
		b[i] ^= 2;
		if (!CHECK(ba_hash_chunk(7, b) != hash))
			break;
		b[i] ^= 2;
	}
	b[100] = 0;
	b[108] = 1;
	CHECK(ba_hash_chunk(7, b) != hash);
}
