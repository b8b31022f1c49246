// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_machine_shrinker.h"

#include <stdio.h>
#include <stdlib.h>

#include "mm/shrinker.h"
#include "py/py_errors.h"
#include "py/py_records.h"

static struct ba_py_machine *self_of(PyObject *object)
{
	return (struct ba_py_machine *)object;
}

static struct ba_nodes *nodes_of(const struct ba_py_machine *self)
{
	return ba_machine_nodes(&self->machine);
}

/* The cache of that name; BA_CACHE_NONE with ValueError. */
static uint16_t take_cache(const struct ba_py_machine *self, PyObject *object)
{
	struct ba_ctx ctx = ba_machine_ctx(&self->machine, 0);
	const char *name = PyUnicode_AsUTF8AndSize(object, NULL);
	uint16_t id = name ? ba_kmem_cache_find(&ctx, name) : BA_CACHE_NONE;

	if (name && id == BA_CACHE_NONE)
		PyErr_Format(PyExc_ValueError,
			     "no cache has the name '%s'; Machine.caches has "
			     "those there are", name);
	return id;
}

const char ba_py_machine_register_shrinker_doc[] =
"register_shrinker($self, /, cache, seeks=2, batch=128)\n"
"--\n"
"\n"
"Let reclaim free objects of a cache that nobody uses.\n"
"\n"
"cache is a name. seeks: the effort to make an object again, in disk seeks;\n"
"the less, the more objects go, and with 0 half of them. batch: how many are\n"
"looked at in a row at least. Which objects nobody uses, unuse_objects says.\n"
"\n"
"Raises ValueError for a name that no cache has or a number out of range, and\n"
"SlabError for a cache that has slabs, a shrinker or several makers already.";

PyObject *ba_py_machine_register_shrinker(PyObject *object,
					  PyObject *const *args,
					  Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "cache", "seeks", "batch", NULL };
	static const struct ba_py_signature signature = {
		"register_shrinker", names, 3, 1 };
	struct ba_py_machine *self = self_of(object);
	uint64_t seeks = BA_SHRINK_SEEKS, batch = BA_SHRINK_BATCH;
	PyObject *value[BA_PY_ARGS_MAX];
	enum ba_status status;
	struct ba_ctx ctx;
	uint16_t id;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_uint(value[1], "seeks", UINT32_MAX, &seeks) ||
	    !ba_py_uint(value[2], "batch", UINT32_MAX, &batch) ||
	    !ba_py_ready(self))
		return NULL;
	id = take_cache(self, value[0]);
	if (id == BA_CACHE_NONE)
		return NULL;
	ctx = ba_machine_ctx(&self->machine, 0);
	status = ba_shrinker_register(&ctx, id, (uint32_t)seeks,
				      (uint32_t)batch);
	if (status == BA_EINVAL)
		return ba_py_fail(self->state, status,
				  "cache '%U' cannot have a shrinker of batch "
				  "%llu: give 1 or more, and a cache of at "
				  "most 6553 objects a slab", value[0],
				  (unsigned long long)batch);
	if (status != BA_OK)
		return ba_py_fail(self->state, status,
				  "cache '%U' has slabs, a shrinker or "
				  "several makers already; register its "
				  "shrinker as soon as it is made", value[0]);
	Py_RETURN_NONE;
}

/* Is it an object in use, of a cache with a shrinker? SlabError if not. */
static bool check_object(const struct ba_py_machine *self, uint64_t address)
{
	struct ba_ctx ctx = ba_machine_ctx(&self->machine, 0);
	struct ba_object_at at = ba_object_find(&ctx, nodes_of(self), address);
	char where[24];

	if (at.head == BA_PFN_NONE || !at.exact) {
		ba_py_object_error(self, BA_EFOREIGN, "find", address,
				   BA_CACHE_NONE);
		return false;
	}
	if (ba_objects_of(&ctx, at.head)[at.index].next != BA_OBJECT_USED) {
		ba_py_object_error(self, BA_EOBJECTFREE, "find", address,
				   BA_CACHE_NONE);
		return false;
	}
	if (ba_cache_at(&ctx, at.cache)->shrinker.registered)
		return true;
	snprintf(where, sizeof(where), "0x%llx", (unsigned long long)address);
	ba_py_fail(self->state, BA_EWRONGCACHE,
		   "object %s is of cache '%s', which has no shrinker; "
		   "register_shrinker gives it one", where,
		   ba_cache_at(&ctx, at.cache)->name);
	return false;
}

/* Addresses, all of objects that check_object accepts. */
static bool take_objects(const struct ba_py_machine *self, PyObject *object,
			 struct ba_py_wide_list *ret)
{
	if (!ba_py_take_wide_list(object, "addresses", UINT64_MAX, ret))
		return false;
	for (size_t i = 0; i < ret->nr; i++)
		if (!check_object(self, ret->numbers[i]))
			return false;
	return true;
}

const char ba_py_machine_unuse_objects_doc[] =
"unuse_objects($self, /, addresses)\n"
"--\n"
"\n"
"Nobody uses these objects any more: reclaim may free them.\n"
"\n"
"They stay until memory is wanted, the longest unused first; one that was\n"
"unused before gets another round. addresses is a buffer of integers of 8\n"
"bytes, such as an array, or a sequence. A Memory of such an object ends, as\n"
"by a free.\n"
"\n"
"Raises SlabError, and does nothing, when one of them is no object in use of a\n"
"cache with a shrinker; BufferError when there is a view of its Memory.";

PyObject *ba_py_machine_unuse_objects(PyObject *object, PyObject *const *args,
				      Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "addresses", NULL };
	static const struct ba_py_signature signature = {
		"unuse_objects", names, 1, 1 };
	struct ba_py_machine *self = self_of(object);
	struct ba_py_wide_list list = { NULL, 0 }, ended;
	PyObject *value[BA_PY_ARGS_MAX], *ret = NULL;
	struct ba_ctx ctx;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_ready(self))
		return NULL;
	if (!take_objects(self, value[0], &list) ||
	    !ba_py_begin_free(self, &list, &ended))
		goto out;
	ctx = ba_machine_ctx(&self->machine, 0);
	for (size_t i = 0; i < list.nr; i++)
		ba_object_unuse(&ctx, ba_object_find(&ctx, nodes_of(self),
						     list.numbers[i]));
	ba_py_end_free(self, &ended, true);
	ret = Py_NewRef(Py_None);
out:
	free(list.numbers);
	return ret;
}

const char ba_py_machine_use_objects_doc[] =
"use_objects($self, /, addresses)\n"
"--\n"
"\n"
"Somebody uses these objects again: reclaim leaves them alone.\n"
"\n"
"addresses and errors as of unuse_objects.";

PyObject *ba_py_machine_use_objects(PyObject *object, PyObject *const *args,
				    Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "addresses", NULL };
	static const struct ba_py_signature signature = {
		"use_objects", names, 1, 1 };
	struct ba_py_machine *self = self_of(object);
	struct ba_py_wide_list list = { NULL, 0 };
	PyObject *value[BA_PY_ARGS_MAX], *ret = NULL;
	struct ba_ctx ctx;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_ready(self))
		return NULL;
	if (!take_objects(self, value[0], &list))
		goto out;
	ctx = ba_machine_ctx(&self->machine, 0);
	for (size_t i = 0; i < list.nr; i++)
		ba_object_use(&ctx, ba_object_find(&ctx, nodes_of(self),
						   list.numbers[i]));
	ret = Py_NewRef(Py_None);
out:
	free(list.numbers);
	return ret;
}

/* Objects on the lists of all nodes. */
static size_t nr_listed(const struct ba_kmem_cache *cache)
{
	size_t nr_objects = 0;

	for (uint8_t node = 0; node < BA_NODE_MAX; node++)
		nr_objects += cache->shrinker.node[node].lru.count;
	return nr_objects;
}

const char ba_py_machine_unused_objects_doc[] =
"unused_objects($self, /, cache)\n"
"--\n"
"\n"
"Addresses of the objects that reclaim would look at, Records of uint64, node\n"
"by node, the next one first. Some may be in use again: reclaim takes them\n"
"off its list when it meets them.\n"
"\n"
"cache is a name; ValueError when no cache has it.";

PyObject *ba_py_machine_unused_objects(PyObject *object, PyObject *const *args,
				       Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "cache", NULL };
	static const struct ba_py_signature signature = {
		"unused_objects", names, 1, 1 };
	struct ba_py_machine *self = self_of(object);
	PyObject *value[BA_PY_ARGS_MAX];
	uint64_t *addresses;
	struct ba_ctx ctx;
	size_t count = 0;
	uint16_t id;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_ready(self))
		return NULL;
	id = take_cache(self, value[0]);
	if (id == BA_CACHE_NONE)
		return NULL;
	ctx = ba_machine_ctx(&self->machine, 0);
	addresses = ba_py_records_data(nr_listed(ba_cache_at(&ctx, id)),
				       sizeof(*addresses));
	if (!addresses)
		return NULL;
	for (uint8_t node = 0; node < BA_NODE_MAX; node++)
		for (struct ba_object_at at = ba_object_lru_first(&ctx, id,
								  node);
		     at.head != BA_PFN_NONE; at = ba_object_lru_next(&ctx, at))
			addresses[count++] = ba_object_address(
				&ctx, ba_cache_at(&ctx, id), at.head,
				at.index);
	return ba_py_addresses(self->state, addresses, count);
}

static const char *const fault_names[] = {
#define X(name, text) text,
	BA_SLAB_FAULTS(X)
#undef X
};

const char ba_py_machine_slab_reports_doc[] =
"slab_reports($self, /)\n"
"--\n"
"\n"
"What checks of slab objects found, a list of dicts, the latest 16 at most.\n"
"\n"
"Of each: cache (name), object (its address), what (\"Right Redzone\", \"Poison\",\n"
"...), address of the first wrong byte, bytes from it to the last one, found\n"
"and expected (its values). Caches with SLAB_CONSISTENCY_CHECKS of a backed\n"
"machine are checked.";

PyObject *ba_py_machine_slab_reports(PyObject *object, PyObject *const *args,
				     Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { NULL };
	static const struct ba_py_signature signature = {
		"slab_reports", names, 0, 0 };
	struct ba_py_machine *self = self_of(object);
	PyObject *value[BA_PY_ARGS_MAX], *list;
	const struct ba_caches *caches;
	struct ba_ctx ctx;
	uint64_t i;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_ready(self))
		return NULL;
	ctx = ba_machine_ctx(&self->machine, 0);
	caches = ctx.caches;
	list = PyList_New(0);
	i = caches->nr_reports > BA_SLAB_REPORTS ?
		    caches->nr_reports - BA_SLAB_REPORTS : 0;
	for (; list && i < caches->nr_reports; i++) {
		const struct ba_slab_report *r =
			&caches->report[i % BA_SLAB_REPORTS];
		PyObject *item = Py_BuildValue(
			"{sssKsssKsIsIsI}", "cache",
			caches->cache[r->cache].name, "object",
			(unsigned long long)r->object, "what",
			fault_names[r->what], "address",
			(unsigned long long)r->address, "bytes", r->bytes,
			"found", r->found, "expected", r->expected);

		if (!item || PyList_Append(list, item))
			Py_CLEAR(list);
		Py_XDECREF(item);
	}
	return list;
}
