// SPDX-License-Identifier: GPL-2.0-only
#include "trace/names.h"

/* FNV-1a */
static uint32_t hash_of(struct ba_span name)
{
	uint32_t hash = 2166136261u;

	for (const char *p = name.pos; p < name.end; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	return hash ^ hash >> 16;
}

uint32_t ba_names_number(struct ba_names *names, struct ba_span name)
{
	size_t len = ba_span_len(name);
	uint32_t i = hash_of(name) % BA_NAMES_SLOTS;

	if (len == 0 || len >= BA_NAME_LEN) {
		names->without++;
		return 0;
	}
	for (; names->slot[i]; i = (i + 1) % BA_NAMES_SLOTS) {
		const char *text = names->name[names->slot[i] - 1];

		if (memcmp(text, name.pos, len) == 0 && text[len] == '\0')
			return names->slot[i];
	}
	if (names->nr == BA_NAMES_MAX) {
		names->without++;
		return 0;
	}
	memcpy(names->name[names->nr], name.pos, len);
	names->name[names->nr][len] = '\0';
	names->slot[i] = (uint16_t)++names->nr;
	return names->nr;
}

const char *ba_names_text(const struct ba_names *names, uint32_t number)
{
	return number && number <= names->nr ? names->name[number - 1] : NULL;
}
