/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shrink - reclaim at work on one LRU list: a batch of pages comes off the
 * tail, and each goes one of three ways.
 *
 *	inactive list                head . . . . . . . [5] [4] [3] tail
 *	                                                 batch: 3, 4, 5
 *	 freed        not touched, clean; or its copy on swap is
 *	 kept         touched once through its mapping, or sent to be written:
 *	              back to the head
 *	 activated    touched again, dirty page cache, still being written, or
 *	              no swap for it: head of the active list
 *
 *	active list   the batch goes to the head of the inactive list, and what
 *	              its mappings know of touches is forgotten
 *
 * A page is freed only if it is clean. Anonymous pages are written to swap by
 * reclaim itself. Dirty page cache is left to the flusher, marked RECLAIM so
 * that it goes as soon as it is written; only kswapd may write it, and only
 * when nothing else is left on the list.
 *
 * Models: isolate_lru_folios, shrink_folio_list, folio_check_references,
 *	pageout, shrink_inactive_list, shrink_active_list, move_folios_to_lru,
 *	mm/vmscan.c (6.1, 6.12).
 * Profiles: batched_folios, file_writepage.
 * Simplified: pages are always mapped by one process and can be unmapped; no
 *	executable mappings, mlock, MADV_FREE or demotion; no memory cgroups,
 *	so nobody waits for one page's writeback; nobody isolates at the same
 *	time. kswapd's writes find their blocks on the disk: ext4 leaves a page
 *	dirty whose blocks are not allocated yet. A huge page is never split:
 *	without swap for all of it it is activated, where the kernel swaps out
 *	the small pages that there are slots for.
 *
 * Invariants:
 *   SH1 afterwards every page of the batch is on the list that its bits name,
 *       or free and its handle SWAPPED or EVICTED.
 */
#ifndef BA_MM_SHRINK_H
#define BA_MM_SHRINK_H

#include "mm/page_free.h"
#include "mm/scan_count.h"
#include "mm/writeback.h"

/* Bits of ba_node.reclaim_flags, which kswapd sets and clears. */
#define BA_NODE_CONGESTED 0x1u	/* all dirty pages met were met before */
#define BA_NODE_DIRTY	  0x2u	/* nothing but dirty page cache was met */
#define BA_NODE_WRITEBACK 0x4u	/* nothing but pages being written was met */

/*
 * Look at `nr_to_scan` pages of a list, inactive or active; pages freed. An
 * active list is spared unless sc->may_deactivate says otherwise.
 */
uint64_t ba_shrink_list(struct ba_ctx *ctx, struct ba_nodes *nodes,
			uint8_t node, enum ba_lru_list lru,
			uint64_t nr_to_scan, struct ba_scan *sc);

/* Deactivate up to 32 anonymous pages, if there is swap and need for it. */
void ba_age_anon(struct ba_ctx *ctx, struct ba_nodes *nodes, uint8_t node,
		 struct ba_scan *sc);

#endif
