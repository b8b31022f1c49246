/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_owner - the Machine object, and the rule that it has one user at a
 * time.
 *
 *	thread 1   begin ---- GIL released, replaying ---- end
 *	thread 2        alloc_pages -> RuntimeError
 *
 * Short calls keep the GIL from beginning to end, so it is enough that they
 * ask ba_py_ready. Long ones release it between ba_py_begin and ba_py_end.
 *
 * Models: nothing of the kernel.
 * Simplified: a shared machine has one user at a time too, as far as Python
 *	threads go.
 *
 * Invariants:
 *   O1 busy is read and written with the GIL held.
 *   O2 machine.arena.base is NULL only before construction succeeded, and
 *      such an object never reaches Python code.
 */
#ifndef BA_PY_PY_OWNER_H
#define BA_PY_PY_OWNER_H

#include "py/py.h"
#include "sim/machine.h"

struct ba_py_memories;		/* py/py_memory.h */

struct ba_py_machine {
	PyObject_HEAD
	struct ba_py_state *state;	/* borrowed */
	struct ba_machine machine;
	struct ba_py_memories *memories; /* NULL: there was no Memory yet */
	bool busy;			/* a call has released the GIL */
};

/* May a call use the machine now? RuntimeError or InternalError if not. */
bool ba_py_ready(struct ba_py_machine *self);

/* As ba_py_ready, and keep all others out until ba_py_end. */
bool ba_py_begin(struct ba_py_machine *self);

/* As ba_py_begin, for a call that a broken machine does not refuse. */
bool ba_py_begin_broken(struct ba_py_machine *self);

void ba_py_end(struct ba_py_machine *self);

#endif
