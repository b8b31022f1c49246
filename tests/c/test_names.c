/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/names.h"

#include "testlib.h"

static struct ba_names names;

static uint32_t number(const char *text)
{
	return ba_names_number(&names, (struct ba_span){ text,
							 text + strlen(text) });
}

TEST(Q1_numbers_in_the_order_of_the_names)
{
	memset(&names, 0, sizeof(names));
	CHECK_EQ(number("dentry"), 1);
	CHECK_EQ(number("dentr"), 2);
	CHECK_EQ(number("dentry"), 1);
	CHECK_EQ(number("filp"), 3);
	CHECK_EQ(names.nr, 3);
	CHECK_STR_EQ(ba_names_text(&names, 2), "dentr");
	CHECK(!ba_names_text(&names, 0));
	CHECK(!ba_names_text(&names, 4));
}

TEST(names_without_a_number)
{
	char text[64];

	memset(&names, 0, sizeof(names));
	for (uint32_t i = 1; i <= BA_NAMES_MAX; i++) {
		snprintf(text, sizeof(text), "cache-%u", i);
		CHECK_EQ(number(text), i);
	}
	CHECK_EQ(number("one too many"), 0);
	CHECK_EQ(number("cache-7"), 7);
	CHECK_EQ(number(""), 0);
	memset(text, 'x', BA_NAME_LEN);
	text[BA_NAME_LEN] = '\0';
	CHECK_EQ(number(text), 0);
	CHECK_EQ(names.without, 3);
}
