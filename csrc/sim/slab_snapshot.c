// SPDX-License-Identifier: GPL-2.0-only
#include "sim/slab_snapshot.h"

#include <inttypes.h>
#include <string.h>

#include "base/message.h"
#include "base/touched.h"

/* ---- loading ---------------------------------------------------------- */

struct load {
	const struct ba_slab_state *state;
	struct ba_nodes *nodes;
	struct ba_ctx ctx;
	char *message;
	size_t size;
};

__attribute__((format(printf, 2, 3)))
static enum ba_status refuse(const struct load *load, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	ba_message(load->message, load->size, 0, format, args);
	va_end(args);
	return BA_ESTATE;
}

/* The place in the machine's table of cache i of the state. */
static uint16_t id_of(const struct load *load, uint32_t i)
{
	return (uint16_t)(load->state->nr_caches - 1 - i);
}

static struct ba_slab_layout layout_of(const struct ba_slab_state_cache *c)
{
	struct ba_slab_layout layout;

	memset(&layout, 0, sizeof(layout));
	layout.object_size = (uint32_t)c->object_size;
	layout.size = (uint32_t)c->size;
	layout.inuse = (uint32_t)c->inuse;
	layout.align = (uint32_t)c->align;
	layout.offset = (uint32_t)c->offset;
	layout.flags = (uint32_t)c->flags;
	layout.allocflags = (gfp_t)c->allocflags;
	layout.objects = (uint16_t)c->objects;
	layout.min_objects = (uint16_t)c->min_objects;
	layout.min_partial = (uint16_t)c->min_partial;
	layout.cpu_partial = (uint16_t)c->cpu_partial;
	layout.cpu_partial_slabs = (uint16_t)c->cpu_partial_slabs;
	layout.order = (order_t)c->order;
	layout.min_order = (order_t)c->min_order;
	return layout;
}

static enum ba_status load_cache(struct load *load, uint32_t i)
{
	const struct ba_slab_state_cache *c = &load->state->caches[i];
	struct ba_slab_layout layout = layout_of(c);
	struct ba_slab_spec spec = {
		.object_size = layout.object_size, .align = layout.align,
		.flags = layout.flags, .useroffset = (uint32_t)c->useroffset,
		.usersize = (uint32_t)c->usersize, .ctor = c->ctor != 0 };
	enum ba_status status;
	uint16_t id;

	if (layout.flags & BA_SLAB_DEBUG_FLAGS)
		return refuse(load, "cache %s was recorded with slub_debug "
			      "(flags %" PRIx32 "); record without it",
			      c->name, layout.flags);
	if (c->refcount < 0)
		spec.flags |= BA_SLAB_NO_MERGE;
	status = ba_kmem_cache_load(&load->ctx, c->name, &spec, &layout,
				    c->refcount < 0 ? 1 :
						      (int32_t)c->refcount,
				    &id);
	if (status != BA_OK)
		return refuse(load, "cache %s: %s", c->name,
			      ba_strerror(status));
	ba_cache_at(&load->ctx, id)->recorded = c->addr;
	return ba_kmem_cache_set_sequence(
		&load->ctx, id, load->state->indices + c->random.first,
		c->random.count);
}

/* A chain of these objects; its first place. */
static uint16_t load_chain(const struct load *load, struct ba_object *objects,
			   struct ba_slab_state_run run)
{
	uint16_t next = BA_OBJECT_NONE;

	for (uint32_t i = run.count; i-- > 0;) {
		uint16_t index = load->state->indices[run.first + i];

		objects[index].next = next;
		next = (uint16_t)(index + 1u);
	}
	return next;
}

/* The block is a slab, its objects but those on its own list are in use. */
static enum ba_status load_slab(struct load *load,
				const struct ba_slab_state_slab *s)
{
	struct ba_slab *slab = &ba_slabs(&load->ctx)[s->pfn];
	struct ba_frame *frame = &load->ctx.frames[s->pfn];
	uint16_t id = id_of(load, s->cache);
	struct ba_cache_node *node;
	const struct ba_zone *zone;
	struct ba_object *objects;

	zone = s->pfn < load->nodes->end ?
		ba_nodes_zone_of(&load->ctx, load->nodes, s->pfn) : NULL;
	if (!zone || !ba_zone_spans(zone, s->pfn + (1u << s->order) - 1u))
		return refuse(load, "the slab at frame %" PRIx32 " lies in no "
			      "zone; take the state again", s->pfn);
	if (!ba_slab_claim(&load->ctx, id, s->pfn, s->order, zone->node,
			   s->objects))
		return BA_ENOMEM;
	*frame = (struct ba_frame){ .state = BA_FRAME_USED, .order = s->order,
				    .flags = BA_FRAME_HEAD | BA_FRAME_SLAB };
	if (s->order)
		frame->flags |= BA_FRAME_COMPOUND;
	objects = ba_objects_of(&load->ctx, s->pfn);
	for (uint32_t i = 0; i < s->objects; i++)
		objects[i] = ba_object_used(0);
	slab->freelist = load_chain(load, objects, s->free);
	slab->inuse = s->inuse;
	node = &ba_cache_at(&load->ctx, id)->node[zone->node];
	node->nr_slabs++;
	node->total_objects += s->objects;
	ba_cache_cpu(&load->ctx, id, 0)->inuse += s->inuse;
	return BA_OK;
}

static enum ba_status load_cpu(struct load *load,
			       const struct ba_slab_state_cpu *c)
{
	uint16_t id = id_of(load, c->cache);
	struct ba_cache_cpu *cpu;

	if (c->cpu >= load->nodes->nr_cpus)
		return refuse(load, "cache %s: CPU %u of a machine with %u "
			      "CPUs; take the state again",
			      ba_cache_at(&load->ctx, id)->name, c->cpu,
			      load->nodes->nr_cpus);
	cpu = ba_cache_cpu(&load->ctx, id, c->cpu);
	if (c->has_slab) {
		ba_slabs(&load->ctx)[c->pfn].place = BA_SLAB_CPU;
		ba_cpu_set_slab(&load->ctx, cpu, c->pfn);
		cpu->freelist = load_chain(
			load, ba_objects_of(&load->ctx, c->pfn), c->free);
		ba_cache_cpu(&load->ctx, id, 0)->inuse -= c->free.count;
	}
	for (uint32_t i = c->partial.count; i-- > 0;) {
		pfn_t pfn = load->state->pfns[c->partial.first + i];

		ba_slabs(&load->ctx)[pfn].place = BA_SLAB_CPU_PARTIAL;
		ba_slabs(&load->ctx)[pfn].next = cpu->partial;
		cpu->partial = pfn;
		cpu->nr_partial++;
	}
	return BA_OK;
}

static void load_node(struct load *load, const struct ba_slab_state_node *n)
{
	struct ba_kmem_cache *cache =
		ba_cache_at(&load->ctx, id_of(load, n->cache));

	for (uint32_t i = 0; i < n->partial.count; i++)
		ba_cache_add_partial(&load->ctx, &cache->node[n->node],
				     load->state->pfns[n->partial.first + i],
				     true);
}

enum ba_status ba_slab_snapshot_load(const struct ba_slab_state *state,
				     struct ba_machine *machine,
				     char *message, size_t message_size)
{
	struct load load = { .state = state, .message = message,
			     .size = message_size };
	enum ba_status status = BA_OK;

	if (!state->nr_caches)
		return BA_OK;
	load.nodes = ba_machine_nodes(machine);
	load.ctx = ba_machine_ctx(machine, 0);
	if (state->nr_caches > BA_CACHES_MAX)
		return refuse(&load, "%" PRIu32 " caches; this model has up to "
			      "%u", state->nr_caches, BA_CACHES_MAX);
	ba_caches_forget(&load.ctx);
	for (uint32_t i = state->nr_caches; i-- > 0 && status == BA_OK;)
		status = load_cache(&load, i);
	for (uint32_t i = 0; i < state->nr_slabs && status == BA_OK; i++)
		status = load_slab(&load, &state->slabs[i]);
	for (uint32_t i = 0; i < state->nr_cpus && status == BA_OK; i++)
		status = load_cpu(&load, &state->cpus[i]);
	for (uint32_t i = 0; i < state->nr_nodes && status == BA_OK; i++)
		load_node(&load, &state->nodes[i]);
	if (status == BA_OK)
		ba_kmalloc_find(&load.ctx);
	return status;
}

/* ---- taking ----------------------------------------------------------- */

struct take {
	struct ba_slab_state *state;
	const struct ba_nodes *nodes;
	struct ba_ctx ctx;
	uint32_t index[BA_CACHES_MAX];	/* in the state, by place in the
					 * machine's table */
};

static bool is_recorded(const struct ba_ctx *ctx, const struct ba_nodes *nodes)
{
	for (uint16_t id = 0; id < ctx->caches->nr; id++) {
		if (!ba_cache_exists(ctx, id))
			continue;
		if (ba_cache_at(ctx, id)->recorded)
			return true;
		for (uint8_t n = 0; n < BA_NODE_MAX; n++)
			if (nodes->node[n].online &&
			    ba_cache_at(ctx, id)->node[n].nr_slabs)
				return true;
	}
	return false;
}

static enum ba_status take_chain(struct take *take,
				 const struct ba_object *objects,
				 uint16_t first,
				 struct ba_slab_state_run *ret)
{
	enum ba_status status = BA_OK;

	ret->first = take->state->nr_indices;
	for (uint16_t at = first; at != BA_OBJECT_NONE && status == BA_OK;
	     at = objects[at - 1].next)
		status = ba_slab_state_add_index(take->state,
						 (uint16_t)(at - 1u));
	ret->count = take->state->nr_indices - ret->first;
	return status;
}

/* The cache's numbers; a cache that no kernel made has its place as address. */
static struct ba_slab_state_cache cache_line(const struct take *take,
					     uint16_t id)
{
	const struct ba_kmem_cache *c = ba_cache_at(&take->ctx, id);
	const struct ba_slab_layout *l = &c->layout;
	struct ba_slab_state_cache line = {
		.addr = c->recorded ? c->recorded : id + 1u,
		.size = l->size, .object_size = l->object_size,
		.offset = l->offset, .inuse = l->inuse, .align = l->align,
		.flags = l->flags & ~BA_SLAB_NO_MERGE, .order = l->order,
		.objects = l->objects, .min_order = l->min_order,
		.min_objects = l->min_objects, .min_partial = l->min_partial,
		.cpu_partial = l->cpu_partial,
		.cpu_partial_slabs = l->cpu_partial_slabs,
		.allocflags = (int64_t)l->allocflags,
		.refcount = c->spec.flags & BA_SLAB_NO_MERGE ? -1 :
							       c->refcount,
		.ctor = c->spec.ctor, .useroffset = c->spec.useroffset,
		.usersize = c->spec.usersize };

	memcpy(line.name, c->name, sizeof(c->name));
	return line;
}

static enum ba_status take_cpu(struct take *take, uint16_t id, cpu_t cpu)
{
	const struct ba_cache_cpu *c = ba_cache_cpu(&take->ctx, id, cpu);
	struct ba_slab_state_cpu line = { .cache = take->index[id],
					  .cpu = cpu, .has_slab = c->slab != 0,
					  .pfn = c->slab };
	enum ba_status status = BA_OK;

	if (!c->slab && !c->partial)
		return BA_OK;
	if (c->slab)
		status = take_chain(take, ba_objects_of(&take->ctx, c->slab),
				    c->freelist, &line.free);
	line.partial.first = take->state->nr_pfns;
	for (pfn_t head = c->partial; head && status == BA_OK;
	     head = ba_slabs(&take->ctx)[head].next)
		status = ba_slab_state_add_pfn(take->state, head);
	line.partial.count = take->state->nr_pfns - line.partial.first;
	return status != BA_OK ? status :
				 ba_slab_state_add_cpu(take->state, &line);
}

static enum ba_status take_node(struct take *take, uint16_t id, uint8_t node)
{
	const struct ba_cache_node *n =
		&ba_cache_at(&take->ctx, id)->node[node];
	const struct ba_link *links = ba_frame_links(take->ctx.frames);
	struct ba_slab_state_node line = {
		.cache = take->index[id], .node = node,
		.nr_partial = n->partial.count, .nr_slabs = n->nr_slabs,
		.total_objects = n->total_objects,
		.partial = { take->state->nr_pfns, n->partial.count } };
	enum ba_status status = BA_OK;

	for (pfn_t head = ba_list_first(&n->partial);
	     head != BA_PFN_NONE && status == BA_OK;
	     head = ba_list_next(links, head))
		status = ba_slab_state_add_pfn(take->state, head);
	return status != BA_OK ? status :
				 ba_slab_state_add_node(take->state, &line);
}

static enum ba_status take_cache(struct take *take, uint16_t id)
{
	const struct ba_kmem_cache *c = ba_cache_at(&take->ctx, id);
	struct ba_slab_state_cache line = cache_line(take, id);
	enum ba_status status = BA_OK;

	take->index[id] = take->state->nr_caches;
	line.random.first = take->state->nr_indices;
	for (uint32_t i = 0; i < c->random_nr && status == BA_OK; i++)
		status = ba_slab_state_add_index(
			take->state, ba_random_sequence(&take->ctx, c)[i]);
	line.random.count = c->random_nr;
	if (status == BA_OK)
		status = ba_slab_state_add_cache(take->state, &line);
	for (cpu_t cpu = 0; cpu < take->nodes->nr_cpus && status == BA_OK;
	     cpu++)
		status = take_cpu(take, id, cpu);
	for (uint8_t n = 0; n < BA_NODE_MAX && status == BA_OK; n++)
		if (take->nodes->node[n].online)
			status = take_node(take, id, n);
	return status;
}

static enum ba_status take_slab(struct take *take, pfn_t pfn)
{
	const struct ba_slab *s = &ba_slabs(&take->ctx)[pfn];
	struct ba_slab_state_slab line = {
		.pfn = pfn, .order = s->order, .inuse = s->inuse,
		.objects = s->objects, .cache = take->index[s->cache - 1],
		.frozen = s->place == BA_SLAB_CPU ||
			  s->place == BA_SLAB_CPU_PARTIAL };
	enum ba_status status =
		take_chain(take, ba_objects_of(&take->ctx, pfn), s->freelist,
			   &line.free);

	return status != BA_OK ? status :
				 ba_slab_state_add_slab(take->state, &line);
}

enum ba_status ba_slab_snapshot_take(const struct ba_machine *machine,
				     struct ba_slab_state *state)
{
	struct take take = { .state = state,
			     .nodes = ba_machine_nodes(machine),
			     .ctx = ba_machine_ctx(machine, 0) };
	const struct ba_slab *slabs = ba_slabs(&take.ctx);
	const size_t size = sizeof(*slabs);
	enum ba_status status = BA_OK;
	struct ba_touched touched;
	uint64_t pfn;

	if (!is_recorded(&take.ctx, take.nodes))
		return BA_OK;
	for (uint16_t id = take.ctx.caches->newest;
	     id != BA_CACHE_NONE && status == BA_OK;
	     id = ba_cache_at(&take.ctx, id)->older)
		status = take_cache(&take, id);
	ba_touched_init(&touched, slabs, take.nodes->end * size);
	for (pfn = ba_touched_record(&touched, 0, size);
	     pfn < take.nodes->end && status == BA_OK;
	     pfn = ba_touched_record(&touched, pfn + 1, size))
		if (slabs[pfn].cache && !slabs[pfn].start)
			status = take_slab(&take, (pfn_t)pfn);
	ba_touched_deinit(&touched);
	return status;
}
