/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmalloc - memory whose addresses are adjacent and whose frames need not be:
 * order 0 pages from wherever they are, mapped side by side.
 *
 *	vmalloc(20000): 5 pages and a guard page that nothing is mapped at
 *
 *	address   | 0 | 1 | 2 | 3 | 4 | guard |
 *	            |   |   |   |   |
 *	frame      713  12  13  90  4
 *
 * What is asked for, in this order: the vm_struct; the vmap_area, where no
 * pool has one (mm/vmap_area.h), and a spare one if the CPU has none; the
 * array of pages, 8 bytes each, which beyond a page is vmalloc'ed itself; the
 * data pages, in bulk by at most 100, and one by one from the first bulk that
 * falls short; pages for page tables, on the way up (mm/pgtable.h). What fails
 * is undone as vfree does it.
 *
 * vfree lets go of the addresses first, then of the data pages in the order
 * of their addresses, of the array and of the vm_struct; the purge that may
 * then be due is last.
 *
 * Models: __vmalloc_area_node, __get_vm_area_node, alloc_vmap_area,
 *	vm_area_alloc_pages, vmap, vunmap, vfree, remove_vm_area,
 *	vm_unmap_aliases, mm/vmalloc.c; GFP_RECLAIM_MASK, mm/internal.h (6.1,
 *	6.12); __vmalloc_node_range, __vunmap, mm/vmalloc.c (6.1);
 *	__vmalloc_node_range_noprof, vmap_node_shrink_scan, mm/vmalloc.c (6.12).
 * Profiles: vmap_nodes (the vm_struct knows the size asked for, and the
 *	vmap_area its node: both are 8 bytes larger).
 * Simplified: for a 64-bit kernel only. Neither ioremap nor vm_map_ram, no
 *	areas of modules, of per-CPU memory or of the boot. Nothing is freed
 *	by an address inside an area. An area is made and freed outside of
 *	interrupts. Pools are given up when drop_caches says so, not in reclaim.
 *
 * Invariants:
 *   W1 a busy area has a frame at each of its pages but the guard page.
 *   W2 nothing is mapped outside of busy areas.
 *   W3 nr_pages is the data pages of all areas.
 *   W4 a frame is a data page of one area at most.
 */
#ifndef BA_MM_VMALLOC_H
#define BA_MM_VMALLOC_H

#include "base/lock.h"
#include "mm/kmalloc.h"
#include "mm/pgtable.h"

#define BA_VM_ALLOC	0x2u	/* vmalloc: the pages are the area's */
#define BA_VM_MAP	0x4u	/* vmap: they are somebody else's */
#define BA_VM_USERMAP	0x8u	/* may be mapped by a task */
#define BA_VM_ALLOW_HUGE 0x400u	/* 2 MiB at a time where it is large */
/* No flags of the kernel: */
#define BA_VM_VPAGES	0x10000u /* the array is vmalloc'ed */
#define BA_VM_LARGE	0x20000u /* mapped 2 MiB at a time: page_order 9 */

/* What the kernel keeps in a vm_struct, by the number of its vmap_area. */
struct ba_vm_area {
	uint64_t object;	/* address of the vm_struct */
	uint64_t pages;		/* address of the array; 0: vmap has none */
	uint64_t requested;	/* bytes asked for */
	uint32_t nr_pages;	/* data pages */
	pfn_t first;		/* of them; the others by next[] */
	pfn_t last;
	uint32_t flags;		/* BA_VM_* */
};

/*
 * All of it; it stands at the beginning of a part of the arena, and its
 * tables behind it, at distances in bytes.
 */
struct ba_vmalloc {
	struct ba_vmap_space space;
	struct ba_pgtable_state pgtable;
	ba_lock_t lock;		/* of all of it */
	uint64_t nr_pages;	/* W3 */
	uint64_t bytes;		/* of the whole part */
	uint64_t areas_at, pools_at, vms_at, next_at;
	uint64_t top_at, entries_at, tables_at;
	uint32_t frames;	/* of the machine */
	uint16_t area_cache;	/* that vmap_areas come from */
};

struct ba_vmalloc_request {
	uint64_t size;		/* bytes */
	uint64_t align;		/* of the address, a power of two; 1: none */
	gfp_t gfp;
	uint8_t node;		/* preferred, or BA_ANY_NODE */
	uint32_t flags;		/* BA_VM_USERMAP, BA_VM_ALLOW_HUGE, or 0 */
};

/* Bytes that the part of a machine of so many frames and CPUs has. */
uint64_t ba_vmalloc_bytes(uint64_t frames, uint32_t nr_cpus);

/* Lay it out. Pre: all of it is 0. */
void ba_vmalloc_layout(struct ba_vmalloc *v, uint64_t frames,
		       uint32_t nr_cpus);

/* Is it laid out for a machine of so many, and are its counts possible? */
bool ba_vmalloc_fits(const struct ba_vmalloc *v, uint64_t frames,
		     uint32_t nr_cpus);

/*
 * Memory at *address, or 0 there and the reason in ctx->result: TABLE_FULL,
 * and nothing changed, when the model's tables might not suffice. BA_EINVAL
 * for a size of 0 or beyond all managed pages, an alignment that is none, or a
 * 32-bit machine.
 */
enum ba_status ba_vmalloc(struct ba_ctx *ctx, struct ba_nodes *nodes,
			  const struct ba_vmalloc_request *request,
			  uint64_t *address);

/*
 * Give back what ba_vmalloc returned; 0 is nothing. BA_ENOAREA where no area
 * begins, BA_EAREAFREE when it was freed already, BA_EAREA for an area of
 * vmap, BA_EORDER and the frame in *bad when a data page is no page in use any
 * more; nothing changes then.
 */
enum ba_status ba_vfree(struct ba_ctx *ctx, struct ba_nodes *nodes,
			uint64_t address, pfn_t *bad);

/*
 * Map nr frames side by side. Errors as ba_vmalloc; BA_EFRAME and the frame
 * in *bad for one there is not.
 */
enum ba_status ba_vmap(struct ba_ctx *ctx, struct ba_nodes *nodes,
		       const pfn_t *pfns, uint32_t nr, uint64_t *address,
		       pfn_t *bad);

/* Errors as ba_vfree; BA_EAREA for an area of vmalloc. */
enum ba_status ba_vunmap(struct ba_ctx *ctx, struct ba_nodes *nodes,
			 uint64_t address);

/* Purge what was lazily freed now, as drivers that change mappings ask for. */
void ba_vm_unmap_aliases(struct ba_ctx *ctx, struct ba_nodes *nodes);

/* All pooled areas become free: what 6.12's shrinker does. */
void ba_vmalloc_drop_pools(struct ba_ctx *ctx, struct ba_nodes *nodes);

/* Areas, pages and tables, for those who count them. */
struct ba_vmalloc_stat {
	uint64_t areas;			/* in use */
	uint64_t pages;			/* data pages: nr_vmalloc_pages */
	uint64_t lazy_areas, lazy_pages; /* not purged yet */
	uint64_t lazy_max;		/* pages that may wait */
	uint64_t purges;
	uint64_t pooled;		/* areas in pools of 6.12's nodes */
	uint64_t page_tables;
};

void ba_vmalloc_stat(struct ba_vmalloc *v, struct ba_vmalloc_stat *ret);

/* Does vmalloc give out such addresses? (is_vmalloc_addr) */
static inline bool ba_is_vmalloc(uint64_t address)
{
	return address >= BA_VMALLOC_START && address < BA_VMALLOC_END;
}

/* The frame mapped at an address; BA_PFN_NONE. */
pfn_t ba_vmalloc_to_pfn(struct ba_vmalloc *v, uint64_t address);

/* What is known of a busy area, for those who list them. */
struct ba_vmalloc_info {
	uint64_t start, end;		/* addresses, with the guard page */
	const struct ba_vm_area *vm;	/* NULL: lazily freed */
};

/* The area that begins there; false when none does. */
bool ba_vmalloc_find(struct ba_vmalloc *v, uint64_t address,
		     struct ba_vmalloc_info *ret);

/* Where a listing stands; all 0 to begin with. */
struct ba_vmalloc_walk {
	uint32_t node, id;
	bool lazy;
};

/*
 * The next area in the order of /proc/vmallocinfo: those in use, then the
 * lazily freed; false: no more.
 */
bool ba_vmalloc_next(struct ba_vmalloc *v, struct ba_vmalloc_walk *walk,
		     struct ba_vmalloc_info *ret);

/* NULL, or the sentence of the first invariant that does not hold. */
const char *ba_vmalloc_check(struct ba_vmalloc *v);

#endif
