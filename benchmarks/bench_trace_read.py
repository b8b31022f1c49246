"""Speed of reading trace text into records, beside other ways to do it.

Measured on one file, in one run, the tools taking turns:

    newlines      memchr for every newline, the file in memory
    records       the reader of csrc/trace, the file in memory
    read+records  the same, with read(2) in chunks of 1 MiB
    mawk          every name=value field of every line, its CPU and its time
    sscanf        the same job in C with sscanf and strtok
    python_re     the same with Python's re, python_split with str.split
    pandas        the same with read_csv and string methods
    simdjson      the same events from a line of JSON each
    perf_script   `perf script`, which prints the text, of a file that perf made

Times are of the CPU, of a process without its start where it is a Python one.

The file is a recording's trace, or, when no recordings are there, a synthetic
text made from a seed. The reader and mawk also read the same events in the form
that perf prints them (`as_perf`), and with --perf-data what `perf script` prints
of that file. The number of allocated pages must be the same from all.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import json
import lzma
import os
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import common
import perf_data
import read_peers
from record import NS, Figure, Missing, Options, Record

ROOT = Path(__file__).resolve().parent.parent
BENCH = "read"
QUICK_LINES = 40_000

AWK = r"""
/^(#|\t|$)/ { next }
{
    cpu = substr($COLUMN, 2, 3) + 0
    when = $4 + 0
    for (i = 6; i <= NF; i++) {
        at = index($i, "=")
        if (at)
            value[substr($i, 1, at - 1)] = substr($i, at + 1)
    }
    if ($5 == EVENT)
        pages += 2 ^ value["order"]
    lines++
}
END { printf "%d %d\n", lines, pages }
"""
COLUMNS = {"ftrace": (2, "mm_page_alloc:"), "perf": (3, "kmem:mm_page_alloc:")}
"""Where the CPU stands in a form of text, and the name of an allocation."""

PAGE = re.compile(r"\bpage=\w+ pfn=0x(\w+)")
POINTER = re.compile(r"\bptr=0*(\w*)")


def synthetic(path: Path, events: int, seed: int) -> None:
    """Write `events` lines of page events, the same for the same seed."""
    rng = random.Random(seed)
    flags = ("GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO", "GFP_KERNEL_ACCOUNT")
    when = 9_000_000
    with path.open("w") as file:
        file.write("# tracer: nop\n#\n")
        for _ in range(events):
            when += rng.randrange(1, 40)
            pfn = rng.randrange(0x1000, 0x20000)
            head = f"{'stress-ng':>16}-{rng.randrange(100, 999):<7} [000] .....  "
            head += f"{when // 10**6:>6}.{when % 10**6:06}: "
            page = f"page={0xFFFFF87AC0000000 + pfn * 64:016x} pfn={pfn:#x} order=0"
            if rng.random() < 0.5:
                kind = rng.randrange(2)
                file.write(
                    f"{head}mm_page_alloc: {page} migratetype={1 - kind} "
                    f"gfp_flags={flags[kind]}\n"
                )
            else:
                file.write(f"{head}mm_page_free: {page}\n")


def find_trace(folder: Path) -> tuple[Path, str]:
    """A trace's text in `folder`, and the kernel it is of."""
    recordings = os.environ.get("BUDDYALLOC_RECORDINGS", ROOT / "../shared/recordings")
    packed = Path(recordings) / "61-files" / "trace.txt.xz"
    path = folder / "trace.txt"
    if packed.exists():
        with lzma.open(packed) as source, path.open("wb") as target:
            shutil.copyfileobj(source, target)
        print("trace: 61-files")
    else:
        synthetic(path, 400_000, seed=1)
        print("trace: synthetic, 400000 events, seed 1")
    return path, "6.1"


def trace_of(options: Options) -> tuple[Path, str]:
    """The trace to read and its kernel; of a quick run the first lines of it."""
    trace, kernel = find_trace(options.folder)
    if options.quick:
        with trace.open() as file:
            lines = list(itertools.islice(file, QUICK_LINES))
        trace = options.folder / "short.txt"
        trace.write_text("".join(lines))
    return trace, kernel


def as_perf(trace: Path, target: Path) -> Path:
    """Write ftrace's events as `perf script` prints them (6.1, and 6.12 but for
    wider columns): no column of flags, the system before the event, the frame's
    number as the page's address, and addresses with 0x.
    """
    with trace.open() as source, target.open("w") as out:
        for line in source:
            found = read_peers.LINE.match(line)
            if not found or line.startswith("#"):
                continue
            system = "kmem:" if found["event"].startswith(("mm_page_", "k")) else "pgx:"
            fields = PAGE.sub(r"page=0x\1 pfn=0x\1", found["fields"])
            fields = POINTER.sub(
                lambda p: f"ptr={'0x' if p[1] else '(nil)'}{p[1]}", fields
            )
            out.write(
                f"{found['comm']:>16} {found['pid']:>5} [{found['cpu']}] "
                f"{found['time']:>12}: {system + found['event']:>30}: {fields}\n"
            )
    return target


def run_reader(program: Path, trace: Path, kernel: str) -> tuple[dict[str, int], str]:
    """ns of each measurement, and the line of totals."""
    output = subprocess.run(
        [program, trace, kernel], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    times = {name: int(ns) for name, ns, _ in (line.split() for line in output[:3])}
    return times, output[3]


def run_mawk(mawk: str, trace: Path, form: str = "ftrace") -> tuple[int, str]:
    column, event = COLUMNS[form]
    words = [mawk, "-v", f"COLUMN={column}", "-v", f"EVENT={event}", AWK, str(trace)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run(words, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return int(seconds * 1e9), result.stdout.strip()


def table(times: dict[str, list[int]], size: int, events: int) -> None:
    """Median and spread of each, and how many times the speed of mawk."""
    base = statistics.median(times["mawk"]) if times.get("mawk") else None
    print(f"{'':14}{'MB/s':>8}  {'[min .. max]':>18}{'ns/event':>10}{'x mawk':>8}")
    for name, ns in times.items():
        if not ns:
            continue
        middle = statistics.median(ns)
        spread = f"[{size / max(ns) * 1e3:.0f} .. {size / min(ns) * 1e3:.0f}]"
        ratio = f"{base / middle:.1f}" if base else "-"
        print(
            f"{name:14}{size / middle * 1e3:8.0f}  {spread:>18}"
            f"{middle / events:10.1f}{ratio:>8}"
        )


Run = Callable[[], tuple[int, str]]
"""Reads once; CPU ns, then events and pages as text."""


def as_json(trace: Path, target: Path) -> None:
    """Write the same events, a line of JSON each."""
    with trace.open() as source, target.open("w") as out:
        for line in source:
            found = read_peers.LINE.match(line)
            if not found or line.startswith("#"):
                continue
            event: dict[str, int | str | float] = {
                "comm": found["comm"],
                "pid": int(found["pid"]),
                "cpu": int(found["cpu"]),
                "flags": found["flags"],
                "time": float(found["time"]),
                "event": found["event"],
            }
            for name, text in read_peers.FIELD.findall(found["fields"]):
                event[name] = int(text) if text.isdecimal() else text
            out.write(json.dumps(event) + "\n")


def command(words: Sequence[object]) -> Run:
    """A program that prints events, pages and CPU ns."""

    def run() -> tuple[int, str]:
        events, pages, ns = common.run(Path(str(words[0])), *words[1:])[0]
        return int(ns), f"{events} {pages}"

    return run


def peers(trace: Path, folder: Path) -> tuple[dict[str, Run], list[Missing]]:
    """The other ways that there are, and why the others are not."""
    found: dict[str, Run] = {}
    missing: list[Missing] = []
    mawk = shutil.which("mawk")
    if mawk:
        found["mawk"] = lambda: run_mawk(mawk, trace)
    else:
        why = "not installed (Debian: apt-get install mawk)"
        missing.append(Missing(BENCH, "mawk", why))
    here = ROOT / "benchmarks"
    program = folder / "read_sscanf"
    common.compile_to(program, [here / "c/read_sscanf.c"], [here / "c"], ["-O3"])
    found["sscanf"] = command([program, trace])
    for way in read_peers.WAYS:
        if way == "pandas" and importlib.util.find_spec("pandas") is None:
            why = "not installed (pip install pandas)"
            missing.append(Missing(BENCH, "pandas", why))
            continue
        found[way] = command([sys.executable, here / "read_peers.py", way, trace])
    program = folder / "read_simdjson"
    words = [os.environ.get("CXX", "c++"), "-O3", "-o", str(program)]
    words += [str(here / "c/read_simdjson.cpp"), "-lsimdjson", "-pthread"]
    if shutil.which(words[0]) and common.works(words):
        as_json(trace, folder / "trace.ndjson")
        found["simdjson"] = command([program, folder / "trace.ndjson"])
    else:
        why = "not installed (Debian: apt-get install g++ libsimdjson-dev)"
        missing.append(Missing(BENCH, "simdjson", why))
    return found, missing


def in_turns(
    program: Path, trace: Path, kernel: str, found: dict[str, Run], rounds: int
) -> tuple[dict[str, list[int]], int]:
    """ns of the reader and of the tools for each round, and the events read.

    RuntimeError: a tool found other pages than the reader.
    """
    times: dict[str, list[int]] = {}
    events = 0
    for round_ in range(rounds):
        measured, totals = run_reader(program, trace, kernel)
        words = totals.split()
        events = int(words[1])
        for tool, ns in measured.items():
            times.setdefault(tool, []).append(ns)
        names = list(found)
        for i in range(len(names)):
            tool = names[(i + round_) % len(names)]
            ns, says = found[tool]()
            if says and says.split()[1] != words[5]:
                raise RuntimeError(
                    f"{tool} found {says.split()[1]} pages, not {words[5]}"
                )
            times.setdefault(tool, []).append(ns)
    return times, events


def records_of(
    name: str, trace: Path, times: dict[str, list[int]], events: int
) -> list[Record]:
    """Figures of one text."""
    records: list[Record] = [
        Figure(BENCH, name, tool, NS, tuple(value / events for value in values))
        for tool, values in times.items()
    ]
    size = (trace.stat().st_size / events,)
    records.append(Figure(BENCH, name, "line", "bytes", size))
    return records


def mawk_alone(trace: Path) -> dict[str, Run]:
    """mawk on perf's text, where it is installed."""
    mawk = shutil.which("mawk")
    return {"mawk": lambda: run_mawk(mawk, trace, "perf")} if mawk else {}


def beside_perf(
    program: Path, path: Path, rounds: int, folder: Path
) -> tuple[Path, dict[str, list[int]], int]:
    """The text of a perf.data, and its times with those of `perf script`."""
    trace = perf_data.text(path, folder)
    kernel = perf_data.layout(perf_data.kernel(path, folder))
    found = mawk_alone(trace)
    found["perf_script"] = lambda: (perf_data.script_ns(path), "")
    return trace, *in_turns(program, trace, kernel, found, rounds)


def figures(options: Options) -> list[Record]:
    """CPU ns an event of each tool, for `python -m benchmarks`.

    RuntimeError: a tool found other pages than the reader.
    """
    trace, kernel = trace_of(options)
    program = common.compile_c("bench_trace_read", (), options.folder)
    found, missing = peers(trace, options.folder)
    records: list[Record] = [*missing]
    texts = {"ftrace": (trace, found)}
    as_printed = as_perf(trace, options.folder / "perf.txt")
    texts["perf"] = (as_printed, mawk_alone(as_printed))
    for name, (text, tools) in texts.items():
        measured = in_turns(program, text, kernel, tools, options.rounds)
        records += records_of(name, text, *measured)
    why = perf_data.why_not(options.perf_data)
    if why or options.perf_data is None:
        return [*records, Missing(BENCH, perf_data.NAME, why)]
    of_perf = beside_perf(program, options.perf_data, options.rounds, options.folder)
    return records + records_of(perf_data.NAME, *of_perf)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trace", type=Path, help="a trace's text, not compressed")
    parser.add_argument("--kernel", default="6.1", choices=["6.1", "6.12"])
    parser.add_argument("--perf-data", type=Path, metavar="FILE", help="of kmem events")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    why = options.perf_data and perf_data.why_not(options.perf_data)
    if why:
        print(why, file=sys.stderr)
        return 2
    common.name_missing({"mawk": "mawk"})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = common.compile_c("bench_trace_read", (), folder)
        if options.perf_data:
            trace, times, events = beside_perf(
                program, options.perf_data, options.rounds, folder
            )
        else:
            trace, kernel = options.trace, options.kernel
            if trace is None:
                trace, kernel = find_trace(folder)
            mawk = shutil.which("mawk")
            found: dict[str, Run] = {}
            if mawk:
                found["mawk"] = lambda: run_mawk(mawk, trace)
            times, events = in_turns(program, trace, kernel, found, options.rounds)
        table(times, trace.stat().st_size, events)
        print(f"rounds: {options.rounds}; events: {events}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
