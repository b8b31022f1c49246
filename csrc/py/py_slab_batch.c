// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_slab_batch.h"

#include <stdlib.h>
#include <string.h>

#include "mm/kmalloc.h"
#include "py/py_memory.h"
#include "py/py_records.h"

static struct ba_nodes *nodes_of(const struct ba_py_machine *self)
{
	return ba_machine_nodes(&self->machine);
}

enum slab_op {
#define X(name, text) OP_##name,
	BA_PY_SLAB_OPS(X)
#undef X
	NR_SLAB_OPS
};

#define OF_NONE	UINT32_MAX

struct operation {
	uint8_t op, cpu, node, pad;
	uint32_t gfp, cache;
	uint32_t of;		/* an earlier one whose result is freed */
	uint64_t value;
};
BA_STATIC_ASSERT(sizeof(struct operation) == 24, "no padding");

struct result {
	uint64_t address;
	int32_t status;
	uint32_t pad;
};
BA_STATIC_ASSERT(sizeof(struct result) == 16, "no padding");

static bool uses_cache(const struct operation *o)
{
	return o->op != OP_KMALLOC && o->op != OP_KFREE;
}

static bool is_free(const struct operation *o)
{
	return o->op == OP_FREE || o->op == OP_KFREE;
}

/* What is wrong with operation `i`; NULL: nothing. */
static const char *fault_of(const struct ba_py_machine *self,
			    const struct operation *o, size_t i)
{
	const struct ba_nodes *nodes = nodes_of(self);

	if (o->op >= NR_SLAB_OPS)
		return "op is no index into SLAB_OPS";
	if (o->cpu >= nodes->nr_cpus)
		return "the machine has no such cpu";
	if (o->node != BA_ANY_NODE &&
	    (o->node >= BA_NODE_MAX || !nodes->node[o->node].online))
		return "node has no memory; 255 stands for any";
	if (!ba_gfp_valid(o->gfp))
		return "gfp names no single zone and migratetype";
	if (uses_cache(o) && (o->cache > UINT16_MAX ||
			      !ba_cache_exists(&self->ctx[0],
					       (uint16_t)o->cache)))
		return "no cache has that index";
	if (is_free(o) && o->of != OF_NONE && o->of >= i)
		return "of is no earlier operation; 0xffffffff stands for none";
	return NULL;
}

/* Pre: ctx is of the operation's CPU. */
static struct result run_one(struct ba_py_machine *self, struct ba_ctx *ctx,
			     const struct operation *o,
			     const struct result *results)
{
	struct ba_nodes *nodes = nodes_of(self);
	uint16_t cache = (uint16_t)o->cache;
	struct ba_slab_request request = { .cache = cache, .node = o->node,
					   .gfp = o->gfp };
	struct result ret = { .status = BA_OK };
	uint64_t address = o->of == OF_NONE ? o->value :
					      results[o->of].address;

	ba_ctx_renew(ctx);
	switch ((enum slab_op)o->op) {
	case OP_ALLOC:
		ret.address = ba_kmem_cache_alloc(ctx, nodes, &request);
		break;
	case OP_FREE:
		if (address)
			ret.status = ba_kmem_cache_free(ctx, nodes, cache,
							address);
		break;
	case OP_KMALLOC:
		ret.address = ba_kmalloc(ctx, nodes, o->value, o->gfp,
					 o->node);
		break;
	case OP_KFREE:
		ret.status = ba_kfree(ctx, nodes, address);
		break;
	case OP_SHRINK:
		ba_kmem_cache_shrink(ctx, nodes, cache);
		break;
	case OP_FLUSH:
		ba_cache_flush_cpu(ctx, nodes, cache, o->cpu);
		break;
	case NR_SLAB_OPS:
		break;
	}
	return ret;
}

static void take(struct operation *ret, const char *bytes, size_t i)
{
	memcpy(ret, bytes + i * sizeof(*ret), sizeof(*ret));
}

/* B1; true in cpus[] for each that one of them acts for. */
static bool check_all(struct ba_py_machine *self, const char *bytes, size_t nr,
		      bool *cpus)
{
	const char *fault;
	struct operation o;

	for (size_t i = 0; i < nr; i++) {
		take(&o, bytes, i);
		fault = fault_of(self, &o, i);
		if (fault) {
			PyErr_Format(PyExc_ValueError, "operations[%zu]: %s",
				     i, fault);
			return false;
		}
		if (is_free(&o) && o.of == OF_NONE &&
		    !ba_py_memory_idle_at(self, o.value))
			return false;
		cpus[o.cpu] = true;
	}
	return true;
}

static void leave_all(struct ba_py_machine *self, const bool *cpus, cpu_t end)
{
	for (cpu_t cpu = 0; cpu < end; cpu++)
		if (cpus[cpu])
			ba_py_leave(self, cpu);
}

/* Of a machine for one call at a time the first CPU stands for all. */
static bool enter_all(struct ba_py_machine *self, bool *cpus)
{
	cpu_t nr = (cpu_t)nodes_of(self)->nr_cpus;

	for (cpu_t cpu = 0; cpu < nr; cpu++) {
		if (!cpus[cpu])
			continue;
		if (!ba_py_enter(self, cpu)) {
			leave_all(self, cpus, cpu);
			return false;
		}
		if (self->alone)
			memset(cpus + cpu + 1, 0, (size_t)(nr - cpu - 1));
	}
	return true;
}

/* One after another, with the lock of the CPU that each acts for. */
static void run_each(struct ba_py_machine *self, const char *bytes, size_t nr,
		     struct result *results)
{
	struct ba_ctx ctx = { .cpu = 0 };
	struct operation o;

	for (size_t i = 0; i < nr; i++) {
		take(&o, bytes, i);
		if (i == 0 || ctx.cpu != o.cpu) {
			if (i)
				ba_machine_leave(&ctx);
			ctx = ba_machine_enter(&self->machine, o.cpu);
		}
		results[i] = run_one(self, &ctx, &o, results);
	}
	if (nr)
		ba_machine_leave(&ctx);
}

static void revoke_freed(struct ba_py_machine *self, const char *bytes,
			 size_t nr, const struct result *results)
{
	struct operation o;

	for (size_t i = 0; i < nr && self->memories; i++) {
		take(&o, bytes, i);
		if (is_free(&o) && o.of == OF_NONE &&
		    results[i].status == BA_OK)
			ba_py_memory_revoke_at(self, o.value);
	}
}

/* All of them, or an exception and none. */
static bool run_all(struct ba_py_machine *self, const void *bytes, size_t nr,
		    struct result *results)
{
	bool cpus[BA_CPU_MAX] = { false };

	if (self->alone || !nr)
		return ba_py_ready(self);
	if (!check_all(self, bytes, nr, cpus) || !enter_all(self, cpus))
		return false;
	Py_BEGIN_ALLOW_THREADS
	run_each(self, bytes, nr, results);
	Py_END_ALLOW_THREADS
	leave_all(self, cpus, (cpu_t)nodes_of(self)->nr_cpus);
	revoke_freed(self, bytes, nr, results);
	return true;
}

const char ba_py_machine_slab_batch_doc[] =
"slab_batch($self, /, operations)\n"
"--\n"
"\n"
"Many operations on caches and kmalloc in one call, in their order.\n"
"\n"
"operations are records with the fields SLAB_OP_FIELDS: op, an index into\n"
"SLAB_OPS; cpu; node, 255 for any; gfp; cache, its index; value, bytes or an\n"
"address; of, for frees: the number of the operation whose address is meant,\n"
"0xffffffff when `value` is that. Returns Records with SLAB_RESULT_FIELDS:\n"
"address, 0 when there was no memory, and status, 0 or the number of an error\n"
"(SLAB_ERRORS), for which nothing was done. The GIL is released.\n"
"\n"
"Raises ValueError, and does nothing, when an operation is impossible;\n"
"BufferError when one frees what there is a view of.";

PyObject *ba_py_machine_slab_batch(PyObject *object, PyObject *const *args,
				   Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "operations", NULL };
	static const struct ba_py_signature signature = {
		"slab_batch", names, 1, 1 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX];
	struct result *results = NULL;
	size_t count = 0;
	bool good = false;
	Py_buffer view;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_bytes(value[0], "operations", &view))
		return NULL;
	if ((size_t)view.len % sizeof(struct operation))
		PyErr_Format(PyExc_ValueError,
			     "operations must be records of %zu bytes "
			     "(SLAB_OP_FIELDS), not %zd bytes",
			     sizeof(struct operation), view.len);
	else {
		count = (size_t)view.len / sizeof(struct operation);
		results = ba_py_records_data(count, sizeof(*results));
	}
	if (results)
		good = run_all(self, view.buf, count, results);
	PyBuffer_Release(&view);
	if (good)
		return ba_py_records_new(self->state, results,
					 BA_PY_FORMAT(BA_PY_SLAB_RESULT_FIELDS),
					 sizeof(*results), count, 0);
	free(results);
	return NULL;
}
