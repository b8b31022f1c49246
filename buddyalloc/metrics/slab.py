"""Where the bytes of slabs go: by cache, by class of kmalloc, by object."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..events import PAGE_SIZE
from ..machine import Machine
from ..result import Result
from ..slab import KmemCache
from ..table import Table

Array = np.ndarray[Any, Any]

PARTS = ("requested", "slack", "padding", "free", "tail")
"""The bytes of a cache's pages: what owners asked for; the rest of their
objects; of their slots; free slots; and what is left behind the last slot."""

KMALLOC_KINDS = ("kmalloc", "kmalloc-rcl", "kmalloc-cg", "dma-kmalloc")
"""What the names of kmalloc's caches begin with."""

KMALLOC_SIZES = (8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192)
LARGE = "pages"
"""The row of kmallocs above the largest class, which get blocks of pages."""

SLAB_PARTS = ("requested", "slack", "free, CPU", "free", "padding", "tail")
"""The bytes of one slab: free objects are on a CPU's freelist or the slab's own."""


def _machine(source: Result | Machine) -> Machine:
    return source.machine if isinstance(source, Result) else source


def _parts(cache: KmemCache) -> list[int]:
    """Bytes of PARTS; together they are those of all pages."""
    used, slots = cache.used, cache.total_objects
    requested, size = cache.requested, cache.slab_size
    return [
        requested,
        used * cache.object_size - requested,
        used * (size - cache.object_size),
        (slots - used) * size,
        cache.pages * PAGE_SIZE - slots * size,
    ]


def _fragmentation(requested: Array, allocated: Array) -> Array:
    """Percent of what was allocated that nobody asked for; nan: nothing was."""
    share = np.full(len(requested), np.nan)
    np.divide(requested, allocated, out=share, where=allocated > 0)
    return 100 - 100 * share


def slab_caches(source: Result | Machine) -> Table:
    """Every cache, the oldest first, and where the bytes of its slabs go.

    source: a machine, or a result for the machine after it; what was asked for
    the objects of a recorded state is not known and counts as all of them.
    Columns: cache (name), object_size and slab_size (bytes of an object and of
    its slot), order and objs_per_slab, slabs, pages, objects (of all slabs), used
    (that owners have); the bytes of the pages, which add up: requested, slack
    (the rest of the owners' objects), padding (of their slots), free (slots),
    tail (behind the last slot); fragmentation (percent of the owners' slots that
    was not asked for, as perf kmem computes it; nan without owners).
    """
    caches = list(_machine(source).caches.values())
    parts = np.array([_parts(cache) for cache in caches], dtype=np.int64)
    columns: dict[str, Any] = {"cache": [cache.name for cache in caches]}
    for name in ("object_size", "slab_size", "order", "objs_per_slab", "slabs"):
        columns[name] = [getattr(cache, name) for cache in caches]
    columns["pages"] = [cache.pages for cache in caches]
    columns["objects"] = [cache.total_objects for cache in caches]
    columns["used"] = [cache.used for cache in caches]
    columns |= dict(zip(PARTS, parts.T, strict=True))
    allocated = parts[:, :3].sum(axis=1)
    columns["fragmentation"] = _fragmentation(parts[:, 0], allocated)
    units = dict.fromkeys(("object_size", "slab_size", *PARTS), "bytes")
    return Table(
        "Slab caches",
        columns,
        units=units | {"pages": "pages", "fragmentation": "%"},
        parts=PARTS,
    )


def slab_kmalloc(source: Result | Machine) -> Table:
    """What kmalloc gave, by size class; the last row are blocks of pages.

    source: a machine, or a result for the machine after it. Columns: size
    (class, as text), used (n, kinds of caches: objects that owners have),
    requested, slack (the rest of their objects), free (the rest of the slabs),
    bytes; fragmentation (percent of the owners' objects that was not asked for;
    nan without owners).
    """
    machine = _machine(source)
    names: list[str] = []
    used: list[list[int]] = []
    sums: list[list[int]] = []
    caches = machine.caches
    for size in KMALLOC_SIZES:
        names.append(f"{size // 1024}k" if size >= 1024 else str(size))
        group = [caches.get(f"{kind}-{names[-1]}") for kind in KMALLOC_KINDS]
        used.append([cache.used if cache else 0 for cache in group])
        shares = [_parts(cache) for cache in group if cache] or [[0] * len(PARTS)]
        requested, slack, *rest = np.sum(shares, axis=0)
        sums.append([int(requested), int(slack), int(sum(rest))])
    large = machine.slab_vmstat()
    asked = sum(node["kmalloc_large_requested"] for node in large)
    pages = sum(node["kmalloc_large_pages"] for node in large)
    names.append(LARGE)
    used.append([sum(node["kmalloc_large"] for node in large), 0, 0, 0])
    sums.append([asked, pages * PAGE_SIZE - asked, 0])
    columns = np.array(sums, dtype=np.int64)
    return Table(
        "kmalloc by size class",
        {
            "size": names,
            "used": used,
            "requested": columns[:, 0],
            "slack": columns[:, 1],
            "free": columns[:, 2],
            "fragmentation": _fragmentation(
                columns[:, 0], columns[:, 0] + columns[:, 1]
            ),
        },
        units=dict.fromkeys(("requested", "slack", "free"), "bytes")
        | {"fragmentation": "%"},
        labels={"used": KMALLOC_KINDS},
        parts=("requested", "slack", "free"),
    )


def slab_map(
    source: Result | Machine, *, cache: str | KmemCache | None = None
) -> Table:
    """The bytes of each slab of one cache, part by part, in their order.

    source: a machine, or a result for the machine after it. cache: a name; None
    for the cache with the most pages. Columns: pfn (the slab's first frame),
    start (bytes from there), size (bytes), object (its place in the slab; -1
    behind the last), part (index into meta["parts"]). ValueError for a name
    that no cache has.
    """
    machine = _machine(source)
    if cache is None:
        cache = max(machine.caches.values(), key=lambda cache: cache.pages)
    elif isinstance(cache, str):
        cache = KmemCache(machine, cache)
    state = cache.state()
    on_cpu = dict(state["cpu"])
    rows: list[tuple[int, int, int, int, int]] = []
    for pfn, slab in sorted(state["slabs"].items()):
        slack = dict(zip(slab["used"], slab["slack"], strict=True))
        waiting = set(on_cpu.get(pfn, ()))
        end = 0
        for place in range(slab["objects"]):
            for size, part in _object(cache, place, slack, waiting):
                rows.append((pfn, end, size, place, SLAB_PARTS.index(part)))
                end += size
        rows.append((pfn, end, (PAGE_SIZE << slab["order"]) - end, -1, 5))
    table = np.array([row for row in rows if row[2]], np.int64).reshape(-1, 5)
    names = ("pfn", "start", "size", "object", "part")
    return Table(
        f"Slabs of {cache.name}",
        dict(zip(names, table.T, strict=True)),
        units={"start": "bytes", "size": "bytes"},
        cache=cache.name,
        slab_size=cache.slab_size,
        parts=SLAB_PARTS,
        places={pfn: slab["place"] for pfn, slab in state["slabs"].items()},
    )


def _object(
    cache: KmemCache, place: int, slack: dict[int, int], waiting: set[int]
) -> list[tuple[int, str]]:
    """Bytes and kind of the parts of one slot."""
    if place not in slack:
        return [(cache.slab_size, "free, CPU" if place in waiting else "free")]
    return [
        (cache.object_size - slack[place], "requested"),
        (slack[place], "slack"),
        (cache.slab_size - cache.object_size, "padding"),
    ]
