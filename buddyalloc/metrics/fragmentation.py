"""How free memory is split into blocks, and how much of it is unusable."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..events import MIGRATETYPES, NR_ORDERS, PAGE_SIZE
from ..history import Sampled
from ..result import Result
from ..table import Table

Array = np.ndarray[Any, Any]
_FALLBACK_COLUMNS = (
    ("wanted", "U16"),
    ("taken_from", "U16"),
    ("count", "i8"),
    ("changed", "i8"),
    ("smallest_order", "i8"),
    ("largest_order", "i8"),
)
ORDERS = tuple(f"order {order}" for order in range(NR_ORDERS))


def _zone(source: Sampled, zone: str | int | None) -> tuple[int, str]:
    index = source.machine.zone_index(zone)
    return index, source.machine.zone_names[index]


def _migratetype(name: str) -> int:
    if name not in MIGRATETYPES:
        raise ValueError(
            f"no migratetype is named {name!r}; there are: {', '.join(MIGRATETYPES)}"
        )
    return MIGRATETYPES.index(name)


def free_blocks(
    source: Sampled, *, zone: str | int | None = None, migratetype: str | None = None
) -> Table:
    """Free blocks of each order at each sample.

    zone: name or number; None for the sum over all zones. migratetype: name;
    None for all. Columns: time_s, event, blocks (n, 11). ValueError for a
    zone or migratetype that does not exist.
    """
    samples = source.samples
    name = "all zones"
    blocks = samples.free_blocks
    if zone is not None:
        index, name = _zone(source, zone)
        blocks = blocks[:, index : index + 1]
    blocks = blocks.sum(axis=1, dtype=np.uint32)
    if migratetype is not None:
        kind = _migratetype(migratetype)
        blocks = blocks[:, :, kind : kind + 1]
    blocks = blocks.sum(axis=2, dtype=np.uint32)
    return Table(
        "Free blocks by order",
        {"time_s": samples.time_s, "event": samples.event, "blocks": blocks},
        units={"time_s": "s"},
        labels={"blocks": ORDERS},
        zone=name,
        migratetype=migratetype or "all migratetypes",
    )


def free_memory(
    source: Sampled, *, zone: str | int | None = None, migratetype: str | None = None
) -> Table:
    """Free memory in blocks of each order at each sample.

    zone and migratetype as of `free_blocks`. Columns: time_s, event, mib
    (n, 11).
    """
    table = free_blocks(source, zone=zone, migratetype=migratetype)
    sizes = (PAGE_SIZE << np.arange(NR_ORDERS)) / 2**20
    return Table(
        "Free memory by order of block",
        {
            "time_s": table["time_s"],
            "event": table["event"],
            "mib": table["blocks"] * sizes,
        },
        units={"time_s": "s", "mib": "MiB"},
        labels={"mib": ORDERS},
        **table.meta,
    )


def unusable_index(source: Sampled, *, zone: str | int | None = None) -> Table:
    """The kernel's unusable_free_index at each sample, 0.000 to 1.000.

    It is the part of the free memory that lies in blocks smaller than the
    order asked for. zone: name or number; None for the largest zone. Columns:
    time_s, event, index (n, 11), in the kernel's steps of 0.001.
    """
    number, name = _zone(source, zone)
    index = source.samples.unusable_free_index(number)
    return _index_table("Unusable free space index", source, index, name)


def fragmentation_index(source: Sampled, *, zone: str | int | None = None) -> Table:
    """The kernel's fragmentation_index at each sample.

    -1.000: a block of that order is there; near 0 an allocation would fail
    for lack of memory, near 1 for fragmentation. zone and columns as of
    `unusable_index`.
    """
    number, name = _zone(source, zone)
    index = source.samples.fragmentation_index(number)
    return _index_table("Fragmentation index", source, index, name)


def _index_table(title: str, source: Sampled, index: Array, zone: str) -> Table:
    return Table(
        title,
        {
            "time_s": source.samples.time_s,
            "event": source.samples.event,
            "index": index / 1000,
        },
        units={"time_s": "s"},
        labels={"index": ORDERS},
        zone=zone,
    )


def fallbacks(result: Result) -> Table:
    """How often requests of one migratetype took a block of another.

    One row for each pair that occurred. Columns: wanted, taken_from, count,
    changed (pageblocks that changed their type), smallest_order and
    largest_order of the blocks taken.
    """
    events = result.fallbacks
    pairs = events["migratetype"].astype(np.int64) * 256
    pairs += events["fallback_migratetype"]
    rows = []
    for pair in np.unique(pairs):
        some = events[pairs == pair]
        rows.append(
            (
                MIGRATETYPES[int(pair) >> 8],
                MIGRATETYPES[int(pair) & 255],
                len(some),
                int(np.count_nonzero(some["change_ownership"])),
                int(some["fallback_order"].min()),
                int(some["fallback_order"].max()),
            )
        )
    columns = {
        name: np.array([row[i] for row in rows], dtype=np.dtype(kind))
        for i, (name, kind) in enumerate(_FALLBACK_COLUMNS)
    }
    return Table(
        "Fallbacks between migratetypes",
        columns,
        units={"count": "blocks", "changed": "pageblocks"},
        migratetypes=MIGRATETYPES,
    )
