// SPDX-License-Identifier: GPL-2.0-only
#include "mm/page.h"

static inline pfn_t head_of(const struct ba_frame *frames, pfn_t pfn,
			    uint8_t state, uint8_t or_state)
{
	for (unsigned int order = 0; order < BA_NR_ORDERS; order++) {
		pfn_t head = pfn & ~((1u << order) - 1u);
		const struct ba_frame f = ba_frame_peek(&frames[head]);

		if (f.order < order || head + (1u << f.order) <= pfn)
			continue;
		if (f.state == state || f.state == or_state)
			return head;
	}
	return BA_PFN_NONE;
}

pfn_t ba_page_free_head(const struct ba_frame *frames,
			const struct ba_frame *max_blocks, pfn_t pfn)
{
	uint32_t nr = ba_max_block_nr(pfn);

	if (BA_PEEK(max_blocks[nr].state) == BA_FRAME_BUDDY)
		return ba_max_block_start(nr);
	return head_of(frames, pfn, BA_FRAME_BUDDY, BA_FRAME_PCP);
}

pfn_t ba_page_isolated_head(const struct ba_frame *frames, pfn_t pfn)
{
	return head_of(frames, pfn, BA_FRAME_ISOLATED, BA_FRAME_ISOLATED);
}

pfn_t ba_page_used_head(const struct ba_frame *frames, pfn_t pfn)
{
	for (unsigned int order = 0; order < BA_NR_ORDERS; order++) {
		pfn_t head = pfn & ~((1u << order) - 1u);
		const struct ba_frame f = ba_frame_peek(&frames[head]);

		if (f.state == BA_FRAME_USED && f.flags & BA_FRAME_HEAD &&
		    f.order >= order && head + (1u << f.order) > pfn)
			return head;
	}
	return BA_PFN_NONE;
}

void ba_page_set_movable(struct ba_frame *frames, pfn_t pfn, order_t order,
			 bool movable)
{
	for (pfn_t i = pfn; i < pfn + (1u << order); i++) {
		if (movable)
			frames[i].flags |= BA_FRAME_MOVABLE;
		else
			frames[i].flags &= (uint8_t)~BA_FRAME_MOVABLE;
	}
}
