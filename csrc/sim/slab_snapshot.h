/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slab_snapshot - the slab part of a snapshot: from recorded caches to those
 * of a machine, and back.
 *
 *	cache bio-128       newest   the kernel lists its newest cache first:
 *	...                          the last line of the state is the oldest
 *	cache kmem_cache    oldest   and becomes cache 0 of the machine
 *
 * Models: the fields named in sim/slab_state.h; slab_caches,
 *	mm/slab_common.c (6.1, 6.12).
 * Simplified: how many bytes of a recorded object nobody asked for is not
 *	known and counts as none. A negative reference count is NO_MERGE
 *	(mm/slab_layout.h).
 *
 * Invariants:
 *   Z1 what is taken of a machine equals what was loaded into it.
 */
#ifndef BA_SIM_SLAB_SNAPSHOT_H
#define BA_SIM_SLAB_SNAPSHOT_H

#include "sim/machine.h"
#include "sim/slab_state.h"

/*
 * Make the machine's caches and slabs those of the state, if that has any.
 * Pre: every frame of a slab is in use, no cache has a slab. BA_ESTATE, with a
 * sentence, for a state that the machine cannot have.
 */
enum ba_status ba_slab_snapshot_load(const struct ba_slab_state *state,
				     struct ba_machine *machine,
				     char *message, size_t message_size);

/*
 * Write the machine's caches into an empty `state`; nothing if it has no slab
 * and no recorded caches.
 */
enum ba_status ba_slab_snapshot_take(const struct ba_machine *machine,
				     struct ba_slab_state *state);

#endif
