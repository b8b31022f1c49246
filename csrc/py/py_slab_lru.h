/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_slab_lru - objects that nobody uses, for Python: a cache gets a shrinker,
 * owners say which of its objects they do not need, reclaim frees those.
 *
 *	cache.register_shrinker()
 *	cache.unuse(addresses)      on the lists of their nodes, oldest first
 *	cache.use(addresses)        stay on the lists, but are passed by
 *	cache.unused()              the lists, as addresses
 *
 * Models: register_shrinker, list_lru_add, list_lru_del by way of
 *	mm/shrinker.h and mm/object_lru.h.
 * Simplified: not on a backed machine, where a Memory would outlive its
 *	object.
 *
 * Invariants:
 *   U1 a call with a bad address changes nothing.
 */
#ifndef BA_PY_PY_SLAB_LRU_H
#define BA_PY_PY_SLAB_LRU_H

#include "py/py_slab_args.h"

/* One cache of a machine, by the name its caller knows. */
struct ba_py_lru {
	struct ba_py_machine *machine;
	const char *name;
	uint16_t cache;
};

PyObject *ba_py_lru_register(const struct ba_py_lru *lru,
			     PyObject *const *args, Py_ssize_t nr,
			     PyObject *kwnames);

/* Each of the addresses is used from now on, or not. */
PyObject *ba_py_lru_set_used(const struct ba_py_lru *lru, PyObject *addresses,
			     bool used);

/* Records of the objects on the lists, node by node, the oldest first. */
PyObject *ba_py_lru_list(const struct ba_py_lru *lru);

#endif
