/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_machine_shrinker - methods of Machine about slab objects that reclaim may
 * free, and about those that somebody overwrote.
 *
 *	m.register_shrinker('dentry')       -->  ba_shrinker_register
 *	m.unuse_objects([address])          -->  ba_object_unuse
 *	m.sysctl('drop_caches', 2)          -->  freed
 *	m.slab_reports()                    -->  what slab_debug found
 *
 * Models: register_shrinker, mm/vmscan.c (6.1); shrinker_register,
 *	mm/shrinker.c (6.12).
 * Simplified: whoever says that an object is unused has no Memory of it any
 *	more.
 *
 * Invariants:
 *   R1 a list of addresses is taken whole or not at all.
 */
#ifndef BA_PY_PY_MACHINE_SHRINKER_H
#define BA_PY_PY_MACHINE_SHRINKER_H

#include "py/py_slab_args.h"

/* X(name): methods with keyword arguments. */
#define BA_PY_MACHINE_SHRINKER(X)					\
	X(register_shrinker) X(unuse_objects) X(use_objects)		\
	X(unused_objects) X(slab_reports)

#define X(name)								\
	PyObject *ba_py_machine_##name(PyObject *object,		\
				       PyObject *const *args,		\
				       Py_ssize_t nr, PyObject *kwnames); \
	extern const char ba_py_machine_##name##_doc[];
BA_PY_MACHINE_SHRINKER(X)
#undef X

#endif
