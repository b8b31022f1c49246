/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_functions - the functions of the module that need no machine: texts of
 * GFP flags, profiles and settings by name, the fragmentation indices,
 * comparison of two states, the layout of a slab cache.
 *
 * Models: unusable_free_index, __fragmentation_index, mm/vmstat.c (6.1,
 *	6.12), by way of sim/probe.h.
 * Simplified: positional arguments only, but for slab_layout.
 *
 * Invariants:
 *   F1 a function changes nothing but what it returns.
 */
#ifndef BA_PY_PY_FUNCTIONS_H
#define BA_PY_PY_FUNCTIONS_H

#include "py/py.h"

/* Ended by an empty entry. */
extern PyMethodDef ba_py_functions[];

#endif
