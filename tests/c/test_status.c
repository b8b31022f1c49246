/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/status.h"

#include "testlib.h"

/* S1: 0 is success, everything else is below; each has its own sentence. */
TEST(s1_only_ok_is_zero)
{
	static const enum ba_status all[] = {
#define X(name, value, exception, sentence) name,
		BA_STATUSES(X)
#undef X
	};
	size_t i, k;

	CHECK_EQ(all[0], BA_OK);
	CHECK_EQ(BA_OK, 0);
	for (i = 1; i < sizeof(all) / sizeof(all[0]); i++) {
		CHECK(all[i] < 0);
		for (k = 0; k < i; k++)
			CHECK(strcmp(ba_strerror(all[i]),
				     ba_strerror(all[k])) != 0);
	}
}

TEST(sentence_of_a_status)
{
	CHECK_STR_EQ(ba_strerror(BA_OK), "no error");
	CHECK_STR_EQ(ba_strerror(BA_EDOUBLEFREE), "the frame is already free");
}

/* S2: the exception is a word of the list, None for success. */
TEST(s2_exception_of_a_status)
{
	CHECK_STR_EQ(ba_status_exception(BA_OK), "None");
	CHECK_STR_EQ(ba_status_exception(BA_ENOMEM), "MemoryError");
	CHECK_STR_EQ(ba_status_exception(BA_EBROKEN), "InternalError");
}

/* A number that is no status is our own bug, and still has an answer. */
TEST(number_outside_the_list)
{
	CHECK_STR_EQ(ba_strerror((enum ba_status)-77), "unknown status");
	CHECK_STR_EQ(ba_status_exception((enum ba_status)-77),
		     "InternalError");
}
