/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slab - one slab: a block of pages cut into objects of one size.
 *
 * The kernel threads the free objects of a slab through the objects
 * themselves. The model keeps the same chain in records beside the memory,
 * so that it also works without memory behind it, and sees a double free:
 *
 *	pages     |  object 0  |  object 1  |  object 2  |  object 3  |
 *	records   | next 4     | USED + 28  | next 0     | next 3     |
 *	freelist    1 -> object 0 -> object 3 -> object 2 -> end
 *
 * A record is two bytes, so that the chains of many slabs stay in a
 * processor's cache: that of a free object says which is next, that of one in
 * use how many of its bytes nobody asked for, 28 above.
 *
 * Places in a chain are counted from 1, so that 0 is its end, and tables that
 * nobody has touched are right.
 *
 *	slabs[]  one record a frame; a slab's is that of its first frame, its
 *	         head, and the others say how far back the head is. How to find
 *	         an object stands in each of them, so that an address leads to
 *	         it by one look, without the cache; but for a cache whose objects
 *	         are special (mm/kmem_cache.h), which wants a longer look anyway
 *	pool     runs of object records, one run a slab (mm/slab_pool.h)
 *
 * Models: struct slab, mm/slab.h; shuffle_freelist, get_freepointer,
 *	set_freepointer, mm/slub.c (6.1, 6.12).
 * Simplified: nothing is encoded (SLAB_FREELIST_HARDENED). Of more than 32,767
 *	bytes of an object that nobody asked for, 32,767 are counted.
 *
 * Invariants:
 *   L1 inuse counts the objects that are not on the slab's own freelist:
 *      those of a CPU's freelist are in use for the slab.
 *   L2 the record of an object says USED exactly if its owner has it; any other
 *      object is on a chain, except in a slab that is lost.
 *   L3 a head's frame is USED, HEAD, SLAB and has the slab's order.
 *   L4 reciprocal, run, objects, cache and list are the same in the record of
 *      each frame of a slab, from ba_slab_claim until its pages go; the first
 *      is the cache's, or 0 if that is special.
 */
#ifndef BA_MM_SLAB_H
#define BA_MM_SLAB_H

#include "base/rng.h"
#include "base/status.h"
#include "base/types.h"

#define BA_OBJECTS_PER_FRAME 512u	/* of the smallest size, 8 bytes */

#define BA_OBJECT_NONE	0u		/* end of a chain */
#define BA_OBJECT_USED	0x8000u	/* or more: see struct ba_object */

struct ba_object {
	uint16_t next;		/* place of the next free one; NONE; or USED
				 * and, added to it, the object's slack */
};

/* Bytes of an object that nobody asked for: */
#define BA_SLACK_MAX	0x7fffu

/* The record of an object in use. */
static inline struct ba_object ba_object_used(uint64_t slack)
{
	return (struct ba_object){ .next =
				   (uint16_t)(BA_OBJECT_USED + slack) };
}

static inline bool ba_object_is_used(struct ba_object object)
{
	return object.next >= BA_OBJECT_USED;
}

/* What of `has` bytes nobody asked for who asked for `wants`. */
static inline uint16_t ba_slack(uint64_t has, uint64_t wants)
{
	uint64_t slack = wants < has ? has - wants : 0;

	return (uint16_t)(slack < BA_SLACK_MAX ? slack : BA_SLACK_MAX);
}

/* Slack of an object whose record says USED, or did until the bit went. */
static inline uint16_t ba_object_slack(struct ba_object object)
{
	return object.next & BA_SLACK_MAX;
}

/* X(NAME, "where") */
#define BA_SLAB_PLACES(X)						\
	X(FULL, "on no list")						\
	X(CPU, "the slab that a CPU allocates from")			\
	X(CPU_PARTIAL, "on a CPU's stack of partial slabs")		\
	X(NODE_PARTIAL, "on its node's list of partial slabs")

enum ba_slab_place {
#define X(name, text) BA_SLAB_##name,
	BA_SLAB_PLACES(X)
#undef X
};

struct ba_slab {
	/* of each of its frames, as long as it is a slab: */
	uint64_t reciprocal;	/* of a slot's size: ba_slab_reciprocal; 0: its
				 * cache is special, or it is no slab */
	uint32_t start;		/* bytes from the slab's beginning to here */
	uint32_t run;		/* of its objects' records in the pool */
	uint16_t objects;	/* in all */
	uint16_t cache;		/* place in the table of caches + 1; 0: the
				 * frame is of no slab */
	uint16_t list;		/* where its node's list is: ba_slab_node */
	/* of its head: */
	uint16_t inuse;		/* objects: L1 */
	pfn_t next;		/* CPU_PARTIAL: below it on the stack; 0: none.
				 * Else of no meaning */
	uint16_t freelist;	/* place of its first free object */
	uint8_t place : 7;	/* enum ba_slab_place */
	uint8_t lost : 1;	/* overwritten: no free object of it will be
				 * handed out any more (mm/slab_debug.h) */
	uint8_t : 0;		/* the rest is read without a lock */
	uint8_t order : 4;
	uint8_t node : 4;
};
BA_STATIC_ASSERT(sizeof(struct ba_slab) == 32, "no padding");

/* The order in which a new slab's objects are chained; see ba_slab_thread. */
struct ba_slab_sequence {
	const uint16_t *index;	/* of objects; NULL: ascending */
	uint32_t nr;
	uint32_t start;		/* position of the first object */
};

/*
 * Chain all `objects` of a slab: ascending, or as a sequence goes round from
 * its start, without the indices that a smaller slab does not have. The place
 * of the first.
 */
uint16_t ba_slab_thread(struct ba_object *of_slab, uint32_t objects,
			struct ba_slab_sequence sequence);

/* A random permutation of 0 .. nr - 1 (Fisher and Yates, as the kernel's). */
void ba_slab_shuffle(uint16_t *index, uint32_t nr, struct ba_rng *rng);

/* Length of a chain from `first` on, and its last place in *last. */
uint32_t ba_slab_chain_length(const struct ba_object *of_slab, uint16_t first,
			      uint16_t *last);

/* Frames from here back to the head. */
static inline uint32_t ba_slab_back(const struct ba_slab *slab)
{
	return slab->start >> BA_PAGE_SHIFT;
}

/* The head's record, from that of any of its frames. */
static inline struct ba_slab *ba_slab_of(struct ba_slab *frame)
{
	/* what gcc does not see: start / 4096 * 32 needs one shift */
	return (struct ba_slab *)(void *)
		((char *)frame -
		 frame->start / (BA_PAGE_SIZE / sizeof(struct ba_slab)));
}

/* 2^64 / size, rounded up. Pre: size > 1. */
static inline uint64_t ba_slab_reciprocal(uint32_t size)
{
	return UINT64_MAX / size + 1;
}

/*
 * Which slot begins at or before an offset. The high half of their product is
 * the quotient; the low half, the fraction, is below the reciprocal exactly if
 * nothing remains (Lemire, Kaser, Kurz: Faster remainder by direct
 * computation, 2019). With a reciprocal of 0 something always does.
 */
static inline uint64_t ba_slab_index(uint64_t reciprocal, uint64_t offset,
				     bool *begins)
{
	__extension__ typedef unsigned __int128 product_t;
	product_t product = (product_t)reciprocal * offset;

	*begins = (uint64_t)product < reciprocal;
	return (uint64_t)(product >> 64);
}

#endif
