// SPDX-License-Identifier: GPL-2.0-only
#include "sim/waits.h"

/* Where a walk over the locks writes. */
struct walk {
	struct ba_waits *ret;
	uint32_t room, nr;
	bool clear;		/* and write nothing */
};

static void meet(struct walk *walk, ba_lock_t *lock, struct ba_waits place)
{
	if (walk->clear) {
		lock->waits = lock->spins = 0;
	} else if (walk->nr < walk->room) {
		place.waits = BA_PEEK(lock->waits);
		place.spins = BA_PEEK(lock->spins);
		walk->ret[walk->nr] = place;
	}
	walk->nr++;
}

/* A place of that kind that is nowhere yet. */
static struct ba_waits nowhere(enum ba_lock_kind kind)
{
	return (struct ba_waits){ .kind = (uint8_t)kind, .cpu = BA_NO_PLACE,
				  .node = BA_NO_PLACE, .zone = BA_NO_PLACE,
				  .cache = BA_NO_PLACE };
}

static void meet_zone(struct walk *walk, struct ba_zone *zone)
{
	struct ba_waits place = nowhere(BA_LOCK_ZONE);

	place.zone = zone->id;
	place.node = zone->node;
	meet(walk, &zone->buddy.lock, place);
	place.kind = BA_LOCK_PCP;
	for (cpu_t cpu = 0; cpu < zone->nr_cpus; cpu++) {
		place.cpu = cpu;
		meet(walk, &zone->pcp[cpu].lock, place);
	}
}

static void meet_cache(struct walk *walk, const struct ba_nodes *nodes,
		       struct ba_kmem_cache *cache, uint16_t id)
{
	struct ba_waits place = nowhere(BA_LOCK_LIST);

	place.cache = id;
	for (uint8_t node = 0; node < BA_NODE_MAX; node++) {
		if (!nodes->node[node].online)
			continue;
		place.node = node;
		place.kind = BA_LOCK_LIST;
		meet(walk, &cache->node[node].lock, place);
		place.kind = BA_LOCK_LRU;
		if (BA_PEEK(cache->shrinker.registered))
			meet(walk, &cache->shrinker.node[node].lock, place);
	}
}

static void meet_nodes(struct walk *walk, struct ba_nodes *nodes)
{
	struct ba_waits place = nowhere(BA_LOCK_KSWAPD);

	for (uint8_t node = 0; node < BA_NODE_MAX; node++) {
		place.node = node;
		if (nodes->node[node].online)
			meet(walk, &nodes->node[node].kswapd_lock, place);
	}
	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		meet_zone(walk, &nodes->zone[id]);
}

static void walk_all(struct ba_machine *machine, struct walk *walk)
{
	struct ba_nodes *nodes = ba_machine_nodes(machine);
	struct ba_ctx ctx = ba_machine_ctx(machine, 0);
	struct ba_waits place = nowhere(BA_LOCK_CPU);

	for (cpu_t cpu = 0; cpu < nodes->nr_cpus; cpu++) {
		place.cpu = cpu;
		meet(walk, &machine->cpus.cpu[cpu].lock, place);
	}
	meet(walk, &ctx.vmalloc->lock, nowhere(BA_LOCK_VMALLOC));
	meet(walk, &ctx.vm->lock, nowhere(BA_LOCK_VM));
	meet(walk, &ctx.caches->mutex, nowhere(BA_LOCK_SLAB));
	meet(walk, &ctx.caches->lock, nowhere(BA_LOCK_RANDOM));
	meet(walk, &ctx.caches->pool.lock, nowhere(BA_LOCK_POOL));
	meet_nodes(walk, nodes);
	for (uint16_t id = 0; id < BA_PEEK(ctx.caches->nr); id++)
		if (ba_cache_exists(&ctx, id))
			meet_cache(walk, nodes, ba_cache_at(&ctx, id), id);
}

uint32_t ba_waits(struct ba_machine *machine, struct ba_waits *ret,
		  uint32_t room)
{
	struct walk walk = { .ret = ret, .room = room };

	walk_all(machine, &walk);
	return walk.nr;
}

void ba_waits_clear(struct ba_machine *machine)
{
	struct walk walk = { .clear = true };

	walk_all(machine, &walk);
}

const char *ba_lock_name(unsigned int kind)
{
	static const char *const names[] = {
#define X(kind_, name, text) name,
		BA_LOCK_KINDS(X)
#undef X
	};

	return kind < BA_NR_LOCK_KINDS ? names[kind] : NULL;
}

const char *ba_lock_text(unsigned int kind)
{
	static const char *const texts[] = {
#define X(kind_, name, text) text,
		BA_LOCK_KINDS(X)
#undef X
	};

	return kind < BA_NR_LOCK_KINDS ? texts[kind] : NULL;
}
