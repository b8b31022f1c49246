/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slab_free - the way of a freed object back to its slab, and of an empty slab
 * back to the page allocator.
 *
 *	free an object of ...             what happens
 *	  this CPU's slab                 front of the CPU's freelist
 *	  another CPU's slab, or a stack  front of the slab's own freelist
 *	  a slab on the node's list       the same; if that leaves it empty and
 *	                                  the node has min_partial more, its
 *	                                  pages go back
 *	  a full slab                     the same, and the slab goes on this
 *	                                  CPU's stack; a full stack first moves
 *	                                  to the tails of the nodes' lists
 *
 * Models: do_slab_free, __slab_free, free_to_partial_list, put_cpu_partial,
 *	deactivate_slab, flush_slab, flush_all, discard_slab, free_slab,
 *	__kmem_cache_do_shrink, free_partial, __kmem_cache_shutdown, mm/slub.c
 *	(6.1, 6.12); __unfreeze_partials, mm/slub.c (6.1); __put_partials,
 *	mm/slub.c (6.12).
 *
 * Invariants:
 *   S1 what is freed says no more USED before it is on a chain.
 */
#ifndef BA_MM_SLAB_FREE_H
#define BA_MM_SLAB_FREE_H

#include "mm/object_lru.h"
#include "mm/page_free.h"

/* ---- what nearly every free comes to, without a call ------------------- */

/*
 * put_cpu_partial with a full stack: it goes to the nodes, and the slab is all
 * that the CPU's stack has. BA_OK.
 */
ba_noinline
enum ba_status ba_cache_restart_stack(struct ba_ctx *ctx,
				      struct ba_nodes *nodes,
				      struct ba_cache_cpu *cpu,
				      struct ba_slab *slab);

/*
 * The slab on the list of its node, whose lock is held, is empty: off it and
 * back, if there are enough. The lock is not held afterwards. BA_OK.
 */
ba_noinline
enum ba_status ba_cache_empty_partial(struct ba_ctx *ctx,
				      struct ba_nodes *nodes,
				      struct ba_slab *slab);

static inline pfn_t ba_slab_head(const struct ba_ctx *ctx,
				 const struct ba_slab *slab)
{
	return (pfn_t)(slab - ba_slabs(ctx));
}

/* Put a slab on a CPU's stack. Pre: it says CPU_PARTIAL. */
static inline void ba_cache_put_partial(const struct ba_ctx *ctx,
					struct ba_cache_cpu *cpu,
					struct ba_slab *slab)
{
	slab->next = cpu->partial;
	cpu->partial = ba_slab_head(ctx, slab);
	cpu->nr_partial++;
}

/* ba_slab_free_slow, as soon as the lock of the node's list is ours. */
static inline enum ba_status
ba_slab_free_locked(struct ba_ctx *ctx, struct ba_nodes *nodes,
		    struct ba_cache_node *node, struct ba_cache_cpu *cpu,
		    struct ba_slab *slab, uint32_t first,
		    struct ba_object *last, uint32_t nr)
{
	uint16_t own = slab->freelist;
	uint32_t inuse = slab->inuse - nr;

	last->next = own;
	slab->freelist = (uint16_t)first;
	slab->inuse = (uint16_t)inuse;
	if (ba_unlikely(!inuse) && slab->place == BA_SLAB_NODE_PARTIAL)
		return ba_cache_empty_partial(ctx, nodes, slab);
	/* K2: with a free object it was not full, which is known already */
	if (own != BA_OBJECT_NONE || slab->place != BA_SLAB_FULL) {
		ba_unlock(&node->lock, ctx->shared);
		return BA_OK;
	}
	slab->place = BA_SLAB_CPU_PARTIAL;
	ba_unlock(&node->lock, ctx->shared);
	if (ba_unlikely(cpu->nr_partial >= node->stack_slabs && cpu->partial))
		return ba_cache_restart_stack(ctx, nodes, cpu, slab);
	ba_cache_put_partial(ctx, cpu, slab);
	return BA_OK;
}

/* Where somebody else has that lock. */
ba_noinline
enum ba_status ba_slab_free_waits(struct ba_ctx *ctx, struct ba_nodes *nodes,
				  struct ba_slab *slab, uint32_t first,
				  struct ba_object *last, uint32_t nr);

/*
 * __slab_free of a chain of `nr` objects of a slab that is not this CPU's, and
 * that is given by its head's record; the last is to lead to what the slab has.
 * BA_OK.
 */
static inline enum ba_status
ba_slab_free_slow(struct ba_ctx *ctx, struct ba_nodes *nodes,
		  struct ba_cache_cpu *cpu, struct ba_slab *slab,
		  uint32_t first, struct ba_object *last, uint32_t nr)
{
	struct ba_cache_node *node = ba_slab_node(ctx, slab);

	ba_keep_pointer(node);
	if (ba_unlikely(!ba_lock_at_once(&node->lock, ctx->shared)))
		return ba_slab_free_waits(ctx, nodes, slab, first, last, nr);
	return ba_slab_free_locked(ctx, nodes, node, cpu, slab, first, last,
				   nr);
}

/* Free an object, given by what ba_object_plain found. */
static inline enum ba_status ba_slab_free_plain(struct ba_ctx *ctx,
						struct ba_nodes *nodes,
						struct ba_slab *frame,
						uint64_t index)
{
	struct ba_cache_cpu *cpu = ba_slab_cpu(ctx, frame);
	struct ba_object *object;

	ba_keep_pointer(cpu);
	if (ba_likely(cpu->run == frame->run)) {
		object = ba_cpu_objects(ctx, cpu) + index;
		ba_keep_pointer(object);
		if (ba_unlikely(!ba_use_ended(cpu, object)))
			return BA_EOBJECTFREE;
		object->next = cpu->freelist;
		cpu->freelist = (uint16_t)(index + 1);
		return BA_OK;
	}
	ba_keep_pointer(frame);
	object = (struct ba_object *)ba_pool_run(&ctx->caches->pool,
						 frame->run) + index;
	ba_keep_pointer(object);
	if (ba_unlikely(!ba_use_ended(cpu, object)))
		return BA_EOBJECTFREE;
	return ba_slab_free_slow(ctx, nodes, cpu, ba_slab_of(frame),
				 (uint32_t)index + 1, object, 1);
}

/* The same for an address that ba_object_plain does not find. */
ba_noinline
enum ba_status ba_slab_free_other(struct ba_ctx *ctx, struct ba_nodes *nodes,
				  uint16_t cache, uint64_t address);

/* ---- all of it -------------------------------------------------------- */

/*
 * Give an object back. `cache` is the one that its owner names, or
 * BA_CACHE_NONE for any. BA_EFOREIGN, BA_EWRONGCACHE or BA_EDOUBLEFREE, and
 * nothing changed, when there is no such object in use.
 */
enum ba_status ba_kmem_cache_free(struct ba_ctx *ctx, struct ba_nodes *nodes,
				  uint16_t cache, uint64_t address);

/*
 * Give back many, slab by slab as kmem_cache_free_bulk does, the last of the
 * array first; the array is used up. Stops before the first change at an
 * address that cannot be freed, or that stands twice, and gives its place in
 * *bad.
 */
enum ba_status ba_kmem_cache_free_bulk(struct ba_ctx *ctx,
				       struct ba_nodes *nodes, uint16_t cache,
				       uint64_t *addresses, uint32_t nr,
				       uint32_t *bad);

/* A CPU gives up its slab: deactivate_slab. */
void ba_cache_deactivate(struct ba_ctx *ctx, struct ba_nodes *nodes,
			 uint16_t cache, cpu_t cpu);

/* A CPU gives up its slab and its stack: flush_slab. */
void ba_cache_flush_cpu(struct ba_ctx *ctx, struct ba_nodes *nodes,
			uint16_t cache, cpu_t cpu);

/*
 * All CPUs give up theirs: flush_all. Each does it itself, as it frees surplus
 * slabs to its own lists of pages; the caller holds no lock but its CPU's.
 */
void ba_cache_flush_all(struct ba_ctx *ctx, struct ba_nodes *nodes,
			uint16_t cache);

/* Lists of a node: the caller holds its lock. */
void ba_cache_add_partial(struct ba_ctx *ctx, struct ba_cache_node *node,
			  pfn_t head, bool tail);
void ba_cache_remove_partial(struct ba_ctx *ctx, struct ba_cache_node *node,
			     pfn_t head);

/* Put a slab whose CPU does not want it on its node's list (6.12). */
void ba_cache_put_node(struct ba_ctx *ctx, struct ba_nodes *nodes,
		       uint16_t cache, pfn_t head);

/* All empty slabs back, the fullest first on each list. True: slabs remain. */
bool ba_kmem_cache_shrink(struct ba_ctx *ctx, struct ba_nodes *nodes,
			  uint16_t cache);

/*
 * The empty slabs of a cache that is given up go back, in the order of its
 * nodes. False: slabs remain, and nodes after theirs were not looked at. Pre:
 * ba_cache_flush_all.
 */
bool ba_cache_shutdown(struct ba_ctx *ctx, struct ba_nodes *nodes,
		       uint16_t cache);

#endif
