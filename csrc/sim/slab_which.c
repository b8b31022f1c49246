// SPDX-License-Identifier: GPL-2.0-only
#include "sim/slab_which.h"

#include <stdio.h>

/* Lines looked at to find the cache of a slab: half of those that may be kept,
 * as the line that asks may itself be so far ahead. */
#define LINES_AHEAD (BA_SLAB_NAMED_LINES / 2)

static const char *name_of_number(const struct ba_replay *r, uint32_t number)
{
	return number && number <= r->options.nr_cache_names ?
		r->options.cache_names[number - 1] : NULL;
}

/*
 * A cache that the state does not have: its lists are not known, nor its
 * sequence. All that counts follows from the size of its objects.
 */
static uint16_t make_cache(struct ba_replay *r, const struct ba_event *e,
			   uint32_t number, const struct ba_slab_block *born)
{
	struct ba_slab_spec spec = { .object_size = ba_event_bytes_alloc(e),
				     .flags = BA_SLAB_NO_MERGE };
	const char *name = name_of_number(r, number);
	char made[BA_CACHE_NAME];
	struct ba_slab_layout *layout;
	uint16_t id;

	if (e->migratetype)
		spec.flags |= BA_SLAB_ACCOUNT;
	if (!name) {
		snprintf(made, sizeof(made), "unnamed-%u-%u%s",
			 ba_event_bytes_alloc(e), ba_event_bytes_req(e),
			 e->migratetype ? "-accounted" : "");
		name = made;
	}
	id = ba_kmem_cache_find(&r->ctx, name);
	if (id != BA_CACHE_NONE)
		return ba_slab_name_cache(r->slab, number, id);
	if (ba_kmem_cache_create(&r->ctx, name, &spec, &id) != BA_OK)
		return BA_CACHE_NONE;
	layout = &ba_cache_at(&r->ctx, id)->layout;
	layout->object_size = ba_event_bytes_req(e);
	if (born && born->order != layout->order &&
	    layout->size <= BA_PAGE_SIZE << born->order) {
		layout->order = born->order;
		layout->objects = (uint16_t)((BA_PAGE_SIZE << born->order) /
					     layout->size);
	}
	r->slab->loose[id] = true;
	return ba_slab_name_cache(r->slab, number, id);
}

/* Does line e allocate or free one of the frames [first, end)? */
static bool ends_slab(const struct ba_event *e, uint64_t first, uint64_t end)
{
	return (e->op == BA_OP_PAGE_FREE || e->op == BA_OP_PAGE_ALLOC) &&
	       e->addr < end &&
	       e->addr + (UINT64_C(1) << (e->order & 15u)) > first;
}

/* Know of all lines from number `from` up to `end` which ones free by a name,
 * and of at most BA_SLAB_NAMED_LINES in all. */
static void know_named(struct ba_replay *r, uint64_t from, uint64_t end)
{
	struct ba_slab_named *named = &r->slab->named;

	if (named->until < r->la.base)
		named->since = named->until = r->la.base;
	if (from < named->since ||
	    named->until > from + BA_SLAB_NAMED_LINES) {
		memset(named->last, 0,
		       r->la.nr_frames * sizeof(*named->last));
		named->since = named->until = from;
	}
	for (; named->until < end; named->until++) {
		uint64_t n = named->until;
		const struct ba_event *e = &r->la.events[n - r->la.base];
		pfn_t pfn;

		if (e->op != BA_OP_CACHE_FREE || !e->arg)
			continue;
		pfn = ba_lookahead_frame(&r->la, e);
		if (pfn == r->la.nr_frames)
			continue;
		named->before[n % BA_SLAB_NAMED_LINES] = named->last[pfn];
		named->last[pfn] = n + 1;
	}
}

/* The first line behind line i that frees an object of the frames [first, end)
 * by a name; BA_LOOKAHEAD_NONE: none does soon. */
static size_t first_named(struct ba_replay *r, size_t i, uint64_t first,
			  uint64_t end)
{
	size_t last = i + LINES_AHEAD < r->la.nr ? i + LINES_AHEAD : r->la.nr;
	uint64_t from = r->la.base + i, found = r->la.base + last;
	const struct ba_slab_named *named = &r->slab->named;

	know_named(r, from, found);
	for (; first < end && first < r->la.nr_frames; first++)
		for (uint64_t n = named->last[first]; n > from + 1;
		     n = named->before[(n - 1) % BA_SLAB_NAMED_LINES])
			if (n - 1 < found)
				found = n - 1;
	return found < r->la.base + last ? (size_t)(found - r->la.base) :
					   BA_LOOKAHEAD_NONE;
}

/* The number of the name that a later line frees an object of the frames
 * [first, end) by, before their pages are freed; 0: none does. */
static uint32_t later_name(struct ba_replay *r, size_t i, uint64_t first,
			   uint64_t end)
{
	size_t named = first_named(r, i, first, end);

	if (named == BA_LOOKAHEAD_NONE)
		return 0;
	for (size_t k = i + 1; k < named; k++)
		if (ends_slab(&r->la.events[k], first, end))
			return 0;
	return r->la.events[named].arg;
}

/* The cache with the name of that number; BA_CACHE_NONE: none. */
static uint16_t cache_named(const struct ba_replay *r, uint32_t number)
{
	return number < BA_LOOKAHEAD_NAMES ?
		(uint16_t)(r->slab->by_name[number] - 1u) : BA_CACHE_NONE;
}

static bool fits(const struct ba_kmem_cache *cache, const struct ba_event *e)
{
	return cache->layout.object_size == ba_event_bytes_req(e) &&
	       cache->layout.size == ba_event_bytes_alloc(e) &&
	       !(cache->layout.flags & BA_SLAB_KMALLOC) &&
	       (!!(cache->layout.flags & BA_SLAB_ACCOUNT) == !!e->migratetype ||
		e->gfp & BA_GFP_ACCOUNT);
}

/* Was it made for lines before one had its name? */
static bool is_nameless(const struct ba_replay *r, uint16_t id)
{
	return r->slab->loose[id] && !r->slab->number[id] &&
	       !(ba_cache_at(&r->ctx, id)->layout.flags & BA_SLAB_KMALLOC);
}

/* The caches with objects of that size: how many, and the first. */
static uint32_t candidates(const struct ba_replay *r, const struct ba_event *e,
			   uint16_t *first)
{
	uint32_t nr = 0;

	for (uint16_t id = 0; id < r->ctx.caches->nr; id++)
		if (ba_cache_exists(&r->ctx, id) &&
		    fits(ba_cache_at(&r->ctx, id), e) && !nr++)
			*first = id;
	return nr;
}

/*
 * Of line i, a kmem_cache_alloc in a slab that nothing is known of but, if it
 * is new, its block.
 */
static uint16_t cache_by_size(struct ba_replay *r, size_t i,
			      const struct ba_slab_block *born)
{
	const struct ba_event *e = &r->la.events[i];
	pfn_t pfn = ba_lookahead_frame(&r->la, e);
	uint16_t first = BA_CACHE_NONE;
	uint32_t nr = candidates(r, e, &first), number;

	if (nr == 1 && ba_cache_at(&r->ctx, first)->recorded)
		return first;
	number = later_name(r, i, born ? born->recorded : pfn,
			    born ? born->recorded + (1u << born->order) :
				   pfn + 1u);
	if (cache_named(r, number) != BA_CACHE_NONE)
		return cache_named(r, number);
	if (nr && is_nameless(r, first))
		return ba_slab_name_cache(r->slab, number, first);
	if (nr && (!number || ba_cache_at(&r->ctx, first)->recorded))
		return first;
	if (!ba_event_bytes_alloc(e) || ba_event_bytes_alloc(e) == UINT16_MAX)
		return BA_CACHE_NONE;
	return make_cache(r, e, number, born);
}

/* Of line i, a kfree in a slab that nothing is known of: by a later line. */
static uint16_t cache_by_later(struct ba_replay *r, size_t i, pfn_t pfn)
{
	size_t last = i + LINES_AHEAD < r->la.nr ? i + LINES_AHEAD : r->la.nr;

	for (size_t k = i + 1; k < last; k++) {
		const struct ba_event *e = &r->la.events[k];

		if (ends_slab(e, pfn, pfn + 1u))
			break;
		if (!ba_event_is_slab(e) || e->op == BA_OP_KFREE ||
		    ba_lookahead_frame(&r->la, e) != pfn)
			continue;
		if (e->op == BA_OP_KMALLOC)
			return ba_kmalloc_cache(&r->ctx, e->arg, e->gfp);
		return e->op == BA_OP_CACHE_ALLOC ?
			cache_by_size(r, k, NULL) : cache_named(r, e->arg);
	}
	return BA_CACHE_NONE;
}

/* Of line i, an allocation: no slab tells, but how the object is freed. */
static uint16_t cache_of_hashed(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	uint16_t first = BA_CACHE_NONE, named;
	uint32_t number = 0;

	if (e->op == BA_OP_KMALLOC)
		return ba_kmalloc_cache(&r->ctx, e->arg, e->gfp);
	if (e->op != BA_OP_CACHE_ALLOC)
		return BA_CACHE_NONE;
	ba_hmap_get(&r->la.slabs->freed_as, (uint32_t)(r->la.base + i),
		    &number);
	named = cache_named(r, number);
	if (named != BA_CACHE_NONE)
		return named;
	if (candidates(r, e, &first) &&
	    (!number || ba_cache_at(&r->ctx, first)->recorded))
		return first;
	return ba_event_bytes_alloc(e) &&
	       ba_event_bytes_alloc(e) < UINT16_MAX ?
		make_cache(r, e, number, NULL) : BA_CACHE_NONE;
}

/* Does line i, which allocates a block, look as if the cache of line k asked
 * for it? */
static bool looks_asked(struct ba_replay *r, size_t i, size_t k)
{
	const struct ba_event *e = &r->la.events[i];
	uint16_t id = ba_slab_cache_of(r, k);

	if (id == BA_CACHE_NONE || ba_slab_is_silent(r, id) ||
	    e->order != ba_cache_at(&r->ctx, id)->layout.order)
		return false;
	return r->slab->loose[id] ?
		(e->gfp & (BA_GFP_NOWARN | BA_GFP_NORETRY)) ==
			(BA_GFP_NOWARN | BA_GFP_NORETRY) :
		e->gfp == ba_slab_gfp(&r->ctx, id, r->la.events[k].gfp);
}

bool ba_slab_looks_asked(struct ba_replay *r, size_t i)
{
	size_t k = i;

	do
		k = ba_lookahead_own(&r->la, k);
	while (k != BA_LOOKAHEAD_NONE && !ba_event_is_slab(&r->la.events[k]));
	return k != BA_LOOKAHEAD_NONE &&
	       ba_event_is_slab_alloc(&r->la.events[k]) &&
	       ba_lookahead_hashed(&r->la, &r->la.events[k]) &&
	       looks_asked(r, i, k);
}

uint16_t ba_slab_cache_of(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	struct ba_slab_replay *s = r->slab;
	pfn_t pfn = ba_lookahead_frame(&r->la, e);
	uint16_t id = BA_CACHE_NONE;

	if (pfn == r->la.nr_frames)
		return ba_lookahead_hashed(&r->la, e) ?
			cache_of_hashed(r, i) : id;
	if (s->cache_at[pfn]) {
		id = (uint16_t)(s->cache_at[pfn] - 1u);
		if (e->op == BA_OP_CACHE_FREE && is_nameless(r, id) &&
		    cache_named(r, e->arg) == BA_CACHE_NONE)
			ba_slab_name_cache(s, e->arg, id);
		return id;
	}
	if (e->op == BA_OP_KMALLOC)
		id = ba_kmalloc_cache(&r->ctx, e->arg, e->gfp);
	else if (e->op == BA_OP_CACHE_ALLOC)
		id = cache_by_size(r, i, ba_slab_block_with(&s->pending, pfn));
	else if (e->op == BA_OP_CACHE_FREE)
		id = cache_named(r, e->arg);
	else
		id = cache_by_later(r, i, pfn);
	s->cache_at[pfn] = (uint16_t)(id + 1u);
	return id;
}

void ba_slab_forget_caches(struct ba_replay *r, const struct ba_event *e)
{
	for (uint64_t pfn = e->addr;
	     pfn < e->addr + (UINT64_C(1) << e->order) && pfn < r->la.nr_frames;
	     pfn++)
		r->slab->cache_at[pfn] = 0;
}

void ba_slab_keep_cache(struct ba_replay *r, const struct ba_slab_block *block,
			uint16_t id)
{
	uint64_t end = block->recorded + (UINT64_C(1) << block->order);

	for (uint64_t k = block->recorded; k < end && k < r->la.nr_frames; k++)
		r->slab->cache_at[k] = (uint16_t)(id + 1u);
}

size_t ba_slab_line_for(const struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];

	for (size_t k = ba_lookahead_own(&r->la, i); k != BA_LOOKAHEAD_NONE;
	     k = ba_lookahead_own(&r->la, k)) {
		const struct ba_event *own = &r->la.events[k];
		pfn_t pfn;

		if (!ba_event_is_slab(own))
			continue;
		pfn = ba_lookahead_frame(&r->la, own);
		if (ba_lookahead_hashed(&r->la, own))
			return ba_event_is_slab_alloc(own) ?
				k : BA_LOOKAHEAD_NONE;
		return ba_event_is_slab_alloc(own) && pfn >= e->addr &&
		       pfn < e->addr + (UINT64_C(1) << e->order) ?
			k : BA_LOOKAHEAD_NONE;
	}
	return BA_LOOKAHEAD_NONE;
}

uint16_t ba_slab_cache_for(struct ba_replay *r, size_t i, size_t *k)
{
	const struct ba_event *e = &r->la.events[i];
	struct ba_slab_block block = { .recorded = e->addr, .order = e->order };
	uint16_t id;

	*k = ba_slab_line_for(r, i);
	if (*k == BA_LOOKAHEAD_NONE)
		return BA_CACHE_NONE;
	e = &r->la.events[*k];
	if (ba_lookahead_hashed(&r->la, e))
		id = ba_slab_cache_of(r, *k);
	else
		id = e->op == BA_OP_KMALLOC ?
			ba_kmalloc_cache(&r->ctx, e->arg, e->gfp) :
			cache_by_size(r, *k, &block);
	return id != BA_CACHE_NONE && r->slab->known[id][r->ctx.cpu] ?
		id : BA_CACHE_NONE;
}

size_t ba_slab_first_line(const struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	size_t last = i + LINES_AHEAD < r->la.nr ? i + LINES_AHEAD : r->la.nr;

	for (size_t k = i + 1; k < last; k++) {
		const struct ba_event *line = &r->la.events[k];
		pfn_t pfn;

		if (!ba_event_is_slab(line))
			continue;
		pfn = ba_lookahead_frame(&r->la, line);
		if (pfn >= e->addr && pfn < e->addr + (UINT64_C(1) << e->order))
			return k;
	}
	return BA_LOOKAHEAD_NONE;
}
