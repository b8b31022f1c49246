/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_kmem_cache - the type KmemCache: one slab cache of a Machine, by a name
 * that it was made under.
 *
 *	machine.kmem_cache_create('dentry', 192)  -->  KmemCache
 *	KmemCache(machine, 'dentry')              -->  the same one
 *	         |
 *	         +-- machine (a reference), place and serial of the cache
 *
 * Models: kmem_cache_alloc_node, kmem_cache_alloc_bulk, kmem_cache_free,
 *	kmem_cache_free_bulk, kmem_cache_shrink, kmem_cache_destroy and
 *	flush_slab, mm/slub.c and mm/slab_common.c (6.1, 6.12).
 * Simplified: destroy refuses a cache with objects in use and names them.
 *
 * Invariants:
 *   K1 an object keeps its machine alive.
 *   K2 an object of a cache that is gone raises SlabError and does nothing,
 *      also when another cache has its place.
 */
#ifndef BA_PY_PY_KMEM_CACHE_H
#define BA_PY_PY_KMEM_CACHE_H

#include "py/py_cache.h"

PyTypeObject *ba_py_kmem_cache_type(PyObject *module);

/* The cache of that place, as `name`; pre: it exists. */
PyObject *ba_py_kmem_cache_new(struct ba_py_machine *machine, uint16_t cache,
			       const char *name);

#endif
