// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_functions.h"

#include "mm/fragindex.h"
#include "py/py_convert.h"
#include "py/py_machine_view.h"
#include "py/py_records.h"
#include "py/py_slab_layout.h"
#include "sim/config.h"
#include "mm/fragindex.h"
#include "sim/probe.h"
#include "sim/snapshot.h"

/* ---- GFP flags --------------------------------------------------- */

PyDoc_STRVAR(gfp_format_doc,
"gfp_format($module, layout, value, /)\n"
"--\n"
"\n"
"GFP flags as a kernel of that layout ('6.1' or '6.12') prints them.");

static PyObject *gfp_format(PyObject *module, PyObject *args)
{
	char text[BA_GFP_TEXT_MAX];
	enum ba_gfp_layout layout;
	const char *name;
	PyObject *object;
	uint64_t value = 0;

	(void)module;
	if (!PyArg_ParseTuple(args, "sO:gfp_format", &name, &object) ||
	    !ba_py_layout(name, &layout) ||
	    !ba_py_uint(object, "value", UINT32_MAX, &value))
		return NULL;
	ba_gfp_format(layout, (gfp_t)value, text, sizeof(text));
	return PyUnicode_FromString(text);
}

PyDoc_STRVAR(gfp_parse_doc,
"gfp_parse($module, layout, text, /)\n"
"--\n"
"\n"
"The bits of GFP flags written as a kernel of that layout prints them, or\n"
"with the names of GFP_NAMES, or as older texts spell them (GFP_ZERO).\n"
"\n"
"Raises ValueError for a flag that the layout does not have.");

static PyObject *gfp_parse(PyObject *module, PyObject *args)
{
	enum ba_gfp_layout layout;
	const char *name;
	PyObject *text;
	gfp_t value;

	(void)module;
	if (!PyArg_ParseTuple(args, "sU:gfp_parse", &name, &text) ||
	    !ba_py_layout(name, &layout) || !ba_py_gfp(layout, text, &value))
		return NULL;
	return PyLong_FromUnsignedLong(value);
}

/* ---- profiles and settings --------------------------------------- */

PyDoc_STRVAR(profile_by_name_doc,
"profile_by_name($module, name, /)\n"
"--\n"
"\n"
"The items of a behaviour profile of PROFILES, a dict of int by name.\n"
"\n"
"Raises ValueError when there is no such profile.");

static PyObject *profile_by_name(PyObject *module, PyObject *args)
{
	struct ba_profile profile;
	const char *name;

	(void)module;
	if (!PyArg_ParseTuple(args, "s:profile_by_name", &name))
		return NULL;
	if (!ba_py_profile_by_name(name, &profile))
		return NULL;
	return ba_py_profile_dict(&profile);
}

PyDoc_STRVAR(profile_for_kernel_doc,
"profile_for_kernel($module, version, /)\n"
"--\n"
"\n"
"The profile of a kernel, as (name, items), from its version or a line of\n"
"uname. The name is 'custom' for a release between two named profiles.\n"
"\n"
"Raises ValueError for a series other than 6.1 and 6.12.");

static PyObject *profile_for_kernel(PyObject *module, PyObject *args)
{
	struct ba_profile profile;
	const char *version;

	(void)module;
	if (!PyArg_ParseTuple(args, "s:profile_for_kernel", &version))
		return NULL;
	if (!ba_py_profile_for_kernel(version, &profile))
		return NULL;
	return Py_BuildValue("(sN)", ba_profile_name(&profile),
			     ba_py_profile_dict(&profile));
}

static PyObject *profile_item(const struct ba_profile_item *item)
{
	PyObject *value = PyDict_New();

	for (unsigned int i = 0; value && i < BA_NR_PROFILES; i++)
		if (!ba_py_dict_set(value, ba_profile_name_at(i),
				    PyLong_FromLong(item->value[i])))
			Py_CLEAR(value);
	if (!value)
		return NULL;
	return Py_BuildValue("{s:s, s:s, s:i, s:i, s:N}", "name", item->name,
			     "text", item->text, "min", (int)item->min, "max",
			     (int)item->max, "value", value);
}

PyDoc_STRVAR(profile_items_doc,
"profile_items($module, /)\n"
"--\n"
"\n"
"The items of behaviour profiles, a tuple of dicts: name, text, min, max,\n"
"value (a dict by profile).");

static PyObject *profile_items(PyObject *module, PyObject *ignored)
{
	PyObject *list = PyList_New(0), *ret = NULL;
	const struct ba_profile_item *item;
	bool good = list != NULL;

	(void)module;
	(void)ignored;
	for (unsigned int i = 0; good && (item = ba_profile_item_at(i)); i++)
		good = ba_py_append(list, profile_item(item));
	if (good)
		ret = PyList_AsTuple(list);
	Py_XDECREF(list);
	return ret;
}

PyDoc_STRVAR(config_items_doc,
"config_items($module, /)\n"
"--\n"
"\n"
"What the settings of a Machine can name, a tuple of dicts: name, text, min,\n"
"max, value (the default).");

static PyObject *config_items(PyObject *module, PyObject *ignored)
{
	PyObject *list = PyList_New(0), *ret = NULL;
	struct ba_config_item item;
	bool good = list != NULL;

	(void)module;
	(void)ignored;
	for (unsigned int i = 0; good && ba_config_item_at(i, &item); i++)
		good = ba_py_append(list, Py_BuildValue(
			"{s:s, s:s, s:l, s:l, s:l}", "name", item.name,
			"text", item.text, "min", item.min, "max", item.max,
			"value", item.value));
	if (good)
		ret = PyList_AsTuple(list);
	Py_XDECREF(list);
	return ret;
}

/* ---- fragmentation ----------------------------------------------- */

static bool take_counts(PyObject *object, uint64_t nr_free[BA_NR_ORDERS])
{
	PyObject *sequence = PySequence_Fast(
		object, "nr_free must be a sequence of 11 integers");
	bool good = sequence != NULL;

	if (good && PySequence_Size(sequence) != (Py_ssize_t)BA_NR_ORDERS) {
		PyErr_Format(PyExc_ValueError,
			     "nr_free must hold 11 integers, one for each "
			     "order, not %zd", PySequence_Size(sequence));
		good = false;
	}
	for (Py_ssize_t i = 0; good && i < (Py_ssize_t)BA_NR_ORDERS; i++) {
		PyObject *item = PySequence_GetItem(sequence, i);

		good = item && ba_py_uint(item, "each of nr_free", UINT32_MAX,
					  &nr_free[i]);
		Py_XDECREF(item);
	}
	Py_XDECREF(sequence);
	return good;
}

static bool take_index_args(PyObject *args, uint64_t nr_free[BA_NR_ORDERS],
			    order_t *order)
{
	PyObject *counts, *object;
	uint64_t value = 0;

	if (!PyArg_ParseTuple(args, "OO", &counts, &object) ||
	    !take_counts(counts, nr_free) ||
	    !ba_py_uint(object, "order", BA_ORDER_MAX, &value))
		return false;
	*order = (order_t)value;
	return true;
}

PyDoc_STRVAR(unusable_free_index_doc,
"unusable_free_index($module, nr_free, order, /)\n"
"--\n"
"\n"
"The part of free memory that is of no use to a request of that order,\n"
"0..1000, from the number of free blocks of each order; the kernel's\n"
"integer arithmetic.");

static PyObject *unusable_free_index(PyObject *module, PyObject *args)
{
	uint64_t nr_free[BA_NR_ORDERS];
	order_t order;

	(void)module;
	if (!take_index_args(args, nr_free, &order))
		return NULL;
	return PyLong_FromLong(ba_unusable_free_index(nr_free, order));
}

PyDoc_STRVAR(fragmentation_index_doc,
"fragmentation_index($module, nr_free, order, /)\n"
"--\n"
"\n"
"Why a request of that order would fail: 0 for lack of memory to 1000 for\n"
"fragmentation, -1000 when it would not; the kernel's integer arithmetic.");

static PyObject *fragmentation_index(PyObject *module, PyObject *args)
{
	uint64_t nr_free[BA_NR_ORDERS];
	order_t order;

	(void)module;
	if (!take_index_args(args, nr_free, &order))
		return NULL;
	return PyLong_FromLong(ba_fragmentation_index(nr_free, order));
}

/* Both indices of every order for each row of counts. */
static void fill_indices(const uint32_t *counts, size_t rows,
			 int32_t *unusable, int32_t *fragmentation)
{
	for (size_t row = 0; row < rows; row++) {
		uint64_t nr_free[BA_NR_ORDERS];

		for (size_t o = 0; o < BA_NR_ORDERS; o++)
			nr_free[o] = counts[row * BA_NR_ORDERS + o];
		for (size_t o = 0; o < BA_NR_ORDERS; o++) {
			size_t at = row * BA_NR_ORDERS + o;

			unusable[at] = ba_unusable_free_index(
				nr_free, (order_t)o);
			fragmentation[at] = ba_fragmentation_index(
				nr_free, (order_t)o);
		}
	}
}

static bool take_rows(PyObject *object, Py_buffer *view)
{
	const size_t row = BA_NR_ORDERS * sizeof(uint32_t);

	if (PyObject_GetBuffer(object, view, PyBUF_C_CONTIGUOUS))
		return false;
	if (view->itemsize == sizeof(uint32_t) &&
	    (uintptr_t)view->buf % sizeof(uint32_t) == 0 &&
	    (size_t)view->len % row == 0)
		return true;
	PyErr_Format(PyExc_ValueError,
		     "counts must be a C-contiguous array of uint32 with rows "
		     "of 11, not %zd bytes in items of %zd", view->len,
		     view->itemsize);
	PyBuffer_Release(view);
	return false;
}

PyDoc_STRVAR(index_table_doc,
"index_table($module, counts, /)\n"
"--\n"
"\n"
"unusable_free_index and fragmentation_index of every order for many rows.\n"
"\n"
"counts is a C-contiguous buffer of uint32: n rows of 11 numbers of free\n"
"blocks. Returns two Records of int32, shape (n, 11). Raises ValueError for\n"
"a buffer of another form.");

static PyObject *index_table(PyObject *module, PyObject *counts)
{
	struct ba_py_state *state = PyModule_GetState(module);
	PyObject *first, *second;
	int32_t *unusable, *fragmentation;
	Py_buffer view;
	size_t rows;

	if (!take_rows(counts, &view))
		return NULL;
	rows = (size_t)view.len / (BA_NR_ORDERS * sizeof(uint32_t));
	unusable = ba_py_records_data(rows, BA_NR_ORDERS * sizeof(int32_t));
	fragmentation = ba_py_records_data(rows,
					   BA_NR_ORDERS * sizeof(int32_t));
	if (unusable && fragmentation)
		fill_indices(view.buf, rows, unusable, fragmentation);
	PyBuffer_Release(&view);
	first = unusable ? ba_py_records_new(state, unusable, "=i",
					     sizeof(int32_t), rows,
					     BA_NR_ORDERS) : NULL;
	second = fragmentation ? ba_py_records_new(state, fragmentation, "=i",
						   sizeof(int32_t), rows,
						   BA_NR_ORDERS) : NULL;
	if (first && second)
		return Py_BuildValue("(NN)", first, second);
	Py_XDECREF(first);
	Py_XDECREF(second);
	return NULL;
}

/* ---- states ------------------------------------------------------ */

static PyObject *score_dict(const struct ba_snapshot_score *s)
{
	return Py_BuildValue("{s:I, s:I, s:I, s:I, s:I, s:I}",
			     "free_lists", s->free_lists,
			     "free_lists_identical", s->free_lists_identical,
			     "pcp_lists", s->pcp_lists,
			     "pcp_lists_identical", s->pcp_lists_identical,
			     "pageblocks", s->pageblocks,
			     "pageblocks_identical", s->pageblocks_identical);
}

PyDoc_STRVAR(compare_states_doc,
"compare_states($module, a, b, /)\n"
"--\n"
"\n"
"How far two states agree, from their texts (bytes or buffers).\n"
"\n"
"Returns a dict: free_lists, pcp_lists (non-empty ones of either side),\n"
"pageblocks, and of each how many are identical (free_lists_identical ...).\n"
"\n"
"Raises TraceError and StateError as Machine._from_state_text does.");

static PyObject *compare_states(PyObject *module, PyObject *args)
{
	struct ba_py_state *state = PyModule_GetState(module);
	struct ba_snapshot_score score;
	struct ba_state *a, *b;
	PyObject *text_a, *text_b;

	if (!PyArg_ParseTuple(args, "OO:compare_states", &text_a, &text_b))
		return NULL;
	a = ba_py_read_state(state, text_a, "a");
	b = a ? ba_py_read_state(state, text_b, "b") : NULL;
	if (b)
		score = ba_snapshot_compare(a, b);
	ba_state_destroy(a);
	ba_state_destroy(b);
	return b ? score_dict(&score) : NULL;
}

PyMethodDef ba_py_functions[] = {
	{ "gfp_format", gfp_format, METH_VARARGS, gfp_format_doc },
	{ "gfp_parse", gfp_parse, METH_VARARGS, gfp_parse_doc },
	{ "profile_by_name", profile_by_name, METH_VARARGS,
	  profile_by_name_doc },
	{ "profile_for_kernel", profile_for_kernel, METH_VARARGS,
	  profile_for_kernel_doc },
	{ "profile_items", profile_items, METH_NOARGS, profile_items_doc },
	{ "config_items", config_items, METH_NOARGS, config_items_doc },
	{ "unusable_free_index", unusable_free_index, METH_VARARGS,
	  unusable_free_index_doc },
	{ "fragmentation_index", fragmentation_index, METH_VARARGS,
	  fragmentation_index_doc },
	{ "index_table", index_table, METH_O, index_table_doc },
	{ "compare_states", compare_states, METH_VARARGS,
	  compare_states_doc },
	BA_PY_METHOD("slab_layout", ba_py_slab_layout,
		     METH_VARARGS | METH_KEYWORDS, ba_py_slab_layout_doc),
	{ NULL, NULL, 0, NULL },
};
