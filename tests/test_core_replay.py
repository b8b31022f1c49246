"""csrc/py/py_replay.c: the type Replay, alone."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from buddyalloc import _core

EVENT = np.dtype(list(_core.EVENT_FIELDS))
OUTCOME = np.dtype(list(_core.OUTCOME_FIELDS))
OP = {name: number for number, (name, _) in enumerate(_core.OPS)}
ALLOC, FREE = OP["mm_page_alloc"], OP["mm_page_free"]
GFP_KERNEL = 0xCC0
GFP_USER_MOVABLE = 0x100CCA
MIB = 1 << 20

Events = np.ndarray[Any, np.dtype[Any]]


def pairs(nr: int, pfn: int = 5000, orders: tuple[int, ...] = (0,)) -> Events:
    """nr allocations, each freed at once: the trace calls all of them `pfn`."""
    events = np.zeros(2 * nr, EVENT)
    events["ts_ns"] = np.arange(2 * nr) * 10
    events["op"][0::2] = ALLOC
    events["op"][1::2] = FREE
    events["gfp"] = GFP_KERNEL
    events["addr"] = pfn
    events["order"] = np.repeat(np.resize(orders, nr), 2)
    events["context"] = 15 << _core.CTX_DEPTH_SHIFT
    return events


def recorded_by(machine: _core.Machine, seed: int, nr: int = 3000) -> Events:
    """What a kernel that chooses as `machine` does would have recorded."""
    rng = np.random.default_rng(seed)
    held: list[tuple[int, int]] = []
    rows = []
    for _ in range(nr):
        if held and rng.random() < 0.45:
            pfn, order = held.pop(int(rng.integers(len(held))))
            machine.free_pages(pfn, order)
            rows.append((FREE, pfn, order, 0, 0))
            continue
        order = int(rng.choice([0, 0, 0, 0, 1, 2, 3, 5]))
        gfp = int(rng.choice([GFP_KERNEL, GFP_USER_MOVABLE]))
        found = machine.alloc_pages(gfp, order)
        if found is not None:
            held.append((found, order))
            rows.append((ALLOC, found, order, gfp, gfp >> 3 & 3))
    events = np.zeros(len(rows), EVENT)
    for i, (op, pfn, order, gfp, migratetype) in enumerate(rows):
        events[i] = (10 * i, pfn, gfp, 0, 0, 1, op, order, migratetype, 0xF0)
    return events


@pytest.fixture
def machine() -> _core.Machine:
    return _core.Machine(64 * MIB)


# Bad arguments first.


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda m: _core.Replay(), TypeError, "machine"),
        (lambda m: _core.Replay(5), TypeError, "Machine"),
        (lambda m: _core.Replay(m, True), TypeError, "positional"),
        (lambda m: _core.Replay(m, fast=True), TypeError, "fast"),
        (lambda m: _core.Replay(m, sample_events=-1), ValueError, "sample_events"),
        (lambda m: _core.Replay(m, sample_ns="1s"), TypeError, "sample_ns"),
        (lambda m: _core.Replay(m).run(), TypeError, "needs the argument 'events'"),
        (lambda m: _core.Replay(m).run(5), TypeError, "bytes-like|buffer"),
        (lambda m: _core.Replay(m).run(bytes(64)), ValueError, "32 bytes.*not of 1"),
        (lambda m: _core.Replay(m).run(pairs(4)["ts_ns"].copy()), ValueError, "of 8"),
        (lambda m: _core.Replay(m).run(pairs(4)[::2]), (ValueError, BufferError), ""),
        (lambda m: _core.Replay(m).run(pairs(4), True), TypeError, "at most 1"),
    ],
)
def test_bad_arguments(
    machine: _core.Machine,
    call: Callable[[_core.Machine], Any],
    error: type[Exception],
    words: str,
) -> None:
    before = machine.copy()
    with pytest.raises(error, match=words or None):
        call(machine)
    assert machine == before


def test_events_that_are_not_aligned(machine: _core.Machine) -> None:
    raw = np.zeros(32 * 4 + 1, np.uint8)
    with pytest.raises(ValueError, match="multiple of 8 bytes; copy"):
        _core.Replay(machine).run(raw[1:].view(EVENT))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("op", len(_core.OPS), "op is none of OPS"),
        ("order", 11, "order is larger than 10"),
        ("order", 255, "order"),
        ("gfp", 0x5, "no single zone"),
        ("gfp", 0x18, "migratetype"),
    ],
)
def test_an_event_that_cannot_be_is_named_before_it_is_done(
    machine: _core.Machine, field: str, value: int, words: str
) -> None:
    events = pairs(100)
    events[field][150] = value
    replay = _core.Replay(machine)
    if events["op"][150] == FREE and field == "gfp":
        events["op"][150] = ALLOC
    with pytest.raises(ValueError, match=rf"events\[150\]: .*{words}"):
        replay.run(events)
    assert replay.events_done == 0
    assert machine.check() is None


def test_any_other_numbers_are_survived(machine: _core.Machine) -> None:
    rng = np.random.default_rng(5)
    raw = rng.integers(0, 256, (20_000, 32), dtype=np.uint8)
    events = raw.view(EVENT)[:, 0].copy()
    events["op"] %= len(_core.OPS)
    events["order"] %= 11
    events["gfp"] = rng.choice([GFP_KERNEL, GFP_USER_MOVABLE, 0x920], len(events))
    events["addr"][::2] %= machine.nr_frames + 100
    events["cpu"] %= 3
    replay = _core.Replay(machine)
    assert replay.run(events) == len(events)
    assert machine.check() is None
    score = replay.score()
    assert score["allocations"] == len(replay.outcomes())
    assert score["exact"] <= score["allocations"]


# What it does.


def test_the_model_repeats_itself(machine: _core.Machine) -> None:
    start = machine.copy()
    events = recorded_by(machine, seed=1)
    replay = _core.Replay(start)
    assert replay.run(events) == replay.events_done == len(events)
    score = replay.score()
    assert score["allocations"] == score["exact"] == (events["op"] == ALLOC).sum()
    assert score["first_mismatch"] is score["first_bad_free"] is None
    assert score["failed"] == score["bad_frees"] == score["lost_events"] == 0
    same = _core.compare_states(start.state_text(), machine.state_text())
    for name in ("free_lists", "pcp_lists", "pageblocks"):
        assert same[name] == same[f"{name}_identical"]


def test_outcomes(machine: _core.Machine) -> None:
    start = machine.copy()
    events = recorded_by(machine, seed=2)
    replay = _core.Replay(start)
    replay.run(events)
    outcomes = np.asarray(replay.outcomes())
    allocs = np.flatnonzero(events["op"] == ALLOC)
    assert outcomes.dtype == OUTCOME
    assert outcomes["event"].tolist() == allocs.tolist()
    assert (outcomes["pfn"] == events["addr"][allocs]).all()
    assert (outcomes["recorded_pfn"] == events["addr"][allocs]).all()
    assert (outcomes["order"] == events["order"][allocs]).all()
    assert (outcomes["latency_ns"] > 0).all()
    assert (outcomes["result"] == 0).all()
    assert len(replay.outcomes()) == 0


def traced(events: Events) -> Events:
    """The same with a kprobe event before it, so that nothing is inferred."""
    first = np.zeros(1, EVENT)
    first["op"] = OP["balance_end"]
    first["context"] = 15 << _core.CTX_DEPTH_SHIFT
    return np.concatenate([first, events])


def test_recorded_frames_do_not_steer(machine: _core.Machine) -> None:
    twin = machine.copy()
    a, b = _core.Replay(machine), _core.Replay(twin)
    a.run(traced(pairs(500, pfn=5000)))
    b.run(traced(pairs(500, pfn=9000)))
    model = np.asarray(a.outcomes())["pfn"]
    assert (model == np.asarray(b.outcomes())["pfn"]).all()
    assert machine == twin
    score = a.score()
    assert score["exact"] == (model == 5000).sum()
    assert score["silent_inferred"] == 0
    assert score["first_mismatch"] == 1
    assert score["first_mismatch_recorded_pfn"] == 5000
    assert score["first_mismatch_model_pfn"] == model[0]


def test_without_kprobe_events_recorded_frames_do_not_steer(
    machine: _core.Machine,
) -> None:
    """No frame is freed that was never allocated: nothing was taken silently."""
    twin = machine.copy()
    a, b = _core.Replay(machine, standard=True), _core.Replay(twin, standard=True)
    a.run(pairs(500, pfn=5000))
    b.run(pairs(500, pfn=9000))
    model = np.asarray(a.outcomes())["pfn"]
    assert (model == np.asarray(b.outcomes())["pfn"]).all()
    assert a.score()["silent_inferred"] == 0


def test_slices_make_no_difference(machine: _core.Machine) -> None:
    events = traced(pairs(3 * _core.REPLAY_LOOKAHEAD // 2, orders=(0, 1, 3, 0, 9)))
    whole = _core.Replay(machine.copy(), sample_events=10_000)
    assert whole.run(events) == len(events)
    parts = _core.Replay(machine.copy(), sample_events=10_000)
    done, chunk = 0, 2 * _core.REPLAY_LOOKAHEAD - 7
    pieces = []
    while done < len(events):
        end = min(done + chunk, len(events))
        final = end == len(events)
        did = parts.run(events[done:end], final=final)
        assert did == end - done - (0 if final else _core.REPLAY_LOOKAHEAD)
        done += did
        pieces.append(np.asarray(parts.outcomes()))
    assert (np.concatenate(pieces) == np.asarray(whole.outcomes())).all()
    assert parts.score() == whole.score()
    assert parts.machine == whole.machine
    for a, b in zip(parts.samples(), whole.samples(), strict=True):
        assert (np.asarray(a) == np.asarray(b)).all()


def test_too_few_events_wait(machine: _core.Machine) -> None:
    replay = _core.Replay(machine)
    assert replay.run(pairs(100), final=False) == 0
    assert replay.run(pairs(0)) == 0
    assert replay.run(pairs(100)) == 200


def test_samples(machine: _core.Machine) -> None:
    events = recorded_by(machine.copy(), seed=3, nr=1000)
    replay = _core.Replay(machine, sample_events=100)
    replay.run(events)
    stamps, rows = (np.asarray(records) for records in replay.samples())
    assert stamps.dtype == np.dtype(list(_core.SAMPLE_FIELDS))
    assert rows.dtype == np.asarray(machine.sample()).dtype
    assert rows.shape == (len(stamps), machine.nr_zones)
    assert (np.diff(stamps["event"].astype(int)) == 100).all()
    assert (stamps["ts_ns"] == events["ts_ns"][stamps["event"]]).all()
    orders = np.arange(_core.NR_ORDERS)[:, None]
    counted = rows["free_blocks"][:, :, :, :4] << orders
    assert (counted.sum((2, 3)) == rows["free_pages"]).all()
    assert len(replay.samples()[0]) == 0
    by_time = _core.Replay(machine.copy(), sample_ns=1000)
    by_time.run(events)
    stamps = np.asarray(by_time.samples()[0])
    assert len(stamps) > 1
    assert (np.diff(stamps["ts_ns"].astype(int)) >= 1000).all()


def test_fallbacks(machine: _core.Machine) -> None:
    events = pairs(1)
    replay = _core.Replay(machine)
    replay.run(events)
    fallbacks = np.asarray(replay.fallbacks())
    assert fallbacks.dtype == np.dtype(list(_core.FALLBACK_FIELDS))
    # every block of a booted machine is Movable
    assert len(fallbacks) > 0
    assert fallbacks["event"][0] == 0
    assert fallbacks["fallback_migratetype"][0] == _core.MIGRATETYPES.index("Movable")
    assert fallbacks["migratetype"][0] == _core.MIGRATETYPES.index("Unmovable")
    assert len(replay.fallbacks()) == 0


def bad_free() -> Events:
    events = pairs(20)
    events["addr"][21] = 1 << 40
    return events


def test_a_bad_free_is_counted_or_with_strict_an_error(machine: _core.Machine) -> None:
    lenient = _core.Replay(machine.copy())
    assert lenient.run(bad_free()) == 40
    score = lenient.score()
    assert score["bad_frees"] >= 1
    assert score["first_bad_free"] == 21
    assert "outside every zone" in score["first_bad_free_status"]
    strict = _core.Replay(machine, strict=True)
    words = rf"event 21 frees frame {1 << 40},.*zone"
    with pytest.raises(_core.FrameError, match=words):
        strict.run(bad_free())
    assert strict.events_done in (21, 22)
    assert len(strict.outcomes()) == 11
    assert machine.check() is None


# Progress, exceptions, and one user at a time.


def test_progress_sees_every_slice(machine: _core.Machine) -> None:
    events = pairs(300_000)
    seen: list[tuple[int, int]] = []
    _core.Replay(machine).run(events, progress=lambda *args: seen.append(args))
    assert len(seen) == 3
    assert [total for _, total in seen] == [len(events)] * 3
    assert seen[-1][0] == len(events)
    assert seen == sorted(seen)


def test_an_exception_keeps_what_was_done(machine: _core.Machine) -> None:
    events = pairs(300_000)
    twin = _core.Replay(machine.copy())
    twin.run(events)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    replay = _core.Replay(machine)
    with pytest.raises(KeyboardInterrupt):
        replay.run(events, progress=stop)
    done = replay.events_done
    assert 0 < done < len(events)
    assert replay.run(events[done:]) == len(events) - done
    assert replay.score() == twin.score()
    assert len(replay.outcomes()) == len(twin.outcomes()) == 300_000
    assert machine == twin.machine


def test_a_busy_machine_refuses_everyone(machine: _core.Machine) -> None:
    replay = _core.Replay(machine)
    twin = machine.copy()
    calls: list[Callable[[], Any]] = [
        lambda: machine.alloc_pages(GFP_KERNEL),
        lambda: machine.alloc_pages_bulk(GFP_KERNEL, 3),
        lambda: machine.free_pages(5000),
        lambda: machine.copy(),
        lambda: machine.check(),
        lambda: machine.save(),
        lambda: machine.frames(),
        lambda: machine == twin,
        lambda: twin == machine,
        lambda: _core.Replay(machine),
        lambda: replay.run(pairs(1)),
        lambda: replay.outcomes(),
        lambda: replay.score(),
    ]
    refused = []

    def other_thread() -> None:
        for call in calls:
            try:
                call()
            except RuntimeError as error:
                refused.append(str(error))

    def progress(done: int, total: int) -> None:
        thread = threading.Thread(target=other_thread)
        thread.start()
        thread.join()

    assert replay.run(pairs(10), progress=progress) == 20
    assert len(refused) == len(calls)
    assert all("already in use" in text for text in refused)
    assert twin.check() is None
    assert machine.alloc_pages(GFP_KERNEL) is not None


def test_the_gil_is_released(machine: _core.Machine) -> None:
    """Another thread runs while run() is inside the core."""
    ticks = []
    stop = threading.Event()

    def tick() -> None:
        while not stop.is_set():
            ticks.append(replay_running.is_set())

    replay_running = threading.Event()
    thread = threading.Thread(target=tick)
    thread.start()
    events = pairs(1_000_000)
    replay_running.set()
    _core.Replay(machine).run(events)
    replay_running.clear()
    stop.set()
    thread.join()
    assert any(ticks)


def test_the_machine_lives_as_long_as_its_replay() -> None:
    class Own(_core.Machine):
        pass

    machine = Own(64 * MIB)
    gone = weakref.ref(machine)
    replay = _core.Replay(machine)
    assert replay.machine is machine
    del machine
    gc.collect()
    assert replay.run(pairs(10)) == 20
    assert gone() is not None
    outcomes = replay.outcomes()
    del replay
    gc.collect()
    assert gone() is None
    assert len(np.asarray(outcomes)) == 10


def test_a_cycle_is_collected() -> None:
    class Own(_core.Machine):
        pass

    machine = Own(64 * MIB)
    machine.replay = _core.Replay(machine)  # type: ignore[attr-defined]
    gone = weakref.ref(machine)
    del machine
    gc.collect()
    assert gone() is None
