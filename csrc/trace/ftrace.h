/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ftrace - the text of a trace, chunk by chunk, to event records: that of
 * /sys/kernel/tracing/trace, of `trace-cmd report` or of `perf script`.
 *
 *   # entries-in-buffer/entries-written: 396058/396058   #P:1
 *             init-1       [000] d..3.     9.304546: mm_page_free: pfn=0x10..
 *   |-------------------------------------------------||----------||------
 *                 columns (trace/columns.h)               event     fields
 *
 *	chunk --+--> complete lines --> records
 *	        +--> start of the last line --> carry --> before next chunk
 *
 * Models: kernel/trace/trace.c print_trace_line, print_event_info (6.1,
 *	6.12); for perf tools/perf/util/event.c perf_event__fprintf and
 *	tools/perf/util/evsel_fprintf.c sample__fprintf_callchain (6.1, 6.12).
 * Profiles: none.
 * Simplified: callers are not kept, nor what perf prints beside events.
 *
 * Every line is exactly one of
 *	a record	a known event, a mark, or lost events: [LOST n EVENTS],
 *			from perf PERF_RECORD_LOST lost n
 *	a comment	empty, or begins with '#', or "cpus=N", or a caller
 *			below perf's event: a tab and an address
 *	unknown		an event of another name: skipped, counted by name
 *	malformed	anything else: skipped, counted, the first one kept
 *
 * Invariants:
 *   R1 lines == records + comments + unknown_lines + malformed_lines.
 *   R2 the records do not depend on how the text is cut into chunks.
 */
#ifndef BA_TRACE_FTRACE_H
#define BA_TRACE_FTRACE_H

#include "trace/decode.h"

#define BA_FTRACE_LINE_MAX 4096		/* bytes of a line */
#define BA_UNKNOWN_NAMES 256
#define BA_UNKNOWN_NAME_LEN 40

/* An event that is none of ours; count 0: the slot is empty. */
struct ba_unknown {
	uint64_t count;
	char name[BA_UNKNOWN_NAME_LEN];	/* cut to 39 bytes */
};

/* About 55 KiB; a plain struct, no pointers to free. */
struct ba_ftrace {
	struct ba_decode decode;

	uint64_t lines;		/* lines seen */
	uint64_t records;
	uint64_t comments;
	uint64_t unknown_lines;
	uint64_t unknown_overflow; /* of these, not in the table below */
	uint64_t lost_events;	/* sum of all that say how many */
	uint64_t overwritten;	/* entries written - entries in buffer */
	uint32_t cpus;		/* from "#P:n"; 0: not said */
	bool truncated;		/* the last line is cut off */

	uint64_t malformed_lines;
	uint64_t first_malformed;	/* its line, from 1; 0: none */
	enum ba_fault first_fault;
	char first_event[BA_UNKNOWN_NAME_LEN]; /* its event, or "" */
	char first_field[16];		/* field at fault, or "" */

	struct ba_unknown unknown[BA_UNKNOWN_NAMES]; /* hashed by name */

	uint64_t last_ts;	/* time stamp of the last record, ns */
	bool skipping;		/* inside a line that is too long */
	uint32_t carry_len;
	char carry[BA_FTRACE_LINE_MAX + 1];
};

void ba_ftrace_init(struct ba_ftrace *reader, enum ba_gfp_layout layout,
		    uint64_t vmemmap, uint32_t page_size);

/*
 * Read text[0 .. len). Fills at most `cap` records of `out` and, if `lines`
 * is not NULL, the line number of each (from 1, saturating). *nr is how many
 * were filled and *consumed how many bytes are done with; when it is less
 * than len, `out` is full: call again with the rest. A line that is not ended
 * yet is consumed and kept inside.
 * BA_EINVAL when cap is 0.
 */
enum ba_status ba_ftrace_feed(struct ba_ftrace *reader, const char *text,
			      size_t len, size_t *consumed,
			      struct ba_event *out, uint32_t *lines,
			      size_t cap, size_t *nr);

/*
 * The input has ended: read the last line if no newline ended it; at most
 * one record. A last line that can not be decoded is malformed and sets
 * `truncated`.
 */
enum ba_status ba_ftrace_finish(struct ba_ftrace *reader,
				struct ba_event *out, uint32_t *line,
				size_t cap, size_t *nr);

#endif
