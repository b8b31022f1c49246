/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz_statefile - any bytes to the reader of state files. What is accepted
 * must come through writing and reading unchanged; what is refused must say
 * why.
 */
#include <stdio.h>
#include <stdlib.h>

#include "trace/statefile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "broken: %s\n", what);
	__builtin_trap();
}

static char *written(const struct ba_state *state, size_t *len)
{
	char *text;

	ba_statefile_write(state, NULL, 0, len);
	text = malloc(*len);
	require(ba_statefile_write(state, text, *len, len) == BA_OK, "write");
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ba_state *state = ba_state_create();
	struct ba_state *again = ba_state_create();
	char message[200];
	enum ba_status status;

	status = ba_statefile_read(state, (const char *)data, size, message,
				   sizeof(message));
	if (status != BA_OK) {
		require(message[0] != '\0', "a refusal says why");
	} else {
		size_t first_len, second_len;
		char *first = written(state, &first_len);
		char *second;

		status = ba_statefile_read(again, first, first_len, message,
					   sizeof(message));
		require(status == BA_OK, message);
		second = written(again, &second_len);
		require(first_len == second_len &&
			memcmp(first, second, first_len) == 0, "Y1");
		free(first);
		free(second);
	}
	ba_state_destroy(state);
	ba_state_destroy(again);
	return 0;
}
