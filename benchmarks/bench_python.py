"""Speed at the edge of Python, with the package that is installed.

pair          alloc_pages and free_pages of one page, one call each
              (`model`), beside append and pop of a list (`list`)
batch         1000 pages a call, as a list of int there and back; ns a page
batch_array   the same with the array that the call returns
read_columns  a trace file to columns by buddyalloc.open (`api`), beside
              the C reader that only makes the records (`c_reader`)
stream_rss    memory of a process that reads the file piece by piece and
              keeps nothing
packed        a file of Trace.save: bytes and reading time of an event, as it
              is (`stored`) and compressed (`deflated`)

python benchmarks/bench_python.py calls ROUNDS PAIRS
python benchmarks/bench_python.py read FILE
python benchmarks/bench_python.py stream FILE
python benchmarks/bench_python.py packed FILE
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import bench_trace_read
import common
from record import NS, Figure, Missing, Options, Record

BENCH = "python"
BATCH = 1000


def calls(rounds: int, pairs: int) -> None:
    """Print `workload backend round ns` for each figure."""
    import numpy as np

    import buddyalloc as ba

    machine = ba.Machine(1 << 30)
    gfp = int(ba.gfp_parse("GFP_KERNEL"))
    alloc, free = machine.alloc_pages, machine.free_pages
    values: list[int] = []
    append, pop = values.append, values.pop
    bulk, free_list = machine.alloc_pages_bulk, machine.free_pages_list

    def model() -> None:
        for _ in range(pairs):
            free(alloc(gfp))  # type: ignore[arg-type]

    def plain() -> None:
        for _ in range(pairs):
            append(gfp)
            pop()

    def arrays() -> None:
        for _ in range(pairs // BATCH):
            free_list(np.asarray(bulk(gfp, BATCH)))

    def lists() -> None:
        for _ in range(pairs // BATCH):
            free_list(np.asarray(bulk(gfp, BATCH)).tolist())

    measured = [
        ("pair", "model", model),
        ("pair", "list", plain),
        ("batch", "model", lists),
        ("batch_array", "model", arrays),
    ]
    for round_ in range(rounds):
        for i in range(len(measured)):
            workload, backend, work = measured[(i + round_) % len(measured)]
            work()  # warm up
            start = time.thread_time_ns()
            work()
            ns = time.thread_time_ns() - start
            print(workload, backend, round_, ns / pairs)


def read(path: Path) -> None:
    """Print the number of events and the CPU ns of reading them all."""
    import buddyalloc as ba

    start = time.process_time_ns()
    trace = ba.open(path, kernel="6.1")
    print(len(trace.events), time.process_time_ns() - start)


def stream(path: Path) -> None:
    """Print the number of events, the CPU ns and the most memory resident."""
    from buddyalloc.trace import trace_chunks

    start = time.process_time_ns()
    events = sum(len(some) for some, _ in trace_chunks(path, kernel="6.1"))
    ns = time.process_time_ns() - start
    status = Path("/proc/self/status").read_text()
    peak = re.search(r"^VmHWM:\s+(\d+) kB", status, re.M)
    print(events, ns, int(peak[1]) * 1024 if peak else 0)


def packed(path: Path) -> None:
    """Print way, bytes an event, CPU ns of reading one, of a packed trace."""
    import buddyalloc as ba

    trace = ba.open(path, kernel="6.1")
    target = path.with_suffix(".packed")
    for way, compress in (("stored", False), ("deflated", True)):
        trace.save(target, compress=compress)
        start = time.process_time_ns()
        again = ba.open(target)
        ns = time.process_time_ns() - start
        print(way, target.stat().st_size / len(again), ns / len(again))


def alone(*arguments: object) -> list[list[str]]:
    """Run this file in a process of its own, outside the checkout."""
    command = [sys.executable, str(Path(__file__).resolve()), *map(str, arguments)]
    # NumPy's BLAS starts threads that spin for a while and use CPU time
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    result = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env=environment
    )
    return [line.split() for line in result.stdout.splitlines()]


def columns(options: Options) -> list[Record]:
    """The API and the C reader in turns, and the memory of streaming."""
    trace, kernel = bench_trace_read.trace_of(options)
    program = common.compile_c("core_once", (), options.folder)
    times: dict[str, list[float]] = {"api": [], "chunks": [], "c_reader": []}
    peaks = []
    for _ in range(options.rounds):
        events, ns = alone("read", trace)[0]
        times["api"].append(int(ns) / int(events))
        events, ns, peak = alone("stream", trace)[0]
        times["chunks"].append(int(ns) / int(events))
        peaks.append(float(peak))
        events, ns = common.run(program, "read", trace, kernel)[0]
        times["c_reader"].append(int(ns) / int(events))
    records: list[Record] = [
        Figure(BENCH, "read_columns", name, NS, tuple(values))
        for name, values in times.items()
    ]
    records.append(Figure(BENCH, "stream_rss", "chunks", "bytes", tuple(peaks)))
    return records + files(trace, options)


def files(trace: Path, options: Options) -> list[Record]:
    """Size of a packed trace, and reading it."""
    rounds = [alone("packed", trace) for _ in range(options.rounds)]
    records: list[Record] = []
    for lines in zip(*rounds, strict=True):
        way = lines[0][0]
        size, times = (float(lines[0][1]),), tuple(float(line[2]) for line in lines)
        records.append(Figure(BENCH, "packed", way, "bytes", size))
        records.append(Figure(BENCH, "packed", way, NS, times))
    return records


def figures(options: Options) -> list[Record]:
    """Calls, batches and reading, for `python -m benchmarks`."""
    command = [sys.executable, "-P", "-c", "import buddyalloc"]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        why = f"buddyalloc is not installed for {sys.executable}: pip install ."
        return [Missing(BENCH, "all", why)]
    records: list[Record] = []
    times = common.read_rounds(
        alone("calls", options.rounds, 20_000 if options.quick else 200_000)
    )
    for (workload, backend), values in times.items():
        records.append(Figure(BENCH, workload, backend, NS, tuple(values)))
    return records + columns(options)


def main() -> int:
    match sys.argv[1:]:
        case ["calls", rounds, pairs]:
            calls(int(rounds), int(pairs))
        case ["read", path]:
            read(Path(path))
        case ["stream", path]:
            stream(Path(path))
        case ["packed", path]:
            packed(Path(path))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
