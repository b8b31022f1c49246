/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slabfile - the slab records of a state file, to tables and back:
 *
 *	cache ADDR dentry size 192 object_size 192 ... usersize 0
 *	random_seq 2 4 5 14 ...          of the cache above, where it has one
 *	cpuslab 0 2560 free 0 11 7       CPU, frame, its lockless list
 *	cpupartial 0 1cb4 1cb5           CPU, its partial slabs
 *	node 0 nr_partial 1 nr_slabs 9 total_objects 189 partial 13f0
 *	...
 *	slab 1041 order 0 ADDR inuse 64 objects 64 frozen 0 free
 *
 * Frame numbers, addresses and flags are hexadecimal, other numbers decimal.
 *
 * Models: the structures named in sim/slab_state.h, as the recordings print
 *	them (6.1).
 * Simplified: 6.12 recordings have no slab records.
 *
 * Invariants:
 *   F1 reading records and writing them gives their bytes, if each CPU's
 *      cpuslab stands before its cpupartial.
 */
#ifndef BA_TRACE_SLABFILE_H
#define BA_TRACE_SLABFILE_H

#include "sim/slab_state.h"
#include "trace/record.h"

/*
 * Read the line whose first word, `name`, has been taken. *ours tells whether
 * it is a slab record; if not, nothing is read. False after an error.
 */
bool ba_slabfile_read(struct ba_record *r, struct ba_slab_state *state,
		      struct ba_span name, bool *ours);

void ba_slabfile_write(struct ba_writer *w, const struct ba_slab_state *state);

#endif
