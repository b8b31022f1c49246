/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * context - who acts, and on which tables: the argument that every function
 * of mm takes first. It lives on the stack of one call into the model and is
 * no part of a machine's state, so it may hold pointers.
 *
 *	caller -> ba_alloc_pages(ctx, ...) -> rmqueue(ctx, ...) -> ...
 *	            ctx: CPU, tables, profile      ctx->charge: what it cost
 *
 * Models: the implicit arguments of the kernel: smp_processor_id(), current,
 *	in_interrupt(), mem_map (6.1, 6.12).
 * Simplified: a task is its flags; there is no scheduler.
 *
 * Invariants:
 *   X1 cpu is below the machine's number of CPUs.
 */
#ifndef BA_MM_CONTEXT_H
#define BA_MM_CONTEXT_H

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
	struct ba_caches *caches;	/* of the machine (mm/kmem_cache.h) */
	const struct ba_memory *memory;	/* bytes of the frames; NULL: none */
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

#endif
