/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * py_trace - the Python type TraceReader: chunks of trace text in, arrays of
 * events out.
 *
 *	feed(chunk) feed(chunk) ... finish()   counters()
 *	      \___________\____________\-----> take() -> events, line numbers
 *
 * Models: nothing of its own (trace/ftrace.h).
 * Simplified: files and decompression are Python's business.
 *
 * Invariants:
 *   T1 the chunk's buffer is held while the GIL is released.
 *   T2 events and lines have the same length.
 */
#ifndef BA_PY_PY_TRACE_H
#define BA_PY_PY_TRACE_H

#include "py/py.h"

PyTypeObject *ba_py_reader_type(PyObject *module);

#endif
