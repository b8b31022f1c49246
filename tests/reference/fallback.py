# SPDX-License-Identifier: GPL-2.0-only
"""What a request does when its own migratetype has no block left.

Models find_suitable_fallback, steal_suitable_fallback, boost_watermark,
__rmqueue_fallback and __rmqueue of mm/page_alloc.c, Linux 6.1, without CMA.

    request of type S, order r
       |  no block on S's lists
       v
    largest block of another type F   (smallest, if a movable request would
       |                               otherwise spoil a small one)
       v
    move that block, or every free block of its pageblock, to S's lists;
    perhaps the pageblock becomes S's
       |
       v
    smallest fit on S's lists again: it need not return the block found
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .buddy import HIGHATOMIC, MOVABLE, RECLAIMABLE, UNMOVABLE

if TYPE_CHECKING:
    from .page_alloc import Zone

ALLOC_NOFRAGMENT = 0x100
ALLOC_KSWAPD = 0x800
BOOST_FACTOR = 15000

FALLBACKS = {
    UNMOVABLE: (RECLAIMABLE, MOVABLE),
    MOVABLE: (RECLAIMABLE, UNMOVABLE),
    RECLAIMABLE: (UNMOVABLE, MOVABLE),
}


def can_steal(zone: Zone, order: int, start: int) -> bool:
    """Whether a whole pageblock may be stolen for a block of this order."""
    return (
        order >= zone.buddy.pageblock_order // 2
        or start in (RECLAIMABLE, UNMOVABLE)
        or zone.mobility_disabled
    )


def find(
    zone: Zone, order: int, start: int, only_stealable: bool = False
) -> tuple[int, bool] | None:
    """(fallback type, whole pageblock?) of the first usable list, or None."""
    if zone.buddy.nr_free[order] == 0:
        return None
    for mt in FALLBACKS[start]:
        if not zone.buddy.lists[order][mt]:
            continue
        steal = can_steal(zone, order, start)
        if steal or not only_stealable:
            return mt, steal
    return None


def boost_watermark(zone: Zone) -> bool:
    """Raises the zone's boost by one pageblock; False where boosting is off."""
    pageblock = 1 << zone.buddy.pageblock_order
    if BOOST_FACTOR == 0 or pageblock * 4 > zone.managed:
        return False
    high = zone.watermark[2]
    limit = high // 10000 * BOOST_FACTOR + high % 10000 * BOOST_FACTOR // 10000
    if limit == 0:
        return False
    zone.boost = min(zone.boost + pageblock, max(pageblock, limit))
    return True


def steal(zone: Zone, pfn: int, start: int, flags: int, whole: bool) -> None:
    """Moves the free block at pfn, or its whole pageblock, to type `start`."""
    buddy = zone.buddy
    order = buddy.order_of[pfn]
    old_type = buddy.type_of(pfn)
    pageblock = 1 << buddy.pageblock_order

    if old_type == HIGHATOMIC:
        buddy.move_to_tail(pfn, start)
        return
    if order >= buddy.pageblock_order:
        for first in range(pfn, pfn + (1 << order), pageblock):
            zone.set_pageblock_type(first, start)
        buddy.move_to_tail(pfn, start)
        return

    if boost_watermark(zone) and flags & ALLOC_KSWAPD:
        zone.boosted = True
    if not whole:
        buddy.move_to_tail(pfn, start)
        return

    free, movable = buddy.move_pageblock(pfn, start, zone.movable)
    if start == MOVABLE:
        alike = movable
    elif old_type == MOVABLE:
        alike = pageblock - (free + movable)
    else:
        alike = 0
    if free == 0:
        buddy.move_to_tail(pfn, start)
        return
    if free + alike >= pageblock // 2 or zone.mobility_disabled:
        zone.set_pageblock_type(pfn, start)


def choose(
    zone: Zone, order: int, start: int, flags: int
) -> tuple[int, int, bool] | None:
    """(found order, fallback type, whole pageblock?), or None."""
    buddy = zone.buddy
    least = order
    if order < buddy.pageblock_order and flags & ALLOC_NOFRAGMENT:
        least = buddy.pageblock_order

    for found in range(buddy.nr_orders - 1, least - 1, -1):
        answer = find(zone, found, start)
        if answer is None:
            continue
        if answer[1] or start != MOVABLE or found == order:
            return found, *answer
        break
    else:
        return None

    for found in range(order, buddy.nr_orders):
        answer = find(zone, found, start)
        if answer is not None:
            return found, *answer
    raise AssertionError("a fallback was found and then not found")


def fall_back(zone: Zone, order: int, start: int, flags: int) -> bool:
    """Moves blocks of another type to `start`; False if there are none."""
    choice = choose(zone, order, start, flags)
    if choice is None:
        return False
    found, mt, whole = choice
    buddy = zone.buddy
    pfn = buddy.lists[found][mt][0]
    steal(zone, pfn, start, flags, whole)
    ownership = int(buddy.type_of(pfn) == start)
    buddy.events.append(
        ("mm_page_alloc_extfrag", pfn, order, found, start, mt, ownership)
    )
    return True


def rmqueue(zone: Zone, order: int, start: int, flags: int) -> int | None:
    """One block from the buddy lists, by smallest fit, falling back if needed."""
    while True:
        taken = zone.buddy.take_smallest(order, start)
        if taken is not None:
            return taken[0]
        if not fall_back(zone, order, start, flags):
            return None
