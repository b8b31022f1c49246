/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text - the letters and numbers of a line: numbers, words and name=value
 * pairs, found with a cursor that never leaves its line.
 *
 * Models: the print forms of the kernel's own text: lib/vsprintf.c (%lu,
 *	0x%lx, %p), kernel/trace/trace_probe.c (name=0x..), 6.1 and 6.12.
 *
 *	mm_page_free: page=fffff87ac0041900 pfn=0x1064 order=1
 *	              ^pos                                     ^end
 *	              |--| name
 *	                   |--------------| value
 *
 * Invariants:
 *   X1 pos <= end; nothing at or behind end is read.
 *   X2 a number is taken whole or not at all: it must fill its word.
 */
#ifndef BA_TRACE_TEXT_H
#define BA_TRACE_TEXT_H

#include <string.h>

#include "base/types.h"

/* A piece of text, not ended by a zero byte. */
struct ba_span {
	const char *pos;
	const char *end;
};

static inline size_t ba_span_len(struct ba_span s)
{
	return (size_t)(s.end - s.pos);
}

/* Is the piece this word? */
static inline bool ba_span_is(struct ba_span s, const char *word, size_t len)
{
	return ba_span_len(s) == len && memcmp(s.pos, word, len) == 0;
}

static inline bool ba_is_digit(char c)
{
	return (unsigned char)(c - '0') <= 9;
}

/* The value of a hexadecimal digit of either case; 255 for any other byte. */
static inline uint8_t ba_hex_digit(char c)
{
	uint8_t digit = (uint8_t)(c - '0');
	uint8_t letter = (uint8_t)((uint8_t)(c | 0x20) - 'a');

	if (digit <= 9)
		return digit;
	return letter <= 5 ? (uint8_t)(letter + 10) : 255;
}

/* Eight bytes as a number, the first of them lowest. Pre: eight bytes at p. */
static inline uint64_t ba_text_load8(const char *p)
{
	uint64_t text;

	memcpy(&text, p, 8);
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
	text = __builtin_bswap64(text);
#endif
	return text;
}

/* How many of the bytes of such a number stand before the first blank; 8: there
 * is none. */
static inline unsigned int ba_text_before_blank(uint64_t text)
{
	const uint64_t ones = 0x0101010101010101u;

	/* the lowest bit that is set is right, those above it need not be */
	text ^= ones * ' ';
	text = (text - ones) & ~text & ones << 7;
	return text ? (unsigned int)__builtin_ctzll(text) / 8 : 8;
}

/*
 * Eight lower-case hexadecimal digits, as ba_text_load8 gives them, to a
 * number; false when one of them is none.
 */
static inline bool ba_text_hex8(uint64_t text, uint32_t *ret)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t value, letters;

	value = (text & ones * 0x0f) + (text >> 6 & ones) * 9;
	/* written again, it must be the same text */
	letters = (value + ones * 0x76) >> 7 & ones;
	if (value & ones * 0x10 ||
	    value + ones * '0' + letters * ('a' - '0' - 10) != text)
		return false;
	value = __builtin_bswap64(value);
	value = (value | value >> 4) & 0x00ff00ff00ff00ffu;
	value = (value | value >> 8) & 0x0000ffff0000ffffu;
	*ret = (uint32_t)(value | value >> 16);
	return true;
}

/* Digits at p to a number; at most `max` of them, which must fit. */
static inline const char *ba_text_digits(const char *p, const char *end,
					 unsigned int max, uint64_t *ret)
{
	uint64_t value = 0;

	for (; p < end && max && ba_is_digit(*p); p++, max--)
		value = value * 10 + (uint64_t)(*p - '0');
	*ret = value;
	return p;
}

/*
 * The lower-case hexadecimal digits up to the next blank, 1 to 8 of them; how
 * many, or 0 when it is something else. Pre: eight bytes at p.
 */
static inline unsigned int ba_text_hex_word(const char *p, uint32_t *ret)
{
	uint64_t text = ba_text_load8(p);
	unsigned int nr = ba_text_before_blank(text);

	if (nr == 0)
		return 0;
	/* as eight, those in front 0 */
	text = text << (8 - nr) * 8 | 0x3030303030303030u >> (nr - 1) * 8 >> 8;
	return ba_text_hex8(text, ret) ? nr : 0;
}

/*
 * Six decimal digits, all at once, to a number; false when one of them is
 * none. Pre: eight bytes at p.
 */
static inline bool ba_text_dec6(const char *p, uint64_t *ret)
{
	const uint64_t ones = 0x0101010101010101u;
	/* as eight, the first two of them 0 */
	uint64_t text = (ba_text_load8(p) << 16 | 0x3030u) ^ ones * '0';

	if ((text | (text + ones * 6)) & ones * 0xf0)
		return false;
	text = (text * 10 + (text >> 8)) & 0x00ff00ff00ff00ffu;
	text = (text * 100 + (text >> 16)) & 0x0000ffff0000ffffu;
	*ret = (text * 10000 + (text >> 32)) & UINT32_MAX;
	return true;
}

/* Behind the blanks at p, eight at a time. */
static inline const char *ba_text_blanks(const char *p, const char *end)
{
	for (; end - p >= 8; p += 8) {
		uint64_t text = ba_text_load8(p) ^ 0x2020202020202020u;

		if (text)
			return p + __builtin_ctzll(text) / 8;
	}
	while (p < end && *p == ' ')
		p++;
	return p;
}

/*
 * Whole piece to number; false when it is empty, holds another byte or does
 * not fit. _hex takes an optional 0x, _number takes hexadecimal with 0x and
 * decimal without, _int takes a minus sign before decimal digits.
 */
bool ba_text_dec(struct ba_span s, uint64_t *ret);
bool ba_text_hex(struct ba_span s, uint64_t *ret);
bool ba_text_number(struct ba_span s, uint64_t *ret);
bool ba_text_int(struct ba_span s, int64_t *ret);

/* The next word of `line`, which is moved behind it; false at the end. */
static inline bool ba_text_word(struct ba_span *line, struct ba_span *word)
{
	const char *p = line->pos;

	while (p < line->end && *p == ' ')
		p++;
	word->pos = p;
	while (p < line->end && *p != ' ')
		p++;
	word->end = p;
	line->pos = p;
	return word->pos < p;
}

/*
 * The next word of the form name=value of `line`, which is moved behind it;
 * words without '=' are passed over; false when there is none.
 */
bool ba_text_pair(struct ba_span *line, struct ba_span *name,
		  struct ba_span *value);

#endif
