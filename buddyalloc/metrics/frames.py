"""Single frames and blocks at one instant: where they lie, on which list."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from ..events import FRAME_STATES, MIGRATETYPES, NONE, NR_ORDERS
from ..machine import Machine
from ..result import Result
from ..table import Table

Array = np.ndarray[Any, Any]
BUDDY = -1
"""In the column cpu of `free_lists`: a list of the zone, not of a CPU."""


def frame_map(
    source: Result | Machine,
    *,
    zone: str | int | None = None,
    first: int | None = None,
    count: int | None = None,
) -> Table:
    """The blocks of a range of frames, free or not, in the order of their frames.

    source: a machine, or a result for the machine after it. zone: name or
    number; None for the largest. first, count: the range of frames; None for
    the zone's first, and for all to the zone's end. One row for each block;
    frames in use whose blocks are not known, as in a recorded state, and
    holes are one row as long as they are alike. A block that crosses an end
    of the range is cut there.

    Columns: pfn (first frame), frames, order (255 unknown), state (index into
    `events.FRAME_STATES`), migratetype (of the list that holds the block; of
    the pageblock when none does), pageblock (the type of the pageblock),
    movable (in use, and may be moved). ValueError for a zone that does not
    exist and a range that is not in the machine.
    """
    machine = source.machine if isinstance(source, Result) else source
    index = machine.zone_index(zone)
    span = machine.zones()[index]
    first = span["start_pfn"] if first is None else first
    count = max(span["end_pfn"] - first, 1) if count is None else count
    if first < 0 or count < 1 or first + count > machine.nr_frames:
        raise ValueError(
            f"no frames {first:#x} and {count - 1:,} more; the machine has frames "
            f"0 to {machine.nr_frames - 1:#x}"
        )
    frames = machine.frames(first, count)
    on_list = frames["migratetype"].copy()
    for _, _, kind, pfns in _lists(machine, range(machine.nr_zones)):
        inside = pfns[(pfns >= first) & (pfns < first + count)] - first
        if kind != NONE:
            on_list[inside] = kind
    start = _starts(frames)
    return Table(
        "Blocks by frame",
        {
            "pfn": start + first,
            "frames": np.diff(start, append=count),
            "order": frames["order"][start],
            "state": frames["state"][start],
            "migratetype": on_list[start],
            "pageblock": frames["migratetype"][start],
            "movable": frames["flags"][start] & _core.FRAME_MOVABLE > 0,
        },
        units={"frames": "frames"},
        first=first,
        count=count,
        zone=machine.zone_names[index],
        states=FRAME_STATES,
        migratetypes=MIGRATETYPES,
    )


def _starts(frames: Array) -> Array:
    """Where the rows begin: at a head, and where frames begin to differ."""
    new = frames["flags"] & _core.FRAME_HEAD > 0
    new[0] = True
    loose = frames["order"] == NONE
    for name in ("state", "order"):
        new[1:] |= frames[name][1:] != frames[name][:-1]
    for name in ("migratetype", "flags"):
        new[1:] |= loose[1:] & (frames[name][1:] != frames[name][:-1])
    return np.flatnonzero(new)


def _lists(machine: Machine, zones: range) -> list[tuple[int, int, int, Array]]:
    """(CPU, order, migratetype, frames from head to tail) of each list."""
    lists: list[tuple[int, int, int, list[int]]] = [
        (BUDDY, order, kind, machine.free_list(zone, order, kind))
        for zone in zones
        for order in reversed(range(NR_ORDERS))
        for kind in range(len(MIGRATETYPES))
    ]
    for cpu in range(machine.nr_cpus):
        for zone in zones:
            for index, (order, name) in enumerate(_core.PCP_LISTS):
                kind = MIGRATETYPES.index(name) if name in MIGRATETYPES else NONE
                lists.append((cpu, order, kind, machine.pcp_list(cpu, zone, index)))
    return [
        (cpu, order, kind, np.array(pfns, dtype=np.int64))
        for cpu, order, kind, pfns in lists
        if pfns
    ]


def free_lists(source: Result | Machine, *, zone: str | int | None = None) -> Table:
    """Every block on the buddy lists and per-CPU lists, from head to tail.

    source: a machine, or a result for the machine after it. zone: name or
    number; None for the largest. The next request of a list takes its head.

    Columns: cpu (-1 for the zone's buddy lists), order and migratetype of the
    list (255: the per-CPU list of order 9 for all but Movable), position (0
    is the head), pfn. ValueError for a zone that does not exist.
    """
    machine = source.machine if isinstance(source, Result) else source
    index = machine.zone_index(zone)
    lists = _lists(machine, range(index, index + 1))
    keys = np.array([key for *key, _ in lists], dtype=np.int64).reshape(-1, 3)
    keys = keys.repeat([len(pfns) for *_, pfns in lists], axis=0)
    none = np.zeros(0, dtype=np.int64)
    position = [np.arange(len(pfns)) for *_, pfns in lists]
    return Table(
        "Free lists from head to tail",
        {
            "cpu": keys[:, 0],
            "order": keys[:, 1],
            "migratetype": keys[:, 2],
            "position": np.concatenate([none, *position]),
            "pfn": np.concatenate([none, *(pfns for *_, pfns in lists)]),
        },
        zone=machine.zone_names[index],
        migratetypes=MIGRATETYPES,
    )
