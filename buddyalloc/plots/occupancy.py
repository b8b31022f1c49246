"""Pictures of the tables in metrics.occupancy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..table import Table
from ._style import MIGRATETYPE_COLOURS, axes, legend_outside, merged, sequence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EMPTY = 0.18
"""How much of its colour a pageblock without used frames keeps."""
MIB_PER_BLOCK = 2


def memory_map(
    table: Table, *, ax: Axes | None = None, columns: int | None = None, **options: Any
) -> Axes:
    """Physical memory: a cell for each pageblock of 2 MiB.

    Its colour is the migratetype, the darker the fuller; blank where there is
    no memory. columns: pageblocks in a row. options go to `Axes.imshow`.
    """
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Patch

    number = len(table["pfn"])
    if columns is None:
        columns = 32 if number <= 1024 else 64 if number <= 8192 else 128
    rows = -(-number // columns)
    ax = axes(ax, height=min(max(1.6 + rows * 0.24, 2.5), 12.0))
    names = table.meta["migratetypes"]
    cells = np.zeros((rows * columns, 4))
    there = table["zone"] < 255
    size = sum(table[name] for name in ("used", "buddy", "pcp", "isolated"))
    full = np.divide(table["used"], size, out=np.zeros(number), where=size > 0)
    strength = EMPTY + (1 - EMPTY) * full
    for kind, name in enumerate(names):
        chosen = np.flatnonzero(there & (table["migratetype"] == kind))
        part = strength[chosen, None]
        cells[chosen, :3] = part * np.array(to_rgb(MIGRATETYPE_COLOURS[name]))
        cells[chosen, :3] += 1 - part
        cells[chosen, 3] = 1
    ax.imshow(
        cells.reshape(rows, columns, 4),
        **merged(options, aspect="auto", interpolation="nearest"),
    )
    ax.set_xticks(np.arange(0, columns + 1, columns // 4) - 0.5)
    ax.set_xticklabels(
        [f"+{i * MIB_PER_BLOCK}" for i in range(0, columns + 1, columns // 4)]
    )
    step = max(1, rows // 8)
    ax.set_yticks(np.arange(0, rows, step))
    ax.set_yticklabels(
        [f"{i * columns * MIB_PER_BLOCK:,}" for i in range(0, rows, step)]
    )
    ax.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
    if rows <= 64:
        ax.grid(which="minor", color="white", linewidth=0.8)
    ax.tick_params(which="minor", length=0)
    ax.spines[:].set_visible(False)
    ax.set_xlabel("MiB from the row's start")
    ax.set_ylabel("physical address (MiB)")
    used, whole = int(table["used"].sum()), int(np.sum(size))
    share = used / whole if whole else 0.0
    ax.set_title(
        f"Physical memory, pageblocks of 2 MiB, {share:.0%} of the frames in use",
        loc="left",
    )
    present = set(table["migratetype"][there].tolist())
    handles = [
        Patch(facecolor=MIGRATETYPE_COLOURS[name], label=name)
        for kind, name in enumerate(names)
        if kind in present
    ]
    for label, strong in (("full", 1.0), ("half full", 0.59), ("empty", EMPTY)):
        grey = 1 - strong * 0.7
        handles.append(
            Patch(facecolor=(grey, grey, grey), edgecolor="#bbbbbb", label=label)
        )
    legend_outside(ax, handles=handles)
    return ax


def pcp(table: Table, *, ax: Axes | None = None, **options: Any) -> Axes:
    """Pages on the per-CPU lists over time, a line for each CPU.

    options go to `Axes.plot`.
    """
    ax = axes(ax, height=3.0)
    labels = table.labels["pages"]
    colours = sequence(len(labels))
    for i, label in enumerate(labels):
        line = merged(options, drawstyle="steps-post", color=colours[i], linewidth=1.2)
        ax.plot(table["time_s"], table["pages"][:, i], label=label, **line)
    ax.margins(x=0)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("time (s)")
    ax.set_ylabel("pages")
    ax.set_title(f"Pages on per-CPU lists, {table.meta['zone']}", loc="left")
    legend_outside(ax)
    return ax


def pageblocks(table: Table, *, ax: Axes | None = None, **options: Any) -> Axes:
    """Pageblocks over time, stacked by migratetype.

    options go to `Axes.stackplot`.
    """
    ax = axes(ax, height=3.0)
    labels = table.labels["blocks"]
    used = [i for i in range(len(labels)) if table["blocks"][:, i].any()]
    names = [labels[i] for i in used]
    colours = [MIGRATETYPE_COLOURS[name] for name in names]
    options = merged(options, colors=colours, linewidth=0, step="post")
    ax.stackplot(table["time_s"], table["blocks"][:, used].T, labels=names, **options)
    ax.margins(x=0)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("time (s)")
    ax.set_ylabel("pageblocks of 2 MiB")
    ax.set_title(f"Pageblocks by migratetype, {table.meta['zone']}", loc="left")
    legend_outside(ax, reverse=True)
    return ax
