// SPDX-License-Identifier: GPL-2.0-only
#include "sim/slab_pages.h"

/* Objects that one line can tell to have changed hands in silence. */
#define SILENT_MAX 512u

/* Lines looked at for the next one of a task when another runs. */
#define SWITCH_AHEAD 4096u

/* The position of an object in the sequence of its cache; 0: no sequence. */
static uint32_t start_of(const struct ba_replay *r, uint16_t id, uint32_t index)
{
	const struct ba_kmem_cache *cache = ba_cache_at(&r->ctx, id);

	for (uint32_t at = 0; at < cache->random_nr; at++)
		if (ba_random_sequence(&r->ctx, cache)[at] == index)
			return at;
	return 0;
}

/* Objects of a slab of that order; 0: the cache has no such slabs. */
static uint32_t objects_of(const struct ba_kmem_cache *cache, order_t order)
{
	if (order == cache->layout.order)
		return cache->layout.objects;
	return order == cache->layout.min_order ? cache->layout.min_objects : 0;
}

bool ba_slab_make(struct ba_replay *r, const struct ba_event *e, uint16_t id,
		  const struct ba_slab_block *block)
{
	struct ba_slab_replay *s = r->slab;
	const struct ba_kmem_cache *cache = ba_cache_at(&r->ctx, id);
	struct ba_slab_request request = ba_slab_request_of(r, e, id);
	uint64_t offset = e->addr - r->ctx.caches->page_offset -
			  (block->recorded << BA_PAGE_SHIFT);
	uint32_t index = (uint32_t)(offset / cache->layout.size);
	uint32_t objects = objects_of(cache, block->order);
	pfn_t head;

	if (index >= objects)
		return false;

	s->supply.page[0].pfn = block->pfn;
	s->supply.page[0].order = block->order;
	s->supply.nr = 1;
	s->supply.start = start_of(r, id, index);
	head = ba_slab_new(&r->ctx, r->nodes, &request);
	if (head == BA_PFN_NONE)
		return false;
	if (s->loose[id])
		ba_slab_order_begin(r, id, head, index);
	ba_slab_alloc_new(&r->ctx, r->nodes, &request, head);
	return true;
}

/* Has the cache no object left for line k? Then it asks for pages. */
static bool asks(struct ba_replay *r, uint16_t id, size_t k)
{
	struct ba_slab_request request =
		ba_slab_request_of(r, &r->la.events[k], id);

	if (ba_slab_next(&r->ctx, r->nodes, id))
		return false;
	/* gives up the CPU's slab, which is full */
	r->ctx.slab_supply = &r->slab->supply;
	ba_slab_alloc_old(&r->ctx, r->nodes, &request);
	ba_slab_collect(r, id);
	r->ctx.slab_supply = NULL;
	return true;
}

/* Would the cache ask for the block as line i says? Of a cache that was not
 * recorded the flags are not known. */
static bool asks_alike(const struct ba_replay *r, uint16_t id, size_t i,
		       size_t k)
{
	const struct ba_event *e = &r->la.events[i];

	return e->order == ba_cache_at(&r->ctx, id)->layout.order &&
	       (r->slab->loose[id] ||
		e->gfp == ba_slab_gfp(&r->ctx, id, r->la.events[k].gfp));
}

void ba_slab_before_others(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i], *n;
	size_t last = i + SWITCH_AHEAD < r->la.nr ? i + SWITCH_AHEAD : r->la.nr;
	size_t k, first;
	uint16_t id;

	for (k = i + 1; k < last; k++) {
		n = &r->la.events[k];
		if (n->task == e->task && n->cpu == e->cpu &&
		    ba_event_level(n) == ba_event_level(e))
			break;
	}
	if (k == last || r->la.events[k].op != BA_OP_PAGE_ALLOC ||
	    !(r->la.hints[k] & BA_HINT_SLAB))
		return;
	ba_set_cpu(&r->ctx, e->cpu);
	id = ba_slab_cache_for(r, k, &first);
	if (id != BA_CACHE_NONE && asks(r, id, first))
		r->slab->asked = r->la.base + k + 1;
}

bool ba_slab_page_wanted(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	struct ba_slab_replay *s = r->slab;
	size_t first;
	uint16_t id;

	if (e->addr >= r->la.nr_frames)
		return true;
	id = ba_slab_cache_for(r, i, &first);
	s->asking = BA_CACHE_NONE;
	if (id != BA_CACHE_NONE &&
	    (s->asked == r->la.base + i + 1 || asks(r, id, first)) &&
	    asks_alike(r, id, i, first))
		s->asking = id;
	if (s->asking != BA_CACHE_NONE || id == BA_CACHE_NONE ||
	    !ba_slab_is_driven(r, id))
		return true;
	s->score.slab_pages++;
	ba_slab_mismatch(r, i);
	if (r->la.slabs->hashed)
		ba_slab_keep_cache(r, &(struct ba_slab_block){
			.recorded = e->addr, .order = e->order }, id);
	return false;
}

/* The address of the first object taken of a block, of which line e names the
 * first one freed, or the second one taken. */
static uint64_t taken_before(const struct ba_replay *r,
			     const struct ba_event *e, uint16_t id,
			     const struct ba_slab_block *block)
{
	const struct ba_kmem_cache *cache = ba_cache_at(&r->ctx, id);
	uint64_t base = r->ctx.caches->page_offset +
			(block->recorded << BA_PAGE_SHIFT);
	uint32_t index = (uint32_t)((e->addr - base) / cache->layout.size);
	uint32_t at = start_of(r, id, index);

	if (!ba_event_is_slab_alloc(e) || !cache->random_nr)
		return e->addr;
	at = (at ? at : cache->random_nr) - 1;
	index = ba_random_sequence(&r->ctx, cache)[at];
	return base + (uint64_t)index * cache->layout.size;
}

/* A silent allocation needs the slab: all free objects were taken before. */
static void make_silent(struct ba_replay *r, size_t i,
			struct ba_slab_block *block)
{
	struct ba_slab_replay *s = r->slab;
	struct ba_slab_block kept = *block;
	size_t k = ba_slab_first_line(r, i);
	struct ba_event first = { .op = BA_OP_KMALLOC };
	uint16_t id;

	if (k == BA_LOOKAHEAD_NONE)
		return;
	id = ba_slab_cache_of(r, k);
	if (id == BA_CACHE_NONE || !ba_slab_is_silent(r, id) ||
	    !s->known[id][r->ctx.cpu])
		return;
	for (uint32_t n = 0;
	     n < SILENT_MAX && ba_slab_next(&r->ctx, r->nodes, id); n++)
		ba_slab_take_silent(r, id);
	ba_slab_block_remove(&s->pending, block);
	first.addr = taken_before(r, &r->la.events[k], id, &kept);
	first.arg = ba_cache_at(&r->ctx, id)->layout.object_size;
	if (ba_slab_make(r, &first, id, &kept)) {
		s->score.silent_objects++;
		s->score.slab_pages_exact++;
	}
	ba_slab_collect(r, id);
}

/*
 * The block is for the cache of line k: if its lists were not known, they are
 * now, with nothing on them. It asked, as it had nothing left.
 */
static void know_from(struct ba_replay *r, size_t k,
		      struct ba_slab_block *block)
{
	uint16_t id = ba_slab_cache_of(r, k);

	if (id == BA_CACHE_NONE)
		return;
	if (r->la.slabs->hashed)
		ba_slab_keep_cache(r, block, id);
	if (r->slab->known[id][r->ctx.cpu])
		return;
	r->slab->known[id][r->ctx.cpu] = true;
	if (block->order == ba_cache_at(&r->ctx, id)->layout.order)
		block->cache = id;
}

/* Is it the head of a block in use, of that order and nobody's? */
static bool is_block(const struct ba_replay *r, pfn_t pfn, order_t order)
{
	const struct ba_frame *f = &r->ctx.frames[pfn];

	return f->state == BA_FRAME_USED && f->flags & BA_FRAME_HEAD &&
	       !(f->flags & (BA_FRAME_SLAB | BA_FRAME_KMALLOC)) &&
	       f->order == order;
}

void ba_slab_page_came(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	struct ba_slab_replay *s = r->slab;
	size_t first;
	pfn_t pfn;

	if (e->addr >= r->la.nr_frames)
		return;
	pfn = r->names[e->addr].model;
	ba_slab_forget_caches(r, e);
	s->score.slab_pages++;
	/* the model may have had no page, and the name be that of an old one */
	if (r->names[pfn].name != e->addr || !is_block(r, pfn, e->order))
		return;
	first = ba_slab_line_for(r, i);
	ba_slab_block_add(
		&s->pending,
		(struct ba_slab_block){ e->addr, pfn, e->order, s->asking });
	if (first != BA_LOOKAHEAD_NONE) {
		know_from(r, first, &s->pending.at[s->pending.nr - 1]);
		return;
	}
	r->ctx.slab_supply = &s->supply;
	make_silent(r, i, &s->pending.at[s->pending.nr - 1]);
	r->ctx.slab_supply = NULL;
}

/* All objects of the slab were freed in silence. */
static void empty_silent(struct ba_replay *r, pfn_t head)
{
	uint16_t id = (uint16_t)(ba_slabs(&r->ctx)[head].cache - 1u);
	uint32_t objects = ba_slabs(&r->ctx)[head].objects;

	for (uint32_t k = 0; k < objects; k++) {
		struct ba_object_at at = { head, k, id, true };

		/* the last of them may give the slab back */
		if (!ba_slabs(&r->ctx)[head].cache)
			return;
		if (!ba_slab_object_free(&r->ctx, at))
			ba_slab_free_silent(
				r, ba_object_address(&r->ctx,
						     ba_cache_at(&r->ctx, id),
						     head, k));
	}
}

/* Driven: the block that the cache gives back at this line; NULL: none. */
static struct ba_slab_block *leaving_of(struct ba_slab_blocks *leaving,
					pfn_t pfn, uint16_t id, order_t order)
{
	struct ba_slab_block *block = ba_slab_block_of(leaving, pfn);

	if (block && block->cache == id && block->order == order)
		return block;
	for (uint32_t i = 0; i < leaving->nr; i++)
		if (leaving->at[i].cache == id && leaving->at[i].order == order)
			return &leaving->at[i];
	return NULL;
}

/* Line i frees a block that a driven cache had in the recording. */
static bool driven_page_goes(struct ba_replay *r, size_t i, uint16_t id)
{
	const struct ba_event *e = &r->la.events[i];
	struct ba_slab_replay *s = r->slab;
	struct ba_slab_block *block =
		leaving_of(&s->leaving, r->names[e->addr].model, id, e->order);

	s->score.slab_pages++;
	if (!block) {
		ba_slab_mismatch(r, i);
		return false;
	}
	s->score.slab_pages_exact++;
	ba_run_bind(r, e->addr, block->pfn, e->order);
	ba_slab_block_remove(&s->leaving, block);
	return true;
}

/*
 * Line i frees the pages of a slab that the model still has. In silence its
 * objects were freed, and the slab given back; or the model is wrong.
 */
static void drop(struct ba_replay *r, size_t i, pfn_t head)
{
	struct ba_slab_replay *s = r->slab;
	uint16_t id = (uint16_t)(ba_slabs(&r->ctx)[head].cache - 1u);
	const struct ba_slab *slab = &ba_slabs(&r->ctx)[head];
	bool exact = ba_slab_is_silent(r, id) &&
		     slab->order == r->la.events[i].order;

	s->score.slab_pages++;
	if (exact) {
		r->ctx.slab_supply = &s->supply;
		empty_silent(r, head);
		ba_slab_collect(r, id);
		r->ctx.slab_supply = NULL;
	} else {
		ba_slab_mismatch(r, i);
	}
	if (slab->cache)
		ba_slab_drop(&r->ctx, head);
	else
		ba_slab_block_remove(&s->leaving,
				     ba_slab_block_of(&s->leaving, head));
	s->score.slab_pages_exact += exact;
}

bool ba_slab_page_goes(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	struct ba_slab_replay *s = r->slab;
	struct ba_slab_block *block;
	uint16_t id;
	pfn_t pfn;

	if (e->addr >= r->la.nr_frames)
		return true;
	pfn = r->names[e->addr].model;
	id = (uint16_t)(s->cache_at[e->addr] - 1u);
	ba_slab_forget_caches(r, e);
	block = ba_slab_block_with(&s->pending, e->addr);
	if (block)
		ba_slab_block_remove(&s->pending, block);
	if (id != BA_CACHE_NONE && ba_slab_is_driven(r, id))
		return driven_page_goes(r, i, id);
	if (r->names[pfn].name != e->addr)
		return true;
	block = ba_slab_block_of(&s->leaving, pfn);
	if (block) {
		s->score.slab_pages++;
		s->score.slab_pages_exact += block->order == e->order;
		ba_slab_block_remove(&s->leaving, block);
	}
	/* a line of another order than the slab's may free several */
	for (uint64_t at = pfn;
	     at < pfn + (UINT64_C(1) << e->order) && at < r->nodes->end; at++)
		if (ba_slabs(&r->ctx)[at].cache)
			drop(r, i, (pfn_t)at -
			     ba_slab_back(&ba_slabs(&r->ctx)[at]));
	return true;
}
