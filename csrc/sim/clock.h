/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clock - the time that passes between two calls, and what the kernel's own
 * threads do in it.
 *
 *	a call  |---- advance(ns) ----------------------------|  next call
 *	           ^ writes done   ^ kswapd    ^ vmstat   ^ kcompactd
 *	             at their due    a round     every      when woken, and
 *	             times           at a time   second     every 500 ms
 *
 * Calls take no time: only advance() moves the clock, and a request that has to
 * reclaim. So a burst of calls finds the threads asleep, as a burst on a
 * real machine is faster than they are, and a pause lets them catch up. kswapd
 * is charged for its work: a round that takes 2 ms of modelled time is
 * followed by the next one 2 ms later.
 *
 * Models: kswapd, mm/vmscan.c; kcompactd, mm/compaction.c; vmstat_update,
 *	mm/vmstat.c; wb_workfn, fs/fs-writeback.c (6.1, 6.12).
 * Simplified: every thread has a CPU of its own, and runs on the first CPU of
 *	its node as far as per-CPU lists go; ties go in the order of the
 *	picture.
 *
 * Invariants:
 *   C1 the clock never goes back.
 *   C2 advance(a) then advance(b) leaves the machine as advance(a + b) does.
 */
#ifndef BA_SIM_CLOCK_H
#define BA_SIM_CLOCK_H

#include "sim/machine.h"

/* Let `ns` nanoseconds pass. */
void ba_clock_advance(struct ba_machine *machine, uint64_t ns);

#endif
