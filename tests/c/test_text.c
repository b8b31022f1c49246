/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/text.h"

#include "testlib.h"

static struct ba_span span(const char *text)
{
	return (struct ba_span){ text, text + strlen(text) };
}

TEST(eight_hexadecimal_digits)
{
	static const char digits[] = "0123456789abcdef";
	char text[] = "00000000";
	uint32_t value = 1;

	CHECK(ba_text_hex8(ba_text_load8("89abcdef"), &value) &&
	      value == 0x89abcdefu);
	for (int c = 0; c < 256; c++)
		for (int at = 0; at < 8; at++) {
			const char *found = c ? strchr(digits, c) : NULL;
			bool good;

			memcpy(text, "00000000", 8);
			text[at] = (char)c;
			good = ba_text_hex8(ba_text_load8(text), &value);
			CHECK_EQ(good, found != NULL);
			if (good)
				CHECK_EQ(value, (uint32_t)(found - digits)
						<< (7 - at) * 4);
		}
}

TEST(a_word_of_up_to_eight_hexadecimal_digits)
{
	char text[32];
	uint32_t value;

	for (unsigned int nr = 1; nr <= 8; nr++) {
		uint32_t number = 0xfedcba98u >> (8 - nr) * 4;

		snprintf(text, sizeof(text), "%x order=0", number);
		value = 7;
		CHECK_EQ(ba_text_hex_word(text, &value), nr);
		CHECK_EQ(value, number);
		/* any byte of it is another */
		for (unsigned int at = 0; at < nr; at++) {
			char kept = text[at];

			text[at] = 'g';
			CHECK_EQ(ba_text_hex_word(text, &value), 0);
			text[at] = 'A';
			CHECK_EQ(ba_text_hex_word(text, &value), 0);
			text[at] = kept;
		}
	}
	CHECK_EQ(ba_text_hex_word("123456789 ", &value), 8);
	CHECK_EQ(ba_text_hex_word(" 12345678", &value), 0);
}

TEST(where_the_first_blank_stands)
{
	static const char bytes[] = "x!\x1f\x21\x7f\x80\xa0\xff";
	char text[8];

	for (const char *c = bytes; *c; c++)
		for (unsigned int at = 0; at <= 8; at++) {
			memset(text, *c, 8);
			if (at < 8)
				text[at] = ' ';
			CHECK_EQ(ba_text_before_blank(ba_text_load8(text)), at);
		}
}

TEST(six_decimal_digits)
{
	char text[] = "000000: ";
	uint64_t value = 1;

	CHECK(ba_text_dec6("123456: ", &value) && value == 123456);
	CHECK(ba_text_dec6("999999\xff\xff", &value) && value == 999999);
	CHECK(ba_text_dec6("000000zz", &value) && value == 0);
	for (int c = 0; c < 256; c++)
		for (size_t at = 0; at < 6; at++) {
			bool digit = c >= '0' && c <= '9';
			uint64_t expected = (uint64_t)(c - '0');

			memcpy(text, "000000: ", 8);
			text[at] = (char)c;
			CHECK_EQ(ba_text_dec6(text, &value), digit);
			for (size_t i = at; i < 5; i++)
				expected *= 10;
			if (digit)
				CHECK_EQ(value, expected);
		}
}

TEST(digits_end_where_they_are_told)
{
	const char *text = "12345x";
	uint64_t value;

	CHECK(ba_text_digits(text, text + 6, 9, &value) == text + 5);
	CHECK_EQ(value, 12345);
	CHECK(ba_text_digits(text, text + 6, 3, &value) == text + 3);
	CHECK_EQ(value, 123);
	CHECK(ba_text_digits(text, text + 2, 3, &value) == text + 2);
	CHECK_EQ(value, 12);
	CHECK(ba_text_digits(text + 5, text + 6, 3, &value) == text + 5);
	CHECK_EQ(value, 0);
}

TEST(blanks_end_where_they_are_told)
{
	char text[32];

	memset(text, ' ', sizeof(text));
	for (size_t at = 0; at < 30; at++) {
		text[at] = 'x';
		CHECK(ba_text_blanks(text, text + 32) == text + at);
		CHECK(ba_text_blanks(text, text + at) == text + at);
		text[at] = ' ';
	}
}

TEST(numbers_fill_their_word)
{
	uint64_t value = 7;
	int64_t number;

	CHECK(ba_text_dec(span("18446744073709551615"), &value));
	CHECK_EQ(value, UINT64_MAX);
	CHECK(!ba_text_dec(span("18446744073709551616"), &value));
	CHECK(!ba_text_dec(span(""), &value));
	CHECK(!ba_text_dec(span("12a"), &value));
	CHECK(ba_text_hex(span("0xffffffffffffffff"), &value));
	CHECK_EQ(value, UINT64_MAX);
	CHECK(ba_text_hex(span("DeadBeef"), &value));
	CHECK_EQ(value, 0xdeadbeef);
	CHECK(!ba_text_hex(span("10000000000000000"), &value));
	CHECK(!ba_text_hex(span("0x"), &value));
	CHECK(!ba_text_hex(span("0xg"), &value));
	CHECK(ba_text_number(span("0x10"), &value) && value == 16);
	CHECK(ba_text_number(span("10"), &value) && value == 10);
	CHECK(ba_text_int(span("-9"), &number) && number == -9);
	CHECK(!ba_text_int(span("-"), &number));
	CHECK(!ba_text_int(span("--9"), &number));
	CHECK(!ba_text_int(span("9223372036854775808"), &number));
}

TEST(a_hex_digit_is_one_of_22_bytes)
{
	unsigned int digits = 0;

	for (int c = -128; c < 128; c++)
		digits += ba_hex_digit((char)c) < 16;
	CHECK_EQ(digits, 22);
	CHECK_EQ(ba_hex_digit('F'), 15);
}

TEST(words_are_parted_by_any_number_of_spaces)
{
	struct ba_span line = span("  two   words "), word;

	CHECK(ba_text_word(&line, &word) && ba_span_is(word, "two", 3));
	CHECK(ba_text_word(&line, &word) && ba_span_is(word, "words", 5));
	CHECK(!ba_text_word(&line, &word));
}

/* "(sym+0x4 <- other) page=0x1 flag empty= last=2" */
TEST(pairs_pass_over_words_without_equals_sign)
{
	struct ba_span line = span("(sym+0x4 <- other) page=0x1 flag empty= "
				   "last=a=b");
	struct ba_span name, value;

	CHECK(ba_text_pair(&line, &name, &value));
	CHECK(ba_span_is(name, "page", 4) && ba_span_is(value, "0x1", 3));
	CHECK(ba_text_pair(&line, &name, &value));
	CHECK(ba_span_is(name, "empty", 5) && ba_span_len(value) == 0);
	CHECK(ba_text_pair(&line, &name, &value));
	CHECK(ba_span_is(name, "last", 4) && ba_span_is(value, "a=b", 3));
	CHECK(!ba_text_pair(&line, &name, &value));
}
