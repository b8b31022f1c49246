/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hand - a machine with one zone of 16 pageblocks, filled by hand: user pages
 * with their handles, free blocks, and between them frames that stay.
 *
 *	struct hand h = hand_new(true);		6.1L; every frame pinned
 *	uint32_t a = hand_user(&h, 512, 0, true);
 *	hand_free(&h, 513, 0);
 */
#ifndef BA_TESTS_HAND_H
#define BA_TESTS_HAND_H

#include <stdlib.h>

#include "mm/writeback.h"
#include "sim/check.h"
#include "sim/machine.h"

#include "testlib.h"

#define HAND_PAGES 8192u

struct hand {
	struct ba_machine m;
	struct ba_ctx ctx;
	struct ba_nodes *nodes;
	struct ba_zone *zone;
	char text[4096];
};

static inline struct hand hand_made(bool old, bool backed)
{
	struct hand h;
	struct ba_config config;

	ba_config_init(&config);
	config.memory_pages = HAND_PAGES;
	config.backed = backed;
	config.profile = old ? ba_profile_6_1L : ba_profile_6_12L;
	if (ba_machine_create_empty(&config, HAND_PAGES, &h.m) != BA_OK)
		exit(2);
	h.zone = ba_machine_add_zone(&h.m, 0, BA_ZONE_NORMAL, 0, HAND_PAGES);
	h.zone->present = HAND_PAGES;
	h.zone->wmark.managed = HAND_PAGES;
	h.zone->buddy.free_pages.threshold[0] = 125;
	ba_pcp_init(&h.zone->pcp[0], 4096, 63);
	h.zone->pcp[0].high_min = h.zone->pcp[0].high_max = 4096; /* 6.12 */
	/* a zone at frame 0 cannot say "not set" */
	h.zone->compact.free = HAND_PAGES - BA_PAGEBLOCK_PAGES;
	h.nodes = ba_machine_nodes(&h.m);
	h.nodes->node[0].online = true;
	h.nodes->node[0].present = HAND_PAGES;
	ba_nodes_build_zonelists(h.nodes);
	h.ctx = ba_machine_ctx(&h.m, 0);
	return h;
}

static inline struct hand hand_new(bool old)
{
	return hand_made(old, false);
}

static inline void hand_stop(struct hand *h)
{
	ba_machine_destroy(&h->m);
}

/* A user page there, at the head of the inactive list; its handle. */
static inline uint32_t hand_user(struct hand *h, pfn_t pfn, order_t order,
				 bool anon)
{
	uint32_t handle = ba_rmap_new(&h->ctx, order, anon, 1);

	h->ctx.frames[pfn].order = order;
	h->ctx.frames[pfn].flags = order ?
		BA_FRAME_HEAD | BA_FRAME_COMPOUND : BA_FRAME_HEAD;
	ba_page_set_movable(h->ctx.frames, pfn, order, true);
	ba_rmap_set(&h->ctx, handle, pfn);
	ba_lru_add(&h->ctx, h->nodes, pfn);
	return handle;
}

static inline void hand_free(struct hand *h, pfn_t pfn, order_t order)
{
	ba_buddy_load(&h->ctx, &h->zone->buddy, pfn, order, BA_MT_MOVABLE);
	h->zone->buddy.free_pages.global += (int64_t)1 << order;
}

static inline pfn_t hand_pfn(const struct hand *h, uint32_t handle)
{
	return h->ctx.handles[handle].pfn;
}

/* A free block that is no target: its pageblock becomes UNMOVABLE. */
static inline void hand_reserve(struct hand *h, pfn_t pfn, order_t order)
{
	ba_pageblock_set_type(h->ctx.pageblocks, pfn, BA_MT_UNMOVABLE);
	ba_buddy_load(&h->ctx, &h->zone->buddy, pfn, order, BA_MT_UNMOVABLE);
	h->zone->buddy.free_pages.global += (int64_t)1 << order;
}

/* "8 10 12", from head to tail; until the next call. */
static inline const char *hand_list(struct hand *h, const struct ba_list *list)
{
	size_t len = 0;

	h->text[0] = '\0';
	for (pfn_t pfn = list->head; pfn != BA_PFN_NONE && len < 4000;
	     pfn = ba_list_next(ba_frame_links(h->ctx.frames), pfn))
		len += (size_t)snprintf(h->text + len, sizeof(h->text) - len,
					"%s%u", len ? " " : "", pfn);
	return h->text;
}

static inline const char *hand_lru(struct hand *h, enum ba_lru_list lru)
{
	return hand_list(h, &h->nodes->node[0].lruvec.list[lru]);
}

/* NULL, or what is broken. */
static inline const char *hand_check(const struct hand *h)
{
	uint8_t zone;

	return ba_machine_check(&h->m, &zone);
}

/* A page on its way to the disk. */
static inline void sent(struct ba_ctx *ctx, pfn_t pfn)
{
	ba_rmap_use(ctx, pfn, BA_USE_DIRTY, 0);
	CHECK(ba_writeback_start(ctx, pfn));
}

#endif
