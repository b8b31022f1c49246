// SPDX-License-Identifier: GPL-2.0-only
#include "py/py.h"

#include "py/py_errors.h"
#include "py/py_functions.h"
#include "py/py_kmem_cache.h"
#include "py/py_machine.h"
#include "py/py_machine_calls.h"
#include "py/py_machine_user.h"
#include "py/py_memory.h"
#include "py/py_records.h"
#include "py/py_replay.h"
#include "py/py_tables.h"
#include "py/py_trace.h"

/* Slots that the limited API of 3.11 has no names for. */
#define SLOT_MULTIPLE_INTERPRETERS 3		/* 3.12 */
#define PER_INTERPRETER_GIL_SUPPORTED ((void *)2)
#define HEX_3_12 0x030c0000UL

PyMODINIT_FUNC PyInit__core(void);

static bool add_type(PyObject *module, const char *name, PyTypeObject *type)
{
	return type && !PyModule_AddObjectRef(module, name, (PyObject *)type);
}

static int module_exec(PyObject *module)
{
	struct ba_py_state *state = PyModule_GetState(module);

	if (!ba_py_errors_add(module, state) || !ba_py_tables_add(module))
		return -1;
	state->records = ba_py_records_type(module);
	state->machine = ba_py_machine_type(module);
	state->memory = ba_py_memory_type(module);
	state->kmem_cache = ba_py_kmem_cache_type(module);
	state->replay = ba_py_replay_type(module);
	state->reader = ba_py_reader_type(module);
	state->outcome = ba_py_outcome_type();
	state->fault_outcome = ba_py_fault_outcome_type();
	state->touch_outcome = ba_py_touch_outcome_type();
	if (!add_type(module, "Records", state->records) ||
	    !add_type(module, "Machine", state->machine) ||
	    !add_type(module, "Memory", state->memory) ||
	    !add_type(module, "KmemCache", state->kmem_cache) ||
	    !add_type(module, "Replay", state->replay) ||
	    !add_type(module, "TraceReader", state->reader) ||
	    !add_type(module, "AllocOutcome", state->outcome) ||
	    !add_type(module, "FaultOutcome", state->fault_outcome) ||
	    !add_type(module, "TouchOutcome", state->touch_outcome))
		return -1;
	return 0;
}

static int module_traverse(PyObject *module, visitproc visit, void *arg)
{
	struct ba_py_state *state = PyModule_GetState(module);

	for (unsigned int i = 0; i < BA_PY_NR_ERRORS; i++)
		Py_VISIT(state->error[i]);
	Py_VISIT(state->records);
	Py_VISIT(state->machine);
	Py_VISIT(state->memory);
	Py_VISIT(state->kmem_cache);
	Py_VISIT(state->replay);
	Py_VISIT(state->reader);
	Py_VISIT(state->outcome);
	Py_VISIT(state->fault_outcome);
	Py_VISIT(state->touch_outcome);
	return 0;
}

static int module_clear(PyObject *module)
{
	struct ba_py_state *state = PyModule_GetState(module);

	for (unsigned int i = 0; i < BA_PY_NR_ERRORS; i++)
		Py_CLEAR(state->error[i]);
	Py_CLEAR(state->records);
	Py_CLEAR(state->machine);
	Py_CLEAR(state->memory);
	Py_CLEAR(state->kmem_cache);
	Py_CLEAR(state->replay);
	Py_CLEAR(state->reader);
	Py_CLEAR(state->outcome);
	Py_CLEAR(state->fault_outcome);
	Py_CLEAR(state->touch_outcome);
	return 0;
}

static void module_free(void *module)
{
	module_clear(module);
}

PyDoc_STRVAR(module_doc,
"The compiled core of buddyalloc: machines, replays, trace readers, and the\n"
"tables of their words.");

static PyModuleDef_Slot slots[] = {
	{ Py_mod_exec, module_exec },
	{ 0, NULL },
};

/* Nothing is shared between interpreters, so each may have its own GIL. */
static PyModuleDef_Slot slots_3_12[] = {
	{ Py_mod_exec, module_exec },
	{ SLOT_MULTIPLE_INTERPRETERS, PER_INTERPRETER_GIL_SUPPORTED },
	{ 0, NULL },
};

struct PyModuleDef ba_py_module = {
	PyModuleDef_HEAD_INIT,
	.m_name = "buddyalloc._core",
	.m_doc = module_doc,
	.m_size = sizeof(struct ba_py_state),
	.m_methods = ba_py_functions,
	.m_slots = slots,
	.m_traverse = module_traverse,
	.m_clear = module_clear,
	.m_free = module_free,
};

PyMODINIT_FUNC PyInit__core(void)
{
	if (Py_Version >= HEX_3_12)
		ba_py_module.m_slots = slots_3_12;
	return PyModuleDef_Init(&ba_py_module);
}
