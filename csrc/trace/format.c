/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/format.h"

void ba_gfp_names_init(struct ba_gfp_names *names, enum ba_gfp_layout layout)
{
	static const struct { const char *text; uint32_t mask[2]; } table[] = {
#define X(text, mask_6_1, mask_6_12) { text, { mask_6_1, mask_6_12 } },
		BA_GFP_WORDS(X)
#undef X
	};

	memset(names, 0, sizeof(*names));
	names->layout = layout;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint32_t mask = table[i].mask[layout == BA_GFP_6_12];
		const char *text = table[i].text;

		if (mask != 0)
			ba_gfp_names_set(names, (struct ba_span){
				text, text + strlen(text) }, mask);
	}
}

static struct ba_gfp_name *find_name(struct ba_gfp_names *names,
				     struct ba_span name)
{
	size_t len = ba_span_len(name);

	if (len >= BA_GFP_NAME_LEN)
		return NULL;
	for (uint32_t i = 0; i < names->nr; i++)
		if (memcmp(names->names[i].name, name.pos, len) == 0 &&
		    names->names[i].name[len] == '\0')
			return &names->names[i];
	return NULL;
}

bool ba_gfp_names_set(struct ba_gfp_names *names, struct ba_span name,
		      uint32_t mask)
{
	struct ba_gfp_name *entry = find_name(names, name);
	size_t len = ba_span_len(name);

	if (!entry) {
		if (len == 0 || len >= BA_GFP_NAME_LEN ||
		    names->nr == BA_GFP_NAMES_MAX)
			return false;
		entry = &names->names[names->nr++];
		memset(entry->name, 0, sizeof(entry->name));
		memcpy(entry->name, name.pos, len);
	}
	entry->mask = mask;
	return true;
}

bool ba_gfp_names_decode(const struct ba_gfp_names *names, struct ba_span text,
			 uint32_t *ret)
{
	struct ba_span name = { text.pos, text.pos };
	uint32_t mask = 0;
	uint64_t value;

	if (ba_span_is(text, "none", 4)) {
		*ret = 0;
		return true;
	}
	for (; name.pos <= text.end; name.pos = name.end + 1) {
		gfp_t bits;
		uint32_t i;

		name.end = name.pos;
		while (name.end < text.end && *name.end != '|')
			name.end++;
		if (name.end > name.pos && ba_is_digit(*name.pos)) {
			if (!ba_text_number(name, &value) ||
			    value > UINT32_MAX)
				return false;
			mask |= (uint32_t)value;
			continue;
		}
		for (i = 0; i < names->nr; i++)
			if (ba_span_is(name, names->names[i].name,
				       strlen(names->names[i].name)))
				break;
		if (i < names->nr)
			bits = names->names[i].mask;
		else if (!ba_gfp_parse_word(names->layout, name.pos,
					    ba_span_len(name), &bits))
			return false;
		mask |= bits;
	}
	*ret = mask;
	return true;
}

/*
 * The C expressions of a print fmt: numbers, |, &, ~, parentheses and casts.
 *
 *	or   := and { '|' and }
 *	and  := unary { '&' unary }
 *	unary:= '~' unary | '(' words ')' unary | '(' or ')' | number
 */
#define MAX_NESTING 64

static bool eval_or(struct ba_span *s, unsigned int nesting, uint64_t *ret);

static void skip_spaces(struct ba_span *s)
{
	while (s->pos < s->end && *s->pos == ' ')
		s->pos++;
}

static bool take(struct ba_span *s, char c)
{
	skip_spaces(s);
	if (s->pos == s->end || *s->pos != c)
		return false;
	s->pos++;
	return true;
}

static bool is_letter(char c)
{
	return c == '_' || (unsigned char)((c | 0x20) - 'a') < 26;
}

/* "( unsigned long)" and "( gfp_t)" change nothing here. */
static bool take_cast(struct ba_span *s)
{
	static const char *const types[] = { "unsigned", "long", "int",
					     "gfp_t" };
	const char *p = s->pos;
	bool seen = false;

	for (;;) {
		const char *word;
		bool known = false;

		while (p < s->end && *p == ' ')
			p++;
		word = p;
		while (p < s->end && is_letter(*p))
			p++;
		if (p == word)
			break;
		for (size_t i = 0; i < 4; i++)
			known |= ba_span_is((struct ba_span){ word, p },
					    types[i], strlen(types[i]));
		if (!known)
			return false;
		seen = true;
	}
	if (!seen || p == s->end || *p != ')')
		return false;
	s->pos = p + 1;
	return true;
}

static bool eval_number(struct ba_span *s, uint64_t *ret)
{
	struct ba_span word = { s->pos, s->pos };

	if (word.pos == s->end || !ba_is_digit(*word.pos))
		return false;
	while (word.end < s->end &&
	       (ba_hex_digit(*word.end) < 16 || *word.end == 'x'))
		word.end++;
	s->pos = word.end;
	while (s->pos < s->end && (*s->pos == 'u' || *s->pos == 'U' ||
				   *s->pos == 'l' || *s->pos == 'L'))
		s->pos++;
	return ba_text_number(word, ret);
}

static bool eval_unary(struct ba_span *s, unsigned int nesting, uint64_t *ret)
{
	if (nesting == 0)
		return false;
	if (take(s, '~')) {
		if (!eval_unary(s, nesting - 1, ret))
			return false;
		*ret = ~*ret;
		return true;
	}
	if (take(s, '(')) {
		if (take_cast(s))
			return eval_unary(s, nesting - 1, ret);
		return eval_or(s, nesting - 1, ret) && take(s, ')');
	}
	return eval_number(s, ret);
}

static bool eval_and(struct ba_span *s, unsigned int nesting, uint64_t *ret)
{
	uint64_t right;

	if (!eval_unary(s, nesting, ret))
		return false;
	while (take(s, '&')) {
		if (!eval_unary(s, nesting, &right))
			return false;
		*ret &= right;
	}
	return true;
}

static bool eval_or(struct ba_span *s, unsigned int nesting, uint64_t *ret)
{
	uint64_t right;

	if (!eval_and(s, nesting, ret))
		return false;
	while (take(s, '|')) {
		if (!eval_and(s, nesting, &right))
			return false;
		*ret |= right;
	}
	return true;
}

/* Where `word` begins in `s`, NULL when it does not occur. */
static const char *find_word(struct ba_span s, const char *word)
{
	size_t len = strlen(word);

	for (; ba_span_len(s) >= len; s.pos++)
		if (memcmp(s.pos, word, len) == 0)
			return s.pos;
	return NULL;
}

/* The { value, "NAME" } pairs behind gfp_flags' __print_flags. */
static void read_flags(struct ba_span fmt, struct ba_gfp_names *names,
		       struct ba_format *ret)
{
	static const char start[] = "__print_flags(REC->gfp_flags";
	const char *p = find_word(fmt, start);

	if (!p)
		return;
	fmt.pos = p + sizeof(start) - 1;
	while ((p = memchr(fmt.pos, '{', ba_span_len(fmt))) != NULL) {
		const char *close = memchr(p, '}', (size_t)(fmt.end - p));
		const char *quote = memchr(p, '"', (size_t)(fmt.end - p));
		struct ba_span name, value;
		uint64_t mask;

		if (!close || !quote || quote > close)
			return;
		name.pos = name.end = quote + 1;
		while (*name.end != '"' && name.end < close)
			name.end++;
		value.pos = p + 1;
		value.end = quote;
		fmt.pos = close + 1;
		if (!eval_or(&value, MAX_NESTING, &mask) ||
		    !take(&value, ',') || mask > UINT32_MAX) {
			ret->nr_unresolved++;
			continue;
		}
		if (!names || ba_gfp_names_set(names, name, (uint32_t)mask))
			ret->nr_flags++;
	}
}

/* "offset:8;" to 8 */
static bool field_number(struct ba_span line, const char *key, uint32_t *ret)
{
	const char *p = find_word(line, key);
	struct ba_span digits;
	uint64_t value;

	if (!p)
		return false;
	digits.pos = digits.end = p + strlen(key);
	while (digits.end < line.end && ba_is_digit(*digits.end))
		digits.end++;
	if (!ba_text_dec(digits, &value) || value > UINT32_MAX)
		return false;
	*ret = (uint32_t)value;
	return true;
}

static bool is_word_char(char c)
{
	return is_letter(c) || ba_is_digit(c);
}

/* "field:unsigned long pfn;	offset:8;	size:8;	signed:0;" */
static bool read_field(struct ba_span line, struct ba_format *ret)
{
	const char *semi = memchr(line.pos, ';', ba_span_len(line));
	struct ba_format_field *field;
	struct ba_span name;
	uint32_t is_signed;

	if (!semi || ret->nr_fields == BA_FORMAT_FIELDS_MAX)
		return false;
	field = &ret->fields[ret->nr_fields];
	name.end = semi;
	if (name.end[-1] == ']')	/* char comm[16] */
		while (name.end > line.pos && *name.end != '[')
			name.end--;
	name.pos = name.end;
	while (name.pos > line.pos && is_word_char(name.pos[-1]))
		name.pos--;
	if (name.pos == name.end || ba_span_len(name) >= BA_FORMAT_NAME_LEN)
		return false;
	memset(field, 0, sizeof(*field));
	memcpy(field->name, name.pos, ba_span_len(name));
	line.pos = semi;
	if (!field_number(line, "offset:", &field->offset) ||
	    !field_number(line, "size:", &field->size) ||
	    !field_number(line, "signed:", &is_signed))
		return false;
	field->is_signed = is_signed != 0;
	ret->nr_fields++;
	return true;
}

static bool starts_with(struct ba_span line, const char *word)
{
	size_t len = strlen(word);

	return ba_span_len(line) >= len && memcmp(line.pos, word, len) == 0;
}

static bool read_line(struct ba_span line, struct ba_gfp_names *names,
		      struct ba_format *ret)
{
	while (line.pos < line.end && (*line.pos == '\t' || *line.pos == ' '))
		line.pos++;
	if (starts_with(line, "name: ")) {
		line.pos += 6;
		if (line.pos == line.end ||
		    ba_span_len(line) >= BA_FORMAT_NAME_LEN)
			return false;
		memcpy(ret->name, line.pos, ba_span_len(line));
	} else if (starts_with(line, "ID: ")) {
		return field_number(line, "ID: ", &ret->id);
	} else if (starts_with(line, "field:")) {
		return read_field(line, ret);
	} else if (starts_with(line, "print fmt: ")) {
		read_flags(line, names, ret);
	} else if (line.pos < line.end && !starts_with(line, "format:")) {
		return false;
	}
	return true;
}

enum ba_status ba_format_read(const char *text, size_t len,
			      struct ba_gfp_names *names,
			      struct ba_format *ret, uint32_t *line)
{
	const char *p = text, *end = text + len;
	uint32_t number = 0;
	bool fine = true;

	memset(ret, 0, sizeof(*ret));
	while (fine && p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		struct ba_span row = { p, newline ? newline : end };

		number++;
		fine = read_line(row, names, ret);
		p = newline ? newline + 1 : end;
	}
	if (line)
		*line = number;
	if (!fine || ret->name[0] == '\0' || ret->nr_fields == 0)
		return BA_EFORMAT;
	return BA_OK;
}

const struct ba_format_field *ba_format_field(const struct ba_format *format,
					      const char *name)
{
	for (uint32_t i = 0; i < format->nr_fields; i++)
		if (strcmp(format->fields[i].name, name) == 0)
			return &format->fields[i];
	return NULL;
}
