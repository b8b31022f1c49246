"""What a zoneinfo tells of the boot at which its marks were computed.

A kernel computes watermarks, reserves and per-CPU high marks from the pages
that its zones manage at that time. Its own init code and the initial file
system are given back a moment later: `managed` grows, the marks stay. So

    managed then <= managed now,

and the marks themselves say by how much: min is the zone's share of
min_free_kbytes, lowmem_reserve a share of the zones above. `boot_sizes` finds
the largest managed pages, and min_free_kbytes, from which every mark follows;
if there are some for which that is the kernel's own choice, those. ZONE_DMA
has nothing to give back: nothing is loaded there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isqrt

from .procfs import ZoneInfo, ZoneKey

USABLE = ("DMA", "DMA32", "Normal")
"""Zones that the kernel itself can use at any time."""

RATIO = {"DMA": 256, "DMA32": 256, "Normal": 32}
"""lowmem_reserve_ratio by default; other zones keep nothing for higher ones."""

LOWMEM = 896 << 8
"""Frames: what a 32-bit kernel can use at any time ends here or below."""

SCALE_FACTOR = 10
"""watermark_scale_factor by default."""

LATER = 4
"""At most one part in this of all memory is looked for as given back later."""

NEAR = 4096
"""Pages: solutions further apart than this are not looked for."""

Range = tuple[int, int]


@dataclass(frozen=True)
class BootSizes:
    """Pages by zone, for the zones that have any."""

    pages_min: int
    """min_free_kbytes / 4."""
    managed: dict[ZoneKey, int]
    """Managed pages when the marks were set."""
    managed_before: dict[ZoneKey, int]
    """Managed pages when the reserves were set.

    The same, but where the marks were set once more, as when huge pages are
    switched on.
    """

    @property
    def min_free_kbytes(self) -> int:
        """The sysctl, in steps of a page."""
        return 4 * self.pages_min


def _up(a: int, b: int) -> int:
    return -(-a // b)


def _meet(a: Range, b: Range) -> Range:
    return max(a[0], b[0]), min(a[1], b[1])


def _share(part: int, total: int, of: int) -> Range:
    """All n with n * total // of == part."""
    return _up(part * of, total), _up((part + 1) * of, total) - 1


def _key(zone: ZoneInfo) -> ZoneKey:
    return zone.node, zone.name


def _by_reserves(zones: list[ZoneInfo]) -> dict[ZoneKey, Range]:
    """Managed pages as the reserve of the populated zone below leaves them."""
    ranges = {_key(zone): (0, zone["managed"]) for zone in zones}
    for i, low in enumerate(zones):
        above = [j for j in range(i + 1, len(zones)) if zones[j].node == low.node]
        ratio = RATIO.get(low.name)
        populated = [j for j in above if zones[j].populated]
        if low.populated and ratio and populated:
            first = populated[0]
            kept = low.protection[first - i + _place(zones, i)]
            key = _key(zones[first])
            ranges[key] = _meet(ranges[key], (kept * ratio, kept * ratio + ratio - 1))
    return ranges


def _place(zones: list[ZoneInfo], i: int) -> int:
    """Index of a zone in its node."""
    return sum(zone.node == zones[i].node for zone in zones[:i])


def _reserves_hold(zones: list[ZoneInfo], managed: dict[ZoneKey, int]) -> bool:
    for i, low in enumerate(zones):
        above = 0
        for j in range(i + 1, len(zones)):
            if zones[j].node != low.node:
                continue
            above += managed.get(_key(zones[j]), 0)
            ratio = RATIO.get(low.name, 0) if low.populated else 0
            kept = above // ratio if ratio else 0
            if low.protection[j - i + _place(zones, i)] != kept:
                return False
    return True


def _by_marks(zone: ZoneInfo, pages_min: int, lowmem: int, scale: int) -> Range:
    """Managed pages from which min and the distance of the marks follow."""
    least = _least(zone)
    step = zone["low"] - zone["min"]
    share = _share(least, pages_min, lowmem)
    quarter = least // 4
    if step == quarter:  # the scale factor gave no more
        return _meet(share, (0, _share(step, scale, 10000)[1]))
    return _meet(share, _share(step, scale, 10000)) if step > quarter else (1, 0)


def _by_own_marks(zone: ZoneInfo, pages_min: int, lowmem: int, scale: int) -> Range:
    """The same for a zone whose min is managed / 1024, within 32 to 128."""
    least = _least(zone)
    step = zone["low"] - zone["min"]
    by_scale = _share(step, scale, 10000)
    fewest = min(_share(4 * step, pages_min, lowmem)[0], by_scale[0])
    most = min(_share(4 * step + 3, pages_min, lowmem)[1], by_scale[1])
    low = 0 if least == 32 else 1024 * least
    high = zone["managed"] if least == 128 else 1024 * least + 1023
    return _meet((fewest, most), (low, high)) if 32 <= least <= 128 else (1, 0)


def _least(zone: ZoneInfo) -> int:
    """The min mark without boost."""
    return zone["min"] - zone.values.get("boost", 0)


def has_own_min(zone: ZoneInfo, zones: list[ZoneInfo]) -> bool:
    """Does the zone not share in min_free_kbytes?

    HighMem, Movable that was cut from it, and any Movable of 6.12, which
    prints promo.
    """
    if zone.name != "Movable":
        return zone.name == "HighMem"
    highmem = [z for z in zones if z.name == "HighMem"]
    start = zone.values.get("start_pfn", 0)
    cut = any(z.populated for z in highmem) or start >= LOWMEM
    return "promo" in zone.values or bool(highmem and cut)


def solutions(
    zones: list[ZoneInfo],
    *,
    scale: int = SCALE_FACTOR,
    reserves: bool = True,
    limits: Mapping[ZoneKey, Range] | None = None,
) -> Iterator[tuple[int, dict[ZoneKey, int]]]:
    """(pages_min, managed pages) from which all marks follow, most pages first.

    reserves: they must follow too. limits: fewest and most managed pages of a
    zone, where more is known of it.
    """
    some = [zone for zone in zones if zone.populated]
    known = _by_reserves(zones) if reserves else {}
    rules = []
    sharing = []
    for zone in some:
        limit = known.get(_key(zone), (0, zone["managed"]))
        if limits and _key(zone) in limits:
            limit = _meet(limit, limits[_key(zone)])
        if zone.name == "DMA":
            limit = _meet(limit, (zone["managed"], zone["managed"]))
        own = has_own_min(zone, zones)
        rules.append((zone, limit, _by_own_marks if own else _by_marks))
        sharing += [] if own else [zone]
    last = 0
    total = sum(zone["managed"] for zone in sharing)
    least = sum(_least(zone) for zone in sharing)
    for lowmem in range(total, total - total // LATER, -1):
        if last > lowmem + NEAR:
            return
        for pages_min in range(max(1, least), least + len(sharing)):
            ranges = {}
            for zone, limit, by_marks in rules:
                low, high = _meet(limit, by_marks(zone, pages_min, lowmem, scale))
                if low > high:
                    break
                ranges[_key(zone)] = low, high
            if len(ranges) < len(rules):
                continue
            managed = {key: high for key, (_, high) in ranges.items()}
            excess = sum(managed[_key(zone)] for zone in sharing) - lowmem
            for key in reversed([_key(zone) for zone in sharing]):
                less = min(max(excess, 0), managed[key] - ranges[key][0])
                managed[key] -= less
                excess -= less
            if excess == 0 and (not reserves or _reserves_hold(zones, managed)):
                last = lowmem
                yield pages_min, managed


def is_kernels_choice(
    pages_min: int,
    managed: Mapping[ZoneKey, int],
    scale: int,
    lowmem: int | None = None,
) -> bool:
    """Is it what a kernel gives min_free_kbytes by itself?

    The square root of 16 times the KiB that the kernel itself can use; where
    huge pages are on, 11 pageblocks for each such zone, but at most 5 % of
    what lies above the high marks that the square root had led to. lowmem:
    pages of the zones that share in it, None: of those usable ones.
    """
    usable = [pages for (_, name), pages in managed.items() if name in USABLE]
    lowmem = lowmem or sum(usable)
    root = isqrt(64 * sum(usable)) // 4
    above = 0
    for pages in usable:
        least = root * pages // lowmem
        above += pages - least - 2 * max(least // 4, pages * scale // 10000)
    huge = min(11 * 512 * len(usable), above // 20)
    return pages_min in (root, huge)


def _best(
    zones: list[ZoneInfo], scale: int, *, reserves: bool
) -> tuple[int, dict[ZoneKey, int]] | None:
    first = None
    own = {_key(zone) for zone in zones if has_own_min(zone, zones)}
    for found in solutions(zones, scale=scale, reserves=reserves):
        lowmem = sum(pages for key, pages in found[1].items() if key not in own)
        if is_kernels_choice(*found, scale, lowmem):
            return found
        first = first or found
    return first


def boot_sizes(zones: list[ZoneInfo], *, scale: int = SCALE_FACTOR) -> BootSizes:
    """The boot of a zoneinfo, read by `procfs.read_zoneinfo`.

    scale: watermark_scale_factor. ValueError when no managed pages give these
    marks: sysctls were changed, or a kernel with other rules set them.
    """
    found = _best(zones, scale, reserves=True)
    if found:
        return BootSizes(*found, managed_before=found[1])
    before = {key: most for key, (_, most) in _by_reserves(zones).items()}
    before = {key: pages for key, pages in before.items() if pages}
    if _reserves_hold(zones, before):
        found = _best(zones, scale, reserves=False)
        if found:
            return BootSizes(*found, managed_before=before)
    raise ValueError(
        "the marks of this zoneinfo follow from no number of managed pages by the "
        f"kernel's rule with watermark_scale_factor {scale}; give the value of "
        "/proc/sys/vm/watermark_scale_factor, and leave out other changed sysctls"
    )


__all__ = ["BootSizes", "boot_sizes", "solutions"]
