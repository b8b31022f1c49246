// SPDX-License-Identifier: GPL-2.0-only
/* Whose object lies at an address. */
#include "mm/kmem_cache.h"

#include "slabs.h"

static uint16_t id;
static uint64_t o[64];

/* What lies behind the last object of a slab is no object. */
TEST(the_rest_of_a_slab)
{
	start(slabs_config());
	id = cache("thirds", 1200);	/* 3 objects, 496 bytes left over */
	take_all(id, o, 1);
	CHECK_EQ(ba_kmem_cache_free(&ctx, nodes, id, o[0] + 3 * 1200),
		 BA_EFOREIGN);
	CHECK(!ba_object_find(&ctx, nodes, o[0] + 3 * 1200).exact);
	stop();
}

/* An object on the second page of a slab is found from its address. */
TEST(objects_on_later_pages_of_a_slab)
{
	struct ba_config config = slabs_config();
	struct ba_object_at at;

	config.slub_max_order = 3;
	start(config);
	id = cache("large", 3000);	/* order 3: 10 objects */
	CHECK_EQ(ba_cache_at(&ctx, id)->layout.order, 3);
	take_all(id, o, 10);
	at = ba_object_find(&ctx, nodes, o[9] + 2999);
	CHECK_EQ(at.head, slab('a'));
	CHECK_EQ(at.index, 9);
	CHECK(!at.exact);
	CHECK(ba_object_find(&ctx, nodes, o[9]).exact);
	CHECK_EQ(ba_object_find(&ctx, nodes, o[9]).cache, id);
	for (unsigned int i = 0; i < 10; i++)
		give(o[i]);
	limit(id, 0, 0);
	flush(id, 0);
	for (pfn_t pfn = slab('a'); pfn < slab('a') + 8; pfn++)
		CHECK_EQ(ba_slabs(&ctx)[pfn].cache, 0);
	stop();
}
