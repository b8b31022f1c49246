"""64 bytes at a time: the model's kmalloc and kfree beside two mallocs.

Workloads; times are of the thread's CPU clock, in ns, for an allocation and a
free together:

    hot      allocate and free, again and again
    batches  allocate 64, free these in their order
    random   16,384 in use: free a random one, allocate another

Backends: `model` for one host thread, `model_locked` for several, with every
check on: the address lies in a slab, begins an object, the object is in use.
`mimalloc` (libmimalloc, loaded beside the process's own malloc) and `glibc`
are mallocs of a process, `none` is the loop itself, included everywhere.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import common
from record import INSTRUCTIONS, Figure, Missing, Options, Record, from_times

WORKLOADS = ("hot", "batches", "random")
BACKENDS = ("model", "model_locked", "mimalloc", "glibc", "none")
PEERS = ("mimalloc", "glibc")
PAIRS_COUNTED = 64_000


def print_times(times: common.Times, backends: list[str]) -> None:
    """Median and quartiles of every workload and backend."""
    rows = []
    for workload in WORKLOADS:
        row = [workload]
        for backend in backends:
            middle, low, high = common.spread(times[workload, backend])
            row.append(f"{middle:.1f} [{low:.1f}..{high:.1f}]")
        rows.append(row)
    common.print_table(["ns", *backends], rows)


def print_ratios(times: common.Times, peers: list[str]) -> None:
    """How many times the time of each peer the model takes, round by round."""
    rows = []
    for workload in WORKLOADS:
        row = [workload]
        for own in ("model", "model_locked"):
            for peer in peers:
                middle, low, high = common.ratios(
                    times[workload, own], times[workload, peer]
                )
                row.append(f"{middle:.2f} [{low:.2f}..{high:.2f}]")
        rows.append(row)
    head = [f"{own} / {peer}" for own in ("model", "locked") for peer in peers]
    common.print_table(["times the time", *head], rows)


def print_instructions(program: Path, backends: list[str]) -> None:
    """Instructions a pair, which do not depend on the machine's load."""
    rows = []
    for workload in WORKLOADS:
        row = [workload]
        for backend in backends:
            count = common.instructions(
                program, PAIRS_COUNTED, "once", workload, backend, PAIRS_COUNTED
            )
            row.append(f"{count:.1f}")
        rows.append(row)
    common.print_table(["instructions", *backends], rows)


def figures(options: Options) -> list[Record]:
    """ns and instructions of a pair, for `python -m benchmarks`."""
    program = common.compile_c("bench_slab", (), options.folder)
    pairs = 64_000 if options.quick else 2_000_000
    times = common.read_rounds(common.run(program, "rounds", options.rounds, pairs))
    records = from_times("slab", times)
    if ("hot", "mimalloc") not in times:
        remedy = "not installed (Debian: libmimalloc-dev)"
        records.append(Missing("slab", "mimalloc", remedy))
    for workload, backend in times if options.instructions else ():
        count = common.instructions(
            program, PAIRS_COUNTED, "once", workload, backend, PAIRS_COUNTED
        )
        records.append(Figure("slab", workload, backend, INSTRUCTIONS, (count,)))
    return records


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--pairs", type=int, default=2_000_000)
    parser.add_argument(
        "--instructions", action="store_true", help="count them with valgrind too"
    )
    options = parser.parse_args()
    if options.rounds < 2 or options.pairs < 64:
        parser.error("at least 2 rounds of at least 64 pairs")
    print(common.machine_line())
    with tempfile.TemporaryDirectory() as name:
        program = common.compile_c("bench_slab", (), Path(name))
        times = common.read_rounds(
            common.run(program, "rounds", options.rounds, options.pairs)
        )
        backends = [b for b in BACKENDS if ("hot", b) in times]
        if "mimalloc" not in backends:
            print("libmimalloc is not installed (Debian: libmimalloc-dev)")
        print(f"rounds: {options.rounds}; median [p25..p75]")
        print_times(times, backends)
        print()
        print_ratios(times, [peer for peer in PEERS if peer in backends])
        if options.instructions:
            print()
            if shutil.which("valgrind"):
                print_instructions(program, backends)
            else:
                common.name_missing({"valgrind": "valgrind"})
    return 0


if __name__ == "__main__":
    sys.exit(main())
