"""How much of a zone is free, and who is to have it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..history import History, Sampled, marks_of
from ..table import Table

Array = np.ndarray[Any, Any]
MARKS = ("min", "low", "high")


def watermarks(source: Sampled, *, zone: str | int | None = None) -> Table:
    """Free pages of a zone and its watermarks at each sample.

    zone: name or number; None for the largest zone. Columns: time_s, event,
    free, marks (n, 3): min, low and high, with the boost of that instant. The
    samples of a replay have no marks: those of its end are used, without
    boost. ValueError for a zone that does not exist.
    """
    machine, samples = source.machine, source.samples
    index = machine.zone_index(zone)
    if isinstance(source, History):
        marks = source.marks[:, index]
    else:
        end = np.array(marks_of(machine)[index]) - machine.zones()[index]["boost"]
        marks = np.broadcast_to(end, (len(samples), len(MARKS)))
    return Table(
        "Free pages and watermarks",
        {
            "time_s": samples.time_s,
            "event": samples.event,
            "free": samples.free_pages[:, index],
            "marks": marks,
        },
        units={"time_s": "s", "free": "pages", "marks": "pages"},
        labels={"marks": MARKS},
        zone=machine.zone_names[index],
    )
