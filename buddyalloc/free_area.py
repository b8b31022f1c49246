"""The free lists of a machine, as the kernel draws them: zone, order, migratetype."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import numpy as np

from .events import MIGRATETYPES, NR_ORDERS
from .table import html_table

if TYPE_CHECKING:
    from .machine import Machine


class FreeArea:
    """Numbers of free blocks at one instant, and the lists they are counted from.

    counts: (zones, 11 orders, 5 migratetypes) uint32, read-only.
    `area["DMA32"]` is one zone's (11, 5) array.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine = machine.copy()
        self.zones: tuple[str, ...] = machine.zone_names
        self.counts = np.array(machine.sample()["free_blocks"])
        self.counts.flags.writeable = False

    def _zone(self, zone: str | int) -> int:
        return self._machine.zone_index(zone)

    def __getitem__(self, zone: str | int) -> np.ndarray[Any, Any]:
        array: np.ndarray[Any, Any] = self.counts[self._zone(zone)]
        return array

    def _ipython_key_completions_(self) -> list[str]:
        return list(self.zones)

    def blocks(
        self, zone: str | int, order: int, migratetype: str | int
    ) -> np.ndarray[Any, Any]:
        """First frames of the free blocks of one list, from head to tail, uint64.

        ValueError for a zone, order or migratetype that does not exist.
        """
        if isinstance(migratetype, str):
            if migratetype not in MIGRATETYPES:
                raise ValueError(
                    f"no migratetype is named {migratetype!r}; there are: "
                    + ", ".join(MIGRATETYPES)
                )
            migratetype = MIGRATETYPES.index(migratetype)
        blocks = self._machine.free_list(self._zone(zone), order, migratetype)
        return np.array(blocks, dtype=np.uint64)

    def _lines(self) -> list[tuple[str, str, list[int]]]:
        return [
            (zone, name, [int(n) for n in self.counts[z, :, t]])
            for z, zone in enumerate(self.zones)
            for t, name in enumerate(MIGRATETYPES)
            if self.counts[z, :, t].any()
        ]

    def __repr__(self) -> str:
        wide = max([4, *map(len, self.zones)])
        head = "".join(f"{order:>7}" for order in range(NR_ORDERS))
        lines = [f"{'zone':<{wide}}  {'free blocks of order':<20}{head}"]
        lines += [
            f"{zone:<{wide}}  {name:<20}" + "".join(f"{n:>7}" for n in numbers)
            for zone, name, numbers in self._lines()
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = ["zone", "migratetype", *(f"order {i}" for i in range(NR_ORDERS))]
        rows = [[zone, name, *numbers] for zone, name, numbers in self._lines()]
        return f"<b>{html.escape('Free blocks')}</b>{html_table(rows, head)}"
