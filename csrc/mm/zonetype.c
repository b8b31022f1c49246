// SPDX-License-Identifier: GPL-2.0-only
#include "mm/zonetype.h"

#include <string.h>

#define DMA_END		4096u		/* 16 MiB */
#define LOWMEM_END	(896u << 8)	/* 896 MiB */
#define DMA32_END	(1u << 20)	/* 4 GiB */

#define NONE		BA_ZONE_INVALID

/* Each pair of DMA, DMA32 and HIGHMEM contradicts itself. */
#define BY_GFP(dma, dma32, normal, highmem, movable) {			\
	normal, dma, highmem, NONE, dma32, NONE, NONE, NONE,		\
	normal, dma, movable, NONE, dma32, NONE, NONE, NONE,		\
}

const struct ba_zone_types ba_zone_types[BA_NR_ARCH] = {
	[BA_ARCH_X86_64] = {
		.arch = "x86_64",
		.nr = BA_ZONE_DEVICE + 1,
		.normal = BA_ZONE_NORMAL,
		.highmem = NONE,
		.by_gfp = BY_GFP(BA_ZONE_DMA, BA_ZONE_DMA32, BA_ZONE_NORMAL,
				 BA_ZONE_NORMAL, BA_ZONE_MOVABLE),
		.end = { DMA_END, DMA32_END, BA_PFN_NONE },
#define X(name, value, text) [value] = text,
		.name = { BA_ZONE_TYPES(X) },
	},
	[BA_ARCH_I386] = {
		.arch = "i386",
		.nr = BA_ZONE_I386_MOVABLE + 1,
		.normal = BA_ZONE_I386_NORMAL,
		.highmem = BA_ZONE_I386_HIGHMEM,
		.by_gfp = BY_GFP(BA_ZONE_I386_DMA, BA_ZONE_I386_NORMAL,
				 BA_ZONE_I386_NORMAL, BA_ZONE_I386_HIGHMEM,
				 BA_ZONE_I386_MOVABLE),
		.end = { DMA_END, LOWMEM_END, BA_PFN_NONE },
		.name = { BA_ZONE_TYPES_I386(X) },
#undef X
	},
};

BA_STATIC_ASSERT(BA_GFP_DMA == 1 && BA_GFP_HIGHMEM == 2 &&
		 BA_GFP_DMA32 == 4 && BA_GFP_MOVABLE == 8, "BY_GFP");

const char *ba_zone_type_name(const struct ba_zone_types *types,
			      unsigned int type)
{
	return type < types->nr ? types->name[type] : NULL;
}

unsigned int ba_zone_type_highest(const struct ba_zone_types *types,
				  uint64_t end)
{
	unsigned int type = 0;

	while (types->end[type] < end)
		type++;
	return type;
}

enum ba_arch ba_arch_by_name(const char *name)
{
	unsigned int arch = 0;

	while (arch < BA_NR_ARCH && strcmp(name, ba_zone_types[arch].arch))
		arch++;
	return (enum ba_arch)arch;
}
