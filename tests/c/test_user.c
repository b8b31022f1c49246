// SPDX-License-Identifier: GPL-2.0-only
#include "mm/user.h"

#include "mm/fault.h"

#include "pages.h"

static uint32_t new_page(bool anon, bool dirty)
{
	const struct ba_mapping mapping = { .anon = anon, .dirty = dirty };

	return ba_fault_new(&ctx, nodes, &mapping);
}

/* The frame is free, its handle nobody's, and the next page has it again. */
TEST(a_released_page_is_free)
{
	uint32_t handle;
	pfn_t pfn;

	start(PAGES);
	handle = new_page(true, false);
	CHECK(ba_user_has(&ctx, handle));
	pfn = ctx.handles[handle].pfn;
	CHECK_EQ(release(pfn, 0), BA_EHANDLE);
	CHECK_EQ(free_pages(), PAGES - 1 - 1);
	ba_user_release(&ctx, nodes, handle);
	CHECK(!ba_user_has(&ctx, handle));
	CHECK_EQ(free_pages(), PAGES - 1);
	CHECK_EQ(ctx.frames[pfn].flags, 0);
	CHECK_EQ(new_page(false, false), handle);
	stop();
}

TEST(handles_that_nobody_has)
{
	start(PAGES);
	CHECK(!ba_user_has(&ctx, 0));
	CHECK(!ba_user_has(&ctx, 1));
	CHECK_EQ(new_page(true, false), 1);
	CHECK(ba_user_has(&ctx, 1));
	CHECK(!ba_user_has(&ctx, 2));
	CHECK(!ba_user_has(&ctx, UINT32_MAX));
	stop();
}

/* clean file, dirty file, anonymous: only the first goes. */
TEST(caches_are_dropped_where_they_are_clean)
{
	uint32_t clean, dirty, anon;

	start(PAGES);
	clean = new_page(false, false);
	dirty = new_page(false, true);
	anon = new_page(true, false);
	CHECK_EQ(ba_user_drop_caches(&ctx, nodes), 1);
	CHECK_EQ(ctx.handles[clean].state, BA_HANDLE_EVICTED);
	CHECK_EQ(ctx.handles[dirty].state, BA_HANDLE_RESIDENT);
	CHECK_EQ(ctx.handles[anon].state, BA_HANDLE_RESIDENT);
	CHECK_EQ(free_pages(), PAGES - 1 - 2);
	CHECK_EQ(ba_user_drop_caches(&ctx, nodes), 0);
	ba_user_release(&ctx, nodes, clean);
	CHECK_EQ(free_pages(), PAGES - 1 - 2);
	stop();
}
