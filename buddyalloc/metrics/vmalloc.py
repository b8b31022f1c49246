"""What vmalloc has given out: its areas of addresses, and their frames."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..events import PAGE_SIZE, PFN32_NONE, VMAP_AREA_KINDS
from ..machine import Machine
from ..result import Result
from ..table import Table

Array = np.ndarray[Any, Any]
LAZY = VMAP_AREA_KINDS.index("unpurged")


def vmap_areas(source: Result | Machine) -> Table:
    """Every area of vmalloc addresses in use or not yet purged, by address.

    source: a machine, or a result for the machine after it. Columns: address;
    kind (index into `events.VMAP_AREA_KINDS`); pages (of addresses, without
    the guard page; of an area that was freed, all of them, as its guard pages
    are not known any more); guard (1, of an area that was freed 0); frames
    (that belong to the area); waste (bytes of its pages that were not asked
    for); large (mapped 2 MiB at a time).
    """
    machine = source.machine if isinstance(source, Result) else source
    areas, stat = machine.vmap_areas(), machine.vmalloc_stat()
    areas = areas[np.argsort(areas["address"])]
    used = areas["kind"] != LAZY
    pages = (areas["size"] // PAGE_SIZE).astype(np.int64) - used
    return Table(
        "Areas of vmalloc addresses",
        {
            "address": areas["address"],
            "kind": areas["kind"],
            "pages": pages,
            "guard": used.astype(np.int64),
            "frames": areas["pages"].astype(np.int64),
            "waste": np.where(
                used, pages * PAGE_SIZE - areas["requested"].astype(np.int64), 0
            ),
            "large": areas["large"] > 0,
        },
        units={"pages": "pages", "guard": "pages", "frames": "frames", "waste": "B"},
        kinds=VMAP_AREA_KINDS,
        areas=stat["areas"],
        frames=stat["pages"],
        lazy_pages=stat["lazy_pages"],
        lazy_max=stat["lazy_max"],
    )


def vmalloc_pages(source: Result | Machine, *, address: int | None = None) -> Table:
    """The frame at each page of vmalloc addresses.

    source: a machine, or a result for the machine after it. address: of one
    area; None for all that are in use, by address. Columns: address, area (0
    for the first), page (of its area), pfn. VmallocError where no area begins.
    """
    machine = source.machine if isinstance(source, Result) else source
    areas = machine.vmap_areas()
    starts = np.sort(areas["address"][areas["kind"] != LAZY]).tolist()
    if address is not None:
        starts = [address]
    frames = [machine.vmalloc_pages(start) for start in starts]
    sizes = np.array([len(pfns) for pfns in frames], dtype=np.int64)
    none = np.zeros(0, dtype=np.int64)
    page = np.concatenate([none, *(np.arange(size) for size in sizes)])
    first = np.array(starts, dtype=np.uint64).repeat(sizes)
    pfn = np.concatenate([none, *frames]).astype(np.int64)
    assert not np.any(pfn == PFN32_NONE)
    return Table(
        "Frames of vmalloc addresses",
        {
            "address": first + (page * PAGE_SIZE).astype(np.uint64),
            "area": np.arange(len(starts)).repeat(sizes),
            "page": page,
            "pfn": pfn,
        },
        frames=machine.nr_frames,
    )
