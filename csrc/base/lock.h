/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lock - a lock of one word that reads as 0 when it is free.
 *
 *	word 0 --lock--> 1 --unlock--> 0
 *
 * Several host threads may drive one machine only when it was created as
 * shared; each call passes that fact on. A machine that is not shared pays
 * plain loads and stores, no atomic read-modify-write.
 *
 * Models: spinlock_t of struct zone and struct per_cpu_pages (6.1, 6.12).
 * Simplified: no fairness, no queue, no debugging of lock order. What the
 *	kernel does with interrupts is part of a replay's event order.
 *
 * Invariants:
 *   L1 a free lock is 0, so a machine at rest compares and hashes exactly.
 *   L2 what was written under the lock is seen by the next one to take it.
 *   L3 all users of one lock pass the same `shared`.
 */
#ifndef BA_BASE_LOCK_H
#define BA_BASE_LOCK_H

#include <sched.h>

#include "base/assert.h"
#include "base/types.h"

/* Looks at a taken lock before the host thread gives up its turn. */
#define BA_LOCK_SPINS 128u

typedef struct {
	uint32_t word;		/* 0 free, 1 taken */
} ba_lock_t;

static inline void ba_cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ __volatile__("yield");
#endif
}

static inline void ba_lock_init(ba_lock_t *lock)
{
	lock->word = 0;
}

/* True when the lock was free and is now ours. */
static inline bool ba_trylock(ba_lock_t *lock, bool shared)
{
	if (ba_likely(!shared)) {
		if (lock->word)
			return false;
		lock->word = 1;
		return true;
	}
	return !__atomic_exchange_n(&lock->word, 1u, __ATOMIC_ACQUIRE);
}

/* Test and test-and-set: waiters read their own copy of the line. */
static inline void ba_lock_wait(ba_lock_t *lock)
{
	uint32_t spins = 0;

	do {
		while (__atomic_load_n(&lock->word, __ATOMIC_RELAXED)) {
			if (++spins < BA_LOCK_SPINS) {
				ba_cpu_relax();
			} else {
				spins = 0;
				sched_yield();
			}
		}
	} while (__atomic_exchange_n(&lock->word, 1u, __ATOMIC_ACQUIRE));
}

/* Pre: when not shared, the lock is free. Post: the lock is ours. */
static inline void ba_lock(ba_lock_t *lock, bool shared)
{
	if (ba_likely(!shared)) {
		ba_dassert(lock->word == 0);
		lock->word = 1;
		return;
	}
	if (ba_unlikely(__atomic_exchange_n(&lock->word, 1u, __ATOMIC_ACQUIRE)))
		ba_lock_wait(lock);
}

/* Pre: the lock is ours. */
static inline void ba_unlock(ba_lock_t *lock, bool shared)
{
	ba_dassert(shared || lock->word == 1);
	__atomic_store_n(&lock->word, 0u, __ATOMIC_RELEASE);
}

#endif
