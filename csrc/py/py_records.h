/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_records - arrays of records on their way to NumPy: memory that C
 * filled, exported once through the buffer protocol and never copied.
 *
 *	C array --ba_py_records_new--> Records --np.asarray--> ndarray
 *	  malloc          owns it              points into it
 *
 * The format string names the fields (PEP 3118), so that the structured
 * dtype is written here and nowhere else:
 *
 *	T{=Q:ts_ns:Q:addr: ... B:context:}
 *
 * Models: nothing of the kernel.
 * Simplified: one or two dimensions, C order, read-only.
 *
 * Invariants:
 *   C1 data lives as long as the object; exports hold a reference to it.
 *   C2 itemsize is the size that the format describes.
 */
#ifndef BA_PY_PY_RECORDS_H
#define BA_PY_PY_RECORDS_H

#include "py/py.h"

/*
 * X(name, code, "numpy type"): the members of a C struct, in their order.
 * The code is that of the struct module with standard sizes.
 */
#define BA_PY_EVENT_FIELDS(X)						\
	X(ts_ns, Q, "<u8") X(addr, Q, "<u8") X(gfp, I, "<u4")		\
	X(arg, I, "<u4") X(cpu, H, "<u2") X(task, H, "<u2")		\
	X(op, B, "u1") X(order, B, "u1") X(migratetype, B, "u1")	\
	X(context, B, "u1")

#define BA_PY_OUTCOME_FIELDS(X)						\
	X(pfn, Q, "<u8") X(recorded_pfn, Q, "<u8") X(event, I, "<u4")	\
	X(latency_ns, I, "<u4") X(path, H, "<u2") X(result, B, "u1")	\
	X(zone, B, "u1") X(order, B, "u1") X(split_order, B, "u1")	\
	X(fallback, B, "u1") X(migratetype, B, "u1")

#define BA_PY_FRAME_FIELDS(X)						\
	X(state, B, "u1") X(order, B, "u1") X(migratetype, B, "u1")	\
	X(zone, B, "u1") X(node, B, "u1") X(flags, B, "u1")

#define BA_PY_PAGEBLOCK_FIELDS(X)					\
	X(migratetype, B, "u1") X(skip, B, "u1") X(zone, B, "u1")

#define BA_PY_HANDLE_FIELDS(X)						\
	X(handle, I, "<u4") X(pfn, I, "<u4") X(state, B, "u1")		\
	X(order, B, "u1") X(anon, B, "u1") X(mm, B, "u1")

#define BA_PY_VMAP_AREA_FIELDS(X)					\
	X(address, Q, "<u8") X(size, Q, "<u8") X(requested, Q, "<u8")	\
	X(pages, I, "<u4") X(kind, B, "u1") X(vpages, B, "u1")		\
	X(large, B, "u1") X(user, B, "u1")				\
	X(node_pages, (16)I, "(16,)<u4")

#define BA_PY_FALLBACK_FIELDS(X)					\
	X(event, Q, "<u8") X(pfn, I, "<u4") X(kind, B, "u1")		\
	X(order, B, "u1") X(migratetype, B, "u1") X(refill, B, "u1")	\
	X(fallback_order, B, "u1") X(fallback_migratetype, B, "u1")	\
	X(change_ownership, B, "u1") X(zone, B, "u1") X(pad, I, "<u4")

#define BA_PY_SAMPLE_FIELDS(X)						\
	X(event, Q, "<u8") X(ts_ns, Q, "<u8")

#define BA_PY_FIELD_FORMAT(name, code, type) #code ":" #name ":"
#define BA_PY_FORMAT(FIELDS) "T{=" FIELDS(BA_PY_FIELD_FORMAT) "}"

#define BA_PY_FORMAT_MAX 256

struct ba_py_records {
	PyObject_HEAD
	void *data;
	Py_ssize_t itemsize;		/* bytes */
	int ndim;			/* 1 or 2 */
	Py_ssize_t shape[2];
	Py_ssize_t strides[2];		/* bytes */
	char format[BA_PY_FORMAT_MAX];
};

PyTypeObject *ba_py_records_type(PyObject *module);

/* Memory of nr * size bytes for ba_py_records_new; MemoryError and NULL. */
void *ba_py_records_data(size_t nr, size_t size);

/*
 * The array with its first `old` bytes kept, `size` in all; NULL, and the old
 * one stays, when there is no memory. What is large is backed by the host's
 * huge pages if it can: a fault for 2 MiB instead of 512. Goes with free().
 */
void *ba_py_records_grow(void *data, size_t old, size_t size);

/*
 * An object that owns `data` (of malloc, not NULL), which is freed when this
 * fails. columns 0: one dimension.
 */
PyObject *ba_py_records_new(struct ba_py_state *state, void *data,
			    const char *format, size_t itemsize, size_t rows,
			    size_t columns);

#endif
