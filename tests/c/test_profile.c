/* SPDX-License-Identifier: GPL-2.0-only */
#include "mm/profile.h"

#include "testlib.h"

static struct ba_profile of_kernel(const char *version)
{
	struct ba_profile profile;

	memset(&profile, 0xff, sizeof(profile));
	if (ba_profile_for_kernel(version, &profile) != BA_OK)
		CHECK_STR_EQ(version, "a known kernel");
	return profile;
}

TEST(named_profiles_are_found_and_named)
{
	struct ba_profile profile;
	unsigned int i;

	for (i = 0; i < BA_NR_PROFILES; i++) {
		const char *name = ba_profile_name_at(i);

		CHECK_EQ(ba_profile_by_name(name, &profile), BA_OK);
		CHECK_STR_EQ(ba_profile_name(&profile), name);
	}
	CHECK_STR_EQ(ba_profile_name_at(1), "6.1L");
	CHECK_STR_EQ(ba_profile_name_at(BA_NR_PROFILES), NULL);
	CHECK_EQ(ba_profile_by_name("6.1l", &profile), BA_EPROFILE);
	CHECK_STR_EQ(ba_profile_name(&profile), "6.12L");
}

TEST(f1_items_lie_in_their_range)
{
	const struct ba_profile_item *item;
	unsigned int i, j;

	for (i = 0; (item = ba_profile_item_at(i)) != NULL; i++) {
		CHECK(item->text[0] != '\0');
		CHECK(item->min < item->max);
		for (j = 0; j < BA_NR_PROFILES; j++) {
			CHECK(item->value[j] >= item->min);
			CHECK(item->value[j] <= item->max);
		}
	}
	CHECK_EQ(i, sizeof(struct ba_profile));
}

/* The rows of the table of backports, in the four named profiles. */
TEST(profiles_say_what_the_kernels_do)
{
	CHECK_EQ(ba_profile_6_1_0.thp_lists, 1);
	CHECK_EQ(ba_profile_6_1L.thp_lists, 2);
	CHECK(!ba_profile_6_1_0.free_factor_capped);
	CHECK(ba_profile_6_1L.free_factor_capped);
	CHECK(!ba_profile_6_1_0.nonblock_flags);
	CHECK(ba_profile_6_1L.nonblock_flags);
	CHECK(ba_profile_6_1L.highatomic_needs_high);
	CHECK(!ba_profile_6_12_0.highatomic_needs_high);
	CHECK(ba_profile_6_12_0.lowmem_reserve_zero_empty);
	CHECK(!ba_profile_6_12L.lowmem_reserve_zero_empty);
	CHECK(!ba_profile_6_1L.pcp_auto_tune);
	CHECK(ba_profile_6_12_0.pcp_auto_tune);
	CHECK_EQ(ba_profile_6_1L.fallback, BA_FALLBACK_6_1);
	CHECK_EQ(ba_profile_6_12_0.fallback, BA_FALLBACK_6_12_0);
	CHECK_EQ(ba_profile_6_12L.fallback, BA_FALLBACK_CLAIM_STEAL);
	CHECK_EQ(ba_profile_6_1L.gfp_layout, 0);
	CHECK_EQ(ba_profile_6_12L.gfp_layout, 1);
}

TEST(f2_the_recorded_kernels_have_late_profiles)
{
	struct ba_profile profile = of_kernel("6.1.192");

	CHECK_STR_EQ(ba_profile_name(&profile), "6.1L");
	profile = of_kernel("6.12.111");
	CHECK_STR_EQ(ba_profile_name(&profile), "6.12L");
	profile = of_kernel("6.1.0");
	CHECK_STR_EQ(ba_profile_name(&profile), "6.1.0");
	profile = of_kernel("6.12");
	CHECK_STR_EQ(ba_profile_name(&profile), "6.12.0");
	profile = of_kernel("6.1.0-rc5");
	CHECK_STR_EQ(ba_profile_name(&profile), "6.1.0");
}

TEST(a_stable_release_has_the_backports_up_to_it)
{
	struct ba_profile profile = of_kernel("6.1.96");

	CHECK_EQ(profile.thp_lists, 1);
	CHECK(profile.pcp_trylock && profile.compact_needs_io);
	CHECK(!profile.free_factor_capped && !profile.nonblock_flags);
	CHECK_STR_EQ(ba_profile_name(&profile), "custom");
	profile = of_kernel("6.1.97");
	CHECK_EQ(profile.thp_lists, 2);
	profile = of_kernel("6.12.19");
	CHECK(!profile.lowmem_reserve_zero_empty);
	CHECK_EQ(profile.fallback, BA_FALLBACK_6_12_0);
	profile = of_kernel("6.12.29");
	CHECK_EQ(profile.fallback, BA_FALLBACK_CLAIM_STEAL);
}

TEST(distributions_hide_the_release)
{
	struct ba_profile profile;

	profile = of_kernel("6.1.0-56-amd64");
	CHECK_STR_EQ(ba_profile_name(&profile), "6.1L");
	profile = of_kernel("Linux host 6.1.0-3-amd64 #1 SMP "
			    "PREEMPT_DYNAMIC Debian 6.1.8-1 x86_64");
	CHECK(!profile.pcp_trylock);
	CHECK_EQ(profile.thp_lists, 1);
	profile = of_kernel("Linux host 6.1.0-56-amd64 #1 SMP "
			    "PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-07-01)");
	CHECK_STR_EQ(ba_profile_name(&profile), "6.1L");
}

TEST(other_kernels_are_refused)
{
	static const char *const other[] = {
		"", "6", "6.", "6.6.30", "5.15.0", "16.1.2", "linux", "6.x",
		"6.11.0", "6.1234567.1",
	};
	struct ba_profile profile = ba_profile_6_1L;
	size_t i;

	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		if (!CHECK_EQ(ba_profile_for_kernel(other[i], &profile),
			      BA_EPROFILE))
			printf("# \"%s\"\n", other[i]);
	}
	CHECK_STR_EQ(ba_profile_name(&profile), "6.1L");
}

TEST(items_can_be_set_by_name)
{
	struct ba_profile profile = ba_profile_6_1L;
	unsigned int value = 0;

	CHECK_EQ(ba_profile_set(&profile, "thp_lists", 1), BA_OK);
	CHECK_EQ(profile.thp_lists, 1);
	CHECK_EQ(ba_profile_get(&profile, "thp_lists", &value), BA_OK);
	CHECK_EQ(value, 1);
	CHECK_STR_EQ(ba_profile_name(&profile), "custom");
	CHECK_EQ(ba_profile_set(&profile, "thp_lists", 2), BA_OK);
	CHECK_STR_EQ(ba_profile_name(&profile), "6.1L");

	CHECK_EQ(ba_profile_set(&profile, "thp_lists", 0), BA_EINVAL);
	CHECK_EQ(ba_profile_set(&profile, "fallback", 3), BA_EINVAL);
	CHECK_EQ(ba_profile_set(&profile, "fallback", -1), BA_EINVAL);
	CHECK_EQ(ba_profile_set(&profile, "below_high", 256), BA_EINVAL);
	CHECK_EQ(ba_profile_set(&profile, "no_such", 1), BA_EPROFILE);
	CHECK_EQ(ba_profile_get(&profile, "no_such", &value), BA_EPROFILE);
	CHECK_EQ(value, 1);
	CHECK_STR_EQ(ba_profile_name(&profile), "6.1L");
}

TEST(every_item_is_where_its_name_says)
{
	const struct ba_profile_item *item;
	unsigned int i, value;

	for (i = 0; (item = ba_profile_item_at(i)) != NULL; i++) {
		struct ba_profile profile = ba_profile_6_12L;

		CHECK_EQ(ba_profile_get(&profile, item->name, &value), BA_OK);
		CHECK_EQ(value, item->value[3]);
		value = value == item->max ? item->min : item->max;
		CHECK_EQ(ba_profile_set(&profile, item->name, (long)value),
			 BA_OK);
		CHECK(memcmp(&profile, &ba_profile_6_12L, sizeof(profile)));
	}
}
