"""What the second host thread costs, against batch, list length and zones.

Two threads take all of one machine's memory page by page, then others give it
back: each batch goes to the zone's lock. x is the number that is varied:

    batch   pages of one refill or drain; lists of six batches
    high    pages at which a per-CPU list is drained; batches of 63
    zones   zones for the two threads: with two, one on each thread's
            node; batches of 63, lists of 378

Backends are the workloads of bench_page_alloc. ns is CPU time of an operation,
waiting included; `waits_ppm` says how often the lock of that name was found
taken, of a million operations.
"""

from __future__ import annotations

import os

import page_backends as backends
from bench_page_threads import TOO_FEW, times
from record import NS, Figure, Missing, Options, Record

BENCH = "contention"
WORKLOADS = ("bulk_alloc", "bulk_free_in_order")
LOCKS = ("zone", "pcp")
WAITS = "waits_ppm"
"""Unit: how often a lock was found taken, of a million operations."""
BATCHES = (1, 4, 16, 63, 256)
HIGHS = (128, 378, 1024, 4096)
ZONES = (1, 2)


def variants() -> dict[str, tuple[str, float, str]]:
    """What is varied, the number and the model's variant, by a name for it."""
    found: dict[str, tuple[str, float, str]] = {}
    for batch in BATCHES:
        words = f"shared,batch={batch},high={6 * batch}"
        found[f"batch{batch}"] = ("batch", batch, words)
    for high in HIGHS:
        found[f"high{high}"] = ("high", high, f"shared,batch=63,high={high}")
    for zones in ZONES:
        words = f"shared,batch=63,high=378,nodes={zones}"
        found[f"zones{zones}"] = ("zones", zones, words)
    return found


def figures(options: Options) -> list[Record]:
    """CPU time and waits with two threads, for `python -m benchmarks`."""
    if (os.cpu_count() or 1) < 2:
        return [Missing(BENCH, "all", TOO_FEW)]
    varied = variants()
    specs = [
        backends.model(options, name, words) for name, (_, _, words) in varied.items()
    ]
    measured = times(options, (2,), WORKLOADS, specs)
    records: list[Record] = []
    for (workload, name, _), one in measured.items():
        what, x, _ = varied[name]
        records.append(Figure(BENCH, what, workload, NS, tuple(one.ns), x))
        for lock in LOCKS:
            waits = one.all_waits(lock)
            backend = f"{workload}.{lock}"
            records.append(Figure(BENCH, what, backend, WAITS, waits, x))
    return records
