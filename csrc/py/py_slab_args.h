/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_slab_args - what the calls that hand out objects take, and what is said
 * of an address that they refuse.
 *
 *	gfp='GFP_ATOMIC', cpu=1, node=None  --> struct ba_py_slab_request
 *	0xffff888000123040, None            --> an address; None is NULL
 *	BA_EOBJECTFREE                      --> SlabError: cannot free ...:
 *	                                        object 3 of ... is free already
 *
 * Models: nothing of the kernel; the arguments of kmalloc_node and
 *	kmem_cache_alloc_node.
 * Simplified: a node that is not named is NUMA_NO_NODE.
 *
 * Invariants:
 *   A1 a sentence about an address names it, what lies there, and what to do.
 */
#ifndef BA_PY_PY_SLAB_ARGS_H
#define BA_PY_PY_SLAB_ARGS_H

#include "py/py_machine_args.h"
#include "py/py_memory.h"

struct ba_py_slab_request {
	gfp_t gfp;			/* GFP_KERNEL unless given */
	cpu_t cpu;
	uint8_t node;			/* or BA_ANY_NODE */
};

/* From the values of arguments gfp, cpu and node, each of which may be NULL. */
static inline bool
ba_py_take_slab_request(const struct ba_py_machine *self,
			PyObject *const *gfp_cpu_node,
			struct ba_py_slab_request *ret)
{
	PyObject *node = gfp_cpu_node[2];

	ret->gfp = BA_GFP_KERNEL;
	ret->node = BA_ANY_NODE;
	return ba_py_take_gfp(self, gfp_cpu_node[0], &ret->gfp) &&
	       ba_py_take_cpu(self, gfp_cpu_node[1], &ret->cpu) &&
	       (!node || node == Py_None ||
		ba_py_take_node(self, node, ret->cpu, &ret->node));
}

/* A kernel address; None and nothing stand for NULL. */
static inline bool ba_py_take_address(PyObject *object, uint64_t *ret)
{
	*ret = 0;
	return object == Py_None ||
	       ba_py_uint(object, "address", UINT64_MAX, ret);
}

/* The same as an object: None for NULL. */
PyObject *ba_py_address(uint64_t address);

/* An object that owns `addresses`, of malloc. */
PyObject *ba_py_addresses(struct ba_py_state *state, uint64_t *addresses,
			  size_t nr);

/*
 * ba_py_enter for a call that frees these addresses and leaves them in another
 * order: BufferError when there is a view of one's Memory. *ret is for
 * ba_py_leave_free, which ends the call.
 */
bool ba_py_enter_free(struct ba_py_machine *self, cpu_t cpu,
		      const struct ba_py_wide_list *list,
		      struct ba_py_wide_list *ret);
void ba_py_leave_free(struct ba_py_machine *self, cpu_t cpu,
		      struct ba_py_wide_list *list, bool freed);

/*
 * SlabError about an address that cannot be used: `what` ("free") to a cache
 * that its owner names, or BA_CACHE_NONE. Returns NULL.
 */
PyObject *ba_py_object_error(const struct ba_py_machine *self,
			     enum ba_status status, const char *what,
			     uint64_t address, uint16_t cache);

#endif
