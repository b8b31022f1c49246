/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * profile - which kernel is modelled: the page allocator's behaviour differs
 * between 6.1 and 6.12 and, through backports, between stable releases of
 * one series. Each difference that changes which page is chosen is one item
 * here, a small number with a name.
 *
 *	          highatomic_needs_high   thp_lists   fallback   ...
 *	6.1.0              0                  1          0
 *	6.1L               1                  2          0
 *	6.12.0             0                  2          1
 *	6.12L              1                  2          2
 *
 * A profile is a value: copied into the machine, compared with memcmp. Code
 * reads an item where the decision is made (`if (profile->below_high)`).
 *
 * Models: the differences between mm/page_alloc.c, mm/internal.h and
 *	mm/compaction.c of 6.1.0, 6.1.158..192, 6.12.0, 6.12.63 and 6.12.111.
 * Simplified: a difference that only reference counts, cpusets or races
 *	between CPUs could show has no item. The release in which a backport
 *	came is known only as an interval; the table has its upper end, so a
 *	kernel inside the interval gets the older behaviour.
 *
 * Invariants:
 *   F1 every item lies in its range [min, max].
 *   F2 a kernel at or after every "since" of its series has the L profile.
 */
#ifndef BA_MM_PROFILE_H
#define BA_MM_PROFILE_H

#include "base/status.h"
#include "base/types.h"

/* Values of the item `fallback`: how a request takes another type's pages. */
enum ba_fallback_policy {
	BA_FALLBACK_6_1,	/* move to own lists, then smallest fit */
	BA_FALLBACK_6_12_0,	/* census first; else take the found block */
	BA_FALLBACK_CLAIM_STEAL	/* claim from large, steal from small */
};

/*
 * X(name, min, max, 6.1.0, 6.1L, since 6.1.N, 6.12.0, 6.12L, since 6.12.N,
 *   "what 1 means")
 *
 * "since" is the first stable release known to have the L value; 0 where the
 * series never changed.
 */
#define BA_PROFILE_ITEMS(X)						\
	/* words of the request */					\
	X(gfp_layout, 0, 1, 0, 0, 0, 1, 1, 0,				\
	  "GFP bits of 6.12: no __GFP_ATOMIC, GFP_NOWAIT has NOWARN")	\
	X(nonblock_flags, 0, 1, 0, 1, 116, 1, 1, 0,			\
	  "ALLOC_NON_BLOCK, _MIN_RESERVE, _HIGHATOMIC, not _HARDER, _HIGH") \
	X(highatomic_needs_high, 0, 1, 0, 1, 157, 0, 1, 63,		\
	  "the high-order reserve needs __GFP_HIGH, not only order > 0") \
	/* per-CPU lists */						\
	X(thp_lists, 1, 2, 1, 2, 97, 2, 2, 0,				\
	  "per-CPU lists of order 9: 1 for all, 2 other and movable")	\
	X(pcp_trylock, 0, 1, 0, 1, 57, 1, 1, 0,				\
	  "frees and allocations in interrupts may find the lock taken") \
	X(trylock_keeps_type, 0, 1, 0, 1, 57, 1, 1, 0,			\
	  "HighAtomic pages freed past the per-CPU lists keep their type") \
	X(free_factor_capped, 0, 1, 0, 1, 104, 0, 0, 0,			\
	  "free_factor stops growing at 5")				\
	X(drain_in_chunks, 0, 1, 0, 1, 104, 1, 1, 0,			\
	  "a drain frees batch << 5 pages at a time, from list 0 each time") \
	X(pcp_auto_tune, 0, 1, 0, 0, 0, 1, 1, 0,			\
	  "high moves in [high_min, high_max]; alloc_factor, free_count") \
	X(batched_folios, 0, 1, 0, 0, 0, 1, 1, 0,			\
	  "batched frees take folios of any order, at most 31")		\
	/* buddy lists and pageblocks */				\
	X(list_type_is_pageblock, 0, 1, 0, 0, 0, 1, 1, 0,		\
	  "a free block's list is always that of its pageblock's type")	\
	X(split_large_frees, 0, 1, 0, 0, 0, 1, 1, 0,			\
	  "a block above the pageblock order is freed pageblock by pageblock") \
	X(whole_block_moves, 0, 1, 0, 0, 0, 1, 1, 0,			\
	  "only a pageblock wholly inside its zone can change type")	\
	X(isolate_moves_block, 0, 1, 0, 0, 0, 1, 1, 0,			\
	  "isolating a large block moves its pageblock's free blocks too") \
	X(fallback, 0, 2, 0, 0, 0, 1, 2, 29,				\
	  "fallback: 0 as 6.1, 1 as 6.12.0, 2 claim and steal")		\
	/* watermarks and counters */					\
	X(per_op_free_counter, 0, 1, 0, 0, 0, 1, 1, 0,			\
	  "NR_FREE_PAGES changes at each list operation, not per refill") \
	X(reserve_counts_free, 0, 1, 0, 0, 0, 1, 1, 0,			\
	  "watermarks deduct free HighAtomic pages, not the whole reserve") \
	X(reserve_limit_rounded, 0, 1, 0, 0, 0, 1, 1, 0,		\
	  "reserve limit: 1 % rounded up to 512, none below 512")	\
	X(unreserve_range, 0, 1, 0, 0, 0, 1, 1, 0,			\
	  "unreserving an order >= 9 block retypes and counts all of it") \
	X(below_high, 0, 1, 0, 0, 0, 1, 1, 0,				\
	  "zones above the high mark skip the requested watermark")	\
	X(boost_retry_by_reserve, 0, 1, 0, 0, 0, 1, 1, 0,		\
	  "MIN_RESERVE, not __GFP_ATOMIC, may ignore the boost")	\
	X(boost_wake_needs_kswapd, 0, 1, 0, 0, 0, 1, 1, 0,		\
	  "only a request with ALLOC_KSWAPD wakes kswapd for a boost")	\
	X(lowmem_reserve_zero_empty, 0, 1, 0, 0, 0, 1, 0, 19,		\
	  "no lowmem reserve toward a zone without pages")		\
	X(wmark_movable_small, 0, 1, 0, 0, 0, 1, 1, 0,			\
	  "zone Movable has a min mark of 32..128 pages")		\
	/* slow path */							\
	X(unreserve_on_refusal, 0, 1, 0, 1, 76, 1, 1, 0,		\
	  "every refused retry gives back high-order reserve first")	\
	X(compact_needs_io, 0, 1, 0, 1, 84, 1, 1, 0,			\
	  "no compaction for requests without __GFP_IO")		\
	X(thisnode_gives_up, 0, 1, 0, 1, 165, 0, 1, 111,			\
	  "costly NORETRY THISNODE requests fail after one compaction")	\
	/* compaction */						\
	X(compact_one_pass, 0, 1, 0, 1, 12, 1, 1, 0,			\
	  "one pass around a free page that was isolated fast")		\
	X(compact_fast_sets_skip, 0, 1, 0, 1, 12, 0, 0, 0,		\
	  "the fast search of the migrate scanner sets the skip bit")	\
	X(compact_keeps_orders, 0, 1, 0, 0, 0, 1, 1, 0,			\
	  "isolated free blocks wait by order, not as single pages")	\
	/* reclaim */							\
	X(reclaimable_counts_free, 0, 1, 0, 1, 141, 0, 1, 29,		\
	  "a zone without pages to reclaim counts its free ones instead") \
	X(lru_cost_rotations, 0, 1, 0, 0, 0, 1, 1, 0,			\
	  "balance of anon and file: pages looked at in vain cost, too") \
	X(file_writepage, 0, 1, 1, 1, 0, 0, 0, 0,			\
	  "kswapd may write a dirty page of a file itself (ext4)")	\
	X(trim_mode_retry, 0, 1, 0, 0, 0, 1, 1, 0,			\
	  "kswapd tries once more without sparing anonymous pages")	\
	X(reclaim_full_walk, 0, 1, 0, 0, 0, 1, 1, 0,			\
	  "direct reclaim that freed nothing goes round once more")	\
	/* slabs */							\
	X(slab_order_fixed_floor, 0, 1, 0, 0, 0, 1, 1, 0,		\
	  "more waste is accepted before fewer objects in a slab")	\
	X(slab_always_compound, 0, 1, 0, 0, 0, 1, 1, 0,			\
	  "__GFP_COMP for the single page of a slab of order 0 too")	\
	X(slab_freeptr_offset, 0, 1, 0, 0, 0, 1, 1, 0,			\
	  "a cache's maker may say where the free pointer goes")	\
	X(slab_orig_size_redzone, 0, 1, 0, 0, 0, 1, 1, 0,		\
	  "kmalloc red zone after the size asked for: free pointer behind") \
	X(slab_node_first, 0, 1, 0, 0, 0, 1, 1, 0,			\
	  "a slab for a named node is first tried there without sleeping") \
	X(slab_stack_one_more, 0, 1, 1, 1, 0, 0, 0, 0,			\
	  "a second slab goes on a CPU's stack that should have none")	\
	X(kmalloc_powers_last, 0, 1, 0, 0, 0, 1, 1, 0,			\
	  "kmalloc caches are made 96 and 192 first, DMA before cgroup") \
	X(kmalloc_divisor_align, 0, 1, 0, 0, 0, 1, 1, 0,		\
	  "kmalloc-96 and -192 aligned to their power-of-two divisor")	\
	X(slab_count_approx, 0, 1, 0, 0, 0, 1, 1, 0,			\
	  "slabinfo estimates what is free on a list of 10000 slabs")	\
	/* vmalloc */							\
	X(vmap_nodes, 0, 1, 0, 0, 0, 1, 1, 0,				\
	  "addresses of vmalloc in nodes with pools, one node for each CPU")

struct ba_profile {
#define X(name, min, max, a, b, sb, c, d, sd, text) uint8_t name;
	BA_PROFILE_ITEMS(X)
#undef X
};

/* The four named profiles. */
extern const struct ba_profile ba_profile_6_1_0;
extern const struct ba_profile ba_profile_6_1L;
extern const struct ba_profile ba_profile_6_12_0;
extern const struct ba_profile ba_profile_6_12L;

#define BA_NR_PROFILES 4u

/* One item, for those who list or set them by name. */
struct ba_profile_item {
	const char *name;
	const char *text;			/* one line */
	uint8_t min;
	uint8_t max;
	uint8_t value[BA_NR_PROFILES];		/* in the order above */
};

/* Name of the i-th named profile ("6.1.0" ...); NULL when out of range. */
const char *ba_profile_name_at(unsigned int i);

/* "6.1L" ... if `profile` equals a named one, else "custom". */
const char *ba_profile_name(const struct ba_profile *profile);

/* The i-th item; NULL when out of range. */
const struct ba_profile_item *ba_profile_item_at(unsigned int i);

/* BA_EPROFILE if no profile has that name; *ret is then unchanged. */
enum ba_status ba_profile_by_name(const char *name, struct ba_profile *ret);

/*
 * The profile of a kernel, from its version ("6.1.192", or a line of uname):
 * the release's profile, with the L value of every item that 6.x.N or an
 * earlier release of its series is known to have. Distributions hide N
 * ("6.1.0-40-amd64"); if the text has no other number of that series
 * ("Debian 6.1.153-1"), such a kernel is taken for a late one. BA_EPROFILE
 * for a series other than 6.1 and 6.12; *ret is then unchanged.
 */
enum ba_status ba_profile_for_kernel(const char *version,
				     struct ba_profile *ret);

/*
 * Set one item. BA_EPROFILE if no item has that name, BA_EINVAL if the value
 * is outside its range.
 */
enum ba_status ba_profile_set(struct ba_profile *profile, const char *name,
			      long value);

/* Read one item; BA_EPROFILE if no item has that name. */
enum ba_status ba_profile_get(const struct ba_profile *profile,
			      const char *name, unsigned int *ret);

#endif
