/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ftrace_sample - lines of two recorded traces (6.1.192), and what an
 * independent decoder made of them: the slow one of regular expressions, not
 * the reader that is tested here.
 */
#ifndef BA_TESTS_FTRACE_SAMPLE_H
#define BA_TESTS_FTRACE_SAMPLE_H

#include "sim/event.h"

#define SAMPLE_VMEMMAP 0xffffec69c0000000u
#define SAMPLE_LINES 98u
#define SAMPLE_UNKNOWN 6u

static const char *const sample_lines[] = {
	"# tracer: nop\n",
	"#\n",
	"# entries-in-buffer/entries-written: 2915387/2915387   #P:"
	  "1\n",
	"#\n",
	"#                                _-----=> irqs-off/BH-disa"
	  "bled\n",
	"#                               / _----=> need-resched\n",
	"#                              | / _---=> hardirq/softirq\n",
	"#                              || / _--=> preempt-depth\n",
	"#                              ||| / _-=> migrate-disable\n",
	"#                              |||| /     delay\n",
	"#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n",
	"#              | |         |   |||||     |         |\n",
	"     migration/0-16      [000] d..1.     9.678128: take_st"
	  "opped: pgsnap 0\n",
	"            init-1       [000] .....     9.691801: mm_page"
	  "_alloc: page=ffffec69c0094680 pfn=0x251a order=1 migratety"
	  "pe=0 gfp_flags=GFP_KERNEL_ACCOUNT|__GFP_ZERO\n",
	"            init-1       [000] .....     9.692564: mm_page"
	  "_alloc: page=ffffec69c09cfe00 pfn=0x273f8 order=0 migratet"
	  "ype=1 gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_COMP\n",
	"           mkdir-123     [000] ...1.     9.694172: mm_page"
	  "_alloc: page=ffffec69c030fac0 pfn=0xc3eb order=0 migratety"
	  "pe=0 gfp_flags=GFP_NOWAIT|__GFP_NOWARN\n",
	"           mkdir-123     [000] .....     9.694478: mm_page"
	  "_free: page=ffffec69c030f900 pfn=0xc3e4 order=0\n",
	"           mkdir-123     [000] ...2.     9.694533: mm_page"
	  "_free_batched: page=ffffec69c030f900 pfn=0xc3e4 order=0\n",
	"            init-1       [000] ...1.     9.694755: mm_page"
	  "_free: page=ffffec69c0094680 pfn=0x251a order=1\n",
	"            init-1       [000] .....     9.697546: mm_page"
	  "_alloc: page=ffffec69c0073880 pfn=0x1ce2 order=1 migratety"
	  "pe=2 gfp_flags=__GFP_IO|__GFP_FS|__GFP_NOWARN|__GFP_NORETR"
	  "Y|__GFP_COMP|__GFP_NOMEMALLOC|__GFP_RECLAIMABLE\n",
	"             seq-124     [000] .....     9.701088: mm_page"
	  "_alloc: page=ffffec69c09cf640 pfn=0x273d9 order=0 migratet"
	  "ype=1 gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO\n",
	"             seq-124     [000] .....     9.709277: mm_page"
	  "_alloc: page=ffffec69c030f900 pfn=0xc3e4 order=0 migratety"
	  "pe=0 gfp_flags=GFP_HIGHUSER|__GFP_ACCOUNT\n",
	"             seq-124     [000] .N...     9.710940: mm_page"
	  "_free: page=ffffec69c09cf600 pfn=0x273d8 order=0\n",
	"             seq-124     [000] .N.2.     9.710950: mm_page"
	  "_free_batched: page=ffffec69c030fd80 pfn=0xc3f6 order=0\n",
	"            init-1       [000] d..2.     9.722347: mm_page"
	  "_alloc: page=ffffec69c0073900 pfn=0x1ce4 order=1 migratety"
	  "pe=2 gfp_flags=GFP_ATOMIC|__GFP_NOWARN|__GFP_NORETRY|__GFP"
	  "_COMP|__GFP_RECLAIMABLE\n",
	"              dd-130     [000] .....     9.728625: mm_page"
	  "_alloc: page=ffffec69c0098d00 pfn=0x2634 order=1 migratety"
	  "pe=0 gfp_flags=__GFP_IO|__GFP_FS|__GFP_NOWARN|__GFP_NORETR"
	  "Y|__GFP_COMP|__GFP_NOMEMALLOC\n",
	"              dd-130     [000] d..3.     9.729037: mm_page"
	  "_alloc_zone_locked: page=ffffec69c0119540 pfn=0x4655 order"
	  "=0 migratetype=1 percpu_refill=1\n",
	"              dd-138     [000] .....     9.749994: mm_page"
	  "_alloc: page=ffffec69c030fa00 pfn=0xc3e8 order=0 migratety"
	  "pe=0 gfp_flags=GFP_NOFS|__GFP_NOWARN|__GFP_NORETRY\n",
	"              dd-141     [000] d..1.     9.758671: mm_page"
	  "_alloc: page=ffffec69c0073980 pfn=0x1ce6 order=1 migratety"
	  "pe=2 gfp_flags=GFP_NOWAIT|__GFP_NOWARN|__GFP_NORETRY|__GFP"
	  "_COMP|__GFP_RECLAIMABLE\n",
	"      kcompactd0-28      [000] .....     9.791568: mm_comp"
	  "action_kcompactd_sleep: nid=0\n",
	"            init-1       [000] d..5.     9.809824: mm_page"
	  "_alloc_zone_locked: page=ffffec69c0073a00 pfn=0x1ce8 order"
	  "=1 migratetype=2 percpu_refill=1\n",
	"     kworker/0:2-48      [000] .....    10.175339: vmfold:"
	  " (refresh_cpu_vm_stats+0x0/0x230)\n",
	"              dd-474     [000] d..4.    11.180024: mm_page"
	  "_alloc_zone_locked: page=ffffec69c0075080 pfn=0x1d42 order"
	  "=1 migratetype=2 percpu_refill=1\n",
	"     ksoftirqd/0-14      [000] ..s..    11.846981: mm_page"
	  "_free: page=ffffec69c0447ac0 pfn=0x111eb order=0\n",
	"       stress-ng-625     [000] .Ns..    11.877266: mm_page"
	  "_free: page=ffffec69c0310000 pfn=0xc400 order=0\n",
	"       stress-ng-625     [000] .....    11.931958: oom_sco"
	  "re_adj_update: pid=625 comm=stress-ng oom_score_adj=-1000\n",
	"       stress-ng-625     [000] .....    11.972551: bulk_en"
	  "ter: (__alloc_pages_bulk+0x0/0x6b0) gfp=0x2dc2 nid=0x0 nr="
	  "0x4\n",
	"       stress-ng-625     [000] .....    11.972952: bulk_ex"
	  "it: (__vmalloc_node_range+0x264/0x880 <- __alloc_pages_bul"
	  "k) nr=0x4\n",
	"  stress-ng-fork-627     [000] dN.3.    11.987133: mm_page"
	  "_alloc_zone_locked: page=ffffec69c05d8000 pfn=0x17600 orde"
	  "r=9 migratetype=1 percpu_refill=1\n",
	" stress-ng-dentr-626     [000] d..3.    12.501236: mm_page"
	  "_alloc_extfrag: page=ffffec69c05f0000 pfn=0x17c00 alloc_or"
	  "der=1 fallback_order=10 pageblock_order=9 alloc_migratetyp"
	  "e=0 fallback_migratetype=1 fragmenting=0 change_ownership="
	  "1\n",
	"  stress-ng-fork-627     [000] .Ns1.    13.982876: mm_page"
	  "_free: page=ffffec69c03148c0 pfn=0xc523 order=0\n",
	"              rm-883     [000] d..3.    14.446585: mm_page"
	  "_pcpu_drain: page=ffffec69c05d1180 pfn=0x17446 order=0 mig"
	  "ratetype=1\n",
	"            init-1       [000] d..4.    14.447069: mm_page"
	  "_pcpu_drain: page=ffffec69c05f8200 pfn=0x17e08 order=1 mig"
	  "ratetype=0\n",
	"    stress-ng-vm-2644    [000] dN.3.    28.526625: mm_page"
	  "_pcpu_drain: page=ffffec69c07717c0 pfn=0x1dc5f order=0 mig"
	  "ratetype=1\n",
	"     ksoftirqd/0-14      [000] d.s3.    28.634967: mm_page"
	  "_pcpu_drain: page=ffffec69c0078f80 pfn=0x1e3e order=1 migr"
	  "atetype=2\n",
	"      khugepaged-30      [000] ...3.    32.680118: mm_page"
	  "_free_batched: page=ffffec69c066f000 pfn=0x19bc0 order=0\n",
	"      khugepaged-30      [000] .N.3.    32.682967: mm_page"
	  "_free_batched: page=ffffec69c0687a80 pfn=0x1a1ea order=0\n",
	"          <idle>-0       [000] d..1.    32.929477: quiet_v"
	  "mstat: (quiet_vmstat+0x0/0x40)\n",
	"          <idle>-0       [000] d..1.    32.929522: vmfold:"
	  " (refresh_cpu_vm_stats+0x0/0x230)\n",
	"         kswapd0-39      [000] .....    33.587497: thresho"
	  "ld: (set_pgdat_percpu_threshold+0x0/0xa0)\n",
	"         kswapd0-39      [000] .....    33.587613: mm_vmsc"
	  "an_kswapd_wake: nid=0 order=0\n",
	"         kswapd0-39      [000] .....    33.587663: balance"
	  ": (balance_pgdat+0x0/0xa40)\n",
	"         kswapd0-39      [000] .....    33.598490: mm_comp"
	  "action_suitable: node=0 zone=DMA      order=9 ret=success\n",
	"         kswapd0-39      [000] .....    33.598739: mm_comp"
	  "action_wakeup_kcompactd: nid=0 order=9 classzone_idx=DMA32"
	  "   \n",
	"         kswapd0-39      [000] .N...    33.598977: balance"
	  "_end: (kswapd+0x1f0/0x3a0 <- balance_pgdat)\n",
	"      kcompactd0-28      [000] .....    33.599139: mm_comp"
	  "action_kcompactd_wake: nid=0 order=9 classzone_idx=DMA32  "
	  " \n",
	"      kcompactd0-28      [000] .....    33.599393: mm_comp"
	  "action_begin: zone_start=0x1000 migrate_pfn=0x1000 free_pf"
	  "n=0x27e00 zone_end=0x27fda, mode=sync\n",
	"      kcompactd0-28      [000] .....    33.599558: mm_comp"
	  "action_finished: node=0 zone=DMA32    order=9 ret=no_suita"
	  "ble_page\n",
	"      kcompactd0-28      [000] .....    33.600325: mm_comp"
	  "action_isolate_migratepages: range=(0x1000 ~ 0x1200) nr_sc"
	  "anned=462 nr_taken=0\n",
	"      kcompactd0-28      [000] d..1.    33.601597: isolate"
	  ": (__isolate_free_page+0x0/0x2b0) page=0xffffec69c0688000 "
	  "order=0x7\n",
	"      kcompactd0-28      [000] d..1.    33.601726: isolate"
	  "_exit: (compaction_alloc+0x33a/0xa20 <- __isolate_free_pag"
	  "e) ret=0x80\n",
	"      kcompactd0-28      [000] .....    33.602141: splitpa"
	  "ge: (split_page+0x0/0x40) page=0xffffec69c0688000 order=0x"
	  "7\n",
	"      kcompactd0-28      [000] .....    33.602277: migrate"
	  "_target: (migrate_pages_batch+0x2fb/0xc70 <- compaction_al"
	  "loc) page=0xffffec69c0689fc0\n",
	"      kcompactd0-28      [000] .N...    33.612823: mm_comp"
	  "action_migratepages: nr_migrated=32 nr_failed=0\n",
	"         kswapd0-39      [000] .....    33.622953: balance"
	  "_end: (kswapd+0x1f0/0x3a0 <- balance_pgdat)\n",
	"      kcompactd0-28      [000] .....    33.624529: mm_comp"
	  "action_isolate_freepages: range=(0x20c00 ~ 0x20e00) nr_sca"
	  "nned=512 nr_taken=200\n",
	"      kcompactd0-28      [000] ...1.    33.631725: drain: "
	  "(drain_pages_zone+0x0/0x70)\n",
	"      kcompactd0-28      [000] .....    33.639699: mm_comp"
	  "action_end: zone_start=0x1000 migrate_pfn=0x2a00 free_pfn="
	  "0x27e00 zone_end=0x27fda, mode=sync status=success\n",
	"      kcompactd0-28      [000] .....    33.639831: mm_comp"
	  "action_defer_reset: node=0 zone=DMA32    order=9 order_fai"
	  "led=10 consider=1 limit=1\n",
	"      kcompactd0-28      [000] .N...    33.850824: migrate"
	  "_target: (migrate_pages_batch+0x2fb/0xc70 <- compaction_al"
	  "loc) page=0xffffec69c07bb580\n",
	"         kswapd0-39      [000] .....    34.059153: mm_vmsc"
	  "an_kswapd_sleep: nid=0\n",
	"      kcompactd0-28      [000] .N...    34.650901: splitpa"
	  "ge: (split_page+0x0/0x40) page=0xffffec69c066c400 order=0x"
	  "4\n",
	"              dd-2650    [000] d..4.    34.909837: mm_page"
	  "_alloc_extfrag: page=ffffec69c0020000 pfn=0x800 alloc_orde"
	  "r=1 fallback_order=10 pageblock_order=9 alloc_migratetype="
	  "2 fallback_migratetype=1 fragmenting=0 change_ownership=1\n",
	"            init-1       [000] .....    10.427538: kmem_ca"
	  "che_free: call_site=__fput+0x100/0x250 ptr=ffff8980813617e"
	  "0 name=lsm_file_cache\n",
	"            init-1       [000] .....    10.428043: kmem_ca"
	  "che_alloc: call_site=getname_flags.part.0+0x2b/0x1c0 ptr=f"
	  "fff89809561d000 bytes_req=4096 bytes_alloc=4096 gfp_flags="
	  "GFP_KERNEL node=-1 accounted=false\n",
	"            init-1       [000] .....    10.428103: kmem_ca"
	  "che_alloc: call_site=__alloc_file+0x23/0xd0 ptr=ffff898082"
	  "530f00 bytes_req=256 bytes_alloc=256 gfp_flags=GFP_KERNEL|"
	  "__GFP_ZERO node=-1 accounted=true\n",
	"            init-1       [000] .....    10.428270: kmem_ca"
	  "che_alloc: call_site=security_inode_alloc+0x24/0x90 ptr=ff"
	  "ff898093b8be60 bytes_req=32 bytes_alloc=32 gfp_flags=GFP_N"
	  "OFS|__GFP_ZERO node=-1 accounted=false\n",
	"            init-1       [000] .....    10.428289: kfree: "
	  "call_site=tomoyo_check_open_permission+0x107/0x190 ptr=000"
	  "0000000000000\n",
	"     migration/0-16      [000] d..1.    10.428893: take_st"
	  "opped: pgsnap 0\n",
	"     migration/0-16      [000] ..s1.    10.460607: kmem_ca"
	  "che_free: call_site=rcu_do_batch+0x19a/0x540 ptr=ffff89809"
	  "3bf4000 name=maple_node\n",
	"     migration/0-16      [000] ..s1.    10.460691: kfree: "
	  "call_site=security_task_free+0x36/0x50 ptr=ffff89809fedb84"
	  "0\n",
	"            init-1       [000] .....    10.461878: kmalloc"
	  ": call_site=alloc_pipe_info+0x5c/0x220 ptr=ffff89808252778"
	  "0 bytes_req=168 bytes_alloc=192 gfp_flags=GFP_KERNEL_ACCOU"
	  "NT|__GFP_ZERO node=-1 accounted=true\n",
	"            init-1       [000] .....    10.462044: kmalloc"
	  ": call_site=security_task_alloc+0xbf/0xe0 ptr=ffff89809fed"
	  "b840 bytes_req=72 bytes_alloc=96 gfp_flags=GFP_KERNEL|__GF"
	  "P_ZERO node=-1 accounted=false\n",
	"            init-1       [000] .....    10.462100: mm_page"
	  "_alloc: page=fffff90980092c00 pfn=0x24b0 order=1 migratety"
	  "pe=0 gfp_flags=GFP_KERNEL_ACCOUNT|__GFP_ZERO\n",
	"            init-1       [000] .....    10.462194: kmem_ca"
	  "che_alloc: call_site=anon_vma_clone+0x69/0x1d0 ptr=ffff898"
	  "095612e80 bytes_req=64 bytes_alloc=64 gfp_flags=GFP_NOWAIT"
	  "|__GFP_NOWARN node=-1 accounted=true\n",
	"       stress-ng-122     [000] .....    10.465861: kmalloc"
	  ": call_site=tomoyo_find_next_domain+0x5e/0x860 ptr=ffff898"
	  "08c9a8000 bytes_req=296 bytes_alloc=512 gfp_flags=GFP_NOFS"
	  "|__GFP_ZERO node=-1 accounted=false\n",
	"       stress-ng-122     [000] .....    10.465886: kmalloc"
	  ": call_site=tomoyo_realpath_from_path+0x3b/0x190 ptr=ffff8"
	  "9809300e000 bytes_req=4096 bytes_alloc=4096 gfp_flags=GFP_"
	  "NOFS node=-1 accounted=false\n",
	"       stress-ng-122     [000] .....    10.465926: kmalloc"
	  ": call_site=load_elf_phdrs+0x4a/0xc0 ptr=ffff8980824b5c00 "
	  "bytes_req=840 bytes_alloc=1024 gfp_flags=GFP_KERNEL node=-"
	  "1 accounted=false\n",
	"            tail-123     [000] .....    10.467647: mm_page"
	  "_free: page=fffff90980326c00 pfn=0xc9b0 order=0\n",
	"            tail-123     [000] ...2.    10.467690: mm_page"
	  "_free_batched: page=fffff90980326c00 pfn=0xc9b0 order=0\n",
	"       stress-ng-122     [000] d..3.    10.497270: mm_page"
	  "_alloc_zone_locked: page=fffff909807cfa80 pfn=0x1f3ea orde"
	  "r=0 migratetype=1 percpu_refill=1\n",
	"       stress-ng-122     [000] .....    10.608655: oom_sco"
	  "re_adj_update: pid=122 comm=stress-ng oom_score_adj=-1000\n",
	"       stress-ng-122     [000] .....    10.648657: bulk_en"
	  "ter: (__alloc_pages_bulk+0x0/0x6b0) gfp=0x2dc2 nid=0x0 nr="
	  "0x4\n",
	"       stress-ng-122     [000] .....    10.649217: bulk_ex"
	  "it: (__vmalloc_node_range+0x264/0x880 <- __alloc_pages_bul"
	  "k) nr=0x4\n",
	"      kcompactd0-28      [000] .....    10.810525: mm_comp"
	  "action_kcompactd_sleep: nid=0\n",
	"   stress-ng-dir-128     [000] d..3.    11.026011: mm_page"
	  "_alloc_extfrag: page=fffff90980340000 pfn=0xd000 alloc_ord"
	  "er=1 fallback_order=10 pageblock_order=9 alloc_migratetype"
	  "=0 fallback_migratetype=1 fragmenting=0 change_ownership=1\n",
	"     kworker/0:2-47      [000] .....    11.226635: vmfold:"
	  " (refresh_cpu_vm_stats+0x0/0x230)\n",
	"     ksoftirqd/0-14      [000] d.s3.    12.830796: mm_page"
	  "_pcpu_drain: page=fffff9098034b180 pfn=0xd2c6 order=1 migr"
	  "atetype=0\n",
};

static const struct {
	uint32_t line;
	struct ba_event event;
} sample_records[] = {
	{ 13, { .ts_ns = 9678128000, .addr = 0x0,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 16,
	    .op = BA_OP_SNAP, .order = 0,
	    .migratetype = 0, .context = 0x11 } },
	{ 14, { .ts_ns = 9691801000, .addr = 0x251a,
	    .gfp = 0x400dc0, .arg = 0, .cpu = 0, .task = 1,
	    .op = BA_OP_PAGE_ALLOC, .order = 1,
	    .migratetype = 0, .context = 0x0 } },
	{ 15, { .ts_ns = 9692564000, .addr = 0x273f8,
	    .gfp = 0x140cca, .arg = 0, .cpu = 0, .task = 1,
	    .op = BA_OP_PAGE_ALLOC, .order = 0,
	    .migratetype = 1, .context = 0x0 } },
	{ 16, { .ts_ns = 9694172000, .addr = 0xc3eb,
	    .gfp = 0x2800, .arg = 0, .cpu = 0, .task = 123,
	    .op = BA_OP_PAGE_ALLOC, .order = 0,
	    .migratetype = 0, .context = 0x10 } },
	{ 17, { .ts_ns = 9694478000, .addr = 0xc3e4,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 123,
	    .op = BA_OP_PAGE_FREE, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 18, { .ts_ns = 9694533000, .addr = 0xc3e4,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 123,
	    .op = BA_OP_PAGE_FREE_BATCHED, .order = 0,
	    .migratetype = 0, .context = 0x20 } },
	{ 19, { .ts_ns = 9694755000, .addr = 0x251a,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 1,
	    .op = BA_OP_PAGE_FREE, .order = 1,
	    .migratetype = 0, .context = 0x10 } },
	{ 20, { .ts_ns = 9697546000, .addr = 0x1ce2,
	    .gfp = 0xd20d0, .arg = 0, .cpu = 0, .task = 1,
	    .op = BA_OP_PAGE_ALLOC, .order = 1,
	    .migratetype = 2, .context = 0x0 } },
	{ 21, { .ts_ns = 9701088000, .addr = 0x273d9,
	    .gfp = 0x140dca, .arg = 0, .cpu = 0, .task = 124,
	    .op = BA_OP_PAGE_ALLOC, .order = 0,
	    .migratetype = 1, .context = 0x0 } },
	{ 22, { .ts_ns = 9709277000, .addr = 0xc3e4,
	    .gfp = 0x500cc2, .arg = 0, .cpu = 0, .task = 124,
	    .op = BA_OP_PAGE_ALLOC, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 23, { .ts_ns = 9710940000, .addr = 0x273d8,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 124,
	    .op = BA_OP_PAGE_FREE, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 24, { .ts_ns = 9710950000, .addr = 0xc3f6,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 124,
	    .op = BA_OP_PAGE_FREE_BATCHED, .order = 0,
	    .migratetype = 0, .context = 0x20 } },
	{ 25, { .ts_ns = 9722347000, .addr = 0x1ce4,
	    .gfp = 0x52a30, .arg = 0, .cpu = 0, .task = 1,
	    .op = BA_OP_PAGE_ALLOC, .order = 1,
	    .migratetype = 2, .context = 0x21 } },
	{ 26, { .ts_ns = 9728625000, .addr = 0x2634,
	    .gfp = 0xd20c0, .arg = 0, .cpu = 0, .task = 130,
	    .op = BA_OP_PAGE_ALLOC, .order = 1,
	    .migratetype = 0, .context = 0x0 } },
	{ 27, { .ts_ns = 9729037000, .addr = 0x4655,
	    .gfp = 0x0, .arg = 1, .cpu = 0, .task = 130,
	    .op = BA_OP_ZONE_LOCKED, .order = 0,
	    .migratetype = 1, .context = 0x31 } },
	{ 28, { .ts_ns = 9749994000, .addr = 0xc3e8,
	    .gfp = 0x12c40, .arg = 0, .cpu = 0, .task = 138,
	    .op = BA_OP_PAGE_ALLOC, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 29, { .ts_ns = 9758671000, .addr = 0x1ce6,
	    .gfp = 0x52810, .arg = 0, .cpu = 0, .task = 141,
	    .op = BA_OP_PAGE_ALLOC, .order = 1,
	    .migratetype = 2, .context = 0x11 } },
	{ 31, { .ts_ns = 9809824000, .addr = 0x1ce8,
	    .gfp = 0x0, .arg = 1, .cpu = 0, .task = 1,
	    .op = BA_OP_ZONE_LOCKED, .order = 1,
	    .migratetype = 2, .context = 0x51 } },
	{ 32, { .ts_ns = 10175339000, .addr = 0x0,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 48,
	    .op = BA_OP_VMFOLD, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 33, { .ts_ns = 11180024000, .addr = 0x1d42,
	    .gfp = 0x0, .arg = 1, .cpu = 0, .task = 474,
	    .op = BA_OP_ZONE_LOCKED, .order = 1,
	    .migratetype = 2, .context = 0x41 } },
	{ 34, { .ts_ns = 11846981000, .addr = 0x111eb,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 14,
	    .op = BA_OP_PAGE_FREE, .order = 0,
	    .migratetype = 0, .context = 0x2 } },
	{ 35, { .ts_ns = 11877266000, .addr = 0xc400,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 625,
	    .op = BA_OP_PAGE_FREE, .order = 0,
	    .migratetype = 0, .context = 0x2 } },
	{ 37, { .ts_ns = 11972551000, .addr = 0x0,
	    .gfp = 0x2dc2, .arg = 4, .cpu = 0, .task = 625,
	    .op = BA_OP_BULK_ENTER, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 38, { .ts_ns = 11972952000, .addr = 0x0,
	    .gfp = 0x0, .arg = 4, .cpu = 0, .task = 625,
	    .op = BA_OP_BULK_EXIT, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 39, { .ts_ns = 11987133000, .addr = 0x17600,
	    .gfp = 0x0, .arg = 1, .cpu = 0, .task = 627,
	    .op = BA_OP_ZONE_LOCKED, .order = 9,
	    .migratetype = 1, .context = 0x31 } },
	{ 40, { .ts_ns = 12501236000, .addr = 0x17c00,
	    .gfp = 0x0, .arg = 65802, .cpu = 0, .task = 626,
	    .op = BA_OP_EXTFRAG, .order = 1,
	    .migratetype = 0, .context = 0x31 } },
	{ 41, { .ts_ns = 13982876000, .addr = 0xc523,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 627,
	    .op = BA_OP_PAGE_FREE, .order = 0,
	    .migratetype = 0, .context = 0x12 } },
	{ 42, { .ts_ns = 14446585000, .addr = 0x17446,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 883,
	    .op = BA_OP_PCPU_DRAIN, .order = 0,
	    .migratetype = 1, .context = 0x31 } },
	{ 43, { .ts_ns = 14447069000, .addr = 0x17e08,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 1,
	    .op = BA_OP_PCPU_DRAIN, .order = 1,
	    .migratetype = 0, .context = 0x41 } },
	{ 44, { .ts_ns = 28526625000, .addr = 0x1dc5f,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 2644,
	    .op = BA_OP_PCPU_DRAIN, .order = 0,
	    .migratetype = 1, .context = 0x31 } },
	{ 45, { .ts_ns = 28634967000, .addr = 0x1e3e,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 14,
	    .op = BA_OP_PCPU_DRAIN, .order = 1,
	    .migratetype = 2, .context = 0x33 } },
	{ 46, { .ts_ns = 32680118000, .addr = 0x19bc0,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 30,
	    .op = BA_OP_PAGE_FREE_BATCHED, .order = 0,
	    .migratetype = 0, .context = 0x30 } },
	{ 47, { .ts_ns = 32682967000, .addr = 0x1a1ea,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 30,
	    .op = BA_OP_PAGE_FREE_BATCHED, .order = 0,
	    .migratetype = 0, .context = 0x30 } },
	{ 48, { .ts_ns = 32929477000, .addr = 0x0,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 0,
	    .op = BA_OP_QUIET_VMSTAT, .order = 0,
	    .migratetype = 0, .context = 0x11 } },
	{ 49, { .ts_ns = 32929522000, .addr = 0x0,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 0,
	    .op = BA_OP_VMFOLD, .order = 0,
	    .migratetype = 0, .context = 0x11 } },
	{ 50, { .ts_ns = 33587497000, .addr = 0x0,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 39,
	    .op = BA_OP_THRESHOLD, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 51, { .ts_ns = 33587613000, .addr = 0x0,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 39,
	    .op = BA_OP_KSWAPD_WAKE, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 52, { .ts_ns = 33587663000, .addr = 0x0,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 39,
	    .op = BA_OP_BALANCE, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 53, { .ts_ns = 33598490000, .addr = 0x0,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 39,
	    .op = BA_OP_COMPACTION_SUITABLE, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 54, { .ts_ns = 33598739000, .addr = 0x0,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 39,
	    .op = BA_OP_KCOMPACTD_WAKEUP, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 55, { .ts_ns = 33598977000, .addr = 0x0,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 39,
	    .op = BA_OP_BALANCE_END, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 57, { .ts_ns = 33599393000, .addr = 0x27e0000001000,
	    .gfp = 0x0, .arg = 4096, .cpu = 0, .task = 28,
	    .op = BA_OP_COMPACTION_BEGIN, .order = 0,
	    .migratetype = 1, .context = 0x0 } },
	{ 58, { .ts_ns = 33599558000, .addr = 0x0,
	    .gfp = 0x0, .arg = 1, .cpu = 0, .task = 28,
	    .op = BA_OP_COMPACTION_FINISHED, .order = 9,
	    .migratetype = 0, .context = 0x0 } },
	{ 59, { .ts_ns = 33600325000, .addr = 0x120000001000,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 28,
	    .op = BA_OP_COMPACTION_SOURCE, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 60, { .ts_ns = 33601597000, .addr = 0x1a200,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 28,
	    .op = BA_OP_ISOLATE, .order = 7,
	    .migratetype = 0, .context = 0x11 } },
	{ 61, { .ts_ns = 33601726000, .addr = 0x0,
	    .gfp = 0x0, .arg = 128, .cpu = 0, .task = 28,
	    .op = BA_OP_ISOLATE_EXIT, .order = 0,
	    .migratetype = 0, .context = 0x11 } },
	{ 62, { .ts_ns = 33602141000, .addr = 0x1a200,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 28,
	    .op = BA_OP_SPLITPAGE, .order = 7,
	    .migratetype = 0, .context = 0x0 } },
	{ 63, { .ts_ns = 33602277000, .addr = 0x1a27f,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 28,
	    .op = BA_OP_MIGRATE_TARGET, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 64, { .ts_ns = 33612823000, .addr = 0x0,
	    .gfp = 0x20, .arg = 0, .cpu = 0, .task = 28,
	    .op = BA_OP_COMPACTION_MIGRATED, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 65, { .ts_ns = 33622953000, .addr = 0x0,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 39,
	    .op = BA_OP_BALANCE_END, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 66, { .ts_ns = 33624529000, .addr = 0x20e0000020c00,
	    .gfp = 0x0, .arg = 200, .cpu = 0, .task = 28,
	    .op = BA_OP_COMPACTION_FREE, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 67, { .ts_ns = 33631725000, .addr = 0x0,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 28,
	    .op = BA_OP_DRAIN, .order = 0,
	    .migratetype = 0, .context = 0x10 } },
	{ 68, { .ts_ns = 33639699000, .addr = 0x0,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 28,
	    .op = BA_OP_COMPACTION_END, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 70, { .ts_ns = 33850824000, .addr = 0x1eed6,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 28,
	    .op = BA_OP_MIGRATE_TARGET, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 71, { .ts_ns = 34059153000, .addr = 0x0,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 39,
	    .op = BA_OP_KSWAPD_SLEEP, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 72, { .ts_ns = 34650901000, .addr = 0x19b10,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 28,
	    .op = BA_OP_SPLITPAGE, .order = 4,
	    .migratetype = 0, .context = 0x0 } },
	{ 73, { .ts_ns = 34909837000, .addr = 0x800,
	    .gfp = 0x0, .arg = 65802, .cpu = 0, .task = 2650,
	    .op = BA_OP_EXTFRAG, .order = 1,
	    .migratetype = 2, .context = 0x41 } },
	{ 74, { .ts_ns = 10427538000, .addr = 0xffff8980813617e0,
	    .gfp = 0x0, .arg = 1, .cpu = 0, .task = 1,
	    .op = BA_OP_CACHE_FREE, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 75, { .ts_ns = 10428043000, .addr = 0xffff89809561d000,
	    .gfp = 0xcc0, .arg = 4096 | 4096 << 16, .cpu = 0, .task = 1,
	    .op = BA_OP_CACHE_ALLOC, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 76, { .ts_ns = 10428103000, .addr = 0xffff898082530f00,
	    .gfp = 0xdc0, .arg = 256 | 256 << 16, .cpu = 0, .task = 1,
	    .op = BA_OP_CACHE_ALLOC, .order = 0,
	    .migratetype = 1, .context = 0x0 } },
	{ 77, { .ts_ns = 10428270000, .addr = 0xffff898093b8be60,
	    .gfp = 0xd40, .arg = 32 | 32 << 16, .cpu = 0, .task = 1,
	    .op = BA_OP_CACHE_ALLOC, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 78, { .ts_ns = 10428289000, .addr = 0x0,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 1,
	    .op = BA_OP_KFREE, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 79, { .ts_ns = 10428893000, .addr = 0x0,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 16,
	    .op = BA_OP_SNAP, .order = 0,
	    .migratetype = 0, .context = 0x11 } },
	{ 80, { .ts_ns = 10460607000, .addr = 0xffff898093bf4000,
	    .gfp = 0x0, .arg = 2, .cpu = 0, .task = 16,
	    .op = BA_OP_CACHE_FREE, .order = 0,
	    .migratetype = 0, .context = 0x12 } },
	{ 81, { .ts_ns = 10460691000, .addr = 0xffff89809fedb840,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 16,
	    .op = BA_OP_KFREE, .order = 0,
	    .migratetype = 0, .context = 0x12 } },
	{ 82, { .ts_ns = 10461878000, .addr = 0xffff898082527780,
	    .gfp = 0x400dc0, .arg = 168, .cpu = 0, .task = 1,
	    .op = BA_OP_KMALLOC, .order = 0,
	    .migratetype = 1, .context = 0x0 } },
	{ 83, { .ts_ns = 10462044000, .addr = 0xffff89809fedb840,
	    .gfp = 0xdc0, .arg = 72, .cpu = 0, .task = 1,
	    .op = BA_OP_KMALLOC, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 84, { .ts_ns = 10462100000, .addr = 0x24b0,
	    .gfp = 0x400dc0, .arg = 0, .cpu = 0, .task = 1,
	    .op = BA_OP_PAGE_ALLOC, .order = 1,
	    .migratetype = 0, .context = 0x0 } },
	{ 85, { .ts_ns = 10462194000, .addr = 0xffff898095612e80,
	    .gfp = 0x2800, .arg = 64 | 64 << 16, .cpu = 0, .task = 1,
	    .op = BA_OP_CACHE_ALLOC, .order = 0,
	    .migratetype = 1, .context = 0x0 } },
	{ 86, { .ts_ns = 10465861000, .addr = 0xffff89808c9a8000,
	    .gfp = 0xd40, .arg = 296, .cpu = 0, .task = 122,
	    .op = BA_OP_KMALLOC, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 87, { .ts_ns = 10465886000, .addr = 0xffff89809300e000,
	    .gfp = 0xc40, .arg = 4096, .cpu = 0, .task = 122,
	    .op = BA_OP_KMALLOC, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 88, { .ts_ns = 10465926000, .addr = 0xffff8980824b5c00,
	    .gfp = 0xcc0, .arg = 840, .cpu = 0, .task = 122,
	    .op = BA_OP_KMALLOC, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 89, { .ts_ns = 10467647000, .addr = 0xc9b0,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 123,
	    .op = BA_OP_PAGE_FREE, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 90, { .ts_ns = 10467690000, .addr = 0xc9b0,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 123,
	    .op = BA_OP_PAGE_FREE_BATCHED, .order = 0,
	    .migratetype = 0, .context = 0x20 } },
	{ 91, { .ts_ns = 10497270000, .addr = 0x1f3ea,
	    .gfp = 0x0, .arg = 1, .cpu = 0, .task = 122,
	    .op = BA_OP_ZONE_LOCKED, .order = 0,
	    .migratetype = 1, .context = 0x31 } },
	{ 93, { .ts_ns = 10648657000, .addr = 0x0,
	    .gfp = 0x2dc2, .arg = 4, .cpu = 0, .task = 122,
	    .op = BA_OP_BULK_ENTER, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 94, { .ts_ns = 10649217000, .addr = 0x0,
	    .gfp = 0x0, .arg = 4, .cpu = 0, .task = 122,
	    .op = BA_OP_BULK_EXIT, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 96, { .ts_ns = 11026011000, .addr = 0xd000,
	    .gfp = 0x0, .arg = 65802, .cpu = 0, .task = 128,
	    .op = BA_OP_EXTFRAG, .order = 1,
	    .migratetype = 0, .context = 0x31 } },
	{ 97, { .ts_ns = 11226635000, .addr = 0x0,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 47,
	    .op = BA_OP_VMFOLD, .order = 0,
	    .migratetype = 0, .context = 0x0 } },
	{ 98, { .ts_ns = 12830796000, .addr = 0xd2c6,
	    .gfp = 0x0, .arg = 0, .cpu = 0, .task = 14,
	    .op = BA_OP_PCPU_DRAIN, .order = 1,
	    .migratetype = 0, .context = 0x33 } },
};

#endif
