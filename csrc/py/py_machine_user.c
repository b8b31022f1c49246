// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_machine_user.h"

#include <stdlib.h>

#include "mm/fault.h"
#include "py/py_errors.h"
#include "py/py_machine_args.h"
#include "py/py_records.h"
#include "sim/clock.h"
#include "sim/probe.h"

#define HUGE_PAGES	(1u << BA_PAGEBLOCK_ORDER)	/* in a huge page */
#define SLICE_NS	UINT64_C(1000000000)	/* between looks at signals */

static struct ba_nodes *nodes_of(const struct ba_py_machine *self)
{
	return ba_machine_nodes(&self->machine);
}

/* ---- what requests came to --------------------------------------- */

struct tally {
	enum ba_result result;		/* of the last that failed */
	uint16_t path;			/* steps of all */
	uint64_t latency_ns;		/* of all */
	uint64_t hits, major, failed;	/* touches */
};

static void add_charge(struct tally *tally, struct ba_ctx *ctx)
{
	tally->path |= ctx->charge.path;
	tally->latency_ns += ctx->charge.latency_ns;
	ba_charge_init(&ctx->charge);
}

/* A struct sequence of these items, whose references it takes. */
static PyObject *new_sequence(PyTypeObject *type, PyObject *const *item,
			      Py_ssize_t nr)
{
	PyObject *ret = PyStructSequence_New(type);

	for (Py_ssize_t i = 0; i < nr; i++)
		if (ret)
			PyStructSequence_SetItem(ret, i, item[i]);
		else
			Py_XDECREF(item[i]);
	if (PyErr_Occurred())
		Py_CLEAR(ret);
	return ret;
}

/* ---- new pages --------------------------------------------------- */

static PyStructSequence_Field fault_fields[] = {
	{ "handles", "of the new pages, uint32; fewer when memory ran out" },
	{ "result", "index into RESULTS: why there are no more; 0: all came" },
	{ "path", "steps that the requests took: bit i is STEPS[i]" },
	{ "latency_ns", "modelled cost of the requests together, ns" },
	{ NULL, NULL },
};

static PyStructSequence_Desc fault_desc = {
	.name = "buddyalloc._core.FaultOutcome",
	.doc = "What fault_in did.",
	.fields = fault_fields,
	.n_in_sequence = 4,
};

PyTypeObject *ba_py_fault_outcome_type(void)
{
	return PyStructSequence_NewType(&fault_desc);
}

struct fault {
	struct ba_mapping mapping;
	uint64_t nr;			/* pages, huge ones or not */
	bool huge;
	cpu_t cpu;
};

/* "anon" or "file", by default the first. */
static bool take_kind(PyObject *object, bool *anon)
{
	*anon = !object ||
		(PyUnicode_Check(object) &&
		 PyUnicode_CompareWithASCIIString(object, "anon") == 0);
	if (*anon || (PyUnicode_Check(object) &&
		      PyUnicode_CompareWithASCIIString(object, "file") == 0))
		return true;
	PyErr_Format(PyExc_ValueError,
		     "kind must be 'anon' or 'file', not %R", object);
	return false;
}

/* What one kind of page can have and another cannot. */
static bool fits_kind(const struct fault *fault)
{
	const struct ba_mapping *m = &fault->mapping;

	if (!m->anon && fault->huge)
		PyErr_SetString(PyExc_ValueError,
				"huge pages are anonymous; kind 'file' has "
				"none");
	else if (!m->anon && m->mm)
		PyErr_Format(PyExc_ValueError,
			     "mm %d with kind 'file': page cache belongs to no "
			     "mm; leave it at 0", (int)m->mm);
	else if (m->anon && m->dirty)
		PyErr_SetString(PyExc_ValueError,
				"dirty is for kind 'file'; an anonymous page "
				"always is");
	else if (!fault->huge && m->madvised)
		PyErr_SetString(PyExc_ValueError,
				"madvise (MADV_HUGEPAGE) is for huge=True");
	else
		return true;
	return false;
}

static bool take_fault(const struct ba_py_machine *self,
		       PyObject *const *value, struct fault *ret)
{
	uint64_t mm = 0;

	*ret = (struct fault){ .huge = false };
	if (!ba_py_uint(value[0], "nr", UINT32_MAX, &ret->nr) ||
	    !take_kind(value[1], &ret->mapping.anon) ||
	    !ba_py_bool(value[2], &ret->huge) ||
	    !ba_py_bool(value[3], &ret->mapping.madvised) ||
	    !ba_py_bool(value[4], &ret->mapping.dirty) ||
	    !ba_py_uint(value[5], "mm", UINT8_MAX, &mm) ||
	    !ba_py_take_cpu(self, value[6], &ret->cpu) ||
	    !ba_py_take_node(self, value[7], ret->cpu, &ret->mapping.node))
		return false;
	ret->mapping.mm = (uint8_t)mm;
	return fits_kind(ret);
}

/* Handles that can still be given out. */
static uint32_t count_room(const struct ba_ctx *ctx)
{
	const struct ba_vm *vm = ctx->vm;
	uint32_t room = vm->max_handles - 1 - vm->nr_handles;

	for (uint32_t i = 1; i <= vm->nr_handles; i++)
		room += ctx->handles[i].state == BA_HANDLE_FREE;
	return room;
}

static bool has_room(const struct ba_ctx *ctx, const struct fault *fault,
		     uint64_t want)
{
	uint32_t max = ctx->vm->max_handles - 1, room;

	/* the rest of the table suffices nearly always */
	if (want <= max - ctx->vm->nr_handles)
		return true;
	room = count_room(ctx);
	if (want <= room)
		return true;
	PyErr_Format(PyExc_ValueError,
		     "nr %llu needs %llu handles%s and %u of the table's %u are "
		     "left; release pages, or ask for fewer",
		     (unsigned long long)fault->nr, (unsigned long long)want,
		     fault->huge ? " (a huge page may become 512 small ones)" :
				   "", room, max);
	return false;
}

static uint32_t fault_one(struct ba_ctx *ctx, struct ba_nodes *nodes,
			  const struct ba_mapping *mapping, bool huge,
			  struct tally *tally)
{
	uint32_t handle = huge ? ba_fault_new_huge(ctx, nodes, mapping) :
				 ba_fault_new(ctx, nodes, mapping);

	tally->result = ctx->result;
	add_charge(tally, ctx);
	return handle;
}

/* The pages of one huge page, large or small; how many handles. */
static uint32_t fault_huge(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   const struct ba_mapping *mapping,
			   uint32_t *handles, struct tally *tally)
{
	uint32_t got = 0;

	handles[0] = fault_one(ctx, nodes, mapping, true, tally);
	if (handles[0])
		return 1;
	while (got < HUGE_PAGES) {
		handles[got] = fault_one(ctx, nodes, mapping, false, tally);
		if (!handles[got])
			break;
		got++;
	}
	return got;
}

static size_t fault_all(struct ba_ctx *ctx, struct ba_nodes *nodes,
			const struct fault *fault, uint32_t *handles,
			struct tally *tally)
{
	const struct ba_mapping *mapping = &fault->mapping;
	size_t got = 0;

	for (uint64_t i = 0; i < fault->nr; i++) {
		if (fault->huge) {
			got += fault_huge(ctx, nodes, mapping, handles + got,
					  tally);
		} else {
			handles[got] = fault_one(ctx, nodes, mapping, false,
						 tally);
			got += handles[got] != 0;
		}
		if (tally->result != BA_RESULT_OK)
			break;
	}
	/* those that it had got died with it */
	return tally->result == BA_RESULT_KILLED ? 0 : got;
}

const char ba_py_machine_fault_in_doc[] =
"fault_in($self, /, nr, kind='anon', *, huge=False, madvise=False,\n"
"         dirty=False, mm=0, cpu=0, node=None)\n"
"--\n"
"\n"
"New pages of user memory, each touched once by a simulated CPU.\n"
"\n"
"kind is 'anon' (anonymous memory) or 'file' (page cache; dirty=True: made by\n"
"a write). huge=True: nr huge pages of order 9, with the effort that\n"
"transparent_hugepage_enabled and _defrag say and madvise=True\n"
"(MADV_HUGEPAGE) raises; each that cannot be had becomes 512 small pages with\n"
"a handle each. mm, 1 to 255, is the address space that the OOM killer counts\n"
"anonymous pages for; those of mm 0 are nobody's and never killed. node is\n"
"the preferred memory node, by default the CPU's own.\n"
"\n"
"Returns a FaultOutcome: handles, Records of uint32 of shape (got,); result,\n"
"path and latency_ns. Fewer handles than asked for are a result, not an\n"
"error; result is then the reason. When the OOM killer took this mm itself,\n"
"result is KILLED and all its handles are gone, those of this call too. A\n"
"handle is used again after its page was released or killed. The GIL is\n"
"released.\n"
"\n"
"Raises ValueError for an argument out of range or that does not fit the\n"
"kind, and when the table has no room for that many handles.";

PyObject *ba_py_machine_fault_in(PyObject *object, PyObject *const *args,
				 Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "nr", "kind", "huge", "madvise",
					     "dirty", "mm", "cpu", "node",
					     NULL };
	static const struct ba_py_signature signature = {
		"fault_in", names, 2, 1 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	struct tally tally = { .result = BA_RESULT_OK };
	PyObject *value[BA_PY_ARGS_MAX];
	struct fault fault;
	struct ba_ctx ctx;
	uint32_t *handles;
	uint64_t want;
	size_t got;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !take_fault(self, value, &fault) || !ba_py_enter(self, fault.cpu))
		return NULL;
	want = fault.huge ? fault.nr * HUGE_PAGES : fault.nr;
	handles = has_room(&self->ctx[fault.cpu], &fault, want) ?
			  ba_py_records_data(want, sizeof(*handles)) : NULL;
	if (!handles) {
		ba_py_leave(self, fault.cpu);
		return NULL;
	}
	Py_BEGIN_ALLOW_THREADS
	ctx = ba_machine_enter(&self->machine, fault.cpu);
	got = fault_all(&ctx, nodes_of(self), &fault, handles, &tally);
	ba_machine_leave(&ctx);
	Py_END_ALLOW_THREADS
	ba_py_leave(self, fault.cpu);
	PyObject *const item[] = {
		ba_py_records_new(self->state, handles, "=I",
				  sizeof(*handles), got, 0),
		PyLong_FromLong((long)tally.result),
		PyLong_FromUnsignedLong(tally.path),
		ba_py_u64(tally.latency_ns),
	};

	return new_sequence(self->state->fault_outcome, item, 4);
}

/* ---- pages that there are ---------------------------------------- */

/* Is each of them a page's? FrameError for the first that is not. */
static bool check_handles(const struct ba_py_machine *self,
			  const struct ba_py_list *list, const char *what)
{
	struct ba_ctx ctx = ba_machine_ctx(&self->machine, 0);

	for (size_t i = 0; i < list->nr; i++) {
		if (ba_user_has(&ctx, list->numbers[i]))
			continue;
		ba_py_fail(self->state, BA_EHANDLE,
			   "cannot %s handles[%zu] = %u: no page has that "
			   "handle; it was never given out, was released, or "
			   "the OOM killer took its mm; handles() lists those "
			   "there are", what, i, list->numbers[i]);
		return false;
	}
	return true;
}

/*
 * ba_py_enter for a list of handles that all have a page; *list is to be
 * freed.
 */
static bool enter_handles(struct ba_py_machine *self, PyObject *object,
			  cpu_t cpu, const char *what, struct ba_py_list *list)
{
	if (!ba_py_take_list(object, "handles", list) ||
	    !ba_py_enter(self, cpu))
		return false;
	if (check_handles(self, list, what))
		return true;
	ba_py_leave(self, cpu);
	return false;
}

static PyStructSequence_Field touch_fields[] = {
	{ "hits", "pages that were resident" },
	{ "major", "pages read again from swap or from their file" },
	{ "failed", "pages that there was no memory for, or killed" },
	{ "result", "index into RESULTS: why the last one failed; 0: none did" },
	{ "path", "steps that the requests took: bit i is STEPS[i]" },
	{ "latency_ns", "modelled cost of the requests together, ns" },
	{ NULL, NULL },
};

static PyStructSequence_Desc touch_desc = {
	.name = "buddyalloc._core.TouchOutcome",
	.doc = "What touch did.",
	.fields = touch_fields,
	.n_in_sequence = 6,
};

PyTypeObject *ba_py_touch_outcome_type(void)
{
	return PyStructSequence_NewType(&touch_desc);
}

static void touch_one(struct ba_ctx *ctx, struct ba_nodes *nodes,
		      uint32_t handle, bool write, uint8_t node,
		      struct tally *tally)
{
	enum ba_touch touch = BA_TOUCH_FAILED;

	/* its owner may have been killed for a page before it */
	ctx->result = BA_RESULT_KILLED;
	if (ba_user_has(ctx, handle))
		touch = ba_fault_touch(ctx, nodes, handle, write, node);
	add_charge(tally, ctx);
	switch (touch) {
	case BA_TOUCH_HIT:
		tally->hits++;
		break;
	case BA_TOUCH_MAJOR:
		tally->major++;
		break;
	case BA_TOUCH_FAILED:
		tally->failed++;
		tally->result = ctx->result;
		break;
	}
}

const char ba_py_machine_touch_doc[] =
"touch($self, /, handles, *, write=False, cpu=0, node=None)\n"
"--\n"
"\n"
"Touch pages of user memory in the order given, reading or writing.\n"
"\n"
"handles is a buffer of integers of 4 or 8 bytes, such as an array or a\n"
"column of one, or a sequence of integers; one may stand there twice. A page\n"
"that was reclaimed is read again, into memory of `node`, by default the\n"
"CPU's own. Returns a TouchOutcome: hits, major, failed, result, path,\n"
"latency_ns. That there is no memory is a result, not an error. The GIL is\n"
"released.\n"
"\n"
"Raises FrameError, and touches none, when one of them has no page.";

PyObject *ba_py_machine_touch(PyObject *object, PyObject *const *args,
			      Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "handles", "write", "cpu", "node",
					     NULL };
	static const struct ba_py_signature signature = {
		"touch", names, 1, 1 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	struct tally tally = { .result = BA_RESULT_OK };
	PyObject *value[BA_PY_ARGS_MAX];
	struct ba_py_list list = { NULL, 0 };
	bool write = false;
	struct ba_ctx ctx;
	uint8_t node;
	cpu_t cpu;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_bool(value[1], &write) ||
	    !ba_py_take_cpu(self, value[2], &cpu) ||
	    !ba_py_take_node(self, value[3], cpu, &node))
		return NULL;
	if (!enter_handles(self, value[0], cpu, "touch", &list)) {
		free(list.numbers);
		return NULL;
	}
	Py_BEGIN_ALLOW_THREADS
	ctx = ba_machine_enter(&self->machine, cpu);
	for (size_t i = 0; i < list.nr; i++)
		touch_one(&ctx, nodes_of(self), list.numbers[i], write, node,
			  &tally);
	ba_machine_leave(&ctx);
	Py_END_ALLOW_THREADS
	ba_py_leave(self, cpu);
	free(list.numbers);
	PyObject *const item[] = {
		ba_py_u64(tally.hits), ba_py_u64(tally.major),
		ba_py_u64(tally.failed), PyLong_FromLong((long)tally.result),
		PyLong_FromUnsignedLong(tally.path),
		ba_py_u64(tally.latency_ns),
	};

	return new_sequence(self->state->touch_outcome, item, 6);
}

/* FrameError for the first handle that stands in the list for a second time. */
static bool check_once(const struct ba_py_machine *self,
		       const struct ba_py_list *list)
{
	const struct ba_vm *vm = &ba_machine_body(&self->machine)->vm;
	uint8_t *seen = ba_py_records_data(vm->nr_handles / 8 + 1, 1);
	size_t i = 0, first = 0;

	if (!seen)
		return false;
	for (; i < list->nr; i++) {
		uint32_t handle = list->numbers[i];
		uint8_t bit = (uint8_t)(1u << handle % 8);

		if (seen[handle / 8] & bit)
			break;
		seen[handle / 8] |= bit;
	}
	free(seen);
	if (i == list->nr)
		return true;
	while (list->numbers[first] != list->numbers[i])
		first++;
	ba_py_fail(self->state, BA_EHANDLE,
		   "cannot release handles[%zu] = %u: it is handles[%zu] "
		   "already; release each handle once", i, list->numbers[i],
		   first);
	return false;
}

const char ba_py_machine_release_doc[] =
"release($self, /, handles, *, cpu=0)\n"
"--\n"
"\n"
"Give pages of user memory up, in the order given: frames and swap space are\n"
"free, and the handles nobody's, to be given out again.\n"
"\n"
"handles is as for touch. The GIL is released.\n"
"\n"
"Raises FrameError, and releases none, when one of them has no page or stands\n"
"there twice.";

PyObject *ba_py_machine_release(PyObject *object, PyObject *const *args,
				Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "handles", "cpu", NULL };
	static const struct ba_py_signature signature = {
		"release", names, 1, 1 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX], *ret = NULL;
	struct ba_py_list list = { NULL, 0 };
	struct ba_ctx ctx;
	cpu_t cpu;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_take_cpu(self, value[1], &cpu))
		return NULL;
	if (!enter_handles(self, value[0], cpu, "release", &list))
		goto out;
	if (check_once(self, &list)) {
		Py_BEGIN_ALLOW_THREADS
		ctx = ba_machine_enter(&self->machine, cpu);
		for (size_t i = 0; i < list.nr; i++)
			ba_user_release(&ctx, nodes_of(self), list.numbers[i]);
		ba_machine_leave(&ctx);
		Py_END_ALLOW_THREADS
		ret = Py_NewRef(Py_None);
	}
	ba_py_leave(self, cpu);
out:
	free(list.numbers);
	return ret;
}

const char ba_py_machine_where_doc[] =
"where($self, /, handles)\n"
"--\n"
"\n"
"The first frames of these pages now: Records of uint32, shape (n,), in the\n"
"order given; PFN_NONE for a page that is not resident.\n"
"\n"
"handles is as for touch. Raises FrameError when one of them has no page.";

PyObject *ba_py_machine_where(PyObject *object, PyObject *const *args,
			      Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "handles", NULL };
	static const struct ba_py_signature signature = {
		"where", names, 1, 1 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	struct ba_ctx ctx = ba_machine_ctx(&self->machine, 0);
	struct ba_py_list list = { NULL, 0 };
	PyObject *value[BA_PY_ARGS_MAX];

	if (!ba_py_args(&signature, args, nr, kwnames, value))
		return NULL;
	if (!ba_py_take_list(value[0], "handles", &list) ||
	    !ba_py_ready(self) || !check_handles(self, &list, "find")) {
		free(list.numbers);
		return NULL;
	}
	for (size_t i = 0; i < list.nr; i++)
		list.numbers[i] = ctx.handles[list.numbers[i]].pfn;
	return ba_py_records_new(self->state, list.numbers, "=I",
				 sizeof(*list.numbers), list.nr, 0);
}

struct row {
	uint32_t handle;
	uint32_t pfn;
	uint8_t state, order, anon, mm;
};
BA_STATIC_ASSERT(sizeof(struct row) == 12, "as BA_PY_HANDLE_FIELDS");

const char ba_py_machine_handles_doc[] =
"handles($self, /)\n"
"--\n"
"\n"
"All pages of user memory by handle: Records of shape (n,) with the fields\n"
"HANDLE_FIELDS: handle; pfn, the first frame, or PFN_NONE; state, an index\n"
"into HANDLE_STATES, never 'free'; order; anon, 1 for anonymous memory and 0\n"
"for page cache; mm, 0 for none.";

PyObject *ba_py_machine_handles(PyObject *object, PyObject *const *args,
				Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { NULL };
	static const struct ba_py_signature signature = {
		"handles", names, 0, 0 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	struct ba_ctx ctx = ba_machine_ctx(&self->machine, 0);
	PyObject *value[BA_PY_ARGS_MAX];
	size_t rows = 0, at = 0;
	struct row *row;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_ready(self))
		return NULL;
	for (uint32_t i = 1; i <= ctx.vm->nr_handles; i++)
		rows += ctx.handles[i].state != BA_HANDLE_FREE;
	row = ba_py_records_data(rows, sizeof(*row));
	if (!row)
		return NULL;
	for (uint32_t i = 1; i <= ctx.vm->nr_handles; i++) {
		const struct ba_handle *h = &ctx.handles[i];

		if (h->state != BA_HANDLE_FREE)
			row[at++] = (struct row){ i, h->pfn, h->state,
						  h->order, h->anon, h->mm };
	}
	return ba_py_records_new(self->state, row,
				 BA_PY_FORMAT(BA_PY_HANDLE_FIELDS),
				 sizeof(*row), rows, 0);
}

/* ---- time and counts --------------------------------------------- */

/* In slices, which leave the machine as one step does (sim/clock.h C2). */
static bool advance(struct ba_py_machine *self, uint64_t ns)
{
	while (ns > 0) {
		uint64_t slice = ns < SLICE_NS ? ns : SLICE_NS;

		Py_BEGIN_ALLOW_THREADS
		ba_clock_advance(&self->machine, slice);
		Py_END_ALLOW_THREADS
		ns -= slice;
		if (PyErr_CheckSignals())
			return false;
	}
	return true;
}

const char ba_py_machine_advance_doc[] =
"advance($self, /, ns)\n"
"--\n"
"\n"
"Let ns nanoseconds pass on the machine's clock: kswapd, kcompactd, the\n"
"flusher and the vmstat workers do what is due.\n"
"\n"
"Other calls take no time, but when they have to reclaim. The GIL is released; an\n"
"interrupt (Ctrl-C) leaves the clock where it has come. Raises ValueError for\n"
"a negative number.";

PyObject *ba_py_machine_advance(PyObject *object, PyObject *const *args,
				Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "ns", NULL };
	static const struct ba_py_signature signature = {
		"advance", names, 1, 1 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	const struct ba_vm *vm = &ba_machine_body(&self->machine)->vm;
	PyObject *value[BA_PY_ARGS_MAX];
	uint64_t ns = 0;
	bool good;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_ready(self) ||
	    !ba_py_uint(value[0], "ns", INT64_MAX - vm->now_ns, &ns) ||
	    !ba_py_begin(self))
		return NULL;
	good = advance(self, ns);
	ba_py_end(self);
	return good ? Py_NewRef(Py_None) : NULL;
}

/* Of all zones: free pages, and pages by list, under both of their names. */
static bool set_zone_counts(PyObject *dict, const struct ba_nodes *nodes)
{
	int64_t free = 0, nr[BA_NR_LRU] = { 0 };

	for (uint8_t id = 0; id < nodes->nr_zones; id++) {
		const struct ba_zone *zone = &nodes->zone[id];

		free += ba_vmstat_read(&zone->buddy.free_pages);
		for (unsigned int lru = 0; lru < BA_NR_LRU; lru++)
			nr[lru] += zone->nr_lru[lru];
	}
	if (!ba_py_dict_set(dict, "nr_free_pages", ba_py_i64(free)))
		return false;
#define X(name, text)							\
	if (!ba_py_dict_set(dict, "nr_zone_" #text,			\
			    ba_py_i64(nr[BA_LRU_##name])) ||		\
	    !ba_py_dict_set(dict, "nr_" #text,				\
			    ba_py_i64(nr[BA_LRU_##name])))		\
		return false;
	BA_LRU_LISTS(X)
#undef X
	return true;
}

static bool set_events(PyObject *dict, const struct ba_vm *vm)
{
	for (unsigned int i = 0; i < BA_NR_VM_EVENTS; i++)
		if (!ba_py_dict_set(dict, ba_vm_event_name(i),
				    ba_py_u64(vm->event[i])))
			return false;
	return true;
}

const char ba_py_machine_vmstat_doc[] =
"vmstat($self, /)\n"
"--\n"
"\n"
"Counts of the whole machine by their names in /proc/vmstat, as a dict.\n"
"\n"
"nr_free_pages as watermark tests see it; the pages on each LRU list as\n"
"nr_inactive_anon and nr_zone_inactive_anon, and so on; nr_dirty (page cache)\n"
"and nr_writeback (both kinds); then the events since boot. nr_swap_pages\n"
"(free) and total_swap_pages are the kernel's variables behind SwapFree and\n"
"SwapTotal of /proc/meminfo. All in pages or times.";

PyObject *ba_py_machine_vmstat(PyObject *object, PyObject *const *args,
			       Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { NULL };
	static const struct ba_py_signature signature = {
		"vmstat", names, 0, 0 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	const struct ba_vm *vm = &ba_machine_body(&self->machine)->vm;
	PyObject *value[BA_PY_ARGS_MAX], *ret;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_ready(self))
		return NULL;
	ret = PyDict_New();
	if (ret &&
	    set_zone_counts(ret, nodes_of(self)) &&
	    ba_py_dict_set(ret, "nr_dirty", ba_py_u64(vm->nr_dirty)) &&
	    ba_py_dict_set(ret, "nr_writeback", ba_py_u64(vm->nr_writeback)) &&
	    ba_py_dict_set(ret, "nr_swap_pages", ba_py_u64(vm->swap_free)) &&
	    ba_py_dict_set(ret, "total_swap_pages",
			   ba_py_u64(vm->swap_total)) &&
	    set_events(ret, vm))
		return ret;
	Py_XDECREF(ret);
	return NULL;
}

static PyObject *zone_counts(const struct ba_zone *zone,
			     const struct ba_probe_pending *pending)
{
	PyObject *ret = PyDict_New();

#define X(name, text)							\
	if (ret && !ba_py_dict_set(ret, "nr_" #text,			\
				   ba_py_i64(zone->nr_lru[BA_LRU_##name]))) \
		Py_CLEAR(ret);
	BA_LRU_LISTS(X)
#undef X
	if (ret &&
	    ba_py_dict_set(ret, "nr_dirty", ba_py_u64(pending->dirty)) &&
	    ba_py_dict_set(ret, "nr_writeback", ba_py_u64(pending->writeback)))
		return ret;
	Py_XDECREF(ret);
	return NULL;
}

const char ba_py_machine_zone_vmstat_doc[] =
"zone_vmstat($self, /)\n"
"--\n"
"\n"
"The pages of user memory in each zone, one dict each, by id.\n"
"\n"
"Keys, all in pages and as in vmstat(), whose numbers are the sums:\n"
"nr_inactive_anon, nr_active_anon, nr_inactive_file and nr_active_file on the\n"
"LRU lists, nr_dirty (page cache) and nr_writeback (both kinds). Looks at\n"
"every handle once.";

PyObject *ba_py_machine_zone_vmstat(PyObject *object, PyObject *const *args,
				    Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { NULL };
	static const struct ba_py_signature signature = {
		"zone_vmstat", names, 0, 0 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	const struct ba_nodes *nodes = nodes_of(self);
	struct ba_probe_pending pending[BA_ZONE_MAX];
	PyObject *value[BA_PY_ARGS_MAX], *ret;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_ready(self))
		return NULL;
	ba_probe_pending(&self->machine, pending);
	ret = PyList_New(0);
	for (uint8_t id = 0; ret && id < nodes->nr_zones; id++) {
		PyObject *zone = zone_counts(&nodes->zone[id], &pending[id]);

		if (!zone || PyList_Append(ret, zone))
			Py_CLEAR(ret);
		Py_XDECREF(zone);
	}
	return ret;
}
