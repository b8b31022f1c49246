/* SPDX-License-Identifier: GPL-2.0-only */
#include "mm/gfp.h"

#include "testlib.h"

static const char *text_of(enum ba_gfp_layout layout, gfp_t gfp)
{
	static char buf[BA_GFP_TEXT_MAX];

	ba_gfp_format(layout, gfp, buf, sizeof(buf));
	return buf;
}

static gfp_t bits_of(enum ba_gfp_layout layout, const char *text)
{
	gfp_t gfp = 0xdeadbeef;

	CHECK_EQ(ba_gfp_parse(layout, text, strlen(text), &gfp), BA_OK);
	return gfp;
}

/* Masks as the two kernels define them, from their headers. */
TEST(composites_have_the_kernels_values)
{
	CHECK_EQ(BA_GFP_ATOMIC_6_1, 0xa20);
	CHECK_EQ(BA_GFP_ATOMIC_6_12, 0x820);
	CHECK_EQ(BA_GFP_NOWAIT_6_1, 0x800);
	CHECK_EQ(BA_GFP_NOWAIT_6_12, 0x2800);
	CHECK_EQ(BA_GFP_KERNEL, 0xcc0);
	CHECK_EQ(BA_GFP_KERNEL_ACCOUNT, 0x400cc0);
	CHECK_EQ(BA_GFP_USER, 0x100cc0);
	CHECK_EQ(BA_GFP_HIGHUSER_MOVABLE, 0x100cca);
	CHECK_EQ(BA_GFP_TRANSHUGE_LIGHT, 0x1c20ca);
	CHECK_EQ(BA_GFP_TRANSHUGE, 0x1c24ca);
}

TEST(migratetype_and_reclaim)
{
	CHECK_EQ(ba_gfp_migratetype(BA_GFP_KERNEL), BA_MT_UNMOVABLE);
	CHECK_EQ(ba_gfp_migratetype(BA_GFP_HIGHUSER_MOVABLE), BA_MT_MOVABLE);
	CHECK_EQ(ba_gfp_migratetype(BA_GFP_RECLAIMABLE), BA_MT_RECLAIMABLE);
	CHECK(ba_gfp_valid(BA_GFP_HIGHUSER_MOVABLE));
	CHECK(!ba_gfp_valid(BA_GFP_MOVABLE | BA_GFP_RECLAIMABLE));
	CHECK(!ba_gfp_valid(BA_GFP_DMA | BA_GFP_DMA32));
	CHECK(ba_gfp_may_direct_reclaim(BA_GFP_KERNEL));
	CHECK(!ba_gfp_may_direct_reclaim(BA_GFP_ATOMIC_6_1));
}

TEST(names)
{
	CHECK_STR_EQ(ba_migratetype_name(BA_MT_HIGHATOMIC), "HighAtomic");
	CHECK_STR_EQ(ba_migratetype_name(BA_MT_ISOLATE), "Isolate");
	CHECK_STR_EQ(ba_migratetype_name(BA_NR_MT), NULL);
}

TEST(format_as_the_kernel_prints)
{
	CHECK_STR_EQ(text_of(BA_GFP_6_1, 0), "none");
	CHECK_STR_EQ(text_of(BA_GFP_6_1, 0xdc0), "GFP_KERNEL|__GFP_ZERO");
	CHECK_STR_EQ(text_of(BA_GFP_6_1, 0xd20c0),
		     "__GFP_IO|__GFP_FS|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|"
		     "__GFP_NOMEMALLOC");
	CHECK_STR_EQ(text_of(BA_GFP_6_12, 0x2820), "GFP_ATOMIC|__GFP_NOWARN");
	CHECK_STR_EQ(text_of(BA_GFP_6_1, 0x820), "GFP_NOWAIT|__GFP_HIGH");
	CHECK_STR_EQ(text_of(BA_GFP_6_1, 0x200), "__GFP_ATOMIC");
	CHECK_STR_EQ(text_of(BA_GFP_6_12, 0x200), "0x200");
	CHECK_STR_EQ(text_of(BA_GFP_6_12, 0x1000cc0), "GFP_KERNEL|0x1000000");
	CHECK_STR_EQ(text_of(BA_GFP_6_12, 0x80000000), "0x80000000");
	CHECK_STR_EQ(text_of(BA_GFP_6_1, 0x7),
		     "GFP_DMA|__GFP_HIGHMEM|GFP_DMA32");
	CHECK_STR_EQ(text_of(BA_GFP_6_1, 0x400), "__GFP_DIRECT_RECLAIM");
}

TEST(format_cuts_to_the_buffer)
{
	char buf[8];

	memset(buf, 'x', sizeof(buf));
	CHECK_EQ(ba_gfp_format(BA_GFP_6_1, BA_GFP_KERNEL, buf, 8), 10);
	CHECK_STR_EQ(buf, "GFP_KER");
	CHECK_EQ(ba_gfp_format(BA_GFP_6_1, 0, buf, 5), 4);
	CHECK_STR_EQ(buf, "none");
	CHECK_EQ(ba_gfp_format(BA_GFP_6_1, 0, NULL, 0), 4);
}

/* Every distinct gfp_flags of the recordings, with the kernel's own text. */
static const char *const recorded_6_1[] = {
	"GFP_ATOMIC",
	"GFP_ATOMIC|__GFP_NOWARN",
	"GFP_ATOMIC|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|__GFP_RECLAIMABLE",
	"GFP_HIGHUSER_MOVABLE|__GFP_COMP",
	"GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO",
	"GFP_HIGHUSER|__GFP_ACCOUNT",
	"GFP_KERNEL",
	"GFP_KERNEL_ACCOUNT",
	"GFP_KERNEL_ACCOUNT|__GFP_ZERO",
	"GFP_KERNEL|__GFP_NOWARN|__GFP_NOMEMALLOC",
	"GFP_KERNEL|__GFP_NOWARN|__GFP_NORETRY",
	"GFP_KERNEL|__GFP_NOWARN|__GFP_NORETRY|__GFP_NOMEMALLOC",
	"GFP_KERNEL|__GFP_NOWARN|__GFP_NORETRY|__GFP_RECLAIMABLE",
	"GFP_KERNEL|__GFP_NOWARN|__GFP_NORETRY|__GFP_ZERO",
	"GFP_KERNEL|__GFP_ZERO",
	"GFP_NOFS",
	"GFP_NOFS|__GFP_NOWARN|__GFP_NORETRY",
	"GFP_NOFS|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|__GFP_HARDWALL",
	"GFP_NOFS|__GFP_ZERO",
	"GFP_NOWAIT|__GFP_NOWARN",
	"GFP_NOWAIT|__GFP_NOWARN|__GFP_ACCOUNT",
	"GFP_NOWAIT|__GFP_NOWARN|__GFP_NORETRY",
	"GFP_NOWAIT|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|__GFP_RECLAIMABLE",
	"GFP_TRANSHUGE",
	"GFP_TRANSHUGE_LIGHT|__GFP_NORETRY|__GFP_THISNODE",
	"GFP_TRANSHUGE_LIGHT|__GFP_THISNODE",
	"GFP_USER",
	"__GFP_HIGHMEM|__GFP_IO|__GFP_FS|__GFP_NOWARN|__GFP_COMP|__GFP_ZERO|"
	  "__GFP_NOMEMALLOC|__GFP_HARDWALL|__GFP_DIRECT_RECLAIM",
	"__GFP_IO|__GFP_FS|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|"
	  "__GFP_NOMEMALLOC",
	"__GFP_IO|__GFP_FS|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|"
	  "__GFP_NOMEMALLOC|__GFP_RECLAIMABLE",
	"__GFP_IO|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|__GFP_NOMEMALLOC",
};

static const char *const recorded_6_12[] = {
	"GFP_ATOMIC",
	"GFP_ATOMIC|__GFP_NOWARN",
	"GFP_ATOMIC|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|__GFP_RECLAIMABLE",
	"GFP_HIGHUSER_MOVABLE|__GFP_COMP",
	"GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO",
	"GFP_HIGHUSER|__GFP_ACCOUNT",
	"GFP_KERNEL",
	"GFP_KERNEL_ACCOUNT",
	"GFP_KERNEL_ACCOUNT|__GFP_COMP|__GFP_ZERO",
	"GFP_KERNEL_ACCOUNT|__GFP_ZERO",
	"GFP_KERNEL|__GFP_COMP",
	"GFP_KERNEL|__GFP_COMP|__GFP_RECLAIMABLE",
	"GFP_KERNEL|__GFP_COMP|__GFP_ZERO",
	"GFP_KERNEL|__GFP_NOWARN|__GFP_NOMEMALLOC",
	"GFP_KERNEL|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP",
	"GFP_KERNEL|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|__GFP_RECLAIMABLE",
	"GFP_KERNEL|__GFP_NOWARN|__GFP_NORETRY|__GFP_NOMEMALLOC",
	"GFP_KERNEL|__GFP_NOWARN|__GFP_NORETRY|__GFP_ZERO",
	"GFP_KERNEL|__GFP_ZERO",
	"GFP_NOFS",
	"GFP_NOFS|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP",
	"GFP_NOFS|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|__GFP_HARDWALL",
	"GFP_NOFS|__GFP_ZERO",
	"GFP_NOWAIT",
	"GFP_NOWAIT|__GFP_ACCOUNT",
	"GFP_NOWAIT|__GFP_NORETRY|__GFP_COMP",
	"GFP_NOWAIT|__GFP_NORETRY|__GFP_COMP|__GFP_RECLAIMABLE",
	"GFP_NOWAIT|__GFP_NORETRY|__GFP_COMP|__GFP_THISNODE",
	"GFP_TRANSHUGE",
	"GFP_TRANSHUGE_LIGHT|__GFP_NORETRY|__GFP_THISNODE",
	"GFP_USER",
	"__GFP_HIGHMEM|__GFP_IO|__GFP_FS|__GFP_NOWARN|__GFP_COMP|__GFP_ZERO|"
	  "__GFP_NOMEMALLOC|__GFP_HARDWALL|__GFP_DIRECT_RECLAIM",
	"__GFP_IO|__GFP_FS|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|"
	  "__GFP_NOMEMALLOC",
	"__GFP_IO|__GFP_FS|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|"
	  "__GFP_NOMEMALLOC|__GFP_RECLAIMABLE",
};

static void check_recorded(enum ba_gfp_layout layout,
			   const char *const *texts, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		gfp_t gfp = bits_of(layout, texts[i]);

		CHECK_STR_EQ(text_of(layout, gfp), texts[i]);
		CHECK(ba_gfp_valid(gfp));
	}
}

TEST(g1_recorded_texts_come_back)
{
	check_recorded(BA_GFP_6_1, recorded_6_1,
		       sizeof(recorded_6_1) / sizeof(recorded_6_1[0]));
	check_recorded(BA_GFP_6_12, recorded_6_12,
		       sizeof(recorded_6_12) / sizeof(recorded_6_12[0]));
}

/* All pairs of bits, all single bits, and words from a plain generator. */
TEST(g1_format_then_parse_is_the_identity)
{
	uint32_t random = 1;
	unsigned int i, j, layout;

	for (layout = 0; layout < 2; layout++) {
		enum ba_gfp_layout l = (enum ba_gfp_layout)layout;

		for (i = 0; i < 32; i++) {
			for (j = 0; j < 32; j++) {
				gfp_t gfp = 1u << i | 1u << j;

				CHECK_EQ(bits_of(l, text_of(l, gfp)), gfp);
			}
		}
		for (i = 0; i < ROUNDS(100000u); i++) {
			random = random * 1664525u + 1013904223u;
			if (bits_of(l, text_of(l, random)) != random) {
				CHECK_EQ(bits_of(l, text_of(l, random)),
					 random);
				return;
			}
		}
		CHECK(ba_gfp_format(l, UINT32_MAX, NULL, 0) <
		      BA_GFP_TEXT_MAX);
	}
}

TEST(layouts_read_the_same_word_differently)
{
	CHECK_EQ(bits_of(BA_GFP_6_1, "GFP_ATOMIC"), 0xa20);
	CHECK_EQ(bits_of(BA_GFP_6_12, "GFP_ATOMIC"), 0x820);
	CHECK_EQ(bits_of(BA_GFP_6_12, "GFP_NOWAIT|__GFP_NOWARN"), 0x2800);
}

/* Older kernels printed flags without "__"; WAIT was one flag until 4.3. */
TEST(old_spellings)
{
	static const struct { const char *text; gfp_t bits; } old[] = {
		{ "GFP_WAIT", BA_GFP_RECLAIM },
		{ "__GFP_WAIT", BA_GFP_RECLAIM },
		{ "GFP_HIGH", BA_GFP_HIGH },
		{ "GFP_IO|GFP_FS", BA_GFP_IO | BA_GFP_FS },
		{ "GFP_ZERO|GFP_RECLAIMABLE",
		  BA_GFP_ZERO | BA_GFP_RECLAIMABLE },
		{ "GFP_REPEAT", BA_GFP_RETRY_MAYFAIL },
		{ "__GFP_REPEAT", BA_GFP_RETRY_MAYFAIL },
		{ "GFP_MOVABLE|GFP_HIGHMEM", BA_GFP_MOVABLE | BA_GFP_HIGHMEM },
		{ "GFP_TEMPORARY", 0xcd0 },
		{ "GFP_WAIT|GFP_IO|GFP_FS", BA_GFP_KERNEL },
	};
	size_t i;

	for (i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		CHECK_EQ(bits_of(BA_GFP_6_1, old[i].text), old[i].bits);
		CHECK_EQ(bits_of(BA_GFP_6_12, old[i].text), old[i].bits);
	}
	CHECK_EQ(bits_of(BA_GFP_6_12, "0x1000000"), 0x1000000);
	CHECK_EQ(bits_of(BA_GFP_6_12, "0XfF"), 0xff);
}

/* Without "__" a flag's name may be that of a composite, which it is then. */
TEST(an_old_spelling_never_hides_a_name)
{
	CHECK_EQ(bits_of(BA_GFP_6_1, "__GFP_ATOMIC"), 0x200);
	CHECK_EQ(bits_of(BA_GFP_6_1, "GFP_ATOMIC"), 0xa20);
	CHECK_EQ(bits_of(BA_GFP_6_12, "GFP_ATOMIC"), 0x820);
}

/* What gfp_types.h names and show_gfp_flags does not print. */
TEST(names_that_no_trace_prints)
{
	gfp_t gfp = 77;

	CHECK_EQ(bits_of(BA_GFP_6_1, "__GFP_DMA"), BA_GFP_DMA);
	CHECK_EQ(bits_of(BA_GFP_6_12, "__GFP_DMA32"), BA_GFP_DMA32);
	CHECK_STR_EQ(text_of(BA_GFP_6_1, BA_GFP_DMA), "GFP_DMA");
	CHECK_EQ(bits_of(BA_GFP_6_1, "__GFP_NOLOCKDEP"), 0);
	CHECK_EQ(bits_of(BA_GFP_6_1, "__GFP_SKIP_KASAN_POISON"), 0);
	CHECK_EQ(bits_of(BA_GFP_6_12, "__GFP_NO_OBJ_EXT"), 0x1000000);
	CHECK_STR_EQ(text_of(BA_GFP_6_12, 0x1000000), "0x1000000");
	CHECK_EQ(ba_gfp_parse(BA_GFP_6_1, "__GFP_NO_OBJ_EXT", 16, &gfp),
		 BA_EFORMAT);
	CHECK_EQ(ba_gfp_parse(BA_GFP_6_12, "__GFP_SKIP_KASAN_POISON", 23,
			      &gfp), BA_EFORMAT);
	CHECK_EQ(gfp, 77);
}

TEST(g3_no_name_stands_twice)
{
	static const char *const names[] = {
#define X(text, in_6_1, in_6_12) text,
		BA_GFP_WORDS(X)
#undef X
#define X(text, in_6_1, in_6_12, bits) text,
		BA_GFP_NAMES(X)
#undef X
	};
	size_t i, j, n = sizeof(names) / sizeof(names[0]);

	CHECK(n > 40);
	for (i = 0; i < n; i++)
		for (j = i + 1; j < n; j++)
			CHECK(strcmp(names[i], names[j]) != 0);
}

/* Single flags of both kernels, from bit 0 to 23; bit 9 only in 6.1. */
TEST(every_bit_has_a_name)
{
	unsigned int bit;

	for (bit = 0; bit < 24; bit++) {
		CHECK(text_of(BA_GFP_6_1, 1u << bit)[0] != '0');
		CHECK_EQ(text_of(BA_GFP_6_12, 1u << bit)[0] == '0', bit == 9);
	}
}

TEST(bad_texts_are_refused_and_change_nothing)
{
	static const char *const bad[] = {
		"", "|", "GFP_KERNEL|", "|GFP_KERNEL", "GFP_KERNEL||__GFP_ZERO",
		"GFP_KERNE", "GFP_KERNELS", "gfp_kernel", "0x", "0xg",
		"0x123456789", "none|GFP_DMA", " GFP_DMA",
	};
	gfp_t gfp = 77;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_EQ(ba_gfp_parse(BA_GFP_6_1, bad[i], strlen(bad[i]),
				      &gfp), BA_EFORMAT);
		CHECK_EQ(gfp, 77);
	}
	CHECK_EQ(ba_gfp_parse(BA_GFP_6_12, "__GFP_ATOMIC", 12, &gfp),
		 BA_EFORMAT);
	/* Only len bytes are read. */
	CHECK_EQ(ba_gfp_parse(BA_GFP_6_1, "GFP_DMA32", 7, &gfp), BA_OK);
	CHECK_EQ(gfp, BA_GFP_DMA);
}
