/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_slab_state - all that decides what a cache does next, as plain Python:
 * to look at, or to compare with another model.
 *
 *	{'refcount': 1,
 *	 'cpu': [(0x1a0, [3, 7]), (None, [])],     slab and freelist of each CPU
 *	 'cpu_partial': [[0x2c8, 0x110], []],      stacks, from the top
 *	 'partial': {0: [0x0f0, 0x448]},           lists of the nodes, from the
 *	 'full': {0: []},                          head
 *	 'slabs': {0x1a0: {'order': 0, 'objects': 64, 'inuse': 64, 'node': 0,
 *	                   'place': 'CPU', 'freelist': [], 'used': [0, 1],
 *	                   'slack': [0, 28]}}}
 *
 * Models: the lists of struct kmem_cache, by way of mm/kmem_cache.h.
 * Simplified: slabs are frame numbers, objects their places in the slab.
 *
 * Invariants:
 *   S1 nothing here changes the machine.
 */
#ifndef BA_PY_PY_SLAB_STATE_H
#define BA_PY_PY_SLAB_STATE_H

#include "py/py_owner.h"

/* The state of one cache; pre: it exists. */
PyObject *ba_py_slab_state(const struct ba_py_machine *machine,
			   uint16_t cache);

#endif
