// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_kmem_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "py/py_cache_view.h"
#include "py/py_errors.h"
#include "py/py_memory.h"
#include "py/py_records.h"
#include "py/py_slab_args.h"
#include "py/py_slab_layout.h"
#include "py/py_slab_lru.h"
#include "py/py_slab_state.h"
#include "sim/cache_probe.h"

static struct ba_nodes *nodes_of(const struct ba_py_kmem_cache *self)
{
	return ba_machine_nodes(&self->machine->machine);
}

static struct ba_ctx ctx_of(const struct ba_py_kmem_cache *self, cpu_t cpu)
{
	return ba_machine_ctx(&self->machine->machine, cpu);
}

/* ---- construction ------------------------------------------------ */

static PyObject *new_object(PyTypeObject *type, struct ba_py_machine *machine,
			    uint16_t id, const char *name)
{
	struct ba_py_kmem_cache *self = ba_py_object_new(type);
	struct ba_ctx ctx;

	if (!self)
		return NULL;
	Py_INCREF((PyObject *)machine);
	self->machine = machine;
	self->id = id;
	ctx = ctx_of(self, 0);
	self->serial = ba_cache_at(&ctx, id)->serial;
	self->asked = ba_kmem_cache_asked(&ctx, id, name);
	strncpy(self->name, name, sizeof(self->name) - 1);
	return (PyObject *)self;
}

PyObject *ba_py_kmem_cache_new(struct ba_py_machine *machine, uint16_t cache,
			       const char *name)
{
	return new_object(machine->state->kmem_cache, machine, cache, name);
}

static PyObject *cache_new(PyTypeObject *type, PyObject *args,
			   PyObject *kwargs)
{
	static char *names[] = { "machine", "name", NULL };
	struct ba_py_state *state = ba_py_state_of(type);
	struct ba_py_machine *machine;
	PyObject *object;
	const char *name;
	struct ba_ctx ctx;
	uint16_t id;

	if (!state ||
	    !PyArg_ParseTupleAndKeywords(args, kwargs, "O!s:KmemCache", names,
					 state->machine, &object, &name))
		return NULL;
	machine = (struct ba_py_machine *)object;
	if (!ba_py_ready(machine))
		return NULL;
	ctx = ba_machine_ctx(&machine->machine, 0);
	id = ba_kmem_cache_find(&ctx, name);
	if (id != BA_CACHE_NONE)
		return new_object(type, machine, id, name);
	return PyErr_Format(PyExc_ValueError,
			    "no cache has the name '%s'; Machine.caches has "
			    "those there are", name);
}

static int cache_traverse(PyObject *object, visitproc visit, void *arg)
{
	Py_VISIT(Py_TYPE(object));
	Py_VISIT((PyObject *)ba_py_cache_of(object)->machine);
	return 0;
}

static void cache_dealloc(PyObject *object)
{
	PyObject_GC_UnTrack(object);
	Py_XDECREF((PyObject *)ba_py_cache_of(object)->machine);
	ba_py_object_free(object);
}

static PyObject *cache_richcompare(PyObject *a, PyObject *b, int op)
{
	const struct ba_py_kmem_cache *self = ba_py_cache_of(a);
	const struct ba_py_kmem_cache *other = ba_py_cache_of(b);
	bool equal;

	if ((op != Py_EQ && op != Py_NE) ||
	    !PyObject_TypeCheck(b, self->machine->state->kmem_cache))
		Py_RETURN_NOTIMPLEMENTED;
	equal = self->machine == other->machine &&
		self->serial == other->serial;
	return PyBool_FromLong(equal == (op == Py_EQ));
}

static Py_hash_t cache_hash(PyObject *object)
{
	const struct ba_py_kmem_cache *self = ba_py_cache_of(object);
	Py_hash_t hash = (Py_hash_t)((uintptr_t)self->machine >> 4) ^
			 (Py_hash_t)self->serial;

	return hash == -1 ? -2 : hash;
}

static struct ba_slab_request
request_of(const struct ba_py_kmem_cache *self, const struct ba_ctx *ctx,
	   const struct ba_py_slab_request *asked)
{
	uint32_t size = ba_cache_at(ctx, self->id)->layout.object_size;

	return (struct ba_slab_request){ .cache = self->id,
					 .gfp = asked->gfp,
					 .node = asked->node,
					 .slack = ba_slack(size,
							   self->asked) };
}

/* ---- one object -------------------------------------------------- */

PyDoc_STRVAR(cache_alloc_doc,
"alloc($self, /, gfp=3264, *, cpu=0, node=None)\n"
"--\n"
"\n"
"One object: kmem_cache_alloc, or with a node kmem_cache_alloc_node.\n"
"\n"
"gfp is a word of GFP flags or their names, GFP_KERNEL when not given.\n"
"Returns the object's kernel address, or None when there is no page for a new\n"
"slab: that is a result, not an error, as of alloc_pages. A backed machine\n"
"gives a Memory of the object in place of the address.\n"
"\n"
"Raises ValueError for flags, cpu or node out of range.");

static PyObject *cache_alloc(PyObject *object, PyObject *const *args,
			     Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "gfp", "cpu", "node", NULL };
	static const struct ba_py_signature signature = {
		"alloc", names, 1, 0 };
	struct ba_py_kmem_cache *self = ba_py_cache_of(object);
	PyObject *value[BA_PY_ARGS_MAX];
	struct ba_py_slab_request asked;
	struct ba_slab_request request;
	struct ba_ctx *ctx;
	uint64_t address;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_take_slab_request(self->machine, value, &asked))
		return NULL;
	if (!ba_py_cache_exists(self))
		return NULL;
	ctx = ba_py_on_cpu(self->machine, asked.cpu);
	if (!ctx)
		return NULL;
	request = request_of(self, ctx, &asked);
	address = ba_kmem_cache_alloc(ctx, nodes_of(self), &request);
	ba_py_off_cpu(ctx);
	return ba_py_memory_given(self->machine, asked.cpu, address,
				  ba_py_cache_exists(self)->layout.object_size);
}

PyDoc_STRVAR(cache_free_doc,
"free($self, /, address, *, cpu=0)\n"
"--\n"
"\n"
"Give one object back: kmem_cache_free. None does nothing.\n"
"\n"
"Raises SlabError, and changes nothing, when no object in use of this cache\n"
"begins at that address; BufferError when there is a view of its Memory.");

static PyObject *cache_free(PyObject *object, PyObject *const *args,
			    Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "address", "cpu", NULL };
	static const struct ba_py_signature signature = {
		"free", names, 1, 1 };
	struct ba_py_kmem_cache *self = ba_py_cache_of(object);
	PyObject *value[BA_PY_ARGS_MAX];
	enum ba_status status;
	uint64_t address;
	struct ba_ctx *ctx;
	cpu_t cpu;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_take_address(value[0], &address) ||
	    !ba_py_take_cpu(self->machine, value[1], &cpu))
		return NULL;
	if (!ba_py_cache_exists(self) ||
	    !ba_py_memory_idle_at(self->machine, address))
		return NULL;
	ctx = ba_py_on_cpu(self->machine, cpu);
	if (!ctx)
		return NULL;
	status = address ? ba_kmem_cache_free(ctx, nodes_of(self), self->id,
					      address) : BA_OK;
	ba_py_off_cpu(ctx);
	if (status != BA_OK)
		return ba_py_object_error(self->machine, status, "free",
					  address, self->id);
	ba_py_memory_revoke_at(self->machine, address);
	Py_RETURN_NONE;
}

/* ---- many -------------------------------------------------------- */

PyDoc_STRVAR(cache_alloc_bulk_doc,
"alloc_bulk($self, /, nr, gfp=3264, *, cpu=0, node=None)\n"
"--\n"
"\n"
"nr objects in one call: kmem_cache_alloc_bulk.\n"
"\n"
"Returns their kernel addresses as Records of uint64, shape (nr,), or (0,)\n"
"when there is no memory for all of them. The GIL is released.\n"
"\n"
"Raises ValueError for an argument out of range.");

static PyObject *cache_alloc_bulk(PyObject *object, PyObject *const *args,
				  Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "nr", "gfp", "cpu", "node",
					     NULL };
	static const struct ba_py_signature signature = {
		"alloc_bulk", names, 2, 1 };
	struct ba_py_kmem_cache *self = ba_py_cache_of(object);
	PyObject *value[BA_PY_ARGS_MAX];
	struct ba_py_slab_request asked;
	struct ba_slab_request request;
	uint64_t *addresses, want = 0;
	struct ba_ctx ctx;
	bool got;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_uint(value[0], "nr", UINT32_MAX, &want) ||
	    !ba_py_take_slab_request(self->machine, value + 1, &asked) ||
	    !ba_py_cache_exists(self))
		return NULL;
	addresses = ba_py_records_data(want, sizeof(*addresses));
	if (!addresses || !ba_py_enter(self->machine, asked.cpu)) {
		free(addresses);
		return NULL;
	}
	Py_BEGIN_ALLOW_THREADS
	ctx = ba_machine_enter(&self->machine->machine, asked.cpu);
	request = request_of(self, &ctx, &asked);
	got = ba_kmem_cache_alloc_bulk(&ctx, nodes_of(self), &request,
				       (uint32_t)want, addresses);
	ba_machine_leave(&ctx);
	Py_END_ALLOW_THREADS
	ba_py_leave(self->machine, asked.cpu);
	return ba_py_addresses(self->machine->state, addresses,
			       got ? want : 0);
}

PyDoc_STRVAR(cache_free_bulk_doc,
"free_bulk($self, /, addresses, *, cpu=0)\n"
"--\n"
"\n"
"Give many objects back, slab by slab: kmem_cache_free_bulk.\n"
"\n"
"addresses is a buffer of integers of 8 bytes, such as an array, or a\n"
"sequence of integers. The GIL is released.\n"
"\n"
"Raises SlabError, and frees none, when one of them is no object in use of\n"
"this cache, or stands twice; BufferError when there is a view of its\n"
"Memory.");

static PyObject *cache_free_bulk(PyObject *object, PyObject *const *args,
				 Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "addresses", "cpu", NULL };
	static const struct ba_py_signature signature = {
		"free_bulk", names, 1, 1 };
	struct ba_py_kmem_cache *self = ba_py_cache_of(object);
	PyObject *value[BA_PY_ARGS_MAX], *ret = NULL;
	struct ba_py_wide_list list = { NULL, 0 }, freed;
	enum ba_status status;
	struct ba_ctx ctx;
	uint32_t bad = 0;
	cpu_t cpu;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_take_cpu(self->machine, value[1], &cpu) ||
	    !ba_py_cache_exists(self))
		return NULL;
	if (!ba_py_take_wide_list(value[0], "addresses", UINT64_MAX, &list) ||
	    !ba_py_enter_free(self->machine, cpu, &list, &freed))
		goto out;
	Py_BEGIN_ALLOW_THREADS
	ctx = ba_machine_enter(&self->machine->machine, cpu);
	status = ba_kmem_cache_free_bulk(&ctx, nodes_of(self), self->id,
					 list.numbers, (uint32_t)list.nr,
					 &bad);
	ba_machine_leave(&ctx);
	Py_END_ALLOW_THREADS
	ba_py_leave_free(self->machine, cpu, &freed, status == BA_OK);
	if (status == BA_OK)
		ret = Py_NewRef(Py_None);
	else
		ba_py_object_error(self->machine, status, "free",
				   list.numbers[bad], self->id);
out:
	free(list.numbers);
	return ret;
}

PyDoc_STRVAR(cache_addresses_doc,
"addresses($self, /)\n"
"--\n"
"\n"
"Kernel addresses of all objects in use, Records of uint64, ascending.");

static PyObject *cache_addresses(PyObject *object, PyObject *ignored)
{
	struct ba_py_kmem_cache *self = ba_py_cache_of(object);
	struct ba_cache_probe probe;
	uint64_t *addresses;
	struct ba_ctx ctx;
	pfn_t from = 0;
	uint32_t nr;

	(void)ignored;
	if (!ba_py_cache_ready(self))
		return NULL;
	ba_cache_probe(&self->machine->machine, self->id, &probe);
	addresses = ba_py_records_data(probe.total_objects,
				       sizeof(*addresses));
	if (!addresses)
		return NULL;
	ctx = ctx_of(self, 0);
	nr = ba_kmem_cache_objects(&ctx, nodes_of(self), self->id, addresses,
				   (uint32_t)probe.total_objects, &from);
	return ba_py_addresses(self->machine->state, addresses, nr);
}

/* ---- the cache as a whole ---------------------------------------- */

/* The only argument: a CPU that acts. */
static bool take_cpu_alone(struct ba_py_kmem_cache *self, const char *function,
			   PyObject *const *args, Py_ssize_t nr,
			   PyObject *kwnames, cpu_t *ret)
{
	static const char *const names[] = { "cpu", NULL };
	const struct ba_py_signature signature = { function, names, 1, 0 };
	PyObject *value[BA_PY_ARGS_MAX];

	return ba_py_args(&signature, args, nr, kwnames, value) &&
	       ba_py_take_cpu(self->machine, value[0], ret) &&
	       ba_py_cache_ready(self);
}

PyDoc_STRVAR(cache_shrink_doc,
"shrink($self, /, cpu=0)\n"
"--\n"
"\n"
"Give the pages of all empty slabs back: kmem_cache_shrink, run by one CPU.\n"
"\n"
"The CPUs give up their slabs; each node's list is sorted, the fullest slabs\n"
"first. Returns True when no slab is left.");

static PyObject *cache_shrink(PyObject *object, PyObject *const *args,
			      Py_ssize_t nr, PyObject *kwnames)
{
	struct ba_py_kmem_cache *self = ba_py_cache_of(object);
	struct ba_ctx ctx;
	cpu_t cpu;

	if (!take_cpu_alone(self, "shrink", args, nr, kwnames, &cpu))
		return NULL;
	ctx = ctx_of(self, cpu);
	return PyBool_FromLong(!ba_kmem_cache_shrink(&ctx, nodes_of(self),
						     self->id));
}

PyDoc_STRVAR(cache_flush_doc,
"flush($self, /, cpu=0)\n"
"--\n"
"\n"
"One CPU gives up its slab and its stack of partial slabs: flush_slab.");

static PyObject *cache_flush(PyObject *object, PyObject *const *args,
			     Py_ssize_t nr, PyObject *kwnames)
{
	struct ba_py_kmem_cache *self = ba_py_cache_of(object);
	struct ba_ctx ctx;
	cpu_t cpu;

	if (!take_cpu_alone(self, "flush", args, nr, kwnames, &cpu))
		return NULL;
	ctx = ctx_of(self, cpu);
	ba_cache_flush_cpu(&ctx, nodes_of(self), self->id, cpu);
	Py_RETURN_NONE;
}

/* Some of the objects that keep a cache, for a sentence. */
static PyObject *leak_error(const struct ba_py_kmem_cache *self)
{
	enum { SHOWN = 4 };
	struct ba_ctx ctx = ctx_of(self, 0);
	struct ba_cache_probe probe;
	char text[SHOWN * 20 + 1] = "";
	uint64_t *addresses;
	pfn_t from = 0;
	uint32_t nr;

	ba_cache_probe(&self->machine->machine, self->id, &probe);
	addresses = ba_py_records_data(probe.total_objects,
				       sizeof(*addresses));
	if (!addresses)
		return NULL;
	nr = ba_kmem_cache_objects(&ctx, nodes_of(self), self->id, addresses,
				   (uint32_t)probe.total_objects, &from);
	for (uint32_t i = 0; i < nr && i < SHOWN; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 " 0x%llx", (unsigned long long)addresses[i]);
	free(addresses);
	return ba_py_fail(self->machine->state, BA_EINUSE,
			  "cannot destroy cache '%s': %u of its objects are "
			  "in use:%s%s; free them first (addresses() has them "
			  "all)", self->name, nr, text,
			  nr > SHOWN ? " ..." : "");
}

PyDoc_STRVAR(cache_destroy_doc,
"destroy($self, /, cpu=0)\n"
"--\n"
"\n"
"The maker of this name gives the cache up: kmem_cache_destroy.\n"
"\n"
"A cache that others share stays for them. Raises SlabError, and keeps the\n"
"cache, when it was the last and objects are in use: it names them.\n"
"ValueError for a cache of kmalloc's own.");

static PyObject *cache_destroy(PyObject *object, PyObject *const *args,
			       Py_ssize_t nr, PyObject *kwnames)
{
	struct ba_py_kmem_cache *self = ba_py_cache_of(object);
	enum ba_status status;
	struct ba_ctx ctx;
	cpu_t cpu;

	if (!take_cpu_alone(self, "destroy", args, nr, kwnames, &cpu))
		return NULL;
	ctx = ctx_of(self, cpu);
	status = ba_kmem_cache_destroy(&ctx, nodes_of(self), self->id,
				       self->name);
	if (status == BA_EINUSE)
		return leak_error(self);
	if (status != BA_OK)
		return ba_py_fail(self->machine->state, status,
				  "cannot destroy cache '%s': kmalloc needs it",
				  self->name);
	self->given_up = true;
	Py_RETURN_NONE;
}

/* ---- objects that nobody uses ------------------------------------ */

static struct ba_py_lru lru_of(const struct ba_py_kmem_cache *self)
{
	return (struct ba_py_lru){ .machine = self->machine,
				   .name = self->name, .cache = self->id };
}

PyDoc_STRVAR(cache_register_shrinker_doc,
"register_shrinker($self, /, seeks=2, batch=128)\n"
"--\n"
"\n"
"From now on reclaim, and drop_caches, may free objects that nobody uses.\n"
"\n"
"seeks is the effort to make an object again: the more, the fewer are looked\n"
"at; batch is how many at once. Raises SlabError for a cache that has slabs,\n"
"other makers or a shrinker, ValueError for a backed machine.");

static PyObject *cache_register_shrinker(PyObject *object,
					 PyObject *const *args, Py_ssize_t nr,
					 PyObject *kwnames)
{
	struct ba_py_lru lru = lru_of(ba_py_cache_of(object));

	return ba_py_cache_ready(ba_py_cache_of(object)) ?
		       ba_py_lru_register(&lru, args, nr, kwnames) : NULL;
}

PyDoc_STRVAR(cache_unuse_doc,
"unuse($self, addresses, /)\n"
"--\n"
"\n"
"Nobody uses these objects now: they are kept in case, on the list of their\n"
"node, until reclaim takes the oldest. One that is on it already is passed by\n"
"once. Raises SlabError, and changes nothing, when one is no object in use of\n"
"this cache, ValueError when the cache has no shrinker.");

static PyObject *cache_unuse(PyObject *object, PyObject *addresses)
{
	struct ba_py_lru lru = lru_of(ba_py_cache_of(object));

	return ba_py_cache_ready(ba_py_cache_of(object)) ?
		       ba_py_lru_set_used(&lru, addresses, false) : NULL;
}

PyDoc_STRVAR(cache_use_doc,
"use($self, addresses, /)\n"
"--\n"
"\n"
"Somebody uses these objects again: reclaim takes them off its list when it\n"
"meets them. Errors as of unuse.");

static PyObject *cache_use(PyObject *object, PyObject *addresses)
{
	struct ba_py_lru lru = lru_of(ba_py_cache_of(object));

	return ba_py_cache_ready(ba_py_cache_of(object)) ?
		       ba_py_lru_set_used(&lru, addresses, true) : NULL;
}

PyDoc_STRVAR(cache_unused_doc,
"unused($self, /)\n"
"--\n"
"\n"
"Addresses of the objects on the shrinker's lists, Records of uint64: node by\n"
"node, the oldest first. Some may be used again.");

static PyObject *cache_unused(PyObject *object, PyObject *ignored)
{
	struct ba_py_lru lru = lru_of(ba_py_cache_of(object));

	(void)ignored;
	return ba_py_cache_ready(ba_py_cache_of(object)) ?
		       ba_py_lru_list(&lru) : NULL;
}

PyDoc_STRVAR(cache_set_constructor_doc,
"set_constructor($self, data, /)\n"
"--\n"
"\n"
"Say what the constructor writes into the beginning of each object.\n"
"\n"
"data: bytes, at most those of an object and 128 KiB; none: it writes nothing.\n"
"It writes once, when a slab is new; owners leave objects as they were. Real\n"
"bytes are those of a backed machine.\n"
"\n"
"Raises ValueError for a cache that was made without ctor and for too many\n"
"bytes, SlabError when the cache has slabs already.");

static PyObject *cache_set_constructor(PyObject *object, PyObject *data)
{
	struct ba_py_kmem_cache *self = ba_py_cache_of(object);
	enum ba_status status;
	struct ba_ctx ctx;
	Py_buffer view;

	if (!ba_py_cache_ready(self) ||
	    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE))
		return NULL;
	ctx = ba_machine_ctx(&self->machine->machine, 0);
	status = view.len > (Py_ssize_t)BA_CTOR_BYTES_MAX ? BA_EINVAL :
		ba_kmem_cache_set_constructor(&ctx, self->id, view.buf,
					      (uint32_t)view.len);
	if (status == BA_EINVAL)
		ba_py_fail(self->machine->state, status,
			   "%zd bytes for the constructor of cache '%s': it "
			   "needs ctor=True, and takes as many bytes as an "
			   "object has, at most %zd", view.len, self->name,
			   (Py_ssize_t)BA_CTOR_BYTES_MAX);
	else if (status != BA_OK)
		ba_py_fail(self->machine->state, status,
			   "cache '%s' has slabs already; set its constructor "
			   "as soon as it is made", self->name);
	PyBuffer_Release(&view);
	return status == BA_OK ? Py_NewRef(Py_None) : NULL;
}

/* ---- looking ----------------------------------------------------- */

PyDoc_STRVAR(cache_state_doc,
"state($self, /)\n"
"--\n"
"\n"
"All that decides what the cache does next, as a dict.\n"
"\n"
"refcount; cpu: of each CPU its slab (None: it has none) and freelist;\n"
"cpu_partial: each CPU's stack of slabs, from the top; partial and full (of\n"
"caches with debugging): slabs on the list of each node, from the head;\n"
"slabs: of each slab its order, objects, inuse (those on a CPU's freelist\n"
"count too), node, place ('FULL': on no list), freelist, used (the objects\n"
"that owners have) and slack (bytes of each that nobody asked for). Slabs are\n"
"named by their first frame, objects by their place in the slab.");

static PyObject *cache_state(PyObject *object, PyObject *ignored)
{
	struct ba_py_kmem_cache *self = ba_py_cache_of(object);

	(void)ignored;
	return ba_py_cache_ready(self) ?
		       ba_py_slab_state(self->machine, self->id) : NULL;
}

PyDoc_STRVAR(cache_layout_doc,
"layout($self, /)\n"
"--\n"
"\n"
"How slabs are cut into objects: the dict of slab_layout.");

static PyObject *cache_layout(PyObject *object, PyObject *ignored)
{
	const struct ba_kmem_cache *cache =
		ba_py_cache_exists(ba_py_cache_of(object));

	(void)ignored;
	return cache ? ba_py_slab_layout_dict(&cache->layout) : NULL;
}

PyDoc_STRVAR(cache_random_sequence_doc,
"random_sequence($self, /)\n"
"--\n"
"\n"
"The order in which new slabs chain their objects, a list of places that goes\n"
"round from a random start; empty: ascending.");

static PyObject *cache_random_sequence(PyObject *object, PyObject *ignored)
{
	struct ba_py_kmem_cache *self = ba_py_cache_of(object);
	const struct ba_kmem_cache *cache = ba_py_cache_exists(self);
	struct ba_ctx ctx = ctx_of(self, 0);
	PyObject *ret = cache ? PyList_New(0) : NULL;

	(void)ignored;
	for (uint32_t i = 0; ret && i < cache->random_nr; i++)
		if (!ba_py_append(ret, PyLong_FromLong(
			    ba_random_sequence(&ctx, cache)[i])))
			Py_CLEAR(ret);
	return ret;
}

PyDoc_STRVAR(cache_set_random_sequence_doc,
"set_random_sequence($self, sequence, /)\n"
"--\n"
"\n"
"New slabs chain their objects in this order, as SLAB_FREELIST_RANDOM does.\n"
"\n"
"sequence has the places 0 .. objs_per_slab - 1, each once, as a buffer of\n"
"integers or a sequence; none: ascending. Raises ValueError for others.");

static PyObject *cache_set_random_sequence(PyObject *object, PyObject *list)
{
	struct ba_py_kmem_cache *self = ba_py_cache_of(object);
	struct ba_py_list places = { NULL, 0 };
	enum ba_status status = BA_EINVAL;
	uint16_t *index = NULL;
	PyObject *ret = NULL;
	struct ba_ctx ctx;

	if (!ba_py_cache_ready(self) ||
	    !ba_py_take_list(list, "sequence", &places))
		goto out;
	index = ba_py_records_data(places.nr, sizeof(*index));
	if (!index)
		goto out;
	ctx = ctx_of(self, 0);
	for (size_t i = 0; i < places.nr; i++)
		index[i] = places.numbers[i] < BA_OBJECT_USED ?
				   (uint16_t)places.numbers[i] : BA_OBJECT_USED;
	if (places.nr <= BA_SLAB_OBJECTS_MAX)
		status = ba_kmem_cache_set_sequence(&ctx, self->id, index,
						    (uint32_t)places.nr);
	if (status == BA_OK)
		ret = Py_NewRef(Py_None);
	else if (status == BA_EINVAL)
		PyErr_Format(PyExc_ValueError,
			     "sequence of cache '%s' must have each of 0..%u "
			     "once", self->name,
			     ba_py_cache_exists(self)->layout.objects - 1u);
	else
		ba_py_fail(self->machine->state, status, "");
out:
	free(index);
	free(places.numbers);
	return ret;
}

/* ---- the type ---------------------------------------------------- */

static PyObject *cache_own_methods(PyObject *type, PyObject *ignored);

static PyMethodDef cache_methods[] = {
#define METHOD(name)							\
	BA_PY_METHOD(#name, cache_##name, BA_PY_KEYWORDS, cache_##name##_doc)
	METHOD(alloc),
	METHOD(free),
	METHOD(alloc_bulk),
	METHOD(free_bulk),
	METHOD(shrink),
	METHOD(flush),
	METHOD(destroy),
	METHOD(register_shrinker),
#undef METHOD
	BA_PY_METHOD("unuse", cache_unuse, METH_O, cache_unuse_doc),
	BA_PY_METHOD("use", cache_use, METH_O, cache_use_doc),
	BA_PY_METHOD("unused", cache_unused, METH_NOARGS, cache_unused_doc),
	BA_PY_METHOD("addresses", cache_addresses, METH_NOARGS,
		     cache_addresses_doc),
	BA_PY_METHOD("state", cache_state, METH_NOARGS, cache_state_doc),
	BA_PY_METHOD("layout", cache_layout, METH_NOARGS, cache_layout_doc),
	BA_PY_METHOD("random_sequence", cache_random_sequence, METH_NOARGS,
		     cache_random_sequence_doc),
	BA_PY_METHOD("set_constructor", cache_set_constructor, METH_O,
		     cache_set_constructor_doc),
	BA_PY_METHOD("set_random_sequence", cache_set_random_sequence, METH_O,
		     cache_set_random_sequence_doc),
	BA_PY_METHOD("_own_methods", cache_own_methods,
		     METH_NOARGS | METH_CLASS, ba_py_own_methods_doc),
	{ NULL, NULL, 0, NULL },
};

static PyObject *cache_own_methods(PyObject *type, PyObject *ignored)
{
	(void)ignored;
	return ba_py_own_methods(type, cache_methods);
}

PyDoc_STRVAR(cache_doc,
"KmemCache(machine, name)\n"
"--\n"
"\n"
"A slab cache of a machine: equal objects, cut from blocks of pages.\n"
"\n"
"kmem_cache_create of a machine makes one; this finds it by its name, or by\n"
"the name of one that became one with it. The attributes have the names of\n"
"the files in /sys/kernel/slab. It keeps the machine alive. Raises ValueError\n"
"when no cache has that name, and every call SlabError after destroy().");

static PyType_Slot cache_slots[] = {
	{ Py_tp_doc, (void *)cache_doc },
	{ Py_tp_new, cache_new },
	{ Py_tp_dealloc, cache_dealloc },
	{ Py_tp_traverse, cache_traverse },
	{ Py_tp_richcompare, cache_richcompare },
	{ Py_tp_hash, cache_hash },
	{ Py_tp_methods, cache_methods },
	{ Py_tp_getset, ba_py_cache_getset },
	{ 0, NULL },
};

static PyType_Spec cache_spec = {
	.name = "buddyalloc._core.KmemCache",
	.basicsize = sizeof(struct ba_py_kmem_cache),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
		 Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
	.slots = cache_slots,
};

PyTypeObject *ba_py_kmem_cache_type(PyObject *module)
{
	return (PyTypeObject *)PyType_FromModuleAndSpec(module, &cache_spec,
							NULL);
}
