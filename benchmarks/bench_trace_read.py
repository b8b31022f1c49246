"""Speed of reading trace text into records, beside mawk.

Measured on one file, in one run, the tools taking turns:

    newlines      memchr for every newline, the file in memory
    records       the reader of csrc/trace, the file in memory
    read+records  the same, with read(2) in chunks of 1 MiB
    mawk          every name=value field of every line, its CPU and its time

The file is a recording's trace, or, when no recordings are there, a synthetic
text made from a seed. The number of events and of allocated pages must be the
same from the reader and from mawk.
"""

from __future__ import annotations

import argparse
import lzma
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from record import WALL_NS, Figure, Missing, Options, Record

ROOT = Path(__file__).resolve().parent.parent

AWK = r"""
/^#/ { next }
{
    cpu = substr($2, 2, 3) + 0
    when = $4 + 0
    for (i = 6; i <= NF; i++) {
        at = index($i, "=")
        if (at)
            value[substr($i, 1, at - 1)] = substr($i, at + 1)
    }
    if ($5 == "mm_page_alloc:")
        pages += 2 ^ value["order"]
    lines++
}
END { printf "%d %d\n", lines, pages }
"""


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


def build(folder: Path) -> Path:
    """The C program, built with the compiler `cc` (or $CC)."""
    program = folder / "bench_trace_read"
    sources = [ROOT / "benchmarks/c/bench_trace_read.c", ROOT / "csrc/mm/gfp.c"]
    sources += [
        ROOT / f"csrc/trace/{name}.c"
        for name in ("text", "names", "format", "decode", "ftrace")
    ]
    compiler = os.environ.get("CC", "cc")
    subprocess.run(
        [compiler, "-std=c11", "-O2", f"-I{ROOT / 'csrc'}", "-o", program, *sources],
        check=True,
    )
    return program


def run_reader(program: Path, trace: Path, kernel: str) -> tuple[dict[str, int], str]:
    """ns of each measurement, and the line of totals."""
    output = subprocess.run(
        [program, trace, kernel], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    times = {name: int(ns) for name, ns, _ in (line.split() for line in output[:3])}
    return times, output[3]


def run_mawk(mawk: str, trace: Path) -> tuple[int, str]:
    start = time.perf_counter_ns()
    result = subprocess.run(
        [mawk, AWK, trace], check=True, capture_output=True, text=True
    )
    return time.perf_counter_ns() - start, result.stdout.strip()


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


def measure(
    program: Path, trace: Path, kernel: str, rounds: int
) -> tuple[dict[str, list[int]], str, str]:
    """ns by tool, a value for each round; the reader's totals, then mawk's."""
    mawk = shutil.which("mawk")
    times: dict[str, list[int]] = {
        key: [] for key in ("newlines", "records", "read+records", "mawk")
    }
    found = ""
    for _ in range(rounds):
        measured, totals = run_reader(program, trace, kernel)
        for key, value in measured.items():
            times[key].append(value)
        if mawk:
            ns, found = run_mawk(mawk, trace)
            times["mawk"].append(ns)
    return times, totals, found


def figures(options: Options) -> list[Record]:
    """wall_ns an event of each tool, for `python -m benchmarks`."""
    trace, kernel = find_trace(options.folder)
    program = build(options.folder)
    times, totals, _ = measure(program, trace, kernel, options.rounds)
    events = int(totals.split()[1])
    records: list[Record] = [
        Figure("read", "text", tool, WALL_NS, tuple(value / events for value in ns))
        for tool, ns in times.items()
        if ns
    ]
    size = trace.stat().st_size / events
    records.append(Figure("read", "text", "line", "bytes", (size,)))
    if not times["mawk"]:
        remedy = "not installed (Debian: apt-get install mawk)"
        records.append(Missing("read", "mawk", remedy))
    return records


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trace", type=Path, help="a trace's text, not compressed")
    parser.add_argument("--kernel", default="6.1", choices=["6.1", "6.12"])
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trace, kernel = options.trace, options.kernel
        if trace is None:
            trace, kernel = find_trace(folder)
        program = build(folder)
        times, totals, found = measure(program, trace, kernel, options.rounds)
        words = totals.split()
        table(times, trace.stat().st_size, int(words[1]))
        print(f"rounds: {options.rounds}; {totals}")
        if not found:
            print("mawk is not installed (Debian: apt-get install mawk): no ratio")
        elif found.split()[1] != words[5]:
            print(f"mawk found {found} (lines, pages): not the same", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
