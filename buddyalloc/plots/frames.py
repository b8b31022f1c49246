"""Pictures of the tables in metrics.frames."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..table import Table
from ._style import GREY, MIGRATETYPE_COLOURS, YELLOW, axes, legend_outside, merged

if TYPE_CHECKING:
    from matplotlib.axes import Axes

IN_USE = {True: "#b8c7d3", False: "#4d4d4d"}
"""Colours of frames in use, that can and cannot be moved."""
OFF_LISTS = YELLOW
OTHER = "other"
"""The per-CPU list of order 9 for all migratetypes but Movable."""


def frame_map(
    table: Table,
    *,
    ax: Axes | None = None,
    top: int | None = None,
    legend: bool = True,
    **options: Any,
) -> Axes:
    """Blocks over their frames: free ones at the height of their order.

    The colour is the migratetype of the list; hatched blocks wait on a per-CPU
    list. Below stand the frames in use, and the migratetypes of the
    pageblocks. top: the highest order drawn; None for the largest that is
    there. options go to `Axes.broken_barh`.
    """
    from matplotlib.patches import Patch

    ax = axes(ax, height=3.2)
    first, count = table.meta["first"], table.meta["count"]
    handles: dict[str, Any] = {}
    highest = 0
    for chosen, bottom, height, name, style in _bands(table):
        if not chosen.any():
            continue
        highest = max(highest, int(bottom + height))
        sizes = table["frames"][chosen]
        spans = np.stack([table["pfn"][chosen], sizes], axis=1).astype(float)
        colour = style.get("edgecolor", style["facecolor"])
        handles.setdefault(name, Patch(label=name, **merged(style, edgecolor=colour)))
        # a white edge would hide a small block
        edges = ["white" if n * 64 >= count else colour for n in sizes.tolist()]
        style = merged(style, edgecolor=edges, linewidth=0.5, snap=False)
        ax.broken_barh(spans.tolist(), (bottom, height), **merged(options, **style))
    top = highest if top is None else top
    ax.set_xlim(first - 0.005 * count, first + 1.005 * count)
    ax.set_ylim(-3.1, top + 0.7)
    step = 1 << max(int(count - 1).bit_length() - 3, 0)
    ticks = range(-(-first // step) * step, first + count + 1, step)
    ax.set_xticks(ticks, [f"{pfn:#x}" for pfn in ticks])
    ax.set_yticks(
        [-2.65, -1.5, *range(top + 1)],
        ["pageblock", "in use", *(str(i) for i in range(top + 1))],
    )
    ax.set_xlabel("page frame")
    ax.set_ylabel("order of the free block")
    ax.set_title(f"Blocks by frame, {table.meta['zone']}", loc="left")
    if legend:
        legend_outside(ax, handles=list(handles.values()))
    return ax


def _bands(table: Table) -> Iterator[tuple[Any, float, float, str, dict[str, Any]]]:
    """Rows of the table, their place from the bottom, height, label and style."""
    states, kinds = table.meta["states"], table.meta["migratetypes"]
    used, free, waiting, isolated, hole = (
        table["state"] == states.index(name)
        for name in ("used", "buddy", "pcp", "isolated", "hole")
    )
    for kind, name in enumerate(kinds):
        colour = MIGRATETYPE_COLOURS[name]
        waits = {"facecolor": "white", "edgecolor": colour, "hatch": "/////"}
        for order in np.unique(table["order"][free | waiting]).tolist():
            here = (table["migratetype"] == kind) & (table["order"] == order)
            yield here & free, order - 0.4, 0.8, name, {"facecolor": colour}
            yield here & waiting, order - 0.4, 0.8, f"{name}, per-CPU list", waits
    for movable, words in ((True, "in use, movable"), (False, "in use")):
        here = used & (table["movable"] == movable)
        yield here, -1.9, 0.8, words, {"facecolor": IN_USE[movable]}
    yield isolated, -1.9, 0.8, "isolated", {"facecolor": OFF_LISTS}
    for kind, name in enumerate(kinds):
        colour = MIGRATETYPE_COLOURS[name]
        here = (table["pageblock"] == kind) & ~hole
        yield here, -2.9, 0.5, name, {"facecolor": colour, "edgecolor": colour}


def free_lists(
    table: Table, *, ax: Axes | None = None, most: int = 12, **options: Any
) -> Axes:
    """Each list as a row of boxes, the head at the left, with their frames.

    most: blocks drawn of a list; of longer ones the rest is counted. options
    go to `Axes.broken_barh`.
    """
    kinds = table.meta["migratetypes"]
    keys = np.stack([table["cpu"], table["order"], table["migratetype"]], axis=1)
    starts = np.flatnonzero(table["position"] == 0)
    ends = np.append(starts, table.rows)[1:]
    ax = axes(ax, height=min(1.2 + 0.32 * max(len(starts), 1), 12.0))
    labels = []
    for row, (start, end) in enumerate(zip(starts, ends, strict=True)):
        cpu, order, kind = keys[start].tolist()
        name = kinds[kind] if kind < len(kinds) else OTHER
        where = "" if cpu < 0 else f"CPU {cpu}, "
        labels.append(f"{where}order {order}, {name}")
        shown = min(end - start, most)
        box = merged(
            options,
            facecolor=MIGRATETYPE_COLOURS.get(name, GREY),
            alpha=0.85 if cpu < 0 else 0.5,
            edgecolor="white",
            linewidth=1.5,
        )
        ax.broken_barh([(i, 1) for i in range(shown)], (row - 0.4, 0.8), **box)
        text: dict[str, Any] = {"va": "center", "fontsize": "x-small"}
        for i in range(shown):
            pfn = int(table["pfn"][start + i])
            ink = "white" if cpu < 0 else "black"
            ax.text(i + 0.5, row, f"{pfn:#x}", ha="center", color=ink, **text)
        if end - start > shown:
            more = f" + {end - start - shown:,}"
            ax.text(shown, row, more, ha="left", color="black", **text)
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(max(len(labels), 1) - 0.5, -0.5)
    ax.set_xlim(0, most + 1)
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_xlabel("first frames of the blocks, from the head to the tail of the list")
    ax.set_ylabel("list")
    ax.set_title(f"Free lists, {table.meta['zone']}", loc="left")
    return ax
