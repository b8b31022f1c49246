/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_machine_view - what a Machine shows of itself: zones, lists, the frame
 * table, samples. Nothing here changes it.
 *
 *	m.zones()    list of dicts        m.frames()   Records, one a frame
 *	m.free_list  list of pfns         m.sample()   Records, one a zone
 *	m.lru_list   the same
 *
 * Models: the fields of struct zone and struct per_cpu_pages,
 *	include/linux/mmzone.h (6.1, 6.12), under their names.
 * Simplified: copies of the moment, not live views.
 *
 * Invariants:
 *   V1 no call changes the machine.
 */
#ifndef BA_PY_PY_MACHINE_VIEW_H
#define BA_PY_PY_MACHINE_VIEW_H

#include "py/py_records.h"
#include "sim/machine.h"

/* X(name): methods, all METH_FASTCALL | METH_KEYWORDS. */
#define BA_PY_MACHINE_VIEWS(X)						\
	X(zones)							\
	X(free_list)							\
	X(pcp_list)							\
	X(lru_list)							\
	X(pcp)								\
	X(frames)							\
	X(pageblocks)							\
	X(sample)							\
	X(config)							\
	X(profile_items)						\
	X(recorded)

#define X(name)								\
	PyObject *ba_py_machine_##name(PyObject *object,		\
				       PyObject *const *args,		\
				       Py_ssize_t nr, PyObject *kwnames); \
	extern const char ba_py_machine_##name##_doc[];
BA_PY_MACHINE_VIEWS(X)
#undef X

extern PyGetSetDef ba_py_machine_getset[];

/* The items of a profile by name, as a dict. */
PyObject *ba_py_profile_dict(const struct ba_profile *profile);

/* Format of one zone of a sample (sim/probe.h). */
void ba_py_sample_format(const struct ba_machine *machine,
			 char format[BA_PY_FORMAT_MAX]);

#endif
