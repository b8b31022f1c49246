# SPDX-License-Identifier: GPL-2.0-only
"""Zones, watermarks, the zonelist walk, and the calls that users make.

Models __alloc_pages, get_page_from_freelist, rmqueue, zone_watermark_fast,
__alloc_pages_bulk, free_unref_page, free_unref_page_list, __free_pages_ok and
reserve/unreserve_highatomic_pageblock of mm/page_alloc.c, and the counter
NR_FREE_PAGES of mm/vmstat.c, Linux 6.1.

Profiles: "6.1.0" (release) and "6.1L" (late stable, 6.1.192).

Simplified: one node; no cpusets, no dirty limits; reclaim makes no progress and
leaves nothing to reclaim, compaction is always skipped, and the OOM killer finds
nobody. NOFAIL is not honoured.

    alloc_pages
      fast path    LOW watermark, perhaps NOFRAGMENT
      A1           MIN watermark with the request's discounts
      A2           the same, or no watermarks at all; again while
                   should_reclaim_retry says so
      last         HIGH watermark, as before an OOM kill
"""

from __future__ import annotations

from . import fallback
from .buddy import (
    COSTLY_ORDER,
    HIGHATOMIC,
    ISOLATE,
    MOVABLE,
    PCP_TYPES,
    UNMOVABLE,
    Buddy,
    mergeable,
    pcp_allowed,
)
from .fallback import ALLOC_KSWAPD, ALLOC_NOFRAGMENT
from .pcp import PerCpuPages

PROFILES = ("6.1.0", "6.1L")
NO_FRAME = -1
MAX_RECLAIM_RETRIES = 16

ZONE_DMA, ZONE_DMA32, ZONE_NORMAL, ZONE_MOVABLE, ZONE_DEVICE = range(5)
WMARK_MIN, WMARK_LOW, WMARK_HIGH = range(3)
WMARK_MASK = 0x3

GFP_DMA = 0x1
GFP_HIGHMEM = 0x2
GFP_DMA32 = 0x4
GFP_MOVABLE = 0x8
GFP_RECLAIMABLE = 0x10
GFP_HIGH = 0x20
GFP_IO = 0x40
GFP_ATOMIC_BIT = 0x200
GFP_DIRECT_RECLAIM = 0x400
GFP_KSWAPD_RECLAIM = 0x800
GFP_RETRY_MAYFAIL = 0x4000
GFP_NORETRY = 0x10000
GFP_MEMALLOC = 0x20000
GFP_NOMEMALLOC = 0x80000
GFP_ACCOUNT = 0x400000

ALLOC_NO_WATERMARKS = 0x04
ALLOC_OOM = 0x08
ALLOC_HARDER = 0x10  # 6.1.0
ALLOC_HIGH = 0x20  # 6.1.0
ALLOC_NON_BLOCK = 0x10  # 6.1L
ALLOC_MIN_RESERVE = 0x20  # 6.1L
ALLOC_CPUSET = 0x40
ALLOC_CMA = 0x80
ALLOC_HIGHATOMIC = 0x200  # 6.1L
ALLOC_RESERVES = ALLOC_NON_BLOCK | ALLOC_MIN_RESERVE | ALLOC_HIGHATOMIC | ALLOC_OOM

# The low four bits of gfp choose the highest zone that may serve the request.
# A 32-bit kernel has Normal and HighMem in place of DMA32 and Normal.
GFP_ZONE = {
    "x86_64": {
        0x0: ZONE_NORMAL,
        0x1: ZONE_DMA,
        0x2: ZONE_NORMAL,
        0x4: ZONE_DMA32,
        0x8: ZONE_NORMAL,
        0x9: ZONE_DMA,
        0xA: ZONE_MOVABLE,
        0xC: ZONE_DMA32,
    },
    "i386": {0x0: 1, 0x1: 0, 0x2: 2, 0x4: 1, 0x8: 1, 0x9: 0, 0xA: 3, 0xC: 1},
}


def gfp_zone(gfp: int, arch: str = "x86_64") -> int:
    """Highest zone index a request may use; ValueError if its bits contradict."""
    if gfp & 0xF not in GFP_ZONE[arch]:
        raise ValueError(f"gfp {gfp:#x} names two zones at once")
    return GFP_ZONE[arch][gfp & 0xF]


class Zone:
    """One zone: buddy lists, per-CPU lists, watermarks, the free counter.

    free_global is NR_FREE_PAGES as the kernel reads it; diff[cpu] are pages not
    yet added to it, kept while they stay within threshold[cpu].
    """

    def __init__(
        self,
        index: int,
        start: int,
        spanned: int,
        managed: int,
        late: bool = True,
        cpus: int = 1,
        events: list[tuple[object, ...]] | None = None,
        node: int = 0,
        name: str = "",
    ) -> None:
        self.node = node
        self.index = index
        self.name = name
        self.managed = managed
        self.late = late
        self.buddy = Buddy(start, spanned, events=events)
        self.watermark = [0, 0, 0]
        self.boost = 0
        self.lowmem_reserve = [0] * 5
        self.free_global = 0
        self.diff = [0] * cpus
        self.threshold = [0] * cpus
        self.nr_highatomic = 0
        self.boosted = False
        self.reclaim_active = False
        self.mobility_disabled = False
        self.movable: set[int] = set()
        self.pcp = [PerCpuPages(late) for _ in range(cpus)]

    # The counter

    def count_free(self, cpu: int, pages: int) -> None:
        """Adds to this CPU's difference, and on to the zone when it grows large."""
        total = self.diff[cpu] + pages
        if abs(total) > self.threshold[cpu]:
            self.free_global += total
            total = 0
        self.diff[cpu] = total

    def fold(self, cpu: int) -> None:
        """Adds this CPU's difference to the zone's counter (vmstat worker)."""
        self.free_global += self.diff[cpu]
        self.diff[cpu] = 0

    def visible_free(self) -> int:
        return max(0, self.free_global)

    def true_free(self) -> int:
        return max(0, self.free_global + sum(self.diff))

    # Blocks into the buddy lists

    def has_isolated(self) -> bool:
        return ISOLATE in self.buddy.block_type.values()

    def set_pageblock_type(self, pfn: int, mt: int) -> None:
        if self.mobility_disabled and mt < PCP_TYPES:
            mt = UNMOVABLE
        self.buddy.set_type(pfn, mt)

    def free_block(
        self, cpu: int, pfn: int, order: int, mt: int, to_tail: bool = False
    ) -> None:
        if mt != ISOLATE:
            self.count_free(cpu, 1 << order)
        self.buddy.free_one(pfn, order, mt, to_tail)

    def free_direct(self, cpu: int, pfn: int, order: int, mt: int) -> None:
        """A free that goes past the per-CPU lists."""
        if self.has_isolated() or mt == ISOLATE:
            mt = self.buddy.type_of(pfn)
        self.free_block(cpu, pfn, order, mt)

    def on_pcp(self, pfn: int) -> bool:
        """Whether a block that begins at pfn stands on some per-CPU list."""
        return any(pfn in blocks for pcp in self.pcp for blocks in pcp.lists)

    # Watermarks

    def mark(self, flags: int) -> int:
        return self.watermark[flags & WMARK_MASK] + self.boost

    def unusable(self, order: int, flags: int) -> int:
        """Pages that do not count for this request."""
        pages = (1 << order) - 1
        if self.late:
            reserves = flags & ALLOC_RESERVES
        else:
            reserves = flags & (ALLOC_HARDER | ALLOC_OOM)
        if not reserves:
            pages += self.nr_highatomic
        return pages

    def discounted(self, mark: int, flags: int) -> int:
        """The mark after what this request may take from the reserves."""
        least = mark
        if self.late:
            if flags & ALLOC_MIN_RESERVE:
                least -= least // 2
                if flags & ALLOC_NON_BLOCK:
                    least -= least // 4
            if flags & ALLOC_OOM:
                least -= least // 2
        else:
            if flags & ALLOC_HIGH:
                least -= least // 2
            if flags & ALLOC_OOM:
                least -= least // 2
            elif flags & ALLOC_HARDER:
                least -= least // 4
        return least

    def watermark_ok(
        self, order: int, mark: int, hz: int, flags: int, free: int
    ) -> bool:
        """Enough free pages above the mark, and one block that is large enough."""
        free -= self.unusable(order, flags)
        if free <= self.discounted(mark, flags) + self.lowmem_reserve[hz]:
            return False
        if order == 0:
            return True
        if self.late:
            highatomic = flags & (ALLOC_HIGHATOMIC | ALLOC_OOM)
        else:
            highatomic = flags & (ALLOC_HARDER | ALLOC_OOM)
        for lists in self.buddy.lists[order:]:
            if any(lists[mt] for mt in range(PCP_TYPES)):
                return True
            if highatomic and lists[HIGHATOMIC]:
                return True
        return False

    def watermark_fast(
        self, order: int, mark: int, hz: int, flags: int, gfp: int
    ) -> bool:
        free = self.visible_free()
        if order == 0:
            usable = free - min(free, self.unusable(0, flags))
            if usable > mark + self.lowmem_reserve[hz]:
                return True
        if self.watermark_ok(order, mark, hz, flags, free):
            return True
        if (
            order == 0
            and gfp & GFP_ATOMIC_BIT
            and self.boost
            and flags & WMARK_MASK == WMARK_MIN
        ):
            unboosted = self.watermark[WMARK_MIN]
            return self.watermark_ok(order, unboosted, hz, flags, free)
        return False

    # The high-order atomic reserve

    def reserve_highatomic(self, pfn: int) -> None:
        """Keeps pfn's pageblock for high-order atomic requests, up to about 1 %."""
        limit = self.managed // 100 + 512
        if self.nr_highatomic >= limit or not mergeable(self.buddy.type_of(pfn)):
            return
        self.nr_highatomic += 512
        self.buddy.set_type(pfn, HIGHATOMIC)
        self.buddy.move_pageblock(pfn, HIGHATOMIC)

    def unreserve_highatomic(self, mt: int, force: bool) -> bool:
        """Gives one reserved pageblock back as type mt; True if pages moved."""
        if not force and self.nr_highatomic <= 512:
            return False
        for order in range(self.buddy.nr_orders):
            if not self.buddy.lists[order][HIGHATOMIC]:
                continue
            pfn = self.buddy.lists[order][HIGHATOMIC][0]
            if self.buddy.type_of(pfn) == HIGHATOMIC:
                self.nr_highatomic -= min(512, self.nr_highatomic)
            self.set_pageblock_type(pfn, mt)
            moved, _ = self.buddy.move_pageblock(pfn, mt)
            if moved:
                return True
        return False


class PageAllocator:
    """The page allocator of a machine with one node.

    Every call appends to `events` what the kernel would print, in its order:

        ("mm_page_alloc", pfn or NO_FRAME, order, migratetype)
        ("mm_page_free", pfn, order)
        ("mm_page_free_batched", pfn)
        ("mm_page_alloc_zone_locked", pfn, order, migratetype, percpu_refill)
        ("mm_page_pcpu_drain", pfn, order, migratetype)
        ("mm_page_alloc_extfrag", pfn, alloc_order, fallback_order,
         alloc_migratetype, fallback_migratetype, change_ownership)

    With `waits_for_reclaim` off, every request fails where it would begin to reclaim.

    `cpu` is the CPU that runs; `locked` says that its per-CPU lists are held by a
    task that this call has interrupted: the call goes straight to the buddy lists.
    """

    def __init__(self, profile: str = "6.1L", cpus: int = 1) -> None:
        if profile not in PROFILES:
            raise ValueError(f"no profile {profile!r}; there are {PROFILES}")
        self.profile = profile
        self.late = profile == "6.1L"
        self.cpus = cpus
        self.events: list[tuple[object, ...]] = []
        self.zones: list[Zone] = []
        self.arch = "x86_64"
        self.kmem_accounting = False
        self.waits_for_reclaim = True

    def add_zone(
        self, index: int, start: int, spanned: int, managed: int, name: str = ""
    ) -> Zone:
        """Adds a zone without free memory; zones are added in ascending order."""
        zone = Zone(
            index, start, spanned, managed, self.late, self.cpus, self.events, 0, name
        )
        self.zones.append(zone)
        return zone

    def zone_of(self, pfn: int) -> Zone:
        for zone in self.zones:
            if zone.buddy.spans(pfn):
                return zone
        raise ValueError(f"frame {pfn:#x} lies in no zone")

    def take_events(self) -> list[tuple[object, ...]]:
        """The events since the last call, and forgets them."""
        taken = list(self.events)
        self.events.clear()
        return taken

    def migratetype(self, gfp: int) -> int:
        if self.zones[0].mobility_disabled:
            return UNMOVABLE
        return (gfp & (GFP_RECLAIMABLE | GFP_MOVABLE)) >> 3

    def zonelist(self, highest: int) -> list[Zone]:
        """The zones that may serve a request, the preferred one first."""
        usable = [zone for zone in self.zones if zone.index <= highest]
        return sorted(usable, key=lambda zone: -zone.index)

    # Allocating

    def alloc_pages(
        self, gfp: int, order: int, cpu: int = 0, locked: bool = False
    ) -> int | None:
        """The first frame of a block of 2**order pages, or None."""
        if order > 10:
            return None
        zones = self.zonelist(gfp_zone(gfp, self.arch))
        pfn = None
        if zones:
            flags = WMARK_LOW | (gfp & GFP_KSWAPD_RECLAIM)
            if self.arch == "x86_64" and zones[0].index == ZONE_NORMAL:
                flags |= ALLOC_NOFRAGMENT
            pfn = self.get_page(gfp, order, flags, cpu, locked)
            if pfn is None:
                pfn = self.slow_path(gfp, order, cpu, locked)
        shown = NO_FRAME if pfn is None else pfn
        self.events.append(("mm_page_alloc", shown, order, self.migratetype(gfp)))
        return pfn

    def slow_path(self, gfp: int, order: int, cpu: int, locked: bool) -> int | None:
        if gfp & GFP_ATOMIC_BIT and gfp & GFP_DIRECT_RECLAIM:
            gfp &= ~GFP_ATOMIC_BIT
        flags = self.slow_flags(gfp, order)
        pfn = self.get_page(gfp, order, flags, cpu, locked)
        if pfn is not None:
            return pfn
        if gfp & GFP_MEMALLOC and not gfp & GFP_NOMEMALLOC:
            flags = ALLOC_NO_WATERMARKS | (flags & ALLOC_KSWAPD)
        rounds = 0
        while True:
            pfn = self.get_page(gfp, order, flags, cpu, locked)
            if pfn is not None or not self.may_retry(gfp, order):
                return pfn
            rounds += 1
            if not self.should_reclaim_retry(gfp, order, flags, rounds):
                break
        flags = WMARK_HIGH | ALLOC_CPUSET
        return self.get_page(gfp & ~GFP_DIRECT_RECLAIM, order, flags, cpu, locked)

    def may_retry(self, gfp: int, order: int) -> bool:
        """Whether the request may wait for reclaim more than once."""
        if not self.waits_for_reclaim:
            return False
        if not gfp & GFP_DIRECT_RECLAIM or gfp & GFP_NORETRY:
            return False
        if order <= COSTLY_ORDER:
            return True
        # late kernels ask whether there is compaction, and here there is none
        return not self.late and bool(gfp & GFP_RETRY_MAYFAIL)

    def should_reclaim_retry(
        self, gfp: int, order: int, flags: int, rounds: int
    ) -> bool:
        """Whether the slow path goes on, after `rounds` rounds without progress.

        It does while the free pages themselves reach MIN somewhere, which late
        kernels count twice where nothing can be reclaimed, and after it has given
        back a pageblock of the high-order atomic reserve.
        """
        highest = gfp_zone(gfp, self.arch)
        exhausted = rounds > MAX_RECLAIM_RETRIES
        times = 2 if self.late else 1
        if not exhausted and any(
            zone.watermark_ok(
                order, zone.mark(WMARK_MIN), highest, flags, times * zone.true_free()
            )
            for zone in self.zonelist(highest)
        ):
            return True
        return (self.late or exhausted) and self.unreserve_highatomic(gfp, force=True)

    def slow_flags(self, gfp: int, order: int) -> int:
        """Allocation flags of the slow path (gfp_to_alloc_flags)."""
        flags = WMARK_MIN | ALLOC_CPUSET | (gfp & (GFP_HIGH | GFP_KSWAPD_RECLAIM))
        if not self.late:
            if gfp & GFP_ATOMIC_BIT:
                if not gfp & GFP_NOMEMALLOC:
                    flags |= ALLOC_HARDER
                flags &= ~ALLOC_CPUSET
        elif not gfp & GFP_DIRECT_RECLAIM:
            if not gfp & GFP_NOMEMALLOC:
                flags |= ALLOC_NON_BLOCK
                if order > 0 and flags & ALLOC_MIN_RESERVE:
                    flags |= ALLOC_HIGHATOMIC
            if flags & ALLOC_MIN_RESERVE:
                flags &= ~ALLOC_CPUSET
        return flags

    def get_page(
        self, gfp: int, order: int, flags: int, cpu: int, locked: bool
    ) -> int | None:
        """Walks the zonelist; with NOFRAGMENT a second time without it."""
        highest = gfp_zone(gfp, self.arch)
        for zone in self.zonelist(highest):
            mark = zone.mark(flags)
            if not zone.watermark_fast(order, mark, highest, flags, gfp):
                if not flags & ALLOC_NO_WATERMARKS:
                    continue
            pfn = self.rmqueue(zone, order, self.migratetype(gfp), flags, cpu, locked)
            if pfn is not None:
                if self.high_order_atomic(order, flags):
                    zone.reserve_highatomic(pfn)
                return pfn
        if flags & ALLOC_NOFRAGMENT:
            return self.get_page(gfp, order, flags & ~ALLOC_NOFRAGMENT, cpu, locked)
        return None

    def high_order_atomic(self, order: int, flags: int) -> bool:
        if self.late:
            return bool(flags & ALLOC_HIGHATOMIC)
        return order > 0 and bool(flags & ALLOC_HARDER)

    def rmqueue(
        self, zone: Zone, order: int, mt: int, flags: int, cpu: int, locked: bool
    ) -> int | None:
        """From this CPU's lists if the order may stand there, else the buddy's."""
        pfn = None
        if pcp_allowed(order) and not locked:
            pcp = zone.pcp[cpu]
            pcp.free_factor >>= 1
            pfn = pcp.take(zone, cpu, order, mt, flags)
        if pfn is None:
            pfn = self.rmqueue_buddy(zone, order, mt, flags, cpu)
        zone.boosted = False
        return pfn

    def rmqueue_buddy(
        self, zone: Zone, order: int, mt: int, flags: int, cpu: int
    ) -> int | None:
        pfn = None
        if self.high_order_atomic(order, flags):
            taken = zone.buddy.take_smallest(order, HIGHATOMIC)
            pfn = taken[0] if taken else None
        if pfn is None:
            pfn = fallback.rmqueue(zone, order, mt, flags)
        if pfn is None and self.late and flags & (ALLOC_OOM | ALLOC_NON_BLOCK):
            taken = zone.buddy.take_smallest(order, HIGHATOMIC)
            pfn = taken[0] if taken else None
        if pfn is not None and zone.buddy.page_type[pfn] != ISOLATE:
            zone.count_free(cpu, -(1 << order))
        return pfn

    def alloc_pages_bulk(
        self, gfp: int, nr: int, cpu: int = 0, locked: bool = False
    ) -> list[int]:
        """Up to nr single frames. Those from the per-CPU lists have no event."""
        if nr <= 0:
            return []
        accounted = self.kmem_accounting and gfp & GFP_ACCOUNT
        zone = None if accounted or nr == 1 else self.bulk_zone(gfp, nr)
        got: list[int] = []
        if zone is not None and not locked:
            mt = self.migratetype(gfp)
            while len(got) < nr:
                pfn = zone.pcp[cpu].take(zone, cpu, 0, mt, WMARK_LOW)
                if pfn is None:
                    break
                got.append(pfn)
        if not got:
            pfn = self.alloc_pages(gfp, 0, cpu, locked)
            if pfn is not None:
                got.append(pfn)
        return got

    def bulk_zone(self, gfp: int, nr: int) -> Zone | None:
        """First zone that stays above LOW after all nr pages, or None."""
        zones = self.zonelist(gfp_zone(gfp, self.arch))
        for zone in zones:
            mark = zone.mark(WMARK_LOW) + nr
            if zone.watermark_fast(0, mark, zones[0].index, WMARK_LOW, gfp):
                return zone
        return None

    # Freeing

    def free_prepare(self, pfn: int, order: int) -> None:
        """First half of a free: the event; the frame takes its pageblock's type."""
        zone = self.zone_of(pfn)
        buddy = zone.buddy
        if buddy.holding_block(pfn) is not None or zone.on_pcp(pfn):
            raise ValueError(f"frame {pfn:#x} is freed but is free already")
        self.events.append(("mm_page_free", pfn, order))
        buddy.page_type[pfn] = buddy.type_of(pfn)

    def free_commit(
        self, pfn: int, order: int, cpu: int = 0, locked: bool = False
    ) -> None:
        """Second half: the block goes to the per-CPU lists or the buddy lists."""
        zone = self.zone_of(pfn)
        if pcp_allowed(order):
            zone.pcp[cpu].put(zone, cpu, pfn, order, locked)
        else:
            zone.free_direct(cpu, pfn, order, zone.buddy.type_of(pfn))

    def free_pages(
        self, pfn: int, order: int, cpu: int = 0, locked: bool = False
    ) -> None:
        """Frees a block of 2**order pages (the last reference)."""
        self.free_prepare(pfn, order)
        self.free_commit(pfn, order, cpu, locked)

    def free_batched_commit(self, pfn: int, cpu: int = 0, locked: bool = False) -> None:
        """What the second pass of a batch does with one page."""
        if not locked:
            self.events.append(("mm_page_free_batched", pfn))
        self.free_commit(pfn, 0, cpu, locked)

    def free_pages_list(
        self, pfns: list[int], cpu: int = 0, locked: bool = False
    ) -> None:
        """Frees single pages in two passes: all are prepared, then all committed."""
        pending = []
        for pfn in pfns:
            self.free_prepare(pfn, 0)
            if self.zone_of(pfn).buddy.page_type[pfn] == ISOLATE:
                self.free_commit(pfn, 0, cpu, locked)
            else:
                pending.append(pfn)
        for pfn in pending:
            self.free_batched_commit(pfn, cpu, locked)

    def split_page(self, pfn: int, order: int) -> list[int]:
        """Makes single pages of a block in use: no list changes, no event."""
        return list(range(pfn, pfn + (1 << order)))

    def free_direct_to_tail(self, pfn: int, order: int, cpu: int = 0) -> None:
        """Frees past the per-CPU lists, to a tail (surplus of alloc_pages_exact)."""
        self.free_prepare(pfn, order)
        zone = self.zone_of(pfn)
        zone.free_block(cpu, pfn, order, zone.buddy.type_of(pfn), to_tail=True)

    # Everything else

    def isolate_free_page(self, pfn: int, cpu: int = 0) -> int:
        """Compaction takes a free block off its list; 0 if memory is too low."""
        zone = self.zone_of(pfn)
        buddy = zone.buddy
        order = buddy.order_of[pfn]
        if buddy.type_of(pfn) != ISOLATE:
            mark = zone.watermark[WMARK_MIN] + (1 << order)
            if not zone.watermark_ok(0, mark, 0, ALLOC_CMA, zone.visible_free()):
                return 0
            zone.count_free(cpu, -(1 << order))
        buddy.remove(pfn)
        if order >= buddy.pageblock_order - 1:
            pageblock = 1 << buddy.pageblock_order
            for frame in range(pfn, pfn + (1 << order), pageblock):
                if mergeable(buddy.type_of(frame)):
                    zone.set_pageblock_type(frame, MOVABLE)
        return 1 << order

    def drain_zone(self, zone: Zone, owner: int, cpu: int) -> None:
        """CPU `cpu` drains the lists that `owner` has in this zone."""
        zone.pcp[owner].drain_all(zone, cpu)

    def drain_all_pages(self, cpu: int = 0) -> None:
        """Drains all CPUs in order, each zone by zone; `cpu` does the work."""
        for owner in range(self.cpus):
            for zone in self.zones:
                self.drain_zone(zone, owner, cpu)

    def unreserve_highatomic(self, gfp: int, force: bool) -> bool:
        mt = self.migratetype(gfp)
        return any(
            zone.unreserve_highatomic(mt, force)
            for zone in self.zonelist(gfp_zone(gfp, self.arch))
        )

    def fold(self, cpu: int) -> None:
        """The vmstat worker adds this CPU's differences to every zone."""
        for zone in self.zones:
            zone.fold(cpu)

    def dump(self) -> dict[int, dict[str, object]]:
        """Everything that decides the future, by zone index, for comparing."""
        return {zone.index: dump_zone(zone) for zone in self.zones}


def dump_zone(zone: Zone) -> dict[str, object]:
    """Lists run from head to tail; empty ones are left out."""
    return {
        "free": zone.buddy.dump(),
        "nr_free": list(zone.buddy.nr_free),
        "pcp": {
            (cpu, index): list(pcp.lists[index])
            for cpu, pcp in enumerate(zone.pcp)
            for index in range(len(pcp.lists))
            if pcp.lists[index]
        },
        "pcp_count": [pcp.count for pcp in zone.pcp],
        "free_factor": [pcp.free_factor for pcp in zone.pcp],
        "pageblocks": dict(zone.buddy.block_type),
        "free_global": zone.free_global,
        "diff": list(zone.diff),
        "boost": zone.boost,
        "boosted": zone.boosted,
        "highatomic": zone.nr_highatomic,
    }
