// SPDX-License-Identifier: GPL-2.0-only
#include "mm/object_lru.h"

struct ba_object_link *ba_object_link(const struct ba_ctx *ctx,
				      struct ba_object_at at)
{
	const struct ba_slab *slab = &ba_slabs(ctx)[at.head];
	char *records = ba_pool_run(&ctx->caches->pool, slab->run);

	return (struct ba_object_link *)(void *)
		(records + ba_link_offset(slab->objects) * BA_POOL_RECORD) +
		at.index;
}

static struct ba_object_list *list_of(const struct ba_ctx *ctx,
				      struct ba_object_at at)
{
	return &ba_cache_at(ctx, at.cache)->shrinker.node[
		ba_slabs(ctx)[at.head].node].lru;
}

static struct ba_object_at object_at(uint16_t cache, pfn_t head,
				     uint16_t place)
{
	return (struct ba_object_at){ .head = head, .cache = cache,
				      .index = place - 1u, .exact = true };
}

struct ba_object_at ba_object_lru_first(const struct ba_ctx *ctx,
					uint16_t cache, uint8_t node)
{
	const struct ba_object_list *list =
		&ba_cache_at(ctx, cache)->shrinker.node[node].lru;

	if (!list->count)
		return (struct ba_object_at){ .head = BA_PFN_NONE };
	return object_at(cache, list->first_head, list->first);
}

static void add_tail(struct ba_ctx *ctx, struct ba_object_at at)
{
	struct ba_object_list *list = list_of(ctx, at);
	struct ba_object_link *link = ba_object_link(ctx, at);
	uint16_t place = (uint16_t)(at.index + 1);

	link->next = BA_OBJECT_NONE;
	link->next_head = 0;
	link->prev = list->last;
	link->prev_head = list->last_head;
	link->flags |= BA_OBJECT_LISTED;
	if (list->count++) {
		struct ba_object_link *last = ba_object_link(
			ctx, object_at(at.cache, list->last_head, list->last));

		last->next = place;
		last->next_head = at.head;
	} else {
		list->first = place;
		list->first_head = at.head;
	}
	list->last = place;
	list->last_head = at.head;
}

static void take_off(struct ba_ctx *ctx, struct ba_object_at at)
{
	struct ba_object_list *list = list_of(ctx, at);
	struct ba_object_link *link = ba_object_link(ctx, at), *other;

	if (link->prev) {
		other = ba_object_link(ctx, object_at(at.cache, link->prev_head,
						      link->prev));
		other->next = link->next;
		other->next_head = link->next_head;
	} else {
		list->first = link->next;
		list->first_head = link->next_head;
	}
	if (link->next) {
		other = ba_object_link(ctx, object_at(at.cache, link->next_head,
						      link->next));
		other->prev = link->prev;
		other->prev_head = link->prev_head;
	} else {
		list->last = link->prev;
		list->last_head = link->prev_head;
	}
	list->count--;
	link->flags &= (uint16_t)~BA_OBJECT_LISTED;
}

static ba_lock_t *lock_of(const struct ba_ctx *ctx, struct ba_object_at at)
{
	return &ba_cache_at(ctx, at.cache)->shrinker.node[
		ba_slabs(ctx)[at.head].node].lock;
}

void ba_object_unuse(struct ba_ctx *ctx, struct ba_object_at at)
{
	struct ba_object_link *link = ba_object_link(ctx, at);
	ba_lock_t *lock = lock_of(ctx, at);

	ba_take_lock(ctx, lock, BA_LEVEL_LEAF);
	if (link->flags & BA_OBJECT_LISTED)
		link->flags |= BA_OBJECT_REFERENCED;
	else
		add_tail(ctx, at);
	link->flags |= BA_OBJECT_UNUSED;
	ba_drop_lock(ctx, lock, BA_LEVEL_LEAF);
}

void ba_object_use(struct ba_ctx *ctx, struct ba_object_at at)
{
	ba_lock_t *lock = lock_of(ctx, at);

	ba_take_lock(ctx, lock, BA_LEVEL_LEAF);
	ba_object_link(ctx, at)->flags &= (uint16_t)~BA_OBJECT_UNUSED;
	ba_drop_lock(ctx, lock, BA_LEVEL_LEAF);
}

void ba_object_lru_forget(struct ba_ctx *ctx, struct ba_object_at at)
{
	ba_lock_t *lock = lock_of(ctx, at);

	ba_take_lock(ctx, lock, BA_LEVEL_LEAF);
	ba_object_lru_del(ctx, at);
	ba_drop_lock(ctx, lock, BA_LEVEL_LEAF);
}

void ba_object_lru_del(struct ba_ctx *ctx, struct ba_object_at at)
{
	if (ba_object_link(ctx, at)->flags & BA_OBJECT_LISTED)
		take_off(ctx, at);
	*ba_object_link(ctx, at) = (struct ba_object_link){ 0 };
}

void ba_object_lru_rotate(struct ba_ctx *ctx, struct ba_object_at at)
{
	take_off(ctx, at);
	add_tail(ctx, at);
}
