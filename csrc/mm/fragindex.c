// SPDX-License-Identifier: GPL-2.0-only
#include "mm/fragindex.h"

/* What fill_contig_page_info counts. */
struct contig {
	uint64_t free_pages;
	uint64_t free_blocks;
	uint64_t suitable;	/* blocks of the order there could be */
};

static struct contig count_contig(const uint64_t nr_free[BA_NR_ORDERS],
				  order_t order)
{
	struct contig info = { 0, 0, 0 };

	for (unsigned int o = 0; o < BA_NR_ORDERS; o++) {
		info.free_pages += nr_free[o] << o;
		info.free_blocks += nr_free[o];
		if (o >= order)
			info.suitable += nr_free[o] << (o - order);
	}
	return info;
}

int32_t ba_unusable_free_index(const uint64_t nr_free[BA_NR_ORDERS],
			       order_t order)
{
	struct contig info = count_contig(nr_free, order);

	if (!info.free_pages)
		return 1000;
	return (int32_t)((info.free_pages - (info.suitable << order)) * 1000 /
			 info.free_pages);
}

int32_t ba_fragmentation_index(const uint64_t nr_free[BA_NR_ORDERS],
			       order_t order)
{
	struct contig info = count_contig(nr_free, order);
	uint64_t requested = (uint64_t)1 << order;

	if (!info.free_blocks)
		return 0;
	if (info.suitable)
		return -1000;
	return (int32_t)(1000 - (1000 + info.free_pages * 1000 / requested) /
				info.free_blocks);
}

uint32_t ba_extfrag_for_order(const uint64_t nr_free[BA_NR_ORDERS],
			      order_t order)
{
	struct contig info = count_contig(nr_free, order);

	if (!info.free_pages)
		return 0;
	return (uint32_t)((info.free_pages - (info.suitable << order)) * 100 /
			  info.free_pages);
}
