"""A small table: named NumPy columns of one length, with units.

Columns can have a second axis (one value for each order, CPU or path); the
names along it are in `labels`.
"""

from __future__ import annotations

import csv
import html
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .files import write_output

Array = np.ndarray[Any, Any]

_CELL = 'style="text-align:right;padding:0.1em 0.6em"'
_HEAD = 'style="text-align:right;padding:0.1em 0.6em;border-bottom:1px solid"'


def format_number(value: Any) -> str:
    """A cell as people read it: thousands apart, four digits of a fraction."""
    if isinstance(value, (bool, np.bool_, str, bytes)) or value is None:
        return str(value)
    if isinstance(value, (int, np.integer)):
        return f"{int(value):,}"
    value = float(value)
    if value != value:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 10000 else f"{value:.5g}"


def html_table(rows: Sequence[Sequence[Any]], head: Sequence[str]) -> str:
    """An HTML table that takes its colours from the page around it."""
    parts = ['<table style="border-collapse:collapse">']
    parts += ["<tr>", *(f"<th {_HEAD}>{html.escape(str(h))}</th>" for h in head)]
    parts.append("</tr>")
    for row in rows:
        cells = (f"<td {_CELL}>{html.escape(format_number(c))}</td>" for c in row)
        parts += ["<tr>", *cells, "</tr>"]
    return "".join([*parts, "</table>"])


class Table(Mapping[str, Array]):
    """Read-only columns by name: `table["time_s"]`.

    title: what the rows are. units: unit by column ("ns", "pages"). labels:
    names along a column's second axis. meta: what else the table is about,
    such as the zone.
    """

    def __init__(
        self,
        title: str,
        columns: Mapping[str, Any],
        *,
        units: Mapping[str, str] | None = None,
        labels: Mapping[str, Sequence[str]] | None = None,
        **meta: Any,
    ) -> None:
        self.title = title
        self.units = dict(units or {})
        self.labels = {name: tuple(names) for name, names in (labels or {}).items()}
        self.meta = meta
        self._columns: dict[str, Array] = {}
        for name, values in columns.items():
            array = np.asarray(values).view()
            array.flags.writeable = False
            self._columns[name] = array
        lengths = {name: len(array) for name, array in self._columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"the columns differ in length: {lengths}")
        self._length = next(iter(lengths.values()), 0)

    def __getitem__(self, name: str) -> Array:
        try:
            return self._columns[name]
        except KeyError:
            names = ", ".join(self._columns)
            raise KeyError(f"no column {name!r}; there are: {names}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        """Number of columns; `table.rows` is that of rows."""
        return len(self._columns)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self._length

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._columns)

    def flat(self) -> dict[str, Array]:
        """One-dimensional columns by name: `blocks` becomes `blocks order 0`, ..."""
        flat: dict[str, Array] = {}
        for name, array in self._columns.items():
            if array.ndim == 1:
                flat[name] = array
                continue
            labels = self.labels.get(name, [str(i) for i in range(array.shape[1])])
            for i, label in enumerate(labels):
                flat[f"{name} {label}"] = array[:, i]
        return flat

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write all rows as CSV, with the units in the first line: `name [unit]`."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        flat = self.flat()
        writer.writerow([self._head(name) for name in flat])
        writer.writerows(zip(*(array.tolist() for array in flat.values()), strict=True))
        write_output(path, text.getvalue())

    def _head(self, name: str) -> str:
        unit = self.units.get(name) or self.units.get(name.split(" ")[0])
        return f"{name} [{unit}]" if unit else name

    def _shown(self, most: int) -> tuple[list[str], list[list[Any]]]:
        """Heads and at most so many rows, evenly spread over the table."""
        flat = self.flat()
        step = max(1, -(-self.rows // most))
        shown = [array[::step].tolist() for array in flat.values()]
        return [self._head(name) for name in flat], [
            list(row) for row in zip(*shown, strict=True)
        ]

    def to_text(self, most: int = 20) -> str:
        """The table as aligned text; of longer ones every n-th row."""
        heads, rows = self._shown(most)
        cells = [heads, *([format_number(c) for c in row] for row in rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        return "\n".join(
            "  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True))
            for row in cells
        )

    def to_html(self, most: int = 20) -> str:
        """The table as HTML; of longer ones every n-th row."""
        heads, rows = self._shown(most)
        note = f"<small>{self.rows:,} rows</small>" if self.rows > most else ""
        return html_table(rows, heads) + note

    def __repr__(self) -> str:
        return f"<Table {self.title}: {self.rows:,} rows of {', '.join(self)}>"

    def _repr_html_(self) -> str:
        return f"<b>{html.escape(self.title)}</b>{self.to_html()}"
