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

/*
 * What nearly every free comes to: an object of this CPU's slab. False, and
 * nothing done, for any other, and for what is no object in use.
 */
static inline bool ba_slab_free_hit(struct ba_ctx *ctx,
				    const struct ba_nodes *nodes,
				    uint16_t named, uint64_t address)
{
	struct ba_object_at at = ba_object_locate(ctx, nodes, address);
	struct ba_kmem_cache *cache;
	struct ba_cache_cpu *cpu;
	struct ba_object *object;

	if (ba_unlikely(!at.exact ||
			(named != BA_CACHE_NONE && named != at.cache)))
		return false;
	cache = ba_cache_at(ctx, at.cache);
	cpu = &cache->cpu[ctx->cpu];
	ba_keep_pointer(cpu);
	if (ba_unlikely(cpu->slab != at.head || ctx->clears ||
			cache->shrinker.registered))
		return false;
	object = ba_pool_run(&ctx->caches->pool, cpu->run) + at.index;
	if (ba_unlikely(object->next != BA_OBJECT_USED))
		return false;
	cpu->inuse--;
	cpu->slack -= object->slack;
	object->slack = 0;
	object->next = cpu->freelist;
	cpu->freelist = (uint16_t)(at.index + 1);
	return true;
}

/* ba_kmem_cache_free, where ba_slab_free_hit was false. */
enum ba_status ba_slab_free_missed(struct ba_ctx *ctx, struct ba_nodes *nodes,
				   uint16_t cache, uint64_t address);

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

/*
 * Put a slab on the stack of ctx->cpu; a full one is emptied first if `drain`.
 * Pre: the slab says CPU_PARTIAL since its node's lock was held.
 */
void ba_cache_put_partial(struct ba_ctx *ctx, struct ba_nodes *nodes,
			  uint16_t cache, pfn_t head, bool drain);

/* Take the top slab off the stack of ctx->cpu; 0: it is empty. */
pfn_t ba_cache_pop_partial(struct ba_ctx *ctx, uint16_t cache);

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
