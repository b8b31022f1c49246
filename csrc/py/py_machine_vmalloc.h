/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_machine_vmalloc - vmalloc, vmap and kvmalloc as methods of Machine.
 *
 *	vmalloc(20000)         --> 0xffffc90000000000     5 pages, scattered
 *	vmalloc_pages(that)    --> 713 12 13 90 4         their frames
 *	vmalloc_to_pfn(that + 4096)  --> 12
 *	vfree(that)
 *
 * Models: vmalloc, vzalloc, vmalloc_user, vmalloc_huge, vfree, vmap, vunmap,
 *	vm_unmap_aliases and vmalloc_to_pfn, mm/vmalloc.c (6.1, 6.12); the
 *	fields of an area are those of /proc/vmallocinfo.
 * Simplified: that there is no memory is None, whatever the reason. A machine
 *	that is backed gives a Memory (py/py_memory.h) in place of an address.
 *
 * Invariants:
 *   M1 a call that raises an exception has changed nothing.
 */
#ifndef BA_PY_PY_MACHINE_VMALLOC_H
#define BA_PY_PY_MACHINE_VMALLOC_H

#include "py/py.h"

/* X(NAME, "text"): kinds of areas, by the number in an area's record */
#define BA_PY_VMAP_AREA_KINDS(X)					\
	X(VMALLOC, "vmalloc") X(VMAP, "vmap") X(LAZY, "unpurged")

/* X(name): methods, all METH_FASTCALL | METH_KEYWORDS. */
#define BA_PY_MACHINE_VMALLOC(X)					\
	X(vmalloc)							\
	X(vzalloc)							\
	X(vmalloc_user)							\
	X(vfree)							\
	X(vmap)								\
	X(vunmap)							\
	X(vm_unmap_aliases)						\
	X(kvmalloc)							\
	X(kvfree)							\
	X(vmalloc_pages)						\
	X(vmalloc_to_pfn)						\
	X(vmap_areas)							\
	X(vmalloc_stat)

#define X(name)								\
	PyObject *ba_py_machine_##name(PyObject *object,		\
				       PyObject *const *args,		\
				       Py_ssize_t nr, PyObject *kwnames); \
	extern const char ba_py_machine_##name##_doc[];
BA_PY_MACHINE_VMALLOC(X)
#undef X

#endif
