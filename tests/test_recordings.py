"""Recorded kernels, frame for frame: small ones always, large ones where they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import buddyalloc as ba

TESTS = Path(__file__).parent
SMALL = sorted(path for path in (TESTS / "data").iterdir() if path.is_dir())
RECORDINGS = Path(
    os.environ.get("BUDDYALLOC_RECORDINGS")
    or TESTS.parent.parent / "shared" / "recordings"
)
EXACT = ("61-files", "61-mix")
SHORT = ("61-cache", "612-cache", "61-thp", "612-thp")


@pytest.mark.parametrize("folder", SMALL, ids=lambda folder: folder.name)
def test_small(folder: Path) -> None:
    trace = ba.open(folder)
    result = ba.replay(trace, strict=True)
    score = result.score
    assert score.allocations > 2500
    assert score.exact == score.allocations
    assert (result.outcomes["pfn"] == trace.select("mm_page_alloc")["addr"]).all()
    result.machine.check()


@pytest.mark.parametrize("folder", SMALL, ids=lambda folder: folder.name)
def test_small_without_kprobe_events(folder: Path) -> None:
    score = ba.replay(ba.open(folder), standard=True).score
    assert score.exact >= 0.999 * score.allocations


def large(name: str) -> ba.Trace:
    if not (RECORDINGS / name).is_dir():
        pytest.skip(f"no recording {RECORDINGS / name}")
    return ba.open(RECORDINGS / name)


@pytest.mark.parametrize("name", EXACT)
def test_large(name: str) -> None:
    trace = large(name)
    result = ba.replay(trace, strict=True)
    score = result.score
    assert score.events == len(trace) > 300_000
    assert score.exact == score.allocations == trace.allocations
    assert (result.outcomes["pfn"] == trace.select("mm_page_alloc")["addr"]).all()
    assert result.end_state is not None
    assert result.end_state.identical
    result.machine.check()


@pytest.mark.parametrize("name", EXACT)
def test_large_without_kprobe_events(name: str) -> None:
    score = ba.replay(large(name), standard=True).score
    assert score.silent_traced == 0
    assert score.exact >= 0.999 * score.allocations


@pytest.mark.parametrize("name", SHORT)
def test_short_of_memory_without_kprobe_events(name: str) -> None:
    """kswapd, compaction and the vmstat worker, known by the standard events."""
    result = ba.replay(large(name), standard=True, sample=0)
    score = result.score
    assert score.silent_traced == 0
    assert score.exact >= 0.99 * score.allocations
    assert score.drains_inferred > 0
    assert f"{score.drains_inferred} drains" in result.to_text()
    result.machine.check()


@pytest.mark.parametrize("name", EXACT)
def test_recorded_frames_do_not_steer(name: str) -> None:
    """After a first choice of its own the model goes on with it."""
    trace = large(name)
    assert trace.state_start
    machine = ba.Machine.from_state_text(trace.state_start)
    machine.alloc_pages(ba.gfp_parse("GFP_HIGHUSER_MOVABLE"))
    result = ba.replay(trace, machine)
    assert result.score.exact < result.score.allocations
    assert result.score.first_mismatch is not None
    assert result.end_state is not None
    assert not result.end_state.identical
    result.machine.check()


@pytest.mark.parametrize("name", ["61-thp", "61-cache", "61-zones", "612-files"])
def test_any_recording_is_survived(name: str) -> None:
    result = ba.replay(large(name), sample=0)
    assert result.score.events == len(result.trace)
    assert len(result.outcomes) == result.score.allocations
    result.machine.check()
