/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/ftrace.h"

/* The columns before an event, and where the event's name begins. */
struct head {
	uint64_t ts_ns;
	uint16_t cpu;
	uint16_t task;
	uint8_t context;
	bool switches;		/* a switch of tasks is due */
	const char *event;
};

enum line_kind { LINE_RECORD, LINE_COMMENT, LINE_UNKNOWN, LINE_MALFORMED };

void ba_ftrace_init(struct ba_ftrace *reader, enum ba_gfp_layout layout,
		    uint64_t vmemmap, uint32_t page_size)
{
	memset(reader, 0, sizeof(*reader));
	ba_decode_init(&reader->decode, layout, vmemmap, page_size);
}

/* The column of flags: irqs-off, resched, interrupt, depth, ... */
static inline uint8_t context_of(const char *flags)
{
	uint8_t context = 0;
	uint8_t depth = 0;

	if (flags[0] == 'd' || flags[0] == 'D')
		context |= BA_CTX_IRQS_OFF;
	if (flags[2] != '.') {
		if (flags[2] == 's' || flags[2] == 'H')
			context |= BA_CTX_SOFTIRQ;
		if (flags[2] == 'h' || flags[2] == 'H')
			context |= BA_CTX_HARDIRQ;
		if (flags[2] == 'z' || flags[2] == 'Z')
			context |= BA_CTX_NMI;
	}
	if (flags[3] != '.') {
		depth = ba_hex_digit(flags[3]);
		if (depth > 15)
			depth = BA_CTX_DEPTH_UNKNOWN;
		else if (depth == 15)
			depth = 14;
	}
	return (uint8_t)(context | depth << BA_CTX_DEPTH_SHIFT);
}

/* Without the lazy one ('l'), which waits for the next tick. */
static inline bool switches(const char *flags)
{
	return ba_unlikely(flags[1] != '.') && flags[1] != 'l';
}

/* Digits at p to a number; at most `max` of them, which must fit. */
static inline const char *take_digits(const char *p, const char *end,
				      unsigned int max, uint64_t *ret)
{
	uint64_t value = 0;

	for (; p < end && max && ba_is_digit(*p); p++, max--)
		value = value * 10 + (uint64_t)(*p - '0');
	*ret = value;
	return p;
}

/* "9.304546" or "9.304546123", all of the word, to ns. */
static bool time_of(struct ba_span word, uint64_t *ret)
{
	uint64_t seconds, fraction;
	const char *dot = take_digits(word.pos, word.end, 10, &seconds);
	const char *p;

	if (dot == word.pos || dot == word.end || *dot != '.')
		return false;
	p = take_digits(dot + 1, word.end, 9, &fraction);
	if (p != word.end || (p - dot != 7 && p - dot != 10))
		return false;
	*ret = seconds * 1000000000u + fraction * (p - dot == 7 ? 1000u : 1u);
	return true;
}

/*
 * The columns where the kernel puts them when no number is unusually wide;
 * false when the line differs in the least, which says nothing about it.
 */
static inline bool head_by_place(struct ba_span line, struct head *head)
{
	const char *p = line.pos;
	const char *q;
	uint64_t pid, seconds, fraction;

	if (line.end - p < 60 || p[0] == '#' || p[16] != '-' || p[24] != ' ' ||
	    p[25] != '[' || p[29] != ']' || p[30] != ' ' || p[36] != ' ' ||
	    !ba_is_digit(p[26]) || !ba_is_digit(p[27]) || !ba_is_digit(p[28]))
		return false;
	q = take_digits(p + 17, p + 24, 7, &pid);
	if (q == p + 17)
		return false;
	for (; q < p + 24; q++)
		if (*q != ' ')
			return false;
	for (int i = 31; i < 36; i++)
		if ((p[i] != '.' && !ba_is_digit(p[i]) &&
		     (unsigned char)((p[i] | 0x20) - 'a') > 25))
			return false;
	head->cpu = (uint16_t)((p[26] - '0') * 100 + (p[27] - '0') * 10 +
			       (p[28] - '0'));
	head->task = (uint16_t)pid;
	head->context = context_of(p + 31);
	head->switches = switches(p + 31);
	for (q = p + 36; q < line.end && *q == ' '; q++)
		;
	p = take_digits(q, line.end, 10, &seconds);
	if (p == q || line.end - p < 10 || *p != '.')
		return false;
	q = take_digits(p + 1, line.end, 6, &fraction);
	if (q - p != 7 || q[0] != ':' || q[1] != ' ' || q[2] == ' ')
		return false;
	head->ts_ns = seconds * 1000000000u + fraction * 1000u;
	head->event = q + 2;
	return true;
}

/*
 * Does "task-pid [(tgid)] " end right before `bracket`? Returns the pid's
 * dash, NULL when not.
 */
static const char *find_dash(const char *start, const char *bracket,
			     uint64_t *pid)
{
	const char *p = bracket;

	while (p > start && p[-1] == ' ')
		p--;
	if (p > start && p[-1] == ')') {
		p--;
		while (p > start && (p[-1] == ' ' || p[-1] == '-' ||
				     ba_is_digit(p[-1])))
			p--;
		if (p == start || *--p != '(')
			return NULL;
		while (p > start && p[-1] == ' ')
			p--;
	}
	if (p == start || !ba_is_digit(p[-1]))
		return NULL;
	for (bracket = p; p > start && ba_is_digit(p[-1]); p--)
		;
	if (p == start || p[-1] != '-' || bracket - p > 10)
		return NULL;
	take_digits(p, bracket, 10, pid);
	return p - 1;
}

static bool is_flags(struct ba_span word)
{
	size_t len = ba_span_len(word);

	if (len < 4 || len > 8)
		return false;
	for (const char *p = word.pos; p < word.end; p++)
		if (*p != '.' && *p != '#' && !ba_is_digit(*p) &&
		    (unsigned char)((*p | 0x20) - 'a') > 25)
			return false;
	return true;
}

/* The columns behind "[cpu]": flags, if there, and the time. */
static bool right_columns(struct ba_span right, struct ba_span *flags,
			  struct ba_span *time)
{
	if (!ba_text_word(&right, time))
		return false;
	flags->pos = flags->end = NULL;
	if (time->end[-1] != ':') {
		*flags = *time;
		if (!is_flags(*flags) || !ba_text_word(&right, time) ||
		    time->end[-1] != ':')
			return false;
	}
	time->end--;
	return true;
}

struct candidate {
	const char *dash;
	uint64_t pid;
	uint64_t cpu;
	struct ba_span flags;
	struct ba_span time;
};

/* Is the '[' at `bracket` the one of the CPU column? */
static bool try_bracket(struct ba_span line, const char *bracket,
			struct candidate *ret)
{
	const char *p;

	ret->dash = find_dash(line.pos, bracket, &ret->pid);
	if (!ret->dash)
		return false;
	p = take_digits(bracket + 1, line.end, 9, &ret->cpu);
	if (p == bracket + 1 || line.end - p < 2 || p[0] != ']' ||
	    p[1] != ' ')
		return false;
	return right_columns((struct ba_span){ p + 1, line.end }, &ret->flags,
			     &ret->time);
}

/*
 * The columns of any line. A task's name may hold anything, and so may the
 * text of an event: of the places that look like " [cpu] " the one is taken
 * that stands most to the right with a task's name of at most 16 columns
 * before it, or else the first.
 */
static enum ba_fault head_by_search(struct ba_span line, struct head *head)
{
	struct candidate best = { 0 }, next;
	const char *p = line.pos;

	while ((p = memchr(p, '[', (size_t)(line.end - p))) != NULL) {
		if (try_bracket(line, p, &next) &&
		    (!best.dash || next.dash - line.pos <= 16))
			best = next;
		p++;
	}
	if (!best.dash)
		return BA_FAULT_HEADER;
	if (best.cpu > UINT16_MAX)
		return BA_FAULT_CPU;
	if (!time_of(best.time, &head->ts_ns))
		return BA_FAULT_TIME;
	head->cpu = (uint16_t)best.cpu;
	head->task = (uint16_t)best.pid;
	head->context = BA_CTX_DEPTH_UNKNOWN << BA_CTX_DEPTH_SHIFT;
	head->switches = best.flags.pos && switches(best.flags.pos);
	if (best.flags.pos)
		head->context = context_of(best.flags.pos);
	for (p = best.time.end + 1; p < line.end && *p == ' '; p++)
		;
	head->event = p;
	return BA_FAULT_NONE;
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
			p = take_digits(word.pos, word.end, 19, &inside);
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
	reader->lost_events += nr;
	memset(ret, 0, sizeof(*ret));
	ret->ts_ns = reader->last_ts;
	ret->op = BA_OP_LOST;
	ret->cpu = (uint16_t)cpu;
	ret->arg = nr > UINT32_MAX ? UINT32_MAX : (uint32_t)nr;
	ret->context = BA_CTX_DEPTH_UNKNOWN << BA_CTX_DEPTH_SHIFT;
	return LINE_RECORD;
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
				 const struct head *head, bool ended,
				 struct ba_event *ret)
{
	enum ba_fault fault = BA_FAULT_NONE;
	struct ba_span name, text;
	bool colon = split_event(head->event, line.end, &name, &text);
	unsigned int op = colon ? ba_decode_op(name) : (unsigned int)BA_NR_OPS;
	uint32_t number = 0;

	reader->decode.field = NULL;
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

/* Read a line without its newline; `ended` says that it had one. */
static inline enum line_kind read_line(struct ba_ftrace *reader,
				       struct ba_span line, bool ended,
				       struct ba_event *ret)
{
	enum line_kind kind = LINE_RECORD;
	enum ba_fault fault;
	struct ba_span text;
	struct head head;
	unsigned int op;

	if (ba_unlikely(reader->decode.by_name_only ||
			!head_by_place(line, &head))) {
		if (line.pos == line.end || *line.pos == '#')
			return read_other(reader, line, BA_FAULT_NONE, ret);
		fault = head_by_search(line, &head);
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
