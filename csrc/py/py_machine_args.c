// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_machine_args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "py/py_convert.h"
#include "py/py_records.h"

#define NUMBER_MAX (UINT32_MAX - 1)	/* all ones: no frame */

bool ba_py_take_gfp_any(const struct ba_py_machine *self, PyObject *object,
			gfp_t *ret)
{
	const struct ba_body *body = ba_machine_body(&self->machine);
	uint64_t gfp = 0;

	if (PyUnicode_Check(object)) {
		if (!ba_py_gfp((enum ba_gfp_layout)
				       body->config.profile.gfp_layout,
			       object, ret))
			return false;
		gfp = *ret;
	} else if (!ba_py_uint_any(object, "gfp", UINT32_MAX, &gfp)) {
		return false;
	}
	if (!ba_gfp_valid((gfp_t)gfp)) {
		PyErr_Format(PyExc_ValueError,
			     "gfp 0x%x names no single zone and migratetype; "
			     "give at most one of __GFP_DMA, __GFP_DMA32 and "
			     "__GFP_HIGHMEM, and not both __GFP_MOVABLE and "
			     "__GFP_RECLAIMABLE", (unsigned int)gfp);
		return false;
	}
	*ret = (gfp_t)gfp;
	return true;
}

bool ba_py_take_node_any(const struct ba_py_machine *self, PyObject *object,
			 cpu_t cpu, uint8_t *ret)
{
	const struct ba_nodes *nodes = ba_machine_nodes(&self->machine);
	uint64_t node = nodes->cpu_node[cpu];

	if (object != Py_None &&
	    !ba_py_uint(object, "node", BA_NODE_MAX - 1u, &node))
		return false;
	if (!nodes->node[node].online) {
		PyErr_Format(PyExc_ValueError,
			     "node %d has no memory; this machine has %d "
			     "node(s)", (int)node, (int)nodes->nr_nodes);
		return false;
	}
	*ret = (uint8_t)node;
	return true;
}

static bool is_integer_format(const char *format)
{
	if (format && strchr("@=<", *format) && *format)
		format++;
	return format && *format && !format[1] && strchr("iIlLqQ", *format);
}

static bool list_from_view(const Py_buffer *view, const char *name,
			   uint64_t max, struct ba_py_wide_list *ret)
{
	size_t size = (size_t)view->itemsize;
	Py_ssize_t step = view->itemsize;

	if (!is_integer_format(view->format) || (size != 4 && size != 8)) {
		PyErr_Format(PyExc_TypeError,
			     "%s must hold integers of 4 or 8 bytes, not "
			     "items of format '%s'", name,
			     view->format ? view->format : "B");
		return false;
	}
	if (view->ndim == 1) {
		step = view->strides[0];
	} else if (!PyBuffer_IsContiguous(view, 'C')) {
		PyErr_Format(PyExc_ValueError,
			     "%s must have one dimension or be C-contiguous",
			     name);
		return false;
	}
	ret->nr = (size_t)view->len / size;
	ret->numbers = ba_py_records_data(ret->nr, sizeof(*ret->numbers));
	if (!ret->numbers)
		return false;
	for (size_t i = 0; i < ret->nr; i++) {
		const char *at = (const char *)view->buf +
				 (Py_ssize_t)i * step;

		ret->numbers[i] = 0;
		memcpy(&ret->numbers[i], at, size);
		if (ret->numbers[i] > max) {
			PyErr_Format(PyExc_ValueError,
				     "%s[%zu] must be an integer within "
				     "0..%llu", name, i,
				     (unsigned long long)max);
			return false;
		}
	}
	return true;
}

static bool list_from_sequence(PyObject *object, const char *name,
			       uint64_t max, struct ba_py_wide_list *ret)
{
	PyObject *sequence;
	char text[80];
	bool good = true;

	snprintf(text, sizeof(text),
		 "%s must be a buffer or a sequence of integers", name);
	sequence = PySequence_Fast(object, text);
	if (!sequence)
		return false;
	snprintf(text, sizeof(text), "each of %s", name);
	ret->nr = (size_t)PySequence_Size(sequence);
	ret->numbers = ba_py_records_data(ret->nr, sizeof(*ret->numbers));
	good = ret->numbers != NULL;
	for (size_t i = 0; good && i < ret->nr; i++) {
		PyObject *item = PySequence_GetItem(sequence, (Py_ssize_t)i);

		good = item && ba_py_uint(item, text, max, &ret->numbers[i]);
		Py_XDECREF(item);
	}
	Py_DECREF(sequence);
	return good;
}

bool ba_py_take_wide_list(PyObject *object, const char *name, uint64_t max,
			  struct ba_py_wide_list *ret)
{
	Py_buffer view;
	bool good;

	ret->numbers = NULL;
	if (!PyObject_CheckBuffer(object))
		return list_from_sequence(object, name, max, ret);
	if (PyObject_GetBuffer(object, &view, PyBUF_RECORDS_RO))
		return false;
	good = list_from_view(&view, name, max, ret);
	PyBuffer_Release(&view);
	return good;
}

bool ba_py_take_list(PyObject *object, const char *name,
		     struct ba_py_list *ret)
{
	struct ba_py_wide_list wide;
	bool good = ba_py_take_wide_list(object, name, NUMBER_MAX, &wide);

	ret->numbers = NULL;
	ret->nr = good ? wide.nr : 0;
	if (good)
		ret->numbers = ba_py_records_data(ret->nr,
						  sizeof(*ret->numbers));
	for (size_t i = 0; ret->numbers && i < ret->nr; i++)
		ret->numbers[i] = (uint32_t)wide.numbers[i];
	free(wide.numbers);
	return ret->numbers != NULL;
}
