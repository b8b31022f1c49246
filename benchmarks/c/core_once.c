// SPDX-License-Identifier: GPL-2.0-only
/*
 * core_once - one pass of the reader, or of the replay, for a profiler that
 * counts instructions inside timed() and for a clock.
 *
 *	core_once read TRACE KERNEL	text in chunks of 1 MiB to records
 *	core_once replay STATE TRACE	records in memory through the model
 *
 * Prints the number of events and the CPU time of timed() in ns.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/replay.h"
#include "sim/snapshot.h"
#include "ticks.h"
#include "trace/ftrace.h"
#include "trace/statefile.h"

#define CHUNK	(1u << 20)

static char message[256];

struct text {
	int fd;
	enum ba_gfp_layout layout;
	uint64_t vmemmap;
	uint32_t page_size;
	struct ba_event *events;	/* all of them; NULL: only counted */
	size_t nr, room;
};

struct pass {
	struct text *text;		/* read it, or if NULL: */
	struct ba_replay *replay;
	const struct ba_event *events;
	size_t nr;
	struct ba_outcome *outcomes;
	bool good;
};

/* Take the records of one piece; keep them or write over the last ones. */
static bool take(struct text *t, struct ba_ftrace *reader, const char *piece,
		 size_t size, struct ba_event *block, uint32_t *lines)
{
	size_t at = 0, used = 1, got = 1;

	while (at < size && (used || got)) {
		struct ba_event *to = t->events ? t->events + t->nr : block;
		size_t room = t->events ? t->room - t->nr : CHUNK / 32;

		if (room > CHUNK / 32)
			room = CHUNK / 32;
		if (ba_ftrace_feed(reader, piece + at, size - at, &used, to,
				   lines, room, &got) != BA_OK)
			return false;
		at += used;
		t->nr += got;
	}
	return true;
}

static bool read_text(struct text *t)
{
	struct ba_ftrace *reader = calloc(1, sizeof(*reader));
	struct ba_event *block = malloc(CHUNK / 32 * sizeof(*block));
	uint32_t *lines = malloc(CHUNK / 32 * sizeof(*lines));
	char *piece = malloc(CHUNK);
	bool good = reader && block && lines && piece;
	ssize_t size = 0;
	size_t got;

	if (good)
		ba_ftrace_init(reader, t->layout, t->vmemmap, t->page_size);
	while (good && (size = read(t->fd, piece, CHUNK)) > 0)
		good = take(t, reader, piece, (size_t)size, block, lines);
	if (good) {
		ba_ftrace_finish(reader, block, lines, CHUNK / 32, &got);
		if (t->events && got)
			t->events[t->nr] = block[0];
		t->nr += got;
	}
	free(reader);
	free(block);
	free(lines);
	free(piece);
	return good && size == 0;
}

void timed(struct pass *pass);

/* Keeps its name, so that a profiler can be told to count inside it only. */
__attribute__((noinline, used))
void timed(struct pass *pass)
{
	size_t done, nr;

	if (pass->text)
		pass->good = read_text(pass->text);
	else
		pass->good = ba_replay_run(pass->replay, pass->events,
					   pass->nr, pass->nr, true, &done,
					   pass->outcomes, &nr) == BA_OK;
}

static bool report(struct pass *pass, const size_t *nr)
{
	uint64_t start = clock_ns(CLOCK_THREAD_CPUTIME_ID);

	timed(pass);
	printf("%zu %llu\n", *nr,
	       (unsigned long long)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - start));
	return pass->good;
}

static bool read_once(const char *path, const char *kernel)
{
	struct text text = {
		.fd = open(path, O_RDONLY),
		.layout = strcmp(kernel, "6.1") ? BA_GFP_6_12 : BA_GFP_6_1,
	};
	struct pass pass = { .text = &text };

	return text.fd >= 0 && report(&pass, &text.nr);
}

static bool load_state(const char *path, struct ba_state *state,
		       struct ba_config *config, struct ba_machine *machine)
{
	FILE *file = fopen(path, "rb");
	char *text = calloc(1, 16 * CHUNK);
	size_t size = file && text ? fread(text, 1, 16 * CHUNK, file) : 0;
	bool good;

	ba_config_init(config);
	good = size > 0 &&
	       ba_statefile_read(state, text, size, message,
				 sizeof(message)) == BA_OK &&
	       ba_profile_for_kernel(state->kernel, &config->profile) ==
		       BA_OK &&
	       ba_snapshot_load(state, config, machine, message,
				sizeof(message)) == BA_OK;
	free(text);
	if (file)
		fclose(file);
	return good;
}

/* From the picture of the machine at the start to that at the end. */
static void cut_window(const struct text *text, struct pass *pass)
{
	size_t start = 0, end = text->nr;

	for (size_t i = 0; i < text->nr; i++) {
		const struct ba_event *e = &text->events[i];

		if (e->op == BA_OP_SNAP_END && e->arg == 0)
			start = i + 1;
		if (e->op == BA_OP_SNAP && e->arg == 1)
			end = i;
	}
	pass->events = text->events + start;
	pass->nr = end - start;
}

static bool replay_once(const char *state_path, const char *path)
{
	struct ba_replay_options options = { .standard = false };
	struct ba_state *state = ba_state_create();
	struct ba_config config;
	struct ba_machine machine;
	struct text text = { .fd = open(path, O_RDONLY) };
	struct pass pass = { 0 };
	off_t size = text.fd < 0 ? 0 : lseek(text.fd, 0, SEEK_END);

	if (size <= 0 || !state ||
	    !load_state(state_path, state, &config, &machine))
		return false;
	lseek(text.fd, 0, SEEK_SET);
	text.layout = config.profile.gfp_layout ? BA_GFP_6_12 : BA_GFP_6_1;
	text.vmemmap = state->vmemmap;
	text.page_size = state->page_size;
	text.room = (size_t)size / 32 + 1;	/* no event's line is shorter */
	text.events = malloc(text.room * sizeof(*text.events));
	pass.outcomes = calloc(text.room, sizeof(*pass.outcomes));
	if (!text.events || !pass.outcomes || !read_text(&text) ||
	    ba_replay_create(&machine, &options, &pass.replay) != BA_OK)
		return false;
	cut_window(&text, &pass);
	return report(&pass, &pass.nr);
}

int main(int argc, char **argv)
{
	bool good = false;

	if (argc == 4 && !strcmp(argv[1], "read"))
		good = read_once(argv[2], argv[3]);
	else if (argc == 4 && !strcmp(argv[1], "replay"))
		good = replay_once(argv[2], argv[3]);
	if (!good)
		fprintf(stderr, "core_once: wrong arguments or files. %s\n",
			message);
	return good ? 0 : 2;
}
