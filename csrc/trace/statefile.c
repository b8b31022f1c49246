/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/statefile.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "mm/pcp.h"
#include "mm/zonetype.h"

/* ---- reading ---- */

struct reader {
	struct ba_state *state;
	struct ba_state_node *node;	/* of the last pgdat line, or NULL */
	struct ba_state_zone *zone;	/* of the last zone line, or NULL */
	uint32_t pcp_lines;		/* of that zone */
	struct ba_span rest;		/* of the line being read */
	uint32_t line;
	bool head;			/* the three first lines are read */
	bool ended;			/* `end` was read */
	enum ba_status status;
	char *message;
	size_t message_size;
};

/* Keep the first error; returns false so that a caller can return it. */
__attribute__((format(printf, 3, 4)))
static bool fail(struct reader *r, enum ba_status status, const char *format,
		 ...)
{
	va_list args;
	int len;

	if (r->status != BA_OK)
		return false;
	r->status = status;
	if (!r->message || r->message_size == 0)
		return false;
	len = snprintf(r->message, r->message_size, "line %" PRIu32 ": ",
		       r->line);
	if (len < 0 || (size_t)len >= r->message_size)
		return false;
	va_start(args, format);
	vsnprintf(r->message + len, r->message_size - (size_t)len, format,
		  args);
	va_end(args);
	for (char *p = r->message; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
			*p = '?';
	return false;
}

#define SHOWN(span) \
	(int)(ba_span_len(span) > 40 ? 40 : ba_span_len(span)), (span).pos

static bool word(struct reader *r, struct ba_span *ret)
{
	if (ba_text_word(&r->rest, ret))
		return true;
	return fail(r, BA_EFORMAT, "the line ends too early; copy the file or "
		    "take the state again");
}

static bool garbled(struct reader *r, struct ba_span text, const char *what)
{
	return fail(r, BA_EFORMAT, "'%.*s' is no %s; copy the file or take the "
		    "state again", SHOWN(text), what);
}

/* The next word must be `name`. */
static bool key(struct reader *r, const char *name)
{
	struct ba_span text;

	if (!word(r, &text))
		return false;
	if (ba_span_is(text, name, strlen(name)))
		return true;
	return fail(r, BA_EFORMAT, "'%.*s' stands where '%s' belongs; copy the "
		    "file or take the state again", SHOWN(text), name);
}

static bool line_end(struct reader *r)
{
	struct ba_span text;

	if (!ba_text_word(&r->rest, &text))
		return true;
	return fail(r, BA_EFORMAT, "'%.*s' stands behind the end of the "
		    "record; copy the file or take the state again",
		    SHOWN(text));
}

static bool dec_max(struct reader *r, uint64_t max, uint64_t *ret)
{
	struct ba_span text;

	if (!word(r, &text))
		return false;
	if (ba_text_dec(text, ret) && *ret <= max)
		return true;
	return garbled(r, text, "number of its range");
}

static bool dec64(struct reader *r, uint64_t *ret)
{
	return dec_max(r, INT64_MAX, ret);
}

static bool dec32(struct reader *r, uint32_t *ret)
{
	uint64_t value = 0;
	bool ok = dec_max(r, UINT32_MAX, &value);

	*ret = (uint32_t)value;
	return ok;
}

static bool signed64(struct reader *r, int64_t *ret)
{
	struct ba_span text;

	if (!word(r, &text))
		return false;
	return ba_text_int(text, ret) || garbled(r, text, "number");
}

static bool signed32(struct reader *r, int32_t *ret)
{
	int64_t value = 0;
	struct ba_span text = r->rest;

	if (!signed64(r, &value))
		return false;
	*ret = (int32_t)value;
	return *ret == value || garbled(r, text, "number of 32 bits");
}

static bool hex64(struct reader *r, uint64_t *ret)
{
	struct ba_span text;

	if (!word(r, &text))
		return false;
	return ba_text_hex(text, ret) ||
	       garbled(r, text, "hexadecimal number");
}

static bool key_dec64(struct reader *r, const char *name, uint64_t *ret)
{
	return key(r, name) && dec64(r, ret);
}

static bool key_dec32(struct reader *r, const char *name, uint32_t *ret)
{
	return key(r, name) && dec32(r, ret);
}

static bool key_hex64(struct reader *r, const char *name, uint64_t *ret)
{
	return key(r, name) && hex64(r, ret);
}

static bool name_word(struct reader *r, char *ret, size_t size)
{
	struct ba_span text;

	if (!word(r, &text))
		return false;
	if (ba_span_len(text) >= size)
		return garbled(r, text, "name of a known length");
	for (const char *p = text.pos; p < text.end; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
			return garbled(r, text, "name");
	memcpy(ret, text.pos, ba_span_len(text));
	ret[ba_span_len(text)] = '\0';
	return true;
}

static bool added(struct reader *r, enum ba_status status)
{
	return status == BA_OK || fail(r, status, "%s", ba_strerror(status));
}

static bool read_pgsnap(struct reader *r)
{
	struct ba_state *state = r->state;
	uint32_t version;

	if (!dec32(r, &version) || !key(r, "kernel") ||
	    !name_word(r, state->kernel, sizeof(state->kernel)) ||
	    !key_dec32(r, "nr_orders", &state->nr_orders) ||
	    !key_dec32(r, "nr_mt", &state->nr_migratetypes) ||
	    !key_dec32(r, "pageblock_order", &state->pageblock_order) ||
	    !key_dec32(r, "cpu", &state->cpu))
		return false;
	if (version != 1)
		return fail(r, BA_EFORMAT, "a state file of format %u; this "
			    "version reads format 1", version);
	if (state->nr_orders != BA_NR_ORDERS ||
	    state->nr_migratetypes != BA_NR_MT ||
	    state->pageblock_order != BA_PAGEBLOCK_ORDER)
		return fail(r, BA_EFORMAT, "a machine with %u orders, %u "
			    "migratetypes and pageblocks of order %u; this "
			    "model has %u, %u and %u", state->nr_orders,
			    state->nr_migratetypes, state->pageblock_order,
			    BA_NR_ORDERS, BA_NR_MT, BA_PAGEBLOCK_ORDER);
	return true;
}

static bool read_vmemmap(struct reader *r)
{
	struct ba_state *state = r->state;

	if (!hex64(r, &state->vmemmap) ||
	    !key_hex64(r, "page_offset", &state->page_offset) ||
	    !key_dec32(r, "page_size", &state->page_size) ||
	    !key_dec32(r, "cpus", &state->cpus) ||
	    !key_dec32(r, "numa_nodes", &state->numa_nodes))
		return false;
	if (state->cpus == 0 || state->cpus > BA_CPU_MAX ||
	    state->numa_nodes > BA_NODE_MAX)
		return fail(r, BA_EFORMAT, "a machine with %u CPUs and %u "
			    "nodes; this model has up to %u and %u",
			    state->cpus, state->numa_nodes, BA_CPU_MAX,
			    BA_NODE_MAX);
	return true;
}

static bool read_totalreserve(struct reader *r)
{
	r->head = true;
	return dec64(r, &r->state->totalreserve) &&
	       key_dec32(r, "mobility_disabled",
			 &r->state->mobility_disabled);
}

/* Has the zone a pcp line of every CPU? */
static bool zone_complete(struct reader *r)
{
	if (!r->zone || r->pcp_lines == r->state->cpus)
		return true;
	return fail(r, BA_EFORMAT, "zone %s before this line has %u pcp lines "
		    "for %u CPUs; copy the file or take the state again",
		    r->zone->name, r->pcp_lines, r->state->cpus);
}

static bool read_pgdat(struct reader *r)
{
	struct ba_state *state = r->state;
	struct ba_state_node *node;
	uint32_t id;

	if (!zone_complete(r) || !dec32(r, &id))
		return false;
	if (id >= BA_NODE_MAX || state->nr_nodes == BA_NODE_MAX)
		return fail(r, BA_EFORMAT, "node %u; this model has up to %u "
			    "nodes", id, BA_NODE_MAX);
	if (r->node && r->node->id >= id)
		return fail(r, BA_EFORMAT, "node %u stands behind node %u; "
			    "take the state again", id, r->node->id);
	node = &state->nodes[state->nr_nodes++];
	node->id = (uint8_t)id;
	r->node = node;
	r->zone = NULL;
	return key_dec64(r, "start", &node->start_pfn) &&
	       key_dec64(r, "spanned", &node->spanned) &&
	       key_dec64(r, "present", &node->present) &&
	       key(r, "kswapd_order") && signed32(r, &node->kswapd_order) &&
	       key(r, "kswapd_highest_zoneidx") &&
	       signed32(r, &node->kswapd_highest_zoneidx) &&
	       key(r, "kswapd_failures") &&
	       signed32(r, &node->kswapd_failures) &&
	       key_dec64(r, "totalreserve", &node->totalreserve);
}

static bool read_zone(struct reader *r)
{
	struct ba_state *state = r->state;
	struct ba_state_zone *zone;
	uint32_t node, index;

	if (!zone_complete(r) || !dec32(r, &node) || !dec32(r, &index))
		return false;
	if (!r->node || r->node->id != node || index >= BA_ZONES_PER_NODE ||
	    state->nr_zones == BA_ZONE_MAX)
		return fail(r, BA_EFORMAT, "zone %u of node %u stands behind "
			    "no pgdat line of that node, or is one too many",
			    index, node);
	zone = &state->zones[state->nr_zones++];
	zone->node = (uint8_t)node;
	zone->index = (uint8_t)index;
	r->zone = zone;
	r->pcp_lines = 0;
	return name_word(r, zone->name, sizeof(zone->name)) &&
	       key_dec64(r, "start", &zone->start_pfn) &&
	       key_dec64(r, "spanned", &zone->spanned) &&
	       key_dec64(r, "present", &zone->present) &&
	       key_dec64(r, "managed", &zone->managed);
}

static bool read_zflags(struct reader *r)
{
	return hex64(r, &r->zone->zflags);
}

static bool read_wmark(struct reader *r)
{
	struct ba_state_zone *zone = r->zone;

	return dec64(r, &zone->wmark[0]) && dec64(r, &zone->wmark[1]) &&
	       dec64(r, &zone->wmark[2]) &&
	       key_dec64(r, "boost", &zone->boost) &&
	       key_dec64(r, "highatomic", &zone->highatomic) &&
	       key(r, "pcp_high") && signed64(r, &zone->pcp_high) &&
	       key(r, "pcp_batch") && signed64(r, &zone->pcp_batch);
}

/* The architecture with as many zones as the line has numbers. */
static uint8_t arch_of(const struct reader *r)
{
	struct ba_span rest = r->rest, text;
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
		if (!dec64(r, &r->zone->lowmem_reserve[i]))
			return false;
	return true;
}

static bool read_vmstat(struct reader *r)
{
	struct ba_state_zone *zone = r->zone;
	char name[32];

	if (!key(r, "free") || !signed64(r, &zone->free_pages))
		return false;
	for (uint32_t cpu = 0; cpu < r->state->cpus; cpu++) {
		snprintf(name, sizeof(name), "cpu%" PRIu32 "_diff", cpu);
		if (!key(r, name) || !signed32(r, &zone->cpu_diff[cpu]))
			return false;
		snprintf(name, sizeof(name), "cpu%" PRIu32 "_threshold", cpu);
		if (!key(r, name) || !signed32(r, &zone->cpu_threshold[cpu]))
			return false;
	}
	return true;
}

static bool read_drift_mark(struct reader *r)
{
	return dec64(r, &r->zone->drift_mark);
}

static bool read_compact(struct reader *r)
{
	struct ba_state_compact *c = &r->zone->compact;

	return key_hex64(r, "free_pfn", &c->free_pfn) &&
	       key_hex64(r, "migrate_pfn", &c->migrate_pfn[0]) &&
	       hex64(r, &c->migrate_pfn[1]) &&
	       key_hex64(r, "init_migrate", &c->init_migrate_pfn) &&
	       key_hex64(r, "init_free", &c->init_free_pfn) &&
	       key_dec32(r, "considered", &c->considered) &&
	       key_dec32(r, "defer_shift", &c->defer_shift) &&
	       key(r, "order_failed") && signed32(r, &c->order_failed) &&
	       key_dec32(r, "blockskip_flush", &c->blockskip_flush);
}

static bool read_pageblocks(struct reader *r)
{
	struct ba_state_zone *zone = r->zone;
	struct ba_span text;

	if (zone->pageblock_count)
		return fail(r, BA_EFORMAT, "a second pageblocks line of zone "
			    "%s", zone->name);
	if (!dec64(r, &zone->pageblock_first_pfn))
		return false;
	zone->pageblock_first = r->state->nr_pageblocks;
	while (ba_text_word(&r->rest, &text)) {
		uint64_t flags;

		if (!ba_text_hex(text, &flags) ||
		    (flags > 15 && flags != BA_STATE_HOLE))
			return garbled(r, text, "flag bits of a pageblock");
		if (!added(r, ba_state_add_pageblock(r->state,
						     (uint8_t)flags)))
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
	list->line = r->line;
	list->first = r->state->nr_pfns;
	list->count = 0;
	while (ba_text_word(&r->rest, &text)) {
		uint64_t pfn;

		if (!ba_text_hex(text, &pfn) || pfn >= BA_PFN_NONE)
			return garbled(r, text, "hexadecimal frame number of "
				       "32 bits");
		if (!added(r, ba_state_add_pfn(r->state, (pfn_t)pfn)))
			return false;
		list->count++;
	}
	if (list->count == 0)
		return fail(r, BA_EFORMAT, "a list without frames; copy the "
			    "file or take the state again");
	return added(r, ba_state_add_list(r->state, list));
}

static bool read_free(struct reader *r)
{
	struct ba_state_list list = { .kind = BA_STATE_FREE };
	uint32_t order, type;

	if (!dec32(r, &order) || !dec32(r, &type))
		return false;
	if (order > BA_ORDER_MAX || type >= BA_NR_MT)
		return fail(r, BA_EFORMAT, "a free list of order %u and "
			    "migratetype %u; they go to %u and %u", order,
			    type, BA_ORDER_MAX, BA_NR_MT - 1);
	list.order = (uint8_t)order;
	list.migratetype = (uint8_t)type;
	return read_pfns(r, &list);
}

static bool read_nr_free(struct reader *r)
{
	uint32_t order;

	if (!dec32(r, &order))
		return false;
	if (order > BA_ORDER_MAX)
		return fail(r, BA_EFORMAT, "order %u; orders go to %u", order,
			    BA_ORDER_MAX);
	return dec64(r, &r->zone->nr_free[order]);
}

static bool read_cpu(struct reader *r, uint32_t *cpu)
{
	if (!dec32(r, cpu))
		return false;
	if (*cpu < r->state->cpus)
		return true;
	return fail(r, BA_EFORMAT, "CPU %u of a machine with %u CPUs", *cpu,
		    r->state->cpus);
}

/* Take "name N" if it stands next; true unless N is garbled. */
static bool optional_field(struct reader *r, const char *name, uint32_t bit,
			   int32_t *ret, uint32_t *fields)
{
	struct ba_span rest = r->rest, text;

	if (!ba_text_word(&rest, &text) ||
	    !ba_span_is(text, name, strlen(name)))
		return true;
	r->rest = rest;
	*fields |= bit;
	return signed32(r, ret);
}

static bool read_pcp(struct reader *r)
{
	struct ba_state_pcp *pcp;
	uint32_t cpu, fields = 0;

	if (!read_cpu(r, &cpu))
		return false;
	if (cpu != r->pcp_lines++)
		return fail(r, BA_EFORMAT, "the pcp line of CPU %u stands "
			    "where that of CPU %u belongs; take the state "
			    "again", cpu, r->pcp_lines - 1);
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
		return fail(r, BA_EFORMAT, "a pcp line without count, high "
			    "and batch, or with other fields than the lines "
			    "before it; take the state again");
	return true;
}

static bool read_pcplist(struct reader *r)
{
	struct ba_state_list list = { .kind = BA_STATE_PCP };
	uint32_t cpu, index;

	if (!read_cpu(r, &cpu) || !dec32(r, &index))
		return false;
	if (index >= BA_NR_PCP_LISTS)
		return fail(r, BA_EFORMAT, "per-CPU list %u; they go to %u",
			    index, BA_NR_PCP_LISTS - 1);
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
		return garbled(r, text, "range PFN+COUNT");
	return added(r, ba_state_add_movable(r->state, pfn, count));
}

static bool read_movable(struct reader *r)
{
	struct ba_state_node *node = NULL;
	struct ba_span text;
	uint32_t id;

	if (!zone_complete(r) || !dec32(r, &id))
		return false;
	for (uint32_t i = 0; i < r->state->nr_nodes; i++)
		if (r->state->nodes[i].id == id)
			node = &r->state->nodes[i];
	if (!node || node->movable_count)
		return fail(r, BA_EFORMAT, "movable frames of node %u, which "
			    "has no pgdat line or has such a line already",
			    id);
	node->movable_first = r->state->nr_movable;
	while (ba_text_word(&r->rest, &text)) {
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
	return fail(r, BA_EFORMAT, "'%s' stands at a wrong place; copy the "
		    "file or take the state again", name);
}

static bool is_slab_record(struct ba_span name)
{
	static const char *const names[] = {
		"cache", "random_seq", "cpuslab", "cpupartial", "node", "slab",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (ba_span_is(name, names[i], strlen(names[i])))
			return true;
	return false;
}

static bool read_record(struct reader *r)
{
	struct ba_span name;

	if (!ba_text_word(&r->rest, &name))
		return fail(r, BA_EFORMAT, "an empty line; copy the file or "
			    "take the state again");
#define X(record, place)						\
	if (ba_span_is(name, #record, sizeof(#record) - 1))		\
		return in_place(r, place, #record) && read_##record(r) && \
		       line_end(r);
	RECORDS(X)
#undef X
	if (is_slab_record(name)) {
		r->state->slab_lines++;
		return true;
	}
	if (ba_span_is(name, "end", 3)) {
		r->ended = true;
		return zone_complete(r) && line_end(r);
	}
	return fail(r, BA_EFORMAT, "no record is called '%.*s'; copy the file "
		    "or take the state again", SHOWN(name));
}

/* The head tells a state file from any other. */
static bool read_line(struct reader *r)
{
	static const char *const head[] = { "pgsnap ", "vmemmap ",
					    "totalreserve " };

	if (r->line <= 3) {
		size_t len = strlen(head[r->line - 1]);

		if (ba_span_len(r->rest) < len ||
		    memcmp(r->rest.pos, head[r->line - 1], len) != 0)
			return fail(r, BA_EFORMAT, "no state file: it begins "
				    "with '%.*s', not with '%s'; give a "
				    "state.*.txt of a recording",
				    SHOWN(r->rest), head[r->line - 1]);
	}
	if (r->ended)
		return fail(r, BA_EFORMAT, "'%.*s' stands behind 'end'; give "
			    "a file with one state", SHOWN(r->rest));
	return read_record(r);
}

enum ba_status ba_statefile_read(struct ba_state *state, const char *text,
				 size_t len, char *message,
				 size_t message_size)
{
	struct reader r = { .state = state, .message = message,
			    .message_size = message_size };
	const char *p = text, *end = text + len;

	if (message && message_size)
		message[0] = '\0';
	while (p < end && r.status == BA_OK) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));

		r.line++;
		r.rest = (struct ba_span){ p, newline ? newline : end };
		if (!newline && r.line > 1 &&
		    !ba_span_is(r.rest, "end", 3))
			break;
		read_line(&r);
		p = newline ? newline + 1 : end;
	}
	if (r.status == BA_OK && !r.ended)
		fail(&r, BA_ETRUNCATED, "the file ends without its line 'end'; "
		     "copy it or take the state again");
	if (r.status == BA_OK)
		r.status = ba_state_check(state, message, message_size);
	return r.status;
}

/* ---- writing ---- */

struct writer {
	char *buf;
	size_t cap;
	size_t len;
};

static void put_char(struct writer *w, char c)
{
	if (w->len < w->cap)
		w->buf[w->len] = c;
	w->len++;
}

static void put(struct writer *w, const char *text)
{
	for (; *text; text++)
		put_char(w, *text);
}

static void put_base(struct writer *w, uint64_t value, unsigned int base)
{
	char digits[20];
	size_t nr = 0;

	do {
		digits[nr++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (nr)
		put_char(w, digits[--nr]);
}

static void put_dec(struct writer *w, const char *name, uint64_t value)
{
	put(w, name);
	put_char(w, ' ');
	put_base(w, value, 10);
}

static void put_hex(struct writer *w, const char *name, uint64_t value)
{
	put(w, name);
	put_char(w, ' ');
	put_base(w, value, 16);
}

static void put_int(struct writer *w, const char *name, int64_t value)
{
	put(w, name);
	put(w, value < 0 ? " -" : " ");
	put_base(w, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10);
}

static void write_head(struct writer *w, const struct ba_state *state)
{
	put(w, "pgsnap 1 kernel ");
	put(w, state->kernel);
	put_dec(w, " nr_orders", state->nr_orders);
	put_dec(w, " nr_mt", state->nr_migratetypes);
	put_dec(w, " pageblock_order", state->pageblock_order);
	put_dec(w, " cpu", state->cpu);
	put_hex(w, "\nvmemmap", state->vmemmap);
	put_hex(w, " page_offset", state->page_offset);
	put_dec(w, " page_size", state->page_size);
	put_dec(w, " cpus", state->cpus);
	put_dec(w, " numa_nodes", state->numa_nodes);
	put_dec(w, "\ntotalreserve", state->totalreserve);
	put_dec(w, " mobility_disabled", state->mobility_disabled);
	put_char(w, '\n');
}

static void write_node(struct writer *w, const struct ba_state_node *node)
{
	put_dec(w, "pgdat", node->id);
	put_dec(w, " start", node->start_pfn);
	put_dec(w, " spanned", node->spanned);
	put_dec(w, " present", node->present);
	put_int(w, " kswapd_order", node->kswapd_order);
	put_int(w, " kswapd_highest_zoneidx", node->kswapd_highest_zoneidx);
	put_int(w, " kswapd_failures", node->kswapd_failures);
	put_dec(w, " totalreserve", node->totalreserve);
	put_char(w, '\n');
}

static void write_compact(struct writer *w, const struct ba_state_compact *c)
{
	put_hex(w, "compact free_pfn", c->free_pfn);
	put_hex(w, " migrate_pfn", c->migrate_pfn[0]);
	put_hex(w, "", c->migrate_pfn[1]);
	put_hex(w, " init_migrate", c->init_migrate_pfn);
	put_hex(w, " init_free", c->init_free_pfn);
	put_dec(w, " considered", c->considered);
	put_dec(w, " defer_shift", c->defer_shift);
	put_int(w, " order_failed", c->order_failed);
	put_dec(w, " blockskip_flush", c->blockskip_flush);
	put_char(w, '\n');
}

static void write_zone_head(struct writer *w, const struct ba_state *state,
			    const struct ba_state_zone *zone)
{
	put_dec(w, "zone", zone->node);
	put_dec(w, "", zone->index);
	put_char(w, ' ');
	put(w, zone->name);
	put_dec(w, " start", zone->start_pfn);
	put_dec(w, " spanned", zone->spanned);
	put_dec(w, " present", zone->present);
	put_dec(w, " managed", zone->managed);
	put_hex(w, "\nzflags", zone->zflags);
	put_dec(w, "\nwmark", zone->wmark[0]);
	put_dec(w, "", zone->wmark[1]);
	put_dec(w, "", zone->wmark[2]);
	put_dec(w, " boost", zone->boost);
	put_dec(w, " highatomic", zone->highatomic);
	put_int(w, " pcp_high", zone->pcp_high);
	put_int(w, " pcp_batch", zone->pcp_batch);
	put(w, "\nlowmem_reserve");
	for (unsigned int i = 0; i < ba_zone_types[state->arch].nr; i++)
		put_dec(w, "", zone->lowmem_reserve[i]);
	put_int(w, "\nvmstat free", zone->free_pages);
	for (uint32_t cpu = 0; cpu < state->cpus; cpu++) {
		put(w, " cpu");
		put_base(w, cpu, 10);
		put_int(w, "_diff", zone->cpu_diff[cpu]);
		put(w, " cpu");
		put_base(w, cpu, 10);
		put_int(w, "_threshold", zone->cpu_threshold[cpu]);
	}
	put_dec(w, "\ndrift_mark", zone->drift_mark);
	put_char(w, '\n');
	write_compact(w, &zone->compact);
	put_dec(w, "pageblocks", zone->pageblock_first_pfn);
	for (uint32_t i = 0; i < zone->pageblock_count; i++)
		put_hex(w, "", state->pageblocks[zone->pageblock_first + i]);
	put_char(w, '\n');
}

static void write_pfns(struct writer *w, const struct ba_state *state,
		       const struct ba_state_list *list)
{
	for (uint32_t i = 0; i < list->count; i++)
		put_hex(w, "", state->pfns[list->first + i]);
	put_char(w, '\n');
}

static void write_free(struct writer *w, const struct ba_state *state,
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
		put_dec(w, "free", order);
		put_dec(w, "", type);
		write_pfns(w, state, found[type]);
	}
	put_dec(w, "nr_free", order);
	put_dec(w, "", state->zones[zone].nr_free[order]);
	put_char(w, '\n');
}

static void write_pcp(struct writer *w, const struct ba_state *state,
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
	put_dec(w, "pcp", cpu);
#define X(bit, member)							\
	if (state->pcp_fields & 1u << (bit))				\
		put_int(w, " " #member, pcp->member);
	BA_STATE_PCP_FIELDS(X)
#undef X
	put_char(w, '\n');
	for (unsigned int index = 0; index < BA_NR_PCP_LISTS; index++) {
		if (!found[index] || found[index]->count == 0)
			continue;
		put_dec(w, "pcplist", cpu);
		put_dec(w, "", index);
		write_pfns(w, state, found[index]);
	}
}

static void write_movable(struct writer *w, const struct ba_state *state,
			  const struct ba_state_node *node)
{
	if (node->movable_count == 0)
		return;
	put_dec(w, "movable", node->id);
	for (uint32_t i = 0; i < node->movable_count; i++) {
		const struct ba_state_range *range =
			&state->movable[node->movable_first + i];

		put_hex(w, "", range->pfn);
		put_char(w, '+');
		put_base(w, range->count, 16);
	}
	put_char(w, '\n');
}

enum ba_status ba_statefile_write(const struct ba_state *state, char *buf,
				  size_t cap, size_t *needed)
{
	struct writer w = { .buf = buf, .cap = cap };

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
	put(&w, "end\n");
	*needed = w.len;
	return w.len > cap ? BA_EINVAL : BA_OK;
}
