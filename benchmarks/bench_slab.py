"""Small objects: the model's kmalloc and kfree beside four mallocs.

Workloads; times are of the thread's CPU clock, in ns, for an allocation and a
free together, in the bulk workloads for one of the two:

    hot                 64 bytes: allocate and free, again and again
    hot_1k              the same with 1 KiB
    batches             allocate 64, free these in their order
    random              16,384 in use: free a random one, allocate another
    bulk_alloc          a million of 64 bytes
    bulk_free_in_order  these, as they were allocated
    bulk_free_random    these in random order
    mix                 100,000 of 8 to 8192 bytes in use, small and large ones
                        alike (log-uniform): free a random one, allocate another

Backends: `model` for one host thread, `model_locked` for several, with every
check on: the address lies in a slab, begins an object, the object is in use.
Nothing lies behind its addresses: the mallocs touch the memory that they hand
out, the model its records beside it. `mimalloc`, `glibc`, `jemalloc` and
`tcmalloc` are mallocs of a process, `none` is the loop itself, included
everywhere.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

import common
from record import INSTRUCTIONS, Figure, Missing, Options, Record, from_times

WORKLOADS = (
    "hot",
    "hot_1k",
    "batches",
    "random",
    "bulk_alloc",
    "bulk_free_in_order",
    "bulk_free_random",
    "mix",
)
OWN = ("model", "model_locked")
# and the Debian package that has it
PEERS = {
    "mimalloc": "libmimalloc2.0",
    "glibc": "libc6",
    "jemalloc": "libjemalloc2",
    "tcmalloc": "libtcmalloc-minimal4",
}
BACKENDS = (*OWN, *PEERS, "none")
STEPS_COUNTED = {"bulk_free_random": 1_000_000, "mix": 1_000_000}
STEPS_COUNTED_ELSE = 64_000


def make_room_for_jemalloc() -> None:
    """jemalloc has more thread-local data than a process leaves for dlopen."""
    os.environ.setdefault("GLIBC_TUNABLES", "glibc.rtld.optional_static_tls=16384")


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


def print_ratios(times: common.Times, own: str, peers: list[str]) -> None:
    """How many times the time of each peer the model takes, round by round."""
    rows = []
    for workload in WORKLOADS:
        row = [workload]
        for peer in peers:
            middle, low, high = common.ratios(
                times[workload, own], times[workload, peer]
            )
            row.append(f"{middle:.2f} [{low:.2f}..{high:.2f}]")
        rows.append(row)
    common.print_table([f"{own}: times the time of", *peers], rows)


def counted(program: Path, workload: str, backend: str) -> float:
    """Instructions a step, which do not depend on the machine's load."""
    steps = STEPS_COUNTED.get(workload, STEPS_COUNTED_ELSE)
    return common.instructions(program, steps, "once", workload, backend, steps)


def print_instructions(program: Path, backends: list[str]) -> None:
    """A row for each workload, a column for each backend."""
    rows = []
    for workload in WORKLOADS:
        counts = (counted(program, workload, backend) for backend in backends)
        rows.append([workload, *(f"{count:.1f}" for count in counts)])
    common.print_table(["instructions", *backends], rows)


def missing(times: common.Times) -> dict[str, str]:
    """Peers without figures, and what to do about it."""
    return {
        peer: f"not installed (Debian: apt-get install {package})"
        for peer, package in PEERS.items()
        if ("hot", peer) not in times
    }


def figures(options: Options) -> list[Record]:
    """ns and instructions of a step, for `python -m benchmarks`."""
    make_room_for_jemalloc()
    program = common.compile_c("bench_slab", (), options.folder)
    steps = 64_000 if options.quick else 2_000_000
    times = common.read_rounds(common.run(program, "rounds", options.rounds, steps))
    records = from_times("slab", times)
    records += [Missing("slab", *peer) for peer in missing(times).items()]
    for workload, backend in times if options.instructions else ():
        records.append(
            Figure(
                "slab",
                workload,
                backend,
                INSTRUCTIONS,
                (counted(program, workload, backend),),
            )
        )
    return records


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=2_000_000)
    parser.add_argument(
        "--instructions", action="store_true", help="count them with valgrind too"
    )
    options = parser.parse_args()
    if options.rounds < 2 or options.steps < 64:
        parser.error("at least 2 rounds of at least 64 steps")
    make_room_for_jemalloc()
    print(common.machine_line())
    with tempfile.TemporaryDirectory() as name:
        program = common.compile_c("bench_slab", (), Path(name))
        times = common.read_rounds(
            common.run(program, "rounds", options.rounds, options.steps)
        )
        backends = [b for b in BACKENDS if ("hot", b) in times]
        peers = [peer for peer in PEERS if peer in backends]
        for peer, remedy in missing(times).items():
            print(f"{peer}: {remedy}")
        print(f"rounds: {options.rounds}; median [p25..p75]")
        print_times(times, backends)
        for own in OWN:
            print()
            print_ratios(times, own, peers)
        if options.instructions:
            print()
            if shutil.which("valgrind"):
                print_instructions(program, backends)
            else:
                common.name_missing({"valgrind": "valgrind"})
    return 0


if __name__ == "__main__":
    sys.exit(main())
