/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * status - what can be wrong with a call: one word per kind, one sentence
 * each, written once.
 *
 * Three kinds of failure never mix. That the simulated kernel found no page
 * is data (sim/event.h, enum ba_result). That the caller or an input is
 * wrong is a status of this list. That the model contradicts itself is
 * BA_EBROKEN: the machine is marked and refuses every later call; the
 * process lives on.
 *
 * Invariants:
 *   S1 BA_OK is 0 and every other status is negative.
 *   S2 each status names the Python exception it becomes (py/py_errors.c).
 */
#ifndef BA_BASE_STATUS_H
#define BA_BASE_STATUS_H

/* X(name, value, Python exception, sentence) */
#define BA_STATUSES(X)							\
	X(BA_OK, 0, None, "no error")					\
	X(BA_EINVAL, -1, ValueError, "an argument is out of range")	\
	X(BA_ENOMEM, -2, MemoryError, "the host is out of memory")	\
	X(BA_EFRAME, -3, FrameError, "the frame lies outside every zone") \
	X(BA_EDOUBLEFREE, -4, FrameError, "the frame is already free")	\
	X(BA_EORDER, -5, FrameError,					\
	  "the frame does not begin an allocated block of that order")	\
	X(BA_ESTATE, -6, StateError,					\
	  "the recorded state contradicts itself")			\
	X(BA_EFORMAT, -7, TraceError, "the text is not of a known form") \
	X(BA_ETRUNCATED, -8, TraceError, "the input ends too early")	\
	X(BA_EBUSY, -9, RuntimeError,					\
	  "the machine is in use by another thread")			\
	X(BA_EPROFILE, -10, ValueError, "no such behaviour profile")	\
	X(BA_EBROKEN, -11, InternalError,				\
	  "an invariant of the model is broken; please report it")	\
	X(BA_EHANDLE, -12, FrameError,					\
	  "the frame holds user memory; free it by its handle")		\
	X(BA_ESLAB, -13, FrameError,					\
	  "the frame holds slab objects or a large kmalloc; free them by address") \
	X(BA_EFOREIGN, -14, SlabError,					\
	  "no slab object and no kmalloc begins at that address")	\
	X(BA_EOBJECTFREE, -15, SlabError, "the object is already free")	\
	X(BA_EWRONGCACHE, -16, SlabError,				\
	  "the object belongs to another cache")			\
	X(BA_EINUSE, -17, SlabError,					\
	  "objects of the cache are still in use")			\
	X(BA_ENOAREA, -18, VmallocError,				\
	  "no area of vmalloc addresses begins there")			\
	X(BA_EAREAFREE, -19, VmallocError, "the area is already free")	\
	X(BA_EAREA, -20, VmallocError,					\
	  "the area was not made by the call that this one undoes")	\
	X(BA_EOVERWRITTEN, -21, SlabError,				\
	  "bytes next to the object were overwritten; it is not freed")

enum ba_status {
#define X(name, value, exception, sentence) name = value,
	BA_STATUSES(X)
#undef X
};

/* The sentence of a status; "unknown status" for a number not in the list. */
const char *ba_strerror(enum ba_status status);

/* The name of the Python exception that stands for a status. */
const char *ba_status_exception(enum ba_status status);

#endif
