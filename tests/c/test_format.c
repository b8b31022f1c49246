/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/format.h"

#include "testlib.h"

static struct ba_span span(const char *text)
{
	return (struct ba_span){ text, text + strlen(text) };
}

static uint32_t bits(const struct ba_gfp_names *names, const char *text)
{
	uint32_t mask = 0xbad;

	CHECK(ba_gfp_names_decode(names, span(text), &mask));
	return mask;
}

TEST(the_same_name_has_other_bits_in_another_kernel)
{
	struct ba_gfp_names old, new;
	uint32_t mask;

	ba_gfp_names_init(&old, BA_GFP_6_1);
	ba_gfp_names_init(&new, BA_GFP_6_12);
	CHECK_EQ(bits(&old, "GFP_ATOMIC"), 0xa20);
	CHECK_EQ(bits(&new, "GFP_ATOMIC"), 0x820);
	CHECK_EQ(bits(&old, "GFP_NOWAIT|__GFP_HIGH"), 0x820);
	CHECK_EQ(bits(&new, "GFP_ATOMIC|__GFP_NOWARN"), 0x2820);
	CHECK_EQ(bits(&old, "__GFP_ATOMIC"), 0x200);
	CHECK(!ba_gfp_names_decode(&new, span("__GFP_ATOMIC"), &mask));
}

TEST(texts_of_flags_are_read_back)
{
	struct ba_gfp_names names;
	uint32_t mask;

	ba_gfp_names_init(&names, BA_GFP_6_12);
	CHECK_EQ(bits(&names, "none"), 0);
	CHECK_EQ(bits(&names, "GFP_KERNEL|__GFP_ZERO"), 0xdc0);
	CHECK_EQ(bits(&names, "__GFP_IO|__GFP_FS|__GFP_NOWARN|__GFP_NORETRY|"
		      "__GFP_COMP|__GFP_NOMEMALLOC"), 0xd20c0);
	CHECK_EQ(bits(&names, "GFP_NOWAIT|0x1000000"), 0x1002800);
	CHECK_EQ(bits(&names, "GFP_WAIT|GFP_IO|GFP_ZERO"), 0xd40);
	CHECK_EQ(bits(&names, "0x1000000"), 0x1000000);
	CHECK(!ba_gfp_names_decode(&names, span(""), &mask));
	CHECK(!ba_gfp_names_decode(&names, span("GFP_KERNEL|"), &mask));
	CHECK(!ba_gfp_names_decode(&names, span("GFP_KERNE"), &mask));
	CHECK(!ba_gfp_names_decode(&names, span("0x100000000"), &mask));
}

TEST(a_table_takes_names_until_it_is_full)
{
	struct ba_gfp_names names = { 0 };
	char name[BA_GFP_NAME_LEN];

	for (uint32_t i = 0; i < BA_GFP_NAMES_MAX; i++) {
		snprintf(name, sizeof(name), "N%u", i);
		CHECK(ba_gfp_names_set(&names, span(name), i));
	}
	CHECK(!ba_gfp_names_set(&names, span("ONE_MORE"), 1));
	CHECK(ba_gfp_names_set(&names, span("N3"), 0x99));
	CHECK_EQ(names.nr, BA_GFP_NAMES_MAX);
	CHECK_EQ(bits(&names, "N3"), 0x99);
	names.nr = 0;
	CHECK(!ba_gfp_names_set(&names, span("A_NAME_WITH_24_CHARACTERS"), 1));
}

/* The form of 6.1's file, with three of its flags. */
static const char mm_page_alloc[] =
	"name: mm_page_alloc\n"
	"ID: 547\n"
	"format:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;"
	"\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"
	"\n"
	"\tfield:unsigned long pfn;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:char comm[16];\toffset:16;\tsize:16;\tsigned:0;\n"
	"\n"
	"print fmt: \"pfn=0x%lx gfp_flags=%s\", REC->pfn != -1UL ? REC->pfn "
	": 0, (REC->gfp_flags) ? __print_flags(REC->gfp_flags, \"|\", "
	"{( unsigned long)((((( gfp_t)(0x400u|0x800u)) | (( gfp_t)0x40u)) | "
	"(( gfp_t)0x2000u)) & ~(( gfp_t)(0x400u|0x800u))), \"GFP_TEST\"}, "
	"{( unsigned long)(( gfp_t)0x1230u), \"GFP_ATOMIC\"}, "
	"{( unsigned long)((( gfp_t)((((1UL))) << (___GFP_DMA_BIT)))), "
	"\"GFP_DMA\"} ) : \"none\"\n";

TEST(a_format_file_gives_fields_and_flags)
{
	const struct ba_format_field *field;
	struct ba_gfp_names names;
	struct ba_format format;

	ba_gfp_names_init(&names, BA_GFP_6_1);
	REQUIRE(ba_format_read(mm_page_alloc, strlen(mm_page_alloc), &names,
			       &format, NULL) == BA_OK);
	CHECK_STR_EQ(format.name, "mm_page_alloc");
	CHECK_EQ(format.id, 547);
	CHECK_EQ(format.nr_fields, 4);
	field = ba_format_field(&format, "pfn");
	REQUIRE(field != NULL);
	CHECK_EQ(field->offset, 8);
	CHECK_EQ(field->size, 8);
	CHECK(!field->is_signed);
	CHECK(ba_format_field(&format, "common_pid")->is_signed);
	CHECK(ba_format_field(&format, "comm") != NULL);
	CHECK(ba_format_field(&format, "order") == NULL);
	CHECK_EQ(format.nr_flags, 2);
	CHECK_EQ(format.nr_unresolved, 1);
	CHECK_EQ(bits(&names, "GFP_TEST"), 0x2040);
	CHECK_EQ(bits(&names, "GFP_ATOMIC"), 0x1230);
	/* what the file leaves open stays as built in */
	CHECK_EQ(bits(&names, "GFP_DMA"), 0x1);
}

TEST(other_text_is_refused_with_its_line)
{
	const char *filter = "### global filter ###\n# Use this\n";
	const char *cut = "name: x\nID: 5\nformat:\n\tfield:int a;\toff";
	struct ba_format format;
	uint32_t line = 0;

	CHECK_EQ(ba_format_read(filter, strlen(filter), NULL, &format, &line),
		 BA_EFORMAT);
	CHECK_EQ(line, 1);
	CHECK_EQ(ba_format_read(cut, strlen(cut), NULL, &format, &line),
		 BA_EFORMAT);
	CHECK_EQ(line, 4);
	CHECK_EQ(ba_format_read("", 0, NULL, &format, NULL), BA_EFORMAT);
}

TEST(deep_nesting_ends)
{
	static char text[4000];
	struct ba_format format;
	size_t len;

	strcpy(text, "name: x\nfield:int a; offset:0; size:4; signed:1;\n"
	       "print fmt: __print_flags(REC->gfp_flags, {");
	len = strlen(text);
	memset(text + len, '(', 3000);
	strcpy(text + len + 3000, "1, \"A\"}\n");
	CHECK_EQ(ba_format_read(text, strlen(text), NULL, &format, NULL),
		 BA_OK);
	CHECK_EQ(format.nr_unresolved, 1);
}
