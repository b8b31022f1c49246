/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_driver - what the programs that measure page backends share: loading
 * one, bringing it to where a workload begins, timing it.
 *
 *	backend_load -> run_create -> run_prepare -> timed ... -> run_destroy
 *
 * A backend is given as NAME=FILE.so or NAME=FILE.so:VARIANT.
 */
#ifndef BA_BENCH_PAGE_DRIVER_H
#define BA_BENCH_PAGE_DRIVER_H

#include "page_backend.h"

struct backend {
	char name[64];
	char variant[256];
	const struct page_backend *calls;
};

/* An arena and those who use it. */
struct run {
	const struct backend *backend;
	void *arena;
	uint32_t order;			/* log2 of the frames */
	uint32_t nr_users;
	struct user users[USERS_MAX];
};

/* False, with a sentence on standard error, when it cannot be loaded. */
bool backend_load(struct backend *b, const char *words);

/* All frames free. False: the backend cannot, or there is no memory. */
bool run_create(struct run *run, const struct backend *b, uint32_t order,
		uint32_t nr_users);
void run_destroy(struct run *run);

/* Bring a new arena to where the workload begins, each user with its part. */
void run_prepare(struct run *run, enum workload workload);

/* Frames that bulk workloads take: above the model's watermarks. */
uint32_t run_fill(const struct run *run);

/* The steps of the workload: all of the fill for bulk ones, else `steps`. */
uint32_t run_steps(const struct run *run, enum workload workload,
		   uint32_t steps);

/* Allocations and frees of one step. */
uint32_t workload_ops(enum workload workload);

/* Keeps its name, so that a profiler can be told to count inside it only. */
void timed(struct run *run, uint32_t user, enum workload workload, uint32_t n);

const char *workload_name(enum workload workload);

/* NR_WORKLOADS when there is none of that name. */
enum workload workload_find(const char *name);

#endif
