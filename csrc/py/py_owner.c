// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_owner.h"

#include "py/py_errors.h"

static bool idle(struct ba_py_machine *self)
{
	if (ba_likely(!self->busy))
		return true;
	ba_py_fail(self->state, BA_EBUSY,
		   "Machine is already in use by another call; wait for it to "
		   "end, or give each thread a copy()");
	return false;
}

bool ba_py_ready(struct ba_py_machine *self)
{
	if (!idle(self))
		return false;
	if (ba_unlikely(ba_machine_body(&self->machine)->broken)) {
		ba_py_fail(self->state, BA_EBROKEN, "");
		return false;
	}
	return true;
}

bool ba_py_begin(struct ba_py_machine *self)
{
	if (!ba_py_ready(self))
		return false;
	self->busy = true;
	return true;
}

bool ba_py_begin_broken(struct ba_py_machine *self)
{
	if (!idle(self))
		return false;
	self->busy = true;
	return true;
}

void ba_py_end(struct ba_py_machine *self)
{
	self->busy = false;
}
