// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_errors.h"

#include <stdarg.h>
#include <string.h>

#define DOC_BuddyallocError \
	"Base of the exceptions that only this package raises."
#define DOC_FrameError \
	"A page frame cannot be used that way: it lies outside every zone, " \
	"is free already, or begins no block of that order; or no page of " \
	"user memory has that handle."
#define DOC_SlabError \
	"An object cannot be used that way: none begins at that address, it " \
	"is free already, or it is of another cache; or a cache has objects " \
	"in use."
#define DOC_VmallocError \
	"An area of vmalloc addresses cannot be used that way: none begins " \
	"at that address, it is free already, or it is vmalloc's and not " \
	"vmap's, or the other way round."
#define DOC_StateError \
	"A recorded allocator state contradicts itself."
#define DOC_TraceError \
	"A text is not of a known form, or ends too early."
#define DOC_InternalError \
	"The model broke one of its own invariants. The machine refuses " \
	"further calls; please report it."

/* One class; its bases are BuddyallocError and the built-in one. */
static PyObject *new_error(const char *full_name, const char *doc,
			   PyObject *project_base, PyObject *base)
{
	PyObject *bases, *error;

	if (!project_base)
		return PyErr_NewExceptionWithDoc(full_name, doc, base, NULL);
	bases = PyTuple_Pack(2, project_base, base);
	if (!bases)
		return NULL;
	error = PyErr_NewExceptionWithDoc(full_name, doc, bases, NULL);
	Py_DECREF(bases);
	return error;
}

bool ba_py_errors_add(PyObject *module, struct ba_py_state *state)
{
#define X(name, base)							\
	state->error[BA_PY_##name] =					\
		new_error("buddyalloc." #name, DOC_##name,		\
			  state->error[BA_PY_BuddyallocError], base);	\
	if (!state->error[BA_PY_##name] ||				\
	    PyModule_AddObjectRef(module, #name,			\
				  state->error[BA_PY_##name]))		\
		return false;
	BA_PY_ERRORS(X)
#undef X
	return true;
}

static PyObject *class_of(struct ba_py_state *state, enum ba_status status)
{
	const char *want = ba_status_exception(status);

#define X(name, base)							\
	if (strcmp(want, #name) == 0)					\
		return state->error[BA_PY_##name];
	BA_PY_ERRORS(X)
#undef X
	if (strcmp(want, "ValueError") == 0)
		return PyExc_ValueError;
	if (strcmp(want, "MemoryError") == 0)
		return PyExc_MemoryError;
	return PyExc_RuntimeError;
}

PyObject *ba_py_fail(struct ba_py_state *state, enum ba_status status,
		     const char *format, ...)
{
	PyObject *class = class_of(state, status);
	va_list args;

	if (!*format) {
		PyErr_SetString(class, ba_strerror(status));
		return NULL;
	}
	va_start(args, format);
	PyErr_FormatV(class, format, args);
	va_end(args);
	return NULL;
}
