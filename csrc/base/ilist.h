/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ilist - doubly linked list of frame numbers, without pointers.
 *
 * The links stand at the beginning of each frame descriptor (mm/page.h), so
 * a frame is on at most one list. The end of a list is BA_PFN_NONE:
 *
 *	list: head 7, tail 4, count 3
 *
 *	links[7]        links[2]        links[4]
 *	+---------+     +---------+     +---------+
 *	| next 2  |---->| next 4  |---->| next -  |
 *	| prev -  |<----| prev 7  |<----| prev 2  |
 *	+---------+     +---------+     +---------+
 *
 * Models: struct list_head, include/linux/types.h (6.1, 6.12).
 * Simplified: a list knows its ends instead of being a ring, because a ring
 *	needs an element that stands for the list itself.
 *
 * Invariants:
 *   I1 head and tail are BA_PFN_NONE exactly when count is 0.
 *   I2 prev of the head and next of the tail are BA_PFN_NONE.
 *   I3 the prev of the next of an element is that element.
 *   I4 count elements are met on the way from head to tail.
 */
#ifndef BA_BASE_ILIST_H
#define BA_BASE_ILIST_H

#include "base/assert.h"
#include "base/types.h"

/* The two ends of a list, and the neighbours of an element towards them. */
#define BA_LIST_HEAD 0u
#define BA_LIST_TAIL 1u

struct ba_link {
	union {
		struct {
			uint32_t next;	/* frame; BA_PFN_NONE at the tail */
			uint32_t prev;	/* frame; BA_PFN_NONE at the head */
		};
		uint32_t beside[2];	/* who was at that end before it */
	};
};

struct ba_list {
	union {
		struct {
			uint32_t head;	/* frame, or BA_PFN_NONE */
			uint32_t tail;	/* frame, or BA_PFN_NONE */
		};
		uint32_t end[2];	/* by BA_LIST_* */
	};
	uint32_t count;		/* elements */
};

/* Bytes from one link to the next: the size of a frame descriptor. */
#define BA_LINK_STRIDE 16u

static inline struct ba_link *ba_link_at(struct ba_link *links, uint32_t i)
{
	return (struct ba_link *)((char *)links + (size_t)i * BA_LINK_STRIDE);
}

static inline const struct ba_link *
ba_link_const_at(const struct ba_link *links, uint32_t i)
{
	return (const struct ba_link *)((const char *)links +
					(size_t)i * BA_LINK_STRIDE);
}

static inline void ba_list_init(struct ba_list *list)
{
	list->head = BA_PFN_NONE;
	list->tail = BA_PFN_NONE;
	list->count = 0;
}

static inline bool ba_list_empty(const struct ba_list *list)
{
	return list->head == BA_PFN_NONE;
}

/* The ends of the list; BA_PFN_NONE when it is empty. */
static inline uint32_t ba_list_first(const struct ba_list *list)
{
	return list->head;
}

static inline uint32_t ba_list_last(const struct ba_list *list)
{
	return list->tail;
}

/* The neighbours of element i; BA_PFN_NONE past the end. */
static inline uint32_t ba_list_next(const struct ba_link *links, uint32_t i)
{
	return ba_link_const_at(links, i)->next;
}

static inline uint32_t ba_list_prev(const struct ba_link *links, uint32_t i)
{
	return ba_link_const_at(links, i)->prev;
}

/*
 * Add i at an end, BA_LIST_*: seen from there, both are the same. True when
 * the list was empty. Pre: i is on no list.
 */
static inline bool ba_list_add(struct ba_list *list, struct ba_link *links,
			       uint32_t i, unsigned int end)
{
	struct ba_link *link = ba_link_at(links, i);
	uint32_t was = list->end[end];

	ba_dassert(i != BA_PFN_NONE && i != was);
	link->beside[end] = was;
	link->beside[!end] = BA_PFN_NONE;
	if (ba_unlikely(was == BA_PFN_NONE))
		list->end[!end] = i;
	else
		ba_link_at(links, was)->beside[!end] = i;
	list->end[end] = i;
	list->count++;
	return was == BA_PFN_NONE;
}

static inline void ba_list_add_head(struct ba_list *list,
				    struct ba_link *links, uint32_t i)
{
	ba_list_add(list, links, i, BA_LIST_HEAD);
}

static inline void ba_list_add_tail(struct ba_list *list,
				    struct ba_link *links, uint32_t i)
{
	ba_list_add(list, links, i, BA_LIST_TAIL);
}

/* Append first, first + step, ... : nr >= 1 elements, on no list yet. */
static inline void ba_list_add_run(struct ba_list *list,
				   struct ba_link *links, uint32_t first,
				   uint32_t step, uint32_t nr)
{
	uint32_t prev = list->tail, i = first, left = nr;

	ba_dassert(nr > 0);
	if (prev == BA_PFN_NONE)
		list->head = first;
	else
		ba_link_at(links, prev)->next = first;
	for (; left > 0; left--, i += step) {
		struct ba_link *link = ba_link_at(links, i);

		link->next = i + step;
		link->prev = prev;
		prev = i;
	}
	ba_link_at(links, prev)->next = BA_PFN_NONE;
	list->tail = prev;
	list->count += nr;
}

/* Pre: i is on this list. A debug build clears its links to show misuse. */
static inline void ba_list_del(struct ba_list *list, struct ba_link *links,
			       uint32_t i)
{
	struct ba_link *link = ba_link_at(links, i);
	uint32_t next = link->next;
	uint32_t prev = link->prev;

	ba_dassert(list->count > 0);
	ba_dassert(prev != BA_PFN_NONE || list->head == i);
	ba_dassert(next != BA_PFN_NONE || list->tail == i);
	if (ba_unlikely(prev == BA_PFN_NONE))
		list->head = next;
	else
		ba_link_at(links, prev)->next = next;
	if (ba_unlikely(next == BA_PFN_NONE))
		list->tail = prev;
	else
		ba_link_at(links, next)->prev = prev;
	list->count--;
#if BA_DEBUG >= 1
	link->next = BA_PFN_NONE;
	link->prev = BA_PFN_NONE;
#endif
}

/* Take the head off the list and return it. Pre: the list is not empty. */
static inline uint32_t ba_list_pop_head(struct ba_list *list,
					struct ba_link *links)
{
	uint32_t i = list->head;
	struct ba_link *link = ba_link_at(links, i);
	uint32_t next = link->next;

	ba_dassert(list->count > 0);
	list->count--;
	list->head = next;
	if (ba_unlikely(next == BA_PFN_NONE))
		list->tail = BA_PFN_NONE;
	else
		ba_link_at(links, next)->prev = BA_PFN_NONE;
#if BA_DEBUG >= 1
	link->next = BA_PFN_NONE;
	link->prev = BA_PFN_NONE;
#endif
	return i;
}

/*
 * The nr elements behind element i, or all nr if i is BA_PFN_NONE, are off
 * the list. They are not looked at, and may be on another list by now.
 */
static inline void ba_list_end_at(struct ba_list *list, struct ba_link *links,
				  uint32_t i, uint32_t nr)
{
	ba_dassert(list->count >= nr);
	ba_dassert((i == BA_PFN_NONE) == (list->count == nr));
	list->tail = i;
	list->count -= nr;
	if (i == BA_PFN_NONE)
		list->head = BA_PFN_NONE;
	else
		ba_link_at(links, i)->next = BA_PFN_NONE;
}

/*
 * Make element i the head; what stood before it goes, in order, behind the
 * tail: 1 2 [3] 4 becomes 3 4 1 2. Pre: i is on this list.
 */
static inline void ba_list_rotate_to_head(struct ba_list *list,
					  struct ba_link *links, uint32_t i)
{
	uint32_t head = list->head;
	uint32_t tail = list->tail;
	uint32_t before = ba_link_at(links, i)->prev;

	if (i == head)
		return;
	ba_dassert(before != BA_PFN_NONE);
	ba_link_at(links, tail)->next = head;
	ba_link_at(links, head)->prev = tail;
	ba_link_at(links, before)->next = BA_PFN_NONE;
	ba_link_at(links, i)->prev = BA_PFN_NONE;
	list->head = i;
	list->tail = before;
}

/*
 * True when I1..I4 hold and every element is below `limit`, the number of
 * descriptors in the table. Safe on any contents; O(count).
 */
static inline bool ba_list_check(const struct ba_list *list,
				 const struct ba_link *links, uint32_t limit)
{
	uint32_t prev = BA_PFN_NONE;
	uint32_t i = list->head;
	uint32_t seen = 0;

	while (i != BA_PFN_NONE) {
		if (i >= limit || seen == list->count)
			return false;
		if (ba_list_prev(links, i) != prev)
			return false;
		prev = i;
		i = ba_list_next(links, i);
		seen++;
	}
	return seen == list->count && prev == list->tail;
}

#endif
