/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/slabfile.h"

#include "testlib.h"

#define CACHE(addr, name)						\
	"cache " addr " " name " size 1024 object_size 1000 offset 512 "	\
	"inuse 1000 align 8 flags 40042000 order 0 objects 4 min_order 0 " \
	"min_objects 4 min_partial 5 cpu_partial 24 cpu_partial_slabs 12 " \
	"allocflags 40000 refcount -1 ctor 1 useroffset 0 usersize 64\n"

static const char records[] =
	CACHE("ff01", "first")
	"random_seq 2 0 3 1\n"
	"cpuslab 0 1a free 3 1\n"
	"cpupartial 0 20 1c\n"
	"cpupartial 1 1d\n"
	"node 0 nr_partial 1 nr_slabs 5 total_objects 20 partial 30\n"
	CACHE("ff02", "second")
	"node 0 nr_partial 0 nr_slabs 0 total_objects 0 partial\n"
	"slab 1a order 0 ff01 inuse 4 objects 4 frozen 1 free\n"
	"slab 1c order 0 ff01 inuse 3 objects 4 frozen 1 free 2\n";

static char message[300];

/* Read every line; the status of the first that fails. */
static enum ba_status read_all(struct ba_slab_state *state, const char *text)
{
	struct ba_record r = { .message = message,
			       .message_size = sizeof(message) };
	bool ours = true;

	memset(state, 0, sizeof(*state));
	message[0] = '\0';
	while (*text && r.status == BA_OK && ours) {
		const char *end = strchr(text, '\n');
		struct ba_span name;

		r.line++;
		r.rest = (struct ba_span){ text, end };
		text = end + 1;
		CHECK(ba_text_word(&r.rest, &name));
		ba_slabfile_read(&r, state, name, &ours);
	}
	CHECK(ours);
	return r.status;
}

TEST(F1_written_as_read)
{
	struct ba_slab_state state;
	char text[sizeof(records)];
	struct ba_writer w = { text, sizeof(text), 0 };

	REQUIRE(read_all(&state, records) == BA_OK);
	ba_slabfile_write(&w, &state);
	CHECK_EQ(w.len, sizeof(records) - 1);
	CHECK(memcmp(text, records, sizeof(records) - 1) == 0);
	ba_slab_state_deinit(&state);
}

TEST(numbers_arrive)
{
	struct ba_slab_state s;

	REQUIRE(read_all(&s, records) == BA_OK);
	CHECK_EQ(s.nr_caches, 2);
	CHECK_EQ(s.caches[0].addr, 0xff01);
	CHECK_STR_EQ(s.caches[1].name, "second");
	CHECK_EQ(s.caches[0].flags, 0x40042000);
	CHECK_EQ(s.caches[0].refcount, -1);
	CHECK_EQ(s.caches[0].random.count, 4);
	CHECK_EQ(s.indices[s.caches[0].random.first + 2], 3);
	REQUIRE(s.nr_cpus == 2);
	CHECK(s.cpus[0].has_slab && !s.cpus[1].has_slab);
	CHECK_EQ(s.cpus[0].pfn, 0x1a);
	CHECK_EQ(s.pfns[s.cpus[0].partial.first + 1], 0x1c);
	CHECK_EQ(s.cpus[1].cpu, 1);
	CHECK_EQ(s.nodes[0].total_objects, 20);
	CHECK_EQ(s.nodes[1].partial.count, 0);
	CHECK_EQ(s.slabs[1].inuse, 3);
	CHECK(s.slabs[0].frozen);
	CHECK_EQ(s.slabs[1].cache, 0);
	ba_slab_state_deinit(&s);
}

static void check_refused(const char *text, const char *start)
{
	struct ba_slab_state state;

	CHECK_EQ(read_all(&state, text), BA_EFORMAT);
	if (!CHECK(strncmp(message, start, strlen(start)) == 0))
		printf("# message '%s'\n", message);
	ba_slab_state_deinit(&state);
}

TEST(bad_records_are_refused)
{
	check_refused("cpuslab 0 1a free\n", "line 1: a record of a cache "
		      "before the first cache line");
	check_refused(CACHE("ff", "a") "random_seq 1 2 x\n",
		      "line 2: 'x' is no index of an object");
	check_refused(CACHE("ff", "a") "random_seq 1\nrandom_seq 1\n",
		      "line 3: a second random_seq line of cache a");
	check_refused(CACHE("ff", "a") "cpuslab 999999 1a free\n",
		      "line 2: CPU 999999; this model has up to");
	check_refused(CACHE("ff", "a") "node 999 nr_partial 0\n",
		      "line 2: node 999; this model has up to");
	check_refused(CACHE("ff", "a") "slab 1 order 0 fe inuse 0 objects 0 "
		      "frozen 0 free\n", "line 2: no cache line has the "
		      "address of this slab's cache");
	check_refused(CACHE("ff", "a") "slab 1 order 11 ff\n",
		      "line 2: '11' is no number of its range");
	check_refused("cache ff a size 8 offset 0\n", "line 1: 'offset' stands "
		      "where 'object_size' belongs");
}

TEST(other_records_are_left_alone)
{
	struct ba_slab_state state = { 0 };
	const char *line = "pcp 0 count 1";
	struct ba_record r = { .rest = { line + 3, line + 13 } };
	bool ours = true;

	CHECK(ba_slabfile_read(&r, &state, (struct ba_span){ line, line + 3 },
			       &ours));
	CHECK(!ours);
	CHECK(r.rest.pos == line + 3);
}
