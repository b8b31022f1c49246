// SPDX-License-Identifier: GPL-2.0-only
#include "mm/vmap_area.h"

#include "base/assert.h"

#define FIRST_ADDRESS	UINT64_C(1)
#define LAST_ADDRESS	UINT64_MAX
#define LAZY_PER_CPU_BIT (UINT64_C(32) << 20)	/* bytes */

/* ---- records ----------------------------------------------------- */

uint32_t ba_vmap_room(const struct ba_vmap *map)
{
	return map->space->max_areas - map->space->nr_areas +
	       map->space->nr_unused;
}

uint32_t ba_vmap_new(struct ba_vmap *map, uint64_t object)
{
	struct ba_vmap_space *space = map->space;
	uint32_t id = space->unused;

	ba_dassert(ba_vmap_room(map) > 0);
	if (id) {
		space->unused = map->areas[id].next;
		space->nr_unused--;
	} else {
		id = space->nr_areas++;
	}
	map->areas[id] = (struct ba_vmap_area){ .object = object };
	return id;
}

static void bury(struct ba_vmap *map, cpu_t cpu, uint32_t id)
{
	struct ba_vmap_space *space = map->space;
	struct ba_vmap_area *a = &map->areas[id];

	*a = (struct ba_vmap_area){ .object = a->object,
				    .tag = (uint8_t)cpu,
				    .state = BA_VMAP_DEAD };
	if (space->dead)
		map->areas[space->dead_tail].next = id;
	else
		space->dead = id;
	space->dead_tail = id;
}

void ba_vmap_drop(struct ba_vmap *map, cpu_t cpu, uint32_t id)
{
	bury(map, cpu, id);
}

bool ba_vmap_next_dead(struct ba_vmap *map, uint64_t *object, cpu_t *cpu)
{
	struct ba_vmap_space *space = map->space;
	uint32_t id = space->dead;

	if (!id)
		return false;
	*object = map->areas[id].object;
	*cpu = map->areas[id].tag;
	space->dead = map->areas[id].next;
	map->areas[id] = (struct ba_vmap_area){ .next = space->unused };
	space->unused = id;
	space->nr_unused++;
	return true;
}

void ba_vmap_give_spare(struct ba_vmap *map, cpu_t cpu, uint32_t id)
{
	ba_dassert(!map->space->spare[cpu]);
	map->areas[id].state = BA_VMAP_SPARE;
	map->space->spare[cpu] = id;
}

/* ---- trees ------------------------------------------------------- */

/*
 * Let the area be part of its neighbours in the tree, or else put it there.
 * Of those that become one, the record of the lowest that the tree had stays.
 */
static void merge_or_add(struct ba_vmap *map, cpu_t cpu, uint32_t *root,
			 uint32_t id, enum ba_vmap_state state)
{
	struct ba_vmap_area *areas = map->areas;
	uint32_t before, after, kept = id;

	ba_vmap_tree_around(areas, *root, areas[id].start, &before, &after);
	if (after && areas[after].start == areas[id].end) {
		areas[after].start = areas[id].start;
		bury(map, cpu, id);
		kept = after;
	}
	if (before && areas[before].end == areas[kept].start) {
		if (kept != id)
			ba_vmap_tree_erase(areas, root, kept);
		areas[before].end = areas[kept].end;
		bury(map, cpu, kept);
		kept = before;
	}
	if (kept == id) {
		areas[id].state = (uint8_t)state;
		areas[id].tag = 0;
		ba_vmap_tree_insert(areas, root, id);
	} else {
		ba_vmap_tree_resized(areas, kept);
	}
}

static void make_free(struct ba_vmap *map, cpu_t cpu, uint32_t id)
{
	merge_or_add(map, cpu, &map->space->free, id, BA_VMAP_FREE);
}

/* Take the whole tree apart: a list by ascending address. */
static uint32_t tree_to_list(struct ba_vmap *map, uint32_t *root)
{
	uint32_t first = ba_vmap_tree_first(map->areas, *root);

	for (uint32_t id = first; id; id = map->areas[id].next)
		map->areas[id].next = ba_vmap_tree_next(map->areas, id);
	*root = BA_VMAP_NONE;
	return first;
}

void ba_vmap_init(struct ba_vmap *map, const struct ba_profile *profile,
		  uint32_t nr_cpus, uint32_t max_areas, uint64_t object)
{
	struct ba_vmap_space *space = map->space;
	uint32_t id, log = 0;

	while (nr_cpus >> log)
		log++;
	space->start = BA_VMALLOC_START;
	space->end = BA_VMALLOC_END;
	space->lazy_max = log * LAZY_PER_CPU_BIT / BA_PAGE_SIZE;
	space->nr_nodes = profile->vmap_nodes ? nr_cpus : 1;
	space->merge_lazy = !profile->vmap_nodes;
	space->max_areas = max_areas;
	space->nr_areas = 1;
	id = ba_vmap_new(map, object);
	map->areas[id].start = FIRST_ADDRESS;
	map->areas[id].end = LAST_ADDRESS;
	map->areas[id].state = BA_VMAP_FREE;
	ba_vmap_tree_insert(map->areas, &space->free, id);
}

/* ---- allocation -------------------------------------------------- */

static struct ba_vmap_node *node_of(const struct ba_vmap *map,
				    uint64_t address)
{
	struct ba_vmap_space *space = map->space;
	uint64_t zone = address / (BA_VMAP_ZONE * BA_PAGE_SIZE);

	return &space->node[zone % space->nr_nodes];
}

static void make_busy(struct ba_vmap *map, uint32_t id, uint8_t tag)
{
	struct ba_vmap_area *a = &map->areas[id];

	a->state = BA_VMAP_BUSY;
	a->tag = tag;
	ba_vmap_tree_insert(map->areas, &node_of(map, a->start)->busy, id);
}

/* Whose pool the area comes from, and goes to: 1 + node; 0: no pool's. */
static uint8_t tag_of(const struct ba_vmap *map, cpu_t cpu,
		      const struct ba_vmap_request *request)
{
	const struct ba_vmap_space *space = map->space;

	if (request->lo != space->start || request->hi != space->end ||
	    space->nr_nodes == 1)
		return 0;
	return (uint8_t)(1 + cpu % space->nr_nodes);
}

static struct ba_vmap_pool *pool_of(const struct ba_vmap *map, uint8_t tag,
				    uint64_t size)
{
	uint64_t index = (size - 1) / BA_PAGE_SIZE;

	if (!tag || index >= BA_VMAP_POOLS)
		return NULL;
	return &map->pools[(tag - 1u) * BA_VMAP_POOLS + index];
}

static uint32_t pool_pop(struct ba_vmap *map, struct ba_vmap_pool *pool)
{
	uint32_t id = pool->head;

	pool->head = map->areas[id].next;
	if (!pool->head)
		pool->tail = BA_VMAP_NONE;
	pool->len--;
	map->areas[id].next = BA_VMAP_NONE;
	return id;
}

static void pool_push(struct ba_vmap *map, struct ba_vmap_pool *pool,
		      uint32_t id)
{
	map->areas[id].state = BA_VMAP_POOLED;
	map->areas[id].next = pool->head;
	pool->head = id;
	if (!pool->tail)
		pool->tail = id;
	pool->len++;
}

/* The head goes to the tail. */
static void pool_turn(struct ba_vmap *map, struct ba_vmap_pool *pool)
{
	uint32_t id = pool_pop(map, pool);

	if (pool->tail)
		map->areas[pool->tail].next = id;
	else
		pool->head = id;
	pool->tail = id;
	pool->len++;
}

uint32_t ba_vmap_take_pooled(struct ba_vmap *map, cpu_t cpu,
			     const struct ba_vmap_request *request)
{
	uint8_t tag = tag_of(map, cpu, request);
	struct ba_vmap_pool *pool = pool_of(map, tag, request->size);
	uint32_t id;

	if (!pool || !pool->len)
		return BA_VMAP_NONE;
	if (map->areas[pool->head].start % request->align) {
		pool_turn(map, pool);
		return BA_VMAP_NONE;
	}
	id = pool_pop(map, pool);
	make_busy(map, id, tag);
	return id;
}

/* Take [start, start + size) out of a hole. */
static void cut(struct ba_vmap *map, cpu_t cpu, uint32_t hole, uint64_t start,
		uint64_t size)
{
	struct ba_vmap_space *space = map->space;
	struct ba_vmap_area *h = &map->areas[hole];
	uint64_t end = start + size;
	uint32_t below;

	if (h->start == start && h->end == end) {
		ba_vmap_tree_erase(map->areas, &space->free, hole);
		bury(map, cpu, hole);
	} else if (h->start == start) {
		h->start = end;
		ba_vmap_tree_resized(map->areas, hole);
	} else if (h->end == end) {
		h->end = start;
		ba_vmap_tree_resized(map->areas, hole);
	} else {
		below = space->spare[cpu];
		space->spare[cpu] = BA_VMAP_NONE;
		map->areas[below].start = h->start;
		map->areas[below].end = start;
		map->areas[below].state = BA_VMAP_FREE;
		h->start = end;
		ba_vmap_tree_resized(map->areas, hole);
		ba_vmap_tree_insert(map->areas, &space->free, below);
	}
}

bool ba_vmap_place(struct ba_vmap *map, cpu_t cpu, uint32_t id,
		   const struct ba_vmap_request *request)
{
	struct ba_vmap_area *a = &map->areas[id];
	uint64_t start;
	uint32_t hole;

	ba_dassert(map->space->spare[cpu]);
	hole = ba_vmap_tree_lowest(map->areas, map->space->free, request);
	if (!hole || !ba_vmap_fits(&map->areas[hole], request, &start) ||
	    start + request->size > request->hi)
		return false;
	cut(map, cpu, hole, start, request->size);
	a->start = start;
	a->end = start + request->size;
	make_busy(map, id, tag_of(map, cpu, request));
	return true;
}

uint32_t ba_vmap_find(const struct ba_vmap *map, uint64_t start)
{
	uint32_t id = ba_vmap_tree_find(map->areas, node_of(map, start)->busy,
					start);

	return id && map->areas[id].start == start ? id : BA_VMAP_NONE;
}

/* ---- lazy freeing ------------------------------------------------ */

bool ba_vmap_is_lazy(const struct ba_vmap *map, uint64_t address)
{
	for (uint32_t n = 0; n < map->space->nr_nodes; n++)
		if (ba_vmap_tree_find(map->areas, map->space->node[n].lazy,
				      address))
			return true;
	return false;
}

void ba_vmap_free_lazily(struct ba_vmap *map, cpu_t cpu, uint32_t id)
{
	struct ba_vmap_space *space = map->space;
	struct ba_vmap_area *a = &map->areas[id];
	struct ba_vmap_node *node = node_of(map, a->start);

	ba_vmap_tree_erase(map->areas, &node->busy, id);
	space->lazy_pages += ba_vmap_size(a) / BA_PAGE_SIZE;
	if (space->merge_lazy) {
		merge_or_add(map, cpu, &node->lazy, id, BA_VMAP_LAZY);
	} else {
		if (a->tag)
			node = &space->node[a->tag - 1];
		a->state = BA_VMAP_LAZY;
		ba_vmap_tree_insert(map->areas, &node->lazy, id);
	}
	if (space->lazy_pages > space->lazy_max)
		space->drain_wanted = 1;
}

/* ---- purge ------------------------------------------------------- */

/*
 * A quarter of each pool of a node becomes free, or all of it; of a pool of
 * less than four all, too. What becomes free is put together first.
 */
static void decay(struct ba_vmap *map, cpu_t cpu, uint32_t node, bool full)
{
	uint32_t root = BA_VMAP_NONE, next;

	for (uint32_t i = 0; i < BA_VMAP_POOLS; i++) {
		struct ba_vmap_pool *pool =
			&map->pools[node * BA_VMAP_POOLS + i];
		uint32_t nr = pool->len / 4;

		if (full || !nr)
			nr = pool->len;
		for (; nr; nr--)
			merge_or_add(map, cpu, &root, pool_pop(map, pool),
				     BA_VMAP_FREE);
	}
	for (uint32_t id = tree_to_list(map, &root); id; id = next) {
		next = map->areas[id].next;
		make_free(map, cpu, id);
	}
}

/* One node's areas into its pools, or, from the highest down, free. */
static void purge_node(struct ba_vmap *map, cpu_t cpu, uint32_t id, bool full)
{
	uint32_t back = BA_VMAP_NONE, next;

	for (; id; id = next) {
		struct ba_vmap_area *a = &map->areas[id];
		struct ba_vmap_pool *pool = pool_of(map, a->tag,
						    ba_vmap_size(a));

		next = a->next;
		map->space->lazy_pages -= ba_vmap_size(a) / BA_PAGE_SIZE;
		if (pool && !full) {
			pool_push(map, pool, id);
		} else {
			a->next = back;
			back = id;
		}
	}
	for (; back; back = next) {
		next = map->areas[back].next;
		make_free(map, cpu, back);
	}
}

/* Nodes whose areas CPUs of their number purge, besides this one. */
static uint32_t count_helpers(const struct ba_vmap *map, uint32_t nodes)
{
	uint64_t full = map->space->lazy_pages / map->space->lazy_max;

	if (full < 1)
		full = 1;
	return (uint32_t)(full < nodes ? full : nodes) - 1;
}

static void purge_nodes(struct ba_vmap *map, cpu_t cpu, bool full)
{
	struct ba_vmap_space *space = map->space;
	uint32_t list[BA_CPU_MAX], nodes = 0, helpers, nth = 0;

	for (uint32_t n = 0; n < space->nr_nodes; n++) {
		decay(map, cpu, n, full);
		list[n] = tree_to_list(map, &space->node[n].lazy);
		nodes += list[n] != BA_VMAP_NONE;
	}
	if (!nodes)
		return;
	space->purges++;
	helpers = count_helpers(map, nodes);
	for (uint32_t n = 0; n < space->nr_nodes; n++)
		if (list[n] && nth++ >= helpers)
			purge_node(map, cpu, list[n], full);
	nth = 0;
	for (uint32_t n = 0; n < space->nr_nodes; n++)
		if (list[n] && nth++ < helpers)
			purge_node(map, (cpu_t)n, list[n], full);
}

static void purge_merged(struct ba_vmap *map, cpu_t cpu)
{
	struct ba_vmap_space *space = map->space;
	uint32_t id = tree_to_list(map, &space->node[0].lazy), next;

	space->purges += id != BA_VMAP_NONE;
	for (; id; id = next) {
		struct ba_vmap_area *a = &map->areas[id];

		next = a->next;
		space->lazy_pages -= ba_vmap_size(a) / BA_PAGE_SIZE;
		make_free(map, cpu, id);
	}
}

static void purge(struct ba_vmap *map, cpu_t cpu, bool full)
{
	if (map->space->merge_lazy)
		purge_merged(map, cpu);
	else
		purge_nodes(map, cpu, full);
}

void ba_vmap_drain(struct ba_vmap *map, cpu_t cpu)
{
	map->space->drain_wanted = 0;
	purge(map, cpu, false);
}

void ba_vmap_purge_all(struct ba_vmap *map, cpu_t cpu)
{
	purge(map, cpu, true);
}

uint64_t ba_vmap_count_pooled(const struct ba_vmap *map)
{
	const struct ba_vmap_space *space = map->space;
	uint64_t count = 0;

	for (uint32_t i = 0; i < space->nr_nodes * BA_VMAP_POOLS; i++)
		count += map->pools[i].len;
	return count;
}

void ba_vmap_decay_all(struct ba_vmap *map, cpu_t cpu)
{
	for (uint32_t n = 0; n < map->space->nr_nodes; n++)
		decay(map, cpu, n, true);
}

/* ---- views and check --------------------------------------------- */

static uint32_t root_of(const struct ba_vmap *map, enum ba_vmap_state state,
			uint32_t node)
{
	return state == BA_VMAP_BUSY ? map->space->node[node].busy :
				       map->space->node[node].lazy;
}

uint32_t ba_vmap_next(const struct ba_vmap *map, enum ba_vmap_state state,
		      uint32_t *node, uint32_t id)
{
	if (id)
		id = ba_vmap_tree_next(map->areas, id);
	else
		id = ba_vmap_tree_first(map->areas,
					root_of(map, state, *node = 0));
	while (!id && ++*node < map->space->nr_nodes)
		id = ba_vmap_tree_first(map->areas,
					root_of(map, state, *node));
	return id;
}

/* What a check has met so far. */
struct census {
	uint64_t bytes;			/* of all areas */
	uint64_t lazy_pages;
	uint32_t records;
};

static const char *check_tree(const struct ba_vmap *map, uint32_t root,
			      enum ba_vmap_state state, bool apart,
			      struct census *census)
{
	const char *wrong = ba_vmap_tree_check(map->areas, root,
					       map->space->nr_areas);
	uint64_t end = 0;

	if (wrong)
		return wrong;
	for (uint32_t id = ba_vmap_tree_first(map->areas, root); id;
	     id = ba_vmap_tree_next(map->areas, id)) {
		const struct ba_vmap_area *a = &map->areas[id];

		if (a->state != state)
			return "V1: an area is in the tree of another state";
		if (apart && a->start == end)
			return "V4: two areas touch and are not one";
		end = a->end;
		census->records++;
		census->bytes += ba_vmap_size(a);
		if (state == BA_VMAP_LAZY)
			census->lazy_pages += ba_vmap_size(a) / BA_PAGE_SIZE;
		if (state == BA_VMAP_BUSY &&
		    ba_vmap_find(map, a->start) != id)
			return "V5: a busy area lies in another node's tree";
	}
	return NULL;
}

static const char *check_pool(const struct ba_vmap *map, uint32_t index,
			      struct census *census)
{
	const struct ba_vmap_pool *pool = &map->pools[index];
	uint64_t size = (index % BA_VMAP_POOLS + 1) * (uint64_t)BA_PAGE_SIZE;
	uint32_t id = pool->head, last = BA_VMAP_NONE, seen = 0;

	for (; id; last = id, id = map->areas[id].next) {
		if (id >= map->space->nr_areas || seen++ == pool->len)
			return "V6: a pool has more areas than it says";
		if (map->areas[id].state != BA_VMAP_POOLED ||
		    ba_vmap_size(&map->areas[id]) != size)
			return "V6: an area is in the wrong pool";
		census->records++;
		census->bytes += size;
	}
	if (last != pool->tail || seen != pool->len)
		return "V6: a pool has less areas than it says";
	return NULL;
}

/* The records that have no addresses. */
static uint32_t count_others(const struct ba_vmap *map)
{
	const struct ba_vmap_space *space = map->space;
	uint32_t count = space->nr_unused, limit = space->nr_areas;

	for (uint32_t cpu = 0; cpu < BA_CPU_MAX; cpu++)
		count += space->spare[cpu] != BA_VMAP_NONE;
	for (uint32_t id = space->dead; id && limit--;
	     id = map->areas[id].next)
		count++;
	return count;
}

const char *ba_vmap_check(const struct ba_vmap *map)
{
	const struct ba_vmap_space *space = map->space;
	struct census census = { 0, 0, 1 };
	const char *wrong = check_tree(map, space->free, BA_VMAP_FREE, true,
				       &census);

	for (uint32_t n = 0; !wrong && n < space->nr_nodes; n++) {
		wrong = check_tree(map, space->node[n].busy, BA_VMAP_BUSY,
				   false, &census);
		if (!wrong)
			wrong = check_tree(map, space->node[n].lazy,
					   BA_VMAP_LAZY, space->merge_lazy,
					   &census);
	}
	for (uint32_t i = 0; !wrong && i < space->nr_nodes * BA_VMAP_POOLS;
	     i++)
		wrong = check_pool(map, i, &census);
	if (wrong)
		return wrong;
	if (census.lazy_pages != space->lazy_pages)
		return "V2: lazy_pages are not the pages of the lazy areas";
	if (census.records + count_others(map) != space->nr_areas)
		return "V1: a record is nowhere, or in two places";
	if (census.bytes != LAST_ADDRESS - FIRST_ADDRESS)
		return "V3: the areas do not cover all addresses once";
	return NULL;
}
