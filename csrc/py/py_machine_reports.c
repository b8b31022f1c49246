// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_machine_reports.h"

#include <stdio.h>
#include <stdlib.h>

#include "mm/kmem_cache.h"
#include "py/py_records.h"
#include "sim/waits.h"

#define PLACE_LEN (BA_CACHE_NAME + 80u)		/* bytes */

/* ---- slab objects ------------------------------------------------ */

static const char *const fault_names[] = {
#define X(name, text) text,
	BA_SLAB_FAULTS(X)
#undef X
};

const char ba_py_machine_slab_reports_doc[] =
"slab_reports($self, /)\n"
"--\n"
"\n"
"What checks of slab objects found, a list of dicts, the latest 16 at most.\n"
"\n"
"Of each: cache (name), object (its address), what (\"Right Redzone\", \"Poison\",\n"
"...), address of the first wrong byte, bytes from it to the last one, found\n"
"and expected (its values). Caches with SLAB_CONSISTENCY_CHECKS of a backed\n"
"machine are checked.";

PyObject *ba_py_machine_slab_reports(PyObject *object, PyObject *const *args,
				     Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { NULL };
	static const struct ba_py_signature signature = {
		"slab_reports", names, 0, 0 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX], *list;
	const struct ba_caches *caches;
	struct ba_ctx ctx;
	uint64_t i;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_ready(self))
		return NULL;
	ctx = ba_machine_ctx(&self->machine, 0);
	caches = ctx.caches;
	list = PyList_New(0);
	i = caches->nr_reports > BA_SLAB_REPORTS ?
		    caches->nr_reports - BA_SLAB_REPORTS : 0;
	for (; list && i < caches->nr_reports; i++) {
		const struct ba_slab_report *r =
			&caches->report[i % BA_SLAB_REPORTS];
		PyObject *item = Py_BuildValue(
			"{sssKsssKsIsIsI}", "cache",
			caches->cache[r->cache].name, "object",
			(unsigned long long)r->object, "what",
			fault_names[r->what], "address",
			(unsigned long long)r->address, "bytes", r->bytes,
			"found", r->found, "expected", r->expected);

		if (!item || PyList_Append(list, item))
			Py_CLEAR(list);
		Py_XDECREF(item);
	}
	return list;
}

/* ---- waits ------------------------------------------------------- */

static void add_part(char *text, const char *what, const char *which)
{
	size_t len = strlen(text);

	snprintf(text + len, PLACE_LEN - len, "%s%s %s", len ? ", " : "", what,
		 which);
}

static void add_number(char *text, const char *what, uint16_t which)
{
	char number[8];

	if (which == BA_NO_PLACE)
		return;
	snprintf(number, sizeof(number), "%u", (unsigned int)which);
	add_part(text, what, number);
}

/* "CPU 1, zone Normal, node 0"; nothing for what the machine has once. */
static const char *place_of(const struct ba_py_machine *self,
			    const struct ba_waits *waits, char *text)
{
	const struct ba_nodes *nodes = ba_machine_nodes(&self->machine);

	*text = '\0';
	add_number(text, "CPU", waits->cpu);
	if (waits->cache != BA_NO_PLACE)
		add_part(text, "cache",
			 ba_cache_at(&self->ctx[0], waits->cache)->name);
	if (waits->zone != BA_NO_PLACE)
		add_part(text, "zone",
			 ba_zone_type_name(ba_nodes_types(nodes),
					   nodes->zone[waits->zone].index));
	add_number(text, "node", waits->node);
	return text;
}

const char ba_py_machine_lock_waits_doc[] =
"lock_waits($self, /)\n"
"--\n"
"\n"
"Every lock of a shared machine: a list of (lock, place, waits, spins).\n"
"\n"
"lock is a name of LOCK_KINDS, place says where it is, such as 'CPU 1, zone\n"
"Normal, node 0'. waits: how often it was found taken by one who wanted it,\n"
"spins: how often these looked at it until it was free. All are modulo 2**32,\n"
"from the machine's creation or clear_lock_waits() on. It can be asked for\n"
"while other threads act for CPUs.";

PyObject *ba_py_machine_lock_waits(PyObject *object, PyObject *const *args,
				   Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { NULL };
	static const struct ba_py_signature signature = {
		"lock_waits", names, 0, 0 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX], *list;
	struct ba_waits *waits;
	char place[PLACE_LEN];
	uint32_t room, got;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_may_look(self))
		return NULL;
	room = ba_waits(&self->machine, NULL, 0);
	waits = ba_py_records_data(room, sizeof(*waits));
	if (!waits)
		return NULL;
	got = ba_waits(&self->machine, waits, room);
	list = PyList_New(0);
	for (uint32_t i = 0; list && i < got && i < room; i++)
		if (!ba_py_append(list, Py_BuildValue(
				"(ssII)", ba_lock_name(waits[i].kind),
				place_of(self, &waits[i], place),
				(unsigned int)waits[i].waits,
				(unsigned int)waits[i].spins)))
			Py_CLEAR(list);
	free(waits);
	return list;
}

const char ba_py_machine_clear_lock_waits_doc[] =
"clear_lock_waits($self, /)\n"
"--\n"
"\n"
"Count the waits for every lock from 0 again.";

PyObject *ba_py_machine_clear_lock_waits(PyObject *object,
					 PyObject *const *args, Py_ssize_t nr,
					 PyObject *kwnames)
{
	static const char *const names[] = { NULL };
	static const struct ba_py_signature signature = {
		"clear_lock_waits", names, 0, 0 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX];

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_ready(self))
		return NULL;
	ba_waits_clear(&self->machine);
	Py_RETURN_NONE;
}
