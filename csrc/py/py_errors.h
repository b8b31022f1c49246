/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_errors - from a status of the core to a Python exception, in one table.
 *
 *	enum ba_status --BA_STATUSES--> "FrameError" --> state->error[...]
 *	  BA_EFRAME                     a name           a class
 *
 *	Exception
 *	  BuddyallocError
 *	    FrameError     (and ValueError)
 *	    SlabError      (and ValueError)
 *	    VmallocError   (and ValueError)
 *	    StateError     (and ValueError)
 *	    TraceError     (and ValueError)
 *	    InternalError  (and RuntimeError)
 *
 * Models: nothing of the kernel; the names stand in base/status.h.
 * Simplified: plain argument errors are ValueError or TypeError.
 *
 * Invariants:
 *   E1 every status but BA_OK becomes an exception.
 */
#ifndef BA_PY_PY_ERRORS_H
#define BA_PY_PY_ERRORS_H

#include "py/py.h"

/* Make the exception classes and add them to the module. */
bool ba_py_errors_add(PyObject *module, struct ba_py_state *state);

/*
 * Raise the exception of `status` with a text as of PyUnicode_FromFormat; an
 * empty text stands for the sentence of the status. Always returns NULL.
 */
PyObject *ba_py_fail(struct ba_py_state *state, enum ba_status status,
		     const char *format, ...);

#endif
