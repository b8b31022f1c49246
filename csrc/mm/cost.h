/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cost - what an allocation did and what that would take: each step sets a
 * bit in the path and adds its price to latency_ns.
 *
 *	PCP_HIT                            22 ns  the page waited on this CPU
 *	PCP_HIT PCP_REFILL SPLIT         1115 ns  63 pages fetched, 11 cuts
 *	PCP_HIT SLOWPATH DIRECT_RECLAIM 17598 ns  it reclaimed 32 pages
 *
 * The prices are a model, not a measurement of this machine: a kernel of
 * about 4 GHz with warm caches and free locks. They order the paths and give
 * their sizes; they do not predict a given machine.
 *
 * Models: the paths of mm/page_alloc.c; no kernel file holds these numbers.
 * Simplified: clearing is charged to requests with __GFP_ZERO, and to no other,
 *	as in a kernel without init_on_alloc; cgroup charging, contention for
 *	locks and cache misses on cold frames cost nothing.
 *
 * Where the prices come from. [B] J. D. Brouer, LKML 16 Jan 2017,
 * page_bench04: an order-0 alloc and free pair takes 158 cycles, 39.6 ns at
 * 4 GHz. [L] the published results of the LLFree paper (USENIX ATC 2023) for
 * Linux 6.0 at 2.2 GHz: a hot pair 112.5 ns, so about 56 ns each way; a page
 * of a long run of allocations 94 ns, of frees 90 ns. What a long run adds is
 * the page's way through refill and drain: 38 ns, 83 cycles, 21 ns at 4 GHz
 * for an allocation, 34 ns, 19 ns at 4 GHz for a free. [M] measured for this
 * project at 3.2 GHz: a free lock's lock and unlock 2.4 to 7.5 ns, a page
 * fault with allocation and clearing 1439 to 2070 ns a page, unmapping
 * 250 ns a page. [Z] A. Arora, Linux commit cb431accb36e: an AMD Milan clears
 * memory in pieces of 4 KiB at 13.7 GB/s. [E] estimated, the reason stands
 * beside it.
 *
 * Invariants:
 *   C1 the path has exactly the bits of the steps charged.
 *   C2 latency_ns is the sum of the prices charged and of the time waited.
 *      Waiting, reclaim and compaction stop at 4 s, which leaves 290 ms for the rest in
 *      the 4.29 s that 32 bits hold.
 *   C3 an order-0 pair through the per-CPU lists costs 40 ns.
 */
#ifndef BA_MM_COST_H
#define BA_MM_COST_H

#include "base/types.h"

/*
 * X(NAME, ns, "what it is") - the price of having taken the step at all
 *
 *   PCP_HIT          [B] the alloc half of the 40 ns pair: it also decodes
 *                    the flags and tests a watermark, so 22 against 18
 *   PCP_REFILL       [M] zone lock with interrupts off about 10, and the
 *                    zone's lines, shared with other CPUs, about 20
 *   BUDDY            as PCP_HIT without its list (10), and lock and lines
 *                    as PCP_REFILL (30), and the counters (5)
 *   SPLIT            nothing by itself, see SPLIT_LEVEL
 *   FALLBACK         [E] 11 orders x 2 types looked at (22 x 2 ns), the
 *                    boost and the pageblock's bits (2 lines, 40 ns)
 *   ZONE_FALLBACK    [E] one more zonelist entry and its watermark: 40 cycles
 *   SLOWPATH         [E] two more walks of the zonelist and kswapd's wake-up
 *   DRAIN            [E] one CPU's set of one zone: pcp lock and zone lock
 *   DIRECT_RECLAIM   [E] two walks of the zonelist and the account of it all:
 *                    twice SLOWPATH; rounds and pages by the piece, 16 us
 *                    for 32 pages
 *   COMPACTION       [E] a run's own set-up: watermark tests and the scanners'
 *                    positions; its work is MIGRATE_PAGE and CENSUS_PAGE
 *   HIGHATOMIC       [E] one more search of the free lists
 *   BULK             [E] entry, zone choice and pcp lock of one bulk call
 *   WATERMARK_RETRY  [E] the long form of the watermark test
 */
#define BA_STEPS(X)							\
	X(PCP_HIT, 22, "taken from this CPU's list")			\
	X(PCP_REFILL, 30, "the list was filled from the buddy lists first") \
	X(BUDDY, 45, "taken from the buddy lists directly")		\
	X(SPLIT, 0, "a larger block was cut")				\
	X(FALLBACK, 84, "another migratetype's block was taken")	\
	X(ZONE_FALLBACK, 10, "another zone than the preferred one")	\
	X(SLOWPATH, 250, "no zone held the low watermark")		\
	X(DRAIN, 40, "per-CPU lists were drained for it")		\
	X(DIRECT_RECLAIM, 500, "it reclaimed pages itself")		\
	X(COMPACTION, 200, "it compacted memory itself")		\
	X(HIGHATOMIC, 20, "the high-order reserve was searched")	\
	X(BULK, 30, "part of a bulk allocation")			\
	X(WATERMARK_RETRY, 10, "the quick watermark test was not enough")

enum ba_step_index {
#define X(name, ns, text) BA_STEP_INDEX_##name,
	BA_STEPS(X)
#undef X
	BA_NR_STEPS
};
BA_STATIC_ASSERT(BA_NR_STEPS <= 16, "the path has 16 bits");

/* The bits of a path. */
enum ba_step {
#define X(name, ns, text) BA_STEP_##name = 1 << BA_STEP_INDEX_##name,
	BA_STEPS(X)
#undef X
};

/*
 * X(NAME, ns, "what one unit is") - prices by the piece
 *
 *   REFILL_PAGE  [L] 21 ns, of which one split a page is charged apart
 *   DRAIN_PAGE   [L] 19 ns, of which one merge a page is charged apart
 *   SPLIT_LEVEL  [E] one list insertion and one descriptor: 20 cycles
 *   MERGE_LEVEL  [E] a look at the buddy, one unlink: 24 cycles
 *   FREE         [B] the free half of the 40 ns pair
 *   FREE_BUDDY   [E] a free past the per-CPU lists: 18 and the zone lock
 *   MOVE_BLOCK   [E] one free block to another list: unlink and link
 *   CENSUS_PAGE  [E] one descriptor read in sequence
 *   MIGRATE_PAGE [M] about a page fault's work without the fault
 *   ZONE_SCAN    [E] one more zone tried: as ZONE_FALLBACK
 *   CLEAR_PAGE   [Z] 4096 bytes: 299 ns
 *   RECLAIM_ROUND [E] marks and list sizes of the node's zones: as SLOWPATH
 *   SCAN_PAGE    [E] off an LRU list and back, and a look at the accessed bit
 *                through its mapping: three lines, 100 ns
 *   RECLAIM_PAGE [M] unmapped (250 ns), [E] and taken out of the page cache or
 *                swap cache (150 ns); FREE comes on top
 */
#define BA_UNIT_COSTS(X)						\
	X(REFILL_PAGE, 16, "page brought to a per-CPU list")		\
	X(DRAIN_PAGE, 13, "page returned from a per-CPU list")		\
	X(SPLIT_LEVEL, 5, "halving of a block")				\
	X(MERGE_LEVEL, 6, "joining of two buddies")			\
	X(FREE, 18, "free to a per-CPU list")				\
	X(FREE_BUDDY, 45, "free to the buddy lists")			\
	X(MOVE_BLOCK, 6, "free block moved to another type's list")	\
	X(CENSUS_PAGE, 2, "page looked at in a pageblock")		\
	X(MIGRATE_PAGE, 1000, "page moved by compaction")		\
	X(ZONE_SCAN, 10, "zone tried and left")				\
	X(CLEAR_PAGE, 300, "page cleared")				\
	X(RECLAIM_ROUND, 250, "node whose lists reclaim went over")	\
	X(SCAN_PAGE, 100, "page that reclaim looked at")		\
	X(RECLAIM_PAGE, 400, "page that reclaim freed")

enum ba_unit_cost {
#define X(name, ns, text) BA_COST_##name = ns,
	BA_UNIT_COSTS(X)
#undef X
};

#define BA_CHARGE_NONE	255u	/* no block cut, no other type's block */

/* The account of one request. */
struct ba_charge {
	uint32_t latency_ns;	/* modelled, ns */
	uint16_t path;		/* BA_STEP_* */
	uint8_t split_order;	/* order of the block cut, or BA_CHARGE_NONE */
	uint8_t fallback;	/* migratetype taken from, or BA_CHARGE_NONE */
};

static inline void ba_charge_init(struct ba_charge *charge)
{
	charge->latency_ns = 0;
	charge->path = 0;
	charge->split_order = BA_CHARGE_NONE;
	charge->fallback = BA_CHARGE_NONE;
}

/* `n` pieces of one of BA_COST_*. */
static inline void ba_charge_units(struct ba_charge *charge,
				   enum ba_unit_cost unit, uint32_t n)
{
	charge->latency_ns += (uint32_t)unit * n;
}

/* What waiting and reclaim make of latency_ns at most, in ns: C2. */
#define BA_CHARGE_NS_MAX 4000000000u

/* Time that was waited, or that many pages took. */
static inline void ba_charge_ns(struct ba_charge *charge, uint64_t ns)
{
	uint64_t sum = charge->latency_ns + ns;

	if (charge->latency_ns < BA_CHARGE_NS_MAX)
		charge->latency_ns = (uint32_t)(sum < BA_CHARGE_NS_MAX ?
						sum : BA_CHARGE_NS_MAX);
}

/* One step. With a constant step this is one add and one or. */
static inline void ba_charge_step(struct ba_charge *charge, enum ba_step step)
{
	static const uint32_t step_ns[BA_NR_STEPS] = {
#define X(name, ns, text) ns,
		BA_STEPS(X)
#undef X
	};

	charge->path = (uint16_t)(charge->path | (unsigned int)step);
	charge->latency_ns += step_ns[__builtin_ctz((unsigned int)step)];
}

/*
 * A block of order `from` was cut to one of order `to`, to <= from; equal
 * orders cost nothing and leave no mark. The first cut gives split_order.
 */
static inline void ba_charge_split(struct ba_charge *charge, unsigned int from,
				   unsigned int to)
{
	if (from == to)
		return;
	ba_charge_step(charge, BA_STEP_SPLIT);
	ba_charge_units(charge, BA_COST_SPLIT_LEVEL, from - to);
	if (charge->split_order == BA_CHARGE_NONE)
		charge->split_order = (uint8_t)from;
}

/* A block was taken from another type's list; the first one is kept. */
static inline void ba_charge_fallback(struct ba_charge *charge,
				      unsigned int migratetype)
{
	ba_charge_step(charge, BA_STEP_FALLBACK);
	if (charge->fallback == BA_CHARGE_NONE)
		charge->fallback = (uint8_t)migratetype;
}

/* Name ("PCP_HIT"), sentence and price of step i; NULL and 0 out of range. */
const char *ba_step_name(unsigned int i);
const char *ba_step_text(unsigned int i);
uint32_t ba_step_ns(unsigned int i);

/* The same for the i-th price by the piece. */
const char *ba_unit_cost_name(unsigned int i);
const char *ba_unit_cost_text(unsigned int i);
uint32_t ba_unit_cost_ns(unsigned int i);

#endif
