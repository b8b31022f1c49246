// SPDX-License-Identifier: GPL-2.0-only
#include "mm/profile.h"

#include <string.h>

const struct ba_profile ba_profile_6_1_0 = {
#define X(name, min, max, a, b, sb, c, d, sd, text) .name = a,
	BA_PROFILE_ITEMS(X)
#undef X
};

const struct ba_profile ba_profile_6_1L = {
#define X(name, min, max, a, b, sb, c, d, sd, text) .name = b,
	BA_PROFILE_ITEMS(X)
#undef X
};

const struct ba_profile ba_profile_6_12_0 = {
#define X(name, min, max, a, b, sb, c, d, sd, text) .name = c,
	BA_PROFILE_ITEMS(X)
#undef X
};

const struct ba_profile ba_profile_6_12L = {
#define X(name, min, max, a, b, sb, c, d, sd, text) .name = d,
	BA_PROFILE_ITEMS(X)
#undef X
};

static const struct {
	const char *name;
	const struct ba_profile *profile;
} named[BA_NR_PROFILES] = {
	{ "6.1.0", &ba_profile_6_1_0 },
	{ "6.1L", &ba_profile_6_1L },
	{ "6.12.0", &ba_profile_6_12_0 },
	{ "6.12L", &ba_profile_6_12L },
};

static const struct ba_profile_item items[] = {
#define X(name, min, max, a, b, sb, c, d, sd, text)			\
	{ #name, text, min, max, { a, b, c, d } },
	BA_PROFILE_ITEMS(X)
#undef X
};

#define NR_ITEMS (sizeof(items) / sizeof(items[0]))

/* A profile is its items, one byte each, in the order of the list. */
BA_STATIC_ASSERT(sizeof(struct ba_profile) == NR_ITEMS, "no padding");

/* First stable release with the L value, by item; 0: from the start. */
static const uint8_t since_6_1[NR_ITEMS] = {
#define X(name, min, max, a, b, sb, c, d, sd, text) sb,
	BA_PROFILE_ITEMS(X)
#undef X
};

static const uint8_t since_6_12[NR_ITEMS] = {
#define X(name, min, max, a, b, sb, c, d, sd, text) sd,
	BA_PROFILE_ITEMS(X)
#undef X
};

const char *ba_profile_name_at(unsigned int i)
{
	return i < BA_NR_PROFILES ? named[i].name : NULL;
}

const char *ba_profile_name(const struct ba_profile *profile)
{
	unsigned int i;

	for (i = 0; i < BA_NR_PROFILES; i++) {
		if (memcmp(profile, named[i].profile, sizeof(*profile)) == 0)
			return named[i].name;
	}
	return "custom";
}

const struct ba_profile_item *ba_profile_item_at(unsigned int i)
{
	return i < NR_ITEMS ? &items[i] : NULL;
}

enum ba_status ba_profile_by_name(const char *name, struct ba_profile *ret)
{
	unsigned int i;

	for (i = 0; i < BA_NR_PROFILES; i++) {
		if (strcmp(name, named[i].name) == 0) {
			*ret = *named[i].profile;
			return BA_OK;
		}
	}
	return BA_EPROFILE;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Read a number of at most six digits; NULL if there is none. */
static const char *read_number(const char *text, unsigned int *ret)
{
	unsigned int value = 0;
	int digits = 0;

	while (is_digit(*text) && digits < 6) {
		value = value * 10 + (unsigned int)(*text++ - '0');
		digits++;
	}
	if (!digits || is_digit(*text))
		return NULL;
	*ret = value;
	return text;
}

#define RELEASE_LATE 1000u	/* after every stable release of a series */

struct version {
	unsigned int minor;	/* 6.<minor> */
	unsigned int release;	/* 6.<minor>.<release> */
};

/* Read "6.M.N" or "6.M" at `text`. "6.M.0-3" stands for a late release. */
static bool read_version(const char *text, struct version *ret)
{
	const char *rest;

	if (text[0] != '6' || text[1] != '.')
		return false;
	text = read_number(text + 2, &ret->minor);
	if (!text)
		return false;
	ret->release = 0;
	if (*text != '.')
		return true;
	rest = read_number(text + 1, &ret->release);
	if (!rest)
		ret->release = 0;
	else if (!ret->release && rest[0] == '-' && is_digit(rest[1]))
		ret->release = RELEASE_LATE;
	return true;
}

/* The version in a line of text; one with a true stable release wins. */
static bool find_version(const char *text, struct version *ret)
{
	struct version first = { 0, 0 };
	char before = ' ';

	for (; *text; before = *text++) {
		struct version v;

		if (is_digit(before) || before == '.' ||
		    !read_version(text, &v))
			continue;
		if (!first.minor)
			first = v;
		else if (v.minor == first.minor && v.release &&
			 first.release == RELEASE_LATE)
			first.release = v.release;
	}
	*ret = first;
	return first.minor != 0;
}

enum ba_status ba_profile_for_kernel(const char *version,
				     struct ba_profile *ret)
{
	const struct ba_profile *first, *late;
	const uint8_t *since;
	struct version v;
	size_t i;

	if (!find_version(version, &v))
		return BA_EPROFILE;
	if (v.minor == 1) {
		first = &ba_profile_6_1_0;
		late = &ba_profile_6_1L;
		since = since_6_1;
	} else if (v.minor == 12) {
		first = &ba_profile_6_12_0;
		late = &ba_profile_6_12L;
		since = since_6_12;
	} else {
		return BA_EPROFILE;
	}
	for (i = 0; i < NR_ITEMS; i++) {
		const struct ba_profile *from;

		from = v.release >= since[i] ? late : first;
		((uint8_t *)ret)[i] = ((const uint8_t *)from)[i];
	}
	return BA_OK;
}

/* Index of an item, NR_ITEMS if there is none of that name. */
static size_t find_item(const char *name)
{
	size_t i;

	for (i = 0; i < NR_ITEMS; i++) {
		if (strcmp(name, items[i].name) == 0)
			break;
	}
	return i;
}

enum ba_status ba_profile_set(struct ba_profile *profile, const char *name,
			      long value)
{
	size_t i = find_item(name);

	if (i == NR_ITEMS)
		return BA_EPROFILE;
	if (value < items[i].min || value > items[i].max)
		return BA_EINVAL;
	((uint8_t *)profile)[i] = (uint8_t)value;
	return BA_OK;
}

enum ba_status ba_profile_get(const struct ba_profile *profile,
			      const char *name, unsigned int *ret)
{
	size_t i = find_item(name);

	if (i == NR_ITEMS)
		return BA_EPROFILE;
	*ret = ((const uint8_t *)profile)[i];
	return BA_OK;
}
