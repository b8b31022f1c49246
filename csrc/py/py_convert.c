// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_convert.h"

#include <string.h>

#include "py/py_errors.h"
#include "trace/statefile.h"

const char *ba_py_layout_name(enum ba_gfp_layout layout)
{
	return layout == BA_GFP_6_1 ? "6.1" : "6.12";
}

bool ba_py_layout(const char *name, enum ba_gfp_layout *ret)
{
	for (unsigned int i = 0; i < BA_PY_NR_LAYOUTS; i++) {
		enum ba_gfp_layout layout = (enum ba_gfp_layout)i;

		if (strcmp(name, ba_py_layout_name(layout)))
			continue;
		*ret = layout;
		return true;
	}
	PyErr_Format(PyExc_ValueError,
		     "no layout of GFP flags is named '%s'; there are '6.1' "
		     "and '6.12'", name);
	return false;
}

bool ba_py_gfp(enum ba_gfp_layout layout, PyObject *text, gfp_t *ret)
{
	Py_ssize_t len = 0;
	const char *words = PyUnicode_AsUTF8AndSize(text, &len);

	if (!words)
		return false;
	if (ba_gfp_parse(layout, words, (size_t)len, ret) == BA_OK)
		return true;
	PyErr_Format(PyExc_ValueError,
		     "%R has a flag that a kernel of layout %s does not have; "
		     "join names of gfp_flags('%s') by '|'", text,
		     ba_py_layout_name(layout), ba_py_layout_name(layout));
	return false;
}

bool ba_py_profile_by_name(const char *name, struct ba_profile *ret)
{
	if (name && ba_profile_by_name(name, ret) == BA_OK)
		return true;
	if (name)
		PyErr_Format(PyExc_ValueError,
			     "no behaviour profile is named '%s'; there are "
			     "%s, %s, %s and %s", name, ba_profile_name_at(0),
			     ba_profile_name_at(1), ba_profile_name_at(2),
			     ba_profile_name_at(3));
	return false;
}

bool ba_py_profile_for_kernel(const char *version, struct ba_profile *ret)
{
	if (ba_profile_for_kernel(version, ret) == BA_OK)
		return true;
	PyErr_Format(PyExc_ValueError,
		     "no behaviour profile is known for kernel '%s'; name "
		     "profile %s, %s, %s or %s", version,
		     ba_profile_name_at(0), ba_profile_name_at(1),
		     ba_profile_name_at(2), ba_profile_name_at(3));
	return false;
}

struct ba_state *ba_py_read_state(struct ba_py_state *module, PyObject *text,
				  const char *name)
{
	char message[512] = "";
	enum ba_status status = BA_ENOMEM;
	struct ba_state *state;
	Py_buffer view;

	if (!ba_py_bytes(text, name, &view))
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	state = ba_state_create();
	if (state)
		status = ba_statefile_read(state, view.buf, (size_t)view.len,
					   message, sizeof(message));
	Py_END_ALLOW_THREADS
	PyBuffer_Release(&view);
	if (status == BA_OK)
		return state;
	ba_state_destroy(state);
	ba_py_fail(module, status, "%s",
		   *message ? message : ba_strerror(status));
	return NULL;
}
