// SPDX-License-Identifier: GPL-2.0-only
#include "mm/slab_layout.h"

#include <string.h>

#define WORD		8u		/* a pointer; the least alignment */
#define TRACK_SIZE	32u		/* struct track with a stack's handle */
#define ORIG_SIZE	8u		/* the size kmalloc was asked for */
#define OBJECT_SIZE_MAX	(BA_PAGE_SIZE << BA_ORDER_MAX)
#define MIN_PARTIAL	5u
#define MAX_PARTIAL	10u

/* Flags of caches that stay alone. */
#define NEVER_MERGE							\
	(BA_SLAB_RED_ZONE | BA_SLAB_POISON | BA_SLAB_STORE_USER |	\
	 BA_SLAB_TRACE | BA_SLAB_TYPESAFE_BY_RCU | BA_SLAB_NOLEAKTRACE | \
	 BA_SLAB_NO_MERGE)

/* Flags in which two caches must agree to become one. */
#define MERGE_SAME							\
	(BA_SLAB_RECLAIM_ACCOUNT | BA_SLAB_CACHE_DMA |			\
	 BA_SLAB_CACHE_DMA32 | BA_SLAB_ACCOUNT)

#define METADATA_FLAGS							\
	(BA_SLAB_RED_ZONE | BA_SLAB_POISON | BA_SLAB_STORE_USER)

/* The flags that let a free go without the slab's lock exclude these. */
#define NO_CMPXCHG							\
	(BA_SLAB_CONSISTENCY_CHECKS | BA_SLAB_STORE_USER | BA_SLAB_TRACE)

static uint32_t round_up(uint32_t value, uint32_t align)
{
	return (value + align - 1) & ~(align - 1);
}

static uint32_t max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static bool power_of_two(uint32_t value)
{
	return value && !(value & (value - 1));
}

/* Bits needed to write `value`: 0 for 0, 1 for 1, 2 for 2 and 3. */
static uint32_t bits(uint32_t value)
{
	uint32_t n = 0;

	for (; value; value >>= 1)
		n++;
	return n;
}

static uint32_t slab_bytes(uint32_t order)
{
	return BA_PAGE_SIZE << order;
}

/* Least order whose slab has `bytes`. */
static uint32_t order_of(uint32_t bytes)
{
	return bits((bytes - 1) >> BA_PAGE_SHIFT);
}

/* First order in [from, to] that wastes at most 1/fraction; else to + 1. */
static uint32_t first_order(uint32_t size, uint32_t from, uint32_t to,
			    uint32_t fraction)
{
	uint32_t order;

	for (order = from; order <= to; order++) {
		if (slab_bytes(order) % size <= slab_bytes(order) / fraction)
			break;
	}
	return order;
}

/* The order below which a slab cannot have too many objects. */
static uint32_t order_of_most_objects(uint32_t size)
{
	return order_of(size * BA_SLAB_OBJECTS_MAX) - 1;
}

static uint32_t objects_wanted(const struct ba_slab_boot *boot)
{
	return boot->min_objects ? boot->min_objects :
	       4 * (bits(boot->nr_cpus) + 1);
}

/* 6.1: rather fewer objects in a slab than more waste. */
static uint32_t order_fewer_objects(uint32_t size,
				    const struct ba_slab_boot *boot)
{
	uint32_t low = boot->min_order, high = boot->max_order;
	uint32_t objects, fraction, order;

	if (slab_bytes(low) / size > BA_SLAB_OBJECTS_MAX)
		return order_of_most_objects(size);
	objects = min_u32(objects_wanted(boot), slab_bytes(high) / size);
	for (; objects > 1; objects--) {
		uint32_t from = max_u32(low, order_of(objects * size));

		for (fraction = 16; fraction >= 4; fraction /= 2) {
			order = first_order(size, from, high, fraction);
			if (order <= high)
				return order;
		}
	}
	return max_u32(low, order_of(size));
}

/* 6.12: rather more waste than fewer objects in a slab. */
static uint32_t order_more_waste(uint32_t size,
				 const struct ba_slab_boot *boot)
{
	uint32_t high = max_u32(boot->max_order, boot->min_order);
	uint32_t objects, fraction, from, order;

	objects = max_u32(slab_bytes(high) / size, 1);
	objects = min_u32(objects_wanted(boot), objects);
	from = max_u32(boot->min_order, order_of(objects * size));
	if (slab_bytes(from) / size > BA_SLAB_OBJECTS_MAX)
		return order_of_most_objects(size);
	for (fraction = 16; fraction > 1; fraction /= 2) {
		order = first_order(size, from, high, fraction);
		if (order <= high)
			return order;
	}
	return order_of(size);
}

uint32_t ba_slab_alignment(uint32_t flags, uint32_t align,
			   uint32_t object_size)
{
	if (flags & BA_SLAB_HWCACHE_ALIGN) {
		uint32_t line = BA_CACHE_LINE;

		while (object_size <= line / 2)
			line /= 2;
		align = max_u32(align, line);
	}
	return max_u32(align, WORD);
}

uint32_t ba_slab_boot_align(const struct ba_profile *profile, uint32_t flags,
			    uint32_t object_size)
{
	uint32_t align = WORD;

	if (profile->kmalloc_divisor_align) {
		if (flags & BA_SLAB_KMALLOC)
			align = max_u32(align, object_size & -object_size);
	} else if (power_of_two(object_size)) {
		align = max_u32(align, object_size);
	}
	return ba_slab_alignment(flags, align, object_size);
}

uint32_t ba_slab_debug_flags(const struct ba_slab_boot *boot, uint32_t flags)
{
	uint32_t debug = boot->debug;

	if (flags & BA_SLAB_NO_USER_FLAGS)
		return flags;
	if (flags & BA_SLAB_NOLEAKTRACE)
		debug &= ~BA_SLAB_STORE_USER;
	return flags | debug;
}

/* Does `next` have to lie behind the object, which must not be touched? */
static bool freeptr_behind(const struct ba_profile *profile,
			   const struct ba_slab_spec *spec, uint32_t flags)
{
	bool orig_size = (flags & BA_SLAB_STORE_USER) &&
			 (flags & BA_SLAB_KMALLOC);

	if (spec->ctor || (flags & BA_SLAB_POISON))
		return true;
	if ((flags & BA_SLAB_TYPESAFE_BY_RCU) && !spec->has_freeptr_offset)
		return true;
	return (flags & BA_SLAB_RED_ZONE) &&
	       (spec->object_size < WORD ||
		(orig_size && profile->slab_orig_size_redzone));
}

/* The parts of a slot: all but order and objects. */
static void lay_out_slot(const struct ba_profile *profile,
			 const struct ba_slab_spec *spec, uint32_t flags,
			 struct ba_slab_layout *l)
{
	uint32_t size = round_up(spec->object_size, WORD);

	flags &= ~BA_SLAB_OBJECT_POISON;
	if ((flags & BA_SLAB_POISON) && !spec->ctor &&
	    !(flags & BA_SLAB_TYPESAFE_BY_RCU))
		flags |= BA_SLAB_OBJECT_POISON;
	if ((flags & BA_SLAB_RED_ZONE) && size == spec->object_size)
		size += WORD;
	l->inuse = size;
	if (freeptr_behind(profile, spec, flags)) {
		l->offset = size;
		size += WORD;
	} else if (spec->has_freeptr_offset) {
		l->offset = spec->freeptr_offset;
	} else {
		l->offset = spec->object_size / 2 & ~(WORD - 1);
	}
	if (flags & BA_SLAB_STORE_USER) {
		size += 2 * TRACK_SIZE;
		if (flags & BA_SLAB_KMALLOC)
			size += ORIG_SIZE;
	}
	l->red_left_pad = 0;
	if (flags & BA_SLAB_RED_ZONE) {
		l->red_left_pad = round_up(WORD, l->align);
		size += WORD + l->red_left_pad;
	}
	l->size = round_up(size, l->align);
	l->flags = flags;
}

static gfp_t allocflags(const struct ba_profile *profile,
			const struct ba_slab_layout *l)
{
	gfp_t gfp = 0;

	if (l->order || profile->slab_always_compound)
		gfp |= BA_GFP_COMP;
	if (l->flags & BA_SLAB_CACHE_DMA)
		gfp |= BA_GFP_DMA;
	if (l->flags & BA_SLAB_CACHE_DMA32)
		gfp |= BA_GFP_DMA32;
	if (l->flags & BA_SLAB_RECLAIM_ACCOUNT)
		gfp |= BA_GFP_RECLAIMABLE;
	return gfp;
}

/* Order and objects of a slab; false if there is no such slab. */
static bool lay_out_slab(const struct ba_profile *profile,
			 const struct ba_slab_boot *boot,
			 struct ba_slab_layout *l)
{
	uint32_t order, objects;

	order = profile->slab_order_fixed_floor ?
		order_more_waste(l->size, boot) :
		order_fewer_objects(l->size, boot);
	if (order > BA_ORDER_MAX)
		return false;
	objects = slab_bytes(order) / l->size;
	if (objects > BA_SLAB_OBJECTS_MAX)
		return false;
	l->order = (order_t)order;
	l->objects = (uint16_t)objects;
	l->min_order = (order_t)order_of(l->size);
	l->min_objects = (uint16_t)(slab_bytes(l->min_order) / l->size);
	l->allocflags = allocflags(profile, l);
	return true;
}

/* How many partial slabs nodes and CPUs may keep. */
static void set_limits(struct ba_slab_layout *l)
{
	uint32_t objects = 120;

	l->min_partial = (uint16_t)max_u32(
		MIN_PARTIAL, min_u32(MAX_PARTIAL, (bits(l->size) - 1) / 2));
	if (l->flags & BA_SLAB_DEBUG_FLAGS)
		objects = 0;
	else if (l->size >= BA_PAGE_SIZE)
		objects = 6;
	else if (l->size >= 1024)
		objects = 24;
	else if (l->size >= 256)
		objects = 52;
	l->cpu_partial = (uint16_t)objects;
	l->cpu_partial_slabs =
		(uint16_t)((2 * objects + l->objects - 1) / l->objects);
}

static const char *boot_fault(const struct ba_slab_boot *boot)
{
	if (!boot->nr_cpus)
		return "a kernel has at least one CPU";
	if (boot->min_order > BA_ORDER_MAX || boot->max_order > BA_ORDER_MAX)
		return "slub_min_order and slub_max_order are at most 10";
	if (boot->debug & ~BA_SLAB_DEBUG_FLAGS)
		return "slub_debug turns on only CONSISTENCY_CHECKS, RED_ZONE, "
		       "POISON, STORE_USER and TRACE";
	return NULL;
}

static const char *freeptr_fault(const struct ba_profile *profile,
				 const struct ba_slab_spec *spec)
{
	if (!spec->has_freeptr_offset)
		return NULL;
	if (!profile->slab_freeptr_offset)
		return "6.1 lets nobody choose where the free pointer goes";
	if (!(spec->flags & BA_SLAB_TYPESAFE_BY_RCU))
		return "only the maker of a TYPESAFE_BY_RCU cache may choose "
		       "where the free pointer goes";
	if (spec->freeptr_offset >= spec->object_size ||
	    spec->freeptr_offset % WORD)
		return "freeptr_offset must be a multiple of 8 within the "
		       "object";
	return NULL;
}

static const char *spec_fault(const struct ba_profile *profile,
			      const struct ba_slab_spec *spec)
{
	uint32_t size = spec->object_size;

	if (!size || size > OBJECT_SIZE_MAX)
		return "an object has 1 byte to 4 MiB";
	if (spec->align &&
	    (!power_of_two(spec->align) || spec->align > OBJECT_SIZE_MAX))
		return "align must be 0 or a power of two up to 4 MiB";
	if (!spec->usersize ? spec->useroffset :
	    spec->usersize > size || spec->useroffset > size - spec->usersize)
		return "the bytes that users may copy, usersize from "
		       "useroffset on, must lie in the object";
	return freeptr_fault(profile, spec);
}

/* All of the layout, or what is wrong with the question. */
static const char *lay_out(const struct ba_profile *profile,
			   const struct ba_slab_spec *spec,
			   const struct ba_slab_boot *boot,
			   struct ba_slab_layout *l)
{
	const char *fault = boot_fault(boot);
	uint32_t flags;

	if (!fault)
		fault = spec_fault(profile, spec);
	if (fault)
		return fault;
	l->object_size = spec->object_size;
	l->align = ba_slab_alignment(spec->flags, spec->align,
				     spec->object_size);
	flags = ba_slab_debug_flags(boot, spec->flags);
	lay_out_slot(profile, spec, flags, l);
	if (boot->debug_no_growth &&
	    order_of(l->size) > order_of(l->object_size))
		lay_out_slot(profile, spec, flags & ~METADATA_FLAGS, l);
	if (!lay_out_slab(profile, boot, l))
		return "no slab of an order up to 10 has room for the object, "
		       "or it has room for more than 32767";
	if (!(l->flags & NO_CMPXCHG))
		l->flags |= BA_SLAB_CMPXCHG_DOUBLE;
	set_limits(l);
	return NULL;
}

enum ba_status ba_slab_layout(const struct ba_profile *profile,
			      const struct ba_slab_spec *spec,
			      const struct ba_slab_boot *boot,
			      struct ba_slab_layout *ret)
{
	struct ba_slab_layout l;

	if (lay_out(profile, spec, boot, &l))
		return BA_EINVAL;
	*ret = l;
	return BA_OK;
}

const char *ba_slab_fault(const struct ba_profile *profile,
			  const struct ba_slab_spec *spec,
			  const struct ba_slab_boot *boot)
{
	struct ba_slab_layout l;

	return lay_out(profile, spec, boot, &l);
}

bool ba_slab_mergeable(const struct ba_slab_boot *boot,
		       const struct ba_slab_spec *spec)
{
	return !boot->nomerge && !spec->ctor && !spec->usersize &&
	       !(ba_slab_debug_flags(boot, spec->flags) & NEVER_MERGE);
}

bool ba_slab_can_merge(const struct ba_slab_boot *boot,
		       const struct ba_slab_spec *spec,
		       const struct ba_slab_spec *old_spec,
		       const struct ba_slab_layout *old)
{
	uint32_t size = round_up(spec->object_size, WORD);
	uint32_t align = ba_slab_alignment(spec->flags, spec->align, size);

	if (!ba_slab_mergeable(boot, spec))
		return false;
	if ((old->flags & NEVER_MERGE) || old_spec->ctor || old_spec->usersize)
		return false;
	if ((spec->flags ^ old->flags) & MERGE_SAME)
		return false;
	size = round_up(size, align);
	return size <= old->size && old->size - size < WORD &&
	       old->size % align == 0;
}

void ba_slab_merge(struct ba_slab_layout *old, const struct ba_slab_spec *spec)
{
	uint32_t inuse = round_up(spec->object_size, WORD);

	/* others have objects of the cache, and read these without a lock */
	if (spec->object_size > old->object_size)
		__atomic_store_n(&old->object_size, spec->object_size,
				 __ATOMIC_RELAXED);
	if (inuse > old->inuse)
		__atomic_store_n(&old->inuse, inuse, __ATOMIC_RELAXED);
}

uint32_t ba_slab_ksize(const struct ba_slab_layout *layout)
{
	if (layout->flags & (BA_SLAB_RED_ZONE | BA_SLAB_POISON))
		return __atomic_load_n(&layout->object_size, __ATOMIC_RELAXED);
	if (layout->flags & (BA_SLAB_TYPESAFE_BY_RCU | BA_SLAB_STORE_USER))
		return __atomic_load_n(&layout->inuse, __ATOMIC_RELAXED);
	return layout->size;
}

static const struct {
	uint32_t flag;
	const char *name;
} flag_names[] = {
#define X(name) { BA_SLAB_##name, #name },
	BA_SLAB_FLAG_NAMES(X)
#undef X
};

#define NR_FLAGS (sizeof(flag_names) / sizeof(flag_names[0]))

const char *ba_slab_flag_name(unsigned int bit)
{
	for (size_t i = 0; bit < 32 && i < NR_FLAGS; i++) {
		if (flag_names[i].flag == (uint32_t)1 << bit)
			return flag_names[i].name;
	}
	return NULL;
}

/* 0 if there is no flag of that name. */
static uint32_t flag_of(const char *word, size_t len)
{
	if (len >= 5 && memcmp(word, "SLAB_", 5) == 0) {
		word += 5;
		len -= 5;
	}
	for (size_t i = 0; i < NR_FLAGS; i++) {
		if (strlen(flag_names[i].name) == len &&
		    memcmp(flag_names[i].name, word, len) == 0)
			return flag_names[i].flag;
	}
	return 0;
}

enum ba_status ba_slab_flags_parse(const char *text, size_t len, uint32_t *ret)
{
	uint32_t flags = 0;
	size_t from = 0;

	for (size_t i = 0; len && i <= len; i++) {
		uint32_t flag;

		if (i < len && text[i] != '|')
			continue;
		flag = flag_of(text + from, i - from);
		if (!flag)
			return BA_EINVAL;
		flags |= flag;
		from = i + 1;
	}
	*ret = flags;
	return BA_OK;
}
