/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmem_cache - the slabs of one kind of object, and the way of a freed object
 * back to them. How objects are handed out is mm/slab_alloc.h, how a cache is
 * made and given up mm/slab_common.h.
 *
 *	CPU 0   slab 0x1a0, freelist 3 -> 7 -> end       pop and push, no lock
 *	        stack 0x2c8 -> 0x110                     partial slabs of the CPU
 *	CPU 1   slab 0x334, freelist end
 *	node 0  partial 0x0f0 <-> 0x448 <-> 0x3a2        under the node's lock
 *	full slabs are on no list: their objects lead back to them
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
 *	__kmem_cache_do_shrink, mm/slub.c (6.1, 6.12); __unfreeze_partials,
 *	mm/slub.c (6.1); __put_partials, mm/slub.c (6.12); struct kmem_cache,
 *	include/linux/slub_def.h (6.1); struct kmem_cache_node, mm/slab.h (6.1).
 * Simplified: a slab of TYPESAFE_BY_RCU is freed at once, without a grace
 *	period; a page from the reserves makes no pfmemalloc slab.
 *
 * Invariants:
 *   K1 a slab that says NODE_PARTIAL is on the list of its node, one that says
 *      CPU_PARTIAL on one CPU's stack, one that says CPU is one CPU's slab.
 *   K2 a slab on a list has a free object; one that says FULL has none, nor
 *      has a CPU's slab of a cache with debugging, which has no such slab.
 *   K3 nr_slabs and total_objects count all slabs of the cache on a node.
 *   K4 an empty slab is kept only by a node, at most min_partial of them came
 *      there empty; or by a CPU.
 *   K5 over all CPUs, `inuse` counts the objects that owners have and `slack`
 *      sums up theirs.
 */
#ifndef BA_MM_KMEM_CACHE_H
#define BA_MM_KMEM_CACHE_H

#include "base/lock.h"
#include "mm/page_free.h"
#include "mm/slab_layout.h"
#include "mm/slab_pool.h"

#define BA_CACHES_MAX	1024u
#define BA_CACHE_NAME	48u	/* bytes of a name, with its end */
#define BA_CACHE_NONE	0xffffu
#define BA_ANY_NODE	0xffu	/* NUMA_NO_NODE */

struct ba_cache_cpu {
	pfn_t slab;		/* head of its slab; 0: none */
	pfn_t partial;		/* top of its stack; 0: empty. The frames' links
				 * lead down */
	uint16_t freelist;	/* place of its first object */
	uint16_t nr_partial;	/* slabs of the stack */
	uint32_t run;		/* of its slab: struct ba_slab */
	int64_t inuse;		/* objects handed out here, less those freed */
	int64_t slack;		/* of these objects: struct ba_object */
};

struct ba_cache_node {
	struct ba_list partial;	/* slabs with free objects, by head */
	struct ba_list full;	/* of caches with debugging */
	ba_lock_t lock;
	uint32_t nr_slabs;
	uint64_t total_objects;
};

struct ba_kmem_cache {
	char name[BA_CACHE_NAME];
	struct ba_slab_spec spec;	/* as its maker asked, then as merged */
	struct ba_slab_layout layout;
	uint64_t reciprocal;		/* of layout.size */
	int32_t refcount;		/* makers that share it; 0: no cache */
	uint32_t random_nr;		/* length of its random sequence; 0: none */
	uint32_t random_run;		/* where that lies in the pool */
	uint16_t older, newer;		/* neighbours by age, or BA_CACHE_NONE */
	uint32_t shrinker;		/* of mm/shrinker.h; 0: none */
	struct ba_cache_cpu cpu[BA_CPU_MAX];
	struct ba_cache_node node[BA_NODE_MAX];
};

#define BA_KMALLOC_CLASSES 14u		/* 2^13 bytes; 1 and 2 are 96 and 192 */

/* X(NAME, "what its caches' names begin with"): kinds of kmalloc caches */
#define BA_KMALLOC_TYPES(X)						\
	X(NORMAL, "kmalloc") X(CGROUP, "kmalloc-cg")			\
	X(RECLAIM, "kmalloc-rcl") X(DMA, "dma-kmalloc")

enum ba_kmalloc_type {
#define X(name, text) BA_KMALLOC_##name,
	BA_KMALLOC_TYPES(X)
#undef X
	BA_NR_KMALLOC_TYPES
};

/* All caches of a machine, and where the records of its slabs lie. */
struct ba_caches {
	uint64_t page_offset;		/* kernel address of frame 0 */
	uint64_t slabs_offset;		/* bytes from here to slabs[] */
	struct ba_slab_boot boot;	/* what the kernel's boot decided */
	uint16_t nr;			/* places in use or used before */
	uint16_t nr_aliases;		/* the same of alias[] */
	uint16_t oldest, newest;	/* BA_CACHE_NONE: no caches */
	bool freelist_random;		/* new caches get a random sequence */
	struct ba_rng rng;
	/* caches of kmalloc: places + 1; 0: none */
	uint16_t kmalloc[BA_NR_KMALLOC_TYPES][BA_KMALLOC_CLASSES];
	struct ba_cache_alias {
		char name[BA_CACHE_NAME];	/* empty: none */
		uint16_t cache;
	} alias[BA_CACHES_MAX];
	struct ba_kmem_cache cache[BA_CACHES_MAX];
	struct ba_slab_pool pool;
};

#define BA_SUPPLY_MAX 16u

/*
 * In a replay: the pages that the trace showed to be given to slabs, latest
 * last, and what the model did with them. With such a supply no page is asked
 * of the page allocator, and none given back to it.
 */
struct ba_slab_supply {
	struct {
		pfn_t pfn;
		order_t order;
	} page[BA_SUPPLY_MAX], given_back[BA_SUPPLY_MAX];
	uint32_t nr, nr_given_back;
	uint32_t start;			/* position in its sequence at which the
					 * next new slab begins; UINT32_MAX: as
					 * the machine's random numbers say */
	bool wanted;			/* a slab was wanted and there was none */
	order_t wanted_order;
};

static inline struct ba_slab *ba_slabs(const struct ba_ctx *ctx)
{
	return (struct ba_slab *)(void *)((char *)ctx->caches +
					  ctx->caches->slabs_offset);
}

/* The records of the objects of the slab with that head. */
static inline struct ba_object *ba_objects_of(const struct ba_ctx *ctx,
					      pfn_t head)
{
	return ba_pool_run(&ctx->caches->pool, ba_slabs(ctx)[head].run);
}

/* The random sequence of a cache: random_nr indices. */
static inline uint16_t *ba_random_sequence(const struct ba_ctx *ctx,
					   const struct ba_kmem_cache *cache)
{
	return (uint16_t *)(void *)ba_pool_run(&ctx->caches->pool,
					       cache->random_run);
}

static inline struct ba_kmem_cache *ba_cache_at(const struct ba_ctx *ctx,
						uint16_t id)
{
	return &ctx->caches->cache[id];
}

static inline bool ba_cache_exists(const struct ba_ctx *ctx, uint16_t id)
{
	return id < ctx->caches->nr && ctx->caches->cache[id].refcount > 0;
}

/* Are its objects handed out one by one, under the node's lock? */
static inline bool ba_cache_debugs(const struct ba_kmem_cache *cache)
{
	return cache->layout.flags & BA_SLAB_DEBUG_FLAGS;
}

/* Kernel address of an object. */
static inline uint64_t ba_object_address(const struct ba_ctx *ctx,
					 const struct ba_kmem_cache *cache,
					 pfn_t head, uint32_t index)
{
	return ctx->caches->page_offset + ((uint64_t)head << BA_PAGE_SHIFT) +
	       (uint64_t)index * cache->layout.size +
	       cache->layout.red_left_pad;
}

/* Where an address points. */
struct ba_object_at {
	pfn_t head;		/* of the slab; BA_PFN_NONE: in no slab */
	uint32_t index;		/* of the object in it */
	uint16_t cache;
	bool exact;		/* it is the object's beginning */
};

struct ba_object_at ba_object_find(const struct ba_ctx *ctx,
				   const struct ba_nodes *nodes,
				   uint64_t address);

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

/* Put a slab on the stack of ctx->cpu; a full one is emptied first if `drain`. */
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

#endif
