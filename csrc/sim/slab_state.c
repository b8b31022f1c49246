// SPDX-License-Identifier: GPL-2.0-only
#include "sim/slab_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/message.h"

void ba_slab_state_deinit(struct ba_slab_state *state)
{
	free(state->caches);
	free(state->cpus);
	free(state->nodes);
	free(state->slabs);
	free(state->indices);
	free(state->pfns);
	memset(state, 0, sizeof(*state));
}

/* The array with room for one more element; NULL without memory. */
static void *grown(void *array, uint32_t nr, uint32_t *cap, size_t size)
{
	uint32_t wanted = *cap ? *cap * 2 : 64;
	void *bigger;

	if (nr < *cap)
		return array;
	if (wanted < *cap)
		return NULL;
	bigger = realloc(array, wanted * size);
	if (bigger)
		*cap = wanted;
	return bigger;
}

#define ADD(state, array, element)					\
	do {								\
		void *bigger = grown((state)->array, (state)->nr_##array, \
				     &(state)->cap_##array,		\
				     sizeof(*(state)->array));		\
									\
		if (!bigger)						\
			return BA_ENOMEM;				\
		(state)->array = bigger;				\
		(state)->array[(state)->nr_##array++] = (element);	\
		return BA_OK;						\
	} while (0)

enum ba_status ba_slab_state_add_cache(struct ba_slab_state *state,
				       const struct ba_slab_state_cache *cache)
{
	ADD(state, caches, *cache);
}

enum ba_status ba_slab_state_add_cpu(struct ba_slab_state *state,
				     const struct ba_slab_state_cpu *cpu)
{
	ADD(state, cpus, *cpu);
}

enum ba_status ba_slab_state_add_node(struct ba_slab_state *state,
				      const struct ba_slab_state_node *node)
{
	ADD(state, nodes, *node);
}

enum ba_status ba_slab_state_add_slab(struct ba_slab_state *state,
				      const struct ba_slab_state_slab *slab)
{
	ADD(state, slabs, *slab);
}

enum ba_status ba_slab_state_add_index(struct ba_slab_state *state,
				       uint16_t index)
{
	ADD(state, indices, index);
}

enum ba_status ba_slab_state_add_pfn(struct ba_slab_state *state, pfn_t pfn)
{
	ADD(state, pfns, pfn);
}

uint32_t ba_slab_state_find_cache(const struct ba_slab_state *state,
				  uint64_t addr)
{
	uint32_t i = 0;

	while (i < state->nr_caches && state->caches[i].addr != addr)
		i++;
	return i;
}

static int by_pfn(const void *key, const void *element)
{
	const pfn_t *pfn = key;
	const struct ba_slab_state_slab *slab = element;

	return *pfn < slab->pfn ? -1 : *pfn > slab->pfn;
}

const struct ba_slab_state_slab *
ba_slab_state_find_slab(const struct ba_slab_state *state, pfn_t pfn)
{
	return state->nr_slabs ? bsearch(&pfn, state->slabs, state->nr_slabs,
					 sizeof(*state->slabs), by_pfn) : NULL;
}

/* ---- the check ------------------------------------------------------- */

/* Who has a slab. */
enum place { PLACE_NONE, PLACE_CPU, PLACE_CPU_PARTIAL, PLACE_NODE };

/* What a check reads, what it knows of each slab, and where it says what is
 * wrong. */
struct check {
	const struct ba_slab_state *state;
	uint8_t *place;			/* enum place, by slab */
	uint8_t *seen;			/* objects of one slab */
	char *message;
	size_t size;
};

__attribute__((format(printf, 3, 4)))
static enum ba_status broken(const struct check *check, uint32_t line,
			     const char *format, ...)
{
	va_list args;

	va_start(args, format);
	ba_message(check->message, check->size, line, format, args);
	va_end(args);
	return BA_ESTATE;
}

/* Mark the objects of a list; BA_ESTATE when one is marked already. */
static enum ba_status mark(const struct check *check,
			   struct ba_slab_state_run run, uint64_t objects,
			   uint32_t line, const char *rule)
{
	for (uint32_t i = 0; i < run.count; i++) {
		uint16_t index = check->state->indices[run.first + i];

		if (index >= objects)
			return broken(check, line, "%s: object %u of a slab "
				      "with %" PRIu64 " objects; take the "
				      "state again", rule, index, objects);
		if (check->seen[index])
			return broken(check, line, "%s: object %u stands "
				      "twice; take the state again", rule,
				      index);
		check->seen[index] = 1;
	}
	return BA_OK;
}

static void unmark(const struct check *check, struct ba_slab_state_run run)
{
	for (uint32_t i = 0; i < run.count; i++)
		check->seen[check->state->indices[run.first + i]] = 0;
}

static bool in_range(int64_t value, int64_t least, int64_t most)
{
	return value >= least && value <= most;
}

/* C1 and C2 */
static enum ba_status check_cache(const struct check *check, uint32_t i)
{
	const struct ba_slab_state_cache *c = &check->state->caches[i];
	enum ba_status status;

	if (ba_slab_state_find_cache(check->state, c->addr) != i)
		return broken(check, c->line, "C1: the cache at %" PRIx64
			      " occurs a second time; take the state again",
			      c->addr);
	if (!in_range(c->order, 0, BA_ORDER_MAX) ||
	    !in_range(c->min_order, 0, c->order) ||
	    !in_range(c->size, 1, (int64_t)BA_PAGE_SIZE << c->order) ||
	    !in_range(c->objects, 1, INT16_MAX) ||
	    c->objects * c->size > (int64_t)BA_PAGE_SIZE << c->order ||
	    !in_range(c->object_size, 1, c->size) ||
	    !in_range(c->refcount, INT32_MIN, INT32_MAX))
		return broken(check, c->line, "C1: cache %s has %" PRId64
			      " objects of %" PRId64 " bytes in a slab of "
			      "order %" PRId64 "; take the state again",
			      c->name, c->objects, c->size, c->order);
	if (c->random.count == 0)
		return BA_OK;
	if (c->random.count != (uint64_t)c->objects)
		return broken(check, c->line, "C2: the random order of cache "
			      "%s has %" PRIu32 " objects of %" PRId64
			      "; take the state again", c->name,
			      c->random.count, c->objects);
	status = mark(check, c->random, (uint64_t)c->objects, c->line, "C2");
	if (status == BA_OK)
		unmark(check, c->random);
	return status;
}

/* C3 and the part of C4 that one slab tells */
static enum ba_status check_slab(const struct check *check, uint32_t i)
{
	const struct ba_slab_state_slab *s = &check->state->slabs[i];
	const struct ba_slab_state_cache *c = &check->state->caches[s->cache];
	enum ba_status status;
	uint64_t end = i ? s[-1].pfn + ((uint64_t)1 << s[-1].order) : 0;

	if (s->order > BA_ORDER_MAX || s->pfn & ((1u << s->order) - 1u) ||
	    s->pfn < end)
		return broken(check, s->line, "C3: a slab of order %u at frame "
			      "%" PRIx32 " is not aligned or overlaps the slab "
			      "before it, which ends at %" PRIx64
			      "; take the state again", s->order, s->pfn, end);
	if (s->objects > INT16_MAX ||
	    s->objects * c->size > (int64_t)BA_PAGE_SIZE << s->order)
		return broken(check, s->line, "C3: the slab has %u objects of "
			      "cache %s, too many for order %u; take the state "
			      "again", s->objects, c->name, s->order);
	if (s->inuse + s->free.count != s->objects)
		return broken(check, s->line, "C4: %u objects in use and %"
			      PRIu32 " free of %u; take the state again",
			      s->inuse, s->free.count, s->objects);
	status = mark(check, s->free, s->objects, s->line, "C4");
	if (status == BA_OK)
		unmark(check, s->free);
	return status;
}

/* C5: the slab at `pfn` is there and has no other place. */
static enum ba_status put(const struct check *check, pfn_t pfn, uint32_t cache,
			  enum place place, uint32_t line)
{
	const struct ba_slab_state_slab *s =
		ba_slab_state_find_slab(check->state, pfn);
	uint8_t *at = s ? &check->place[s - check->state->slabs] : NULL;

	if (!s || s->cache != cache)
		return broken(check, line, "C5: frame %" PRIx32 " is no slab "
			      "of this cache; take the state again", pfn);
	if (*at)
		return broken(check, line, "C5: slab %" PRIx32 " stands at two "
			      "places; take the state again", pfn);
	*at = (uint8_t)place;
	return BA_OK;
}

static enum ba_status put_run(const struct check *check,
			      struct ba_slab_state_run run, uint32_t cache,
			      enum place place, uint32_t line)
{
	enum ba_status status = BA_OK;

	for (uint32_t i = 0; i < run.count && status == BA_OK; i++)
		status = put(check, check->state->pfns[run.first + i], cache,
			     place, line);
	return status;
}

/* C4 between the two lists of a CPU's slab, and its places */
static enum ba_status check_cpu(const struct check *check,
				const struct ba_slab_state_cpu *c)
{
	const struct ba_slab_state_slab *s;
	enum ba_status status = BA_OK;

	if (c->has_slab)
		status = put(check, c->pfn, c->cache, PLACE_CPU, c->line);
	if (status == BA_OK && c->has_slab) {
		s = ba_slab_state_find_slab(check->state, c->pfn);
		mark(check, s->free, s->objects, s->line, "C4");
		status = mark(check, c->free, s->objects, c->line, "C4");
		if (status == BA_OK)
			unmark(check, c->free);
		unmark(check, s->free);
	}
	return status != BA_OK ? status :
		put_run(check, c->partial, c->cache, PLACE_CPU_PARTIAL,
			c->line);
}

/* C5 and C6, once every place is known */
static enum ba_status check_totals(const struct check *check, uint32_t cache)
{
	const struct ba_slab_state *state = check->state;
	uint64_t slabs = 0, objects = 0;
	bool known = false;

	for (uint32_t i = 0; i < state->nr_nodes; i++) {
		const struct ba_slab_state_node *n = &state->nodes[i];

		if (n->cache != cache)
			continue;
		known = true;
		slabs += n->nr_slabs;
		objects += n->total_objects;
		if (n->nr_partial != n->partial.count)
			return broken(check, n->line, "C6: nr_partial %" PRIu64
				      ", the list has %" PRIu32 " slabs; take "
				      "the state again", n->nr_partial,
				      n->partial.count);
	}
	for (uint32_t i = 0; i < state->nr_slabs; i++)
		if (state->slabs[i].cache == cache) {
			slabs--;
			objects -= state->slabs[i].objects;
		}
	if (known && (slabs || objects))
		return broken(check, state->caches[cache].line, "C6: cache %s "
			      "has %" PRId64 " slabs and %" PRId64 " objects "
			      "more than the state has lines for; take the "
			      "state again", state->caches[cache].name,
			      (int64_t)slabs, (int64_t)objects);
	return BA_OK;
}

static enum ba_status check_frozen(const struct check *check, uint32_t i)
{
	const struct ba_slab_state_slab *s = &check->state->slabs[i];
	bool cpu = check->place[i] == PLACE_CPU ||
		   check->place[i] == PLACE_CPU_PARTIAL;

	if (s->frozen == cpu)
		return BA_OK;
	return broken(check, s->line, "C5: slab %" PRIx32 " is %sfrozen, but "
		      "%s CPU has it; take the state again", s->pfn,
		      s->frozen ? "" : "not ", cpu ? "a" : "no");
}

static enum ba_status check_all(const struct check *check)
{
	const struct ba_slab_state *state = check->state;
	enum ba_status status = BA_OK;

	for (uint32_t i = 0; i < state->nr_caches && status == BA_OK; i++)
		status = check_cache(check, i);
	for (uint32_t i = 0; i < state->nr_slabs && status == BA_OK; i++)
		status = check_slab(check, i);
	for (uint32_t i = 0; i < state->nr_cpus && status == BA_OK; i++)
		status = check_cpu(check, &state->cpus[i]);
	for (uint32_t i = 0; i < state->nr_nodes && status == BA_OK; i++)
		status = put_run(check, state->nodes[i].partial,
				 state->nodes[i].cache, PLACE_NODE,
				 state->nodes[i].line);
	for (uint32_t i = 0; i < state->nr_caches && status == BA_OK; i++)
		status = check_totals(check, i);
	for (uint32_t i = 0; i < state->nr_slabs && status == BA_OK; i++)
		status = check_frozen(check, i);
	return status;
}

enum ba_status ba_slab_state_check(const struct ba_slab_state *state,
				   char *message, size_t message_size)
{
	struct check check = { .state = state, .message = message,
			       .size = message_size };
	enum ba_status status = BA_ENOMEM;

	if (message && message_size)
		message[0] = '\0';
	check.place = calloc(state->nr_slabs + 1u, 1);
	check.seen = calloc(INT16_MAX, 1);
	if (check.place && check.seen)
		status = check_all(&check);
	free(check.place);
	free(check.seen);
	return status;
}
