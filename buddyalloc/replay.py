"""Every request of a trace, served by the model in its own way."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from . import _core
from .config import Settings, parse_sample
from .events import FALLBACK, OUTCOME, PFN_NONE, Op, as_array
from .machine import Machine, Profile
from .result import EndState, FirstMismatch, Result, Score, SlabScore
from .samples import Samples
from .trace import Trace

Array = np.ndarray[Any, Any]
Progress = Callable[[int, int], object]

SAMPLES = 500
"""Samples of a replay when none are asked for."""

_FRAME_OPS = (Op.MM_PAGE_ALLOC, Op.MM_PAGE_FREE, Op.MM_PAGE_FREE_BATCHED)
_COUNTS = (
    *("events", "allocations", "failed", "exact", "silent_traced"),
    *("silent_inferred", "amounts_inferred", "drains_inferred"),
    *("folds_inferred", "claims_inferred", "reordered", "bad_frees"),
)
_EVENT = re.compile(r"events\[(\d+)\]: (.*)")
_VERSION = re.compile(r"\b(\d+)\.(\d+)\.\d+")


def replay(
    trace: Trace,
    machine: Machine | None = None,
    *,
    profile: Profile | None = None,
    settings: Settings | None = None,
    sample: int | str | None = None,
    standard: bool = False,
    strict: bool = False,
    slab: str | None = None,
    progress: Progress | None = None,
) -> Result:
    """Replay a trace on a copy of `machine`, or on that of its start state.

    The model runs free: it sees requests, and recorded frame numbers only
    tell which allocation an event speaks of and keep the score.

    profile, settings: for the machine of the start state; not with `machine`.
    sample: take a sample every so many events, or of trace time ("10ms"); 0
    for only the first and the last instant; None for about 500 in all.
    standard: ignore the kprobe events, as in a trace that has none.
    strict: refuse malformed lines, lost events, frames outside every zone
    and impossible frees, which are else counted in the result.
    slab: what becomes of slab events. "observed": pages are given as the trace
    says, and each object is compared with the one that the model's cache would
    have handed out. "driven": slab events alone drive the model's caches, which
    ask for their own pages. "off": they are left out. None: "observed" when the
    trace has any.
    progress: called with events done and events in all, now and then.

    Interrupted (Ctrl-C), it gives the result so far, `complete` False.

    Raises TraceError for a trace without allocations, StateError for a state
    of another machine, FrameError (strict) for a free that cannot be.
    """
    if not trace.allocations:
        raise _core.TraceError(
            f"{trace.name}:{trace.counts.lines}: no mm_page_alloc event in "
            f"{len(trace):,} events; record with events/kmem/enable"
        )
    start = _machine(trace, machine, profile, settings)
    _check_same_machine(trace, start)
    outside, first_outside = _outside(trace, start)
    if strict:
        _refuse_faults(trace, outside, first_outside)
    events, ns = _step(trace, sample)
    infer = standard or not trace.has_kprobes
    mode = ("observed" if trace.slab_events else "off") if slab is None else slab
    after = start.copy()
    run = _core.Replay(
        after,
        standard=infer,
        strict=strict,
        sample_events=events,
        sample_ns=ns,
        slab=mode,
        cache_names=trace.cache_names,
    )
    complete, begin = True, time.perf_counter_ns()
    try:
        run.run(trace.events.data, final=True, progress=progress)
    except KeyboardInterrupt:
        complete = False
    except _core.FrameError as error:
        raise _core.FrameError(_strict_sentence(trace, run, error)) from None
    except ValueError as error:
        raise _core.TraceError(_event_sentence(trace, error)) from None
    wall_ns = time.perf_counter_ns() - begin
    score = _score(trace, run.score(), outside, first_outside)
    return Result(
        trace=trace,
        start=start,
        machine=after,
        outcomes=_read_only(as_array(run.outcomes(), OUTCOME)),
        fallbacks=_read_only(as_array(run.fallbacks(), FALLBACK)),
        samples=_samples(trace, start, after, run),
        score=score,
        slab=_slab_score(trace, run.slab_score()),
        end_state=_end_state(trace, after) if complete else None,
        options={
            "sample_events": events,
            "sample_ns": ns,
            "standard": standard,
            "inferring": infer,
            "strict": strict,
            "slab": mode,
            "settings": dict(settings or {}),
        },
        wall_ns=wall_ns,
        complete=complete,
    )


class Lines(Protocol):
    """What is asked of a trace for a sentence on one of its events."""

    @property
    def name(self) -> str: ...
    @property
    def events(self) -> Any: ...
    @property
    def lines(self) -> Any: ...


def _read_only(array: Array) -> Array:
    array = array.view()
    array.flags.writeable = False
    return array


def _machine(
    trace: Trace,
    machine: Machine | None,
    profile: Profile | None,
    settings: Settings | None,
) -> Machine:
    if machine is not None:
        if profile is not None or settings:
            raise ValueError(
                "profile and settings are for the machine of the start state; "
                "make `machine` with them instead"
            )
        return machine
    if trace.state_start is None:
        raise _core.StateError(
            f"{trace.name}: no start state; give a state file (--state FILE) or "
            "a machine"
        )
    return Machine.from_state_text(
        trace.state_start,
        name=trace.state_start_name,
        profile=profile,
        settings=settings,
    )


def _series(text: str | None) -> set[tuple[str, ...]]:
    return {tuple(found) for found in _VERSION.findall(text or "")}


def _check_same_machine(trace: Trace, machine: Machine) -> None:
    """StateError when trace and state cannot be of one machine."""
    state = trace.state_start_name if trace.state_start is not None else "the machine"
    series = _series(trace.uname)
    if machine.kernel and series and not series & _series(machine.kernel):
        raise _core.StateError(
            f"{state}: is of kernel {machine.kernel}, but the recording of "
            f"'{trace.uname}'; give the state of this recording"
        )
    cpus = trace.events["cpu"]
    if int(cpus.max()) >= machine.nr_cpus:
        line = int(trace.lines[np.argmax(cpus >= machine.nr_cpus)])
        raise _core.StateError(
            f"{trace.name}:{line}: an event of CPU {cpus.max()}, but {state} has "
            f"{machine.nr_cpus} CPU(s); give the state of this recording"
        )


def _outside(trace: Trace, machine: Machine) -> tuple[int, str | None]:
    """Events whose frame lies in no zone, and a sentence on the first."""
    events = trace.events
    named = np.isin(events["op"], _FRAME_OPS) & (events["addr"] != PFN_NONE)
    inside = np.zeros(len(events), dtype=bool)
    for zone in machine.zones():
        first, end = zone["start_pfn"], zone["end_pfn"]
        inside |= (events["addr"] >= first) & (events["addr"] < end)
    bad = np.flatnonzero(named & ~inside)
    if not len(bad):
        return 0, None
    event = events[bad[0]]
    sentence = f"line {trace.lines[bad[0]]}: frame {int(event['addr']):#x}"
    if 2 * len(bad) > np.count_nonzero(named):
        raise _core.StateError(
            f"{trace.name}:{trace.lines[bad[0]]}: frame {int(event['addr']):#x} and "
            f"{len(bad) - 1:,} others lie outside every zone; give the state of "
            "this recording"
        )
    return len(bad), sentence


def _refuse_faults(trace: Trace, outside: int, first_outside: str | None) -> None:
    if trace.faults:
        raise _core.TraceError(f"{trace.name}: {trace.faults[0]}")
    if outside:
        raise _core.FrameError(
            f"{trace.name}: {first_outside} lies outside every zone; give the state "
            "of this recording"
        )


def _step(trace: Trace, sample: int | str | None) -> tuple[int, int]:
    if sample is None:
        return max(1, len(trace) // SAMPLES), 0
    return parse_sample(sample)


def _line(trace: Lines, event: int) -> int:
    return int(trace.lines[event])


def _strict_sentence(trace: Lines, run: _core.Replay, error: Exception) -> str:
    score = run.score()
    event = score["first_bad_free"]
    if event is None:
        return f"{trace.name}: {error}"
    return (
        f"{trace.name}:{_line(trace, event)}: {_bad_free(trace, score)}; the state "
        "may be of another moment or machine; without strict it is counted"
    )


def _event_sentence(trace: Lines, error: Exception) -> str:
    """A sentence of the core on `events[N]`, with the line instead."""
    match = _EVENT.match(str(error))
    if not match:
        return f"{trace.name}: {error}"
    line = _line(trace, int(match[1]))
    return f"{trace.name}:{line}: {match[2]}; remove or mend the line"


def _bad_free(trace: Lines, score: Mapping[str, Any]) -> str:
    event = trace.events[score["first_bad_free"]]
    return (
        f"free of frame {int(event['addr']):#x}, order {event['order']}: "
        f"{score['first_bad_free_status']}"
    )


def _score(
    trace: Lines, raw: Mapping[str, Any], outside: int, first_outside: str | None
) -> Score:
    bad_free = None
    if raw["first_bad_free"] is not None:
        line = _line(trace, raw["first_bad_free"])
        bad_free = f"line {line}: {_bad_free(trace, raw)}"
    mismatch = None
    if raw["first_mismatch"] is not None:
        recorded = raw["first_mismatch_recorded_pfn"]
        model = raw["first_mismatch_model_pfn"]
        mismatch = FirstMismatch(
            event=raw["first_mismatch"],
            line=_line(trace, raw["first_mismatch"]),
            recorded_pfn=PFN_NONE if recorded is None else recorded,
            model_pfn=PFN_NONE if model is None else model,
        )
    return Score(
        **{name: raw[name] for name in _COUNTS},
        first_bad_free=bad_free,
        outside=outside,
        first_outside=first_outside,
        first_mismatch=mismatch,
    )


def _slab_score(trace: Lines, raw: dict[str, Any] | None) -> SlabScore | None:
    if raw is None:
        return None
    first = raw.pop("first_mismatch")
    return SlabScore(
        **raw, first_mismatch_line=None if first is None else _line(trace, first)
    )


def _samples(
    trace: Trace, start: Machine, after: Machine, run: _core.Replay
) -> Samples:
    """The samples of the run between the instants before and after it."""
    stamps, rows = (np.asarray(records) for records in run.samples())
    times, done = trace.events["ts_ns"], run.events_done
    span = int(times[0]), int(times[max(done - 1, 0)])
    return _samples_of(stamps, rows, start, after, done, span)


def _samples_of(
    stamps: Array,
    rows: Array,
    start: Machine,
    after: Machine,
    done: int,
    span: tuple[int, int],
) -> Samples:
    """Samples of the core between the instants before and after `done` events."""
    inner = (stamps["event"] > 0) & (stamps["event"] < done)
    event = [np.zeros(1, np.uint64), stamps["event"][inner]]
    ts_ns = [np.array(span[:1], np.uint64), stamps["ts_ns"][inner]]
    first, final = start.sample()[None], after.sample()[None]
    return Samples.from_records(
        np.concatenate([*event, np.array([done], np.uint64)]),
        np.concatenate([*ts_ns, np.array(span[1:], np.uint64)]),
        np.concatenate([first, rows[inner].astype(first.dtype), final]),
    )


def _end_state(trace: Trace, machine: Machine) -> EndState | None:
    if trace.state_end is None:
        return None
    recorded = Machine.from_state_text(trace.state_end, name=trace.state_end_name)
    shape = ("name", "node", "start_pfn", "end_pfn")
    zones, others = (
        [[zone[key] for key in shape] for zone in m.zones()]
        for m in (machine, recorded)
    )
    if zones != others:
        raise _core.StateError(
            f"{trace.state_end_name}: has other zones than the start state, so it is "
            "of another machine; give the state of this recording or remove it"
        )
    score = _core.compare_states(machine.state_text(), trace.state_end)
    return EndState(**score)
