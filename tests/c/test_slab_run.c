/* SPDX-License-Identifier: GPL-2.0-only */
#include "sim/slab_run.h"

#include "testlib.h"

#include "slab_tape.h"

TEST(blocks)
{
	static struct ba_slab_blocks blocks;

	memset(&blocks, 0, sizeof(blocks));
	for (uint32_t i = 0; i < BA_SLAB_BLOCKS_MAX + 1; i++)
		ba_slab_block_add(&blocks, (struct ba_slab_block){
			.recorded = 8 * i, .pfn = 8 * i + 4, .order = 1 });
	CHECK_EQ(blocks.nr, BA_SLAB_BLOCKS_MAX);
	CHECK(!ba_slab_block_with(&blocks, 0));
	CHECK(ba_slab_block_with(&blocks, 9) == &blocks.at[0]);
	CHECK(!ba_slab_block_with(&blocks, 10));
	CHECK(ba_slab_block_of(&blocks, 20) == &blocks.at[1]);
	ba_slab_block_remove(&blocks, &blocks.at[0]);
	CHECK(!ba_slab_block_with(&blocks, 9));
	CHECK(ba_slab_block_of(&blocks, 20) == &blocks.at[0]);
}

/* V1 */
TEST(objects_that_lines_call_by_another_address)
{
	uint64_t a, b;

	start(1);
	a = alloc(thing(true, 0));
	b = a + SIZE;
	p = play_new(t, (struct ba_replay_options){
		.slab_mode = BA_SLAB_MODE_DRIVEN });
	CHECK_EQ(ba_slab_model_address(p.replay, a), a);
	ba_slab_move_object(p.replay, a, b);
	CHECK_EQ(ba_slab_model_address(p.replay, a), b);
	CHECK_EQ(ba_slab_same_place(p.replay, a), a);
	ba_slab_move_object(p.replay, a, a);
	CHECK_EQ(ba_slab_model_address(p.replay, a), a);
	CHECK_EQ(p.replay->slab->moved_frame.count, 0);
	/* the frame is another in the model */
	ba_run_bind(p.replay, 40, 41, 0);
	CHECK_EQ(ba_slab_same_place(p.replay, tape_ctx(t).caches->page_offset +
				    40 * BA_PAGE_SIZE + 12),
		 tape_ctx(t).caches->page_offset + 41 * BA_PAGE_SIZE + 12);
	stop();
}

TEST(what_a_start_state_tells)
{
	uint64_t a;
	uint16_t id;
	pfn_t pfn;

	start(1);
	id = thing(true, 0);
	a = alloc(id);
	tape_restart(t);
	tape_kprobes(t);
	p = play_new(t, (struct ba_replay_options){
		.slab_mode = BA_SLAB_MODE_DRIVEN, .cache_names = cache_names,
		.nr_cache_names = 1 });
	pfn = (pfn_t)((a - tape_ctx(t).caches->page_offset) >> BA_PAGE_SHIFT);
	CHECK_EQ(p.replay->slab->cache_at[pfn], id + 1u);
	CHECK(p.replay->la.frame[pfn] & BA_SEEN_SLAB);
	CHECK(p.replay->slab->known[id][0]);
	CHECK(!p.replay->slab->loose[id]);
	CHECK_EQ(p.replay->slab->by_name[1], id + 1u);
	CHECK_EQ(ba_slab_find(p.replay, a).head, pfn);
	CHECK_EQ(ba_slab_find(p.replay, a + 8).head, BA_PFN_NONE);
	CHECK(ba_slab_is_driven(p.replay, id));
	p.replay->la.slabs->silent[1] = true;
	CHECK(ba_slab_is_silent(p.replay, id));
	CHECK(!ba_slab_is_driven(p.replay, id));
	stop();
}
