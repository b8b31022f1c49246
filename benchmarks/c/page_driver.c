// SPDX-License-Identifier: GPL-2.0-only
#include "page_driver.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[NR_WORKLOADS] = {
	"hot_empty", "hot_half", "random_half", "bulk_alloc",
	"bulk_free_in_order", "bulk_free_random", "mixed", "mixed_geometric",
};

const char *workload_name(enum workload workload)
{
	return names[workload];
}

enum workload workload_find(const char *name)
{
	unsigned int i = 0;

	while (i < NR_WORKLOADS && strcmp(names[i], name) != 0)
		i++;
	return (enum workload)i;
}

bool backend_load(struct backend *b, const char *words)
{
	char path[4096], *variant;
	const char *equals = strchr(words, '=');
	void *library;

	if (!equals)
		return fprintf(stderr, "%s: not NAME=FILE.so\n", words), false;
	snprintf(b->name, sizeof(b->name), "%.*s", (int)(equals - words),
		 words);
	snprintf(path, sizeof(path), "%s", equals + 1);
	variant = strchr(path, ':');
	if (variant)
		*variant++ = '\0';
	snprintf(b->variant, sizeof(b->variant), "%s", variant ? variant : "");
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return fprintf(stderr, "%s\n", dlerror()), false;
	b->calls = dlsym(library, "page_backend");
	if (!b->calls)
		fprintf(stderr, "%s: no page_backend in it\n", path);
	return b->calls != NULL;
}

uint32_t run_fill(const struct run *run)
{
	return (1u << run->order) / 16 * 15;
}

bool run_create(struct run *run, const struct backend *b, uint32_t order,
		uint32_t nr_users)
{
	memset(run, 0, sizeof(*run));
	run->backend = b;
	run->order = order;
	run->nr_users = nr_users;
	run->arena = b->calls->create(order, nr_users, b->variant);
	for (uint32_t i = 0; run->arena && i < nr_users; i++) {
		struct user *u = &run->users[i];

		u->arena = run->arena;
		u->own = b->calls->own(run->arena, i);
		u->random = 2463534242u + i * 7919u;
		u->live = malloc((run_fill(run) / nr_users + 1) *
				 sizeof(*u->live));
		if (!u->live) {
			run_destroy(run);
			return false;
		}
	}
	return run->arena != NULL;
}

void run_destroy(struct run *run)
{
	if (!run->arena)
		return;
	run->backend->calls->destroy(run->arena);
	for (uint32_t i = 0; i < run->nr_users; i++)
		free(run->users[i].live);
	run->arena = NULL;
}

static void shuffle(struct user *u)
{
	for (uint32_t i = u->nr_live; i > 1; i--) {
		uint32_t k = random_below(&u->random, i);
		uint32_t frame = u->live[i - 1];

		u->live[i - 1] = u->live[k];
		u->live[k] = frame;
	}
}

/* Free what is in use beyond `left` blocks, the last ones first. */
static void free_down_to(struct run *run, struct user *u, uint32_t left)
{
	uint32_t *all = u->live, nr = u->nr_live;

	if (nr <= left)
		return;
	u->live = all + left;
	run->backend->calls->drive(u, BULK_FREE_RANDOM, nr - left);
	u->live = all;
	u->nr_live = left;
}

/*
 * Steps of a mixed workload before it is measured, for each frame. From an
 * empty arena blocks lie apart more and more, and requests fail more often in
 * an allocator that cannot help it; after these steps that has settled.
 */
#define MIXED_BEFORE	16u

void run_prepare(struct run *run, enum workload workload)
{
	void (*drive)(struct user *, enum workload, uint32_t) =
		run->backend->calls->drive;
	uint32_t share = run_fill(run) / run->nr_users;
	uint32_t frames = (1u << run->order) / run->nr_users;

	for (uint32_t i = 0; i < run->nr_users; i++) {
		struct user *u = &run->users[i];

		if (workload == MIXED || workload == MIXED_GEOMETRIC) {
			u->fill = frames / 5 * 4;
			drive(u, workload, MIXED_BEFORE * frames);
			u->failed = 0;
			continue;
		}
		if (workload == HOT_EMPTY || workload == BULK_ALLOC)
			continue;
		drive(u, BULK_ALLOC, share);
		if (workload != BULK_FREE_IN_ORDER)
			shuffle(u);
	}
	if (workload != HOT_HALF && workload != RANDOM_HALF)
		return;
	for (uint32_t i = 0; i < run->nr_users; i++)
		free_down_to(run, &run->users[i], frames / 2);
}

uint32_t run_steps(const struct run *run, enum workload workload,
		   uint32_t steps)
{
	if (workload >= BULK_ALLOC && workload <= BULK_FREE_RANDOM)
		return run_fill(run) / run->nr_users;
	return steps;
}

uint32_t workload_ops(enum workload workload)
{
	return workload <= RANDOM_HALF ? 2 : 1;
}

__attribute__((noinline, used))
void timed(struct run *run, uint32_t user, enum workload workload, uint32_t n)
{
	run->backend->calls->drive(&run->users[user], workload, n);
	hide(n);	/* not a tail call: timed() ends here */
}
