/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_replay - the Python type Replay: batches of events into a machine, with
 * the GIL released, and what comes out of it.
 *
 *	run(events)   |--slice--|--slice--|--slice--|
 *	                        ^ signals, progress(done, total)
 *	outcomes()    everything since the last outcomes(), taken
 *
 * Models: nothing of its own (sim/replay.h).
 * Simplified: the machine is kept from all other users while run() runs, and
 *	should be left alone between two runs.
 *
 * Invariants:
 *   P1 the events' buffer is held, so it cannot move, while the GIL is
 *      released.
 *   P2 no event reaches the core whose op, order or flags are out of range.
 *   P3 outcomes done before an exception are kept.
 */
#ifndef BA_PY_PY_REPLAY_H
#define BA_PY_PY_REPLAY_H

#include "py/py.h"

PyTypeObject *ba_py_replay_type(PyObject *module);

#endif
