"""What several test files share: the recording of the package, small recordings."""

from __future__ import annotations

import lzma
from collections.abc import Callable
from pathlib import Path

import matplotlib
import pytest

import buddyalloc as ba
from buddyalloc import datasets

matplotlib.use("Agg")

Recording = Callable[..., Path]


@pytest.fixture(scope="session")
def trace() -> ba.Trace:
    return datasets.load("files")


@pytest.fixture(scope="session")
def result(trace: ba.Trace) -> ba.Result:
    return ba.replay(trace)


@pytest.fixture(scope="session")
def start_text() -> str:
    """The start state of the recording in the package."""
    packed = (datasets.path("files") / "state.start.txt.xz").read_bytes()
    return lzma.decompress(packed).decode()


def event(text: str, cpu: int = 0, flags: str = ".....", us: int = 0) -> str:
    """One line of ftrace text."""
    return f"              dd-123     [{cpu:03}] {flags}     9.{us:06}: {text}\n"


def alloc(pfn: int, order: int = 0) -> str:
    gfp = "GFP_HIGHUSER_MOVABLE|__GFP_COMP"
    return event(
        f"mm_page_alloc: page=0 pfn={pfn:#x} order={order} migratetype=1 "
        f"gfp_flags={gfp}"
    )


def free(pfn: int, order: int = 0) -> str:
    return event(f"mm_page_free: page=0 pfn={pfn:#x} order={order}")


# The head of the Movable per-CPU list in that state: the next one to be given.
FIRST = 0x8BEF
USED = 0x9506
"""A frame in use at the start."""
IS_FREE = 0xE800
"""A frame on the buddy lists at the start."""


@pytest.fixture
def recording(tmp_path: Path, start_text: str) -> Recording:
    """Makes a recording folder of a trace text and, if told, another state."""

    def make(
        text: str | bytes,
        *,
        state: str | None = start_text,
        end: str | None = None,
        uname: str | None = None,
    ) -> Path:
        folder = tmp_path / "recording"
        folder.mkdir(exist_ok=True)
        data = text if isinstance(text, bytes) else text.encode()
        (folder / "trace.txt").write_bytes(data)
        for name, content in (
            ("state.start.txt", state),
            ("state.end.txt", end),
            ("uname", uname),
        ):
            if content is not None:
                (folder / name).write_text(content)
        return folder

    return make
