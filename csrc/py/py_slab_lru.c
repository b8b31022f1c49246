// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_slab_lru.h"

#include <stdlib.h>

#include "mm/object_lru.h"
#include "mm/shrinker.h"
#include "py/py_errors.h"
#include "py/py_records.h"

static struct ba_ctx ctx_of(const struct ba_py_lru *lru)
{
	return ba_machine_ctx(&lru->machine->machine, 0);
}

PyObject *ba_py_lru_register(const struct ba_py_lru *lru,
			     PyObject *const *args, Py_ssize_t nr,
			     PyObject *kwnames)
{
	static const char *const names[] = { "seeks", "batch", NULL };
	static const struct ba_py_signature signature = {
		"register_shrinker", names, 2, 0 };
	uint64_t seeks = BA_SHRINK_SEEKS, batch = BA_SHRINK_BATCH;
	struct ba_ctx ctx = ctx_of(lru);
	PyObject *value[BA_PY_ARGS_MAX];
	enum ba_status status;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_uint(value[0], "seeks", UINT32_MAX, &seeks) ||
	    !ba_py_uint(value[1], "batch", UINT32_MAX, &batch))
		return NULL;
	if (ctx.memory)
		return ba_py_fail(lru->machine->state, BA_EINVAL,
				  "a backed machine has no shrinkers: its "
				  "objects would go while there is a Memory of "
				  "them; make one with backed=False");
	status = ba_shrinker_register(&ctx, lru->cache, (uint32_t)seeks,
				      (uint32_t)batch);
	if (status == BA_OK)
		Py_RETURN_NONE;
	if (status == BA_EINUSE)
		return ba_py_fail(lru->machine->state, status,
				  "cannot give cache '%s' a shrinker: it has "
				  "one, or slabs, or other makers; register "
				  "it first, with NO_MERGE", lru->name);
	return ba_py_fail(lru->machine->state, status,
			  "cannot give cache '%s' a shrinker: batch must be "
			  "above 0, and a slab can have at most 6553 objects",
			  lru->name);
}

/* Is it an object in use of the cache? */
static enum ba_status check(const struct ba_ctx *ctx,
			    const struct ba_py_lru *lru,
			    struct ba_object_at at)
{
	if (at.head == BA_PFN_NONE || !at.exact)
		return BA_EFOREIGN;
	if (at.cache != lru->cache)
		return BA_EWRONGCACHE;
	if (!ba_object_is_used(ba_objects_of(ctx, at.head)[at.index]))
		return BA_EOBJECTFREE;
	return BA_OK;
}

static bool check_all(const struct ba_py_lru *lru, const uint64_t *addresses,
		      size_t nr)
{
	const struct ba_nodes *nodes = ba_machine_nodes(&lru->machine->machine);
	struct ba_ctx ctx = ctx_of(lru);

	for (size_t i = 0; i < nr; i++) {
		struct ba_object_at at = ba_object_find(&ctx, nodes,
							addresses[i]);
		enum ba_status status = check(&ctx, lru, at);

		if (status == BA_OK)
			continue;
		ba_py_object_error(lru->machine, status, "mark", addresses[i],
				   lru->cache);
		return false;
	}
	return true;
}

PyObject *ba_py_lru_set_used(const struct ba_py_lru *lru, PyObject *addresses,
			     bool used)
{
	const struct ba_nodes *nodes = ba_machine_nodes(&lru->machine->machine);
	struct ba_ctx ctx = ctx_of(lru);
	struct ba_py_wide_list list = { NULL, 0 };
	PyObject *ret = NULL;

	if (!ba_cache_at(&ctx, lru->cache)->shrinker.registered)
		return PyErr_Format(PyExc_ValueError,
				    "cache '%s' has no shrinker; "
				    "register_shrinker gives it one",
				    lru->name);
	if (ba_py_take_wide_list(addresses, "addresses", UINT64_MAX, &list) &&
	    check_all(lru, list.numbers, list.nr)) {
		for (size_t i = 0; i < list.nr; i++) {
			struct ba_object_at at = ba_object_find(
				&ctx, nodes, list.numbers[i]);

			if (used)
				ba_object_use(&ctx, at);
			else
				ba_object_unuse(&ctx, at);
		}
		ret = Py_NewRef(Py_None);
	}
	free(list.numbers);
	return ret;
}

PyObject *ba_py_lru_list(const struct ba_py_lru *lru)
{
	struct ba_ctx ctx = ctx_of(lru);
	const struct ba_kmem_cache *cache = ba_cache_at(&ctx, lru->cache);
	uint64_t *addresses;
	size_t count = 0;

	for (uint8_t node = 0; node < BA_NODE_MAX; node++)
		count += cache->shrinker.node[node].lru.count;
	addresses = ba_py_records_data(count, sizeof(*addresses));
	if (!addresses)
		return NULL;
	count = 0;
	for (uint8_t node = 0; node < BA_NODE_MAX; node++) {
		struct ba_object_at at = ba_object_lru_first(&ctx, lru->cache,
							     node);
		uint32_t nr = cache->shrinker.node[node].lru.count;

		for (; nr; nr--) {
			const struct ba_object_link *link =
				ba_object_link(&ctx, at);

			addresses[count++] = ba_object_address(
				&ctx, cache, at.head, at.index);
			at.head = link->next_head;
			at.index = link->next - 1u;
		}
	}
	return ba_py_addresses(lru->machine->state, addresses, count);
}
