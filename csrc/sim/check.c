// SPDX-License-Identifier: GPL-2.0-only
#include "sim/check.h"

#include <string.h>

#include "base/touched.h"
#include "mm/slab_check.h"

#define NO_ZONE 255u

static const char *check_locks(const struct ba_zone *zone)
{
	if (zone->buddy.lock.word)
		return "L1: a zone lock is taken while nobody runs";
	for (cpu_t cpu = 0; cpu < zone->nr_cpus; cpu++)
		if (zone->pcp[cpu].lock.word)
			return "L1: a per-CPU lock is taken while nobody runs";
	return NULL;
}

static const char *check_machine_locks(const struct ba_ctx *ctx,
				       const struct ba_nodes *nodes)
{
	if (ctx->vm->lock.word || ctx->vmalloc->lock.word)
		return "L1: the lock of user memory or of vmalloc is taken "
		       "while nobody runs";
	if (ctx->caches->mutex.word || ctx->caches->lock.word)
		return "L1: a lock of the slab caches is taken while nobody "
		       "runs";
	for (uint8_t id = 0; id < BA_NODE_MAX; id++)
		if (nodes->node[id].kswapd_lock.word)
			return "L1: a lock of kswapd is taken while nobody "
			       "runs";
	return NULL;
}

/* The links of the lists have been checked before. */
static const char *check_pcp_zone(const struct ba_ctx *ctx,
				  struct ba_nodes *nodes,
				  const struct ba_zone *zone)
{
	const struct ba_link *links = ba_frame_links(ctx->frames);

	for (cpu_t cpu = 0; cpu < zone->nr_cpus; cpu++)
		for (unsigned int i = 0; i < BA_NR_PCP_LISTS; i++) {
			pfn_t pfn = ba_list_first(&zone->pcp[cpu].list[i]);

			for (; pfn != BA_PFN_NONE;
			     pfn = ba_list_next(links, pfn))
				if (ba_nodes_zone_of(ctx, nodes, pfn) != zone)
					return "P2: a page waits on a per-CPU list of another zone";
		}
	return NULL;
}

static const char *check_pageblocks(const struct ba_ctx *ctx,
				    const struct ba_nodes *nodes,
				    const struct ba_zone *zone)
{
	uint64_t at = ba_pageblock_start(ba_zone_start(zone));

	for (; at < zone->buddy.end; at += BA_PAGEBLOCK_PAGES) {
		const struct ba_pageblock *b =
			&ctx->pageblocks[ba_pageblock_nr((pfn_t)at)];
		bool whole = at + BA_PAGEBLOCK_PAGES <= zone->buddy.end;

		if ((b->flags & BA_PAGEBLOCK_TYPE_MASK) >= BA_NR_MT)
			return "K1: a pageblock's type is no migratetype";
		if (b->zone > nodes->nr_zones ||
		    (whole && b->zone != BA_PAGEBLOCK_NO_ZONE &&
		     b->zone != zone->id + 1))
			return "K2: a pageblock is of another zone than its last frame";
	}
	return NULL;
}

static uint64_t listed_blocks(const struct ba_zone *zone)
{
	uint64_t sum = 0;

	for (unsigned int order = 0; order < BA_NR_ORDERS; order++)
		sum += zone->buddy.area[order].nr_free;
	for (cpu_t cpu = 0; cpu < zone->nr_cpus; cpu++)
		for (unsigned int i = 0; i < BA_NR_PCP_LISTS; i++)
			sum += zone->pcp[cpu].list[i].count;
	return sum;
}

/* A walk over the frames of a zone, by the blocks that begin there. */
struct walk {
	uint64_t free_end;	/* of the last free block */
	uint64_t used_end;	/* of the last block in use */
	uint64_t free_blocks;
};

static const char *walk_frame(struct walk *walk, const struct ba_frame *f,
			      pfn_t pfn)
{
	bool free = f->state == BA_FRAME_BUDDY || f->state == BA_FRAME_PCP;
	uint64_t end = (uint64_t)pfn + (1u << f->order);

	if (!free && f->state == BA_FRAME_USED &&
	    !(f->flags & (BA_FRAME_HEAD | BA_FRAME_FREEING)))
		return NULL;
	if (free && f->flags & BA_FRAME_FREEING)
		return "A2: a frame that is being freed is on a list";
	if (pfn < walk->used_end)
		return "A1: a block in use overlaps another block";
	if (pfn < walk->free_end)
		return free ? "B3: a frame lies in two free blocks" :
			      "A1: a block in use overlaps a free one";
	if (free) {
		walk->free_end = end;
		walk->free_blocks++;
	} else {
		walk->used_end = end;
	}
	return NULL;
}

/* The next frame that may begin a block: touched, or first of a max block. */
static uint64_t next_frame(struct ba_touched *touched, uint64_t pfn)
{
	uint64_t block = (pfn + BA_MAX_BLOCK_PAGES - 1) &
			 ~(uint64_t)(BA_MAX_BLOCK_PAGES - 1);
	uint64_t next = ba_touched_record(touched, pfn,
					  sizeof(struct ba_frame));

	return next < block ? next : block;
}

/* Does its first frame say what only the max block's descriptor may say? */
static bool is_described_twice(const struct ba_ctx *ctx, pfn_t pfn,
			       struct ba_touched *touched)
{
	const struct ba_frame *f = &ctx->frames[pfn];

	return ba_descriptor(ctx, pfn) != f &&
	       ba_touched_record(touched, pfn, sizeof(*f)) == pfn &&
	       (f->state != BA_FRAME_USED ||
		f->flags & (BA_FRAME_HEAD | BA_FRAME_FREEING));
}

static const char *check_frames(const struct ba_ctx *ctx,
				const struct ba_zone *zone,
				struct ba_touched *touched)
{
	struct walk walk = { 0, 0, 0 };
	uint64_t pfn = ba_zone_start(zone);

	for (; pfn < zone->buddy.end; pfn = next_frame(touched, pfn + 1)) {
		uint32_t block = ba_pageblock_nr((pfn_t)pfn);
		const struct ba_frame *f = ba_descriptor(ctx, (pfn_t)pfn);
		const char *broken;

		if (ctx->pageblocks[block].zone == BA_PAGEBLOCK_NO_ZONE) {
			pfn = ((uint64_t)block + 1) * BA_PAGEBLOCK_PAGES - 1;
			continue;
		}
		if (f->order > BA_ORDER_MAX)
			return "G2: a frame has an order beyond the largest";
		if (is_described_twice(ctx, (pfn_t)pfn, touched))
			return "G4: a free max block's first frame says what it is";
		broken = walk_frame(&walk, f, (pfn_t)pfn);
		if (broken)
			return broken;
	}
	if (walk.free_blocks != listed_blocks(zone))
		return "G2: a frame says BUDDY or PCP and is on no list";
	return NULL;
}

static const char *check_zonelist(const struct ba_nodes *nodes, uint8_t node)
{
	const struct ba_zonelist *list = &nodes->node[node].zonelist;
	bool seen[BA_ZONE_MAX] = { false };

	if (list->nr > BA_ZONE_MAX || list->nr_local > list->nr)
		return "N1: a zonelist is longer than there are zones";
	if (memcmp(list->by_gfp, ba_nodes_types(nodes)->by_gfp,
		   sizeof(list->by_gfp)))
		return "N3: a zonelist has another kernel's zones of requests";
	for (uint8_t i = 0; i < list->nr; i++) {
		uint8_t id = list->zone[i];

		if (id >= nodes->nr_zones || seen[id])
			return "N1: a zonelist holds a zone twice, or one that is not there";
		if ((nodes->zone[id].node == node) != (i < list->nr_local))
			return "N1: a zonelist holds another node's zone before its own";
		seen[id] = true;
	}
	return NULL;
}

static const char *check_zone(struct ba_ctx *ctx, struct ba_nodes *nodes,
			      struct ba_zone *zone)
{
	const char *broken = check_locks(zone);

	if (!broken)
		broken = ba_zone_check(ctx, zone);
	if (!broken)
		broken = check_pageblocks(ctx, nodes, zone);
	if (!broken)
		broken = check_pcp_zone(ctx, nodes, zone);
	return broken;
}

/* All lists first: a page on a list of another zone is known by that. */
static const char *check_zones(struct ba_ctx *ctx, struct ba_nodes *nodes,
			       uint8_t *zone)
{
	const char *broken = NULL;
	struct ba_touched touched;
	uint8_t id;

	for (id = 0; id < nodes->nr_zones && !broken; id++)
		broken = check_zone(ctx, nodes, &nodes->zone[id]);
	if (!broken) {
		ba_touched_init(&touched, ctx->frames,
				nodes->end * sizeof(struct ba_frame));
		for (id = 0; id < nodes->nr_zones && !broken; id++)
			broken = check_frames(ctx, &nodes->zone[id],
					      &touched);
		ba_touched_deinit(&touched);
	}
	if (broken)
		*zone = (uint8_t)(id - 1);
	return broken;
}

const char *ba_machine_check(const struct ba_machine *machine, uint8_t *zone)
{
	const struct ba_body *body = ba_machine_body(machine);
	struct ba_nodes *nodes = ba_machine_nodes(machine);
	struct ba_ctx ctx = ba_machine_ctx(machine, 0);
	const char *broken;

	*zone = NO_ZONE;
	if (body->broken)
		return "M3: the machine was found broken by an earlier call";
	broken = check_zones(&ctx, nodes, zone);
	if (!broken)
		broken = check_machine_locks(&ctx, nodes);
	if (!broken)
		broken = ba_rmap_check(&ctx);
	if (!broken)
		broken = ba_lru_check(&ctx, nodes);
	if (!broken)
		broken = ba_writeback_check(&ctx);
	if (!broken)
		broken = ba_vmalloc_check(ctx.vmalloc);
	if (!broken)
		broken = ba_caches_check(&ctx, nodes);
	for (uint8_t node = 0; node < BA_NODE_MAX && !broken; node++)
		if (nodes->node[node].online)
			broken = check_zonelist(nodes, node);
	return broken;
}
