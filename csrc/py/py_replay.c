// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_replay.h"

#include <stdlib.h>
#include <string.h>

#include "py/py_errors.h"
#include "py/py_machine_view.h"
#include "py/py_memory.h"
#include "py/py_owner.h"
#include "py/py_records.h"
#include "sim/probe.h"
#include "sim/replay.h"

/*
 * Events of one call into the core: 10 to 50 ms, so that ^C is felt. Each
 * call moves the core's notes on the events that are left, so a long trace
 * has longer slices.
 */
#define SLICE_MIN ((size_t)1 << 18)
#define SLICE_MAX ((size_t)1 << 20)
#define SLICES 64u

struct replay {
	PyObject_HEAD
	struct ba_py_state *state;	/* borrowed */
	struct ba_py_machine *machine;	/* owned */
	struct ba_replay *replay;
	PyObject *cache_names;		/* a tuple of str, owned */
	const char **names;		/* the same in UTF-8, borrowed of it */
	struct ba_outcome *outcomes;	/* not taken yet */
	size_t nr_outcomes, cap_outcomes;
};

/* ---- construction ------------------------------------------------ */

static bool take_slab_mode(const char *text, uint8_t *ret)
{
	static const char *const modes[] = {
		[BA_SLAB_MODE_OFF] = "off",
		[BA_SLAB_MODE_OBSERVED] = "observed",
		[BA_SLAB_MODE_DRIVEN] = "driven",
	};

	for (uint8_t mode = 0; mode < sizeof(modes) / sizeof(modes[0]); mode++)
		if (strcmp(text, modes[mode]) == 0) {
			*ret = mode;
			return true;
		}
	PyErr_Format(PyExc_ValueError, "slab is '%s'; it is one of: observed, "
		     "driven, off", text);
	return false;
}

static bool take_options(PyObject *args, PyObject *kwargs,
			 struct ba_py_state *state, PyObject **machine,
			 PyObject **cache_names,
			 struct ba_replay_options *ret)
{
	static char *names[] = { "machine", "standard", "strict",
				 "sample_events", "sample_ns", "slab",
				 "cache_names", NULL };
	PyObject *sample_events = NULL, *sample_ns = NULL;
	int standard = 0, strict = 0;
	const char *slab = "off";

	memset(ret, 0, sizeof(*ret));
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!|$ppOOsO:Replay",
					 names, state->machine, machine,
					 &standard, &strict, &sample_events,
					 &sample_ns, &slab, cache_names))
		return false;
	ret->standard = standard != 0;
	ret->strict = strict != 0;
	return take_slab_mode(slab, &ret->slab_mode) &&
	       ba_py_uint(sample_events, "sample_events", INT64_MAX,
			  &ret->sample_events) &&
	       ba_py_uint(sample_ns, "sample_ns", INT64_MAX, &ret->sample_ns);
}

/* The names stay for as long as the replay, which looks them up. */
static bool take_names(struct replay *self, PyObject *names,
		       struct ba_replay_options *options)
{
	Py_ssize_t nr;

	if (!names)
		return true;
	self->cache_names = PySequence_Tuple(names);
	if (!self->cache_names)
		return false;
	nr = PyTuple_Size(self->cache_names);
	self->names = calloc((size_t)nr + 1, sizeof(*self->names));
	if (!self->names)
		return PyErr_NoMemory() != NULL;
	for (Py_ssize_t i = 0; i < nr; i++) {
		PyObject *name = PyTuple_GetItem(self->cache_names, i);

		if (!PyUnicode_Check(name)) {
			PyErr_Format(PyExc_TypeError, "cache_names[%zd] is no "
				     "str", i);
			return false;
		}
		self->names[i] = PyUnicode_AsUTF8AndSize(name, NULL);
		if (!self->names[i])
			return false;
	}
	options->cache_names = self->names;
	options->nr_cache_names = (uint32_t)nr;
	return true;
}

static PyObject *replay_new(PyTypeObject *type, PyObject *args,
			    PyObject *kwargs)
{
	struct ba_py_state *state = ba_py_state_of(type);
	struct ba_replay_options options;
	PyObject *machine, *names = NULL;
	enum ba_status status;
	struct replay *self;

	if (!state ||
	    !take_options(args, kwargs, state, &machine, &names, &options))
		return NULL;
	self = ba_py_object_new(type);
	if (!self)
		return NULL;
	self->state = state;
	self->machine = (struct ba_py_machine *)Py_NewRef(machine);
	if (!take_names(self, names, &options) ||
	    !ba_py_begin(self->machine)) {
		Py_DECREF(self);
		return NULL;
	}
	Py_BEGIN_ALLOW_THREADS
	status = ba_replay_create(&self->machine->machine, &options,
				  &self->replay);
	Py_END_ALLOW_THREADS
	ba_py_end(self->machine);
	if (status == BA_OK)
		return (PyObject *)self;
	self->replay = NULL;
	ba_py_fail(state, status, "");
	Py_DECREF(self);
	return NULL;
}

static int replay_traverse(PyObject *object, visitproc visit, void *arg)
{
	Py_VISIT(Py_TYPE(object));
	Py_VISIT(((struct replay *)object)->machine);
	Py_VISIT(((struct replay *)object)->cache_names);
	return 0;
}

static void replay_dealloc(PyObject *object)
{
	struct replay *self = (struct replay *)object;

	PyObject_GC_UnTrack(object);
	ba_replay_destroy(self->replay);
	free(self->outcomes);
	free(self->names);
	Py_XDECREF(self->cache_names);
	Py_XDECREF((PyObject *)self->machine);
	ba_py_object_free(object);
}

/* ---- run --------------------------------------------------------- */

/* One run() under way. */
struct run {
	const struct ba_event *events;
	size_t nr;		/* events in the buffer */
	size_t checked;		/* of these, known to be in range */
	size_t done;
	size_t slice;		/* events of one call into the core */
	bool final;
};

static size_t slice_of(size_t nr)
{
	if (nr / SLICES < SLICE_MIN)
		return SLICE_MIN;
	return nr / SLICES < SLICE_MAX ? nr / SLICES : SLICE_MAX;
}

static bool take_events(PyObject *object, Py_buffer *view)
{
	const struct ba_event *unused;

	if (PyObject_GetBuffer(object, view, PyBUF_C_CONTIGUOUS))
		return false;
	if (view->itemsize != sizeof(*unused))
		PyErr_Format(PyExc_ValueError,
			     "events must have items of %zu bytes (the fields "
			     "EVENT_FIELDS), not of %zd", sizeof(*unused),
			     view->itemsize);
	else if ((uintptr_t)view->buf % _Alignof(struct ba_event))
		PyErr_SetString(PyExc_ValueError,
				"events must begin at a multiple of 8 bytes; "
				"copy them first");
	else
		return true;
	PyBuffer_Release(view);
	return false;
}

static const char *event_fault(const struct ba_event *e)
{
	if (e->op >= BA_NR_OPS)
		return "its op is none of OPS";
	if (e->op != BA_OP_PAGE_ALLOC && e->op != BA_OP_PAGE_FREE &&
	    e->op != BA_OP_PAGE_FREE_BATCHED && e->op != BA_OP_SPLITPAGE &&
	    e->op != BA_OP_BULK_ENTER)
		return NULL;
	if (e->order > BA_ORDER_MAX)
		return "its order is larger than 10";
	if ((e->op == BA_OP_PAGE_ALLOC || e->op == BA_OP_BULK_ENTER) &&
	    !ba_gfp_valid(e->gfp))
		return "its GFP flags name no single zone and migratetype";
	return NULL;
}

/* P2 for the events before `end`; the fault of the first bad one. */
static const char *check_events(struct run *run, size_t end)
{
	for (; run->checked < end; run->checked++) {
		const char *fault = event_fault(&run->events[run->checked]);

		if (fault)
			return fault;
	}
	return NULL;
}

static bool reserve_outcomes(struct replay *self, size_t more)
{
	size_t cap = self->cap_outcomes;
	void *bigger;

	if (cap - self->nr_outcomes >= more)
		return true;
	while (cap - self->nr_outcomes < more)
		cap = cap ? cap + cap / 2 : SLICE_MIN;
	bigger = realloc(self->outcomes, cap * sizeof(*self->outcomes));
	if (!bigger)
		return false;
	self->outcomes = bigger;
	self->cap_outcomes = cap;
	return true;
}

static bool run_error(struct replay *self, const struct run *run,
		      enum ba_status status, uint64_t done_before)
{
	const struct ba_replay_score *score = ba_replay_score(self->replay);
	const struct ba_event *e;

	if (status == BA_ENOMEM || status == BA_EBROKEN ||
	    score->first_bad_free < done_before ||
	    score->first_bad_free - done_before >= run->nr) {
		ba_py_fail(self->state, status, "");
		return false;
	}
	e = &run->events[score->first_bad_free - done_before];
	ba_py_fail(self->state, status,
		   "event %llu frees frame %llu, order %d: %s; replay without "
		   "strict to count such frees instead",
		   (unsigned long long)score->first_bad_free,
		   (unsigned long long)e->addr, (int)e->order,
		   ba_strerror(status));
	return false;
}

/*
 * One slice, with the GIL released in the middle. The core sees all events
 * that are left. *more: not at the end.
 */
static bool run_slice(struct replay *self, struct run *run, bool *more)
{
	uint64_t before = ba_replay_score(self->replay)->events - run->done;
	size_t done = 0, nr = 0;
	enum ba_status status = BA_ENOMEM;
	const char *fault;

	Py_BEGIN_ALLOW_THREADS
	fault = check_events(run, run->nr);
	if (!fault && reserve_outcomes(self, run->slice))
		status = ba_replay_run(self->replay, run->events + run->done,
				       run->nr - run->done, run->slice,
				       run->final, &done,
				       self->outcomes + self->nr_outcomes,
				       &nr);
	Py_END_ALLOW_THREADS
	self->nr_outcomes += nr;
	run->done += done;
	if (fault) {
		PyErr_Format(PyExc_ValueError, "events[%zu]: %s",
			     run->checked, fault);
		return false;
	}
	*more = done && run->done < run->nr;
	return status == BA_OK || run_error(self, run, status, before);
}

static bool call_progress(PyObject *progress, const struct run *run)
{
	PyObject *ret;

	if (!progress || progress == Py_None)
		return true;
	ret = PyObject_CallFunction(progress, "nn", (Py_ssize_t)run->done,
				    (Py_ssize_t)run->nr);
	Py_XDECREF(ret);
	return ret != NULL;
}

static bool run_all(struct replay *self, struct run *run, PyObject *progress)
{
	bool more = run->nr > 0;

	while (more)
		if (!run_slice(self, run, &more) ||
		    !call_progress(progress, run) || PyErr_CheckSignals())
			return false;
	return true;
}

PyDoc_STRVAR(replay_run_doc,
"run($self, /, events, *, final=True, progress=None)\n"
"--\n"
"\n"
"Replay events: a C-contiguous buffer of items of 32 bytes, EVENT_FIELDS.\n"
"\n"
"Returns how many were done. Unless final, the last REPLAY_LOOKAHEAD of them\n"
"are not: pass events[done:] again, with more behind them; what the trace\n"
"does not say is then inferred from fewer lines. The GIL is released; between\n"
"slices of 2**18 to 2**20 events signals are handled and\n"
"progress(done, total) is called. After an exception events_done tells how\n"
"far the replay came, and it can go on from there. Every Memory of the\n"
"machine counts as freed.\n"
"\n"
"Raises ValueError for a buffer of another form or an event that cannot be;\n"
"RuntimeError when the machine is in use, BufferError while there is a view\n"
"of its Memory; with strict, FrameError for a free that cannot be.");

static PyObject *replay_run(PyObject *object, PyObject *const *args,
			    Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "events", "final", "progress",
					     NULL };
	static const struct ba_py_signature signature = {
		"run", names, 1, 1 };
	struct replay *self = (struct replay *)object;
	PyObject *value[BA_PY_ARGS_MAX];
	struct run run = { .final = true };
	Py_buffer view;
	bool good;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_bool(value[1], &run.final) ||
	    !take_events(value[0], &view))
		return NULL;
	if (!ba_py_memory_idle(self->machine) || !ba_py_begin(self->machine)) {
		PyBuffer_Release(&view);
		return NULL;
	}
	/* which frames the events free only the replay knows */
	ba_py_memory_revoke(self->machine);
	run.events = view.buf;
	run.nr = (size_t)view.len / sizeof(*run.events);
	run.slice = slice_of(run.nr);
	good = run_all(self, &run, value[2]);
	ba_py_end(self->machine);
	PyBuffer_Release(&view);
	return good ? PyLong_FromSize_t(run.done) : NULL;
}

/* ---- results ----------------------------------------------------- */

PyDoc_STRVAR(replay_outcomes_doc,
"outcomes($self, /)\n"
"--\n"
"\n"
"The outcomes since the last call, one for each mm_page_alloc, in order.\n"
"\n"
"Returns Records of shape (n,) with the fields OUTCOME_FIELDS; `event` is\n"
"the number of the event from the first run on, in 32 bits. They are handed\n"
"over without a copy.");

static PyObject *replay_outcomes(PyObject *object, PyObject *ignored)
{
	struct replay *self = (struct replay *)object;
	size_t nr = self->nr_outcomes;
	void *data;

	(void)ignored;
	if (!ba_py_ready(self->machine))
		return NULL;
	data = realloc(self->outcomes, (nr ? nr : 1) * sizeof(*self->outcomes));
	if (!data)
		return PyErr_NoMemory();
	self->outcomes = NULL;
	self->nr_outcomes = self->cap_outcomes = 0;
	return ba_py_records_new(self->state, data,
				 BA_PY_FORMAT(BA_PY_OUTCOME_FIELDS),
				 sizeof(struct ba_outcome), nr, 0);
}

/* Records with a copy of `nr` items. */
static PyObject *copy_records(struct replay *self, const void *from,
			      const char *format, size_t itemsize, size_t nr,
			      size_t columns)
{
	size_t items = nr * (columns ? columns : 1);
	void *data = ba_py_records_data(items, itemsize);

	if (!data)
		return NULL;
	if (items)
		memcpy(data, from, items * itemsize);
	return ba_py_records_new(self->state, data, format, itemsize, nr,
				 columns);
}

PyDoc_STRVAR(replay_samples_doc,
"samples($self, /)\n"
"--\n"
"\n"
"The samples since the last call, as (stamps, rows).\n"
"\n"
"stamps are Records of shape (n,) with the fields SAMPLE_FIELDS (event\n"
"number, ns of trace time); rows Records of shape (n, nr_zones) with the\n"
"fields of Machine.sample().");

static PyObject *replay_samples(PyObject *object, PyObject *ignored)
{
	struct replay *self = (struct replay *)object;
	const struct ba_machine *machine = &self->machine->machine;
	struct ba_replay_samples samples;
	PyObject *stamps, *rows = NULL;
	char format[BA_PY_FORMAT_MAX];

	(void)ignored;
	if (!ba_py_ready(self->machine))
		return NULL;
	samples = ba_replay_samples(self->replay);
	ba_py_sample_format(machine, format);
	stamps = copy_records(self, samples.stamps,
			      BA_PY_FORMAT(BA_PY_SAMPLE_FIELDS),
			      2 * sizeof(uint64_t), samples.nr, 0);
	if (stamps)
		rows = copy_records(self, samples.rows, format,
				    ba_probe_zone_words(machine) *
					    sizeof(uint32_t), samples.nr,
				    ba_machine_nodes(machine)->nr_zones);
	if (!rows) {
		Py_XDECREF(stamps);
		return NULL;
	}
	ba_replay_samples_clear(self->replay);
	return Py_BuildValue("(NN)", stamps, rows);
}

PyDoc_STRVAR(replay_fallbacks_doc,
"fallbacks($self, /)\n"
"--\n"
"\n"
"The fallbacks that the model made since the last call.\n"
"\n"
"Returns Records of shape (n,) with the fields FALLBACK_FIELDS: the number\n"
"of the event that caused it, the frame, order and migratetype asked for,\n"
"fallback_order and fallback_migratetype of the block that was found, and\n"
"whether the pageblock changed its type (change_ownership).");

static PyObject *replay_fallbacks(PyObject *object, PyObject *ignored)
{
	struct replay *self = (struct replay *)object;
	const struct ba_replay_fallback *fallbacks;
	PyObject *ret;
	size_t nr = 0;

	(void)ignored;
	if (!ba_py_ready(self->machine))
		return NULL;
	fallbacks = ba_replay_fallbacks(self->replay, &nr);
	ret = copy_records(self, fallbacks,
			   BA_PY_FORMAT(BA_PY_FALLBACK_FIELDS),
			   sizeof(*fallbacks), nr, 0);
	if (ret)
		ba_replay_fallbacks_clear(self->replay);
	return ret;
}

static PyObject *bad_free_text(const struct ba_replay_score *score)
{
	if (score->first_bad_free == UINT64_MAX)
		Py_RETURN_NONE;
	return PyUnicode_FromString(
		ba_strerror(score->first_bad_free_status));
}

static PyObject *mismatch_pfn(const struct ba_replay_score *score,
			      uint64_t pfn)
{
	if (score->first_mismatch == UINT64_MAX)
		Py_RETURN_NONE;
	return ba_py_u64_or_none(pfn);
}

PyDoc_STRVAR(replay_score_doc,
"score($self, /)\n"
"--\n"
"\n"
"How the replay went so far, as a dict.\n"
"\n"
"Keys: events, allocations, failed, exact, silent_traced, silent_inferred,\n"
"amounts_inferred, drains_inferred, folds_inferred, claims_inferred,\n"
"reordered, nodes_inferred, bad_frees, lost_events (counts);\n"
"first_bad_free and first_mismatch (event numbers, or None),\n"
"first_bad_free_status (a sentence), first_mismatch_recorded_pfn and\n"
"first_mismatch_model_pfn (frames, None for none).");

static PyObject *replay_score(PyObject *object, PyObject *ignored)
{
	struct replay *self = (struct replay *)object;
	const struct ba_replay_score *s;
	PyObject *ret;

	(void)ignored;
	if (!ba_py_ready(self->machine))
		return NULL;
	s = ba_replay_score(self->replay);
	ret = PyDict_New();
	if (ret && ba_py_dict_set(ret, "events", ba_py_u64(s->events)) &&
	    ba_py_dict_set(ret, "allocations", ba_py_u64(s->allocations)) &&
	    ba_py_dict_set(ret, "failed", ba_py_u64(s->failed)) &&
	    ba_py_dict_set(ret, "exact", ba_py_u64(s->exact)) &&
	    ba_py_dict_set(ret, "silent_traced", ba_py_u64(s->silent_traced)) &&
	    ba_py_dict_set(ret, "silent_inferred",
			   ba_py_u64(s->silent_inferred)) &&
	    ba_py_dict_set(ret, "amounts_inferred",
			   ba_py_u64(s->amounts_inferred)) &&
	    ba_py_dict_set(ret, "drains_inferred",
			   ba_py_u64(s->drains_inferred)) &&
	    ba_py_dict_set(ret, "folds_inferred",
			   ba_py_u64(s->folds_inferred)) &&
	    ba_py_dict_set(ret, "claims_inferred",
			   ba_py_u64(s->claims_inferred)) &&
	    ba_py_dict_set(ret, "reordered", ba_py_u64(s->reordered)) &&
	    ba_py_dict_set(ret, "nodes_inferred",
			   ba_py_u64(s->nodes_inferred)) &&
	    ba_py_dict_set(ret, "bad_frees", ba_py_u64(s->bad_frees)) &&
	    ba_py_dict_set(ret, "lost_events", ba_py_u64(s->lost_events)) &&
	    ba_py_dict_set(ret, "first_bad_free",
			   ba_py_u64_or_none(s->first_bad_free)) &&
	    ba_py_dict_set(ret, "first_bad_free_status", bad_free_text(s)) &&
	    ba_py_dict_set(ret, "first_mismatch",
			   ba_py_u64_or_none(s->first_mismatch)) &&
	    ba_py_dict_set(ret, "first_mismatch_recorded_pfn",
			   mismatch_pfn(s, s->first_mismatch_recorded_pfn)) &&
	    ba_py_dict_set(ret, "first_mismatch_model_pfn",
			   mismatch_pfn(s, s->first_mismatch_model_pfn)))
		return ret;
	Py_XDECREF(ret);
	return NULL;
}

PyDoc_STRVAR(replay_slab_score_doc,
"slab_score($self, /)\n"
"--\n"
"\n"
"How the slab lines went so far, as a dict; None when they are not served.\n"
"\n"
"Keys: allocations (of caches whose lists are known), unchecked (of others),\n"
"frees, unknown_frees (of these, of no slab that is known), same_slab,\n"
"same_address, address_unknowable, slab_pages, slab_pages_exact,\n"
"slab_pages_extra (of the model, without a line), silent_objects,\n"
"reordered, first_mismatch (an event number, or None).");

static PyObject *replay_slab_score(PyObject *object, PyObject *ignored)
{
	struct replay *self = (struct replay *)object;
	const struct ba_slab_score *s;
	PyObject *ret;

	(void)ignored;
	if (!ba_py_ready(self->machine))
		return NULL;
	s = ba_replay_slab_score(self->replay);
	if (!s)
		Py_RETURN_NONE;
	ret = PyDict_New();
	if (ret &&
	    ba_py_dict_set(ret, "allocations", ba_py_u64(s->allocations)) &&
	    ba_py_dict_set(ret, "unchecked", ba_py_u64(s->unchecked)) &&
	    ba_py_dict_set(ret, "frees", ba_py_u64(s->frees)) &&
	    ba_py_dict_set(ret, "unknown_frees", ba_py_u64(s->unknown_frees)) &&
	    ba_py_dict_set(ret, "same_slab", ba_py_u64(s->same_slab)) &&
	    ba_py_dict_set(ret, "same_address", ba_py_u64(s->same_address)) &&
	    ba_py_dict_set(ret, "address_unknowable",
			   ba_py_u64(s->address_unknowable)) &&
	    ba_py_dict_set(ret, "slab_pages", ba_py_u64(s->slab_pages)) &&
	    ba_py_dict_set(ret, "slab_pages_exact",
			   ba_py_u64(s->slab_pages_exact)) &&
	    ba_py_dict_set(ret, "slab_pages_extra",
			   ba_py_u64(s->slab_pages_extra)) &&
	    ba_py_dict_set(ret, "silent_objects",
			   ba_py_u64(s->silent_objects)) &&
	    ba_py_dict_set(ret, "reordered", ba_py_u64(s->reordered)) &&
	    ba_py_dict_set(ret, "first_mismatch",
			   ba_py_u64_or_none(s->first_mismatch)))
		return ret;
	Py_XDECREF(ret);
	return NULL;
}

/* ---- the type ---------------------------------------------------- */

static PyObject *replay_get_machine(PyObject *object, void *closure)
{
	(void)closure;
	return Py_NewRef((PyObject *)((struct replay *)object)->machine);
}

static PyObject *replay_get_events_done(PyObject *object, void *closure)
{
	(void)closure;
	return ba_py_u64(ba_replay_score(((struct replay *)object)->replay)
				->events);
}

static PyGetSetDef replay_getset[] = {
	{ "machine", replay_get_machine, NULL,
	  "The machine that serves the requests.", NULL },
	{ "events_done", replay_get_events_done, NULL,
	  "Events replayed so far, over all runs.", NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static PyMethodDef replay_methods[] = {
	BA_PY_METHOD("run", replay_run, BA_PY_KEYWORDS, replay_run_doc),
	BA_PY_METHOD("outcomes", replay_outcomes, METH_NOARGS,
		     replay_outcomes_doc),
	BA_PY_METHOD("samples", replay_samples, METH_NOARGS,
		     replay_samples_doc),
	BA_PY_METHOD("fallbacks", replay_fallbacks, METH_NOARGS,
		     replay_fallbacks_doc),
	BA_PY_METHOD("score", replay_score, METH_NOARGS, replay_score_doc),
	BA_PY_METHOD("slab_score", replay_slab_score, METH_NOARGS,
		     replay_slab_score_doc),
	{ NULL, NULL, 0, NULL },
};

PyDoc_STRVAR(replay_doc,
"Replay(machine, *, standard=False, strict=False, sample_events=0,\n"
"       sample_ns=0, slab='off', cache_names=())\n"
"--\n"
"\n"
"A replay of recorded events on a machine, which runs free: recorded frame\n"
"numbers name allocations and keep the score, they steer no choice.\n"
"\n"
"standard ignores kprobe events; strict stops at the first free that cannot\n"
"be. A sample is taken every sample_events events and every sample_ns ns of\n"
"trace time; 0 for neither.\n"
"\n"
"slab says what becomes of slab events: 'observed' checks each against the\n"
"machine's caches, 'driven' lets them ask for their own pages, 'off' leaves\n"
"them out, and the machine without slabs. cache_names are those of the trace:\n"
"TraceReader.cache_names().");

static PyType_Slot replay_slots[] = {
	{ Py_tp_doc, (void *)replay_doc },
	{ Py_tp_new, replay_new },
	{ Py_tp_dealloc, replay_dealloc },
	{ Py_tp_traverse, replay_traverse },
	{ Py_tp_methods, replay_methods },
	{ Py_tp_getset, replay_getset },
	{ 0, NULL },
};

static PyType_Spec replay_spec = {
	.name = "buddyalloc._core.Replay",
	.basicsize = sizeof(struct replay),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
		 Py_TPFLAGS_IMMUTABLETYPE,
	.slots = replay_slots,
};

PyTypeObject *ba_py_replay_type(PyObject *module)
{
	return (PyTypeObject *)PyType_FromModuleAndSpec(module, &replay_spec,
							NULL);
}
