"""Recordings that come with the package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from .trace import Trace, open_trace


def _folder() -> Path:
    return Path(str(files("buddyalloc"))) / "data"


def names() -> list[str]:
    """Names of the recordings."""
    return sorted(path.name for path in _folder().iterdir() if path.is_dir())


def path(name: str = "files") -> Path:
    """The folder of a recording; ValueError names those there are."""
    if name not in names():
        raise ValueError(f"no recording {name!r}; there are: {', '.join(names())}")
    return _folder() / name


def load(name: str = "files") -> Trace:
    """Read a recording.

    "files": Linux 6.1.192 with 512 MiB and one CPU, working on files in
    tmpfs for five seconds; with its states at the start and the end.
    """
    return open_trace(path(name))
