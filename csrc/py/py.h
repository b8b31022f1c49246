/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py - the seam between the core and CPython: the one place that includes
 * Python.h, what the module keeps, and how arguments are read.
 *
 *	_core module --state--> struct ba_py_state --> exceptions, types
 *	     ^                          ^
 *	     | module                   | state (borrowed)
 *	heap type <-------------------- object
 *
 * Models: nothing of the kernel; PEP 489 (multi-phase init), PEP 573 (module
 *	state), the limited API of Python 3.11.
 * Simplified: free threading is not declared (Py_MOD_GIL_NOT_USED), as no
 *	interpreter without a GIL has run the tests; every call holds the GIL
 *	but where it says that it releases it, and py/py_owner counts on that.
 *
 * Invariants:
 *   Y1 no Python object is kept in a C variable outside the module's state.
 *   Y2 an object's state pointer is valid while its type is: the type owns
 *      its module.
 *   Y3 a function that returns NULL or false has set an exception.
 */
#ifndef BA_PY_PY_H
#define BA_PY_PY_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

#include "base/status.h"
#include "base/types.h"

/* X(name, base): the exceptions of the package, bases first. */
#define BA_PY_ERRORS(X)							\
	X(BuddyallocError, PyExc_Exception)				\
	X(FrameError, PyExc_ValueError)					\
	X(SlabError, PyExc_ValueError)					\
	X(VmallocError, PyExc_ValueError)				\
	X(StateError, PyExc_ValueError)					\
	X(TraceError, PyExc_ValueError)					\
	X(InternalError, PyExc_RuntimeError)

enum ba_py_error {
#define X(name, base) BA_PY_##name,
	BA_PY_ERRORS(X)
#undef X
	BA_PY_NR_ERRORS
};

struct ba_py_state {
	PyObject *error[BA_PY_NR_ERRORS];
	PyTypeObject *records;
	PyTypeObject *machine;
	PyTypeObject *memory;
	PyTypeObject *kmem_cache;
	PyTypeObject *replay;
	PyTypeObject *reader;
	PyTypeObject *outcome;		/* AllocOutcome, a struct sequence */
	PyTypeObject *fault_outcome;	/* FaultOutcome, the same */
	PyTypeObject *touch_outcome;	/* TouchOutcome, the same */
};

extern struct PyModuleDef ba_py_module;	/* py_module.c */

/* The state of the module that `type` or one of its bases was made in. */
struct ba_py_state *ba_py_state_of(PyTypeObject *type);

/* An object of `type`, all 0 behind its head; NULL without memory. */
void *ba_py_object_new(PyTypeObject *type);

/* The last step of a dealloc: memory and the reference to the type. */
void ba_py_object_free(PyObject *self);

/*
 * Give `type`, a subclass, descriptors of its own for those of the methods with
 * positional arguments that it does not override. The interpreter has a short
 * way to a method that is of the object's very type. Returns None.
 */
PyObject *ba_py_own_methods(PyObject *type, PyMethodDef *methods);
extern const char ba_py_own_methods_doc[];

/* What a method takes; names end with NULL. */
struct ba_py_signature {
	const char *function;
	const char *const *names;
	Py_ssize_t positional;		/* the others by keyword only */
	Py_ssize_t required;
};

#define BA_PY_ARGS_MAX 8

/* ba_py_args for a call with keywords, or with too many or too few values. */
bool ba_py_args_any(const struct ba_py_signature *signature,
		    PyObject *const *args, Py_ssize_t nr, PyObject *kwnames,
		    PyObject *value[BA_PY_ARGS_MAX]);

/*
 * Put the arguments of a METH_FASTCALL | METH_KEYWORDS call in order;
 * value[i] is NULL where the caller gave none. All borrowed.
 */
static inline bool ba_py_args(const struct ba_py_signature *signature,
			      PyObject *const *args, Py_ssize_t nr,
			      PyObject *kwnames,
			      PyObject *value[BA_PY_ARGS_MAX])
{
	if (ba_unlikely(kwnames || nr > signature->positional ||
			nr < signature->required))
		return ba_py_args_any(signature, args, nr, kwnames, value);
	memset(value, 0, BA_PY_ARGS_MAX * sizeof(*value));
	for (Py_ssize_t i = 0; i < nr; i++)
		value[i] = args[i];
	return true;
}

/*
 * Is it the commonest call, with one argument and all else as by default? The
 * shortest ways are built for it: what was not given is known at compile time.
 */
static inline bool ba_py_one_arg(Py_ssize_t nr, PyObject *kwnames)
{
	return ba_likely(nr == 1 && !kwnames);
}

/* For the body of such a call, which is built for it and for all others. */
#define BA_PY_INLINE static inline __attribute__((always_inline))

/* ba_py_uint for an object that is no int, or not within [0, max]. */
bool ba_py_uint_any(PyObject *object, const char *name, uint64_t max,
		    uint64_t *ret);

/* An integer within [0, max]; *ret is left alone when `object` is NULL. */
static inline bool ba_py_uint(PyObject *object, const char *name, uint64_t max,
			      uint64_t *ret)
{
	size_t value;

	BA_STATIC_ASSERT(sizeof(value) == sizeof(*ret), "64 bits");
	if (!object)
		return true;
	if (ba_likely(PyLong_CheckExact(object))) {
		/* much less work than PyLong_AsUnsignedLongLong */
		value = PyLong_AsSize_t(object);
		if (ba_likely(value <= max && value != (size_t)-1)) {
			*ret = value;
			return true;
		}
	}
	return ba_py_uint_any(object, name, max, ret);
}

/* A truth value; *ret is left alone when `object` is NULL. */
bool ba_py_bool(PyObject *object, bool *ret);

/* Bytes of any C-contiguous buffer; the caller releases the view. */
bool ba_py_bytes(PyObject *object, const char *name, Py_buffer *ret);

/* dict[name] = value; takes the reference to value, which may be NULL. */
bool ba_py_dict_set(PyObject *dict, const char *name, PyObject *value);

/* Append `item`, taking its reference; false when it is NULL. */
bool ba_py_append(PyObject *list, PyObject *item);

static inline PyObject *ba_py_u64(uint64_t value)
{
	return PyLong_FromUnsignedLongLong(value);
}

/* A frame number: the signed form has the shorter way for small numbers. */
static inline PyObject *ba_py_pfn(pfn_t pfn)
{
	return PyLong_FromLong((long)pfn);
}

static inline PyObject *ba_py_i64(int64_t value)
{
	return PyLong_FromLongLong((long long)value);
}

/* int, or None when the value is all ones. */
PyObject *ba_py_u64_or_none(uint64_t value);
PyObject *ba_py_u8_or_none(uint8_t value);

#define BA_PY_METHOD(name, function, flags, doc)			\
	{ name, (PyCFunction)(void (*)(void))(function), flags, doc }
#define BA_PY_KEYWORDS (METH_FASTCALL | METH_KEYWORDS)

#endif
