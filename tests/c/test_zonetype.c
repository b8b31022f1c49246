// SPDX-License-Identifier: GPL-2.0-only
#include "mm/zonetype.h"

#include "testlib.h"

#define X86_64	(&ba_zone_types[BA_ARCH_X86_64])
#define I386	(&ba_zone_types[BA_ARCH_I386])

/* GFP_ZONE_TABLE of both kernels, from the comment above it. */
TEST(zone_of_every_combination)
{
	static const uint8_t expected[BA_NR_ARCH][16] = {
		[BA_ARCH_X86_64] = { 2, 0, 2, 255, 1, 255, 255, 255,
				     2, 0, 3, 255, 1, 255, 255, 255 },
		/* without DMA32 a request for it may use Normal */
		[BA_ARCH_I386] = { 1, 0, 2, 255, 1, 255, 255, 255,
				   1, 0, 3, 255, 1, 255, 255, 255 },
	};

	for (unsigned int arch = 0; arch < BA_NR_ARCH; arch++)
		for (gfp_t gfp = 0; gfp < 16; gfp++) {
			uint8_t zone = ba_gfp_zone(ba_zone_types[arch].by_gfp,
						   gfp | BA_GFP_KERNEL);

			CHECK_EQ(zone, expected[arch][gfp]);
			CHECK_EQ(ba_gfp_valid(gfp | BA_GFP_KERNEL),
				 zone != BA_ZONE_INVALID);
		}
}

TEST(zone_of_the_composites)
{
	static const struct { gfp_t gfp; uint8_t x86_64, i386; } rows[] = {
		{ BA_GFP_KERNEL, BA_ZONE_NORMAL, BA_ZONE_I386_NORMAL },
		{ BA_GFP_ATOMIC_6_1, BA_ZONE_NORMAL, BA_ZONE_I386_NORMAL },
		{ BA_GFP_USER, BA_ZONE_NORMAL, BA_ZONE_I386_NORMAL },
		{ BA_GFP_HIGHUSER, BA_ZONE_NORMAL, BA_ZONE_I386_HIGHMEM },
		{ BA_GFP_HIGHUSER_MOVABLE, BA_ZONE_MOVABLE,
		  BA_ZONE_I386_MOVABLE },
		{ BA_GFP_TRANSHUGE, BA_ZONE_MOVABLE, BA_ZONE_I386_MOVABLE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_EQ(ba_gfp_zone(X86_64->by_gfp, rows[i].gfp),
			 rows[i].x86_64);
		CHECK_EQ(ba_gfp_zone(I386->by_gfp, rows[i].gfp),
			 rows[i].i386);
	}
}

TEST(names_by_index)
{
	static const char *const x86_64[] = { "DMA", "DMA32", "Normal",
					      "Movable", "Device", NULL };
	static const char *const i386[] = { "DMA", "Normal", "HighMem",
					    "Movable", NULL };

	for (unsigned int i = 0; i < 6; i++)
		CHECK_STR_EQ(ba_zone_type_name(X86_64, i), x86_64[i]);
	for (unsigned int i = 0; i < 5; i++)
		CHECK_STR_EQ(ba_zone_type_name(I386, i), i386[i]);
}

TEST(architectures_by_name)
{
	for (unsigned int arch = 0; arch < BA_NR_ARCH; arch++)
		CHECK_EQ(ba_arch_by_name(ba_zone_types[arch].arch), arch);
	CHECK_EQ(ba_arch_by_name("i386 "), BA_NR_ARCH);
	CHECK_EQ(ba_arch_by_name(""), BA_NR_ARCH);
}

/* find_usable_zone_for_movable: a limit itself belongs to the type above. */
TEST(highest_type_that_has_a_frame)
{
	CHECK_EQ(ba_zone_type_highest(X86_64, 4096), BA_ZONE_DMA);
	CHECK_EQ(ba_zone_type_highest(X86_64, 4097), BA_ZONE_DMA32);
	CHECK_EQ(ba_zone_type_highest(X86_64, 1u << 20), BA_ZONE_DMA32);
	CHECK_EQ(ba_zone_type_highest(X86_64, BA_PFN_NONE), BA_ZONE_NORMAL);
	CHECK_EQ(ba_zone_type_highest(I386, 229376), BA_ZONE_I386_NORMAL);
	CHECK_EQ(ba_zone_type_highest(I386, 229377), BA_ZONE_I386_HIGHMEM);
}

TEST(v1_addresses_ascend)
{
	for (unsigned int arch = 0; arch < BA_NR_ARCH; arch++) {
		const struct ba_zone_types *types = &ba_zone_types[arch];
		unsigned int i = 0;

		for (; types->end[i] != BA_PFN_NONE; i++)
			CHECK(types->end[i] < types->end[i + 1]);
		CHECK_EQ(types->end[i + 1], 0);
		CHECK(types->normal <= i && i < BA_ZONE_MOVABLE);
		CHECK(types->nr > BA_ZONE_MOVABLE);
	}
}
