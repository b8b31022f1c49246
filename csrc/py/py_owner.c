// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_owner.h"

#include <stdlib.h>

#include "py/py_errors.h"

bool ba_py_made(struct ba_py_machine *self)
{
	size_t nr = ba_machine_nodes(&self->machine)->nr_cpus;

	self->ctx = calloc(nr, sizeof(*self->ctx));
	if (!self->ctx) {
		PyErr_NoMemory();
		return false;
	}
	ba_py_changed(self);
	return true;
}

void ba_py_changed(struct ba_py_machine *self)
{
	cpu_t nr = (cpu_t)ba_machine_nodes(&self->machine)->nr_cpus;

	for (cpu_t cpu = 0; cpu < nr; cpu++)
		self->ctx[cpu] = ba_machine_ctx(&self->machine, cpu);
}

void ba_py_unmade(struct ba_py_machine *self)
{
	free(self->ctx);
	if (self->machine.arena.base)
		ba_machine_destroy(&self->machine);
}

static bool idle(struct ba_py_machine *self)
{
	if (ba_likely(!self->busy))
		return true;
	ba_py_fail(self->state, BA_EBUSY,
		   "Machine is already in use by another call; wait for it to "
		   "end, or give each thread a copy()");
	return false;
}

bool ba_py_refuse(struct ba_py_machine *self)
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
