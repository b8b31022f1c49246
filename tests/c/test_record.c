/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/record.h"

#include "testlib.h"

static char message[200];

static struct ba_record line_of(const char *text)
{
	message[0] = '\0';
	return (struct ba_record){ .rest = { text, text + strlen(text) },
				   .line = 7, .message = message,
				   .message_size = sizeof(message) };
}

TEST(words_one_after_the_other)
{
	struct ba_record r = line_of("count 12 -3 ff DMA32 1a2");
	uint32_t count = 0, hex = 0;
	int32_t negative = 0;
	char name[6];
	pfn_t pfn = 0;

	CHECK(ba_record_key_dec32(&r, "count", &count));
	CHECK(ba_record_int32(&r, &negative));
	CHECK(ba_record_hex32(&r, &hex));
	CHECK(ba_record_name(&r, name, sizeof(name)));
	CHECK(ba_record_pfn(&r, &pfn));
	CHECK(ba_record_end(&r));
	CHECK_EQ(count, 12);
	CHECK_EQ(negative, -3);
	CHECK_EQ(hex, 255);
	CHECK_STR_EQ(name, "DMA32");
	CHECK_EQ(pfn, 0x1a2);
	CHECK_EQ(r.status, BA_OK);
}

TEST(a_word_of_another_kind)
{
	struct ba_record r = line_of("4294967296");
	uint32_t value;
	char name[4];
	pfn_t pfn;

	CHECK(!ba_record_dec32(&r, &value));
	CHECK_EQ(r.status, BA_EFORMAT);
	CHECK_STR_EQ(message, "line 7: '4294967296' is no number of its range; "
		     "copy the file or take the state again");
	r = line_of("100000000");
	CHECK(!ba_record_hex32(&r, &value));
	r = line_of("ffffffff");
	CHECK(!ba_record_pfn(&r, &pfn));
	r = line_of("DMA32");
	CHECK(!ba_record_name(&r, name, sizeof(name)));
	r = line_of("size 3");
	CHECK(!ba_record_key(&r, "order"));
	CHECK_STR_EQ(message, "line 7: 'size' stands where 'order' belongs; "
		     "copy the file or take the state again");
	r = line_of("");
	CHECK(!ba_record_dec32(&r, &value));
	CHECK_STR_EQ(message, "line 7: the line ends too early; copy the file "
		     "or take the state again");
	r = line_of("x");
	CHECK(!ba_record_end(&r));
}

TEST(L1_the_first_error_stays)
{
	struct ba_record r = line_of("");

	CHECK(!ba_record_fail(&r, BA_ESTATE, "first"));
	CHECK(!ba_record_fail(&r, BA_EFORMAT, "second"));
	CHECK_EQ(r.status, BA_ESTATE);
	CHECK_STR_EQ(message, "line 7: first");
}

TEST(L2_a_writer_counts_past_its_room)
{
	char text[8] = "-------";
	struct ba_writer w = { text, 4, 0 };

	ba_put_int(&w, "a", -12);
	CHECK_EQ(w.len, 5);
	CHECK_STR_EQ(text, "a -1---");
	w = (struct ba_writer){ text, sizeof(text), 0 };
	ba_put_hex(&w, "", 0xabc);
	ba_put_dec(&w, "", 0);
	ba_put_char(&w, '\0');
	CHECK_STR_EQ(text, " abc 0");
}
