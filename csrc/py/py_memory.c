// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hmap.h"
#include "py/py_records.h"

struct memory {
	PyObject_HEAD
	struct ba_py_machine *machine;	/* owned: E2 */
	uint64_t address;		/* kernel virtual */
	size_t size;			/* bytes */
	uint8_t *bytes;			/* NULL: freed */
	uint8_t *mapping;		/* of its own; NULL: the direct map */
	pfn_t *pfns;			/* frames that it is found by */
	uint32_t nr;			/* of them; 0: kmalloc's */
	Py_ssize_t exports;		/* buffers that views hold */
};

#define PLACE_LEN 64u

/* "64 bytes at 0xffff888001000000" */
static const char *place_of(const struct memory *self, char text[PLACE_LEN])
{
	snprintf(text, PLACE_LEN, "%zu bytes at 0x%" PRIx64, self->size,
		 self->address);
	return text;
}

/* ---- tables ------------------------------------------------------ */

/* One Memory at one key; those of the same key are chained. */
struct entry {
	struct memory *memory;
	uint32_t next;			/* 0: none */
};

struct ba_py_memories {
	struct ba_hmap by_address;	/* first entry of the address */
	struct ba_hmap by_frame;	/* first entry of the frame */
	struct entry *entry;		/* entry[0] is not used */
	uint32_t nr, room;		/* ever used, allocated */
	uint32_t free;			/* chained; 0: none */
};

static struct ba_py_memories *memories_of(struct ba_py_machine *machine)
{
	struct ba_py_memories *t = machine->memories;

	if (t)
		return t;
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	ba_hmap_init(&t->by_address);
	ba_hmap_init(&t->by_frame);
	t->nr = 1;
	machine->memories = t;
	return t;
}

void ba_py_memories_destroy(struct ba_py_machine *machine)
{
	struct ba_py_memories *t = machine->memories;

	if (!t)
		return;
	ba_hmap_deinit(&t->by_address);
	ba_hmap_deinit(&t->by_frame);
	free(t->entry);
	free(t);
	machine->memories = NULL;
}

/* Room for one more address and nr more frames: track cannot fail then. */
static bool make_room(struct ba_py_memories *t, uint32_t nr)
{
	uint64_t want = (uint64_t)t->nr + nr + 1;
	struct entry *more;

	if (ba_hmap_reserve(&t->by_address, t->by_address.count + 1) != BA_OK ||
	    ba_hmap_reserve(&t->by_frame, t->by_frame.count + nr) != BA_OK)
		return false;
	if (want <= t->room)
		return true;
	want += want / 2;
	if (want > UINT32_MAX)
		return false;
	more = realloc(t->entry, want * sizeof(*more));
	if (!more)
		return false;
	t->entry = more;
	t->room = (uint32_t)want;
	return true;
}

static void track(struct ba_py_memories *t, struct ba_hmap *map, uint64_t key,
		  struct memory *memory)
{
	uint32_t i = t->free, first;

	if (i)
		t->free = t->entry[i].next;
	else
		i = t->nr++;
	t->entry[i] = (struct entry){ memory, 0 };
	if (!ba_hmap_get(map, key, &first)) {
		ba_hmap_put(map, key, i);
		return;
	}
	t->entry[i].next = t->entry[first].next;
	t->entry[first].next = i;
}

static void untrack(struct ba_py_memories *t, struct ba_hmap *map,
		    uint64_t key, const struct memory *memory)
{
	uint32_t i = 0, before = 0;

	ba_hmap_get(map, key, &i);
	while (t->entry[i].memory != memory) {
		before = i;
		i = t->entry[i].next;
	}
	if (before) {
		t->entry[before].next = t->entry[i].next;
	} else if (t->entry[i].next) {
		/* the second takes the place of the first */
		before = i;
		i = t->entry[i].next;
		t->entry[before] = t->entry[i];
	} else {
		ba_hmap_del(map, key, NULL);
	}
	t->entry[i] = (struct entry){ NULL, t->free };
	t->free = i;
}

static void untrack_all(struct memory *memory)
{
	struct ba_py_memories *t = memory->machine->memories;

	untrack(t, &t->by_address, memory->address, memory);
	for (uint32_t i = 0; i < memory->nr; i++)
		untrack(t, &t->by_frame, memory->pfns[i], memory);
}

/* ---- freeing ----------------------------------------------------- */

static void unmap(struct memory *memory)
{
	if (memory->mapping)
		ba_memory_unmap(memory->mapping, memory->nr);
	memory->mapping = NULL;
}

static void invalidate(struct memory *memory)
{
	untrack_all(memory);
	memory->bytes = NULL;
	if (!memory->exports)
		unmap(memory);		/* or with the last view: E3 */
}

static bool refuse(const struct memory *memory)
{
	char text[PLACE_LEN];

	PyErr_Format(PyExc_BufferError,
		     "cannot free the %s: %zd view(s) of them exist, such as a "
		     "NumPy array or a memoryview; delete or release() them "
		     "first", place_of(memory, text), memory->exports);
	return false;
}

static bool idle_key(const struct ba_py_memories *t,
		     const struct ba_hmap *map, uint64_t key)
{
	uint32_t i = 0;

	ba_hmap_get(map, key, &i);
	for (; i; i = t->entry[i].next)
		if (t->entry[i].memory->exports)
			return refuse(t->entry[i].memory);
	return true;
}

static void revoke_key(struct ba_py_memories *t, const struct ba_hmap *map,
		       uint64_t key)
{
	uint32_t i;

	while (ba_hmap_get(map, key, &i))
		invalidate(t->entry[i].memory);
}

bool ba_py_memory_idle_at(struct ba_py_machine *machine, uint64_t address)
{
	const struct ba_py_memories *t = machine->memories;

	return !t || idle_key(t, &t->by_address, address);
}

void ba_py_memory_revoke_at(struct ba_py_machine *machine, uint64_t address)
{
	struct ba_py_memories *t = machine->memories;

	if (t)
		revoke_key(t, &t->by_address, address);
}

bool ba_py_memory_idle_each(struct ba_py_machine *machine,
			    const uint64_t *addresses, size_t nr)
{
	const struct ba_py_memories *t = machine->memories;

	if (!t || !t->by_address.count)
		return true;
	for (size_t i = 0; i < nr; i++)
		if (!idle_key(t, &t->by_address, addresses[i]))
			return false;
	return true;
}

void ba_py_memory_revoke_each(struct ba_py_machine *machine,
			      const uint64_t *addresses, size_t nr)
{
	struct ba_py_memories *t = machine->memories;

	if (!t || !t->by_address.count)
		return;
	for (size_t i = 0; i < nr; i++)
		revoke_key(t, &t->by_address, addresses[i]);
}

bool ba_py_memory_idle_frames(struct ba_py_machine *machine, pfn_t pfn,
			      uint32_t nr)
{
	const struct ba_py_memories *t = machine->memories;

	if (!t || !t->by_frame.count)
		return true;
	for (uint32_t i = 0; i < nr; i++)
		if (!idle_key(t, &t->by_frame, (uint64_t)pfn + i))
			return false;
	return true;
}

void ba_py_memory_revoke_frames(struct ba_py_machine *machine, pfn_t pfn,
				uint32_t nr)
{
	struct ba_py_memories *t = machine->memories;

	if (!t || !t->by_frame.count)
		return;
	for (uint32_t i = 0; i < nr; i++)
		revoke_key(t, &t->by_frame, (uint64_t)pfn + i);
}

bool ba_py_memory_idle_list(struct ba_py_machine *machine, const pfn_t *pfns,
			    size_t nr)
{
	const struct ba_py_memories *t = machine->memories;

	if (!t || !t->by_frame.count)
		return true;
	for (size_t i = 0; i < nr; i++)
		if (!idle_key(t, &t->by_frame, pfns[i]))
			return false;
	return true;
}

void ba_py_memory_revoke_list(struct ba_py_machine *machine, const pfn_t *pfns,
			      size_t nr)
{
	struct ba_py_memories *t = machine->memories;

	if (!t || !t->by_frame.count)
		return;
	for (size_t i = 0; i < nr; i++)
		revoke_key(t, &t->by_frame, pfns[i]);
}

/* Every Memory is found by its address. */
bool ba_py_memory_idle(struct ba_py_machine *machine)
{
	const struct ba_py_memories *t = machine->memories;
	uint64_t cursor = 0, address;
	uint32_t first;

	while (t && ba_hmap_next(&t->by_address, &cursor, &address, &first))
		if (!idle_key(t, &t->by_address, address))
			return false;
	return true;
}

void ba_py_memory_revoke(struct ba_py_machine *machine)
{
	struct ba_py_memories *t = machine->memories;
	uint32_t nr = t ? t->nr : 0;

	for (uint32_t i = 1; i < nr; i++)
		if (t->entry[i].memory)
			invalidate(t->entry[i].memory);
}

/* ---- making ------------------------------------------------------ */

static const struct ba_memory *bytes_of(const struct ba_py_machine *machine)
{
	return &machine->machine.memory;
}

/*
 * Not in the tables yet, and without bytes. `pfns`: of malloc, its own from
 * now on; NULL with nr > 0 when there was no memory for it.
 */
static struct memory *new_memory(struct ba_py_machine *machine,
				 uint64_t address, size_t size, pfn_t *pfns,
				 uint32_t nr)
{
	struct ba_py_memories *t = memories_of(machine);
	struct memory *self = NULL;

	if ((nr && !pfns) || !t || !make_room(t, nr))
		PyErr_NoMemory();
	else
		self = ba_py_object_new(machine->state->memory);
	if (!self) {
		free(pfns);
		return NULL;
	}
	self->machine = (struct ba_py_machine *)Py_NewRef((PyObject *)machine);
	self->address = address;
	self->size = size;
	self->pfns = pfns;
	self->nr = nr;
	return self;
}

/* E1 */
static PyObject *publish(struct memory *self, uint8_t *bytes)
{
	struct ba_py_memories *t = self->machine->memories;

	self->bytes = bytes;
	track(t, &t->by_address, self->address, self);
	for (uint32_t i = 0; i < self->nr; i++)
		track(t, &t->by_frame, self->pfns[i], self);
	return (PyObject *)self;
}

PyObject *ba_py_memory_object(struct ba_py_machine *machine, uint64_t address,
			      size_t size)
{
	struct memory *self = new_memory(machine, address, size, NULL, 0);
	uint64_t start = ba_machine_page_offset(&machine->machine);

	if (!self)
		return NULL;
	ba_py_memory_revoke_at(machine, address);
	return publish(self, bytes_of(machine)->direct + (address - start));
}

PyObject *ba_py_memory_given(struct ba_py_machine *machine, cpu_t cpu,
			     uint64_t address, size_t size)
{
	struct ba_ctx ctx;
	PyObject *ret;

	if (!address)
		Py_RETURN_NONE;
	if (!bytes_of(machine)->direct || address == BA_ZERO_SIZE_PTR)
		return ba_py_u64(address);
	ret = ba_py_memory_object(machine, address, size);
	if (!ret) {
		ctx = ba_machine_ctx(&machine->machine, cpu);
		ba_kfree(&ctx, ba_machine_nodes(&machine->machine), address);
	}
	return ret;
}

PyObject *ba_py_memory_pages(struct ba_py_machine *machine, pfn_t pfn,
			     size_t size)
{
	uint32_t nr = (uint32_t)((size + BA_PAGE_SIZE - 1) / BA_PAGE_SIZE);
	pfn_t *pfns = malloc(nr * sizeof(*pfns));
	struct memory *self;

	for (uint32_t i = 0; pfns && i < nr; i++)
		pfns[i] = pfn + i;
	self = new_memory(machine,
			  ba_machine_page_address(&machine->machine, pfn),
			  size, pfns, nr);
	return self ? publish(self, ba_memory_at(bytes_of(machine), pfn)) :
		      NULL;
}

PyObject *ba_py_memory_mapped(struct ba_py_machine *machine, uint64_t address,
			      const pfn_t *pfns, uint32_t nr, size_t size)
{
	pfn_t *own = malloc(nr * sizeof(*own));
	char text[PLACE_LEN];
	struct memory *self;

	if (own)
		memcpy(own, pfns, nr * sizeof(*own));
	self = new_memory(machine, address, size, own, nr);
	if (!self)
		return NULL;
	if (ba_memory_map(bytes_of(machine), own, nr, &self->mapping) == BA_OK)
		return publish(self, self->mapping);
	PyErr_Format(PyExc_MemoryError,
		     "the host cannot map %u frames side by side for the %s; "
		     "it allows a process vm.max_map_count mappings, and each "
		     "run of adjacent frames needs one", nr,
		     place_of(self, text));
	Py_DECREF((PyObject *)self);
	return NULL;
}

/* ---- the type ---------------------------------------------------- */

static bool alive(const struct memory *self)
{
	char text[PLACE_LEN];

	if (self->bytes)
		return true;
	PyErr_Format(PyExc_ValueError,
		     "the %s were freed; nothing can be read or written there "
		     "any more", place_of(self, text));
	return false;
}

/* What another thread frees just now cannot be viewed. */
static int memory_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
	struct memory *self = (struct memory *)object;

	view->obj = NULL;
	if (!alive(self) || !ba_py_begin_broken(self->machine))
		return -1;
	ba_py_end(self->machine);
	if (PyBuffer_FillInfo(view, object, self->bytes,
			      (Py_ssize_t)self->size, 0, flags))
		return -1;
	self->exports++;
	return 0;
}

static void memory_releasebuffer(PyObject *object, Py_buffer *view)
{
	struct memory *self = (struct memory *)object;

	(void)view;
	if (!--self->exports && !self->bytes)
		unmap(self);
}

static Py_ssize_t memory_length(PyObject *object)
{
	struct memory *self = (struct memory *)object;

	return alive(self) ? (Py_ssize_t)self->size : -1;
}

/* As of bytes: an int, or the bytes of a slice. */
static PyObject *memory_subscript(PyObject *object, PyObject *key)
{
	PyObject *view = PyMemoryView_FromObject(object);
	PyObject *item = view ? PyObject_GetItem(view, key) : NULL;
	PyObject *ret = item;

	if (item && PyMemoryView_Check(item)) {
		ret = PyBytes_FromObject(item);
		Py_DECREF(item);
	}
	Py_XDECREF(view);
	return ret;
}

static int memory_assign(PyObject *object, PyObject *key, PyObject *value)
{
	PyObject *view;
	int ret = -1;

	if (!value) {
		PyErr_SetString(PyExc_TypeError,
				"bytes of memory cannot be deleted");
		return -1;
	}
	view = PyMemoryView_FromObject(object);
	if (view)
		ret = PyObject_SetItem(view, key, value);
	Py_XDECREF(view);
	return ret;
}

static PyObject *memory_index(PyObject *object)
{
	struct memory *self = (struct memory *)object;

	return alive(self) ? ba_py_u64(self->address) : NULL;
}

static PyObject *memory_repr(PyObject *object)
{
	struct memory *self = (struct memory *)object;
	char text[PLACE_LEN];

	return PyUnicode_FromFormat("<Memory: %s%s>", place_of(self, text),
				    self->bytes ? "" : ", freed");
}

static PyObject *get_address(PyObject *object, void *closure)
{
	(void)closure;
	return ba_py_u64(((struct memory *)object)->address);
}

static PyObject *get_size(PyObject *object, void *closure)
{
	(void)closure;
	return PyLong_FromSize_t(((struct memory *)object)->size);
}

static PyObject *get_freed(PyObject *object, void *closure)
{
	(void)closure;
	return PyBool_FromLong(!((struct memory *)object)->bytes);
}

/* The frames that the bytes lie in, also those of an object. */
static PyObject *get_pfns(PyObject *object, void *closure)
{
	struct memory *self = (struct memory *)object;
	uint64_t start = ba_machine_page_offset(&self->machine->machine);
	uint32_t first = 0, nr = self->nr;
	uint32_t *pfns;

	(void)closure;
	if (!nr) {
		first = (uint32_t)((self->address - start) >> BA_PAGE_SHIFT);
		nr = (uint32_t)((self->address - start + self->size - 1) >>
				BA_PAGE_SHIFT) - first + 1;
	}
	pfns = ba_py_records_data(nr, sizeof(*pfns));
	for (uint32_t i = 0; pfns && i < nr; i++)
		pfns[i] = self->nr ? self->pfns[i] : first + i;
	return pfns ? ba_py_records_new(self->machine->state, pfns, "=I",
					sizeof(*pfns), nr, 0) : NULL;
}

static int memory_traverse(PyObject *object, visitproc visit, void *arg)
{
	Py_VISIT(Py_TYPE(object));
	Py_VISIT((PyObject *)((struct memory *)object)->machine);
	return 0;
}

static void memory_dealloc(PyObject *object)
{
	struct memory *self = (struct memory *)object;

	PyObject_GC_UnTrack(object);
	if (self->bytes)
		untrack_all(self);
	unmap(self);
	free(self->pfns);
	Py_XDECREF((PyObject *)self->machine);
	ba_py_object_free(object);
}

static PyGetSetDef memory_getset[] = {
	{ "address", get_address, NULL,
	  "Kernel virtual address of the first byte.", NULL },
	{ "size", get_size, NULL, "Bytes, also after they were freed.", NULL },
	{ "pfns", get_pfns, NULL,
	  "Frames that the bytes lie in, Records of uint32, shape (frames,).",
	  NULL },
	{ "freed", get_freed, NULL,
	  "True when the bytes were freed: every use raises ValueError.",
	  NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

PyDoc_STRVAR(memory_doc,
"Real bytes of a backed machine at a kernel address.\n"
"\n"
"It exports the buffer protocol, writable: numpy.frombuffer(memory, 'u8') is\n"
"an array of these very bytes. memory[i] is a byte and memory[i:j] a copy of\n"
"some, both can be assigned to; len() is the number of bytes and\n"
"operator.index() the address, so a call that takes an address takes a Memory\n"
"too. While there is a view, what it views cannot be freed: BufferError.\n"
"After it was freed, by whatever call, every use raises ValueError. A Memory\n"
"that is dropped frees nothing.");

static PyType_Slot memory_slots[] = {
	{ Py_tp_doc, (void *)memory_doc },
	{ Py_tp_dealloc, memory_dealloc },
	{ Py_tp_traverse, memory_traverse },
	{ Py_tp_repr, memory_repr },
	{ Py_tp_getset, memory_getset },
	{ Py_nb_index, memory_index },
	{ Py_mp_length, memory_length },
	{ Py_mp_subscript, memory_subscript },
	{ Py_mp_ass_subscript, memory_assign },
	{ Py_bf_getbuffer, memory_getbuffer },
	{ Py_bf_releasebuffer, memory_releasebuffer },
	{ 0, NULL },
};

static PyType_Spec memory_spec = {
	.name = "buddyalloc._core.Memory",
	.basicsize = sizeof(struct memory),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
		 Py_TPFLAGS_IMMUTABLETYPE |
		 Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.slots = memory_slots,
};

PyTypeObject *ba_py_memory_type(PyObject *module)
{
	return (PyTypeObject *)PyType_FromModuleAndSpec(module, &memory_spec,
							NULL);
}
