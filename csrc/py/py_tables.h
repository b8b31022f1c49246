/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_tables - the words of the core for Python: every list that C writes
 * once as X-macro, as a tuple.
 *
 *	BA_OPS       --> _core.OPS       (("mm_page_alloc", "s"), ...)
 *	BA_STEPS     --> _core.STEPS     (("PCP_HIT", 22, "..."), ...)
 *	BA_GFP_WORDS --> _core.GFP_FLAGS {"6.1": (("GFP_TRANSHUGE", ..), ..)}
 *	BA_GFP_NAMES --> _core.GFP_NAMES {"6.1": (("__GFP_DMA", 1), ..)}
 *	BA_SLAB_FLAG_NAMES --> _core.SLAB_FLAGS (("RED_ZONE", 1024), ...)
 *
 * Models: the names as the kernel prints them (mm/gfp.h, sim/event.h).
 * Simplified: the tables are made when the module is.
 *
 * Invariants:
 *   B1 entry i of a tuple is what number i stands for in a record.
 */
#ifndef BA_PY_PY_TABLES_H
#define BA_PY_PY_TABLES_H

#include "py/py.h"

/* Add the tables and the numbers to the module. */
bool ba_py_tables_add(PyObject *module);

#endif
