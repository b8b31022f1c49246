"""Pictures of the tables in metrics.slab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..table import Table
from ._style import BLUE, GREY, ORANGE, SKY, VERMILION, axes, legend_outside, merged

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PART_STYLES: dict[str, dict[str, Any]] = {
    "requested": {"facecolor": BLUE},
    "slack": {"facecolor": ORANGE},
    "padding": {"facecolor": GREY},
    "free, CPU": {"facecolor": SKY, "alpha": 0.6},
    "free": {"facecolor": "#e4e4e4"},
    "tail": {"facecolor": VERMILION},
}
KIB = 1024


def slab_caches(
    table: Table, *, ax: Axes | None = None, most: int = 20, **options: Any
) -> Axes:
    """A bar for each cache, the largest first: where its bytes go.

    most: caches drawn. options go to `Axes.barh`.
    """
    order = np.argsort(-table["pages"], kind="stable")
    chosen = order[: max(int((table["pages"] > 0).sum()), 1)][:most]
    ax = axes(ax, height=1.4 + 0.28 * len(chosen))
    names, sizes, slots = (
        table[column][chosen] for column in ("cache", "object_size", "slab_size")
    )
    labels = [
        f"{name}  ({size:,} of {slot:,})"
        for name, size, slot in zip(names, sizes, slots, strict=True)
    ]
    _bars(ax, table, chosen, labels, options)
    ax.set_ylabel("cache (bytes of an object, of its slot)")
    ax.set_title("Bytes of slabs by cache", loc="left")
    return ax


def slab_kmalloc(table: Table, *, ax: Axes | None = None, **options: Any) -> Axes:
    """A bar for each class of kmalloc: bytes asked for, and those beside them.

    options go to `Axes.barh`.
    """
    ax = axes(ax, height=1.4 + 0.28 * table.rows)
    _bars(ax, table, np.arange(table.rows), table["size"].tolist(), options)
    ax.set_ylabel("class (bytes)")
    ax.set_title("Bytes of kmalloc by size class", loc="left")
    return ax


def _bars(
    ax: Axes, table: Table, rows: Any, labels: list[str], options: dict[str, Any]
) -> None:
    """Stacked bars of the table's parts in KiB, the first row on top."""
    at = np.arange(len(rows))
    left = np.zeros(len(rows))
    for part in table.meta["parts"]:
        width = table[part][rows] / KIB
        style = merged(options, label=part, **PART_STYLES[part])
        ax.barh(at, width, left=left, **style)
        left += width
    ax.set_yticks(at, labels)
    ax.invert_yaxis()
    ax.margins(y=0.02)
    ax.set_xlabel("KiB")
    legend_outside(ax)


def slab_map(
    table: Table, *, ax: Axes | None = None, most: int = 24, **options: Any
) -> Axes:
    """Each slab as a row of its objects, with the bytes that nobody asked for.

    most: slabs drawn, from the lowest frame on. options go to
    `Axes.broken_barh`.
    """
    from matplotlib.patches import Patch

    slabs = np.unique(table["pfn"])
    shown = slabs[:most]
    ax = axes(ax, height=1.4 + 0.32 * max(len(shown), 1))
    ax.axvline(0, color=GREY, linewidth=0.8)
    parts = table.meta["parts"]
    handles = []
    for number, part in enumerate(parts):
        chosen = table["part"] == number
        for row, pfn in enumerate(shown):
            here = chosen & (table["pfn"] == pfn)
            spans = np.stack([table["start"][here], table["size"][here]], axis=1)
            style = merged(
                options, edgecolor="white", linewidth=0.4, **PART_STYLES[part]
            )
            ax.broken_barh((spans / KIB).tolist(), (row - 0.4, 0.8), **style)
        if chosen.any():
            handles.append(Patch(label=part, **PART_STYLES[part]))
    places = table.meta["places"]
    labels = [f"{pfn:#x} {places[pfn].lower().replace('_', ' ')}" for pfn in shown]
    ax.set_yticks(range(len(shown)), labels)
    ax.set_ylim(max(len(shown), 1) - 0.5, -0.5)
    ax.set_xlabel("KiB from the slab's start")
    ax.set_ylabel("slab (first frame, list)")
    more = f", {len(slabs) - len(shown):,} more not shown" * (len(slabs) > len(shown))
    ax.set_title(f"Slabs of {table.meta['cache']}{more}", loc="left")
    legend_outside(ax, handles=handles)
    return ax
