"""The kernel's own text about free memory: written from a machine, and read.

`render` writes what /proc/buddyinfo, /proc/pagetypeinfo, /proc/zoneinfo,
/proc/slabinfo, the files unusable_index and extfrag_index of
/sys/kernel/debug/extfrag and, by the module vmallocinfo, /proc/vmallocinfo
print, byte for byte. The readers go by the labels, so they take any kernel's
files: fields that they do not know are kept by name.

What a machine does not have is left out of zoneinfo. One that was booted has
every page of user memory, so it prints what its lists and its writeback count:
all counters of a zone but the numa ones, where a kind of pages that is not
modelled (unevictable, mlocked, ...) counts 0; and of a node the pages on LRU
lists, of slabs, dirty, and being written. What counts since boot (nr_dirtied,
...) is counted for the whole machine, so it stands with a node only where there
is one node. A machine of a recorded state has pages in use of which nobody knows the
kind: it prints nr_free_pages alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import _core
from .events import MIGRATETYPES, NR_ORDERS, PAGEBLOCK_ORDER

if TYPE_CHECKING:
    from .machine import Machine

ZoneKey = tuple[int, str]
"""A zone as the files name it: its node and its name."""

FREE_LIST_MAX = 100_000
"""Where pagetypeinfo stops to count a list, and prints ">"."""

MAX_RECLAIM_RETRIES = 16
"""Runs of kswapd without success until a node counts as unreclaimable."""

OWN_MIN = 32
"""Pages: the least min of a zone that does not share in min_free_kbytes."""

NODE_SLABS = ("nr_slab_reclaimable", "nr_slab_unreclaimable")
"""What a node counts of slabs, in pages."""

NODE_EVENTS = (
    "nr_vmscan_write",
    "nr_vmscan_immediate_reclaim",
    "nr_dirtied",
    "nr_written",
)
"""What a node counts since boot, of that which a machine counts."""

SLABINFO_HEAD = (
    "slabinfo - version: 2.1\n"
    "# name            <active_objs> <num_objs> <objsize> <objperslab>"
    " <pagesperslab> : tunables <limit> <batchcount> <sharedfactor>"
    " : slabdata <active_slabs> <num_slabs> <sharedavail>\n"
)
"""The lines that slabinfo begins with."""

_HEAD = re.compile(r"Node\s+(\d+), zone\s+([^\s,]+)")
_TYPE = re.compile(r", type\s+(\S+)")


# ---- reading ------------------------------------------------------------


@dataclass(frozen=True)
class PageSet:
    """One CPU's page lists in one zone, in pages."""

    cpu: int
    count: int
    high: int
    batch: int
    threshold: int | None = None
    """Pages counted before the zone's counters are changed."""
    high_min: int | None = None
    """Bounds of high; 6.12 keeps them to itself, later kernels print them."""
    high_max: int | None = None


@dataclass
class ZoneInfo:
    """One zone of zoneinfo. Marks, sizes and counts are pages."""

    node: int
    name: str
    values: dict[str, int] = field(default_factory=dict)
    """free, boost, min, low, high, promo, spanned, present, managed, cma, ...

    min to promo include boost, as printed.
    """
    protection: tuple[int, ...] = ()
    """lowmem_reserve, by the highest zone that a request may use."""
    stats: dict[str, int] = field(default_factory=dict)
    """Counters of the zone, by name."""
    node_stats: dict[str, int] = field(default_factory=dict)
    """Counters of the node; only the first zone of a node has them."""
    pagesets: list[PageSet] = field(default_factory=list)

    def __getitem__(self, name: str) -> int:
        return self.values[name]

    @property
    def populated(self) -> bool:
        """Does the zone have pages?"""
        return self.values.get("present", 0) > 0


@dataclass
class PageTypeInfo:
    """pagetypeinfo: free blocks and pageblocks of each zone, by migratetype."""

    pageblock_order: int = PAGEBLOCK_ORDER
    free: dict[ZoneKey, dict[str, tuple[int, ...]]] = field(default_factory=dict)
    """Free blocks of each order."""
    blocks: dict[ZoneKey, dict[str, int]] = field(default_factory=dict)
    """Pageblocks."""
    capped: bool = False
    """Some list was longer than the kernel counts."""


def garbled(name: str, number: int, text: str, fault: str) -> _core.TraceError:
    """The error for line `number` of the file `name`."""
    shown = text if len(text) <= 60 else text[:57] + "..."
    return _core.TraceError(
        f"{name}:{number}: {fault}: {shown!r}; copy the file again from the machine"
    )


def decode(text: str | bytes) -> str:
    """Text of a file that may have been read as bytes."""
    return text.decode("ascii", "replace") if isinstance(text, bytes) else text


def _zone_lines(
    text: str | bytes, name: str, number: Callable[[str], int]
) -> Iterator[tuple[ZoneKey, tuple[int, ...]]]:
    """Zone and numbers of each line of a file that has one line for a zone."""
    seen = False
    for at, line in enumerate(decode(text).splitlines(), 1):
        if not line.strip():
            continue
        head = _HEAD.match(line)
        if not head:
            raise garbled(name, at, line, "is no line of a zone ('Node N, zone NAME')")
        words = line[head.end() :].split()
        try:
            numbers = tuple(number(word) for word in words)
        except ValueError:
            raise garbled(name, at, line, "has a word that is no number") from None
        if not numbers:
            raise garbled(name, at, line, "has no numbers")
        seen = True
        yield (int(head[1]), head[2]), numbers
    if not seen:
        raise _core.TraceError(f"{name}: has no zone; copy the file again")


def read_buddyinfo(
    text: str | bytes, name: str = "buddyinfo"
) -> dict[ZoneKey, tuple[int, ...]]:
    """Free blocks of each order, by zone. TraceError names a garbled line."""
    return dict(_zone_lines(text, name, int))


def _thousandths(word: str) -> int:
    match = re.fullmatch(r"(-?)(\d+)\.(\d{3})", word)
    if not match:
        raise ValueError(word)
    return (int(match[2]) * 1000 + int(match[3])) * (-1 if match[1] else 1)


def read_index(
    text: str | bytes, name: str = "index"
) -> dict[ZoneKey, tuple[int, ...]]:
    """unusable_index or extfrag_index: thousandths of each order, by zone."""
    return dict(_zone_lines(text, name, _thousandths))


def read_pagetypeinfo(text: str | bytes, name: str = "pagetypeinfo") -> PageTypeInfo:
    """pagetypeinfo of all nodes. TraceError names a garbled line."""
    info = PageTypeInfo()
    types: list[str] = []
    for at, line in enumerate(decode(text).splitlines(), 1):
        head = _HEAD.match(line)
        if line.startswith("Page block order:"):
            info.pageblock_order = int(line.split(":")[1])
        elif line.startswith("Number of"):
            mixed = "mixed" in line
            types = [] if mixed else line.partition("type ")[2].split()
        elif head:
            key = (int(head[1]), head[2])
            kind = _TYPE.match(line, head.end())
            words = line[kind.end() if kind else head.end() :].split()
            try:
                numbers = tuple(int(word.lstrip(">")) for word in words)
            except ValueError:
                raise garbled(name, at, line, "has a word that is no number") from None
            info.capped |= any(word.startswith(">") for word in words)
            if kind:
                info.free.setdefault(key, {})[kind[1]] = numbers
            elif types and len(types) != len(numbers):
                raise garbled(name, at, line, f"has not {len(types)} numbers")
            elif types:
                info.blocks[key] = dict(zip(types, numbers, strict=True))
    if not info.free or info.free.keys() != info.blocks.keys():
        raise _core.TraceError(
            f"{name}: is cut off or no pagetypeinfo; copy the file again (as root)"
        )
    return info


def read_zoneinfo(text: str | bytes, name: str = "zoneinfo") -> list[ZoneInfo]:
    """Every zone of zoneinfo, with its fields by label, in the file's order.

    TraceError names a garbled line.
    """
    zones: list[ZoneInfo] = []
    pageset: dict[str, int] = {}
    for at, line in enumerate(decode(text).splitlines(), 1):
        head = _HEAD.match(line)
        words = line.replace(":", " ").split()
        if head:
            zones.append(ZoneInfo(int(head[1]), head[2]))
        elif not words or line.strip() in ("per-node stats", "pagesets"):
            continue
        elif not zones:
            raise garbled(name, at, line, "stands before the first zone")
        else:
            try:
                _zone_field(zones[-1], words, line, pageset)
            except (ValueError, IndexError, KeyError):
                raise garbled(name, at, line, "has no number") from None
    if not zones:
        raise _core.TraceError(f"{name}: has no zone; copy the file again")
    return zones


def _zone_field(
    zone: ZoneInfo, words: list[str], line: str, pageset: dict[str, int]
) -> None:
    """One line of a zone; `pageset` collects the lines of a CPU."""
    label = words[0]
    if label == "protection":
        zone.protection = tuple(int(n) for n in re.findall(r"-?\d+", line))
        return
    value = int(words[-1])
    if label == "cpu":
        pageset.clear()
        pageset["cpu"] = value
    elif label in ("count", "batch", "high_min", "high_max") or (
        label == "high" and pageset
    ):
        pageset[label] = value
        if label == "batch":
            zone.pagesets.append(PageSet(**pageset))
        elif "batch" in pageset:
            zone.pagesets[-1] = PageSet(**pageset)
    elif words[:3] == ["vm", "stats", "threshold"]:
        zone.pagesets[-1] = PageSet(**pageset, threshold=value)
    elif label == "pages":  # "pages free": the first field of a zone itself
        pageset.clear()
        zone.node_stats, zone.stats = zone.stats, {}
        zone.values[words[1]] = value
    elif line.startswith("      ") and not line.startswith("       "):
        zone.stats[label] = value
    else:
        zone.values[label] = value


# ---- writing ------------------------------------------------------------


def _head(zone: dict[str, Any]) -> str:
    return f"Node {zone['node']}, zone {zone['name']:>8}"


def _buddyinfo(machine: Machine) -> str:
    return "".join(
        f"{_head(zone)} " + "".join(f"{n:6} " for n in zone["nr_free"]) + "\n"
        for zone in machine.zones()
    )


def _unusable_index(machine: Machine) -> str:
    def index(nr_free: tuple[int, ...], order: int) -> str:
        value = _core.unusable_free_index(nr_free, order)
        return f"{value // 1000}.{value % 1000:03} "

    return _index_lines(machine, index)


def _extfrag_index(machine: Machine) -> str:
    def index(nr_free: tuple[int, ...], order: int) -> str:
        value = _core.fragmentation_index(nr_free, order)
        # division in C goes towards zero: -1000 is "-1" and "000"
        whole = value // 1000 if value >= 0 else -(-value // 1000)
        return f"{whole:2}.{value - whole * 1000:03} "

    return _index_lines(machine, index)


def _index_lines(machine: Machine, index: Callable[[tuple[int, ...], int], str]) -> str:
    return "".join(
        f"{_head(zone)} "
        + "".join(index(zone["nr_free"], order) for order in range(NR_ORDERS))
        + "\n"
        for zone in machine.zones()
    )


def _list_length(length: int) -> str:
    # the kernel gives up before it looks for one more
    return f"{length:6} " if length < FREE_LIST_MAX else f">{FREE_LIST_MAX:6} "


def _pagetypeinfo(machine: Machine) -> str:
    zones = list(zip(machine.zones(), machine.sample(), strict=True))
    text = ""
    for node in sorted({zone["node"] for zone, _ in zones}):
        mine = [(zone, sample) for zone, sample in zones if zone["node"] == node]
        text += f"Page block order: {PAGEBLOCK_ORDER}\n"
        text += f"Pages per block:  {1 << PAGEBLOCK_ORDER}\n\n"
        text += f"{'Free pages count per migrate type at order':<43} "
        text += "".join(f"{order:6} " for order in range(NR_ORDERS)) + "\n"
        for zone, sample in mine:
            for mt, kind in enumerate(MIGRATETYPES):
                text += f"Node {node:4}, zone {zone['name']:>8}, type {kind:>12} "
                lists = sample["free_blocks"][:, mt]
                text += "".join(_list_length(int(n)) for n in lists) + "\n"
        text += f"\n{'Number of blocks type ':<23}"
        text += "".join(f"{kind:>12} " for kind in MIGRATETYPES) + "\n"
        for zone, sample in mine:
            text += f"{_head(zone)} "
            text += "".join(f"{int(n):12} " for n in sample["pageblocks"]) + "\n"
    return text


def _zone_marks(zone: dict[str, Any], promo: bool) -> str:
    """From `pages free` to protection; promo: the kernel prints that mark."""
    marks = {"min": zone["min"], "low": zone["low"], "high": zone["high"]}
    if promo:
        marks["promo"] = 2 * zone["high"] - zone["low"]
    lines = {"boost": zone["boost"]}
    lines |= {name: mark + zone["boost"] for name, mark in marks.items()}
    lines |= {name: zone[name] for name in ("spanned", "present", "managed")}
    lines["cma"] = 0
    text = f"\n  pages free     {zone['free_pages']}"
    text += "".join(f"\n        {name:<8} {n}" for name, n in lines.items())
    reserve = ", ".join(str(n) for n in zone["lowmem_reserve"])
    return text + f"\n        protection: ({reserve})"


def _unpopulated(node: int, name: str, mark: int, zones: int) -> dict[str, Any]:
    """A zone type that the node has no memory of; it is printed all the same.

    mark: its min, low and high. zones: how many types there are.
    """
    zone: dict[str, Any] = dict.fromkeys(
        ("free_pages", "boost", "spanned", "present", "managed"), 0
    )
    zone |= {"node": node, "name": name, "min": mark, "low": mark, "high": mark}
    return zone | {"lowmem_reserve": (0,) * zones}


def _pagesets(machine: Machine, zone: dict[str, Any]) -> str:
    text = "\n  pagesets"
    for cpu, threshold in enumerate(zone["stat_threshold"]):
        pcp = machine.pcp(cpu, zone["id"])
        text += f"\n    cpu: {cpu}"
        text += f"\n              count: {pcp['count']}"
        text += f"\n              high:  {pcp['high']}"
        text += f"\n              batch: {pcp['batch']}"
        text += f"\n  vm stats threshold: {threshold}"
    return text


def _counters(counts: dict[str, int]) -> str:
    return "".join(f"\n      {name:<12} {n}" for name, n in counts.items())


def _zone_stats(
    zone: dict[str, Any], user: dict[str, int] | None, unaccepted: bool
) -> str:
    """zone_stat_name, in the kernel's order; user None: of a recorded state.

    user: what `Machine.zone_vmstat` says of the zone. unaccepted: the kernel
    prints such pages.
    """
    counts = {"nr_free_pages": zone["free_pages"]}
    if user is not None:
        counts |= {f"nr_zone_{lru}": user[f"nr_{lru}"] for lru in _core.LRU_LISTS}
        pending = user["nr_dirty"] + user["nr_writeback"]
        counts |= {"nr_zone_unevictable": 0, "nr_zone_write_pending": pending}
        counts |= dict.fromkeys(("nr_mlock", "nr_bounce", "nr_zspages"), 0)
        counts["nr_free_cma"] = 0
        if unaccepted:
            counts["nr_unaccepted"] = 0
    return _counters(counts)


def _node_stats(machine: Machine, node: int, user: list[dict[str, int]]) -> str:
    """node_stat_name, in the kernel's order.

    user: what `Machine.zone_vmstat` says of each zone of the node.
    """
    sums = {name: sum(zone[name] for zone in user) for name in user[0]}
    counts = {f"nr_{lru}": sums[f"nr_{lru}"] for lru in _core.LRU_LISTS}
    counts["nr_unevictable"] = 0
    slabs = machine.slab_vmstat()[node]
    counts |= {name: slabs[name] for name in NODE_SLABS}
    counts |= {name: sums[name] for name in ("nr_dirty", "nr_writeback")}
    if machine.nr_nodes == 1:
        since_boot = machine.vmstat()
        counts |= {name: since_boot[name] for name in NODE_EVENTS}
    return "\n  per-node stats" + _counters(counts)


def _zoneinfo(machine: Machine) -> str:
    items = machine.profile_items()
    promo = bool(items["wmark_movable_small"])
    zones = {(zone["node"], zone["index"]): zone for zone in machine.zones()}
    names = _core.ZONE_TYPES[machine.arch]
    # zones that keep the least of their kind also when they are empty
    own_min = {"HighMem"}
    if promo or any(zone["name"] == "HighMem" for zone in zones.values()):
        own_min.add("Movable")
    # kernels for 32 bits have no unaccepted memory
    unaccepted = promo and machine.arch == "x86_64"
    user = machine.zone_vmstat() if machine.kernel is None else None
    text = ""
    for node in sorted({node for node, _ in zones}):
        first = min(index for at, index in zones if at == node)
        for index, name in enumerate(names):
            zone = zones.get((node, index))
            if zone is None:
                mark = OWN_MIN if name in own_min else 0
                zone = _unpopulated(node, name, mark, len(names))
                text += _head(zone) + _zone_marks(zone, promo) + "\n"
                continue
            text += _head(zone)
            if user is not None and index == first:
                mine = [user[z["id"]] for z in zones.values() if z["node"] == node]
                text += _node_stats(machine, node, mine)
            text += _zone_marks(zone, promo)
            counts = user[zone["id"]] if user is not None else None
            text += _zone_stats(zone, counts, unaccepted)
            text += _pagesets(machine, zone)
            hopeless = zone["kswapd_failures"] >= MAX_RECLAIM_RETRIES
            text += f"\n  node_unreclaimable:  {int(hopeless)}"
            text += f"\n  start_pfn:           {zone['start_pfn']}\n"
    return text


def _vmallocinfo(machine: Machine) -> str:
    from .vmallocinfo import render as text

    return text(machine)


def slabinfo_line(
    name: str,
    active: int,
    objects: int,
    size: int,
    per_slab: int,
    pages: int,
    slabs: int,
) -> str:
    """The line of one cache in slabinfo, as both kernels print it.

    active: objects not free on a node's list. size: bytes from object to object.
    per_slab and pages: objects and frames of a slab. SLUB has no tunables.
    """
    return (
        f"{name:<17} {active:6} {objects:6} {size:6} {per_slab:4} {pages:4}"
        f" : tunables {0:4} {0:4} {0:4} : slabdata {slabs:6} {slabs:6} {0:6}\n"
    )


def _slabinfo(machine: Machine) -> str:
    """The newest cache first, as the kernel lists them."""
    return SLABINFO_HEAD + "".join(
        slabinfo_line(
            cache.name,
            cache.active_objs,
            cache.total_objects,
            cache.slab_size,
            cache.objs_per_slab,
            1 << cache.order,
            cache.slabs,
        )
        for cache in reversed(machine.caches.values())
    )


_FILES: dict[str, Callable[[Machine], str]] = {
    "buddyinfo": _buddyinfo,
    "pagetypeinfo": _pagetypeinfo,
    "zoneinfo": _zoneinfo,
    "unusable_index": _unusable_index,
    "extfrag_index": _extfrag_index,
    "vmallocinfo": _vmallocinfo,
    "slabinfo": _slabinfo,
}

FILES = tuple(_FILES)
"""The names that `render` takes."""


def render(machine: Machine, name: str) -> str:
    """The text of one file, as the machine's kernel would print it now.

    ValueError names the files there are.
    """
    if name not in _FILES:
        raise ValueError(f"no file {name!r}; there are: {', '.join(FILES)}")
    return _FILES[name](machine)


def zoneinfo_of_model(text: str | bytes) -> str:
    """A zoneinfo without the lines that a machine of a recorded state leaves out."""
    keep = []
    for line in decode(text).splitlines(keepends=True):
        counter = line.startswith("      ") and not line.startswith("       ")
        if (counter and line.split()[0] != "nr_free_pages") or "per-node" in line:
            continue
        keep.append(line)
    return "".join(keep)


__all__ = [
    "FILES",
    "PageSet",
    "PageTypeInfo",
    "ZoneInfo",
    "read_buddyinfo",
    "read_index",
    "read_pagetypeinfo",
    "read_zoneinfo",
    "render",
    "slabinfo_line",
    "zoneinfo_of_model",
]
