// SPDX-License-Identifier: GPL-2.0-only
/*
 * peer_model - the model itself as a page backend. A variant is a list of
 * words between commas: `shared` for atomic locks, `nodes=N`, `batch=N` and
 * `high=N` for per-CPU lists of that size, else NAME=VALUE of an item that
 * ba_config_set knows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/machine.h"
#include "sim/waits.h"
#include "page_backend.h"

#define LOCKS_MAX	4096u

/* A user's context, on cache lines of its own. */
struct own {
	struct ba_ctx ctx;		/* what entering gave */
	struct ba_nodes *nodes;
	struct ba_machine *machine;
	cpu_t cpu;
} __attribute__((aligned(128)));

struct arena {
	struct ba_machine machine;
	struct own own[USERS_MAX];
	long batch, high;		/* 0: the model's own */
};

static bool set_word(struct arena *a, struct ba_config *config,
		     const char *name, long value)
{
	char message[256];

	if (!strcmp(name, "nodes"))
		config->nr_nodes = (uint32_t)value;
	else if (!strcmp(name, "batch"))
		a->batch = value;
	else if (!strcmp(name, "high"))
		a->high = value;
	else if (ba_config_set(config, name, value, message,
			       sizeof(message)) != BA_OK)
		return fprintf(stderr, "%s\n", message), false;
	return true;
}

static bool set_variant(struct arena *a, struct ba_config *config,
			const char *variant)
{
	char words[256], *word, *rest = words;

	snprintf(words, sizeof(words), "%s", variant);
	while ((word = strsep(&rest, ",")) != NULL) {
		char *value = strchr(word, '=');

		if (!strcmp(word, "shared")) {
			config->shared = true;
		} else if (value) {
			*value++ = '\0';
			if (!set_word(a, config, word, strtol(value, NULL, 10)))
				return false;
		} else if (*word) {
			return fprintf(stderr, "no variant %s\n", word), false;
		}
	}
	return true;
}

/* Lists of another size than the model gives them. */
static void set_lists(struct arena *a)
{
	struct ba_nodes *nodes = ba_machine_nodes(&a->machine);

	for (unsigned int z = 0; z < nodes->nr_zones; z++)
		for (unsigned int c = 0; c < USERS_MAX; c++) {
			struct ba_pcp *pcp = &nodes->zone[z].pcp[c];

			if (a->batch)
				pcp->batch = (int32_t)a->batch;
			if (a->high)
				pcp->high = (int32_t)a->high;
		}
}

static void *arena_create(uint32_t order, uint32_t users, const char *variant)
{
	struct arena *a = aligned_alloc(128, sizeof(*a));
	struct ba_config config;
	char message[256];

	if (!a)
		return NULL;
	memset(a, 0, sizeof(*a));
	ba_config_init(&config);
	config.memory_pages = UINT64_C(1) << order;
	config.nr_cpus = users;
	if (!set_variant(a, &config, variant) ||
	    ba_machine_create(&config, &a->machine, message,
			      sizeof(message)) != BA_OK) {
		free(a);
		return NULL;
	}
	set_lists(a);
	for (uint32_t i = 0; i < users; i++) {
		a->own[i].machine = &a->machine;
		a->own[i].nodes = ba_machine_nodes(&a->machine);
		a->own[i].cpu = (cpu_t)i;
	}
	return a;
}

static void *arena_own(void *arena, uint32_t user)
{
	return &((struct arena *)arena)->own[user];
}

static void arena_destroy(void *arena)
{
	struct arena *a = arena;

	ba_machine_destroy(&a->machine);
	free(a);
}

static always_inline uint32_t alloc_one(struct user *u, uint32_t order)
{
	struct own *own = u->own;
	uint32_t gfp = BA_GFP_KERNEL;

	hide(gfp);
	ba_charge_init(&own->ctx.charge);
	return ba_alloc_pages(&own->ctx, own->nodes, gfp, (order_t)order, 0);
}

static always_inline void free_one(struct user *u, uint32_t frame,
				   uint32_t order)
{
	struct own *own = u->own;

	if (ba_free_pages(&own->ctx, own->nodes, frame, (order_t)order))
		__builtin_trap();
}

static void enter(struct user *u)
{
	struct own *own = u->own;

	own->ctx = ba_machine_enter(own->machine, own->cpu);
}

static void leave(struct user *u)
{
	ba_machine_leave(&((struct own *)u->own)->ctx);
}

/* Waits for all locks of that kind. */
static bool arena_waits(void *arena, uint32_t kind, const char **name,
			uint64_t *ret)
{
	static struct ba_waits waits[LOCKS_MAX];
	uint32_t nr;

	*name = ba_lock_name(kind);
	*ret = 0;
	if (!*name)
		return false;
	nr = ba_waits(&((struct arena *)arena)->machine, waits, LOCKS_MAX);
	for (uint32_t i = 0; i < nr && i < LOCKS_MAX; i++)
		if (waits[i].kind == kind)
			*ret += waits[i].waits;
	return true;
}

#define BACKEND_ENTER	enter
#define BACKEND_LEAVE	leave
#define BACKEND_WAITS	arena_waits
#include "page_loops.h"
