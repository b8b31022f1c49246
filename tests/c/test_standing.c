// SPDX-License-Identifier: GPL-2.0-only
#include "sim/standing.h"

#include "mm/gfp.h"

#include "testlib.h"

static struct ba_standing standing;

static struct ba_event event(enum ba_op op, uint16_t task, uint8_t order)
{
	return (struct ba_event){ .op = (uint8_t)op, .task = task,
				  .order = order };
}

static void line(enum ba_op op, uint16_t task, uint8_t order)
{
	struct ba_event e = event(op, task, order);

	ba_standing_line(&standing, &e);
}

static bool is_late(uint16_t task, uint8_t order)
{
	struct ba_event e = event(BA_OP_PAGE_ALLOC, task, order);

	return ba_standing_is_late(&standing, &e);
}

static unsigned int rights(uint16_t task)
{
	struct ba_event e = event(BA_OP_PAGE_ALLOC, task, 0);

	return ba_standing_rights(&standing, &e);
}

static void served(uint16_t task, uint8_t order)
{
	struct ba_event e = event(BA_OP_PAGE_ALLOC, task, order);

	ba_standing_served(&standing, &e);
}

static bool is_refused(uint16_t task, uint8_t order, uint32_t gfp)
{
	struct ba_event e = event(BA_OP_PAGE_ALLOC, task, order);

	e.gfp = gfp;
	return ba_standing_is_refused(&standing, &e);
}

static void reclaim(uint16_t task, uint8_t order, uint32_t pages)
{
	struct ba_event end = event(BA_OP_RECLAIM_END, task, 0);

	end.arg = pages;
	line(BA_OP_RECLAIM_BEGIN, task, order);
	ba_standing_line(&standing, &end);
}

/* Other requests of the task come in between; another task's do not count. */
TEST(a_request_that_reclaims_is_late_afterwards)
{
	memset(&standing, 0, sizeof(standing));
	line(BA_OP_RECLAIM_BEGIN, 7, 0);
	CHECK(!is_late(7, 0));
	CHECK_EQ(rights(7), BA_ALLOC_NO_WATERMARKS);
	served(7, 0);
	line(BA_OP_RECLAIM_END, 7, 0);
	CHECK_EQ(rights(7), 0);
	CHECK(is_late(7, 0));
	CHECK(!is_late(7, 1));
	CHECK(!is_late(8, 0));
	CHECK_EQ(standing.nr, 1);
	served(7, 1);
	CHECK(is_late(7, 0));
	served(7, 0);
	CHECK(!is_late(7, 0));
	CHECK_EQ(standing.nr, 0);
}

TEST(a_request_that_compacts_is_late)
{
	memset(&standing, 0, sizeof(standing));
	line(BA_OP_COMPACTION_TRY, 9, 9);
	CHECK(is_late(9, 9));
	CHECK(!is_late(9, 0));
	CHECK_EQ(rights(9), 0);
	/* no order that there is */
	line(BA_OP_COMPACTION_TRY, 9, 200);
	CHECK(!is_late(9, 200));
	CHECK_EQ(standing.nr, 0);
}

TEST(kswapd_and_a_victim_may_use_reserves)
{
	struct ba_event e = event(BA_OP_MARK_VICTIM, 1, 0);

	memset(&standing, 0, sizeof(standing));
	e.addr = 158;
	ba_standing_line(&standing, &e);
	CHECK_EQ(rights(158), BA_ALLOC_OOM);
	CHECK_EQ(rights(1), 0);
	line(BA_OP_BALANCE, 38, 0);
	CHECK_EQ(rights(38), BA_ALLOC_NO_WATERMARKS);
	line(BA_OP_BALANCE_END, 38, 0);
	CHECK_EQ(rights(38), 0);
	/* one that reclaims has more rights than a victim */
	line(BA_OP_RECLAIM_BEGIN, 158, 0);
	CHECK_EQ(rights(158), BA_ALLOC_NO_WATERMARKS);
	line(BA_OP_RECLAIM_END, 158, 0);
	CHECK_EQ(rights(158), BA_ALLOC_OOM);
	CHECK_EQ(standing.nr, 1);
}

/* The zones may have more by now: nobody looks. */
TEST(a_request_that_may_not_retry_ends_with_a_reclaim_in_vain)
{
	uint32_t gfp = BA_GFP_KERNEL | BA_GFP_NORETRY;

	memset(&standing, 0, sizeof(standing));
	reclaim(7, 0, 0);
	CHECK(is_refused(7, 0, gfp));
	CHECK(!is_refused(7, 0, BA_GFP_KERNEL));
	CHECK(!is_refused(7, 1, gfp));
	CHECK(!is_refused(8, 0, gfp));
	served(7, 0);
	CHECK(!is_refused(7, 0, gfp));
	CHECK_EQ(standing.nr, 0);
	reclaim(7, 0, 1);
	CHECK(!is_refused(7, 0, gfp));
	/* what compaction brings is looked at */
	reclaim(7, 1, 0);
	CHECK(!is_refused(7, 1, gfp));
	reclaim(7, 0, 0);
	line(BA_OP_COMPACTION_TRY, 7, 1);
	CHECK(!is_refused(7, 0, gfp));
}
