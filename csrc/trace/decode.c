/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/decode.h"

/* X(KEY, "name of the field") */
#define KEYS(X)								\
	X(PFN, "pfn")							\
	X(PAGE, "page")							\
	X(ORDER, "order")						\
	X(MIGRATETYPE, "migratetype")					\
	X(GFP_FLAGS, "gfp_flags")					\
	X(PERCPU_REFILL, "percpu_refill")				\
	X(ALLOC_ORDER, "alloc_order")					\
	X(FALLBACK_ORDER, "fallback_order")				\
	X(ALLOC_MIGRATETYPE, "alloc_migratetype")			\
	X(FALLBACK_MIGRATETYPE, "fallback_migratetype")			\
	X(CHANGE_OWNERSHIP, "change_ownership")				\
	X(PTR, "ptr")							\
	X(BYTES_REQ, "bytes_req")					\
	X(BYTES_ALLOC, "bytes_alloc")					\
	X(NODE, "node")							\
	X(ACCOUNTED, "accounted")					\
	X(NAME, "name")							\
	X(GFP, "gfp")							\
	X(NID, "nid")							\
	X(NR, "nr")							\
	X(RET, "ret")							\
	X(GFP_MASK, "gfp_mask")						\
	X(PRIORITY, "priority")						\
	X(ZONE_START, "zone_start")					\
	X(MIGRATE_PFN, "migrate_pfn")					\
	X(FREE_PFN, "free_pfn")						\
	X(MODE, "mode")							\
	X(RANGE, "range")						\
	X(NR_TAKEN, "nr_taken")						\
	X(NR_MIGRATED, "nr_migrated")					\
	X(NR_FAILED, "nr_failed")					\
	X(NR_RECLAIMED, "nr_reclaimed")					\
	X(PID, "pid")

enum key {
#define X(key, text) KEY_##key,
	KEYS(X)
#undef X
	NR_KEYS
};

#define BIT(key) (UINT64_C(1) << KEY_##key)

static const struct { const char *text; size_t len; } key_names[] = {
#define X(key, text) { text, sizeof(text) - 1 },
	KEYS(X)
#undef X
};

/* The values found in one line. */
struct values {
	uint64_t found;			/* bits of enum key */
	struct ba_span value[NR_KEYS];
};

/* Fields that are looked at when they are there; PAGE is one of every op. */
static uint64_t optional_keys(unsigned int op)
{
	switch (op) {
	case BA_OP_KMALLOC:
		return BIT(NODE) | BIT(ACCOUNTED);
	case BA_OP_CACHE_ALLOC:
		return BIT(BYTES_ALLOC) | BIT(NODE) | BIT(ACCOUNTED);
	case BA_OP_CACHE_FREE:
		return BIT(NAME);
	default:
		return 0;
	}
}

/* Fields an op must have. */
static uint64_t needed_keys(unsigned int op)
{
	switch (op) {
	case BA_OP_PAGE_ALLOC:
		return BIT(PFN) | BIT(ORDER) | BIT(MIGRATETYPE) |
		       BIT(GFP_FLAGS);
	case BA_OP_PAGE_FREE:
	case BA_OP_PAGE_FREE_BATCHED:
	case BA_OP_FREE_ONE:
		return BIT(PFN) | BIT(ORDER);
	case BA_OP_ZONE_LOCKED:
		return BIT(PFN) | BIT(ORDER) | BIT(MIGRATETYPE) |
		       BIT(PERCPU_REFILL);
	case BA_OP_PCPU_DRAIN:
		return BIT(PFN) | BIT(ORDER) | BIT(MIGRATETYPE);
	case BA_OP_EXTFRAG:
		return BIT(PFN) | BIT(ALLOC_ORDER) | BIT(FALLBACK_ORDER) |
		       BIT(ALLOC_MIGRATETYPE) | BIT(FALLBACK_MIGRATETYPE) |
		       BIT(CHANGE_OWNERSHIP);
	case BA_OP_KMALLOC:
	case BA_OP_CACHE_ALLOC:
		return BIT(PTR) | BIT(BYTES_REQ) | BIT(GFP_FLAGS);
	case BA_OP_KFREE:
	case BA_OP_CACHE_FREE:
		return BIT(PTR);
	case BA_OP_BULK_ENTER:
		return BIT(GFP) | BIT(NID) | BIT(NR);
	case BA_OP_BULK_EXIT:
		return BIT(NR);
	case BA_OP_ISOLATE:
	case BA_OP_SPLITPAGE:
		return BIT(PAGE) | BIT(ORDER);
	case BA_OP_ISOLATE_EXIT:
		return BIT(RET);
	case BA_OP_MIGRATE_TARGET:
		return BIT(PAGE);
	case BA_OP_COMPACTION_TRY:
		return BIT(ORDER) | BIT(GFP_MASK) | BIT(PRIORITY);
	case BA_OP_RECLAIM_BEGIN:
		return BIT(ORDER) | BIT(GFP_FLAGS);
	case BA_OP_RECLAIM_END:
		return BIT(NR_RECLAIMED);
	case BA_OP_MARK_VICTIM:
		return BIT(PID);
	case BA_OP_COMPACTION_BEGIN:
		return BIT(ZONE_START) | BIT(MIGRATE_PFN) | BIT(FREE_PFN) |
		       BIT(MODE);
	case BA_OP_COMPACTION_FINISHED:
		return BIT(ORDER) | BIT(RET);
	case BA_OP_COMPACTION_SOURCE:
	case BA_OP_COMPACTION_FREE:
	case BA_OP_COMPACTION_FAST_FREE:
		return BIT(RANGE) | BIT(NR_TAKEN);
	case BA_OP_COMPACTION_MIGRATED:
		return BIT(NR_MIGRATED) | BIT(NR_FAILED);
	case BA_OP_KSWAPD_WAKE:
	case BA_OP_KSWAPD_SLEEP:
		return BIT(NID);
	default:
		return 0;
	}
}

const char *ba_fault_text(enum ba_fault fault)
{
	static const char *const texts[] = {
#define X(name, text) text,
		BA_FAULTS(X)
#undef X
	};

	if ((unsigned int)fault >= BA_NR_FAULTS)
		return "unknown fault";
	return texts[fault];
}

void ba_decode_init(struct ba_decode *decode, enum ba_gfp_layout layout,
		    uint64_t vmemmap, uint32_t page_size)
{
	memset(decode, 0, sizeof(*decode));
	ba_gfp_names_init(&decode->names, layout);
	decode->vmemmap = vmemmap;
	decode->page_size = page_size;
}

unsigned int ba_decode_op(struct ba_span name)
{
	static const struct { const char *text; size_t len; } ops[] = {
#define X(op, text, kind) { text, (kind) == 'm' ? 0 : sizeof(text) - 1 },
		BA_OPS(X)
#undef X
	};
	size_t len = ba_span_len(name);

	if (len == 0)
		return BA_NR_OPS;
	for (unsigned int op = 0; op < BA_NR_OPS; op++)
		if (ops[op].len == len &&
		    memcmp(name.pos, ops[op].text, len) == 0)
			return op;
	return BA_NR_OPS;
}

unsigned int ba_decode_mark(struct ba_span text, uint32_t *number,
			    enum ba_fault *fault)
{
	struct ba_span word;
	uint64_t value = 0;
	unsigned int op;

	if (!ba_text_word(&text, &word))
		return BA_NR_OPS;
	if (ba_span_is(word, "pgsnap", 6))
		op = BA_OP_SNAP;
	else if (ba_span_is(word, "pgsnap_end", 10))
		op = BA_OP_SNAP_END;
	else
		return BA_NR_OPS;
	*fault = BA_FAULT_NONE;
	if (!ba_text_word(&text, &word) || !ba_text_dec(word, &value) ||
	    value > UINT32_MAX)
		*fault = BA_FAULT_VALUE;
	*number = (uint32_t)value;
	return op;
}

/* Slot of a flag text: its length and two bytes tell most texts apart. */
static struct ba_gfp_cached *cache_slot(struct ba_decode *decode,
					struct ba_span text, size_t len)
{
	size_t hash = len + (size_t)(unsigned char)text.pos[len - 1] +
		      (size_t)(unsigned char)text.pos[len / 2] * 7;

	return &decode->cache[hash % BA_GFP_CACHE_SIZE];
}

static bool cache_hit(const struct ba_gfp_cached *slot, struct ba_span text,
		      size_t len)
{
	return slot->len == len && memcmp(slot->text, text.pos, len) == 0;
}

bool ba_decode_gfp(struct ba_decode *decode, struct ba_span text,
		   uint32_t *ret)
{
	size_t len = ba_span_len(text);
	struct ba_gfp_cached *slot;

	if (len == 0)
		return false;
	slot = cache_slot(decode, text, len);
	if (ba_likely(cache_hit(slot, text, len))) {
		*ret = slot->mask;
		return true;
	}
	if (!ba_gfp_names_decode(&decode->names, text, ret))
		return false;
	if (len <= BA_GFP_CACHE_LEN) {
		memcpy(slot->text, text.pos, len);
		slot->len = (uint32_t)len;
		slot->mask = *ret;
	}
	return true;
}

/* Which of the keys in the mask is it? NR_KEYS for none. */
static enum key find_key(struct ba_span name, uint64_t keys)
{
	size_t len = ba_span_len(name);

	for (; keys; keys &= keys - 1) {
		unsigned int key = (unsigned int)__builtin_ctzll(keys);

		if (key_names[key].len == len &&
		    memcmp(name.pos, key_names[key].text, len) == 0)
			return (enum key)key;
	}
	return NR_KEYS;
}

/*
 * Collect the values of the wanted keys, the first of each, until all `sought`
 * ones are there.
 */
static void collect(struct ba_span text, uint64_t sought, uint64_t wanted,
		    struct values *values)
{
	struct ba_span name, value;

	values->found = 0;
	while ((values->found & sought) != sought &&
	       ba_text_pair(&text, &name, &value)) {
		enum key key = find_key(name, wanted & ~values->found);

		if (key == NR_KEYS)
			continue;
		values->found |= UINT64_C(1) << key;
		values->value[key] = value;
	}
}

static enum ba_fault at_field(struct ba_decode *decode, enum key key,
			      enum ba_fault fault)
{
	decode->field = key_names[key].text;
	return fault;
}

/* A number up to `max`. */
static bool number(const struct values *values, enum key key, uint64_t max,
		   uint64_t *ret)
{
	return ba_text_number(values->value[key], ret) && *ret <= max;
}

/* An order or a type: kprobes print the whole register, the value has 32. */
static bool small(const struct values *values, enum key key, uint8_t *ret)
{
	uint64_t value;

	if (!number(values, key, UINT64_MAX, &value))
		return false;
	value &= UINT32_MAX;
	*ret = (uint8_t)value;
	return value <= UINT8_MAX;
}

/* An address: hexadecimal with or without 0x, or a word for none. */
static bool pointer(struct ba_span text, uint64_t *ret)
{
	if (ba_span_is(text, "(nil)", 5) || ba_span_is(text, "(null)", 6)) {
		*ret = 0;
		return true;
	}
	return ba_text_hex(text, ret);
}

/* The kernel prints frame 0 and no page when it failed. */
static bool is_failure(const struct values *values, uint64_t pfn)
{
	uint64_t page;

	if (pfn == UINT64_MAX)
		return true;
	if (pfn != 0)
		return false;
	return !(values->found & BIT(PAGE)) ||
	       (pointer(values->value[KEY_PAGE], &page) && page == 0);
}

/* Fields that mean the same in every op that has them. */
static enum ba_fault common_fields(struct ba_decode *decode,
				   const struct values *values, uint64_t needed,
				   struct ba_event *ret)
{
	if (needed & BIT(PFN) &&
	    !number(values, KEY_PFN, UINT64_MAX, &ret->addr))
		return at_field(decode, KEY_PFN, BA_FAULT_VALUE);
	if (needed & BIT(ORDER) && ret->op != BA_OP_COMPACTION_FINISHED &&
	    !small(values, KEY_ORDER, &ret->order))
		return at_field(decode, KEY_ORDER, BA_FAULT_VALUE);
	if (needed & BIT(MIGRATETYPE) &&
	    !small(values, KEY_MIGRATETYPE, &ret->migratetype))
		return at_field(decode, KEY_MIGRATETYPE, BA_FAULT_VALUE);
	if (needed & BIT(GFP_FLAGS) &&
	    !ba_decode_gfp(decode, values->value[KEY_GFP_FLAGS], &ret->gfp))
		return at_field(decode, KEY_GFP_FLAGS, BA_FAULT_GFP);
	if (needed & BIT(PTR) && !pointer(values->value[KEY_PTR], &ret->addr))
		return at_field(decode, KEY_PTR, BA_FAULT_VALUE);
	return BA_FAULT_NONE;
}

static enum ba_fault extfrag_fields(struct ba_decode *decode,
				    const struct values *values,
				    struct ba_event *ret)
{
	uint8_t order, type;
	uint64_t owner;

	if (!small(values, KEY_ALLOC_ORDER, &ret->order))
		return at_field(decode, KEY_ALLOC_ORDER, BA_FAULT_VALUE);
	if (!small(values, KEY_ALLOC_MIGRATETYPE, &ret->migratetype))
		return at_field(decode, KEY_ALLOC_MIGRATETYPE,
				BA_FAULT_VALUE);
	if (!small(values, KEY_FALLBACK_ORDER, &order))
		return at_field(decode, KEY_FALLBACK_ORDER, BA_FAULT_VALUE);
	if (!small(values, KEY_FALLBACK_MIGRATETYPE, &type))
		return at_field(decode, KEY_FALLBACK_MIGRATETYPE,
				BA_FAULT_VALUE);
	if (!number(values, KEY_CHANGE_OWNERSHIP, 1, &owner))
		return at_field(decode, KEY_CHANGE_OWNERSHIP, BA_FAULT_VALUE);
	ret->arg = (uint32_t)order | (uint32_t)type << 8 |
		   (uint32_t)owner << 16;
	return BA_FAULT_NONE;
}

/* The node that a slab request names; -1 stands for none. */
static enum ba_fault node_field(struct ba_decode *decode,
				const struct values *values,
				struct ba_event *ret)
{
	uint64_t node;

	if (!(values->found & BIT(NODE)) ||
	    ba_span_is(values->value[KEY_NODE], "-1", 2))
		return BA_FAULT_NONE;
	if (!number(values, KEY_NODE, BA_NODE_MAX - 1, &node))
		return at_field(decode, KEY_NODE, BA_FAULT_VALUE);
	ret->order = (uint8_t)(node + 1);
	return BA_FAULT_NONE;
}

/* bytes_req of kmalloc; of kmem_cache_alloc in the low half, with bytes_alloc
 * in the high half. */
static enum ba_fault bytes_fields(struct ba_decode *decode,
				  const struct values *values,
				  struct ba_event *ret)
{
	uint64_t most = ret->op == BA_OP_KMALLOC ? UINT32_MAX : UINT16_MAX;
	uint64_t req, alloc = 0;

	if (!number(values, KEY_BYTES_REQ, UINT64_MAX, &req))
		return at_field(decode, KEY_BYTES_REQ, BA_FAULT_VALUE);
	if (values->found & BIT(BYTES_ALLOC) &&
	    !number(values, KEY_BYTES_ALLOC, UINT64_MAX, &alloc))
		return at_field(decode, KEY_BYTES_ALLOC, BA_FAULT_VALUE);
	req = req < most ? req : most;
	alloc = alloc < most ? alloc : most;
	ret->arg = (uint32_t)req | (uint32_t)alloc << 16;
	return BA_FAULT_NONE;
}

static enum ba_fault slab_alloc_fields(struct ba_decode *decode,
				       const struct values *values,
				       struct ba_event *ret)
{
	enum ba_fault fault = bytes_fields(decode, values, ret);

	ret->migratetype = values->found & BIT(ACCOUNTED) &&
			   ba_span_is(values->value[KEY_ACCOUNTED], "true", 4);
	return fault != BA_FAULT_NONE ? fault :
					node_field(decode, values, ret);
}

static enum ba_fault bulk_enter_fields(struct ba_decode *decode,
				       const struct values *values,
				       struct ba_event *ret)
{
	uint64_t gfp, nid, nr;

	if (!number(values, KEY_GFP, UINT64_MAX, &gfp))
		return at_field(decode, KEY_GFP, BA_FAULT_VALUE);
	if (!number(values, KEY_NID, UINT64_MAX, &nid))
		return at_field(decode, KEY_NID, BA_FAULT_VALUE);
	if (!number(values, KEY_NR, UINT64_MAX, &nr))
		return at_field(decode, KEY_NR, BA_FAULT_VALUE);
	nid &= UINT32_MAX;
	ret->gfp = (uint32_t)gfp;
	ret->addr = nid == UINT32_MAX ? BA_ADDR_NONE : nid;
	ret->arg = (uint32_t)nr;
	return BA_FAULT_NONE;
}

/* A struct page's address to its frame number. */
static enum ba_fault page_field(struct ba_decode *decode,
				const struct values *values, unsigned int op,
				struct ba_event *ret)
{
	uint64_t page;

	if (!pointer(values->value[KEY_PAGE], &page))
		return at_field(decode, KEY_PAGE, BA_FAULT_VALUE);
	if (page == 0 && op == BA_OP_MIGRATE_TARGET) {
		ret->addr = BA_ADDR_NONE;
		return BA_FAULT_NONE;
	}
	if (decode->page_size == 0) {
		decode->raw_pages++;
		ret->addr = page;
		return BA_FAULT_NONE;
	}
	if (page < decode->vmemmap ||
	    (page - decode->vmemmap) % decode->page_size)
		return at_field(decode, KEY_PAGE, BA_FAULT_PAGE);
	ret->addr = (page - decode->vmemmap) / decode->page_size;
	return BA_FAULT_NONE;
}

static enum ba_fault arg_field(struct ba_decode *decode,
			       const struct values *values, enum key key,
			       struct ba_event *ret)
{
	uint64_t value;
	int64_t negative;

	if (number(values, key, UINT64_MAX, &value))
		ret->arg = (uint32_t)value;
	else if (ba_text_int(values->value[key], &negative))
		ret->arg = (uint32_t)(uint64_t)negative;
	else
		return at_field(decode, key, BA_FAULT_VALUE);
	return BA_FAULT_NONE;
}

/* A number that saturates at 32 bits. */
static enum ba_fault limited_arg_field(struct ba_decode *decode,
				       const struct values *values,
				       enum key key, uint64_t max,
				       struct ba_event *ret)
{
	uint64_t value;

	if (!number(values, key, max, &value))
		return at_field(decode, key, BA_FAULT_VALUE);
	ret->arg = value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
	return BA_FAULT_NONE;
}

/* Where a run of compaction begins. */
static enum ba_fault begin_fields(struct ba_decode *decode,
				  const struct values *values,
				  struct ba_event *ret)
{
	uint64_t migrate_pfn, free_pfn, start;

	if (!number(values, KEY_MIGRATE_PFN, UINT32_MAX, &migrate_pfn))
		return at_field(decode, KEY_MIGRATE_PFN, BA_FAULT_VALUE);
	if (!number(values, KEY_FREE_PFN, UINT32_MAX, &free_pfn))
		return at_field(decode, KEY_FREE_PFN, BA_FAULT_VALUE);
	if (!number(values, KEY_ZONE_START, UINT32_MAX, &start))
		return at_field(decode, KEY_ZONE_START, BA_FAULT_VALUE);
	ret->addr = migrate_pfn | free_pfn << 32;
	ret->arg = (uint32_t)start;
	ret->migratetype = ba_span_is(values->value[KEY_MODE], "sync", 4);
	return BA_FAULT_NONE;
}

/* The order -1 stands for compaction of a whole zone. */
static enum ba_fault finished_fields(struct ba_decode *decode,
				     const struct values *values,
				     struct ba_event *ret)
{
	struct ba_span how = values->value[KEY_RET];

	if (ba_span_is(values->value[KEY_ORDER], "-1", 2))
		ret->order = UINT8_MAX;
	else if (!small(values, KEY_ORDER, &ret->order))
		return at_field(decode, KEY_ORDER, BA_FAULT_VALUE);
	ret->arg = ba_span_is(how, "continue", 8) ||
		   ba_span_is(how, "no_suitable_page", 16);
	return BA_FAULT_NONE;
}

/* range=(0x1000 ~ 0x1200) */
static enum ba_fault range_fields(struct ba_decode *decode,
				  const struct values *values,
				  struct ba_span text, struct ba_event *ret)
{
	struct ba_span first = values->value[KEY_RANGE];
	struct ba_span rest = { first.end, text.end }, tilde, last;
	uint64_t start, end;

	if (ba_span_len(first) < 2 || *first.pos++ != '(' ||
	    !ba_text_hex(first, &start) || !ba_text_word(&rest, &tilde) ||
	    !ba_text_word(&rest, &last) || *--last.end != ')' ||
	    !ba_text_hex(last, &end) || end > UINT32_MAX || start > end)
		return at_field(decode, KEY_RANGE, BA_FAULT_VALUE);
	ret->addr = start | end << 32;
	return limited_arg_field(decode, values, KEY_NR_TAKEN, UINT64_MAX,
				 ret);
}

static enum ba_fault migrated_fields(struct ba_decode *decode,
				     const struct values *values,
				     struct ba_event *ret)
{
	uint64_t migrated;

	if (!number(values, KEY_NR_MIGRATED, UINT32_MAX, &migrated))
		return at_field(decode, KEY_NR_MIGRATED, BA_FAULT_VALUE);
	ret->gfp = (uint32_t)migrated;
	return limited_arg_field(decode, values, KEY_NR_FAILED, UINT64_MAX,
				 ret);
}

static enum ba_fault compaction_fields(struct ba_decode *decode,
				       const struct values *values,
				       unsigned int op, struct ba_span text,
				       struct ba_event *ret)
{
	if (op == BA_OP_COMPACTION_BEGIN)
		return begin_fields(decode, values, ret);
	if (op == BA_OP_COMPACTION_FINISHED)
		return finished_fields(decode, values, ret);
	if (op == BA_OP_COMPACTION_MIGRATED)
		return migrated_fields(decode, values, ret);
	if (op == BA_OP_COMPACTION_TRY) {
		if (!ba_decode_gfp(decode, values->value[KEY_GFP_MASK],
				   &ret->gfp))
			return at_field(decode, KEY_GFP_MASK, BA_FAULT_GFP);
		return limited_arg_field(decode, values, KEY_PRIORITY,
					 UINT64_MAX, ret);
	}
	return range_fields(decode, values, text, ret);
}

/* Fields that belong to one op. */
static enum ba_fault own_fields(struct ba_decode *decode,
				const struct values *values, unsigned int op,
				struct ba_span text, struct ba_event *ret)
{
	switch (op) {
	case BA_OP_PAGE_ALLOC:
		if (is_failure(values, ret->addr))
			ret->addr = BA_ADDR_NONE;
		return BA_FAULT_NONE;
	case BA_OP_ZONE_LOCKED:
		return limited_arg_field(decode, values, KEY_PERCPU_REFILL, 1,
					 ret);
	case BA_OP_EXTFRAG:
		return extfrag_fields(decode, values, ret);
	case BA_OP_KMALLOC:
	case BA_OP_CACHE_ALLOC:
		return slab_alloc_fields(decode, values, ret);
	case BA_OP_CACHE_FREE:
		if (values->found & BIT(NAME))
			ret->arg = ba_names_number(&decode->cache_names,
						   values->value[KEY_NAME]);
		return BA_FAULT_NONE;
	case BA_OP_BULK_ENTER:
		return bulk_enter_fields(decode, values, ret);
	case BA_OP_BULK_EXIT:
		return arg_field(decode, values, KEY_NR, ret);
	case BA_OP_RECLAIM_END:
		return limited_arg_field(decode, values, KEY_NR_RECLAIMED,
					 UINT64_MAX, ret);
	case BA_OP_MARK_VICTIM:
		return number(values, KEY_PID, UINT32_MAX, &ret->addr) ?
			BA_FAULT_NONE :
			at_field(decode, KEY_PID, BA_FAULT_VALUE);
	case BA_OP_ISOLATE_EXIT:
		return arg_field(decode, values, KEY_RET, ret);
	case BA_OP_ISOLATE:
	case BA_OP_SPLITPAGE:
	case BA_OP_MIGRATE_TARGET:
		return page_field(decode, values, op, ret);
	case BA_OP_COMPACTION_TRY:
	case BA_OP_COMPACTION_BEGIN:
	case BA_OP_COMPACTION_FINISHED:
	case BA_OP_COMPACTION_SOURCE:
	case BA_OP_COMPACTION_FREE:
	case BA_OP_COMPACTION_FAST_FREE:
	case BA_OP_COMPACTION_MIGRATED:
		return compaction_fields(decode, values, op, text, ret);
	case BA_OP_KSWAPD_WAKE:
	case BA_OP_KSWAPD_SLEEP:
		return arg_field(decode, values, KEY_NID, ret);
	default:
		return BA_FAULT_NONE;
	}
}

static void clear_fields(struct ba_event *ret, unsigned int op)
{
	ret->addr = 0;
	ret->gfp = 0;
	ret->arg = 0;
	ret->op = (uint8_t)op;
	ret->order = 0;
	ret->migratetype = 0;
}

static enum ba_fault fields_by_name(struct ba_decode *decode, unsigned int op,
				    struct ba_span text, struct ba_event *ret)
{
	uint64_t needed = needed_keys(op), optional = optional_keys(op);
	struct values values;
	enum ba_fault fault;

	clear_fields(ret, op);
	decode->field = NULL;
	collect(text, needed | optional, needed | optional | BIT(PAGE),
		&values);
	if (needed & ~values.found)
		return at_field(decode, (enum key)
				__builtin_ctzll(needed & ~values.found),
				BA_FAULT_MISSING);
	fault = common_fields(decode, &values, needed, ret);
	if (fault == BA_FAULT_NONE)
		fault = own_fields(decode, &values, op, text, ret);
	return fault;
}

/* No space among 16 bytes? */
static inline bool no_space16(const char *p)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t a, b;

	memcpy(&a, p, 8);
	memcpy(&b, p + 8, 8);
	a ^= ones * ' ';
	b ^= ones * ' ';
	return !(((a - ones) & ~a & ones << 7) | ((b - ones) & ~b & ones << 7));
}

/* The end of the word at p, eight bytes at a time. */
static inline const char *word_end(const char *p, const char *end)
{
	for (; end - p >= 8; p += 8) {
		unsigned int before = ba_text_before_blank(ba_text_load8(p));

		if (before < 8)
			return p + before;
	}
	while (p < end && *p != ' ')
		p++;
	return p;
}

/* Take `word`, a literal, at *p. */
#define TAKE(p, end, word)						\
	((size_t)((end) - (p)) >= sizeof(word) - 1 &&			\
	 memcmp((p), (word), sizeof(word) - 1) == 0 &&			\
	 ((p) += sizeof(word) - 1, true))

/* Take one digit that ends its word. */
static inline bool take_digit(const char **p, const char *end, uint8_t *ret)
{
	if (*p == end || !ba_is_digit(**p) ||
	    (end - *p > 1 && (*p)[1] != ' '))
		return false;
	*ret = (uint8_t)(*(*p)++ - '0');
	return true;
}

/*
 * The page events as 6.1 and 6.12 print them, field after field; false when
 * a line differs in the least, which says nothing about the line.
 */
static bool page_fields(struct ba_decode *decode, unsigned int op,
			struct ba_span text, struct ba_event *ret)
{
	const char *p = text.pos, *end = text.end;
	uint8_t order, type = 0, refill = 0;
	uint32_t pfn = 0, gfp = 0;
	unsigned int digits;

	if (end - p < 21 || !TAKE(p, end, "page="))
		return false;
	/* 16 digits, or the frame's number from perf */
	p = ba_likely(no_space16(p)) ? p + 16 : word_end(p, end);
	if (!TAKE(p, end, " pfn=0x") || end - p < 8)
		return false;
	digits = ba_text_hex_word(p, &pfn);
	p += digits;
	if (digits == 0 || pfn == 0 || !TAKE(p, end, " order=") ||
	    !take_digit(&p, end, &order))
		return false;
	if (op != BA_OP_PAGE_FREE && op != BA_OP_PAGE_FREE_BATCHED &&
	    (!TAKE(p, end, " migratetype=") || !take_digit(&p, end, &type)))
		return false;
	if (op == BA_OP_PAGE_ALLOC) {
		struct ba_span flags;

		if (!TAKE(p, end, " gfp_flags="))
			return false;
		flags = (struct ba_span){ p, end };
		if (!ba_decode_gfp(decode, flags, &gfp))
			return false;
		p = end;
	} else if (op == BA_OP_ZONE_LOCKED) {
		if (!TAKE(p, end, " percpu_refill=") ||
		    !take_digit(&p, end, &refill) || refill > 1)
			return false;
	}
	if (p != end)
		return false;
	ret->addr = pfn;
	ret->gfp = gfp;
	ret->arg = refill;
	ret->op = (uint8_t)op;
	ret->order = order;
	ret->migratetype = type;
	return true;
}

/* Take the decimal digits of a number below 2^32. */
static inline bool take_dec(const char **p, const char *end, uint64_t *ret)
{
	const char *first = *p;
	uint64_t value = 0;

	for (; *p < end && ba_is_digit(**p); (*p)++)
		value = value * 10 + (uint64_t)(**p - '0');
	*ret = value;
	return *p > first && *p - first <= 9;
}

/* Take an address of 16 digits. */
static inline bool take_hex16(const char **p, const char *end, uint64_t *ret)
{
	uint32_t high, low;

	if (end - *p < 16 || !ba_text_hex8(ba_text_load8(*p), &high) ||
	    !ba_text_hex8(ba_text_load8(*p + 8), &low))
		return false;
	*p += 16;
	*ret = (uint64_t)high << 32 | low;
	return true;
}

/* Take " ptr=" and the address, as the kernel or as perf prints it. */
static inline bool take_ptr(const char **p, const char *end, uint64_t *ret)
{
	if (!TAKE(*p, end, " ptr="))
		return false;
	if (ba_likely(take_hex16(p, end, ret)))
		return true;
	*ret = 0;
	return TAKE(*p, end, "(nil)") ||
	       (TAKE(*p, end, "0x") && take_hex16(p, end, ret));
}

/* What stands behind the address of an allocation. */
static inline bool slab_request(struct ba_decode *decode, unsigned int op,
				const char *p, const char *end,
				struct ba_event *ret)
{
	uint64_t req, alloc;
	struct ba_span flags;
	bool accounted;

	if (!TAKE(p, end, " bytes_req=") || !take_dec(&p, end, &req) ||
	    !TAKE(p, end, " bytes_alloc=") || !take_dec(&p, end, &alloc) ||
	    !TAKE(p, end, " gfp_flags="))
		return false;
	flags = (struct ba_span){ p, word_end(p, end) };
	p = flags.end;
	if (!ba_decode_gfp(decode, flags, &ret->gfp) ||
	    !TAKE(p, end, " node=-1 accounted="))
		return false;
	accounted = TAKE(p, end, "true");
	if ((!accounted && !TAKE(p, end, "false")) || p != end)
		return false;
	ret->arg = (uint32_t)req;
	if (op == BA_OP_CACHE_ALLOC)
		ret->arg = (uint32_t)(req < UINT16_MAX ? req : UINT16_MAX) |
			   (uint32_t)(alloc < UINT16_MAX ? alloc : UINT16_MAX)
				<< 16;
	ret->migratetype = accounted;
	return true;
}

/* The same as page_fields for the slab events. */
static bool slab_fields(struct ba_decode *decode, unsigned int op,
			struct ba_span text, struct ba_event *ret)
{
	const char *p = text.pos, *end = text.end;
	struct ba_event event = { .op = (uint8_t)op };

	if (!TAKE(p, end, "call_site="))
		return false;
	p = word_end(p, end);
	if (!take_ptr(&p, end, &event.addr))
		return false;
	if (op == BA_OP_KMALLOC || op == BA_OP_CACHE_ALLOC) {
		if (!slab_request(decode, op, p, end, &event))
			return false;
	} else if (op == BA_OP_CACHE_FREE) {
		struct ba_span name;

		if (!TAKE(p, end, " name="))
			return false;
		name = (struct ba_span){ p, word_end(p, end) };
		p = name.end;
		if (p != end)
			return false;
		event.arg = ba_names_number(&decode->cache_names, name);
	} else if (p != end) {
		return false;
	}
	clear_fields(ret, op);
	ret->addr = event.addr;
	ret->gfp = event.gfp;
	ret->arg = event.arg;
	ret->migratetype = event.migratetype;
	return true;
}

enum ba_fault ba_decode_fields(struct ba_decode *decode, unsigned int op,
			       struct ba_span text, struct ba_event *ret)
{
	if (ba_likely(op <= BA_OP_CACHE_FREE && !decode->by_name_only) &&
	    (op <= BA_OP_PCPU_DRAIN ? page_fields(decode, op, text, ret) :
	     op >= BA_OP_KMALLOC && slab_fields(decode, op, text, ret)))
		return BA_FAULT_NONE;
	return fields_by_name(decode, op, text, ret);
}
