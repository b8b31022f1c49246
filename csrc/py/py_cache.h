/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_cache - the object of the type KmemCache, and whether the cache that it
 * stands for is still there.
 *
 *	KmemCache 'dentry'          table of caches
 *	  place 57, serial 61   --> 57: serial 61   it is there
 *	  place 57, serial 61   --> 57: serial 70   another has its place now
 *
 * Models: nothing of the kernel.
 * Simplified: a cache that was destroyed is known by its serial number.
 *
 * Invariants:
 *   C1 machine is never NULL, and lives as long as the object.
 */
#ifndef BA_PY_PY_CACHE_H
#define BA_PY_PY_CACHE_H

#include "py/py_owner.h"

struct ba_py_kmem_cache {
	PyObject_HEAD
	struct ba_py_machine *machine;	/* owned */
	uint32_t serial;
	uint32_t asked;			/* bytes of an object, by this name */
	uint16_t id;
	bool given_up;			/* destroy() by this name was done */
	char name[BA_CACHE_NAME];
};

static inline struct ba_py_kmem_cache *ba_py_cache_of(PyObject *object)
{
	return (struct ba_py_kmem_cache *)object;
}

/* The cache, if it is still there; SlabError and NULL. */
const struct ba_kmem_cache *
ba_py_cache_exists(const struct ba_py_kmem_cache *self);

/* May a call use the machine and the cache now? */
bool ba_py_cache_ready(const struct ba_py_kmem_cache *self);

#endif
