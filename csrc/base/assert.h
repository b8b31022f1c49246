/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * assert - three tiers of distrust.
 *
 *	tier       active when    cost         when it fails
 *	BA_BUG_ON  always         O(1), cheap  sets the machine's broken flag
 *	ba_dassert BA_DEBUG >= 1  O(1)         traps: debug builds only
 *	ba_xassert BA_DEBUG >= 2  recounts     traps: debug builds only
 *
 * A release build never stops the process: the one who finds a broken flag
 * returns BA_EBROKEN, and every later call on that machine does too.
 *
 * Invariants:
 *   A1 an inactive tier does not evaluate its condition, but compiles it.
 *   A2 a broken flag never goes back to 0.
 */
#ifndef BA_BASE_ASSERT_H
#define BA_BASE_ASSERT_H

#include "base/types.h"

#ifndef BA_DEBUG
#define BA_DEBUG 0
#endif

/*
 * True when `cond` holds, which it never should; then *broken becomes 1:
 *
 *	if (BA_BUG_ON(order > BA_ORDER_MAX, &zone->broken))
 *		return BA_EBROKEN;
 */
#define BA_BUG_ON(cond, broken) \
	(ba_unlikely(cond) && ba_mark_broken(broken))

/* Atomic, because CPUs of a shared machine may find a fault at once. */
static inline bool ba_mark_broken(uint32_t *broken)
{
	__atomic_store_n(broken, 1u, __ATOMIC_RELAXED);
	return true;
}

#define BA_TRAP_UNLESS(cond) \
	do { \
		if (ba_unlikely(!(cond))) \
			__builtin_trap(); \
	} while (0)

/* Unevaluated, yet the names in it count as used and must exist. */
#define BA_NOT_EVALUATED(cond) ((void)sizeof((cond) ? 1 : 0))

#if BA_DEBUG >= 1
#define ba_dassert(cond) BA_TRAP_UNLESS(cond)
#else
#define ba_dassert(cond) BA_NOT_EVALUATED(cond)
#endif

#if BA_DEBUG >= 2
#define ba_xassert(cond) BA_TRAP_UNLESS(cond)
#else
#define ba_xassert(cond) BA_NOT_EVALUATED(cond)
#endif

#endif
