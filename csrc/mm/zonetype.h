/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * zonetype - the zones into which a kernel divides a node's memory, by
 * machine architecture, and which of them a request may use.
 *
 *	x86_64   0 DMA     1 DMA32        2 Normal          3 Movable 4 Device
 *	         to 16 MiB to 4 GiB       above
 *	i386     0 DMA     1 Normal       2 HighMem         3 Movable
 *	         to 16 MiB to 896 MiB     above
 *
 * A zone's index is the one that its kernel gives it, in memory, in recorded
 * states and in events. A request names the highest index that it may use;
 * Movable takes its frames from the end of the highest zone that has any.
 *
 * A 32-bit kernel reaches only its low memory, DMA and Normal, at any time.
 * Pages of HighMem are for user space, which asks for them by __GFP_HIGHMEM.
 *
 * Models: enum zone_type, is_highmem_idx, include/linux/mmzone.h; gfp_zone,
 *	include/linux/gfp.h; zone_names, mm/page_alloc.c; zone_sizes_init,
 *	arch/x86/mm/init.c (6.1, 6.12).
 * Simplified: i386 has PAE, so its pageblocks are those of x86_64, and low
 *	memory ends at 896 MiB; a real one ends some MiB below, by its
 *	configuration.
 *
 * Invariants:
 *   V1 types with addresses of their own come first, ascending.
 *   V2 Movable has index 3 in both.
 */
#ifndef BA_MM_ZONETYPE_H
#define BA_MM_ZONETYPE_H

#include "mm/gfp.h"

enum ba_arch { BA_ARCH_X86_64, BA_ARCH_I386, BA_NR_ARCH };

/* X(NAME, index, "name as the kernel prints it") */
#define BA_ZONE_TYPES(X)						\
	X(DMA, 0, "DMA")						\
	X(DMA32, 1, "DMA32")						\
	X(NORMAL, 2, "Normal")						\
	X(MOVABLE, 3, "Movable")					\
	X(DEVICE, 4, "Device")

#define BA_ZONE_TYPES_I386(X)						\
	X(DMA, 0, "DMA")						\
	X(NORMAL, 1, "Normal")						\
	X(HIGHMEM, 2, "HighMem")					\
	X(MOVABLE, 3, "Movable")

enum ba_zone_type {
#define X(name, value, text) BA_ZONE_##name = value,
	BA_ZONE_TYPES(X)
#undef X
};

enum ba_zone_type_i386 {
#define X(name, value, text) BA_ZONE_I386_##name = value,
	BA_ZONE_TYPES_I386(X)
#undef X
};

#define BA_ZONE_INVALID	255u	/* flags that name no zone; no such zone */

BA_STATIC_ASSERT((int)BA_ZONE_MOVABLE == (int)BA_ZONE_I386_MOVABLE, "V2");

#define BA_GFP_ZONE_BITS 0xfu	/* DMA, HIGHMEM, DMA32, MOVABLE */

/* The zones of one architecture. */
struct ba_zone_types {
	char arch[8];			/* "x86_64" */
	uint8_t nr;			/* MAX_NR_ZONES */
	uint8_t normal;			/* the highest that the kernel itself
					 * can use at any time */
	uint8_t highmem;		/* BA_ZONE_INVALID: none */
	uint8_t by_gfp[BA_GFP_ZONE_BITS + 1]; /* highest zone of a request */
	pfn_t end[BA_ZONES_PER_NODE];	/* first frame above the type's own;
					 * 0: it has none of its own */
	char name[BA_ZONES_PER_NODE][8];
};

extern const struct ba_zone_types ba_zone_types[BA_NR_ARCH];

/*
 * The highest zone that a request may use, or BA_ZONE_INVALID for two of
 * DMA, DMA32 and HIGHMEM at once. `by_gfp`: the table of the types, or the
 * copy that a zonelist has.
 */
static inline uint8_t ba_gfp_zone(const uint8_t *by_gfp, gfp_t gfp)
{
	return by_gfp[gfp & BA_GFP_ZONE_BITS];
}

/* Name of a zone type; NULL when out of range. */
const char *ba_zone_type_name(const struct ba_zone_types *types,
			      unsigned int type);

/* The highest type with a frame below `end`: Movable is cut from it. */
unsigned int ba_zone_type_highest(const struct ba_zone_types *types,
				  uint64_t end);

/* The architecture of this name; BA_NR_ARCH if there is none. */
enum ba_arch ba_arch_by_name(const char *name);

#endif
