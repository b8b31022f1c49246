// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_slab_state.h"

static const char *const place_names[] = {
#define X(name, text) #name,
	BA_SLAB_PLACES(X)
#undef X
};

/* Places of a chain, counted from 0. */
static PyObject *chain(const struct ba_object *objects, uint16_t first)
{
	PyObject *ret = PyList_New(0);

	for (uint16_t at = first; ret && at; at = objects[at - 1].next)
		if (!ba_py_append(ret, PyLong_FromLong(at - 1)))
			Py_CLEAR(ret);
	return ret;
}

/* Of the objects in use their places, or the bytes nobody asked for. */
static PyObject *in_use(struct ba_object *objects, uint32_t nr, bool slack)
{
	PyObject *ret = PyList_New(0);

	for (uint32_t i = 0; ret && i < nr; i++)
		if (ba_object_is_used(objects[i]) &&
		    !ba_py_append(ret, PyLong_FromUnsignedLong(
					  slack ? ba_object_slack(objects[i]) :
						  i)))
			Py_CLEAR(ret);
	return ret;
}

static PyObject *cpu_slab(const struct ba_ctx *ctx,
			  const struct ba_cache_cpu *cpu)
{
	if (!cpu->slab)
		return Py_BuildValue("(O[])", Py_None);
	return Py_BuildValue("(IN)", (unsigned int)cpu->slab,
			     chain(ba_objects_of(ctx, cpu->slab),
				   cpu->freelist));
}

static PyObject *stack(const struct ba_ctx *ctx,
		       const struct ba_cache_cpu *cpu)
{
	PyObject *ret = PyList_New(0);

	for (pfn_t head = cpu->partial; ret && head;
	     head = ba_slabs(ctx)[head].next)
		if (!ba_py_append(ret, PyLong_FromUnsignedLong(head)))
			Py_CLEAR(ret);
	return ret;
}

/* What `of` says of each CPU. */
static PyObject *by_cpu(const struct ba_py_machine *machine,
			const struct ba_ctx *ctx, uint16_t cache,
			PyObject *(*of)(const struct ba_ctx *,
					const struct ba_cache_cpu *))
{
	const struct ba_nodes *nodes = ba_machine_nodes(&machine->machine);
	PyObject *ret = PyList_New(0);

	for (cpu_t cpu = 0; ret && cpu < nodes->nr_cpus; cpu++)
		if (!ba_py_append(ret,
				  of(ctx, ba_cache_cpu(ctx, cache, cpu))))
			Py_CLEAR(ret);
	return ret;
}

static PyObject *listed(const struct ba_ctx *ctx, const struct ba_list *list)
{
	const struct ba_link *links = ba_frame_links(ctx->frames);
	PyObject *ret = PyList_New(0);

	for (pfn_t head = ba_list_first(list); ret && head != BA_PFN_NONE;
	     head = ba_list_next(links, head))
		if (!ba_py_append(ret, PyLong_FromUnsignedLong(head)))
			Py_CLEAR(ret);
	return ret;
}

/* The partial or the full list of each node. */
static PyObject *by_node(const struct ba_py_machine *machine,
			 const struct ba_ctx *ctx, uint16_t cache, bool full)
{
	const struct ba_nodes *nodes = ba_machine_nodes(&machine->machine);
	PyObject *ret = PyDict_New();

	for (uint8_t id = 0; ret && id < BA_NODE_MAX; id++) {
		struct ba_cache_node *node = &ba_cache_at(ctx, cache)->node[id];
		PyObject *key, *list;

		if (!nodes->node[id].online)
			continue;
		key = PyLong_FromLong(id);
		list = listed(ctx, full ? &node->full : &node->partial);
		if (!key || !list || PyDict_SetItem(ret, key, list))
			Py_CLEAR(ret);
		Py_XDECREF(key);
		Py_XDECREF(list);
	}
	return ret;
}

static PyObject *one_slab(const struct ba_ctx *ctx, pfn_t head)
{
	const struct ba_slab *slab = &ba_slabs(ctx)[head];
	struct ba_object *objects = ba_objects_of(ctx, head);

	return Py_BuildValue("{s:I, s:I, s:I, s:I, s:s, s:N, s:N, s:N}",
			     "order", (unsigned int)slab->order,
			     "objects", (unsigned int)slab->objects,
			     "inuse", (unsigned int)slab->inuse,
			     "node", (unsigned int)slab->node,
			     "place", place_names[slab->place],
			     "freelist", chain(objects, slab->freelist),
			     "used", in_use(objects, slab->objects, false),
			     "slack", in_use(objects, slab->objects, true));
}

static PyObject *all_slabs(const struct ba_py_machine *machine,
			   const struct ba_ctx *ctx, uint16_t cache)
{
	const struct ba_nodes *nodes = ba_machine_nodes(&machine->machine);
	PyObject *ret = PyDict_New();

	for (pfn_t pfn = 0; ret && pfn < nodes->end; pfn++) {
		const struct ba_slab *slab = &ba_slabs(ctx)[pfn];
		PyObject *key, *value;

		if (slab->cache != cache + 1u || slab->start)
			continue;
		key = PyLong_FromUnsignedLong(pfn);
		value = one_slab(ctx, pfn);
		if (!key || !value || PyDict_SetItem(ret, key, value))
			Py_CLEAR(ret);
		Py_XDECREF(key);
		Py_XDECREF(value);
	}
	return ret;
}

PyObject *ba_py_slab_state(const struct ba_py_machine *machine,
			   uint16_t cache)
{
	struct ba_ctx ctx = ba_machine_ctx(&machine->machine, 0);
	PyObject *ret = PyDict_New();

	if (ret &&
	    ba_py_dict_set(ret, "refcount",
			   ba_py_i64(ba_cache_at(&ctx, cache)->refcount)) &&
	    ba_py_dict_set(ret, "cpu",
			   by_cpu(machine, &ctx, cache, cpu_slab)) &&
	    ba_py_dict_set(ret, "cpu_partial",
			   by_cpu(machine, &ctx, cache, stack)) &&
	    ba_py_dict_set(ret, "partial",
			   by_node(machine, &ctx, cache, false)) &&
	    ba_py_dict_set(ret, "full",
			   by_node(machine, &ctx, cache, true)) &&
	    ba_py_dict_set(ret, "slabs", all_slabs(machine, &ctx, cache)))
		return ret;
	Py_XDECREF(ret);
	return NULL;
}
