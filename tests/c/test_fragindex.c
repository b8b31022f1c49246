// SPDX-License-Identifier: GPL-2.0-only
#include "mm/fragindex.h"

#include "rig.h"

/*
 * The recorded start of 61-files, zone DMA32; /proc's own figures are those
 * of the kernel's integer arithmetic:
 *
 *	order   0  1  2  3  4  5  6  7  8  9  10
 *	free    5  4  9  7  4  6  5  4  5  3  64    69545 pages
 */
TEST(indices_of_a_recorded_zone)
{
	static const uint64_t nr_free[BA_NR_ORDERS] = {
		5, 4, 9, 7, 4, 6, 5, 4, 5, 3, 64 };
	static const int32_t unusable[BA_NR_ORDERS] = {
		0, 0, 0, 0, 1, 2, 5, 9, 17, 35, 57 };
	uint64_t pages = 0, small = 0;

	for (order_t o = 0; o < BA_NR_ORDERS; o++)
		pages += nr_free[o] << o;
	for (order_t o = 0; o < BA_NR_ORDERS; o++) {
		int32_t index = ba_unusable_free_index(nr_free, o);

		CHECK_EQ(index, small * 1000 / pages);
		CHECK_EQ(index, unusable[o]);
		CHECK_EQ(ba_fragmentation_index(nr_free, o), -1000);
		small += nr_free[o] << o;
	}
}

/*
 *	nothing free                 unusable 1000, fragmentation 0
 *	8 pages, order 3 asked:      1000 - (1000 + 8000/8) / 8 = 750
 *	4 blocks of order 2, order 3 1000 - (1000 + 16000/8) / 4 = 250
 */
TEST(indices_by_hand)
{
	static const uint64_t none[BA_NR_ORDERS];
	static const uint64_t pages[BA_NR_ORDERS] = { 8 };
	static const uint64_t blocks[BA_NR_ORDERS] = { 0, 0, 4 };

	CHECK_EQ(ba_unusable_free_index(none, 3), 1000);
	CHECK_EQ(ba_fragmentation_index(none, 3), 0);
	CHECK_EQ(ba_unusable_free_index(pages, 3), 1000);
	CHECK_EQ(ba_fragmentation_index(pages, 3), 750);
	CHECK_EQ(ba_fragmentation_index(blocks, 3), 250);
	CHECK_EQ(ba_fragmentation_index(blocks, 2), -1000);
	CHECK_EQ(ba_unusable_free_index(blocks, 2), 0);
}

/* Per cent, truncated: 704 of 1216 pages; nothing free is no fragmentation. */
TEST(the_part_that_is_cut_up_in_per_cent)
{
	static const uint64_t none[BA_NR_ORDERS];
	static const uint64_t some[BA_NR_ORDERS] = { 704, [9] = 1 };
	static const uint64_t large[BA_NR_ORDERS] = { [10] = 3 };

	CHECK_EQ(ba_extfrag_for_order(none, 9), 0);
	CHECK_EQ(ba_extfrag_for_order(some, 9), 57);
	CHECK_EQ(ba_extfrag_for_order(some, 0), 0);
	CHECK_EQ(ba_extfrag_for_order(some, 10), 100);
	CHECK_EQ(ba_extfrag_for_order(large, 9), 0);
}

TEST(the_counts_of_the_lists)
{
	struct rig *rig = rig_new(0, 8192);
	uint64_t nr_free[BA_NR_ORDERS];

	rig_put(rig, 512, 2, BA_MT_MOVABLE);
	rig_put(rig, 1024, 2, BA_MT_ISOLATE);
	ba_buddy_nr_free(&rig->buddy, nr_free);
	CHECK_EQ(nr_free[2], 2);
	CHECK_EQ(nr_free[3], 0);
	free(rig);
}
