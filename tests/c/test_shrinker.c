// SPDX-License-Identifier: GPL-2.0-only
#include "mm/shrinker.h"

#include "mm/vm.h"

#include "one_cache.h"

#define NR 1000u

static uint64_t objects[NR];

static void start_shrinker(uint32_t seeks)
{
	start_with(16384, 192, BA_SLAB_RECLAIM_ACCOUNT);
	CHECK_EQ(ba_shrinker_register(&ctx, cache, seeks, BA_SHRINK_BATCH),
		 BA_OK);
	for (unsigned int i = 0; i < NR; i++) {
		objects[i] = new_object();
		ba_object_unuse(&ctx, at(objects[i]));
	}
}

static bool in_use(uint64_t address)
{
	struct ba_object_at o = at(address);

	return o.head != BA_PFN_NONE &&
	       ba_object_is_used(ba_objects_of(&ctx, o.head)[o.index]);
}

static uint64_t shrink(gfp_t gfp, int priority)
{
	return ba_shrink_slab(&ctx, nodes, 0, gfp, priority);
}

static uint64_t deferred(void)
{
	return ba_cache_at(&ctx, cache)->shrinker.node[0].nr_deferred;
}

/*
 * 1000 unused, seeks 2: 2 * (1000 >> 4) = 124 at priority 4, which is less than
 * a batch: put off. The next time 124 + (124 >> 4) = 131: a batch of 128.
 */
TEST(less_than_a_batch_is_put_off)
{
	start_shrinker(2);
	CHECK_EQ(shrink(BA_GFP_KERNEL, 4), 0);
	CHECK_EQ(deferred(), 124);
	CHECK_EQ(shrink(BA_GFP_KERNEL, 4), 128);
	CHECK_EQ(deferred(), 124 + 124 - 128);
	CHECK_EQ(ctx.vm->event[BA_VM_slabs_scanned], 128);
	CHECK(!in_use(objects[0]));
	CHECK(!in_use(objects[127]));
	CHECK(in_use(objects[128]));
	stop();
}

/* priority 0: 2000 to look at, at most twice what there is: all of it. */
TEST(priority_0_takes_everything)
{
	start_shrinker(2);
	CHECK_EQ(shrink(BA_GFP_KERNEL, 0), NR);
	CHECK_EQ(ba_cache_at(&ctx, cache)->shrinker.node[0].lru.count, 0);
	CHECK(ctx.reclaimed_slab > 0);
	stop();
}

/* seeks 0: half of them at every priority. */
TEST(without_seeks_half_goes)
{
	start_shrinker(0);
	CHECK_EQ(shrink(BA_GFP_KERNEL, 12), 3 * BA_SHRINK_BATCH);
	CHECK_EQ(deferred(), NR / 2 - 3 * BA_SHRINK_BATCH);
	stop();
}

/* The work of a request that may not enter a file system is put off. */
TEST(without_fs_nothing_goes)
{
	start_shrinker(2);
	CHECK_EQ(shrink(BA_GFP_NOFS, 0), 0);
	CHECK_EQ(deferred(), 2 * NR);
	CHECK(in_use(objects[0]));
	stop();
}

/* 0 in use, 1 referenced, 2 plain: 0 leaves the list, 1 goes round, 2 goes. */
TEST(what_is_used_stays)
{
	start_shrinker(2);
	ba_object_use(&ctx, at(objects[0]));
	ba_object_unuse(&ctx, at(objects[1]));
	CHECK_EQ(shrink(BA_GFP_KERNEL, 3), BA_SHRINK_BATCH - 2);
	CHECK(in_use(objects[0]));
	CHECK_EQ(ba_object_link(&ctx, at(objects[0]))->flags, 0);
	CHECK(in_use(objects[1]));
	CHECK_EQ(ba_object_link(&ctx, at(objects[1]))->flags,
		 BA_OBJECT_LISTED | BA_OBJECT_UNUSED);
	CHECK(!in_use(objects[2]));
	ba_drop_slab(&ctx, nodes);
	CHECK(in_use(objects[0]));
	CHECK(!in_use(objects[1]));
	stop();
}

/*
 * vfs_cache_pressure 0: nothing counts as freeable. 10: 100 of 1000 do, 200 are
 * to be looked at; after a batch of 128 what remains is less than a batch, and
 * less than there are.
 */
TEST(pressure_scales_what_counts)
{
	char text[200];

	start_shrinker(2);
	CHECK_EQ(ba_machine_sysctl(&machine, "vfs_cache_pressure", 0, text,
				   sizeof(text)), BA_OK);
	CHECK_EQ(shrink(BA_GFP_KERNEL, 0), 0);
	CHECK_EQ(ba_machine_sysctl(&machine, "vfs_cache_pressure", 10, text,
				   sizeof(text)), BA_OK);
	CHECK_EQ(shrink(BA_GFP_KERNEL, 0), BA_SHRINK_BATCH);
	stop();
}

/* A request that finds no page has objects freed for it. */
TEST(direct_reclaim_frees_objects)
{
	uint64_t made = 0;

	start_shrinker(2);
	while (!ctx.reclaimed_slab && made++ < 16384 * 21) {
		ctx = ba_machine_ctx(&machine, 0);
		REQUIRE(new_object());
		ba_object_unuse(&ctx, at(new_object()));
	}
	CHECK(ctx.reclaimed_slab > 0);
	CHECK(!in_use(objects[0]));
	stop();
}

TEST(a_shrinker_comes_before_the_first_slab)
{
	start_with(4096, 192, 0);
	CHECK_EQ(ba_shrinker_register(&ctx, cache, 2, 0), BA_EINVAL);
	new_object();
	CHECK_EQ(ba_shrinker_register(&ctx, cache, 2, 128), BA_EINUSE);
	stop();
	start_with(4096, 192, 0);
	CHECK_EQ(ba_shrinker_register(&ctx, cache, 2, 128), BA_OK);
	CHECK_EQ(ba_shrinker_register(&ctx, cache, 2, 128), BA_EINUSE);
	stop();
}
