// SPDX-License-Identifier: GPL-2.0-only
/*
 * read_sscanf - ftrace text as one reads it in C without much thought: fgets,
 * sscanf for the line, strtok for its fields, strtoull for numbers.
 *
 *	read_sscanf FILE	prints events, allocated pages, CPU ns
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ticks.h"

struct line {
	char comm[64], flags[16], event[64], fields[1024];
	unsigned int cpu, seconds, micros;
};

static unsigned long long numbers;	/* so that they are worked out */

/* The value of `order`, and every other number on the way. */
static unsigned int order_of(char *fields)
{
	unsigned int order = 0;

	for (char *word = strtok(fields, " \n"); word;
	     word = strtok(NULL, " \n")) {
		char *value = strchr(word, '=');
		unsigned long long number;

		if (!value)
			continue;
		*value++ = '\0';
		number = strtoull(value, NULL, 0);
		numbers += number;
		if (!strcmp(word, "order"))
			order = (unsigned int)number;
	}
	return order;
}

int main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
	uint64_t start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	unsigned long long events = 0, pages = 0;
	char text[4096];
	struct line l;

	if (!file)
		return fprintf(stderr, "read_sscanf: no file\n"), 2;
	while (fgets(text, sizeof(text), file)) {
		unsigned int order;

		if (*text == '#' ||
		    sscanf(text, " %63s [%u] %15s %u.%u: %63[^:]: %1023[^\n]",
			   l.comm, &l.cpu, l.flags, &l.seconds, &l.micros,
			   l.event, l.fields) < 6)
			continue;
		events++;
		order = order_of(l.fields);
		if (!strcmp(l.event, "mm_page_alloc"))
			pages += 1ull << order;
	}
	fclose(file);
	printf("%llu %llu %llu\n", events, pages,
	       (unsigned long long)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - start));
	return numbers == 1;	/* never */
}
