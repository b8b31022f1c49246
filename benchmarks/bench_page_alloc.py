"""One page at a time through the whole model, beside two textbook allocators.

Workloads, over 1 GiB (262144 frames), order 0, GFP_KERNEL; times are of the
thread's CPU clock, in ns, for an allocation and a free together where the
workload has both (the first three), else for one of them:

    hot_empty           allocate and free, again and again, all else free
    hot_half            the same with a random half of the frames in use
    random_half         free a random page in use, allocate another
    bulk_alloc          allocate 15/16 of the frames
    bulk_free_in_order  free these, as they were allocated
    bulk_free_random    free these in random order

Backends: `model` for one host thread, `model_locked` for several (the same
code, its locks are atomic instructions), `textbook_tree` and `textbook_buddy`
(one mutex around each call), `none` is the loop itself, included everywhere.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import common
from record import INSTRUCTIONS, Figure, Options, Record, from_times

WORKLOADS = (
    "hot_empty",
    "hot_half",
    "random_half",
    "bulk_alloc",
    "bulk_free_in_order",
    "bulk_free_random",
)
BACKENDS = ("model", "model_locked", "textbook_tree", "textbook_buddy", "none")
PEERS = ("textbook_tree", "textbook_buddy")
PEER_SOURCES = ("textbook_tree", "textbook_buddy")
BULK_STEPS = 262144 // 16 * 15


def print_times(times: common.Times) -> None:
    """Median and quartiles of every workload and backend."""
    rows = []
    for workload in WORKLOADS:
        row = [workload]
        for backend in BACKENDS:
            middle, low, high = common.spread(times[workload, backend])
            row.append(f"{middle:.1f} [{low:.1f}..{high:.1f}]")
        rows.append(row)
    common.print_table(["ns", *BACKENDS], rows)


def print_ratios(times: common.Times) -> None:
    """How many times as fast as each peer the model is, round by round."""
    rows = []
    for workload in WORKLOADS:
        row = [workload]
        for own in ("model", "model_locked"):
            for peer in PEERS:
                middle, low, high = common.ratios(
                    times[workload, peer], times[workload, own]
                )
                row.append(f"{middle:.2f} [{low:.2f}..{high:.2f}]")
        rows.append(row)
    head = [f"{own} / {peer}" for own in ("model", "locked") for peer in PEERS]
    common.print_table(["times as fast", *head], rows)


def print_instructions(program: Path) -> None:
    """Instructions a step, which do not depend on the machine's load."""
    rows = []
    for workload in WORKLOADS:
        steps = BULK_STEPS if workload.startswith("bulk") else 100_000
        row = [workload]
        for backend in BACKENDS:
            count = common.instructions(
                program, steps, "once", workload, backend, steps
            )
            row.append(f"{count:.1f}")
        rows.append(row)
    common.print_table(["instructions", *BACKENDS], rows)


def figures(options: Options) -> list[Record]:
    """ns and instructions of a step, for `python -m benchmarks`."""
    program = common.compile_c("bench_page_alloc", PEER_SOURCES, options.folder)
    pairs = 100_000 if options.quick else 1_000_000
    times = common.read_rounds(common.run(program, "rounds", options.rounds, pairs))
    records = from_times("pages", times)
    for workload, backend in times if options.instructions else ():
        steps = BULK_STEPS if workload.startswith("bulk") else 100_000
        count = common.instructions(program, steps, "once", workload, backend, steps)
        records.append(Figure("pages", workload, backend, INSTRUCTIONS, (count,)))
    return records


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "--pairs", type=int, default=1_000_000, help="steps of the first three"
    )
    parser.add_argument(
        "--instructions", action="store_true", help="count them with valgrind too"
    )
    options = parser.parse_args()
    if options.rounds < 2 or options.pairs < 1:
        parser.error("at least 2 rounds of at least 1 pair")
    print(common.machine_line())
    with tempfile.TemporaryDirectory() as name:
        program = common.compile_c("bench_page_alloc", PEER_SOURCES, Path(name))
        times = common.read_rounds(
            common.run(program, "rounds", options.rounds, options.pairs)
        )
        print(f"rounds: {options.rounds}; median [p25..p75]")
        print_times(times)
        print()
        print_ratios(times)
        if options.instructions:
            print()
            if shutil.which("valgrind"):
                print_instructions(program)
            else:
                common.name_missing({"valgrind": "valgrind"})
    return 0


if __name__ == "__main__":
    sys.exit(main())
