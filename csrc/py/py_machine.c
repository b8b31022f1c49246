// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_machine.h"

#include <limits.h>
#include <stdlib.h>

#include "py/py_convert.h"
#include "py/py_errors.h"
#include "py/py_machine_calls.h"
#include "py/py_machine_memory.h"
#include "py/py_machine_reports.h"
#include "py/py_machine_slab.h"
#include "py/py_machine_user.h"
#include "py/py_machine_view.h"
#include "py/py_machine_vmalloc.h"
#include "py/py_memory.h"
#include "py/py_owner.h"
#include "py/py_savefile.h"
#include "py/py_slab_batch.h"
#include "sim/check.h"
#include "sim/snapshot.h"
#include "trace/statefile.h"

#define MESSAGE 512	/* bytes of a sentence */

/* An object without a machine yet: only to be filled or thrown away. */
static struct ba_py_machine *new_object(PyTypeObject *type)
{
	struct ba_py_state *state = ba_py_state_of(type);
	struct ba_py_machine *self = state ? ba_py_object_new(type) : NULL;

	if (self)
		self->state = state;
	return self;
}

/* ---- configuration ----------------------------------------------- */

/* One pair of a mapping's items: a str and an int. */
static bool take_pair(PyObject *pair, const char **name, long *value)
{
	PyObject *key = PyTuple_GetItem(pair, 0);
	PyObject *number = PyTuple_GetItem(pair, 1);
	PyObject *index;
	int overflow;

	if (!key || !number)
		return false;
	if (!PyUnicode_Check(key)) {
		PyErr_Format(PyExc_TypeError,
			     "a setting's name must be a str, not %R", key);
		return false;
	}
	*name = PyUnicode_AsUTF8AndSize(key, NULL);
	index = PyNumber_Index(number);
	if (!index && PyErr_ExceptionMatches(PyExc_TypeError))
		PyErr_Format(PyExc_TypeError,
			     "%U must be an integer, not %R", key, number);
	if (!index)
		return false;
	/* what does not fit is out of every item's range too */
	*value = PyLong_AsLongAndOverflow(index, &overflow);
	if (overflow)
		*value = overflow < 0 ? LONG_MIN : LONG_MAX;
	Py_DECREF(index);
	return *name != NULL;
}

static bool set_item(struct ba_config *config, const char *name, long value)
{
	char message[MESSAGE] = "";
	enum ba_status status = ba_config_set(config, name, value, message,
					      sizeof(message));

	if (status == BA_OK)
		return true;
	PyErr_SetString(PyExc_ValueError,
			*message ? message : ba_strerror(status));
	return false;
}

static bool take_settings(PyObject *mapping, struct ba_config *config)
{
	PyObject *items;
	Py_ssize_t nr;
	bool good = true;

	if (!mapping || mapping == Py_None)
		return true;
	items = PyMapping_Items(mapping);
	if (!items && PyErr_ExceptionMatches(PyExc_AttributeError))
		PyErr_Format(PyExc_TypeError,
			     "settings must be a mapping of int by name, "
			     "not %R", mapping);
	if (!items)
		return false;
	nr = PyList_Size(items);
	for (Py_ssize_t i = 0; good && i < nr; i++) {
		const char *name;
		long value;

		good = take_pair(PyList_GetItem(items, i), &name, &value) &&
		       set_item(config, name, value);
	}
	Py_DECREF(items);
	return good;
}

/* A name or a mapping of items; false also when it names none. */
static bool take_profile(PyObject *object, struct ba_config *config)
{
	if (!object || object == Py_None)
		return true;
	if (PyUnicode_Check(object))
		return ba_py_profile_by_name(
			PyUnicode_AsUTF8AndSize(object, NULL),
			&config->profile);
	return take_settings(object, config);
}

/* ---- construction ------------------------------------------------ */

static bool boot(struct ba_py_machine *self, const struct ba_config *config)
{
	char message[MESSAGE] = "";
	enum ba_status status;

	Py_BEGIN_ALLOW_THREADS
	status = ba_machine_create(config, &self->machine, message,
				   sizeof(message));
	Py_END_ALLOW_THREADS
	if (status == BA_OK)
		return ba_py_made(self);
	self->machine.arena.base = NULL;
	ba_py_fail(self->state, status, "%s",
		   *message ? message : ba_strerror(status));
	return false;
}

/* `name` NULL: as it is. */
static bool take_arch(const char *name, struct ba_config *config)
{
	if (!name)
		return true;
	config->arch = ba_arch_by_name(name);
	if (config->arch < BA_NR_ARCH)
		return true;
	PyErr_Format(PyExc_ValueError, "no architecture '%s'; there are: %s "
		     "and %s", name, ba_zone_types[BA_ARCH_X86_64].arch,
		     ba_zone_types[BA_ARCH_I386].arch);
	return false;
}

static bool take_machine_args(PyObject *args, PyObject *kwargs,
			      struct ba_config *config)
{
	static char *names[] = { "memory_bytes", "cpus", "nodes", "arch",
				 "profile", "shared", "backed", "settings",
				 NULL };
	PyObject *memory, *cpus = NULL, *nodes = NULL, *profile = NULL;
	PyObject *settings = NULL;
	const char *arch = NULL;
	uint64_t bytes = 0, nr_cpus = 1, nr_nodes = 1;
	int shared = 0, backed = 0;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$OOsOppO:Machine",
					 names, &memory, &cpus, &nodes, &arch,
					 &profile, &shared, &backed,
					 &settings))
		return false;
	if (!ba_py_uint(memory, "memory_bytes", INT64_MAX, &bytes) ||
	    !ba_py_uint(cpus, "cpus", UINT32_MAX, &nr_cpus) ||
	    !ba_py_uint(nodes, "nodes", UINT32_MAX, &nr_nodes))
		return false;
	if (bytes == 0 || bytes % BA_PAGE_SIZE) {
		PyErr_Format(PyExc_ValueError,
			     "memory_bytes must be a positive multiple of %u, "
			     "not %S", BA_PAGE_SIZE, memory);
		return false;
	}
	ba_config_init(config);
	config->memory_pages = bytes >> BA_PAGE_SHIFT;
	config->nr_cpus = (uint32_t)nr_cpus;
	config->nr_nodes = (uint32_t)nr_nodes;
	config->shared = shared != 0;
	config->backed = backed != 0;
	return take_arch(arch, config) && take_profile(profile, config) &&
	       take_settings(settings, config);
}

static PyObject *machine_new(PyTypeObject *type, PyObject *args,
			     PyObject *kwargs)
{
	struct ba_py_machine *self;
	struct ba_config config;

	if (!take_machine_args(args, kwargs, &config))
		return NULL;
	self = new_object(type);
	if (self && !boot(self, &config))
		Py_CLEAR(self);
	return (PyObject *)self;
}

static int machine_traverse(PyObject *object, visitproc visit, void *arg)
{
	Py_VISIT(Py_TYPE(object));
	return 0;
}

static void machine_dealloc(PyObject *object)
{
	struct ba_py_machine *self = (struct ba_py_machine *)object;

	PyObject_GC_UnTrack(object);
	ba_py_memories_destroy(self);
	ba_py_unmade(self);
	ba_py_object_free(object);
}

/* ---- recorded states --------------------------------------------- */

static bool load_state(struct ba_py_machine *self,
		       const struct ba_state *state,
		       const struct ba_config *config)
{
	char message[MESSAGE] = "";
	enum ba_status status;

	Py_BEGIN_ALLOW_THREADS
	status = ba_snapshot_load(state, config, &self->machine, message,
				  sizeof(message));
	Py_END_ALLOW_THREADS
	if (status == BA_OK)
		return ba_py_made(self);
	self->machine.arena.base = NULL;
	ba_py_fail(self->state, status, "%s",
		   *message ? message : ba_strerror(status));
	return false;
}

PyDoc_STRVAR(machine_from_state_text_doc,
"_from_state_text($type, /, text, *, profile=None, backed=False,\n"
"                 settings=None)\n"
"--\n"
"\n"
"A machine in the state that the text of a state file describes.\n"
"\n"
"text is bytes or any buffer. profile is by default that of the kernel which\n"
"the text names; backed and settings as for Machine. The GIL is released.\n"
"\n"
"Raises TraceError with the line for a text of another form, StateError for\n"
"one that contradicts itself, ValueError for a profile or setting.");

static PyObject *machine_from_state_text(PyObject *type,
					 PyObject *const *args,
					 Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "text", "profile", "backed",
					     "settings", NULL };
	static const struct ba_py_signature signature = {
		"_from_state_text", names, 1, 1 };
	PyObject *value[BA_PY_ARGS_MAX];
	struct ba_py_machine *self;
	struct ba_config config;
	struct ba_state *state;
	bool good;

	if (!ba_py_args(&signature, args, nr, kwnames, value))
		return NULL;
	self = new_object((PyTypeObject *)type);
	state = self ? ba_py_read_state(self->state, value[0],
						"text") : NULL;
	if (!state) {
		Py_XDECREF((PyObject *)self);
		return NULL;
	}
	ba_config_init(&config);
	good = (value[1] && value[1] != Py_None) ||
	       ba_py_profile_for_kernel(state->kernel, &config.profile);
	good = good && take_profile(value[1], &config) &&
	       ba_py_bool(value[2], &config.backed) &&
	       take_settings(value[3], &config) &&
	       load_state(self, state, &config);
	ba_state_destroy(state);
	if (!good)
		Py_CLEAR(self);
	return (PyObject *)self;
}

/* The text of a state in new memory of malloc. */
static enum ba_status write_state(const struct ba_machine *machine,
				  char **ret, size_t *size)
{
	struct ba_state *state = ba_state_create();
	enum ba_status status = state ? ba_snapshot_take(machine, state) :
					BA_ENOMEM;

	*ret = NULL;
	if (status == BA_OK) {
		ba_statefile_write(state, NULL, 0, size);
		*ret = malloc(*size ? *size : 1);
		status = *ret ? ba_statefile_write(state, *ret, *size, size) :
				BA_ENOMEM;
	}
	ba_state_destroy(state);
	return status;
}

PyDoc_STRVAR(machine_state_text_doc,
"state_text($self, /)\n"
"--\n"
"\n"
"The machine's state in the text form of state files, as bytes. The GIL is\n"
"released.");

static PyObject *machine_state_text(PyObject *object, PyObject *ignored)
{
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	enum ba_status status;
	PyObject *ret = NULL;
	size_t size = 0;
	char *text;

	(void)ignored;
	if (!ba_py_begin(self))
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	status = write_state(&self->machine, &text, &size);
	Py_END_ALLOW_THREADS
	ba_py_end(self);
	if (status == BA_OK)
		ret = PyBytes_FromStringAndSize(text, (Py_ssize_t)size);
	else
		ba_py_fail(self->state, status, "");
	free(text);
	return ret;
}

/* ---- files of our own -------------------------------------------- */

PyDoc_STRVAR(machine_save_doc,
"save($self, /)\n"
"--\n"
"\n"
"The machine as bytes in the project's own compact form, for _load. The\n"
"GIL is released.");

static PyObject *machine_save(PyObject *object, PyObject *ignored)
{
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	enum ba_status status;
	uint8_t *bytes = NULL;
	PyObject *ret = NULL;
	size_t size = 0;

	(void)ignored;
	if (!ba_py_begin(self))
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	status = ba_savefile_write(&self->machine, &bytes, &size);
	Py_END_ALLOW_THREADS
	ba_py_end(self);
	if (status == BA_OK)
		ret = PyBytes_FromStringAndSize((char *)bytes,
						(Py_ssize_t)size);
	else
		ba_py_fail(self->state, status, "");
	free(bytes);
	return ret;
}

PyDoc_STRVAR(machine_load_doc,
"_load($type, data, /)\n"
"--\n"
"\n"
"The machine that save() made these bytes from. The GIL is released.\n"
"\n"
"Raises ValueError when they are of another format, cut off or damaged.");

static PyObject *machine_load(PyObject *type, PyObject *data)
{
	char message[MESSAGE] = "";
	struct ba_py_machine *self;
	enum ba_status status;
	Py_buffer view;

	if (!ba_py_bytes(data, "data", &view))
		return NULL;
	self = new_object((PyTypeObject *)type);
	if (!self) {
		PyBuffer_Release(&view);
		return NULL;
	}
	Py_BEGIN_ALLOW_THREADS
	status = ba_savefile_read(view.buf, (size_t)view.len, &self->machine,
				  message, sizeof(message));
	Py_END_ALLOW_THREADS
	PyBuffer_Release(&view);
	if (status == BA_OK && ba_py_made(self))
		return (PyObject *)self;
	if (status != BA_OK) {
		self->machine.arena.base = NULL;
		ba_py_fail(self->state, status, "%s",
			   *message ? message : ba_strerror(status));
	}
	Py_DECREF(self);
	return NULL;
}

PyDoc_STRVAR(machine_reduce_doc,
"__reduce__($self, /)\n"
"--\n"
"\n"
"Pickle a machine by save() and _load().");

static PyObject *machine_reduce(PyObject *object, PyObject *ignored)
{
	PyObject *load = PyObject_GetAttrString((PyObject *)Py_TYPE(object),
						"_load");
	PyObject *bytes = load ? machine_save(object, ignored) : NULL;

	if (bytes)
		return Py_BuildValue("(N(N))", load, bytes);
	Py_XDECREF(load);
	return NULL;
}

/* ---- copies ------------------------------------------------------ */

PyDoc_STRVAR(machine_copy_doc,
"copy($self, /)\n"
"--\n"
"\n"
"An independent machine in the same state. The GIL is released.");

static PyObject *machine_copy(PyObject *object, PyObject *ignored)
{
	struct ba_py_machine *self = (struct ba_py_machine *)object, *ret;
	enum ba_status status;

	(void)ignored;
	if (!ba_py_ready(self))
		return NULL;
	ret = new_object(Py_TYPE(object));
	if (!ret || !ba_py_begin(self)) {
		Py_XDECREF((PyObject *)ret);
		return NULL;
	}
	Py_BEGIN_ALLOW_THREADS
	status = ba_machine_copy(&self->machine, &ret->machine);
	Py_END_ALLOW_THREADS
	ba_py_end(self);
	if (status == BA_OK && ba_py_made(ret))
		return (PyObject *)ret;
	if (status != BA_OK) {
		ret->machine.arena.base = NULL;
		ba_py_fail(self->state, status, "");
	}
	Py_DECREF(ret);
	return NULL;
}

PyDoc_STRVAR(machine_copy_method_doc,
"__copy__($self, /)\n"
"--\n"
"\n"
"As copy().");

PyDoc_STRVAR(machine_deepcopy_doc,
"__deepcopy__($self, memo, /)\n"
"--\n"
"\n"
"As copy().");

static PyObject *machine_richcompare(PyObject *a, PyObject *b, int op)
{
	struct ba_py_machine *self = (struct ba_py_machine *)a;
	struct ba_py_machine *other = (struct ba_py_machine *)b;
	bool equal = true;

	if ((op != Py_EQ && op != Py_NE) ||
	    !PyObject_TypeCheck(b, self->state->machine))
		Py_RETURN_NOTIMPLEMENTED;
	if (self != other) {
		if (!ba_py_begin(self))
			return NULL;
		if (!ba_py_begin(other)) {
			ba_py_end(self);
			return NULL;
		}
		Py_BEGIN_ALLOW_THREADS
		equal = ba_machine_equal(&self->machine, &other->machine);
		Py_END_ALLOW_THREADS
		ba_py_end(other);
		ba_py_end(self);
	}
	return PyBool_FromLong(equal == (op == Py_EQ));
}

PyDoc_STRVAR(machine_state_hash_doc,
"state_hash($self, /)\n"
"--\n"
"\n"
"A 64-bit number that is the same for equal machines. Not cryptographic.\n"
"The GIL is released.");

static PyObject *machine_state_hash(PyObject *object, PyObject *ignored)
{
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	uint64_t hash;

	(void)ignored;
	if (!ba_py_begin(self))
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	hash = ba_machine_hash(&self->machine);
	Py_END_ALLOW_THREADS
	ba_py_end(self);
	return PyLong_FromUnsignedLongLong(hash);
}

PyDoc_STRVAR(machine_check_doc,
"check($self, /)\n"
"--\n"
"\n"
"Recount every invariant of the machine.\n"
"\n"
"Returns None when all hold, else a sentence that begins with the zone and\n"
"the invariant's number, such as 'zone 1 DMA32: B2 ...'. The GIL is\n"
"released. A machine marked as broken can be checked too.");

static PyObject *machine_check(PyObject *object, PyObject *ignored)
{
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	const struct ba_nodes *nodes = ba_machine_nodes(&self->machine);
	const char *sentence;
	uint8_t zone = UINT8_MAX;

	(void)ignored;
	if (!ba_py_begin_broken(self))
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	sentence = ba_machine_check(&self->machine, &zone);
	Py_END_ALLOW_THREADS
	ba_py_end(self);
	if (!sentence)
		Py_RETURN_NONE;
	if (zone >= nodes->nr_zones)
		return PyUnicode_FromString(sentence);
	return PyUnicode_FromFormat("zone %d %s: %s", (int)zone,
		ba_zone_type_name(ba_nodes_types(nodes),
				  nodes->zone[zone].index), sentence);
}

/* ---- the type ---------------------------------------------------- */

static PyObject *machine_own_methods(PyObject *type, PyObject *ignored);

static PyMethodDef machine_methods[] = {
	BA_PY_METHOD("_from_state_text", machine_from_state_text,
		     BA_PY_KEYWORDS | METH_CLASS, machine_from_state_text_doc),
	BA_PY_METHOD("_load", machine_load, METH_O | METH_CLASS,
		     machine_load_doc),
	BA_PY_METHOD("state_text", machine_state_text, METH_NOARGS,
		     machine_state_text_doc),
	BA_PY_METHOD("save", machine_save, METH_NOARGS, machine_save_doc),
	BA_PY_METHOD("copy", machine_copy, METH_NOARGS, machine_copy_doc),
	BA_PY_METHOD("__copy__", machine_copy, METH_NOARGS,
		     machine_copy_method_doc),
	BA_PY_METHOD("__deepcopy__", machine_copy, METH_O,
		     machine_deepcopy_doc),
	BA_PY_METHOD("__reduce__", machine_reduce, METH_NOARGS,
		     machine_reduce_doc),
	BA_PY_METHOD("state_hash", machine_state_hash, METH_NOARGS,
		     machine_state_hash_doc),
	BA_PY_METHOD("check", machine_check, METH_NOARGS, machine_check_doc),
#define X(name)								\
	BA_PY_METHOD(#name, ba_py_machine_##name, BA_PY_KEYWORDS,	\
		     ba_py_machine_##name##_doc),
	BA_PY_MACHINE_CALLS(X)
	BA_PY_MACHINE_SLABS(X)
	X(slab_batch)
	BA_PY_MACHINE_REPORTS(X)
	BA_PY_MACHINE_USER(X)
	BA_PY_MACHINE_VIEWS(X)
	BA_PY_MACHINE_MEMORY(X)
	BA_PY_MACHINE_VMALLOC(X)
#undef X
	BA_PY_METHOD("_own_methods", machine_own_methods,
		     METH_NOARGS | METH_CLASS, ba_py_own_methods_doc),
	{ NULL, NULL, 0, NULL },
};

static PyObject *machine_own_methods(PyObject *type, PyObject *ignored)
{
	(void)ignored;
	return ba_py_own_methods(type, machine_methods);
}

PyDoc_STRVAR(machine_doc,
"Machine(memory_bytes, *, cpus=1, nodes=1, arch='x86_64', profile='6.1L',\n"
"        shared=False, backed=False, settings=None)\n"
"--\n"
"\n"
"A freshly booted simulated computer.\n"
"\n"
"memory_bytes is a positive multiple of 4096. arch, a key of ZONE_TYPES, says\n"
"which zones the kernel has. profile is a name of PROFILES\n"
"or a mapping of profile items, of which missing ones are those of 6.1L.\n"
"settings maps names of config_items() to integers. backed=True puts real\n"
"bytes behind the page frames (memory(), copy_to_user()); they cost host\n"
"memory where they are touched. A machine has one user at a time: a call\n"
"from a second thread while one has released the GIL raises RuntimeError.\n"
"With shared=True that holds for each CPU by itself: threads may allocate,\n"
"free and touch at one time, each for another cpu; what needs the machine\n"
"alone (copies, checks, views, sysctl, advance, replays) raises RuntimeError\n"
"meanwhile. Machines compare by state and cannot be hashed.\n"
"\n"
"Raises ValueError, with the range, for a value that no machine can have.");

static PyType_Slot machine_slots[] = {
	{ Py_tp_doc, (void *)machine_doc },
	{ Py_tp_new, machine_new },
	{ Py_tp_dealloc, machine_dealloc },
	{ Py_tp_traverse, machine_traverse },
	{ Py_tp_richcompare, machine_richcompare },
	{ Py_tp_hash, PyObject_HashNotImplemented },
	{ Py_tp_methods, machine_methods },
	{ Py_tp_getset, ba_py_machine_getset },
	{ 0, NULL },
};

static PyType_Spec machine_spec = {
	.name = "buddyalloc._core.Machine",
	.basicsize = sizeof(struct ba_py_machine),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
		 Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
	.slots = machine_slots,
};

PyTypeObject *ba_py_machine_type(PyObject *module)
{
	return (PyTypeObject *)PyType_FromModuleAndSpec(module, &machine_spec,
							NULL);
}
