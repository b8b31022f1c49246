"""`result.plot.NAME(...)`: the table NAME of a result, drawn by the plot NAME."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from . import metrics, plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .result import Result


class Plotter:
    """Draws tables of one result; completes to the names of `plots.__all__`.

    Keyword arguments that the metric knows go to it, all others to the plot.
    """

    def __init__(self, result: Result) -> None:
        self._result = result

    def __dir__(self) -> list[str]:
        return list(plots.__all__)

    def __getattr__(self, name: str) -> Any:
        if name not in plots.__all__:
            raise AttributeError(
                f"no plot is named {name!r}; there are: {', '.join(plots.__all__)}"
            )
        metric, plot = getattr(metrics, name), getattr(plots, name)
        known = inspect.signature(metric).parameters

        def draw(*, ax: Axes | None = None, **options: Any) -> Axes:
            chosen = {key: options.pop(key) for key in list(options) if key in known}
            axes: Axes = plot(metric(self._result, **chosen), ax=ax, **options)
            return axes

        draw.__doc__, draw.__name__ = plot.__doc__, name
        return draw
