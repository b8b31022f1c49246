/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gfp - the words of a request: migratetypes, GFP flags, and the flags that
 * an allocation carries through the allocator.
 *
 * A request is one 32-bit word of flags. Its low bits say where the page may
 * lie, the two next what kind of use it is for, the others how hard the
 * kernel may try:
 *
 *	bit  23 ........ 11  10  9 ....... 5  4        3      2    1     0
 *	     how hard    reclaim  how, zero   reclaim- movable dma32 high dma
 *	                                      able              mem
 *	                                      \__ migratetype /
 *	                                               \____ zone ________/
 *
 *	GFP_HIGHUSER_MOVABLE 0x100cca -> zone Movable, type Movable
 *
 * Models: include/linux/gfp_types.h, include/linux/gfp.h (gfp_migratetype,
 *	gfpflags_allow_blocking), include/linux/mmzone.h,
 *	include/trace/events/mmflags.h (show_gfp_flags), mm/internal.h
 *	(ALLOC_*); read in 6.1.192, and in 6.12.111.
 * Profiles: profile.gfp_layout (0x200 is ATOMIC in 6.1 and unused in 6.12;
 *	GFP_ATOMIC and GFP_NOWAIT stand for other bits),
 *	profile.nonblock_flags (meaning of ALLOC_* 0x10, 0x20, 0x200).
 * Simplified: without CMA and without the flags of KASAN and lockdep: their
 *	names are known, with the bits 0 that they have in such a kernel. Bits
 *	from 24 on are written as a number.
 *
 * Invariants:
 *   G1 ba_gfp_parse(ba_gfp_format(gfp)) == gfp for every 32-bit gfp.
 *   G2 BA_MT_UNMOVABLE, _MOVABLE, _RECLAIMABLE < BA_MT_PCPTYPES, and these
 *      three are the types of a request.
 *   G3 a name stands once in BA_GFP_WORDS and BA_GFP_NAMES together.
 */
#ifndef BA_MM_GFP_H
#define BA_MM_GFP_H

#include "base/status.h"
#include "base/types.h"

typedef uint32_t gfp_t;		/* a word of GFP flags */

/* X(NAME, value, "name as the kernel prints it") */
#define BA_MIGRATETYPES(X)						\
	X(UNMOVABLE, 0, "Unmovable")					\
	X(MOVABLE, 1, "Movable")					\
	X(RECLAIMABLE, 2, "Reclaimable")				\
	X(HIGHATOMIC, 3, "HighAtomic")					\
	X(ISOLATE, 4, "Isolate")

enum ba_migratetype {
#define X(name, value, text) BA_MT_##name = value,
	BA_MIGRATETYPES(X)
#undef X
};
#define BA_MT_PCPTYPES	3u	/* types below have per-CPU lists and merge */
#define BA_NR_MT	5u

/* The single flags; they are the same in both layouts up to bit 23. */
#define BA_GFP_DMA		0x1u
#define BA_GFP_HIGHMEM		0x2u
#define BA_GFP_DMA32		0x4u
#define BA_GFP_MOVABLE		0x8u
#define BA_GFP_RECLAIMABLE	0x10u
#define BA_GFP_HIGH		0x20u	/* may use reserves */
#define BA_GFP_IO		0x40u
#define BA_GFP_FS		0x80u
#define BA_GFP_ZERO		0x100u
#define BA_GFP_ATOMIC		0x200u	/* 6.1 only: __GFP_ATOMIC */
#define BA_GFP_DIRECT_RECLAIM	0x400u
#define BA_GFP_KSWAPD_RECLAIM	0x800u
#define BA_GFP_WRITE		0x1000u	/* will be dirtied */
#define BA_GFP_NOWARN		0x2000u
#define BA_GFP_RETRY_MAYFAIL	0x4000u
#define BA_GFP_NOFAIL		0x8000u
#define BA_GFP_NORETRY		0x10000u
#define BA_GFP_MEMALLOC		0x20000u
#define BA_GFP_COMP		0x40000u
#define BA_GFP_NOMEMALLOC	0x80000u
#define BA_GFP_HARDWALL		0x100000u
#define BA_GFP_THISNODE		0x200000u
#define BA_GFP_ACCOUNT		0x400000u
#define BA_GFP_ZEROTAGS		0x800000u

/* Composites; the two that differ by layout carry its name. */
#define BA_GFP_RECLAIM		(BA_GFP_DIRECT_RECLAIM | BA_GFP_KSWAPD_RECLAIM)
#define BA_GFP_ATOMIC_6_1	(BA_GFP_HIGH | BA_GFP_ATOMIC |		\
				 BA_GFP_KSWAPD_RECLAIM)
#define BA_GFP_ATOMIC_6_12	(BA_GFP_HIGH | BA_GFP_KSWAPD_RECLAIM)
#define BA_GFP_NOWAIT_6_1	BA_GFP_KSWAPD_RECLAIM
#define BA_GFP_NOWAIT_6_12	(BA_GFP_KSWAPD_RECLAIM | BA_GFP_NOWARN)
#define BA_GFP_NOIO		BA_GFP_RECLAIM
#define BA_GFP_NOFS		(BA_GFP_RECLAIM | BA_GFP_IO)
#define BA_GFP_KERNEL		(BA_GFP_NOFS | BA_GFP_FS)
#define BA_GFP_KERNEL_ACCOUNT	(BA_GFP_KERNEL | BA_GFP_ACCOUNT)
#define BA_GFP_USER		(BA_GFP_KERNEL | BA_GFP_HARDWALL)
#define BA_GFP_HIGHUSER		(BA_GFP_USER | BA_GFP_HIGHMEM)
#define BA_GFP_HIGHUSER_MOVABLE	(BA_GFP_HIGHUSER | BA_GFP_MOVABLE)
#define BA_GFP_TRANSHUGE_LIGHT	((BA_GFP_HIGHUSER_MOVABLE &		\
				  (gfp_t)~BA_GFP_RECLAIM) |		\
				 BA_GFP_COMP | BA_GFP_NOMEMALLOC |	\
				 BA_GFP_NOWARN)
#define BA_GFP_TRANSHUGE	(BA_GFP_TRANSHUGE_LIGHT | BA_GFP_DIRECT_RECLAIM)

/* In 6.12 with CONFIG_SLAB_OBJ_EXT, as in any kernel with memory cgroups. */
#define BA_GFP_NO_OBJ_EXT	0x1000000u

/*
 * X("name", bits in 6.1, bits in 6.12): every word of the text form, in the
 * order in which the kernel looks for them; 0 where a layout has no such word.
 */
#define BA_GFP_WORDS(X)							\
	X("GFP_TRANSHUGE", BA_GFP_TRANSHUGE, BA_GFP_TRANSHUGE)		\
	X("GFP_TRANSHUGE_LIGHT", BA_GFP_TRANSHUGE_LIGHT,		\
	  BA_GFP_TRANSHUGE_LIGHT)					\
	X("GFP_HIGHUSER_MOVABLE", BA_GFP_HIGHUSER_MOVABLE,		\
	  BA_GFP_HIGHUSER_MOVABLE)					\
	X("GFP_HIGHUSER", BA_GFP_HIGHUSER, BA_GFP_HIGHUSER)		\
	X("GFP_USER", BA_GFP_USER, BA_GFP_USER)				\
	X("GFP_KERNEL_ACCOUNT", BA_GFP_KERNEL_ACCOUNT,			\
	  BA_GFP_KERNEL_ACCOUNT)					\
	X("GFP_KERNEL", BA_GFP_KERNEL, BA_GFP_KERNEL)			\
	X("GFP_NOFS", BA_GFP_NOFS, BA_GFP_NOFS)				\
	X("GFP_ATOMIC", BA_GFP_ATOMIC_6_1, BA_GFP_ATOMIC_6_12)		\
	X("GFP_NOIO", BA_GFP_NOIO, BA_GFP_NOIO)				\
	X("GFP_NOWAIT", BA_GFP_NOWAIT_6_1, BA_GFP_NOWAIT_6_12)		\
	X("GFP_DMA", BA_GFP_DMA, BA_GFP_DMA)				\
	X("__GFP_HIGHMEM", BA_GFP_HIGHMEM, BA_GFP_HIGHMEM)		\
	X("GFP_DMA32", BA_GFP_DMA32, BA_GFP_DMA32)			\
	X("__GFP_HIGH", BA_GFP_HIGH, BA_GFP_HIGH)			\
	X("__GFP_ATOMIC", BA_GFP_ATOMIC, 0)				\
	X("__GFP_IO", BA_GFP_IO, BA_GFP_IO)				\
	X("__GFP_FS", BA_GFP_FS, BA_GFP_FS)				\
	X("__GFP_NOWARN", BA_GFP_NOWARN, BA_GFP_NOWARN)			\
	X("__GFP_RETRY_MAYFAIL", BA_GFP_RETRY_MAYFAIL,			\
	  BA_GFP_RETRY_MAYFAIL)						\
	X("__GFP_NOFAIL", BA_GFP_NOFAIL, BA_GFP_NOFAIL)			\
	X("__GFP_NORETRY", BA_GFP_NORETRY, BA_GFP_NORETRY)		\
	X("__GFP_COMP", BA_GFP_COMP, BA_GFP_COMP)			\
	X("__GFP_ZERO", BA_GFP_ZERO, BA_GFP_ZERO)			\
	X("__GFP_NOMEMALLOC", BA_GFP_NOMEMALLOC, BA_GFP_NOMEMALLOC)	\
	X("__GFP_MEMALLOC", BA_GFP_MEMALLOC, BA_GFP_MEMALLOC)		\
	X("__GFP_HARDWALL", BA_GFP_HARDWALL, BA_GFP_HARDWALL)		\
	X("__GFP_THISNODE", BA_GFP_THISNODE, BA_GFP_THISNODE)		\
	X("__GFP_RECLAIMABLE", BA_GFP_RECLAIMABLE, BA_GFP_RECLAIMABLE)	\
	X("__GFP_MOVABLE", BA_GFP_MOVABLE, BA_GFP_MOVABLE)		\
	X("__GFP_ACCOUNT", BA_GFP_ACCOUNT, BA_GFP_ACCOUNT)		\
	X("__GFP_WRITE", BA_GFP_WRITE, BA_GFP_WRITE)			\
	X("__GFP_RECLAIM", BA_GFP_RECLAIM, BA_GFP_RECLAIM)		\
	X("__GFP_DIRECT_RECLAIM", BA_GFP_DIRECT_RECLAIM,		\
	  BA_GFP_DIRECT_RECLAIM)					\
	X("__GFP_KSWAPD_RECLAIM", BA_GFP_KSWAPD_RECLAIM,		\
	  BA_GFP_KSWAPD_RECLAIM)					\
	X("__GFP_ZEROTAGS", BA_GFP_ZEROTAGS, BA_GFP_ZEROTAGS)

/*
 * X("name", in 6.1, in 6.12, bits): the names that no trace prints, for
 * programs and for reading. The first are flags of today, the last three are
 * of older texts: __GFP_WAIT until 4.3, __GFP_REPEAT until 4.12,
 * GFP_TEMPORARY until 4.13.
 */
#define BA_GFP_NAMES(X)							\
	X("__GFP_DMA", 1, 1, BA_GFP_DMA)				\
	X("__GFP_DMA32", 1, 1, BA_GFP_DMA32)				\
	X("__GFP_SKIP_ZERO", 1, 1, 0)					\
	X("__GFP_SKIP_KASAN_UNPOISON", 1, 0, 0)				\
	X("__GFP_SKIP_KASAN_POISON", 1, 0, 0)				\
	X("__GFP_SKIP_KASAN", 0, 1, 0)					\
	X("__GFP_NOLOCKDEP", 1, 1, 0)					\
	X("__GFP_NO_OBJ_EXT", 0, 1, BA_GFP_NO_OBJ_EXT)			\
	X("__GFP_WAIT", 1, 1, BA_GFP_RECLAIM)				\
	X("__GFP_REPEAT", 1, 1, BA_GFP_RETRY_MAYFAIL)			\
	X("GFP_TEMPORARY", 1, 1, BA_GFP_KERNEL | BA_GFP_RECLAIMABLE)

/* Which bits the words stand for; the value of profile.gfp_layout. */
enum ba_gfp_layout { BA_GFP_6_1, BA_GFP_6_12 };

/* Flags of one attempt (ALLOC_*): what a request turns into on its way. */
#define BA_ALLOC_WMARK_MIN	0x0u	/* index of the watermark to keep */
#define BA_ALLOC_WMARK_LOW	0x1u
#define BA_ALLOC_WMARK_HIGH	0x2u
#define BA_ALLOC_WMARK_MASK	0x3u
#define BA_ALLOC_NO_WATERMARKS	0x4u
#define BA_ALLOC_OOM		0x8u	/* victim of the OOM killer */
#define BA_ALLOC_NON_BLOCK	0x10u	/* may not wait */
#define BA_ALLOC_MIN_RESERVE	0x20u	/* half of min; equals BA_GFP_HIGH */
#define BA_ALLOC_CPUSET		0x40u
#define BA_ALLOC_CMA		0x80u
#define BA_ALLOC_NOFRAGMENT	0x100u	/* rather another zone than stealing */
#define BA_ALLOC_HIGHATOMIC	0x200u	/* may use the high-order reserve */
#define BA_ALLOC_KSWAPD		0x800u	/* equals BA_GFP_KSWAPD_RECLAIM */
/* The same bits before profile.nonblock_flags. */
#define BA_ALLOC_HARDER		BA_ALLOC_NON_BLOCK
#define BA_ALLOC_HIGH		BA_ALLOC_MIN_RESERVE
/* Any of these lets a request use the high-order reserve's free pages. */
#define BA_ALLOC_RESERVES	(BA_ALLOC_NON_BLOCK | BA_ALLOC_MIN_RESERVE | \
				 BA_ALLOC_HIGHATOMIC | BA_ALLOC_OOM)

BA_STATIC_ASSERT(BA_ALLOC_MIN_RESERVE == BA_GFP_HIGH, "same bit");
BA_STATIC_ASSERT(BA_ALLOC_KSWAPD == BA_GFP_KSWAPD_RECLAIM, "same bit");

/*
 * The migratetype of a request while grouping by mobility is enabled. Both
 * MOVABLE and RECLAIMABLE at once give 3, which is no request type: ask
 * ba_gfp_valid first.
 */
static inline unsigned int ba_gfp_migratetype(gfp_t gfp)
{
	return (gfp & (BA_GFP_MOVABLE | BA_GFP_RECLAIMABLE)) >> 3;
}

/*
 * Do the flags name one migratetype, and at most one of the zones DMA, DMA32
 * and HighMem?
 */
static inline bool ba_gfp_valid(gfp_t gfp)
{
	gfp_t zone = gfp & (BA_GFP_DMA | BA_GFP_HIGHMEM | BA_GFP_DMA32);

	return !(zone & (zone - 1)) &&
	       ba_gfp_migratetype(gfp) < BA_MT_PCPTYPES;
}

/*
 * Will the page be on an LRU list? Folios of user space are: anonymous ones
 * ask for MOVABLE; those of the page cache for HARDWALL as a compound page,
 * without being charged as kernel memory (ACCOUNT) or by a slab (NOMEMALLOC).
 */
static inline bool ba_gfp_is_lru(gfp_t gfp)
{
	return gfp & BA_GFP_MOVABLE ||
	       (gfp & (BA_GFP_HARDWALL | BA_GFP_COMP | BA_GFP_ACCOUNT |
		       BA_GFP_NOMEMALLOC)) ==
		       (BA_GFP_HARDWALL | BA_GFP_COMP);
}

/* May the request wait for reclaim and compaction? */
static inline bool ba_gfp_may_direct_reclaim(gfp_t gfp)
{
	return (gfp & BA_GFP_DIRECT_RECLAIM) != 0;
}

/* Name of a migratetype; NULL when out of range. */
const char *ba_migratetype_name(unsigned int migratetype);

/*
 * Write `gfp` as the kernel prints it: composites first, then single flags,
 * joined by '|', what has no name as 0x...; "none" for 0. Always ends with
 * NUL if size > 0. Returns the length of the whole text, which was cut if
 * that is >= size.
 */
size_t ba_gfp_format(enum ba_gfp_layout layout, gfp_t gfp, char *buf,
		     size_t size);
#define BA_GFP_TEXT_MAX	512u	/* room for any gfp */

/*
 * One word of such a text, of `len` bytes. Also understood: the names of
 * BA_GFP_NAMES, a single flag without its leading "__" where no other word
 * is spelled so (GFP_WAIT, GFP_HIGH, GFP_ZERO, as older texts have them), and
 * any number in 0x form. False for any other; *ret is then unchanged.
 */
bool ba_gfp_parse_word(enum ba_gfp_layout layout, const char *text, size_t len,
		       gfp_t *ret);

/*
 * A whole text of `len` bytes. BA_EFORMAT for an empty or unknown word; *ret
 * is then unchanged.
 */
enum ba_status ba_gfp_parse(enum ba_gfp_layout layout, const char *text,
			    size_t len, gfp_t *ret);

#endif
