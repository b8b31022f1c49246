// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "sim/config.h"

#include "sim/machine.h"

#include "large.h"

static char message[200];

static enum ba_status set(struct ba_config *config, const char *name,
			  long value)
{
	message[0] = '\0';
	return ba_config_set(config, name, value, message, sizeof(message));
}

static enum ba_status check(const struct ba_config *config)
{
	message[0] = '\0';
	return ba_config_check(config, message, sizeof(message));
}

static struct ba_config config_of(uint64_t pages)
{
	struct ba_config config;

	ba_config_init(&config);
	config.memory_pages = pages;
	return config;
}

TEST(defaults_are_the_kernels)
{
	struct ba_config config = config_of(1024);

	CHECK_EQ(config.nr_cpus, 1);
	CHECK_EQ(config.nr_nodes, 1);
	CHECK(!config.shared);
	CHECK_STR_EQ(ba_profile_name(&config.profile), "6.1L");
	CHECK_EQ(config.min_free_kbytes, 0);
	CHECK_EQ(config.watermark_scale_factor, 10);
	CHECK_EQ(config.watermark_boost_factor, 15000);
	CHECK_EQ(config.lowmem_reserve_ratio_dma, 256);
	CHECK_EQ(config.lowmem_reserve_ratio_dma32, 256);
	CHECK_EQ(config.lowmem_reserve_ratio_normal, 32);
	CHECK_EQ(config.lowmem_reserve_ratio_highmem, 0);
	CHECK_EQ(config.extfrag_threshold, 500);
	CHECK_EQ(config.compaction_proactiveness, 20);
	CHECK_EQ(config.swappiness, 60);
	CHECK_EQ(check(&config), BA_OK);
}

/* Every item: its limits are accepted, one beyond is not. */
TEST(every_item_takes_its_range_and_no_more)
{
	struct ba_config_item item;
	unsigned int nr = 0;

	for (; ba_config_item_at(nr, &item); nr++) {
		struct ba_config config = config_of(BA_CONFIG_PAGES_MAX);

		CHECK(item.text[0] != '\0');
		CHECK(item.min <= item.value && item.value <= item.max);
		CHECK_EQ(set(&config, item.name, item.max), BA_OK);
		CHECK_EQ(check(&config), BA_OK);
		CHECK_EQ(set(&config, item.name, item.min), BA_OK);
		CHECK_EQ(check(&config), BA_OK);
		CHECK_EQ(set(&config, item.name, item.max + 1), BA_EINVAL);
		CHECK(strstr(message, item.name) != NULL);
		CHECK_EQ(set(&config, item.name, item.min - 1), BA_EINVAL);
	}
	CHECK(nr > 7);
}

TEST(items_reach_the_config_and_the_profile)
{
	struct ba_config config = config_of(1024);
	unsigned int value;

	CHECK_EQ(set(&config, "min_free_kbytes", 4096), BA_OK);
	CHECK_EQ(config.min_free_kbytes, 4096);
	CHECK_EQ(set(&config, "thp_lists", 1), BA_OK);
	CHECK_EQ(ba_profile_get(&config.profile, "thp_lists", &value), BA_OK);
	CHECK_EQ(value, 1);
	CHECK_STR_EQ(ba_profile_name(&config.profile), "custom");
}

TEST(a_wrong_name_is_answered_with_the_closest)
{
	struct ba_config config = config_of(1024);

	CHECK_EQ(set(&config, "min_free_kbyte", 1), BA_EINVAL);
	CHECK_STR_EQ(message, "no item is named \"min_free_kbyte\"; the "
		     "closest name is min_free_kbytes");
	CHECK_EQ(set(&config, "thp_list", 1), BA_EINVAL);
	CHECK(strstr(message, "thp_lists") != NULL);
	CHECK_EQ(ba_config_set(&config, "", 1, NULL, 0), BA_EINVAL);
}

/* The sysctl knows 0 and 8 and more. */
TEST(percpu_high_fraction_has_a_gap)
{
	struct ba_config config = config_of(1024);

	CHECK_EQ(set(&config, "percpu_pagelist_high_fraction", 8), BA_OK);
	CHECK_EQ(set(&config, "percpu_pagelist_high_fraction", 7), BA_EINVAL);
	CHECK(strstr(message, "at least 8") != NULL);
	config.percpu_pagelist_high_fraction = 3;
	CHECK_EQ(check(&config), BA_EINVAL);
}

TEST(machines_that_cannot_be)
{
	static const struct {
		uint64_t pages;
		uint32_t cpus, nodes;
		const char *part;
	} cases[] = {
		{ 0, 1, 1, "0 pages" },
		{ 63, 1, 1, "63 pages" },
		{ UINT64_C(1) << 32, 1, 1, "16 TiB" },
		{ 1024, 0, 1, "0 CPUs" },
		{ 1024, 65, 1, "65 CPUs" },
		{ 1024, 1, 0, "0 nodes" },
		{ 1u << 20, 1, 17, "17 nodes" },
		{ 2047, 1, 2, "at least 1024" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ba_config config = config_of(cases[i].pages);

		config.nr_cpus = cases[i].cpus;
		config.nr_nodes = cases[i].nodes;
		CHECK_EQ(check(&config), BA_EINVAL);
		if (!CHECK(strstr(message, cases[i].part) != NULL))
			printf("#   said: %s\n", message);
	}
}

/* Both in KiB; all memory is a limit, as in the kernel: then no Movable. */
TEST(boot_options_stay_below_memory)
{
	struct ba_config config = config_of(1024);

	CHECK_EQ(set(&config, "movablecore", 4096), BA_OK);
	CHECK_EQ(set(&config, "kernelcore", 4096), BA_OK);
	CHECK_EQ(check(&config), BA_OK);
	config.movablecore++;
	CHECK_EQ(check(&config), BA_EINVAL);
	CHECK_STR_EQ(message, "movablecore is 4097 KiB of 4096 KiB of memory; "
		     "give less");
	config.movablecore = 0;
	config.kernelcore++;
	CHECK_EQ(check(&config), BA_EINVAL);
	CHECK(strstr(message, "kernelcore is 4097 KiB") != NULL);
}

/* With PAE a 32-bit kernel reaches 64 GiB. */
TEST(a_32_bit_machine_has_64_gib_at_most)
{
	struct ba_config config = config_of(1u << 24);
	struct ba_machine machine;

	config.arch = BA_ARCH_I386;
	CHECK_EQ(check(&config), BA_OK);
	if (large_boots(&config, &machine))
		ba_machine_destroy(&machine);
	config.memory_pages++;
	CHECK_EQ(check(&config), BA_EINVAL);
	CHECK(strstr(message, "at most 16777216 (64 GiB)") != NULL);
	config.arch = BA_NR_ARCH;
	CHECK_EQ(check(&config), BA_EINVAL);
	CHECK(strstr(message, "architecture number 2") != NULL);
}

/* A value that did not come through ba_config_set is found all the same. */
TEST(values_are_checked_again)
{
	struct ba_config config = config_of(1024);

	config.watermark_scale_factor = 0;
	CHECK_EQ(check(&config), BA_EINVAL);
	CHECK(strstr(message, "watermark_scale_factor is 0") != NULL);
	config = config_of(1024);
	config.profile.fallback = 9;
	CHECK_EQ(check(&config), BA_EINVAL);
	CHECK(strstr(message, "fallback is 9") != NULL);
}

/* O1, at the limits of size. */
TEST(o1_an_accepted_config_makes_a_machine)
{
	static const struct {
		uint64_t pages;
		uint32_t cpus, nodes;
	} cases[] = {
		{ 64, 1, 1 }, { 1023, 64, 1 }, { 2048, 1, 2 },
		{ 16 * 1024 + 777, 3, 16 }, { 1u << 22, 64, 16 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ba_config config = config_of(cases[i].pages);
		struct ba_machine machine;

		config.nr_cpus = cases[i].cpus;
		config.nr_nodes = cases[i].nodes;
		CHECK_EQ(check(&config), BA_OK);
		if (CHECK_EQ(ba_machine_create(&config, &machine, NULL, 0),
			     BA_OK))
			ba_machine_destroy(&machine);
	}
}
