"""Pictures of the tables in metrics.vmalloc."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..events import PAGE_SIZE
from ..table import Table
from ._style import BLACK, BLUE, GREEN, ORANGE, axes, legend_outside, merged, sequence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {"vmalloc": BLUE, "vmap": GREEN, "unpurged": ORANGE}
GUARD = BLACK
HOLE = "#e8e8e8"
MANY = 20
"""Areas from which on they have no colour of their own."""


def vmap_areas(
    table: Table, *, ax: Axes | None = None, columns: int | None = None, **options: Any
) -> Axes:
    """The addresses from the first area to the last: a cell for each page.

    Its colour is what the page is part of; pale where an address is free.
    columns: pages in a row. options go to `Axes.imshow`.
    """
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Patch

    first = table["address"].min() if table.rows else 0
    start = ((table["address"] - np.uint64(first)) // PAGE_SIZE).astype(np.int64)
    number = int((start + table["pages"] + table["guard"]).max()) if table.rows else 1
    if columns is None:
        columns = 64
        while columns * 32 < number:
            columns *= 2
    rows = -(-number // columns)
    ax = axes(ax, height=min(max(1.6 + rows * 0.16, 2.5), 8.0))
    names = table.meta["kinds"]
    palette = [HOLE, *(COLOURS[name] for name in names), GUARD]
    cells = np.zeros(rows * columns, dtype=np.int64)
    for i in range(table.rows):
        end = start[i] + table["pages"][i]
        cells[start[i] : end] = 1 + table["kind"][i]
        cells[end : end + table["guard"][i]] = len(palette) - 1
    colours = np.array([to_rgb(colour) for colour in palette])
    ax.imshow(
        colours[cells].reshape(rows, columns, 3),
        **merged(options, aspect="auto", interpolation="nearest"),
    )
    ticks = range(0, columns + 1, columns // 4)
    ax.set_xticks([i - 0.5 for i in ticks], [f"+{i}" for i in ticks])
    step = max(1, rows // 8)
    ax.set_yticks(
        range(0, rows, step),
        [f"{first + i * columns * PAGE_SIZE:#x}" for i in range(0, rows, step)],
    )
    ax.spines[:].set_visible(False)
    ax.set_xlabel("pages from the row's start")
    ax.set_ylabel("kernel address")
    meta = table.meta
    ax.set_title(
        f"vmalloc: {meta['areas']:,} areas with {meta['frames']:,} frames; "
        f"{meta['lazy_pages']:,} of {meta['lazy_max']:,} pages wait for a purge",
        loc="left",
    )
    words = [(COLOURS[name], name) for name in names]
    handles = [
        Patch(facecolor=colour, label=label)
        for colour, label in [*words, (GUARD, "guard page"), (HOLE, "free")]
    ]
    legend_outside(ax, handles=handles)
    return ax


def vmalloc_pages(table: Table, *, ax: Axes | None = None, **options: Any) -> Axes:
    """The frame behind each page of addresses: a dot for each page.

    Pages stand side by side as they are mapped, area after area. options go to
    `Axes.scatter`.
    """
    ax = axes(ax, height=3.4)
    number = int(table["area"].max()) + 1 if table.rows else 0
    colours = sequence(number) if 1 < number <= MANY else [BLUE] * max(number, 1)
    at = np.arange(table.rows)
    for area in range(number) if number <= MANY else ():
        chosen = table["area"] == area
        dots = merged(options, s=6, color=[colours[area]], linewidths=0)
        name = f"{int(table['address'][chosen][0]):#x}"
        ax.scatter(at[chosen], table["pfn"][chosen], label=name, **dots)
    if number > MANY or not number:
        dots = merged(options, s=6, color=[BLUE], linewidths=0)
        ax.scatter(at, table["pfn"], **dots)
    ax.margins(x=0.01)
    ax.set_xlabel("page, in the order of addresses")
    ax.set_ylabel("page frame")
    ax.set_title("Frames behind adjacent addresses", loc="left")
    if 0 < number <= MANY:
        legend_outside(ax, title="area")
    return ax
