/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * migrate - pages that a run of compaction has isolated, moved to free ones:
 * content, flags and handle change frames, the old frame is freed.
 *
 *	sources    519  514  512          handles 7 5 4
 *	targets   7170 7169 7168          the run's own free pages
 *	6.1        move 519, free 519; move 514, free 514; ...
 *	6.12       all targets are taken first, then the same
 *
 * pgmigrate_fail counts pages that were tried: not those behind the one for
 * which there was no target.
 *
 * Models: migrate_pages, migrate_pages_batch, migrate_folio_unmap,
 *	migrate_folio_move, migrate_folio_done, mm/migrate.c (6.1, 6.12);
 *	migrate_pages_sync, mm/migrate.c (6.12).
 * Profiles: compact_keeps_orders.
 * Simplified: a page can always be unmapped, and has no other users. Pages
 *	under writeback, for which only compact_memory waits, come last
 *	without being tried before. A large page that finds no target is not
 *	split. With init_on_alloc the kernel clears a target that is
 *	overwritten next; here nothing is charged for it.
 *
 * Invariants:
 *   R1 of mm/rmap.h holds after each page.
 */
#ifndef BA_MM_MIGRATE_H
#define BA_MM_MIGRATE_H

#include "mm/compact_source.h"
#include "mm/compact_target.h"
#include "mm/page_free.h"
#include "mm/writeback.h"

struct ba_migrated {
	uint32_t failed;	/* pages that are still on cc->sources */
	bool no_target;		/* the free scanner found nothing for them */
};

/* Move the pages of cc->sources. */
struct ba_migrated ba_migrate_pages(struct ba_ctx *ctx,
				    struct ba_nodes *nodes,
				    struct ba_compact *cc);

#endif
