// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "mm/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

BA_STATIC_ASSERT(BA_CHUNK == BA_PAGE_SIZE, "a page is hashed as a chunk");

#define NO_PAGE UINT64_MAX

/* Pages of the largest block that a handle has. */
#define HANDLE_PAGES BA_PAGEBLOCK_PAGES

bool ba_memory_possible(void)
{
	return sysconf(_SC_PAGESIZE) == BA_PAGE_SIZE;
}

/* ---- the file ---------------------------------------------------- */

uint64_t ba_memory_file_pages(const struct ba_memory *memory)
{
	return memory->pages + memory->handles * (1 + HANDLE_PAGES);
}

/* Where the bytes of a handle are: small pages first, large ones behind. */
static uint64_t page_of(const struct ba_memory *memory, uint32_t handle,
			order_t order)
{
	uint64_t first = memory->pages;

	return order ? first + memory->handles +
		       (uint64_t)handle * HANDLE_PAGES : first + handle;
}

/* The first page from `page` on that was ever written; NO_PAGE: none. */
static uint64_t next_data(const struct ba_memory *memory, uint64_t page)
{
	off_t at = lseek(memory->fd, (off_t)(page * BA_PAGE_SIZE), SEEK_DATA);

	return at < 0 ? NO_PAGE : (uint64_t)at / BA_PAGE_SIZE;
}

static bool has_data(const struct ba_memory *memory, uint64_t page,
		     uint64_t nr)
{
	return next_data(memory, page) < page + nr;
}

/* Give host memory back; the pages read as 0. */
static bool punch(const struct ba_memory *memory, uint64_t page, uint64_t nr)
{
	return fallocate(memory->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			 (off_t)(page * BA_PAGE_SIZE),
			 (off_t)(nr * BA_PAGE_SIZE)) == 0;
}

static bool read_pages(const struct ba_memory *memory, uint64_t page,
		       uint8_t *bytes, uint64_t nr)
{
	size_t size = nr * BA_PAGE_SIZE;

	return pread(memory->fd, bytes, size, (off_t)(page * BA_PAGE_SIZE)) ==
	       (ssize_t)size;
}

enum ba_status ba_memory_set(const struct ba_memory *memory, uint64_t page,
			     const uint8_t *bytes)
{
	ssize_t written = pwrite(memory->fd, bytes, BA_PAGE_SIZE,
				 (off_t)(page * BA_PAGE_SIZE));

	return written == BA_PAGE_SIZE ? BA_OK : BA_ENOMEM;
}

/* ---- lifetime ---------------------------------------------------- */

/* An empty file tells that it has no data? Then holes can be told apart. */
static bool open_file(struct ba_memory *memory)
{
	off_t size = (off_t)(ba_memory_file_pages(memory) * BA_PAGE_SIZE);

	memory->fd = memfd_create("buddyalloc", MFD_CLOEXEC);
	return memory->fd >= 0 && ftruncate(memory->fd, size) == 0 &&
	       lseek(memory->fd, 0, SEEK_DATA) < 0 && errno == ENXIO;
}

enum ba_status ba_memory_create(uint64_t pages, uint64_t handles,
				struct ba_memory *ret)
{
	struct ba_memory new = { .pages = pages, .handles = handles };
	void *direct = MAP_FAILED;

	*ret = (struct ba_memory){ .direct = NULL };
	if (!pages || pages > BA_PFN_NONE || handles > UINT32_MAX ||
	    !ba_memory_possible())
		return BA_EINVAL;
	if (open_file(&new))
		direct = mmap(NULL, pages * BA_PAGE_SIZE,
			      PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_NORESERVE, new.fd, 0);
	if (direct == MAP_FAILED) {
		if (new.fd >= 0)
			close(new.fd);
		return BA_ENOMEM;
	}
	new.direct = direct;
	*ret = new;
	return BA_OK;
}

void ba_memory_destroy(struct ba_memory *memory)
{
	if (!memory->direct)
		return;
	munmap(memory->direct, memory->pages * BA_PAGE_SIZE);
	close(memory->fd);
	*memory = (struct ba_memory){ .direct = NULL };
}

/* ---- all that is there ------------------------------------------- */

void ba_memory_walk_init(struct ba_memory_walk *walk,
			 const struct ba_memory *memory)
{
	walk->memory = memory;
	walk->next = 0;
	walk->i = walk->nr = 0;
	walk->failed = false;
}

/* Read on from the next page that has data. */
static bool refill(struct ba_memory_walk *walk)
{
	uint64_t page = next_data(walk->memory, walk->next);
	uint64_t left;

	walk->i = walk->nr = 0;
	if (page == NO_PAGE)
		return false;
	left = ba_memory_file_pages(walk->memory) - page;
	walk->nr = left < BA_MEMORY_WALK ? (uint32_t)left : BA_MEMORY_WALK;
	walk->next = page + walk->nr;
	walk->failed = !read_pages(walk->memory, page, walk->bytes, walk->nr);
	return !walk->failed;
}

const uint8_t *ba_memory_walk_next(struct ba_memory_walk *walk,
				   uint64_t *page)
{
	while (walk->i < walk->nr || refill(walk)) {
		const uint8_t *bytes = walk->bytes + walk->i * BA_PAGE_SIZE;

		*page = walk->next - walk->nr + walk->i++;
		if (!ba_bytes_all_zero(bytes, BA_PAGE_SIZE))
			return bytes;
	}
	*page = NO_PAGE;
	return NULL;
}

enum ba_status ba_memory_copy(const struct ba_memory *from,
			      struct ba_memory *ret)
{
	enum ba_status status = ba_memory_create(from->pages, from->handles,
						 ret);
	struct ba_memory_walk walk;
	const uint8_t *bytes;
	uint64_t page;

	if (status != BA_OK)
		return status;
	ba_memory_walk_init(&walk, from);
	while (status == BA_OK && (bytes = ba_memory_walk_next(&walk, &page)))
		status = ba_memory_set(ret, page, bytes);
	if (status == BA_OK && !walk.failed)
		return BA_OK;
	ba_memory_destroy(ret);
	return BA_ENOMEM;
}

bool ba_memory_equal(const struct ba_memory *a, const struct ba_memory *b)
{
	struct ba_memory_walk in_a, in_b;
	const uint8_t *of_a, *of_b;
	uint64_t page_a, page_b;

	if (a->pages != b->pages || a->handles != b->handles)
		return false;
	ba_memory_walk_init(&in_a, a);
	ba_memory_walk_init(&in_b, b);
	do {
		of_a = ba_memory_walk_next(&in_a, &page_a);
		of_b = ba_memory_walk_next(&in_b, &page_b);
		if (page_a != page_b ||
		    (of_a && memcmp(of_a, of_b, BA_PAGE_SIZE)))
			return false;
	} while (of_a);
	return !in_a.failed && !in_b.failed;
}

uint64_t ba_memory_hash(const struct ba_memory *memory)
{
	uint64_t hash = ba_hash_mix(memory->pages, memory->handles);
	struct ba_memory_walk walk;
	const uint8_t *bytes;
	uint64_t page;

	ba_memory_walk_init(&walk, memory);
	while ((bytes = ba_memory_walk_next(&walk, &page)))
		hash = ba_hash_chunk(ba_hash_mix(hash, page), bytes);
	return hash;
}

uint64_t ba_memory_used(const struct ba_memory *memory)
{
	struct stat stat;

	return fstat(memory->fd, &stat) ? 0 : (uint64_t)stat.st_blocks * 512;
}

/* ---- frames ------------------------------------------------------ */

/*
 * Frames that were never written are left alone. One page stays, because it
 * is most likely wanted; the host gets back a larger block.
 */
void ba_memory_zero(const struct ba_memory *memory, pfn_t pfn, uint32_t nr)
{
	if (!has_data(memory, pfn, nr))
		return;
	if (nr == 1 || !punch(memory, pfn, nr))
		memset(ba_memory_at(memory, pfn), 0,
		       (size_t)nr * BA_PAGE_SIZE);
}

void ba_memory_copy_frames(const struct ba_memory *memory, pfn_t from,
			   pfn_t to, uint32_t nr)
{
	uint64_t end = (uint64_t)from + nr;
	uint64_t page = next_data(memory, from);

	ba_memory_zero(memory, to, nr);
	for (; page < end; page = next_data(memory, page + 1))
		memcpy(ba_memory_at(memory, to + (pfn_t)(page - from)),
		       ba_memory_at(memory, (pfn_t)page), BA_PAGE_SIZE);
}

/* Map the frames [pfn, pfn + nr) at that very address. */
static bool map_run(const struct ba_memory *memory, uint8_t *at, pfn_t pfn,
		    uint32_t nr)
{
	return mmap(at, (size_t)nr * BA_PAGE_SIZE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED | MAP_NORESERVE, memory->fd,
		    (off_t)pfn * BA_PAGE_SIZE) != MAP_FAILED;
}

/* How many frames from pfns[0] on are adjacent; 0: the first is none. */
static uint32_t run_of(const struct ba_memory *memory, const pfn_t *pfns,
		       uint32_t nr)
{
	uint32_t n = 0;

	while (n < nr && pfns[n] == pfns[0] + n && pfns[n] < memory->pages)
		n++;
	return n;
}

enum ba_status ba_memory_map(const struct ba_memory *memory,
			     const pfn_t *pfns, uint32_t nr, uint8_t **ret)
{
	uint32_t run;
	uint8_t *base;

	*ret = NULL;
	if (!nr)
		return BA_EINVAL;
	for (uint32_t i = 0; i < nr; i++)
		if (pfns[i] >= memory->pages)
			return BA_EFRAME;
	/* the whole range first, so that nothing else comes between */
	base = mmap(NULL, (size_t)nr * BA_PAGE_SIZE, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return BA_ENOMEM;
	for (uint32_t i = 0; i < nr; i += run) {
		run = run_of(memory, pfns + i, nr - i);
		if (map_run(memory, base + (size_t)i * BA_PAGE_SIZE, pfns[i],
			    run))
			continue;
		ba_memory_unmap(base, nr);
		return BA_ENOMEM;
	}
	*ret = base;
	return BA_OK;
}

void ba_memory_unmap(uint8_t *mapping, uint32_t nr)
{
	munmap(mapping, (size_t)nr * BA_PAGE_SIZE);
}

/* ---- pages in no frame ------------------------------------------- */

enum ba_status ba_memory_put_out(const struct ba_memory *memory, pfn_t pfn,
				 order_t order, uint32_t handle)
{
	uint64_t end = (uint64_t)pfn + (UINT64_C(1) << order);
	uint64_t to = page_of(memory, handle, order);
	enum ba_status status = BA_OK;

	for (uint64_t page = next_data(memory, pfn);
	     status == BA_OK && page < end;
	     page = next_data(memory, page + 1)) {
		const uint8_t *bytes = ba_memory_at(memory, (pfn_t)page);

		if (!ba_bytes_all_zero(bytes, BA_PAGE_SIZE))
			status = ba_memory_set(memory, to + (page - pfn),
					       bytes);
	}
	return status;
}

enum ba_status ba_memory_bring_in(const struct ba_memory *memory,
				  uint32_t handle, order_t order, pfn_t pfn)
{
	uint64_t from = page_of(memory, handle, order);
	uint64_t end = from + (UINT64_C(1) << order);
	uint64_t page = next_data(memory, from);

	ba_memory_zero(memory, pfn, 1u << order);
	if (page >= end)
		return BA_OK;
	for (; page < end; page = next_data(memory, page + 1))
		if (!read_pages(memory, page, ba_memory_at(memory, pfn) +
				(page - from) * BA_PAGE_SIZE, 1))
			return BA_ENOMEM;
	punch(memory, from, UINT64_C(1) << order);
	return BA_OK;
}

void ba_memory_forget(const struct ba_memory *memory, uint32_t handle,
		      order_t order)
{
	uint64_t page = page_of(memory, handle, order);

	if (has_data(memory, page, UINT64_C(1) << order))
		punch(memory, page, UINT64_C(1) << order);
}
