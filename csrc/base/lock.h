/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lock - a lock that reads as 0 when it is free, and counts who had to wait.
 *
 *	word 0 --lock--> 1 --unlock--> 0
 *	           \- found taken: waits + 1, spins + looks until it was free
 *
 * Several host threads may drive one machine only when it was created as
 * shared; each call passes that fact on. A machine that is not shared pays
 * plain loads and stores, no atomic read-modify-write.
 *
 * Some words are read without the lock that protects them, as in the kernel:
 * whoever looks gets an old value or a new one, and acts on it only if either
 * will do, or looks again under the lock. Such a look is BA_PEEK.
 *
 * Models: spinlock_t of struct zone and struct per_cpu_pages; data_race,
 *	include/linux/compiler.h (6.1, 6.12).
 * Simplified: no fairness, no queue. What the kernel does with interrupts is
 *	part of a replay's event order. The order in which locks are taken is
 *	in mm/context.h.
 *
 * Invariants:
 *   L1 a free lock is 0, so a machine at rest compares and hashes exactly.
 *   L2 what was written under the lock is seen by the next one to take it.
 *   L3 all users of one lock pass the same `shared`.
 *   L4 the counts of a lock that is not shared stay 0.
 *   L5 what is peeked at is an aligned word that its holders write as one.
 */
#ifndef BA_BASE_LOCK_H
#define BA_BASE_LOCK_H

#include "base/assert.h"
#include "base/types.h"

/* Looks at a taken lock before the host thread gives up its turn. */
#define BA_LOCK_SPINS 128u

typedef struct {
	uint32_t word;		/* 0 free, 1 taken */
	uint32_t waits;		/* times it was found taken, modulo 2^32 */
	uint32_t spins;		/* looks at it meanwhile, modulo 2^32 */
} ba_lock_t;

/* What a thread does that finds the lock taken; it has it afterwards. */
void ba_lock_wait(ba_lock_t *lock);

/* Count a try that found the lock taken. */
static inline void ba_lock_missed(ba_lock_t *lock)
{
	__atomic_fetch_add(&lock->waits, 1u, __ATOMIC_RELAXED);
}

static inline void ba_lock_init(ba_lock_t *lock)
{
	lock->word = 0;
	lock->waits = 0;
	lock->spins = 0;
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
	if (ba_likely(!__atomic_exchange_n(&lock->word, 1u, __ATOMIC_ACQUIRE)))
		return true;
	ba_lock_missed(lock);
	return false;
}

/*
 * The same of a caller that goes to ba_lock_wait() next if the lock was taken,
 * from where a call costs the others nothing. Pre: when not shared, it is free.
 */
static inline bool ba_lock_at_once(ba_lock_t *lock, bool shared)
{
	if (ba_likely(!shared)) {
		ba_dassert(lock->word == 0);
		lock->word = 1;
		return true;
	}
	return ba_likely(!__atomic_exchange_n(&lock->word, 1u,
					      __ATOMIC_ACQUIRE));
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

/*
 * The value of a word that others may write under a lock that is not ours. As
 * in the kernel's data_race() it is the reader that is marked, and both use
 * plain loads and stores: an atomic load costs gcc an instruction more, which
 * counts where pages are handed out. ThreadSanitizer, to which the holders'
 * stores would be a race with the look, does not see the look.
 */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BA_TSAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define BA_TSAN 1
#endif

#ifdef BA_TSAN
uint64_t ba_peek(const volatile void *word, size_t size);
#define BA_PEEK(x) ((__typeof__(x))ba_peek(&(x), sizeof(x)))
#else
#define BA_PEEK(x) (x)
#endif

#endif
