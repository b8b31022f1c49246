/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * context - who acts, and on which tables: the argument that every function
 * of mm takes first. It lives on the stack of one call into the model and is
 * no part of a machine's state, so it may hold pointers.
 *
 *	caller -> ba_alloc_pages(ctx, ...) -> rmqueue(ctx, ...) -> ...
 *	            ctx: CPU, tables, profile      ctx->charge: what it cost
 *
 * On a shared machine several of them act at once, each on a CPU of its own,
 * and take locks. A context knows which levels it holds; a lock is taken only
 * while none of its own level or a later one is held:
 *
 *	level   lock                  protects
 *	CPU     of a simulated CPU    what that CPU has: its slabs and freelists,
 *	                              its part of the counters (sim/machine.h)
 *	VMALLOC ba_vmalloc.lock       addresses, areas and page tables of vmalloc
 *	VM      ba_vm.lock            handles, LRU lists, swap, writeback, runs of
 *	                              reclaim and of compaction
 *	SLAB    ba_caches.mutex       the table of caches, names, shrinkers
 *	LIST    ba_cache_node.lock    slabs of a cache on a node, their freelists
 *	PCP     ba_pcp.lock           a CPU's lists of pages in a zone
 *	ZONE    ba_buddy.lock         free lists, pageblock types of a zone
 *	LEAF    of slab_pool, of a shrinker's list, of a node's kswapd, of the
 *	        caches' random numbers: nothing is taken under them
 *
 * Models: the implicit arguments of the kernel: smp_processor_id(), current,
 *	in_interrupt(), mem_map; the locks of struct zone, struct
 *	per_cpu_pages and struct list_lru_node; slab_mutex, mm/slab_common.c;
 *	free_vmap_area_lock, mm/vmalloc.c (6.1, 6.12).
 * Simplified: a task is its flags; there is no scheduler. Where the kernel
 *	has locks of each address space, file, LRU and swap area there is one for
 *	the machine, VM, and two requests do not reclaim or compact at once;
 *	vmalloc has one lock for its rb-trees, page tables and work items; a
 *	slab has the lock of its node's list and no bit lock of its own.
 *
 * Invariants:
 *   X1 cpu is below the machine's number of CPUs.
 *   X2 locks are taken in the order of their levels, one of each at most. A
 *      debug build traps where ba_take_lock finds that they are not; who has
 *      one of level LIST takes nothing but a LEAF, which shows in the source.
 *   X3 who waits for a lock of level VMALLOC to SLAB may hold a CPU, and who
 *      waits for a CPU holds no lock at all.
 *   X4 `cpu` and `this_cpu` change together: ba_set_cpu, mm/kmem_cache.h.
 */
#ifndef BA_MM_CONTEXT_H
#define BA_MM_CONTEXT_H

#include "base/lock.h"
#include "base/types.h"
#include "mm/cost.h"
#include "mm/page.h"
#include "mm/pageblock.h"
#include "mm/profile.h"
#include "mm/tracepoint.h"

/* X(NAME, "sentence") - how an allocation ended */
#define BA_RESULTS(X)							\
	X(OK, "ok")							\
	X(NOMEM_WATERMARK, "every zone is below its watermark")		\
	X(NOMEM_FRAGMENTED, "free memory, but no block of that order")	\
	X(TOO_LARGE, "order beyond the largest block")			\
	X(CHARGE, "the kernel refused the charge to the memory cgroup")	\
	X(OOM, "out of memory, and nothing that the OOM killer could kill") \
	X(ENDLESS, "the kernel would try for ever")			\
	X(KILLED, "the OOM killer took the mm that asked")		\
	X(TABLE_FULL, "a table of the model is full")			\
	X(ADDRESS_SPACE, "no room left in the range of vmalloc addresses") \
	X(NOT_ASKED, "the model's slab caches asked for no page here")

enum ba_result {
#define X(name, text) BA_RESULT_##name,
	BA_RESULTS(X)
#undef X
	BA_NR_RESULTS
};

/* A block that its task compacts memory for: see ba_buddy_free. */
struct ba_capture {
	uint8_t zone;			/* that is compacted */
	order_t order;			/* wanted */
	uint8_t type;			/* migratetype of the request */
	pfn_t pfn;			/* the block; BA_PFN_NONE: none yet */
};

/*
 * What a trace tells although the state it follows from is not in it: how
 * much, and of which zone, not which page. Negative: not told.
 */
struct ba_told {
	int32_t zone;			/* id of the one that served a request,
					 * BA_NO_ZONE: none did */
	int32_t refill;			/* blocks that a refill brings */
	int32_t drain;			/* pages drained after a free */
	int32_t drain_last;		/* of these, in the last block */
	int32_t drained;		/* of these, by that free; an answer */
	uint64_t corrected;		/* amounts that were not the model's */
	uint64_t counters;		/* of free pages, that were put right */
};

#define BA_TOLD_FALLBACKS 64u	/* further ones of an operation are not told */

/*
 * The fallbacks of an operation, in their order, as its lines tell. Whether
 * the kernel claims a pageblock depends on how many of its pages are on an
 * LRU list at that moment: pages that are being reclaimed, or wait in a CPU's
 * batch, are not, and no line says which.
 */
struct ba_told_fallbacks {
	uint32_t nr, next;
	uint64_t corrected;		/* claims that the model decided otherwise */
	struct {
		order_t order;		/* of the block found */
		uint8_t type;		/* of the list it was on */
		bool claimed;		/* the pageblock has changed sides */
	} fallback[BA_TOLD_FALLBACKS];
};

enum ba_level {
	BA_LEVEL_VMALLOC, BA_LEVEL_VM, BA_LEVEL_SLAB, BA_LEVEL_LIST,
	BA_LEVEL_PCP, BA_LEVEL_ZONE, BA_LEVEL_LEAF
};

/* Who acts for each CPU of a shared machine; no two on one cache line. */
struct ba_cpus {
	struct {
		ba_lock_t lock;
		uint8_t padding[BA_CACHE_LINE - sizeof(ba_lock_t)];
	} cpu[BA_CPU_MAX];
};

struct ba_vm;
struct ba_handle;
struct ba_writeback;
struct ba_vmalloc;
struct ba_caches;
struct ba_slab_supply;
struct ba_memory;

struct ba_ctx {
	struct ba_frame *frames;	/* indexed by frame number */
	struct ba_frame *max_blocks;	/* indexed by max block number */
	struct ba_pageblock *pageblocks; /* indexed by pageblock number */
	const struct ba_profile *profile;
	struct ba_vm *vm;		/* of the machine (mm/vm.h) */
	struct ba_handle *handles;	/* indexed by handle (mm/rmap.h) */
	struct ba_writeback *writeback;	/* a ring (mm/writeback.h) */
	struct ba_vmalloc *vmalloc;	/* of the machine (mm/vmalloc.h) */
	struct ba_caches *caches;	/* of the machine (mm/kmem_cache.h), */
	struct ba_cache_cpu *this_cpu;	/* and what `cpu` has of them: X4 */
	const struct ba_memory *memory;	/* bytes of the frames; NULL: none */
	struct ba_cpus *cpus;		/* NULL: this call has the machine alone */
	struct ba_tp_buffer *trace;	/* NULL: keep no events */
	struct ba_capture *capture;	/* of the task; NULL: none */
	struct ba_charge charge;	/* steps taken by this call */
	enum ba_result result;		/* of the last allocation */
	cpu_t cpu;			/* simulated CPU that runs */
	uint8_t mm;			/* of the task, for the OOM killer; 0: none */
	unsigned int rights;		/* of the task to the reserves: BA_ALLOC_
					 * NO_WATERMARKS while it reclaims, OOM
					 * when it is to be killed; 0: none */
	uint32_t reclaimed_slab;	/* pages of slabs given back by this call */
	bool killed;			/* the OOM killer took that mm */
	bool shared;			/* several host threads: take locks */
	bool vm_locked;			/* the VM lock is ours */
	uint8_t held;			/* levels held, in a debug build */
	bool interrupt;			/* in interrupt context */
	bool traced;			/* a trace tells what reclaim did: the slow
					 * path ends where reclaim would begin */
	bool init_on_alloc;		/* clear what is handed out, */
	union {
		struct {
			bool init_on_free; /* or else what is freed */
			bool clears;	/* one of these two, or memory */
			bool pcp_busy;	/* the interrupted task holds this
					 * CPU's per-CPU lock: trylock fails */
			bool mobility_disabled; /* page_group_by_mobility_
					 * disabled */
			bool tuned;	/* profile.pcp_auto_tune */
			bool never[3];	/* set: they fill the word below */
		};
		uint32_t unusual;	/* any of the first four: the shortest
					 * ways are not taken, */
		uint64_t unusual_free;	/* or of the five, for frees */
	};
	uint32_t watermark_boost_factor; /* 1/10000 of the high mark */
	struct ba_told *told;		/* NULL: nothing */
	struct ba_told_fallbacks *told_fallbacks; /* NULL: none */
	struct ba_slab_supply *slab_supply; /* NULL: slabs ask for their pages */
};

/* The descriptor of a frame that may be free (mm/page.h). */
static inline const struct ba_frame *ba_descriptor(const struct ba_ctx *ctx,
						   pfn_t pfn)
{
	return ba_frame_at(ctx->frames, ctx->max_blocks, pfn);
}

/* The same, of one that may be somebody else's: ba_frame_peek. */
static inline struct ba_frame ba_look(const struct ba_ctx *ctx, pfn_t pfn)
{
	return ba_frame_peek(ba_descriptor(ctx, pfn));
}

/* The head of the free block that contains it; BA_PFN_NONE: it is in use. */
static inline pfn_t ba_free_head(const struct ba_ctx *ctx, pfn_t pfn)
{
	return ba_page_free_head(ctx->frames, ctx->max_blocks, pfn);
}

/* Ready for the next call: without what the last one left in it. */
static inline void ba_ctx_renew(struct ba_ctx *ctx)
{
	ba_charge_init(&ctx->charge);
	ctx->result = BA_RESULT_OK;
	ctx->reclaimed_slab = 0;
	ctx->killed = false;
}

/* X2: note that a lock of that level is ours, or no more. */
static inline void ba_hold(struct ba_ctx *ctx, enum ba_level level)
{
#if BA_DEBUG >= 1
	ba_dassert(!(ctx->held >> level));
	ctx->held |= (uint8_t)(1u << level);
#else
	(void)ctx;
	(void)level;
#endif
}

static inline void ba_let_go(struct ba_ctx *ctx, enum ba_level level)
{
#if BA_DEBUG >= 1
	ba_dassert(ctx->held >> level == 1);
	ctx->held &= (uint8_t)~(1u << level);
#else
	(void)ctx;
	(void)level;
#endif
}

static inline void ba_take_lock(struct ba_ctx *ctx, ba_lock_t *lock,
				enum ba_level level)
{
	ba_hold(ctx, level);
	ba_lock(lock, ctx->shared);
}

static inline void ba_drop_lock(struct ba_ctx *ctx, ba_lock_t *lock,
				enum ba_level level)
{
	ba_unlock(lock, ctx->shared);
	ba_let_go(ctx, level);
}

#endif
