/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_cache_view - the attributes of a KmemCache: its layout, and the counts of
 * the moment.
 *
 *	cache.slab_size, .order, ...     of mm/slab_layout.h
 *	cache.slabs, .objects, ...       of sim/cache_probe.h
 *
 * Models: the names are those of the files in /sys/kernel/slab.
 * Simplified: sums over all nodes.
 *
 * Invariants:
 *   V1 no attribute changes the machine.
 */
#ifndef BA_PY_PY_CACHE_VIEW_H
#define BA_PY_PY_CACHE_VIEW_H

#include "py/py_cache.h"

extern PyGetSetDef ba_py_cache_getset[];

#endif
