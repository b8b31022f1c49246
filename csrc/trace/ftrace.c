/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/ftrace.h"

#include "trace/columns.h"

enum line_kind { LINE_RECORD, LINE_COMMENT, LINE_UNKNOWN, LINE_MALFORMED };

void ba_ftrace_init(struct ba_ftrace *reader, enum ba_gfp_layout layout,
		    uint64_t vmemmap, uint32_t page_size)
{
	memset(reader, 0, sizeof(*reader));
	ba_decode_init(&reader->decode, layout, vmemmap, page_size);
}

/* Split "event: fields"; false when the name has no colon. */
static bool split_event(const char *p, const char *end, struct ba_span *name,
			struct ba_span *text)
{
	name->pos = p;
	while (p < end && *p != ' ')
		p++;
	text->pos = p;
	text->end = end;
	name->end = p;
	if (p == name->pos || p[-1] != ':')
		return false;
	name->end--;
	return true;
}

/* The slab events by their first letters; BA_NR_OPS for any other. */
static inline unsigned int slab_event(const char *p, const char **text)
{
	if (memcmp(p, "kmem_cache_alloc: ", 18) == 0)
		return *text = p + 18, BA_OP_CACHE_ALLOC;
	if (memcmp(p, "kmem_cache_free: ", 17) == 0)
		return *text = p + 17, BA_OP_CACHE_FREE;
	if (memcmp(p, "kmalloc: ", 9) == 0)
		return *text = p + 9, BA_OP_KMALLOC;
	if (memcmp(p, "kfree: ", 7) == 0)
		return *text = p + 7, BA_OP_KFREE;
	return BA_NR_OPS;
}

/* The page events, too. */
static inline unsigned int known_event(const char *p, const char *end,
				       const char **text)
{
	if (end - p < 40)
		return BA_NR_OPS;
	if (memcmp(p, "mm_page_", 8) != 0)
		return slab_event(p, text);
	if (memcmp(p + 8, "alloc: ", 7) == 0)
		return *text = p + 15, BA_OP_PAGE_ALLOC;
	if (memcmp(p + 8, "free: ", 6) == 0)
		return *text = p + 14, BA_OP_PAGE_FREE;
	if (memcmp(p + 8, "free_batched: ", 14) == 0)
		return *text = p + 22, BA_OP_PAGE_FREE_BATCHED;
	if (memcmp(p + 8, "alloc_zone_locked: ", 19) == 0)
		return *text = p + 27, BA_OP_ZONE_LOCKED;
	if (memcmp(p + 8, "pcpu_drain: ", 12) == 0)
		return *text = p + 20, BA_OP_PCPU_DRAIN;
	return BA_NR_OPS;
}

static bool is_text(struct ba_span s)
{
	for (; s.pos < s.end; s.pos++)
		if ((unsigned char)*s.pos < ' ' && *s.pos != '\t')
			return false;
	return true;
}

static bool is_name(struct ba_span s)
{
	for (const char *p = s.pos; p < s.end; p++)
		if ((unsigned char)(*p - 0x21) > 0x7e - 0x21)
			return false;
	return s.pos < s.end;
}

static void copy_name(char *ret, size_t size, struct ba_span name)
{
	size_t len = ba_span_len(name);

	if (len > size - 1)
		len = size - 1;
	memcpy(ret, name.pos, len);
	memset(ret + len, 0, size - len);
}

static void count_unknown(struct ba_ftrace *reader, struct ba_span name)
{
	char key[BA_UNKNOWN_NAME_LEN];
	uint32_t hash = 2166136261u;

	copy_name(key, sizeof(key), name);
	for (const char *p = key; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	for (uint32_t i = 0; i < BA_UNKNOWN_NAMES; i++) {
		struct ba_unknown *slot =
			&reader->unknown[(hash + i) % BA_UNKNOWN_NAMES];

		if (slot->count == 0)
			memcpy(slot->name, key, sizeof(key));
		else if (memcmp(slot->name, key, sizeof(key)) != 0)
			continue;
		slot->count++;
		return;
	}
	reader->unknown_overflow++;
}

static enum line_kind malformed(struct ba_ftrace *reader, struct ba_span line,
				struct ba_span event, enum ba_fault fault)
{
	const char *field = reader->decode.field;

	reader->malformed_lines++;
	if (reader->first_malformed)
		return LINE_MALFORMED;
	reader->first_malformed = reader->lines;
	if (fault != BA_FAULT_TOO_LONG && !is_text(line))
		fault = BA_FAULT_BYTES;
	reader->first_fault = fault;
	if (event.pos)
		copy_name(reader->first_event, sizeof(reader->first_event),
			  event);
	if (field && event.pos)
		copy_name(reader->first_field, sizeof(reader->first_field),
			  (struct ba_span){ field, field + strlen(field) });
	return LINE_MALFORMED;
}

/* "# entries-in-buffer/entries-written: 100/120   #P:2" */
static void read_comment(struct ba_ftrace *reader, struct ba_span line)
{
	struct ba_span word;
	uint64_t inside, written, cpus;
	const char *p;

	while (ba_text_word(&line, &word)) {
		if (ba_span_is(word, "entries-in-buffer/entries-written:",
			       34)) {
			if (!ba_text_word(&line, &word))
				return;
			p = ba_text_digits(word.pos, word.end, 19, &inside);
			if (p == word.end || *p != '/')
				return;
			word.pos = p + 1;
			if (ba_text_dec(word, &written) && written > inside)
				reader->overwritten += written - inside;
		} else if (ba_span_len(word) > 3 &&
			   memcmp(word.pos, "#P:", 3) == 0) {
			word.pos += 3;
			if (ba_text_dec(word, &cpus) && cpus <= UINT16_MAX)
				reader->cpus = (uint32_t)cpus;
		}
	}
}

/* Where and when is left to the caller. */
static void lost_record(struct ba_ftrace *reader, uint64_t nr,
			struct ba_event *ret)
{
	reader->lost_events += nr;
	memset(ret, 0, sizeof(*ret));
	ret->op = BA_OP_LOST;
	ret->arg = nr > UINT32_MAX ? UINT32_MAX : (uint32_t)nr;
}

/*
 * "CPU:0 [LOST 12 EVENTS]" or, from trace-cmd, "CPU:0 [12 EVENTS DROPPED]";
 * without a number at least one is lost.
 */
static enum line_kind read_lost(struct ba_ftrace *reader, struct ba_span line,
				struct ba_event *ret)
{
	static const char *const words[] = {
		"[LOST", "EVENTS]", "[EVENTS", "EVENTS", "DROPPED]",
	};
	const struct ba_span none = { NULL, NULL };
	struct ba_span rest = line, word;
	uint64_t cpu, nr = 1;
	bool lost = false;

	ba_text_word(&rest, &word);
	word.pos += 4;
	if (!ba_text_dec(word, &cpu) || cpu > UINT16_MAX)
		return malformed(reader, line, none, BA_FAULT_HEADER);
	while (ba_text_word(&rest, &word)) {
		bool known = false;

		for (size_t i = 0; i < 5; i++)
			known |= ba_span_is(word, words[i], strlen(words[i]));
		lost |= ba_span_is(word, "EVENTS]", 7) ||
			ba_span_is(word, "DROPPED]", 8);
		if (!known && *word.pos == '[')
			word.pos++;
		if (!known && !ba_text_dec(word, &nr))
			return malformed(reader, line, none, BA_FAULT_HEADER);
	}
	if (!lost)
		return malformed(reader, line, none, BA_FAULT_HEADER);
	lost_record(reader, nr, ret);
	ret->ts_ns = reader->last_ts;
	ret->cpu = (uint16_t)cpu;
	ret->context = BA_CTX_DEPTH_UNKNOWN << BA_CTX_DEPTH_SHIFT;
	return LINE_RECORD;
}

/* perf's "PERF_RECORD_LOST lost 12": `text` is what stands behind the name. */
static enum line_kind read_perf_lost(struct ba_ftrace *reader,
				     struct ba_span line, struct ba_span name,
				     struct ba_span text, struct ba_event *ret)
{
	struct ba_span word;
	uint64_t nr;

	reader->decode.field = "lost";
	if (!ba_text_word(&text, &word) || !ba_span_is(word, "lost", 4) ||
	    !ba_text_word(&text, &word))
		return malformed(reader, line, name, BA_FAULT_MISSING);
	if (!ba_text_dec(word, &nr) || ba_text_word(&text, &word))
		return malformed(reader, line, name, BA_FAULT_VALUE);
	lost_record(reader, nr, ret);
	return LINE_RECORD;
}

/* "\tffffffff8124bc5e __alloc_pages+0x1de (...)": perf's chain of callers. */
static bool is_caller(struct ba_span line)
{
	struct ba_span word;
	uint64_t address;

	if (*line.pos != '\t')
		return false;
	line.pos++;
	return ba_text_word(&line, &word) && ba_text_hex(word, &address);
}

/* A line that is no event: a comment, lost events, or nothing we know. */
static enum line_kind read_other(struct ba_ftrace *reader, struct ba_span line,
				 enum ba_fault fault, struct ba_event *ret)
{
	const struct ba_span none = { NULL, NULL };
	struct ba_span rest = line, word;

	reader->decode.field = NULL;
	if (!ba_text_word(&rest, &word))
		return LINE_COMMENT;
	if (*word.pos == '#') {
		read_comment(reader, line);
		return LINE_COMMENT;
	}
	if (is_caller(line))
		return LINE_COMMENT;
	if (ba_span_len(word) > 4 && memcmp(word.pos, "CPU:", 4) == 0)
		return read_lost(reader, line, ret);
	if (ba_span_len(word) > 5 && memcmp(word.pos, "cpus=", 5) == 0) {
		uint64_t cpus;

		word.pos += 5;
		if (ba_text_dec(word, &cpus) && cpus <= UINT16_MAX)
			reader->cpus = (uint32_t)cpus;
		return LINE_COMMENT;
	}
	return malformed(reader, line, none, fault);
}

/* An event that is not one of the page events, or not in their usual form. */
static enum line_kind read_event(struct ba_ftrace *reader, struct ba_span line,
				 const struct ba_columns *head, bool ended,
				 struct ba_event *ret)
{
	enum ba_fault fault = BA_FAULT_NONE;
	struct ba_span name, text;
	bool colon = split_event(head->event, line.end, &name, &text);
	unsigned int op = colon ? ba_decode_op(name) : (unsigned int)BA_NR_OPS;
	uint32_t number = 0;

	reader->decode.field = NULL;
	if (ended && ba_span_is(name, "PERF_RECORD_LOST", 16))
		return read_perf_lost(reader, line, name, text, ret);
	if (op < BA_NR_OPS) {
		fault = ba_decode_fields(&reader->decode, op, text, ret);
	} else {
		op = ba_decode_mark(text, &number, &fault);
		ret->addr = 0;
		ret->gfp = 0;
		ret->arg = number;
		ret->op = (uint8_t)op;
		ret->order = 0;
		ret->migratetype = 0;
	}
	if (op == BA_NR_OPS && (!is_name(name) || (!colon && !ended)))
		fault = BA_FAULT_HEADER;
	if (fault != BA_FAULT_NONE)
		return malformed(reader, line, name, fault);
	if (op == BA_NR_OPS) {
		count_unknown(reader, name);
		return LINE_UNKNOWN;
	}
	return LINE_RECORD;
}

static inline bool columns_by_place(struct ba_span line,
				    struct ba_columns *ret)
{
	return ba_columns_ftrace(line, ret) || ba_columns_perf(line, ret);
}

/* Read a line without its newline; `ended` says that it had one. */
static inline enum line_kind read_line(struct ba_ftrace *reader,
				       struct ba_span line, bool ended,
				       struct ba_event *ret)
{
	enum line_kind kind = LINE_RECORD;
	enum ba_fault fault;
	struct ba_span text;
	struct ba_columns head;
	unsigned int op;

	if (ba_unlikely(reader->decode.by_name_only ||
			!columns_by_place(line, &head))) {
		if (line.pos == line.end || *line.pos == '#')
			return read_other(reader, line, BA_FAULT_NONE, ret);
		fault = ba_columns_search(line, &head);
		if (fault != BA_FAULT_NONE)
			return read_other(reader, line, fault, ret);
	}
	op = known_event(head.event, line.end, &text.pos);
	text.end = line.end;
	if (op == BA_NR_OPS ||
	    ba_decode_fields(&reader->decode, op, text, ret) != BA_FAULT_NONE)
		kind = read_event(reader, line, &head, ended, ret);
	if (kind == LINE_RECORD) {
		ret->ts_ns = head.ts_ns;
		ret->cpu = head.cpu;
		ret->task = head.task;
		ret->context = head.context;
		if (ret->op == BA_OP_PAGE_ALLOC)
			ret->arg = head.switches;
		reader->last_ts = head.ts_ns;
	}
	return kind;
}

/* Read a line and count it; true when it gave a record. */
static inline bool take_line(struct ba_ftrace *reader, struct ba_span line,
			     bool ended, struct ba_event *out, uint32_t *number)
{
	const struct ba_span none = { NULL, NULL };
	enum line_kind kind;

	reader->lines++;
	if (ba_unlikely(ba_span_len(line) > BA_FTRACE_LINE_MAX)) {
		malformed(reader, line, none, BA_FAULT_TOO_LONG);
		return false;
	}
	kind = read_line(reader, line, ended, out);
	if (ba_likely(kind == LINE_RECORD)) {
		reader->records++;
		if (number)
			*number = reader->lines > UINT32_MAX ?
				  UINT32_MAX : (uint32_t)reader->lines;
		return true;
	}
	if (kind == LINE_COMMENT)
		reader->comments++;
	else if (kind == LINE_UNKNOWN)
		reader->unknown_lines++;
	return false;
}

/* Keep the start of a line for the next chunk. */
static void keep(struct ba_ftrace *reader, const char *text, size_t len)
{
	const struct ba_span none = { NULL, NULL };

	if (reader->skipping || len == 0)
		return;
	if (len > BA_FTRACE_LINE_MAX - reader->carry_len) {
		reader->lines++;
		malformed(reader, none, none, BA_FAULT_TOO_LONG);
		reader->skipping = true;
		reader->carry_len = 0;
		return;
	}
	memcpy(reader->carry + reader->carry_len, text, len);
	reader->carry_len += (uint32_t)len;
}

/* The end of the line that the last chunk began; true for a record. */
static bool finish_carry(struct ba_ftrace *reader, const char *text,
			 size_t len, bool ended, struct ba_event *out,
			 uint32_t *number)
{
	struct ba_span line;

	keep(reader, text, len);
	if (reader->skipping) {
		reader->skipping = false;
		return false;
	}
	line.pos = reader->carry;
	line.end = reader->carry + reader->carry_len;
	reader->carry_len = 0;
	return take_line(reader, line, ended, out, number);
}

enum ba_status ba_ftrace_feed(struct ba_ftrace *reader, const char *text,
			      size_t len, size_t *consumed,
			      struct ba_event *out, uint32_t *lines,
			      size_t cap, size_t *nr)
{
	const char *p = text, *end = text + len;
	size_t filled = 0;

	*consumed = 0;
	*nr = 0;
	if (cap == 0)
		return BA_EINVAL;
	while (p < end && filled < cap) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		uint32_t *number = lines ? &lines[filled] : NULL;
		struct ba_span line = { p, newline };
		bool record;

		if (!newline) {
			keep(reader, p, (size_t)(end - p));
			p = end;
			break;
		}
		if (ba_unlikely(reader->carry_len || reader->skipping))
			record = finish_carry(reader, p, ba_span_len(line),
					      true, &out[filled], number);
		else
			record = take_line(reader, line, true, &out[filled],
					   number);
		filled += record;
		p = newline + 1;
	}
	*consumed = (size_t)(p - text);
	*nr = filled;
	return BA_OK;
}

enum ba_status ba_ftrace_finish(struct ba_ftrace *reader, struct ba_event *out,
				uint32_t *line, size_t cap, size_t *nr)
{
	uint64_t before = reader->malformed_lines;

	*nr = 0;
	if (cap == 0)
		return BA_EINVAL;
	if (reader->skipping) {
		reader->skipping = false;
		reader->truncated = true;
	} else if (reader->carry_len) {
		*nr = finish_carry(reader, NULL, 0, false, out, line);
		if (reader->malformed_lines > before) {
			reader->truncated = true;
			if (before == 0 &&
			    reader->first_fault != BA_FAULT_BYTES)
				reader->first_fault = BA_FAULT_CUT;
		}
	}
	return BA_OK;
}
