/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_convert - texts that a caller gives, to what the core means by them:
 * GFP flags and their layout, a behaviour profile, a recorded state.
 *
 *	"6.12"         --> BA_GFP_6_12
 *	"GFP_KERNEL"   --> 0xcc0
 *	"6.1L"         --> struct ba_profile
 *	"6.1.0-40"     --> struct ba_profile
 *	b"pgsnap 1 .." --> struct ba_state
 *
 * Models: nothing of its own.
 * Simplified: the layouts are named by the first kernel that has them.
 *
 * Invariants:
 *   C1 an unknown text raises an exception that says which ones there are.
 */
#ifndef BA_PY_PY_CONVERT_H
#define BA_PY_PY_CONVERT_H

#include "mm/gfp.h"
#include "mm/profile.h"
#include "py/py.h"
#include "sim/state.h"

#define BA_PY_NR_LAYOUTS 2u

/* Name of a layout, "6.1" or "6.12". */
const char *ba_py_layout_name(enum ba_gfp_layout layout);

/* ValueError for another name. */
bool ba_py_layout(const char *name, enum ba_gfp_layout *ret);

/* GFP flags in words; ValueError for one that the layout does not have. */
bool ba_py_gfp(enum ba_gfp_layout layout, PyObject *text, gfp_t *ret);

/* ValueError when there is none; `name` NULL: an exception is set already. */
bool ba_py_profile_by_name(const char *name, struct ba_profile *ret);
bool ba_py_profile_for_kernel(const char *version, struct ba_profile *ret);

/*
 * The state that the bytes of `text` describe, with the GIL released while
 * they are read; NULL with TraceError, StateError or TypeError. `name` is
 * what messages call it.
 */
struct ba_state *ba_py_read_state(struct ba_py_state *module, PyObject *text,
				  const char *name);

#endif
