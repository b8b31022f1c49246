/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * machine - one simulated computer: all its state in one arena, without a
 * pointer in it, so that a copy is a memcpy and two machines can be compared
 * byte by byte.
 *
 *	arena   | struct ba_body | pageblocks | max blocks | frame table |
 *	          config, nodes,   2 B each     16 B each,   16 B each,
 *	          zones, pcps, vm  for 512 fr.  1024 frames  touched where used
 *	... | handles | ring |
 *	      8 B each, touched where used
 *	... | vmalloc | caches | slab records | pool of object records (mm/slab_pool.h) |
 *	                         16 B a frame   touched up to pool.used
 *	memory  the bytes of a backed machine's frames (mm/memory.h)
 *
 * Models: nothing of its own; boot as in find_usable_zone_for_movable,
 *	find_zone_movable_pfns_for_nodes and memmap_init, mm/page_alloc.c
 *	(6.1) or mm/mm_init.c (6.12), and memblock_free_all, mm/memblock.c
 *	(6.1, 6.12): every pageblock MOVABLE, every frame freed in ascending
 *	order to the tails of the lists;
 *	sysctl_compaction_handler, mm/compaction.c;
 *	drop_caches_sysctl_handler, fs/drop_caches.c (6.1, 6.12).
 * Simplified: a machine that is not shared has one user at a time.
 *
 * A shared machine may be driven by several host threads. Each enters it for
 * one of its CPUs, whose turn it may have to wait for, and leaves it again:
 *
 *	thread A   enter(0) alloc alloc free ... leave(0)       enter(0) ...
 *	thread B      enter(1) kmalloc vmalloc touch ... leave(1)
 *	thread C                                      stop ===== resume
 *
 * Between enter and leave, and with the context that enter gave, any thread
 * may call what allocates, frees or touches: pages, bulks and batches, user
 * memory, objects, caches made, found, shrunk and given up, kmalloc, vmalloc,
 * kvmalloc and their frees. All else needs the machine alone: between stop and
 * resume, or while no other thread uses it. That is: copy, equal, hash, check,
 * snapshots, files and every other view; sysctl; the clock, and with it
 * kswapd, kcompactd and writeback; replay; what sets up a cache.
 *
 * As in the kernel each block and object has one owner at a time, who alone
 * frees it, and nobody uses a cache that is being given up. A second free is
 * refused, but two threads that free one thing at the same moment may both be
 * believed.
 *
 * Invariants:
 *   M1 nothing in the arena is a pointer.
 *   M2 two machines with the same history have equal arenas and bytes; of a
 *      shared one's history it is a part who waited for which lock.
 *   M3 a broken machine refuses every call with BA_EBROKEN.
 *   M4 at most one thread acts for a CPU of a shared machine.
 */
#ifndef BA_SIM_MACHINE_H
#define BA_SIM_MACHINE_H

#include "base/arena.h"
#include "mm/kmalloc.h"
#include "mm/memory.h"
#include "mm/page_alloc.h"
#include "mm/vmalloc.h"
#include "mm/writeback.h"
#include "sim/config.h"
#include "sim/state.h"

/*
 * What a recorded state says that the model does not use: kept, and written
 * back with the end state. A booted machine has what its kernel would say.
 */
struct ba_recorded {
	bool valid;			/* the machine was made from a state */
	char kernel[64];
	uint32_t cpu;			/* CPU that took the state */
	uint32_t numa_nodes;
	uint32_t pcp_fields;		/* bits of BA_STATE_PCP_FIELDS */
	uint64_t vmemmap;
	uint64_t page_offset;
	uint32_t page_size;		/* bytes of one struct page */
	uint64_t totalreserve;		/* pages */
	char zone_name[BA_ZONE_MAX][BA_STATE_NAME_LEN];
	uint64_t zflags[BA_ZONE_MAX];	/* those the model has no use for */
	int64_t pcp_high[BA_ZONE_MAX];	/* pages; the zone's own copy */
	int64_t pcp_batch[BA_ZONE_MAX];	/* pages */
};

/* The part of the arena with a fixed layout; it stands at its beginning. */
struct ba_body {
	struct ba_config config;
	struct ba_recorded recorded;
	uint32_t broken;		/* M3 */
	uint32_t mobility_disabled;
	uint64_t pageblocks_offset;	/* bytes from the arena's base */
	uint64_t max_blocks_offset;	/* bytes from the arena's base */
	uint64_t frames_offset;		/* bytes from the arena's base */
	uint64_t handles_offset;	/* bytes from the arena's base */
	uint64_t writeback_offset;	/* bytes from the arena's base */
	uint64_t vmalloc_offset;	/* bytes from the arena's base */
	uint64_t caches_offset;		/* bytes from the arena's base */
	struct ba_vm vm;
	struct ba_nodes nodes;
};

struct ba_machine {
	struct ba_arena arena;
	struct ba_memory memory;	/* .direct is NULL: not backed */
	struct ba_cpus cpus;		/* M4; of this process, not of its state */
};

static inline struct ba_body *ba_machine_body(const struct ba_machine *m)
{
	return (struct ba_body *)(void *)m->arena.base;
}

static inline struct ba_nodes *ba_machine_nodes(const struct ba_machine *m)
{
	return &ba_machine_body(m)->nodes;
}

/* The context of a call on behalf of `cpu`. */
static inline struct ba_ctx ba_machine_ctx(const struct ba_machine *m,
					   cpu_t cpu)
{
	struct ba_body *body = ba_machine_body(m);
	struct ba_ctx ctx = {
		.frames = (void *)(m->arena.base + body->frames_offset),
		.max_blocks = (void *)(m->arena.base +
				       body->max_blocks_offset),
		.pageblocks = (void *)(m->arena.base +
				       body->pageblocks_offset),
		.profile = &body->config.profile,
		.vm = &body->vm,
		.handles = (void *)(m->arena.base + body->handles_offset),
		.writeback = (void *)(m->arena.base + body->writeback_offset),
		.caches = (void *)(m->arena.base + body->caches_offset),
		.memory = m->memory.direct ? &m->memory : NULL,
		.vmalloc = (void *)(m->arena.base + body->vmalloc_offset),
		.shared = body->config.shared,
		.init_on_alloc = body->config.init_on_alloc,
		.init_on_free = body->config.init_on_free,
		.clears = m->memory.direct || body->config.init_on_alloc ||
			  body->config.init_on_free,
		.mobility_disabled = body->mobility_disabled,
		.tuned = body->config.profile.pcp_auto_tune,
		.watermark_boost_factor = body->config.watermark_boost_factor,
	};

	ba_set_cpu(&ctx, cpu);
	ba_charge_init(&ctx.charge);
	return ctx;
}

/*
 * Act for that CPU from now on: waits until no other thread does. Of a machine
 * that is not shared it is the context, and no more. Pre: the thread has
 * entered no machine's CPU.
 */
static inline struct ba_ctx ba_machine_enter(struct ba_machine *m, cpu_t cpu)
{
	bool shared = ba_machine_body(m)->config.shared;
	struct ba_ctx ctx;

	if (shared)
		ba_lock(&m->cpus.cpu[cpu].lock, true);
	ctx = ba_machine_ctx(m, cpu);
	ctx.cpus = shared ? &m->cpus : NULL;
	return ctx;
}

/* Pre: what ba_machine_enter gave; calls may have changed it. */
static inline void ba_machine_leave(const struct ba_ctx *ctx)
{
	if (ctx->cpus)
		ba_unlock(&ctx->cpus->cpu[ctx->cpu].lock, true);
}

/*
 * Have the machine alone: waits until every thread has left it. Pre: the
 * thread has entered no CPU, and not stopped a machine that has CPUs of this.
 */
void ba_machine_stop(struct ba_machine *m);
void ba_machine_resume(struct ba_machine *m);

/* Kernel address of frame 0: where the direct map begins. */
static inline uint64_t ba_machine_page_offset(const struct ba_machine *m)
{
	return ba_machine_ctx(m, 0).caches->page_offset;
}

/* Has the direct map the frame? It has none of HighMem. */
static inline bool ba_machine_maps(const struct ba_machine *m, pfn_t pfn)
{
	const struct ba_zone_types *types =
		ba_nodes_types(ba_machine_nodes(m));

	return types->highmem == BA_ZONE_INVALID ||
	       pfn < types->end[types->normal];
}

/* Kernel address of a frame. Pre: ba_machine_maps. */
static inline uint64_t ba_machine_page_address(const struct ba_machine *m,
					       pfn_t pfn)
{
	return ba_machine_page_offset(m) + ((uint64_t)pfn << BA_PAGE_SHIFT);
}

/*
 * A freshly booted machine. BA_EINVAL with a sentence in `message` (may be
 * NULL) for a config that cannot be.
 */
enum ba_status ba_machine_create(const struct ba_config *config,
				 struct ba_machine *ret, char *message,
				 size_t message_size);

/*
 * An empty one for a state to be loaded into: no zones, frames up to `end`;
 * the config's CPUs dealt to its nodes in order, CPU c to node
 * c * nodes / CPUs, rounded down.
 */
enum ba_status ba_machine_create_empty(const struct ba_config *config,
				       pfn_t end, struct ba_machine *ret);

/*
 * Append a zone of the frames [start, end) and claim its pageblocks, all of
 * type MOVABLE (mm/pageblock.h K2). Pre: beyond the zones there are, within
 * the frame table, node below BA_NODE_MAX; at most BA_ZONE_MAX zones.
 */
struct ba_zone *ba_machine_add_zone(struct ba_machine *machine, uint8_t node,
				    uint8_t index, pfn_t start, pfn_t end);

/*
 * Change one item as by a write below /proc/sys/vm: what depends on it is
 * computed again from the zones' managed pages. 0 in min_free_kbytes is 0
 * here. Errors as of ba_config_set; BA_EINVAL also for a boot option.
 *
 * compact_memory and drop_caches are no items: a write does what they say. Of
 * drop_caches bit 0 means the page cache, bit 1 slab objects, and bit 2 that
 * the kernel is to keep quiet.
 */
enum ba_status ba_machine_sysctl(struct ba_machine *machine, const char *name,
				 long value, char *message,
				 size_t message_size);

void ba_machine_destroy(struct ba_machine *machine);

enum ba_status ba_machine_copy(const struct ba_machine *from,
			       struct ba_machine *ret);

/* Its arena with `used` set: as far as it was ever touched. */
struct ba_arena ba_machine_arena(const struct ba_machine *m);

/* Same configuration, same state and same memory, byte for byte. */
bool ba_machine_equal(const struct ba_machine *a, const struct ba_machine *b);

uint64_t ba_machine_hash(const struct ba_machine *machine);

#endif
