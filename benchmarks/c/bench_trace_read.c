/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_trace_read - how fast trace text becomes records.
 *
 *	bench_trace_read FILE 6.1|6.12
 *
 * Prints a line of name, CPU ns and bytes for each of
 *	newlines	the file in memory, memchr for every newline
 *	records		the file in memory, to records
 *	read+records	read(2) in chunks of 1 MiB, to records
 * and what was found: events, malformed lines, and the pages allocated.
 */
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "trace/ftrace.h"

#define CHUNK ((size_t)1 << 20)
#define RECORDS 4096

struct totals {
	uint64_t events;
	uint64_t pages;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static char *read_file(const char *path, size_t *len)
{
	FILE *file = fopen(path, "rb");
	size_t cap = CHUNK, got;
	char *text = malloc(cap);

	*len = 0;
	while (file && text && (got = fread(text + *len, 1, cap - *len,
					    file)) > 0) {
		*len += got;
		if (*len == cap)
			text = realloc(text, cap *= 2);
	}
	if (!file || !text) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(2);
	}
	fclose(file);
	return text;
}

static void feed(struct ba_ftrace *reader, const char *text, size_t len,
		 struct totals *totals)
{
	static struct ba_event events[RECORDS];
	static uint32_t lines[RECORDS];
	size_t consumed, nr;

	for (; len; text += consumed, len -= consumed) {
		ba_ftrace_feed(reader, text, len, &consumed, events, lines,
			       RECORDS, &nr);
		totals->events += nr;
		for (size_t i = 0; i < nr; i++)
			if (events[i].op == BA_OP_PAGE_ALLOC)
				totals->pages += 1u << events[i].order;
	}
}

static void report(const char *name, uint64_t ns, size_t bytes)
{
	printf("%s %" PRIu64 " %zu\n", name, ns, bytes);
}

int main(int argc, char **argv)
{
	static struct ba_ftrace reader;
	static char chunk[CHUNK];
	struct totals totals = { 0, 0 };
	enum ba_gfp_layout layout;
	volatile uint64_t newlines = 0;
	uint64_t start;
	size_t len;
	ssize_t got;
	char *text;
	int fd;

	if (argc != 3) {
		fprintf(stderr, "usage: bench_trace_read FILE 6.1|6.12\n");
		return 2;
	}
	layout = strcmp(argv[2], "6.12") == 0 ? BA_GFP_6_12 : BA_GFP_6_1;
	text = read_file(argv[1], &len);

	start = now_ns();
	for (const char *p = text; (p = memchr(p, '\n', len - (size_t)(p -
				    text))) != NULL; p++)
		newlines++;
	report("newlines", now_ns() - start, len);

	ba_ftrace_init(&reader, layout, 0, 0);
	start = now_ns();
	feed(&reader, text, len, &totals);
	report("records", now_ns() - start, len);
	free(text);

	ba_ftrace_init(&reader, layout, 0, 0);
	totals = (struct totals){ 0, 0 };
	start = now_ns();
	fd = open(argv[1], O_RDONLY);
	while (fd >= 0 && (got = read(fd, chunk, CHUNK)) > 0)
		feed(&reader, chunk, (size_t)got, &totals);
	report("read+records", now_ns() - start, len);
	close(fd);
	printf("events %" PRIu64 " malformed %" PRIu64 " pages %" PRIu64 "\n",
	       totals.events, reader.malformed_lines, totals.pages);
	return 0;
}
