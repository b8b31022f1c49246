// SPDX-License-Identifier: GPL-2.0-only
#include "sim/slab_order.h"

#include <stdlib.h>

#define FRESH_WORDS (BA_OBJECTS_PER_FRAME / 64u)

static bool is_fresh(const struct ba_slab_replay *s, pfn_t head,
		     uint32_t index)
{
	return s->fresh[(size_t)head * FRESH_WORDS + index / 64] >>
	       index % 64 & 1u;
}

static void set_fresh(struct ba_slab_replay *s, pfn_t head, uint32_t index,
		      bool fresh)
{
	uint64_t *word = &s->fresh[(size_t)head * FRESH_WORDS + index / 64];
	uint64_t bit = UINT64_C(1) << index % 64;

	*word = fresh ? *word | bit : *word & ~bit;
}

/* What follows the fresh object that was handed out last, + 1; 0: unknown. */
static uint16_t *follower(struct ba_replay *r, uint16_t id, pfn_t head)
{
	struct ba_slab_replay *s = r->slab;
	uint32_t objects = ba_cache_at(&r->ctx, id)->layout.objects;

	if (ba_slab_is_silent(r, id) || !s->last_fresh[head] ||
	    ba_slabs(&r->ctx)[head].objects != objects)
		return NULL;
	if (!s->follower[id])
		s->follower[id] = calloc(objects, sizeof(*s->follower[id]));
	return s->follower[id] ? &s->follower[id][s->last_fresh[head] - 1u] :
				 NULL;
}

void ba_slab_order_begin(struct ba_replay *r, uint16_t id, pfn_t head,
			 uint32_t index)
{
	struct ba_object_at at = { head, index, id, true };

	for (uint32_t k = 0; k < ba_slabs(&r->ctx)[head].objects; k++)
		set_fresh(r->slab, head, k, k != index);
	r->slab->last_fresh[head] = (uint16_t)(index + 1u);
	ba_slab_to_front(&r->ctx, at);
}

void ba_slab_order_end(struct ba_replay *r, pfn_t head)
{
	for (uint32_t k = 0; k < ba_slabs(&r->ctx)[head].objects; k++)
		set_fresh(r->slab, head, k, false);
}

uint64_t ba_slab_order_next(struct ba_replay *r, uint16_t id, uint64_t address)
{
	struct ba_slab_replay *s = r->slab;
	uint64_t next = ba_slab_next(&r->ctx, r->nodes, id);
	struct ba_object_at at, named;
	const uint16_t *learnt;

	if (!s->loose[id] || !next)
		return next;
	at = ba_object_find(&r->ctx, r->nodes, next);
	if (!is_fresh(s, at.head, at.index))
		return next;
	named = ba_object_find(&r->ctx, r->nodes, address);
	learnt = follower(r, id, at.head);
	if (learnt && *learnt && is_fresh(s, at.head, *learnt - 1u))
		at.index = *learnt - 1u;
	else if (named.head == at.head && named.exact &&
		 is_fresh(s, at.head, named.index))
		at.index = named.index;
	ba_slab_to_front(&r->ctx, at);
	return ba_slab_next(&r->ctx, r->nodes, id);
}

bool ba_slab_order_taken(struct ba_replay *r, struct ba_object_at at)
{
	struct ba_slab_replay *s = r->slab;
	uint16_t *learnt;
	bool foreseen;

	if (!s->loose[at.cache] || !is_fresh(s, at.head, at.index))
		return true;
	learnt = follower(r, at.cache, at.head);
	foreseen = learnt && *learnt == at.index + 1u;
	if (learnt && !*learnt)
		*learnt = (uint16_t)(at.index + 1u);
	set_fresh(s, at.head, at.index, false);
	s->last_fresh[at.head] = (uint16_t)(at.index + 1u);
	return foreseen;
}
