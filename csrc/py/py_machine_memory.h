/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_machine_memory - the calls of Machine that reach real bytes: of frames by
 * their number, of user memory by its handle.
 *
 *	m.memory(pfn, order)           Memory over the direct map
 *	m.copy_to_user(handle, data)   the page is touched first: it may have to
 *	m.copy_from_user(handle)       be read from swap, into another frame
 *
 * Models: page_address, include/linux/mm.h; copy_to_user, copy_from_user,
 *	include/linux/uaccess.h (6.1, 6.12): the names of the methods.
 * Simplified: a copy goes to one page, which its handle names.
 *
 * Invariants:
 *   B1 a Memory is over frames in use that the caller can free by number, or
 *      whose owner the model does not know.
 */
#ifndef BA_PY_PY_MACHINE_MEMORY_H
#define BA_PY_PY_MACHINE_MEMORY_H

#include "py/py.h"

/* X(name): methods, all METH_FASTCALL | METH_KEYWORDS. */
#define BA_PY_MACHINE_MEMORY(X)						\
	X(page_address)							\
	X(memory)							\
	X(copy_to_user)							\
	X(copy_from_user)

#define X(name)								\
	PyObject *ba_py_machine_##name(PyObject *object,		\
				       PyObject *const *args,		\
				       Py_ssize_t nr, PyObject *kwnames); \
	extern const char ba_py_machine_##name##_doc[];
BA_PY_MACHINE_MEMORY(X)
#undef X

#endif
