/* SPDX-License-Identifier: GPL-2.0-only */
#include "sim/waits.h"

#include <pthread.h>
#include <stdlib.h>

#include "mm/shrinker.h"
#include "mm/slab_common.h"

#include "booted.h"

#define ROOM 4096u

static struct ba_machine machine;
static struct ba_waits waits[ROOM];

static struct ba_machine shared(uint32_t nodes)
{
	struct ba_config config;

	ba_config_init(&config);
	config.memory_pages = 16384;
	config.nr_cpus = 2;
	config.nr_nodes = nodes;
	config.shared = true;
	return booted_with(&config);
}

/* The first of that kind at that zone or CPU; the whole list is in waits[]. */
static const struct ba_waits *find(enum ba_lock_kind kind, uint16_t zone,
				   uint16_t cpu)
{
	uint32_t nr = ba_waits(&machine, waits, ROOM);

	for (uint32_t i = 0; i < nr && i < ROOM; i++)
		if (waits[i].kind == kind && waits[i].zone == zone &&
		    waits[i].cpu == cpu)
			return &waits[i];
	return NULL;
}

static uint32_t count(enum ba_lock_kind kind)
{
	uint32_t nr = ba_waits(&machine, waits, ROOM), n = 0;

	for (uint32_t i = 0; i < nr && i < ROOM; i++)
		n += waits[i].kind == kind;
	return n;
}

static uint64_t sum(void)
{
	uint32_t nr = ba_waits(&machine, waits, ROOM);
	uint64_t all = 0;

	for (uint32_t i = 0; i < nr && i < ROOM; i++)
		all += (uint64_t)waits[i].waits + waits[i].spins;
	return all;
}

/* W1: each kind as often as its places are. */
TEST(w1_every_lock_stands_once)
{
	uint32_t zones, caches = 0, nr;
	struct ba_ctx ctx;

	machine = shared(2);
	ctx = ba_machine_ctx(&machine, 0);
	zones = ba_machine_nodes(&machine)->nr_zones;
	for (uint16_t id = 0; id < ctx.caches->nr; id++)
		caches += ba_cache_exists(&ctx, id);
	CHECK_EQ(count(BA_LOCK_CPU), 2);
	CHECK_EQ(count(BA_LOCK_VMALLOC), 1);
	CHECK_EQ(count(BA_LOCK_VM), 1);
	CHECK_EQ(count(BA_LOCK_SLAB), 1);
	CHECK_EQ(count(BA_LOCK_RANDOM), 1);
	CHECK_EQ(count(BA_LOCK_POOL), 1);
	CHECK_EQ(count(BA_LOCK_KSWAPD), 2);
	CHECK_EQ(count(BA_LOCK_ZONE), zones);
	CHECK_EQ(count(BA_LOCK_PCP), zones * 2);
	CHECK_EQ(count(BA_LOCK_LIST), caches * 2);
	CHECK_EQ(count(BA_LOCK_LRU), 0);
	nr = ba_waits(&machine, waits, 3);
	CHECK_EQ(nr, 6 + 1 + 2 + zones * 3 + caches * 2);
	ba_machine_destroy(&machine);
}

TEST(a_cache_with_a_shrinker_has_a_list_more)
{
	struct ba_slab_spec spec = { .object_size = 192,
				     .flags = BA_SLAB_NO_MERGE };
	struct ba_ctx ctx;
	uint16_t id;

	machine = shared(1);
	ctx = ba_machine_ctx(&machine, 0);
	REQUIRE(!ba_kmem_cache_create(&ctx, "inodes", &spec, &id));
	REQUIRE(!ba_shrinker_register(&ctx, id, 2, 128));
	CHECK_EQ(count(BA_LOCK_LRU), 1);
	ba_machine_destroy(&machine);
}

/* Somebody has the zone's lock; a CPU's list finds its own taken. */
static void *free_a_page(void *arg)
{
	struct ba_ctx ctx = ba_machine_enter(&machine, 1);
	struct ba_nodes *nodes = ba_machine_nodes(&machine);
	pfn_t pfn = ba_alloc_pages(&ctx, nodes, BA_GFP_KERNEL, 10, 0);

	(void)arg;
	if (pfn != BA_PFN_NONE)
		ba_free_pages(&ctx, nodes, pfn, 10);
	ba_machine_leave(&ctx);
	return NULL;
}

TEST(a_wait_is_seen_at_its_lock)
{
	struct ba_zone *zone;
	pthread_t thread;

	machine = shared(1);
	zone = zone_at(&machine, 1);
	CHECK_EQ(sum(), 0);
	ba_lock(&zone->buddy.lock, true);
	REQUIRE(!pthread_create(&thread, NULL, free_a_page, NULL));
	while (!find(BA_LOCK_ZONE, 1, BA_NO_PLACE)->waits)
		;
	ba_unlock(&zone->buddy.lock, true);
	REQUIRE(!pthread_join(thread, NULL));
	CHECK_EQ(find(BA_LOCK_ZONE, 1, BA_NO_PLACE)->waits, 1);
	CHECK_EQ(find(BA_LOCK_ZONE, 1, BA_NO_PLACE)->node, 0);
	CHECK_EQ(find(BA_LOCK_ZONE, 0, BA_NO_PLACE)->waits, 0);
	ba_waits_clear(&machine);
	CHECK_EQ(sum(), 0);
	ba_machine_destroy(&machine);
}

/* Two threads that act for one CPU follow each other. */
TEST(a_cpu_is_waited_for)
{
	struct ba_ctx ctx;
	pthread_t thread;

	machine = shared(1);
	ctx = ba_machine_enter(&machine, 1);
	REQUIRE(!pthread_create(&thread, NULL, free_a_page, NULL));
	while (!find(BA_LOCK_CPU, BA_NO_PLACE, 1)->waits)
		;
	ba_machine_leave(&ctx);
	REQUIRE(!pthread_join(thread, NULL));
	CHECK_EQ(find(BA_LOCK_CPU, BA_NO_PLACE, 1)->waits, 1);
	CHECK_EQ(find(BA_LOCK_CPU, BA_NO_PLACE, 0)->waits, 0);
	ba_machine_destroy(&machine);
}

TEST(names)
{
	CHECK_STR_EQ(ba_lock_name(BA_LOCK_PCP), "pcp");
	CHECK_STR_EQ(ba_lock_name(BA_LOCK_SLAB), "slab_mutex");
	CHECK_STR_EQ(ba_lock_name(BA_NR_LOCK_KINDS), NULL);
	CHECK(ba_lock_text(BA_LOCK_VM));
	CHECK_STR_EQ(ba_lock_text(BA_NR_LOCK_KINDS), NULL);
}
