/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * statefile - the text of a recorded allocator state, to tables and back.
 *
 *	pgsnap 1 kernel 6.1.192 nr_orders 11 nr_mt 5 pageblock_order 9 cpu 0
 *	vmemmap ADDR page_offset ADDR page_size 64 cpus 1 numa_nodes 1
 *	totalreserve 1422 mobility_disabled 0
 *	pgdat 0 start 1 ...                     one for each node,
 *	zone 0 0 DMA start 1 ...                then each of its zones,
 *	free 5 0 120                            its lists from head to tail
 *	...
 *	cache ADDR dentry size 192 ...          slab records, where the
 *	end                                     recording has them (slabfile.h)
 *
 * One record a line. A line's first word says what it is; words are parted
 * by one space. Frame numbers in lists are hexadecimal, other numbers
 * decimal. A lowmem_reserve line has a number for each zone that the kernel
 * knows; this tells its architecture (mm/zonetype.h).
 *
 * Models: struct zone, struct per_cpu_pages, pg_data_t of
 *	include/linux/mmzone.h (6.1, 6.12), as the recordings print them.
 * Profiles: the words behind `pcp` are those of the recorded kernel; the
 *	state remembers which.
 *
 * Invariants:
 *   Y1 reading a file and writing it gives its bytes.
 *   Y2 a state that was read has passed ba_state_check.
 */
#ifndef BA_TRACE_STATEFILE_H
#define BA_TRACE_STATEFILE_H

#include "sim/state.h"
#include "trace/text.h"

/*
 * Read text[0 .. len), a whole state file, into `state`, which must be fresh
 * from ba_state_create. On an error `message` (may be NULL) holds
 * "line N: what is wrong; what to do".
 *   BA_EFORMAT     not a state file, or a word or number is garbled
 *   BA_ETRUNCATED  the line `end` is missing
 *   BA_ESTATE      the state contradicts itself (ba_state_check)
 *   BA_ENOMEM
 */
enum ba_status ba_statefile_read(struct ba_state *state, const char *text,
				 size_t len, char *message,
				 size_t message_size);

/*
 * Write `state` as text into buf[0 .. cap); *needed is the length of the
 * whole text. BA_EINVAL when that is more than cap: the text is then cut;
 * call again with a buffer of *needed bytes. buf may be NULL when cap is 0.
 * No zero byte is put behind the text.
 */
enum ba_status ba_statefile_write(const struct ba_state *state, char *buf,
				  size_t cap, size_t *needed);

#endif
