/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * interrupt - which came first, an operation of a task or the interrupt that
 * stands beside its line? The line of a free is printed before the page is on
 * its list, the line of an allocation after the page is taken:
 *
 *	.....  free A		printed; on its list
 *	..s..  free B		  now,
 *	d.s3.  pcpu_drain C
 *				  or only now?
 *	.....  alloc D		printed; taken
 *	..s..  free B		  before,
 *	.....  alloc E		  or E, too?
 *
 * Where both touch one list, the frames of later lines tell. Where only the
 * list set is the same, the interrupt's drains do: a drain takes A in its
 * turn or has passed it without, and it begins with one free more when E has
 * left the lists already.
 *
 * Models: the places of the tracepoints in free_unref_page, rmqueue_bulk and
 *	__alloc_pages, mm/page_alloc.c (6.1); free_unref_page, rmqueue_bulk
 *	and __alloc_pages_noprof, mm/page_alloc.c (6.12).
 * Simplified: what an interrupt does after an allocation of its own decides
 *	nothing about drains.
 *
 * Invariants:
 *   N1 the answers change the order of two operations and nothing else.
 */
#ifndef BA_SIM_INTERRUPT_H
#define BA_SIM_INTERRUPT_H

#include "sim/run.h"

/*
 * Line i frees a page, then an interrupt comes, up to line `end`, which is of
 * the same task or the first of another. Did the page reach its list only
 * after the interrupt?
 */
bool ba_interrupt_free_later(struct ba_replay *r, size_t i, size_t end);

/*
 * An interrupt comes after line i; line `own` then says what its task had
 * allocated. Was that before the interrupt?
 */
bool ba_interrupt_alloc_earlier(struct ba_replay *r, size_t i, size_t own);

#endif
