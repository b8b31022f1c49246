/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * probe - read-only pictures of a machine: counts by zone, order and
 * migratetype, pages that wait for the disk, and the frame table.
 *
 *	sample row:  zone 0 | zone 1 | ...      each zone:
 *	  free_blocks[order][type]  11 x 5 words
 *	  pageblocks[type]           5 words
 *	  free_pages                 1 word   pages on the buddy lists
 *	  pcp_pages[cpu]             nr_cpus words
 *
 * Models: nothing of the kernel.
 * Simplified: taken between two events, never in the middle of one.
 *
 * Invariants:
 *   Q1 a probe changes nothing.
 *   Q2 free_pages is the sum of free_blocks << order, without ISOLATE.
 *   Q3 what waits for the disk adds up over the zones to the machine's
 *      nr_dirty and nr_writeback (mm/vm.h V3).
 */
#ifndef BA_SIM_PROBE_H
#define BA_SIM_PROBE_H

#include "sim/machine.h"

/* Words (uint32_t) of one zone and of a whole row. */
size_t ba_probe_zone_words(const struct ba_machine *machine);
size_t ba_probe_row_words(const struct ba_machine *machine);

/* Fill one row of ba_probe_row_words() words. */
void ba_probe_sample(const struct ba_machine *machine, uint32_t *row);

/* Pages of user memory in one zone that wait for the disk. */
struct ba_probe_pending {
	uint64_t dirty;		/* page cache, to be written */
	uint64_t writeback;	/* of both kinds, being written */
};

/* Count them, by zone: one look at each handle. Zones past the last: 0. */
void ba_probe_pending(const struct ba_machine *machine,
		      struct ba_probe_pending ret[BA_ZONE_MAX]);

/* One element of the frame database. */
struct ba_probe_frame {
	uint8_t state;		/* enum ba_probe_state */
	uint8_t order;		/* of the block it belongs to; 255: unknown */
	uint8_t migratetype;	/* of its pageblock; 255: in no zone */
	uint8_t zone;		/* index of the zone; 255: none */
	uint8_t node;		/* 255: none */
	uint8_t flags;		/* BA_PROBE_HEAD, BA_PROBE_MOVABLE */
};
#define BA_PROBE_HEAD	 0x1u	/* first frame of its block */
#define BA_PROBE_MOVABLE 0x2u

/* X(NAME, "name") */
#define BA_PROBE_STATES(X)						\
	X(HOLE, "hole")		/* in no zone */			\
	X(USED, "used")							\
	X(BUDDY, "buddy")						\
	X(PCP, "pcp")							\
	X(ISOLATED, "isolated")

enum ba_probe_state {
#define X(name, text) BA_PROBE_##name,
	BA_PROBE_STATES(X)
#undef X
	BA_NR_PROBE_STATES
};

/* Fill ret[0..count) for the frames from `first` on. */
void ba_probe_frames(const struct ba_machine *machine, pfn_t first,
		     size_t count, struct ba_probe_frame *ret);

#endif
