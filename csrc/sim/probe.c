// SPDX-License-Identifier: GPL-2.0-only
#include "sim/probe.h"

#include <string.h>

#define NONE 255u

/* Words of one zone before those that each CPU has. */
#define FREE_WORDS	(BA_NR_ORDERS * BA_NR_MT)
#define FIXED_WORDS	(FREE_WORDS + BA_NR_MT + 1u)

/* Pageblocks whose number fits into 16 bits. */
#define COUNT_MAX	UINT16_MAX

size_t ba_probe_zone_words(const struct ba_machine *machine)
{
	return FIXED_WORDS + ba_machine_nodes(machine)->nr_cpus;
}

size_t ba_probe_row_words(const struct ba_machine *machine)
{
	return ba_probe_zone_words(machine) *
	       ba_machine_nodes(machine)->nr_zones;
}

/* A pageblock as one number, so that eight can be compared at a time. */
static uint16_t number_of(struct ba_pageblock block)
{
	uint16_t number;

	BA_STATIC_ASSERT(sizeof(block) == sizeof(number), "one load");
	memcpy(&number, &block, sizeof(number));
	return number;
}

/* Add to types[] how many of at most COUNT_MAX pageblocks are wanted[type]. */
static void count_blocks(const struct ba_pageblock *blocks, uint32_t nr,
			 const uint16_t *wanted, uint16_t mask,
			 uint32_t *types)
{
	uint16_t count[BA_NR_MT] = { 0 };

	for (uint32_t i = 0; i < nr; i++) {
		uint16_t number = number_of(blocks[i]) & mask;

		for (uint8_t type = 0; type < BA_NR_MT; type++)
			count[type] = (uint16_t)(count[type] +
						 (number == wanted[type]));
	}
	for (uint8_t type = 0; type < BA_NR_MT; type++)
		types[type] += count[type];
}

static void sample_pageblocks(const struct ba_ctx *ctx,
			      const struct ba_zone *zone, uint32_t *types)
{
	uint32_t nr = ba_pageblock_nr(ba_zone_start(zone));
	uint32_t end = ba_pageblock_nr(zone->buddy.end - 1) + 1;
	uint16_t mask = number_of((struct ba_pageblock){
		BA_PAGEBLOCK_TYPE_MASK, UINT8_MAX });
	uint16_t wanted[BA_NR_MT];

	for (uint8_t type = 0; type < BA_NR_MT; type++) {
		types[type] = 0;
		wanted[type] = number_of((struct ba_pageblock){
			type, (uint8_t)(zone->id + 1u) });
	}
	for (uint32_t some; nr < end; nr += some) {
		some = end - nr < COUNT_MAX ? end - nr : COUNT_MAX;
		count_blocks(&ctx->pageblocks[nr], some, wanted, mask, types);
	}
}

static void sample_zone(const struct ba_ctx *ctx, const struct ba_zone *zone,
			uint32_t *words)
{
	uint32_t pages = 0;

	for (unsigned int order = 0; order < BA_NR_ORDERS; order++)
		for (unsigned int type = 0; type < BA_NR_MT; type++) {
			uint32_t count =
				zone->buddy.area[order].list[type].count;

			words[order * BA_NR_MT + type] = count;
			if (type != BA_MT_ISOLATE)
				pages += count << order;
		}
	sample_pageblocks(ctx, zone, words + FREE_WORDS);
	words[FIXED_WORDS - 1] = pages;
	for (cpu_t cpu = 0; cpu < zone->nr_cpus; cpu++)
		words[FIXED_WORDS + cpu] = (uint32_t)zone->pcp[cpu].count;
}

void ba_probe_sample(const struct ba_machine *machine, uint32_t *row)
{
	const struct ba_nodes *nodes = ba_machine_nodes(machine);
	struct ba_ctx ctx = ba_machine_ctx(machine, 0);
	size_t words = ba_probe_zone_words(machine);

	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		sample_zone(&ctx, &nodes->zone[id], row + id * words);
}

void ba_probe_pending(const struct ba_machine *machine,
		      struct ba_probe_pending ret[BA_ZONE_MAX])
{
	struct ba_nodes *nodes = ba_machine_nodes(machine);
	struct ba_ctx ctx = ba_machine_ctx(machine, 0);

	memset(ret, 0, BA_ZONE_MAX * sizeof(*ret));
	for (uint32_t i = 1; i <= ctx.vm->nr_handles; i++) {
		const struct ba_handle *h = &ctx.handles[i];
		uint64_t pages = UINT64_C(1) << h->order;
		struct ba_probe_pending *sum;
		uint8_t use;

		if (h->state != BA_HANDLE_RESIDENT)
			continue;
		sum = &ret[ba_nodes_zone_of(&ctx, nodes, h->pfn)->id];
		use = ctx.frames[h->pfn].use;
		if (use & BA_USE_DIRTY && !h->anon)
			sum->dirty += pages;
		if (use & BA_USE_WRITEBACK)
			sum->writeback += pages;
	}
}

/* A block that is known to begin at `head`. */
struct block {
	pfn_t head;
	uint64_t end;		/* 0: no block */
	uint8_t order;
	uint8_t state;
};

static uint8_t probe_state(const struct ba_frame *f)
{
	static const uint8_t states[] = {
		[BA_FRAME_USED] = BA_PROBE_USED,
		[BA_FRAME_BUDDY] = BA_PROBE_BUDDY,
		[BA_FRAME_PCP] = BA_PROBE_PCP,
		[BA_FRAME_ISOLATED] = BA_PROBE_ISOLATED,
	};

	return f->state < sizeof(states) ? states[f->state] : BA_PROBE_USED;
}

static struct block block_at(const struct ba_ctx *ctx, pfn_t pfn)
{
	const struct ba_frame *f = ba_descriptor(ctx, pfn);

	if (f->state == BA_FRAME_USED &&
	    !(f->flags & (BA_FRAME_HEAD | BA_FRAME_FREEING)))
		return (struct block){ .end = 0 };
	return (struct block){ pfn, (uint64_t)pfn + (1u << f->order),
			       f->order, probe_state(f) };
}

/* The block that contains `pfn`, which need not be its first frame. */
static struct block block_around(const struct ba_ctx *ctx, pfn_t pfn)
{
	struct block block = { .end = 0 };

	for (unsigned int order = 0; order < BA_NR_ORDERS; order++) {
		block = block_at(ctx, pfn & ~((1u << order) - 1u));
		if (block.end > pfn)
			return block;
	}
	return (struct block){ .end = 0 };
}

static struct ba_probe_frame probe_frame(const struct ba_ctx *ctx,
					 const struct ba_zone *zone, pfn_t pfn,
					 const struct block *block)
{
	struct ba_probe_frame ret = {
		.state = BA_PROBE_USED, .order = NONE,
		.migratetype = ba_pageblock_type(ctx->pageblocks, pfn),
		.zone = zone->id, .node = zone->node };

	if (ctx->frames[pfn].flags & BA_FRAME_MOVABLE)
		ret.flags |= BA_PROBE_MOVABLE;
	if (pfn < block->end) {
		ret.state = block->state;
		ret.order = block->order;
		if (pfn == block->head)
			ret.flags |= BA_PROBE_HEAD;
	}
	return ret;
}

void ba_probe_frames(const struct ba_machine *machine, pfn_t first,
		     size_t count, struct ba_probe_frame *ret)
{
	struct ba_nodes *nodes = ba_machine_nodes(machine);
	struct ba_ctx ctx = ba_machine_ctx(machine, 0);
	struct block block = { .end = 0 };

	for (size_t i = 0; i < count; i++) {
		uint64_t pfn = (uint64_t)first + i;
		const struct ba_zone *zone = pfn < nodes->end ?
			ba_nodes_zone_of(&ctx, nodes, (pfn_t)pfn) : NULL;

		if (!zone) {
			ret[i] = (struct ba_probe_frame){
				BA_PROBE_HOLE, NONE, NONE, NONE, NONE, 0 };
			continue;
		}
		if (pfn >= block.end)
			block = i ? block_at(&ctx, (pfn_t)pfn) :
				    block_around(&ctx, (pfn_t)pfn);
		ret[i] = probe_frame(&ctx, zone, (pfn_t)pfn, &block);
	}
}
