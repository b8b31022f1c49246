// SPDX-License-Identifier: GPL-2.0-only
#include "mm/vm.h"

#include "testlib.h"

TEST(counts_have_the_names_of_proc_vmstat)
{
	CHECK_STR_EQ(ba_vm_event_name(BA_VM_pgscan_kswapd), "pgscan_kswapd");
	CHECK_STR_EQ(ba_vm_event_name(BA_VM_oom_kill), "oom_kill");
	CHECK_STR_EQ(ba_vm_event_name(BA_NR_VM_EVENTS), NULL);
	for (unsigned int i = 0; i < BA_NR_VM_EVENTS; i++)
		for (unsigned int k = 0; k < i; k++)
			CHECK(strcmp(ba_vm_event_name(i),
				     ba_vm_event_name(k)) != 0);
}

TEST(counts_add_up)
{
	struct ba_vm vm = { 0 };
	const struct ba_ctx ctx = { .vm = &vm };

	ba_vm_count(&ctx, BA_VM_pswpin, 3);
	ba_vm_count(&ctx, BA_VM_pswpin, 512);
	CHECK_EQ(vm.event[BA_VM_pswpin], 515);
	CHECK_EQ(vm.event[BA_VM_pswpout], 0);
}

/* Without swap it is never full; half of it in use is not yet full. */
TEST(swap_is_full_when_more_than_half_is_used)
{
	struct ba_vm vm = { 0 };

	CHECK(!ba_vm_swap_full(&vm));
	vm.swap_total = 7;
	vm.swap_free = 4;
	CHECK(!ba_vm_swap_full(&vm));
	vm.swap_free = 3;
	CHECK(ba_vm_swap_full(&vm));
	vm.swap_total = 6;
	CHECK(!ba_vm_swap_full(&vm));
}
