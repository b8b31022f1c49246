"""How long single calls take: the distribution of wall_ns.

One call in 64 stands between two looks at the processor's counter, whose own
time is taken off. x of a figure is a percentile: that share of the calls took
at most so long; unit `calls` counts those that took at least x ns and less than
2^(1/4) times that. The counter may move in steps (10 ns on some machines), and
a call that an interrupt hits is among them. `stamping` is the time of the loop
with stamps over that without.
"""

from __future__ import annotations

import common
import page_backends as backends
from record import WALL_NS, Figure, Options, Record

BENCH = "wall"
WORKLOADS = ("hot_half", "random_half", "bulk_alloc", "mixed_geometric")
CALLS = "calls"
SHARE = "time / without"
ORDER = 18
QUICK_ORDER = 14
STEPS = 1_000_000


def read(workload: str, lines: list[list[str]]) -> list[Record]:
    """The records of what bench_page_wall printed."""
    loops: dict[str, list[float]] = {"plain": [], "stamped": []}
    percentiles: dict[tuple[str, float], list[float]] = {}
    records: list[Record] = []
    for line in lines:
        if line[0] in loops:
            loops[line[0]].append(float(line[2]))
        elif line[0] == "hist":
            _, kind, least, count = line
            name = f"{workload}.{kind}"
            calls = (float(count),)
            records.append(Figure(BENCH, name, "model", CALLS, calls, float(least)))
        else:
            kind, _, share, ns = line
            percentiles.setdefault((kind, float(share)), []).append(float(ns))
    for (kind, percent), values in percentiles.items():
        name = f"{workload}.{kind}"
        records.append(Figure(BENCH, name, "model", WALL_NS, tuple(values), percent))
    pairs = zip(loops["stamped"], loops["plain"], strict=True)
    shares = tuple(stamped / plain for stamped, plain in pairs)
    records.append(Figure(BENCH, workload, "stamping", SHARE, shares))
    return records


def figures(options: Options) -> list[Record]:
    """Percentiles, histogram and what stamping costs, for `python -m benchmarks`."""
    program = backends.program("bench_page_wall", options)
    spec = backends.model(options, backends.LOCKED, "shared")
    order, steps = (QUICK_ORDER, 20_000) if options.quick else (ORDER, STEPS)
    records: list[Record] = []
    for workload in WORKLOADS:
        lines = common.run(program, options.rounds, steps, order, workload, spec)
        records += read(workload, lines)
    return records
