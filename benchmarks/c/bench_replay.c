// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_replay - the speed of a replay, beside a walk over the same records
 * that only counts them by op.
 *
 *	bench_replay STATE TRACE ROUNDS [standard]
 *	bench_replay synthetic EVENTS SEED ROUNDS
 *	bench_replay perf_data KERNEL TRACE ROUNDS
 *		lines `replay NAME ROUND ns`, ns an event, the names in turns,
 *		then one line of totals:
 *	replay	the records, in memory already, through the model
 *	turns	the same in windows, between those of the next two, so that
 *		what disturbs the host disturbs all three alike
 *	sampled	with a sample of the machine every 1000 events
 *	latency	with the latencies of all requests in a histogram
 *	text	from the trace's text in memory: read and replayed, a
 *		window of 2^17 events at a time
 *	walk	count the records
 *	bench_replay stream EVENTS SEED
 *		a synthetic trace made on the fly and replayed in that window:
 *		`stream rss_kb N events N exact N allocations N`
 *	bench_replay write DIR EVENTS SEED
 *		the synthetic trace as DIR/trace.txt and DIR/state.start.txt
 *
 * Each round has a machine of its own, loaded before the clock is started.
 * That of perf_data has only booted: one with as many CPUs as the trace and
 * frames up to its highest one, of which none is in use; its first slab object
 * tells where the kernel maps them.
 * Times are of the thread's CPU clock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/hist.h"
#include "sim/replay.h"
#include "sim/snapshot.h"
#include "trace/ftrace.h"
#include "synthetic.h"
#include "trace/statefile.h"

#define WINDOW ((size_t)2 * BA_REPLAY_LOOKAHEAD)

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
	const char *name;
	struct ba_replay_options options;
	struct ba_state *state;
	struct ba_config config;
	struct ba_machine machine;	/* as at the start; copied each round */
	struct ba_event *all, *events;	/* events: the recorded window */
	size_t nr, before;		/* events of all that stand before it */
	char *text;			/* of the trace */
	size_t size;
	struct ba_names names;		/* of caches, found in it */
	const char *name_of[BA_NAMES_MAX];
};

/* ---- what is replayed -------------------------------------------------- */

static bool load_state(struct recording *rec, const char *text, size_t size)
{
	rec->state = ba_state_create();
	ba_config_init(&rec->config);
	return text && rec->state &&
	       ba_statefile_read(rec->state, text, size, message,
				 sizeof(message)) == BA_OK &&
	       ba_profile_for_kernel(rec->state->kernel,
				     &rec->config.profile) == BA_OK &&
	       ba_snapshot_load(rec->state, &rec->config, &rec->machine,
				message, sizeof(message)) == BA_OK;
}

static bool read_state(struct recording *rec, const char *path)
{
	size_t size = 0;
	char *text = read_file(path, &size);
	bool good = load_state(rec, text, size);

	free(text);
	return good;
}

/* Keep what lies between the two pictures of the machine, if they are there. */
static void cut_window(struct recording *rec)
{
	size_t end = rec->nr;

	for (size_t i = 0; i < rec->nr; i++) {
		const struct ba_event *e = &rec->all[i];

		if (e->op == BA_OP_SNAP_END && e->arg == 0)
			rec->before = i + 1;
		if (e->op == BA_OP_SNAP && e->arg == 1)
			end = i;
	}
	rec->events = rec->all + rec->before;
	rec->nr = end - rec->before;
}

static void start_reader(const struct recording *rec, struct ba_ftrace *reader)
{
	ba_ftrace_init(reader, rec->config.profile.gfp_layout ?
		       BA_GFP_6_12 : BA_GFP_6_1, rec->state->vmemmap,
		       rec->state->page_size);
}

static bool read_trace(struct recording *rec, const char *path)
{
	struct ba_ftrace *reader = calloc(1, sizeof(*reader));
	size_t at = 0, cap, used = 1, got = 1;
	uint32_t *lines;
	bool good;

	rec->text = read_file(path, &rec->size);
	cap = rec->size / 32 + 1;	/* no line with an event is shorter */
	rec->all = malloc(cap * sizeof(*rec->all));
	lines = malloc(cap * sizeof(*lines));
	good = rec->text && reader && rec->all && lines;
	if (good)
		start_reader(rec, reader);
	while (good && at < rec->size && (used || got)) {
		good = ba_ftrace_feed(reader, rec->text + at, rec->size - at,
				      &used, rec->all + rec->nr,
				      lines + rec->nr, cap - rec->nr,
				      &got) == BA_OK;
		at += used;
		rec->nr += got;
	}
	if (good) {
		ba_ftrace_finish(reader, rec->all + rec->nr, lines + rec->nr,
				 cap - rec->nr, &got);
		rec->nr += got;
		cut_window(rec);
		rec->names = reader->decode.cache_names;
	}
	free(reader);
	free(lines);
	return good && rec->nr > 0;
}

static void with_slabs(struct ba_replay_options *options)
{
	options->slab_mode = BA_SLAB_MODE_OBSERVED;
	options->cache_names = synthetic_names;
	options->nr_cache_names = SYNTHETIC_CACHES;
}

/* The state of a synthetic trace goes through its text as a recording's. */
static bool take_state(struct recording *rec, const struct synthetic *s)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	bool good = file && synthetic_write_state(s, file);

	if (file)
		fclose(file);
	good = good && load_state(rec, text, size);
	free(text);
	return good;
}

static bool make_synthetic(struct recording *rec, size_t nr, uint64_t seed)
{
	struct synthetic *s = synthetic_create(seed);
	FILE *file;

	rec->all = rec->events = malloc(nr * sizeof(*rec->all));
	if (!s || !rec->all || !take_state(rec, s))
		return false;
	rec->nr = nr;
	synthetic_take(s, rec->all, nr);
	with_slabs(&rec->options);
	file = open_memstream(&rec->text, &rec->size);
	for (size_t i = 0; file && i < nr; i++)
		synthetic_print(s, &rec->all[i], false, file);
	synthetic_destroy(s);
	return file && !fclose(file);
}

/* A machine as the trace's: its CPUs, and its frames in steps of 128 MiB. */
static bool boot(struct recording *rec)
{
	const uint64_t step = UINT64_C(1) << 15, gib = UINT64_C(1) << 30;
	uint64_t end = 0, lowest = UINT64_MAX;

	for (size_t i = 0; i < rec->nr; i++) {
		const struct ba_event *e = &rec->events[i];

		if (e->cpu >= rec->config.nr_cpus)
			rec->config.nr_cpus = e->cpu + 1u;
		if ((e->op == BA_OP_PAGE_ALLOC || e->op == BA_OP_PAGE_FREE) &&
		    e->addr != BA_ADDR_NONE && e->addr >= end)
			end = e->addr + 1;
		if (ba_event_is_slab_alloc(e) && e->addr && e->addr < lowest)
			lowest = e->addr;
	}
	rec->config.memory_pages = (end + step - 1) / step * step;
	if (ba_machine_create(&rec->config, &rec->machine, message,
			      sizeof(message)) != BA_OK)
		return false;
	/* KASLR moves the direct map by whole GiB */
	if (lowest != UINT64_MAX)
		ba_machine_ctx(&rec->machine, 0).caches->page_offset =
			lowest / gib * gib;
	return true;
}

static bool make_perf_data(struct recording *rec, const char *kernel,
			   const char *path)
{
	rec->state = ba_state_create();
	ba_config_init(&rec->config);
	if (!rec->state ||
	    ba_profile_for_kernel(kernel, &rec->config.profile) != BA_OK ||
	    !read_trace(rec, path) || !boot(rec))
		return false;
	for (uint32_t i = 0; i < rec->names.nr; i++)
		rec->name_of[i] = ba_names_text(&rec->names, i + 1);
	rec->options.slab_mode = BA_SLAB_MODE_OBSERVED;
	rec->options.cache_names = rec->name_of;
	rec->options.nr_cache_names = rec->names.nr;
	return true;
}

/* ---- what is measured -------------------------------------------------- */

enum measured { REPLAY, TURNS, TEXT, WALK, NR_MEASURED };
static const char *const measured_names[] = { "replay", "turns", "text",
					      "walk" };

/* What takes turns. */
enum { PLAIN, SAMPLED, LATENCY, NR_LANES };
static const char *const lane_names[] = { "turns", "sampled", "latency" };

/* Events on their way to a replay, some of them kept back as its lookahead. */
struct window {
	struct ba_event events[WINDOW];
	struct ba_outcome outcomes[WINDOW];
	uint32_t lines[WINDOW];
	size_t nr;
	struct ba_ftrace reader;
	struct ba_hist latency;
};

static bool run_window(struct ba_replay *replay, struct window *w, bool final)
{
	size_t done, outcomes;

	if (ba_replay_run(replay, w->events, w->nr, w->nr, final, &done,
			  w->outcomes, &outcomes) != BA_OK)
		return false;
	w->nr -= done;
	memmove(w->events, w->events + done, w->nr * sizeof(*w->events));
	return true;
}

/* The recorded window of the text: `skip` events come before it. */
static bool run_text(struct ba_replay *replay, const struct recording *rec,
		     struct window *w)
{
	size_t at = 0, skip = rec->before, left = rec->nr, used, got;

	start_reader(rec, &w->reader);
	w->nr = 0;
	while (left && at < rec->size) {
		ba_ftrace_feed(&w->reader, rec->text + at, rec->size - at,
			       &used, w->events + w->nr, w->lines,
			       WINDOW - w->nr, &got);
		at += used;
		if (skip) {
			size_t cut = skip < got ? skip : got;

			skip -= cut;
			got -= cut;
			memmove(w->events, w->events + cut,
				got * sizeof(*w->events));
		}
		got = got < left ? got : left;
		left -= got;
		w->nr += got;
		if (w->nr == WINDOW && left && !run_window(replay, w, false))
			return false;
	}
	return run_window(replay, w, true);
}

static bool run_records(struct ba_replay *replay, const struct recording *rec,
			struct ba_outcome *outcomes)
{
	size_t done, nr;

	return ba_replay_run(replay, rec->events, rec->nr, rec->nr, true,
			     &done, outcomes, &nr) == BA_OK;
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

/* A replay that takes turns with others. */
struct lane {
	struct ba_machine machine;
	struct ba_replay *replay;
	size_t at;			/* events that are done */
	uint64_t ns;
};

static bool start_lane(const struct recording *rec, struct lane *lane,
		       bool sampled)
{
	struct ba_replay_options options = rec->options;

	options.sample_events = sampled ? 1000 : 0;
	*lane = (struct lane){ .at = 0 };
	return ba_machine_copy(&rec->machine, &lane->machine) == BA_OK &&
	       ba_replay_create(&lane->machine, &options, &lane->replay) ==
		       BA_OK;
}

static void end_lane(struct lane *lane)
{
	ba_replay_destroy(lane->replay);
	ba_machine_destroy(&lane->machine);
}

static bool run_lane(const struct recording *rec, struct lane *lane,
		     struct ba_outcome *outcomes, struct ba_hist *latency)
{
	size_t left = rec->nr - lane->at, done, nr;
	size_t part = left < WINDOW ? left : WINDOW;
	uint64_t start = cpu_ns();

	if (ba_replay_run(lane->replay, rec->events + lane->at, part, part,
			  part == left, &done, outcomes, &nr) != BA_OK)
		return false;
	for (size_t i = 0; latency && i < nr; i++)
		ba_hist_add(latency, outcomes[i].latency_ns);
	lane->ns += cpu_ns() - start;
	lane->at += done;
	return true;
}

/*
 * All lanes, window by window, another one first each time. Whose machine is
 * made first changes too: the host tends to hand the same memory out in each
 * round, and some of it is faster.
 */
static bool run_turns(const struct recording *rec, unsigned long round,
		      struct ba_outcome *outcomes, struct window *w)
{
	struct lane lanes[NR_LANES];
	bool good = true;

	for (unsigned int k = 0; k < NR_LANES; k++) {
		unsigned int lane = (unsigned int)(k + round) % NR_LANES;

		good &= start_lane(rec, &lanes[lane], lane == SAMPLED);
	}
	for (unsigned long turn = round; good && lanes[PLAIN].at < rec->nr;
	     turn++)
		for (unsigned int k = 0; good && k < NR_LANES; k++) {
			unsigned int lane = (unsigned int)(k + turn) % NR_LANES;

			good = run_lane(rec, &lanes[lane], outcomes,
					lane == LATENCY ? &w->latency : NULL);
		}
	for (unsigned int k = 0; k < NR_LANES; k++) {
		if (good)
			printf("%s %s %lu %.3f\n", rec->name, lane_names[k],
			       round, (double)lanes[k].ns / (double)rec->nr);
		end_lane(&lanes[k]);
	}
	return good;
}

/* One replay from the start state; ns, or 0 when something is wrong. */
static uint64_t time_replay(const struct recording *rec, enum measured what,
			    struct ba_outcome *outcomes, struct window *w,
			    struct ba_replay_score *score,
			    struct ba_slab_score *slabs)
{
	struct ba_replay *replay;
	struct ba_machine machine;
	uint64_t ns = 0, start;
	bool good;

	if (ba_machine_copy(&rec->machine, &machine) != BA_OK)
		return 0;
	if (ba_replay_create(&machine, &rec->options, &replay) == BA_OK) {
		start = cpu_ns();
		good = what == TEXT ? run_text(replay, rec, w) :
				      run_records(replay, rec, outcomes);
		if (good)
			ns = cpu_ns() - start;
		*score = *ba_replay_score(replay);
		if (ba_replay_slab_score(replay))
			*slabs = *ba_replay_slab_score(replay);
		ba_replay_destroy(replay);
	}
	ba_machine_destroy(&machine);
	return ns;
}

static void print_totals(const struct recording *rec,
			 const struct ba_replay_score *score,
			 const struct ba_slab_score *slabs, uint64_t walked)
{
	const struct ba_event *last = &rec->events[rec->nr - 1];

	printf("events %zu allocations %llu exact %llu walked %llu "
	       "objects %llu same_address %llu unknowable %llu "
	       "text_bytes %zu recorded_ns %llu\n", rec->nr,
	       (unsigned long long)score->allocations,
	       (unsigned long long)score->exact, (unsigned long long)walked,
	       (unsigned long long)slabs->allocations,
	       (unsigned long long)slabs->same_address,
	       (unsigned long long)slabs->address_unknowable, rec->size,
	       (unsigned long long)(last->ts_ns - rec->events[0].ts_ns));
}

static bool rounds(const struct recording *rec, unsigned long nr_rounds)
{
	struct ba_outcome *outcomes = malloc(rec->nr * sizeof(*outcomes));
	struct window *w = calloc(1, sizeof(*w));
	struct ba_replay_score score = { 0 };
	struct ba_slab_score slabs = { 0 };
	uint64_t count[BA_NR_OPS] = { 0 };

	if (!outcomes || !w)
		return false;
	memset(outcomes, 0, rec->nr * sizeof(*outcomes));
	ba_hist_init(&w->latency);
	for (unsigned long round = 0; round < nr_rounds; round++)
		for (unsigned int k = 0; k < NR_MEASURED; k++) {
			unsigned int what =
				(unsigned int)(k + round) % NR_MEASURED;
			uint64_t ns;

			if (what == TURNS) {
				if (!run_turns(rec, round, outcomes, w))
					return false;
				continue;
			}
			ns = what == WALK ? time_walk(rec, count) :
				time_replay(rec, what, outcomes, w, &score,
					    &slabs);
			if (!ns || score.events != rec->nr)
				return false;
			printf("%s %s %lu %.3f\n", rec->name,
			       measured_names[what], round,
			       (double)ns / (double)rec->nr);
		}
	print_totals(rec, &score, &slabs, count[BA_OP_PAGE_ALLOC] / nr_rounds);
	free(outcomes);
	free(w);
	return true;
}

/* ---- memory ------------------------------------------------------------ */

static bool stream(uint64_t nr, uint64_t seed)
{
	struct synthetic *s = synthetic_create(seed);
	struct recording rec = { .events = NULL };
	struct window *w = calloc(1, sizeof(*w));
	const struct ba_replay_score *score;
	struct ba_replay *replay;
	struct rusage usage;
	bool good = s && w && take_state(&rec, s);

	with_slabs(&rec.options);
	good = good && ba_replay_create(&rec.machine, &rec.options,
					&replay) == BA_OK;
	for (uint64_t left = nr; good && left;) {
		size_t part = WINDOW - w->nr;

		part = left < part ? (size_t)left : part;
		synthetic_take(s, w->events + w->nr, part);
		w->nr += part;
		left -= part;
		good = run_window(replay, w, !left);
	}
	if (!good)
		return false;
	score = ba_replay_score(replay);
	getrusage(RUSAGE_SELF, &usage);
	printf("stream rss_kb %ld events %llu exact %llu allocations %llu\n",
	       usage.ru_maxrss, (unsigned long long)score->events,
	       (unsigned long long)score->exact,
	       (unsigned long long)score->allocations);
	return true;
}

static FILE *create(const char *folder, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return fopen(path, "w");
}

static bool write_trace(const char *folder, uint64_t nr, uint64_t seed)
{
	struct synthetic *s = synthetic_create(seed);
	FILE *state = create(folder, "state.start.txt");
	FILE *trace = create(folder, "trace.txt");
	struct ba_event event;
	bool good = s && state && trace && synthetic_write_state(s, state);

	while (good && nr--) {
		synthetic_take(s, &event, 1);
		synthetic_print(s, &event, false, trace);
	}
	good = good && !fclose(state) && !fclose(trace);
	return good;
}

int main(int argc, char **argv)
{
	static struct recording rec = { .name = "replay" };
	unsigned long last = argc > 3 ? strtoul(argv[argc - 1], NULL, 10) : 0;
	bool good = false;

	if (argc == 4 && !strcmp(argv[1], "stream")) {
		good = stream(strtoull(argv[2], NULL, 10), last);
	} else if (argc == 5 && !strcmp(argv[1], "write")) {
		good = write_trace(argv[2], strtoull(argv[3], NULL, 10), last);
	} else if (argc == 5 && !strcmp(argv[1], "synthetic")) {
		rec.name = "synthetic";
		good = last && make_synthetic(&rec, strtoul(argv[2], NULL, 10),
					      strtoull(argv[3], NULL, 10)) &&
		       rounds(&rec, last);
	} else if (argc == 5 && !strcmp(argv[1], "perf_data")) {
		rec.name = "perf_data";
		good = last && make_perf_data(&rec, argv[2], argv[3]) &&
		       rounds(&rec, last);
	} else if (argc == 4 || argc == 5) {
		rec.options.standard = argc == 5 && !strcmp(argv[4],
							    "standard");
		last = strtoul(argv[3], NULL, 10);
		good = last && (argc == 4 || rec.options.standard) &&
		       read_state(&rec, argv[1]) && read_trace(&rec, argv[2]) &&
		       rounds(&rec, last);
	}
	if (!good)
		fprintf(stderr, "bench_replay: wrong arguments or files. %s\n",
			message);
	return good ? 0 : 2;
}
