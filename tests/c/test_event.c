/* SPDX-License-Identifier: GPL-2.0-only */
#include "sim/event.h"

#include "testlib.h"

TEST(every_op_has_a_name_of_its_own_and_a_kind)
{
	for (unsigned int a = 0; a < BA_NR_OPS; a++) {
		REQUIRE(ba_op_name(a) != NULL);
		CHECK(strchr("skm", ba_op_kind(a)) != NULL);
		for (unsigned int b = 0; b < a; b++)
			CHECK(strcmp(ba_op_name(a), ba_op_name(b)) != 0);
	}
	CHECK_STR_EQ(ba_op_name(BA_OP_ZONE_LOCKED),
		     "mm_page_alloc_zone_locked");
	CHECK_EQ(ba_op_kind(BA_OP_ISOLATE), 'k');
	CHECK_EQ(ba_op_kind(BA_OP_SNAP), 'm');
}

TEST(out_of_range_gives_nothing)
{
	CHECK(ba_op_name(BA_NR_OPS) == NULL);
	CHECK_EQ(ba_op_kind(BA_NR_OPS), 0);
	CHECK(ba_result_text(BA_NR_RESULTS) == NULL);
}

TEST(every_result_has_a_sentence)
{
	for (unsigned int i = 0; i < BA_NR_RESULTS; i++)
		CHECK(ba_result_text(i) != NULL);
	CHECK_STR_EQ(ba_result_text(BA_RESULT_OK), "ok");
}
