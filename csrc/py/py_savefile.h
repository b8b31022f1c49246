/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_savefile - a machine as a compact file of the project's own: the words
 * of its arena and, if it is backed, the pages of its memory that are not 0.
 *
 *	| header, 48 bytes | run | run | ... | page | page | ...
 *
 *	header   "BUDDYALC", format number, size of struct ba_body,
 *	         bytes of the arena, of the runs, of the pages, check sum
 *	run      u32 words of 0 skipped, u32 words that follow, the words
 *	page     u64 number of the page (mm/memory.h), its 4096 bytes; upwards
 *
 * Words have 8 bytes; all numbers are little-endian. The arena has no
 * pointers (sim/machine.h M1), so the file is the machine.
 *
 * Models: nothing of the kernel.
 * Simplified: a file is read by the build layout that wrote it only; for
 *	exchange there is the text of a state file (trace/statefile.h).
 *
 * Invariants:
 *   V1 equal machines give equal bytes.
 *   V2 reading what was written gives an equal machine.
 *   V3 a file with any byte changed or missing is refused.
 */
#ifndef BA_PY_PY_SAVEFILE_H
#define BA_PY_PY_SAVEFILE_H

#include "sim/machine.h"

#define BA_SAVEFILE_FORMAT 4u

/* The file in new memory of malloc, *size bytes. BA_ENOMEM. */
enum ba_status ba_savefile_write(const struct ba_machine *machine,
				 uint8_t **ret, size_t *size);

/*
 * A machine from such bytes. BA_EINVAL with a sentence in `message` when
 * they are none, of another format, cut off or damaged; BA_ENOMEM.
 */
enum ba_status ba_savefile_read(const uint8_t *bytes, size_t size,
				struct ba_machine *ret, char *message,
				size_t message_size);

#endif
