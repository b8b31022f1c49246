// SPDX-License-Identifier: GPL-2.0-only
#include "mm/gfp.h"

#include <string.h>

struct word {
	const char *text;
	size_t len;
	gfp_t bits[2];		/* by enum ba_gfp_layout */
	bool known[2];
};

/* What is printed comes first. */
static const struct word words[] = {
#define X(text, bits_6_1, bits_6_12)					\
	{ text, sizeof(text) - 1, { bits_6_1, bits_6_12 },		\
	  { (bits_6_1) != 0, (bits_6_12) != 0 } },
	BA_GFP_WORDS(X)
#undef X
#define X(text, in_6_1, in_6_12, bits)					\
	{ text, sizeof(text) - 1, { bits, bits }, { in_6_1, in_6_12 } },
	BA_GFP_NAMES(X)
#undef X
};

#define NR_WORDS (sizeof(words) / sizeof(words[0]))

enum {
	NR_PRINTED = 0
#define X(text, bits_6_1, bits_6_12) + 1
	BA_GFP_WORDS(X)
#undef X
};

const char *ba_migratetype_name(unsigned int migratetype)
{
	static const char *const names[] = {
#define X(name, value, text) [value] = text,
		BA_MIGRATETYPES(X)
#undef X
	};

	return migratetype < BA_NR_MT ? names[migratetype] : NULL;
}

/* Text under construction; `len` counts also what did not fit. */
struct out {
	char *buf;
	size_t size;
	size_t len;
};

static void put(struct out *out, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (out->len + 1 < out->size)
			out->buf[out->len] = text[i];
		out->len++;
	}
}

static void put_word(struct out *out, const char *text, size_t len)
{
	if (out->len)
		put(out, "|", 1);
	put(out, text, len);
}

static void put_hex(struct out *out, gfp_t rest)
{
	char text[10];
	size_t at = sizeof(text);

	do {
		text[--at] = "0123456789abcdef"[rest & 0xfu];
		rest >>= 4;
	} while (rest);
	text[--at] = 'x';
	text[--at] = '0';
	put_word(out, text + at, sizeof(text) - at);
}

size_t ba_gfp_format(enum ba_gfp_layout layout, gfp_t gfp, char *buf,
		     size_t size)
{
	struct out out = { buf, size, 0 };
	size_t i;

	if (!gfp)
		put(&out, "none", 4);
	for (i = 0; i < NR_PRINTED && gfp; i++) {
		gfp_t bits = words[i].bits[layout];

		if (!bits || (gfp & bits) != bits)
			continue;
		put_word(&out, words[i].text, words[i].len);
		gfp &= ~bits;
	}
	if (gfp)
		put_hex(&out, gfp);
	if (size)
		buf[out.len < size ? out.len : size - 1] = '\0';
	return out.len;
}

/* Value of 1 to 8 hexadecimal digits. */
static bool parse_hex(const char *text, size_t len, gfp_t *ret)
{
	gfp_t value = 0;
	size_t i;

	if (!len || len > 8)
		return false;
	for (i = 0; i < len; i++) {
		char c = text[i];
		unsigned int digit;

		if (c >= '0' && c <= '9')
			digit = (unsigned int)(c - '0');
		else if (c >= 'a' && c <= 'f')
			digit = (unsigned int)(c - 'a') + 10;
		else if (c >= 'A' && c <= 'F')
			digit = (unsigned int)(c - 'A') + 10;
		else
			return false;
		value = value << 4 | digit;
	}
	*ret = value;
	return true;
}

static bool word_is(const char *text, size_t len, const char *word,
		    size_t word_len)
{
	return len == word_len && memcmp(text, word, len) == 0;
}

/* The word spelled so when `skip` characters of its name are left out. */
static const struct word *find_word(enum ba_gfp_layout layout,
				    const char *text, size_t len, size_t skip)
{
	size_t i;

	for (i = 0; i < NR_WORDS; i++) {
		const struct word *word = &words[i];

		if (word->known[layout] && (!skip || word->text[0] == '_') &&
		    word_is(text, len, word->text + skip, word->len - skip))
			return word;
	}
	return NULL;
}

bool ba_gfp_parse_word(enum ba_gfp_layout layout, const char *text, size_t len,
		       gfp_t *ret)
{
	const struct word *word;

	if (len > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return parse_hex(text + 2, len - 2, ret);
	word = find_word(layout, text, len, 0);
	if (!word)	/* older kernels printed __GFP_ZERO as GFP_ZERO */
		word = find_word(layout, text, len, 2);
	if (word)
		*ret = word->bits[layout];
	return word != NULL;
}

enum ba_status ba_gfp_parse(enum ba_gfp_layout layout, const char *text,
			    size_t len, gfp_t *ret)
{
	gfp_t gfp = 0;

	if (word_is(text, len, "none", 4)) {
		*ret = 0;
		return BA_OK;
	}
	for (;;) {
		const char *bar = len ? memchr(text, '|', len) : NULL;
		size_t word_len = bar ? (size_t)(bar - text) : len;
		gfp_t bits;

		if (!ba_gfp_parse_word(layout, text, word_len, &bits))
			return BA_EFORMAT;
		gfp |= bits;
		if (!bar)
			break;
		text = bar + 1;
		len -= word_len + 1;
	}
	*ret = gfp;
	return BA_OK;
}
