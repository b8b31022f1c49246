/* SPDX-License-Identifier: GPL-2.0-only */
#include "sim/event.h"

const char *ba_op_name(unsigned int op)
{
	static const char *const names[] = {
#define X(name, text, kind) text,
		BA_OPS(X)
#undef X
	};

	return op < BA_NR_OPS ? names[op] : NULL;
}

char ba_op_kind(unsigned int op)
{
	static const char kinds[] = {
#define X(name, text, kind) kind,
		BA_OPS(X)
#undef X
	};

	return op < BA_NR_OPS ? kinds[op] : '\0';
}

const char *ba_result_text(unsigned int result)
{
	static const char *const texts[] = {
#define X(name, text) text,
		BA_RESULTS(X)
#undef X
	};

	return result < BA_NR_RESULTS ? texts[result] : NULL;
}
