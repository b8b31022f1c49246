/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_slab_batch - many operations on caches and kmalloc in one call from
 * Python: Machine.slab_batch.
 *
 *	operation 0   KMALLOC  value 100            --> address 0xffff888...
 *	          1   ALLOC    cache 57, cpu 1      --> address 0xffff888...
 *	          2   KFREE    of 0                 --> status 0
 *	          3   KFREE    of 0                 --> status: is free already
 *
 * Models: nothing of its own.
 * Simplified: an error is a number in the operation's result, and the next one
 *	is done.
 *
 * Invariants:
 *   B1 all operations are looked at before the first is done.
 */
#ifndef BA_PY_PY_SLAB_BATCH_H
#define BA_PY_PY_SLAB_BATCH_H

#include "py/py_owner.h"

PyObject *ba_py_machine_slab_batch(PyObject *object, PyObject *const *args,
				   Py_ssize_t nr, PyObject *kwnames);
extern const char ba_py_machine_slab_batch_doc[];

/* X(NAME, "what it does"): operations of slab_batch. */
#define BA_PY_SLAB_OPS(X)						\
	X(ALLOC, "an object of `cache`")				\
	X(FREE, "the object at `value`, which is of `cache`")		\
	X(KMALLOC, "`value` bytes")					\
	X(KFREE, "what is at `value`")					\
	X(SHRINK, "`cache` gives its empty slabs back")			\
	X(FLUSH, "`cpu` gives up its slabs of `cache`")

/* X(name, code, "numpy type"): an operation, and what it came to. */
#define BA_PY_SLAB_OP_FIELDS(X)						\
	X(op, B, "u1") X(cpu, B, "u1") X(node, B, "u1") X(pad, B, "u1")	\
	X(gfp, I, "<u4") X(cache, I, "<u4") X(of, I, "<u4")		\
	X(value, Q, "<u8")

#define BA_PY_SLAB_RESULT_FIELDS(X)					\
	X(address, Q, "<u8") X(status, i, "<i4") X(pad, I, "<u4")

#endif
