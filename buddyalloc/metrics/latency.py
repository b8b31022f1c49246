"""What allocations cost, by the path they took.

The cost is modelled: each step has a documented price (csrc/mm/cost.h), so
the numbers compare paths and do not depend on the host.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..events import Step
from ..result import Result
from ..table import Table

Array = np.ndarray[Any, Any]

# The first that fits names the path.
_PATHS: tuple[tuple[str, Step], ...] = (
    (
        "slow path",
        Step.SLOWPATH | Step.DRAIN | Step.DIRECT_RECLAIM | Step.COMPACTION,
    ),
    ("other migratetype", Step.FALLBACK),
    ("per-CPU refill", Step.PCP_REFILL),
    ("per-CPU list", Step.PCP_HIT),
    ("buddy lists", Step.BUDDY),
)
FAILED = "failed"

# Nine steps from each row of nines to the next: 0, 10, ... 90, 91, ... 99, ...
PERCENTILES: tuple[float, ...] = (
    *(
        round(100 - step * 10.0**-nines, 6)
        for nines in range(-1, 4)
        for step in range(10, 1, -1)
    ),
    99.999,
    100.0,
)
BINS_PER_DECADE = 10


def path_names() -> tuple[str, ...]:
    """Names of the paths, cheapest first."""
    names = [name for name, _ in _PATHS]
    order = ("per-CPU list", "per-CPU refill", "buddy lists")
    return (*order, *(n for n in reversed(names) if n not in order), FAILED)


def path_of(outcomes: Array) -> Array:
    """(n,) number of each outcome's path, an index into `path_names()`."""
    names = path_names()
    path = np.full(len(outcomes), names.index("buddy lists"), dtype=np.uint8)
    for name, bits in reversed(_PATHS):
        path[(outcomes["path"] & int(bits)) != 0] = names.index(name)
    path[outcomes["result"] != 0] = names.index(FAILED)
    return path


def percentiles(result: Result) -> Table:
    """Percentiles of the modelled latency, of all allocations and by path.

    A percentile is the smallest latency that so many per cent do not exceed.
    Columns: percentile (m,), latency_ns (m, 1 + paths), nan where no
    allocation took the path; meta `counts`: allocations of each column.
    """
    latency, path = result.outcomes["latency_ns"], path_of(result.outcomes)
    groups = [latency, *(latency[path == i] for i in range(len(path_names())))]
    values = np.full((len(PERCENTILES), len(groups)), np.nan)
    for i, group in enumerate(groups):
        if len(group):
            values[:, i] = np.percentile(group, PERCENTILES, method="inverted_cdf")
    return Table(
        "Modelled latency by path",
        {"percentile": np.array(PERCENTILES, dtype=float), "latency_ns": values},
        units={"percentile": "%", "latency_ns": "ns"},
        labels={"latency_ns": ("all", *path_names())},
        counts=tuple(len(group) for group in groups),
    )


def histogram(result: Result) -> Table:
    """Allocations by modelled latency and path, in ten bins a decade.

    Columns: from_ns (edge that belongs to the bin), to_ns, allocations
    (bins, paths).
    """
    latency, path = result.outcomes["latency_ns"], path_of(result.outcomes)
    top = max(int(latency.max()) if len(latency) else 0, 10)
    decades = int(np.floor(np.log10(top))) + 1
    edges = np.logspace(0, decades, decades * BINS_PER_DECADE + 1)
    edges[0] = 0
    counts = np.stack(
        [np.histogram(latency[path == i], edges)[0] for i in range(len(path_names()))],
        axis=1,
    )
    used = np.flatnonzero(counts.any(axis=1))
    some = slice(used[0], used[-1] + 1) if len(used) else slice(0, 1)
    return Table(
        "Allocations by modelled latency",
        {
            "from_ns": edges[:-1][some],
            "to_ns": edges[1:][some],
            "allocations": counts[some],
        },
        units={"from_ns": "ns", "to_ns": "ns"},
        labels={"allocations": path_names()},
    )
