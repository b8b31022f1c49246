"""A machine from what /proc tells of its free memory, without a state file.

zoneinfo gives the zones, their sizes, marks, reserves and per-CPU sets,
buddyinfo and pagetypeinfo how many blocks of each order and migratetype are
free and how many pageblocks each migratetype has. Where a block lies nobody
tells. The rule here:

1. A zone's missing pageblocks (a hole in its addresses) are its last ones.
2. Free blocks of the largest order lie at the top of the zone, Movable
   highest, below them Reclaimable, HighAtomic, Isolate, Unmovable.
3. The other pageblocks have their migratetypes in ascending order of
   addresses: Unmovable, Reclaimable, HighAtomic, Isolate, Movable.
4. A smaller free block lies in a pageblock of its migratetype, the largest
   first, in the smallest gap that takes it without its buddy, of these in the
   highest, in its upper half; so no two buddies of one order are both free.
   Where a migratetype has no room left, the next one lends it (a list of 6.1
   may hold blocks of other pageblocks).
5. Lists are in ascending order of addresses.
6. Pages on per-CPU lists are single and on the Movable list, as long as
   Movable pageblocks have pages in use; the lowest of these, in ascending
   order. All other pages are in use by an owner of whom nothing is known.
7. The counter of free pages is zoneinfo's where the differences that CPUs
   keep for themselves can be what the lists hold more or less, the first
   CPU's as large as can be; otherwise it is what the lists hold.

The three files are read one after the other. Where they contradict each
other pagetypeinfo is taken, or buddyinfo where there is none: then every
pageblock is Movable.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import chain

from . import _core
from .events import MIGRATETYPES, NR_ORDERS, PAGEBLOCK_ORDER
from .files import read_input
from .procfs import (
    MAX_RECLAIM_RETRIES,
    PageSet,
    PageTypeInfo,
    ZoneInfo,
    ZoneKey,
    read_buddyinfo,
    read_pagetypeinfo,
    read_zoneinfo,
)

PAGEBLOCK = 1 << PAGEBLOCK_ORDER
PAIR = 1 << (NR_ORDERS - 1)
UNMOVABLE, MOVABLE, RECLAIMABLE, HIGHATOMIC, ISOLATE = range(5)
UPWARDS = (UNMOVABLE, RECLAIMABLE, HIGHATOMIC, ISOLATE, MOVABLE)
HOLE = 0xFF

KERNELS = {False: "6.1.192", True: "6.12.111"}
"""Whose behaviour is taken when no kernel is named, by: zoneinfo has promo."""

ADDRESSES = {
    "x86_64": "vmemmap ffffea0000000000 page_offset ffff888000000000 page_size 64",
    "i386": "vmemmap 0 page_offset c0000000 page_size 40",
}
"""What a kernel without address randomization says of itself."""

Text = str | bytes


@dataclass
class _Gaps:
    """Frames of one migratetype that are not free: aligned powers of two.

    A gap may be filled only half, so that a block never meets a free buddy;
    one at the edge of its zone has no buddy and may be filled. By size; heaps
    of negative frame numbers, so that the highest comes first.
    """

    half: list[list[int]] = field(
        default_factory=lambda: [[] for _ in range(NR_ORDERS)]
    )
    edge: list[list[int]] = field(
        default_factory=lambda: [[] for _ in range(NR_ORDERS)]
    )

    def take(self, order: int) -> int | None:
        """The place of a free block, or None."""
        if self.edge[order]:
            return -heappop(self.edge[order])
        for size in range(order + 1, NR_ORDERS):
            for gaps in (self.edge, self.half):
                if gaps[size]:
                    return self._cut(-heappop(gaps[size]), size, order)
        return None

    def _cut(self, start: int, size: int, order: int) -> int:
        while size > order + 1:
            size -= 1
            heappush(self.half[size], -start)
            start += 1 << size
        heappush(self.half[order], -start)
        return start + (1 << order)


def _aligned(start: int, end: int) -> Iterator[tuple[int, int]]:
    """(start, order) of the largest aligned pieces of a run, within pageblocks."""
    while start < end:
        order = min((start & -start).bit_length() - 1 if start else 99, PAGEBLOCK_ORDER)
        while start + (1 << order) > end:
            order -= 1
        yield start, order
        start += 1 << order


class _Layout:
    """Where the free blocks of one zone lie."""

    def __init__(
        self, start: int, end: int, blocks: list[int], free: list[list[int]]
    ) -> None:
        """blocks: pageblocks of each type; free: blocks of each [type][order]."""
        self.start, self.end = start, end
        self.first = start // PAGEBLOCK
        count = -(-end // PAGEBLOCK) - self.first
        present = min(count, sum(blocks))
        self.types: list[int] = [HOLE] * count
        self.lists: dict[tuple[int, int], list[int]] = defaultdict(list)
        self.left = list(blocks)
        self.left[MOVABLE] += count - present - max(0, count - sum(blocks))
        self.open = [True] * present + [False] * (count - present)
        self._largest(free)
        self._deal()
        self._pageblocks(free)
        self._smaller(free)

    def _whole(self, block: int) -> bool:
        """Does the pageblock with this index lie in the zone, unused so far?"""
        at = (self.first + block) * PAGEBLOCK
        inside = at >= self.start and at + PAGEBLOCK <= self.end
        return inside and 0 <= block < len(self.open) and self.open[block]

    def _assign(self, block: int, kind: int) -> None:
        if not self.left[kind]:  # 6.1: on the list of another type
            kind = max(UPWARDS, key=lambda t: self.left[t])
        self.left[kind] -= 1
        self.types[block] = kind
        self.open[block] = False

    def _largest(self, free: list[list[int]]) -> None:
        block = len(self.types)
        for kind in reversed(UPWARDS):
            for _ in range(free[kind][NR_ORDERS - 1]):
                block -= 2
                block -= (self.first + block) % 2
                while block >= 0 and not (
                    self._whole(block) and self._whole(block + 1)
                ):
                    block -= 2
                if block < 0:
                    raise _core.StateError(
                        f"more free blocks of order {NR_ORDERS - 1} than the zone has "
                        "room for; copy the files again"
                    )
                self._assign(block, kind)
                self._assign(block + 1, kind)
                self.lists[NR_ORDERS - 1, kind].append((self.first + block) * PAGEBLOCK)

    def _deal(self) -> None:
        kinds = chain.from_iterable([kind] * self.left[kind] for kind in UPWARDS)
        for block, kind in zip(
            (b for b, is_open in enumerate(self.open) if is_open), kinds, strict=False
        ):
            self.types[block] = kind

    def _pageblocks(self, free: list[list[int]]) -> None:
        """Blocks of the order of a pageblock: never both of a pair."""
        taken: set[int] = set()
        for kind in reversed(UPWARDS):
            for _ in range(free[kind][PAGEBLOCK_ORDER]):
                block = self._free_pageblock(kind, taken)
                taken.add(self.first + block)
                self.open[block] = False
                at = (self.first + block) * PAGEBLOCK
                self.lists[PAGEBLOCK_ORDER, kind].append(at)

    def _free_pageblock(self, kind: int, taken: set[int]) -> int:
        for own in (True, False):
            candidates = [
                block
                for block in reversed(range(len(self.types)))
                if self._whole(block)
                and (self.first + block) ^ 1 not in taken
                and (not own or self.types[block] == kind)
            ]
            # first those whose buddy could not be free anyway
            for block in candidates:
                if not self._whole(((self.first + block) ^ 1) - self.first):
                    return block
            if candidates:
                return candidates[0]
        raise _core.StateError(
            f"more free blocks of order {PAGEBLOCK_ORDER} than the zone has room for; "
            "copy the files again"
        )

    def _gaps(self) -> dict[int, _Gaps]:
        gaps = {kind: _Gaps() for kind in UPWARDS}
        for block, kind in enumerate(self.types):
            if not self.open[block]:
                continue
            at = (self.first + block) * PAGEBLOCK
            run = max(at, self.start), min(at + PAGEBLOCK, self.end)
            for start, order in _aligned(*run):
                buddy = start ^ (1 << order)
                edge = buddy < run[0] or buddy + (1 << order) > run[1]
                edge &= order < PAGEBLOCK_ORDER
                own = gaps[kind].edge if edge else gaps[kind].half
                heappush(own[order], -start)
        return gaps

    def _smaller(self, free: list[list[int]]) -> None:
        gaps = self._gaps()
        for order in reversed(range(PAGEBLOCK_ORDER)):
            for kind in reversed(UPWARDS):
                for _ in range(free[kind][order]):
                    places = (gaps[k].take(order) for k in (kind, *reversed(UPWARDS)))
                    place = next((p for p in places if p is not None), None)
                    if place is None:
                        raise _core.StateError(
                            f"more free blocks of order {order} than the zone has "
                            "room for; copy the files again"
                        )
                    self.lists[order, kind].append(place)

    def free_pages(self) -> int:
        """Pages on the lists, without those being isolated."""
        return sum(
            len(pfns) << order
            for (order, kind), pfns in self.lists.items()
            if kind != ISOLATE
        )

    def used(self) -> Iterator[tuple[int, int]]:
        """(frame, migratetype) of the frames in use, Movable pageblocks first."""
        is_free = bytearray(self.end - self.start)
        for (order, _), pfns in self.lists.items():
            for pfn in pfns:
                at = pfn - self.start
                is_free[at : at + (1 << order)] = b"\1" * (1 << order)
        for kind in (MOVABLE, UNMOVABLE, RECLAIMABLE):
            for block, own in enumerate(self.types):
                at = (self.first + block) * PAGEBLOCK
                if own == kind:
                    for pfn in range(
                        max(at, self.start), min(at + PAGEBLOCK, self.end)
                    ):
                        if not is_free[pfn - self.start]:
                            yield pfn, kind


def _free_lists(
    key: ZoneKey, info: PageTypeInfo | None, buddyinfo: dict[ZoneKey, tuple[int, ...]]
) -> list[list[int]]:
    """Free blocks of each [migratetype][order]. CMA counts as Movable."""
    free = [[0] * NR_ORDERS for _ in MIGRATETYPES]
    if info is None:
        free[MOVABLE] = [n for n, _ in zip(buddyinfo[key], free[MOVABLE], strict=True)]
        return free
    for name, counts in info.free[key].items():
        kind = MIGRATETYPES.index(name) if name in MIGRATETYPES else MOVABLE
        free[kind] = [a + b for a, b in zip(free[kind], counts, strict=True)]
    if info.capped and key in buddyinfo:
        for order, total in enumerate(buddyinfo[key]):
            longest = max(free, key=lambda counts, o=order: counts[o])  # type: ignore[misc]
            longest[order] += max(0, total - sum(counts[order] for counts in free))
    return free


def _pageblocks(key: ZoneKey, zone: ZoneInfo, info: PageTypeInfo | None) -> list[int]:
    blocks = [0] * len(MIGRATETYPES)
    if info is None:
        blocks[MOVABLE] = -(-zone["present"] // PAGEBLOCK)
        return blocks
    for name, count in info.blocks[key].items():
        kind = MIGRATETYPES.index(name) if name in MIGRATETYPES else MOVABLE
        blocks[kind] += count
    return blocks


@dataclass
class _Node:
    """One node and the zones of it that have pages."""

    id: int
    zones: list[ZoneInfo]
    names: list[str]
    """Of all zones that its kernel prints: what a protection is indexed by."""
    cpus: int
    """CPUs of the node, or all where it has none."""
    types: tuple[str, ...]
    """Zones of the model's kernel, by index."""


def _arch(zones: list[ZoneInfo]) -> str:
    """Whose zones a kernel has that prints these: no DMA32 means 32 bits.

    A kernel before 4.12 prints no empty zones.
    """
    names = {zone.name for zone in zones}
    is_32bit = "HighMem" in names or ("Normal" in names and "DMA32" not in names)
    return "i386" if is_32bit else "x86_64"


def _nodes(zones: list[ZoneInfo], arch: str) -> tuple[list[_Node], int]:
    """Nodes with memory, and the number of CPUs, dealt to the nodes in order."""
    types = _core.ZONE_TYPES[arch]
    for zone in zones:  # a kernel before 3.9 prints no managed pages
        zone.values.setdefault("managed", zone.values.get("present", 0))
    ids = sorted({zone.node for zone in zones if zone.populated})
    cpus = max((len(zone.pagesets) for zone in zones), default=0)
    if not ids or not cpus:
        raise _core.TraceError("zoneinfo: no zone with pages and CPUs; copy it again")
    for zone in zones:
        if zone.populated and zone.name not in types:
            raise _core.StateError(
                f"zone {zone.name} of node {zone.node}: this model has the zones "
                + ", ".join(types)
            )
    owner = [ids[cpu * len(ids) // cpus] for cpu in range(cpus)]
    return [
        _Node(
            id=node,
            zones=[zone for zone in zones if zone.node == node and zone.populated],
            names=[zone.name for zone in zones if zone.node == node],
            cpus=owner.count(node) or cpus,
            types=types,
        )
        for node in ids
    ], cpus


def _reserve(node: _Node, zone: ZoneInfo) -> list[int]:
    """lowmem_reserve by the model's zone types; one the kernel lacks as below."""
    by_name = dict(zip(node.names, zone.protection, strict=False))
    reserve: list[int] = []
    for name in node.types:
        reserve.append(by_name.get(name, reserve[-1] if reserve else 0))
    return reserve


def _total_reserve(node: _Node) -> int:
    return sum(
        min(
            zone["managed"],
            max(_reserve(node, zone)[node.types.index(zone.name) :])
            + zone["high"]
            - zone.values.get("boost", 0),
        )
        for zone in node.zones
    )


def _bounds(zone: ZoneInfo, pcp: PageSet, node: _Node) -> tuple[int, int]:
    """high_min and high_max: as printed, or by the kernel's rule."""
    least = max(zone["low"] // node.cpus, 4 * pcp.batch)
    most = max(zone["managed"] // 8 // node.cpus, 4 * pcp.batch)
    return pcp.high_min or least, pcp.high_max or most


def _pcp_lines(
    zone: ZoneInfo, node: _Node, layout: _Layout, tuned: bool
) -> Iterator[str]:
    used = layout.used()
    for cpu, pcp in enumerate(zone.pagesets):
        pages: list[list[int]] = [[], [], []]
        for _ in range(pcp.count):
            pfn, kind = next(used, (None, 0))
            if pfn is not None:
                pages[kind].append(pfn)
        fields = "free_factor 0"
        if tuned:
            least, most = _bounds(zone, pcp, node)
            fields = f"high_min {least} high_max {most} flags 0"
            fields += " alloc_factor 0 free_count 0"
        count = sum(map(len, pages))
        yield f"pcp {cpu} count {count} high {pcp.high} batch {pcp.batch} {fields}"
        for kind, pfns in enumerate(pages):
            if pfns:
                yield f"pcplist {cpu} {kind} " + " ".join(f"{pfn:x}" for pfn in pfns)


def _counter_line(zone: ZoneInfo, pages: int) -> str:
    left = pages - zone["free"]
    diffs = []
    for pcp in zone.pagesets:
        most = pcp.threshold or 0
        diffs.append(max(-most, min(most, left)))
        left -= diffs[-1]
    if left:
        diffs = [0] * len(diffs)
    return f"vmstat free {pages - sum(diffs)} " + " ".join(
        f"cpu{cpu}_diff {diff} cpu{cpu}_threshold {pcp.threshold or 0}"
        for cpu, (diff, pcp) in enumerate(zip(diffs, zone.pagesets, strict=True))
    )


def _zone_lines(
    zone: ZoneInfo, node: _Node, layout: _Layout, tuned: bool
) -> Iterator[str]:
    boost = zone.values.get("boost", 0)
    marks = [zone[name] - boost for name in ("min", "low", "high")]
    index = node.types.index(zone.name)
    start = zone["start_pfn"]
    yield (
        f"zone {zone.node} {index} {zone.name} start {start} "
        f"spanned {zone['spanned']} present {zone['present']} managed {zone['managed']}"
    )
    yield "zflags 0"
    first = zone.pagesets[0]
    threshold = max(pcp.threshold or 0 for pcp in zone.pagesets)
    drift = threshold * len(zone.pagesets)
    reserved = layout.types.count(HIGHATOMIC) * PAGEBLOCK
    high = _bounds(zone, first, node)[1] if tuned else first.high
    yield (
        f"wmark {marks[0]} {marks[1]} {marks[2]} boost {boost} highatomic {reserved} "
        f"pcp_high {high} pcp_batch {first.batch}"
    )
    yield "lowmem_reserve " + " ".join(map(str, _reserve(node, zone)))
    yield _counter_line(zone, layout.free_pages())
    yield f"drift_mark {marks[2] + drift if drift > marks[1] - marks[0] else 0}"
    yield (
        "compact free_pfn 0 migrate_pfn 0 0 init_migrate 0 init_free 0 considered 0 "
        "defer_shift 0 order_failed 0 blockskip_flush 0"
    )
    yield f"pageblocks {layout.first * PAGEBLOCK} " + " ".join(
        f"{kind:x}" for kind in layout.types
    )
    for order in range(NR_ORDERS):
        count = 0
        for kind in range(len(MIGRATETYPES)):
            pfns = sorted(layout.lists.get((order, kind), ()))
            count += len(pfns)
            if pfns:
                yield f"free {order} {kind} " + " ".join(f"{pfn:x}" for pfn in pfns)
        yield f"nr_free {order} {count}"
    yield from _pcp_lines(zone, node, layout, tuned)


def _node_lines(node: _Node) -> str:
    start = min(zone["start_pfn"] for zone in node.zones)
    end = max(zone["start_pfn"] + zone["spanned"] for zone in node.zones)
    present = sum(zone["present"] for zone in node.zones)
    hopeless = any(zone.values.get("node_unreclaimable") for zone in node.zones)
    return (
        f"pgdat {node.id} start {start} spanned {end - start} present {present} "
        f"kswapd_order 0 kswapd_highest_zoneidx {len(node.types)} "
        f"kswapd_failures {MAX_RECLAIM_RETRIES * hopeless} "
        f"totalreserve {_total_reserve(node)}"
    )


def state_text(
    zoneinfo: Text,
    buddyinfo: Text | None = None,
    pagetypeinfo: Text | None = None,
    *,
    kernel: str | None = None,
) -> bytes:
    """A state file in text, made from the files of /proc by the rule above.

    kernel: the version whose machine it is; None for 6.1 or 6.12, told by
    zoneinfo. TraceError or StateError, naming the file or zone, for text that
    is garbled, incomplete or contradicts itself.
    """
    zones = read_zoneinfo(zoneinfo)
    counts = read_buddyinfo(buddyinfo) if buddyinfo else {}
    info = read_pagetypeinfo(pagetypeinfo) if pagetypeinfo else None
    if info is None and not counts:
        raise _core.TraceError("no buddyinfo and no pagetypeinfo; give one of them")
    arch = _arch(zones)
    nodes, cpus = _nodes(zones, arch)
    promo = any("promo" in zone.values for zone in zones)
    kernel = kernel or KERNELS[promo]
    _, items = _core.profile_for_kernel(kernel)
    total = sum(_total_reserve(node) for node in nodes)
    lines = [
        f"pgsnap 1 kernel {kernel} nr_orders {NR_ORDERS} nr_mt {len(MIGRATETYPES)} "
        f"pageblock_order {PAGEBLOCK_ORDER} cpu 0",
        f"{ADDRESSES[arch]} cpus {cpus} numa_nodes {len(nodes)}",
        f"totalreserve {total} mobility_disabled 0",
    ]
    for node in nodes:
        lines.append(_node_lines(node))
        for zone in node.zones:
            layout = _layout(zone, counts, info)
            lines.extend(_zone_lines(zone, node, layout, bool(items["pcp_auto_tune"])))
    return ("\n".join([*lines, "end"]) + "\n").encode()


def _layout(
    zone: ZoneInfo, counts: dict[ZoneKey, tuple[int, ...]], info: PageTypeInfo | None
) -> _Layout:
    key = (zone.node, zone.name)
    title = f"zone {zone.name} of node {zone.node}"
    known: set[ZoneKey] = set(info.free if info else counts)
    if key not in known:
        raise _core.StateError(
            f"{title} is in zoneinfo only; copy the files of one machine"
        )
    start = zone["start_pfn"]
    try:
        return _Layout(
            start,
            start + zone["spanned"],
            _pageblocks(key, zone, info),
            _free_lists(key, info, counts),
        )
    except _core.StateError as error:
        raise _core.StateError(f"{title}: {error}") from None
    except ValueError:
        raise _core.StateError(
            f"{title} has not {NR_ORDERS} orders; this model has no other number"
        ) from None


def read_folder(folder: str | os.PathLike[str]) -> dict[str, bytes]:
    """zoneinfo, and buddyinfo and pagetypeinfo as far as they can be read."""
    texts = {"zoneinfo": read_input(os.path.join(folder, "zoneinfo"))}
    for name in ("buddyinfo", "pagetypeinfo"):
        path = os.path.join(folder, name)
        if os.access(path, os.R_OK):
            texts[name] = read_input(path)
    return texts


def kernel_version(folder: str | os.PathLike[str]) -> str | None:
    """What `version` or `uname` in the folder says, if there is one."""
    for name in ("version", "uname"):
        path = os.path.join(folder, name)
        if os.access(path, os.R_OK):
            text = read_input(path)
            # Debian's own number says less than the release it is made from
            match = re.search(rb"Debian (\d+\.\d+\.\d+)", text)
            match = match or re.search(rb"\b(\d+\.\d+\.\d+)", text)
            if match:
                return match[1].decode()
    return None


__all__ = ["kernel_version", "read_folder", "state_text"]
