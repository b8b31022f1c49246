// SPDX-License-Identifier: GPL-2.0-only
#include "base/message.h"

#include <inttypes.h>
#include <stdio.h>

void ba_message(char *message, size_t size, uint32_t line, const char *format,
		va_list args)
{
	size_t used = 0;
	int len;

	if (!message || !size)
		return;
	message[0] = '\0';
	if (line) {
		len = snprintf(message, size, "line %" PRIu32 ": ", line);
		used = len < 0 ? 0 : (size_t)len;
	}
	if (used < size)
		vsnprintf(message + used, size - used, format, args);
}
