// SPDX-License-Identifier: GPL-2.0-only
#include "base/lock.h"

#include <sched.h>

static void cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ __volatile__("yield");
#endif
}

/* Test and test-and-set: waiters read their own copy of the line. */
void ba_lock_wait(ba_lock_t *lock)
{
	uint32_t spins = 0;

	ba_lock_missed(lock);
	do {
		while (__atomic_load_n(&lock->word, __ATOMIC_RELAXED)) {
			if (++spins % BA_LOCK_SPINS)
				cpu_relax();
			else
				sched_yield();
		}
	} while (__atomic_exchange_n(&lock->word, 1u, __ATOMIC_ACQUIRE));
	__atomic_fetch_add(&lock->spins, spins, __ATOMIC_RELAXED);
}

#ifdef BA_TSAN
__attribute__((no_sanitize("thread"), noinline))
uint64_t ba_peek(const volatile void *word, size_t size)
{
	switch (size) {
	case 1:
		return *(const volatile uint8_t *)word;
	case 2:
		return *(const volatile uint16_t *)word;
	case 4:
		return *(const volatile uint32_t *)word;
	default:
		return *(const volatile uint64_t *)word;
	}
}
#endif
