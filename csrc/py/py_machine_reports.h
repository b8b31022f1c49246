/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_machine_reports - what a machine has noted while it ran, as methods of
 * Machine: what checks of slab objects found, who had to wait for a lock.
 *
 *	struct ba_slab_report of mm/slab_debug  -->  a dict, the latest last
 *	struct ba_waits of sim/waits            -->  ("pcp", "CPU 1, zone
 *	                                             Normal", waits, spins)
 *
 * Models: nothing of the kernel, which prints a page of text.
 * Simplified: the latest BA_SLAB_REPORTS are known.
 *
 * Invariants:
 *   R1 looking changes nothing.
 */
#ifndef BA_PY_PY_MACHINE_REPORTS_H
#define BA_PY_PY_MACHINE_REPORTS_H

#include "py/py_owner.h"

/* X(name): methods with keyword arguments. */
#define BA_PY_MACHINE_REPORTS(X)					\
	X(slab_reports)							\
	X(lock_waits)							\
	X(clear_lock_waits)

#define X(name)								\
	PyObject *ba_py_machine_##name(PyObject *object,		\
				       PyObject *const *args,		\
				       Py_ssize_t nr, PyObject *kwnames); \
	extern const char ba_py_machine_##name##_doc[];
BA_PY_MACHINE_REPORTS(X)
#undef X

#endif
