// SPDX-License-Identifier: GPL-2.0-only
#define _POSIX_C_SOURCE 200809L
#include "base/touched.h"

#include <fcntl.h>
#include <unistd.h>

#define PAGEMAP_USED	(UINT64_C(3) << 62)	/* present or swapped */

void ba_touched_init(struct ba_touched *t, const void *base, size_t size)
{
	t->base = base;
	t->size = size;
	t->page = (size_t)sysconf(_SC_PAGESIZE);
	t->fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	t->first = t->nr = 0;
	t->gap = t->from = t->to = 0;
}

void ba_touched_deinit(struct ba_touched *t)
{
	if (t->fd >= 0)
		close(t->fd);
}

/* Fill entry[] from host page `first` on; `end` is that behind the range. */
static void look_up(struct ba_touched *t, size_t first, size_t end)
{
	size_t known = 0, i;

	t->first = first;
	t->nr = end - first < BA_TOUCHED_PAGES ? end - first :
						 BA_TOUCHED_PAGES;
	if (t->fd >= 0) {
		ssize_t got = pread(t->fd, t->entry,
				    t->nr * sizeof(t->entry[0]),
				    (off_t)(first * sizeof(t->entry[0])));

		if (got > 0)
			known = (size_t)got / sizeof(t->entry[0]);
	}
	for (i = 0; i < known; i++)
		t->entry[i] &= PAGEMAP_USED;
	for (; i < t->nr; i++)
		t->entry[i] = PAGEMAP_USED;
}

/* Where a host page begins in the range, cut off at its ends. */
static size_t offset_of(const struct ba_touched *t, size_t page)
{
	size_t base = (uintptr_t)t->base, at = page * t->page;

	at = at > base ? at - base : 0;
	return at < t->size ? at : t->size;
}

void ba_touched_find(struct ba_touched *t, size_t at)
{
	uintptr_t base = (uintptr_t)t->base;
	size_t end = (base + t->size + t->page - 1) / t->page;
	size_t page = (base + at) / t->page;

	for (; page < end; page++) {
		if (page < t->first || page >= t->first + t->nr)
			look_up(t, page, end);
		if (t->entry[page - t->first])
			break;
	}
	t->gap = at;
	t->from = offset_of(t, page);
	while (page < t->first + t->nr && t->entry[page - t->first])
		page++;
	t->to = offset_of(t, page);
}
