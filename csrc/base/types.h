/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * types - the words of the model: frames, orders, CPUs, and their limits.
 *
 * A page frame is 4 KiB of physical memory and is named by its number (pfn).
 * Frames are handed out in blocks of 2^order frames; a block of order o
 * starts at a frame number that is a multiple of 2^o:
 *
 *	order 0   |0|1|2|3|4|5|6|7|
 *	order 1   |0  |2  |4  |6  |
 *	order 2   |0      |4      |
 *	order 3   |0              |
 *
 * Models: include/linux/mmzone.h MAX_ORDER (6.1), MAX_PAGE_ORDER (6.12);
 *	arch/x86/include/asm/page_types.h PAGE_SHIFT.
 * Simplified: frame numbers have 32 bits in the core, so a machine ends
 *	below 16 TiB of physical address space. Records that leave the core
 *	(sim/event.h) carry 64 bits.
 */
#ifndef BA_BASE_TYPES_H
#define BA_BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t pfn_t;		/* page frame number */
typedef uint8_t order_t;	/* a block has 1 << order frames */
typedef uint16_t cpu_t;		/* simulated CPU */

#define BA_PFN_NONE	UINT32_MAX	/* no frame; end of a list */

#define BA_PAGE_SHIFT	12
#define BA_PAGE_SIZE	4096u

#define BA_ORDER_MAX	10u		/* largest block: 1024 frames, 4 MiB */
#define BA_NR_ORDERS	11u
#define BA_PAGEBLOCK_ORDER 9u		/* 512 frames, 2 MiB (x86-64) */
#define BA_PAGEBLOCK_PAGES (1u << BA_PAGEBLOCK_ORDER)

#define BA_CPU_MAX	64u		/* CPUs of one machine */
#define BA_NODE_MAX	16u		/* NUMA nodes of one machine */
#define BA_ZONES_PER_NODE 5u		/* at most: mm/zonetype.h */
#define BA_ZONE_MAX	(BA_NODE_MAX * BA_ZONES_PER_NODE)

#define BA_STATIC_ASSERT(cond, text) _Static_assert(cond, text)

#define ba_likely(x)	__builtin_expect(!!(x), 1)
#define ba_unlikely(x)	__builtin_expect(!!(x), 0)

/*
 * Bring the line of memory at that address into the host's cache. A function
 * that does no more than this has no effect in the eyes of gcc, which then
 * leaves out its calls; the empty statement is one.
 */
#define ba_prefetch(address) \
	do { __builtin_prefetch(address); __asm__ volatile(""); } while (0)

/* Keeps a rare path out of its callers, so that these stay short. */
#define ba_noinline	__attribute__((noinline))

/* Makes a copy of its own for each constant argument that it is given. */
#define ba_always_inline inline __attribute__((always_inline))

/* Keep this pointer; do not work it out again at each use. */
#define ba_keep_pointer(p) __asm__("" : "+r"(p))

/* What one CPU writes often begins on a cache line of its own. */
#define BA_CACHE_LINE	64

#endif
