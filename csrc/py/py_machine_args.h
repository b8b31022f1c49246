/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_machine_args - the arguments that several methods of Machine take: GFP
 * flags, a CPU, a node, a list of numbers.
 *
 *	gfp="GFP_KERNEL"    --> 0xcc0, as the machine's kernel has it
 *	cpu=3               --> 3, below the machine's number of CPUs
 *	node=None           --> the node of that CPU
 *	np.array([7, 9])    --> { 7, 9 }, a copy
 *	[7, 9]              --> { 7, 9 }
 *
 * Models: nothing of the kernel.
 * Simplified: frame numbers and handles are both numbers of 32 bits, kernel
 *	addresses of 64.
 *
 * Invariants:
 *   A1 what is taken is within the machine; else an exception names the
 *      value and the range.
 */
#ifndef BA_PY_PY_MACHINE_ARGS_H
#define BA_PY_PY_MACHINE_ARGS_H

#include "py/py_owner.h"

/* ba_py_take_gfp for words, and for what is refused. */
bool ba_py_take_gfp_any(const struct ba_py_machine *self, PyObject *object,
			gfp_t *ret);

/* A number or words; *ret is kept when `object` is NULL. */
static inline bool ba_py_take_gfp(const struct ba_py_machine *self,
				  PyObject *object, gfp_t *ret)
{
	size_t gfp;

	if (!object)
		return true;
	if (ba_likely(PyLong_CheckExact(object))) {
		gfp = PyLong_AsSize_t(object);
		if (ba_likely(gfp <= UINT32_MAX && ba_gfp_valid((gfp_t)gfp))) {
			*ret = (gfp_t)gfp;
			return true;
		}
	}
	return ba_py_take_gfp_any(self, object, ret);
}

/* Nothing stands for CPU 0. */
static inline bool ba_py_take_cpu(const struct ba_py_machine *self,
				  PyObject *object, cpu_t *ret)
{
	const struct ba_nodes *nodes = ba_machine_nodes(&self->machine);
	uint64_t cpu = 0;

	if (object && !ba_py_uint(object, "cpu", nodes->nr_cpus - 1u, &cpu))
		return false;
	*ret = (cpu_t)cpu;
	return true;
}

/* ba_py_take_node for a node that is named, or that has no memory. */
bool ba_py_take_node_any(const struct ba_py_machine *self, PyObject *object,
			 cpu_t cpu, uint8_t *ret);

/* A node with memory; None and nothing stand for the CPU's own. */
static inline bool ba_py_take_node(const struct ba_py_machine *self,
				   PyObject *object, cpu_t cpu, uint8_t *ret)
{
	const struct ba_nodes *nodes = ba_machine_nodes(&self->machine);
	uint8_t node = nodes->cpu_node[cpu];

	if (ba_unlikely(object || !nodes->node[node].online))
		return ba_py_take_node_any(self, object, cpu, ret);
	*ret = node;
	return true;
}

/* Frame numbers or handles, from whatever the caller had. */
struct ba_py_list {
	uint32_t *numbers;	/* of malloc: the caller frees it */
	size_t nr;
};

/*
 * A buffer of integers of 4 or 8 bytes, of one dimension or C-contiguous, or
 * a sequence of integers. `name` is what messages call it. ret->numbers is to
 * be freed also after a failure.
 */
bool ba_py_take_list(PyObject *object, const char *name,
		     struct ba_py_list *ret);

/* The same of kernel addresses, or of other numbers up to `max`. */
struct ba_py_wide_list {
	uint64_t *numbers;	/* of malloc: the caller frees it */
	size_t nr;
};

bool ba_py_take_wide_list(PyObject *object, const char *name, uint64_t max,
			  struct ba_py_wide_list *ret);

#endif
