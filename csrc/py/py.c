// SPDX-License-Identifier: GPL-2.0-only
#include "py/py.h"

struct ba_py_state *ba_py_state_of(PyTypeObject *type)
{
	for (; type; type = PyType_GetSlot(type, Py_tp_base)) {
		PyObject *module = PyType_GetModule(type);

		if (module && PyModule_GetDef(module) == &ba_py_module)
			return PyModule_GetState(module);
		PyErr_Clear();
	}
	PyErr_SetString(PyExc_TypeError, "not a type of buddyalloc._core");
	return NULL;
}

void *ba_py_object_new(PyTypeObject *type)
{
	allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);

	return alloc(type, 0);
}

void ba_py_object_free(PyObject *self)
{
	PyTypeObject *type = Py_TYPE(self);
	freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

	release(self);
	Py_DECREF(type);
}

const char ba_py_own_methods_doc[] =
"_own_methods($type, /)\n"
"--\n"
"\n"
"Give the subclass descriptors of its own for inherited methods: calls of a\n"
"method that is of the object's very type are faster.";

PyObject *ba_py_own_methods(PyObject *type, PyMethodDef *methods)
{
	for (; methods->ml_name; methods++) {
		PyObject *found, *own = NULL;
		int failed = 0;

		if (methods->ml_flags != BA_PY_KEYWORDS)
			continue;
		found = PyObject_GetAttrString(type, methods->ml_name);
		if (!found)
			return NULL;
		/* an override is no descriptor of C */
		if (Py_TYPE(found) == &PyMethodDescr_Type) {
			own = PyDescr_NewMethod((PyTypeObject *)type,
						methods);
			failed = !own || PyObject_SetAttrString(
						type, methods->ml_name, own);
		}
		Py_XDECREF(own);
		Py_DECREF(found);
		if (failed)
			return NULL;
	}
	Py_RETURN_NONE;
}

static Py_ssize_t find_name(const struct ba_py_signature *signature,
			    PyObject *name)
{
	for (Py_ssize_t i = 0; signature->names[i]; i++)
		if (PyUnicode_CompareWithASCIIString(
			    name, signature->names[i]) == 0)
			return i;
	PyErr_Format(PyExc_TypeError,
		     "%s() got an unexpected keyword argument '%U'",
		     signature->function, name);
	return -1;
}

static bool take_keywords(const struct ba_py_signature *signature,
			  PyObject *const *values, PyObject *kwnames,
			  PyObject *value[BA_PY_ARGS_MAX])
{
	Py_ssize_t nr = kwnames ? PyTuple_Size(kwnames) : 0;

	for (Py_ssize_t k = 0; k < nr; k++) {
		PyObject *name = PyTuple_GetItem(kwnames, k);
		Py_ssize_t i = find_name(signature, name);

		if (i < 0)
			return false;
		if (value[i]) {
			PyErr_Format(PyExc_TypeError,
				     "%s() got '%U' twice",
				     signature->function, name);
			return false;
		}
		value[i] = values[k];
	}
	return true;
}

bool ba_py_args_any(const struct ba_py_signature *signature,
		    PyObject *const *args, Py_ssize_t nr, PyObject *kwnames,
		    PyObject *value[BA_PY_ARGS_MAX])
{
	if (nr > signature->positional) {
		PyErr_Format(PyExc_TypeError,
			     "%s() takes at most %zd positional arguments "
			     "(%zd given)", signature->function,
			     signature->positional, nr);
		return false;
	}
	for (Py_ssize_t i = 0; i < BA_PY_ARGS_MAX; i++)
		value[i] = i < nr ? args[i] : NULL;
	if (kwnames && !take_keywords(signature, args + nr, kwnames, value))
		return false;
	for (Py_ssize_t i = 0; i < signature->required; i++) {
		if (value[i])
			continue;
		PyErr_Format(PyExc_TypeError, "%s() needs the argument '%s'",
			     signature->function, signature->names[i]);
		return false;
	}
	return true;
}

bool ba_py_uint_any(PyObject *object, const char *name, uint64_t max,
		    uint64_t *ret)
{
	PyObject *index;
	unsigned long long value;

	PyErr_Clear();		/* PyLong_AsSize_t's, whose words are others */
	index = PyNumber_Index(object);
	if (!index && PyErr_ExceptionMatches(PyExc_TypeError))
		PyErr_Format(PyExc_TypeError,
			     "%s must be an integer, not %R", name, object);
	if (!index)
		return false;
	value = PyLong_AsUnsignedLongLong(index);
	Py_DECREF(index);
	if (value == (unsigned long long)-1 && PyErr_Occurred()) {
		if (!PyErr_ExceptionMatches(PyExc_OverflowError))
			return false;
		PyErr_Clear();
	} else if (value <= max) {
		*ret = value;
		return true;
	}
	PyErr_Format(PyExc_ValueError, "%s must be within 0..%llu, not %S",
		     name, (unsigned long long)max, object);
	return false;
}

bool ba_py_bool(PyObject *object, bool *ret)
{
	int value = object ? PyObject_IsTrue(object) : *ret;

	if (value < 0)
		return false;
	*ret = value != 0;
	return true;
}

bool ba_py_bytes(PyObject *object, const char *name, Py_buffer *ret)
{
	if (PyObject_CheckBuffer(object))
		return PyObject_GetBuffer(object, ret, PyBUF_SIMPLE) == 0;
	PyErr_Format(PyExc_TypeError,
		     "%s must be bytes or a buffer, not %R; a str has to be "
		     "encoded, a path to be read first",
		     name, (PyObject *)Py_TYPE(object));
	return false;
}

bool ba_py_dict_set(PyObject *dict, const char *name, PyObject *value)
{
	int failed = !value || PyDict_SetItemString(dict, name, value);

	Py_XDECREF(value);
	return !failed;
}

bool ba_py_append(PyObject *list, PyObject *item)
{
	int failed = !item || PyList_Append(list, item);

	Py_XDECREF(item);
	return !failed;
}

PyObject *ba_py_u64_or_none(uint64_t value)
{
	if (value == UINT64_MAX)
		Py_RETURN_NONE;
	return PyLong_FromUnsignedLongLong(value);
}

PyObject *ba_py_u8_or_none(uint8_t value)
{
	if (value == UINT8_MAX)
		Py_RETURN_NONE;
	return PyLong_FromUnsignedLong(value);
}
