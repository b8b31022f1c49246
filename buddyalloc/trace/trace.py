"""A recorded trace: immutable columns, and what is known of the recorded machine."""

from __future__ import annotations

import html
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..events import EVENT, OP_KINDS, OP_NAMES, Op
from ..table import html_table
from .packed import write_packed

Array = np.ndarray[Any, Any]

SLAB_EVENTS = ("kmalloc", "kfree", "kmem_cache_alloc", "kmem_cache_free")


_SAVED = (
    *("name", "kernel", "layout", "gfp_names", "uname", "cache_names"),
    *("state_start", "state_start_name", "state_end", "state_end_name"),
)
"""Fields of Trace that a file of it holds beside the events and the counts."""


@dataclass(frozen=True)
class TraceCounts:
    """What reading the whole trace came upon."""

    lines: int = 0
    records: int = 0
    """Lines that became an event, inside the window or not."""
    unknown: Mapping[str, int] = field(default_factory=dict)
    """Lines of events that the replay has no use for, by name."""
    unknown_lines: int = 0
    lost_events: int = 0
    """Sum of all `[LOST n EVENTS]`, from perf `PERF_RECORD_LOST lost n`."""
    overwritten: int = 0
    """Events that the ring buffer dropped before the first line."""
    malformed_lines: int = 0
    first_malformed: str | None = None
    """Sentence with the line number of the first of them."""
    truncated: bool = False
    """The last line is cut off."""
    cpus: int = 0
    """CPUs of the traced machine; 0 when the trace does not say."""


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """The events of a recording that belong to the replay.

    They lie between the marks `pgsnap_end 0` and `pgsnap 1`; a trace without
    marks counts as a whole.
    """

    events: Array
    """(n,) records of `events.EVENT`, read-only."""
    lines: Array
    """(n,) line number in the trace text of each event, from 1."""
    name: str = "trace"
    counts: TraceCounts = field(default_factory=TraceCounts)
    kernel: str | None = None
    """Version of the recorded kernel, "6.1.192"."""
    layout: str = "6.1"
    """Kernel whose GFP bits the events hold."""
    gfp_names: str = "Linux 6.1"
    """Where the bits of the GFP names are from: "the recording" or a kernel."""
    uname: str | None = None
    state_start: bytes | None = field(default=None)
    """Text of the state at the window's start; None when not recorded."""
    state_start_name: str = "state.start"
    state_end: bytes | None = field(default=None)
    """Text of the state at the window's end; None when not recorded."""
    state_end_name: str = "state.end"
    cache_names: tuple[str, ...] = ()
    """Names of slab caches; the `arg` of a kmem_cache_free is a number from 1."""

    def __post_init__(self) -> None:
        if self.events.dtype != EVENT:
            raise ValueError(
                f"events have the dtype {self.events.dtype}; give events.EVENT"
            )
        if len(self.events) != len(self.lines):
            raise ValueError(
                f"{len(self.events)} events but {len(self.lines)} line numbers"
            )
        for name in ("events", "lines"):
            array = np.ascontiguousarray(getattr(self, name)).view()
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    def __len__(self) -> int:
        return len(self.events)

    @cached_property
    def by_name(self) -> dict[str, int]:
        """Numbers of events in the window, by name, without those at 0."""
        numbers = np.bincount(self.events["op"], minlength=len(OP_NAMES))
        return {n: int(k) for n, k in zip(OP_NAMES, numbers, strict=True) if k}

    @property
    def allocations(self) -> int:
        """Number of mm_page_alloc lines in the window."""
        return self.by_name.get("mm_page_alloc", 0)

    @property
    def slab_events(self) -> int:
        """Number of kmalloc, kfree, kmem_cache_alloc and _free lines in the window."""
        return sum(self.by_name.get(name, 0) for name in SLAB_EVENTS)

    @property
    def has_kprobes(self) -> bool:
        """Does the window show silent operations (bulk_enter, isolate, ...)?"""
        kinds = dict(zip(OP_NAMES, OP_KINDS, strict=True))
        return any(kinds[name] == "k" for name in self.by_name)

    @property
    def span_ns(self) -> int:
        """From the first event of the window to the last, ns."""
        if not len(self):
            return 0
        return int(self.events["ts_ns"][-1]) - int(self.events["ts_ns"][0])

    def select(self, name: str) -> Array:
        """The events of one name, a copy; ValueError for an unknown name."""
        if name not in OP_NAMES:
            raise ValueError(f"no event is named {name!r}; see events.OP_NAMES")
        chosen: Array = self.events[self.events["op"] == Op[name.upper()]]
        return chosen

    def save(self, path: str | os.PathLike[str], *, compress: bool = True) -> None:
        """Write all of it, states too, to a file that `buddyalloc.open` reads.

        compress: deflate the events, to a few bytes each; else each has 16, and
        is read faster. Equal traces give equal files.

        Raises InputError where no such file can be written.
        """
        about = {name: getattr(self, name) for name in _SAVED}
        about["counts"] = asdict(self.counts)
        write_packed(path, self.events, self.lines, about, compress=compress)

    @property
    def faults(self) -> list[str]:
        """Sentences on what is wrong with the text, each with a remedy."""
        c, faults = self.counts, []
        if c.truncated:
            faults.append(f"line {c.lines}: the last line is cut off; copy it again")
        malformed = c.malformed_lines - c.truncated
        if malformed > 0:
            faults.append(
                f"{malformed:,} malformed lines, the first: {c.first_malformed}"
            )
        if c.lost_events or c.overwritten:
            faults.append(
                f"{c.lost_events + c.overwritten:,} events were lost; "
                "record with a larger buffer (buffer_size_kb)"
            )
        return faults

    def _facts(self) -> list[tuple[str, Any]]:
        return [
            ("kernel", self.kernel or "unknown"),
            ("GFP flags as in", self.gfp_names),
            ("events", len(self)),
            ("allocations", self.allocations),
            ("time", f"{self.span_ns / 1e9:.3f} s"),
            ("start state", "yes" if self.state_start else "none"),
            ("end state", "yes" if self.state_end else "none"),
            ("lines of other events", self.counts.unknown_lines),
            ("lost events", self.counts.lost_events + self.counts.overwritten),
            ("malformed lines", self.counts.malformed_lines),
        ]

    def __repr__(self) -> str:
        parts = [
            f"{len(self):,} events",
            f"{self.allocations:,} allocations",
            f"{self.span_ns / 1e9:.3f} s",
            f"kernel {self.kernel or 'unknown'}",
        ]
        return f"<Trace {self.name}: {', '.join(parts + self.faults)}>"

    def _repr_html_(self) -> str:
        by_name = html_table(list(self.by_name.items()), ["event", "lines"])
        others = html_table(list(self.counts.unknown.items()), ["other event", "lines"])
        more = others if self.counts.unknown else ""
        faults = "".join(f"<br>{html.escape(fault)}" for fault in self.faults)
        return (
            f"<b>Trace {html.escape(self.name)}</b>"
            f"{html_table(self._facts(), ['', ''])}{faults}"
            f"<details><summary>events by name</summary>{by_name}{more}</details>"
        )
