"""One machine driven by two host threads at once, and by one.

Each thread is pinned to a host CPU and has a simulated CPU of its own; x is
the number of threads. ns is what a thread spends for one of its operations;
wall_ns is the time that passes for each operation of all threads, the shortest
of several slices. Peers: llfree-c, made for this, and buddy_alloc with a mutex.

`contention` asks what the second thread waits for: bulk workloads, which go to
the zone's lock for every batch, with other batches, longer per-CPU lists, and
a zone for each thread.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

import common
import page_backends as backends
from record import NS, WALL_NS, Figure, Missing, Options, Record

BENCH = "threads"
WORKLOADS = ("hot_half", "random_half", "bulk_alloc", "bulk_free_random")
PEERS = ("llfree-c", "buddy_alloc")
ORDER = 18
QUICK_ORDER = 14
STEPS = 500_000
TOO_FEW = "this machine has one CPU only"


@dataclass
class Measured:
    """Of a workload, a backend and a number of threads, a value for each round.

    waits has those rounds alone in which a lock of that name was waited for.
    """

    ns: list[float] = field(default_factory=list)
    wall_ns: list[float] = field(default_factory=list)
    waits: dict[str, list[float]] = field(default_factory=dict)

    def all_waits(self, lock: str) -> tuple[float, ...]:
        """Waits for that lock in every round, 0 where there was none."""
        values = self.waits.get(lock, [])
        return (*values, *[0.0] * (len(self.ns) - len(values)))


def times(
    options: Options, threads: Sequence[int], workloads: Sequence[str], specs: list[str]
) -> dict[tuple[str, str, int], Measured]:
    """What was measured by workload, backend and threads."""
    program = backends.program("bench_page_threads", options)
    order, steps = (QUICK_ORDER, 20_000) if options.quick else (ORDER, STEPS)
    lines = common.run(
        program,
        options.rounds,
        steps,
        order,
        ",".join(map(str, threads)),
        ",".join(workloads),
        *specs,
    )
    values: dict[tuple[str, str, int], Measured] = {}
    for line in lines:
        if line[0] == "waits":
            _, workload, backend, nr, _, lock, waits = line
            one = values[workload, backend, int(nr)]
            one.waits.setdefault(lock, []).append(float(waits))
        else:
            workload, backend, nr, _, cpu, wall = line
            one = values.setdefault((workload, backend, int(nr)), Measured())
            one.ns.append(float(cpu))
            one.wall_ns.append(float(wall))
    return values


def figures(options: Options) -> list[Record]:
    """Times with one and with two threads, for `python -m benchmarks`."""
    if (os.cpu_count() or 1) < 2:
        return [Missing(BENCH, "all", TOO_FEW)]
    peers, missing = backends.peers(BENCH, PEERS, options, "mutex")
    own = backends.model(options, backends.LOCKED, "shared")
    records: list[Record] = [*missing]
    for (workload, backend, nr), one in times(
        options, (1, 2), WORKLOADS, [own, *peers]
    ).items():
        for unit, values in ((NS, one.ns), (WALL_NS, one.wall_ns)):
            figure = Figure(BENCH, workload, backend, unit, tuple(values), float(nr))
            records.append(figure)
    return records
