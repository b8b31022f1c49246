// SPDX-License-Identifier: GPL-2.0-only
#include "mm/vmalloc.h"

#define BULK_PAGES	100u		/* asked for at once */
#define POINTER		8u		/* bytes of an entry of the array */
#define LARGE_SIZE	(UINT64_C(1) << 21)

/* GFP_RECLAIM_MASK: what a request hands on to those it causes. */
#define HANDED_ON	(BA_GFP_RECLAIM | BA_GFP_HIGH | BA_GFP_IO |	\
			 BA_GFP_FS | BA_GFP_NOWARN |			\
			 BA_GFP_RETRY_MAYFAIL | BA_GFP_NOFAIL |		\
			 BA_GFP_NORETRY | BA_GFP_MEMALLOC |		\
			 BA_GFP_NOMEMALLOC)

#define AREA_RECORDS_MIN 4096u
#define PGTABLES_MIN	1024u
#define FRAMES_PER_AREA	8u	/* records: one for so many frames */
#define FRAMES_PER_TABLE 256u

/* ---- tables ------------------------------------------------------ */

static uint64_t pages_up(uint64_t bytes)
{
	return (bytes + BA_PAGE_SIZE - 1) & ~(uint64_t)(BA_PAGE_SIZE - 1);
}

static uint32_t max_areas(uint64_t frames)
{
	return (uint32_t)(frames / FRAMES_PER_AREA) + AREA_RECORDS_MIN;
}

static uint32_t max_tables(uint64_t frames)
{
	return (uint32_t)(frames / FRAMES_PER_TABLE) + PGTABLES_MIN;
}

/* The distance of the table that ends the part so far; the part grows. */
static uint64_t add_table(struct ba_vmalloc *v, uint64_t bytes)
{
	uint64_t at = v->bytes;

	v->bytes += pages_up(bytes);
	return at;
}

void ba_vmalloc_layout(struct ba_vmalloc *v, uint64_t frames, uint32_t nr_cpus)
{
	uint64_t areas = max_areas(frames), tables = max_tables(frames);

	v->frames = (uint32_t)frames;
	v->bytes = pages_up(sizeof(*v));
	v->areas_at = add_table(v, areas * sizeof(struct ba_vmap_area));
	v->pools_at = add_table(v, (uint64_t)nr_cpus * BA_VMAP_POOLS *
				   sizeof(struct ba_vmap_pool));
	v->vms_at = add_table(v, areas * sizeof(struct ba_vm_area));
	v->next_at = add_table(v, frames * sizeof(pfn_t));
	v->top_at = add_table(v, BA_PGTABLE_TOP * sizeof(uint32_t));
	v->tables_at = add_table(v, tables * sizeof(pfn_t));
	v->entries_at = add_table(v, tables * BA_PGTABLE_ENTRIES *
				     sizeof(uint32_t));
}

uint64_t ba_vmalloc_bytes(uint64_t frames, uint32_t nr_cpus)
{
	struct ba_vmalloc v = { .bytes = 0 };

	ba_vmalloc_layout(&v, frames, nr_cpus);
	return v.bytes;
}

bool ba_vmalloc_fits(const struct ba_vmalloc *v, uint64_t frames,
		     uint32_t nr_cpus)
{
	struct ba_vmalloc want = { .bytes = 0 };
	const struct ba_vmap_space *space = &v->space;

	ba_vmalloc_layout(&want, frames, nr_cpus);
	return v->frames == want.frames && v->bytes == want.bytes &&
	       v->areas_at == want.areas_at && v->pools_at == want.pools_at &&
	       v->vms_at == want.vms_at && v->next_at == want.next_at &&
	       v->top_at == want.top_at && v->tables_at == want.tables_at &&
	       v->entries_at == want.entries_at &&
	       space->max_areas <= max_areas(frames) &&
	       space->nr_areas <= space->max_areas &&
	       space->nr_unused <= space->nr_areas &&
	       space->nr_nodes <= nr_cpus &&
	       v->pgtable.max_tables <= max_tables(frames) &&
	       v->pgtable.nr_tables <= v->pgtable.max_tables;
}

static void *table_at(struct ba_vmalloc *v, uint64_t distance)
{
	return (char *)v + distance;
}

static struct ba_vmap map_of(struct ba_vmalloc *v)
{
	return (struct ba_vmap){ &v->space, table_at(v, v->areas_at),
				 table_at(v, v->pools_at) };
}

static struct ba_pgtable pgtable_of(struct ba_vmalloc *v)
{
	return (struct ba_pgtable){ &v->pgtable, table_at(v, v->top_at),
				    table_at(v, v->entries_at),
				    table_at(v, v->tables_at) };
}

static struct ba_vm_area *vm_of(struct ba_vmalloc *v, uint32_t id)
{
	return (struct ba_vm_area *)table_at(v, v->vms_at) + id;
}

static pfn_t *next_of(struct ba_vmalloc *v)
{
	return table_at(v, v->next_at);
}

/* ---- objects ----------------------------------------------------- */

static uint32_t area_bytes(const struct ba_ctx *ctx)
{
	return ctx->profile->vmap_nodes ? 72 : 64;
}

static uint32_t vm_bytes(const struct ba_ctx *ctx)
{
	return ctx->profile->vmap_nodes ? 72 : 64;
}

static bool create_area_cache(struct ba_ctx *ctx, struct ba_vmalloc *v)
{
	struct ba_slab_spec spec = { .object_size = area_bytes(ctx),
				     .align = sizeof(uint64_t),
				     .flags = BA_SLAB_PANIC };
	uint16_t cache = ba_kmem_cache_find(ctx, "vmap_area");

	if (cache == BA_CACHE_NONE &&
	    ba_kmem_cache_create(ctx, "vmap_area", &spec, &cache) != BA_OK) {
		ctx->result = BA_RESULT_TABLE_FULL;
		return false;
	}
	v->area_cache = cache;
	return true;
}

static uint64_t get_area_object(struct ba_ctx *ctx, struct ba_nodes *nodes,
				const struct ba_vmalloc *v, gfp_t gfp,
				uint8_t node)
{
	struct ba_slab_request request = { .cache = v->area_cache,
					   .node = node, .gfp = gfp };

	return ba_kmem_cache_alloc(ctx, nodes, &request);
}

/*
 * The objects of areas that became part of others, on the CPUs that did it: on
 * this one while other threads act for those.
 */
static void free_dead(struct ba_ctx *ctx, struct ba_nodes *nodes,
		      struct ba_vmalloc *v)
{
	struct ba_vmap map = map_of(v);
	cpu_t here = ctx->cpu, cpu;
	uint64_t object;

	while (ba_vmap_next_dead(&map, &object, &cpu)) {
		if (!ctx->cpus)
			ba_set_cpu(ctx, cpu);
		(void)ba_kmem_cache_free(ctx, nodes, v->area_cache, object);
	}
	ba_set_cpu(ctx, here);
}

/* ---- addresses --------------------------------------------------- */

/* A record for an area or a spare; 0: no object to be had. */
static uint32_t new_record(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   struct ba_vmalloc *v, gfp_t gfp, uint8_t node)
{
	struct ba_vmap map = map_of(v);
	uint64_t object = get_area_object(ctx, nodes, v, gfp, node);

	return object ? ba_vmap_new(&map, object) : BA_VMAP_NONE;
}

/* Over the lowest hole; a CPU without a spare gets one first, if it can. */
static bool place(struct ba_ctx *ctx, struct ba_nodes *nodes,
		  struct ba_vmalloc *v, uint32_t id,
		  const struct ba_vmap_request *request, gfp_t gfp,
		  uint8_t node)
{
	struct ba_vmap map = map_of(v);
	uint32_t spare;
	bool placed;

	if (!v->space.spare[ctx->cpu]) {
		spare = new_record(ctx, nodes, v, gfp, node);
		if (!spare)
			return false;
		ba_vmap_give_spare(&map, ctx->cpu, spare);
	}
	placed = ba_vmap_place(&map, ctx->cpu, id, request);
	free_dead(ctx, nodes, v);
	return placed;
}

/* A busy area; 0, with the reason in ctx->result, when there is none. */
static uint32_t get_addresses(struct ba_ctx *ctx, struct ba_nodes *nodes,
			      struct ba_vmalloc *v, uint64_t size,
			      uint64_t align, gfp_t gfp, uint8_t node)
{
	struct ba_vmap_request request = { size, align, v->space.start,
					   v->space.end };
	struct ba_vmap map = map_of(v);
	uint32_t id = ba_vmap_take_pooled(&map, ctx->cpu, &request);

	if (id)
		return id;
	gfp &= HANDED_ON;
	id = new_record(ctx, nodes, v, gfp, node);
	if (!id || place(ctx, nodes, v, id, &request, gfp, node))
		return id;
	ba_vmap_purge_all(&map, ctx->cpu);
	free_dead(ctx, nodes, v);
	if (place(ctx, nodes, v, id, &request, gfp, node))
		return id;
	ba_vmap_drop(&map, ctx->cpu, id);
	free_dead(ctx, nodes, v);
	ctx->result = BA_RESULT_ADDRESS_SPACE;
	return BA_VMAP_NONE;
}

/* An area with its vm_struct, of `size` bytes and a guard page; 0: none. */
static uint32_t get_area(struct ba_ctx *ctx, struct ba_nodes *nodes,
			 struct ba_vmalloc *v, uint64_t size,
			 const struct ba_vmalloc_request *request)
{
	gfp_t gfp = (request->gfp & HANDED_ON) | BA_GFP_ZERO;
	uint64_t object = ba_kmalloc(ctx, nodes, vm_bytes(ctx), gfp,
				     request->node);
	uint32_t id;

	if (!object)
		return BA_VMAP_NONE;
	id = get_addresses(ctx, nodes, v, size + BA_PAGE_SIZE, request->align,
			   request->gfp, request->node);
	if (!id) {
		(void)ba_kfree(ctx, nodes, object);
		return BA_VMAP_NONE;
	}
	*vm_of(v, id) = (struct ba_vm_area){
		.object = object, .requested = request->size,
		.first = BA_PFN_NONE, .last = BA_PFN_NONE,
		.flags = request->flags };
	return id;
}

/* ---- data pages -------------------------------------------------- */

static void add_page(struct ba_vmalloc *v, struct ba_vm_area *vm, pfn_t pfn)
{
	pfn_t *next = next_of(v);

	if (vm->first == BA_PFN_NONE)
		vm->first = pfn;
	else
		next[vm->last] = pfn;
	next[pfn] = BA_PFN_NONE;
	vm->last = pfn;
	vm->nr_pages++;
}

static uint8_t page_node(const struct ba_ctx *ctx,
			 const struct ba_nodes *nodes, uint8_t node)
{
	return node == BA_ANY_NODE ? nodes->cpu_node[ctx->cpu] : node;
}

/* In bulk, until the call brings less than it was asked for. */
static void get_bulk(struct ba_ctx *ctx, struct ba_nodes *nodes,
		     struct ba_vmalloc *v, struct ba_vm_area *vm, uint32_t nr,
		     gfp_t gfp, uint8_t node)
{
	pfn_t pfns[BULK_PAGES];
	uint32_t want;
	struct ba_bulk bulk;

	if (!ctx->profile->vmap_nodes)
		gfp &= ~BA_GFP_NOFAIL;
	do {
		want = nr - vm->nr_pages < BULK_PAGES ? nr - vm->nr_pages :
							BULK_PAGES;
		bulk = ba_alloc_pages_bulk(ctx, nodes, gfp, node, want, pfns);
		for (uint32_t i = 0; i < bulk.got; i++)
			add_page(v, vm, pfns[i]);
	} while (bulk.got == want && vm->nr_pages < nr);
}

/* One block at a time; a task that is being killed gets no more. */
static void get_blocks(struct ba_ctx *ctx, struct ba_nodes *nodes,
		       struct ba_vmalloc *v, struct ba_vm_area *vm,
		       uint32_t nr, order_t order, gfp_t gfp, uint8_t node)
{
	gfp_t asked = order ? gfp & ~BA_GFP_NOFAIL : gfp;

	while (vm->nr_pages < nr && (!ctx->killed || gfp & BA_GFP_NOFAIL)) {
		pfn_t pfn = ba_alloc_pages(ctx, nodes, asked, order, node);

		if (pfn == BA_PFN_NONE)
			return;
		if (order)
			(void)ba_split_page(ctx, nodes, pfn, order);
		for (uint32_t i = 0; i < 1u << order; i++)
			add_page(v, vm, pfn + i);
	}
}

/* nr data pages for the area; false, with some of them, when there are less. */
static bool get_pages(struct ba_ctx *ctx, struct ba_nodes *nodes,
		      struct ba_vmalloc *v, struct ba_vm_area *vm, uint32_t nr,
		      order_t order, gfp_t gfp, uint8_t node)
{
	gfp |= BA_GFP_NOWARN;
	if (!(gfp & (BA_GFP_DMA | BA_GFP_DMA32)))
		gfp |= BA_GFP_HIGHMEM;
	node = page_node(ctx, nodes, node);
	if (!order)
		get_bulk(ctx, nodes, v, vm, nr, gfp, node);
	get_blocks(ctx, nodes, v, vm, nr, order, gfp, node);
	v->nr_pages += vm->nr_pages;
	return vm->nr_pages == nr;
}

/* How pages for page tables are asked for on behalf of such a request. */
static gfp_t pgtable_gfp(gfp_t gfp)
{
	gfp_t scope = BA_GFP_IO | BA_GFP_FS;

	if (gfp & BA_GFP_FS)
		scope = 0;
	else if (gfp & BA_GFP_IO)
		scope = BA_GFP_FS;
	return (BA_GFP_KERNEL | BA_GFP_ZERO) & ~scope;
}

static bool map_pages(struct ba_ctx *ctx, struct ba_nodes *nodes,
		      struct ba_vmalloc *v, uint32_t id, order_t order,
		      gfp_t gfp)
{
	const struct ba_vm_area *vm = vm_of(v, id);
	struct ba_pgtable pt = pgtable_of(v);
	uint64_t address = map_of(v).areas[id].start;
	const pfn_t *next = next_of(v);
	bool mapped = true;

	gfp = pgtable_gfp(gfp);
	for (pfn_t pfn = vm->first; mapped && pfn != BA_PFN_NONE;
	     pfn = next[pfn]) {
		if (order == 0)
			mapped = ba_pgtable_map(ctx, nodes, &pt, address, pfn,
						gfp);
		else if (address % LARGE_SIZE == 0)
			mapped = ba_pgtable_map_large(ctx, nodes, &pt, address,
						      pfn, gfp);
		address += BA_PAGE_SIZE;
	}
	return mapped;
}

/* ---- the end of an area ------------------------------------------ */

static void put_array(struct ba_ctx *ctx, struct ba_nodes *nodes,
		      struct ba_vmalloc *v, const struct ba_vm_area *vm);

/* Addresses, data pages, array and vm_struct: what there is of them. */
static void put_area(struct ba_ctx *ctx, struct ba_nodes *nodes,
		     struct ba_vmalloc *v, uint32_t id)
{
	struct ba_vm_area vm = *vm_of(v, id);
	struct ba_pgtable pt = pgtable_of(v);
	struct ba_vmap map = map_of(v);
	const pfn_t *next = next_of(v);
	pfn_t pfn = vm.first, then;

	ba_pgtable_unmap(&pt, map.areas[id].start, map.areas[id].end);
	*vm_of(v, id) = (struct ba_vm_area){ .flags = 0 };
	ba_vmap_free_lazily(&map, ctx->cpu, id);
	free_dead(ctx, nodes, v);
	for (; pfn != BA_PFN_NONE; pfn = then) {
		then = next[pfn];
		(void)ba_free_pages(ctx, nodes, pfn, 0);
	}
	v->nr_pages -= vm.nr_pages;
	put_array(ctx, nodes, v, &vm);
	(void)ba_kfree(ctx, nodes, vm.object);
}

static void put_array(struct ba_ctx *ctx, struct ba_nodes *nodes,
		      struct ba_vmalloc *v, const struct ba_vm_area *vm)
{
	struct ba_vmap map = map_of(v);

	if (vm->flags & BA_VM_VPAGES)
		put_area(ctx, nodes, v, ba_vmap_find(&map, vm->pages));
	else if (vm->pages)
		(void)ba_kfree(ctx, nodes, vm->pages);
}

/* The work item that a free has made due. */
static void drain_if_due(struct ba_ctx *ctx, struct ba_nodes *nodes,
			 struct ba_vmalloc *v)
{
	struct ba_vmap map = map_of(v);

	if (!v->space.drain_wanted)
		return;
	ba_vmap_drain(&map, ctx->cpu);
	free_dead(ctx, nodes, v);
}

/* ---- vmalloc ----------------------------------------------------- */

static uint64_t do_vmalloc(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   struct ba_vmalloc *v,
			   const struct ba_vmalloc_request *request);

/* The array of pages: kmalloc'ed up to a page, vmalloc'ed beyond. */
static bool get_array(struct ba_ctx *ctx, struct ba_nodes *nodes,
		      struct ba_vmalloc *v, uint32_t id, uint64_t nr,
		      const struct ba_vmalloc_request *request)
{
	struct ba_vmalloc_request nested = {
		.size = nr * POINTER, .align = 1, .node = request->node,
		.gfp = (request->gfp & HANDED_ON) | BA_GFP_ZERO,
		.flags = BA_VM_ALLOC };
	struct ba_vm_area *vm = vm_of(v, id);

	if (nested.size > BA_PAGE_SIZE) {
		vm->pages = do_vmalloc(ctx, nodes, v, &nested);
		vm->flags |= vm->pages ? BA_VM_VPAGES : 0;
	} else {
		vm->pages = ba_kmalloc(ctx, nodes, nested.size, nested.gfp,
				       nested.node);
	}
	return vm->pages;
}

/* With blocks of that order; 0, and all undone, when something fails. */
static uint64_t try_vmalloc(struct ba_ctx *ctx, struct ba_nodes *nodes,
			    struct ba_vmalloc *v,
			    const struct ba_vmalloc_request *request,
			    order_t order)
{
	uint64_t unit = (uint64_t)BA_PAGE_SIZE << order;
	uint64_t size = (request->size + unit - 1) & ~(unit - 1);
	struct ba_vmalloc_request aligned = *request;
	uint32_t nr = (uint32_t)(size / BA_PAGE_SIZE), id;
	enum ba_result why;

	if (order && aligned.align < unit)
		aligned.align = unit;
	aligned.flags |= order ? BA_VM_LARGE : 0;
	id = get_area(ctx, nodes, v, size, &aligned);
	if (!id)
		return 0;
	if (get_array(ctx, nodes, v, id, nr, request) &&
	    get_pages(ctx, nodes, v, vm_of(v, id), nr, order, request->gfp,
		      request->node) &&
	    map_pages(ctx, nodes, v, id, order, request->gfp))
		return map_of(v).areas[id].start;
	why = ctx->result;
	put_area(ctx, nodes, v, id);
	ctx->result = why;
	return 0;
}

/* Large enough for pages of 2 MiB on each node that may serve it? */
static bool wants_large(const struct ba_nodes *nodes,
			const struct ba_vmalloc_request *request)
{
	uint64_t size = request->size;

	if (request->node == BA_ANY_NODE)
		size /= nodes->nr_nodes;
	return request->flags & BA_VM_ALLOW_HUGE && size >= LARGE_SIZE;
}

static uint64_t do_vmalloc(struct ba_ctx *ctx, struct ba_nodes *nodes,
			   struct ba_vmalloc *v,
			   const struct ba_vmalloc_request *request)
{
	uint64_t address = 0;

	if (wants_large(nodes, request))
		address = try_vmalloc(ctx, nodes, v, request,
				      BA_PAGEBLOCK_ORDER);
	if (!address)
		address = try_vmalloc(ctx, nodes, v, request, 0);
	return address;
}

static uint64_t managed_pages(const struct ba_nodes *nodes)
{
	uint64_t sum = 0;

	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		sum += (uint64_t)nodes->zone[id].wmark.managed;
	return sum;
}

/* Do the model's tables suffice for so many pages, arrays included? */
static bool has_room(struct ba_ctx *ctx, struct ba_vmalloc *v, uint64_t pages)
{
	struct ba_pgtable pt = pgtable_of(v);
	struct ba_vmap map = map_of(v);
	uint64_t records = 1, tables = 0;

	/* rounded up to 2 MiB, and a second time if it has to be in small */
	pages += LARGE_SIZE / BA_PAGE_SIZE;
	while (pages) {
		uint64_t bytes = pages * POINTER;

		records += 2;
		tables += 2 * ba_pgtable_most(pages);
		pages = bytes > BA_PAGE_SIZE ? pages_up(bytes) / BA_PAGE_SIZE :
					       0;
	}
	if (ba_vmap_room(&map) >= records && ba_pgtable_room(&pt) >= tables)
		return true;
	ctx->result = BA_RESULT_TABLE_FULL;
	return false;
}

/* What the kernel does at boot: the first call does it. False: no memory. */
static bool begin(struct ba_ctx *ctx, struct ba_nodes *nodes,
		  struct ba_vmalloc *v)
{
	struct ba_vmap map = map_of(v);
	uint64_t object;

	if (v->space.nr_areas)
		return true;
	if (!create_area_cache(ctx, v))
		return false;
	object = get_area_object(ctx, nodes, v, BA_GFP_NOWAIT_6_1,
				 BA_ANY_NODE);
	if (!object)
		return false;
	v->pgtable.max_tables = max_tables(v->frames);
	v->pgtable.nr_tables = 1;
	ba_vmap_init(&map, ctx->profile, nodes->nr_cpus, max_areas(v->frames),
		     object);
	return true;
}

/* Can there be such an area? */
static enum ba_status check_request(const struct ba_nodes *nodes,
				    const struct ba_vmalloc_request *request)
{
	if (!request->size || !request->align ||
	    request->align & (request->align - 1) ||
	    request->size / BA_PAGE_SIZE > managed_pages(nodes) ||
	    nodes->arch != BA_ARCH_X86_64)
		return BA_EINVAL;
	return BA_OK;
}

enum ba_status ba_vmalloc(struct ba_ctx *ctx, struct ba_nodes *nodes,
			  const struct ba_vmalloc_request *request,
			  uint64_t *address)
{
	struct ba_vmalloc_request own = *request;
	struct ba_vmalloc *v = ctx->vmalloc;
	enum ba_status status = check_request(nodes, request);

	*address = 0;
	if (status != BA_OK)
		return status;
	own.flags |= BA_VM_ALLOC;
	ba_take_lock(ctx, &v->lock, BA_LEVEL_VMALLOC);
	if (begin(ctx, nodes, v) &&
	    has_room(ctx, v, pages_up(request->size) / BA_PAGE_SIZE)) {
		*address = do_vmalloc(ctx, nodes, v, &own);
		drain_if_due(ctx, nodes, v);
	}
	ba_drop_lock(ctx, &v->lock, BA_LEVEL_VMALLOC);
	return BA_OK;
}

/* ---- vfree ------------------------------------------------------- */

/* The frame of the first data page that cannot be freed; BA_PFN_NONE. */
static pfn_t first_bad(const struct ba_ctx *ctx, struct ba_vmalloc *v,
		       const struct ba_vm_area *vm)
{
	struct ba_vmap map = map_of(v);
	const pfn_t *next = next_of(v);

	for (pfn_t pfn = vm->first; pfn != BA_PFN_NONE; pfn = next[pfn]) {
		const struct ba_frame *f = &ctx->frames[pfn];

		if (f->state != BA_FRAME_USED || f->order ||
		    !(f->flags & BA_FRAME_HEAD))
			return pfn;
	}
	if (vm->flags & BA_VM_VPAGES)
		return first_bad(ctx, v,
				 vm_of(v, ba_vmap_find(&map, vm->pages)));
	return BA_PFN_NONE;
}

/* The area of one kind that begins there. */
static enum ba_status find_area(struct ba_vmalloc *v, uint64_t address,
				uint32_t kind, uint32_t *id)
{
	struct ba_vmap map = map_of(v);

	if (!ba_is_vmalloc(address) || !v->space.nr_areas)
		return BA_ENOAREA;
	*id = ba_vmap_find(&map, address);
	if (!*id)
		return ba_vmap_is_lazy(&map, address) ? BA_EAREAFREE :
							BA_ENOAREA;
	return vm_of(v, *id)->flags & kind ? BA_OK : BA_EAREA;
}

/* Free an area of one kind. */
static enum ba_status free_area(struct ba_ctx *ctx, struct ba_nodes *nodes,
				uint64_t address, uint32_t kind, pfn_t *bad)
{
	struct ba_vmalloc *v = ctx->vmalloc;
	enum ba_status status;
	uint32_t id;

	*bad = BA_PFN_NONE;
	if (!address)
		return BA_OK;
	ba_take_lock(ctx, &v->lock, BA_LEVEL_VMALLOC);
	status = find_area(v, address, kind, &id);
	if (status == BA_OK) {
		*bad = first_bad(ctx, v, vm_of(v, id));
		if (*bad != BA_PFN_NONE)
			status = BA_EORDER;
	}
	if (status == BA_OK) {
		put_area(ctx, nodes, v, id);
		drain_if_due(ctx, nodes, v);
	}
	ba_drop_lock(ctx, &v->lock, BA_LEVEL_VMALLOC);
	return status;
}

enum ba_status ba_vfree(struct ba_ctx *ctx, struct ba_nodes *nodes,
			uint64_t address, pfn_t *bad)
{
	return free_area(ctx, nodes, address, BA_VM_ALLOC, bad);
}

/* ---- vmap -------------------------------------------------------- */

/* Map others' pages; false, with some of them, when there is no memory. */
static bool map_frames(struct ba_ctx *ctx, struct ba_nodes *nodes,
		       struct ba_vmalloc *v, uint64_t address,
		       const pfn_t *pfns, uint32_t nr)
{
	gfp_t gfp = pgtable_gfp(BA_GFP_KERNEL);
	struct ba_pgtable pt = pgtable_of(v);

	for (uint32_t i = 0; i < nr; i++)
		if (!ba_pgtable_map(ctx, nodes, &pt,
				    address + (uint64_t)i * BA_PAGE_SIZE,
				    pfns[i], gfp))
			return false;
	return true;
}

static uint64_t do_vmap(struct ba_ctx *ctx, struct ba_nodes *nodes,
			struct ba_vmalloc *v,
			const struct ba_vmalloc_request *request,
			const pfn_t *pfns, uint32_t nr)
{
	uint32_t id = get_area(ctx, nodes, v, request->size, request);
	enum ba_result why;
	uint64_t start;

	if (!id)
		return 0;
	start = map_of(v).areas[id].start;
	if (map_frames(ctx, nodes, v, start, pfns, nr))
		return start;
	why = ctx->result;
	put_area(ctx, nodes, v, id);
	ctx->result = why;
	return 0;
}

enum ba_status ba_vmap(struct ba_ctx *ctx, struct ba_nodes *nodes,
		       const pfn_t *pfns, uint32_t nr, uint64_t *address,
		       pfn_t *bad)
{
	struct ba_vmalloc_request request = {
		.size = (uint64_t)nr * BA_PAGE_SIZE, .align = 1,
		.gfp = BA_GFP_KERNEL, .node = BA_ANY_NODE,
		.flags = BA_VM_MAP };
	struct ba_vmalloc *v = ctx->vmalloc;
	enum ba_status status = check_request(nodes, &request);

	*address = 0;
	*bad = BA_PFN_NONE;
	for (uint32_t i = 0; status == BA_OK && i < nr; i++)
		if (!ba_nodes_zone_of(ctx, nodes, pfns[i])) {
			*bad = pfns[i];
			status = BA_EFRAME;
		}
	if (status != BA_OK)
		return status;
	ba_take_lock(ctx, &v->lock, BA_LEVEL_VMALLOC);
	if (begin(ctx, nodes, v) && has_room(ctx, v, nr)) {
		*address = do_vmap(ctx, nodes, v, &request, pfns, nr);
		drain_if_due(ctx, nodes, v);
	}
	ba_drop_lock(ctx, &v->lock, BA_LEVEL_VMALLOC);
	return BA_OK;
}

enum ba_status ba_vunmap(struct ba_ctx *ctx, struct ba_nodes *nodes,
			 uint64_t address)
{
	pfn_t none;

	return free_area(ctx, nodes, address, BA_VM_MAP, &none);
}

void ba_vm_unmap_aliases(struct ba_ctx *ctx, struct ba_nodes *nodes)
{
	struct ba_vmalloc *v = ctx->vmalloc;

	ba_take_lock(ctx, &v->lock, BA_LEVEL_VMALLOC);
	if (v->space.nr_areas) {
		v->space.drain_wanted = 1;
		drain_if_due(ctx, nodes, v);
	}
	ba_drop_lock(ctx, &v->lock, BA_LEVEL_VMALLOC);
}

void ba_vmalloc_drop_pools(struct ba_ctx *ctx, struct ba_nodes *nodes)
{
	struct ba_vmalloc *v = ctx->vmalloc;
	struct ba_vmap map = map_of(v);

	ba_take_lock(ctx, &v->lock, BA_LEVEL_VMALLOC);
	if (v->space.nr_areas) {
		ba_vmap_decay_all(&map, ctx->cpu);
		free_dead(ctx, nodes, v);
	}
	ba_drop_lock(ctx, &v->lock, BA_LEVEL_VMALLOC);
}

/* ---- views and check --------------------------------------------- */

pfn_t ba_vmalloc_to_pfn(struct ba_vmalloc *v, uint64_t address)
{
	struct ba_pgtable pt = pgtable_of(v);

	return ba_pgtable_lookup(&pt, address);
}

static void describe(struct ba_vmalloc *v, uint32_t id,
		     struct ba_vmalloc_info *ret)
{
	const struct ba_vmap_area *a = &map_of(v).areas[id];

	ret->start = a->start;
	ret->end = a->end;
	ret->vm = a->state == BA_VMAP_BUSY ? vm_of(v, id) : NULL;
}

bool ba_vmalloc_find(struct ba_vmalloc *v, uint64_t address,
		     struct ba_vmalloc_info *ret)
{
	struct ba_vmap map = map_of(v);
	uint32_t id = v->space.nr_areas ? ba_vmap_find(&map, address) :
					  BA_VMAP_NONE;

	if (id)
		describe(v, id, ret);
	return id;
}

bool ba_vmalloc_next(struct ba_vmalloc *v, struct ba_vmalloc_walk *walk,
		     struct ba_vmalloc_info *ret)
{
	struct ba_vmap map = map_of(v);

	if (!v->space.nr_areas)
		return false;
	if (!walk->lazy)
		walk->id = ba_vmap_next(&map, BA_VMAP_BUSY, &walk->node,
					walk->id);
	if (walk->lazy || !walk->id) {
		walk->id = ba_vmap_next(&map, BA_VMAP_LAZY, &walk->node,
					walk->lazy ? walk->id : BA_VMAP_NONE);
		walk->lazy = true;
	}
	if (walk->id)
		describe(v, walk->id, ret);
	return walk->id;
}

void ba_vmalloc_stat(struct ba_vmalloc *v, struct ba_vmalloc_stat *ret)
{
	struct ba_vmalloc_walk walk = { .node = 0 };
	struct ba_vmap map = map_of(v);
	struct ba_vmalloc_info info;

	*ret = (struct ba_vmalloc_stat){ .pages = v->nr_pages };
	if (!v->space.nr_areas)
		return;
	while (ba_vmalloc_next(v, &walk, &info)) {
		ret->areas += info.vm != NULL;
		ret->lazy_areas += !info.vm;
	}
	ret->lazy_pages = v->space.lazy_pages;
	ret->lazy_max = v->space.lazy_max;
	ret->purges = v->space.purges;
	ret->pooled = ba_vmap_count_pooled(&map);
	ret->page_tables = v->pgtable.nr_tables - 1 - v->pgtable.nr_unused;
}

/* W1 and W4 of one area; *pages grows by its data pages. */
static const char *check_area(struct ba_vmalloc *v,
			      const struct ba_vmalloc_info *info,
			      uint64_t *pages)
{
	uint64_t end = info->end - BA_PAGE_SIZE, nr = 0;
	bool own = info->vm->flags & BA_VM_ALLOC;
	pfn_t pfn = info->vm->first;

	for (uint64_t at = info->start; at < end; at += BA_PAGE_SIZE, nr++) {
		pfn_t mapped = ba_vmalloc_to_pfn(v, at);

		if (mapped == BA_PFN_NONE)
			return "W1: a page of a busy area has no frame";
		if (!own)
			continue;
		if (mapped != pfn)
			return "W4: an area maps no data page of its own";
		pfn = next_of(v)[pfn];
	}
	if (own && (nr != info->vm->nr_pages || pfn != BA_PFN_NONE))
		return "W3: an area has other pages than it counts";
	*pages += info->vm->nr_pages;
	if (ba_vmalloc_to_pfn(v, end) != BA_PFN_NONE)
		return "W2: a frame is mapped at a guard page";
	return NULL;
}

const char *ba_vmalloc_check(struct ba_vmalloc *v)
{
	struct ba_vmalloc_walk walk = { .node = 0 };
	struct ba_pgtable pt = pgtable_of(v);
	struct ba_vmap map = map_of(v);
	struct ba_vmalloc_info info;
	uint64_t pages = 0, mapped = 0;
	const char *wrong;

	if (!v->space.nr_areas)
		return NULL;
	wrong = ba_vmap_check(&map);
	if (!wrong)
		wrong = ba_pgtable_check(&pt, v->frames);
	while (!wrong && ba_vmalloc_next(v, &walk, &info)) {
		if (!info.vm)
			continue;
		wrong = check_area(v, &info, &pages);
		mapped += (info.end - info.start) / BA_PAGE_SIZE - 1;
	}
	if (!wrong && pages != v->nr_pages)
		wrong = "W3: nr_pages is not the pages of all areas";
	if (!wrong && mapped != ba_pgtable_count(&pt))
		wrong = "W2: a frame is mapped outside of busy areas";
	return wrong;
}
