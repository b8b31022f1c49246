/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_owner - the Machine object, and who may use it at one time.
 *
 *	not shared   thread 1   begin ---- GIL released, replaying ---- end
 *	             thread 2        alloc_pages -> RuntimeError
 *
 *	shared       thread 1   enter(0) ---- GIL released ---- leave(0)
 *	             thread 2      enter(1) ---- GIL released ---- leave(1)
 *	             thread 3   on_cpu(2) off_cpu(2)   alloc_pages, kmalloc
 *	             thread 4        enter(1), begin -> RuntimeError
 *
 * There are short calls, which keep the GIL from beginning to end, and long
 * ones, which release it; and calls that act for a CPU (they allocate, free or
 * touch), and all others, which have the machine alone:
 *
 *	            acts for a CPU                alone
 *	short   ba_py_on_cpu, ba_py_off_cpu    ba_py_ready
 *	long    ba_py_enter, ba_py_leave       ba_py_begin, ba_py_end
 *
 * Who finds the CPU or the machine in use gets a RuntimeError at once. A long
 * call takes the core's own lock of its CPU (ba_machine_enter) while it has no
 * GIL, and gives it back before it asks for the GIL again: so a short call that
 * waits for that lock, with the GIL, waits for the core only.
 *
 * Models: nothing of the kernel.
 * Simplified: a backed machine has one long call at a time also when it is
 *	shared, for its Memory objects are found and revoked under the GIL.
 *
 * Invariants:
 *   O1 inside, alone and acting are read and written with the GIL held.
 *   O2 machine.arena.base is NULL only before construction succeeded, and
 *      such an object never reaches Python code.
 *   O3 ctx[cpu] is what ba_machine_enter gives for that CPU, but for what the
 *      last call left in it (ba_ctx_renew).
 *   O4 inside is the number of long calls that have released the GIL; it is 1
 *      when one of them is alone. acting[cpu]: one of them acts for that CPU.
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
	uint32_t inside;		/* O4 */
	bool alone;
	bool acting[BA_CPU_MAX];
};

/* The machine was made; false with MemoryError. */
bool ba_py_made(struct ba_py_machine *self);

/* One of its settings has changed: O3. */
void ba_py_changed(struct ba_py_machine *self);

/* The last step before the object's memory goes. */
void ba_py_unmade(struct ba_py_machine *self);

/* ba_py_ready for a machine that is in use or broken. */
bool ba_py_refuse(struct ba_py_machine *self);

/* May a call use the machine now? RuntimeError or InternalError if not. */
static inline bool ba_py_ready(struct ba_py_machine *self)
{
	if (ba_likely(!self->inside &&
		      !ba_machine_body(&self->machine)->broken))
		return true;
	return ba_py_refuse(self);
}

/* As ba_py_ready, and keep all others out until ba_py_end. */
bool ba_py_begin(struct ba_py_machine *self);

/* As ba_py_begin, for a call that a broken machine does not refuse. */
bool ba_py_begin_broken(struct ba_py_machine *self);

void ba_py_end(struct ba_py_machine *self);

/* May a call look at what stays right while others act for CPUs? */
bool ba_py_may_look(struct ba_py_machine *self);

/* May a call act for that CPU now, while others act for others? */
bool ba_py_cpu_ready(struct ba_py_machine *self, cpu_t cpu);

/*
 * The context of a short call that acts for `cpu`, in fewer steps than
 * ba_machine_enter; it is that CPU's own. NULL with an exception. Ends with
 * ba_py_off_cpu, after which it is good until the next such call.
 */
BA_PY_INLINE struct ba_ctx *ba_py_on_cpu(struct ba_py_machine *self,
					 cpu_t cpu)
{
	struct ba_ctx *ctx = &self->ctx[cpu];

	if (ba_unlikely((self->inside ||
			 ba_machine_body(&self->machine)->broken) &&
			!ba_py_cpu_ready(self, cpu)))
		return NULL;
	if (ctx->cpus)
		ba_lock(&ctx->cpus->cpu[cpu].lock, true);
	ba_ctx_renew(ctx);
	return ctx;
}

static inline void ba_py_off_cpu(const struct ba_ctx *ctx)
{
	ba_machine_leave(ctx);
}

/*
 * Keep all others from that CPU until ba_py_leave, or from the machine where
 * it is not shared. RuntimeError names the CPU that is in use.
 */
bool ba_py_enter(struct ba_py_machine *self, cpu_t cpu);
void ba_py_leave(struct ba_py_machine *self, cpu_t cpu);

#endif
