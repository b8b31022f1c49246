/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_machine_slab - slab caches and the kmalloc family as methods of Machine.
 *
 *	m.kmem_cache_create('dentry', 192)  --> KmemCache (py/py_kmem_cache.h)
 *	m.kmalloc(100)                      --> 0xffff888000123080, or None
 *	m.kfree(address)                    --> None, or SlabError
 *
 * Models: kmem_cache_create, kmalloc_node, kzalloc, kcalloc, kmalloc_array,
 *	krealloc, kfree, kfree_bulk, ksize, kmalloc_size_roundup (6.1, 6.12):
 *	the names of the methods are theirs.
 * Simplified: kmalloc_bulk is no function of the kernel; it calls kmalloc for
 *	each.
 *
 * Invariants:
 *   L1 a call with a bad argument changes nothing.
 */
#ifndef BA_PY_PY_MACHINE_SLAB_H
#define BA_PY_PY_MACHINE_SLAB_H

#include "py/py.h"

/* X(name): methods, all METH_FASTCALL | METH_KEYWORDS. */
#define BA_PY_MACHINE_SLABS(X)						\
	X(kmem_cache_create)						\
	X(cache_names)							\
	X(kmalloc)							\
	X(kzalloc)							\
	X(kmalloc_array)						\
	X(kcalloc)							\
	X(krealloc)							\
	X(kfree)							\
	X(ksize)							\
	X(kmalloc_size_roundup)						\
	X(kmalloc_cache)						\
	X(kmalloc_bulk)							\
	X(kfree_bulk)							\
	X(slab_vmstat)

#define X(name)								\
	PyObject *ba_py_machine_##name(PyObject *object,		\
				       PyObject *const *args,		\
				       Py_ssize_t nr, PyObject *kwnames); \
	extern const char ba_py_machine_##name##_doc[];
BA_PY_MACHINE_SLABS(X)
#undef X

#endif
