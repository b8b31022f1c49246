// SPDX-License-Identifier: GPL-2.0-only
#include "mm/vm.h"

const char *ba_vm_event_name(unsigned int i)
{
	static const char *const names[BA_NR_VM_EVENTS] = {
#define X(name) #name,
		BA_VM_EVENTS(X)
#undef X
	};

	return i < BA_NR_VM_EVENTS ? names[i] : NULL;
}
