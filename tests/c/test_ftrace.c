/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/ftrace.h"

#include <stdlib.h>

#include "ftrace_sample.h"
#include "testlib.h"

#define MAX 256

static struct ba_ftrace reader;
static struct ba_event events[MAX];
static uint32_t lines[MAX];
static size_t nr;
static char sample_text[SAMPLE_LINES * 256];

/* Read `text` in pieces of `chunk` bytes, `cap` records at a time. */
static void read_pieces(const char *text, size_t len, size_t chunk, size_t cap,
			bool by_name_only)
{
	size_t offset = 0, consumed, got;

	ba_ftrace_init(&reader, BA_GFP_6_1, SAMPLE_VMEMMAP, 64);
	reader.decode.by_name_only = by_name_only;
	nr = 0;
	while (offset < len) {
		size_t part = len - offset < chunk ? len - offset : chunk;
		/* of its own, so that reading behind it is seen */
		char *copy = malloc(part);

		REQUIRE(copy != NULL);
		memcpy(copy, text + offset, part);
		CHECK_EQ(ba_ftrace_feed(&reader, copy, part, &consumed,
					events + nr, lines + nr, cap, &got),
			 BA_OK);
		free(copy);
		REQUIRE(consumed > 0 && nr + got + cap <= MAX);
		offset += consumed;
		nr += got;
	}
	CHECK_EQ(ba_ftrace_finish(&reader, events + nr, lines + nr, cap, &got),
		 BA_OK);
	nr += got;
	CHECK_EQ(reader.records, nr);
	CHECK_EQ(reader.lines, reader.records + reader.comments +
		 reader.unknown_lines + reader.malformed_lines);
}

static void read_text(const char *text)
{
	read_pieces(text, strlen(text), strlen(text) + 1, MAX / 2, false);
}

static void join_sample(void)
{
	size_t len = 0;

	for (size_t i = 0; i < SAMPLE_LINES; i++)
		len += (size_t)snprintf(sample_text + len,
					sizeof(sample_text) - len, "%s",
					sample_lines[i]);
}

static void check_sample(void)
{
	CHECK_EQ(nr, sizeof(sample_records) / sizeof(sample_records[0]));
	for (size_t i = 0; i < nr; i++) {
		bool same = memcmp(&events[i], &sample_records[i].event,
				   sizeof(events[i])) == 0;

		CHECK_EQ(lines[i], sample_records[i].line);
		if (!CHECK(same))
			printf("# record of line %u\n", lines[i]);
	}
	CHECK_EQ(reader.lines, SAMPLE_LINES);
	CHECK_EQ(reader.unknown_lines, SAMPLE_UNKNOWN);
	CHECK_EQ(reader.malformed_lines, 0);
	CHECK_EQ(reader.cpus, 1);
	CHECK(!reader.truncated);
}

TEST(recorded_lines_give_the_records_of_an_independent_decoder)
{
	join_sample();
	read_text(sample_text);
	check_sample();
}

TEST(fields_by_name_give_the_same_records)
{
	join_sample();
	read_pieces(sample_text, strlen(sample_text), 1000, MAX / 2, true);
	check_sample();
}

TEST(R2_chunks_and_capacity_change_nothing)
{
	size_t len;

	join_sample();
	len = strlen(sample_text);
	for (size_t chunk = 1; chunk < 400; chunk += chunk < 8 ? 1 : 37)
		for (size_t cap = 1; cap < 6; cap += 2) {
			read_pieces(sample_text, len, chunk, cap, false);
			check_sample();
		}
}

static uint64_t unknown_count(const char *name)
{
	for (size_t i = 0; i < BA_UNKNOWN_NAMES; i++)
		if (reader.unknown[i].count &&
		    strcmp(reader.unknown[i].name, name) == 0)
			return reader.unknown[i].count;
	return 0;
}

TEST(unknown_events_are_counted_by_name)
{
	join_sample();
	read_text(sample_text);
	CHECK_EQ(unknown_count("mm_compaction_kcompactd_sleep"), 2);
	CHECK_EQ(unknown_count("oom_score_adj_update"), 2);
	CHECK_EQ(unknown_count("mm_page_alloc"), 0);
	CHECK_EQ(reader.unknown_overflow, 0);
}

TEST(more_unknown_names_than_slots_overflow)
{
	static char text[300 * 80];
	size_t len = 0;

	for (unsigned int i = 0; i < 300; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
			"            init-1       [000] .....     9.304546: "
			"new_event_%u: a=1\n", i);
	read_text(text);
	CHECK_EQ(reader.unknown_lines, 300);
	CHECK_EQ(reader.unknown_overflow, 300 - BA_UNKNOWN_NAMES);
	CHECK_EQ(unknown_count("new_event_0"), 1);
}

#define FREE_1 "mm_page_free: page=fffff87ac0041900 pfn=0x1064 order=1\n"

/* A task may be called anything that has at most 15 bytes. */
TEST(names_of_tasks_with_anything_in_them)
{
	static const char *const tasks[] = {
		"init", "kworker/0:2", "a b", "a-b", "-", "a-1", "(sd-pam)",
		"x [001] 1.5:", "[000] ..... 1.0", "x-1 [001] 9.0:", "a: b: c",
		"<...>", "\xc3\xa9t\xc3\xa9", "pfn=0x5 order=3",
	};
	char text[200];

	for (size_t i = 0; i < sizeof(tasks) / sizeof(tasks[0]); i++) {
		snprintf(text, sizeof(text), "%16s-%-7u [%03u] d.s3.  "
			 "%10u.%06u: %s", tasks[i], 70001, 12, 9, 304546,
			 FREE_1);
		read_text(text);
		CHECK_EQ(reader.malformed_lines, 0);
		if (!CHECK(nr == 1)) {
			printf("# task '%s'\n", tasks[i]);
			continue;
		}
		CHECK_EQ(events[0].task, 70001 & 0xffff);
		CHECK_EQ(events[0].cpu, 12);
		CHECK_EQ(events[0].ts_ns, 9304546000u);
		CHECK_EQ(events[0].context, BA_CTX_IRQS_OFF | BA_CTX_SOFTIRQ |
			 3 << BA_CTX_DEPTH_SHIFT);
		CHECK_EQ(events[0].addr, 0x1064);
	}
}

TEST(an_event_text_that_looks_like_columns_is_not_read_as_such)
{
	read_text("     stress-ng-12      [001] .....     9.304546: "
		  "oom_score_adj_update: pid=1 comm=x-5 [000] 1.000000: "
		  FREE_1);
	CHECK_EQ(nr, 0);
	CHECK_EQ(unknown_count("oom_score_adj_update"), 1);
}

/* need_resched, lazily or not; only mm_page_alloc keeps it. */
TEST(a_switch_of_tasks_is_due)
{
	static const struct { char flag; uint32_t arg; } cases[] = {
		{ '.', 0 }, { 'N', 1 }, { 'n', 1 }, { 'p', 1 }, { 'B', 1 },
		{ 'l', 0 } };
	static const char alloc[] =
		"mm_page_alloc: page=0000000000001064 pfn=0x1064 order=0 "
		"migratetype=0 gfp_flags=GFP_KERNEL\n";
	char text[200];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "%16s-%-7u [000] .%c...  "
			 "%10u.%06u: %s", "rm", 7, cases[i].flag, 9, 1, alloc);
		read_text(text);
		CHECK_EQ(nr, 1);
		CHECK_EQ(events[0].arg, cases[i].arg);
		snprintf(text, sizeof(text), "rm-7 [000] .%c.. 9.000001: %s",
			 cases[i].flag, alloc);
		read_text(text);
		CHECK_EQ(nr, 1);
		CHECK_EQ(events[0].arg, cases[i].arg);
	}
}

/* What trace-cmd report prints, and older and wider columns. */
TEST(columns_may_differ)
{
	read_text("cpus=4\n"
		  "              rm-115   [003]     5.702018: mm_page_free:  "
		  "       page=0xfffff87ac0041900 pfn=0x1064 order=1\n"
		  "rm-115 [003] d.h2 5.702018123: " FREE_1
		  "  rm-115     (    115) [1234] DNZf2 1234567.000001: " FREE_1
		  "  rm-115     (-------) [003] 5.000000: " FREE_1);
	CHECK_EQ(nr, 4);
	CHECK_EQ(reader.malformed_lines, 0);
	CHECK_EQ(reader.cpus, 4);
	CHECK_EQ(events[0].context,
		 BA_CTX_DEPTH_UNKNOWN << BA_CTX_DEPTH_SHIFT);
	CHECK_EQ(events[0].ts_ns, 5702018000u);
	CHECK_EQ(events[1].ts_ns, 5702018123u);
	CHECK_EQ(events[1].context, BA_CTX_IRQS_OFF | BA_CTX_HARDIRQ |
		 2 << BA_CTX_DEPTH_SHIFT);
	CHECK_EQ(events[2].cpu, 1234);
	CHECK_EQ(events[2].ts_ns, 1234567000001000u);
	/* a depth of 15 would read as "unknown" */
	CHECK_EQ(events[2].context, BA_CTX_IRQS_OFF | BA_CTX_NMI |
		 14 << BA_CTX_DEPTH_SHIFT);
	CHECK_EQ(events[3].addr, 0x1064);
}

TEST(lost_events_are_a_record_and_a_count)
{
	read_text("            init-1       [000] .....     9.304546: " FREE_1
		  "CPU:1 [LOST 1234 EVENTS]\n"
		  "CPU:0 [LOST EVENTS]\n"
		  "CPU:0 [7 EVENTS DROPPED]\n"
		  "CPU:0 [LOST 9999999999 EVENTS]\n"
		  "CPU:0 [LOST x EVENTS]\n"
		  "CPU:0 [LOST 5\n");
	CHECK_EQ(nr, 5);
	CHECK_EQ(events[1].op, BA_OP_LOST);
	CHECK_EQ(events[1].cpu, 1);
	CHECK_EQ(events[1].arg, 1234);
	CHECK_EQ(events[1].ts_ns, 9304546000u);
	CHECK_EQ(events[2].arg, 1);
	CHECK_EQ(events[3].arg, 7);
	CHECK_EQ(events[4].arg, UINT32_MAX);
	CHECK_EQ(reader.lost_events, 1234u + 1 + 7 + 9999999999u);
	CHECK_EQ(reader.malformed_lines, 2);
}

#define PERF "             cat   132 [001]    10.011879: "

/* Kinds of lines that perf script prints, of recordings of 6.1.192. */
static const char perf_text[] =
	"# hostname : none\n"
	"            perf   124 [001]    15.916702:          "
	"kmem:kmem_cache_alloc: call_site=getname_flags.part.0+0x2b "
	"ptr=0xffff893216579000 bytes_req=4096 bytes_alloc=4096 "
	"gfp_flags=GFP_KERNEL node=-1 accounted=false\n"
	"            perf   124 [001]    15.916938:           "
	"kmem:kmem_cache_free: call_site=do_sys_openat2+0x9b "
	"ptr=0xffff893216579000 name=names_cache\n"
	"       perf-exec   125 [000]    15.924587:             "
	"kmem:mm_page_alloc: page=0x165be pfn=0x165be order=1 migratetype=0 "
	"gfp_flags=GFP_KERNEL_ACCOUNT|__GFP_ZERO\n"
	"       perf-exec   125 [000]    15.925783:                  "
	"kmem:rss_stat: mm_id=4026363051 curr=0 type=MM_ANONPAGES "
	"size=4096B\n"
	"kworker/u4:1-fl    45 [000]    15.943073:              "
	"kmem:mm_page_free: page=0x3e9cd pfn=0x3e9cd order=0\n"
	"perf   125 [000]    15.943080:       kmem:kfree: "
	"call_site=__sched_setaffinity+0x74 ptr=(nil)\n"
	"\tffffffffb26b95b7 __kmalloc_node+0xa7 ([kernel.kallsyms])\n"
	"\t           ee137 sched_setaffinity@@GLIBC_2.3.4+0x7 "
	"(/lib/x86_64-linux-gnu/libc.so.6)\n"
	"\n"
	PERF "PERF_RECORD_LOST lost 125\n"
	PERF "PERF_RECORD_COMM: cat:132/132\n";

static void check_perf(void)
{
	static const struct {
		uint8_t op;
		uint16_t cpu, task;
		uint32_t line;
		uint64_t ts_ns, addr;
	} expected[] = {
		{ BA_OP_CACHE_ALLOC, 1, 124, 2, 15916702000u,
		  0xffff893216579000u },
		{ BA_OP_CACHE_FREE, 1, 124, 3, 15916938000u,
		  0xffff893216579000u },
		{ BA_OP_PAGE_ALLOC, 0, 125, 4, 15924587000u, 0x165be },
		{ BA_OP_PAGE_FREE, 0, 45, 6, 15943073000u, 0x3e9cd },
		{ BA_OP_KFREE, 0, 125, 7, 15943080000u, 0 },
		{ BA_OP_LOST, 1, 132, 11, 10011879000u, 0 },
	};

	REQUIRE(nr == sizeof(expected) / sizeof(expected[0]));
	for (size_t i = 0; i < nr; i++) {
		CHECK_EQ(events[i].op, expected[i].op);
		CHECK_EQ(events[i].cpu, expected[i].cpu);
		CHECK_EQ(events[i].task, expected[i].task);
		CHECK_EQ(events[i].ts_ns, expected[i].ts_ns);
		CHECK_EQ(events[i].addr, expected[i].addr);
		CHECK_EQ(events[i].context,
			 BA_CTX_DEPTH_UNKNOWN << BA_CTX_DEPTH_SHIFT);
		CHECK_EQ(lines[i], expected[i].line);
	}
	CHECK_EQ(events[2].arg, 0);
	CHECK_EQ(events[5].arg, 125);
	CHECK_EQ(reader.lost_events, 125);
	CHECK_EQ(reader.comments, 4);
	CHECK_EQ(reader.malformed_lines, 0);
	CHECK_EQ(reader.unknown_lines, 2);
	CHECK_EQ(unknown_count("rss_stat"), 1);
	CHECK_EQ(unknown_count("PERF_RECORD_COMM"), 1);
}

TEST(the_text_of_perf_script_in_pieces_of_any_size)
{
	size_t len = strlen(perf_text);

	for (size_t chunk = 1; chunk < len; chunk += chunk < 8 ? 1 : 61)
		for (unsigned int by_name = 0; by_name < 2; by_name++) {
			read_pieces(perf_text, len, chunk, 3, by_name);
			check_perf();
		}
	read_text(perf_text);
	check_perf();
}

/* Each line is told by itself. */
TEST(the_forms_of_text_may_follow_one_another)
{
	read_text("            init-1       [000] d..3.     9.304546: " FREE_1
		  PERF "kmem:" FREE_1
		  "              rm-115   [003]     5.702018: " FREE_1);
	CHECK_EQ(nr, 3);
	CHECK_EQ(events[0].context,
		 BA_CTX_IRQS_OFF | 3 << BA_CTX_DEPTH_SHIFT);
	CHECK_EQ(events[1].task, 132);
	CHECK_EQ(events[2].task, 115);
	for (size_t i = 0; i < 3; i++)
		CHECK_EQ(events[i].addr, 0x1064);
}

TEST(the_head_says_what_was_overwritten)
{
	read_text("# tracer: nop\n#\n# entries-in-buffer/entries-written: "
		  "100/120   #P:2\n\n");
	CHECK_EQ(reader.overwritten, 20);
	CHECK_EQ(reader.cpus, 2);
	CHECK_EQ(reader.comments, 4);
	CHECK_EQ(nr, 0);
}

struct bad {
	const char *line;
	enum ba_fault fault;
	const char *event;
	const char *field;
};

#define HEAD "            init-1       [000] .....     9.304546: "

TEST(malformed_lines_are_counted_and_the_first_is_named)
{
	static const struct bad bad[] = {
		{ "hello\n", BA_FAULT_HEADER, "", "" },
		{ HEAD "\n", BA_FAULT_HEADER, "", "" },
		{ "init-1 [000] 9.30: " FREE_1, BA_FAULT_TIME, "", "" },
		{ "init-1 [000] 930: " FREE_1, BA_FAULT_TIME, "", "" },
		{ "init-1 [70000] 9.304546: " FREE_1, BA_FAULT_CPU, "", "" },
		{ "init [000] 9.304546: " FREE_1, BA_FAULT_HEADER, "", "" },
		{ HEAD "mm_page_free: page=fffff87ac0041900 pfn=0x1064\n",
		  BA_FAULT_MISSING, "mm_page_free", "order" },
		{ HEAD "mm_page_free: page=fffff87ac0041900 pfn=0x10z4 "
		  "order=1\n", BA_FAULT_VALUE, "mm_page_free", "pfn" },
		{ HEAD "mm_page_alloc: pfn=0x1 order=1 migratetype=0 "
		  "gfp_flags=GFP_KERNE\n", BA_FAULT_GFP, "mm_page_alloc",
		  "gfp_flags" },
		{ HEAD "splitpage: page=0x10 order=0x1\n", BA_FAULT_PAGE,
		  "splitpage", "page" },
		{ HEAD "take_stopped: pgsnap zero\n", BA_FAULT_VALUE,
		  "take_stopped", "" },
		{ PERF "kmem:mm_page_free: page=0x1064 pfn=0x10z4 order=1\n",
		  BA_FAULT_VALUE, "mm_page_free", "pfn" },
		{ PERF "kmem:kfree: call_site=f ptr=nil\n", BA_FAULT_VALUE,
		  "kfree", "ptr" },
		{ PERF "kmem: kfree\n", BA_FAULT_HEADER, "", "" },
		{ PERF "PERF_RECORD_LOST lost\n", BA_FAULT_MISSING,
		  "PERF_RECORD_LOST", "lost" },
		{ PERF "PERF_RECORD_LOST lost 1x\n", BA_FAULT_VALUE,
		  "PERF_RECORD_LOST", "lost" },
		{ "\t (no address)\n", BA_FAULT_HEADER, "", "" },
		{ "\x01\x02\x03 binary\n", BA_FAULT_BYTES, "", "" },
		{ HEAD "mm_page_free: page=1 pfn=\x01 order=1\n",
		  BA_FAULT_BYTES, "mm_page_free", "pfn" },
	};
	char text[1000];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "# one\n%s%s", bad[i].line,
			 HEAD FREE_1);
		read_text(text);
		CHECK_EQ(nr, 1);
		CHECK_EQ(lines[0], 3);
		CHECK_EQ(reader.malformed_lines, 1);
		CHECK_EQ(reader.first_malformed, 2);
		if (!CHECK_EQ(reader.first_fault, bad[i].fault))
			printf("# line '%s'\n", bad[i].line);
		CHECK_STR_EQ(reader.first_event, bad[i].event);
		CHECK_STR_EQ(reader.first_field, bad[i].field);
		CHECK(!reader.truncated);
	}
}

TEST(a_line_may_have_4096_bytes_and_no_more)
{
	static char text[5000];

	for (size_t chunk = 1; chunk < 6000; chunk += 1237) {
		size_t head = strlen(HEAD "long_event: ");
		size_t tail = strlen(HEAD FREE_1);

		memset(text, 'x', sizeof(text));
		memcpy(text, HEAD "long_event: ", head);
		text[4096] = '\n';
		memcpy(text + 4097, HEAD FREE_1, tail);
		read_pieces(text, 4097 + tail, chunk, 4, false);
		CHECK_EQ(reader.unknown_lines, 1);
		CHECK_EQ(nr, 1);
		text[4096] = 'x';
		text[4097] = '\n';
		memcpy(text + 4098, HEAD FREE_1, tail);
		read_pieces(text, 4098 + tail, chunk, 4, false);
		CHECK_EQ(reader.malformed_lines, 1);
		CHECK_EQ(reader.first_malformed, 1);
		CHECK_EQ(reader.first_fault, BA_FAULT_TOO_LONG);
		CHECK_EQ(nr, 1);
		CHECK_EQ(lines[0], 2);
	}
}

/* Cut a line anywhere: never a record, but for the cut before its newline. */
static void cut_off(const char *line)
{
	size_t len = strlen(line);

	for (size_t cut = 1; cut < len - 1; cut++) {
		read_pieces(line, cut, 7, 4, false);
		CHECK_EQ(nr, 0);
		/* spaces only are a comment */
		if (cut > strspn(line, " ")) {
			CHECK(reader.truncated);
			CHECK_EQ(reader.malformed_lines, 1);
			CHECK_EQ(reader.first_fault, BA_FAULT_CUT);
		}
	}
	read_pieces(line, len - 1, 7, 4, false);
	CHECK_EQ(nr, 1);
	CHECK(!reader.truncated);
	CHECK_EQ(events[0].order, 1);
}

TEST(a_last_line_that_is_cut_off)
{
	cut_off(HEAD FREE_1);
	cut_off(PERF "kmem:" FREE_1);
	/* it could have been a longer number */
	read_text(PERF "PERF_RECORD_LOST lost 12");
	CHECK_EQ(nr, 0);
	CHECK(reader.truncated);
}

TEST(no_room_for_a_record_is_an_error)
{
	size_t consumed, got;

	ba_ftrace_init(&reader, BA_GFP_6_1, 0, 0);
	CHECK_EQ(ba_ftrace_feed(&reader, "x", 1, &consumed, events, NULL, 0,
				&got), BA_EINVAL);
	CHECK_EQ(consumed, 0);
	CHECK_EQ(ba_ftrace_finish(&reader, events, NULL, 0, &got), BA_EINVAL);
}

TEST(nothing_gives_nothing)
{
	read_text("");
	CHECK_EQ(nr, 0);
	CHECK_EQ(reader.lines, 0);
	CHECK(!reader.truncated);
}
