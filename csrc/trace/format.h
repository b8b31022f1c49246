/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * format - what an event's `format` file says: its fields by name, and the
 * names of the GFP flags of that kernel.
 *
 *	name: mm_page_alloc
 *	ID: 547
 *	format:
 *		field:unsigned long pfn;  offset:8;  size:8;  signed:0;
 *	print fmt: "... gfp_flags=%s", ... __print_flags(REC->gfp_flags, "|",
 *		{(unsigned long)(((gfp_t)(0x400u|0x800u)) | ...), "GFP_NOIO"},
 *		...
 *
 * A trace prints GFP flags as names joined by '|', with the bits that have
 * no name as a number at the end: GFP_NOWAIT|__GFP_COMP|0x1000000. The same
 * name does not mean the same bits in every kernel, so it is read back with
 * the table of the kernel that printed it.
 *
 * Models: include/trace/events/mmflags.h __def_gfpflag_names,
 *	kernel/trace/trace_events.c f_show, kernel/trace/trace_output.c
 *	trace_print_flags_seq (6.1, 6.12).
 * Profiles: GFP_ATOMIC and GFP_NOWAIT have other bits in 6.12, which has no
 *	__GFP_ATOMIC.
 * Simplified: a name whose value the format file does not spell out as
 *	numbers (6.12.0 leaves enumerators there) keeps its built-in value.
 *
 * Invariants:
 *   F1 a table's names are ended by a zero byte; none occurs twice.
 *   F2 decoding a text either gives the bits of all its names or fails.
 */
#ifndef BA_TRACE_FORMAT_H
#define BA_TRACE_FORMAT_H

#include "base/status.h"
#include "mm/gfp.h"
#include "trace/text.h"

#define BA_GFP_NAME_LEN	24
#define BA_GFP_NAMES_MAX 64

struct ba_gfp_name {
	char name[BA_GFP_NAME_LEN];
	uint32_t mask;		/* GFP bits */
};

struct ba_gfp_names {
	enum ba_gfp_layout layout;	/* for names that are not below */
	uint32_t nr;
	struct ba_gfp_name names[BA_GFP_NAMES_MAX];
};

/* The table of a kernel of that layout. */
void ba_gfp_names_init(struct ba_gfp_names *names, enum ba_gfp_layout layout);

/* Set one name; false when it is too long or the table is full. */
bool ba_gfp_names_set(struct ba_gfp_names *names, struct ba_span name,
		      uint32_t mask);

/*
 * Text of flags to bits: "none", or names and numbers joined by '|'. A name
 * that the table lacks is read as ba_gfp_parse_word does; false for an
 * unknown one or a number beyond 32 bits.
 */
bool ba_gfp_names_decode(const struct ba_gfp_names *names, struct ba_span text,
			 uint32_t *ret);

#define BA_FORMAT_NAME_LEN 40
#define BA_FORMAT_FIELDS_MAX 32

struct ba_format_field {
	char name[BA_FORMAT_NAME_LEN];
	uint32_t offset;	/* bytes from the record's start */
	uint32_t size;		/* bytes */
	bool is_signed;
};

struct ba_format {
	char name[BA_FORMAT_NAME_LEN];
	uint32_t id;
	uint32_t nr_fields;
	struct ba_format_field fields[BA_FORMAT_FIELDS_MAX];
	uint32_t nr_flags;	/* flag names read from the print fmt */
	uint32_t nr_unresolved;	/* flag names whose value is no number */
};

/*
 * Read a format file's text. Flag names found in its print fmt are set in
 * `names` (may be NULL) beside what is there. BA_EFORMAT with the line
 * number in *line (may be NULL) when it is none.
 */
enum ba_status ba_format_read(const char *text, size_t len,
			      struct ba_gfp_names *names,
			      struct ba_format *ret, uint32_t *line);

/* The field of that name, NULL when there is none. */
const struct ba_format_field *ba_format_field(const struct ba_format *format,
					      const char *name);

#endif
