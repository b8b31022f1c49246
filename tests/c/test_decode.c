/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace/decode.h"

#include "testlib.h"

#define VMEMMAP 0xfffff64b00000000u

static struct ba_decode decode;
static struct ba_event event;

static struct ba_span span(const char *text)
{
	return (struct ba_span){ text, text + strlen(text) };
}

/* Decode by place and by name: both must say the same. */
static enum ba_fault fields(unsigned int op, const char *text)
{
	struct ba_event by_name;
	enum ba_fault fault;

	memset(&event, 0xa5, sizeof(event));
	by_name = event;
	decode.by_name_only = true;
	fault = ba_decode_fields(&decode, op, span(text), &by_name);
	decode.by_name_only = false;
	CHECK_EQ(ba_decode_fields(&decode, op, span(text), &event), fault);
	if (fault == BA_FAULT_NONE)
		CHECK(memcmp(&event, &by_name, sizeof(event)) == 0);
	return fault;
}

static void init(uint32_t page_size)
{
	ba_decode_init(&decode, BA_GFP_6_1, VMEMMAP, page_size);
}

TEST(names_to_ops)
{
	for (unsigned int op = 0; op < BA_NR_OPS; op++)
		CHECK_EQ(ba_decode_op(span(ba_op_name(op))),
			 ba_op_kind(op) == 'm' ? BA_NR_OPS : op);
	CHECK_EQ(ba_decode_op(span("mm_page_allo")), BA_NR_OPS);
	CHECK_EQ(ba_decode_op(span("")), BA_NR_OPS);
}

TEST(fields_stand_in_any_order)
{
	init(64);
	CHECK_EQ(fields(BA_OP_PAGE_ALLOC, "gfp_flags=GFP_KERNEL new=7 "
			"migratetype=2 order=3 pfn=0x1f8"), BA_FAULT_NONE);
	CHECK_EQ(event.addr, 0x1f8);
	CHECK_EQ(event.order, 3);
	CHECK_EQ(event.migratetype, 2);
	CHECK_EQ(event.gfp, 0xcc0);
	CHECK_EQ(event.arg, 0);
	/* older kernels print the pfn in decimal */
	CHECK_EQ(fields(BA_OP_PAGE_FREE, "page=00000000d2ab1f6b pfn=5000 "
			"order=0"), BA_FAULT_NONE);
	CHECK_EQ(event.addr, 5000);
}

TEST(the_first_of_two_counts)
{
	init(64);
	CHECK_EQ(fields(BA_OP_PAGE_FREE, "page=fffff64b009cf4c0 pfn=0x2 "
			"order=1 pfn=0x3 order=2"), BA_FAULT_NONE);
	CHECK_EQ(event.addr, 2);
	CHECK_EQ(event.order, 1);
}

TEST(a_failed_allocation_has_no_frame)
{
	init(64);
	CHECK_EQ(fields(BA_OP_PAGE_ALLOC, "page=0000000000000000 pfn=0x0 "
			"order=0 migratetype=0 gfp_flags=GFP_NOWAIT"),
		 BA_FAULT_NONE);
	CHECK_EQ(event.addr, BA_ADDR_NONE);
	CHECK_EQ(fields(BA_OP_PAGE_ALLOC, "page=(nil) pfn=0x0 order=0 "
			"migratetype=0 gfp_flags=none"), BA_FAULT_NONE);
	CHECK_EQ(event.addr, BA_ADDR_NONE);
	CHECK_EQ(fields(BA_OP_PAGE_ALLOC, "page=fffff64b00000000 pfn=0x0 "
			"order=0 migratetype=0 gfp_flags=none"),
		 BA_FAULT_NONE);
	CHECK_EQ(event.addr, 0);
}

TEST(extfrag_packs_three_numbers)
{
	init(64);
	CHECK_EQ(fields(BA_OP_EXTFRAG, "page=fffff64b00500000 pfn=0x14000 "
			"alloc_order=2 fallback_order=10 pageblock_order=9 "
			"alloc_migratetype=0 fallback_migratetype=1 "
			"fragmenting=0 change_ownership=1"), BA_FAULT_NONE);
	CHECK_EQ(event.addr, 0x14000);
	CHECK_EQ(event.order, 2);
	CHECK_EQ(event.migratetype, 0);
	CHECK_EQ(event.arg, 10 | 1 << 8 | 1 << 16);
}

TEST(slab_events_keep_what_tells_the_cache)
{
	init(64);
	CHECK_EQ(fields(BA_OP_KMALLOC, "call_site=f+0x5c/0x220 "
			"ptr=ffff898082527780 name=x y bytes_req=168 "
			"bytes_alloc=192 gfp_flags=GFP_KERNEL|__GFP_ZERO "
			"node=1 accounted=true"), BA_FAULT_NONE);
	CHECK_EQ(event.addr, 0xffff898082527780u);
	CHECK_EQ(event.arg, 168);
	CHECK_EQ(event.gfp, 0xdc0);
	CHECK_EQ(event.order, 2);
	CHECK_EQ(event.migratetype, 1);
	CHECK_EQ(fields(BA_OP_KFREE, "call_site=f+0x1/0x2 ptr=(nil)"),
		 BA_FAULT_NONE);
	CHECK_EQ(event.addr, 0);
	CHECK_EQ(fields(BA_OP_CACHE_ALLOC, "ptr=0xffff8000 bytes_req=184 "
			"bytes_alloc=192 gfp_flags=none node=-1 "
			"accounted=false"), BA_FAULT_NONE);
	CHECK_EQ(event.addr, 0xffff8000u);
	CHECK_EQ(event.arg, 184 | 192 << 16);
	CHECK_EQ(event.order, 0);
	CHECK_EQ(event.migratetype, 0);
}

/* The usual form, and what differs from it in one place. */
TEST(slab_events_as_the_kernel_prints_them)
{
	init(64);
	CHECK_EQ(fields(BA_OP_KMALLOC, "call_site=f+0x5c/0x220 "
			"ptr=ffff898082527780 bytes_req=70000 "
			"bytes_alloc=131072 gfp_flags=GFP_KERNEL "
			"node=-1 accounted=true"), BA_FAULT_NONE);
	CHECK_EQ(event.addr, 0xffff898082527780u);
	CHECK_EQ(event.arg, 70000);
	CHECK_EQ(event.gfp, 0xcc0);
	CHECK_EQ(event.migratetype, 1);
	CHECK_EQ(fields(BA_OP_CACHE_ALLOC, "call_site=f ptr=0123456789abcdef "
			"bytes_req=70000 bytes_alloc=192 gfp_flags=GFP_KERNEL "
			"node=-1 accounted=false"), BA_FAULT_NONE);
	CHECK_EQ(event.addr, 0x0123456789abcdefu);
	CHECK_EQ(event.arg, 65535 | 192 << 16);
	CHECK_EQ(event.migratetype, 0);
	CHECK_EQ(fields(BA_OP_CACHE_FREE, "call_site=f ptr=ffff898082527780 "
			"name=filp"), BA_FAULT_NONE);
	CHECK_EQ(event.arg, 1);
	CHECK_EQ(fields(BA_OP_KFREE, "call_site=f ptr=0000000000000000"),
		 BA_FAULT_NONE);
	CHECK_EQ(event.addr, 0);
	CHECK_EQ(fields(BA_OP_KFREE, "call_site=f ptr=FFFF898082527780 x=1"),
		 BA_FAULT_NONE);
	CHECK_EQ(event.addr, 0xffff898082527780u);
	CHECK_EQ(fields(BA_OP_KFREE, "call_site=f ptr=fff:898082527780"),
		 BA_FAULT_VALUE);
	CHECK_EQ(fields(BA_OP_KFREE, "call_site=f ptr=fffg898082527780"),
		 BA_FAULT_VALUE);
	CHECK_EQ(fields(BA_OP_KMALLOC, "call_site=f ptr=ffff898082527780 "
			"bytes_req= bytes_alloc=64 gfp_flags=GFP_KERNEL "
			"node=-1 accounted=true"), BA_FAULT_VALUE);
	CHECK_EQ(fields(BA_OP_KMALLOC, "call_site=f ptr=ffff898082527780 "
			"bytes_req=64 bytes_alloc=64 gfp_flags=GFP_ "
			"node=-1 accounted=true"), BA_FAULT_GFP);
}

/* perf works out the fields itself, and prints no address as 16 digits. */
TEST(events_as_perf_prints_them)
{
	init(64);
	CHECK_EQ(fields(BA_OP_PAGE_ALLOC, "page=0x83dd pfn=0x83dd order=0 "
			"migratetype=1 gfp_flags=GFP_HIGHUSER_MOVABLE|"
			"__GFP_COMP|__GFP_WRITE"), BA_FAULT_NONE);
	CHECK_EQ(event.addr, 0x83dd);
	CHECK_EQ(event.migratetype, 1);
	CHECK_EQ(fields(BA_OP_PAGE_ALLOC, "page=(nil) pfn=0x0 order=3 "
			"migratetype=0 gfp_flags=GFP_KERNEL"), BA_FAULT_NONE);
	CHECK_EQ(event.addr, BA_ADDR_NONE);
	CHECK_EQ(fields(BA_OP_PAGE_FREE, "page=0x1 pfn=0x1 order=0"),
		 BA_FAULT_NONE);
	CHECK_EQ(event.addr, 1);
	CHECK_EQ(fields(BA_OP_PAGE_FREE, "page=0x1 pfn=0x1"),
		 BA_FAULT_MISSING);
	CHECK_EQ(fields(BA_OP_ZONE_LOCKED, "page=0xbc03 pfn=0xbc03 order=0 "
			"migratetype=1 percpu_refill=1"), BA_FAULT_NONE);
	CHECK_EQ(event.arg, 1);
	CHECK_EQ(fields(BA_OP_CACHE_ALLOC, "call_site=proc_alloc_inode+0x1d "
			"ptr=0xffff8932014c26f0 bytes_req=704 bytes_alloc=712 "
			"gfp_flags=GFP_KERNEL node=-1 accounted=true"),
		 BA_FAULT_NONE);
	CHECK_EQ(event.addr, 0xffff8932014c26f0u);
	CHECK_EQ(event.arg, 704 | 712 << 16);
	CHECK_EQ(event.migratetype, 1);
	CHECK_EQ(fields(BA_OP_KMALLOC, "call_site=alloc_fair_sched_group+0x13c"
			" ptr=0xffff8932165b2a00 bytes_req=448 bytes_alloc=512"
			" gfp_flags=GFP_KERNEL|__GFP_ZERO node=0 "
			"accounted=false"), BA_FAULT_NONE);
	CHECK_EQ(event.order, 1);
	CHECK_EQ(fields(BA_OP_CACHE_FREE, "call_site=single_release+0x29 "
			"ptr=0xffff89323ff09960 name=seq_file"),
		 BA_FAULT_NONE);
	CHECK_EQ(event.addr, 0xffff89323ff09960u);
	CHECK_STR_EQ(ba_names_text(&decode.cache_names, event.arg),
		     "seq_file");
	CHECK_EQ(fields(BA_OP_KFREE, "call_site=f+0x164 ptr=(nil)"),
		 BA_FAULT_NONE);
	CHECK_EQ(event.addr, 0);
	CHECK_EQ(fields(BA_OP_KFREE, "call_site=f+0x1 ptr=0x10"),
		 BA_FAULT_NONE);
	CHECK_EQ(event.addr, 0x10);
	CHECK_EQ(fields(BA_OP_KFREE, "call_site=f ptr=(nil"), BA_FAULT_VALUE);
	CHECK_EQ(fields(BA_OP_KFREE, "call_site=f ptr=(nil)x"),
		 BA_FAULT_VALUE);
	CHECK_EQ(fields(BA_OP_KFREE, "call_site=f ptr=0xffff89323ff099600"),
		 BA_FAULT_VALUE);
}

TEST(slab_sizes_saturate)
{
	init(64);
	CHECK_EQ(fields(BA_OP_KMALLOC, "ptr=1 bytes_req=99999999999 "
			"gfp_flags=none"), BA_FAULT_NONE);
	CHECK_EQ(event.arg, UINT32_MAX);
	CHECK_EQ(fields(BA_OP_CACHE_ALLOC, "ptr=1 bytes_req=65536 "
			"bytes_alloc=70000 gfp_flags=none"), BA_FAULT_NONE);
	CHECK_EQ(event.arg, UINT32_MAX);
	CHECK_EQ(fields(BA_OP_KMALLOC, "ptr=1 bytes_req=8 gfp_flags=none "
			"node=99"), BA_FAULT_VALUE);
	CHECK_STR_EQ(decode.field, "node");
}

TEST(cache_names_have_numbers)
{
	init(64);
	CHECK_EQ(fields(BA_OP_CACHE_FREE, "call_site=f ptr=1 name=dentry"),
		 BA_FAULT_NONE);
	CHECK_EQ(event.arg, 1);
	CHECK_EQ(fields(BA_OP_CACHE_FREE, "ptr=2 name=filp"), BA_FAULT_NONE);
	CHECK_EQ(event.arg, 2);
	CHECK_EQ(fields(BA_OP_CACHE_FREE, "ptr=3 name=dentry"), BA_FAULT_NONE);
	CHECK_EQ(event.arg, 1);
	CHECK_EQ(fields(BA_OP_CACHE_FREE, "ptr=4"), BA_FAULT_NONE);
	CHECK_EQ(event.arg, 0);
	CHECK_STR_EQ(ba_names_text(&decode.cache_names, 2), "filp");
}

TEST(compaction_packs_two_frames)
{
	init(64);
	CHECK_EQ(fields(BA_OP_COMPACTION_BEGIN, "zone_start=0x1000 "
			"migrate_pfn=0x2c00 free_pfn=0x27e00 "
			"zone_end=0x27fda, mode=sync"), BA_FAULT_NONE);
	CHECK_EQ(event.addr, 0x2c00 | (uint64_t)0x27e00 << 32);
	CHECK_EQ(event.arg, 0x1000);
	CHECK_EQ(event.migratetype, 1);
	CHECK_EQ(fields(BA_OP_COMPACTION_BEGIN, "zone_start=0x1 "
			"migrate_pfn=0x1 free_pfn=0xe00 zone_end=0x1000, "
			"mode=async"), BA_FAULT_NONE);
	CHECK_EQ(event.migratetype, 0);
	CHECK_EQ(fields(BA_OP_COMPACTION_SOURCE, "range=(0x1e00 ~ 0x1e75) "
			"nr_scanned=83 nr_taken=32"), BA_FAULT_NONE);
	CHECK_EQ(event.addr, 0x1e00 | (uint64_t)0x1e75 << 32);
	CHECK_EQ(event.arg, 32);
	CHECK_EQ(fields(BA_OP_COMPACTION_FREE, "range=(0x1e00 ~ 0x1d00) "
			"nr_scanned=83 nr_taken=32"), BA_FAULT_VALUE);
	CHECK_STR_EQ(decode.field, "range");
	CHECK_EQ(fields(BA_OP_COMPACTION_FREE, "range=(0x1e00 nr_taken=32"),
		 BA_FAULT_VALUE);
}

TEST(kswapd_names_its_node)
{
	init(64);
	CHECK_EQ(fields(BA_OP_KSWAPD_WAKE, "nid=1 order=3"), BA_FAULT_NONE);
	CHECK_EQ(event.arg, 1);
	CHECK_EQ(event.order, 0);
	CHECK_EQ(fields(BA_OP_KSWAPD_SLEEP, "nid=2"), BA_FAULT_NONE);
	CHECK_EQ(event.arg, 2);
	CHECK_EQ(fields(BA_OP_KSWAPD_SLEEP, "order=3"), BA_FAULT_MISSING);
	CHECK_EQ(fields(BA_OP_COMPACTION_SUITABLE, "node=0 zone=DMA      "
			"order=9 ret=success"), BA_FAULT_NONE);
	CHECK_EQ(fields(BA_OP_KCOMPACTD_WAKEUP, "nid=0 order=9 "
			"classzone_idx=DMA32   "), BA_FAULT_NONE);
	CHECK_EQ(event.order, 0);
}

TEST(compaction_says_whether_it_goes_on)
{
	init(64);
	CHECK_EQ(fields(BA_OP_COMPACTION_FINISHED, "node=0 zone=DMA32    "
			"order=9 ret=no_suitable_page"), BA_FAULT_NONE);
	CHECK_EQ(event.order, 9);
	CHECK_EQ(event.arg, 1);
	CHECK_EQ(fields(BA_OP_COMPACTION_FINISHED, "node=0 zone=Normal   "
			"order=-1 ret=continue"), BA_FAULT_NONE);
	CHECK_EQ(event.order, 255);
	CHECK_EQ(event.arg, 1);
	CHECK_EQ(fields(BA_OP_COMPACTION_FINISHED, "node=0 zone=Normal   "
			"order=2 ret=success"), BA_FAULT_NONE);
	CHECK_EQ(event.arg, 0);
	CHECK_EQ(fields(BA_OP_COMPACTION_FINISHED, "order=x ret=success"),
		 BA_FAULT_VALUE);
	CHECK_EQ(fields(BA_OP_COMPACTION_MIGRATED, "nr_migrated=85 "
			"nr_failed=395"), BA_FAULT_NONE);
	CHECK_EQ(event.gfp, 85);
	CHECK_EQ(event.arg, 395);
	CHECK_EQ(fields(BA_OP_COMPACTION_TRY, "order=1 "
			"gfp_mask=GFP_KERNEL|__GFP_ZERO priority=2"),
		 BA_FAULT_NONE);
	CHECK_EQ(event.order, 1);
	CHECK_EQ(event.gfp, 0xdc0);
	CHECK_EQ(event.arg, 2);
}

TEST(page_addresses_become_frames)
{
	init(64);
	/* the register's upper half is not the order's */
	CHECK_EQ(fields(BA_OP_ISOLATE, "(__isolate_free_page+0x4/0x200) "
			"page=0xfffff64b00748000 order=0xdead000000000004"),
		 BA_FAULT_NONE);
	CHECK_EQ(event.addr, 0x1d200);
	CHECK_EQ(event.order, 4);
	CHECK_EQ(fields(BA_OP_MIGRATE_TARGET, "page=0x0"), BA_FAULT_NONE);
	CHECK_EQ(event.addr, BA_ADDR_NONE);
	CHECK_EQ(fields(BA_OP_SPLITPAGE, "page=0xfffff64a00000000 order=0x1"),
		 BA_FAULT_PAGE);
	CHECK_STR_EQ(decode.field, "page");
	CHECK_EQ(fields(BA_OP_SPLITPAGE, "page=0xfffff64b00000001 order=0x1"),
		 BA_FAULT_PAGE);
}

TEST(without_page_size_addresses_stay_and_are_counted)
{
	init(0);
	CHECK_EQ(fields(BA_OP_ISOLATE, "page=0xfffff64b00748000 order=0x4"),
		 BA_FAULT_NONE);
	CHECK_EQ(event.addr, 0xfffff64b00748000u);
	CHECK_EQ(decode.raw_pages, 2);	/* both ways of fields() */
}

TEST(bulk_events)
{
	init(64);
	CHECK_EQ(fields(BA_OP_BULK_ENTER, "(__alloc_pages_bulk+0x0/0x6b0) "
			"gfp=0x2dc2 nid=0x0 nr=0x4"), BA_FAULT_NONE);
	CHECK_EQ(event.gfp, 0x2dc2);
	CHECK_EQ(event.addr, 0);
	CHECK_EQ(event.arg, 4);
	CHECK_EQ(fields(BA_OP_BULK_ENTER, "gfp=0x2dc2 nid=0xffffffff nr=0x1"),
		 BA_FAULT_NONE);
	CHECK_EQ(event.addr, BA_ADDR_NONE);
	CHECK_EQ(fields(BA_OP_BULK_EXIT, "(f+0x264/0x880 <- bulk) nr=0x4"),
		 BA_FAULT_NONE);
	CHECK_EQ(event.arg, 4);
	CHECK_EQ(fields(BA_OP_BULK_EXIT, "(f+0x24f/0x850 <- bulk) nr=4"),
		 BA_FAULT_NONE);
	CHECK_EQ(event.arg, 4);
}

TEST(events_without_fields_are_all_zero)
{
	init(64);
	CHECK_EQ(fields(BA_OP_DRAIN, "(drain_pages_zone+0x0/0x70)"),
		 BA_FAULT_NONE);
	CHECK_EQ(event.op, BA_OP_DRAIN);
	CHECK_EQ(event.addr, 0);
	CHECK_EQ(event.arg, 0);
	CHECK_EQ(event.gfp, 0);
}

TEST(faults_name_the_field)
{
	init(64);
	CHECK_EQ(fields(BA_OP_PAGE_FREE, "page=fffff64b009cf4c0 pfn=0x2"),
		 BA_FAULT_MISSING);
	CHECK_STR_EQ(decode.field, "order");
	CHECK_EQ(fields(BA_OP_PAGE_FREE, "page=fffff64b009cf4c0 pfn=0x "
			"order=0"), BA_FAULT_VALUE);
	CHECK_STR_EQ(decode.field, "pfn");
	CHECK_EQ(fields(BA_OP_PAGE_FREE, "page=fffff64b009cf4c0 pfn=0x1 "
			"order=256"), BA_FAULT_VALUE);
	CHECK_EQ(fields(BA_OP_PAGE_FREE, "page=fffff64b009cf4c0 pfn=0x1 "
			"order=-1"), BA_FAULT_VALUE);
	CHECK_EQ(fields(BA_OP_ZONE_LOCKED, "page=fffff64b009cf4c0 pfn=0x1 "
			"order=0 migratetype=0 percpu_refill=2"),
		 BA_FAULT_VALUE);
	CHECK_EQ(fields(BA_OP_PAGE_ALLOC, "page=fffff64b009cf4c0 pfn=0x1 "
			"order=0 migratetype=0 gfp_flags=GFP_UNHEARD"),
		 BA_FAULT_GFP);
	CHECK_STR_EQ(decode.field, "gfp_flags");
}

/* More texts than the cache holds, and texts that share a slot. */
TEST(the_cache_of_flags_changes_nothing)
{
	static const char *const names[] = {
		"__GFP_IO", "__GFP_FS", "__GFP_ZERO", "__GFP_COMP",
		"__GFP_HIGH", "__GFP_NOWARN", "__GFP_WRITE",
	};
	struct ba_gfp_names table;

	init(64);
	ba_gfp_names_init(&table, BA_GFP_6_1);
	for (unsigned int i = 1; i < 1u << 7; i++) {
		char text[200] = "";
		uint32_t a = 1, b = 2;

		for (unsigned int j = 0; j < 7; j++) {
			if (!(i >> j & 1))
				continue;
			if (text[0])
				strcat(text, "|");
			strcat(text, names[j]);
		}
		CHECK(ba_gfp_names_decode(&table, span(text), &a));
		for (int twice = 0; twice < 2; twice++) {
			CHECK(ba_decode_gfp(&decode, span(text), &b));
			CHECK_EQ(a, b);
		}
	}
}

TEST(marks)
{
	enum ba_fault fault = BA_FAULT_NONE;
	uint32_t number = 9;

	CHECK_EQ(ba_decode_mark(span(" pgsnap 0"), &number, &fault),
		 BA_OP_SNAP);
	CHECK_EQ(number, 0);
	CHECK_EQ(ba_decode_mark(span("pgsnap_end 1"), &number, &fault),
		 BA_OP_SNAP_END);
	CHECK_EQ(number, 1);
	CHECK_EQ(fault, BA_FAULT_NONE);
	CHECK_EQ(ba_decode_mark(span("pgsnaps 1"), &number, &fault),
		 BA_NR_OPS);
	CHECK_EQ(ba_decode_mark(span("pgsnap x"), &number, &fault),
		 BA_OP_SNAP);
	CHECK_EQ(fault, BA_FAULT_VALUE);
}

/* Lines that tell how a task stands that asks for memory. */
TEST(reclaim_and_victims)
{
	CHECK_EQ(fields(BA_OP_RECLAIM_BEGIN, "order=9 "
			"gfp_flags=GFP_KERNEL"), BA_FAULT_NONE);
	CHECK_EQ(event.order, 9);
	CHECK_EQ(fields(BA_OP_RECLAIM_END, "nr_reclaimed=38"),
		 BA_FAULT_NONE);
	CHECK_EQ(event.arg, 38);
	CHECK_EQ(fields(BA_OP_MARK_VICTIM, "pid=158 comm=hog uid=0"),
		 BA_FAULT_NONE);
	CHECK_EQ(event.addr, 158);
	CHECK_EQ(fields(BA_OP_MARK_VICTIM, "pid=x"), BA_FAULT_VALUE);
}
