// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_cache_view.h"

#include <string.h>

#include "sim/cache_probe.h"

/* X(name, what, "sentence"): of the cache c. */
#define LAYOUT_ATTRIBUTES(X)						\
	X(object_size, c->layout.object_size,				\
	  "Bytes of an object, without what the allocator adds.")	\
	X(slab_size, c->layout.size,					\
	  "Bytes from one object to the next.")				\
	X(align, c->layout.align, "Alignment of objects, bytes.")	\
	X(objs_per_slab, c->layout.objects, "Objects of a slab.")	\
	X(order, c->layout.order, "A slab has 2**order page frames.")	\
	X(min_partial, c->layout.min_partial,				\
	  "Partial slabs that a node keeps even if they are empty.")	\
	X(cpu_partial, c->layout.cpu_partial,				\
	  "Free objects that a CPU's stack of slabs should have.")	\
	X(usersize, c->spec.usersize,					\
	  "Bytes of an object that users may copy.")			\
	X(flags, c->layout.flags, "SLAB_* flags, with 6.1's values.")

/* The same of the counts p. */
#define COUNT_ATTRIBUTES(X)						\
	X(slabs, p.slabs, "Slabs.")					\
	X(partial, p.partial, "Slabs on the nodes' lists.")		\
	X(cpu_slabs, p.cpu_slabs,					\
	  "Slabs that CPUs hold, their stacks included.")		\
	X(slabs_cpu_partial, p.slabs_cpu_partial,			\
	  "Slabs on the CPUs' stacks.")					\
	X(objects, p.objects,						\
	  "Objects that are not free on a node's list: those in use, and\n" \
	  "all of the slabs that CPUs hold, as the kernel counts.")	\
	X(objects_partial, p.objects_partial,				\
	  "Objects in use in slabs on the nodes' lists.")		\
	X(total_objects, p.total_objects, "Objects of all slabs.")	\
	X(active_objs, p.active_objs, "objects, as slabinfo counts them.") \
	X(used, p.used,							\
	  "Objects that owners have; the kernel has no such count.")	\
	X(requested, p.requested, "Bytes that these owners asked for.")	\
	X(pages, p.pages, "Page frames of all slabs.")

#define X(name, what, doc)						\
	static PyObject *get_##name(PyObject *object, void *closure)	\
	{								\
		const struct ba_kmem_cache *c =				\
			ba_py_cache_exists(ba_py_cache_of(object));	\
									\
		(void)closure;						\
		return c ? ba_py_u64(what) : NULL;			\
	}
LAYOUT_ATTRIBUTES(X)
#undef X

#define X(name, what, doc)						\
	static PyObject *get_##name(PyObject *object, void *closure)	\
	{								\
		struct ba_py_kmem_cache *self = ba_py_cache_of(object);	\
		struct ba_cache_probe p;				\
									\
		(void)closure;						\
		if (!ba_py_cache_ready(self))				\
			return NULL;					\
		ba_cache_probe(&self->machine->machine, self->id, &p);	\
		return ba_py_u64(what);					\
	}
COUNT_ATTRIBUTES(X)
#undef X

static PyObject *get_name(PyObject *object, void *closure)
{
	(void)closure;
	return PyUnicode_FromString(ba_py_cache_of(object)->name);
}

static PyObject *get_alias_of(PyObject *object, void *closure)
{
	struct ba_py_kmem_cache *self = ba_py_cache_of(object);
	const struct ba_kmem_cache *cache = ba_py_cache_exists(self);

	(void)closure;
	if (!cache)
		return NULL;
	if (strcmp(cache->name, self->name) == 0)
		Py_RETURN_NONE;
	return PyUnicode_FromString(cache->name);
}

static PyObject *get_aliases(PyObject *object, void *closure)
{
	const struct ba_kmem_cache *cache =
		ba_py_cache_exists(ba_py_cache_of(object));

	(void)closure;
	return cache ? ba_py_i64(cache->refcount - 1) : NULL;
}

static PyObject *get_ctor(PyObject *object, void *closure)
{
	const struct ba_kmem_cache *cache =
		ba_py_cache_exists(ba_py_cache_of(object));

	(void)closure;
	return cache ? PyBool_FromLong(cache->spec.ctor) : NULL;
}

static PyObject *get_index(PyObject *object, void *closure)
{
	(void)closure;
	return ba_py_cache_exists(ba_py_cache_of(object)) ?
		       ba_py_u64(ba_py_cache_of(object)->id) : NULL;
}

static PyObject *get_machine(PyObject *object, void *closure)
{
	(void)closure;
	return Py_NewRef((PyObject *)ba_py_cache_of(object)->machine);
}

PyGetSetDef ba_py_cache_getset[] = {
	{ "name", get_name, NULL, "The name that it was made under.", NULL },
	{ "alias_of", get_alias_of, NULL,
	  "Name of the older cache that it became one with, or None.", NULL },
	{ "aliases", get_aliases, NULL,
	  "How many others share the cache.", NULL },
	{ "ctor", get_ctor, NULL, "Do objects have a constructor?", NULL },
	{ "index", get_index, NULL,
	  "Its place in the machine's table of caches.", NULL },
	{ "machine", get_machine, NULL, "The machine it is of.", NULL },
#define X(name, what, doc) { #name, get_##name, NULL, doc, NULL },
	LAYOUT_ATTRIBUTES(X)
	COUNT_ATTRIBUTES(X)
#undef X
	{ NULL, NULL, NULL, NULL, NULL },
};
