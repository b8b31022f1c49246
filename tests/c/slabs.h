/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slabs - a machine whose slabs are small, and their lists as text. Slabs are
 * called a, b, c in the order in which their first object was handed out:
 *
 *	start(slabs_config());
 *	id = cache("pairs", 2048);		2 objects a slab
 *	take_all(id, o, 6);			a0 a1 b0 b1 c0 c1
 *	give(o[5]);
 *	CHECK_STR_EQ(cpu_text(id, 0), "c[1]");	slab c, its object 1 is free
 *	give(o[0]);
 *	CHECK_STR_EQ(cpu_text(id, 0), "c[1] a");  a is on the stack
 *	CHECK_STR_EQ(node_text(id, 0), "");
 */
#ifndef BA_TESTS_SLABS_H
#define BA_TESTS_SLABS_H

#include <stdlib.h>

#include "mm/kmalloc.h"
#include "sim/check.h"

#include "testlib.h"

#define SLABS_PAGES 16384u

static struct ba_machine machine;
static struct ba_nodes *nodes;
static struct ba_ctx ctx;

static pfn_t slab_named[26];
static unsigned int nr_named;
static char slab_texts[4][512];
static unsigned int slab_text_at;

/* 64 MiB, 6.1L, 2 CPUs, one node; no slab is larger than it must be. */
static inline struct ba_config slabs_config(void)
{
	struct ba_config config;

	ba_config_init(&config);
	config.memory_pages = SLABS_PAGES;
	config.nr_cpus = 2;
	config.slub_max_order = 0;
	return config;
}

static inline void start(struct ba_config config)
{
	char message[200] = "";

	if (ba_machine_create(&config, &machine, message, sizeof(message)) !=
	    BA_OK) {
		printf("# no machine: %s\n", message);
		exit(2);
	}
	nodes = ba_machine_nodes(&machine);
	ctx = ba_machine_ctx(&machine, 0);
	nr_named = 0;
}

static inline void stop(void)
{
	uint8_t zone;

	CHECK_STR_EQ(ba_machine_check(&machine, &zone), NULL);
	ba_machine_destroy(&machine);
}

static inline uint16_t cache_with(const char *name, uint32_t size,
				  uint32_t flags)
{
	struct ba_slab_spec spec = { .object_size = size, .flags = flags };
	uint16_t id = BA_CACHE_NONE;

	CHECK_EQ(ba_kmem_cache_create(&ctx, name, &spec, &id), BA_OK);
	return id;
}

static inline uint16_t cache(const char *name, uint32_t size)
{
	return cache_with(name, size, 0);
}

/* As writes to the cache's files in sysfs set them. */
static inline void limit(uint16_t id, uint16_t min_partial,
			 uint16_t cpu_partial_slabs)
{
	ba_cache_at(&ctx, id)->layout.min_partial = min_partial;
	ba_cache_set_stack(ba_cache_at(&ctx, id), cpu_partial_slabs);
}

static inline void on_cpu(cpu_t cpu)
{
	ba_set_cpu(&ctx, cpu);
}

static inline pfn_t head_of(uint64_t address)
{
	return ba_object_find(&ctx, nodes, address).head;
}

/* The letter of a slab; the next one if it has none yet. */
static inline char letter(pfn_t head)
{
	unsigned int i = 0;

	while (i < nr_named && slab_named[i] != head)
		i++;
	if (i == nr_named && i < 26)
		slab_named[nr_named++] = head;
	return (char)('a' + i);
}

static inline pfn_t slab(char name)
{
	return slab_named[name - 'a'];
}

/* An object from that node or BA_ANY_NODE; 0: none. */
static inline uint64_t take_on(uint16_t id, gfp_t gfp, uint8_t node)
{
	const struct ba_slab_request request = { .cache = id, .gfp = gfp,
						 .node = node };
	uint64_t address = ba_kmem_cache_alloc(&ctx, nodes, &request);

	if (address)
		letter(head_of(address));
	return address;
}

static inline uint64_t take(uint16_t id)
{
	uint64_t address = take_on(id, BA_GFP_KERNEL, BA_ANY_NODE);

	CHECK(address);
	return address;
}

static inline void take_all(uint16_t id, uint64_t *addresses, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		addresses[i] = take(id);
}

static inline void give(uint64_t address)
{
	CHECK_EQ(ba_kmem_cache_free(&ctx, nodes, BA_CACHE_NONE, address),
		 BA_OK);
}

static inline char *slab_text(void)
{
	char *text = slab_texts[slab_text_at++ % 4];

	text[0] = '\0';
	return text;
}

static inline void add_text(char *text, const char *format, uint32_t number)
{
	size_t len = strlen(text);

	snprintf(text + len, 512 - len, format, number);
}

static inline void add_chain(char *text, pfn_t head, uint16_t first)
{
	const struct ba_object *objects = ba_objects_of(&ctx, head);

	for (uint16_t at = first; at; at = objects[at - 1].next)
		add_text(text, at == first ? "%u" : " %u", at - 1u);
}

/* An object: "b1". */
static inline const char *object_text(uint64_t address)
{
	struct ba_object_at at = ba_object_find(&ctx, nodes, address);
	char *text = slab_text();

	if (at.head == BA_PFN_NONE)
		return "none";
	add_text(text, "%c", (uint32_t)letter(at.head));
	add_text(text, "%u", at.index);
	return text;
}

/* "c[1 0] b a": the slab and its free objects, then the stack from its top. */
static inline const char *cpu_text(uint16_t id, cpu_t cpu)
{
	const struct ba_cache_cpu *c = ba_cache_cpu(&ctx, id, cpu);
	char *text = slab_text();
	uint32_t nr = 0;

	add_text(text, "%c", c->slab ? (uint32_t)letter(c->slab) : '-');
	if (c->slab) {
		add_text(text, "[", 0);
		add_chain(text, c->slab, c->freelist);
		add_text(text, "]", 0);
	}
	for (pfn_t head = c->partial; head; head = ba_slabs(&ctx)[head].next) {
		add_text(text, " %c", (uint32_t)letter(head));
		nr++;
	}
	CHECK_EQ(c->nr_partial, nr);
	return text;
}

static inline const char *slab_list_text(const struct ba_list *list)
{
	char *text = slab_text();

	for (pfn_t head = ba_list_first(list); head != BA_PFN_NONE;
	     head = ba_list_next(ba_frame_links(ctx.frames), head))
		add_text(text, text[0] ? " %c" : "%c", (uint32_t)letter(head));
	return text;
}

/* A node's partial slabs, "b a". */
static inline const char *node_text(uint16_t id, uint8_t node)
{
	return slab_list_text(&ba_cache_at(&ctx, id)->node[node].partial);
}

/* The free objects that the slab itself has, "1 0". */
static inline const char *own_text(char name)
{
	char *text = slab_text();

	add_chain(text, slab(name), ba_slabs(&ctx)[slab(name)].freelist);
	return text;
}

static inline uint32_t slabs_on(uint16_t id, uint8_t node)
{
	return ba_cache_at(&ctx, id)->node[node].nr_slabs;
}

/* CPU `cpu` gives up all that it has. */
static inline void flush(uint16_t id, cpu_t cpu)
{
	ba_cache_flush_cpu(&ctx, nodes, id, cpu);
}

static inline int64_t in_use(uint16_t id)
{
	int64_t sum = 0;

	for (cpu_t cpu = 0; cpu < nodes->nr_cpus; cpu++)
		sum += ba_cache_cpu(&ctx, id, cpu)->inuse;
	return sum;
}

/* Pages that slabs gave back while a supply was there, "b a". */
static inline const char *given_text(const struct ba_slab_supply *supply)
{
	char *text = slab_text();

	for (uint32_t i = 0; i < supply->nr_given_back; i++)
		add_text(text, i ? " %c" : "%c",
			 (uint32_t)letter(supply->given_back[i].pfn));
	return text;
}

#endif
