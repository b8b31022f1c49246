// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_trace.h"

#include <stdlib.h>
#include <string.h>

#include "py/py_convert.h"
#include "py/py_errors.h"
#include "py/py_records.h"
#include "trace/format.h"
#include "trace/ftrace.h"

#define FIRST_CAP 4096u		/* events */

/* The marks that a recording puts around what is to be replayed. */
struct marks {
	uint64_t start;		/* number of the event behind `pgsnap_end 0` */
	uint64_t end;		/* number of the next event `pgsnap 1` */
	bool has_start, has_end;
};

struct reader {
	PyObject_HEAD
	struct ba_py_state *state;	/* borrowed */
	bool busy;			/* a call has released the GIL */
	bool finished;
	struct ba_event *events;	/* not taken yet */
	uint32_t *lines;		/* line number of each */
	size_t nr, cap;
	uint64_t fed, expected;		/* bytes of text; 0: not known */
	uint64_t taken;			/* events that were handed over */
	struct marks marks;
	struct ba_ftrace ftrace;
};

/* ---- construction ------------------------------------------------ */

static PyObject *reader_new(PyTypeObject *type, PyObject *args,
			    PyObject *kwargs)
{
	static char *names[] = { "layout", "vmemmap", "page_size", NULL };
	struct ba_py_state *state = ba_py_state_of(type);
	PyObject *vmemmap = NULL, *page_size = NULL;
	enum ba_gfp_layout layout = BA_GFP_6_1;
	uint64_t base = 0, size = 0;
	const char *text = "6.1";
	struct reader *self;

	if (!state || !PyArg_ParseTupleAndKeywords(
			      args, kwargs, "|s$OO:TraceReader", names, &text,
			      &vmemmap, &page_size))
		return NULL;
	if (!ba_py_layout(text, &layout) ||
	    !ba_py_uint(vmemmap, "vmemmap", UINT64_MAX, &base) ||
	    !ba_py_uint(page_size, "page_size", BA_PAGE_SIZE, &size))
		return NULL;
	self = ba_py_object_new(type);
	if (!self)
		return NULL;
	self->state = state;
	ba_ftrace_init(&self->ftrace, layout, base, (uint32_t)size);
	return (PyObject *)self;
}

static int reader_traverse(PyObject *object, visitproc visit, void *arg)
{
	Py_VISIT(Py_TYPE(object));
	return 0;
}

static void reader_dealloc(PyObject *object)
{
	struct reader *self = (struct reader *)object;

	PyObject_GC_UnTrack(object);
	free(self->events);
	free(self->lines);
	ba_py_object_free(object);
}

static bool ready(struct reader *self)
{
	if (!self->busy)
		return true;
	ba_py_fail(self->state, BA_EBUSY,
		   "TraceReader is already in use by another thread; give "
		   "each its own");
	return false;
}

/* ---- reading ----------------------------------------------------- */

/* Room for `cap` events; both arrays keep the same capacity. */
static bool make_room(struct reader *self, size_t cap)
{
	void *events = ba_py_records_grow(self->events,
					  self->nr * sizeof(*self->events),
					  cap * sizeof(*self->events));
	void *lines;

	if (!events)
		return false;
	self->events = events;
	lines = ba_py_records_grow(self->lines,
				   self->nr * sizeof(*self->lines),
				   cap * sizeof(*self->lines));
	if (!lines)
		return false;
	self->lines = lines;
	self->cap = cap;
	return true;
}

/*
 * Half as many events again as the text that is expected holds if it goes on
 * as it began: what is not written to takes no memory. Else few steps.
 */
static bool grow(struct reader *self)
{
	uint64_t nr = self->taken + self->nr, each = nr ? self->fed / nr : 0;
	size_t more = self->cap ? 4 * self->cap : FIRST_CAP;
	uint64_t all = self->cap && each ? self->expected / each * 3 / 2 : 0;

	return (all > more && make_room(self, (size_t)all)) ||
	       make_room(self, more);
}

/* Look for marks among the last `nr` events. */
static void find_marks(struct reader *self, size_t nr)
{
	struct marks *marks = &self->marks;

	for (size_t i = self->nr - nr; i < self->nr; i++) {
		const struct ba_event *e = &self->events[i];

		if (ba_likely(e->op != BA_OP_SNAP &&
			      e->op != BA_OP_SNAP_END))
			continue;
		if (e->op == BA_OP_SNAP_END && e->arg == 0 &&
		    !marks->has_start) {
			marks->has_start = true;
			marks->start = self->taken + i + 1;
			marks->has_end = false;
		} else if (e->op == BA_OP_SNAP && e->arg == 1 &&
			   !marks->has_end) {
			marks->has_end = true;
			marks->end = self->taken + i;
		}
	}
}

static enum ba_status feed(struct reader *self, const char *text, size_t len)
{
	size_t off = 0;

	while (off < len) {
		size_t consumed = 0, nr = 0;
		enum ba_status status;

		if (self->nr == self->cap && !grow(self))
			return BA_ENOMEM;
		status = ba_ftrace_feed(&self->ftrace, text + off, len - off,
					&consumed, self->events + self->nr,
					self->lines + self->nr,
					self->cap - self->nr, &nr);
		if (status != BA_OK)
			return status;
		self->nr += nr;
		find_marks(self, nr);
		self->fed += consumed;
		off += consumed;
	}
	return BA_OK;
}

PyDoc_STRVAR(reader_expect_doc,
"expect($self, size, /)\n"
"--\n"
"\n"
"The whole text has about `size` bytes: make room for all its events at once.\n"
"\n"
"A wrong size only costs time. Raises ValueError below 0 and above 2^48.");

static PyObject *reader_expect(PyObject *object, PyObject *size)
{
	struct reader *self = (struct reader *)object;

	if (!ready(self) || !ba_py_uint(size, "size", UINT64_C(1) << 48,
					&self->expected))
		return NULL;
	Py_RETURN_NONE;
}

PyDoc_STRVAR(reader_feed_doc,
"feed($self, text, /)\n"
"--\n"
"\n"
"Read a chunk of trace text, bytes or any buffer; it may end anywhere.\n"
"\n"
"Returns the number of events read. Lines that are no events or are garbled\n"
"are skipped and counted (counters). The GIL is released.\n"
"\n"
"Raises ValueError after finish().");

static PyObject *reader_feed(PyObject *object, PyObject *text)
{
	struct reader *self = (struct reader *)object;
	size_t before = self->nr;
	enum ba_status status;
	Py_buffer view;

	if (!ready(self) || !ba_py_bytes(text, "text", &view))
		return NULL;
	if (self->finished) {
		PyBuffer_Release(&view);
		PyErr_SetString(PyExc_ValueError,
				"this reader has finished; a new trace needs "
				"a new TraceReader");
		return NULL;
	}
	self->busy = true;
	Py_BEGIN_ALLOW_THREADS
	status = feed(self, view.buf, (size_t)view.len);
	Py_END_ALLOW_THREADS
	self->busy = false;
	PyBuffer_Release(&view);
	if (status != BA_OK)
		return ba_py_fail(self->state, status, "");
	return PyLong_FromSize_t(self->nr - before);
}

PyDoc_STRVAR(reader_finish_doc,
"finish($self, /)\n"
"--\n"
"\n"
"The text has ended: read a last line without a newline.\n"
"\n"
"Returns the number of events read, 0 or 1. Can be called again.");

static PyObject *reader_finish(PyObject *object, PyObject *ignored)
{
	struct reader *self = (struct reader *)object;
	enum ba_status status;
	size_t nr = 0;

	(void)ignored;
	if (!ready(self))
		return NULL;
	if (self->finished)
		return PyLong_FromLong(0);
	if (self->nr == self->cap && !grow(self))
		return PyErr_NoMemory();
	status = ba_ftrace_finish(&self->ftrace, self->events + self->nr,
				  self->lines + self->nr,
				  self->cap - self->nr, &nr);
	if (status != BA_OK)
		return ba_py_fail(self->state, status, "");
	self->finished = true;
	self->nr += nr;
	find_marks(self, nr);
	return PyLong_FromSize_t(nr);
}

/* Records of the array, which is theirs or freed from now on. */
static PyObject *hand_over(struct reader *self, void *array,
			   const char *format, size_t itemsize)
{
	void *data = realloc(array, (self->nr ? self->nr : 1) * itemsize);

	if (!data) {
		free(array);
		return PyErr_NoMemory();
	}
	return ba_py_records_new(self->state, data, format, itemsize,
				 self->nr, 0);
}

PyDoc_STRVAR(reader_take_doc,
"take($self, /)\n"
"--\n"
"\n"
"The events read since the last call, as (events, lines).\n"
"\n"
"events are Records of shape (n,) with the fields EVENT_FIELDS; lines are\n"
"Records of uint32, shape (n,), with the line number of each, from 1. They\n"
"are handed over without a copy.");

static PyObject *reader_take(PyObject *object, PyObject *ignored)
{
	struct reader *self = (struct reader *)object;
	PyObject *events, *lines;

	(void)ignored;
	if (!ready(self))
		return NULL;
	events = hand_over(self, self->events,
			   BA_PY_FORMAT(BA_PY_EVENT_FIELDS),
			   sizeof(struct ba_event));
	lines = hand_over(self, self->lines, "=I", sizeof(uint32_t));
	self->events = NULL;
	self->lines = NULL;
	self->taken += self->nr;
	self->nr = self->cap = 0;
	if (!events || !lines) {
		Py_XDECREF(events);
		Py_XDECREF(lines);
		return NULL;
	}
	return Py_BuildValue("(NN)", events, lines);
}

PyDoc_STRVAR(reader_marks_doc,
"marks($self, /)\n"
"--\n"
"\n"
"Where the marks of a recording stand, as (start, end).\n"
"\n"
"start is the number of the event behind the first 'pgsnap_end 0', end that of\n"
"the first 'pgsnap 1' behind it, or of all; counted from 0, also over several\n"
"take(). None where there is none yet.");

static PyObject *reader_marks(PyObject *object, PyObject *ignored)
{
	struct reader *self = (struct reader *)object;
	const struct marks *marks = &self->marks;

	(void)ignored;
	if (!ready(self))
		return NULL;
	return Py_BuildValue(
		"(NN)",
		ba_py_u64_or_none(marks->has_start ? marks->start : UINT64_MAX),
		ba_py_u64_or_none(marks->has_end ? marks->end : UINT64_MAX));
}

/* ---- format files ------------------------------------------------ */

static PyObject *format_dict(const struct ba_format *format)
{
	PyObject *fields = PyList_New(0);

	for (uint32_t i = 0; fields && i < format->nr_fields; i++) {
		const struct ba_format_field *f = &format->fields[i];
		PyObject *item = Py_BuildValue(
			"{s:s, s:I, s:I, s:N}", "name", f->name, "offset",
			(unsigned int)f->offset, "size",
			(unsigned int)f->size, "signed",
			PyBool_FromLong(f->is_signed));

		if (!item || PyList_Append(fields, item))
			Py_CLEAR(fields);
		Py_XDECREF(item);
	}
	if (!fields)
		return NULL;
	return Py_BuildValue("{s:s, s:I, s:N, s:I, s:I}", "name",
			     format->name, "id", (unsigned int)format->id,
			     "fields", fields, "nr_flags",
			     (unsigned int)format->nr_flags, "nr_unresolved",
			     (unsigned int)format->nr_unresolved);
}

PyDoc_STRVAR(reader_read_format_doc,
"read_format($self, text, /)\n"
"--\n"
"\n"
"Read an event's format file and use its names of GFP flags from now on.\n"
"\n"
"Returns a dict: name, id, fields (dicts of name, offset, size, signed),\n"
"nr_flags, nr_unresolved (names whose value the file does not spell out).\n"
"\n"
"Raises TraceError, with the line, for a text that is none.");

static PyObject *reader_read_format(PyObject *object, PyObject *text)
{
	struct reader *self = (struct reader *)object;
	struct ba_gfp_names names = self->ftrace.decode.names;
	struct ba_format format;
	enum ba_status status;
	uint32_t line = 0;
	Py_buffer view;

	if (!ready(self) || !ba_py_bytes(text, "text", &view))
		return NULL;
	status = ba_format_read(view.buf, (size_t)view.len, &names, &format,
				&line);
	PyBuffer_Release(&view);
	if (status != BA_OK)
		return ba_py_fail(self->state, status,
				  "line %d: not the format file of an event; "
				  "give events/kmem/mm_page_alloc/format",
				  (int)line);
	self->ftrace.decode.names = names;
	memset(self->ftrace.decode.cache, 0,
	       sizeof(self->ftrace.decode.cache));
	return format_dict(&format);
}

/* ---- counters ---------------------------------------------------- */

/* Text of a trace: any bytes. */
static PyObject *from_text(const char *text)
{
	return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text),
				    "backslashreplace");
}

static PyObject *unknown_dict(const struct ba_ftrace *t)
{
	PyObject *ret = PyDict_New();

	for (size_t i = 0; ret && i < BA_UNKNOWN_NAMES; i++) {
		PyObject *name, *count;

		if (!t->unknown[i].count)
			continue;
		name = from_text(t->unknown[i].name);
		count = ba_py_u64(t->unknown[i].count);
		if (!name || !count || PyDict_SetItem(ret, name, count))
			Py_CLEAR(ret);
		Py_XDECREF(name);
		Py_XDECREF(count);
	}
	return ret;
}

static PyObject *malformed_dict(const struct ba_ftrace *t)
{
	if (!t->first_malformed)
		Py_RETURN_NONE;
	return Py_BuildValue("{s:K, s:N, s:N, s:s}", "line",
			     (unsigned long long)t->first_malformed, "event",
			     from_text(t->first_event), "field",
			     from_text(t->first_field), "text",
			     ba_fault_text(t->first_fault));
}

PyDoc_STRVAR(reader_counters_doc,
"counters($self, /)\n"
"--\n"
"\n"
"What was seen so far, as a dict.\n"
"\n"
"Keys: lines, records, comments, unknown_lines, unknown (a dict of counts by\n"
"event name), unknown_overflow (lines of names that had no room there),\n"
"lost_events, overwritten, cpus (0: not said), truncated (the last line is\n"
"cut off), malformed_lines, first_malformed (None, or a dict of line, event,\n"
"field and text, what is wrong and what to do), raw_pages (page addresses\n"
"kept as they are for want of page_size).");

static PyObject *reader_counters(PyObject *object, PyObject *ignored)
{
	struct reader *self = (struct reader *)object;
	const struct ba_ftrace *t = &self->ftrace;
	PyObject *ret;

	(void)ignored;
	if (!ready(self))
		return NULL;
	ret = PyDict_New();
	if (ret && ba_py_dict_set(ret, "lines", ba_py_u64(t->lines)) &&
	    ba_py_dict_set(ret, "records", ba_py_u64(t->records)) &&
	    ba_py_dict_set(ret, "comments", ba_py_u64(t->comments)) &&
	    ba_py_dict_set(ret, "unknown_lines", ba_py_u64(t->unknown_lines)) &&
	    ba_py_dict_set(ret, "unknown", unknown_dict(t)) &&
	    ba_py_dict_set(ret, "unknown_overflow",
			   ba_py_u64(t->unknown_overflow)) &&
	    ba_py_dict_set(ret, "lost_events", ba_py_u64(t->lost_events)) &&
	    ba_py_dict_set(ret, "overwritten", ba_py_u64(t->overwritten)) &&
	    ba_py_dict_set(ret, "cpus", ba_py_u64(t->cpus)) &&
	    ba_py_dict_set(ret, "truncated", PyBool_FromLong(t->truncated)) &&
	    ba_py_dict_set(ret, "malformed_lines",
			   ba_py_u64(t->malformed_lines)) &&
	    ba_py_dict_set(ret, "first_malformed", malformed_dict(t)) &&
	    ba_py_dict_set(ret, "raw_pages", ba_py_u64(t->decode.raw_pages)))
		return ret;
	Py_XDECREF(ret);
	return NULL;
}

PyDoc_STRVAR(reader_cache_names_doc,
"cache_names($self, /)\n"
"--\n"
"\n"
"The names of slab caches seen so far, as a tuple.\n"
"\n"
"The `arg` of a kmem_cache_free event is the number of its name, from 1; 0\n"
"where the line had none.");

static PyObject *reader_cache_names(PyObject *object, PyObject *ignored)
{
	struct reader *self = (struct reader *)object;
	const struct ba_names *names = &self->ftrace.decode.cache_names;
	PyObject *ret;

	(void)ignored;
	if (!ready(self))
		return NULL;
	ret = PyTuple_New((Py_ssize_t)names->nr);
	for (uint32_t i = 0; ret && i < names->nr; i++) {
		PyObject *name = from_text(ba_names_text(names, i + 1));

		if (!name || PyTuple_SetItem(ret, (Py_ssize_t)i, name))
			Py_CLEAR(ret);
	}
	return ret;
}

/* ---- the type ---------------------------------------------------- */

static PyMethodDef reader_methods[] = {
	BA_PY_METHOD("expect", reader_expect, METH_O, reader_expect_doc),
	BA_PY_METHOD("feed", reader_feed, METH_O, reader_feed_doc),
	BA_PY_METHOD("finish", reader_finish, METH_NOARGS, reader_finish_doc),
	BA_PY_METHOD("take", reader_take, METH_NOARGS, reader_take_doc),
	BA_PY_METHOD("marks", reader_marks, METH_NOARGS, reader_marks_doc),
	BA_PY_METHOD("read_format", reader_read_format, METH_O,
		     reader_read_format_doc),
	BA_PY_METHOD("counters", reader_counters, METH_NOARGS,
		     reader_counters_doc),
	BA_PY_METHOD("cache_names", reader_cache_names, METH_NOARGS,
		     reader_cache_names_doc),
	{ NULL, NULL, 0, NULL },
};

PyDoc_STRVAR(reader_doc,
"TraceReader(layout='6.1', *, vmemmap=0, page_size=0)\n"
"--\n"
"\n"
"A reader of the text of ftrace, trace-cmd or perf script, chunk by chunk.\n"
"\n"
"layout, '6.1' or '6.12', names the kernels whose GFP flags the text has.\n"
"vmemmap and page_size (bytes of a struct page, 0: not known) turn the page\n"
"addresses of kprobe events into frame numbers.\n"
"\n"
"Raises ValueError for a layout that does not exist.");

static PyType_Slot reader_slots[] = {
	{ Py_tp_doc, (void *)reader_doc },
	{ Py_tp_new, reader_new },
	{ Py_tp_dealloc, reader_dealloc },
	{ Py_tp_traverse, reader_traverse },
	{ Py_tp_methods, reader_methods },
	{ 0, NULL },
};

static PyType_Spec reader_spec = {
	.name = "buddyalloc._core.TraceReader",
	.basicsize = sizeof(struct reader),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
		 Py_TPFLAGS_IMMUTABLETYPE,
	.slots = reader_slots,
};

PyTypeObject *ba_py_reader_type(PyObject *module)
{
	return (PyTypeObject *)PyType_FromModuleAndSpec(module, &reader_spec,
							NULL);
}
