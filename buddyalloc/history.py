"""A machine at instants of its own clock: what `samples` are of a replay."""

from __future__ import annotations

from typing import Any

import numpy as np

from .machine import Machine
from .result import Result
from .samples import Samples

Array = np.ndarray[Any, Any]


class History:
    """Samples of a machine while it is worked with.

    The first is taken at once, others by `take` and `advance`. Tables over
    time (`metrics.free_memory`, `unusable_index`, `pcp`, `watermarks`, ...)
    take a history as well as a result.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        """The machine itself, not a copy."""
        self._ts_ns: list[int] = []
        self._rows: list[Array] = []
        self._marks: list[list[list[int]]] = []
        self.take()

    def take(self) -> None:
        """A sample of now."""
        self._ts_ns.append(self.machine.now_ns)
        self._rows.append(self.machine.sample())
        self._marks.append(marks_of(self.machine))

    def advance(self, ns: int, *, every: int) -> None:
        """Let `ns` pass, with a sample every so many ns and one at the end.

        To stop for samples changes nothing for the machine. ValueError for a
        step below 1 ns.
        """
        if every < 1:
            raise ValueError(f"a sample every {every} ns; give 1 ns or more")
        for start in range(0, ns, every):
            self.machine.advance(min(every, ns - start))
            self.take()

    @property
    def samples(self) -> Samples:
        """All samples; their `event` is their number, from 0."""
        return Samples.from_records(
            np.arange(len(self), dtype=np.uint64),
            np.array(self._ts_ns, dtype=np.uint64),
            np.stack(self._rows),
        )

    @property
    def marks(self) -> Array:
        """(n, zones, 3) watermarks min, low and high with their boost, pages."""
        return np.array(self._marks, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._ts_ns)

    def __repr__(self) -> str:
        ms = (self._ts_ns[-1] - self._ts_ns[0]) / 1e6
        return f"<History: {len(self):,} instants in {ms:,.3f} ms>"


Sampled = Result | History
"""What has samples over time."""


def marks_of(machine: Machine) -> list[list[int]]:
    """Each zone's watermarks min, low and high with their boost, pages."""
    return [
        [zone[name] + zone["boost"] for name in ("min", "low", "high")]
        for zone in machine.zones()
    ]
