/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/status.h"

const char *ba_strerror(enum ba_status status)
{
	switch (status) {
#define X(name, value, exception, sentence) case name: return sentence;
	BA_STATUSES(X)
#undef X
	}
	return "unknown status";
}

const char *ba_status_exception(enum ba_status status)
{
	switch (status) {
#define X(name, value, exception, sentence) case name: return #exception;
	BA_STATUSES(X)
#undef X
	}
	return "InternalError";
}
