"""One call at a time through the whole model, beside other page allocators.

Workloads, over 1 GiB (2^18 frames), GFP_KERNEL; order 0 but for the last two.
An operation is one allocation or one free; times are of the thread's CPU clock.

    hot_empty           allocate and free the same page, all else free
    hot_half            the same with a random half of the frames in use
    random_half         free a random page in use, allocate another
    bulk_alloc          allocate 15/16 of the frames
    bulk_free_in_order  free these, as they were allocated
    bulk_free_random    free these in random order
    mixed               orders 0 to 9 alike; 80 % of the frames in use: below
                        that allocate a block, else free a random one; measured
                        after so many steps that the share of requests that an
                        allocator fails has settled
    mixed_geometric     the same, each order half as often as the one below it

Backends: `model` for one host thread, `model_locked` for several (the same
code, its locks are atomic instructions), `textbook_tree` and `textbook_buddy`
(one mutex around each call), `none` is the loop itself, included everywhere;
llfree-c, buddy_alloc and buddy-malloc where their source trees are given.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import common
import page_backends as backends
import report
from record import INSTRUCTIONS, Figure, Options, Record, from_times

BENCH = "pages"
WORKLOADS = (
    "hot_empty",
    "hot_half",
    "random_half",
    "bulk_alloc",
    "bulk_free_in_order",
    "bulk_free_random",
    "mixed",
    "mixed_geometric",
)
FAILED = "failed_ppm"
"""Unit: requests without a block, of a million."""
ORDER = 18
QUICK_ORDER = 14
STEPS = 1_000_000
COUNTED_ORDER = 16
COUNTED = 20_000
"""Instructions are counted on less memory: they do not depend on it much."""


def times(
    program: Path, options: Options, order: int, steps: int, specs: Sequence[str]
) -> list[Record]:
    """ns an operation, and what share of the mixed requests failed."""
    lines = common.run(
        program, "rounds", options.rounds, steps, order, ",".join(WORKLOADS), *specs
    )
    failed = [line for line in lines if line[2] == "failed"]
    records = from_times(
        BENCH, common.read_rounds(line for line in lines if line[2] != "failed")
    )
    for workload, backend, _, value in failed:
        records.append(Figure(BENCH, workload, backend, FAILED, (float(value),)))
    return records


def counted(
    program: Path, workload: str, spec: str, order: int, steps: int = COUNTED
) -> float:
    """Instructions an operation."""
    total = common.instructions(program, 1, "once", workload, steps, order, spec)
    ops = common.run(program, "once", workload, steps, order, spec)[0][0]
    return total / int(ops)


def figures(options: Options) -> list[Record]:
    """ns and instructions of an operation, for `python -m benchmarks`."""
    program = backends.program("bench_page_alloc", options)
    order, steps = (QUICK_ORDER, 20_000) if options.quick else (ORDER, STEPS)
    own = [
        backends.model(options, backends.LOCKED, "shared"),
        backends.model(options),
    ]
    peers, missing = backends.peers(BENCH, list(backends.GIVEN), options)
    specs = [*own, *peers, *backends.textbook(options), backends.none(options)]
    records: list[Record] = [*missing]
    records += times(program, options, order, steps, specs)
    if not options.instructions:
        return records
    jobs = [
        (spec, workload)
        for spec in (own[:1] if options.quick else specs)
        for workload in (WORKLOADS[:2] if options.quick else WORKLOADS)
    ]
    less = min(order, COUNTED_ORDER)
    counts = common.in_parallel(
        lambda job: counted(program, job[1], job[0], less), jobs
    )
    for (spec, workload), count in zip(jobs, counts, strict=True):
        name = backends.name_of(spec)
        records.append(Figure(BENCH, workload, name, INSTRUCTIONS, (count,)))
    return records


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "--instructions", action="store_true", help="count them with valgrind too"
    )
    common.add_source_options(parser)
    options = parser.parse_args()
    if options.rounds < 2:
        parser.error("at least 2 rounds")
    print(common.machine_line())
    if options.instructions and shutil.which("valgrind") is None:
        common.name_missing({"valgrind": "valgrind"})
    with tempfile.TemporaryDirectory() as name:
        run = Options(
            Path(name),
            options.rounds,
            instructions=options.instructions and shutil.which("valgrind") is not None,
            sources=common.given_sources(options),
        )
        print(report.alone(figures(run), backends.LOCKED))
    return 0


if __name__ == "__main__":
    sys.exit(main())
