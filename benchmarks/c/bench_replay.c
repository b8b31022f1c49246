// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_replay - replay of events that are in memory already, beside a walk
 * over the same records that only counts them by op.
 *
 *	bench_replay STATE TRACE ROUNDS [standard]
 *		`replay replay ROUND ns` and `replay walk ROUND ns`, ns an
 *		event, in turns; then one line of totals
 *
 * Each round has a machine of its own, loaded before the clock is started.
 * Times are of the thread's CPU clock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/replay.h"
#include "sim/snapshot.h"
#include "trace/ftrace.h"
#include "trace/statefile.h"

static char message[256];

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The whole file; NULL when it cannot be read. */
static char *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	char *text = NULL;
	long length = -1;

	if (!file)
		return NULL;
	if (!fseek(file, 0, SEEK_END))
		length = ftell(file);
	rewind(file);
	if (length >= 0)
		text = malloc((size_t)length + 1);
	if (text)
		*size = fread(text, 1, (size_t)length, file);
	fclose(file);
	return text;
}

struct recording {
	struct ba_state *state;
	struct ba_config config;
	struct ba_machine machine;	/* as at the start; copied each round */
	struct ba_event *all, *events;	/* events: the recorded window */
	size_t nr;
};

static bool read_state(struct recording *rec, const char *path)
{
	size_t size = 0;
	char *text = read_file(path, &size);
	bool good;

	rec->state = ba_state_create();
	ba_config_init(&rec->config);
	good = text && rec->state &&
	       ba_statefile_read(rec->state, text, size, message,
				 sizeof(message)) == BA_OK &&
	       ba_profile_for_kernel(rec->state->kernel,
				     &rec->config.profile) == BA_OK &&
	       ba_snapshot_load(rec->state, &rec->config, &rec->machine,
				message, sizeof(message)) == BA_OK;
	free(text);
	return good;
}

/* Keep what lies between the two pictures of the machine, if they are there. */
static void cut_window(struct recording *rec)
{
	size_t start = 0, end = rec->nr;

	for (size_t i = 0; i < rec->nr; i++) {
		const struct ba_event *e = &rec->all[i];

		if (e->op == BA_OP_SNAP_END && e->arg == 0)
			start = i + 1;
		if (e->op == BA_OP_SNAP && e->arg == 1)
			end = i;
	}
	rec->events = rec->all + start;
	rec->nr = end - start;
}

static bool read_trace(struct recording *rec, const char *path)
{
	size_t size = 0, at = 0, cap, used = 1, got = 1;
	char *text = read_file(path, &size);
	struct ba_ftrace *reader = calloc(1, sizeof(*reader));
	uint32_t *lines;
	bool good;

	cap = size / 32 + 1;	/* no line with an event is shorter */
	rec->all = malloc(cap * sizeof(*rec->all));
	lines = malloc(cap * sizeof(*lines));
	good = text && reader && rec->all && lines;
	if (good)
		ba_ftrace_init(reader, rec->config.profile.gfp_layout ?
			       BA_GFP_6_12 : BA_GFP_6_1, rec->state->vmemmap,
			       rec->state->page_size);
	while (good && at < size && (used || got)) {
		good = ba_ftrace_feed(reader, text + at, size - at, &used,
				      rec->all + rec->nr, lines + rec->nr,
				      cap - rec->nr, &got) == BA_OK;
		at += used;
		rec->nr += got;
	}
	if (good) {
		ba_ftrace_finish(reader, rec->all + rec->nr, lines + rec->nr,
				 cap - rec->nr, &got);
		rec->nr += got;
		cut_window(rec);
	}
	free(text);
	free(reader);
	free(lines);
	return good && rec->nr > 0;
}

/* One replay from the start state; ns, or 0 when something is wrong. */
static uint64_t time_replay(const struct recording *rec, bool standard,
			    struct ba_outcome *outcomes,
			    struct ba_replay_score *score)
{
	struct ba_replay_options options = { .standard = standard };
	struct ba_replay *replay;
	struct ba_machine machine;
	size_t done, nr_outcomes;
	uint64_t ns = 0, start;

	if (ba_machine_copy(&rec->machine, &machine) != BA_OK)
		return 0;
	if (ba_replay_create(&machine, &options, &replay) == BA_OK) {
		start = cpu_ns();
		if (ba_replay_run(replay, rec->events, rec->nr, rec->nr, true,
				  &done, outcomes, &nr_outcomes) == BA_OK)
			ns = cpu_ns() - start;
		*score = *ba_replay_score(replay);
		ba_replay_destroy(replay);
	}
	ba_machine_destroy(&machine);
	return ns;
}

/* What any replay does at least: read each record and look at its op. */
static uint64_t time_walk(const struct recording *rec,
			  uint64_t count[BA_NR_OPS])
{
	uint64_t start = cpu_ns();

	for (size_t i = 0; i < rec->nr; i++)
		count[rec->events[i].op]++;
	return cpu_ns() - start;
}

static bool rounds(const struct recording *rec, unsigned long nr_rounds,
		   bool standard)
{
	struct ba_outcome *outcomes = malloc(rec->nr * sizeof(*outcomes));
	struct ba_replay_score score = { 0 };
	uint64_t count[BA_NR_OPS] = { 0 };
	double nr = (double)rec->nr;

	if (!outcomes)
		return false;
	memset(outcomes, 0, rec->nr * sizeof(*outcomes));
	for (unsigned long round = 0; round < nr_rounds; round++) {
		uint64_t ns = time_replay(rec, standard, outcomes, &score);

		if (!ns)
			break;
		printf("replay replay %lu %.3f\n", round, (double)ns / nr);
		printf("replay walk %lu %.3f\n", round,
		       (double)time_walk(rec, count) / nr);
	}
	printf("events %zu allocations %llu exact %llu walked %llu\n", rec->nr,
	       (unsigned long long)score.allocations,
	       (unsigned long long)score.exact,
	       (unsigned long long)(count[BA_OP_PAGE_ALLOC] / nr_rounds));
	free(outcomes);
	return score.events == rec->nr;
}

int main(int argc, char **argv)
{
	struct recording rec = { 0 };
	bool standard = argc == 5 && !strcmp(argv[4], "standard");
	unsigned long nr_rounds = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	bool good = false;

	if ((argc == 4 || standard) && nr_rounds)
		good = read_state(&rec, argv[1]) && read_trace(&rec, argv[2]) &&
		       rounds(&rec, nr_rounds, standard);
	if (!good)
		fprintf(stderr, "bench_replay: wrong arguments or files. %s\n",
			message);
	return good ? 0 : 2;
}
