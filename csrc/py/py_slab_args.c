// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_slab_args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "py/py_errors.h"
#include "py/py_records.h"

#define SENTENCE 256	/* bytes */

PyObject *ba_py_address(uint64_t address)
{
	if (!address)
		Py_RETURN_NONE;
	return ba_py_u64(address);
}

PyObject *ba_py_addresses(struct ba_py_state *state, uint64_t *addresses,
			  size_t nr)
{
	return ba_py_records_new(state, addresses, "=Q", sizeof(*addresses),
				 nr, 0);
}

bool ba_py_enter_free(struct ba_py_machine *self, cpu_t cpu,
		      const struct ba_py_wide_list *list,
		      struct ba_py_wide_list *ret)
{
	*ret = (struct ba_py_wide_list){ NULL, list->nr };
	if (!ba_py_memory_idle_each(self, list->numbers, list->nr))
		return false;
	if (self->memories) {
		ret->numbers = ba_py_records_data(list->nr,
						  sizeof(*ret->numbers));
		if (!ret->numbers)
			return false;
		memcpy(ret->numbers, list->numbers,
		       list->nr * sizeof(*ret->numbers));
	}
	if (ba_py_enter(self, cpu))
		return true;
	free(ret->numbers);
	return false;
}

void ba_py_leave_free(struct ba_py_machine *self, cpu_t cpu,
		      struct ba_py_wide_list *list, bool freed)
{
	ba_py_leave(self, cpu);
	if (freed && list->numbers)
		ba_py_memory_revoke_each(self, list->numbers, list->nr);
	free(list->numbers);
}

/* Why no object and no large kmalloc begins at an address in memory. */
static void describe_frame(const struct ba_ctx *ctx, uint64_t address,
			   char *text)
{
	uint64_t offset = address - ctx->caches->page_offset;
	pfn_t pfn = (pfn_t)(offset >> BA_PAGE_SHIFT);
	const struct ba_frame *frame = ba_descriptor(ctx, pfn);

	if (frame->state != BA_FRAME_USED)
		snprintf(text, SENTENCE, "frame 0x%x of that address is free; "
			 "free each address once", (unsigned int)pfn);
	else if (frame->flags & BA_FRAME_KMALLOC && offset % BA_PAGE_SIZE == 0)
		snprintf(text, SENTENCE, "it stands twice in one batch; give "
			 "each address once");
	else if (frame->flags & BA_FRAME_KMALLOC)
		snprintf(text, SENTENCE, "it lies in the kmalloc at 0x%llx; "
			 "give that address", (unsigned long long)
			 (address & ~(uint64_t)(BA_PAGE_SIZE - 1)));
	else
		snprintf(text, SENTENCE, "neither a kmalloc nor an object of "
			 "a cache begins in frame 0x%x; free pages with "
			 "free_pages", (unsigned int)pfn);
}

static void describe_foreign(const struct ba_py_machine *self,
			     const struct ba_ctx *ctx, uint64_t address,
			     char *text)
{
	const struct ba_nodes *nodes = ba_machine_nodes(&self->machine);
	struct ba_object_at at = ba_object_find(ctx, nodes, address);
	uint64_t offset = address - ctx->caches->page_offset;
	const struct ba_kmem_cache *cache;

	if (offset >= (uint64_t)nodes->end << BA_PAGE_SHIFT) {
		snprintf(text, SENTENCE, "it lies outside the machine's "
			 "memory, which begins at 0x%llx; give an address "
			 "that kmalloc or a cache returned",
			 (unsigned long long)ctx->caches->page_offset);
		return;
	}
	if (at.head == BA_PFN_NONE) {
		describe_frame(ctx, address, text);
		return;
	}
	cache = ba_cache_at(ctx, at.cache);
	if (at.index < ba_slabs(ctx)[at.head].objects)
		snprintf(text, SENTENCE, "it lies in the slot of object %u of "
			 "cache '%s', which begins at 0x%llx; give that "
			 "address", (unsigned int)at.index, cache->name,
			 (unsigned long long)ba_object_address(
				 ctx, cache, at.head, at.index));
	else
		snprintf(text, SENTENCE, "it lies behind the last object of "
			 "the slab at frame 0x%x of cache '%s'; give an "
			 "address that the cache returned",
			 (unsigned int)at.head, cache->name);
}

static void describe_object(const struct ba_py_machine *self,
			    const struct ba_ctx *ctx, enum ba_status status,
			    uint64_t address, uint16_t cache, char *text)
{
	struct ba_object_at at = ba_object_find(
		ctx, ba_machine_nodes(&self->machine), address);
	const char *has = ba_cache_at(ctx, at.cache)->name;

	if (status == BA_EWRONGCACHE)
		snprintf(text, SENTENCE, "it is an object of cache '%s', not "
			 "of '%s'; free it to its own cache, or with kfree",
			 has, ba_cache_at(ctx, cache)->name);
	else if (ba_object_is_used(ba_objects_of(ctx, at.head)[at.index]))
		snprintf(text, SENTENCE, "it stands twice in one batch; give "
			 "each address once");
	else
		snprintf(text, SENTENCE, "object %u of the slab at frame 0x%x "
			 "of cache '%s' is free already; free each object "
			 "once, and do not use it after that",
			 (unsigned int)at.index, (unsigned int)at.head, has);
}

PyObject *ba_py_object_error(const struct ba_py_machine *self,
			     enum ba_status status, const char *what,
			     uint64_t address, uint16_t cache)
{
	struct ba_ctx ctx = ba_machine_ctx(&self->machine, 0);
	char text[SENTENCE] = "", number[24];

	if (status == BA_EFOREIGN)
		describe_foreign(self, &ctx, address, text);
	else if (status == BA_EWRONGCACHE || status == BA_EOBJECTFREE)
		describe_object(self, &ctx, status, address, cache, text);
	/* PyErr_Format has no %llx before 3.12 */
	snprintf(number, sizeof(number), "0x%llx",
		 (unsigned long long)address);
	return ba_py_fail(self->state, status, "cannot %s %s: %s", what,
			  number, *text ? text : ba_strerror(status));
}
