/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slab_run - the slab lines of a replay under way: what it keeps from line to
 * line, and what the model has where a line names an address.
 *
 *	recorded address --frame by names[]--> the model's object
 *	                 \--moved: driven, where the model chose another
 *
 *	pending   blocks given by mm_page_alloc, of no slab yet
 *	leaving   blocks that slabs gave back, before their mm_page_free
 *
 * Models: nothing of the kernel's.
 *
 * Invariants:
 *   V1 a recorded object is moved only while its lines' own place in the
 *      model is not what they mean.
 *   V2 what leaves is in use in the model and no slab.
 */
#ifndef BA_SIM_SLAB_RUN_H
#define BA_SIM_SLAB_RUN_H

#include "base/hmap.h"
#include "mm/slab_told.h"
#include "sim/run.h"

#define BA_SLAB_BLOCKS_MAX 256u

struct ba_slab_block {
	uint64_t recorded;	/* its recorded head */
	pfn_t pfn;		/* the model's head */
	order_t order;
	uint16_t cache;		/* that asked for it or had it; BA_CACHE_NONE:
				 * none of the model's did */
};

/* The oldest first; past the limit the oldest is forgotten. */
struct ba_slab_blocks {
	struct ba_slab_block at[BA_SLAB_BLOCKS_MAX];
	uint32_t nr;
};

/* Lines that free an object by its cache's name, from the frame it is in. */
#define BA_SLAB_NAMED_LINES 131072u	/* a power of two */

struct ba_slab_named {
	uint64_t *last;		/* by frame: number + 1 of the last such line;
				 * 0: none */
	uint64_t *before;	/* by the low bits of a line's number: number
				 * + 1 of the one before it in its frame */
	uint64_t since, until;	/* number of the first line looked at, and of
				 * the first behind them */
};

struct ba_slab_replay {
	enum ba_slab_mode mode;
	struct ba_slab_score score;
	struct ba_slab_supply supply;
	uint16_t *cache_at;	/* by recorded frame: its cache + 1; 0: not
				 * known */
	uint16_t by_name[BA_LOOKAHEAD_NAMES];	/* cache + 1, by number */
	uint16_t number[BA_CACHES_MAX];		/* of the cache's name */
	bool known[BA_CACHES_MAX][BA_CPU_MAX];	/* its lists on that CPU */
	bool loose[BA_CACHES_MAX];	/* the order of a new slab's objects is
					 * not known */
	/* of loose caches (sim/slab_order.h): */
	uint64_t *fresh;	/* by object: not handed out since its slab is
				 * new */
	uint16_t *last_fresh;	/* by slab: index + 1 of the last that was */
	uint16_t *follower[BA_CACHES_MAX]; /* by index: index + 1 of the object
				 * behind it in the sequence; 0: not learnt */
	struct ba_slab_named named;
	struct ba_slab_blocks pending;
	struct ba_slab_blocks leaving;
	uint64_t asked;		/* number + 1 of a later line, with the block
				 * that a cache asked for before others ran */
	uint16_t asking;	/* cache that asks for the block of the line
				 * that is being served */
	/* driven: objects for which the model chose another address than the
	 * one that lines call them by: its frame, and the offset there */
	struct ba_hmap moved_frame, moved_offset;
};

/*
 * Serve slab lines from now on. Before the first event; when they are not to
 * be served the machine's slabs are dropped: their frames are just in use.
 */
enum ba_status ba_slab_replay_create(struct ba_replay *r);
void ba_slab_replay_destroy(struct ba_replay *r);

/* NULL when slab lines are not served. */
const struct ba_slab_score *ba_slab_replay_score(const struct ba_replay *r);

void ba_slab_block_add(struct ba_slab_blocks *blocks,
		       struct ba_slab_block block);
void ba_slab_block_remove(struct ba_slab_blocks *blocks,
			  const struct ba_slab_block *block);

/* The latest block that has a recorded frame; NULL: none. */
struct ba_slab_block *ba_slab_block_with(struct ba_slab_blocks *blocks,
					 uint64_t pfn);

/* The block with that head in the model; NULL: none. */
struct ba_slab_block *ba_slab_block_of(struct ba_slab_blocks *blocks,
				       pfn_t pfn);

/* The cache has the name of that number, if any. Gives the cache. */
uint16_t ba_slab_name_cache(struct ba_slab_replay *s, uint32_t number,
			    uint16_t cache);

/* Does the cache have operations without lines? */
bool ba_slab_is_silent(const struct ba_replay *r, uint16_t cache);

/* Do the lines of the cache drive it? Not before its lists are known, nor if
 * there are operations without lines. */
bool ba_slab_is_driven(const struct ba_replay *r, uint16_t cache);

/* The address in the model's frame that lines call by the one of `address`. */
static inline uint64_t ba_slab_same_place(const struct ba_replay *r,
					  uint64_t address)
{
	uint64_t offset = address - r->ctx.caches->page_offset;

	return r->ctx.caches->page_offset + offset % BA_PAGE_SIZE +
	       ((uint64_t)r->names[offset >> BA_PAGE_SHIFT].model <<
		BA_PAGE_SHIFT);
}

/* The model's address of an object that lines call `address`; the other, where
 * any object is moved. */
uint64_t ba_slab_moved_address(const struct ba_replay *r, uint64_t address);

static inline uint64_t ba_slab_model_address(const struct ba_replay *r,
					     uint64_t address)
{
	return ba_likely(!r->slab->moved_frame.count) ?
		ba_slab_same_place(r, address) :
		ba_slab_moved_address(r, address);
}

/* Lines from now on call the model's object `address` by `recorded`. */
void ba_slab_move_object(struct ba_replay *r, uint64_t recorded,
			 uint64_t address);

/* Where the object of a line is in the model; head BA_PFN_NONE: nowhere. */
static inline struct ba_object_at ba_slab_find(const struct ba_replay *r,
					       uint64_t address)
{
	struct ba_object_at at = ba_object_locate(
		&r->ctx, r->nodes, ba_slab_model_address(r, address));

	if (!at.exact)
		at.head = BA_PFN_NONE;
	return at;
}

/* What the cache has given back, and still is in the supply, leaves. */
void ba_slab_collect(struct ba_replay *r, uint16_t cache);

/* The model did not do what line i says. */
void ba_slab_mismatch(struct ba_replay *r, size_t i);

/* The request of line e, an allocation, to that cache. */
struct ba_slab_request ba_slab_request_of(const struct ba_replay *r,
					  const struct ba_event *e,
					  uint16_t cache);

/* The next object is taken, or this one is freed, in silence. */
bool ba_slab_take_silent(struct ba_replay *r, uint16_t cache);
void ba_slab_free_silent(struct ba_replay *r, uint64_t address);

#endif
