// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_machine_memory.h"

#include <string.h>

#include "mm/fault.h"
#include "py/py_errors.h"
#include "py/py_machine_args.h"
#include "py/py_memory.h"

static struct ba_nodes *nodes_of(const struct ba_py_machine *self)
{
	return ba_machine_nodes(&self->machine);
}

static bool is_backed(const struct ba_py_machine *self, const char *call)
{
	if (self->machine.memory.direct)
		return true;
	PyErr_Format(PyExc_ValueError,
		     "%s() needs real bytes, and this machine has none: make "
		     "it with backed=True", call);
	return false;
}

/* ---- frames ------------------------------------------------------ */

/* A frame that some zone has. */
static bool take_pfn(const struct ba_py_machine *self, PyObject *object,
		     pfn_t *ret)
{
	struct ba_ctx ctx = ba_machine_ctx(&self->machine, 0);
	struct ba_nodes *nodes = nodes_of(self);
	uint64_t pfn = 0;

	if (!ba_py_uint(object, "pfn", UINT32_MAX - 1, &pfn))
		return false;
	*ret = (pfn_t)pfn;
	if (pfn < nodes->end && ba_nodes_zone_of(&ctx, nodes, *ret))
		return true;
	ba_py_fail(self->state, BA_EFRAME,
		   "frame 0x%x lies outside every zone; see zones() for their "
		   "limits", (unsigned int)pfn);
	return false;
}

static bool is_mapped(const struct ba_py_machine *self, pfn_t pfn)
{
	if (ba_machine_maps(&self->machine, pfn))
		return true;
	ba_py_fail(self->state, BA_EFRAME,
		   "frame 0x%x lies in HighMem, which the kernel's direct map "
		   "does not reach: it has no address of its own",
		   (unsigned int)pfn);
	return false;
}

const char ba_py_machine_page_address_doc[] =
"page_address($self, /, pfn)\n"
"--\n"
"\n"
"Kernel virtual address of a page frame in the direct map.\n"
"\n"
"Raises FrameError for a frame outside every zone, or in HighMem.";

PyObject *ba_py_machine_page_address(PyObject *object, PyObject *const *args,
				     Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "pfn", NULL };
	static const struct ba_py_signature signature = {
		"page_address", names, 1, 1 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX];
	pfn_t pfn;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_ready(self) || !take_pfn(self, value[0], &pfn) ||
	    !is_mapped(self, pfn))
		return NULL;
	return ba_py_u64(ba_machine_page_address(&self->machine, pfn));
}

/* Why the frame's bytes are nobody's to have; NULL: they can be had. */
static const char *refusal(const struct ba_ctx *ctx, struct ba_nodes *nodes,
			   pfn_t pfn)
{
	pfn_t head = ba_page_used_head(ctx->frames, pfn);
	uint8_t flags;

	if (!ba_nodes_zone_of(ctx, nodes, pfn))
		return "it lies outside every zone";
	if (ba_free_head(ctx, pfn) != BA_PFN_NONE ||
	    ba_page_isolated_head(ctx->frames, pfn) != BA_PFN_NONE)
		return "it is free; allocate it first";
	flags = head == BA_PFN_NONE ? 0 : ctx->frames[head].flags;
	if (flags & BA_FRAME_HANDLE)
		return "it holds user memory, which may move; use "
		       "copy_to_user() and copy_from_user() with its handle";
	if (flags & BA_FRAME_SLAB)
		return "it belongs to a slab; objects are allocated from its "
		       "cache";
	if (flags & BA_FRAME_KMALLOC)
		return "it belongs to a large kmalloc, which gave its memory";
	return NULL;
}

static bool check_block(const struct ba_py_machine *self, pfn_t pfn,
			order_t order)
{
	struct ba_ctx ctx = ba_machine_ctx(&self->machine, 0);
	uint64_t end = (uint64_t)pfn + (1u << order);

	if (pfn & ((1u << order) - 1u)) {
		ba_py_fail(self->state, BA_EORDER,
			   "frame 0x%x begins no block of order %u: one begins "
			   "at a multiple of %u frames", (unsigned int)pfn,
			   (unsigned int)order, 1u << order);
		return false;
	}
	for (uint64_t i = pfn; i < end; i++) {
		const char *why = i < nodes_of(self)->end ?
			refusal(&ctx, nodes_of(self), (pfn_t)i) :
			"it lies outside every zone";

		if (!why)
			continue;
		ba_py_fail(self->state, BA_EFRAME,
			   "no memory of frame 0x%x: %s", (unsigned int)i, why);
		return false;
	}
	return is_mapped(self, (pfn_t)(end - 1));
}

const char ba_py_machine_memory_doc[] =
"memory($self, /, pfn, order=0)\n"
"--\n"
"\n"
"The bytes of a block of 2**order page frames in use, as a Memory at their\n"
"address in the direct map.\n"
"\n"
"Raises FrameError for a frame outside every zone, a free one, one of user\n"
"memory, a slab or kmalloc, one in HighMem, or one that begins no block of\n"
"that order; ValueError when the machine is not backed.";

PyObject *ba_py_machine_memory(PyObject *object, PyObject *const *args,
			       Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "pfn", "order", NULL };
	static const struct ba_py_signature signature = {
		"memory", names, 2, 1 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX];
	uint64_t order = 0;
	pfn_t pfn;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !is_backed(self, "memory") || !ba_py_ready(self) ||
	    !ba_py_uint(value[1], "order", BA_ORDER_MAX, &order) ||
	    !take_pfn(self, value[0], &pfn) ||
	    !check_block(self, pfn, (order_t)order))
		return NULL;
	return ba_py_memory_pages(self, pfn, (size_t)BA_PAGE_SIZE << order);
}

/* ---- user memory ------------------------------------------------- */

/* A handle with a page; *size: bytes of that page. */
static bool take_handle(struct ba_py_machine *self, PyObject *object,
			const char *call, uint32_t *ret, uint64_t *size)
{
	struct ba_ctx ctx = ba_machine_ctx(&self->machine, 0);
	uint64_t handle = 0;

	if (!ba_py_uint(object, "handle", UINT32_MAX, &handle))
		return false;
	*ret = (uint32_t)handle;
	if (ba_user_has(&ctx, *ret)) {
		*size = (uint64_t)BA_PAGE_SIZE << ctx.handles[*ret].order;
		return true;
	}
	ba_py_fail(self->state, BA_EHANDLE,
		   "%s(): no page has the handle %u; it was never given out, "
		   "was released, or the OOM killer took its mm; handles() "
		   "lists those there are", call, *ret);
	return false;
}

static bool fits(uint64_t offset, uint64_t size, uint64_t page)
{
	if (offset <= page && size <= page - offset)
		return true;
	PyErr_Format(PyExc_ValueError,
		     "%llu bytes from offset %llu do not fit into the page, "
		     "which has %llu", (unsigned long long)size,
		     (unsigned long long)offset, (unsigned long long)page);
	return false;
}

/*
 * Where the page's bytes are, after it was touched; NULL: no memory for it, or
 * an exception, when the host had none for bytes that left a frame (V4).
 */
static uint8_t *touch(struct ba_py_machine *self, uint32_t handle, bool write,
		      cpu_t cpu, uint8_t node)
{
	struct ba_ctx ctx = ba_machine_ctx(&self->machine, cpu);

	if (ba_fault_touch(&ctx, nodes_of(self), handle, write, node) ==
	    BA_TOUCH_FAILED)
		return NULL;
	if (ctx.vm->bytes_lost)
		return (void *)ba_py_fail(self->state, BA_ENOMEM,
					  "the host had no memory for bytes of "
					  "user memory: some are lost");
	return ba_memory_at(ctx.memory, ctx.handles[handle].pfn);
}

const char ba_py_machine_copy_to_user_doc[] =
"copy_to_user($self, /, handle, data, offset=0, *, cpu=0, node=None)\n"
"--\n"
"\n"
"Write bytes to a page of user memory, which is touched as by touch(): one\n"
"that was reclaimed is read again first, with what it held.\n"
"\n"
"data is bytes or any buffer. Returns how many bytes could not be copied, as\n"
"the kernel's function does: 0, or all when there was no memory for the page.\n"
"\n"
"Raises FrameError when no page has the handle, ValueError when the bytes do\n"
"not fit into the page or the machine is not backed.";

PyObject *ba_py_machine_copy_to_user(PyObject *object, PyObject *const *args,
				     Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "handle", "data", "offset", "cpu",
					     "node", NULL };
	static const struct ba_py_signature signature = {
		"copy_to_user", names, 3, 2 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX], *ret = NULL;
	uint64_t offset = 0, page = 0;
	uint8_t *to = NULL, node;
	uint32_t handle;
	Py_buffer view;
	cpu_t cpu;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !is_backed(self, "copy_to_user") ||
	    !ba_py_uint(value[2], "offset", INT64_MAX, &offset) ||
	    !ba_py_take_cpu(self, value[3], &cpu) ||
	    !ba_py_take_node(self, value[4], cpu, &node) ||
	    !ba_py_bytes(value[1], "data", &view))
		return NULL;
	if (ba_py_ready(self) &&
	    take_handle(self, value[0], "copy_to_user", &handle, &page) &&
	    fits(offset, (uint64_t)view.len, page)) {
		to = touch(self, handle, true, cpu, node);
		if (to)
			memmove(to + offset, view.buf, (size_t)view.len);
		if (!PyErr_Occurred())
			ret = ba_py_u64(to ? 0 : (uint64_t)view.len);
	}
	PyBuffer_Release(&view);
	return ret;
}

const char ba_py_machine_copy_from_user_doc[] =
"copy_from_user($self, /, handle, size=None, offset=0, *, cpu=0, node=None)\n"
"--\n"
"\n"
"Read bytes of a page of user memory, by default all from offset on. It is\n"
"touched as by touch(): one that was reclaimed is read again first.\n"
"\n"
"Returns bytes, or None when there was no memory for the page.\n"
"\n"
"Raises FrameError when no page has the handle, ValueError when the page has\n"
"not so many bytes or the machine is not backed.";

PyObject *ba_py_machine_copy_from_user(PyObject *object, PyObject *const *args,
				       Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "handle", "size", "offset", "cpu",
					     "node", NULL };
	static const struct ba_py_signature signature = {
		"copy_from_user", names, 3, 1 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX];
	uint64_t offset = 0, size, page = 0;
	uint8_t *from, node;
	uint32_t handle;
	cpu_t cpu;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !is_backed(self, "copy_from_user") || !ba_py_ready(self) ||
	    !ba_py_uint(value[2], "offset", INT64_MAX, &offset) ||
	    !ba_py_take_cpu(self, value[3], &cpu) ||
	    !ba_py_take_node(self, value[4], cpu, &node) ||
	    !take_handle(self, value[0], "copy_from_user", &handle, &page))
		return NULL;
	size = offset < page ? page - offset : 0;
	if ((value[1] != Py_None &&
	     !ba_py_uint(value[1], "size", INT64_MAX, &size)) ||
	    !fits(offset, size, page))
		return NULL;
	from = touch(self, handle, false, cpu, node);
	if (!from && PyErr_Occurred())
		return NULL;
	if (!from)
		Py_RETURN_NONE;
	return PyBytes_FromStringAndSize((char *)from + offset,
					 (Py_ssize_t)size);
}
