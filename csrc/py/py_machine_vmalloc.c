// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_machine_vmalloc.h"

#include <stdio.h>
#include <stdlib.h>

#include "mm/kvmalloc.h"
#include "py/py_errors.h"
#include "py/py_machine_args.h"
#include "py/py_memory.h"
#include "py/py_records.h"
#include "py/py_slab_args.h"
#include "sim/sizing.h"

#define SENTENCE 200	/* bytes */

static struct ba_nodes *nodes_of(const struct ba_py_machine *self)
{
	return ba_machine_nodes(&self->machine);
}

/* ---- what went wrong --------------------------------------------- */

static PyObject *fail_32bit(const struct ba_py_machine *self)
{
	return ba_py_fail(self->state, BA_EINVAL,
			  "vmalloc of a machine with arch 'i386' is not "
			  "modelled; make one with arch='x86_64'");
}

/* Why ba_vmalloc and ba_vmap refuse a request. */
static PyObject *fail_request(const struct ba_py_machine *self,
			      const char *name, uint64_t size, uint64_t unit,
			      uint64_t align)
{
	struct ba_nodes *nodes = nodes_of(self);
	uint64_t most = ba_sizing_managed(nodes) * BA_PAGE_SIZE / unit;

	if (nodes->arch != BA_ARCH_X86_64)
		return fail_32bit(self);
	if (!align || align & (align - 1))
		return ba_py_fail(self->state, BA_EINVAL,
				  "align must be a power of two, not %llu",
				  (unsigned long long)align);
	return ba_py_fail(self->state, BA_EINVAL,
			  "%s must be within 1..%llu, what the machine's "
			  "memory is, not %llu", name,
			  (unsigned long long)most, (unsigned long long)size);
}

/* A table of the model is full: no state that a kernel could be in. */
static PyObject *fail_full(const struct ba_py_machine *self)
{
	const struct ba_vmap_space *space =
		&ba_machine_ctx(&self->machine, 0).vmalloc->space;

	return ba_py_fail(self->state, BA_EINVAL,
			  "the machine's tables may not suffice for the area: "
			  "%u of %u areas are described, free ones too; free "
			  "some, or make a machine with more memory",
			  (unsigned int)(space->nr_areas - space->nr_unused),
			  (unsigned int)space->max_areas);
}

/* The area that contains an address. */
static bool find_around(struct ba_vmalloc *v, uint64_t address,
			struct ba_vmalloc_info *ret)
{
	struct ba_vmalloc_walk walk = { .node = 0 };

	while (ba_vmalloc_next(v, &walk, ret))
		if (address >= ret->start && address < ret->end)
			return true;
	return false;
}

static void describe(struct ba_vmalloc *v, uint64_t address, char *text)
{
	struct ba_vmalloc_info info;

	if (!ba_is_vmalloc(address))
		snprintf(text, SENTENCE, "it lies outside 0x%llx..0x%llx, "
			 "where vmalloc's areas are",
			 (unsigned long long)BA_VMALLOC_START,
			 (unsigned long long)BA_VMALLOC_END);
	else if (!find_around(v, address, &info))
		snprintf(text, SENTENCE, "no area is there; vmap_areas() lists "
			 "those there are");
	else if (!info.vm)
		snprintf(text, SENTENCE, "it was freed already, and waits for "
			 "a purge; free each address once");
	else if (info.start != address)
		snprintf(text, SENTENCE, "it lies inside the area at 0x%llx; "
			 "give that address", (unsigned long long)info.start);
	else if (info.vm->flags & BA_VM_ALLOC)
		snprintf(text, SENTENCE, "the area is vmalloc's; free it with "
			 "vfree");
	else
		snprintf(text, SENTENCE, "the area is vmap's; free it with "
			 "vunmap");
}

static PyObject *fail_address(const struct ba_py_machine *self,
			      enum ba_status status, const char *what,
			      uint64_t address, pfn_t bad)
{
	struct ba_vmalloc *v = ba_machine_ctx(&self->machine, 0).vmalloc;
	char text[SENTENCE], number[24];

	/* PyErr_Format has no %llx before 3.12 */
	snprintf(number, sizeof(number), "0x%llx",
		 (unsigned long long)address);
	if (status == BA_EORDER)
		snprintf(text, sizeof(text), "its frame 0x%x is no page in use "
			 "any more; somebody has freed it with free_pages",
			 (unsigned int)bad);
	else
		describe(v, address, text);
	return ba_py_fail(self->state, status, "cannot %s %s: %s", what,
			  number, text);
}

/* ---- real bytes -------------------------------------------------- */

/* The *nr frames of an area, of malloc; NULL: no area, or no memory. */
static pfn_t *list_pages(struct ba_vmalloc *v, uint64_t address, uint32_t *nr)
{
	struct ba_vmalloc_info info;
	pfn_t *pfns;

	if (!ba_is_vmalloc(address) || !ba_vmalloc_find(v, address, &info))
		return NULL;
	*nr = (uint32_t)((info.end - info.start) / BA_PAGE_SIZE) - 1;
	pfns = ba_py_records_data(*nr, sizeof(*pfns));
	for (uint32_t i = 0; pfns && i < *nr; i++)
		pfns[i] = ba_vmalloc_to_pfn(v, address +
					    (uint64_t)i * BA_PAGE_SIZE);
	return pfns;
}

/* The frames of an area that goes, for its Memory; none: no such machine. */
struct going {
	pfn_t *pfns;
	uint32_t nr;
	bool frames;		/* they are freed with it */
};

struct address_call {
	uint64_t address;
	cpu_t cpu;
};

/*
 * ba_py_enter for a call that frees. Is nothing viewed of what is to go? Then
 * *ret is for leave_going, which ends the call.
 */
static bool enter_going(struct ba_py_machine *self,
			const struct address_call *call, bool frames,
			struct going *ret)
{
	*ret = (struct going){ .frames = frames };
	if (!ba_py_enter(self, call->cpu))
		return false;
	if (!self->machine.memory.direct)
		return true;
	ret->pfns = list_pages(self->ctx[0].vmalloc, call->address, &ret->nr);
	if (!PyErr_Occurred() && ba_py_memory_idle_at(self, call->address) &&
	    (!frames || ba_py_memory_idle_list(self, ret->pfns, ret->nr)))
		return true;
	free(ret->pfns);
	ba_py_leave(self, call->cpu);
	return false;
}

/* It went, or it did not. */
static void leave_going(struct ba_py_machine *self,
			const struct address_call *call,
			const struct going *going, bool freed)
{
	ba_py_leave(self, call->cpu);
	if (freed)
		ba_py_memory_revoke_at(self, call->address);
	if (freed && going->frames)
		ba_py_memory_revoke_list(self, going->pfns, going->nr);
	free(going->pfns);
}

/* The area as a Memory of `size` bytes. */
static PyObject *map_memory(struct ba_py_machine *self, uint64_t address,
			    uint64_t size)
{
	struct ba_vmalloc *v = ba_machine_ctx(&self->machine, 0).vmalloc;
	uint32_t nr = 0;
	pfn_t *pfns = list_pages(v, address, &nr);
	PyObject *ret = NULL;

	if (pfns)
		ret = ba_py_memory_mapped(self, address, pfns, nr, size);
	free(pfns);
	return ret;
}

/* ---- allocate ---------------------------------------------------- */

/* Give back what no Memory could be made of. */
static void undo(struct ba_py_machine *self, cpu_t cpu, uint64_t address,
		 bool mapped)
{
	struct ba_ctx ctx = ba_machine_ctx(&self->machine, cpu);
	pfn_t bad;

	if (mapped)
		(void)ba_vunmap(&ctx, nodes_of(self), address);
	else
		(void)ba_vfree(&ctx, nodes_of(self), address, &bad);
}

/*
 * What the caller gets: None for no address, else the address or, of a backed
 * machine, a Memory of `size` bytes there.
 */
static PyObject *answer(struct ba_py_machine *self, const struct ba_ctx *ctx,
			uint64_t address, uint64_t size, bool mapped)
{
	PyObject *ret;

	if (!address && ctx->result == BA_RESULT_TABLE_FULL)
		return fail_full(self);
	if (!ba_is_vmalloc(address))
		return ba_py_memory_given(self, ctx->cpu, address, size);
	if (!self->machine.memory.direct)
		return ba_py_u64(address);
	ret = map_memory(self, address, size);
	if (!ret)
		undo(self, ctx->cpu, address, mapped);
	return ret;
}

static PyObject *do_vmalloc(struct ba_py_machine *self,
			    const struct ba_vmalloc_request *request,
			    cpu_t cpu)
{
	enum ba_status status;
	struct ba_ctx ctx;
	uint64_t address;

	if (!ba_py_enter(self, cpu))
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	ctx = ba_machine_enter(&self->machine, cpu);
	status = ba_vmalloc(&ctx, nodes_of(self), request, &address);
	ba_machine_leave(&ctx);
	Py_END_ALLOW_THREADS
	ba_py_leave(self, cpu);
	if (status != BA_OK)
		return fail_request(self, "size", request->size, 1,
				    request->align);
	return answer(self, &ctx, address, request->size, false);
}

const char ba_py_machine_vmalloc_doc[] =
"vmalloc($self, /, size, gfp=3264, *, align=1, huge=False, cpu=0,\n"
"        node=None)\n"
"--\n"
"\n"
"Memory at adjacent kernel addresses, in frames that need not be adjacent.\n"
"\n"
"size in bytes, at most the machine's memory; each begun page has a frame of\n"
"its own, and a guard page of addresses without a frame follows. gfp: flags\n"
"as a number or in words, by default GFP_KERNEL. align: of the address, a\n"
"power of two. huge=True: 2 MiB at a time where size is as large\n"
"(vmalloc_huge), or single pages if that cannot be had. node: the preferred\n"
"memory node, by default none.\n"
"\n"
"Returns the address, or of a backed machine a Memory: the frames' bytes side\n"
"by side. None when memory or addresses ran out: whatever was had by then is\n"
"given back. The GIL is released. Raises ValueError for a size of 0 or beyond\n"
"the memory, and when the machine's tables might not suffice; MemoryError,\n"
"and nothing had, when the host cannot map so many frames.";

PyObject *ba_py_machine_vmalloc(PyObject *object, PyObject *const *args,
				Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "size", "gfp", "cpu", "node",
					     "align", "huge", NULL };
	static const struct ba_py_signature signature = {
		"vmalloc", names, 2, 1 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	struct ba_vmalloc_request request = { .align = 1 };
	struct ba_py_slab_request common = { .cpu = 0 };
	PyObject *value[BA_PY_ARGS_MAX];
	bool huge = false;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_uint(value[0], "size", UINT64_MAX, &request.size) ||
	    !ba_py_take_slab_request(self, &value[1], &common) ||
	    !ba_py_uint(value[4], "align", UINT64_MAX, &request.align) ||
	    !ba_py_bool(value[5], &huge))
		return NULL;
	request.gfp = common.gfp;
	request.node = common.node;
	request.flags = huge ? BA_VM_ALLOW_HUGE : 0;
	return do_vmalloc(self, &request, common.cpu);
}

/* The calls that have no gfp of their own: GFP_KERNEL and ZERO. */
static PyObject *zeroed(const char *function, PyObject *object,
			PyObject *const *args, Py_ssize_t nr,
			PyObject *kwnames,
			struct ba_vmalloc_request request)
{
	static const char *const names[] = { "size", "cpu", "node", NULL };
	struct ba_py_signature signature = { function, names, 1, 1 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	struct ba_py_slab_request common = { .cpu = 0 };
	PyObject *value[BA_PY_ARGS_MAX], *gfp_cpu_node[3] = { NULL };

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_uint(value[0], "size", UINT64_MAX, &request.size))
		return NULL;
	gfp_cpu_node[1] = value[1];
	gfp_cpu_node[2] = value[2];
	if (!ba_py_take_slab_request(self, gfp_cpu_node, &common))
		return NULL;
	request.gfp = common.gfp | BA_GFP_ZERO;
	request.node = common.node;
	return do_vmalloc(self, &request, common.cpu);
}

const char ba_py_machine_vzalloc_doc[] =
"vzalloc($self, /, size, *, cpu=0, node=None)\n"
"--\n"
"\n"
"As vmalloc with GFP_KERNEL and __GFP_ZERO: the bytes are 0.";

PyObject *ba_py_machine_vzalloc(PyObject *object, PyObject *const *args,
				Py_ssize_t nr, PyObject *kwnames)
{
	struct ba_vmalloc_request request = { .align = 1 };

	return zeroed("vzalloc", object, args, nr, kwnames, request);
}

const char ba_py_machine_vmalloc_user_doc[] =
"vmalloc_user($self, /, size, *, cpu=0, node=None)\n"
"--\n"
"\n"
"As vzalloc, for memory that a task may map as well: vmallocinfo says 'user'.";

PyObject *ba_py_machine_vmalloc_user(PyObject *object, PyObject *const *args,
				     Py_ssize_t nr, PyObject *kwnames)
{
	struct ba_vmalloc_request request = { .align = BA_PAGE_SIZE,
					      .flags = BA_VM_USERMAP };

	return zeroed("vmalloc_user", object, args, nr, kwnames, request);
}

const char ba_py_machine_kvmalloc_doc[] =
"kvmalloc($self, /, size, gfp=3264, *, cpu=0, node=None)\n"
"--\n"
"\n"
"kmalloc, which is not to try hard where size is above a page, or else\n"
"vmalloc.\n"
"\n"
"Returns what kmalloc or vmalloc return; kvfree takes either. vmalloc is left\n"
"out for sizes from 2 GiB on and where gfp forbids to sleep. The GIL is\n"
"released. Raises ValueError as vmalloc does.";

PyObject *ba_py_machine_kvmalloc(PyObject *object, PyObject *const *args,
				 Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "size", "gfp", "cpu", "node",
					     NULL };
	static const struct ba_py_signature signature = {
		"kvmalloc", names, 2, 1 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	struct ba_py_slab_request common = { .cpu = 0 };
	PyObject *value[BA_PY_ARGS_MAX];
	uint64_t size = 0, address;
	enum ba_status status;
	struct ba_ctx ctx;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_uint(value[0], "size", UINT64_MAX, &size) ||
	    !ba_py_take_slab_request(self, &value[1], &common) ||
	    !ba_py_enter(self, common.cpu))
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	ctx = ba_machine_enter(&self->machine, common.cpu);
	status = ba_kvmalloc(&ctx, nodes_of(self), size, common.gfp,
			     common.node, &address);
	ba_machine_leave(&ctx);
	Py_END_ALLOW_THREADS
	ba_py_leave(self, common.cpu);
	if (status != BA_OK)
		return fail_request(self, "size", size, 1, 1);
	return answer(self, &ctx, address, size, false);
}

const char ba_py_machine_vmap_doc[] =
"vmap($self, /, pfns, *, cpu=0)\n"
"--\n"
"\n"
"Map given frames side by side, in their order; one may stand there twice.\n"
"\n"
"pfns is a buffer of integers of 4 or 8 bytes, such as an array, or a\n"
"sequence of integers. The frames stay their owner's: vunmap frees none.\n"
"Returns the address, or of a backed machine a Memory, or None when there is\n"
"no memory for the page tables. The GIL is released.\n"
"\n"
"Raises ValueError for no frames or more than the machine has, FrameError for\n"
"one outside every zone.";

PyObject *ba_py_machine_vmap(PyObject *object, PyObject *const *args,
			     Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "pfns", "cpu", NULL };
	static const struct ba_py_signature signature = {
		"vmap", names, 1, 1 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	struct ba_py_list list = { NULL, 0 };
	PyObject *value[BA_PY_ARGS_MAX];
	enum ba_status status;
	struct ba_ctx ctx;
	uint64_t address;
	cpu_t cpu = 0;
	pfn_t bad;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_take_cpu(self, value[1], &cpu))
		return NULL;
	if (!ba_py_take_list(value[0], "pfns", &list) ||
	    !ba_py_enter(self, cpu)) {
		free(list.numbers);
		return NULL;
	}
	Py_BEGIN_ALLOW_THREADS
	ctx = ba_machine_enter(&self->machine, cpu);
	/* what no machine has as many of is refused by its number alone */
	status = ba_vmap(&ctx, nodes_of(self), list.numbers,
			 list.nr > UINT32_MAX ? 0 : (uint32_t)list.nr,
			 &address, &bad);
	ba_machine_leave(&ctx);
	Py_END_ALLOW_THREADS
	ba_py_leave(self, cpu);
	free(list.numbers);
	if (status == BA_EFRAME)
		return ba_py_fail(self->state, status,
				  "cannot vmap frame 0x%x: it lies outside "
				  "every zone; see zones() for their limits",
				  (unsigned int)bad);
	if (status != BA_OK)
		return fail_request(self, "the number of pfns", list.nr,
				    BA_PAGE_SIZE, 1);
	return answer(self, &ctx, address,
		      (uint64_t)list.nr * BA_PAGE_SIZE, true);
}

/* ---- free -------------------------------------------------------- */

static bool take_address(const char *function, struct ba_py_machine *self,
			 PyObject *const *args, Py_ssize_t nr,
			 PyObject *kwnames, struct address_call *ret)
{
	static const char *const names[] = { "address", "cpu", NULL };
	struct ba_py_signature signature = { function, names, 1, 1 };
	PyObject *value[BA_PY_ARGS_MAX];

	ret->cpu = 0;
	return ba_py_args(&signature, args, nr, kwnames, value) &&
	       ba_py_take_address(value[0], &ret->address) &&
	       ba_py_take_cpu(self, value[1], &ret->cpu);
}

const char ba_py_machine_vfree_doc[] =
"vfree($self, /, address, *, cpu=0)\n"
"--\n"
"\n"
"Give back what vmalloc returned; None is nothing.\n"
"\n"
"The frames are free at once, the addresses after the next purge. The GIL is\n"
"released. Raises VmallocError for an address that vmalloc did not return or\n"
"that was freed already, FrameError when somebody else has freed a frame of\n"
"the area, BufferError when there is a view of its Memory.";

PyObject *ba_py_machine_vfree(PyObject *object, PyObject *const *args,
			      Py_ssize_t nr, PyObject *kwnames)
{
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	struct address_call call;
	enum ba_status status;
	struct going going;
	struct ba_ctx ctx;
	pfn_t bad;

	if (!take_address("vfree", self, args, nr, kwnames, &call) ||
	    !enter_going(self, &call, true, &going))
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	ctx = ba_machine_enter(&self->machine, call.cpu);
	status = ba_vfree(&ctx, nodes_of(self), call.address, &bad);
	ba_machine_leave(&ctx);
	Py_END_ALLOW_THREADS
	leave_going(self, &call, &going, status == BA_OK);
	if (status != BA_OK)
		return fail_address(self, status, "vfree", call.address, bad);
	Py_RETURN_NONE;
}

const char ba_py_machine_vunmap_doc[] =
"vunmap($self, /, address, *, cpu=0)\n"
"--\n"
"\n"
"Let what vmap mapped there be mapped no more; None is nothing. The GIL is\n"
"released. Raises VmallocError for an address that vmap did not return, or\n"
"that was given back already, BufferError when there is a view of its Memory.";

PyObject *ba_py_machine_vunmap(PyObject *object, PyObject *const *args,
			       Py_ssize_t nr, PyObject *kwnames)
{
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	struct address_call call;
	enum ba_status status;
	struct going going;
	struct ba_ctx ctx;

	if (!take_address("vunmap", self, args, nr, kwnames, &call) ||
	    !enter_going(self, &call, false, &going))
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	ctx = ba_machine_enter(&self->machine, call.cpu);
	status = ba_vunmap(&ctx, nodes_of(self), call.address);
	ba_machine_leave(&ctx);
	Py_END_ALLOW_THREADS
	leave_going(self, &call, &going, status == BA_OK);
	if (status != BA_OK)
		return fail_address(self, status, "vunmap", call.address,
				    BA_PFN_NONE);
	Py_RETURN_NONE;
}

const char ba_py_machine_kvfree_doc[] =
"kvfree($self, /, address, *, cpu=0)\n"
"--\n"
"\n"
"Give back what kvmalloc, kmalloc or vmalloc returned; None is nothing. The\n"
"GIL is released. Raises VmallocError, SlabError, FrameError or BufferError\n"
"as vfree and kfree do.";

PyObject *ba_py_machine_kvfree(PyObject *object, PyObject *const *args,
			       Py_ssize_t nr, PyObject *kwnames)
{
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	struct address_call call;
	enum ba_status status;
	struct going going;
	struct ba_ctx ctx;
	pfn_t bad;

	if (!take_address("kvfree", self, args, nr, kwnames, &call) ||
	    !enter_going(self, &call, true, &going))
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	ctx = ba_machine_enter(&self->machine, call.cpu);
	status = ba_kvfree(&ctx, nodes_of(self), call.address, &bad);
	ba_machine_leave(&ctx);
	Py_END_ALLOW_THREADS
	leave_going(self, &call, &going, status == BA_OK);
	if (status != BA_OK && ba_is_vmalloc(call.address))
		return fail_address(self, status, "kvfree", call.address, bad);
	if (status != BA_OK)
		return ba_py_object_error(self, status, "kvfree",
					  call.address, BA_CACHE_NONE);
	Py_RETURN_NONE;
}

const char ba_py_machine_vm_unmap_aliases_doc[] =
"vm_unmap_aliases($self, /, *, cpu=0)\n"
"--\n"
"\n"
"Purge what was lazily freed now, however little it is: its addresses can be\n"
"given out again.";

PyObject *ba_py_machine_vm_unmap_aliases(PyObject *object,
					 PyObject *const *args, Py_ssize_t nr,
					 PyObject *kwnames)
{
	static const char *const names[] = { "cpu", NULL };
	static const struct ba_py_signature signature = {
		"vm_unmap_aliases", names, 0, 0 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX];
	struct ba_ctx ctx;
	cpu_t cpu = 0;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_take_cpu(self, value[0], &cpu) || !ba_py_enter(self, cpu))
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	ctx = ba_machine_enter(&self->machine, cpu);
	ba_vm_unmap_aliases(&ctx, nodes_of(self));
	ba_machine_leave(&ctx);
	Py_END_ALLOW_THREADS
	ba_py_leave(self, cpu);
	Py_RETURN_NONE;
}

/* ---- views ------------------------------------------------------- */

static bool take_address_only(const char *function,
			      struct ba_py_machine *self,
			      PyObject *const *args, Py_ssize_t nr,
			      PyObject *kwnames, uint64_t *ret)
{
	static const char *const names[] = { "address", NULL };
	struct ba_py_signature signature = { function, names, 1, 1 };
	PyObject *value[BA_PY_ARGS_MAX];

	return ba_py_args(&signature, args, nr, kwnames, value) &&
	       ba_py_uint(value[0], "address", UINT64_MAX, ret) &&
	       ba_py_ready(self);
}

const char ba_py_machine_vmalloc_pages_doc[] =
"vmalloc_pages($self, /, address)\n"
"--\n"
"\n"
"The frames of the area that begins at an address, in the order in which they\n"
"are mapped: Records of uint32 of shape (pages,), without the guard page.\n"
"Raises VmallocError where no area begins.";

PyObject *ba_py_machine_vmalloc_pages(PyObject *object, PyObject *const *args,
				      Py_ssize_t nr, PyObject *kwnames)
{
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	struct ba_vmalloc *v = ba_machine_ctx(&self->machine, 0).vmalloc;
	uint64_t address = 0;
	uint32_t pages = 0;
	pfn_t *pfns;

	if (!take_address_only("vmalloc_pages", self, args, nr, kwnames,
			       &address))
		return NULL;
	pfns = list_pages(v, address, &pages);
	if (pfns)
		return ba_py_records_new(self->state, pfns, "=I",
					 sizeof(*pfns), pages, 0);
	return PyErr_Occurred() ? NULL :
		fail_address(self, BA_ENOAREA, "list the pages of", address,
			     BA_PFN_NONE);
}

const char ba_py_machine_vmalloc_to_pfn_doc[] =
"vmalloc_to_pfn($self, /, address)\n"
"--\n"
"\n"
"The frame that is mapped at an address, by a walk through the page tables;\n"
"None where nothing is mapped, as at a guard page.";

PyObject *ba_py_machine_vmalloc_to_pfn(PyObject *object,
				       PyObject *const *args, Py_ssize_t nr,
				       PyObject *kwnames)
{
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	uint64_t address = 0;
	pfn_t pfn;

	if (!take_address_only("vmalloc_to_pfn", self, args, nr, kwnames,
			       &address))
		return NULL;
	pfn = ba_vmalloc_to_pfn(ba_machine_ctx(&self->machine, 0).vmalloc,
				address);
	if (pfn == BA_PFN_NONE)
		Py_RETURN_NONE;
	return ba_py_u64(pfn);
}

enum kind {
#define X(name, text) KIND_##name,
	BA_PY_VMAP_AREA_KINDS(X)
#undef X
};

struct row {
	uint64_t address, size, requested;
	uint32_t pages;
	uint8_t kind, vpages, large, user;
	uint32_t node_pages[BA_NODE_MAX];
};
BA_STATIC_ASSERT(sizeof(struct row) == 96, "as BA_PY_VMAP_AREA_FIELDS");

static void count_nodes(const struct ba_py_machine *self,
			const struct ba_ctx *ctx, struct row *row)
{
	for (uint32_t i = 0; i < row->pages; i++) {
		pfn_t pfn = ba_vmalloc_to_pfn(ctx->vmalloc, row->address +
					      (uint64_t)i * BA_PAGE_SIZE);
		const struct ba_zone *zone =
			ba_nodes_zone_of(ctx, nodes_of(self), pfn);

		if (zone)
			row->node_pages[zone->node]++;
	}
}

static void fill_row(const struct ba_py_machine *self,
		     const struct ba_ctx *ctx,
		     const struct ba_vmalloc_info *info, struct row *row)
{
	const struct ba_vm_area *vm = info->vm;

	row->address = info->start;
	row->size = info->end - info->start;
	row->kind = KIND_LAZY;
	if (!vm)
		return;
	row->kind = vm->flags & BA_VM_ALLOC ? KIND_VMALLOC : KIND_VMAP;
	row->requested = vm->requested;
	row->pages = vm->nr_pages;
	row->vpages = (vm->flags & BA_VM_VPAGES) != 0;
	row->large = (vm->flags & BA_VM_LARGE) != 0;
	row->user = (vm->flags & BA_VM_USERMAP) != 0;
	count_nodes(self, ctx, row);
}

const char ba_py_machine_vmap_areas_doc[] =
"vmap_areas($self, /)\n"
"--\n"
"\n"
"The areas of /proc/vmallocinfo in its order, Records with the fields\n"
"VMAP_AREA_FIELDS: address; size in bytes, with the guard page; requested,\n"
"bytes; pages, those that are the area's own; kind, an index into\n"
"VMAP_AREA_KINDS; vpages, 1 where the array of pages is vmalloc'ed; large, 1\n"
"where it is mapped 2 MiB at a time; user; node_pages, its pages on each\n"
"node. Areas in use come first, then those that were lazily freed, of which\n"
"only address and size are known.";

PyObject *ba_py_machine_vmap_areas(PyObject *object, PyObject *const *args,
				   Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { NULL };
	static const struct ba_py_signature signature = {
		"vmap_areas", names, 0, 0 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	struct ba_ctx ctx = ba_machine_ctx(&self->machine, 0);
	struct ba_vmalloc_walk walk = { .node = 0 };
	PyObject *value[BA_PY_ARGS_MAX];
	struct ba_vmalloc_stat stat;
	struct ba_vmalloc_info info;
	size_t rows, at = 0;
	struct row *row;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_ready(self))
		return NULL;
	ba_vmalloc_stat(ctx.vmalloc, &stat);
	rows = stat.areas + stat.lazy_areas;
	row = ba_py_records_data(rows, sizeof(*row));
	if (!row)
		return NULL;
	while (at < rows && ba_vmalloc_next(ctx.vmalloc, &walk, &info))
		fill_row(self, &ctx, &info, &row[at++]);
	return ba_py_records_new(self->state, row,
				 BA_PY_FORMAT(BA_PY_VMAP_AREA_FIELDS),
				 sizeof(*row), rows, 0);
}

const char ba_py_machine_vmalloc_stat_doc[] =
"vmalloc_stat($self, /)\n"
"--\n"
"\n"
"Counts of vmalloc as a dict: areas in use; pages, their frames\n"
"(VmallocUsed); lazy_areas and lazy_pages, freed and not purged, guard pages\n"
"too; lazy_max, pages that may wait; purges since boot; pooled, areas that\n"
"6.12's nodes keep; page_tables, the frames that tables take.";

PyObject *ba_py_machine_vmalloc_stat(PyObject *object, PyObject *const *args,
				     Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { NULL };
	static const struct ba_py_signature signature = {
		"vmalloc_stat", names, 0, 0 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX], *ret;
	struct ba_vmalloc_stat stat;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_ready(self))
		return NULL;
	ba_vmalloc_stat(ba_machine_ctx(&self->machine, 0).vmalloc, &stat);
	ret = PyDict_New();
	if (ret &&
	    ba_py_dict_set(ret, "areas", ba_py_u64(stat.areas)) &&
	    ba_py_dict_set(ret, "pages", ba_py_u64(stat.pages)) &&
	    ba_py_dict_set(ret, "lazy_areas", ba_py_u64(stat.lazy_areas)) &&
	    ba_py_dict_set(ret, "lazy_pages", ba_py_u64(stat.lazy_pages)) &&
	    ba_py_dict_set(ret, "lazy_max", ba_py_u64(stat.lazy_max)) &&
	    ba_py_dict_set(ret, "purges", ba_py_u64(stat.purges)) &&
	    ba_py_dict_set(ret, "pooled", ba_py_u64(stat.pooled)) &&
	    ba_py_dict_set(ret, "page_tables", ba_py_u64(stat.page_tables)))
		return ret;
	Py_XDECREF(ret);
	return NULL;
}
