/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check - every invariant of a machine at rest, recounted.
 *
 * Models: nothing; it is the model's own conscience.
 * Simplified: a shared machine must have no call under way.
 *
 * Invariants:
 *   Y1 a check changes nothing.
 *   Y2 the first violation found is named by its number and sentence.
 */
#ifndef BA_SIM_CHECK_H
#define BA_SIM_CHECK_H

#include "sim/machine.h"

/*
 * NULL when all is well; else the sentence of the first invariant that does
 * not hold, and in *zone the index of its zone (255: of no zone).
 *
 * Beyond each module's own check: every frame that says BUDDY or PCP is on
 * exactly one list (G2), per-CPU pages lie in the zone of their list, no
 * block in use overlaps a free one (A1), all locks are free.
 */
const char *ba_machine_check(const struct ba_machine *machine, uint8_t *zone);

#endif
