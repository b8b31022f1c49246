// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_tables.h"

#include "mm/cost.h"
#include "mm/kmalloc.h"
#include "mm/rmap.h"
#include "mm/zone.h"
#include "py/py_convert.h"
#include "py/py_machine_vmalloc.h"
#include "py/py_records.h"
#include "py/py_savefile.h"
#include "py/py_slab_batch.h"
#include "sim/event.h"
#include "sim/probe.h"
#include "sim/replay.h"
#include "sim/waits.h"

/* ---- tables ------------------------------------------------------ */

/* module.name = tuple(list), taking the reference to list. */
static bool add_tuple(PyObject *module, const char *name, PyObject *list)
{
	PyObject *tuple = list ? PyList_AsTuple(list) : NULL;
	int failed = !tuple || PyModule_AddObjectRef(module, name, tuple);

	Py_XDECREF(list);
	Py_XDECREF(tuple);
	return !failed;
}

static bool add_names(PyObject *module)
{
	PyObject *types = PyList_New(0);
	PyObject *states = PyList_New(0), *profiles = PyList_New(0);
	PyObject *layouts = PyList_New(0);
	bool good = types && states && profiles && layouts;

#define X(name, value, text)						\
	good = good && ba_py_append(types, PyUnicode_FromString(text));
	BA_MIGRATETYPES(X)
#undef X
#define X(name, text)							\
	good = good && ba_py_append(states, PyUnicode_FromString(text));
	BA_PROBE_STATES(X)
#undef X
	for (unsigned int i = 0; good && i < BA_NR_PROFILES; i++)
		good = ba_py_append(profiles,
			      PyUnicode_FromString(ba_profile_name_at(i)));
	for (unsigned int i = 0; good && i < BA_PY_NR_LAYOUTS; i++)
		good = ba_py_append(layouts,
				    PyUnicode_FromString(ba_py_layout_name(
					    (enum ba_gfp_layout)i)));
	good &= add_tuple(module, "MIGRATETYPES", types);
	good &= add_tuple(module, "PROBE_STATES", states);
	good &= add_tuple(module, "PROFILES", profiles);
	good &= add_tuple(module, "LAYOUTS", layouts);
	return good;
}

static bool add_user_names(PyObject *module)
{
	PyObject *states = PyList_New(0), *lists = PyList_New(0);
	bool good = states && lists;

#define X(name, text)							\
	good = good && ba_py_append(states, PyUnicode_FromString(text));
	BA_HANDLE_STATES(X)
#undef X
#define X(name, text)							\
	good = good && ba_py_append(lists, PyUnicode_FromString(#text));
	BA_LRU_LISTS(X)
#undef X
	good &= add_tuple(module, "HANDLE_STATES", states);
	good &= add_tuple(module, "LRU_LISTS", lists);
	return good;
}

static bool add_lock_kinds(PyObject *module)
{
	PyObject *list = PyList_New(0);
	bool good = list != NULL;

	for (unsigned int i = 0; good && i < BA_NR_LOCK_KINDS; i++)
		good = ba_py_append(list, Py_BuildValue("(ss)",
							ba_lock_name(i),
							ba_lock_text(i)));
	return add_tuple(module, "LOCK_KINDS", list) && good;
}

static bool add_vmap_area_kinds(PyObject *module)
{
	PyObject *list = PyList_New(0);
	bool good = list != NULL;

#define X(name, text)							\
	good = good && ba_py_append(list, PyUnicode_FromString(text));
	BA_PY_VMAP_AREA_KINDS(X)
#undef X
	return add_tuple(module, "VMAP_AREA_KINDS", list) && good;
}

/* The names of an architecture's zones, by index. */
static PyObject *zone_names(const struct ba_zone_types *types)
{
	PyObject *list = PyList_New(0), *tuple = NULL;
	bool good = list;

	for (unsigned int i = 0; good && i < types->nr; i++)
		good = ba_py_append(list,
				    PyUnicode_FromString(types->name[i]));
	if (good)
		tuple = PyList_AsTuple(list);
	Py_XDECREF(list);
	return tuple;
}

static bool add_zone_types(PyObject *module)
{
	PyObject *dict = PyDict_New();
	bool good = dict;

	for (unsigned int arch = 0; good && arch < BA_NR_ARCH; arch++)
		good = ba_py_dict_set(dict, ba_zone_types[arch].arch,
				      zone_names(&ba_zone_types[arch]));
	good = good && !PyModule_AddObjectRef(module, "ZONE_TYPES", dict);
	Py_XDECREF(dict);
	return good;
}

static bool add_ops(PyObject *module)
{
	PyObject *ops = PyList_New(0), *results = PyList_New(0);
	bool good = ops && results;

#define X(name, text, kind)						\
	good = good && ba_py_append(ops, Py_BuildValue("(sC)", text, kind));
	BA_OPS(X)
#undef X
#define X(name, text)							\
	good = good && ba_py_append(results,				\
				    Py_BuildValue("(ss)", #name, text));
	BA_RESULTS(X)
#undef X
	good &= add_tuple(module, "OPS", ops);
	good &= add_tuple(module, "RESULTS", results);
	return good;
}

static bool add_costs(PyObject *module)
{
	PyObject *steps = PyList_New(0), *units = PyList_New(0);
	bool good = steps && units;

#define X(name, ns, text)						\
	good = good && ba_py_append(steps,				\
		Py_BuildValue("(sis)", #name, ns, text));
	BA_STEPS(X)
#undef X
#define X(name, ns, text)						\
	good = good && ba_py_append(units,				\
		Py_BuildValue("(sis)", #name, ns, text));
	BA_UNIT_COSTS(X)
#undef X
	good &= add_tuple(module, "STEPS", steps);
	good &= add_tuple(module, "UNIT_COSTS", units);
	return good;
}

/* Per-CPU list i holds blocks of (order, migratetypes). */
static bool add_pcp_lists(PyObject *module)
{
	PyObject *list = PyList_New(0);
	bool good = list != NULL;

	for (unsigned int i = 0; good && i < BA_NR_PCP_LISTS; i++) {
		const char *type = i < BA_PCP_THP ?
			ba_migratetype_name(i % BA_MT_PCPTYPES) :
			i == BA_PCP_THP ? "other" : "Movable";

		good = ba_py_append(list, Py_BuildValue("(is)",
						  (int)ba_pcp_order(i), type));
	}
	return add_tuple(module, "PCP_LISTS", list) && good;
}

static bool add_flag(PyObject *list, bool known, const char *text,
		     uint32_t value)
{
	if (!known)
		return true;
	return ba_py_append(list, Py_BuildValue("(sI)", text,
						(unsigned int)value));
}

/* {"6.1": tuple(old), "6.12": tuple(new)}; takes both references. */
static bool add_by_layout(PyObject *module, const char *name, PyObject *old,
			  PyObject *new, bool good)
{
	PyObject *flags = NULL;

	if (good)
		flags = Py_BuildValue("{s:N, s:N}",
				      ba_py_layout_name(BA_GFP_6_1),
				      PyList_AsTuple(old),
				      ba_py_layout_name(BA_GFP_6_12),
				      PyList_AsTuple(new));
	good = flags && !PyModule_AddObjectRef(module, name, flags);
	Py_XDECREF(flags);
	Py_XDECREF(old);
	Py_XDECREF(new);
	return good;
}

static bool add_gfp_flags(PyObject *module)
{
	PyObject *old = PyList_New(0), *new = PyList_New(0);
	bool good = old && new;

#define X(text, in_6_1, in_6_12)					\
	good = good && add_flag(old, (in_6_1) != 0, text, in_6_1) &&	\
	       add_flag(new, (in_6_12) != 0, text, in_6_12);
	BA_GFP_WORDS(X)
#undef X
	return add_by_layout(module, "GFP_FLAGS", old, new, good);
}

static bool add_gfp_names(PyObject *module)
{
	PyObject *old = PyList_New(0), *new = PyList_New(0);
	bool good = old && new;

#define X(text, in_6_1, in_6_12, bits)					\
	good = good && add_flag(old, in_6_1, text, bits) &&		\
	       add_flag(new, in_6_12, text, bits);
	BA_GFP_NAMES(X)
#undef X
	return add_by_layout(module, "GFP_NAMES", old, new, good);
}

static bool add_slab_flags(PyObject *module)
{
	PyObject *list = PyList_New(0);
	bool good = list != NULL;

#define X(name)								\
	good = good && add_flag(list, true, #name, BA_SLAB_##name);
	BA_SLAB_FLAG_NAMES(X)
#undef X
	return add_tuple(module, "SLAB_FLAGS", list) && good;
}

static bool add_slab_ops(PyObject *module)
{
	static const enum ba_status errors[] = { BA_EFOREIGN, BA_EOBJECTFREE,
						 BA_EWRONGCACHE };
	PyObject *ops = PyList_New(0), *list = PyList_New(0);
	bool good = ops && list;

#define X(name, text)							\
	good = good && ba_py_append(ops, Py_BuildValue("(ss)", #name, text));
	BA_PY_SLAB_OPS(X)
#undef X
	for (unsigned int i = 0; i < 3; i++)
		good = good && ba_py_append(list, Py_BuildValue(
			"(is)", (int)errors[i], ba_strerror(errors[i])));
	good &= add_tuple(module, "SLAB_OPS", ops);
	return add_tuple(module, "SLAB_ERRORS", list) && good;
}

#define APPEND_FIELD(name, code, type)					\
	good = good && ba_py_append(list, Py_BuildValue("(ss)", #name, type));

static bool add_fields(PyObject *module)
{
	PyObject *list;
	bool good = true;

#define ADD(name, FIELDS)						\
	list = PyList_New(0);						\
	good = good && list;						\
	FIELDS(APPEND_FIELD)						\
	good &= add_tuple(module, name, list);
	ADD("EVENT_FIELDS", BA_PY_EVENT_FIELDS)
	ADD("OUTCOME_FIELDS", BA_PY_OUTCOME_FIELDS)
	ADD("FRAME_FIELDS", BA_PY_FRAME_FIELDS)
	ADD("PAGEBLOCK_FIELDS", BA_PY_PAGEBLOCK_FIELDS)
	ADD("HANDLE_FIELDS", BA_PY_HANDLE_FIELDS)
	ADD("VMAP_AREA_FIELDS", BA_PY_VMAP_AREA_FIELDS)
	ADD("FALLBACK_FIELDS", BA_PY_FALLBACK_FIELDS)
	ADD("SAMPLE_FIELDS", BA_PY_SAMPLE_FIELDS)
	ADD("SLAB_OP_FIELDS", BA_PY_SLAB_OP_FIELDS)
	ADD("SLAB_RESULT_FIELDS", BA_PY_SLAB_RESULT_FIELDS)
#undef ADD
	return good;
}

static bool add_numbers(PyObject *module)
{
	static const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{ "EVENT_SIZE", sizeof(struct ba_event) },
		{ "OUTCOME_SIZE", sizeof(struct ba_outcome) },
		{ "PAGE_SIZE", BA_PAGE_SIZE },
		{ "NR_ORDERS", BA_NR_ORDERS },
		{ "PAGEBLOCK_ORDER", BA_PAGEBLOCK_ORDER },
		{ "NR_MIGRATETYPES", BA_NR_MT },
		{ "NR_PCPTYPES", BA_MT_PCPTYPES },
		{ "CPU_MAX", BA_CPU_MAX },
		{ "NODE_MAX", BA_NODE_MAX },
		{ "ZONE_MAX", BA_ZONE_MAX },
		{ "PFN_NONE", BA_PFN_NONE },
		{ "ADDR_NONE", BA_ADDR_NONE },
		{ "REPLAY_LOOKAHEAD", BA_REPLAY_LOOKAHEAD },
		{ "SAVE_FORMAT", BA_SAVEFILE_FORMAT },
		{ "CTX_IRQS_OFF", BA_CTX_IRQS_OFF },
		{ "CTX_SOFTIRQ", BA_CTX_SOFTIRQ },
		{ "CTX_HARDIRQ", BA_CTX_HARDIRQ },
		{ "CTX_NMI", BA_CTX_NMI },
		{ "CTX_DEPTH_SHIFT", BA_CTX_DEPTH_SHIFT },
		{ "CTX_DEPTH_UNKNOWN", BA_CTX_DEPTH_UNKNOWN },
		{ "FRAME_HEAD", BA_PROBE_HEAD },
		{ "FRAME_MOVABLE", BA_PROBE_MOVABLE },
		{ "ANY_NODE", BA_ANY_NODE },
		{ "ZERO_SIZE_PTR", BA_ZERO_SIZE_PTR },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		PyObject *number =
			PyLong_FromUnsignedLongLong(numbers[i].value);
		int failed = !number || PyModule_AddObjectRef(
						module, numbers[i].name,
						number);

		Py_XDECREF(number);
		if (failed)
			return false;
	}
	return true;
}

bool ba_py_tables_add(PyObject *module)
{
	return add_names(module) && add_user_names(module) &&
	       add_vmap_area_kinds(module) && add_lock_kinds(module) &&
	       add_zone_types(module) &&
	       add_ops(module) && add_costs(module) &&
	       add_pcp_lists(module) && add_gfp_flags(module) &&
	       add_gfp_names(module) && add_slab_flags(module) &&
	       add_slab_ops(module) &&
	       add_fields(module) &&
	       add_numbers(module);
}
