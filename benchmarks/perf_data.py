"""A recording that perf made: its text, its kernel, and the time perf takes for it.

The file is given by --perf-data. Record one as root, on any machine:

    perf record -a -m 8M -e 'kmem:*' -o perf.data sleep 10
"""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
from pathlib import Path

NAME = "perf_data"
"""Workload of the figures that are of such a file."""
PRINT = ("script", "--show-lost-events")
KMEM = {"perf_kmem_page": "--page", "perf_kmem_slab": "--slab"}
"""Figures of `perf kmem stat`, and the half of the events that each counts."""


def why_not(path: Path | None) -> str:
    """Why nothing can be measured with it; empty where it can."""
    if shutil.which("perf") is None:
        return "perf is not installed (Debian: apt-get install linux-perf)"
    if path is None:
        return "no recording of perf was given (--perf-data FILE)"
    return ""


def command(path: Path, *words: str) -> list[str]:
    """perf's command with the file for its input, whoever owns that."""
    return ["perf", words[0], "-f", "-i", str(path), *words[1:]]


def run(words: list[str], target: Path) -> None:
    """Write what it prints to `target`. RuntimeError with what perf says."""
    with target.open("wb") as out:
        result = subprocess.run(words, check=False, stdout=out, stderr=subprocess.PIPE)
    if result.returncode:
        said = result.stderr.decode(errors="replace").strip().partition("\n")[0]
        why = said or f"ended with {result.returncode}"
        raise RuntimeError(f"{' '.join(words)}: {why}")


def text(path: Path, folder: Path) -> Path:
    """The events as `perf script` prints them, in a file in `folder`."""
    target = folder / "perf_script.txt"
    run(command(path, *PRINT), target)
    return target


def kernel(path: Path, folder: Path) -> str:
    """Release of the recorded kernel, as uname has it. RuntimeError: not told."""
    target = folder / "perf_header.txt"
    run(command(path, "script", "--header-only"), target)
    found = re.search(r"^# os release : (\S+)", target.read_text(), re.M)
    if not found:
        raise RuntimeError(f"{path}: perf tells no kernel's release of it")
    return found[1]


def layout(release: str) -> str:
    """Which of the two kernels has the GFP flags of this release."""
    numbers = re.match(r"(\d+)\.(\d+)", release)
    new = numbers and (int(numbers[1]), int(numbers[2])) >= (6, 12)
    return "6.12" if new else "6.1"


def cpu_ns(words: list[str]) -> int:
    """CPU time of a run of perf, whose output is thrown away."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run(words, Path("/dev/null"))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return int(seconds * 1e9)


def script_ns(path: Path) -> int:
    """CPU time of `perf script`."""
    return cpu_ns(command(path, *PRINT))


def kmem_ns(path: Path, half: str) -> int:
    """CPU time of `perf kmem stat` for its pages or its slab objects."""
    return cpu_ns(command(path, "kmem", half, "stat"))
