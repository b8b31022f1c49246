/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_machine_user - user memory as methods of Machine: pages known by a
 * handle, which reclaim and compaction may take and move, and the time in
 * which they do.
 *
 *	fault_in(3)       --> handles 1 2 3        new pages, each touched once
 *	where([1, 2, 3])  --> 4711 4712 none       handle 3 was swapped out
 *	touch([3])        --> 1 major              and is read again
 *	advance(10**9)                             kswapd and the others work
 *	release([1, 2])                            frames free, handles nobody's
 *
 * Models: a page fault, a system call on the page cache, munmap or truncate;
 *	the names of /proc/vmstat, mm/vmstat.c (6.1, 6.12).
 * Simplified: one call at a time; a call takes no time by itself.
 *
 * Invariants:
 *   H1 a call with a bad argument or handle changes nothing: all handles are
 *      looked at before the first is used.
 *   H2 a handle in a list may lose its page while the call works, by the OOM
 *      killer; it is looked at again before it is used.
 */
#ifndef BA_PY_PY_MACHINE_USER_H
#define BA_PY_PY_MACHINE_USER_H

#include "py/py.h"

PyTypeObject *ba_py_fault_outcome_type(void);
PyTypeObject *ba_py_touch_outcome_type(void);

/* X(name): methods, all METH_FASTCALL | METH_KEYWORDS. */
#define BA_PY_MACHINE_USER(X)						\
	X(fault_in)							\
	X(touch)							\
	X(release)							\
	X(where)							\
	X(handles)							\
	X(advance)							\
	X(vmstat)							\
	X(zone_vmstat)

#define X(name)								\
	PyObject *ba_py_machine_##name(PyObject *object,		\
				       PyObject *const *args,		\
				       Py_ssize_t nr, PyObject *kwnames); \
	extern const char ba_py_machine_##name##_doc[];
BA_PY_MACHINE_USER(X)
#undef X

#endif
