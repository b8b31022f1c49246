/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz_ftrace - any bytes to the trace reader. The first two bytes choose the
 * size of the chunks and of the record buffer; what comes out must not depend
 * on them, nor on the fast path, and every line must be counted once.
 */
#include <stdio.h>
#include <stdlib.h>

#include "trace/ftrace.h"

#define RECORDS_MAX 4096

struct run {
	struct ba_ftrace reader;
	struct ba_event events[RECORDS_MAX];
	uint32_t lines[RECORDS_MAX];
	size_t nr;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "broken: %s\n", what);
	__builtin_trap();
}

static void read_all(struct run *run, const char *text, size_t len,
		     size_t chunk, size_t cap, bool by_name_only)
{
	size_t offset = 0, consumed, nr;

	memset(run, 0, sizeof(*run));
	ba_ftrace_init(&run->reader, BA_GFP_6_1, 0xfffff87ac0000000u, 64);
	run->reader.decode.by_name_only = by_name_only;
	while (offset < len && run->nr + cap < RECORDS_MAX) {
		size_t part = len - offset < chunk ? len - offset : chunk;
		/* a copy of its own, so that reading beyond it is seen */
		char *copy = malloc(part);

		memcpy(copy, text + offset, part);
		ba_ftrace_feed(&run->reader, copy, part, &consumed,
			       &run->events[run->nr], &run->lines[run->nr],
			       cap, &nr);
		free(copy);
		require(consumed <= part && nr <= cap, "sizes");
		require(consumed > 0, "progress");
		offset += consumed;
		run->nr += nr;
	}
	ba_ftrace_finish(&run->reader, &run->events[run->nr],
			 &run->lines[run->nr], 1, &nr);
	run->nr += nr;
	require(run->reader.lines == run->reader.records +
		run->reader.comments + run->reader.unknown_lines +
		run->reader.malformed_lines, "R1");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct run a, b;
	const char *text;

	if (size < 2 || size > 100000)
		return 0;
	text = (const char *)data + 2;
	size -= 2;
	read_all(&a, text, size, size + 1, 64, false);
	read_all(&b, text, size, data[0] + 1u, data[1] % 8u + 1, true);
	if (a.nr + 64 >= RECORDS_MAX || b.nr + 64 >= RECORDS_MAX)
		return 0;
	require(a.nr == b.nr, "R2: number of records");
	require(memcmp(a.events, b.events, a.nr * sizeof(a.events[0])) == 0,
		"R2: records");
	require(memcmp(a.lines, b.lines, a.nr * sizeof(a.lines[0])) == 0,
		"R2: line numbers");
	require(a.reader.malformed_lines == b.reader.malformed_lines &&
		a.reader.first_malformed == b.reader.first_malformed &&
		a.reader.first_fault == b.reader.first_fault &&
		a.reader.truncated == b.reader.truncated, "R2: faults");
	require(memcmp(a.reader.unknown, b.reader.unknown,
		       sizeof(a.reader.unknown)) == 0, "R2: unknown events");
	return 0;
}
