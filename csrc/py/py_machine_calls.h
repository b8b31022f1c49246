/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_machine_calls - the calls of the page allocator as methods of Machine:
 * allocate, free, split, drain.
 *
 *	m.alloc_pages(gfp, order, cpu=0)  -->  ba_alloc_pages  -->  pfn or None
 *	m.free_pages(pfn, order)          -->  ba_free_pages   -->  FrameError
 *
 * Models: alloc_pages, __free_pages, alloc_pages_bulk_noprof,
 *	free_unref_page_list, split_page, drain_all_pages, mm/page_alloc.c
 *	(6.1, 6.12): the names of the methods are theirs.
 * Simplified: one call at a time for each CPU, outside interrupts.
 *
 * Invariants:
 *   L1 a call with a bad argument changes nothing.
 */
#ifndef BA_PY_PY_MACHINE_CALLS_H
#define BA_PY_PY_MACHINE_CALLS_H

#include "py/py.h"

PyTypeObject *ba_py_outcome_type(void);

/* X(name): methods, all METH_FASTCALL | METH_KEYWORDS. */
#define BA_PY_MACHINE_CALLS(X)						\
	X(alloc_pages)							\
	X(alloc_pages_outcome)						\
	X(alloc_pages_bulk)						\
	X(free_pages)							\
	X(free_pages_list)						\
	X(split_page)							\
	X(sysctl)							\
	X(drain_pages)							\
	X(drain_all_pages)

#define X(name)								\
	PyObject *ba_py_machine_##name(PyObject *object,		\
				       PyObject *const *args,		\
				       Py_ssize_t nr, PyObject *kwnames); \
	extern const char ba_py_machine_##name##_doc[];
BA_PY_MACHINE_CALLS(X)
#undef X

#endif
