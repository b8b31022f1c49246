"""What the benchmarks share: building the C programs, rounds, tables.

The programs link the core itself, without Python, and are built with the flags
of the extension (setup.py): -O3, and -flto where the compiler can.
"""

from __future__ import annotations

import argparse
import gzip
import lzma
import os
import platform
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from record import spread as spread

ROOT = Path(__file__).resolve().parent.parent
CSRC = ROOT / "csrc"
CORE_LAYERS = ("base", "mm", "sim", "trace")

BEST = "-O3 -flto"
"""How the extension is built; BENCH_CFLAGS in the environment says otherwise."""

T = TypeVar("T")
Times = dict[tuple[str, str], list[float]]


SOURCES = {
    "llfree-c": "llfree",
    "buddy_alloc": "buddy-alloc",
    "buddy-malloc": "buddy-malloc",
}
"""Peers that are built from their source trees, and the option for the tree."""


def add_source_options(parser: argparse.ArgumentParser) -> None:
    """An option for each source tree that may be given."""
    for peer, option in SOURCES.items():
        text = f"source tree of {peer}"
        parser.add_argument(f"--{option}", type=Path, metavar="PATH", help=text)


def given_sources(options: argparse.Namespace) -> dict[str, Path]:
    """The trees that were given, by the peer's name."""
    given = {
        peer: getattr(options, option.replace("-", "_"))
        for peer, option in SOURCES.items()
    }
    return {peer: path.resolve() for peer, path in given.items() if path}


def core_flags() -> list[str]:
    """Flags of the compiler for the core and what is linked with it."""
    best = os.environ.get("BENCH_CFLAGS", BEST).split()
    return [*best, "-fPIC", "-fvisibility=hidden", "-pthread"]


def works(command: Sequence[str]) -> bool:
    """Does it end with 0? What it says is not shown."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def compile_to(
    target: Path,
    sources: Sequence[Path],
    include: Sequence[Path],
    flags: Sequence[str],
    libraries: Sequence[str] = (),
    compiler: str | None = None,
) -> None:
    """Build `target` with `compiler`, else $CC or cc; without -flto if it cannot."""
    command = [compiler or os.environ.get("CC", "cc"), "-std=gnu11", *flags]
    command += [f"-I{folder}" for folder in include]
    command += ["-o", str(target), *map(str, sources), *libraries]
    if works(command):
        return
    command = [word for word in command if word != "-flto"]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    if result.returncode:
        said = [line for line in result.stderr.splitlines() if "error" in line]
        why = "\n".join([f"{target.name} does not build with {command[0]}", *said[:5]])
        raise RuntimeError(why)
    if "-flto" in flags:
        print(f"{target.name}: built without -flto, which {command[0]} cannot")


def core_objects(folder: Path) -> list[Path]:
    """The whole core without Python, compiled once for all programs of a run."""
    objects = folder / "core"
    sources = [s for layer in CORE_LAYERS for s in sorted((CSRC / layer).glob("*.c"))]
    targets = [objects / f"{source.stem}.o" for source in sources]
    if not objects.exists():
        objects.mkdir()
        flags = [*core_flags(), "-c"]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(
                pool.map(
                    lambda pair: compile_to(pair[0], [pair[1]], [CSRC], flags),
                    zip(targets, sources, strict=True),
                )
            )
    return targets


def compile_c(program: str, extra: Sequence[str], folder: Path) -> Path:
    """Build benchmarks/c/PROGRAM.c and `extra` beside it with the whole core."""
    here = ROOT / "benchmarks/c"
    sources = [here / f"{name}.c" for name in (program, *extra)]
    objects = core_objects(folder)
    flags = core_flags()
    compile_to(folder / program, [*sources, *objects], [CSRC, here], flags, ["-lm"])
    return folder / program


def run(program: Path, *arguments: object) -> list[list[str]]:
    """The words of each line that the program prints."""
    result = subprocess.run(
        [program, *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True
    )
    return [line.split() for line in result.stdout.splitlines()]


def read_rounds(lines: Iterable[Sequence[str]]) -> Times:
    """ns by (workload, backend), a value for each round.

    A line is `workload backend round ns`. A backend's rounds are in order, so
    the i-th values of two of them are of the same round.
    """
    times: Times = {}
    for workload, backend, _, ns in lines:
        times.setdefault((workload, backend), []).append(float(ns))
    return times


def ratios(peer: Sequence[float], own: Sequence[float]) -> tuple[float, float, float]:
    """How many times the peer's time own is faster, from each round's ratio."""
    return spread([a / b for a, b in zip(peer, own, strict=True)])


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """First column to the left, the others to the right."""
    lines = [list(head), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        first, *rest = (
            word.ljust(width) if i == 0 else word.rjust(width)
            for i, (word, width) in enumerate(zip(line, widths, strict=True))
        )
        print("  ".join([first, *rest]).rstrip())


def machine_line() -> str:
    """The machine, the compiler and the day that figures belong to."""
    try:
        info = Path("/proc/cpuinfo").read_text()
        model = re.search(r"^model name\s*:\s*(.*)$", info, re.M)
        cpu = model[1] if model else platform.machine()
    except OSError:
        cpu = platform.machine()
    compiler = subprocess.run(
        [os.environ.get("CC", "cc"), "--version"],
        check=False,
        capture_output=True,
        text=True,
    ).stdout.partition("\n")[0]
    day = time.strftime("%Y-%m-%d")
    return f"{cpu}, {os.cpu_count()} CPUs; {compiler}; {day}"


def name_missing(tools: Mapping[str, str]) -> None:
    """Say which of the tools are not installed; a value is the package's name."""
    for tool, package in tools.items():
        if shutil.which(tool) is None:
            print(f"{tool} is not installed (Debian: apt-get install {package})")


def in_parallel(work: Callable[[T], float], items: Iterable[T]) -> list[float]:
    """What `work` gives for each item, on all CPUs: for counts, never for times."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, items))


def instructions(program: Path, count: int, *arguments: object) -> float:
    """Instructions for each of `count` steps, inside timed(), by callgrind."""
    result = subprocess.run(
        [
            "valgrind",
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
            "--toggle-collect=timed",
            str(program),
            *map(str, arguments),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    found = re.search(r"Collected : (\d+)", result.stderr)
    if not found:
        raise RuntimeError(f"callgrind told no count: {result.stderr[-200:]}")
    return int(found[1]) / count


def unpack(source: Path, target: Path) -> Path:
    """Copy a file, decompressed if its name ends in .xz or .gz."""
    content = source.read_bytes()
    if source.suffix == ".xz":
        content = lzma.decompress(content)
    elif source.suffix == ".gz":
        content = gzip.decompress(content)
    target.write_bytes(content)
    return target


def recordings() -> Path:
    """The folder of the large recordings, which need not be there."""
    folder = os.environ.get("BUDDYALLOC_RECORDINGS")
    return Path(folder) if folder else ROOT / "../shared/recordings"
