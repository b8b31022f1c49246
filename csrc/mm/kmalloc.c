// SPDX-License-Identifier: GPL-2.0-only
#include "mm/kmalloc.h"

#include <stdio.h>

#include "mm/object_bytes.h"

/* Bytes of each class; class 0 is none. */
static const uint16_t class_size[BA_KMALLOC_CLASSES] = {
	0, 96, 192, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192
};

static const char *const type_name[BA_NR_KMALLOC_TYPES] = {
#define X(name, text) text,
	BA_KMALLOC_TYPES(X)
#undef X
};

/* Class of each way. */
static const uint8_t way_class[BA_KMALLOC_WAYS] = {
	3, 4, 5, 5, 6, 6, 6, 6, 1, 1, 1, 1,
	7, 7, 7, 7, 2, 2, 2, 2, 2, 2, 2, 2,
	8, 9, 10, 11, 12, 13,
};

/* The way of a request; NO_WAY for no bytes, and for more than caches have. */
#define NO_WAY UINT64_MAX
static inline uint64_t way_of(uint64_t size)
{
	/* 0 bytes are the most there can be, less one */
	uint64_t last = size - 1;

	if (ba_likely(last < 192))
		return last / 8;
	/* 8 bits of 193 - 1 ... 256 - 1 are way 24 */
	return last < BA_KMALLOC_CACHE_MAX ?
		       48u - (uint32_t)__builtin_clz((uint32_t)last) : NO_WAY;
}

/* A cache, or BA_CACHE_NONE, is that of a class. */
static void set_class(struct ba_caches *caches, unsigned int type,
		      unsigned int class, uint16_t id)
{
	for (unsigned int way = 0; way < BA_KMALLOC_WAYS; way++)
		if (way_class[way] == class)
			caches->kmalloc[type][way] = (struct ba_kmalloc_way){
				.cache = (uint16_t)(id + 1u),
				.size = id == BA_CACHE_NONE ?
						0 : class_size[class],
			};
}

/* Those flags of which the first says of what type the cache is. */
#define TYPE_FLAGS (BA_GFP_DMA | BA_GFP_RECLAIMABLE | BA_GFP_ACCOUNT)

static enum ba_kmalloc_type type_of(gfp_t gfp)
{
	if (ba_likely(!(gfp & TYPE_FLAGS)))
		return BA_KMALLOC_NORMAL;
	if (gfp & BA_GFP_DMA)
		return BA_KMALLOC_DMA;
	return gfp & BA_GFP_RECLAIMABLE ? BA_KMALLOC_RECLAIM :
					  BA_KMALLOC_CGROUP;
}

static uint32_t type_flags(enum ba_kmalloc_type type)
{
	switch (type) {
	case BA_KMALLOC_CGROUP:
		return BA_SLAB_ACCOUNT;
	case BA_KMALLOC_RECLAIM:
		return BA_SLAB_RECLAIM_ACCOUNT;
	case BA_KMALLOC_DMA:
		return BA_SLAB_CACHE_DMA;
	case BA_KMALLOC_NORMAL:
	case BA_NR_KMALLOC_TYPES:
		break;
	}
	return 0;
}

static void name_class(char *name, enum ba_kmalloc_type type,
		       unsigned int class)
{
	uint32_t size = class_size[class];

	snprintf(name, BA_CACHE_NAME, size < 1024 ? "%s-%u" : "%s-%uk",
		 type_name[type], size < 1024 ? size : size / 1024);
}

static enum ba_status make_class(struct ba_ctx *ctx, enum ba_kmalloc_type type,
				 unsigned int class)
{
	struct ba_slab_spec spec = {
		.object_size = class_size[class],
		.flags = BA_SLAB_KMALLOC | type_flags(type),
		.usersize = class_size[class],
	};
	uint32_t size = spec.object_size;
	char name[BA_CACHE_NAME];
	enum ba_status status;
	uint16_t id;

	if (type == BA_KMALLOC_NORMAL)
		spec.flags |= BA_SLAB_NO_MERGE;
	spec.align = ba_slab_boot_align(ctx->profile, spec.flags, size);
	name_class(name, type, class);
	status = ba_kmem_cache_create(ctx, name, &spec, &id);
	if (status == BA_OK)
		set_class(ctx->caches, type, class, id);
	return status;
}

enum ba_status ba_kmalloc_boot(struct ba_ctx *ctx)
{
	static const uint8_t classes[2][BA_KMALLOC_CLASSES - 1] = {
		{ 3, 4, 5, 6, 1, 7, 2, 8, 9, 10, 11, 12, 13 },
		{ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 },
	};
	static const enum ba_kmalloc_type types[2][BA_NR_KMALLOC_TYPES] = {
		{ BA_KMALLOC_NORMAL, BA_KMALLOC_CGROUP, BA_KMALLOC_RECLAIM,
		  BA_KMALLOC_DMA },
		{ BA_KMALLOC_NORMAL, BA_KMALLOC_RECLAIM, BA_KMALLOC_DMA,
		  BA_KMALLOC_CGROUP },
	};
	unsigned int form = ctx->profile->kmalloc_powers_last;

	for (unsigned int t = 0; t < BA_NR_KMALLOC_TYPES; t++)
		for (unsigned int c = 0; c < BA_KMALLOC_CLASSES - 1; c++) {
			enum ba_status status = make_class(
				ctx, types[form][t], classes[form][c]);

			if (status != BA_OK)
				return status;
		}
	return BA_OK;
}

void ba_kmalloc_find(struct ba_ctx *ctx)
{
	char name[BA_CACHE_NAME];

	for (unsigned int t = 0; t < BA_NR_KMALLOC_TYPES; t++)
		for (unsigned int c = 1; c < BA_KMALLOC_CLASSES; c++) {
			name_class(name, (enum ba_kmalloc_type)t, c);
			set_class(ctx->caches, t, c,
				  ba_kmem_cache_find(ctx, name));
		}
}

uint16_t ba_kmalloc_cache(const struct ba_ctx *ctx, uint64_t size, gfp_t gfp)
{
	uint64_t way = way_of(size);

	if (ba_unlikely(way == NO_WAY))
		return BA_CACHE_NONE;
	return (uint16_t)(ctx->caches->kmalloc[type_of(gfp)][way].cache - 1u);
}

static order_t order_of(uint64_t size)
{
	order_t order = 0;

	while ((uint64_t)BA_PAGE_SIZE << order < size)
		order++;
	return order;
}

static ba_noinline uint64_t kmalloc_large(struct ba_ctx *ctx,
					  struct ba_nodes *nodes,
					  uint64_t size, gfp_t gfp,
					  uint8_t node)
{
	pfn_t pfn;

	if (size > BA_KMALLOC_MAX) {
		ctx->result = BA_RESULT_TOO_LARGE;
		return 0;
	}
	gfp &= ~(gfp_t)(BA_GFP_HIGHMEM | BA_GFP_DMA32); /* kmalloc_fix_flags */
	pfn = ba_alloc_pages(ctx, nodes, gfp | BA_GFP_COMP, order_of(size),
			     node == BA_ANY_NODE ? nodes->cpu_node[ctx->cpu] :
						   node);
	if (pfn == BA_PFN_NONE)
		return 0;
	ctx->frames[pfn].flags |= BA_FRAME_KMALLOC;
	ctx->frames[pfn].owner = (uint32_t)size;
	ctx->frames[pfn].link.next = 0;
	return ctx->caches->page_offset + ((uint64_t)pfn << BA_PAGE_SHIFT);
}

/* No object that lies ready: from the cache's slabs, or from pages. */
static ba_noinline uint64_t kmalloc_missed(struct ba_ctx *ctx,
					   struct ba_nodes *nodes,
					   uint64_t size, gfp_t gfp,
					   uint8_t node)
{
	struct ba_slab_request request = { .gfp = gfp, .node = node };
	const struct ba_kmalloc_way *way;

	if (way_of(size) != NO_WAY) {
		way = &ctx->caches->kmalloc[type_of(gfp)][way_of(size)];
		if (!way->size) {	/* a recorded state had none */
			ctx->result = BA_RESULT_NOT_ASKED;
			return 0;
		}
		request.cache = (uint16_t)(way->cache - 1u);
		request.slack = (uint16_t)(way->size - size);
		return ba_slab_alloc_missed(ctx, nodes, &request);
	}
	ctx->result = BA_RESULT_OK;
	return size ? kmalloc_large(ctx, nodes, size, gfp, node) :
		      BA_ZERO_SIZE_PTR;
}

/* No object on the CPU's freelist: from this CPU's other slabs. */
static ba_noinline uint64_t kmalloc_near(struct ba_ctx *ctx,
					 struct ba_nodes *nodes, uint64_t size,
					 gfp_t gfp, struct ba_cache_cpu *cpu,
					 uint64_t slack)
{
	uint64_t address = ba_slab_alloc_near(ctx, cpu, slack);

	if (ba_likely(address))
		return address;
	return kmalloc_missed(ctx, nodes, size, gfp, BA_ANY_NODE);
}

/* On any node. Pre: gfp is of that type. */
static inline uint64_t kmalloc_of(struct ba_ctx *ctx, struct ba_nodes *nodes,
				  uint64_t size, gfp_t gfp,
				  enum ba_kmalloc_type type)
{
	uint64_t nr = way_of(size);
	const struct ba_kmalloc_way *way;
	struct ba_cache_cpu *cpu;
	uint64_t slack;

	if (ba_unlikely(nr == NO_WAY))
		return kmalloc_missed(ctx, nodes, size, gfp, BA_ANY_NODE);
	way = &ctx->caches->kmalloc[type][nr];
	/* one subtraction, of which both results are wanted */
	if (ba_unlikely(__builtin_sub_overflow((uint64_t)way->size, size,
					       &slack)))
		return kmalloc_missed(ctx, nodes, size, gfp, BA_ANY_NODE);
	cpu = &ba_this_cpu(ctx)[(size_t)way->cache - 1];
	ba_keep_pointer(cpu);
	if (!ba_slab_hits(ctx, cpu))
		return kmalloc_near(ctx, nodes, size, gfp, cpu, slack);
	ctx->result = BA_RESULT_OK;
	return ba_cpu_pop(ctx, cpu, slack);
}

/* With flags that name a type. */
static ba_noinline uint64_t kmalloc_typed(struct ba_ctx *ctx,
					  struct ba_nodes *nodes,
					  uint64_t size, gfp_t gfp)
{
	return kmalloc_of(ctx, nodes, size, gfp, type_of(gfp));
}

uint64_t ba_kmalloc(struct ba_ctx *ctx, struct ba_nodes *nodes, uint64_t size,
		    gfp_t gfp, uint8_t node)
{
	if (ba_unlikely(node != BA_ANY_NODE))
		return kmalloc_missed(ctx, nodes, size, gfp, node);
	if (ba_unlikely(gfp & TYPE_FLAGS))
		return kmalloc_typed(ctx, nodes, size, gfp);
	return kmalloc_of(ctx, nodes, size, gfp, BA_KMALLOC_NORMAL);
}

/* The frame whose pages a large kmalloc at that address has; BA_PFN_NONE. */
static pfn_t large_at(const struct ba_ctx *ctx, const struct ba_nodes *nodes,
		      uint64_t address)
{
	uint64_t offset = address - ctx->caches->page_offset;
	const struct ba_frame *f;

	if (offset >= (uint64_t)nodes->end << BA_PAGE_SHIFT ||
	    offset % BA_PAGE_SIZE)
		return BA_PFN_NONE;
	f = &ctx->frames[offset >> BA_PAGE_SHIFT];
	return f->state == BA_FRAME_USED && f->flags & BA_FRAME_KMALLOC ?
		       (pfn_t)(offset >> BA_PAGE_SHIFT) : BA_PFN_NONE;
}

static enum ba_status free_large(struct ba_ctx *ctx, struct ba_nodes *nodes,
				 pfn_t pfn)
{
	ctx->frames[pfn].flags &= (uint8_t)~BA_FRAME_KMALLOC;
	ctx->frames[pfn].owner = 0;
	return ba_free_pages(ctx, nodes, pfn, ctx->frames[pfn].order);
}

/* No object of a plain cache. */
static ba_noinline enum ba_status kfree_other(struct ba_ctx *ctx,
					      struct ba_nodes *nodes,
					      uint64_t address)
{
	pfn_t pfn;

	if (!address || address == BA_ZERO_SIZE_PTR)
		return BA_OK;
	pfn = large_at(ctx, nodes, address);
	if (pfn == BA_PFN_NONE)
		return ba_slab_free_other(ctx, nodes, BA_CACHE_NONE, address);
	return free_large(ctx, nodes, pfn);
}

enum ba_status ba_kfree(struct ba_ctx *ctx, struct ba_nodes *nodes,
			uint64_t address)
{
	uint64_t index;
	struct ba_slab *frame = ba_object_plain(ctx, nodes, address, &index);

	if (ba_unlikely(!frame))
		return kfree_other(ctx, nodes, address);
	return ba_slab_free_plain(ctx, nodes, frame, index);
}

/*
 * Take the large ones out of an array whose others move up: a chain of their
 * frames, the last first, that say KMALLOC no more. How many remain.
 */
static uint32_t take_large(struct ba_ctx *ctx, const struct ba_nodes *nodes,
			   uint64_t *addresses, uint32_t nr, pfn_t *chain)
{
	uint32_t rest = 0;

	*chain = 0;
	for (uint32_t i = 0; i < nr; i++) {
		pfn_t pfn;

		if (!addresses[i] || addresses[i] == BA_ZERO_SIZE_PTR)
			continue;
		pfn = large_at(ctx, nodes, addresses[i]);
		if (pfn == BA_PFN_NONE) {
			addresses[rest++] = addresses[i];
			continue;
		}
		ctx->frames[pfn].flags &= (uint8_t)~BA_FRAME_KMALLOC;
		ctx->frames[pfn].link.next = *chain;
		*chain = pfn;
	}
	return rest;
}

enum ba_status ba_kfree_bulk(struct ba_ctx *ctx, struct ba_nodes *nodes,
			     uint64_t *addresses, uint32_t nr, uint32_t *bad)
{
	pfn_t chain, next;
	uint32_t rest = take_large(ctx, nodes, addresses, nr, &chain);
	enum ba_status status = ba_kmem_cache_free_bulk(
		ctx, nodes, BA_CACHE_NONE, addresses, rest, bad);

	for (; chain; chain = next) {
		next = ctx->frames[chain].link.next;
		ctx->frames[chain].link.next = 0;
		if (status == BA_OK)
			free_large(ctx, nodes, chain);
		else
			ctx->frames[chain].flags |= BA_FRAME_KMALLOC;
	}
	return status;
}

enum ba_status ba_ksize(const struct ba_ctx *ctx, struct ba_nodes *nodes,
			uint64_t address, uint64_t *ret)
{
	struct ba_object_at at;
	pfn_t pfn;

	*ret = 0;
	if (!address || address == BA_ZERO_SIZE_PTR)
		return BA_OK;
	pfn = large_at(ctx, nodes, address);
	if (pfn != BA_PFN_NONE) {
		*ret = (uint64_t)BA_PAGE_SIZE << ctx->frames[pfn].order;
		return BA_OK;
	}
	at = ba_object_find(ctx, nodes, address);
	if (at.head == BA_PFN_NONE || !at.exact)
		return BA_EFOREIGN;
	if (!ba_object_is_used(ba_objects_of(ctx, at.head)[at.index]))
		return BA_EOBJECTFREE;
	*ret = ba_slab_ksize(&ba_cache_at(ctx, at.cache)->layout);
	return BA_OK;
}

/* In place: only what was asked for changes. */
static void set_requested(struct ba_ctx *ctx, struct ba_nodes *nodes,
			  uint64_t address, uint64_t size)
{
	pfn_t pfn = large_at(ctx, nodes, address);
	struct ba_object_at at;
	struct ba_object *object;
	struct ba_cache_cpu *cpu;
	uint32_t whole;

	if (pfn != BA_PFN_NONE) {
		ctx->frames[pfn].owner = (uint32_t)size;
		return;
	}
	at = ba_object_find(ctx, nodes, address);
	object = &ba_objects_of(ctx, at.head)[at.index];
	whole = __atomic_load_n(&ba_cache_at(ctx,
					     at.cache)->layout.object_size,
				__ATOMIC_RELAXED);
	cpu = ba_cache_this_cpu(ctx, at.cache);
	ba_use_ends(cpu, object);
	ba_use_begins(cpu, object, ba_slack(whole, size));
}

enum ba_status ba_krealloc(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   uint64_t address, uint64_t size, gfp_t gfp,
			   uint64_t *ret)
{
	uint64_t has;
	enum ba_status status = ba_ksize(ctx, nodes, address, &has);

	*ret = 0;
	if (status != BA_OK)
		return status;
	ctx->result = BA_RESULT_OK;
	if (has && size && has >= size) {
		set_requested(ctx, nodes, address, size);
		ba_object_bytes_spare(ctx, address + size, has - size, gfp);
		*ret = address;
		return BA_OK;
	}
	*ret = ba_kmalloc(ctx, nodes, size, gfp, BA_ANY_NODE);
	if (!*ret)
		return BA_OK;
	if (size)
		ba_object_bytes_move(ctx, address, *ret, has);
	return ba_kfree(ctx, nodes, address);
}

uint64_t ba_kmalloc_size_roundup(const struct ba_ctx *ctx, uint64_t size)
{
	uint16_t id = ba_kmalloc_cache(ctx, size, 0);

	if (id != BA_CACHE_NONE)
		return ba_cache_at(ctx, id)->layout.object_size;
	return size && size <= BA_KMALLOC_MAX ?
		       (uint64_t)BA_PAGE_SIZE << order_of(size) : size;
}
