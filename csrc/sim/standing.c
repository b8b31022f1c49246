// SPDX-License-Identifier: GPL-2.0-only
#include "sim/standing.h"

#include "mm/gfp.h"

static void change(struct ba_standing *s, uint16_t task, unsigned int clear,
		   unsigned int set)
{
	uint8_t before = s->of[task];

	s->of[task] = (uint8_t)((before & ~clear) | set);
	s->nr += s->of[task] != 0;
	s->nr -= before != 0;
}

static unsigned int late(const struct ba_event *e)
{
	return e->order < BA_NR_ORDERS ? e->order + 1u : 0;
}

void ba_standing_line(struct ba_standing *s, const struct ba_event *e)
{
	if (e->op == BA_OP_RECLAIM_BEGIN)
		change(s, e->task, BA_STANDING_LATE | BA_STANDING_BARREN,
		       BA_STANDING_RECLAIMS | late(e));
	else if (e->op == BA_OP_COMPACTION_TRY)
		change(s, e->task, BA_STANDING_LATE | BA_STANDING_BARREN,
		       late(e));
	else if (e->op == BA_OP_BALANCE)
		change(s, e->task, 0, BA_STANDING_RECLAIMS);
	else if (e->op == BA_OP_RECLAIM_END)
		change(s, e->task, BA_STANDING_RECLAIMS,
		       e->arg ? 0 : BA_STANDING_BARREN);
	else if (e->op == BA_OP_BALANCE_END)
		change(s, e->task, BA_STANDING_RECLAIMS, 0);
	else if (e->op == BA_OP_MARK_VICTIM)
		change(s, (uint16_t)e->addr, 0, BA_STANDING_VICTIM);
}

bool ba_standing_is_late(const struct ba_standing *s,
			 const struct ba_event *e)
{
	uint8_t of = s->of[e->task];

	return !(of & BA_STANDING_RECLAIMS) && of & BA_STANDING_LATE &&
	       (of & BA_STANDING_LATE) == late(e);
}

bool ba_standing_is_refused(const struct ba_standing *s,
			    const struct ba_event *e)
{
	return s->of[e->task] & BA_STANDING_BARREN && e->order == 0 &&
	       e->gfp & BA_GFP_NORETRY && ba_standing_is_late(s, e);
}

unsigned int ba_standing_rights(const struct ba_standing *s,
				const struct ba_event *e)
{
	uint8_t of = s->of[e->task];

	if (of & BA_STANDING_RECLAIMS)
		return BA_ALLOC_NO_WATERMARKS;
	return of & BA_STANDING_VICTIM ? BA_ALLOC_OOM : 0;
}

void ba_standing_served(struct ba_standing *s, const struct ba_event *e)
{
	if (ba_standing_is_late(s, e))
		change(s, e->task, BA_STANDING_LATE | BA_STANDING_BARREN, 0);
}
