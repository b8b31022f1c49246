"""Recorded traces: `open_trace` reads one, `Trace` holds what was read."""

from .open import open_trace
from .trace import Trace, TraceCounts

__all__ = ["Trace", "TraceCounts", "open_trace"]
