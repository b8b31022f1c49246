"""What a large machine costs: bytes of a frame, memory and time to create one.

Each machine is made in a process of its own; bytes are what of that process is
in memory afterwards. `used` is what a frame costs once it was handed out.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import common
from record import WALL_NS, Figure, Missing, Options, Record

BENCH = "scale"
SIZES = {"64MiB": 1 << 14, "1GiB": 1 << 18, "64GiB": 1 << 24, "1TiB": 1 << 28}
"""Frames by the name of the size."""


def created(program: Path, name: str, rounds: int) -> list[Record]:
    """Time to create one, and resident bytes after it."""
    lines = [common.run(program, "create", SIZES[name])[0] for _ in range(rounds)]
    times = tuple(float(line[0]) for line in lines)
    resident = tuple(float(line[1]) for line in lines)
    return [
        Figure(BENCH, name, "model", WALL_NS, times),
        Figure(BENCH, name, "model", "bytes", resident),
    ]


def figures(options: Options) -> list[Record]:
    """Bytes and times by size, for `python -m benchmarks`."""
    program = common.compile_c("bench_scale", (), options.folder)
    frame, event = common.run(program, "sizes")[0]
    records: list[Record] = [
        Figure(BENCH, "frame", "model", "bytes", (float(frame),)),
        Figure(BENCH, "event", "model", "bytes", (float(event),)),
    ]
    used = common.run(program, "fill", SIZES["1GiB"])[0][1]
    records.append(Figure(BENCH, "used", "model", "bytes", (float(used),)))
    for name in SIZES:
        try:
            records += created(program, name, options.rounds)
        except subprocess.CalledProcessError:
            records.append(Missing(BENCH, name, "no such machine can be made here"))
    return records
