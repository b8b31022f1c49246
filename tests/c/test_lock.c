/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/lock.h"

#include <pthread.h>

#include "testlib.h"

#define THREADS 4
#define ROUNDS 20000

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

	for (i = 0; i < ROUNDS; i++) {
		if (i % 3 || !ba_trylock(&counter->lock, true))
			ba_lock(&counter->lock, true);
		counter->value++;
		ba_unlock(&counter->lock, true);
	}
	return NULL;
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
	CHECK_EQ(counter.value, (uint64_t)THREADS * ROUNDS);
	CHECK_EQ(counter.lock.word, 0);
}
