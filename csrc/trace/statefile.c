/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/statefile.h"

#include <inttypes.h>
#include <stdio.h>

#include "mm/pcp.h"
#include "mm/zonetype.h"
#include "trace/slabfile.h"

/* ---- reading ---- */

struct reader {
	struct ba_state *state;
	struct ba_state_node *node;	/* of the last pgdat line, or NULL */
	struct ba_state_zone *zone;	/* of the last zone line, or NULL */
	uint32_t pcp_lines;		/* of that zone */
	struct ba_record rec;		/* the line being read */
	bool head;			/* the three first lines are read */
	bool ended;			/* `end` was read */
};

static bool read_pgsnap(struct reader *r)
{
	struct ba_state *state = r->state;
	uint32_t version;

	if (!ba_record_dec32(&r->rec, &version) ||
	    !ba_record_key(&r->rec, "kernel") ||
	    !ba_record_name(&r->rec, state->kernel, sizeof(state->kernel)) ||
	    !ba_record_key_dec32(&r->rec, "nr_orders", &state->nr_orders) ||
	    !ba_record_key_dec32(&r->rec, "nr_mt", &state->nr_migratetypes) ||
	    !ba_record_key_dec32(&r->rec, "pageblock_order",
				 &state->pageblock_order) ||
	    !ba_record_key_dec32(&r->rec, "cpu", &state->cpu))
		return false;
	if (version != 1)
		return ba_record_fail(&r->rec, BA_EFORMAT,
				      "a state file of format %u; this "
				      "version reads format 1",
				      version);
	if (state->nr_orders != BA_NR_ORDERS ||
	    state->nr_migratetypes != BA_NR_MT ||
	    state->pageblock_order != BA_PAGEBLOCK_ORDER)
		return ba_record_fail(
			&r->rec, BA_EFORMAT,
			"a machine with %u orders, %u "
			"migratetypes and pageblocks of order %u; this "
			"model has %u, %u and %u",
			state->nr_orders, state->nr_migratetypes,
			state->pageblock_order, BA_NR_ORDERS, BA_NR_MT,
			BA_PAGEBLOCK_ORDER);
	return true;
}

static bool read_vmemmap(struct reader *r)
{
	struct ba_state *state = r->state;

	if (!ba_record_hex64(&r->rec, &state->vmemmap) ||
	    !ba_record_key_hex64(&r->rec, "page_offset", &state->page_offset) ||
	    !ba_record_key_dec32(&r->rec, "page_size", &state->page_size) ||
	    !ba_record_key_dec32(&r->rec, "cpus", &state->cpus) ||
	    !ba_record_key_dec32(&r->rec, "numa_nodes", &state->numa_nodes))
		return false;
	if (state->cpus == 0 || state->cpus > BA_CPU_MAX ||
	    state->numa_nodes > BA_NODE_MAX)
		return ba_record_fail(&r->rec, BA_EFORMAT,
				      "a machine with %u CPUs and %u "
				      "nodes; this model has up to %u and %u",
				      state->cpus, state->numa_nodes,
				      BA_CPU_MAX, BA_NODE_MAX);
	return true;
}

static bool read_totalreserve(struct reader *r)
{
	r->head = true;
	return ba_record_dec64(&r->rec, &r->state->totalreserve) &&
	       ba_record_key_dec32(&r->rec, "mobility_disabled",
				   &r->state->mobility_disabled);
}

/* Has the zone a pcp line of every CPU? */
static bool zone_complete(struct reader *r)
{
	if (!r->zone || r->pcp_lines == r->state->cpus)
		return true;
	return ba_record_fail(
		&r->rec, BA_EFORMAT,
		"zone %s before this line has %u pcp lines "
		"for %u CPUs; copy the file or take the state again",
		r->zone->name, r->pcp_lines, r->state->cpus);
}

static bool read_pgdat(struct reader *r)
{
	struct ba_state *state = r->state;
	struct ba_state_node *node;
	uint32_t id;

	if (!zone_complete(r) || !ba_record_dec32(&r->rec, &id))
		return false;
	if (id >= BA_NODE_MAX || state->nr_nodes == BA_NODE_MAX)
		return ba_record_fail(&r->rec, BA_EFORMAT,
				      "node %u; this model has up to %u "
				      "nodes",
				      id, BA_NODE_MAX);
	if (r->node && r->node->id >= id)
		return ba_record_fail(&r->rec, BA_EFORMAT,
				      "node %u stands behind node %u; "
				      "take the state again",
				      id, r->node->id);
	node = &state->nodes[state->nr_nodes++];
	node->id = (uint8_t)id;
	r->node = node;
	r->zone = NULL;
	return ba_record_key_dec64(&r->rec, "start", &node->start_pfn) &&
	       ba_record_key_dec64(&r->rec, "spanned", &node->spanned) &&
	       ba_record_key_dec64(&r->rec, "present", &node->present) &&
	       ba_record_key(&r->rec, "kswapd_order") &&
	       ba_record_int32(&r->rec, &node->kswapd_order) &&
	       ba_record_key(&r->rec, "kswapd_highest_zoneidx") &&
	       ba_record_int32(&r->rec, &node->kswapd_highest_zoneidx) &&
	       ba_record_key(&r->rec, "kswapd_failures") &&
	       ba_record_int32(&r->rec, &node->kswapd_failures) &&
	       ba_record_key_dec64(&r->rec, "totalreserve",
				   &node->totalreserve);
}

static bool read_zone(struct reader *r)
{
	struct ba_state *state = r->state;
	struct ba_state_zone *zone;
	uint32_t node, index;

	if (!zone_complete(r) || !ba_record_dec32(&r->rec, &node) ||
	    !ba_record_dec32(&r->rec, &index))
		return false;
	if (!r->node || r->node->id != node || index >= BA_ZONES_PER_NODE ||
	    state->nr_zones == BA_ZONE_MAX)
		return ba_record_fail(
			&r->rec, BA_EFORMAT,
			"zone %u of node %u stands behind "
			"no pgdat line of that node, or is one too many",
			index, node);
	zone = &state->zones[state->nr_zones++];
	zone->node = (uint8_t)node;
	zone->index = (uint8_t)index;
	r->zone = zone;
	r->pcp_lines = 0;
	return ba_record_name(&r->rec, zone->name, sizeof(zone->name)) &&
	       ba_record_key_dec64(&r->rec, "start", &zone->start_pfn) &&
	       ba_record_key_dec64(&r->rec, "spanned", &zone->spanned) &&
	       ba_record_key_dec64(&r->rec, "present", &zone->present) &&
	       ba_record_key_dec64(&r->rec, "managed", &zone->managed);
}

static bool read_zflags(struct reader *r)
{
	return ba_record_hex64(&r->rec, &r->zone->zflags);
}

static bool read_wmark(struct reader *r)
{
	struct ba_state_zone *zone = r->zone;

	return ba_record_dec64(&r->rec, &zone->wmark[0]) &&
	       ba_record_dec64(&r->rec, &zone->wmark[1]) &&
	       ba_record_dec64(&r->rec, &zone->wmark[2]) &&
	       ba_record_key_dec64(&r->rec, "boost", &zone->boost) &&
	       ba_record_key_dec64(&r->rec, "highatomic", &zone->highatomic) &&
	       ba_record_key(&r->rec, "pcp_high") &&
	       ba_record_int64(&r->rec, &zone->pcp_high) &&
	       ba_record_key(&r->rec, "pcp_batch") &&
	       ba_record_int64(&r->rec, &zone->pcp_batch);
}

/* The architecture with as many zones as the line has numbers. */
static uint8_t arch_of(const struct reader *r)
{
	struct ba_span rest = r->rec.rest, text;
	unsigned int nr = 0;

	while (ba_text_word(&rest, &text))
		nr++;
	for (uint8_t arch = 0; arch < BA_NR_ARCH; arch++)
		if (ba_zone_types[arch].nr == nr)
			return arch;
	return BA_ARCH_X86_64;
}

static bool read_lowmem_reserve(struct reader *r)
{
	struct ba_state *state = r->state;
	uint8_t arch = arch_of(r);

	if (state->nr_zones == 1)
		state->arch = arch;
	for (unsigned int i = 0; i < ba_zone_types[state->arch].nr; i++)
		if (!ba_record_dec64(&r->rec, &r->zone->lowmem_reserve[i]))
			return false;
	return true;
}

static bool read_vmstat(struct reader *r)
{
	struct ba_state_zone *zone = r->zone;
	char name[32];

	if (!ba_record_key(&r->rec, "free") ||
	    !ba_record_int64(&r->rec, &zone->free_pages))
		return false;
	for (uint32_t cpu = 0; cpu < r->state->cpus; cpu++) {
		snprintf(name, sizeof(name), "cpu%" PRIu32 "_diff", cpu);
		if (!ba_record_key(&r->rec, name) ||
		    !ba_record_int32(&r->rec, &zone->cpu_diff[cpu]))
			return false;
		snprintf(name, sizeof(name), "cpu%" PRIu32 "_threshold", cpu);
		if (!ba_record_key(&r->rec, name) ||
		    !ba_record_int32(&r->rec, &zone->cpu_threshold[cpu]))
			return false;
	}
	return true;
}

static bool read_drift_mark(struct reader *r)
{
	return ba_record_dec64(&r->rec, &r->zone->drift_mark);
}

static bool read_compact(struct reader *r)
{
	struct ba_state_compact *c = &r->zone->compact;

	return ba_record_key_hex64(&r->rec, "free_pfn", &c->free_pfn) &&
	       ba_record_key_hex64(&r->rec, "migrate_pfn",
				   &c->migrate_pfn[0]) &&
	       ba_record_hex64(&r->rec, &c->migrate_pfn[1]) &&
	       ba_record_key_hex64(&r->rec, "init_migrate",
				   &c->init_migrate_pfn) &&
	       ba_record_key_hex64(&r->rec, "init_free", &c->init_free_pfn) &&
	       ba_record_key_dec32(&r->rec, "considered", &c->considered) &&
	       ba_record_key_dec32(&r->rec, "defer_shift", &c->defer_shift) &&
	       ba_record_key(&r->rec, "order_failed") &&
	       ba_record_int32(&r->rec, &c->order_failed) &&
	       ba_record_key_dec32(&r->rec, "blockskip_flush",
				   &c->blockskip_flush);
}

static bool read_pageblocks(struct reader *r)
{
	struct ba_state_zone *zone = r->zone;
	struct ba_span text;

	if (zone->pageblock_count)
		return ba_record_fail(&r->rec, BA_EFORMAT,
				      "a second pageblocks line of zone "
				      "%s",
				      zone->name);
	if (!ba_record_dec64(&r->rec, &zone->pageblock_first_pfn))
		return false;
	zone->pageblock_first = r->state->nr_pageblocks;
	while (ba_text_word(&r->rec.rest, &text)) {
		uint64_t flags;

		if (!ba_text_hex(text, &flags) ||
		    (flags > 15 && flags != BA_STATE_HOLE))
			return ba_record_garbled(&r->rec, text,
						 "flag bits of a pageblock");
		if (!ba_record_added(
			    &r->rec,
			    ba_state_add_pageblock(r->state, (uint8_t)flags)))
			return false;
		zone->pageblock_count++;
	}
	return true;
}

/* The frame numbers of a list, from head to tail, then the list itself. */
static bool read_pfns(struct reader *r, struct ba_state_list *list)
{
	struct ba_span text;

	list->zone = (uint8_t)(r->zone - r->state->zones);
	list->line = r->rec.line;
	list->first = r->state->nr_pfns;
	list->count = 0;
	while (ba_text_word(&r->rec.rest, &text)) {
		uint64_t pfn;

		if (!ba_text_hex(text, &pfn) || pfn >= BA_PFN_NONE)
			return ba_record_garbled(&r->rec, text,
						 "hexadecimal frame number of "
						 "32 bits");
		if (!ba_record_added(&r->rec,
				     ba_state_add_pfn(r->state, (pfn_t)pfn)))
			return false;
		list->count++;
	}
	if (list->count == 0)
		return ba_record_fail(&r->rec, BA_EFORMAT,
				      "a list without frames; copy the "
				      "file or take the state again");
	return ba_record_added(&r->rec, ba_state_add_list(r->state, list));
}

static bool read_free(struct reader *r)
{
	struct ba_state_list list = { .kind = BA_STATE_FREE };
	uint32_t order, type;

	if (!ba_record_dec32(&r->rec, &order) ||
	    !ba_record_dec32(&r->rec, &type))
		return false;
	if (order > BA_ORDER_MAX || type >= BA_NR_MT)
		return ba_record_fail(&r->rec, BA_EFORMAT,
				      "a free list of order %u and "
				      "migratetype %u; they go to %u and %u",
				      order, type, BA_ORDER_MAX, BA_NR_MT - 1);
	list.order = (uint8_t)order;
	list.migratetype = (uint8_t)type;
	return read_pfns(r, &list);
}

static bool read_nr_free(struct reader *r)
{
	uint32_t order;

	if (!ba_record_dec32(&r->rec, &order))
		return false;
	if (order > BA_ORDER_MAX)
		return ba_record_fail(&r->rec, BA_EFORMAT,
				      "order %u; orders go to %u", order,
				      BA_ORDER_MAX);
	return ba_record_dec64(&r->rec, &r->zone->nr_free[order]);
}

static bool read_cpu(struct reader *r, uint32_t *cpu)
{
	if (!ba_record_dec32(&r->rec, cpu))
		return false;
	if (*cpu < r->state->cpus)
		return true;
	return ba_record_fail(&r->rec, BA_EFORMAT,
			      "CPU %u of a machine with %u CPUs", *cpu,
			      r->state->cpus);
}

/* Take "name N" if it stands next; true unless N is garbled. */
static bool optional_field(struct reader *r, const char *name, uint32_t bit,
			   int32_t *ret, uint32_t *fields)
{
	struct ba_span rest = r->rec.rest, text;

	if (!ba_text_word(&rest, &text) ||
	    !ba_span_is(text, name, strlen(name)))
		return true;
	r->rec.rest = rest;
	*fields |= bit;
	return ba_record_int32(&r->rec, ret);
}

static bool read_pcp(struct reader *r)
{
	struct ba_state_pcp *pcp;
	uint32_t cpu, fields = 0;

	if (!read_cpu(r, &cpu))
		return false;
	if (cpu != r->pcp_lines++)
		return ba_record_fail(
			&r->rec, BA_EFORMAT,
			"the pcp line of CPU %u stands "
			"where that of CPU %u belongs; take the state "
			"again",
			cpu, r->pcp_lines - 1);
	pcp = &r->zone->pcp[cpu];
	pcp->cpu = (uint16_t)cpu;
#define X(bit, member)							\
	if (!optional_field(r, #member, 1u << (bit), &pcp->member, &fields)) \
		return false;
	BA_STATE_PCP_FIELDS(X)
#undef X
	if (r->state->pcp_fields == 0)
		r->state->pcp_fields = fields;
	if ((fields & 7u) != 7u || fields != r->state->pcp_fields)
		return ba_record_fail(
			&r->rec, BA_EFORMAT,
			"a pcp line without count, high "
			"and batch, or with other fields than the lines "
			"before it; take the state again");
	return true;
}

static bool read_pcplist(struct reader *r)
{
	struct ba_state_list list = { .kind = BA_STATE_PCP };
	uint32_t cpu, index;

	if (!read_cpu(r, &cpu) || !ba_record_dec32(&r->rec, &index))
		return false;
	if (index >= BA_NR_PCP_LISTS)
		return ba_record_fail(&r->rec, BA_EFORMAT,
				      "per-CPU list %u; they go to %u", index,
				      BA_NR_PCP_LISTS - 1);
	list.cpu = (uint16_t)cpu;
	list.index = (uint8_t)index;
	return read_pfns(r, &list);
}

static bool read_range(struct reader *r, struct ba_span text)
{
	const char *plus = memchr(text.pos, '+', ba_span_len(text));
	uint64_t pfn, count;

	if (!plus || !ba_text_hex((struct ba_span){ text.pos, plus }, &pfn) ||
	    !ba_text_hex((struct ba_span){ plus + 1, text.end }, &count))
		return ba_record_garbled(&r->rec, text, "range PFN+COUNT");
	return ba_record_added(&r->rec,
			       ba_state_add_movable(r->state, pfn, count));
}

static bool read_movable(struct reader *r)
{
	struct ba_state_node *node = NULL;
	struct ba_span text;
	uint32_t id;

	if (!zone_complete(r) || !ba_record_dec32(&r->rec, &id))
		return false;
	for (uint32_t i = 0; i < r->state->nr_nodes; i++)
		if (r->state->nodes[i].id == id)
			node = &r->state->nodes[i];
	if (!node || node->movable_count)
		return ba_record_fail(
			&r->rec, BA_EFORMAT,
			"movable frames of node %u, which "
			"has no pgdat line or has such a line already",
			id);
	node->movable_first = r->state->nr_movable;
	while (ba_text_word(&r->rec.rest, &text)) {
		if (!read_range(r, text))
			return false;
		node->movable_count++;
	}
	return true;
}

/* X(word, place): H head, N behind the head, Z behind a zone line */
#define RECORDS(X)							\
	X(pgsnap, 'H')							\
	X(vmemmap, 'H')							\
	X(totalreserve, 'H')						\
	X(pgdat, 'N')							\
	X(zone, 'N')							\
	X(movable, 'N')							\
	X(zflags, 'Z')							\
	X(wmark, 'Z')							\
	X(lowmem_reserve, 'Z')						\
	X(vmstat, 'Z')							\
	X(drift_mark, 'Z')						\
	X(compact, 'Z')							\
	X(pageblocks, 'Z')						\
	X(free, 'Z')							\
	X(nr_free, 'Z')							\
	X(pcp, 'Z')							\
	X(pcplist, 'Z')

static bool in_place(struct reader *r, char place, const char *name)
{
	if ((place == 'H' && !r->head) || (place == 'N' && r->head) ||
	    (place == 'Z' && r->zone))
		return true;
	return ba_record_fail(&r->rec, BA_EFORMAT,
			      "'%s' stands at a wrong place; copy the "
			      "file or take the state again",
			      name);
}

static bool read_record(struct reader *r)
{
	struct ba_span name;
	bool slab;

	if (!ba_text_word(&r->rec.rest, &name))
		return ba_record_fail(&r->rec, BA_EFORMAT,
				      "an empty line; copy the file or "
				      "take the state again");
#define X(record, place)                                                       \
	if (ba_span_is(name, #record, sizeof(#record) - 1))                    \
		return in_place(r, place, #record) && read_##record(r) &&      \
		       ba_record_end(&r->rec);
	RECORDS(X)
#undef X
	if (!ba_slabfile_read(&r->rec, &r->state->slabs, name, &slab) || slab)
		return r->rec.status == BA_OK;
	if (ba_span_is(name, "end", 3)) {
		r->ended = true;
		return zone_complete(r) && ba_record_end(&r->rec);
	}
	return ba_record_fail(&r->rec, BA_EFORMAT,
			      "no record is called '%.*s'; copy the file "
			      "or take the state again",
			      BA_RECORD_SHOWN(name));
}

/* The head tells a state file from any other. */
static bool read_line(struct reader *r)
{
	static const char *const head[] = { "pgsnap ", "vmemmap ",
					    "totalreserve " };

	if (r->rec.line <= 3) {
		size_t len = strlen(head[r->rec.line - 1]);

		if (ba_span_len(r->rec.rest) < len ||
		    memcmp(r->rec.rest.pos, head[r->rec.line - 1], len) != 0)
			return ba_record_fail(
				&r->rec, BA_EFORMAT,
				"no state file: it begins "
				"with '%.*s', not with '%s'; give a "
				"state.*.txt of a recording",
				BA_RECORD_SHOWN(r->rec.rest),
				head[r->rec.line - 1]);
	}
	if (r->ended)
		return ba_record_fail(&r->rec, BA_EFORMAT,
				      "'%.*s' stands behind 'end'; give "
				      "a file with one state",
				      BA_RECORD_SHOWN(r->rec.rest));
	return read_record(r);
}

enum ba_status ba_statefile_read(struct ba_state *state, const char *text,
				 size_t len, char *message,
				 size_t message_size)
{
	struct reader r = {
		.state = state,
		.rec = {.message = message, .message_size = message_size}};
	const char *p = text, *end = text + len;

	if (message && message_size)
		message[0] = '\0';
	while (p < end && r.rec.status == BA_OK) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));

		r.rec.line++;
		r.rec.rest = (struct ba_span){p, newline ? newline : end};
		if (!newline && r.rec.line > 1 &&
		    !ba_span_is(r.rec.rest, "end", 3))
			break;
		read_line(&r);
		p = newline ? newline + 1 : end;
	}
	if (r.rec.status == BA_OK && !r.ended)
		ba_record_fail(&r.rec, BA_ETRUNCATED,
			       "the file ends without its line 'end'; "
			       "copy it or take the state again");
	if (r.rec.status == BA_OK)
		r.rec.status = ba_state_check(state, message, message_size);
	return r.rec.status;
}

/* ---- writing ---- */

static void write_head(struct ba_writer *w, const struct ba_state *state)
{
	ba_put(w, "pgsnap 1 kernel ");
	ba_put(w, state->kernel);
	ba_put_dec(w, " nr_orders", state->nr_orders);
	ba_put_dec(w, " nr_mt", state->nr_migratetypes);
	ba_put_dec(w, " pageblock_order", state->pageblock_order);
	ba_put_dec(w, " cpu", state->cpu);
	ba_put_hex(w, "\nvmemmap", state->vmemmap);
	ba_put_hex(w, " page_offset", state->page_offset);
	ba_put_dec(w, " page_size", state->page_size);
	ba_put_dec(w, " cpus", state->cpus);
	ba_put_dec(w, " numa_nodes", state->numa_nodes);
	ba_put_dec(w, "\ntotalreserve", state->totalreserve);
	ba_put_dec(w, " mobility_disabled", state->mobility_disabled);
	ba_put_char(w, '\n');
}

static void write_node(struct ba_writer *w, const struct ba_state_node *node)
{
	ba_put_dec(w, "pgdat", node->id);
	ba_put_dec(w, " start", node->start_pfn);
	ba_put_dec(w, " spanned", node->spanned);
	ba_put_dec(w, " present", node->present);
	ba_put_int(w, " kswapd_order", node->kswapd_order);
	ba_put_int(w, " kswapd_highest_zoneidx", node->kswapd_highest_zoneidx);
	ba_put_int(w, " kswapd_failures", node->kswapd_failures);
	ba_put_dec(w, " totalreserve", node->totalreserve);
	ba_put_char(w, '\n');
}

static void write_compact(struct ba_writer *w, const struct ba_state_compact *c)
{
	ba_put_hex(w, "compact free_pfn", c->free_pfn);
	ba_put_hex(w, " migrate_pfn", c->migrate_pfn[0]);
	ba_put_hex(w, "", c->migrate_pfn[1]);
	ba_put_hex(w, " init_migrate", c->init_migrate_pfn);
	ba_put_hex(w, " init_free", c->init_free_pfn);
	ba_put_dec(w, " considered", c->considered);
	ba_put_dec(w, " defer_shift", c->defer_shift);
	ba_put_int(w, " order_failed", c->order_failed);
	ba_put_dec(w, " blockskip_flush", c->blockskip_flush);
	ba_put_char(w, '\n');
}

static void write_zone_head(struct ba_writer *w, const struct ba_state *state,
			    const struct ba_state_zone *zone)
{
	ba_put_dec(w, "zone", zone->node);
	ba_put_dec(w, "", zone->index);
	ba_put_char(w, ' ');
	ba_put(w, zone->name);
	ba_put_dec(w, " start", zone->start_pfn);
	ba_put_dec(w, " spanned", zone->spanned);
	ba_put_dec(w, " present", zone->present);
	ba_put_dec(w, " managed", zone->managed);
	ba_put_hex(w, "\nzflags", zone->zflags);
	ba_put_dec(w, "\nwmark", zone->wmark[0]);
	ba_put_dec(w, "", zone->wmark[1]);
	ba_put_dec(w, "", zone->wmark[2]);
	ba_put_dec(w, " boost", zone->boost);
	ba_put_dec(w, " highatomic", zone->highatomic);
	ba_put_int(w, " pcp_high", zone->pcp_high);
	ba_put_int(w, " pcp_batch", zone->pcp_batch);
	ba_put(w, "\nlowmem_reserve");
	for (unsigned int i = 0; i < ba_zone_types[state->arch].nr; i++)
		ba_put_dec(w, "", zone->lowmem_reserve[i]);
	ba_put_int(w, "\nvmstat free", zone->free_pages);
	for (uint32_t cpu = 0; cpu < state->cpus; cpu++) {
		ba_put(w, " cpu");
		ba_put_base(w, cpu, 10);
		ba_put_int(w, "_diff", zone->cpu_diff[cpu]);
		ba_put(w, " cpu");
		ba_put_base(w, cpu, 10);
		ba_put_int(w, "_threshold", zone->cpu_threshold[cpu]);
	}
	ba_put_dec(w, "\ndrift_mark", zone->drift_mark);
	ba_put_char(w, '\n');
	write_compact(w, &zone->compact);
	ba_put_dec(w, "pageblocks", zone->pageblock_first_pfn);
	for (uint32_t i = 0; i < zone->pageblock_count; i++)
		ba_put_hex(w, "", state->pageblocks[zone->pageblock_first + i]);
	ba_put_char(w, '\n');
}

static void write_pfns(struct ba_writer *w, const struct ba_state *state,
		       const struct ba_state_list *list)
{
	for (uint32_t i = 0; i < list->count; i++)
		ba_put_hex(w, "", state->pfns[list->first + i]);
	ba_put_char(w, '\n');
}

static void write_free(struct ba_writer *w, const struct ba_state *state,
		       uint32_t zone, unsigned int order)
{
	const struct ba_state_list *found[BA_NR_MT] = { NULL };

	for (uint32_t i = 0; i < state->nr_lists; i++) {
		const struct ba_state_list *list = &state->lists[i];

		if (list->kind == BA_STATE_FREE && list->zone == zone &&
		    list->order == order && list->migratetype < BA_NR_MT)
			found[list->migratetype] = list;
	}
	for (unsigned int type = 0; type < BA_NR_MT; type++) {
		if (!found[type] || found[type]->count == 0)
			continue;
		ba_put_dec(w, "free", order);
		ba_put_dec(w, "", type);
		write_pfns(w, state, found[type]);
	}
	ba_put_dec(w, "nr_free", order);
	ba_put_dec(w, "", state->zones[zone].nr_free[order]);
	ba_put_char(w, '\n');
}

static void write_pcp(struct ba_writer *w, const struct ba_state *state,
		      uint32_t zone, uint32_t cpu)
{
	const struct ba_state_pcp *pcp = &state->zones[zone].pcp[cpu];
	const struct ba_state_list *found[BA_NR_PCP_LISTS] = { NULL };

	for (uint32_t i = 0; i < state->nr_lists; i++) {
		const struct ba_state_list *list = &state->lists[i];

		if (list->kind == BA_STATE_PCP && list->zone == zone &&
		    list->cpu == cpu && list->index < BA_NR_PCP_LISTS)
			found[list->index] = list;
	}
	ba_put_dec(w, "pcp", cpu);
#define X(bit, member)                                                         \
	if (state->pcp_fields & 1u << (bit))                                   \
		ba_put_int(w, " " #member, pcp->member);
	BA_STATE_PCP_FIELDS(X)
#undef X
	ba_put_char(w, '\n');
	for (unsigned int index = 0; index < BA_NR_PCP_LISTS; index++) {
		if (!found[index] || found[index]->count == 0)
			continue;
		ba_put_dec(w, "pcplist", cpu);
		ba_put_dec(w, "", index);
		write_pfns(w, state, found[index]);
	}
}

static void write_movable(struct ba_writer *w, const struct ba_state *state,
			  const struct ba_state_node *node)
{
	if (node->movable_count == 0)
		return;
	ba_put_dec(w, "movable", node->id);
	for (uint32_t i = 0; i < node->movable_count; i++) {
		const struct ba_state_range *range =
			&state->movable[node->movable_first + i];

		ba_put_hex(w, "", range->pfn);
		ba_put_char(w, '+');
		ba_put_base(w, range->count, 16);
	}
	ba_put_char(w, '\n');
}

enum ba_status ba_statefile_write(const struct ba_state *state, char *buf,
				  size_t cap, size_t *needed)
{
	struct ba_writer w = {.buf = buf, .cap = cap};

	write_head(&w, state);
	for (uint32_t n = 0; n < state->nr_nodes; n++) {
		write_node(&w, &state->nodes[n]);
		for (uint32_t z = 0; z < state->nr_zones; z++) {
			if (state->zones[z].node != state->nodes[n].id)
				continue;
			write_zone_head(&w, state, &state->zones[z]);
			for (unsigned int o = 0; o < BA_NR_ORDERS; o++)
				write_free(&w, state, z, o);
			for (uint32_t cpu = 0; cpu < state->cpus; cpu++)
				write_pcp(&w, state, z, cpu);
		}
	}
	for (uint32_t n = 0; n < state->nr_nodes; n++)
		write_movable(&w, state, &state->nodes[n]);
	ba_slabfile_write(&w, &state->slabs);
	ba_put(&w, "end\n");
	*needed = w.len;
	return w.len > cap ? BA_EINVAL : BA_OK;
}
