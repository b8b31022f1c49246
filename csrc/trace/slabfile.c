// SPDX-License-Identifier: GPL-2.0-only
#include "trace/slabfile.h"

/* ---- reading ---- */

/* The records behind a cache line are its own: the last cache. */
static bool last_cache(struct ba_record *r, struct ba_slab_state *state,
		       uint32_t *ret)
{
	if (!state->nr_caches)
		return ba_record_fail(r, BA_EFORMAT, "a record of a cache "
				      "before the first cache line; copy the "
				      "file or take the state again");
	*ret = state->nr_caches - 1;
	return true;
}

/* The object indices up to the end of the line. */
static bool read_indices(struct ba_record *r, struct ba_slab_state *state,
			 struct ba_slab_state_run *ret)
{
	struct ba_span text;

	ret->first = state->nr_indices;
	while (ba_text_word(&r->rest, &text)) {
		uint64_t index;

		if (!ba_text_dec(text, &index) || index > INT16_MAX)
			return ba_record_garbled(r, text, "index of an object");
		if (!ba_record_added(r, ba_slab_state_add_index(
						state, (uint16_t)index)))
			return false;
	}
	ret->count = state->nr_indices - ret->first;
	return true;
}

/* The frame numbers up to the end of the line. */
static bool read_pfns(struct ba_record *r, struct ba_slab_state *state,
		      struct ba_slab_state_run *ret)
{
	struct ba_span rest = r->rest, text;
	pfn_t pfn;

	ret->first = state->nr_pfns;
	for (; ba_text_word(&rest, &text); rest = r->rest)
		if (!ba_record_pfn(r, &pfn) ||
		    !ba_record_added(r, ba_slab_state_add_pfn(state, pfn)))
			return false;
	ret->count = state->nr_pfns - ret->first;
	return true;
}

static bool read_field(struct ba_record *r, const char *name, char kind,
		       int64_t *ret)
{
	uint32_t bits = 0;

	if (!ba_record_key(r, name))
		return false;
	if (kind != 'x')
		return ba_record_int64(r, ret);
	if (!ba_record_hex32(r, &bits))
		return false;
	*ret = bits;
	return true;
}

static bool read_cache(struct ba_record *r, struct ba_slab_state *state)
{
	struct ba_slab_state_cache cache = { .line = r->line };

	if (!ba_record_hex64(r, &cache.addr) ||
	    !ba_record_name(r, cache.name, sizeof(cache.name)))
		return false;
#define X(member, kind)							\
	if (!read_field(r, #member, kind, &cache.member))		\
		return false;
	BA_SLAB_STATE_FIELDS(X)
#undef X
	return ba_record_added(r, ba_slab_state_add_cache(state, &cache));
}

static bool read_random_seq(struct ba_record *r, struct ba_slab_state *state)
{
	uint32_t cache = 0;

	if (!last_cache(r, state, &cache))
		return false;
	if (state->caches[cache].random.count)
		return ba_record_fail(r, BA_EFORMAT, "a second random_seq "
				      "line of cache %s",
				      state->caches[cache].name);
	return read_indices(r, state, &state->caches[cache].random);
}

static bool read_cpu(struct ba_record *r, uint16_t *ret)
{
	uint32_t cpu;

	if (!ba_record_dec32(r, &cpu))
		return false;
	if (cpu >= BA_CPU_MAX)
		return ba_record_fail(r, BA_EFORMAT, "CPU %u; this model has "
				      "up to %u", cpu, BA_CPU_MAX);
	*ret = (uint16_t)cpu;
	return true;
}

static bool read_cpuslab(struct ba_record *r, struct ba_slab_state *state)
{
	struct ba_slab_state_cpu cpu = { .has_slab = true, .line = r->line };

	return last_cache(r, state, &cpu.cache) && read_cpu(r, &cpu.cpu) &&
	       ba_record_pfn(r, &cpu.pfn) && ba_record_key(r, "free") &&
	       read_indices(r, state, &cpu.free) &&
	       ba_record_added(r, ba_slab_state_add_cpu(state, &cpu));
}

static bool read_cpupartial(struct ba_record *r, struct ba_slab_state *state)
{
	struct ba_slab_state_cpu cpu = { .line = r->line }, *last;

	if (!last_cache(r, state, &cpu.cache) || !read_cpu(r, &cpu.cpu) ||
	    !read_pfns(r, state, &cpu.partial))
		return false;
	last = state->nr_cpus ? &state->cpus[state->nr_cpus - 1] : NULL;
	if (last && last->cache == cpu.cache && last->cpu == cpu.cpu &&
	    !last->partial.count) {
		last->partial = cpu.partial;
		return true;
	}
	return ba_record_added(r, ba_slab_state_add_cpu(state, &cpu));
}

static bool read_node(struct ba_record *r, struct ba_slab_state *state)
{
	struct ba_slab_state_node node = { .line = r->line };
	uint32_t id;

	if (!last_cache(r, state, &node.cache) || !ba_record_dec32(r, &id))
		return false;
	if (id >= BA_NODE_MAX)
		return ba_record_fail(r, BA_EFORMAT, "node %u; this model has "
				      "up to %u nodes", id, BA_NODE_MAX);
	node.node = (uint8_t)id;
	return ba_record_key_dec64(r, "nr_partial", &node.nr_partial) &&
	       ba_record_key_dec64(r, "nr_slabs", &node.nr_slabs) &&
	       ba_record_key_dec64(r, "total_objects", &node.total_objects) &&
	       ba_record_key(r, "partial") &&
	       read_pfns(r, state, &node.partial) &&
	       ba_record_added(r, ba_slab_state_add_node(state, &node));
}

static bool read_small(struct ba_record *r, const char *name, uint32_t most,
		       uint32_t *ret)
{
	struct ba_span rest, text;

	if (!ba_record_key(r, name))
		return false;
	rest = r->rest;
	if (!ba_record_dec32(r, ret))
		return false;
	return *ret <= most ||
	       (ba_text_word(&rest, &text),
		ba_record_garbled(r, text, "number of its range"));
}

static bool read_slab(struct ba_record *r, struct ba_slab_state *state)
{
	struct ba_slab_state_slab slab = { .line = r->line };
	uint32_t order = 0, inuse = 0, objects = 0, frozen = 0;
	uint64_t addr;

	if (!ba_record_pfn(r, &slab.pfn) ||
	    !read_small(r, "order", BA_ORDER_MAX, &order) ||
	    !ba_record_hex64(r, &addr) ||
	    !read_small(r, "inuse", INT16_MAX, &inuse) ||
	    !read_small(r, "objects", INT16_MAX, &objects) ||
	    !read_small(r, "frozen", 1, &frozen) || !ba_record_key(r, "free"))
		return false;
	slab.cache = ba_slab_state_find_cache(state, addr);
	if (slab.cache == state->nr_caches)
		return ba_record_fail(r, BA_EFORMAT, "no cache line has the "
				      "address of this slab's cache; copy the "
				      "file or take the state again");
	slab.order = (uint8_t)order;
	slab.inuse = (uint16_t)inuse;
	slab.objects = (uint16_t)objects;
	slab.frozen = frozen;
	return read_indices(r, state, &slab.free) &&
	       ba_record_added(r, ba_slab_state_add_slab(state, &slab));
}

#define RECORDS(X)							\
	X(cache)							\
	X(random_seq)							\
	X(cpuslab)							\
	X(cpupartial)							\
	X(node)								\
	X(slab)

bool ba_slabfile_read(struct ba_record *r, struct ba_slab_state *state,
		      struct ba_span name, bool *ours)
{
	*ours = true;
#define X(record)							\
	if (ba_span_is(name, #record, sizeof(#record) - 1))		\
		return read_##record(r, state) && ba_record_end(r);
	RECORDS(X)
#undef X
	*ours = false;
	return true;
}

/* ---- writing ---- */

static void write_indices(struct ba_writer *w,
			  const struct ba_slab_state *state,
			  struct ba_slab_state_run run)
{
	for (uint32_t i = 0; i < run.count; i++)
		ba_put_dec(w, "", state->indices[run.first + i]);
	ba_put_char(w, '\n');
}

static void write_pfns(struct ba_writer *w, const struct ba_slab_state *state,
		       struct ba_slab_state_run run)
{
	for (uint32_t i = 0; i < run.count; i++)
		ba_put_hex(w, "", state->pfns[run.first + i]);
	ba_put_char(w, '\n');
}

static void write_cache(struct ba_writer *w, const struct ba_slab_state *state,
			const struct ba_slab_state_cache *cache)
{
	ba_put_hex(w, "cache", cache->addr);
	ba_put_char(w, ' ');
	ba_put(w, cache->name);
#define X(member, kind)							\
	if ((kind) == 'x')						\
		ba_put_hex(w, " " #member, (uint64_t)cache->member);	\
	else								\
		ba_put_int(w, " " #member, cache->member);
	BA_SLAB_STATE_FIELDS(X)
#undef X
	ba_put_char(w, '\n');
	if (cache->random.count) {
		ba_put(w, "random_seq");
		write_indices(w, state, cache->random);
	}
}

static void write_cpu(struct ba_writer *w, const struct ba_slab_state *state,
		      const struct ba_slab_state_cpu *cpu)
{
	if (cpu->has_slab) {
		ba_put_dec(w, "cpuslab", cpu->cpu);
		ba_put_hex(w, "", cpu->pfn);
		ba_put(w, " free");
		write_indices(w, state, cpu->free);
	}
	if (cpu->partial.count) {
		ba_put_dec(w, "cpupartial", cpu->cpu);
		write_pfns(w, state, cpu->partial);
	}
}

static void write_node(struct ba_writer *w, const struct ba_slab_state *state,
		       const struct ba_slab_state_node *node)
{
	ba_put_dec(w, "node", node->node);
	ba_put_dec(w, " nr_partial", node->nr_partial);
	ba_put_dec(w, " nr_slabs", node->nr_slabs);
	ba_put_dec(w, " total_objects", node->total_objects);
	ba_put(w, " partial");
	write_pfns(w, state, node->partial);
}

static void write_slab(struct ba_writer *w, const struct ba_slab_state *state,
		       const struct ba_slab_state_slab *slab)
{
	ba_put_hex(w, "slab", slab->pfn);
	ba_put_dec(w, " order", slab->order);
	ba_put_hex(w, "", state->caches[slab->cache].addr);
	ba_put_dec(w, " inuse", slab->inuse);
	ba_put_dec(w, " objects", slab->objects);
	ba_put_dec(w, " frozen", slab->frozen);
	ba_put(w, " free");
	write_indices(w, state, slab->free);
}

void ba_slabfile_write(struct ba_writer *w, const struct ba_slab_state *state)
{
	uint32_t cpu = 0, node = 0;

	for (uint32_t i = 0; i < state->nr_caches; i++) {
		write_cache(w, state, &state->caches[i]);
		for (; cpu < state->nr_cpus && state->cpus[cpu].cache == i;
		     cpu++)
			write_cpu(w, state, &state->cpus[cpu]);
		for (; node < state->nr_nodes && state->nodes[node].cache == i;
		     node++)
			write_node(w, state, &state->nodes[node]);
	}
	for (uint32_t i = 0; i < state->nr_slabs; i++)
		write_slab(w, state, &state->slabs[i]);
}
