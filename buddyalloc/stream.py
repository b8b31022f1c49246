"""A trace of any length, replayed while it is read.

    text --reader--> window of events --replay--> outcomes, handed on or dropped
                     |<-- `window` -->|

What stays in memory is the machine and the window, however long the trace is.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import _core
from .config import Settings, parse_sample
from .events import EVENT, FALLBACK, OUTCOME, Op, as_array
from .machine import Machine, Profile
from .replay import (
    Array,
    Progress,
    _check_same_machine,
    _end_state,
    _event_sentence,
    _machine,
    _outside,
    _samples_of,
    _score,
    _slab_score,
    _strict_sentence,
)
from .result import Result
from .samples import Samples
from .trace import Trace
from .trace.open import Source, open_source

WINDOW = 1 << 20
"""Events in memory at a time."""

Outcomes = Callable[[Array], object]


def replay_stream(
    path: str | os.PathLike[str],
    *,
    state: str | os.PathLike[str] | None = None,
    kernel: str | None = None,
    machine: Machine | None = None,
    profile: Profile | None = None,
    settings: Settings | None = None,
    sample: int | str = 0,
    standard: bool = False,
    strict: bool = False,
    slab: str | None = None,
    window: int = WINDOW,
    on_outcomes: Outcomes | None = None,
    progress: Progress | None = None,
) -> Result:
    """Replay a recording while it is read; memory does not grow with its length.

    path, state, kernel: as in `open_trace`. machine, profile, settings,
    standard, strict, slab: as in `replay`; whether the trace has kprobe or slab
    events is seen by its first window. sample: as there, but 0 unless given;
    samples stay in memory.
    window: events in memory at a time, more than REPLAY_LOOKAHEAD. What the
    trace does not say is inferred from those.
    on_outcomes: called with the outcomes of each part, records of
    `events.OUTCOME` in the order of the mm_page_alloc lines.
    progress: called with bytes read and bytes in all (0 when not known).

    In the result `trace.events`, `outcomes` and `fallbacks` are empty.

    Raises what `open_trace` and `replay` raise; ValueError for a window that is
    too small; TraceError for a start mark behind the first window.
    """
    if window <= _core.REPLAY_LOOKAHEAD:
        raise ValueError(
            f"window is {window}; give more than {_core.REPLAY_LOOKAHEAD} events"
        )
    source = open_source(path, state=state, kernel=kernel)
    run = _Run(source, machine, profile, settings, standard, strict, slab)
    run.sample, run.window, run.on_outcomes = parse_sample(sample), window, on_outcomes
    complete = True
    try:
        for events, lines in source.batches(progress):
            run.add(events, lines)
        run.finish()
    except KeyboardInterrupt:
        complete = False
    return run.result(complete)


def _start_mark(events: Array) -> int | None:
    """Index of the mark behind which the window begins; None: it is not there."""
    found = np.flatnonzero((events["op"] == Op.PGSNAP_END) & (events["arg"] == 0))
    return int(found[0]) if len(found) else None


def _end_mark(events: Array) -> int | None:
    """Index of the mark at which the window ends; None: it is not there."""
    found = np.flatnonzero((events["op"] == Op.PGSNAP) & (events["arg"] == 1))
    return int(found[0]) if len(found) else None


@dataclass
class _Seen:
    """Events that a sentence may be about: by number, and the line of each."""

    name: str
    events: dict[int, Any] = field(default_factory=dict)
    lines: dict[int, int] = field(default_factory=dict)


class _Run:
    """A replay under way, and the events that are not replayed yet."""

    sample: tuple[int, int] = (0, 0)
    window = WINDOW
    on_outcomes: Outcomes | None = None

    def __init__(
        self,
        source: Source,
        machine: Machine | None,
        profile: Profile | None,
        settings: Settings | None,
        standard: bool,
        strict: bool,
        slab: str | None,
    ) -> None:
        self.source, self.name = source, source.known["name"]
        self.empty = Trace(np.zeros(0, EVENT), np.zeros(0, np.uint32), **source.known)
        self.start = _machine(self.empty, machine, profile, settings)
        self.settings = dict(settings or {})
        self.standard, self.strict, self.slab = standard, strict, slab
        self.after = self.start.copy()
        self.core: _core.Replay | None = None
        self.waiting: list[tuple[Array, Array]] = []
        self.nr_waiting = 0
        self.marked = self.ended = False
        self.cut = source.cut
        self.seen = _Seen(self.name)
        self.outside = 0
        self.first_outside: str | None = None
        self.span = (0, 0)
        self.stamps: list[Array] = []
        self.rows: list[Array] = []
        self.wall_ns = 0

    def add(self, events: Array, lines: Array) -> None:
        """Take the next events of the text, and replay when there are enough."""
        if self.ended or not len(events):
            return
        mark = None if self.marked or self.cut else _start_mark(events)
        if mark is not None:
            if self.core is not None:
                raise _core.TraceError(
                    f"{self.name}:{lines[mark]}: the window begins here, behind "
                    f"{self.core.events_done:,} events that were replayed; give a "
                    "larger window"
                )
            self.marked = True
            self.waiting, self.nr_waiting = [], 0
            events, lines = events[mark + 1 :], lines[mark + 1 :]
        end = None if self.cut else _end_mark(events)
        if end is not None:
            self.ended = True
            events, lines = events[:end], lines[:end]
        self.waiting.append((events, lines))
        self.nr_waiting += len(events)
        if self.nr_waiting >= self.window:
            self._replay(final=False)

    def finish(self) -> None:
        """The text has ended."""
        self._replay(final=True)
        if self.core is None or not self.core.score()["allocations"]:
            counts = self.source.counts()
            raise _core.TraceError(
                f"{self.name}:{counts.lines}: no mm_page_alloc event in "
                f"{counts.records:,} events; record with events/kmem/enable"
            )

    def _replay(self, final: bool) -> None:
        events = np.concatenate([np.zeros(0, EVENT), *(e for e, _ in self.waiting)])
        lines = np.concatenate([np.zeros(0, np.uint32), *(n for _, n in self.waiting)])
        self._check(events, lines)
        core = self._begin(events, lines)
        before = core.events_done
        if not before and len(events):
            self.span = int(events["ts_ns"][0]), 0
        begin = time.perf_counter_ns()
        try:
            done = core.run(events.data, final=final)
        except _core.FrameError as error:
            self._see(core, events, lines, before)
            sentence = _strict_sentence(self.seen, core, error)
            raise _core.FrameError(sentence) from None
        except ValueError as error:
            part = Trace(events, lines, name=self.name)
            raise _core.TraceError(_event_sentence(part, error)) from None
        finally:
            self.wall_ns += time.perf_counter_ns() - begin
        self._see(core, events, lines, before)
        if done:
            self.span = self.span[0], int(events["ts_ns"][done - 1])
        self._hand_on(core)
        # a copy: what is done is not kept
        self.waiting = [(events[done:].copy(), lines[done:].copy())]
        self.nr_waiting = len(events) - done

    def _check(self, events: Array, lines: Array) -> None:
        """The events that were not checked with the window before."""
        old = 0 if self.core is None else len(self.waiting[0][0])
        if old == len(events):
            return
        part = Trace(events[old:], lines[old:], name=self.name, uname=self.empty.uname)
        _check_same_machine(part, self.start)
        outside, first = _outside(part, self.start)
        self.outside += outside
        self.first_outside = self.first_outside or first
        if self.strict and outside:
            raise _core.FrameError(
                f"{self.name}: {first} lies outside every zone; give the state of "
                "this recording"
            )

    def _begin(self, events: Array, lines: Array) -> _core.Replay:
        if self.core is None:
            part = Trace(events, lines, name=self.name)
            self.standard = self.standard or not part.has_kprobes
            if self.slab is None:
                self.slab = "observed" if part.slab_events else "off"
            self.core = _core.Replay(
                self.after,
                standard=self.standard,
                strict=self.strict,
                sample_events=self.sample[0],
                sample_ns=self.sample[1],
                slab=self.slab,
                cache_names=self.source.cache_names(),
            )
        return self.core

    def _see(
        self, core: _core.Replay, events: Array, lines: Array, before: int
    ) -> None:
        """Keep the events that the score names, while they are in memory."""
        slabs: Mapping[str, Any] = core.slab_score() or {}
        score = core.score()
        for number in (
            score["first_bad_free"],
            score["first_mismatch"],
            slabs.get("first_mismatch"),
        ):
            if number is not None and 0 <= number - before < len(events):
                self.seen.events[number] = events[number - before].copy()
                self.seen.lines[number] = int(lines[number - before])

    def _hand_on(self, core: _core.Replay) -> None:
        outcomes = as_array(core.outcomes(), OUTCOME)
        if self.on_outcomes and len(outcomes):
            self.on_outcomes(outcomes)
        core.fallbacks()
        stamps, rows = (np.asarray(records) for records in core.samples())
        self.stamps.append(stamps)
        self.rows.append(rows)

    def _samples(self, core: _core.Replay) -> Samples:
        stamps, rows = np.concatenate(self.stamps), np.concatenate(self.rows)
        return _samples_of(
            stamps, rows, self.start, self.after, core.events_done, self.span
        )

    def result(self, complete: bool) -> Result:
        """What came of it; KeyboardInterrupt when nothing was replayed yet."""
        core = self.core
        if core is None or not self.stamps:
            raise KeyboardInterrupt
        whole = complete and (self.cut or (self.marked and self.ended))
        known = self.source.known | ({} if whole else {"state_end": None})
        trace = Trace(
            self.empty.events,
            self.empty.lines,
            counts=self.source.counts(),
            cache_names=self.source.cache_names(),
            **known,
        )
        if self.strict and trace.faults:
            raise _core.TraceError(f"{self.name}: {trace.faults[0]}")
        return Result(
            trace=trace,
            start=self.start,
            machine=self.after,
            outcomes=np.zeros(0, OUTCOME),
            fallbacks=np.zeros(0, FALLBACK),
            samples=self._samples(core),
            score=_score(self.seen, core.score(), self.outside, self.first_outside),
            slab=_slab_score(self.seen, core.slab_score()),
            end_state=_end_state(trace, self.after) if complete else None,
            options={
                "sample_events": self.sample[0],
                "sample_ns": self.sample[1],
                "standard": self.standard,
                "inferring": self.standard,
                "strict": self.strict,
                "slab": self.slab,
                "settings": self.settings,
                "window": self.window,
            },
            wall_ns=self.wall_ns,
            complete=complete,
        )
