/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/columns.h"

#define COMM_WIDTH 16	/* columns of a task's name in both forms */

/* Places in a line that may be its columns. */
struct candidate {
	const char *comm_end;	/* NULL: they are not */
	uint64_t pid;
	uint64_t cpu;
	struct ba_span flags;	/* of the first form, if there */
	struct ba_span time;
	const char *event;
};

const char *ba_columns_system(const char *word, const char *end)
{
	const char *p = word;

	if (end - word > 12 && memcmp(word, "PERF_RECORD_", 12) == 0)
		return word;
	while (p < end && *p != ' ' && *p != ':')
		p++;
	if (p == word || end - p < 2 || *p != ':' || p[1] == ' ')
		return NULL;
	return p + 1;
}

/* "9.304546" or "9.304546123", all of the word, to ns. */
static bool time_of(struct ba_span word, uint64_t *ret)
{
	uint64_t seconds, fraction;
	const char *dot = ba_text_digits(word.pos, word.end, 10, &seconds);
	const char *p;

	if (dot == word.pos || dot == word.end || *dot != '.')
		return false;
	p = ba_text_digits(dot + 1, word.end, 9, &fraction);
	if (p != word.end || (p - dot != 7 && p - dot != 10))
		return false;
	*ret = seconds * 1000000000u + fraction * (p - dot == 7 ? 1000u : 1u);
	return true;
}

static const char *back_over_blanks(const char *start, const char *p)
{
	while (p > start && p[-1] == ' ')
		p--;
	return p;
}

/* Back over up to 10 digits, which give the number; NULL when not so. */
static const char *back_over_number(const char *start, const char *end,
				    uint64_t *ret)
{
	const char *p = end;

	while (p > start && ba_is_digit(p[-1]))
		p--;
	if (p == end || end - p > 10)
		return NULL;
	ba_text_digits(p, end, 10, ret);
	return p;
}

/*
 * Does "task-pid [(tgid)] " end right before `bracket`? Returns the pid's
 * dash, NULL when not.
 */
static const char *find_dash(const char *start, const char *bracket,
			     uint64_t *pid)
{
	const char *p = back_over_blanks(start, bracket);

	if (p > start && p[-1] == ')') {
		p--;
		while (p > start && (p[-1] == ' ' || p[-1] == '-' ||
				     ba_is_digit(p[-1])))
			p--;
		if (p == start || *--p != '(')
			return NULL;
		p = back_over_blanks(start, p);
	}
	p = back_over_number(start, p, pid);
	if (!p || p == start || p[-1] != '-')
		return NULL;
	return p - 1;
}

/*
 * Does "task tid " or "task pid/tid " end right before `bracket`? Returns the
 * end of the task's name, NULL when not. The tid of a task that was about to
 * end is -1.
 */
static const char *find_tid(const char *start, const char *bracket,
			    uint64_t *tid)
{
	const char *p = back_over_blanks(start, bracket);
	uint64_t pid;

	if (p == bracket)
		return NULL;
	p = back_over_number(start, p, tid);
	if (p && p > start && p[-1] == '-') {
		p--;
		*tid = -*tid;
	}
	if (p && p > start && p[-1] == '/') {
		p = back_over_number(start, p - 1, &pid);
		if (p && p > start && p[-1] == '-')
			p--;
	}
	if (!p || (p > start && p[-1] != ' '))
		return NULL;
	return back_over_blanks(start, p);
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

/* Is the '[' at `bracket` the one of the CPU column? */
static bool try_bracket(struct ba_span line, const char *bracket,
			struct candidate *ret)
{
	const char *p = ba_text_digits(bracket + 1, line.end, 9, &ret->cpu);
	const char *name;

	if (p == bracket + 1 || line.end - p < 2 || p[0] != ']' ||
	    p[1] != ' ' ||
	    !right_columns((struct ba_span){ p + 1, line.end }, &ret->flags,
			   &ret->time))
		return false;
	ret->event = ba_text_blanks(ret->time.end + 1, line.end);
	name = ret->flags.pos ? NULL : ba_columns_system(ret->event, line.end);
	if (name) {
		ret->comm_end = find_tid(line.pos, bracket, &ret->pid);
		if (ret->comm_end) {
			ret->event = name;
			return true;
		}
	}
	ret->comm_end = find_dash(line.pos, bracket, &ret->pid);
	return ret->comm_end != NULL;
}

enum ba_fault ba_columns_search(struct ba_span line, struct ba_columns *ret)
{
	struct candidate best = { 0 }, next;
	const char *p = line.pos;

	while ((p = memchr(p, '[', (size_t)(line.end - p))) != NULL) {
		if (try_bracket(line, p, &next) &&
		    (!best.comm_end || next.comm_end - line.pos <= COMM_WIDTH))
			best = next;
		p++;
	}
	if (!best.comm_end)
		return BA_FAULT_HEADER;
	if (best.cpu > UINT16_MAX)
		return BA_FAULT_CPU;
	if (!time_of(best.time, &ret->ts_ns))
		return BA_FAULT_TIME;
	ret->cpu = (uint16_t)best.cpu;
	ret->task = (uint16_t)best.pid;
	ret->context = BA_CTX_DEPTH_UNKNOWN << BA_CTX_DEPTH_SHIFT;
	ret->switches = best.flags.pos &&
			ba_columns_switches(best.flags.pos);
	if (best.flags.pos)
		ret->context = ba_columns_context(best.flags.pos);
	ret->event = best.event;
	return BA_FAULT_NONE;
}
