# SPDX-License-Identifier: GPL-2.0-only
"""The per-CPU lists of one zone and one CPU.

Models free_unref_page_commit, nr_pcp_free, nr_pcp_high, free_pcppages_bulk,
__rmqueue_pcplist, rmqueue_bulk, drain_pages_zone and drain_zone_pages of
mm/page_alloc.c, Linux 6.1.

    index    0  1  2   3  4  5   6  7  8   9 10 11   12 13
    order    0  0  0   1  1  1   2  2  2   3  3  3    9  9
    type     U  M  R   U  M  R   U  M  R   U  M  R   U+R M     6.1L
                                                     any       6.1.0: 13 lists

    allocation: take the head           refill: append at the tail
    free: insert at the head            drain: take the tail
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import fallback
from .buddy import COSTLY_ORDER, HIGHATOMIC, ISOLATE, MOVABLE, PCP_TYPES

if TYPE_CHECKING:
    from .page_alloc import Zone

BATCH_SCALE_MAX = 5
THP_ORDER = 9
LOW_LISTS = PCP_TYPES * (COSTLY_ORDER + 1)


class PerCpuPages:
    """One CPU's lists in one zone. `count` is in pages, over all lists."""

    def __init__(self, late: bool, high: int = 0, batch: int = 1) -> None:
        self.late = late
        self.count = 0
        self.high = high
        self.batch = batch
        self.free_factor = 0
        self.lists: list[list[int]] = [[] for _ in range(14 if late else 13)]

    def index(self, order: int, mt: int) -> int:
        if order <= COSTLY_ORDER:
            return PCP_TYPES * order + mt
        if self.late and mt == MOVABLE:
            return LOW_LISTS + 1
        return LOW_LISTS

    def order(self, index: int) -> int:
        return index // PCP_TYPES if index < LOW_LISTS else THP_ORDER

    # Allocating

    def take(self, zone: Zone, cpu: int, order: int, mt: int, flags: int) -> int | None:
        """The head of the list, after refilling the list if it is empty."""
        blocks = self.lists[self.index(order, mt)]
        if not blocks:
            self.refill(zone, cpu, order, mt, flags)
        if not blocks:
            return None
        self.count -= 1 << order
        return blocks.pop(0)

    def refill(self, zone: Zone, cpu: int, order: int, mt: int, flags: int) -> None:
        """Appends up to a batch of blocks; they leave NR_FREE_PAGES all at once."""
        wanted = self.batch
        if wanted > 1:
            wanted = max(wanted >> order, 2)
        got = 0
        while got < wanted:
            pfn = fallback.rmqueue(zone, order, mt, flags)
            if pfn is None:
                break
            self.lists[self.index(order, mt)].append(pfn)
            got += 1
        zone.count_free(cpu, -(got << order))
        self.count += got << order

    # Freeing

    def commit(self, zone: Zone, cpu: int, pfn: int, order: int) -> None:
        """Puts a freed block at the head of its list; drains if there are too many.

        The block's type must stand in zone.buddy.page_type. A type that has no
        list of its own (HIGHATOMIC) goes on the movable list but keeps its type.
        """
        mt = zone.buddy.page_type[pfn]
        if mt >= PCP_TYPES:
            mt = MOVABLE
        index = self.index(order, mt)
        self.lists[index].insert(0, pfn)
        self.count += 1 << order

        free_high = self.free_factor > 0 and 1 <= order <= COSTLY_ORDER
        high = self.effective_high(zone, free_high)
        if self.count >= high:
            self.drain(zone, cpu, self.how_many(high, free_high), index)

    def effective_high(self, zone: Zone, free_high: bool) -> int:
        if self.high == 0 or free_high:
            return 0
        if zone.reclaim_active:
            return min(self.batch * 4, self.high)
        return self.high

    def how_many(self, high: int, free_high: bool) -> int:
        """Pages to drain. Frees without allocations drain more and more."""
        if free_high:
            return self.count
        if high < self.batch:
            return 1
        pages = self.batch << self.free_factor
        if pages < high - self.batch:
            if not self.late or self.free_factor < BATCH_SCALE_MAX:
                self.free_factor += 1
        return min(max(pages, self.batch), high - self.batch)

    # Draining

    def drain(self, zone: Zone, cpu: int, pages: int, index: int) -> None:
        """Gives `pages` pages back to the buddy lists, list by list.

        Starts with list `index`, empties it from its tail, and goes on with the
        next list that is not empty, cyclically. The last block may overshoot.
        """
        pages = min(pages, self.count)
        while pages > 0:
            while not self.lists[index]:
                index = (index + 1) % len(self.lists)
            order = self.order(index)
            pfn = self.lists[index].pop()
            pages -= 1 << order
            self.count -= 1 << order
            mt = zone.buddy.page_type[pfn]
            if zone.has_isolated():
                mt = zone.buddy.type_of(pfn)
            zone.free_block(cpu, pfn, order, mt)
            zone.buddy.events.append(("mm_page_pcpu_drain", pfn, order, mt))

    def drain_all(self, zone: Zone, cpu: int) -> None:
        """Drains everything: in 6.1L in portions, each beginning at list 0."""
        if not self.late:
            self.drain(zone, cpu, self.count, 0)
            return
        while self.count > 0:
            portion = min(self.count, self.batch << BATCH_SCALE_MAX)
            self.drain(zone, cpu, portion, 0)

    def drain_batch(self, zone: Zone, cpu: int) -> None:
        """Drains one batch (vmstat worker, zones of other nodes only)."""
        self.drain(zone, cpu, min(self.count, self.batch), 0)

    def put(self, zone: Zone, cpu: int, pfn: int, order: int, locked: bool) -> None:
        """The end of a free: to the lists, or to the buddy if they are locked."""
        mt = zone.buddy.page_type[pfn]
        if mt == ISOLATE:
            zone.free_direct(cpu, pfn, order, mt)
        elif not locked:
            self.commit(zone, cpu, pfn, order)
        elif not self.late and mt == HIGHATOMIC:
            zone.free_direct(cpu, pfn, order, MOVABLE)
        else:
            zone.free_direct(cpu, pfn, order, mt)
