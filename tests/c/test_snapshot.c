// SPDX-License-Identifier: GPL-2.0-only
#define _POSIX_C_SOURCE 200809L
#include "sim/snapshot.h"

#include <dirent.h>

#include "sim/check.h"
#include "trace/statefile.h"

#include "booted.h"

static char message[300];

/* A state's text, to be freed. */
static char *text_of(const struct ba_state *state, size_t *len)
{
	char *text;

	ba_statefile_write(state, NULL, 0, len);
	text = malloc(*len + 1);
	if (!text || ba_statefile_write(state, text, *len, len) != BA_OK)
		exit(2);
	text[*len] = '\0';
	return text;
}

static enum ba_status load(const struct ba_state *state,
			   struct ba_machine *machine)
{
	struct ba_config config;

	message[0] = '\0';
	ba_config_init(&config);
	ba_profile_for_kernel(state->kernel, &config.profile);
	return ba_snapshot_load(state, &config, machine, message,
				sizeof(message));
}

static struct ba_state *take(const struct ba_machine *machine)
{
	struct ba_state *state = ba_state_create();

	if (!state || ba_snapshot_take(machine, state) != BA_OK)
		exit(2);
	return state;
}

/* H1: load, take, write: the same text. Also: the machine is in order. */
static void check_round_trip(const struct ba_state *state, const char *name)
{
	struct ba_machine machine;
	struct ba_state *again;
	size_t len, len_again;
	char *text, *text_again;
	uint8_t zone;

	if (!CHECK_EQ(load(state, &machine), BA_OK)) {
		printf("#   %s: %s\n", name, message);
		return;
	}
	CHECK_STR_EQ(ba_machine_check(&machine, &zone), NULL);
	again = take(&machine);
	text = text_of(state, &len);
	text_again = text_of(again, &len_again);
	if (!CHECK(len == len_again && memcmp(text, text_again, len) == 0))
		printf("#   %s differs\n", name);
	free(text);
	free(text_again);
	ba_state_destroy(again);
	ba_machine_destroy(&machine);
}

/* A machine that has worked on two CPUs and two nodes for a while. */
static struct ba_machine busy(void)
{
	struct ba_machine machine = booted(2 * 8192, 2, 2);
	struct ba_nodes *nodes = ba_machine_nodes(&machine);
	pfn_t pfns[50];

	for (uint32_t i = 0; i < 400; i++) {
		struct ba_ctx ctx = ba_machine_ctx(&machine, i % 2);
		order_t order = (order_t)(i % 50 % 4);

		if (i >= 50)
			ba_free_pages(&ctx, nodes, pfns[i % 50], order);
		pfns[i % 50] = ba_alloc_pages(&ctx, nodes, i % 3 ?
			BA_GFP_HIGHUSER_MOVABLE : BA_GFP_KERNEL, order,
			(uint8_t)(i % 2));
	}
	return machine;
}

TEST(h1_a_booted_machine)
{
	struct ba_machine machine = booted(1u << 21, 2, 1);
	struct ba_state *state = take(&machine);

	CHECK_EQ(ba_state_check(state, message, sizeof(message)), BA_OK);
	check_round_trip(state, "booted");
	ba_state_destroy(state);
	ba_machine_destroy(&machine);
}

TEST(h1_a_machine_that_has_worked)
{
	struct ba_machine machine = busy();
	struct ba_state *state = take(&machine);

	CHECK_EQ(state->cpus, 2);
	CHECK_EQ(state->nr_nodes, 2);
	CHECK(state->nr_movable > 0);
	check_round_trip(state, "busy");
	ba_state_destroy(state);
	ba_machine_destroy(&machine);
}

/* A recorded file through xz, to be freed; NULL when it is not there. */
static char *read_xz(const char *path, size_t *len)
{
	char command[700];
	size_t cap = 1u << 22, got;
	char *text = malloc(cap);
	FILE *file;

	snprintf(command, sizeof(command), "xz -dc '%s' 2>/dev/null", path);
	file = popen(command, "r");
	if (!file || !text)
		exit(2);
	*len = 0;
	while ((got = fread(text + *len, 1, cap - *len, file)) > 0)
		*len += got;
	pclose(file);
	if (*len > 0)
		return text;
	free(text);
	return NULL;
}

/* The state as text is what was read. */
static void check_written(const struct ba_state *state, const char *text,
			  size_t len, const char *name)
{
	size_t written_len;
	char *written = text_of(state, &written_len);

	if (!CHECK(len == written_len && memcmp(text, written, len) == 0))
		printf("#   %s is written otherwise\n", name);
	free(written);
}

static bool check_recording(const char *folder, const char *name,
			    const char *which)
{
	struct ba_state *state;
	char path[600], *text;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s/state.%s.txt.xz", folder, name,
		 which);
	text = read_xz(path, &len);
	if (!text)
		return false;
	state = ba_state_create();
	if (CHECK_EQ(ba_statefile_read(state, text, len, message,
				       sizeof(message)), BA_OK)) {
		check_written(state, text, len, path);
		check_round_trip(state, path);
	}
	ba_state_destroy(state);
	free(text);
	return true;
}

/* Every state of every recording, if the recordings are there. */
TEST(h1_recorded_states)
{
	const char *folder = getenv("BUDDYALLOC_RECORDINGS");
	const struct dirent *entry;
	unsigned int nr = 0;
	DIR *dir;

	if (!folder)
		folder = "../shared/recordings";
	dir = opendir(folder);
	if (!dir) {
		printf("# no recordings in %s: skipped\n", folder);
		return;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		nr += check_recording(folder, entry->d_name, "start");
		nr += check_recording(folder, entry->d_name, "end");
	}
	closedir(dir);
	printf("# %u recorded states\n", nr);
}

/*
 *	list index         pageblock     returns to
 *	1  (order 0, M)    HIGHATOMIC    HIGHATOMIC
 *	1                  UNMOVABLE     MOVABLE: the list knows better
 *	0  (order 0, U)    HIGHATOMIC    UNMOVABLE
 *	12 (huge)          RECLAIMABLE   RECLAIMABLE
 *	12                 MOVABLE       UNMOVABLE, MOVABLE has its own list
 *	13 (huge, M)       UNMOVABLE     MOVABLE
 */
TEST(types_of_per_cpu_pages)
{
	static const struct {
		uint8_t index, block, type;
	} cases[] = {
		{ 1, BA_MT_HIGHATOMIC, BA_MT_HIGHATOMIC },
		{ 1, BA_MT_UNMOVABLE, BA_MT_MOVABLE },
		{ 0, BA_MT_HIGHATOMIC, BA_MT_UNMOVABLE },
		{ 12, BA_MT_RECLAIMABLE, BA_MT_RECLAIMABLE },
		{ 12, BA_MT_MOVABLE, BA_MT_UNMOVABLE },
		{ 13, BA_MT_UNMOVABLE, BA_MT_MOVABLE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ba_machine m = booted(4096, 1, 1);
		struct ba_ctx ctx = ba_machine_ctx(&m, 0);
		struct ba_machine again;
		struct ba_state *state;

		ba_buddy_remove(&ctx, &zone_at(&m, 0)->buddy, 1024);
		ba_pageblock_set_type(ctx.pageblocks, 1024, cases[i].block);
		ba_pcp_load(&ctx, &zone_at(&m, 0)->pcp[0], 1024,
			    cases[i].index, BA_MT_MOVABLE);
		state = take(&m);
		if (CHECK_EQ(load(state, &again), BA_OK)) {
			ctx = ba_machine_ctx(&again, 0);
			CHECK_EQ(ctx.frames[1024].type, cases[i].type);
			CHECK_EQ(ctx.frames[1024].state, BA_FRAME_PCP);
			ba_machine_destroy(&again);
		}
		ba_state_destroy(state);
		ba_machine_destroy(&m);
	}
}

/* What a state must not say; each is refused with a sentence. */
TEST(states_that_cannot_be)
{
	struct ba_machine machine = busy(), other;
	struct ba_state *state = take(&machine);
	struct ba_state_zone *zone = &state->zones[0];

	state->nr_migratetypes = 6;
	CHECK_EQ(load(state, &other), BA_ESTATE);
	CHECK(strstr(message, "6 migratetypes") != NULL);
	state->nr_migratetypes = 5;

	zone->pcp[1].batch = 0;
	CHECK_EQ(load(state, &other), BA_ESTATE);
	CHECK(strstr(message, "zone DMA of node 0") != NULL);
	zone->pcp[1].batch = 1;

	zone->wmark[1] = UINT64_MAX;
	CHECK_EQ(load(state, &other), BA_ESTATE);
	zone->wmark[1] = 100;

	zone->nr_free[10]++;
	CHECK_EQ(load(state, &other), BA_ESTATE);
	CHECK(strstr(message, "T3") != NULL);
	zone->nr_free[10]--;

	state->pageblocks[state->pfns[0] / BA_PAGEBLOCK_PAGES] =
		BA_STATE_HOLE;
	CHECK_EQ(load(state, &other), BA_ESTATE);
	CHECK(strstr(message, "K2") != NULL);
	state->pageblocks[state->pfns[0] / BA_PAGEBLOCK_PAGES] =
		BA_MT_MOVABLE;

	state->movable[0].count = 1u << 20;
	CHECK_EQ(load(state, &other), BA_ESTATE);
	CHECK(strstr(message, "movable frames") != NULL);
	ba_state_destroy(state);
	ba_machine_destroy(&machine);
}

/*
 *	a: lists of a machine    b: one page more taken
 *
 * Every list of either side counts; a list is the same in the same order.
 */
TEST(comparing_counts_lists_and_pageblocks)
{
	struct ba_machine machine = booted(16384, 1, 1);
	struct ba_ctx ctx = ba_machine_ctx(&machine, 0);
	struct ba_state *a = take(&machine), *b;
	struct ba_snapshot_score score = ba_snapshot_compare(a, a);

	/* DMA: orders 0 .. 9 one block each, order 10; DMA32: order 10 */
	CHECK_EQ(score.free_lists, 12);
	CHECK_EQ(score.free_lists_identical, 12);
	CHECK_EQ(score.pcp_lists, 0);
	CHECK_EQ(score.pageblocks, 32);
	CHECK_EQ(score.pageblocks_identical, 32);

	/* DMA32 now has orders 0, 2 .. 10 too, and a per-CPU list */
	CHECK_EQ(ba_alloc_pages(&ctx, ba_machine_nodes(&machine),
				BA_GFP_HIGHUSER_MOVABLE, 0, 0), 4096);
	ba_pageblock_set_type(ctx.pageblocks, 8192, BA_MT_RECLAIMABLE);
	b = take(&machine);
	for (int i = 0; i < 2; i++) {
		score = i ? ba_snapshot_compare(b, a) :
			    ba_snapshot_compare(a, b);
		CHECK_EQ(score.free_lists, 12 + 9);
		CHECK_EQ(score.free_lists_identical, 11);
		CHECK_EQ(score.pcp_lists, 1);
		CHECK_EQ(score.pcp_lists_identical, 0);
		CHECK_EQ(score.pageblocks, 32);
		CHECK_EQ(score.pageblocks_identical, 31);
	}
	ba_state_destroy(a);
	ba_state_destroy(b);
	ba_machine_destroy(&machine);
}
