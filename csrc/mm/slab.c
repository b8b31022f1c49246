// SPDX-License-Identifier: GPL-2.0-only
#include "mm/slab.h"

static uint16_t thread_ascending(struct ba_object *of_slab, uint32_t objects)
{
	/* 16 bits: eight of them at once, without a conversion */
	for (uint16_t place = 1; place <= objects; place++)
		of_slab[place - 1].next = (uint16_t)(place + 1);
	of_slab[objects - 1].next = BA_OBJECT_NONE;
	return 1;
}

uint16_t ba_slab_thread(struct ba_object *of_slab, uint32_t objects,
			struct ba_slab_sequence sequence)
{
	uint32_t at = sequence.start, last = 0;
	uint16_t first = BA_OBJECT_NONE;

	if (!sequence.index)
		return thread_ascending(of_slab, objects);
	for (uint32_t n = 0; n < sequence.nr; n++) {
		uint32_t i = sequence.index[at];

		if (++at == sequence.nr)
			at = 0;
		if (i >= objects)
			continue;
		if (first == BA_OBJECT_NONE)
			first = (uint16_t)(i + 1);
		else
			of_slab[last].next = (uint16_t)(i + 1);
		last = i;
	}
	of_slab[last].next = BA_OBJECT_NONE;
	return first;
}

void ba_slab_shuffle(uint16_t *index, uint32_t nr, struct ba_rng *rng)
{
	for (uint32_t i = 0; i < nr; i++)
		index[i] = (uint16_t)i;
	for (uint32_t i = nr; i > 1; i--) {
		uint32_t other = ba_rng_below(rng, i);
		uint16_t kept = index[i - 1];

		index[i - 1] = index[other];
		index[other] = kept;
	}
}

uint32_t ba_slab_chain_length(const struct ba_object *of_slab, uint16_t first,
			      uint16_t *last)
{
	uint32_t nr = 0;

	*last = BA_OBJECT_NONE;
	for (uint16_t at = first; at != BA_OBJECT_NONE && at < BA_OBJECT_USED &&
	     nr < BA_OBJECT_USED; at = of_slab[at - 1].next) {
		*last = at;
		nr++;
	}
	return nr;
}
