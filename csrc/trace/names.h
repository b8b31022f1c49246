/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * names - the words of a trace that are names, each kept once and known by
 * its number from then on: a record of 32 bytes has no room for text.
 *
 *	"dentry" -> 1    "filp" -> 2    "dentry" -> 1
 *
 * Models: nothing of the kernel's.
 * Simplified: names that are too long, or one too many, have the number 0.
 *
 * Invariants:
 *   Q1 numbers go from 1 to nr in the order in which the names came.
 *   Q2 slot[] holds each number once, at or behind its name's hash.
 */
#ifndef BA_TRACE_NAMES_H
#define BA_TRACE_NAMES_H

#include "trace/text.h"

#define BA_NAMES_MAX 511u
#define BA_NAMES_SLOTS 1024u	/* a power of two above BA_NAMES_MAX */
#define BA_NAME_LEN 48		/* bytes of a name with its zero byte */

struct ba_names {
	uint32_t nr;
	uint64_t without;	/* names seen that have no number */
	uint16_t slot[BA_NAMES_SLOTS];		/* numbers, by hash; 0: free */
	char name[BA_NAMES_MAX][BA_NAME_LEN];	/* that of number n is n - 1 */
};

/* The number of a name, which is kept if it is new; 0 when it has none. */
uint32_t ba_names_number(struct ba_names *names, struct ba_span name);

/* The name of a number; NULL when out of range. */
const char *ba_names_text(const struct ba_names *names, uint32_t number);

#endif
