// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_records.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define HUGE_PAGE ((size_t)2 << 20)	/* of most hosts */
#define LARGE (2 * HUGE_PAGE)

void *ba_py_records_data(size_t nr, size_t size)
{
	void *data = calloc(nr ? nr : 1, size);

	if (!data)
		PyErr_NoMemory();
	return data;
}

void *ba_py_records_grow(void *data, size_t old, size_t size)
{
	void *ret = NULL;

	/* a large one is moved by its page tables */
	if (size < LARGE || old >= LARGE)
		return realloc(data, size);
	size = (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	if (!size || posix_memalign(&ret, HUGE_PAGE, size))
		return NULL;
	ba_prefer_huge(ret, size);
	if (old)
		memcpy(ret, data, old);
	free(data);
	return ret;
}

PyObject *ba_py_records_new(struct ba_py_state *state, void *data,
			    const char *format, size_t itemsize, size_t rows,
			    size_t columns)
{
	struct ba_py_records *self = ba_py_object_new(state->records);

	if (!self) {
		free(data);
		return NULL;
	}
	self->data = data;
	self->itemsize = (Py_ssize_t)itemsize;
	self->ndim = columns ? 2 : 1;
	self->shape[0] = (Py_ssize_t)rows;
	self->shape[1] = (Py_ssize_t)columns;
	self->strides[1] = self->itemsize;
	self->strides[0] = self->itemsize *
			   (columns ? (Py_ssize_t)columns : 1);
	strncpy(self->format, format, sizeof(self->format) - 1);
	return (PyObject *)self;
}

static Py_ssize_t nr_bytes(const struct ba_py_records *self)
{
	return self->shape[0] * self->strides[0];
}

static int records_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
	struct ba_py_records *self = (struct ba_py_records *)object;
	bool fortran = (flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS;

	view->obj = NULL;
	if (flags & PyBUF_WRITABLE) {
		PyErr_SetString(PyExc_BufferError,
				"Records are read-only; copy them to change "
				"them");
		return -1;
	}
	if (fortran && self->ndim > 1) {
		PyErr_SetString(PyExc_BufferError,
				"Records are in C order, not in Fortran's");
		return -1;
	}
	view->buf = self->data;
	view->len = nr_bytes(self);
	view->readonly = 1;
	view->itemsize = self->itemsize;
	view->format = flags & PyBUF_FORMAT ? self->format : NULL;
	view->ndim = self->ndim;
	view->shape = flags & PyBUF_ND ? self->shape : NULL;
	view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ?
				self->strides : NULL;
	view->suboffsets = NULL;
	view->internal = NULL;
	view->obj = Py_NewRef(object);
	return 0;
}

static Py_ssize_t records_length(PyObject *object)
{
	return ((struct ba_py_records *)object)->shape[0];
}

static PyObject *records_get_shape(PyObject *object, void *closure)
{
	struct ba_py_records *self = (struct ba_py_records *)object;

	(void)closure;
	if (self->ndim == 1)
		return Py_BuildValue("(n)", self->shape[0]);
	return Py_BuildValue("(nn)", self->shape[0], self->shape[1]);
}

static PyObject *records_get_format(PyObject *object, void *closure)
{
	(void)closure;
	return PyUnicode_FromString(((struct ba_py_records *)object)->format);
}

static PyObject *records_get_itemsize(PyObject *object, void *closure)
{
	(void)closure;
	return PyLong_FromSsize_t(((struct ba_py_records *)object)->itemsize);
}

static PyObject *records_get_nbytes(PyObject *object, void *closure)
{
	(void)closure;
	return PyLong_FromSsize_t(nr_bytes((struct ba_py_records *)object));
}

static PyObject *records_repr(PyObject *object)
{
	struct ba_py_records *self = (struct ba_py_records *)object;

	return PyUnicode_FromFormat("<Records: %zd of %zd bytes, %s>",
				    self->shape[0], self->strides[0],
				    self->format);
}

static int records_traverse(PyObject *object, visitproc visit, void *arg)
{
	Py_VISIT(Py_TYPE(object));
	return 0;
}

static void records_dealloc(PyObject *object)
{
	PyObject_GC_UnTrack(object);
	free(((struct ba_py_records *)object)->data);
	ba_py_object_free(object);
}

static PyGetSetDef records_getset[] = {
	{ "shape", records_get_shape, NULL,
	  "Length of each dimension, a tuple of one or two.", NULL },
	{ "format", records_get_format, NULL,
	  "The items' layout, in the form of PEP 3118.", NULL },
	{ "itemsize", records_get_itemsize, NULL, "Bytes of one item.", NULL },
	{ "nbytes", records_get_nbytes, NULL, "Bytes of all items.", NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

PyDoc_STRVAR(records_doc,
"An array of fixed-size records, filled by the core.\n"
"\n"
"It exports the buffer protocol, read-only: numpy.asarray(records) is an\n"
"array of the same memory, with named fields. len() is the number of items\n"
"along the first dimension.");

static PyType_Slot records_slots[] = {
	{ Py_tp_doc, (void *)records_doc },
	{ Py_tp_dealloc, records_dealloc },
	{ Py_tp_traverse, records_traverse },
	{ Py_tp_repr, records_repr },
	{ Py_tp_getset, records_getset },
	{ Py_sq_length, records_length },
	{ Py_bf_getbuffer, records_getbuffer },
	{ 0, NULL },
};

static PyType_Spec records_spec = {
	.name = "buddyalloc._core.Records",
	.basicsize = sizeof(struct ba_py_records),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
		 Py_TPFLAGS_IMMUTABLETYPE |
		 Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.slots = records_slots,
};

PyTypeObject *ba_py_records_type(PyObject *module)
{
	return (PyTypeObject *)PyType_FromModuleAndSpec(module, &records_spec,
							NULL);
}
