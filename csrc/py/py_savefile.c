// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_savefile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/touched.h"
#include "sim/check.h"

#define MAGIC "BUDDYALC"
#define WORD 8u
#define GAP 2u		/* words of 0 that are cheaper stored than skipped */

struct header {
	char magic[8];
	uint32_t format;
	uint32_t body_size;	/* sizeof(struct ba_body) */
	uint64_t arena_size;	/* bytes */
	uint64_t runs_size;	/* bytes */
	uint64_t pages_size;	/* bytes */
	uint64_t sum;		/* of what is above and what follows */
};
BA_STATIC_ASSERT(sizeof(struct header) == 48, "the file's form");

struct run {
	uint32_t skipped;	/* words of 0 */
	uint32_t words;
};

struct page {
	uint64_t number;
	uint8_t bytes[BA_PAGE_SIZE];
};
BA_STATIC_ASSERT(sizeof(struct page) == 4104, "the file's form");

/* ---- check sum --------------------------------------------------- */

/* `bytes`: the runs and pages */
static uint64_t check_sum(const struct header *h, const uint8_t *bytes)
{
	uint64_t size = h->runs_size + h->pages_size;
	uint64_t sum = ba_hash_mix(h->format, h->body_size);

	sum = ba_hash_mix(ba_hash_mix(sum, h->arena_size), h->runs_size);
	sum = ba_hash_mix(sum, h->pages_size);
	for (uint64_t i = 0; i + WORD <= size; i += WORD) {
		uint64_t word;

		memcpy(&word, bytes + i, WORD);
		sum = ba_hash_mix(sum, word);
	}
	return sum;
}

/* ---- write ------------------------------------------------------- */

struct writer {
	uint8_t *bytes;		/* NULL: only count */
	size_t size;
};

static void put(struct writer *w, const void *from, size_t size)
{
	if (w->bytes)
		memcpy(w->bytes + w->size, from, size);
	w->size += size;
}

static uint64_t word_at(const struct ba_arena *arena, size_t i)
{
	uint64_t word;

	memcpy(&word, arena->base + i * WORD, WORD);
	return word;
}

/* First word from `i` on that is 0; `end` if there is none. */
static size_t find_zero(const struct ba_arena *arena, size_t i, size_t end)
{
	while (i < end && word_at(arena, i))
		i++;
	return i;
}

/* First word that is not 0. Chunks that nobody has touched are passed over. */
static size_t find_data(const struct ba_arena *arena,
			struct ba_touched *touched, size_t i, size_t end)
{
	for (; i < end; i++) {
		if (i % (BA_CHUNK / WORD) == 0)
			i = ba_touched_record(touched, i, WORD);
		if (i >= end || word_at(arena, i))
			break;
	}
	return i < end ? i : end;
}

static void put_runs(struct writer *w, const struct ba_arena *arena)
{
	size_t end = (arena->used + WORD - 1) / WORD, at = 0;
	struct ba_touched touched;

	ba_touched_init(&touched, arena->base, end * WORD);
	while (at < end) {
		size_t first = find_data(arena, &touched, at, end);
		size_t last = first, next = first;

		/* small gaps stay inside the run */
		while (next < end && next - last <= GAP &&
		       next - first < UINT32_MAX / 2) {
			last = find_zero(arena, next, end);
			next = find_data(arena, &touched, last, end);
		}
		/* a run can skip fewer words than the arena may have */
		while (first - at > UINT32_MAX) {
			put(w, &(struct run){ UINT32_MAX, 0 },
			    sizeof(struct run));
			at += UINT32_MAX;
		}
		if (first == end)
			break;
		put(w, &(struct run){ (uint32_t)(first - at),
				      (uint32_t)(last - first) },
		    sizeof(struct run));
		put(w, arena->base + first * WORD, (last - first) * WORD);
		at = last;
	}
	ba_touched_deinit(&touched);
}

/*
 * Append the pages that are not 0. Whoever has a view may write to it at the
 * same time, so they are not counted first.
 */
static bool put_pages(const struct ba_memory *memory, uint8_t **file,
		      size_t *size)
{
	struct ba_memory_walk walk;
	size_t room = *size;
	const uint8_t *bytes;
	struct page page;

	ba_memory_walk_init(&walk, memory);
	while ((bytes = ba_memory_walk_next(&walk, &page.number))) {
		if (room - *size < sizeof(page)) {
			uint8_t *more = realloc(*file, room += room / 2 +
							       sizeof(page));

			if (!more)
				return false;
			*file = more;
		}
		memcpy(page.bytes, bytes, sizeof(page.bytes));
		memcpy(*file + *size, &page, sizeof(page));
		*size += sizeof(page);
	}
	return !walk.failed;
}

enum ba_status ba_savefile_write(const struct ba_machine *machine,
				 uint8_t **ret, size_t *size)
{
	struct ba_arena arena = ba_machine_arena(machine);
	struct header h = { .magic = MAGIC, .format = BA_SAVEFILE_FORMAT,
			    .body_size = sizeof(struct ba_body),
			    .arena_size = arena.size };
	struct writer w = { NULL, 0 };

	put_runs(&w, &arena);
	h.runs_size = w.size;
	*size = sizeof(h) + w.size;
	*ret = malloc(*size);
	if (!*ret)
		return BA_ENOMEM;
	w = (struct writer){ *ret + sizeof(h), 0 };
	put_runs(&w, &arena);
	if (machine->memory.direct &&
	    !put_pages(&machine->memory, ret, size)) {
		free(*ret);
		*ret = NULL;
		return BA_ENOMEM;
	}
	h.pages_size = *size - sizeof(h) - h.runs_size;
	h.sum = check_sum(&h, *ret + sizeof(h));
	memcpy(*ret, &h, sizeof(h));
	return BA_OK;
}

/* ---- read -------------------------------------------------------- */

static const char *header_fault(const struct header *h, size_t size)
{
	if (memcmp(h->magic, MAGIC, sizeof(h->magic)))
		return "not a saved machine: it does not begin with " MAGIC;
	if (h->format != BA_SAVEFILE_FORMAT)
		return "a saved machine of another format number; save it "
		       "again with this version, or use a state file";
	if (h->body_size != sizeof(struct ba_body))
		return "a saved machine of another build; save it again with "
		       "this version, or use a state file";
	if (h->runs_size > size - sizeof(*h) ||
	    h->pages_size != size - sizeof(*h) - h->runs_size)
		return "the saved machine is cut off or has bytes behind its "
		       "end; save it again";
	if (h->arena_size < sizeof(struct ba_body) ||
	    h->arena_size > PTRDIFF_MAX || h->runs_size % WORD ||
	    h->pages_size % sizeof(struct page))
		return "the saved machine is damaged; save it again";
	return NULL;
}

static bool fill(struct ba_arena *arena, const uint8_t *runs, size_t size)
{
	size_t end = arena->size / WORD, at = 0, pos = 0;

	while (pos < size) {
		struct run run;

		memcpy(&run, runs + pos, sizeof(run));
		pos += sizeof(run);
		if (run.skipped > end - at || run.words > end - at -
							  run.skipped ||
		    run.words > (size - pos) / WORD)
			return false;
		at += run.skipped;
		memcpy(arena->base + at * WORD, runs + pos,
		       (size_t)run.words * WORD);
		at += run.words;
		pos += (size_t)run.words * WORD;
	}
	return true;
}

/* Can the tables of user memory be used without leaving the arena? */
static bool user_fits(const struct ba_body *b, uint64_t size)
{
	const struct ba_vm *vm = &b->vm;

	return b->handles_offset <= size && b->writeback_offset <= size &&
	       vm->nr_handles < vm->max_handles &&
	       vm->free_handle <= vm->nr_handles &&
	       (size - b->handles_offset) / sizeof(struct ba_handle) >=
		       vm->max_handles &&
	       (size - b->writeback_offset) / sizeof(struct ba_writeback) >=
		       BA_WRITEBACK_MAX;
}

/* Those of vmalloc? */
static bool vmalloc_fits(const struct ba_machine *machine)
{
	const struct ba_body *b = ba_machine_body(machine);
	uint64_t size = machine->arena.size;
	const struct ba_vmalloc *v;

	if (b->vmalloc_offset > size ||
	    size - b->vmalloc_offset < sizeof(*v) || b->vmalloc_offset % 8)
		return false;
	v = (const void *)(machine->arena.base + b->vmalloc_offset);
	return v->frames >= b->nodes.end &&
	       ba_vmalloc_fits(v, v->frames, b->nodes.nr_cpus) &&
	       v->bytes <= size - b->vmalloc_offset;
}

/* And all others? */
static bool body_fits(const struct ba_machine *machine)
{
	const struct ba_body *b = ba_machine_body(machine);
	const struct ba_nodes *n = &b->nodes;
	uint64_t size = machine->arena.size;
	uint64_t blocks = ((uint64_t)n->end >> BA_PAGEBLOCK_ORDER) + 1;
	uint64_t max_blocks = ((uint64_t)n->end >> BA_ORDER_MAX) + 1;

	if (b->broken || n->arch >= BA_NR_ARCH ||
	    b->config.arch != n->arch || n->nr_zones > BA_ZONE_MAX || n->nr_zones == 0 ||
	    n->nr_cpus > BA_CPU_MAX || n->nr_cpus == 0 ||
	    n->nr_nodes > BA_NODE_MAX || b->frames_offset > size ||
	    b->pageblocks_offset > size || b->max_blocks_offset > size)
		return false;
	if ((size - b->frames_offset) / sizeof(struct ba_frame) < n->end ||
	    (size - b->pageblocks_offset) / sizeof(struct ba_pageblock) <
		    blocks ||
	    (size - b->max_blocks_offset) / sizeof(struct ba_frame) <
		    max_blocks || !user_fits(b, size) || !vmalloc_fits(machine))
		return false;
	for (uint8_t id = 0; id < n->nr_zones; id++)
		if (n->zone[id].buddy.end > n->end ||
		    n->zone[id].buddy.start > n->zone[id].buddy.end ||
		    n->zone[id].nr_cpus > BA_CPU_MAX ||
		    n->zone[id].index >= ba_nodes_types(n)->nr)
			return false;
	return true;
}

/* The memory that belongs to the body; BA_EINVAL for pages it cannot have. */
static enum ba_status load_pages(const uint8_t *from, uint64_t size,
				 struct ba_machine *machine)
{
	const struct ba_body *b = ba_machine_body(machine);
	enum ba_status status = BA_OK;
	uint64_t least = 0;
	struct page page;

	if (!b->config.backed)
		return size ? BA_EINVAL : BA_OK;
	if (b->config.memory_pages != b->nodes.end || !ba_memory_possible())
		return BA_EINVAL;
	status = ba_memory_create(b->nodes.end, b->vm.max_handles,
				  &machine->memory);
	for (; status == BA_OK && size; size -= sizeof(page)) {
		memcpy(&page, from, sizeof(page));
		from += sizeof(page);
		if (page.number < least ||
		    page.number >= ba_memory_file_pages(&machine->memory))
			return BA_EINVAL;
		status = ba_memory_set(&machine->memory, page.number,
				       page.bytes);
		least = page.number + 1;
	}
	return status;
}

static enum ba_status load(const struct header *h, const uint8_t *runs,
			   struct ba_machine *machine, const char **fault)
{
	enum ba_status status = BA_EINVAL;
	uint8_t zone;

	*fault = "the saved machine is damaged; save it again";
	if (machine->arena.size == h->arena_size &&
	    fill(&machine->arena, runs, h->runs_size) && body_fits(machine))
		status = load_pages(runs + h->runs_size, h->pages_size,
				    machine);
	if (status == BA_OK) {
		*fault = ba_machine_check(machine, &zone);
		status = *fault ? BA_EINVAL : BA_OK;
	}
	return status;
}

enum ba_status ba_savefile_read(const uint8_t *bytes, size_t size,
				struct ba_machine *ret, char *message,
				size_t message_size)
{
	enum ba_status status = BA_EINVAL;
	const char *fault;
	struct header h;

	if (size < sizeof(h)) {
		snprintf(message, message_size, "%zu bytes are no saved "
			 "machine: its header alone has %zu", size, sizeof(h));
		return BA_EINVAL;
	}
	memcpy(&h, bytes, sizeof(h));
	fault = header_fault(&h, size);
	if (!fault && h.sum != check_sum(&h, bytes + sizeof(h)))
		fault = "the saved machine is damaged: its check sum does not "
			"agree; save it again";
	if (!fault) {
		ret->memory = (struct ba_memory){ .direct = NULL };
		memset(&ret->cpus, 0, sizeof(ret->cpus));
		status = ba_arena_create(h.arena_size, &ret->arena);
		if (status != BA_OK)
			return status;
		status = load(&h, bytes + sizeof(h), ret, &fault);
		if (status != BA_OK)
			ba_machine_destroy(ret);
	}
	if (status == BA_EINVAL)
		snprintf(message, message_size, "%s", fault);
	return status;
}
