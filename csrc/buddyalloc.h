/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * buddyalloc - every header of the core, in the order of layers.txt: the
 * table of contents, and the one include of a program that uses the core
 * without Python.
 *
 *	base  <--  mm  <--  sim  <--  trace
 */
#ifndef BA_BUDDYALLOC_H
#define BA_BUDDYALLOC_H

/* knows nothing of memory management */
#include "base/types.h"
#include "base/status.h"
#include "base/assert.h"
#include "base/lock.h"
#include "base/bitmap.h"
#include "base/rng.h"
#include "base/arena.h"
#include "base/ilist.h"
#include "base/hist.h"
#include "base/hmap.h"

/* the page allocator, one concept a header */
#include "mm/gfp.h"
#include "mm/profile.h"
#include "mm/zonetype.h"
#include "mm/vmstat.h"
#include "mm/cost.h"
#include "mm/page.h"
#include "mm/pageblock.h"
#include "mm/tracepoint.h"
#include "mm/slab.h"
#include "mm/slab_layout.h"
#include "mm/slab_pool.h"
#include "mm/context.h"
#include "mm/vm.h"
#include "mm/rmap.h"
#include "mm/buddy.h"
#include "mm/wmark.h"
#include "mm/fragindex.h"
#include "mm/fallback.h"
#include "mm/pcp.h"
#include "mm/zone.h"
#include "mm/node.h"
#include "mm/lru.h"
#include "mm/writeback.h"
#include "mm/kmem_cache.h"
#include "mm/object_lru.h"
#include "mm/page_free.h"
#include "mm/slab_free.h"
#include "mm/shrinker.h"
#include "mm/user.h"
#include "mm/oom.h"
#include "mm/compact.h"
#include "mm/compact_source.h"
#include "mm/compact_target.h"
#include "mm/migrate.h"
#include "mm/compaction.h"
#include "mm/kcompactd.h"
#include "mm/scan_count.h"
#include "mm/shrink.h"
#include "mm/reclaim.h"
#include "mm/kswapd.h"
#include "mm/freelist.h"
#include "mm/slowpath.h"
#include "mm/page_alloc.h"
#include "mm/slab_alloc.h"
#include "mm/slab_common.h"
#include "mm/kmalloc.h"
#include "mm/fault.h"

/* one simulated computer */
#include "sim/config.h"
#include "sim/event.h"
#include "sim/state.h"
#include "sim/sizing.h"
#include "sim/machine.h"
#include "sim/clock.h"
#include "sim/snapshot.h"
#include "sim/probe.h"
#include "sim/check.h"
#include "sim/lookahead.h"
#include "sim/tally.h"
#include "sim/compacting.h"
#include "sim/standing.h"
#include "sim/run.h"
#include "sim/background.h"
#include "sim/moment.h"
#include "sim/interrupt.h"
#include "sim/serve.h"
#include "sim/told.h"
#include "sim/order.h"
#include "sim/replay.h"

/* text of a recording to records */
#include "trace/text.h"
#include "trace/format.h"
#include "trace/decode.h"
#include "trace/ftrace.h"
#include "trace/statefile.h"

#endif
