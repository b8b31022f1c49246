/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "mm/memory.h"

#include <sys/resource.h>

#include "base/lock.h"

#include "host.h"
#include "testlib.h"

#define HANDLES 64u
#ifdef BA_TSAN
#define HUGE_PAGES (1u << 24)	/* it ends a program that gets 1 TiB mapped */
#else
#define HUGE_PAGES (1u << 28)
#endif

static struct ba_memory memory_of(uint64_t pages)
{
	struct ba_memory memory;

	if (ba_memory_create(pages, HANDLES, &memory) != BA_OK)
		printf("# no memory of %" PRIu64 " pages\n", pages);
	return memory;
}

static void fill(const struct ba_memory *memory, pfn_t pfn, uint8_t value)
{
	memset(ba_memory_at(memory, pfn), value, BA_PAGE_SIZE);
}

static bool is_filled(const uint8_t *bytes, uint8_t value)
{
	for (uint32_t i = 0; i < BA_PAGE_SIZE; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

static bool holds(const struct ba_memory *memory, pfn_t pfn, uint8_t value)
{
	return is_filled(ba_memory_at(memory, pfn), value);
}

static uint64_t used_pages(const struct ba_memory *memory)
{
	return ba_memory_used(memory) / BA_PAGE_SIZE;
}

TEST(sizes_that_cannot_be)
{
	struct ba_memory memory = { .pages = 7 };

	CHECK_EQ(ba_memory_create(0, 0, &memory), BA_EINVAL);
	CHECK(!memory.direct && !memory.pages);
	CHECK_EQ(ba_memory_create(UINT64_C(1) << 32, 0, &memory), BA_EINVAL);
	CHECK_EQ(ba_memory_create(1, UINT64_C(1) << 32, &memory), BA_EINVAL);
	CHECK(!memory.direct);
	ba_memory_destroy(&memory);
}

/* Y1; reading a page through the map is what takes host memory for it. */
TEST(y1_new_memory_reads_as_zero)
{
	struct ba_memory memory = memory_of(1024);

	REQUIRE(memory.direct);
	CHECK_EQ(used_pages(&memory), 0);
	CHECK(holds(&memory, 0, 0));
	CHECK(holds(&memory, 1023, 0));
	CHECK_EQ(used_pages(&memory), 2);
	ba_memory_destroy(&memory);
	CHECK(!memory.direct && !memory.pages);
	ba_memory_destroy(&memory);
}

/* What the library should say of so many frames. */
static enum ba_status host_status(pfn_t pages)
{
	return host_maps((size_t)pages * BA_PAGE_SIZE, PROT_NONE) ?
		BA_OK : BA_ENOMEM;
}

static void copy_of_one_page(const struct ba_memory *memory, pfn_t pfn)
{
	enum ba_status want = host_status((pfn_t)memory->pages);
	struct ba_memory copy;

	CHECK_EQ(ba_memory_copy(memory, &copy), want);
	CHECK_EQ(copy.pages, want == BA_OK ? memory->pages : 0);
	if (!copy.direct)
		return;
	CHECK(holds(&copy, pfn, 0x5a));
	CHECK_EQ(used_pages(&copy), 1);
	CHECK(ba_memory_equal(memory, &copy));
	CHECK_EQ(ba_memory_hash(memory), ba_memory_hash(&copy));
	ba_memory_destroy(&copy);
}

static void costs_what_it_touches(pfn_t pages)
{
	enum ba_status want = host_status(pages);
	struct ba_memory memory;

	CHECK_EQ(ba_memory_create(pages, 2 * (uint64_t)pages, &memory), want);
	CHECK_EQ(memory.pages, want == BA_OK ? pages : 0);
	if (!memory.direct)
		return;
	fill(&memory, pages - 1, 0x5a);
	ba_memory_zero(&memory, 0, pages / 2);
	CHECK_EQ(used_pages(&memory), 1);
	copy_of_one_page(&memory, pages - 1);
	ba_memory_destroy(&memory);
}

/* Frames and their handles: what is written costs memory, not more. */
TEST(huge_memory_costs_what_it_touches)
{
	costs_what_it_touches(1u << 20);
	costs_what_it_touches(HUGE_PAGES);
}

/*
 *	from | 1 |   | 2 2 |      copy: equal, then one byte is changed in it
 */
TEST(copy_is_equal_and_independent)
{
	struct ba_memory from = memory_of(1024), copy;
	uint64_t hash;

	REQUIRE(from.direct);
	fill(&from, 0, 1);
	fill(&from, 500, 2);
	fill(&from, 501, 2);
	REQUIRE(!ba_memory_copy(&from, &copy));
	CHECK(ba_memory_equal(&from, &copy));
	hash = ba_memory_hash(&from);
	CHECK_EQ(ba_memory_hash(&copy), hash);
	ba_memory_at(&copy, 501)[4095] = 3;
	CHECK(holds(&from, 501, 2));
	CHECK(!ba_memory_equal(&from, &copy));
	CHECK(!ba_memory_equal(&copy, &from));
	CHECK(ba_memory_hash(&copy) != hash);
	ba_memory_at(&copy, 501)[4095] = 2;
	CHECK(ba_memory_equal(&from, &copy));
	fill(&copy, 1000, 9);
	CHECK(!ba_memory_equal(&from, &copy));
	CHECK(!ba_memory_equal(&copy, &from));
	ba_memory_destroy(&copy);
	CHECK(holds(&from, 500, 2));
	ba_memory_destroy(&from);
}

/* Y2: a page that was written and set back to 0 is as if never written. */
TEST(y2_zero_page_is_a_page_never_written)
{
	struct ba_memory a = memory_of(256), b = memory_of(256), copy;

	REQUIRE(a.direct && b.direct);
	fill(&b, 7, 1);
	CHECK(!ba_memory_equal(&a, &b));
	fill(&b, 7, 0);
	CHECK(ba_memory_equal(&a, &b));
	CHECK(ba_memory_equal(&b, &a));
	CHECK_EQ(ba_memory_hash(&a), ba_memory_hash(&b));
	CHECK_EQ(used_pages(&b), 1);
	REQUIRE(!ba_memory_copy(&b, &copy));
	CHECK_EQ(used_pages(&copy), 0);
	ba_memory_destroy(&a);
	ba_memory_destroy(&b);
	ba_memory_destroy(&copy);
}

TEST(hash_depends_on_the_place_and_the_size)
{
	struct ba_memory a = memory_of(256), b = memory_of(256);
	struct ba_memory c = memory_of(512);

	REQUIRE(a.direct && b.direct && c.direct);
	fill(&a, 3, 1);
	fill(&b, 4, 1);
	fill(&c, 3, 1);
	CHECK(ba_memory_hash(&a) != ba_memory_hash(&b));
	CHECK(ba_memory_hash(&a) != ba_memory_hash(&c));
	CHECK(!ba_memory_equal(&a, &b));
	CHECK(!ba_memory_equal(&a, &c));
	ba_memory_destroy(&a);
	ba_memory_destroy(&b);
	ba_memory_destroy(&c);
}

/*
 *	frame    0  1  2 .. 9  10       1 written, 2 to 9 written, 5 not
 *	zero     1, then 2 to 9: 0 and 10 are as they were
 */
TEST(zero_clears_these_frames_and_no_other)
{
	struct ba_memory memory = memory_of(64);

	REQUIRE(memory.direct);
	for (pfn_t pfn = 0; pfn <= 10; pfn++)
		if (pfn != 5)
			fill(&memory, pfn, 0xee);
	ba_memory_zero(&memory, 1, 1);
	CHECK_EQ(used_pages(&memory), 10);
	ba_memory_zero(&memory, 2, 8);
	CHECK_EQ(used_pages(&memory), 3);
	for (pfn_t pfn = 1; pfn <= 9; pfn++)
		CHECK(holds(&memory, pfn, 0));
	CHECK(holds(&memory, 0, 0xee) && holds(&memory, 10, 0xee));
	ba_memory_destroy(&memory);
}

/*
 *	from  8 | a |   | b |     to  20 | x | x | x |  ->  | a | 0 | b |
 */
TEST(copied_frames_replace_what_was_there)
{
	struct ba_memory memory = memory_of(64);

	REQUIRE(memory.direct);
	fill(&memory, 8, 0xa);
	fill(&memory, 10, 0xb);
	for (pfn_t pfn = 19; pfn <= 23; pfn++)
		fill(&memory, pfn, 0xff);
	ba_memory_copy_frames(&memory, 8, 20, 3);
	CHECK(holds(&memory, 20, 0xa) && holds(&memory, 21, 0) &&
	      holds(&memory, 22, 0xb));
	CHECK(holds(&memory, 19, 0xff) && holds(&memory, 23, 0xff));
	CHECK(holds(&memory, 8, 0xa) && holds(&memory, 10, 0xb));
	ba_memory_destroy(&memory);
}

TEST(frames_that_cannot_be_mapped)
{
	struct ba_memory memory = memory_of(64);
	const pfn_t pfns[] = { 1, 64 };
	uint8_t *at = (uint8_t *)1;

	REQUIRE(memory.direct);
	CHECK_EQ(ba_memory_map(&memory, pfns, 0, &at), BA_EINVAL);
	CHECK(!at);
	CHECK_EQ(ba_memory_map(&memory, pfns, 2, &at), BA_EFRAME);
	CHECK(!at);
	ba_memory_destroy(&memory);
}

/*
 *	mapping   | 7 | 3 | 4 | 63 | 7 |    bytes are seen on both sides, and
 *	                                     frame 7 at both of its places
 */
TEST(scattered_frames_lie_side_by_side)
{
	struct ba_memory memory = memory_of(64);
	const pfn_t pfns[] = { 7, 3, 4, 63, 7 };
	uint8_t *at;

	REQUIRE(memory.direct);
	REQUIRE(!ba_memory_map(&memory, pfns, 5, &at));
	for (uint32_t i = 0; i < 4; i++)
		memset(at + i * BA_PAGE_SIZE, 0x10 + (int)i, BA_PAGE_SIZE);
	CHECK(holds(&memory, 7, 0x10) && holds(&memory, 3, 0x11));
	CHECK(holds(&memory, 4, 0x12) && holds(&memory, 63, 0x13));
	CHECK(is_filled(at + 4 * BA_PAGE_SIZE, 0x10));
	fill(&memory, 3, 0x77);
	CHECK(is_filled(at + BA_PAGE_SIZE, 0x77));
	/* also when the host got the pages back */
	ba_memory_zero(&memory, 3, 2);
	CHECK(is_filled(at + BA_PAGE_SIZE, 0));
	fill(&memory, 4, 0x78);
	CHECK(is_filled(at + 2 * BA_PAGE_SIZE, 0x78));
	ba_memory_unmap(at, 5);
	CHECK(holds(&memory, 7, 0x10));
	ba_memory_destroy(&memory);
}

/* 1000 frames without two neighbours, written through the mapping. */
TEST(a_thousand_scattered_frames)
{
	struct ba_memory memory = memory_of(4096);
	static pfn_t pfns[1000];
	uint8_t *at;

	REQUIRE(memory.direct);
	for (uint32_t i = 0; i < 1000; i++)
		pfns[i] = i * 1777 % 2048 * 2;
	REQUIRE(!ba_memory_map(&memory, pfns, 1000, &at));
	for (uint32_t i = 0; i < 1000; i++)
		memset(at + (size_t)i * BA_PAGE_SIZE, (int)(i % 251 + 1),
		       BA_PAGE_SIZE);
	for (uint32_t i = 0; i < 1000; i++)
		CHECK(holds(&memory, pfns[i], (uint8_t)(i % 251 + 1)));
	CHECK_EQ(used_pages(&memory), 1000);
	ba_memory_unmap(at, 1000);
	ba_memory_destroy(&memory);
}

/*
 * Y3. Small and large pages of one handle's number do not meet:
 *
 *	frame 9 -> handle 5 -> frame 30      frame 9 may be used meanwhile
 */
TEST(y3_bytes_wait_for_their_handle)
{
	struct ba_memory memory = memory_of(2048), copy;

	REQUIRE(memory.direct);
	fill(&memory, 9, 0x33);
	CHECK_EQ(ba_memory_put_out(&memory, 9, 0, 5), BA_OK);
	fill(&memory, 9, 0x44);
	fill(&memory, 512, 0x55);
	fill(&memory, 1023, 0x56);
	CHECK_EQ(ba_memory_put_out(&memory, 512, 9, 6), BA_OK);
	REQUIRE(!ba_memory_copy(&memory, &copy));
	fill(&memory, 30, 0x99);
	CHECK_EQ(ba_memory_bring_in(&memory, 5, 0, 30), BA_OK);
	CHECK(holds(&memory, 30, 0x33) && holds(&memory, 9, 0x44));
	/* and is gone from there */
	CHECK_EQ(ba_memory_bring_in(&memory, 5, 0, 30), BA_OK);
	CHECK(holds(&memory, 30, 0));
	for (pfn_t pfn = 1024; pfn < 1536; pfn++)
		fill(&memory, pfn, 0xff);
	CHECK_EQ(ba_memory_bring_in(&memory, 6, 9, 1024), BA_OK);
	CHECK(holds(&memory, 1024, 0x55) && holds(&memory, 1535, 0x56));
	CHECK(holds(&memory, 1025, 0) && holds(&memory, 1534, 0));
	/* the copy has them too */
	CHECK_EQ(ba_memory_bring_in(&copy, 6, 9, 1024), BA_OK);
	CHECK(holds(&copy, 1535, 0x56));
	ba_memory_destroy(&memory);
	ba_memory_destroy(&copy);
}

TEST(forgotten_bytes_are_gone)
{
	struct ba_memory memory = memory_of(2048);

	REQUIRE(memory.direct);
	fill(&memory, 600, 1);
	CHECK_EQ(ba_memory_put_out(&memory, 512, 9, 3), BA_OK);
	CHECK_EQ(ba_memory_put_out(&memory, 600, 0, 3), BA_OK);
	CHECK_EQ(used_pages(&memory), 3);
	ba_memory_forget(&memory, 3, 9);
	CHECK_EQ(used_pages(&memory), 2);
	ba_memory_forget(&memory, 3, 0);
	ba_memory_forget(&memory, 3, 0);
	CHECK_EQ(used_pages(&memory), 1);
	CHECK_EQ(ba_memory_bring_in(&memory, 3, 0, 9), BA_OK);
	CHECK(holds(&memory, 9, 0));
	ba_memory_destroy(&memory);
}

/*
 *	file  | . | x | 0 | ... | x | ... | handle 2 |     0: written, but zeros
 *	walk        1             40        pages + 2
 */
TEST(walk_finds_every_page_that_is_not_zero)
{
	struct ba_memory memory = memory_of(64), other = memory_of(64);
	const uint64_t want[] = { 1, 40, 64 + 2 };
	struct ba_memory_walk walk;
	const uint8_t *bytes;
	uint64_t page;

	REQUIRE(memory.direct && other.direct);
	CHECK_EQ(ba_memory_file_pages(&memory), 64 + HANDLES * 513);
	fill(&memory, 1, 1);
	fill(&memory, 2, 0);
	fill(&memory, 40, 2);
	CHECK_EQ(ba_memory_put_out(&memory, 40, 0, 2), BA_OK);
	ba_memory_walk_init(&walk, &memory);
	for (uint32_t i = 0; i < 3; i++) {
		bytes = ba_memory_walk_next(&walk, &page);
		REQUIRE(bytes);
		CHECK_EQ(page, want[i]);
		CHECK(is_filled(bytes, i ? 2 : 1));
		CHECK_EQ(ba_memory_set(&other, page, bytes), BA_OK);
	}
	CHECK(!ba_memory_walk_next(&walk, &page));
	CHECK(!ba_memory_walk_next(&walk, &page));
	CHECK(!walk.failed);
	CHECK(ba_memory_equal(&memory, &other));
	ba_memory_destroy(&memory);
	ba_memory_destroy(&other);
}

/* No file can be opened: no memory, and nothing is left behind. */
TEST(host_without_files_refuses)
{
	struct ba_memory memory = memory_of(64), copy;
	struct rlimit before, none;

	REQUIRE(memory.direct);
	REQUIRE(!getrlimit(RLIMIT_NOFILE, &before));
	none = before;
	none.rlim_cur = 0;
	REQUIRE(!setrlimit(RLIMIT_NOFILE, &none));
	CHECK_EQ(ba_memory_copy(&memory, &copy), BA_ENOMEM);
	CHECK(!copy.direct);
	CHECK(!setrlimit(RLIMIT_NOFILE, &before));
	CHECK_EQ(ba_memory_copy(&memory, &copy), BA_OK);
	ba_memory_destroy(&memory);
	ba_memory_destroy(&copy);
}
