"""Picture of the table in metrics.pressure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..table import Table
from ._style import BLACK, GREEN, ORANGE, VERMILION, axes, legend_outside, merged

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARK_COLOURS = {"high": GREEN, "low": ORANGE, "min": VERMILION}


def watermarks(table: Table, *, ax: Axes | None = None, **options: Any) -> Axes:
    """Free pages over time between the three watermarks.

    options go to `Axes.plot` for the line of free pages.
    """
    ax = axes(ax, height=3.0)
    time = table["time_s"]
    line = merged(options, color=BLACK, linewidth=1.2, label="free")
    ax.plot(time, table["free"], drawstyle="steps-post", **line)
    names = table.labels["marks"]
    for name, colour in MARK_COLOURS.items():
        pages = table["marks"][:, names.index(name)]
        ax.step(time, pages, where="post", color=colour, linewidth=1.0, label=name)
    ax.margins(x=0)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("time (s)")
    ax.set_ylabel("pages")
    ax.set_title(f"Free pages and watermarks, {table.meta['zone']}", loc="left")
    legend_outside(ax)
    return ax
