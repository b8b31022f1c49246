"""Pictures of the tables in metrics.fragmentation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..table import Table
from ._style import GREY, HEAT_MAP, axes, legend_outside, merged, sequence

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def free_blocks(table: Table, *, ax: Axes | None = None, **options: Any) -> Axes:
    """Free blocks over time, one row of colour for each order.

    options go to `Axes.pcolormesh`. The colours are logarithmic; blank: none.
    """
    from matplotlib.colors import LogNorm

    ax = axes(ax)
    blocks = np.ma.masked_equal(table["blocks"], 0)
    norm = LogNorm(1, max(10, int(table["blocks"].max())))
    options = merged(options, norm=norm, vmin=None, vmax=None)
    mesh = _heat_map(ax, table, blocks, options)
    ax.figure.colorbar(mesh, ax=ax, pad=0.01).set_label("free blocks")
    ax.set_ylabel("order of the block")
    ax.set_title(_subject("Free blocks by order", table), loc="left")
    return ax


def free_memory(table: Table, *, ax: Axes | None = None, **options: Any) -> Axes:
    """Free memory over time, stacked by the order of its blocks.

    options go to `Axes.stackplot`. The largest blocks lie at the bottom.
    """
    ax = axes(ax)
    mib, labels = table["mib"], table.labels["mib"]
    options = merged(options, colors=sequence(len(labels)), linewidth=0)
    names = labels[::-1]
    ax.stackplot(table["time_s"], mib[:, ::-1].T, labels=names, **options)
    ax.margins(x=0)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("time (s)")
    ax.set_ylabel("free memory (MiB)")
    ax.set_title(_subject("Free memory by order of block", table), loc="left")
    legend_outside(ax, reverse=True)
    return ax


def _subject(what: str, table: Table) -> str:
    return f"{what}, {table.meta['zone']}, {table.meta['migratetype']}"


def unusable_index(table: Table, *, ax: Axes | None = None, **options: Any) -> Axes:
    """Unusable free space index over time, one row of colour for each order.

    options go to `Axes.pcolormesh`. 0: all free memory lies in blocks large
    enough; 1: none of it.
    """
    ax = axes(ax)
    top = max(0.1, np.ceil(10 * table["index"].max()) / 10)
    mesh = _heat_map(ax, table, table["index"], merged(options, vmax=top))
    bar = ax.figure.colorbar(mesh, ax=ax, pad=0.01)
    bar.set_label("unusable part of the free memory")
    ax.set_title(f"Unusable free space index, {table.meta['zone']}", loc="left")
    return ax


def fragmentation_index(
    table: Table, *, ax: Axes | None = None, **options: Any
) -> Axes:
    """Fragmentation index over time, one row of colour for each order.

    options go to `Axes.pcolormesh`. Grey: a block of that order is there.
    """
    from matplotlib.patches import Patch

    ax = axes(ax)
    index = table["index"]
    mesh = _heat_map(ax, table, np.ma.masked_less(index, 0), options)
    ax.set_facecolor("#d9d9d9")
    bar = ax.figure.colorbar(mesh, ax=ax, pad=0.01)
    bar.set_label("0 lack of memory, 1 fragmentation")
    ax.legend(
        handles=[Patch(facecolor="#d9d9d9", edgecolor=GREY, label="would succeed")],
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        frameon=False,
        fontsize="small",
        borderaxespad=0.1,
    )
    ax.set_title(f"Fragmentation index, {table.meta['zone']}", loc="left")
    return ax


def _heat_map(ax: Axes, table: Table, index: Any, options: dict[str, Any]) -> Any:
    """Rows of colour, each sample lasting until the next."""
    time = table["time_s"]
    orders = np.arange(index.shape[1] + 1) - 0.5
    options = merged(options, cmap=HEAT_MAP, vmin=0, vmax=1, rasterized=True)
    if len(time) < 2:
        time, index = np.array([0.0, 1.0]), index[:1].repeat(2, axis=0)
    mesh = ax.pcolormesh(time, orders, index[:-1].T, **options)
    ax.set_yticks(np.arange(index.shape[1]))
    ax.set_xlabel("time (s)")
    ax.set_ylabel("order asked for")
    return mesh


def fallbacks(table: Table, *, ax: Axes | None = None, **options: Any) -> Axes:
    """Fallbacks as a matrix: migratetype wanted by migratetype taken from.

    options go to `Axes.imshow`.
    """
    ax = axes(ax, width=7.0)
    names = table.meta["migratetypes"][:4]
    counts = np.zeros((len(names), len(names)))
    for wanted, taken, count in zip(
        table["wanted"], table["taken_from"], table["count"], strict=True
    ):
        if wanted in names and taken in names:
            counts[names.index(wanted), names.index(taken)] = count
    shown = np.ma.masked_equal(counts, 0)
    options = merged(options, cmap=HEAT_MAP, vmin=0, aspect="auto")
    image = ax.imshow(shown, **options)
    middle = counts.max() / 2
    for i, j in np.argwhere(counts > 0):
        colour = "black" if counts[i, j] > middle else "white"
        ax.text(j, i, f"{counts[i, j]:,.0f}", ha="center", va="center", color=colour)
    ax.figure.colorbar(image, ax=ax, pad=0.02).set_label("blocks taken")
    ax.spines[:].set_visible(True)
    ax.set_xticks(range(len(names)), names)
    ax.set_yticks(range(len(names)), names)
    ax.set_xlabel("migratetype of the block taken")
    ax.set_ylabel("migratetype asked for")
    ax.set_title("Fallbacks between migratetypes", loc="left")
    return ax
