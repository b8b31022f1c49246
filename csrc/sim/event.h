/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event - what goes into a replay and what comes out: two records of 32
 * bytes, and the words they use. The Python names and dtypes are made from
 * the same lists (buddyalloc/events.py, checked by tests/test_events.py).
 *
 *	trace text --> struct ba_event --> replay --> struct ba_outcome
 *	  one line       one record                    one per mm_page_alloc
 *
 * Models: include/trace/events/kmem.h, compaction.h, vmscan.h (6.1, 6.12)
 *	for the fields; kernel/trace/trace_output.c trace_print_lat_fmt for
 *	the column of flags that becomes `context`.
 * Simplified: call sites are not kept, nor what kmalloc gave for a size.
 *
 * Invariants:
 *   E1 both records have 32 bytes and no padding.
 *   E2 `op` is a value of the list below, `result` one of mm/context.h.
 */
#ifndef BA_SIM_EVENT_H
#define BA_SIM_EVENT_H

#include "base/types.h"
#include "mm/context.h"

/*
 * X(NAME, "name in the trace", kind)
 *
 * kind tells where the event comes from: 's' a standard tracepoint, 'k' a
 * kprobe event of the recordings, 'm' a mark of the recording itself.
 *
 * What addr, arg, order, migratetype and gfp hold, where not the obvious:
 *   mm_page_alloc             addr pfn, all ones when the kernel failed; arg 1
 *                             if another task is to run next (need_resched)
 *   mm_page_alloc_zone_locked arg percpu_refill
 *   mm_page_alloc_extfrag     order = alloc_order, migratetype =
 *                             alloc_migratetype, arg = fallback_order |
 *                             fallback_migratetype << 8 |
 *                             change_ownership << 16
 *   bulk_enter                gfp gfp, addr nid (all ones: any), arg nr
 *   bulk_exit                 arg nr
 *   isolate, splitpage        addr pfn (from the struct page's address)
 *   isolate_exit              arg ret
 *   migrate_target            addr pfn, all ones for none
 *   free_one                  addr pfn, order
 *   pgsnap, pgsnap_end        arg 0 start, 1 end of the recorded window
 *   kmalloc                   addr ptr, gfp, arg bytes_req, migratetype 1 if
 *                             accounted, order node + 1 (0: any)
 *   kmem_cache_alloc          the same, but arg = bytes_req |
 *                             bytes_alloc << 16, each up to 65535
 *   kfree                     addr ptr
 *   kmem_cache_free           addr ptr, arg number of the cache's name in
 *                             the trace, from 1 (0: none)
 *   mm_compaction_try_to_compact_pages order, gfp, arg priority
 *   mm_compaction_begin       addr migrate_pfn | free_pfn << 32,
 *                             arg zone_start, migratetype 1 for sync
 *   mm_compaction_finished    order (255: none), arg 1 if it goes on
 *   mm_compaction_isolate_migratepages, _isolate_freepages and
 *   _fast_isolate_freepages   addr first frame | end << 32, arg nr_taken
 *   mm_compaction_migratepages gfp nr_migrated, arg nr_failed
 *   mm_vmscan_direct_reclaim_begin order, gfp; _end arg nr_reclaimed
 *   mark_victim               addr pid
 *   mm_vmscan_kswapd_wake, _sleep arg nid
 *   mm_compaction_suitable, mm_compaction_wakeup_kcompactd
 *                             none; they say that their task is at work
 *   lost_events               arg number of events lost (saturating)
 *   the others                addr, arg: see trace/decode.c
 */
#define BA_OPS(X)							\
	X(PAGE_ALLOC, "mm_page_alloc", 's')				\
	X(PAGE_FREE, "mm_page_free", 's')				\
	X(PAGE_FREE_BATCHED, "mm_page_free_batched", 's')		\
	X(ZONE_LOCKED, "mm_page_alloc_zone_locked", 's')		\
	X(PCPU_DRAIN, "mm_page_pcpu_drain", 's')			\
	X(EXTFRAG, "mm_page_alloc_extfrag", 's')			\
	X(KMALLOC, "kmalloc", 's')					\
	X(KFREE, "kfree", 's')						\
	X(CACHE_ALLOC, "kmem_cache_alloc", 's')				\
	X(CACHE_FREE, "kmem_cache_free", 's')				\
	X(BULK_ENTER, "bulk_enter", 'k')				\
	X(BULK_EXIT, "bulk_exit", 'k')					\
	X(ISOLATE, "isolate", 'k')					\
	X(ISOLATE_EXIT, "isolate_exit", 'k')				\
	X(SPLITPAGE, "splitpage", 'k')					\
	X(DRAIN, "drain", 'k')						\
	X(DECAY, "decay", 'k')						\
	X(UNRESERVE_HA, "unreserve_ha", 'k')				\
	X(BALANCE, "balance", 'k')					\
	X(BALANCE_END, "balance_end", 'k')				\
	X(VMFOLD, "vmfold", 'k')					\
	X(QUIET_VMSTAT, "quiet_vmstat", 'k')				\
	X(THRESHOLD, "threshold", 'k')					\
	X(FREE_ONE, "free_one", 'k')					\
	X(MIGRATE_TARGET, "migrate_target", 'k')			\
	X(COMPACTION_TRY, "mm_compaction_try_to_compact_pages", 's')	\
	X(COMPACTION_BEGIN, "mm_compaction_begin", 's')			\
	X(COMPACTION_FINISHED, "mm_compaction_finished", 's')		\
	X(COMPACTION_END, "mm_compaction_end", 's')			\
	X(COMPACTION_SOURCE, "mm_compaction_isolate_migratepages", 's')	\
	X(COMPACTION_FREE, "mm_compaction_isolate_freepages", 's')	\
	X(COMPACTION_FAST_FREE,						\
	  "mm_compaction_fast_isolate_freepages", 's')			\
	X(COMPACTION_MIGRATED, "mm_compaction_migratepages", 's')	\
	X(RECLAIM_BEGIN, "mm_vmscan_direct_reclaim_begin", 's')		\
	X(RECLAIM_END, "mm_vmscan_direct_reclaim_end", 's')		\
	X(MARK_VICTIM, "mark_victim", 's')				\
	X(COMPACTION_SUITABLE, "mm_compaction_suitable", 's')		\
	X(KCOMPACTD_WAKEUP, "mm_compaction_wakeup_kcompactd", 's')	\
	X(KSWAPD_WAKE, "mm_vmscan_kswapd_wake", 's')			\
	X(KSWAPD_SLEEP, "mm_vmscan_kswapd_sleep", 's')			\
	X(SNAP, "pgsnap", 'm')						\
	X(SNAP_END, "pgsnap_end", 'm')					\
	X(LOST, "lost_events", 'm')

enum ba_op {
#define X(name, text, kind) BA_OP_##name,
	BA_OPS(X)
#undef X
	BA_NR_OPS
};

/* Bits of ba_event.context, from the trace's column of flags. */
#define BA_CTX_IRQS_OFF		0x01u	/* 'd' or 'D' in the first column */
#define BA_CTX_SOFTIRQ		0x02u	/* 's' or 'H' */
#define BA_CTX_HARDIRQ		0x04u	/* 'h' or 'H' */
#define BA_CTX_NMI		0x08u	/* 'z' or 'Z' */
#define BA_CTX_LEVEL		0x0eu	/* the three: how deep in interrupts */
#define BA_CTX_DEPTH_SHIFT	4	/* preemption depth, 0..14 */
#define BA_CTX_DEPTH_UNKNOWN	15u	/* the text has no such column */

#define BA_ADDR_NONE	UINT64_MAX

struct ba_event {
	uint64_t ts_ns;		/* time stamp, ns, in the trace's clock */
	uint64_t addr;		/* pfn or object address */
	uint32_t gfp;		/* GFP flags in the bits of that kernel */
	uint32_t arg;		/* see the table above */
	uint16_t cpu;		/* CPU that printed the line */
	uint16_t task;		/* low 16 bits of the pid */
	uint8_t op;		/* enum ba_op */
	uint8_t order;
	uint8_t migratetype;
	uint8_t context;	/* BA_CTX_* */
};
BA_STATIC_ASSERT(sizeof(struct ba_event) == 32, "E1");

/* What a line kmalloc or kmem_cache_alloc asks for, bytes. */
static inline uint32_t ba_event_bytes_req(const struct ba_event *e)
{
	return e->op == BA_OP_KMALLOC ? e->arg : e->arg & UINT16_MAX;
}

/* What kmem_cache_alloc gives for it, bytes: the distance of two objects. */
static inline uint32_t ba_event_bytes_alloc(const struct ba_event *e)
{
	return e->arg >> 16;
}

struct ba_outcome {
	uint64_t pfn;		/* frame chosen by the model; all ones: none */
	uint64_t recorded_pfn;	/* frame chosen by the kernel; all ones: none */
	uint32_t event;		/* index of the request in its buffer */
	uint32_t latency_ns;	/* modelled cost of the steps taken (mm/cost.h) */
	uint16_t path;		/* steps taken: bits BA_STEP_* of mm/cost.h */
	uint8_t result;		/* enum ba_result */
	uint8_t zone;		/* index into the machine's zones; 255: none */
	uint8_t order;		/* order of the request */
	uint8_t split_order;	/* order of the block cut for it; 255: none cut */
	uint8_t fallback;	/* migratetype it was taken from; 255: its own */
	uint8_t migratetype;	/* migratetype of the request */
};
BA_STATIC_ASSERT(sizeof(struct ba_outcome) == 32, "E1");

/* The name of an op in a trace, and its kind; NULL and 0 when out of range. */
const char *ba_op_name(unsigned int op);
char ba_op_kind(unsigned int op);

/* Is its kind 'k'? They stand together in the list. */
static inline bool ba_op_is_kprobe(unsigned int op)
{
	return op >= BA_OP_BULK_ENTER && op <= BA_OP_MIGRATE_TARGET;
}

/* The sentence of a result; NULL when out of range. */
const char *ba_result_text(unsigned int result);

#endif
