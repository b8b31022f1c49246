"""Colours that colour-blind readers can tell apart, and what all plots share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's eight colours.
BLACK = "#000000"
ORANGE = "#E69F00"
SKY = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILION = "#D55E00"
PURPLE = "#CC79A7"
GREY = "#999999"

MIGRATETYPE_COLOURS = {
    "Unmovable": VERMILION,
    "Movable": BLUE,
    "Reclaimable": GREEN,
    "HighAtomic": PURPLE,
    "Isolate": YELLOW,
}

PATH_COLOURS = {
    "all": BLACK,
    "per-CPU list": SKY,
    "per-CPU refill": BLUE,
    "buddy lists": GREEN,
    "other migratetype": ORANGE,
    "slow path": VERMILION,
    "failed": GREY,
}

HEAT_MAP = "cividis"
SEQUENCE_MAP = "viridis"


def axes(ax: Axes | None, *, width: float = 9.0, height: float = 4.0) -> Axes:
    """`ax`, or the axes of a new figure of that size in inches."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    _, new = plt.subplots(figsize=(width, height), layout="constrained")
    new.spines[["top", "right"]].set_visible(False)
    return new


def merged(given: dict[str, Any], **own: Any) -> dict[str, Any]:
    """A plot's own options, overridden by those that it was given."""
    return own | given


def sequence(number: int) -> list[Any]:
    """Colours for an ordered sequence, dark to light."""
    import matplotlib

    colours = matplotlib.colormaps[SEQUENCE_MAP]
    return [colours(0.95 * i / max(number - 1, 1)) for i in range(number)]


def legend_outside(ax: Axes, title: str | None = None, **options: Any) -> None:
    """A legend to the right of the data, in the order of a stack."""
    options = merged(options, frameon=False, fontsize="small", title=title)
    ax.legend(
        loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0, **options
    )
