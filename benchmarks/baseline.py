"""Instruction counts of the model, kept in baseline.json and compared in CI.

Time on a shared machine says nothing about a change of five per cent; the
count of executed instructions does, and hardly depends on the machine. It does
depend on the compiler, so counts are compared only with those of the same
compiler of the same major version.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import bench_page_alloc
import bench_replay
import bench_slab
import common
import page_backends
from record import Options

FILE = Path(__file__).parent / "baseline.json"
SHARE = 0.05
"""How much more than in the baseline a count may be."""
ORDER = 16
STEPS = 20_000


class CannotCompare(Exception):
    """Counts cannot be made here, or not be compared; the text says why."""


def compiler() -> str:
    """The compiler and its major version, as "gcc 12"."""
    name = os.environ.get("CC", "cc")
    says = subprocess.run([name, "--version"], capture_output=True, text=True).stdout
    version = subprocess.run([name, "-dumpversion"], capture_output=True, text=True)
    kind = "clang" if "clang" in says else "gcc"
    return f"{kind} {version.stdout.strip().partition('.')[0]}"


def pages(options: Options) -> dict[str, float]:
    """Of an operation in each workload of bench_page_alloc."""
    program = page_backends.program("bench_page_alloc", options)
    spec = page_backends.model(options, page_backends.LOCKED, "shared")
    counts = common.in_parallel(
        lambda workload: bench_page_alloc.counted(
            program, workload, spec, ORDER, STEPS
        ),
        bench_page_alloc.WORKLOADS,
    )
    names = (f"pages {workload}" for workload in bench_page_alloc.WORKLOADS)
    return dict(zip(names, counts, strict=True))


def slabs(options: Options) -> dict[str, float]:
    """Of a step in each workload of bench_slab."""
    program = common.compile_c("bench_slab", (), options.folder)
    backend = page_backends.LOCKED
    counts = common.in_parallel(
        lambda workload: common.instructions(
            program, STEPS, "once", workload, backend, STEPS
        ),
        bench_slab.WORKLOADS,
    )
    names = (f"slab {workload}" for workload in bench_slab.WORKLOADS)
    return dict(zip(names, counts, strict=True))


def traces(options: Options) -> dict[str, float]:
    """Of an event, of reading and of replaying the recording in the package."""
    program = common.compile_c("core_once", (), options.folder)
    data = common.ROOT / "buddyalloc/data"
    recording = min(path.parent for path in data.rglob("trace.txt*"))
    state, trace = bench_replay.unpacked(recording, options.folder)
    counts = {}
    for name, words in (("read", (trace, "6.1")), ("replay", (state, trace))):
        events = int(common.run(program, name, *words)[0][0])
        counts[f"{name} event"] = common.instructions(program, events, name, *words)
    return counts


def count(folder: Path) -> dict[str, float]:
    """Instructions by name. CannotCompare: there is no valgrind."""
    if shutil.which("valgrind") is None:
        raise CannotCompare("valgrind is not installed (apt-get install valgrind)")
    options = Options(folder)
    counts = {**pages(options), **slabs(options), **traces(options)}
    return {name: round(value, 2) for name, value in counts.items()}


def write(counts: Mapping[str, float], path: Path = FILE) -> None:
    """Keep the counts, with what they depend on."""
    document = {
        "compiler": compiler(),
        "processor": platform.machine(),
        "instructions": dict(counts),
    }
    path.write_text(json.dumps(document, indent=1) + "\n")


def read(path: Path = FILE) -> dict[str, float]:
    """The kept counts. CannotCompare: they are of another compiler."""
    document: dict[str, Any] = json.loads(path.read_text())
    here = (compiler(), platform.machine())
    there = (document["compiler"], document["processor"])
    if here != there:
        raise CannotCompare(
            f"{path.name} was counted with {' on '.join(there)}, here is "
            f"{' on '.join(here)}; --write-baseline counts anew"
        )
    counts: dict[str, float] = document["instructions"]
    return counts


def compare(old: Mapping[str, float], new: Mapping[str, float]) -> list[str]:
    """A sentence for each count that grew too much or is not kept; none is good."""
    wrong = []
    for name, value in new.items():
        if name not in old:
            wrong.append(f"{name}: {value} instructions, none in the baseline")
        elif value > old[name] * (1 + SHARE):
            grew = (value / old[name] - 1) * 100
            wrong.append(
                f"{name}: {value} instructions, were {old[name]}: +{grew:.1f} %"
            )
    wrong += [f"{name}: no longer counted" for name in old if name not in new]
    return wrong
