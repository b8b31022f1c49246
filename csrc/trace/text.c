/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/text.h"

bool ba_text_dec(struct ba_span s, uint64_t *ret)
{
	uint64_t value = 0;

	if (s.pos == s.end)
		return false;
	for (; s.pos < s.end; s.pos++) {
		uint64_t digit = (uint64_t)(unsigned char)(*s.pos - '0');

		if (digit > 9 || value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*ret = value;
	return true;
}

static bool has_0x(struct ba_span s)
{
	return ba_span_len(s) > 2 && s.pos[0] == '0' && s.pos[1] == 'x';
}

bool ba_text_hex(struct ba_span s, uint64_t *ret)
{
	uint64_t value = 0;

	if (has_0x(s))
		s.pos += 2;
	if (s.pos == s.end)
		return false;
	for (; s.pos < s.end; s.pos++) {
		uint8_t digit = ba_hex_digit(*s.pos);

		if (digit > 15 || value >> 60)
			return false;
		value = value << 4 | digit;
	}
	*ret = value;
	return true;
}

bool ba_text_number(struct ba_span s, uint64_t *ret)
{
	return has_0x(s) ? ba_text_hex(s, ret) : ba_text_dec(s, ret);
}

bool ba_text_int(struct ba_span s, int64_t *ret)
{
	bool negative = s.pos < s.end && *s.pos == '-';
	uint64_t value;

	if (negative)
		s.pos++;
	if (!ba_text_dec(s, &value) || value > INT64_MAX)
		return false;
	*ret = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

bool ba_text_pair(struct ba_span *line, struct ba_span *name,
		  struct ba_span *value)
{
	const char *p = line->pos;
	const char *end = line->end;

	for (;;) {
		while (p < end && *p == ' ')
			p++;
		name->pos = p;
		while (p < end && *p != ' ' && *p != '=')
			p++;
		name->end = p;
		if (p == end) {
			line->pos = p;
			return false;
		}
		if (*p++ == '=')
			break;
	}
	value->pos = p;
	p = memchr(p, ' ', (size_t)(end - p));
	if (!p)
		p = end;
	value->end = p;
	line->pos = p;
	return true;
}
