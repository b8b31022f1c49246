// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_machine_calls.h"

#include <stdio.h>
#include <stdlib.h>

#include "py/py_errors.h"
#include "py/py_machine_args.h"
#include "py/py_memory.h"
#include "py/py_owner.h"
#include "py/py_records.h"

static struct ba_nodes *nodes_of(const struct ba_py_machine *self)
{
	return ba_machine_nodes(&self->machine);
}

/* ---- arguments --------------------------------------------------- */

struct request {
	uint32_t gfp;
	order_t order;
	cpu_t cpu;
	uint8_t node;
};

BA_PY_INLINE bool take_request(const struct ba_py_machine *self,
			       PyObject *const *value, struct request *ret)
{
	uint64_t order = 0;

	if (!ba_py_take_gfp(self, value[0], &ret->gfp) ||
	    !ba_py_uint(value[1], "order", UINT8_MAX, &order) ||
	    !ba_py_take_cpu(self, value[2], &ret->cpu) ||
	    !ba_py_take_node(self, value[3], ret->cpu, &ret->node))
		return false;
	ret->order = (order_t)order;
	return true;
}

/* ---- what went wrong with a frame -------------------------------- */

static const char *describe_frame(const struct ba_ctx *ctx, pfn_t pfn,
				  char *text, size_t size)
{
	pfn_t head = ba_free_head(ctx, pfn);
	const struct ba_frame *f = &ctx->frames[pfn];

	if (head != BA_PFN_NONE)
		snprintf(text, size, "it lies in the block of order %u at "
			 "0x%x on a %s list",
			 (unsigned int)ba_descriptor(ctx, head)->order,
			 (unsigned int)head,
			 ctx->frames[head].state == BA_FRAME_PCP ?
				 "per-CPU" : "buddy");
	else if (f->state == BA_FRAME_ISOLATED)
		snprintf(text, size, "it is isolated");
	else if (f->flags & BA_FRAME_FREEING)
		snprintf(text, size, "it is given twice in one batch");
	else if (f->flags & BA_FRAME_HEAD)
		snprintf(text, size, "it begins a block in use of order %u",
			 (unsigned int)f->order);
	else
		snprintf(text, size, "it begins no known block");
	return text;
}

static PyObject *frame_error(const struct ba_py_machine *self,
			     const struct ba_ctx *ctx, enum ba_status status,
			     const char *what, uint64_t pfn,
			     unsigned int order)
{
	struct ba_nodes *nodes = nodes_of(self);
	unsigned int frame = (unsigned int)pfn;
	char text[120];

	if (status == BA_EINVAL)
		return ba_py_fail(self->state, BA_EORDER,
				  "cannot %s frame 0x%x: a block of order %u "
				  "begins at a multiple of %u frames, and no "
				  "order is above %u", what, frame, order,
				  1u << (order & 31u), BA_ORDER_MAX);
	if (pfn >= nodes->end || !ba_nodes_zone_of(ctx, nodes, frame))
		return ba_py_fail(self->state, BA_EFRAME,
				  "cannot %s frame 0x%x: it lies outside "
				  "every zone; see zones() for their limits",
				  what, frame);
	if (status == BA_EHANDLE)
		return ba_py_fail(self->state, status,
				  "cannot %s frame 0x%x: it holds user memory, "
				  "the page of handle %u, which may move; "
				  "release the handle", what, frame,
				  ba_rmap_of(ctx, frame));
	if (status == BA_ESLAB)
		return ba_py_fail(self->state, status,
				  "cannot %s frame 0x%x: it holds %s; free "
				  "them by address, with kfree", what, frame,
				  ctx->frames[pfn].flags & BA_FRAME_KMALLOC ?
					  "the bytes of a large kmalloc" :
					  "objects of a slab cache");
	describe_frame(ctx, frame, text, sizeof(text));
	if (status == BA_EDOUBLEFREE)
		return ba_py_fail(self->state, status,
				  "cannot %s frame 0x%x (order %u): it is "
				  "free already: %s; free each block once",
				  what, frame, order, text);
	return ba_py_fail(self->state, status,
			  "cannot %s frame 0x%x as a block of order %u: %s; "
			  "give the frame and order that alloc_pages had",
			  what, frame, order, text);
}

/* ---- allocations ------------------------------------------------- */

static const char *const request_names[] = { "gfp", "order", "cpu", "node",
					     NULL };

const char ba_py_machine_alloc_pages_doc[] =
"alloc_pages($self, /, gfp, order=0, *, cpu=0, node=None)\n"
"--\n"
"\n"
"Allocate a block of 2**order page frames on behalf of a simulated CPU.\n"
"\n"
"gfp is a word of GFP flags in the bits of the machine's kernel, or a text of\n"
"their names such as 'GFP_KERNEL|__GFP_ZERO'. node is the preferred memory\n"
"node, by default the CPU's own. Returns the number of the block's first\n"
"frame, or None when the model has no such block: that is a result, not an\n"
"error (alloc_pages_outcome tells why).\n"
"\n"
"Raises ValueError for flags, order, cpu or node out of range.";

/* value: gfp, order, cpu, node. */
BA_PY_INLINE PyObject *alloc_pages(struct ba_py_machine *self,
				   PyObject *const *value)
{
	struct request request;
	struct ba_ctx *ctx;
	pfn_t pfn;

	if (!take_request(self, value, &request))
		return NULL;
	ctx = ba_py_on_cpu(self, request.cpu);
	if (!ctx)
		return NULL;
	pfn = ba_alloc_pages(ctx, nodes_of(self), request.gfp, request.order,
			     request.node);
	ba_py_off_cpu(ctx);
	if (ba_unlikely(pfn == BA_PFN_NONE))
		Py_RETURN_NONE;
	return ba_py_pfn(pfn);
}

PyObject *ba_py_machine_alloc_pages(PyObject *object, PyObject *const *args,
				    Py_ssize_t nr, PyObject *kwnames)
{
	static const struct ba_py_signature signature = {
		"alloc_pages", request_names, 2, 1 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX];

	if (ba_py_one_arg(nr, kwnames)) {
		PyObject *const gfp[] = { args[0], NULL, NULL, NULL };

		return alloc_pages(self, gfp);
	}
	if (!ba_py_args(&signature, args, nr, kwnames, value))
		return NULL;
	return alloc_pages(self, value);
}

static PyStructSequence_Field outcome_fields[] = {
	{ "pfn", "first frame of the block; None: no block" },
	{ "result", "index into RESULTS" },
	{ "path", "steps taken: bit i is STEPS[i]" },
	{ "latency_ns", "modelled cost of these steps, ns" },
	{ "split_order", "order of the block that was cut; None: none" },
	{ "fallback", "migratetype that it was taken from; None: its own" },
	{ "zone", "id of the zone; None: no block" },
	{ "order", "order asked for" },
	{ "migratetype", "migratetype asked for" },
	{ NULL, NULL },
};

static PyStructSequence_Desc outcome_desc = {
	.name = "buddyalloc._core.AllocOutcome",
	.doc = "What one allocation did.",
	.fields = outcome_fields,
	.n_in_sequence = 9,
};

PyTypeObject *ba_py_outcome_type(void)
{
	return PyStructSequence_NewType(&outcome_desc);
}

static PyObject *new_outcome(const struct ba_py_machine *self,
			     const struct ba_ctx *ctx,
			     const struct request *request, pfn_t pfn)
{
	struct ba_nodes *nodes = nodes_of(self);
	PyObject *ret = PyStructSequence_New(self->state->outcome);
	bool none = pfn == BA_PFN_NONE;
	uint8_t zone = none ? UINT8_MAX :
			      ba_nodes_zone_of(ctx, nodes, pfn)->id;

	if (!ret)
		return NULL;
	PyObject *const item[] = {
		ba_py_u64_or_none(none ? UINT64_MAX : pfn),
		PyLong_FromLong((long)ctx->result),
		PyLong_FromUnsignedLong(ctx->charge.path),
		PyLong_FromUnsignedLong(ctx->charge.latency_ns),
		ba_py_u8_or_none(ctx->charge.split_order),
		ba_py_u8_or_none(ctx->charge.fallback),
		ba_py_u8_or_none(zone),
		PyLong_FromUnsignedLong(request->order),
		PyLong_FromUnsignedLong(ba_gfp_migratetype(request->gfp)),
	};

	for (Py_ssize_t i = 0; i < 9; i++)
		PyStructSequence_SetItem(ret, i, item[i]);
	if (PyErr_Occurred())
		Py_CLEAR(ret);
	return ret;
}

const char ba_py_machine_alloc_pages_outcome_doc[] =
"alloc_pages_outcome($self, /, gfp, order=0, *, cpu=0, node=None)\n"
"--\n"
"\n"
"As alloc_pages, but return an AllocOutcome: frame, result, the steps taken\n"
"and their modelled cost in ns.";

PyObject *ba_py_machine_alloc_pages_outcome(PyObject *object,
					    PyObject *const *args,
					    Py_ssize_t nr, PyObject *kwnames)
{
	static const struct ba_py_signature signature = {
		"alloc_pages_outcome", request_names, 2, 1 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX];
	struct request request;
	struct ba_ctx *ctx;
	pfn_t pfn;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !take_request(self, value, &request))
		return NULL;
	ctx = ba_py_on_cpu(self, request.cpu);
	if (!ctx)
		return NULL;
	pfn = ba_alloc_pages(ctx, nodes_of(self), request.gfp, request.order,
			     request.node);
	ba_py_off_cpu(ctx);
	return new_outcome(self, ctx, &request, pfn);
}

const char ba_py_machine_alloc_pages_bulk_doc[] =
"alloc_pages_bulk($self, /, gfp, nr, *, cpu=0, node=None)\n"
"--\n"
"\n"
"Allocate up to nr pages of order 0 in one call.\n"
"\n"
"Returns their frame numbers as Records of uint32, shape (got,), in the\n"
"order in which they were taken. As in the kernel, fewer than nr may come,\n"
"often a single one. The GIL is released.\n"
"\n"
"Raises ValueError for an argument out of range.";

PyObject *ba_py_machine_alloc_pages_bulk(PyObject *object,
					 PyObject *const *args,
					 Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "gfp", "nr", "cpu", "node",
					     NULL };
	static const struct ba_py_signature signature = {
		"alloc_pages_bulk", names, 2, 2 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX];
	struct request request;
	struct ba_bulk bulk;
	struct ba_ctx ctx;
	uint64_t want = 0;
	pfn_t *pfns;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_uint(value[1], "nr", nodes_of(self)->end, &want))
		return NULL;
	value[1] = NULL;		/* in its place the order: 0 */
	if (!take_request(self, value, &request))
		return NULL;
	pfns = ba_py_records_data(want, sizeof(*pfns));
	if (!pfns || !ba_py_enter(self, request.cpu)) {
		free(pfns);
		return NULL;
	}
	Py_BEGIN_ALLOW_THREADS
	ctx = ba_machine_enter(&self->machine, request.cpu);
	bulk = ba_alloc_pages_bulk(&ctx, nodes_of(self), request.gfp,
				   request.node, (uint32_t)want, pfns);
	ba_machine_leave(&ctx);
	Py_END_ALLOW_THREADS
	ba_py_leave(self, request.cpu);
	return ba_py_records_new(self->state, pfns, "=I", sizeof(*pfns),
				 bulk.got, 0);
}

/* ---- frees ------------------------------------------------------- */

static const char *const block_names[] = { "pfn", "order", "cpu", NULL };

/* Frame and order of a block; what does not fit is left to the core. */
BA_PY_INLINE bool take_block(const struct ba_py_machine *self,
			     PyObject *const *value, pfn_t *pfn,
			     order_t *order, cpu_t *cpu)
{
	uint64_t frame = 0, o = 0;

	if (!ba_py_uint(value[0], "pfn", UINT32_MAX - 1, &frame) ||
	    !ba_py_uint(value[1], "order", BA_ORDER_MAX, &o) ||
	    !ba_py_take_cpu(self, value[2], cpu))
		return false;
	*pfn = (pfn_t)frame;
	*order = (order_t)o;
	return true;
}

const char ba_py_machine_free_pages_doc[] =
"free_pages($self, /, pfn, order=0, *, cpu=0)\n"
"--\n"
"\n"
"Free the block of 2**order page frames that begins at frame pfn.\n"
"\n"
"Raises FrameError, and changes nothing, for a frame outside every zone, one\n"
"that is free already, or one that begins no block of that order; BufferError\n"
"when there is a view of its Memory.";

/* value: pfn, order, cpu. */
BA_PY_INLINE PyObject *free_pages(struct ba_py_machine *self,
				  PyObject *const *value)
{
	enum ba_status status;
	struct ba_ctx *ctx;
	order_t order;
	cpu_t cpu;
	pfn_t pfn;

	if (!take_block(self, value, &pfn, &order, &cpu))
		return NULL;
	if (!ba_py_memory_idle_frames(self, pfn, 1u << order))
		return NULL;
	ctx = ba_py_on_cpu(self, cpu);
	if (!ctx)
		return NULL;
	status = ba_free_pages(ctx, nodes_of(self), pfn, order);
	ba_py_off_cpu(ctx);
	if (ba_unlikely(status != BA_OK))
		return frame_error(self, ctx, status, "free", pfn, order);
	ba_py_memory_revoke_frames(self, pfn, 1u << order);
	Py_RETURN_NONE;
}

PyObject *ba_py_machine_free_pages(PyObject *object, PyObject *const *args,
				   Py_ssize_t nr, PyObject *kwnames)
{
	static const struct ba_py_signature signature = {
		"free_pages", block_names, 2, 1 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX];

	if (ba_py_one_arg(nr, kwnames)) {
		PyObject *const pfn[] = { args[0], NULL, NULL };

		return free_pages(self, pfn);
	}
	if (!ba_py_args(&signature, args, nr, kwnames, value))
		return NULL;
	return free_pages(self, value);
}

const char ba_py_machine_split_page_doc[] =
"split_page($self, /, pfn, order, *, cpu=0)\n"
"--\n"
"\n"
"Make a block in use into 2**order single pages, to be freed one by one.\n"
"\n"
"Raises FrameError as free_pages does.";

PyObject *ba_py_machine_split_page(PyObject *object, PyObject *const *args,
				   Py_ssize_t nr, PyObject *kwnames)
{
	static const struct ba_py_signature signature = {
		"split_page", block_names, 2, 2 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX];
	enum ba_status status;
	struct ba_ctx ctx;
	order_t order;
	cpu_t cpu;
	pfn_t pfn;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !take_block(self, value, &pfn, &order, &cpu) ||
	    !ba_py_ready(self))
		return NULL;
	ctx = ba_machine_ctx(&self->machine, cpu);
	status = ba_split_page(&ctx, nodes_of(self), pfn, order);
	if (status != BA_OK)
		return frame_error(self, &ctx, status, "split", pfn, order);
	Py_RETURN_NONE;
}

const char ba_py_machine_sysctl_doc[] =
"sysctl($self, /, name, value)\n"
"--\n"
"\n"
"Change one number as a write below /proc/sys/vm does.\n"
"\n"
"min_free_kbytes and watermark_scale_factor set the watermarks and per-CPU\n"
"high marks again, lowmem_reserve_ratio_* the reserves and\n"
"percpu_pagelist_high_fraction the high marks: all from the managed pages of\n"
"now.\n"
"\n"
"Two names set nothing but do something at once. compact_memory, 1: compact\n"
"every node. drop_caches, 1: evict every clean page of the page cache; 2: free\n"
"every unused object of a cache with a shrinker; 3: both; 4, which tells the\n"
"kernel to keep quiet, is nothing here. The GIL is released.\n"
"\n"
"Raises ValueError for a name or value that the kernel would refuse.";

PyObject *ba_py_machine_sysctl(PyObject *object, PyObject *const *args,
			       Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "name", "value", NULL };
	static const struct ba_py_signature signature = {
		"sysctl", names, 2, 2 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX];
	char message[256] = "";
	enum ba_status status;
	uint64_t number = 0;
	const char *name;

	if (!ba_py_args(&signature, args, nr, kwnames, value))
		return NULL;
	if (!PyUnicode_Check(value[0]))
		return PyErr_Format(PyExc_TypeError,
				    "name must be str, not %R", value[0]);
	name = PyUnicode_AsUTF8AndSize(value[0], NULL);
	if (!name || !ba_py_uint(value[1], name, UINT32_MAX, &number) ||
	    !ba_py_begin(self))
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	status = ba_machine_sysctl(&self->machine, name, (long)number, message,
				   sizeof(message));
	Py_END_ALLOW_THREADS
	ba_py_changed(self);
	ba_py_end(self);
	if (status == BA_OK)
		Py_RETURN_NONE;
	PyErr_SetString(PyExc_ValueError,
			*message ? message : ba_strerror(status));
	return NULL;
}

const char ba_py_machine_free_pages_list_doc[] =
"free_pages_list($self, /, pfns, *, cpu=0)\n"
"--\n"
"\n"
"Free pages of order 0 as one batch, in the order given.\n"
"\n"
"pfns is a buffer of integers of 4 or 8 bytes, such as an array or a column\n"
"of one, or a sequence of integers. The GIL is released.\n"
"\n"
"Raises FrameError, and frees none, when one of them cannot be freed;\n"
"BufferError when there is a view of its Memory.";

PyObject *ba_py_machine_free_pages_list(PyObject *object,
					PyObject *const *args,
					Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "pfns", "cpu", NULL };
	static const struct ba_py_signature signature = {
		"free_pages_list", names, 1, 1 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX], *ret = NULL;
	struct ba_py_list list = { NULL, 0 };
	enum ba_status status;
	struct ba_ctx ctx;
	uint32_t bad = 0;
	cpu_t cpu;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_take_cpu(self, value[1], &cpu))
		return NULL;
	if (!ba_py_take_list(value[0], "pfns", &list) ||
	    !ba_py_memory_idle_list(self, list.numbers, list.nr) ||
	    !ba_py_enter(self, cpu))
		goto out;
	Py_BEGIN_ALLOW_THREADS
	ctx = ba_machine_enter(&self->machine, cpu);
	status = ba_free_pages_list(&ctx, nodes_of(self), list.numbers,
				    (uint32_t)list.nr, &bad);
	ba_machine_leave(&ctx);
	Py_END_ALLOW_THREADS
	ba_py_leave(self, cpu);
	if (status == BA_OK) {
		ba_py_memory_revoke_list(self, list.numbers, list.nr);
		ret = Py_NewRef(Py_None);
	} else {
		frame_error(self, &ctx, status, "free", list.numbers[bad], 0);
	}
out:
	free(list.numbers);
	return ret;
}

/* ---- drains ------------------------------------------------------ */

const char ba_py_machine_drain_pages_doc[] =
"drain_pages($self, /, cpu)\n"
"--\n"
"\n"
"Give the pages on one CPU's lists back to the buddy lists.";

PyObject *ba_py_machine_drain_pages(PyObject *object, PyObject *const *args,
				    Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "cpu", NULL };
	static const struct ba_py_signature signature = {
		"drain_pages", names, 1, 1 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX];
	struct ba_ctx ctx;
	cpu_t cpu;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_take_cpu(self, value[0], &cpu) || !ba_py_ready(self))
		return NULL;
	ctx = ba_machine_ctx(&self->machine, cpu);
	ba_drain_pages(&ctx, nodes_of(self), cpu);
	Py_RETURN_NONE;
}

const char ba_py_machine_drain_all_pages_doc[] =
"drain_all_pages($self, /)\n"
"--\n"
"\n"
"Give the pages on every CPU's lists back to the buddy lists.";

PyObject *ba_py_machine_drain_all_pages(PyObject *object,
					PyObject *const *args,
					Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { NULL };
	static const struct ba_py_signature signature = {
		"drain_all_pages", names, 0, 0 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX];
	struct ba_ctx ctx;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_ready(self))
		return NULL;
	ctx = ba_machine_ctx(&self->machine, 0);
	ba_drain_all_pages(&ctx, nodes_of(self));
	Py_RETURN_NONE;
}
