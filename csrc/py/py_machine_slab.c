// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_machine_slab.h"

#include <stdlib.h>
#include <string.h>

#include "py/py_errors.h"
#include "py/py_kmem_cache.h"
#include "py/py_memory.h"
#include "py/py_records.h"
#include "py/py_slab_args.h"
#include "py/py_slab_layout.h"
#include "sim/cache_probe.h"

static struct ba_py_machine *self_of(PyObject *object)
{
	return (struct ba_py_machine *)object;
}

static struct ba_nodes *nodes_of(const struct ba_py_machine *self)
{
	return ba_machine_nodes(&self->machine);
}

/* ---- caches ------------------------------------------------------ */

/* A number of 32 bits; *ret is kept when `object` is NULL. */
static bool take_u32(PyObject *object, const char *name, uint32_t *ret)
{
	uint64_t value = *ret;

	if (!ba_py_uint(object, name, UINT32_MAX, &value))
		return false;
	*ret = (uint32_t)value;
	return true;
}

static bool take_spec(PyObject *const *value, struct ba_slab_spec *ret)
{
	PyObject *freeptr = value[7];

	*ret = (struct ba_slab_spec){ .object_size = 0 };
	if (!take_u32(value[1], "size", &ret->object_size) ||
	    !take_u32(value[2], "align", &ret->align) ||
	    !ba_py_slab_flags(value[3], "flags", &ret->flags) ||
	    !ba_py_bool(value[4], &ret->ctor) ||
	    !take_u32(value[5], "useroffset", &ret->useroffset) ||
	    !take_u32(value[6], "usersize", &ret->usersize))
		return false;
	ret->has_freeptr_offset = freeptr && freeptr != Py_None;
	return !ret->has_freeptr_offset ||
	       take_u32(freeptr, "freeptr_offset", &ret->freeptr_offset);
}

/* Why there is no such cache. */
static PyObject *create_error(const struct ba_py_machine *self,
			      enum ba_status status, const char *name,
			      const struct ba_slab_spec *spec)
{
	struct ba_ctx ctx = ba_machine_ctx(&self->machine, 0);
	const char *fault = ba_slab_fault(ctx.profile, spec,
					  &ctx.caches->boot);

	if (status == BA_ENOMEM)
		return ba_py_fail(self->state, BA_EINVAL,
				  "cannot make cache '%s': the machine has %u "
				  "caches or aliases, as many as it can; "
				  "destroy some", name, BA_CACHES_MAX);
	if (!*name || strlen(name) >= BA_CACHE_NAME)
		return ba_py_fail(self->state, status,
				  "a cache's name has 1 to %u bytes, not %zd: "
				  "'%s'", BA_CACHE_NAME - 1,
				  (Py_ssize_t)strlen(name), name);
	if (ba_kmem_cache_find(&ctx, name) != BA_CACHE_NONE)
		return ba_py_fail(self->state, status,
				  "a cache or alias has the name '%s' "
				  "already; take another, or use the one in "
				  "Machine.caches", name);
	return ba_py_fail(self->state, status,
			  "cannot make cache '%s' of size=%u, align=%u, "
			  "flags=0x%x: %s", name,
			  (unsigned int)spec->object_size,
			  (unsigned int)spec->align,
			  (unsigned int)spec->flags,
			  fault ? fault : ba_strerror(status));
}

const char ba_py_machine_kmem_cache_create_doc[] =
"kmem_cache_create($self, /, name, size, align=0, flags=0, ctor=False,\n"
"                  useroffset=0, usersize=0, *, freeptr_offset=None)\n"
"--\n"
"\n"
"Make a slab cache, or share an older one that serves as well.\n"
"\n"
"size (of an object) and align are bytes; flags are a number or names of\n"
"SLAB_FLAGS joined by '|'; ctor: objects have a constructor, whose bytes\n"
"KmemCache.set_constructor takes. Users may copy usersize bytes from\n"
"useroffset on. freeptr_offset is 6.12's. The machine's\n"
"boot options slab_nomerge, slub_debug, slub_max_order, ... hold for it.\n"
"Returns a KmemCache.\n"
"\n"
"Raises ValueError for a name that is taken or too long, and for an object\n"
"that no slab has room for.";

PyObject *ba_py_machine_kmem_cache_create(PyObject *object,
					  PyObject *const *args,
					  Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "name", "size", "align", "flags",
					     "ctor", "useroffset", "usersize",
					     "freeptr_offset", NULL };
	static const struct ba_py_signature signature = {
		"kmem_cache_create", names, 7, 2 };
	struct ba_py_machine *self = self_of(object);
	PyObject *value[BA_PY_ARGS_MAX];
	struct ba_slab_spec spec;
	enum ba_status status;
	struct ba_ctx ctx;
	const char *name;
	uint16_t id;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !take_spec(value, &spec) || !ba_py_ready(self))
		return NULL;
	if (!PyUnicode_Check(value[0]))
		return PyErr_Format(PyExc_TypeError,
				    "name must be str, not %R", value[0]);
	name = PyUnicode_AsUTF8AndSize(value[0], NULL);
	if (!name)
		return NULL;
	ctx = ba_machine_ctx(&self->machine, 0);
	status = ba_kmem_cache_create(&ctx, name, &spec, &id);
	if (status != BA_OK)
		return create_error(self, status, name, &spec);
	return ba_py_kmem_cache_new(self, id, name);
}

/* No arguments, and a machine that can be used. */
static bool take_nothing(struct ba_py_machine *self, const char *function,
			 PyObject *const *args, Py_ssize_t nr,
			 PyObject *kwnames)
{
	static const char *const names[] = { NULL };
	const struct ba_py_signature signature = { function, names, 0, 0 };
	PyObject *value[BA_PY_ARGS_MAX];

	return ba_py_args(&signature, args, nr, kwnames, value) &&
	       ba_py_ready(self);
}

const char ba_py_machine_cache_names_doc[] =
"cache_names($self, /)\n"
"--\n"
"\n"
"Names of all slab caches, the oldest first, each with the names of those\n"
"that became one with it: a list of (str, list of str).";

PyObject *ba_py_machine_cache_names(PyObject *object, PyObject *const *args,
				    Py_ssize_t nr, PyObject *kwnames)
{
	struct ba_py_machine *self = self_of(object);
	struct ba_ctx ctx = ba_machine_ctx(&self->machine, 0);
	const struct ba_caches *caches = ctx.caches;
	PyObject *ret;

	if (!take_nothing(self, "cache_names", args, nr, kwnames))
		return NULL;
	ret = PyList_New(0);
	for (uint16_t id = caches->oldest; ret && id != BA_CACHE_NONE;
	     id = caches->cache[id].newer) {
		PyObject *aliases = PyList_New(0);

		for (uint16_t i = 0; aliases && i < caches->nr_aliases; i++)
			if (caches->alias[i].name[0] &&
			    caches->alias[i].cache == id &&
			    !ba_py_append(aliases, PyUnicode_FromString(
						       caches->alias[i].name)))
				Py_CLEAR(aliases);
		if (!ba_py_append(ret, Py_BuildValue("(sN)",
						     caches->cache[id].name,
						     aliases)))
			Py_CLEAR(ret);
	}
	return ret;
}

/* ---- kmalloc ----------------------------------------------------- */

static PyObject *kmalloc(struct ba_py_machine *self, uint64_t size,
			 const struct ba_py_slab_request *request)
{
	struct ba_ctx *ctx = ba_py_on_cpu(self, request->cpu);
	uint64_t address;

	if (!ctx)
		return NULL;
	address = ba_kmalloc(ctx, nodes_of(self), size, request->gfp,
			     request->node);
	ba_py_off_cpu(ctx);
	return ba_py_memory_given(self, request->cpu, address, size);
}

/* value: size, gfp, cpu, node. */
BA_PY_INLINE PyObject *kmalloc_of(struct ba_py_machine *self,
				  PyObject *const *value, gfp_t added)
{
	struct ba_py_slab_request request;
	uint64_t size = 0;

	if (!ba_py_uint(value[0], "size", UINT64_MAX, &size) ||
	    !ba_py_take_slab_request(self, value + 1, &request))
		return NULL;
	request.gfp |= added;
	return kmalloc(self, size, &request);
}

/* kmalloc or kzalloc, whose flags have `added`. */
static PyObject *kmalloc_one(PyObject *object, const char *function,
			     PyObject *const *args, Py_ssize_t nr,
			     PyObject *kwnames, gfp_t added)
{
	static const char *const names[] = { "size", "gfp", "cpu", "node",
					     NULL };
	const struct ba_py_signature signature = { function, names, 2, 1 };
	PyObject *value[BA_PY_ARGS_MAX];

	if (ba_py_one_arg(nr, kwnames)) {
		PyObject *const size[] = { args[0], NULL, NULL, NULL };

		return kmalloc_of(self_of(object), size, added);
	}
	if (!ba_py_args(&signature, args, nr, kwnames, value))
		return NULL;
	return kmalloc_of(self_of(object), value, added);
}

/* The same of an array of n elements; an overflow is more than there is. */
static PyObject *kmalloc_many(PyObject *object, const char *function,
			      PyObject *const *args, Py_ssize_t nr,
			      PyObject *kwnames, gfp_t added)
{
	static const char *const names[] = { "n", "size", "gfp", "cpu",
					     "node", NULL };
	const struct ba_py_signature signature = { function, names, 3, 2 };
	struct ba_py_machine *self = self_of(object);
	struct ba_py_slab_request request;
	PyObject *value[BA_PY_ARGS_MAX];
	uint64_t n = 0, size = 0;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_uint(value[0], "n", UINT64_MAX, &n) ||
	    !ba_py_uint(value[1], "size", UINT64_MAX, &size) ||
	    !ba_py_take_slab_request(self, value + 2, &request))
		return NULL;
	request.gfp |= added;
	if (size && n > UINT64_MAX / size)
		Py_RETURN_NONE;
	return kmalloc(self, n * size, &request);
}

const char ba_py_machine_kmalloc_doc[] =
"kmalloc($self, /, size, gfp=3264, *, cpu=0, node=None)\n"
"--\n"
"\n"
"At least size bytes of contiguous memory.\n"
"\n"
"They come from the cache of the next larger class, above 8192 bytes from the\n"
"page allocator. gfp is a word of GFP flags or their names, GFP_KERNEL when\n"
"not given; it also chooses normal, reclaim, DMA or accounted caches. Returns\n"
"a kernel address; 16, ZERO_SIZE_PTR, for no bytes; None when there is no\n"
"memory or size is beyond 4 MiB: that is a result, not an error. A backed\n"
"machine gives a Memory of size bytes in place of the address.\n"
"\n"
"Raises ValueError for flags, cpu or node out of range.";

PyObject *ba_py_machine_kmalloc(PyObject *object, PyObject *const *args,
				Py_ssize_t nr, PyObject *kwnames)
{
	return kmalloc_one(object, "kmalloc", args, nr, kwnames, 0);
}

const char ba_py_machine_kzalloc_doc[] =
"kzalloc($self, /, size, gfp=3264, *, cpu=0, node=None)\n"
"--\n"
"\n"
"As kmalloc with __GFP_ZERO.";

PyObject *ba_py_machine_kzalloc(PyObject *object, PyObject *const *args,
				Py_ssize_t nr, PyObject *kwnames)
{
	return kmalloc_one(object, "kzalloc", args, nr, kwnames, BA_GFP_ZERO);
}

const char ba_py_machine_kmalloc_array_doc[] =
"kmalloc_array($self, /, n, size, gfp=3264, *, cpu=0, node=None)\n"
"--\n"
"\n"
"As kmalloc of n * size bytes; None also when the product exceeds 64 bits.";

PyObject *ba_py_machine_kmalloc_array(PyObject *object,
				      PyObject *const *args, Py_ssize_t nr,
				      PyObject *kwnames)
{
	return kmalloc_many(object, "kmalloc_array", args, nr, kwnames, 0);
}

const char ba_py_machine_kcalloc_doc[] =
"kcalloc($self, /, n, size, gfp=3264, *, cpu=0, node=None)\n"
"--\n"
"\n"
"As kmalloc_array with __GFP_ZERO.";

PyObject *ba_py_machine_kcalloc(PyObject *object, PyObject *const *args,
				Py_ssize_t nr, PyObject *kwnames)
{
	return kmalloc_many(object, "kcalloc", args, nr, kwnames,
			    BA_GFP_ZERO);
}

const char ba_py_machine_krealloc_doc[] =
"krealloc($self, /, address, new_size, gfp=3264, *, cpu=0)\n"
"--\n"
"\n"
"The same memory with room for new_size bytes.\n"
"\n"
"It stays where it is if it has room (ksize); else it moves. None as address\n"
"is a kmalloc; new_size 0 frees and returns 16, ZERO_SIZE_PTR. Returns the\n"
"address, or None, and the old memory stays, when there is no memory. A\n"
"backed machine gives a new Memory, also in place; the old one counts as\n"
"freed.\n"
"\n"
"Raises SlabError, and changes nothing, for an address that is not in use;\n"
"BufferError when there is a view of its Memory.";

PyObject *ba_py_machine_krealloc(PyObject *object, PyObject *const *args,
				 Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "address", "new_size", "gfp",
					     "cpu", NULL };
	static const struct ba_py_signature signature = {
		"krealloc", names, 3, 2 };
	struct ba_py_machine *self = self_of(object);
	struct ba_py_slab_request request;
	PyObject *value[BA_PY_ARGS_MAX];
	uint64_t address, size = 0, moved;
	enum ba_status status;
	struct ba_ctx *ctx;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_take_address(value[0], &address) ||
	    !ba_py_uint(value[1], "new_size", UINT64_MAX, &size) ||
	    !ba_py_take_slab_request(self, value + 2, &request) ||
	    !ba_py_memory_idle_at(self, address))
		return NULL;
	ctx = ba_py_on_cpu(self, request.cpu);
	if (!ctx)
		return NULL;
	status = ba_krealloc(ctx, nodes_of(self), address, size, request.gfp,
			     &moved);
	ba_py_off_cpu(ctx);
	if (status != BA_OK)
		return ba_py_object_error(self, status, "reallocate", address,
					  BA_CACHE_NONE);
	if (moved)
		ba_py_memory_revoke_at(self, address);
	return ba_py_memory_given(self, request.cpu, moved, size);
}

const char ba_py_machine_kfree_doc[] =
"kfree($self, /, address, *, cpu=0)\n"
"--\n"
"\n"
"Give back what kmalloc returned, or an object of any cache. None and 16,\n"
"ZERO_SIZE_PTR, do nothing.\n"
"\n"
"Raises SlabError, and changes nothing, when nothing in use begins there;\n"
"BufferError when there is a view of its Memory.";

/* value: address, cpu. */
BA_PY_INLINE PyObject *kfree(struct ba_py_machine *self,
			     PyObject *const *value)
{
	enum ba_status status;
	uint64_t address;
	struct ba_ctx *ctx;
	cpu_t cpu;

	if (!ba_py_take_address(value[0], &address) ||
	    !ba_py_take_cpu(self, value[1], &cpu))
		return NULL;
	if (!ba_py_memory_idle_at(self, address))
		return NULL;
	ctx = ba_py_on_cpu(self, cpu);
	if (!ctx)
		return NULL;
	status = ba_kfree(ctx, nodes_of(self), address);
	ba_py_off_cpu(ctx);
	if (ba_unlikely(status != BA_OK))
		return ba_py_object_error(self, status, "free", address,
					  BA_CACHE_NONE);
	ba_py_memory_revoke_at(self, address);
	Py_RETURN_NONE;
}

PyObject *ba_py_machine_kfree(PyObject *object, PyObject *const *args,
			      Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "address", "cpu", NULL };
	static const struct ba_py_signature signature = {
		"kfree", names, 1, 1 };
	PyObject *value[BA_PY_ARGS_MAX];

	if (ba_py_one_arg(nr, kwnames)) {
		PyObject *const address[] = { args[0], NULL };

		return kfree(self_of(object), address);
	}
	if (!ba_py_args(&signature, args, nr, kwnames, value))
		return NULL;
	return kfree(self_of(object), value);
}

const char ba_py_machine_ksize_doc[] =
"ksize($self, /, address)\n"
"--\n"
"\n"
"Bytes that the owner of that memory may use; 0 for None and 16,\n"
"ZERO_SIZE_PTR. Raises SlabError when nothing in use begins there.";

PyObject *ba_py_machine_ksize(PyObject *object, PyObject *const *args,
			      Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "address", NULL };
	static const struct ba_py_signature signature = {
		"ksize", names, 1, 1 };
	struct ba_py_machine *self = self_of(object);
	PyObject *value[BA_PY_ARGS_MAX];
	uint64_t address, size;
	enum ba_status status;
	struct ba_ctx ctx;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_take_address(value[0], &address) || !ba_py_ready(self))
		return NULL;
	ctx = ba_machine_ctx(&self->machine, 0);
	status = ba_ksize(&ctx, nodes_of(self), address, &size);
	if (status != BA_OK)
		return ba_py_object_error(self, status, "measure", address,
					  BA_CACHE_NONE);
	return ba_py_u64(size);
}

const char ba_py_machine_kmalloc_size_roundup_doc[] =
"kmalloc_size_roundup($self, /, size)\n"
"--\n"
"\n"
"Bytes that kmalloc(size) really gives; size itself where it gives none.";

PyObject *ba_py_machine_kmalloc_size_roundup(PyObject *object,
					     PyObject *const *args,
					     Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "size", NULL };
	static const struct ba_py_signature signature = {
		"kmalloc_size_roundup", names, 1, 1 };
	struct ba_py_machine *self = self_of(object);
	PyObject *value[BA_PY_ARGS_MAX];
	struct ba_ctx ctx;
	uint64_t size = 0;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_uint(value[0], "size", UINT64_MAX, &size) ||
	    !ba_py_ready(self))
		return NULL;
	ctx = ba_machine_ctx(&self->machine, 0);
	return ba_py_u64(ba_kmalloc_size_roundup(&ctx, size));
}

const char ba_py_machine_kmalloc_cache_doc[] =
"kmalloc_cache($self, /, size, gfp=3264)\n"
"--\n"
"\n"
"Name of the cache that serves kmalloc(size, gfp); None: pages or nothing.";

PyObject *ba_py_machine_kmalloc_cache(PyObject *object, PyObject *const *args,
				      Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "size", "gfp", NULL };
	static const struct ba_py_signature signature = {
		"kmalloc_cache", names, 2, 1 };
	struct ba_py_machine *self = self_of(object);
	PyObject *value[BA_PY_ARGS_MAX];
	gfp_t gfp = BA_GFP_KERNEL;
	struct ba_ctx ctx;
	uint64_t size = 0;
	uint16_t id;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_uint(value[0], "size", UINT64_MAX, &size) ||
	    !ba_py_take_gfp(self, value[1], &gfp) || !ba_py_ready(self))
		return NULL;
	ctx = ba_machine_ctx(&self->machine, 0);
	id = ba_kmalloc_cache(&ctx, size, gfp);
	if (id == BA_CACHE_NONE)
		Py_RETURN_NONE;
	return PyUnicode_FromString(ba_cache_at(&ctx, id)->name);
}

/* ---- many -------------------------------------------------------- */

/* How many of the sizes were served; their addresses are in their places. */
static size_t kmalloc_each(struct ba_py_machine *self,
			   const struct ba_py_slab_request *request,
			   struct ba_py_wide_list *list)
{
	struct ba_ctx ctx = ba_machine_enter(&self->machine, request->cpu);
	size_t i;

	for (i = 0; i < list->nr; i++) {
		list->numbers[i] = ba_kmalloc(&ctx, nodes_of(self),
					      list->numbers[i], request->gfp,
					      request->node);
		if (!list->numbers[i])
			break;
	}
	ba_machine_leave(&ctx);
	return i;
}

const char ba_py_machine_kmalloc_bulk_doc[] =
"kmalloc_bulk($self, /, sizes, gfp=3264, *, cpu=0, node=None)\n"
"--\n"
"\n"
"kmalloc for each of many sizes, in one call.\n"
"\n"
"sizes is a buffer of integers of 4 or 8 bytes or a sequence of integers.\n"
"Returns kernel addresses as Records of uint64, fewer than sizes when there\n"
"is no memory for the next. The GIL is released.\n"
"\n"
"Raises ValueError for flags, cpu or node out of range.";

PyObject *ba_py_machine_kmalloc_bulk(PyObject *object, PyObject *const *args,
				     Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "sizes", "gfp", "cpu", "node",
					     NULL };
	static const struct ba_py_signature signature = {
		"kmalloc_bulk", names, 2, 1 };
	struct ba_py_machine *self = self_of(object);
	struct ba_py_wide_list list = { NULL, 0 };
	struct ba_py_slab_request request;
	PyObject *value[BA_PY_ARGS_MAX];
	size_t got;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_take_slab_request(self, value + 1, &request))
		return NULL;
	if (!ba_py_take_wide_list(value[0], "sizes", UINT64_MAX, &list) ||
	    !ba_py_enter(self, request.cpu)) {
		free(list.numbers);
		return NULL;
	}
	Py_BEGIN_ALLOW_THREADS
	got = kmalloc_each(self, &request, &list);
	Py_END_ALLOW_THREADS
	ba_py_leave(self, request.cpu);
	return ba_py_addresses(self->state, list.numbers, got);
}

const char ba_py_machine_kfree_bulk_doc[] =
"kfree_bulk($self, /, addresses, *, cpu=0)\n"
"--\n"
"\n"
"kfree of many, slab by slab; NULL and 16, ZERO_SIZE_PTR, do nothing.\n"
"\n"
"addresses is a buffer of integers of 8 bytes, such as an array, or a\n"
"sequence of integers. The GIL is released.\n"
"\n"
"Raises SlabError, and frees none, when one of them is not in use or stands\n"
"twice; BufferError when there is a view of its Memory.";

PyObject *ba_py_machine_kfree_bulk(PyObject *object, PyObject *const *args,
				   Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "addresses", "cpu", NULL };
	static const struct ba_py_signature signature = {
		"kfree_bulk", names, 1, 1 };
	struct ba_py_machine *self = self_of(object);
	struct ba_py_wide_list list = { NULL, 0 };
	PyObject *value[BA_PY_ARGS_MAX], *ret = NULL;
	struct ba_py_wide_list freed;
	enum ba_status status;
	struct ba_ctx ctx;
	uint32_t bad = 0;
	cpu_t cpu;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_take_cpu(self, value[1], &cpu))
		return NULL;
	if (!ba_py_take_wide_list(value[0], "addresses", UINT64_MAX, &list) ||
	    !ba_py_enter_free(self, cpu, &list, &freed))
		goto out;
	Py_BEGIN_ALLOW_THREADS
	ctx = ba_machine_enter(&self->machine, cpu);
	status = ba_kfree_bulk(&ctx, nodes_of(self), list.numbers,
			       (uint32_t)list.nr, &bad);
	ba_machine_leave(&ctx);
	Py_END_ALLOW_THREADS
	ba_py_leave_free(self, cpu, &freed, status == BA_OK);
	if (status == BA_OK)
		ret = Py_NewRef(Py_None);
	else
		ba_py_object_error(self, status, "free", list.numbers[bad],
				   BA_CACHE_NONE);
out:
	free(list.numbers);
	return ret;
}

/* ---- counts ------------------------------------------------------ */

static PyObject *node_counts(const struct ba_node_slab_probe *node)
{
	PyObject *ret = PyDict_New();

	if (ret &&
	    ba_py_dict_set(ret, "nr_slab_reclaimable",
			   ba_py_u64(node->reclaimable)) &&
	    ba_py_dict_set(ret, "nr_slab_unreclaimable",
			   ba_py_u64(node->unreclaimable)) &&
	    ba_py_dict_set(ret, "kmalloc_large", ba_py_u64(node->large)) &&
	    ba_py_dict_set(ret, "kmalloc_large_pages",
			   ba_py_u64(node->large_pages)) &&
	    ba_py_dict_set(ret, "kmalloc_large_requested",
			   ba_py_u64(node->large_requested)))
		return ret;
	Py_XDECREF(ret);
	return NULL;
}

const char ba_py_machine_slab_vmstat_doc[] =
"slab_vmstat($self, /)\n"
"--\n"
"\n"
"The memory of each node that slabs and kmalloc have, one dict each, by id.\n"
"\n"
"nr_slab_reclaimable and nr_slab_unreclaimable are pages, as in zoneinfo;\n"
"the latter has the pages of kmallocs above the largest class as well.\n"
"kmalloc_large counts these, kmalloc_large_pages their pages, and\n"
"kmalloc_large_requested the bytes that were asked for. Looks at every frame.";

PyObject *ba_py_machine_slab_vmstat(PyObject *object, PyObject *const *args,
				    Py_ssize_t nr, PyObject *kwnames)
{
	struct ba_py_machine *self = self_of(object);
	struct ba_node_slab_probe nodes[BA_NODE_MAX];
	PyObject *ret;

	if (!take_nothing(self, "slab_vmstat", args, nr, kwnames))
		return NULL;
	ba_node_slab_probe(&self->machine, nodes);
	ret = PyList_New(0);
	for (uint8_t id = 0; ret && id < nodes_of(self)->nr_nodes; id++)
		if (!ba_py_append(ret, node_counts(&nodes[id])))
			Py_CLEAR(ret);
	return ret;
}
