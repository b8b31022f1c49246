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

	CHECK(l->object_size <= l->inuse);
	CHECK(l->red_left_pad + l->inuse <= l->size);
	CHECK(l->size <= min_room);
	CHECK(!l->min_order || l->size > min_room / 2);
	CHECK_EQ(l->objects, room / l->size);
	CHECK_EQ(l->min_objects, min_room / l->size);
	CHECK(l->objects >= 1 && l->objects <= BA_SLAB_OBJECTS_MAX);
	CHECK(l->order <= BA_ORDER_MAX);
	CHECK(l->align % 8 == 0 && l->size % l->align == 0);
	CHECK(l->red_left_pad + l->offset + 8 <= l->size);
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

TEST(boot_words)
{
	struct ba_slab_boot boot = ba_slab_boot(1);
	struct ba_slab_spec spec = { .object_size = 1000 };

	for (size_t p = 0; p < 2; p++) {
		boot = ba_slab_boot(1);		/* 8 objects wanted */
		CHECK_EQ(lay_out(both[p], spec, boot).order, 1);
		boot.min_objects = 32;
		CHECK_EQ(lay_out(both[p], spec, boot).order, 3);
		boot.max_order = 0;
		CHECK_EQ(lay_out(both[p], spec, boot).order, 0);
		boot.max_order = 5;
		boot.min_objects = 100;
		CHECK_EQ(lay_out(both[p], spec, boot).order, 5);
		boot = ba_slab_boot(1);
		boot.min_order = 2;
		CHECK_EQ(lay_out(both[p], spec, boot).order, 2);
		boot.min_order = 6;		/* above slub_max_order */
		CHECK_EQ(lay_out(both[p], spec, boot).order, 6);
	}
}

/*
 * Two objects of 11184 bytes fill two thirds of 32 KiB. 6.1 does with one in
 * 16 KiB, which wastes as much; 6.12 keeps the order that two objects need.
 */
TEST(fewer_objects_or_more_waste)
{
	struct ba_slab_layout old = of_size(both[0], 11184, 4);
	struct ba_slab_layout new = of_size(both[1], 11184, 4);

	CHECK_EQ(old.order, 2);
	CHECK_EQ(old.objects, 1);
	CHECK_EQ(new.order, 3);
	CHECK_EQ(new.objects, 2);
}

/* More than 32767 objects are refused, or a smaller order is taken. */
TEST(too_many_objects)
{
	struct ba_slab_spec spec = { .object_size = 8 };
	struct ba_slab_boot boot = ba_slab_boot(1);
	struct ba_slab_layout l;

	boot.min_order = 10;
	for (size_t p = 0; p < 2; p++) {
		l = lay_out(both[p], spec, boot);
		CHECK_EQ(l.order, 5);
		CHECK_EQ(l.objects, 16384);
	}
	boot = ba_slab_boot(1);
	boot.min_objects = 100000;
	boot.max_order = 10;
	CHECK_EQ(ba_slab_layout(both[0], &spec, &boot, &l), BA_EINVAL);
	CHECK_EQ(lay_out(both[1], spec, boot).order, 5);
}

#define RZ BA_SLAB_RED_ZONE
#define PO BA_SLAB_POISON
#define SU BA_SLAB_STORE_USER
#define ALL (BA_SLAB_CONSISTENCY_CHECKS | RZ | PO | SU)
#define LINE BA_SLAB_HWCACHE_ALIGN
#define RCU BA_SLAB_TYPESAFE_BY_RCU
#define RECLAIM BA_SLAB_RECLAIM_ACCOUNT
#define KMALLOC BA_SLAB_KMALLOC

/*
 * Caches of running kernels with one CPU, those with debug flags booted with
 * slub_debug=Z, ZU or FZPU.
 */
static const struct seen {
	const char *name;
	uint8_t p;			/* both[p] */
	struct ba_slab_spec spec;
	uint32_t debug;
	uint32_t size, inuse, offset, red_left_pad;
	uint16_t order, objects, min_order, min_objects;
	uint16_t min_partial, cpu_partial, cpu_partial_slabs;
	gfp_t allocflags;
} seen[] = {
	{ "kmalloc-8", 0, { 8, 8, .flags = KMALLOC }, 0,
	  8, 8, 0, 0, 0, 512, 0, 512, 5, 120, 1, 0 },
	{ "kmalloc-8", 0, { 8, 8, .flags = KMALLOC }, ALL,
	  112, 16, 16, 8, 0, 36, 0, 36, 5, 0, 0, 0 },
	{ "kmalloc-8", 0, { 8, 8, .flags = KMALLOC }, RZ,
	  32, 16, 0, 8, 0, 128, 0, 128, 5, 0, 0, 0 },
	{ "kmalloc-96", 0, { 96, 8, .flags = KMALLOC }, ALL,
	  200, 104, 104, 8, 0, 20, 0, 20, 5, 0, 0, 0 },
	{ "kmalloc-96", 1, { 96, 32, .flags = KMALLOC }, 0,
	  96, 96, 48, 0, 0, 42, 0, 42, 5, 120, 6, 0x40000 },
	{ "kmalloc-96", 1, { 96, 32, .flags = KMALLOC }, RZ,
	  160, 104, 48, 32, 0, 25, 0, 25, 5, 0, 0, 0x40000 },
	{ "kmalloc-96", 1, { 96, 32, .flags = KMALLOC }, RZ | SU,
	  224, 104, 104, 32, 0, 18, 0, 18, 5, 0, 0, 0x40000 },
	{ "kmalloc-1k", 0, { 1024, 1024, .flags = KMALLOC }, 0,
	  1024, 1024, 512, 0, 1, 8, 0, 4, 5, 24, 6, 0x40000 },
	{ "kmalloc-1k", 0, { 1024, 1024, .flags = KMALLOC }, RZ,
	  3072, 1032, 512, 1024, 3, 10, 0, 1, 5, 0, 0, 0x40000 },
	{ "kmalloc-8k", 0, { 8192, 8192, .flags = KMALLOC }, 0,
	  8192, 8192, 4096, 0, 3, 4, 1, 1, 6, 6, 3, 0x40000 },
	{ "kmalloc-8k", 0, { 8192, 8192, .flags = KMALLOC }, ALL,
	  24576, 8200, 8200, 8192, 3, 1, 3, 1, 7, 0, 0, 0x40000 },
	{ "anon_vma", 0, { 96, 0, .flags = RCU, .ctor = true }, 0,
	  104, 96, 96, 0, 0, 39, 0, 39, 5, 120, 7, 0 },
	{ "anon_vma", 0, { 96, 0, .flags = RCU, .ctor = true }, RZ,
	  128, 104, 104, 8, 0, 32, 0, 32, 5, 0, 0, 0 },
	{ "task_struct", 0, { 6208, 64, .flags = 0 }, 0,
	  6208, 6208, 3104, 0, 3, 5, 1, 1, 6, 6, 3, 0x40000 },
	{ "task_struct", 1, { 6208, 64, .flags = 0 }, ALL,
	  6400, 6216, 6216, 64, 3, 5, 1, 1, 6, 0, 0, 0x40000 },
	{ "dentry", 0, { 192, 0, .flags = RECLAIM }, 0,
	  192, 192, 96, 0, 0, 21, 0, 21, 5, 120, 12, 0x10 },
	{ "dentry", 1, { 192, 0, .flags = RECLAIM }, ALL,
	  288, 200, 200, 8, 0, 14, 0, 14, 5, 0, 0, 0x40010 },
	{ "dentry", 1, { 192, 0, .flags = RECLAIM }, RZ | SU,
	  280, 200, 96, 8, 0, 14, 0, 14, 5, 0, 0, 0x40010 },
	{ "filp", 0, { 232, 0, .flags = LINE }, 0,
	  256, 232, 112, 0, 0, 16, 0, 16, 5, 52, 7, 0 },
	{ "filp", 1, { 184, 0, LINE | RCU, 0, 0, 152, 1, 0 }, 0,
	  192, 184, 152, 0, 0, 21, 0, 21, 5, 120, 12, 0x40000 },
	{ "filp", 1, { 184, 0, LINE | RCU, 0, 0, 152, 1, 0 }, ALL,
	  384, 192, 192, 64, 0, 10, 0, 10, 5, 0, 0, 0x40000 },
	{ "bio-128", 0, { 128, 0, .flags = LINE | RCU }, 0,
	  192, 128, 128, 0, 0, 21, 0, 21, 5, 120, 12, 0 },
	{ "bio-128", 1, { 128, 0, .flags = LINE | RCU }, RZ,
	  256, 136, 136, 64, 0, 16, 0, 16, 5, 0, 0, 0x40000 },
};

TEST(caches_of_running_kernels)
{
	for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
		const struct seen *s = &seen[i];
		struct ba_slab_boot boot = ba_slab_boot(1);
		struct ba_slab_layout l;

		boot.debug = s->debug;
		l = lay_out(both[s->p], s->spec, boot);
		check_layout(&l);
#define SAME(field) CHECK_EQ(l.field, s->field)
		SAME(size);
		SAME(inuse);
		SAME(offset);
		SAME(red_left_pad);
		SAME(order);
		SAME(objects);
		SAME(min_order);
		SAME(min_objects);
		SAME(min_partial);
		SAME(cpu_partial);
		SAME(cpu_partial_slabs);
		SAME(allocflags);
#undef SAME
	}
}

/* The objects of debugging caches are poisoned only where nothing is kept. */
TEST(flags_that_the_kernel_sets)
{
	const uint32_t fast = BA_SLAB_CMPXCHG_DOUBLE;
	const uint32_t poisoned = BA_SLAB_OBJECT_POISON;
	struct ba_slab_spec spec = { .object_size = 64 };
	struct ba_slab_boot boot = ba_slab_boot(1);

	CHECK_EQ(lay_out(both[0], spec, boot).flags, fast);
	boot.debug = PO;
	CHECK_EQ(lay_out(both[0], spec, boot).flags, PO | fast | poisoned);
	spec.flags = RCU;
	CHECK_EQ(lay_out(both[0], spec, boot).flags, RCU | PO | fast);
	spec.flags = BA_SLAB_NOLEAKTRACE;
	boot.debug = ALL;
	CHECK_EQ(lay_out(both[0], spec, boot).flags,
		 BA_SLAB_NOLEAKTRACE | (ALL & ~SU) | poisoned);
	spec.flags = BA_SLAB_NO_USER_FLAGS;
	CHECK_EQ(lay_out(both[0], spec, boot).flags,
		 BA_SLAB_NO_USER_FLAGS | fast);
}

/* slub_debug=O: 4096 bytes stay in one page, 64 bytes get their tracks. */
TEST(debugging_that_would_cost_pages)
{
	struct ba_slab_spec spec = { .object_size = 4096, .align = 64 };
	struct ba_slab_boot boot = ba_slab_boot(1);
	struct ba_slab_layout l;

	boot.debug = ALL;
	boot.debug_no_growth = true;
	l = lay_out(both[0], spec, boot);
	CHECK_EQ(l.size, 4096);
	CHECK_EQ(l.offset, 2048);
	CHECK_EQ(l.red_left_pad, 0);
	CHECK_EQ(l.flags, BA_SLAB_CONSISTENCY_CHECKS);
	spec.object_size = 64;
	CHECK_EQ(lay_out(both[0], spec, boot).flags,
		 ALL | BA_SLAB_OBJECT_POISON);
}

TEST(alignment_of_objects)
{
	static const uint32_t line[][2] = { { 1, 8 }, { 8, 8 }, { 9, 16 },
					    { 16, 16 }, { 17, 32 }, { 32, 32 },
					    { 33, 64 }, { 700, 64 } };

	for (size_t i = 0; i < 8; i++)
		CHECK_EQ(ba_slab_alignment(LINE, 0, line[i][0]), line[i][1]);
	CHECK_EQ(ba_slab_alignment(0, 0, 700), 8);
	CHECK_EQ(ba_slab_alignment(0, 4, 700), 8);
	CHECK_EQ(ba_slab_alignment(LINE, 256, 16), 256);
}

/* kmalloc's own: powers of two to themselves, 96 and 192 by the kernel. */
TEST(alignment_of_what_boot_makes)
{
	static const struct {
		uint32_t size, align[2];
	} rows[] = { { 8, { 8, 8 } }, { 96, { 8, 32 } }, { 192, { 8, 64 } },
		     { 128, { 128, 128 } }, { 8192, { 8192, 8192 } } };

	for (size_t p = 0; p < 2; p++) {
		for (size_t i = 0; i < 5; i++)
			CHECK_EQ(ba_slab_boot_align(both[p], KMALLOC,
						    rows[i].size),
				 rows[i].align[p]);
		CHECK_EQ(ba_slab_boot_align(both[p], LINE, 224), 64);
	}
	CHECK_EQ(ba_slab_boot_align(both[0], LINE, 256), 256);
	CHECK_EQ(ba_slab_boot_align(both[1], LINE, 256), 64);
}

TEST(bytes_that_the_owner_may_use)
{
	struct ba_slab_boot boot = ba_slab_boot(1);
	struct ba_slab_spec spec = { .object_size = 100, .align = 64 };
	struct ba_slab_layout l;

	l = lay_out(both[0], spec, boot);
	CHECK_EQ(ba_slab_ksize(&l), 128);
	boot.debug = SU;
	l = lay_out(both[0], spec, boot);
	CHECK_EQ(ba_slab_ksize(&l), 104);
	boot.debug = RZ | SU;
	l = lay_out(both[0], spec, boot);
	CHECK_EQ(ba_slab_ksize(&l), 100);
	boot.debug = 0;
	spec.flags = RCU;
	l = lay_out(both[0], spec, boot);
	CHECK_EQ(ba_slab_ksize(&l), 104);
}

static struct ba_slab_spec spec_of(uint32_t size, uint32_t align,
				   uint32_t flags)
{
	return (struct ba_slab_spec){ .object_size = size, .align = align,
				      .flags = flags };
}

static bool merges(struct ba_slab_spec spec, struct ba_slab_spec old,
		   struct ba_slab_boot boot)
{
	struct ba_slab_layout l = lay_out(both[0], old, boot);

	return ba_slab_can_merge(&boot, &spec, &old, &l);
}

/* Slots of one size, up to the rounding to a word, and of a fit alignment. */
TEST(caches_merge_when_their_slots_agree)
{
	const struct ba_slab_boot boot = ba_slab_boot(1);
	const struct ba_slab_spec old = spec_of(192, 64, 0);

	CHECK(merges(spec_of(192, 0, 0), old, boot));
	CHECK(merges(spec_of(185, 0, 0), old, boot));
	CHECK(merges(spec_of(130, 0, LINE), old, boot));
	CHECK(!merges(spec_of(184, 0, 0), old, boot));
	CHECK(!merges(spec_of(193, 0, 0), old, boot));
	CHECK(!merges(spec_of(192, 128, 0), old, boot));
	CHECK(merges(spec_of(192, 64, 0), spec_of(192, 0, 0), boot));
	CHECK(!merges(spec_of(200, 64, 0), spec_of(200, 0, 0), boot));
}

TEST(caches_merge_when_their_pages_and_charges_agree)
{
	static const uint32_t same[] = { RECLAIM, BA_SLAB_CACHE_DMA,
					 BA_SLAB_CACHE_DMA32,
					 BA_SLAB_ACCOUNT };
	const struct ba_slab_boot boot = ba_slab_boot(1);

	for (size_t i = 0; i < 4; i++) {
		struct ba_slab_spec with = spec_of(192, 0, same[i]);

		CHECK(merges(with, with, boot));
		CHECK(!merges(with, spec_of(192, 0, 0), boot));
		CHECK(!merges(spec_of(192, 0, 0), with, boot));
	}
	CHECK(merges(spec_of(192, 0, BA_SLAB_PANIC), spec_of(192, 0, 0),
		     boot));
}

TEST(caches_that_stay_alone)
{
	static const uint32_t alone[] = { RZ, PO, SU, BA_SLAB_TRACE, RCU,
					  BA_SLAB_NOLEAKTRACE,
					  BA_SLAB_NO_MERGE };
	struct ba_slab_boot boot = ba_slab_boot(1);
	struct ba_slab_spec plain = spec_of(64, 0, 0), spec;

	CHECK(ba_slab_mergeable(&boot, &plain));
	for (size_t i = 0; i < 7; i++) {
		spec = spec_of(64, 0, alone[i]);
		CHECK(!ba_slab_mergeable(&boot, &spec));
		CHECK(!merges(spec, plain, boot));
		CHECK(!merges(plain, spec, boot));
	}
	spec = plain;
	spec.ctor = true;
	CHECK(!merges(spec, plain, boot));
	CHECK(!merges(plain, spec, boot));
	spec = plain;
	spec.usersize = 1;
	CHECK(!merges(spec, plain, boot));
	CHECK(!merges(plain, spec, boot));
	boot.debug = BA_SLAB_CONSISTENCY_CHECKS;
	CHECK(merges(plain, plain, boot));
	boot.debug = RZ;
	CHECK(!merges(plain, plain, boot));
	boot = ba_slab_boot(1);
	boot.nomerge = true;
	CHECK(!merges(plain, plain, boot));
}

TEST(a_merge_keeps_the_larger_object)
{
	struct ba_slab_spec small = spec_of(465, 64, 0);
	struct ba_slab_spec large = spec_of(512, 0, 0);
	struct ba_slab_layout l = lay_out(both[0], small, ba_slab_boot(1));

	CHECK_EQ(l.size, 512);
	ba_slab_merge(&l, &large);
	CHECK_EQ(l.object_size, 512);
	CHECK_EQ(l.inuse, 512);
	CHECK_EQ(l.offset, 232);
	ba_slab_merge(&l, &small);
	CHECK_EQ(l.object_size, 512);
	CHECK_EQ(l.inuse, 512);
}

static void check_refused(const struct ba_profile *profile,
			  struct ba_slab_spec spec, struct ba_slab_boot boot)
{
	struct ba_slab_layout l = { .size = 77 };

	CHECK_EQ(ba_slab_layout(profile, &spec, &boot, &l), BA_EINVAL);
	CHECK(ba_slab_fault(profile, &spec, &boot) != NULL);
	CHECK_EQ(l.size, 77);
}

TEST(impossible_caches_are_refused)
{
	const struct ba_slab_boot boot = ba_slab_boot(1);
	struct ba_slab_spec spec = spec_of(64, 0, RCU);
	struct ba_slab_boot bad;

	CHECK_STR_EQ(ba_slab_fault(both[0], &spec, &boot), NULL);
	check_refused(both[0], spec_of(0, 0, 0), boot);
	check_refused(both[0], spec_of((4 << 20) + 1, 0, 0), boot);
	check_refused(both[0], spec_of(4 << 20, 0, RCU), boot);
	check_refused(both[0], spec_of(64, 24, 0), boot);
	check_refused(both[0], spec_of(64, 8 << 20, 0), boot);
	spec.has_freeptr_offset = true;
	spec.freeptr_offset = 56;
	check_refused(both[0], spec, boot);
	CHECK_EQ(lay_out(both[1], spec, boot).offset, 56);
	spec.freeptr_offset = 64;
	check_refused(both[1], spec, boot);
	spec.freeptr_offset = 4;
	check_refused(both[1], spec, boot);
	spec.freeptr_offset = 8;
	spec.flags = 0;
	check_refused(both[1], spec, boot);
	spec = spec_of(64, 0, 0);
	spec.useroffset = 1;
	check_refused(both[0], spec, boot);
	spec.usersize = 64;
	check_refused(both[0], spec, boot);
	spec.usersize = UINT32_MAX;
	check_refused(both[0], spec, boot);
	bad = ba_slab_boot(0);
	check_refused(both[0], spec_of(64, 0, 0), bad);
	bad = ba_slab_boot(1);
	bad.max_order = 11;
	check_refused(both[0], spec_of(64, 0, 0), bad);
	bad = ba_slab_boot(1);
	bad.debug = RCU;
	check_refused(both[0], spec_of(64, 0, 0), bad);
}

TEST(flags_in_words)
{
	uint32_t flags = 7;

	CHECK_STR_EQ(ba_slab_flag_name(10), "RED_ZONE");
	CHECK_STR_EQ(ba_slab_flag_name(31), "OBJECT_POISON");
	CHECK_STR_EQ(ba_slab_flag_name(0), NULL);
	CHECK_STR_EQ(ba_slab_flag_name(32), NULL);
	CHECK_EQ(ba_slab_flags_parse("SLAB_PANIC|ACCOUNT", 18, &flags), BA_OK);
	CHECK_EQ(flags, 0x4040000);
	CHECK_EQ(ba_slab_flags_parse("PANIC|", 6, &flags), BA_EINVAL);
	CHECK_EQ(ba_slab_flags_parse("panic", 5, &flags), BA_EINVAL);
	CHECK_EQ(flags, 0x4040000);
	CHECK_EQ(ba_slab_flags_parse("", 0, &flags), BA_OK);
	CHECK_EQ(flags, 0);
}

/*
 * Some of a booting 6.12's caches, the oldest first, and which of them the
 * kernel made one: /sys/kernel/slab has symbolic links.
 */
static const struct {
	const char *name;
	uint32_t size, align, flags;
	const char *into;
} booting[] = {
	{ "vmap_area", 72, 8, 0, NULL },
	{ "maple_node", 256, 256, 0, NULL },
	{ "pool_workqueue", 512, 256, 0, NULL },
	{ "shared_policy_node", 48, 8, 0, NULL },
	{ "Acpi-Operand", 72, 8, 0, "vmap_area" },
	{ "pid", 128, 0, LINE | BA_SLAB_ACCOUNT, NULL },
	{ "anon_vma_chain", 64, 0, BA_SLAB_ACCOUNT, NULL },
	{ "cred", 184, 0, LINE | BA_SLAB_ACCOUNT, NULL },
	{ "fs_cache", 56, 0, LINE | BA_SLAB_ACCOUNT, "anon_vma_chain" },
	{ "vma_lock", 40, 0, BA_SLAB_ACCOUNT, NULL },
	{ "key_jar", 216, 0, LINE, "maple_node" },
	{ "lsm_file_cache", 48, 0, 0, "shared_policy_node" },
	{ "pde_opener", 40, 0, BA_SLAB_ACCOUNT, "vma_lock" },
	{ "buffer_head", 104, 0, RECLAIM, NULL },
	{ "file_lock_cache", 192, 0, 0, NULL },
	{ "skbuff_fclone_cache", 472, 0, LINE, "pool_workqueue" },
	{ "skbuff_ext_cache", 160, 0, LINE, "file_lock_cache" },
	{ "dmaengine-unmap-2", 48, 0, LINE, NULL },
	{ "iommu_iova", 40, 0, LINE, "dmaengine-unmap-2" },
	{ "ksm_rmap_item", 64, 0, 0, "dmaengine-unmap-2" },
	{ "ksm_mm_slot", 48, 0, 0, "shared_policy_node" },
	{ "sgpool-8", 256, 0, LINE, "maple_node" },
	{ "eventpoll_epi", 120, 0, LINE | BA_SLAB_ACCOUNT, "pid" },
	{ "tcp_bind_bucket", 72, 0, LINE | BA_SLAB_ACCOUNT, "pid" },
	{ "bio-128", 128, 0, LINE | RCU, NULL },
	{ "ext4_fc_dentry_update", 104, 0, RECLAIM, "buffer_head" },
	{ "jbd2_1k", 1024, 1024, 0, NULL },
};

#define NR_BOOTING (sizeof(booting) / sizeof(booting[0]))

TEST(a_booting_kernel_merges)
{
	const struct ba_slab_boot boot = ba_slab_boot(1);
	struct ba_slab_spec specs[NR_BOOTING];
	struct ba_slab_layout layouts[NR_BOOTING];
	const char *names[NR_BOOTING];
	size_t nr = 0;

	for (size_t i = 0; i < NR_BOOTING; i++) {
		size_t old = 0;

		specs[nr] = spec_of(booting[i].size, booting[i].align,
				    booting[i].flags);
		while (old < nr && !ba_slab_can_merge(&boot, &specs[nr],
						      &specs[old],
						      &layouts[old]))
			old++;
		CHECK_STR_EQ(old < nr ? names[old] : NULL, booting[i].into);
		if (old < nr) {
			ba_slab_merge(&layouts[old], &specs[nr]);
			continue;
		}
		layouts[nr] = lay_out(both[1], specs[nr], boot);
		names[nr++] = booting[i].name;
	}
}
