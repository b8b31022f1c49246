// SPDX-License-Identifier: GPL-2.0-only
#include "sim/slab_run.h"

#include <stdlib.h>
#include <string.h>

#define FRESH_WORDS (BA_OBJECTS_PER_FRAME / 64u)

void ba_slab_block_add(struct ba_slab_blocks *blocks,
		       struct ba_slab_block block)
{
	if (blocks->nr == BA_SLAB_BLOCKS_MAX) {
		blocks->nr--;
		memmove(&blocks->at[0], &blocks->at[1],
			blocks->nr * sizeof(blocks->at[0]));
	}
	blocks->at[blocks->nr++] = block;
}

void ba_slab_block_remove(struct ba_slab_blocks *blocks,
			  const struct ba_slab_block *block)
{
	size_t i = (size_t)(block - blocks->at);

	blocks->nr--;
	memmove(&blocks->at[i], &blocks->at[i + 1],
		(blocks->nr - i) * sizeof(blocks->at[0]));
}

struct ba_slab_block *ba_slab_block_with(struct ba_slab_blocks *blocks,
					 uint64_t pfn)
{
	for (uint32_t i = blocks->nr; i-- > 0;) {
		struct ba_slab_block *b = &blocks->at[i];

		if (pfn >= b->recorded &&
		    pfn < b->recorded + (UINT64_C(1) << b->order))
			return b;
	}
	return NULL;
}

struct ba_slab_block *ba_slab_block_of(struct ba_slab_blocks *blocks, pfn_t pfn)
{
	for (uint32_t i = 0; i < blocks->nr; i++)
		if (blocks->at[i].pfn == pfn)
			return &blocks->at[i];
	return NULL;
}

bool ba_slab_is_silent(const struct ba_replay *r, uint16_t id)
{
	return r->slab->number[id] && r->la.slabs->silent[r->slab->number[id]];
}

bool ba_slab_is_driven(const struct ba_replay *r, uint16_t id)
{
	return r->slab->mode == BA_SLAB_MODE_DRIVEN &&
	       r->slab->known[id][r->ctx.cpu] && !ba_slab_is_silent(r, id);
}

uint64_t ba_slab_moved_address(const struct ba_replay *r, uint64_t address)
{
	uint32_t pfn, offset = 0;

	if (ba_likely(!ba_hmap_get(&r->slab->moved_frame, address, &pfn)))
		return ba_slab_same_place(r, address);
	ba_hmap_get(&r->slab->moved_offset, address, &offset);
	return r->ctx.caches->page_offset + offset +
	       ((uint64_t)pfn << BA_PAGE_SHIFT);
}

void ba_slab_move_object(struct ba_replay *r, uint64_t recorded,
			 uint64_t address)
{
	uint64_t offset = address - r->ctx.caches->page_offset;
	struct ba_slab_replay *s = r->slab;

	ba_hmap_del(&s->moved_frame, recorded, NULL);
	ba_hmap_del(&s->moved_offset, recorded, NULL);
	if ((ba_unlikely(recorded - r->ctx.caches->page_offset >=
			 (uint64_t)r->la.nr_frames << BA_PAGE_SHIFT) ||
	     address != ba_slab_same_place(r, recorded)) &&
	    (ba_hmap_put(&s->moved_frame, recorded,
			 (uint32_t)(offset >> BA_PAGE_SHIFT)) != BA_OK ||
	     ba_hmap_put(&s->moved_offset, recorded,
			 (uint32_t)(offset % BA_PAGE_SIZE)) != BA_OK))
		r->status = BA_ENOMEM;
}

void ba_slab_collect(struct ba_replay *r, uint16_t id)
{
	struct ba_slab_supply *supply = &r->slab->supply;

	for (uint32_t i = 0; i < supply->nr_given_back; i++)
		ba_slab_block_add(&r->slab->leaving, (struct ba_slab_block){
			r->names[supply->given_back[i].pfn].name,
			supply->given_back[i].pfn,
			supply->given_back[i].order, id });
	supply->nr = supply->nr_given_back = 0;
}

void ba_slab_mismatch(struct ba_replay *r, size_t i)
{
	if (r->slab->score.first_mismatch == UINT64_MAX)
		r->slab->score.first_mismatch = r->la.base + i;
}

struct ba_slab_request ba_slab_request_of(const struct ba_replay *r,
					  const struct ba_event *e, uint16_t id)
{
	uint32_t size = ba_cache_at(&r->ctx, id)->layout.object_size;
	uint32_t req = ba_event_bytes_req(e);

	return (struct ba_slab_request){
		.cache = id,
		.gfp = e->gfp,
		.node = e->order ? (uint8_t)(e->order - 1u) : BA_ANY_NODE,
		.slack = ba_slack(size, req) };
}

bool ba_slab_take_silent(struct ba_replay *r, uint16_t id)
{
	struct ba_slab_request request = { .cache = id, .node = BA_ANY_NODE };

	r->slab->score.silent_objects++;
	return ba_kmem_cache_alloc(&r->ctx, r->nodes, &request) != 0;
}

void ba_slab_free_silent(struct ba_replay *r, uint64_t address)
{
	r->slab->score.silent_objects++;
	ba_kmem_cache_free(&r->ctx, r->nodes, BA_CACHE_NONE, address);
}

uint16_t ba_slab_name_cache(struct ba_slab_replay *s, uint32_t number,
			    uint16_t id)
{
	if (number && number < BA_LOOKAHEAD_NAMES) {
		s->by_name[number] = (uint16_t)(id + 1u);
		s->number[id] = (uint16_t)number;
	}
	return id;
}

static void know_caches(struct ba_replay *r)
{
	struct ba_slab_replay *s = r->slab;
	const struct ba_caches *caches = r->ctx.caches;
	uint32_t slabs = ba_slab_count(&r->ctx);

	for (uint16_t id = 0; id < caches->nr; id++) {
		const struct ba_kmem_cache *cache = &caches->cache[id];

		if (!ba_cache_exists(&r->ctx, id))
			continue;
		s->loose[id] = !cache->recorded && !cache->random_nr;
		for (cpu_t cpu = 0; cpu < BA_CPU_MAX; cpu++)
			s->known[id][cpu] = cache->recorded != 0;
	}
	for (uint32_t n = 1;
	     n <= r->options.nr_cache_names && n < BA_LOOKAHEAD_NAMES; n++) {
		uint16_t id = ba_kmem_cache_find(&r->ctx,
						 r->options.cache_names[n - 1]);

		if (id != BA_CACHE_NONE)
			ba_slab_name_cache(s, n, id);
	}
	/* frames that nobody has touched are left so */
	for (pfn_t pfn = 0; slabs && pfn < r->nodes->end; pfn++) {
		s->cache_at[pfn] = ba_slabs(&r->ctx)[pfn].cache;
		if (s->cache_at[pfn])
			r->la.frame[pfn] |= BA_SEEN_SLAB;
	}
}

enum ba_status ba_slab_replay_create(struct ba_replay *r)
{
	pfn_t frames = r->la.nr_frames;
	struct ba_slab_replay *s;
	enum ba_status status;

	if (r->options.slab_mode == BA_SLAB_MODE_OFF) {
		ba_slab_drop_all(&r->ctx, r->nodes);
		return BA_OK;
	}
	status = ba_lookahead_with_slabs(&r->la, r->ctx.caches->page_offset);
	if (status != BA_OK)
		return status;
	s = calloc(1, sizeof(*s));
	if (!s)
		return BA_ENOMEM;
	r->slab = s;
	ba_hmap_init(&s->moved_frame);
	ba_hmap_init(&s->moved_offset);
	s->mode = (enum ba_slab_mode)r->options.slab_mode;
	s->score.first_mismatch = UINT64_MAX;
	s->cache_at = calloc(frames, sizeof(*s->cache_at));
	s->fresh = calloc((size_t)frames * FRESH_WORDS, sizeof(*s->fresh));
	s->last_fresh = calloc(frames, sizeof(*s->last_fresh));
	s->named.last = calloc(frames, sizeof(*s->named.last));
	s->named.before = calloc(BA_SLAB_NAMED_LINES,
				 sizeof(*s->named.before));
	if (!s->cache_at || !s->fresh || !s->last_fresh || !s->named.last ||
	    !s->named.before)
		return BA_ENOMEM;
	know_caches(r);
	return BA_OK;
}

void ba_slab_replay_destroy(struct ba_replay *r)
{
	if (!r->slab)
		return;
	free(r->slab->cache_at);
	free(r->slab->fresh);
	free(r->slab->last_fresh);
	free(r->slab->named.last);
	free(r->slab->named.before);
	for (uint32_t id = 0; id < BA_CACHES_MAX; id++)
		free(r->slab->follower[id]);
	ba_hmap_deinit(&r->slab->moved_frame);
	ba_hmap_deinit(&r->slab->moved_offset);
	free(r->slab);
	r->slab = NULL;
}

const struct ba_slab_score *ba_slab_replay_score(const struct ba_replay *r)
{
	return r->slab ? &r->slab->score : NULL;
}
