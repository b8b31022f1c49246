// SPDX-License-Identifier: GPL-2.0-only
#include "sim/config.h"

#include <inttypes.h>
#include <string.h>

#include "base/message.h"
#include "mm/memory.h"

#define NAME_MAX_LEN	40u	/* longest name compared for a suggestion */
#define HIGH_FRACTION_MIN 8u	/* the sysctl's own lower limit */

static const struct ba_config_item numbers[] = {
#define X(name, min, max, value, text) { #name, text, min, max, value },
	BA_CONFIG_ITEMS(X)
#undef X
};

/* Where in a config each of these numbers lies. */
static const size_t number_offset[] = {
#define X(name, min, max, value, text) offsetof(struct ba_config, name),
	BA_CONFIG_ITEMS(X)
#undef X
};

#define NR_NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static uint32_t *number_at(struct ba_config *config, size_t i)
{
	return (uint32_t *)(void *)((char *)config + number_offset[i]);
}

__attribute__((format(printf, 3, 4)))
static enum ba_status refuse(char *message, size_t size, const char *format,
			     ...)
{
	va_list args;

	va_start(args, format);
	ba_message(message, size, 0, format, args);
	va_end(args);
	return BA_EINVAL;
}

void ba_config_init(struct ba_config *config)
{
	memset(config, 0, sizeof(*config));
	config->nr_cpus = 1;
	config->nr_nodes = 1;
	config->profile = ba_profile_6_1L;
	for (size_t i = 0; i < NR_NUMBERS; i++)
		*number_at(config, i) = (uint32_t)numbers[i].value;
}

bool ba_config_item_at(unsigned int i, struct ba_config_item *ret)
{
	const struct ba_profile_item *item;
	unsigned int value = 0;

	if (i < NR_NUMBERS) {
		*ret = numbers[i];
		return true;
	}
	item = ba_profile_item_at(i - (unsigned int)NR_NUMBERS);
	if (!item)
		return false;
	ba_profile_get(&ba_profile_6_1L, item->name, &value);
	*ret = (struct ba_config_item){ item->name, item->text, item->min,
					item->max, (long)value };
	return true;
}

/* Insertions, removals and changes that make one name of the other. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[NAME_MAX_LEN + 1];
	size_t len = strlen(b);

	if (len > NAME_MAX_LEN || strlen(a) > NAME_MAX_LEN)
		return NAME_MAX_LEN;
	for (unsigned int j = 0; j <= len; j++)
		row[j] = j;
	for (unsigned int i = 1; *a; i++, a++) {
		unsigned int diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= len; j++) {
			unsigned int change = diagonal + (*a != b[j - 1]);
			unsigned int less = row[j] < row[j - 1] ? row[j] :
								  row[j - 1];

			diagonal = row[j];
			row[j] = change < less + 1 ? change : less + 1;
		}
	}
	return row[len];
}

static const char *closest_name(const char *name)
{
	unsigned int best = UINT32_MAX;
	const char *closest = "";
	struct ba_config_item item;

	for (unsigned int i = 0; ba_config_item_at(i, &item); i++) {
		unsigned int d = distance(name, item.name);

		if (d < best) {
			best = d;
			closest = item.name;
		}
	}
	return closest;
}

static bool find_item(const char *name, unsigned int *index,
		      struct ba_config_item *ret)
{
	for (*index = 0; ba_config_item_at(*index, ret); (*index)++)
		if (strcmp(name, ret->name) == 0)
			return true;
	return false;
}

static bool bad_high_fraction(uint64_t fraction)
{
	return fraction > 0 && fraction < HIGH_FRACTION_MIN;
}

#define HIGH_FRACTION_TEXT						\
	"percpu_pagelist_high_fraction is %ld; give 0 or at least %u"

enum ba_status ba_config_set(struct ba_config *config, const char *name,
			     long value, char *message, size_t message_size)
{
	struct ba_config_item item;
	unsigned int i;

	if (!find_item(name, &i, &item))
		return refuse(message, message_size, "no item is named \"%s\";"
			      " the closest name is %s", name,
			      closest_name(name));
	if (value < item.min || value > item.max)
		return refuse(message, message_size, "%s is %ld; give %ld to "
			      "%ld", name, value, item.min, item.max);
	if (i >= NR_NUMBERS)
		return ba_profile_set(&config->profile, name, value);
	if (number_offset[i] ==
	    offsetof(struct ba_config, percpu_pagelist_high_fraction) &&
	    bad_high_fraction((uint64_t)value))
		return refuse(message, message_size, HIGH_FRACTION_TEXT,
			      value, HIGH_FRACTION_MIN);
	*number_at(config, i) = (uint32_t)value;
	return BA_OK;
}

static enum ba_status check_items(const struct ba_config *config,
				  char *message, size_t message_size)
{
	struct ba_config copy = *config;
	struct ba_config_item item;

	for (unsigned int i = 0; ba_config_item_at(i, &item); i++) {
		unsigned int value = 0;

		if (i < NR_NUMBERS)
			value = *number_at(&copy, i);
		else
			ba_profile_get(&config->profile, item.name, &value);
		if ((long)value < item.min || (long)value > item.max)
			return refuse(message, message_size, "%s is %u; give "
				      "%ld to %ld", item.name, value,
				      item.min, item.max);
	}
	if (bad_high_fraction(config->percpu_pagelist_high_fraction))
		return refuse(message, message_size, HIGH_FRACTION_TEXT,
			      (long)config->percpu_pagelist_high_fraction,
			      HIGH_FRACTION_MIN);
	return BA_OK;
}

/* More than there is makes no Movable in the kernel, and is no use. */
static enum ba_status check_core(const struct ba_config *config,
				 const char *name, uint32_t kbytes,
				 char *message, size_t message_size)
{
	uint64_t most = config->memory_pages * (BA_PAGE_SIZE / 1024);

	if (kbytes <= most)
		return BA_OK;
	return refuse(message, message_size, "%s is %" PRIu32 " KiB of %"
		      PRIu64 " KiB of memory; give less", name, kbytes, most);
}

enum ba_status ba_config_check(const struct ba_config *config, char *message,
			       size_t message_size)
{
	uint64_t pages = config->memory_pages;

	if (config->nr_cpus < 1 || config->nr_cpus > BA_CPU_MAX)
		return refuse(message, message_size, "%" PRIu32 " CPUs; give 1"
			      " to %u", config->nr_cpus, BA_CPU_MAX);
	if (config->nr_nodes < 1 || config->nr_nodes > BA_NODE_MAX)
		return refuse(message, message_size, "%" PRIu32 " nodes; give "
			      "1 to %u", config->nr_nodes, BA_NODE_MAX);
	if (pages < BA_CONFIG_PAGES_MIN || pages > BA_CONFIG_PAGES_MAX)
		return refuse(message, message_size, "%" PRIu64 " pages of "
			      "memory; give %u (256 KiB) to %u (16 TiB less "
			      "4 MiB)", pages, BA_CONFIG_PAGES_MIN,
			      BA_CONFIG_PAGES_MAX);
	if (config->backed && !ba_memory_possible())
		return refuse(message, message_size, "a backed machine needs a"
			      " host with pages of %u bytes", BA_PAGE_SIZE);
	if (config->arch >= BA_NR_ARCH)
		return refuse(message, message_size, "architecture number %"
			      PRIu32 "; there are %d", config->arch,
			      BA_NR_ARCH);
	if (config->arch == BA_ARCH_I386 && pages > BA_CONFIG_PAGES_I386_MAX)
		return refuse(message, message_size, "%" PRIu64 " pages of "
			      "memory; an i386 kernel has at most %u (64 GiB)",
			      pages, BA_CONFIG_PAGES_I386_MAX);
	if (config->nr_nodes > 1 &&
	    pages / config->nr_nodes < 1u << BA_ORDER_MAX)
		return refuse(message, message_size, "%" PRIu64 " pages of "
			      "memory for %" PRIu32 " nodes; give each node "
			      "at least %u pages (4 MiB)", pages,
			      config->nr_nodes, 1u << BA_ORDER_MAX);
	if (check_core(config, "kernelcore", config->kernelcore, message,
		       message_size) != BA_OK ||
	    check_core(config, "movablecore", config->movablecore, message,
		       message_size) != BA_OK)
		return BA_EINVAL;
	if (config->slub_debug & ~BA_SLAB_DEBUG_FLAGS)
		return refuse(message, message_size, "slub_debug 0x%" PRIx32
			      " has flags that are not for debugging; give "
			      "some of 0x%" PRIx32, config->slub_debug,
			      BA_SLAB_DEBUG_FLAGS);
	return check_items(config, message, message_size);
}
