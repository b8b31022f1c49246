// SPDX-License-Identifier: GPL-2.0-only
#include "sim/slab_replay.h"

/* Objects that one line can tell to have changed hands in silence. */
#define SILENT_MAX 512u

/* Lines looked at for what becomes of a slab. */
#define LINES_AHEAD 65536u

/* The objects before this one were taken in silence. */
static void take_silent_until(struct ba_replay *r, uint16_t id,
			      uint64_t address)
{
	for (uint32_t n = 0; n < SILENT_MAX; n++) {
		uint64_t next = ba_slab_next(&r->ctx, r->nodes, id);

		if (!next || next == address || !ba_slab_take_silent(r, id))
			return;
	}
}

/* The object of line e is in a slab of the cache that was full all the time. */
static void adopt_slab(struct ba_replay *r, const struct ba_event *e,
		       uint16_t id)
{
	order_t order = ba_cache_at(&r->ctx, id)->layout.order;
	pfn_t pfn = r->names[ba_lookahead_frame(&r->la, e)].model;

	pfn &= ~((1u << order) - 1u);
	if (ba_slab_adopt(&r->ctx, r->nodes, id, pfn, order))
		ba_slab_order_end(r, pfn);
}

/* The kernel took that object, the model would have taken another. */
static void put_right(struct ba_replay *r, const struct ba_event *e,
		      uint16_t id)
{
	struct ba_object_at at = ba_slab_find(r, e->addr);
	const struct ba_slab *slab;

	if (at.head == BA_PFN_NONE) {
		adopt_slab(r, e, id);
		return;
	}
	if (!ba_slab_object_free(&r->ctx, at))
		return;
	slab = &ba_slabs(&r->ctx)[at.head];
	if (slab->place != BA_SLAB_CPU)
		ba_slab_to_cpu(&r->ctx, r->nodes, at.head);
	ba_slab_take(&r->ctx, at);
	ba_slab_order_taken(r, at);
}

/* The first object of a slab, whose pages the model asked for or not. */
static void alloc_born(struct ba_replay *r, size_t i, uint16_t id,
		       struct ba_slab_block *born)
{
	const struct ba_event *e = &r->la.events[i];
	struct ba_slab_replay *s = r->slab;
	const struct ba_kmem_cache *cache = ba_cache_at(&r->ctx, id);
	struct ba_slab_block block = *born;

	ba_slab_block_remove(&s->pending, born);
	if (!ba_slab_make(r, e, id, &block) || block.cache != id) {
		ba_slab_mismatch(r, i);
		return;
	}
	s->score.slab_pages_exact++;
	s->score.same_slab++;
	if (s->loose[id] || (cache->random_nr && cache->layout.objects > 1))
		s->score.address_unknowable++;
	else
		s->score.same_address +=
			ba_slab_find(r, e->addr).head != BA_PFN_NONE &&
			!ba_slab_object_free(&r->ctx, ba_slab_find(r, e->addr));
}

/* The model chose `got`, where `address` would be what line i names. */
static void score_choice(struct ba_replay *r, size_t i, uint16_t id,
			 uint64_t got, uint64_t address)
{
	struct ba_slab_replay *s = r->slab;
	bool foreseen;

	if (ba_unlikely(got != address)) {
		s->score.same_slab +=
			ba_object_find(&r->ctx, r->nodes, got).head ==
			ba_object_find(&r->ctx, r->nodes, address).head;
		ba_slab_mismatch(r, i);
		return;
	}
	s->score.same_slab++;
	/* where the order is known, nothing is learnt */
	foreseen = !s->loose[id] ||
		   ba_slab_order_taken(r, ba_object_find(&r->ctx, r->nodes,
							 got));
	s->score.same_address += foreseen;
	s->score.address_unknowable += !foreseen;
}

/* Line e allocates this object: what was done in silence before? */
static void go_silent(struct ba_replay *r, const struct ba_event *e,
		      uint16_t id, uint64_t address)
{
	struct ba_object_at at = ba_slab_find(r, e->addr);

	if (at.head == BA_PFN_NONE)
		return;
	if (!ba_slab_object_free(&r->ctx, at))
		ba_slab_free_silent(r, address);
	take_silent_until(r, id, address);
}

static void alloc_old(struct ba_replay *r, size_t i, uint16_t id)
{
	const struct ba_event *e = &r->la.events[i];
	struct ba_slab_request request = ba_slab_request_of(r, e, id);
	uint64_t address = ba_slab_model_address(r, e->addr);
	uint64_t next;

	if (ba_slab_is_silent(r, id))
		go_silent(r, e, id, address);
	next = ba_slab_order_next(r, id, address);
	if (next)
		score_choice(r, i, id, next, address);
	else
		ba_slab_mismatch(r, i);
	if (next && next == address)
		ba_kmem_cache_alloc(&r->ctx, r->nodes, &request);
	else
		put_right(r, e, id);
}

/* No line has named the model's frames of the slab with that object. */
static void forget_names(struct ba_replay *r, uint64_t address)
{
	struct ba_object_at at = ba_object_find(&r->ctx, r->nodes, address);
	order_t order = ba_slabs(&r->ctx)[at.head].order;

	for (pfn_t pfn = at.head; pfn < at.head + (1u << order); pfn++)
		r->names[pfn].name = BA_PFN_NONE;
}

/* An object of a new slab, whose pages no line gives. */
static uint64_t alloc_unasked(struct ba_replay *r, const struct ba_event *e,
			      uint16_t id)
{
	struct ba_slab_request request = ba_slab_request_of(r, e, id);
	uint64_t got;

	r->ctx.slab_supply = NULL;
	got = ba_kmem_cache_alloc(&r->ctx, r->nodes, &request);
	r->ctx.slab_supply = &r->slab->supply;
	r->slab->score.slab_pages_extra++;
	if (got)
		forget_names(r, got);
	return got;
}

/* The model's own object, in a slab of pages that it asked for at their line,
 * or now. */
static void alloc_driven(struct ba_replay *r, size_t i, uint16_t id,
			 struct ba_slab_block *born)
{
	const struct ba_event *e = &r->la.events[i];
	struct ba_slab_request request = ba_slab_request_of(r, e, id);
	uint64_t place = ba_slab_same_place(r, e->addr);
	uint64_t got;

	if (born) {
		alloc_born(r, i, id, born);
		ba_slab_move_object(r, e->addr, place);
		return;
	}
	got = ba_slab_order_next(r, id, place);
	if (!got)
		got = alloc_unasked(r, e, id);
	else
		ba_kmem_cache_alloc(&r->ctx, r->nodes, &request);
	if (!got) {
		ba_slab_mismatch(r, i);
		return;
	}
	score_choice(r, i, id, got, place);
	if (got != place)
		ba_slab_order_taken(r, ba_object_find(&r->ctx, r->nodes, got));
	ba_slab_move_object(r, e->addr, got);
}

/* The latest block that the cache has asked for; NULL: none. */
static struct ba_slab_block *asked_by(struct ba_slab_blocks *pending,
				      uint16_t id)
{
	for (uint32_t k = pending->nr; k-- > 0;)
		if (pending->at[k].cache == id)
			return &pending->at[k];
	return NULL;
}

/*
 * A hashed address names an object, not its place: nothing can be compared.
 * Driven, the model hands out its own.
 */
static void alloc_hashed(struct ba_replay *r, size_t i, uint16_t id)
{
	const struct ba_event *e = &r->la.events[i];
	struct ba_slab_request request = ba_slab_request_of(r, e, id);
	struct ba_slab_replay *s = r->slab;
	struct ba_slab_block *born = asked_by(&s->pending, id);
	uint64_t got;

	s->score.unchecked++;
	if (!ba_slab_is_driven(r, id))
		return;
	if (born) {
		s->supply.page[0].pfn = born->pfn;
		s->supply.page[0].order = born->order;
		s->supply.nr = 1;
		s->supply.start = UINT32_MAX;
		ba_slab_block_remove(&s->pending, born);
		got = ba_slab_alloc_new(&r->ctx, r->nodes, &request,
					ba_slab_new(&r->ctx, r->nodes,
						    &request));
		s->score.slab_pages_exact++;
	} else if (ba_slab_next(&r->ctx, r->nodes, id)) {
		got = ba_kmem_cache_alloc(&r->ctx, r->nodes, &request);
	} else {
		got = alloc_unasked(r, e, id);
	}
	if (got)
		ba_slab_move_object(r, e->addr, got);
	ba_slab_collect(r, id);
}

static void alloc_line(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	struct ba_slab_replay *s = r->slab;
	uint16_t id = ba_slab_cache_of(r, i);
	struct ba_slab_block *born;

	if (id == BA_CACHE_NONE) {
		/* kmalloc of pages is no object */
		s->score.unchecked += e->op == BA_OP_CACHE_ALLOC ||
				      e->arg <= BA_KMALLOC_CACHE_MAX;
		return;
	}
	if (ba_unlikely(ba_lookahead_hashed(&r->la, e))) {
		alloc_hashed(r, i, id);
		return;
	}
	born = ba_slab_block_with(&s->pending, ba_lookahead_frame(&r->la, e));
	if (!s->known[id][r->ctx.cpu]) {
		s->score.unchecked++;
		return;
	}
	s->score.allocations++;
	if (ba_slab_is_driven(r, id))
		alloc_driven(r, i, id, born);
	else if (born)
		alloc_born(r, i, id, born);
	else
		alloc_old(r, i, id);
	ba_slab_collect(r, id);
}

/* A slab that was full all the time, if a cache with known lists has it. */
static struct ba_object_at adopt(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	uint16_t id = ba_slab_cache_of(r, i);

	if (id != BA_CACHE_NONE && r->slab->known[id][r->ctx.cpu] &&
	    !ba_slab_block_with(&r->slab->pending,
				ba_lookahead_frame(&r->la, e)))
		adopt_slab(r, e, id);
	return ba_slab_find(r, e->addr);
}

/* An object that is freed while it is free was allocated in silence. */
static void allocated_before(struct ba_replay *r, struct ba_object_at at)
{
	uint32_t n = ba_slab_is_silent(r, at.cache) ? SILENT_MAX : 0;

	while (n-- && ba_slab_object_free(&r->ctx, at) &&
	       ba_slab_next(&r->ctx, r->nodes, at.cache))
		ba_slab_take_silent(r, at.cache);
	if (ba_slab_object_free(&r->ctx, at))
		ba_slab_take(&r->ctx, at);
}

/* Driven: does the context of line i go on with a line that frees pages of that
 * order? It is the line of this block then. */
static bool line_frees(const struct ba_replay *r, size_t *i, order_t order)
{
	const struct ba_event *e;

	do {
		*i = ba_lookahead_own(&r->la, *i);
		if (*i == BA_LOOKAHEAD_NONE)
			return false;
		e = &r->la.events[*i];
	} while (e->op == BA_OP_PCPU_DRAIN || e->op == BA_OP_FREE_ONE ||
		 e->op == BA_OP_DRAIN);
	return e->op == BA_OP_PAGE_FREE && e->order == order &&
	       (r->la.hints[*i] & BA_HINT_SLAB || r->la.slabs->hashed);
}

/*
 * Does the cache give its pages back after a grace period? If its flags are
 * not known, it is so if lines free this frame, but not the next line.
 */
static bool frees_later(struct ba_replay *r, size_t i, uint16_t id, pfn_t pfn)
{
	struct ba_kmem_cache *cache = ba_cache_at(&r->ctx, id);
	size_t last = i + LINES_AHEAD < r->la.nr ? i + LINES_AHEAD : r->la.nr;
	uint32_t recorded = r->names[pfn].name;

	for (size_t k = i + 1; k < last && r->slab->loose[id] &&
			       !(cache->layout.flags & BA_SLAB_TYPESAFE_BY_RCU);
	     k++) {
		const struct ba_event *e = &r->la.events[k];

		if (ba_event_is_slab(e) &&
		    ba_lookahead_frame(&r->la, e) == recorded)
			break;
		if (e->op == BA_OP_PAGE_FREE && e->addr == recorded)
			cache->layout.flags |= BA_SLAB_TYPESAFE_BY_RCU;
	}
	return cache->layout.flags & BA_SLAB_TYPESAFE_BY_RCU;
}

/* Driven: what the cache has given back is freed at its line, if it has one,
 * else now. */
static void give_back(struct ba_replay *r, size_t i, uint16_t id)
{
	struct ba_slab_replay *s = r->slab;
	uint32_t nr = s->supply.nr_given_back, kept = 0;
	size_t line = i;

	for (uint32_t k = 0; k < nr; k++) {
		order_t order = s->supply.given_back[k].order;

		if ((line != BA_LOOKAHEAD_NONE &&
		     line_frees(r, &line, order)) ||
		    frees_later(r, i, id, s->supply.given_back[k].pfn)) {
			s->supply.given_back[kept++] = s->supply.given_back[k];
			continue;
		}
		s->score.slab_pages_extra++;
		ba_free_pages(&r->ctx, r->nodes, s->supply.given_back[k].pfn,
			      order);
	}
	s->supply.nr_given_back = kept;
}

static void free_line(struct ba_replay *r, size_t i)
{
	const struct ba_event *e = &r->la.events[i];
	struct ba_slab_replay *s = r->slab;
	struct ba_object_at at;
	uint64_t address;

	if (e->addr <= BA_ZERO_SIZE_PTR)
		return;
	if (ba_lookahead_frame(&r->la, e) == r->la.nr_frames &&
	    !ba_hmap_get(&s->moved_frame, e->addr, NULL)) {
		s->score.frees++;
		s->score.unknown_frees++;
		return;
	}
	at = ba_slab_find(r, e->addr);
	if (at.head == BA_PFN_NONE)
		at = adopt(r, i);
	if (at.head == BA_PFN_NONE) {
		/* kfree of pages is no free of an object */
		bool object = ba_slab_cache_of(r, i) != BA_CACHE_NONE ||
			      e->op == BA_OP_CACHE_FREE;

		s->score.frees += object;
		s->score.unknown_frees += object;
		return;
	}
	s->score.frees++;
	if (ba_slab_object_free(&r->ctx, at))
		allocated_before(r, at);
	address = ba_slab_model_address(r, e->addr);
	ba_hmap_del(&s->moved_frame, e->addr, NULL);
	ba_hmap_del(&s->moved_offset, e->addr, NULL);
	ba_kmem_cache_free(&r->ctx, r->nodes, BA_CACHE_NONE, address);
	if (ba_slab_is_driven(r, at.cache))
		give_back(r, i, at.cache);
	ba_slab_collect(r, at.cache);
}

void ba_slab_line(struct ba_replay *r, size_t i)
{
	r->ctx.slab_supply = &r->slab->supply;
	if (ba_event_is_slab_alloc(&r->la.events[i]))
		alloc_line(r, i);
	else
		free_line(r, i);
	r->ctx.slab_supply = NULL;
	/* what later lines told of this one is not asked for again */
	if (ba_unlikely(r->la.slabs->hashed))
		ba_hmap_del(&r->la.slabs->freed_as, (uint32_t)(r->la.base + i),
			    NULL);
}

bool ba_slab_alloc_earlier(struct ba_replay *r, size_t i, size_t own)
{
	const struct ba_event *e = &r->la.events[own];
	bool touched = false;
	uint64_t next;
	uint16_t id;
	pfn_t pfn;

	if (!ba_event_is_slab_alloc(e))
		return false;
	ba_set_cpu(&r->ctx, e->cpu);
	pfn = ba_lookahead_frame(&r->la, e);
	id = pfn == r->la.nr_frames ? BA_CACHE_NONE : ba_slab_cache_of(r, own);
	if (id == BA_CACHE_NONE || !r->slab->known[id][r->ctx.cpu])
		return false;
	next = ba_slab_next(&r->ctx, r->nodes, id);
	if (next ? next != ba_slab_model_address(r, e->addr) :
		   !ba_slab_block_with(&r->slab->pending, pfn))
		return false;
	for (size_t k = i + 1; k < own; k++) {
		const struct ba_event *line = &r->la.events[k];

		if (line->cpu != e->cpu || !ba_event_is_slab(line) ||
		    ba_lookahead_frame(&r->la, line) == r->la.nr_frames ||
		    ba_slab_cache_of(r, k) != id)
			continue;
		if (ba_event_is_slab_alloc(line) && line->addr == e->addr)
			return false;
		touched = true;
	}
	r->slab->score.reordered += touched;
	return touched;
}
