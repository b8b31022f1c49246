/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/statefile.h"

#include <stdlib.h>

#include "mm/zonetype.h"

#include "testlib.h"

#define HEAD(kernel, cpus, nodes)					\
	"pgsnap 1 kernel " kernel " nr_orders 11 nr_mt 5 pageblock_order 9 "\
	"cpu 0\nvmemmap fffff87ac0000000 page_offset ffff8cf280000000 "	\
	"page_size 64 cpus " cpus " numa_nodes " nodes "\n"		\
	"totalreserve 1422 mobility_disabled 0\n"

#define PGDAT(id, start)						\
	"pgdat " id " start " start " spanned 1024 present 1000 "	\
	"kswapd_order 0 kswapd_highest_zoneidx 5 kswapd_failures 0 "	\
	"totalreserve 7\n"

#define NR_FREE_3_TO_10							\
	"nr_free 3 0\nnr_free 4 0\nnr_free 5 0\nnr_free 6 0\n"		\
	"nr_free 7 0\nnr_free 8 0\nnr_free 9 0\nnr_free 10 0\n"

#define ZONE_BODY(first) ZONE_BODY_OF("0 422 422 422 422", first)

#define ZONE_BODY_OF(reserve, first)					\
	"zflags 4\n"							\
	"wmark 22 27 32 boost 1 highatomic 512 pcp_high 27 pcp_batch 1\n"\
	"lowmem_reserve " reserve "\n"					\
	"vmstat free 3808 cpu0_diff -9 cpu0_threshold 2\n"		\
	"drift_mark 0\n"						\
	"compact free_pfn e00 migrate_pfn 1 1f init_migrate 0 "		\
	"init_free 0 considered 1 defer_shift 2 order_failed 3 "	\
	"blockskip_flush 0\n"						\
	"pageblocks " first " 0 9\n"					\
	"nr_free 0 0\n"							\
	"nr_free 1 0\n"

/* One node, one zone: the lines of a 6.1 kernel. */
static const char small[] =
	HEAD("6.1.192", "1", "1") PGDAT("0", "0")
	"zone 0 0 DMA start 1 spanned 1023 present 1000 managed 900\n"
	ZONE_BODY("0")
	"free 2 0 8 4\n"
	"free 2 1 10\n"
	"nr_free 2 3\n"
	NR_FREE_3_TO_10
	"pcp 0 count 2 high 27 batch 1 free_factor 0\n"
	"pcplist 0 1 21 20\n"
	"movable 0 40+1d 99+1\n"
	"end\n";

/* Two nodes, 6.12. */
static const char two_nodes[] =
	HEAD("6.12.111", "1", "2") PGDAT("0", "0")
	"zone 0 1 DMA32 start 0 spanned 1024 present 1000 managed 900\n"
	ZONE_BODY("0")
	"nr_free 2 0\n"
	NR_FREE_3_TO_10
	"pcp 0 count 0 high 0 batch 1 high_min 118 high_max 240 flags 2 "
	"alloc_factor 0 free_count -1\n"
	PGDAT("1", "1024")
	"zone 1 2 Normal start 1024 spanned 1024 present 1000 managed 900\n"
	ZONE_BODY("1024")
	"nr_free 2 0\n"
	NR_FREE_3_TO_10
	"pcp 0 count 0 high 0 batch 1 high_min 118 high_max 240 flags 2 "
	"alloc_factor 0 free_count 0\n"
	"movable 0 40+1\n"
	"movable 1 400+20\n"
	"end\n";

/* HighMem: four zones, and so four numbers in lowmem_reserve. */
static const char i386[] =
	HEAD("6.1.192", "1", "1")
	"pgdat 0 start 0 spanned 2048 present 2000 kswapd_order 0 "
	"kswapd_highest_zoneidx 4 kswapd_failures 0 totalreserve 7\n"
	"zone 0 1 Normal start 0 spanned 1024 present 1000 managed 900\n"
	ZONE_BODY_OF("0 0 32 32", "0")
	"nr_free 2 0\n"
	NR_FREE_3_TO_10
	"pcp 0 count 0 high 27 batch 1 free_factor 0\n"
	"zone 0 2 HighMem start 1024 spanned 1024 present 1000 managed 900\n"
	ZONE_BODY_OF("0 0 0 0", "1024")
	"nr_free 2 0\n"
	NR_FREE_3_TO_10
	"pcp 0 count 0 high 27 batch 1 free_factor 0\n"
	"end\n";

static char message[300];

static enum ba_status read_state(struct ba_state **state, const char *text)
{
	*state = ba_state_create();
	return ba_statefile_read(*state, text, strlen(text), message,
				 sizeof(message));
}

/* Y1: what was read is written back byte for byte. */
static void check_round_trip(const char *text)
{
	struct ba_state *state;
	size_t len, again;
	char *buf;

	if (!CHECK_EQ(read_state(&state, text), BA_OK))
		printf("# %s\n", message);
	CHECK_EQ(ba_statefile_write(state, NULL, 0, &len), BA_EINVAL);
	CHECK_EQ(len, strlen(text));
	buf = calloc(1, len + 1);
	REQUIRE(buf != NULL);
	CHECK_EQ(ba_statefile_write(state, buf, len - 1, &again), BA_EINVAL);
	CHECK_EQ(buf[len - 1], 0);
	CHECK_EQ(ba_statefile_write(state, buf, len, &again), BA_OK);
	CHECK_EQ(again, len);
	CHECK(strcmp(buf, text) == 0);
	free(buf);
	ba_state_destroy(state);
}

TEST(Y1_written_as_read)
{
	check_round_trip(small);
	check_round_trip(two_nodes);
	check_round_trip(i386);
}

TEST(fields_arrive)
{
	struct ba_state *state;
	const struct ba_state_zone *zone;

	REQUIRE(read_state(&state, small) == BA_OK);
	CHECK_STR_EQ(state->kernel, "6.1.192");
	CHECK_EQ(state->vmemmap, 0xfffff87ac0000000u);
	CHECK_EQ(state->page_size, 64);
	CHECK_EQ(state->pcp_fields, BA_STATE_PCP_6_1);
	CHECK_EQ(state->nr_nodes, 1);
	CHECK_EQ(state->nodes[0].kswapd_highest_zoneidx, 5);
	REQUIRE(state->nr_zones == 1);
	zone = &state->zones[0];
	CHECK_STR_EQ(zone->name, "DMA");
	CHECK_EQ(zone->managed, 900);
	CHECK_EQ(zone->zflags, 4);
	CHECK_EQ(zone->wmark[2], 32);
	CHECK_EQ(zone->highatomic, 512);
	CHECK_EQ(zone->cpu_diff[0], -9);
	CHECK_EQ(zone->compact.migrate_pfn[1], 0x1f);
	CHECK_EQ(zone->nr_free[2], 3);
	CHECK_EQ(zone->pageblock_count, 2);
	CHECK_EQ(state->pageblocks[1], 9);
	CHECK_EQ(zone->pcp[0].high, 27);
	REQUIRE(state->nr_lists == 3);
	CHECK_EQ(state->lists[0].count, 2);
	CHECK_EQ(state->pfns[state->lists[0].first], 8);
	CHECK_EQ(state->lists[2].kind, BA_STATE_PCP);
	CHECK_EQ(state->lists[2].index, 1);
	CHECK_EQ(state->pfns[state->lists[2].first], 0x21);
	CHECK_EQ(state->nodes[0].movable_count, 2);
	CHECK_EQ(state->movable[0].count, 0x1d);
	ba_state_destroy(state);
}

TEST(the_fields_of_6_12)
{
	struct ba_state *state;

	REQUIRE(read_state(&state, two_nodes) == BA_OK);
	CHECK_EQ(state->pcp_fields, BA_STATE_PCP_6_12);
	CHECK_EQ(state->zones[0].pcp[0].high_max, 240);
	CHECK_EQ(state->zones[0].pcp[0].free_count, -1);
	CHECK_EQ(state->nodes[1].movable_first, 1);
	CHECK_EQ(state->zones[1].pageblock_first, 2);
	ba_state_destroy(state);
}

TEST(the_zones_of_a_32_bit_kernel)
{
	struct ba_state *state;

	REQUIRE(read_state(&state, i386) == BA_OK);
	CHECK_EQ(state->arch, BA_ARCH_I386);
	CHECK_EQ(state->zones[0].index, BA_ZONE_I386_NORMAL);
	CHECK_EQ(state->zones[0].lowmem_reserve[BA_ZONE_I386_HIGHMEM], 32);
	CHECK_EQ(state->zones[0].lowmem_reserve[4], 0);
	ba_state_destroy(state);
	REQUIRE(read_state(&state, small) == BA_OK);
	CHECK_EQ(state->arch, BA_ARCH_X86_64);
	ba_state_destroy(state);
}

/* `from` with its first `old` replaced by `new`. */
static const char *changed_in(const char *from, const char *old,
			      const char *new)
{
	static char texts[2][4000];
	static unsigned int turn;
	char *text = texts[turn++ % 2];
	const char *at = strstr(from, old);

	CHECK(at != NULL);
	if (!at)
		return "";
	snprintf(text, sizeof(texts[0]), "%.*s%s%s", (int)(at - from), from,
		 new, at + strlen(old));
	return text;
}

static const char *changed(const char *old, const char *new)
{
	return changed_in(small, old, new);
}

static void check_refused(const char *text, enum ba_status status,
			  const char *start)
{
	struct ba_state *state;

	if (!CHECK_EQ(read_state(&state, text), status) ||
	    !CHECK(strncmp(message, start, strlen(start)) == 0))
		printf("# message '%s'\n", message);
	ba_state_destroy(state);
}

TEST(slab_records_are_read_and_written)
{
	static const char text[] = "cache ff a size 2048 object_size 2048 "
		"offset 0 inuse 2048 align 8 flags 40000000 order 0 objects 2 "
		"min_order 0 min_objects 2 min_partial 5 cpu_partial 6 "
		"cpu_partial_slabs 6 allocflags 0 refcount 1 ctor 0 "
		"useroffset 0 usersize 0\n"
		"node 0 nr_partial 0 nr_slabs 1 total_objects 2 partial\n"
		"slab 1a order 0 ff inuse 2 objects 2 frozen 0 free\nend\n";
	struct ba_state *state;

	check_round_trip(changed("end\n", text));
	/* frame 20 waits on a per-CPU list */
	check_refused(changed_in(changed("end\n", text), "slab 1a", "slab 20"),
		      BA_ESTATE, "line 31: T1: frame 20 stands on a list");
	REQUIRE(read_state(&state, changed("end\n", text)) == BA_OK);
	CHECK_EQ(state->slabs.nr_caches, 1);
	CHECK_EQ(state->slabs.slabs[0].pfn, 0x1a);
	ba_state_destroy(state);
}

TEST(other_files_are_refused)
{
	check_refused("", BA_ETRUNCATED, "line 0: the file ends without");
	check_refused("\xfd" "7zXZ\x01\n", BA_EFORMAT, "line 1: no state file: "
		      "it begins with '?7zXZ?'");
	check_refused("# tracer: nop\n", BA_EFORMAT, "line 1: no state file");
	check_refused(changed("pgsnap 1", "pgsnap 2"), BA_EFORMAT,
		      "line 1: a state file of format 2");
	check_refused(changed("nr_orders 11", "nr_orders 12"), BA_EFORMAT,
		      "line 1: a machine with 12 orders");
	check_refused(changed("cpus 1", "cpus 65"), BA_EFORMAT,
		      "line 2: a machine with 65 CPUs");
}

/* Cut anywhere: always refused, never a crash. */
TEST(a_file_that_is_cut_off)
{
	size_t len = strlen(small);

	for (size_t cut = 0; cut < len - 1; cut++) {
		struct ba_state *state = ba_state_create();
		char *copy = malloc(cut + 1);
		enum ba_status status;

		REQUIRE(copy != NULL);
		memcpy(copy, small, cut);
		status = ba_statefile_read(state, copy, cut, message,
					   sizeof(message));
		CHECK(status == BA_ETRUNCATED || (cut < 100 &&
						  status == BA_EFORMAT));
		CHECK(message[0] != '\0');
		free(copy);
		ba_state_destroy(state);
	}
}

TEST(garbled_lines_are_named)
{
	check_refused(changed("managed 900", "managed 9x0"), BA_EFORMAT,
		      "line 5: '9x0' is no number");
	check_refused(changed("managed 900", "manged 900"), BA_EFORMAT,
		      "line 5: 'manged' stands where 'managed' belongs");
	check_refused(changed("managed 900", "managed"), BA_EFORMAT,
		      "line 5: the line ends too early");
	check_refused(changed("managed 900", "managed 900 1"), BA_EFORMAT,
		      "line 5: '1' stands behind the end");
	check_refused(changed("free 2 0 8 4", "free 2 0 8 4g"), BA_EFORMAT,
		      "line 15: '4g' is no hexadecimal frame number");
	check_refused(changed("free 2 0 8 4", "free 2 0 100000000"),
		      BA_EFORMAT, "line 15: '100000000' is no");
	check_refused(changed("free 2 0 8 4", "free 11 0 8"), BA_EFORMAT,
		      "line 15: a free list of order 11");
	check_refused(changed("pcplist 0", "pcplist 1"), BA_EFORMAT,
		      "line 27: CPU 1 of a machine with 1 CPUs");
	check_refused(changed("pcplist 0 1", "pcplist 0 14"), BA_EFORMAT,
		      "line 27: per-CPU list 14");
	check_refused(changed("batch 1 free_factor", "free_factor"),
		      BA_EFORMAT, "line 26: a pcp line without");
	check_refused(changed("pcp 0 count 2 high 27 batch 1 free_factor 0\n"
			      "pcplist 0 1 21 20\n", ""), BA_EFORMAT,
		      "line 26: zone DMA before this line has 0 pcp lines");
	check_refused(changed("40+1d", "40-1d"), BA_EFORMAT,
		      "line 28: '40-1d' is no range");
	check_refused(changed("movable 0", "movable 1"), BA_EFORMAT,
		      "line 28: movable frames of node 1");
	check_refused(changed("zflags", "zflegs"), BA_EFORMAT,
		      "line 6: no record is called 'zflegs'");
	check_refused(changed("zone 0 0", PGDAT("0", "0") "zone 0 0"),
		      BA_EFORMAT, "line 5: node 0 stands behind node 0");
	check_refused(changed("zone 0 0", "zone 1 0"), BA_EFORMAT,
		      "line 5: zone 0 of node 1");
	check_refused(changed("end\n", "end\nend\n"), BA_EFORMAT,
		      "line 30: 'end' stands behind 'end'");
	check_refused(changed("pgdat 0 ", "zflags 0\npgdat 0 "), BA_EFORMAT,
		      "line 4: 'zflags' stands at a wrong place");
	check_refused(changed("pageblocks 0 0 9", "pageblocks 0 0 1f"),
		      BA_EFORMAT, "line 12: '1f' is no flag bits");
}

TEST(zones_of_two_architectures)
{
	check_refused(changed_in(i386, "reserve 0 0 0 0", "reserve 0 0 0 0 0"),
		      BA_EFORMAT, "line 28: '0' stands behind the end");
	check_refused(changed_in(i386, "reserve 0 0 0 0", "reserve 0 0 0"),
		      BA_EFORMAT, "line 28: the line ends too early");
	check_refused(changed_in(i386, "reserve 0 0 32 32", "reserve 0 0 32"),
		      BA_EFORMAT, "line 8: the line ends too early");
	check_refused(changed_in(two_nodes, "422 422\n", "422\n"), BA_EFORMAT,
		      "line 29: '422' stands behind the end");
	check_refused(changed_in(i386, "HighMem", "Highmem"), BA_ESTATE,
		      "T9: zone 2 of node 0 is named Highmem");
}

TEST(a_state_that_contradicts_itself)
{
	check_refused(changed("free 2 1 10", "free 2 1 8"), BA_ESTATE,
		      "line 16: T1: frame 8 stands on a list or in a slab "
		      "already (line 15)");
	check_refused(changed("nr_free 2 3", "nr_free 2 4"), BA_ESTATE, "T3");
	check_refused(changed("count 2", "count 3"), BA_ESTATE, "T4");
}
