/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_machine - the Python type Machine: how one is made, copied, compared
 * and saved. Its calls are in py_machine_calls, its views in
 * py_machine_view.
 *
 *	Machine(bytes) --------+
 *	_from_state_text ------+--> machine --+--> save() --> _load
 *	copy(), _load ---------+              +--> state_text()
 *
 * Models: nothing of its own (sim/machine.h, sim/snapshot.h).
 * Simplified: Machine can be subclassed; copy, _load and _from_state_text
 *	then give the subclass, without calling its __init__.
 *
 * Invariants:
 *   M1 a constructor gives a complete machine or an exception.
 */
#ifndef BA_PY_PY_MACHINE_H
#define BA_PY_PY_MACHINE_H

#include "py/py.h"

PyTypeObject *ba_py_machine_type(PyObject *module);

#endif
