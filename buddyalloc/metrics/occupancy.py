"""What lies where: physical memory at an instant, per-CPU lists, pageblocks."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..events import FRAME_STATES, MIGRATETYPES, NONE, PAGEBLOCK_ORDER
from ..history import Sampled
from ..machine import Machine
from ..result import Result
from ..table import Table

Array = np.ndarray[Any, Any]


def memory_map(source: Result | Machine) -> Table:
    """Each pageblock (512 frames, 2 MiB) by migratetype and how full it is.

    source: a machine, or a result for the machine after it. Columns: pfn (its
    first frame), zone and migratetype (numbers, 255 none), used, buddy, pcp,
    isolated, hole (frames in that state).
    """
    machine = source.machine if isinstance(source, Result) else source
    frames, blocks = machine.frames(), machine.pageblocks()
    size = 1 << PAGEBLOCK_ORDER
    number = -(-len(frames) // size)
    block = np.arange(len(frames)) // size
    columns: dict[str, Array] = {"pfn": np.arange(number, dtype=np.uint64) * size}
    for name in ("zone", "migratetype"):
        columns[name] = np.full(number, NONE, dtype=np.uint8)
        columns[name][: len(blocks)] = blocks[name][:number]
    for state, name in enumerate(FRAME_STATES):
        chosen = block[frames["state"] == state]
        columns[name] = np.bincount(chosen, minlength=number)
    columns["hole"] += size - np.bincount(block, minlength=number)
    return Table(
        "Physical memory by pageblock",
        columns,
        units={name: "frames" for name in FRAME_STATES},
        zones=machine.zone_names,
        migratetypes=MIGRATETYPES,
    )


def pcp(source: Sampled, *, zone: str | int | None = None) -> Table:
    """Pages on the per-CPU lists at each sample.

    zone: name or number; None for the sum over all zones. Columns: time_s,
    event, pages (n, CPUs).
    """
    samples, name = source.samples, "all zones"
    pages = samples.pcp_pages
    if zone is not None:
        index = source.machine.zone_index(zone)
        name = source.machine.zone_names[index]
        pages = pages[:, index : index + 1]
    return Table(
        "Pages on per-CPU lists",
        {
            "time_s": samples.time_s,
            "event": samples.event,
            "pages": pages.sum(axis=1, dtype=np.uint32),
        },
        units={"time_s": "s", "pages": "pages"},
        labels={"pages": [f"CPU {cpu}" for cpu in range(pages.shape[2])]},
        zone=name,
    )


def pageblocks(source: Sampled, *, zone: str | int | None = None) -> Table:
    """Pageblocks of each migratetype at each sample.

    zone: name or number; None for the sum over all zones. Columns: time_s,
    event, blocks (n, 5).
    """
    samples, name = source.samples, "all zones"
    blocks = samples.pageblocks
    if zone is not None:
        index = source.machine.zone_index(zone)
        name = source.machine.zone_names[index]
        blocks = blocks[:, index : index + 1]
    return Table(
        "Pageblocks by migratetype",
        {
            "time_s": samples.time_s,
            "event": samples.event,
            "blocks": blocks.sum(axis=1, dtype=np.uint32),
        },
        units={"time_s": "s", "blocks": "pageblocks"},
        labels={"blocks": MIGRATETYPES},
        zone=name,
    )
