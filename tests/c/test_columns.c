/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/columns.h"

#include "testlib.h"

#define FREE "mm_page_free: page=0x1064 pfn=0x1064 order=1"
#define UNKNOWN_DEPTH (BA_CTX_DEPTH_UNKNOWN << BA_CTX_DEPTH_SHIFT)

static struct ba_columns found;
static char text[256];

static struct ba_span line(void)
{
	return (struct ba_span){ text, text + strlen(text) };
}

/* H1: read by place if that can be done, and searched for: the same. */
static enum ba_fault columns(bool *by_place)
{
	struct ba_span span = line();
	struct ba_columns placed = { .event = NULL };
	enum ba_fault fault = ba_columns_search(span, &found);

	*by_place = ba_columns_ftrace(span, &placed) ||
		    ba_columns_perf(span, &placed);
	if (*by_place && CHECK_EQ(fault, BA_FAULT_NONE)) {
		CHECK_EQ(placed.ts_ns, found.ts_ns);
		CHECK_EQ(placed.cpu, found.cpu);
		CHECK_EQ(placed.task, found.task);
		CHECK_EQ(placed.context, found.context);
		CHECK_EQ(placed.switches, found.switches);
		CHECK(placed.event == found.event);
	}
	return fault;
}

static const char *const tasks[] = {
	"init", "kworker/0:2", "a b", "a-b", "-", "a-1", "(sd-pam)", "12",
	"x [001] 1.5:", "[000] ..... 1.0", "x-1 [001] 9.0:", "a: b: c",
	"1 [0] 1.0: a:b:", "a 1 [0] 1.0: b:", "<...>", ":-1", "x -1", "ab-",
	"\xc3\xa9t\xc3\xa9", "kworker/u4:0-ev", "1/2 [003] 4.5:",
};

TEST(any_name_of_a_task_in_both_forms)
{
	bool by_place;

	for (size_t i = 0; i < sizeof(tasks) / sizeof(tasks[0]); i++) {
		snprintf(text, sizeof(text), "%16s-%-7u [%03u] d.s3.  "
			 "%10u.%06u: %s", tasks[i], 70001, 12, 9, 304546,
			 FREE);
		CHECK_EQ(columns(&by_place), BA_FAULT_NONE);
		CHECK(by_place);
		CHECK_EQ(found.task, 70001 & 0xffff);
		CHECK_EQ(found.context, BA_CTX_IRQS_OFF | BA_CTX_SOFTIRQ |
			 3 << BA_CTX_DEPTH_SHIFT);
		CHECK_EQ(found.ts_ns, 9304546000u);

		snprintf(text, sizeof(text), "%16s %5u [%03u] %5u.%06u: %30s",
			 tasks[i], 70001, 12, 9, 304546, "kmem:" FREE);
		CHECK_EQ(columns(&by_place), BA_FAULT_NONE);
		if (!CHECK(by_place))
			printf("# task '%s'\n", tasks[i]);
		CHECK_EQ(found.cpu, 12);
		CHECK_EQ(found.task, 70001 & 0xffff);
		CHECK_EQ(found.context, UNKNOWN_DEPTH);
		CHECK(!found.switches);
		CHECK_EQ(found.ts_ns, 9304546000u);
		CHECK_STR_EQ(found.event, FREE);
	}
}

/* A line of perf with columns of other widths, and what it says. */
struct perf_line {
	const char *line;
	bool by_place;
	uint32_t task;
	uint64_t ts_ns;
};

TEST(the_columns_of_perf_may_differ)
{
	static const struct perf_line lines[] = {
		/* as 6.1 and 6.12 print it, and with --ns */
		{ "            bash  1234 [001]  5031.123456:      kmem:" FREE,
		  true, 1234, 5031123456000u },
		{ "            bash    1234 [001]  5031.123456:   kmem:" FREE,
		  true, 1234, 5031123456000u },
		{ "            bash 4194303 [001]  5031.123456:   kmem:" FREE,
		  true, 4194303 & 0xffff, 5031123456000u },
		{ "            bash  1234 [001]  5031.123456789:  kmem:" FREE,
		  true, 1234, 5031123456789u },
		{ "         swapper     0 [001] 1234567.000001: probe:" FREE,
		  true, 0, 1234567000001000u },
		/* with -F pid,tid and others; with callers; without a name */
		{ "            bash  1230/1234  [001]  5031.123456: kmem:" FREE,
		  false, 1234, 5031123456000u },
		{ "             :-1    -1/-1    [001]  5031.123456: kmem:" FREE,
		  false, 0xffff, 5031123456000u },
		{ "             :-1    -1 [001]  5031.123456:      kmem:" FREE,
		  false, 0xffff, 5031123456000u },
		{ "             bash  1234 [001]  5031.123456:      kmem:" FREE,
		  false, 1234, 5031123456000u },
		{ "bash  1234 [001]  5031.123456:       kmem:" FREE,
		  false, 1234, 5031123456000u },
		{ " 1234 [001] 5031.123456: kmem:" FREE,
		  false, 1234, 5031123456000u },
	};
	bool by_place;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text), "%s", lines[i].line);
		CHECK_EQ(columns(&by_place), BA_FAULT_NONE);
		if (!CHECK_EQ(by_place, lines[i].by_place))
			printf("# line '%s'\n", text);
		CHECK_EQ(found.task, lines[i].task);
		CHECK_EQ(found.ts_ns, lines[i].ts_ns);
		CHECK_EQ(found.cpu, 1);
		CHECK_EQ(found.context, UNKNOWN_DEPTH);
		CHECK_STR_EQ(found.event, FREE);
	}
	snprintf(text, sizeof(text), "            bash  1234 [1024]  "
		 "5031.123456:      kmem:%s", FREE);
	CHECK_EQ(columns(&by_place), BA_FAULT_NONE);
	CHECK(!by_place);
	CHECK_EQ(found.cpu, 1024);
}

TEST(what_is_none_of_the_two_forms)
{
	static const struct { const char *line; enum ba_fault fault; } bad[] = {
		{ "bash 1234 [001] 5031.123456: " FREE, BA_FAULT_HEADER },
		{ "bash [001] 5031.123456: kmem:" FREE, BA_FAULT_HEADER },
		{ "bash 1234[001] 5031.123456: kmem:" FREE, BA_FAULT_HEADER },
		{ "bash x1234 [001] 5031.123456: kmem:" FREE,
		  BA_FAULT_HEADER },
		{ "bash 12345678901 [001] 5031.123456: kmem:" FREE,
		  BA_FAULT_HEADER },
		{ "bash 1234 5031.123456: kmem:" FREE, BA_FAULT_HEADER },
		{ "bash 1234 [001] 5031.123456 kmem:" FREE, BA_FAULT_HEADER },
		{ "bash 1234 [70000] 5031.123456: kmem:" FREE, BA_FAULT_CPU },
		{ "bash 1234 [001] 5031.12345: kmem:" FREE, BA_FAULT_TIME },
		{ "bash 1234 [001] 5031.1234567: kmem:" FREE, BA_FAULT_TIME },
		{ "bash 1234 [001] 5031123456: kmem:" FREE, BA_FAULT_TIME },
		{ "            bash  1234 [001]  5031.1234567:  kmem:" FREE,
		  BA_FAULT_TIME },
		{ "            bash  1234 [001]  5031.12e456:  kmem:" FREE,
		  BA_FAULT_TIME },
		{ "            bash  1234 [001]  5031.123456:      " FREE,
		  BA_FAULT_HEADER },
	};
	bool by_place;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "%s", bad[i].line);
		if (!CHECK_EQ(columns(&by_place), bad[i].fault))
			printf("# line '%s'\n", text);
		CHECK(!by_place);
	}
}

/* A change of any byte of a line: by place and by search say the same. */
TEST(H1_any_byte_anywhere)
{
	static const char *const lines[] = {
		"            bash  1234 [001]  5031.123456:      kmem:" FREE,
		"            bash-1234    [001] d.h2.  5031.123456: " FREE,
	};
	static const char bytes[] = " -:.[]/0z\t#(";
	bool by_place;

	for (size_t i = 0; i < 2; i++)
		for (size_t at = 0; lines[i][at]; at++)
			for (const char *c = bytes; *c; c++) {
				snprintf(text, sizeof(text), "%s", lines[i]);
				text[at] = *c;
				columns(&by_place);
			}
}

static bool has_system(const char *word)
{
	return ba_columns_system(word, word + strlen(word)) != NULL;
}

TEST(a_system_stands_before_the_event_of_perf_only)
{
	CHECK(has_system("kmem:kfree: call_site=1"));
	CHECK(has_system("a:b: "));
	CHECK(has_system("PERF_RECORD_LOST lost 5"));
	CHECK(!has_system("kfree: call_site=a:b"));
	CHECK(!has_system("kfree:"));
	CHECK(!has_system(":kfree: "));
	CHECK(!has_system("kfree"));
	CHECK(!has_system(""));
}
