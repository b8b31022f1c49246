// SPDX-License-Identifier: GPL-2.0-only
#include "base/message.h"

#include "testlib.h"

__attribute__((format(printf, 4, 5)))
static void say(char *message, size_t size, uint32_t line, const char *format,
		...)
{
	va_list args;

	va_start(args, format);
	ba_message(message, size, line, format, args);
	va_end(args);
}

TEST(a_sentence_with_its_line)
{
	char text[40] = "old";

	say(text, sizeof(text), 12, "zone %u has no pages", 3u);
	CHECK_STR_EQ(text, "line 12: zone 3 has no pages");
	say(text, sizeof(text), 0, "zone %u has no pages", 3u);
	CHECK_STR_EQ(text, "zone 3 has no pages");
}

/* W1: cut off within the sentence, within the line's number, and at once. */
TEST(a_buffer_that_is_too_small)
{
	char text[40] = "old";

	say(text, 12, 12, "%s", "abcdef");
	CHECK_STR_EQ(text, "line 12: ab");
	say(text, 5, 12, "%s", "abcdef");
	CHECK_STR_EQ(text, "line");
	say(text, 1, 12, "%s", "abcdef");
	CHECK_STR_EQ(text, "");
}

TEST(no_buffer)
{
	char text[4] = "old";

	say(NULL, 40, 1, "%s", "abc");
	say(text, 0, 1, "%s", "abc");
	CHECK_STR_EQ(text, "old");
}
