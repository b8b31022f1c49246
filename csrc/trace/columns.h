/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * columns - what stands before the event on a line of a trace: the task, its
 * CPU, flags and the time. A line has one of two forms, and shows itself
 * which one.
 *
 * /sys/kernel/tracing/trace; trace-cmd report has no flags:
 *             init-1       [000] d..3.     9.304546: mm_page_free: pfn=0x10..
 *   |-------------| |---|  |---| |---| |----------|  |----------|  |------
 *        comm        pid    cpu  flags  time, s         event       fields
 *
 * perf script:
 *             init     1 [000]     9.304546:   kmem:mm_page_free: pfn=0x10..
 *   |-------------| |---| |---| |----------|   |--| |----------|  |------
 *        comm        tid   cpu    time, s     system    event      fields
 *
 * In the second the system stands before the event, a blank before the tid,
 * and there are no flags. Each line is told by itself, so a text may be cut
 * anywhere. The wide columns are read by their places first; what differs
 * from them in the least is searched for the columns.
 *
 * Models: kernel/trace/trace_output.c trace_print_context,
 *	trace_print_lat_fmt (6.1, 6.12);
 *	tools/perf/builtin-script.c perf_sample__fprintf_start (6.1, 6.12).
 * Profiles: none.
 * Simplified: the names of tasks are not kept.
 *
 * Invariants:
 *   H1 columns read by place are those that the search finds.
 *   H2 a line of the second form has a context of unknown depth, and no
 *      switch is due.
 */
#ifndef BA_TRACE_COLUMNS_H
#define BA_TRACE_COLUMNS_H

#include "trace/decode.h"

struct ba_columns {
	uint64_t ts_ns;
	uint16_t cpu;
	uint16_t task;		/* low 16 bits of the pid, or of perf's tid */
	uint8_t context;	/* BA_CTX_* */
	bool switches;		/* a switch of tasks is due */
	const char *event;	/* its name, behind the system's */
};

/*
 * The columns of any line. A task's name may hold anything, and so may the
 * text of an event: of the places that look like " [cpu] " the one is taken
 * that stands most to the right with a task's name of at most 16 columns
 * before it, or else the first.
 */
enum ba_fault ba_columns_search(struct ba_span line, struct ba_columns *ret);

/* Where the event's name begins in perf's "system:event: ", else NULL. */
const char *ba_columns_system(const char *word, const char *end);

/* The column of flags: irqs-off, resched, interrupt, depth, ... */
static inline uint8_t ba_columns_context(const char *flags)
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
static inline bool ba_columns_switches(const char *flags)
{
	return ba_unlikely(flags[1] != '.') && flags[1] != 'l';
}

/* The columns of the first form by their places; false when they differ. */
static inline bool ba_columns_ftrace(struct ba_span line,
				     struct ba_columns *ret)
{
	const char *p = line.pos;
	const char *q;
	uint64_t pid, seconds, fraction;

	if (line.end - p < 60 || p[0] == '#' || p[16] != '-' || p[24] != ' ' ||
	    p[25] != '[' || p[29] != ']' || p[30] != ' ' || p[36] != ' ' ||
	    !ba_is_digit(p[26]) || !ba_is_digit(p[27]) || !ba_is_digit(p[28]))
		return false;
	q = ba_text_digits(p + 17, p + 24, 7, &pid);
	if (q == p + 17)
		return false;
	for (; q < p + 24; q++)
		if (*q != ' ')
			return false;
	for (int i = 31; i < 36; i++)
		if ((p[i] != '.' && !ba_is_digit(p[i]) &&
		     (unsigned char)((p[i] | 0x20) - 'a') > 25))
			return false;
	ret->cpu = (uint16_t)((p[26] - '0') * 100 + (p[27] - '0') * 10 +
			      (p[28] - '0'));
	ret->task = (uint16_t)pid;
	ret->context = ba_columns_context(p + 31);
	ret->switches = ba_columns_switches(p + 31);
	for (q = p + 36; q < line.end && *q == ' '; q++)
		;
	p = ba_text_digits(q, line.end, 10, &seconds);
	if (p == q || line.end - p < 10 || *p != '.')
		return false;
	if (!ba_text_dec6(p + 1, &fraction) || p[7] != ':' || p[8] != ' ' ||
	    p[9] == ' ')
		return false;
	ret->ts_ns = seconds * 1000000000u + fraction * 1000u;
	ret->event = p + 9;
	return true;
}

/* The same of the second form. */
static inline bool ba_columns_perf(struct ba_span line, struct ba_columns *ret)
{
	const char *p = line.pos;
	const char *q;
	uint64_t tid, seconds, fraction, nanos = 0;

	if (line.end - p < 60 || p[0] == '#' || p[16] != ' ')
		return false;
	q = ba_text_blanks(p + 17, p + 25);
	p = ba_text_digits(q, line.end, 7, &tid);
	if (p == q || p[0] != ' ' || p[1] != '[' || !ba_is_digit(p[2]) ||
	    !ba_is_digit(p[3]) || !ba_is_digit(p[4]) || p[5] != ']' ||
	    p[6] != ' ')
		return false;
	ret->cpu = (uint16_t)((p[2] - '0') * 100 + (p[3] - '0') * 10 +
			      (p[4] - '0'));
	ret->task = (uint16_t)tid;
	ret->context = BA_CTX_DEPTH_UNKNOWN << BA_CTX_DEPTH_SHIFT;
	ret->switches = false;
	q = ba_text_blanks(p + 7, line.end);
	p = ba_text_digits(q, line.end, 10, &seconds);
	if (p == q || line.end - p < 20 || *p != '.')
		return false;
	if (!ba_text_dec6(p + 1, &fraction))
		return false;
	p += 7;
	if (*p != ':') {
		q = ba_text_digits(p, line.end, 3, &nanos);
		if (q - p != 3 || *q != ':')
			return false;
		p = q;
	}
	if (p[1] != ' ')
		return false;
	ret->ts_ns = seconds * 1000000000u + fraction * 1000u + nanos;
	p = ba_text_blanks(p + 2, line.end);
	if (line.end - p > 5 && memcmp(p, "kmem", 4) == 0 && p[4] == ':' &&
	    p[5] != ' ')
		ret->event = p + 5;
	else
		ret->event = ba_columns_system(p, line.end);
	return ret->event != NULL;
}

#endif
