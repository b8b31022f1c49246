/* SPDX-License-Identifier: GPL-2.0-only */
#include "mm/kvmalloc.h"

#include "booted.h"

#define MIB	(UINT64_C(1) << 20)

struct own {
	struct ba_machine machine;
	struct ba_ctx ctx;
	struct ba_nodes *nodes;
};

static struct own boot(void)
{
	struct own o = { .machine = booted(65536, 1, 1) };

	o.ctx = ba_machine_ctx(&o.machine, 0);
	o.nodes = ba_machine_nodes(&o.machine);
	return o;
}

static uint64_t get(struct own *o, uint64_t size, gfp_t gfp)
{
	uint64_t address;

	CHECK_EQ(ba_kvmalloc(&o->ctx, o->nodes, size, gfp, BA_ANY_NODE,
			     &address), BA_OK);
	return address;
}

static enum ba_status put(struct own *o, uint64_t address)
{
	pfn_t bad;

	return ba_kvfree(&o->ctx, o->nodes, address, &bad);
}

/* What neither of them gave; what the machine's memory is too small for. */
TEST(bad_arguments)
{
	struct own o = boot();
	uint64_t address;

	CHECK_EQ(put(&o, 1), BA_EFOREIGN);
	CHECK_EQ(put(&o, BA_VMALLOC_START), BA_ENOAREA);
	CHECK_EQ(ba_kvmalloc(&o.ctx, o.nodes, 257 * MIB, BA_GFP_KERNEL,
			     BA_ANY_NODE, &address), BA_EINVAL);
	CHECK_EQ(address, 0);
	/* INT_MAX and more is nothing that vmalloc is asked for */
	CHECK_EQ(get(&o, UINT64_C(1) << 31, BA_GFP_KERNEL), 0);
	ba_machine_destroy(&o.machine);
}

/* K1: up to 4 MiB kmalloc serves it, beyond it vmalloc, in large pages. */
TEST(either)
{
	struct own o = boot();
	uint64_t small = get(&o, 100, BA_GFP_KERNEL);
	uint64_t large = get(&o, 4 * MIB, BA_GFP_KERNEL);
	uint64_t other = get(&o, 4 * MIB + 1, BA_GFP_KERNEL);

	CHECK(small && !ba_is_vmalloc(small));
	CHECK(large && !ba_is_vmalloc(large));
	CHECK(ba_is_vmalloc(other) && other % (2 * MIB) == 0);
	CHECK_EQ(put(&o, other), BA_OK);
	CHECK_EQ(put(&o, other), BA_EAREAFREE);
	CHECK_EQ(put(&o, large), BA_OK);
	CHECK_EQ(put(&o, small), BA_OK);
	CHECK_EQ(put(&o, small), BA_EOBJECTFREE);
	CHECK_EQ(put(&o, 0), BA_OK);
	ba_machine_destroy(&o.machine);
}

/* vmalloc sleeps: who may not has kmalloc only. */
TEST(without_sleep)
{
	struct own o = boot();

	CHECK(get(&o, MIB, BA_GFP_NOWAIT_6_1));
	CHECK_EQ(get(&o, 8 * MIB, BA_GFP_NOWAIT_6_1), 0);
	ba_machine_destroy(&o.machine);
}

/* No block is left, and single pages are: kmalloc does not try for ever. */
TEST(no_block_of_the_order)
{
	struct own o = boot();
	pfn_t pfn, last = BA_PFN_NONE;

	while ((pfn = ba_alloc_pages(&o.ctx, o.nodes, BA_GFP_NOWAIT_6_1, 0,
				     0)) != BA_PFN_NONE) {
		o.ctx.frames[pfn].owner = last;
		last = pfn;
	}
	for (; last != BA_PFN_NONE; last = pfn) {
		pfn = o.ctx.frames[last].owner;
		o.ctx.frames[last].owner = 0;
		if (last % 2)
			(void)ba_free_pages(&o.ctx, o.nodes, last, 0);
	}
	CHECK(ba_is_vmalloc(get(&o, 4 * MIB, BA_GFP_KERNEL)));
	CHECK(!ba_is_vmalloc(get(&o, 4096, BA_GFP_KERNEL)));
	ba_machine_destroy(&o.machine);
}
