/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vm - what reclaim and compaction know of the whole machine: its clock, its
 * swap space, its knobs, and the counts that /proc/vmstat has.
 *
 *	calls          alloc, touch, free ...      advance(ns)
 *	clock  --------+---------------------------|~~~~~~~~~~~~~|-->
 *	                requests act at one moment   kswapd, kcompactd and
 *	                                             writeback have time
 *
 * Models: /proc/vmstat's names, mm/vmstat.c vmstat_text; swap_info_struct's
 *	pages, nr_swap_pages, include/linux/swap.h (6.1, 6.12).
 * Simplified: swap slots are counted, not numbered. Time passes only when the
 *	machine is told so, or while a request reclaims. allocstall
 *	and pgscan_skip are one count each, not one for every type of zone.
 *
 * Invariants:
 *   V1 0 <= swap_free <= swap_total.
 *   V2 swap_total - swap_free is the pages of all handles with `swap` set.
 *   V3 nr_dirty is the pages of the page cache that are DIRTY, nr_writeback
 *      the pages of any kind that are under WRITEBACK.
 *   V4 bytes_lost is false.
 *   V5 on a shared machine all but the counts changes under the lock only, as
 *      do handles (mm/rmap.h), LRU lists (mm/lru.h), the writeback ring and
 *      what compaction remembers of zones.
 */
#ifndef BA_MM_VM_H
#define BA_MM_VM_H

#include "mm/context.h"

/* X(name) - counts since boot, named as in /proc/vmstat */
#define BA_VM_EVENTS(X)							\
	X(pgmajfault) X(pswpin) X(pswpout)		\
	X(pgactivate) X(pgdeactivate) X(pgrefill) X(pgrotated)		\
	X(pgscan_kswapd) X(pgscan_direct)				\
	X(pgsteal_kswapd) X(pgsteal_direct)				\
	X(pgscan_anon) X(pgscan_file) X(pgsteal_anon) X(pgsteal_file)	\
	X(slabs_scanned) X(allocstall) X(pgscan_skip) X(pageoutrun)	\
	X(kswapd_low_wmark_hit_quickly)					\
	X(kswapd_high_wmark_hit_quickly)				\
	X(nr_vmscan_write) X(nr_vmscan_immediate_reclaim)		\
	X(nr_dirtied) X(nr_written) X(oom_kill)				\
	X(pgmigrate_success) X(pgmigrate_fail)				\
	X(compact_migrate_scanned) X(compact_free_scanned)		\
	X(compact_isolated) X(compact_stall) X(compact_fail)		\
	X(compact_success) X(compact_daemon_wake)			\
	X(thp_fault_alloc) X(thp_fault_fallback) X(thp_swpout)

enum ba_vm_event {
#define X(name) BA_VM_##name,
	BA_VM_EVENTS(X)
#undef X
	BA_NR_VM_EVENTS
};

struct ba_vm {
	ba_lock_t lock;			/* level VM: mm/context.h */
	uint64_t now_ns;		/* the machine's clock, since boot */
	uint64_t swap_total;		/* pages */
	uint64_t swap_free;		/* pages */
	uint64_t nr_dirty;		/* pages: V3 */
	uint64_t nr_writeback;		/* pages: V3 */
	uint64_t writeback_ns;		/* time until a page is written */
	uint32_t swappiness;		/* 0..200 */
	uint32_t vfs_cache_pressure;	/* per cent: mm/shrinker.h */
	uint32_t extfrag_threshold;	/* 0..1000 */
	uint32_t compaction_proactiveness; /* 0..100 */
	uint32_t thp_enabled;		/* enum ba_thp_enabled, mm/fault.h */
	uint32_t thp_defrag;		/* enum ba_thp_defrag */
	uint32_t compaction;		/* CONFIG_COMPACTION */
	uint64_t next_stat_ns;		/* sim/clock.h: the vmstat workers */
	uint64_t next_flush_ns;		/* the flusher, of itself */
	uint64_t next_compact_ns;	/* kcompactd looks at the score */
	uint32_t nr_handles;		/* mm/rmap.h; those ever in use */
	uint32_t free_handle;		/* 0: none */
	uint32_t max_handles;		/* room in the table */
	uint64_t writeback_head;	/* mm/writeback.h */
	uint64_t writeback_tail;
	bool flush_wanted;		/* reclaim has woken the flusher */
	bool bytes_lost;		/* the host had no memory for bytes of
					 * a page that left its frame: V4 */
	uint64_t event[BA_NR_VM_EVENTS];
};

static inline void ba_vm_count(const struct ba_ctx *ctx,
			       enum ba_vm_event event, uint64_t n)
{
	if (ba_unlikely(ctx->shared))
		__atomic_fetch_add(&ctx->vm->event[event], n,
				   __ATOMIC_RELAXED);
	else
		ctx->vm->event[event] += n;
}

/*
 * Take the lock of all that stands above, but for the counts; it may be ours
 * already, as a page fault has it while its request reclaims. What is
 * returned is for ba_vm_unlock: the lock was taken here.
 */
static inline bool ba_vm_lock(struct ba_ctx *ctx)
{
	if (ba_likely(!ctx->shared) || ctx->vm_locked)
		return false;
	ba_take_lock(ctx, &ctx->vm->lock, BA_LEVEL_VM);
	ctx->vm_locked = true;
	return true;
}

static inline void ba_vm_unlock(struct ba_ctx *ctx, bool taken)
{
	if (!taken)
		return;
	ctx->vm_locked = false;
	ba_drop_lock(ctx, &ctx->vm->lock, BA_LEVEL_VM);
}

/* More than half of it in use: pages in memory give their slots back (vm_swap_full). */
static inline bool ba_vm_swap_full(const struct ba_vm *vm)
{
	return vm->swap_free * 2 < vm->swap_total;
}

/* "pgscan_kswapd"; NULL out of range. */
const char *ba_vm_event_name(unsigned int i);

#endif
