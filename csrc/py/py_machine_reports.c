// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_machine_reports.h"

#include "mm/kmem_cache.h"

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
