"""Replays: score, options, and bad input refused or counted with leave."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from conftest import FIRST, IS_FREE, USED, Recording, alloc, event, free

import buddyalloc as ba
from buddyalloc import datasets
from buddyalloc.events import PFN_NONE
from buddyalloc.replay import SAMPLES

OUTSIDE = 0x7FFFFF


def test_the_recording_of_the_package_is_exact(result: ba.Result) -> None:
    score = result.score
    assert score.exact == score.allocations == 83_714
    assert score.first_mismatch is None
    assert (score.failed, score.bad_frees, score.outside) == (0, 0, 0)
    assert result.end_state is not None
    assert result.end_state.identical
    assert result.end_state.free_lists > 20
    assert result.machine.state_text() == result.trace.state_end
    result.machine.check()


def test_outcomes_are_the_lines_in_order(result: ba.Result, trace: ba.Trace) -> None:
    outcomes = result.outcomes
    allocs = trace.select("mm_page_alloc")
    assert (outcomes["pfn"] == allocs["addr"]).all()
    assert (outcomes["order"] == allocs["order"]).all()
    assert (trace.events["addr"][outcomes["event"]] == outcomes["recorded_pfn"]).all()
    assert outcomes["latency_ns"].min() >= 10


def test_the_machine_given_is_not_changed(trace: ba.Trace) -> None:
    assert trace.state_start
    machine = ba.Machine.from_state_text(trace.state_start)
    before = machine.copy()
    result = ba.replay(trace, machine, sample=0)
    assert machine == before == result.start
    assert result.machine != before
    assert len(result.samples) == 2


def test_without_kprobe_events(trace: ba.Trace) -> None:
    score = ba.replay(trace, standard=True, sample=0).score
    assert score.silent_traced == 0
    assert score.exact >= 0.999 * score.allocations


def test_other_settings_choose_other_frames(trace: ba.Trace) -> None:
    result = ba.replay(trace, settings={"fallback": 2, "pcp_auto_tune": 1}, sample=0)
    assert result.machine.profile == "custom"
    assert result.machine.profile_items()["fallback"] == 2
    assert result.score.allocations == 83_714


def test_settings_belong_to_the_start_state(trace: ba.Trace) -> None:
    with pytest.raises(ValueError, match="make `machine` with them"):
        ba.replay(trace, ba.Machine("512M"), settings={"fallback": 1})
    with pytest.raises(ValueError, match="closest name is fallback"):
        ba.replay(trace, settings={"falback": 1})
    with pytest.raises(ValueError, match=r"6\.12L"):
        ba.replay(trace, profile="7.0")


def test_samples_by_events_and_by_time(trace: ba.Trace, result: ba.Result) -> None:
    samples = result.samples
    assert SAMPLES <= len(samples) <= SAMPLES + 3
    assert (np.diff(samples.event.astype(np.int64)) > 0).all()
    assert samples.event[0] == 0
    assert samples.event[-1] == len(trace)
    by_time = ba.replay(trace, sample="100ms").samples
    assert 40 <= len(by_time) <= 53
    with pytest.raises(ValueError, match="10ms"):
        ba.replay(trace, sample="often")


def test_first_and_last_sample_are_the_machines(result: ba.Result) -> None:
    samples = result.samples
    for i, machine in ((0, result.start), (-1, result.machine)):
        now = machine.sample()
        assert (samples.free_blocks[i] == now["free_blocks"]).all()
        assert (samples.free_pages[i] == now["free_pages"]).all()
        assert (samples.pcp_pages[i] == now["pcp_pages"]).all()
    sizes = 1 << np.arange(11)
    free = (samples.free_blocks[..., :4].sum(axis=3) * sizes).sum(axis=2)
    assert (free == samples.free_pages).all()


def test_an_interrupted_replay_gives_what_there_is(trace: ba.Trace) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    result = ba.replay(trace, progress=stop)
    assert not result.complete
    assert 0 < result.score.events < len(trace)
    assert len(result.outcomes) == result.score.allocations == result.score.exact
    assert result.end_state is None
    assert "interrupted" in repr(result)


# Bad input.


def test_no_allocation_at_all(recording: Recording) -> None:
    trace = ba.open(recording(free(USED)))
    with pytest.raises(ba.TraceError, match="recording:1: no mm_page_alloc event"):
        ba.replay(trace)


def test_no_state(recording: Recording) -> None:
    with pytest.raises(ba.StateError, match="no start state; give a state file"):
        ba.replay(ba.open(recording(alloc(FIRST), state=None)))


def test_a_state_that_is_cut_off(recording: Recording, start_text: str) -> None:
    trace = ba.open(recording(alloc(FIRST), state=start_text[:3000]))
    with pytest.raises(
        (ba.TraceError, ba.StateError), match=r"state\.start\.txt: line"
    ):
        ba.replay(trace)


def test_a_frame_on_two_lists(recording: Recording, start_text: str) -> None:
    twice = start_text.replace(f"pcplist 0 1 {FIRST:x} ", f"pcplist 0 1 {IS_FREE:x} ")
    trace = ba.open(recording(alloc(FIRST), state=twice))
    with pytest.raises(ba.StateError, match=rf"state\.start\.txt: .*{IS_FREE:#x}|e800"):
        ba.replay(trace)


def test_a_state_of_another_kernel(recording: Recording) -> None:
    trace = ba.open(recording(alloc(FIRST), uname="Linux x 6.12.5-generic #1 SMP"))
    with pytest.raises(ba.StateError, match=r"is of kernel 6\.1\.192, but"):
        ba.replay(trace)


def test_a_state_with_fewer_cpus(recording: Recording) -> None:
    other = event("mm_page_free: page=0 pfn=0x9506 order=0", cpu=3)
    with pytest.raises(ba.StateError, match=r":2: an event of CPU 3, but .* 1 CPU"):
        ba.replay(ba.open(recording(alloc(FIRST) + other)))


def test_a_state_of_a_smaller_machine(recording: Recording) -> None:
    text = alloc(FIRST) + alloc(OUTSIDE) + free(OUTSIDE)
    with pytest.raises(ba.StateError, match=r":2: .*0x7fffff and 1 others lie outside"):
        ba.replay(ba.open(recording(text)))


def test_an_end_state_of_another_machine(recording: Recording, start_text: str) -> None:
    marked = (
        event("take_stopped: pgsnap_end 0")
        + alloc(FIRST)
        + event("take_stopped: pgsnap 1")
    )
    other = ba.Machine("64M").state_text().decode()
    with pytest.raises(ba.StateError, match=r"state\.end\.txt: has other zones"):
        ba.replay(ba.open(recording(marked, end=other)))
    result = ba.replay(ba.open(recording(marked, end=start_text)))
    assert result.end_state is not None
    assert result.end_state.pcp_lists_identical == result.end_state.pcp_lists - 1


def cases() -> Iterator[tuple[str, str, str]]:
    """Name, lines after a good allocation, and what repr says of them."""
    yield "truncated", alloc(USED)[:60], "line 2: the last line is cut off"
    yield "garbled", event("mm_page_free: pfn=x order=0"), "1 malformed lines"
    yield "lost", "CPU:0 [LOST 12 EVENTS]\n", "12 events were lost"
    yield "outside", free(OUTSIDE), "line 2: frame 0x7fffff"
    yield "double free", event("quiet_vmstat: ") + free(IS_FREE), "1 frees could not"


CASES = [pytest.param(lines, says, id=name) for name, lines, says in cases()]


@pytest.mark.parametrize(("lines", "says"), CASES)
def test_faults_are_counted_with_leave(
    lines: str, says: str, recording: Recording
) -> None:
    result = ba.replay(ba.open(recording(alloc(FIRST) + lines)))
    assert result.score.exact == 1
    assert says in repr(result)
    assert says in result.to_text()
    assert says in result._repr_html_()
    result.machine.check()


@pytest.mark.parametrize(("lines", "says"), CASES)
def test_strict_refuses_them(lines: str, says: str, recording: Recording) -> None:
    trace = ba.open(recording(alloc(FIRST) + lines))
    with pytest.raises(ba.BuddyallocError, match="recording:") as caught:
        ba.replay(trace, strict=True)
    assert re.search(r"line [23]|:[23]:|events were lost", str(caught.value))
    assert "\n" not in str(caught.value)


def test_without_kprobe_events_a_second_free_is_a_silent_page(
    recording: Recording,
) -> None:
    result = ba.replay(ba.open(recording(alloc(FIRST) + free(IS_FREE))), strict=True)
    assert result.score.silent_inferred == 1
    assert "1 silent pages inferred" in repr(result)


def test_a_mismatch_is_told_with_its_line(recording: Recording) -> None:
    result = ba.replay(ba.open(recording(alloc(FIRST) + alloc(IS_FREE))))
    first = result.score.first_mismatch
    assert first is not None
    assert (first.line, first.recorded_pfn) == (2, IS_FREE)
    assert first.model_pfn not in (IS_FREE, PFN_NONE)
    assert result.score.exact == 1
    assert "line 2: recorded 0xe800" in result.to_text()


def test_an_order_that_cannot_be_is_named(recording: Recording) -> None:
    trace = ba.open(recording(alloc(FIRST) + alloc(USED, order=11)))
    if trace.counts.malformed_lines:
        assert "line 2" in repr(trace)
    else:
        with pytest.raises(ba.TraceError, match="recording:2: its order"):
            ba.replay(trace)


def test_datasets() -> None:
    assert datasets.names() == ["files"]
    with pytest.raises(ValueError, match="there are: files"):
        datasets.path("nothing")
    size = sum(path.stat().st_size for path in datasets.path("files").iterdir())
    assert size <= 10**6
