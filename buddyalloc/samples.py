"""Pictures of a machine taken during a replay, as parallel arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _core

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False, repr=False)
class Samples:
    """n instants, each after an event of the trace.

    The machine at the end of the replay is the last one.
    """

    event: Array
    """(n,) events done before the instant."""
    ts_ns: Array
    """(n,) time stamp in the trace's clock, ns."""
    free_blocks: Array
    """(n, zones, 11 orders, 5 migratetypes) blocks on the free lists."""
    pageblocks: Array
    """(n, zones, 5 migratetypes) pageblocks."""
    free_pages: Array
    """(n, zones) pages on the free lists, without Isolate."""
    pcp_pages: Array
    """(n, zones, CPUs) pages on the per-CPU lists."""

    def __len__(self) -> int:
        return len(self.event)

    def __repr__(self) -> str:
        zones = self.free_pages.shape[1]
        return f"<Samples: {len(self):,} instants of {zones} zone(s)>"

    @property
    def time_s(self) -> Array:
        """(n,) seconds since the first instant."""
        first = self.ts_ns[0] if len(self) else 0
        seconds: Array = (self.ts_ns - first) / 1e9
        return seconds

    def nr_free(self, zone: int | None = None) -> Array:
        """(n, 11) uint32 free blocks of each order, all migratetypes.

        zone: its number, or None for the sum over all zones.
        """
        blocks = self.free_blocks.sum(axis=3, dtype=np.uint32)
        counts: Array = blocks.sum(axis=1) if zone is None else blocks[:, zone]
        return np.ascontiguousarray(counts, dtype=np.uint32)

    def unusable_free_index(self, zone: int) -> Array:
        """(n, 11) int32, the kernel's index 0..1000 for each order."""
        unusable, _ = _core.index_table(self.nr_free(zone).data)
        return np.asarray(unusable)

    def fragmentation_index(self, zone: int) -> Array:
        """(n, 11) int32, the kernel's index: -1000, or 0..1000, for each order."""
        _, fragmentation = _core.index_table(self.nr_free(zone).data)
        return np.asarray(fragmentation)

    @classmethod
    def from_records(cls, event: Array, ts_ns: Array, rows: Array) -> Samples:
        """From stamps and rows ((n, zones) records) as `_core.Replay` gives them."""
        columns = {name: rows[name] for name in rows.dtype.names or ()}
        arrays = {"event": event, "ts_ns": ts_ns, **columns}
        for name, array in arrays.items():
            arrays[name] = np.ascontiguousarray(array).view()
            arrays[name].flags.writeable = False
        return cls(**arrays)
