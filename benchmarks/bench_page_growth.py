"""What an operation costs as the machine grows, from 64 MiB to 1 TiB.

Half of the frames are in use, in random places; workloads are hot_half and
random_half of bench_page_alloc. x is the number of frames. Instructions tell
what the algorithm adds; the rest of the time is cache misses on the records of
the frames.
"""

from __future__ import annotations

from pathlib import Path

import common
import page_backends as backends
from bench_page_alloc import counted
from record import INSTRUCTIONS, NS, Figure, Missing, Options, Record

BENCH = "growth"
WORKLOADS = ("hot_half", "random_half")
ORDERS = tuple(range(14, 29, 2))
PEER_ORDERS = tuple(range(14, 23, 2))
QUICK_ORDERS: tuple[int, ...] = (14, 16)
COUNTED_ORDERS = (14, 17, 20)
STEPS = 200_000
PEERS = ("llfree-c", "buddy_alloc")
BYTES_PER_FRAME = 24
"""What half-full machines may take: a record, and room for what is in use."""


def available() -> int:
    """Bytes of memory that can be had without swapping."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return int(value.split()[0]) * 1024
    raise RuntimeError("/proc/meminfo has no MemAvailable")


def times(options: Options, spec: str, orders: tuple[int, ...]) -> list[Record]:
    """ns an operation of one backend at each size; all sizes in turns."""
    program = backends.program("bench_page_growth", options)
    steps = 20_000 if options.quick else STEPS
    lines = common.run(program, options.rounds, steps, spec, *orders)
    values: dict[tuple[str, int], list[float]] = {}
    for workload, order, _, ns in lines:
        values.setdefault((workload, int(order)), []).append(float(ns))
    name = backends.name_of(spec)
    return [
        Figure(BENCH, workload, name, NS, tuple(ns), float(2**order))
        for (workload, order), ns in sorted(values.items())
    ]


def instructions(options: Options, spec: str) -> list[Record]:
    """Instructions an operation of one backend at three sizes."""
    program = backends.program("bench_page_alloc", options)
    orders = QUICK_ORDERS[:1] if options.quick else COUNTED_ORDERS
    name = backends.name_of(spec)
    return [
        Figure(
            BENCH,
            workload,
            name,
            INSTRUCTIONS,
            (counted(program, workload, spec, order),),
            float(2**order),
        )
        for workload in WORKLOADS
        for order in orders
    ]


def figures(options: Options) -> list[Record]:
    """Times and instructions at each size, for `python -m benchmarks`."""
    own = backends.model(options, backends.LOCKED, "shared")
    peers, missing = backends.peers(BENCH, PEERS, options)
    records: list[Record] = [*missing]
    if options.quick:
        orders = QUICK_ORDERS
    else:
        room = available() // 2
        orders = tuple(n for n in ORDERS if BYTES_PER_FRAME << n <= room)
        for order in sorted(set(ORDERS) - set(orders)):
            why = f"{BYTES_PER_FRAME << order >> 30} GiB of memory are not to be had"
            records.append(Missing(BENCH, f"2^{order} frames", why))
    records += times(options, own, orders)
    for peer in peers:
        records += times(options, peer, QUICK_ORDERS if options.quick else PEER_ORDERS)
    counted_too = [own] if options.quick else [own, *peers]
    for spec in counted_too if options.instructions else ():
        records += instructions(options, spec)
    return records
