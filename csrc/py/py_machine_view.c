// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_machine_view.h"

#include <stdio.h>
#include <stdlib.h>

#include "py/py_errors.h"
#include "py/py_machine_args.h"
#include "py/py_owner.h"
#include "sim/probe.h"

static const char *const no_names[] = { NULL };

static struct ba_nodes *nodes_of(const struct ba_py_machine *self)
{
	return ba_machine_nodes(&self->machine);
}

/* For the calls without arguments. */
static bool take_nothing(struct ba_py_machine *self, const char *function,
			 PyObject *const *args, Py_ssize_t nr,
			 PyObject *kwnames)
{
	struct ba_py_signature signature = { function, no_names, 0, 0 };
	PyObject *value[BA_PY_ARGS_MAX];

	return ba_py_args(&signature, args, nr, kwnames, value) &&
	       ba_py_ready(self);
}

static struct ba_zone *take_zone(const struct ba_py_machine *self,
				 PyObject *object)
{
	uint64_t id = 0;

	if (!ba_py_uint(object, "zone", nodes_of(self)->nr_zones - 1u, &id))
		return NULL;
	return &nodes_of(self)->zone[id];
}

static struct ba_pcp *take_pcp(const struct ba_py_machine *self,
			       PyObject *cpu_object, PyObject *zone_object)
{
	struct ba_zone *zone;
	uint64_t cpu = 0;

	if (!ba_py_uint(cpu_object, "cpu", nodes_of(self)->nr_cpus - 1u,
			&cpu))
		return NULL;
	zone = take_zone(self, zone_object);
	return zone ? &zone->pcp[cpu] : NULL;
}

/* ---- zones ------------------------------------------------------- */

static PyObject *reserve_tuple(const struct ba_wmark *w, Py_ssize_t nr)
{
	PyObject *ret = PyTuple_New(nr);

	for (Py_ssize_t i = 0; ret && i < nr; i++) {
		PyObject *item = ba_py_i64(w->lowmem_reserve[i]);

		if (!item || PyTuple_SetItem(ret, i, item))
			Py_CLEAR(ret);
	}
	return ret;
}

static PyObject *nr_free_tuple(const struct ba_buddy *buddy)
{
	PyObject *ret = PyTuple_New(BA_NR_ORDERS);

	for (Py_ssize_t i = 0; ret && i < (Py_ssize_t)BA_NR_ORDERS; i++) {
		PyObject *item =
			PyLong_FromUnsignedLong(buddy->area[i].nr_free);

		if (!item || PyTuple_SetItem(ret, i, item))
			Py_CLEAR(ret);
	}
	return ret;
}

static PyObject *threshold_tuple(const struct ba_zone *zone)
{
	PyObject *ret = PyTuple_New(zone->nr_cpus);

	for (Py_ssize_t cpu = 0; ret && cpu < zone->nr_cpus; cpu++) {
		PyObject *item =
			ba_py_i64(zone->buddy.free_pages.threshold[cpu]);

		if (!item || PyTuple_SetItem(ret, cpu, item))
			Py_CLEAR(ret);
	}
	return ret;
}

static PyObject *zone_dict(const struct ba_nodes *nodes,
			   const struct ba_zone *zone)
{
	int32_t failures = nodes->node[zone->node].kswapd_failures;
	const struct ba_buddy *buddy = &zone->buddy;
	const struct ba_wmark *w = &zone->wmark;
	const struct ba_vmstat *stat = &buddy->free_pages;
	PyObject *ret = PyDict_New();

	if (ret &&
	    ba_py_dict_set(ret, "id", ba_py_i64(zone->id)) &&
	    ba_py_dict_set(ret, "node", ba_py_i64(zone->node)) &&
	    ba_py_dict_set(ret, "index", ba_py_i64(zone->index)) &&
	    ba_py_dict_set(ret, "name", PyUnicode_FromString(
				   ba_zone_type_name(ba_nodes_types(nodes),
						     zone->index))) &&
	    ba_py_dict_set(ret, "start_pfn", ba_py_i64(buddy->start)) &&
	    ba_py_dict_set(ret, "end_pfn", ba_py_i64(buddy->end)) &&
	    ba_py_dict_set(ret, "spanned",
			   ba_py_i64((int64_t)buddy->end - buddy->start)) &&
	    ba_py_dict_set(ret, "present",
			   ba_py_i64((int64_t)zone->present)) &&
	    ba_py_dict_set(ret, "managed", ba_py_i64(w->managed)) &&
	    ba_py_dict_set(ret, "min", ba_py_i64(w->mark[BA_WMARK_MIN])) &&
	    ba_py_dict_set(ret, "low", ba_py_i64(w->mark[BA_WMARK_LOW])) &&
	    ba_py_dict_set(ret, "high", ba_py_i64(w->mark[BA_WMARK_HIGH])) &&
	    ba_py_dict_set(ret, "boost", ba_py_i64(w->boost)) &&
	    ba_py_dict_set(ret, "lowmem_reserve", reserve_tuple(w, ba_nodes_types(nodes)->nr)) &&
	    ba_py_dict_set(ret, "highatomic",
			   ba_py_i64(w->reserved_highatomic)) &&
	    ba_py_dict_set(ret, "flags", ba_py_i64(w->flags)) &&
	    ba_py_dict_set(ret, "free_pages",
			   ba_py_i64(ba_vmstat_read(stat))) &&
	    ba_py_dict_set(ret, "free_pages_exact",
			   ba_py_i64(ba_vmstat_sum(stat))) &&
	    ba_py_dict_set(ret, "stat_threshold", threshold_tuple(zone)) &&
	    ba_py_dict_set(ret, "kswapd_failures", ba_py_i64(failures)) &&
	    ba_py_dict_set(ret, "nr_free", nr_free_tuple(buddy)))
		return ret;
	Py_XDECREF(ret);
	return NULL;
}

const char ba_py_machine_zones_doc[] =
"zones($self, /)\n"
"--\n"
"\n"
"The zones, one dict each, by id.\n"
"\n"
"Keys: id, node, index (of ZONE_TYPES[arch]), name, start_pfn and end_pfn (first\n"
"frame, and first one past it), spanned, present, managed, the watermarks\n"
"min, low and high without boost, boost, lowmem_reserve (by highest zone of\n"
"a request), highatomic, free_pages (the counter as a watermark test sees\n"
"it), free_pages_exact, all in pages; flags; stat_threshold (pages that each\n"
"CPU counts for itself, by CPU); kswapd_failures (of its node); nr_free\n"
"(blocks by order).";

PyObject *ba_py_machine_zones(PyObject *object, PyObject *const *args,
			      Py_ssize_t nr, PyObject *kwnames)
{
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	struct ba_nodes *nodes = nodes_of(self);
	PyObject *ret;

	if (!take_nothing(self, "zones", args, nr, kwnames))
		return NULL;
	ret = PyList_New(0);
	for (uint8_t id = 0; ret && id < nodes->nr_zones; id++) {
		PyObject *zone = zone_dict(nodes, &nodes->zone[id]);

		if (!zone || PyList_Append(ret, zone))
			Py_CLEAR(ret);
		Py_XDECREF(zone);
	}
	return ret;
}

/* ---- lists ------------------------------------------------------- */

static PyObject *list_of_frames(const struct ba_py_machine *self,
				const struct ba_list *list, order_t order)
{
	struct ba_ctx ctx = ba_machine_ctx(&self->machine, 0);
	PyObject *ret = PyList_New(0);
	pfn_t pfn = ba_buddy_pfn(ba_list_first(list), order);

	for (uint32_t i = 0; ret && i < list->count; i++) {
		PyObject *item = PyLong_FromUnsignedLong(pfn);

		if (!item || PyList_Append(ret, item))
			Py_CLEAR(ret);
		Py_XDECREF(item);
		pfn = ba_buddy_next(&ctx, pfn, order);
	}
	return ret;
}

const char ba_py_machine_free_list_doc[] =
"free_list($self, /, zone, order, migratetype)\n"
"--\n"
"\n"
"First frames of the blocks on one buddy list, from head to tail.\n"
"\n"
"migratetype is an index into MIGRATETYPES. Raises ValueError for an index\n"
"out of range.";

PyObject *ba_py_machine_free_list(PyObject *object, PyObject *const *args,
				  Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "zone", "order", "migratetype",
					     NULL };
	static const struct ba_py_signature signature = {
		"free_list", names, 3, 3 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX];
	uint64_t order = 0, type = 0;
	struct ba_zone *zone;

	if (!ba_py_args(&signature, args, nr, kwnames, value))
		return NULL;
	zone = take_zone(self, value[0]);
	if (!zone || !ba_py_uint(value[1], "order", BA_ORDER_MAX, &order) ||
	    !ba_py_uint(value[2], "migratetype", BA_NR_MT - 1u, &type) ||
	    !ba_py_ready(self))
		return NULL;
	return list_of_frames(self, &zone->buddy.area[order].list[type],
			      (order_t)order);
}

const char ba_py_machine_pcp_list_doc[] =
"pcp_list($self, /, cpu, zone, index)\n"
"--\n"
"\n"
"First frames of the blocks on one per-CPU list, from head to tail.\n"
"\n"
"index is 3 * order + migratetype for orders 0..3, 12 and 13 for order 9.\n"
"Raises ValueError for an index out of range.";

PyObject *ba_py_machine_pcp_list(PyObject *object, PyObject *const *args,
				 Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "cpu", "zone", "index", NULL };
	static const struct ba_py_signature signature = {
		"pcp_list", names, 3, 3 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX];
	struct ba_pcp *pcp;
	uint64_t index = 0;

	if (!ba_py_args(&signature, args, nr, kwnames, value))
		return NULL;
	pcp = take_pcp(self, value[0], value[1]);
	if (!pcp ||
	    !ba_py_uint(value[2], "index", BA_NR_PCP_LISTS - 1u, &index) ||
	    !ba_py_ready(self))
		return NULL;
	return list_of_frames(self, &pcp->list[index], 0);
}

const char ba_py_machine_lru_list_doc[] =
"lru_list($self, /, node, lru)\n"
"--\n"
"\n"
"First frames of the pages on one of a node's LRU lists, from head (newest)\n"
"to tail, where reclaim begins.\n"
"\n"
"lru is an index into LRU_LISTS. Raises ValueError for an index out of range\n"
"and a node without memory.";

PyObject *ba_py_machine_lru_list(PyObject *object, PyObject *const *args,
				 Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "node", "lru", NULL };
	static const struct ba_py_signature signature = {
		"lru_list", names, 2, 2 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX];
	uint64_t lru = 0;
	uint8_t node;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_take_node(self, value[0], 0, &node) ||
	    !ba_py_uint(value[1], "lru", BA_NR_LRU - 1u, &lru) ||
	    !ba_py_ready(self))
		return NULL;
	return list_of_frames(self,
			      &nodes_of(self)->node[node].lruvec.list[lru],
			      0);
}

const char ba_py_machine_pcp_doc[] =
"pcp($self, /, cpu, zone)\n"
"--\n"
"\n"
"The fields of one CPU's page lists in one zone, as a dict.\n"
"\n"
"count, high, batch, high_min, high_max and free_count are pages. Raises\n"
"ValueError for a cpu or zone out of range.";

PyObject *ba_py_machine_pcp(PyObject *object, PyObject *const *args,
			    Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "cpu", "zone", NULL };
	static const struct ba_py_signature signature = {
		"pcp", names, 2, 2 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX], *ret;
	struct ba_pcp *pcp;

	if (!ba_py_args(&signature, args, nr, kwnames, value))
		return NULL;
	pcp = take_pcp(self, value[0], value[1]);
	if (!pcp || !ba_py_ready(self))
		return NULL;
	ret = PyDict_New();
	if (ret && ba_py_dict_set(ret, "count", ba_py_i64(pcp->count)) &&
	    ba_py_dict_set(ret, "high", ba_py_i64(pcp->high)) &&
	    ba_py_dict_set(ret, "batch", ba_py_i64(pcp->batch)) &&
	    ba_py_dict_set(ret, "high_min", ba_py_i64(pcp->high_min)) &&
	    ba_py_dict_set(ret, "high_max", ba_py_i64(pcp->high_max)) &&
	    ba_py_dict_set(ret, "free_count", ba_py_i64(pcp->free_count)) &&
	    ba_py_dict_set(ret, "free_factor", ba_py_i64(pcp->free_factor)) &&
	    ba_py_dict_set(ret, "alloc_factor",
			   ba_py_i64(pcp->alloc_factor)) &&
	    ba_py_dict_set(ret, "flags", ba_py_i64(pcp->flags)) &&
	    ba_py_dict_set(ret, "expire", ba_py_i64(pcp->expire)))
		return ret;
	Py_XDECREF(ret);
	return NULL;
}

/* ---- pictures ---------------------------------------------------- */

const char ba_py_machine_frames_doc[] =
"frames($self, /, first=0, count=None)\n"
"--\n"
"\n"
"The page frame database from frame `first` on, by default to the end.\n"
"\n"
"Returns Records of shape (count,) with the fields FRAME_FIELDS: state\n"
"(index into PROBE_STATES), order (255: not known), migratetype, zone and\n"
"node (255: none), flags (bit 0: heads its block, bit 1: movable). The GIL\n"
"is released.\n"
"\n"
"Raises ValueError for a range that the machine does not have.";

PyObject *ba_py_machine_frames(PyObject *object, PyObject *const *args,
			       Py_ssize_t nr, PyObject *kwnames)
{
	static const char *const names[] = { "first", "count", NULL };
	static const struct ba_py_signature signature = {
		"frames", names, 2, 0 };
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	PyObject *value[BA_PY_ARGS_MAX];
	struct ba_probe_frame *frames;
	uint64_t end = nodes_of(self)->end, first = 0, count;

	if (!ba_py_args(&signature, args, nr, kwnames, value) ||
	    !ba_py_uint(value[0], "first", end, &first))
		return NULL;
	count = end - first;
	if (value[1] != Py_None &&
	    !ba_py_uint(value[1], "count", end - first, &count))
		return NULL;
	frames = ba_py_records_data(count, sizeof(*frames));
	if (!frames || !ba_py_begin(self)) {
		free(frames);
		return NULL;
	}
	Py_BEGIN_ALLOW_THREADS
	ba_probe_frames(&self->machine, (pfn_t)first, count, frames);
	Py_END_ALLOW_THREADS
	ba_py_end(self);
	return ba_py_records_new(self->state, frames,
				 BA_PY_FORMAT(BA_PY_FRAME_FIELDS),
				 sizeof(*frames), count, 0);
}

const char ba_py_machine_pageblocks_doc[] =
"pageblocks($self, /)\n"
"--\n"
"\n"
"The pageblocks from frame 0 on: Records of shape (n,) with the fields\n"
"PAGEBLOCK_FIELDS: migratetype, skip (1: compaction passes it by), zone\n"
"(255: none).";

PyObject *ba_py_machine_pageblocks(PyObject *object, PyObject *const *args,
				   Py_ssize_t nr, PyObject *kwnames)
{
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	struct ba_ctx ctx = ba_machine_ctx(&self->machine, 0);
	size_t count = ((size_t)nodes_of(self)->end + BA_PAGEBLOCK_PAGES - 1) /
		       BA_PAGEBLOCK_PAGES;
	struct { uint8_t migratetype, skip, zone; } *blocks;

	if (!take_nothing(self, "pageblocks", args, nr, kwnames))
		return NULL;
	blocks = ba_py_records_data(count, sizeof(*blocks));
	if (!blocks)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const struct ba_pageblock *b = &ctx.pageblocks[i];

		blocks[i].migratetype = b->flags & BA_PAGEBLOCK_TYPE_MASK;
		blocks[i].skip = (b->flags & BA_PAGEBLOCK_SKIP) != 0;
		blocks[i].zone = (uint8_t)(b->zone - 1u); /* 0 to 255 */
	}
	return ba_py_records_new(self->state, blocks,
				 BA_PY_FORMAT(BA_PY_PAGEBLOCK_FIELDS),
				 sizeof(*blocks), count, 0);
}

void ba_py_sample_format(const struct ba_machine *machine,
			 char format[BA_PY_FORMAT_MAX])
{
	snprintf(format, BA_PY_FORMAT_MAX,
		 "T{(%u,%u)=I:free_blocks:(%u)=I:pageblocks:=I:free_pages:"
		 "(%u)=I:pcp_pages:}", BA_NR_ORDERS, BA_NR_MT, BA_NR_MT,
		 (unsigned int)ba_machine_nodes(machine)->nr_cpus);
}

const char ba_py_machine_sample_doc[] =
"sample($self, /)\n"
"--\n"
"\n"
"The counts of the moment: Records of shape (nr_zones,) with the fields\n"
"free_blocks, shape (11, 5), by order and migratetype; pageblocks, shape\n"
"(5,), by migratetype; free_pages, pages on the buddy lists; pcp_pages,\n"
"shape (nr_cpus,), pages on each CPU's lists. All uint32.";

PyObject *ba_py_machine_sample(PyObject *object, PyObject *const *args,
			       Py_ssize_t nr, PyObject *kwnames)
{
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	size_t words = ba_probe_zone_words(&self->machine);
	char format[BA_PY_FORMAT_MAX];
	uint32_t *row;

	if (!take_nothing(self, "sample", args, nr, kwnames))
		return NULL;
	row = ba_py_records_data(ba_probe_row_words(&self->machine),
				 sizeof(*row));
	if (!row)
		return NULL;
	ba_probe_sample(&self->machine, row);
	ba_py_sample_format(&self->machine, format);
	return ba_py_records_new(self->state, row, format,
				 words * sizeof(*row),
				 nodes_of(self)->nr_zones, 0);
}

/* ---- configuration ----------------------------------------------- */

PyObject *ba_py_profile_dict(const struct ba_profile *profile)
{
	PyObject *ret = PyDict_New();

#define X(name, min, max, a, b, sb, c, d, sd, text)			\
	if (ret &&							\
	    !ba_py_dict_set(ret, #name, ba_py_i64(profile->name)))	\
		Py_CLEAR(ret);
	BA_PROFILE_ITEMS(X)
#undef X
	return ret;
}

const char ba_py_machine_profile_items_doc[] =
"profile_items($self, /)\n"
"--\n"
"\n"
"The items of the machine's behaviour profile, a dict of int by name.";

PyObject *ba_py_machine_profile_items(PyObject *object,
				      PyObject *const *args, Py_ssize_t nr,
				      PyObject *kwnames)
{
	struct ba_py_machine *self = (struct ba_py_machine *)object;

	if (!take_nothing(self, "profile_items", args, nr, kwnames))
		return NULL;
	return ba_py_profile_dict(
		&ba_machine_body(&self->machine)->config.profile);
}

const char ba_py_machine_config_doc[] =
"config($self, /)\n"
"--\n"
"\n"
"What the machine is made of, as a dict: memory_pages, nr_cpus, nr_nodes,\n"
"arch, shared, backed, profile (its name) and the sysctls by name.";

PyObject *ba_py_machine_config(PyObject *object, PyObject *const *args,
			       Py_ssize_t nr, PyObject *kwnames)
{
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	const struct ba_config *c = &ba_machine_body(&self->machine)->config;
	PyObject *ret;

	if (!take_nothing(self, "config", args, nr, kwnames))
		return NULL;
	ret = PyDict_New();
	if (!ret ||
	    !ba_py_dict_set(ret, "memory_pages",
			    ba_py_i64((int64_t)c->memory_pages)) ||
	    !ba_py_dict_set(ret, "nr_cpus", ba_py_i64(c->nr_cpus)) ||
	    !ba_py_dict_set(ret, "nr_nodes", ba_py_i64(c->nr_nodes)) ||
	    !ba_py_dict_set(ret, "arch", PyUnicode_FromString(
				    ba_zone_types[c->arch].arch)) ||
	    !ba_py_dict_set(ret, "shared", PyBool_FromLong(c->shared)) ||
	    !ba_py_dict_set(ret, "backed", PyBool_FromLong(c->backed)) ||
	    !ba_py_dict_set(ret, "profile", PyUnicode_FromString(
				    ba_profile_name(&c->profile))))
		Py_CLEAR(ret);
#define X(name, min, max, value, text)					\
	if (ret && !ba_py_dict_set(ret, #name, ba_py_i64(c->name)))	\
		Py_CLEAR(ret);
	BA_CONFIG_ITEMS(X)
#undef X
	return ret;
}

const char ba_py_machine_recorded_doc[] =
"recorded($self, /)\n"
"--\n"
"\n"
"What a recorded state says of its machine, or None for one that was\n"
"booted: a dict of kernel, vmemmap (address of struct page 0), page_offset,\n"
"page_size (bytes of a struct page) and totalreserve (pages).";

PyObject *ba_py_machine_recorded(PyObject *object, PyObject *const *args,
				 Py_ssize_t nr, PyObject *kwnames)
{
	struct ba_py_machine *self = (struct ba_py_machine *)object;
	const struct ba_recorded *r =
		&ba_machine_body(&self->machine)->recorded;

	if (!take_nothing(self, "recorded", args, nr, kwnames))
		return NULL;
	if (!r->valid)
		Py_RETURN_NONE;
	return Py_BuildValue("{s:s, s:K, s:K, s:I, s:K}",
			     "kernel", r->kernel,
			     "vmemmap", (unsigned long long)r->vmemmap,
			     "page_offset",
			     (unsigned long long)r->page_offset,
			     "page_size", (unsigned int)r->page_size,
			     "totalreserve",
			     (unsigned long long)r->totalreserve);
}

/* ---- attributes -------------------------------------------------- */

static struct ba_body *body_of(PyObject *object)
{
	return ba_machine_body(&((struct ba_py_machine *)object)->machine);
}

static PyObject *get_nr_cpus(PyObject *object, void *closure)
{
	(void)closure;
	return ba_py_i64(body_of(object)->nodes.nr_cpus);
}

static PyObject *get_nr_nodes(PyObject *object, void *closure)
{
	(void)closure;
	return ba_py_i64(body_of(object)->nodes.nr_nodes);
}

static PyObject *get_nr_zones(PyObject *object, void *closure)
{
	(void)closure;
	return ba_py_i64(body_of(object)->nodes.nr_zones);
}

static PyObject *get_nr_frames(PyObject *object, void *closure)
{
	(void)closure;
	return ba_py_i64(body_of(object)->nodes.end);
}

static PyObject *get_memory_bytes(PyObject *object, void *closure)
{
	const struct ba_nodes *nodes = &body_of(object)->nodes;
	uint64_t pages = 0;

	(void)closure;
	for (uint8_t id = 0; id < nodes->nr_zones; id++)
		pages += nodes->zone[id].present;
	return PyLong_FromUnsignedLongLong(pages << BA_PAGE_SHIFT);
}

static PyObject *get_now_ns(PyObject *object, void *closure)
{
	(void)closure;
	return ba_py_u64(body_of(object)->vm.now_ns);
}

static PyObject *get_arch(PyObject *object, void *closure)
{
	(void)closure;
	return PyUnicode_FromString(
		ba_nodes_types(&body_of(object)->nodes)->arch);
}

static PyObject *get_shared(PyObject *object, void *closure)
{
	(void)closure;
	return PyBool_FromLong(body_of(object)->config.shared);
}

static PyObject *get_backed(PyObject *object, void *closure)
{
	(void)closure;
	return PyBool_FromLong(body_of(object)->config.backed);
}

static PyObject *get_profile(PyObject *object, void *closure)
{
	(void)closure;
	return PyUnicode_FromString(
		ba_profile_name(&body_of(object)->config.profile));
}

static PyObject *get_kernel(PyObject *object, void *closure)
{
	const struct ba_recorded *recorded = &body_of(object)->recorded;

	(void)closure;
	if (!recorded->valid)
		Py_RETURN_NONE;
	return PyUnicode_FromString(recorded->kernel);
}

PyGetSetDef ba_py_machine_getset[] = {
	{ "nr_cpus", get_nr_cpus, NULL, "Simulated CPUs.", NULL },
	{ "nr_nodes", get_nr_nodes, NULL, "Memory nodes.", NULL },
	{ "nr_zones", get_nr_zones, NULL, "Zones of all nodes.", NULL },
	{ "nr_frames", get_nr_frames, NULL,
	  "First frame number past every zone.", NULL },
	{ "memory_bytes", get_memory_bytes, NULL,
	  "Bytes of memory present in all zones.", NULL },
	{ "now_ns", get_now_ns, NULL,
	  "The machine's clock, ns since boot; advance() moves it.", NULL },
	{ "arch", get_arch, NULL,
	  "Whose zones the kernel has, a key of ZONE_TYPES.", NULL },
	{ "shared", get_shared, NULL,
	  "True when the machine takes the locks of a shared one.", NULL },
	{ "backed", get_backed, NULL,
	  "True when there are real bytes behind the page frames.", NULL },
	{ "profile", get_profile, NULL,
	  "Name of the behaviour profile, 'custom' if it has none.", NULL },
	{ "kernel", get_kernel, NULL,
	  "Kernel of the recorded state; None for a booted machine.", NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};
