/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record - one line of a state file: its words one after the other, each
 * taken as what the format says stands there, and the same way out.
 *
 *	"pcp 0 count 2 high 27"
 *	       |_____| |_|
 *	          |     `-- _dec32      "line 7: '2x' is no number of its
 *	          `-------- _key         range; copy the file or ..."
 *
 * Models: nothing of the kernel's.
 * Simplified: words are parted by one space or more.
 *
 * Invariants:
 *   L1 the first error stays: later ones change neither status nor message.
 *   L2 a writer with too little room counts what it would have written.
 */
#ifndef BA_TRACE_RECORD_H
#define BA_TRACE_RECORD_H

#include "base/status.h"
#include "trace/text.h"

struct ba_record {
	struct ba_span rest;		/* of the line being read */
	uint32_t line;			/* its number, from 1 */
	enum ba_status status;		/* BA_OK, or the first error */
	char *message;			/* its sentence; may be NULL */
	size_t message_size;
};

/* Keep the first error; returns false so that a caller can return it. */
__attribute__((format(printf, 3, 4)))
bool ba_record_fail(struct ba_record *r, enum ba_status status,
		    const char *format, ...);

/* Arguments for "%.*s": a piece of text, cut to 40 bytes. */
#define BA_RECORD_SHOWN(span) \
	(int)(ba_span_len(span) > 40 ? 40 : ba_span_len(span)), (span).pos

/* Fail because `text` is no `what`. */
bool ba_record_garbled(struct ba_record *r, struct ba_span text,
		       const char *what);

/* The state has grown by one element, or why it has not. */
bool ba_record_added(struct ba_record *r, enum ba_status status);

/* Take the next word; each fails when it is missing or something else. */
bool ba_record_word(struct ba_record *r, struct ba_span *ret);
bool ba_record_key(struct ba_record *r, const char *name);
bool ba_record_end(struct ba_record *r);
bool ba_record_dec64(struct ba_record *r, uint64_t *ret);
bool ba_record_dec32(struct ba_record *r, uint32_t *ret);
bool ba_record_int64(struct ba_record *r, int64_t *ret);
bool ba_record_int32(struct ba_record *r, int32_t *ret);
bool ba_record_hex64(struct ba_record *r, uint64_t *ret);
bool ba_record_hex32(struct ba_record *r, uint32_t *ret);

/* A frame number below BA_PFN_NONE, hexadecimal. */
bool ba_record_pfn(struct ba_record *r, pfn_t *ret);

/* A word of printable bytes that fits with its zero byte. */
bool ba_record_name(struct ba_record *r, char *ret, size_t size);

/* The word `name`, then the number. */
bool ba_record_key_dec64(struct ba_record *r, const char *name,
			 uint64_t *ret);
bool ba_record_key_dec32(struct ba_record *r, const char *name,
			 uint32_t *ret);
bool ba_record_key_hex64(struct ba_record *r, const char *name,
			 uint64_t *ret);

struct ba_writer {
	char *buf;
	size_t cap;
	size_t len;			/* bytes of the text so far */
};

void ba_put_char(struct ba_writer *w, char c);
void ba_put(struct ba_writer *w, const char *text);
void ba_put_base(struct ba_writer *w, uint64_t value, unsigned int base);

/* `name`, a space, the number. */
void ba_put_dec(struct ba_writer *w, const char *name, uint64_t value);
void ba_put_hex(struct ba_writer *w, const char *name, uint64_t value);
void ba_put_int(struct ba_writer *w, const char *name, int64_t value);

#endif
