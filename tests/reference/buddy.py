# SPDX-License-Identifier: GPL-2.0-only
"""The free lists of one zone: split, merge, smallest fit, moves.

Models __free_one_page, expand, __rmqueue_smallest and move_freepages_block of
mm/page_alloc.c, Linux 6.1. Nothing is counted here but nr_free: NR_FREE_PAGES is
the zone's business (page_alloc.py).

    lists[order][migratetype] = [head, ..., tail]     first frame of each block
    order_of[pfn] = order                             the same blocks, by frame
    block_type[pfn >> pageblock_order] = migratetype  type of each pageblock

A block may stand on a list of another type than its pageblock: that is normal
in 6.1.
"""

from __future__ import annotations

UNMOVABLE, MOVABLE, RECLAIMABLE, HIGHATOMIC, ISOLATE = range(5)
NR_TYPES = 5
PCP_TYPES = 3
COSTLY_ORDER = 3


def mergeable(mt: int) -> bool:
    """Whether pageblocks of this type may merge with those of other types."""
    return mt < PCP_TYPES


class Buddy:
    """The buddy lists of the frames start .. start + spanned - 1.

    `nr_orders` and `pageblock_order` are smaller than the kernel's only in
    textbook examples. `events` is appended to.
    """

    def __init__(
        self,
        start: int,
        spanned: int,
        nr_orders: int = 11,
        pageblock_order: int = 9,
        events: list[tuple[object, ...]] | None = None,
    ) -> None:
        self.start = start
        self.spanned = spanned
        self.nr_orders = nr_orders
        self.pageblock_order = pageblock_order
        self.events: list[tuple[object, ...]] = [] if events is None else events
        self.lists: list[list[list[int]]] = [
            [[] for _ in range(NR_TYPES)] for _ in range(nr_orders)
        ]
        self.nr_free = [0] * nr_orders
        self.order_of: dict[int, int] = {}
        self.block_type: dict[int, int] = {}
        # The type a frame was given when it last left or joined the lists.
        self.page_type: dict[int, int] = {}

    # Pageblocks

    def spans(self, pfn: int) -> bool:
        return self.start <= pfn < self.start + self.spanned

    def type_of(self, pfn: int) -> int:
        """Migratetype of the pageblock that holds this frame."""
        return self.block_type.get(pfn >> self.pageblock_order, UNMOVABLE)

    def set_type(self, pfn: int, mt: int) -> None:
        self.block_type[pfn >> self.pageblock_order] = mt

    # List primitives

    def add_head(self, pfn: int, order: int, mt: int) -> None:
        self.lists[order][mt].insert(0, pfn)
        self.order_of[pfn] = order
        self.nr_free[order] += 1

    def add_tail(self, pfn: int, order: int, mt: int) -> None:
        self.lists[order][mt].append(pfn)
        self.order_of[pfn] = order
        self.nr_free[order] += 1

    def list_type(self, pfn: int) -> int:
        """Type of the list on which the free block at pfn stands."""
        for mt in range(NR_TYPES):
            if pfn in self.lists[self.order_of[pfn]][mt]:
                return mt
        raise ValueError(f"frame {pfn:#x} is marked free but stands on no list")

    def remove(self, pfn: int) -> int:
        """Takes a free block off whatever list it is on; returns its order."""
        mt = self.list_type(pfn)
        order = self.order_of.pop(pfn)
        self.lists[order][mt].remove(pfn)
        self.nr_free[order] -= 1
        return order

    def move_to_tail(self, pfn: int, mt: int) -> None:
        """Re-types a free block: it goes to the tail of the new list."""
        order = self.order_of[pfn]
        self.lists[order][self.list_type(pfn)].remove(pfn)
        self.lists[order][mt].append(pfn)

    # Freeing

    def free_buddy(self, pfn: int, order: int) -> bool:
        """Whether a free block of exactly this order starts at pfn."""
        return self.spans(pfn) and self.order_of.get(pfn) == order

    def free_one(self, pfn: int, order: int, mt: int, to_tail: bool = False) -> None:
        """Puts a block on the lists of type mt after merging it with its buddies.

        The merged block goes to the head, or to the tail if it is likely to merge
        again soon: if its parent's buddy is free already.

            order 1   [ A  A ][ B  . ]    A is freed, B's half is in use:
            order 2   [   parent    ][   free, order 2   ]   -> A goes to the tail
        """
        if pfn % (1 << order):
            raise ValueError(f"frame {pfn:#x} is no block of order {order}")
        buddy = 0
        while order < self.nr_orders - 1:
            buddy = pfn ^ (1 << order)
            if not self.free_buddy(buddy, order):
                break
            if order >= self.pageblock_order:
                buddy_mt = self.type_of(buddy)
                if mt != buddy_mt and not (mergeable(mt) and mergeable(buddy_mt)):
                    break
            self.remove(buddy)
            pfn &= buddy
            order += 1

        if to_tail or self.merge_likely(pfn, buddy, order):
            self.add_tail(pfn, order, mt)
        else:
            self.add_head(pfn, order, mt)

    def merge_likely(self, pfn: int, buddy: int, order: int) -> bool:
        if order >= self.nr_orders - 2:
            return False
        parent = pfn & buddy
        return self.free_buddy(parent ^ (1 << (order + 1)), order + 1)

    # Allocating

    def take_smallest(self, order: int, mt: int) -> tuple[int, int] | None:
        """Takes the head of the smallest sufficient list of type mt, and splits.

        Returns (pfn, order of the block that was split), or None.
        """
        for found in range(order, self.nr_orders):
            if not self.lists[found][mt]:
                continue
            pfn = self.lists[found][mt][0]
            self.remove(pfn)
            self.expand(pfn, order, found, mt)
            self.page_type[pfn] = mt
            refill = int(pcp_allowed(order) and mt < PCP_TYPES)
            self.events.append(("mm_page_alloc_zone_locked", pfn, order, mt, refill))
            return pfn, found
        return None

    def expand(self, pfn: int, low: int, high: int, mt: int) -> None:
        """Gives back upper halves, largest first, until order `low` remains.

        high   [ p                             ]
               [ keep          | add to head   ]
               [ keep  | head  ]
        low    [ p ]
        """
        for order in range(high - 1, low - 1, -1):
            self.add_head(pfn + (1 << order), order, mt)

    # Whole pageblocks

    def move_pageblock(
        self, pfn: int, mt: int, movable: set[int] | None = None
    ) -> tuple[int, int]:
        """Moves every free block of pfn's pageblock to the lists of type mt.

        Blocks go to the tails, in ascending order of frames. Returns (free pages
        moved, frames in use that are in the set `movable`). At the edges of the
        zone: a pageblock that begins before the zone is scanned from pfn on; one
        that ends after it is left alone.
        """
        size = 1 << self.pageblock_order
        first = pfn - pfn % size
        last = first + size - 1
        if not self.spans(first):
            first = pfn
        if not self.spans(last):
            return 0, 0
        moved = movable_pages = 0
        frame = first
        while frame <= last:
            if frame in self.order_of:
                self.move_to_tail(frame, mt)
                moved += 1 << self.order_of[frame]
                frame += 1 << self.order_of[frame]
            else:
                if movable is not None and frame in movable:
                    movable_pages += 1
                frame += 1
        return moved, movable_pages

    # Looking

    def holding_block(self, pfn: int) -> int | None:
        """First frame of the free block that holds this frame, or None."""
        for order in range(self.nr_orders):
            head = pfn - pfn % (1 << order)
            if self.order_of.get(head) == order:
                return head
        return None

    def free_pages(self) -> int:
        """Pages on all lists."""
        return sum(n << order for order, n in enumerate(self.nr_free))

    def dump(self) -> dict[tuple[int, int], list[int]]:
        """The non-empty lists: (order, migratetype) -> frames from the head."""
        return {
            (order, mt): list(self.lists[order][mt])
            for order in range(self.nr_orders)
            for mt in range(NR_TYPES)
            if self.lists[order][mt]
        }


def pcp_allowed(order: int) -> bool:
    """Whether blocks of this order may stand on per-CPU lists (9: huge pages)."""
    return order <= COSTLY_ORDER or order == 9
