/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slab_alloc - how a cache hands an object out: from what is nearest.
 *
 *	1 the CPU's freelist                    no lock
 *	2 the rest of the CPU's slab            what others freed into it
 *	3 the CPU's stack of partial slabs
 *	4 the node's list of partial slabs      the first becomes the CPU's
 *	                                        slab, some more go on its stack
 *	5 other nodes' lists
 *	6 a new slab from the page allocator    `order`, or when memory is
 *	                                        short min_order
 *
 * Models: slab_alloc_node, __slab_alloc, ___slab_alloc, get_freelist,
 *	get_partial, get_partial_node, get_any_partial, new_slab, allocate_slab,
 *	alloc_slab_page, alloc_single_from_partial, alloc_single_from_new_slab,
 *	mm/slub.c (6.1, 6.12); acquire_slab, kmem_cache_alloc_bulk, mm/slub.c
 *	(6.1); freeze_slab, kmem_cache_alloc_bulk_noprof, mm/slub.c (6.12).
 * Profiles: slab_node_first, slab_stack_one_more.
 * Simplified: step 5 is never left out by chance (the kernel does so in 23 of
 *	1024 cases, by a clock); no task accounts for its objects, so that no
 *	vectors of owners are allocated. A bulk that fails half-way gives its
 *	objects back as kmem_cache_free_bulk does, in 6.12 too.
 *
 * Invariants:
 *   N1 an object that was handed out is on no chain, and its record is USED.
 */
#ifndef BA_MM_SLAB_ALLOC_H
#define BA_MM_SLAB_ALLOC_H

#include "mm/page_alloc.h"
#include "mm/slab_free.h"

/* The request of one object. */
struct ba_slab_request {
	uint16_t cache;
	uint8_t node;			/* or BA_ANY_NODE */
	gfp_t gfp;
	uint16_t slack;			/* bytes of the object that are not
					 * asked for */
};

/* The first object of what is the freelist of the CPU's slab from now on. */
static inline uint64_t ba_cpu_take(const struct ba_ctx *ctx,
				   struct ba_cache_cpu *cpu, size_t first,
				   uint64_t slack)
{
	struct ba_object *object = ba_cpu_objects(ctx, cpu) + first - 1;

	cpu->freelist = object->next;
	ba_use_begins(cpu, object, slack);
	return cpu->base + first * cpu->size;
}

/* The first object of a CPU's freelist, which has one. */
static inline uint64_t ba_cpu_pop(const struct ba_ctx *ctx,
				  struct ba_cache_cpu *cpu, uint64_t slack)
{
	return ba_cpu_take(ctx, cpu, cpu->freelist, slack);
}

/*
 * Is the request what nearly every one comes to: the first object of the CPU's
 * freelist, on whatever node?
 */
static inline bool ba_slab_hits(const struct ba_ctx *ctx,
				const struct ba_cache_cpu *cpu)
{
	return ba_likely(cpu->freelist != BA_OBJECT_NONE) &&
	       ba_likely(!ctx->clears);
}

/*
 * A CPU takes all that the slab's own freelist has. Whose slab it is remains:
 * no other CPU will ask, and `place` says what is right of it from now on.
 */
static inline uint16_t ba_take_freelist(struct ba_slab *slab)
{
	uint16_t first = slab->freelist;

	slab->freelist = BA_OBJECT_NONE;
	slab->inuse = slab->objects;
	slab->place = first != BA_OBJECT_NONE ? BA_SLAB_CPU : BA_SLAB_FULL;
	return first;
}

/*
 * Step 2, get_freelist: has the CPU a freelist? Else its slab is full and no
 * more its own.
 */
static inline bool ba_refill_from_slab(const struct ba_ctx *ctx,
				       struct ba_cache_cpu *cpu)
{
	struct ba_cache_node *node;
	struct ba_slab *slab;

	if (cpu->freelist != BA_OBJECT_NONE)
		return true;
	if (!cpu->slab)
		return false;
	slab = &ba_slabs(ctx)[cpu->slab];
	node = ba_slab_node(ctx, slab);
	ba_lock(&node->lock, ctx->shared);
	cpu->freelist = ba_take_freelist(slab);
	ba_unlock(&node->lock, ctx->shared);
	return cpu->freelist != BA_OBJECT_NONE;
}

/* Step 3: another slab for the CPU, or none. */
static inline bool ba_refill_from_stack(const struct ba_ctx *ctx,
					struct ba_cache_cpu *cpu)
{
	pfn_t head = cpu->partial;
	struct ba_cache_node *node;
	struct ba_slab *slab;

	if (!head) {
		ba_cpu_clear_slab(cpu);
		return false;
	}
	slab = &ba_slabs(ctx)[head];
	node = ba_slab_node(ctx, slab);
	cpu->partial = slab->next;
	cpu->nr_partial--;
	ba_cpu_set_slab(ctx, cpu, head);
	ba_lock(&node->lock, ctx->shared);
	cpu->freelist = ba_take_freelist(slab);
	ba_unlock(&node->lock, ctx->shared);
	return true;
}

/*
 * The next that most requests come to, where !ba_slab_hits: steps 2 and 3 of a
 * CPU whose slab is full and of one node with its stack, so that the lock is
 * taken once. 0, and nothing done, for any other.
 */
static inline uint64_t ba_slab_alloc_near(struct ba_ctx *ctx,
					  struct ba_cache_cpu *cpu,
					  uint64_t slack)
{
	struct ba_slab *slab = &ba_slabs(ctx)[cpu->slab], *other;
	struct ba_cache_node *node = ba_slab_node(ctx, slab);
	uint16_t first;

	if (ba_unlikely(ctx->clears || !cpu->slab || !cpu->partial))
		return 0;
	other = &ba_slabs(ctx)[cpu->partial];
	ba_keep_pointer(slab);
	ba_keep_pointer(node);
	if (ba_unlikely(slab->list != other->list))
		return 0;
	if (ba_unlikely(!ba_lock_at_once(&node->lock, ctx->shared))) {
		ba_lock_missed(&node->lock);
		return 0;
	}
	first = slab->freelist;
	if (ba_likely(first == BA_OBJECT_NONE)) {
		slab->place = BA_SLAB_FULL;
		ba_cpu_pop_slab(cpu, other);
		slab = other;
		first = slab->freelist;
	}
	slab->freelist = BA_OBJECT_NONE;
	slab->inuse = slab->objects;
	slab->place = BA_SLAB_CPU;
	ba_unlock(&node->lock, ctx->shared);
	ctx->result = BA_RESULT_OK;
	return ba_cpu_take(ctx, cpu, first, slack);
}

/* ba_kmem_cache_alloc, where !ba_slab_hits. */
uint64_t ba_slab_alloc_missed(struct ba_ctx *ctx, struct ba_nodes *nodes,
			      const struct ba_slab_request *request);

/*
 * Address of an object; 0, and the reason in ctx->result, when there is no
 * page for a new slab.
 */
uint64_t ba_kmem_cache_alloc(struct ba_ctx *ctx, struct ba_nodes *nodes,
			     const struct ba_slab_request *request);

/* `nr` objects, or none at all. */
bool ba_kmem_cache_alloc_bulk(struct ba_ctx *ctx, struct ba_nodes *nodes,
			      const struct ba_slab_request *request,
			      uint32_t nr, uint64_t *addresses);

/*
 * The same in its parts, for a replay in which others act between them. An
 * object from steps 1 to 5; 0: a new slab is needed.
 */
uint64_t ba_slab_alloc_old(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   const struct ba_slab_request *request);

/* The flags with which a cache first asks for the pages of a new slab. */
gfp_t ba_slab_gfp(const struct ba_ctx *ctx, uint16_t cache, gfp_t gfp);

/* A new slab, which is nobody's yet; BA_PFN_NONE: no page. */
pfn_t ba_slab_new(struct ba_ctx *ctx, struct ba_nodes *nodes,
		  const struct ba_slab_request *request);

/*
 * The block is a slab of the cache from now on, nobody's, its objects neither
 * free nor in use: the caller says. False: no room for their records.
 */
bool ba_slab_claim(struct ba_ctx *ctx, uint16_t cache, pfn_t head,
		   order_t order, uint8_t node, uint16_t objects);

/* An object from that slab, which becomes the CPU's. */
uint64_t ba_slab_alloc_new(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   const struct ba_slab_request *request, pfn_t head);

#endif
