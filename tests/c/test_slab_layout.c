// SPDX-License-Identifier: GPL-2.0-only
#include "mm/slab_layout.h"

#include "testlib.h"

static const struct ba_profile *const both[] = { &ba_profile_6_1L,
						 &ba_profile_6_12L };

static struct ba_slab_layout
lay_out(const struct ba_profile *profile, struct ba_slab_spec spec,
	struct ba_slab_boot boot)
{
	struct ba_slab_layout ret = { .size = 0 };

	CHECK_EQ(ba_slab_layout(profile, &spec, &boot, &ret), BA_OK);
	return ret;
}

static struct ba_slab_layout of_size(const struct ba_profile *profile,
				     uint32_t size, uint32_t nr_cpus)
{
	struct ba_slab_spec spec = { .object_size = size };

	return lay_out(profile, spec, ba_slab_boot(nr_cpus));
}

/* L1 .. L4. */
static void check_layout(const struct ba_slab_layout *l)
{
	uint32_t room = BA_PAGE_SIZE << l->order;
	uint32_t min_room = BA_PAGE_SIZE << l->min_order;

	CHECK(l->object_size <= l->inuse && l->inuse <= l->size);
	CHECK(l->size <= min_room);
	CHECK(!l->min_order || l->size > min_room / 2);
	CHECK_EQ(l->objects, room / l->size);
	CHECK_EQ(l->min_objects, min_room / l->size);
	CHECK(l->objects >= 1 && l->objects <= BA_SLAB_OBJECTS_MAX);
	CHECK(l->order <= BA_ORDER_MAX);
	CHECK(l->align % 8 == 0 && l->size % l->align == 0);
	CHECK(l->offset + 8 <= l->size);
}

/* Slab orders of kernels with so many CPUs. */
TEST(orders_by_size_and_cpus)
{
	static const uint32_t sizes[] = { 192, 256, 320, 512, 640, 704, 1024,
					  1088, 1536, 2048, 4096, 8192 };
	static const struct {
		uint32_t nr_cpus;
		order_t order[12];
	} rows[] = {
		{ 2, { 0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 3 } },
		{ 4, { 0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3 } },
		{ 8, { 0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3, 3 } },
		{ 16, { 1, 1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 3 } },
		{ 64, { 1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3 } },
	};

	for (size_t p = 0; p < 2; p++) {
		for (size_t r = 0; r < 5; r++) {
			for (size_t i = 0; i < 12; i++)
				CHECK_EQ(of_size(both[p], sizes[i],
						 rows[r].nr_cpus).order,
					 rows[r].order[i]);
			CHECK_EQ(of_size(both[p], 128, rows[r].nr_cpus).order,
				 0);
		}
	}
}

/* Up to two pages the two searches end alike, whatever the number of CPUs. */
TEST(both_searches_give_one_order_up_to_two_pages)
{
	for (uint32_t size = 8; size <= 8192; size += 8) {
		for (uint32_t cpus = 1; cpus <= 256; cpus++) {
			struct ba_slab_layout a, b;

			a = of_size(both[0], size, cpus);
			b = of_size(both[1], size, cpus);
			CHECK_EQ(a.order, b.order);
			CHECK_EQ(a.objects, b.objects);
			check_layout(&a);
			check_layout(&b);
		}
	}
}

TEST(large_objects)
{
	struct ba_slab_layout l;

	for (size_t p = 0; p < 2; p++) {
		l = of_size(both[p], 12288, 4);	/* 12 KiB: 2 in 32, 1 in 16 */
		CHECK_EQ(l.order, 3);
		CHECK_EQ(l.objects, 2);
		CHECK_EQ(l.min_order, 2);
		CHECK_EQ(l.min_objects, 1);
		l = of_size(both[p], 20480, 4);	/* one in 32 KiB */
		CHECK_EQ(l.order, 3);
		CHECK_EQ(l.objects, 1);
		l = of_size(both[p], 40960, 4);	/* past slub_max_order */
		CHECK_EQ(l.order, 4);
		CHECK_EQ(l.objects, 1);
		l = of_size(both[p], 4 << 20, 4);
		CHECK_EQ(l.order, 10);
	}
}
