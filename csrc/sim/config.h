/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config - what a machine is made of: memory, CPUs, nodes, the behaviour
 * profile, and the sysctls of the page allocator under their kernel names.
 *
 *	memory 4 GiB, 1 node     DMA | DMA32 ............... |
 *	memory 8 GiB, 1 node     DMA | DMA32 ...| Normal ....|
 *	                         0   16 MiB     4 GiB        8 GiB
 *	... movablecore 2 GiB    DMA | DMA32 ...| Normal | Movable |
 *	memory 2 GiB, i386       DMA | Normal .. | HighMem ..|
 *	                         0   16 MiB      896 MiB     2 GiB
 *
 * Models: Documentation/admin-guide/sysctl/vm.rst for the names, the kernel's
 *	tables of sysctls for ranges and defaults (kernel/sysctl.c; in 6.12
 *	also mm/page_alloc.c and mm/compaction.c);
 *	zone limits, arch/x86/mm/init.c zone_sizes_init (6.1, 6.12);
 *	kernelcore, movablecore, init_on_alloc and init_on_free,
 *	Documentation/admin-guide/kernel-parameters.txt.
 * Simplified: memory begins at frame 1 and has no holes; all of it is
 *	managed by the page allocator.
 *
 * Invariants:
 *   O1 a config that ba_config_check accepts makes a machine.
 */
#ifndef BA_SIM_CONFIG_H
#define BA_SIM_CONFIG_H

#include "base/status.h"
#include "base/types.h"
#include "mm/profile.h"
#include "mm/slab_layout.h"
#include "mm/zonetype.h"

/*
 * X(name, minimum, maximum, default, "unit, what it does") - numbers that can
 * be set by name. 0 in min_free_kbytes: by the kernel's formula.
 */
#define BA_CONFIG_ITEMS(X)						\
	X(min_free_kbytes, 0, 4194304, 0,				\
	  "KiB kept free in all, the sum of the min watermarks")	\
	X(watermark_scale_factor, 1, 3000, 10,				\
	  "distance of the watermarks, 1/10000 of the zone")		\
	X(watermark_boost_factor, 0, 100000, 15000,			\
	  "boost after a fallback, at most this 1/10000 of high; 0 off") \
	X(percpu_pagelist_high_fraction, 0, 1000000, 0,			\
	  "per-CPU high is the zone divided by this; 0: low watermark")	\
	X(lowmem_reserve_ratio_dma, 0, 1000000, 256,			\
	  "higher zones' pages divided by this stay free in DMA; 0: none") \
	X(lowmem_reserve_ratio_dma32, 0, 1000000, 256,			\
	  "the same for DMA32")						\
	X(lowmem_reserve_ratio_normal, 0, 1000000, 32,			\
	  "the same for Normal")					\
	X(lowmem_reserve_ratio_highmem, 0, 1000000, 0,			\
	  "the same for HighMem")					\
	X(extfrag_threshold, 0, 1000, 500,				\
	  "compact where the fragmentation index is above this, thousandths") \
	X(compaction_proactiveness, 0, 100, 20,				\
	  "how hard kcompactd works ahead of need, per cent; 0: off")	\
	X(compaction, 0, 1, 1,						\
	  "CONFIG_COMPACTION, fixed when the machine is made; 0: none")	\
	X(swappiness, 0, 200, 60,					\
	  "cost of file pages against anonymous ones in reclaim; 100: equal") \
	X(vfs_cache_pressure, 0, 1000000, 100,				\
	  "per cent of unused slab objects that reclaim takes for its own") \
	X(swap, 0, 4294967295, 0,					\
	  "KiB of swap space, fixed when the machine is made; 0: none")	\
	X(writeback_usecs, 0, 4294967295, 1000,				\
	  "microseconds until a dirty page is written; no kernel name")	\
	X(transparent_hugepage_enabled, 0, 2, 0,			\
	  "huge pages: 0 always, 1 madvise, 2 never")			\
	X(transparent_hugepage_defrag, 0, 4, 3,				\
	  "effort for them: 0 always, 1 defer, 2 defer+madvise, 3 madvise, " \
	  "4 never")							\
	X(slub_min_objects, 0, 32767, 0,				\
	  "objects that a slab should have; a boot option; 0: by the CPUs") \
	X(slub_min_order, 0, 10, 0,					\
	  "least order of a slab; a boot option")			\
	X(slub_max_order, 0, 10, 3,					\
	  "order up to which slabs are made larger; a boot option")	\
	X(slub_debug, 0, 0x210d00, 0,					\
	  "SLAB_* flags for debugging that every cache has; a boot option") \
	X(slab_nomerge, 0, 1, 0,					\
	  "1: like caches are not merged; a boot option")		\
	X(slab_freelist_random, 0, 1, 0,				\
	  "1: new caches hand objects out in a random order, "		\
	  "CONFIG_SLAB_FREELIST_RANDOM, fixed when the machine is made") \
	X(init_on_alloc, 0, 1, 0,					\
	  "clear every page that is handed out; a boot option")	\
	X(init_on_free, 0, 1, 0,					\
	  "clear every page that is freed instead; a boot option")	\
	X(kernelcore, 0, 4294967295, 0,					\
	  "KiB that any request may use, the rest is ZONE_MOVABLE; a boot "\
	  "option; 0: all, or all but movablecore")			\
	X(movablecore, 0, 4294967295, 0,				\
	  "KiB of ZONE_MOVABLE, at the nodes' ends; a boot option; 0: none")

#define BA_CONFIG_PAGES_MIN 64u
#define BA_CONFIG_PAGES_MAX (UINT32_MAX - 1023u)  /* a multiple of 1024 */
#define BA_CONFIG_PAGES_I386_MAX (1u << 24)	/* 64 GiB: PAE has no more */

struct ba_config {
	uint64_t memory_pages;		/* frames, from frame 0 on */
	uint32_t nr_cpus;		/* 1..BA_CPU_MAX */
	uint32_t nr_nodes;		/* 1..BA_NODE_MAX, of equal size in
					 * steps of 4 MiB, the last larger */
	uint32_t arch;			/* enum ba_arch */
	bool shared;			/* several host threads */
	bool backed;			/* frames have bytes: mm/memory.h */
	struct ba_profile profile;
#define X(name, min, max, value, text) uint32_t name;
	BA_CONFIG_ITEMS(X)
#undef X
};

/* x86_64, 1 CPU, 1 node, profile 6.1L, the kernel's defaults; memory_pages 0. */
void ba_config_init(struct ba_config *config);

/*
 * Set one item by name: a number above, or an item of the profile. BA_EINVAL
 * with a sentence in `message` for a name that does not exist (the closest
 * one is named) or a value out of range.
 */
enum ba_status ba_config_set(struct ba_config *config, const char *name,
			     long value, char *message, size_t message_size);

/* O1: BA_EINVAL, with a sentence, for a machine that cannot be. */
enum ba_status ba_config_check(const struct ba_config *config, char *message,
			       size_t message_size);

/* The i-th item that can be set by name; NULL when out of range. */
struct ba_config_item {
	const char *name;
	const char *text;
	long min, max, value;
};
bool ba_config_item_at(unsigned int i, struct ba_config_item *ret);

#endif
