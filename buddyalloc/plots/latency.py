"""Pictures of the tables in metrics.latency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..table import Table
from ._style import PATH_COLOURS, axes, legend_outside, merged

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

_SHOWN = (0, 50, 90, 99, 99.9, 99.99, 99.999)


def percentiles(table: Table, *, ax: Axes | None = None, **options: Any) -> Axes:
    """Latency by percentile, a line for each path; the axis stretches the tail.

    options go to `Axes.plot`.
    """
    from matplotlib.ticker import NullLocator

    ax = axes(ax)
    shown = table["percentile"] < 100
    parts = 1 / (1 - table["percentile"][shown] / 100)
    for i, label in enumerate(table.labels["latency_ns"]):
        count = table.meta["counts"][i]
        if not count:
            continue
        everyone = label == "all"
        line = merged(
            options,
            color=PATH_COLOURS[label],
            drawstyle="steps-post",
            linewidth=2.2 if everyone else 1.4,
            linestyle="--" if everyone else "-",
            zorder=3 if everyone else 2,
        )
        latency = table["latency_ns"][shown, i]
        ax.plot(parts, latency, label=f"{label} ({count:,})", **line)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xticks([1 / (1 - p / 100) for p in _SHOWN], [f"{p:g} %" for p in _SHOWN])
    ax.xaxis.set_minor_locator(NullLocator())
    _plain_ticks(ax.yaxis)
    ax.grid(color="#dddddd", linewidth=0.6)
    ax.set_xlabel("percentile of the allocations")
    ax.set_ylabel("modelled latency (ns)")
    ax.set_title("Modelled latency of allocations by path", loc="left")
    legend_outside(ax)
    return ax


def _plain_ticks(axis: Axis) -> None:
    """1, 2, 5, 10, ... written as numbers on a logarithmic axis."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axis.set_major_locator(LogLocator(10, subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axis.set_minor_locator(NullLocator())


def histogram(table: Table, *, ax: Axes | None = None, **options: Any) -> Axes:
    """Number of allocations by latency, stacked by path, both axes logarithmic.

    options go to `Axes.bar`.
    """
    ax = axes(ax)
    labels, counts = table.labels["allocations"], table["allocations"]
    left = np.maximum(table["from_ns"], 1)
    width = table["to_ns"] - left
    order = np.argsort(counts.sum(axis=0), kind="stable")
    bottom = np.zeros(len(counts))
    for i in order:
        if not counts[:, i].any():
            continue
        bars = merged(
            options,
            color=PATH_COLOURS[labels[i]],
            align="edge",
            edgecolor="white",
            linewidth=0.4,
        )
        ax.bar(left, counts[:, i], width, bottom, label=labels[i], **bars)
        bottom = bottom + counts[:, i]
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_ylim(bottom=0.7)
    _plain_ticks(ax.xaxis)
    ax.set_xlabel("modelled latency (ns)")
    ax.set_ylabel("allocations")
    ax.set_title("Allocations by modelled latency and path", loc="left")
    legend_outside(ax, reverse=True)
    return ax
