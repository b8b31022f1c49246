// SPDX-License-Identifier: GPL-2.0-only
#include "trace/record.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

bool ba_record_fail(struct ba_record *r, enum ba_status status,
		    const char *format, ...)
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

bool ba_record_word(struct ba_record *r, struct ba_span *ret)
{
	if (ba_text_word(&r->rest, ret))
		return true;
	return ba_record_fail(r, BA_EFORMAT,
			      "the line ends too early; copy the file or "
			      "take the state again");
}

bool ba_record_garbled(struct ba_record *r, struct ba_span text,
		       const char *what)
{
	return ba_record_fail(r, BA_EFORMAT,
			      "'%.*s' is no %s; copy the file or take the "
			      "state again",
			      BA_RECORD_SHOWN(text), what);
}

bool ba_record_key(struct ba_record *r, const char *name)
{
	struct ba_span text;

	if (!ba_record_word(r, &text))
		return false;
	if (ba_span_is(text, name, strlen(name)))
		return true;
	return ba_record_fail(r, BA_EFORMAT,
			      "'%.*s' stands where '%s' belongs; copy the "
			      "file or take the state again",
			      BA_RECORD_SHOWN(text), name);
}

bool ba_record_end(struct ba_record *r)
{
	struct ba_span text;

	if (!ba_text_word(&r->rest, &text))
		return true;
	return ba_record_fail(r, BA_EFORMAT,
			      "'%.*s' stands behind the end of the "
			      "record; copy the file or take the state again",
			      BA_RECORD_SHOWN(text));
}

static bool dec_max(struct ba_record *r, uint64_t max, uint64_t *ret)
{
	struct ba_span text;

	if (!ba_record_word(r, &text))
		return false;
	if (ba_text_dec(text, ret) && *ret <= max)
		return true;
	return ba_record_garbled(r, text, "number of its range");
}

bool ba_record_dec64(struct ba_record *r, uint64_t *ret)
{
	return dec_max(r, INT64_MAX, ret);
}

bool ba_record_dec32(struct ba_record *r, uint32_t *ret)
{
	uint64_t value = 0;
	bool ok = dec_max(r, UINT32_MAX, &value);

	*ret = (uint32_t)value;
	return ok;
}

bool ba_record_int64(struct ba_record *r, int64_t *ret)
{
	struct ba_span text;

	if (!ba_record_word(r, &text))
		return false;
	return ba_text_int(text, ret) || ba_record_garbled(r, text, "number");
}

bool ba_record_int32(struct ba_record *r, int32_t *ret)
{
	int64_t value = 0;
	struct ba_span text = r->rest;

	if (!ba_record_int64(r, &value))
		return false;
	*ret = (int32_t)value;
	return *ret == value || ba_record_garbled(r, text, "number of 32 bits");
}

bool ba_record_hex64(struct ba_record *r, uint64_t *ret)
{
	struct ba_span text;

	if (!ba_record_word(r, &text))
		return false;
	return ba_text_hex(text, ret) ||
	       ba_record_garbled(r, text, "hexadecimal number");
}

bool ba_record_hex32(struct ba_record *r, uint32_t *ret)
{
	uint64_t value = 0;
	struct ba_span text = r->rest;

	if (!ba_record_hex64(r, &value))
		return false;
	*ret = (uint32_t)value;
	return *ret == value ||
	       ba_record_garbled(r, text, "hexadecimal number of 32 bits");
}

bool ba_record_pfn(struct ba_record *r, pfn_t *ret)
{
	struct ba_span text;
	uint64_t pfn;

	if (!ba_record_word(r, &text))
		return false;
	if (!ba_text_hex(text, &pfn) || pfn >= BA_PFN_NONE)
		return ba_record_garbled(r, text,
					 "hexadecimal frame number of 32 bits");
	*ret = (pfn_t)pfn;
	return true;
}

bool ba_record_key_dec64(struct ba_record *r, const char *name, uint64_t *ret)
{
	return ba_record_key(r, name) && ba_record_dec64(r, ret);
}

bool ba_record_key_dec32(struct ba_record *r, const char *name, uint32_t *ret)
{
	return ba_record_key(r, name) && ba_record_dec32(r, ret);
}

bool ba_record_key_hex64(struct ba_record *r, const char *name, uint64_t *ret)
{
	return ba_record_key(r, name) && ba_record_hex64(r, ret);
}

bool ba_record_name(struct ba_record *r, char *ret, size_t size)
{
	struct ba_span text;

	if (!ba_record_word(r, &text))
		return false;
	if (ba_span_len(text) >= size)
		return ba_record_garbled(r, text, "name of a known length");
	for (const char *p = text.pos; p < text.end; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
			return ba_record_garbled(r, text, "name");
	memcpy(ret, text.pos, ba_span_len(text));
	ret[ba_span_len(text)] = '\0';
	return true;
}

bool ba_record_added(struct ba_record *r, enum ba_status status)
{
	return status == BA_OK ||
	       ba_record_fail(r, status, "%s", ba_strerror(status));
}

void ba_put_char(struct ba_writer *w, char c)
{
	if (w->len < w->cap)
		w->buf[w->len] = c;
	w->len++;
}

void ba_put(struct ba_writer *w, const char *text)
{
	for (; *text; text++)
		ba_put_char(w, *text);
}

void ba_put_base(struct ba_writer *w, uint64_t value, unsigned int base)
{
	char digits[20];
	size_t nr = 0;

	do {
		digits[nr++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (nr)
		ba_put_char(w, digits[--nr]);
}

void ba_put_dec(struct ba_writer *w, const char *name, uint64_t value)
{
	ba_put(w, name);
	ba_put_char(w, ' ');
	ba_put_base(w, value, 10);
}

void ba_put_hex(struct ba_writer *w, const char *name, uint64_t value)
{
	ba_put(w, name);
	ba_put_char(w, ' ');
	ba_put_base(w, value, 16);
}

void ba_put_int(struct ba_writer *w, const char *name, int64_t value)
{
	ba_put(w, name);
	ba_put(w, value < 0 ? " -" : " ");
	ba_put_base(w, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10);
}
