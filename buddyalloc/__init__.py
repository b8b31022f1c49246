"""A model of Linux's page allocator that replays recorded kernels.

    import buddyalloc as ba

    trace = ba.open("recordings/61-files")   # a folder, a trace file or "-"
    result = ba.replay(trace)                # every request, served by the model
    result.score.exact                       # frames chosen as the kernel chose
    result.plot.free_blocks()                # needs Matplotlib

`metrics` makes tables of a result, `plots` draws the table of the same name,
`History` samples a machine that is worked with by hand, for the same tables,
`datasets` has the recording that comes with the package.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

try:
    import buddyalloc._core  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "buddyalloc._core":
        raise
    raise ImportError("the C extension is not built: run `pip install -e .`") from error

from ._core import (
    BuddyallocError,
    FrameError,
    InternalError,
    Memory,
    SlabError,
    StateError,
    TraceError,
    VmallocError,
    slab_layout,
)
from .gfp import GFP, GFP_6_1, GFP_6_12, gfp_flags, gfp_format, gfp_parse
from .history import History
from .machine import Machine
from .replay import replay
from .result import Result
from .slab import KmemCache
from .slabinfo import SLAB
from .stream import replay_stream
from .trace import Trace
from .trace import open_trace as open

__all__ = [
    "GFP",
    "GFP_6_1",
    "GFP_6_12",
    "SLAB",
    "BuddyallocError",
    "FrameError",
    "History",
    "InternalError",
    "KmemCache",
    "Machine",
    "Memory",
    "Result",
    "SlabError",
    "StateError",
    "Trace",
    "TraceError",
    "VmallocError",
    "datasets",
    "gfp_flags",
    "gfp_format",
    "gfp_parse",
    "metrics",
    "open",
    "plots",
    "replay",
    "replay_stream",
    "slab_layout",
]

try:
    __version__ = version("buddyalloc")
except PackageNotFoundError:
    __version__ = "unknown"

_LATER = ("datasets", "metrics", "plots")


def __getattr__(name: str) -> Any:
    """Import `datasets`, `metrics` and `plots` when they are first used."""
    if name in _LATER:
        return import_module(f"buddyalloc.{name}")
    raise AttributeError(f"module 'buddyalloc' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
