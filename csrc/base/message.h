/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * message - the sentence that says what is wrong with an input, into a buffer
 * that a caller may leave out.
 *
 *	line 12, "zone %u has no pages"  -->  "line 12: zone 3 has no pages"
 *	line 0                           -->  "zone 3 has no pages"
 *
 * Invariants:
 *   W1 a buffer with room for one byte or more holds a string afterwards.
 */
#ifndef BA_BASE_MESSAGE_H
#define BA_BASE_MESSAGE_H

#include <stdarg.h>

#include "base/types.h"

/* Cut off at `size` bytes; nothing without a buffer. line: 0 for none. */
__attribute__((format(printf, 4, 0)))
void ba_message(char *message, size_t size, uint32_t line, const char *format,
		va_list args);

#endif
