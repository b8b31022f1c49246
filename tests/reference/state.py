# SPDX-License-Identifier: GPL-2.0-only
"""Builds the slow twin from the text of a recorded state file (6.1 only).

The stored type of a page on a per-CPU list is not in the file. It is taken to be
the type of its list; for a page of a HIGHATOMIC pageblock on a movable list it is
HIGHATOMIC, and for a huge page on the unmovable list its pageblock's.
"""

from __future__ import annotations

from .buddy import HIGHATOMIC, MOVABLE, PCP_TYPES
from .page_alloc import PageAllocator, Zone
from .pcp import LOW_LISTS

ZFLAG_BOOSTED = 1 << 0
ZFLAG_RECLAIM_ACTIVE = 1 << 1


def load(text: str, profile: str = "6.1L") -> PageAllocator:
    """Reads a state file; ValueError names the line it cannot use."""
    allocator = PageAllocator(profile)
    movable: set[int] = set()
    disabled = False
    for number, line in enumerate(text.splitlines(), 1):
        word = line.split()
        if not word:
            continue
        try:
            if word[0] == "vmemmap":
                allocator.cpus = int(word[word.index("cpus") + 1])
            elif word[0] == "totalreserve":
                disabled = word[word.index("mobility_disabled") + 1] == "1"
            elif word[0] == "movable":
                for run in word[2:]:
                    first, count = (int(part, 16) for part in run.split("+"))
                    movable.update(range(first, first + count))
            elif word[0] == "zone":
                value = {word[i]: int(word[i + 1]) for i in range(4, len(word), 2)}
                zone = allocator.add_zone(
                    int(word[2]),
                    value["start"],
                    value["spanned"],
                    value["managed"],
                    word[3],
                )
            elif word[0] in ZONE_RECORDS:
                ZONE_RECORDS[word[0]](zone, word)
                if word[0] == "lowmem_reserve" and len(word) == 5:
                    allocator.arch = "i386"  # four kinds of zones
        except (ValueError, KeyError, IndexError, UnboundLocalError) as error:
            raise ValueError(f"state line {number}: {line[:60]!r}: {error}") from error
    for zone in allocator.zones:
        zone.mobility_disabled = disabled
        zone.movable = movable
        settle_page_types(zone)
    return allocator


def read_flags(zone: Zone, word: list[str]) -> None:
    flags = int(word[1], 16)
    zone.boosted = bool(flags & ZFLAG_BOOSTED)
    zone.reclaim_active = bool(flags & ZFLAG_RECLAIM_ACTIVE)


def read_watermarks(zone: Zone, word: list[str]) -> None:
    zone.watermark = [int(value) for value in word[1:4]]
    zone.boost = int(word[word.index("boost") + 1])
    zone.nr_highatomic = int(word[word.index("highatomic") + 1])


def read_reserve(zone: Zone, word: list[str]) -> None:
    zone.lowmem_reserve = [int(value) for value in word[1:]]


def read_counter(zone: Zone, word: list[str]) -> None:
    zone.free_global = int(word[2])
    for cpu in range(len(zone.pcp)):
        zone.diff[cpu] = int(word[word.index(f"cpu{cpu}_diff") + 1])
        zone.threshold[cpu] = int(word[word.index(f"cpu{cpu}_threshold") + 1])


def read_pageblocks(zone: Zone, word: list[str]) -> None:
    first = int(word[1]) >> zone.buddy.pageblock_order
    for i, flags in enumerate(word[2:]):
        zone.buddy.block_type[first + i] = int(flags, 16) & 7


def read_free(zone: Zone, word: list[str]) -> None:
    for pfn in word[3:]:
        zone.buddy.add_tail(int(pfn, 16), int(word[1]), int(word[2]))


def read_nr_free(zone: Zone, word: list[str]) -> None:
    if zone.buddy.nr_free[int(word[1])] != int(word[2]):
        raise ValueError("nr_free differs from the lists above it")


def read_pcp(zone: Zone, word: list[str]) -> None:
    pcp = zone.pcp[int(word[1])]
    value = {word[i]: int(word[i + 1]) for i in range(2, len(word), 2)}
    pcp.count = value["count"]
    pcp.high = value["high"]
    pcp.batch = value["batch"]
    pcp.free_factor = value["free_factor"]


def read_pcplist(zone: Zone, word: list[str]) -> None:
    pcp = zone.pcp[int(word[1])]
    pcp.lists[int(word[2])] = [int(pfn, 16) for pfn in word[3:]]


def settle_page_types(zone: Zone) -> None:
    for pcp in zone.pcp:
        for index, pfns in enumerate(pcp.lists):
            for pfn in pfns:
                block = zone.buddy.type_of(pfn)
                mt = index % PCP_TYPES if index < LOW_LISTS else MOVABLE
                if index == LOW_LISTS:
                    mt = block
                elif mt == MOVABLE and block == HIGHATOMIC:
                    mt = HIGHATOMIC
                zone.buddy.page_type[pfn] = mt


ZONE_RECORDS = {
    "zflags": read_flags,
    "wmark": read_watermarks,
    "lowmem_reserve": read_reserve,
    "vmstat": read_counter,
    "pageblocks": read_pageblocks,
    "free": read_free,
    "nr_free": read_nr_free,
    "pcp": read_pcp,
    "pcplist": read_pcplist,
}
