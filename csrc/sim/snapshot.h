/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * snapshot - from a recorded state to a machine, and from a machine back to
 * a state that can be written in the same form.
 *
 *	state.start --> machine --replay--> machine --> state to compare
 *	                                               with state.end
 *
 * Frames that stand on no list of the state are in use by an owner of whom
 * nothing is known (mm/page.h).
 *
 * Models: the fields named in sim/state.h.
 * Simplified: what a node knows of kcompactd is not recorded: it sleeps.
 *
 * Invariants:
 *   H1 ba_snapshot_take of a machine that was just loaded equals the state it
 *      was loaded from.
 */
#ifndef BA_SIM_SNAPSHOT_H
#define BA_SIM_SNAPSHOT_H

#include "sim/machine.h"

/*
 * Make a machine from a state. `config` gives profile and sysctls; memory,
 * CPUs and nodes come from the state. BA_ESTATE, with a sentence, when the
 * state contradicts itself (sim/state.h T1..T6).
 */
enum ba_status ba_snapshot_load(const struct ba_state *state,
				const struct ba_config *config,
				struct ba_machine *ret, char *message,
				size_t message_size);

/* Write the machine's state into an empty `state`. */
enum ba_status ba_snapshot_take(const struct ba_machine *machine,
				struct ba_state *state);

/* How far two states agree. */
struct ba_snapshot_score {
	uint32_t free_lists;		/* non-empty lists of either side */
	uint32_t free_lists_identical;	/* same frames in the same order */
	uint32_t pcp_lists;
	uint32_t pcp_lists_identical;
	uint32_t pageblocks;		/* of zones that both have */
	uint32_t pageblocks_identical;	/* same migratetype */
};

struct ba_snapshot_score ba_snapshot_compare(const struct ba_state *a,
					     const struct ba_state *b);

#endif
