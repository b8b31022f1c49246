/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rig - a few thousand frames, their pageblocks and one range of buddy
 * lists: what tests of mm/ below the zone need, and no more.
 *
 *	struct rig *rig = rig_new(0, 64);	frames 0..63, all in use
 *	rig_put(rig, 0, 6, BA_MT_MOVABLE);	... now one free block
 *	CHECK_STR_EQ(rig_list(rig, 6, BA_MT_MOVABLE), "0");
 */
#ifndef BA_TESTS_RIG_H
#define BA_TESTS_RIG_H

#include <stdlib.h>

#include "mm/pcp.h"

#include "testlib.h"

#define RIG_FRAMES	8192u
#define RIG_EVENTS	256u
#define RIG_THRESHOLD	125u

struct rig {
	struct ba_frame frames[RIG_FRAMES];
	struct ba_frame max_blocks[RIG_FRAMES / BA_MAX_BLOCK_PAGES];
	struct ba_pageblock pageblocks[RIG_FRAMES / BA_PAGEBLOCK_PAGES];
	struct ba_profile profile;
	struct ba_tp_event events[RIG_EVENTS];
	struct ba_tp_buffer trace;
	struct ba_ctx ctx;
	struct ba_buddy buddy;
	struct ba_wmark w;
	struct ba_pcp pcp;
	char text[512];
};

/* All frames of [start, end) in use, every pageblock MOVABLE, profile 6.1L. */
static inline struct rig *rig_new(pfn_t start, pfn_t end)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	if (!rig)
		exit(2);
	rig->profile = ba_profile_6_1L;
	for (pfn_t pfn = 0; pfn < RIG_FRAMES; pfn += BA_PAGEBLOCK_PAGES)
		rig->pageblocks[ba_pageblock_nr(pfn)] =
			(struct ba_pageblock){ BA_MT_MOVABLE, 1 };
	rig->trace = (struct ba_tp_buffer){
		.events = rig->events, .cap = RIG_EVENTS,
		.kinds = BA_TP_ZONE_LOCKED | BA_TP_PCPU_DRAIN | BA_TP_EXTFRAG };
	rig->ctx = (struct ba_ctx){
		.frames = rig->frames, .max_blocks = rig->max_blocks,
		.pageblocks = rig->pageblocks,
		.profile = &rig->profile, .trace = &rig->trace,
		.watermark_boost_factor = 15000 };
	ba_charge_init(&rig->ctx.charge);
	ba_buddy_init(&rig->buddy, 0, start, end);
	rig->buddy.free_pages.threshold[0] = RIG_THRESHOLD;
	ba_pcp_init(&rig->pcp, 16, 4);
	return rig;
}

/* A free block as it is, at the tail of its list, counted. */
static inline void rig_put(struct rig *rig, pfn_t pfn, order_t order,
			   uint8_t type)
{
	ba_buddy_load(&rig->ctx, &rig->buddy, pfn, order, type);
	rig->buddy.free_pages.global += (int64_t)1 << order;
}

static inline void rig_free(struct rig *rig, pfn_t pfn, order_t order,
			    uint8_t type)
{
	ba_buddy_free(&rig->ctx, &rig->buddy, pfn, order, type, 0);
}

/* Take as an allocation does: with the counter. */
static inline pfn_t rig_take(struct rig *rig, order_t order, uint8_t type)
{
	pfn_t pfn = ba_buddy_take(&rig->ctx, &rig->buddy, order, type);

	if (pfn != BA_PFN_NONE && !rig->profile.per_op_free_counter)
		ba_vmstat_mod(&rig->buddy.free_pages, 0, -(1 << order));
	return pfn;
}

static inline const char *rig_text(struct rig *rig, const struct ba_list *list,
				   order_t order)
{
	size_t len = 0;

	rig->text[0] = '\0';
	for (pfn_t pfn = ba_buddy_pfn(list->head, order);
	     pfn != BA_PFN_NONE && len < 500;
	     pfn = ba_buddy_next(&rig->ctx, pfn, order))
		len += (size_t)snprintf(rig->text + len, 512 - len, "%s%u",
					len ? " " : "", pfn);
	return rig->text;
}

/* A list's frames from head to tail, "8 10 12"; until the next call. */
static inline const char *rig_list(struct rig *rig, order_t order,
				   uint8_t type)
{
	return rig_text(rig, &rig->buddy.area[order].list[type], order);
}

static inline const char *rig_pcp_list(struct rig *rig, unsigned int index)
{
	return rig_text(rig, &rig->pcp.list[index], 0);
}

static inline uint8_t rig_block(const struct rig *rig, pfn_t pfn)
{
	return ba_pageblock_type(rig->pageblocks, pfn);
}

/* The number at the beginning of an invariant's sentence, as in "B4". */
static inline bool rig_names(const char *sentence, const char *number)
{
	return sentence && strncmp(sentence, number, strlen(number)) == 0 &&
	       sentence[strlen(number)] == ':';
}

#define CHECK_OK(sentence) CHECK_STR_EQ((sentence), NULL)
#define CHECK_BROKEN(sentence, number) \
	do { \
		const char *checked_ = (sentence); \
		if (!CHECK(rig_names(checked_, number))) \
			printf("#   reported: %s\n", \
			       checked_ ? checked_ : "nothing"); \
	} while (0)

#endif
