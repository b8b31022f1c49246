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

	for (cpu_t cpu = 0; cpu < nr; cpu++) {
		self->ctx[cpu] = ba_machine_enter(&self->machine, cpu);
		ba_machine_leave(&self->ctx[cpu]);
	}
}

void ba_py_unmade(struct ba_py_machine *self)
{
	free(self->ctx);
	if (self->machine.arena.base)
		ba_machine_destroy(&self->machine);
}

static bool is_shared(const struct ba_py_machine *self)
{
	return ba_machine_body(&self->machine)->config.shared;
}

/* Can calls act for several CPUs at one time? */
static bool by_cpu(const struct ba_py_machine *self)
{
	return is_shared(self) && !self->machine.memory.direct;
}

static bool in_use(struct ba_py_machine *self)
{
	ba_py_fail(self->state, BA_EBUSY,
		   is_shared(self) ?
			   "Machine is already in use by another call, and "
			   "one of the two needs it alone; wait for it to end" :
			   "Machine is already in use by another call; wait "
			   "for it to end, give each thread a copy(), or make "
			   "it with shared=True");
	return false;
}

static bool whole(struct ba_py_machine *self)
{
	if (ba_likely(!ba_machine_body(&self->machine)->broken))
		return true;
	ba_py_fail(self->state, BA_EBROKEN, "");
	return false;
}

bool ba_py_refuse(struct ba_py_machine *self)
{
	return self->inside ? in_use(self) : whole(self);
}

bool ba_py_begin(struct ba_py_machine *self)
{
	return ba_py_ready(self) && ba_py_begin_broken(self);
}

bool ba_py_begin_broken(struct ba_py_machine *self)
{
	if (ba_unlikely(self->inside))
		return in_use(self);
	self->inside = 1;
	self->alone = true;
	return true;
}

void ba_py_end(struct ba_py_machine *self)
{
	self->inside = 0;
	self->alone = false;
}

bool ba_py_may_look(struct ba_py_machine *self)
{
	return !self->alone || in_use(self);
}

bool ba_py_cpu_ready(struct ba_py_machine *self, cpu_t cpu)
{
	if (self->alone)
		return in_use(self);
	if (ba_likely(!self->acting[cpu]))
		return whole(self);
	ba_py_fail(self->state, BA_EBUSY,
		   "CPU %d of the Machine is already in use by another call; "
		   "wait for it to end, or give each thread a CPU of its own",
		   (int)cpu);
	return false;
}

bool ba_py_enter(struct ba_py_machine *self, cpu_t cpu)
{
	if (!by_cpu(self))
		return ba_py_begin(self);
	if (!ba_py_cpu_ready(self, cpu))
		return false;
	self->inside++;
	self->acting[cpu] = true;
	return true;
}

void ba_py_leave(struct ba_py_machine *self, cpu_t cpu)
{
	if (self->alone) {
		ba_py_end(self);
		return;
	}
	self->inside--;
	self->acting[cpu] = false;
}
