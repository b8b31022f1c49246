// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_machine_args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "py/py_convert.h"

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

/* Numbers on their way into an array of 4 or 8 bytes each. */
struct numbers {
	void *to;		/* of malloc */
	size_t size;		/* bytes of one in `to` */
	size_t nr;
	uint64_t max;
	const char *name;	/* what messages call them */
};

static bool make_room(struct numbers *list, size_t nr)
{
	list->nr = nr;
	list->to = malloc((nr ? nr : 1) * list->size);
	if (!list->to)
		PyErr_NoMemory();
	return list->to != NULL;
}

static void put_number(const struct numbers *list, size_t i, uint64_t number)
{
	if (list->size == sizeof(uint32_t))
		((uint32_t *)list->to)[i] = (uint32_t)number;
	else
		((uint64_t *)list->to)[i] = number;
}

/*
 * Copy them from items of `from_size` bytes, `step` bytes apart; the largest.
 * Built for each pair of sizes, so that it is a loop without branches.
 */
BA_PY_INLINE uint64_t copy_numbers(const char *from, Py_ssize_t step,
				   size_t from_size, void *to, size_t size,
				   size_t nr)
{
	uint64_t largest = 0;

	for (size_t i = 0; i < nr; i++) {
		uint64_t number = 0;

		memcpy(&number, from + (Py_ssize_t)i * step, from_size);
		memcpy((char *)to + i * size, &number, size);
		largest = number > largest ? number : largest;
	}
	return largest;
}

static uint64_t copy_view(const Py_buffer *view, Py_ssize_t step,
			  const struct numbers *list)
{
	if (view->itemsize == 4 && list->size == 4)
		return step == 4 ?
			copy_numbers(view->buf, 4, 4, list->to, 4, list->nr) :
			copy_numbers(view->buf, step, 4, list->to, 4, list->nr);
	if (view->itemsize == 4)
		return copy_numbers(view->buf, step, 4, list->to, 8, list->nr);
	if (list->size == 4)
		return copy_numbers(view->buf, step, 8, list->to, 4, list->nr);
	return copy_numbers(view->buf, step, 8, list->to, 8, list->nr);
}

static void too_large(const Py_buffer *view, Py_ssize_t step,
		      const struct numbers *list)
{
	uint64_t number = 0;
	size_t i;

	for (i = 0; i < list->nr; i++) {
		memcpy(&number, (const char *)view->buf + (Py_ssize_t)i * step,
		       (size_t)view->itemsize);
		if (number > list->max)
			break;
	}
	PyErr_Format(PyExc_ValueError,
		     "%s[%zu] must be an integer within 0..%llu", list->name,
		     i, (unsigned long long)list->max);
}

static bool list_from_view(const Py_buffer *view, struct numbers *list)
{
	size_t size = (size_t)view->itemsize;
	Py_ssize_t step = view->itemsize;

	if (!is_integer_format(view->format) || (size != 4 && size != 8)) {
		PyErr_Format(PyExc_TypeError,
			     "%s must hold integers of 4 or 8 bytes, not "
			     "items of format '%s'", list->name,
			     view->format ? view->format : "B");
		return false;
	}
	if (view->ndim == 1) {
		step = view->strides[0];
	} else if (!PyBuffer_IsContiguous(view, 'C')) {
		PyErr_Format(PyExc_ValueError,
			     "%s must have one dimension or be C-contiguous",
			     list->name);
		return false;
	}
	if (!make_room(list, (size_t)view->len / size))
		return false;
	if (copy_view(view, step, list) <= list->max)
		return true;
	too_large(view, step, list);
	return false;
}

static bool list_from_sequence(PyObject *object, struct numbers *list)
{
	PyObject *sequence;
	uint64_t number = 0;
	char text[80];
	bool good;

	snprintf(text, sizeof(text),
		 "%s must be a buffer or a sequence of integers", list->name);
	sequence = PySequence_Fast(object, text);
	if (!sequence)
		return false;
	snprintf(text, sizeof(text), "each of %s", list->name);
	good = make_room(list, (size_t)PySequence_Size(sequence));
	for (size_t i = 0; good && i < list->nr; i++) {
		PyObject *item = PySequence_GetItem(sequence, (Py_ssize_t)i);

		good = item && ba_py_uint(item, text, list->max, &number);
		put_number(list, i, number);
		Py_XDECREF(item);
	}
	Py_DECREF(sequence);
	return good;
}

static bool take_numbers(PyObject *object, struct numbers *list)
{
	Py_buffer view;
	bool good;

	if (!PyObject_CheckBuffer(object))
		return list_from_sequence(object, list);
	if (PyObject_GetBuffer(object, &view, PyBUF_RECORDS_RO))
		return false;
	good = list_from_view(&view, list);
	PyBuffer_Release(&view);
	return good;
}

bool ba_py_take_wide_list(PyObject *object, const char *name, uint64_t max,
			  struct ba_py_wide_list *ret)
{
	struct numbers list = { .size = sizeof(uint64_t), .max = max,
				.name = name };
	bool good = take_numbers(object, &list);

	ret->numbers = list.to;
	ret->nr = list.nr;
	return good;
}

bool ba_py_take_list(PyObject *object, const char *name,
		     struct ba_py_list *ret)
{
	struct numbers list = { .size = sizeof(uint32_t), .max = NUMBER_MAX,
				.name = name };
	bool good = take_numbers(object, &list);

	ret->numbers = list.to;
	ret->nr = list.nr;
	return good;
}
