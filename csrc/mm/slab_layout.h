/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slab_layout - how a cache cuts pages into objects: the size of a slot, the
 * order of a slab, and the limits that follow from them. All of it is worked
 * out once, when the cache is made, from what its maker asks for.
 *
 *	slot of a plain cache           slot with a constructor
 *	|object_size |pad|              |object_size |pad|next|pad|
 *	|    |next|  |                  |<--- inuse ---->|<-8>|
 *	     ^ offset, in the middle                     ^ offset, behind
 *	|<---- size ---->|              |<--------- size -------->|
 *
 *	slot with red zones, poison and its users noted
 *	|left pad|object_size|pad|word|next|2 tracks|orig|word|pad|
 *	         |<----- inuse ------>|    |<- 64 ->|<-8>|<-8>|
 *	         ^ the object           (orig: the size asked of kmalloc)
 *
 *	slab of `order`: |slot|slot|slot| ... |slot|left over|
 *	                 |<------- objects ------->|
 *
 * A free slot holds the address of the next free one (`next`). A slab of
 * `order` is tried first; when memory is short, one of `min_order`, which
 * has room for at least one object.
 *
 * Models: calculate_sizes, calculate_order, calc_slab_order, set_cpu_partial,
 *	kmem_cache_flags, mm/slub.c; calculate_alignment, slab_unmergeable,
 *	find_mergeable, create_boot_cache, mm/slab_common.c; slab_ksize,
 *	mm/slab.h (6.1, 6.12).
 * Profiles: profile.slab_order_fixed_floor, profile.slab_always_compound,
 *	profile.slab_freeptr_offset, profile.slab_orig_size_redzone,
 *	profile.kmalloc_divisor_align.
 * Simplified: x86-64 with cache lines of 64 bytes, as Debian builds it: no
 *	KASAN, KFENCE or failslab; usercopy regions are checked. slub_debug
 *	holds for every cache alike. A slab with more than 32767 objects,
 *	which 6.1 would count wrongly, is refused.
 *
 * Invariants:
 *   L1 object_size <= inuse, red_left_pad + inuse <= size, and min_order is
 *      the least order with size <= 4 KiB << min_order.
 *   L2 1 <= objects == (4 KiB << order) / size <= 32767, order <= 10; the
 *      same of min_objects and min_order.
 *   L3 size is a multiple of align; align is a multiple of 8.
 *   L4 the free pointer lies in the slot: red_left_pad + offset + 8 <= size.
 */
#ifndef BA_MM_SLAB_LAYOUT_H
#define BA_MM_SLAB_LAYOUT_H

#include "mm/gfp.h"
#include "mm/profile.h"

/*
 * The words of a cache, with 6.1's values; 6.12 numbers them anew. NO_MERGE
 * is 6.12's; in 6.1 it stands for the negative reference count of a cache
 * that boot exempts.
 */
#define BA_SLAB_CONSISTENCY_CHECKS 0x100u /* check objects on their way */
#define BA_SLAB_RED_ZONE	0x400u	/* guard bytes around each object */
#define BA_SLAB_POISON		0x800u	/* fill free objects with a pattern */
#define BA_SLAB_KMALLOC		0x1000u	/* one of kmalloc's own */
#define BA_SLAB_HWCACHE_ALIGN	0x2000u	/* align objects to cache lines */
#define BA_SLAB_CACHE_DMA	0x4000u	/* pages of zone DMA */
#define BA_SLAB_CACHE_DMA32	0x8000u	/* pages of zone DMA32 */
#define BA_SLAB_STORE_USER	0x10000u /* note who allocated, who freed */
#define BA_SLAB_RECLAIM_ACCOUNT	0x20000u /* objects can be reclaimed */
#define BA_SLAB_PANIC		0x40000u /* the kernel cannot do without */
#define BA_SLAB_TYPESAFE_BY_RCU	0x80000u /* slabs outlive readers under RCU */
#define BA_SLAB_MEM_SPREAD	0x100000u /* spread over a cpuset's nodes */
#define BA_SLAB_TRACE		0x200000u /* print each allocation and free */
#define BA_SLAB_NOLEAKTRACE	0x800000u /* not looked at by kmemleak */
#define BA_SLAB_NO_MERGE	0x1000000u /* never one cache with another */
#define BA_SLAB_ACCOUNT		0x4000000u /* charged to a memory group */
#define BA_SLAB_NO_USER_FLAGS	0x10000000u /* slub_debug is not for it */
#define BA_SLAB_CMPXCHG_DOUBLE	0x40000000u /* the kernel's: fast lists */
#define BA_SLAB_OBJECT_POISON	0x80000000u /* the kernel's: object poisoned */

/* X(NAME) for every flag above, lowest bit first. */
#define BA_SLAB_FLAG_NAMES(X)						\
	X(CONSISTENCY_CHECKS) X(RED_ZONE) X(POISON) X(KMALLOC)		\
	X(HWCACHE_ALIGN) X(CACHE_DMA) X(CACHE_DMA32) X(STORE_USER)	\
	X(RECLAIM_ACCOUNT) X(PANIC) X(TYPESAFE_BY_RCU) X(MEM_SPREAD)	\
	X(TRACE) X(NOLEAKTRACE) X(NO_MERGE) X(ACCOUNT) X(NO_USER_FLAGS)	\
	X(CMPXCHG_DOUBLE) X(OBJECT_POISON)

/* What slub_debug can turn on; a cache with one of them takes no shortcut. */
#define BA_SLAB_DEBUG_FLAGS						\
	(BA_SLAB_CONSISTENCY_CHECKS | BA_SLAB_RED_ZONE | BA_SLAB_POISON | \
	 BA_SLAB_STORE_USER | BA_SLAB_TRACE)

#define BA_SLAB_OBJECTS_MAX	32767u	/* objects of one slab */
#define BA_SLAB_ORDER_DEFAULT	3u	/* slub_max_order unless told */

/* What the maker of a cache asks for (kmem_cache_create). */
struct ba_slab_spec {
	uint32_t object_size;	/* bytes, 1 .. 4 MiB */
	uint32_t align;		/* a power of two, or 0 for none wanted */
	uint32_t flags;		/* BA_SLAB_* */
	uint32_t useroffset;	/* first byte that users may copy */
	uint32_t usersize;	/* bytes that users may copy; 0: none */
	uint32_t freeptr_offset;
	bool has_freeptr_offset; /* 6.12, TYPESAFE_BY_RCU: `next` goes there */
	bool ctor;		/* objects keep what a constructor wrote */
};

/* What the boot of a kernel decides for every cache. */
struct ba_slab_boot {
	uint32_t nr_cpus;	/* present; if that is 1, all possible ids */
	uint32_t min_objects;	/* slub_min_objects; 0: from nr_cpus */
	uint32_t debug;		/* slub_debug: some of BA_SLAB_DEBUG_FLAGS */
	order_t min_order;	/* slub_min_order */
	order_t max_order;	/* slub_max_order */
	bool nomerge;		/* slab_nomerge */
	bool debug_no_growth;	/* slub_debug=O: no debugging if it costs pages */
};

/* A kernel booted without any of these words. */
static inline struct ba_slab_boot ba_slab_boot(uint32_t nr_cpus)
{
	return (struct ba_slab_boot){ .nr_cpus = nr_cpus,
				      .max_order = BA_SLAB_ORDER_DEFAULT };
}

struct ba_slab_layout {
	uint32_t object_size;	/* bytes asked for; a merge may raise it */
	uint32_t size;		/* bytes of a slot: object to object */
	uint32_t inuse;		/* bytes up to what belongs to the allocator */
	uint32_t align;		/* of every object, bytes */
	uint32_t offset;	/* of the free pointer, from the object's start */
	uint32_t red_left_pad;	/* bytes of a slot before its object */
	uint32_t flags;		/* BA_SLAB_*, those of slub_debug included */
	gfp_t allocflags;	/* added to every request for a slab's pages */
	uint16_t objects;	/* slots of a slab of `order` */
	uint16_t min_objects;	/* slots of a slab of `min_order` */
	uint16_t min_partial;	/* partial slabs a node keeps even if empty */
	uint16_t cpu_partial;	/* free objects a CPU's partial slabs may have */
	uint16_t cpu_partial_slabs; /* the same as a number of slabs */
	order_t order;
	order_t min_order;	/* tried when no slab of `order` is to be had */
};

/*
 * Lay out a cache. BA_EINVAL, *ret unchanged, if no slab of an order up to
 * 10 has room for the object, if the alignment is no power of two, if the
 * usercopy region or the free pointer's place lies outside the object, or if
 * `boot` is out of range.
 */
enum ba_status ba_slab_layout(const struct ba_profile *profile,
			      const struct ba_slab_spec *spec,
			      const struct ba_slab_boot *boot,
			      struct ba_slab_layout *ret);

/* Why ba_slab_layout refuses, in a sentence; NULL when it does not. */
const char *ba_slab_fault(const struct ba_profile *profile,
			  const struct ba_slab_spec *spec,
			  const struct ba_slab_boot *boot);

/* Alignment in bytes that objects get: at least 8, `align`, a cache line. */
uint32_t ba_slab_alignment(uint32_t flags, uint32_t align,
			   uint32_t object_size);

/*
 * The alignment that a cache made by boot itself asks for: kmalloc-96 and
 * kmalloc-192 differ between the profiles, powers of two are aligned to
 * themselves.
 */
uint32_t ba_slab_boot_align(const struct ba_profile *profile, uint32_t flags,
			    uint32_t object_size);

/* The flags a cache gets when slub_debug adds its own. */
uint32_t ba_slab_debug_flags(const struct ba_slab_boot *boot, uint32_t flags);

/* Could a cache asked for like this be one with another, older one? */
bool ba_slab_mergeable(const struct ba_slab_boot *boot,
		       const struct ba_slab_spec *spec);

/*
 * May `spec` live in the existing cache that was laid out as `old`, and
 * asked for as `old_spec`? The caller asks from the oldest cache on.
 */
bool ba_slab_can_merge(const struct ba_slab_boot *boot,
		       const struct ba_slab_spec *spec,
		       const struct ba_slab_spec *old_spec,
		       const struct ba_slab_layout *old);

/* The merge itself: the cache now holds the larger object. */
void ba_slab_merge(struct ba_slab_layout *old,
		   const struct ba_slab_spec *spec);

/* Bytes of an object that its owner may use (ksize). */
uint32_t ba_slab_ksize(const struct ba_slab_layout *layout);

/* Name of the flag of bit `bit` ("RED_ZONE"); NULL if there is none. */
const char *ba_slab_flag_name(unsigned int bit);

/*
 * The flags of "SLAB_PANIC|ACCOUNT": names joined by '|', each with or
 * without SLAB_; no text is no flag. BA_EINVAL, *ret unchanged, for another
 * word.
 */
enum ba_status ba_slab_flags_parse(const char *text, size_t len,
				   uint32_t *ret);

#endif
