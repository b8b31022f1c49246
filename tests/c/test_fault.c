// SPDX-License-Identifier: GPL-2.0-only
#include "mm/fault.h"

#include "pages.h"

static const struct ba_mapping anon = { .anon = true, .mm = 1 };
static const struct ba_mapping file = { .anon = false };

static uint8_t use_of(uint32_t handle)
{
	return ctx.frames[ctx.handles[handle].pfn].use;
}

static int64_t on_list(enum ba_lru_list lru)
{
	return nodes->node[0].lruvec.nr[lru];
}

/*
 * New pages are inactive. The mapping of an anonymous one says touched, and
 * the call that read a file; a call that writes says nothing.
 */
TEST(a_new_page_of_each_kind)
{
	static const struct ba_mapping written = { .dirty = true };
	uint32_t a, f;

	start(PAGES);
	a = ba_fault_new(&ctx, nodes, &anon);
	f = ba_fault_new(&ctx, nodes, &file);
	CHECK_EQ(use_of(a), BA_USE_ANON | BA_USE_YOUNG);
	CHECK_EQ(use_of(f), BA_USE_REFERENCED);
	CHECK_EQ(use_of(ba_fault_new(&ctx, nodes, &written)), BA_USE_DIRTY);
	CHECK_EQ(on_list(BA_LRU_INACTIVE_ANON), 1);
	CHECK_EQ(on_list(BA_LRU_INACTIVE_FILE), 2);
	CHECK_EQ(ba_pageblock_type(ctx.pageblocks, ctx.handles[f].pfn),
		 BA_MT_MOVABLE);
	stop();
}

/* Read, written, read: it is active by the second read, not by the write. */
TEST(page_cache_is_active_when_it_is_read_again)
{
	uint32_t f;

	start(PAGES);
	f = ba_fault_new(&ctx, nodes, &file);
	CHECK_EQ(ba_fault_touch(&ctx, nodes, f, true, 0), BA_TOUCH_HIT);
	CHECK_EQ(use_of(f), BA_USE_REFERENCED | BA_USE_DIRTY);
	CHECK_EQ(ba_fault_touch(&ctx, nodes, f, false, 0), BA_TOUCH_HIT);
	CHECK_EQ(use_of(f), BA_USE_ACTIVE | BA_USE_DIRTY);
	CHECK_EQ(on_list(BA_LRU_ACTIVE_FILE), 1);
	CHECK_EQ(on_list(BA_LRU_INACTIVE_FILE), 0);
	stop();
}

TEST(an_evicted_page_comes_back)
{
	uint32_t f;

	start(PAGES);
	f = ba_fault_new(&ctx, nodes, &file);
	CHECK_EQ(ba_user_drop_caches(&ctx, nodes), 1);
	CHECK_EQ(ba_fault_touch(&ctx, nodes, f, false, 0), BA_TOUCH_MAJOR);
	CHECK_EQ(ctx.handles[f].state, BA_HANDLE_RESIDENT);
	CHECK_EQ(use_of(f), BA_USE_REFERENCED);
	CHECK_EQ(ctx.vm->event[BA_VM_pgmajfault], 1);
	CHECK_EQ(on_list(BA_LRU_INACTIVE_FILE), 1);
	stop();
}

/* enabled x defrag x madvise, as vma_thp_gfp_mask has it */
TEST(the_effort_for_a_huge_page)
{
	const uint32_t light = BA_GFP_TRANSHUGE_LIGHT;
	const struct { uint32_t defrag; bool madvised; uint32_t gfp; } is[] = {
		{ BA_THP_DEFRAG_ALWAYS, false,
		  light | BA_GFP_DIRECT_RECLAIM | BA_GFP_NORETRY },
		{ BA_THP_DEFRAG_ALWAYS, true, light | BA_GFP_DIRECT_RECLAIM },
		{ BA_THP_DEFRAG_DEFER, true, light | BA_GFP_KSWAPD_RECLAIM },
		{ BA_THP_DEFRAG_DEFER_MADVISE, true,
		  light | BA_GFP_DIRECT_RECLAIM },
		{ BA_THP_DEFRAG_DEFER_MADVISE, false,
		  light | BA_GFP_KSWAPD_RECLAIM },
		{ BA_THP_DEFRAG_MADVISE, true,
		  light | BA_GFP_DIRECT_RECLAIM },
		{ BA_THP_DEFRAG_MADVISE, false, light },
		{ BA_THP_DEFRAG_NEVER, true, light },
	};

	start(PAGES);
	for (size_t i = 0; i < sizeof(is) / sizeof(is[0]); i++) {
		ctx.vm->thp_defrag = is[i].defrag;
		CHECK_EQ(ba_thp_gfp(&ctx, is[i].madvised), is[i].gfp);
	}
	ctx.vm->thp_enabled = BA_THP_MADVISE;
	CHECK_EQ(ba_thp_gfp(&ctx, false), 0);
	CHECK_EQ(ba_thp_gfp(&ctx, true), light);
	ctx.vm->thp_enabled = BA_THP_NEVER;
	CHECK_EQ(ba_thp_gfp(&ctx, true), 0);
	stop();
}

TEST(a_huge_page_is_one_block_on_the_list)
{
	uint32_t h;

	start(PAGES);
	h = ba_fault_new_huge(&ctx, nodes, &anon);
	CHECK(h);
	CHECK_EQ(ctx.handles[h].order, 9);
	CHECK_EQ(ctx.handles[h].pfn % 512, 0);
	CHECK_EQ(on_list(BA_LRU_INACTIVE_ANON), 512);
	CHECK_EQ(ctx.vm->event[BA_VM_thp_fault_alloc], 1);
	CHECK_EQ(free_pages(), PAGES - 1 - 512);
	ba_user_release(&ctx, nodes, h);
	CHECK_EQ(on_list(BA_LRU_INACTIVE_ANON), 0);
	CHECK_EQ(free_pages(), PAGES - 1);
	stop();
}

/* `never`: no attempt, no change but the count. */
TEST(no_huge_page)
{
	start(PAGES);
	ctx.vm->thp_enabled = BA_THP_NEVER;
	CHECK_EQ(ba_fault_new_huge(&ctx, nodes, &anon), 0);
	CHECK_EQ(ctx.vm->event[BA_VM_thp_fault_fallback], 1);
	CHECK_EQ(free_pages(), PAGES - 1);
	stop();
}

TEST(no_room_for_handles)
{
	start(PAGES);
	ctx.vm->max_handles = 2;
	CHECK_EQ(ba_fault_new(&ctx, nodes, &anon), 1);
	CHECK_EQ(ba_fault_new(&ctx, nodes, &anon), 0);
	CHECK_EQ(ctx.result, BA_RESULT_OK);
	CHECK_EQ(free_pages(), PAGES - 1 - 1);
	ctx.vm->max_handles = 3;
	CHECK_EQ(ba_fault_new(&ctx, nodes, &anon), 2);
	stop();
}

/* It grows until it dies of it: the page it died for is free again. */
TEST(a_fault_that_kills_its_own_mm)
{
	static const struct ba_mapping other = { .anon = true, .mm = 2 };
	uint32_t first, spared, handle;

	start(PAGES);
	first = ba_fault_new(&ctx, nodes, &anon);
	spared = ba_fault_new(&ctx, nodes, &other);
	do {
		handle = ba_fault_new(&ctx, nodes, &anon);
	} while (handle);
	CHECK_EQ(ctx.result, BA_RESULT_KILLED);
	CHECK_EQ(ctx.handles[first].state, BA_HANDLE_FREE);
	CHECK_EQ(ctx.handles[spared].state, BA_HANDLE_RESIDENT);
	CHECK_EQ(ctx.vm->event[BA_VM_oom_kill], 1);
	CHECK_EQ(free_pages(), PAGES - 1 - 1);
	stop();
}

/* Evicted pages have no frame: the kernel takes all, then one is touched. */
TEST(a_touch_that_kills_its_own_mm)
{
	static const struct ba_mapping mapping = { .anon = false, .mm = 1 };
	uint32_t page, large;

	start(PAGES);
	page = ba_fault_new(&ctx, nodes, &mapping);
	CHECK_EQ(ba_user_drop_caches(&ctx, nodes), 1);
	large = ba_fault_new(&ctx, nodes, &anon);
	while (alloc(BA_GFP_KERNEL | BA_GFP_NORETRY, 0) != BA_PFN_NONE)
		;
	CHECK_EQ(ba_fault_touch(&ctx, nodes, page, false, 0),
		 BA_TOUCH_FAILED);
	CHECK_EQ(ctx.result, BA_RESULT_KILLED);
	CHECK_EQ(ctx.handles[page].state, BA_HANDLE_FREE);
	CHECK_EQ(ctx.handles[large].state, BA_HANDLE_FREE);
	stop();
}
