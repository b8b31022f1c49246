"""Is buddyalloc well installed, and what can this computer do?"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from . import _core
from .events import EVENT, OUTCOME
from .files import InputError

TRACEFS = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    mark: str
    """"ok", "BAD" (a fault) or "-" (for your information)."""
    name: str
    text: str


def examine() -> list[Finding]:
    """Look at everything; the recording in the package is replayed."""
    return [*_versions(), _records(), _demo(), *_extras(), _kernel(), _tracing()]


def _versions() -> Iterator[Finding]:
    yield Finding("ok", "Python", f"{platform.python_version()} ({sys.executable})")
    yield Finding("ok", "NumPy", np.__version__)
    try:
        import matplotlib

        yield Finding("ok", "Matplotlib", matplotlib.__version__)
    except ImportError as error:
        yield Finding(
            "BAD", "Matplotlib", f"{error}: run `pip install matplotlib`; no plots"
        )


def _records() -> Finding:
    sizes = (EVENT.itemsize, OUTCOME.itemsize)
    if sizes != (_core.EVENT_SIZE, _core.OUTCOME_SIZE):
        return Finding(
            "BAD", "C extension", f"records of {sizes} bytes: run `pip install -e .`"
        )
    return Finding("ok", "C extension", str(_core.__file__))


def _demo() -> Finding:
    from . import datasets
    from .replay import replay

    name = "recording"
    try:
        result = replay(datasets.load("files"), sample=0)
        result.machine.check()
    except (InputError, _core.BuddyallocError, OSError, ValueError) as error:
        return Finding("BAD", name, f"{error}: install the package again")
    score = result.score
    same = result.end_state is not None and result.end_state.identical
    text = f"{score.exact:,} of {score.allocations:,} allocations exact, end state "
    text += "identical" if same else "differs"
    good = same and score.exact == score.allocations
    return Finding("ok" if good else "BAD", name, text)


def _extras() -> Iterator[Finding]:
    there = find_spec("tqdm") is not None
    text = "installed" if there else "not there: progress is one plain line"
    yield Finding("ok" if there else "-", "tqdm", text)


def _kernel() -> Finding:
    release = platform.release()
    try:
        profile, _ = _core.profile_for_kernel(release)
    except (_core.BuddyallocError, ValueError):
        return Finding("-", "this kernel", f"{release}: no profile models it")
    return Finding("-", "this kernel", f"{release}: nearest profile {profile}")


def _tracing() -> Finding:
    name = "recording here"
    for folder in TRACEFS:
        events = Path(folder) / "events" / "kmem"
        try:
            there = events.is_dir()
        except OSError:
            there = False
        if there and os.access(events / "enable", os.W_OK):
            return Finding("-", name, f"possible: {events}")
    return Finding("-", name, "not possible: needs root and a mounted tracefs")
