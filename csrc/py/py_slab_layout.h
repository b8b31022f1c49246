/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_slab_layout - the words of a slab cache as Python gives them, and the
 * layout that follows from them as a dict.
 *
 *	"HWCACHE_ALIGN|SLAB_ACCOUNT"  --> 0x4002000
 *	0x4002000                     --> 0x4002000
 *
 * Models: nothing of its own, by way of mm/slab_layout.h.
 * Simplified: flags have 6.1's values, whatever the kernel.
 *
 * Invariants:
 *   Z1 an argument that the kernel could not use raises an exception that
 *      names the values.
 */
#ifndef BA_PY_PY_SLAB_LAYOUT_H
#define BA_PY_PY_SLAB_LAYOUT_H

#include "mm/slab_layout.h"
#include "py/py.h"

/* SLAB_* flags, a number or their names; *ret is kept when object is NULL. */
bool ba_py_slab_flags(PyObject *object, const char *name, uint32_t *ret);

/* The fields of a layout by name. */
PyObject *ba_py_slab_layout_dict(const struct ba_slab_layout *layout);

/* The function slab_layout of the module. */
PyObject *ba_py_slab_layout(PyObject *module, PyObject *args,
			    PyObject *kwargs);
extern const char ba_py_slab_layout_doc[];

#endif
