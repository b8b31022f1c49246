/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmem_cache - the slabs of one kind of object: where they are, and whose
 * object lies at an address. How objects are handed out is mm/slab_alloc.h,
 * how they come back mm/slab_free.h, how caches are made mm/slab_common.h.
 *
 *	CPU 0   slab 0x1a0, freelist 3 -> 7 -> end       pop and push, no lock
 *	        stack 0x2c8 -> 0x110                     partial slabs of the CPU
 *	CPU 1   slab 0x334, freelist end
 *	node 0  partial 0x0f0 <-> 0x448 <-> 0x3a2        under the node's lock
 *	full slabs are on no list: their objects lead back to them
 *
 * What a CPU has of all caches lies side by side, a line for each cache, and
 * these lines and the records of slabs are all that short ways look at: not at
 * the cache itself, which is far larger.
 *
 *	cpu[0]  | line of cache 0 | line of cache 1 | ...
 *	cpu[1]  | line of cache 0 | ...
 *
 * Models: struct kmem_cache, include/linux/slub_def.h (6.1); struct
 *	kmem_cache_node, mm/slab.h (6.1).
 * Simplified: a slab of TYPESAFE_BY_RCU is freed at once, without a grace
 *	period; a page from the reserves makes no pfmemalloc slab. What a CPU
 *	has needs no lock: one host thread at a time acts for it, and for
 *	another's only with its lock (sim/machine.h).
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
 *      sums up theirs (mm/slab.h).
 *   K6 what a CPU knows of its slab is what ba_cpu_set_slab says of it; all 0,
 *      the freelist too, if it has none.
 */
#ifndef BA_MM_KMEM_CACHE_H
#define BA_MM_KMEM_CACHE_H

#include "base/lock.h"
#include "mm/node.h"
#include "mm/slab_layout.h"
#include "mm/slab_pool.h"

#define BA_CACHES_MAX	1024u
#define BA_CACHE_NAME	48u	/* bytes of a name, with its end */
#define BA_CACHE_NONE	0xffffu
#define BA_ANY_NODE	0xffu	/* NUMA_NO_NODE */

struct ba_cache_cpu {
	_Alignas(BA_CACHE_LINE)
	int64_t inuse;		/* objects handed out here, less those freed */
	pfn_t partial;		/* top of its stack; 0: empty. The slabs' records
				 * lead down */
	uint16_t nr_partial;	/* slabs of the stack */
	uint16_t freelist;	/* place of the first object of its slab */
	int64_t slack;		/* bytes, of the objects of `inuse` */
	/* of its slab, all 0 if there is none: ba_cpu_set_slab. What changes
	 * together are no neighbours, lest compilers make vectors of them */
	uint32_t run;		/* of its objects' records: what tells a slab */
	uint32_t size;		/* bytes from object to object */
	uint64_t base;		/* address of place 0, were there one */
	pfn_t slab;		/* its head */
	uint32_t unused[3];	/* 0 */
	uint64_t records;	/* bytes from the table of caches to the objects'
				 * records */
};
BA_STATIC_ASSERT(sizeof(struct ba_cache_cpu) == BA_CACHE_LINE, "one line");

struct ba_cache_node {
	_Alignas(BA_CACHE_LINE)
	struct ba_list partial;	/* slabs with free objects, by head */
	ba_lock_t lock;
	uint16_t stack_slabs;	/* layout.cpu_partial_slabs */
	struct ba_list full;	/* of caches with debugging */
	uint32_t nr_slabs;
	uint64_t total_objects;
};
BA_STATIC_ASSERT(sizeof(struct ba_cache_node) == BA_CACHE_LINE, "one line");

/* Objects on a list, each by its slab and its place there: mm/object_lru.h. */
struct ba_object_list {
	pfn_t first_head, last_head;
	uint16_t first, last;		/* BA_OBJECT_NONE: empty */
	uint32_t count;
};

/* How reclaim frees objects of a cache that nobody uses: mm/shrinker.h. */
struct ba_shrinker {
	bool registered;
	uint32_t seeks;
	uint32_t batch;			/* objects */
	struct {
		struct ba_object_list lru;
		uint64_t nr_deferred;	/* objects that it owes a look */
		ba_lock_t lock;		/* of the list and its objects' links */
	} node[BA_NODE_MAX];
};

#define BA_LINK_RECORDS 8u	/* of an object in a cache with a shrinker */

struct ba_kmem_cache {
	char name[BA_CACHE_NAME];
	struct ba_slab_spec spec;	/* as its maker asked, then as merged */
	struct ba_slab_layout layout;
	uint64_t reciprocal;		/* of layout.size */
	int32_t refcount;		/* makers that share it; 0: no cache */
	uint32_t serial;		/* caches made before it */
	uint32_t random_nr;		/* length of its random sequence; 0: none */
	uint32_t random_run;		/* where that lies in the pool */
	uint32_t ctor_bytes;		/* that its constructor writes */
	uint32_t ctor_run;		/* where these lie in the pool */
	uint16_t older, newer;		/* neighbours by age, or BA_CACHE_NONE */
	bool dying;			/* its last maker gives it up: it is
					 * merged with no other any more */
	bool special;			/* bytes of objects are cleared or
					 * looked at, or they may be on a list;
					 * fixed while there are slabs */
	struct ba_shrinker shrinker;
	uint64_t recorded;		/* address of the kernel's record of it in
					 * a recorded state; 0: not recorded */
	struct ba_cache_node node[BA_NODE_MAX];
};

#define BA_KMALLOC_CLASSES 14u		/* 2^13 bytes; 1 and 2 are 96 and 192 */
#define BA_KMALLOC_WAYS	   30u		/* by size: 24 steps of 8 bytes up to
					 * 192; then 256, 512, ... 8192 */

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

/* X(NAME, "what is overwritten", as the kernel calls it) */
#define BA_SLAB_FAULTS(X)						\
	X(LEFT, "Left Redzone") X(RIGHT, "Right Redzone")		\
	X(PADDING, "Alignment padding")					\
	X(POISON, "Poison") X(END, "End Poison")

enum ba_slab_fault {
#define X(name, text) BA_FAULT_##name,
	BA_SLAB_FAULTS(X)
#undef X
};

#define BA_SLAB_REPORTS 16u		/* the latest are kept */

/* Somebody wrote where nobody may: mm/slab_debug.h. */
struct ba_slab_report {
	uint64_t address;		/* of the first wrong byte */
	uint64_t object;		/* whose surroundings or contents */
	uint32_t bytes;			/* from the first to the last of them */
	uint16_t cache;
	uint8_t what;			/* enum ba_slab_fault */
	uint8_t found, expected;	/* at `address` */
	uint8_t unused[7];		/* 0 */
};

/* All caches of a machine, and where the records of its slabs lie. */
struct ba_caches {
	ba_lock_t mutex;		/* level SLAB: mm/context.h */
	ba_lock_t lock;			/* of rng and report[] */
	uint64_t page_offset;		/* kernel address of frame 0 */
	struct ba_slab_boot boot;	/* what the kernel's boot decided */
	uint16_t nr;			/* places in use or used before */
	uint16_t nr_aliases;		/* the same of alias[] */
	uint32_t nr_made;		/* caches ever */
	uint16_t oldest, newest;	/* BA_CACHE_NONE: no caches */
	bool freelist_random;		/* new caches get a random sequence */
	struct ba_rng rng;
	uint64_t nr_reports;		/* ever made */
	struct ba_slab_report report[BA_SLAB_REPORTS];
	/* what serves a request, by its size (mm/kmalloc.c) */
	struct ba_kmalloc_way {
		uint16_t cache;		/* place + 1 */
		uint16_t size;		/* bytes of its class; 0: no cache */
	} kmalloc[BA_NR_KMALLOC_TYPES][BA_KMALLOC_WAYS];
	struct ba_cache_alias {
		char name[BA_CACHE_NAME];	/* empty: none */
		uint16_t cache;
		uint32_t object_size;		/* bytes that its maker asked for */
	} alias[BA_CACHES_MAX];
	struct ba_kmem_cache cache[BA_CACHES_MAX];
	struct ba_cache_cpu cpu[BA_CPU_MAX][BA_CACHES_MAX];
	struct ba_slab_pool pool;
};
BA_STATIC_ASSERT(offsetof(struct ba_caches, cpu) / BA_CACHE_LINE <= UINT16_MAX,
		 "what leads to a list has 16 bits");

#define BA_SUPPLY_MAX 64u

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

/* Bytes from the table of caches to slabs[], which begins on a page. */
#define BA_SLABS_OFFSET							\
	((sizeof(struct ba_caches) + BA_PAGE_SIZE - 1) /		\
	 BA_PAGE_SIZE * BA_PAGE_SIZE)

static inline struct ba_slab *ba_slabs(const struct ba_ctx *ctx)
{
	return (struct ba_slab *)(void *)((char *)ctx->caches +
					  BA_SLABS_OFFSET);
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
	return ba_pool_run(&ctx->caches->pool, cache->random_run);
}

static inline struct ba_kmem_cache *ba_cache_at(const struct ba_ctx *ctx,
						uint16_t id)
{
	return &ctx->caches->cache[id];
}

/* How many slabs the stack of each CPU has at most. */
static inline void ba_cache_set_stack(struct ba_kmem_cache *cache,
				      uint16_t slabs)
{
	cache->layout.cpu_partial_slabs = slabs;
	for (uint8_t node = 0; node < BA_NODE_MAX; node++)
		cache->node[node].stack_slabs = slabs;
}

/* What a CPU has of a cache. */
static inline struct ba_cache_cpu *ba_cache_cpu(const struct ba_ctx *ctx,
						uint16_t id, cpu_t cpu)
{
	return &ctx->caches->cpu[cpu][id];
}

/* What the CPU that acts has of all caches, indexed by cache; */
static inline struct ba_cache_cpu *ba_this_cpu(const struct ba_ctx *ctx)
{
	ba_dassert(ctx->this_cpu == ctx->caches->cpu[ctx->cpu]);
	return ctx->this_cpu;
}

/* of one cache; */
static inline struct ba_cache_cpu *ba_cache_this_cpu(const struct ba_ctx *ctx,
						     uint16_t id)
{
	return &ba_this_cpu(ctx)[id];
}

/* of the cache of a slab. */
static inline struct ba_cache_cpu *ba_slab_cpu(const struct ba_ctx *ctx,
					       const struct ba_slab *slab)
{
	return &ba_this_cpu(ctx)[(size_t)slab->cache - 1];
}

/* Act for that CPU from now on. */
static inline void ba_set_cpu(struct ba_ctx *ctx, cpu_t cpu)
{
	ctx->cpu = cpu;
	ctx->this_cpu = ctx->caches->cpu[cpu];
}

/*
 * The task goes on on another CPU, whose turn it may have to wait for, as work
 * that is queued there would: X3. Its own is free for others meanwhile.
 */
static inline void ba_move_to_cpu(struct ba_ctx *ctx, cpu_t cpu)
{
	if (cpu == ctx->cpu)
		return;
	if (ctx->cpus) {
		ba_dassert(!ctx->held);
		ba_unlock(&ctx->cpus->cpu[ctx->cpu].lock, true);
		ba_lock(&ctx->cpus->cpu[cpu].lock, true);
	}
	ba_set_cpu(ctx, cpu);
}

/* The lists of a slab's node: `list` lines from the table of caches. */
static inline struct ba_cache_node *ba_slab_node(const struct ba_ctx *ctx,
						 const struct ba_slab *slab)
{
	return (struct ba_cache_node *)(void *)
		((char *)ctx->caches + (size_t)slab->list * BA_CACHE_LINE);
}

static inline uint16_t ba_list_line(const struct ba_caches *caches,
				    const struct ba_cache_node *node)
{
	return (uint16_t)(((const char *)node - (const char *)caches) /
			  BA_CACHE_LINE);
}

static inline bool ba_cache_exists(const struct ba_ctx *ctx, uint16_t id)
{
	return id < BA_PEEK(ctx->caches->nr) &&
	       BA_PEEK(ctx->caches->cache[id].refcount) > 0;
}

static inline bool ba_cache_is_special(const struct ba_kmem_cache *cache)
{
	return __atomic_load_n(&cache->special, __ATOMIC_RELAXED);
}

/* Are its objects handed out one by one, under the node's lock? */
static inline bool ba_cache_debugs(const struct ba_kmem_cache *cache)
{
	return cache->layout.flags & BA_SLAB_DEBUG_FLAGS;
}

/* Records before the links of a slab of so many objects: links are aligned. */
static inline uint32_t ba_link_offset(uint32_t objects)
{
	return (objects + 1u) & ~1u;
}

/* Records that a slab of so many objects has in the pool. */
static inline uint32_t ba_cache_records(const struct ba_kmem_cache *cache,
					uint32_t objects)
{
	return cache->shrinker.registered ?
		       ba_link_offset(objects) + objects * BA_LINK_RECORDS :
		       objects;
}

/* The slab becomes a CPU's, but for its freelist. */
static inline void ba_cpu_set_slab(const struct ba_ctx *ctx,
				   struct ba_cache_cpu *cpu, pfn_t head)
{
	const struct ba_caches *caches = ctx->caches;
	const struct ba_slab *slab = &ba_slabs(ctx)[head];
	const struct ba_slab_layout *layout =
		&caches->cache[slab->cache - 1].layout;

	cpu->slab = head;
	cpu->run = slab->run;
	cpu->base = caches->page_offset + ((uint64_t)head << BA_PAGE_SHIFT) +
		    layout->red_left_pad - layout->size;
	cpu->records = offsetof(struct ba_caches, pool) + caches->pool.offset +
		       (uint64_t)slab->run * BA_POOL_LINE * BA_POOL_RECORD;
	cpu->size = layout->size;
}

/*
 * The slab on top of a CPU's stack becomes its own instead of another of the
 * same cache, but for its freelist: only where it lies is new.
 */
static inline void ba_cpu_pop_slab(struct ba_cache_cpu *cpu,
				   const struct ba_slab *top)
{
	pfn_t head = cpu->partial;

	cpu->base += ((uint64_t)head - cpu->slab) << BA_PAGE_SHIFT;
	cpu->records += ((uint64_t)top->run - cpu->run) * BA_POOL_LINE *
			BA_POOL_RECORD;
	cpu->run = top->run;
	cpu->slab = head;
	cpu->partial = top->next;
	cpu->nr_partial--;
}

/* It has none. */
static inline void ba_cpu_clear_slab(struct ba_cache_cpu *cpu)
{
	cpu->slab = 0;
	cpu->freelist = BA_OBJECT_NONE;
	cpu->run = BA_POOL_NONE;
	cpu->base = 0;
	cpu->records = 0;
	cpu->size = 0;
}

/* The records of the objects of a CPU's slab. */
static inline struct ba_object *
ba_cpu_objects(const struct ba_ctx *ctx, const struct ba_cache_cpu *cpu)
{
	return (struct ba_object *)(void *)((char *)ctx->caches +
					    cpu->records);
}

/* An owner has the object from now on, */
static inline void ba_use_begins(struct ba_cache_cpu *cpu,
				 struct ba_object *object, uint64_t slack)
{
	*object = ba_object_used(slack);
	cpu->inuse++;
	cpu->slack += (int64_t)slack;
}

/* and has it no more; the record is to say which free object is next. */
static inline void ba_use_ends(struct ba_cache_cpu *cpu,
			       const struct ba_object *object)
{
	cpu->inuse--;
	cpu->slack -= ba_object_slack(*object);
}

/* The same, if it was in use. */
static inline bool ba_use_ended(struct ba_cache_cpu *cpu,
				const struct ba_object *object)
{
	uint64_t slack;

	/* one subtraction, of which both results are wanted */
	if (ba_unlikely(__builtin_sub_overflow((uint64_t)object->next,
					       (uint64_t)BA_OBJECT_USED,
					       &slack)))
		return false;
	cpu->inuse--;
	cpu->slack -= (int64_t)slack;
	return true;
}

/* Records of the pool that so many bytes take. */
static inline uint32_t ba_records_for(uint32_t bytes)
{
	return (bytes + BA_POOL_RECORD - 1) / BA_POOL_RECORD;
}

static inline bool ba_cache_has_slabs(const struct ba_kmem_cache *cache)
{
	for (uint8_t node = 0; node < BA_NODE_MAX; node++)
		if (cache->node[node].nr_slabs)
			return true;
	return false;
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

/* The object at an address, if it lies in a slab at all. */
static inline struct ba_object_at
ba_object_locate(const struct ba_ctx *ctx, const struct ba_nodes *nodes,
		 uint64_t address)
{
	struct ba_object_at at = { .head = BA_PFN_NONE };
	uint64_t offset = address - ctx->caches->page_offset;
	uint64_t pfn = offset >> BA_PAGE_SHIFT;
	const struct ba_kmem_cache *cache;
	const struct ba_slab *slab;
	uint32_t in_slab;
	bool begins;

	if (ba_unlikely(pfn >= nodes->end))
		return at;
	slab = &ba_slabs(ctx)[pfn];
	if (ba_unlikely(!slab->cache))
		return at;
	at.cache = (uint16_t)(slab->cache - 1);
	at.head = (pfn_t)pfn - ba_slab_back(slab);
	in_slab = (uint32_t)(offset % BA_PAGE_SIZE) + slab->start;
	cache = ba_cache_at(ctx, at.cache);
	at.index = (uint32_t)ba_slab_index(cache->reciprocal, in_slab, &begins);
	at.exact = at.index < slab->objects &&
		   in_slab == at.index * cache->layout.size +
				      cache->layout.red_left_pad;
	return at;
}

/*
 * The same for what nearly every free names: the record of its frame, and
 * which object of the slab it is. NULL for an address where none begins, and
 * for an object of a special cache.
 */
static inline struct ba_slab *
ba_object_plain(const struct ba_ctx *ctx, const struct ba_nodes *nodes,
		uint64_t address, uint64_t *index)
{
	uint64_t offset = address - ctx->caches->page_offset;
	struct ba_slab *slab;
	bool begins;

	if (ba_unlikely(offset >> BA_PAGE_SHIFT >= nodes->end))
		return NULL;
	slab = &ba_slabs(ctx)[offset >> BA_PAGE_SHIFT];
	ba_keep_pointer(slab);
	*index = ba_slab_index(slab->reciprocal,
			       offset % BA_PAGE_SIZE + slab->start, &begins);
	return ba_likely(begins && *index < slab->objects) ? slab : NULL;
}

/* ba_object_locate, not inline: for whatever is no shortest way. */
struct ba_object_at ba_object_find(const struct ba_ctx *ctx,
				   const struct ba_nodes *nodes,
				   uint64_t address);

#endif
