/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/lock.h"

#include <pthread.h>

#include "testlib.h"

#define THREADS 4
#define TURNS 20000

/* word: 0 -> 1 -> 0, in both manners; L1. */
static void lock_and_unlock(bool shared)
{
	ba_lock_t lock;

	ba_lock_init(&lock);
	CHECK_EQ(lock.word, 0);
	ba_lock(&lock, shared);
	CHECK_EQ(lock.word, 1);
	CHECK(!ba_trylock(&lock, shared));
	ba_unlock(&lock, shared);
	CHECK_EQ(lock.word, 0);
	CHECK(ba_trylock(&lock, shared));
	CHECK_EQ(lock.word, 1);
	ba_unlock(&lock, shared);
	CHECK_EQ(lock.word, 0);
}

TEST(l1_free_lock_reads_as_zero)
{
	lock_and_unlock(false);
	lock_and_unlock(true);
}

struct counter {
	ba_lock_t lock;
	uint64_t value;		/* plain: only the lock protects it */
};

static void *count_up(void *arg)
{
	struct counter *counter = arg;
	int i;

	for (i = 0; i < TURNS; i++) {
		if (i % 3 || !ba_trylock(&counter->lock, true))
			ba_lock(&counter->lock, true);
		counter->value++;
		ba_unlock(&counter->lock, true);
	}
	return NULL;
}

/* L4, and that a shared lock counts a try in vain and who waited. */
TEST(l4_waits_are_counted_when_shared)
{
	ba_lock_t lock;

	ba_lock_init(&lock);
	ba_lock(&lock, false);
	CHECK(!ba_trylock(&lock, false));
	CHECK_EQ(lock.waits, 0);
	CHECK(!ba_trylock(&lock, true));
	CHECK_EQ(lock.waits, 1);
	CHECK_EQ(lock.spins, 0);
	ba_unlock(&lock, false);
	ba_lock(&lock, true);
	ba_unlock(&lock, true);
	CHECK_EQ(lock.waits, 1);
}

static void *wait_for(void *arg)
{
	struct counter *counter = arg;

	ba_lock(&counter->lock, true);
	counter->value++;
	ba_unlock(&counter->lock, true);
	return NULL;
}

/* One thread finds the lock taken and looks until it is free. */
TEST(a_wait_has_spins)
{
	struct counter counter = { .value = 0 };
	pthread_t thread;

	ba_lock_init(&counter.lock);
	ba_lock(&counter.lock, true);
	REQUIRE(!pthread_create(&thread, NULL, wait_for, &counter));
	while (!__atomic_load_n(&counter.lock.waits, __ATOMIC_RELAXED))
		;
	CHECK_EQ(counter.value, 0);
	ba_unlock(&counter.lock, true);
	REQUIRE(!pthread_join(thread, NULL));
	CHECK_EQ(counter.value, 1);
	CHECK_EQ(counter.lock.waits, 1);
}

/* L5: of each size, as it stands. */
TEST(l5_peek_reads_words_of_each_size)
{
	uint8_t a = 0xfe;
	int16_t b = -2;
	uint32_t c = 0xfffffffe;
	int64_t d = -2;

	CHECK_EQ(BA_PEEK(a), 0xfe);
	CHECK(BA_PEEK(b) == -2);
	CHECK_EQ(BA_PEEK(c), 0xfffffffe);
	CHECK(BA_PEEK(d) == -2);
}

/* L2: four threads add to one plain word; expect that no addition is lost. */
TEST(l2_shared_lock_excludes_and_publishes)
{
	struct counter counter = { .value = 0 };
	pthread_t threads[THREADS];
	int i;

	ba_lock_init(&counter.lock);
	for (i = 0; i < THREADS; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, count_up,
					&counter));
	for (i = 0; i < THREADS; i++)
		REQUIRE(!pthread_join(threads[i], NULL));
	CHECK_EQ(counter.value, (uint64_t)THREADS * TURNS);
	CHECK_EQ(counter.lock.word, 0);
}
