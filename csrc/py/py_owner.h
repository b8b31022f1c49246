/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_owner - the Machine object, and the rule that it has one user at a
 * time.
 *
 *	thread 1   begin ---- GIL released, replaying ---- end
 *	thread 2        alloc_pages -> RuntimeError
 *
 * Short calls keep the GIL from beginning to end, so it is enough that they
 * ask ba_py_ready. Long ones release it between ba_py_begin and ba_py_end.
 *
 * Models: nothing of the kernel.
 * Simplified: a shared machine has one user at a time too, as far as Python
 *	threads go.
 *
 * Invariants:
 *   O1 busy is read and written with the GIL held.
 *   O2 machine.arena.base is NULL only before construction succeeded, and
 *      such an object never reaches Python code.
 *   O3 ctx[cpu] is what ba_machine_ctx gives for that CPU, but for what the
 *      last call left in it (ba_ctx_renew).
 */
#ifndef BA_PY_PY_OWNER_H
#define BA_PY_PY_OWNER_H

#include "py/py.h"
#include "sim/machine.h"

struct ba_py_memories;		/* py/py_memory.h */

struct ba_py_machine {
	PyObject_HEAD
	struct ba_py_state *state;	/* borrowed */
	struct ba_machine machine;
	struct ba_ctx *ctx;		/* of each CPU, of malloc: O3 */
	struct ba_py_memories *memories; /* NULL: there was no Memory yet */
	bool busy;			/* a call has released the GIL */
};

/* The machine was made; false with MemoryError. */
bool ba_py_made(struct ba_py_machine *self);

/* One of its settings has changed: O3. */
void ba_py_changed(struct ba_py_machine *self);

/* The last step before the object's memory goes. */
void ba_py_unmade(struct ba_py_machine *self);

/* ba_py_ready for a machine that is busy or broken. */
bool ba_py_refuse(struct ba_py_machine *self);

/* May a call use the machine now? RuntimeError or InternalError if not. */
static inline bool ba_py_ready(struct ba_py_machine *self)
{
	if (ba_likely(!self->busy && !ba_machine_body(&self->machine)->broken))
		return true;
	return ba_py_refuse(self);
}

/*
 * The context of a short call on behalf of `cpu`, in fewer steps than
 * ba_machine_ctx; it is that CPU's own, and good until the next such call.
 * NULL as ba_py_ready.
 */
static inline struct ba_ctx *ba_py_on_cpu(struct ba_py_machine *self,
					  cpu_t cpu)
{
	struct ba_ctx *ctx = &self->ctx[cpu];

	if (ba_unlikely(!ba_py_ready(self)))
		return NULL;
	ba_ctx_renew(ctx);
	return ctx;
}

/* As ba_py_ready, and keep all others out until ba_py_end. */
bool ba_py_begin(struct ba_py_machine *self);

/* As ba_py_begin, for a call that a broken machine does not refuse. */
bool ba_py_begin_broken(struct ba_py_machine *self);

void ba_py_end(struct ba_py_machine *self);

#endif
