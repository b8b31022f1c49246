/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory - the real bytes behind the page frames, for a machine that is made
 * with backed=True: one memfd, mapped once as the direct map. A machine that
 * is not backed has none, and its frames are numbers only.
 *
 *	memfd    | frame 0 | 1 | ... | last | pages in no frame, by handle ... |
 *	           ^ mapped: the direct map   ^ not mapped
 *
 *	frames 7, 3, 5 side by side, as vmalloc maps them:
 *	         | 7 | 3 | 5 |          the same bytes at two host addresses
 *
 * The file is sparse: a page costs host memory when it is first written, or
 * read through a mapping. A frame keeps its bytes while it is free, as
 * in the kernel, and whoever gets it next sees them unless they are cleared.
 *
 * What user memory holds stays with its handle (mm/rmap.h): it moves with the
 * page, goes to the file's second part when the page leaves its frame, to
 * swap or to be read again from its file, and comes back from there.
 *
 * Models: page_address, lowmem_page_address, include/linux/mm.h;
 *	clear_highpage, include/linux/highmem.h; vmap_pages_range,
 *	mm/vmalloc.c; folio_copy, mm/util.c (6.1, 6.12).
 * Simplified: the host's pages must have 4096 bytes. What is written to swap
 *	stays as it was when the page left its frame, and a page of a new file
 *	reads as 0. The page tables that map frames are the host's, which allows
 *	a process some 65,000 runs of adjacent frames (vm.max_map_count). After
 *	a fork() both processes have the same bytes: use a copy in the child.
 *
 * Invariants:
 *   Y1 a new memory reads as 0 throughout.
 *   Y2 a page of zeros equals, and hashes like, one never written.
 *   Y3 a handle has bytes in the second part only while its page is in no
 *      frame.
 */
#ifndef BA_MM_MEMORY_H
#define BA_MM_MEMORY_H

#include "base/bytes.h"
#include "base/status.h"
#include "base/types.h"

struct ba_memory {
	uint8_t *direct;	/* host address of frame 0; NULL: not backed */
	uint64_t pages;		/* frames */
	uint64_t handles;	/* that can have bytes: 0 to handles - 1 */
	int fd;
};

/* Has this host pages of 4096 bytes? */
bool ba_memory_possible(void);

/*
 * Bytes for `pages` frames, all 0. BA_EINVAL for no pages and where
 * !ba_memory_possible(), BA_ENOMEM when the host refuses.
 */
enum ba_status ba_memory_create(uint64_t pages, uint64_t handles,
				struct ba_memory *ret);
void ba_memory_destroy(struct ba_memory *memory);

/* Make *ret a new memory with the same bytes; what is 0 costs nothing. */
enum ba_status ba_memory_copy(const struct ba_memory *from,
			      struct ba_memory *ret);

bool ba_memory_equal(const struct ba_memory *a, const struct ba_memory *b);

/* A number that depends on sizes and bytes only; not cryptographic. */
uint64_t ba_memory_hash(const struct ba_memory *memory);

/* Host memory in use, bytes. */
uint64_t ba_memory_used(const struct ba_memory *memory);

/* ---- frames ------------------------------------------------------ */

/* Where the direct map has a frame. */
static inline uint8_t *ba_memory_at(const struct ba_memory *memory, pfn_t pfn)
{
	return memory->direct + (uint64_t)pfn * BA_PAGE_SIZE;
}

/* Clear nr frames. */
void ba_memory_zero(const struct ba_memory *memory, pfn_t pfn, uint32_t nr);

/* The bytes of nr frames to others, which do not overlap with them. */
void ba_memory_copy_frames(const struct ba_memory *memory, pfn_t from,
			   pfn_t to, uint32_t nr);

/*
 * Map frames side by side, in this order, one more than once if it is given
 * so: *ret is where the first is. BA_EINVAL for none, BA_EFRAME for one there
 * is not, BA_ENOMEM when the host refuses; nothing is mapped then. The mapping
 * must end before the memory does.
 */
enum ba_status ba_memory_map(const struct ba_memory *memory,
			     const pfn_t *pfns, uint32_t nr, uint8_t **ret);
void ba_memory_unmap(uint8_t *mapping, uint32_t nr);

/* ---- pages in no frame ------------------------------------------- */

/*
 * Keep the bytes of the block at pfn for its handle, which has none yet.
 * BA_ENOMEM when the host refuses: they are lost then.
 */
enum ba_status ba_memory_put_out(const struct ba_memory *memory, pfn_t pfn,
				 order_t order, uint32_t handle);

/* Fill the block at pfn with them, or with 0; the handle has none then. */
enum ba_status ba_memory_bring_in(const struct ba_memory *memory,
				  uint32_t handle, order_t order, pfn_t pfn);

/* Nobody wants them any more. */
void ba_memory_forget(const struct ba_memory *memory, uint32_t handle,
		      order_t order);

/* ---- all that is there ------------------------------------------- */

#define BA_MEMORY_WALK 16u	/* pages read at once */

/* Over the pages of the file that are not all 0, upwards. */
struct ba_memory_walk {
	const struct ba_memory *memory;
	uint64_t next;		/* page of the file to look at */
	uint32_t i, nr;		/* of those in bytes[]: the next one, all */
	bool failed;		/* the host could not read: the walk ended */
	uint8_t bytes[BA_MEMORY_WALK * BA_PAGE_SIZE];
};

void ba_memory_walk_init(struct ba_memory_walk *walk,
			 const struct ba_memory *memory);

/* The bytes of the next page, whose number is *page; NULL: no more. */
const uint8_t *ba_memory_walk_next(struct ba_memory_walk *walk,
				   uint64_t *page);

/* Pages of the file, of both parts. */
uint64_t ba_memory_file_pages(const struct ba_memory *memory);

/* Set one of them, past the mappings. BA_ENOMEM when the host refuses. */
enum ba_status ba_memory_set(const struct ba_memory *memory, uint64_t page,
			     const uint8_t *bytes);

#endif
