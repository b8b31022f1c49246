// SPDX-License-Identifier: GPL-2.0-only
#include "synthetic.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mm/page_free.h"
#include "mm/slab_free.h"
#include "sim/snapshot.h"
#include "trace/statefile.h"

#define NR_TASKS 8u
#define KWORKER 47u
#define BURST 32u

/* The longest burst: each request with a refill or a drain, and a slab's. */
#define BURST_EVENTS (BURST * 256u)

const char *const synthetic_names[SYNTHETIC_CACHES] = {
	"dentry", "inode_cache", "ext4_inode_cache", "vm_area_struct",
	"anon_vma", "filp", "task_struct", "names_cache",
};
static const uint16_t sizes[SYNTHETIC_CACHES] = {
	192, 600, 1096, 200, 104, 256, 3776, 4096,
};

/* ---- the machine ------------------------------------------------------ */

static bool make_caches(struct ba_machine *machine)
{
	struct ba_ctx ctx = ba_machine_ctx(machine, 0);

	for (unsigned int i = 0; i < SYNTHETIC_CACHES; i++) {
		struct ba_slab_spec spec = { .object_size = sizes[i],
					     .flags = BA_SLAB_NO_MERGE };
		uint16_t id;

		if (ba_kmem_cache_create(&ctx, synthetic_names[i], &spec,
					 &id) != BA_OK)
			return false;
	}
	/* the state has those caches only that a kernel was seen to have */
	for (uint16_t id = 0; id < ctx.caches->nr; id++)
		ba_cache_at(&ctx, id)->recorded = 0x1000u + id;
	return true;
}

/* Booted, written as a state and loaded again, as a replay begins. */
static bool make_machine(struct ba_machine *ret)
{
	struct ba_state *state = ba_state_create();
	struct ba_machine booted;
	struct ba_config config;
	bool good;

	ba_config_init(&config);
	config.memory_pages = 1u << 19;
	config.slab_freelist_random = 1;
	if (!state || ba_machine_create(&config, &booted, NULL, 0) != BA_OK) {
		ba_state_destroy(state);
		return false;
	}
	good = make_caches(&booted) &&
	       ba_snapshot_take(&booted, state) == BA_OK &&
	       ba_snapshot_load(state, &config, ret, NULL, 0) == BA_OK;
	ba_machine_destroy(&booted);
	ba_state_destroy(state);
	return good;
}

struct synthetic *synthetic_create(uint64_t seed)
{
	struct synthetic *s = calloc(1, sizeof(*s));

	if (!s || !make_machine(&s->start) ||
	    ba_machine_copy(&s->start, &s->machine) != BA_OK) {
		free(s);
		return NULL;
	}
	ba_rng_init(&s->rng, seed, 0);
	s->nodes = ba_machine_nodes(&s->machine);
	s->ctx = ba_machine_ctx(&s->machine, 0);
	s->ctx.traced = true;
	s->ctx.trace = &s->trace;
	s->trace = (struct ba_tp_buffer){
		.events = s->lines,
		.cap = sizeof(s->lines) / sizeof(s->lines[0]),
		.kinds = BA_TP_ZONE_LOCKED | BA_TP_PCPU_DRAIN |
			 BA_TP_EXTFRAG };
	for (unsigned int i = 0; i < SYNTHETIC_CACHES; i++)
		s->caches[i] = ba_kmem_cache_find(&s->ctx, synthetic_names[i]);
	s->ts_ns = 10000000000u;
	return s;
}

void synthetic_destroy(struct synthetic *s)
{
	ba_machine_destroy(&s->machine);
	ba_machine_destroy(&s->start);
	free(s);
}

/* ---- events ----------------------------------------------------------- */

static struct ba_event *emit(struct synthetic *s, enum ba_op op, uint64_t addr)
{
	struct ba_event *e = &s->events[s->nr_events++];

	s->ts_ns += 1000u * (1u + ba_rng_below(&s->rng, 5));
	*e = (struct ba_event){ .ts_ns = s->ts_ns, .addr = addr,
				.task = s->task, .op = (uint8_t)op };
	return e;
}

/* What the model printed under the zone lock meanwhile. */
static void emit_lines(struct synthetic *s)
{
	for (uint32_t i = 0; i < s->trace.nr; i++) {
		const struct ba_tp_event *l = &s->lines[i];
		struct ba_event *e = emit(
			s, l->kind == BA_TP_ZONE_LOCKED ? BA_OP_ZONE_LOCKED :
			   l->kind == BA_TP_PCPU_DRAIN ? BA_OP_PCPU_DRAIN :
							 BA_OP_EXTFRAG, l->pfn);

		e->order = l->order;
		e->migratetype = l->migratetype;
		e->arg = l->refill;
		if (l->kind == BA_TP_EXTFRAG)
			e->arg = l->fallback_order |
				 (uint32_t)l->fallback_migratetype << 8 |
				 (uint32_t)l->change_ownership << 16;
	}
	s->trace.nr = 0;
}

static pfn_t alloc_block(struct synthetic *s, gfp_t gfp, order_t order)
{
	pfn_t pfn;
	struct ba_event *e;

	ba_charge_init(&s->ctx.charge);
	pfn = ba_alloc_pages(&s->ctx, s->nodes, gfp, order, 0);
	emit_lines(s);
	e = emit(s, BA_OP_PAGE_ALLOC, pfn == BA_PFN_NONE ? BA_ADDR_NONE : pfn);
	e->order = order;
	e->gfp = gfp;
	e->migratetype = (uint8_t)ba_gfp_migratetype(gfp);
	return pfn;
}

static void free_block(struct synthetic *s, struct synthetic_page page)
{
	emit(s, BA_OP_PAGE_FREE, page.pfn)->order = page.order;
	ba_charge_init(&s->ctx.charge);
	ba_free_pages(&s->ctx, s->nodes, page.pfn, page.order);
	emit_lines(s);
}

static uint64_t alloc_object(struct synthetic *s, uint16_t cache, gfp_t gfp)
{
	struct ba_slab_request request = { .cache = cache, .gfp = gfp,
					   .node = BA_ANY_NODE };
	order_t order = ba_cache_at(&s->ctx, cache)->layout.order;
	uint64_t address;
	pfn_t pfn;

	s->ctx.slab_supply = &s->supply;
	address = ba_slab_alloc_old(&s->ctx, s->nodes, &request);
	s->ctx.slab_supply = NULL;
	if (address)
		return address;
	pfn = alloc_block(s, ba_slab_gfp(&s->ctx, cache, gfp), order);
	if (pfn == BA_PFN_NONE)
		return 0;
	s->supply = (struct ba_slab_supply){
		.nr = 1, .page[0] = { pfn, order }, .start = UINT32_MAX };
	s->ctx.slab_supply = &s->supply;
	pfn = ba_slab_new(&s->ctx, s->nodes, &request);
	address = ba_slab_alloc_new(&s->ctx, s->nodes, &request, pfn);
	s->ctx.slab_supply = NULL;
	return address;
}

static void free_object(struct synthetic *s, struct synthetic_object object)
{
	struct ba_slab_supply *supply = &s->supply;
	struct ba_event *e = emit(s, object.name ? BA_OP_CACHE_FREE :
						   BA_OP_KFREE,
				  object.address);

	e->arg = object.name;
	s->ctx.slab_supply = supply;
	ba_kmem_cache_free(&s->ctx, s->nodes, BA_CACHE_NONE, object.address);
	s->ctx.slab_supply = NULL;
	for (uint32_t i = 0; i < supply->nr_given_back; i++)
		free_block(s, (struct synthetic_page){
			supply->given_back[i].pfn,
			supply->given_back[i].order });
	supply->nr_given_back = 0;
}

/* ---- requests --------------------------------------------------------- */

static gfp_t some_flags(struct synthetic *s)
{
	static const gfp_t flags[] = {
		BA_GFP_KERNEL | BA_GFP_ZERO, BA_GFP_KERNEL | BA_GFP_ACCOUNT,
		BA_GFP_KERNEL | BA_GFP_RECLAIMABLE,
		BA_GFP_HIGHUSER_MOVABLE | BA_GFP_ZERO,
		BA_GFP_HIGHUSER_MOVABLE, BA_GFP_HIGHUSER_MOVABLE | BA_GFP_COMP,
	};

	return flags[ba_rng_below(&s->rng, 6)];
}

static order_t some_order(struct synthetic *s)
{
	uint32_t part = ba_rng_below(&s->rng, 100);

	if (part < 90)
		return 0;
	return part < 99 ? (order_t)(1 + (part - 90) / 3) :
			   (order_t)(4 + ba_rng_below(&s->rng, 6));
}

static void take_pages(struct synthetic *s, uint32_t nr)
{
	gfp_t gfp = some_flags(s);

	while (nr-- && s->nr_pages < SYNTHETIC_BLOCKS * 2) {
		order_t order = some_order(s);
		pfn_t pfn = alloc_block(s, order ? gfp | BA_GFP_COMP : gfp,
					order);

		if (pfn != BA_PFN_NONE)
			s->pages[s->nr_pages++] =
				(struct synthetic_page){ pfn, order };
	}
}

static struct synthetic_page any_page(struct synthetic *s)
{
	uint32_t i = ba_rng_below(&s->rng, s->nr_pages);
	struct synthetic_page page = s->pages[i];

	s->pages[i] = s->pages[--s->nr_pages];
	return page;
}

static void give_pages(struct synthetic *s, uint32_t nr)
{
	pfn_t batch[BURST];
	uint32_t in_batch = 0;
	bool batched = ba_rng_below(&s->rng, 4) == 0;

	while (nr-- && s->nr_pages) {
		struct synthetic_page page = any_page(s);

		if (!batched || page.order) {
			free_block(s, page);
			continue;
		}
		emit(s, BA_OP_PAGE_FREE, page.pfn);
		ba_free_prepare(&s->ctx, s->nodes, page.pfn, 0);
		batch[in_batch++] = page.pfn;
	}
	for (uint32_t i = 0; i < in_batch; i++) {
		emit(s, BA_OP_PAGE_FREE_BATCHED, batch[i]);
		ba_free_commit(&s->ctx, s->nodes, batch[i]);
		emit_lines(s);
	}
}

static void take_objects(struct synthetic *s, uint32_t nr)
{
	uint32_t name = ba_rng_below(&s->rng, 2 * SYNTHETIC_CACHES) + 1;

	if (name > SYNTHETIC_CACHES)
		name = 0;
	while (nr-- && s->nr_objects < SYNTHETIC_OBJECTS * 2) {
		uint32_t size = name ? sizes[name - 1] :
				8u << ba_rng_below(&s->rng, 10);
		uint16_t cache = name ? s->caches[name - 1] :
			ba_kmalloc_cache(&s->ctx, size, BA_GFP_KERNEL);
		uint64_t address = alloc_object(s, cache, BA_GFP_KERNEL);
		struct ba_event *e;

		if (!address)
			return;
		e = emit(s, name ? BA_OP_CACHE_ALLOC : BA_OP_KMALLOC, address);
		e->gfp = BA_GFP_KERNEL;
		e->arg = name ? size | ba_cache_at(&s->ctx, cache)
						->layout.size << 16 : size;
		s->objects[s->nr_objects++] =
			(struct synthetic_object){ address, (uint8_t)name };
	}
}

static void give_objects(struct synthetic *s, uint32_t nr)
{
	while (nr-- && s->nr_objects) {
		uint32_t i = ba_rng_below(&s->rng, s->nr_objects);
		struct synthetic_object object = s->objects[i];

		s->objects[i] = s->objects[--s->nr_objects];
		free_object(s, object);
	}
}

static void fold(struct synthetic *s)
{
	s->task = KWORKER;
	emit(s, BA_OP_VMFOLD, 0);
	for (uint8_t id = 0; id < s->nodes->nr_zones; id++)
		ba_vmstat_fold(&s->nodes->zone[id].buddy.free_pages, 0);
	s->next_fold = s->ts_ns + 1000000000u;
}

static void burst(struct synthetic *s)
{
	bool pages = ba_rng_below(&s->rng, 2);
	uint32_t nr = 1 + ba_rng_below(&s->rng, BURST);
	bool low = pages ? s->nr_pages < SYNTHETIC_BLOCKS :
			   s->nr_objects < SYNTHETIC_OBJECTS;
	bool take = ba_rng_below(&s->rng, 8) < (low ? 5 : 3);

	if (s->ts_ns >= s->next_fold)
		fold(s);
	s->task = (uint16_t)(100 + ba_rng_below(&s->rng, NR_TASKS));
	if (pages && take)
		take_pages(s, nr);
	else if (pages)
		give_pages(s, nr);
	else if (take)
		take_objects(s, nr);
	else
		give_objects(s, nr);
}

void synthetic_take(struct synthetic *s, struct ba_event *events, size_t nr)
{
	while (nr) {
		size_t part = s->nr_events - s->taken;

		if (!part) {
			s->nr_events = s->taken = 0;
			while (s->nr_events + BURST_EVENTS < SYNTHETIC_BUFFER)
				burst(s);
			continue;
		}
		part = part < nr ? part : nr;
		memcpy(events, s->events + s->taken, part * sizeof(*events));
		s->taken += part;
		events += part;
		nr -= part;
	}
}

/* ---- text ------------------------------------------------------------- */

bool synthetic_write_state(const struct synthetic *s, FILE *file)
{
	struct ba_state *state = ba_state_create();
	size_t size = 0;
	char *text = NULL;
	bool good = state && ba_snapshot_take(&s->start, state) == BA_OK;

	if (good) {
		ba_statefile_write(state, NULL, 0, &size);
		text = malloc(size);
		good = text && ba_statefile_write(state, text, size, &size) ==
				BA_OK && fwrite(text, 1, size, file) == size;
	}
	free(text);
	ba_state_destroy(state);
	return good;
}

static void print_page(const struct ba_event *e, bool perf, FILE *file)
{
	/* perf cannot follow the pointer and prints the frame again */
	if (perf)
		fprintf(file, "page=0x%" PRIx64 " pfn=0x%" PRIx64, e->addr,
			e->addr);
	else
		fprintf(file, "page=%016" PRIx64 " pfn=0x%" PRIx64,
			UINT64_C(0xffffea0000000000) + e->addr * 64, e->addr);
	if (e->op == BA_OP_EXTFRAG) {
		fprintf(file, " alloc_order=%u fallback_order=%u "
			"pageblock_order=9 alloc_migratetype=%u "
			"fallback_migratetype=%u fragmenting=%d "
			"change_ownership=%u", e->order, e->arg & 255u,
			e->migratetype, e->arg >> 8 & 255u,
			(e->arg & 255u) < 9, e->arg >> 16);
		return;
	}
	fprintf(file, " order=%u", e->order);
	if (e->op != BA_OP_PAGE_FREE && e->op != BA_OP_PAGE_FREE_BATCHED)
		fprintf(file, " migratetype=%u", e->migratetype);
	if (e->op == BA_OP_ZONE_LOCKED)
		fprintf(file, " percpu_refill=%u", e->arg);
}

static void print_object(const struct synthetic *s, const struct ba_event *e,
			 bool perf, FILE *file)
{
	const char *site = ba_event_is_slab_alloc(e) ? "__d_alloc+0x29/0x1d0" :
						  "rcu_do_batch+0x19a/0x540";

	fprintf(file, "call_site=%s ptr=%s%" PRIx64, site, perf ? "0x" : "",
		e->addr);
	if (e->op == BA_OP_CACHE_FREE)
		fprintf(file, " name=%s", synthetic_names[e->arg - 1]);
	if (ba_event_is_slab_alloc(e))
		fprintf(file, " bytes_req=%u bytes_alloc=%u",
			ba_event_bytes_req(e), e->op == BA_OP_CACHE_ALLOC ?
			ba_event_bytes_alloc(e) :
			(unsigned int)ba_kmalloc_size_roundup(&s->ctx, e->arg));
}

void synthetic_print(const struct synthetic *s, const struct ba_event *e,
		     bool perf, FILE *file)
{
	uint64_t us = e->ts_ns / 1000u;
	bool alloc = e->op == BA_OP_PAGE_ALLOC || ba_event_is_slab_alloc(e);
	char flags[256];

	fprintf(file, perf ? "%16s %5u [%03u] %5" PRIu64 ".%06" PRIu64
			     ": kmem:%s: " :
			     "%16s-%-7u [%03u] ..... %5" PRIu64 ".%06" PRIu64
			     ": %s: ",
		e->task == KWORKER ? "kworker/0:2" : "stress-ng", e->task,
		e->cpu, us / 1000000u, us % 1000000u, ba_op_name(e->op));
	if (e->op == BA_OP_VMFOLD)
		fputs("(refresh_cpu_vm_stats+0x0/0x230)", file);
	else if (ba_event_is_slab(e))
		print_object(s, e, perf, file);
	else
		print_page(e, perf, file);
	if (alloc) {
		ba_gfp_format(BA_GFP_6_1, e->gfp, flags, sizeof(flags));
		fprintf(file, " gfp_flags=%s", flags);
	}
	if (ba_event_is_slab(e) && alloc)
		fputs(" node=-1 accounted=false", file);
	fputc('\n', file);
}
