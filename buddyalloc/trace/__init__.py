"""Recorded traces: `open_trace` reads one, `Trace` holds what was read.

`trace_chunks` reads a trace of any length, a piece at a time.
"""

from .open import open_trace, trace_chunks
from .trace import Trace, TraceCounts

__all__ = ["Trace", "TraceCounts", "open_trace", "trace_chunks"]
