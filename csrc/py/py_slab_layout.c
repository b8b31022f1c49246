// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_slab_layout.h"

#include "py/py_convert.h"

bool ba_py_slab_flags(PyObject *object, const char *name, uint32_t *ret)
{
	uint64_t value = *ret;
	const char *text;
	Py_ssize_t len;

	if (!object || !PyUnicode_Check(object)) {
		if (!ba_py_uint(object, name, UINT32_MAX, &value))
			return false;
		*ret = (uint32_t)value;
		return true;
	}
	text = PyUnicode_AsUTF8AndSize(object, &len);
	if (!text)
		return false;
	if (ba_slab_flags_parse(text, (size_t)len, ret) == BA_OK)
		return true;
	PyErr_Format(PyExc_ValueError,
		     "%s %R has a word that is no SLAB_* flag; join names of "
		     "SLAB_FLAGS by '|'", name, object);
	return false;
}

PyObject *ba_py_slab_layout_dict(const struct ba_slab_layout *layout)
{
	PyObject *dict = PyDict_New();
	bool good = dict != NULL;

#define X(name)								\
	good = good && ba_py_dict_set(dict, #name,			\
				      ba_py_u64(layout->name));
	X(object_size) X(size) X(inuse) X(align) X(offset) X(red_left_pad)
	X(flags) X(allocflags) X(objects) X(min_objects) X(min_partial)
	X(cpu_partial) X(cpu_partial_slabs) X(order) X(min_order)
#undef X
	good = good && ba_py_dict_set(dict, "ksize",
				      ba_py_u64(ba_slab_ksize(layout)));
	if (!good)
		Py_CLEAR(dict);
	return dict;
}

/* What the caller of slab_layout asks. */
struct question {
	struct ba_profile profile;
	struct ba_slab_spec spec;
	struct ba_slab_boot boot;
};

/* A number of 32 bits; *ret is kept when `object` is NULL. */
static bool take_u32(PyObject *object, const char *name, uint32_t *ret)
{
	uint64_t value = *ret;

	if (!ba_py_uint(object, name, UINT32_MAX, &value))
		return false;
	*ret = (uint32_t)value;
	return true;
}

static bool take_order(PyObject *object, const char *name, order_t *ret)
{
	uint64_t value = *ret;

	if (!ba_py_uint(object, name, BA_ORDER_MAX, &value))
		return false;
	*ret = (order_t)value;
	return true;
}

/* None stands for no place asked for. */
static bool take_freeptr_offset(PyObject *object, struct ba_slab_spec *spec)
{
	if (object == Py_None)
		return true;
	spec->has_freeptr_offset = true;
	return take_u32(object, "freeptr_offset", &spec->freeptr_offset);
}

static bool take_question(PyObject *args, PyObject *kwargs,
			  struct question *q)
{
	static char *names[] = { "object_size", "align", "flags", "ctor",
				 "useroffset", "usersize", "kernel",
				 "freeptr_offset", "nr_cpus", "min_objects",
				 "min_order", "max_order", "debug",
				 "debug_no_growth", NULL };
	PyObject *size, *align = NULL, *flags = NULL, *useroffset = NULL;
	PyObject *usersize = NULL, *freeptr = Py_None, *cpus = NULL;
	PyObject *objects = NULL, *low = NULL, *high = NULL, *debug = NULL;
	int ctor = 0, no_growth = 0;
	const char *kernel = "6.1";

	if (!PyArg_ParseTupleAndKeywords(args, kwargs,
					 "O|OOpOO$sOOOOOOp:slab_layout", names,
					 &size, &align, &flags, &ctor,
					 &useroffset, &usersize, &kernel,
					 &freeptr, &cpus, &objects, &low,
					 &high, &debug, &no_growth))
		return false;
	q->boot = ba_slab_boot(1);
	q->spec = (struct ba_slab_spec){ .ctor = ctor != 0 };
	q->boot.debug_no_growth = no_growth != 0;
	return ba_py_profile_for_kernel(kernel, &q->profile) &&
	       take_u32(size, "object_size", &q->spec.object_size) &&
	       take_u32(align, "align", &q->spec.align) &&
	       ba_py_slab_flags(flags, "flags", &q->spec.flags) &&
	       take_u32(useroffset, "useroffset", &q->spec.useroffset) &&
	       take_u32(usersize, "usersize", &q->spec.usersize) &&
	       take_freeptr_offset(freeptr, &q->spec) &&
	       take_u32(cpus, "nr_cpus", &q->boot.nr_cpus) &&
	       take_u32(objects, "min_objects", &q->boot.min_objects) &&
	       take_order(low, "min_order", &q->boot.min_order) &&
	       take_order(high, "max_order", &q->boot.max_order) &&
	       ba_py_slab_flags(debug, "debug", &q->boot.debug);
}

const char ba_py_slab_layout_doc[] = PyDoc_STR(
"slab_layout($module, object_size, align=0, flags=0, ctor=False,\n"
"            useroffset=0, usersize=0, *, kernel='6.1', freeptr_offset=None,\n"
"            nr_cpus=1, min_objects=0, min_order=0, max_order=3, debug=0,\n"
"            debug_no_growth=False)\n"
"--\n"
"\n"
"How a kernel lays out a slab cache, from what kmem_cache_create is told.\n"
"\n"
"object_size, align and the region that users may copy are bytes; flags are\n"
"a number or names of SLAB_FLAGS joined by '|'. nr_cpus is the number of\n"
"present CPUs (where that is 1, of possible ones); min_objects, min_order,\n"
"max_order and debug are the boot words slub_min_objects, slub_min_order,\n"
"slub_max_order and slub_debug, debug_no_growth the letter O of the last.\n"
"freeptr_offset is 6.12's.\n"
"\n"
"Returns a dict of int: object_size, size (of a slot), inuse, align, offset\n"
"(of the free pointer), red_left_pad and ksize in bytes; order and objects of\n"
"a slab, min_order and min_objects when memory is short; min_partial,\n"
"cpu_partial, cpu_partial_slabs; flags; allocflags (GFP flags of its pages).\n"
"\n"
"Raises ValueError when there is no such layout. The rules are those of\n"
"calculate_sizes and calculate_order, mm/slub.c.");

PyObject *ba_py_slab_layout(PyObject *module, PyObject *args, PyObject *kwargs)
{
	struct ba_slab_layout layout;
	struct question q;

	(void)module;
	if (!take_question(args, kwargs, &q))
		return NULL;
	if (ba_slab_layout(&q.profile, &q.spec, &q.boot, &layout) == BA_OK)
		return ba_py_slab_layout_dict(&layout);
	PyErr_Format(PyExc_ValueError,
		     "no cache of object_size=%lu, align=%lu, flags=0x%x: %s",
		     (unsigned long)q.spec.object_size,
		     (unsigned long)q.spec.align, (int)q.spec.flags,
		     ba_slab_fault(&q.profile, &q.spec, &q.boot));
	return NULL;
}
